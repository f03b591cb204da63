// bench_layout.comp -- what the memory does in the kernel of forces, with little arithmetic, for each way in which rows of candidates
// and their histories may lie: tests/bench/device_layout.c runs it on the neighbours of a real packing. Buffers of particles as in
// force.comp.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "arith.glsl"

layout(constant_id = 4) const int BY_SLOT = 0; // 0: one row after another; 1: the first entries of all rows, the second ones, ...
BUFFER(0, readonly, Pos, pos, dvec4, 32) // place, radius
BUFFER(1, readonly, Vel, vel, vec4, 16) // [4]
BUFFER(2, writeonly, Acc, acc, dvec4, 32) // [2]
BUFFER(3, readonly, Start, start, uint, 4) // [count + 1] of each row, also where they do not lie so
BUFFER(4, readonly, Entries, entries, uint, 4)
BUFFER(5, , Histories, histories, float, 4) // of an entry three; by slot [slot][3][count]
layout(push_constant) uniform Push { uint count; float stiffness, limit; };

void main()
{
    const uint i = thread_index();
    if (i >= count) return;
    const dvec4 here = pos.at[i];
    const vec4 v = vel.at[4u * i], w = vel.at[4u * i + 1u], m = vel.at[4u * i + 2u], q = vel.at[4u * i + 3u];
    const uint from = start.at[i], length_ = start.at[i + 1u] - from;
    vec3 force = vec3(0.0), turn = vec3(0.0);
    for (uint k = 0u; k < length_; k++) {
        const uint entry = BY_SLOT != 0 ? k * count + i : from + k;
        const uint j = entries.at[entry];
        const dvec4 there = pos.at[j];
        const dvec3 d = here.xyz - there.xyz;
        const double both = here.w + there.w, gap = both * both - (d.x * d.x + d.y * d.y + d.z * d.z);
        if (!(gap > 0.0LF)) continue;
        const uint at = BY_SLOT != 0 ? 3u * k * count + i : 3u * entry, next = BY_SLOT != 0 ? count : 1u;
        const vec3 n = vec3(d) * float(1.0LF / both);
        const vec3 u = v.xyz - vel.at[4u * j].xyz, s = w.xyz + vel.at[4u * j + 1u].xyz;
        const vec3 mean = m.xyz - vel.at[4u * j + 2u].xyz, spin = q.xyz + vel.at[4u * j + 3u].xyz;
        vec3 slip = vec3(histories.at[at], histories.at[at + next], histories.at[at + 2u * next]);
        slip += (mean + spin) * 1e-5;
        const float square = slip.x * slip.x + slip.y * slip.y + slip.z * slip.z;
        if (square > limit) slip *= 0.5;
        const vec3 f = stiffness * float(gap) * n - u - s - slip;
        histories.at[at] = slip.x, histories.at[at + next] = slip.y, histories.at[at + 2u * next] = slip.z;
        force += f, turn += vec3(n.y * f.z - n.z * f.y, n.z * f.x - n.x * f.z, n.x * f.y - n.y * f.x);
    }
    acc.at[2u * i] = dvec4(dvec3(force), 0.0LF);
    acc.at[2u * i + 1u] = dvec4(dvec3(turn), 0.0LF);
}
