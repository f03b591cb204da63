// law.h -- what a contact law looks like to the engine: a function over a block of touching contacts, structure of
// arrays. The functions are generated from scripts/laws/*.lua, once per instruction set and precision.
#ifndef BRC_LAW_H
#define BRC_LAW_H
#include "barchan.h"

/*@cdef-begin*/
// The inputs of a law, in this order; rows of `in`. "First" is the particle with the lower id; a wall is always second.
enum {
    BRC_IN_OVERLAP, // [m] > 0
    BRC_IN_NX,
    BRC_IN_NY,
    BRC_IN_NZ, // unit normal from the second to the first
    BRC_IN_VX,
    BRC_IN_VY,
    BRC_IN_VZ, // [m/s] velocity of the first relative to the second at the contact point
    BRC_IN_WX,
    BRC_IN_WY,
    BRC_IN_WZ, // [rad/s] angular velocity of the first minus that of the second
    BRC_IN_UX,
    BRC_IN_UY,
    BRC_IN_UZ, // [m/s] as VX, mean over the step: times dt it is the displacement of the step
    BRC_IN_QX,
    BRC_IN_QY,
    BRC_IN_QZ, // [rad/s] as WX, mean over the step
    BRC_IN_R,  // [m]  R1 R2 / (R1 + R2)
    BRC_IN_M,  // [kg] m1 m2 / (m1 + m2)
    BRC_IN_R1,
    BRC_IN_R2, // [m]  radii; R2 of a wall is 0: laws use R
    BRC_IN_M1,
    BRC_IN_M2,     // [kg] masses; M2 of a wall is 0: laws use M
    BRC_IN_FIELDS, // the law's j-th particle field: rows BRC_IN_FIELDS + 2 j (first) and + 2 j + 1 (second)
    BRC_IN_F0A = BRC_IN_FIELDS,
    BRC_IN_F0B,
    BRC_IN_F1A,
    BRC_IN_F1B,
    BRC_IN_F2A,
    BRC_IN_F2B,
    BRC_IN_F3A,
    BRC_IN_F3B,
    BRC_IN_SX, // [rad/s] mean angular velocity of the two, over the step
    BRC_IN_SY,
    BRC_IN_SZ,
    BRC_IN_COUNT
};
// The outputs: force and extra moment on the first; the second gets the opposite of both.
enum {
    BRC_OUT_FX,
    BRC_OUT_FY,
    BRC_OUT_FZ,
    BRC_OUT_MX,
    BRC_OUT_MY,
    BRC_OUT_MZ,
    BRC_OUT_FLUX, // + j: what flows into the first's j-th field per second; out of the second's
    BRC_OUT_FLUX0 = BRC_OUT_FLUX,
    BRC_OUT_FLUX1,
    BRC_OUT_FLUX2,
    BRC_OUT_FLUX3,
    BRC_OUT_COUNT
};
enum { BRC_MAX_LAW_FIELDS = 4 };
enum { BRC_UNIFORM_DT, BRC_UNIFORM_TIME, BRC_UNIFORM_COUNT }; // one value for the block: dt [s], time [s]

// A block holds at most this many contacts. Every row has room up to the next multiple of 16 and is aligned to 64
// bytes.
enum { BRC_BLOCK = 64 };
/*@cdef-end*/

// n: contacts; pair[i]: index into the coefficient rows; P: coefficient rows [coefficient][pair_count]; uniform: by
// BRC_UNIFORM_*. in, history, out: rows; of `in` only those are filled that info.inputs names, of the fluxes only those
// are read that info.fluxes names. history is updated in place. All numbers are float (mixed) or double. Contacts n ..
// the next multiple of 16 hold harmless copies: the law may compute them too.
typedef void (*brc_law_f32)(int n, const float* const* in, float* const* history, float* const* out, const float* P,
                            int pair_count, const int32_t* pair, const float* uniform);
typedef void (*brc_law_f64)(int n, const double* const* in, double* const* history, double* const* out, const double* P,
                            int pair_count, const int32_t* pair, const double* uniform);

typedef struct brc_law {
    brc_law_info info;
    brc_law_f32 f32[4]; // by instruction set: 1 SSE2, 2 AVX2, 3 AVX-512; [0] is not used
    brc_law_f64 f64[4];
} brc_law;
extern const brc_law brc_laws[];
extern const int32_t brc_law_total;

#endif
