// wall.c -- a wall from its definition: checks, pose, and the questions that the simulation asks of every shape alike.
#include "wall_mesh.h"
#include <string.h>
#include <xxhash.h>

// ---- checks ----------------------------------------------------------------------------------------------
static const char* const shape_names[] = {"plane", "box", "cylinder", "cone", "sphere", "disc", "mesh"};

static brc_status check_point(const char* shape, const char* name, const double a[3])
{
    for (int k = 0; k < 3; k++)
        BRC_CHECK(fabs(a[k]) < 1e9, BRC_ERR_ARGUMENT,
                  "%s: %s must be finite and within 1e9 m of the origin, got (%g, %g, %g) m", shape, name, a[0], a[1],
                  a[2]);
    return BRC_OK;
}

static brc_status check_radius(const char* shape, const char* name, double radius)
{
    BRC_CHECK(radius > 0, BRC_ERR_ARGUMENT, "%s: %s must be > 0 m, got %g", shape, name, radius);
    BRC_CHECK(radius < 1e9, BRC_ERR_ARGUMENT, "%s: %s must be < 1e9 m, got %g", shape, name, radius);
    return BRC_OK;
}

static brc_status check_normal(const char* shape, const double normal[3])
{
    double length = v3_length_safe(v3_from(normal));
    BRC_CHECK(length > 0 && isfinite(length), BRC_ERR_ARGUMENT,
              "%s: normal must be finite and not zero, got (%g, %g, %g)", shape, normal[0], normal[1], normal[2]);
    return BRC_OK;
}

static brc_status check_axis(const char* shape, const brc_wall_def* def)
{
    BRC_TRY(check_point(shape, "point", def->point));
    BRC_TRY(check_point(shape, "point2", def->point2));
    vec3 a = v3_from(def->point), d = v3_sub(v3_from(def->point2), a);
    BRC_CHECK(v3_finite(d) && v3_length_safe(d) > 1e-12 * (fabs(a.x) + fabs(a.y) + fabs(a.z)) && v3_length_safe(d) > 0,
              BRC_ERR_ARGUMENT, "%s: the ends of the axis must differ, got (%g, %g, %g) m for both", shape, a.x, a.y,
              a.z);
    return BRC_OK;
}

static brc_status check(const brc_wall_def* def)
{
    BRC_CHECK(def->shape >= BRC_PLANE && def->shape <= BRC_MESH, BRC_ERR_ARGUMENT, "wall: unknown shape %d",
              def->shape);
    const char* shape = shape_names[def->shape];
    bool curved =
        def->shape == BRC_BOX || def->shape == BRC_CYLINDER || def->shape == BRC_CONE || def->shape == BRC_SPHERE;
    if (curved)
        BRC_CHECK(def->side >= -1 && def->side <= 1, BRC_ERR_ARGUMENT,
                  "%s: side must be 1 (particles outside), -1 (inside) or 0 (both), got %d", shape, def->side);
    else if (def->shape != BRC_PLANE)
        BRC_CHECK(def->side == 0 || def->side == 1, BRC_ERR_ARGUMENT,
                  "%s: side must be 0 (two-sided) or 1 (one-sided), got %d", shape, def->side);
    switch (def->shape) {
    case BRC_PLANE:
        BRC_TRY(check_point(shape, "point", def->point));
        return check_normal(shape, def->normal);
    case BRC_BOX:
        BRC_TRY(check_point(shape, "lower corner", def->point));
        BRC_TRY(check_point(shape, "upper corner", def->point2));
        for (int k = 0; k < 3; k++)
            BRC_CHECK(def->point2[k] > def->point[k], BRC_ERR_ARGUMENT,
                      "box: the upper corner must lie above the lower one on every axis, got %c from %g m to %g m",
                      "xyz"[k], def -> point[k], def -> point2[k]);
        return BRC_OK;
    case BRC_CYLINDER:
        BRC_TRY(check_axis(shape, def));
        return check_radius(shape, "radius", def->radius);
    case BRC_CONE:
        BRC_TRY(check_axis(shape, def));
        BRC_CHECK(def->radius >= 0 && isfinite(def->radius), BRC_ERR_ARGUMENT, "cone: radius must be >= 0 m, got %g",
                  def->radius);
        BRC_CHECK(def->radius2 >= 0 && isfinite(def->radius2), BRC_ERR_ARGUMENT, "cone: radius2 must be >= 0 m, got %g",
                  def->radius2);
        BRC_CHECK(def->radius > 0 || def->radius2 > 0, BRC_ERR_ARGUMENT,
                  "cone: one of the radii must be > 0 m, got 0 for both");
        return BRC_OK;
    case BRC_SPHERE:
        BRC_TRY(check_point(shape, "point", def->point));
        return check_radius(shape, "radius", def->radius);
    case BRC_DISC:
        BRC_TRY(check_point(shape, "point", def->point));
        BRC_TRY(check_radius(shape, "radius", def->radius));
        return check_normal(shape, def->normal);
    default:
        return BRC_OK; // a mesh is checked where it is made
    }
}

