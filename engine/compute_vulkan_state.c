// compute_vulkan_state.c -- the state of a simulation to a device and back: numbers, particles, contacts with their
// histories, and the buffers that hold them there.
#include "compute_vulkan_parts.h"
#include "wall_mesh.h"
#include "wall_parts.h"
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
        BRC_TRY(brc_gpu_kernel_make(d->gpu, "place", NULL, 0, 5, &d->place));
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

static brc_status make_rooms(brc_device* d, const brc_sim* s, int64_t cells)
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
               {&d->cell_start, 4 * (cells + 1), "starts of cells"},
               {&d->items, 4 * all_of, "the order of cells"},
               {&d->blocks, 4 * ((n > cells ? n : cells) / SCAN_BLOCK + 1), "sums of blocks"},
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

// Cells as large as two of the largest particles, the law's reach and the skin, so that candidates are in cells side by
// side.
int64_t brc_device_cells(device_numbers* n, const brc_sim* s, double skin)
{
    const double size = (2 * s->radius_max + skin + s->reach) * (1 + 1e-9);
    int64_t cells = 1;
    for (int k = 0; k < 3; k++) {
        const double length = n->hi[k] - n->lo[k], most = floor(length / size);
        n->cells[k] = most < 1 ? 1 : most > 1000 ? 1000 : (int32_t)most;
    }
    for (;;) { // no more cells than particles, or thereabouts
        cells = (int64_t)n->cells[0] * n->cells[1] * n->cells[2];
        int widest = 0;
        for (int k = 1; k < 3; k++) widest = n->cells[k] > n->cells[widest] ? k : widest;
        if (cells <= 2 * s->count + 64) break;
        n->cells[widest] = (n->cells[widest] + 1) / 2;
    }
    for (int k = 0; k < 3; k++) n->cell_lo[k] = n->lo[k], n->cell_per[k] = n->cells[k] / (n->hi[k] - n->lo[k]);
    return cells;
}

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

static void take_history(const brc_sim* s, char* to, int64_t at, void* const* from, int64_t k)
{
    for (int h = 0; h < s->history_count; h++)
        memcpy(to + brc_device_history_size(s, at) + (size_t)h * s->real, (const char*)from[h] + (size_t)k * s->real,
               s->real);
}

// The contacts of the last step as rows that hold nothing else.
static brc_status touching_rows(const brc_sim* s, host_rows* r)
{
    int64_t total = 0;
    memset(r, 0, sizeof *r);
    r->start = BRC_NEW(s->count + 2, uint32_t);
    BRC_CHECK(r->start, BRC_ERR_MEMORY, "no memory for the rows of a device");
    uint32_t* at = r->start + 1; // at[i]: first the length of row i, then where its next entry goes
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < s->worker_count; i++) {
            const worker* w = &s->workers[i];
            for (int l = 0; l < BRC_NEAR_LISTS; l++)
                for (int64_t k = 0; k < w->near[l].count; k++) {
                    const int32_t a = w->near[l].a[k], b = w->near[l].b[k];
                    if (!brc_near_kept(s, w, &w->near[l], k)) continue;
                    for (int side = 0; side < 2; side++) {
                        const int32_t self = side ? b : a, other = side ? a : b;
                        if (self >= s->count) continue; // another rank's
                        if (pass) {
                            take_history(s, r->histories, at[self], w->near[l].history, k);
                            r->entries[at[self]] = (uint32_t)other | ENTRY_TOUCHING | (side ? 0 : ENTRY_FIRST);
                        }
                        at[self]++;
                    }
                }
            for (int64_t k = 0; k < w->touches.count; k++) {
                const wall_touch* t = &w->touches.touch[k];
                if (t->slot < 0 || !brc_device_wall_rests(&s->walls[t->wall])) continue;
                if (pass) {
                    take_history(s, r->histories, at[t->slot], w->touches.history, k);
                    r->entries[at[t->slot]] = (uint32_t)t->wall | ENTRY_FIRST | ENTRY_TOUCHING | ENTRY_WALL;
                }
                at[t->slot]++;
            }
        }
        if (pass) break;
        for (int64_t i = 0; i < s->count; i++) {
            const uint32_t length = at[i];
            at[i] = (uint32_t)total;
            total += length;
        }
        r->entries = BRC_NEW(total + 1, uint32_t);
        r->histories = brc_alloc((size_t)brc_device_history_size(s, total) + 1);
        const bool there = r->entries && r->histories;
        if (!there) brc_device_host_rows_free(r);
        BRC_CHECK(there, BRC_ERR_MEMORY, "no memory for the rows of a device");
    }
    return BRC_OK; // each place has moved to the next row's begin: start[0] is 0
}

