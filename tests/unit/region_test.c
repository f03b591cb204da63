// region_test.c -- the volume of a sphere in a region and the part of a line in it, against quadrature of another kind,
// against the sum of the parts that a region is cut into, and against counting points.
#include "random.h"
#include "region.h"
// clang-format off: cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on
#include <math.h>

static uint64_t draws;
static double uniform(void) { return brc_random_draw(7, BRC_RANDOM_USER, draws++, 0).u[0]; }
static double between(double lo, double hi) { return lo + (hi - lo) * uniform(); }

static brc_place place_of(const brc_region* r)
{
    static const int32_t none[3] = {0, 0, 0};
    brc_place p;
    assert_int_equal(brc_place_make(r, v3(-9, -9, -9), v3(9, 9, 9), none, "test", &p), BRC_OK);
    return p;
}

static double ball(double r) { return 4.0 / 3.0 * BRC_PI * r * r * r; }

// Area of the disc of radius r about the origin with x and y in the ranges: midpoints of x = r sin(u).
static double disc_part(double r, const double x[2], const double y[2])
{
    enum { N = 400 };
    double a = fmax(x[0], -r), b = fmin(x[1], r), sum = 0;
    for (int i = 0; i < N && a < b; i++) {
        double u = BRC_PI * ((i + 0.5) / N - 0.5), at = 0.5 * (a + b) + 0.5 * (b - a) * sin(u);
        double h = sqrt(fmax(0, r * r - at * at)), lo = fmax(y[0], -h), hi = fmin(y[1], h);
        if (hi > lo) sum += (hi - lo) * 0.5 * (b - a) * cos(u) * BRC_PI / N;
    }
    return sum;
}

static void boxes(void** state)
{
    (void)state;
    enum { N = 400 };
    for (int c = 0; c < 60; c++) {
        brc_region r = {.kind = BRC_REGION_BOX};
        for (int k = 0; k < 3; k++) r.lo[k] = between(-1, 0.4), r.hi[k] = r.lo[k] + between(0.1, 1.5);
        brc_place p = place_of(&r);
        vec3 x = v3(between(-0.5, 0.5), between(-0.5, 0.5), between(-0.5, 0.5));
        double radius = between(0.2, 1), sum = 0;
        double a = fmax(r.lo[2] - x.z, -radius), b = fmin(r.hi[2] - x.z, radius);
        double sx[2] = {r.lo[0] - x.x, r.hi[0] - x.x}, sy[2] = {r.lo[1] - x.y, r.hi[1] - x.y};
        for (int i = 0; i < N && a < b; i++) {
            double u = BRC_PI * ((i + 0.5) / N - 0.5), z = 0.5 * (a + b) + 0.5 * (b - a) * sin(u);
            double disc = sqrt(fmax(0, radius * radius - z * z));
            sum += disc_part(disc, sx, sy) * 0.5 * (b - a) * cos(u) * BRC_PI / N;
        }
        assert_true(fabs(brc_place_overlap(&p, x, radius) - sum) < 2e-5 * ball(radius));
    }
    // Faces through the centre halve it, to rounding.
    for (int n = 1; n <= 3; n++) {
        brc_region r = {.kind = BRC_REGION_BOX, .lo = {-2, -2, -2}, .hi = {2, 2, 2}};
        for (int k = 0; k < n; k++) r.lo[k] = 0.25;
        brc_place p = place_of(&r);
        assert_true(fabs(brc_place_overlap(&p, v3(0.25, 0.25, 0.25), 0.5) - ball(0.5) / (1 << n)) < 1e-15);
    }
}

