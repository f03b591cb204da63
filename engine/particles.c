// particles.c -- the particle arrays: growing, adding, removing, closing gaps, sorting in space, ids.
#include "sim.h"
#include <stdlib.h>
#include <string.h>

double brc_real_get(const brc_sim* s, const void* base, int64_t index)
{
    return s->real == 4 ? (double)((const float*)base)[index] : ((const double*)base)[index];
}

void brc_real_set(const brc_sim* s, void* base, int64_t index, double value)
{
    if (s->real == 4) ((float*)base)[index] = (float)value;
    else ((double*)base)[index] = value;
}

// Value and residual together carry 48 bits in mixed precision.
void brc_particle_velocity_set(brc_sim* s, int64_t slot, int k, double value)
{
    brc_real_set(s, s->vel, BRC_MOTION * slot + k, value);
    brc_real_set(s, s->res, 8 * slot + k, value - brc_real_get(s, s->vel, BRC_MOTION * slot + k));
}

void brc_particle_inertia_set(brc_sim* s, int64_t slot, double radius, double mass)
{
    for (int mean = 0; mean <= BRC_MEAN; mean += BRC_MEAN) {
        brc_real_set(s, s->vel, BRC_MOTION * slot + mean + 3, 1 / mass);
        brc_real_set(s, s->vel, BRC_MOTION * slot + mean + 7, radius);
    }
    brc_real_set(s, s->res, 8 * slot + 3, 1 / mass);
    brc_real_set(s, s->res, 8 * slot + 7, 2.5 / (mass * radius * radius)); // 1 / (2/5 m r^2)
}

void brc_particle_velocity(const brc_sim* s, int64_t slot, double v[3], double w[3])
{
    for (int k = 0; k < 3; k++) {
        v[k] = brc_real_get(s, s->vel, BRC_MOTION * slot + k) + brc_real_get(s, s->res, 8 * slot + k);
        w[k] = brc_real_get(s, s->vel, BRC_MOTION * slot + 4 + k) + brc_real_get(s, s->res, 8 * slot + 4 + k);
    }
}

// ---- fields: what scripts see ----------------------------------------------------------------------------

enum { F64, REAL, I64, I32 };
static const struct field_text {
    const char* name;
    int32_t columns, kind;
    const char* unit;
    int32_t writable;
    const char* text;
} field_texts[] = {
#define FIELD(name, columns, kind, unit, writable, text) {#name, columns, kind, unit, writable, text},
#include "fields.def"
};
enum { FIELD_COUNT = sizeof field_texts / sizeof field_texts[0] };

int32_t brc_field_count(const brc_sim* s) { return FIELD_COUNT + 2 * s->user_count; }
brc_field* brc_field_get(brc_sim* s, int32_t index)
{
    return index >= 0 && index < brc_field_count(s) ? &s->fields[index] : NULL;
}

brc_field* brc_field_find(brc_sim* s, const char* name)
{
    for (int i = 0; i < brc_field_count(s); i++)
        if (!strcmp(s->fields[i].name, name)) return &s->fields[i];
    return NULL;
}

void brc_fields_update(brc_sim* s)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        const struct field_text* t = &field_texts[i];
        brc_field* f = &s->fields[i];
        static const int32_t kinds[4] = {BRC_F64, BRC_F32R, BRC_I64, BRC_I32};
        f->name = t->name, f->unit = t->unit, f->text = t->text;
        f->columns = t->columns;
        f->writable = t->writable;
        f->kind = t->kind == REAL && s->real == 8 ? BRC_F64R : kinds[t->kind];
        f->count = s->count;
        f->stride = t->columns;
        f->residual = NULL;
        f->residual_stride = 0;
        f->p = NULL;
        if (!strcmp(t->name, "x")) f->p = s->pos, f->stride = 4;
        else if (!strcmp(t->name, "radius")) f->p = s->pos ? s->pos + 3 : NULL, f->stride = 4;
        else if (!strcmp(t->name, "force")) f->p = s->acc, f->stride = 8;
        else if (!strcmp(t->name, "torque")) f->p = s->acc ? s->acc + 4 : NULL, f->stride = 8;
        else if (!strcmp(t->name, "mass")) f->p = s->mass;
        else if (!strcmp(t->name, "id")) f->p = s->id;
        else if (!strcmp(t->name, "material")) f->p = s->material;
        else {
            size_t offset = !strcmp(t->name, "v") ? 0 : 4 * s->real;
            f->p = s->vel ? (char*)s->vel + offset : NULL;
            f->residual = s->res ? (char*)s->res + offset : NULL;
            f->stride = BRC_MOTION, f->residual_stride = 8;
        }
    }
    for (int k = 0; k < s->user_count; k++) {
        user_field* u = &s->user[k];
        brc_field both = {.columns = 1, .stride = 1, .kind = BRC_F64, .count = s->count, .writable = 1};
        both.p = u->value, both.name = u->name, both.unit = u->unit, both.text = "added by sim:field";
        s->fields[FIELD_COUNT + 2 * k] = both;
        both.p = u->flux, both.name = u->flux_name, both.unit = u->flux_unit, both.writable = s->in_step;
        both.text = "what flowed in during the last step; hooks may add to it";
        s->fields[FIELD_COUNT + 2 * k + 1] = both;
    }
}

