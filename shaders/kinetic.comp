// kinetic.comp -- m c (x) c, m c and m over the particles, c what a velocity has beyond the flow of the cell: the twin of sum_kinetic
// in engine/cell.c. For servos of the stress.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"
#include "lanes.glsl"

BUFFER(2, readonly, Pos, pos, dvec4, 32)
BUFFER(3, readonly, Vel, vel, REAL4, REAL4_SIZE)
BUFFER(4, readonly, Res, res, REAL4, REAL4_SIZE)
BUFFER(5, readonly, Mass, mass, double, 8)
layout(push_constant) uniform Push { uint begins; }; // as in move.comp
#include "cell.glsl"

void main()
{
    if (stopped() || !(begins == 1u || on_it_goes()) || (begins == 1u && summed == 0)) return; // the same for all
    const uint i = thread_index();
    double term[10];
    for (int k = 0; k < 10; k++) term[k] = 0.0LF;
    if (i < uint(count)) {
        double g[6];
        over(speed, edge, g);
        const double m = mass.at[i];
        const dvec3 flow = cell_field(g, pos.at[i].xyz);
        dvec3 v;
        const REAL4 high = vel.at[4u * i], low = res.at[2u * i];
        for (int k = 0; k < 3; k++) v[k] = (double(high[k]) + double(low[k])) - flow[k];
        for (int k = 0; k < 6; k++) term[k] = DIV64(m * v[FIRST_AXIS[k]] * v[SECOND_AXIS[k]], energy);
        for (int k = 0; k < 3; k++) term[6 + k] = DIV64(m * v[k], momentum);
        term[9] = DIV64(m, mass_unit);
    }
    for (uint k = 0u; k < 10u; k++) {
        const bool good = abs(term[k]) < 1125899906842624.0LF; // 2^50
        if (!good) atomicOr(status[FLAGS], FLAG_CELL);
        add_lanes(KINETIC + 2u * k, good ? int64_t(to_whole(term[k])) : 0L);
    }
}
