// trajectory.c -- reads what output.c has written: the time steps of a trajectory file, column by column, for
// exporters, pictures and plots. Every number that says where something lies is checked against what is there.
#include "trajectory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if BRC_HAVE_HDF5

enum { COLUMNS_MOST = 128, NAME_SIZE = 64 };

typedef struct entry {
    char name[NAME_SIZE], unit[32];
    int32_t components, kind; // BRC_COLUMN_*
} entry;

struct brc_trajectory {
    char* path;
    hid_t file;
    brc_trajectory_info info;
    double* time;
    entry column[COLUMNS_MOST];
};

#define WRONG(t, condition, text) BRC_CHECK(condition, BRC_ERR_FILE, "'%s' is damaged: " text, (t)->path)

// ---- rows of a dataset -----------------------------------------------------------------------------------

static bool has(const brc_trajectory* t, const char* path)
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

// `count` rows of `columns` numbers from row `first` on.
static brc_status rows(const brc_trajectory* t, const char* path, int64_t first, int64_t count, int columns,
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

static brc_status whole(const brc_trajectory* t, const char* path, int64_t row, int columns, int64_t* out)
{
    return rows(t, path, row, 1, columns, H5T_NATIVE_INT64, out);
}

// ---- opening ---------------------------------------------------------------------------------------------

static brc_status read_attribute(const brc_trajectory* t, const char* where, const char* name, int64_t* out)
{
    const hid_t a = H5Aopen_by_name(t->file, where, name, H5P_DEFAULT, H5P_DEFAULT);
    const bool good = a >= 0 && H5Aread(a, H5T_NATIVE_INT64, out) >= 0;
    if (a >= 0) H5Aclose(a);
    BRC_CHECK(good, BRC_ERR_FILE, "'%s' is damaged: the number of its steps cannot be read", t->path);
    return BRC_OK;
}

static void read_unit(hid_t data, char out[32])
{
    const hid_t a = H5Aexists(data, "unit") > 0 ? H5Aopen(data, "unit", H5P_DEFAULT) : -1;
    const hid_t type = a >= 0 ? H5Aget_type(a) : -1;
    out[0] = 0;
    if (type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) <= 0 && H5Tget_size(type) < 32) {
        if (H5Aread(a, type, out) < 0) out[0] = 0;
        out[31] = 0;
    }
    if (type >= 0) H5Tclose(type);
    if (a >= 0) H5Aclose(a);
}

static void list_columns(brc_trajectory* t, const char* folder, int32_t kind)
{
    if (!has(t, folder)) return;
    const hid_t g = H5Gopen2(t->file, folder, H5P_DEFAULT);
    H5G_info_t info = {.nlinks = 0};
    if (g >= 0 && H5Gget_info(g, &info) < 0) info.nlinks = 0;
    for (hsize_t i = 0; i < info.nlinks && t->info.columns < COLUMNS_MOST; i++) {
        entry* c = &t->column[t->info.columns];
        hsize_t size[2] = {0, 1};
        if (H5Lget_name_by_idx(g, ".", H5_INDEX_NAME, H5_ITER_INC, i, c->name, NAME_SIZE, H5P_DEFAULT) >= NAME_SIZE)
            continue;
        const hid_t data = H5Dopen2(g, c->name, H5P_DEFAULT), space = data >= 0 ? H5Dget_space(data) : -1;
        const hid_t type = data >= 0 ? H5Dget_type(data) : -1;
        const int rank = space >= 0 ? H5Sget_simple_extent_ndims(space) : 0;
        const H5T_class_t class = type >= 0 ? H5Tget_class(type) : H5T_NO_CLASS;
        if ((rank == 1 || rank == 2) && (class == H5T_FLOAT || class == H5T_INTEGER) &&
            H5Sget_simple_extent_dims(space, size, NULL) == rank && size[1] >= 1 && size[1] <= 9) {
            c->components = (int32_t)size[1], c->kind = kind;
            read_unit(data, c->unit);
            t->info.columns++;
        }
        if (type >= 0) H5Tclose(type);
        if (space >= 0) H5Sclose(space);
        if (data >= 0) H5Dclose(data);
    }
    if (g >= 0) H5Gclose(g);
}

static const entry* find(const brc_trajectory* t, int32_t kind, const char* name)
{
    for (int32_t i = 0; i < t->info.columns; i++)
        if (t->column[i].kind == kind && !strcmp(t->column[i].name, name)) return &t->column[i];
    return NULL;
}

