// region.h -- what measures ask of a region (insert_region.h): how much of a sphere and how much of a line lies inside.
#ifndef BRC_REGION_H
#define BRC_REGION_H
#include "insert_region.h"

// [m^3] of the sphere inside the region. Boxes and spheres: closed forms (rounding, below 1e-14 of the sphere's
// volume); cylinders and cones: quadrature along the axis, below 1e-11 of the sphere's volume.
double brc_place_overlap(const brc_place* place, vec3 centre, double radius);
// Share of the line from a to b that lies inside, 0 to 1.
double brc_place_share(const brc_place* place, vec3 a, vec3 b);

// The shifts by periods under which something within `reach` of x may lie in the region; returns their number.
enum { BRC_PLACE_IMAGES = 27 };
int brc_place_images(const brc_place* place, const double length[3], vec3 x, double reach,
                     vec3 shift[BRC_PLACE_IMAGES]);

#endif
