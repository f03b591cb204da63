// region.h -- what measures ask of a region (insert_region.h): how much of a sphere and how much of a line lies inside.
#ifndef BRC_REGION_H
#define BRC_REGION_H
#include "insert_region.h"

// [m^3] of the sphere inside the region. Boxes and spheres: closed forms (rounding, below 1e-14 of the sphere's
// volume); cylinders and cones: quadrature along the axis, below 1e-11 of the sphere's volume.
double brc_place_overlap(const brc_place* place, vec3 centre, double radius);
// Share of the line from a to b that lies inside, 0 to 1.
double brc_place_share(const brc_place* place, vec3 a, vec3 b);

// Images of what lies within `reach` of x that may reach into the region: the shifts by periods; returns their number.
// edge: lx, ly, lz, xy, xz, yz, lengths 0 where not periodic (sim_cell). In a tilted cell brc_place_tilt comes first.
enum { BRC_PLACE_IMAGES = 45 };
int brc_place_images(const brc_place* place, const double edge[6], vec3 x, double reach, vec3 shift[BRC_PLACE_IMAGES]);
// Gives a place its faces back along an axis that it spans while images beyond that axis lie shifted along one that it
// does not span.
void brc_place_tilt(brc_place* place, const double edge[6]);

#endif
