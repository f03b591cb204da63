// boundary_pack.c -- walls, outlets, inserters and meters in a checkpoint. They are numbered: what was removed leaves
// its number behind.
#include "sim.h"
#include <string.h>

enum { OTHERS_MOST = 1 << 20 }; // outlets, meters, inserters: beyond that a file is damaged

static void pack_slot(brc_pack* p, brc_sim* s, wall_slot* w, int32_t number)
{
    bool there = w->wall != NULL;
    brc_pack_bool(p, &there);
    if (there) brc_wall_pack(p, number, "wall", &w->wall);
    if (p->loading && brc_pack_good(p) && w->wall && brc_wall_material(w->wall) >= s->material_count)
        brc_pack_fail(p, BRC_ERR_FILE, "a wall of a material that is not there");
    brc_pack_vec(p, &w->force);
    brc_pack_vec(p, &w->torque);
    brc_pack_i64(p, &w->contacts, 0);
    brc_pack_doubles(p, &w->work, 1);
    brc_pack_bool(p, &w->crossing_warned);
    brc_pack_bool(p, &w->belt);
    brc_pack_doubles(p, w->value, BRC_MAX_USER_FIELDS);
    brc_pack_doubles(p, w->flux, BRC_MAX_USER_FIELDS);
    brc_pack_bool(p, &w->breathes);
    brc_pack_doubles(p, &w->radial, 1);
    brc_pack_bool(p, &w->plane);
    brc_pack_vec(p, &w->normal);
}

static void pack_outlet(brc_pack* p, outlet* o, int32_t number)
{
    brc_outlet_def* d = &o->def;
    bool mesh = o->mesh != NULL;
    brc_pack_i32(p, &d->kind, BRC_OUTLET_PLANE, BRC_OUTLET_MESH);
    brc_pack_doubles(p, d->point, 3);
    brc_pack_doubles(p, d->normal, 3);
    brc_pack_doubles(p, &d->radius, 1);
    brc_pack_doubles(p, d->lo, 3);
    brc_pack_doubles(p, d->hi, 3);
    brc_pack_i64(p, &o->count, 0);
    brc_pack_doubles(p, &o->mass, 1);
    brc_pack_bool(p, &o->removed);
    brc_pack_bool(p, &mesh);
    if (mesh) brc_wall_pack(p, number, "outlet", &o->mesh);
    if (p->loading && d->kind == BRC_OUTLET_MESH && !mesh && !o->removed)
        brc_pack_fail(p, BRC_ERR_FILE, "an outlet without its mesh");
    if (p->loading && brc_pack_good(p) && !(d->radius >= 0))
        brc_pack_fail(p, BRC_ERR_FILE, "an outlet with a radius below 0");
}

static void pack_meter(brc_pack* p, meter* m)
{
    brc_pack_vec(p, &m->point);
    brc_pack_vec(p, &m->normal);
    brc_pack_doubles(p, &m->radius, 1);
    for (int k = 0; k < 2; k++) brc_pack_i64(p, &m->state.count[k], 0);
    brc_pack_doubles(p, m->state.mass, 2);
    brc_pack_doubles(p, m->state.momentum, 6);
    brc_pack_bool(p, &m->removed);
}

// The lists, made anew with as many entries as the file has.
static bool make_lists(brc_pack* p, brc_sim* s)
{
    const size_t walls = (size_t)s->wall_count + 1, inserters = (size_t)s->inserter_count + 1;
    s->walls = BRC_NEW(walls, wall_slot);
    s->outlets = BRC_NEW(s->outlet_count + 1, outlet);
    s->meters = BRC_NEW(s->meter_count + 1, meter);
    s->inserters = BRC_NEW(inserters, brc_inserter*);
    s->inserter_material = BRC_NEW(inserters, int32_t);
    s->inserter_values = BRC_NEW(inserters * BRC_MAX_USER_FIELDS, double);
    bool whole = s->walls && s->outlets && s->meters && s->inserters && s->inserter_material && s->inserter_values;
    for (int i = 0; i < s->worker_count; i++) {
        brc_free(s->workers[i].sums);
        s->workers[i].sums = BRC_NEW(walls, wall_sum);
        whole = whole && s->workers[i].sums;
    }
    if (whole) return true;
    s->wall_count = s->outlet_count = s->meter_count = s->inserter_count = 0;
    brc_pack_fail(p, BRC_ERR_MEMORY, "no memory for walls and inserters");
    return false;
}

