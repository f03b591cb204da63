// kernels.c -- the arithmetic of a step: kick-drift, contacts and forces, kick. Compiled once per precision and
// instruction set; every variant gives the same bits, because each operation is written out, contraction is off, and
// sums lie on grids.
#include "sim.h"
#include <math.h>
#include <string.h>

#if BRC_PRECISION == 32
#define REAL float
#define SQRT(x) sqrtf(x)
#define ABS(x) fabsf(x)
#define LAW_FUNCTION(law) (law)->f32[BRC_ISA]
#define LAW_TYPE brc_law_f32
#else
#define REAL double
#define SQRT(x) sqrt(x)
#define ABS(x) fabs(x)
#define LAW_FUNCTION(law) (law)->f64[BRC_ISA]
#define LAW_TYPE brc_law_f64
#endif
#if defined(__GNUC__)
#define PREFETCH(p) __builtin_prefetch(p)
#else
#define PREFETCH(p) ((void)(p))
#endif
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define BRC_LAW_NAME(name) PASTE(name, BRC_KERNEL_SUFFIX)
#include "laws.inc"

enum { CHUNK = 256 }; // candidates tested at a time

// A worker's scratch: rows of a block of touching contacts, and the geometry of a chunk of candidates. Fits the first
// cache level.
typedef struct block {
    REAL in[BRC_IN_COUNT][BRC_BLOCK];
    REAL out[BRC_OUT_COUNT][BRC_BLOCK];
    REAL history[BRC_MAX_HISTORY][BRC_BLOCK];
    REAL arm_a[BRC_BLOCK], arm_b[BRC_BLOCK];               // [m] from the centres to the contact point
    double d[3][BRC_BLOCK], gap[BRC_BLOCK], r2[BRC_BLOCK]; // x_a - x_b; s^2 - r^2, s the sum of radii; r^2
    double sum_f[BRC_BLOCK][4], sum_a[BRC_BLOCK][4], sum_b[BRC_BLOCK][4]; // rounded to the grids, ready to be added
    int32_t pair[BRC_BLOCK], a[BRC_BLOCK], b[BRC_BLOCK], source[BRC_BLOCK];
    double test_d[3][CHUNK], test_gap[CHUNK], test_r2[CHUNK], test_within[CHUNK];
} block;

// (hi, lo) += d without losing what d has below the last digit of hi: Knuth's two-sum, then renormalised.
static inline void add_residual(REAL* hi, REAL* lo, REAL d)
{
    REAL h = *hi, s = h + d, t = s - h;
    REAL e = (h - (s - t)) + (d - t) + *lo;
    REAL v = s + e;
    *lo = e - (v - s);
    *hi = v;
}

// Rows of eight numbers: velocity and 1/mass, angular velocity and 1/inertia, so that one vector holds a particle's
// motion. Where forces and residuals have their fourth and eighth number there is 0, which leaves 1/mass and 1/inertia
// as they are. Work is done on copies of rows, which cannot overlap: the loops become vectors.
static inline void kicks(const double* acc, const REAL v[8], const REAL* g, REAL h, REAL out[8])
{
    REAL inverse[8], sum[8];
    for (int k = 0; k < 4; k++) inverse[k] = v[3], inverse[4 + k] = v[7];
    for (int k = 0; k < 8; k++) sum[k] = (REAL)acc[k];
    for (int k = 0; k < 8; k++) out[k] = (sum[k] * inverse[k] + g[k]) * h;
}

static inline void add_residuals(REAL hi[8], REAL lo[8], const REAL d[8])
{
    for (int k = 0; k < 8; k++) add_residual(&hi[k], &lo[k], d[k]);
}

// What every particle's motion needs. The fourth number of the rows of four goes with the radius: it stays.
typedef struct motion {
    double dt, dt2, magic, lo[4], hi[4], length[4]; // length 0 where not periodic
    double force_limit, torque_limit;               // of the sums
    REAL h, g[8];
} motion;

static motion motion_of(const brc_sim* s)
{
    motion m = {.dt = s->dt, .dt2 = s->dt * s->dt, .magic = s->x_grid.magic, .h = (REAL)(0.5 * s->dt)};
    for (int k = 0; k < 3; k++) {
        m.lo[k] = s->lo[k], m.hi[k] = s->hi[k], m.length[k] = s->length[k];
        m.g[k] = (REAL)s->options.gravity[k];
    }
    m.lo[3] = -INFINITY, m.hi[3] = INFINITY;
    m.force_limit = s->f_grid.limit, m.torque_limit = s->t_grid.limit;
    return m;
}

