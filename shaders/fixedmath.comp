// fixedmath.comp -- the fixed mathematics alone, on rows of operands: for the tests of parity.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "arith.glsl"
#include "fixedmath.glsl"

layout(std430, binding = 0) readonly buffer A { double a[]; };
layout(std430, binding = 1) readonly buffer B { double b[]; };
layout(std430, binding = 2) writeonly buffer Result { double result[]; };
layout(push_constant) uniform Push { int function_; uint count; };

void main()
{
    const uint i = thread_index();
    if (i >= count) return;
    double y = 0.0LF;
    switch (function_) {
    case 0: y = brc_exp(a[i]); break;
    case 1: y = brc_log(a[i]); break;
    case 2: y = brc_sin(a[i]); break;
    case 3: y = brc_cos(a[i]); break;
    case 4: y = brc_atan2(a[i], b[i]); break;
    case 5: y = brc_pow(a[i], b[i]); break;
    }
    result[i] = y;
}
