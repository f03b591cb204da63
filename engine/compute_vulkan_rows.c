// compute_vulkan_rows.c -- rows of candidates on a device: how they are made anew without room for a second set of
// them.
//
// Rows take most of the memory of a device, so there is one set, which stands at one end of its buffers. New rows grow
// from the other end, part by part (a part: the rows of some particles, in the order of slots), over old ones that have
// been copied out of the way. Where a part would meet rows that are still needed, or the buffers are too small, the old
// rows wait on the host; so do the contacts that it hands over.
//
// What is needed meanwhile lies in buffers that nobody else needs then: rows are made between the drift, which has used
// the forces, and the forces of the step, which are written anew. So d->acc holds one after the other the counts of
// cells, the lengths of rows, and the copies; where the starts of the new rows will be are first the cells of
// particles, then the numbers of their candidates of walls.
#include "compute_vulkan_parts.h"
#include <string.h>

int64_t brc_device_history_size(const brc_sim* s, int64_t entries)
{
    return (int64_t)s->real * entries * s->history_count;
}

void brc_device_host_rows_free(host_rows* r)
{
    brc_free(r->start), brc_free(r->entries), brc_free(r->histories);
    brc_free(r->wall_start), brc_free(r->near), brc_free(r->counts);
    brc_free(r->touches), brc_free(r->touch_histories);
    memset(r, 0, sizeof *r);
}

// ---- how long they will be -------------------------------------------------------------------------------

static brc_status scan(brc_device* d, brc_gpu_buffer* from, brc_gpu_buffer* to, int64_t count)
{
    brc_gpu_buffer* const buffers[3] = {from, d->blocks, to};
    const int64_t threads = (count + SCAN_BLOCK - 1) / SCAN_BLOCK * BRC_GPU_GROUP;
    for (uint32_t mode = 0; mode < 3; mode++) {
        const uint32_t push[2] = {(uint32_t)count, mode};
        BRC_TRY(brc_gpu_run(d->gpu, d->scan, buffers, push, sizeof push, mode == 1 ? 1 : threads));
    }
    return BRC_OK;
}

typedef struct row_push { // as in shaders/rows.comp
    uint32_t first, last, at, old_first, old_histories_at;
} row_push;

// old: the copy of the old rows; NULL: only how long the new ones will be. What is not read or written then may be
// anything.
static brc_status run_rows(brc_device* d, brc_gpu_buffer* old, const row_push* push)
{
    const bool filled = old != NULL;
    const rows* r = &d->row;
    const near_walls* walls = &d->wall[!d->now];
    brc_gpu_buffer* const buffers[22] = {d->numbers,
                                         d->status,
                                         d->pos,
                                         d->ids,
                                         d->cell_start,
                                         d->items,
                                         filled ? d->blocks : d->acc,
                                         filled ? r->start[!d->now] : d->blocks,
                                         filled ? r->entries : d->blocks,
                                         filled ? r->histories : d->blocks,
                                         r->start[d->now],
                                         filled ? old : d->blocks,
                                         filled ? old : d->blocks,
                                         d->shapes,
                                         d->poses,
                                         d->mesh[BRC_MESH_NODES],
                                         d->mesh[BRC_MESH_LINKS],
                                         filled ? d->blocks : r->start[!d->now],
                                         walls->start,
                                         filled ? walls->near : d->blocks,
                                         d->links,
                                         d->gone};
    return brc_gpu_run(d->gpu, d->rows[filled], buffers, push, sizeof *push, push->last - push->first);
}

static int64_t first_of(const brc_device* d, int part) { return (int64_t)d->n.count * part / ROW_CUTS; }

// cut: where parts will begin, and behind the last; near_total: candidates of walls that need a search.
static brc_status count_rows(brc_device* d, uint32_t cut[ROW_CUTS + 1], uint32_t* near_total)
{
    brc_gpu* g = d->gpu;
    const int64_t n = d->n.count, all = d->n.everyone, cells = d->cells;
    brc_gpu_buffer *const start = d->row.start[!d->now], *const near_start = d->wall[!d->now].start;
    brc_gpu_buffer *const cell_of = start, *const counts = d->acc; // of cells; then lengths of rows
    brc_gpu_buffer* const placing[5] = {d->numbers, d->status, d->pos, cell_of, counts};
    brc_gpu_buffer* const filling[6] = {d->numbers, d->status, cell_of, d->cell_start, counts, d->items};
    const row_push everyone = {.last = (uint32_t)n};
    int64_t places[ROW_CUTS + 1];
    uint32_t words[ROW_CUTS + 2];
    for (int k = 0; k <= ROW_CUTS; k++) places[k] = 4 * first_of(d, k);
    BRC_TRY(brc_gpu_begin(g));
    brc_gpu_fill(g, counts, 0, 4 * cells, 0);
    BRC_TRY(brc_gpu_run(g, d->place, placing, NULL, 0, all));
    BRC_TRY(scan(d, counts, d->cell_start, cells));
    brc_gpu_fill(g, counts, 0, 4 * cells, 0);
    BRC_TRY(brc_gpu_run(g, d->fill, filling, NULL, 0, all));
    BRC_TRY(run_rows(d, NULL, &everyone));
    BRC_TRY(scan(d, start, near_start, n)); // candidates of walls
    BRC_TRY(scan(d, d->acc, start, n));
    brc_gpu_pick(g, start, places, ROW_CUTS + 1, d->cuts, 0);
    brc_gpu_copy(g, near_start, 4 * n, d->cuts, 4 * (ROW_CUTS + 1), 4);
    BRC_TRY(brc_gpu_finish(g, NULL, NULL));
    BRC_TRY(brc_gpu_read(g, d->cuts, 0, words, sizeof words));
    memcpy(cut, words, (ROW_CUTS + 1) * sizeof *cut);
    *near_total = words[ROW_CUTS + 1];
    return BRC_OK;
}

