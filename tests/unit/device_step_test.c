// device_step_test.c -- steps on a device against steps on the processor: equal hashes of the state, after any way to
// get there: each law, planes, periodic faces, handing over in mid-run, streams, particles that leave, a device that is
// lost, guards that trip; and what is refused. Without a device: skipped (77).
#include "device_check.h"

static void laws(void** unused)
{
    (void)unused;
    static const char* const names[] = {"linear", "linear/constant_torque", "linear/epsd", "linear/epsd"};
    const int pieces[] = {1, 2, 60, 137};
    for (int k = 0; k < 4; k++) {
        precision = k < 3 ? BRC_MIXED : BRC_DOUBLE;
        brc_sim *cpu = scene(names[k], k, 250, 5 + (uint64_t)k), *gpu = scene(names[k], k, 250, 5 + (uint64_t)k);
        OK(brc_sim_device(gpu, -1));
        same(cpu, gpu, pieces, 4);
        brc_summary summary;
        OK(brc_summary_get(cpu, &summary));
        EXPECT(summary.contacts > 100 / stretch && summary.wall_contacts > 3 / stretch,
               "no packing: %d contacts, %d with walls", (int)summary.contacts, (int)summary.wall_contacts);
        brc_sim_destroy(cpu), brc_sim_destroy(gpu);
    }
    precision = BRC_MIXED;
}

// With lists of other skins, and more particles than are sorted in space.
static void long_run(void** unused)
{
    (void)unused;
    const int pieces[] = {300, 800};
    brc_sim *cpu = scene("linear/epsd", 3, 1100, 77), *gpu = scene("linear/epsd", 3, 1100, 77);
    gpu->options.skin = 0.012;
    OK(brc_gravity_set(cpu, (double[3]){0.5, 0, -9.81}));
    OK(brc_gravity_set(gpu, (double[3]){0.5, 0, -9.81}));
    OK(brc_sim_device(gpu, -1));
    same(cpu, gpu, pieces, 2);
    brc_sim_destroy(cpu), brc_sim_destroy(gpu);
}

static void lost_device(void** unused)
{
    (void)unused;
    brc_sim *cpu = scene("linear", 0, 200, 9), *gpu = scene("linear", 0, 200, 9);
    OK(brc_sim_device(gpu, -1));
    const int pieces[] = {50, 150};
    same(cpu, gpu, pieces, 1);
    brc_device_lose_after(gpu->device, 60);
    same(cpu, gpu, pieces + 1, 1);
    const char* warning = brc_warning(gpu);
    assert_non_null(warning);
    EXPECT(strstr(warning, "was lost; the run goes on from step 50"), "%s", warning);
    brc_sim_destroy(cpu), brc_sim_destroy(gpu);
}

// Both stop at the same step with the same words.
static void guards(void** unused)
{
    (void)unused;
    char text[1024];
    for (int kind = 0; kind < 3; kind++) {
        int64_t done[2];
        brc_sim* s[2];
        for (int k = 0; k < 2; k++) {
            s[k] = scene("linear", 3, 100, 11);
            if (kind == 0) s[k]->options.overlap_stop = 0.25;
            if (kind == 1) OK(brc_gravity_set(s[k], (double[3]){0, 0, -3e4})); // too fast
            if (kind == 2) OK(brc_gravity_set(s[k], (double[3]){0, 0, 9e8}));
            if (k) OK(brc_sim_device(s[k], -1));
            const brc_status status = brc_sim_steps(s[k], 3000, &done[k]);
            EXPECT(status == BRC_ERR_GUARD, "guard %d: status %d: %s", kind, (int)status, brc_last_error());
            if (k) EXPECT(!strcmp(text, brc_last_error()), "%s\n%s", text, brc_last_error());
            snprintf(text, sizeof text, "%s", brc_last_error());
        }
        EXPECT(done[0] == done[1], "after %d and %d steps", (int)done[0], (int)done[1]);
        for (int k = 0; k < 2; k++) brc_sim_destroy(s[k]);
    }
}

