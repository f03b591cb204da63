// place.comp -- the cell of each particle, and how many are in each.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"

layout(std430, binding = 2) readonly buffer Pos { double pos[]; };
layout(std430, binding = 3) writeonly buffer CellOf { uint cell_of[]; };
layout(std430, binding = 4) buffer Counts { uint counts[]; };

void main()
{
    const uint i = thread_index();
    if (i >= uint(everyone)) return;
    int c[3];
    for (int k = 0; k < 3; k++) {
        const double at = (pos[4u * i + uint(k)] - cell_lo[k]) * cell_per[k], most = double(cells[k] - 1);
        c[k] = int(at > 0.0LF ? (at < most ? at : most) : 0.0LF); // those outside are in the cells of the border
    }
    const uint cell = uint((c[2] * cells[1] + c[1]) * cells[0] + c[0]);
    cell_of[i] = cell;
    atomicAdd(counts[cell], 1u);
}
