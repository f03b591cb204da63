// boundary.c -- walls and inserters of a simulation: their lists, what they do in a step, and their books.
#include "random.h"
#include "sim.h"
#include <stdlib.h>
#include <string.h>

// ---- walls -----------------------------------------------------------------------------------------------

static brc_status wall_get(const brc_sim* s, int32_t wall, wall_slot** out)
{
    BRC_CHECK(wall >= 0 && wall < s->wall_count && s->walls[wall].wall, BRC_ERR_ARGUMENT, "there is no wall %d", wall);
    *out = &s->walls[wall];
    return BRC_OK;
}

brc_status brc_wall_add(brc_sim* s, const brc_wall_def* def, int32_t* wall)
{
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "walls cannot be added in the middle of a step");
    BRC_CHECK(def->material >= 0 && def->material < s->material_count, BRC_ERR_ARGUMENT,
              "material of the wall must be 0 to %d, got %d", s->material_count - 1, def->material);
    BRC_CHECK(s->wall_count < BRC_MAX_WALLS, BRC_ERR_ARGUMENT, "more than %d walls", BRC_MAX_WALLS);
    brc_wall* made;
    BRC_TRY(brc_cell_allows_wall(s, def->shape == BRC_PLANE, v3_from(def->normal)));
    BRC_TRY(brc_wall_create(def, &made));
    size_t old = (size_t)s->wall_count;
    brc_status status = brc_grow((void**)&s->walls, old * sizeof(wall_slot), (old + 1) * sizeof(wall_slot));
    for (int i = 0; i < s->worker_count && status == BRC_OK; i++)
        status = brc_grow((void**)&s->workers[i].sums, old * sizeof(wall_sum), (old + 1) * sizeof(wall_sum));
    if (status != BRC_OK) {
        brc_wall_free(made);
        return status;
    }
    s->walls[old].wall = made;
    for (int k = 0; k < s->user_count; k++) s->walls[old].value[k] = s->user[k].initial;
    s->walls[old].plane = def->shape == BRC_PLANE;
    s->walls[old].normal = v3_from(def->normal);
    brc_wall_move(made, brc_sim_time(s, s->step));
    brc_wall_mark(made);
    *wall = s->wall_count++;
    s->lists_valid = false;
    return BRC_OK;
}

brc_status brc_wall_remove(brc_sim* s, int32_t wall)
{
    wall_slot* w;
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "walls cannot be removed in the middle of a step");
    BRC_TRY(wall_get(s, wall, &w));
    brc_wall_free(w->wall);
    w->wall = NULL;
    w->contacts = 0;
    for (int i = 0; i < s->worker_count; i++) { // forget the touches at once: the number may not be looked up again
        touch_list* t = &s->workers[i].touches;
        for (int64_t k = 0; k < t->count; k++)
            if (t->touch[k].wall == wall) t->touch[k].slot = -1;
    }
    s->lists_valid = false;
    return BRC_OK;
}

brc_status brc_wall_motion_add(brc_sim* s, int32_t wall, const brc_motion* motion)
{
    wall_slot* w;
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "the motion of a wall cannot be changed in the middle of a step");
    BRC_TRY(wall_get(s, wall, &w));
    // Only a motion along axes keeps the normal of a plane; any other wall is refused in a cell that deforms anyway.
    bool turns = motion->kind == BRC_ROTATION || motion->kind == BRC_SCRIPTED || motion->rotating;
    if (turns) BRC_TRY(brc_cell_allows_wall(s, false, w->normal));
    BRC_TRY(brc_wall_add_motion(w->wall, motion));
    if (turns) w->plane = false;
    brc_wall_move(w->wall, brc_sim_time(s, s->step));
    s->lists_valid = false;
    return BRC_OK;
}