// A ball inside, outside and half-way, and the two halves of a region make the whole.
static void round_regions(void** state)
{
    (void)state;
    for (int c = 0; c < 200; c++) {
        bool cone = c % 2;
        brc_region whole = {.kind = cone ? BRC_REGION_CONE : BRC_REGION_CYLINDER, .radius = between(0.2, 1)};
        whole.radius2 = cone ? between(0, 1) : whole.radius;
        for (int k = 0; k < 3; k++) whole.lo[k] = between(-1, 1), whole.hi[k] = between(-1, 1);
        brc_region part[2] = {whole, whole};
        double cut = between(0.1, 0.9), x[3];
        for (int k = 0; k < 3; k++)
            part[0].hi[k] = part[1].lo[k] = whole.lo[k] + cut * (whole.hi[k] - whole.lo[k]),
            x[k] = whole.lo[k] + between(-0.5, 0.5);
        part[0].radius2 = part[1].radius = whole.radius + cut * (whole.radius2 - whole.radius);
        double radius = between(0.1, 1);
        brc_place p = place_of(&whole), a = place_of(&part[0]), b = place_of(&part[1]);
        vec3 at = v3_from(x);
        double sum = brc_place_overlap(&a, at, radius) + brc_place_overlap(&b, at, radius);
        assert_true(fabs(brc_place_overlap(&p, at, radius) - sum) < 1e-11 * ball(radius));
    }
    // A cylinder of radius R drilled through the middle of a ball leaves 4/3 pi (r^2 - R^2)^(3/2) (the napkin ring).
    brc_region drill = {.kind = BRC_REGION_CYLINDER, .lo = {0, 0, -2}, .hi = {0, 0, 2}, .radius = 0.6};
    brc_place p = place_of(&drill);
    assert_true(fabs(ball(1) - brc_place_overlap(&p, v3(0, 0, 0), 1) - ball(0.8)) < 1e-11 * ball(1));
    assert_true(brc_place_overlap(&p, v3(0.1, 0, 0), 0.4) == ball(0.4));
    assert_true(brc_place_overlap(&p, v3(1.1, 0, 0), 0.5) == 0);
    // Viviani: a cylinder of half the radius that touches the axis cuts pi/3 - 4/9 out of a hemisphere.
    brc_region viviani = {.kind = BRC_REGION_CYLINDER, .lo = {0.5, 0, 0}, .hi = {0.5, 0, 2}, .radius = 0.5};
    p = place_of(&viviani);
    assert_true(fabs(brc_place_overlap(&p, v3(0, 0, 0), 1) - (BRC_PI / 3 - 4.0 / 9)) < 1e-11);
    // Two equal balls at a radius: 5/12 pi r^3.
    brc_region sphere = {.kind = BRC_REGION_SPHERE, .radius = 1};
    p = place_of(&sphere);
    assert_true(fabs(brc_place_overlap(&p, v3(0, 0, 1), 1) - 5 * BRC_PI / 12) < 1e-15);
}

static void lines(void** state)
{
    (void)state;
    enum { N = 20000 };
    for (int c = 0; c < 200; c++) {
        brc_region r = {.kind = c % 4, .radius = between(0.3, 1), .radius2 = between(0, 1)};
        for (int k = 0; k < 3; k++) r.lo[k] = between(-1, -0.3), r.hi[k] = between(0.1, 1);
        brc_place p = place_of(&r);
        vec3 a = v3(between(-1, 1), between(-1, 1), between(-1, 1)),
             b = v3(between(-1, 1), between(-1, 1), between(-1, 1));
        int inside = 0;
        for (int i = 0; i < N; i++) inside += brc_place_depth(&p, v3_add(a, v3_scale((i + 0.5) / N, v3_sub(b, a)))) > 0;
        assert_true(fabs(brc_place_share(&p, a, b) - (double)inside / N) < 2.0 / N);
    }
}

static void images(void** state)
{
    (void)state;
    const int32_t periodic[3] = {1, 1, 0};
    const double length[6] = {2, 2, 0, 0, 0, 0};
    brc_region r = {.kind = BRC_REGION_BOX, .lo = {0, 0.5, 0}, .hi = {2, 2, 1}}; // spans x, ends at y's face
    brc_place p;
    vec3 shift[BRC_PLACE_IMAGES];
    assert_int_equal(brc_place_make(&r, v3(0, 0, 0), v3(2, 2, 2), periodic, "test", &p), BRC_OK);
    assert_int_equal(brc_place_images(&p, length, v3(0.1, 1, 0.5), 0.2, shift), 1);
    assert_true(brc_place_overlap(&p, v3(0.1, 1, 0.5), 0.2) == ball(0.2)); // no face along x
    assert_int_equal(brc_place_images(&p, length, v3(0.1, 0.1, 0.5), 0.2, shift), 1);
    assert_true(shift[0].y == 2);
    assert_true(fabs(brc_place_overlap(&p, v3_add(v3(0.1, 0, 0.5), shift[0]), 0.2) - ball(0.2) / 2) < 1e-16);
    assert_int_equal(brc_place_images(&p, length, v3(0.1, 0.3, 1.5), 0.2, shift), 0);
    // A cell tilted by a quarter: what crosses the upper face comes in below, shifted. Two halves of the cell hold all.
    const double tilted[6] = {2, 2, 0, 0.5, 0, 0};
    const double cut[3] = {0, 0.7, 2};
    for (int c = 0; c < 100; c++) {
        vec3 x = v3(between(0, 2), between(0, 2), 1);
        double sum = 0, radius = between(0.1, 0.4);
        for (int half = 0; half < 2; half++) {
            brc_region part = {.kind = BRC_REGION_BOX, .lo = {cut[half], 0, 0}, .hi = {cut[half + 1], 2, 2}};
            assert_int_equal(brc_place_make(&part, v3(0, 0, 0), v3(2, 2, 2), periodic, "test", &p), BRC_OK);
            brc_place_tilt(&p, tilted);
            int n = brc_place_images(&p, tilted, x, radius, shift);
            for (int i = 0; i < n; i++) sum += brc_place_overlap(&p, v3_add(x, shift[i]), radius);
        }
        assert_true(fabs(sum - ball(radius)) < 1e-14);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(boxes), cmocka_unit_test(round_regions),
                                       cmocka_unit_test(lines), cmocka_unit_test(images)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
