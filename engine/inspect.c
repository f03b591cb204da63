// inspect.c -- what an HDF5 or a mesh file holds, as a text: for `barchan info`. Meant to run in a process of its own
// (bindings/module.c), because a file from a stranger goes straight to the libraries: at worst that process ends.
#include "barchan.h"
#include "output_file.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- the text: values in the form of bindings/barchan/plain.lua -------------------------------------------

typedef struct text {
    char* at;
    size_t size, room;
    bool failed;
} text;

static void put_bytes(text* t, const char* bytes, size_t size)
{
    if (t->failed) return;
    if (t->size + size + 1 > t->room) {
        size_t room = 2 * t->room + size + 4096;
        char* fresh = realloc(t->at, room);
        if (!fresh) {
            t->failed = true;
            return;
        }
        t->at = fresh, t->room = room;
    }
    memcpy(t->at + t->size, bytes, size);
    t->size += size;
    t->at[t->size] = 0;
}

static void put(text* t, const char* literal) { put_bytes(t, literal, strlen(literal)); }

static void put_number(text* t, double x)
{
    char word[40];
    snprintf(word, sizeof word, "n%.17g;", x);
    put(t, word);
}

static void put_text(text* t, const char* bytes, size_t size)
{
    char word[40];
    snprintf(word, sizeof word, "s%zu:", size);
    put(t, word);
    put_bytes(t, bytes, size);
}

static void put_key(text* t, const char* name) { put_text(t, name, strlen(name)); }

// ---- HDF5 ------------------------------------------------------------------------------------------------
#if BRC_HAVE_HDF5

static void put_pair(text* t, const char* name, const char* value)
{
    put_key(t, name);
    put_key(t, value);
}

enum { ITEMS_MOST = 2000, DEPTH_MOST = 8, ROWS_MOST = 1 << 24, TEXT_MOST = 1 << 26 };

typedef struct walk {
    text list; // of datasets
    hid_t file;
    hsize_t most; // numbers that a file of this size can hold, compressed as far as can be
    bool read_all;
    int items;
    char problem[256]; // the first thing that does not fit
} walk;

static void problem(walk* w, const char* format, ...)
{
    if (*w->problem) return;
    va_list args;
    va_start(args, format);
    vsnprintf(w->problem, sizeof w->problem, format, args);
    va_end(args);
}

// The value of a text attribute; "" when there is none.
static void attribute_text(hid_t object, const char* name, char* out, size_t room)
{
    *out = 0;
    if (H5Aexists(object, name) <= 0) return;
    hid_t a = H5Aopen(object, name, H5P_DEFAULT);
    hid_t type = a < 0 ? -1 : H5Aget_type(a), space = a < 0 ? -1 : H5Aget_space(a);
    size_t size = type < 0 ? 0 : H5Tget_size(type);
    bool fits = type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 && size > 0 &&
                size < room && space >= 0 && H5Sget_simple_extent_npoints(space) == 1;
    if (fits && H5Aread(a, type, out) >= 0) out[size] = 0;
    else *out = 0;
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    if (a >= 0) H5Aclose(a);
}

static char letter_of(hid_t type)
{
    size_t size = H5Tget_size(type);
    H5T_class_t kind = H5Tget_class(type);
    if (kind == H5T_FLOAT) return size == 8 ? 'd' : size == 4 ? 'f' : 'o';
    if (kind == H5T_INTEGER) return size == 8 ? 'l' : size == 4 ? 'i' : size == 1 ? 'b' : 'o';
    return kind == H5T_STRING && H5Tis_variable_str(type) == 0 ? 's' : 'o';
}

// Rows of a dataset of one dimension, as doubles; NULL: it cannot be read.
static double* numbers(hid_t set, hsize_t rows)
{
    double* x = rows <= ROWS_MOST ? malloc((size_t)(rows + 1) * sizeof *x) : NULL;
    if (x && rows && H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) < 0) {
        free(x);
        return NULL;
    }
    return x;
}