brc_status brc_wall_motion_probe(const brc_sim* s, int32_t wall, double from, double to)
{
    enum { LOOKS = 1000 };
    wall_slot* w;
    BRC_TRY(wall_get(s, wall, &w));
    double steps = (to - from) / s->dt;
    int n = steps < 1 ? 1 : steps < LOOKS ? (int)steps : LOOKS;
    for (int i = 0; i <= n; i++) BRC_TRY(brc_wall_motion_guard(w->wall, wall + 1, from + (to - from) * i / n, 0));
    return BRC_OK;
}

brc_status brc_wall_pose_set(brc_sim* s, int32_t wall, const double displacement[3], const double rotation[4],
                             const double velocity[3], const double angular_velocity[3])
{
    wall_slot* w;
    BRC_TRY(wall_get(s, wall, &w));
    if (brc_device_is_away(s)) {
        const double* d = displacement;
        const double *q = rotation, *v = velocity, *a = angular_velocity;
        const double pose[13] = {d[0], d[1], d[2], q[0], q[1], q[2], q[3], v[0], v[1], v[2], a[0], a[1], a[2]};
        BRC_TRY(brc_device_pose(s, wall, pose));
    }
    return brc_wall_set_pose(w->wall, v3_from(displacement), rotation, v3_from(velocity), v3_from(angular_velocity));
}

brc_status brc_wall_servo_set(brc_sim* s, int32_t wall, const brc_servo* servo, int32_t* index)
{
    wall_slot* w;
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "the motion of a wall cannot be changed in the middle of a step");
    BRC_TRY(wall_get(s, wall, &w));
    s->lists_valid = false;
    if (servo->turning == 2) BRC_TRY(brc_cell_allows_wall(s, false, w->normal));
    BRC_TRY(brc_wall_set_servo(w->wall, servo, index));
    if (servo->turning == 2) w->breathes = true;
    return BRC_OK;
}

brc_status brc_wall_servo_target(brc_sim* s, int32_t wall, int32_t index, double target)
{
    wall_slot* w;
    BRC_TRY(wall_get(s, wall, &w));
    return brc_wall_set_servo_target(w->wall, index, target);
}

brc_status brc_contact_scale_set(brc_sim* s, int32_t material, double mass, double impedance, double speed)
{
    BRC_CHECK(material >= 0 && material < s->material_count, BRC_ERR_ARGUMENT, "there is no material %d", material);
    BRC_CHECK(mass >= 0 && mass < 1e30 && impedance >= 0 && impedance < 1e30 && speed >= 0 && speed < 1e30,
              BRC_ERR_ARGUMENT, "the scale of a contact must be finite, got %g kg, %g N s/m, %g m/s", mass, impedance,
              speed);
    s->scale[material] = (contact_scale){mass, impedance, speed};
    return BRC_OK;
}

brc_status brc_wall_body_set(brc_sim* s, int32_t wall, const brc_body_def* def)
{
    wall_slot* w;
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "the motion of a wall cannot be changed in the middle of a step");
    BRC_TRY(wall_get(s, wall, &w));
    vec3 before = brc_wall_position(w->wall);
    BRC_TRY(brc_wall_set_body(w->wall, def));
    vec3 arm =
        v3_sub(before, brc_wall_position(w->wall)); // the torque of the last step is now about the centre of mass
    w->torque = v3_add(w->torque, v3_cross(arm, w->force));
    s->lists_valid = false;
    return BRC_OK;
}

brc_status brc_wall_body_load(brc_sim* s, int32_t wall, const double force[3], const double torque[3])
{
    wall_slot* w;
    BRC_TRY(wall_get(s, wall, &w));
    return brc_wall_set_body_load(w->wall, v3_from(force), v3_from(torque));
}

