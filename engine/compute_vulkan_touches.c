// compute_vulkan_touches.c -- contacts with their histories to a device and back: those of the host's lists as rows of
// candidates that hold nothing else, and as candidates of walls that need a search.
#include "compute_vulkan_parts.h"
#include <math.h>
#include <string.h>

// ---- from the host ---------------------------------------------------------------------------------------

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
brc_status brc_device_contacts_write(brc_device* d, const brc_sim* s)
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

brc_status brc_device_contacts_read(brc_device* d, const brc_sim* s, int64_t half, host_rows* r)
{
    BRC_TRY(brc_device_rows_read(d, s, r));
    return read_walls(d, s, r, half);
}

// Contacts into the lists of the first worker, as lists that are to be carried over.
brc_status brc_device_contacts_put(brc_sim* s, const host_rows* r, int32_t room)
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
