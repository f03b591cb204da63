// contacts.c -- takes the contacts of this moment (contacts.h), and holds those that a script looks at.
#include "contacts.h"
#include "gather.h"
#include "sim.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- recording -------------------------------------------------------------------------------------------

brc_status brc_recorder_reserve(recorder* r, int64_t capacity, int history_count)
{
    if (capacity <= r->capacity) return BRC_OK;
    size_t size = (size_t)(capacity + capacity / 2 + 256), old = (size_t)r->count,
           row = (size_t)history_count * sizeof(double);
    BRC_TRY(brc_grow((void**)&r->contact, old * sizeof(recorded), size * sizeof(recorded)));
    BRC_TRY(brc_grow((void**)&r->history, old * row, size * row + 1));
    size_t parts = (size_t)r->parts * sizeof(double);
    BRC_TRY(brc_grow((void**)&r->energy, old * parts, size * parts + 1));
    r->capacity = (int64_t)size;
    return BRC_OK;
}

// The work of one worker: a copy of it, with a list of touches of its own, so that the simulation's stay what they are.
enum { PAIRS, WALLS, BONDS, KINDS };
typedef struct scribe {
    worker copy;
    recorder of[KINDS];
    touch_list touches;
} scribe;

static void record(brc_sim* s, scribe* q)
{
    const worker* w = &q->copy;
    q->copy.status = brc_boundary_find(s, w, &w->touches, &q->touches);
    if (q->copy.status != BRC_OK) return;
    q->copy.touches = q->touches;
    q->copy.record = &q->of[WALLS];
    s->kernels.walls(s, &q->copy);
    q->copy.record = &q->of[PAIRS];
    s->kernels.pairs(s, &q->copy);
    q->copy.record = &q->of[BONDS];
    if (s->bonds.count) s->kernels.bonds(s, &q->copy);
    for (int k = 0; k < KINDS; k++)
        if (q->of[k].status != BRC_OK) q->copy.status = q->of[k].status;
}

static void record_all(brc_sim* s, scribe* all)
{
    const bool alone = s->worker_count == 1 || s->count < 1000;
#pragma omp parallel for schedule(static, 1) num_threads(s->worker_count) if (!alone)
    for (int i = 0; i < s->worker_count; i++) record(s, &all[i]);
}

// ---- one list of all -------------------------------------------------------------------------------------

static int kind_of(const brc_contact* c) { return c->bond >= 0 ? BONDS : c->wall >= 0 ? WALLS : PAIRS; }

static int compare(const void* pa, const void* pb)
{
    const brc_contact *x = pa, *y = pb;
    if (kind_of(x) != kind_of(y)) return kind_of(x) - kind_of(y);
    if (x->first != y->first) return x->first < y->first ? -1 : 1;
    if (x->second != y->second) return x->second < y->second ? -1 : 1;
    if (x->wall != y->wall) return x->wall < y->wall ? -1 : 1;
    if (x->bond != y->bond) return x->bond < y->bond ? -1 : 1;
    return (x->feature > y->feature) - (x->feature < y->feature);
}

static void fill(const brc_sim* s, const scribe* q, const recorded* r, int kind, brc_contact* c)
{
    const double* x = s->pos + 4 * (int64_t)r->a;
    const bool wall = kind == WALLS;
    double dot = 0, arm = r->arm;
    memset(c, 0, sizeof *c);
    c->first = s->id[r->a];
    c->a = r->a;
    c->b = wall ? -1 : r->b;
    c->wall = wall ? -1 - r->b : -1;
    c->bond = kind == BONDS ? s->bonds.at[r->source].kind : -1;
    c->feature = wall ? (int64_t)q->touches.touch[r->source].feature : -1;
    c->second = wall ? 0 : s->id[r->b];
    c->overlap = r->overlap;
    if (wall)
        arm = x[3] - q->touches.touch[r->source].overlap; // a law takes the radius, which is its arm at no overlap
    for (int k = 0; k < 3; k++) {
        c->normal[k] = r->n[k];
        c->centre[k] = x[k];
        c->force[k] = r->force[k];
        c->moment[k] = r->moment[k];
        c->point[k] = x[k] - arm * r->n[k];
        c->branch[k] = wall ? arm * r->n[k] : r->d[k];
        dot += r->force[k] * r->n[k];
    }
    c->normal_force = dot;
    for (int k = 0; k < 3; k++) c->tangential[k] = r->force[k] - dot * r->n[k];
}

