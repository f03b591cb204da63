// bounds.comp -- a kernel that uses an index that it is given, for the test of what looks at indices (tests/tools/check_bounds.py).
#version 450
#extension GL_GOOGLE_include_directive : require
#include "arith.glsl"

struct Entry {
    uint one, several[3];
};
BUFFER(0, , Plain, plain, uint, 4)
BUFFER(1, readonly, Wide, wide, dvec4, 32)
BUFFER(2, , Entries, entries, Entry, 4)
layout(push_constant) uniform Push { int way, index; };

shared uint of_group[32];

uint of_thread(uint k)
{
    uint own[5] = uint[5](1u, 2u, 3u, 4u, 5u);
    own[k] += 1u;
    return own[k];
}

void main()
{
    if (gl_GlobalInvocationID.x > 0u) return;
    switch (way) {
    case 0: plain.at[0] = plain.at[uint(index)]; break;
    case 1: plain.at[index] = 7u; break;
    case 2: atomicAdd(plain.at[uint(index)], 1u); break;
    case 3: plain.at[0] = uint(wide.at[index].w); break;
    case 4: plain.at[0] = entries.at[index].one; break;
    case 5: entries.at[1].several[index] = 3u; break;
    case 6: of_group[index] = 3u; plain.at[0] = of_group[2]; break;
    case 7: plain.at[0] = of_thread(uint(index)); break;
    }
}
