// neighbours.c -- which particles and walls may touch soon: lists of pairs, made when something may have moved half a
// skin. All of it is a cache. What is state, the memory of contacts, is carried from old lists to new ones (near.c).
#include "sim.h"
#include <stdlib.h>
#include <string.h>

brc_status brc_pairs_reserve(pair_list* list, int64_t capacity)
{
    if (capacity <= list->capacity) return BRC_OK;
    BRC_CHECK(capacity < INT32_MAX, BRC_ERR_MEMORY, "more than %d candidate pairs on one thread", INT32_MAX);
    size_t size = (size_t)(capacity + capacity / 4 + 1024), old = (size_t)list->count;
    BRC_TRY(brc_grow_unset((void**)&list->a, old * sizeof(int32_t), size * sizeof(int32_t)));
    BRC_TRY(brc_grow_unset((void**)&list->b, old * sizeof(int32_t), size * sizeof(int32_t)));
    list->capacity = (int64_t)size;
    return BRC_OK;
}

void brc_neighbours_free(brc_sim* s)
{
    brc_near_drop(s);
    for (int i = 0; i < s->worker_count; i++) {
        worker* w = &s->workers[i];
        brc_free(w->pairs.a), brc_free(w->pairs.b);
        brc_wall_list_free(&w->walls), brc_wall_list_free(&w->near_walls);
        brc_free(w->sums), brc_free(w->block);
        brc_free(w->registers.rows);
        brc_free(w->passers);
    }
    brc_grid_free(&s->grid);
    brc_free(s->remap), brc_free(s->carry_start), brc_free(s->carry_list), brc_free(s->carry_index);
    brc_free(s->carry_other);
}

static void add_pair(const brc_sim* s, pair_list* list, int32_t i, int32_t j)
{
    int32_t a = s->id[i] < s->id[j] ? i : j, b = a == i ? j : i;
    if (s->bonds.replaced.size && brc_bonds_replace(s, s->id[a], s->id[b])) return;
    list->a[list->count] = a;
    list->b[list->count++] = b;
}

// Where the cell deforms, displacements are measured from where the lists were made, and the near lists hold all pairs.
static bool deforms(const brc_sim* s) { return s->cell.tilted || s->cell.moving; }

// ---- how far each may move -------------------------------------------------------------------------------

// Half a skin and half of the mean speed's part of it: what is slow now may be pushed. What is faster than this many
// times the mean is rare, and would make cells wide.
static const double ROAM_LEAST = 0.5, ROAM_MOST = 24;

static void add_speeds(brc_sim* s, worker* w)
{
    w->speeds = w->fastest = 0;
    for (int64_t i = w->begin; i < w->end; i++) {
        double v2 = 0;
        for (int k = 0; k < 3; k++) {
            const double v = brc_real_get(s, s->vel, BRC_MOTION * i + k);
            v2 += v * v;
        }
        const double speed = brc_alive(s, i) && v2 < 1e60 ? sqrt(v2) : 0;
        s->roam[2 * i] = (float)speed;
        w->speeds += speed;
        w->fastest = speed > w->fastest ? speed : w->fastest;
    }
}

// A particle that moves fast may go further before the lists are remade, so that they need not be for its sake: it is
// listed with those that are further away. A number of the skins: both stay measures of ordinary particles.
static brc_status let_roam(brc_sim* s)
{
    double sum = 0, fastest = 0, most = ROAM_MOST;
    const bool even = s->options.skin > 0 || deforms(s);
    if (!even) brc_parallel(s, add_speeds);
    for (int i = 0; i < s->worker_count && !even; i++)
        sum += s->workers[i].speeds, fastest = fmax(fastest, s->workers[i].fastest);
    double living = (double)(s->count - s->dead);
    if (brc_shared(s) && !even) BRC_TRY(brc_domain_speeds(s, &sum, &living, &fastest));
    for (int k = 0; k < 3; k++) // a displacement is known as that of the nearest image
        if (s->length[k] > 0) most = fmin(most, 0.98 * s->length[k] / s->skin);
    most = fmax(most, 1);
    const double per = sum > 0 ? (1 - ROAM_LEAST) * living / sum : 0;
    s->domain.roam_max = per > 0 ? fmin(ROAM_LEAST + per * fastest, most) : 1;
    for (int64_t i = 0; i < s->count; i++) {
        const double roam = per > 0 ? fmin(ROAM_LEAST + per * (double)s->roam[2 * i], most) : 1;
        s->roam[2 * i] = (float)roam;
        s->roam[2 * i + 1] = (float)(1 / roam);
    }
    // Walls likewise: those that stand still have no room to move.
    for (int k = 0; k < s->wall_count; k++) {
        wall_slot* slot = &s->walls[k];
        if (!slot->wall) continue;
        slot->room = 0;
        if (brc_wall_moves(slot->wall))
            slot->room = 0.5 * s->skin * (even ? 1 : fmin(fmax(1, per * brc_wall_pace(slot->wall)), ROAM_MOST));
    }
    return BRC_OK;
}