// A bond in place of a contact counts as one, and so does a bond beside the contact law of a pair that does not touch.
static void count_once(const brc_sim* s, brc_contact_list* list)
{
    for (int64_t i = 0; i < list->count; i++) {
        brc_contact* c = &list->contact[i];
        const brc_contact* last = i > 0 ? c - 1 : NULL;
        c->counts = c->bond < 0 ? c->overlap > 0 : !(c->overlap > 0) || s->bonds.kinds[c->bond].replaces;
        // two bonds of one pair
        if (c->bond >= 0 && last && last->bond >= 0 && last->first == c->first && last->second == c->second)
            c->counts = 0;
    }
}

// What has parted may be within the law's reach for a while and do nothing there: that is no contact.
static bool acts(const recorded* r)
{
    if (r->overlap > 0) return true;
    for (int k = 0; k < 3; k++)
        if (r->force[k] != 0 || r->moment[k] != 0) return true;
    return false;
}

// What two ranks have evaluated counts where the first particle is, unless all `around` own particles is wanted.
static bool taken(const brc_sim* s, int kind, const recorded* r, bool around)
{
    return (around || r->a < s->count) && (kind == BONDS || acts(r));
}

// `padding` numbers the rows of history until they stand in the order of the contacts.
static brc_status join(const brc_sim* s, const scribe* all, bool around, brc_contact_list* out)
{
    int64_t count = 0, of[KINDS] = {0}, n = 0;
    const size_t width = (size_t)s->history_count;
    for (int i = 0; i < s->worker_count; i++)
        for (int kind = 0; kind < KINDS; kind++)
            for (int64_t k = 0; k < all[i].of[kind].count; k++)
                of[kind] += taken(s, kind, &all[i].of[kind].contact[k], around);
    for (int kind = 0; kind < KINDS; kind++) count += of[kind];
    BRC_CHECK(count < INT32_MAX, BRC_ERR_MEMORY, "more than %d contacts to look at", INT32_MAX);
    *out = (brc_contact_list){.contact = BRC_NEW(count + 1, brc_contact),
                              .history = BRC_NEW((size_t)count * width + 1, double),
                              .count = count,
                              .pair_count = of[PAIRS],
                              .bond_count = of[BONDS],
                              .history_count = s->history_count,
                              .history_name = s->law->info.history};
    const double** row = BRC_NEW(count + 1, const double*);
    if (!out->contact || !out->history || !row) {
        brc_contacts_free(out), brc_free(row);
        BRC_CHECK(false, BRC_ERR_MEMORY, "no memory for %" PRId64 " contacts", count);
    }
    for (int i = 0; i < s->worker_count; i++)
        for (int kind = 0; kind < KINDS; kind++) {
            const recorder* r = &all[i].of[kind];
            for (int64_t k = 0; k < r->count; k++) {
                if (!taken(s, kind, &r->contact[k], around)) continue;
                fill(s, &all[i], &r->contact[k], kind, &out->contact[n]);
                out->contact[n].padding = (int32_t)n;
                row[n++] = kind == BONDS ? NULL : r->history + (size_t)k * width;
            }
        }
    qsort(out->contact, (size_t)count, sizeof(brc_contact), compare);
    for (int64_t k = 0; k < count - out->bond_count && width; k++)
        memcpy(out->history + (size_t)k * width, row[out->contact[k].padding], width * sizeof(double));
    for (int64_t k = 0; k < count; k++) out->contact[k].padding = 0;
    count_once(s, out);
    brc_free((void*)(uintptr_t)row);
    return BRC_OK;
}

static void scribes_free(const brc_sim* s, scribe* all)
{
    for (int i = 0; i < s->worker_count; i++) {
        for (int k = 0; k < KINDS; k++) {
            const recorder* r = &all[i].of[k];
            brc_free(r->contact), brc_free(r->history), brc_free(r->energy);
        }
        brc_touches_free(&all[i].touches);
    }
    brc_free(all);
}

