// kernels_block.h -- a block of contacts: gathered, given to the law, rounded to the grids of the sums. Part of
// kernels.c; pairs, walls and bonds all go through it.

enum { AHEAD = 64 }; // candidates: so early their places are asked of the memory

// Slots that the next block wants, and none of the last ones has. The memory is asked for them a few at a time, between
// other work: it takes only so many requests at once.
typedef struct ahead {
    const int32_t* slot;
    int count;
} ahead;

static inline void ask_for(const void* base, size_t width, const ahead* next, int part, int parts)
{
    const int end = next->count * (part + 1) / parts;
    for (int k = next->count * part / parts; k < end; k++) {
        const char* row = (const char*)base + width * (size_t)next->slot[k];
        PREFETCH(row);
        if (width > 64) PREFETCH(row + 64);
    }
}

// Of pairs: x_a - x_b; s^2 - r^2, s the sum of radii; r^2.
typedef struct distances {
    double d[3][BRC_BLOCK], gap[BRC_BLOCK], r2[BRC_BLOCK];
} distances;

// A worker's scratch: rows of a block of touching contacts, and the geometry of candidates.
typedef struct block {
    REAL in[BRC_IN_COUNT][BRC_BLOCK];
    REAL out[BRC_OUT_COUNT][BRC_BLOCK];
    REAL *rows[BRC_MAX_HISTORY], history[BRC_MAX_HISTORY][BRC_BLOCK]; // rows: here, or in a list
    REAL arm_a[BRC_BLOCK], arm_b[BRC_BLOCK];                          // [m] from the centres to the contact point
    REAL spin[6][BRC_BLOCK]; // R w summed over both: at the step's end, its mean
    REAL torque_a[3][BRC_BLOCK], torque_b[3][BRC_BLOCK];
    double sum_a[BRC_BLOCK][8], sum_b[BRC_BLOCK][8]; // force and torque, rounded to the grids, ready to be added
    int32_t pair[BRC_BLOCK], a[BRC_BLOCK], b[BRC_BLOCK], source[BRC_BLOCK];
    distances is, tested; // of the block; of candidates, while the block fills
    double within[BRC_BLOCK];
    ahead next;
} block;

