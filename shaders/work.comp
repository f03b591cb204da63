// work.comp -- what gravity, the hooks and bonds have done to each particle in a step, for the energy book, after the second half kick: the
// twins of weigh, hooks_work and bonds_work in engine/book.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"

BUFFER(2, readonly, Pos, pos, dvec4, 32)
BUFFER(3, readonly, Vel, vel, REAL4, REAL4_SIZE)
BUFFER(4, readonly, Res, res, REAL4, REAL4_SIZE)
BUFFER(5, readonly, Acc, acc, dvec4, 32)
BUFFER(6, readonly, Before, before, dvec4, 32) // forces and torques before the hooks
BUFFER(7, readonly, Mass, mass, double, 8)
BUFFER(8, readonly, Links, links, uint, 4) // as in rows.comp
BUFFER(9, readonly, Loads, loads, double, 8)
BUFFER(10, readonly, Gone, gone, uint, 4)
BUFFER(11, , Pages, pages, uint, 4)
#include "wide.glsl"
layout(push_constant) uniform Push { double per; uint hooked, bonded; }; // per: dt over the unit of the sums

double mean_of[6], velocity[6]; // [m/s], [rad/s] over the step; at its end

// Work of a force and torque in this step, and what the rest of its second half kick is counted by.
bool enter(double f[6], inout Wide work, inout Wide rest)
{
    double power = 0.0LF, rest_of = 0.0LF;
    for (int k = 0; k < 6; k++) {
        power += f[k] * velocity[k];
        rest_of += f[k] * (velocity[k] + 0.5LF * (velocity[k] - mean_of[k]));
    }
    return add_term(work, power * per) && add_term(rest, rest_of * per);
}

void main()
{
    if (stopped()) return; // the same for all
    const uint i = thread_index();
    bool good = true;
    Wide weight = Wide(0L, 0L), hooks = weight, hooks_rest = weight, bonds = weight, bonds_rest = weight;
    if (i < uint(count) && pos.at[i].w > 0.0LF) {
        const REAL4 v = vel.at[4u * i], w = vel.at[4u * i + 1u], m = vel.at[4u * i + 2u], q = vel.at[4u * i + 3u];
        const REAL4 v_low = res.at[2u * i], w_low = res.at[2u * i + 1u];
        double power = 0.0LF, f[6];
        for (int k = 0; k < 3; k++) {
            velocity[k] = double(v[k]) + double(v_low[k]), velocity[3 + k] = double(w[k]) + double(w_low[k]);
            mean_of[k] = double(m[k]), mean_of[3 + k] = double(q[k]);
            power += gravity[k] * mean_of[k];
        }
        good = add_term(weight, mass.at[i] * power * per);
        if (hooked != 0u) {
            const dvec4 force = acc.at[2u * i], torque = acc.at[2u * i + 1u], force_was = before.at[2u * i], torque_was = before.at[2u * i + 1u];
            for (int k = 0; k < 3; k++) f[k] = force[k] - force_was[k], f[3 + k] = torque[k] - torque_was[k];
            good = enter(f, hooks, hooks_rest) && good;
        }
        const uint end = bonded != 0u ? links.at[i + 1u] : 0u, base = uint(count) + 1u;
        for (uint k = bonded != 0u ? links.at[i] : 0u; k < end; k++) {
            const uint what = links.at[base + 2u * k + 1u], bond = what >> 1;
            if (gone.at[bond] != 0u) continue; // one that has broken in this step is not there any more
            const bool second = (what & 1u) != 0u;
            for (uint c = 0u; c < 3u; c++) {
                const double load = loads.at[9u * bond + c];
                f[c] = second ? -load : load;
                f[3u + c] = loads.at[9u * bond + (second ? 6u : 3u) + c];
            }
            good = enter(f, bonds, bonds_rest) && good;
        }
    }
    add_group(GRAVITY, weight);
    if (hooked != 0u) add_group(HOOKS, hooks), add_group(HOOKS_REST, hooks_rest);
    if (bonded != 0u) add_group(BONDS, bonds), add_group(BONDS_REST, bonds_rest);
    if (!good) atomicOr(status[FLAGS], FLAG_BOOK);
}
