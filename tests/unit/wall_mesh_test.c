// wall_mesh_test.c -- triangle meshes: the same as the plane or box they are made of, one contact at seams, brute
// force.
#include "wall_check.h"
#include <time.h>

// ---- flat meshes -----------------------------------------------------------------------------------------
typedef struct frame {
    vec3 o, e1, e2, n;
} frame;

static vec3 at(const frame* f, double u, double v, double h)
{
    return v3_add(v3_add(f->o, v3_scale(h, f->n)), v3_add(v3_scale(u, f->e1), v3_scale(v, f->e2)));
}

static frame tilted(void)
{
    frame f = {.o = uniform_vector(-1, 1), .n = uniform_direction()};
    f.e1 = normalised(v3_cross(f.n, uniform_direction()));
    f.e2 = v3_cross(f.n, f.e1);
    return f;
}

static const frame level = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};

// The square -1 .. 1 in n by n cells of two triangles; the lines between cells lie at places[] (evenly, or at random).
static test_mesh flat(const frame* f, int n, bool uneven)
{
    double* places = malloc(2 * (size_t)(n + 1) * sizeof *places);
    for (int d = 0; d < 2; d++)
        for (int i = 0; i <= n; i++)
            places[d * (n + 1) + i] = 2.0 * (i + (uneven && i > 0 && i < n ? uniform(-0.4, 0.4) : 0)) / n - 1;
    test_mesh m = mesh_new((int64_t)(n + 1) * (n + 1), 2 * (int64_t)n * n);
    for (int j = 0; j <= n; j++)
        for (int i = 0; i <= n; i++) mesh_vertex_add(&m, at(f, places[i], places[n + 1 + j], 0));
    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++) {
            int32_t a = j * (n + 1) + i, b = a + 1, c = a + n + 1, d = c + 1;
            bool other = uneven && uniform(0, 1) < 0.5; // either diagonal
            mesh_triangle_add(&m, a, b, other ? c : d);
            mesh_triangle_add(&m, other ? b : a, d, c);
        }
    free(places);
    return m;
}

static void expect_plane(const frame* f, const brc_wall* w, double u, double v, double h, double radius,
                         const char* where)
{
    brc_wall_hit hits[BRC_WALL_HITS];
    vec3 c = at(f, u, v, h), n = h < 0 ? v3_scale(-1, f->n) : f->n;
    int count = touch(w, c, radius, hits);
    EXPECT(count == (fabs(h) < radius), "%s: %d contacts at (%.17g, %.17g), height %g, radius %g", where, count, u, v,
           h, radius);
    if (!count) return;
    // the centre itself is rounded, by 1e-16 of the frame's size (2 m): 1e-12 of radii of 1 cm and more
    EXPECT(fabs(hits[0].overlap - (radius - fabs(h))) < 1e-12 * radius, "%s: overlap %.17g, expected %.17g", where,
           hits[0].overlap, radius - fabs(h));
    EXPECT(norm(v3_sub(hits[0].n, n)) < 1e-12, "%s: normal is off by %g", where, norm(v3_sub(hits[0].n, n)));
    assert_int_equal(hits[0].feature, 0);
}

static void flat_meshes_are_the_plane(void** state)
{
    (void)state;
    for (int round = 0; round < 12; round++) {
        static const int cells[] = {1, 10, 100};
        frame f = round < 3 ? level : tilted();
        test_mesh m = flat(&f, cells[round % 3], round >= 6);
        brc_wall* w = mesh_wall(&m, 0);
        assert_int_equal(m.triangle_count, round % 3 == 0 ? 2 : round % 3 == 1 ? 200 : 20000);
        for (int k = 0; k < 20000; k++) {
            double radius = uniform(0.01, 0.3), h = uniform(-1.1, 1.1) * radius;
            expect_plane(&f, w, uniform(-0.99, 0.99), uniform(-0.99, 0.99), h, radius, "at random");
        }
        for (int64_t i = 0; i < m.triangle_count; i += 1 + m.triangle_count / 400)
            for (int k = 0; k < 3; k++) {
                vec3 p = mesh_corner(&m, i, k), q = mesh_corner(&m, i, (k + 1) % 3);
                double share[] = {0, 1, 0.5, 0.25, 1e-9, uniform(0, 1), uniform(0, 1)};
                for (int j = 0; j < 7; j++) {
                    vec3 d = v3_sub(v3_add(p, v3_scale(share[j], v3_sub(q, p))), f.o);
                    double u = v3_dot(d, f.e1), v = v3_dot(d, f.e2), radius = uniform(0.01, 0.3);
                    if (fabs(u) > 0.999 || fabs(v) > 0.999) continue;
                    double near =
                        round < 3 ? 0 : uniform(-1e-15, 1e-15); // exactly over the seam, and by a rounding beside it
                    expect_plane(&f, w, u, v, uniform(0.5, 1) * radius, radius, "over a seam");
                    expect_plane(&f, w, u + near, v - near, 1e-3 * radius, radius, "deep in a seam");
                    expect_plane(&f, w, u, v, radius * (1 - 1e-6), radius, "just touching a seam");
                }
            }
        brc_wall_free(w);
        mesh_free(&m);
    }
}

