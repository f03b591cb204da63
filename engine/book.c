// book.c -- keeps the energy book (book.h) and closes it when asked.
#include "sim.h"
#include <string.h>

static double value(const energy_book* b, brc_wide sum)
{
    brc_wide_carry(&sum);
    return ((double)sum.high + (double)sum.low * 0x1p-40) * b->unit;
}

// Answers whether the sum is still far from its end, 2^63 units.
static bool join(brc_wide* to, brc_wide more)
{
    to->high += more.high;
    to->low += more.low;
    brc_wide_carry(to);
    return to->high < (int64_t)1 << 62 && to->high > -((int64_t)1 << 62);
}

static double kinetic_of(const brc_sim* s, int64_t i)
{
    double v[3], w[3], m = s->mass[i], r = s->pos[4 * i + 3];
    brc_particle_velocity(s, i, v, w);
    return 0.5 * m * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) +
           0.2 * m * r * r * (w[0] * w[0] + w[1] * w[1] + w[2] * w[2]);
}

static brc_status kinetic_now(const brc_sim* s, double* out)
{
    double* term = BRC_NEW(s->count + 1, double);
    int64_t n = 0;
    for (int64_t i = 0; i < s->count && term; i++)
        if (brc_alive(s, i)) term[n++] = kinetic_of(s, i);
    brc_status status = brc_exact_sums(s->comm, term, 0, n, 1, out);
    brc_free(term);
    return status;
}

void brc_book_sums(energy_book* b, brc_wide* sum[BRC_BOOK_SUMS])
{
    brc_wide* const plain[5] = {&b->hooks, &b->hooks_rest, &b->gravity, &b->bonds, &b->bonds_rest};
    memcpy(sum, plain, sizeof plain);
    for (int k = 0; k < BRC_BOOK_PARTS; k++) sum[5 + 2 * k] = &b->work[k], sum[6 + 2 * k] = &b->rest[k];
}

// Over all ranks.
static brc_status totals(brc_sim* s, energy_book* b)
{
    brc_wide* sum[BRC_BOOK_SUMS];
    int64_t v[2 * BRC_BOOK_SUMS];
    brc_book_sums(b, sum);
    for (int k = 0; k < BRC_BOOK_SUMS; k++) v[2 * k] = sum[k]->high, v[2 * k + 1] = sum[k]->low;
    BRC_TRY(brc_comm_sum(s->comm, v, 2 * BRC_BOOK_SUMS));
    for (int k = 0; k < BRC_BOOK_SUMS; k++) {
        *sum[k] = (brc_wide){v[2 * k], v[2 * k + 1]};
        brc_wide_carry(sum[k]);
    }
    return BRC_OK;
}

// From then on the first rank has what all have had so far.
static void leave_to_first(const brc_sim* s, energy_book* b)
{
    brc_wide* sum[BRC_BOOK_SUMS];
    brc_book_sums(b, sum);
    for (int k = 0; k < BRC_BOOK_SUMS && s->comm->rank; k++) *sum[k] = (brc_wide){0, 0};
}

brc_status brc_book_let_go(brc_sim* s)
{
    energy_book* b = s->book;
    const double none = 0;
    double sum;
    if (!b || b->ledger == s->removed + s->lost) return BRC_OK;
    b->ledger = s->removed + s->lost;
    const int64_t count = b->gone_count > 0 ? b->gone_count : 0;
    const double* term = b->gone_count < 0 ? NULL : count ? b->gone : &none;
    b->gone_count = 0;
    BRC_TRY(brc_exact_sums(s->comm, term, 0, count, 1, &sum));
    b->removed += sum, b->kinetic -= sum;
    return BRC_OK;
}

// ---- opening ---------------------------------------------------------------------------------------------

// The programs and what the workers need for them.
static void programs_free(const brc_sim* s, energy_book* b)
{
    for (int i = 0; i < s->worker_count && b->page; i++) {
        book_page* page = &b->page[i];
        brc_free(page->force.rows), brc_free(page->energy.rows), brc_free(page->bond.rows);
        brc_free(page->out), brc_free(page->kept);
    }
    brc_free(b->page), brc_free(b->force), brc_free(b->energy), brc_free(b->bond), brc_free(b->coefficients);
}

