// bonds.c -- bonds between particles: making and finding them, and what their law has to say to the particles. Those
// that go: bonds_ends.c. The forces are those of a law (scripts/laws/bond_beam.lua), evaluated in blocks by kernels.c.
#include "sim.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- the table of replaced contacts ----------------------------------------------------------------------

static uint64_t place_of(int64_t a, int64_t b)
{
    uint64_t x = (uint64_t)a * 0x9e3779b97f4a7c15u ^ (uint64_t)b * 0xc2b2ae3d27d4eb4fu;
    return x ^ (x >> 29);
}

bool brc_bonds_replace(const brc_sim* s, int64_t a, int64_t b)
{
    const bond_pairs* t = &s->bonds.replaced;
    for (uint64_t k = place_of(a, b);; k++) {
        const int64_t* ids = t->ids[k & (uint64_t)(t->size - 1)];
        if (!ids[0]) return false;
        if (ids[0] == a && ids[1] == b) return true;
    }
}

brc_status brc_bonds_tabulate(brc_sim* s)
{
    bond_set* q = &s->bonds;
    int64_t count = 0, size = 64;
    for (int64_t i = 0; i < q->count; i++) count += q->kinds[q->at[i].kind].replaces;
    while (size < 2 * count + 2) size *= 2;
    brc_free(q->replaced.ids);
    q->replaced = (bond_pairs){0};
    if (!count) return BRC_OK;
    q->replaced.ids = brc_alloc((size_t)size * sizeof q->replaced.ids[0]);
    BRC_CHECK(q->replaced.ids, BRC_ERR_MEMORY, "no memory for %" PRId64 " bonds", count);
    q->replaced.size = size;
    for (int64_t i = 0; i < q->count; i++) {
        const bond* b = &q->at[i];
        if (!q->kinds[b->kind].replaces) continue;
        uint64_t k = place_of(b->a, b->b);
        while (q->replaced.ids[k & (uint64_t)(size - 1)][0]) k++;
        q->replaced.ids[k & (uint64_t)(size - 1)][0] = b->a, q->replaced.ids[k & (uint64_t)(size - 1)][1] = b->b;
    }
    return BRC_OK;
}

// ---- making them -----------------------------------------------------------------------------------------

int brc_bonds_compare(const void* pa, const void* pb)
{
    const bond *x = pa, *y = pb;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    if (x->b != y->b) return x->b < y->b ? -1 : 1;
    return (x->kind > y->kind) - (x->kind < y->kind);
}

static int compare_pair(const void* pa, const void* pb)
{
    const int64_t *x = pa, *y = pb;
    if (x[0] != y[0]) return x[0] < y[0] ? -1 : 1;
    return (x[1] > y[1]) - (x[1] < y[1]);
}

static const brc_law* bond_law(const char* name)
{
    for (int i = 0; i < brc_law_total; i++)
        if (!strcmp(brc_laws[i].info.name, name)) return &brc_laws[i];
    return NULL;
}

static void find_rows(bond_set* q)
{
    q->rest_row = q->broken_row = -1;
    for (int h = 0; h < q->law->info.history_count; h++) {
        if (!strcmp(q->law->info.history[h], "rest")) q->rest_row = h;
        if (!strcmp(q->law->info.history[h], "broken")) q->broken_row = h;
    }
}

// Places and radii of the ends of pairs, whichever rank they are on; radius 0: nobody has it.
static brc_status find_ends(brc_sim* s, int64_t count, const int64_t* pair, double** out)
{
    double* x = *out = BRC_NEW(8 * count + 1, double);
    brc_status status = BRC_OK;
    if (!x) {
        brc_error_set(__FILE__, __LINE__, __func__, "no memory for %" PRId64 " bonds", count);
        status = BRC_ERR_MEMORY;
    }
    if (brc_shared(s)) status = brc_comm_agree(s->comm, status);
    for (int64_t i = 0; i < 2 * count && status == BRC_OK; i++) {
        const int64_t slot = brc_particle_slot(s, pair[i]);
        if (slot >= 0) memcpy(x + 4 * i, s->pos + 4 * slot, 4 * sizeof(double));
    }
    // One rank has an end and the others have zeros: the sum of the bits is what it has.
    if (status == BRC_OK && brc_shared(s)) {
        int64_t* bits = (int64_t*)(void*)x;
        for (int64_t i = 0; i < 8 * count; i++) bits[i] = brc_bits_of(x[i]);
        status = brc_comm_sum(s->comm, bits, 8 * count);
        for (int64_t i = 0; i < 8 * count; i++) x[i] = brc_of_bits(bits[i]);
    }
    return status;
}