// ---- making the lists ------------------------------------------------------------------------------------

typedef struct pair_visit {
    brc_sim* s;
    worker* w;
    int32_t i;
    brc_status status;
} pair_visit;

static void list_pair(void* context, int32_t j)
{
    pair_visit* p = context;
    if (!((j > p->i) | (j < p->w->begin)) || !brc_alive(p->s, j)) return;
    if (p->status == BRC_OK) p->status = brc_pairs_reserve(&p->w->pairs, p->w->pairs.count + 1);
    if (p->status == BRC_OK) add_pair(p->s, &p->w->pairs, p->i, j);
}

// Across tilted faces.
static brc_status list_particle_tilted(brc_sim* s, worker* w, int32_t i)
{
    const double* x = s->pos + 4 * (int64_t)i;
    pair_visit p = {s, w, i, BRC_OK};
    if (x[3] > 0) brc_grid_visit(s, v3_from(x), x[3], brc_room(s, i, s->skin) + s->reach, list_pair, &p);
    return p.status;
}

static void make_lists(brc_sim* s, worker* w)
{
    w->walls.count = w->walls.hint_count = 0;
    w->pairs.count = w->touches.count = 0;
    if (!s->cell.tilted) s->kernels.search(s, w);
    for (int64_t i = w->begin; i < w->end && w->status == BRC_OK; i++) {
        if (s->cell.tilted) w->status = list_particle_tilted(s, w, (int32_t)i);
        if (w->status == BRC_OK) w->status = brc_walls_list(s, &w->walls, (int32_t)i, 0);
        if (w->status == BRC_OK) w->status = brc_near_carry_touches(s, w, (int32_t)i);
        memcpy(s->ref + 4 * i, s->pos + 4 * i, 4 * sizeof(double));
    }
    w->pairs.ordered = w->pairs.count;
}

// One skin towards where what it costs to remake a list equals what it costs to look at pairs in vain: with a wider
// skin the first falls and the second grows in proportion.
static double balanced(double skin, double remake, double vain, double least, double most)
{
    if (remake > 1.25 * vain) skin *= 1.2;
    else if (remake < 0.8 * vain) skin /= 1.2;
    return skin < least ? least : skin > most ? most : skin;
}

// [m] Skins are measured by this: most pairs are of ordinary particles, and these move the furthest, too.
static double mean_radius(const brc_sim* s)
{
    if (brc_shared(s)) return s->domain.mean_radius;
    double sum = 0;
    for (int64_t i = 0; i < s->count; i++) sum += brc_alive(s, i) ? s->pos[4 * i + 3] : 0;
    return s->count > s->dead ? sum / (double)(s->count - s->dead) : s->radius_max;
}

