// fields.comp -- one Euler step of the fields that a law gives fluxes into, at the end of a step: the twin of user_fields.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"

layout(std430, binding = 2) buffer Values { double values[]; };            // [field][count], fields as the law counts them
layout(std430, binding = 3) readonly buffer Fluxes { double fluxes[]; };   // the same
layout(std430, binding = 4) readonly buffer Mass { double mass[]; };
layout(std430, binding = 5) readonly buffer Material { int material[]; };
layout(std430, binding = 6) readonly buffer Capacity { double capacity[]; }; // [field][material]
layout(push_constant) uniform Push { uint fields, changing; };           // changing: bit j: field j changes

shared uint group_flags;

void main()
{
    if (stopped()) return; // the same for all
    const uint i = thread_index();
    if (gl_LocalInvocationIndex == 0u) group_flags = 0u;
    barrier();
    if (i < uint(count)) {
        for (uint j = 0u; j < fields; j++) {
            if ((changing >> j & 1u) == 0u) continue;
            const uint at = j * uint(count) + i;
            const double flux = fluxes[at];
            const double value = values[at] + flux * DIV64(dt, mass[i] * capacity[j * uint(materials) + uint(material[i])]);
            values[at] = value;
            if (!(abs(flux) < flux_limit[j]) || !(abs(value) < 1e300LF)) atomicOr(group_flags, FLAG_FIELD);
        }
    }
    barrier();
    if (gl_LocalInvocationIndex == 0u && group_flags != 0u) atomicOr(status[FLAGS], group_flags);
}
