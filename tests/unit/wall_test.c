// wall_test.c -- walls with a formula, and their motion. Oracles: the signed distance of each shape written out here,
// finite differences of the pose, brute force over random points.
#include "wall_check.h"

// ---- shapes ----------------------------------------------------------------------------------------------
static double sdf_box(const brc_wall_def* d, vec3 c)
{
    double p[3], out = 0, in = INFINITY;
    v3_to(p, c);
    for (int k = 0; k < 3; k++) {
        double q = fmax(d->point[k] - p[k], p[k] - d->point2[k]);
        out += q > 0 ? q * q : 0;
        in = fmin(in, -q);
    }
    return out > 0 ? sqrt(out) : -in;
}

// Distance to a polyline in the half plane, sign from the solid of revolution.
static double sdf_cone(const brc_wall_def* d, vec3 c)
{
    vec3 a = v3_from(d->point), axis = v3_sub(v3_from(d->point2), a);
    double length = norm(axis), r1 = d->radius, r2 = d->shape == BRC_CYLINDER ? d->radius : d->radius2;
    vec3 u = v3_scale(1 / length, axis), e = v3_sub(c, a);
    double z = v3_dot(e, u), rho = norm(v3_cross(e, u));
    double corner[4][2] = {{0, 0}, {0, r1}, {length, r2}, {length, 0}}, best = INFINITY;
    for (int i = d->open ? 1 : 0; i < (d->open ? 2 : 3); i++) {
        double tz = corner[i + 1][0] - corner[i][0], tr = corner[i + 1][1] - corner[i][1];
        double s = tz * tz + tr * tr;
        double f = s > 0 ? fmax(0, fmin(1, ((z - corner[i][0]) * tz + (rho - corner[i][1]) * tr) / s)) : 0;
        best = fmin(best, hypot(z - corner[i][0] - f * tz, rho - corner[i][1] - f * tr));
    }
    bool inside = z > 0 && z < length && rho < r1 + (r2 - r1) * z / length;
    return inside ? -best : best;
}

static double sdf(const brc_wall_def* d, vec3 c)
{
    vec3 p = v3_sub(c, v3_from(d->point));
    switch (d->shape) {
    case BRC_PLANE:
        return v3_dot(p, normalised(v3_from(d->normal)));
    case BRC_BOX:
        return sdf_box(d, c);
    case BRC_SPHERE:
        return norm(p) - d->radius;
    case BRC_DISC: {
        vec3 n = normalised(v3_from(d->normal));
        double z = v3_dot(p, n), rho = norm(v3_cross(p, n));
        return rho <= d->radius ? fabs(z) : hypot(z, rho - d->radius);
    }
    default:
        return sdf_cone(d, c);
    }
}

