// rows.h -- four and eight numbers at a time, and the turn between rows of particles and columns of contacts. Each
// operation is one IEEE operation per number, so every instruction set gives the same bits.
#ifndef BRC_ROWS_H
#define BRC_ROWS_H
#include "arith.h"
#include <math.h>
#include <stdint.h>
#if defined(__SSE2__)
#include <immintrin.h>
typedef __m128 f4, f4_t;
static inline f4 f4_load(const float* p) { return _mm_loadu_ps(p); }
static inline void f4_store(float* p, f4 a) { _mm_storeu_ps(p, a); }
static inline f4 f4_all(float a) { return _mm_set1_ps(a); }
static inline f4 f4_add(f4 a, f4 b) { return _mm_add_ps(a, b); }
static inline f4 f4_sub(f4 a, f4 b) { return _mm_sub_ps(a, b); }
static inline f4 f4_mul(f4 a, f4 b) { return _mm_mul_ps(a, b); }
static inline f4 f4_with_last(f4 a, f4 b) // the last number is b's
{
    return _mm_shuffle_ps(a, _mm_unpackhi_ps(a, b), _MM_SHUFFLE(3, 0, 1, 0));
}
static inline f4 f4_all_last(f4 a) { return _mm_shuffle_ps(a, a, _MM_SHUFFLE(3, 3, 3, 3)); }
static inline f4 f4_size(f4 a) { return _mm_andnot_ps(_mm_set1_ps(-0.0f), a); }
static inline int f4_less(f4 a, f4 b) { return _mm_movemask_ps(_mm_cmplt_ps(a, b)); }
static inline void f4_turn(f4 r[4]) { _MM_TRANSPOSE4_PS(r[0], r[1], r[2], r[3]); }
#endif

