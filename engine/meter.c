// meter.c -- counts what crosses a plane: particles, mass and momentum, each way. The side of a particle is a function
// of its place alone, so one that moves to and fro is counted each time, and none twice or never.
#include "sim.h"
#include <stdlib.h>
#include <string.h>

static brc_status find(const brc_sim* s, int32_t number, meter** out)
{
    BRC_CHECK(number >= 0 && number < s->meter_count && !s->meters[number].removed, BRC_ERR_ARGUMENT,
              "there is no meter %d", number);
    *out = &s->meters[number];
    return BRC_OK;
}

brc_status brc_meter_add(brc_sim* s, const double point[3], const double normal[3], double radius, int32_t* number)
{
    vec3 n = v3_from(normal);
    double size = sqrt(v3_dot(n, n));
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "meters cannot be added in the middle of a step");
    BRC_CHECK(size > 0 && size < 1e100, BRC_ERR_ARGUMENT, "normal must not be zero, got (%g, %g, %g)", n.x, n.y, n.z);
    BRC_CHECK(radius >= 0 && radius < 1e9, BRC_ERR_ARGUMENT, "radius must be >= 0 m, got %g", radius);
    for (int k = 0; k < 3; k++)
        BRC_CHECK(fabs(point[k]) < 1e9, BRC_ERR_ARGUMENT, "point must be finite, got %g m", point[k]);
    size_t old = (size_t)s->meter_count;
    BRC_TRY(brc_grow((void**)&s->meters, old * sizeof(meter), (old + 1) * sizeof(meter)));
    s->meters[old] = (meter){.point = v3_from(point), .normal = v3_scale(1 / size, n), .radius = radius};
    *number = s->meter_count++;
    s->meters_open++;
    return BRC_OK;
}

brc_status brc_meter_remove(brc_sim* s, int32_t number)
{
    meter* m;
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "meters cannot be removed in the middle of a step");
    BRC_TRY(find(s, number, &m));
    m->removed = true;
    s->meters_open--;
    return BRC_OK;
}

brc_status brc_meter_get(const brc_sim* s, int32_t number, brc_meter_state* out)
{
    BRC_CHECK(number >= 0 && number < s->meter_count, BRC_ERR_ARGUMENT, "there is no meter %d", number);
    *out = s->meters[number].state;
    return BRC_OK;
}

// ---- in a step -------------------------------------------------------------------------------------------

static void copy_places(brc_sim* s, worker* w)
{
    for (int64_t i = w->begin; i < w->end; i++) memcpy(s->meter_from + 3 * i, s->pos + 4 * i, 3 * sizeof(double));
}

brc_status brc_meters_mark(brc_sim* s)
{
    if (!s->meters_open) return BRC_OK;
    if (s->meter_room < s->count) {
        brc_free(s->meter_from);
        s->meter_from = BRC_NEW(3 * s->capacity, double);
        s->meter_room = s->meter_from ? s->capacity : 0;
        BRC_CHECK(s->meter_from, BRC_ERR_MEMORY, "no memory for meters");
    }
    brc_parallel(s, copy_places);
    return BRC_OK;
}

// 1: crossed along the normal on the way from a to b, -1: against it, 0: not.
static int crossing(const meter* m, vec3 a, vec3 b)
{
    double before = v3_dot(m->normal, v3_sub(a, m->point)), after = v3_dot(m->normal, v3_sub(b, m->point));
    if ((before >= 0) == (after >= 0)) return 0;
    if (m->radius > 0) {
        vec3 at = v3_add(a, v3_scale(before / (before - after), v3_sub(b, a))), off = v3_sub(at, m->point);
        if (v3_dot(off, off) > m->radius * m->radius) return 0;
    }
    return after >= 0 ? 1 : -1;
}

static void find_crossing(brc_sim* s, worker* w)
{
    for (int64_t i = w->begin; i < w->end; i++) {
        const double *x = s->pos + 4 * i, *y = s->meter_from + 3 * i;
        if (!(x[3] > 0)) continue;
        double d[3] = {x[0] - y[0], x[1] - y[1], x[2] - y[2]};
        const double straight[3] = {d[0], d[1], d[2]};
        brc_nearest(s, d);
        const bool wrapped = memcmp(d, straight, sizeof d) != 0; // then the way lies on both sides of the cell
        vec3 from = v3_from(y), to = v3_from(x), way = v3_from(d);
        for (int32_t k = 0; k < s->meter_count; k++) {
            const meter* m = &s->meters[k];
            if (m->removed) continue;
            int sign = crossing(m, from, wrapped ? v3_add(from, way) : to);
            if (!sign && wrapped) sign = crossing(m, v3_sub(to, way), to);
            if (!sign) continue;
            brc_passer_note(w, i, 2 * k + (sign < 0));
        }
    }
}

