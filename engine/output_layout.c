// output_layout.c -- what a trajectory file consists of: groups, tables and their columns.
#include "output_parts.h"

#if BRC_HAVE_HDF5
#include <stdio.h>

const brc_member brc_output_particle[] = {
#define COLUMN(name, field, columns, type, unit, text)                                                                 \
    {#name, offsetof(brc_snapshot, field), columns, type, unit, text},
#include "columns.def"
};

#define AT(field) #field, offsetof(brc_summary, field)
const brc_member brc_output_series[] = {
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

const brc_member brc_output_contact[] = {
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

brc_status brc_output_header(brc_output* o, const char* provenance)
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

// Columns of the contacts, which all begin a step at the same row.
static brc_status lay_out_contacts(brc_output* o, hid_t steps, const brc_contact_list* list)
{
    const brc_tables* f = &o->file;
    hid_t cells, offsets;
    BRC_CHECK(list->history_count <= HISTORIES, BRC_ERR_ARGUMENT, "a contact law with more than %d histories",
              (int)HISTORIES);
    BRC_TRY(brc_tables_group(f, o->vtkhdf, "CellData", &cells));
    BRC_TRY(brc_tables_group(f, steps, "CellDataOffsets", &offsets));
    BRC_TRY(brc_table_create(f, offsets, &(brc_member){brc_output_contact[0].name, 0, 1, 'l', "", ""}, 256, 0,
                             &o->cell_data_offset));
    o->history_count = list->history_count;
    for (int i = 0; i < CONTACT_MEMBERS + o->history_count; i++) {
        bool own = i < CONTACT_MEMBERS;
        brc_member history = {
            own ? "" : list->history_name[i - CONTACT_MEMBERS], 0, 1, 'r', "", "history of the contact law"};
        const brc_member* m = own ? &brc_output_contact[i] : &history;
        BRC_TRY(brc_table_create(f, cells, m, o->chunk / 2, o->level,
                                 own ? &o->contact[i] : &o->history[i - CONTACT_MEMBERS]));
        if (i) BRC_TRY(brc_tables_link(f, offsets, brc_output_contact[0].name, offsets, m->name));
    }
    H5Gclose(offsets);
    H5Gclose(cells);
    return BRC_OK;
}

brc_status brc_output_lay_out(brc_output* o, const brc_snapshot* s, int64_t points, int64_t cells,
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
        bool used = i == brc_output_topology(o);
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
            const char* name = brc_output_particle[i].name;
            BRC_TRY(brc_table_create(f, g, &brc_output_particle[i], o->chunk, o->level, &o->point[i]));
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
            BRC_TRY(brc_table_create(f, g, &brc_output_series[i], STEP_ROWS, 0, &o->series[i]));
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

#endif