// First half kick, drift, wrap. Leaves in `vel` the velocity predicted for the end of the step, which is what forces
// that depend on velocity must see (half-step velocities give wrong friction at size ratios above 3, arXiv 2410.14798).
static inline void drift_one(const brc_sim* s, const motion* c, int64_t i, double* moved2, int* outside)
{
    REAL *row = (REAL*)s->vel + BRC_MOTION * i, kick[8], mean[8], low[8], ahead[8];
    double x[4], ref[4], step[4], wrap[4], off[4];
    memcpy(mean, row, sizeof mean);
    memcpy(low, (REAL*)s->res + 8 * i, sizeof low);
    kicks(s->acc + 8 * i, mean, c->g, c->h, kick);
    add_residuals(mean, low, kick);
    for (int k = 0; k < 8; k++) ahead[k] = mean[k] + kick[k];
    memcpy(row, ahead, sizeof ahead);
    memcpy(row + BRC_MEAN, mean, sizeof mean);
    memcpy((REAL*)s->res + 8 * i, low, sizeof low);
    memset(s->acc + 8 * i, 0, 8 * sizeof(double));
    memcpy(x, s->pos + 4 * i, sizeof x);
    memcpy(ref, s->ref + 4 * i, sizeof ref);
    for (int k = 0; k < 4; k++) step[k] = ((double)mean[k] + (double)low[k]) * c->dt;
    step[3] = 0;
    for (int k = 0; k < 4; k++) x[k] += (step[k] + c->magic) - c->magic;
    for (int k = 0; k < 4; k++) wrap[k] = x[k] >= c->hi[k] ? c->length[k] : x[k] < c->lo[k] ? -c->length[k] : 0;
    for (int k = 0; k < 4; k++) x[k] -= wrap[k];
    for (int k = 0; k < 4; k++) ref[k] -= wrap[k];
    for (int k = 0; k < 4; k++) off[k] = x[k] - ref[k];
    int in = 1;
    for (int k = 0; k < 4; k++) in &= (x[k] >= c->lo[k]) & (x[k] < c->hi[k]);
    *outside |= !in;
    memcpy(s->pos + 4 * i, x, sizeof x);
    memcpy(s->ref + 4 * i, ref, sizeof ref);
    double d2 = off[0] * off[0] + off[1] * off[1] + off[2] * off[2];
    *moved2 = d2 > *moved2 ? d2 : *moved2;
}

static void kick_drift(brc_sim* s, worker* w)
{
    const motion c = motion_of(s);
    double moved2 = 0;
    int outside = 0;
    for (int64_t i = w->begin; i < w->end; i++)
        if (s->pos[4 * i + 3] > 0) drift_one(s, &c, i, &moved2, &outside);
    w->moved2 = moved2;
    if (outside) w->flags |= BRC_FLAG_OUTSIDE;
}

#include "kernels_cell.h"

// Second half kick with the new forces; answers the flags of the guards that need every particle.
static inline uint32_t kick_one(const brc_sim* s, const motion* c, int64_t i)
{
    REAL *row = (REAL*)s->vel + BRC_MOTION * i, change[8], v[8], low[8];
    const double *acc = s->acc + 8 * i, radius = s->pos[4 * i + 3];
    memcpy(v, row + BRC_MEAN, sizeof v);
    memcpy(low, (REAL*)s->res + 8 * i, sizeof low);
    kicks(acc, v, c->g, c->h, change);
    add_residuals(v, low, change);
    memcpy(row, v, sizeof v);
    memcpy((REAL*)s->res + 8 * i, low, sizeof low);
    bool in_range = (fabs(acc[0]) + fabs(acc[1]) + fabs(acc[2]) < c->force_limit) &
                    (fabs(acc[4]) + fabs(acc[5]) + fabs(acc[6]) < c->torque_limit);
    bool tame = ABS(v[4]) + ABS(v[5]) + ABS(v[6]) < (REAL)1e30;
    double speed2 = (double)v[0] * (double)v[0] + (double)v[1] * (double)v[1] + (double)v[2] * (double)v[2];
    bool slow = speed2 * c->dt2 <= radius * radius;
    if (in_range & tame & slow) return 0;
    return (in_range ? 0u : BRC_FLAG_RANGE) | (tame ? 0u : BRC_FLAG_NAN) | (slow ? 0u : BRC_FLAG_SPEED);
}

static void kick(brc_sim* s, worker* w)
{
    const motion c = motion_of(s);
    uint32_t flags = 0;
    for (int64_t i = w->begin; i < w->end; i++)
        if (s->pos[4 * i + 3] > 0) flags |= kick_one(s, &c, i);
    w->flags |= flags;
}

// kick of this step and kick_drift of the next in one pass over the memory. What trips a guard is not moved, so that
// the guard finds it as kick would leave it.
static void kick_on(brc_sim* s, worker* w)
{
    const motion c = motion_of(s);
    double moved2 = 0;
    int outside = 0;
    for (int64_t i = w->begin; i < w->end; i++) {
        if (!(s->pos[4 * i + 3] > 0)) continue;
        const uint32_t flags = kick_one(s, &c, i);
        if (flags) w->flags |= flags;
        else drift_one(s, &c, i, &moved2, &outside);
    }
    w->moved2 = moved2;
    w->next_flags = outside ? BRC_FLAG_OUTSIDE : 0;
}

// Copies of the last contact up to the next multiple of 16, so that the law can compute whole vectors.
static void pad(const brc_law_info* info, block* q, int n)
{
    const int full = (n + 15) / 16 * 16, history_count = info->history_count;
    const int rows = info->inputs >> BRC_IN_M1 ? BRC_IN_COUNT : BRC_IN_M1; // most laws want no rows behind
    for (int i = n; i < full; i++) {
        for (int k = 0; k < rows; k++) q->in[k][i] = q->in[k][n - 1];
        for (int k = 0; k < history_count; k++) q->history[k][i] = q->history[k][n - 1];
        q->pair[i] = q->pair[n - 1];
    }
}

// program: interpreted where the law has no compiled function.
static void evaluate(const brc_law* l, const brc_program* program, worker* w, block* q, int n, const REAL* P,
                     int pair_count, double dt, double time)
{
    const REAL* in[BRC_IN_COUNT];
    REAL *history[BRC_MAX_HISTORY], *out[BRC_OUT_COUNT];
    for (int k = 0; k < BRC_IN_COUNT; k++) in[k] = q->in[k];
    for (int k = 0; k < l->info.history_count; k++) history[k] = q->history[k];
    for (int k = 0; k < BRC_OUT_COUNT; k++) out[k] = q->out[k];
    pad(&l->info, q, n);
    const REAL uniform[BRC_UNIFORM_COUNT] = {(REAL)dt, (REAL)time};
    LAW_TYPE law = LAW_FUNCTION(l);
    if (law) law(n, in, history, out, P, pair_count, q->pair, uniform);
    else PASTE(brc_interpret, BRC_KERNEL_SUFFIX)
    (program, &w->registers, n, in, history, out, P, pair_count, q->pair, uniform);
}