// ---- life ------------------------------------------------------------------------------------------------
static vec3 unit(vec3 a)
{
    a = v3_divide(a, v3_length_safe(a));
    return v3_divide(a, v3_length(a));
}

static vec3 perpendicular(vec3 u)
{
    vec3 a = fabs(u.x) <= fabs(u.y) && fabs(u.x) <= fabs(u.z) ? v3(1, 0, 0)
             : fabs(u.y) <= fabs(u.z)                         ? v3(0, 1, 0)
                                                              : v3(0, 0, 1);
    return unit(v3_cross(u, a));
}

// Half the extent of a circle of this radius, normal to u, along each axis.
static vec3 circle_extent(double radius, vec3 u)
{
    return v3(radius * sqrt(fmax(0, 1 - u.x * u.x)), radius * sqrt(fmax(0, 1 - u.y * u.y)),
              radius * sqrt(fmax(0, 1 - u.z * u.z)));
}

static vec3 v3_min(vec3 a, vec3 b) { return v3(fmin(a.x, b.x), fmin(a.y, b.y), fmin(a.z, b.z)); }
static vec3 v3_max(vec3 a, vec3 b) { return v3(fmax(a.x, b.x), fmax(a.y, b.y), fmax(a.z, b.z)); }

static void bound_ends(brc_wall* w)
{
    const brc_wall_def* def = &w->def;
    vec3 a = v3_from(def->point), b = v3_from(def->point2);
    vec3 e1 = circle_extent(def->radius, w->axis), e2 = circle_extent(def->radius2, w->axis);
    w->lo = v3_min(v3_sub(a, e1), v3_sub(b, e2)), w->hi = v3_max(v3_add(a, e1), v3_add(b, e2));
}

void brc_wall_set_radius(brc_wall* w, double radius, double rate)
{
    w->def.radius = w->def.radius2 = radius;
    w->radius_rate = rate;
    bound_ends(w);
}

double brc_wall_radius(const brc_wall* w)
{
    bool one = w->def.shape == BRC_CYLINDER || w->def.shape == BRC_SPHERE || w->def.shape == BRC_DISC;
    return one ? w->def.radius : 0;
}

double brc_wall_radius_rate(const brc_wall* wall) { return wall->radius_rate; }

vec3 brc_wall_outward(const brc_wall* wall, vec3 point)
{
    vec3 d = v3_sub(wall_to_body(wall, &wall->pose, point), v3_from(wall->def.point));
    d = v3_sub(d, v3_scale(v3_dot(d, wall->axis), wall->axis));
    double rho = v3_length(d);
    return wall_rotate(&wall->pose, rho > 0 ? v3_divide(d, rho) : wall->across);
}