brc_status brc_fields_create(brc_sim* s)
{
    s->fields = BRC_NEW(FIELD_COUNT + 2 * BRC_MAX_USER_FIELDS, brc_field); // scripts keep pointers to them
    BRC_CHECK(s->fields, BRC_ERR_MEMORY, "no memory for the fields");
    brc_fields_update(s);
    return BRC_OK;
}

// ---- arrays ----------------------------------------------------------------------------------------------

int brc_particles_columns(brc_sim* s, brc_column c[BRC_COLUMNS_MAX])
{
    c[0] = (brc_column){(void**)&s->pos, 4 * sizeof(double), true};
    c[1] = (brc_column){&s->vel, BRC_MOTION * s->real, true};
    c[2] = (brc_column){&s->res, 8 * s->real, false};
    c[3] = (brc_column){(void**)&s->acc, 8 * sizeof(double), false};
    c[4] = (brc_column){(void**)&s->ref, 4 * sizeof(double), false};
    c[5] = (brc_column){(void**)&s->near_ref, 4 * sizeof(double), false};
    c[6] = (brc_column){(void**)&s->roam, 2 * sizeof(float), true};
    c[7] = (brc_column){(void**)&s->mass, sizeof(double), true};
    c[8] = (brc_column){(void**)&s->id, sizeof(int64_t), true};
    c[9] = (brc_column){(void**)&s->material, sizeof(int32_t), true};
    int n = BRC_COLUMNS;
    for (int k = 0; k < s->user_count; k++) {
        c[n++] = (brc_column){(void**)&s->user[k].value, sizeof(double), true};
        c[n++] = (brc_column){(void**)&s->user[k].flux, sizeof(double), false};
    }
    return n;
}

brc_status brc_particles_reserve(brc_sim* s, int64_t capacity)
{
    if (capacity <= s->capacity) return BRC_OK;
    BRC_CHECK(capacity < INT32_MAX / 8, BRC_ERR_ARGUMENT, "%" PRId64 " particles are more than the %d that fit",
              capacity, INT32_MAX / 8);
    int64_t grown = s->capacity + s->capacity / 2;
    if (grown > capacity) capacity = grown;
    if (capacity < 64) capacity = 64;
    brc_column c[BRC_COLUMNS_MAX];
    const int columns = brc_particles_columns(s, c);
    void* fresh[BRC_COLUMNS_MAX] = {0};
    for (int i = 0; i < columns; i++) {
        fresh[i] = brc_alloc((size_t)capacity * c[i].width);
        if (!fresh[i]) {
            for (int k = 0; k < i; k++) brc_free(fresh[k]);
            BRC_CHECK(false, BRC_ERR_MEMORY, "no memory for %" PRId64 " particles", capacity);
        }
    }
    int64_t there = s->count + s->ghosts; // ghosts that are about to come have been counted
    there = there < s->capacity ? there : s->capacity;
    for (int i = 0; i < columns; i++) {
        if (*c[i].base) memcpy(fresh[i], *c[i].base, (size_t)there * c[i].width);
        brc_free(*c[i].base);
        *c[i].base = fresh[i];
        s->memory += (capacity - s->capacity) * (int64_t)c[i].width;
    }
    s->capacity = capacity;
    brc_fields_update(s);
    return BRC_OK;
}

void brc_particles_free(brc_sim* s)
{
    brc_column c[BRC_COLUMNS_MAX];
    for (int i = 0, n = brc_particles_columns(s, c); i < n; i++) brc_free(*c[i].base);
    s->user_count = 0;
    brc_free(s->fields);
    brc_free(s->map_key);
    brc_free(s->map_slot);
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 31)) * 0x9e3779b97f4a7c15u;
    return x ^ (x >> 29);
}

static brc_status map_make(brc_sim* s)
{
    int64_t size = 64;
    while (size < 2 * s->count + 2) size *= 2;
    if (size > s->map_size) {
        brc_free(s->map_key);
        brc_free(s->map_slot);
        s->map_key = BRC_NEW(size, int64_t);
        s->map_slot = BRC_NEW(size, int32_t);
        s->map_size = s->map_key && s->map_slot ? size : 0;
        BRC_CHECK(s->map_size, BRC_ERR_MEMORY, "no memory for the table of %" PRId64 " ids", s->count);
    }
    memset(s->map_key, 0, (size_t)s->map_size * sizeof(int64_t)); // 0 is no id
    for (int64_t i = 0; i < s->count; i++) {
        if (!brc_alive(s, i)) continue;
        int64_t at = (int64_t)(mix((uint64_t)s->id[i]) & (uint64_t)(s->map_size - 1));
        while (s->map_key[at]) at = (at + 1) & (s->map_size - 1);
        s->map_key[at] = s->id[i];
        s->map_slot[at] = (int32_t)i;
    }
    s->map_valid = true;
    return BRC_OK;
}