static void evaluate_law(const brc_sim* s, worker* w, block* q, int n, double dt, double time)
{
    evaluate(s->law, s->program, w, q, n, s->coefficients, s->material_count * s->material_count, dt, time);
}

static void evaluate_bonds(const brc_sim* s, worker* w, block* q, int n, double dt, double time)
{
    evaluate(s->bonds.law, NULL, w, q, n, s->bonds.coefficients, s->bonds.kind_count, dt, time);
}

// Torques from the arms, everything rounded to the grids of the sums.
static void round_sums(const brc_sim* s, block* q, int n)
{
    const double fm = s->f_grid.magic, tm = s->t_grid.magic;
    for (int i = 0; i < n; i++) {
        REAL fx = q->out[BRC_OUT_FX][i], fy = q->out[BRC_OUT_FY][i], fz = q->out[BRC_OUT_FZ][i];
        REAL mx = q->out[BRC_OUT_MX][i], my = q->out[BRC_OUT_MY][i], mz = q->out[BRC_OUT_MZ][i];
        REAL nx = q->in[BRC_IN_NX][i], ny = q->in[BRC_IN_NY][i], nz = q->in[BRC_IN_NZ][i];
        REAL cx = ny * fz - nz * fy, cy = nz * fx - nx * fz, cz = nx * fy - ny * fx; // n x f
        REAL a = q->arm_a[i], b = q->arm_b[i];
        q->sum_f[i][0] = ((double)fx + fm) - fm;
        q->sum_f[i][1] = ((double)fy + fm) - fm;
        q->sum_f[i][2] = ((double)fz + fm) - fm;
        q->sum_a[i][0] = ((double)(mx - a * cx) + tm) - tm;
        q->sum_a[i][1] = ((double)(my - a * cy) + tm) - tm;
        q->sum_a[i][2] = ((double)(mz - a * cz) + tm) - tm;
        q->sum_b[i][0] = ((double)(-mx - b * cx) + tm) - tm;
        q->sum_b[i][1] = ((double)(-my - b * cy) + tm) - tm;
        q->sum_b[i][2] = ((double)(-mz - b * cz) + tm) - tm;
    }
}

// Contact forces beyond 1/8 of the range could make partial sums inexact: see BRC_FLAG_RANGE in simulation.c.
static uint32_t range_flags(const brc_sim* s, const block* q, int n)
{
    const double f_limit = 0.125 * s->f_grid.limit, t_limit = 0.125 * s->t_grid.limit;
    int bad = 0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 3; k++)
            bad |= !(fabs(q->sum_f[i][k]) < f_limit) | !(fabs(q->sum_a[i][k]) < t_limit) |
                   !(fabs(q->sum_b[i][k]) < t_limit);
    return bad ? BRC_FLAG_RANGE : 0;
}

// Inputs that few laws ask for, gathered for those only.
static void more_inputs(const brc_sim* s, const brc_law_info* info, block* q, int n)
{
    if (info->inputs >> BRC_IN_SX & 7)
        for (int i = 0; i < n; i++) {
            const REAL* mean = (const REAL*)s->vel + BRC_MOTION * (int64_t)q->a[i] + BRC_MEAN;
            for (int k = 0; k < 3; k++) q->in[BRC_IN_SX + k][i] = mean[4 + k] - (REAL)0.5 * q->in[BRC_IN_QX + k][i];
        }
    if (info->inputs >> BRC_IN_M1 & 3)
        for (int i = 0; i < n; i++) {
            q->in[BRC_IN_M1][i] = (REAL)s->mass[q->a[i]];
            q->in[BRC_IN_M2][i] = q->b[i] >= 0 ? (REAL)s->mass[q->b[i]] : 0;
        }
    for (int j = 0; j < info->field_count; j++) { // those of the contact law: bonds have none
        const int32_t field = s->law_field[j];
        const double* value = s->user[field].value;
        REAL *first = q->in[BRC_IN_FIELDS + 2 * j], *second = q->in[BRC_IN_FIELDS + 2 * j + 1];
        for (int i = 0; i < n; i++) {
            first[i] = (REAL)value[q->a[i]];
            second[i] = (REAL)(q->b[i] >= 0 ? value[q->b[i]] : s->walls[-1 - q->b[i]].value[field]);
        }
    }
}

// Adds the fluxes of a block on the fields' grids: to the first, from the second (a particle, or a wall's sum).
static void add_fluxes(brc_sim* s, worker* w, const block* q, int n)
{
    for (int j = 0; j < s->law->info.field_count; j++) {
        if (!(s->law->info.fluxes >> j & 1)) continue;
        user_field* u = &s->user[s->law_field[j]];
        const double magic = u->grid.magic, limit = 0.125 * u->grid.limit, per = 1 / u->grid.quantum;
        int bad = 0;
        for (int i = 0; i < n; i++) {
            const int32_t a = q->a[i], b = q->b[i];
            const double flux = ((double)q->out[BRC_OUT_FLUX + j][i] + magic) - magic;
            if (!(fabs(flux) < limit)) {
                bad = 1;
                continue;
            }
            if (a >= w->begin && a < w->end) u->flux[a] += flux;
            if (b >= w->begin && b < w->end) u->flux[b] -= flux;
            if (b < 0) w->sums[-1 - b].flux[j] += (int64_t)(flux * per);
        }
        if (bad) w->flags |= BRC_FLAG_FIELD;
    }
}