void brc_book_free(brc_sim* s)
{
    if (!s->book) return;
    for (int i = 0; i < s->worker_count; i++) s->workers[i].page = NULL;
    programs_free(s, s->book);
    brc_free(s->book->before), brc_free(s->book->gone);
    brc_free(s->book);
    s->book = NULL;
}

brc_status brc_book_open(brc_sim* s)
{
    BRC_CHECK(!s->in_step && !s->book, BRC_ERR_STATE, "the energy book cannot be opened now");
    s->book = BRC_NEW(1, energy_book);
    BRC_CHECK(s->book, BRC_ERR_MEMORY, "no memory for the energy book");
    s->book->unit = 1;
    s->book->ledger = s->removed + s->lost;
    return kinetic_now(s, &s->book->kinetic);
}

static brc_status registers_make(const brc_sim* s, const brc_program* p, brc_registers* out)
{
    *out = (brc_registers){brc_alloc(brc_program_bytes(p, s->real)), brc_program_bytes(p, s->real), true, -1};
    BRC_CHECK(out->rows, BRC_ERR_MEMORY, "no memory for the energy book");
    return BRC_OK;
}

static brc_status programs_make(const brc_sim* s, int32_t parts, const brc_program* force, const brc_program* energy,
                                const brc_program* bond_energy, const double* coefficients, energy_book* out)
{
    const int64_t n = (int64_t)force->coefficients * s->material_count * s->material_count;
    out->force = brc_program_copy(force), out->energy = brc_program_copy(energy);
    out->bond = bond_energy ? brc_program_copy(bond_energy) : NULL;
    out->coefficients = brc_alloc((size_t)(n + 1) * s->real);
    out->page = BRC_NEW(s->worker_count, book_page);
    BRC_CHECK(out->force && out->energy && (out->bond || !bond_energy) && out->coefficients && out->page,
              BRC_ERR_MEMORY, "no memory for the energy book");
    for (int64_t i = 0; i < n; i++) brc_real_set(s, out->coefficients, i, coefficients[i]);
    for (int i = 0; i < s->worker_count; i++) {
        book_page* page = &out->page[i];
        BRC_TRY(registers_make(s, force, &page->force));
        BRC_TRY(registers_make(s, energy, &page->energy));
        if (bond_energy) BRC_TRY(registers_make(s, bond_energy, &page->bond));
        page->out = brc_alloc((size_t)(6 * parts) * BRC_BLOCK * s->real);
        BRC_CHECK(page->out, BRC_ERR_MEMORY, "no memory for the energy book");
    }
    return BRC_OK;
}

