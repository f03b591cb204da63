// device_memory_test.c -- what a particle takes on a device, and rows of candidates that are made anew where the old
// ones stand: against steps on the processor. Without a device: skipped (77).
#include "device_check.h"
#include <math.h>

static void use_hertz_mindlin(brc_sim* s)
{
    brc_law_info info;
    double table[16];
    const int32_t law = law_number("hertz_mindlin");
    OK(brc_law_get(law, &info));
    for (int k = 0; k < info.coefficient_count; k++) {
        const char* name = info.coefficients[k];
        table[k] = !strcmp(name, "E") ? 1e6 : !strcmp(name, "G") ? 2e5 : !strcmp(name, "mu") ? 0.5 : 0.2;
        if (!strcmp(name, "floor")) table[k] = 0;
    }
    OK(brc_law_set(s, law, 1, table, 1e4, 1));
}

// Spheres on the sites of a face-centred cubic lattice, which fills a box that is periodic along the axes in the mask.
// With a part of 1 each has twelve others within a tenth of its diameter, and touches about half of them, because
// places and radii are a little off; with less they are smaller.
static brc_sim* lattice(int cells, double part, int periodic, double speed)
{
    static const double site[4][3] = {{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}};
    const int64_t count = 4 * (int64_t)cells * cells * cells;
    const double edge = 1.0 / cells, diameter = part * edge / sqrt(2.0);
    brc_options o = options_of(1, periodic);
    o.precision = precision;
    brc_sim* s;
    int32_t material;
    int64_t first;
    random_state = 5;
    OK(brc_sim_create(&o, &s));
    OK(brc_material_add(s, 1000, &material));
    use_hertz_mindlin(s);
    OK(brc_dt_set(s, 1e-4));
    packing p = random_packing(count, v3(0, 0, 0), v3(1, 1, 1), 0.49 * diameter, 0.51 * diameter, speed);
    for (int64_t i = 0; i < count; i++)
        for (int k = 0; k < 3; k++) {
            const int64_t at = k == 0 ? i / 4 % cells : k == 1 ? i / 4 / cells % cells : i / 4 / cells / cells;
            p.x[3 * i + k] = ((double)at + 0.25 + site[i % 4][k] + uniform(-0.02, 0.02)) * edge;
        }
    const brc_add add = {
        .count = count, .x = p.x, .v = p.v, .radius = p.radius, .material = p.material, .allowed_overlap = -1};
    OK(brc_particles_add(s, &add, &first));
    packing_free(&p);
    return s;
}

// At most 450 bytes with twelve candidates of each, also while rows are made anew; and these need no way over the host.
static void dense_packing(void** unused)
{
    (void)unused;
    const int pieces[] = {1, 20, 200};
    brc_summary sum;
    brc_sim* s[2];
    for (int k = 0; k < 2; k++) s[k] = lattice(12, 1, 7, 0.5);
    OK(brc_sim_device(s[1], -1));
    for (int p = 0; p < 3; p++) {
        const int64_t made = s[1]->rebuilds;
        same(s[0], s[1], pieces + p, 1);
        const brc_device_state q = looked_at(s[1]);
        const double n = (double)s[1]->count, candidates = (double)q.entries / n, most = (double)q.most / n;
        OK(brc_summary_get(s[1], &sum));
        EXPECT(candidates > 11.9 && candidates < 12.5, "%g candidates", candidates);
        EXPECT(sum.contacts > 2 * s[1]->count, "%d contacts", (int)sum.contacts);
        EXPECT(most <= 450, "%g bytes of a particle with %g candidates", most, candidates);
        EXPECT(most > 300, "%g bytes of a particle: is everything counted?", most);
        EXPECT(p < 2 || s[1]->rebuilds - made >= 5, "rows were made %d times", (int)(s[1]->rebuilds - made));
        assert_int_equal(q.detours, 0);
    }
    for (int k = 0; k < 2; k++) brc_sim_destroy(s[k]);
}

