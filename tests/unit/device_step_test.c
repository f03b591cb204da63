// device_step_test.c -- steps on a device against steps on the processor: equal hashes of the state, after any way to
// get there: each law, planes, periodic faces, handing over in mid-run, streams, particles that leave, a device that is
// lost, guards that trip; and what is refused. Without a device: skipped (77).
#include "sim_check.h"

static int32_t precision = BRC_MIXED; // of the scenes

static brc_sim* scene(const char* law, int periodic, int64_t count, uint64_t seed)
{
    brc_options o = options_of(1, periodic);
    o.precision = precision;
    brc_sim* s;
    int32_t material, wall;
    o.gravity[0] = 0.5, o.gravity[2] = -40;
    random_state = seed;
    OK(brc_sim_create(&o, &s));
    OK(brc_material_add(s, 1000, &material));
    OK(brc_material_add(s, 2500, &material));
    use_law(s, law, 5e3, 1e5);
    OK(brc_dt_set(s, 2e-4));
    const brc_wall_def planes[] = {
        {.shape = BRC_PLANE, .material = 1, .point = {0, 0, 0.02}, .normal = {0, 0, 1}},
        {.shape = BRC_PLANE, .material = 0, .point = {0.5, 0.5, 0.03}, .normal = {0.2, -0.1, 1}},
        {.shape = BRC_PLANE, .material = 0, .point = {0, 0, 0.98}, .normal = {0, 0, -1}},
        {.shape = BRC_PLANE, .material = 0, .point = {0.01, 0, 0}, .normal = {1, 0, 0}},
        {.shape = BRC_PLANE, .material = 0, .point = {0.99, 0, 0}, .normal = {-1, 0, 0}},
        {.shape = BRC_PLANE, .material = 0, .point = {0, 0.01, 0}, .normal = {0, 1, 0}},
        {.shape = BRC_PLANE, .material = 0, .point = {0, 0.99, 0}, .normal = {0, -1, 0}}};
    for (int k = 0; k < 7; k++) {
        if (k >= 3 && periodic & (k < 5 ? 1 : 2)) continue;
        OK(brc_wall_add(s, &planes[k], &wall));
    }
    const double large = 0.5 / cbrt((double)count);
    packing p = random_packing(count, v3(0.1, 0.1, 0.12), v3(0.9, 0.9, 0.9), large / 2.2, large, 0.3);
    int64_t first;
    for (int64_t i = 0; i < count; i++) p.material[i] = (int32_t)(i % 2);
    brc_add add = {.count = count,
                   .x = p.x,
                   .v = p.v,
                   .w = p.w,
                   .radius = p.radius,
                   .material = p.material,
                   .allowed_overlap = -1};
    OK(brc_particles_add(s, &add, &first));
    packing_free(&p);
    return s;
}

static void advance(brc_sim* s, int64_t steps)
{
    int64_t done;
    OK(brc_sim_steps(s, steps, &done));
    assert_int_equal(done, steps);
}

// The same steps on both, in the same pieces: equal after each.
static void same(brc_sim* cpu, brc_sim* gpu, const int* pieces, int count)
{
    for (int k = 0; k < count; k++) {
        brc_summary a, b;
        advance(cpu, pieces[k]), advance(gpu, pieces[k]);
        OK(brc_summary_get(cpu, &a));
        OK(brc_summary_get(gpu, &b));
        assert_int_equal(a.step, b.step);
        assert_int_equal(a.contacts, b.contacts);
        assert_int_equal(a.wall_contacts, b.wall_contacts);
        assert_true(a.max_overlap == b.max_overlap);
        for (int64_t i = 0; i < cpu->count; i++)
            EXPECT(cpu->id[i] == gpu->id[i], "slot %d holds another particle", (int)i);
        EXPECT(brc_sim_hash(cpu) == brc_sim_hash(gpu), "another state after step %d", (int)a.step);
    }
}

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
        EXPECT(summary.contacts > 100 && summary.wall_contacts > 3, "no packing: %d contacts, %d with walls",
               (int)summary.contacts, (int)summary.wall_contacts);
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

