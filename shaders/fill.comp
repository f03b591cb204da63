// fill.comp -- particles in the order of their cells. Within a cell the order is anybody's: it decides only in which order
// a row is walked, which no sum can tell.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"

layout(std430, binding = 2) readonly buffer CellOf { uint cell_of[]; };
layout(std430, binding = 3) readonly buffer CellStart { uint cell_start[]; };
layout(std430, binding = 4) buffer Counts { uint counts[]; }; // 0 before
layout(std430, binding = 5) writeonly buffer Items { uint items[]; };

void main()
{
    const uint i = thread_index();
    if (i >= uint(everyone)) return;
    const uint cell = cell_of[i];
    items[cell_start[cell] + atomicAdd(counts[cell], 1u)] = i;
}
