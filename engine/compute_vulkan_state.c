// compute_vulkan_state.c -- the state of a simulation to a device and back: numbers and particles, and the buffers that
// hold them there; contacts go by compute_vulkan_touches.c.
#include "compute_vulkan_parts.h"
#include "wall_mesh.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CHANGING = 4 };
typedef struct device_column {
    brc_gpu_buffer* from;
    void* to;
    int64_t size; // [bytes]
} device_column;

// ---- kernels and buffers ---------------------------------------------------------------------------------

static brc_status make_kernels(brc_device* d, const brc_sim* s)
{
    const bool in_cell = !brc_cell_plain(s);
    if (d->law == s->law && d->in_cell == in_cell) return brc_device_cell_kernels(d, s);
    char name[32];
    const bool wide = s->real == sizeof(double);
    const int32_t history = s->history_count * (int32_t)(s->real / 4); // in words
    const int32_t lengths[4] = {0, 1, history, in_cell}, filled[4] = {0, 0, history, in_cell};
    const int32_t plain[4] = {0, 0, 0, in_cell};
    const int bound = s->law->info.field_count ? 22 : 19;
    int64_t count;
    const uint32_t* words = brc_law_words(s, s->law, &count);
    snprintf(name, sizeof name, "force%s/%d", wide ? "64" : "", (int)(s->law - brc_laws));
    if (words) BRC_TRY(brc_gpu_kernel_of(d->gpu, words, count, plain, 4, bound, &d->force));
    else BRC_TRY(brc_gpu_kernel_make(d->gpu, name, plain, 4, bound, &d->force));
    BRC_TRY(brc_gpu_kernel_make(d->gpu, "rows", lengths, 4, 22, &d->rows[0]));
    BRC_TRY(brc_gpu_kernel_make(d->gpu, "rows", filled, 4, 22, &d->rows[1]));
    const int32_t moved[2] = {0, history};
    BRC_TRY(brc_gpu_kernel_make(d->gpu, "touch", moved, 2, 17, &d->touch));
    BRC_TRY(brc_gpu_kernel_make(d->gpu, "carry", moved, 2, 11, &d->carry));
    if (!d->move || d->in_cell != in_cell) {
        BRC_TRY(brc_gpu_kernel_make(d->gpu, wide ? "move64" : "move", plain, 4, 7, &d->move));
        BRC_TRY(brc_gpu_kernel_make(d->gpu, "fields", NULL, 0, 7, &d->fields));
        BRC_TRY(brc_gpu_kernel_make(d->gpu, "pull", NULL, 0, 6, &d->pull));
        BRC_TRY(brc_gpu_kernel_make(d->gpu, "judge", plain, 4, 2, &d->judge));
        BRC_TRY(brc_gpu_kernel_make(d->gpu, "tell", NULL, 0, 5, &d->tell));
        BRC_TRY(brc_gpu_kernel_make(d->gpu, "place", plain, 4, 5, &d->place));
        BRC_TRY(brc_gpu_kernel_make(d->gpu, "scan", NULL, 0, 3, &d->scan));
        BRC_TRY(brc_gpu_kernel_make(d->gpu, "fill", NULL, 0, 6, &d->fill));
    }
    if (d->in_cell != in_cell) d->bond_law = NULL;
    d->law = s->law, d->in_cell = in_cell;
    return brc_device_cell_kernels(d, s);
}

// A buffer of at least this size; what it held is lost when it grows.
brc_status brc_device_room(brc_device* d, brc_gpu_buffer** buffer, int64_t size, const char* what)
{
    if (*buffer && brc_gpu_buffer_size(*buffer) >= size) return BRC_OK;
    const int64_t grown = *buffer ? size + size / 16 : size;
    brc_gpu_buffer_free(d->gpu, *buffer);
    *buffer = NULL;
    return brc_gpu_buffer_make(d->gpu, grown, what, buffer);
}

static int64_t coefficients_size(const brc_sim* s)
{
    return (int64_t)s->real * s->law->info.coefficient_count * s->material_count * s->material_count;
}

static int64_t pairs_size(const brc_sim* s) { return (int64_t)sizeof(double) * s->material_count * s->material_count; }