static brc_status check_pairs(int64_t count, const int64_t* pair, const double* x)
{
    for (int64_t i = 0; i < count; i++) {
        for (int k = 0; k < 2; k++)
            BRC_CHECK(x[8 * i + 4 * k + 3] > 0, BRC_ERR_ARGUMENT,
                      "pairs[%" PRId64 "][%d]: there is no particle with id %" PRId64, i + 1, k + 1, pair[2 * i + k]);
        BRC_CHECK(pair[2 * i] != pair[2 * i + 1], BRC_ERR_ARGUMENT,
                  "pairs[%" PRId64 "]: particle id %" PRId64 " cannot be bonded to itself", i + 1, pair[2 * i]);
    }
    return BRC_OK;
}

static brc_status reserve(brc_sim* s, int64_t count)
{
    bond_set* q = &s->bonds;
    if (count <= q->capacity) return BRC_OK;
    BRC_CHECK(count < INT32_MAX, BRC_ERR_ARGUMENT, "%" PRId64 " bonds are more than fit", count);
    size_t old = (size_t)q->count, size = (size_t)(count + count / 4 + 64);
    BRC_TRY(brc_grow((void**)&q->at, old * sizeof(bond), size * sizeof(bond)));
    BRC_TRY(brc_grow((void**)&q->load, old * sizeof(bond_load), size * sizeof(bond_load)));
    for (int h = 0; h < q->law->info.history_count; h++)
        BRC_TRY(brc_grow(&q->history[h], old * s->real, size * s->real));
    q->capacity = (int64_t)size;
    return BRC_OK;
}

// The overlap of two particles now, negative for a gap.
static double overlap_of(const brc_sim* s, const double* x, const double* y)
{
    const double sum = x[3] + y[3];
    double d[3] = {x[0] - y[0], x[1] - y[1], x[2] - y[2]};
    brc_nearest(s, d);
    double r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
    return (sum * sum - r2) / (sum + sqrt(r2));
}

// Puts the bonds in order, with their histories.
static brc_status sort(brc_sim* s)
{
    bond_set* q = &s->bonds;
    const size_t n = (size_t)q->count;
    bond* sorted = BRC_NEW(n, bond);
    char* row = brc_alloc(n * s->real);
    bond_load* load = BRC_NEW(n, bond_load);
    if (!sorted || !row || !load) {
        brc_free(sorted), brc_free(row), brc_free(load);
        BRC_CHECK(false, BRC_ERR_MEMORY, "no memory to sort %" PRId64 " bonds", q->count);
    }
    memcpy(sorted, q->at, n * sizeof(bond));
    for (size_t i = 0; i < n; i++) sorted[i].slot_a = (int32_t)i; // where it was
    qsort(sorted, n, sizeof(bond), brc_bonds_compare);
    for (int h = 0; h < q->law->info.history_count; h++) {
        memcpy(row, q->history[h], n * s->real);
        for (size_t i = 0; i < n; i++)
            memcpy((char*)q->history[h] + i * s->real, row + (size_t)sorted[i].slot_a * s->real, s->real);
    }
    memcpy(load, q->load, n * sizeof(bond_load));
    for (size_t i = 0; i < n; i++) q->load[i] = load[sorted[i].slot_a];
    memcpy(q->at, sorted, n * sizeof(bond));
    brc_free(sorted), brc_free(row), brc_free(load);
    q->slots_valid = false;
    return BRC_OK;
}