static const brc_wall_def shapes[] = {
    {.shape = BRC_PLANE, .point = {0.1, -0.2, 0.05}, .normal = {1, 2, -3}},
    {.shape = BRC_BOX, .point = {-0.5, -0.4, -0.3}, .point2 = {0.4, 0.5, 0.6}},
    {.shape = BRC_CYLINDER, .point = {-0.3, -0.1, -0.4}, .point2 = {0.2, 0.3, 0.5}, .radius = 0.45},
    {.shape = BRC_CYLINDER, .point = {-0.3, -0.1, -0.4}, .point2 = {0.2, 0.3, 0.5}, .radius = 0.45, .open = 1},
    {.shape = BRC_CONE, .point = {0, 0, -0.5}, .point2 = {0.1, 0.2, 0.6}, .radius = 0.2, .radius2 = 0.6},
    {.shape = BRC_CONE, .point = {0, 0, -0.5}, .point2 = {0.1, 0.2, 0.6}, .radius = 0.2, .radius2 = 0.6, .open = 1},
    {.shape = BRC_CONE, .point = {0, 0.1, -0.5}, .point2 = {0.1, 0.2, 0.6}, .radius = 0.7, .radius2 = 0},
    {.shape = BRC_SPHERE, .point = {0.1, 0.1, -0.1}, .radius = 0.7},
    {.shape = BRC_DISC, .point = {0.1, 0, -0.1}, .normal = {0.3, -0.2, 1}, .radius = 0.6},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

// The deepest contact is the closest point of the surface: its depth and its direction, which is the gradient of the
// distance.
static void check_deepest(const brc_wall_def* d, vec3 c, double radius, const brc_wall_hit* hits, int n)
{
    double s = sdf(d, c), distance = fabs(s);
    if (fabs(distance - radius) < 1e-9) return;
    EXPECT((n > 0) == (distance < radius),
           "shape %d side %d open %d: %d contacts at distance %.17g, radius %g, at %g %g %g", d->shape, d->side,
           d->open, n, s, radius, c.x, c.y, c.z);
    if (!n) return;
    EXPECT(fabs(hits[0].overlap - (radius - distance)) < 1e-12, "shape %d side %d: overlap %.17g, expected %.17g",
           d->shape, d->side, hits[0].overlap, radius - distance);
    assert_true(fabs(norm(hits[0].n) - 1) < 1e-14);
    vec3 p = v3_sub(c, v3_scale(distance, hits[0].n)); // the point of contact
    EXPECT(fabs(sdf(d, p)) < 1e-9, "shape %d side %d: contact point is %g off the surface", d->shape, d->side,
           sdf(d, p));
}

static bool on_this_side(const brc_wall_def* d, double s)
{
    switch (d->shape) {
    case BRC_PLANE:
        return s > 0;
    case BRC_DISC:
        return true;
    default:
        return d->side == 0 || d->open ? true : d->side * s > 0;
    }
}

static void primitives_follow_their_formula(void** state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++)
        for (int side = -1; side <= 1; side++) {
            brc_wall_def d = shapes[i];
            if ((d.shape == BRC_PLANE || d.shape == BRC_DISC || d.open) && side != 0) continue;
            d.side = side;
            brc_wall* w = create(&d);
            for (int k = 0; k < 20000; k++) {
                vec3 c = uniform_vector(-1, 1);
                double radius = uniform(0.01, 0.15);
                if (!on_this_side(&d, sdf(&d, c))) continue;
                brc_wall_hit hits[BRC_WALL_HITS];
                int n = touch(w, c, radius, hits);
                check_deepest(&d, c, radius, hits, n);
                for (int j = 0; j < n; j++) { // every contact lies on the surface, none is counted twice
                    vec3 p = v3_sub(c, v3_scale(radius - hits[j].overlap, hits[j].n));
                    EXPECT(fabs(sdf(&d, p)) < 1e-9, "shape %d side %d contact %d is %g off", d.shape, side, j,
                           sdf(&d, p));
                    for (int l = 0; l < j; l++)
                        assert_true(hits[l].feature != hits[j].feature && hits[l].overlap >= hits[j].overlap);
                }
                bool convex = sdf(&d, c) > 0 && !d.open;
                if (convex) assert_in_range(n, 0, 1);
            }
            brc_wall_free(w);
        }
}

// A centre that has passed through the surface is still pushed back to its side, continuously.
static void walls_hold_centres_that_passed(void** state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++)
        for (int side = -1; side <= 1; side++) {
            brc_wall_def d = shapes[i];
            if (d.shape == BRC_DISC || (d.shape == BRC_PLANE && side) || (d.shape != BRC_PLANE && !side) || d.open)
                continue;
            d.side = d.shape == BRC_PLANE ? 0 : side;
            double front = d.shape == BRC_PLANE ? 1 : side;
            brc_wall* w = create(&d);
            for (int k = 0; k < 20000; k++) {
                vec3 c = uniform_vector(-1, 1);
                double radius = uniform(0.05, 0.1), s = front * sdf(&d, c);
                if (!(s < -1e-9) || fabs(-s - radius) < 1e-9) continue;
                brc_wall_hit hits[BRC_WALL_HITS];
                int n = touch(w, c, radius, hits);
                EXPECT((n > 0) == (-s < radius), "shape %d side %d: %d contacts %g behind, radius %g", d.shape, side, n,
                       -s, radius);
                if (!n) continue;
                double least = INFINITY;
                for (int j = 0; j < n; j++) least = fmin(least, fabs(hits[j].overlap - (radius - s)));
                // (a box around the particles keeps its faces as planes, so a corner is left over several of them)
                if (d.shape != BRC_BOX || side == 1) assert_true(least < 1e-9);
                vec3 moved = v3_add(c, v3_scale(1e-4, hits[0].n));
                assert_true(front * sdf(&d, moved) > s);
            }
            brc_wall_free(w);
        }
}