int64_t brc_particle_slot(const brc_sim* sim, int64_t id)
{
    brc_sim* s = (brc_sim*)(uintptr_t)sim; // the table is a cache: making it changes nothing that can be seen
    if (id <= 0 || (!s->map_valid && map_make(s) != BRC_OK)) return -1;
    int64_t at = (int64_t)(mix((uint64_t)id) & (uint64_t)(s->map_size - 1));
    while (s->map_key[at]) {
        if (s->map_key[at] == id) return brc_alive(s, s->map_slot[at]) ? s->map_slot[at] : -1;
        at = (at + 1) & (s->map_size - 1);
    }
    return -1;
}

brc_status brc_particle_sizes(brc_sim* s, int64_t count, const int64_t* id, double* out)
{
    memset(out, 0, (size_t)(2 * count) * sizeof *out);
    for (int64_t i = 0; i < count; i++) {
        const int64_t slot = brc_particle_slot(s, id[i]);
        if (slot >= 0) out[2 * i] = s->pos[4 * slot + 3], out[2 * i + 1] = s->mass[slot];
    }
    return brc_shared(s) ? brc_comm_max_real(s->comm, out, 2 * count) : BRC_OK;
}

// ---- adding ----------------------------------------------------------------------------------------------

static brc_status check_new(const brc_sim* s, const brc_add* add, int64_t i)
{
    static const char axis[] = "xyz";
    const double *x = &add->x[3 * i], r = add->radius[i];
    int64_t n = i + 1;
    BRC_CHECK(r > 0 && r < 1e30, BRC_ERR_ARGUMENT, "radius[%" PRId64 "] must be > 0 m, got %g", n, r);
    // 2^20 quanta of the position grid: below that an overlap of 1e-6 radii has no digits.
    BRC_CHECK(r > ldexp(s->x_grid.quantum, 20), BRC_ERR_ARGUMENT,
              "radius[%" PRId64
              "] = %g m is too small for this domain, whose positions have steps of %g m: make the domain "
              "smaller, or the radius > %g m",
              n, r, s->x_grid.quantum, ldexp(s->x_grid.quantum, 20));
    for (int k = 0; k < 3; k++) {
        BRC_CHECK(x[k] >= s->lo[k] && x[k] < s->hi[k], BRC_ERR_ARGUMENT,
                  "particle %" PRId64 " is outside the domain: %c = %g m, allowed is %g to %g m", n, axis[k], x[k],
                  s->lo[k], s->hi[k]);
        BRC_CHECK(!s->options.periodic[k] || 4 * r < s->length[k], BRC_ERR_ARGUMENT,
                  "radius[%" PRId64
                  "] = %g m is too large for the periodic %c axis of %g m: it must be below a quarter of it",
                  n, r, axis[k], s->length[k]);
        BRC_CHECK(!s->options.periodic[k] || 4 * r + 2 * s->reach < s->length[k], BRC_ERR_ARGUMENT,
                  "radius[%" PRId64
                  "] = %g m is too large for the periodic %c axis of %g m with a law that acts across "
                  "a gap of %g m",
                  n, r, axis[k], s->length[k], s->reach);
        double v = add->v ? add->v[3 * i + k] : 0, w = add->w ? add->w[3 * i + k] : 0;
        BRC_CHECK(fabs(v) < 1e9, BRC_ERR_ARGUMENT, "velocity[%" PRId64 "].%c must be below 1e9 m/s, got %g m/s", n,
                  axis[k], v);
        BRC_CHECK(fabs(w) < 1e12, BRC_ERR_ARGUMENT,
                  "angular_velocity[%" PRId64 "].%c must be below 1e12 rad/s, got %g rad/s", n, axis[k], w);
    }
    BRC_CHECK(add->material[i] >= 0 && add->material[i] < s->material_count, BRC_ERR_ARGUMENT,
              "material of particle %" PRId64 " must be 0 to %d, got %d", n, s->material_count - 1, add->material[i]);
    // Single precision holds 1 / inertia down to radii of some nanometres.
    BRC_CHECK(s->real == sizeof(double) ||
                  2.5 / (s->density[add->material[i]] * (4.0 / 3.0 * BRC_PI) * r * r * r * r * r) < 1e38,
              BRC_ERR_ARGUMENT, "radius[%" PRId64 "] = %g m is too small for mixed precision: use double", n, r);
    if (add->id) // scripts and tables see ids as doubles, and the next id must exist
        BRC_CHECK(add->id[i] > 0 && add->id[i] <= INT64_C(1) << 53, BRC_ERR_ARGUMENT,
                  "id[%" PRId64 "] must be > 0 and at most 2^53, got %" PRId64, n, add->id[i]);
    return BRC_OK;
}