void brc_boundary_pack(brc_pack* p, brc_sim* s)
{
    brc_pack_begin(p, "boundary");
    if (p->loading) {
        brc_boundary_free(s);
        for (int32_t k = 0; k < s->outlet_count; k++) brc_wall_free(s->outlets[k].mesh);
        brc_free(s->outlets);
        brc_free(s->meters);
        s->walls = NULL, s->outlets = NULL, s->meters = NULL, s->inserters = NULL;
        s->inserter_material = NULL, s->inserter_values = NULL;
        s->wall_count = s->outlet_count = s->meter_count = s->inserter_count = 0;
    }
    brc_pack_count(p, &s->wall_count, BRC_MAX_WALLS);
    brc_pack_count(p, &s->outlet_count, OTHERS_MOST);
    brc_pack_count(p, &s->meter_count, OTHERS_MOST);
    brc_pack_count(p, &s->inserter_count, OTHERS_MOST);
    if (p->loading && !make_lists(p, s)) return;
    for (int32_t k = 0; k < s->wall_count; k++) pack_slot(p, s, &s->walls[k], k);
    for (int32_t k = 0; k < s->outlet_count; k++) pack_outlet(p, &s->outlets[k], k);
    s->meters_open = 0;
    for (int32_t k = 0; k < s->meter_count; k++) {
        pack_meter(p, &s->meters[k]);
        s->meters_open += !s->meters[k].removed;
    }
    for (int32_t k = 0; k < s->inserter_count; k++) {
        bool there = s->inserters[k] != NULL;
        brc_pack_bool(p, &there);
        if (there) brc_inserter_pack(p, &s->inserters[k]);
        brc_pack_i32(p, &s->inserter_material[k], 0, s->material_count > 0 ? s->material_count - 1 : 0);
        brc_pack_doubles(p, s->inserter_values + (size_t)k * BRC_MAX_USER_FIELDS, BRC_MAX_USER_FIELDS);
    }
    for (int32_t k = 0; k < s->material_count; k++) {
        double* const scale[] = {&s->scale[k].mass, &s->scale[k].impedance, &s->scale[k].speed};
        for (int c = 0; c < 3; c++) brc_pack_doubles(p, scale[c], 1);
    }
    brc_pack_end(p);
}

// A list of `old` entries made longer; it stays as it is when it is long enough.
static brc_status lengthen(void* list, int32_t old, int32_t count, size_t size)
{
    void** p = list;
    return count > old ? brc_grow(p, (size_t)old * size, (size_t)count * size) : BRC_OK;
}

// Empty entries up to these counts, so that what a script makes next gets the number that it had.
brc_status brc_boundary_skip(brc_sim* s, const int32_t* counts)
{
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "nothing can be skipped now");
    const int32_t walls = counts[BRC_COUNT_WALLS], outlets = counts[BRC_COUNT_OUTLETS],
                  meters = counts[BRC_COUNT_METERS], inserters = counts[BRC_COUNT_INSERTERS];
    bool possible = walls >= 0 && walls <= BRC_MAX_WALLS && outlets >= 0 && outlets <= OTHERS_MOST && meters >= 0 &&
                    meters <= OTHERS_MOST && inserters >= 0 && inserters <= OTHERS_MOST;
    BRC_CHECK(possible, BRC_ERR_FILE,
              "the checkpoint is damaged: it counts %d walls, %d outlets, %d meters, %d inserters", walls, outlets,
              meters, inserters);
    for (int i = 0; i < s->worker_count; i++)
        BRC_TRY(lengthen(&s->workers[i].sums, s->wall_count, walls, sizeof(wall_sum)));
    BRC_TRY(lengthen(&s->walls, s->wall_count, walls, sizeof(wall_slot)));
    if (walls > s->wall_count) s->wall_count = walls;
    BRC_TRY(lengthen(&s->outlets, s->outlet_count, outlets, sizeof(outlet)));
    while (s->outlet_count < outlets) s->outlets[s->outlet_count++].removed = true;
    BRC_TRY(lengthen(&s->meters, s->meter_count, meters, sizeof(meter)));
    while (s->meter_count < meters) s->meters[s->meter_count++].removed = true;
    BRC_TRY(lengthen(&s->inserters, s->inserter_count, inserters, sizeof(void*)));
    BRC_TRY(lengthen(&s->inserter_material, s->inserter_count, inserters, sizeof(int32_t)));
    BRC_TRY(lengthen(&s->inserter_values, s->inserter_count, inserters, BRC_MAX_USER_FIELDS * sizeof(double)));
    if (inserters > s->inserter_count) s->inserter_count = inserters;
    return BRC_OK;
}

void brc_boundary_counts(const brc_sim* s, int32_t* counts)
{
    counts[BRC_COUNT_WALLS] = s->wall_count;
    counts[BRC_COUNT_OUTLETS] = s->outlet_count;
    counts[BRC_COUNT_METERS] = s->meter_count;
    counts[BRC_COUNT_INSERTERS] = s->inserter_count;
    counts[BRC_COUNT_BONDS] = s->bonds.kind_count;
}
