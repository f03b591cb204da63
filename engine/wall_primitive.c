// wall_primitive.c -- distance and contacts of a sphere with the shapes that have a formula, in the body frame.
//
// Cylinders and cones are looked at in the half plane through their axis: z along the axis from `point`, rho away from
// it. There the surface is a straight line from A = (0, radius) to B = (length, radius2), with caps between it and the
// axis unless it is open.
#include "wall_parts.h"

// Features. Box: faces x- x+ y- y+ z- z+ are 0 to 5, edges and corners 6 + a number for their region.
enum { PLANE_FACE = 0, SPHERE_FACE = 0 };
enum { DISC_FACE = 0, DISC_RIM };
enum { BOX_REGIONS = 6 };
enum { SIDE_NEAR = 0, CAP_A, CAP_B, RIM_A, RIM_B, SIDE_FAR, RIM_A_FAR, RIM_B_FAR };

// A face at signed distance s (> 0: in front, where n points). It holds on to centres up to one radius behind it.
static void add_face(raw_hits* list, double radius, double s, vec3 n, uint32_t feature)
{
    if (!(fabs(s) < radius)) return;
    brc_hits_add(list, &(raw_hit){.overlap = radius - s,
                                  .distance = fabs(s),
                                  .n = n,
                                  .feature = feature,
                                  .element = feature,
                                  .face = true,
                                  .behind = s < 0});
}

// A rim or corner; d: from it to the centre. inward: the wall is around the particles and the centre has passed into
// it.
static void add_corner(raw_hits* list, double radius, vec3 d, bool inward, vec3 otherwise, uint32_t feature)
{
    double distance = v3_length(d);
    if (!(distance < radius)) return;
    vec3 n = distance > 0 ? v3_divide(d, distance) : otherwise;
    brc_hits_add(list, &(raw_hit){.overlap = inward ? radius + distance : radius - distance,
                                  .distance = distance,
                                  .n = inward ? v3_scale(-1, n) : n,
                                  .feature = feature,
                                  .element = feature,
                                  .behind = inward});
}

// ---- box -------------------------------------------------------------------------------------------------
static double clamp(double x, double lo, double hi) { return x < lo ? lo : x > hi ? hi : x; }

static vec3 box_offset(const brc_wall* w, vec3 c)
{
    return v3(c.x - clamp(c.x, w->lo.x, w->hi.x), c.y - clamp(c.y, w->lo.y, w->hi.y),
              c.z - clamp(c.z, w->lo.z, w->hi.z));
}

// Distances from the six faces, > 0 inside.
static void box_depths(const brc_wall* w, vec3 c, double depth[6])
{
    depth[0] = c.x - w->lo.x, depth[1] = w->hi.x - c.x;
    depth[2] = c.y - w->lo.y, depth[3] = w->hi.y - c.y;
    depth[4] = c.z - w->lo.z, depth[5] = w->hi.z - c.z;
}

static const vec3 box_inward[6] = {{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1}, {0, 0, -1}};

static void box_touch(const brc_wall* w, vec3 c, double radius, raw_hits* list)
{
    double depth[6];
    box_depths(w, c, depth);
    vec3 d = box_offset(w, c);
    bool inside = d.x == 0 && d.y == 0 && d.z == 0;
    if (w->def.side == -1 || (w->def.side == 0 && inside)) {
        if (v3_dot(d, d) < radius * radius)
            for (int k = 0; k < 6; k++) add_face(list, radius, depth[k], box_inward[k], (uint32_t)k);
        return;
    }
    if (inside) { // pressed in: out through the nearest face
        int k = 0;
        for (int i = 1; i < 6; i++)
            if (depth[i] < depth[k]) k = i;
        add_face(list, radius, -depth[k], v3_scale(-1, box_inward[k]), (uint32_t)k);
        return;
    }
    int axes = (d.x != 0) + (d.y != 0) + (d.z != 0);
    if (axes == 1) {
        for (int k = 0; k < 6; k++)
            if (depth[k] < 0) add_face(list, radius, -depth[k], v3_scale(-1, box_inward[k]), (uint32_t)k);
    } else {
        int region = 9 * (1 + (d.x > 0) - (d.x < 0)) + 3 * (1 + (d.y > 0) - (d.y < 0)) + (1 + (d.z > 0) - (d.z < 0));
        add_corner(list, radius, d, false, v3(0, 0, 1), BOX_REGIONS + (uint32_t)region);
    }
}

