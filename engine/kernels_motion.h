// kernels_motion.h -- how particles move: half kicks with residuals, the drift, the guards that need every particle.
// Part of kernels.c.

// A particle in registers. Where forces and residuals have their fourth and eighth number there is 0, which leaves
// 1/mass and the radius as they are.
typedef struct mover {
    R8(t) v, low, kick; // velocity, 1/mass, angular velocity, radius; residuals; what half a step adds
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
    const R8(t) low = R8(load)((const REAL*)s->res + 8 * i), force = OF_D8(d8_load(s->acc + 8 * i));
    m.low = R8(with_lasts)(low, R8(all)(0));
    m.kick = R8(mul)(R8(add)(R8(mul)(force, R8(all_last)(low)), c->g), c->h);
    return m;
}

static inline void store_low(const brc_sim* s, int64_t i, R8(t) low)
{
    REAL* res = (REAL*)s->res + 8 * i;
    R8(store)(res, R8(with_lasts)(low, R8(load)(res))); // 1/mass and 1/inertia stay
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
    store_low(s, i, m.low);
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
    const R8(t) low = R8(with_lasts)(R8(load)((const REAL*)s->res + 8 * i), R8(all)(0));
    const R8(t) was = R8(load)(row + BRC_MEAN), v = R8(add)(was, low);
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

// As motion, for two particles that follow one another: columns of eight doubles, of sixteen reals.
typedef struct motion_of_two {
    d8 dt, magic, lo, hi, length, limit;
    R16(t) h, g, quick, wild;
    bool wraps;
    d8 least, most, step; // of what has been moved, as extent
} motion_of_two;

static inline motion_of_two two_of(const motion* c, const extent* all)
{
    motion_of_two m = {.limit = c->limit, .wraps = c->wraps};
    m.dt = d8_join(c->dt, c->dt), m.magic = d8_join(c->magic, c->magic), m.length = d8_join(c->length, c->length);
    m.lo = d8_join(c->lo, c->lo), m.hi = d8_join(c->hi, c->hi);
    m.h = R16(join)(c->h, c->h), m.g = R16(join)(c->g, c->g);
    m.quick = R16(all)((REAL)c->quick), m.wild = R16(all)((REAL)1e29);
    m.least = d8_join(all->lo, all->lo), m.most = d8_join(all->hi, all->hi), m.step = d8_join(all->step, all->step);
    return m;
}

static inline extent extent_of_two(const motion_of_two* m)
{
    return (extent){d4_min(d8_lo(m->least), d8_hi(m->least)), d4_max(d8_lo(m->most), d8_hi(m->most)),
                    d4_max(d8_lo(m->step), d8_hi(m->step))};
}

static inline void add_kick_two(R16(t) * v, R16(t) * low, R16(t) d)
{
    const R16(t) h = *v, sum = R16(add)(h, d), t = R16(sub)(sum, h);
    const R16(t) e = R16(add)(R16(add)(R16(sub)(h, R16(sub)(sum, t)), R16(sub)(d, t)), *low);
    *v = R16(add)(sum, e);
    *low = R16(sub)(e, R16(sub)(*v, sum));
}

// Particles that are moved together, two to a row: each waits long for its own numbers, so others go in between.
enum { TWOS = ROWS / 4, LOT = 2 * TWOS };

// Second half kick of particles i and i + 1; answers whether they live and surely trip no guard.
static inline bool kick_two(const brc_sim* s, const motion_of_two* c, int64_t i, R16(t) * v, R16(t) * low,
                            R16(t) * kick)
{
    const REAL *row = (const REAL*)s->vel + BRC_MOTION * i, *res = (const REAL*)s->res + 8 * i;
    const d8 first = d8_load(s->acc + 8 * i), second = d8_load(s->acc + 8 * i + 8);
    const R16(t) rest = R16(load)(res), force = R16(join)(OF_D8(first), OF_D8(second));
    *kick = R16(mul)(R16(add)(R16(mul)(force, R16(all_last)(rest)), c->g), c->h);
    *low = R16(with_lasts)(rest, R16(all)(0));
    *v = R16(join)(R8(load)(row + BRC_MEAN), R8(load)(row + BRC_MOTION + BRC_MEAN));
    add_kick_two(v, low, *kick);
    const int in_range = BRC_GRIDS ? d8_less(d8_size(first), c->limit) & d8_less(d8_size(second), c->limit) : 255;
    const int alive = d8_less(d8_all(0), d8_load(s->pos + 4 * i)) | 0x77;
    // As in second_kick; the margin is enough for the rounding of these, too.
    const R16(t) bound = R16(halves)(R16(mul)(R16(spread_last)(*v), c->quick), c->wild);
    const int tame = R16(less)(R16(size)(*v), bound) | 0x8888;
    return (in_range & alive) == 255 && tame == 0xffff;
}

// Moves particles i and i + 1 to where the step takes them.
static inline void step_two(const brc_sim* s, motion_of_two* c, int64_t i, R16(t) v, R16(t) low)
{
    double* pos = s->pos + 4 * i;
    const d8 speed = d8_add(D8_OF(R16(firsts)(v)), D8_OF(R16(firsts)(low)));
    const d8 step = d8_with_lasts(d8_mul(speed, c->dt), d8_all(0));
    d8 x = d8_add(d8_load(pos), d8_on_grid(step, c->magic));
    if (c->wraps) x = d8_sub(x, d8_sub(d8_if_not_less(x, c->hi, c->length), d8_if_less(x, c->lo, c->length)));
    d8_store(pos, x);
    const d8 less = d8_join(d4_all((double)s->roam[2 * i + 1]), d4_all((double)s->roam[2 * i + 3]));
    c->least = d8_min(x, c->least), c->most = d8_max(x, c->most);
    c->step = d8_max(d8_mul(d8_size(step), less), c->step);
}

// second_kick and drift of LOT particles from i on. Does nothing and answers false where one of them is dead or might
// trip a guard.
static inline bool move_lot(const brc_sim* s, motion_of_two* c, int64_t i)
{
    R16(t) v[TWOS], low[TWOS], kick[TWOS];
    bool good = true;
    UNROLL
    for (int k = 0; k < TWOS; k++) good &= kick_two(s, c, i + 2 * k, &v[k], &low[k], &kick[k]);
    if (!good) return false;
    UNROLL
    for (int k = 0; k < TWOS; k++) add_kick_two(&v[k], &low[k], kick[k]); // the force is the same, and what it adds
    UNROLL
    for (int k = 0; k < TWOS; k++) {
        REAL *row = (REAL*)s->vel + BRC_MOTION * (i + 2 * k), *res = (REAL*)s->res + 8 * (i + 2 * k);
        const R16(t) now = R16(add)(v[k], kick[k]);
        R16(store)(row, R16(los)(now, v[k]));
        R16(store)(row + BRC_MOTION, R16(his)(now, v[k]));
        R16(store)(res, R16(with_lasts)(low[k], R16(load)(res)));
    }
    UNROLL
    for (int k = 0; k < TWOS; k++) step_two(s, c, i + 2 * k, v[k], low[k]);
    for (int k = 0; k < LOT; k++) d8_store(s->acc + 8 * (i + k), d8_all(0));
    return true;
}

static inline uint32_t kick_one(const brc_sim* s, worker* w, const motion* c, int64_t i)
{
    mover m = load_mover(s, c, i, BRC_MEAN);
    const uint32_t flags = second_kick(s, w, c, i, &m);
    R8(store)((REAL*)s->vel + BRC_MOTION * i, m.v);
    store_low(s, i, m.low);
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
