// place.comp -- the cell of each particle, and how many are in each.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"
#include "levels.glsl"

BUFFER(2, readonly, Pos, pos, dvec4, 32)
BUFFER(3, writeonly, CellOf, cell_of, uint, 4)
BUFFER(4, , Counts, counts, uint, 4)

void main()
{
    const uint i = thread_index();
    if (i >= uint(everyone)) return;
    const dvec4 x = pos.at[i];
    const int l = level_of(x.w);
    int c[3];
    for (int k = 0; k < 3; k++) c[k] = cell_along(l, k, along(k, x[k]));
    const uint cell = uint(level_first[l] + (c[2] * level_cells[3 * l + 1] + c[1]) * level_cells[3 * l] + c[0]);
    cell_of.at[i] = cell;
    atomicAdd(counts.at[cell], 1u);
}
