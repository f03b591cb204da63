// fixedmath.comp -- the fixed mathematics alone, on rows of operands: for the tests of parity.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "arith.glsl"
#include "fixedmath.glsl"

BUFFER(0, readonly, A, a, double, 8)
BUFFER(1, readonly, B, b, double, 8)
BUFFER(2, writeonly, Result, result, double, 8)
layout(push_constant) uniform Push { int function_; uint count; };

void main()
{
    const uint i = thread_index();
    if (i >= count) return;
    double y = 0.0LF;
    switch (function_) {
    case 0: y = brc_exp(a.at[i]); break;
    case 1: y = brc_log(a.at[i]); break;
    case 2: y = brc_sin(a.at[i]); break;
    case 3: y = brc_cos(a.at[i]); break;
    case 4: y = brc_atan2(a.at[i], b.at[i]); break;
    case 5: y = brc_pow(a.at[i], b.at[i]); break;
    }
    result.at[i] = y;
}
