// wall_drive_test.c -- walls that forces drive, without a simulation: servos and free bodies come, go, take each
// other's place and give their memory back; a body's state after a step is what its law says.
#include "wall_check.h"

static const brc_wall_load nothing = {.contact_mass = 1e-3, .contact_impedance = 2, .contact_speed = 0.1};

static brc_wall* make_box(vec3 lo, vec3 hi)
{
    brc_wall_def def = {.shape = BRC_BOX};
    brc_wall* w;
    v3_to(def.point, lo), v3_to(def.point2, hi);
    OK(brc_wall_create(&def, &w));
    return w;
}

static brc_servo servo_along(vec3 axis, double target)
{
    brc_servo s = {.stop = INFINITY,
                   .target = target,
                   .mass = -1,
                   .damping = -1,
                   .gain = 1,
                   .lower = -INFINITY,
                   .upper = INFINITY};
    v3_to(s.axis, axis);
    return s;
}

static vec3 position_of(const brc_wall* w) { return brc_wall_position(w); }

static void step(brc_wall* w, const brc_wall_load* load, double time, double dt)
{
    if (brc_wall_is_body(w)) brc_wall_body_begin(w, load, v3(0, 0, 0), dt);
    else brc_wall_drive(w, load, time, dt);
    brc_wall_move(w, time);
    if (brc_wall_is_body(w)) brc_wall_body_end(w, load, v3(0, 0, 0), dt);
}

static void servos_take_places(void** state)
{
    (void)state;
    brc_wall* w = make_box(v3(0, 0, 0), v3(1, 1, 1));
    double rows[4] = {0, 1, 1, 3}, dt = 0.1;
    int32_t first, second, third;
    brc_servo s = servo_along(v3(0, 0, 2), 5);
    s.mass = 0, s.damping = 10;
    OK(brc_wall_set_servo(w, &s, &first));
    step(w, &nothing, dt, dt);
    assert_true(fabs(position_of(w).z - (0.5 - 0.05)) < 1e-15);
    s.table = rows, s.table_count = 2; // 1 + 2 t, in the place of the first
    OK(brc_wall_set_servo(w, &s, &second));
    assert_int_equal(first, second);
    rows[1] = 1e9; // it has its own copy
    step(w, &nothing, 0.5, dt);
    assert_true(fabs(position_of(w).z - (0.45 - 0.02)) < 1e-15);
    s = servo_along(v3(1, 0, 0), 1e9); // another axis: besides; as fast as an impact may be
    OK(brc_wall_set_servo(w, &s, &third));
    assert_int_not_equal(third, first);
    step(w, &nothing, 0.6, dt);
    assert_true(fabs(position_of(w).x - (0.5 - 0.1 * dt)) < 1e-15);
    assert_true(brc_wall_has_servo(w));
    vec3 there = position_of(w);
    uint64_t before = brc_wall_hash(w);
    brc_wall_stop(w);
    assert_false(brc_wall_has_servo(w));
    assert_true(brc_wall_hash(w) != before && brc_wall_moves(w));
    step(w, &nothing, 0.7, dt);
    assert_true(position_of(w).x == there.x && position_of(w).z == there.z);
    REFUSED(brc_wall_set_servo_target(w, 0, 1), BRC_ERR_ARGUMENT, "no servo 0");
    s.gain = 0;
    REFUSED(brc_wall_set_servo(w, &s, &third), BRC_ERR_ARGUMENT, "gain must be > 0");
    s = servo_along(v3(0, 0, 0), 1);
    REFUSED(brc_wall_set_servo(w, &s, &third), BRC_ERR_ARGUMENT, "axis must be finite and not zero");
    s = servo_along(v3(0, 0, 1), NAN);
    REFUSED(brc_wall_set_servo(w, &s, &third), BRC_ERR_ARGUMENT, "target must be finite");
    brc_wall_free(w);
}

// The default answers like the grains that touch: n m dv/dt + n z v = force - target.
static void servo_follows_the_contacts(void** state)
{
    (void)state;
    for (int gain = 1; gain <= 4; gain += 3) {
        brc_wall* w = make_box(v3(0, 0, 0), v3(1, 1, 1));
        brc_servo s = servo_along(v3(0, 0, 1), 4);
        brc_wall_load load = nothing;
        double dt = 1e-4, v = 0, z = 0.5;
        int32_t index;
        s.gain = gain, s.max_velocity = 1e9;
        OK(brc_wall_set_servo(w, &s, &index));
        for (int i = 1; i <= 50; i++) {
            load.force = v3(7, 0, 5 + i % 3);
            load.contacts = i % 5;
            double n = i % 5 ? i % 5 : 1, m = n * 1e-3 / gain, c = n * 2 / gain;
            v = (m / dt * v + 1 + i % 3) / (m / dt + c);
            z += dt * v;
            step(w, &load, i * dt, dt);
            assert_true(fabs(position_of(w).z - z) < 1e-14);
        }
        brc_wall_free(w);
    }
}