static brc_status read_head(brc_trajectory* t)
{
    brc_trajectory_info* f = &t->info;
    BRC_CHECK(has(t, "VTKHDF/Steps"), BRC_ERR_FILE, "'%s' is no trajectory: it has no /VTKHDF/Steps", t->path);
    BRC_TRY(read_attribute(t, "VTKHDF/Steps", "NSteps", &f->steps));
    WRONG(t, f->steps >= 0 && f->steps < INT64_C(1) << 32, "the number of its steps makes no sense");
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

static brc_status open_file(const char* path, brc_trajectory** out)
{
    brc_trajectory* t = BRC_NEW(1, brc_trajectory);
    char* copy = t ? strdup(path) : NULL;
    if (!copy) {
        brc_free(t);
        BRC_CHECK(0, BRC_ERR_MEMORY, "no memory for a trajectory");
    }
    t->path = copy;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    t->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    brc_status status = BRC_OK;
    if (t->file < 0) {
        brc_error_set(__FILE__, __LINE__, __func__, "cannot open '%s': it is not there, or it is no HDF5 file", path);
        status = BRC_ERR_FILE;
    }
    if (status == BRC_OK) status = read_head(t);
    if (status == BRC_OK) {
        *out = t;
        return BRC_OK;
    }
    if (t->file >= 0) H5Fclose(t->file);
    free(t->path), brc_free(t->time), brc_free(t);
    return status;
}

brc_status brc_trajectory_open(const char* path, brc_trajectory** out)
{
    BRC_CHECK(path && *path && out, BRC_ERR_ARGUMENT, "no file name, or nowhere to put the trajectory");
    brc_hdf5_lock();
    const brc_status status = open_file(path, out);
    brc_hdf5_unlock();
    return status;
}

void brc_trajectory_close(brc_trajectory* t)
{
    if (!t) return;
    brc_hdf5_lock();
    H5Fclose(t->file);
    brc_hdf5_unlock();
    free(t->path), brc_free(t->time), brc_free(t);
}

void brc_trajectory_get(const brc_trajectory* t, brc_trajectory_info* out) { *out = t->info; }

const char* brc_trajectory_column(const brc_trajectory* t, int32_t number, brc_trajectory_field* out)
{
    if (number < 0 || number >= t->info.columns) return NULL;
    const entry* c = &t->column[number];
    *out = (brc_trajectory_field){.name = c->name, .unit = c->unit, .components = c->components, .kind = c->kind};
    return c->name;
}

// ---- a step ----------------------------------------------------------------------------------------------

static brc_status step_of(const brc_trajectory* t, int64_t k, brc_trajectory_step* out)
{
    static const char* const topology[] = {"VTKHDF/Vertices/NumberOfCells", "VTKHDF/Polygons/NumberOfCells",
                                           "VTKHDF/Lines/NumberOfCells"};
    BRC_CHECK(k >= 0 && k < t->info.steps, BRC_ERR_ARGUMENT, "'%s' has %" PRId64 " steps, there is no step %" PRId64,
              t->path, t->info.steps, k + 1);
    *out = (brc_trajectory_step){.time = t->time[k], .step = k};
    BRC_TRY(whole(t, "VTKHDF/NumberOfPoints", k, 1, &out->points));
    BRC_TRY(whole(t, topology[t->info.content], k, 1, &out->cells));
    WRONG(t, out->points >= 0 && out->cells >= 0 && out->points < INT64_C(1) << 40 && out->cells < INT64_C(1) << 40,
          "a step has an impossible number of points or cells");
    for (int a = 0; a < 3; a++) out->lo[a] = t->info.lo[a], out->hi[a] = t->info.hi[a];
    if (find(t, BRC_COLUMN_SERIES, "step")) BRC_TRY(whole(t, "barchan/series/step", k, 1, &out->step));
    if (find(t, BRC_COLUMN_SERIES, "cell") && find(t, BRC_COLUMN_SERIES, "domain_lo")) { // it may deform
        double cell[6];
        BRC_TRY(rows(t, "barchan/series/domain_lo", k, 1, 3, H5T_NATIVE_DOUBLE, out->lo));
        BRC_TRY(rows(t, "barchan/series/cell", k, 1, 6, H5T_NATIVE_DOUBLE, cell));
        for (int a = 0; a < 3; a++) out->hi[a] = out->lo[a] + cell[a], out->tilt[a] = cell[3 + a];
    }
    return BRC_OK;
}

brc_status brc_trajectory_at(brc_trajectory* t, int64_t k, brc_trajectory_step* out)
{
    brc_hdf5_lock();
    const brc_status status = step_of(t, k, out);
    brc_hdf5_unlock();
    return status;
}

// Where a column lies, and how many rows of it belong to step k.
static brc_status locate(const brc_trajectory* t, int64_t k, int32_t kind, const char* name, char path[160],
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

static brc_status read_column(const brc_trajectory* t, int64_t k, int32_t kind, const char* name, int64_t room,
                              double* out)
{
    char path[160];
    int64_t first, count;
    int columns;
    BRC_TRY(locate(t, k, kind, name, path, &first, &count, &columns));
    BRC_CHECK(count * columns <= room, BRC_ERR_ARGUMENT, "'%s': %" PRId64 " numbers do not fit into room for %" PRId64,
              t->path, count * columns, room);
    return rows(t, path, first, count, columns, H5T_NATIVE_DOUBLE, out);
}

brc_status brc_trajectory_read(brc_trajectory* t, int64_t k, int32_t kind, const char* name, int64_t room, double* out)
{
    brc_hdf5_lock();
    const brc_status status = read_column(t, k, kind, name, room, out);
    brc_hdf5_unlock();
    return status;
}

static brc_status read_cells(const brc_trajectory* t, int64_t k, int64_t room, int64_t* out)
{
    static const char* const name[] = {"Vertices", "Polygons", "Lines"};
    static const int column[] = {0, 2, 1}, corners[] = {1, 3, 2};
    brc_trajectory_step step;
    char path[64];
    int64_t offsets[4], ids;
    BRC_TRY(step_of(t, k, &step));
    snprintf(path, sizeof path, "VTKHDF/%s/NumberOfConnectivityIds", name[t->info.content]);
    BRC_TRY(whole(t, path, k, 1, &ids));
    BRC_TRY(whole(t, "VTKHDF/Steps/ConnectivityIdOffsets", k, 4, offsets));
    WRONG(t, ids == step.cells * corners[t->info.content],
          "cells with another number of corners than they should have");
    BRC_CHECK(ids <= room, BRC_ERR_ARGUMENT, "'%s': %" PRId64 " corners do not fit into room for %" PRId64, t->path,
              ids, room);
    snprintf(path, sizeof path, "VTKHDF/%s/Connectivity", name[t->info.content]);
    BRC_TRY(rows(t, path, offsets[column[t->info.content]], ids, 1, H5T_NATIVE_INT64, out));
    for (int64_t i = 0; i < ids; i++)
        WRONG(t, out[i] >= 0 && out[i] < step.points, "a cell names a point that is not there");
    return BRC_OK;
}

brc_status brc_trajectory_cells(brc_trajectory* t, int64_t k, int64_t room, int64_t* out)
{
    brc_hdf5_lock();
    const brc_status status = read_cells(t, k, room, out);
    brc_hdf5_unlock();
    return status;
}

brc_status brc_trajectory_series(brc_trajectory* t, const char* name, int64_t room, double* out)
{
    char path[160];
    const entry* c = find(t, BRC_COLUMN_SERIES, name);
    BRC_CHECK(c, BRC_ERR_ARGUMENT, "'%s' has no series '%s'", t->path, name);
    BRC_CHECK(t->info.steps * c->components <= room, BRC_ERR_ARGUMENT, "'%s': no room for the series '%s'", t->path,
              name);
    snprintf(path, sizeof path, "barchan/series/%s", name);
    brc_hdf5_lock();
    const brc_status status = rows(t, path, 0, t->info.steps, c->components, H5T_NATIVE_DOUBLE, out);
    brc_hdf5_unlock();
    return status;
}

// ---- a step as exporters see it --------------------------------------------------------------------------

// Numbers of a snapshot in one piece, as brc_snapshot_free frees them.
static brc_status fill(brc_trajectory* t, int64_t k, const brc_trajectory_step* step, brc_snapshot* s, double* numbers,
                       int64_t* id, int32_t* material)
{
    const int64_t n = step->points, size = n ? n : 1;
    double *at = numbers, *x = at, *v = x + 3 * size, *w = v + 3 * size, *f = w + 3 * size, *torque = f + 3 * size;
    double *radius = torque + 3 * size, *mass = radius + size, *spare = mass + size;
    static const char* const own[] = {"velocity", "angular_velocity", "force",      "radius",
                                      "mass",     "body_id",          "material_id"};
    BRC_TRY(brc_trajectory_read(t, k, BRC_COLUMN_POINT, "position", 3 * size, x));
    BRC_TRY(brc_trajectory_read(t, k, BRC_COLUMN_POINT, own[0], 3 * size, v));
    BRC_TRY(brc_trajectory_read(t, k, BRC_COLUMN_POINT, own[1], 3 * size, w));
    BRC_TRY(brc_trajectory_read(t, k, BRC_COLUMN_POINT, own[2], 3 * size, f));
    BRC_TRY(brc_trajectory_read(t, k, BRC_COLUMN_POINT, own[3], size, radius));
    BRC_TRY(brc_trajectory_read(t, k, BRC_COLUMN_POINT, own[4], size, mass));
    BRC_TRY(brc_trajectory_read(t, k, BRC_COLUMN_POINT, own[5], size, spare));
    for (int64_t i = 0; i < n; i++) id[i] = (int64_t)spare[i]; // ids are below 2^53
    BRC_TRY(brc_trajectory_read(t, k, BRC_COLUMN_POINT, own[6], size, spare));
    for (int64_t i = 0; i < n; i++) material[i] = (int32_t)spare[i];
    for (int32_t i = 0; i < t->info.columns && s->field_count < 8; i++) {
        const entry* c = &t->column[i];
        bool known = c->kind != BRC_COLUMN_POINT || c->components != 1;
        for (size_t j = 0; j < sizeof own / sizeof *own; j++) known = known || !strcmp(own[j], c->name);
        if (known) continue;
        double* field = spare + s->field_count * size;
        BRC_TRY(brc_trajectory_read(t, k, BRC_COLUMN_POINT, c->name, size, field));
        s->field[s->field_count] = field;
        s->field_name[s->field_count] = c->name, s->field_unit[s->field_count] = c->unit;
        s->field_count++;
    }
    s->x = x, s->v = v, s->w = w, s->force = f, s->torque = torque, s->radius = radius, s->mass = mass;
    return BRC_OK;
}

brc_status brc_trajectory_snapshot(brc_trajectory* t, int64_t k, brc_snapshot* out)
{
    brc_trajectory_step step;
    memset(out, 0, sizeof *out);
    BRC_CHECK(t->info.content == BRC_CONTENT_PARTICLES, BRC_ERR_ARGUMENT,
              "'%s' holds no particles but %s; export the file that it stands beside", t->path,
              t->info.content == BRC_CONTENT_WALLS ? "walls" : "contacts");
    BRC_TRY(brc_trajectory_at(t, k, &step));
    const int64_t size = step.points ? step.points : 1;
    double* numbers = BRC_NEW(26 * size, double);
    int64_t* id = BRC_NEW(size, int64_t);
    int32_t* material = BRC_NEW(size, int32_t);
    *out = (brc_snapshot){.comm = brc_comm_null(), .step = step.step, .time = step.time, .count = step.points};
    out->here = step.points, out->x = numbers, out->id = id, out->material = material;
    for (int a = 0; a < 3; a++) {
        out->lo[a] = step.lo[a], out->hi[a] = step.hi[a], out->tilt[a] = step.tilt[a];
        out->periodic[a] = t->info.periodic[a];
    }
    brc_status status = numbers && id && material ? BRC_OK : BRC_ERR_MEMORY;
    if (status != BRC_OK)
        brc_error_set(__FILE__, __LINE__, __func__, "no memory for %" PRId64 " particles of '%s'", step.points,
                      t->path);
    if (status == BRC_OK) status = fill(t, k, &step, out, numbers, id, material);
    if (status != BRC_OK) brc_snapshot_free(out);
    return status;
}

#else

#define ABSENT(...)                                                                                                    \
    (void)sizeof((int[]){__VA_ARGS__});                                                                                \
    BRC_CHECK(0, BRC_ERR_DEVICE, "this Barchan was built without HDF5, which trajectory files need")
brc_status brc_trajectory_open(const char* path, brc_trajectory** out) { ABSENT(path != NULL, out != NULL); }
void brc_trajectory_close(brc_trajectory* t) { (void)t; }
void brc_trajectory_get(const brc_trajectory* t, brc_trajectory_info* out)
{
    (void)t;
    *out = (brc_trajectory_info){.steps = 0};
}
const char* brc_trajectory_column(const brc_trajectory* t, int32_t number, brc_trajectory_field* out)
{
    (void)sizeof((int[]){t != NULL, number, out != NULL});
    return NULL;
}
brc_status brc_trajectory_at(brc_trajectory* t, int64_t k, brc_trajectory_step* out)
{
    ABSENT(t != NULL, k > 0, out != NULL);
}
brc_status brc_trajectory_read(brc_trajectory* t, int64_t k, int32_t kind, const char* name, int64_t room, double* out)
{
    ABSENT(t != NULL, k > 0, kind, name != NULL, room > 0, out != NULL);
}
brc_status brc_trajectory_cells(brc_trajectory* t, int64_t k, int64_t room, int64_t* out)
{
    ABSENT(t != NULL, k > 0, room > 0, out != NULL);
}
brc_status brc_trajectory_series(brc_trajectory* t, const char* name, int64_t room, double* out)
{
    ABSENT(t != NULL, name != NULL, room > 0, out != NULL);
}
brc_status brc_trajectory_snapshot(brc_trajectory* t, int64_t k, brc_snapshot* out)
{
    ABSENT(t != NULL, k > 0, out != NULL);
}

#endif
