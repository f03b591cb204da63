// insert_test.c -- size distributions against their formulas, fills and lattices against brute force, streams against
// their rates; and that all of it is a pure function of seed and index.
#include "insert.h"
#include "insert_region.h"
#include "random.h"
#include "sizes.h"
// clang-format off: cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

// ---- a host that keeps particles in a list -------------------------------------------------------------------------
typedef struct fake_host {
    int64_t count, capacity, calls;
    double *x, *radius;  // [capacity][3], [capacity]
    double v[3], w[3];   // of the particle added last
    double floor;        // a wall: everything below this z
    bool blind, refuses; // sees nothing; cannot add
} fake_host;

static double image(double d, double period) { return period > 0 ? d - period * rint(d / period) : d; }

static double gap(const double* a, double ra, const double* b, double rb, const double period[3])
{
    double s = 0;
    for (int k = 0; k < 3; k++) {
        double d = image(a[k] - b[k], period[k]);
        s += d * d;
    }
    return sqrt(s) - ra - rb;
}

static bool free_at(void* context, vec3 x, double radius)
{
    fake_host* h = context;
    const double at[3] = {x.x, x.y, x.z}, none[3] = {0, 0, 0};
    h->calls++;
    if (h->blind) return true;
    if (x.z - radius < h->floor) return false;
    for (int64_t i = 0; i < h->count; i++)
        if (gap(at, radius, &h->x[3 * i], h->radius[i], none) < 0) return false;
    return true;
}

static brc_status add(void* context, const brc_add* a, int64_t* first_id)
{
    fake_host* h = context;
    BRC_CHECK(!h->refuses, BRC_ERR_MEMORY, "no room in the test");
    if (h->count + a->count > h->capacity) {
        h->capacity = 2 * (h->count + a->count);
        h->x = realloc(h->x, (size_t)h->capacity * 3 * sizeof(double));
        h->radius = realloc(h->radius, (size_t)h->capacity * sizeof(double));
    }
    memcpy(&h->x[3 * h->count], a->x, (size_t)a->count * 3 * sizeof(double));
    memcpy(&h->radius[h->count], a->radius, (size_t)a->count * sizeof(double));
    memcpy(h->v, &a->v[3 * (a->count - 1)], sizeof h->v);
    memcpy(h->w, &a->w[3 * (a->count - 1)], sizeof h->w);
    *first_id = h->count + 1;
    h->count += a->count;
    return BRC_OK;
}

static brc_insert_host host_of(fake_host* h)
{
    return (brc_insert_host){h, 2500, free_at, add, v3(-1, -1, -1), v3(1, 1, 1), {0, 0, 0}, {0}};
}
static fake_host fresh(void) { return (fake_host){.floor = -10}; }
static void done(fake_host* h)
{
    free(h->x);
    free(h->radius);
}

static double mass_of(double r) { return 2500 * (4.0 / 3.0 * BRC_PI) * r * r * r; }

static brc_insert_def box_fill(int64_t count, double radius, double size)
{
    return (brc_insert_def){.kind = BRC_FILL,
                            .region = {BRC_REGION_BOX, {0, 0, 0}, {size, size, size}, 0, 0},
                            .sizes = {.kind = BRC_SIZE_SINGLE, .min = radius},
                            .count = count,
                            .seed = 1};
}

static brc_status fill(const brc_insert_def* def, const brc_insert_host* host, brc_insert_state* state)
{
    brc_inserter* in;
    brc_status status = brc_inserter_create(def, 42, &in);
    if (status != BRC_OK) return status;
    status = brc_inserter_fill(in, host);
    if (state) brc_inserter_state(in, state);
    brc_inserter_free(in);
    return status;
}

static void says(const char* what)
{
    if (!strstr(brc_last_error(), what)) fail_msg("'%s' lacks '%s'", brc_last_error(), what);
}

static void ok(brc_status status)
{
    if (status != BRC_OK) fail_msg("%s", brc_last_error());
}

// The smallest gap between any two, in units of the smaller radius.
static double smallest_gap(const fake_host* h, const double period[3])
{
    double least = INFINITY;
    for (int64_t i = 0; i < h->count; i++)
        for (int64_t j = 0; j < i; j++)
            least = fmin(least, gap(&h->x[3 * i], h->radius[i], &h->x[3 * j], h->radius[j], period) /
                                    fmin(h->radius[i], h->radius[j]));
    return least;
}
static const double no_period[3] = {0, 0, 0};

