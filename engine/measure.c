// measure.c -- what a simulation says of itself: its summary, the hash of its state, snapshots for files, checks by
// brute force.
#include "sim.h"
#include "snapshot.h"
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

brc_status brc_summary_get(brc_sim* s, brc_summary* out)
{
    enum { KINETIC, ROTATIONAL, MOMENTUM, MASS = MOMENTUM + 3, SUMS };
    memset(out, 0, sizeof *out);
    BRC_TRY(brc_device_home(s));
    double* term = BRC_NEW(SUMS * s->count + 1, double);
    const int64_t stride = s->count;
    int64_t n = 0;
    double sum[SUMS], most[5] = {0, 0, -INFINITY, -INFINITY, 0}; // speed^2, radius, -radius, -mass, overlap
    for (int64_t i = 0; i < s->count && term; i++) {
        if (!brc_alive(s, i)) continue;
        double v[3], w[3], m = s->mass[i], r = s->pos[4 * i + 3];
        brc_particle_velocity(s, i, v, w);
        double v2 = v[0] * v[0] + v[1] * v[1] + v[2] * v[2], w2 = w[0] * w[0] + w[1] * w[1] + w[2] * w[2];
        term[KINETIC * stride + n] = 0.5 * m * v2;
        term[ROTATIONAL * stride + n] = 0.2 * m * r * r * w2;
        for (int k = 0; k < 3; k++) term[(MOMENTUM + k) * stride + n] = m * v[k];
        term[MASS * stride + n] = m;
        const double row[4] = {v2, r, -r, -m};
        for (int k = 0; k < 4; k++) most[k] = row[k] > most[k] ? row[k] : most[k];
        n++;
    }
    brc_status status = brc_exact_sums(s->comm, term, stride, n, SUMS, sum);
    brc_free(term);
    BRC_TRY(status);
    int64_t count[3] = {n, 0, 0}; // particles, twice the contacts, wall contacts
    for (int i = 0; i < s->worker_count; i++) {
        const worker* w = &s->workers[i];
        count[1] += 2 * w->contacts - w->border_contacts; // a contact across ranges, or ranks, was counted by both
        count[2] += w->touches.count;
        for (int64_t k = 0; s->reach > 0 && k < w->touches.count; k++) count[2] -= !(w->touches.touch[k].overlap > 0);
        most[4] = w->overlap > most[4] ? w->overlap : most[4];
    }
    BRC_TRY(brc_comm_sum(s->comm, count, 3));
    BRC_TRY(brc_comm_max_real(s->comm, most, 5));
    out->kinetic_energy = sum[KINETIC];
    out->rotational_energy = sum[ROTATIONAL];
    for (int k = 0; k < 3; k++) out->momentum[k] = sum[MOMENTUM + k];
    out->mass = sum[MASS];
    out->step = s->step;
    out->time = brc_sim_time(s, s->step);
    out->dt = s->dt;
    out->particles = count[0];
    out->inserted = s->inserted;
    out->removed = s->removed;
    out->lost = s->lost;
    out->max_speed = sqrt(most[0]);
    out->radius_max = most[1];
    if (count[0]) out->radius_min = -most[2], out->mass_min = -most[3];
    out->max_overlap = most[4];
    for (int k = 0; k < 3; k++) {
        out->domain_lo[k] = s->lo[k];
        out->cell[k] = s->hi[k] - s->lo[k];
        out->cell[3 + k] = s->cell.edge[3 + k];
    }
    out->contacts = count[1] / 2;
    out->wall_contacts = count[2];
    out->coordination = count[0] ? (double)count[1] / (double)count[0] : 0;
    return BRC_OK;
}

// ---- order of ids ----------------------------------------------------------------------------------------

typedef struct id_slot {
    int64_t id, slot;
} id_slot;

