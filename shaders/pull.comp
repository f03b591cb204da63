// pull.comp -- each particle takes what its bonds put on it, behind force.comp: the twin of brc_bonds_pull.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"

layout(std430, binding = 2) buffer Acc { double acc[]; };           // [8] force, torque
layout(std430, binding = 3) readonly buffer Links { uint links[]; }; // as in rows.comp
layout(std430, binding = 4) readonly buffer Loads { double loads[]; };
layout(std430, binding = 5) readonly buffer Gone { uint gone[]; };

void main()
{
    const uint i = thread_index();
    if (stopped() || i >= uint(count)) return;
    const uint end = links[i + 1u], base = uint(count) + 1u;
    for (uint k = links[i]; k < end; k++) {
        const uint what = links[base + 2u * k + 1u], bond = what >> 1;
        if (gone[bond] != 0u && gone[bond] <= status[STEP]) continue; // has broken in a step before this one
        const bool second = (what & 1u) != 0u;
        for (uint c = 0u; c < 3u; c++) {
            const double f = loads[9u * bond + c];
            acc[8u * i + c] = second ? acc[8u * i + c] - f : acc[8u * i + c] + f;
            acc[8u * i + 4u + c] += loads[9u * bond + (second ? 6u : 3u) + c];
        }
    }
}
