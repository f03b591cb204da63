// insert_region.h -- the space that an inserter may use: volume, how deep a point lies inside, and uniform points for
// spheres that must be whole inside. Along a periodic axis that the region spans there is no boundary to keep away
// from.
#ifndef BRC_INSERT_REGION_H
#define BRC_INSERT_REGION_H
#include "base.h"

typedef struct brc_place {
    int32_t kind;
    vec3 lo, hi;     // [m] bounding box
    double wrap[3];  // [m] period of the axes that the region spans, 0: not
    vec3 from, axis; // sphere: centre; cylinder, cone: first end and unit vector along the axis
    vec3 side[2];    // unit vectors normal to the axis and to each other
    double length;   // [m] of the axis
    double radius, radius2;
    double cosine; // cone: of half its opening angle
    bool endless;  // cylinder along a periodic axis
} brc_place;

brc_status brc_region_check(const brc_region* region, const char* what); // finite numbers, sizes > 0
// Checks the region against the domain too, and finds the axes that it spans.
brc_status brc_place_make(const brc_region* region, vec3 lo, vec3 hi, const int32_t periodic[3], const char* what,
                          brc_place* out);
double brc_place_volume(const brc_place* place);        // [m^3]
double brc_place_depth(const brc_place* place, vec3 x); // [m] distance to the boundary, negative outside
bool brc_place_sound(const brc_place* place);           // of one that comes from a file
double brc_place_largest(const brc_place* place);       // [m] radius of the largest sphere that fits
// A point uniform in the part of the region where a sphere is whole inside, from three uniform numbers in [0, 1).
// The sphere must not be larger than brc_place_largest.
vec3 brc_place_point(const brc_place* place, double radius, const double u[3]);
vec3 brc_place_wrap(const brc_place* place, vec3 x); // into the period, for points at most one period outside

#endif
