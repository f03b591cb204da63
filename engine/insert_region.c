// insert_region.c -- boxes, cylinders, spheres and cones to insert into.
//
// A cone shrunk by r on all sides is a cone with the same axis and opening angle whose radius is smaller by r /
// cos(half angle) and whose ends are r nearer, so that uniform points need no trial and error for any shape.
#include "insert_region.h"
#include <float.h>
#include <math.h>

static bool finite3(const double* p) { return isfinite(p[0]) && isfinite(p[1]) && isfinite(p[2]); }

static double component(vec3 a, int axis) { return axis == 0 ? a.x : axis == 1 ? a.y : a.z; }

static void component_set(vec3* a, int axis, double value) { *(axis == 0 ? &a->x : axis == 1 ? &a->y : &a->z) = value; }

brc_status brc_region_check(const brc_region* region, const char* what)
{
    const double *lo = region->lo, *hi = region->hi;
    BRC_CHECK(finite3(lo), BRC_ERR_ARGUMENT, "%s: the region's first point must be finite, got (%g, %g, %g) m", what,
              lo[0], lo[1], lo[2]);
    if (region->kind == BRC_REGION_BOX) {
        for (int a = 0; a < 3; a++)
            BRC_CHECK(hi[a] > lo[a] && isfinite(hi[a]), BRC_ERR_ARGUMENT,
                      "%s: the region's upper corner must be above its lower one, along %c it reaches from %g to %g m",
                      what, "xyz"[a], lo[a], hi[a]);
        return BRC_OK;
    }
    bool cone = region->kind == BRC_REGION_CONE;
    BRC_CHECK(region->kind == BRC_REGION_SPHERE || region->kind == BRC_REGION_CYLINDER || cone, BRC_ERR_ARGUMENT,
              "%s: unknown kind of region, %d", what, (int)region->kind);
    if (cone) {
        BRC_CHECK(region->radius >= 0 && isfinite(region->radius) && region->radius2 >= 0 &&
                      isfinite(region->radius2) && region->radius + region->radius2 > 0,
                  BRC_ERR_ARGUMENT, "%s: the region's radii must be >= 0 m and not both 0, got %g and %g", what,
                  region->radius, region->radius2);
    } else {
        BRC_CHECK(region->radius > 0 && isfinite(region->radius), BRC_ERR_ARGUMENT,
                  "%s: the region's radius must be > 0 m, got %g", what, region->radius);
    }
    if (region->kind == BRC_REGION_SPHERE) return BRC_OK;
    BRC_CHECK(finite3(hi), BRC_ERR_ARGUMENT, "%s: the region's second point must be finite, got (%g, %g, %g) m", what,
              hi[0], hi[1], hi[2]);
    BRC_CHECK(lo[0] != hi[0] || lo[1] != hi[1] || lo[2] != hi[2], BRC_ERR_ARGUMENT,
              "%s: the ends of the region's axis must differ, both are (%g, %g, %g) m", what, lo[0], lo[1], lo[2]);
    return BRC_OK;
}

static void make_axis(const brc_region* region, brc_place* p)
{
    vec3 d = v3_sub(v3_from(region->hi), v3_from(region->lo));
    p->length = sqrt(v3_dot(d, d));
    p->axis = v3_scale(1 / p->length, d);
    double slope = (p->radius2 - p->radius) / p->length;
    p->cosine = 1 / sqrt(1 + slope * slope);
    int least = 0; // the coordinate axis that is furthest from the axis gives a stable normal
    for (int a = 1; a < 3; a++)
        if (fabs(component(p->axis, a)) < fabs(component(p->axis, least))) least = a;
    vec3 other = v3(least == 0, least == 1, least == 2), s = v3_cross(p->axis, other);
    p->side[0] = v3_scale(1 / sqrt(v3_dot(s, s)), s);
    p->side[1] = v3_cross(p->axis, p->side[0]);
    for (int a = 0; a < 3; a++) { // a disc of radius R reaches R sqrt(1 - n^2) along an axis
        double n = component(p->axis, a), reach = sqrt(fmax(0, 1 - n * n));
        component_set(&p->lo, a, fmin(region->lo[a] - p->radius * reach, region->hi[a] - p->radius2 * reach));
        component_set(&p->hi, a, fmax(region->lo[a] + p->radius * reach, region->hi[a] + p->radius2 * reach));
    }
}

