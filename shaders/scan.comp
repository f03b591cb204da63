// scan.comp -- sums of all words before each: of blocks (mode 0), of the blocks' sums (1), and of each block anew (2). No group
// waits for another: that is not promised to end on every device.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "arith.glsl"

BUFFER(0, readonly, From, from, uint, 4)
BUFFER(1, , BlockSums, block, uint, 4)
BUFFER(2, writeonly, To, to, uint, 4) // [count + 1]
layout(push_constant) uniform Push { uint count, mode; };

const uint EACH = 16u; // words of a thread
shared uint part[1024];

// What the threads of this group before this one have.
uint before(uint mine)
{
    const uint t = gl_LocalInvocationIndex, n = gl_WorkGroupSize.x;
    part[t] = mine;
    barrier();
    for (uint far = 1u; far < n; far *= 2u) {
        const uint other = t >= far ? part[t - far] : 0u;
        barrier();
        part[t] += other;
        barrier();
    }
    return part[t] - mine;
}

void main()
{
    const uint group = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
    const uint n = gl_WorkGroupSize.x, t = gl_LocalInvocationIndex, blocks = (count + EACH * n - 1u) / (EACH * n);
    if (mode == 1u) { // one group
        const uint each = (blocks + n - 1u) / n, first = t * each, end = min(first + each, blocks);
        uint sum = 0u;
        for (uint k = first; k < end; k++) sum += block.at[k];
        uint run = before(sum);
        for (uint k = first; k < end; k++) {
            const uint value = block.at[k];
            block.at[k] = run;
            run += value;
        }
        return;
    }
    const uint first = (group * n + t) * EACH, end = min(first + EACH, count);
    uint sum = 0u;
    for (uint k = first; k < end; k++) sum += from.at[k];
    uint run = before(sum);
    if (mode == 0u) {
        if (t == n - 1u && group < blocks) block.at[group] = run + sum;
        return;
    }
    if (group >= blocks) return;
    run += block.at[group];
    for (uint k = first; k < end; k++) {
        const uint value = from.at[k];
        to.at[k] = run;
        run += value;
        if (k == count - 1u) to.at[count] = run;
    }
}