static int compare_i64(const void* a, const void* b)
{
    int64_t x = *(const int64_t*)a, y = *(const int64_t*)b;
    return (x > y) - (x < y);
}

static brc_status check_ids(brc_sim* s, const brc_add* add)
{
    int64_t* sorted = BRC_NEW(add->count, int64_t);
    BRC_CHECK(sorted, BRC_ERR_MEMORY, "no memory for %" PRId64 " ids", add->count);
    memcpy(sorted, add->id, (size_t)add->count * sizeof(int64_t));
    qsort(sorted, (size_t)add->count, sizeof(int64_t), compare_i64);
    int64_t twice = 0;
    for (int64_t i = 1; i < add->count && !twice; i++)
        if (sorted[i] == sorted[i - 1]) twice = sorted[i];
    brc_free(sorted);
    BRC_CHECK(!twice, BRC_ERR_ARGUMENT, "id %" PRId64 " is given twice", twice);
    for (int64_t i = 0; i < add->count; i++) {
        BRC_CHECK(add->id[i] >= s->next_id || s->inserted == 0, BRC_ERR_ARGUMENT,
                  "id[%" PRId64 "] = %" PRId64 " may have been used before: new ids start at %" PRId64, i + 1,
                  add->id[i], s->next_id);
    }
    return BRC_OK;
}

// Overlaps among old and new particles, by the grid, after the new ones have been written behind the old ones.
typedef struct overlap_probe {
    const brc_sim* s;
    int64_t self, other;
    double allowed, found;
} overlap_probe;

