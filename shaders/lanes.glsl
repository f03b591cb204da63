// lanes.glsl -- sums of 64 bits over a group, added to those of the status: one atomic each instead of one for each thread.
const uint LANES = CELL ? 64u : 1u; // of the group
shared int64_t lanes[LANES];

// All of the group come here.
void add_lanes(uint at, int64_t term)
{
    lanes[gl_LocalInvocationIndex] = term;
    barrier();
    if (gl_LocalInvocationIndex == 0u) {
        int64_t sum = 0L;
        for (uint k = 0u; k < gl_WorkGroupSize.x; k++) sum += lanes[k];
        if (sum != 0L) status_add64(at, sum);
    }
    barrier();
}
