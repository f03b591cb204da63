// exits.c -- where particles go: outlets, and the domain's faces. Also how a step finds the particles that pass
// something, for outlets and meters.
#include "sim.h"
#include <stdlib.h>
#include <string.h>

// ---- who passes ------------------------------------------------------------------------------------------

void brc_passer_note(worker* w, int64_t slot, int32_t what)
{
    if (w->passer_count == w->passer_capacity) {
        size_t old = (size_t)w->passer_count * sizeof(passer), size = 2 * old + 64 * sizeof(passer);
        if (w->status == BRC_OK) w->status = brc_grow((void**)&w->passers, old, size);
        if (w->status != BRC_OK) return;
        w->passer_capacity = (int64_t)(size / sizeof(passer));
    }
    w->passers[w->passer_count++] = (passer){.slot = (int32_t)slot, .what = what};
}

static int by_id(const void* a, const void* b)
{
    const passer *x = a, *y = b;
    if (x->id != y->id) return x->id < y->id ? -1 : 1;
    return (x->what > y->what) - (x->what < y->what);
}

brc_status brc_passers_find(brc_sim* s, brc_phase find, passer** out, int64_t* count)
{
    int64_t total = 0, n = 0;
    *out = NULL, *count = 0;
    for (int i = 0; i < s->worker_count; i++) s->workers[i].passer_count = 0, s->workers[i].status = BRC_OK;
    brc_parallel(s, find);
    for (int i = 0; i < s->worker_count; i++) {
        BRC_CHECK(s->workers[i].status == BRC_OK, s->workers[i].status, "no memory for what passes outlets or meters");
        total += s->workers[i].passer_count;
    }
    if (!total) return BRC_OK;
    passer* all = BRC_NEW(total, passer);
    BRC_CHECK(all, BRC_ERR_MEMORY, "no memory for %" PRId64 " particles that pass outlets or meters", total);
    for (int i = 0; i < s->worker_count; i++)
        for (int64_t k = 0; k < s->workers[i].passer_count; k++, n++) {
            all[n] = s->workers[i].passers[k];
            all[n].id = s->id[all[n].slot];
            all[n].radius = s->pos[4 * (int64_t)all[n].slot + 3];
        }
    qsort(all, (size_t)total, sizeof(passer), by_id);
    *out = all, *count = total;
    return BRC_OK;
}

// ---- outlets and the domain's faces ----------------------------------------------------------------------

brc_status brc_outlet_add(brc_sim* s, const brc_outlet_def* def, int32_t* number)
{
    outlet o = {.def = *def};
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "outlets cannot be added in the middle of a step");
    if (def->kind == BRC_OUTLET_PLANE) {
        vec3 n = v3_from(def->normal);
        double size = sqrt(v3_dot(n, n));
        BRC_CHECK(size > 0 && size < 1e100, BRC_ERR_ARGUMENT, "normal of the outlet must not be zero, got (%g, %g, %g)",
                  n.x, n.y, n.z);
        BRC_CHECK(def->radius >= 0, BRC_ERR_ARGUMENT, "radius of the outlet must be >= 0 m, got %g", def->radius);
        v3_to(o.def.normal, v3_scale(1 / size, n));
        for (int k = 0; k < 3; k++)
            BRC_CHECK(fabs(def->point[k]) < 1e9, BRC_ERR_ARGUMENT, "point of the outlet must be finite, got %g m",
                      def->point[k]);
    } else if (def->kind == BRC_OUTLET_BOX) {
        for (int k = 0; k < 3; k++)
            BRC_CHECK(def->lo[k] < def->hi[k], BRC_ERR_ARGUMENT,
                      "box of the outlet: lo must be below hi, got %g and %g m", def->lo[k], def->hi[k]);
    } else {
        brc_wall_def mesh = {.shape = BRC_MESH,
                             .vertices = def->vertices,
                             .triangles = def->triangles,
                             .vertex_count = def->vertex_count,
                             .triangle_count = def->triangle_count};
        BRC_TRY(brc_wall_create(&mesh, &o.mesh));
        o.def.vertices = NULL, o.def.triangles = NULL;
    }
    size_t n = (size_t)s->outlet_count;
    BRC_TRY(brc_grow((void**)&s->outlets, n * sizeof(outlet), (n + 1) * sizeof(outlet)));
    s->outlets[n] = o;
    *number = s->outlet_count++;
    return BRC_OK;
}

