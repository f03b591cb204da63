// rank_check.h -- begin and end of a program of tests that mpirun runs on several ranks.
#ifndef BRC_RANK_CHECK_H
#define BRC_RANK_CHECK_H
#include "comm.h"
#include <stdio.h>
#include <stdlib.h>

// All ranks of this program, as many as TEST_RANKS says: one that ran three times alone would pass too. Ends the
// program with 1 when they do not find each other.
static inline brc_comm* join_ranks(void)
{
    char library[4096] = "";
    const char *stage = getenv("BARCHAN_STAGE"), *wanted = getenv("TEST_RANKS");
    brc_comm* world;
    snprintf(library, sizeof library, "%s/lib/lua/5.1/barchan/mpi.so", stage ? stage : "");
    if (brc_comm_world(library, &world) != BRC_OK) {
        fprintf(stderr, "%s\n", brc_last_error());
        exit(1);
    }
    if (wanted && atoi(wanted) != world->size) {
        fprintf(stderr, "%d ranks, not %s\n", (int)world->size, wanted);
        exit(1);
    }
    return world;
}

// Leaks are looked for before MPI ends: then it is still known which are those of its own libraries
// (tests/tools/ranks.supp). Without the sanitizer this does nothing.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
#define CHECK_LEAKS() __lsan_do_leak_check()
#endif
#endif
#ifndef CHECK_LEAKS
#define CHECK_LEAKS() ((void)0)
#endif

// Answers the exit code of a rank with so many failed tests.
static inline int leave_ranks(brc_comm* world, int failed)
{
    if (failed) brc_comm_abort(world, 1); // the others would wait for this rank
    CHECK_LEAKS();
    brc_comm_destroy(world);
    return failed;
}
#endif
