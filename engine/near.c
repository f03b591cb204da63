// near.c -- the pairs that may touch within some steps, picked from the lists of neighbours.c every now and then, and
// the memory of contacts. Picking looks at far fewer pairs than making lists does, so a step can walk over a short list
// and the long one can hold for long.
#include "sim.h"
#include <string.h>

// ---- memory ----------------------------------------------------------------------------------------------

brc_status brc_near_reserve(const brc_sim* s, near_list* list, int64_t capacity)
{
    if (capacity <= list->capacity) return BRC_OK;
    size_t size = (size_t)(capacity + capacity / 8 + 256), old = (size_t)list->count;
    BRC_TRY(brc_grow_unset((void**)&list->a, old * sizeof(int32_t), size * sizeof(int32_t)));
    BRC_TRY(brc_grow_unset((void**)&list->b, old * sizeof(int32_t), size * sizeof(int32_t)));
    BRC_TRY(brc_grow_unset((void**)&list->row, old * sizeof(int32_t), size * sizeof(int32_t)));
    BRC_TRY(brc_grow_unset((void**)&list->touching, old, size));
    for (int h = 0; h < s->history_count; h++)
        BRC_TRY(brc_grow_unset(&list->history[h], old * s->real, (size + 16) * s->real)); // kernels fill up vectors
    list->capacity = (int64_t)size;
    return BRC_OK;
}

static void near_free(near_list* list)
{
    brc_free(list->a), brc_free(list->b), brc_free(list->row), brc_free(list->touching);
    for (int h = 0; h < BRC_MAX_HISTORY; h++) brc_free(list->history[h]);
    memset(list, 0, sizeof *list);
}

void brc_near_free(worker* w)
{
    for (int l = 0; l < BRC_NEAR_LISTS; l++) near_free(&w->near[l]), near_free(&w->old_near[l]);
    for (int l = 0; l < BRC_NEAR_LISTS; l++) brc_free(w->from[l]), w->from[l] = NULL, w->from_capacity[l] = 0;
}

brc_status brc_touches_reserve(const brc_sim* s, touch_list* list, int64_t capacity)
{
    if (capacity <= list->capacity) return BRC_OK;
    int64_t size = capacity + capacity / 4 + 256;
    size_t old = (size_t)list->count, fresh = (size_t)size;
    BRC_TRY(brc_grow((void**)&list->touch, old * sizeof(wall_touch), fresh * sizeof(wall_touch)));
    for (int h = 0; h < s->history_count; h++) BRC_TRY(brc_grow(&list->history[h], old * s->real, fresh * s->real));
    list->capacity = size;
    return BRC_OK;
}

void brc_touches_free(touch_list* list)
{
    brc_free(list->touch);
    for (int h = 0; h < BRC_MAX_HISTORY; h++) brc_free(list->history[h]);
    memset(list, 0, sizeof *list);
}

void brc_near_drop(brc_sim* s)
{
    for (int i = 0; i < s->worker_count; i++) {
        worker* w = &s->workers[i];
        brc_near_free(w);
        brc_touches_free(&w->touches), brc_touches_free(&w->old_touches);
    }
    s->lists_valid = false;
}

void brc_near_swap(brc_sim* s)
{
    for (int i = 0; i < s->worker_count; i++)
        for (int l = 0; l < BRC_NEAR_LISTS; l++) {
            near_list t = s->workers[i].near[l];
            s->workers[i].near[l] = s->workers[i].old_near[l], s->workers[i].old_near[l] = t;
        }
}

static void zero_history(const brc_sim* s, void* const* to, int64_t i)
{
    for (int h = 0; h < s->history_count; h++) memset((char*)to[h] + (size_t)i * s->real, 0, s->real);
}

// ---- picking ---------------------------------------------------------------------------------------------

static int kind_of(const worker* w, int64_t row)
{
    const int32_t a = w->pairs.a[row], b = w->pairs.b[row];
    return row < w->pairs.ordered && a >= w->list_begin && a < w->list_end && b >= w->list_begin && b < w->list_end
               ? BRC_INSIDE
               : BRC_BORDER;
}

static brc_status put(const brc_sim* s, worker* w, int l, int64_t row)
{
    near_list* list = &w->near[l];
    BRC_TRY(brc_near_reserve(s, list, list->count + 1));
    list->a[list->count] = w->pairs.a[row];
    list->b[list->count] = w->pairs.b[row];
    list->row[list->count++] = (int32_t)row;
    return BRC_OK;
}