brc_status brc_wall_body_response(const brc_sim* s, int32_t wall, double* mass, double* area)
{
    wall_slot* w;
    BRC_TRY(wall_get(s, wall, &w));
    BRC_CHECK(brc_wall_is_body(w->wall), BRC_ERR_ARGUMENT, "wall %d is not a free body", wall + 1);
    int64_t vertex_count, triangle_count;
    BRC_TRY(brc_wall_triangles(s, wall, &vertex_count, NULL, &triangle_count, NULL));
    double* vertices = BRC_NEW(3 * vertex_count + 1, double);
    int32_t* triangles = BRC_NEW(3 * triangle_count + 1, int32_t);
    brc_status status = vertices && triangles ? BRC_OK : BRC_ERR_MEMORY;
    if (status == BRC_OK) status = brc_wall_triangles(s, wall, &vertex_count, vertices, &triangle_count, triangles);
    else brc_error_set(__FILE__, __LINE__, __func__, "no memory for the surface of wall %d", wall + 1);
    *mass = INFINITY, *area = 0;
    for (int64_t i = 0; i < vertex_count && status == BRC_OK; i++)
        *mass = fmin(*mass, brc_wall_body_lightest(w->wall, v3_from(vertices + 3 * i)));
    for (int64_t i = 0; i < triangle_count && status == BRC_OK; i++) {
        const int32_t* t = triangles + 3 * i;
        vec3 a = v3_from(vertices + 3 * t[0]), b = v3_sub(v3_from(vertices + 3 * t[1]), a),
             c = v3_sub(v3_from(vertices + 3 * t[2]), a), n = v3_cross(b, c);
        *area += 0.5 * sqrt(v3_dot(n, n));
    }
    brc_free(vertices), brc_free(triangles);
    return status;
}

brc_status brc_wall_solid_get(const brc_sim* s, int32_t wall, brc_solid* out)
{
    wall_slot* w;
    BRC_TRY(wall_get(s, wall, &w));
    return brc_wall_solid_now(w->wall, out);
}

brc_status brc_wall_halt(brc_sim* s, int32_t wall)
{
    wall_slot* w;
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "the motion of a wall cannot be changed in the middle of a step");
    BRC_TRY(wall_get(s, wall, &w));
    brc_wall_stop(w->wall);
    s->lists_valid = false;
    return BRC_OK;
}

brc_status brc_wall_surface_velocity(brc_sim* s, int32_t wall, const double velocity[3])
{
    wall_slot* w;
    BRC_TRY(wall_get(s, wall, &w));
    for (int k = 0; k < 3; k++)
        BRC_CHECK(fabs(velocity[k]) < 1e9, BRC_ERR_ARGUMENT, "surface velocity must be finite, got %g m/s",
                  velocity[k]);
    brc_wall_set_surface_velocity(w->wall, v3_from(velocity));
    w->belt = velocity[0] != 0 || velocity[1] != 0 || velocity[2] != 0;
    return BRC_OK;
}

brc_status brc_wall_state_get(const brc_sim* s, int32_t wall, brc_wall_state* out)
{
    wall_slot* w;
    BRC_TRY(wall_get(s, wall, &w));
    memset(out, 0, sizeof *out);
    v3_to(out->force, w->force);
    v3_to(out->torque, w->torque);
    out->work = w->work;
    out->contacts = w->contacts;
    out->radius = brc_wall_radius(w->wall);
    out->radial_force = w->radial;
    brc_wall_pose(w->wall, out->position, out->rotation, out->velocity, out->angular_velocity);
    if (!brc_wall_is_body(w->wall)) return BRC_OK;
    vec3 momentum;
    out->body = 1;
    brc_wall_body_energy(w->wall, &out->mass, &out->kinetic_energy, &momentum);
    v3_to(out->angular_momentum, momentum);
    return BRC_OK;
}

brc_status brc_wall_triangles(const brc_sim* s, int32_t wall, int64_t* vertex_count, double* vertices,
                              int64_t* triangle_count, int32_t* triangles)
{
    *vertex_count = *triangle_count = 0;
    if (wall >= 0 && wall < s->wall_count && !s->walls[wall].wall) return BRC_OK; // removed
    wall_slot* w;
    BRC_TRY(wall_get(s, wall, &w));
    return brc_wall_surface(w->wall, v3_from(s->lo), v3_from(s->hi), vertex_count, vertices, triangle_count, triangles);
}

