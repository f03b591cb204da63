// trajectory_file.c -- reads what output.c has written: the time steps of a trajectory file, column by column. The file
// may come from anybody, and this works in a process of its own (trajectory.c), which HDF5 may bring down. Every number
// that says where something lies is checked against what is there.
#include "trajectory.h"

#if BRC_HAVE_HDF5
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef brc_trajectory_entry entry;

#define WRONG(t, condition, text) BRC_CHECK(condition, BRC_ERR_FILE, "'%s' is damaged: " text, (t)->path)

// ---- rows of a dataset -----------------------------------------------------------------------------------

static bool has(const brc_trajectory_reader* t, const char* path)
{
    char part[256];
    for (const char* at = path; at; at = strchr(at + 1, '/')) { // HDF5 asks for the folders one by one
        const size_t n = at == path ? 0 : (size_t)(at - path);
        if (n >= sizeof part) return false;
        memcpy(part, path, n);
        part[n] = 0;
        if (n && H5Lexists(t->file, part, H5P_DEFAULT) <= 0) return false;
    }
    return H5Lexists(t->file, path, H5P_DEFAULT) > 0 && H5Oexists_by_name(t->file, path, H5P_DEFAULT) > 0;
}

// Rows of a dataset; -1: there is none.
static int64_t extent(const brc_trajectory_reader* t, const char* path)
{
    if (!has(t, path)) return -1;
    const hid_t data = H5Dopen2(t->file, path, H5P_DEFAULT), space = data >= 0 ? H5Dget_space(data) : -1;
    hsize_t size[2] = {0, 1};
    const int rank = space >= 0 ? H5Sget_simple_extent_ndims(space) : -1;
    const bool good = (rank == 1 || rank == 2) && H5Sget_simple_extent_dims(space, size, NULL) == rank;
    if (space >= 0) H5Sclose(space);
    if (data >= 0) H5Dclose(data);
    return good && size[0] < (hsize_t)1 << 60 ? (int64_t)size[0] : -1;
}

// `count` rows of `columns` numbers from row `first` on.
static brc_status rows(const brc_trajectory_reader* t, const char* path, int64_t first, int64_t count, int columns,
                       hid_t memory, void* out)
{
    BRC_CHECK(has(t, path), BRC_ERR_FILE, "'%s' is damaged: it has no '%s'", t->path, path);
    const hid_t data = H5Dopen2(t->file, path, H5P_DEFAULT), space = data >= 0 ? H5Dget_space(data) : -1;
    hsize_t size[2] = {0, 1};
    const int rank = space >= 0 ? H5Sget_simple_extent_ndims(space) : -1;
    bool good = (rank == 1 || rank == 2) && H5Sget_simple_extent_dims(space, size, NULL) == rank;
    good = good && (int64_t)size[1] == columns && first >= 0 && count >= 0 && (int64_t)size[0] >= count &&
           first <= (int64_t)size[0] - count;
    if (good && count) {
        const hsize_t from[2] = {(hsize_t)first, 0}, part[2] = {(hsize_t)count, (hsize_t)columns};
        const hid_t target = H5Screate_simple(rank, part, NULL);
        good = H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, part, NULL) >= 0 &&
               H5Dread(data, memory, target, space, H5P_DEFAULT, out) >= 0;
        H5Sclose(target);
    }
    if (space >= 0) H5Sclose(space);
    if (data >= 0) H5Dclose(data);
    BRC_CHECK(good, BRC_ERR_FILE, "'%s' is damaged: rows %" PRId64 " to %" PRId64 " of '%s' cannot be read", t->path,
              first, first + count, path);
    return BRC_OK;
}

static brc_status whole(const brc_trajectory_reader* t, const char* path, int64_t row, int columns, int64_t* out)
{
    return rows(t, path, row, 1, columns, H5T_NATIVE_INT64, out);
}

// ---- opening ---------------------------------------------------------------------------------------------

// Reading an attribute gives all that it holds, however much that is.
static bool single(hid_t attribute)
{
    const hid_t space = attribute >= 0 ? H5Aget_space(attribute) : -1;
    const bool one = space >= 0 && H5Sget_simple_extent_npoints(space) == 1;
    if (space >= 0) H5Sclose(space);
    return one;
}

static brc_status read_attribute(const brc_trajectory_reader* t, const char* where, const char* name, int64_t* out)
{
    const hid_t a = H5Aopen_by_name(t->file, where, name, H5P_DEFAULT, H5P_DEFAULT);
    const bool good = single(a) && H5Aread(a, H5T_NATIVE_INT64, out) >= 0;
    if (a >= 0) H5Aclose(a);
    BRC_CHECK(good, BRC_ERR_FILE, "'%s' is damaged: the number of its steps cannot be read", t->path);
    return BRC_OK;
}