// ---- room for them ---------------------------------------------------------------------------------------

// Entries that the buffers have room for.
static int64_t room_of(const brc_device* d, const brc_sim* s)
{
    const int64_t entries = brc_gpu_buffer_size(d->row.entries) / 4, each = brc_device_history_size(s, 1);
    const int64_t histories = each ? brc_gpu_buffer_size(d->row.histories) / each : entries;
    return entries < histories ? entries : histories;
}

// Whether each part, in its order, leaves alone the old rows of those that come later.
static bool stay_clear(const rows* old, const uint32_t cut[ROW_CUTS + 1], int64_t at)
{
    bool clear = true;
    for (int k = 1; k < ROW_CUTS; k++)
        clear = clear && (at > old->at ? at + cut[k] >= (int64_t)old->cut[k] : cut[k] <= old->at + old->cut[k]);
    return clear;
}

static brc_status read_old(brc_device* d, const brc_sim* s, host_rows* r)
{
    const rows* from = &d->row;
    r->start = BRC_NEW(s->count + 1, uint32_t);
    r->entries = BRC_NEW(from->total + 1, uint32_t);
    r->histories = brc_alloc((size_t)brc_device_history_size(s, from->total) + 1);
    BRC_CHECK(r->start && r->entries && r->histories, BRC_ERR_MEMORY, "no memory for the rows of a device");
    BRC_TRY(brc_gpu_read(d->gpu, from->start[d->now], 0, r->start, 4 * (s->count + 1)));
    BRC_TRY(brc_gpu_read(d->gpu, from->entries, 4 * from->at, r->entries, 4 * from->total));
    return brc_gpu_read(d->gpu, from->histories, brc_device_history_size(s, from->at), r->histories,
                        brc_device_history_size(s, from->total));
}

brc_status brc_device_rows_read(brc_device* d, const brc_sim* s, host_rows* r)
{
    if (!d->waiting.start) return read_old(d, s, r);
    *r = d->waiting;
    memset(&d->waiting, 0, sizeof d->waiting);
    return BRC_OK;
}

// *at: where the new rows may begin.
static brc_status find_room(brc_device* d, const brc_sim* s, const uint32_t cut[ROW_CUTS + 1], int64_t* at)
{
    rows* r = &d->row;
    const int64_t total = cut[ROW_CUTS], room = room_of(d, s);
    *at = r->at ? 0 : room - total;
    if (!d->waiting.start && room >= total && stay_clear(r, cut, *at)) return BRC_OK;
    if (!d->waiting.start) {
        BRC_TRY(read_old(d, s, &d->waiting));
        r->detours++;
    }
    *at = 0;
    if (room >= total && r->entries && r->histories) return BRC_OK; // also those of nobody are somewhere
    const int64_t wanted = total + total / 16 + 64; // between two times rows grow by less, and parts differ by less
    brc_gpu_buffer_free(d->gpu, r->entries), brc_gpu_buffer_free(d->gpu, r->histories);
    r->entries = r->histories = NULL;
    BRC_TRY(brc_device_room(d, &r->entries, 4 * wanted, "rows of candidates"));
    return brc_device_room(d, &r->histories, brc_device_history_size(s, wanted), "histories of contacts");
}

// ---- the rows --------------------------------------------------------------------------------------------

static int64_t old_size(const brc_device* d, const brc_sim* s, int from, int to) // [bytes] of parts
{
    const int64_t entries = (int64_t)d->row.cut[to] - d->row.cut[from];
    return 4 * entries + brc_device_history_size(s, entries);
}

// Contacts with walls from the old candidates to the new ones.
static brc_status run_carry(brc_device* d)
{
    const near_walls *now = &d->wall[!d->now], *old = &d->wall[d->now];
    brc_gpu_buffer* const buffers[11] = {d->numbers,   d->status,      now->near,     now->counts,
                                         now->touches, now->histories, old->start,    old->near,
                                         old->counts,  old->touches,   old->histories};
    const uint32_t push[4] = {(uint32_t)now->total, (uint32_t)old->total, (uint32_t)now->room, (uint32_t)old->room};
    if (!now->total) return BRC_OK;
    return brc_gpu_run(d->gpu, d->carry, buffers, push, sizeof push, now->total);
}