// Rows that become longer and longer: larger buffers take the place of smaller ones, and there are never both.
static void denser(void** unused)
{
    (void)unused;
    const int pieces[] = {300};
    brc_sim* s[2];
    for (int wide = 0; wide < 2; wide++) {
        precision = wide ? BRC_DOUBLE : BRC_MIXED;
        for (int k = 0; k < 2; k++) {
            const brc_wall_def floor_plane = {.shape = BRC_PLANE, .normal = {0, 0, 1}};
            int32_t wall;
            s[k] = lattice(6, 0.9, 3, 0.5);
            OK(brc_wall_add(s[k], &floor_plane, &wall));
            OK(brc_gravity_set(s[k], (double[3]){0, 0, -300}));
        }
        OK(brc_sim_device(s[1], -1));
        same(s[0], s[1], (const int[]){1}, 1);
        const brc_device_state before = looked_at(s[1]);
        same(s[0], s[1], pieces, 1);
        const brc_device_state after = looked_at(s[1]);
        EXPECT(after.entries > before.entries * 5 / 4, "%d candidates, %d before", (int)after.entries,
               (int)before.entries);
        EXPECT(after.detours >= 1, "buffers have had room for rows that are a quarter longer");
        EXPECT(s[1]->rebuilds > 2 * after.detours, "%d rebuilds, %d of them over the host", (int)s[1]->rebuilds,
               (int)after.detours);
        const int64_t each = 4 + (int64_t)s[1]->real * s[1]->history_count;
        assert_int_equal(after.most, after.memory);
        EXPECT(after.memory - before.memory < each * after.entries, "%d bytes more for %d candidates of %d",
               (int)(after.memory - before.memory), (int)after.entries, (int)each);
        for (int k = 0; k < 2; k++) brc_sim_destroy(s[k]);
    }
    precision = BRC_MIXED;
}

// A simple cubic lattice around a place whose spheres move away from there, or towards it.
static void add_cluster(brc_sim* s, double x, double spacing, double rate)
{
    enum { SIDE = 6, COUNT = SIDE * SIDE * SIDE };
    double place[3 * COUNT], speed[3 * COUNT], radius[COUNT];
    int32_t material[COUNT] = {0};
    int64_t first;
    for (int i = 0; i < COUNT; i++) {
        const int at[3] = {i % SIDE, i / SIDE % SIDE, i / SIDE / SIDE};
        for (int k = 0; k < 3; k++) {
            const double off = (at[k] - 0.5 * (SIDE - 1)) * spacing;
            place[3 * i + k] = (k == 0 ? x : 0.5) + off, speed[3 * i + k] = rate * off;
        }
        radius[i] = 0.02;
    }
    const brc_add add = {
        .count = COUNT, .x = place, .v = speed, .radius = radius, .material = material, .allowed_overlap = -1};
    OK(brc_particles_add(s, &add, &first));
}

// Some rows become empty while others fill: new ones would meet old ones that are still needed, when they go down in
// memory and it is the lower ones that fill, or up and the others.
static void here_and_there(void** unused)
{
    (void)unused;
    const int pieces[] = {40, 200};
    int64_t detours = 0;
    for (int upper = 0; upper < 2; upper++) {
        brc_sim* s[2];
        for (int k = 0; k < 2; k++) {
            const brc_options o = options_of(1, 0);
            int32_t material;
            OK(brc_sim_create(&o, &s[k]));
            OK(brc_material_add(s[k], 1000, &material));
            use_law(s[k], "linear", 5e3, 1e5);
            OK(brc_dt_set(s[k], 2e-4));
            for (int q = 0; q < 2; q++) {
                const bool fill = q == upper;
                add_cluster(s[k], q ? 0.75 : 0.25, fill ? 0.045 : 0.043, fill ? -1 : 1);
            }
        }
        OK(brc_sim_device(s[1], -1));
        same(s[0], s[1], pieces, 1);
        const brc_device_state before = looked_at(s[1]);
        same(s[0], s[1], pieces + 1, 1);
        const brc_device_state after = looked_at(s[1]);
        EXPECT(after.entries <= before.entries && before.entries > 0, "%d candidates, %d before", (int)after.entries,
               (int)before.entries);
        detours += after.detours - before.detours;
        for (int k = 0; k < 2; k++) brc_sim_destroy(s[k]);
    }
    EXPECT(detours > 0, "new rows have met no old ones");
}

