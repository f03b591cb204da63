// force.comp -- the forces of a step: each particle adds up its own contacts, in any order, because the sums are exact.
// The arithmetic is that of engine/kernels_block.h, kernels_pairs.h and kernels_walls.h, operation by operation.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"
#define SHAPES_AT 13
#include "shapes.glsl"

BUFFER(2, readonly, Pos, pos, dvec4, 32) // place, radius
BUFFER(3, readonly, Vel, vel, REAL4, REAL4_SIZE) // [4] v 1/m; spin radius; both at the half step
BUFFER(4, writeonly, Acc, acc, dvec4, 32) // [2] force, torque
BUFFER(5, readonly, Material, material, int, 4)
BUFFER(6, readonly, Start, start, uint, 4) // of each row
BUFFER(7, , Entries, entries, uint, 4)
BUFFER(8, , Histories, histories, REAL, REAL_SIZE) // [LAW_HISTORY] of each entry
BUFFER(9, readonly, Coefficients, coefficients, REAL, REAL_SIZE)
BUFFER(10, , Sums, sums, uint, 4) // of walls: [WALL_WORDS] words of 64 bits each
BUFFER(11, readonly, Reaches, reaches, double, 8) // [materials][materials] where the law acts beyond touching
BUFFER(12, readonly, Mass, mass, double, 8) // where the law asks for it
BUFFER(15, readonly, Near, near, uvec2, 8) // candidates of touch.comp: slot, wall
BUFFER(16, readonly, Counts, counts, uint, 4)
BUFFER(17, readonly, Touches, touches, Touch, 8)
BUFFER(18, , TouchHistories, touch_histories, REAL, REAL_SIZE)
// slot: step of the batch; candidates, room: as in touch.comp; sum_slot: that of the sums; row_at: of the first row
layout(push_constant) uniform Push { uint slot, candidates, room, sum_slot, row_at; };
#define COEFFICIENT(k, pair) coefficients.at[(k) * materials * materials + (pair)]
#define BRC_DT REAL(dt)
#define BRC_TIME REAL(time_base + (since + double(status[STEP] + 1u)) * dt)
#ifdef LAW_CALLS
#include "fixedmath.glsl"
#endif
#include "laws.glsl"
#if defined(READS_BRC_IN_M1) || defined(READS_BRC_IN_M2)
#define READS_MASSES
#endif
#if LAW_FIELDS > 0
BUFFER(19, readonly, Values, values, double, 8) // [field][everyone], fields as the law counts them
BUFFER(20, writeonly, Fluxes, fluxes, double, 8) // [field][count]
BUFFER(21, readonly, WallValues, wall_values, double, 8) // [field][wall]
#endif

const uint WALL_WORDS = 15u; // force, torque, contacts, sizes of the first two, power of the belt, radial force, fluxes
shared uint group_contacts, group_flags, group_deep;

void add64(uint at, int64_t term) // an order-free atomic sum where no atomics of 64 bits are
{
    const uint lo = uint(uint64_t(term) & 0xffffffffUL), hi = uint(uint64_t(term) >> 32);
    const uint old = atomicAdd(sums.at[2u * at], lo);
    atomicAdd(sums.at[2u * at + 1u], hi + (old + lo < old ? 1u : 0u));
}

#include "lanes.glsl"
#include "contact.glsl"

// The wall's share, in quanta; of walls that nothing moves or asks at each step only that of a run's last step is kept.
void add_to_wall(uint w, uint p, uint i, double overlap, dvec3 n, dvec3 f, REAL m[3])
{
    const uint at = WALL_WORDS * (sum_slot * uint(wall_count) + w);
    const dvec3 point = contact_point(i, w, overlap, n), arm = point - THREE(poses.at[p].position), c = cross3(arm, f);
    const dvec3 torque = dvec3(-t_per * (c.x + double(m[0])), -t_per * (c.y + double(m[1])), -t_per * (c.z + double(m[2])));
    for (uint k = 0u; k < 3u; k++) add64(at + k, -int64_t(f[k] * f_per));
    const double turning = abs(torque.x) + abs(torque.y) + abs(torque.z);
    if (turning < 36028797018963968.0LF) // 2^55
        for (uint k = 0u; k < 3u; k++) add64(at + 3u + k, int64_t(to_whole(torque[k])));
    else atomicOr(group_flags, FLAG_RANGE);
    add64(at + 6u, overlap > 0.0LF ? 1L : 0L);
    // sizes, in 2^20 quanta: they only tell when sums leave their range
    add64(at + 7u, int64_t((abs(f.x) + abs(f.y) + abs(f.z)) * f_per / 1048576.0LF) + 1L);
    add64(at + 8u, int64_t(min(turning, 36028797018963968.0LF) / 1048576.0LF) + 1L);
    if (shapes.at[w].belt != 0) add64(at + 9u, int64_t(to_whole(dot3(f, belt_at(w, p, n)) * f_per / 4096.0LF)));
    if (shapes.at[w].breathes != 0) add64(at + 10u, -int64_t(to_whole(dot3(f, outward_at(w, p, point)) * f_per)));
}