// The ends and the range of a column, which say more than its size.
static void put_range(walk* w, hid_t set, const char* path, hsize_t rows)
{
    double* x = numbers(set, rows);
    if (!x) {
        if (rows <= ROWS_MOST) problem(w, "%.100s cannot be read", path);
        return;
    }
    double least = INFINITY, most = -INFINITY;
    bool rising = true;
    for (hsize_t i = 0; i < rows; i++) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
        rising = rising && (i == 0 ? x[i] == x[i] : x[i] > x[i - 1]);
    }
    const struct {
        const char* name;
        double value;
    } ends[] = {{"first", x[0]}, {"last", x[rows - 1]}, {"least", least}, {"most", most}};
    for (int k = 0; k < 4; k++) put_key(&w->list, ends[k].name), put_number(&w->list, ends[k].value);
    put_key(&w->list, "rising");
    put(&w->list, rising ? "t" : "f");
    free(x);
}

// All of a dataset, a million rows at a time: what the disk or the compression has lost shows only then.
static void read_all(walk* w, hid_t set, const char* path, int rank, const hsize_t* dims)
{
    hsize_t width = 8, start[4] = {0}, size[4] = {0};
    for (int k = 1; k < rank; k++) {
        if (dims[k] > 4096) return;
        width *= dims[k], size[k] = dims[k];
    }
    const hsize_t most = width < (1 << 24) ? (1 << 24) / width : 1;
    double* room = malloc((size_t)(most * width));
    hid_t from = H5Dget_space(set);
    for (hsize_t at = 0; room && at < dims[0]; at += most) {
        start[0] = at, size[0] = dims[0] - at < most ? dims[0] - at : most;
        hid_t to = H5Screate_simple(rank, size, NULL);
        herr_t error = H5Sselect_hyperslab(from, H5S_SELECT_SET, start, NULL, size, NULL);
        if (error >= 0) error = H5Dread(set, H5T_NATIVE_DOUBLE, to, from, H5P_DEFAULT, room);
        H5Sclose(to);
        if (error < 0) {
            problem(w, "the data of %.100s cannot be read", path);
            break;
        }
    }
    H5Sclose(from);
    free(room);
}

static void put_dataset(walk* w, const char* path, hid_t set)
{
    hid_t type = H5Dget_type(set), space = H5Dget_space(set);
    hsize_t dims[4] = {0};
    char word[2] = {type < 0 ? 'o' : letter_of(type), 0}, found[256];
    int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    if (rank < 0 || rank > 4 || H5Sget_simple_extent_dims(space, dims, NULL) < 0) {
        problem(w, "%.100s has no size", path);
        rank = 0;
    }
    put(&w->list, "{|");
    put_pair(&w->list, "path", path);
    put_pair(&w->list, "type", word);
    put_key(&w->list, "dims");
    put(&w->list, "{");
    hsize_t count = 1;
    for (int k = 0; k < rank; k++) {
        put_number(&w->list, (double)dims[k]);
        count = dims[k] && count > ((hsize_t)1 << 60) / dims[k] ? (hsize_t)1 << 60 : count * dims[k];
    }
    put(&w->list, "|}");
    const bool possible = count <= w->most;
    if (!possible) problem(w, "%.100s claims to hold more numbers than fit into the file", path);
    put_key(&w->list, "stored");
    put_number(&w->list, (double)H5Dget_storage_size(set));
    const char* const notes[] = {"unit", "description"};
    for (int k = 0; k < 2; k++) {
        attribute_text(set, notes[k], found, sizeof found);
        if (*found) put_pair(&w->list, notes[k], found);
    }
    bool numeric = possible && strchr("dflib", *word) != NULL;
    bool column = rank == 1 && count > 0 &&
                  (!strcmp(path, "VTKHDF/Steps/Values") || !strcmp(path, "simulation") ||
                   !strcmp(path, "VTKHDF/NumberOfPoints") || !strncmp(path, "barchan/series/", 15));
    if (numeric && column) put_range(w, set, path, count);
    bool script = *word == 'b' && !strcmp(path, "script") && count < TEXT_MOST;
    bool words = *word == 's' && count == 1 && H5Tget_size(type) < TEXT_MOST;
    if (script || words) {
        size_t size = script ? (size_t)count : H5Tget_size(type);
        char* bytes = calloc(size + 1, 1);
        if (bytes && H5Dread(set, script ? H5T_NATIVE_UINT8 : type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) >= 0) {
            put_key(&w->list, "text");
            put_text(&w->list, bytes, script ? size : strlen(bytes));
        } else problem(w, "%.100s cannot be read", path);
        free(bytes);
    }
    put(&w->list, "}");
    if (w->read_all && numeric && rank > 0 && count > 0) read_all(w, set, path, rank, dims);
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
}

