// measure.c -- what a simulation says of itself: exact sums, the hash of its state, snapshots for files, checks by
// brute force.
#include "sim.h"
#include "snapshot.h"
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

// Sum of terms with the same bits in any order: agree on the largest exponent, then add integers. Keeps 62 -
// log2(count) bits.
double brc_exact_sum(const double* term, int64_t count)
{
    double largest = 0;
    for (int64_t i = 0; i < count; i++) {
        if (!(fabs(term[i]) < INFINITY)) return NAN; // a script may have written anything
        largest = fabs(term[i]) > largest ? fabs(term[i]) : largest;
    }
    if (largest == 0) return 0;
    int e, room = 1;
    (void)frexp(largest, &e);
    while (room < 62 && (int64_t)1 << room <= count) room++;
    int scale = 62 - room - e;
    int64_t sum = 0;
    for (int64_t i = 0; i < count; i++) sum += (int64_t)ldexp(term[i], scale);
    return ldexp((double)sum, -scale);
}

brc_status brc_summary_get(brc_sim* s, brc_summary* out)
{
    memset(out, 0, sizeof *out);
    double* term = BRC_NEW(6 * s->count + 1, double);
    BRC_CHECK(term, BRC_ERR_MEMORY, "no memory to sum over %" PRId64 " particles", s->count);
    double *e_kin = term, *e_rot = term + s->count, *p = term + 2 * s->count, *mass = term + 5 * s->count;
    int64_t n = 0;
    double fastest2 = 0;
    for (int64_t i = 0; i < s->count; i++) {
        if (!brc_alive(s, i)) continue;
        double v[3], w[3], m = s->mass[i], r = s->pos[4 * i + 3];
        brc_particle_velocity(s, i, v, w);
        double v2 = v[0] * v[0] + v[1] * v[1] + v[2] * v[2], w2 = w[0] * w[0] + w[1] * w[1] + w[2] * w[2];
        e_kin[n] = 0.5 * m * v2;
        e_rot[n] = 0.2 * m * r * r * w2;
        for (int k = 0; k < 3; k++) p[k * s->count + n] = m * v[k];
        mass[n] = m;
        fastest2 = v2 > fastest2 ? v2 : fastest2;
        if (n == 0 || r < out->radius_min) out->radius_min = r;
        if (n == 0 || m < out->mass_min) out->mass_min = m;
        if (r > out->radius_max) out->radius_max = r;
        n++;
    }
    out->kinetic_energy = brc_exact_sum(e_kin, n);
    out->rotational_energy = brc_exact_sum(e_rot, n);
    for (int k = 0; k < 3; k++) out->momentum[k] = brc_exact_sum(p + k * s->count, n);
    out->mass = brc_exact_sum(mass, n);
    brc_free(term);
    out->step = s->step;
    out->time = brc_sim_time(s, s->step);
    out->dt = s->dt;
    out->particles = n;
    out->inserted = s->inserted;
    out->removed = s->removed;
    out->lost = s->lost;
    out->max_speed = sqrt(fastest2);
    int64_t twice = 0;
    for (int i = 0; i < s->worker_count; i++) {
        const worker* w = &s->workers[i];
        twice += 2 * w->contacts - w->border_contacts; // a contact across ranges was counted by both
        out->wall_contacts += w->touches.count;
        for (int64_t k = 0; s->reach > 0 && k < w->touches.count; k++)
            out->wall_contacts -= !(w->touches.touch[k].overlap > 0);
        out->max_overlap = w->overlap > out->max_overlap ? w->overlap : out->max_overlap;
    }
    for (int k = 0; k < 3; k++) {
        out->domain_lo[k] = s->lo[k];
        out->cell[k] = s->hi[k] - s->lo[k];
        out->cell[3 + k] = s->cell.edge[3 + k];
    }
    out->contacts = twice / 2;
    out->coordination = n ? (double)twice / (double)n : 0;
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

typedef struct contact_key {
    int64_t a, b; // ids; b of a wall: -1 - wall
    int64_t feature;
    double n[3];
    int32_t list; // of pairs: which near list; of walls: whose touches
    int64_t index;
} contact_key;

static int compare_contact(const void* pa, const void* pb)
{
    const contact_key *x = pa, *y = pb;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    if (x->b != y->b) return x->b < y->b ? -1 : 1;
    return (x->feature > y->feature) - (x->feature < y->feature);
}

static void hash_contacts(XXH3_state_t* h, const brc_sim* s, contact_key* key, int64_t count, bool walls)
{
    qsort(key, (size_t)count, sizeof *key, compare_contact);
    for (int64_t i = 0; i < count; i++) {
        const int at = key[i].list;
        void* const* rows =
            walls ? s->workers[at].touches.history : s->workers[at / BRC_NEAR_LISTS].near[at % BRC_NEAR_LISTS].history;
        XXH3_64bits_update(h, &key[i].a, 2 * sizeof(int64_t));
        if (walls)
            XXH3_64bits_update(h, &key[i].feature, sizeof(int64_t)), XXH3_64bits_update(h, key[i].n, sizeof key[i].n);
        for (int k = 0; k < s->history_count; k++) {
            double value = brc_real_get(s, rows[k], key[i].index);
            XXH3_64bits_update(h, &value, sizeof value);
        }
    }
}

static void hash_bonds(XXH3_state_t* h, const brc_sim* s)
{
    const bond_set* q = &s->bonds;
    for (int64_t i = 0; i < q->count; i++) { // in the order of ids
        const bond* b = &q->at[i];
        int64_t row[3] = {b->a, b->b, b->kind};
        XXH3_64bits_update(h, row, sizeof row);
        for (int k = 0; k < q->law->info.history_count; k++) {
            double value = brc_real_get(s, q->history[k], i) + 0.0;
            XXH3_64bits_update(h, &value, sizeof value);
        }
    }
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
    int64_t count = 0, pair_count = 0, wall_count = 0, room = 1;
    for (int i = 0; i < s->worker_count; i++) room += brc_near_count(&s->workers[i]) + s->workers[i].touches.count;
    XXH3_state_t* h = XXH3_createState();
    id_slot* all = sorted_ids(s, &count);
    contact_key* key = BRC_NEW(room, contact_key);
    BRC_ASSERT(h && all && key);
    XXH3_64bits_reset(h);
    double clock[2] = {brc_sim_time(s, s->step), s->dt};
    int64_t book[6] = {s->step, count, s->inserted, s->removed, s->lost, s->next_id};
    XXH3_64bits_update(h, clock, sizeof clock);
    XXH3_64bits_update(h, book, sizeof book);
    if (!brc_cell_plain(s)) {
        double cell[64];
        XXH3_64bits_update(h, cell, (size_t)brc_cell_state(s, cell) * sizeof(double));
    }
    for (int64_t k = 0; k < count; k++) {
        int64_t i = all[k].slot;
        double row[22] = {(double)s->material[i], s->pos[4 * i + 3], s->mass[i], 0};
        int at = 4;
        for (int c = 0; c < 3; c++) {
            row[at++] = s->pos[4 * i + c];
            row[at++] = brc_real_get(s, s->vel, BRC_MOTION * i + c) + 0.0; // -0 and 0 are the same velocity
            row[at++] = brc_real_get(s, s->res, 8 * i + c) + 0.0;
            row[at++] = brc_real_get(s, s->vel, BRC_MOTION * i + 4 + c) + 0.0;
            row[at++] = brc_real_get(s, s->res, 8 * i + 4 + c) + 0.0;
            row[at++] = s->acc[8 * i + c] + 0.0;
        }
        XXH3_64bits_update(h, &all[k].id, sizeof(int64_t));
        XXH3_64bits_update(h, row, sizeof row);
        for (int c = 0; c < 3; c++) row[c] = s->acc[8 * i + 4 + c] + 0.0;
        XXH3_64bits_update(h, row, 3 * sizeof(double));
        for (int f = 0; f < s->user_count; f++) {
            double field[2] = {s->user[f].value[i] + 0.0, s->user[f].flux[i] + 0.0};
            XXH3_64bits_update(h, field, sizeof field);
        }
    }
    for (int i = 0; i < s->worker_count; i++) {
        const worker* w = &s->workers[i];
        for (int l = 0; l < BRC_NEAR_LISTS; l++)
            for (int64_t k = 0; k < w->near[l].count; k++)
                if (brc_near_kept(s, w, &w->near[l], k))
                    key[pair_count++] = (contact_key){
                        s->id[w->near[l].a[k]], s->id[w->near[l].b[k]], 0, {0}, BRC_NEAR_LISTS * i + l, k};
    }
    hash_contacts(h, s, key, pair_count, false);
    for (int i = 0; i < s->worker_count; i++) {
        const worker* w = &s->workers[i];
        for (int64_t k = 0; k < w->touches.count; k++) {
            const wall_touch* t = &w->touches.touch[k];
            if (t->slot >= 0)
                key[wall_count++] =
                    (contact_key){s->id[t->slot], -1 - t->wall, t->feature, {t->n.x, t->n.y, t->n.z}, i, k};
        }
    }
    hash_contacts(h, s, key, wall_count, true);
    hash_bonds(h, s);
    hash_boundary(h, s);
    hash_settings(h, s);
    uint64_t value = XXH3_64bits_digest(h);
    XXH3_freeState(h);
    brc_free(all);
    brc_free(key);
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

typedef struct pair_probe {
    const brc_sim* s;
    int64_t self, count;
    double reach;
    uint64_t sum; // of hashes of pairs: any order gives the same
    double overlap;
    int64_t other;
} pair_probe;

static double distance(const brc_sim* s, int64_t i, int64_t j)
{
    const double *a = s->pos + 4 * i, *b = s->pos + 4 * j;
    double d[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
    brc_nearest(s, d);
    return sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
}

static void probe_pair(void* context, int32_t slot)
{
    pair_probe* p = context;
    const brc_sim* s = p->s;
    int64_t i = p->self, j = slot;
    if (j <= i || !brc_alive(s, j)) return;
    double a = s->pos[4 * i + 3], b = s->pos[4 * j + 3], d = distance(s, i, j);
    if (d < a + b + p->reach) {
        int64_t ids[2] = {s->id[i] < s->id[j] ? s->id[i] : s->id[j], s->id[i] < s->id[j] ? s->id[j] : s->id[i]};
        p->sum += XXH3_64bits(ids, sizeof ids);
        p->count++;
    }
    double part = (a + b - d) / (a < b ? a : b);
    if (part > p->overlap) p->overlap = part, p->other = j;
}

uint64_t brc_pairs_hash(brc_sim* s, double reach, int32_t brute, int64_t* count)
{
    pair_probe p = {.s = s, .reach = reach};
    s->lists_valid = false;
    *count = 0;
    if (!brute && brc_grid_make(s, reach, 0) != BRC_OK) return 0;
    for (int64_t i = 0; i < s->count; i++) {
        p.self = i;
        if (!brc_alive(s, i)) continue;
        if (brute)
            for (int64_t j = i + 1; j < s->count; j++) probe_pair(&p, (int32_t)j);
        else brc_grid_visit(s, v3_from(s->pos + 4 * i), s->pos[4 * i + 3], reach, probe_pair, &p);
    }
    *count = p.count;
    return p.sum;
}

brc_status brc_overlap_find(brc_sim* s, double* overlap, int64_t* first, int64_t* second)
{
    *overlap = 0;
    *first = *second = 0;
    s->lists_valid = false;
    BRC_TRY(brc_grid_make(s, 0, 0));
    int64_t room = 0;
    uint32_t* hints = NULL;
    for (int64_t i = 0; i < s->count; i++) {
        pair_probe p = {.s = s, .self = i, .overlap = *overlap};
        vec3 x = v3_from(s->pos + 4 * i);
        double r = s->pos[4 * i + 3];
        if (!brc_alive(s, i)) continue;
        brc_grid_visit(s, x, r, 0, probe_pair, &p);
        if (p.overlap > *overlap) *overlap = p.overlap, *first = s->id[i], *second = s->id[p.other];
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
            if (n && brc_wall_touch(s->walls[k].wall, x, r, hints, n, hits) && hits[0].overlap / r > *overlap)
                *overlap = hits[0].overlap / r, *first = s->id[i], *second = -1 - k;
        }
    }
    brc_free(hints);
    return BRC_OK;
}

// ---- snapshots -------------------------------------------------------------------------------------------

brc_status brc_snapshot_take(brc_sim* s, brc_snapshot* out)
{
    memset(out, 0, sizeof *out);
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "files cannot be written in the middle of a step (each_step); use call");
    int64_t n;
    id_slot* all = sorted_ids(s, &n);
    size_t size = (size_t)(n > 0 ? n : 1);
    int64_t* id = BRC_NEW(size, int64_t);
    int32_t* material = BRC_NEW(size, int32_t);
    double *numbers = BRC_NEW((17 + (size_t)s->user_count) * size, double),
           *density = BRC_NEW(s->material_count + 1, double);
    if (!all || !id || !material || !numbers || !density) {
        brc_free(all), brc_free(id), brc_free(material), brc_free(numbers), brc_free(density);
        BRC_CHECK(false, BRC_ERR_MEMORY, "no memory to write %" PRId64 " particles", s->count);
    }
    double *x = numbers, *v = x + 3 * size, *w = v + 3 * size, *f = w + 3 * size, *t = f + 3 * size,
           *radius = t + 3 * size, *mass = radius + size;
    for (int64_t k = 0; k < n; k++) {
        int64_t i = all[k].slot;
        id[k] = s->id[i];
        material[k] = s->material[i];
        radius[k] = s->pos[4 * i + 3];
        mass[k] = s->mass[i];
        for (int j = 0; j < s->user_count; j++) mass[(size_t)(j + 1) * size + (size_t)k] = s->user[j].value[i];
        brc_particle_velocity(s, i, v + 3 * k, w + 3 * k);
        for (int c = 0; c < 3; c++) {
            x[3 * k + c] = s->pos[4 * i + c];
            f[3 * k + c] = s->acc[8 * i + c];
            t[3 * k + c] = s->acc[8 * i + 4 + c];
        }
    }
    brc_free(all);
    memcpy(density, s->density, (size_t)s->material_count * sizeof(double));
    out->step = s->step;
    out->count = n;
    out->time = brc_sim_time(s, s->step);
    out->dt = s->dt;
    for (int k = 0; k < 3; k++) {
        out->gravity[k] = s->options.gravity[k];
        out->lo[k] = s->lo[k];
        out->hi[k] = s->hi[k];
        out->periodic[k] = s->options.periodic[k];
    }
    out->id = id, out->material = material;
    out->x = x, out->v = v, out->w = w, out->force = f, out->torque = t, out->radius = radius, out->mass = mass;
    out->field_count = s->user_count;
    for (int j = 0; j < s->user_count; j++) {
        out->field[j] = mass + (size_t)(j + 1) * size;
        out->field_name[j] = s->user[j].name;
        out->field_unit[j] = s->user[j].unit;
    }
    out->wall_count = s->wall_count;
    out->material_count = s->material_count;
    out->density = density;
    return BRC_OK;
}

void brc_snapshot_free(brc_snapshot* q)
{
    brc_free((void*)(uintptr_t)q->id), brc_free((void*)(uintptr_t)q->material);
    brc_free((void*)(uintptr_t)q->x), brc_free((void*)(uintptr_t)q->density);
    memset(q, 0, sizeof *q);
}
