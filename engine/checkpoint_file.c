// checkpoint_file.c -- a pack as an HDF5 file: a dataset for each block. Behind HDF5's end lie 32 bytes: a mark, the
// length of what is before them and its checksum. A reader checks that first, so HDF5 never sees a file that is not as
// it was written. The file is made under another name, by a thread of its own, and renamed when it is on the disk.
#include "apart.h"
#include "checkpoint.h"
#include "output_file.h"

#if BRC_HAVE_HDF5
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

static const char mark[8] = "BRCCHK1";
enum { PIECE = 1 << 22, BLOCKS_MOST = 20000, DEFLATE_MOST = 1032 };

typedef struct footer {
    char mark[8];
    uint64_t length, sum[2];
} footer;
_Static_assert(sizeof(footer) == 32, "the footer has no gaps");

static hid_t stored_type(char type)
{
    return type == 'd'   ? H5T_IEEE_F64LE
           : type == 'f' ? H5T_IEEE_F32LE
           : type == 'l' ? H5T_STD_I64LE
           : type == 'i' ? H5T_STD_I32LE
                         : H5T_STD_U8LE;
}
static hid_t native_type(char type)
{
    return type == 'd'   ? H5T_NATIVE_DOUBLE
           : type == 'f' ? H5T_NATIVE_FLOAT
           : type == 'l' ? H5T_NATIVE_INT64
           : type == 'i' ? H5T_NATIVE_INT32
                         : H5T_NATIVE_UINT8;
}

struct brc_writing {
    pthread_t thread;
    atomic_int over;
    brc_pack pack;
    brc_staged* staged;
    char *path, *older; // older: NULL or removed in the end
    int level, descriptor_count, *descriptor;
    brc_comm* comm; // the ranks that ask for its end together
    bool elsewhere; // rank 0 writes
    int error;      // errno
    bool hdf5_failed;
    double began, ended;
};

// HDF5 is held for a few megabytes at a time, so that a trajectory need not wait long.
static herr_t put_rows(hid_t set, const brc_block* b, hsize_t most)
{
    hsize_t count = (hsize_t)b->count;
    const size_t width = brc_block_width(b->type);
    herr_t error = 0;
    for (hsize_t at = 0; at < count && error >= 0; at += most) {
        hsize_t size = count - at < most ? count - at : most;
        brc_hdf5_lock();
        hid_t from = H5Screate_simple(1, &size, NULL), to = H5Dget_space(set);
        error = H5Sselect_hyperslab(to, H5S_SELECT_SET, &at, NULL, &size, NULL);
        if (error >= 0)
            error = H5Dwrite(set, native_type(b->type), from, to, H5P_DEFAULT, (const char*)b->data + at * width);
        H5Sclose(to);
        H5Sclose(from);
        brc_hdf5_unlock();
    }
    return error;
}

static herr_t put_block(hid_t file, const brc_block* b, int level)
{
    enum { CHUNK = 1 << 18 };
    hsize_t count = (hsize_t)b->count, piece = count < CHUNK ? count : CHUNK;
    brc_hdf5_lock();
    hid_t space = H5Screate_simple(1, &count, NULL), how = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(how, 0); // the same state gives the same file
    H5Pset_fill_time(how, H5D_FILL_TIME_NEVER);
    if (level && count) {
        H5Pset_chunk(how, 1, &piece);
        H5Pset_shuffle(how);
        H5Pset_deflate(how, (unsigned)level);
    }
    hid_t set = H5Dcreate2(file, b->name, stored_type(b->type), space, H5P_DEFAULT, how, H5P_DEFAULT);
    brc_hdf5_unlock();
    herr_t error = set < 0 ? -1 : put_rows(set, b, level ? CHUNK : 4 * CHUNK);
    brc_hdf5_lock();
    if (set >= 0 && H5Dclose(set) < 0) error = -1;
    H5Pclose(how);
    H5Sclose(space);
    brc_hdf5_unlock();
    return error;
}

