// output.c -- trajectory files: one HDF5 file with /VTKHDF (temporal PolyData: ParaView opens it), /ONDEM (the open DEM
// format's scene and materials) and /barchan (provenance, and one row per time step of what the run was like).
//
// The rows of a time step are appended, then HDF5's directory of the file is brought up to date, and only then NSteps
// is raised; staged.h orders the writes below HDF5. So a reader finds whole steps only, whether the job runs, was
// killed or ran out of disk. The file gets its name when it holds a step; until then an older one of that name stays.
#include "contacts.h"
#include "output_file.h"
#include "snapshot.h"

#if BRC_HAVE_HDF5
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A dataset that grows by rows.
typedef struct table {
    hid_t id, memory; // memory: type of the rows that are handed in
    int columns;
    hsize_t rows;
} table;

// A member of brc_snapshot or brc_summary and how it is stored.
typedef struct member {
    const char* name;
    size_t at;
    int columns;
    char type; // r: single or double as the file's option says; d: double; l: int64; i: int32
    const char *unit, *text;
} member;

enum {
#define COLUMN(name, ...) COLUMN_##name,
#include "columns.def"
    COLUMNS
};
static const member particle_members[COLUMNS] = {
#define COLUMN(name, field, columns, type, unit, text)                                                                 \
    {#name, offsetof(brc_snapshot, field), columns, type, unit, text},
#include "columns.def"
};
#define AT(field) #field, offsetof(brc_summary, field)
static const member summary_members[] = {
    {AT(step), 1, 'l', "1", "steps since the start of the run"},
    {AT(dt), 1, 'd', "s", "time step"},
    {AT(particles), 1, 'l', "1", "particles present"},
    {AT(contacts), 1, 'l', "1", "contacts between particles"},
    {AT(wall_contacts), 1, 'l', "1", "contacts with walls"},
    {AT(inserted), 1, 'l', "1", "inserted since the start = particles + removed + lost"},
    {AT(removed), 1, 'l', "1", "removed since the start"},
    {AT(lost), 1, 'l', "1", "lost since the start"},
    {AT(mass), 1, 'd', "kg", "mass present"},
    {AT(kinetic_energy), 1, 'd', "J", "energy of translation"},
    {AT(rotational_energy), 1, 'd', "J", "energy of rotation"},
    {AT(momentum), 3, 'd', "kg m/s", "momentum"},
    {AT(max_speed), 1, 'd', "m/s", "largest speed"},
    {AT(max_overlap), 1, 'd', "1", "largest overlap over the smaller radius"},
    {AT(coordination), 1, 'd', "1", "mean number of particle contacts of a particle"},
    {AT(radius_min), 1, 'd', "m", "smallest radius"},
    {AT(radius_max), 1, 'd', "m", "largest radius"},
    {AT(domain_lo), 3, 'd', "m", "lower corner of the domain"},
    {AT(cell), 6, 'd', "m", "lengths of the domain, then the tilts xy, xz, yz of its images"},
};
#undef AT
#define AT(field) offsetof(brc_contact, field)
static const member contact_members[] = {
    {"first", AT(first), 1, 'l', "1", "id of the first particle, the lower one"},
    {"second", AT(second), 1, 'l', "1", "id of the second particle; 0: it is a wall"},
    {"wall", AT(wall), 1, 'i', "1", "number of the wall, from 0 in the order of the script; -1: it is a particle"},
    {"bond", AT(bond), 1, 'i', "1", "number of the sim:bond that made this bond, from 0; -1: it is a contact"},
    {"feature", AT(feature), 1, 'l', "1", "face, edge or vertex of the wall; -1: it is a particle"},
    {"point", AT(point), 3, 'r', "m", "contact point, next to the first particle"},
    {"normal", AT(normal), 3, 'r', "1", "unit vector towards the first particle"},
    {"overlap", AT(overlap), 1, 'r', "m", "overlap"},
    {"force", AT(force), 3, 'r', "N", "force on the first; the second has the opposite"},
    {"normal_force", AT(normal_force), 1, 'r', "N", "force along the normal, > 0: they push each other"},
    {"tangential_force", AT(tangential), 3, 'r', "N", "the rest of the force on the first"},
    {"moment", AT(moment), 3, 'r', "N m", "moment on the first besides that of the force (rolling, twisting)"},
};
#undef AT

enum {
    TOPOLOGIES = 4,
    VERTICES = 0,
    LINES = 1,
    POLYGONS = 2,
    SERIES = sizeof summary_members / sizeof *summary_members,
    CONTACT_MEMBERS = sizeof contact_members / sizeof *contact_members,
    HISTORIES = 24,
    POSES = 9
};

struct brc_output {
    brc_sim* sim;
    char* path;
    int content;                          // BRC_CONTENT_*
    bool single, failed, laid_out, again; // again: the file is there and its parts are opened instead of made
    int level;
    brc_staged* staged;
    hid_t file, vtkhdf, step_count, scene_time; // step_count, scene_time: attributes
    brc_output_place at;
    int fields;    // numbers that the script had added to every particle when the file was laid out
    hsize_t chunk; // rows of a chunk of particle data
    table points, point[COLUMNS], field[8], series[SERIES], cell_wall;
    table number_of_points, cells[TOPOLOGIES], ids[TOPOLOGIES], offsets[TOPOLOGIES], connectivity[TOPOLOGIES];
    table time, part_offset, part_count, point_offset, cell_offset, id_offset, cell_data_offset;
    // walls: what the last step wrote, and where
    double* vertices;
    int64_t *triangles, vertex_count, triangle_count;
    int32_t* triangle_wall;
    table pose[POSES], pose_first, pose_count;
    // contacts
    table contact[CONTACT_MEMBERS], history[HISTORIES];
    int32_t history_count;
};

// ---- errors ----------------------------------------------------------------------------------------------
static herr_t first_cause(unsigned n, const H5E_error2_t* error, void* out)
{
    if (n == 0) snprintf(out, 256, "%s", error->desc ? error->desc : "unknown");
    return 0;
}

// What went wrong in the file, as the system says it, or else as HDF5 does.
static brc_status file_error(const brc_output* o, int error)
{
    char cause[256] = "HDF5 gives no reason";
    if (!error) error = brc_staged_error(o->staged);
    if (error) snprintf(cause, sizeof cause, "%s", strerror(error));
    else H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, first_cause, cause);
    BRC_CHECK(0, BRC_ERR_FILE, "cannot write '%s': %s; it holds %" PRId64 " whole time steps", o->path, cause,
              o->at.steps);
}