static brc_status add_kind(brc_sim* s, const double* coefficients, bool replaces)
{
    bond_set* q = &s->bonds;
    const size_t n = (size_t)q->kind_count, c = (size_t)q->law->info.coefficient_count;
    for (size_t i = 0; i < c; i++)
        BRC_CHECK(fabs(coefficients[i]) < 3e38, BRC_ERR_ARGUMENT, "coefficient %s of the bonds is %g",
                  q->law->info.coefficients[i], coefficients[i]);
    BRC_TRY(brc_grow((void**)&q->kinds, n * sizeof(bond_kind), (n + 1) * sizeof(bond_kind)));
    BRC_TRY(brc_grow((void**)&q->given, n * c * sizeof(double), (n + 1) * c * sizeof(double)));
    void* fresh = brc_alloc((n + 1) * c * s->real + 1);
    BRC_CHECK(fresh, BRC_ERR_MEMORY, "no memory for the coefficients of bonds");
    memcpy(q->given + n * c, coefficients, c * sizeof(double));
    for (size_t k = 0; k <= n; k++)
        for (size_t i = 0; i < c; i++) brc_real_set(s, fresh, (int64_t)(i * (n + 1) + k), q->given[k * c + i]);
    brc_free(q->coefficients);
    q->coefficients = fresh;
    q->kinds[n] = (bond_kind){.replaces = replaces};
    q->kind_count++;
    return BRC_OK;
}

brc_status brc_bonds_add(brc_sim* s, const char* law, const double* coefficients, int32_t replaces, int64_t count,
                         const int64_t* pair, int32_t* kind)
{
    bond_set* q = &s->bonds;
    const brc_law* l = bond_law(law);
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "bonds cannot be made in the middle of a step");
    BRC_CHECK(l, BRC_ERR_ARGUMENT, "there is no law '%s' for bonds", law);
    BRC_CHECK(!q->law || q->law == l, BRC_ERR_ARGUMENT, "the bonds of a simulation have one law: %s",
              q->law->info.name);
    BRC_ASSERT(l->info.history_count <= BRC_MAX_BOND_HISTORY && l->info.field_count == 0);
    double* ends = NULL;
    brc_status good = find_ends(s, count, pair, &ends);
    if (good == BRC_OK) good = check_pairs(count, pair, ends);
    brc_free(ends);
    BRC_TRY(good);
    int64_t(*sorted)[2] = brc_alloc((size_t)(count + 1) * sizeof *sorted), twice = -1;
    BRC_CHECK(sorted, BRC_ERR_MEMORY, "no memory for %" PRId64 " bonds", count);
    for (int64_t i = 0; i < count; i++) {
        bool up = pair[2 * i] < pair[2 * i + 1];
        sorted[i][0] = pair[2 * i + !up], sorted[i][1] = pair[2 * i + up];
    }
    qsort(sorted, (size_t)count, sizeof *sorted, compare_pair);
    for (int64_t i = 1; i < count && twice < 0; i++)
        if (!compare_pair(sorted[i], sorted[i - 1])) twice = i;
    if (twice >= 0) {
        int64_t a = sorted[twice][0], b = sorted[twice][1];
        brc_free(sorted);
        BRC_CHECK(false, BRC_ERR_ARGUMENT, "the pair of particles id %" PRId64 " and %" PRId64 " is given twice", a, b);
    }
    q->law = l;
    find_rows(q);
    brc_status status = reserve(s, q->count + count);
    if (status == BRC_OK) status = add_kind(s, coefficients, replaces != 0);
    if (brc_shared(s)) status = brc_comm_agree(s->comm, status);
    if (status == BRC_OK) status = find_ends(s, count, (const int64_t*)sorted, &ends);
    if (status != BRC_OK) {
        brc_free(sorted);
        return status;
    }
    *kind = q->kind_count - 1;
    for (int64_t i = 0; i < count; i++) {
        const int64_t at = q->count;
        q->at[at] = (bond){.a = sorted[i][0], .b = sorted[i][1], .kind = *kind};
        q->at[at].own = (brc_particle_slot(s, sorted[i][0]) >= 0) | (brc_particle_slot(s, sorted[i][1]) >= 0) << 1;
        if (!q->at[at].own) continue;
        q->load[at] = (bond_load){0};
        for (int h = 0; h < l->info.history_count; h++) brc_real_set(s, q->history[h], at, 0);
        double rest = overlap_of(s, ends + 8 * i, ends + 8 * i + 4);
        if (q->rest_row >= 0) brc_real_set(s, q->history[q->rest_row], at, rest);
        q->count++;
    }
    brc_free(sorted), brc_free(ends);
    q->kinds[*kind].made = count;
    BRC_TRY(sort(s));
    BRC_TRY(brc_bonds_tabulate(s));
    q->settled = s->removed + s->lost;
    if (brc_shared(s)) s->lists_valid = false; // ghosts that are ends have to be found
    if (replaces) s->lists_valid = false;      // their contacts are not listed any more
    return BRC_OK;
}