// The rows of parts, within a batch unless the old ones wait on the host.
static brc_status make_parts(brc_device* d, const brc_sim* s, int from, int to, brc_gpu_buffer* aside, int64_t at)
{
    brc_gpu* g = d->gpu;
    const rows* r = &d->row;
    const host_rows* w = &d->waiting;
    const int64_t first = r->cut[from], count = r->cut[to] - first;
    const int64_t history = brc_device_history_size(s, count), skipped = brc_device_history_size(s, first);
    const row_push push = {(uint32_t)first_of(d, from), (uint32_t)first_of(d, to), (uint32_t)at, (uint32_t)first,
                           (uint32_t)count};
    if (push.first == push.last) return BRC_OK;
    if (!w->start) {
        brc_gpu_copy(g, r->entries, 4 * (r->at + first), aside, 0, 4 * count);
        brc_gpu_copy(g, r->histories, brc_device_history_size(s, r->at) + skipped, aside, 4 * count, history);
        return run_rows(d, aside, &push);
    }
    BRC_TRY(brc_gpu_write(g, aside, 0, w->entries + first, 4 * count));
    BRC_TRY(brc_gpu_write(g, aside, 4 * count, w->histories + skipped, history));
    BRC_TRY(brc_gpu_begin(g));
    BRC_TRY(run_rows(d, aside, &push));
    return brc_gpu_finish(g, NULL, NULL);
}

// All parts in turn, as many at once as there is room for aside: upwards, or down from the last.
static brc_status make_rows(brc_device* d, const brc_sim* s, brc_gpu_buffer* aside, int64_t at)
{
    const int64_t room = brc_gpu_buffer_size(aside);
    const bool down = !d->waiting.start && at > d->row.at;
    for (int done = 0; done < ROW_CUTS;) {
        int count = 1;
        while (done + count < ROW_CUTS) {
            const int from = down ? ROW_CUTS - done - count - 1 : done, to = from + count + 1;
            if (old_size(d, s, from, to) > room) break;
            count++;
        }
        const int from = down ? ROW_CUTS - done - count : done;
        BRC_TRY(make_parts(d, s, from, from + count, aside, at));
        done += count;
    }
    return BRC_OK;
}

static brc_status fill_rows(brc_device* d, const brc_sim* s, int64_t at)
{
    brc_gpu* g = d->gpu;
    brc_gpu_buffer *aside = d->acc, *own = NULL;
    int64_t widest = 0;
    for (int k = 0; k < ROW_CUTS; k++) widest = old_size(d, s, k, k + 1) > widest ? old_size(d, s, k, k + 1) : widest;
    if (widest > brc_gpu_buffer_size(aside)) { // long rows, or many of them side by side
        BRC_TRY(brc_gpu_buffer_make(g, widest, "rows on their way", &own));
        aside = own;
    }
    const bool waits = d->waiting.start != NULL;
    brc_status status = waits ? make_rows(d, s, aside, at) : BRC_OK;
    if (status == BRC_OK) status = brc_gpu_begin(g);
    if (status == BRC_OK && !waits) status = make_rows(d, s, aside, at);
    if (status == BRC_OK) status = run_carry(d);
    if (status == BRC_OK) {
        brc_gpu_fill(g, d->status, 4 * STOP, 4, STOP_NOT);
        if (!brc_shared(s)) brc_gpu_fill(g, d->status, 4 * PATH, 8, 0); // copies of those of other ranks are older
        status = brc_gpu_finish(g, NULL, NULL);
    }
    uint32_t words[STATUS_WORDS]; // rows that are not whole would lead the next kernels anywhere
    if (status == BRC_OK) status = brc_device_status(d, words);
    brc_gpu_buffer_free(g, own);
    return status;
}

brc_status brc_device_rebuild(brc_device* d, brc_sim* s, int64_t step)
{
    const double t0 = brc_seconds();
    uint32_t cut[ROW_CUTS + 1], near_total = 0;
    int64_t at;
    int count;
    BRC_TRY(brc_device_walls_poses(d, s, step, 1, &count));
    BRC_TRY(brc_device_cell_listed(d, s));
    BRC_TRY(count_rows(d, cut, &near_total));
    BRC_TRY(find_room(d, s, cut, &at));
    BRC_TRY(brc_device_near_room(d, s, &d->wall[!d->now], near_total, d->room));
    BRC_TRY(fill_rows(d, s, at));
    brc_device_host_rows_free(&d->waiting);
    memcpy(d->row.cut, cut, sizeof cut);
    d->row.total = cut[ROW_CUTS], d->row.at = at;
    d->now = !d->now;
    d->listed = true;
    brc_walls_mark(s, true);
    brc_boundary_look(s);
    s->rebuilds++;
    s->seconds[STAGE_NEIGHBOURS] += brc_seconds() - t0;
    return BRC_OK;
}