// Level, so that the arithmetic has nothing to round: the very same numbers.
static void level_meshes_are_the_plane_to_the_bit(void** state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        test_mesh m = flat(&level, (int[]){1, 10, 100}[k], false);
        brc_wall *w = mesh_wall(&m, 1), *plane = create(&(brc_wall_def){.shape = BRC_PLANE, .normal = {0, 0, 1}});
        for (int i = 0; i < 100000; i++) {
            double radius = uniform(0.001, 0.3);
            vec3 c = v3(uniform(-0.99, 0.99), uniform(-0.99, 0.99), uniform(-0.99, 1.1) * radius);
            brc_wall_hit a[BRC_WALL_HITS], b[BRC_WALL_HITS];
            int n = touch(w, c, radius, a);
            assert_int_equal(n, touch(plane, c, radius, b));
            if (n) assert_true(a[0].overlap == b[0].overlap && a[0].n.x == 0 && a[0].n.y == 0 && a[0].n.z == 1);
        }
        brc_wall_free(w), brc_wall_free(plane);
        mesh_free(&m);
    }
}

// Large triangles beside small ones that share no edge with them, cracks of a rounding's width, repeated triangles.
static void seams_that_share_nothing_give_one_contact(void** state)
{
    (void)state;
    for (int side = 0; side < 2; side++)
        for (int round = 0; round < 20; round++) {
            frame f = round ? tilted() : level;
            test_mesh m = mesh_new(1000, 1000);
            double crack = (double[]){0, 1e-15, 1e-9, 1e-6}[round % 4];
            int32_t a = mesh_vertex_add(&m, at(&f, -1, -1, 0)), b = mesh_vertex_add(&m, at(&f, 0, -1, 0)),
                    c = mesh_vertex_add(&m, at(&f, 0, 1, 0)), d = mesh_vertex_add(&m, at(&f, -1, 1, 0));
            for (int k = 0; k < (round % 2 ? 2 : 1); k++) { // once, or twice
                mesh_triangle_add(&m, a, b, c);
                mesh_triangle_add(&m, a, c, d);
                mesh_triangle_add(&m, c, d, a);
            }
            for (int i = 0; i < 10; i++) { // the other half in strips that meet it in T-junctions
                double lo = -1 + 0.2 * i, hi = lo + 0.2;
                int32_t p = mesh_vertex_add(&m, at(&f, crack, lo, 0)), q = mesh_vertex_add(&m, at(&f, 1, lo, 0)),
                        r = mesh_vertex_add(&m, at(&f, 1, hi, 0)), s = mesh_vertex_add(&m, at(&f, crack, hi, 0));
                mesh_triangle_add(&m, p, q, r);
                mesh_triangle_add(&m, p, r, s);
            }
            brc_wall* w = mesh_wall(&m, side);
            for (int k = 0; k < 10000; k++) {
                double radius = uniform(0.01, 0.3), h = uniform(side ? -0.9 : 0, 1) * radius;
                double u = k % 2 ? uniform(-0.1, 0.1) * radius : crack * uniform(-0.5, 1.5), v = uniform(-0.9, 0.9);
                if (k % 3 == 0) v = -1 + 0.2 * (1 + k % 9) + uniform(-1e-15, 1e-15);
                brc_wall_hit hits[BRC_WALL_HITS];
                int n = touch(w, at(&f, u, v, h), radius, hits);
                bool over_crack = u > -1e-12 && u < crack + 1e-12; // (a hair off the plane there)
                EXPECT(n == 1 || (over_crack && fabs(h) < 1e-3 * radius + 100 * crack),
                       "round %d: %d contacts at %g, %g, height %g, radius %g", round, n, u, v, h, radius);
                if (over_crack) continue;
                // where cracks meet, edges as deep as each other to rounding differ in their normals
                double tolerance = 1e-12 + (2e-15 + (k % 3 == 0 ? 2 * crack : 0)) / fabs(h);
                EXPECT(fabs(hits[0].overlap - (radius - h)) < 1e-12 && norm(v3_sub(hits[0].n, f.n)) < tolerance,
                       "round %d, at %g, %g, height %g: overlap %g off, normal %g off", round, u, v, h,
                       hits[0].overlap - (radius - h), norm(v3_sub(hits[0].n, f.n)));
            }
            brc_wall_free(w);
            mesh_free(&m);
        }
}