brc_status brc_book_parts(brc_sim* s, int32_t parts, const brc_program* force, const brc_program* energy,
                          int32_t materials, const double* coefficients, int32_t keep, const brc_program* bond_energy)
{
    energy_book *b = s->book, made = {0};
    BRC_CHECK(!s->in_step && b, BRC_ERR_STATE, "no energy book is kept");
    BRC_CHECK(parts > 0 && parts <= BRC_BOOK_PARTS, BRC_ERR_ARGUMENT, "the energy book has 1 to %d parts, got %d",
              BRC_BOOK_PARTS, parts);
    const brc_program* const both[2] = {force, energy};
    for (int k = 0; k < 2; k++) {
        BRC_TRY(brc_program_check(both[k]));
        BRC_CHECK(both[k]->inputs == BRC_IN_COUNT && both[k]->history == s->history_count &&
                      both[k]->outputs == (k ? 1 : 6) * parts && both[k]->uniforms == BRC_UNIFORM_COUNT,
                  BRC_ERR_ARGUMENT, "a program of the energy book has other rows than the law");
    }
    if (bond_energy) {
        BRC_CHECK(s->bonds.law, BRC_ERR_STATE, "there are no bonds to keep a book of");
        const brc_law_info* law = &s->bonds.law->info;
        BRC_TRY(brc_program_check(bond_energy));
        BRC_CHECK(bond_energy->inputs == BRC_IN_COUNT && bond_energy->history == law->history_count &&
                      bond_energy->coefficients == law->coefficient_count && bond_energy->outputs == 1 &&
                      bond_energy->uniforms == BRC_UNIFORM_COUNT,
                  BRC_ERR_ARGUMENT, "the bonds' program of the energy book has other rows than their law");
    }
    BRC_CHECK(materials == s->material_count, BRC_ERR_ARGUMENT, "coefficients for %d materials, but there are %d",
              materials, s->material_count);
    // What has been summed with the old unit stays as it is, in the new one.
    const double unit = s->t_grid.quantum * 0x1p18, ratio = b->unit / unit;
    brc_wide* all[BRC_BOOK_SUMS];
    brc_book_sums(b, all);
    BRC_TRY(totals(s, b));
    for (int k = 0; k < BRC_BOOK_SUMS; k++)
        BRC_CHECK(fabs(value(b, *all[k])) < 0x1p62 * unit, BRC_ERR_GUARD,
                  "%g J of the energy book are too much for sums that are now to hold energies down to %g J",
                  value(b, *all[k]), unit);
    brc_status status =
        brc_comm_agree(s->comm, programs_make(s, parts, force, energy, bond_energy, coefficients, &made));
    leave_to_first(s, b);
    if (status != BRC_OK) {
        programs_free(s, &made);
        return status;
    }
    programs_free(s, b);
    b->force = made.force, b->energy = made.energy, b->bond = made.bond;
    b->coefficients = made.coefficients, b->page = made.page, b->parts = parts;
    for (int i = 0; i < s->worker_count; i++) s->workers[i].page = &b->page[i];
    if (!keep) memset(b->work, 0, sizeof b->work), memset(b->rest, 0, sizeof b->rest);
    for (int k = 0; k < BRC_BOOK_SUMS && ratio != 1; k++) {
        double units = ((double)all[k]->high + (double)all[k]->low * 0x1p-40) * ratio;
        *all[k] = (brc_wide){0, 0};
        brc_wide_add(all[k], units);
    }
    b->unit = unit;
    return BRC_OK;
}

// ---- in a step -------------------------------------------------------------------------------------------

void* brc_book_keep(const brc_sim* s, book_page* page, int64_t count)
{
    int64_t need = page->kept_count + count;
    if (need > page->kept_capacity && page->status == BRC_OK) {
        size_t size = (size_t)(need + need / 2) * s->real;
        page->status = brc_grow(&page->kept, (size_t)page->kept_count * s->real, size);
        if (page->status == BRC_OK) page->kept_capacity = need + need / 2;
    }
    if (page->status != BRC_OK) return NULL;
    void* at = (char*)page->kept + (size_t)page->kept_count * s->real;
    page->kept_count = need;
    return at;
}

// Work of gravity on the way of the drift; the same as that of the kicks but for dt^2 g df / 8, which does not add up.
static void weigh(brc_sim* s, worker* w)
{
    const double* g = s->options.gravity;
    const double per = s->dt / s->book->unit;
    brc_wide* sum = &w->page->gravity;
    for (int64_t i = w->begin; i < w->end; i++) {
        if (!brc_alive(s, i)) continue;
        double power = 0;
        for (int k = 0; k < 3; k++) power += g[k] * brc_real_get(s, s->vel, BRC_MOTION * i + BRC_MEAN + k);
        double units = s->mass[i] * power * per;
        if (fabs(units) < 0x1p53) brc_wide_add(sum, units);
        else w->page->overflow = true;
        if (((i - w->begin) & 1023) == 1023) brc_wide_carry(sum);
    }
}

void brc_book_begin(brc_sim* s)
{
    if (!s->book) return;
    s->book->hooked = false;
    if (!s->book->parts) return;
    for (int i = 0; i < s->worker_count; i++) s->book->page[i].kept_count = 0;
    brc_parallel(s, weigh);
}

brc_status brc_book_hooks(brc_sim* s)
{
    energy_book* b = s->book;
    if (!b || b->hooked) return BRC_OK;
    if (b->before_capacity < s->count) {
        brc_free(b->before);
        b->before = BRC_NEW(8 * s->capacity, double);
        b->before_capacity = b->before ? s->capacity : 0;
        BRC_CHECK(b->before, BRC_ERR_MEMORY, "no memory for the energy book");
    }
    memcpy(b->before, s->acc, (size_t)s->count * 8 * sizeof(double));
    b->hooked = true;
    return BRC_OK;
}