// ---- finding pairs ---------------------------------------------------------------------------------------

typedef struct near_probe {
    const brc_sim* s;
    int64_t self, count, capacity;
    double gap;
    const int32_t* materials;
    int64_t* pair;
} near_probe;

static void probe_near(void* context, int32_t slot)
{
    near_probe* p = context;
    const brc_sim* s = p->s;
    if (s->id[slot] <= s->id[p->self] || !brc_alive(s, slot)) return;
    if (!(overlap_of(s, s->pos + 4 * p->self, s->pos + 4 * (int64_t)slot) >= -p->gap)) return;
    int32_t a = s->material[p->self], b = s->material[slot];
    const int32_t* m = p->materials;
    if (m && !((a == m[0] && b == m[1]) || (a == m[1] && b == m[0]))) return;
    if (p->count < p->capacity) p->pair[2 * p->count] = s->id[p->self], p->pair[2 * p->count + 1] = s->id[slot];
    p->count++;
}

static void look_for_near(near_probe* p)
{
    const brc_sim* s = p->s;
    p->count = 0;
    for (int64_t i = 0; i < s->count; i++) {
        p->self = i;
        if (brc_alive(s, i))
            brc_grid_visit(s, v3_from(s->pos + 4 * i), s->pos[4 * i + 3], p->gap * 1.000001, probe_near, p);
    }
}

// Each rank finds the pairs whose lower id is its own; all get them all.
static brc_status near_shared(near_probe* p)
{
    brc_sim* s = (brc_sim*)(uintptr_t)p->s;
    near_probe mine = *p;
    void* all = NULL;
    int64_t total = 0;
    BRC_TRY(brc_domain_look(s, p->gap));
    brc_status status = BRC_OK;
    mine.capacity = 0, mine.pair = NULL;
    look_for_near(&mine);
    mine.capacity = mine.count;
    mine.pair = BRC_NEW(2 * mine.count + 1, int64_t);
    if (!mine.pair) {
        brc_error_set(__FILE__, __LINE__, __func__, "no memory for %" PRId64 " pairs", mine.count);
        status = BRC_ERR_MEMORY;
    }
    if (status == BRC_OK) look_for_near(&mine);
    status = brc_comm_agree(s->comm, status);
    if (status == BRC_OK)
        status = brc_comm_gather(s->comm, mine.pair, mine.count, 2 * (int64_t)sizeof(int64_t), &all, &total);
    p->count = total;
    if (status == BRC_OK && total <= p->capacity && total > 0)
        memcpy(p->pair, all, (size_t)total * 2 * sizeof(int64_t));
    brc_free(mine.pair), brc_free(all);
    brc_domain_looked(s);
    return status;
}

brc_status brc_bonds_near(brc_sim* s, double gap, const int32_t materials[2], int64_t capacity, int64_t* pair,
                          int64_t* count)
{
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "bonds cannot be made in the middle of a step");
    BRC_CHECK(gap >= 0 && gap < 1e30, BRC_ERR_ARGUMENT, "within must be >= 0 m, got %g", gap);
    near_probe p = {.s = s, .capacity = capacity, .gap = gap, .materials = materials, .pair = pair};
    s->lists_valid = false; // the grid is made anew
    s->grid_step = -1;
    if (brc_shared(s)) BRC_TRY(near_shared(&p));
    else {
        BRC_TRY(brc_grid_make(s, gap, 0));
        look_for_near(&p);
    }
    *count = p.count;
    if (p.count <= capacity && p.count > 0) qsort(pair, (size_t)p.count, 2 * sizeof *pair, compare_pair);
    return BRC_OK;
}

// ---- in a step -------------------------------------------------------------------------------------------

void brc_bonds_pull(brc_sim* s, worker* w)
{
    const bond_set* q = &s->bonds;
    for (int64_t i = 0; i < q->count; i++) {
        const bond* b = &q->at[i];
        const bond_load* load = &q->load[i];
        if (b->slot_a >= w->begin && b->slot_a < w->end) {
            double* acc = s->acc + 8 * (int64_t)b->slot_a;
            for (int k = 0; k < 3; k++) acc[k] += load->force[k], acc[4 + k] += load->torque_a[k];
        }
        if (b->slot_b >= w->begin && b->slot_b < w->end) {
            double* acc = s->acc + 8 * (int64_t)b->slot_b;
            for (int k = 0; k < 3; k++) acc[k] -= load->force[k], acc[4 + k] += load->torque_b[k];
        }
    }
}