static brc_wall_load load_of(const brc_sim* s, const wall_slot* w)
{
    const contact_scale* scale = &s->scale[brc_wall_material(w->wall)];
    brc_wall_load load = {w->force, w->torque, w->contacts, scale->mass, scale->impedance, scale->speed, w->radial};
    return load;
}

brc_status brc_boundary_move(brc_sim* s)
{
    double time = brc_sim_time(s, s->step + 1);
    for (int k = 0; k < s->wall_count; k++) {
        const wall_slot* w = &s->walls[k];
        if (!w->wall || !brc_wall_moves(w->wall)) continue;
        BRC_TRY(brc_wall_motion_guard(w->wall, k + 1, time, s->dt));
        brc_wall_load load = load_of(s, w);
        if (brc_wall_is_body(w->wall)) brc_wall_body_begin(w->wall, &load, v3_from(s->options.gravity), s->dt);
        else brc_wall_drive(w->wall, &load, time, s->dt);
        brc_wall_move(w->wall, time);
    }
    return BRC_OK;
}

// Bodies touch particles only. Where one comes to another, or to a wall that it must be thought to stop at, the
// script's author should know.
static void look_at_bodies(brc_sim* s)
{
    for (int i = 0; i < s->wall_count; i++) {
        wall_slot* body = &s->walls[i];
        if (!body->wall || !brc_wall_is_body(body->wall)) continue;
        for (int k = 0; k < s->wall_count && !body->meeting_warned; k++) {
            const brc_wall* other = s->walls[k].wall;
            if (k == i || !other || !brc_wall_body_meets(body->wall, other)) continue;
            brc_warn(s,
                     "wall %d, a free body, has come to wall %d%s: bodies touch particles only, and go through each "
                     "other and through walls. Keep them apart by fix, by a force of wall:free, or by particles",
                     i + 1, k + 1, brc_wall_is_body(other) ? ", a free body too" : "");
            body->meeting_warned = true;
            if (brc_wall_is_body(other)) s->walls[k].meeting_warned = true;
        }
    }
}

// A servo that has nothing to push against goes on for ever.
static void look_at_servos(brc_sim* s)
{
    double domain = 0;
    for (int k = 0; k < 3; k++) domain += (s->hi[k] - s->lo[k]) * (s->hi[k] - s->lo[k]);
    domain = sqrt(domain);
    for (int i = 0; i < s->wall_count; i++) {
        wall_slot* w = &s->walls[i];
        if (!w->wall || w->travel_warned || w->contacts || !(brc_wall_servo_travel(w->wall) > domain)) continue;
        brc_warn(
            s,
            "a servo has driven wall %d by %g m, further than the domain is wide, and it touches nothing: does its "
            "axis point the way in which the particles push on the wall?",
            i + 1, brc_wall_servo_travel(w->wall));
        w->travel_warned = true;
    }
}

// A wall that ends beyond a periodic face and not beyond the opposite one too is most often a mistake: what lies
// outside has no image inside.
void brc_boundary_look(brc_sim* s)
{
    look_at_bodies(s), look_at_servos(s);
    for (int i = 0; i < s->wall_count; i++) {
        wall_slot* w = &s->walls[i];
        vec3 lo, hi;
        if (!w->wall || w->crossing_warned || !brc_wall_extent(w->wall, &lo, &hi)) continue;
        double from[3] = {lo.x, lo.y, lo.z}, to[3] = {hi.x, hi.y, hi.z};
        for (int k = 0; k < 3; k++) {
            double slack = 1e-9 * s->length[k]; // faces that meet but for rounding
            if (!s->options.periodic[k] || (from[k] <= s->lo[k] + slack && to[k] >= s->hi[k] - slack)) continue;
            bool low = from[k] < s->lo[k] - slack && to[k] > s->lo[k] + slack;
            bool high = from[k] < s->hi[k] - slack && to[k] > s->hi[k] + slack;
            if ((!low && !high) || w->crossing_warned) continue;
            brc_warn(s,
                     "wall %d reaches across the periodic face %c = %g m: it lies from %g to %g m. Walls have no "
                     "periodic images: let it reach past both faces or stay between them",
                     i + 1, "xyz"[k], low ? s->lo[k] : s->hi[k], from[k], to[k]);
            w->crossing_warned = true;
        }
    }
}

