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

// Work done in the caller's own process: for the fuzzer, which wants to see the branches that it takes.
extern bool brc_apart_here;

#endif
