// domain_share.c -- what ranks add up or compare: one small all-reduce in a step where nothing looks at the particles
// in between, and the rare ones. Decisions are taken from these numbers only, so that all ranks take the same.
#include "sim.h"
#include <stdio.h>
#include <string.h>

static brc_status combine(brc_sim* s, int64_t* values, int32_t sums, int32_t maxima)
{
    return brc_comm_combine(s->comm, values, sums, maxima);
}

brc_status brc_domain_max(brc_sim* s, double* value)
{
    int64_t bits = brc_bits_of(*value);
    BRC_TRY(combine(s, &bits, 0, 1));
    *value = brc_of_bits(bits);
    return BRC_OK;
}

brc_status brc_domain_any(brc_sim* s, bool* value)
{
    int64_t some = *value;
    BRC_TRY(combine(s, &some, 0, 1));
    *value = some != 0;
    return BRC_OK;
}

brc_status brc_domain_sum(brc_sim* s, int64_t* value) { return combine(s, value, 1, 0); }

brc_status brc_domain_lowest(brc_sim* s, int64_t* slot, bool* any)
{
    const int64_t mine = *slot >= 0 ? -s->id[*slot] : INT64_MIN;
    int64_t lowest = mine;
    BRC_TRY(combine(s, &lowest, 0, 1));
    *any = lowest > INT64_MIN;
    if (lowest != mine) *slot = -1;
    return BRC_OK;
}

brc_status brc_domain_speaker(brc_sim* s, bool wants, bool* speaks)
{
    int64_t first = wants ? -s->comm->rank : INT64_MIN;
    BRC_TRY(combine(s, &first, 0, 1));
    *speaks = wants && first == -s->comm->rank;
    return BRC_OK;
}

brc_status brc_domain_warn(brc_sim* s, bool speaker)
{
    char text[sizeof s->warning[0]] = "";
    int64_t who = speaker ? s->comm->rank : -1;
    const int room = (int)(sizeof s->warning / sizeof s->warning[0]);
    BRC_TRY(combine(s, &who, 0, 1));
    if (who < 0) return BRC_OK;
    if (speaker && s->warning_count)
        memcpy(text, s->warning[(s->warning_first + s->warning_count - 1) % room], sizeof text);
    BRC_TRY(brc_comm_broadcast(s->comm, text, sizeof text, (int32_t)who));
    if (!speaker && *text) brc_warn(s, "%s", text);
    return BRC_OK;
}

// ---- in a step -------------------------------------------------------------------------------------------

static int64_t stop_asked(void) { return (brc_interrupted() != 0) | (int64_t)brc_ask_waits() << 1; }

enum { FLAGS = 5 };
static uint32_t flags_of(const brc_sim* s, bool next)
{
    uint32_t flags = 0;
    for (int i = 0; i < s->worker_count; i++) flags |= next ? s->workers[i].next_flags : s->workers[i].flags;
    return flags;
}
static void put_flags(int64_t* to, uint32_t flags)
{
    for (int k = 0; k < FLAGS; k++) to[k] = flags >> k & 1;
}
static uint32_t get_flags(const int64_t* from)
{
    uint32_t flags = 0;
    for (int k = 0; k < FLAGS; k++) flags |= (uint32_t)(from[k] != 0) << k;
    return flags;
}

static double furthest(const brc_sim* s)
{
    double moved2 = 0;
    for (int i = 0; i < s->worker_count; i++) moved2 = s->workers[i].moved2 > moved2 ? s->workers[i].moved2 : moved2;
    return moved2;
}

brc_status brc_domain_enter(brc_sim* s, brc_status status)
{
    int64_t v[4] = {status != BRC_OK, !s->lists_valid, brc_bits_of(s->drift), stop_asked()};
    BRC_TRY(combine(s, v, 0, 4));
    if (v[0]) return brc_comm_agree(s->comm, status);
    if (v[1]) s->lists_valid = false;
    s->drift = brc_of_bits(v[2]);
    s->domain.stop = v[3];
    return BRC_OK;
}

brc_status brc_domain_share_motion(brc_sim* s)
{
    int64_t v[1 + FLAGS] = {brc_bits_of(furthest(s))};
    put_flags(v + 1, flags_of(s, false));
    BRC_TRY(combine(s, v, 0, 1 + FLAGS));
    s->domain.moved2 = brc_of_bits(v[0]);
    s->domain.flags = get_flags(v + 1);
    return BRC_OK;
}

brc_status brc_domain_share_flags(brc_sim* s)
{
    int64_t v[FLAGS];
    put_flags(v, flags_of(s, false));
    BRC_TRY(combine(s, v, 0, FLAGS));
    s->domain.flags = get_flags(v);
    return BRC_OK;
}

// Sizes of what has been added, for a guard: in units of 2^10 quanta, bounded so that ranks add up.
static int64_t coarse(double size) { return size < 0x1p62 ? (int64_t)(size * 0x1p-10) : (int64_t)1 << 52; }