// Runs one of the book's programs on a gathered block of the contact law or, bonds, of theirs; the block stays as it
// is.
static void measure_block(const brc_sim* s, block* q, int n, bool bonds, const brc_program* program,
                          brc_registers* registers, void* rows, REAL* out[], double dt, double time)
{
    const REAL* in[BRC_IN_COUNT];
    REAL* history[BRC_MAX_HISTORY];
    for (int k = 0; k < BRC_IN_COUNT; k++) in[k] = q->in[k];
    for (int k = 0; k < program->history; k++) history[k] = q->history[k];
    for (int k = 0; k < program->outputs; k++) out[k] = (REAL*)rows + (int64_t)BRC_BLOCK * k;
    pad(bonds ? &s->bonds.law->info : &s->law->info, q, n);
    const REAL uniform[BRC_UNIFORM_COUNT] = {(REAL)dt, (REAL)time};
    PASTE(brc_interpret, BRC_KERNEL_SUFFIX)
    (program, registers, n, in, history, out, bonds ? s->bonds.coefficients : s->book->coefficients,
     bonds ? s->bonds.kind_count : s->material_count * s->material_count, q->pair, uniform);
}

// Keeps the forces and moments of the law's parts on a block; before the law, which changes the histories.
static void book_block(const brc_sim* s, worker* w, block* q, int n)
{
    const energy_book* b = s->book;
    const int rows = 6 * b->parts;
    REAL* out[6 * BRC_BOOK_PARTS];
    measure_block(s, q, n, false, b->force, &w->page->force, w->page->out, out, s->dt, brc_sim_time(s, s->step + 1));
    REAL* to = brc_book_keep(s, w->page, (int64_t)rows * n);
    for (int k = 0; k < rows && to; k++) memcpy(to + (int64_t)k * n, out[k], (size_t)n * sizeof(REAL));
}

// The work of these forces and moments in this step, now that the block holds the velocities of its end.
static void settle_block(const brc_sim* s, worker* w, const block* q, int n)
{
    book_page* page = w->page;
    const double per = s->dt / s->book->unit;
    const REAL* f = (const REAL*)page->kept + page->cursor;
    for (int k = 0; k < s->book->parts; k++, f += (int64_t)6 * n) {
        for (int i = 0; i < n; i++) {
            double power = 0, rest = 0;
            if (q->a[i] < w->begin || q->a[i] >= w->end) continue; // the other worker enters it
            for (int c = 0; c < 6; c++) {
                double v = (double)q->in[BRC_IN_VX + c][i], mean = (double)q->in[BRC_IN_UX + c][i];
                power += (double)f[c * n + i] * v;
                rest += (double)f[c * n + i] * (v + 0.5 * (v - mean));
            }
            if (fabs(power * per) < 0x1p53 && fabs(rest * per) < 0x1p53)
                brc_wide_add(&page->part[k], power * per), brc_wide_add(&page->rest[k], rest * per);
            else page->overflow = true;
        }
        brc_wide_carry(&page->part[k]), brc_wide_carry(&page->rest[k]);
    }
    page->cursor += (int64_t)6 * s->book->parts * n;
}

// A step of a billionth: nothing slips further in it, and velocities stay what they are (a step of 0 would divide by
// it).
static double blink(const brc_sim* s) { return s->dt * 0x1p-30; }

// Hands a gathered block to a recorder instead of adding forces: the law at the present state, over a blink. It works
// on the block's copy of the histories, so nothing of the simulation changes. bonds: with their law, whose histories
// are not kept.
static void record_block(const brc_sim* s, worker* w, block* q, int n, bool bonds)
{
    recorder* r = w->record;
    const int history_count = bonds ? 0 : s->history_count;
    const int parts = r->parts;
    const double dt = blink(s), time = brc_sim_time(s, s->step);
    if (r->status == BRC_OK) r->status = brc_recorder_reserve(r, r->count + n, history_count);
    if (r->status != BRC_OK) return;
    for (int i = 0; i < n; i++)
        for (int h = 0; h < history_count; h++)
            r->history[(r->count + i) * history_count + h] = (double)q->history[h][i];
    for (int k = 0; k < 6; k++) memcpy(q->in[BRC_IN_UX + k], q->in[BRC_IN_VX + k], (size_t)n * sizeof(REAL));
    if (parts) {
        REAL* out[BRC_BOOK_PARTS];
        measure_block(s, q, n, bonds, bonds ? s->book->bond : s->book->energy,
                      bonds ? &w->page->bond : &w->page->energy, w->page->out, out, dt, time);
        for (int i = 0; i < n; i++)
            for (int k = 0; k < parts; k++) r->energy[(r->count + i) * parts + k] = (double)out[k][i];
    }
    if (bonds) evaluate_bonds(s, w, q, n, dt, time);
    else evaluate_law(s, w, q, n, dt, time);
    round_sums(s, q, n);
    int64_t kept = r->count;
    for (int i = 0; i < n; i++) {
        if (q->a[i] < w->begin || q->a[i] >= w->end) continue; // the other worker's copy of a pair across ranges
        recorded* c = &r->contact[kept];
        memmove(r->history + kept * history_count, r->history + (r->count + i) * history_count,
                (size_t)history_count * sizeof(double));
        for (int k = 0; k < parts; k++) r->energy[kept * parts + k] = r->energy[(r->count + i) * parts + k];
        kept++;
        c->a = q->a[i], c->b = q->b[i], c->source = q->source[i];
        c->overlap = (double)q->in[BRC_IN_OVERLAP][i];
        c->arm = (double)q->arm_a[i];
        for (int k = 0; k < 3; k++) {
            c->d[k] = q->d[k][i];
            c->n[k] = (double)q->in[BRC_IN_NX + k][i];
            c->force[k] = q->sum_f[i][k];
            c->moment[k] = (double)q->out[BRC_OUT_MX + k][i];
        }
    }
    r->count = kept;
}

