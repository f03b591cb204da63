// law.comp -- a contact law alone, on rows of contacts: for the tests of parity.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "arith.glsl"

BUFFER(0, readonly, Inputs, given, REAL, REAL_SIZE) // [row][count]
BUFFER(1, readonly, Coefficients, coefficients, REAL, REAL_SIZE)
BUFFER(2, readonly, Pairs, pairs, int, 4)
BUFFER(3, , Histories, histories, REAL, REAL_SIZE) // [row][count]
BUFFER(4, writeonly, Results, results, REAL, REAL_SIZE)
layout(push_constant) uniform Push { uint count; int pair_count; uint unused[2]; double dt, time; };
#define COEFFICIENT(k, pair) coefficients.at[(k) * pair_count + (pair)]
#define BRC_DT REAL(dt)
#define BRC_TIME REAL(time)
#include "laws.glsl"

void main()
{
    const uint i = thread_index();
    if (i >= count) return;
    REAL row[BRC_IN_COUNT], history[LAW_HISTORY > 0 ? LAW_HISTORY : 1], result[LAW_RESULTS];
    for (int k = 0; k < BRC_IN_COUNT; k++) row[k] = given.at[k * count + i];
    for (int k = 0; k < LAW_HISTORY; k++) history[k] = histories.at[k * count + i];
    law_function(row, history, result, pairs.at[i]);
    for (int k = 0; k < LAW_HISTORY; k++) histories.at[k * count + i] = history[k];
    for (int k = 0; k < 6; k++) results.at[k * count + i] = result[k];
}
