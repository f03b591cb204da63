// insert_fill.h -- random places for many spheres at once, none overlapping another or what is already there.
#ifndef BRC_INSERT_FILL_H
#define BRC_INSERT_FILL_H
#include "insert.h"
#include "insert_region.h"

typedef struct brc_fill {
    const brc_place* place;
    const brc_insert_host* host;
    uint64_t seed;
    int64_t count;        // <= INT32_MAX
    const double* radius; // [m] [count]
    int64_t tries;        // in all; what is not used for one sphere is left for the others
    double* x;            // [m] out: [count][3]
    int64_t placed;       // out: count, or how many found room, largest first
    double volume;        // [m^3] out: of those
    double radius_left;   // [m] out: radius of the first that found none
    bool full;            // out: it was shown that no room for it is left
} brc_fill;
// BRC_OK also when not all found room: see `placed`.
brc_status brc_fill_run(brc_fill* fill);

#endif
