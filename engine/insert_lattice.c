// insert_lattice.c -- simple cubic and hexagonal close packed sites.
#include "insert_lattice.h"
#include <math.h>

// Lengths that are whole multiples of the spacing in decimals are not so in binary: one part in 1e9 more is taken as
// enough.
static const double slack = 1e-9;

// Number of planes `step` apart that fit. `close` is how near planes with the same offset may be, where offsets
// alternate: in a period an odd number of them brings two equal ones together.
static int64_t planes(double length, double period, double radius, double step, double close)
{
    if (!(period > 0)) return (int64_t)floor((length - 2 * radius) / step + slack) + 1;
    int64_t n = (int64_t)floor(period / step + slack);
    double gap = period - (double)(n - 1) * step;
    if (n % 2 == 1 && n > 1 && gap < close * (1 - slack)) n--;
    return n;
}

int64_t brc_lattice_sites(const brc_place* p, int hexagonal, double spacing, double radius, int64_t count, double* x)
{
    double row = hexagonal ? spacing * sqrt(0.75) : spacing, layer = hexagonal ? spacing * sqrt(2.0 / 3) : spacing;
    double close = hexagonal ? spacing : 0;
    int64_t n[3] = {planes(p->hi.x - p->lo.x, p->wrap[0], radius, spacing, 0),
                    planes(p->hi.y - p->lo.y, p->wrap[1], radius, row, close),
                    planes(p->hi.z - p->lo.z, p->wrap[2], radius, layer, close)};
    int64_t found = 0;
    for (int64_t k = 0; k < n[2]; k++)
        for (int64_t j = 0; j < n[1]; j++)
            for (int64_t i = 0; i < n[0]; i++) {
                double along = hexagonal ? 0.5 * (double)((j + k) % 2) : 0,
                       across = hexagonal ? (double)(k % 2) / 3 : 0;
                vec3 at = v3(((double)i + along) * spacing, ((double)j + across) * row, (double)k * layer);
                at = brc_place_wrap(p, v3_add(v3_add(p->lo, v3(radius, radius, radius)), at));
                if (!(brc_place_depth(p, at) >= radius * (1 - slack))) continue;
                v3_to(&x[3 * found++], at);
                if (found == count) return found;
            }
    return found;
}