// Timing steers only these caches, never a result.
static brc_status tune_skins(brc_sim* s)
{
    double listed = 0, near = 0, touching = 0;
    if (s->options.skin > 0 || s->tuned_steps < 50 || s->rebuilds < 3) return BRC_OK;
    for (int i = 0; i < s->worker_count; i++) {
        listed += (double)s->workers[i].pairs.count;
        near += (double)brc_near_count(&s->workers[i]);
        touching += (double)s->workers[i].evaluated;
    }
    if (brc_shared(s)) { // skins are the same on all ranks
        int64_t v[6] = {(int64_t)listed,
                        (int64_t)near,
                        (int64_t)touching,
                        (int64_t)(1e9 * s->tuned_rebuild),
                        (int64_t)(1e9 * s->tuned_pick),
                        (int64_t)(1e9 * s->tuned_test)};
        BRC_TRY(brc_comm_sum(s->comm, v, 6));
        listed = (double)v[0], near = (double)v[1], touching = (double)v[2];
        s->tuned_rebuild = 1e-9 * (double)v[3], s->tuned_pick = 1e-9 * (double)v[4];
        s->tuned_test = 1e-9 * (double)v[5];
    }
    const double mean = 2 * mean_radius(s);
    const double vain = near > 0 ? s->tuned_test * (1 - touching / near) : 0;
    const double picking = listed > 0 ? s->tuned_pick * (1 - near / listed) : 0;
    if (deforms(s)) s->skin = balanced(s->skin, s->tuned_rebuild, vain, 0.01 * mean, mean);
    else {
        s->near_skin = balanced(s->near_skin, s->tuned_pick, vain, 0.005 * mean, 0.5 * mean);
        s->skin = balanced(s->skin, s->tuned_rebuild, picking, 2 * s->near_skin, mean);
    }
    s->tuned_rebuild = s->tuned_pick = s->tuned_test = 0;
    s->tuned_steps = 0;
    return BRC_OK;
}

// Particles are sorted in space by the step number, not by need, so that the order of slots is reproducible too.
static bool sort_step(const brc_sim* s) { return s->step % 1000 == 999; }

void brc_neighbours_share(brc_sim* s)
{
    int64_t begin = 0;
    for (int i = 0; i < s->worker_count; i++) {
        worker* w = &s->workers[i];
        const double cut = w->cut > 0 ? w->cut : (i + 1.0) / s->worker_count;
        w->begin = begin;
        begin = w->end = i + 1 < s->worker_count ? (int64_t)((double)s->count * cut) : s->count;
    }
}

// What a worker's lists cost in a step, in pairs that touch, as measured. Walls take the time of many: each goes
// through its shape.
static double load_of(const worker* w)
{
    const near_list* l = w->near;
    return 0.5 * (double)(w->list_end - w->list_begin) + (double)l[BRC_INSIDE].count +
           0.3 * (double)l[BRC_APART].count + 1.2 * (double)l[BRC_BORDER].count + 8 * (double)w->near_walls.count;
}

// Cuts the slots anew, so that each worker gets the same load, from the lists that are about to go: within the old
// ranges it is taken as even. Cuts decide who does what, never what comes out.
static void balance(brc_sim* s)
{
    const int n = s->worker_count;
    double total = 0, below = 0;
    int64_t slots = 0, passed = 0;
    for (int i = 0; i < n; i++) {
        worker* w = &s->workers[i];
        w->load = load_of(w);
        total += w->load, slots += w->list_end - w->list_begin;
    }
    if (slots == 0) return;
    for (int i = 0, k = 0; i + 1 < n; i++) {
        const double wanted = total * (i + 1) / n;
        while (k + 1 < n && below + s->workers[k].load < wanted) {
            below += s->workers[k].load;
            passed += s->workers[k].list_end - s->workers[k].list_begin, k++;
        }
        const worker* w = &s->workers[k];
        const double part = w->load > 0 ? fmin((wanted - below) / w->load, 1) : 1;
        s->workers[i].cut = ((double)passed + part * (double)(w->list_end - w->list_begin)) / (double)slots;
    }
}

static brc_status listed(const brc_sim* s)
{
    for (int i = 0; i < s->worker_count; i++)
        BRC_CHECK(s->workers[i].status == BRC_OK, s->workers[i].status, "no memory for the neighbour lists");
    return BRC_OK;
}

// What picking leaves to be done: walls, and the places it was done at.
static void mark_near(brc_sim* s, worker* w)
{
    if (w->status == BRC_OK) w->status = brc_walls_pick(s, &w->walls, &w->near_walls);
    const int64_t n = w->end - w->begin;
    if (n > 0) memcpy(s->near_ref + 4 * w->begin, s->pos + 4 * w->begin, (size_t)n * 4 * sizeof(double));
}