static void hooks_work(brc_sim* s, worker* w)
{
    const double per = s->dt / s->book->unit;
    for (int64_t i = w->begin; i < w->end; i++) {
        const double *now = s->acc + 8 * i, *before = s->book->before + 8 * i;
        double v[8] = {0}, power = 0, rest = 0;
        if (!brc_alive(s, i)) continue;
        brc_particle_velocity(s, i, v, v + 4);
        for (int k = 0; k < 8; k++) {
            double mean = brc_real_get(s, s->vel, BRC_MOTION * i + BRC_MEAN + k), f = now[k] - before[k];
            power += f * v[k];
            rest += f * (v[k] + 0.5 * (v[k] - mean));
        }
        if (fabs(power * per) < 0x1p53 && fabs(rest * per) < 0x1p53)
            brc_wide_add(&w->page->hooks, power * per), brc_wide_add(&w->page->hooks_rest, rest * per);
        else w->page->overflow = true;
        if (((i - w->begin) & 1023) == 1023) brc_wide_carry(&w->page->hooks), brc_wide_carry(&w->page->hooks_rest);
    }
}

// Bonds lie on both their particles as loads: each end is entered by the worker, and the rank, that has it.
static void bonds_work(brc_sim* s, worker* w)
{
    const bond_set* set = &s->bonds;
    const double per = s->dt / s->book->unit;
    for (int64_t i = 0; i < set->count; i++) {
        const bond* b = &set->at[i];
        const bond_load* load = &set->load[i];
        for (int end = 0; end < 2; end++) {
            const int64_t slot = end ? b->slot_b : b->slot_a;
            double v[6], power = 0, rest = 0;
            if (slot < w->begin || slot >= w->end) continue;
            brc_particle_velocity(s, slot, v, v + 3);
            for (int k = 0; k < 6; k++) {
                const double mean = brc_real_get(s, s->vel, BRC_MOTION * slot + BRC_MEAN + (k < 3 ? k : k + 1));
                const double f = k >= 3 ? (end ? load->torque_b : load->torque_a)[k - 3]
                                 : end  ? -load->force[k]
                                        : load->force[k];
                power += f * v[k];
                rest += f * (v[k] + 0.5 * (v[k] - mean));
            }
            if (fabs(power * per) < 0x1p53 && fabs(rest * per) < 0x1p53)
                brc_wide_add(&w->page->bonds, power * per), brc_wide_add(&w->page->bonds_rest, rest * per);
            else w->page->overflow = true;
        }
        if ((i & 1023) == 1023) brc_wide_carry(&w->page->bonds), brc_wide_carry(&w->page->bonds_rest);
    }
}

// The contacts once more, with the velocities of the step's end; a copy of the worker keeps its counters as they are.
static void settle(brc_sim* s, worker* w)
{
    worker copy = *w;
    copy.settling = true;
    w->page->cursor = 0;
    s->kernels.walls(s, &copy);
    s->kernels.pairs(s, &copy);
    if (w->page->cursor != w->page->kept_count) w->page->overflow = true;
    w->page->kept_count = 0;
}

static brc_status enter(brc_sim* s)
{
    energy_book* b = s->book;
    for (int i = 0; i < s->worker_count; i++)
        BRC_CHECK(b->page[i].status == BRC_OK, BRC_ERR_MEMORY, "no memory for the energy book");
    brc_parallel(s, settle);
    if (b->hooked) brc_parallel(s, hooks_work);
    if (s->bonds.count) brc_parallel(s, bonds_work);
    memset(b->rest, 0, sizeof b->rest);
    b->hooks_rest = b->bonds_rest = (brc_wide){0, 0};
    bool overflow = false;
    for (int i = 0; i < s->worker_count; i++) {
        book_page* page = &b->page[i];
        bool fits = !page->overflow;
        for (int k = 0; k < b->parts; k++) {
            fits = join(&b->work[k], page->part[k]) && fits;
            fits = join(&b->rest[k], page->rest[k]) && fits;
        }
        fits = join(&b->hooks, page->hooks) && fits;
        fits = join(&b->hooks_rest, page->hooks_rest) && fits;
        fits = join(&b->bonds, page->bonds) && fits;
        fits = join(&b->bonds_rest, page->bonds_rest) && fits;
        fits = join(&b->gravity, page->gravity) && fits;
        overflow |= !fits;
        memset(page->part, 0, sizeof page->part), memset(page->rest, 0, sizeof page->rest);
        page->hooks = page->hooks_rest = page->gravity = page->bonds = page->bonds_rest = (brc_wide){0, 0};
    }
    double walls = 0;
    for (int k = 0; k < s->wall_count; k++) walls += s->walls[k].work;
    b->walls_last = walls - b->walls;
    b->walls = walls;
    BRC_CHECK(!overflow, BRC_ERR_GUARD,
              "a power or a sum in the energy book is not a number or out of range at step %" PRId64
              ": powers are summed in units of %g J and must be below %g J in a step, sums below %g J",
              s->step + 1, b->unit, 0x1p53 * b->unit, 0x1p62 * b->unit);
    return BRC_OK;
}

