// kernels_pairs.h -- contacts between particles: candidates are tested, those that act go through blocks. Part of
// kernels.c.

// Beside the block: where its contacts came from.
typedef struct origin {
    near_list* list;
    int64_t first;         // row of a whole block's first contact in it; -1: q->source has the rows
    const uint8_t* active; // of a whole block: which of its pairs act
    int acting;            // how many
} origin;

// The memory of a whole block is worked on in place, that of others in the block.
static void load_history(const brc_sim* s, block* q, int n, const origin* from)
{
    for (int h = 0; h < s->history_count; h++) {
        REAL* row = from->list->history[h];
        q->rows[h] = from->first >= 0 ? row + from->first : q->history[h];
        for (int i = 0; i < n && from->first < 0; i++) q->history[h][i] = row[q->source[i]];
        for (int i = BRC_BLOCK; i < 2 * BRC_BLOCK && from->first >= 0; i += 16) PREFETCH(q->rows[h] + i);
    }
}

static void store_history(const brc_sim* s, const block* q, int n, const origin* from)
{
    for (int h = 0; h < s->history_count && from->first < 0; h++) {
        REAL* row = from->list->history[h];
        for (int i = 0; i < n; i++) row[q->source[i]] = q->history[h][i];
    }
}

// Of a whole block's pairs those that do not act get no force and lose their memory. The radius of a dead particle is
// NaN, and so may normals be: they must go too.
static void silence(const brc_sim* s, block* q, int n, const uint8_t* active)
{
    for (int k = 0; k < BRC_OUT_FLUX + s->law->info.field_count; k++)
        for (int i = 0; i < n; i++) q->out[k][i] = active[i] ? q->out[k][i] : 0;
    for (int i = 0; i < n; i++) q->arm_a[i] = active[i] ? q->arm_a[i] : 0, q->arm_b[i] = active[i] ? q->arm_b[i] : 0;
    for (int k = BRC_IN_NX; k <= BRC_IN_NZ; k++)
        for (int i = 0; i < n; i++) q->in[k][i] = active[i] ? q->in[k][i] : 0;
    for (int k = 0; k < s->history_count; k++)
        for (int i = 0; i < n; i++) q->rows[k][i] = active[i] ? q->rows[k][i] : 0;
}

static void note_overlap(const brc_sim* s, worker* w, const block* q, int n)
{
    const REAL deepest = (REAL)w->overlap;
    int deeper = 0;
    for (int i = 0; i < n; i++) {
        const REAL ra = q->in[BRC_IN_R1][i], rb = q->in[BRC_IN_R2][i];
        deeper |= q->in[BRC_IN_OVERLAP][i] >= deepest * (ra < rb ? ra : rb) * (REAL)0.999999;
    }
    for (int i = 0; i < n && deeper; i++) {
        const REAL ra = q->in[BRC_IN_R1][i], rb = q->in[BRC_IN_R2][i];
        const double part = (double)q->in[BRC_IN_OVERLAP][i] / (double)(ra < rb ? ra : rb);
        if (!(part > w->overlap)) continue;
        w->overlap = part, w->overlap_a = q->a[i], w->overlap_b = q->b[i];
        memcpy(w->overlap_x, s->pos + 4 * (int64_t)q->a[i], sizeof w->overlap_x);
    }
}

static inline void add_to(double* acc, d8 sum) { d8_store(acc, d8_add(d8_load(acc), sum)); }

// Where the sums of a particle are; of one that is another worker's: where nobody reads.
static inline double* sums_of(double* acc, int64_t begin, int64_t end, int32_t slot, bool border, double* spare)
{
    return !border || (slot >= begin && slot < end) ? acc + 8 * (int64_t)slot : spare;
}