// Records the contacts of this moment; parts: of the energy book, 0: their energies are not asked for.
static brc_status look(brc_sim* s, int32_t parts, scribe** out)
{
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "contacts cannot be looked at in the middle of a step (each_step); use call");
    BRC_CHECK(!s->failed, BRC_ERR_STATE, "this simulation was stopped by an error in the middle of a step");
    BRC_CHECK(s->law && s->law_materials == s->material_count, BRC_ERR_STATE, "no contact law has been set");
    BRC_CHECK(s->dt > 0, BRC_ERR_STATE, "no time step has been set");
    BRC_TRY(brc_particles_snap(s));
    BRC_TRY(brc_neighbours_fresh(s));
    if (brc_shared(s)) BRC_TRY(brc_domain_refresh(s)); // ghosts have the velocities of now
    BRC_TRY(brc_bonds_settle(s));
    scribe* all = BRC_NEW(s->worker_count, scribe);
    BRC_CHECK(all, BRC_ERR_MEMORY, "no memory to look at the contacts");
    for (int i = 0; i < s->worker_count; i++) {
        all[i].copy = s->workers[i];
        all[i].of[PAIRS].parts = all[i].of[WALLS].parts = parts;
        all[i].of[BONDS].parts = parts && s->book->bond ? 1 : 0;
    }
    record_all(s, all);
    brc_status status = BRC_OK;
    for (int i = 0; i < s->worker_count; i++) {
        if (all[i].copy.status != BRC_OK) status = all[i].copy.status;
        s->workers[i].registers = all[i].copy.registers; // what its rows hold now
    }
    if (status != BRC_OK) brc_error_set(__FILE__, __LINE__, __func__, "no memory to look at the contacts");
    status = brc_comm_agree(s->comm, status);
    if (status != BRC_OK) {
        scribes_free(s, all);
        return status;
    }
    *out = all;
    return BRC_OK;
}

static brc_status take(brc_sim* s, bool around, brc_contact_list* out)
{
    scribe* all;
    memset(out, 0, sizeof *out);
    BRC_TRY(look(s, 0, &all));
    brc_status status = brc_comm_agree(s->comm, join(s, all, around, out));
    scribes_free(s, all);
    if (status != BRC_OK) brc_contacts_free(out);
    return status;
}

brc_status brc_contacts_take(brc_sim* s, brc_contact_list* out) { return take(s, false, out); }
brc_status brc_contacts_around(brc_sim* s, brc_contact_list* out) { return take(s, true, out); }

// Sum of one part's energies over the contacts of the given kinds, from first to last.
static brc_status stored_in(const brc_sim* s, const scribe* all, int first, int last, int32_t part, double* term,
                            double* out)
{
    int64_t n = 0;
    for (int i = 0; i < s->worker_count && term; i++)
        for (int kind = first; kind <= last; kind++) {
            const recorder* r = &all[i].of[kind];
            for (int64_t c = 0; c < r->count && part < r->parts; c++)
                if (r->contact[c].a < s->count) term[n++] = r->energy[c * r->parts + part];
        }
    return brc_exact_sums(s->comm, term, 0, n, 1, out);
}

brc_status brc_contacts_energy(brc_sim* s, int32_t parts, double stored[BRC_BOOK_PARTS], double* bonds)
{
    scribe* all;
    BRC_TRY(look(s, parts, &all));
    int64_t count = 0;
    for (int i = 0; i < s->worker_count; i++)
        for (int kind = 0; kind < KINDS; kind++) count += all[i].of[kind].count;
    double* term = BRC_NEW(count + 1, double);
    brc_status status = stored_in(s, all, BONDS, BONDS, 0, term, bonds);
    for (int32_t k = 0; k < parts && status == BRC_OK; k++)
        status = stored_in(s, all, PAIRS, WALLS, k, term, &stored[k]);
    brc_free(term);
    scribes_free(s, all);
    return status;
}

void brc_contacts_free(brc_contact_list* list)
{
    brc_free(list->contact), brc_free(list->history);
    memset(list, 0, sizeof *list);
}

// One kind's contacts, each with its history behind it, to the ranks that have their stretch of ids.
static brc_status order_kind(brc_comm* comm, const brc_contact_list* list, int64_t first, int64_t* count, void** rows)
{
    const size_t history = (size_t)list->history_count * sizeof(double), width = sizeof(brc_contact) + history;
    char* row = *rows = brc_alloc_unset((size_t)*count * width + 1);
    if (!row) brc_error_set(__FILE__, __LINE__, __func__, "no memory for %" PRId64 " contacts", *count);
    BRC_TRY(brc_comm_agree(comm, row ? BRC_OK : BRC_ERR_MEMORY));
    for (int64_t i = 0; i < *count; i++, row += width) {
        memcpy(row, &list->contact[first + i], sizeof(brc_contact));
        memcpy(row + sizeof(brc_contact), list->history + (first + i) * list->history_count, history);
    }
    return brc_rows_order(comm, rows, count, width, compare);
}