// The checksum of the staged file's first `length` bytes.
static int sum_staged(brc_staged* f, uint64_t length, footer* out)
{
    char* piece = brc_alloc(PIECE);
    XXH3_state_t* h = XXH3_createState();
    int error = piece && h ? 0 : ENOMEM;
    if (!error) XXH3_128bits_reset(h);
    for (uint64_t at = 0; at < length && !error; at += PIECE) {
        size_t size = length - at < PIECE ? (size_t)(length - at) : PIECE;
        error = brc_staged_read(f, at, size, piece);
        if (!error) XXH3_128bits_update(h, piece, size);
    }
    if (!error) {
        XXH128_hash_t sum = XXH3_128bits_digest(h);
        memcpy(out->mark, mark, sizeof mark);
        out->length = length, out->sum[0] = sum.low64, out->sum[1] = sum.high64;
    }
    if (h) XXH3_freeState(h);
    brc_free(piece);
    return error;
}

// The blocks as HDF5 has them.
static int write_blocks(brc_writing* w)
{
    int error = 0;
    brc_hdf5_lock();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hid_t file = brc_output_file_create(w->path, w->staged);
    brc_hdf5_unlock();
    w->hdf5_failed = file < 0;
    for (int32_t i = 0; i < w->pack.block_count && !w->hdf5_failed && !brc_staged_error(w->staged); i++)
        w->hdf5_failed = put_block(file, &w->pack.block[i], w->level) < 0;
    brc_hdf5_lock();
    if (!w->hdf5_failed) w->hdf5_failed = brc_output_file_commit(file, w->staged, &error) < 0;
    if (!error) error = brc_staged_error(w->staged);
    if (file >= 0) H5Fclose(file); // what it still writes waits for the commit of the footer
    brc_hdf5_unlock();
    return error;
}

// Removes what processes that are no more have left of this file, each as large as a checkpoint: NAME.PROCESS.part.
static void remove_left(const char* path)
{
    char* folder = strdup(path);
    char* name = folder ? strrchr(folder, '/') : NULL;
    if (name) *name++ = 0;
    else name = folder;
    const size_t length = name ? strlen(name) : 0;
    const char* where = name == folder ? "." : *folder ? folder : "/";
    DIR* d = folder ? opendir(where) : NULL;
    for (struct dirent* e; d && (e = readdir(d));) {
        if (strncmp(e->d_name, name, length) != 0 || e->d_name[length] != '.') continue;
        char* end;
        const long process = strtol(e->d_name + length + 1, &end, 10);
        if (end == e->d_name + length + 1 || strcmp(end, ".part") != 0 || process <= 1 || process > INT32_MAX) continue;
        if (kill((pid_t)process, 0) && errno == ESRCH) unlinkat(dirfd(d), e->d_name, 0);
    }
    if (d) closedir(d);
    free(folder);
}

