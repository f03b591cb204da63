// sizes_test.c -- size distributions against their formulas; the random numbers that they are drawn with against the
// published ones.
#include "random.h"
#include "sizes.h"
// clang-format off: cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void says(const char* what)
{
    if (!strstr(brc_last_error(), what)) fail_msg("'%s' lacks '%s'", brc_last_error(), what);
}

static void ok(brc_status status)
{
    if (status != BRC_OK) fail_msg("%s", brc_last_error());
}

enum { DRAWS = 200000 };

static double density_of(const brc_sizes* d, double r) // by number, unnormalised
{
    if (d->kind == BRC_SIZE_UNIFORM) return 1;
    if (d->kind == BRC_SIZE_NORMAL) return exp(-0.5 * pow((r - d->mean) / d->sd, 2));
    if (d->kind == BRC_SIZE_LOGNORMAL) return exp(-0.5 * pow(log(r / d->mean) / log(d->sd), 2)) / r;
    for (int i = 0; i + 1 < d->count; i++)
        if (r < d->radius[i + 1])
            return (d->weight[i + 1] - d->weight[i]) / (d->radius[i + 1] - d->radius[i]) / (d->by_mass ? r * r * r : 1);
    return 0;
}

static int rising(const void* a, const void* b)
{
    double x = *(const double*)a, y = *(const double*)b;
    return (x > y) - (x < y);
}

// Kolmogorov's test: the largest difference between the drawn and the integrated cumulative share. P(sqrt(n) D > 2.2) =
// 1e-4.
static void check_distribution(const char* name, const brc_sizes* d)
{
    brc_size_source s;
    ok(brc_sizes_make(d, "sizes", &s));
    double* r = malloc(DRAWS * sizeof *r);
    double mean = 0, low = s.min, high = s.max;
    for (int i = 0; i < DRAWS; i++) {
        r[i] = brc_sizes_draw(&s, 7, (uint64_t)i);
        assert_true(r[i] >= low && r[i] <= high);
        mean += r[i] / DRAWS;
    }
    for (int i = DRAWS - 1; i >= 0; i -= 997) assert_true(r[i] == brc_sizes_draw(&s, 7, (uint64_t)i)); // in any order
    enum { STEPS = 100000 };
    double h = (high - low) / STEPS, total = 0, moment = 0, second = 0;
    double* share = malloc((STEPS + 1) * sizeof *share);
    share[0] = 0;
    for (int k = 0; k < STEPS; k++) {
        double x = low + (k + 0.5) * h, p = density_of(d, x);
        total += p, moment += p * x, second += p * x * x;
        share[k + 1] = total;
    }
    double expected = moment / total, sd = sqrt(second / total - expected * expected);
    qsort(r, DRAWS, sizeof *r, rising);
    double worst = 0;
    for (int i = 0; i < DRAWS; i++) {
        double t = fmin(STEPS - 1e-9, fmax(0, (r[i] - low) / h));
        int k = (int)t;
        double f = (share[k] + (t - k) * (share[k + 1] - share[k])) / total;
        worst = fmax(worst, fmax(fabs(f - (double)i / DRAWS), fabs(f - (i + 1.0) / DRAWS)));
    }
    print_message("%-34s mean %.6g, expected %.6g; sqrt(n) D = %.2f\n", name, mean, expected, sqrt(DRAWS) * worst);
    assert_true(fabs(mean - expected) < 4.5 * sd / sqrt(DRAWS));
    assert_true(sqrt(DRAWS) * worst < 2.2);
    free(r);
    free(share);
    brc_sizes_free(&s);
}