// Grid and lists of what is there, with the contacts of the old ones.
static brc_status list_all(brc_sim* s)
{
    if (brc_shared(s)) BRC_TRY(brc_domain_unpark(s));
    BRC_TRY(brc_grid_make(s, s->reach, 0.5 * s->skin));
    brc_near_swap(s);
    for (int i = 0; i < s->worker_count; i++) {
        worker* w = &s->workers[i];
        touch_list t = w->touches;
        w->touches = w->old_touches, w->old_touches = t;
    }
    BRC_TRY(brc_near_collect(s));
    for (int i = 0; i < s->worker_count; i++) {
        worker* w = &s->workers[i];
        w->list_begin = w->begin;
        w->list_end = w->end;
        w->status = BRC_OK;
        BRC_TRY(brc_pairs_reserve(&w->pairs, 4 * (w->end - w->begin)));
    }
    s->lists_renumbered = false;
    brc_parallel(s, make_lists);
    BRC_TRY(listed(s));
    s->grid.of_lists = true;
    brc_parallel(s, brc_near_fill);
    BRC_TRY(listed(s));
    brc_parallel(s, mark_near);
    return listed(s);
}

// On several ranks: particles go to their owners, and what is left takes new slots.
static brc_status share_out(brc_sim* s, bool sort)
{
    bool sorts = s->sort_due;
    brc_status status = brc_domain_release(s);
    if (sort) {
        BRC_TRY(brc_domain_cut(s));
        BRC_TRY(brc_comm_agree(s->comm, status));
        BRC_TRY(brc_domain_migrate(s));
        s->sort_due = false;
    }
    if (status == BRC_OK) status = brc_particles_settle(s, sort && sorts);
    BRC_TRY(brc_comm_agree(s->comm, status));
    return brc_domain_share_sizes(s);
}

brc_status brc_neighbours_surround(brc_sim* s, double near, double room)
{
    double far = 0;
    for (int k = 0; k < 3; k++) far += s->hi[k] - s->lo[k];
    for (;;) {
        double* reach = &s->domain.bond_reach;
        bool missing = false;
        BRC_TRY(brc_domain_ghosts(s, fmax(near, *reach), room));
        if (!brc_bonds_present(s)) return BRC_OK;
        BRC_TRY(brc_comm_agree(s->comm, brc_domain_bonds(s, &missing)));
        BRC_TRY(brc_domain_any(s, &missing));
        if (!missing) return BRC_OK;
        BRC_CHECK(*reach < far, BRC_ERR_GUARD, "a bond leads to a particle that is not there");
        *reach = 2 * *reach + 0.5 * s->domain.mean_radius;
        s->ghosts = 0;
    }
}

brc_status brc_neighbours_migrate(brc_sim* s) { return share_out(s, true); }

brc_status brc_contacts_settle(brc_sim* s)
{
    int64_t parked = s->comm->size > 1 ? s->domain.parked.count : 0;
    BRC_TRY(brc_comm_max(s->comm, &parked, 1));
    return parked ? brc_neighbours_fresh(s) : BRC_OK;
}

static brc_status rebuild(brc_sim* s, bool sort)
{
    const bool shared = brc_shared(s);
    double t0 = brc_seconds();
    if (sort) {
        BRC_TRY(tune_skins(s));
        if (sort_step(s)) s->sort_due = true;
        if (!shared && (s->dead || s->sort_due)) BRC_TRY(brc_particles_sort(s));
    }
    if (shared) BRC_TRY(share_out(s, sort));
    if (s->options.skin > 0) s->skin = s->options.skin;
    else if (!(s->skin > 0)) s->skin = 0.4 * mean_radius(s);
    s->skin = brc_cell_skin(s, 2 * s->radius_max + s->reach, s->skin);
    if (s->options.skin > 0 || !(s->near_skin > 0)) s->near_skin = 0.25 * s->skin;
    if (deforms(s) || s->near_skin > 0.5 * s->skin) s->near_skin = deforms(s) ? s->skin : 0.5 * s->skin;
    memcpy(s->cell.listed, s->cell.edge, sizeof s->cell.edge);
    balance(s);
    brc_neighbours_share(s);
    BRC_TRY(let_roam(s));
    if (shared) BRC_TRY(brc_neighbours_surround(s, s->reach, 0.5 * s->skin));
    const brc_status status = list_all(s);
    if (shared) BRC_TRY(brc_comm_agree(s->comm, status));
    BRC_TRY(status);
    if (shared) BRC_TRY(brc_domain_near(s));
    brc_walls_mark(s, true);
    brc_boundary_look(s);
    for (int i = 0; i < s->worker_count; i++) s->workers[i].moved2 = 0;
    s->moved = s->drift = s->domain.moved2 = 0;
    s->lists_valid = true;
    s->rebuilds++;
    s->tuned_rebuild += brc_seconds() - t0;
    return BRC_OK;
}

