// kernels_cell.h -- the parts of kernels.c for periodic cells that are tilted or deform (cell.c says how). Included by
// kernels.c; other runs do not come here.

static inline void add_residual(REAL* hi, REAL* lo, REAL d) // as add_kick, of one number
{
    REAL h = *hi, s = h + d, t = s - h;
    REAL e = (h - (s - t)) + (d - t) + *lo;
    REAL v = s + e;
    *lo = e - (v - s);
    *hi = v;
}

// (hi, lo) += d, with what single precision cannot hold of d. volatile: once two of these have become a vector, gcc 12
// drops the way from doubles to floats and back (it compares the precisions of the vectors, not of their numbers), and
// the rest with it. Only a direct conversion between vectors of equal length is lost so. The unit test
// flow_keeps_its_digits sees it.
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
    const motion shared = motion_of(s);
    REAL* vel = s->vel;
    bool pushed = false;
    double moved2 = 0, map[6];
    int outside = 0;
    for (int k = 0; k < 6; k++) pushed |= c->push[k] != 0;
    brc_cell_map(s, map);
    for (int64_t i = w->begin; i < w->end; i++) {
        double *x = s->pos + 4 * i, *acc = s->acc + 8 * i, *ref = s->ref + 4 * i;
        REAL *v = vel + BRC_MOTION * i, *m = v + BRC_MEAN, kick[8], mean[8], low[8];
        if (!(x[3] > 0)) continue;
        const mover start = load_mover(s, &shared, i, 0);
        R8(store)(kick, start.kick);
        R8(store)(low, start.low);
        for (int k = 0; k < 8; k++) mean[k] = v[k];
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
            acc[k] = 0;
        }
        store_low(s, i, R8(load)(low));
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