// The first touch of a particle and a wall that needs a search; the others follow it.
static bool begins(const brc_sim* s, const touch_list* list, int64_t k)
{
    const wall_touch* t = &list->touch[k];
    if (t->slot < 0 || brc_device_wall_rests(&s->walls[t->wall])) return false;
    return !k || t[-1].slot != t->slot || t[-1].wall != t->wall;
}

static int touches_of(const touch_list* list, int64_t k)
{
    const wall_touch* t = &list->touch[k];
    int n = 1;
    while (k + n < list->count && t[n].slot == t->slot && t[n].wall == t->wall) n++;
    return n;
}

// Contacts with walls that need a search, as candidates that are there for nothing else.
static brc_status touching_walls(const brc_sim* s, host_rows* r, int32_t* room)
{
    int64_t total = 0;
    r->wall_start = BRC_NEW(s->count + 2, uint32_t);
    BRC_CHECK(r->wall_start, BRC_ERR_MEMORY, "no memory for the contacts of a device");
    uint32_t* at = r->wall_start + 1;
    for (int i = 0; i < s->worker_count; i++) {
        const touch_list* list = &s->workers[i].touches;
        for (int64_t k = 0; k < list->count; k++) {
            if (!begins(s, list, k)) continue;
            const int n = touches_of(list, k);
            at[list->touch[k].slot]++;
            if (n > *room) *room = n;
        }
    }
    for (int64_t i = 0; i < s->count; i++) {
        const uint32_t length = at[i];
        at[i] = (uint32_t)total;
        total += length;
    }
    r->near = BRC_NEW(2 * total + 1, uint32_t), r->counts = BRC_NEW(total + 1, uint32_t);
    r->touches = BRC_NEW(total * *room + 1, device_touch);
    r->touch_histories = brc_alloc((size_t)brc_device_history_size(s, total * *room) + 1);
    BRC_CHECK(r->near && r->counts && r->touches && r->touch_histories, BRC_ERR_MEMORY,
              "no memory for the contacts of a device");
    for (int i = 0; i < s->worker_count; i++) {
        const touch_list* list = &s->workers[i].touches;
        for (int64_t k = 0; k < list->count; k++) {
            if (!begins(s, list, k)) continue;
            const wall_touch* t = &list->touch[k];
            const uint32_t c = at[t->slot]++;
            r->near[2 * c] = (uint32_t)t->slot, r->near[2 * c + 1] = (uint32_t)t->wall;
            r->counts[c] = (uint32_t)touches_of(list, k);
            for (uint32_t q = 0; q < r->counts[c]; q++) {
                const int64_t to = (int64_t)c * *room + q;
                r->touches[to] = (device_touch){.overlap = t[q].overlap, .feature = t[q].feature};
                v3_to(r->touches[to].n, t[q].n);
                take_history(s, r->touch_histories, to, list->history, k + q);
            }
        }
    }
    return BRC_OK;
}

static brc_status write_walls(brc_device* d, const brc_sim* s, host_rows* r)
{
    near_walls* to = &d->wall[d->now];
    brc_gpu* g = d->gpu;
    if (d->room < 2) d->room = 2;
    BRC_TRY(touching_walls(s, r, &d->room));
    const int64_t total = r->wall_start[s->count], contacts = total * d->room;
    BRC_TRY(brc_device_near_room(d, s, to, total, d->room));
    BRC_TRY(brc_gpu_write(g, to->start, 0, r->wall_start, 4 * (s->count + 1)));
    BRC_TRY(brc_gpu_write(g, to->near, 0, r->near, 8 * total));
    BRC_TRY(brc_gpu_write(g, to->counts, 0, r->counts, 4 * total)); // the first half: of even steps
    BRC_TRY(brc_gpu_write(g, to->touches, 0, r->touches, (int64_t)sizeof(device_touch) * contacts));
    return brc_gpu_write(g, to->histories, 0, r->touch_histories, brc_device_history_size(s, contacts));
}

