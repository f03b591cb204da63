// rank_leak_test.c -- thousands of rebuilds, cuts and migrations in a row: memory stays what it was, and so do the
// bits. A shaken box of grains and bonded pairs, fed by a stream and drained by an outlet, whose lists are dropped
// before each step; under mpirun shared by several ranks. RANK_LEAK_STEPS: how many, by default 1000.
#include "rank_check.h"
#include "sim_check.h"
#include <malloc.h>
#include <stdio.h>

static brc_comm* world;

static int64_t number(const char* name, int64_t otherwise)
{
    const char* text = getenv(name);
    return text ? atoll(text) : otherwise;
}

static void fill(brc_sim* s, double stream_stop)
{
    const double down[3] = {0, 0, -60};
    int32_t wall, index;
    random_state = 5;
    packing p = random_packing(300, v3(0.1, 0.1, 0.1), v3(0.9, 0.9, 0.9), 0.025, 0.04, 3);
    add_packing(s, &p, 0, 300);
    packing_free(&p);
    assert_true(bond_near(s, 0.01) > 20);
    OK(brc_gravity_set(s, down));
    for (int k = 1; k < 3; k++)
        for (int side = 0; side < 2; side++) {
            brc_wall_def d = {.shape = BRC_PLANE};
            d.point[k] = side ? 0.98 : 0.02, d.normal[k] = side ? -1 : 1;
            OK(brc_wall_add(s, &d, &wall));
        }
    brc_insert_def stream = {.kind = BRC_STREAM,
                             .region = {.kind = BRC_REGION_BOX, .lo = {0.2, 0.2, 0.8}, .hi = {0.8, 0.8, 0.95}},
                             .count_rate = 60 / stream_stop,
                             .stop = stream_stop,
                             .v = {1, 0, -2},
                             .sizes = {.kind = BRC_SIZE_UNIFORM, .min = 0.02, .max = 0.03}};
    OK(brc_insert_add(s, &stream, &index));
    brc_outlet_def out = {.kind = BRC_OUTLET_BOX, .lo = {0, 0, 0}, .hi = {0.2, 0.15, 0.15}};
    OK(brc_outlet_add(s, &out, &index));
}

static brc_sim* make(brc_comm* comm, int64_t steps)
{
    brc_options o = options_of(1, 1);
    o.comm = comm, o.rebalance = BRC_BALANCE_ALWAYS;
    brc_sim* s = make_sim(&o, 2e4, 2e-4);
    fill(s, (double)steps / 5 * s->dt); // none comes later: what is held then need not grow
    return s;
}

// Shaken, so that grains never settle and cross the cuts.
static void shake(brc_sim* s)
{
    const double g = s->step % 500 < 250 ? 80 : -80, across = s->step % 300 < 150 ? 60 : -60;
    const double pull[3] = {across, -across, g};
    if (s->step % 50 == 0) OK(brc_gravity_set(s, pull));
}

static int64_t
held(void) // [B] that the process has asked for and not given back; 0 where another allocator is in charge
{
    const struct mallinfo2 info = mallinfo2();
    return (int64_t)(info.uordblks + info.hblkhd);
}

static int64_t resident(void) // [B]
{
    long pages = 0, skipped = 0;
    FILE* f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%ld %ld", &skipped, &pages) != 2) pages = 0;
    if (f) fclose(f);
    return (int64_t)pages * 4096;
}

static void many_rebuilds(void** state)
{
    (void)state;
    const int64_t steps = number("RANK_LEAK_STEPS", 1000), warm = steps / 4;
    brc_sim *s = make(world, steps), *alone = make(brc_comm_null(), steps);
    int64_t before = 0, resident_before = 0;
    for (int64_t k = 0; k < steps; k++) {
        shake(s), shake(alone);
        s->lists_valid = false;
        run_steps(s, 1), run_steps(alone, 1);
        if (k == warm) before = held(), resident_before = resident();
        if (k % 500 == 499) assert_true(brc_sim_hash(s) == brc_sim_hash(alone));
    }
    brc_ranks_info info;
    brc_ranks_get(s, &info);
    int64_t migrated = info.migrated;
    OK(brc_comm_sum(world, &migrated, 1));
    const int64_t grown = held() - before, resident_grown = resident() - resident_before;
    print_message(
        "%d rebuilds, %d cuts, %d migrations, %d particles: %d bytes held, %d more than after %d; %d resident, %d "
        "more\n",
        (int)s->rebuilds, (int)info.cuts, (int)migrated, (int)brc_particle_count(s), (int)held(), (int)grown, (int)warm,
        (int)resident(), (int)resident_grown);
    assert_true(s->rebuilds >= steps);
    if (world->size > 1) {
        assert_true(info.cuts >= steps);
        assert_true(migrated > steps);
    }
    // Arrays grow by 100 to 150 kB when particles crowd on a rank as never before, which measured cuts decide; 550
    // bytes in each of 750 rebuilds, or 55 in each of 7500, are found.
    if (before > 0) assert_true(grown < 400000);
    brc_sim_destroy(s), brc_sim_destroy(alone);
}

int main(void)
{
    world = join_ranks();
    const struct CMUnitTest tests[] = {cmocka_unit_test(many_rebuilds)};
    return leave_ranks(world, cmocka_run_group_tests(tests, NULL, NULL));
}