static void box_has_a_contact_for_each_face(void** state)
{
    (void)state;
    brc_wall* w = create(&(brc_wall_def){.shape = BRC_BOX, .side = -1, .point = {0, 0, 0}, .point2 = {1, 2, 3}});
    brc_wall_hit hits[BRC_WALL_HITS];
    assert_int_equal(touch(w, v3(0.05, 1.94, 2.93), 0.1, hits), 3);
    assert_true(hits[0].n.x == 1 && hits[1].n.y == -1 && hits[2].n.z == -1);
    assert_true(hits[0].overlap == 0.1 - 0.05);
    assert_int_equal(touch(w, v3(0.5, 1, 1.5), 0.1, hits), 0);
    brc_wall_free(w);
}

// A ball on the mouth of a tube, or wedged in a funnel, is held from both sides.
static void blocked_openings_hold_from_both_sides(void** state)
{
    (void)state;
    brc_wall_hit hits[BRC_WALL_HITS];
    brc_wall* tube = create(&(brc_wall_def){.shape = BRC_CYLINDER, .point2 = {0, 0, 1}, .radius = 0.05, .open = 1});
    assert_int_equal(touch(tube, v3(0, 0, 1.08), 0.1, hits), 2);
    assert_true(hits[0].overlap == hits[1].overlap && hits[0].n.z == hits[1].n.z && hits[0].n.x == -hits[1].n.x);
    brc_wall_free(tube);
    brc_wall* funnel = create(&(brc_wall_def){
        .shape = BRC_CONE, .side = -1, .open = 1, .point2 = {0, 0, 1}, .radius = 0.05, .radius2 = 1.05});
    int n = touch(funnel, v3(1e-4, 0, 0.08), 0.1, hits);
    assert_int_equal(n, 2);
    assert_true(fabs(hits[0].n.x + hits[1].n.x) < 1e-9 && hits[0].n.z > 0.7);
    brc_wall_free(funnel);
}

static void near_is_conservative(void** state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++)
        for (int side = -1; side <= 1; side++) {
            brc_wall_def d = shapes[i];
            if ((d.shape == BRC_PLANE && side) || (d.shape == BRC_DISC && side < 0)) continue;
            d.side = side;
            brc_wall* w = create(&d);
            int listed = 0, touching = 0;
            for (int k = 0; k < 20000; k++) {
                vec3 c = uniform_vector(-1, 1);
                double radius = uniform(0.01, 0.15), reach = uniform(0, 0.05);
                uint32_t hint = 0;
                int n = brc_wall_near(w, c, radius, reach, &hint, 1);
                assert_int_equal(n, brc_wall_near(w, c, radius, reach, NULL, 0));
                listed += n;
                for (int j = 0; j < 5; j++) {
                    vec3 to = v3_add(c, v3_scale(uniform(0, reach), uniform_direction()));
                    brc_wall_hit hits[BRC_WALL_HITS];
                    int contacts = brc_wall_touch(w, to, radius, &(uint32_t){0}, 1, hits);
                    assert_true(n || !contacts);
                    if (contacts) {
                        touching++;
                        break;
                    }
                }
            }
            // most of what is listed touches within the reach; one-sided shapes also list what is behind them
            EXPECT(touching > 0.3 * listed, "shape %d side %d: %d of %d listed touch", d.shape, side, touching, listed);
            brc_wall_free(w);
        }
}

// ---- motion ----------------------------------------------------------------------------------------------
static const double table_rows[] = {0.2, 0, 0, 0, 0.5, 0.1, -0.2, 0.3, 0.9, 0.1, 0.4, -0.3};
static const double turn_rows[] = {0.0, 0, 0.6, 1.5, 1.0, -2.0};
static const brc_motion motions[] = {
    {.kind = BRC_LINEAR, .start = 0.1, .stop = 0.8, .velocity = {1, -2, 0.5}},
    {.kind = BRC_ROTATION, .start = 0, .stop = INFINITY, .axis = {1, 2, -1}, .origin = {0.3, -0.2, 0.1}, .rate = 7},
    {.kind = BRC_OSCILLATION,
     .start = 0,
     .stop = INFINITY,
     .axis = {0, 3, 1},
     .amplitude = 0.2,
     .period = 0.37,
     .phase = 0.4},
    {.kind = BRC_OSCILLATION,
     .start = 0.05,
     .stop = 0.95,
     .axis = {1, 0, 1},
     .origin = {0, 1, 0},
     .amplitude = 0.6,
     .period = 0.21,
     .rotating = 1},
    {.kind = BRC_TABLE, .start = 0, .stop = INFINITY, .table_count = 3, .table = table_rows},
    {.kind = BRC_TABLE,
     .start = 0,
     .stop = 0.9,
     .axis = {0, 0, 2},
     .origin = {1, 1, 0},
     .table_count = 3,
     .table = turn_rows,
     .rotating = 1},
};
enum { MOTIONS = sizeof motions / sizeof *motions };