brc_status brc_contacts_order(brc_comm* comm, brc_contact_list* list)
{
    if (comm->size == 1) return BRC_OK;
    const size_t history = (size_t)list->history_count * sizeof(double), width = sizeof(brc_contact) + history;
    int64_t of[KINDS] = {list->pair_count, list->count - list->pair_count - list->bond_count, list->bond_count};
    void* rows[KINDS] = {NULL};
    brc_status status = BRC_OK;
    for (int64_t kind = 0, first = 0; kind < KINDS && status == BRC_OK; kind++) {
        const int64_t mine = of[kind];
        status = order_kind(comm, list, first, &of[kind], &rows[kind]);
        first += mine;
    }
    brc_contact_list out = *list;
    out.count = of[PAIRS] + of[WALLS] + of[BONDS], out.pair_count = of[PAIRS], out.bond_count = of[BONDS];
    out.contact = BRC_NEW(out.count + 1, brc_contact);
    out.history = BRC_NEW(out.count * list->history_count + 1, double);
    if (status == BRC_OK && (!out.contact || !out.history)) {
        brc_error_set(__FILE__, __LINE__, __func__, "no memory for %" PRId64 " contacts", out.count);
        status = BRC_ERR_MEMORY;
    }
    status = brc_comm_agree(comm, status);
    int64_t n = 0;
    for (int kind = 0; kind < KINDS && status == BRC_OK; kind++)
        for (int64_t i = 0; i < of[kind]; i++, n++) {
            const char* row = (const char*)rows[kind] + (size_t)i * width;
            memcpy(&out.contact[n], row, sizeof(brc_contact));
            memcpy(out.history + n * list->history_count, row + sizeof(brc_contact), history);
        }
    for (int kind = 0; kind < KINDS; kind++) brc_free(rows[kind]);
    if (status == BRC_OK) {
        brc_contacts_free(list);
        *list = out;
    } else brc_free(out.contact), brc_free(out.history);
    return status;
}

// ---- what scripts look at --------------------------------------------------------------------------------

enum { FIXED = 13, FIELDS = FIXED + BRC_MAX_HISTORY };
typedef struct network {
    brc_contact_list list;
    brc_field field[FIELDS];
    char name[BRC_MAX_HISTORY][64];
    int32_t field_count;
} network;

static brc_field column(brc_contact_list* list, size_t at, int32_t columns, int32_t kind, const char* name,
                        const char* unit, const char* text)
{
    int32_t size = kind == BRC_I32 ? 4 : 8;
    return (brc_field){(char*)list->contact + at,
                       NULL,
                       list->count,
                       columns,
                       (int32_t)sizeof(brc_contact) / size,
                       0,
                       kind,
                       0,
                       name,
                       unit,
                       text};
}

// Histories by their names: three scalars name_x, name_y, name_z are one vector.
static void history_columns(network* n, const brc_law_info* law)
{
    const int32_t count = n->list.history_count;
    for (int32_t h = 0; h < count;) {
        char* name = n->name[h];
        const char* text = law->history[h];
        size_t size = strlen(text);
        snprintf(name, sizeof n->name[h], "%s", text);
        bool vector = size > 2 && size < sizeof n->name[h] && h + 2 < count && !strcmp(text + size - 2, "_x") &&
                      !strncmp(text, law->history[h + 1], size - 1) && !strcmp(law->history[h + 1] + size - 2, "_y");
        if (vector) name[size - 2] = 0;
        n->field[n->field_count++] = (brc_field){
            n->list.history + h,         NULL, n->list.count, vector ? 3 : 1, count, 0, BRC_F64, 0, name, "",
            "history of the contact law"};
        h += vector ? 3 : 1;
    }
}