static void walk_group(walk* w, hid_t group, const char* path, int depth)
{
    H5G_info_t info;
    if (depth > DEPTH_MOST || H5Gget_info(group, &info) < 0) {
        problem(w, "the group /%.100s cannot be read", path);
        return;
    }
    for (hsize_t i = 0; i < info.nlinks; i++) {
        char name[128] = "", whole[512];
        if (++w->items > ITEMS_MOST) {
            problem(w, "it holds more than %d things", (int)ITEMS_MOST);
            return;
        }
        H5L_info_t link;
        ssize_t n = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
        if (n <= 0 || n >= (ssize_t)sizeof name || H5Lget_info(group, name, &link, H5P_DEFAULT) < 0) {
            problem(w, "a name in /%.100s cannot be read", path);
            return;
        }
        snprintf(whole, sizeof whole, "%.300s%s%s", path, *path ? "/" : "", name);
        if (link.type != H5L_TYPE_HARD) continue; // a link to another place or file is not followed
        hid_t object = H5Oopen(group, name, H5P_DEFAULT);
        H5I_type_t kind = object < 0 ? H5I_BADID : H5Iget_type(object);
        if (kind == H5I_GROUP) walk_group(w, object, whole, depth + 1);
        else if (kind == H5I_DATASET) put_dataset(w, whole, object);
        else if (kind == H5I_BADID) problem(w, "%.100s cannot be read", whole);
        if (object >= 0) H5Oclose(object);
    }
}

// ---- trajectories: does what the directory says of each step lie within the data? ---------------------------

static int64_t rows_of(hid_t file, const char* path)
{
    hsize_t dims[4] = {0};
    if (H5Lexists(file, path, H5P_DEFAULT) <= 0) return -1;
    hid_t set = H5Dopen2(file, path, H5P_DEFAULT), space = set < 0 ? -1 : H5Dget_space(set);
    int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    bool found = rank >= 1 && rank <= 4 && H5Sget_simple_extent_dims(space, dims, NULL) == rank;
    if (space >= 0) H5Sclose(space);
    if (set >= 0) H5Dclose(set);
    return found ? (int64_t)dims[0] : -1;
}

// A table of `columns` whole numbers, at least `rows` of them; NULL: it is not there, or of another size.
static int64_t* table(hid_t file, const char* path, int64_t rows, int columns)
{
    hsize_t dims[2] = {0, 1};
    hid_t set = H5Lexists(file, path, H5P_DEFAULT) > 0 ? H5Dopen2(file, path, H5P_DEFAULT) : -1;
    hid_t space = set < 0 ? -1 : H5Dget_space(set);
    int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    bool fits = rank == (columns > 1 ? 2 : 1) && H5Sget_simple_extent_dims(space, dims, NULL) == rank &&
                (int64_t)dims[0] >= rows && dims[1] == (hsize_t)columns && dims[0] <= ROWS_MOST;
    int64_t* x = fits ? malloc((size_t)(dims[0] * dims[1] + 1) * sizeof *x) : NULL;
    if (x && dims[0] && H5Dread(set, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) < 0) {
        free(x);
        x = NULL;
    }
    if (space >= 0) H5Sclose(space);
    if (set >= 0) H5Dclose(set);
    return x;
}

// Rows [first[k * stride], + count[k]) of each step must be there.
static void check_rows(walk* w, int64_t steps, const char* what, int64_t rows, const int64_t* first, int stride,
                       const int64_t* count)
{
    for (int64_t k = 0; k < steps && first && count; k++) {
        const int64_t at = first[k * stride], n = count[k];
        if (n < 0 || at < 0 || n > rows || at > rows - n) {
            problem(w, "step %" PRId64 " of %" PRId64 " lies outside of %.60s", k + 1, steps, what);
            return;
        }
    }
}

