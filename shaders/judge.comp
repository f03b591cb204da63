// judge.comp -- one thread, after each step: counts it, and decides whether the next one may follow without the host.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"

layout(push_constant) uniform Push { uint begins; };

void main()
{
    if (thread_index() != 0u || stopped()) return;
    const bool drifted = begins == 1u || on_it_goes();
    if (begins == 0u) {
        status[STEP]++;
        const uint low = status[CONTACTS_ALL] + status[CONTACTS];
        if (low < status[CONTACTS_ALL]) status[CONTACTS_ALL + 1]++;
        status[CONTACTS_ALL] = low;
    }
    status[DRIFTED] = drifted ? 1u : 0u;
    if (status[FLAGS] != 0u) { // somebody must say what it is
        status[STOP] = STOP_GUARD;
        return;
    }
    if (!drifted) {
        status[STOP] = status[STEP] == status[TARGET] ? STOP_END : STOP_EVENT; // the end has the sums of walls
        return;
    }
    status[CONTACTS] = 0u;
    // How far two may have come nearer: an upper bound of the largest step, rounding included.
    const float step = sqrt(uintBitsToFloat(status[MOVED2])) * 1.00001;
    double path = packDouble2x32(uvec2(status[PATH], status[PATH + 1])) + (double(step) + 2.0LF * x_quantum + 1e-30LF);
    const uvec2 words = unpackDouble2x32(path);
    status[PATH] = words.x, status[PATH + 1] = words.y;
    status[MOVED2] = 0u;
    status[OUTSIDE] = status[OUTSIDE_NEXT], status[OUTSIDE_NEXT] = 0u;
    const bool metered = status[METER] != 0u;
    status[METER] = 0u;
    if ((first_of_thousand + status[STEP]) % 1000u == 999u) status[STOP] = STOP_SORT; // as sort_step in neighbours.c
    else if (CELL && (stretch > 0.2LF || !(2.0LF * path * (1.0LF + 2.5LF * stretch) + stretch * far_most < skin)))
        status[STOP] = STOP_REBUILD;
    else if (!(2.0LF * path < skin) || status[REMAKE] != 0u) status[STOP] = STOP_REBUILD;
    if (metered) status[STOP] = STOP_METER; // rows are made anew after it in any case
    status[REMAKE] = 0u;
}