// Rounds and adds. border: of pairs that may lie across ranges only the worker's own particles get theirs.
static inline void add_rounded(const brc_sim* s, const worker* w, const block* q, int n, bool border)
{
    const d8 magic = sum_magic(s);
    const int64_t begin = w->begin, end = w->end;
    double *acc = s->acc, spare[8] = {0};
    for (int i = 0; i < n; i += ROWS) {
        R16(t) row[ROWS];
        ask_for(acc, 8 * sizeof(double), &q->next, i / ROWS, BRC_BLOCK / ROWS);
        force_rows(q, i, row);
        if (i + ROWS <= n) {
            UNROLL
            for (int k = 0; k < ROWS; k++) {
                const int at = k % 4 * (ROWS / 4) + k / 4;
                add_to(sums_of(acc, begin, end, q->a[i + at], border, spare), on_first(row[at], magic));
                add_to(sums_of(acc, begin, end, q->b[i + at], border, spare), on_second(row[at], magic));
            }
        } else
            for (int k = 0; i + k < n; k++) {
                add_to(sums_of(acc, begin, end, q->a[i + k], border, spare), on_first(row[k], magic));
                add_to(sums_of(acc, begin, end, q->b[i + k], border, spare), on_second(row[k], magic));
            }
    }
}

static void add_inside(const brc_sim* s, const worker* w, const block* q, int n) { add_rounded(s, w, q, n, false); }
static void add_border(const brc_sim* s, const worker* w, const block* q, int n) { add_rounded(s, w, q, n, true); }

// The same of sums that are rounded already.
static void add_own(const brc_sim* s, const worker* w, const block* q, int n)
{
    for (int i = 0; i < n; i++) {
        const int64_t a = q->a[i], b = q->b[i];
        if (a >= w->begin && a < w->end) add_to(s->acc + 8 * a, d8_load(q->sum_a[i]));
        if (b >= w->begin && b < w->end) add_to(s->acc + 8 * b, d8_load(q->sum_b[i]));
    }
}

static void count_contacts(worker* w, const block* q, int n, const origin* from)
{
    w->evaluated += from->acting;
    int touching = 0, border = 0;
    for (int i = 0; i < n; i++) touching += q->is.gap[i] > 0;
    if (from->list == &w->near[BRC_BORDER])
        for (int i = 0; i < n; i++)
            border += q->is.gap[i] > 0 &&
                      !(q->a[i] >= w->begin && q->a[i] < w->end && q->b[i] >= w->begin && q->b[i] < w->end);
    w->contacts += touching;
    w->border_contacts += border;
}

static void pair_block(brc_sim* s, worker* w, block* q, int n, const origin* from)
{
    const int32_t materials = s->material_count;
    const bool whole = from->first >= 0;
    const int full = fill_up(q, n);
    const uint64_t spins = 7ull << BRC_IN_WX | 7ull << BRC_IN_QX | 7ull << BRC_IN_SX; // more_inputs makes S of Q
    gather(s, q, full, (s->law->info.inputs & spins) || w->page);                     // the book reads them all
    if (materials == 1) memset(q->pair, 0, (size_t)full * sizeof q->pair[0]);
    else
        for (int i = 0; i < full; i++) q->pair[i] = s->material[q->a[i]] * materials + s->material[q->b[i]];
    load_history(s, q, n, from);
    note_overlap(s, w, q, n);
    if (s->law->info.inputs >> BRC_IN_M1) more_inputs(s, &s->law->info, q, n);
    if (only_looked_at(s, w, q, n)) return;
    evaluate_law(s, w, q, n, s->dt, brc_sim_time(s, s->step + 1));
    if (whole && from->acting < n) silence(s, q, n, from->active);
    if (find_torques(s, q, full)) range_flags(s, w, q, n);
    store_history(s, q, n, from);
    if (s->cell.ordered) {
        round_sums(s, q, full);
        add_virial(s, w, q, n);
        add_own(s, w, q, n);
    } else if (from->list == &w->near[BRC_BORDER]) add_border(s, w, q, n);
    else add_inside(s, w, q, n);
    if (s->law->info.fluxes) add_fluxes(s, w, q, n);
    count_contacts(w, q, n, from);
}

// Difference of the nearest images, exact on the grid; as brc_image, which keeps the sign of 0 too.
static inline D_COLUMN(t) nearest(D_COLUMN(t) d, double length, double half)
{
    d = D_COLUMN(sub)(d, D_COLUMN(if_less)(D_COLUMN(all)(half), d, D_COLUMN(all)(length)));
    return D_COLUMN(sub)(d, D_COLUMN(if_less)(d, D_COLUMN(all)(-half), D_COLUMN(all)(-length)));
}