static brc_wall* moving_box(int count, const int* which)
{
    brc_wall* w =
        create(&(brc_wall_def){.shape = BRC_BOX, .side = 1, .point = {-0.5, -0.4, -0.3}, .point2 = {0.4, 0.5, 0.6}});
    for (int i = 0; i < count; i++) assert_int_equal(brc_wall_add_motion(w, &motions[which[i]]), BRC_OK);
    return w;
}

// Where a point of the body is now; q v q* with the quaternion, so that the engine's matrix is checked too.
static vec3 placed(brc_wall* w, double time, vec3 from_reference)
{
    double p[3], q[4], v[3], o[3];
    brc_wall_move(w, time);
    brc_wall_pose(w, p, q, v, o);
    vec3 u = v3(q[0], q[1], q[2]), t = v3_scale(2, v3_cross(u, from_reference));
    return v3_add(v3_from(p), v3_add(from_reference, v3_add(v3_scale(q[3], t), v3_cross(u, t))));
}

static bool near_a_kink(double t)
{
    static const double kinks[] = {0.05, 0.1, 0.2, 0.5, 0.6, 0.8, 0.9, 0.95, 1.0};
    for (size_t i = 0; i < sizeof kinks / sizeof *kinks; i++)
        if (fabs(t - kinks[i]) < 1e-4) return true;
    return false;
}

static void velocities_are_derivatives_of_the_pose(void** state)
{
    (void)state;
    for (int k = 0; k < 400; k++) {
        int which[3], count = 1 + k % 3;
        for (int i = 0; i < count; i++) which[i] = k < MOTIONS ? k : (int)uniform(0, MOTIONS);
        brc_wall* w = moving_box(count, which);
        double t = uniform(-0.1, 1.2), h = 1e-6;
        vec3 arm = uniform_vector(-0.5, 0.5);
        if (!near_a_kink(t)) {
            vec3 expected = v3_scale(0.5 / h, v3_sub(placed(w, t + h, arm), placed(w, t - h, arm)));
            vec3 point = placed(w, t, arm), got = brc_wall_velocity(w, point, v3(0, 0, 1)), angular;
            EXPECT(norm(v3_sub(got, expected)) < 1e-6 * (1 + norm(expected)),
                   "motions %d: velocity (%g %g %g), expected (%g %g %g)", which[0], got.x, got.y, got.z, expected.x,
                   expected.y, expected.z);
            vec3 rigid = brc_wall_rigid_velocity(w, &angular);
            vec3 again = v3_add(rigid, v3_cross(angular, v3_sub(point, brc_wall_position(w))));
            assert_true(norm(v3_sub(again, got)) < 1e-12 * (1 + norm(got)));
        }
        brc_wall_free(w);
    }
}

static void poses_depend_on_the_time_alone(void** state)
{
    (void)state;
    int all[MOTIONS] = {0, 1, 2, 3, 4, 5};
    brc_wall *a = moving_box(MOTIONS, all), *b = moving_box(MOTIONS, all);
    for (int k = 0; k < 1000; k++) brc_wall_move(a, uniform(0, 2));
    brc_wall_move(a, 0.7531), brc_wall_move(b, 0.7531);
    double p[2][3], q[2][4], v[2][3], o[2][3];
    brc_wall_pose(a, p[0], q[0], v[0], o[0]);
    brc_wall_pose(b, p[1], q[1], v[1], o[1]);
    assert_memory_equal(p[0], p[1], sizeof p[0]);
    assert_memory_equal(q[0], q[1], sizeof q[0]);
    assert_memory_equal(v[0], v[1], sizeof v[0]);
    assert_memory_equal(o[0], o[1], sizeof o[0]);
    brc_wall_free(a), brc_wall_free(b);
}

