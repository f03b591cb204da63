// fixedmath.c -- elementary functions from + - * / and integer operations alone, so that they give the same bits
// everywhere.
//
// Each function reduces its argument exactly, or to an unevaluated sum of two doubles ("pair": about 106 bits),
// evaluates the Taylor series there (coefficients are written as the fractions that they are; the first omitted term is
// below 2^-60), and adds up so that only the last addition rounds visibly. Constants of two parts are the value and the
// rounded rest, computed with 1600 bits. The pair arithmetic is that of T. J. Dekker, Numerische Mathematik 18 (1971)
// 224. Largest errors measured against 64-bit long double by tests/unit/fixedmath_test.c: exp 0.53, log 0.51, pow 0.67,
// sin 0.59, cos 0.59, atan2 0.51 ulp (0.75 where the result is subnormal).
#include "fixedmath.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>

static const double ln2_head = 0x1.62e42fefa3000p-1; // 41 bits: times an integer below 2^12 is exact
static const double ln2_tail = 0x1.3de6af278ece6p-42;
static const double inverse_ln2 = 0x1.71547652b82fep+0;
static const double round_magic = 0x1.8p52; // adding and subtracting it rounds to an integer, ties to even

// ---- pairs: hi + lo with |lo| <= ulp(hi) / 2 -------------------------------------------------------------
typedef struct pair {
    double hi, lo;
} pair;

static const pair pi_whole = {0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53};
static const pair pi_half = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54};

static pair sum_ordered(double a, double b) // exact for |a| >= |b|
{
    double s = a + b;
    return (pair){s, b - (s - a)};
}

static pair sum(double a, double b) // exact
{
    double s = a + b, t = s - a;
    return (pair){s, (a - (s - t)) + (b - t)};
}

