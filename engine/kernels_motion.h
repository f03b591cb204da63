// kernels_motion.h -- how particles move: half kicks with residuals, the drift, the guards that need every particle.
// Part of kernels.c.

// A particle in registers. Where forces and residuals have their fourth and eighth number there is 0, which leaves
// 1/mass and 1/inertia as they are.
typedef struct mover {
    R8(t) v, low, kick; // velocity, 1/mass, angular velocity, 1/inertia; residuals; what half a step adds
} mover;

// What every particle's motion needs. The fourth number of a row of four goes with the radius: it stays.
typedef struct motion {
    d4 dt, magic, lo, hi, length; // length 0 where not periodic
    d8 limit;                     // of the sums
    R8(t) h, g;
    double step, quick; // [s]; [1/s] so many radii in a second are surely slow
    bool wraps, weightless;
} motion;

// Of many particles: the box they are in, and the largest step over roam along each axis.
typedef struct extent {
    d4 lo, hi, step;
} extent;

static inline extent no_extent(const motion* c) { return (extent){c->lo, c->lo, d4_all(0)}; }

// [m^2] at most by a factor of 3 more than the longest step squared.
static double longest2(const extent* all)
{
    double step[4];
    d4_store(step, all->step);
    return step[0] * step[0] + step[1] * step[1] + step[2] * step[2];
}

static bool is_outside(const extent* all, const motion* c)
{
    return (d4_less(all->lo, c->lo) | (~d4_less(all->hi, c->hi) & 7)) != 0;
}

static motion motion_of(const brc_sim* s)
{
    double lo[4] = {0, 0, 0, -INFINITY}, hi[4] = {0, 0, 0, INFINITY}, length[4] = {0}, limit[8];
    REAL g[8] = {0};
    for (int k = 0; k < 3; k++) {
        lo[k] = s->lo[k], hi[k] = s->hi[k], length[k] = s->length[k];
        g[k] = (REAL)s->options.gravity[k];
    }
    for (int k = 0; k < 8; k++) limit[k] = k < 4 ? s->f_grid.limit : s->t_grid.limit;
    motion m = {.dt = d4_all(s->dt), .magic = d4_all(s->x_grid.magic), .step = s->dt, .quick = 1 / (1.75 * s->dt)};
    m.lo = d4_load(lo), m.hi = d4_load(hi), m.length = d4_load(length);
    m.limit = d8_load(limit);
    m.weightless = g[0] == 0 && g[1] == 0 && g[2] == 0;
    m.wraps = s->length[0] > 0 || s->length[1] > 0 || s->length[2] > 0;
    m.h = R8(all)((REAL)(0.5 * s->dt)), m.g = R8(load)(g);
    return m;
}

// from: 0 or BRC_MEAN.
static inline mover load_mover(const brc_sim* s, const motion* c, int64_t i, int from)
{
    mover m;
    m.v = R8(load)((const REAL*)s->vel + BRC_MOTION * i + from);
    m.low = R8(load)((const REAL*)s->res + 8 * i);
    const R8(t) force = OF_D8(d8_load(s->acc + 8 * i));
    m.kick = R8(mul)(R8(add)(R8(mul)(force, R8(all_last)(m.v)), c->g), c->h);
    return m;
}

// (v, low) += kick without losing what the kick has below the last digit of v: Knuth's two-sum, then renormalised.
static inline void add_kick(mover* m)
{
    const R8(t) h = m->v, d = m->kick, sum = R8(add)(h, d), t = R8(sub)(sum, h);
    const R8(t) e = R8(add)(R8(add)(R8(sub)(h, R8(sub)(sum, t)), R8(sub)(d, t)), m->low);
    m->v = R8(add)(sum, e);
    m->low = R8(sub)(e, R8(sub)(m->v, sum));
}

// Drift and wrap.
static inline void move(const brc_sim* s, const motion* c, int64_t i, const mover* m, extent* all)
{
    double* pos = s->pos + 4 * i;
    const d8 v = d8_add(D8_OF(m->v), D8_OF(m->low));
    const d4 step = d4_with_last(d4_mul(d8_lo(v), c->dt), d4_all(0));
    d4 x = d4_add(d4_load(pos), d4_on_grid(step, c->magic));
    if (c->wraps) x = d4_sub(x, d4_sub(d4_if_not_less(x, c->hi, c->length), d4_if_less(x, c->lo, c->length)));
    const d4 far = d4_mul(d4_size(step), d4_all((double)s->roam[2 * i + 1]));
    all->lo = d4_min(x, all->lo), all->hi = d4_max(x, all->hi), all->step = d4_max(far, all->step);
    d4_store(pos, x);
}

