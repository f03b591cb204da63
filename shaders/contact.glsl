// contact.glsl -- which contacts of a particle's row the law acts on, and what it reads of those with walls: operation by operation as
// engine/kernels_walls.h has it. What includes it has the buffers of pair.glsl, shapes.glsl, reaches, material and wall_values.
#include "pair.glsl"

// Unit vector away from the axis of a cylinder, at a point.
dvec3 outward_at(uint w, uint p, dvec3 point)
{
    const dvec3 axis = THREE(shapes.at[w].axis);
    dvec3 d = (THREE(shapes.at[w].reference) + rotate_back(p, point - THREE(poses.at[p].position))) - THREE(shapes.at[w].point);
    d = d - dot3(d, axis) * axis;
    const double rho = length3(d);
    dvec3 e = THREE(shapes.at[w].across);
    if (rho > 0.0LF) e = divide3(d, rho);
    return rotate(p, e);
}

dvec3 belt_at(uint w, uint p, dvec3 n)
{
    dvec3 belt = THREE(shapes.at[w].surface);
    if (shapes.at[w].posed != 0) belt = rotate(p, belt);
    return belt - dot3(belt, n) * n;
}

// [1/kg] how easily a push along n moves the point of a body.
double mobility_at(uint p, dvec3 point, dvec3 n)
{
    const dvec3 m = cross3(point - THREE(poses.at[p].position), n);
    dvec3 turned;
    for (int k = 0; k < 3; k++)
        turned[k] = dot3(dvec3(poses.at[p].inverse[3 * k], poses.at[p].inverse[3 * k + 1], poses.at[p].inverse[3 * k + 2]), m);
    return ((n.x * n.x * poses.at[p].inverse_mass[0] + n.y * n.y * poses.at[p].inverse_mass[1]) + n.z * n.z * poses.at[p].inverse_mass[2]) +
           dot3(m, turned);
}

dvec3 contact_point(uint i, uint w, double overlap, dvec3 n)
{
    const dvec4 here = pos.at[i];
    const double radius = here.w;
    return here.xyz - (shapes.at[w].body != 0 ? radius : radius - overlap) * n;
}