// Rolling over 200 uneven triangles: one contact, one feature, not a bump in the overlap.
static void rolling_crosses_seams_without_a_bump(void** state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        test_mesh m = flat(&level, 10, true);
        brc_wall* w = mesh_wall(&m, round % 2);
        double angle = uniform(0, 6.28), cx = uniform(-0.3, 0.3), cy = uniform(-0.3, 0.3);
        if (round < 2) angle = 0, cy = m.x[3 * 11 * 5 + 1]; // along a line of edges, over its vertices
        for (int i = -5000; i <= 5000; i++) {
            double s = 1e-4 * i;
            brc_wall_hit hits[BRC_WALL_HITS];
            int n = touch(w, v3(cx + s * cos(angle), cy + s * sin(angle), 0.0999), 0.1, hits);
            assert_int_equal(n, 1);
            assert_true(hits[0].overlap == 0.1 - 0.0999 && hits[0].n.z == 1 && hits[0].feature == 0);
        }
        brc_wall_free(w);
        mesh_free(&m);
    }
}

// ---- boxes -----------------------------------------------------------------------------------------------
static void box_meshes_are_the_box(void** state)
{
    (void)state;
    vec3 lo = v3(-0.5, -0.4, -0.3), hi = v3(0.4, 0.5, 0.6);
    test_mesh out = box_mesh(lo, hi), in = box_mesh(lo, hi);
    for (int64_t i = 0; i < in.triangle_count; i++) {
        int32_t t = in.t[3 * i + 1];
        in.t[3 * i + 1] = in.t[3 * i + 2], in.t[3 * i + 2] = t;
    }
    for (int kind = 0; kind < 3; kind++) { // one-sided from outside, one-sided from inside, two-sided
        static const int sides[] = {1, -1, 0};
        brc_wall* box = create(&(brc_wall_def){
            .shape = BRC_BOX, .side = sides[kind], .point = {lo.x, lo.y, lo.z}, .point2 = {hi.x, hi.y, hi.z}});
        brc_wall* w = mesh_wall(kind == 1 ? &in : &out, kind < 2);
        int touching = 0;
        for (int k = 0; k < 300000; k++) {
            vec3 c = uniform_vector(-0.8, 0.9);
            double radius = uniform(0.02, 0.3);
            if (k % 4 == 0) c.x = c.y; // over the diagonals of faces
            vec3 d = v3(fmax(lo.x - c.x, c.x - hi.x), fmax(lo.y - c.y, c.y - hi.y), fmax(lo.z - c.z, c.z - hi.z));
            bool inside = d.x < 0 && d.y < 0 && d.z < 0;
            if (kind < 2 && inside != (kind == 1)) continue; // beyond the surface the two follow different rules
            brc_wall_hit a[BRC_WALL_HITS], b[BRC_WALL_HITS];
            int n = touch(box, c, radius, a), m = touch(w, c, radius, b);
            EXPECT(n == m, "kind %d: box %d, mesh %d contacts at %g %g %g, radius %g", kind, n, m, c.x, c.y, c.z,
                   radius);
            touching += n;
            for (int i = 0; i < n; i++)
                EXPECT(fabs(a[i].overlap - b[i].overlap) < 1e-14 && norm(v3_sub(a[i].n, b[i].n)) < 1e-12,
                       "kind %d: overlap %g, mesh %g, normal off by %g", kind, a[i].overlap, b[i].overlap,
                       norm(v3_sub(a[i].n, b[i].n)));
        }
        assert_true(touching > 10000);
        brc_wall_free(box), brc_wall_free(w);
    }
    mesh_free(&out), mesh_free(&in);
}

