// bond.comp -- the loads of bonds, each evaluated once: the twin of engine/kernels_bonds.h.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"

struct Bond {
    int a, b, kind; // slots, a of the lower id; whose coefficients
    int replaces;   // its ends do not touch each other
};
BUFFER(2, readonly, Pos, pos, dvec4, 32)
BUFFER(3, readonly, Vel, vel, REAL4, REAL4_SIZE)
BUFFER(4, readonly, Mass, mass, double, 8) // where the law asks for it
BUFFER(5, readonly, Bonds, bonds, Bond, 8)
BUFFER(6, , Histories, histories, REAL, REAL_SIZE) // [bond][LAW_HISTORY]
BUFFER(7, readonly, Coefficients, coefficients, REAL, REAL_SIZE) // [coefficient][kind]
BUFFER(8, writeonly, Loads, loads, double, 8) // [9] force, torques on a and on b
BUFFER(9, , Gone, gone, uint, 4) // the step of the run that it has broken in, from 1 on; 0: it holds
layout(push_constant) uniform Push { uint bond_total; int kinds, broken_row; };
#define COEFFICIENT(k, pair) coefficients.at[(k) * kinds + (pair)]
#define BRC_DT REAL(dt)
#define BRC_TIME REAL(time_base + (since + double(status[STEP] + 1u)) * dt)
#include "laws.glsl"
#if defined(READS_BRC_IN_M1) || defined(READS_BRC_IN_M2)
#define READS_MASSES
#endif
#include "lanes.glsl"
#include "pair.glsl"

void load(uint i, inout int64_t sums_of[9])
{
    const uint a = uint(bonds.at[i].a), b = uint(bonds.at[i].b);
    double d[3], r2;
    const dvec4 one = pos.at[a], other = pos.at[b];
    for (int k = 0; k < 3; k++) d[k] = one[k] - other[k];
    nearest(d);
    r2 = (d[0] * d[0] + d[1] * d[1]) + d[2] * d[2];
    const double sum = one.w + other.w;
    Contact c;
    double on_first[3];
    REAL history[LAW_HISTORY], result[LAW_RESULTS];
    pair_contact(a, b, d, sum * sum - r2, r2, c);
    for (int h = 0; h < LAW_HISTORY; h++) history[h] = histories.at[i * LAW_HISTORY + h];
    law_function(c.row, history, result, bonds.at[i].kind);
    for (int h = 0; h < LAW_HISTORY; h++) histories.at[i * LAW_HISTORY + h] = history[h];
    const REAL f[3] = {result[0], result[1], result[2]}, m[3] = {result[3], result[4], result[5]};
    const REAL3 n = REAL3(c.row[BRC_IN_NX], c.row[BRC_IN_NY], c.row[BRC_IN_NZ]);
    const REAL cross_[3] = {n.y * f[2] - n.z * f[1], n.z * f[0] - n.x * f[2], n.x * f[1] - n.y * f[0]};
    bool good = true;
    for (uint q = 0u; q < 3u; q++) {
        const REAL on_a = m[q] - c.arm_a * cross_[q], on_b = -m[q] - c.arm_b * cross_[q];
        good = good && abs(f[q]) < f_most && abs(on_a) < t_most && abs(on_b) < t_most;
        loads.at[9u * i + q] = on_first[q] = on_grid(double(f[q]), f_magic);
        loads.at[9u * i + 3u + q] = on_grid(double(on_a), t_magic), loads.at[9u * i + 6u + q] = on_grid(double(on_b), t_magic);
    }
    if (!good) atomicOr(status[FLAGS], FLAG_RANGE);
    if (CELL && ordered != 0 && a < uint(count)) add_virial(sums_of, on_first, d); // else another rank does
    if (broken_row < 0 || history[broken_row] == 0.0) return;
    gone.at[i] = status[STEP] + 1u;
    atomicOr(status[BROKE], 1u);
    if (bonds.at[i].replaces != 0) atomicOr(status[REMAKE], 1u);
}

void main()
{
    const uint i = thread_index();
    int64_t sums_of[9] = {0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L}; // of the stress
    if (stopped()) return; // the same for all
    if (i < bond_total && gone.at[i] == 0u) load(i, sums_of);
    if (CELL)
        for (uint k = 0u; k < 9u; k++) add_lanes(VIRIAL + 2u * k, sums_of[k]);
}