// ---- cylinder and cone -----------------------------------------------------------------------------------
typedef struct profile {
    double slope_z, slope_rho; // unit, from A to B
    double out_z, out_rho;     // unit, away from the axis
    double slant;              // [m] from A to B
    double z, rho;             // [m] the centre
    vec3 e;                    // unit, from the axis to the centre
} profile;

static profile profile_of(const brc_wall* w, vec3 c)
{
    profile p;
    double dr = w->def.radius2 - w->def.radius;
    p.slant = sqrt(w->length * w->length + dr * dr);
    p.slope_z = w->length / p.slant, p.slope_rho = dr / p.slant;
    p.out_z = -p.slope_rho, p.out_rho = p.slope_z;
    vec3 d = v3_sub(c, v3_from(w->def.point));
    p.z = v3_dot(d, w->axis);
    vec3 radial = v3_sub(d, v3_scale(p.z, w->axis));
    radial = v3_sub(radial, v3_scale(v3_dot(radial, w->axis), w->axis)); // near the axis the first has cancelled
    p.rho = v3_length(radial);
    p.e = p.rho > 0 ? v3_divide(radial, p.rho) : w->across;
    return p;
}

static vec3 profile_vector(const brc_wall* w, double z, double rho, vec3 e)
{
    return v3_add(v3_scale(z, w->axis), v3_scale(rho, e));
}

// The sloping side and its rims at the angle of e; rho < 0: the far side, seen across the axis.
static void side_touch(const brc_wall* w, const profile* p, double radius, double rho, vec3 e, bool inside,
                       uint32_t face, uint32_t rim_a, uint32_t rim_b, raw_hits* list)
{
    double r1 = w->def.radius, r2 = w->def.radius2;
    double along = p->z * p->slope_z + (rho - r1) * p->slope_rho;
    double s = p->z * p->out_z + (rho - r1) * p->out_rho; // > 0 away from the axis
    int front = w->def.side;                              // +1: outside
    if (front == 0) front = w->def.open ? (s >= 0 ? 1 : -1) : (inside ? -1 : 1);
    if (along >= 0 && along <= p->slant) {
        if (front > 0 && (face == SIDE_FAR || (!w->def.open && s < 0))) return; // from outside: the near side only
        add_face(list, radius, front * s, profile_vector(w, front * p->out_z, front * p->out_rho, e), face);
        return;
    }
    bool at_a = along <= 0;
    vec3 d = profile_vector(w, at_a ? p->z : p->z - w->length, rho - (at_a ? r1 : r2), e);
    vec3 otherwise = v3_scale(at_a ? -1 : 1, w->axis);
    if (w->def.open) {
        add_corner(list, radius, d, false, otherwise, at_a ? rim_a : rim_b);
    } else if (rho >= (at_a ? r1 : r2) && !inside) { // closed: the rim is met only from outside, where the cap ends too
        add_corner(list, radius, d, w->def.side == -1, otherwise, at_a ? rim_a : rim_b);
    }
}

static void cap_touch(const brc_wall* w, const profile* p, double radius, bool inside, bool at_a, raw_hits* list)
{
    double cap = at_a ? w->def.radius : w->def.radius2; // 0: a tip
    if (!(cap > 0 && p->rho <= cap)) return;
    double s = at_a ? -p->z : p->z - w->length; // > 0 beyond the cap
    int front = w->def.side ? w->def.side : inside ? -1 : 1;
    if (front > 0 && (inside || s < 0)) return;
    add_face(list, radius, front * s, v3_scale(at_a ? -front : front, w->axis), at_a ? CAP_A : CAP_B);
}

// Pressed into a solid: out through the nearest face.
static void nearest_face(const brc_wall* w, const profile* p, double radius, raw_hits* list)
{
    double side = p->z * p->out_z + (p->rho - w->def.radius) * p->out_rho, a = -p->z, b = p->z - w->length;
    if (side >= a && side >= b) add_face(list, radius, side, profile_vector(w, p->out_z, p->out_rho, p->e), SIDE_NEAR);
    else if (a >= b) add_face(list, radius, a, v3_scale(-1, w->axis), CAP_A);
    else add_face(list, radius, b, w->axis, CAP_B);
}

static bool inside_profile(const brc_wall* w, const profile* p)
{
    return !w->def.open && p->z >= 0 && p->z <= w->length &&
           p->z * p->out_z + (p->rho - w->def.radius) * p->out_rho <= 0;
}

