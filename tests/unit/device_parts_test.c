// device_parts_test.c -- steps on a device against steps on the processor, as device_step_test.c, of what not every run
// has: bonds, cells that are tilted or deform, meters. Without a device: skipped (77). A first word `long` makes it
// thousands of steps.
#include "device_check.h"

static brc_device* devices[2]; // of each precision: kernels are made once

static void give_device(brc_sim* s)
{
    brc_device** d = &devices[precision == BRC_DOUBLE];
    if (!*d) OK(brc_device_make(-1, d));
    s->device = *d;
}

// No step was left to the processor.
static void end(brc_sim* cpu, brc_sim* gpu)
{
    brc_device_state state;
    brc_device_look(gpu->device, &state);
    assert_int_equal(state.redone, 0);
    gpu->device = NULL;
    brc_sim_destroy(cpu), brc_sim_destroy(gpu);
}

static void same_bonds(brc_sim* cpu, brc_sim* gpu)
{
    const brc_bond_end *a, *b;
    const int64_t count = brc_bonds_ended(cpu, &a);
    assert_int_equal(count, brc_bonds_ended(gpu, &b));
    for (int64_t k = 0; k < count; k++)
        EXPECT(a[k].a == b[k].a && a[k].b == b[k].b && a[k].step == b[k].step && a[k].kind == b[k].kind &&
                   a[k].removed == b[k].removed,
               "end %d: the bond of %d and %d at step %d against %d and %d at step %d", (int)k, (int)a[k].a,
               (int)a[k].b, (int)a[k].step, (int)b[k].a, (int)b[k].b, (int)b[k].step);
    assert_int_equal(cpu->bonds.count, gpu->bonds.count);
    for (int64_t k = 0; k < cpu->bonds.count; k++) {
        const bond_load *x = &cpu->bonds.load[k], *y = &gpu->bonds.load[k];
        for (int c = 0; c < 3; c++)
            EXPECT(x->force[c] == y->force[c] && x->torque_a[c] == y->torque_a[c] && x->torque_b[c] == y->torque_b[c],
                   "another load of bond %d", (int)k);
    }
}

// Bonded particles that fall, hit planes and break, in both precisions; an outlet takes some of them.
static void bonds(void** unused)
{
    (void)unused;
    const int pieces[] = {1, 2, 57, 90};
    for (int k = 1; k < 3; k++) {
        brc_sim* s[2];
        precision = k == 1 ? BRC_DOUBLE : BRC_MIXED;
        for (int q = 0; q < 2; q++) {
            s[q] = scene("linear", k, 130, 61 + (uint64_t)k);
            OK(brc_gravity_set(s[q], (double[3]){2, 0, -60}));
            s[q]->options.on_exit = BRC_EXIT_REMOVE;
            assert_true(bond_by(s[q], 0.01, k == 1 ? 5e3 : 6e3, true) > 40);
            if (k == 1) assert_true(bond_by(s[q], 0.002, 1e4, false) > 20);
            if (k == 2) {
                int32_t number;
                const brc_outlet_def hole = {
                    .kind = BRC_OUTLET_PLANE, .point = {0.5, 0.5, 0.2}, .normal = {0, 0, 1}, .radius = 0.4};
                OK(brc_outlet_add(s[q], &hole, &number));
            }
            if (q) give_device(s[q]);
            if (k == 2) keep_book(s[q]);
        }
        for (int p = 0; p < 4; p++) {
            same(s[0], s[1], pieces + p, 1);
            same_bonds(s[0], s[1]);
            if (k == 2) same_books(s[0], s[1]);
        }
        brc_bond_state state;
        OK(brc_bonds_get(s[0], 0, &state));
        EXPECT(state.broken > 5 && (state.intact > 0 || stretch > 1), "%d bonds have broken, %d are left",
               (int)state.broken, (int)state.intact);
        EXPECT(k != 2 || s[1]->book->broken != 0, "no bond has left anything in the energy book");
        EXPECT(k != 2 || state.removed > 0, "%d bonds went with a particle", (int)state.removed);
        end(s[0], s[1]);
    }
    precision = BRC_MIXED;
}