brc_status brc_place_make(const brc_region* region, vec3 lo, vec3 hi, const int32_t periodic[3], const char* what,
                          brc_place* out)
{
    BRC_TRY(brc_region_check(region, what));
    brc_place p = {
        .kind = region->kind, .from = v3_from(region->lo), .radius = region->radius, .radius2 = region->radius2};
    if (p.kind == BRC_REGION_BOX) {
        p.lo = v3_from(region->lo), p.hi = v3_from(region->hi);
    } else if (p.kind == BRC_REGION_SPHERE) {
        vec3 r = v3(p.radius, p.radius, p.radius);
        p.lo = v3_sub(p.from, r), p.hi = v3_add(p.from, r);
    } else {
        if (p.kind == BRC_REGION_CYLINDER) p.radius2 = p.radius;
        make_axis(region, &p);
    }
    for (int a = 0; a < 3; a++) {
        // The domain was rounded to the position grid: what reaches its boundary to within 1e-9 of its size reaches it.
        double from = component(lo, a), to = component(hi, a), slack = 1e-9 * (to - from);
        double first = component(p.lo, a), last = component(p.hi, a);
        BRC_CHECK(
            first >= from - slack && last <= to + slack, BRC_ERR_ARGUMENT,
            "%s: the region must lie inside the domain, along %c it reaches from %g to %g m and the domain from %g to "
            "%g m",
            what, "xyz"[a], first, last, from, to);
        if (!periodic[a] || first > from + slack || last < to - slack) continue;
        bool along = p.kind == BRC_REGION_CYLINDER && fabs(component(p.axis, a)) == 1;
        if (p.kind != BRC_REGION_BOX && !along) continue;
        component_set(&p.lo, a, from);
        component_set(&p.hi, a, to);
        p.wrap[a] = to - from;
        p.endless = along;
    }
    *out = p;
    return BRC_OK;
}

double brc_place_volume(const brc_place* p)
{
    double a = p->radius, b = p->radius2;
    switch (p->kind) {
    case BRC_REGION_BOX:
        return (p->hi.x - p->lo.x) * (p->hi.y - p->lo.y) * (p->hi.z - p->lo.z);
    case BRC_REGION_SPHERE:
        return 4.0 / 3.0 * BRC_PI * a * a * a;
    default:
        return BRC_PI / 3 * p->length * (a * a + a * b + b * b);
    }
}

double brc_place_depth(const brc_place* p, vec3 x)
{
    double depth = DBL_MAX;
    if (p->kind == BRC_REGION_BOX) {
        for (int a = 0; a < 3; a++) {
            if (p->wrap[a] > 0) continue;
            double c = component(x, a);
            depth = fmin(depth, fmin(c - component(p->lo, a), component(p->hi, a) - c));
        }
        return depth;
    }
    vec3 d = v3_sub(x, p->from);
    if (p->kind == BRC_REGION_SPHERE) return p->radius - sqrt(v3_dot(d, d));
    double t = v3_dot(d, p->axis);
    vec3 across = v3_sub(d, v3_scale(t, p->axis));
    if (!p->endless) depth = fmin(t, p->length - t);
    double radius = p->radius + (p->radius2 - p->radius) * (t / p->length);
    return fmin(depth, (radius - sqrt(v3_dot(across, across))) * p->cosine);
}

// Of a place that comes from a file: no point of it is out of the range that a domain may have.
bool brc_place_sound(const brc_place* p)
{
    const vec3 points[] = {p->lo, p->hi, p->from, p->axis, p->side[0], p->side[1]};
    const double sizes[] = {p->wrap[0], p->wrap[1], p->wrap[2], p->length, p->radius, p->radius2};
    for (size_t k = 0; k < sizeof points / sizeof *points; k++)
        for (int a = 0; a < 3; a++)
            if (!(fabs(component(points[k], a)) < 2e9)) return false;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        if (!(sizes[k] >= 0 && sizes[k] < 4e9)) return false;
    for (int a = 0; a < 3; a++)
        if (!(component(p->lo, a) <= component(p->hi, a))) return false;
    const bool round = p->kind == BRC_REGION_CYLINDER || p->kind == BRC_REGION_CONE;
    return !round || (p->length > 0 && p->cosine > 0 && p->cosine <= 1);
}

