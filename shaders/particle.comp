// particle.comp -- a kernel of the script (sim:kernel): a force or a torque on each particle, behind the contacts. The twin of
// engine/particle_kernel.c; what it includes as a law is the kernel's function.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"

layout(std430, binding = 2) readonly buffer Pos { double pos[]; };
layout(std430, binding = 3) readonly buffer Vel { REAL4 vel[]; };
layout(std430, binding = 4) readonly buffer Mass { double mass[]; };
layout(std430, binding = 5) buffer Acc { double acc[]; };
layout(std430, binding = 6) readonly buffer Parameters { REAL parameters[]; };
layout(push_constant) uniform Push { uint torque; };
#define COEFFICIENT(k, pair) parameters[k]
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
    for (int c = 0; c < 3; c++) {
        row[BRC_PARTICLE_X + c] = REAL(pos[4u * i + uint(c)]);
        row[BRC_PARTICLE_VX + c] = vel[4u * i][c], row[BRC_PARTICLE_WX + c] = vel[4u * i + 1u][c];
    }
    row[BRC_PARTICLE_RADIUS] = REAL(pos[4u * i + 3u]), row[BRC_PARTICLE_MASS] = REAL(mass[i]);
    history[0] = 0.0;
    law_function(row, history, result, 0);
    const uint first = torque != 0u ? 4u : 0u;
    const double magic = torque != 0u ? t_magic : f_magic, most = 0.125LF * (torque != 0u ? t_limit : f_limit);
    bool good = true;
    for (uint c = 0u; c < 3u; c++) {
        const double f = on_grid(double(result[c]), magic);
        good = good && abs(f) < most;
        acc[8u * i + first + c] += f;
    }
    if (!good) atomicOr(status[FLAGS], FLAG_RANGE);
}