// Two contacts of one sphere with one wall in consecutive steps are the same when they have the same feature, or else
// when their normals agree best and better than this cosine (37 degrees): then the contact has rolled onto a
// neighbouring feature.
static const double same_contact = 0.8;

// For each hit, the old touch (index from `first` to `end`) whose history it takes over; -1: a new contact.
static void match(const touch_list* old, int64_t first, int64_t end, const brc_wall_hit* hits, int n, int64_t* from)
{
    uint64_t used = 0; // there are at most BRC_WALL_HITS old touches
    for (int i = 0; i < n; i++) {
        from[i] = -1;
        for (int64_t k = first; k < end; k++)
            if (old->touch[k].feature == hits[i].feature) from[i] = k, used |= 1u << (k - first);
    }
    for (int i = 0; i < n; i++) {
        double best = same_contact;
        if (from[i] >= 0) continue;
        for (int64_t k = first; k < end; k++) {
            double cosine = v3_dot(old->touch[k].n, hits[i].n);
            if (used >> (k - first) & 1 || !(cosine > best)) continue;
            best = cosine;
            from[i] = k;
        }
        if (from[i] >= 0) used |= 1u << (from[i] - first);
    }
}

// Keeps what touches and what has touched before.
static int born(brc_wall_hit* hits, int64_t* from, int n)
{
    int kept = 0;
    for (int i = 0; i < n; i++) {
        if (!(hits[i].overlap > 0) && from[i] < 0) continue;
        hits[kept] = hits[i], from[kept++] = from[i];
    }
    return kept;
}

brc_status brc_boundary_find(const brc_sim* s, const worker* w, const touch_list* old, touch_list* now)
{
    now->count = 0;
    int64_t k = 0; // old touches are in the order of the candidates: by slot, then by wall
    const wall_list* list = &w->near_walls;
    for (int64_t c = 0; c < list->count; c++) {
        const wall_candidate* q = &list->candidate[c];
        const double* x = s->pos + 4 * (int64_t)q->slot;
        if (c + 8 < list->count) BRC_PREFETCH(s->pos + 4 * (int64_t)q[8].slot);
        if (c + 4 < list->count && s->walls[q[4].wall].wall)
            brc_wall_prefetch(s->walls[q[4].wall].wall, list->hint + q[4].hint_begin, q[4].hint_count);
        brc_wall_hit hits[BRC_WALL_HITS];
        int64_t from[BRC_WALL_HITS], first;
        while (k < old->count &&
               (old->touch[k].slot < q->slot || (old->touch[k].slot == q->slot && old->touch[k].wall < q->wall)))
            k++;
        first = k;
        while (k < old->count && old->touch[k].slot == q->slot && old->touch[k].wall == q->wall) k++;
        if (!(x[3] > 0) || !s->walls[q->wall].wall) continue;
        double reach = 0;
        if (s->reach > 0)
            reach = s->reaches[s->material[q->slot] * s->material_count + brc_wall_material(s->walls[q->wall].wall)];
        int n = brc_wall_reach(s->walls[q->wall].wall, v3_from(x), x[3], reach, list->hint + q->hint_begin,
                               q->hint_count, hits);
        if (!n) continue;
        match(old, first, k, hits, n, from);
        if (reach > 0 && s->law->info.birth == BRC_BIRTH_CONTACT) n = born(hits, from, n);
        BRC_TRY(brc_touches_reserve(s, now, now->count + n));
        for (int i = 0; i < n; i++) {
            int64_t at = now->count++;
            now->touch[at] = (wall_touch){q->slot, q->wall, hits[i].feature, hits[i].overlap, hits[i].n};
            for (int h = 0; h < s->history_count; h++) {
                char* to = (char*)now->history[h] + (size_t)at * s->real;
                if (from[i] >= 0) memcpy(to, (char*)old->history[h] + (size_t)from[i] * s->real, s->real);
                else memset(to, 0, s->real);
            }
        }
    }
    return BRC_OK;
}