static void probe_overlap(void* context, int32_t slot)
{
    overlap_probe* p = context;
    if (slot == p->self) return;
    const double *a = p->s->pos + 4 * p->self, *b = p->s->pos + 4 * (int64_t)slot;
    double sum = a[3] + b[3], small = a[3] < b[3] ? a[3] : b[3], d[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
    brc_nearest(p->s, d);
    double r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
    double part = (sum - sqrt(r2)) / small;
    if (part > p->found) p->found = part, p->other = slot;
}

static brc_status check_overlaps(brc_sim* s, int64_t first, double allowed)
{
    brc_status status = brc_grid_make(s, 0, 0);
    if (brc_shared(s)) status = brc_comm_agree(s->comm, status);
    BRC_TRY(status);
    overlap_probe worst = {s, 0, 0, allowed, allowed};
    for (int64_t i = first; i < s->count; i++) {
        overlap_probe p = {s, i, -1, allowed, worst.found};
        brc_grid_visit(s, v3_from(s->pos + 4 * i), s->pos[4 * i + 3], 0, probe_overlap, &p);
        if (p.found > worst.found) worst = p;
    }
    if (brc_shared(s)) { // the rank that has found it tells
        double most = worst.found > 0 ? worst.found : 0;
        BRC_TRY(brc_domain_max(s, &most));
        if (most > worst.found) return BRC_OK;
    }
    if (worst.found <= allowed) return BRC_OK;
    const double* x = s->pos + 4 * worst.self;
    BRC_CHECK(worst.other < first, BRC_ERR_ARGUMENT,
              "particles %" PRId64 " and %" PRId64
              " of the list overlap by %.3g of the smaller radius at (%g, %g, %g) m; allowed is %g",
              worst.self - first + 1, worst.other - first + 1, worst.found, x[0], x[1], x[2], allowed);
    BRC_CHECK(false, BRC_ERR_ARGUMENT,
              "particle %" PRId64 " of the list overlaps particle id %" PRId64
              ", which is already there, by %.3g of the smaller radius at (%g, %g, %g) m; allowed is %g",
              worst.self - first + 1, s->id[worst.other], worst.found, x[0], x[1], x[2], allowed);
}

// Memory that many more particles have taken than are left; where there is none to move them to they stay.
static void give_back(brc_sim* s)
{
    const int64_t capacity = s->count + s->count / 2 + 64;
    brc_column c[BRC_COLUMNS_MAX];
    const int columns = brc_particles_columns(s, c);
    if (s->capacity < 2 * capacity) return;
    for (int i = 0; i < columns; i++) { // a column that stays longer than the others does no harm
        void* fresh = brc_alloc((size_t)capacity * c[i].width);
        if (!fresh) continue;
        if (s->count) memcpy(fresh, *c[i].base, (size_t)s->count * c[i].width);
        brc_free(*c[i].base);
        *c[i].base = fresh;
        s->memory -= (s->capacity - capacity) * (int64_t)c[i].width;
    }
    s->capacity = capacity;
}

// Of particles that all ranks have written alike, from slot first on, each rank keeps those that it owns.
static void keep_own(brc_sim* s, int64_t first)
{
    brc_column c[BRC_COLUMNS_MAX];
    const int columns = brc_particles_columns(s, c);
    int64_t kept = first;
    s->lists_valid = false;
    s->grid.count = 0;
    for (int64_t i = first; i < s->count; i++) {
        if (brc_domain_owner(s, s->pos + 4 * i) != s->comm->rank) continue;
        for (int k = 0; k < columns && i != kept; k++)
            memcpy((char*)*c[k].base + (size_t)kept * c[k].width, (char*)*c[k].base + (size_t)i * c[k].width,
                   c[k].width);
        kept++;
    }
    s->count = kept;
    give_back(s);
    brc_fields_update(s);
}

brc_status brc_particles_add(brc_sim* s, const brc_add* add, int64_t* first_id)
{
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "particles cannot be added in the middle of a step");
    BRC_CHECK(add->count >= 0, BRC_ERR_ARGUMENT, "count must be >= 0, got %" PRId64, add->count);
    for (int64_t i = 0; i < add->count; i++) BRC_TRY(check_new(s, add, i));
    if (add->id) BRC_TRY(check_ids(s, add));
    brc_status status = brc_domain_release(s);
    if (status == BRC_OK) status = brc_particles_reserve(s, s->count + add->count);
    if (brc_shared(s)) status = brc_comm_agree(s->comm, status);
    BRC_TRY(status);

    int64_t first = s->count;
    for (int64_t i = 0; i < add->count; i++) {
        int64_t p = first + i;
        double r = add->radius[i];
        double mass = s->density[add->material[i]] * (4.0 / 3.0 * BRC_PI) * r * r * r;
        for (int k = 0; k < 3; k++) {
            double x = brc_grid_round(s->x_grid, add->x[3 * i + k]);
            if (x >= s->hi[k]) x = s->options.periodic[k] ? x - s->length[k] : x - s->x_grid.quantum;
            s->pos[4 * p + k] = x;
        }
        s->pos[4 * p + 3] = r;
        for (int k = 0; k < BRC_MOTION; k++) brc_real_set(s, s->vel, BRC_MOTION * p + k, 0);
        for (int k = 0; k < 8; k++) {
            s->acc[8 * p + k] = 0;
            brc_real_set(s, s->res, 8 * p + k, 0);
        }
        for (int k = 0; k < 3; k++) {
            brc_particle_velocity_set(s, p, k, add->v ? add->v[3 * i + k] : 0);
            brc_particle_velocity_set(s, p, 4 + k, add->w ? add->w[3 * i + k] : 0);
        }
        brc_particle_inertia_set(s, p, r, mass);
        memcpy(s->ref + 4 * p, s->pos + 4 * p, 4 * sizeof(double));
        memcpy(s->near_ref + 4 * p, s->pos + 4 * p, 4 * sizeof(double));
        s->roam[2 * p] = s->roam[2 * p + 1] = 1;
        s->mass[p] = mass;
        s->id[p] = add->id ? add->id[i] : s->next_id + i;
        s->material[p] = add->material[i];
        for (int k = 0; k < s->user_count; k++) s->user[k].value[p] = s->user[k].birth, s->user[k].flux[p] = 0;
    }
    s->count += add->count;
    s->map_valid = false;
    double radius_before = s->radius_max;
    for (int64_t i = first; i < s->count; i++)
        if (s->pos[4 * i + 3] > s->radius_max) s->radius_max = s->pos[4 * i + 3];
    if (add->allowed_overlap >= 0) {
        status = check_overlaps(s, first, add->allowed_overlap);
        if (brc_shared(s)) status = brc_comm_agree(s->comm, status);
        if (status != BRC_OK) {
            s->count = first; // what lies behind it is not seen by anybody
            s->radius_max = radius_before;
            s->grid.count = 0;
            s->lists_valid = false;
            return status;
        }
        s->lists_valid = false;
    }
    *first_id = add->count ? s->id[first] : s->next_id;
    for (int64_t i = first; i < s->count; i++)
        if (s->id[i] >= s->next_id) s->next_id = s->id[i] + 1;
    if (s->radius_max > radius_before) s->lists_valid = false; // the grid's cells are too small for it
    s->inserted += add->count;
    for (int64_t i = first; i < s->count; i++) brc_book_comes(s, i);
    if (brc_shared(s)) {
        s->sort_due = s->sort_due || add->count > 64;
        keep_own(s, first);
        return BRC_OK;
    }
    if (add->count > (first - s->dead) / 8 + 64) s->lists_valid = false, s->sort_due = true;
    if (s->lists_valid) BRC_TRY(brc_neighbours_append(s, first));
    brc_fields_update(s);
    return BRC_OK;
}

// ---- removing --------------------------------------------------------------------------------------------

void brc_particles_kill(brc_sim* s, int64_t slot)
{
    brc_book_goes(s, slot);
    s->pos[4 * slot + 3] = NAN; // no distance test is true for it
    for (int k = 0; k < 8; k++) s->acc[8 * slot + k] = 0;
    s->dead++;
    s->bonds.slots_valid = false;
}