static void read_unit(hid_t data, char out[32])
{
    const hid_t a = H5Aexists(data, "unit") > 0 ? H5Aopen(data, "unit", H5P_DEFAULT) : -1;
    const hid_t type = a >= 0 ? H5Aget_type(a) : -1;
    out[0] = 0;
    if (type >= 0 && single(a) && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) <= 0 &&
        H5Tget_size(type) < 32) {
        if (H5Aread(a, type, out) < 0) out[0] = 0;
        out[31] = 0;
    }
    if (type >= 0) H5Tclose(type);
    if (a >= 0) H5Aclose(a);
}

static void list_columns(brc_trajectory_reader* t, const char* folder, int32_t kind)
{
    if (!has(t, folder)) return;
    const hid_t g = H5Gopen2(t->file, folder, H5P_DEFAULT);
    H5G_info_t info = {.nlinks = 0};
    if (g >= 0 && H5Gget_info(g, &info) < 0) info.nlinks = 0;
    for (hsize_t i = 0; i < info.nlinks && t->head.info.columns < BRC_TRAJECTORY_COLUMNS; i++) {
        entry* c = &t->head.column[t->head.info.columns];
        hsize_t size[2] = {0, 1};
        const ssize_t n =
            H5Lget_name_by_idx(g, ".", H5_INDEX_NAME, H5_ITER_INC, i, c->name, BRC_TRAJECTORY_NAME, H5P_DEFAULT);
        if (n <= 0 || n >= BRC_TRAJECTORY_NAME) continue;
        const hid_t data = H5Dopen2(g, c->name, H5P_DEFAULT), space = data >= 0 ? H5Dget_space(data) : -1;
        const hid_t type = data >= 0 ? H5Dget_type(data) : -1;
        const int rank = space >= 0 ? H5Sget_simple_extent_ndims(space) : 0;
        const H5T_class_t class = type >= 0 ? H5Tget_class(type) : H5T_NO_CLASS;
        if ((rank == 1 || rank == 2) && (class == H5T_FLOAT || class == H5T_INTEGER) &&
            H5Sget_simple_extent_dims(space, size, NULL) == rank && size[1] >= 1 && size[1] <= 9) {
            c->components = (int32_t)size[1], c->kind = kind;
            read_unit(data, c->unit);
            t->head.info.columns++;
        }
        if (type >= 0) H5Tclose(type);
        if (space >= 0) H5Sclose(space);
        if (data >= 0) H5Dclose(data);
    }
    if (g >= 0) H5Gclose(g);
}

static const entry* find(const brc_trajectory_reader* t, int32_t kind, const char* name)
{
    for (int32_t i = 0; i < t->head.info.columns; i++)
        if (t->head.column[i].kind == kind && !strcmp(t->head.column[i].name, name)) return &t->head.column[i];
    return NULL;
}

static brc_status read_head(brc_trajectory_reader* t)
{
    brc_trajectory_info* f = &t->head.info;
    BRC_CHECK(has(t, "VTKHDF/Steps"), BRC_ERR_FILE, "'%s' is no trajectory: it has no /VTKHDF/Steps", t->path);
    BRC_TRY(read_attribute(t, "VTKHDF/Steps", "NSteps", &f->steps));
    WRONG(t, f->steps >= 0 && f->steps < INT64_C(1) << 32, "the number of its steps makes no sense");
    WRONG(t, extent(t, "VTKHDF/Steps/Values") >= f->steps, "the times of its steps are missing");
    t->time = BRC_NEW(f->steps + 1, double);
    BRC_CHECK(t->time, BRC_ERR_MEMORY, "no memory for the times of %" PRId64 " steps", f->steps);
    if (f->steps) BRC_TRY(rows(t, "VTKHDF/Steps/Values", 0, f->steps, 1, H5T_NATIVE_DOUBLE, t->time));
    list_columns(t, "VTKHDF/PointData", BRC_COLUMN_POINT);
    list_columns(t, "VTKHDF/CellData", BRC_COLUMN_CELL);
    list_columns(t, "barchan/series", BRC_COLUMN_SERIES);
    f->content = find(t, BRC_COLUMN_CELL, "overlap") ? BRC_CONTENT_CONTACTS
                 : find(t, BRC_COLUMN_CELL, "wall")  ? BRC_CONTENT_WALLS
                                                     : BRC_CONTENT_PARTICLES;
    if (has(t, "barchan/domain_lo") && has(t, "barchan/domain_hi")) {
        BRC_TRY(rows(t, "barchan/domain_lo", 0, 3, 1, H5T_NATIVE_DOUBLE, f->lo));
        BRC_TRY(rows(t, "barchan/domain_hi", 0, 3, 1, H5T_NATIVE_DOUBLE, f->hi));
        int64_t periodic[3];
        BRC_TRY(rows(t, "barchan/periodic", 0, 3, 1, H5T_NATIVE_INT64, periodic));
        for (int k = 0; k < 3; k++) f->periodic[k] = periodic[k] != 0;
    }
    if (has(t, "ONDEM/Scene/gravity")) BRC_TRY(rows(t, "ONDEM/Scene/gravity", 0, 3, 1, H5T_NATIVE_DOUBLE, f->gravity));
    return BRC_OK;
}

