// fixedmath.h -- exp, log, pow, sin, cos, atan2 with the same bits on every machine: only + - * / and integer
// operations, no libm (whose variants differ between processors). brc_exp and its kin in barchan.h are these. Errors
// below 1 ulp or so; the unit test measures them against long double.
#ifndef BRC_FIXEDMATH_H
#define BRC_FIXEDMATH_H
#include "barchan.h"
#endif
