// law_parity_test.c -- every law gives the same bits on every instruction set, in blocks of one material pair and of
// several, and finite numbers at the edges: no velocity, no history, no friction, a slip along the normal, touching by
// a hair.
#include "law_check.h"
#include <inttypes.h>

enum { CONTACTS = 100000 };

static uint64_t hash_more(uint64_t hash, const void* p, size_t size) // FNV-1a
{
    for (const unsigned char* c = p; size-- > 0; c++) hash = (hash ^ *c) * 1099511628211u;
    return hash;
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