static void motions_start_stop_and_compose(void** state)
{
    (void)state;
    brc_wall* w = moving_box(1, (int[]){0});
    vec3 start = v3(-0.05, 0.05, 0.15);
    assert_true(norm(v3_sub(placed(w, 0.05, v3(0, 0, 0)), start)) < 1e-15);
    assert_true(norm(brc_wall_rigid_velocity(w, NULL)) == 0);
    assert_true(norm(v3_sub(placed(w, 3, v3(0, 0, 0)), v3_add(start, v3(0.7, -1.4, 0.35)))) < 1e-15);
    assert_true(norm(brc_wall_rigid_velocity(w, NULL)) == 0);
    brc_wall_free(w);
    // a quarter turn about z through the origin, then 1 m along x: the turn does not turn the shift; the other order
    // does
    brc_motion turn = {.kind = BRC_ROTATION, .stop = 1, .axis = {0, 0, 1}, .rate = BRC_PI / 2};
    brc_motion shift = {.kind = BRC_LINEAR, .stop = 1, .velocity = {1, 0, 0}};
    for (int order = 0; order < 2; order++) {
        w = create(&(brc_wall_def){.shape = BRC_SPHERE, .side = 1, .point = {1, 0, 0}, .radius = 0.1});
        assert_int_equal(brc_wall_add_motion(w, order ? &shift : &turn), BRC_OK);
        assert_int_equal(brc_wall_add_motion(w, order ? &turn : &shift), BRC_OK);
        vec3 got = placed(w, 1, v3(0, 0, 0)), expected = order ? v3(0, 2, 0) : v3(1, 1, 0);
        EXPECT(norm(v3_sub(got, expected)) < 1e-15, "got (%g %g %g)", got.x, got.y, got.z);
        brc_wall_free(w);
    }
}

static void scripted_poses_are_taken_as_given(void** state)
{
    (void)state;
    brc_wall* w = moving_box(0, NULL);
    assert_false(brc_wall_moves(w));
    double h = sqrt(0.5), q[4] = {0, 0, h, h};
    assert_int_equal(brc_wall_set_pose(w, v3(1, 2, 3), q, v3(4, 5, 6), v3(0, 0, 2)), BRC_OK);
    assert_true(brc_wall_moves(w));
    vec3 p = placed(w, 17, v3(0.1, 0, 0));
    assert_true(norm(v3_sub(p, v3(0.95, 2.15, 3.15))) < 1e-14);
    vec3 v = brc_wall_velocity(w, p, v3(0, 0, 1));
    assert_true(norm(v3_sub(v, v3(4 - 0.2, 5, 6))) < 1e-14);
    double bad[4] = {0, 0, 0, 0}, nan[4] = {0, 0, NAN, 1};
    assert_int_equal(brc_wall_set_pose(w, v3(0, 0, 0), bad, v3(0, 0, 0), v3(0, 0, 0)), BRC_ERR_ARGUMENT);
    assert_int_equal(brc_wall_set_pose(w, v3(0, 0, 0), nan, v3(0, 0, 0), v3(0, 0, 0)), BRC_ERR_ARGUMENT);
    assert_int_equal(brc_wall_set_pose(w, v3(0, NAN, 0), q, v3(0, 0, 0), v3(0, 0, 0)), BRC_ERR_ARGUMENT);
    brc_wall_free(w);
}

// A sphere that is carried along with a wall sees the same contacts.
static void contacts_move_with_the_wall(void** state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        brc_wall_def d = shapes[i];
        brc_wall *still = create(&d), *moving = create(&d);
        for (int k = 0; k < MOTIONS; k++) assert_int_equal(brc_wall_add_motion(moving, &motions[k]), BRC_OK);
        vec3 reference = brc_wall_position(still);
        int touching = 0;
        for (int k = 0; k < 5000; k++) {
            vec3 c = uniform_vector(-1, 1);
            double radius = uniform(0.05, 0.2), t = uniform(0, 1);
            vec3 there = placed(moving, t, v3_sub(c, reference)), zero = placed(moving, t, v3(0, 0, 0));
            brc_wall_hit a[BRC_WALL_HITS], b[BRC_WALL_HITS];
            int n = touch(still, c, radius, a), m = touch(moving, there, radius, b);
            if (n != m && ((n && a[n - 1].overlap < 1e-12) || (m && b[m - 1].overlap < 1e-12))) continue;
            assert_int_equal(n, m);
            touching += n;
            for (int j = 0; j < n; j++) {
                assert_int_equal(a[j].feature, b[j].feature);
                assert_true(fabs(a[j].overlap - b[j].overlap) < 1e-13);
                assert_true(norm(v3_sub(v3_sub(placed(moving, t, a[j].n), zero), b[j].n)) < 1e-12);
            }
        }
        assert_true(touching > 0);
        brc_wall_free(still), brc_wall_free(moving);
    }
}

