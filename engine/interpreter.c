// interpreter.c -- the block interpreter: each instruction of a program is one vectorised loop over a block of rows.
// Compiled once per precision and instruction set, like kernels.c; every variant gives the bits of the generated C,
// because each operation rounds by itself here as there. Instructions that join two or more operations save loads and
// stores, which is what an interpreter's time goes into; they round in between all the same.
#include "interpreter.h"
#include <math.h>

#if BRC_PRECISION == 32
#define REAL float
#define SQRT(x) sqrtf(x)
#define ABS(x) fabsf(x)
#else
#define REAL double
#define SQRT(x) sqrt(x)
#define ABS(x) fabs(x)
#endif
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#if defined(__GNUC__)
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#else
#define ALWAYS_INLINE static inline
#endif

enum { GROUP = 16 }; // rows are filled up to a multiple of this

// clang-format off
#define EACH(x)                                                                     \
    for (int j = 0; j < n; j += GROUP) {                                            \
        _Pragma("omp simd aligned(to, a, b, c, d, e, f : 64)")                      \
        for (int i = j; i < j + GROUP; i++) to[i] = (x);                            \
    }                                                                               \
    break
#define EACH_CALL(x)                                                                \
    for (int i = 0; i < n; i++) to[i] = (REAL)(x); /* no vector form */             \
    break
#define OPERATION(name, x) case BRC_OP_##name: EACH(x);
#define CALL(name, x) case BRC_OP_##name: EACH_CALL(x);
// clang-format on
#define A a[i]
#define B b[i]
#define C c[i]
#define D d[i]
#define E e[i]
#define F f[i]

ALWAYS_INLINE void run(const brc_program* p, REAL* const* row, int n)
{
    const brc_instruction *next = p->instructions, *end = next + p->instruction_count;
    for (; next < end; next++) {
        REAL* to = row[next->to];
        const REAL *a = row[next->from[0]], *b = row[next->from[1]], *c = row[next->from[2]], *d = row[next->from[3]];
        const REAL *e = row[next->from[4]], *f = row[next->from[5]];
        switch (next->op) {
#include "operations.def"
        default:
            break;
        }
    }
}

static void fill(REAL* row, REAL value)
{
#pragma omp simd aligned(row : 64)
    for (int i = 0; i < BRC_BLOCK; i++) row[i] = value;
}

void PASTE(brc_interpret, BRC_KERNEL_SUFFIX)(const brc_program* p, brc_registers* r, int n, const REAL* const* in,
                                             REAL* const* history, REAL* const* out, const REAL* P, int pair_count,
                                             const int32_t* pair, const REAL* uniform)
{
    n = (n + GROUP - 1) / GROUP * GROUP;
    REAL* row[BRC_PROGRAM_ROWS];
    int count = 0;
    for (int k = 0; k < p->inputs; k++) row[count++] = (REAL*)(uintptr_t)in[k]; // read only: brc_program_check
    for (int k = 0; k < p->history; k++) row[count++] = history[k];
    for (int k = 0; k < p->outputs; k++) row[count++] = out[k];
    REAL *rows = r->rows, *held = rows;
    const int held_count = p->uniforms + p->coefficients + p->constants;
    for (int k = 0; k < held_count + p->temporaries; k++) row[count++] = rows + (int64_t)BRC_BLOCK * k;

    for (int k = 0; k < p->uniforms; k++, held += BRC_BLOCK)
        if (r->fresh || held[0] != uniform[k]) fill(held, uniform[k]);
    const int32_t first = pair ? pair[0] : 0;
    int32_t differs = 0;
    if (pair) {
#pragma omp simd reduction(| : differs)
        for (int i = 0; i < n; i++) differs |= pair[i] ^ first;
    }
    if (differs) {
        for (int k = 0; k < p->coefficients; k++) {
            const REAL* coefficient = P + (int64_t)k * pair_count;
            REAL* to = held + (int64_t)BRC_BLOCK * k;
#pragma omp simd
            for (int i = 0; i < n; i++) to[i] = coefficient[pair[i]];
        }
        r->pair = -1;
    } else if (r->fresh || r->pair != first) {
        for (int k = 0; k < p->coefficients; k++)
            fill(held + (int64_t)BRC_BLOCK * k, P[(int64_t)k * pair_count + first]);
        r->pair = first;
    }
    held += (int64_t)BRC_BLOCK * p->coefficients;
    if (r->fresh)
        for (int k = 0; k < p->constants; k++) fill(held + (int64_t)BRC_BLOCK * k, (REAL)p->constant[k]);
    r->fresh = false;

    if (n == BRC_BLOCK) run(p, row, BRC_BLOCK); // most blocks: loops of known length
    else run(p, row, n);
}