// The far side of a plate thinner than the sphere, seen through the plate, does not pull.
static void thin_plates_push_to_one_side(void** state)
{
    (void)state;
    test_mesh m = box_mesh(v3(-1, -1, -0.01), v3(1, 1, 0));
    for (int side = 0; side < 2; side++) {
        brc_wall* w = mesh_wall(&m, side);
        for (int k = 0; k < 20000; k++) {
            double radius = uniform(0.05, 0.2), h = uniform(0, 1) * radius;
            brc_wall_hit hits[BRC_WALL_HITS];
            int n = touch(w, v3(uniform(-0.9, 0.9), uniform(-0.9, 0.9), h), radius, hits);
            assert_int_equal(n, 1);
            assert_true(hits[0].n.z == 1 && hits[0].overlap == radius - h);
            n = touch(w, v3(uniform(-0.9, 0.9), uniform(-0.9, 0.9), -0.01 - h), radius, hits);
            assert_int_equal(n, 1);
            assert_true(hits[0].n.z == -1);
            if (!side) continue; // pressed in by less than half: out on the nearer side
            n = touch(w, v3(uniform(-0.9, 0.9), uniform(-0.9, 0.9), -0.003), radius, hits);
            assert_int_equal(n, 1);
            assert_true(hits[0].n.z == 1 && fabs(hits[0].overlap - radius - 0.003) < 1e-15);
        }
        brc_wall_free(w);
    }
    mesh_free(&m);
}

// ---- curved meshes against brute force -------------------------------------------------------------------
static void convex_meshes_have_one_contact_of_the_true_depth(void** state)
{
    (void)state;
    for (int levels = 0; levels <= 3; levels++) {
        vec3 centre = v3(0.1, -0.2, 0.3);
        test_mesh m = icosphere(levels, centre, 0.5);
        for (int side = 0; side < 2; side++) {
            brc_wall* w = mesh_wall(&m, side);
            for (int k = 0; k < 4000; k++) {
                vec3 direction = uniform_direction();
                if (k % 4 == 1)
                    direction = normalised(v3_sub(mesh_corner(&m, k % m.triangle_count, 0), centre)); // over a vertex
                if (k % 4 == 2) // over the middle of an edge
                    direction = normalised(v3_sub(v3_scale(0.5, v3_add(mesh_corner(&m, k % m.triangle_count, 0),
                                                                       mesh_corner(&m, k % m.triangle_count, 1))),
                                                  centre));
                vec3 c = v3_add(centre, v3_scale(uniform(0.5001, 0.9), direction));
                double radius = uniform(0.05, 0.3), distance = mesh_distance(&m, c);
                brc_wall_hit hits[BRC_WALL_HITS];
                int n = touch(w, c, radius, hits);
                EXPECT(n == (distance < radius), "level %d: %d contacts, distance %g, radius %g", levels, n, distance,
                       radius);
                if (!n) continue;
                assert_true(fabs(hits[0].overlap - (radius - distance)) < 1e-13);
                vec3 p = v3_sub(c, v3_scale(radius - hits[0].overlap, hits[0].n));
                assert_true(mesh_distance(&m, p) < 1e-13);
            }
            brc_wall_free(w);
        }
        mesh_free(&m);
    }
}

// A one-sided closed mesh holds centres that are inside by less than a radius, also behind edges and vertices.
static void closed_meshes_push_out_centres_inside(void** state)
{
    (void)state;
    test_mesh m = icosphere(1, v3(0, 0, 0), 1);
    brc_wall* w = mesh_wall(&m, 1);
    for (int k = 0; k < 20000; k++) {
        vec3 direction = uniform_direction(), c = v3_scale(uniform(0.7, 1), direction);
        double radius = 0.2, distance = mesh_distance(&m, c);
        brc_wall_hit hits[BRC_WALL_HITS];
        int n = touch(w, c, radius, hits);
        if (n) assert_true(v3_dot(hits[0].n, direction) > 0.8);
        if (norm(c) < 0.9 && distance < radius) assert_true(n > 0 && hits[n - 1].overlap > radius);
    }
    // a pit, seen from behind its bottom edge and corner: the box's walls seen from outside, pushing in
    test_mesh pit = box_mesh(v3(0, 0, 0), v3(1, 1, 1));
    for (int64_t i = 0; i < pit.triangle_count; i++) {
        int32_t t = pit.t[3 * i + 1];
        pit.t[3 * i + 1] = pit.t[3 * i + 2], pit.t[3 * i + 2] = t;
    }
    brc_wall* p = mesh_wall(&pit, 1);
    brc_wall_hit hits[BRC_WALL_HITS];
    assert_int_equal(touch(p, v3(-0.03, 0.5, -0.04), 0.1, hits), 1);
    assert_true(fabs(hits[0].overlap - 0.15) < 1e-15 && fabs(hits[0].n.x - 0.6) < 1e-14 &&
                fabs(hits[0].n.z - 0.8) < 1e-14);
    assert_int_equal(touch(p, v3(-0.02, -0.03, -0.06), 0.1, hits), 1);
    assert_true(fabs(hits[0].overlap - 0.17) < 1e-15 && hits[0].n.z > 0);
    brc_wall_free(w), brc_wall_free(p);
    mesh_free(&m), mesh_free(&pit);
}