static int write_all(brc_writing* w)
{
    footer end;
    int error = write_blocks(w);
    if (error || w->hdf5_failed) return error;
    const uint64_t length = brc_staged_end(w->staged);
    error = sum_staged(w->staged, length, &end);
    if (!error) error = brc_staged_write(w->staged, length, sizeof end, &end, BRC_STAGED_DATA);
    if (!error) error = brc_staged_commit(w->staged, length + sizeof end);
    for (int i = 0; i < w->descriptor_count && !error; i++)
        if (fsync(w->descriptor[i])) error = errno;
    if (!error) error = brc_staged_sync(w->staged);
    if (!error) error = brc_staged_publish(w->staged);
    if (!error && w->older) unlink(w->older);
    if (!error) remove_left(w->path);
    return error;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void* write_thread(void* of)
{
    brc_writing* w = of;
#if defined(__linux__) // a priority is a thread's there: a fourth of a worker's share of a core that is full
    errno = 0;
    const int nice = getpriority(PRIO_PROCESS, 0); // with less the run would wait for it on a machine that many share
    if (!errno) (void)setpriority(PRIO_PROCESS, 0, nice + 5);
#endif
    w->error = brc_pack_order(&w->pack) ? write_all(w) : ENOMEM;
    brc_pack_free(&w->pack);
    w->ended = now();
    atomic_store(&w->over, 1);
    return NULL;
}

static void forget(brc_writing* w)
{
    for (int i = 0; i < w->descriptor_count; i++) close(w->descriptor[i]);
    brc_pack_free(&w->pack);
    free(w->path);
    free(w->older);
    brc_free(w->descriptor);
    brc_free(w);
}

// The thread takes no signals: those are for the script's.
static int start(brc_writing* w)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&w->thread, NULL, write_thread, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

brc_status brc_pack_write(brc_pack* p, const char* path, const char* older, int level, int* descriptors, int count,
                          brc_writing** out)
{
    brc_writing* w = BRC_NEW(1, brc_writing);
    int* kept = BRC_NEW(count + 1, int);
    int error = w && kept ? 0 : ENOMEM;
    if (error) { // nobody else closes them
        for (int i = 0; i < count; i++) close(descriptors[i]);
        brc_free(w), brc_free(kept);
        BRC_CHECK(0, BRC_ERR_MEMORY, "no memory for a checkpoint");
    }
    memcpy(kept, descriptors, (size_t)count * sizeof *kept);
    w->comm = brc_comm_null();
    w->pack = *p, w->level = level, w->descriptor = kept, w->descriptor_count = count;
    memset(p, 0, sizeof *p);
    w->began = now();
    w->path = strdup(path);
    if (older) w->older = strdup(older);
    bool named = *path && level >= 0 && level <= 9;
    if (!named) error = EINVAL;
    else if (!w->path || (older && !w->older)) error = ENOMEM;
    else error = brc_staged_create(path, &w->staged);
    if (!error) error = start(w);
    if (error) {
        (void)brc_staged_close(w->staged);
        forget(w);
    }
    BRC_CHECK(named, BRC_ERR_ARGUMENT, "a checkpoint needs a file name and compress = 0 to 9, got '%s' and %d", path,
              level);
    BRC_CHECK(!error, BRC_ERR_FILE, "cannot write the checkpoint '%s': %s", path,
              error == EINVAL ? "not a regular file" : strerror(error));
    *out = w;
    return BRC_OK;
}

brc_writing* brc_writing_elsewhere(brc_comm* comm)
{
    brc_writing* w = BRC_NEW(1, brc_writing);
    if (w) w->comm = comm, w->elsewhere = true;
    return w;
}
void brc_writing_share(brc_writing* w, brc_comm* comm) { w->comm = comm; }

int32_t brc_checkpoint_over(const brc_writing* w)
{
    int32_t over = w->elsewhere ? 0 : atomic_load(&w->over);
    return brc_comm_broadcast(w->comm, &over, sizeof over, 0) == BRC_OK ? over : 1;
}

static brc_status end_writing(brc_writing* w)
{
    pthread_join(w->thread, NULL);
    int closed = brc_staged_close(w->staged), error = w->error ? w->error : closed;
    BRC_CHECK(!error && !w->hdf5_failed, BRC_ERR_FILE, "cannot write the checkpoint '%s': %s", w->path,
              error ? strerror(error) : "HDF5 failed");
    return BRC_OK;
}

brc_status brc_checkpoint_end(brc_writing* w, double* seconds)
{
    brc_status status = brc_comm_agree(w->comm, w->elsewhere ? BRC_OK : end_writing(w));
    double took = w->ended - w->began;
    if (status != BRC_ERR_DEVICE) (void)brc_comm_broadcast(w->comm, &took, sizeof took, 0);
    if (seconds) *seconds = took;
    forget(w);
    return status;
}

void brc_writing_drop(brc_writing* w)
{
    if (!w) return;
    if (!w->elsewhere) (void)end_writing(w);
    forget(w);
}

// ---- reading ---------------------------------------------------------------------------------------------

// Is the file as it was written? Says what is wrong.
static brc_status check(const char* path, FILE* f)
{
    footer end, found = {0};
    struct stat info;
    bool regular = fstat(fileno(f), &info) == 0 && S_ISREG(info.st_mode);
    BRC_CHECK(regular, BRC_ERR_FILE, "'%s' is not a regular file", path);
    const uint64_t size = (uint64_t)info.st_size;
    bool long_enough =
        size > sizeof end && fseek(f, (long)(size - sizeof end), SEEK_SET) == 0 && fread(&end, sizeof end, 1, f) == 1;
    BRC_CHECK(long_enough && !memcmp(end.mark, mark, sizeof mark) && end.length == size - sizeof end, BRC_ERR_FILE,
              "'%s' is no checkpoint of this program, or its end is missing", path);
    char* piece = brc_alloc(PIECE);
    XXH3_state_t* h = XXH3_createState();
    bool whole = piece && h && fseek(f, 0, SEEK_SET) == 0;
    if (whole) XXH3_128bits_reset(h);
    for (uint64_t at = 0; at < end.length && whole; at += PIECE) {
        size_t n = end.length - at < PIECE ? (size_t)(end.length - at) : PIECE;
        whole = fread(piece, 1, n, f) == n;
        if (whole) XXH3_128bits_update(h, piece, n);
    }
    if (whole) {
        XXH128_hash_t sum = XXH3_128bits_digest(h);
        found.sum[0] = sum.low64, found.sum[1] = sum.high64;
    }
    if (h) XXH3_freeState(h);
    brc_free(piece);
    BRC_CHECK(whole, BRC_ERR_FILE, "cannot read '%s'", path);
    BRC_CHECK(found.sum[0] == end.sum[0] && found.sum[1] == end.sum[1], BRC_ERR_FILE,
              "'%s' is damaged: its checksum is wrong", path);
    return BRC_OK;
}

static char type_of(hid_t set)
{
    hid_t type = H5Dget_type(set);
    const char all[] = "dflib";
    char found = 0;
    for (int k = 0; all[k] && !found; k++)
        if (H5Tequal(type, stored_type(all[k])) > 0) found = all[k];
    H5Tclose(type);
    return found;
}

// HDF5 reads in a process of its own (apart.h): a checksum tells what the disk has done to a file, not what a stranger
// has put into it. The child sends a head for each block, then its numbers; a head without a name is the last.
typedef struct head {
    char name[48];
    char type;
    int64_t count;
} head;

typedef struct reading {
    const char* path;
    uint64_t most; // bytes that the blocks may have together
    brc_pack* out;
} reading;

static brc_status send_block(const reading* r, hid_t file, const char* name, brc_channel* to)
{
    hsize_t count = 0;
    head h = {.name = ""};
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT), space = set < 0 ? -1 : H5Dget_space(set);
    h.type = set < 0 ? 0 : type_of(set);
    const size_t width = brc_block_width(h.type);
    bool good = space >= 0 && width && strlen(name) < sizeof h.name && H5Sget_simple_extent_ndims(space) == 1 &&
                H5Sget_simple_extent_dims(space, &count, NULL) == 1 && count <= r->most / width;
    void* numbers = good ? brc_alloc((size_t)count * width) : NULL;
    if (numbers && count) good = H5Dread(set, native_type(h.type), H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) >= 0;
    if (space >= 0) H5Sclose(space);
    if (set >= 0) H5Dclose(set);
    brc_status status = BRC_ERR_FILE;
    if (good && numbers) {
        strcpy(h.name, name);
        h.count = (int64_t)count;
        status = brc_apart_send(to, &h, sizeof h);
        if (status == BRC_OK) status = brc_apart_send(to, numbers, (size_t)count * width);
    } else
        brc_error_set(__FILE__, __LINE__, __func__, "'%s' is damaged: its part '%.40s' cannot be read", r->path, name);
    brc_free(numbers);
    return status;
}

