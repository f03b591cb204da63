// pair.glsl -- what a law reads of two particles, operation by operation as engine/kernels_block.h has it. What includes it has the
// buffers pos, vel, mass and values, and the names of a law's rows.
#ifndef FIELDS_READ
#define FIELDS_READ LAW_FIELDS
#endif
// What stands in both kinds of contacts behind the geometry.
struct Contact {
    REAL row[BRC_IN_COUNT];
    REAL arm_a, arm_b;
    int pair;
};

// Adds the velocity of the image. Which image it is, the difference tells: all of this is exact.
void image_velocity(uint a, uint b, double d[3], inout REAL3 v, inout REAL3 u)
{
    const dvec4 between = pos.at[a] - pos.at[b];
    double x = d[0] - between.x, y = d[1] - between.y;
    const double z = d[2] - between.z;
    if (x == 0.0LF && y == 0.0LF && z == 0.0LF) return;
    const double nz = z > 0.0LF ? 1.0LF : z < 0.0LF ? -1.0LF : 0.0LF;
    y -= nz * edge[5];
    const double ny = y > 0.0LF ? 1.0LF : y < 0.0LF ? -1.0LF : 0.0LF;
    x -= nz * edge[4] + ny * edge[3];
    const double nx = x != 0.0LF ? to_whole(DIV64(x, edge[0])) : 0.0LF;
    const REAL3 w = REAL3(REAL((nx * speed[0] + ny * speed[3]) + nz * speed[4]), REAL(ny * speed[1] + nz * speed[5]), REAL(nz * speed[2]));
    v += w, u += w;
}

// Adds f (x) d of a contact, f the force on the first, rounded to the grid, in quanta of the stress.
void add_virial(inout int64_t sum[9], double f[3], double d[3])
{
    for (int k = 0; k < 9; k++) {
        const double term = on_grid(f[k / 3] * d[k % 3] * virial, 6755399441055744.0LF);
        sum[k] += abs(term) < 4503599627370496.0LF ? int64_t(term) : 0L; // beyond: the guard of forces
    }
}

// a: slot of the lower id; d: from b to a, r2 its square; gap: the square of the sum of radii, less that. c.pair is the caller's.
void pair_contact(uint a, uint b, double d[3], double gap, double r2, out Contact c)
{
    const dvec4 one = pos.at[a], other = pos.at[b];
    const REAL ra = REAL(one.w), rb = REAL(other.w);
    const REAL4 va = vel.at[4u * a], wa = vel.at[4u * a + 1u], ma = vel.at[4u * a + 2u], qa = vel.at[4u * a + 3u];
    const REAL4 vb = vel.at[4u * b], wb = vel.at[4u * b + 1u], mb = vel.at[4u * b + 2u], qb = vel.at[4u * b + 3u];
    const REAL3 spin = ra * wa.xyz + rb * wb.xyz, mean_spin = ra * qa.xyz + rb * qb.xyz;
    REAL3 v = va.xyz - vb.xyz, u = ma.xyz - mb.xyz;
    const REAL3 w = wa.xyz - wb.xyz, q = qa.xyz - qb.xyz;
    const REAL sum = ra + rb, r = SQRT(REAL(r2)), inv = DIV(1.0, r);
    const REAL3 n = REAL3(REAL(d[0]), REAL(d[1]), REAL(d[2])) * inv;
    const REAL part = DIV(r, sum);
    const REAL3 p = part * spin, s = part * mean_spin;
    if (CELL && moving != 0) image_velocity(a, b, d, v, u);
    v.x -= p.y * n.z - p.z * n.y, v.y -= p.z * n.x - p.x * n.z, v.z -= p.x * n.y - p.y * n.x;
    u.x -= s.y * n.z - s.z * n.y, u.y -= s.z * n.x - s.x * n.z, u.z -= s.x * n.y - s.y * n.x;
    c.arm_a = part * ra, c.arm_b = part * rb;
    c.row[BRC_IN_OVERLAP] = DIV(REAL(gap), sum + r);
    c.row[BRC_IN_NX] = n.x, c.row[BRC_IN_NY] = n.y, c.row[BRC_IN_NZ] = n.z;
    c.row[BRC_IN_VX] = v.x, c.row[BRC_IN_VY] = v.y, c.row[BRC_IN_VZ] = v.z;
    c.row[BRC_IN_WX] = w.x, c.row[BRC_IN_WY] = w.y, c.row[BRC_IN_WZ] = w.z;
    c.row[BRC_IN_UX] = u.x, c.row[BRC_IN_UY] = u.y, c.row[BRC_IN_UZ] = u.z;
    c.row[BRC_IN_QX] = q.x, c.row[BRC_IN_QY] = q.y, c.row[BRC_IN_QZ] = q.z;
    c.row[BRC_IN_R] = DIV(ra * rb, sum);
    c.row[BRC_IN_M] = DIV(1.0, va.w + vb.w);
    c.row[BRC_IN_R1] = ra, c.row[BRC_IN_R2] = rb;
    c.row[BRC_IN_SX] = qa.x - REAL(0.5) * q.x, c.row[BRC_IN_SY] = qa.y - REAL(0.5) * q.y, c.row[BRC_IN_SZ] = qa.z - REAL(0.5) * q.z;
#ifdef READS_MASSES
    c.row[BRC_IN_M1] = REAL(mass.at[a]), c.row[BRC_IN_M2] = REAL(mass.at[b]);
#endif
#if LAW_FIELDS > 0
    for (uint k = 0u; k < FIELDS_READ; k++) {
        c.row[BRC_IN_F0A + 2u * k] = REAL(values.at[k * uint(everyone) + a]);
        c.row[BRC_IN_F0A + 2u * k + 1u] = REAL(values.at[k * uint(everyone) + b]);
    }
#endif
}