static brc_status check_there(brc_sim* s, int64_t count, const int64_t* id)
{
    int64_t* there = brc_shared(s) && count > 0 ? BRC_NEW(count, int64_t) : NULL;
    brc_status status = BRC_OK;
    for (int64_t i = 0; i < count && there; i++) there[i] = brc_particle_slot(s, id[i]) >= 0;
    if (there) status = brc_comm_max(s->comm, there, count);
    for (int64_t i = 0; i < count && status == BRC_OK; i++) {
        if (there ? there[i] : brc_particle_slot(s, id[i]) >= 0) continue;
        brc_error_set(__FILE__, __LINE__, __func__, "there is no particle with id %" PRId64, id[i]);
        status = BRC_ERR_ARGUMENT;
    }
    brc_free(there);
    return status;
}

brc_status brc_particles_remove(brc_sim* s, int64_t count, const int64_t* id)
{
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "particles cannot be removed in the middle of a step");
    int64_t killed = 0;
    BRC_TRY(check_there(s, count, id));
    for (int64_t i = 0; i < count; i++) {
        int64_t slot = brc_particle_slot(s, id[i]);
        if (slot < 0) continue; // named twice, or on another rank
        brc_particles_kill(s, slot);
        killed++;
    }
    if (brc_shared(s)) BRC_TRY(brc_domain_sum(s, &killed));
    s->removed += killed;
    s->lists_valid = false;
    BRC_TRY(brc_particles_compact(s));
    return brc_bonds_settle(s);
}

typedef struct sort_key {
    uint64_t key;
    int32_t slot;
} sort_key;

// By key, keeping the order of equals: a radix sort from the lowest digit up, which passes over digits that all have in
// common. Answers where the result is.
static sort_key* sort_keys(sort_key* keys, sort_key* other, int64_t n)
{
    enum { BITS = 11, DIGITS = 1 << BITS };
    int32_t start[DIGITS + 1];
    uint64_t varies = 0;
    for (int64_t i = 1; i < n; i++) varies |= keys[i].key ^ keys[0].key;
    while (varies) {
        int shift = 0;
        while (!(varies >> shift & 1)) shift++;
        memset(start, 0, sizeof start);
        for (int64_t i = 0; i < n; i++) start[(keys[i].key >> shift & (DIGITS - 1)) + 1]++;
        for (int k = 0; k < DIGITS; k++) start[k + 1] += start[k];
        for (int64_t i = 0; i < n; i++) other[start[keys[i].key >> shift & (DIGITS - 1)]++] = keys[i];
        sort_key* sorted = other;
        other = keys, keys = sorted;
        varies &= ~((uint64_t)(DIGITS - 1) << shift);
    }
    return keys;
}

enum { CURVE = 21 }; // bits of a place along each axis, at most

static uint64_t spread(uint64_t x) // CURVE bits to every third place
{
    x = (x | x << 32) & 0x1f00000000ffffu;
    x = (x | x << 16) & 0x1f0000ff0000ffu;
    x = (x | x << 8) & 0x100f00f00f00f00fu;
    x = (x | x << 4) & 0x10c30c30c30c30c3u;
    return (x | x << 2) & 0x1249249249249249u;
}

// How far along a Hilbert curve through 2^(3 bits) cells this one is: cells that follow one another share a face. After
// J. Skilling, Programming the Hilbert curve, AIP Conf. Proc. 707 (2004) 381.
static uint64_t along_curve(uint32_t c[3], int bits)
{
    const uint32_t top = 1u << (bits - 1);
    for (uint32_t q = top; q > 1; q >>= 1)
        for (int k = 0; k < 3; k++) {
            const uint32_t flip = c[k] & q ? q - 1 : 0, swap = (c[0] ^ c[k]) & (q - 1) & (flip ? 0 : ~0u);
            c[0] ^= flip | swap;
            c[k] ^= swap;
        }
    uint32_t turn = 0;
    c[1] ^= c[0], c[2] ^= c[1];
    for (uint32_t q = top; q > 1; q >>= 1) turn ^= c[2] & q ? q - 1 : 0;
    return spread(c[0] ^ turn) << 2 | spread(c[1] ^ turn) << 1 | spread(c[2] ^ turn);
}

static brc_status reserve_remap(brc_sim* s)
{
    if (s->remap_count >= s->capacity) return BRC_OK;
    brc_free(s->remap);
    s->remap = BRC_NEW(s->capacity, int32_t);
    s->remap_count = s->remap ? s->capacity : 0;
    BRC_CHECK(s->remap, BRC_ERR_MEMORY, "no memory to reorder %" PRId64 " particles", s->count);
    return BRC_OK;
}