static brc_status outlet_find(const brc_sim* s, int32_t number, outlet** out)
{
    BRC_CHECK(number >= 0 && number < s->outlet_count && !s->outlets[number].removed, BRC_ERR_ARGUMENT,
              "there is no outlet %d", number);
    *out = &s->outlets[number];
    return BRC_OK;
}

brc_status brc_outlet_remove(brc_sim* s, int32_t number)
{
    outlet* o;
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "outlets cannot be removed in the middle of a step");
    BRC_TRY(outlet_find(s, number, &o));
    brc_wall_free(o->mesh);
    o->mesh = NULL;
    o->removed = true;
    return BRC_OK;
}

brc_status brc_outlet_get(const brc_sim* s, int32_t number, int64_t* count, double* mass)
{
    BRC_CHECK(number >= 0 && number < s->outlet_count, BRC_ERR_ARGUMENT, "there is no outlet %d", number);
    *count = s->outlets[number].count;
    *mass = s->outlets[number].mass;
    return BRC_OK;
}

static bool leaves(const outlet* o, vec3 from, vec3 to)
{
    const brc_outlet_def* d = &o->def;
    if (o->removed) return false;
    if (d->kind == BRC_OUTLET_PLANE) {
        vec3 n = v3_from(d->normal), p = v3_from(d->point);
        double before = v3_dot(n, v3_sub(from, p)), after = v3_dot(n, v3_sub(to, p));
        // `from` is known to a few digits less than `to`: what began the step on the plane counts as coming from above.
        if (!(after < 0 && before >= -1e-6 * fabs(after - before))) return false;
        vec3 off = v3_sub(v3_sub(to, p), v3_scale(after, n));
        return d->radius == 0 || v3_dot(off, off) <= d->radius * d->radius;
    }
    if (d->kind == BRC_OUTLET_BOX)
        return to.x >= d->lo[0] && to.x <= d->hi[0] && to.y >= d->lo[1] && to.y <= d->hi[1] && to.z >= d->lo[2] &&
               to.z <= d->hi[2];
    return brc_wall_crossed(o->mesh, from, to);
}

// Whether an outlet may take a particle whose step ends here, unless it has come across a periodic face.
static bool may_leave(const brc_sim* s, const double* x)
{
    for (int32_t k = 0; k < s->outlet_count; k++) {
        const outlet* o = &s->outlets[k];
        const brc_outlet_def* d = &o->def;
        if (o->removed) continue;
        if (d->kind == BRC_OUTLET_PLANE) {
            if (v3_dot(v3_from(d->normal), v3_sub(v3_from(x), v3_from(d->point))) < 0) return true;
        } else if (d->kind == BRC_OUTLET_BOX) {
            if (x[0] >= d->lo[0] && x[0] <= d->hi[0] && x[1] >= d->lo[1] && x[1] <= d->hi[1] && x[2] >= d->lo[2] &&
                x[2] <= d->hi[2])
                return true;
        } else return true;
    }
    return false;
}

static bool is_open(const brc_sim* s)
{
    for (int32_t k = 0; k < s->outlet_count; k++)
        if (!s->outlets[k].removed) return true;
    return false;
}

static uint32_t flags_now(const brc_sim* s)
{
    uint32_t flags = s->domain.flags;
    for (int i = 0; i < s->worker_count && !brc_shared(s); i++) flags |= s->workers[i].flags;
    return flags;
}

// Whether somebody is outside whom the domain's faces take.
static bool removes_astray(const brc_sim* s)
{
    return s->options.on_exit == BRC_EXIT_REMOVE && (flags_now(s) & BRC_FLAG_OUTSIDE) != 0;
}

// The axis along which a place lies outside the domain; -1: it lies inside.
static int face_passed(const brc_sim* s, const double* x)
{
    for (int k = 0; k < 3; k++)
        if (!(x[k] >= s->lo[k] && x[k] < s->hi[k])) return k;
    return -1;
}

enum { NOWHERE = -1, ASTRAY = -2 }; // in place of an outlet; astray: over a face of the domain