// So many candidates, with so much history each, that a part of the old rows does not fit where it is put as a rule.
static void long_rows(void** unused)
{
    (void)unused;
    const int pieces[] = {3, 220};
    brc_sim* s[2];
    bare = true, precision = BRC_DOUBLE;
    for (int k = 0; k < 2; k++) {
        s[k] = scene("linear/epsd", 7, 700, 17);
        OK(brc_gravity_set(s[k], (double[3]){300, 0, 0})); // so far that rows are made anew
    }
    bare = false, precision = BRC_MIXED;
    s[1]->options.skin = 0.17;
    OK(brc_sim_device(s[1], -1));
    same(s[0], s[1], pieces, 2);
    const brc_device_state q = looked_at(s[1]);
    EXPECT(q.entries < 60 * s[1]->count, "%g candidates", (double)q.entries / (double)s[1]->count);
    EXPECT(q.most > q.memory, "%d bytes at most, %d at the end", (int)q.most, (int)q.memory);
    for (int k = 0; k < 2; k++) brc_sim_destroy(s[k]);
}

// A particle in the middle of all others, tied to many: its candidates are compared with its bonds, one by one.
static void tie_middle(brc_sim* s, int count)
{
    enum { MOST = 500 };
    static int64_t pair[MOST][2];
    int64_t middle = 0;
    int32_t kind;
    double least = INFINITY, coefficients[32];
    brc_law_info info;
    for (int64_t i = 0; i < s->count; i++) {
        double d2 = 0;
        for (int k = 0; k < 3; k++) d2 += (s->pos[4 * i + k] - 0.5) * (s->pos[4 * i + k] - 0.5);
        if (d2 < least) least = d2, middle = i;
    }
    for (int64_t i = 0, k = 0; k < count; i++)
        if (i != middle) pair[k][0] = s->id[middle], pair[k++][1] = s->id[i];
    OK(brc_law_get(law_number("bond_beam"), &info));
    for (int k = 0; k < info.coefficient_count; k++) {
        const char* name = info.coefficients[k];
        coefficients[k] = !strcmp(name, "E") || !strcmp(name, "G")                                       ? 1e3
                          : strstr(name, "strength") || strstr(name, "tensile") || strstr(name, "shear") ? 1e9
                                                                                                         : 0;
    }
    OK(brc_bonds_add(s, "bond_beam", coefficients, 1, count, &pair[0][0], &kind));
}

// All gather around one whose rows become so long that lavapipe leaves them half made: that is told, and the host has a
// whole state. Other drivers make them.
static void endless_rows(void** unused)
{
    (void)unused;
    brc_sim* s[2];
    int64_t done = 0;
    const int64_t steps = 500;
    for (int k = 0; k < 2; k++) {
        s[k] = of_many_sizes(7, v3(0.5, 0.5, 0.5), 0.45, 900, 0.008, 0.02, 15);
        tie_middle(s[k], 400);
    }
    s[1]->options.skin = 0.25;
    OK(brc_sim_device(s[1], -1));
    same(s[0], s[1], (const int[]){3}, 1);
    const brc_status status = brc_sim_steps(s[1], steps, &done);
    brc_device_info info;
    brc_device_which(s[1]->device, &info);
    if (strstr(info.name, "llvmpipe") || status != BRC_OK) {
        assert_int_equal(status, BRC_ERR_DEVICE);
        EXPECT(strstr(brc_last_error(), "ends loops of a kernel before their time"), "%s", brc_last_error());
        EXPECT(s[1]->rebuilds >= 2, "rows were made %d times", (int)s[1]->rebuilds); // the cut came later
    } else assert_int_equal(done, steps);
    advance(s[0], s[1]->step - s[0]->step);
    EXPECT(brc_sim_hash(s[0]) == brc_sim_hash(s[1]), "another state after step %d", (int)s[1]->step);
    for (int k = 0; k < 2; k++) brc_sim_destroy(s[k]);
}

