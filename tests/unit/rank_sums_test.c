// rank_sums_test.c -- what several ranks say together of a state that they share is what one says that has all of it.
// As ranks.sums under mpirun; alone it is a rank that shares with nobody.
#include "sim_check.h"

static brc_comm* comm;

// Of the particles of `p` each rank keeps some.
static brc_sim* share_of(const brc_options* base, const packing* p, int64_t count)
{
    brc_options o = *base;
    o.comm = comm;
    brc_sim* s = make_sim(&o, 2000, 1e-5);
    add_packing(s, p, 0, count);
    return s;
}

// What the step would leave: forces of many sizes, residuals. A function of the id alone.
static void shake(brc_sim* s)
{
    for (int64_t i = 0; i < s->count; i++) {
        random_state = (uint64_t)s->id[i];
        for (int k = 0; k < 7; k++) {
            if (k == 3) continue;
            s->acc[8 * i + k] = brc_grid_round(k < 3 ? s->f_grid : s->t_grid, 1e-3 * uniform(-1, 1));
            brc_particle_velocity_set(s, i, k, ldexp(uniform(-1, 1), (int)(s->id[i] % 40) - 20));
        }
    }
}

static void sums_are_those_of_one(void** state)
{
    (void)state;
    enum { N = 500 };
    brc_options o = options_of(1, 1);
    random_state = 7;
    packing p = random_packing(N, v3(0, 0, 0), v3(1, 1, 1), 0.01, 0.04, 1);
    for (int64_t i = 0; i < N; i++) p.id[i] = 3 * i + 1;
    brc_sim *all = make_sim(&o, 2000, 1e-5), *part = share_of(&o, &p, N);
    add_packing(all, &p, 0, N);
    shake(all), shake(part);
    int64_t here = part->count;
    OK(brc_comm_sum(comm, &here, 1));
    assert_int_equal(here, N);
    brc_summary whole = summary_of(all), shared = summary_of(part);
    assert_memory_equal(&whole, &shared, sizeof whole);
    const uint64_t hash = brc_sim_hash(all);
    assert_int_not_equal(hash, 0);
    assert_int_equal(brc_sim_hash(part), hash);
    // one number of one particle, on whichever rank it is, and all know
    const int64_t slot = brc_particle_slot(part, p.id[N / 2]);
    if (slot >= 0) part->acc[8 * slot + 5] += part->t_grid.quantum;
    assert_int_not_equal(brc_sim_hash(part), hash);
    // a number that is none, on one rank
    if (slot >= 0) part->mass[slot] = NAN;
    shared = summary_of(part);
    assert_true(isnan(shared.mass) && isnan(shared.kinetic_energy));
    packing_free(&p);
    brc_sim_destroy(all), brc_sim_destroy(part);
}

static void exact_sums(void** state)
{
    (void)state;
    enum { N = 60 };
    double term[2][N], mine[2][N], sum[2], whole[2];
    int64_t n = 0;
    for (int i = 0; i < N; i++) {
        term[0][i] = ldexp(uniform(-1, 1), i % 30), term[1][i] = i == 0 ? 0x1p-1030 : -uniform(0, 1);
        if (i % comm->size == comm->rank) mine[0][n] = term[0][i], mine[1][n++] = term[1][i];
    }
    OK(brc_exact_sums(brc_comm_null(), term[0], N, N, 2, whole));
    OK(brc_exact_sums(comm, mine[0], N, n, 2, sum));
    assert_memory_equal(sum, whole, sizeof sum);
    double plain = 0;
    for (int i = 0; i < N; i++) plain += term[0][i];
    assert_true(fabs(plain - sum[0]) < 1e-9 * fabs(plain) + 1e-6);
    brc_status status = brc_exact_sums(comm, comm->rank == comm->size - 1 ? NULL : mine[0], N, n, 2, sum);
    assert_int_equal(status, BRC_ERR_MEMORY); // for all of them
}

int main(void)
{
    char library[4096] = "";
    const char *stage = getenv("BARCHAN_STAGE"), *wanted = getenv("TEST_RANKS");
    snprintf(library, sizeof library, "%s/lib/lua/5.1/barchan/mpi.so", stage ? stage : "");
    if (brc_comm_world(library, &comm) != BRC_OK) return fprintf(stderr, "%s\n", brc_last_error()), 1;
    if (wanted && atoi(wanted) != comm->size) return fprintf(stderr, "%d ranks\n", (int)comm->size), 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_sums),
        cmocka_unit_test(sums_are_those_of_one),
    };
    const int result = cmocka_run_group_tests(tests, NULL, NULL);
    if (result) brc_comm_abort(comm, 1); // the others would wait for this rank
    brc_comm_destroy(comm);
    return result;
}