static brc_status send_blocks(void* task, brc_channel* to)
{
    const reading* r = task;
    const head last = {.name = ""};
    brc_status status = BRC_OK;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hid_t file = H5Fopen(r->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    H5G_info_t info = {.nlinks = 0};
    BRC_CHECK(file >= 0, BRC_ERR_FILE, "'%s' is damaged: HDF5 cannot open it", r->path);
    bool good = H5Gget_info(file, &info) >= 0 && info.nlinks <= BLOCKS_MOST;
    for (hsize_t i = 0; i < info.nlinks && good && status == BRC_OK; i++) {
        char name[64] = "";
        good = H5Lget_name_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT) > 0;
        if (good) status = send_block(r, file, name, to);
    }
    H5Fclose(file);
    BRC_CHECK(good, BRC_ERR_FILE, "'%s' is damaged: its parts cannot be listed", r->path);
    return status == BRC_OK ? brc_apart_send(to, &last, sizeof last) : status;
}

static brc_status take_blocks(void* task, brc_channel* from)
{
    const reading* r = task;
    uint64_t bytes = 0;
    for (;;) {
        head h;
        BRC_TRY(brc_apart_receive(from, &h, sizeof h));
        if (!*h.name) return BRC_OK;
        const size_t width = brc_block_width(h.type);
        bool good = h.name[sizeof h.name - 1] == 0 && width && h.count >= 0 &&
                    (uint64_t)h.count <= (r->most - bytes) / width && !brc_pack_find(r->out, h.name) &&
                    r->out->block_count < BLOCKS_MOST;
        BRC_CHECK(good, BRC_ERR_FILE, "'%s' is damaged: it holds more than a file of its size can", r->path);
        void* to = brc_pack_room(r->out, h.name, h.type, h.count);
        if (!to) return r->out->status;
        BRC_TRY(brc_apart_receive(from, to, (size_t)h.count * width));
        bytes += (uint64_t)h.count * width;
    }
}