// Whether an outlet may take a particle whose step ends here: the host looks then. A step is shorter than a radius.
bool may_leave(double x[3], double radius)
{
    double shift[3];
    for (int q = 0; q < 3; q++)
        shift[q] = length_[q] > 0.0LF ? x[q] - lo[q] <= radius ? length_[q] : hi[q] - x[q] <= radius ? -length_[q] : 0.0LF : 0.0LF;
    bool leaves = false;
    for (int k = 0; k < outlet_count; k++) {
        if (outlets[k].is_box != 0 && outlets[k].meets == 0) {
            bool inside = true;
            for (int q = 0; q < 3; q++) inside = inside && x[q] >= outlets[k].lo[q] && x[q] <= outlets[k].hi[q];
            leaves = leaves || inside;
            continue;
        }
        for (int image_ = 0; image_ < 8; image_++) { // the path may have begun beyond a periodic face
            double there[3], s = 0.0LF;
            for (int q = 0; q < 3; q++) there[q] = (image_ >> q & 1) == 1 ? x[q] + shift[q] : x[q];
            if (CELL) {
                const double ny = (image_ & 2) == 0 ? 0.0LF : sign(shift[1]), nz = (image_ & 4) == 0 ? 0.0LF : sign(shift[2]);
                there[0] += ny * edge[3] + nz * edge[4], there[1] += nz * edge[5];
            }
            if (outlets[k].meets != 0) {
                bool inside = true;
                for (int q = 0; q < 3; q++) inside = inside && there[q] >= outlets[k].lo[q] && there[q] <= outlets[k].hi[q];
                leaves = leaves || inside;
                continue;
            }
            for (int q = 0; q < 3; q++) s += outlets[k].normal[q] * (there[q] - outlets[k].point[q]);
            leaves = leaves || (s <= 0.0LF && s >= -1.001LF * radius);
        }
    }
    return leaves;
}

