// law_check.h -- random contacts and coefficients for the tests of contact laws: every size and speed, and the edges.
#ifndef LAW_CHECK_H
#define LAW_CHECK_H
#include "check.h"
#include "law.h"

enum { PAIRS = 9, HISTORY = 24, COEFFICIENTS = 48 };

static inline double decades(double lo, double hi) // no pow: the same numbers with every C library
{
    int a, b;
    frexp(lo, &a), frexp(hi, &b);
    int e = a + (int)uniform(0, b - a + 1); // before x: arguments have no order
    double x = ldexp(uniform(0.5, 1), e);
    return fmin(fmax(x, lo), hi);
}
static inline int chance(double p) { return uniform(0, 1) < p; }

typedef struct contact {
    double in[BRC_IN_COUNT], history[HISTORY];
} contact;

static inline void put(double* row, double scale, double zero) // a vector of random direction
{
    double v[3], size = 0;
    for (int k = 0; k < 3; k++) v[k] = uniform(-1, 1), size += v[k] * v[k];
    for (int k = 0; k < 3; k++) row[k] = chance(zero) ? 0 : v[k] / sqrt(size) * scale;
}

static inline contact random_contact(const brc_law* law)
{
    contact c;
    double R1 = decades(1e-5, 1e-1), wall = chance(0.2), R2 = wall ? 0 : R1 * decades(0.1, 10);
    double R = wall ? R1 : R1 * R2 / (R1 + R2), speed = decades(1e-6, 10);
    if (chance(0.1))
        for (int k = 0; k < 3; k++) c.in[BRC_IN_NX + k] = k == 2 ? (chance(0.5) ? 1 : -1) : 0;
    else put(&c.in[BRC_IN_NX], 1, 0);
    c.in[BRC_IN_OVERLAP] = R * (chance(0.05) ? 1e-12 : decades(1e-7, 0.2));
    put(&c.in[BRC_IN_VX], chance(0.1) ? 0 : speed, 0.1);
    put(&c.in[BRC_IN_WX], chance(0.1) ? 0 : speed / R, 0.1);
    put(&c.in[BRC_IN_UX], chance(0.1) ? 0 : speed, 0.1);
    put(&c.in[BRC_IN_QX], chance(0.1) ? 0 : speed / R, 0.1);
    c.in[BRC_IN_R] = R;
    c.in[BRC_IN_M] = 4.2 * 2500 * R * R * R;
    c.in[BRC_IN_R1] = R1;
    c.in[BRC_IN_R2] = R2;
    put(&c.in[BRC_IN_SX], chance(0.1) ? 0 : speed / R, 0.1);
    c.in[BRC_IN_M1] = 4.2 * 2500 * R1 * R1 * R1;
    c.in[BRC_IN_M2] = 4.2 * 2500 * R2 * R2 * R2;
    for (int k = BRC_IN_FIELDS; k < BRC_IN_SX; k++) c.in[k] = chance(0.2) ? 293.15 : uniform(250, 400);
    double slip = chance(0.2) ? 0 : c.in[BRC_IN_OVERLAP] * decades(1e-4, 10);
    for (int k = 0; k + 2 < law->info.history_count; k += 3) put(&c.history[k], slip, 0.1);
    for (int k = 0; k < law->info.history_count; k++) // a beam has a length
        if (!strcmp(law->info.history[k], "rest")) c.history[k] = c.in[BRC_IN_OVERLAP] * uniform(-1, 1);
    if (chance(0.05)) // along the normal: nothing is left in the plane
        for (int k = 0; k < 3 && k < law->info.history_count; k++) c.history[k] = slip * c.in[BRC_IN_NX + k];
    return c;
}

static inline double random_coefficient(const char* name)
{
    if (strcmp(name, "E") == 0 || strcmp(name, "G") == 0) return decades(1e6, 1e11);
    if (strcmp(name, "kn") == 0 || strcmp(name, "kt") == 0) return decades(1e2, 1e6);
    if (strcmp(name, "radius") == 0) return chance(0.3) ? 0 : decades(1e-5, 1e-2);
    if (strcmp(name, "tensile") == 0 || strcmp(name, "shear_strength") == 0) return decades(1e3, 1e9);
    if (strcmp(name, "floor") == 0) return chance(0.3) ? -1e30 : 0;
    return chance(0.1) ? 0 : uniform(0, 1);
}

#endif
