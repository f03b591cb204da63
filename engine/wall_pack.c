// wall_pack.c -- a wall in a checkpoint: what it is, where it is, and all that moves it.
#include "wall_parts.h"
#include <stdio.h>
#include <string.h>

static void pack_pose(brc_pack* p, wall_pose* q)
{
    vec3* const vectors[] = {&q->row[0],   &q->row[1],  &q->row[2], &q->position,
                             &q->velocity, &q->angular, &q->mean,   &q->mean_angular};
    brc_pack_within(p, q->q, 4, 2); // a unit quaternion, as far as rounding goes
    for (size_t k = 0; k < sizeof vectors / sizeof *vectors; k++) brc_pack_vec(p, vectors[k]);
    if (p->loading && brc_pack_good(p) && !(v3_finite(q->position) && v3_finite(q->velocity) && v3_finite(q->angular)))
        brc_pack_fail(p, BRC_ERR_FILE, "a wall that is nowhere");
}

// What was loaded is a motion that a script could have given.
static void check_motion(brc_pack* p, const wall_motion* m)
{
    brc_motion def = m->def;
    const wall_servo* s = &m->servo;
    def.table = m->table;
    if (def.kind == BRC_SERVO) { // its table has other columns, its axis is one of a motion
        bool sound = isfinite(def.start) && def.stop > def.start && s->gain > 0 && isfinite(s->gain);
        for (int32_t i = 0; i < def.table_count; i++)
            sound = sound && isfinite(m->table[2 * i]) && isfinite(m->table[2 * i + 1]) &&
                    (i == 0 || m->table[2 * i] > m->table[2 * i - 2]);
        const double finite[] = {s->target, s->mass, s->damping, s->travel, s->rate, s->base};
        for (size_t k = 0; k < sizeof finite / sizeof *finite; k++) sound = sound && isfinite(finite[k]);
        if (!sound || def.table_count == 1) brc_pack_fail(p, BRC_ERR_FILE, "a servo that cannot be");
        def.kind = BRC_ROTATION;
        def.rate = 0;
    }
    if (brc_wall_motion_check(&def) != BRC_OK) brc_pack_fail(p, BRC_ERR_FILE, "a motion that cannot be");
}

static void pack_motion(brc_pack* p, wall_motion* m)
{
    brc_motion* d = &m->def;
    brc_pack_i32(p, &d->kind, BRC_LINEAR, BRC_TRACED);
    brc_pack_i32(p, &d->rotating, 0, WALL_RADIAL);
    double* const numbers[] = {&d->start, &d->stop, &d->rate, &d->amplitude, &d->period, &d->phase};
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) brc_pack_doubles(p, numbers[k], 1);
    brc_pack_doubles(p, d->velocity, 3);
    brc_pack_doubles(p, d->axis, 3);
    brc_pack_doubles(p, d->origin, 3);
    brc_pack_vec(p, &m->displacement);
    brc_pack_vec(p, &m->velocity);
    brc_pack_vec(p, &m->angular);
    brc_pack_doubles(p, m->rotation, 4);
    wall_servo* s = &m->servo;
    double* const servo[] = {&s->target, &s->mass,  &s->damping, &s->gain, &s->max_velocity,
                             &s->lower,  &s->upper, &s->travel,  &s->rate};
    for (size_t k = 0; k < sizeof servo / sizeof *servo; k++) brc_pack_doubles(p, servo[k], 1);
    brc_pack_doubles(p, &s->base, 1);
    brc_pack_doubles(p, &s->pressure, 1);
    brc_pack_i32(p, &d->table_count, 0, INT32_MAX / 8);
    const int columns = d->rotating || d->kind == BRC_SERVO ? 2 : 4;
    if (d->table_count > 0) {
        int64_t count = (int64_t)d->table_count * columns;
        const int64_t wanted = count;
        brc_pack_list(p, &m->table, &count, wanted);
        if (p->loading && count != wanted) brc_pack_fail(p, BRC_ERR_FILE, "a motion with another table");
    }
    if (p->loading && d->kind == BRC_TABLE && d->table_count < 2)
        brc_pack_fail(p, BRC_ERR_FILE, "a motion without its table");
    if (d->kind == BRC_TRACED) brc_wall_traced_pack(p, &m->traced);
    if (p->loading && brc_pack_good(p)) check_motion(p, m);
}

static void pack_body(brc_pack* p, wall_body* b)
{
    vec3* const vectors[] = {&b->axis[0],       &b->axis[1],     &b->axis[2],    &b->force,     &b->torque,
                             &b->next_force,    &b->next_torque, &b->velocity,   &b->momentum,  &b->half_velocity,
                             &b->half_momentum, &b->inverse[0],  &b->inverse[1], &b->inverse[2]};
    int32_t turning = b->turning, hinge = b->hinge;
    brc_pack_doubles(p, &b->mass, 1);
    brc_pack_doubles(p, b->moment, 3);
    brc_pack_doubles(p, b->inverse_mass, 3);
    brc_pack_doubles(p, &b->hinge_moment, 1);
    brc_pack_doubles(p, &b->gravity, 1);
    brc_pack_i32(p, &turning, 0, 3);
    brc_pack_i32(p, &hinge, 0, 2);
    b->turning = turning, b->hinge = hinge;
    for (size_t k = 0; k < sizeof vectors / sizeof *vectors; k++) brc_pack_vec(p, vectors[k]);
}