static pair product(double a, double b) // exact unless a part over- or underflows: |a|, |b| < 2^996
{
    const double split = 134217729; // 2^27 + 1
    double t = split * a, a_hi = t - (t - a), a_lo = a - a_hi;
    t = split * b;
    double b_hi = t - (t - b), b_lo = b - b_hi, p = a * b;
    return (pair){p, ((a_hi * b_hi - p) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo};
}

static pair pair_add(pair a, pair b)
{
    pair s = sum(a.hi, b.hi);
    return sum_ordered(s.hi, s.lo + (a.lo + b.lo));
}

static pair pair_multiply(pair a, pair b)
{
    pair p = product(a.hi, b.hi);
    return sum_ordered(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

static pair pair_divide(pair a, pair b)
{
    double q = a.hi / b.hi;
    pair p = product(q, b.hi);
    return sum_ordered(q, (((a.hi - p.hi) - p.lo) + (a.lo - q * b.lo)) / b.hi);
}

// ---- bits ------------------------------------------------------------------------------------------------
static uint64_t bits_of(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static double from_bits(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static double power_of_two(int e) { return from_bits((uint64_t)(e + 1023) << 52); } // -1022 <= e <= 1023

// x = m 2^e with 1 <= |m| < 2; x finite, not zero.
static double normalised(double x, int* e)
{
    int shift = 0;
    if (fabs(x) < 0x1p-1022) x *= 0x1p54, shift = 54;
    uint64_t u = bits_of(x);
    *e = (int)(u >> 52 & 0x7ff) - 1023 - shift;
    return from_bits((u & 0x800fffffffffffff) | 0x3ff0000000000000);
}

// ---- exp, log, pow ---------------------------------------------------------------------------------------
static double exp_of_pair(pair x) // |x.hi| finite
{
    if (x.hi > 710) return INFINITY; // e^709.79 overflows, e^-745.14 is below half the smallest double
    if (x.hi < -746) return 0;
    double n = (x.hi * inverse_ln2 + round_magic) - round_magic;
    pair r = sum(x.hi, -(n * ln2_head));                 // both terms exact
    r = sum_ordered(r.hi, r.lo + (x.lo - n * ln2_tail)); // |r| <= 0.347
    double t = r.hi;
    double q = 1.0 / 6227020800 + t * (1.0 / 87178291200); // 1/13!, 1/14!: the next term is 2^-63
    q = 1.0 / 39916800 + t * (1.0 / 479001600 + t * q);
    q = 1.0 / 362880 + t * (1.0 / 3628800 + t * q);
    q = 1.0 / 5040 + t * (1.0 / 40320 + t * q);
    q = 1.0 / 120 + t * (1.0 / 720 + t * q);
    q = 1.0 / 6 + t * (1.0 / 24 + t * q);
    pair square = product(t, t);
    double cube = t * square.hi * q;
    pair s = sum(1, t),
         s2 = sum(s.hi, 0.5 * square.hi); // 1 + t + t^2 / 2, exact in s2.hi + s2.lo + s.lo + square.lo / 2
    double y = s2.hi + (s2.lo + (s.lo + (cube + 0.5 * square.lo + r.lo * (1 + t))));
    int k = (int)n, half = k / 2;
    return y * power_of_two(half) * power_of_two(k - half); // only the last one can round or overflow
}

static pair log_as_pair(double x) // x > 0, finite; relative error below 2^-66
{
    int k;
    double m = normalised(x, &k);
    if (m > 1.4142135623730951) m *= 0.5, k++;
    // log m = 2 atanh s = 2 s + 2/3 s^3 + 2/5 s^5 + ..., s = (m - 1) / (m + 1), |s| <= 0.1716
    pair s = pair_divide((pair){m - 1, 0}, sum(1, m));
    pair z = pair_multiply(s, s);
    double t = z.hi, q = 2.0 / 23 + t * (2.0 / 25);
    q = 2.0 / 19 + t * (2.0 / 21 + t * q);
    q = 2.0 / 15 + t * (2.0 / 17 + t * q);
    q = 2.0 / 11 + t * (2.0 / 13 + t * q);
    q = 2.0 / 7 + t * (2.0 / 9 + t * q);
    pair c =
        pair_add((pair){0x1.999999999999ap-2, -0x1.999999999999ap-56}, pair_multiply(z, (pair){q, 0})); // 2/5 + ...
    c = pair_add((pair){0x1.5555555555555p-1, 0x1.5555555555555p-55}, pair_multiply(z, c));             // 2/3 + ...
    c = pair_multiply(pair_multiply(z, s), c);
    pair result = pair_add((pair){2 * s.hi, 2 * s.lo}, c);
    if (k == 0) return result;
    return pair_add(sum_ordered(k * ln2_head, k * ln2_tail), result);
}

double brc_exp(double x)
{
    if (isnan(x)) return NAN;
    if (isinf(x)) return x > 0 ? INFINITY : 0;
    return exp_of_pair((pair){x, 0});
}

double brc_log(double x)
{
    if (isnan(x) || x < 0) return NAN;
    if (x == 0) return -INFINITY;
    if (isinf(x)) return INFINITY;
    pair p = log_as_pair(x);
    return p.hi + p.lo;
}

// Special cases as in annex F of the C standard.
double brc_pow(double x, double y)
{
    if (y == 0 || x == 1) return 1;
    if (isnan(x) || isnan(y)) return NAN;
    double size = fabs(x);
    if (isinf(y)) return size == 1 ? 1 : (size > 1) == (y > 0) ? INFINITY : 0;
    bool whole = fabs(y) >= 0x1p53 || (y + round_magic) - round_magic == y; // |y| < 2^51: exact; above, checked below
    if (fabs(y) >= 0x1p51 && fabs(y) < 0x1p53) whole = (double)(int64_t)y == y;
    bool odd = whole && fabs(y) < 0x1p53 && ((int64_t)y & 1);
    double sign = odd && signbit(x) ? -1 : 1;
    if (size == 0 || isinf(size)) return sign * ((size == 0) == (y < 0) ? INFINITY : 0);
    if (x < 0 && !whole) return NAN;
    if (size == 1) return sign;
    pair l = log_as_pair(size);
    if (fabs(y) > 0x1p64) return sign * ((l.hi > 0) == (y > 0) ? INFINITY : 0); // |log x| >= 2^-53
    pair e = product(y, l.hi);
    return sign * exp_of_pair(sum_ordered(e.hi, e.lo + y * l.lo));
}

// ---- sin, cos --------------------------------------------------------------------------------------------

// 2 / pi, 32 bits a word: enough for the largest double (word 30 is its first that matters) and seven words of product.
static const uint32_t two_over_pi[] = {
    0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561,
    0xb7246e3a, 0x424dd2e0, 0x06492eea, 0x09d1921c, 0xfe1deb1c, 0xb129a73e, 0xe88235f5, 0x2ebb4484,
    0xe99c7026, 0xb45f7e41, 0x3991d639, 0x835339f4, 0x9c845f8b, 0xbdf9283b, 0x1ff897ff, 0xde05980f,
    0xef2f118b, 0x5a0a6d1f, 0x6d367ecf, 0x27cb09b7, 0x4f463f66, 0x9e5fea2d, 0x7527bac7, 0xebe5f17b,
    0x3d0739f7, 0x8a5292ea, 0x6bfb5fb1, 0x1f8d5d08, 0x56033046, 0xfc7b6bab};
enum { WORDS = 7, PRODUCT_WORDS = 12 };

static uint32_t word_at(const uint32_t* words, int bit) // the 32 bits from this one on
{
    int i = bit / 32, shift = bit % 32;
    uint64_t two = words[i] | (uint64_t)words[i + 1] << 32;
    return (uint32_t)(two >> shift);
}

// x = (4 n + quadrant) pi / 2 + r with |r| <= pi / 4, for any finite |x| > pi / 4. The product of the 53-bit
// significand with the words of 2 / pi that matter modulo 4 is made in integers (M. Payne, R. Hanek, SIGNUM Newsletter
// 18 (1983) 19). The fraction keeps 160 bits; no double is nearer than 2^-62 to a multiple of pi / 2, so at least 98 of
// them are significant.
static pair reduce(double x, int* quadrant)
{
    uint64_t u = bits_of(x), m = (u & 0xfffffffffffff) | 0x10000000000000;
    int e = (int)(u >> 52 & 0x7ff) - 1075;     // |x| = m 2^e, e >= -53
    int first = e < 2 ? 0 : (e - 2) / 32;      // words before it contribute multiples of 4
    int point = 32 * WORDS - (e - 32 * first); // the bit of the product that is worth 1
    uint32_t p[PRODUCT_WORDS] = {0}, m0 = (uint32_t)m, m1 = (uint32_t)(m >> 32);
    uint64_t carry = 0;
    for (int i = 0; i < WORDS; i++) { // least significant first
        uint64_t w = two_over_pi[first + WORDS - 1 - i];
        uint64_t low = w * m0 + p[i];
        uint64_t high = w * m1 + p[i + 1] + (low >> 32) + carry; // m1 < 2^21: no overflow
        p[i] = (uint32_t)low;
        p[i + 1] = (uint32_t)high;
        carry = high >> 32;
    }
    p[WORDS + 1] = (uint32_t)carry;
    uint32_t f[5];
    for (int i = 0; i < 5; i++) f[i] = word_at(p, point - 32 * (i + 1));
    int q = (int)(word_at(p, point) & 3);
    bool negative = f[0] >> 31; // fraction >= 1/2: the next multiple is nearer
    if (negative) {
        q++;
        carry = 1;
        for (int i = 4; i >= 0; i--) {
            uint64_t c = (uint64_t)(uint32_t)~f[i] + carry;
            f[i] = (uint32_t)c;
            carry = c >> 32;
        }
    }
    double weight = 0x1p-32;
    pair r = {0, 0};
    for (int i = 0; i < 5; i++, weight *= 0x1p-32) {
        pair s = sum(r.hi, f[i] * weight);
        r = (pair){s.hi, r.lo + s.lo};
    }
    r = pair_multiply(sum_ordered(r.hi, r.lo), pi_half);
    bool minus = signbit(x);
    *quadrant = (minus ? -q : q) & 3;
    return negative != minus ? (pair){-r.hi, -r.lo} : r;
}

static double sin_near_zero(pair x) // |x| <= pi / 4
{
    if (fabs(x.hi) < 0x1p-27) return x.hi; // x^3 / 6 is below a quarter ulp
    pair square = product(x.hi, x.hi);
    double z = square.hi;
    double q = 1.0 / 6227020800 + z * (-1.0 / 1307674368000 + z * (1.0 / 355687428096000)); // 1/13! .. 1/17!
    q = -1.0 / 5040 + z * (1.0 / 362880 + z * (-1.0 / 39916800 + z * q));
    q = x.hi * z * z * (1.0 / 120 + z * q);
    // The cubic term is up to a tenth of the result: as a pair it does not add its rounding.
    const pair sixth = {0x1.5555555555555p-3, 0x1.5555555555555p-57};
    pair cubic = pair_multiply(pair_multiply(square, (pair){x.hi, 0}), sixth);
    pair s = sum_ordered(x.hi, -cubic.hi);
    return s.hi + (s.lo + (q - cubic.lo + x.lo * (1 - 0.5 * z)));
}

static double cos_near_zero(pair x)
{
    pair square = product(x.hi, x.hi);
    double z = square.hi;
    double q = -1.0 / 87178291200 + z * (1.0 / 20922789888000 + z * (-1.0 / 6402373705728000)); // 1/14! .. 1/18!
    q = -1.0 / 720 + z * (1.0 / 40320 + z * (-1.0 / 3628800 + z * (1.0 / 479001600 + z * q)));
    q = z * z * (1.0 / 24 + z * q);
    pair s = sum_ordered(1, -0.5 * z);
    return s.hi + (s.lo + (q - 0.5 * square.lo - x.hi * x.lo));
}

static double sin_shifted(double x, int shift) // sin(x + shift pi / 2)
{
    if (isnan(x) || isinf(x)) return NAN;
    int quadrant = 0;
    pair r = {x, 0};
    if (fabs(x) > 0.785398163397448) r = reduce(x, &quadrant);
    quadrant = (quadrant + shift) & 3;
    double y = quadrant & 1 ? cos_near_zero(r) : sin_near_zero(r);
    return quadrant & 2 ? -y : y;
}

double brc_sin(double x) { return sin_shifted(x, 0); }
double brc_cos(double x) { return sin_shifted(x, 1); }

// ---- atan2 -----------------------------------------------------------------------------------------------
static const pair atan_of_eighths[9] = {{0, 0},
                                        {0x1.fd5ba9aac2f6ep-4, -0x1.cd37686760c17p-59},
                                        {0x1.f5b75f92c80ddp-3, 0x1.8ab6e3cf7afbdp-57},
                                        {0x1.6f61941e4def1p-2, -0x1.c63aae6f6e918p-56},
                                        {0x1.dac670561bb4fp-2, 0x1.a2b7f222f65e2p-56},
                                        {0x1.1e00babdefeb4p-1, -0x1.928df287a668fp-58},
                                        {0x1.4978fa3269ee1p-1, 0x1.2419a87f2a458p-56},
                                        {0x1.700a7c5784634p-1, -0x1.8c34d25aadef6p-56},
                                        {0x1.921fb54442d18p-1, 0x1.1a62633145c07p-55}};

static pair atan_of_quotient(double a, double b) // 0 <= a <= b, 1 <= b < 2
{
    // atan(a/b) = atan c + atan u, c = k/8 next to a/b, u = (a - c b) / (b + c a), |u| <= 1/16
    double k = (a / b * 8 + round_magic) - round_magic, c = k / 8;
    pair cb = product(c, b), ca = product(c, a);
    pair numerator = pair_add((pair){a, 0}, (pair){-cb.hi, -cb.lo});
    pair u = pair_divide(numerator, pair_add((pair){b, 0}, ca));
    double z = u.hi * u.hi, q = -1.0 / 15 + z * (1.0 / 17);
    q = -1.0 / 11 + z * (1.0 / 13 + z * q);
    q = -1.0 / 7 + z * (1.0 / 9 + z * q);
    q = u.hi * z * (-1.0 / 3 + z * (1.0 / 5 + z * q));
    return pair_add(atan_of_eighths[(int)k], sum_ordered(u.hi, u.lo + q));
}

double brc_atan2(double y, double x)
{
    if (isnan(x) || isnan(y)) return NAN;
    double a = fabs(y), b = fabs(x);
    bool left = signbit(x), down = signbit(y);
    pair angle; // of (b, a), in the first quadrant
    if (a == 0) {
        angle = (pair){0, 0};
    } else if (b == 0 || (isinf(a) && !isinf(b))) {
        angle = pi_half;
    } else if (isinf(b)) {
        angle = isinf(a) ? atan_of_eighths[8] : (pair){0, 0};
    } else if (!left && a < b * 0x1p-40) {
        angle = (pair){a / b, 0}; // the cube is below 2^-80 of it; the quotient may be subnormal
    } else {
        int ea, eb;
        a = normalised(a, &ea), b = normalised(b, &eb);
        bool steep = ea > eb || (ea == eb && a > b);
        int difference = steep ? eb - ea : ea - eb;
        if (difference < -1000) difference = -1000; // below the last bit of pi / 2 and pi, which it is added to
        double small = (steep ? b : a) * power_of_two(difference);
        angle = atan_of_quotient(small, steep ? a : b);
        if (steep) angle = pair_add(pi_half, (pair){-angle.hi, -angle.lo});
    }
    if (left) angle = pair_add(pi_whole, (pair){-angle.hi, -angle.lo});
    double result = angle.hi + angle.lo;
    return down ? -result : result;
}
