// law_parity_test.c -- every law gives the same bits on every instruction set, in blocks of one material pair and of
// several, and finite numbers at the edges: no velocity, no history, no friction, a slip along the normal, touching by
// a hair.
#include "law.h"
// clang-format off: cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTACTS = 100000, PAIRS = 9, HISTORY = 24, COEFFICIENTS = 48 };

// xorshift64*: the test must not depend on the C library's rand.
static uint64_t state = 88172645463325252u;
static double uniform(double lo, double hi)
{
    state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
    return lo + (hi - lo) * (double)((state * 2685821657736338717u) >> 11) * 0x1p-53;
}
static double decades(double lo, double hi) // no pow: the same numbers with every C library
{
    int a, b;
    frexp(lo, &a), frexp(hi, &b);
    int e = a + (int)uniform(0, b - a + 1); // before x: arguments have no order
    double x = ldexp(uniform(0.5, 1), e);
    return fmin(fmax(x, lo), hi);
}
static uint64_t hash_more(uint64_t hash, const void* p, size_t size) // FNV-1a
{
    for (const unsigned char* c = p; size-- > 0; c++) hash = (hash ^ *c) * 1099511628211u;
    return hash;
}
static int chance(double p) { return uniform(0, 1) < p; }

typedef struct contact {
    double in[BRC_IN_COUNT], history[HISTORY];
} contact;

static void put(double* row, double scale, double zero) // a vector of random direction
{
    double v[3], size = 0;
    for (int k = 0; k < 3; k++) v[k] = uniform(-1, 1), size += v[k] * v[k];
    for (int k = 0; k < 3; k++) row[k] = chance(zero) ? 0 : v[k] / sqrt(size) * scale;
}

static contact random_contact(const brc_law* law)
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

static double random_coefficient(const char* name)
{
    if (strcmp(name, "E") == 0 || strcmp(name, "G") == 0) return decades(1e6, 1e11);
    if (strcmp(name, "kn") == 0 || strcmp(name, "kt") == 0) return decades(1e2, 1e6);
    if (strcmp(name, "radius") == 0) return chance(0.3) ? 0 : decades(1e-5, 1e-2);
    if (strcmp(name, "tensile") == 0 || strcmp(name, "shear_strength") == 0) return decades(1e3, 1e9);
    if (strcmp(name, "floor") == 0) return chance(0.3) ? -1e30 : 0;
    return chance(0.1) ? 0 : uniform(0, 1);
}