static void cone_touch(const brc_wall* w, vec3 c, double radius, raw_hits* list)
{
    profile p = profile_of(w, c);
    bool inside = inside_profile(w, &p);
    if (inside && w->def.side == 1) {
        nearest_face(w, &p, radius, list);
        return;
    }
    side_touch(w, &p, radius, p.rho, p.e, inside, SIDE_NEAR, RIM_A, RIM_B, list);
    // A sphere that blocks a tube or lies on its mouth is held from both sides, not thrown from one to the other.
    if (p.z * p.out_z + (p.rho - w->def.radius) * p.out_rho < 0 && (w->def.open || inside))
        side_touch(w, &p, radius, -p.rho, v3_scale(-1, p.e), inside, SIDE_FAR, RIM_A_FAR, RIM_B_FAR, list);
    if (w->def.open) return;
    cap_touch(w, &p, radius, inside, true, list);
    cap_touch(w, &p, radius, inside, false, list);
}

// Distance in the half plane from (z, rho) to the segment from (az, ar) to (bz, br).
static double segment_distance(double z, double rho, double az, double ar, double bz, double br)
{
    double tz = bz - az, tr = br - ar, square = tz * tz + tr * tr;
    double u = square > 0 ? clamp(((z - az) * tz + (rho - ar) * tr) / square, 0, 1) : 0;
    double dz = z - az - u * tz, dr = rho - ar - u * tr;
    return sqrt(dz * dz + dr * dr);
}

// ---- all -------------------------------------------------------------------------------------------------
static void disc_touch(const brc_wall* w, vec3 c, double radius, raw_hits* list)
{
    vec3 d = v3_sub(c, v3_from(w->def.point));
    double z = v3_dot(d, w->axis);
    vec3 radial = v3_sub(d, v3_scale(z, w->axis));
    double rho = v3_length(radial);
    if (rho <= w->def.radius) {
        bool back = w->def.side == 0 && z < 0;
        add_face(list, radius, back ? -z : z, back ? v3_scale(-1, w->axis) : w->axis, DISC_FACE);
    } else {
        vec3 e = v3_divide(radial, rho);
        add_corner(list, radius, v3_add(v3_scale(z, w->axis), v3_scale(rho - w->def.radius, e)), false, e, DISC_RIM);
    }
}

static void sphere_touch(const brc_wall* w, vec3 c, double radius, raw_hits* list)
{
    vec3 d = v3_sub(c, v3_from(w->def.point));
    double distance = v3_length(d), s = distance - w->def.radius;
    vec3 n = distance > 0 ? v3_divide(d, distance) : v3(0, 0, 1);
    int front = w->def.side ? w->def.side : s >= 0 ? 1 : -1;
    add_face(list, radius, front * s, v3_scale(front, n), SPHERE_FACE);
}

void brc_primitive_touch(const brc_wall* w, vec3 c, double radius, raw_hits* list)
{
    switch (w->def.shape) {
    case BRC_PLANE:
        add_face(list, radius, v3_dot(w->axis, v3_sub(c, v3_from(w->def.point))), w->axis, PLANE_FACE);
        break;
    case BRC_BOX:
        box_touch(w, c, radius, list);
        break;
    case BRC_CYLINDER:
    case BRC_CONE:
        cone_touch(w, c, radius, list);
        break;
    case BRC_SPHERE:
        sphere_touch(w, c, radius, list);
        break;
    case BRC_DISC:
        disc_touch(w, c, radius, list);
        break;
    }
}

double brc_primitive_distance(const brc_wall* w, vec3 c)
{
    const brc_wall_def* def = &w->def;
    vec3 d = v3_sub(c, v3_from(def->point));
    switch (def->shape) {
    case BRC_PLANE:
        return fabs(v3_dot(w->axis, d));
    case BRC_BOX: {
        vec3 out = box_offset(w, c);
        if (out.x != 0 || out.y != 0 || out.z != 0) return v3_length(out);
        double depth[6], least;
        box_depths(w, c, depth);
        least = depth[0];
        for (int k = 1; k < 6; k++) least = fmin(least, depth[k]);
        return least;
    }
    case BRC_SPHERE:
        return fabs(v3_length(d) - def->radius);
    case BRC_DISC: {
        profile p = profile_of(w, c);
        return segment_distance(p.z, p.rho, 0, 0, 0, def->radius);
    }
    default: {
        profile p = profile_of(w, c);
        double distance = segment_distance(p.z, p.rho, 0, def->radius, w->length, def->radius2);
        if (def->open) return distance;
        distance = fmin(distance, segment_distance(p.z, p.rho, 0, 0, 0, def->radius));
        return fmin(distance, segment_distance(p.z, p.rho, w->length, 0, w->length, def->radius2));
    }
    }
}
