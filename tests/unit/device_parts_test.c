// device_parts_test.c -- steps on a device against steps on the processor, as device_step_test.c, of what not every run
// has: bonds. Without a device: skipped (77). A first word `long` makes it thousands of steps.
#include "device_check.h"

static int stretch = 1;        // how many times the steps
static brc_device* devices[2]; // of each precision: kernels are made once

static void give_device(brc_sim* s)
{
    brc_device** d = &devices[precision == BRC_DOUBLE];
    if (!*d) OK(brc_device_make(-1, d));
    s->device = *d;
}

static void end(brc_sim* cpu, brc_sim* gpu)
{
    gpu->device = NULL;
    brc_sim_destroy(cpu), brc_sim_destroy(gpu);
}

static void same_stretched(brc_sim* cpu, brc_sim* gpu, const int* pieces, int count)
{
    for (int k = 0; k < count; k++) {
        const int piece = pieces[k] * stretch;
        same(cpu, gpu, &piece, 1);
    }
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
    for (int k = 0; k < 3; k++) {
        brc_sim* s[2];
        precision = k == 1 ? BRC_DOUBLE : BRC_MIXED;
        for (int q = 0; q < 2; q++) {
            s[q] = scene(k == 0 ? "linear/epsd" : "linear", k, 130, 61 + (uint64_t)k);
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
        }
        for (int p = 0; p < 4; p++) {
            same_stretched(s[0], s[1], pieces + p, 1);
            same_bonds(s[0], s[1]);
        }
        brc_bond_state state;
        OK(brc_bonds_get(s[0], 0, &state));
        EXPECT(state.broken > 5 && state.intact > 0, "%d bonds have broken, %d are left", (int)state.broken,
               (int)state.intact);
        EXPECT(k != 2 || state.removed > 0, "%d bonds went with a particle", (int)state.removed);
        end(s[0], s[1]);
    }
    precision = BRC_MIXED;
}

int main(int count_of_words, char** words)
{
    int32_t count;
    if (brc_device_count(&count) != BRC_OK || count == 0) {
        printf("no device: %s\n", brc_last_error());
        return 77;
    }
    if (count_of_words > 1 && !strcmp(words[1], "long")) stretch = 10;
    const struct CMUnitTest tests[] = {cmocka_unit_test(bonds)};
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (int k = 0; k < 2; k++) brc_device_free(devices[k]);
    return failed;
}
