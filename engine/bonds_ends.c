// bonds_ends.c -- bonds that go, because their law calls them broken or an end is not there any more, and what is kept
// of them. On several ranks the ranks of both ends find the same, and it is gone once.
#include "sim.h"
#include <stdlib.h>
#include <string.h>

// Which bonds of this rank go: those that `gone` names, in `step`; or of what a device has found, the i-th in the step
// `step` + found[i], unless that is 0. Neither: none.
typedef struct going {
    bool (*gone)(const brc_sim*, int64_t);
    const uint32_t* found;
    int64_t step;
    bool removed; // with an end, else broken
} going;

static bool goes(const brc_sim* s, const going* g, int64_t i)
{
    return g->gone ? g->gone(s, i) : g->found && g->found[i];
}

typedef struct gone_bond {
    bond which; // the first, so that brc_bonds_compare takes it
    int64_t step;
    double stored; // [J] for the energy book
} gone_bond;

static int compare_end(const void* pa, const void* pb)
{
    const gone_bond *x = pa, *y = pb;
    if (x->step != y->step) return x->step < y->step ? -1 : 1;
    return brc_bonds_compare(pa, pb);
}

static brc_status note(brc_sim* s, const gone_bond* g, int64_t count, bool removed)
{
    bond_set* q = &s->bonds;
    if (q->end_count + count > q->end_capacity) {
        const int64_t size = 2 * q->end_capacity + count + 64;
        BRC_TRY(brc_grow((void**)&q->ends, (size_t)q->end_count * sizeof *q->ends, (size_t)size * sizeof *q->ends));
        q->end_capacity = size;
    }
    for (int64_t i = 0; i < count; i++) {
        const bond* b = &g[i].which;
        q->ends[q->end_count++] = (brc_bond_end){b->a, b->b, g[i].step, b->kind, removed};
        q->kinds[b->kind].broken += !removed, q->kinds[b->kind].removed += removed;
        if (s->book && !removed) s->book->broken += g[i].stored; // in the order of ids, whatever the threads
    }
    return BRC_OK;
}

// Moves a bond to the place that the bonds kept so far leave free.
static void keep(brc_sim* s, int64_t from, int64_t to)
{
    bond_set* q = &s->bonds;
    if (from == to) return;
    q->at[to] = q->at[from];
    q->load[to] = q->load[from];
    for (int h = 0; h < q->law->info.history_count; h++)
        memcpy((char*)q->history[h] + (size_t)to * s->real, (char*)q->history[h] + (size_t)from * s->real, s->real);
}

// g: sorted by ids.
static brc_status drop(brc_sim* s, const gone_bond* g, int64_t count)
{
    bond_set* q = &s->bonds;
    int64_t kept = 0;
    bool replaces = false;
    for (int64_t i = 0; i < count; i++) replaces = replaces || q->kinds[g[i].which.kind].replaces;
    for (int64_t i = 0; i < q->count; i++)
        if (!bsearch(&q->at[i], g, (size_t)count, sizeof *g, brc_bonds_compare)) keep(s, i, kept++);
    q->count = kept;
    if (!replaces) return BRC_OK;
    s->lists_valid = false; // the ends may touch now
    return brc_bonds_tabulate(s);
}

// all: of all ranks.
static brc_status note_and_drop(brc_sim* s, gone_bond* all, int64_t total, bool removed)
{
    int64_t n = 0;
    qsort(all, (size_t)total, sizeof *all, compare_end);
    for (int64_t i = 0; i < total; i++) // the ranks of both ends have found the same
        if (n == 0 || compare_end(&all[i], &all[n - 1])) all[n++] = all[i];
    BRC_TRY(note(s, all, n, removed));
    qsort(all, (size_t)n, sizeof *all, brc_bonds_compare);
    return drop(s, all, n);
}

static brc_status take_away(brc_sim* s, const going* g)
{
    const bond_set* q = &s->bonds;
    int64_t count = 0, total = 0, n = 0;
    void* gathered = NULL;
    for (int64_t i = 0; i < q->count; i++) count += goes(s, g, i);
    bool any = count > 0;
    if (brc_shared(s)) BRC_TRY(brc_domain_any(s, &any));
    if (!any) return BRC_OK;
    gone_bond* mine = BRC_NEW(count + 1, gone_bond);
    brc_status status = mine ? BRC_OK : BRC_ERR_MEMORY;
    if (!mine) brc_error_set(__FILE__, __LINE__, __func__, "no memory for %" PRId64 " bonds that go", count);
    for (int64_t i = 0; i < q->count && mine; i++) {
        if (!goes(s, g, i)) continue;
        const int64_t step = g->step + (g->gone ? 0 : g->found[i]);
        mine[n++] = (gone_bond){q->at[i], step, q->load[i].stored};
    }
    status = brc_comm_agree(s->comm, status);
    if (status == BRC_OK && brc_shared(s))
        status = brc_comm_gather(s->comm, mine, count, sizeof *mine, &gathered, &total);
    if (status == BRC_OK) {
        status = gathered ? note_and_drop(s, gathered, total, g->removed) : note_and_drop(s, mine, count, g->removed);
        status = brc_comm_agree(s->comm, status);
    }
    brc_free(mine), brc_free(gathered);
    return status;
}

static bool is_broken(const brc_sim* s, int64_t i)
{
    return brc_real_get(s, s->bonds.history[s->bonds.broken_row], i) != 0;
}

brc_status brc_bonds_break(brc_sim* s)
{
    if (s->bonds.broken_row < 0) return BRC_OK;
    return take_away(s, &(going){.gone = is_broken, .step = s->step + 1});
}

brc_status brc_bonds_broke(brc_sim* s, const uint32_t* step, int64_t base)
{
    return take_away(s, &(going){.found = step, .step = base});
}

static bool is_loose(const brc_sim* s, int64_t i) { return s->bonds.at[i].slot_a < 0 || s->bonds.at[i].slot_b < 0; }

static bool has_lost_an_end(const brc_sim* s, int64_t i)
{
    const bond* b = &s->bonds.at[i];
    return (b->own & 1 && brc_particle_slot(s, b->a) < 0) || (b->own & 2 && brc_particle_slot(s, b->b) < 0);
}

brc_status brc_bonds_settle(brc_sim* s)
{
    bond_set* q = &s->bonds;
    going lost = {.gone = has_lost_an_end, .step = s->step, .removed = true};
    if (brc_shared(s)) { // slots are found when ghosts are
        if (!brc_bonds_present(s) || q->settled == s->removed + s->lost) return BRC_OK;
        q->settled = s->removed + s->lost;
        return take_away(s, &lost);
    }
    if (q->slots_valid || !q->count) return BRC_OK;
    for (int64_t i = 0; i < q->count; i++) {
        bond* b = &q->at[i];
        b->slot_a = (int32_t)brc_particle_slot(s, b->a);
        b->slot_b = (int32_t)brc_particle_slot(s, b->b);
    }
    q->slots_valid = true;
    lost.gone = is_loose;
    return take_away(s, &lost);
}

int64_t brc_bonds_ended(const brc_sim* s, const brc_bond_end** out)
{
    *out = s->bonds.ends;
    return s->bonds.end_count;
}
