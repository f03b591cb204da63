// comm_test.c -- what ranks say to each other. With one rank on the table of comm.c, and as ranks.comm under mpirun on
// three.
#include "check.h"
#include "base.h"
#include "comm.h"
#include "rank_check.h"

static brc_comm* comm;
static int rank, size;

static void reductions(void** state)
{
    (void)state;
    int64_t v[2] = {rank + 1, -5 * rank}, high[2] = {rank, -rank};
    double real[2] = {0.5 * rank, -1};
    OK(brc_comm_sum(comm, v, 2));
    OK(brc_comm_max(comm, high, 2));
    OK(brc_comm_max_real(comm, real, 2));
    assert_int_equal(v[0], size * (size + 1) / 2);
    assert_int_equal(v[1], -5 * size * (size - 1) / 2);
    assert_int_equal(high[0], size - 1);
    assert_int_equal(high[1], 0);
    assert_true(real[0] == 0.5 * (size - 1) && real[1] == -1);
    int64_t before[1] = {10 + rank};
    OK(brc_comm_before(comm, before, 1));
    assert_int_equal(before[0], 10 * rank + rank * (rank - 1) / 2);
    OK(brc_comm_barrier(comm));
}

static void sums_and_maxima_at_once(void** state)
{
    (void)state;
    for (int count = 1; count < 4; count++) {
        int64_t v[6] = {rank, INT64_MAX, 7, -rank, rank, 5};
        OK(brc_comm_combine(comm, v, count, 3));
        assert_int_equal(v[0], size * (size - 1) / 2);
        if (count > 1) assert_true(v[1] == (int64_t)((uint64_t)INT64_MAX * (uint64_t)size)); // wraps
        if (count == 1) assert_true(v[1] == INT64_MAX && v[2] == 7 && v[3] == 0);
        if (count == 3) assert_true(v[2] == 7 * size && v[3] == 0 && v[4] == size - 1 && v[5] == 5);
    }
}

static brc_status refuse_on_the_last(void)
{
    BRC_CHECK(rank != size - 1, BRC_ERR_MEMORY, "rank %d will not", rank);
    return rank == 0 ? BRC_INTERRUPTED : BRC_OK;
}
static void one_fails_all_fail(void** state)
{
    char text[32];
    (void)state;
    assert_int_equal(brc_comm_agree(comm, BRC_OK), BRC_OK);
    assert_int_equal(brc_comm_agree(comm, rank == 0 ? BRC_INTERRUPTED : BRC_OK), BRC_INTERRUPTED);
    brc_error_keep("");
    assert_int_equal(brc_comm_agree(comm, refuse_on_the_last()), BRC_ERR_MEMORY);
    snprintf(text, sizeof text, "rank %d will not", size - 1);
    assert_non_null(strstr(brc_last_error(), text));
}

static int fails_with_noise(brc_comm* c, const void* mine, int64_t bytes, void* all)
{
    (void)mine;
    memset(all, 3, (size_t)bytes);
    snprintf(c->error, sizeof c->error, "the line is cut");
    return 1;
}
static void what_has_not_come_is_not_read(void** state)
{
    brc_comm cut = *comm;
    int64_t one = 1, total = -1;
    void* all;
    (void)state;
    if (size > 1) skip(); // the table of several ranks is part of something larger
    cut.collect = fails_with_noise;
    assert_int_equal(brc_comm_gather(&cut, &one, 1, sizeof one, &all, &total), BRC_ERR_DEVICE);
    assert_int_equal(total, 0);
    assert_non_null(strstr(brc_last_error(), "the line is cut"));
    brc_free(all);
}

static void everybody_to_everybody(void** state)
{
    (void)state;
    int64_t all[64], out[64], in[64], word = rank == size - 1 ? 77 : 0;
    const int64_t mine = 100 + rank;
    OK(brc_comm_collect(comm, &mine, sizeof mine, all));
    for (int k = 0; k < size; k++) {
        assert_int_equal(all[k], 100 + k);
        out[k] = 1000 * rank + k;
    }
    OK(brc_comm_swap(comm, out, in));
    for (int k = 0; k < size; k++) assert_int_equal(in[k], 1000 * k + rank);
    OK(brc_comm_broadcast(comm, &word, sizeof word, size - 1));
    assert_int_equal(word, 77);
}

// Round the ring, a long message and an empty one; a rank that is alone writes to itself.
static void messages(void** state)
{
    (void)state;
    enum { N = 300000 };
    int64_t* out = malloc(N * sizeof *out);
    int64_t* in = calloc(N, sizeof *in);
    assert_non_null(out);
    assert_non_null(in);
    const int next = (rank + 1) % size, previous = (rank + size - 1) % size;
    for (int k = 0; k < N; k++) out[k] = (int64_t)rank * N + k;
    const brc_message to[2] = {{out, N * sizeof *out, next, 4}, {out, 0, next, 5}};
    const brc_message from[2] = {{in, N * sizeof *in, previous, 4}, {in, 0, previous, 5}};
    OK(brc_comm_start(comm, to, 2, from, 2));
    OK(brc_comm_finish(comm));
    for (int k = 0; k < N; k++) assert_int_equal(in[k], (int64_t)previous * N + k);
    free(out);
    free(in);
}

static void one_to_another(void** state)
{
    (void)state;
    int32_t from = 0, tag = 0;
    int64_t bytes = 0;
    char text[8] = "";
    if (rank > 0) {
        OK(brc_comm_send(comm, "ready", 6, 0, rank));
    } else {
        for (int heard = 1; heard < size;) {
            OK(brc_comm_poll(comm, &from, &tag, &bytes));
            if (from < 0) continue;
            assert_int_equal(tag, from);
            assert_int_equal(bytes, 6);
            OK(brc_comm_receive(comm, text, bytes, from, tag));
            assert_string_equal(text, "ready");
            heard++;
        }
    }
    OK(brc_comm_barrier(comm));
    OK(brc_comm_poll(comm, &from, &tag, &bytes));
    assert_int_equal(from, -1);
    if (size == 1) REFUSED(brc_comm_send(comm, "x", 1, 0, 0), BRC_ERR_DEVICE, "one rank only");
}

static void groups(void** state)
{
    (void)state;
    brc_comm* group = NULL;
    OK(brc_comm_split(comm, rank == 0 ? -1 : rank % 2, &group));
    assert_int_equal(group == NULL, rank == 0);
    if (group) {
        int64_t n = 1;
        OK(brc_comm_sum(group, &n, 1));
        assert_int_equal(n, brc_comm_size(group));
        assert_int_equal(n, rank % 2 ? size / 2 : (size - 1) / 2);
        assert_int_equal(brc_comm_rank(group), (rank - 1) / 2);
        brc_comm_destroy(group);
    }
}

int main(void)
{
    comm = join_ranks();
    rank = brc_comm_rank(comm), size = brc_comm_size(comm);
    if (size > 64) return fprintf(stderr, "%d ranks\n", size), 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(reductions),
                                       cmocka_unit_test(sums_and_maxima_at_once),
                                       cmocka_unit_test(one_fails_all_fail),
                                       cmocka_unit_test(what_has_not_come_is_not_read),
                                       cmocka_unit_test(everybody_to_everybody),
                                       cmocka_unit_test(messages),
                                       cmocka_unit_test(one_to_another),
                                       cmocka_unit_test(groups)};
    return leave_ranks(comm, cmocka_run_group_tests(tests, NULL, NULL));
}
