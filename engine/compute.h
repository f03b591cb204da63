// compute.h -- steps of a simulation on a device instead of the processor: the same bits, in batches without the host.
#ifndef BRC_COMPUTE_H
#define BRC_COMPUTE_H
#include "barchan.h"
#include <stdbool.h>

typedef struct brc_device brc_device; // what a simulation has on its device; NULL: it runs on the processor

brc_status brc_device_make(int32_t number, brc_device** out); // number: as brc_sim_device
void brc_device_free(brc_device* device);
// As brc_sim_steps, from and to states between two steps. What the back end does not know is refused before anything
// has changed.
brc_status brc_device_steps(brc_sim* s, int64_t count, int64_t* done);
typedef struct brc_device_state { // for benchmarks and tests
    int64_t memory, entries;      // [bytes] of its buffers; candidates in its rows
    int64_t redone;               // steps that the processor has done instead, because the device had to stop in them
} brc_device_state;
void brc_device_look(const brc_device* device, brc_device_state* out);
// For tests: the submit after so many others fails as if the device were gone.
void brc_device_lose_after(brc_device* device, int64_t submits);

#endif