static void show(brc_sim* s, const brc_contact_list* list)
{
    network* n = s->network;
    brc_contacts_free(&n->list);
    n->list = *list;
    n->field_count = 0;
#define COLUMN(member, columns, kind, name, unit, text)                                                                \
    n->field[n->field_count++] = column(&n->list, offsetof(brc_contact, member), columns, kind, name, unit, text)
    COLUMN(first, 1, BRC_I64, "first", "1", "id of the first particle, the lower one");
    COLUMN(second, 1, BRC_I64, "second", "1", "id of the second particle; 0: it is a wall");
    COLUMN(wall, 1, BRC_I32, "wall", "1", "number of the wall; 0: it is a particle");
    COLUMN(bond, 1, BRC_I32, "bond", "1", "number of the sim:bond that made this bond; 0: it is a contact");
    COLUMN(feature, 1, BRC_I64, "feature", "1", "face, edge or vertex of the wall; -1: it is a particle");
    COLUMN(point, 3, BRC_F64, "point", "m", "contact point, next to the first particle");
    COLUMN(normal, 3, BRC_F64, "normal", "1", "unit vector towards the first particle");
    COLUMN(overlap, 1, BRC_F64, "overlap", "m", "overlap");
    COLUMN(force, 3, BRC_F64, "force", "N", "force on the first; the second has the opposite");
    COLUMN(normal_force, 1, BRC_F64, "normal_force", "N", "force along the normal, > 0: they push each other");
    COLUMN(tangential, 3, BRC_F64, "tangential_force", "N", "the rest of the force on the first");
    COLUMN(moment, 3, BRC_F64, "moment", "N m", "moment on the first besides that of the force (rolling, twisting)");
    COLUMN(branch, 3, BRC_F64, "branch", "m",
           "from the second's centre, or the point on a wall, to the first's centre");
#undef COLUMN
    _Static_assert(FIXED == 13, "room for the columns above");
    history_columns(n, &s->law->info);
}

brc_status brc_network_take(brc_sim* s, int64_t* count, int64_t* pair_count, int64_t* bond_count)
{
    if (!s->network) s->network = BRC_NEW(1, network);
    BRC_CHECK(s->network, BRC_ERR_MEMORY, "no memory to look at the contacts");
    brc_contact_list list;
    BRC_TRY(brc_contacts_take(s, &list));
    show(s, &list);
    int64_t counts[3] = {list.count, list.pair_count, list.bond_count};
    BRC_TRY(brc_comm_sum(s->comm, counts, 3));
    *count = counts[0], *pair_count = counts[1], *bond_count = counts[2];
    return BRC_OK;
}

brc_status brc_network_gather(brc_sim* s)
{
    brc_contact_list mine, all;
    const bool first = s->comm->rank == 0;
    BRC_TRY(brc_contacts_take(s, &mine));
    const size_t history = (size_t)mine.history_count * sizeof(double);
    brc_status status = brc_contacts_order(s->comm, &mine);
    all = mine;
    int64_t total[KINDS] = {mine.pair_count, mine.count - mine.pair_count - mine.bond_count, mine.bond_count},
            of[KINDS];
    memcpy(of, total, sizeof of);
    if (status == BRC_OK) status = brc_comm_sum(s->comm, total, KINDS);
    all.count = first ? total[PAIRS] + total[WALLS] + total[BONDS] : 0;
    all.pair_count = first ? total[PAIRS] : 0, all.bond_count = first ? total[BONDS] : 0;
    all.contact = BRC_NEW(all.count + 1, brc_contact), all.history = BRC_NEW(all.count * all.history_count + 1, double);
    if (status == BRC_OK && (!all.contact || !all.history)) {
        brc_error_set(__FILE__, __LINE__, __func__, "no memory for %" PRId64 " contacts", all.count);
        status = BRC_ERR_MEMORY;
    }
    status = brc_comm_agree(s->comm, status);
    int64_t here = 0, there = 0;
    for (int kind = 0; kind < KINDS && status == BRC_OK; kind++) {
        status = brc_rows_collect(s->comm, mine.contact + here, of[kind], sizeof(brc_contact), all.contact + there);
        if (status == BRC_OK && history)
            status = brc_rows_collect(s->comm, mine.history + here * mine.history_count, of[kind], history,
                                      all.history + there * all.history_count);
        here += of[kind], there += first ? total[kind] : 0;
    }
    brc_contacts_free(&mine);
    if (status != BRC_OK) brc_contacts_free(&all);
    else show(s, &all);
    return status;
}

int32_t brc_network_field_count(const brc_sim* s) { return s->network ? s->network->field_count : 0; }

brc_field* brc_network_field(brc_sim* s, int32_t index)
{
    return s->network && index >= 0 && index < s->network->field_count ? &s->network->field[index] : NULL;
}

void brc_network_expire(brc_sim* s)
{
    if (!s->network || !s->network->list.contact) return;
    brc_contacts_free(&s->network->list);
    for (int i = 0; i < FIELDS; i++) s->network->field[i].p = NULL, s->network->field[i].count = 0;
}

void brc_network_free(brc_sim* s)
{
    if (!s->network) return;
    brc_contacts_free(&s->network->list);
    brc_free(s->network);
    s->network = NULL;
}