// x_a - x_b, r^2 and s^2 - r^2 of the D_ROWS pairs of a and b, s the sum of radii and `more`; to row k.
static inline void test_rows(const brc_sim* s, distances* to, int k, const int32_t* a, const int32_t* b, double more,
                             bool wraps)
{
    D_COLUMN(t) c[4];
    columns_apart(s->pos, a, b, c);
    for (int i = 0; i < 3 && wraps; i++)
        if (s->length[i] > 0) c[i] = nearest(c[i], s->length[i], s->half[i]);
    const D_COLUMN(t) sum = D_COLUMN(add)(c[3], D_COLUMN(all)(more));
    const D_COLUMN(t) xy2 = D_COLUMN(add)(D_COLUMN(mul)(c[0], c[0]), D_COLUMN(mul)(c[1], c[1]));
    const D_COLUMN(t) r2 = D_COLUMN(add)(xy2, D_COLUMN(mul)(c[2], c[2]));
    for (int i = 0; i < 3; i++) D_COLUMN(store)(&to->d[i][k], c[i]);
    D_COLUMN(store)(&to->r2[k], r2);
    D_COLUMN(store)(&to->gap[k], D_COLUMN(sub)(D_COLUMN(mul)(sum, sum), r2));
}

// Of m candidates of the `left` that follow one another. next: see ahead; NULL: it is not known, and the memory is
// asked for all of them.
static inline void test(const brc_sim* s, distances* to, const int32_t* a, const int32_t* b, int m, int64_t left,
                        double more, bool wraps, const ahead* next)
{
    int k = 0;
    for (; k + D_ROWS <= m; k += D_ROWS) {
        if (next) ask_for(s->pos, 4 * sizeof(double), next, k / D_ROWS, BRC_BLOCK / D_ROWS);
        for (int i = k + AHEAD; i < k + AHEAD + D_ROWS && !next; i++) {
            PREFETCH(s->pos + 4 * (int64_t)a[i < left ? i : 0]);
            PREFETCH(s->pos + 4 * (int64_t)b[i < left ? i : 0]);
        }
        test_rows(s, to, k, a + k, b + k, more, wraps);
    }
    if (k < m) {
        int32_t last_a[D_ROWS], last_b[D_ROWS];
        for (int i = 0; i < D_ROWS; i++) last_a[i] = a[k + i < m ? k + i : k], last_b[i] = b[k + i < m ? k + i : k];
        test_rows(s, to, k, last_a, last_b, more, wraps);
    }
}

// As test, across tilted faces.
static void test_tilted(const brc_sim* s, distances* to, const int32_t* a, const int32_t* b, int m, double more)
{
    const double* pos = s->pos;
    for (int k = 0; k < m; k++) {
        const double *pa = pos + 4 * (int64_t)a[k], *pb = pos + 4 * (int64_t)b[k];
        double d[3] = {pa[0] - pb[0], pa[1] - pb[1], pa[2] - pb[2]}, sum = pa[3] + pb[3] + more;
        brc_nearest(s, d);
        double r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
        to->d[0][k] = d[0];
        to->d[1][k] = d[1];
        to->d[2][k] = d[2];
        to->r2[k] = r2;
        to->gap[k] = sum * sum - r2;
    }
}

// For laws that act beyond touching: > 0 within the reach of the pair of materials.
static void test_within(const brc_sim* s, const distances* to, double* within, const int32_t* a, const int32_t* b,
                        int m)
{
    for (int k = 0; k < m; k++) {
        double reach = s->reaches[s->material[a[k]] * s->material_count + s->material[b[k]]];
        double far = s->pos[4 * (int64_t)a[k] + 3] + s->pos[4 * (int64_t)b[k] + 3] + reach;
        within[k] = reach > 0 ? far * far - to->r2[k] : 0;
    }
}

static void test_any(const brc_sim* s, distances* to, const int32_t* a, const int32_t* b, int m, int64_t left,
                     double more, const ahead* next)
{
    if (s->cell.tilted) test_tilted(s, to, a, b, m, more);
    else if (s->length[0] > 0 || s->length[1] > 0 || s->length[2] > 0) test(s, to, a, b, m, left, more, true, next);
    else test(s, to, a, b, m, left, more, false, next);
}

