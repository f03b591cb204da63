// stored.comp -- what the bonds that break in this step have stored, for the energy book: the twin of book_broken in engine/kernels_bonds.h.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"
#include "fixedmath.glsl"

struct Bond { // as in bond.comp
    int a, b, kind;
    int replaces;
};
BUFFER(2, readonly, Pos, pos, dvec4, 32)
BUFFER(3, readonly, Vel, vel, REAL4, REAL4_SIZE)
BUFFER(4, readonly, Mass, mass, double, 8)
BUFFER(5, readonly, Bonds, bonds, Bond, 8)
BUFFER(6, readonly, Histories, histories, REAL, REAL_SIZE) // [bond][history], after the law
BUFFER(7, readonly, Coefficients, numbers_of, REAL, REAL_SIZE)
BUFFER(8, writeonly, Stored, stored, double, 8) // [J] of each bond
BUFFER(9, readonly, Gone, gone, uint, 4)
BUFFER(10, readonly, Code, code, uvec4, 16)
#define LAW_FIELDS 0
#define READS_MASSES
#include "laws.glsl"
#include "program.glsl"
layout(push_constant) uniform Push { double blink; uint bond_total, kinds; Counts program; }; // blink [s]: the step that it is asked with
#include "pair.glsl"

void main()
{
    const uint i = thread_index();
    if (stopped() || i >= bond_total || gone.at[i] != status[STEP] + 1u) return;
    const uint a = uint(bonds.at[i].a), b = uint(bonds.at[i].b);
    const dvec4 one = pos.at[a], other = pos.at[b];
    double d[3];
    for (int k = 0; k < 3; k++) d[k] = one[k] - other[k];
    nearest(d);
    const double r2 = (d[0] * d[0] + d[1] * d[1]) + d[2] * d[2], sum_of = one.w + other.w;
    Contact c;
    pair_contact(a, b, d, sum_of * sum_of - r2, r2, c);
    for (int k = 0; k < BRC_IN_COUNT; k++) value[k] = c.row[k];
    for (uint h = 0u; h < program.history; h++) value[uint(BRC_IN_COUNT) + h] = histories.at[i * program.history + h];
    run_program(program, kinds, uint(bonds.at[i].kind), REAL(blink), REAL(time_base + (since + double(status[STEP] + 1u)) * dt));
    stored.at[i] = double(value[uint(BRC_IN_COUNT) + program.history]);
}