#if defined(__AVX2__)
typedef __m256d d4, d4_t;
static inline d4 d4_load(const double* p) { return _mm256_loadu_pd(p); }
static inline void d4_store(double* p, d4 a) { _mm256_storeu_pd(p, a); }
static inline d4 d4_all(double a) { return _mm256_set1_pd(a); }
static inline d4 d4_add(d4 a, d4 b) { return _mm256_add_pd(a, b); }
static inline d4 d4_sub(d4 a, d4 b) { return _mm256_sub_pd(a, b); }
static inline d4 d4_mul(d4 a, d4 b) { return _mm256_mul_pd(a, b); }
static inline d4 d4_with_last(d4 a, d4 b) { return _mm256_blend_pd(a, b, 8); }
static inline void d4_turn(d4 r[4])
{
    d4 a = _mm256_unpacklo_pd(r[0], r[1]), b = _mm256_unpackhi_pd(r[0], r[1]);
    d4 c = _mm256_unpacklo_pd(r[2], r[3]), d = _mm256_unpackhi_pd(r[2], r[3]);
    r[0] = _mm256_permute2f128_pd(a, c, 0x20), r[2] = _mm256_permute2f128_pd(a, c, 0x31);
    r[1] = _mm256_permute2f128_pd(b, d, 0x20), r[3] = _mm256_permute2f128_pd(b, d, 0x31);
}
static inline d4 d4_all_last(d4 a) { return _mm256_permute4x64_pd(a, 0xff); }
static inline d4 d4_size(d4 a) { return _mm256_andnot_pd(_mm256_set1_pd(-0.0), a); }
static inline int d4_less(d4 a, d4 b) { return _mm256_movemask_pd(_mm256_cmp_pd(a, b, _CMP_LT_OQ)); }
static inline d4 d4_min(d4 a, d4 b) { return _mm256_min_pd(a, b); } // b where a is NaN
static inline d4 d4_max(d4 a, d4 b) { return _mm256_max_pd(a, b); }
static inline d4 d4_if_less(d4 a, d4 b, d4 then) { return _mm256_and_pd(_mm256_cmp_pd(a, b, _CMP_LT_OQ), then); }
static inline d4 d4_if_not_less(d4 a, d4 b, d4 then) { return _mm256_andnot_pd(_mm256_cmp_pd(a, b, _CMP_LT_OQ), then); }
static inline d4 d4_of_f4(f4 a) { return _mm256_cvtps_pd(a); }
static inline f4 f4_of_d4(d4 a) { return _mm256_cvtpd_ps(a); }
#elif defined(__SSE2__)
typedef struct d4 {
    __m128d lo, hi;
} d4, d4_t;
static inline d4 d4_load(const double* p) { return (d4){_mm_loadu_pd(p), _mm_loadu_pd(p + 2)}; }
static inline void d4_store(double* p, d4 a) { _mm_storeu_pd(p, a.lo), _mm_storeu_pd(p + 2, a.hi); }
static inline d4 d4_all(double a) { return (d4){_mm_set1_pd(a), _mm_set1_pd(a)}; }
static inline d4 d4_add(d4 a, d4 b) { return (d4){_mm_add_pd(a.lo, b.lo), _mm_add_pd(a.hi, b.hi)}; }
static inline d4 d4_sub(d4 a, d4 b) { return (d4){_mm_sub_pd(a.lo, b.lo), _mm_sub_pd(a.hi, b.hi)}; }
static inline d4 d4_mul(d4 a, d4 b) { return (d4){_mm_mul_pd(a.lo, b.lo), _mm_mul_pd(a.hi, b.hi)}; }
static inline d4 d4_with_last(d4 a, d4 b) { return (d4){a.lo, _mm_shuffle_pd(a.hi, b.hi, 2)}; }
static inline void d4_turn(d4 r[4])
{
    d4 a = r[0], b = r[1], c = r[2], d = r[3];
    r[0] = (d4){_mm_unpacklo_pd(a.lo, b.lo), _mm_unpacklo_pd(c.lo, d.lo)};
    r[1] = (d4){_mm_unpackhi_pd(a.lo, b.lo), _mm_unpackhi_pd(c.lo, d.lo)};
    r[2] = (d4){_mm_unpacklo_pd(a.hi, b.hi), _mm_unpacklo_pd(c.hi, d.hi)};
    r[3] = (d4){_mm_unpackhi_pd(a.hi, b.hi), _mm_unpackhi_pd(c.hi, d.hi)};
}
static inline d4 d4_all_last(d4 a)
{
    const __m128d last = _mm_unpackhi_pd(a.hi, a.hi);
    return (d4){last, last};
}
static inline d4 d4_size(d4 a)
{
    const __m128d sign = _mm_set1_pd(-0.0);
    return (d4){_mm_andnot_pd(sign, a.lo), _mm_andnot_pd(sign, a.hi)};
}
static inline int d4_less(d4 a, d4 b)
{
    return _mm_movemask_pd(_mm_cmplt_pd(a.lo, b.lo)) | _mm_movemask_pd(_mm_cmplt_pd(a.hi, b.hi)) << 2;
}
static inline d4 d4_min(d4 a, d4 b) { return (d4){_mm_min_pd(a.lo, b.lo), _mm_min_pd(a.hi, b.hi)}; } // b where a is NaN
static inline d4 d4_max(d4 a, d4 b) { return (d4){_mm_max_pd(a.lo, b.lo), _mm_max_pd(a.hi, b.hi)}; }
static inline d4 d4_if_less(d4 a, d4 b, d4 then)
{
    return (d4){_mm_and_pd(_mm_cmplt_pd(a.lo, b.lo), then.lo), _mm_and_pd(_mm_cmplt_pd(a.hi, b.hi), then.hi)};
}
static inline d4 d4_if_not_less(d4 a, d4 b, d4 then)
{
    return (d4){_mm_andnot_pd(_mm_cmplt_pd(a.lo, b.lo), then.lo), _mm_andnot_pd(_mm_cmplt_pd(a.hi, b.hi), then.hi)};
}
static inline d4 d4_of_f4(f4 a) { return (d4){_mm_cvtps_pd(a), _mm_cvtps_pd(_mm_movehl_ps(a, a))}; }
static inline f4 f4_of_d4(d4 a) { return _mm_movelh_ps(_mm_cvtpd_ps(a.lo), _mm_cvtpd_ps(a.hi)); }
#else // any other processor
#define BRC_ROW(name, real, size)                                                                                      \
    typedef struct name {                                                                                              \
        real c[4];                                                                                                     \
    } name, name##_t;                                                                                                  \
    static inline name name##_load(const real* p) { return (name){{p[0], p[1], p[2], p[3]}}; }                         \
    static inline void name##_store(real* p, name a)                                                                   \
    {                                                                                                                  \
        for (int k = 0; k < 4; k++) p[k] = a.c[k];                                                                     \
    }                                                                                                                  \
    static inline name name##_all(real a) { return (name){{a, a, a, a}}; }                                             \
    static inline name name##_all_last(name a) { return name##_all(a.c[3]); }                                          \
    static inline name name##_add(name a, name b)                                                                      \
    {                                                                                                                  \
        for (int k = 0; k < 4; k++) a.c[k] = a.c[k] + b.c[k];                                                          \
        return a;                                                                                                      \
    }                                                                                                                  \
    static inline name name##_sub(name a, name b)                                                                      \
    {                                                                                                                  \
        for (int k = 0; k < 4; k++) a.c[k] = a.c[k] - b.c[k];                                                          \
        return a;                                                                                                      \
    }                                                                                                                  \
    static inline name name##_mul(name a, name b)                                                                      \
    {                                                                                                                  \
        for (int k = 0; k < 4; k++) a.c[k] = a.c[k] * b.c[k];                                                          \
        return a;                                                                                                      \
    }                                                                                                                  \
    static inline name name##_with_last(name a, name b)                                                                \
    {                                                                                                                  \
        a.c[3] = b.c[3];                                                                                               \
        return a;                                                                                                      \
    }                                                                                                                  \
    static inline name name##_size(name a)                                                                             \
    {                                                                                                                  \
        for (int k = 0; k < 4; k++) a.c[k] = size(a.c[k]);                                                             \
        return a;                                                                                                      \
    }                                                                                                                  \
    static inline int name##_less(name a, name b)                                                                      \
    {                                                                                                                  \
        return (a.c[0] < b.c[0]) | (a.c[1] < b.c[1]) << 1 | (a.c[2] < b.c[2]) << 2 | (a.c[3] < b.c[3]) << 3;           \
    }                                                                                                                  \
    static inline void name##_turn(name r[4])                                                                          \
    {                                                                                                                  \
        for (int i = 0; i < 4; i++)                                                                                    \
            for (int k = 0; k < i; k++) {                                                                              \
                const real t = r[i].c[k];                                                                              \
                r[i].c[k] = r[k].c[i], r[k].c[i] = t;                                                                  \
            }                                                                                                          \
    }
