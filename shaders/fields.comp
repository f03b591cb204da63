// fields.comp -- one Euler step of the fields that a law gives fluxes into, at the end of a step: the twin of user_fields.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"

BUFFER(2, , Values, values, double, 8) // [field][everyone], fields as the law counts them
BUFFER(3, readonly, Fluxes, fluxes, double, 8) // [field][count]
BUFFER(4, readonly, Mass, mass, double, 8)
BUFFER(5, readonly, Material, material, int, 4)
BUFFER(6, readonly, Capacity, capacity, double, 8) // [field][material]
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
            const uint at = j * uint(everyone) + i;
            const double flux = fluxes.at[j * uint(count) + i];
            const double value = values.at[at] + flux * DIV64(dt, mass.at[i] * capacity.at[j * uint(materials) + uint(material.at[i])]);
            values.at[at] = value;
            if (!(abs(flux) < flux_limit[j]) || !(abs(value) < 1e300LF)) atomicOr(group_flags, FLAG_FIELD);
        }
    }
    barrier();
    if (gl_LocalInvocationIndex == 0u && group_flags != 0u) atomicOr(status[FLAGS], group_flags);
}