static test_mesh soup(int64_t count, double size)
{
    test_mesh m = mesh_new(3 * count, count);
    for (int64_t i = 0; i < count; i++) {
        vec3 p = uniform_vector(-1, 1);
        for (int k = 0; k < 3; k++) mesh_vertex_add(&m, v3_add(p, uniform_vector(-size, size)));
        mesh_triangle_add(&m, (int32_t)(3 * i), (int32_t)(3 * i + 1), (int32_t)(3 * i + 2));
    }
    return m;
}

// The deepest contact of any mesh is its closest point; the others lie on it too; hints may be shuffled, repeated, too
// many.
static void any_mesh_touches_at_its_closest_point(void** state)
{
    (void)state;
    for (int round = 0; round < 4; round++) {
        test_mesh m =
            round < 2 ? soup(300, round ? 0.5 : 0.1) : icosphere(round, v3(0, 0, 0), 0.7); // (from inside as well)
        brc_wall* w = mesh_wall(&m, 0);
        uint32_t hints[4096], shuffled[4096];
        for (int k = 0; k < 4000; k++) {
            vec3 c = uniform_vector(-1, 1);
            double radius = uniform(0.02, 0.3), distance = mesh_distance(&m, c);
            brc_wall_hit hits[BRC_WALL_HITS], again[BRC_WALL_HITS];
            int count = brc_wall_near(w, c, radius, 0, hints, 4096),
                n = brc_wall_touch(w, c, radius, hints, count, hits);
            EXPECT((n > 0) == (distance < radius), "round %d: %d contacts, distance %g, radius %g", round, n, distance,
                   radius);
            if (n)
                EXPECT(fabs(hits[0].overlap - (radius - distance)) < 1e-12, "round %d: overlap %g, expected %g", round,
                       hits[0].overlap, radius - distance);
            for (int i = 0; i < n; i++) {
                assert_true(mesh_distance(&m, v3_sub(c, v3_scale(radius - hits[i].overlap, hits[i].n))) <
                            1e-10); // slivers
                for (int j = 0; j < i; j++) {
                    assert_true(hits[j].overlap >= hits[i].overlap && hits[j].feature != hits[i].feature);
                    assert_true(v3_dot(hits[j].n, hits[i].n) < cos(BRC_PI / 180));
                }
            }
            int more = brc_wall_near(w, c, radius, 0.3, shuffled, 4096);
            for (int i = more - 1; i > 0; i--) {
                int j = (int)uniform(0, i + 1);
                uint32_t t = shuffled[i];
                shuffled[i] = shuffled[j], shuffled[j] = t;
            }
            for (int i = 0; more > 0 && more < 4096 && i < 20; i++) shuffled[more++] = shuffled[i];
            assert_int_equal(brc_wall_touch(w, c, radius, shuffled, more, again), n);
            for (int i = 0; i < n; i++)
                assert_true(hits[i].feature == again[i].feature && hits[i].overlap == again[i].overlap &&
                            hits[i].n.x == again[i].n.x && hits[i].n.y == again[i].n.y && hits[i].n.z == again[i].n.z);
        }
        brc_wall_free(w);
        mesh_free(&m);
    }
}