// ---- a step ----------------------------------------------------------------------------------------------

static const char* const topology[] = {"Vertices", "Polygons", "Lines"}; // of BRC_CONTENT_*

static brc_status step_of(const brc_trajectory_reader* t, int64_t k, brc_trajectory_step* out)
{
    char path[64];
    BRC_CHECK(k >= 0 && k < t->head.info.steps, BRC_ERR_ARGUMENT,
              "'%s' has %" PRId64 " steps, there is no step %" PRId64, t->path, t->head.info.steps, k + 1);
    *out = (brc_trajectory_step){.time = t->time[k], .step = k};
    BRC_TRY(whole(t, "VTKHDF/NumberOfPoints", k, 1, &out->points));
    snprintf(path, sizeof path, "VTKHDF/%s/NumberOfCells", topology[t->head.info.content]);
    BRC_TRY(whole(t, path, k, 1, &out->cells));
    snprintf(path, sizeof path, "VTKHDF/%s/Connectivity", topology[t->head.info.content]);
    WRONG(t,
          out->points >= 0 && out->points <= extent(t, "VTKHDF/Points") && out->cells >= 0 &&
              out->cells <= extent(t, path) && out->points < INT64_C(1) << 40 && out->cells < INT64_C(1) << 40,
          "a step has an impossible number of points or cells");
    for (int a = 0; a < 3; a++) out->lo[a] = t->head.info.lo[a], out->hi[a] = t->head.info.hi[a];
    if (find(t, BRC_COLUMN_SERIES, "step")) BRC_TRY(whole(t, "barchan/series/step", k, 1, &out->step));
    if (find(t, BRC_COLUMN_SERIES, "cell") && find(t, BRC_COLUMN_SERIES, "domain_lo")) { // it may deform
        double cell[6];
        BRC_TRY(rows(t, "barchan/series/domain_lo", k, 1, 3, H5T_NATIVE_DOUBLE, out->lo));
        BRC_TRY(rows(t, "barchan/series/cell", k, 1, 6, H5T_NATIVE_DOUBLE, cell));
        for (int a = 0; a < 3; a++) out->hi[a] = out->lo[a] + cell[a], out->tilt[a] = cell[3 + a];
    }
    return BRC_OK;
}

// Where a column lies, and how many rows of it belong to step k.
static brc_status locate(const brc_trajectory_reader* t, int64_t k, int32_t kind, const char* name, char path[160],
                         int64_t* first, int64_t* count, int* columns)
{
    brc_trajectory_step step;
    char where[160];
    BRC_TRY(step_of(t, k, &step));
    const bool position = kind == BRC_COLUMN_POINT && !strcmp(name, "position");
    const entry* c = find(t, kind, name);
    BRC_CHECK(position || c, BRC_ERR_ARGUMENT, "'%s' has no column '%s'", t->path, name);
    *columns = position ? 3 : c->components;
    *count = kind == BRC_COLUMN_POINT ? step.points : step.cells;
    if (position) {
        snprintf(path, 160, "VTKHDF/Points");
        snprintf(where, sizeof where, "VTKHDF/Steps/PointOffsets");
    } else {
        const char* folder = kind == BRC_COLUMN_POINT ? "Point" : "Cell";
        snprintf(path, 160, "VTKHDF/%sData/%s", folder, name);
        snprintf(where, sizeof where, "VTKHDF/Steps/%sDataOffsets/%s", folder, name);
    }
    return whole(t, where, k, 1, first);
}