enum { WALL_SUMS = 11 + BRC_MAX_LAW_FIELDS };
static void put_wall(int64_t* to, const wall_sum* w)
{
    memcpy(to, w->force, sizeof w->force), memcpy(to + 3, w->torque, sizeof w->torque);
    to[6] = w->contacts, to[7] = w->belt, to[8] = w->radial;
    to[9] = coarse(w->sizes[0]), to[10] = coarse(w->sizes[1]);
    memcpy(to + 11, w->flux, sizeof w->flux);
}
static void get_wall(const int64_t* from, wall_sum* w)
{
    memcpy(w->force, from, sizeof w->force), memcpy(w->torque, from + 3, sizeof w->torque);
    w->contacts = from[6], w->belt = from[7], w->radial = from[8];
    w->sizes[0] = (double)from[9] * 0x1p10, w->sizes[1] = (double)from[10] * 0x1p10;
    memcpy(w->flux, from + 11, sizeof w->flux);
}

static brc_status reserve(brc_sim* s)
{
    sim_domain* d = &s->domain;
    const int32_t need = 64 + WALL_SUMS * s->wall_count;
    if (d->wall_room < s->wall_count) {
        brc_free(d->walls);
        d->walls = BRC_NEW(s->wall_count, wall_sum);
        d->wall_room = d->walls ? s->wall_count : 0;
        BRC_CHECK(d->walls, BRC_ERR_MEMORY, "no memory for the sums of %d walls", s->wall_count);
    }
    if (d->value_room >= need) return BRC_OK;
    brc_free(d->values);
    d->values = BRC_NEW(need, int64_t);
    d->value_room = d->values ? need : 0;
    BRC_CHECK(d->values, BRC_ERR_MEMORY, "no memory for what ranks add up");
    return BRC_OK;
}

brc_status brc_domain_share(brc_sim* s, bool walls, brc_status status)
{
    sim_domain* d = &s->domain;
    int32_t n = 0;
    double overlap = 0;
    BRC_TRY(reserve(s)); // of a few bytes: when that fails the rank aborts all
    int64_t* v = d->values;
    v[n++] = s->leaving_count - s->astray_count;
    v[n++] = s->astray_count;
    for (int k = 0; k < 9 && s->cell.ordered; k++, n++) {
        v[n] = 0;
        for (int i = 0; i < s->worker_count; i++) v[n] += s->workers[i].virial[k];
    }
    for (int32_t k = 0; k < s->wall_count; k++)
        if (walls || brc_boundary_needs(s, k)) {
            brc_boundary_local(s, k, &d->walls[k]);
            put_wall(v + n, &d->walls[k]);
            n += WALL_SUMS;
        }
    const int32_t sums = n;
    v[n++] = status != BRC_OK;
    v[n++] = brc_bits_of(s->moved_on ? furthest(s) : 0);
    for (int i = 0; i < s->worker_count; i++)
        overlap = s->workers[i].overlap > overlap ? s->workers[i].overlap : overlap;
    v[n++] = brc_bits_of(overlap);
    v[n++] = stop_asked();
    put_flags(v + n, flags_of(s, false)), n += FLAGS;
    put_flags(v + n, s->moved_on ? flags_of(s, true) : 0), n += FLAGS;
    BRC_TRY(combine(s, v, sums, n - sums));
    n = 0;
    d->leaving = v[n++];
    d->astray = v[n++];
    for (int k = 0; k < 9 && s->cell.ordered; k++) s->cell.shared[k] = v[n++];
    for (int32_t k = 0; k < s->wall_count; k++)
        if (walls || brc_boundary_needs(s, k)) get_wall(v + n, &d->walls[k]), n += WALL_SUMS;
    if (v[n++]) return brc_comm_agree(s->comm, status);
    d->moved2 = brc_of_bits(v[n++]);
    d->overlap = brc_of_bits(v[n++]);
    d->stop = v[n++];
    d->flags = get_flags(v + n), n += FLAGS;
    d->next_flags = get_flags(v + n);
    return BRC_OK;
}

// ---- at a rebuild ----------------------------------------------------------------------------------------

brc_status brc_domain_share_sizes(brc_sim* s)
{
    sim_domain* d = &s->domain;
    double sum = 0, largest = 0, extent = 0;
    int64_t count = 0;
    for (int k = 0; k < 3; k++) extent = fmax(extent, s->hi[k] - s->lo[k]);
    for (int64_t i = 0; i < s->count; i++) {
        const double r = s->pos[4 * i + 3];
        if (!(r > 0)) continue;
        sum += r, count++;
        largest = r > largest ? r : largest;
    }
    const double unit = extent * 0x1p-32; // of the mean radius, which only caches go by
    int64_t v[3] = {count, (int64_t)(sum / unit), brc_bits_of(largest)};
    BRC_TRY(combine(s, v, 2, 1));
    s->radius_max = brc_of_bits(v[2]);
    d->mean_radius = v[0] ? (double)v[1] * unit / (double)v[0] : s->radius_max;
    if (!(d->mean_radius > 0)) d->mean_radius = s->radius_max;
    return BRC_OK;
}

brc_status brc_domain_speeds(brc_sim* s, double* sum, double* living, double* most)
{
    double extent = 0;
    for (int k = 0; k < 3; k++) extent = fmax(extent, s->hi[k] - s->lo[k]);
    const double unit = extent * 0x1p-40 / s->dt; // an unit of way in a step: caches go by it, no result
    int64_t v[3] = {*sum < 0x1p60 * unit ? (int64_t)(*sum / unit) : (int64_t)1 << 60, (int64_t)*living,
                    brc_bits_of(*most)};
    BRC_TRY(combine(s, v, 2, 1));
    *sum = (double)v[0] * unit, *living = (double)v[1], *most = brc_of_bits(v[2]);
    return BRC_OK;
}