// The datasets of /VTKHDF/PointData or /VTKHDF/CellData.
static void check_data(walk* w, int64_t steps, const char* kind, const int64_t* count)
{
    char group[64], path[256];
    snprintf(group, sizeof group, "VTKHDF/%s", kind);
    hid_t g = H5Lexists(w->file, group, H5P_DEFAULT) > 0 ? H5Gopen2(w->file, group, H5P_DEFAULT) : -1;
    H5G_info_t info = {.nlinks = 0};
    if (g < 0) return;
    if (H5Gget_info(g, &info) < 0) problem(w, "/%s cannot be read", group);
    for (hsize_t i = 0; i < info.nlinks && i < ITEMS_MOST; i++) {
        char name[128] = "";
        if (H5Lget_name_by_idx(g, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT) <= 0) break;
        snprintf(path, sizeof path, "VTKHDF/Steps/%sOffsets/%.100s", kind, name);
        int64_t* first = table(w->file, path, steps, 1);
        if (!first) problem(w, "%s is missing or too short", path);
        snprintf(path, sizeof path, "%s/%.100s", group, name);
        check_rows(w, steps, path, rows_of(w->file, path), first, 1, count);
        free(first);
    }
    H5Gclose(g);
}

static void check_trajectory(walk* w, int64_t steps)
{
    static const char* const topology[4] = {"Vertices", "Lines", "Polygons", "Strips"};
    int64_t* points = table(w->file, "VTKHDF/NumberOfPoints", steps, 1);
    int64_t* first = table(w->file, "VTKHDF/Steps/PointOffsets", steps, 1);
    int64_t* id_first = table(w->file, "VTKHDF/Steps/ConnectivityIdOffsets", steps, 4);
    int64_t* all = calloc((size_t)steps + 1, sizeof *all);
    if (rows_of(w->file, "VTKHDF/Steps/Values") < steps) problem(w, "the times of its steps are missing");
    if (!points || !first || !id_first || !all) problem(w, "the table of its steps is missing or too short");
    check_rows(w, steps, "VTKHDF/Points", rows_of(w->file, "VTKHDF/Points"), first, 1, points);
    check_data(w, steps, "PointData", points);
    for (int t = 0; t < 4; t++) {
        char path[64];
        snprintf(path, sizeof path, "VTKHDF/%s/NumberOfCells", topology[t]);
        int64_t* cells = table(w->file, path, steps, 1);
        snprintf(path, sizeof path, "VTKHDF/%s/NumberOfConnectivityIds", topology[t]);
        int64_t* ids = table(w->file, path, steps, 1);
        if (!cells || !ids) problem(w, "%s is missing or too short", path);
        snprintf(path, sizeof path, "VTKHDF/%s/Connectivity", topology[t]);
        if (id_first) check_rows(w, steps, path, rows_of(w->file, path), id_first + t, 4, ids);
        for (int64_t k = 0; k < steps && cells && all; k++) all[k] = (int64_t)((uint64_t)all[k] + (uint64_t)cells[k]);
        free(cells), free(ids);
    }
    check_data(w, steps, "CellData", all);
    free(points), free(first), free(id_first), free(all);
}

