// wall_lists.c -- which walls each particle may touch soon: lists for as long as those of pairs (neighbours.c), and
// from these the few that may be touched within some steps, as near.c has of pairs. Caches.
#include "sim.h"
#include <stdlib.h>
#include <string.h>

void brc_wall_list_free(wall_list* list)
{
    brc_free(list->candidate), brc_free(list->hint);
    memset(list, 0, sizeof *list);
}

static brc_status reserve_hints(wall_list* list, int64_t more)
{
    if (list->hint_count + more <= list->hint_capacity) return BRC_OK;
    const int64_t size = 2 * list->hint_capacity + more + 1024;
    BRC_TRY(
        brc_grow((void**)&list->hint, (size_t)list->hint_count * sizeof(uint32_t), (size_t)size * sizeof(uint32_t)));
    list->hint_capacity = size;
    return BRC_OK;
}

static int compare_hint(const void* a, const void* b)
{
    uint32_t x = *(const uint32_t*)a, y = *(const uint32_t*)b;
    return (x > y) - (x < y);
}

// The hints from `first` on are those of a particle and a wall, found at so many places: each once, ascending.
static brc_status add_candidate(wall_list* list, int32_t slot, int32_t wall, int64_t first, int places)
{
    if (list->hint_count == first) return BRC_OK;
    if (places > 1) {
        uint32_t* h = list->hint + first;
        int64_t kept = 1, all = list->hint_count - first;
        qsort(h, (size_t)all, sizeof *h, compare_hint);
        for (int64_t q = 1; q < all; q++)
            if (h[q] != h[kept - 1]) h[kept++] = h[q];
        list->hint_count = first + kept;
    }
    if (list->count == list->capacity) {
        const int64_t size = 2 * list->capacity + 256;
        BRC_TRY(brc_grow((void**)&list->candidate, (size_t)list->count * sizeof(wall_candidate),
                         (size_t)size * sizeof(wall_candidate)));
        list->capacity = size;
    }
    list->candidate[list->count++] = (wall_candidate){slot, wall, first, (int32_t)(list->hint_count - first)};
    return BRC_OK;
}

// Where a particle meets walls while it moves no further than `room`. Walls have no periodic images, so one that
// crosses a periodic face meets other parts of them on the far side.
static int places_of(const brc_sim* s, int32_t i, double room, double place[27][3])
{
    const double* x = s->pos + 4 * (int64_t)i;
    int places = 1;
    memcpy(place[0], x, sizeof place[0]);
    for (int k = 0; k < 3; k++) {
        if (!s->options.periodic[k]) continue;
        int before = places;
        double shift[2] = {x[k] - s->lo[k] <= room ? s->length[k] : 0, s->hi[k] - x[k] <= room ? -s->length[k] : 0};
        for (int side = 0; side < 2; side++)
            for (int p = 0; p < before && shift[side] != 0; p++) {
                memcpy(place[places], place[p], sizeof place[p]);
                place[places++][k] += shift[side];
            }
    }
    return places;
}

// Appends the hints of one wall for a sphere at x.
static brc_status add_hints(wall_list* list, const brc_wall* wall, vec3 x, double radius, double reach)
{
    for (int count = 0;;) {
        const int64_t room = list->hint_capacity - list->hint_count;
        uint32_t* at = list->hint ? list->hint + list->hint_count : NULL;
        count = brc_wall_near(wall, x, radius, reach, at, room > INT32_MAX ? INT32_MAX : (int)room);
        if (count <= room) {
            list->hint_count += count;
            return BRC_OK;
        }
        BRC_TRY(reserve_hints(list, count));
    }
}

