// selftest.comp -- one operation of the device's arithmetic on many operands: what decides which devices the engine takes,
// and what the tests of parity compare with the processor.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "arith.glsl"

BUFFER(0, readonly, A, a, uvec2, 8)
BUFFER(1, readonly, B, b, uvec2, 8)
BUFFER(2, readonly, C, c, uvec2, 8)
BUFFER(3, writeonly, Result, result, uvec2, 8)
layout(push_constant) uniform Push { int operation; uint count; };

// In the order of BRC_GPU_ADD ... in engine/compute_vulkan.h.
void main()
{
    const uint i = thread_index();
    if (i >= count) return;
    const float x = uintBitsToFloat(a.at[i].x), y = uintBitsToFloat(b.at[i].x), z = uintBitsToFloat(c.at[i].x);
    const double u = packDouble2x32(a.at[i]), v = packDouble2x32(b.at[i]), w = packDouble2x32(c.at[i]);
    float f = 0.0;
    double d = 0.0;
    switch (operation) {
    case 0: f = x + y; break;
    case 1: f = x - y; break;
    case 2: f = x * y; break;
    case 3: f = x * y + z; break;
    case 4: f = x / y; break;
    case 5: f = sqrt(x); break;
    case 6: f = div_rn(x, y); break;
    case 7: f = sqrt_rn(x); break;
    case 8: f = float(double(x) * double(y)); break;
    case 9: d = u + v; break;
    case 10: d = u - v; break;
    case 11: d = u * v; break;
    case 12: d = u * v + w; break;
    case 13: d = (u + w) - w; break;
    case 14: d = u / v; break;
    case 15: d = sqrt(u); break;
    case 16: d = double(float(u)); break;
    case 17: d = double(int64_t(u) * 3l); break;
    case 18: d = floor(u); break;
    case 19: d = div_rn64(u, v); break;
    case 20: d = sqrt_rn64(u); break;
    case 21: d = to_whole(u); break;
    }
    result.at[i] = operation < 9 ? uvec2(floatBitsToUint(f), 0u) : unpackDouble2x32(d);
}