static void measure_displacement(brc_sim* s, worker* w)
{
    double moved2 = 0;
    for (int64_t i = w->begin; i < w->end; i++) {
        double d[3];
        brc_cell_displacement(s, i, d);
        const double less = (double)s->roam[2 * i + 1];
        double d2 = (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) * (less * less);
        moved2 = d2 > moved2 ? d2 : moved2;
    }
    w->moved2 = moved2;
}

static double furthest(const brc_sim* s)
{
    double moved2 = s->domain.moved2; // of several ranks
    for (int i = 0; i < s->worker_count && !brc_shared(s); i++)
        moved2 = s->workers[i].moved2 > moved2 ? s->workers[i].moved2 : moved2;
    return sqrt(moved2) * 1.000001; // a margin for rounding
}

static bool near_hold(const brc_sim* s)
{
    return 2 * s->drift < s->near_skin && brc_walls_hold(s) && brc_walls_hold_near(s);
}

// Displacements since the lists were made.
static brc_status measure(brc_sim* s)
{
    brc_parallel(s, measure_displacement);
    return brc_shared(s) ? brc_domain_share_motion(s) : BRC_OK;
}

// Picks the near lists anew if the lists still hold what may come near. Answers whether they do.
static brc_status renew_near(brc_sim* s, bool* done)
{
    const double t0 = brc_seconds();
    BRC_TRY(measure(s));
    s->moved = furthest(s);
    s->drift = 0;
    *done = s->near_skin + 2 * s->moved < s->skin && brc_walls_hold(s);
    if (!*done) return BRC_OK;
    if (brc_shared(s)) BRC_TRY(brc_domain_refresh_all(s));
    brc_near_swap(s);
    brc_parallel(s, brc_near_refill);
    brc_parallel(s, mark_near);
    const brc_status status = listed(s);
    if (brc_shared(s)) BRC_TRY(brc_comm_agree(s->comm, status));
    BRC_TRY(status);
    if (brc_shared(s)) BRC_TRY(brc_domain_near(s));
    brc_walls_mark(s, false);
    s->picks++;
    s->tuned_pick += brc_seconds() - t0;
    return BRC_OK;
}

brc_status brc_neighbours_update(brc_sim* s)
{
    const bool sort = !(brc_shared(s) && s->domain.still);
    if (!s->lists_valid || sort_step(s)) return rebuild(s, sort);
    if (deforms(s)) {
        const double moved = furthest(s), stretch = brc_cell_stretch(s, 2 * s->radius_max + s->reach + s->skin);
        return 2 * moved + stretch < s->skin && brc_walls_hold(s) ? BRC_OK : rebuild(s, sort);
    }
    s->drift += furthest(s) + s->x_grid.quantum / ROAM_LEAST;
    if (near_hold(s)) return BRC_OK;
    bool done;
    BRC_TRY(renew_near(s, &done));
    return done ? BRC_OK : rebuild(s, sort);
}

brc_status brc_neighbours_fresh(brc_sim* s)
{
    bool done = false;
    brc_status status = s->dead ? brc_particles_compact(s) : BRC_OK;
    if (brc_shared(s)) status = brc_domain_enter(s, status);
    BRC_TRY(status);
    if (s->lists_valid && !deforms(s)) { // brc_particles_snap has measured the drift
        done = near_hold(s);
        if (!done) BRC_TRY(renew_near(s, &done));
    }
    if (s->lists_valid && deforms(s)) {
        BRC_TRY(measure(s));
        const double moved = furthest(s), stretch = brc_cell_stretch(s, 2 * s->radius_max + s->reach + s->skin);
        done = 2 * moved + stretch < s->skin && brc_walls_hold(s);
    }
    return done ? BRC_OK : rebuild(s, false);
}