#define H5_TRY(call)                                                                                                   \
    do {                                                                                                               \
        if ((call) < 0) return file_error(o, 0);                                                                       \
    } while (0)

// ---- small pieces ----------------------------------------------------------------------------------------
static hid_t text_type(const char* text, H5T_cset_t set)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, *text ? strlen(text) : 1);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, set);
    return type;
}

static brc_status attribute(brc_output* o, hid_t where, const char* name, hid_t type, hid_t memory, int count,
                            const void* data, hid_t* keep)
{
    if (o->again) {
        if (keep) H5_TRY(*keep = H5Aopen(where, name, H5P_DEFAULT));
        return BRC_OK;
    }
    hsize_t dims[1] = {(hsize_t)count};
    hid_t space = count ? H5Screate_simple(1, dims, NULL) : H5Screate(H5S_SCALAR);
    hid_t a = H5Acreate2(where, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t error = a < 0 ? -1 : H5Awrite(a, memory, data);
    H5Sclose(space);
    if (keep) *keep = a;
    else if (a >= 0) H5Aclose(a);
    H5_TRY(error);
    return BRC_OK;
}

static brc_status text_attribute(brc_output* o, hid_t where, const char* name, const char* text)
{
    hid_t type = text_type(text, H5T_CSET_ASCII);
    brc_status status = attribute(o, where, name, type, type, 0, text, NULL);
    H5Tclose(type);
    return status;
}

static brc_status group(brc_output* o, hid_t parent, const char* name, hid_t* out)
{
    *out = o->again ? H5Gopen2(parent, name, H5P_DEFAULT)
                    : H5Gcreate2(parent, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5_TRY(*out);
    return BRC_OK;
}

// A second name for a dataset.
static brc_status same(const brc_output* o, hid_t where, const char* name, hid_t there, const char* other)
{
    if (!o->again) H5_TRY(H5Lcreate_hard(where, name, there, other, H5P_DEFAULT, H5P_DEFAULT));
    return BRC_OK;
}

// A dataset that is written once; count 0: a scalar.
static brc_status constant(brc_output* o, hid_t where, const char* name, hid_t type, hid_t memory, int count,
                           const void* data, const char* unit)
{
    hsize_t dims[1] = {(hsize_t)count};
    if (o->again) return BRC_OK;
    hid_t space = count ? H5Screate_simple(1, dims, NULL) : H5Screate(H5S_SCALAR);
    hid_t create = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(create, 0);
    hid_t d = H5Dcreate2(where, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
    herr_t error = d < 0 ? -1 : H5Dwrite(d, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    brc_status status = error < 0 ? file_error(o, 0) : unit ? text_attribute(o, d, "unit", unit) : BRC_OK;
    if (d >= 0) H5Dclose(d);
    H5Pclose(create);
    H5Sclose(space);
    return status;
}

// A table of a file that goes on: as it was made, or the file is another one.
static brc_status open_table(brc_output* o, hid_t where, const member* m, table* out)
{
    hsize_t dims[2] = {0, 1};
    hid_t use = H5Pcreate(H5P_DATASET_ACCESS);
    H5Pset_chunk_cache(use, 521, 2 << 20, 1);
    out->id = H5Dopen2(where, m->name, use);
    H5Pclose(use);
    H5_TRY(out->id);
    hid_t space = H5Dget_space(out->id);
    int rank = H5Sget_simple_extent_ndims(space);
    bool fits = rank == (m->columns > 1 ? 2 : 1) && H5Sget_simple_extent_dims(space, dims, NULL) == rank &&
                (rank == 1 || dims[1] == (hsize_t)m->columns);
    H5Sclose(space);
    BRC_CHECK(fits, BRC_ERR_FILE, "'%s' is not a file that this run has written: %s has another shape", o->path,
              m->name);
    out->memory = m->type == 'l' ? H5T_NATIVE_INT64 : m->type == 'i' ? H5T_NATIVE_INT32 : H5T_NATIVE_DOUBLE;
    out->columns = m->columns;
    out->rows = dims[0];
    return BRC_OK;
}

// level: of compression, for tables whose steps begin at a new chunk only: a compressed chunk that grows moves, and new
// data could take the place it leaves before the commit that says so.
static brc_status create(brc_output* o, hid_t where, const member* m, hsize_t chunk, int level, table* out)
{
    if (o->again) return open_table(o, where, m, out);
    hid_t type = m->type == 'l'                ? H5T_STD_I64LE
                 : m->type == 'i'              ? H5T_STD_I32LE
                 : m->type == 'r' && o->single ? H5T_IEEE_F32LE
                                               : H5T_IEEE_F64LE;
    hsize_t none[2] = {0, (hsize_t)m->columns}, most[2] = {H5S_UNLIMITED, none[1]}, part[2] = {chunk, none[1]};
    int rank = m->columns > 1 ? 2 : 1;
    hid_t space = H5Screate_simple(rank, none, most), how = H5Pcreate(H5P_DATASET_CREATE),
          use = H5Pcreate(H5P_DATASET_ACCESS);
    H5Pset_chunk(how, rank, part);
    H5Pset_obj_track_times(how, 0); // the same run gives the same file
    H5Pset_fill_time(how, H5D_FILL_TIME_ALLOC);
    if (level) {
        H5Pset_shuffle(how);
        H5Pset_deflate(how, (unsigned)level);
    }
    H5Pset_chunk_cache(use, 521, 2 << 20, 1); // two of the largest chunks
    out->id = H5Dcreate2(where, m->name, type, space, H5P_DEFAULT, how, use);
    out->memory = m->type == 'l' ? H5T_NATIVE_INT64 : m->type == 'i' ? H5T_NATIVE_INT32 : H5T_NATIVE_DOUBLE;
    out->columns = m->columns;
    out->rows = 0;
    H5Pclose(use);
    H5Pclose(how);
    H5Sclose(space);
    H5_TRY(out->id);
    if (*m->unit) BRC_TRY(text_attribute(o, out->id, "unit", m->unit));
    if (*m->text) BRC_TRY(text_attribute(o, out->id, "description", m->text));
    return BRC_OK;
}

static brc_status put(brc_output* o, table* t, int64_t first, int64_t count, const void* data)
{
    if (!count || o->again) return BRC_OK; // again: while the parts are opened
    int rank = t->columns > 1 ? 2 : 1;
    hsize_t columns = (hsize_t)t->columns, start[2] = {(hsize_t)first, 0}, size[2] = {(hsize_t)count, columns};
    if (start[0] + size[0] > t->rows) {
        t->rows = start[0] + size[0];
        hsize_t dims[2] = {t->rows, columns};
        H5_TRY(H5Dset_extent(t->id, dims));
    }
    hid_t space = H5Dget_space(t->id), memory = H5Screate_simple(rank, size, NULL);
    herr_t error = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, size, NULL);
    if (error >= 0) error = H5Dwrite(t->id, t->memory, memory, space, H5P_DEFAULT, data);
    H5Sclose(memory);
    H5Sclose(space);
    H5_TRY(error);
    int bad = brc_staged_error(o->staged); // no sense in writing the rest
    return bad ? file_error(o, bad) : BRC_OK;
}

// The numbers first * stride, (first + 1) * stride ... in the rows from `first`.
static brc_status put_multiples(brc_output* o, table* t, int64_t first, int64_t count, int64_t stride)
{
    int64_t* run = BRC_NEW(count > 0 ? count : 1, int64_t);
    BRC_CHECK(run, BRC_ERR_MEMORY, "no memory for %" PRId64 " numbers", count);
    for (int64_t i = 0; i < count; i++) run[i] = (first + i) * stride;
    brc_status status = put(o, t, first, count, run);
    brc_free(run);
    return status;
}

// ---- what a new file holds -------------------------------------------------------------------------------
static brc_status header(brc_output* o, const char* provenance)
{
    static const int64_t version[2] = {2, 0};
    const int64_t none = 0;
    char source[64];
    hid_t g;
    snprintf(source, sizeof source, "Barchan %s", brc_version());
    BRC_TRY(text_attribute(o, o->file, "source_code", source));
    BRC_TRY(group(o, o->file, "VTKHDF", &o->vtkhdf));
    BRC_TRY(attribute(o, o->vtkhdf, "Version", H5T_STD_I64LE, H5T_NATIVE_INT64, 2, version, NULL));
    BRC_TRY(text_attribute(o, o->vtkhdf, "Type", "PolyData"));
    BRC_TRY(group(o, o->vtkhdf, "Steps", &g));
    BRC_TRY(attribute(o, g, "NSteps", H5T_STD_I64LE, H5T_NATIVE_INT64, 0, &none, &o->step_count));
    BRC_TRY(group(o, o->file, "barchan", &g));
    if (provenance && *provenance) {
        hid_t type = text_type(provenance, H5T_CSET_UTF8);
        brc_status status = constant(o, g, "provenance", type, type, 0, provenance, NULL);
        H5Tclose(type);
        BRC_TRY(status);
    }
    return BRC_OK;
}

static brc_status open_dem(brc_output* o, const brc_snapshot* s)
{
    static const char units[3][8] = {"second", "meter", "kilogram"};
    hid_t root, scene, materials, g;
    BRC_TRY(text_attribute(o, o->file, "file_format", "ON-DEM VTKHDF"));
    BRC_TRY(text_attribute(o, o->file, "file_format_version", "0.2-draft"));
    BRC_TRY(group(o, o->file, "ONDEM", &root));
    BRC_TRY(group(o, root, "Scene", &scene));
    hid_t word = H5Tcopy(H5T_C_S1);
    H5Tset_size(word, sizeof units[0]);
    H5Tset_strpad(word, H5T_STR_NULLPAD);
    brc_status status = constant(o, scene, "units", word, word, 3, units, NULL);
    H5Tclose(word);
    BRC_TRY(status);
    BRC_TRY(constant(o, scene, "gravity", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 3, s->gravity, "m/s^2"));
    BRC_TRY(attribute(o, scene, "timestep", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 0, &s->dt, NULL));
    BRC_TRY(attribute(o, scene, "time", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 0, &s->time, &o->scene_time));
    BRC_TRY(group(o, root, "Materials", &materials));
    for (int32_t i = 0; i < s->material_count; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        BRC_TRY(group(o, materials, name, &g));
        BRC_TRY(constant(o, g, "id", H5T_STD_I32LE, H5T_NATIVE_INT32, 0, &i, NULL));
        BRC_TRY(constant(o, g, "density", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 0, &s->density[i], "kg/m^3"));
        H5Gclose(g);
    }
    return BRC_OK;
}

static int topology_of(const brc_output* o)
{
    return o->content == BRC_CONTENT_WALLS ? POLYGONS : o->content == BRC_CONTENT_CONTACTS ? LINES : VERTICES;
}

// Columns of the contacts, which all begin a step at the same row.
static brc_status lay_out_contacts(brc_output* o, hid_t steps, const brc_contact_list* list)
{
    hid_t cells, offsets;
    BRC_CHECK(list->history_count <= HISTORIES, BRC_ERR_ARGUMENT, "a contact law with more than %d histories",
              (int)HISTORIES);
    BRC_TRY(group(o, o->vtkhdf, "CellData", &cells));
    BRC_TRY(group(o, steps, "CellDataOffsets", &offsets));
    BRC_TRY(create(o, offsets, &(member){contact_members[0].name, 0, 1, 'l', "", ""}, 256, 0, &o->cell_data_offset));
    o->history_count = list->history_count;
    for (int i = 0; i < CONTACT_MEMBERS + o->history_count; i++) {
        bool own = i < CONTACT_MEMBERS;
        member history = {
            own ? "" : list->history_name[i - CONTACT_MEMBERS], 0, 1, 'r', "", "history of the contact law"};
        const member* m = own ? &contact_members[i] : &history;
        BRC_TRY(create(o, cells, m, o->chunk / 2, o->level, own ? &o->contact[i] : &o->history[i - CONTACT_MEMBERS]));
        if (i) BRC_TRY(same(o, offsets, contact_members[0].name, offsets, m->name));
    }
    H5Gclose(offsets);
    H5Gclose(cells);
    return BRC_OK;
}

// The datasets, at the first write: only then it is known how much a step holds, which the chunks should fit.
static brc_status lay_out(brc_output* o, const brc_snapshot* s, int64_t points, int64_t cells,
                          const brc_contact_list* contacts)
{
    enum { STEP_ROWS = 256, CHUNK_MAX = 32768 /* 768 KiB of positions */, CHUNK_MIN = 512, CHUNK_UNKNOWN = 4096 };
    static const char* const topology[TOPOLOGIES] = {"Vertices", "Lines", "Polygons", "Strips"};
    static const member position = {"Points", 0, 3, 'r', "m", "positions"};
    static const member wall = {"wall", 0, 1, 'i', "1", "number of the wall, from 0 in the order of the script"};
    static const member times = {"Values", 0, 1, 'd', "s", "time"};
#define COUNTS(name) (&(member){name, 0, 1, 'l', "", ""})
    hid_t g, sub, barchan;
    // A step is one chunk, or equal parts of at most CHUNK_MAX rows.
    int64_t parts = (points + CHUNK_MAX - 1) / CHUNK_MAX;
    o->chunk = (hsize_t)(parts ? (points + parts - 1) / parts : CHUNK_UNKNOWN);
    if (o->chunk < CHUNK_MIN) o->chunk = CHUNK_MIN;
    o->chunk += o->chunk % 2; // a contact has two points

    BRC_TRY(create(o, o->vtkhdf, &position, o->chunk, o->level, &o->points));
    BRC_TRY(create(o, o->vtkhdf, COUNTS("NumberOfPoints"), STEP_ROWS, 0, &o->number_of_points));
    for (int i = 0; i < TOPOLOGIES; i++) {
        bool used = i == topology_of(o);
        hsize_t rows = used ? (cells > CHUNK_MAX ? CHUNK_MAX : cells < CHUNK_MIN ? CHUNK_MIN : (hsize_t)cells) : 16;
        BRC_TRY(group(o, o->vtkhdf, topology[i], &g));
        BRC_TRY(create(o, g, COUNTS("NumberOfCells"), STEP_ROWS, 0, &o->cells[i]));
        BRC_TRY(create(o, g, COUNTS("NumberOfConnectivityIds"), STEP_ROWS, 0, &o->ids[i]));
        BRC_TRY(create(o, g, COUNTS("Offsets"), rows, 0, &o->offsets[i]));
        BRC_TRY(create(o, g, COUNTS("Connectivity"), rows, 0, &o->connectivity[i]));
        BRC_TRY(put_multiples(o, &o->offsets[i], 0, 1, 1)); // also a topology without cells has one offset
        H5Gclose(g);
    }

    hid_t steps = H5Gopen2(o->vtkhdf, "Steps", H5P_DEFAULT);
    H5_TRY(steps);
    BRC_TRY(create(o, steps, &times, STEP_ROWS, 0, &o->time));
    BRC_TRY(create(o, steps, COUNTS("PartOffsets"), STEP_ROWS, 0, &o->part_offset));
    BRC_TRY(create(o, steps, COUNTS("NumberOfParts"), STEP_ROWS, 0, &o->part_count));
    BRC_TRY(create(o, steps, COUNTS("PointOffsets"), STEP_ROWS, 0, &o->point_offset));
    BRC_TRY(create(o, steps, &(member){"CellOffsets", 0, TOPOLOGIES, 'l', "", ""}, STEP_ROWS, 0, &o->cell_offset));
    BRC_TRY(
        create(o, steps, &(member){"ConnectivityIdOffsets", 0, TOPOLOGIES, 'l', "", ""}, STEP_ROWS, 0, &o->id_offset));

    barchan = H5Gopen2(o->file, "barchan", H5P_DEFAULT);
    H5_TRY(barchan);
    if (o->content == BRC_CONTENT_CONTACTS) BRC_TRY(lay_out_contacts(o, steps, contacts));
    else if (o->content == BRC_CONTENT_WALLS) {
        static const member poses[POSES] = {
            {"wall", 0, 1, 'i', "1", "number of the wall, from 0 in the order of the script"},
            {"position", offsetof(brc_wall_state, position), 3, 'd', "m", "reference point"},
            {"rotation", offsetof(brc_wall_state, rotation), 4, 'd', "1", "turn since the start, quaternion x y z w"},
            {"velocity", offsetof(brc_wall_state, velocity), 3, 'd', "m/s", "velocity of the reference point"},
            {"angular_velocity", offsetof(brc_wall_state, angular_velocity), 3, 'd', "rad/s", "angular velocity"},
            {"force", offsetof(brc_wall_state, force), 3, 'd', "N", "force of the particles on the wall"},
            {"torque", offsetof(brc_wall_state, torque), 3, 'd', "N m", "torque of the particles about the position"},
            {"work", offsetof(brc_wall_state, work), 1, 'd', "J", "done by the wall on the particles since the start"},
            {"contacts", offsetof(brc_wall_state, contacts), 1, 'l', "1", "contacts with particles"},
        };
        BRC_TRY(group(o, o->vtkhdf, "CellData", &g));
        BRC_TRY(create(o, g, &wall, CHUNK_UNKNOWN, 0, &o->cell_wall));
        H5Gclose(g);
        BRC_TRY(group(o, steps, "CellDataOffsets", &g));
        BRC_TRY(create(o, g, COUNTS("wall"), STEP_ROWS, 0, &o->cell_data_offset));
        H5Gclose(g);
        BRC_TRY(group(o, barchan, "walls", &g)); // one row for each wall and step
        BRC_TRY(
            create(o, g, &(member){"first", 0, 1, 'l', "", "row where a step begins"}, STEP_ROWS, 0, &o->pose_first));
        BRC_TRY(create(o, g, &(member){"count", 0, 1, 'l', "", "rows of a step"}, STEP_ROWS, 0, &o->pose_count));
        for (int i = 0; i < POSES; i++) BRC_TRY(create(o, g, &poses[i], STEP_ROWS, 0, &o->pose[i]));
        H5Gclose(g);
    } else {
        BRC_TRY(group(o, o->vtkhdf, "PointData", &g));
        BRC_TRY(group(o, steps, "PointDataOffsets", &sub));
        for (int i = 0; i < COLUMNS; i++) {
            const char* name = particle_members[i].name;
            BRC_TRY(create(o, g, &particle_members[i], o->chunk, o->level, &o->point[i]));
            BRC_TRY(same(o, steps, "PointOffsets", sub, name)); // the same rows
        }
        for (o->fields = 0; o->fields < s->field_count; o->fields++) {
            const char* name = s->field_name[o->fields];
            const member field = {name, 0, 1, 'r', s->field_unit[o->fields], "added by the script with sim:field"};
            BRC_TRY(create(o, g, &field, o->chunk, o->level, &o->field[o->fields]));
            BRC_TRY(same(o, steps, "PointOffsets", sub, name));
        }
        H5Gclose(sub);
        H5Gclose(g);
        BRC_TRY(group(o, barchan, "series", &g));
        BRC_TRY(same(o, steps, "Values", g, "time"));
        for (int i = 0; i < SERIES; i++) BRC_TRY(create(o, g, &summary_members[i], STEP_ROWS, 0, &o->series[i]));
        H5Gclose(g);
        BRC_TRY(open_dem(o, s));
        BRC_TRY(constant(o, barchan, "domain_lo", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 3, s->lo, "m"));
        BRC_TRY(constant(o, barchan, "domain_hi", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 3, s->hi, "m"));
        BRC_TRY(constant(o, barchan, "periodic", H5T_STD_I32LE, H5T_NATIVE_INT32, 3, s->periodic, NULL));
    }
    H5Gclose(barchan);
    H5Gclose(steps);
#undef COUNTS
    o->laid_out = true;
    return BRC_OK;
}

// ---- a time step -----------------------------------------------------------------------------------------

// Makes what was written part of the file that readers see.
static brc_status commit(brc_output* o)
{
    int error = 0;
    H5_TRY(brc_output_file_commit(o->file, o->staged, &error));
    return error ? file_error(o, error) : BRC_OK;
}

// The rows that tell a reader where this step lies. All cells of a file have the same size (points, triangles), so
// Offsets is one run of numbers for all steps, and so is the Connectivity of points: CellOffsets stays 0.
static brc_status put_step(brc_output* o, const brc_snapshot* s, int64_t points, int64_t point_row, int64_t cells,
                           int64_t ids, int64_t id_row)
{
    const int64_t none = 0, one = 1, cell_offsets[TOPOLOGIES] = {0};
    int64_t id_offsets[TOPOLOGIES] = {0};
    int used = topology_of(o);
    id_offsets[used] = id_row;
    BRC_TRY(put(o, &o->number_of_points, o->at.steps, 1, &points));
    for (int i = 0; i < TOPOLOGIES; i++) {
        BRC_TRY(put(o, &o->cells[i], o->at.steps, 1, i == used ? &cells : &none));
        BRC_TRY(put(o, &o->ids[i], o->at.steps, 1, i == used ? &ids : &none));
    }
    BRC_TRY(put(o, &o->time, o->at.steps, 1, &s->time));
    BRC_TRY(put(o, &o->part_offset, o->at.steps, 1, &o->at.steps));
    BRC_TRY(put(o, &o->part_count, o->at.steps, 1, &one));
    BRC_TRY(put(o, &o->point_offset, o->at.steps, 1, &point_row));
    BRC_TRY(put(o, &o->cell_offset, o->at.steps, 1, cell_offsets));
    return put(o, &o->id_offset, o->at.steps, 1, id_offsets);
}

// Where the next step may begin when the last one ends at `row`.
static int64_t next_row(const brc_output* o, int64_t row)
{
    int64_t chunk = (int64_t)o->chunk;
    return o->level ? (row + chunk - 1) / chunk * chunk : row;
}

static brc_status write_particles(brc_output* o, const brc_snapshot* s)
{
    brc_summary summary;
    BRC_TRY(brc_summary_get(o->sim, &summary));
    if (!o->laid_out) BRC_TRY(lay_out(o, s, s->count, s->count, NULL));
    int64_t row = s->count ? o->at.next_point : 0; // a step without particles must not point behind the data
    BRC_TRY(put(o, &o->points, row, s->count, s->x));
    for (int i = 0; i < COLUMNS; i++) {
        const void* data;
        memcpy(&data, (const char*)s + particle_members[i].at, sizeof data);
        BRC_TRY(put(o, &o->point[i], row, s->count, data));
    }
    for (int i = 0; i < o->fields; i++) BRC_TRY(put(o, &o->field[i], row, s->count, s->field[i]));
    if (s->count > o->at.counted) {
        BRC_TRY(put_multiples(o, &o->connectivity[VERTICES], o->at.counted, s->count - o->at.counted, 1));
        BRC_TRY(put_multiples(o, &o->offsets[VERTICES], o->at.counted + 1, s->count - o->at.counted, 1));
        o->at.counted = s->count;
    }
    for (int i = 0; i < SERIES; i++)
        BRC_TRY(put(o, &o->series[i], o->at.steps, 1, (const char*)&summary + summary_members[i].at));
    BRC_TRY(put_step(o, s, s->count, row, s->count, s->count, 0));
    H5_TRY(H5Awrite(o->scene_time, H5T_NATIVE_DOUBLE, &s->time));
    if (s->count) o->at.next_point = next_row(o, row + s->count);
    return BRC_OK;
}

typedef struct surface {
    double* vertices;
    int64_t* triangles;
    int32_t* wall; // of each triangle
    int64_t vertex_count, triangle_count;
} surface;

static void surface_free(surface* f)
{
    brc_free(f->vertices);
    brc_free(f->triangles);
    brc_free(f->wall);
}

// All walls as one surface.
static brc_status surface_take(brc_sim* sim, int32_t walls, surface* f)
{
    for (int32_t w = 0; w < walls; w++) {
        int64_t vertices = 0, triangles = 0;
        BRC_TRY(brc_wall_triangles(sim, w, &vertices, NULL, &triangles, NULL));
        f->vertex_count += vertices;
        f->triangle_count += triangles;
    }
    int64_t t_max = f->triangle_count ? f->triangle_count : 1;
    f->vertices = BRC_NEW(3 * (f->vertex_count ? f->vertex_count : 1), double);
    f->triangles = BRC_NEW(3 * t_max, int64_t);
    f->wall = BRC_NEW(t_max, int32_t);
    int32_t* local = BRC_NEW(3 * t_max, int32_t);
    int64_t v = 0, t = 0;
    brc_status status = BRC_OK;
    if (!f->vertices || !f->triangles || !f->wall || !local) {
        brc_error_set(__FILE__, __LINE__, __func__, "no memory for %" PRId64 " triangles of walls", f->triangle_count);
        status = BRC_ERR_MEMORY;
    }
    for (int32_t w = 0; w < walls && status == BRC_OK; w++) {
        int64_t vertices = f->vertex_count - v, triangles = f->triangle_count - t;
        status = brc_wall_triangles(sim, w, &vertices, &f->vertices[3 * v], &triangles, local);
        if (status != BRC_OK) break;
        for (int64_t i = 0; i < 3 * triangles; i++) f->triangles[3 * t + i] = v + local[i];
        for (int64_t i = 0; i < triangles; i++) f->wall[t + i] = w;
        v += vertices;
        t += triangles;
    }
    brc_free(local);
    return status;
}

static brc_status put_walls(brc_output* o, const brc_snapshot* s, surface* f)
{
    size_t v_size = 3 * (size_t)f->vertex_count * sizeof(double),
           t_size = 3 * (size_t)f->triangle_count * sizeof(int64_t);
    bool first = !o->laid_out;
    if (first) BRC_TRY(lay_out(o, s, f->vertex_count, f->triangle_count, NULL));
    // What did not change since the last step is not written again.
    if (first || f->triangle_count != o->triangle_count || memcmp(f->triangles, o->triangles, t_size) ||
        memcmp(f->wall, o->triangle_wall, (size_t)f->triangle_count * sizeof(int32_t))) {
        int64_t row = o->at.next_triangle;
        BRC_TRY(put(o, &o->connectivity[POLYGONS], 3 * row, 3 * f->triangle_count, f->triangles));
        BRC_TRY(put(o, &o->cell_wall, row, f->triangle_count, f->wall));
        o->at.triangle_row = f->triangle_count ? row : 0;
        o->at.next_triangle = row + f->triangle_count;
    }
    if (first || f->vertex_count != o->vertex_count || memcmp(f->vertices, o->vertices, v_size)) {
        BRC_TRY(put(o, &o->points, o->at.next_point, f->vertex_count, f->vertices));
        o->at.vertex_row = f->vertex_count ? o->at.next_point : 0;
        o->at.next_point = next_row(o, o->at.next_point + f->vertex_count);
    }
    if (f->triangle_count > o->at.counted) {
        BRC_TRY(put_multiples(o, &o->offsets[POLYGONS], o->at.counted + 1, f->triangle_count - o->at.counted, 3));
        o->at.counted = f->triangle_count;
    }
    BRC_TRY(put_step(o, s, f->vertex_count, o->at.vertex_row, f->triangle_count, 3 * f->triangle_count,
                     3 * o->at.triangle_row));
    return put(o, &o->cell_data_offset, o->at.steps, 1, &o->at.triangle_row);
}

static brc_status write_walls(brc_output* o, const brc_snapshot* s)
{
    surface f = {0};
    brc_status status = surface_take(o->sim, s->wall_count, &f);
    if (status == BRC_OK) status = put_walls(o, s, &f);
    if (status != BRC_OK) {
        surface_free(&f);
        return status;
    }
    surface_free(&(surface){o->vertices, o->triangles, o->triangle_wall, 0, 0});
    o->vertices = f.vertices, o->triangles = f.triangles, o->triangle_wall = f.wall;
    o->vertex_count = f.vertex_count, o->triangle_count = f.triangle_count;

    int64_t count = 0;
    for (int32_t w = 0; w < s->wall_count; w++) {
        brc_wall_state state;
        if (brc_wall_state_get(o->sim, w, &state) != BRC_OK) continue; // a removed wall has no pose
        int64_t row = o->at.pose_row + count++;
        const void* of[POSES] = {&w,          state.position, state.rotation, state.velocity, state.angular_velocity,
                                 state.force, state.torque,   &state.work,    &state.contacts};
        for (int i = 0; i < POSES; i++) BRC_TRY(put(o, &o->pose[i], row, 1, of[i]));
    }
    BRC_TRY(put(o, &o->pose_first, o->at.steps, 1, &o->at.pose_row));
    BRC_TRY(put(o, &o->pose_count, o->at.steps, 1, &count));
    o->at.pose_row += count;
    return BRC_OK;
}

// Lines from centre to centre, or from the point on a wall; across a periodic face they end outside the domain.
static brc_status put_contacts(brc_output* o, const brc_snapshot* s, const brc_contact_list* list, double* room)
{
    const int64_t n = list->count;
    if (!o->laid_out) BRC_TRY(lay_out(o, s, 2 * n, n, list));
    BRC_CHECK(list->history_count == o->history_count, BRC_ERR_STATE,
              "the contact law has %d histories now and had %d when '%s' began: give each law a file of its own",
              list->history_count, o->history_count, o->path);
    int64_t row = n ? o->at.next_point : 0, cell_row = row / 2;
    for (int64_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) {
            const brc_contact* c = &list->contact[i];
            room[6 * i + k] = c->centre[k];
            room[6 * i + 3 + k] = c->centre[k] - c->branch[k];
        }
    BRC_TRY(put(o, &o->points, row, 2 * n, room));
    for (int m = 0; m < CONTACT_MEMBERS; m++) {
        const size_t size = contact_members[m].type == 'i' ? 4 : 8 * (size_t)contact_members[m].columns;
        for (int64_t i = 0; i < n; i++)
            memcpy((char*)room + (size_t)i * size, (const char*)&list->contact[i] + contact_members[m].at, size);
        BRC_TRY(put(o, &o->contact[m], cell_row, n, room));
    }
    for (int h = 0; h < o->history_count; h++) {
        for (int64_t i = 0; i < n; i++) room[i] = list->history[i * list->history_count + h];
        BRC_TRY(put(o, &o->history[h], cell_row, n, room));
    }
    if (n > o->at.counted) {
        BRC_TRY(put_multiples(o, &o->connectivity[LINES], 2 * o->at.counted, 2 * (n - o->at.counted), 1));
        BRC_TRY(put_multiples(o, &o->offsets[LINES], o->at.counted + 1, n - o->at.counted, 2));
        o->at.counted = n;
    }
    BRC_TRY(put_step(o, s, 2 * n, row, n, 2 * n, 0));
    BRC_TRY(put(o, &o->cell_data_offset, o->at.steps, 1, &cell_row));
    if (n) o->at.next_point = next_row(o, row + 2 * n);
    return BRC_OK;
}

static brc_status write_contacts(brc_output* o, const brc_snapshot* s)
{
    brc_contact_list list;
    BRC_TRY(brc_contacts_take(o->sim, &list));
    double* room = BRC_NEW(6 * list.count + 1, double);
    brc_status status = BRC_ERR_MEMORY;
    if (room) status = put_contacts(o, s, &list, room);
    else brc_error_set(__FILE__, __LINE__, __func__, "no memory to write %" PRId64 " contacts", list.count);
    brc_free(room);
    brc_contacts_free(&list);
    return status;
}

static brc_status write_step(brc_output* o)
{
    brc_snapshot s = {0};
    BRC_TRY(brc_snapshot_take(o->sim, &s));
    if (o->at.steps && s.step == o->at.last_step) { // the end of a run may fall on a regular step
        brc_snapshot_free(&s);
        return BRC_OK;
    }
    brc_status status = o->content == BRC_CONTENT_WALLS      ? write_walls(o, &s)
                        : o->content == BRC_CONTENT_CONTACTS ? write_contacts(o, &s)
                                                             : write_particles(o, &s);
    o->at.last_step = s.step;
    brc_snapshot_free(&s);
    BRC_TRY(status);
    BRC_TRY(commit(o)); // the step is in the file, but not counted yet
    int64_t steps = o->at.steps + 1;
    H5_TRY(H5Awrite(o->step_count, H5T_NATIVE_INT64, &steps));
    BRC_TRY(commit(o));
    o->at.steps = steps;
    int error = brc_staged_publish(o->staged);
    return error ? file_error(o, error) : BRC_OK;
}

brc_status brc_output_write(brc_output* o)
{
    BRC_CHECK(o, BRC_ERR_ARGUMENT, "no output");
    BRC_CHECK(!o->failed, BRC_ERR_FILE, "'%s' is not written any more since an earlier write failed", o->path);
    brc_status status = write_step(o);
    o->failed = status != BRC_OK; // a half-written step must not be counted by a later one
    return status;
}

// ---- opening and closing ---------------------------------------------------------------------------------
static void forget(brc_output* o)
{
    surface_free(&(surface){o->vertices, o->triangles, o->triangle_wall, 0, 0});
    free(o->path);
    brc_free(o);
}

// Opens the parts of a file that is there, and takes back its steps behind the place where it is to go on.
static brc_status open_again(brc_output* o, const brc_snapshot* s, const brc_contact_list* contacts)
{
    int64_t steps = 0;
    hsize_t part[2] = {0, 0};
    o->again = true;
    BRC_TRY(header(o, NULL));
    BRC_TRY(lay_out(o, s, 0, 0, contacts));
    o->again = false;
    H5_TRY(H5Aread(o->step_count, H5T_NATIVE_INT64, &steps));
    BRC_CHECK(steps >= o->at.steps, BRC_ERR_FILE,
              "'%s' has %" PRId64 " steps; when the checkpoint was written it had %" PRId64, o->path, steps,
              o->at.steps);
    hid_t how = H5Dget_create_plist(o->points.id);
    int rank = H5Pget_chunk(how, 2, part);
    H5Pclose(how);
    H5_TRY(rank);
    o->chunk = part[0];
    H5_TRY(H5Awrite(o->step_count, H5T_NATIVE_INT64, &o->at.steps));
    return commit(o);
}

static brc_status reopen_file(brc_output* o)
{
    brc_snapshot s = {0};
    brc_contact_list list = {0};
    int error = brc_staged_reopen(o->path, &o->staged);
    BRC_CHECK(!error, BRC_ERR_FILE, "cannot go on with '%s': %s", o->path, strerror(error));
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    o->file = brc_output_file_open(o->path, o->staged);
    BRC_CHECK(o->file >= 0, BRC_ERR_FILE, "cannot go on with '%s': it is no HDF5 file, or it is damaged", o->path);
    brc_status status = brc_snapshot_take(o->sim, &s);
    if (status == BRC_OK && o->content == BRC_CONTENT_CONTACTS) status = brc_contacts_take(o->sim, &list);
    if (status == BRC_OK) {
        status = open_again(o, &s, &list);
        if (o->content == BRC_CONTENT_CONTACTS) brc_contacts_free(&list);
    }
    brc_snapshot_free(&s);
    return status;
}

static brc_status open_file(brc_output* o, const char* provenance)
{
    int error = brc_staged_create(o->path, &o->staged);
    BRC_CHECK(error != EBUSY, BRC_ERR_ARGUMENT, "'%s' is being written by another output already", o->path);
    BRC_CHECK(!error, BRC_ERR_FILE, "cannot write '%s': %s", o->path,
              error == EINVAL ? "not a regular file" : strerror(error));
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); // errors go to the script, not to the terminal
    o->file = brc_output_file_create(o->path, o->staged);
    H5_TRY(o->file);
    return header(o, provenance);
}

static brc_status open_output(brc_sim* sim, const brc_output_def* def, const brc_output_place* place, brc_output** out)
{
    BRC_CHECK(sim && def && out, BRC_ERR_ARGUMENT, "no simulation, definition or result");
    *out = NULL;
    BRC_CHECK(def->path && *def->path, BRC_ERR_ARGUMENT, "the output needs a file name");
    BRC_CHECK(def->compress >= 0 && def->compress <= 9, BRC_ERR_ARGUMENT, "compress must be 0 to 9, got %d",
              def->compress);
    BRC_CHECK(!def->compress || H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0, BRC_ERR_DEVICE,
              "this HDF5 library cannot compress; use compress = 0");
    brc_output* o = BRC_NEW(1, brc_output);
    char* path = o ? strdup(def->path) : NULL;
    if (!path) {
        brc_free(o);
        BRC_CHECK(0, BRC_ERR_MEMORY, "no memory for an output");
    }
    o->sim = sim;
    o->path = path;
    o->content = def->content;
    o->single = def->single != 0;
    o->level = def->compress;
    o->file = H5I_INVALID_HID;
    if (place) o->at = *place;
    brc_status status = place && place->steps > 0 ? reopen_file(o) : open_file(o, def->provenance);
    if (status != BRC_OK) {
        if (o->file >= 0) H5Fclose(o->file);
        brc_staged_close(o->staged);
        forget(o);
        return status;
    }
    *out = o;
    return BRC_OK;
}

brc_status brc_output_open(brc_sim* sim, const brc_output_def* def, brc_output** out)
{
    return open_output(sim, def, NULL, out);
}

brc_status brc_output_reopen(brc_sim* sim, const brc_output_def* def, const brc_output_place* place, brc_output** out)
{
    return open_output(sim, def, place, out);
}

void brc_output_place_get(const brc_output* o, brc_output_place* out) { *out = o->at; }

brc_status brc_output_sync(brc_output* o)
{
    int error = o->failed ? 0 : brc_staged_sync(o->staged);
    return error ? file_error(o, error) : BRC_OK;
}

brc_status brc_output_close(brc_output* o)
{
    if (!o) return BRC_OK;
    brc_status status = BRC_OK;
    herr_t closed = H5Fclose(o->file); // writes nothing that a reader needs: the last commit is whole
    int error = brc_staged_close(o->staged);
    o->staged = NULL;
    if (!o->failed && (closed < 0 || error)) {
        brc_error_set(__FILE__, __LINE__, __func__, "cannot finish '%s': %s", o->path,
                      error ? strerror(error) : "HDF5 could not close it");
        status = BRC_ERR_FILE;
    }
    forget(o);
    return status;
}

#else

#define ABSENT(...)                                                                                                    \
    (void)sizeof((int[]){__VA_ARGS__});                                                                                \
    BRC_CHECK(0, BRC_ERR_DEVICE, "this Barchan was built without HDF5, which trajectory files need")
brc_status brc_output_open(brc_sim* sim, const brc_output_def* def, brc_output** out)
{
    ABSENT(sim != NULL, def != NULL, out != NULL);
}
brc_status brc_output_reopen(brc_sim* sim, const brc_output_def* def, const brc_output_place* place, brc_output** out)
{
    ABSENT(sim != NULL, def != NULL, place != NULL, out != NULL);
}
void brc_output_place_get(const brc_output* o, brc_output_place* out)
{
    (void)o;
    *out = (brc_output_place){.steps = 0};
}
brc_status brc_output_sync(brc_output* output) { ABSENT(output != NULL); }
brc_status brc_output_write(brc_output* output) { ABSENT(output != NULL); }
brc_status brc_output_close(brc_output* output) { ABSENT(output != NULL); }

#endif
