// tell.comp -- places, velocities and the law's fields of particles that other ranks know, one behind the other, for the host to send.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "arith.glsl"

BUFFER(0, readonly, Pos, pos, uint, 4)
BUFFER(1, readonly, Vel, vel, uint, 4)
BUFFER(2, readonly, Slots, slots, uint, 4)
BUFFER(3, writeonly, Told, told, uint, 4) // [count] places, then [count] velocities, then [field][count] values
BUFFER(4, readonly, Values, values, uint, 4) // [field][everyone]
layout(push_constant) uniform Push { uint count, words, fields, everyone; }; // words: of the velocities of one

void main()
{
    const uint k = thread_index();
    if (k >= count) return;
    const uint i = slots.at[k];
    for (uint c = 0u; c < 8u; c++) told.at[8u * k + c] = pos.at[8u * i + c];
    for (uint c = 0u; c < words; c++) told.at[8u * count + words * k + c] = vel.at[words * i + c];
    for (uint j = 0u; j < fields; j++)
        for (uint c = 0u; c < 2u; c++) told.at[(8u + words) * count + 2u * (j * count + k) + c] = values.at[2u * (j * everyone + i) + c];
}