BRC_ROW(f4, float, fabsf)
BRC_ROW(d4, double, fabs)
static inline d4 d4_min(d4 a, d4 b) // b where a is NaN
{
    for (int k = 0; k < 4; k++) a.c[k] = a.c[k] < b.c[k] ? a.c[k] : b.c[k];
    return a;
}
static inline d4 d4_max(d4 a, d4 b)
{
    for (int k = 0; k < 4; k++) a.c[k] = a.c[k] > b.c[k] ? a.c[k] : b.c[k];
    return a;
}
static inline d4 d4_if_less(d4 a, d4 b, d4 then)
{
    for (int k = 0; k < 4; k++) then.c[k] = a.c[k] < b.c[k] ? then.c[k] : 0;
    return then;
}
static inline d4 d4_if_not_less(d4 a, d4 b, d4 then)
{
    for (int k = 0; k < 4; k++) then.c[k] = a.c[k] < b.c[k] ? 0 : then.c[k];
    return then;
}
static inline d4 d4_of_f4(f4 a) { return (d4){{(double)a.c[0], (double)a.c[1], (double)a.c[2], (double)a.c[3]}}; }
static inline f4 f4_of_d4(d4 a) { return (f4){{(float)a.c[0], (float)a.c[1], (float)a.c[2], (float)a.c[3]}}; }
#endif

// ---- rows of eight: two rows of four side by side --------------------------------------------------------

