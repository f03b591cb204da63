// fixedmath_test.c -- errors of the fixed functions in units of the last place against 64-bit long double, special
// cases against the C library, and the bits themselves, which must be the same from every compiler.
#include "fixedmath.h"
// clang-format off: cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on
#include <float.h>
#include <stdbool.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

enum { ROUNDS = 1000000 };

static uint64_t state; // xorshift64*: the test must not depend on the C library's rand
static uint64_t bits(void)
{
    state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
    return state * 2685821657736338717u;
}
static double uniform(double lo, double hi) { return lo + (hi - lo) * ((double)(bits() >> 11) * 0x1p-53); }
static double any(void) // any finite double
{
    for (;;) {
        uint64_t u = bits();
        double x;
        memcpy(&x, &u, sizeof x);
        if (isfinite(x)) return x;
    }
}
static int start(void** unused)
{
    (void)unused;
    state = 88172645463325252u;
    return 0;
}

// In units of the last place of the exact value; of the smallest normal number for results below it.
static double error_of(double got, long double want)
{
    int e;
    if (isnan(got) || isnan(want)) return isnan(got) && isnan(want) ? 0 : INFINITY;
    if (isinf(got) || isinf((double)want)) return got == (double)want ? 0 : INFINITY;
    frexpl(want, &e);
    if (want == 0 || e < -1021) e = -1021;
    return (double)(fabsl((long double)got - want) / ldexpl(1, e - 53));
}

typedef struct worst {
    double error, x, y;
} worst;
static void note(worst* w, double error, double x, double y)
{
    if (!(error <= w->error)) *w = (worst){error, x, y};
}
static void report(const char* name, worst w, double allowed)
{
    print_message("%-24s largest error %.3f ulp at (%a, %a), allowed %.2f\n", name, w.error, w.x, w.y, allowed);
    assert_true(w.error <= allowed);
}

static void precision(void** unused)
{
    (void)unused;
    if (LDBL_MANT_DIG < 64) skip();
    worst w[12];
    memset(w, 0, sizeof w);
    for (int i = 0; i < ROUNDS; i++) {
        double x = i % 2 ? uniform(-708, 709.7) : uniform(-1, 1), y;
        note(&w[0], error_of(brc_exp(x), expl(x)), x, 0);
        x = uniform(-746, -708);
        note(&w[1], error_of(brc_exp(x), expl(x)), x, 0);
        x = i % 3 == 0 ? fabs(any()) : i % 3 == 1 ? uniform(0.5, 2) : 1 + ldexp(uniform(-1, 1), -(i % 53));
        note(&w[2], error_of(brc_log(x), logl(x)), x, 0);
        x = i % 2 ? uniform(0, 10) : fabs(any()), y = i % 2 ? uniform(-300, 300) : uniform(-0.9, 0.9);
        note(&w[3], error_of(brc_pow(x, y), powl(x, y)), x, y);
        x = i % 2 ? uniform(-10, 10) : uniform(-1e9, 1e9);
        note(&w[4], error_of(brc_sin(x), sinl(x)), x, 0);
        note(&w[5], error_of(brc_cos(x), cosl(x)), x, 0);
        x = (double)(bits() % 700000000) * 1.5707963267948966; // next to zeros and extrema
        note(&w[6], error_of(brc_sin(x), sinl(x)), x, 0);
        note(&w[7], error_of(brc_cos(x), cosl(x)), x, 0);
        x = any();
        note(&w[8], error_of(brc_sin(x), sinl(x)), x, 0);
        note(&w[9], error_of(brc_cos(x), cosl(x)), x, 0);
        x = uniform(-1, 1), y = uniform(-1, 1);
        note(&w[10], error_of(brc_atan2(y, x), atan2l(y, x)), y, x);
        x = any(), y = i % 2 ? any() : x * uniform(-3, 3);
        note(&w[11], error_of(brc_atan2(y, x), atan2l(y, x)), y, x);
    }
    report("exp", w[0], 0.55);
    report("exp, subnormal result", w[1], 0.76);
    report("log", w[2], 0.51);
    report("pow", w[3], 0.76);
    report("sin, to 1e9", w[4], 0.6);
    report("cos, to 1e9", w[5], 0.6);
    report("sin, multiples of pi/2", w[6], 0.6);
    report("cos, multiples of pi/2", w[7], 0.6);
    report("sin, any", w[8], 0.6);
    report("cos, any", w[9], 0.6);
    report("atan2", w[10], 0.52);
    report("atan2, any", w[11], 0.52);
}

