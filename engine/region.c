// region.c -- the volume of a sphere in a region, and the part of a line in it.
//
// A box is a sum of eight corners, sphere and x > a, y > b, z > c, with signs. A corner's volume is a third of the flux
// of the position through its surface: the patch of the sphere, whose area the theorem of Gauss and Bonnet gives from
// its corner angles and the turning of its arcs, and the flat faces.
#include "region.h"
#include <math.h>

// ---- corners of the unit sphere --------------------------------------------------------------------------

// Part of the unit ball with x > c.
static double cap(double c)
{
    if (c >= 1) return 0;
    if (c <= -1) return 4.0 / 3.0 * BRC_PI;
    return BRC_PI / 3 * (1 - c) * (1 - c) * (2 + c);
}

// A face x = a of a corner: the part of its disc with y > b and z > c, b and c >= 0.
static double face(double a, double b, double c, double* angle)
{
    double r2 = 1 - a * a, y = sqrt(r2 - c * c), z = sqrt(r2 - b * b); // where its edges end on the circle
    *angle = brc_atan2(z, b) - brc_atan2(c, y);
    return 0.5 * (r2 * *angle - b * (z - c) - c * (y - b));
}

// The angle by which the boundary turns where the circles x = a and y = b meet.
static double turn(double a, double b) { return brc_atan2(sqrt(1 - a * a - b * b), -a * b); }

// x > a, y > b, z > c, all >= 0
static double corner3(double a, double b, double c)
{
    if (!(a * a + b * b + c * c < 1)) return 0;
    double u, v, w, fa = face(a, b, c, &u), fb = face(b, c, a, &v), fc = face(c, a, b, &w);
    double sphere = 2 * BRC_PI - turn(a, b) - turn(b, c) - turn(c, a) - a * u - b * v - c * w;
    return (sphere - a * fa - b * fb - c * fc) / 3;
}

// x > a, y > b, both >= 0
static double corner2(double a, double b)
{
    if (!(a * a + b * b < 1)) return 0;
    double z = sqrt(1 - a * a - b * b), ra2 = 1 - a * a, rb2 = 1 - b * b;
    double u = 2 * brc_atan2(z, b), v = 2 * brc_atan2(z, a);
    double sphere = 2 * BRC_PI - 2 * turn(a, b) - a * u - b * v;
    return (sphere - a * (0.5 * ra2 * u - b * z) - b * (0.5 * rb2 * v - a * z)) / 3;
}

static double quarter(double a, double b)
{
    if (a >= 1 || b >= 1) return 0;
    if (a <= -1) return cap(b);
    if (b <= -1) return cap(a);
    if (a < 0) return cap(b) - quarter(-a, b); // what is left on the other side is this one's mirror image
    if (b < 0) return cap(a) - quarter(a, -b);
    return corner2(a, b);
}

static double octant(double a, double b, double c)
{
    if (a >= 1 || b >= 1 || c >= 1) return 0;
    if (a <= -1) return quarter(b, c);
    if (b <= -1) return quarter(a, c);
    if (c <= -1) return quarter(a, b);
    if (a < 0) return quarter(b, c) - octant(-a, b, c);
    if (b < 0) return quarter(a, c) - octant(a, -b, c);
    if (c < 0) return quarter(a, b) - octant(a, b, -c);
    return corner3(a, b, c);
}

static double box_overlap(const brc_place* p, vec3 x, double r)
{
    double lo[3] = {(p->lo.x - x.x) / r, (p->lo.y - x.y) / r, (p->lo.z - x.z) / r};
    double hi[3] = {(p->hi.x - x.x) / r, (p->hi.y - x.y) / r, (p->hi.z - x.z) / r};
    bool whole = true;
    for (int k = 0; k < 3; k++) {
        if (p->wrap[k] > 0) lo[k] = -2, hi[k] = 2; // no faces along this axis
        if (lo[k] >= 1 || hi[k] <= -1) return 0;
        whole = whole && lo[k] <= -1 && hi[k] >= 1;
    }
    if (whole) return 4.0 / 3.0 * BRC_PI * r * r * r;
    double sum = 0;
    for (int i = 0; i < 8; i++) {
        double part = octant(i & 1 ? hi[0] : lo[0], i & 2 ? hi[1] : lo[1], i & 4 ? hi[2] : lo[2]);
        sum += (i ^ i >> 1 ^ i >> 2) & 1 ? -part : part;
    }
    return fmax(0, sum) * r * r * r;
}

// ---- spheres, cylinders, cones ---------------------------------------------------------------------------

static double sphere_overlap(double a, double b, double d)
{
    if (d >= a + b) return 0;
    if (d <= fabs(a - b)) {
        double r = fmin(a, b);
        return 4.0 / 3.0 * BRC_PI * r * r * r;
    }
    double e = a + b - d;
    return BRC_PI * e * e * (d * d + 2 * d * (a + b) - 3 * (a - b) * (a - b)) / (12 * d);
}