static brc_status inspect_hdf5(const char* path, bool everything, text* out)
{
    walk w = {.read_all = everything};
    static const char* const notes[] = {"source_code", "file_format", "file_format_version"};
    char found[256];
    int64_t steps = -1;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    w.file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    BRC_CHECK(w.file >= 0, BRC_ERR_FILE, "HDF5 cannot open it");
    hsize_t size = 0;
    w.most = H5Fget_filesize(w.file, &size) >= 0 ? (size + 4096) * 1032 : 0; // deflate shrinks by 1032 at most
    put(out, "{|");
    for (int k = 0; k < 3; k++) {
        attribute_text(w.file, notes[k], found, sizeof found);
        if (*found) put_pair(out, notes[k], found);
    }
    hid_t vtk = H5Lexists(w.file, "VTKHDF", H5P_DEFAULT) > 0 ? H5Gopen2(w.file, "VTKHDF", H5P_DEFAULT) : -1;
    if (vtk >= 0) {
        attribute_text(vtk, "Type", found, sizeof found);
        if (*found) put_pair(out, "vtk_type", found);
        hid_t a = H5Aexists_by_name(vtk, "Steps", "NSteps", H5P_DEFAULT) > 0
                      ? H5Aopen_by_name(vtk, "Steps", "NSteps", H5P_DEFAULT, H5P_DEFAULT)
                      : -1;
        hid_t space = a < 0 ? -1 : H5Aget_space(a);
        if (space < 0 || H5Sget_simple_extent_npoints(space) != 1 || H5Aread(a, H5T_NATIVE_INT64, &steps) < 0)
            steps = -1;
        if (space >= 0) H5Sclose(space);
        if (a >= 0) H5Aclose(a);
        H5Gclose(vtk);
    }
    walk_group(&w, w.file, "", 0);
    if (steps >= 0) {
        put_key(out, "steps");
        put_number(out, (double)steps);
    }
    if (steps > ROWS_MOST) problem(&w, "it claims to have %" PRId64 " steps", steps);
    else if (steps > 0) check_trajectory(&w, steps);
    put_key(out, "items");
    put(out, "{");
    if (w.list.at) put_bytes(out, w.list.at, w.list.size);
    put(out, "|}");
    if (*w.problem) put_pair(out, "problem", w.problem);
    put(out, "}");
    out->failed = out->failed || w.list.failed;
    free(w.list.at);
    H5Fclose(w.file);
    return BRC_OK;
}

#else
static brc_status inspect_hdf5(const char* path, bool everything, text* out)
{
    (void)path, (void)everything, (void)out;
    BRC_CHECK(0, BRC_ERR_DEVICE, "this Barchan was built without HDF5, which it is read with");
}
#endif

// ---- meshes ----------------------------------------------------------------------------------------------

static brc_status inspect_mesh(const char* path, text* out)
{
    brc_mesh_file mesh;
    BRC_TRY(brc_mesh_read(path, 1, &mesh));
    double lo[3] = {INFINITY, INFINITY, INFINITY}, hi[3] = {-INFINITY, -INFINITY, -INFINITY}, area = 0;
    for (int64_t i = 0; i < mesh.vertex_count; i++)
        for (int k = 0; k < 3; k++) {
            const double x = mesh.vertices[3 * i + k];
            lo[k] = x < lo[k] ? x : lo[k], hi[k] = x > hi[k] ? x : hi[k];
        }
    for (int64_t i = 0; i < mesh.triangle_count; i++) {
        vec3 p[3];
        for (int k = 0; k < 3; k++) p[k] = v3_from(&mesh.vertices[3 * (int64_t)mesh.triangles[3 * i + k]]);
        vec3 n = v3_cross(v3_sub(p[1], p[0]), v3_sub(p[2], p[0]));
        area += 0.5 * sqrt(v3_dot(n, n));
    }
    put(out, "{|");
    const struct {
        const char* name;
        double value;
    } all[] = {{"vertices", (double)mesh.vertex_count}, {"triangles", (double)mesh.triangle_count}, {"area", area}};
    for (int k = 0; k < 3; k++) put_key(out, all[k].name), put_number(out, all[k].value);
    for (int end = 0; end < 2; end++) {
        put_key(out, end ? "hi" : "lo");
        put(out, "{");
        for (int k = 0; k < 3; k++) put_number(out, end ? hi[k] : lo[k]);
        put(out, "|}");
    }
    put(out, "}");
    brc_mesh_file_free(&mesh);
    return BRC_OK;
}

brc_status brc_inspect(const char* path, int32_t kind, char** out, int64_t* length)
{
    text t = {0};
    *out = NULL, *length = 0;
    brc_status status =
        kind == BRC_INSPECT_MESH ? inspect_mesh(path, &t) : inspect_hdf5(path, kind == BRC_INSPECT_HDF5_DATA, &t);
    if (status != BRC_OK || t.failed) free(t.at);
    BRC_TRY(status);
    BRC_CHECK(!t.failed, BRC_ERR_MEMORY, "no memory for what the file holds");
    *out = t.at, *length = (int64_t)t.size;
    return BRC_OK;
}

void brc_inspect_free(char* text_) { free(text_); }