static void prepare(brc_wall* w)
{
    brc_wall_def* def = &w->def;
    vec3 a = v3_from(def->point), b = v3_from(def->point2);
    w->axis = v3(0, 0, 1);
    w->lo = w->hi = w->reference = a;
    switch (def->shape) {
    case BRC_PLANE:
        w->axis = unit(v3_from(def->normal));
        break;
    case BRC_DISC: {
        w->axis = unit(v3_from(def->normal));
        vec3 extent = circle_extent(def->radius, w->axis);
        w->lo = v3_sub(a, extent), w->hi = v3_add(a, extent);
        break;
    }
    case BRC_SPHERE: {
        vec3 extent = v3(def->radius, def->radius, def->radius);
        w->lo = v3_sub(a, extent), w->hi = v3_add(a, extent);
        break;
    }
    case BRC_BOX:
        w->hi = b;
        w->reference = v3_scale(0.5, v3_add(a, b));
        break;
    case BRC_CYLINDER:
    case BRC_CONE: {
        if (def->shape == BRC_CYLINDER) def->radius2 = def->radius;
        w->axis = unit(v3_sub(b, a));
        w->length = v3_length_safe(v3_sub(b, a));
        bound_ends(w);
        w->reference = v3_scale(0.5, v3_add(a, b));
        break;
    }
    case BRC_MESH:
        brc_mesh_bounds(w->mesh, &w->lo, &w->hi);
        w->reference = v3_scale(0.5, v3_add(w->lo, w->hi));
        break;
    }
    w->across = perpendicular(w->axis);
    w->made_radius = w->marked_radius = w->near_marked_radius = def->radius;
    w->rest = (wall_pose){.q = {0, 0, 0, 1}, .position = w->reference};
    brc_wall_pose_at(w, 0, &w->rest); // completes the matrix
    w->pose = w->marked = w->near_marked = w->rest;
}

static uint64_t hash_of_shape(const brc_wall* w)
{
    const brc_wall_def* d = &w->def;
    double row[14] = {d->shape, d->material, d->side, d->open, d->radius, d->radius2};
    for (int k = 0; k < 3; k++) row[6 + k] = d->point[k], row[9 + k] = d->point2[k];
    for (int k = 0; k < 14; k++) row[k] += 0.0; // -0 and 0 are the same
    uint64_t hash = XXH64(row, sizeof row, 0);
    if (!w->mesh) return XXH64(&w->axis, sizeof w->axis, hash);
    int64_t count;
    const vec3* x = brc_mesh_vertices(w->mesh, &count);
    hash = XXH64(x, (size_t)count * sizeof *x, hash);
    return brc_mesh_hash(w->mesh, hash);
}

brc_status brc_wall_create(const brc_wall_def* def, brc_wall** out)
{
    BRC_TRY(check(def));
    brc_wall* w = BRC_NEW(1, brc_wall);
    BRC_CHECK(w, BRC_ERR_MEMORY, "no memory for a wall");
    w->def = *def;
    w->def.vertices = NULL;
    w->def.triangles = NULL;
    if (def->shape == BRC_MESH) {
        brc_status status = brc_mesh_create(def, &w->mesh);
        if (status != BRC_OK) {
            brc_free(w);
            return status;
        }
    }
    prepare(w);
    w->shape_hash = hash_of_shape(w);
    *out = w;
    return BRC_OK;
}

void brc_wall_free(brc_wall* wall)
{
    if (!wall) return;
    brc_wall_motions_free(wall);
    brc_mesh_free(wall->mesh);
    brc_free(wall->body);
    brc_free(wall);
}

uint64_t brc_wall_hash(const brc_wall* w)
{
    const wall_pose* p = &w->pose;
    double row[16] = {p->q[0],       p->q[1],       p->q[2],       p->q[3],       p->position.x, p->position.y,
                      p->position.z, p->velocity.x, p->velocity.y, p->velocity.z, p->angular.x,  p->angular.y,
                      p->angular.z,  w->surface.x,  w->surface.y,  w->surface.z};
    for (int k = 0; k < 16; k++) row[k] += 0.0; // -0 and 0 are the same
    uint64_t hash = brc_wall_motions_hash(w, XXH64(row, sizeof row, w->shape_hash));
    if (w->def.radius != w->made_radius) hash = XXH64(&w->def.radius, sizeof(double), hash);
    const wall_body* b = w->body;
    if (!b) return hash;
    vec3 state[9] = {b->velocity,
                     b->momentum,
                     b->force,
                     b->torque,
                     b->axis[0],
                     b->axis[1],
                     b->axis[2],
                     v3(b->moment[0], b->moment[1], b->moment[2]),
                     v3(b->inverse_mass[0], b->inverse_mass[1], b->inverse_mass[2])};
    double more[5] = {b->mass, b->turning, b->hinge, b->hinge_moment, b->gravity};
    for (int k = 0; k < 9; k++) state[k] = v3_add(state[k], v3(0, 0, 0)); // -0 and 0 are the same
    return XXH64(more, sizeof more, XXH64(state, sizeof state, hash));
}

int32_t brc_wall_material(const brc_wall* wall) { return wall->def.material; }

