// output_file.c -- HDF5 on a staged file: a driver that hands HDF5's reads and writes to staged.c.
#include "output_file.h"

#if BRC_HAVE_HDF5
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#if H5_VERSION_GE(1, 13, 2)
#include <H5FDdevelop.h>
#endif

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved_up = PTHREAD_COND_INITIALIZER;
static uint64_t next_ticket, served; // a plain mutex would go back to the thread that has just given it up

void brc_hdf5_lock(void)
{
    pthread_mutex_lock(&guard);
    const uint64_t mine = next_ticket++;
    while (mine != served) pthread_cond_wait(&moved_up, &guard);
    pthread_mutex_unlock(&guard);
}

void brc_hdf5_unlock(void)
{
    pthread_mutex_lock(&guard);
    served++;
    pthread_cond_broadcast(&moved_up);
    pthread_mutex_unlock(&guard);
}

// Reads and writes always report success to HDF5: after a failure the staged file discards everything, the caller
// asks brc_staged_error, and HDF5 can close the file without trying the full disk again (it would, and again at exit).
typedef struct driver_file {
    H5FD_t base;
    brc_staged* staged;
    haddr_t eoa;
} driver_file;

static brc_staged* opening; // what the next H5Fcreate opens

static H5FD_t* driver_open(const char* name, unsigned flags, hid_t fapl, haddr_t max)
{
    (void)name, (void)flags, (void)fapl, (void)max;
    driver_file* f = opening ? calloc(1, sizeof *f) : NULL;
    if (!f) return NULL;
    f->staged = opening;
    opening = NULL;
    return &f->base;
}
static herr_t driver_close(H5FD_t* f)
{
    free(f);
    return 0;
}
static herr_t driver_query(const H5FD_t* f, unsigned long* flags)
{
    (void)f;
    *flags = H5FD_FEAT_DATA_SIEVE; // no aggregation: free room among old blocks would be filled with new ones
    return 0;
}
// Directory blocks do not cross a page, as staged.h wants it.
static haddr_t driver_alloc(H5FD_t* f, H5FD_mem_t type, hid_t dxpl, hsize_t size)
{
    (void)dxpl;
    driver_file* d = (driver_file*)f;
    haddr_t at = (d->eoa + 7) / 8 * 8, room = BRC_STAGED_PAGE - at % BRC_STAGED_PAGE;
    if (type != H5FD_MEM_DRAW && size > room) at += room;
    d->eoa = at + size;
    return at;
}
static haddr_t driver_get_eoa(const H5FD_t* f, H5FD_mem_t type)
{
    (void)type;
    return ((const driver_file*)f)->eoa;
}
static herr_t driver_set_eoa(H5FD_t* f, H5FD_mem_t type, haddr_t at)
{
    (void)type;
    ((driver_file*)f)->eoa = at;
    return 0;
}
static haddr_t driver_get_eof(const H5FD_t* f, H5FD_mem_t type)
{
    (void)type;
    const driver_file* d = (const driver_file*)f;
    return brc_staged_end(d->staged) > d->eoa ? brc_staged_end(d->staged) : d->eoa;
}
static herr_t driver_get_handle(H5FD_t* f, hid_t fapl, void** handle)
{
    (void)fapl;
    *handle = f;
    return 0;
}
static herr_t driver_read(H5FD_t* f, H5FD_mem_t type, hid_t dxpl, haddr_t at, size_t size, void* out)
{
    (void)type, (void)dxpl;
    if (brc_staged_read(((driver_file*)f)->staged, at, size, out)) memset(out, 0, size);
    return 0;
}
static herr_t driver_write(H5FD_t* f, H5FD_mem_t type, hid_t dxpl, haddr_t at, size_t size, const void* data)
{
    (void)dxpl;
    // The superblock says how long the file is. A tree node comes before its children: when one was split, both halves
    // are found through the parent, and the old child may still hold what the new one has. Last come the sizes of
    // datasets.
    int rank = BRC_STAGED_LAST;
    if (type == H5FD_MEM_DRAW) rank = BRC_STAGED_DATA;
    else if (type == H5FD_MEM_SUPER) rank = BRC_STAGED_FIRST;
    else if (type == H5FD_MEM_BTREE && size > 5) rank -= 1 + ((const unsigned char*)data)[5]; // the node's level
    (void)brc_staged_write(((driver_file*)f)->staged, at, size, data, rank);
    return 0;
}

static const H5FD_class_t driver_class = {
#if H5_VERSION_GE(1, 13, 2)
    .version = H5FD_CLASS_VERSION,
    .value = (H5FD_class_value_t)300, // of the range that HDF5 leaves to private drivers, 256 to 511
#endif
    .name = "barchan",
    .maxaddr = INT64_MAX,
    .fc_degree = H5F_CLOSE_STRONG,
    .open = driver_open,
    .close = driver_close,
    .query = driver_query,
    .alloc = driver_alloc,
    .get_eoa = driver_get_eoa,
    .set_eoa = driver_set_eoa,
    .get_eof = driver_get_eof,
    .get_handle = driver_get_handle,
    .read = driver_read,
    .write = driver_write,
    .fl_map = H5FD_FLMAP_DICHOTOMY, // raw data and directory blocks apart
};

static hid_t driver(void)
{
    static hid_t id = H5I_INVALID_HID;
    if (id < 0 || H5Iget_type(id) != H5I_VFL) id = H5FDregister(&driver_class);
    return id;
}

// HDF5 keeps what it has freed, up to 37 MB, and directory blocks that it has written, up to 32 MB for each file: in a
// run of days that is what it comes to. Nothing is read twice here.
static void keep_little(hid_t access)
{
    H5AC_cache_config_t cache = {.version = H5AC__CURR_CACHE_CONFIG_VERSION};
    const int most = 1 << 20;
    H5set_free_list_limits(most, most / 16, most, most / 16, most, most / 16);
    if (H5Pget_mdc_config(access, &cache) < 0) return;
    cache.set_initial_size = true;
    cache.initial_size = cache.max_size = 1 << 20, cache.min_size = 1 << 19;
    H5Pset_mdc_config(access, &cache);
}

static hid_t open_with(const char* path, brc_staged* staged, bool create)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_driver(access, driver(), NULL);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    keep_little(access);
    opening = staged;
    hid_t file = create ? H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access) : H5Fopen(path, H5F_ACC_RDWR, access);
    opening = NULL;
    H5Pclose(access);
    return file;
}

hid_t brc_output_file_create(const char* path, brc_staged* staged) { return open_with(path, staged, true); }

// What a killed process has written behind the end that HDF5 knows of is cut off.
hid_t brc_output_file_open(const char* path, brc_staged* staged, bool cut)
{
    void* handle = NULL;
    hid_t file = open_with(path, staged, false);
    if (file < 0 || !cut) return file;
    if (H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) < 0 || brc_staged_cut(staged, ((driver_file*)handle)->eoa)) {
        H5Fclose(file);
        return H5I_INVALID_HID;
    }
    return file;
}

herr_t brc_output_file_commit(hid_t file, brc_staged* staged, int* error)
{
    void* handle = NULL;
    if (H5Fflush(file, H5F_SCOPE_LOCAL) < 0 || H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) < 0) return -1;
    *error = brc_staged_commit(staged, ((driver_file*)handle)->eoa);
    return 0;
}

void brc_hdf5_version(char* text, int room)
{
    unsigned major = 0, minor = 0, release = 0;
    H5get_libversion(&major, &minor, &release);
    snprintf(text, (size_t)room, "%u.%u.%u", major, minor, release);
}

#endif