// First half kick, drift, wrap. Leaves in `vel` the velocity predicted for the end of the step, which is what forces
// that depend on velocity must see (half-step velocities give wrong friction at size ratios above 3, arXiv 2410.14798).
static inline void drift(const brc_sim* s, const motion* c, int64_t i, mover m, extent* all)
{
    REAL* row = (REAL*)s->vel + BRC_MOTION * i;
    add_kick(&m);
    move(s, c, i, &m, all);
    R8(store)(row, R8(add)(m.v, m.kick));
    R8(store)(row + BRC_MEAN, m.v);
    R8(store)((REAL*)s->res + 8 * i, m.low);
    d8_store(s->acc + 8 * i, d8_all(0));
}

static void kick_drift(brc_sim* s, worker* w)
{
    const motion c = motion_of(s);
    extent all = no_extent(&c);
    for (int64_t i = w->begin; i < w->end; i++)
        if (s->pos[4 * i + 3] > 0) drift(s, &c, i, load_mover(s, &c, i, 0), &all);
    w->moved2 = longest2(&all);
    if (is_outside(&all, &c)) w->flags |= BRC_FLAG_OUTSIDE;
}

// Who leaves the range of the sums: the lowest id, which is the same whatever the order.
static void note_range(const brc_sim* s, worker* w, int64_t slot)
{
    if (w->range_slot < 0 || s->id[slot] < s->id[w->range_slot]) w->range_slot = slot;
}

// As is_nan and is_fast of simulation.c decide.
static uint32_t name_flags(const motion* c, const mover* m, int in_range, double radius)
{
    REAL v[8];
    R8(store)(v, m->v);
    const bool tame = (ABS(v[4]) < (REAL)1e30) & (ABS(v[5]) < (REAL)1e30) & (ABS(v[6]) < (REAL)1e30);
    double v2 = 0;
    for (int k = 0; k < 3; k++) v2 += (double)v[k] * (double)v[k];
    const bool slow = v2 * c->step * c->step <= radius * radius;
    return (in_range == 255 ? 0u : BRC_FLAG_RANGE) | (tame ? 0u : BRC_FLAG_NAN) | (slow ? 0u : BRC_FLAG_SPEED);
}

// Surely good: each component below r / (1.75 dt), which is sqrt(3) and a margin, and no wild spin.
static inline bool is_tame(const motion* c, double radius, R8(t) v)
{
    const R8(t) bound = R8(join)(R4(all)((REAL)(radius * c->quick)), R4(all)((REAL)1e29));
    return (R8(less)(R8(size)(v), bound) | 0x88) == 255;
}

// Free flight: with no force and no weight both kicks leave a velocity and its residual as they are (but for -0, which
// becomes 0), where these belong together as every kick leaves them. Then the drift is all there is to do. False: it is
// not so, and nothing was done.
static inline bool glide(const brc_sim* s, const motion* c, int64_t i, extent* all)
{
    REAL* row = (REAL*)s->vel + BRC_MOTION * i;
    if (d8_less(d8_size(d8_load(s->acc + 8 * i)), d8_all(0x1p-1074)) != 255) return false; // the least number
    const R8(t) was = R8(load)(row + BRC_MEAN), low = R8(load)((const REAL*)s->res + 8 * i), v = R8(add)(was, low);
    if ((R8(less)(v, was) | R8(less)(was, v)) || !is_tame(c, s->pos[4 * i + 3], was)) return false;
    const mover m = {.v = R8(add)(was, R8(all)(0)), .low = low};
    move(s, c, i, &m, all);
    R8(store)(row, m.v);
    R8(store)(row + BRC_MEAN, m.v);
    return true;
}

// Second half kick with the new forces; answers the flags of the guards that need every particle.
static inline uint32_t second_kick(const brc_sim* s, worker* w, const motion* c, int64_t i, mover* m)
{
    const double radius = s->pos[4 * i + 3];
    add_kick(m);
    const int in_range = BRC_GRIDS ? d8_less(d8_size(d8_load(s->acc + 8 * i)), c->limit) : 255;
    if (in_range == 255 && is_tame(c, radius, m->v)) return 0;
    if (in_range != 255) note_range(s, w, i);
    return name_flags(c, m, in_range, radius);
}

static inline uint32_t kick_one(const brc_sim* s, worker* w, const motion* c, int64_t i)
{
    mover m = load_mover(s, c, i, BRC_MEAN);
    const uint32_t flags = second_kick(s, w, c, i, &m);
    R8(store)((REAL*)s->vel + BRC_MOTION * i, m.v);
    R8(store)((REAL*)s->res + 8 * i, m.low);
    return flags;
}

static void kick(brc_sim* s, worker* w)
{
    const motion c = motion_of(s);
    uint32_t flags = 0;
    for (int64_t i = w->begin; i < w->end; i++)
        if (s->pos[4 * i + 3] > 0) flags |= kick_one(s, w, &c, i);
    w->flags |= flags;
}