// Area common to two discs of radii a and b with centres d apart.
static double lens(double a, double b, double d)
{
    if (d >= a + b) return 0;
    if (d <= fabs(a - b)) {
        double r = fmin(a, b);
        return BRC_PI * r * r;
    }
    double x = (d * d + a * a - b * b) / (2 * d); // of the common chord, from the centre of a
    double y = sqrt(fmax(0, a * a - x * x));
    return a * a * brc_atan2(y, x) + b * b * brc_atan2(y, d - x) - d * y;
}

// Where along the axis the sphere's disc begins or ends to lie in the region's disc, or around it: r^2 - (t - t0)^2 =
// (R + slope t + side d)^2.
static int tangencies(double r, double t0, double radius, double slope, double d, double cut[4])
{
    int n = 0;
    for (int side = -1; side <= 1; side += 2) {
        double k = radius + side * d, a = 1 + slope * slope, b = slope * k - t0, c = k * k + t0 * t0 - r * r;
        double root = b * b - a * c;
        if (!(root > 0)) continue;
        cut[n++] = (-b - sqrt(root)) / a;
        cut[n++] = (-b + sqrt(root)) / a;
    }
    return n;
}

// What the discs along the axis have in common, as a function of u: t = middle + half sin(u), so that square roots at
// the ends of a piece become smooth.
typedef struct discs {
    const brc_place* place;
    double radius, t0, d, slope; // of the sphere; where its centre is along the axis, and how far from it
    double middle, half;
} discs;

static double panel(const discs* q, double from, double to)
{
    enum { HALF = 8 };
    static const double node[HALF] = {0.0950125098376374, 0.2816035507792589, 0.4580167776572274, 0.6178762444026438,
                                      0.7554044083550030, 0.8656312023878318, 0.9445750230732326, 0.9894009349916499};
    static const double weight[HALF] = {0.1894506104550685, 0.1826034150449236, 0.1691565193950025, 0.1495959888165767,
                                        0.1246289712555339, 0.0951585116824928, 0.0622535239386479, 0.0271524594117541};
    double sum = 0, centre = 0.5 * (from + to), half = 0.5 * (to - from);
    for (int i = -HALF; i < HALF; i++) {
        double u = centre + half * (i < 0 ? -node[-i - 1] : node[i]), t = q->middle + q->half * brc_sin(u),
               off = t - q->t0;
        double disc = sqrt(fmax(0, q->radius * q->radius - off * off));
        double area = lens(disc, fmax(0, q->place->radius + q->slope * t), q->d);
        sum += weight[i < 0 ? -i - 1 : i] * half * q->half * brc_cos(u) * area;
    }
    return sum;
}

// Halved until halves say the same, at most ten times: where a disc only just touches the other's edge, or the tip of a
// cone is near.
static double halved(const discs* q, double from, double to, double whole, int depth)
{
    double middle = 0.5 * (from + to), left = panel(q, from, middle), right = panel(q, middle, to);
    if (depth == 0 || fabs(left + right - whole) <= 1e-12 * q->radius * q->radius * q->radius) return left + right;
    return halved(q, from, middle, left, depth - 1) + halved(q, middle, to, right, depth - 1);
}

static double round_overlap(const brc_place* p, vec3 x, double r)
{
    vec3 off = v3_sub(x, p->from);
    double t0 = v3_dot(off, p->axis), slope = (p->radius2 - p->radius) / p->length;
    vec3 across = v3_sub(off, v3_scale(t0, p->axis));
    double d = sqrt(v3_dot(across, across)), first = t0 - r, last = t0 + r;
    if (!p->endless) first = fmax(first, 0), last = fmin(last, p->length);
    if (!(first < last)) return 0;
    double cut[6] = {first, last};
    int cuts = 2 + tangencies(r, t0, p->radius, slope, d, cut + 2);
    for (int i = 1; i < cuts; i++) // in order
        for (int k = i; k > 0 && cut[k] < cut[k - 1]; k--) {
            double t = cut[k];
            cut[k] = cut[k - 1], cut[k - 1] = t;
        }
    double sum = 0;
    for (int i = 0; i + 1 < cuts; i++) {
        double lo = fmax(first, cut[i]), hi = fmin(last, cut[i + 1]);
        discs q = {p, r, t0, d, slope, 0.5 * (lo + hi), 0.5 * (hi - lo)};
        if (lo < hi) sum += halved(&q, -0.5 * BRC_PI, 0.5 * BRC_PI, panel(&q, -0.5 * BRC_PI, 0.5 * BRC_PI), 10);
    }
    return sum;
}

double brc_place_overlap(const brc_place* p, vec3 x, double r)
{
    if (p->kind == BRC_REGION_BOX) return box_overlap(p, x, r);
    vec3 d = v3_sub(x, p->from);
    if (p->kind == BRC_REGION_SPHERE) return sphere_overlap(p->radius, r, sqrt(v3_dot(d, d)));
    if (brc_place_depth(p, x) >= r) return 4.0 / 3.0 * BRC_PI * r * r * r;
    return round_overlap(p, x, r);
}

