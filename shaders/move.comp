// move.comp -- the second half kick of a step, and the first half kick and the drift of the next one. The arithmetic is
// that of engine/kernels_motion.h.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"

BUFFER(2, , Pos, pos, dvec4, 32)
BUFFER(3, , Vel, vel, REAL4, REAL4_SIZE)
BUFFER(4, , Res, res, REAL4, REAL4_SIZE) // [2] what the velocities cannot hold; 1/m and 1/I
BUFFER(5, , Acc, acc, dvec4, 32)
BUFFER(6, , From, from_, double, 8) // [3] places before the drift, where a cell has meters
// 0: a step ends, and the next begins; 1: a run begins: no step lies behind. 2, 3: the two halves of 0, one after the other
layout(push_constant) uniform Push { uint begins; };

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

uint guards(dvec3 force, dvec3 torque, REAL3 v, REAL3 w, double radius)
{
    bool in_range = true;
    for (int c = 0; c < 3; c++) in_range = in_range && abs(force[c]) < f_limit && abs(torque[c]) < t_limit;
    const REAL bound = REAL(radius * quick);
    if (in_range && all(lessThan(abs(v), REAL3(bound))) && all(lessThan(abs(w), REAL3(LIMIT29)))) return 0u;
    uint flags = in_range ? 0u : FLAG_RANGE;
    if (!all(lessThan(abs(w), REAL3(LIMIT30)))) flags |= FLAG_NAN;
    double v2 = 0.0LF;
    for (int c = 0; c < 3; c++) v2 += double(v[c]) * double(v[c]);
    if (!(v2 * dt * dt <= radius * radius)) flags |= FLAG_SPEED;
    return flags;
}

// (hi, low) += d, with what the precision cannot hold of d: as add_velocity of kernels_cell.h.
void add_velocity(inout REAL hi, inout REAL low, double d)
{
    const REAL part = REAL(d);
    low += REAL(d - double(part));
    const REAL h = hi, s = h + part, t = s - h;
    const REAL e = ((h - (s - t)) + (part - t)) + low;
    const REAL v = s + e;
    low = e - (v - s);
    hi = v;
}

// The push that all share in when the speeds of the cell change.
void flow(uint i, inout REAL3 v, inout REAL3 v_low)
{
    bool pushed = false;
    for (int k = 0; k < 6; k++) pushed = pushed || push[k] != 0.0LF;
    if (!pushed) return;
    const dvec3 field = cell_field(push, pos.at[i].xyz);
    for (int k = 0; k < 3; k++) {
        REAL hi = v[k], low = v_low[k];
        add_velocity(hi, low, field[k]);
        v[k] = hi, v_low[k] = low;
    }
}

bool is_near_meter(dvec3 x, double way)
{
    bool near = false;
    for (int k = outlet_count; k < outlet_count + meter_count; k++) {
        double s = 0.0LF;
        for (int q = 0; q < 3; q++) s += outlets[k].normal[q] * (x[q] - outlets[k].point[q]);
        near = near || abs(s) <= way;
    }
    return near;
}

// Drift and wrap; what crosses a face goes on at its image, with the image's velocity. moved2: beyond the cell's own
// deformation in this step. Answers whether it is outside.
bool move_in_cell(uint i, inout REAL3 v, inout REAL3 v_low, out double moved2)
{
    const dvec4 here = pos.at[i];
    const dvec3 was = here.xyz, as = cell_field(step_map, was);
    dvec3 x = was, n = dvec3(0.0LF);
    for (int c = 0; c < 3; c++) x[c] += on_grid((double(v[c]) + double(v_low[c])) * dt, x_magic);
    const dvec3 go = x - was;
    const double way = 1.001LF * sqrt((go.x * go.x + go.y * go.y) + go.z * go.z) + 4.0LF * x_quantum;
    const dvec3 off = (x - dvec3(cell_centre[0], cell_centre[1], cell_centre[2])) - as;
    moved2 = (off.x * off.x + off.y * off.y) + off.z * off.z;
    for (int turn = 0; turn < 4; turn++) {
        const int k = turn == 0 ? 2 : turn == 1 ? 1 : 0;
        const double by = !(length_[k] > 0.0LF) ? 0.0LF : x[k] >= hi[k] ? 1.0LF : x[k] < lo[k] ? -1.0LF : 0.0LF;
        if (by == 0.0LF) continue;
        x[k] -= by * edge[k];
        if (k == 2) x[0] -= by * edge[4], x[1] -= by * edge[5];
        if (k == 1) x[0] -= by * edge[3];
        n[k] += by;
    }
    if (n.x != 0.0LF || n.y != 0.0LF || n.z != 0.0LF) {
        const double back[3] = {-((n.x * speed[0] + n.y * speed[3]) + n.z * speed[4]), -(n.y * speed[1] + n.z * speed[5]), -(n.z * speed[2])};
        for (int k = 0; k < 3; k++) {
            REAL high = v[k], low = v_low[k];
            add_velocity(high, low, back[k]);
            v[k] = high, v_low[k] = low;
        }
    }
    // The host looks at the way from where it was, and at the way to where it is now; these may be at two sides of the cell.
    if (meter_count > 0 && (is_near_meter(was, way) || is_near_meter(x, way))) atomicOr(status[METER], 1u);
    pos.at[i] = dvec4(x, here.w);
    bool outside = false;
    for (int k = 0; k < 3; k++) {
        outside = outside || !(x[k] >= lo[k]) || !(x[k] < hi[k]);
    }
    return outside;
}