bool brc_bonds_present(const brc_sim* s)
{
    const bond_set* q = &s->bonds;
    for (int32_t k = 0; k < q->kind_count; k++)
        if (q->kinds[k].made > q->kinds[k].broken + q->kinds[k].removed) return true;
    return false;
}

// ---- on several ranks ----------------------------------------------------------------------------------------

enum { ROW_IDS = 3 * sizeof(int64_t) };
int64_t brc_bonds_row_size(const brc_sim* s)
{
    const int rows = s->bonds.law ? s->bonds.law->info.history_count : 0;
    return (int64_t)(ROW_IDS + sizeof(bond_load) + (size_t)rows * s->real);
}

void brc_bonds_row_put(const brc_sim* s, int64_t i, char* row)
{
    const bond_set* q = &s->bonds;
    const int64_t ids[3] = {q->at[i].a, q->at[i].b, q->at[i].kind};
    memcpy(row, ids, ROW_IDS);
    memcpy(row + ROW_IDS, &q->load[i], sizeof(bond_load));
    row += ROW_IDS + sizeof(bond_load);
    for (int h = 0; h < q->law->info.history_count; h++, row += s->real)
        memcpy(row, (char*)q->history[h] + (size_t)i * s->real, s->real);
}

brc_status brc_bonds_row_take(brc_sim* s, const char* row)
{
    bond_set* q = &s->bonds;
    int64_t ids[3];
    BRC_TRY(reserve(s, q->count + 1));
    memcpy(ids, row, ROW_IDS);
    q->at[q->count] = (bond){.a = ids[0], .b = ids[1], .kind = (int32_t)ids[2]};
    memcpy(&q->load[q->count], row + ROW_IDS, sizeof(bond_load));
    row += ROW_IDS + sizeof(bond_load);
    for (int h = 0; h < q->law->info.history_count; h++, row += s->real)
        memcpy((char*)q->history[h] + (size_t)q->count * s->real, row, s->real);
    q->count++;
    return BRC_OK;
}

brc_status brc_bonds_place(brc_sim* s, int32_t (*find)(const void*, int64_t), const void* context, bool* missing)
{
    bond_set* q = &s->bonds;
    int64_t kept = 0;
    *missing = false;
    if (!q->count) return BRC_OK;
    BRC_TRY(sort(s));
    for (int64_t i = 0; i < q->count; i++) {
        bond b = q->at[i];
        if (kept && !brc_bonds_compare(&b, &q->at[kept - 1])) continue; // it has come with both ends
        b.slot_a = (int32_t)brc_particle_slot(s, b.a), b.slot_b = (int32_t)brc_particle_slot(s, b.b);
        b.own = (b.slot_a >= 0) | (b.slot_b >= 0) << 1;
        if (!b.own) continue;
        if (!(b.own & 1)) b.slot_a = find(context, b.a);
        if (!(b.own & 2)) b.slot_b = find(context, b.b);
        *missing = *missing || b.slot_a < 0 || b.slot_b < 0;
        q->at[kept] = b;
        q->load[kept] = q->load[i];
        for (int h = 0; h < q->law->info.history_count && kept != i; h++)
            memcpy((char*)q->history[h] + (size_t)kept * s->real, (char*)q->history[h] + (size_t)i * s->real, s->real);
        kept++;
    }
    q->count = kept;
    q->slots_valid = true;
    return brc_bonds_tabulate(s);
}

// ---- what is said of them --------------------------------------------------------------------------------

brc_status brc_bonds_get(const brc_sim* s, int32_t kind, brc_bond_state* out)
{
    const bond_set* q = &s->bonds;
    BRC_CHECK(kind >= 0 && kind < q->kind_count, BRC_ERR_ARGUMENT, "there are no bonds %d", kind);
    const bond_kind* k = &q->kinds[kind];
    *out = (brc_bond_state){k->made, k->made - k->broken - k->removed, k->broken, k->removed};
    return BRC_OK;
}

static int64_t list_own(const brc_sim* s, int32_t kind, int64_t capacity, int64_t* pair)
{
    int64_t n = 0;
    for (int64_t i = 0; i < s->bonds.count; i++) {
        const bond* b = &s->bonds.at[i];
        if (b->kind != kind || (brc_shared(s) && !(b->own & 1))) continue;
        if (n < capacity) pair[2 * n] = b->a, pair[2 * n + 1] = b->b;
        n++;
    }
    return n;
}