static int pick(const brc_sim* s, worker* w, int64_t first, int n, int32_t* picked, uint8_t* touches)
{
    block* q = w->block;
    const distances* to = &q->tested;
    const double half = 0.5 * s->near_skin;
    int count = 0;
    for (int at = 0; at < n; at += BRC_BLOCK) {
        const int m = n - at < BRC_BLOCK ? n - at : BRC_BLOCK;
        const int32_t *a = w->pairs.a + first + at, *b = w->pairs.b + first + at;
        test_any(s, &q->tested, a, b, m, n - at, 0, NULL);
        for (int k = 0; k < m; k++) { // sum^2 - r^2 > 0, with more in the sum
            const int64_t i = a[k], j = b[k];
            const double more = s->reach + half * (double)(s->roam[2 * i] + s->roam[2 * j]);
            const double sum = s->pos[4 * i + 3] + s->pos[4 * j + 3];
            picked[count] = (int32_t)(first + at + k);
            touches[count] = to->gap[k] > 0;
            count += to->gap[k] + more * (2 * sum + more) > 0;
        }
    }
    return count;
}

// Which of m tested candidates act; answers how many.
static inline int find_active(const brc_sim* s, const distances* to, const double* within, const uint8_t* touching,
                              int m, bool beyond, uint8_t* active)
{
    const bool unborn = beyond && s->law->info.birth == BRC_BIRTH_REACH; // acts without having touched
    int count = 0;
    for (int k = 0; k < m; k++) active[k] = to->gap[k] > 0;
    if (beyond)
        for (int k = 0; k < m; k++) active[k] |= within[k] > 0 && (unborn || touching[k]);
    for (int k = 0; k < m; k++) count += active[k];
    return count;
}

static void forget(const brc_sim* s, near_list* list, int64_t first, int m, const uint8_t* active)
{
    int gone = 0;
    for (int k = 0; k < m; k++) gone |= list->touching[first + k] & !active[k];
    if (!gone) return;
    for (int h = 0; h < s->history_count; h++) {
        REAL* row = (REAL*)list->history[h] + first;
        for (int k = 0; k < m; k++) row[k] = active[k] ? row[k] : 0;
    }
}

// What is left to do of a step: particles up to `done` have got all their forces and have been moved on.
typedef struct sweep {
    motion c;
    extent all;
    int64_t done;
    int64_t others; // slots below have got their forces of the other list
} sweep;

// Second kick, and kick and drift of the next step, of the worker's particles below `limit`. Where a guard trips it
// stops: what is left is only kicked, so that the guard finds it as it would without a sweep.
static void move_on(const brc_sim* s, worker* w, sweep* q, int64_t limit)
{
    if (limit < w->end) limit -= limit % LOT;
    if (limit <= q->done) return;
    const motion c = q->c;
    extent all = q->all;
    motion_of_two two = two_of(&c, &all);
    int64_t i = q->done;
    uint32_t flags = w->flags & ~(uint32_t)BRC_FLAG_OUTSIDE; // of this step: faces take them at its end
    while (i < limit && !flags) {
        for (int k = 0; k < LOT; k += 2) PREFETCH((const REAL*)s->res + 8 * (i + 32 + k));
        PREFETCH(s->roam + 2 * (i + 64));
        const bool alive = s->pos[4 * i + 3] > 0;
        const bool glides = c.weightless && alive && glide(s, &c, i, &all);
        if (!glides && i % LOT == 0 && i + LOT <= limit && move_lot(s, &two, i)) {
            i += LOT;
            continue;
        }
        if (alive && !glides) {
            mover m = load_mover(s, &c, i, BRC_MEAN);
            flags = second_kick(s, w, &c, i, &m);
            if (flags) break;
            drift(s, &c, i, m, &all); // the force is the same, and so is what it adds
        }
        i++;
    }
    const extent of_two = extent_of_two(&two);
    q->done = i;
    w->flags |= flags;
    q->all = (extent){d4_min(all.lo, of_two.lo), d4_max(all.hi, of_two.hi), d4_max(all.step, of_two.step)};
}