brc_status brc_boundary_touch(brc_sim* s, worker* w)
{
    touch_list t = w->touches;
    w->touches = w->old_touches, w->old_touches = t;
    return brc_boundary_find(s, w, &w->old_touches, &w->touches);
}

// Below 2^63, so that what the sizes of sums have lost by rounding does not matter.
static const double most_in_sums = 0x1.fp62;

// What forces drive must not run away.
static brc_status guard_pace(const brc_sim* s, int32_t number, const char* what)
{
    double pace = brc_wall_pace(s->walls[number].wall);
    BRC_CHECK(!(s->radius_max > 0) ? pace < 1e30 : pace * s->dt <= s->radius_max, BRC_ERR_GUARD,
              "wall %" PRId32 ", %s, moves up to %g m/s at step %" PRId64
              ", time %g s: further in one step of %g s than the radius of the largest particle, %g m. A smaller dt, a "
              "larger mass or less overlap at the start help",
              number + 1, what, pace, s->step + 1, brc_sim_time(s, s->step + 1), s->dt, s->radius_max);
    return BRC_OK;
}

void brc_boundary_local(const brc_sim* s, int32_t wall, wall_sum* out)
{
    memset(out, 0, sizeof *out);
    for (int i = 0; i < s->worker_count; i++) {
        const wall_sum* sum = &s->workers[i].sums[wall];
        for (int c = 0; c < 3; c++)
            brc_wrap_add(&out->force[c], sum->force[c]), brc_wrap_add(&out->torque[c], sum->torque[c]);
        out->contacts += sum->contacts;
        out->belt += sum->belt, brc_wrap_add(&out->radial, sum->radial);
        for (int c = 0; c < 2; c++) out->sizes[c] += sum->sizes[c];
        for (int j = 0; j < BRC_MAX_LAW_FIELDS; j++) out->flux[j] += sum->flux[j];
    }
}

bool brc_boundary_needs(const brc_sim* s, int32_t wall)
{
    const wall_slot* slot = &s->walls[wall];
    return slot->wall && (brc_wall_moves(slot->wall) || slot->belt || slot->breathes);
}

// Adds the workers' integer sums, and the work: force and torque of the walls on the particles times the walls' motion,
// and the power of conveyors.
brc_status brc_boundary_sum(brc_sim* s, bool every)
{
    for (int k = 0; k < s->wall_count; k++) {
        wall_slot* slot = &s->walls[k];
        wall_sum all;
        if (!slot->wall) continue;
        const bool wanted = !brc_shared(s) || every || brc_boundary_needs(s, k);
        if (!brc_shared(s)) brc_boundary_local(s, k, &all);
        else if (wanted) all = s->domain.walls[k];
        for (int i = 0; i < s->worker_count; i++) {
            s->wall_contact_steps += s->workers[i].sums[k].contacts;
            memset(&s->workers[i].sums[k], 0, sizeof(wall_sum));
        }
        if (!wanted) continue;
        double f = s->f_grid.quantum, t = BRC_WALL_TORQUE * s->t_grid.quantum;
        BRC_CHECK(all.sizes[0] < most_in_sums && all.sizes[1] < most_in_sums, BRC_ERR_GUARD,
                  "%" PRId64 " contacts push on wall %d at step %" PRId64
                  " with %g N and %g N m in all: exact sums of walls hold %g N and %g N m. Set force_scale of the "
                  "simulation to a larger force",
                  all.contacts, k + 1, s->step + 1, all.sizes[0] * f, all.sizes[1] * t, most_in_sums * f,
                  most_in_sums * t);
        slot->force = v3_scale(f, v3((double)all.force[0], (double)all.force[1], (double)all.force[2]));
        slot->torque = v3_scale(t, v3((double)all.torque[0], (double)all.torque[1], (double)all.torque[2]));
        slot->contacts = all.contacts;
        slot->radial = f * (double)all.radial;
        for (int j = 0; j < s->law->info.field_count; j++) {
            int32_t field = s->law_field[j];
            slot->flux[field] = (double)all.flux[j] * -s->user[field].grid.quantum;
        }
        if (brc_wall_is_body(slot->wall)) {
            brc_wall_load load = load_of(s, slot);
            brc_wall_body_end(slot->wall, &load, v3_from(s->options.gravity), s->dt);
            BRC_TRY(guard_pace(s, k, "a free body"));
        } else if (brc_wall_has_servo(slot->wall)) BRC_TRY(guard_pace(s, k, "which a servo drives"));
        vec3 spin, v = brc_wall_rigid_velocity(slot->wall, &spin);
        double power = (double)all.belt * (BRC_WALL_BELT * f) - v3_dot(slot->force, v) - v3_dot(slot->torque, spin);
        if (slot->breathes) power -= slot->radial * brc_wall_radius_rate(slot->wall);
        slot->work += power * s->dt;
    }
    return BRC_OK;
}