// A tilted cell between planes, with an outlet; one that is sheared through many lengths, with bonds; one that is
// driven to a stress, with a stream.
static void cells(void** unused)
{
    (void)unused;
    const int pieces[] = {3, 2, 67, 80};
    for (int k = 0; k < 3; k++) {
        brc_sim* s[2];
        precision = k == 2 ? BRC_DOUBLE : BRC_MIXED;
        tilt[0] = k == 0 ? 0.3 : k == 1 ? -0.1 : 0, tilt[1] = k == 1 ? 0.2 : 0;
        for (int q = 0; q < 2; q++) {
            int32_t number;
            bare = k > 0;
            s[q] = scene(k == 0 ? "linear/epsd" : "linear", k == 0 ? 3 : 7, 130, 81 + (uint64_t)k);
            s[q]->options.on_exit = BRC_EXIT_REMOVE;
            if (k > 0) OK(brc_gravity_set(s[q], (double[3]){0, 0, 0}));
            const brc_outlet_def hole = {
                .kind = BRC_OUTLET_PLANE, .point = {0.5, 1e-4, 0.5}, .normal = {0, 1, 0}, .radius = 0.2};
            if (k == 0) OK(brc_outlet_add(s[q], &hole, &number));
            if (k > 0) deform(s[q], k == 1);
            if (k == 1) assert_true(bond_by(s[q], 0.01, 6e3, true) > 40);
            if (q) give_device(s[q]);
        }
        for (int p = 0; p < 4; p++) {
            brc_cell_info a, b;
            brc_device* device = s[1]->device;
            if (p == 1) s[1]->device = NULL; // handed over in mid-run
            same(s[0], s[1], pieces + p, 1);
            s[1]->device = device;
            same_bonds(s[0], s[1]);
            OK(brc_cell_get(s[0], &a));
            OK(brc_cell_get(s[1], &b));
            EXPECT(!memcmp(&a.strain, &b.strain, sizeof a.strain) &&
                       (k == 0 || !memcmp(a.stress, b.stress, sizeof a.stress)),
                   "strain %g against %g, stress %g against %g Pa", a.strain[3], b.strain[3], a.stress[2], b.stress[2]);
            EXPECT(!(p == 3 && k > 0) || fabs(a.strain[3]) > 0.2, "a strain of %g only", a.strain[3]);
        }
        end(s[0], s[1]);
    }
    memset(tilt, 0, sizeof tilt);
    bare = false;
    precision = BRC_MIXED;
}

// A cell that shrinks too far stops the run at the same step with the same words.
static void cell_guards(void** unused)
{
    (void)unused;
    for (int kind = 0; kind < 2; kind++) {
        char text[1024];
        int64_t done[2];
        for (int q = 0; q < 2; q++) {
            const brc_deform order = {.rate = {kind ? -60 : -40}};
            bare = true;
            brc_sim* s = scene("linear", 7, 20, 91);
            OK(brc_gravity_set(s, (double[3]){0, 0, 0}));
            OK(brc_sim_steps(s, 3, &done[q]));
            OK(brc_deform_set(s, &order));
            if (q) give_device(s);
            const brc_status status = brc_sim_steps(s, 3000, &done[q]);
            EXPECT(status == BRC_ERR_GUARD, "status %d: %s", (int)status, brc_last_error());
            if (q) EXPECT(!strcmp(text, brc_last_error()), "%s\n%s", text, brc_last_error());
            snprintf(text, sizeof text, "%s", brc_last_error());
            EXPECT(strstr(text, kind ? "would deform by xx" : "has shrunk to"), "%s", text);
            s->device = NULL;
            brc_sim_destroy(s);
        }
        assert_int_equal(done[0], done[1]);
        EXPECT(kind || done[0] > 20, "after %d steps", (int)done[0]);
    }
    bare = false;
}

static void same_meters(brc_sim* s[2], int count, bool last)
{
    for (int k = 0; k < count; k++) {
        brc_meter_state a, b;
        OK(brc_meter_get(s[0], k, &a));
        OK(brc_meter_get(s[1], k, &b));
        EXPECT(!memcmp(&a, &b, sizeof a), "meter %d: %d and %d against %d and %d", k + 1, (int)a.count[0],
               (int)a.count[1], (int)b.count[0], (int)b.count[1]);
        EXPECT(!last || a.count[0] + a.count[1] > 3, "only %d have crossed meter %d", (int)(a.count[0] + a.count[1]),
               k + 1);
    }
}