// Copies of the last contact up to the next multiple of 16, so that the law can compute whole vectors.
static void pad(const brc_law_info* info, block* q, int n)
{
    const int full = (n + 15) / 16 * 16, history_count = info->history_count;
    const int rows = info->inputs >> BRC_IN_M1 ? BRC_IN_COUNT : BRC_IN_M1; // most laws want no rows behind
    for (int i = n; i < full; i++) {
        for (int k = 0; k < rows; k++) q->in[k][i] = q->in[k][n - 1];
        for (int k = 0; k < history_count; k++) q->rows[k][i] = q->rows[k][n - 1];
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
    for (int k = 0; k < l->info.history_count; k++) history[k] = q->rows[k];
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
    const double t0 = w->law_weight ? brc_seconds() : 0;
    evaluate(s->law, s->program, w, q, n, s->coefficients, s->material_count * s->material_count, dt, time);
    if (w->law_weight) w->seconds_law += w->law_weight * (brc_seconds() - t0);
}

static void evaluate_bonds(const brc_sim* s, worker* w, block* q, int n, double dt, double time)
{
    evaluate(s->bonds.law, NULL, w, q, n, s->bonds.coefficients, s->bonds.kind_count, dt, time);
}

// The torques on both, about their centres, from the force at the contact point. Answers whether a force or torque may
// be beyond what range_flags allows.
static inline int find_torques(const brc_sim* s, block* q, int n)
{
    const REAL f_limit = (REAL)(0.125 * s->f_grid.limit), t_limit = (REAL)(0.125 * s->t_grid.limit);
    int bad = 0;
    for (int i = 0; i < n; i++) {
        REAL fx = q->out[BRC_OUT_FX][i], fy = q->out[BRC_OUT_FY][i], fz = q->out[BRC_OUT_FZ][i];
        REAL mx = q->out[BRC_OUT_MX][i], my = q->out[BRC_OUT_MY][i], mz = q->out[BRC_OUT_MZ][i];
        REAL nx = q->in[BRC_IN_NX][i], ny = q->in[BRC_IN_NY][i], nz = q->in[BRC_IN_NZ][i];
        REAL cx = ny * fz - nz * fy, cy = nz * fx - nx * fz, cz = nx * fy - ny * fx; // n x f
        REAL a = q->arm_a[i], b = q->arm_b[i];
        REAL ax = mx - a * cx, ay = my - a * cy, az = mz - a * cz;
        REAL bx = -mx - b * cx, by = -my - b * cy, bz = -mz - b * cz;
        bad |= !(ABS(fx) < f_limit) | !(ABS(fy) < f_limit) | !(ABS(fz) < f_limit);
        bad |= !(ABS(ax) < t_limit) | !(ABS(ay) < t_limit) | !(ABS(az) < t_limit);
        bad |= !(ABS(bx) < t_limit) | !(ABS(by) < t_limit) | !(ABS(bz) < t_limit);
        q->torque_a[0][i] = ax, q->torque_a[1][i] = ay, q->torque_a[2][i] = az;
        q->torque_b[0][i] = bx, q->torque_b[1][i] = by, q->torque_b[2][i] = bz;
    }
    return BRC_GRIDS && bad;
}

// Of ROWS contacts from i on: force and torque on the first, force and torque on the second.
static inline void force_rows(const block* q, int i, R16(t) row[ROWS])
{
    const COLUMN(t) zero = COLUMN(all)(0);
    COLUMN(t) c[16] = {[3] = zero, [7] = zero, [11] = zero, [15] = zero};
    for (int k = 0; k < 3; k++) {
        c[k] = COLUMN(load)(&q->out[BRC_OUT_FX + k][i]), c[8 + k] = COLUMN(sub)(zero, c[k]);
        c[4 + k] = COLUMN(load)(&q->torque_a[k][i]), c[12 + k] = COLUMN(load)(&q->torque_b[k][i]);
    }
    R16(rows)(c, row);
}

static inline d8 sum_magic(const brc_sim* s) { return d8_join(d4_all(s->f_grid.magic), d4_all(s->t_grid.magic)); }
static inline d8 on_first(R16(t) row, d8 magic) { return d8_on_grid(D8_OF(R16(lo)(row)), magic); }
static inline d8 on_second(R16(t) row, d8 magic) { return d8_on_grid(D8_OF(R16(hi)(row)), magic); }

static void round_sums(const brc_sim* s, block* q, int n)
{
    const d8 magic = sum_magic(s);
    for (int i = 0; i < n; i += ROWS) {
        R16(t) row[ROWS];
        force_rows(q, i, row);
        UNROLL
        for (int k = 0; k < ROWS; k++)
            d8_store(q->sum_a[i + k], on_first(row[k], magic)), d8_store(q->sum_b[i + k], on_second(row[k], magic));
    }
}

// Contact forces beyond 1/8 of the range could make partial sums inexact: see BRC_FLAG_RANGE in simulation.c.
// The lowest id is kept: the same whatever the order.
static void range_flags(const brc_sim* s, worker* w, const block* q, int n)
{
    const REAL f_limit = (REAL)(0.125 * s->f_grid.limit), t_limit = (REAL)(0.125 * s->t_grid.limit);
    for (int i = 0; i < n; i++) {
        bool good = true;
        for (int k = 0; k < 3; k++)
            good &= (ABS(q->out[BRC_OUT_FX + k][i]) < f_limit) & (ABS(q->torque_a[k][i]) < t_limit) &
                    (ABS(q->torque_b[k][i]) < t_limit);
        if (good) continue;
        w->flags |= BRC_FLAG_RANGE;
        note_range(s, w, q->a[i]);
    }
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
    for (int k = 0; k < program->history; k++) history[k] = q->rows[k];
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
static double blink(const brc_sim* s) { return s->dt * BRC_BLINK; }

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
    (void)find_torques(s, q, (n + 15) / 16 * 16);
    round_sums(s, q, (n + 15) / 16 * 16);
    int64_t kept = r->count;
    for (int i = 0; i < n; i++) {
        const int32_t own = q->a[i] < s->count ? q->a[i] : q->b[i]; // the first may be another rank's
        if (own < w->begin || own >= w->end) continue;              // the other worker's copy of a pair across ranges
        recorded* c = &r->contact[kept];
        memmove(r->history + kept * history_count, r->history + (r->count + i) * history_count,
                (size_t)history_count * sizeof(double));
        for (int k = 0; k < parts; k++) r->energy[kept * parts + k] = r->energy[(r->count + i) * parts + k];
        kept++;
        c->a = q->a[i], c->b = q->b[i], c->source = q->source[i];
        c->overlap = (double)q->in[BRC_IN_OVERLAP][i];
        c->arm = (double)q->arm_a[i];
        for (int k = 0; k < 3; k++) {
            c->d[k] = q->is.d[k][i];
            c->n[k] = (double)q->in[BRC_IN_NX + k][i];
            c->force[k] = q->sum_a[i][k];
            c->moment[k] = (double)q->out[BRC_OUT_MX + k][i];
        }
    }
    r->count = kept;
}

// Whether a block of contacts, its inputs being there, takes part in no step: measures record it, or the energy book
// settles the step before. In a step the book notes what the law is about to do.
static bool only_looked_at(const brc_sim* s, worker* w, block* q, int n)
{
    if (w->record) record_block(s, w, q, n, false);
    else if (w->page && w->settling) settle_block(s, w, q, n);
    else {
        if (w->page) book_block(s, w, q, n);
        return false;
    }
    return true;
}

// Adds the velocity of the image to the relative velocities of a block. Which image it is, the differences tell: all of
// this is exact.
static void image_velocities(const brc_sim* s, block* q, int n)
{
    const double *e = s->cell.edge, *speed = s->cell.speed;
    for (int i = 0; i < n; i++) {
        const double *pa = s->pos + 4 * (int64_t)q->a[i], *pb = s->pos + 4 * (int64_t)q->b[i];
        double x = q->is.d[0][i] - (pa[0] - pb[0]), y = q->is.d[1][i] - (pa[1] - pb[1]),
               z = q->is.d[2][i] - (pa[2] - pb[2]);
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
        for (int k = 0; k < 9; k++) sum[k] += (q->sum_a[i][k / 3] * q->is.d[k % 3][i] * mine + magic) - magic;
    }
    for (int k = 0; k < 9; k++) w->virial[k] += fabs(sum[k]) < 0x1p52 ? (int64_t)sum[k] : 0; // beyond: range_flags
}

// Copies of the last contact up to the next multiple of 16, so that whole vectors can be computed.
static int fill_up(block* q, int n)
{
    const int full = (n + 15) / 16 * 16;
    for (int i = n; i < full; i++) {
        for (int k = 0; k < 3; k++) q->is.d[k][i] = q->is.d[k][n - 1];
        q->is.gap[i] = q->is.gap[n - 1], q->is.r2[i] = q->is.r2[n - 1];
        q->a[i] = q->a[n - 1], q->b[i] = q->b[n - 1], q->source[i] = q->source[n - 1];
    }
    return full;
}

// Angular velocities of the first relative to the second.
static inline void gather_spins(const brc_sim* s, block* q, int n)
{
    const REAL* vel = s->vel;
    for (int i = 0; i < n; i += ROWS) {
        R16(t) row[ROWS];
        COLUMN(t) c[16];
        UNROLL
        for (int k = 0; k < ROWS; k++)
            row[k] = R16(sub)(R16(load)(vel + BRC_MOTION * (int64_t)q->a[i + k]),
                              R16(load)(vel + BRC_MOTION * (int64_t)q->b[i + k]));
        R16(columns)(row, c);
        for (int k = 0; k < 3; k++) {
            COLUMN(store)(&q->in[BRC_IN_WX + k][i], c[4 + k]);
            COLUMN(store)(&q->in[BRC_IN_QX + k][i], c[BRC_MEAN + 4 + k]);
        }
    }
}

// Of two particles' rows: difference of the velocities, sum of 1/mass, R w of both summed, radius of the first; the
// same of the means, but at the end the radius of the second.
static inline R16(t) contact_row(const REAL* first, const REAL* second)
{
    const R16(t) a = R16(load)(first), b = R16(load)(second);
    const R16(t) arms = R16(add)(R16(mul)(R16(all)(first[7]), a), R16(mul)(R16(all)(second[7]), b));
    return R16(with_three)(R16(halves)(R16(sub)(a, b), arms), R16(add)(a, b), a, b);
}

// Relative velocities and geometry of the contacts of q->a and q->b, from q->d, gap and r2; n: a multiple of 16.
static inline void gather(const brc_sim* s, block* q, int n, bool spins)
{
    const REAL* vel = s->vel;
    for (int i = 0; i < n; i += ROWS) {
        R16(t) row[ROWS];
        COLUMN(t) c[16];
        ask_for(vel, BRC_MOTION * sizeof(REAL), &q->next, i / ROWS, BRC_BLOCK / ROWS);
        UNROLL
        for (int k = 0; k < ROWS; k++)
            row[k] = contact_row(vel + BRC_MOTION * (int64_t)q->a[i + k], vel + BRC_MOTION * (int64_t)q->b[i + k]);
        R16(columns)(row, c);
        for (int k = 0; k < 3; k++) {
            COLUMN(store)(&q->in[BRC_IN_VX + k][i], c[k]), COLUMN(store)(&q->in[BRC_IN_UX + k][i], c[BRC_MEAN + k]);
            COLUMN(store)(&q->spin[k][i], c[4 + k]), COLUMN(store)(&q->spin[3 + k][i], c[BRC_MEAN + 4 + k]);
        }
        COLUMN(store)(&q->in[BRC_IN_M][i], c[3]);
        COLUMN(store)(&q->in[BRC_IN_R1][i], c[7]), COLUMN(store)(&q->in[BRC_IN_R2][i], c[15]);
    }
    if (spins) gather_spins(s, q, n);
    if (s->cell.moving) image_velocities(s, q, n);
    for (int i = 0; i < n; i++) {
        REAL ra = q->in[BRC_IN_R1][i], rb = q->in[BRC_IN_R2][i], sum = ra + rb;
        REAL r = SQRT((REAL)q->is.r2[i]), inv = (REAL)1 / r;
        REAL nx = (REAL)q->is.d[0][i] * inv, ny = (REAL)q->is.d[1][i] * inv, nz = (REAL)q->is.d[2][i] * inv;
        REAL overlap = (REAL)q->is.gap[i] / (sum + r);
        // The contact point divides the distance in the ratio of the radii: the arms add up to the distance, so angular
        // momentum is conserved, and become the radius itself at a wall.
        REAL part = r / sum;
        REAL wx = part * q->spin[0][i], wy = part * q->spin[1][i], wz = part * q->spin[2][i];
        REAL ux = part * q->spin[3][i], uy = part * q->spin[4][i], uz = part * q->spin[5][i];
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