void wall_contact(uint i, uint w, uint p, double overlap, dvec3 normal, out Contact c)
{
    const dvec4 here = pos.at[i];
    const REAL ra = REAL(here.w);
    const REAL3 n = REAL3(REAL(normal.x), REAL(normal.y), REAL(normal.z));
    const REAL4 vm = vel.at[4u * i], wm = vel.at[4u * i + 1u], mm = vel.at[4u * i + 2u], qm = vel.at[4u * i + 3u];
    REAL3 v = vm.xyz, m = mm.xyz, spin = wm.xyz, q = qm.xyz;
    double inverse_mass = 0.0LF;
    if (shapes.at[w].rest == 0) {
        const dvec3 point = contact_point(i, w, overlap, normal), belt = belt_at(w, p, normal);
        dvec3 speed = dvec3(0.0LF), turning = THREE(poses.at[p].angular);
        if (shapes.at[w].posed != 0)
            speed = speed + (THREE(poses.at[p].velocity) + cross3(turning, point - THREE(poses.at[p].position)));
        if (poses.at[p].radius_rate != 0.0LF) speed = speed + poses.at[p].radius_rate * outward_at(w, p, point);
        speed = speed + belt;
        dvec3 mean = speed, mean_turning = turning;
        if (shapes.at[w].body != 0) {
            mean_turning = THREE(poses.at[p].mean_angular);
            mean = (THREE(poses.at[p].mean) + cross3(mean_turning, point - THREE(poses.at[p].position))) + belt;
            inverse_mass = mobility_at(p, point, normal);
        }
        for (int k = 0; k < 3; k++) v[k] -= REAL(speed[k]), m[k] -= REAL(mean[k]);
        const REAL3 s = spin, t = q;
        spin = REAL3(s.x - REAL(turning.x), s.y - REAL(turning.y), s.z - REAL(turning.z));
        q = REAL3(t.x - REAL(mean_turning.x), t.y - REAL(mean_turning.y), t.z - REAL(mean_turning.z));
    }
    c.row[BRC_IN_OVERLAP] = REAL(overlap);
    c.row[BRC_IN_NX] = n.x, c.row[BRC_IN_NY] = n.y, c.row[BRC_IN_NZ] = n.z;
    c.row[BRC_IN_VX] = v.x - ra * (wm.y * n.z - wm.z * n.y);
    c.row[BRC_IN_VY] = v.y - ra * (wm.z * n.x - wm.x * n.z);
    c.row[BRC_IN_VZ] = v.z - ra * (wm.x * n.y - wm.y * n.x);
    c.row[BRC_IN_WX] = spin.x, c.row[BRC_IN_WY] = spin.y, c.row[BRC_IN_WZ] = spin.z;
    c.row[BRC_IN_UX] = m.x - ra * (qm.y * n.z - qm.z * n.y);
    c.row[BRC_IN_UY] = m.y - ra * (qm.z * n.x - qm.x * n.z);
    c.row[BRC_IN_UZ] = m.z - ra * (qm.x * n.y - qm.y * n.x);
    c.row[BRC_IN_QX] = q.x, c.row[BRC_IN_QY] = q.y, c.row[BRC_IN_QZ] = q.z;
    c.row[BRC_IN_R] = ra;
    c.row[BRC_IN_M] = DIV(1.0, vm.w + REAL(inverse_mass));
    c.row[BRC_IN_R1] = ra, c.row[BRC_IN_R2] = 0.0;
    c.row[BRC_IN_SX] = qm.x - REAL(0.5) * q.x, c.row[BRC_IN_SY] = qm.y - REAL(0.5) * q.y, c.row[BRC_IN_SZ] = qm.z - REAL(0.5) * q.z;
#ifdef READS_MASSES
    c.row[BRC_IN_M1] = REAL(mass.at[i]), c.row[BRC_IN_M2] = 0.0;
#endif
#if LAW_FIELDS > 0
    for (uint k = 0u; k < FIELDS_READ; k++) {
        c.row[BRC_IN_F0A + 2u * k] = REAL(values.at[k * uint(everyone) + i]);
        c.row[BRC_IN_F0A + 2u * k + 1u] = REAL(wall_values.at[k * uint(wall_count) + w]);
    }
#endif
    c.arm_a = ra, c.arm_b = 0.0;
    c.pair = material.at[i] * materials + shapes.at[w].material;
}

// Whether the law acts on the pair that an entry of particle i's row names, here: its place. d: from the second to the first.
bool pair_acts(dvec4 here, uint i, uint j, uint entry, out double d[3], out double gap, out double r2)
{
    const dvec4 there = pos.at[j];
    const bool first = (entry & FIRST) != 0u, far = law_reach > 0.0LF;
    for (int c = 0; c < 3; c++) d[c] = first ? here[c] - there[c] : there[c] - here[c];
    nearest(d);
    const double both = here.w + there.w;
    r2 = (d[0] * d[0] + d[1] * d[1]) + d[2] * d[2];
    gap = both * both - r2;
    if (gap > 0.0LF || !far) return gap > 0.0LF;
    const double reach = reaches.at[material.at[i] * materials + material.at[j]];
    if (!(reach > 0.0LF && (unborn != 0 || (entry & TOUCHING) != 0u))) return false;
    const double most = both + reach;
    return most * most - r2 > 0.0LF;
}

// The same of a plane at rest.
bool plane_acts(dvec4 here, uint i, uint w, uint entry, out double overlap, out dvec3 normal)
{
    const double radius = here.w;
    const bool far = law_reach > 0.0LF;
    normal = THREE(shapes.at[w].axis);
    const double s = dot3(normal, here.xyz - THREE(shapes.at[w].point));
    const double reach = far ? reaches.at[material.at[i] * materials + shapes.at[w].material] : 0.0LF;
    overlap = (radius + reach) - s;
    if (far) overlap -= reach;
    // what has its centre a radius behind the wall has passed it
    if (!(abs(s) < radius + reach && !(s < 0.0LF && !(abs(s) < radius)))) return false;
    return !far || unborn != 0 || overlap > 0.0LF || (entry & TOUCHING) != 0u;
}