brc_status brc_walls_list(const brc_sim* s, wall_list* list, int32_t i, double more)
{
    const double radius = s->pos[4 * (int64_t)i + 3], room = brc_room(s, i, s->skin), reach = room + s->reach + more;
    double place[27][3];
    if (!s->wall_count) return BRC_OK;
    const int places = places_of(s, i, room, place);
    for (int32_t k = 0; k < s->wall_count; k++) {
        const int64_t first = list->hint_count;
        if (!s->walls[k].wall) continue;
        for (int p = 0; p < places; p++)
            BRC_TRY(add_hints(list, s->walls[k].wall, v3_from(place[p]), radius, reach + s->walls[k].room));
        BRC_TRY(add_candidate(list, i, k, first, places));
    }
    return BRC_OK;
}

// [m] that a wall may move while the near lists hold.
static double near_room(const brc_sim* s, const wall_slot* slot)
{
    return s->skin > 0 ? slot->room * (s->near_skin / s->skin) : 0;
}

brc_status brc_walls_pick(const brc_sim* s, const wall_list* from, wall_list* to)
{
    to->count = to->hint_count = 0;
    for (int64_t c = 0; c < from->count; c++) {
        const wall_candidate* q = &from->candidate[c];
        const wall_slot* slot = &s->walls[q->wall];
        const double radius = s->pos[4 * (int64_t)q->slot + 3], room = brc_room(s, q->slot, s->near_skin);
        const int64_t first = to->hint_count;
        double place[27][3];
        if (!(radius > 0) || !slot->wall) continue;
        const int places = places_of(s, q->slot, room, place);
        BRC_TRY(reserve_hints(to, (int64_t)places * q->hint_count));
        for (int p = 0; p < places; p++)
            to->hint_count +=
                brc_wall_still_near(slot->wall, v3_from(place[p]), radius, room + s->reach + near_room(s, slot),
                                    from->hint + q->hint_begin, q->hint_count, to->hint + to->hint_count);
        BRC_TRY(add_candidate(to, q->slot, q->wall, first, places));
    }
    return BRC_OK;
}

brc_status brc_walls_append(wall_list* to, const wall_list* from, int64_t first)
{
    for (int64_t c = first; c < from->count; c++) {
        const wall_candidate* q = &from->candidate[c];
        const int64_t begin = to->hint_count;
        BRC_TRY(reserve_hints(to, q->hint_count));
        memcpy(to->hint + begin, from->hint + q->hint_begin, (size_t)(unsigned)q->hint_count * sizeof(uint32_t));
        to->hint_count += q->hint_count;
        BRC_TRY(add_candidate(to, q->slot, q->wall, begin, 1));
    }
    return BRC_OK;
}

// ---- how far walls have moved ----------------------------------------------------------------------------

double brc_walls_moved(const brc_sim* s)
{
    double most = 0;
    for (int k = 0; k < s->wall_count; k++) {
        if (!s->walls[k].wall || !brc_wall_moves(s->walls[k].wall)) continue;
        double m = brc_wall_moved(s->walls[k].wall, v3_from(s->lo), v3_from(s->hi));
        most = m > most ? m : most;
    }
    return most;
}

bool brc_walls_hold(const brc_sim* s)
{
    for (int k = 0; k < s->wall_count; k++) {
        const wall_slot* slot = &s->walls[k];
        if (slot->wall && brc_wall_moves(slot->wall) &&
            !(brc_wall_moved(slot->wall, v3_from(s->lo), v3_from(s->hi)) < slot->room))
            return false;
    }
    return true;
}

bool brc_walls_hold_near(const brc_sim* s)
{
    for (int k = 0; k < s->wall_count; k++) {
        const wall_slot* slot = &s->walls[k];
        if (slot->wall && brc_wall_moves(slot->wall) &&
            !(brc_wall_moved_near(slot->wall, v3_from(s->lo), v3_from(s->hi)) < near_room(s, slot)))
            return false;
    }
    return true;
}

void brc_walls_mark(brc_sim* s, bool lists)
{
    for (int k = 0; k < s->wall_count; k++) {
        if (!s->walls[k].wall) continue;
        if (lists) brc_wall_mark(s->walls[k].wall);
        brc_wall_mark_near(s->walls[k].wall);
    }
}