brc_status brc_book_end(brc_sim* s)
{
    if (!s->book || !s->book->parts) return BRC_OK;
    BRC_TRY(brc_book_let_go(s));
    if (!brc_shared(s)) return enter(s);
    BRC_TRY(brc_domain_refresh(s)); // ghosts have the velocities of the step's end
    return brc_comm_agree(s->comm, enter(s));
}

brc_status brc_book_enter(brc_sim* s)
{
    double now;
    if (!s->book) return BRC_OK;
    BRC_TRY(brc_book_let_go(s));
    BRC_TRY(kinetic_now(s, &now));
    s->book->script += now - s->book->kinetic;
    s->book->kinetic = now; // once, also where no step follows because of an error
    return BRC_OK;
}

brc_status brc_book_leave(brc_sim* s)
{
    if (!s->book) return BRC_OK;
    BRC_TRY(brc_book_let_go(s));
    return kinetic_now(s, &s->book->kinetic);
}

void brc_book_comes(brc_sim* s, int64_t slot)
{
    energy_book* b = s->book;
    if (!b) return;
    const double energy = kinetic_of(s, slot);
    b->inserted += energy, b->kinetic += energy;
}

void brc_book_goes(brc_sim* s, int64_t slot)
{
    energy_book* b = s->book;
    if (!b) return;
    if (b->gone_count == b->gone_capacity) {
        const size_t size = (size_t)b->gone_count * sizeof(double);
        if (brc_grow((void**)&b->gone, size, 2 * size + 512) != BRC_OK)
            b->gone_count = -1; // brc_book_let_go fails then
        else b->gone_capacity = 2 * b->gone_capacity + 64;
    }
    if (b->gone_count >= 0) b->gone[b->gone_count++] = kinetic_of(s, slot);
}

// ---- what it says ----------------------------------------------------------------------------------------

brc_status brc_energies_get(brc_sim* s, brc_energies* out)
{
    brc_summary q;
    memset(out, 0, sizeof *out);
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "energies cannot be asked for in the middle of a step (each_step); use call");
    BRC_TRY(brc_summary_get(s, &q));
    out->kinetic = q.kinetic_energy;
    out->rotational = q.rotational_energy;
    double* term = BRC_NEW(s->count + 1, double);
    int64_t n = 0;
    const double* g = s->options.gravity;
    for (int64_t i = 0; i < s->count && term; i++) {
        const double* x = s->pos + 4 * i;
        if (brc_alive(s, i)) term[n++] = -s->mass[i] * (g[0] * x[0] + g[1] * x[1] + g[2] * x[2]);
    }
    brc_status status = brc_exact_sums(s->comm, term, 0, n, 1, &out->gravitational);
    brc_free(term);
    BRC_TRY(status);
    if (!s->book) return BRC_OK;
    BRC_TRY(brc_book_let_go(s));
    energy_book whole = *s->book, *b = &whole;
    BRC_TRY(totals(s, b));
    out->kept = 1;
    out->parts = b->parts;
    if (b->parts) BRC_TRY(brc_contacts_energy(s, b->parts, out->stored, &out->bond_stored));
    out->bond_broken = b->broken;
    for (int k = 0; k < b->parts; k++) {
        out->pending[k] = 0.5 * value(b, b->rest[k]);
        out->work[k] = value(b, b->work[k]) - out->pending[k];
    }
    out->gravity = value(b, b->gravity);
    out->hooks = value(b, b->hooks) - 0.5 * value(b, b->hooks_rest);
    out->bonds = value(b, b->bonds) - 0.5 * value(b, b->bonds_rest);
    out->walls = b->walls - 0.5 * b->walls_last;
    out->inserted = b->inserted;
    out->removed = b->removed;
    out->script = b->script + (q.kinetic_energy + q.rotational_energy - b->kinetic);
    return BRC_OK;
}