// Many at once: a ball in a bowl of its own size. Only the order of the list may not matter.
static void crowds_of_contacts_keep_the_deepest(void** state)
{
    (void)state;
    test_mesh m = icosphere(4, v3(0, 0, 0), 1);
    brc_wall* w = mesh_wall(&m, 0);
    static uint32_t hints[8192];
    for (int k = 0; k < 50; k++) {
        vec3 c = uniform_vector(-0.02, 0.02);
        brc_wall_hit a[BRC_WALL_HITS], b[BRC_WALL_HITS];
        int count = brc_wall_near(w, c, 1.05, 0, hints, 8192);
        assert_true(count > 4000 && count < 8192);
        int n = brc_wall_touch(w, c, 1.05, hints, count, a);
        assert_int_equal(n, BRC_WALL_HITS);
        for (int i = 0; i < count / 2; i++) {
            uint32_t t = hints[i];
            hints[i] = hints[count - 1 - i], hints[count - 1 - i] = t;
        }
        assert_int_equal(brc_wall_touch(w, c, 1.05, hints, count, b), n);
        for (int i = 0; i < n; i++)
            assert_true(a[i].feature == b[i].feature && a[i].overlap == b[i].overlap && a[i].n.x == b[i].n.x &&
                        a[i].n.y == b[i].n.y);
        assert_true(fabs(a[0].overlap - (1.05 - mesh_distance(&m, c))) < 1e-13);
    }
    brc_wall_free(w);
    mesh_free(&m);
}

// ---- near, crossed ---------------------------------------------------------------------------------------
static void near_lists_every_triangle_in_reach(void** state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        test_mesh m = round == 0   ? soup(500, 0.3)
                      : round == 1 ? icosphere(3, v3(0, 0, 0), 0.8)
                                   : flat(&level, 20, true);
        brc_wall* w = mesh_wall(&m, round == 2);
        int64_t listed = 0, needed = 0;
        for (int k = 0; k < 4000; k++) {
            vec3 c = uniform_vector(-1.2, 1.2);
            double radius = uniform(0.01, 0.2), reach = uniform(0, 0.1);
            uint32_t hints[4096], few[3];
            int n = brc_wall_near(w, c, radius, reach, hints, 4096);
            assert_int_equal(brc_wall_near(w, c, radius, reach, few, 3), n);
            for (int i = 1; i < n; i++) assert_true(hints[i - 1] < hints[i]);
            int next = 0;
            for (int64_t i = 0; i < m.triangle_count; i++) {
                bool within = triangle_distance(&m, i, c) < radius + reach, found = next < n && hints[next] == i;
                next += found;
                needed += within;
                EXPECT(found || !within, "round %d: triangle %d is not listed", round, (int)i);
            }
            listed += n;
        }
        print_message("             listed / in reach: %.3f\n", (double)listed / (double)needed);
        assert_true((double)listed < 1.4 * (double)needed);
        brc_wall_free(w);
        mesh_free(&m);
    }
}

static void segments_cross_closed_surfaces(void** state)
{
    (void)state;
    test_mesh m = icosphere(2, v3(0, 0, 0), 1);
    brc_wall* w = mesh_wall(&m, 0);
    int crossings = 0;
    for (int k = 0; k < 100000; k++) {
        vec3 a = v3_scale(uniform(0.2, 0.9), uniform_direction()),
             b = v3_scale(uniform(1.01, 1.5), uniform_direction());
        if (k % 3 == 0) { // through a vertex or the middle of an edge
            vec3 p = mesh_corner(&m, k % m.triangle_count, 0), q = mesh_corner(&m, k % m.triangle_count, 1);
            vec3 through = k % 2 ? p : v3_scale(0.5, v3_add(p, q));
            a = v3_scale(0.5, through), b = v3_scale(2, through);
        }
        assert_true(brc_wall_crossed(w, a, b) && brc_wall_crossed(w, b, a));
        vec3 inside = v3_scale(uniform(0, 0.9), uniform_direction());
        assert_false(brc_wall_crossed(w, a, inside));
        vec3 far = v3_scale(2, uniform_direction()), step = v3_scale(1e-3, uniform_direction());
        crossings += brc_wall_crossed(w, far, v3_add(far, step));
    }
    assert_int_equal(crossings, 0);
    brc_wall_free(w);
    mesh_free(&m);
}

// A path of many short steps crosses a flat mesh exactly once, also when it stops on the plane or on seams.
static void paths_cross_a_flat_mesh_once(void** state)
{
    (void)state;
    test_mesh m = flat(&level, 10, false);
    brc_wall* w = mesh_wall(&m, 0);
    for (int k = 0; k < 2000; k++) {
        double x = k % 2 ? uniform(-0.9, 0.9) : 0.2 * (k % 9 - 4), y = k % 3 ? uniform(-0.9, 0.9) : 0.2 * (k % 7 - 3),
               z = 0.5;
        int count = 0;
        for (int i = 1; i <= 100; i++) {
            double to = 0.5 - 0.01 * i;
            if (i == 50) to = 0;
            count += brc_wall_crossed(w, v3(x, y, z), v3(x, y, to));
            z = to;
        }
        assert_int_equal(count, 1);
    }
    brc_wall_free(w);
    mesh_free(&m);
}