typedef struct crosser {
    int64_t id, what;
    double mass, momentum[3];
} crosser;

static int crosser_by_id(const void* pa, const void* pb)
{
    const crosser *a = pa, *b = pb;
    if (a->id != b->id) return a->id < b->id ? -1 : 1;
    return (a->what > b->what) - (a->what < b->what);
}

static void count_one(brc_sim* s, const crosser* q)
{
    brc_meter_state* m = &s->meters[q->what / 2].state;
    const int way = (int)(q->what % 2);
    m->count[way]++;
    m->mass[way] += q->mass;
    for (int c = 0; c < 3; c++) m->momentum[3 * way + c] += q->momentum[c];
}

static crosser crosser_of(const brc_sim* s, const passer* p)
{
    crosser q = {s->id[p->slot], p->what, s->mass[p->slot], {0}};
    for (int c = 0; c < 3; c++)
        q.momentum[c] = q.mass * brc_real_get(s, s->vel, BRC_MOTION * (int64_t)p->slot + BRC_MEAN + c);
    return q;
}

// What crosses on any rank, on all of them in the order of ids.
static brc_status count_shared(brc_sim* s, const passer* some, int64_t count, brc_status status)
{
    void* gathered = NULL;
    int64_t total = 0;
    bool any = count > 0 || status != BRC_OK;
    BRC_TRY(brc_domain_any(s, &any));
    if (!any) return BRC_OK;
    crosser* mine = BRC_NEW(count + 1, crosser);
    if (status == BRC_OK && !mine) {
        brc_error_set(__FILE__, __LINE__, __func__, "no memory for what passes meters");
        status = BRC_ERR_MEMORY;
    }
    for (int64_t k = 0; k < count && mine; k++) mine[k] = crosser_of(s, &some[k]);
    status = brc_comm_agree(s->comm, status);
    if (status == BRC_OK) status = brc_comm_gather(s->comm, mine, count, sizeof(crosser), &gathered, &total);
    if (status == BRC_OK) {
        qsort(gathered, (size_t)total, sizeof(crosser), crosser_by_id);
        for (int64_t k = 0; k < total; k++) count_one(s, (const crosser*)gathered + k);
    }
    brc_free(mine), brc_free(gathered);
    return status;
}

brc_status brc_meters_count(brc_sim* s)
{
    int64_t total = 0;
    passer* all = NULL;
    if (!s->meters_open) return BRC_OK;
    brc_status status = brc_passers_find(s, find_crossing, &all, &total);
    if (brc_shared(s)) status = count_shared(s, all, total, status);
    else
        for (int64_t k = 0; k < total && status == BRC_OK; k++) {
            const crosser q = crosser_of(s, &all[k]);
            count_one(s, &q);
        }
    brc_free(all);
    return status;
}

// Where they were, unless it is known, follows from the velocities of the half step: steps and places are on the grid,
// so it is exact.
brc_status brc_meters_drifted(brc_sim* s, const double* from)
{
    BRC_TRY(brc_meters_mark(s)); // for the room
    if (from && s->meters_open) memcpy(s->meter_from, from, (size_t)(3 * s->count) * sizeof *from);
    for (int64_t i = 0; i < s->count && s->meters_open && !from; i++)
        for (int k = 0; k < 3; k++) {
            const double v = brc_real_get(s, s->vel, BRC_MOTION * i + BRC_MEAN + k),
                         low = brc_real_get(s, s->res, 8 * i + k);
            double x = s->pos[4 * i + k] - brc_grid_round(s->x_grid, (v + low) * s->dt);
            if (s->length[k] > 0) x += x < s->lo[k] ? s->length[k] : x >= s->hi[k] ? -s->length[k] : 0;
            s->meter_from[3 * i + k] = x;
        }
    return brc_meters_count(s);
}

void brc_meters_free(brc_sim* s) { brc_free(s->meters), brc_free(s->meter_from); }
