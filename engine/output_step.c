// output_step.c -- a time step of a trajectory: particles, walls or contacts, and where a reader finds them.
#include "gather.h"
#include "output_parts.h"

#if BRC_HAVE_HDF5
#include <string.h>

// The rows that tell a reader where this step lies. All cells of a file have the same size (points, triangles), so
// Offsets is one run of numbers for all steps, and so is the Connectivity of points: CellOffsets stays 0.
static brc_status put_step(brc_output* o, const brc_snapshot* s, int64_t points, int64_t point_row, int64_t cells,
                           int64_t ids, int64_t id_row)
{
    const int64_t none = 0, one = 1, cell_offsets[TOPOLOGIES] = {0};
    int64_t id_offsets[TOPOLOGIES] = {0};
    int used = brc_output_topology(o);
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
        BRC_TRY(brc_table_put(&o->series[i], o->at.steps, 1, (const char*)summary + brc_output_series[i].at));
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
    if (!o->laid_out) status = brc_output_lay_out(o, s, s->count, s->count, NULL);
    int64_t row = s->count ? o->at.next_point : 0; // a step without particles must not point behind the data
    putting p = {&o->points, row, 1, &status};
    BRC_TRY(brc_rows_hand(s->comm, s->x, s->here, 3 * sizeof(double), put_piece, &p));
    for (int i = 0; i < COLUMNS; i++) {
        const void* data;
        memcpy(&data, (const char*)s + brc_output_particle[i].at, sizeof data);
        p.table = &o->point[i];
        BRC_TRY(brc_rows_hand(s->comm, data, s->here, width_of(&brc_output_particle[i]), put_piece, &p));
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

void brc_output_forget_walls(brc_output* o)
{
    surface_free(&(surface){o->vertices, o->triangles, o->triangle_wall, 0, 0});
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
    if (first) BRC_TRY(brc_output_lay_out(o, s, f->vertex_count, f->triangle_count, NULL));
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
    brc_output_forget_walls(o);
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
    if (!o->laid_out) status = brc_output_lay_out(o, s, 2 * n, n, list);
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
        const size_t size = width_of(&brc_output_contact[m]);
        for (int64_t i = 0; i < list->count; i++)
            memcpy((char*)room + (size_t)i * size, (const char*)&list->contact[i] + brc_output_contact[m].at, size);
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
#endif