// ---- inserters -------------------------------------------------------------------------------------------

static bool room(void* context, vec3 x, double radius)
{
    brc_sim* s = context;
    if (brc_shared(s) ? brc_domain_blocked(s, x, radius) : !brc_neighbours_free_at(s, x, radius)) return false;
    for (int k = 0; k < s->wall_count; k++) {
        brc_wall_hit hits[BRC_WALL_HITS];
        uint32_t some[256], *hints = some;
        if (!s->walls[k].wall) continue;
        int n = brc_wall_near(s->walls[k].wall, x, radius, 0, hints, 256);
        if (n > 256) {
            hints = BRC_NEW(n, uint32_t);
            if (!hints) return false;
            n = brc_wall_near(s->walls[k].wall, x, radius, 0, hints, n);
        }
        bool hit = n > 0 && brc_wall_touch(s->walls[k].wall, x, radius, hints, n, hits) > 0;
        if (hints != some) brc_free(hints);
        if (hit) return false;
    }
    return true;
}

static brc_status put(void* context, const brc_add* add, int64_t* first_id)
{
    return brc_particles_add(context, add, first_id);
}

// What of all ranks is where the inserter looks for room.
static brc_status gather_crowd(brc_sim* s, const brc_inserter* in)
{
    double lo[3], hi[3], radius;
    if (!brc_shared(s)) return BRC_OK;
    brc_inserter_reach(in, lo, hi, &radius);
    BRC_CHECK(!s->cell.tilted || s->inserted == s->removed + s->lost, BRC_ERR_STATE,
              "filling a tilted cell that holds particles is not possible on several ranks yet");
    return brc_domain_crowd(s, lo, hi, radius);
}

static brc_insert_host host_of(brc_sim* s, int32_t material)
{
    brc_insert_host h = {s,
                         s->density[material],
                         room,
                         put,
                         v3_from(s->lo),
                         v3_from(s->hi),
                         {s->options.periodic[0], s->options.periodic[1], s->options.periodic[2]},
                         {0}};
    if (s->cell.tilted) memcpy(h.edge, s->cell.edge, sizeof h.edge);
    return h;
}