static bool reads_masses(const brc_sim* s)
{
    const uint64_t bonds = s->bonds.count ? s->bonds.law->info.inputs : 0;
    return (s->law->info.inputs | bonds) >> BRC_IN_M1 & 3 || s->law->info.field_count > 0 || s->cell.ordered ||
           brc_device_kernels_there(s) || s->book;
}

static brc_status make_rooms(brc_device* d, const brc_sim* s)
{
    const int64_t n = s->count, all_of = n + s->ghosts, real = (int64_t)s->real, fields = s->law->info.field_count;
    const struct {
        brc_gpu_buffer** buffer;
        int64_t size;
        const char* what;
    } all[] = {{&d->from, d->in_cell && s->meters_open ? 24 * n : 8, "places before the drift"},
               {&d->status, STATUS_ALL * 4, "the status"},
               {&d->pos, 32 * all_of, "positions"},
               {&d->vel, real * BRC_MOTION * all_of, "velocities"},
               {&d->res, real * 8 * n, "residuals of velocities"},
               {&d->acc, 64 * n + 256, "forces"}, // and what rows are made with (compute_vulkan_rows.c)
               {&d->material, 4 * all_of, "materials"},
               {&d->ids, 8 * all_of, "ids"},
               {&d->coefficients, coefficients_size(s), "coefficients"},
               {&d->reaches, pairs_size(s), "reaches"},
               {&d->mass, reads_masses(s) ? 8 * all_of : 8, "masses"},
               {&d->values, 8 * all_of * fields + 8, "fields"},
               {&d->fluxes, 8 * n * fields + 8, "fluxes"},
               {&d->wall_values, 8 * (int64_t)s->wall_count * fields + 8, "fields of walls"},
               {&d->capacity, 8 * (int64_t)s->material_count * fields + 8, "capacities"},
               {&d->items, 4 * all_of, "the order of cells"},
               {&d->cuts, 4 * (ROW_CUTS + 2), "starts of some rows"},
               {&d->row.start[0], 4 * (all_of + 1), "starts of rows"},
               {&d->row.start[1], 4 * (all_of + 1), "starts of rows"},
               {&d->wall[0].start, 4 * (n + 1), "starts of candidates"},
               {&d->wall[1].start, 4 * (n + 1), "starts of candidates"}};
    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++)
        BRC_TRY(brc_device_room(d, all[k].buffer, all[k].size, all[k].what));
    return BRC_OK;
}

brc_status brc_device_near_room(brc_device* d, const brc_sim* s, near_walls* w, int64_t total, int32_t room)
{
    const int64_t contacts = 2 * total * room;
    w->total = total, w->room = room;
    BRC_TRY(brc_device_room(d, &w->near, 8 * total + 8, "candidates of walls"));
    BRC_TRY(brc_device_room(d, &w->counts, 8 * total + 8, "candidates of walls"));
    BRC_TRY(brc_device_room(d, &w->touches, (int64_t)sizeof(device_touch) * contacts + 64, "contacts with walls"));
    return brc_device_room(d, &w->histories, brc_device_history_size(s, contacts) + 64, "histories of contacts");
}

// ---- from the host ---------------------------------------------------------------------------------------

// Around a mesh and what a step may go, which is less than a radius.
static void box_of(const brc_mesh* mesh, double room, device_outlet* to)
{
    for (int k = 0; k < 3; k++) to->lo[k] = INFINITY, to->hi[k] = -INFINITY;
    for (int64_t i = 0; i < mesh->vertex_count; i++) {
        double x[3];
        v3_to(x, mesh->x[i]);
        for (int k = 0; k < 3; k++) to->lo[k] = fmin(to->lo[k], x[k] - room), to->hi[k] = fmax(to->hi[k], x[k] + room);
    }
}