// Room for `count` rows of `columns` numbers, of 8 bytes each as all that is answered.
static brc_status make_room(const brc_trajectory_reader* t, const brc_trajectory_question* q, int64_t count,
                            int columns, void** data, size_t* size)
{
    BRC_CHECK((uint64_t)count <= q->most / 8 / (uint64_t)columns, BRC_ERR_ARGUMENT,
              "'%s': %" PRId64 " rows of %d numbers do not fit into room for %" PRIu64, t->path, count, columns,
              q->most / 8);
    *size = (size_t)count * (size_t)columns * 8;
    *data = brc_alloc_unset(*size ? *size : 8);
    BRC_CHECK(*data, BRC_ERR_MEMORY, "no memory for %" PRId64 " rows of '%s'", count, t->path);
    return BRC_OK;
}

static brc_status read_column(const brc_trajectory_reader* t, const brc_trajectory_question* q, void** data,
                              size_t* size)
{
    char path[160];
    int64_t first, count;
    int columns;
    BRC_TRY(locate(t, q->step, q->kind, q->name, path, &first, &count, &columns));
    BRC_TRY(make_room(t, q, count, columns, data, size));
    return rows(t, path, first, count, columns, H5T_NATIVE_DOUBLE, *data);
}

static brc_status read_series(const brc_trajectory_reader* t, const brc_trajectory_question* q, void** data,
                              size_t* size)
{
    char path[160];
    const entry* c = find(t, BRC_COLUMN_SERIES, q->name);
    BRC_CHECK(c, BRC_ERR_ARGUMENT, "'%s' has no series '%s'", t->path, q->name);
    BRC_TRY(make_room(t, q, t->head.info.steps, c->components, data, size));
    snprintf(path, sizeof path, "barchan/series/%s", q->name);
    return rows(t, path, 0, t->head.info.steps, c->components, H5T_NATIVE_DOUBLE, *data);
}

static brc_status read_cells(const brc_trajectory_reader* t, const brc_trajectory_question* q, void** data,
                             size_t* size)
{
    static const int column[] = {0, 2, 1}, corners[] = {1, 3, 2};
    const int32_t content = t->head.info.content;
    brc_trajectory_step step;
    char path[64];
    int64_t offsets[4], ids;
    BRC_TRY(step_of(t, q->step, &step));
    snprintf(path, sizeof path, "VTKHDF/%s/NumberOfConnectivityIds", topology[content]);
    BRC_TRY(whole(t, path, q->step, 1, &ids));
    BRC_TRY(whole(t, "VTKHDF/Steps/ConnectivityIdOffsets", q->step, 4, offsets));
    WRONG(t, ids == step.cells * corners[content], "cells with another number of corners than they should have");
    BRC_TRY(make_room(t, q, ids, 1, data, size));
    snprintf(path, sizeof path, "VTKHDF/%s/Connectivity", topology[content]);
    return rows(t, path, offsets[column[content]], ids, 1, H5T_NATIVE_INT64, *data);
}

// ---- questions -------------------------------------------------------------------------------------------

static brc_status open_file(brc_trajectory_reader* t, void** data, size_t* size)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    t->file = H5Fopen(t->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    BRC_CHECK(t->file >= 0, BRC_ERR_FILE, "cannot open '%s': it is not there, or it is no HDF5 file", t->path);
    BRC_TRY(read_head(t));
    const size_t times = (size_t)t->head.info.steps * sizeof *t->time;
    char* all = brc_alloc_unset(sizeof t->head + times);
    BRC_CHECK(all, BRC_ERR_MEMORY, "no memory for the times of %" PRId64 " steps", t->head.info.steps);
    memcpy(all, &t->head, sizeof t->head);
    if (times) memcpy(all + sizeof t->head, t->time, times);
    *data = all, *size = sizeof t->head + times;
    return BRC_OK;
}

static brc_status read_step(const brc_trajectory_reader* t, const brc_trajectory_question* q, void** data, size_t* size)
{
    brc_trajectory_step* step = BRC_NEW(1, brc_trajectory_step);
    BRC_CHECK(step, BRC_ERR_MEMORY, "no memory for a step of '%s'", t->path);
    *data = step, *size = sizeof *step;
    return step_of(t, q->step, step);
}

brc_status brc_trajectory_answer(void* reader, const void* question, void** data, size_t* size)
{
    const brc_trajectory_question* q = question;
    switch (q->what) {
    case BRC_TRAJECTORY_OPEN:
        return open_file(reader, data, size);
    case BRC_TRAJECTORY_STEP:
        return read_step(reader, q, data, size);
    case BRC_TRAJECTORY_COLUMN:
        return read_column(reader, q, data, size);
    case BRC_TRAJECTORY_CELLS:
        return read_cells(reader, q, data, size);
    default:
        return read_series(reader, q, data, size);
    }
}

void brc_trajectory_reader_end(brc_trajectory_reader* t)
{
    if (t->file >= 0) H5Fclose(t->file);
    brc_free(t->time);
}

#endif