static int compare_id(const void* a, const void* b)
{
    const id_slot *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static id_slot* sorted_ids(const brc_sim* s, int64_t* count)
{
    id_slot* all = BRC_NEW(s->count + 1, id_slot);
    if (!all) return NULL;
    int64_t n = 0;
    for (int64_t i = 0; i < s->count; i++)
        if (brc_alive(s, i)) all[n++] = (id_slot){s->id[i], i};
    qsort(all, (size_t)n, sizeof(id_slot), compare_id);
    *count = n;
    return all;
}

// ---- the hash --------------------------------------------------------------------------------------------

// Of what each rank has some: hashes of the parts, added up, so that no order matters, and no place.
enum { PARTICLE, PAIR, TOUCH, BOND, PARTS };
typedef struct parts_sum {
    uint64_t half[2 * PARTS];
    int64_t count[PARTS];
} parts_sum;

static void add_part(parts_sum* to, int part, const void* row, size_t size)
{
    const XXH128_hash_t h = XXH3_128bits_withSeed(row, size, (XXH64_hash_t)part);
    to->half[2 * part] += h.low64, to->half[2 * part + 1] += h.high64;
    to->count[part]++;
}

enum { ROW = 32 + BRC_MAX_HISTORY + 2 * BRC_MAX_USER_FIELDS };
static void put_id(double* to, int64_t id) { memcpy(to, &id, sizeof id); }

static void add_particle(parts_sum* to, const brc_sim* s, int64_t i)
{
    double row[ROW];
    int at = 4;
    put_id(row, s->id[i]);
    row[1] = (double)s->material[i], row[2] = s->pos[4 * i + 3], row[3] = s->mass[i];
    for (int c = 0; c < 3; c++) {
        row[at++] = s->pos[4 * i + c];
        row[at++] = brc_real_get(s, s->vel, BRC_MOTION * i + c) + 0.0; // -0 and 0 are the same velocity
        row[at++] = brc_real_get(s, s->res, 8 * i + c) + 0.0;
        row[at++] = brc_real_get(s, s->vel, BRC_MOTION * i + 4 + c) + 0.0;
        row[at++] = brc_real_get(s, s->res, 8 * i + 4 + c) + 0.0;
        row[at++] = s->acc[8 * i + c] + 0.0;
        row[at++] = s->acc[8 * i + 4 + c] + 0.0;
    }
    for (int f = 0; f < s->user_count; f++) row[at++] = s->user[f].value[i] + 0.0, row[at++] = s->user[f].flux[i] + 0.0;
    add_part(to, PARTICLE, row, (size_t)at * sizeof *row);
}

static int put_history(double* to, int at, const brc_sim* s, void* const* rows, int count, int64_t k)
{
    for (int h = 0; h < count; h++) to[at++] = brc_real_get(s, rows[h], k);
    return at;
}

static void add_contacts(parts_sum* to, const brc_sim* s, const worker* w)
{
    double row[ROW];
    for (int l = 0; l < BRC_NEAR_LISTS; l++) {
        const near_list* list = &w->near[l];
        for (int64_t k = 0; k < list->count; k++) {
            if (!brc_near_kept(s, w, list, k) || list->a[k] >= s->count) continue; // the owner of the lower id has it
            if (!brc_alive(s, list->a[k]) || !brc_alive(s, list->b[k])) continue;
            put_id(row, s->id[list->a[k]]), put_id(row + 1, s->id[list->b[k]]);
            const int size = put_history(row, 2, s, list->history, s->history_count, k);
            add_part(to, PAIR, row, (size_t)size * sizeof *row);
        }
    }
    for (int64_t k = 0; k < w->touches.count; k++) {
        const wall_touch* t = &w->touches.touch[k];
        if (t->slot < 0) continue;
        put_id(row, s->id[t->slot]), put_id(row + 1, t->wall), put_id(row + 2, t->feature);
        v3_to(row + 3, t->n);
        const int size = put_history(row, 6, s, w->touches.history, s->history_count, k);
        add_part(to, TOUCH, row, (size_t)size * sizeof *row);
    }
}

static void add_bonds(parts_sum* to, brc_sim* s)
{
    const bond_set* q = &s->bonds;
    double row[ROW];
    for (int64_t i = 0; i < q->count; i++) {
        const bond* b = &q->at[i];
        const int64_t slot = q->slots_valid ? b->slot_a : brc_particle_slot(s, b->a);
        if (slot < 0 || slot >= s->count) continue;
        put_id(row, b->a), put_id(row + 1, b->b), put_id(row + 2, b->kind);
        const int size = put_history(row, 3, s, q->history, q->law->info.history_count, i);
        for (int h = 3; h < size; h++) row[h] += 0.0;
        add_part(to, BOND, row, (size_t)size * sizeof *row);
    }
}

// Over the ranks; halves of words, so that sums of many ranks stay in their range.
static brc_status sum_parts(brc_comm* comm, parts_sum* q)
{
    int64_t all[5 * PARTS];
    for (int k = 0; k < 2 * PARTS; k++)
        all[2 * k] = (int64_t)(uint32_t)q->half[k], all[2 * k + 1] = (int64_t)(q->half[k] >> 32);
    memcpy(all + 4 * PARTS, q->count, sizeof q->count);
    BRC_TRY(brc_comm_sum(comm, all, 5 * PARTS));
    for (int k = 0; k < 2 * PARTS; k++) q->half[k] = (uint64_t)all[2 * k] + ((uint64_t)all[2 * k + 1] << 32);
    memcpy(q->count, all + 4 * PARTS, sizeof q->count);
    return BRC_OK;
}

static void hash_bond_kinds(XXH3_state_t* h, const brc_sim* s)
{
    const bond_set* q = &s->bonds;
    for (int k = 0; k < q->kind_count; k++) {
        int64_t book[4] = {q->kinds[k].made, q->kinds[k].broken, q->kinds[k].removed, q->kinds[k].replaces};
        XXH3_64bits_update(h, book, sizeof book);
        size_t n = (size_t)q->law->info.coefficient_count;
        XXH3_64bits_update(h, q->given + (size_t)k * n, n * sizeof(double));
    }
}

static void hash_boundary(XXH3_state_t* h, const brc_sim* s)
{
    for (int k = 0; k < s->wall_count; k++) {
        const wall_slot* w = &s->walls[k];
        double row[8] = {w->force.x,  w->force.y,  w->force.z, w->torque.x,
                         w->torque.y, w->torque.z, w->work,    (double)w->contacts};
        uint64_t wall = w->wall ? brc_wall_hash(w->wall) : 0;
        for (int c = 0; c < 8; c++) row[c] += 0.0; // -0 and 0 are the same
        XXH3_64bits_update(h, row, sizeof row);
        XXH3_64bits_update(h, &wall, sizeof wall);
        for (int f = 0; f < s->user_count; f++) {
            double field[2] = {w->value[f] + 0.0, w->flux[f] + 0.0};
            XXH3_64bits_update(h, field, sizeof field);
        }
        if (w->wall && brc_wall_has_servo(w->wall))
            XXH3_64bits_update(h, &s->scale[brc_wall_material(w->wall)], sizeof(contact_scale));
        if (w->radial != 0) XXH3_64bits_update(h, &w->radial, sizeof w->radial);
    }
    for (int k = 0; k < s->outlet_count; k++) {
        const outlet* o = &s->outlets[k];
        double row[16] = {o->mass, o->removed, o->def.kind, o->def.radius};
        for (int c = 0; c < 3; c++) {
            row[4 + c] = o->def.point[c], row[7 + c] = o->def.normal[c];
            row[10 + c] = o->def.lo[c], row[13 + c] = o->def.hi[c];
        }
        for (int c = 0; c < 16; c++) row[c] += 0.0;
        uint64_t mesh = o->mesh ? brc_wall_hash(o->mesh) : 0;
        XXH3_64bits_update(h, &o->count, sizeof o->count);
        XXH3_64bits_update(h, row, sizeof row);
        XXH3_64bits_update(h, &mesh, sizeof mesh);
    }
    for (int k = 0; k < s->meter_count; k++) XXH3_64bits_update(h, &s->meters[k].state, sizeof s->meters[k].state);
    for (int k = 0; k < s->inserter_count; k++) {
        uint64_t value = s->inserters[k] ? brc_inserter_hash(s->inserters[k], (uint64_t)k) : 0;
        XXH3_64bits_update(h, &value, sizeof value);
        if (s->inserters[k]) {
            XXH3_64bits_update(h, &s->density[s->inserter_material[k]], sizeof(double));
            XXH3_64bits_update(h, s->inserter_values + k * BRC_MAX_USER_FIELDS, (size_t)s->user_count * sizeof(double));
        }
    }
}

// Gravity, domain, clock, quanta, coefficients. Not the name of the law, because a copy of a law under another name is
// the same physics, and not what cannot change a result: threads, instruction set, skin.
static void hash_settings(XXH3_state_t* h, const brc_sim* s)
{
    double row[16] = {s->time_base,      (double)s->step_base, s->options.precision, s->options.on_exit,
                      s->x_grid.quantum, s->f_grid.quantum,    s->t_grid.quantum};
    for (int k = 0; k < 3; k++) {
        row[7 + k] = s->options.gravity[k] + 0.0; // -0 and 0 are the same
        row[10 + k] = s->lo[k] + 0.0, row[13 + k] = s->hi[k] + 0.0;
    }
    int32_t periodic[3] = {s->options.periodic[0], s->options.periodic[1], s->options.periodic[2]};
    XXH3_64bits_update(h, row, sizeof row);
    XXH3_64bits_update(h, periodic, sizeof periodic);
    // A sum over the names, so that the order in which a law happens to list its coefficients does not matter.
    uint64_t sum = 0;
    int64_t pairs = (int64_t)s->law_materials * s->law_materials;
    for (int64_t i = 0; s->law && i < s->law->info.coefficient_count * pairs; i++) {
        const char* name = s->law->info.coefficients[i / pairs];
        double value[3] = {brc_real_get(s, s->coefficients, i), (double)(i % pairs / s->law_materials),
                           (double)(i % s->law_materials)};
        if (value[0] != 0) sum += XXH64(value, sizeof value, XXH64(name, strlen(name), 0));
    }
    XXH3_64bits_update(h, &sum, sizeof sum);
    if (s->reach > 0) XXH3_64bits_update(h, s->reaches, (size_t)pairs * sizeof(double));
    const uint64_t kernels = brc_particle_kernels_hash(s);
    if (kernels) XXH3_64bits_update(h, &kernels, sizeof kernels);
    for (int f = 0; f < s->user_count; f++) {
        const user_field* u = &s->user[f];
        XXH3_64bits_update(h, u->name, strlen(u->name));
        XXH3_64bits_update(h, &u->grid.quantum, sizeof(double));
        XXH3_64bits_update(h, u->capacity, (size_t)s->material_count * sizeof(double));
    }
}

uint64_t brc_sim_hash(brc_sim* s)
{
    parts_sum parts = {.half = {0}};
    if (brc_device_home(s) != BRC_OK || brc_contacts_settle(s) != BRC_OK) return 0;
    for (int64_t i = 0; i < s->count; i++)
        if (brc_alive(s, i)) add_particle(&parts, s, i);
    for (int i = 0; i < s->worker_count; i++) add_contacts(&parts, s, &s->workers[i]);
    add_bonds(&parts, s);
    if (sum_parts(s->comm, &parts) != BRC_OK) return 0;
    XXH3_state_t* h = XXH3_createState();
    BRC_ASSERT(h);
    XXH3_64bits_reset(h);
    double clock[2] = {brc_sim_time(s, s->step), s->dt};
    int64_t book[5] = {s->step, s->inserted, s->removed, s->lost, s->next_id};
    XXH3_64bits_update(h, clock, sizeof clock);
    XXH3_64bits_update(h, book, sizeof book);
    XXH3_64bits_update(h, &parts, sizeof parts);
    if (!brc_cell_plain(s)) {
        double cell[64];
        XXH3_64bits_update(h, cell, (size_t)brc_cell_state(s, cell) * sizeof(double));
    }
    hash_bond_kinds(h, s);
    hash_boundary(h, s);
    hash_settings(h, s);
    const uint64_t value = XXH3_64bits_digest(h);
    XXH3_freeState(h);
    return value;
}

int64_t brc_force_sum(brc_sim* s, int64_t sum[3])
{
    int e;
    sum[0] = sum[1] = sum[2] = 0;
    for (int64_t i = 0; i < s->count; i++)
        for (int k = 0; k < 3; k++) sum[k] += (int64_t)(s->acc[8 * i + k] / s->f_grid.quantum);
    (void)frexp(s->f_grid.quantum, &e);
    return e - 1;
}

// ---- checks ----------------------------------------------------------------------------------------------

// How far two things overlap, by the smaller radius, and which: ids, or -1 - wall as the second.
typedef struct deepest {
    double overlap;
    int64_t first, second;
} deepest;

// The deepest, and of such the one with the lowest ids: whatever the order of slots.
static void keep_deeper(deepest* q, double overlap, int64_t first, int64_t second)
{
    const bool lower = first < q->first || (first == q->first && second < q->second);
    if (overlap > q->overlap || (overlap == q->overlap && overlap > 0 && lower)) *q = (deepest){overlap, first, second};
}

typedef struct pair_probe {
    const brc_sim* s;
    int64_t self, count;
    double reach;
    uint64_t sum; // of hashes of pairs: any order gives the same
    deepest most;
} pair_probe;

static double distance(const brc_sim* s, int64_t i, int64_t j)
{
    const double *a = s->pos + 4 * i, *b = s->pos + 4 * j;
    double d[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
    brc_nearest(s, d);
    return sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
}

// A pair is found once: from its lower slot, and across ranks where its lower id is.
static void probe_pair(void* context, int32_t slot)
{
    pair_probe* p = context;
    const brc_sim* s = p->s;
    const int64_t i = p->self, j = slot;
    const int64_t lower = s->id[i] < s->id[j] ? s->id[i] : s->id[j], higher = s->id[i] + s->id[j] - lower;
    if (j <= i || !brc_alive(s, j) || (j >= s->count && s->id[i] != lower)) return;
    double a = s->pos[4 * i + 3], b = s->pos[4 * j + 3], d = distance(s, i, j);
    if (d < a + b + p->reach) {
        const int64_t ids[2] = {lower, higher};
        p->sum += XXH3_64bits(ids, sizeof ids);
        p->count++;
    }
    keep_deeper(&p->most, (a + b - d) / (a < b ? a : b), lower, higher);
}

static brc_status look_around(brc_sim* s, double reach)
{
    s->lists_valid = false; // the grid is made anew
    return brc_shared(s) ? brc_domain_look(s, reach) : brc_grid_make(s, reach, 0);
}

uint64_t brc_pairs_hash(brc_sim* s, double reach, int32_t brute, int64_t* count)
{
    pair_probe p = {.s = s, .reach = reach};
    *count = 0;
    if (look_around(s, reach) != BRC_OK) return 0;
    for (int64_t i = 0; i < s->count; i++) {
        p.self = i;
        if (!brc_alive(s, i)) continue;
        if (brute)
            for (int64_t j = i + 1; j < s->count + s->ghosts; j++) probe_pair(&p, (int32_t)j);
        else brc_grid_visit(s, v3_from(s->pos + 4 * i), s->pos[4 * i + 3], reach, probe_pair, &p);
    }
    if (brc_shared(s)) brc_domain_looked(s);
    int64_t sums[2] = {p.count, (int64_t)p.sum};
    if (brc_comm_sum(s->comm, sums, 2) != BRC_OK) return 0;
    *count = sums[0];
    return (uint64_t)sums[1];
}

static brc_status find_overlaps(const brc_sim* s, deepest* most)
{
    int64_t room = 0;
    uint32_t* hints = NULL;
    pair_probe p = {.s = s};
    for (int64_t i = 0; i < s->count; i++) {
        const vec3 x = v3_from(s->pos + 4 * i);
        const double r = s->pos[4 * i + 3];
        if (!brc_alive(s, i)) continue;
        p.self = i;
        brc_grid_visit(s, x, r, 0, probe_pair, &p);
        for (int k = 0; k < s->wall_count; k++) {
            brc_wall_hit hits[BRC_WALL_HITS];
            if (!s->walls[k].wall) continue;
            int n = brc_wall_near(s->walls[k].wall, x, r, 0, hints, (int)room);
            if (n > room) {
                brc_free(hints);
                room = 2 * (int64_t)n + 64;
                hints = BRC_NEW(room, uint32_t);
                BRC_CHECK(hints, BRC_ERR_MEMORY, "no memory to look for overlaps");
                n = brc_wall_near(s->walls[k].wall, x, r, 0, hints, (int)room);
            }
            if (n && brc_wall_touch(s->walls[k].wall, x, r, hints, n, hits))
                keep_deeper(&p.most, hits[0].overlap / r, s->id[i], -1 - k);
        }
    }
    brc_free(hints);
    *most = p.most;
    return BRC_OK;
}

// Of all ranks' the deepest.
static brc_status agree_on_deepest(brc_sim* s, deepest* q)
{
    const deepest mine = *q;
    BRC_TRY(brc_domain_max(s, &q->overlap));
    int64_t first = mine.overlap == q->overlap ? -mine.first : INT64_MIN;
    BRC_TRY(brc_comm_max(s->comm, &first, 1));
    int64_t second = mine.overlap == q->overlap && mine.first == -first ? -mine.second : INT64_MIN;
    BRC_TRY(brc_comm_max(s->comm, &second, 1));
    q->first = -first, q->second = -second;
    return BRC_OK;
}

brc_status brc_overlap_find(brc_sim* s, double* overlap, int64_t* first, int64_t* second)
{
    deepest q = {0};
    BRC_TRY(look_around(s, 0));
    const brc_status status = brc_comm_agree(s->comm, find_overlaps(s, &q));
    if (brc_shared(s)) brc_domain_looked(s);
    BRC_TRY(status);
    if (brc_shared(s)) BRC_TRY(agree_on_deepest(s, &q));
    *overlap = q.overlap, *first = q.first, *second = q.second;
    return BRC_OK;
}

// ---- snapshots -------------------------------------------------------------------------------------------

brc_comm* brc_sim_comm(const brc_sim* s) { return s->comm; }

// A particle's numbers as they travel between ranks, the id first.
enum {
    ID,
    MATERIAL,
    PLACE,
    SPEED = PLACE + 3,
    SPIN = SPEED + 3,
    FORCE = SPIN + 3,
    TORQUE = FORCE + 3,
    RADIUS = TORQUE + 3,
    WEIGHT,
    VALUES,
    MOST_VALUES = VALUES + BRC_MAX_USER_FIELDS
};

static void read_particle(const brc_sim* s, int64_t i, double* row)
{
    put_id(row + ID, s->id[i]);
    row[MATERIAL] = s->material[i], row[RADIUS] = s->pos[4 * i + 3], row[WEIGHT] = s->mass[i];
    brc_particle_velocity(s, i, row + SPEED, row + SPIN);
    for (int c = 0; c < 3; c++) {
        row[PLACE + c] = s->pos[4 * i + c];
        row[FORCE + c] = s->acc[8 * i + c], row[TORQUE + c] = s->acc[8 * i + 4 + c];
    }
    for (int j = 0; j < s->user_count; j++) row[VALUES + j] = s->user[j].value[i];
}

// All particles of this rank, or of the stretch of ids that the ranks give it, as rows in the order of ids.
static brc_status rows_of(const brc_sim* s, size_t width, void** rows, int64_t* count)
{
    double* row = *rows = brc_alloc_unset((size_t)s->count * width + 1);
    brc_status status = row ? BRC_OK : BRC_ERR_MEMORY;
    if (!row) brc_error_set(__FILE__, __LINE__, __func__, "no memory to write %" PRId64 " particles", s->count);
    BRC_TRY(brc_comm_agree(s->comm, status));
    *count = 0;
    for (int64_t i = 0; i < s->count; i++)
        if (brc_alive(s, i)) read_particle(s, i, row + (size_t)(*count)++ * (width / sizeof *row));
    return brc_rows_order(s->comm, rows, count, width, compare_id);
}

typedef struct columns {
    int64_t* id;
    int32_t* material;
    double *x, *v, *w, *f, *t, *radius, *mass;
    size_t size;
} columns;

static void write_columns(const columns* to, int64_t k, const double* row, int fields)
{
    memcpy(&to->id[k], row + ID, sizeof *to->id);
    to->material[k] = (int32_t)row[MATERIAL];
    to->radius[k] = row[RADIUS], to->mass[k] = row[WEIGHT];
    for (int j = 0; j < fields; j++) to->mass[(size_t)(j + 1) * to->size + (size_t)k] = row[VALUES + j];
    for (int c = 0; c < 3; c++) {
        to->x[3 * k + c] = row[PLACE + c], to->v[3 * k + c] = row[SPEED + c], to->w[3 * k + c] = row[SPIN + c];
        to->f[3 * k + c] = row[FORCE + c], to->t[3 * k + c] = row[TORQUE + c];
    }
}

brc_status brc_snapshot_take(brc_sim* s, brc_snapshot* out)
{
    memset(out, 0, sizeof *out);
    BRC_TRY(brc_device_home(s));
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "files cannot be written in the middle of a step (each_step); use call");
    const bool alone = s->comm->size == 1;
    const size_t width = (size_t)(VALUES + s->user_count) * sizeof(double);
    int64_t n = 0;
    void* rows = NULL;
    id_slot* all = alone ? sorted_ids(s, &n) : NULL;
    if (!alone) BRC_TRY(rows_of(s, width, &rows, &n));
    size_t size = (size_t)(n > 0 ? n : 1);
    double *numbers = BRC_NEW((17 + (size_t)s->user_count) * size, double),
           *density = BRC_NEW(s->material_count + 1, double);
    columns to = {.id = BRC_NEW(size, int64_t), .material = BRC_NEW(size, int32_t), .x = numbers, .size = size};
    brc_status status = BRC_OK;
    if ((alone && !all) || !to.id || !to.material || !numbers || !density) {
        brc_error_set(__FILE__, __LINE__, __func__, "no memory to write %" PRId64 " particles", s->count);
        status = BRC_ERR_MEMORY;
    }
    status = brc_comm_agree(s->comm, status);
    if (status != BRC_OK) {
        brc_free(all), brc_free(rows), brc_free(to.id), brc_free(to.material), brc_free(numbers), brc_free(density);
        return status;
    }
    to.v = to.x + 3 * size, to.w = to.v + 3 * size, to.f = to.w + 3 * size, to.t = to.f + 3 * size;
    to.radius = to.t + 3 * size, to.mass = to.radius + size;
    for (int64_t k = 0; k < n; k++) {
        double row[MOST_VALUES];
        if (alone) read_particle(s, all[k].slot, row);
        else memcpy(row, (char*)rows + (size_t)k * width, width);
        write_columns(&to, k, row, s->user_count);
    }
    brc_free(all), brc_free(rows);
    memcpy(density, s->density, (size_t)s->material_count * sizeof(double));
    out->comm = s->comm;
    out->step = s->step;
    out->count = out->here = n;
    out->time = brc_sim_time(s, s->step);
    out->dt = s->dt;
    for (int k = 0; k < 3; k++) {
        out->gravity[k] = s->options.gravity[k];
        out->lo[k] = s->lo[k];
        out->hi[k] = s->hi[k];
        out->tilt[k] = s->cell.edge[3 + k];
        out->periodic[k] = s->options.periodic[k];
    }
    out->id = to.id, out->material = to.material;
    out->x = to.x, out->v = to.v, out->w = to.w, out->force = to.f, out->torque = to.t;
    out->radius = to.radius, out->mass = to.mass;
    out->field_count = s->user_count;
    for (int j = 0; j < s->user_count; j++) {
        out->field[j] = to.mass + (size_t)(j + 1) * size;
        out->field_name[j] = s->user[j].name;
        out->field_unit[j] = s->user[j].unit;
    }
    out->wall_count = s->wall_count;
    out->material_count = s->material_count;
    out->density = density;
    status = brc_comm_sum(s->comm, &out->count, 1);
    if (status != BRC_OK) brc_snapshot_free(out);
    return status;
}

void brc_snapshot_free(brc_snapshot* q)
{
    brc_free((void*)(uintptr_t)q->id), brc_free((void*)(uintptr_t)q->material);
    brc_free((void*)(uintptr_t)q->x), brc_free((void*)(uintptr_t)q->density);
    memset(q, 0, sizeof *q);
}

int64_t brc_particle_count(const brc_sim* s) { return s->inserted - s->removed - s->lost; }