// Nothing that was further away than radius + moved can touch now: a candidate list made at the mark stays whole.
static void moved_bounds_every_displacement(void** state)
{
    (void)state;
    vec3 lo = v3(-1, -1, -1), hi = v3(1, 1, 1);
    for (int k = 0; k < 3000; k++) {
        brc_wall_def d = shapes[k % SHAPES];
        brc_wall* w = create(&d);
        for (int i = 0; i < 1 + k % 3; i++)
            assert_int_equal(brc_wall_add_motion(w, &motions[(int)uniform(0, MOTIONS)]), BRC_OK);
        double t0 = uniform(0, 1), t1 = t0 + uniform(-0.02, 0.02);
        vec3 centre[64];
        bool listed[64];
        brc_wall_move(w, t1);
        double radius = 0.05;
        brc_wall_move(w, t0);
        brc_wall_mark(w);
        assert_true(brc_wall_moved(w, lo, hi) == 0);
        brc_wall_move(w, t1);
        double moved = brc_wall_moved(w, lo, hi);
        brc_wall_move(w, t0);
        for (int j = 0; j < 64; j++) {
            centre[j] = uniform_vector(-1, 1);
            listed[j] = brc_wall_near(w, centre[j], radius, moved, &(uint32_t){0}, 1) > 0;
        }
        brc_wall_move(w, t1);
        for (int j = 0; j < 64; j++) {
            brc_wall_hit hits[BRC_WALL_HITS];
            int n = brc_wall_touch(w, centre[j], radius, &(uint32_t){0}, 1, hits);
            EXPECT(listed[j] || !n, "shape %d: moved %g missed a contact", d.shape, moved);
        }
        brc_wall_free(w);
    }
    // a drum that turns about its own axis has not moved; a box that does has, by its corner
    brc_motion turn = {.kind = BRC_ROTATION, .stop = INFINITY, .axis = {0, 0, 1}, .rate = 1};
    brc_wall* drum = create(
        &(brc_wall_def){.shape = BRC_CYLINDER, .side = -1, .point = {0, 0, -1}, .point2 = {0, 0, 1}, .radius = 1});
    brc_wall* box = create(&(brc_wall_def){.shape = BRC_BOX, .side = -1, .point = {-3, -4, -1}, .point2 = {3, 4, 1}});
    brc_wall_add_motion(drum, &turn), brc_wall_add_motion(box, &turn);
    brc_wall_move(drum, 0.5), brc_wall_move(box, 0.5);
    assert_true(brc_wall_moved(drum, lo, hi) < 1e-15);
    assert_true(fabs(brc_wall_moved(box, lo, hi) - 2 * 5 * sin(0.25)) < 1e-8);
    brc_wall_free(drum), brc_wall_free(box);
}

static void conveyors_move_along_the_surface_only(void** state)
{
    (void)state;
    brc_wall* w = create(&(brc_wall_def){.shape = BRC_CYLINDER, .side = 1, .point2 = {0, 1, 0}, .radius = 0.2});
    brc_wall_set_surface_velocity(w, v3(2, 0, 0));
    assert_false(brc_wall_moves(w));
    vec3 v = brc_wall_velocity(w, v3(0, 0.5, 0.2), v3(0, 0, 1));
    assert_true(v.x == 2 && v.y == 0 && v.z == 0);
    v = brc_wall_velocity(w, v3(0.2, 0.5, 0), v3(1, 0, 0));
    assert_true(norm(v) == 0);
    assert_true(norm(brc_wall_rigid_velocity(w, NULL)) == 0);
    brc_wall_free(w);
}

// ---- refusals --------------------------------------------------------------------------------------------
static void refuse(brc_wall_def d, const char* text)
{
    brc_wall* w = NULL;
    assert_int_equal(brc_wall_create(&d, &w), BRC_ERR_ARGUMENT);
    assert_null(w);
    EXPECT(strstr(brc_last_error(), text), "expected '%s' in '%s'", text, brc_last_error());
}