// ---- regions -------------------------------------------------------------------------------------------------------
static const brc_region shapes[] = {
    {BRC_REGION_BOX, {-0.2, 0.1, 0}, {0.3, 0.4, 0.6}, 0, 0},
    {BRC_REGION_CYLINDER, {-0.2, 0.1, 0}, {0.3, 0.4, 0.6}, 0.2, 0},
    {BRC_REGION_SPHERE, {0.1, 0.2, -0.3}, {0, 0, 0}, 0.35, 0},
    {BRC_REGION_CONE, {0, 0, -0.5}, {0.2, 0.1, 0.3}, 0.1, 0.4},
    {BRC_REGION_CONE, {0, 0, 0.4}, {0, 0, 0}, 0.5, 0},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

// Points for spheres of a given radius are inside, and uniform: against points drawn in the bounding box and kept by
// depth.
static void region_points(void** unused)
{
    (void)unused;
    enum { POINTS = 100000 };
    const int32_t periodic[3] = {0, 0, 0};
    for (int k = 0; k < SHAPES; k++) {
        brc_place p;
        ok(brc_place_make(&shapes[k], v3(-1, -1, -1), v3(1, 1, 1), periodic, "fill", &p));
        double radius = 0.3 * brc_place_largest(&p), mean[2][9] = {{0}}, square[9] = {0};
        int64_t kept = 0, tried = 0, whole = 0;
        for (uint64_t i = 0; i < POINTS; i++) {
            brc_random a = brc_random_draw(9, BRC_RANDOM_USER, i, 0), b = brc_random_draw(9, BRC_RANDOM_USER, i, 1);
            vec3 x = brc_place_point(&p, radius, (double[3]){a.u[0], a.u[1], b.u[0]});
            assert_true(brc_place_depth(&p, x) >= radius * (1 - 1e-9));
            double m[9] = {x.x, x.y, x.z, x.x * x.x, x.y * x.y, x.z * x.z, x.x * x.y, x.y * x.z, x.z * x.x};
            for (int c = 0; c < 9; c++) mean[0][c] += m[c] / POINTS, square[c] += m[c] * m[c] / POINTS;
        }
        for (uint64_t i = 0; kept < POINTS; i++) {
            brc_random a = brc_random_draw(5, BRC_RANDOM_USER, i, 2), b = brc_random_draw(5, BRC_RANDOM_USER, i, 3);
            vec3 size = v3_sub(p.hi, p.lo);
            vec3 x = v3_add(p.lo, v3(size.x * a.u[0], size.y * a.u[1], size.z * b.u[0]));
            tried++;
            whole += brc_place_depth(&p, x) >= 0;
            if (!(brc_place_depth(&p, x) >= radius)) continue;
            kept++;
            double m[9] = {x.x, x.y, x.z, x.x * x.x, x.y * x.y, x.z * x.z, x.x * x.y, x.y * x.z, x.z * x.x};
            for (int c = 0; c < 9; c++) mean[1][c] += m[c] / POINTS;
        }
        for (int c = 0; c < 9; c++) {
            double sd = sqrt(2 * (square[c] - mean[0][c] * mean[0][c]) / POINTS);
            if (!(fabs(mean[0][c] - mean[1][c]) < 4.5 * sd))
                fail_msg("region %d moment %d: %g and %g, sd %g", k, c, mean[0][c], mean[1][c], sd);
        }
        double box = (p.hi.x - p.lo.x) * (p.hi.y - p.lo.y) * (p.hi.z - p.lo.z), share = (double)whole / (double)tried;
        double volume = brc_place_volume(&p);
        print_message("region %d: volume %.5f, counted %.5f\n", k, volume, share * box);
        assert_true(fabs(share - volume / box) < 4.5 * sqrt(fmax(0.25 * (k > 0), 1e-18) / (double)tried));
    }
}

static void region_limits(void** unused)
{
    (void)unused;
    const int32_t periodic[3] = {1, 0, 1};
    vec3 lo = v3(-1, -1, -1), hi = v3(1, 1, 1);
    brc_place p;
    brc_region outside = {BRC_REGION_BOX, {0, 0, 0}, {0.5, 1.2, 0.5}, 0, 0};
    assert_int_equal(brc_place_make(&outside, lo, hi, periodic, "fill", &p), BRC_ERR_ARGUMENT);
    says("along y it reaches from 0 to 1.2 m and the domain from -1 to 1 m");
    brc_region whole = {BRC_REGION_BOX, {-1, -1, 0}, {1, 1, 0.5}, 0, 0};
    ok(brc_place_make(&whole, lo, hi, periodic, "fill", &p));
    assert_true(p.wrap[0] == 2 && p.wrap[1] == 0 && p.wrap[2] == 0); // y is not periodic, z not spanned
    vec3 x = brc_place_point(&p, 0.1, (double[3]){0, 0, 0});
    assert_true(x.x == -1 && x.y == -0.9 && x.z == 0.1);
    brc_region drum = {BRC_REGION_CYLINDER, {0, 0, 1}, {0, 0, -1}, 0.5, 0};
    ok(brc_place_make(&drum, lo, hi, periodic, "fill", &p));
    assert_true(p.endless && p.wrap[2] == 2 && fabs(brc_place_depth(&p, v3(0.4, 0, 0.999)) - 0.1) < 1e-12);
    assert_true(fabs(brc_place_largest(&p) - 0.5) < 1e-12);
    brc_region cone = {
        BRC_REGION_CONE, {0, 0, 0}, {0, 0, 0.8}, 0.6, 0}; // sides 3 : 4 : 5: inscribed radius 0.6 * 0.8 / (0.6 + 1)
    ok(brc_place_make(&cone, lo, hi, periodic, "fill", &p));
    assert_true(fabs(brc_place_largest(&p) - 0.3) < 1e-12);
    assert_true(fabs(brc_place_depth(&p, v3(0, 0, 0.3)) - 0.3) < 1e-12);
}

// ---- fill ----------------------------------------------------------------------------------------------------------
static void fill_places(void** unused)
{
    (void)unused;
    for (int k = 0; k < SHAPES; k++) {
        fake_host h = fresh();
        brc_insert_host host = host_of(&h);
        brc_place p;
        ok(brc_place_make(&shapes[k], host.lo, host.hi, host.periodic, "fill", &p));
        double r = 0.06 * brc_place_largest(&p);
        brc_insert_def def = {.kind = BRC_FILL, .region = shapes[k], .seed = 5, .v = {1, 2, 3}, .w = {4, 5, 6}};
        def.sizes = (brc_sizes){.kind = BRC_SIZE_UNIFORM, .min = r / 3, .max = 3 * r};
        def.count = (int64_t)(0.25 * brc_place_volume(&p) / (4.0 / 3 * BRC_PI * r * r * r * 7.5));
        brc_insert_state state;
        ok(fill(&def, &host, &state));
        assert_true(h.count == def.count && state.count == def.count && state.first_id == 1 && state.blocked == 0);
        double least = smallest_gap(&h, no_period), mass = 0;
        print_message("region %d: %d particles, smallest gap %.2g radii\n", k, (int)h.count, least);
        assert_true(least >= 0);
        brc_size_source s;
        ok(brc_sizes_make(&def.sizes, "fill", &s));
        for (int64_t i = 0; i < h.count; i++) {
            assert_true(brc_place_depth(&p, v3_from(&h.x[3 * i])) >= h.radius[i] * (1 - 1e-12));
            // Ids ascend in the order of the draws.
            assert_true(h.radius[i] == brc_sizes_draw(&s, brc_random_seed(42, 5), (uint64_t)i));
            mass += mass_of(h.radius[i]);
        }
        assert_true(mass == state.mass && h.v[2] == 3 && h.w[0] == 4);
        done(&h);
    }
}

static void fill_again(void** unused)
{
    (void)unused;
    fake_host h[3] = {fresh(), fresh(), fresh()};
    brc_insert_def def = box_fill(500, 0.02, 0.4);
    for (int k = 0; k < 3; k++) {
        brc_insert_host host = host_of(&h[k]);
        def.seed = k == 2 ? 2 : 1;
        ok(fill(&def, &host, NULL));
    }
    assert_memory_equal(h[0].x, h[1].x, 500 * 3 * sizeof(double));
    // Recorded from gcc 12 and clang 14 on x86-64, which agree.
    assert_true(XXH64(h[0].x, 500 * 3 * sizeof(double), 0) == UINT64_C(0xe8d39f2a4b8d0f));
    assert_true(h[0].x[0] != h[2].x[0]);
    // The simulation's seed counts too.
    def.seed = 1;
    brc_inserter* in;
    ok(brc_inserter_create(&def, 43, &in));
    h[2].count = 0;
    h[2].blind = true;
    brc_insert_host host = host_of(&h[2]);
    ok(brc_inserter_fill(in, &host));
    brc_inserter_free(in);
    assert_true(h[0].x[0] != h[2].x[0]);
    for (int k = 0; k < 3; k++) done(&h[k]);
}

static void fill_mass(void** unused)
{
    (void)unused;
    fake_host h = fresh();
    brc_insert_host host = host_of(&h);
    brc_insert_def def = box_fill(0, 0.01, 0.5);
    def.mass = 20;
    brc_insert_state state;
    ok(fill(&def, &host, &state));
    print_message("%d particles, mass wrong by %.1e kg of 20, radius %.6g m of 0.01 m\n", (int)h.count, state.mass - 20,
                  h.radius[0]);
    assert_true(fabs(state.mass - 20) < 20 * 1e-13 && h.radius[0] <= 0.01 && h.radius[0] > 0.0099);
    assert_int_equal(h.count, (int)ceil(20 / mass_of(0.01)));
    done(&h);

    h = fresh(); // a whole number of particles is taken as such
    def.mass = 100 * mass_of(0.01);
    ok(fill(&def, &host, &state));
    assert_true(h.count == 100 && fabs(h.radius[0] - 0.01) < 1e-11);
    done(&h);

    h = fresh();
    def.mass = 0.5 * mass_of(0.01);
    assert_int_equal(fill(&def, &host, NULL), BRC_ERR_ARGUMENT);
    says("no whole number of particles: the 1 that reach it weigh 0.0104");
    def.mass = 1000;
    assert_int_equal(fill(&def, &host, NULL), BRC_ERR_ARGUMENT);
    says("a solid fraction of 3.2 ");
    assert_int_equal(h.count, 0);
    done(&h);
}

static void fill_dense(void** unused)
{
    (void)unused;
    fake_host h = fresh();
    h.blind = true;
    brc_insert_host host = host_of(&h);
    host.periodic[0] = host.periodic[1] = host.periodic[2] = 1;
    const double r = 0.05, period[3] = {2, 2, 2};
    brc_insert_def def = box_fill((int64_t)(0.37 * 8 / (4.0 / 3 * BRC_PI * r * r * r)), r, 1);
    for (int a = 0; a < 3; a++) def.region.lo[a] = -1;
    ok(fill(&def, &host, NULL));
    assert_int_equal(h.count, def.count);
    assert_true(smallest_gap(&h, period) >= 0);
    int across = 0; // some stick out of the domain: distances wrap
    for (int64_t i = 0; i < h.count; i++) across += h.x[3 * i] > 1 - r || h.x[3 * i] < -1 + r;
    assert_true(across > 100);
    done(&h);

    h = fresh();
    h.blind = true;
    def.count = (int64_t)(0.45 * 8 / (4.0 / 3 * BRC_PI * r * r * r));
    assert_int_equal(fill(&def, &host, NULL), BRC_ERR_ARGUMENT);
    print_message("%s\n", brc_last_error());
    says("of 6875 particles found room");
    says("none is left for radius 0.05 m");
    // Known to end at a solid fraction of 0.384 (G. Zhang, S. Torquato 2013); 5 900 spheres spread by 0.002.
    double reached = atof(strstr(brc_last_error(), "solid fraction ") + 15);
    assert_true(fabs(reached - 0.384) < 0.006);
    assert_int_equal(h.count, 0);
    def.attempts = 1;
    assert_int_equal(fill(&def, &host, NULL), BRC_ERR_ARGUMENT);
    says("none was found in the given attempts");
    done(&h);
}

static void fill_around(void** unused) // what is there already, and a wall
{
    (void)unused;
    fake_host h = fresh();
    brc_insert_host host = host_of(&h);
    brc_insert_def def = box_fill(40, 0.06, 0.6);
    ok(fill(&def, &host, NULL));
    h.floor = 0.3;
    def.sizes.min = 0.02, def.count = 500, def.seed = 3;
    ok(fill(&def, &host, NULL));
    assert_int_equal(h.count, 540);
    assert_true(smallest_gap(&h, no_period) >= 0);
    for (int64_t i = 40; i < h.count; i++) assert_true(h.x[3 * i + 2] >= 0.32);
    h.floor = 0.5; // 0.1 m of space are left
    def.count = 1500;
    assert_int_equal(fill(&def, &host, NULL), BRC_ERR_ARGUMENT);
    says("none is left");
    h.floor = 2;
    def.count = 1;
    h.calls = 0;
    assert_int_equal(fill(&def, &host, NULL), BRC_ERR_ARGUMENT);
    says("0 of 1 particles found room");
    assert_true(h.calls <= 40000);
    assert_int_equal(h.count, 540);
    h.floor = -10, h.refuses = true;
    assert_int_equal(fill(&def, &host, NULL), BRC_ERR_MEMORY);
    says("no room in the test");
    done(&h);
}

// ---- lattice -------------------------------------------------------------------------------------------------------
static void lattice_sites(void** unused)
{
    (void)unused;
    fake_host h = fresh();
    brc_insert_host host = host_of(&h);
    brc_insert_def def = box_fill(8 * 8 * 8, 0.05, 0.8);
    def.kind = BRC_LATTICE;
    ok(fill(&def, &host, NULL)); // 8 x 8 x 8 just fit, though 0.8 / 0.1 is not 8 in binary
    assert_true(smallest_gap(&h, no_period) > -1e-12);
    done(&h);
    h = fresh();
    def.count++;
    assert_int_equal(fill(&def, &host, NULL), BRC_ERR_ARGUMENT);
    says("512 sites fit into the region at a spacing of 0.1 m, asked for 513");
    def.count = 10, def.spacing = 0.09;
    assert_int_equal(fill(&def, &host, NULL), BRC_ERR_ARGUMENT);
    says("spacing must be at least the largest diameter, 0.1 m, got 0.09 m");
    def.spacing = 0, h.floor = 0.01;
    assert_int_equal(fill(&def, &host, NULL), BRC_ERR_ARGUMENT);
    says("site 1 at (0.05, 0.05, 0.05) m has no room for radius 0.05 m");
    assert_int_equal(h.count, 0);
    h.floor = -10;

    def.lattice = 1,
    def.count = 580; // close packed: more fit than of a cubic lattice, and inner ones have 12 neighbours
    ok(fill(&def, &host, NULL));
    assert_true(smallest_gap(&h, no_period) > -1e-12);
    int most = 0;
    for (int i = 0; i < 580; i++) {
        int neighbours = 0;
        for (int j = 0; j < 580; j++)
            neighbours += j != i && gap(&h.x[3 * i], 0.05, &h.x[3 * j], 0.05, no_period) < 1e-9;
        most = neighbours > most ? neighbours : most;
    }
    assert_int_equal(most, 12);
    done(&h);
}

static void lattice_shapes(void** unused) // in all regions, and across periods, nothing overlaps
{
    (void)unused;
    for (int hexagonal = 0; hexagonal < 2; hexagonal++)
        for (int k = 0; k < SHAPES + 12; k++) {
            fake_host h = fresh();
            brc_insert_host host = host_of(&h);
            brc_insert_def def = {.kind = BRC_LATTICE, .count = INT32_MAX / 1000, .lattice = hexagonal};
            double period[3] = {0, 0, 0};
            if (k < SHAPES) {
                def.region = shapes[k];
            } else { // periods that hold odd and even numbers of planes with various gaps
                host.lo = v3(0, 0, 0);
                host.hi = v3(1 + 0.013 * k, 1.1 + 0.017 * k, 0.9 + 0.011 * k);
                def.region = (brc_region){BRC_REGION_BOX, {0, 0, 0}, {host.hi.x, host.hi.y, host.hi.z}, 0, 0};
                v3_to(period, host.hi);
                for (int a = 0; a < 3; a++) host.periodic[a] = 1;
                h.blind = true;
            }
            brc_place p;
            ok(brc_place_make(&def.region, host.lo, host.hi, host.periodic, "lattice", &p));
            double r = k < SHAPES ? 0.1 * brc_place_largest(&p) : 0.07;
            def.sizes = (brc_sizes){.kind = BRC_SIZE_SINGLE, .min = r};
            assert_int_equal(fill(&def, &host, NULL), BRC_ERR_ARGUMENT); // far too many: the text says how many fit
            def.count = atoll(strstr(brc_last_error(), "lattice: ") + 9);
            ok(fill(&def, &host, NULL));
            double solid = (double)h.count * 4 / 3 * BRC_PI * r * r * r / brc_place_volume(&p);
            if (k >= SHAPES) assert_true(solid > (hexagonal ? 0.45 : 0.33));
            assert_true(h.count == def.count && solid < (hexagonal ? 0.7405 : 0.5237));
            assert_true(smallest_gap(&h, period) > -1e-9);
            for (int64_t i = 0; i < h.count; i++)
                assert_true(brc_place_depth(&p, v3_from(&h.x[3 * i])) >= r * (1 - 1e-8));
            done(&h);
        }
}

// ---- stream --------------------------------------------------------------------------------------------------------
static brc_insert_def stream_def(void)
{
    return (brc_insert_def){.kind = BRC_STREAM,
                            .region = {BRC_REGION_CYLINDER, {0, 0, 0.5}, {0, 0, 0.9}, 0.3, 0},
                            .sizes = {.kind = BRC_SIZE_UNIFORM, .min = 0.005, .max = 0.015},
                            .seed = 8,
                            .count_rate = 1000,
                            .start = 0.1,
                            .stop = 0.5,
                            .v = {0, 0, -1}};
}

static brc_inserter* stream(const brc_insert_def* def)
{
    brc_inserter* in;
    ok(brc_inserter_create(def, 42, &in));
    return in;
}

static void advance(brc_inserter* in, const brc_insert_host* host, double from, double to, int steps, bool ask)
{
    for (int i = 1; i <= steps; i++) {
        double t = from + (to - from) * i / steps;
        if (!ask || brc_inserter_due(in, t)) ok(brc_inserter_stream(in, host, t));
    }
}

static void stream_rate(void** unused)
{
    (void)unused;
    fake_host h = fresh();
    brc_insert_host host = host_of(&h);
    brc_insert_def def = stream_def();
    brc_inserter* in = stream(&def);
    ok(brc_inserter_check(in, &host));
    assert_false(brc_inserter_due(in, 0.0999));
    assert_true(brc_inserter_due(in, 0.1));
    advance(in, &host, 0, 0.3005, 601, true);
    assert_int_equal(h.count, 201); // the first at 0.1, then every ms
    advance(in, &host, 0.3005, 2, 1000, true);
    assert_int_equal(h.count, 400);
    assert_false(brc_inserter_due(in, 1e9));
    assert_true(smallest_gap(&h, no_period) >= 0 && h.v[2] == -1);
    brc_insert_state state;
    brc_inserter_state(in, &state);
    assert_true(state.count == 400 && state.blocked == 0);
    brc_inserter_free(in);

    // A limit on the number, and one on the mass to half a particle.
    h.count = 0, def.count = 50, def.stop = INFINITY;
    in = stream(&def);
    advance(in, &host, 0, 1, 77, false);
    assert_int_equal(h.count, 50);
    brc_inserter_free(in);
    def.count = 0;
    for (int k = 0; k < 20; k++) {
        h.count = 0, def.mass = 1 + 0.007 * k;
        in = stream(&def);
        advance(in, &host, 0, 1, 77, false);
        brc_inserter_state(in, &state);
        assert_true(fabs(state.mass - def.mass) <= 0.5 * mass_of(0.015) && !brc_inserter_due(in, 1e9));
        brc_inserter_free(in);
    }

    // Mass rate: what came is ahead of the rate by less than one particle, at any time.
    h.count = 0, def.mass = 0, def.count_rate = 0, def.mass_rate = 5, def.stop = 1.1;
    in = stream(&def);
    for (int i = 0; i <= 100; i++) {
        double t = 0.1 + 0.01 * i, flowed = 5 * (t - 0.1);
        if (i == 100) flowed = 5;
        ok(brc_inserter_stream(in, &host, t + 1e-12));
        brc_inserter_state(in, &state);
        assert_true(state.mass >= flowed * (1 - 1e-9) && state.mass <= flowed + mass_of(0.015));
    }
    brc_inserter_free(in);
    done(&h);
}

static void stream_slices(void** unused)
{
    (void)unused;
    const struct {
        int steps;
        bool ask;
    } slices[] = {{10, false}, {10, true}, {997, false}, {20000, true}, {1, true}};
    const uint64_t recorded[2] = {UINT64_C(0xf0991f00c0135dfa), UINT64_C(0x414a5672870c3311)}; // as in fill_again
    fake_host h[5];
    uint64_t hash[5];
    for (int mass = 0; mass < 2; mass++) {
        for (int k = 0; k < 5; k++) {
            h[k] = fresh();
            brc_insert_host host = host_of(&h[k]);
            brc_insert_def def = stream_def();
            if (mass) def.mass_rate = 10, def.count_rate = 0;
            brc_inserter* in = stream(&def);
            uint64_t before = brc_inserter_hash(in, 0);
            advance(in, &host, 0, 0.7, slices[k].steps, slices[k].ask);
            hash[k] = brc_inserter_hash(in, 0);
            assert_true(hash[k] != before && brc_inserter_hash(in, 1) != hash[k]);
            brc_inserter_free(in);
            assert_true(h[k].count == h[0].count && hash[k] == hash[0]);
            assert_memory_equal(h[k].x, h[0].x, (size_t)h[0].count * 3 * sizeof(double));
            assert_memory_equal(h[k].radius, h[0].radius, (size_t)h[0].count * sizeof(double));
        }
        assert_true(h[0].count > 200);
        assert_true(XXH64(h[0].x, (size_t)h[0].count * 3 * sizeof(double), 0) == recorded[mass]);
        for (int k = 0; k < 5; k++) done(&h[k]);
    }
}

static void stream_waits(void** unused)
{
    (void)unused;
    fake_host h = fresh();
    brc_insert_host host = host_of(&h);
    brc_insert_def def = stream_def();
    def.sizes = (brc_sizes){.kind = BRC_SIZE_SINGLE, .min = 0.01};
    def.stop = 0.2; // 100 particles
    brc_inserter* in = stream(&def);
    advance(in, &host, 0, 0.1495, 200, true);
    assert_int_equal(h.count, 50);
    h.floor = 1; // shut
    h.calls = 0;
    advance(in, &host, 0.1495, 0.25, 100, true);
    assert_true(h.calls <= 100 * 50 && h.calls > 50 * 50); // one particle tries, those behind it wait
    brc_insert_state state;
    brc_inserter_state(in, &state);
    assert_true(state.count == 50 && state.blocked == 1);
    assert_true(brc_inserter_due(in, 0.26)); // past the end, but these were due before
    h.floor = -10;
    h.refuses = true; // nothing is half done when the host cannot add
    uint64_t before = brc_inserter_hash(in, 0);
    assert_int_equal(brc_inserter_stream(in, &host, 0.26), BRC_ERR_MEMORY);
    assert_true(brc_inserter_hash(in, 0) == before);
    h.refuses = false;
    advance(in, &host, 0.26, 0.27, 1, true);
    brc_inserter_state(in, &state);
    assert_true(state.count == 100 && state.blocked == 1 && !brc_inserter_due(in, 1e9));
    assert_true(smallest_gap(&h, no_period) >= 0);
    brc_inserter_free(in);

    // A stream that is faster than its region has room packs it and waits.
    h.count = 0;
    def.region.radius = 0.05, def.region.hi[2] = 0.6, def.count_rate = 1e9;
    in = stream(&def);
    advance(in, &host, 0, 0.11, 3, true);
    brc_inserter_state(in, &state);
    assert_true(state.count > 20 && state.count < 75 && state.blocked >= 1);
    assert_true(smallest_gap(&h, no_period) >= 0);
    brc_inserter_free(in);

    def.region.hi[2] = 1.5; // known when it is added, not in the middle of a run
    in = stream(&def);
    assert_int_equal(brc_inserter_check(in, &host), BRC_ERR_ARGUMENT);
    says("along z it reaches from 0.5 to 1.5 m and the domain from -1 to 1 m");
    brc_inserter_free(in);
    done(&h);
}

// ---- definitions that are refused ----------------------------------------------------------------------------------
static void bad_definitions(void** unused)
{
    (void)unused;
    fake_host h = fresh();
    brc_insert_host host = host_of(&h);
    enum { LATTICE_FIRST = 15, STREAM_FIRST = 20, ALL = 29 };
    for (int k = 0; k < ALL; k++) {
        brc_insert_def d = k < STREAM_FIRST ? box_fill(10, 0.02, 0.5) : stream_def();
        if (k >= LATTICE_FIRST && k < STREAM_FIRST) d.kind = BRC_LATTICE;
        const char* expected = "";
        switch (k) {
        case 0:
            d.count = 0, expected = "fill: give a count or a mass > 0, got neither";
            break;
        case 1:
            d.mass = 0.5, expected = "fill: give a count or a mass, not both, got 10 and 0.5 kg";
            break;
        case 2:
            d.count = -1, expected = "fill: count must be 0 to 2147483647, got -1";
            break;
        case 3:
            d.mass = NAN, expected = "fill: mass must be >= 0 kg, got nan";
            break;
        case 4:
            d.sizes.min = NAN, expected = "fill: radius must be > 0 m, got nan";
            break;
        case 5:
            d.region.hi[1] = 0, expected = "along y it reaches from 0 to 0 m";
            break;
        case 6:
            d.region.lo[0] = NAN, expected = "first point must be finite, got (nan, 0, 0) m";
            break;
        case 7:
            d.region.hi[2] = 1.5, expected = "along z it reaches from 0 to 1.5 m and the domain from -1 to 1 m";
            break;
        case 8:
            d.sizes.min = 0.26, expected = "radius 0.26 m, does not fit into the region, where 0.25 m is the most";
            break;
        case 9:
            d.v[1] = INFINITY, expected = "velocity along y must be finite, got inf m/s";
            break;
        case 10:
            d.w[2] = NAN, expected = "angular velocity about z must be finite, got nan rad/s";
            break;
        case 11:
            d.count_rate = 5, expected = "fill: rates are for streams";
            break;
        case 12:
            d.attempts = -1, expected = "attempts must be 0 to 1000000, got -1";
            break;
        case 13:
            d.kind = 7, expected = "unknown kind of insertion, 7";
            break;
        case 14:
            d.region.kind = 9, expected = "unknown kind of region, 9";
            break;
        case 15:
            d.count = 0, expected = "lattice: count must be > 0, got 0";
            break;
        case 16:
            d.mass = 1, expected = "lattice: takes a count, not a mass, got 1 kg";
            break;
        case 17:
            d.spacing = NAN, expected = "lattice: spacing must be >= 0 m, got nan";
            break;
        case 18:
            d.lattice = 2, expected = "lattice: the kind must be 0";
            break;
        case 19:
            d.mass_rate = 1, expected = "lattice: rates are for streams";
            break;
        case 20:
            d.count_rate = 0, expected = "stream: give a rate in 1/s or a mass rate in kg/s, got neither";
            break;
        case 21:
            d.mass_rate = 2, expected = "stream: give a rate or a mass rate, not both, got 1000 1/s and 2 kg/s";
            break;
        case 22:
            d.count_rate = -1, expected = "stream: rate must be >= 0 1/s, got -1";
            break;
        case 23:
            d.mass_rate = NAN, expected = "stream: mass rate must be >= 0 kg/s, got nan";
            break;
        case 24:
            d.stop = 0.1, expected = "stream: stop must be after start, 0.1 s, got 0.1 s";
            break;
        case 25:
            d.start = NAN, expected = "stream: start must be finite, got nan s";
            break;
        case 26:
            d.region.radius = 0, expected = "stream: the region's radius must be > 0 m, got 0";
            break;
        case 27:
            d.region.hi[2] = 0.5, expected = "ends of the region's axis must differ";
            break;
        default:
            d.region.kind = BRC_REGION_CONE, d.region.radius = 0, expected = "radii must be >= 0 m and not both 0";
            break;
        }
        brc_inserter* in;
        brc_status status = brc_inserter_create(&d, 42, &in);
        if (status == BRC_OK) {
            status = brc_inserter_check(in, &host);
            brc_inserter_free(in);
        }
        if (status != BRC_ERR_ARGUMENT) fail_msg("case %d is not refused", k);
        says(expected);
    }
    done(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(region_points),   cmocka_unit_test(region_limits), cmocka_unit_test(fill_places),
        cmocka_unit_test(fill_again),      cmocka_unit_test(fill_mass),     cmocka_unit_test(fill_dense),
        cmocka_unit_test(fill_around),     cmocka_unit_test(lattice_sites), cmocka_unit_test(lattice_shapes),
        cmocka_unit_test(stream_rate),     cmocka_unit_test(stream_slices), cmocka_unit_test(stream_waits),
        cmocka_unit_test(bad_definitions),
    };
    return cmocka_run_group_tests_name("insertion", tests, NULL, NULL);
}