#if defined(__AVX2__)
typedef __m256 f8, f8_t;
static inline f8 f8_load(const float* p) { return _mm256_loadu_ps(p); }
static inline void f8_store(float* p, f8 a) { _mm256_storeu_ps(p, a); }
static inline f8 f8_all(float a) { return _mm256_set1_ps(a); }
static inline f8 f8_join(f4 lo, f4 hi) { return _mm256_set_m128(hi, lo); }
static inline f4 f8_lo(f8 a) { return _mm256_castps256_ps128(a); }
static inline f4 f8_hi(f8 a) { return _mm256_extractf128_ps(a, 1); }
static inline f8 f8_his(f8 a, f8 b) { return _mm256_permute2f128_ps(a, b, 0x31); } // the second rows of both
static inline f8 f8_add(f8 a, f8 b) { return _mm256_add_ps(a, b); }
static inline f8 f8_sub(f8 a, f8 b) { return _mm256_sub_ps(a, b); }
static inline f8 f8_mul(f8 a, f8 b) { return _mm256_mul_ps(a, b); }
static inline f8 f8_all_last(f8 a) { return _mm256_permute_ps(a, 0xff); } // of each row of four
static inline f8 f8_with_fourth(f8 a, f8 b) { return _mm256_blend_ps(a, b, 8); }
static inline f8 f8_with_last(f8 a, f8 b) { return _mm256_blend_ps(a, b, 0x80); }
static inline f8 f8_with_lasts(f8 a, f8 b) { return _mm256_blend_ps(a, b, 0x88); } // of both rows of four
static inline f8 f8_spread_last(f8 a)
{
    return _mm256_permute_ps(_mm256_permute2f128_ps(a, a, 0x11), 0xff);
} // everywhere
static inline f8 f8_halves(f8 a, f8 b) { return _mm256_blend_ps(a, b, 0xf0); } // the first of a, the second of b
static inline int f8_less(f8 a, f8 b) { return _mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_LT_OQ)); }
static inline f8 f8_size(f8 a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
// Four rows of eight as eight columns.
static inline void f8_turn(const f8 r[4], f4 column[8])
{
    const f8 a = _mm256_unpacklo_ps(r[0], r[1]), b = _mm256_unpackhi_ps(r[0], r[1]);
    const f8 c = _mm256_unpacklo_ps(r[2], r[3]), d = _mm256_unpackhi_ps(r[2], r[3]);
    const f8 both[4] = {_mm256_shuffle_ps(a, c, 0x44), _mm256_shuffle_ps(a, c, 0xee), _mm256_shuffle_ps(b, d, 0x44),
                        _mm256_shuffle_ps(b, d, 0xee)};
    for (int k = 0; k < 4; k++) column[k] = f8_lo(both[k]), column[4 + k] = f8_hi(both[k]);
}
#endif
#if defined(__AVX512F__)
typedef __m512d d8, d8_t;
static inline d8 d8_load(const double* p) { return _mm512_loadu_pd(p); }
static inline void d8_store(double* p, d8 a) { _mm512_storeu_pd(p, a); }
static inline d8 d8_join(d4 lo, d4 hi) { return _mm512_insertf64x4(_mm512_castpd256_pd512(lo), hi, 1); }
static inline d4 d8_lo(d8 a) { return _mm512_castpd512_pd256(a); }
static inline d4 d8_hi(d8 a) { return _mm512_extractf64x4_pd(a, 1); }
static inline d8 d8_his(d8 a, d8 b) { return _mm512_shuffle_f64x2(a, b, 0xee); }
static inline d8 d8_all(double a) { return _mm512_set1_pd(a); }
static inline d8 d8_add(d8 a, d8 b) { return _mm512_add_pd(a, b); }
static inline d8 d8_sub(d8 a, d8 b) { return _mm512_sub_pd(a, b); }
static inline d8 d8_mul(d8 a, d8 b) { return _mm512_mul_pd(a, b); }
static inline d8 d8_all_last(d8 a) { return _mm512_permutex_pd(a, 0xff); }
static inline d8 d8_with_fourth(d8 a, d8 b) { return _mm512_mask_blend_pd(8, a, b); }
static inline d8 d8_with_last(d8 a, d8 b) { return _mm512_mask_blend_pd(0x80, a, b); }
static inline d8 d8_with_lasts(d8 a, d8 b) { return _mm512_mask_blend_pd(0x88, a, b); }
static inline d8 d8_spread_last(d8 a) { return _mm512_permutexvar_pd(_mm512_set1_epi64(7), a); }
static inline d8 d8_halves(d8 a, d8 b) { return _mm512_mask_blend_pd(0xf0, a, b); }
static inline d8 d8_if_less(d8 a, d8 b, d8 then)
{
    return _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(a, b, _CMP_LT_OQ), then);
}
static inline d8 d8_size(d8 a) { return _mm512_abs_pd(a); }
static inline int d8_less(d8 a, d8 b) { return (int)_mm512_cmp_pd_mask(a, b, _CMP_LT_OQ); }
static inline d8 d8_if_not_less(d8 a, d8 b, d8 then)
{
    return _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(a, b, _CMP_NLT_UQ), then);
}
static inline d8 d8_min(d8 a, d8 b) { return _mm512_min_pd(a, b); } // b where a is NaN
static inline d8 d8_max(d8 a, d8 b) { return _mm512_max_pd(a, b); }
static inline d8 d8_of_f8(f8 a) { return _mm512_cvtps_pd(a); }
static inline f8 f8_of_d8(d8 a) { return _mm512_cvtpd_ps(a); }
#endif
#define BRC_PAIR(name, half, real)                                                                                     \
    typedef struct name {                                                                                              \
        half lo, hi;                                                                                                   \
    } name, name##_t;                                                                                                  \
    static inline name name##_load(const real* p) { return (name){half##_load(p), half##_load(p + 4)}; }               \
    static inline void name##_store(real* p, name a) { half##_store(p, a.lo), half##_store(p + 4, a.hi); }             \
    static inline name name##_join(half lo, half hi) { return (name){lo, hi}; }                                        \
    static inline half name##_lo(name a) { return a.lo; }                                                              \
    static inline half name##_hi(name a) { return a.hi; }                                                              \
    static inline name name##_his(name a, name b) { return (name){a.hi, b.hi}; }                                       \
    static inline name name##_all(real a) { return (name){half##_all(a), half##_all(a)}; }                             \
    static inline name name##_add(name a, name b) { return (name){half##_add(a.lo, b.lo), half##_add(a.hi, b.hi)}; }   \
    static inline name name##_sub(name a, name b) { return (name){half##_sub(a.lo, b.lo), half##_sub(a.hi, b.hi)}; }   \
    static inline name name##_mul(name a, name b) { return (name){half##_mul(a.lo, b.lo), half##_mul(a.hi, b.hi)}; }   \
    static inline name name##_all_last(name a) { return (name){half##_all_last(a.lo), half##_all_last(a.hi)}; }        \
    static inline name name##_with_fourth(name a, name b) { return (name){half##_with_last(a.lo, b.lo), a.hi}; }       \
    static inline name name##_with_last(name a, name b) { return (name){a.lo, half##_with_last(a.hi, b.hi)}; }         \
    static inline name name##_with_lasts(name a, name b)                                                               \
    {                                                                                                                  \
        return (name){half##_with_last(a.lo, b.lo), half##_with_last(a.hi, b.hi)};                                     \
    }                                                                                                                  \
    static inline name name##_halves(name a, name b) { return (name){a.lo, b.hi}; }                                    \
    static inline name name##_spread_last(name a)                                                                      \
    {                                                                                                                  \
        const half last = half##_all_last(a.hi);                                                                       \
        return (name){last, last};                                                                                     \
    }                                                                                                                  \
    static inline name name##_size(name a) { return (name){half##_size(a.lo), half##_size(a.hi)}; }                    \
    static inline int name##_less(name a, name b) { return half##_less(a.lo, b.lo) | half##_less(a.hi, b.hi) << 4; }
#if !defined(__AVX2__)
BRC_PAIR(f8, f4, float)
static inline void f8_turn(const f8 r[4], f4 column[8])
{
    for (int k = 0; k < 4; k++) column[k] = r[k].lo, column[4 + k] = r[k].hi;
    f4_turn(column), f4_turn(column + 4);
}
#endif
#if !defined(__AVX512F__)
BRC_PAIR(d8, d4, double)
static inline d8 d8_min(d8 a, d8 b) { return (d8){d4_min(a.lo, b.lo), d4_min(a.hi, b.hi)}; }
static inline d8 d8_max(d8 a, d8 b) { return (d8){d4_max(a.lo, b.lo), d4_max(a.hi, b.hi)}; }
static inline d8 d8_if_less(d8 a, d8 b, d8 then)
{
    return (d8){d4_if_less(a.lo, b.lo, then.lo), d4_if_less(a.hi, b.hi, then.hi)};
}
static inline d8 d8_if_not_less(d8 a, d8 b, d8 then)
{
    return (d8){d4_if_not_less(a.lo, b.lo, then.lo), d4_if_not_less(a.hi, b.hi, then.hi)};
}
static inline d8 d8_of_f8(f8 a) { return (d8){d4_of_f4(f8_lo(a)), d4_of_f4(f8_hi(a))}; }
static inline f8 f8_of_d8(d8 a) { return f8_join(f4_of_d4(a.lo), f4_of_d4(a.hi)); }
#endif
static inline void d8_turn(const d8 r[4], d4 column[8])
{
    for (int k = 0; k < 4; k++) column[k] = d8_lo(r[k]), column[4 + k] = d8_hi(r[k]);
    d4_turn(column), d4_turn(column + 4);
}
static inline d8 d8_of_d8(d8 a) { return a; }

// ---- rows of sixteen, and columns of as many of them as are turned at once --------------------------------

#define BRC_TWICE(name, half, real)                                                                                    \
    typedef struct name {                                                                                              \
        half lo, hi;                                                                                                   \
    } name, name##_t;                                                                                                  \
    static inline name name##_load(const real* p) { return (name){half##_load(p), half##_load(p + 8)}; }               \
    static inline void name##_store(real* p, name a) { half##_store(p, a.lo), half##_store(p + 8, a.hi); }             \
    static inline name name##_join(half lo, half hi) { return (name){lo, hi}; }                                        \
    static inline half name##_lo(name a) { return a.lo; }                                                              \
    static inline half name##_hi(name a) { return a.hi; }                                                              \
    static inline name name##_all(real a) { return (name){half##_all(a), half##_all(a)}; }                             \
    static inline name name##_add(name a, name b) { return (name){half##_add(a.lo, b.lo), half##_add(a.hi, b.hi)}; }   \
    static inline name name##_sub(name a, name b) { return (name){half##_sub(a.lo, b.lo), half##_sub(a.hi, b.hi)}; }   \
    static inline name name##_mul(name a, name b) { return (name){half##_mul(a.lo, b.lo), half##_mul(a.hi, b.hi)}; }   \
    static inline name name##_halves(name a, name b)                                                                   \
    {                                                                                                                  \
        return (name){half##_halves(a.lo, b.lo), half##_halves(a.hi, b.hi)};                                           \
    }                                                                                                                  \
    static inline name name##_with_lasts(name a, name b)                                                               \
    {                                                                                                                  \
        return (name){half##_with_lasts(a.lo, b.lo), half##_with_lasts(a.hi, b.hi)};                                   \
    }                                                                                                                  \
    static inline name name##_all_last(name a) { return (name){half##_all_last(a.lo), half##_all_last(a.hi)}; }        \
    static inline name name##_spread_last(name a)                                                                      \
    {                                                                                                                  \
        return (name){half##_spread_last(a.lo), half##_spread_last(a.hi)};                                             \
    }                                                                                                                  \
    static inline name name##_size(name a) { return (name){half##_size(a.lo), half##_size(a.hi)}; }                    \
    static inline int name##_less(name a, name b) { return half##_less(a.lo, b.lo) | half##_less(a.hi, b.hi) << 8; }   \
    static inline name name##_los(name a, name b) { return (name){a.lo, b.lo}; }                                       \
    static inline name name##_his(name a, name b) { return (name){a.hi, b.hi}; }                                       \
    static inline half name##_firsts(name a) { return half##_join(half##_lo(a.lo), half##_lo(a.hi)); }                 \
    static inline name name##_with_three(name a, name b, name c, name d)                                               \
    {                                                                                                                  \
        return (name){half##_with_last(half##_with_fourth(a.lo, b.lo), c.lo), half##_with_last(a.hi, d.hi)};           \
    }
#if defined(__AVX512F__)
enum { F_ROWS = 16, D_ROWS = 8 };
typedef __m512 f16, f16_t;
static inline f16 f16_load(const float* p) { return _mm512_loadu_ps(p); }
static inline void f16_store(float* p, f16 a) { _mm512_storeu_ps(p, a); }
static inline f16 f16_join(f8 lo, f8 hi) { return _mm512_insertf32x8(_mm512_castps256_ps512(lo), hi, 1); }
static inline f8 f16_lo(f16 a) { return _mm512_castps512_ps256(a); }
static inline f8 f16_hi(f16 a) { return _mm512_extractf32x8_ps(a, 1); }
static inline f16 f16_all(float a) { return _mm512_set1_ps(a); }
static inline f16 f16_add(f16 a, f16 b) { return _mm512_add_ps(a, b); }
static inline f16 f16_sub(f16 a, f16 b) { return _mm512_sub_ps(a, b); }
static inline f16 f16_mul(f16 a, f16 b) { return _mm512_mul_ps(a, b); }
static inline f16 f16_with_lasts(f16 a, f16 b) { return _mm512_mask_blend_ps(0x8888, a, b); } // of all rows of four
static inline f16 f16_all_last(f16 a) { return _mm512_permute_ps(a, 0xff); }                  // of each
static inline f16 f16_spread_last(f16 a)                                                      // of each row of eight
{
    return _mm512_permute_ps(_mm512_shuffle_f32x4(a, a, 0xf5), 0xff);
}
static inline f16 f16_size(f16 a) { return _mm512_abs_ps(a); }
static inline int f16_less(f16 a, f16 b) { return (int)_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
static inline f16 f16_los(f16 a, f16 b) { return _mm512_shuffle_f32x4(a, b, 0x44); } // the first rows of eight of both
static inline f16 f16_his(f16 a, f16 b) { return _mm512_shuffle_f32x4(a, b, 0xee); }
static inline f8 f16_firsts(f16 a)
{
    return f16_lo(_mm512_shuffle_f32x4(a, a, 0x88));
} // first rows of four of the eights
static inline f16 f16_halves(f16 a, f16 b) { return _mm512_mask_blend_ps(0xf0f0, a, b); }
static inline f16 f16_with_three(f16 a, f16 b, f16 c, f16 d)
{
    return _mm512_mask_blend_ps(0x8000, _mm512_mask_blend_ps(0x80, _mm512_mask_blend_ps(8, a, b), c), d);
}
BRC_TWICE(d16, d8, double)
#define F_COLUMN(operation) f16_##operation
#define D_COLUMN(operation) d8_##operation
// Sixteen rows of sixteen as columns, which is the way back too.
static inline void turn_sixteen(const f16 from[16], f16 to[16])
{
    f16 two[16], four[16];
    for (int k = 0; k < 16; k += 2) { // pairs of rows: numbers 0 1 and 2 3 of each quarter
        two[k] = _mm512_unpacklo_ps(from[k], from[k + 1]);
        two[k + 1] = _mm512_unpackhi_ps(from[k], from[k + 1]);
    }
    for (int k = 0; k < 16; k += 4) { // four rows: number j of each quarter
        four[k] = _mm512_shuffle_ps(two[k], two[k + 2], 0x44);
        four[k + 1] = _mm512_shuffle_ps(two[k], two[k + 2], 0xee);
        four[k + 2] = _mm512_shuffle_ps(two[k + 1], two[k + 3], 0x44);
        four[k + 3] = _mm512_shuffle_ps(two[k + 1], two[k + 3], 0xee);
    }
    for (int j = 0; j < 4; j++) { // quarters of the four fours
        const f16 a = _mm512_shuffle_f32x4(four[j], four[4 + j], 0x88);
        const f16 b = _mm512_shuffle_f32x4(four[8 + j], four[12 + j], 0x88);
        const f16 c = _mm512_shuffle_f32x4(four[j], four[4 + j], 0xdd);
        const f16 d = _mm512_shuffle_f32x4(four[8 + j], four[12 + j], 0xdd);
        to[j] = _mm512_shuffle_f32x4(a, b, 0x88), to[8 + j] = _mm512_shuffle_f32x4(a, b, 0xdd);
        to[4 + j] = _mm512_shuffle_f32x4(c, d, 0x88), to[12 + j] = _mm512_shuffle_f32x4(c, d, 0xdd);
    }
}
static inline void turn_eight(const d8 from[8], d8 to[8])
{
    d8 two[8];
    for (int k = 0; k < 8; k += 2) {
        two[k] = _mm512_unpacklo_pd(from[k], from[k + 1]);
        two[k + 1] = _mm512_unpackhi_pd(from[k], from[k + 1]);
    }
    for (int j = 0; j < 2; j++) {
        const d8 a = _mm512_shuffle_f64x2(two[j], two[2 + j], 0x88),
                 b = _mm512_shuffle_f64x2(two[4 + j], two[6 + j], 0x88);
        const d8 c = _mm512_shuffle_f64x2(two[j], two[2 + j], 0xdd),
                 d = _mm512_shuffle_f64x2(two[4 + j], two[6 + j], 0xdd);
        to[j] = _mm512_shuffle_f64x2(a, b, 0x88), to[4 + j] = _mm512_shuffle_f64x2(a, b, 0xdd);
        to[2 + j] = _mm512_shuffle_f64x2(c, d, 0x88), to[6 + j] = _mm512_shuffle_f64x2(c, d, 0xdd);
    }
}
static inline void f16_columns(const f16 row[16], f16 column[16]) { turn_sixteen(row, column); }
static inline void f16_rows(const f16 column[16], f16 row[16]) { turn_sixteen(column, row); }
static inline void d16_columns(const d16 row[8], d8 column[16])
{
    d8 half[8];
    for (int k = 0; k < 8; k++) half[k] = row[k].lo;
    turn_eight(half, column);
    for (int k = 0; k < 8; k++) half[k] = row[k].hi;
    turn_eight(half, column + 8);
}
static inline void d16_rows(const d8 column[16], d16 row[8])
{
    d8 lo[8], hi[8];
    turn_eight(column, lo), turn_eight(column + 8, hi);
    for (int k = 0; k < 8; k++) row[k] = (d16){lo[k], hi[k]};
}
#else
enum { F_ROWS = 4, D_ROWS = 4 };
BRC_TWICE(f16, f8, float)
BRC_TWICE(d16, d8, double)
#define BRC_COLUMNS(name, eight, four)                                                                                 \
    static inline void name##_columns(const name row[4], four column[16])                                              \
    {                                                                                                                  \
        eight half[4];                                                                                                 \
        for (int k = 0; k < 4; k++) half[k] = row[k].lo;                                                               \
        eight##_turn(half, column);                                                                                    \
        for (int k = 0; k < 4; k++) half[k] = row[k].hi;                                                               \
        eight##_turn(half, column + 8);                                                                                \
    }                                                                                                                  \
    static inline void name##_rows(const four column[16], name row[4])                                                 \
    {                                                                                                                  \
        four c[16];                                                                                                    \
        for (int k = 0; k < 16; k++) c[k] = column[k];                                                                 \
        for (int k = 0; k < 16; k += 4) four##_turn(c + k);                                                            \
        for (int k = 0; k < 4; k++)                                                                                    \
            row[k] = name##_join(eight##_join(c[k], c[4 + k]), eight##_join(c[8 + k], c[12 + k]));                     \
    }
BRC_COLUMNS(f16, f8, f4)
BRC_COLUMNS(d16, d8, d4)
#define F_COLUMN(operation) f4_##operation
#define D_COLUMN(operation) d4_##operation
#endif

// ---- uses ------------------------------------------------------------------------------------------------

// On the grids of sums, see brc_grid.
static inline d8 d8_on_grid(d8 a, d8 magic) { return BRC_GRIDS ? d8_sub(d8_add(a, magic), magic) : a; }
static inline d4 d4_on_grid(d4 a, d4 magic) { return BRC_GRIDS ? d4_sub(d4_add(a, magic), magic) : a; }

// x y z radius of D_ROWS pairs: the columns of x_a - x_b, and of the sums of radii.
static inline void columns_apart(const double* pos, const int32_t* a, const int32_t* b, D_COLUMN(t) column[4])
{
#if defined(__AVX512F__)
    static const int first[4] = {0, 1, 4, 5}; // and the one two further: so the columns come out in order
    d8 r[4];
    for (int k = 0; k < 4; k++) {
        const int64_t i = first[k], j = i + 2;
        const d8 pa = d8_join(d4_load(pos + 4 * (int64_t)a[i]), d4_load(pos + 4 * (int64_t)a[j]));
        const d8 pb = d8_join(d4_load(pos + 4 * (int64_t)b[i]), d4_load(pos + 4 * (int64_t)b[j]));
        r[k] = d8_with_lasts(d8_sub(pa, pb), d8_add(pa, pb));
    }
    const d8 x = _mm512_unpacklo_pd(r[0], r[1]), y = _mm512_unpackhi_pd(r[0], r[1]);
    const d8 z = _mm512_unpacklo_pd(r[2], r[3]), w = _mm512_unpackhi_pd(r[2], r[3]);
    column[0] = _mm512_shuffle_f64x2(x, z, 0x88), column[1] = _mm512_shuffle_f64x2(y, w, 0x88);
    column[2] = _mm512_shuffle_f64x2(x, z, 0xdd), column[3] = _mm512_shuffle_f64x2(y, w, 0xdd);
#else
    for (int k = 0; k < 4; k++) {
        const d4 pa = d4_load(pos + 4 * (int64_t)a[k]), pb = d4_load(pos + 4 * (int64_t)b[k]);
        column[k] = d4_with_last(d4_sub(pa, pb), d4_add(pa, pb));
    }
    d4_turn(column);
#endif
}

#endif
