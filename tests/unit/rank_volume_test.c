// rank_volume_test.c -- what ranks send each other against the model of ARCHITECTURE.md: how many ghosts a part of a
// packing has, from its edges and what particles reach; bytes, messages and collective calls of a step, and of lists
// that are made anew. Grains at rest in a periodic box, a fixed skin: all of it is counted and none depends on time.
#include "rank_check.h"
#include "sim_check.h"

static brc_comm* world;

enum { COUNT = 20000, STEPS = 40 };
static const double RADIUS = 0.012, SKIN = 0.006;

// The volume around a box within `reach`, of a periodic unit cube; a box that spans an axis has no faces across it.
static double shell(const double edge[3], double reach)
{
    double cut[3], spanned = 1;
    int n = 0;
    for (int k = 0; k < 3; k++)
        if (edge[k] < 0.999) cut[n++] = edge[k];
        else spanned *= edge[k];
    const double pi = 3.141592653589793;
    if (n == 0) return 0;
    if (n == 1) return spanned * 2 * reach;
    if (n == 2) return spanned * (2 * reach * (cut[0] + cut[1]) + pi * reach * reach);
    return 2 * reach * (cut[0] * cut[1] + cut[1] * cut[2] + cut[2] * cut[0]) +
           pi * reach * reach * (cut[0] + cut[1] + cut[2]) + 4 * pi / 3 * reach * reach * reach;
}

static void edges(const brc_sim* s, double edge[3])
{
    const double* b = s->domain.box;
    for (int k = 0; k < 3; k++) edge[k] = fmin(b[3 + k], s->hi[k]) - fmax(b[k], s->lo[k]);
}

// Ghosts with an own particle within reach of the near lists, by brute force.
static int64_t wanted(const brc_sim* s)
{
    const double far = 2 * RADIUS + s->near_skin;
    int64_t count = 0;
    for (int64_t k = s->count; k < s->count + s->ghosts; k++) {
        bool near = false;
        for (int64_t i = 0; i < s->count && !near; i++) {
            double d[3], r2 = 0;
            for (int c = 0; c < 3; c++) d[c] = s->pos[4 * i + c] - s->pos[4 * k + c];
            brc_nearest(s, d);
            for (int c = 0; c < 3; c++) r2 += d[c] * d[c];
            near = r2 < far * far;
        }
        count += near;
    }
    return count;
}

// On one machine ranks read what the others have written; told not to, or without shared memory, they get messages.
static void check_boards(const brc_sim* s)
{
    const char* said = getenv("BARCHAN_SHARED_MEMORY");
    const bool shared = !said || strcmp(said, "0") != 0;
    for (int32_t k = 0; k < s->domain.link_count; k++) {
        const domain_link* l = &s->domain.link[k];
        assert_int_equal(l->board_read, shared);
        assert_int_equal(l->board != NULL, shared);
    }
}

static brc_sim* make(int32_t cut, int32_t precision)
{
    brc_options o = options_of(1, 7);
    o.comm = world, o.decomposition = cut, o.rebalance = BRC_BALANCE_NEVER, o.skin = SKIN, o.precision = precision;
    brc_sim* s = make_sim(&o, 1e-9, 1e-4); // so soft that nothing moves
    random_state = 11;
    packing p = random_packing(COUNT, v3(0, 0, 0), v3(1, 1, 1), RADIUS, RADIUS, 0);
    add_packing(s, &p, 0, COUNT);
    packing_free(&p);
    run_steps(s, 1);
    return s;
}

static void check(int32_t cut, int32_t precision)
{
    const int64_t real = precision == BRC_DOUBLE ? 8 : 4;
    brc_sim* s = make(cut, precision);
    brc_ranks_info was, now;
    double edge[3];
    edges(s, edge);
    brc_ranks_get(s, &was);
    // At a rebuild: a byte for each ghost, whether it is wanted in each step, and all that is known of a particle but
    // what only its owner needs.
    s->lists_valid = false;
    run_steps(s, 1);
    brc_ranks_get(s, &now);
    assert_int_equal(now.bytes - was.bytes, now.ghosts + now.sent * (32 + 16 * real + 8 + 8 + 8 + 4));
    assert_int_equal(now.migrated, was.migrated);
    // In a step: places and radii, two velocities and two angular ones; one message to each rank beside.
    was = now;
    run_steps(s, STEPS);
    brc_ranks_get(s, &now);
    assert_int_equal(now.bytes - was.bytes, STEPS * now.near * (32 + 12 * real));
    const int64_t messages = now.messages - was.messages; // none to a rank whose corner has no particle near ours
    assert_true(messages % STEPS == 0 && messages <= STEPS * now.links && (messages > 0) == (now.near > 0));
    const int64_t calls = world->size > 1 ? STEPS + 2 : 0; // the first and the last step: another one each
    assert_int_equal(now.collectives - was.collectives, calls);
    check_boards(s);
    // Of the ghosts those are wanted in a step that may touch an own particle within the near skin.
    int64_t near[2] = {now.near, wanted(s)};
    OK(brc_comm_sum(world, near, 2));
    assert_int_equal(near[0], near[1]);
    // What is sent is what all have as ghosts, and that is the shell. In a random packing of 20 000 it has 1 % noise.
    const double mean = (double)COUNT / world->size;
    int64_t sum[3] = {now.sent, now.ghosts, (int64_t)(COUNT * shell(edge, 2 * RADIUS + SKIN) + 0.5)}, most = now.own;
    OK(brc_comm_sum(world, sum, 3));
    OK(brc_comm_max(world, &most, 1));
    if (world->rank == 0)
        print_message("%s: %d ghosts, %d by the model, %d in a step; %d links of rank 0; largest part / mean %.3f\n",
                      cut == BRC_CUT_SLABS ? "slabs" : "rcb", (int)sum[1], (int)sum[2], (int)near[0], (int)now.links,
                      (double)most / mean);
    assert_int_equal(sum[0], sum[1]);
    if (world->size == 1) assert_int_equal(sum[1], 0);
    else assert_true(fabs((double)sum[1] - (double)sum[2]) <= 0.05 * (double)sum[2]);
    assert_true((double)most < 1.02 * mean);
    if (cut == BRC_CUT_SLABS) assert_true(now.links == (world->size > 2 ? 2 : world->size - 1));
    else assert_true(now.links < world->size);
    brc_sim_destroy(s);
}

static void boxes(void** state)
{
    (void)state;
    if (world->size > 1 && !world->cut) skip();
    check(BRC_CUT_RCB, BRC_MIXED);
}
static void slabs(void** state)
{
    (void)state;
    check(BRC_CUT_SLABS, BRC_DOUBLE);
}

int main(void)
{
    world = join_ranks();
    const struct CMUnitTest tests[] = {cmocka_unit_test(boxes), cmocka_unit_test(slabs)};
    return leave_ranks(world, cmocka_run_group_tests(tests, NULL, NULL));
}
