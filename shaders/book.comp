// book.comp -- the energy book (engine/book.h) of contacts, one thread for each entry of a row and each contact with a wall that is no
// plane at rest: before the law, the forces of its parts; with SETTLES, after the second half kick, what they have done.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"
#define SHAPES_AT 13
#include "shapes.glsl"
#ifndef SETTLES
#include "fixedmath.glsl"
#endif

BUFFER(2, readonly, Pos, pos, dvec4, 32) // as in force.comp
BUFFER(3, readonly, Vel, vel, REAL4, REAL4_SIZE)
BUFFER(4, , Kept, kept, REAL, REAL_SIZE) // [thread][part][6] forces and moments
BUFFER(5, readonly, Material, material, int, 4)
BUFFER(6, readonly, Start, start, uint, 4)
BUFFER(7, readonly, Entries, entries, uint, 4)
BUFFER(8, readonly, Histories, histories, REAL, REAL_SIZE)
BUFFER(9, readonly, Coefficients, numbers_of, REAL, REAL_SIZE)
BUFFER(10, readonly, Code, code, uvec4, 16) // a program's instructions
BUFFER(11, readonly, Reaches, reaches, double, 8)
BUFFER(12, readonly, Mass, mass, double, 8)
BUFFER(15, readonly, Near, near, uvec2, 8)
BUFFER(16, readonly, Counts_, counts, uint, 4)
BUFFER(17, readonly, Touches, touches, Touch, 8)
BUFFER(18, readonly, TouchHistories, touch_histories, REAL, REAL_SIZE)
BUFFER(19, readonly, Values, values, double, 8)
BUFFER(20, , Pages, pages, uint, 4)
BUFFER(21, readonly, WallValues, wall_values, double, 8)
// per: dt over the unit of the sums; row_total: entries; the others as in force.comp.
#define LAW_FIELDS 4 // how many there are, `fields` says
#define FIELDS_READ fields
#define READS_MASSES
#include "laws.glsl"
#include "wide.glsl"
#ifndef SETTLES
#include "program.glsl"
#endif
// per: dt over the unit of the sums; row_total: of entries; fields: of the law; the rest as in force.comp.
layout(push_constant) uniform Push { double per; uint slot, candidates, room, row_at, row_total, fields, parts;
#ifndef SETTLES
    Counts program;
#endif
};
#include "contact.glsl"

uint owner(uint entry) // of the row that it is in
{
    uint low = 0u, high = uint(count);
    while (high - low > 1u) {
        const uint middle = (low + high) / 2u;
        if (start.at[middle] <= entry) low = middle;
        else high = middle;
    }
    return low;
}

// The contact of a thread, if it has one that acts. A pair is its first particle's, in whose row FIRST is set. at: of its history.
bool find_contact(uint thread, out Contact c, out uint at, out bool searched)
{
    searched = thread >= row_total;
    if (searched) {
        const uint k = thread - row_total, near_at = k / room, hit = k % room;
        if (near_at >= candidates) return false;
        const uint half_at = ((status[STEP] & 1u) ^ 1u) * candidates + near_at; // that touch.comp has just written
        if (hit >= counts.at[half_at]) return false;
        const uvec2 who = near.at[near_at];
        at = half_at * room + hit;
        wall_contact(who.x, who.y, slot * uint(wall_count) + who.y, touches.at[at].overlap, THREE(touches.at[at].n), c);
        return true;
    }
    at = row_at + thread;
    const uint entry = entries.at[at], j = entry & INDEX;
    if ((entry & FIRST) == 0u) return false;
    const uint i = owner(thread);
    const dvec4 here = pos.at[i];
    if ((entry & WALL) != 0u) {
        double overlap;
        dvec3 normal;
        if (!plane_acts(here, i, j, entry, overlap, normal)) return false;
        wall_contact(i, j, slot * uint(wall_count) + j, overlap, normal, c);
        return true;
    }
    double d[3], gap, r2;
    if (!pair_acts(here, i, j, entry, d, gap, r2)) return false;
    pair_contact(i, j, d, gap, r2, c);
    c.pair = material.at[i] * materials + material.at[j];
    return true;
}

#ifndef SETTLES
void note(uint thread)
{
    Contact c;
    uint at;
    bool searched;
    if (!find_contact(thread, c, at, searched)) return;
    for (int k = 0; k < BRC_IN_COUNT; k++) value[k] = c.row[k];
    for (uint h = 0u; h < program.history; h++) {
        const uint from = at * program.history + h;
        if (searched) value[uint(BRC_IN_COUNT) + h] = touch_histories.at[from];
        else value[uint(BRC_IN_COUNT) + h] = histories.at[from];
    }
    run_program(program, uint(materials * materials), uint(c.pair), REAL(dt),
                REAL(time_base + (since + double(status[STEP] + 1u)) * dt));
    const uint rows = 6u * parts, result = uint(BRC_IN_COUNT) + program.history;
    for (uint k = 0u; k < rows; k++) kept.at[thread * rows + k] = value[result + k];
}

void main()
{
    if (stopped()) return;
    note(thread_index());
    look_for_cut();
}
#else
void main()
{
    if (stopped()) return; // the same for all
    const uint thread = thread_index();
    Contact c;
    uint at;
    bool searched, good = true;
    const bool acts = find_contact(thread, c, at, searched);
    for (uint p = 0u; p < parts; p++) {
        Wide work = Wide(0L, 0L), rest = Wide(0L, 0L);
        if (acts) {
            double power = 0.0LF, rest_of = 0.0LF;
            for (uint k = 0u; k < 6u; k++) {
                const double f = double(kept.at[(thread * parts + p) * 6u + k]);
                const double v = double(c.row[BRC_IN_VX + k]), mean = double(c.row[BRC_IN_UX + k]);
                power += f * v;
                rest_of += f * (v + 0.5LF * (v - mean));
            }
            good = add_term(work, power * per) && add_term(rest, rest_of * per) && good;
        }
        add_group(PARTS + 2u * p, work);
        add_group(PARTS + 2u * p + 1u, rest);
    }
    if (!good) atomicOr(status[FLAGS], FLAG_BOOK);
}
#endif
