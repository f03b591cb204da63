// results.c -- a table of results as an HDF5 file: a dataset for each column, of numbers or of texts. The file is made
// under a temporary name, synced and renamed.
#include "base.h"
#include "output_file.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if BRC_HAVE_HDF5
static hid_t text_type(size_t size)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, size ? size : 1);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

static bool put_attribute(hid_t where, const char* name, const char* text)
{
    hid_t type = text_type(strlen(text)), space = H5Screate(H5S_SCALAR);
    hid_t a = H5Acreate2(where, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool good = a >= 0 && H5Awrite(a, type, text) >= 0;
    if (a >= 0) H5Aclose(a);
    H5Sclose(space);
    H5Tclose(type);
    return good;
}

// type: of the numbers in `data`; closes nothing that it is given.
static bool put_dataset(hid_t file, const char* name, hid_t space, hid_t type, const void* data, const char* unit)
{
    hid_t how = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(how, 0);
    hid_t d = H5Dcreate2(file, name, type, space, H5P_DEFAULT, how, H5P_DEFAULT);
    bool good = d >= 0 && H5Dwrite(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0;
    if (good && *unit) good = put_attribute(d, "unit", unit);
    if (d >= 0) H5Dclose(d);
    H5Pclose(how);
    return good;
}

static bool put_texts(hid_t file, const brc_result_column* c, hid_t space, int64_t rows)
{
    size_t size = 1;
    for (int64_t i = 0; i < rows; i++) size = strlen(c->texts[i]) > size ? strlen(c->texts[i]) : size;
    char* all = calloc((size_t)rows + 1, size);
    if (!all) return false;
    for (int64_t i = 0; i < rows; i++) memcpy(all + (size_t)i * size, c->texts[i], strlen(c->texts[i]));
    hid_t type = text_type(size);
    bool good = put_dataset(file, c->name, space, type, all, c->unit);
    H5Tclose(type);
    free(all);
    return good;
}

static bool put_all(hid_t file, const char* provenance, int32_t columns, int64_t rows, const brc_result_column* column)
{
    hsize_t dims[1] = {(hsize_t)rows};
    hid_t space = H5Screate_simple(1, dims, NULL), none = H5Screate(H5S_SCALAR), type = text_type(strlen(provenance));
    // A text as large as a script does not fit into an attribute.
    bool good = put_dataset(file, "provenance", none, type, provenance, "");
    for (int32_t k = 0; k < columns && good; k++) {
        const brc_result_column* c = &column[k];
        good = c->numbers ? put_dataset(file, c->name, space, H5T_IEEE_F64LE, c->numbers, c->unit)
                          : put_texts(file, c, space, rows);
    }
    H5Tclose(type);
    H5Sclose(none);
    H5Sclose(space);
    return good;
}

static int sync_file(const char* path)
{
    int file = open(path, O_RDWR);
    if (file < 0) return errno;
    int error = fsync(file) ? errno : 0;
    close(file);
    return error;
}

brc_status brc_results_write(const char* path, const char* provenance, int32_t columns, int64_t rows,
                             const brc_result_column* column)
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
    hid_t file = H5Fcreate(part, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    bool good = file >= 0 && put_all(file, provenance, columns, rows, column);
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
brc_status brc_results_write(const char* path, const char* provenance, int32_t columns, int64_t rows,
                             const brc_result_column* column)
{
    (void)provenance, (void)columns, (void)rows, (void)column;
    BRC_CHECK(0, BRC_ERR_DEVICE, "'%s': this Barchan was built without HDF5", path);
}
#endif
