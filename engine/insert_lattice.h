// insert_lattice.h -- the sites of a regular lattice in a region, for spheres of one size.
#ifndef BRC_INSERT_LATTICE_H
#define BRC_INSERT_LATTICE_H
#include "insert_region.h"

// Finds sites, x fastest, then y, then z, until there are `count`; returns how many were found.
// hexagonal: 1 close packed (rows along x, layers along z), 0 simple cubic. The lattice begins in the region's lower
// corner.
int64_t brc_lattice_sites(const brc_place* place, int hexagonal, double spacing, double radius, int64_t count,
                          double* x);

#endif