static void distributions(void** unused)
{
    (void)unused;
    check_distribution("uniform", &(brc_sizes){.kind = BRC_SIZE_UNIFORM, .min = 1e-3, .max = 2e-3});
    brc_sizes normal = {.kind = BRC_SIZE_NORMAL, .min = 1e-3, .max = 3e-3, .mean = 2e-3, .sd = 4e-4};
    check_distribution("normal, cut at 2.5 sd", &normal);
    normal.sd = 2e-3;
    check_distribution("normal, cut at 0.5 sd", &normal);
    normal.sd = 4e-4, normal.min = 1.9e-3, normal.max = 5e-3;
    check_distribution("normal, cut at -0.25 and 7.5 sd", &normal);
    normal.min = 3e-3;
    check_distribution("normal, upper tail", &normal);
    normal.min = 1e-4, normal.max = 1.2e-3;
    check_distribution("normal, lower tail", &normal);
    normal.min = 3e-3, normal.max = 3.1e-3;
    check_distribution("normal, piece of the tail", &normal);
    brc_sizes lognormal = {.kind = BRC_SIZE_LOGNORMAL, .min = 5e-4, .max = 4e-3, .mean = 1.5e-3, .sd = 1.4};
    check_distribution("lognormal", &lognormal);
    lognormal.min = 3e-3;
    check_distribution("lognormal, upper tail", &lognormal);
    const double radius[] = {1e-3, 1.5e-3, 2e-3, 4e-3}, share[] = {0, 0.2, 0.2, 1};
    brc_sizes table = {.kind = BRC_SIZE_TABLE, .radius = radius, .weight = share, .count = 4};
    check_distribution("table by number", &table);
    table.by_mass = 1;
    check_distribution("table by mass", &table);
}

// The definition of a share by mass, straight: the drawn masses themselves.
static void mass_shares(void** unused)
{
    (void)unused;
    const double radius[] = {1e-3, 2e-3, 5e-3}, weight[] = {3, 2, 5};
    brc_size_source s;
    ok(brc_sizes_make(
        &(brc_sizes){.kind = BRC_SIZE_DISCRETE, .by_mass = 1, .radius = radius, .weight = weight, .count = 3}, "sizes",
        &s));
    double n[3] = {0};
    for (int i = 0; i < DRAWS; i++) {
        double r = brc_sizes_draw(&s, 3, (uint64_t)i);
        for (int k = 0; k < 3; k++) n[k] += r == radius[k];
    }
    brc_sizes_free(&s);
    assert_true(n[0] + n[1] + n[2] == DRAWS);
    double numbers[3] = {3, 2 / 8.0, 5 / 125.0}, sum = numbers[0] + numbers[1] + numbers[2];
    for (int k = 0; k < 3; k++) {
        double p = numbers[k] / sum, sd = sqrt(DRAWS * p * (1 - p));
        assert_true(fabs(n[k] - DRAWS * p) < 4.5 * sd);
    }
    // Cumulative mass of a table at its radii.
    const double edge[] = {1e-3, 1.5e-3, 3e-3}, share[] = {0, 0.6, 1};
    ok(brc_sizes_make(&(brc_sizes){.kind = BRC_SIZE_TABLE, .by_mass = 1, .radius = edge, .weight = share, .count = 3},
                      "sizes", &s));
    double below = 0, total = 0, squares = 0;
    for (int i = 0; i < DRAWS; i++) {
        double r = brc_sizes_draw(&s, 3, (uint64_t)i), m = r * r * r;
        total += m;
        if (r < edge[1]) below += m;
        squares += m * m;
    }
    brc_sizes_free(&s);
    print_message("mass below the middle of the table: %.4f, expected 0.6\n", below / total);
    assert_true(fabs(below / total - 0.6) <
                4.5 * sqrt(squares) / total); // sd of the share is below sqrt(sum m^2) / sum m
    // Entries without weight are never drawn; one size is that size.
    ok(brc_sizes_make(
        &(brc_sizes){.kind = BRC_SIZE_DISCRETE, .radius = radius, .weight = (double[]){0, 1, 0}, .count = 3}, "sizes",
        &s));
    assert_true(s.min == 2e-3 && s.max == 2e-3);
    for (int i = 0; i < 1000; i++) assert_true(brc_sizes_draw(&s, 1, (uint64_t)i) == 2e-3);
    brc_sizes_free(&s);
}

