// kernels_cell.h -- the parts of kernels.c for periodic cells that are tilted or deform (cell.c says how). Included by
// kernels.c; other runs do not come here.

// (hi, lo) += d, with what single precision cannot hold of d. volatile: once two of these have become a vector, gcc 12
// drops the way from doubles to floats and back (it compares the precisions of the vectors, not of their numbers), and
// the rest with it. Only a direct conversion between vectors of equal length is lost so. A flag is no cure: without
// -ftree-slp-vectorize the kicks are no vectors either. The unit test flow_keeps_its_digits sees it.
static inline void add_velocity(REAL* hi, REAL* lo, double d)
{
    volatile REAL rounded = (REAL)d;
    const REAL part = rounded;
    *lo += (REAL)(d - (double)part);
    add_residual(hi, lo, part);
}

// As kick_drift. The cell of the step's end and its speeds are known: the push that all share in comes first; what
// crosses a face goes on at its image, with the image's velocity. Displacements for the lists are those beyond the
// cell's own deformation.
static void kick_drift_cell(brc_sim* s, worker* w)
{
    const sim_cell* c = &s->cell;
    const double dt = s->dt, magic = s->x_grid.magic, *e = c->edge, *was = c->listed, *speed = c->speed;
    const REAL h = (REAL)(0.5 * s->dt);
    const REAL g[8] = {(REAL)s->options.gravity[0], (REAL)s->options.gravity[1], (REAL)s->options.gravity[2]};
    REAL *vel = s->vel, *res = s->res;
    bool pushed = false;
    double moved2 = 0, map[6];
    int outside = 0;
    for (int k = 0; k < 6; k++) pushed |= c->push[k] != 0;
    brc_cell_map(s, map);
    for (int64_t i = w->begin; i < w->end; i++) {
        double *x = s->pos + 4 * i, *acc = s->acc + 8 * i, *ref = s->ref + 4 * i;
        REAL *v = vel + BRC_MOTION * i, *r = res + 8 * i, *m = v + BRC_MEAN, kick[8], mean[8], low[8];
        if (!(x[3] > 0)) continue;
        kicks(acc, v, g, h, kick);
        for (int k = 0; k < 8; k++) mean[k] = v[k], low[k] = r[k];
        if (pushed) {
            double field[3];
            brc_cell_field(c->push, c->centre, x, field);
            for (int k = 0; k < 3; k++) add_velocity(&mean[k], &low[k], field[k]);
        }
        for (int k = 0; k < 8; k++) add_residual(&mean[k], &low[k], kick[k]);
        for (int k = 0; k < 3; k++) {
            double step = ((double)mean[k] + (double)low[k]) * dt;
            x[k] += (step + magic) - magic;
        }
        // From z to x, because an edge leaves the axes behind its own alone; tilts within half a length make that two
        // turns along x at most. The length is 0 along an axis that is not periodic.
        double n[3] = {0, 0, 0};
        for (int turn = 0; turn < 4; turn++) {
            int k = turn == 0 ? 2 : turn == 1 ? 1 : 0;
            double by = !(s->length[k] > 0) ? 0 : x[k] >= s->hi[k] ? 1 : x[k] < s->lo[k] ? -1 : 0;
            if (by == 0) continue;
            x[k] -= by * e[k], ref[k] -= by * was[k];
            if (k == 2) x[0] -= by * e[4], ref[0] -= by * was[4], x[1] -= by * e[5], ref[1] -= by * was[5];
            if (k == 1) x[0] -= by * e[3], ref[0] -= by * was[3];
            n[k] += by;
        }
        if (n[0] != 0 || n[1] != 0 || n[2] != 0) {
            add_velocity(&mean[0], &low[0], -(n[0] * speed[0] + n[1] * speed[3] + n[2] * speed[4]));
            add_velocity(&mean[1], &low[1], -(n[1] * speed[1] + n[2] * speed[5]));
            add_velocity(&mean[2], &low[2], -(n[2] * speed[2]));
        }
        for (int k = 0; k < 8; k++) {
            v[k] = mean[k] + kick[k];
            m[k] = mean[k];
            r[k] = low[k];
            acc[k] = 0;
        }
        for (int k = 0; k < 3; k++) outside |= !(x[k] >= s->lo[k]) | !(x[k] < s->hi[k]);
        double as[3], d2 = 0;
        brc_cell_field(map, c->centre, ref, as);
        for (int k = 0; k < 3; k++) {
            double off = x[k] - c->centre[k] - as[k];
            d2 += off * off;
        }
        moved2 = d2 > moved2 ? d2 : moved2;
    }
    w->moved2 = moved2;
    if (outside) w->flags |= BRC_FLAG_OUTSIDE;
}