// Relative velocities and geometry of the contacts of q->a and q->b, from q->d, gap and r2.
static inline void gather(const brc_sim* s, block* q, int n)
{
    const REAL* vel = s->vel;
    for (int i = 0; i < n; i++) {
        const REAL *va = vel + BRC_MOTION * (int64_t)q->a[i], *vb = vel + BRC_MOTION * (int64_t)q->b[i];
        q->in[BRC_IN_VX][i] = va[0] - vb[0];
        q->in[BRC_IN_VY][i] = va[1] - vb[1];
        q->in[BRC_IN_VZ][i] = va[2] - vb[2];
        q->in[BRC_IN_WX][i] = va[4] - vb[4];
        q->in[BRC_IN_WY][i] = va[5] - vb[5];
        q->in[BRC_IN_WZ][i] = va[6] - vb[6];
        const REAL *ma = va + BRC_MEAN, *mb = vb + BRC_MEAN;
        for (int k = 0; k < 3; k++) {
            q->in[BRC_IN_UX + k][i] = ma[k] - mb[k];
            q->in[BRC_IN_QX + k][i] = ma[4 + k] - mb[4 + k];
        }
        REAL ra = (REAL)s->pos[4 * (int64_t)q->a[i] + 3], rb = (REAL)s->pos[4 * (int64_t)q->b[i] + 3];
        q->in[BRC_IN_R1][i] = ra;
        q->in[BRC_IN_R2][i] = rb;
        q->in[BRC_IN_M][i] = va[3] + vb[3];     // 1/m for now
        q->out[0][i] = ra * va[4] + rb * vb[4]; // borrowed rows: R w summed over both
        q->out[1][i] = ra * va[5] + rb * vb[5];
        q->out[2][i] = ra * va[6] + rb * vb[6];
        for (int k = 0; k < 3; k++) q->out[3 + k][i] = ra * ma[4 + k] + rb * mb[4 + k];
    }
    if (s->cell.moving) image_velocities(s, q, n);
    for (int i = 0; i < n; i++) {
        REAL ra = q->in[BRC_IN_R1][i], rb = q->in[BRC_IN_R2][i], sum = ra + rb;
        REAL r = SQRT((REAL)q->r2[i]), inv = (REAL)1 / r;
        REAL nx = (REAL)q->d[0][i] * inv, ny = (REAL)q->d[1][i] * inv, nz = (REAL)q->d[2][i] * inv;
        REAL overlap = (REAL)q->gap[i] / (sum + r);
        // The contact point divides the distance in the ratio of the radii: the arms add up to the distance, so angular
        // momentum is conserved, and become the radius itself at a wall.
        REAL part = r / sum;
        REAL wx = part * q->out[0][i], wy = part * q->out[1][i], wz = part * q->out[2][i];
        REAL ux = part * q->out[3][i], uy = part * q->out[4][i], uz = part * q->out[5][i];
        q->arm_a[i] = part * ra;
        q->arm_b[i] = part * rb;
        q->in[BRC_IN_OVERLAP][i] = overlap;
        q->in[BRC_IN_NX][i] = nx;
        q->in[BRC_IN_NY][i] = ny;
        q->in[BRC_IN_NZ][i] = nz;
        q->in[BRC_IN_VX][i] -= wy * nz - wz * ny;
        q->in[BRC_IN_VY][i] -= wz * nx - wx * nz;
        q->in[BRC_IN_VZ][i] -= wx * ny - wy * nx;
        q->in[BRC_IN_UX][i] -= uy * nz - uz * ny;
        q->in[BRC_IN_UY][i] -= uz * nx - ux * nz;
        q->in[BRC_IN_UZ][i] -= ux * ny - uy * nx;
        q->in[BRC_IN_R][i] = ra * rb / sum;
        q->in[BRC_IN_M][i] = (REAL)1 / q->in[BRC_IN_M][i];
    }
}