void main()
{
    if (stopped()) return; // the same for all
    const uint i = thread_index();
    if (gl_LocalInvocationIndex == 0u) group_contacts = 0u, group_flags = 0u, group_deep = 0u;
    int64_t sums_of[9] = {0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L}; // of the stress
    barrier();
    if (i < uint(count)) {
        const dvec4 here = pos.at[i];
        const double x[3] = {here.x, here.y, here.z}, radius = here.w;
        const bool last = status[STEP] + 1u == status[TARGET];
        double force[3] = {0.0LF, 0.0LF, 0.0LF}, turn[3] = {0.0LF, 0.0LF, 0.0LF};
#if LAW_FIELDS > 0
        double flux[LAW_FIELDS];
        for (int q = 0; q < LAW_FIELDS; q++) flux[q] = 0.0LF;
#endif
        uint contacts = 0u, flags = 0u, deep = 0u; // 1: an overlap; 2: an outlet
        const uint end = row_at + start.at[i + 1u];
        const uint now = status[STEP] & 1u ^ 1u; // the half that touch.comp has just written
        uint hit = 0u;                             // of the entry: which of its contacts
        for (uint k = row_at + start.at[i]; k < end;) {
            const uint entry = entries.at[k];
            const bool wall = (entry & WALL) != 0u, rests = wall && (entry & FIRST) != 0u, first = wall || (entry & FIRST) != 0u;
            const bool searched = wall && !rests;
            uint j = entry & INDEX, at = k;
            double d[3], gap, r2 = 0.0LF;
            dvec3 normal = dvec3(0.0LF);
            bool acts;
            if (searched) {
                const uint c = now * candidates + j;
                acts = hit < counts.at[c];
                at = c * room + hit;
                j = near.at[j].y;
                if (acts) gap = touches.at[at].overlap, normal = THREE(touches.at[at].n);
                hit++;
            } else if (wall) acts = plane_acts(here, i, j, entry, gap, normal);
            else acts = pair_acts(here, i, j, entry, d, gap, r2);
            if (!searched || !acts) k++, hit = 0u;
            if (!acts) {
                if ((entry & TOUCHING) != 0u) {
                    entries.at[at] = entry & ~TOUCHING;
                    for (int c = 0; c < LAW_HISTORY; c++) histories.at[at * LAW_HISTORY + c] = 0.0;
                }
                continue;
            }
            Contact c;
            REAL history[LAW_HISTORY > 0 ? LAW_HISTORY : 1], result[LAW_RESULTS];
            const uint p = slot * uint(wall_count) + j;
            if (wall) wall_contact(i, j, p, gap, normal, c);
            else {
                const uint a = first ? i : j, b = first ? j : i;
                pair_contact(a, b, d, gap, r2, c);
                c.pair = material.at[a] * materials + material.at[b];
            }
            for (int h = 0; h < LAW_HISTORY; h++)
                history[h] = searched ? touch_histories.at[at * LAW_HISTORY + h] : histories.at[at * LAW_HISTORY + h];
            law_function(c.row, history, result, c.pair);
            for (int h = 0; h < LAW_HISTORY; h++)
                if (searched) touch_histories.at[at * LAW_HISTORY + h] = history[h];
                else histories.at[at * LAW_HISTORY + h] = history[h];
            if (!searched && (entry & TOUCHING) == 0u) entries.at[at] = entry | TOUCHING;
            contacts += first && !wall && gap > 0.0LF ? 1u : 0u;
            const REAL smaller = wall || c.row[BRC_IN_R1] < c.row[BRC_IN_R2] ? c.row[BRC_IN_R1] : c.row[BRC_IN_R2];
            if (c.row[BRC_IN_OVERLAP] > overlap_most * smaller) deep |= 1u;

            const REAL f[3] = {result[0], result[1], result[2]}, m[3] = {result[3], result[4], result[5]};
            const REAL3 n = REAL3(c.row[BRC_IN_NX], c.row[BRC_IN_NY], c.row[BRC_IN_NZ]);
            const REAL cross_[3] = {n.y * f[2] - n.z * f[1], n.z * f[0] - n.x * f[2], n.x * f[1] - n.y * f[0]};
            dvec3 mine;
            bool good = true;
            for (int q = 0; q < 3; q++) {
                const REAL on_a = m[q] - c.arm_a * cross_[q], on_b = -m[q] - c.arm_b * cross_[q];
                good = good && abs(f[q]) < f_most && abs(on_a) < t_most && abs(on_b) < t_most;
                mine[q] = on_grid(double(first ? f[q] : 0.0 - f[q]), f_magic);
                force[q] += mine[q];
                turn[q] += on_grid(double(first ? on_a : on_b), t_magic);
            }
            if (!good) flags |= FLAG_RANGE;
            if (CELL && ordered != 0 && first && !wall) add_virial(sums_of, double[3](mine.x, mine.y, mine.z), d);
#if LAW_FIELDS > 0
            for (int q = 0; q < LAW_FIELDS; q++) {
                const double flow = on_grid(double(result[6 + q]), flux_magic[q]);
                if (!(abs(flow) < 0.125LF * flux_limit[q])) {
                    flags |= FLAG_FIELD;
                    continue;
                }
                flux[q] += first ? flow : -flow;
                if (wall && (last || shapes.at[j].every != 0))
                    add64(WALL_WORDS * (sum_slot * uint(wall_count) + j) + 11u + uint(q), int64_t(flow * flux_per[q]));
            }
#endif
            if (wall && (last || shapes.at[j].every != 0)) add_to_wall(j, p, i, gap, normal, mine, m);
        }
        if (end - (row_at + start.at[i]) > 64u) look_for_cut(); // shorter ones cannot be that long
        acc.at[2u * i] = dvec4(force[0], force[1], force[2], 0.0LF);
        acc.at[2u * i + 1u] = dvec4(turn[0], turn[1], turn[2], 0.0LF);
#if LAW_FIELDS > 0
        for (uint q = 0u; q < LAW_FIELDS; q++) fluxes.at[q * uint(count) + i] = flux[q];
#endif
        if (contacts > 0u) atomicAdd(group_contacts, contacts);
        if (flags != 0u) atomicOr(group_flags, flags);
        if (outlet_count > 0 && may_leave(x, radius)) deep |= 2u;
        if (deep != 0u) atomicOr(group_deep, deep);
    }
    barrier();
    if (CELL)
        for (uint k = 0u; k < 9u; k++) add_lanes(VIRIAL + 2u * k, sums_of[k]);
    if (gl_LocalInvocationIndex != 0u) return;
    if (group_contacts > 0u) atomicAdd(status[CONTACTS], group_contacts);
    if (group_flags != 0u) atomicOr(status[FLAGS], group_flags);
    if (group_deep != 0u) atomicOr(status[DEEP], group_deep);
}
