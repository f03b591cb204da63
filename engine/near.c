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

int64_t brc_near_count(const worker* w)
{
    int64_t count = 0;
    for (int l = 0; l < BRC_NEAR_LISTS; l++) count += w->near[l].count;
    return count;
}

void brc_near_free(worker* w)
{
    for (int l = 0; l < BRC_NEAR_LISTS; l++) near_free(&w->near[l]), near_free(&w->old_near[l]);
    for (int l = 0; l < BRC_NEAR_LISTS; l++) brc_free(w->from[l]), w->from[l] = NULL, w->from_capacity[l] = 0;
    brc_free(w->fresh), brc_free(w->fresh_from), brc_free(w->seen);
    w->fresh = w->seen = NULL, w->fresh_from = NULL;
    w->fresh_room = w->fresh_blocks = w->fresh_blocks_room = w->seen_room = 0;
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
    brc_domain_forget(s);
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

// touches: as far as is known; contacts are found in either list.
static int kind_of(const worker* w, int64_t row, bool touches)
{
    const int32_t a = w->pairs.a[row], b = w->pairs.b[row];
    const bool inside =
        row < w->pairs.ordered && a >= w->list_begin && a < w->list_end && b >= w->list_begin && b < w->list_end;
    return !inside ? BRC_BORDER : touches ? BRC_INSIDE : BRC_APART;
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

// Room in a near list, and for notes of where its pairs are in old ones.
static brc_status reserve_from(const brc_sim* s, worker* w, int l, int64_t capacity)
{
    if (capacity > w->from_capacity[l]) {
        const int64_t size = capacity + capacity / 8 + 256;
        BRC_TRY(brc_grow_unset((void**)&w->from[l], (size_t)w->near[l].count * sizeof(int32_t),
                               (size_t)size * sizeof(int32_t)));
        w->from_capacity[l] = size;
    }
    return brc_near_reserve(s, &w->near[l], capacity);
}

// As put, and notes where the pair is in the old lists, see place_in.
static brc_status put_from(const brc_sim* s, worker* w, int l, int64_t row, int32_t from)
{
    BRC_TRY(reserve_from(s, w, l, w->near[l].count + 1));
    w->from[l][w->near[l].count] = from;
    return put(s, w, l, row);
}

// Where a pair of an old list is: one number, as pairs inside the range move between two lists. -1: nowhere.
static int32_t place_in(int l, int64_t k) { return l == BRC_APART ? -2 - (int32_t)k : (int32_t)k; }

// Passes the old lists up to this row, and answers where it is in them. Pairs inside the range stand in two lists, each
// in the order of rows; so does what is passed. Touching pairs stay whatever their distance: a script that looks
// between two steps must change nothing.
static brc_status pass(const brc_sim* s, worker* w, bool border, int64_t row, int64_t at[], int32_t* from)
{
    *from = -1;
    for (;;) {
        int l = border ? BRC_BORDER : BRC_INSIDE;
        if (!border && at[BRC_APART] < w->old_near[BRC_APART].count &&
            (at[l] >= w->old_near[l].count || w->old_near[BRC_APART].row[at[BRC_APART]] < w->old_near[l].row[at[l]]))
            l = BRC_APART;
        const near_list* old = &w->old_near[l];
        if (at[l] >= old->count || old->row[at[l]] > row) return BRC_OK;
        const int64_t k = at[l]++;
        if (old->row[k] == row) {
            *from = place_in(l, k);
            return BRC_OK;
        }
        if (old->touching[k]) BRC_TRY(put_from(s, w, border ? BRC_BORDER : BRC_INSIDE, old->row[k], place_in(l, k)));
    }
}

static bool touched(const worker* w, bool border, int32_t from)
{
    if (from == -1) return false;
    return from < 0 ? w->old_near[BRC_APART].touching[-2 - from]
                    : w->old_near[border ? BRC_BORDER : BRC_INSIDE].touching[from];
}

static brc_status merge(brc_sim* s, worker* w)
{
    int32_t picked[PICK], from;
    uint8_t touches[PICK];
    int64_t at[BRC_NEAR_LISTS] = {0};
    for (int64_t first = 0; first < w->pairs.count; first += PICK) {
        const int64_t left = w->pairs.count - first;
        const int n = s->kernels.pick(s, w, first, left < PICK ? (int)left : PICK, picked, touches);
        for (int k = 0; k < n; k++) {
            const bool border = kind_of(w, picked[k], false) == BRC_BORDER;
            BRC_TRY(pass(s, w, border, picked[k], at, &from));
            const int l = kind_of(w, picked[k], touches[k] || touched(w, border, from));
            BRC_TRY(put_from(s, w, l, picked[k], from));
        }
    }
    BRC_TRY(pass(s, w, true, INT64_MAX, at, &from));
    return pass(s, w, false, INT64_MAX, at, &from);
}

static brc_status reserve_fresh(worker* w, int64_t slots)
{
    if (slots > w->seen_room) {
        BRC_TRY(brc_grow_unset((void**)&w->seen, 0, (size_t)slots * sizeof(int32_t)));
        w->seen_room = slots;
    }
    if (w->fresh_blocks + 1 > w->fresh_blocks_room) {
        const int64_t size = w->fresh_blocks + w->fresh_blocks / 8 + 8;
        BRC_TRY(brc_grow_unset((void**)&w->fresh_from, 0, (size_t)size * sizeof(int64_t)));
        w->fresh_blocks_room = size;
    }
    return BRC_OK;
}

enum { KEPT = 4 }; // blocks for which the first level of the cache surely keeps a particle

// Notes which slots each block is the first to want for a while.
static brc_status note_fresh(worker* w)
{
    const near_list* list = &w->near[BRC_INSIDE];
    const int64_t slots = w->list_end - w->list_begin;
    int64_t count = 0;
    w->fresh_blocks = (list->count + BRC_BLOCK - 1) / BRC_BLOCK;
    BRC_TRY(reserve_fresh(w, slots));
    for (int64_t i = 0; i < slots; i++) w->seen[i] = -KEPT - 1;
    for (int64_t block = 0; block < w->fresh_blocks; block++) {
        const int64_t end = (block + 1) * BRC_BLOCK < list->count ? (block + 1) * BRC_BLOCK : list->count;
        if (count + 2 * BRC_BLOCK > w->fresh_room) {
            const int64_t size = 2 * count + slots + 2 * BRC_BLOCK;
            BRC_TRY(brc_grow_unset((void**)&w->fresh, (size_t)count * sizeof(int32_t), (size_t)size * sizeof(int32_t)));
            w->fresh_room = size;
        }
        w->fresh_from[block] = count;
        for (int64_t k = block * BRC_BLOCK; k < end; k++)
            for (int side = 0; side < 2; side++) {
                const int32_t slot = side ? list->b[k] : list->a[k];
                int32_t* seen = &w->seen[slot - w->list_begin];
                w->fresh[count] = slot;
                count += block - *seen > KEPT;
                *seen = (int32_t)block;
            }
    }
    w->fresh_from[w->fresh_blocks] = count;
    return BRC_OK;
}

static void carry32(uint32_t* to, const uint32_t* old, const uint32_t* apart, const int32_t* from, int64_t n)
{
    for (int64_t k = 0; k < n; k++) to[k] = from[k] >= 0 ? old[from[k]] : from[k] < -1 ? apart[-2 - from[k]] : 0;
}

static void carry64(uint64_t* to, const uint64_t* old, const uint64_t* apart, const int32_t* from, int64_t n)
{
    for (int64_t k = 0; k < n; k++) to[k] = from[k] >= 0 ? old[from[k]] : from[k] < -1 ? apart[-2 - from[k]] : 0;
}

void brc_near_refill(brc_sim* s, worker* w)
{
    for (int l = 0; l < BRC_NEAR_LISTS; l++) w->near[l].count = 0;
    w->status = merge(s, w);
    if (w->status != BRC_OK) return;
    for (int l = 0; l < BRC_NEAR_LISTS; l++) {
        near_list* list = &w->near[l];
        const near_list *old = &w->old_near[l == BRC_APART ? BRC_INSIDE : l], *apart = &w->old_near[BRC_APART];
        const int32_t* from = w->from[l];
        for (int64_t k = 0; k < list->count; k++) list->touching[k] = touched(w, l == BRC_BORDER, from[k]);
        for (int h = 0; h < s->history_count; h++) {
            if (s->real == 4) carry32(list->history[h], old->history[h], apart->history[h], from, list->count);
            else carry64(list->history[h], old->history[h], apart->history[h], from, list->count);
        }
    }
    w->status = note_fresh(w);
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

void brc_near_settle(brc_sim* s)
{
    for (int i = 0; i < s->worker_count; i++)
        for (int l = 0; l < BRC_NEAR_LISTS; l++) {
            near_list* list = &s->workers[i].near[l];
            for (int64_t k = 0; k < list->count; k++)
                if (!brc_near_kept(s, &s->workers[i], list, k)) list->a[k] = -1;
        }
    s->lists_renumbered = true;
}

// Of the two copies of a contact across ranges, that of the owner of the lower id; of one with a ghost there is one
// copy on this rank.
bool brc_near_kept(const brc_sim* s, const worker* w, const near_list* list, int64_t k)
{
    const int32_t a = list->a[k];
    return list->touching[k] && a >= 0 && list->b[k] >= 0 &&
           (s->lists_renumbered || (a >= w->list_begin && a < w->list_end) || a >= s->count);
}

static bool touch_kept(const wall_touch* t) { return t->slot >= 0; }

static brc_status reserve_carry(brc_sim* s, int64_t total)
{
    if (s->carry_capacity >= total) return BRC_OK;
    brc_free(s->carry_list), brc_free(s->carry_index), brc_free(s->carry_other);
    s->carry_capacity = total + total / 4;
    s->carry_list = BRC_NEW(s->carry_capacity, int32_t);
    s->carry_index = BRC_NEW(s->carry_capacity, int32_t);
    s->carry_other = BRC_NEW(s->carry_capacity, int32_t);
    const bool all = s->carry_list && s->carry_index && s->carry_other;
    if (!all) s->carry_capacity = 0;
    BRC_CHECK(all, BRC_ERR_MEMORY, "no memory to carry %" PRId64 " contacts", total);
    return BRC_OK;
}

// Counts a pair that is to be carried for those who will list it.
static void expect(brc_sim* s, int32_t a, int32_t b)
{
    int of_a = 0, of_b = 0;
    if (a >= s->count) a = b; // a ghost
    if (b >= s->count) b = a;
    for (int i = 1; i < s->worker_count; i++) of_a += a >= s->workers[i].begin, of_b += b >= s->workers[i].begin;
    s->workers[of_a].expected++;
    if (of_b != of_a) s->workers[of_b].expected++;
}

// Sorts the touching contacts of the old lists by the slot of the lower id: entries carry_start[a] .. carry_start[a +
// 1].
brc_status brc_near_collect(brc_sim* s)
{
    const int64_t count = s->count + s->ghosts;
    if (s->carry_slots < count + 2) {
        brc_free(s->carry_start);
        s->carry_slots = s->capacity + 2;
        s->carry_start = BRC_NEW(2 * s->carry_slots, int32_t);
        BRC_CHECK(s->carry_start, BRC_ERR_MEMORY, "no memory to carry contacts");
    }
    // Two tables in one array: pairs first, then touches of walls, whose entries follow those of all pairs.
    int32_t *start = s->carry_start, *touch = s->carry_start + s->carry_slots;
    s->touch_start = touch;
    memset(start, 0, (size_t)(2 * s->carry_slots) * sizeof(int32_t));
    for (int i = 0; i < s->worker_count; i++) s->workers[i].expected = 0;
    for (int i = 0; i < s->worker_count; i++) {
        const worker* w = &s->workers[i];
        for (int l = 0; l < BRC_NEAR_LISTS; l++)
            for (int64_t k = 0; k < w->old_near[l].count; k++) {
                if (!brc_near_kept(s, w, &w->old_near[l], k)) continue;
                start[w->old_near[l].a[k] + 1]++;
                expect(s, w->old_near[l].a[k], w->old_near[l].b[k]);
            }
        for (int64_t k = 0; k < w->old_touches.count; k++)
            if (touch_kept(&w->old_touches.touch[k])) touch[w->old_touches.touch[k].slot + 1]++;
    }
    for (int64_t c = 0; c < count; c++) start[c + 1] += start[c];
    touch[0] = start[count];
    for (int64_t c = 0; c < count; c++) touch[c + 1] += touch[c];
    BRC_TRY(reserve_carry(s, touch[count]));
    // Filling moves each start to its end, which is the next one's start: shifted back below.
    for (int i = 0; i < s->worker_count; i++) {
        const worker* w = &s->workers[i];
        for (int l = 0; l < BRC_NEAR_LISTS; l++)
            for (int64_t k = 0; k < w->old_near[l].count; k++)
                if (brc_near_kept(s, w, &w->old_near[l], k)) {
                    int32_t at = start[w->old_near[l].a[k]]++;
                    s->carry_list[at] = BRC_NEAR_LISTS * i + l, s->carry_index[at] = (int32_t)k;
                    s->carry_other[at] = w->old_near[l].b[k];
                }
        for (int64_t k = 0; k < w->old_touches.count; k++)
            if (touch_kept(&w->old_touches.touch[k])) {
                int32_t at = touch[w->old_touches.touch[k].slot]++;
                s->carry_list[at] = i, s->carry_index[at] = (int32_t)k;
            }
    }
    memmove(start + 1, start, (size_t)count * sizeof(int32_t));
    start[0] = 0;
    int32_t first_touch = start[count];
    memmove(touch + 1, touch, (size_t)count * sizeof(int32_t));
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

// Which of those that were collected is the contact of a and b; -1: none.
static inline int32_t carried(const brc_sim* s, int32_t a, int32_t b)
{
    for (int32_t e = s->carry_start[a]; e < s->carry_start[a + 1]; e++)
        if (s->carry_other[e] == b) return e;
    return -1;
}

// Appends rows of the list of pairs, with where their contacts are among those collected.
static brc_status put_rows(const brc_sim* s, worker* w, const int32_t* row, const uint8_t* touches, int n)
{
    for (int l = 0; l < BRC_NEAR_LISTS; l++) {
        const int64_t count = w->near[l].count + n, most = w->near[l].capacity;
        const bool fits = count <= most && count <= w->from_capacity[l];
        if (!fits) BRC_TRY(reserve_from(s, w, l, count < 32768 ? 2 * count : count)); // short ones grow fast
    }
    for (int k = 0; k < n; k++) {
        const int32_t a = w->pairs.a[row[k]], b = w->pairs.b[row[k]], from = carried(s, a, b);
        const int l = kind_of(w, row[k], from >= 0 || (touches && touches[k]));
        near_list* list = &w->near[l];
        list->a[list->count] = a;
        list->b[list->count] = b;
        list->row[list->count] = row[k];
        w->from[l][list->count++] = from;
        w->expected -= from >= 0;
    }
    return BRC_OK;
}

// As put_rows, with all that the kernel picks, and if asked for with all that touch.
static brc_status put_picked(brc_sim* s, worker* w, bool touching)
{
    int32_t picked[PICK], both[PICK];
    uint8_t touches[PICK];
    for (int l = 0; l < BRC_NEAR_LISTS; l++) w->near[l].count = 0;
    for (int64_t first = 0; first < w->pairs.count; first += PICK) {
        const int64_t left = w->pairs.count - first, end = left < PICK ? w->pairs.count : first + PICK;
        const int n = s->kernels.pick(s, w, first, (int)(end - first), picked, touches);
        int next = 0, count = 0;
        for (int64_t row = first; row < end && touching; row++) {
            const bool is_picked = next < n && picked[next] == row;
            next += is_picked;
            if (is_picked || carried(s, w->pairs.a[row], w->pairs.b[row]) >= 0) both[count++] = (int32_t)row;
        }
        BRC_TRY(touching ? put_rows(s, w, both, NULL, count) : put_rows(s, w, picked, touches, n));
    }
    return BRC_OK;
}

static void carry_histories(brc_sim* s, worker* w, int l)
{
    near_list* list = &w->near[l];
    const int32_t* from = w->from[l];
    for (int64_t k = 0; k < list->count; k++) list->touching[k] = from[k] >= 0;
    for (int h = 0; h < s->history_count; h++)
        for (int64_t k = 0; k < list->count; k++) {
            const int32_t e = from[k];
            if (e < 0) {
                if (s->real == 4) ((float*)list->history[h])[k] = 0;
                else ((double*)list->history[h])[k] = 0;
                continue;
            }
            const int32_t of = s->carry_list[e], at = s->carry_index[e];
            const void* old = s->workers[of / BRC_NEAR_LISTS].old_near[of % BRC_NEAR_LISTS].history[h];
            if (s->real == 4) ((float*)list->history[h])[k] = ((const float*)old)[at];
            else ((double*)list->history[h])[k] = ((const double*)old)[at];
        }
}

// Those that touch are near: only where a script has parted them is every row looked up.
static brc_status fill(brc_sim* s, worker* w)
{
    const int64_t expected = w->expected;
    BRC_TRY(put_picked(s, w, false));
    if (w->expected != 0) {
        w->expected = expected;
        BRC_TRY(put_picked(s, w, true));
    }
    for (int l = 0; l < BRC_NEAR_LISTS; l++) carry_histories(s, w, l);
    return BRC_OK;
}

void brc_near_fill(brc_sim* s, worker* w)
{
    // Growing copies: room for as many as come in a packing. What is not used up is never touched.
    w->status = reserve_from(s, w, BRC_INSIDE, w->pairs.count / 2);
    if (w->status == BRC_OK) w->status = reserve_from(s, w, BRC_APART, w->pairs.count / 6);
    if (w->status == BRC_OK) w->status = fill(s, w);
    if (w->status == BRC_OK) w->status = note_fresh(w);
}