brc_status brc_near_add(const brc_sim* s, worker* w, int32_t row)
{
    near_list* list = &w->near[BRC_BORDER];
    BRC_TRY(put(s, w, BRC_BORDER, row));
    list->touching[list->count - 1] = 0;
    zero_history(s, list->history, list->count - 1);
    return BRC_OK;
}

enum { PICK = 1024 }; // rows looked at together

// As put, and notes where the pair is in the old list; -1: nowhere.
static brc_status put_from(const brc_sim* s, worker* w, int l, int64_t row, int64_t from)
{
    const int64_t at = w->near[l].count;
    if (at == w->from_capacity[l]) {
        const int64_t size = at + at / 8 + 256;
        BRC_TRY(brc_grow_unset((void**)&w->from[l], (size_t)at * sizeof(int32_t), (size_t)size * sizeof(int32_t)));
        w->from_capacity[l] = size;
    }
    w->from[l][at] = (int32_t)from;
    return put(s, w, l, row);
}

// Passes the old list up to this row. Touching pairs stay whatever their distance: a script that looks between two
// steps must change nothing.
static brc_status pass(const brc_sim* s, worker* w, int l, int64_t row, int64_t* at)
{
    const near_list* old = &w->old_near[l];
    for (; *at < old->count && old->row[*at] < row; ++*at)
        if (old->touching[*at]) BRC_TRY(put_from(s, w, l, old->row[*at], *at));
    return BRC_OK;
}

static brc_status merge(brc_sim* s, worker* w)
{
    int32_t picked[PICK];
    int64_t at[BRC_NEAR_LISTS] = {0};
    for (int64_t first = 0; first < w->pairs.count; first += PICK) {
        const int64_t left = w->pairs.count - first;
        const int n = s->kernels.pick(s, w, first, left < PICK ? (int)left : PICK, picked);
        for (int k = 0; k < n; k++) {
            const int l = kind_of(w, picked[k]);
            BRC_TRY(pass(s, w, l, picked[k], &at[l]));
            const bool known = at[l] < w->old_near[l].count && w->old_near[l].row[at[l]] == picked[k];
            BRC_TRY(put_from(s, w, l, picked[k], known ? at[l]++ : -1));
        }
    }
    for (int l = 0; l < BRC_NEAR_LISTS; l++) BRC_TRY(pass(s, w, l, INT64_MAX, &at[l]));
    return BRC_OK;
}

static void carry32(uint32_t* to, const uint32_t* old, const int32_t* from, int64_t n)
{
    for (int64_t k = 0; k < n; k++) to[k] = from[k] < 0 ? 0 : old[from[k]];
}

static void carry64(uint64_t* to, const uint64_t* old, const int32_t* from, int64_t n)
{
    for (int64_t k = 0; k < n; k++) to[k] = from[k] < 0 ? 0 : old[from[k]];
}

void brc_near_refill(brc_sim* s, worker* w)
{
    for (int l = 0; l < BRC_NEAR_LISTS; l++) w->near[l].count = 0;
    w->status = merge(s, w);
    if (w->status != BRC_OK) return;
    for (int l = 0; l < BRC_NEAR_LISTS; l++) {
        near_list *list = &w->near[l], *old = &w->old_near[l];
        const int32_t* from = w->from[l];
        for (int64_t k = 0; k < list->count; k++) list->touching[k] = from[k] < 0 ? 0 : old->touching[from[k]];
        for (int h = 0; h < s->history_count; h++) {
            if (s->real == 4) carry32(list->history[h], old->history[h], from, list->count);
            else carry64(list->history[h], old->history[h], from, list->count);
        }
    }
}

// ---- carrying contacts over to new lists -----------------------------------------------------------------

void brc_near_renumber(brc_sim* s)
{
    for (int i = 0; i < s->worker_count; i++) {
        worker* w = &s->workers[i];
        for (int l = 0; l < BRC_NEAR_LISTS; l++) {
            near_list* list = &w->near[l];
            for (int64_t k = 0; k < list->count; k++) {
                const int32_t b = list->b[k];
                const bool kept = brc_near_kept(s, w, list, k);
                list->a[k] = kept ? s->remap[list->a[k]] : -1;
                list->b[k] = b >= 0 ? s->remap[b] : -1;
            }
        }
        for (int64_t k = 0; k < w->touches.count; k++) {
            wall_touch* t = &w->touches.touch[k];
            if (t->slot >= 0) t->slot = s->remap[t->slot];
        }
    }
    s->lists_renumbered = true;
}

