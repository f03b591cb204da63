// hdf5_items.c -- an HDF5 file from a list of what it holds: numbers, texts and attributes by their paths, gathered in
// bindings/barchan/items.lua. Readers find the old file or the whole new one.
#include "output_file.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if BRC_HAVE_HDF5

static hid_t text_type(size_t size)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, size ? size : 1);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

// The group of a path's first `length` letters, made where it is not there.
static hid_t group_of(hid_t file, const char* path, size_t length)
{
    char part[PATH_MAX];
    hid_t at = H5Gopen2(file, "/", H5P_DEFAULT);
    for (size_t from = 0; from < length && at >= 0;) {
        const char* slash = memchr(path + from, '/', length - from);
        const size_t n = slash ? (size_t)(slash - path) - from : length - from;
        if (n >= sizeof part) break;
        memcpy(part, path + from, n);
        part[n] = 0;
        const hid_t next = H5Lexists(at, part, H5P_DEFAULT) > 0
                               ? H5Gopen2(at, part, H5P_DEFAULT)
                               : H5Gcreate2(at, part, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        H5Gclose(at);
        at = next;
        from += n + 1;
    }
    return at;
}

static bool put_unit(hid_t data, const char* unit)
{
    if (!unit || !*unit) return true;
    const hid_t type = text_type(strlen(unit)), space = H5Screate(H5S_SCALAR);
    const hid_t a = H5Acreate2(data, "unit", type, space, H5P_DEFAULT, H5P_DEFAULT);
    const bool good = a >= 0 && H5Awrite(a, type, unit) >= 0;
    if (a >= 0) H5Aclose(a);
    H5Sclose(space);
    H5Tclose(type);
    return good;
}

static bool put_item(hid_t file, const brc_item* item)
{
    const char* name = strrchr(item->path, '/');
    const hid_t group = group_of(file, item->path, name ? (size_t)(name - item->path) : 0);
    name = name ? name + 1 : item->path;
    const hsize_t dims[2] = {item->rows < 0 ? 0 : (hsize_t)item->rows, (hsize_t)item->columns};
    const bool text = item->type == 't';
    const hid_t type = text                ? text_type((size_t)item->columns)
                       : item->type == 'd' ? H5Tcopy(H5T_IEEE_F64LE)
                       : item->type == 'i' ? H5Tcopy(H5T_STD_I32LE)
                                           : H5Tcopy(H5T_STD_I64LE);
    const hid_t memory = text                ? H5Tcopy(type)
                         : item->type == 'd' ? H5Tcopy(H5T_NATIVE_DOUBLE)
                         : item->type == 'i' ? H5Tcopy(H5T_NATIVE_INT32)
                                             : H5Tcopy(H5T_NATIVE_INT64);
    const hid_t space =
        item->rows < 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(text || item->columns == 1 ? 1 : 2, dims, NULL);
    bool good = group >= 0;
    if (good && item->attribute) {
        const hid_t a = H5Acreate2(group, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
        good = a >= 0 && H5Awrite(a, memory, item->data) >= 0;
        if (a >= 0) H5Aclose(a);
    } else if (good) {
        const hid_t how = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_obj_track_times(how, 0);
        const hid_t d = H5Dcreate2(group, name, type, space, H5P_DEFAULT, how, H5P_DEFAULT);
        good = d >= 0 && (item->rows == 0 || H5Dwrite(d, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, item->data) >= 0) &&
               put_unit(d, item->unit);
        if (d >= 0) H5Dclose(d);
        H5Pclose(how);
    }
    H5Sclose(space);
    H5Tclose(memory);
    H5Tclose(type);
    if (group >= 0) H5Gclose(group);
    return good;
}

static int sync_file(const char* path)
{
    const int file = open(path, O_RDWR);
    if (file < 0) return errno;
    const int error = fsync(file) ? errno : 0;
    close(file);
    return error;
}

brc_status brc_items_write(const char* path, int32_t count, const brc_item* items)
{
    char part[PATH_MAX];
    const int need = snprintf(part, sizeof part, "%s.%ld.part", path, (long)getpid());
    BRC_CHECK(need > 0 && need < (int)sizeof part, BRC_ERR_FILE, "the name of a file has %d letters", need);
    brc_hdf5_lock();
    H5E_auto2_t say;
    void* to;
    H5Eget_auto2(H5E_DEFAULT, &say, &to);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    errno = 0;
    const hid_t file = H5Fcreate(part, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    bool good = file >= 0;
    for (int32_t k = 0; k < count && good; k++) good = put_item(file, &items[k]);
    if (file >= 0) good = H5Fclose(file) >= 0 && good;
    H5Eset_auto2(H5E_DEFAULT, say, to);
    brc_hdf5_unlock();
    int error = good ? sync_file(part) : errno ? errno : EIO;
    if (!error && rename(part, path)) error = errno;
    if (error) unlink(part);
    BRC_CHECK(!error, BRC_ERR_FILE, "cannot write '%s': %s", path, strerror(error));
    return BRC_OK;
}
#else
brc_status brc_items_write(const char* path, int32_t count, const brc_item* items)
{
    (void)count, (void)items;
    BRC_CHECK(0, BRC_ERR_DEVICE, "'%s': this Barchan was built without HDF5", path);
}
#endif