// ---- pose ------------------------------------------------------------------------------------------------
void brc_wall_set_surface_velocity(brc_wall* wall, vec3 velocity) { wall->surface = velocity; }

void brc_wall_move(brc_wall* wall, double time)
{
    wall->time = time;
    if (wall->posed && !wall->body) brc_wall_pose_at(wall, time, &wall->pose);
}

bool brc_wall_moves(const brc_wall* wall) { return wall->posed; }

vec3 brc_wall_belt(const brc_wall* wall, vec3 n)
{
    vec3 belt = wall->posed ? wall_rotate(&wall->pose, wall->surface) : wall->surface;
    return v3_sub(belt, v3_scale(v3_dot(belt, n), n));
}

vec3 brc_wall_velocity(const brc_wall* wall, vec3 point, vec3 n)
{
    vec3 v = v3(0, 0, 0);
    if (wall->posed) v = v3_add(wall->pose.velocity, v3_cross(wall->pose.angular, v3_sub(point, wall->pose.position)));
    if (wall->radius_rate != 0) v = v3_add(v, v3_scale(wall->radius_rate, brc_wall_outward(wall, point)));
    return v3_add(v, brc_wall_belt(wall, n));
}

vec3 brc_wall_contact_point(const brc_wall* wall, vec3 x, double radius, double overlap, vec3 n)
{
    return v3_sub(x, v3_scale(wall->body ? radius : radius - overlap, n));
}

brc_wall_contact brc_wall_contact_at(const brc_wall* wall, vec3 x, double radius, double overlap, vec3 n)
{
    brc_wall_contact c = {.point = brc_wall_contact_point(wall, x, radius, overlap, n)};
    const wall_pose* p = &wall->pose;
    c.velocity = c.mean = brc_wall_velocity(wall, c.point, n);
    c.spin = c.mean_spin = p->angular;
    if (!wall->body) return c;
    vec3 arm = v3_sub(c.point, p->position);
    c.mean = v3_add(v3_add(p->mean, v3_cross(p->mean_angular, arm)), brc_wall_belt(wall, n));
    c.mean_spin = p->mean_angular;
    c.inverse_mass = brc_wall_body_mobility(wall, c.point, n);
    return c;
}

vec3 brc_wall_position(const brc_wall* wall) { return wall->pose.position; }

vec3 brc_wall_rigid_velocity(const brc_wall* wall, vec3* angular_velocity)
{
    if (angular_velocity) *angular_velocity = wall->pose.angular;
    return wall->pose.velocity;
}

void brc_wall_pose(const brc_wall* wall, double position[3], double rotation[4], double velocity[3],
                   double angular_velocity[3])
{
    v3_to(position, wall->pose.position);
    for (int k = 0; k < 4; k++) rotation[k] = wall->pose.q[k];
    v3_to(velocity, wall->pose.velocity);
    v3_to(angular_velocity, wall->pose.angular);
}

void brc_wall_mark(brc_wall* wall)
{
    wall->marked = wall->pose;
    wall->marked_radius = wall->def.radius;
}

void brc_wall_mark_near(brc_wall* wall)
{
    wall->near_marked = wall->pose;
    wall->near_marked_radius = wall->def.radius;
}

static vec3 corner(vec3 lo, vec3 hi, int i)
{
    return v3(i & 1 ? hi.x : lo.x, i & 2 ? hi.y : lo.y, i & 4 ? hi.z : lo.z);
}

double brc_wall_pace(const brc_wall* w)
{
    vec3 far = v3_sub(w->hi, w->lo);
    return v3_length(w->pose.velocity) + v3_length(w->pose.angular) * v3_length(far) + fabs(w->radius_rate);
}