static void set_numbers(device_numbers* n, const brc_sim* s, double skin)
{
    memset(n, 0, sizeof *n);
    for (int k = 0; k < 3; k++) {
        n->lo[k] = s->lo[k], n->hi[k] = s->hi[k], n->length[k] = s->length[k], n->half[k] = s->half[k];
        n->gravity[k] = s->options.gravity[k];
        if (s->length[k] > 0) n->periodic = 1;
    }
    n->dt = s->dt, n->time_base = s->time_base, n->since = (double)(s->step - s->step_base);
    n->x_magic = s->x_grid.magic, n->f_magic = s->f_grid.magic, n->t_magic = s->t_grid.magic;
    n->f_limit = s->f_grid.limit, n->t_limit = s->t_grid.limit;
    n->f_per = 1 / s->f_grid.quantum, n->t_per = 1 / (BRC_WALL_TORQUE * s->t_grid.quantum);
    n->quick = 1 / (1.75 * s->dt);
    for (int j = 0; j < s->law->info.field_count; j++) {
        const brc_grid* g = &s->user[s->law_field[j]].grid;
        n->flux_magic[j] = g->magic, n->flux_limit[j] = g->limit, n->flux_per[j] = 1 / g->quantum;
    }
    n->reach = s->reach, n->unborn = s->law->info.birth == BRC_BIRTH_REACH;
    n->skin = skin, n->x_quantum = s->x_grid.quantum;
    n->h = 0.5 * s->dt;
    n->f_most = 0.125 * s->f_grid.limit, n->t_most = 0.125 * s->t_grid.limit;
    const double most = s->overlap_warned || s->options.overlap_warn > s->options.overlap_stop
                            ? s->options.overlap_stop
                            : s->options.overlap_warn;
    n->overlap_most = most < 1e30 ? most * (1 - 1e-6) : 1e30;
    n->count = (int32_t)s->count, n->everyone = (int32_t)(s->count + s->ghosts), n->materials = s->material_count;
    n->first_of_thousand = (uint32_t)(s->step % 1000);
    n->wall_count = s->wall_count;
    brc_device_cell_numbers(n, s, skin);
    n->bond_count = (int32_t)s->bonds.count;
    for (int32_t k = 0; k < s->outlet_count; k++) n->outlet_count += !s->outlets[k].removed;
    n->meter_count = s->meters_open;
}

static brc_status write_numbers(brc_device* d, const brc_sim* s)
{
    const int64_t own = sizeof d->n, count = d->n.outlet_count + d->n.meter_count;
    const int64_t size = own + count * (int64_t)sizeof(device_outlet);
    char* all = brc_alloc((size_t)size);
    BRC_CHECK(all, BRC_ERR_MEMORY, "no memory for the numbers of a device");
    device_outlet* to = (device_outlet*)(void*)(all + own);
    memcpy(all, &d->n, sizeof d->n);
    for (int32_t k = 0; k < s->outlet_count; k++) {
        const brc_outlet_def* o = &s->outlets[k].def;
        if (s->outlets[k].removed) continue;
        v3_to(to->point, v3_from(o->point)), v3_to(to->normal, v3_from(o->normal));
        v3_to(to->lo, v3_from(o->lo)), v3_to(to->hi, v3_from(o->hi));
        to->is_box = o->kind != BRC_OUTLET_PLANE, to->meets = o->kind == BRC_OUTLET_MESH;
        if (to->meets) box_of(s->outlets[k].mesh->mesh, s->radius_max, to);
        to++;
    }
    for (int32_t k = 0; k < s->meter_count; k++) {
        if (s->meters[k].removed) continue;
        v3_to(to->point, s->meters[k].point), v3_to(to->normal, s->meters[k].normal);
        to++;
    }
    brc_status status = brc_device_room(d, &d->numbers, size, "the numbers of the run");
    if (status == BRC_OK) status = brc_gpu_write(d->gpu, d->numbers, 0, all, size);
    brc_free(all);
    return status;
}

// [m] of the rows: narrow, because a row is walked at each step.
static double choose_skin(const brc_sim* s)
{
    double sum = 0;
    if (s->options.skin > 0) return s->options.skin;
    if (brc_shared(s)) return 0.2 * s->domain.mean_radius; // the same on all ranks
    for (int64_t i = 0; i < s->count; i++) sum += s->pos[4 * i + 3];
    return 0.2 * sum / (double)s->count;
}

