// insert_crowd.h -- the spheres that an inserter has placed but not yet handed over: "does a sphere here overlap one of
// them". A hash of cells for each factor of two in radius, so that small and large spheres both meet few candidates.
#ifndef BRC_INSERT_CROWD_H
#define BRC_INSERT_CROWD_H
#include "base.h"

enum {
    BRC_CROWD_LEVELS = 12, // radii down to 2^-12 of the largest have cells of their own size
    BRC_CROWD_NEAR = 128   // equal spheres: about 40 are near a voxel of their radius
};

typedef struct brc_crowd_sphere {
    vec3 x;
    double radius;
    int32_t next; // in the same bucket, -1: last
} brc_crowd_sphere;

typedef struct brc_crowd_level {
    double radius;     // [m] largest on this level
    double inverse[3]; // [1/m] cells per length
    int64_t cells[3];  // along a period; 0: unbounded
    int32_t* head;     // first sphere of each bucket, -1: none; NULL: level not used yet
    int32_t buckets;   // a power of two
    int32_t count;
} brc_crowd_level;

typedef struct brc_crowd {
    vec3 origin;
    double wrap[3]; // [m] period, 0: none
    double radius;  // [m] largest
    brc_crowd_level level[BRC_CROWD_LEVELS];
    brc_crowd_sphere* sphere;
    int32_t count, capacity;
} brc_crowd;

void brc_crowd_init(brc_crowd* crowd, vec3 origin, const double wrap[3], double radius_max);
void brc_crowd_free(brc_crowd* crowd);
void brc_crowd_clear(brc_crowd* crowd); // keeps the memory
brc_status brc_crowd_add(brc_crowd* crowd, vec3 x, double radius);
// A sphere of the crowd that overlaps a sphere of this radius wherever its centre is in the box x +- half; -1: none.
// half = 0: a sphere that overlaps it at x.
int32_t brc_crowd_blocker(const brc_crowd* crowd, vec3 x, vec3 half, double radius);
// The spheres that may overlap a sphere of this radius with its centre in the box x +- half, perhaps some of them
// twice. Returns how many; more than BRC_CROWD_NEAR: the list holds only the first of them.
int32_t brc_crowd_near(const brc_crowd* crowd, vec3 x, vec3 half, double radius, int32_t list[BRC_CROWD_NEAR]);
bool brc_crowd_blocks(const brc_crowd* crowd, int32_t sphere, vec3 x, vec3 half, double radius); // this one?

#endif
