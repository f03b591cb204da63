// sizes.h -- radii of new particles, drawn from a distribution: a pure function of (seed, index).
#ifndef BRC_SIZES_H
#define BRC_SIZES_H
#include "base.h"

typedef struct brc_size_source {
    int32_t kind;
    double min, max;  // [m] no radius is outside
    double mean, sd;  // normal: [m]; lognormal: of log(radius / m)
    double low, high; // normal, lognormal: the cuts in standard deviations from the mean
    int32_t count;    // discrete: sizes; table: segments
    int32_t by_mass;  // table: within a segment equal mass, not equal number, falls on equal intervals of radius
    double* radius;   // discrete: [count]; table: [count + 1]
    double* share;    // cumulative share by number, rising to 1 [count]
} brc_size_source;

// Checks the definition and copies what it points to. `what` begins the error texts.
brc_status brc_sizes_make(const brc_sizes* def, const char* what, brc_size_source* out);
bool brc_sizes_sound(const brc_size_source* source); // of one that comes from a file
void brc_sizes_free(brc_size_source* source);
double brc_sizes_draw(const brc_size_source* source, uint64_t seed, uint64_t index); // [m]

#endif