// Rows wait on the host: there is no room for them before it is known how much the new ones take.
static brc_status write_rows(brc_device* d, const brc_sim* s)
{
    host_rows* r = &d->waiting;
    brc_device_host_rows_free(r);
    BRC_TRY(touching_rows(s, r));
    d->row.total = r->start[s->count];
    for (int64_t k = 0; k <= ROW_CUTS; k++) d->row.cut[k] = r->start[s->count * k / ROW_CUTS];
    BRC_TRY(brc_gpu_write(d->gpu, d->row.start[d->now], 0, r->start, 4 * (s->count + 1)));
    host_rows walls = {0};
    const brc_status status = write_walls(d, s, &walls);
    brc_device_host_rows_free(&walls);
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
    BRC_TRY(make_rooms(d, s, brc_device_cells(&d->n, s, d->skin)));
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
    return write_rows(d, s);
}
// ---- back to the host ------------------------------------------------------------------------------------

// The largest overlap, as note_overlap of kernels_pairs.h and walls of kernels_walls.h find it.
static void note_overlap(const brc_sim* s, worker* w, int64_t a, int64_t b, double part)
{
    if (!(part > w->overlap)) return;
    w->overlap = part, w->overlap_a = a, w->overlap_b = b;
    memcpy(w->overlap_x, s->pos + 4 * a, sizeof w->overlap_x);
}

static double pair_overlap(const brc_sim* s, int64_t a, int64_t b)
{
    const double *pa = s->pos + 4 * a, *pb = s->pos + 4 * b, both = pa[3] + pb[3];
    double d[3] = {pa[0] - pb[0], pa[1] - pb[1], pa[2] - pb[2]};
    brc_nearest(s, d);
    const double r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2], gap = both * both - r2;
    if (s->real == sizeof(double)) return gap / (both + sqrt(r2)) / (pa[3] < pb[3] ? pa[3] : pb[3]);
    const float ra = (float)pa[3], rb = (float)pb[3], overlap = (float)gap / (ra + rb + sqrtf((float)r2));
    return (double)overlap / (double)(ra < rb ? ra : rb);
}

static void put_history(const brc_sim* s, void* const* to, int64_t k, const char* from, int64_t at)
{
    for (int h = 0; h < s->history_count; h++)
        memcpy((char*)to[h] + (size_t)k * s->real, from + brc_device_history_size(s, at) + (size_t)h * s->real,
               s->real);
}

static brc_status put_touch(brc_sim* s, worker* w, const char* histories, int64_t at, int64_t i, int32_t wall)
{
    touch_list* list = &w->touches;
    const uint32_t hint = 0;
    brc_wall_hit hits[BRC_WALL_HITS];
    double reach = 0;
    if (s->reach > 0) reach = s->reaches[s->material[i] * s->material_count + brc_wall_material(s->walls[wall].wall)];
    const int n =
        brc_wall_reach(s->walls[wall].wall, v3_from(s->pos + 4 * i), s->pos[4 * i + 3], reach, &hint, 1, hits);
    if (n != 1) return BRC_OK; // parted since, by the drift that has begun the next step: kept with what it had
    BRC_TRY(brc_touches_reserve(s, list, list->count + 1));
    list->touch[list->count] = (wall_touch){(int32_t)i, wall, hits[0].feature, hits[0].overlap, hits[0].n};
    put_history(s, list->history, list->count++, histories, at);
    note_overlap(s, w, i, -1 - wall, hits[0].overlap / s->pos[4 * i + 3]);
    return BRC_OK;
}

// Of a candidate that needs a search: what the device has found.
static brc_status put_touches(brc_sim* s, worker* w, const host_rows* r, int64_t c, int32_t room)
{
    touch_list* list = &w->touches;
    const int64_t i = r->near[2 * c];
    const int32_t wall = (int32_t)r->near[2 * c + 1];
    BRC_TRY(brc_touches_reserve(s, list, list->count + r->counts[c]));
    for (uint32_t q = 0; q < r->counts[c]; q++) {
        const device_touch* t = &r->touches[c * room + q];
        list->touch[list->count] = (wall_touch){(int32_t)i, wall, t->feature, t->overlap, v3_from(t->n)};
        put_history(s, list->history, list->count++, r->touch_histories, c * room + q);
        note_overlap(s, w, i, -1 - wall, t->overlap / s->pos[4 * i + 3]);
    }
    return BRC_OK;
}