static void pair_block(brc_sim* s, worker* w, block* q, int n)
{
    const int32_t materials = s->material_count;
    gather(s, q, n);
    for (int i = 0; i < n; i++) q->pair[i] = s->material[q->a[i]] * materials + s->material[q->b[i]];
    for (int h = 0; h < s->history_count; h++) {
        const REAL* row = w->pairs.history[h];
        for (int i = 0; i < n; i++) q->history[h][i] = row[q->source[i]];
    }
    double deepest = w->overlap;
    int deepest_at = -1;
    for (int i = 0; i < n; i++) {
        REAL ra = q->in[BRC_IN_R1][i], rb = q->in[BRC_IN_R2][i];
        double part = (double)q->in[BRC_IN_OVERLAP][i] / (double)(ra < rb ? ra : rb);
        if (part > deepest) deepest = part, deepest_at = i;
    }
    if (deepest_at >= 0) {
        w->overlap = deepest;
        w->overlap_a = q->a[deepest_at];
        w->overlap_b = q->b[deepest_at];
    }
    if (s->law->info.inputs >> BRC_IN_M1) more_inputs(s, &s->law->info, q, n);
    if (w->record) {
        record_block(s, w, q, n, false);
        return;
    }
    if (w->page) {
        if (w->settling) {
            settle_block(s, w, q, n);
            return;
        }
        book_block(s, w, q, n);
    }
    evaluate_law(s, w, q, n, s->dt, brc_sim_time(s, s->step + 1));
    round_sums(s, q, n);
    w->flags |= range_flags(s, q, n);
    if (s->cell.ordered) add_virial(s, w, q, n);
    for (int h = 0; h < s->history_count; h++) {
        REAL* row = w->pairs.history[h];
        for (int i = 0; i < n; i++) row[q->source[i]] = q->history[h][i];
    }
    int border = 0;
    for (int i = 0; i < n; i++) {
        int32_t a = q->a[i], b = q->b[i];
        bool own_a = a >= w->begin && a < w->end, own_b = b >= w->begin && b < w->end;
        border += !(own_a && own_b);
        if (own_a) {
            double* acc = s->acc + 8 * (int64_t)a;
            for (int k = 0; k < 3; k++) acc[k] += q->sum_f[i][k];
            for (int k = 0; k < 3; k++) acc[4 + k] += q->sum_a[i][k];
        }
        if (own_b) {
            double* acc = s->acc + 8 * (int64_t)b;
            for (int k = 0; k < 3; k++) acc[k] -= q->sum_f[i][k];
            for (int k = 0; k < 3; k++) acc[4 + k] += q->sum_b[i][k];
        }
    }
    if (s->law->info.fluxes) add_fluxes(s, w, q, n);
    w->evaluated += n;
    if (s->reach > 0) { // those that touch
        int apart = 0, apart_border = 0;
        for (int i = 0; i < n; i++) {
            bool mine = q->a[i] >= w->begin && q->a[i] < w->end && q->b[i] >= w->begin && q->b[i] < w->end;
            apart += !(q->gap[i] > 0), apart_border += !(q->gap[i] > 0) & !mine;
        }
        n -= apart, border -= apart_border;
    }
    w->contacts += n;
    w->border_contacts += border;
}

static void forget(worker* w, int64_t k, int history_count)
{
    w->pairs.touching[k] = 0;
    for (int h = 0; h < history_count; h++) ((REAL*)w->pairs.history[h])[k] = 0;
}

static inline void test(const brc_sim* s, block* q, const int32_t* a, const int32_t* b, int m, bool wraps)
{
    const double* pos = s->pos;
    for (int k = 0; k < m; k++) PREFETCH(pos + 4 * (int64_t)b[k]); // the b's are scattered; the a's follow one another
    for (int k = 0; k < m; k++) {
        const double *pa = pos + 4 * (int64_t)a[k], *pb = pos + 4 * (int64_t)b[k];
        double dx = pa[0] - pb[0], dy = pa[1] - pb[1], dz = pa[2] - pb[2], sum = pa[3] + pb[3];
        if (wraps) {
            dx = brc_image(dx, s->length[0], s->half[0]);
            dy = brc_image(dy, s->length[1], s->half[1]);
            dz = brc_image(dz, s->length[2], s->half[2]);
        }
        double r2 = dx * dx + dy * dy + dz * dz;
        q->test_d[0][k] = dx;
        q->test_d[1][k] = dy;
        q->test_d[2][k] = dz;
        q->test_r2[k] = r2;
        q->test_gap[k] = sum * sum - r2;
    }
}

// For laws that act beyond touching: > 0 within the reach of the pair of materials.
static void test_within(const brc_sim* s, block* q, const int32_t* a, const int32_t* b, int m)
{
    for (int k = 0; k < m; k++) {
        double reach = s->reaches[s->material[a[k]] * s->material_count + s->material[b[k]]];
        double far = s->pos[4 * (int64_t)a[k] + 3] + s->pos[4 * (int64_t)b[k] + 3] + reach;
        q->test_within[k] = reach > 0 ? far * far - q->test_r2[k] : 0;
    }
}

// recording: touches are not noted and histories not forgotten: that is a step's business.
static inline void walk(brc_sim* s, worker* w, bool recording, bool beyond)
{
    block* q = w->block;
    const bool wraps = s->options.periodic[0] || s->options.periodic[1] || s->options.periodic[2];
    pair_list* list = &w->pairs;
    int n = 0;
    double t0 = brc_seconds(), in_forces = 0;
    w->contacts = w->border_contacts = w->evaluated = 0;
    memset(w->virial, 0, sizeof w->virial);
    const bool unborn = beyond && s->law->info.birth == BRC_BIRTH_REACH; // acts without having touched
    for (int64_t first = 0; first < list->count; first += CHUNK) {
        int m = (int)(list->count - first < CHUNK ? list->count - first : CHUNK);
        const int32_t *a = list->a + first, *b = list->b + first;
        if (s->cell.tilted) test_tilted(s, q, a, b, m);
        else if (wraps) test(s, q, a, b, m, true);
        else test(s, q, a, b, m, false);
        if (beyond) test_within(s, q, a, b, m);
        for (int k = 0; k < m; k++) {
            if (q->test_gap[k] > 0 || (beyond && q->test_within[k] > 0 && (unborn || list->touching[first + k]))) {
                for (int c = 0; c < 3; c++) q->d[c][n] = q->test_d[c][k];
                q->gap[n] = q->test_gap[k];
                q->r2[n] = q->test_r2[k];
                q->a[n] = a[k];
                q->b[n] = b[k];
                q->source[n] = (int32_t)(first + k);
                if (!recording) list->touching[first + k] = 1;
                PREFETCH((const REAL*)s->vel + BRC_MOTION * (int64_t)a[k]);
                PREFETCH((const REAL*)s->vel + BRC_MOTION * (int64_t)b[k]);
                PREFETCH(s->acc + 8 * (int64_t)a[k]);
                PREFETCH(s->acc + 8 * (int64_t)b[k]);
                if (++n == BRC_BLOCK) {
                    double t = brc_seconds();
                    pair_block(s, w, q, n);
                    in_forces += brc_seconds() - t;
                    n = 0;
                }
            } else if (!recording && list->touching[first + k]) forget(w, first + k, s->history_count);
        }
    }
    double t = brc_seconds();
    if (n > 0) pair_block(s, w, q, n);
    double end = brc_seconds();
    in_forces += end - t;
    w->seconds_forces += in_forces;
    w->seconds_contacts += end - t0 - in_forces;
}