// A stream brings particles, the domain's faces take some away.
static void coming_and_going(void** unused)
{
    (void)unused;
    brc_sim* s[2];
    for (int k = 0; k < 2; k++) {
        int32_t number;
        s[k] = scene("linear/epsd", 2, 150, 21);
        s[k]->options.on_exit = BRC_EXIT_REMOVE;
        OK(brc_wall_remove(s[k], 4)); // the face at the larger x is open
        OK(brc_gravity_set(s[k], (double[3]){20, -30, -9.81}));
        const brc_insert_def stream = {
            .kind = BRC_STREAM,
            .material = 1,
            .region = {.kind = BRC_REGION_BOX, .lo = {0.3, 0.3, 0.7}, .hi = {0.7, 0.7, 0.95}},
            .sizes = {.kind = BRC_SIZE_SINGLE, .min = 0.02},
            .count_rate = 300,
            .stop = 1e9,
            .seed = 4};
        OK(brc_insert_add(s[k], &stream, &number));
        const brc_outlet_def hole = {
            .kind = BRC_OUTLET_PLANE, .point = {0.3, 0.3, 0.1}, .normal = {0, 0, 1}, .radius = 0.15};
        const brc_outlet_def box = {.kind = BRC_OUTLET_BOX, .lo = {0.6, 0.9, 0}, .hi = {1, 1, 0.2}};
        const brc_outlet_def face = {.kind = BRC_OUTLET_PLANE, .point = {0, 0.001, 0}, .normal = {0, 1, 0.3}};
        OK(brc_outlet_add(s[k], &hole, &number));
        OK(brc_outlet_add(s[k], &box, &number));
        OK(brc_outlet_add(s[k], &face, &number));
        if (k) OK(brc_sim_device(s[k], -1));
    }
    const int pieces[] = {40, 300, 300};
    same(s[0], s[1], pieces, 3);
    EXPECT(s[0]->removed > 5 && s[0]->inserted > 160, "%d removed, %d inserted", (int)s[0]->removed,
           (int)s[0]->inserted);
    for (int k = 0; k < 2; k++) EXPECT(s[0]->outlets[k].count > 0, "nobody has left through outlet %d", k);
    for (int k = 0; k < 2; k++) brc_sim_destroy(s[k]);
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

static void refused(void** unused)
{
    (void)unused;
    int64_t done;
    int32_t wall;
    brc_sim* s = scene("linear", 0, 10, 41);
    OK(brc_sim_device(s, -1));
    const brc_wall_def box = {.shape = BRC_BOX, .side = -1, .point2 = {1, 1, 1}};
    OK(brc_wall_add(s, &box, &wall));
    REFUSED(brc_sim_steps(s, 1, &done), BRC_ERR_DEVICE, "knows no other walls than planes yet: wall 8");
    OK(brc_wall_remove(s, wall));
    const brc_motion motion = {.kind = BRC_LINEAR, .stop = 1e9, .velocity = {0, 0, 1}};
    OK(brc_wall_motion_add(s, 2, &motion));
    REFUSED(brc_sim_steps(s, 1, &done), BRC_ERR_DEVICE, "knows no walls that move yet: wall 3");
    OK(brc_wall_remove(s, 2));
    REFUSED(brc_step_begin(s), BRC_ERR_DEVICE, "each_step");
    const double vertices[9] = {0, 0, 0, 1, 0, 0, 0, 1, 0};
    const int32_t triangle[3] = {0, 1, 2};
    const brc_outlet_def exit_at = {
        .kind = BRC_OUTLET_MESH, .vertices = vertices, .triangles = triangle, .vertex_count = 3, .triangle_count = 1};
    OK(brc_outlet_add(s, &exit_at, &wall));
    REFUSED(brc_sim_steps(s, 1, &done), BRC_ERR_DEVICE, "knows no outlets that are meshes yet: outlet 1");
    OK(brc_outlet_remove(s, wall));
    OK(brc_sim_steps(s, 1, &done));
    brc_sim_destroy(s);
}

int main(int count_of_words, char** words)
{
    int32_t count;
    if (brc_device_count(&count) != BRC_OK || count == 0) {
        printf("no device: %s\n", brc_last_error());
        return 77;
    }
    if (count_of_words > 1 && !strcmp(words[1], "short")) { // for other numbers of lanes, and Vulkan's own checks
        const struct CMUnitTest some[] = {cmocka_unit_test(laws)};
        return cmocka_run_group_tests(some, NULL, NULL);
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(laws),        cmocka_unit_test(long_run),
                                       cmocka_unit_test(lost_device), cmocka_unit_test(guards),
                                       cmocka_unit_test(handed_over), cmocka_unit_test(coming_and_going),
                                       cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