static void wrong_definitions_are_refused(void** state)
{
    (void)state;
    refuse((brc_wall_def){.shape = 99}, "unknown shape 99");
    refuse((brc_wall_def){.shape = BRC_PLANE}, "normal must be finite and not zero, got (0, 0, 0)");
    refuse((brc_wall_def){.shape = BRC_PLANE, .normal = {0, NAN, 1}}, "normal must be finite");
    refuse((brc_wall_def){.shape = BRC_PLANE, .normal = {0, 0, 1}, .point = {0, 0, INFINITY}}, "point must be finite");
    refuse((brc_wall_def){.shape = BRC_BOX, .point = {0, 0, 0}, .point2 = {1, 0, 1}}, "got y from 0 m to 0 m");
    refuse((brc_wall_def){.shape = BRC_BOX, .point = {0, 0, 0}, .point2 = {1, 1, 1}, .side = 2}, "side must be 1");
    refuse((brc_wall_def){.shape = BRC_SPHERE, .radius = -2}, "radius must be > 0 m, got -2");
    refuse((brc_wall_def){.shape = BRC_SPHERE, .radius = NAN}, "radius must be > 0 m, got nan");
    refuse((brc_wall_def){.shape = BRC_CYLINDER, .radius = 1, .point = {1, 2, 3}, .point2 = {1, 2, 3}},
           "ends of the axis must differ");
    refuse((brc_wall_def){.shape = BRC_CYLINDER, .radius = 0, .point2 = {1, 2, 3}},
           "cylinder: radius must be > 0 m, got 0");
    refuse((brc_wall_def){.shape = BRC_CONE, .point2 = {1, 2, 3}}, "one of the radii must be > 0 m");
    refuse((brc_wall_def){.shape = BRC_CONE, .radius = 1, .radius2 = -1, .point2 = {1, 2, 3}},
           "radius2 must be >= 0 m, got -1");
    refuse((brc_wall_def){.shape = BRC_DISC, .radius = 1, .normal = {0, 0, 1}, .side = -1},
           "side must be 0 (two-sided)");
}

static void refuse_motion(brc_motion m, const char* text)
{
    brc_wall* w = moving_box(0, NULL);
    assert_int_equal(brc_wall_add_motion(w, &m), BRC_ERR_ARGUMENT);
    EXPECT(strstr(brc_last_error(), text), "expected '%s' in '%s'", text, brc_last_error());
    assert_false(brc_wall_moves(w));
    brc_wall_free(w);
}

static void wrong_motions_are_refused(void** state)
{
    (void)state;
    static const double late[] = {0, 0, 0, 0, 0, 1, 1, 1}, hole[] = {0, 0, 0, 0, 1, 1, NAN, 1};
    refuse_motion((brc_motion){.kind = 77, .stop = 1}, "unknown kind 77");
    refuse_motion((brc_motion){.kind = BRC_LINEAR}, "stop must be later than start = 0 s, got 0 s");
    refuse_motion((brc_motion){.kind = BRC_LINEAR, .stop = NAN}, "stop must be later");
    refuse_motion((brc_motion){.kind = BRC_LINEAR, .start = NAN, .stop = 1}, "start must be finite");
    refuse_motion((brc_motion){.kind = BRC_LINEAR, .stop = 1, .velocity = {0, NAN, 0}}, "velocity must be finite");
    refuse_motion((brc_motion){.kind = BRC_ROTATION, .stop = 1, .rate = 1}, "axis must be finite and not zero");
    refuse_motion((brc_motion){.kind = BRC_ROTATION, .stop = 1, .rate = INFINITY, .axis = {0, 0, 1}},
                  "rate must be finite");
    refuse_motion((brc_motion){.kind = BRC_OSCILLATION, .stop = 1, .axis = {0, 0, 1}}, "period must be > 0 s, got 0 s");
    refuse_motion((brc_motion){.kind = BRC_TABLE, .stop = 1}, "at least 2 rows, got 0");
    refuse_motion((brc_motion){.kind = BRC_TABLE, .stop = 1, .table = late, .table_count = 2},
                  "must increase, got table[2][1] = 0 s after 0 s");
    refuse_motion((brc_motion){.kind = BRC_TABLE, .stop = 1, .table = hole, .table_count = 2},
                  "table[2][3] must be finite");
}

// ---- surfaces --------------------------------------------------------------------------------------------
static test_mesh surface_of(const brc_wall* w, vec3 lo, vec3 hi)
{
    test_mesh m = {0};
    assert_int_equal(brc_wall_surface(w, lo, hi, &m.vertex_count, NULL, &m.triangle_count, NULL), BRC_OK);
    test_mesh full = mesh_new(m.vertex_count + 1, m.triangle_count + 1);
    assert_int_equal(brc_wall_surface(w, lo, hi, &full.vertex_count, full.x, &full.triangle_count, full.t), BRC_OK);
    assert_int_equal(full.vertex_count, m.vertex_count);
    assert_int_equal(full.triangle_count, m.triangle_count);
    for (int64_t i = 0; i < 3 * full.triangle_count; i++) assert_in_range(full.t[i], 0, full.vertex_count - 1);
    return full;
}

