// output.c -- trajectory files: one HDF5 file with /VTKHDF (temporal PolyData: ParaView opens it), /ONDEM (the open DEM
// format's scene and materials) and /barchan (provenance, and one row per time step of what the run was like).
//
// The rows of a time step are appended, then HDF5's directory of the file is brought up to date, and only then NSteps
// is raised; staged.h orders the writes below HDF5. So a reader finds whole steps only, whether the job runs, was
// killed or ran out of disk. The file gets its name when it holds a step; until then an older one of that name stays.
#include "checkpoint.h"
#include "apart.h"
#include "contacts.h"
#include "output_table.h"
#include "snapshot.h"

#if BRC_HAVE_HDF5
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
#define COLUMN(name, ...) COLUMN_##name,
#include "columns.def"
    COLUMNS
};
static const brc_member particle_members[COLUMNS] = {
#define COLUMN(name, field, columns, type, unit, text)                                                                 \
    {#name, offsetof(brc_snapshot, field), columns, type, unit, text},
#include "columns.def"
};
#define AT(field) #field, offsetof(brc_summary, field)
static const brc_member summary_members[] = {
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
static const brc_member contact_members[] = {
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
    brc_tables file;
    int content; // BRC_CONTENT_*
    bool failed, laid_out;
    bool elsewhere; // rank 0 has the file; this one hands over what it knows
    int level;
    hid_t vtkhdf, step_count, scene_time; // step_count, scene_time: attributes
    brc_output_place at;
    int fields;    // numbers that the script had added to every particle when the file was laid out
    hsize_t chunk; // rows of a chunk of particle data
    brc_table points, point[COLUMNS], field[8], series[SERIES], cell_wall;
    brc_table number_of_points, cells[TOPOLOGIES], ids[TOPOLOGIES], offsets[TOPOLOGIES], connectivity[TOPOLOGIES];
    brc_table time, part_offset, part_count, point_offset, cell_offset, id_offset, cell_data_offset;
    // walls: what the last step wrote, and where
    double* vertices;
    int64_t *triangles, vertex_count, triangle_count;
    int32_t* triangle_wall;
    brc_table pose[POSES], pose_first, pose_count;
    // contacts
    brc_table contact[CONTACT_MEMBERS], history[HISTORIES];
    int32_t history_count;
};

// ---- what a new file holds -------------------------------------------------------------------------------
static brc_status header(brc_output* o, const char* provenance)
{
    const brc_tables* f = &o->file;
    static const int64_t version[2] = {2, 0};
    const int64_t none = 0;
    char source[64];
    hid_t g;
    snprintf(source, sizeof source, "Barchan %s", brc_version());
    BRC_TRY(brc_tables_text(f, o->file.id, "source_code", source));
    BRC_TRY(brc_tables_group(f, o->file.id, "VTKHDF", &o->vtkhdf));
    BRC_TRY(brc_tables_attribute(f, o->vtkhdf, "Version", H5T_STD_I64LE, H5T_NATIVE_INT64, 2, version, NULL));
    BRC_TRY(brc_tables_text(f, o->vtkhdf, "Type", "PolyData"));
    BRC_TRY(brc_tables_group(f, o->vtkhdf, "Steps", &g));
    BRC_TRY(brc_tables_attribute(f, g, "NSteps", H5T_STD_I64LE, H5T_NATIVE_INT64, 0, &none, &o->step_count));
    BRC_TRY(brc_tables_group(f, o->file.id, "barchan", &g));
    if (provenance && *provenance) BRC_TRY(brc_tables_text_constant(f, g, "provenance", provenance));
    return BRC_OK;
}

static brc_status open_dem(brc_output* o, const brc_snapshot* s)
{
    const brc_tables* f = &o->file;
    static const char units[3][8] = {"second", "meter", "kilogram"};
    hid_t root, scene, materials, g;
    BRC_TRY(brc_tables_text(f, o->file.id, "file_format", "ON-DEM VTKHDF"));
    BRC_TRY(brc_tables_text(f, o->file.id, "file_format_version", "0.2-draft"));
    BRC_TRY(brc_tables_group(f, o->file.id, "ONDEM", &root));
    BRC_TRY(brc_tables_group(f, root, "Scene", &scene));
    hid_t word = H5Tcopy(H5T_C_S1);
    H5Tset_size(word, sizeof units[0]);
    H5Tset_strpad(word, H5T_STR_NULLPAD);
    brc_status status = brc_tables_constant(f, scene, "units", word, word, 3, units, NULL);
    H5Tclose(word);
    BRC_TRY(status);
    BRC_TRY(brc_tables_constant(f, scene, "gravity", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 3, s->gravity, "m/s^2"));
    BRC_TRY(brc_tables_attribute(f, scene, "timestep", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 0, &s->dt, NULL));
    BRC_TRY(brc_tables_attribute(f, scene, "time", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 0, &s->time, &o->scene_time));
    BRC_TRY(brc_tables_group(f, root, "Materials", &materials));
    for (int32_t i = 0; i < s->material_count; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        BRC_TRY(brc_tables_group(f, materials, name, &g));
        BRC_TRY(brc_tables_constant(f, g, "id", H5T_STD_I32LE, H5T_NATIVE_INT32, 0, &i, NULL));
        BRC_TRY(brc_tables_constant(f, g, "density", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 0, &s->density[i], "kg/m^3"));
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
    const brc_tables* f = &o->file;
    hid_t cells, offsets;
    BRC_CHECK(list->history_count <= HISTORIES, BRC_ERR_ARGUMENT, "a contact law with more than %d histories",
              (int)HISTORIES);
    BRC_TRY(brc_tables_group(f, o->vtkhdf, "CellData", &cells));
    BRC_TRY(brc_tables_group(f, steps, "CellDataOffsets", &offsets));
    BRC_TRY(brc_table_create(f, offsets, &(brc_member){contact_members[0].name, 0, 1, 'l', "", ""}, 256, 0,
                             &o->cell_data_offset));
    o->history_count = list->history_count;
    for (int i = 0; i < CONTACT_MEMBERS + o->history_count; i++) {
        bool own = i < CONTACT_MEMBERS;
        brc_member history = {
            own ? "" : list->history_name[i - CONTACT_MEMBERS], 0, 1, 'r', "", "history of the contact law"};
        const brc_member* m = own ? &contact_members[i] : &history;
        BRC_TRY(brc_table_create(f, cells, m, o->chunk / 2, o->level,
                                 own ? &o->contact[i] : &o->history[i - CONTACT_MEMBERS]));
        if (i) BRC_TRY(brc_tables_link(f, offsets, contact_members[0].name, offsets, m->name));
    }
    H5Gclose(offsets);
    H5Gclose(cells);
    return BRC_OK;
}

// The datasets, at the first write: only then it is known how much a step holds, which the chunks should fit.
static brc_status lay_out(brc_output* o, const brc_snapshot* s, int64_t points, int64_t cells,
                          const brc_contact_list* contacts)
{
    const brc_tables* f = &o->file;
    enum { STEP_ROWS = 256, CHUNK_MAX = BRC_TABLE_CHUNK_MOST, CHUNK_MIN = 512, CHUNK_UNKNOWN = 4096 };
    static const char* const topology[TOPOLOGIES] = {"Vertices", "Lines", "Polygons", "Strips"};
    static const brc_member position = {"Points", 0, 3, 'r', "m", "positions"};
    static const brc_member wall = {"wall", 0, 1, 'i', "1", "number of the wall, from 0 in the order of the script"};
    static const brc_member times = {"Values", 0, 1, 'd', "s", "time"};
#define COUNTS(name) (&(brc_member){name, 0, 1, 'l', "", ""})
    hid_t g, sub, barchan;
    if (o->elsewhere) {
        o->fields = s->field_count, o->history_count = contacts ? contacts->history_count : 0;
        o->laid_out = true;
        return BRC_OK;
    }
    // A step is one chunk, or equal parts of at most CHUNK_MAX rows.
    int64_t parts = (points + CHUNK_MAX - 1) / CHUNK_MAX;
    o->chunk = (hsize_t)(parts ? (points + parts - 1) / parts : CHUNK_UNKNOWN);
    if (o->chunk < CHUNK_MIN) o->chunk = CHUNK_MIN;
    o->chunk += o->chunk % 2; // a contact has two points

    BRC_TRY(brc_table_create(f, o->vtkhdf, &position, o->chunk, o->level, &o->points));
    BRC_TRY(brc_table_create(f, o->vtkhdf, COUNTS("NumberOfPoints"), STEP_ROWS, 0, &o->number_of_points));
    for (int i = 0; i < TOPOLOGIES; i++) {
        bool used = i == topology_of(o);
        hsize_t rows = used ? (cells > CHUNK_MAX ? CHUNK_MAX : cells < CHUNK_MIN ? CHUNK_MIN : (hsize_t)cells) : 16;
        BRC_TRY(brc_tables_group(f, o->vtkhdf, topology[i], &g));
        BRC_TRY(brc_table_create(f, g, COUNTS("NumberOfCells"), STEP_ROWS, 0, &o->cells[i]));
        BRC_TRY(brc_table_create(f, g, COUNTS("NumberOfConnectivityIds"), STEP_ROWS, 0, &o->ids[i]));
        BRC_TRY(brc_table_create(f, g, COUNTS("Offsets"), rows, 0, &o->offsets[i]));
        BRC_TRY(brc_table_create(f, g, COUNTS("Connectivity"), rows, 0, &o->connectivity[i]));
        BRC_TRY(brc_table_put_multiples(&o->offsets[i], 0, 1, 1)); // also a topology without cells has one offset
        H5Gclose(g);
    }

    hid_t steps = H5Gopen2(o->vtkhdf, "Steps", H5P_DEFAULT);
    BRC_H5_TRY(f, steps);
    BRC_TRY(brc_table_create(f, steps, &times, STEP_ROWS, 0, &o->time));
    BRC_TRY(brc_table_create(f, steps, COUNTS("PartOffsets"), STEP_ROWS, 0, &o->part_offset));
    BRC_TRY(brc_table_create(f, steps, COUNTS("NumberOfParts"), STEP_ROWS, 0, &o->part_count));
    BRC_TRY(brc_table_create(f, steps, COUNTS("PointOffsets"), STEP_ROWS, 0, &o->point_offset));
    BRC_TRY(brc_table_create(f, steps, &(brc_member){"CellOffsets", 0, TOPOLOGIES, 'l', "", ""}, STEP_ROWS, 0,
                             &o->cell_offset));
    BRC_TRY(brc_table_create(f, steps, &(brc_member){"ConnectivityIdOffsets", 0, TOPOLOGIES, 'l', "", ""}, STEP_ROWS, 0,
                             &o->id_offset));

    barchan = H5Gopen2(o->file.id, "barchan", H5P_DEFAULT);
    BRC_H5_TRY(f, barchan);
    if (o->content == BRC_CONTENT_CONTACTS) BRC_TRY(lay_out_contacts(o, steps, contacts));
    else if (o->content == BRC_CONTENT_WALLS) {
        static const brc_member poses[POSES] = {
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
        BRC_TRY(brc_tables_group(f, o->vtkhdf, "CellData", &g));
        BRC_TRY(brc_table_create(f, g, &wall, CHUNK_UNKNOWN, 0, &o->cell_wall));
        H5Gclose(g);
        BRC_TRY(brc_tables_group(f, steps, "CellDataOffsets", &g));
        BRC_TRY(brc_table_create(f, g, COUNTS("wall"), STEP_ROWS, 0, &o->cell_data_offset));
        H5Gclose(g);
        BRC_TRY(brc_tables_group(f, barchan, "walls", &g)); // one row for each wall and step
        BRC_TRY(brc_table_create(f, g, &(brc_member){"first", 0, 1, 'l', "", "row where a step begins"}, STEP_ROWS, 0,
                                 &o->pose_first));
        BRC_TRY(brc_table_create(f, g, &(brc_member){"count", 0, 1, 'l', "", "rows of a step"}, STEP_ROWS, 0,
                                 &o->pose_count));
        for (int i = 0; i < POSES; i++) BRC_TRY(brc_table_create(f, g, &poses[i], STEP_ROWS, 0, &o->pose[i]));
        H5Gclose(g);
    } else {
        BRC_TRY(brc_tables_group(f, o->vtkhdf, "PointData", &g));
        BRC_TRY(brc_tables_group(f, steps, "PointDataOffsets", &sub));
        for (int i = 0; i < COLUMNS; i++) {
            const char* name = particle_members[i].name;
            BRC_TRY(brc_table_create(f, g, &particle_members[i], o->chunk, o->level, &o->point[i]));
            BRC_TRY(brc_tables_link(f, steps, "PointOffsets", sub, name)); // the same rows
        }
        for (o->fields = 0; o->fields < s->field_count; o->fields++) {
            const char* name = s->field_name[o->fields];
            const brc_member field = {name, 0, 1, 'r', s->field_unit[o->fields], "added by the script with sim:field"};
            BRC_TRY(brc_table_create(f, g, &field, o->chunk, o->level, &o->field[o->fields]));
            BRC_TRY(brc_tables_link(f, steps, "PointOffsets", sub, name));
        }
        H5Gclose(sub);
        H5Gclose(g);
        BRC_TRY(brc_tables_group(f, barchan, "series", &g));
        BRC_TRY(brc_tables_link(f, steps, "Values", g, "time"));
        for (int i = 0; i < SERIES; i++)
            BRC_TRY(brc_table_create(f, g, &summary_members[i], STEP_ROWS, 0, &o->series[i]));
        H5Gclose(g);
        BRC_TRY(open_dem(o, s));
        BRC_TRY(brc_tables_constant(f, barchan, "domain_lo", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 3, s->lo, "m"));
        BRC_TRY(brc_tables_constant(f, barchan, "domain_hi", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 3, s->hi, "m"));
        BRC_TRY(brc_tables_constant(f, barchan, "periodic", H5T_STD_I32LE, H5T_NATIVE_INT32, 3, s->periodic, NULL));
    }
    H5Gclose(barchan);
    H5Gclose(steps);
#undef COUNTS
    o->laid_out = true;
    return BRC_OK;
}

// ---- a time step -----------------------------------------------------------------------------------------

// The rows that tell a reader where this step lies. All cells of a file have the same size (points, triangles), so
// Offsets is one run of numbers for all steps, and so is the Connectivity of points: CellOffsets stays 0.
static brc_status put_step(brc_output* o, const brc_snapshot* s, int64_t points, int64_t point_row, int64_t cells,
                           int64_t ids, int64_t id_row)
{
    const int64_t none = 0, one = 1, cell_offsets[TOPOLOGIES] = {0};
    int64_t id_offsets[TOPOLOGIES] = {0};
    int used = topology_of(o);
    id_offsets[used] = id_row;
    BRC_TRY(brc_table_put(&o->number_of_points, o->at.steps, 1, &points));
    for (int i = 0; i < TOPOLOGIES; i++) {
        BRC_TRY(brc_table_put(&o->cells[i], o->at.steps, 1, i == used ? &cells : &none));
        BRC_TRY(brc_table_put(&o->ids[i], o->at.steps, 1, i == used ? &ids : &none));
    }
    BRC_TRY(brc_table_put(&o->time, o->at.steps, 1, &s->time));
    BRC_TRY(brc_table_put(&o->part_offset, o->at.steps, 1, &o->at.steps));
    BRC_TRY(brc_table_put(&o->part_count, o->at.steps, 1, &one));
    BRC_TRY(brc_table_put(&o->point_offset, o->at.steps, 1, &point_row));
    BRC_TRY(brc_table_put(&o->cell_offset, o->at.steps, 1, cell_offsets));
    return brc_table_put(&o->id_offset, o->at.steps, 1, id_offsets);
}

// Where the next step may begin when the last one ends at `row`.
static int64_t next_row(const brc_output* o, int64_t row)
{
    int64_t chunk = (int64_t)o->chunk;
    return o->level ? (row + chunk - 1) / chunk * chunk : row;
}

// A column whose rows come from all ranks, on its way into a table of rank 0. What fails there is kept; the ranks go on
// to hand over and to receive.
typedef struct putting {
    brc_table* table;
    int64_t row;
    int each; // rows of the table for one that is handed over
    brc_status* status;
} putting;
static brc_status put_piece(void* context, int64_t first, int64_t count, const void* rows)
{
    const putting* p = context;
    if (*p->status == BRC_OK) *p->status = brc_table_put(p->table, p->row + p->each * first, p->each * count, rows);
    return BRC_OK;
}

static size_t width_of(const brc_member* m) { return m->type == 'i' ? 4 : 8 * (size_t)m->columns; }

static brc_status put_particle_rows(brc_output* o, const brc_snapshot* s, int64_t row, const brc_summary* summary)
{
    if (s->count > o->at.counted) {
        BRC_TRY(brc_table_put_multiples(&o->connectivity[VERTICES], o->at.counted, s->count - o->at.counted, 1));
        BRC_TRY(brc_table_put_multiples(&o->offsets[VERTICES], o->at.counted + 1, s->count - o->at.counted, 1));
        o->at.counted = s->count;
    }
    for (int i = 0; i < SERIES; i++)
        BRC_TRY(brc_table_put(&o->series[i], o->at.steps, 1, (const char*)summary + summary_members[i].at));
    BRC_TRY(put_step(o, s, s->count, row, s->count, s->count, 0));
    BRC_H5_TRY(&o->file, H5Awrite(o->scene_time, H5T_NATIVE_DOUBLE, &s->time));
    if (s->count) o->at.next_point = next_row(o, row + s->count);
    return BRC_OK;
}

static brc_status write_particles(brc_output* o, const brc_snapshot* s)
{
    brc_summary summary;
    brc_status status = BRC_OK;
    BRC_TRY(brc_summary_get(o->sim, &summary));
    if (!o->laid_out) status = lay_out(o, s, s->count, s->count, NULL);
    int64_t row = s->count ? o->at.next_point : 0; // a step without particles must not point behind the data
    putting p = {&o->points, row, 1, &status};
    BRC_TRY(brc_rows_hand(s->comm, s->x, s->here, 3 * sizeof(double), put_piece, &p));
    for (int i = 0; i < COLUMNS; i++) {
        const void* data;
        memcpy(&data, (const char*)s + particle_members[i].at, sizeof data);
        p.table = &o->point[i];
        BRC_TRY(brc_rows_hand(s->comm, data, s->here, width_of(&particle_members[i]), put_piece, &p));
    }
    for (int i = 0; i < o->fields; i++) {
        p.table = &o->field[i];
        BRC_TRY(brc_rows_hand(s->comm, s->field[i], s->here, sizeof(double), put_piece, &p));
    }
    if (status == BRC_OK && !o->elsewhere) status = put_particle_rows(o, s, row, &summary);
    return status;
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
        BRC_TRY(brc_table_put(&o->connectivity[POLYGONS], 3 * row, 3 * f->triangle_count, f->triangles));
        BRC_TRY(brc_table_put(&o->cell_wall, row, f->triangle_count, f->wall));
        o->at.triangle_row = f->triangle_count ? row : 0;
        o->at.next_triangle = row + f->triangle_count;
    }
    if (first || f->vertex_count != o->vertex_count || memcmp(f->vertices, o->vertices, v_size)) {
        BRC_TRY(brc_table_put(&o->points, o->at.next_point, f->vertex_count, f->vertices));
        o->at.vertex_row = f->vertex_count ? o->at.next_point : 0;
        o->at.next_point = next_row(o, o->at.next_point + f->vertex_count);
    }
    if (f->triangle_count > o->at.counted) {
        BRC_TRY(
            brc_table_put_multiples(&o->offsets[POLYGONS], o->at.counted + 1, f->triangle_count - o->at.counted, 3));
        o->at.counted = f->triangle_count;
    }
    BRC_TRY(put_step(o, s, f->vertex_count, o->at.vertex_row, f->triangle_count, 3 * f->triangle_count,
                     3 * o->at.triangle_row));
    return brc_table_put(&o->cell_data_offset, o->at.steps, 1, &o->at.triangle_row);
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
        for (int i = 0; i < POSES; i++) BRC_TRY(brc_table_put(&o->pose[i], row, 1, of[i]));
    }
    BRC_TRY(brc_table_put(&o->pose_first, o->at.steps, 1, &o->at.pose_row));
    BRC_TRY(brc_table_put(&o->pose_count, o->at.steps, 1, &count));
    o->at.pose_row += count;
    return BRC_OK;
}

enum { KINDS = 3 }; // pairs, walls, bonds: of each the ranks have one stretch of ids after another

// Rows of all contacts of this rank into a table that has `each` of them for a contact.
static brc_status put_kinds(brc_output* o, const brc_contact_list* list, brc_table* table, int64_t row, size_t width,
                            int each, const void* rows, brc_status* status)
{
    const int64_t of[KINDS] = {list->pair_count, list->count - list->pair_count - list->bond_count, list->bond_count};
    int64_t all[KINDS] = {of[0], of[1], of[2]};
    brc_comm* comm = brc_sim_comm(o->sim);
    const char* from = rows;
    BRC_TRY(brc_comm_sum(comm, all, KINDS));
    for (int kind = 0; kind < KINDS; kind++) {
        putting p = {table, row, each, status};
        BRC_TRY(brc_rows_hand(comm, from, of[kind], width, put_piece, &p));
        from += (size_t)of[kind] * width;
        row += each * all[kind];
    }
    return BRC_OK;
}

static brc_status put_lines(brc_output* o, const brc_snapshot* s, int64_t n, int64_t row)
{
    const int64_t cell_row = row / 2;
    if (n > o->at.counted) {
        BRC_TRY(brc_table_put_multiples(&o->connectivity[LINES], 2 * o->at.counted, 2 * (n - o->at.counted), 1));
        BRC_TRY(brc_table_put_multiples(&o->offsets[LINES], o->at.counted + 1, n - o->at.counted, 2));
        o->at.counted = n;
    }
    BRC_TRY(put_step(o, s, 2 * n, row, n, 2 * n, 0));
    BRC_TRY(brc_table_put(&o->cell_data_offset, o->at.steps, 1, &cell_row));
    if (n) o->at.next_point = next_row(o, row + 2 * n);
    return BRC_OK;
}

// Lines from centre to centre, or from the point on a wall; across a periodic face they end outside the domain.
static brc_status put_contacts(brc_output* o, const brc_snapshot* s, const brc_contact_list* list, double* room)
{
    int64_t n = list->count;
    brc_status status = BRC_OK;
    BRC_TRY(brc_comm_sum(s->comm, &n, 1));
    if (!o->laid_out) status = lay_out(o, s, 2 * n, n, list);
    if (status == BRC_OK && list->history_count != o->history_count) {
        brc_error_set(
            __FILE__, __LINE__, __func__,
            "the contact law has %d histories now and had %d when '%s' began: give each law a file of its own",
            list->history_count, o->history_count, o->file.path);
        status = BRC_ERR_STATE;
    }
    BRC_TRY(brc_comm_agree(s->comm, status));
    int64_t row = n ? o->at.next_point : 0, cell_row = row / 2;
    for (int64_t i = 0; i < list->count; i++)
        for (int k = 0; k < 3; k++) {
            const brc_contact* c = &list->contact[i];
            room[6 * i + k] = c->centre[k];
            room[6 * i + 3 + k] = c->centre[k] - c->branch[k];
        }
    BRC_TRY(put_kinds(o, list, &o->points, row, 6 * sizeof(double), 2, room, &status));
    for (int m = 0; m < CONTACT_MEMBERS; m++) {
        const size_t size = width_of(&contact_members[m]);
        for (int64_t i = 0; i < list->count; i++)
            memcpy((char*)room + (size_t)i * size, (const char*)&list->contact[i] + contact_members[m].at, size);
        BRC_TRY(put_kinds(o, list, &o->contact[m], cell_row, size, 1, room, &status));
    }
    for (int h = 0; h < o->history_count; h++) {
        for (int64_t i = 0; i < list->count; i++) room[i] = list->history[i * list->history_count + h];
        BRC_TRY(put_kinds(o, list, &o->history[h], cell_row, sizeof(double), 1, room, &status));
    }
    if (status == BRC_OK && !o->elsewhere) status = put_lines(o, s, n, row);
    return status;
}

static brc_status write_contacts(brc_output* o, const brc_snapshot* s)
{
    brc_contact_list list;
    BRC_TRY(brc_contacts_take(o->sim, &list));
    brc_status status = brc_contacts_order(s->comm, &list);
    double* room = BRC_NEW(6 * list.count + 1, double);
    if (status == BRC_OK && !room) {
        brc_error_set(__FILE__, __LINE__, __func__, "no memory to write %" PRId64 " contacts", list.count);
        status = BRC_ERR_MEMORY;
    }
    status = brc_comm_agree(s->comm, status);
    if (status == BRC_OK) status = put_contacts(o, s, &list, room);
    brc_free(room);
    brc_contacts_free(&list);
    return status;
}

static brc_status commit_step(brc_output* o, int64_t steps)
{
    BRC_TRY(brc_tables_commit(&o->file)); // the step is in the file, but not counted yet
    BRC_H5_TRY(&o->file, H5Awrite(o->step_count, H5T_NATIVE_INT64, &steps));
    return brc_tables_commit(&o->file);
}

static brc_status write_step(brc_output* o)
{
    brc_snapshot s = {0};
    BRC_TRY(brc_snapshot_take(o->sim, &s));
    if (o->at.steps && s.step == o->at.last_step) { // the end of a run may fall on a regular step
        brc_snapshot_free(&s);
        return BRC_OK;
    }
    brc_status status = BRC_OK;
    if (o->content != BRC_CONTENT_WALLS)
        status = o->content == BRC_CONTENT_CONTACTS ? write_contacts(o, &s) : write_particles(o, &s);
    else if (!o->elsewhere) status = write_walls(o, &s); // of which all ranks know the same
    const int64_t steps = o->at.steps + 1;
    brc_comm* comm = s.comm;
    o->at.last_step = s.step;
    brc_snapshot_free(&s);
    if (status == BRC_OK && !o->elsewhere) status = commit_step(o, steps);
    o->at.steps += status == BRC_OK;
    if (status == BRC_OK && !o->elsewhere) {
        const int error = brc_staged_publish(o->file.staged);
        if (error) status = brc_tables_error(&o->file, error);
    }
    BRC_TRY(brc_comm_agree(comm, status));
    return brc_comm_broadcast(comm, &o->at, sizeof o->at, 0);
}

brc_status brc_output_write(brc_output* o)
{
    BRC_CHECK(o, BRC_ERR_ARGUMENT, "no output");
    BRC_CHECK(!o->failed, BRC_ERR_FILE, "'%s' is not written any more since an earlier write failed", o->file.path);
    brc_hdf5_lock();
    brc_status status = write_step(o);
    brc_hdf5_unlock();
    o->failed = status != BRC_OK; // a half-written step must not be counted by a later one
    return status;
}

// ---- opening and closing ---------------------------------------------------------------------------------
static void forget(brc_output* o)
{
    surface_free(&(surface){o->vertices, o->triangles, o->triangle_wall, 0, 0});
    free(o->file.path);
    brc_free(o);
}

// Opens the parts of a file that is there, and takes back its steps behind the place where it is to go on.
static brc_status open_again(brc_output* o, const brc_snapshot* s, const brc_contact_list* contacts)
{
    int64_t steps = 0;
    hsize_t part[2] = {0, 0};
    o->file.again = true;
    BRC_TRY(header(o, NULL));
    BRC_TRY(lay_out(o, s, 0, 0, contacts));
    o->file.again = false;
    BRC_H5_TRY(&o->file, H5Aread(o->step_count, H5T_NATIVE_INT64, &steps));
    BRC_CHECK(steps >= o->at.steps, BRC_ERR_FILE,
              "'%s' has %" PRId64 " steps; when the checkpoint was written it had %" PRId64, o->file.path, steps,
              o->at.steps);
    BRC_CHECK((int64_t)o->time.rows >= o->at.steps, BRC_ERR_FILE,
              "'%s' has the times of %" PRId64 " steps; when the checkpoint was written it had %" PRId64, o->file.path,
              (int64_t)o->time.rows, o->at.steps);
    hid_t how = H5Dget_create_plist(o->points.id);
    int rank = H5Pget_chunk(how, 2, part);
    H5Pclose(how);
    BRC_H5_TRY(&o->file, rank);
    o->chunk = part[0];
    if (o->file.trial) return BRC_OK;
    BRC_H5_TRY(&o->file, H5Awrite(o->step_count, H5T_NATIVE_INT64, &o->at.steps));
    return brc_tables_commit(&o->file);
}

typedef struct reopening {
    brc_output* o;
    const brc_snapshot* snapshot;
    const brc_contact_list* contacts;
} reopening;

static brc_status open_there(const reopening* r)
{
    brc_output* o = r->o;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    o->file.id = brc_output_file_open(o->file.path, o->file.staged, !o->file.trial);
    BRC_CHECK(o->file.id >= 0, BRC_ERR_FILE, "cannot go on with '%s': it is no HDF5 file, or it is damaged",
              o->file.path);
    return open_again(o, r->snapshot, r->contacts);
}

// In the child process: what it does to the output stays there, and it writes nothing.
static brc_status try_it(void* task, brc_channel* to)
{
    const reopening* r = task;
    const char done = 1;
    r->o->file.trial = true;
    BRC_TRY(open_there(r));
    return brc_apart_send(to, &done, 1);
}

static brc_status tried(void* task, brc_channel* from)
{
    char done;
    (void)task;
    return brc_apart_receive(from, &done, 1);
}

// A damaged file may bring HDF5 down: it is opened in a process of its own first.
static brc_status open_if_sound(const reopening* r)
{
    char what[512];
    snprintf(what, sizeof what, "cannot go on with '%.400s'", r->o->file.path);
    const double size = (double)brc_staged_end(r->o->file.staged);
    const brc_apart a = {what, try_it, tried, (void*)(uintptr_t)r, 4 + 1e-8 * size, UINT64_C(1) << 29};
    if (!brc_apart_here) BRC_TRY(brc_apart_run(&a));
    return open_there(r);
}

static brc_status reopen_file(brc_output* o)
{
    brc_snapshot s = {0};
    brc_contact_list list = {0};
    int error = o->elsewhere ? 0 : brc_staged_reopen(o->file.path, &o->file.staged);
    brc_status status = error ? BRC_ERR_FILE : BRC_OK;
    if (error) brc_error_set(__FILE__, __LINE__, __func__, "cannot go on with '%s': %s", o->file.path, strerror(error));
    BRC_TRY(brc_comm_agree(brc_sim_comm(o->sim), status));
    status = brc_snapshot_take(o->sim, &s);
    if (status == BRC_OK && o->content == BRC_CONTENT_CONTACTS) status = brc_contacts_take(o->sim, &list);
    if (status == BRC_OK) {
        if (o->elsewhere) status = lay_out(o, &s, 0, 0, &list);
        else status = open_if_sound(&(reopening){o, &s, &list});
        if (o->content == BRC_CONTENT_CONTACTS) brc_contacts_free(&list);
    }
    brc_snapshot_free(&s);
    return status;
}

static brc_status open_file(brc_output* o, const char* provenance)
{
    int error = brc_staged_create(o->file.path, &o->file.staged);
    BRC_CHECK(error != EBUSY, BRC_ERR_ARGUMENT, "'%s' is being written by another output already", o->file.path);
    BRC_CHECK(!error, BRC_ERR_FILE, "cannot write '%s': %s", o->file.path,
              error == EINVAL ? "not a regular file" : strerror(error));
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); // errors go to the script, not to the terminal
    o->file.id = brc_output_file_create(o->file.path, o->file.staged);
    BRC_H5_TRY(&o->file, o->file.id);
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
    if (place) { // it comes from a file too
        const int64_t at[] = {place->steps,      place->last_step,    place->next_point,    place->counted,
                              place->vertex_row, place->triangle_row, place->next_triangle, place->pose_row};
        for (size_t k = 0; k < sizeof at / sizeof *at; k++)
            BRC_CHECK(at[k] >= 0 && at[k] < INT64_C(1) << 48, BRC_ERR_FILE,
                      "cannot go on with '%s': the checkpoint says that it has %" PRId64 " rows", def->path, at[k]);
    }
    brc_output* o = BRC_NEW(1, brc_output);
    char* path = o ? strdup(def->path) : NULL;
    if (!path) {
        brc_free(o);
        BRC_CHECK(0, BRC_ERR_MEMORY, "no memory for an output");
    }
    o->sim = sim;
    o->file.path = path;
    o->content = def->content;
    o->file.single = def->single != 0;
    o->level = def->compress;
    o->file.id = H5I_INVALID_HID;
    o->file.steps = &o->at.steps;
    if (place) o->at = *place;
    o->elsewhere = brc_sim_comm(sim)->rank > 0;
    brc_status status = BRC_OK;
    if (place && place->steps > 0) status = reopen_file(o);
    else if (!o->elsewhere) status = open_file(o, def->provenance);
    status = brc_comm_agree(brc_sim_comm(sim), status);
    if (status != BRC_OK) {
        if (o->file.id >= 0) H5Fclose(o->file.id);
        brc_staged_close(o->file.staged);
        forget(o);
        return status;
    }
    *out = o;
    return BRC_OK;
}

brc_status brc_output_open(brc_sim* sim, const brc_output_def* def, brc_output** out)
{
    return brc_output_reopen(sim, def, NULL, out);
}

brc_status brc_output_reopen(brc_sim* sim, const brc_output_def* def, const brc_output_place* place, brc_output** out)
{
    brc_hdf5_lock();
    brc_status status = open_output(sim, def, place, out);
    brc_hdf5_unlock();
    return status;
}

void brc_output_place_get(const brc_output* o, brc_output_place* out) { *out = o->at; }

int brc_output_descriptor(const brc_output* o)
{
    return o->failed || o->elsewhere ? -1 : brc_staged_again(o->file.staged);
}

brc_status brc_output_close(brc_output* o)
{
    if (!o) return BRC_OK;
    brc_status status = BRC_OK;
    if (o->elsewhere) {
        forget(o);
        return BRC_OK;
    }
    brc_hdf5_lock();
    herr_t closed = H5Fclose(o->file.id); // writes nothing that a reader needs: the last commit is whole
    brc_hdf5_unlock();
    int error = brc_staged_close(o->file.staged);
    o->file.staged = NULL;
    if (!o->failed && (closed < 0 || error)) {
        brc_error_set(__FILE__, __LINE__, __func__, "cannot finish '%s': %s", o->file.path,
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
int brc_output_descriptor(const brc_output* o)
{
    (void)o;
    return -1;
}
brc_status brc_output_write(brc_output* output) { ABSENT(output != NULL); }
brc_status brc_output_close(brc_output* output) { ABSENT(output != NULL); }

#endif