brc_status brc_checkpoint_check(const char* path)
{
    FILE* f = fopen(path, "rb");
    BRC_CHECK(f, BRC_ERR_FILE, "cannot read '%s': %s", path, strerror(errno));
    brc_status status = check(path, f);
    fclose(f);
    return status;
}

brc_status brc_pack_read(const char* path, brc_pack* out)
{
    struct stat info = {.st_size = 0};
    char what[512];
    memset(out, 0, sizeof *out);
    BRC_TRY(brc_checkpoint_check(path));
    BRC_CHECK(stat(path, &info) == 0, BRC_ERR_FILE, "cannot read '%s': %s", path, strerror(errno));
    snprintf(what, sizeof what, "cannot read '%.400s'", path);
    // deflate makes a thousandth of what is all the same, and no less; a megabyte takes well under a second
    reading r = {path, DEFLATE_MOST * (uint64_t)info.st_size, out};
    const double seconds = 4 + 2e-6 * (double)info.st_size;
    const brc_apart a = {what, send_blocks, take_blocks, &r, seconds, (UINT64_C(1) << 28) + 2 * r.most};
    brc_hdf5_lock(); // the child has HDF5 as it is here: not in the midst of another thread's work
    brc_status status = brc_apart_run(&a);
    brc_hdf5_unlock();
    if (status != BRC_OK) brc_pack_free(out);
    else out->loading = true;
    return status;
}

#else

brc_status brc_pack_write(brc_pack* p, const char* path, const char* older, int level, int* descriptors, int count,
                          brc_writing** out)
{
    (void)p, (void)path, (void)older, (void)level, (void)descriptors, (void)count, (void)out;
    BRC_CHECK(0, BRC_ERR_DEVICE, "this Barchan was built without HDF5, which checkpoints need");
}
brc_writing* brc_writing_elsewhere(brc_comm* comm) { return (void)comm, NULL; }
void brc_writing_share(brc_writing* w, brc_comm* comm) { (void)w, (void)comm; }
void brc_writing_drop(brc_writing* w) { (void)w; }
int32_t brc_checkpoint_over(const brc_writing* w) { return w == NULL; }
brc_status brc_checkpoint_end(brc_writing* w, double* seconds)
{
    (void)w, (void)seconds;
    return BRC_OK;
}
brc_status brc_checkpoint_check(const char* path)
{
    (void)path;
    BRC_CHECK(0, BRC_ERR_DEVICE, "this Barchan was built without HDF5, which checkpoints need");
}
brc_status brc_pack_read(const char* path, brc_pack* out)
{
    (void)path, (void)out;
    BRC_CHECK(0, BRC_ERR_DEVICE, "this Barchan was built without HDF5, which checkpoints need");
}

#endif