brc_status brc_insert_add(brc_sim* s, const brc_insert_def* def, int32_t* number)
{
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "particles cannot be inserted in the middle of a step");
    BRC_CHECK(def->material >= 0 && def->material < s->material_count, BRC_ERR_ARGUMENT,
              "material must be 0 to %d, got %d", s->material_count - 1, def->material);
    BRC_CHECK(!s->cell.tilted || def->kind != BRC_STREAM, BRC_ERR_STATE,
              "a tilted cell takes no streams: fill it, or let the stream begin before it is tilted");
    brc_inserter* made;
    size_t n = (size_t)s->inserter_count;
    // Without a seed of its own each insertion has other numbers than the ones before it.
    uint64_t seed = def->seed || !n ? s->options.seed : brc_random_seed(s->options.seed, n);
    BRC_TRY(brc_inserter_create(def, seed, &made));
    brc_status status = brc_grow((void**)&s->inserters, n * sizeof(void*), (n + 1) * sizeof(void*));
    if (status == BRC_OK)
        status = brc_grow((void**)&s->inserter_material, n * sizeof(int32_t), (n + 1) * sizeof(int32_t));
    const size_t values = BRC_MAX_USER_FIELDS * sizeof(double);
    if (status == BRC_OK) status = brc_grow((void**)&s->inserter_values, n * values, (n + 1) * values);
    if (status == BRC_OK) {
        s->lists_valid = false, s->grid_step = -1; // the script may have moved particles since the grid was made
        brc_insert_host h = host_of(s, def->material);
        status = gather_crowd(s, made);
        if (status == BRC_OK)
            status = def->kind == BRC_STREAM ? brc_inserter_check(made, &h) : brc_inserter_fill(made, &h);
    }
    if (status != BRC_OK) {
        brc_inserter_free(made);
        return status;
    }
    s->inserters[n] = made;
    s->inserter_material[n] = def->material;
    for (int k = 0; k < s->user_count; k++) s->inserter_values[n * BRC_MAX_USER_FIELDS + (size_t)k] = s->user[k].birth;
    *number = s->inserter_count++;
    return BRC_OK;
}

brc_status brc_insert_remove(brc_sim* s, int32_t number)
{
    BRC_CHECK(number >= 0 && number < s->inserter_count && s->inserters[number], BRC_ERR_ARGUMENT,
              "there is no inserter %d", number);
    brc_inserter_free(s->inserters[number]);
    s->inserters[number] = NULL;
    return BRC_OK;
}

brc_status brc_insert_get(const brc_sim* s, int32_t number, brc_insert_state* out)
{
    BRC_CHECK(number >= 0 && number < s->inserter_count && s->inserters[number], BRC_ERR_ARGUMENT,
              "there is no inserter %d", number);
    brc_inserter_state(s->inserters[number], out);
    return BRC_OK;
}

bool brc_boundary_events(const brc_sim* s)
{
    for (int k = 0; k < s->inserter_count; k++)
        if (s->inserters[k] && brc_inserter_due(s->inserters[k], brc_sim_time(s, s->step + 1))) return true;
    return false;
}

brc_status brc_boundary_stream(brc_sim* s)
{
    double time = brc_sim_time(s, s->step);
    for (int k = 0; k < s->inserter_count; k++) {
        if (!s->inserters[k] || !brc_inserter_due(s->inserters[k], time)) continue;
        brc_insert_host h = host_of(s, s->inserter_material[k]);
        double birth[BRC_MAX_USER_FIELDS];
        for (int f = 0; f < s->user_count; f++) {
            birth[f] = s->user[f].birth;
            s->user[f].birth = s->inserter_values[k * BRC_MAX_USER_FIELDS + f];
        }
        brc_status status = gather_crowd(s, s->inserters[k]);
        if (status == BRC_OK) status = brc_inserter_stream(s->inserters[k], &h, time);
        for (int f = 0; f < s->user_count; f++) s->user[f].birth = birth[f];
        BRC_TRY(status);
    }
    return BRC_OK;
}

void brc_boundary_free(brc_sim* s)
{
    for (int k = 0; k < s->wall_count; k++) brc_wall_free(s->walls[k].wall);
    for (int k = 0; k < s->inserter_count; k++) brc_inserter_free(s->inserters[k]);
    brc_free(s->walls), brc_free(s->inserters), brc_free(s->inserter_material);
    brc_free(s->inserter_values);
}