// Small ones have cells of their own, and are found by large ones all the same, on all sides of periodic faces.
static void many_sizes(void** unused)
{
    (void)unused;
    const struct {
        int periodic;
        vec3 x;
        double tilt;
        bool rate, servo;
    } cases[] = {{0, {0.5, 0.5, 0.5}, 0, false, false},   {7, {0.02, 0.5, 0.97}, 0, false, false},
                 {5, {0, 0.5, 0.5}, 0, false, false},     {7, {0.9, 0.1, 0.5}, 0.21, false, false},
                 {7, {0.5, 0.5, 0.98}, 0.1, true, false}, {7, {0.5, 0.5, 0.5}, 0, false, true}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k += SANITIZED ? 4 : 1) {
        brc_sim* s[2];
        tilt[0] = cases[k].tilt;
        for (int q = 0; q < 2; q++) {
            s[q] = of_many_sizes(cases[k].periodic, cases[k].x, 0.3, 900, 0.0085, 0.08, 20);
            if (cases[k].rate || cases[k].servo) deform(s[q], cases[k].rate);
        }
        tilt[0] = 0;
        OK(brc_sim_device(s[1], -1));
        same(s[0], s[1], (const int[]){3, 300}, 2);
        const brc_device_state at = looked_at(s[1]);
        brc_summary about;
        OK(brc_summary_get(s[0], &about));
        EXPECT(at.levels > 1, "%d levels of cells", (int)at.levels);
        EXPECT(s[1]->rebuilds > 5, "rows were made %d times", (int)s[1]->rebuilds);
        EXPECT(about.contacts > 100, "%d contacts", (int)about.contacts);
        for (int q = 0; q < 2; q++) brc_sim_destroy(s[q]);
    }
}

// Who fills a small part of the domain, at its faces or not, has cells of his size there; whoever flies off from there,
// to where there are none, is found still.
static void in_a_corner(void** unused)
{
    (void)unused;
    const struct {
        int periodic;
        vec3 x;
    } cases[] = {{7, {0, 0.98, 0.3}}, {7, {0.6, 0.6, 0.6}}, {0, {0.3, 0.5, 0.8}}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k += SANITIZED ? 3 : 1) {
        brc_sim* s[2];
        for (int q = 0; q < 2; q++) {
            s[q] = of_many_sizes(cases[k].periodic, cases[k].x, 0.1, 250, 0.008, 0.011, 0);
            OK(brc_gravity_set(s[q], (double[3]){500, 0, -300}));
        }
        OK(brc_sim_device(s[1], -1));
        same(s[0], s[1], (const int[]){3}, 1);
        EXPECT(looked_at(s[1]).cell < 0.05, "cells are %g m wide", looked_at(s[1]).cell);
        same(s[0], s[1], (const int[]){420}, 1); // up to 0.44 away
        EXPECT(s[1]->rebuilds > 5, "rows were made %d times", (int)s[1]->rebuilds);
        for (int q = 0; q < 2; q++) brc_sim_destroy(s[q]);
    }
}

int main(int count_of_words, char** words)
{
    int32_t count;
    if (brc_device_count(&count) != BRC_OK || count == 0) {
        printf("no device: %s\n", brc_last_error());
        return 77;
    }
    if (count_of_words > 1) cmocka_set_test_filter(words[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(dense_packing),  cmocka_unit_test(denser),
                                       cmocka_unit_test(here_and_there), cmocka_unit_test(long_rows),
                                       cmocka_unit_test(endless_rows),   cmocka_unit_test(many_sizes),
                                       cmocka_unit_test(in_a_corner)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