// ---- lines -----------------------------------------------------------------------------------------------

typedef struct range {
    double from, to; // of a line's parameter, 0 at a and 1 at b
} range;

// Keeps where value = start + t rate >= 0.
static void keep_above(range* g, double start, double rate)
{
    if (rate > 0) g->from = fmax(g->from, -start / rate);
    else if (rate < 0) g->to = fmin(g->to, -start / rate);
    else if (start < 0) g->to = g->from;
}

// Keeps where a t^2 + 2 b t + c <= 0, a convex set.
static void keep_below(range* g, double a, double b, double c)
{
    if (a == 0) {
        keep_above(g, -c, -2 * b);
        return;
    }
    double root = b * b - a * c;
    if (!(root > 0)) {
        if (a > 0) g->to = g->from;
        return;
    }
    double u = (-b - sqrt(root)) / a, v = (-b + sqrt(root)) / a;
    if (a > 0) {
        g->from = fmax(g->from, u), g->to = fmin(g->to, v);
        return;
    }
    // A line steeper than a cone meets it and its mirror image beyond the tip: inside is before the lower root or after
    // the higher one (v <= u here), whichever the ends of the cone have left.
    if (g->to <= v || g->from >= u) return;
    if (g->from < v) g->to = v;
    else if (g->to > u) g->from = u;
    else g->to = g->from;
}

double brc_place_share(const brc_place* p, vec3 a, vec3 b)
{
    range g = {0, 1};
    vec3 along = v3_sub(b, a), off = v3_sub(a, p->from);
    if (p->kind == BRC_REGION_BOX) {
        double from[3] = {a.x, a.y, a.z}, rate[3] = {along.x, along.y, along.z};
        double lo[3] = {p->lo.x, p->lo.y, p->lo.z}, hi[3] = {p->hi.x, p->hi.y, p->hi.z};
        for (int k = 0; k < 3; k++) {
            if (p->wrap[k] > 0) continue;
            keep_above(&g, from[k] - lo[k], rate[k]);
            keep_above(&g, hi[k] - from[k], -rate[k]);
        }
    } else if (p->kind == BRC_REGION_SPHERE) {
        keep_below(&g, v3_dot(along, along), v3_dot(along, off), v3_dot(off, off) - p->radius * p->radius);
    } else {
        double t = v3_dot(off, p->axis), rate = v3_dot(along, p->axis), slope = (p->radius2 - p->radius) / p->length;
        if (!p->endless) keep_above(&g, t, rate), keep_above(&g, p->length - t, -rate);
        vec3 u = v3_sub(off, v3_scale(t, p->axis)), v = v3_sub(along, v3_scale(rate, p->axis));
        double r = p->radius + slope * t, w = slope * rate; // the radius along the line: r + w t
        if (g.to > g.from) keep_below(&g, v3_dot(v, v) - w * w, v3_dot(u, v) - r * w, v3_dot(u, u) - r * r);
    }
    return g.to > g.from ? g.to - g.from : 0;
}

void brc_place_tilt(brc_place* p, const double edge[6])
{
    if (edge[3] != 0 && !(p->wrap[0] > 0)) p->wrap[1] = 0;
    if ((edge[4] != 0 && !(p->wrap[0] > 0)) || (edge[5] != 0 && !(p->wrap[1] > 0))) p->wrap[2] = 0;
    if (p->endless && !(p->wrap[0] > 0) && !(p->wrap[1] > 0) && !(p->wrap[2] > 0)) p->endless = false;
}

int brc_place_images(const brc_place* p, const double e[6], vec3 x, double reach, vec3 shift[BRC_PLACE_IMAGES])
{
    int most[3], n = 0;
    for (int k = 0; k < 3; k++) most[k] = e[k] == 0 || p->wrap[k] > 0 ? 0 : 1;
    if (most[0] && (e[3] != 0 || e[4] != 0)) most[0] = 2; // tilts reach half a length to either side
    for (int i = -most[0]; i <= most[0]; i++)
        for (int j = -most[1]; j <= most[1]; j++)
            for (int k = -most[2]; k <= most[2]; k++) {
                vec3 d = v3(i * e[0] + j * e[3] + k * e[4], j * e[1] + k * e[5], k * e[2]), y = v3_add(x, d);
                if ((p->wrap[0] > 0 || (y.x > p->lo.x - reach && y.x < p->hi.x + reach)) &&
                    (p->wrap[1] > 0 || (y.y > p->lo.y - reach && y.y < p->hi.y + reach)) &&
                    (p->wrap[2] > 0 || (y.z > p->lo.z - reach && y.z < p->hi.z + reach)))
                    shift[n++] = d;
            }
    return n;
}