// The lower slot of the first pair from row k on: pairs inside a range stand in that order, so those below have got all
// their forces.
static int64_t lower_slot(const worker* w, const near_list* list, int64_t k)
{
    if (k >= list->count) return w->end;
    return list->a[k] < list->b[k] ? list->a[k] : list->b[k];
}

// Time of one block in 32, which stands for all: asking for the time costs too much to do it more often. Another one at
// each step, because blocks at the bottom of a bed are not like those at its top.
typedef struct stopwatch {
    double since;
    int64_t every, next; // blocks
    int weight;          // of the time of this block; 0: it is not looked at
} stopwatch;

static stopwatch stopwatch_for(const brc_sim* s, int64_t rows)
{
    const int64_t blocks = (rows + BRC_BLOCK - 1) / BRC_BLOCK, every = blocks < 32 ? blocks : 32;
    return (stopwatch){.every = every, .next = every > 0 ? s->step % every : 0};
}

static void start(stopwatch* clock, worker* w, int64_t block_index)
{
    const bool now = block_index == clock->next;
    w->law_weight = clock->weight = now ? (int)clock->every : 0;
    if (!now) return;
    clock->next += clock->every;
    clock->since = brc_seconds();
}

static void lap(stopwatch* clock, double* seconds)
{
    if (!clock->weight) return;
    const double now = brc_seconds();
    *seconds += clock->weight * (now - clock->since);
    clock->since = now;
}

// How far the walk along a list has come.
typedef struct walker {
    near_list* list;
    int64_t first;
    stopwatch clock;
    bool known; // which slots its blocks want first
} walker;

static walker walker_along(const brc_sim* s, worker* w, int l)
{
    near_list* list = &w->near[l];
    return (walker){.list = list, .known = l == BRC_INSIDE, .clock = stopwatch_for(s, list->count)};
}

static ahead next_of(const worker* w, int64_t at)
{
    if (at >= w->fresh_blocks) return (ahead){NULL, 0};
    return (ahead){w->fresh + w->fresh_from[at], (int)(w->fresh_from[at + 1] - w->fresh_from[at])};
}

// What a block reads of a list one after the other. Processors look ahead in such rows by themselves, but only to the
// end of each page.
static inline void ask_for_rows(const near_list* list, int64_t first)
{
    if (first >= list->count) return;
    for (int k = 0; k < BRC_BLOCK; k += 16) PREFETCH(list->a + first + k), PREFETCH(list->b + first + k);
    for (int k = 0; k < BRC_BLOCK; k += 64) PREFETCH(list->touching + first + k);
}