// The slots of the living along a Hilbert curve through cells of the smallest diameter, equals by id, into `keys`, with
// room for twice the count; answers where they are. It depends on the living only: how long the dead stay is up to
// caches.
static sort_key* order_in_space(const brc_sim* s, sort_key* keys, int64_t* living)
{
    sort_key* other = keys + s->count;
    double smallest = INFINITY, longest = 0;
    int64_t n = 0, last = 0;
    bool ascending = true;
    for (int64_t i = 0; i < s->count; i++) {
        if (!brc_alive(s, i)) continue;
        smallest = s->pos[4 * i + 3] < smallest ? s->pos[4 * i + 3] : smallest;
        ascending = ascending && s->id[i] > last;
        last = s->id[i];
        keys[n++] = (sort_key){(uint64_t)last, (int32_t)i};
    }
    *living = n;
    sort_key* by_id = ascending ? keys : sort_keys(keys, other, n);
    for (int k = 0; k < 3; k++) longest = fmax(longest, s->hi[k] - s->lo[k]);
    const double cells = fmin(longest / (2 * smallest), (1 << CURVE) - 1), per = cells / longest;
    int bits = 1;
    while ((uint32_t)cells >> bits) bits++;
    const double most = (double)((1u << bits) - 1); // for what is outside the domain, with on_exit = "warn"
    for (int64_t i = 0; i < n; i++) {
        const double* x = s->pos + 4 * (int64_t)by_id[i].slot;
        uint32_t c[3];
        for (int k = 0; k < 3; k++) c[k] = (uint32_t)fmin(fmax((x[k] - s->lo[k]) * per, 0), most);
        by_id[i].key = along_curve(c, bits);
    }
    return sort_keys(by_id, by_id == keys ? other : keys, n);
}

// Particles follow s->remap; -1: gone. Where the order stays no particle comes to a higher slot.
static void close_gaps(const brc_sim* s, char* base, size_t width)
{
    for (int64_t k = 0; k < s->count; k++)
        if (s->remap[k] >= 0 && s->remap[k] != k)
            memcpy(base + (size_t)s->remap[k] * width, base + (size_t)k * width, width);
}

static inline void gather_part(char* to, const char* base, size_t width, const sort_key* from, int64_t n)
{
    for (int64_t i = 0; i < n; i++) memcpy(to + (size_t)i * width, base + (size_t)from[i].slot * width, width);
}

// Row i from row from[i].slot, by way of two halves of scratch.
static void gather_rows(char* base, size_t width, const sort_key* from, int64_t n, char* const half[2])
{
    const int64_t count[2] = {n / 2, n - n / 2};
    for (int h = 0; h < 2; h++, from += n / 2) { // a width that the compiler knows is a few moves
        if (width == 8) gather_part(half[h], base, 8, from, count[h]);
        else if (width == 32) gather_part(half[h], base, 32, from, count[h]);
        else if (width == 64) gather_part(half[h], base, 64, from, count[h]);
        else gather_part(half[h], base, width, from, count[h]);
    }
    memcpy(base, half[0], (size_t)count[0] * width);
    memcpy(base + (size_t)count[0] * width, half[1], (size_t)count[1] * width);
}

// The lists are about to go, so the places that they were made at serve as scratch.
static brc_status gather_columns(brc_sim* s, const sort_key* from, int64_t n)
{
    brc_column c[BRC_COLUMNS_MAX];
    const int columns = brc_particles_columns(s, c);
    size_t widest = 0;
    for (int i = 0; i < columns; i++) widest = c[i].width > widest ? c[i].width : widest;
    char *room = NULL, *half[2] = {(char*)s->ref, (char*)s->near_ref};
    if (widest > 8 * sizeof(double) || (n % 2 && n == s->capacity)) { // than two of those, or half a row more
        const size_t part = (size_t)(n / 2 + 1) * widest;
        room = brc_alloc_unset(2 * part);
        BRC_CHECK(room, BRC_ERR_MEMORY, "no memory to reorder %" PRId64 " particles", s->count);
        half[0] = room, half[1] = room + part;
    }
    for (int i = 0; i < columns; i++)
        if (*c[i].base != (void*)s->ref && *c[i].base != (void*)s->near_ref && *c[i].base != (void*)s->roam)
            gather_rows(*c[i].base, c[i].width, from, n, half);
    brc_free(room);
    return BRC_OK;
}

static brc_status sort_columns(brc_sim* s)
{
    sort_key* keys = brc_alloc_unset((size_t)(2 * s->count) * sizeof(sort_key));
    BRC_CHECK(keys, BRC_ERR_MEMORY, "no memory to sort %" PRId64 " particles", s->count);
    int64_t n = 0;
    const sort_key* sorted = order_in_space(s, keys, &n);
    bool moves = n < s->count;
    for (int64_t i = 0; i < s->count && s->dead; i++) s->remap[i] = -1;
    for (int64_t i = 0; i < n; i++) {
        s->remap[sorted[i].slot] = (int32_t)i;
        moves = moves || sorted[i].slot != i;
    }
    const brc_status status = moves ? gather_columns(s, sorted, n) : BRC_OK;
    brc_free(keys);
    return status;
}