bool brc_wall_extent(const brc_wall* wall, vec3* lo, vec3* hi)
{
    if (wall->def.shape == BRC_PLANE) return false;
    const brc_wall_def* d = &wall->def;
    *lo = wall->lo, *hi = wall->hi;
    if (!wall->posed) return true;
    if (d->shape == BRC_SPHERE || d->shape == BRC_DISC || d->shape == BRC_CYLINDER || d->shape == BRC_CONE) {
        bool ends = d->shape == BRC_CYLINDER || d->shape == BRC_CONE;
        vec3 u = wall_rotate(&wall->pose, wall->axis), all = v3(d->radius, d->radius, d->radius);
        vec3 a = wall_to_world(wall, &wall->pose, v3_from(d->point)), b = a;
        vec3 ea = d->shape == BRC_SPHERE ? all : circle_extent(d->radius, u), eb = ea;
        if (ends) b = wall_to_world(wall, &wall->pose, v3_from(d->point2)), eb = circle_extent(d->radius2, u);
        *lo = v3_min(v3_sub(a, ea), v3_sub(b, eb)), *hi = v3_max(v3_add(a, ea), v3_add(b, eb));
        return true;
    }
    for (int i = 0; i < 8; i++) {
        vec3 p = wall_to_world(wall, &wall->pose, corner(wall->lo, wall->hi, i));
        *lo = i ? v3_min(*lo, p) : p;
        *hi = i ? v3_max(*hi, p) : p;
    }
    return true;
}

// [m] the lowest point of a wall that is no plane, along n from the point at.
static double lowest(const brc_wall* w, vec3 n, vec3 at)
{
    const brc_wall_def* d = &w->def;
    const vec3 u = wall_rotate(&w->pose, w->axis);
    const double tilt = v3_dot(n, u), slant = sqrt(fmax(0, 1 - tilt * tilt));
    double least = v3_dot(n, v3_sub(wall_to_world(w, &w->pose, v3_from(d->point)), at));
    if (d->shape == BRC_SPHERE) return least - d->radius;
    if (d->shape == BRC_DISC) return least - slant * d->radius;
    if (d->shape == BRC_CYLINDER || d->shape == BRC_CONE) {
        const double other = v3_dot(n, v3_sub(wall_to_world(w, &w->pose, v3_from(d->point2)), at));
        return fmin(least - slant * d->radius, other - slant * d->radius2);
    }
    least = INFINITY;
    for (int i = 0; i < 8; i++)
        least = fmin(least, v3_dot(n, v3_sub(wall_to_world(w, &w->pose, corner(w->lo, w->hi, i)), at)));
    if (d->shape != BRC_MESH || least >= 0) return least;
    int64_t count;
    const vec3* vertex = brc_mesh_vertices(w->mesh, &count);
    least = INFINITY;
    for (int64_t i = 0; i < count; i++)
        least = fmin(least, v3_dot(n, v3_sub(wall_to_world(w, &w->pose, vertex[i]), at)));
    return least;
}

bool brc_wall_body_meets(const brc_wall* body, const brc_wall* other)
{
    if (other->def.shape == BRC_PLANE)
        return lowest(body, wall_rotate(&other->pose, other->axis), other->pose.position) < 0;
    vec3 lo, hi, from, to;
    if (!brc_wall_extent(body, &lo, &hi) || !brc_wall_extent(other, &from, &to)) return false;
    const double a[3] = {lo.x, lo.y, lo.z}, b[3] = {hi.x, hi.y, hi.z}, c[3] = {from.x, from.y, from.z},
                 d[3] = {to.x, to.y, to.z};
    bool apart = false, out = false;
    for (int k = 0; k < 3; k++) {
        apart |= b[k] < c[k] || a[k] > d[k];
        out |= a[k] < c[k] || b[k] > d[k];
    }
    return other->body ? !apart : other->def.shape == BRC_BOX && other->def.side == -1 && out;
}