// Of the two copies of a contact across ranges, that of the owner of the lower id.
bool brc_near_kept(const brc_sim* s, const worker* w, const near_list* list, int64_t k)
{
    const int32_t a = list->a[k];
    return list->touching[k] && a >= 0 && list->b[k] >= 0 &&
           (s->lists_renumbered || (a >= w->list_begin && a < w->list_end));
}

static bool touch_kept(const wall_touch* t) { return t->slot >= 0; }

// Sorts the touching contacts of the old lists by the slot of the lower id: entries carry_start[a] .. carry_start[a +
// 1].
brc_status brc_near_collect(brc_sim* s)
{
    int64_t total = 0;
    for (int i = 0; i < s->worker_count; i++) {
        const worker* w = &s->workers[i];
        for (int l = 0; l < BRC_NEAR_LISTS; l++)
            for (int64_t k = 0; k < w->old_near[l].count; k++) total += brc_near_kept(s, w, &w->old_near[l], k);
        total += w->old_touches.count;
    }
    if (s->carry_slots < s->count + 2) {
        brc_free(s->carry_start);
        s->carry_slots = s->capacity + 2;
        s->carry_start = BRC_NEW(2 * s->carry_slots, int32_t);
        BRC_CHECK(s->carry_start, BRC_ERR_MEMORY, "no memory to carry contacts");
    }
    if (s->carry_capacity < total) {
        brc_free(s->carry_list), brc_free(s->carry_index);
        s->carry_capacity = total + total / 4;
        s->carry_list = BRC_NEW(s->carry_capacity, int32_t);
        s->carry_index = BRC_NEW(s->carry_capacity, int32_t);
        BRC_CHECK(s->carry_list && s->carry_index, BRC_ERR_MEMORY, "no memory to carry %" PRId64 " contacts", total);
    }
    // Two tables in one array: pairs first, then touches of walls, whose entries follow those of all pairs.
    int32_t *start = s->carry_start, *touch = s->carry_start + s->carry_slots;
    s->touch_start = touch;
    memset(start, 0, (size_t)(2 * s->carry_slots) * sizeof(int32_t));
    for (int i = 0; i < s->worker_count; i++) {
        const worker* w = &s->workers[i];
        for (int l = 0; l < BRC_NEAR_LISTS; l++)
            for (int64_t k = 0; k < w->old_near[l].count; k++)
                if (brc_near_kept(s, w, &w->old_near[l], k)) start[w->old_near[l].a[k] + 1]++;
        for (int64_t k = 0; k < w->old_touches.count; k++)
            if (touch_kept(&w->old_touches.touch[k])) touch[w->old_touches.touch[k].slot + 1]++;
    }
    for (int64_t c = 0; c < s->count; c++) start[c + 1] += start[c];
    touch[0] = start[s->count];
    for (int64_t c = 0; c < s->count; c++) touch[c + 1] += touch[c];
    // Filling moves each start to its end, which is the next one's start: shifted back below.
    for (int i = 0; i < s->worker_count; i++) {
        const worker* w = &s->workers[i];
        for (int l = 0; l < BRC_NEAR_LISTS; l++)
            for (int64_t k = 0; k < w->old_near[l].count; k++)
                if (brc_near_kept(s, w, &w->old_near[l], k)) {
                    int32_t at = start[w->old_near[l].a[k]]++;
                    s->carry_list[at] = BRC_NEAR_LISTS * i + l, s->carry_index[at] = (int32_t)k;
                }
        for (int64_t k = 0; k < w->old_touches.count; k++)
            if (touch_kept(&w->old_touches.touch[k])) {
                int32_t at = touch[w->old_touches.touch[k].slot]++;
                s->carry_list[at] = i, s->carry_index[at] = (int32_t)k;
            }
    }
    memmove(start + 1, start, (size_t)s->count * sizeof(int32_t));
    start[0] = 0;
    int32_t first_touch = start[s->count];
    memmove(touch + 1, touch, (size_t)s->count * sizeof(int32_t));
    touch[0] = first_touch;
    return BRC_OK;
}

