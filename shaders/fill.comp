// fill.comp -- particles in the order of their cells. Within a cell the order is anybody's: it decides only in which order
// a row is walked, which no sum can tell.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"

BUFFER(2, readonly, CellOf, cell_of, uint, 4)
BUFFER(3, readonly, CellStart, cell_start, uint, 4)
BUFFER(4, , Counts, counts, uint, 4) // 0 before
BUFFER(5, writeonly, Items, items, uint, 4)

void main()
{
    const uint i = thread_index();
    if (i >= uint(everyone)) return;
    const uint cell = cell_of.at[i];
    items.at[cell_start.at[cell] + atomicAdd(counts.at[cell], 1u)] = i;
}