// Walks up to the first pair whose lower slot is not below `until`. looking: nothing is noted, forgotten or added: that
// is a step's business. Where most candidates of a block act it goes to the law as it is: its memory lies in one piece.
// Elsewhere those that act are brought together. on: particles are moved on as soon as they have got their forces,
// while the cache still holds them.
static inline void walk(brc_sim* s, worker* w, walker* f, int64_t until, bool looking, bool beyond, sweep* on)
{
    block* q = w->block;
    near_list* list = f->list;
    uint8_t active[BRC_BLOCK];
    origin some = {list, -1, NULL, 0};
    for (; f->first < list->count && lower_slot(w, list, f->first) < until; f->first += BRC_BLOCK) {
        const int64_t first = f->first;
        const int m = (int)(list->count - first < BRC_BLOCK ? list->count - first : BRC_BLOCK);
        const int32_t *a = list->a + first, *b = list->b + first;
        start(&f->clock, w, first / BRC_BLOCK);
        ask_for_rows(list, first + 2 * BRC_BLOCK);
        distances* to = some.acting ? &q->tested : &q->is;
        if (f->known) q->next = next_of(w, first / BRC_BLOCK + 1);
        for (int k = 0; k < q->next.count; k += 16)
            PREFETCH(q->next.slot + 2 * BRC_BLOCK + k); // the list of them itself
        test_any(s, to, a, b, m, list->count - first, 0, f->known ? &q->next : NULL);
        if (beyond) test_within(s, to, q->within, a, b, m);
        const int acting = find_active(s, to, q->within, list->touching + first, m, beyond, active);
        const bool whole = !looking && !w->page && 2 * acting > m;
        if (!looking) {
            if (!whole) forget(s, list, first, m, active);
            memcpy(list->touching + first, active, (size_t)(unsigned)m);
        }
        lap(&f->clock, &w->seconds_contacts);
        if (some.acting && whole) {
            pair_block(s, w, q, some.acting, &some);
            some.acting = 0;
        }
        if (whole) {
            if (to == &q->tested) q->is = q->tested;
            memcpy(q->a, a, (size_t)m * sizeof(int32_t));
            memcpy(q->b, b, (size_t)m * sizeof(int32_t));
            const origin all = {list, first, active, acting};
            pair_block(s, w, q, m, &all);
        }
        for (int k = 0; k < m && acting && !whole; k++) {
            if (!active[k]) continue;
            const int n = some.acting++;
            for (int c = 0; c < 3; c++) q->is.d[c][n] = to->d[c][k];
            q->is.gap[n] = to->gap[k];
            q->is.r2[n] = to->r2[k];
            q->a[n] = a[k];
            q->b[n] = b[k];
            q->source[n] = (int32_t)(first + k);
            if (some.acting < BRC_BLOCK) continue;
            pair_block(s, w, q, BRC_BLOCK, &some);
            some.acting = 0;
        }
        lap(&f->clock, &w->seconds_forces);
        if (!on) continue;
        const int64_t mine = some.acting ? lower_slot(w, list, q->source[0]) : lower_slot(w, list, first + m);
        move_on(s, w, on, mine < on->others ? mine : on->others);
        lap(&f->clock, &w->seconds_kick);
    }
    w->law_weight = 0;
    q->next = (ahead){NULL, 0};
    if (!some.acting) return;
    f->clock = (stopwatch){f->clock.since, f->clock.every, f->clock.next, 0};
    pair_block(s, w, q, some.acting, &some);
}

static void walk_to(brc_sim* s, worker* w, walker* f, int64_t until, sweep* on)
{
    const bool beyond = s->reach > 0;
    if (w->record || w->settling) walk(s, w, f, until, true, beyond, NULL);
    else if (beyond) walk(s, w, f, until, false, true, on);
    else walk(s, w, f, until, false, false, on);
}

static void walk_list(brc_sim* s, worker* w, int l)
{
    walker f = walker_along(s, w, l);
    walk_to(s, w, &f, INT64_MAX, NULL);
}

static void pairs_border(brc_sim* s, worker* w)
{
    w->contacts = w->border_contacts = w->evaluated = 0;
    memset(w->virial, 0, sizeof w->virial);
    walk_list(s, w, BRC_BORDER);
}

static void pairs_inside(brc_sim* s, worker* w) { walk_list(s, w, BRC_INSIDE), walk_list(s, w, BRC_APART); }

static void pairs(brc_sim* s, worker* w)
{
    pairs_border(s, w);
    pairs_inside(s, w);
}

enum {
    LEG = 8 * BRC_BLOCK
}; // pairs apart that are walked along before those that touch follow, so that the few of
   // them that act after all come together

// The pairs inside the range, each particle moved on after its last. No other worker reads the range meanwhile.
static void pairs_on(brc_sim* s, worker* w)
{
    sweep q = {.c = motion_of(s), .done = w->begin};
    q.all = no_extent(&q.c);
    walker inside = walker_along(s, w, BRC_INSIDE), apart = walker_along(s, w, BRC_APART);
    do {
        const int64_t until = lower_slot(w, apart.list, apart.first + LEG);
        walk_to(s, w, &apart, until, NULL);
        q.others = lower_slot(w, apart.list, apart.first);
        walk_to(s, w, &inside, until, &q);
    } while (apart.first < apart.list->count || inside.first < inside.list->count);
    move_on(s, w, &q, w->end);
    w->moved_to = q.done;
    for (int64_t i = q.done; i < w->end; i++) // a guard has tripped
        if (s->pos[4 * i + 3] > 0) w->flags |= kick_one(s, w, &q.c, i);
    w->moved2 = longest2(&q.all);
    w->next_flags = is_outside(&q.all, &q.c) ? BRC_FLAG_OUTSIDE : 0;
}