// The triangles are blocks of their own, which tools may want to read.
static void mesh_save(brc_pack* p, const char* name, const brc_wall* w)
{
    char of[48];
    int64_t vertices = 0, triangles = 0;
    const vec3* x = brc_mesh_vertices(w->mesh, &vertices);
    brc_mesh_triangles(w->mesh, NULL, &triangles);
    snprintf(of, sizeof of, "%s.vertices", name);
    double* to = brc_pack_room(p, of, 'd', 3 * vertices);
    for (int64_t i = 0; to && i < vertices; i++) v3_to(to + 3 * i, x[i]);
    snprintf(of, sizeof of, "%s.triangles", name);
    int32_t* list = brc_pack_room(p, of, 'i', 3 * triangles);
    if (list) brc_mesh_triangles(w->mesh, list, &triangles);
}

static void mesh_load(brc_pack* p, const char* name, brc_wall_def* def)
{
    char of[48];
    int64_t vertices, triangles;
    snprintf(of, sizeof of, "%s.vertices", name);
    def->vertices = brc_pack_block(p, of, 'd', -1, &vertices);
    snprintf(of, sizeof of, "%s.triangles", name);
    def->triangles = brc_pack_block(p, of, 'i', -1, &triangles);
    def->vertex_count = vertices / 3, def->triangle_count = triangles / 3;
}

void brc_wall_pack(brc_pack* p, int32_t number, const char* kind, brc_wall** wall)
{
    char name[32];
    brc_wall_def def = {0};
    uint64_t shape = 0;
    snprintf(name, sizeof name, "%s.%" PRId32, kind, number + 1);
    if (!p->loading) def = (*wall)->def, shape = (*wall)->shape_hash;
    if (!p->loading && def.shape == BRC_CYLINDER) def.radius = def.radius2 = (*wall)->made_radius;
    brc_pack_i32(p, &def.shape, BRC_PLANE, BRC_MESH);
    brc_pack_i32(p, &def.material, 0, INT32_MAX);
    brc_pack_i32(p, &def.side, -1, 1);
    brc_pack_i32(p, &def.open, 0, 1);
    brc_pack_doubles(p, def.point, 3);
    brc_pack_doubles(p, def.point2, 3);
    brc_pack_doubles(p, def.normal, 3);
    brc_pack_doubles(p, &def.radius, 1);
    brc_pack_doubles(p, &def.radius2, 1);
    brc_pack_u64(p, &shape);
    if (p->loading) {
        *wall = NULL;
        if (def.shape == BRC_MESH) mesh_load(p, name, &def);
        if (!brc_pack_good(p)) return;
        if (brc_wall_create(&def, wall) != BRC_OK) {
            brc_pack_fail(p, BRC_ERR_FILE, "a wall that cannot be made");
            return;
        }
        if ((*wall)->shape_hash != shape) brc_pack_fail(p, BRC_ERR_FILE, "a wall comes out with another shape");
    } else if (def.shape == BRC_MESH) {
        mesh_save(p, name, *wall);
    }
    brc_wall* w = *wall;
    int32_t motions = w->motion_count;
    bool body = w->body != NULL;
    double radius = w->def.radius, rate = w->radius_rate; // of a cylinder that a servo has driven
    brc_pack_doubles(p, &radius, 1);
    brc_pack_doubles(p, &rate, 1);
    if (p->loading && w->def.shape == BRC_CYLINDER) {
        if (brc_pack_good(p) && !(radius > 0 && radius < 1e9))
            brc_pack_fail(p, BRC_ERR_FILE, "a cylinder without radius");
        if (brc_pack_good(p) && (radius != w->def.radius || rate != 0)) brc_wall_set_radius(w, radius, rate);
    }
    brc_pack_vec(p, &w->surface);
    brc_pack_bool(p, &w->posed);
    brc_pack_doubles(p, &w->time, 1);
    pack_pose(p, &w->rest);
    pack_pose(p, &w->pose);
    brc_pack_count(p, &motions, 1 << 16);
    if (p->loading && motions > 0) {
        w->motions = BRC_NEW(motions, wall_motion);
        if (!w->motions) brc_pack_fail(p, BRC_ERR_MEMORY, "no memory for motions");
        else w->motion_count = motions;
    }
    for (int i = 0; i < w->motion_count; i++) pack_motion(p, &w->motions[i]);
    brc_pack_bool(p, &body);
    if (p->loading && body && brc_pack_good(p)) {
        w->body = BRC_NEW(1, wall_body);
        if (!w->body) brc_pack_fail(p, BRC_ERR_MEMORY, "no memory for a body");
    }
    if (w->body) pack_body(p, w->body);
    brc_wall_mark(w);
}
