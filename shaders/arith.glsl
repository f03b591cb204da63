// arith.glsl -- the twin of engine/arith.h on a device: division and square root of floats that are correctly rounded
// whatever the device's own are. All other operations that the kernels use (+ - * of floats and doubles, conversions) are
// correctly rounded by the Vulkan specification once they are marked NoContraction, which shaders/patch.lua does; the
// self-test looks after it (selftest.comp).
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#include "access.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const int NATIVE_DIVISION = 0; // what the self-test found correctly rounded: 1 of floats, 2 of doubles
layout(constant_id = 2) const int NATIVE_ROOT = 0;
layout(constant_id = 3) const int ESTIMATE_OFF = 0; // ulp: for tests

// Groups lie in two dimensions, because only 65 535 of them are promised in one.
uint thread_index()
{
    return (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
}

float estimate(float x) { return ESTIMATE_OFF == 0 ? x : uintBitsToFloat(floatBitsToUint(x) + uint(ESTIMATE_OFF)); }

// Any operands: the quotient of the significands as integers.
float div_slow(uint ua, uint ub)
{
    const uint sign = (ua ^ ub) & 0x80000000u, infinite = 0x7f800000u;
    const uint a = ua & 0x7fffffffu, b = ub & 0x7fffffffu;
    if (a > infinite || b > infinite || (a == b && (a == 0u || a == infinite))) return uintBitsToFloat(0x7fc00000u);
    if (a == infinite || b == 0u) return uintBitsToFloat(sign | infinite);
    if (b == infinite || a == 0u) return uintBitsToFloat(sign);
    int ea = int(a >> 23), eb = int(b >> 23);
    uint ma = a & 0x7fffffu, mb = b & 0x7fffffu;
    if (ea == 0) {
        const int up = 23 - findMSB(ma);
        ma <<= up, ea = 1 - up;
    } else ma |= 0x800000u;
    if (eb == 0) {
        const int up = 23 - findMSB(mb);
        mb <<= up, eb = 1 - up;
    } else mb |= 0x800000u;
    int e = ea - eb + 127;
    if (ma < mb) ma <<= 1, e--;
    // 27 bits of the quotient, 26 of them behind the point; of a subnormal result fewer are kept
    const uint64_t n = uint64_t(ma) << 26;
    const uint q = uint(n / uint64_t(mb));
    const bool more = n != uint64_t(q) * uint64_t(mb);
    int shift = 3;
    if (e <= 0) shift = 4 - e, e = 0;
    if (shift > 28) return uintBitsToFloat(sign);
    const uint rest = q & ((1u << shift) - 1u), tie = 1u << (shift - 1);
    uint m = q >> shift;
    if (rest > tie || (rest == tie && (more || (m & 1u) == 1u))) m++;
    const uint bits = e > 0 ? (uint(e) << 23) + (m - 0x800000u) : m;
    return uintBitsToFloat(sign | (e >= 255 || bits > infinite ? infinite : bits));
}

// a / b to the nearest, ties to even. In the normal range: the device's estimate, put right by the exact remainder.
float div_rn(float a, float b)
{
    const uint ua = floatBitsToUint(a), ub = floatBitsToUint(b);
    const int ea = int(ua >> 23 & 255u), eb = int(ub >> 23 & 255u);
    if (ea == 0 || ea == 255 || eb == 0 || eb == 255 || abs(ea - eb) > 120) return div_slow(ua, ub);
    const uint ma = (ua & 0x7fffffu) | 0x800000u, mb = (ub & 0x7fffffu) | 0x800000u;
    int e = ea - eb;
    uint shift = 24u;
    if (ma < mb) shift = 25u, e -= 1; // the quotient has 25 bits
    uint q = uint(estimate(float(ma) / float(mb)) * float(1u << shift)), hi, lo;
    umulExtended(q, mb, hi, lo);
    int r = int((ma << shift) - lo); // exact: it is small
    while (r < 0) q--, r += int(mb);
    while (r >= int(mb)) q++, r -= int(mb);
    uint m = q >> 1;
    if ((q & 1u) == 1u && (r != 0 || (m & 1u) == 1u)) m++;
    return uintBitsToFloat(((ua ^ ub) & 0x80000000u) | (uint(e + 127) << 23) + (m - 0x800000u));
}

float sqrt_rn(float a)
{
    uint ua = floatBitsToUint(a);
    if (ua == 0u || ua == 0x80000000u || ua == 0x7f800000u) return a;
    if (ua > 0x7f800000u) return uintBitsToFloat(0x7fc00000u); // below 0, or not a number
    int e = int(ua >> 23) - 127;
    uint m = ua & 0x7fffffu;
    if (e == -127) {
        const int up = 23 - findMSB(m);
        m <<= up, e = -126 - up;
    } else m |= 0x800000u;
    const uint k = (e & 1) == 0 ? 25u : 26u;
    uint s = uint(estimate(sqrt(float(m) * (k == 25u ? 2.0 : 4.0))) * 4096.0), hi, lo; // floor(sqrt(m << k)): 25 bits
    umulExtended(s, s, hi, lo);
    int r = int((m << k) - lo);
    while (r < 0) s--, r += int(2u * s + 1u);
    while (r > int(2u * s)) r -= int(2u * s + 1u), s++;
    uint q = (s >> 1) + (s & 1u); // a tie cannot occur
    int half_e = ((e - (e & 1)) >> 1) + 127;
    if (q == 0x1000000u) q >>= 1, half_e++;
    return uintBitsToFloat((uint(half_e) << 23) | (q & 0x7fffffu));
}

// Of doubles, digit by digit: few are needed.
uint64_t bits_of(double x) { return packUint2x32(unpackDouble2x32(x)); }
double from_bits(uint64_t u) { return packDouble2x32(unpackUint2x32(u)); }
const uint64_t SIGN64 = 0x8000000000000000UL, INFINITE64 = 0x7ff0000000000000UL, LEAD64 = 0x0010000000000000UL;

// The significand of finite |x| > 0 with its leading bit, and its exponent.
uint64_t significand(uint64_t x, out int e)
{
    uint64_t m = x & (LEAD64 - 1UL);
    e = int(x >> 52);
    if (e != 0) return m | LEAD64;
    e = 1;
    while ((m & LEAD64) == 0UL) m <<= 1, e--;
    return m;
}

double div_rn64(double a, double b)
{
    const uint64_t ua = bits_of(a), ub = bits_of(b), sign = (ua ^ ub) & SIGN64, x = ua & ~SIGN64, y = ub & ~SIGN64;
    if (x > INFINITE64 || y > INFINITE64 || (x == y && (x == 0UL || x == INFINITE64))) return from_bits(0x7ff8000000000000UL);
    if (x == INFINITE64 || y == 0UL) return from_bits(sign | INFINITE64);
    if (y == INFINITE64 || x == 0UL) return from_bits(sign);
    int ea, eb;
    const uint64_t my = significand(y, eb);
    uint64_t r = significand(x, ea), q = 0UL;
    int e = ea - eb + 1023;
    if (r < my) r <<= 1, e--;
    for (int k = 0; k < 56; k++) { // 1 + 55 binary digits
        q <<= 1;
        if (r >= my) r -= my, q |= 1UL;
        r <<= 1;
    }
    int shift = 3;
    if (e <= 0) shift = 4 - e, e = 0; // a subnormal result keeps fewer
    if (shift > 57) return from_bits(sign);
    const uint64_t rest = q & ((1UL << shift) - 1UL), tie = 1UL << (shift - 1);
    uint64_t m = q >> shift;
    if (rest > tie || (rest == tie && (r != 0UL || (m & 1UL) == 1UL))) m++;
    const uint64_t bits = e > 0 ? (uint64_t(e) << 52) + (m - LEAD64) : m;
    return from_bits(sign | (e >= 2047 || bits > INFINITE64 ? INFINITE64 : bits));
}

double sqrt_rn64(double a)
{
    const uint64_t x = bits_of(a);
    if (x == 0UL || x == SIGN64 || x == INFINITE64) return a;
    if (x > INFINITE64) return from_bits(0x7ff8000000000000UL); // below 0, or not a number
    int e;
    uint64_t m = significand(x, e), root = 0UL, r = 0UL;
    e -= 1023;
    if ((e & 1) != 0) m <<= 1, e--;
    m <<= 10; // the two digits of weight 1 on top
    for (int k = 0; k < 54; k++) { // 1 + 53 digits of the root
        r = r << 2 | m >> 62, m <<= 2;
        const uint64_t t = root << 2 | 1UL;
        root <<= 1;
        if (r >= t) r -= t, root |= 1UL;
    }
    root = (root >> 1) + (root & 1UL); // a tie cannot occur
    return from_bits((uint64_t(e / 2 + 1023) << 52) + (root - LEAD64));
}

// To the nearest whole number, ties to the even one: as rint in C. Not roundEven: Mesa 22.3 with 16 lanes takes 1 for that of 1.5.
double to_whole(double x)
{
    const double size = abs(x), ones = 4503599627370496.0LF; // 2^52: from there on all are whole
    const double near = size < ones ? (size + ones) - ones : size;
    return (unpackDouble2x32(x).y & 0x80000000u) != 0u ? -near : near;
}

double DIV64(double a, double b) { return (NATIVE_DIVISION & 2) != 0 ? a / b : div_rn64(a, b); }
double SQRT64(double a) { return (NATIVE_ROOT & 2) != 0 ? sqrt(a) : sqrt_rn64(a); }

// The precision of the run.
#ifdef BRC_DOUBLE
#define REAL double
#define REAL3 dvec3
#define REAL4 dvec4
#define REAL_SIZE 8 // [bytes], and of a REAL4
#define REAL4_SIZE 32
#define NUMBER(bits, lo, hi) packDouble2x32(uvec2(lo, hi))
#define DIV DIV64
#define SQRT SQRT64
#else
#define REAL float
#define REAL3 vec3
#define REAL4 vec4
#define REAL_SIZE 4
#define REAL4_SIZE 16
#define NUMBER(bits, lo, hi) uintBitsToFloat(bits)
float DIV(float a, float b) { return (NATIVE_DIVISION & 1) != 0 ? a / b : div_rn(a, b); }
float SQRT(float a) { return (NATIVE_ROOT & 1) != 0 ? sqrt(a) : sqrt_rn(a); }
#endif
