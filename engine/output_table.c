// output_table.c -- datasets of a trajectory file that grow by rows, and the small things written once beside them.
#include "output_table.h"

#if BRC_HAVE_HDF5
#include <stdio.h>
#include <string.h>

static herr_t first_cause(unsigned n, const H5E_error2_t* error, void* out)
{
    if (n == 0) snprintf(out, 256, "%s", error->desc ? error->desc : "unknown");
    return 0;
}

brc_status brc_tables_error(const brc_tables* f, int error)
{
    char cause[256] = "HDF5 gives no reason";
    if (!error) error = brc_staged_error(f->staged);
    if (error) snprintf(cause, sizeof cause, "%s", strerror(error));
    else H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, first_cause, cause);
    BRC_CHECK(0, BRC_ERR_FILE, "cannot write '%s': %s; it holds %" PRId64 " whole time steps", f->path, cause,
              *f->steps);
}

static hid_t text_type(const char* text, H5T_cset_t set)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, *text ? strlen(text) : 1);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, set);
    return type;
}

brc_status brc_tables_attribute(const brc_tables* f, hid_t where, const char* name, hid_t type, hid_t memory, int count,
                                const void* data, hid_t* keep)
{
    if (f->again) {
        if (!keep) return BRC_OK;
        BRC_H5_TRY(f, *keep = H5Aopen(where, name, H5P_DEFAULT));
        hid_t found = H5Aget_type(*keep), there = H5Aget_space(*keep);
        bool fits = found >= 0 && H5Tequal(found, type) > 0 &&
                    H5Sget_simple_extent_npoints(there) == (count ? (hssize_t)count : 1);
        if (found >= 0) H5Tclose(found);
        if (there >= 0) H5Sclose(there);
        BRC_CHECK(fits, BRC_ERR_FILE, "cannot go on with '%s': it is damaged, %s has another form", f->path, name);
        return BRC_OK;
    }
    hsize_t dims[1] = {(hsize_t)count};
    hid_t space = count ? H5Screate_simple(1, dims, NULL) : H5Screate(H5S_SCALAR);
    hid_t a = H5Acreate2(where, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t error = a < 0 ? -1 : H5Awrite(a, memory, data);
    H5Sclose(space);
    if (keep) *keep = a;
    else if (a >= 0) H5Aclose(a);
    BRC_H5_TRY(f, error);
    return BRC_OK;
}

brc_status brc_tables_text(const brc_tables* f, hid_t where, const char* name, const char* text)
{
    hid_t type = text_type(text, H5T_CSET_ASCII);
    brc_status status = brc_tables_attribute(f, where, name, type, type, 0, text, NULL);
    H5Tclose(type);
    return status;
}

brc_status brc_tables_group(const brc_tables* f, hid_t parent, const char* name, hid_t* out)
{
    *out = f->again ? H5Gopen2(parent, name, H5P_DEFAULT)
                    : H5Gcreate2(parent, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    BRC_H5_TRY(f, *out);
    return BRC_OK;
}

brc_status brc_tables_link(const brc_tables* f, hid_t where, const char* name, hid_t there, const char* other)
{
    if (!f->again) BRC_H5_TRY(f, H5Lcreate_hard(where, name, there, other, H5P_DEFAULT, H5P_DEFAULT));
    return BRC_OK;
}

brc_status brc_tables_constant(const brc_tables* f, hid_t where, const char* name, hid_t type, hid_t memory, int count,
                               const void* data, const char* unit)
{
    hsize_t dims[1] = {(hsize_t)count};
    if (f->again) return BRC_OK;
    hid_t space = count ? H5Screate_simple(1, dims, NULL) : H5Screate(H5S_SCALAR);
    hid_t create = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(create, 0);
    hid_t d = H5Dcreate2(where, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
    herr_t error = d < 0 ? -1 : H5Dwrite(d, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    brc_status status = error < 0 ? brc_tables_error(f, 0) : unit ? brc_tables_text(f, d, "unit", unit) : BRC_OK;
    if (d >= 0) H5Dclose(d);
    H5Pclose(create);
    H5Sclose(space);
    return status;
}

brc_status brc_tables_text_constant(const brc_tables* f, hid_t where, const char* name, const char* text)
{
    hid_t type = text_type(text, H5T_CSET_UTF8);
    brc_status status = brc_tables_constant(f, where, name, type, type, 0, text, NULL);
    H5Tclose(type);
    return status;
}

// Room for two chunks: what a step has begun is all that comes back. Of chunks that are not wholly written HDF5 evicts
// none when the last argument is 1 (H5D__chunk_cache_prune never gets to its second way), so that they would pile up.
static hid_t access_of(hsize_t chunk, int columns)
{
    hid_t use = H5Pcreate(H5P_DATASET_ACCESS);
    H5Pset_chunk_cache(use, 521, 2 * (size_t)chunk * (size_t)columns * 8, 0);
    return use;
}

// Rows of a chunk of a dataset that is there; 0: it has none.
static hsize_t chunk_of(hid_t where, const char* name)
{
    hsize_t part[2] = {0, 0};
    hid_t set = H5Dopen2(where, name, H5P_DEFAULT), how = set < 0 ? -1 : H5Dget_create_plist(set);
    if (how >= 0 && H5Pget_layout(how) == H5D_CHUNKED && H5Pget_chunk(how, 2, part) < 1) part[0] = 0;
    if (how >= 0) H5Pclose(how);
    if (set >= 0) H5Dclose(set);
    return part[0] < 1 << 24 ? part[0] : 0;
}

// Chunks as the engine makes them: others might not fit into the memory, and other filters do what nobody has looked
// at.
static bool has_chunks(hid_t table, int rank)
{
    hsize_t chunk[2] = {0, 0};
    hid_t how = H5Dget_create_plist(table);
    bool fits = how >= 0 && H5Pget_chunk(how, 2, chunk) == rank && chunk[0] > 0 && chunk[0] <= BRC_TABLE_CHUNK_MOST &&
                (rank == 1 || chunk[1] <= 16);
    const int filters = how >= 0 ? H5Pget_nfilters(how) : 0;
    fits = fits && filters >= 0 && filters <= 2;
    for (int k = 0; k < filters && fits; k++) {
        unsigned flags, settings;
        size_t none = 0;
        H5Z_filter_t which = H5Pget_filter2(how, (unsigned)k, &flags, &none, NULL, 0, NULL, &settings);
        fits = which == H5Z_FILTER_SHUFFLE || which == H5Z_FILTER_DEFLATE;
    }
    if (how >= 0) H5Pclose(how);
    return fits;
}

// Numbers of the type that the engine has given the table: HDF5 writes past its own memory where a file makes up an odd
// one.
static bool has_type(hid_t table, hid_t type)
{
    hid_t found = H5Dget_type(table);
    bool fits = found >= 0 && H5Tequal(found, type) > 0;
    if (found >= 0) H5Tclose(found);
    return fits;
}

static bool last_row_can_be_read(const brc_table* t, hid_t space, int rank)
{
    double row[16];
    hsize_t start[2] = {t->rows - 1, 0}, size[2] = {1, (hsize_t)t->columns};
    if (t->rows == 0) return true;
    hid_t memory = H5Screate_simple(rank, size, NULL);
    bool good = t->columns <= 16 && H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, size, NULL) >= 0 &&
                H5Dread(t->id, t->memory, memory, space, H5P_DEFAULT, row) >= 0;
    H5Sclose(memory);
    return good;
}

// HDF5 takes the size of a chunk from the file's directory for the memory that it reads it into, and then uses as much
// as the table's chunks have.
static bool chunks_are_whole(const brc_table* t, int rank)
{
    hsize_t part[2] = {0, 1};
    hid_t how = H5Dget_create_plist(t->id), type = H5Dget_type(t->id);
    bool good = how >= 0 && type >= 0 && H5Pget_chunk(how, 2, part) == rank && part[0] > 0 &&
                (rank == 1 || part[1] == (hsize_t)t->columns);
    const int filters = how >= 0 ? H5Pget_nfilters(how) : 0;
    const hsize_t bytes = good ? part[0] * part[1] * H5Tget_size(type) : 0;
    if (how >= 0) H5Pclose(how);
    if (type >= 0) H5Tclose(type);
    for (hsize_t at = 0; at < t->rows && good; at += part[0]) {
        const hsize_t offset[2] = {at, 0};
        hsize_t stored = 0;
        unsigned left_out = 0; // filters that this one has not gone through
#if H5_VERSION_GE(1, 10, 5)
        haddr_t where = HADDR_UNDEF;
        good = H5Dget_chunk_info_by_coord(t->id, offset, &left_out, &where, &stored) >= 0;
        if (where == HADDR_UNDEF) continue; // it was never written
#else
        good = H5Dget_chunk_storage_size(t->id, offset, &stored) >= 0;
        if (!stored) continue;
#endif
        good = good && !left_out && (filters ? stored <= 2 * bytes + 4096 : stored == bytes);
    }
    return good;
}

// A table of a file that goes on: as it was made, or the file is another one.
static brc_status open_table(const brc_tables* f, hid_t where, const brc_member* m, hid_t type, brc_table* out)
{
    hsize_t dims[2] = {0, 1};
    hid_t use = access_of(chunk_of(where, m->name), m->columns);
    out->id = H5Dopen2(where, m->name, use);
    H5Pclose(use);
    BRC_H5_TRY(f, out->id);
    hid_t space = H5Dget_space(out->id);
    int rank = H5Sget_simple_extent_ndims(space);
    bool fits = rank == (m->columns > 1 ? 2 : 1) && H5Sget_simple_extent_dims(space, dims, NULL) == rank &&
                (rank == 1 || dims[1] == (hsize_t)m->columns) && dims[0] < (hsize_t)1 << 48 &&
                has_chunks(out->id, rank) && has_type(out->id, type);
    out->file = f;
    out->memory = m->type == 'l' ? H5T_NATIVE_INT64 : m->type == 'i' ? H5T_NATIVE_INT32 : H5T_NATIVE_DOUBLE;
    out->columns = m->columns;
    out->rows = dims[0];
    bool read = !fits || !f->trial || (chunks_are_whole(out, rank) && last_row_can_be_read(out, space, rank));
    H5Sclose(space);
    BRC_CHECK(fits, BRC_ERR_FILE, "'%s' is not a file that this run has written: %s has another shape", f->path,
              m->name);
    BRC_CHECK(read, BRC_ERR_FILE, "cannot go on with '%s': it is damaged, %s cannot be read", f->path, m->name);
    return BRC_OK;
}

brc_status brc_table_create(const brc_tables* f, hid_t where, const brc_member* m, hsize_t chunk, int level,
                            brc_table* out)
{
    hid_t type = m->type == 'l'                ? H5T_STD_I64LE
                 : m->type == 'i'              ? H5T_STD_I32LE
                 : m->type == 'r' && f->single ? H5T_IEEE_F32LE
                                               : H5T_IEEE_F64LE;
    if (f->again) return open_table(f, where, m, type, out);
    hsize_t none[2] = {0, (hsize_t)m->columns}, most[2] = {H5S_UNLIMITED, none[1]}, part[2] = {chunk, none[1]};
    int rank = m->columns > 1 ? 2 : 1;
    hid_t space = H5Screate_simple(rank, none, most), how = H5Pcreate(H5P_DATASET_CREATE),
          use = access_of(chunk, m->columns);
    H5Pset_chunk(how, rank, part);
    H5Pset_obj_track_times(how, 0); // the same run gives the same file
    H5Pset_fill_time(how, H5D_FILL_TIME_ALLOC);
    if (level) {
        H5Pset_shuffle(how);
        H5Pset_deflate(how, (unsigned)level);
    }
    out->id = H5Dcreate2(where, m->name, type, space, H5P_DEFAULT, how, use);
    out->file = f;
    out->memory = m->type == 'l' ? H5T_NATIVE_INT64 : m->type == 'i' ? H5T_NATIVE_INT32 : H5T_NATIVE_DOUBLE;
    out->columns = m->columns;
    out->rows = 0;
    H5Pclose(use);
    H5Pclose(how);
    H5Sclose(space);
    BRC_H5_TRY(f, out->id);
    if (*m->unit) BRC_TRY(brc_tables_text(f, out->id, "unit", m->unit));
    if (*m->text) BRC_TRY(brc_tables_text(f, out->id, "description", m->text));
    return BRC_OK;
}

brc_status brc_table_put(brc_table* t, int64_t first, int64_t count, const void* data)
{
    const brc_tables* f = t->file;
    if (!count || f->again) return BRC_OK; // again: while the parts are opened
    int rank = t->columns > 1 ? 2 : 1;
    hsize_t columns = (hsize_t)t->columns, start[2] = {(hsize_t)first, 0}, size[2] = {(hsize_t)count, columns};
    if (start[0] + size[0] > t->rows) {
        t->rows = start[0] + size[0];
        hsize_t dims[2] = {t->rows, columns};
        BRC_H5_TRY(f, H5Dset_extent(t->id, dims));
    }
    hid_t space = H5Dget_space(t->id), memory = H5Screate_simple(rank, size, NULL);
    herr_t error = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, size, NULL);
    if (error >= 0) error = H5Dwrite(t->id, t->memory, memory, space, H5P_DEFAULT, data);
    H5Sclose(memory);
    H5Sclose(space);
    BRC_H5_TRY(f, error);
    int bad = brc_staged_error(f->staged); // no sense in writing the rest
    return bad ? brc_tables_error(f, bad) : BRC_OK;
}

brc_status brc_table_put_multiples(brc_table* t, int64_t first, int64_t count, int64_t stride)
{
    int64_t* run = BRC_NEW(count > 0 ? count : 1, int64_t);
    BRC_CHECK(run, BRC_ERR_MEMORY, "no memory for %" PRId64 " numbers", count);
    for (int64_t i = 0; i < count; i++) run[i] = (first + i) * stride;
    brc_status status = brc_table_put(t, first, count, run);
    brc_free(run);
    return status;
}

brc_status brc_tables_commit(const brc_tables* f)
{
    int error = 0;
    BRC_H5_TRY(f, brc_output_file_commit(f->id, f->staged, &error));
    return error ? brc_tables_error(f, error) : BRC_OK;
}

#endif
