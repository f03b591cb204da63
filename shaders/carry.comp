// carry.comp -- the contacts of candidates with walls from the old list of candidates to the new one.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"

layout(constant_id = 4) const int HISTORY = 0; // words of history of a contact

BUFFER(2, readonly, Near, near, uvec2, 8) // slot, wall
BUFFER(3, writeonly, Counts, counts, uint, 4)
BUFFER(4, writeonly, Touches, touches, Touch, 8)
BUFFER(5, writeonly, Histories, histories, uint, 4)
BUFFER(6, readonly, OldStart, old_start, uint, 4) // of each particle's candidates
BUFFER(7, readonly, OldNear, old_near, uvec2, 8)
BUFFER(8, readonly, OldCounts, old_counts, uint, 4)
BUFFER(9, readonly, OldTouches, old_touches, Touch, 8)
BUFFER(10, readonly, OldHistories, old_histories, uint, 4)
layout(push_constant) uniform Push { uint candidates, old_candidates, room, old_room; };

void main()
{
    const uint c = thread_index(), half_ = status[STEP] & 1u;
    if (c >= candidates) return;
    const uint i = near.at[c].x, end = old_start.at[i + 1u];
    uint count_ = 0u;
    for (uint k = old_start.at[i]; k < end; k++) {
        if (old_near.at[k].y != near.at[c].y) continue;
        const uint old_at = half_ * old_candidates + k, at = half_ * candidates + c;
        count_ = old_counts.at[old_at];
        for (uint q = 0u; q < count_; q++) {
            touches.at[at * room + q] = old_touches.at[old_at * old_room + q];
            for (int h = 0; h < HISTORY; h++)
                histories.at[(at * room + q) * HISTORY + h] = old_histories.at[(old_at * old_room + q) * HISTORY + h];
        }
    }
    counts.at[half_ * candidates + c] = count_;
}
