// meet_test.c -- ranks that tell each other what they are about to do. Alone, and as ranks.meet under mpirun on five: a
// tree of three levels.
#include "check.h"
#include "comm.h"
#include "rank_check.h"
#include <time.h>

static brc_meeting* meeting;
static int rank, size;

static int32_t meet(uint64_t hash, int kind, const char* text, const int64_t* most, double patience)
{
    brc_meet about = {.hash = hash, .text = text, .kind = kind};
    int32_t answer = -1;
    if (most) memcpy(about.most, most, sizeof about.most);
    OK(brc_meet_begin(meeting, &about));
    OK(brc_meet_wait(meeting, patience, &answer));
    return answer;
}

static void the_same(void** state)
{
    (void)state;
    for (int k = 0; k < 200; k++) {
        const int64_t mine[BRC_MEET_VALUES] = {rank, -rank, k, rank == 2 ? 7 : INT64_MIN};
        assert_int_equal(meet(40 + (uint64_t)k, 3, "a.lua:1", mine, 60), BRC_MEET_SAME);
        const int64_t* most = brc_meet_most(meeting);
        assert_int_equal(most[0], size - 1);
        assert_int_equal(most[1], 0);
        assert_int_equal(most[2], k);
        if (size > 2) assert_int_equal(most[3], 7);
    }
}

static void different(void** state)
{
    (void)state;
    if (size < 5) skip();
    const brc_meet_group* g;
    int32_t more;
    assert_int_equal(meet(rank == 1 || rank == 2, 0, rank == 1 || rank == 2 ? "b.lua:2" : "a.lua:1", NULL, 60),
                     BRC_MEET_DIFFERS);
    assert_int_equal(brc_meet_groups(meeting, &g, &more), 2);
    assert_int_equal(more, 0);
    assert_string_equal(g[0].text, "a.lua:1");
    assert_string_equal(g[1].text, "b.lua:2");
    assert_int_equal(g[0].count, size - 2);
    assert_int_equal(g[0].ranges, 2);
    assert_int_equal(g[0].range[2], 3);
    assert_int_equal(g[0].range[3], size - 1);
    assert_int_equal(g[1].ranges, 1);
    assert_int_equal(g[1].range[0], 1);
    assert_int_equal(g[1].range[1], 2);
    // The same hash in another kind of call is another thing to do; and the next meeting is a new one.
    assert_int_equal(meet(5, rank == 4, "", NULL, 60), BRC_MEET_DIFFERS);
    assert_int_equal(meet(6, 0, "", NULL, 60), BRC_MEET_SAME);
}

// Rank 3 is late; rank 2 waits for it and tells rank 0.
static void late(void** state)
{
    (void)state;
    if (size < 5) skip();
    int32_t missing = -1, answer;
    assert_int_equal(meet(7, 0, rank == 3 ? "late.lua:3" : "a.lua", NULL, 60), BRC_MEET_SAME);
    if (rank == 3) nanosleep(&(struct timespec){4, 0}, NULL);
    answer = meet(8, 0, "", NULL, rank == 3 ? 60 : 3);
    if (rank == 3) {
        assert_int_equal(answer, BRC_MEET_SAME);
        return;
    }
    assert_int_equal(answer, BRC_MEET_WAITS);
    const char* text = brc_meet_missing(meeting, &missing);
    if (rank == 0 || rank == 2) {
        assert_int_equal(missing, 3);
        assert_string_equal(text, "late.lua:3");
    } else {
        assert_int_equal(missing, -1);
    }
    OK(brc_meet_wait(meeting, 60, &answer));
    assert_int_equal(answer, BRC_MEET_SAME);
}

// The last: rank 2 goes without waiting. Those whom it joins to the others see only that.
static void gone(void** state)
{
    (void)state;
    if (size < 5) skip();
    const brc_meet_group* g;
    int32_t more;
    if (rank == 2) {
        OK(brc_meeting_leave(meeting, &(brc_meet){.hash = 9, .text = "its end", .kind = 8}));
        return;
    }
    assert_int_equal(meet(10, 0, "a.lua:9", NULL, 60), BRC_MEET_DIFFERS);
    const int32_t groups = brc_meet_groups(meeting, &g, &more);
    assert_int_equal(groups, rank == 3 ? 1 : 2);
    assert_int_equal(g[groups - 1].kind, 8);
    assert_string_equal(g[groups - 1].text, "its end");
}

int main(void)
{
    brc_comm* comm = join_ranks();
    if (brc_meeting_open(comm, &meeting) != BRC_OK) return fprintf(stderr, "%s\n", brc_last_error()), 1;
    rank = brc_comm_rank(comm), size = brc_comm_size(comm);
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_same), cmocka_unit_test(different), cmocka_unit_test(late),
                                       cmocka_unit_test(gone)};
    const int failures = cmocka_run_group_tests_name("meet", tests, NULL, NULL);
    if (!failures) brc_meeting_close(meeting);
    return leave_ranks(comm, failures);
}