static void pairs(brc_sim* s, worker* w)
{
    const bool beyond = s->reach > 0;
    if (w->record || w->settling) walk(s, w, true, beyond);
    else if (beyond) walk(s, w, false, true);
    else walk(s, w, false, false);
}

// Contacts with walls: found by boundary.c, evaluated like any other. The wall is the second partner, with an infinite
// radius and mass; its share goes into integer sums, so that any number of particles can push on it.
static void walls(brc_sim* s, worker* w)
{
    block* q = w->block;
    const REAL* vel = s->vel;
    touch_list* list = &w->touches;
    const double per_f = 1 / s->f_grid.quantum, per_t = 1 / (BRC_WALL_TORQUE * s->t_grid.quantum);
    for (int64_t first = 0; first < list->count; first += BRC_BLOCK) {
        int n = (int)(list->count - first < BRC_BLOCK ? list->count - first : BRC_BLOCK);
        for (int i = 0; i < n; i++) {
            const wall_touch* t = &list->touch[first + i];
            const brc_wall* wall = s->walls[t->wall].wall;
            const double* x = s->pos + 4 * (int64_t)t->slot;
            const REAL* v = vel + BRC_MOTION * (int64_t)t->slot;
            brc_wall_contact c = brc_wall_contact_at(wall, v3_from(x), x[3], t->overlap, t->n);
            REAL ra = (REAL)x[3], nx = (REAL)t->n.x, ny = (REAL)t->n.y, nz = (REAL)t->n.z;
            q->in[BRC_IN_OVERLAP][i] = (REAL)t->overlap;
            q->in[BRC_IN_NX][i] = nx;
            q->in[BRC_IN_NY][i] = ny;
            q->in[BRC_IN_NZ][i] = nz;
            q->in[BRC_IN_VX][i] = v[0] - (REAL)c.velocity.x - ra * (v[5] * nz - v[6] * ny);
            q->in[BRC_IN_VY][i] = v[1] - (REAL)c.velocity.y - ra * (v[6] * nx - v[4] * nz);
            q->in[BRC_IN_VZ][i] = v[2] - (REAL)c.velocity.z - ra * (v[4] * ny - v[5] * nx);
            q->in[BRC_IN_WX][i] = v[4] - (REAL)c.spin.x;
            q->in[BRC_IN_WY][i] = v[5] - (REAL)c.spin.y;
            q->in[BRC_IN_WZ][i] = v[6] - (REAL)c.spin.z;
            const REAL* m = v + BRC_MEAN;
            q->in[BRC_IN_UX][i] = m[0] - (REAL)c.mean.x - ra * (m[5] * nz - m[6] * ny);
            q->in[BRC_IN_UY][i] = m[1] - (REAL)c.mean.y - ra * (m[6] * nx - m[4] * nz);
            q->in[BRC_IN_UZ][i] = m[2] - (REAL)c.mean.z - ra * (m[4] * ny - m[5] * nx);
            q->in[BRC_IN_QX][i] = m[4] - (REAL)c.mean_spin.x;
            q->in[BRC_IN_QY][i] = m[5] - (REAL)c.mean_spin.y;
            q->in[BRC_IN_QZ][i] = m[6] - (REAL)c.mean_spin.z;
            q->in[BRC_IN_R][i] = ra;
            q->in[BRC_IN_R1][i] = ra;
            q->in[BRC_IN_R2][i] = 0;
            q->in[BRC_IN_M][i] = (REAL)1 / (v[3] + (REAL)c.inverse_mass);
            q->arm_a[i] = ra;
            q->arm_b[i] = 0;
            q->a[i] = t->slot;
            q->b[i] = -1 - t->wall;
            q->pair[i] = s->material[t->slot] * s->material_count + brc_wall_material(wall);
            for (int h = 0; h < s->history_count; h++) q->history[h][i] = ((REAL*)list->history[h])[first + i];
            if (t->overlap > w->overlap * x[3]) {
                w->overlap = t->overlap / x[3];
                w->overlap_a = t->slot;
                w->overlap_b = -1 - t->wall;
            }
        }
        if (s->law->info.inputs >> BRC_IN_M1) more_inputs(s, &s->law->info, q, n);
        if (w->record) {
            for (int i = 0; i < n; i++) q->source[i] = (int32_t)(first + i);
            record_block(s, w, q, n, false);
            continue;
        }
        if (w->page) {
            if (w->settling) {
                settle_block(s, w, q, n);
                continue;
            }
            book_block(s, w, q, n);
        }
        evaluate_law(s, w, q, n, s->dt, brc_sim_time(s, s->step + 1));
        round_sums(s, q, n);
        w->flags |= range_flags(s, q, n);
        if (s->law->info.fluxes) add_fluxes(s, w, q, n);
        for (int i = 0; i < n; i++) {
            const wall_touch* t = &list->touch[first + i];
            const double* x = s->pos + 4 * (int64_t)t->slot;
            double* acc = s->acc + 8 * (int64_t)t->slot;
            wall_sum* sum = &w->sums[t->wall];
            for (int h = 0; h < s->history_count; h++) ((REAL*)list->history[h])[first + i] = q->history[h][i];
            for (int k = 0; k < 3; k++) acc[k] += q->sum_f[i][k];
            for (int k = 0; k < 3; k++) acc[4 + k] += q->sum_a[i][k];
            if (!(fabs(q->sum_f[i][0]) + fabs(q->sum_f[i][1]) + fabs(q->sum_f[i][2]) < s->f_grid.limit)) continue;
            vec3 f = v3_from(q->sum_f[i]);
            const brc_wall* wall = s->walls[t->wall].wall;
            vec3 point = brc_wall_contact_point(wall, v3_from(x), x[3], t->overlap, t->n);
            vec3 arm = v3_sub(point, brc_wall_position(wall));
            vec3 m = v3((double)q->out[BRC_OUT_MX][i], (double)q->out[BRC_OUT_MY][i], (double)q->out[BRC_OUT_MZ][i]);
            vec3 torque = v3_scale(-per_t, v3_add(v3_cross(arm, f), m));
            sum->force[0] -= (int64_t)(f.x * per_f);
            sum->force[1] -= (int64_t)(f.y * per_f);
            sum->force[2] -= (int64_t)(f.z * per_f);
            if (s->walls[t->wall].breathes)
                sum->radial -= (int64_t)nearbyint(v3_dot(f, brc_wall_outward(wall, point)) * per_f);
            sum->sizes[0] += (fabs(f.x) + fabs(f.y) + fabs(f.z)) * per_f;
            if (s->walls[t->wall].belt)
                sum->belt +=
                    (int64_t)nearbyint(v3_dot(f, brc_wall_belt(s->walls[t->wall].wall, t->n)) * per_f / BRC_WALL_BELT);
            const double turning = fabs(torque.x) + fabs(torque.y) + fabs(torque.z);
            if (turning < 0x1p55) {
                sum->sizes[1] += turning;
                sum->torque[0] += (int64_t)nearbyint(torque.x);
                sum->torque[1] += (int64_t)nearbyint(torque.y);
                sum->torque[2] += (int64_t)nearbyint(torque.z);
            } else w->flags |= BRC_FLAG_RANGE;
            sum->contacts += t->overlap > 0;
        }
    }
}