int64_t brc_bonds_list(const brc_sim* sim, int32_t kind, int64_t capacity, int64_t* pair)
{
    brc_sim* s = (brc_sim*)(uintptr_t)sim; // what ranks have to say to each other changes nothing that can be seen
    if (!brc_shared(s)) return list_own(s, kind, capacity, pair);
    const int64_t n = list_own(s, kind, 0, NULL);
    int64_t total = -1, *mine = BRC_NEW(2 * n + 1, int64_t);
    void* all = NULL;
    if (mine) list_own(s, kind, n, mine);
    if (brc_comm_agree(s->comm, mine ? BRC_OK : BRC_ERR_MEMORY) == BRC_OK &&
        brc_comm_gather(s->comm, mine, n, 2 * (int64_t)sizeof *mine, &all, &total) == BRC_OK) {
        qsort(all, (size_t)total, 2 * sizeof(int64_t), compare_pair);
        const int64_t fits = total < capacity ? total : capacity;
        if (fits > 0) memcpy(pair, all, (size_t)fits * 2 * sizeof(int64_t));
    } else total = -1;
    brc_free(mine), brc_free(all);
    return total < 0 ? 0 : total;
}

void brc_bonds_free(brc_sim* s)
{
    bond_set* q = &s->bonds;
    brc_free(q->at), brc_free(q->load), brc_free(q->kinds), brc_free(q->given), brc_free(q->coefficients);
    brc_free(q->ends), brc_free(q->replaced.ids);
    for (int h = 0; h < BRC_MAX_BOND_HISTORY; h++) brc_free(q->history[h]);
    memset(q, 0, sizeof *q);
}

// ---- checkpoints -----------------------------------------------------------------------------------------

static void pack_law(brc_pack* p, bond_set* q)
{
    char name[128] = "";
    if (!p->loading) snprintf(name, sizeof name, "%s", q->law->info.name);
    brc_pack_text(p, name, sizeof name);
    if (!p->loading) return;
    q->law = bond_law(name);
    if (!q->law) brc_pack_fail(p, BRC_ERR_FILE, "the bonds have a law that this build does not have");
}

static void pack_kinds(brc_pack* p, brc_sim* s)
{
    bond_set* q = &s->bonds;
    int32_t kinds = q->kind_count;
    const int32_t c = q->law->info.coefficient_count;
    double* given = brc_alloc((size_t)c * sizeof(double));
    brc_pack_i32(p, &kinds, 1, 1 << 20);
    if (!given) brc_pack_fail(p, BRC_ERR_MEMORY, "no memory for bonds");
    for (int32_t k = 0; k < kinds && brc_pack_good(p); k++) {
        bool replaces = !p->loading && q->kinds[k].replaces;
        if (!p->loading) memcpy(given, q->given + (size_t)k * (size_t)c, (size_t)c * sizeof(double));
        brc_pack_bool(p, &replaces);
        brc_pack_doubles(p, given, c);
        if (p->loading && brc_pack_good(p) && add_kind(s, given, replaces) != BRC_OK)
            brc_pack_fail(p, BRC_ERR_FILE, "coefficients of bonds");
        if (!brc_pack_good(p)) break;
        brc_pack_i64(p, &q->kinds[k].made, 0);
        brc_pack_i64(p, &q->kinds[k].broken, 0);
        brc_pack_i64(p, &q->kinds[k].removed, 0);
    }
    brc_free(given);
}