// A stream brings particles, the domain's faces and outlets take some away. Each outlet alone, too: where one is inside
// the packing the host looks at every step.
static void coming_and_going(void** unused)
{
    (void)unused;
    enum { OUTLETS = 4 };
    static const double corner[] = {0.85, 0, 0, 0.9, 1, 0, 0.85, 0.3, 0.9};
    static const int32_t triangle[] = {0, 1, 2};
    const brc_outlet_def outlets[OUTLETS] = {
        {.kind = BRC_OUTLET_PLANE, .point = {0.3, 0.3, 0.1}, .normal = {0, 0, 1}, .radius = 0.15},
        {.kind = BRC_OUTLET_BOX, .lo = {0.6, 0.9, 0}, .hi = {1, 1, 0.2}},
        // so near a periodic face that most steps across it end beyond the face
        {.kind = BRC_OUTLET_PLANE, .point = {0, 1e-5, 0}, .normal = {0, 1, 0}},
        {.kind = BRC_OUTLET_MESH, .vertices = corner, .triangles = triangle, .vertex_count = 3, .triangle_count = 1}};
    const int pieces[] = {40, 300, 300};
    for (int alone = SANITIZED ? OUTLETS - 1 : 0; alone <= OUTLETS; alone++) {
        brc_sim* s[2];
        for (int k = 0; k < 2; k++) {
            int32_t number;
            s[k] = scene("linear/epsd", 2, 150, 21);
            s[k]->options.on_exit = BRC_EXIT_REMOVE;
            OK(brc_wall_remove(s[k], 4)); // the face at the larger x is open
            OK(brc_gravity_set(s[k], (double[3]){20, -30, -9.81}));
            pour(s[k]);
            for (int i = 0; i < OUTLETS; i++)
                if (alone == OUTLETS || alone == i) OK(brc_outlet_add(s[k], &outlets[i], &number));
            if (k) OK(brc_sim_device(s[k], -1));
        }
        same(s[0], s[1], pieces, 3);
        EXPECT((alone < OUTLETS || s[0]->removed > 5) && s[0]->inserted > 160, "%d removed, %d inserted",
               (int)s[0]->removed, (int)s[0]->inserted);
        for (int k = 0; k < s[0]->outlet_count; k++)
            EXPECT(s[0]->outlets[k].count > 0, "nobody has left through outlet %d of %d, %d alone", k,
                   s[0]->outlet_count, alone);
        for (int k = 0; k < 2; k++) brc_sim_destroy(s[k]);
    }
}

// More of them than anybody has: the last two take somebody.
static void many_outlets(void** unused)
{
    (void)unused;
    const int pieces[] = {50};
    brc_sim* s[2];
    for (int q = 0; q < 2; q++) {
        int32_t number;
        s[q] = scene("linear/epsd", 3, 100, 23);
        OK(brc_gravity_set(s[q], (double[3]){0, 0, -2000}));
        const brc_outlet_def far = {.kind = BRC_OUTLET_PLANE, .point = {0, 0, -1}, .normal = {0, 0, 1}},
                             near = {.kind = BRC_OUTLET_PLANE, .point = {0.5, 0.5, 0.4}, .normal = {0, 0, 1}};
        for (int k = 0; k < 70; k++) OK(brc_outlet_add(s[q], &far, &number));
        OK(brc_outlet_remove(s[q], 3));
        OK(brc_outlet_add(s[q], &near, &number));
        OK(brc_meter_add(s[q], (double[3]){0.5, 0.5, 0.6}, (double[3]){0, 0, 1}, 0, &number));
        if (q) OK(brc_sim_device(s[q], -1));
    }
    same(s[0], s[1], pieces, 1);
    EXPECT(s[0]->outlets[70].count > 3 && s[1]->outlets[70].count == s[0]->outlets[70].count, "%d have left",
           (int)s[0]->outlets[70].count);
    EXPECT(s[0]->meters[0].state.count[1] > 3 && s[1]->meters[0].state.count[1] == s[0]->meters[0].state.count[1],
           "%d have crossed", (int)s[0]->meters[0].state.count[1]);
    for (int q = 0; q < 2; q++) brc_sim_destroy(s[q]);
}