// ---- checkpoints -----------------------------------------------------------------------------------------

static void pack_wide(brc_pack* p, brc_wide* sum)
{
    brc_pack_i64(p, &sum->high, INT64_MIN);
    brc_pack_i64(p, &sum->low, INT64_MIN);
}

// The programs come again with the coefficients that they had, and with the law's rows, so after the law.
static void pack_parts(brc_pack* p, brc_sim* s, energy_book* b)
{
    const int64_t pairs = (int64_t)s->material_count * s->material_count;
    int32_t parts = b->parts;
    brc_program *force = b->force, *energy = b->energy, *stored = b->bond;
    brc_pack_i32(p, &parts, 0, BRC_BOOK_PARTS);
    if (!parts || !brc_pack_good(p)) return;
    brc_pack_program(p, &force);
    brc_pack_program(p, &energy);
    brc_pack_program(p, &stored);
    int64_t count = brc_pack_good(p) && force ? force->coefficients * pairs : 0;
    const int64_t wanted = count;
    double* coefficients = NULL;
    if (!p->loading) {
        coefficients = BRC_NEW(count + 1, double);
        for (int64_t i = 0; coefficients && i < count; i++) coefficients[i] = brc_real_get(s, b->coefficients, i);
        if (!coefficients) brc_pack_fail(p, BRC_ERR_MEMORY, "no memory for a checkpoint");
    }
    if (p->loading || coefficients) brc_pack_list(p, &coefficients, &count, wanted);
    if (p->loading) {
        if (brc_pack_good(p) && (!force || !energy || count != wanted))
            brc_pack_fail(p, BRC_ERR_FILE, "the energy book has no programs");
        if (brc_pack_good(p) && brc_book_parts(s, parts, force, energy, s->material_count, coefficients, 1, stored))
            brc_pack_fail(p, BRC_ERR_FILE, "programs of the energy book");
        brc_free(force), brc_free(energy), brc_free(stored);
    }
    brc_free(coefficients);
}

void brc_book_pack(brc_pack* p, brc_sim* s)
{
    bool kept = s->book != NULL;
    brc_pack_begin(p, "book");
    brc_pack_bool(p, &kept);
    if (p->loading && brc_pack_good(p) && kept != (s->book != NULL))
        brc_pack_fail(p, BRC_ERR_ARGUMENT,
                      kept ? "the checkpoint keeps an energy book, the simulation does not"
                           : "the checkpoint keeps no energy book, the simulation does");
    energy_book whole = {0}, *b = p->loading ? s->book : &whole;
    if (kept && !p->loading) {
        const bool told = brc_book_let_go(s) == BRC_OK;
        whole = *s->book;
        if (!told || totals(s, &whole) != BRC_OK) brc_pack_fail(p, BRC_ERR_DEVICE, "ranks cannot be reached");
    }
    if (kept && brc_pack_good(p)) {
        pack_parts(p, s, b);
        brc_wide* const sums[] = {&b->hooks, &b->hooks_rest, &b->gravity, &b->bonds, &b->bonds_rest};
        double* const numbers[] = {&b->unit,    &b->walls,  &b->walls_last, &b->inserted,
                                   &b->removed, &b->script, &b->broken};
        for (int k = 0; k < BRC_BOOK_PARTS; k++) pack_wide(p, &b->work[k]), pack_wide(p, &b->rest[k]);
        for (size_t k = 0; k < sizeof sums / sizeof *sums; k++) pack_wide(p, sums[k]);
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) brc_pack_within(p, numbers[k], 1, 1e300);
        brc_pack_or_nan(p, &b->kinetic); // NaN: not known yet
        if (p->loading && brc_pack_good(p) && !(b->unit > 0)) brc_pack_fail(p, BRC_ERR_FILE, "a unit that is not > 0");
        if (p->loading) leave_to_first(s, b);
        if (p->loading) b->ledger = s->removed + s->lost, b->gone_count = 0;
    }
    brc_pack_end(p);
}