// The double nearest to a multiple of pi/2 (K. C. Ng, Argument Reduction for Huge Arguments, 1992): the hardest
// argument to reduce.
static void hardest_argument(void** unused)
{
    (void)unused;
    double x = ldexp(6381956970095103.0, 797);
    assert_true(fabs(brc_cos(x)) < 5e-19 && fabs(brc_cos(x)) > 4.6e-19);
    assert_true(fabs(brc_sin(x)) == 1);
}

static void same(const char* name, double got, double want, double x, double y)
{
    bool special = isnan(want) || isinf(want) || want == 0 || isnan(got) || isinf(got);
    bool agrees = special ? (isnan(got) && isnan(want)) || (got == want && !signbit(got) == !signbit(want))
                          : fabs(got - want) <= fmax(fabs(want) * 2.3e-16, 5e-324);
    if (!agrees) fail_msg("%s(%a, %a) is %a, want %a", name, x, y, got, want);
}

static void special_cases(void** unused)
{
    (void)unused;
    const double v[] = {0.0,
                        1,
                        INFINITY,
                        NAN,
                        DBL_MIN,
                        4.9e-324,
                        DBL_MAX,
                        2,
                        3,
                        0.5,
                        1e300,
                        1e-300,
                        0x1p53,
                        0x1p53 - 1,
                        0x1p52 + 1,
                        0x1p51 + 0.5,
                        1e-20,
                        709.7,
                        710,
                        745,
                        746,
                        744,
                        0x1p60,
                        0x1p1000,
                        1.5707963267948966,
                        1 + DBL_EPSILON,
                        1 - DBL_EPSILON / 2,
                        2.5};
    int n = (int)(sizeof v / sizeof *v);
    for (int i = 0; i < 2 * n; i++) {
        double x = i < n ? v[i] : -v[i - n];
        same("exp", brc_exp(x), exp(x), x, 0);
        same("log", brc_log(x), log(x), x, 0);
        same("sin", brc_sin(x), sin(x), x, 0);
        same("cos", brc_cos(x), cos(x), x, 0);
        for (int j = 0; j < 2 * n; j++) {
            double y = j < n ? v[j] : -v[j - n];
            same("pow", brc_pow(x, y), pow(x, y), x, y);
            same("atan2", brc_atan2(y, x), atan2(y, x), y, x);
        }
    }
}

// Recorded from gcc 12 and clang 14 on x86-64, which agree. Another value means that some machine would run
// differently.
static void same_bits(void** unused)
{
    (void)unused;
    XXH64_hash_t hash = 0;
    for (int i = 0; i < 100000; i++) {
        double x = uniform(-700, 700), y = uniform(-20, 20), p = uniform(0, 50), far = any();
        double out[] = {brc_exp(x), brc_log(p), brc_pow(p, y), brc_sin(x), brc_cos(x), brc_sin(far), brc_atan2(y, x)};
        hash = XXH64(out, sizeof out, hash);
    }
    assert_true(hash == UINT64_C(0xda6c703222c6c8ef));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(precision, start),
        cmocka_unit_test_setup(hardest_argument, start),
        cmocka_unit_test_setup(special_cases, start),
        cmocka_unit_test_setup(same_bits, start),
    };
    return cmocka_run_group_tests_name("fixed mathematics", tests, NULL, NULL);
}