// What crosses planes, one of them on a periodic face, one with an edge; in an upright cell, a tilted one, one that is
// sheared and one that is driven to a stress.
static void meters(void** unused)
{
    (void)unused;
    const int pieces[] = {1, 30, 60};
    for (int kind = 0; kind < 4; kind++) {
        brc_sim* s[2];
        bare = kind > 1;
        precision = kind == 3 ? BRC_DOUBLE : BRC_MIXED;
        tilt[0] = kind == 0 || kind == 3 ? 0 : kind == 1 ? 0.3 : -0.1;
        for (int q = 0; q < 2; q++) {
            int32_t number;
            s[q] = scene("linear", kind == 0 ? 2 : kind == 1 ? 3 : 7, 130, 95);
            OK(brc_gravity_set(s[q], (double[3]){(kind ? 700.0 : 0) / stretch, -1200.0 / stretch, -20}));
            if (bare) deform(s[q], kind == 2);
            OK(brc_meter_add(s[q], (double[3]){0.5, bare ? 0.1 : 0, 0}, (double[3]){0, 1, 0}, 0, &number));
            OK(brc_meter_add(s[q], (double[3]){0.5, 0.4, 0.5}, (double[3]){0, -1, 1}, 0.4, &number));
            if (kind > 0) OK(brc_meter_add(s[q], (double[3]){0.9, 0.5, 0.5}, (double[3]){1, 0, 0}, 0, &number));
            if (q) give_device(s[q]);
        }
        for (int p = 0; p < 3; p++) {
            same(s[0], s[1], pieces + p, 1);
            same_meters(s, kind > 0 ? 3 : 2, p == 2);
        }
        end(s[0], s[1]);
    }
    memset(tilt, 0, sizeof tilt);
    bare = false, precision = BRC_MIXED;
}

// Planes along a cell that is sheared: one swings, one is a belt, one is driven to a force.
static void cell_walls(void** unused)
{
    (void)unused;
    const int pieces[] = {2, 60, 90};
    brc_sim* s[2];
    tilt[0] = 0.2;
    for (int q = 0; q < 2; q++) {
        int32_t index;
        s[q] = scene("linear/epsd", 3, 130, 97);
        OK(brc_wall_remove(s[q], 0));
        const brc_deform shear = {.rate = {0, -3, 0, 24, 0, 0}};
        const brc_wall_def planes[] = {{.shape = BRC_PLANE, .point = {0, 0, 0.05}, .normal = {0, 0, 1}},
                                       {.shape = BRC_PLANE, .point = {0, 0, 0.03}, .normal = {0, 0, 1}},
                                       {.shape = BRC_PLANE, .point = {0, 0, 0.9}, .normal = {0, 0, -1}}};
        const brc_motion swing = {
            .kind = BRC_OSCILLATION, .stop = 1e9, .axis = {0, 0, 1}, .amplitude = 0.02, .period = 0.01};
        const brc_servo servo = {.stop = 1e9,
                                 .gain = 1,
                                 .axis = {0, 0, 1},
                                 .target = -30,
                                 .mass = 0.2,
                                 .damping = 5,
                                 .max_velocity = 9,
                                 .lower = -0.7,
                                 .upper = 0.1};
        int32_t wall[3];
        for (int k = 0; k < 3; k++) OK(brc_wall_add(s[q], &planes[k], &wall[k]));
        OK(brc_wall_motion_add(s[q], wall[0], &swing));
        OK(brc_wall_surface_velocity(s[q], wall[1], (double[3]){0.7, 0.2, 0}));
        OK(brc_wall_servo_set(s[q], wall[2], &servo, &index));
        OK(brc_deform_set(s[q], &shear));
        if (q) give_device(s[q]);
    }
    int touched = 0;
    for (int p = 0; p < 3; p++) {
        same(s[0], s[1], pieces + p, 1);
        for (int k = 0; k < s[0]->wall_count; k++) {
            brc_wall_state a, b;
            if (!s[0]->walls[k].wall) continue;
            OK(brc_wall_state_get(s[0], k, &a));
            OK(brc_wall_state_get(s[1], k, &b));
            touched += a.contacts > 0;
            EXPECT(!memcmp(&a, &b, sizeof a), "wall %d: %g N, %.17g J against %g N, %.17g J", k + 1, a.force[2], a.work,
                   b.force[2], b.work);
        }
    }
    EXPECT(touched > 4, "walls were touched %d times", touched);
    end(s[0], s[1]);
    memset(tilt, 0, sizeof tilt);
}

int main(int count_of_words, char** words)
{
    int32_t count;
    if (brc_device_count(&count) != BRC_OK || count == 0) {
        printf("no device: %s\n", brc_last_error());
        return 77;
    }
    if (count_of_words > 1 && !strcmp(words[1], "long")) stretch = 10;
    if (count_of_words > 1 + (stretch > 1)) cmocka_set_test_filter(words[count_of_words - 1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(bonds), cmocka_unit_test(cells), cmocka_unit_test(meters),
                                       cmocka_unit_test(cell_walls), cmocka_unit_test(cell_guards)};
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (int k = 0; k < 2; k++) brc_device_free(devices[k]);
    return failed;
}