// The outlet that takes this particle in this step.
static int32_t outlet_of(const brc_sim* s, int64_t i)
{
    vec3 to = v3_from(s->pos + 4 * i), step = v3(brc_real_get(s, s->vel, BRC_MOTION * i + BRC_MEAN),
                                                 brc_real_get(s, s->vel, BRC_MOTION * i + BRC_MEAN + 1),
                                                 brc_real_get(s, s->vel, BRC_MOTION * i + BRC_MEAN + 2));
    vec3 from = v3_sub(to, v3_scale(s->dt, step));
    // where it wrapped, the path lies on both sides
    double begun[3] = {from.x, from.y, from.z}, image[3] = {0, 0, 0};
    const double* edge = s->cell.edge;
    for (int k = 2; k >= 0; k--) {
        if (!s->options.periodic[k]) continue;
        double at = begun[k] + image[k];
        double turn = at < s->lo[k] ? 1 : at >= s->hi[k] ? -1 : 0;
        image[k] += turn * s->length[k];
        if (k == 2) image[0] += turn * edge[4], image[1] += turn * edge[5];
        if (k == 1) image[0] += turn * edge[3];
    }
    bool wrapped = image[0] != 0 || image[1] != 0 || image[2] != 0;
    for (int32_t k = 0; k < s->outlet_count; k++) {
        const outlet* o = &s->outlets[k];
        bool there = wrapped && o->def.kind != BRC_OUTLET_BOX &&
                     leaves(o, v3_add(from, v3_from(image)), v3_add(to, v3_from(image)));
        if (there || leaves(o, from, to)) return k;
    }
    return NOWHERE;
}

static void find_leaving(brc_sim* s, worker* w)
{
    const bool wraps = s->options.periodic[0] || s->options.periodic[1] || s->options.periodic[2];
    const bool open = is_open(s), removes = removes_astray(s);
    for (int64_t i = w->begin; i < w->end; i++) {
        const double* x = s->pos + 4 * i;
        if (!(x[3] > 0)) continue;
        int32_t where = open && (wraps || may_leave(s, x)) ? outlet_of(s, i) : NOWHERE;
        if (where == NOWHERE && removes && face_passed(s, x) >= 0) where = ASTRAY;
        if (where != NOWHERE) brc_passer_note(w, i, where);
    }
}

brc_status brc_exits_find(brc_sim* s)
{
    brc_free(s->leaving);
    s->leaving = NULL, s->leaving_count = s->astray_count = 0;
    if (!is_open(s) && !removes_astray(s)) return BRC_OK;
    BRC_TRY(brc_passers_find(s, find_leaving, &s->leaving, &s->leaving_count));
    for (int64_t k = 0; k < s->leaving_count; k++) s->astray_count += s->leaving[k].what == ASTRAY;
    return BRC_OK;
}

typedef struct leaver { // what all ranks have to know of it
    int64_t id;
    double mass;
    int64_t what;
} leaver;