static brc_status reorder(brc_sim* s, bool sort)
{
    if (!s->dead && !sort) return BRC_OK;
    BRC_TRY(brc_domain_release(s));
    BRC_TRY(reserve_remap(s));
    if (sort) BRC_TRY(sort_columns(s));
    else {
        int32_t next = 0;
        for (int64_t i = 0; i < s->count; i++) s->remap[i] = brc_alive(s, i) ? next++ : -1;
        brc_column c[BRC_COLUMNS_MAX];
        for (int i = 0, n = brc_particles_columns(s, c); i < n; i++) close_gaps(s, *c[i].base, c[i].width);
    }
    // Lists and touches still speak of old slots: neighbours.c translates them when it remakes the lists.
    brc_near_renumber(s);
    if (brc_shared(s)) brc_domain_renumber(s);
    s->count -= s->dead;
    s->dead = 0;
    s->map_valid = false;
    s->bonds.slots_valid = false;
    s->lists_valid = false;
    s->grid_step = -1;
    if (!brc_shared(s)) { // ranks find it together when they remake the lists
        s->radius_max = 0;
        for (int64_t i = 0; i < s->count; i++)
            if (s->pos[4 * i + 3] > s->radius_max) s->radius_max = s->pos[4 * i + 3];
    }
    brc_fields_update(s);
    return BRC_OK;
}

brc_status brc_particles_compact(brc_sim* s) { return reorder(s, false); }

brc_status brc_particles_settle(brc_sim* s, bool sort)
{
    BRC_TRY(reorder(s, sort && s->count - s->dead >= 1024));
    if (!s->lists_renumbered) brc_near_settle(s);
    s->map_valid = s->bonds.slots_valid = false; // there may be new ones
    brc_fields_update(s);
    return BRC_OK;
}

brc_status brc_particles_sort(brc_sim* s)
{
    bool sort = s->sort_due && s->count - s->dead >= 1024;
    s->sort_due = false;
    return reorder(s, sort);
}

// A script may have moved particles: how far, the near lists have to know.
static void note_displacement(brc_sim* s)
{
    double far2 = 0;
    for (int64_t i = 0; i < s->count && s->lists_valid; i++) {
        if (!brc_alive(s, i)) continue;
        double d2 = 0;
        for (int k = 0; k < 3; k++) {
            const double d = brc_image(s->pos[4 * i + k] - s->near_ref[4 * i + k], s->length[k], s->half[k]);
            d2 += d * d;
        }
        d2 *= (double)s->roam[2 * i + 1] * (double)s->roam[2 * i + 1];
        far2 = d2 > far2 ? d2 : far2;
    }
    s->drift = sqrt(far2) * 1.000001; // a margin for rounding
}

brc_status brc_particles_snap(brc_sim* s)
{
    static const char axis[] = "xyz";
    const double magic = s->x_grid.magic;
    for (int64_t i = 0; i < s->count; i++) {
        double* x = s->pos + 4 * i;
        for (int k = 0; k < 3; k++) {
            double on = (x[k] + magic) - magic;
            if (on == x[k] && on >= s->lo[k] && on < s->hi[k]) continue;
            if (!(x[3] > 0)) break;
            if (s->length[k] > 0 && fabs(on) < s->x_grid.limit && (s->cell.tilted || s->cell.moving)) {
                x[k] = on;
                brc_cell_wrap(s, i);
                on = x[k];
            } else if (s->length[k] > 0 && fabs(on) < s->x_grid.limit) {
                on -= s->length[k] *
                      floor((on - s->lo[k]) / s->length[k]); // exact: a multiple of the quantum in its range
                if (on >= s->hi[k]) on -= s->length[k];
                if (on < s->lo[k]) on += s->length[k];
            }
            BRC_CHECK(fabs(on) < s->x_grid.limit, BRC_ERR_GUARD,
                      "the script set the position of particle id %" PRId64 " to %c = %g m; the domain is %g to %g m",
                      s->id[i], axis[k], x[k], s->lo[k], s->hi[k]);
            x[k] = on;
        }
    }
    note_displacement(s);
    return BRC_OK;
}

// In the middle of a step only forces, torques and fluxes can be written: places and velocities belong half to the old
// and half to the new time there.
bool brc_field_is_open(const brc_sim* s, const brc_field* f, bool locked)
{
    const int64_t k = f - s->fields;
    if (k >= FIELD_COUNT) return locked == ((k - FIELD_COUNT) % 2 == 1);
    const bool force = !strcmp(field_texts[k].name, "force") || !strcmp(field_texts[k].name, "torque");
    return field_texts[k].writable && (force || !locked);
}

void brc_fields_lock(brc_sim* s, bool locked)
{
    for (int k = 0; k < brc_field_count(s); k++) s->fields[k].writable = brc_field_is_open(s, &s->fields[k], locked);
}

void brc_fields_hide(brc_sim* s, int32_t hidden)
{
    brc_fields_update(s);
    for (int i = 0; i < brc_field_count(s) && hidden; i++) s->fields[i].count = 0;
}