// What the host does between two runs: other gravity, time step, places, a wall less; and back to the processor.
static void handed_over(void** unused)
{
    (void)unused;
    brc_sim *cpu = scene("linear", 0, 200, 31), *gpu = scene("linear", 0, 200, 31);
    brc_device* device;
    const int pieces[] = {30, 30, 30, 30};
    OK(brc_device_make(-1, &device));
    for (int k = 0; k < 4; k++) {
        brc_sim* both[2] = {cpu, gpu};
        for (int q = 0; q < 2; q++) {
            if (k == 1) OK(brc_gravity_set(both[q], (double[3]){0, 3, -20}));
            if (k == 2) OK(brc_dt_set(both[q], 1e-4));
            if (k == 2) both[q]->pos[4 * brc_particle_slot(both[q], 7)] += 0.01;
            if (k == 3) OK(brc_wall_remove(both[q], 1));
        }
        gpu->device = k % 2 ? NULL : device;
        same(cpu, gpu, pieces + k, 1);
    }
    gpu->device = NULL;
    brc_device_free(device);
    brc_sim_destroy(cpu), brc_sim_destroy(gpu);
}

// A drum with a bottom, a stirrer of a mesh, a ram that swings, a belt, a ball, a disc, an open tube and a box that
// hold or are hit by particles.
static void add_walls(brc_sim* s, bool driven)
{
    static const double corner[] = {0.3, 0.47, 0.2,  0.7, 0.47, 0.2,  0.7, 0.53, 0.2,  0.3, 0.53, 0.2,
                                    0.3, 0.47, 0.27, 0.7, 0.47, 0.27, 0.7, 0.53, 0.27, 0.3, 0.53, 0.27};
    static const int32_t triangle[] = {0, 2, 1, 0, 3, 2, 4, 5, 6, 4, 6, 7, 0, 1, 5, 0, 5, 4,
                                       1, 2, 6, 1, 6, 5, 2, 3, 7, 2, 7, 6, 3, 0, 4, 3, 4, 7};
    const brc_wall_def def[] = {
        {.shape = BRC_CYLINDER, .side = -1, .point = {0.5, 0.5, 0.01}, .point2 = {0.5, 0.5, 0.99}, .radius = 0.47},
        {.shape = BRC_MESH,
         .side = 1,
         .vertices = corner,
         .triangles = triangle,
         .vertex_count = 8,
         .triangle_count = 12},
        {.shape = BRC_PLANE, .point = {0, 0, 0.03}, .normal = {0, 0.05, 1}},
        {.shape = BRC_DISC, .point = {0.4, 0.4, 0.06}, .normal = {0, 0, 1}, .radius = 0.2},
        {.shape = BRC_SPHERE, .side = 1, .point = {0.7, 0.6, 0.1}, .radius = 0.08},
        {.shape = BRC_CONE,
         .open = 1,
         .point = {0.3, 0.6, 0.05},
         .point2 = {0.3, 0.65, 0.3},
         .radius = 0.1,
         .radius2 = 0.15},
        {.shape = BRC_BOX, .side = 1, .point = {0.6, 0.25, 0.02}, .point2 = {0.75, 0.4, 0.15}, .material = 1},
        {.shape = BRC_MESH, .vertices = corner, .triangles = triangle, .vertex_count = 8, .triangle_count = 2}};
    const brc_motion motion[] = {
        {.kind = BRC_ROTATION, .stop = 1e9, .origin = {0.5, 0.5, 0}, .axis = {0.1, 0, 1}, .rate = 2},
        {.kind = BRC_ROTATION, .stop = 1e9, .origin = {0.5, 0.5, 0.2}, .axis = {0, 0, 1}, .rate = 9},
        {.kind = BRC_OSCILLATION, .stop = 1e9, .axis = {0, 0, 1}, .amplitude = 0.02, .period = 0.03},
        {.kind = BRC_LINEAR, .start = 0.005, .stop = 0.02, .velocity = {0.5, 0, 0.3}}};
    int32_t wall[8], index;
    for (int k = 0; k < 8; k++) OK(brc_wall_add(s, &def[k], &wall[k]));
    OK(brc_wall_motion_add(s, wall[0], &motion[0]));
    OK(brc_wall_motion_add(s, wall[1], &motion[1]));
    OK(brc_wall_motion_add(s, wall[2], &motion[2]));
    OK(brc_wall_surface_velocity(s, wall[3], (double[3]){0.7, 0.2, 0}));
    OK(brc_wall_motion_add(s, wall[7], &motion[3]));
    if (!driven) return;
    const brc_body_def body = {.density = 600, .gravity = 1};
    OK(brc_wall_body_set(s, wall[6], &body));
    const brc_servo servo = {.stop = 1e9,
                             .gain = 1,
                             .axis = {0, 0, 1},
                             .target = 30,
                             .mass = 2,
                             .damping = 50,
                             .max_velocity = 2,
                             .lower = -1,
                             .upper = 1};
    OK(brc_wall_servo_set(s, wall[4], &servo, &index));
}

