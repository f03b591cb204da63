// kernels.c -- the arithmetic of a step: kick-drift, contacts and forces, kick. Compiled once per precision and
// instruction set; every variant gives the same bits, because each operation is written out, contraction is off, and
// sums lie on grids.
#include "rows.h"
#include "sim.h"
#include <math.h>
#include <string.h>

#if BRC_PRECISION == 32
#define REAL float
#define SQRT(x) sqrtf(x)
#define ABS(x) fabsf(x)
#define R4(operation) f4_##operation
#define LAW_FUNCTION(law) (law)->f32[BRC_ISA]
#define LAW_TYPE brc_law_f32
#define R8(operation) f8_##operation
#define R16(operation) f16_##operation
#define COLUMN(operation) F_COLUMN(operation)
#define D8_OF d8_of_f8
#define OF_D8 f8_of_d8
enum { ROWS = F_ROWS }; // that are turned at once
#else
#define REAL double
#define SQRT(x) sqrt(x)
#define ABS(x) fabs(x)
#define R4(operation) d4_##operation
#define LAW_FUNCTION(law) (law)->f64[BRC_ISA]
#define LAW_TYPE brc_law_f64
#define R8(operation) d8_##operation
#define R16(operation) d16_##operation
#define COLUMN(operation) D_COLUMN(operation)
#define D8_OF d8_of_d8
#define OF_D8 d8_of_d8
enum { ROWS = D_ROWS };
#endif
#define PREFETCH(p) BRC_PREFETCH(p)
// Of short loops over arrays that are to be registers.
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define UNROLL _Pragma("GCC unroll 16")
#else
#define UNROLL
#endif
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define BRC_LAW_NAME(name) PASTE(name, BRC_KERNEL_SUFFIX)
#include "laws.inc"

#include "kernels_motion.h"
#include "kernels_cell.h"
#include "kernels_block.h"
#include "kernels_pairs.h"
#include "kernels_walls.h"
#include "kernels_bonds.h"
#include "kernels_search.h"

_Static_assert(sizeof(block) <= (1u << 17), "simulation.c gives each worker this much");

const brc_kernels* PASTE(brc_kernels, BRC_KERNEL_SUFFIX)(void)
{
    static const brc_kernels table = {kick_drift, kick_drift_cell, pairs, pairs_border, pairs_inside, pairs_on, search,
                                      pick,       walls,           bonds, kick};
    return &table;
}
