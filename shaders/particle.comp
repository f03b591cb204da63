// particle.comp -- a kernel of the script (sim:kernel): a force or a torque on each particle, behind the contacts. The twin of
// engine/particle_kernel.c; what it includes as a law is the kernel's function.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"

BUFFER(2, readonly, Pos, pos, dvec4, 32)
BUFFER(3, readonly, Vel, vel, REAL4, REAL4_SIZE)
BUFFER(4, readonly, Mass, mass, double, 8)
BUFFER(5, , Acc, acc, dvec4, 32)
BUFFER(6, readonly, Parameters, parameters, REAL, REAL_SIZE)
layout(push_constant) uniform Push { uint torque; };
#define COEFFICIENT(k, pair) parameters.at[k]
#define BRC_DT REAL(dt)
#define BRC_TIME REAL(time_base + (since + double(status[STEP] + 1u)) * dt)
#ifdef LAW_CALLS
#include "fixedmath.glsl"
#endif
#include "laws.glsl"

void main()
{
    const uint i = thread_index();
    if (stopped() || i >= uint(count)) return;
    REAL row[BRC_PARTICLE_COUNT], history[1], result[LAW_RESULTS];
    const dvec4 x = pos.at[i];
    const REAL4 v = vel.at[4u * i], w = vel.at[4u * i + 1u];
    for (int c = 0; c < 3; c++)
        row[BRC_PARTICLE_X + c] = REAL(x[c]), row[BRC_PARTICLE_VX + c] = v[c], row[BRC_PARTICLE_WX + c] = w[c];
    row[BRC_PARTICLE_RADIUS] = REAL(x.w), row[BRC_PARTICLE_MASS] = REAL(mass.at[i]);
    history[0] = 0.0;
    law_function(row, history, result, 0);
    const uint at = torque != 0u ? 2u * i + 1u : 2u * i;
    const double magic = torque != 0u ? t_magic : f_magic, most = 0.125LF * (torque != 0u ? t_limit : f_limit);
    bool good = true;
    dvec4 sum = acc.at[at];
    for (int c = 0; c < 3; c++) {
        const double f = on_grid(double(result[c]), magic);
        good = good && abs(f) < most;
        sum[c] += f;
    }
    acc.at[at] = sum;
    if (!good) atomicOr(status[FLAGS], FLAG_RANGE);
}