// Whether a meter's plane is so near that the step may have crossed it, also on the other side of a periodic face. The host counts.
bool may_cross(double x[3], double way)
{
    bool crosses = false;
    for (int k = outlet_count; k < outlet_count + meter_count; k++)
        for (int image_ = 0; image_ < 8; image_++) {
            double s = 0.0LF;
            for (int q = 0; q < 3; q++) {
                double there = x[q];
                if ((image_ >> q & 1) == 1 && length_[q] > 0.0LF) there += x[q] - lo[q] <= way ? length_[q] : hi[q] - x[q] <= way ? -length_[q] : 0.0LF;
                s += outlets[k].normal[q] * (there - outlets[k].point[q]);
            }
            crosses = crosses || abs(s) <= way;
        }
    return crosses;
}

void main()
{
    if (stopped()) return; // the same for all
    const bool ends = begins == 0u || begins == 2u, goes_on = begins == 1u || (begins != 2u && on_it_goes());
    if (!ends && !goes_on) return; // the same for all
    const uint i = thread_index();
    if (gl_LocalInvocationIndex == 0u) group_moved2 = 0u, group_outside = 0u, group_flags = 0u;
    barrier();
    if (i < uint(count)) {
        const uint from = ends ? 4u * i + 2u : 4u * i;
        const REAL4 vm = vel.at[from], wm = vel.at[from + 1u];
        const REAL4 v_rest = res.at[2u * i], w_rest = res.at[2u * i + 1u];
        REAL3 v = vm.xyz, w = wm.xyz, v_low = v_rest.xyz, w_low = w_rest.xyz, kick, spin_kick;
        const dvec4 force = acc.at[2u * i], torque = acc.at[2u * i + 1u];
        for (int c = 0; c < 3; c++) {
            kick[c] = (REAL(force[c]) * v_rest.w + REAL(gravity[c])) * REAL(h);
            spin_kick[c] = (REAL(torque[c]) * w_rest.w + REAL(0.0)) * REAL(h);
        }
        dvec4 x = pos.at[i];
        if (ends) {
            add_kick(v, v_low, kick), add_kick(w, w_low, spin_kick);
            const uint flags = guards(force.xyz, torque.xyz, v, w, x.w);
            if (flags != 0u) atomicOr(group_flags, flags);
        }
        if (goes_on) {
            double moved2 = 0.0LF;
            bool outside = false;
            if (CELL && moving != 0) flow(i, v, v_low);
            add_kick(v, v_low, kick), add_kick(w, w_low, spin_kick);
            const bool in_cell = CELL && (tilted != 0 || moving != 0);
            for (int c = 0; CELL && meter_count > 0 && c < 3; c++) from_.at[3u * i + uint(c)] = x[c];
            if (in_cell) outside = move_in_cell(i, v, v_low, moved2);
            else {
                for (int c = 0; c < 3; c++) {
                    const double step = (double(v[c]) + double(v_low[c])) * dt;
                    x[c] = x[c] + on_grid(step, x_magic);
                    if (periodic != 0) x[c] = x[c] - ((x[c] < hi[c] ? 0.0LF : length_[c]) - (x[c] < lo[c] ? length_[c] : 0.0LF));
                    outside = outside || x[c] < lo[c] || !(x[c] < hi[c]);
                    moved2 += step * step;
                }
                pos.at[i] = x;
            }
            if (outside) atomicOr(group_outside, 1u);
            if (meter_count > 0 && !in_cell && may_cross(double[3](x.x, x.y, x.z), 1.001LF * sqrt(moved2) + 4.0LF * x_quantum))
                atomicOr(status[METER], 1u);
            atomicMax(group_moved2, floatBitsToUint(float(moved2)));
            vel.at[4u * i] = REAL4(v + kick, vm.w), vel.at[4u * i + 1u] = REAL4(w + spin_kick, wm.w);
            vel.at[4u * i + 2u] = REAL4(v, vm.w), vel.at[4u * i + 3u] = REAL4(w, wm.w);
        } else {
            vel.at[4u * i] = REAL4(v, vm.w), vel.at[4u * i + 1u] = REAL4(w, wm.w);
        }
        res.at[2u * i] = REAL4(v_low, v_rest.w), res.at[2u * i + 1u] = REAL4(w_low, w_rest.w);
    }
    barrier();
    if (gl_LocalInvocationIndex != 0u) return;
    if (group_moved2 > status[MOVED2]) atomicMax(status[MOVED2], group_moved2);
    if (group_outside != 0u) atomicOr(status[OUTSIDE_NEXT], 1u);
    if (group_flags != 0u) atomicOr(status[FLAGS], group_flags);
}
