// compute.h -- steps of a simulation on a device instead of the processor: the same bits, in batches without the host.
#ifndef BRC_COMPUTE_H
#define BRC_COMPUTE_H
#include "barchan.h"
#include <stdbool.h>

typedef struct brc_device brc_device; // what a simulation has on its device; NULL: it runs on the processor

brc_status brc_device_make(int32_t number, brc_device** out); // number: as brc_sim_device
void brc_device_free(brc_device* device);
void brc_device_which(const brc_device* device, brc_device_info* out);
// As brc_sim_steps, from and to states between two steps. What the back end does not know is refused before anything
// has changed.
brc_status brc_device_steps(brc_sim* s, int64_t count, int64_t* done);
// A step up to its hooks; *there: on the device, else the processor has to begin it. And from there to its end.
brc_status brc_device_begin(brc_sim* s, bool* there);
brc_status brc_device_end(brc_sim* s);
brc_status brc_device_meet(brc_sim* s);    // before the end: where a rank has its state here, all get theirs
brc_status brc_device_refused(brc_sim* s); // after the end: the device can do no more, the processor has ended it
void brc_device_stay(brc_device* device, bool stays); // the state may stay there after steps
bool brc_device_is_away(const brc_sim* s);            // and has: the arrays here are older
bool brc_device_is_halfway(const brc_sim* s);         // it is there in the middle of a step
brc_status brc_device_home(brc_sim* s);               // brings it here, also in the middle of a step
brc_status brc_device_home_all(brc_sim* s);           // by all ranks, or up to there on their processors
brc_status brc_device_pose(brc_sim* s, int32_t wall, const double pose[13]); // is set next, as brc_wall_pose_set
brc_status brc_device_field(brc_sim* s, brc_field* f, bool write);           // the columns of one field only
typedef struct brc_device_state {                                            // for benchmarks and tests
    int64_t memory, most;          // [bytes] of its buffers, and the most there have been at once
    int64_t entries;               // candidates in its rows
    int64_t redone;                // steps that the processor has done instead, because the device had to stop in them
    int64_t states, fetched, sent; // whole states there or back; single columns back, there
    double skin;                   // [m] of its rows
    int64_t detours;               // times that rows had to go over the host to be made anew
    int32_t levels;                // of cells, by the particles' size
    double cell, cells_begin[3];   // [m] the widest side of those of the largest; where they begin
} brc_device_state;
void brc_device_look(const brc_device* device, brc_device_state* out);
// For tests: the submit after so many others fails as if the device were gone; losses before it do not count.
void brc_device_lose_after(brc_device* device, int64_t submits);

#endif
