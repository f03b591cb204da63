// apart_test.c -- work in a process of its own: what it sends arrives, and nothing that it dies of reaches the caller.
#include "apart.h"
#include "check.h"
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SENDS, REFUSES, CRASHES, ABORTS, SPINS, GROWS, LEAVES, SENDS_LITTLE, LISTENER_REFUSES, IS_SIGNALLED };
static const size_t many = 3000000; // more than a pipe holds

static brc_status work(void* task, brc_channel* to)
{
    const int what = *(const int*)task;
    char piece[1000];
    memset(piece, what, sizeof piece);
    if (what == REFUSES) BRC_CHECK(false, BRC_ERR_GUARD, "no such thing as %d", what);
    if (what == CRASHES) raise(SIGSEGV);
    if (what == ABORTS) abort();
    for (volatile int spin = 1; what == SPINS && spin;) {
    }
    for (int k = 0; what == GROWS; k++) { // until there is no more, which no reader survives
        volatile char* p = malloc(1 << 20);
        if (!p) _exit(9);
        for (int i = 0; i < 1 << 20; i += 4096) p[i] = 1;
        if (k > 2000) BRC_CHECK(false, BRC_ERR_GUARD, "2 GB were to be had");
    }
    if (what == LEAVES) _exit(0);
    if (what == IS_SIGNALLED) raise(SIGINT), raise(SIGTERM), raise(SIGUSR1);
    for (size_t n = what == SENDS_LITTLE ? many - 1000 : many; n > 0; n -= sizeof piece)
        BRC_TRY(brc_apart_send(to, piece, sizeof piece));
    return BRC_OK;
}

static char* received;

static brc_status take(void* task, brc_channel* from)
{
    BRC_TRY(brc_apart_receive(from, received, many / 2));
    if (*(const int*)task == LISTENER_REFUSES) BRC_CHECK(false, BRC_ERR_MEMORY, "no more room");
    return brc_apart_receive(from, received + many / 2, many / 2);
}

static brc_status run(int what)
{
    const brc_apart a = {"cannot read 'this'", work, take, &what, 1, 1 << 28};
    return brc_apart_run(&a);
}

static void what_is_sent_arrives(void** state)
{
    (void)state;
    for (int here = 0; here < 2; here++) {
        brc_apart_here = here;
        received = calloc(1, many);
        OK(run(SENDS));
        for (size_t i = 0; i < many; i++) assert_int_equal(received[i], SENDS);
        REFUSED(run(SENDS_LITTLE), BRC_ERR_FILE, "less than was announced");
        REFUSED(run(REFUSES), BRC_ERR_GUARD, "no such thing as 1 [apart_test.c:");
        REFUSED(run(LISTENER_REFUSES), BRC_ERR_MEMORY, "no more room [apart_test.c:");
        free(received);
    }
    brc_apart_here = false;
}

static void what_dies_there_stays_there(void** state)
{
    (void)state;
    received = calloc(1, many);
    REFUSED(run(CRASHES), BRC_ERR_FILE,
            "cannot read 'this': it is damaged: the library that reads it crashed (signal 11)");
    REFUSED(run(ABORTS), BRC_ERR_FILE, "crashed (signal 6)");
    REFUSED(run(LEAVES), BRC_ERR_FILE, "gave up");
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    REFUSED(run(SPINS), BRC_ERR_FILE, "takes more than 1 s of processor time");
    clock_gettime(CLOCK_MONOTONIC, &b);
    EXPECT(b.tv_sec - a.tv_sec >= 1, "it was let spin for %ld s", (long)(b.tv_sec - a.tv_sec));
    free(received);
}

// A terminal or a queue signals all processes of a run; what comes of that is up to the one that asked.
static void signals_to_the_run_do_not_end_it(void** state)
{
    (void)state;
    received = calloc(1, many);
    OK(run(IS_SIGNALLED));
    EXPECT(received[many - 1] == IS_SIGNALLED, "%d arrived", received[many - 1]);
    free(received);
}

static void memory_is_limited(void** state)
{
    (void)state;
    received = calloc(1, many);
    REFUSED(run(GROWS), BRC_ERR_FILE, "it is damaged");
    free(received);
}

static void nothing_is_left(void** state)
{
    (void)state;
    errno = 0;
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    int free_one = dup(0);
    EXPECT(free_one < 10, "descriptor %d: pipes were left open", free_one);
    close(free_one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sent_arrives),
        cmocka_unit_test(what_dies_there_stays_there),
        cmocka_unit_test(signals_to_the_run_do_not_end_it),
        cmocka_unit_test(memory_is_limited),
        cmocka_unit_test(nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