// ---- motion and refusals ---------------------------------------------------------------------------------
static void moving_meshes_carry_their_contacts(void** state)
{
    (void)state;
    test_mesh m = icosphere(2, v3(0.2, 0, 0), 0.5);
    brc_wall *still = mesh_wall(&m, 0), *moving = mesh_wall(&m, 0);
    brc_motion spin = {.kind = BRC_ROTATION, .stop = INFINITY, .axis = {1, 2, 3}, .origin = {0.3, 0, 0}, .rate = 5};
    brc_motion shake = {.kind = BRC_OSCILLATION, .stop = INFINITY, .axis = {0, 0, 1}, .amplitude = 0.1, .period = 0.2};
    assert_int_equal(brc_wall_add_motion(moving, &spin), BRC_OK);
    assert_int_equal(brc_wall_add_motion(moving, &shake), BRC_OK);
    for (int k = 0; k < 300; k++) {
        double p[3], q[4], v[3], o[3];
        double t = uniform(0, 10), radius = 0.2;
        brc_wall_move(moving, t);
        brc_wall_mark(moving);
        brc_wall_pose(moving, p, q, v, o);
        for (int j = 0; j < 20; j++) {
            vec3 c = uniform_vector(-1, 1), arm = v3_sub(c, brc_wall_position(still)), u = v3(q[0], q[1], q[2]);
            vec3 twist = v3_scale(2, v3_cross(u, arm));
            vec3 there = v3_add(v3_from(p), v3_add(arm, v3_add(v3_scale(q[3], twist), v3_cross(u, twist))));
            brc_wall_hit a[BRC_WALL_HITS], b[BRC_WALL_HITS];
            int n = touch(still, c, radius, a), got = touch(moving, there, radius, b);
            assert_int_equal(n, got);
            for (int i = 0; i < n; i++)
                assert_true(fabs(a[i].overlap - b[i].overlap) < 1e-13 && a[i].feature == b[i].feature);
        }
        // hints listed at the mark are enough while the wall has moved by no more than it says
        double dt = uniform(-0.003, 0.003);
        vec3 c[20];
        uint32_t hints[20][4096];
        int count[20];
        brc_wall_move(moving, t + dt);
        double moved = brc_wall_moved(moving, v3(-1, -1, -1), v3(1, 1, 1));
        brc_wall_move(moving, t);
        for (int j = 0; j < 20; j++) {
            c[j] = uniform_vector(-1, 1);
            count[j] = brc_wall_near(moving, c[j], radius, moved, hints[j], 4096);
        }
        brc_wall_move(moving, t + dt);
        for (int j = 0; j < 20; j++) {
            brc_wall_hit a[BRC_WALL_HITS], b[BRC_WALL_HITS];
            int n = brc_wall_touch(moving, c[j], radius, hints[j], count[j], a);
            assert_int_equal(n, touch(moving, c[j], radius, b));
            assert_true(n == 0 || a[0].overlap == b[0].overlap);
        }
    }
    brc_wall_free(still), brc_wall_free(moving);
    mesh_free(&m);
}

static void refuse(const test_mesh* m, const char* text)
{
    brc_wall* w = NULL;
    brc_wall_def d = {.shape = BRC_MESH,
                      .vertices = m->x,
                      .triangles = m->t,
                      .vertex_count = m->vertex_count,
                      .triangle_count = m->triangle_count};
    assert_int_equal(brc_wall_create(&d, &w), BRC_ERR_ARGUMENT);
    EXPECT(strstr(brc_last_error(), text), "expected '%s' in '%s'", text, brc_last_error());
}

static void wrong_meshes_are_refused(void** state)
{
    (void)state;
    test_mesh m = box_mesh(v3(0, 0, 0), v3(1, 1, 1)), broken = m;
    broken.triangle_count = 0;
    refuse(&broken, "there are no triangles");
    broken = m, broken.vertex_count = 0;
    refuse(&broken, "there are no vertices");
    m.x[3 * 4 + 1] = NAN;
    refuse(&m, "vertex[5] must be finite and within 1e9 m of the origin, got (0, nan, 1) m");
    m.x[3 * 4 + 1] = 0;
    m.t[3 * 6 + 2] = 8;
    refuse(&m, "triangle[7] corner 3 names vertex 9, there are 8");
    m.t[3 * 6 + 2] = -1;
    refuse(&m, "triangle[7] corner 3 names vertex 0, there are 8");
    for (int64_t i = 0; i < m.triangle_count; i++) m.t[3 * i] = m.t[3 * i + 1] = m.t[3 * i + 2] = 2;
    refuse(&m, "none of the 12 triangles has an area");
    mesh_free(&m);
}