// Contacts into the lists of the first worker, as lists that are to be carried over.
static brc_status put_contacts(brc_sim* s, const host_rows* r, int32_t room)
{
    worker* w = &s->workers[0];
    near_list* list = &w->near[BRC_BORDER];
    int64_t pairs = 0;
    brc_near_drop(s);
    for (int k = 0; k < s->worker_count; k++)
        s->workers[k].contacts = s->workers[k].border_contacts = 0, s->workers[k].overlap = 0;
    for (int64_t at = 0; at < r->start[s->count]; at++)
        pairs += (r->entries[at] & (ENTRY_TOUCHING | ENTRY_FIRST | ENTRY_WALL)) == (ENTRY_TOUCHING | ENTRY_FIRST);
    BRC_TRY(brc_near_reserve(s, list, pairs));
    for (int64_t i = 0; i < s->count; i++)
        for (int32_t wall = -1; wall < s->wall_count; wall++) { // pairs, then walls in their order
            for (int64_t c = r->wall_start[i]; c < r->wall_start[i + 1]; c++)
                if ((int32_t)r->near[2 * c + 1] == wall) BRC_TRY(put_touches(s, w, r, c, room));
            for (int64_t at = r->start[i]; at < r->start[i + 1]; at++) {
                const uint32_t e = r->entries[at];
                const bool far = !(e & ENTRY_WALL) && (e & ENTRY_INDEX) >= s->count; // another rank's: known by its id
                const bool mine = e & ENTRY_TOUCHING && (e & ENTRY_FIRST || far);
                if (!mine || (e & ENTRY_WALL ? (int32_t)(e & ENTRY_INDEX) : -1) != wall) continue;
                if (wall >= 0) {
                    BRC_TRY(put_touch(s, w, r->histories, at, i, wall));
                    continue;
                }
                const int64_t b = e & ENTRY_INDEX;
                note_overlap(s, w, i, b, pair_overlap(s, i, b));
                if (far) {
                    BRC_TRY(brc_domain_park(s, s->id[b], (int32_t)i, e & ENTRY_FIRST,
                                            r->histories + brc_device_history_size(s, at)));
                    continue;
                }
                const int64_t k = list->count++;
                list->a[k] = (int32_t)i, list->b[k] = (int32_t)b, list->row[k] = (int32_t)k, list->touching[k] = 1;
                put_history(s, list->history, k, r->histories, at);
            }
        }
    w->contacts = pairs;
    s->lists_renumbered = true;
    return BRC_OK;
}

// half: which half of the contacts is that of the last step.
static brc_status read_walls(brc_device* d, const brc_sim* s, host_rows* r, int64_t half)
{
    const near_walls* from = &d->wall[d->now];
    const int64_t total = from->total, contacts = total * from->room, touch = sizeof(device_touch);
    r->wall_start = BRC_NEW(s->count + 1, uint32_t);
    r->near = BRC_NEW(2 * total + 1, uint32_t), r->counts = BRC_NEW(total + 1, uint32_t);
    r->touches = BRC_NEW(contacts + 1, device_touch);
    r->touch_histories = brc_alloc((size_t)brc_device_history_size(s, contacts) + 1);
    BRC_CHECK(r->wall_start && r->near && r->counts && r->touches && r->touch_histories, BRC_ERR_MEMORY,
              "no memory for the contacts of a device");
    BRC_TRY(brc_gpu_read(d->gpu, from->start, 0, r->wall_start, 4 * (s->count + 1)));
    BRC_TRY(brc_gpu_read(d->gpu, from->near, 0, r->near, 8 * total));
    BRC_TRY(brc_gpu_read(d->gpu, from->counts, 4 * total * half, r->counts, 4 * total));
    BRC_TRY(brc_gpu_read(d->gpu, from->touches, touch * contacts * half, r->touches, touch * contacts));
    return brc_gpu_read(d->gpu, from->histories, brc_device_history_size(s, contacts) * half, r->touch_histories,
                        brc_device_history_size(s, contacts));
}

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
    BRC_TRY(brc_device_rows_read(d, s, &b->rows));
    BRC_TRY(read_walls(d, s, &b->rows, (status[STEP] + half) & 1));
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
    BRC_TRY(put_contacts(s, &b->rows, d->wall[d->now].room));
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