static void same_walls(brc_sim* cpu, brc_sim* gpu)
{
    int touched = 0;
    for (int k = 0; k < cpu->wall_count; k++) {
        brc_wall_state a, b;
        if (!cpu->walls[k].wall) continue;
        OK(brc_wall_state_get(cpu, k, &a));
        OK(brc_wall_state_get(gpu, k, &b));
        touched += a.contacts > 0;
        EXPECT(!memcmp(&a, &b, sizeof a), "wall %d: %g %g %g N, %d contacts, %.17g J against %g %g %g N, %d, %.17g J",
               k + 1, a.force[0], a.force[1], a.force[2], (int)a.contacts, a.work, b.force[0], b.force[1], b.force[2],
               (int)b.contacts, b.work);
    }
    EXPECT(touched > 4 / stretch, "only %d walls are touched", touched);
}

static int64_t redone(const brc_sim* s)
{
    brc_device_state state;
    brc_device_look(s->device, &state);
    return state.redone;
}

static void walls_of(int from, int to)
{
    const int pieces[] = {1, 2, 90, 307};
    for (int k = from; k < to; k++) {
        brc_sim* s[2];
        precision = k == 1 ? BRC_DOUBLE : BRC_MIXED;
        for (int q = 0; q < 2; q++) {
            s[q] = scene(k == 2 ? "linear/epsd" : "linear", k == 2 ? 3 : 0, 250, 51 + (uint64_t)k);
            for (int32_t w = 0; w < s[q]->wall_count; w++)
                if (w != 2) OK(brc_wall_remove(s[q], w));
            add_walls(s[q], k < 2);
            if (q) OK(brc_sim_device(s[q], -1));
        }
        for (int p = 0; p < 4; p++) {
            for (int q = 0; q < 2 && k == 2 && p == 2; q++) keep_book(s[q]);
            same(s[0], s[1], pieces + p, 1);
            if (p > 1) same_walls(s[0], s[1]);
            if (k == 2 && p > 1) same_books(s[0], s[1]);
        }
        assert_int_equal(redone(s[1]), 0);
        for (int q = 0; q < 2; q++) brc_sim_destroy(s[q]);
    }
    precision = BRC_MIXED;
}

static void walls(void** unused)
{
    (void)unused;
    walls_of(0, 3);
}

static void some_walls(void** unused)
{
    (void)unused;
    walls_of(2, 3);
}