// A displacement of a rigid body is affine in the point and its length convex, so that the largest is at a corner of
// any box that holds the body. Shapes that look the same when turned about their axis count as moved only by what can
// be seen: a drum that turns does not make lists stale. For a plane the change of its signed distance is what matters,
// and that is linear.
static double moved_from(const brc_wall* wall, const wall_pose* then, double radius, vec3 lo, vec3 hi)
{
    const wall_pose* now = &wall->pose;
    if (!wall->posed) return 0;
    double most = 0;
    vec3 u1 = wall_rotate(now, wall->axis), u0 = wall_rotate(then, wall->axis);
    double tilt = v3_length(v3_sub(u1, u0));
    switch (wall->def.shape) {
    case BRC_PLANE:
        for (int i = 0; i < 8; i++) {
            vec3 p = corner(lo, hi, i);
            double change = v3_dot(u1, v3_sub(p, now->position)) - v3_dot(u0, v3_sub(p, then->position));
            most = fmax(most, fabs(change));
        }
        break;
    case BRC_SPHERE:
        most = v3_length(v3_sub(now->position, then->position));
        break;
    case BRC_DISC:
        most = v3_length(v3_sub(now->position, then->position)) + wall->def.radius * tilt;
        break;
    case BRC_CYLINDER:
    case BRC_CONE: {
        vec3 a = v3_from(wall->def.point), b = v3_from(wall->def.point2);
        double at_a = v3_length(v3_sub(wall_to_world(wall, now, a), wall_to_world(wall, then, a)));
        double at_b = v3_length(v3_sub(wall_to_world(wall, now, b), wall_to_world(wall, then, b)));
        most = fmax(at_a + wall->def.radius * tilt, at_b + wall->def.radius2 * tilt);
        most += fabs(wall->def.radius - radius);
        break;
    }
    default:
        for (int i = 0; i < 8; i++) {
            vec3 p = corner(wall->lo, wall->hi, i);
            most = fmax(most, v3_length(v3_sub(wall_to_world(wall, now, p), wall_to_world(wall, then, p))));
        }
    }
    return most * (1 + 1e-9); // rounding
}

double brc_wall_moved(const brc_wall* wall, vec3 lo, vec3 hi)
{
    return moved_from(wall, &wall->marked, wall->marked_radius, lo, hi);
}

double brc_wall_moved_near(const brc_wall* wall, vec3 lo, vec3 hi)
{
    return moved_from(wall, &wall->near_marked, wall->near_marked_radius, lo, hi);
}

// ---- contacts --------------------------------------------------------------------------------------------
int brc_wall_near(const brc_wall* wall, vec3 x, double radius, double reach, uint32_t* hints, int capacity)
{
    vec3 c = wall->posed ? wall_to_body(wall, &wall->pose, x) : x;
    double distance = (radius + reach) * (1 + 1e-9); // rounding
    if (wall->mesh) return brc_mesh_near(wall->mesh, c, distance, hints, capacity);
    if (!(brc_primitive_distance(wall, c) <= distance)) return 0;
    if (capacity > 0) hints[0] = 0;
    return 1;
}

int brc_wall_still_near(const brc_wall* wall, vec3 x, double radius, double reach, const uint32_t* among,
                        int among_count, uint32_t* hints)
{
    const double distance = (radius + reach) * (1 + 1e-9); // rounding
    if (!wall->mesh) return among_count > 0 ? brc_wall_near(wall, x, radius, reach, hints, 1) : 0;
    return brc_mesh_still_near(wall->mesh, wall->posed ? wall_to_body(wall, &wall->pose, x) : x, distance, among,
                               among_count, hints);
}

void brc_wall_prefetch(const brc_wall* wall, const uint32_t* hints, int hint_count)
{
    if (!wall->mesh) return;
    for (int i = 0; i < hint_count && i < 4; i++) {
        const mesh_face* f = &wall->mesh->faces[hints[i]];
        BRC_PREFETCH(f);
        BRC_PREFETCH((const char*)f + 64);
    }
}

int brc_wall_touch(const brc_wall* wall, vec3 x, double radius, const uint32_t* hints, int hint_count,
                   brc_wall_hit hits[BRC_WALL_HITS])
{
    return brc_wall_reach(wall, x, radius, 0, hints, hint_count, hits);
}

int brc_wall_reach(const brc_wall* wall, vec3 x, double radius, double reach, const uint32_t* hints, int hint_count,
                   brc_wall_hit hits[BRC_WALL_HITS])
{
    if (hint_count <= 0) return 0;
    vec3 c = wall->posed ? wall_to_body(wall, &wall->pose, x) : x;
    raw_hits list;
    list.count = 0;
    list.behind_limit = radius;
    if (wall->mesh) brc_mesh_touch(wall->mesh, c, radius + reach, hints, hint_count, &list);
    else brc_primitive_touch(wall, c, radius + reach, &list);
    if (!list.count) return 0;
    int count = brc_hits_finish(&list, hits);
    if (reach > 0)
        for (int i = 0; i < count; i++) hits[i].overlap -= reach;
    if (wall->posed)
        for (int i = 0; i < count; i++) {
            vec3 n = wall_rotate(&wall->pose, hits[i].n);
            hits[i].n = v3_divide(n, v3_length(n));
        }
    return count;
}