static void bad_sizes(void** unused)
{
    (void)unused;
    const double r2[] = {1e-3, 2e-3}, falling[] = {2e-3, 1e-3}, w2[] = {0, 1}, back[] = {1, 0}, zero[] = {0, 0},
                 nan2[] = {NAN, 1};
    const double late[] = {0.1, 1}, percent[] = {0, 100};
    const struct {
        brc_sizes d;
        const char* says;
    } bad[] = {
        {{.kind = BRC_SIZE_SINGLE, .min = 0}, "radius must be > 0 m, got 0"},
        {{.kind = BRC_SIZE_SINGLE, .min = NAN}, "radius must be > 0 m, got nan"},
        {{.kind = BRC_SIZE_SINGLE, .min = INFINITY}, "got inf"},
        {{.kind = BRC_SIZE_UNIFORM, .min = 2e-3, .max = 1e-3},
         "largest radius must be finite and >= the smallest, 0.002 m, got 0.001"},
        {{.kind = BRC_SIZE_UNIFORM, .min = -1, .max = 1e-3}, "smallest radius must be > 0 m, got -1"},
        {{.kind = BRC_SIZE_UNIFORM, .min = 1e-3, .max = NAN}, "got nan"},
        {{.kind = BRC_SIZE_NORMAL, .min = 1e-3, .max = 2e-3, .mean = 1.5e-3, .sd = 0},
         "standard deviation of the radius must be > 0 m"},
        {{.kind = BRC_SIZE_NORMAL, .min = 1e-3, .max = 2e-3, .mean = NAN, .sd = 1e-4},
         "mean radius must be > 0 m, got nan"},
        {{.kind = BRC_SIZE_NORMAL, .min = 1, .max = 2, .mean = 1e-3, .sd = 1e-4},
         "hold nothing of a distribution about 0.001 m"},
        {{.kind = BRC_SIZE_LOGNORMAL, .min = 1e-3, .max = 2e-3, .mean = 1e-3, .sd = 1},
         "geometric standard deviation must be > 1, got 1"},
        {{.kind = BRC_SIZE_UNIFORM, .min = 1e-3, .max = 2e-3, .by_mass = 1},
         "by mass are for discrete sizes and tables"},
        {{.kind = BRC_SIZE_DISCRETE, .radius = r2, .weight = zero, .count = 2}, "at least one weight must be > 0"},
        {{.kind = BRC_SIZE_DISCRETE, .radius = nan2, .weight = w2, .count = 2}, "radius[1] must be > 0 m, got nan"},
        {{.kind = BRC_SIZE_DISCRETE, .radius = r2, .weight = nan2, .count = 2}, "share[1] must be >= 0, got nan"},
        {{.kind = BRC_SIZE_DISCRETE, .radius = r2, .weight = w2, .count = 0}, "at least 1 radii are needed, got 0"},
        {{.kind = BRC_SIZE_DISCRETE, .count = 2}, "got none"},
        {{.kind = BRC_SIZE_TABLE, .radius = r2, .weight = w2, .count = 1}, "at least 2 radii are needed, got 1"},
        {{.kind = BRC_SIZE_TABLE, .radius = falling, .weight = w2, .count = 2},
         "radii of a table must increase, radius[2] is 0.001 m"},
        {{.kind = BRC_SIZE_TABLE, .radius = r2, .weight = back, .count = 2},
         "cumulative shares must not fall, share[2] is 0 after 1"},
        {{.kind = BRC_SIZE_TABLE, .radius = r2, .weight = late, .count = 2},
         "share at the smallest radius must be 0, got 0.1"},
        {{.kind = BRC_SIZE_TABLE, .radius = r2, .weight = percent, .count = 2},
         "share at the largest radius must be 1, got 100"},
        {{.kind = 17}, "unknown size distribution 17"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        brc_size_source s;
        assert_int_equal(brc_sizes_make(&bad[i].d, "fill", &s), BRC_ERR_ARGUMENT);
        says(bad[i].says);
    }
}

// Philox 4x32-10 of (0, 0) and of all ones, from the known answers of Random123: the generator is the published one.
static void generator(void** unused)
{
    (void)unused;
    brc_random r = brc_random_draw(0, 0, 0, 0);
    const uint64_t low = UINT64_C(0xe169c58d6627e8d5), high = UINT64_C(0x9b00dbd8bc57ac4c);
    assert_true(r.u[0] == (double)(low >> 11) * 0x1p-53 && r.u[1] == (double)(high >> 11) * 0x1p-53);
    r = brc_random_draw(UINT64_MAX, UINT32_MAX, UINT64_MAX, UINT32_MAX);
    assert_true(r.u[0] == (double)(UINT64_C(0x41c83b0e408f276d) >> 11) * 0x1p-53);
    assert_true(r.u[1] == (double)(UINT64_C(0x6d5451fda20bc7c6) >> 11) * 0x1p-53);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generator),
        cmocka_unit_test(distributions),
        cmocka_unit_test(mass_shares),
        cmocka_unit_test(bad_sizes),
    };
    return cmocka_run_group_tests_name("sizes", tests, NULL, NULL);
}