double brc_place_largest(const brc_place* p)
{
    if (p->kind == BRC_REGION_SPHERE) return p->radius;
    double half = DBL_MAX;
    if (p->kind == BRC_REGION_BOX) {
        // Along a period a sphere must not meet its own image.
        for (int a = 0; a < 3; a++) half = fmin(half, 0.5 * (component(p->hi, a) - component(p->lo, a)));
        return half;
    }
    // A sphere in a cone touches the side and the wide end, r = (R - slope r) cosine, or both ends.
    double wide = fmax(p->radius, p->radius2), slope = fabs(p->radius2 - p->radius) / p->length;
    return fmin(0.5 * p->length, wide * p->cosine / (1 + slope * p->cosine));
}

// Radius to which the discs of centres at distance t along the axis reach.
static double centre_disc(const brc_place* p, double t, double radius)
{
    return p->radius + (p->radius2 - p->radius) * (t / p->length) - radius / p->cosine;
}

vec3 brc_place_point(const brc_place* p, double radius, const double u[3])
{
    if (p->kind == BRC_REGION_BOX) {
        vec3 x = {0, 0, 0};
        for (int a = 0; a < 3; a++) {
            double margin = p->wrap[a] > 0 ? 0 : radius, from = component(p->lo, a) + margin;
            double size = fmax(0, component(p->hi, a) - margin - from);
            component_set(&x, a, from + u[a] * size);
        }
        return brc_place_wrap(p, x);
    }
    double angle = 2 * BRC_PI * u[1], cosine = brc_cos(angle), sine = brc_sin(angle);
    if (p->kind == BRC_REGION_SPHERE) {
        double r = fmax(0, p->radius - radius) * brc_pow(u[0], 1.0 / 3), z = 2 * u[2] - 1, s = sqrt(1 - z * z);
        return v3_add(p->from, v3(r * s * cosine, r * s * sine, r * z));
    }
    double first = p->endless ? 0 : radius, last = p->endless ? p->length : p->length - radius;
    double a = centre_disc(p, first, radius), b = centre_disc(p, last, radius);
    if (a < 0 && b > 0) first += (last - first) * (a / (a - b)), a = 0; // the tip of the shrunk cone
    if (b < 0 && a > 0) last -= (last - first) * (b / (b - a)), b = 0;
    a = fmax(0, a), b = fmax(0, b);
    double part = u[0], wide = fmax(a, b);
    if (fabs(b - a) > 1e-6 * wide) { // the area grows with the square of the radius, so its cube is uniform
        double r = wide * brc_pow((a / wide) * (a / wide) * (a / wide) * (1 - u[0]) +
                                      (b / wide) * (b / wide) * (b / wide) * u[0],
                                  1.0 / 3);
        part = fmin(1, fmax(0, (r - a) / (b - a)));
    }
    double r = (a + part * (b - a)) * sqrt(u[2]);
    vec3 x = v3_add(p->from, v3_scale(first + part * (last - first), p->axis));
    x = v3_add(x, v3_add(v3_scale(r * cosine, p->side[0]), v3_scale(r * sine, p->side[1])));
    return brc_place_wrap(p, x);
}

vec3 brc_place_wrap(const brc_place* p, vec3 x)
{
    for (int a = 0; a < 3; a++) {
        if (!(p->wrap[a] > 0)) continue;
        double c = component(x, a), lo = component(p->lo, a), hi = component(p->hi, a);
        if (c >= hi) c -= p->wrap[a];
        if (c < lo) c += p->wrap[a];
        component_set(&x, a, c >= hi || c < lo ? lo : c); // rounding next to the boundary
    }
    return x;
}
