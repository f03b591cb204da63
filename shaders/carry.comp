// carry.comp -- the contacts of candidates with walls from the old list of candidates to the new one.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"

layout(constant_id = 4) const int HISTORY = 0; // words of history of a contact

layout(std430, binding = 2) readonly buffer Near { uvec2 near[]; }; // slot, wall
layout(std430, binding = 3) writeonly buffer Counts { uint counts[]; };
layout(std430, binding = 4) writeonly buffer Touches { Touch touches[]; };
layout(std430, binding = 5) writeonly buffer Histories { uint histories[]; };
layout(std430, binding = 6) readonly buffer OldStart { uint old_start[]; }; // of each particle's candidates
layout(std430, binding = 7) readonly buffer OldNear { uvec2 old_near[]; };
layout(std430, binding = 8) readonly buffer OldCounts { uint old_counts[]; };
layout(std430, binding = 9) readonly buffer OldTouches { Touch old_touches[]; };
layout(std430, binding = 10) readonly buffer OldHistories { uint old_histories[]; };
layout(push_constant) uniform Push { uint candidates, old_candidates, room, old_room; };

void main()
{
    const uint c = thread_index(), half_ = status[STEP] & 1u;
    if (c >= candidates) return;
    const uint i = near[c].x, end = old_start[i + 1u];
    uint count_ = 0u;
    for (uint k = old_start[i]; k < end; k++) {
        if (old_near[k].y != near[c].y) continue;
        const uint old_at = half_ * old_candidates + k, at = half_ * candidates + c;
        count_ = old_counts[old_at];
        for (uint q = 0u; q < count_; q++) {
            touches[at * room + q] = old_touches[old_at * old_room + q];
            for (int h = 0; h < HISTORY; h++)
                histories[(at * room + q) * HISTORY + h] = old_histories[(old_at * old_room + q) * HISTORY + h];
        }
    }
    counts[half_ * candidates + c] = count_;
}
