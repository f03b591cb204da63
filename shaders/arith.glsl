// arith.glsl -- the twin of engine/arith.h on a device: division and square root of floats that are correctly rounded
// whatever the device's own are. All other operations that the kernels use (+ - * of floats and doubles, conversions) are
// correctly rounded by the Vulkan specification once they are marked NoContraction, which shaders/patch.lua does; the
// self-test looks after it (selftest.comp).
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const bool NATIVE_DIV = false;  // the self-test found it correctly rounded
layout(constant_id = 2) const bool NATIVE_SQRT = false;
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

// The precision of the run. Division and root of doubles are the device's: one whose are not correctly rounded is not taken.
#ifdef BRC_DOUBLE
#define REAL double
#define REAL3 dvec3
#define REAL4 dvec4
#define NUMBER(bits, lo, hi) packDouble2x32(uvec2(lo, hi))
double DIV(double a, double b) { return a / b; }
double SQRT(double a) { return sqrt(a); }
#else
#define REAL float
#define REAL3 vec3
#define REAL4 vec4
#define NUMBER(bits, lo, hi) uintBitsToFloat(bits)
float DIV(float a, float b) { return NATIVE_DIV ? a / b : div_rn(a, b); }
float SQRT(float a) { return NATIVE_SQRT ? sqrt(a) : sqrt_rn(a); }
#endif