#define DEFINE_TEST(T, F)                                                                                              \
    typedef struct {                                                                                                   \
        _Alignas(64) T in[BRC_IN_COUNT][BRC_BLOCK];                                                                    \
        _Alignas(64) T history[HISTORY][BRC_BLOCK];                                                                    \
        _Alignas(64) T out[BRC_OUT_COUNT][BRC_BLOCK];                                                                  \
        _Alignas(64) int32_t pair[BRC_BLOCK];                                                                          \
    } block_##F;                                                                                                       \
    static void call_##F(const brc_law* law, int isa, int n, block_##F* b, const T* P)                                 \
    {                                                                                                                  \
        const T* in[BRC_IN_COUNT];                                                                                     \
        T *history[HISTORY], *out[BRC_OUT_COUNT];                                                                      \
        for (int k = 0; k < BRC_IN_COUNT; k++) in[k] = b->in[k];                                                       \
        for (int k = 0; k < HISTORY; k++) history[k] = b->history[k];                                                  \
        for (int k = 0; k < BRC_OUT_COUNT; k++) out[k] = b->out[k];                                                    \
        const T now[BRC_UNIFORM_COUNT] = {(T)1e-6, (T)0.25};                                                           \
        law->F[isa](n, in, history, out, P, PAIRS, b->pair, now);                                                      \
    }                                                                                                                  \
    static void same_##F(const brc_law* law, const block_##F* a, const block_##F* b, int n, const char* what)          \
    {                                                                                                                  \
        for (int i = 0; i < n; i++)                                                                                    \
            for (int k = 0; k < BRC_OUT_COUNT + law->info.history_count; k++) {                                        \
                const T* x = k < BRC_OUT_COUNT ? &a->out[k][i] : &a->history[k - BRC_OUT_COUNT][i];                    \
                const T* y = k < BRC_OUT_COUNT ? &b->out[k][i] : &b->history[k - BRC_OUT_COUNT][i];                    \
                if (memcmp(x, y, sizeof(T)) != 0)                                                                      \
                    fail_msg("%s " #F " %s: result %d is %a against %a", law->info.name, what, k, (double)*x,          \
                             (double)*y);                                                                              \
                if (!isfinite(*x)) fail_msg("%s " #F ": result %d is %g", law->info.name, k, (double)*x);              \
            }                                                                                                          \
    }                                                                                                                  \
    static void parity_##F(void** unused)                                                                              \
    {                                                                                                                  \
        (void)unused;                                                                                                  \
        static block_##F start, first, other;                                                                          \
        static T P[COEFFICIENTS * PAIRS];                                                                              \
        int best = brc_isa_best();                                                                                     \
        for (int l = 0; l < brc_law_total; l++) {                                                                      \
            const brc_law* law = &brc_laws[l];                                                                         \
            assert_true(law->info.history_count <= HISTORY && law->info.coefficient_count <= COEFFICIENTS);            \
            int64_t done = 0;                                                                                          \
            uint64_t hash = 14695981039346656037u;                                                                     \
            while (done < CONTACTS) {                                                                                  \
                int n = 1 + (int)uniform(0, BRC_BLOCK), one = chance(0.5);                                             \
                for (int k = 0; k < law->info.coefficient_count * PAIRS; k++)                                          \
                    P[k] = (T)random_coefficient(law->info.coefficients[k / PAIRS]);                                   \
                int32_t pair = (int32_t)uniform(0, PAIRS);                                                             \
                for (int i = 0; i < BRC_BLOCK; i++) {                                                                  \
                    contact c = random_contact(law);                                                                   \
                    for (int k = 0; k < BRC_IN_COUNT; k++) start.in[k][i] = (T)c.in[k];                                \
                    for (int k = 0; k < law->info.history_count; k++) start.history[k][i] = (T)c.history[k];           \
                    start.pair[i] = one ? pair : (int32_t)uniform(0, PAIRS);                                           \
                }                                                                                                      \
                first = start;                                                                                         \
                call_##F(law, 1, n, &first, P);                                                                        \
                for (int isa = 2; isa <= best; isa++) {                                                                \
                    other = start;                                                                                     \
                    call_##F(law, isa, n, &other, P);                                                                  \
                    same_##F(law, &first, &other, n, isa == 2 ? "AVX2 and SSE2" : "AVX-512 and SSE2");                 \
                }                                                                                                      \
                if (one) { /* one contact of another pair sends the same contacts through the gathering loop */        \
                    other = start;                                                                                     \
                    other.pair[n - 1] = (pair + 1) % PAIRS;                                                            \
                    call_##F(law, 1, n, &other, P);                                                                    \
                    same_##F(law, &first, &other, n - 1, "one pair and several");                                      \
                }                                                                                                      \
                for (int k = 0; k < BRC_OUT_COUNT; k++) hash = hash_more(hash, first.out[k], (size_t)n * sizeof(T));   \
                done += n;                                                                                             \
            }                                                                                                          \
            printf("%s " #F ": %d contacts, instruction sets 1 to %d, bits %016" PRIx64 "\n", law->info.name,          \
                   (int)done, best, hash);                                                                             \
        }                                                                                                              \
    }
DEFINE_TEST(float, f32)
DEFINE_TEST(double, f64)

static void registry(void** unused)
{
    (void)unused;
    assert_true(brc_law_total >= 6);
    for (int l = 0; l < brc_law_total; l++) {
        assert_non_null(brc_laws[l].info.name);
        for (int k = 0; k < l; k++) assert_string_not_equal(brc_laws[l].info.name, brc_laws[k].info.name);
        for (int isa = 1; isa <= 3; isa++) {
            assert_true(brc_laws[l].f32[isa] != 0);
            assert_true(brc_laws[l].f64[isa] != 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registry),
        cmocka_unit_test(parity_f32),
        cmocka_unit_test(parity_f64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