// Triangles without area, repeated ones and vertices that nobody uses leave the mesh as it was.
static void faces_without_area_are_left_out(void** state)
{
    (void)state;
    test_mesh m = mesh_new(20, 20);
    int32_t a = mesh_vertex_add(&m, v3(0, 0, 0)), b = mesh_vertex_add(&m, v3(1, 0, 0)),
            c = mesh_vertex_add(&m, v3(1, 1, 0)), d = mesh_vertex_add(&m, v3(0, 1, 0)),
            unused = mesh_vertex_add(&m, v3(50, 0, 0)), middle = mesh_vertex_add(&m, v3(0.5, 0, 0));
    (void)unused;
    mesh_triangle_add(&m, a, a, b);
    mesh_triangle_add(&m, a, middle, b); // on a line
    mesh_triangle_add(&m, a, b, c);
    mesh_triangle_add(&m, b, c, a); // the same again
    mesh_triangle_add(&m, mesh_vertex_add(&m, v3(-0.0, 0, 0)), c, d);
    brc_wall* w = mesh_wall(&m, 1);
    int64_t vertices, triangles;
    assert_int_equal(brc_wall_surface(w, v3(0, 0, 0), v3(1, 1, 1), &vertices, NULL, &triangles, NULL), BRC_OK);
    assert_int_equal(triangles, 2);
    brc_wall_hit hits[BRC_WALL_HITS];
    assert_int_equal(touch(w, v3(0.5, 0.5, 0.05), 0.1, hits), 1);
    assert_true(hits[0].overlap == 0.1 - 0.05 && hits[0].n.z == 1);
    brc_wall_mark(w);
    brc_wall_free(w);
    mesh_free(&m);
}

static double seconds(void)
{
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// Not a test of speed, only of its order: says what it took.
static void large_meshes_are_searched(void** state)
{
    (void)state;
    test_mesh m = icosphere(6, v3(0, 0, 0), 1); // 81 920 triangles
    double start = seconds();
    brc_wall* w = mesh_wall(&m, 0);
    double built = seconds();
    int64_t listed = 0, contacts = 0;
    enum { QUERIES = 200000 };
    for (int k = 0; k < QUERIES; k++) {
        vec3 c = v3_scale(uniform(0.97, 1.03), uniform_direction());
        uint32_t hints[256];
        brc_wall_hit hits[BRC_WALL_HITS];
        int n = brc_wall_near(w, c, 0.01, 0.002, hints, 256);
        assert_in_range(n, 0, 256);
        listed += n;
        contacts += brc_wall_touch(w, c, 0.01, hints, n, hits);
    }
    double done = seconds();
    print_message("             %d triangles: built in %.0f ms; near + touch %.2f us, %.1f listed, %.2f contacts\n",
                  (int)m.triangle_count, 1e3 * (built - start), 1e6 * (done - built) / QUERIES,
                  (double)listed / QUERIES, (double)contacts / QUERIES);
    brc_wall_free(w);
    mesh_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flat_meshes_are_the_plane),
        cmocka_unit_test(level_meshes_are_the_plane_to_the_bit),
        cmocka_unit_test(seams_that_share_nothing_give_one_contact),
        cmocka_unit_test(rolling_crosses_seams_without_a_bump),
        cmocka_unit_test(box_meshes_are_the_box),
        cmocka_unit_test(thin_plates_push_to_one_side),
        cmocka_unit_test(convex_meshes_have_one_contact_of_the_true_depth),
        cmocka_unit_test(closed_meshes_push_out_centres_inside),
        cmocka_unit_test(any_mesh_touches_at_its_closest_point),
        cmocka_unit_test(crowds_of_contacts_keep_the_deepest),
        cmocka_unit_test(near_lists_every_triangle_in_reach),
        cmocka_unit_test(segments_cross_closed_surfaces),
        cmocka_unit_test(paths_cross_a_flat_mesh_once),
        cmocka_unit_test(moving_meshes_carry_their_contacts),
        cmocka_unit_test(wrong_meshes_are_refused),
        cmocka_unit_test(faces_without_area_are_left_out),
        cmocka_unit_test(large_meshes_are_searched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