static int leaver_by_id(const void* a, const void* b)
{
    const leaver *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

// Counts them in the order of ids, whichever rank they are on.
static brc_status outlets_shared(brc_sim* s)
{
    leaver* all = NULL;
    int64_t total = 0, count = 0;
    if (!s->domain.leaving) return BRC_OK;
    leaver* mine = BRC_NEW(s->leaving_count + 1, leaver);
    brc_status status = mine ? BRC_OK : BRC_ERR_MEMORY;
    if (!mine) brc_error_set(__FILE__, __LINE__, __func__, "no memory for what outlets take");
    status = brc_comm_agree(s->comm, status);
    for (int64_t k = 0; k < s->leaving_count && status == BRC_OK; k++) {
        const passer* p = &s->leaving[k];
        if (p->what != ASTRAY) mine[count++] = (leaver){s->id[p->slot], s->mass[p->slot], p->what};
    }
    if (status == BRC_OK) status = brc_comm_gather(s->comm, mine, count, sizeof(leaver), (void**)&all, &total);
    if (status == BRC_OK) {
        qsort(all, (size_t)total, sizeof(leaver), leaver_by_id);
        for (int64_t k = 0; k < total; k++) {
            outlet* o = &s->outlets[all[k].what];
            o->count++;
            o->mass += all[k].mass;
        }
        s->removed += total;
    }
    brc_free(mine), brc_free(all);
    return status;
}

static void outlets(brc_sim* s)
{
    for (int64_t k = 0; k < s->leaving_count; k++) {
        const passer* p = &s->leaving[k];
        if (p->what == ASTRAY) continue;
        outlet* o = &s->outlets[p->what];
        o->count++;
        o->mass += s->mass[p->slot];
        s->removed++;
    }
}

static brc_status take_leaving(brc_sim* s)
{
    if (brc_shared(s)) BRC_TRY(outlets_shared(s));
    else outlets(s);
    for (int64_t k = 0; k < s->leaving_count; k++) brc_particles_kill(s, s->leaving[k].slot);
    s->removed += brc_shared(s) ? s->domain.astray : s->astray_count;
    s->leaving_count = s->astray_count = s->domain.astray = 0;
    return BRC_OK;
}

void brc_exits_hide(const brc_sim* s, bool hidden)
{
    for (int64_t k = 0; k < s->leaving_count; k++)
        s->pos[4 * (int64_t)s->leaving[k].slot + 3] = hidden ? NAN : s->leaving[k].radius;
}

// What has left the domain and may not: lost. It stops the run unless the script said otherwise.
static brc_status lost(brc_sim* s)
{
    static const char axis[] = "xyz";
    int64_t first = -1, gone = -1, went = 0;
    int out = 0;
    bool any = false;
    for (int64_t i = 0; i < s->count; i++) {
        const double* x = s->pos + 4 * i;
        const int k = brc_alive(s, i) ? face_passed(s, x) : -1;
        if (k < 0) continue;
        if (first < 0 || s->id[i] < s->id[first]) first = i, out = k;
        if (s->options.on_exit != BRC_EXIT_WARN || fabs(x[k]) < 0.5 * s->x_grid.limit) continue;
        brc_particles_kill(s, i);
        went++, gone = i;
    }
    if (brc_shared(s)) { // all that have gone; the rank of the lowest id speaks
        BRC_TRY(brc_domain_sum(s, &went));
        if (went) first = gone; // theirs is the error
        BRC_TRY(brc_domain_lowest(s, &first, &any));
        if (went) gone = first;
    }
    s->lost += went;
    if (first < 0) return BRC_OK;
    const double* x = s->pos + 4 * first;
    BRC_CHECK(gone < 0, BRC_ERR_GUARD,
              "particle id %" PRId64 " is so far outside the domain at step %" PRId64
              " that positions end there; it is lost. Add an outlet on its way, or set on_exit = \"remove\"",
              s->id[gone], s->step);
    if (s->options.on_exit == BRC_EXIT_WARN) {
        if (!s->exit_warned)
            brc_warn(s,
                     "particle id %" PRId64 " has left the domain at step %" PRId64 " (%c = %g m); it goes on outside",
                     s->id[first], s->step, axis[out], x[out]);
        s->exit_warned = true;
        return BRC_OK;
    }
    BRC_CHECK(false, BRC_ERR_GUARD,
              "particle id %" PRId64 " has left the domain at step %" PRId64
              ", time %g s: %c = %g m, the domain is %g to %g m. Add an outlet "
              "or a wall there, make the domain larger, or set on_exit = \"remove\" or \"warn\"",
              s->id[first], s->step, brc_sim_time(s, s->step), axis[out], x[out], s->lo[out], s->hi[out]);
}

brc_status brc_exits_look(brc_sim* s)
{
    BRC_TRY(take_leaving(s));
    if (s->options.on_exit == BRC_EXIT_REMOVE || !(flags_now(s) & BRC_FLAG_OUTSIDE)) return BRC_OK;
    const bool warned = s->exit_warned;
    brc_status status = lost(s);
    if (brc_shared(s)) status = brc_comm_agree(s->comm, status);
    if (status != BRC_OK && s->dead)
        (void)brc_particles_compact(s); // who asks after the error counts those that are there
    if (!brc_shared(s)) return status;
    if (status != BRC_OK || s->options.on_exit != BRC_EXIT_WARN || warned) return status;
    const bool spoken = s->exit_warned;
    s->exit_warned = true;
    return brc_domain_warn(s, spoken);
}

void brc_exits_free(brc_sim* s)
{
    for (int k = 0; k < s->outlet_count; k++) brc_wall_free(s->outlets[k].mesh);
    brc_free(s->outlets), brc_free(s->leaving);
}
