// place.comp -- the cell of each particle, and how many are in each.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"

BUFFER(2, readonly, Pos, pos, dvec4, 32)
BUFFER(3, writeonly, CellOf, cell_of, uint, 4)
BUFFER(4, , Counts, counts, uint, 4)

void main()
{
    const uint i = thread_index();
    if (i >= uint(everyone)) return;
    const dvec4 x = pos.at[i];
    int c[3];
    for (int k = 0; k < 3; k++) {
        const double at = (x[k] - cell_lo[k]) * cell_per[k], most = double(cells[k] - 1);
        c[k] = int(at > 0.0LF ? (at < most ? at : most) : 0.0LF); // those outside are in the cells of the border
    }
    const uint cell = uint((c[2] * cells[1] + c[1]) * cells[0] + c[0]);
    cell_of.at[i] = cell;
    atomicAdd(counts.at[cell], 1u);
}