static brc_status write_fields(brc_device* d, const brc_sim* s)
{
    brc_gpu* g = d->gpu;
    const int64_t all = s->count + s->ghosts, materials = s->material_count;
    d->active = 0;
    for (int j = 0; j < s->law->info.field_count; j++) {
        const user_field* u = &s->user[s->law_field[j]];
        if (u->active) d->active |= 1u << j;
        BRC_TRY(brc_gpu_write(g, d->values, 8 * all * j, u->value, 8 * all));
        BRC_TRY(brc_gpu_write(g, d->capacity, 8 * materials * j, u->capacity, 8 * materials));
        for (int32_t k = 0; k < s->wall_count; k++)
            BRC_TRY(brc_gpu_write(g, d->wall_values, 8 * ((int64_t)s->wall_count * j + k),
                                  &s->walls[k].value[s->law_field[j]], 8));
    }
    return BRC_OK;
}

// The whole state. Particles have drifted (s->moved_on) or stand between two steps.
brc_status brc_device_upload(brc_device* d, brc_sim* s, int64_t target)
{
    const int64_t n = s->count, all = n + s->ghosts, real = (int64_t)s->real;
    BRC_TRY(brc_bonds_settle(s));
    BRC_TRY(make_kernels(d, s));
    d->skin = brc_cell_skin(s, 2 * s->radius_max + s->reach, choose_skin(s));
    d->base = s->step;
    d->listed = false, d->states++;
    brc_device_forget(d);
    set_numbers(&d->n, s, d->skin);
    brc_device_grid(d, s);
    BRC_TRY(brc_device_cells(d, s));
    BRC_TRY(make_rooms(d, s));
    uint32_t status[STATUS_ALL] = {[TARGET] = (uint32_t)(target - s->step), [STOP] = STOP_REBUILD};
    if (s->moved_on) status[DRIFTED] = 1, status[OUTSIDE] = s->workers[0].next_flags & BRC_FLAG_OUTSIDE ? 1 : 0;
    brc_gpu* g = d->gpu;
    BRC_TRY(write_numbers(d, s));
    BRC_TRY(brc_gpu_write(g, d->status, 0, status, sizeof status));
    BRC_TRY(brc_gpu_write(g, d->pos, 0, s->pos, 32 * all));
    BRC_TRY(brc_gpu_write(g, d->vel, 0, s->vel, real * BRC_MOTION * all));
    BRC_TRY(brc_gpu_write(g, d->res, 0, s->res, real * 8 * n));
    BRC_TRY(brc_gpu_write(g, d->acc, 0, s->acc, 64 * n));
    BRC_TRY(brc_gpu_write(g, d->material, 0, s->material, 4 * all));
    BRC_TRY(brc_gpu_write(g, d->ids, 0, s->id, 8 * all));
    BRC_TRY(brc_gpu_write(g, d->coefficients, 0, s->coefficients, coefficients_size(s)));
    BRC_TRY(brc_gpu_write(g, d->reaches, 0, s->reaches, pairs_size(s)));
    if (reads_masses(s)) BRC_TRY(brc_gpu_write(g, d->mass, 0, s->mass, 8 * all));
    BRC_TRY(write_fields(d, s));
    BRC_TRY(brc_device_bonds_upload(d, s));
    BRC_TRY(brc_device_kernels_upload(d, s));
    BRC_TRY(brc_device_walls_upload(d, s));
    BRC_TRY(brc_device_book_upload(d, s));
    return brc_device_contacts_write(d, s);
}

// ---- back to the host ------------------------------------------------------------------------------------

// Values and fluxes of the law's fields, one field behind the other; others are the host's alone.
static brc_status read_fields(brc_device* d, const brc_sim* s, double* to)
{
    const int64_t n = s->count;
    for (int j = 0; j < s->law->info.field_count; j++) {
        BRC_TRY(brc_gpu_read(d->gpu, d->values, 8 * (int64_t)d->n.everyone * j, to + 2 * n * j, 8 * n));
        BRC_TRY(brc_gpu_read(d->gpu, d->fluxes, 8 * n * j, to + 2 * n * j + n, 8 * n));
    }
    return BRC_OK;
}

static void put_fields(brc_sim* s, const double* from)
{
    const int64_t n = s->count;
    const size_t size = (size_t)n * sizeof(double);
    for (int j = 0; j < s->law->info.field_count; j++) {
        memcpy(s->user[s->law_field[j]].value, from + 2 * n * j, size);
        memcpy(s->user[s->law_field[j]].flux, from + 2 * n * j + n, size);
    }
}

