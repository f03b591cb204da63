// pull.comp -- each particle takes what its bonds put on it, behind force.comp: the twin of brc_bonds_pull.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"

BUFFER(2, , Acc, acc, dvec4, 32) // [8] force, torque
BUFFER(3, readonly, Links, links, uint, 4) // as in rows.comp
BUFFER(4, readonly, Loads, loads, double, 8)
BUFFER(5, readonly, Gone, gone, uint, 4)

void take(uint i)
{
    const uint end = links.at[i + 1u], base = uint(count) + 1u;
    dvec4 force = acc.at[2u * i], torque = acc.at[2u * i + 1u];
    for (uint k = links.at[i]; k < end; k++) {
        const uint what = links.at[base + 2u * k + 1u], bond = what >> 1;
        if (gone.at[bond] != 0u && gone.at[bond] <= status[STEP]) continue; // has broken in a step before this one
        const bool second = (what & 1u) != 0u;
        for (int c = 0; c < 3; c++) {
            const double f = loads.at[9u * bond + uint(c)];
            force[c] = second ? force[c] - f : force[c] + f;
            torque[c] += loads.at[9u * bond + (second ? 6u : 3u) + uint(c)];
        }
    }
    acc.at[2u * i] = force, acc.at[2u * i + 1u] = torque;
}

void main()
{
    const uint i = thread_index();
    if (stopped()) return;
    if (i < uint(count)) take(i);
    look_for_cut();
}