// What the bonds of a block that break in this step have stored.
static void book_broken(const brc_sim* s, worker* w, block* q, int n)
{
    const REAL* broken = q->history[s->bonds.broken_row];
    REAL* energy[1];
    int any = 0;
    for (int i = 0; i < n; i++) any |= broken[i] != 0;
    if (!any) return;
    measure_block(s, q, n, true, s->book->bond, &w->page->bond, w->page->out, energy, blink(s),
                  brc_sim_time(s, s->step + 1));
    for (int i = 0; i < n; i++)
        if (broken[i] != 0) s->bonds.load[q->source[i]].stored = (double)energy[0][i];
}

static void bond_block(brc_sim* s, worker* w, block* q, int n)
{
    bond_set* set = &s->bonds;
    const brc_law* law = set->law;
    for (int i = 0; i < n; i++) {
        const double *pa = s->pos + 4 * (int64_t)q->a[i], *pb = s->pos + 4 * (int64_t)q->b[i];
        double d[3] = {pa[0] - pb[0], pa[1] - pb[1], pa[2] - pb[2]}, sum = pa[3] + pb[3];
        brc_nearest(s, d);
        for (int k = 0; k < 3; k++) q->d[k][i] = d[k];
        q->r2[i] = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
        q->gap[i] = sum * sum - q->r2[i];
        q->pair[i] = set->at[q->source[i]].kind;
    }
    gather(s, q, n);
    for (int h = 0; h < law->info.history_count; h++)
        for (int i = 0; i < n; i++) q->history[h][i] = ((const REAL*)set->history[h])[q->source[i]];
    if (law->info.inputs >> BRC_IN_M1) more_inputs(s, &law->info, q, n);
    if (w->record) {
        record_block(s, w, q, n, true);
        return;
    }
    evaluate_bonds(s, w, q, n, s->dt, brc_sim_time(s, s->step + 1));
    round_sums(s, q, n);
    w->flags |= range_flags(s, q, n);
    if (s->cell.ordered) add_virial(s, w, q, n);
    for (int h = 0; h < law->info.history_count; h++)
        for (int i = 0; i < n; i++) ((REAL*)set->history[h])[q->source[i]] = q->history[h][i];
    if (w->page && s->book->bond && set->broken_row >= 0) book_broken(s, w, q, n);
    for (int i = 0; i < n; i++) {
        bond_load* load = &set->load[q->source[i]];
        for (int k = 0; k < 3; k++) {
            load->force[k] = q->sum_f[i][k];
            load->torque_a[k] = q->sum_a[i][k], load->torque_b[k] = q->sum_b[i][k];
        }
    }
}

// Loads of the bonds whose first particle is the worker's.
static void bonds(brc_sim* s, worker* w)
{
    block* q = w->block;
    const bond_set* set = &s->bonds;
    int n = 0;
    for (int64_t i = 0; i < set->count; i++) {
        if (set->at[i].slot_a < w->begin || set->at[i].slot_a >= w->end) continue;
        q->a[n] = set->at[i].slot_a;
        q->b[n] = set->at[i].slot_b;
        q->source[n] = (int32_t)i;
        if (++n < BRC_BLOCK) continue;
        bond_block(s, w, q, n);
        n = 0;
    }
    if (n > 0) bond_block(s, w, q, n);
}

_Static_assert(sizeof(block) <= (1u << 17), "simulation.c gives each worker this much");

const brc_kernels* PASTE(brc_kernels, BRC_KERNEL_SUFFIX)(void)
{
    static const brc_kernels table = {kick_drift, kick_drift_cell, pairs, walls, bonds, kick, kick_on};
    return &table;
}