static void bodies_come_and_go(void** state)
{
    (void)state;
    brc_wall* w = make_box(v3(0, 0, 0), v3(1, 2, 3));
    brc_motion turn = {.kind = BRC_ROTATION, .axis = {0, 0, 1}, .origin = {0, 0, 0}, .rate = 2, .stop = 10};
    brc_body_def def = {.density = 2};
    double mass, energy, dt = 1e-3;
    vec3 momentum;
    OK(brc_wall_add_motion(w, &turn));
    step(w, &nothing, 0.25, dt);
    OK(brc_wall_set_body(w, &def)); // goes on as it was turning
    brc_wall_body_energy(w, &mass, &energy, &momentum);
    assert_true(fabs(mass - 12) < 1e-12 && fabs(momentum.z - 12 * (1 + 4) / 12.0 * 2) < 1e-11);
    double arm2 = 0.25 + 1; // of the centre about the axis it turned about
    assert_true(fabs(energy - 0.5 * (12 * 4 * arm2 + 5 * 4)) < 1e-10);
    REFUSED(brc_wall_add_motion(w, &turn), BRC_ERR_STATE, "free body");
    vec3 v = brc_wall_rigid_velocity(w, NULL), x = position_of(w);
    for (int i = 0; i < 100; i++) step(w, &nothing, 0, dt);
    vec3 now = position_of(w);
    assert_true(fabs(now.x - x.x - 0.1 * v.x) < 1e-13 && fabs(now.y - x.y - 0.1 * v.y) < 1e-13 && now.z == x.z);
    double p[3], q[4], u[3], o[3];
    brc_wall_pose(w, p, q, u, o);
    assert_true(fabs(brc_atan2(q[2], q[3]) * 2 - 0.7) < 1e-12 && fabs(o[2] - 2) < 1e-13);

    brc_body_def held = {
        .mass = 3, .fix = {1, 0, 1}, .fix_rotation = {1, 1, 1}, .has_velocity = 1, .has_angular_velocity = 1};
    OK(brc_wall_set_body(w, &held)); // in the place of the first
    brc_wall_load load = {.force = {6, 6, 6}, .torque = {1, 1, 1}};
    for (int i = 0; i < 100; i++) step(w, &load, 0, dt);
    v = brc_wall_rigid_velocity(w, &momentum);
    assert_true(v.x == 0 && fabs(v.y - 0.2) < 1e-14 && v.z == 0 && momentum.x == 0 && momentum.y == 0 &&
                momentum.z == 0);
    brc_wall_stop(w);
    assert_false(brc_wall_is_body(w));
    now = position_of(w);
    OK(brc_wall_add_motion(w, &(brc_motion){.kind = BRC_LINEAR, .velocity = {1, 0, 0}, .stop = 1}));
    brc_wall_move(w, 1);
    assert_true(fabs(position_of(w).x - now.x - 1) < 1e-15);
    OK(brc_wall_set_body(w, &def));
    brc_wall_free(w);
}

static void bodies_are_checked(void** state)
{
    (void)state;
    brc_wall* w = make_box(v3(0, 0, 0), v3(1, 1, 1));
    brc_body_def d = {.mass = 1, .has_inertia = 1, .inertia = {1, 1, -1}};
    REFUSED(brc_wall_set_body(w, &d), BRC_ERR_ARGUMENT, "must be > 0");
    d.inertia[2] = 1, d.inertia[3] = NAN;
    REFUSED(brc_wall_set_body(w, &d), BRC_ERR_ARGUMENT, "must be > 0");
    d.inertia[3] = 0, d.velocity[1] = INFINITY;
    REFUSED(brc_wall_set_body(w, &d), BRC_ERR_ARGUMENT, "velocity must be finite");
    d.velocity[1] = 0, d.has_inertia = 0, d.has_center = 1;
    REFUSED(brc_wall_set_body(w, &d), BRC_ERR_ARGUMENT, "center lies off the centre of the volume");
    d = (brc_body_def){.mass = 1, .fix_rotation = {1, 1, 0}, .has_angular_velocity = 1, .angular_velocity = {0, 1, 0}};
    REFUSED(brc_wall_set_body(w, &d), BRC_ERR_ARGUMENT, "angular_velocity.y must be 0");
    assert_false(brc_wall_is_body(w) || brc_wall_moves(w));
    brc_wall_free(w);
    // Two triangles of a tetrahedron are turned against the others.
    static const double x[] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
    static const int32_t t[] = {0, 2, 1, 0, 1, 3, 0, 2, 3, 1, 2, 3};
    brc_wall_def def = {.shape = BRC_MESH, .vertices = x, .triangles = t, .vertex_count = 4, .triangle_count = 4};
    brc_solid solid;
    OK(brc_wall_create(&def, &w));
    REFUSED(brc_wall_solid_now(w, &solid), BRC_ERR_ARGUMENT, "turned against each other");
    brc_wall_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servos_take_places),
        cmocka_unit_test(servo_follows_the_contacts),
        cmocka_unit_test(bodies_come_and_go),
        cmocka_unit_test(bodies_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
