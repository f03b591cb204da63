// move.comp -- the second half kick of a step, and the first half kick and the drift of the next one. The arithmetic is
// that of engine/kernels_motion.h.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"

layout(std430, binding = 2) buffer Pos { double pos[]; };
layout(std430, binding = 3) buffer Vel { REAL4 vel[]; };
layout(std430, binding = 4) buffer Res { REAL4 res[]; };  // [2] what the velocities cannot hold; 1/m and 1/I
layout(std430, binding = 5) buffer Acc { double acc[]; };
layout(push_constant) uniform Push { uint begins; };     // 1: a run begins: no step lies behind

#ifdef BRC_DOUBLE
const double LIMIT29 = 1e29LF, LIMIT30 = 1e30LF;
#else
const float LIMIT29 = 1e29, LIMIT30 = 1e30;
#endif
shared uint group_moved2, group_outside, group_flags;

// (v, low) += kick without losing what the kick has below the last digit of v.
void add_kick(inout REAL3 v, inout REAL3 low, REAL3 kick)
{
    const REAL3 sum = v + kick, t = sum - v;
    const REAL3 e = ((v - (sum - t)) + (kick - t)) + low;
    v = sum + e;
    low = e - (v - sum);
}

uint guards(uint i, REAL3 v, REAL3 w, double radius)
{
    bool in_range = true;
    for (uint c = 0u; c < 3u; c++)
        in_range = in_range && abs(acc[8u * i + c]) < f_limit && abs(acc[8u * i + 4u + c]) < t_limit;
    const REAL bound = REAL(radius * quick);
    if (in_range && all(lessThan(abs(v), REAL3(bound))) && all(lessThan(abs(w), REAL3(LIMIT29)))) return 0u;
    uint flags = in_range ? 0u : FLAG_RANGE;
    if (!all(lessThan(abs(w), REAL3(LIMIT30)))) flags |= FLAG_NAN;
    double v2 = 0.0LF;
    for (int c = 0; c < 3; c++) v2 += double(v[c]) * double(v[c]);
    if (!(v2 * dt * dt <= radius * radius)) flags |= FLAG_SPEED;
    return flags;
}

void main()
{
    if (stopped()) return; // the same for all
    const bool goes_on = begins == 1u ||
                         (status[STEP] + 1u < status[TARGET] && status[OUTSIDE] == 0u && status[DEEP] == 0u);
    const uint i = thread_index();
    if (gl_LocalInvocationIndex == 0u) group_moved2 = 0u, group_outside = 0u, group_flags = 0u;
    barrier();
    if (i < uint(count)) {
        const uint from = begins == 1u ? 4u * i : 4u * i + 2u;
        const REAL4 vm = vel[from], wm = vel[from + 1u];
        const REAL4 v_rest = res[2u * i], w_rest = res[2u * i + 1u];
        REAL3 v = vm.xyz, w = wm.xyz, v_low = v_rest.xyz, w_low = w_rest.xyz, kick, spin_kick;
        for (int c = 0; c < 3; c++) {
            kick[c] = (REAL(acc[8u * i + uint(c)]) * v_rest.w + REAL(gravity[c])) * REAL(h);
            spin_kick[c] = (REAL(acc[8u * i + 4u + uint(c)]) * w_rest.w + REAL(0.0)) * REAL(h);
        }
        const double radius = pos[4u * i + 3u];
        if (begins == 0u) {
            add_kick(v, v_low, kick), add_kick(w, w_low, spin_kick);
            const uint flags = guards(i, v, w, radius);
            if (flags != 0u) atomicOr(group_flags, flags);
        }
        if (goes_on) {
            double moved2 = 0.0LF;
            bool outside = false;
            add_kick(v, v_low, kick), add_kick(w, w_low, spin_kick);
            for (int c = 0; c < 3; c++) {
                const double step = (double(v[c]) + double(v_low[c])) * dt;
                double x = pos[4u * i + uint(c)] + on_grid(step, x_magic);
                if (periodic != 0) x = x - ((x < hi[c] ? 0.0LF : length_[c]) - (x < lo[c] ? length_[c] : 0.0LF));
                pos[4u * i + uint(c)] = x;
                outside = outside || x < lo[c] || !(x < hi[c]);
                moved2 += step * step;
            }
            if (outside) atomicOr(group_outside, 1u);
            atomicMax(group_moved2, floatBitsToUint(float(moved2)));
            vel[4u * i] = REAL4(v + kick, vm.w), vel[4u * i + 1u] = REAL4(w + spin_kick, wm.w);
            vel[4u * i + 2u] = REAL4(v, vm.w), vel[4u * i + 3u] = REAL4(w, wm.w);
        } else {
            vel[4u * i] = REAL4(v, vm.w), vel[4u * i + 1u] = REAL4(w, wm.w);
        }
        res[2u * i] = REAL4(v_low, v_rest.w), res[2u * i + 1u] = REAL4(w_low, w_rest.w);
    }
    barrier();
    if (gl_LocalInvocationIndex != 0u) return;
    if (group_moved2 > status[MOVED2]) atomicMax(status[MOVED2], group_moved2);
    if (group_outside != 0u) atomicOr(status[OUTSIDE_NEXT], 1u);
    if (group_flags != 0u) atomicOr(status[FLAGS], group_flags);
}
