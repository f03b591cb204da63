// checkpoint_file.c -- a pack as an HDF5 file: a dataset for each block. Behind HDF5's end lie 32 bytes: a mark, the
// length of what is before them and its checksum. A reader checks that first, so HDF5 never sees a file that is not as
// it was written. The file is made under another name and renamed when it is on the disk.
#include "checkpoint.h"
#include "output_file.h"

#if BRC_HAVE_HDF5
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

static const char mark[8] = "BRCCHK1";
enum { PIECE = 1 << 22 };

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

static herr_t put_block(hid_t file, const brc_block* b, int level)
{
    hsize_t count = (hsize_t)b->count, piece = count < 1 << 18 ? count : 1 << 18;
    hid_t space = H5Screate_simple(1, &count, NULL), how = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(how, 0); // the same state gives the same file
    H5Pset_fill_time(how, H5D_FILL_TIME_NEVER);
    if (level && count) {
        H5Pset_chunk(how, 1, &piece);
        H5Pset_shuffle(how);
        H5Pset_deflate(how, (unsigned)level);
    }
    hid_t set = H5Dcreate2(file, b->name, stored_type(b->type), space, H5P_DEFAULT, how, H5P_DEFAULT);
    herr_t error = set < 0 ? -1 : 0;
    if (set >= 0 && count) error = H5Dwrite(set, native_type(b->type), H5S_ALL, H5S_ALL, H5P_DEFAULT, b->data);
    if (set >= 0 && H5Dclose(set) < 0) error = -1;
    H5Pclose(how);
    H5Sclose(space);
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

static int write_all(const brc_pack* p, hid_t file, brc_staged* staged, int level, bool* hdf5_failed)
{
    footer end;
    int error = 0;
    for (int32_t i = 0; i < p->block_count && !*hdf5_failed; i++)
        *hdf5_failed = put_block(file, &p->block[i], level) < 0;
    if (!*hdf5_failed) *hdf5_failed = brc_output_file_commit(file, staged, &error) < 0;
    if (!error) error = brc_staged_error(staged);
    if (error || *hdf5_failed) return error;
    const uint64_t length = brc_staged_end(staged);
    error = sum_staged(staged, length, &end);
    if (!error) error = brc_staged_write(staged, length, sizeof end, &end, BRC_STAGED_DATA);
    if (!error) error = brc_staged_commit(staged, length + sizeof end);
    if (!error) error = brc_staged_sync(staged);
    return error ? error : brc_staged_publish(staged);
}

brc_status brc_pack_write(const brc_pack* p, const char* path, int level)
{
    brc_staged* staged;
    bool hdf5_failed = false;
    BRC_CHECK(path && *path, BRC_ERR_ARGUMENT, "the checkpoint needs a file name");
    BRC_CHECK(level >= 0 && level <= 9, BRC_ERR_ARGUMENT, "compress must be 0 to 9, got %d", level);
    int error = brc_staged_create(path, &staged);
    BRC_CHECK(!error, BRC_ERR_FILE, "cannot write the checkpoint '%s': %s", path,
              error == EINVAL ? "not a regular file" : strerror(error));
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hid_t file = brc_output_file_create(path, staged);
    hdf5_failed = file < 0;
    if (!hdf5_failed) error = write_all(p, file, staged, level, &hdf5_failed);
    if (file >= 0) H5Fclose(file); // what it still writes waits in memory and is dropped
    int closed = brc_staged_close(staged);
    if (!error) error = closed;
    BRC_CHECK(!error && !hdf5_failed, BRC_ERR_FILE, "cannot write the checkpoint '%s': %s", path,
              error ? strerror(error) : "HDF5 failed");
    return BRC_OK;
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

static brc_status get_block(const char* path, hid_t file, const char* name, brc_pack* p)
{
    hsize_t count = 0;
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT), space = set < 0 ? -1 : H5Dget_space(set);
    char type = set < 0 ? 0 : type_of(set);
    bool good = space >= 0 && type && strlen(name) < sizeof p->block->name && !brc_pack_find(p, name) &&
                H5Sget_simple_extent_ndims(space) == 1 && H5Sget_simple_extent_dims(space, &count, NULL) == 1 &&
                count < (hsize_t)1 << 40;
    void* to = good ? brc_pack_room(p, name, type, (int64_t)count) : NULL;
    if (to && count) good = H5Dread(set, native_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, to) >= 0;
    if (space >= 0) H5Sclose(space);
    if (set >= 0) H5Dclose(set);
    BRC_CHECK(good && to, p->status != BRC_OK ? p->status : BRC_ERR_FILE, "'%s': cannot read '%.40s'", path, name);
    return BRC_OK;
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
    memset(out, 0, sizeof *out);
    brc_status status = BRC_OK;
    BRC_TRY(brc_checkpoint_check(path));
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    H5G_info_t info = {.nlinks = 0};
    BRC_CHECK(file >= 0, BRC_ERR_FILE, "'%s' is damaged: HDF5 cannot open it", path);
    if (H5Gget_info(file, &info) < 0 || info.nlinks > 100000) status = BRC_ERR_FILE;
    for (hsize_t i = 0; i < info.nlinks && status == BRC_OK; i++) {
        char name[64] = "";
        if (H5Lget_name_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT) < 0)
            status = BRC_ERR_FILE;
        else status = get_block(path, file, name, out);
    }
    H5Fclose(file);
    if (status != BRC_OK) brc_pack_free(out);
    BRC_CHECK(status == BRC_OK, status, "'%s' is damaged: its parts cannot be read", path);
    out->loading = true;
    return BRC_OK;
}

#else

brc_status brc_pack_write(const brc_pack* p, const char* path, int level)
{
    (void)p, (void)path, (void)level;
    BRC_CHECK(0, BRC_ERR_DEVICE, "this Barchan was built without HDF5, which checkpoints need");
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
