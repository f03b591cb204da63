// tell.comp -- places and velocities of particles that other ranks know, one behind the other, for the host to send.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "arith.glsl"

layout(std430, binding = 0) readonly buffer Pos { uint pos[]; };
layout(std430, binding = 1) readonly buffer Vel { uint vel[]; };
layout(std430, binding = 2) readonly buffer Slots { uint slots[]; };
layout(std430, binding = 3) writeonly buffer Told { uint told[]; }; // [count] places, then [count] velocities
layout(push_constant) uniform Push { uint count, words; };          // words: of the velocities of one

void main()
{
    const uint k = thread_index();
    if (k >= count) return;
    const uint i = slots[k];
    for (uint c = 0u; c < 8u; c++) told[8u * k + c] = pos[8u * i + c];
    for (uint c = 0u; c < words; c++) told[8u * count + words * k + c] = vel[words * i + c];
}