static void copy_history(const brc_sim* s, void* const* to, int64_t i, void* const* from, int64_t k)
{
    for (int h = 0; h < s->history_count; h++)
        memcpy((char*)to[h] + (size_t)i * s->real, (char*)from[h] + (size_t)k * s->real, s->real);
}

brc_status brc_near_carry_touches(brc_sim* s, worker* w, int32_t slot)
{
    int32_t first = s->touch_start[slot], end = s->touch_start[slot + 1];
    if (first == end) return BRC_OK;
    BRC_TRY(brc_touches_reserve(s, &w->touches, w->touches.count + (end - first)));
    for (int32_t e = first; e < end; e++) {
        const touch_list* old = &s->workers[s->carry_list[e]].old_touches;
        int64_t at = w->touches.count++;
        w->touches.touch[at] = old->touch[s->carry_index[e]];
        copy_history(s, w->touches.history, at, old->history, s->carry_index[e]);
    }
    return BRC_OK;
}

// The old list that has the contact of a and b, among those that were collected; NULL: none.
static const near_list* carried(const brc_sim* s, int32_t a, int32_t b, int64_t* index)
{
    for (int32_t e = s->carry_start[a]; e < s->carry_start[a + 1]; e++) {
        const int32_t from = s->carry_list[e];
        const near_list* old = &s->workers[from / BRC_NEAR_LISTS].old_near[from % BRC_NEAR_LISTS];
        *index = s->carry_index[e];
        if (old->b[*index] == b) return old;
    }
    return NULL;
}

// Appends rows of the list of pairs that have never touched.
static brc_status put_all(const brc_sim* s, worker* w, const int32_t* row, int n)
{
    int64_t before[BRC_NEAR_LISTS];
    for (int l = 0; l < BRC_NEAR_LISTS; l++) {
        before[l] = w->near[l].count;
        BRC_TRY(brc_near_reserve(s, &w->near[l], before[l] + n));
    }
    for (int k = 0; k < n; k++) {
        near_list* list = &w->near[kind_of(w, row[k])];
        list->a[list->count] = w->pairs.a[row[k]];
        list->b[list->count] = w->pairs.b[row[k]];
        list->row[list->count++] = row[k];
    }
    for (int l = 0; l < BRC_NEAR_LISTS; l++) {
        near_list* list = &w->near[l];
        const size_t from = (size_t)before[l], more = (size_t)list->count - from;
        memset(list->touching + from, 0, more);
        for (int h = 0; h < s->history_count; h++) memset((char*)list->history[h] + from * s->real, 0, more * s->real);
    }
    return BRC_OK;
}

static brc_status fill(brc_sim* s, worker* w)
{
    int32_t picked[PICK];
    const bool none = s->carry_start[s->count] == 0; // nothing touched
    for (int64_t first = 0; first < w->pairs.count; first += PICK) {
        const int64_t left = w->pairs.count - first;
        const int n = s->kernels.pick(s, w, first, left < PICK ? (int)left : PICK, picked);
        const int64_t end = left < PICK ? w->pairs.count : first + PICK;
        if (none) {
            BRC_TRY(put_all(s, w, picked, n));
            continue;
        }
        int next = 0;
        for (int64_t row = first; row < end; row++) { // those that are picked, and those that touch
            const bool is_picked = next < n && picked[next] == row;
            int64_t index;
            const near_list* old = carried(s, w->pairs.a[row], w->pairs.b[row], &index);
            next += is_picked;
            if (!is_picked && !old) continue;
            const int l = kind_of(w, row);
            near_list* list = &w->near[l];
            BRC_TRY(put(s, w, l, row));
            list->touching[list->count - 1] = old != NULL;
            if (old) copy_history(s, list->history, list->count - 1, old->history, index);
            else zero_history(s, list->history, list->count - 1);
        }
    }
    return BRC_OK;
}

void brc_near_fill(brc_sim* s, worker* w)
{
    for (int l = 0; l < BRC_NEAR_LISTS; l++) w->near[l].count = 0;
    // Growing copies: room for as many as come in a packing. What is not used up is never touched.
    w->status = brc_near_reserve(s, &w->near[BRC_INSIDE], w->pairs.count * 3 / 5);
    if (w->status == BRC_OK) w->status = fill(s, w);
}