// ---- the whole state home --------------------------------------------------------------------------------

// Columns of particles that steps change; answers the bytes of all.
static int64_t changing(const brc_device* d, const brc_sim* s, device_column to[CHANGING])
{
    const int64_t n = s->count;
    const device_column all[CHANGING] = {{d->pos, s->pos, 32 * n},
                                         {d->vel, s->vel, (int64_t)s->real * BRC_MOTION * n},
                                         {d->res, s->res, (int64_t)s->real * 8 * n},
                                         {d->acc, s->acc, 64 * n}};
    int64_t size = 0;
    memcpy(to, all, sizeof all);
    for (int k = 0; k < CHANGING; k++) size += all[k].size;
    return size;
}

void brc_device_back_free(device_back* b)
{
    brc_free(b->bytes), brc_free(b->fields), brc_free(b->bonds.data);
    brc_device_host_rows_free(&b->rows);
    memset(b, 0, sizeof *b);
}

brc_status brc_device_read(brc_device* d, brc_sim* s, const uint32_t status[STATUS_WORDS], bool half, device_back* b)
{
    device_column column[CHANGING];
    const int64_t size = changing(d, s, column);
    memset(b, 0, sizeof *b);
    d->states++;
    b->bytes = brc_alloc_unset((size_t)size + 1);
    b->fields = BRC_NEW(2 * s->count * s->law->info.field_count + 1, double);
    BRC_CHECK(b->bytes && b->fields, BRC_ERR_MEMORY, "no memory for the state of a device");
    BRC_TRY(brc_device_contacts_read(d, s, (status[STEP] + half) & 1, &b->rows));
    BRC_TRY(read_fields(d, s, b->fields));
    if (d->in_cell) BRC_TRY(brc_gpu_read(d->gpu, d->numbers, 0, &b->numbers, sizeof b->numbers));
    BRC_TRY(brc_device_bonds_read(d, s, &b->bonds));
    BRC_TRY(brc_device_book_read(d, b->book));
    char* to = b->bytes;
    for (int k = 0; k < CHANGING; to += column[k].size, k++)
        BRC_TRY(brc_gpu_read(d->gpu, column[k].from, 0, to, column[k].size));
    return BRC_OK;
}

brc_status brc_device_put(brc_device* d, brc_sim* s, const uint32_t status[STATUS_WORDS], bool half,
                          const device_back* b)
{
    device_column column[CHANGING];
    const int64_t steps = status[STEP], evaluated = steps + half;
    const bool drifted = status[DRIFTED] && !half;
    const char* from = b->bytes;
    (void)changing(d, s, column);
    for (int k = 0; k < CHANGING; from += column[k].size, k++) memcpy(column[k].to, from, (size_t)column[k].size);
    if (evaluated > 0) put_fields(s, b->fields);
    if (d->in_cell) brc_device_cell_take(s, &b->numbers);
    if (drifted) memset(s->acc, 0, (size_t)s->count * 64); // where the coming forces are added up
    s->step = d->base + steps;
    brc_device_tally(d, s, status);
    s->moved_on = drifted;
    for (int i = 0; i < s->worker_count; i++) s->workers[i].flags = s->workers[i].next_flags = 0;
    if (status[OUTSIDE]) *(drifted ? &s->workers[0].next_flags : &s->workers[0].flags) = BRC_FLAG_OUTSIDE;
    s->grid_step = -1, s->drift = 0;
    brc_device_walls_forget(d);
    brc_device_book_take(d, s, b->book);
    brc_neighbours_share(s); // for who walks over the workers' particles
    BRC_TRY(brc_device_contacts_put(s, &b->rows, d->wall[d->now].room));
    BRC_TRY(brc_device_bonds_take(d, s, &b->bonds, evaluated));
    if (!drifted) s->workers[0].contacts = status[CONTACTS]; // without those beyond touching
    return BRC_OK;
}

brc_status brc_device_download(brc_device* d, brc_sim* s, const uint32_t status[STATUS_WORDS], bool half)
{
    device_back b;
    brc_status result = brc_device_read(d, s, status, half, &b);
    if (result == BRC_OK) result = brc_device_put(d, s, status, half, &b);
    brc_device_back_free(&b);
    return result;
}