typedef struct append_probe {
    brc_sim* s;
    int32_t self;
    brc_status status;
} append_probe;

static int owner(const brc_sim* s, int32_t slot)
{
    for (int i = 0; i < s->worker_count - 1; i++)
        if (slot < s->workers[i].end) return i;
    return s->worker_count - 1;
}

static void append_pair(void* context, int32_t j)
{
    append_probe* p = context;
    brc_sim* s = p->s;
    int mine = s->worker_count - 1, other = owner(s, j);
    if (!brc_alive(s, j)) return;
    for (int k = 0; k < 2; k++) {
        int who = k ? other : mine;
        if (k && other == mine) break;
        pair_list* list = &s->workers[who].pairs;
        if (p->status == BRC_OK) p->status = brc_pairs_reserve(list, list->count + 1);
        if (p->status != BRC_OK) return;
        const bool lower = s->id[p->self] < s->id[j];
        list->a[list->count] = lower ? p->self : j;
        list->b[list->count] = lower ? j : p->self;
        p->status = brc_near_add(s, &s->workers[who], (int32_t)list->count++);
    }
}

// A few new particles go behind the last worker's range and into its list; more than that and remaking is cheaper.
brc_status brc_neighbours_append(brc_sim* s, int64_t first)
{
    worker* w = &s->workers[s->worker_count - 1];
    if (s->count - s->grid.count > 256 || deforms(s)) {
        s->lists_valid = false;
        return BRC_OK;
    }
    for (int64_t i = first; i < s->count; i++) {
        append_probe p = {s, (int32_t)i, BRC_OK};
        const double* x = s->pos + 4 * i;
        w->end = w->list_end = i + 1;
        brc_grid_visit(s, v3_from(x), x[3], brc_room(s, i, s->skin) + s->reach, append_pair, &p);
        for (int64_t j = s->grid.count; j < i; j++) { // the others that came after the grid was made
            const double* y = s->ref + 4 * j;
            double sum = x[3] + y[3] + brc_room(s, i, s->skin) + brc_room(s, j, s->skin) + s->reach,
                   d[3] = {x[0] - y[0], x[1] - y[1], x[2] - y[2]};
            brc_nearest(s, d);
            double r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
            if (r2 < sum * sum) append_pair(&p, (int32_t)j);
        }
        BRC_TRY(p.status);
        // Walls may since have moved away from where the lists were made, and may come back past it.
        const int64_t listed_before = w->walls.count;
        BRC_TRY(brc_walls_list(s, &w->walls, (int32_t)i, brc_walls_moved(s)));
        BRC_TRY(brc_walls_append(&w->near_walls, &w->walls, listed_before));
    }
    return BRC_OK;
}

typedef struct free_probe {
    const brc_sim* s;
    vec3 x;
    double radius;
    bool hit;
} free_probe;

static void probe_free(void* context, int32_t slot)
{
    free_probe* p = context;
    if (!brc_alive(p->s, slot)) return;
    const double* q = p->s->pos + 4 * (int64_t)slot;
    double sum = p->radius + q[3], d[3] = {p->x.x - q[0], p->x.y - q[1], p->x.z - q[2]};
    brc_nearest(p->s, d);
    double r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
    if (r2 < sum * sum) p->hit = true;
}

bool brc_neighbours_free_at(brc_sim* s, vec3 x, double radius)
{
    free_probe p = {s, x, radius, false};
    if (!s->lists_valid || deforms(s)) {
        if (s->grid_step != s->step || s->count - s->grid.count > 256 || s->grid.count > s->count) {
            if (brc_grid_make(s, 0, 0) != BRC_OK) return false;
            s->grid_step = s->step;
        }
    }
    // The grid remembers places of the last rebuild; since then nothing has moved further than its room.
    brc_grid_visit(s, x, radius, 0, probe_free, &p);
    for (int64_t j = s->grid.count; j < s->count && !p.hit; j++) probe_free(&p, (int32_t)j);
    return !p.hit;
}