// A sphere in a tube of so many flat sides that it touches more than the device looks at, and more than there is room
// for at first: the processor does those steps. And one in a funnel of seven.
static void many_sides(void** unused)
{
    (void)unused;
    enum { MOST = 40 };
    for (int sides = 7; sides <= MOST; sides += MOST - 7) {
        double vertices[6 * MOST];
        int32_t triangles[6 * MOST], wall;
        brc_sim* s[2];
        for (int k = 0; k < sides; k++) {
            const double angle = 2 * BRC_PI * k / sides;
            for (int end = 0; end < 2; end++) {
                double* v = vertices + 3 * (2 * k + end);
                v[0] = 0.5 + (0.047 + 0.01 * end) * brc_cos(angle), v[1] = 0.5 + (0.047 + 0.01 * end) * brc_sin(angle);
                v[2] = end;
            }
            const int32_t next = (k + 1) % sides,
                          row[6] = {2 * k, 2 * next, 2 * next + 1, 2 * k, 2 * next + 1, 2 * k + 1};
            memcpy(triangles + 6 * k, row, sizeof row);
        }
        const brc_wall_def tube = {.shape = BRC_MESH,
                                   .vertices = vertices,
                                   .triangles = triangles,
                                   .vertex_count = 2 * sides,
                                   .triangle_count = 2 * sides};
        for (int q = 0; q < 2; q++) {
            int64_t first;
            s[q] = scene("linear/epsd", 0, 1, 3);
            OK(brc_wall_add(s[q], &tube, &wall));
            const brc_add add = {.count = 1,
                                 .x = (double[3]){0.5, 0.5, 0.301},
                                 .v = (double[3]){0.001, 0, -0.2},
                                 .radius = (double[1]){0.05},
                                 .material = (int32_t[1]){1},
                                 .allowed_overlap = -1};
            OK(brc_particles_add(s[q], &add, &first));
            if (q) OK(brc_sim_device(s[q], -1));
        }
        const int pieces[] = {1, 30, 120};
        int64_t most = 0;
        for (int p = 0; p < 3; p++) {
            brc_wall_state state;
            same(s[0], s[1], pieces + p, 1);
            OK(brc_wall_state_get(s[1], wall, &state));
            most = state.contacts > most ? state.contacts : most;
        }
        EXPECT(most >= (sides < 12 ? 5 : 12), "only %d contacts", (int)most);
        EXPECT((redone(s[1]) > 0) == (sides == MOST), "%d sides, %d steps redone", sides, (int)redone(s[1]));
        for (int q = 0; q < 2; q++) brc_sim_destroy(s[q]);
    }
}

// The energy book, opened where the device has been, with a stream, and with a device that is lost.
static void booked(void** unused)
{
    (void)unused;
    const int pieces[] = {5, 60, 90};
    brc_sim* s[2];
    for (int q = 0; q < 2; q++) {
        s[q] = scene("linear/epsd", 3, 150, 41);
        pour(s[q]);
        add_walls(s[q], false);
        if (q) OK(brc_sim_device(s[q], -1));
        if (q) brc_sim_stay(s[q], 1);
    }
    same(s[0], s[1], pieces, 1);
    for (int q = 0; q < 2; q++) keep_book(s[q]);
    same(s[0], s[1], pieces + 1, 1);
    same_books(s[0], s[1]);
    assert_int_equal(redone(s[1]), 0);
    brc_device_lose_after(s[1]->device, 60);
    same(s[0], s[1], pieces + 2, 1);
    same_books(s[0], s[1]);
    const char* warning = brc_warning(s[1]);
    EXPECT(warning && strstr(warning, "was lost"), "%s", warning ? warning : "not lost");
    for (int q = 0; q < 2; q++) brc_sim_destroy(s[q]);
}

int main(int count_of_words, char** words)
{
    int32_t count;
    if (brc_device_count(&count) != BRC_OK || count == 0) {
        printf("no device: %s\n", brc_last_error());
        return 77;
    }
    if (count_of_words > 1 && !strcmp(words[1], "short")) { // for other numbers of lanes, and Vulkan's own checks
        const struct CMUnitTest some[] = {cmocka_unit_test(laws), cmocka_unit_test(some_walls)};
        return cmocka_run_group_tests(some, NULL, NULL);
    }
    if (count_of_words > 1 && !strcmp(words[1], "long")) { // thousands of steps
        const struct CMUnitTest some[] = {cmocka_unit_test(laws), cmocka_unit_test(walls)};
        stretch = 10;
        return cmocka_run_group_tests(some, NULL, NULL);
    }
    if (count_of_words > 1) cmocka_set_test_filter(words[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(laws),        cmocka_unit_test(long_run),
                                       cmocka_unit_test(lost_device), cmocka_unit_test(guards),
                                       cmocka_unit_test(handed_over), cmocka_unit_test(coming_and_going),
                                       cmocka_unit_test(walls),       cmocka_unit_test(many_outlets),
                                       cmocka_unit_test(many_sides),  cmocka_unit_test(booked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
