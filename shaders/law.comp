// law.comp -- a contact law alone, on rows of contacts: for the tests of parity.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "arith.glsl"

layout(std430, binding = 0) readonly buffer Inputs { REAL given[]; }; // [row][count]
layout(std430, binding = 1) readonly buffer Coefficients { REAL coefficients[]; };
layout(std430, binding = 2) readonly buffer Pairs { int pairs[]; };
layout(std430, binding = 3) buffer Histories { REAL histories[]; }; // [row][count]
layout(std430, binding = 4) writeonly buffer Results { REAL results[]; };
layout(push_constant) uniform Push { uint count; int pair_count; uint unused[2]; double dt, time; };
#define COEFFICIENT(k, pair) coefficients[(k) * pair_count + (pair)]
#define BRC_DT REAL(dt)
#define BRC_TIME REAL(time)
#include "laws.glsl"

void main()
{
    const uint i = thread_index();
    if (i >= count) return;
    REAL row[BRC_IN_COUNT], history[LAW_HISTORY > 0 ? LAW_HISTORY : 1], result[LAW_RESULTS];
    for (int k = 0; k < BRC_IN_COUNT; k++) row[k] = given[k * count + i];
    for (int k = 0; k < LAW_HISTORY; k++) history[k] = histories[k * count + i];
    law_function(row, history, result, pairs[i]);
    for (int k = 0; k < LAW_HISTORY; k++) histories[k * count + i] = history[k];
    for (int k = 0; k < 6; k++) results[k * count + i] = result[k];
}