static double volume(const test_mesh* m)
{
    double sum = 0;
    for (int64_t i = 0; i < m->triangle_count; i++)
        sum += v3_dot(mesh_corner(m, i, 0), v3_cross(mesh_corner(m, i, 1), mesh_corner(m, i, 2))) / 6;
    return sum;
}

static void surfaces_have_the_shape_and_the_orientation(void** state)
{
    (void)state;
    const double expected[SHAPES] = {[1] = 0.9 * 0.9 * 0.9,
                                     [2] = BRC_PI * 0.45 * 0.45 * sqrt(0.25 + 0.16 + 0.81),
                                     [4] = BRC_PI / 3 * sqrt(0.01 + 0.04 + 1.21) * (0.04 + 0.12 + 0.36),
                                     [6] = BRC_PI / 3 * sqrt(0.01 + 0.01 + 1.21) * 0.49,
                                     [7] = 4 * BRC_PI / 3 * 0.343};
    for (int i = 0; i < SHAPES; i++)
        for (int side = -1; side <= 1; side += 2) {
            brc_wall_def d = shapes[i];
            if (d.shape == BRC_PLANE || d.shape == BRC_DISC) continue;
            d.side = side;
            brc_wall* w = create(&d);
            for (int k = 0; k < MOTIONS; k++) assert_int_equal(brc_wall_add_motion(w, &motions[k]), BRC_OK);
            brc_wall_move(w, 0.3);
            test_mesh m = surface_of(w, v3(-1, -1, -1), v3(1, 1, 1));
            // 64 segments: 0.16 % less area, 32 rings: 0.2 % less volume
            if (!d.open)
                EXPECT(fabs(side * volume(&m) / expected[i] - 1) < 6e-3, "shape %d: volume %g of %g", d.shape,
                       volume(&m), expected[i]);
            mesh_free(&m);
            brc_wall_free(w);
        }
}

static void planes_are_cut_to_the_domain(void** state)
{
    (void)state;
    const struct {
        vec3 normal;
        int corners;
        double area;
    } cases[] = {{{0, 0, 1}, 4, 4}, {{1, 1, 1}, 6, 3 * sqrt(3)}, {{1, 0, 1}, 4, 4 * sqrt(2)}};
    for (int i = 0; i < 3; i++) {
        vec3 n = cases[i].normal;
        brc_wall* w = create(&(brc_wall_def){.shape = BRC_PLANE, .normal = {n.x, n.y, n.z}});
        test_mesh m = surface_of(w, v3(-1, -1, -1), v3(1, 1, 1));
        vec3 area = v3(0, 0, 0);
        for (int64_t k = 0; k < m.triangle_count; k++) {
            vec3 a = mesh_corner(&m, k, 0);
            area = v3_add(area,
                          v3_scale(0.5, v3_cross(v3_sub(mesh_corner(&m, k, 1), a), v3_sub(mesh_corner(&m, k, 2), a))));
        }
        assert_int_equal(m.vertex_count, cases[i].corners);
        EXPECT(fabs(v3_dot(area, normalised(n)) - cases[i].area) < 1e-12, "area %.17g", v3_dot(area, normalised(n)));
        mesh_free(&m);
        brc_wall_free(w);
    }
    brc_wall* away = create(&(brc_wall_def){.shape = BRC_PLANE, .point = {0, 0, 5}, .normal = {0, 0, 1}});
    test_mesh none = surface_of(away, v3(-1, -1, -1), v3(1, 1, 1));
    assert_int_equal(none.triangle_count, 0);
    mesh_free(&none);
    brc_wall_free(away);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(primitives_follow_their_formula),
        cmocka_unit_test(walls_hold_centres_that_passed),
        cmocka_unit_test(box_has_a_contact_for_each_face),
        cmocka_unit_test(blocked_openings_hold_from_both_sides),
        cmocka_unit_test(near_is_conservative),
        cmocka_unit_test(velocities_are_derivatives_of_the_pose),
        cmocka_unit_test(poses_depend_on_the_time_alone),
        cmocka_unit_test(motions_start_stop_and_compose),
        cmocka_unit_test(scripted_poses_are_taken_as_given),
        cmocka_unit_test(contacts_move_with_the_wall),
        cmocka_unit_test(moved_bounds_every_displacement),
        cmocka_unit_test(conveyors_move_along_the_surface_only),
        cmocka_unit_test(wrong_definitions_are_refused),
        cmocka_unit_test(wrong_motions_are_refused),
        cmocka_unit_test(surfaces_have_the_shape_and_the_orientation),
        cmocka_unit_test(planes_are_cut_to_the_domain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
