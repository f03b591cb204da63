// bench.comp -- what a device's memory can do: for tests/bench/device_memory.c, beside which the speed of a step is judged.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "arith.glsl"

BUFFER(0, readonly, From, from, vec4, 16)
BUFFER(1, writeonly, To, to, vec4, 16)
layout(push_constant) uniform Push { uint count, mode; };

// Near in memory as neighbours in a sorted packing are, or anywhere.
uint neighbour(uint i, uint k)
{
    const uint far = mode == 1u ? (k * 37u) % 512u : (i * 2654435761u + k * 40503u) * 2246822519u;
    return (i + far) % count;
}

void main()
{
    const uint i = thread_index();
    if (i >= count) return;
    if (mode == 0u) to.at[i] = from.at[i] + vec4(1.0); // stream: 16 bytes in, 16 out
    else if (mode < 3u) {
        vec4 sum = from.at[i];
        for (uint k = 1u; k <= 12u; k++) sum += from.at[neighbour(i, k)];
        to.at[i] = sum;
    }
}