static void save_bonds(brc_pack* p, const brc_sim* s)
{
    const bond_set* q = &s->bonds;
    int64_t n = 0, at = 0; // of several ranks the one that has the first end
    for (int64_t i = 0; i < q->count; i++) n += !brc_shared(s) || (q->at[i].own & 1);
    int64_t* ids = brc_pack_room(p, "bonds.ids", 'l', 3 * n);
    double* load = brc_pack_room(p, "bonds.load", 'd', 10 * n);
    int64_t* ends = brc_pack_room(p, "bonds.ends", 'l', 5 * q->end_count);
    const int rows = q->law->info.history_count;
    double* history = brc_pack_room(p, "bonds.history", 'd', rows * n);
    if (!brc_pack_good(p)) return;
    for (int64_t i = 0; i < q->count; i++) {
        const bond* b = &q->at[i];
        const bond_load* l = &q->load[i];
        if (brc_shared(s) && !(b->own & 1)) continue;
        ids[3 * at] = b->a, ids[3 * at + 1] = b->b, ids[3 * at + 2] = b->kind;
        for (int k = 0; k < 3; k++)
            load[10 * at + k] = l->force[k], load[10 * at + 3 + k] = l->torque_a[k],
                           load[10 * at + 6 + k] = l->torque_b[k];
        load[10 * at + 9] = l->stored;
        for (int h = 0; h < rows; h++) history[rows * at + h] = brc_real_get(s, q->history[h], i);
        at++;
    }
    for (int64_t i = 0; i < q->end_count; i++) {
        const brc_bond_end* e = &q->ends[i];
        const int64_t row[5] = {e->a, e->b, e->step, e->kind, e->removed};
        memcpy(ends + 5 * i, row, sizeof row);
    }
}

static void load_bonds(brc_pack* p, brc_sim* s)
{
    bond_set* q = &s->bonds;
    int64_t three, five;
    const int rows = q->law->info.history_count;
    const int64_t* ids = brc_pack_block(p, "bonds.ids", 'l', -1, &three);
    const int64_t count = three / 3;
    const double* load = brc_pack_block(p, "bonds.load", 'd', 10 * count, NULL);
    const double* history = brc_pack_block(p, "bonds.history", 'd', rows * count, NULL);
    const int64_t* ends = brc_pack_block(p, "bonds.ends", 'l', -1, &five);
    if (brc_pack_good(p) && reserve(s, count) != BRC_OK) brc_pack_fail(p, BRC_ERR_MEMORY, "no memory for bonds");
    for (int64_t i = 0; i < count && brc_pack_good(p); i++) {
        const int64_t *row = ids + 3 * i, *last = row - 3;
        const double* l = load + 10 * i;
        bool order = i == 0 || row[0] > last[0] ||
                     (row[0] == last[0] && (row[1] > last[1] || (row[1] == last[1] && row[2] > last[2])));
        if (!(row[0] > 0 && row[0] < row[1] && row[2] >= 0 && row[2] < q->kind_count && order))
            brc_pack_fail(p, BRC_ERR_FILE, "a bond of particles that cannot be");
        q->at[i] = (bond){row[0], row[1], (int32_t)row[2], -1, -1, 0};
        if (brc_shared(s))
            q->at[i].own = (brc_particle_slot(s, row[0]) >= 0) | (brc_particle_slot(s, row[1]) >= 0) << 1;
        q->load[i] = (bond_load){{l[0], l[1], l[2]}, {l[3], l[4], l[5]}, {l[6], l[7], l[8]}, l[9]};
        for (int h = 0; h < rows; h++) brc_real_set(s, q->history[h], i, history[rows * i + h]);
    }
    if (!brc_pack_good(p)) return;
    q->count = count;
    q->settled = s->removed + s->lost;
    q->ends = BRC_NEW(five / 5 + 1, brc_bond_end);
    if (!q->ends || brc_bonds_tabulate(s) != BRC_OK) {
        brc_pack_fail(p, BRC_ERR_MEMORY, "no memory for bonds");
        return;
    }
    q->end_count = q->end_capacity = five / 5;
    for (int64_t i = 0; i < q->end_count; i++) {
        const int64_t* e = ends + 5 * i;
        if (e[3] < 0 || e[3] >= q->kind_count) brc_pack_fail(p, BRC_ERR_FILE, "a bond that cannot be");
        q->ends[i] = (brc_bond_end){e[0], e[1], e[2], (int32_t)e[3], e[4] != 0};
    }
}

void brc_bonds_pack(brc_pack* p, brc_sim* s)
{
    bond_set* q = &s->bonds;
    bool there = q->law != NULL;
    brc_pack_begin(p, "bonds");
    if (p->loading) brc_bonds_free(s);
    brc_pack_bool(p, &there);
    if (there && brc_pack_good(p)) pack_law(p, q);
    if (there && brc_pack_good(p)) {
        if (p->loading) find_rows(q);
        pack_kinds(p, s);
    }
    brc_pack_end(p);
    if (!there || !brc_pack_good(p)) return;
    if (p->loading) load_bonds(p, s);
    else save_bonds(p, s);
}
