// arith.h -- the one arithmetic: grid doubles, the run's precision, and rounding that every back end repeats bit for
// bit.
//
// A grid double is an exact multiple of a power-of-two quantum q with magnitude below 2^51 q. Differences and sums of
// grid doubles are exact while they stay below 2^52 q, so their order cannot matter. Compiled with -ffp-contract=off.
#ifndef BRC_ARITH_H
#define BRC_ARITH_H
#include <math.h>
#include <stdint.h>

// BRC_PRICE_OF_BITS builds an engine without the promise of the same bits, to measure what the promise costs
// (scripts/bench price): 2 leaves out the rounding to grids in the kernels and the guards of the range that exact sums
// need; 1 is a matter of the compiler's options (CMakeLists.txt).
#ifndef BRC_PRICE_OF_BITS
#define BRC_PRICE_OF_BITS 0
#endif
enum { BRC_GRIDS = !(BRC_PRICE_OF_BITS & 2) };

typedef struct brc_grid {
    double quantum; // a power of two
    double magic;   // 1.5 * 2^52 * quantum: adding and subtracting it rounds to a multiple of the quantum, ties to even
    double limit;   // 2^51 * quantum: largest magnitude that the grid represents
} brc_grid;

static inline brc_grid brc_grid_from_exponent(int exponent)
{
    brc_grid g = {ldexp(1, exponent), ldexp(1.5, exponent + 52), ldexp(1, exponent + 51)};
    return g;
}
// The finest grid that holds +-range.
static inline brc_grid brc_grid_for(double range)
{
    int e;
    (void)frexp(range, &e); // range <= 2^e
    return brc_grid_from_exponent(e - 51);
}
static inline double brc_grid_round(brc_grid g, double x) // |x| < limit
{
    volatile double t =
        x + g.magic; // volatile only keeps a compiler with unsafe options honest; the hot loops use the bare form
    return t - g.magic;
}

#endif
