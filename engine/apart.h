// apart.h -- work in a process of its own, for libraries that a malformed file may bring down or keep for ever (assimp,
// HDF5): what happens there cannot harm the run. The child process does the work and sends what it found; the caller
// takes it from there.
#ifndef BRC_APART_H
#define BRC_APART_H
#include "base.h"

typedef struct brc_channel brc_channel;
typedef struct brc_apart {
    const char* what; // "cannot read mesh 'a.stl'": begins the message when the child dies
    brc_status (*work)(void* task, brc_channel* to);   // in the child; its error text reaches the caller
    brc_status (*take)(void* task, brc_channel* from); // in the caller, at the same time
    void* task;
    double seconds;  // of processor time for the work
    uint64_t memory; // [bytes] that it may allocate
} brc_apart;

// The status of the work, or of the taking when only that failed.
brc_status brc_apart_run(const brc_apart* a);
// BRC_ERR_FILE when the other side is gone; the reason is known at the end of brc_apart_run.
brc_status brc_apart_send(brc_channel* to, const void* data, size_t size);
brc_status brc_apart_receive(brc_channel* from, void* data, size_t size);

// A process that stays, and answers one question after another about what only it has open.
typedef struct brc_helper brc_helper;
typedef struct brc_helper_def {
    const char* what; // "cannot read 'a.vtkhdf'"; must last as long as the helper
    // In the child. *data, from brc_alloc, is freed by the helper.
    brc_status (*answer)(void* task, const void* question, void** data, size_t* size);
    void* task;
    size_t question; // [bytes] of each question
    double seconds;  // of processor time for each
    uint64_t memory; // [bytes] that it may allocate in all
} brc_helper_def;
brc_status brc_helper_start(const brc_helper_def* def, brc_helper** out);
// The status of the answer. *size: the most bytes that are taken, then how many came. They go to `room`, or, where that
// is NULL, to memory of their own, *out, for brc_free.
brc_status brc_helper_ask(brc_helper* h, const void* question, void* room, void** out, size_t* size);
void brc_helper_end(brc_helper* h); // NULL is fine

// Work done in the caller's own process: for the fuzzer, which wants to see the branches that it takes.
extern bool brc_apart_here;

#endif