// As test, across tilted faces.
static void test_tilted(const brc_sim* s, block* q, const int32_t* a, const int32_t* b, int m)
{
    const double* pos = s->pos;
    for (int k = 0; k < m; k++) {
        const double *pa = pos + 4 * (int64_t)a[k], *pb = pos + 4 * (int64_t)b[k];
        double d[3] = {pa[0] - pb[0], pa[1] - pb[1], pa[2] - pb[2]}, sum = pa[3] + pb[3];
        brc_nearest(s, d);
        double r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
        q->test_d[0][k] = d[0];
        q->test_d[1][k] = d[1];
        q->test_d[2][k] = d[2];
        q->test_r2[k] = r2;
        q->test_gap[k] = sum * sum - r2;
    }
}

// Adds the velocity of the image to the relative velocities of a block. Which image it is, the differences tell: all of
// this is exact.
static void image_velocities(const brc_sim* s, block* q, int n)
{
    const double *e = s->cell.edge, *speed = s->cell.speed;
    for (int i = 0; i < n; i++) {
        const double *pa = s->pos + 4 * (int64_t)q->a[i], *pb = s->pos + 4 * (int64_t)q->b[i];
        double x = q->d[0][i] - (pa[0] - pb[0]), y = q->d[1][i] - (pa[1] - pb[1]), z = q->d[2][i] - (pa[2] - pb[2]);
        if (x == 0 && y == 0 && z == 0) continue;
        double nz = z > 0 ? 1 : z < 0 ? -1 : 0;
        y -= nz * e[5];
        double ny = y > 0 ? 1 : y < 0 ? -1 : 0;
        x -= nz * e[4] + ny * e[3];
        double nx = x != 0 ? rint(x / e[0]) : 0;
        REAL vx = (REAL)(nx * speed[0] + ny * speed[3] + nz * speed[4]);
        REAL vy = (REAL)(ny * speed[1] + nz * speed[5]), vz = (REAL)(nz * speed[2]);
        q->in[BRC_IN_VX][i] += vx, q->in[BRC_IN_VY][i] += vy, q->in[BRC_IN_VZ][i] += vz;
        q->in[BRC_IN_UX][i] += vx, q->in[BRC_IN_UY][i] += vy, q->in[BRC_IN_UZ][i] += vz;
    }
}

// The stress of a block: f (x) d over the contacts whose first particle is the worker's. Rounded contact by contact to
// quanta that 2^24 contacts of the largest force cannot overflow, so that the order cannot matter.
static void add_virial(const brc_sim* s, worker* w, const block* q, int n)
{
    const double per = 1 / (BRC_VIRIAL * s->t_grid.quantum), magic = 0x1.8p52;
    double sum[9] = {0};
    for (int i = 0; i < n; i++) {
        double mine = q->a[i] >= w->begin && q->a[i] < w->end ? per : 0;
        for (int k = 0; k < 9; k++) sum[k] += (q->sum_f[i][k / 3] * q->d[k % 3][i] * mine + magic) - magic;
    }
    for (int k = 0; k < 9; k++) w->virial[k] += fabs(sum[k]) < 0x1p52 ? (int64_t)sum[k] : 0; // beyond: range_flags
}
