// checkpoint.c -- a simulation as a pack of numbers, and back. Everything that the hash of the state covers is here or
// in the pack functions of the modules, and whatever else a run needs to go on with the same bits. Lists, grids and
// orders are caches and are left out; slots keep their order only because it is one that is good for the memory.
#include "checkpoint.h"
#include "sim.h"
#include <stdio.h>
#include <string.h>

// ---- settings --------------------------------------------------------------------------------------------

static void pack_format(brc_pack* p, brc_sim* s)
{
    int32_t format = BRC_CHECKPOINT_FORMAT, precision = s->options.precision, materials = s->material_count;
    double quantum = s->x_grid.quantum;
    brc_pack_begin(p, "simulation");
    brc_pack_i32(p, &format, 0, INT32_MAX);
    if (p->loading && brc_pack_good(p) && format != BRC_CHECKPOINT_FORMAT) {
        char text[96];
        snprintf(text, sizeof text, "the checkpoint has format %" PRId32 "; this program reads format %d", format,
                 (int)BRC_CHECKPOINT_FORMAT);
        brc_pack_fail(p, BRC_ERR_ARGUMENT, text);
    }
    brc_pack_i32(p, &precision, BRC_MIXED, BRC_DOUBLE);
    brc_pack_i32(p, &materials, 0, BRC_MAX_MATERIALS);
    brc_pack_doubles(p, &quantum, 1);
    if (!p->loading || !brc_pack_good(p)) return;
    if (precision != s->options.precision)
        brc_pack_fail(p, BRC_ERR_ARGUMENT, "the checkpoint was written in the other precision");
    if (materials != s->material_count)
        brc_pack_fail(p, BRC_ERR_ARGUMENT, "the checkpoint has other materials than the simulation");
    if (quantum != s->x_grid.quantum)
        brc_pack_fail(p, BRC_ERR_ARGUMENT, "the checkpoint is of a simulation in another domain");
}

static void pack_settings(brc_pack* p, brc_sim* s)
{
    for (int32_t m = 0; m < s->material_count; m++) {
        double density = s->density[m];
        brc_pack_doubles(p, &density, 1);
        if (p->loading && brc_pack_good(p) && density != s->density[m])
            brc_pack_fail(p, BRC_ERR_ARGUMENT, "the checkpoint has a material of another density");
    }
    brc_pack_within(p, s->options.gravity, 3, 1e9);
    brc_pack_i64(p, &s->step, 0);
    brc_pack_i64(p, &s->step_base, 0);
    brc_pack_within(p, &s->time_base, 1, 1e300);
    brc_pack_within(p, &s->dt, 1, 1e9);
    if (p->loading && brc_pack_good(p) && !(s->dt >= 0 && s->step_base <= s->step))
        brc_pack_fail(p, BRC_ERR_FILE, "the time runs backwards");
    brc_pack_grid(p, &s->f_grid);
    brc_pack_grid(p, &s->t_grid);
    brc_pack_i64(p, &s->next_id, 1);
    brc_pack_i64(p, &s->inserted, 0);
    brc_pack_i64(p, &s->removed, 0);
    brc_pack_i64(p, &s->lost, 0);
    brc_pack_bool(p, &s->overlap_warned);
    brc_pack_bool(p, &s->exit_warned);
}

// Of the last step, for scripts and files that ask before the next one.
static void pack_counters(brc_pack* p, brc_sim* s)
{
    const bool first = s->comm->rank == 0;
    int64_t twice = 0;
    double overlap = 0;
    for (int i = 0; i < s->worker_count && !p->loading; i++) {
        const worker* w = &s->workers[i];
        twice += 2 * w->contacts - w->border_contacts;
        overlap = w->overlap > overlap ? w->overlap : overlap;
    }
    if (!p->loading &&
        (brc_comm_sum(s->comm, &twice, 1) != BRC_OK || brc_comm_max_real(s->comm, &overlap, 1) != BRC_OK))
        brc_pack_fail(p, BRC_ERR_DEVICE, "ranks cannot be reached");
    brc_pack_i64(p, &twice, 0);
    brc_pack_doubles(p, &overlap, 1);
    for (int i = 0; i < s->worker_count && p->loading; i++) {
        worker* w = &s->workers[i];
        w->contacts = i || !first ? 0 : twice / 2, w->border_contacts = 0;
        w->overlap = i ? 0 : overlap;
        w->flags = w->next_flags = 0;
    }
}

// ---- the law ---------------------------------------------------------------------------------------------

static const brc_law* law_named(const brc_sim* s, int32_t own, const char* name)
{
    const brc_law* law = NULL;
    if (own > 0) { // the script has defined it again, in the same order, or it alone
        if (brc_law_find(s, brc_law_total + own - 1, &law) == BRC_OK && !strcmp(law->info.name, name)) return law;
        for (int32_t k = 0; k < s->own_law_count; k++)
            if (brc_law_find(s, brc_law_total + k, &law) == BRC_OK && !strcmp(law->info.name, name)) return law;
        return NULL;
    }
    for (int32_t k = 0; k < brc_law_total; k++)
        if (!strcmp(brc_laws[k].info.name, name)) return &brc_laws[k];
    return NULL;
}

static void pack_law(brc_pack* p, brc_sim* s)
{
    bool there = s->law != NULL;
    int32_t own = 0;
    char name[256] = "";
    if (there && !p->loading) {
        const brc_law* l;
        for (int32_t k = 0; k < s->own_law_count && !own; k++)
            if (brc_law_find(s, brc_law_total + k, &l) == BRC_OK && l == s->law) own = k + 1;
        snprintf(name, sizeof name, "%s", s->law->info.name);
    }
    brc_pack_bool(p, &there);
    if (!there || !brc_pack_good(p)) return;
    brc_pack_i32(p, &own, 0, INT32_MAX);
    brc_pack_text(p, name, sizeof name);
    brc_pack_i32(p, &s->law_materials, 0, BRC_MAX_MATERIALS);
    const brc_law* law = p->loading && brc_pack_good(p) ? law_named(s, own, name) : s->law;
    if (!law) {
        char text[320];
        snprintf(text, sizeof text, "the checkpoint has the contact law '%s', which the simulation does not know",
                 name);
        brc_pack_fail(p, BRC_ERR_ARGUMENT, text);
    }
    int32_t coefficients = brc_pack_good(p) ? law->info.coefficient_count : 0;
    const int32_t wanted = coefficients;
    brc_pack_i32(p, &coefficients, 0, 1 << 16);
    if (p->loading && (coefficients != wanted || s->law_materials > s->material_count))
        brc_pack_fail(p, BRC_ERR_ARGUMENT, "the contact law of the checkpoint has other coefficients");
    if (!brc_pack_good(p)) return;
    const int64_t pairs = (int64_t)s->law_materials * s->law_materials, n = wanted * pairs;
    if (p->loading) {
        void* fresh = brc_alloc((size_t)(n + 1) * s->real);
        if (!fresh) {
            brc_pack_fail(p, BRC_ERR_MEMORY, "no memory for coefficients");
            return;
        }
        brc_free(s->coefficients);
        s->coefficients = fresh;
        s->law = law;
        s->program = brc_law_program(s, law);
        s->history_count = law->info.history_count;
        for (int i = 0; i < s->worker_count; i++) s->workers[i].registers.fresh = true;
    }
    for (int64_t i = 0; i < n; i++) {
        double value = p->loading ? 0 : brc_real_get(s, s->coefficients, i);
        brc_pack_within(p, &value, 1, 3e38);
        if (p->loading) brc_real_set(s, s->coefficients, i, value);
    }
    for (int j = 0; j < BRC_MAX_LAW_FIELDS; j++)
        brc_pack_i32(p, &s->law_field[j], 0, s->user_count > 0 ? s->user_count - 1 : 0);
    brc_pack_doubles(p, &s->reach, 1);
    if (p->loading && brc_pack_good(p) && !(s->reach >= 0 && s->reach < 1e30))
        brc_pack_fail(p, BRC_ERR_FILE, "the reach of the law");
    brc_pack_doubles(p, s->reaches, pairs);
    for (int64_t i = 0; i < pairs && p->loading && brc_pack_good(p); i++)
        if (!(s->reaches[i] >= 0 && s->reaches[i] <= s->reach)) brc_pack_fail(p, BRC_ERR_FILE, "the reach of the law");
}

// ---- particles -------------------------------------------------------------------------------------------

// Columns of a particle's numbers, beside id and material: where they are in the arrays.
enum { PLACE = 0, RADIUS = 3, MASS = 4, FORCE = 5, TORQUE = 8, VALUES = 11, MOTION = 12 };

static void save_particles(brc_pack* p, const brc_sim* s)
{
    const int64_t n = s->count - s->dead;
    const int fields = s->user_count;
    int64_t* id = brc_pack_room(p, "particles.id", 'l', n);
    int32_t* material = brc_pack_room(p, "particles.material", 'i', n);
    double* value = brc_pack_room(p, "particles.values", 'd', n * VALUES);
    double* user = brc_pack_room(p, "particles.fields", 'd', 2 * n * fields);
    // velocity and angular velocity, then what the precision of the run could not hold of them
    void* motion = brc_pack_room(p, "particles.motion", s->real == 4 ? 'f' : 'd', n * MOTION);
    if (!brc_pack_good(p)) return;
    int64_t at = 0;
    for (int64_t i = 0; i < s->count; i++) {
        if (!brc_alive(s, i)) continue;
        double* row = value + at * VALUES;
        id[at] = s->id[i], material[at] = s->material[i];
        row[RADIUS] = s->pos[4 * i + 3], row[MASS] = s->mass[i];
        for (int c = 0; c < 3; c++) {
            row[PLACE + c] = s->pos[4 * i + c];
            row[FORCE + c] = s->acc[8 * i + c], row[TORQUE + c] = s->acc[8 * i + 4 + c];
            for (int turn = 0; turn < 2; turn++) {
                brc_real_set(s, motion, at * MOTION + 3 * turn + c,
                             brc_real_get(s, s->vel, BRC_MOTION * i + 4 * turn + c));
                brc_real_set(s, motion, at * MOTION + 6 + 3 * turn + c, brc_real_get(s, s->res, 8 * i + 4 * turn + c));
            }
        }
        for (int f = 0; f < fields; f++) {
            user[2 * (at * fields + f)] = s->user[f].value[i];
            user[2 * (at * fields + f) + 1] = s->user[f].flux[i];
        }
        at++;
    }
}

// As brc_particles_add and the guards leave it: what the arithmetic of a step relies on.
static bool sound(const brc_sim* s, int64_t id, int32_t material, const double* row)
{
    const double r = row[RADIUS], m = row[MASS];
    if (!(id > 0 && id < s->next_id && material >= 0 && material < s->material_count)) return false;
    if (!(r > ldexp(s->x_grid.quantum, 20) && r < 1e30 && m > 0 && m < 1e38)) return false;
    const double most = s->real == sizeof(double) ? 1e300 : 1e38;
    if (!(1 / m < most && 2.5 / (m * r * r) < most)) return false;
    for (int c = 0; c < 3; c++) {
        const double x = row[PLACE + c];
        if (!(fabs(x) < s->x_grid.limit && brc_grid_round(s->x_grid, x) == x)) return false;
        if (s->options.periodic[c] && !(x >= s->lo[c] && x < s->hi[c] && 4 * r + 2 * s->reach < s->length[c]))
            return false;
        if (!(fabs(row[FORCE + c]) < s->f_grid.limit && fabs(row[TORQUE + c]) < s->t_grid.limit)) return false;
    }
    return true;
}

static void load_particles(brc_pack* p, brc_sim* s)
{
    int64_t n = 0;
    const int fields = s->user_count;
    const int64_t* id = brc_pack_block(p, "particles.id", 'l', -1, &n);
    const int32_t* material = brc_pack_block(p, "particles.material", 'i', n, NULL);
    const double* value = brc_pack_block(p, "particles.values", 'd', n * VALUES, NULL);
    const double* user = brc_pack_block(p, "particles.fields", 'd', 2 * n * fields, NULL);
    const void* motion = brc_pack_block(p, "particles.motion", s->real == 4 ? 'f' : 'd', n * MOTION, NULL);
    if (!brc_pack_good(p)) return;
    s->count = s->dead = s->ghosts = 0;
    if (brc_particles_reserve(s, n) != BRC_OK) {
        brc_pack_fail(p, BRC_ERR_MEMORY, "no memory for particles");
        return;
    }
    s->radius_max = 0;
    for (int64_t i = 0; i < n; i++) {
        const double *row = value + i * VALUES, r = row[RADIUS];
        if (!sound(s, id[i], material[i], row)) {
            brc_pack_fail(p, BRC_ERR_FILE, "a particle that cannot be");
            return;
        }
        s->id[i] = id[i], s->material[i] = material[i], s->mass[i] = row[MASS];
        s->pos[4 * i + 3] = r;
        for (int c = 0; c < 3; c++) {
            s->pos[4 * i + c] = row[PLACE + c];
            s->acc[8 * i + c] = row[FORCE + c], s->acc[8 * i + 4 + c] = row[TORQUE + c];
        }
        s->acc[8 * i + 3] = s->acc[8 * i + 7] = 0;
        for (int k = 0; k < BRC_MOTION; k++) brc_real_set(s, s->vel, BRC_MOTION * i + k, 0);
        for (int k = 0; k < 8; k++) brc_real_set(s, s->res, 8 * i + k, 0);
        for (int c = 0; c < 3; c++)
            for (int turn = 0; turn < 2; turn++) {
                brc_real_set(s, s->vel, BRC_MOTION * i + 4 * turn + c,
                             brc_real_get(s, motion, i * MOTION + 3 * turn + c));
                brc_real_set(s, s->res, 8 * i + 4 * turn + c, brc_real_get(s, motion, i * MOTION + 6 + 3 * turn + c));
            }
        brc_particle_inertia_set(s, i, r, row[MASS]);
        for (int f = 0; f < fields; f++) {
            s->user[f].value[i] = user[2 * (i * fields + f)];
            s->user[f].flux[i] = user[2 * (i * fields + f) + 1];
        }
        memcpy(s->ref + 4 * i, s->pos + 4 * i, 4 * sizeof(double));
        memcpy(s->near_ref + 4 * i, s->pos + 4 * i, 4 * sizeof(double));
        s->radius_max = r > s->radius_max ? r : s->radius_max;
    }
    s->count = n;
    s->map_valid = false;
    for (int64_t i = 0; i < n; i++)
        if (brc_particle_slot(s, id[i]) != i) {
            brc_pack_fail(p, BRC_ERR_FILE, "two particles with the same id");
            return;
        }
    s->bonds.slots_valid = false;
    s->lists_valid = false, s->sort_due = false, s->moved_on = false;
    s->grid.count = 0, s->grid_step = -1, s->drift = 0;
    brc_neighbours_share(s);
    brc_fields_update(s);
}

// ---- contacts --------------------------------------------------------------------------------------------

static bool kept(const brc_sim* s, const worker* w, int l, int64_t k) // of two copies of a pair one
{
    const near_list* list = &w->near[l];
    return brc_near_kept(s, w, list, k) && list->a[k] < s->count && brc_alive(s, list->a[k]) &&
           brc_alive(s, list->b[k]);
}

static void put_history(const brc_sim* s, void* to, int64_t row, void* const* from, int64_t k)
{
    for (int h = 0; h < s->history_count; h++)
        memcpy((char*)to + (size_t)(row * s->history_count + h) * s->real, (char*)from[h] + (size_t)k * s->real,
               s->real);
}

static void get_history(const brc_sim* s, void* const* to, int64_t k, const void* from, int64_t row)
{
    for (int h = 0; h < s->history_count; h++)
        memcpy((char*)to[h] + (size_t)k * s->real, (const char*)from + (size_t)(row * s->history_count + h) * s->real,
               s->real);
}

static void save_contacts(brc_pack* p, const brc_sim* s)
{
    const char real = s->real == 4 ? 'f' : 'd';
    int64_t pairs = 0, touches = 0, at = 0;
    for (int i = 0; i < s->worker_count; i++) {
        const worker* w = &s->workers[i];
        for (int l = 0; l < BRC_NEAR_LISTS; l++)
            for (int64_t k = 0; k < w->near[l].count; k++) pairs += kept(s, w, l, k);
        for (int64_t k = 0; k < w->touches.count; k++) touches += w->touches.touch[k].slot >= 0;
    }
    int64_t* ids = brc_pack_room(p, "contacts.ids", 'l', 2 * pairs);
    void* history = brc_pack_room(p, "contacts.history", real, pairs * s->history_count);
    int64_t* touch = brc_pack_room(p, "touches.ids", 'l', 3 * touches); // particle, wall, feature
    double* shape = brc_pack_room(p, "touches.shape", 'd', 4 * touches);
    void* wall_history = brc_pack_room(p, "touches.history", real, touches * s->history_count);
    if (!brc_pack_good(p)) return;
    for (int i = 0; i < s->worker_count; i++) {
        const worker* w = &s->workers[i];
        for (int l = 0; l < BRC_NEAR_LISTS; l++)
            for (int64_t k = 0; k < w->near[l].count; k++) {
                if (!kept(s, w, l, k)) continue;
                ids[2 * at] = s->id[w->near[l].a[k]], ids[2 * at + 1] = s->id[w->near[l].b[k]];
                put_history(s, history, at++, w->near[l].history, k);
            }
    }
    at = 0;
    for (int i = 0; i < s->worker_count; i++) {
        const worker* w = &s->workers[i];
        for (int64_t k = 0; k < w->touches.count; k++) {
            const wall_touch* t = &w->touches.touch[k];
            if (t->slot < 0) continue;
            touch[3 * at] = s->id[t->slot], touch[3 * at + 1] = t->wall, touch[3 * at + 2] = t->feature;
            shape[4 * at] = t->overlap;
            v3_to(shape + 4 * at + 1, t->n);
            put_history(s, wall_history, at++, w->touches.history, k);
        }
    }
}

// Into the lists of the first worker, as lists that are to be carried over: the next step makes new ones of them.
static void load_contacts(brc_pack* p, brc_sim* s)
{
    const char real = s->real == 4 ? 'f' : 'd';
    int64_t two = 0, three = 0;
    brc_near_drop(s);
    const int64_t* ids = brc_pack_block(p, "contacts.ids", 'l', -1, &two);
    const int64_t pairs = two / 2;
    const void* history = brc_pack_block(p, "contacts.history", real, pairs * s->history_count, NULL);
    const int64_t* touch = brc_pack_block(p, "touches.ids", 'l', -1, &three);
    const int64_t touches = three / 3;
    const double* shape = brc_pack_block(p, "touches.shape", 'd', 4 * touches, NULL);
    const void* wall_history = brc_pack_block(p, "touches.history", real, touches * s->history_count, NULL);
    if (!brc_pack_good(p)) return;
    worker* w = &s->workers[0];
    near_list* list = &w->near[BRC_BORDER];
    if (brc_near_reserve(s, list, pairs) != BRC_OK || brc_touches_reserve(s, &w->touches, touches) != BRC_OK) {
        brc_pack_fail(p, BRC_ERR_MEMORY, "no memory for contacts");
        return;
    }
    for (int64_t i = 0; i < pairs; i++) {
        const int64_t a = brc_particle_slot(s, ids[2 * i]), b = brc_particle_slot(s, ids[2 * i + 1]), k = list->count;
        const bool here = a >= 0 && b >= 0, shared = s->comm->size > 1 && (a >= 0 || b >= 0);
        if ((!here && !shared) || ids[2 * i] >= ids[2 * i + 1]) {
            brc_pack_fail(p, BRC_ERR_FILE, "a contact of particles that are not there");
            return;
        }
        if (!here) { // with another rank's
            const char* row = (const char*)history + (size_t)(i * s->history_count) * s->real;
            if (brc_domain_park(s, ids[2 * i + (a >= 0)], (int32_t)(a >= 0 ? a : b), a >= 0, row) != BRC_OK)
                brc_pack_fail(p, BRC_ERR_MEMORY, "no memory for contacts");
            continue;
        }
        list->a[k] = (int32_t)a, list->b[k] = (int32_t)b, list->touching[k] = 1, list->row[k] = (int32_t)k;
        get_history(s, list->history, k, history, i);
        list->count++;
    }
    for (int64_t k = 0; k < touches; k++) {
        const int64_t* row = touch + 3 * k;
        int64_t slot = brc_particle_slot(s, row[0]);
        bool there = slot >= 0 && row[1] >= 0 && row[1] < s->wall_count && row[2] >= 0 && row[2] <= UINT32_MAX;
        if (!there) {
            brc_pack_fail(p, BRC_ERR_FILE, "a contact with a wall that is not there");
            return;
        }
        w->touches.touch[k] =
            (wall_touch){(int32_t)slot, (int32_t)row[1], (uint32_t)row[2], shape[4 * k], v3_from(shape + 4 * k + 1)};
        get_history(s, w->touches.history, k, wall_history, k);
    }
    w->touches.count = touches;
    s->lists_renumbered = true;
}

// ---- all of it -------------------------------------------------------------------------------------------

brc_status brc_sim_pack(brc_sim* s, brc_pack* p)
{
    BRC_CHECK(!s->in_step && !s->moved_on, BRC_ERR_STATE, "checkpoints are made between steps");
    BRC_CHECK(!s->failed, BRC_ERR_STATE, "this simulation was stopped by an error in the middle of a step");
    if (p->loading) brc_network_expire(s);
    else BRC_TRY(brc_contacts_settle(s));
    pack_format(p, s);
    pack_settings(p, s);
    pack_counters(p, s);
    pack_law(p, s);
    brc_pack_end(p);
    brc_cell_pack(p, s);
    brc_user_fields_pack(p, s);
    if (p->loading) load_particles(p, s);
    else save_particles(p, s);
    brc_bonds_pack(p, s);
    brc_boundary_pack(p, s);
    if (p->loading) load_contacts(p, s);
    else save_contacts(p, s);
    brc_particle_kernels_pack(p, s);
    brc_book_pack(p, s);
    if (p->loading && p->status != BRC_OK) s->failed = true;
    return p->status;
}

// ---- for the bindings ------------------------------------------------------------------------------------

static brc_status pack_all(brc_sim* s, const brc_writing_def* def, brc_pack* p)
{
    BRC_TRY(brc_comm_agree(s->comm, brc_sim_pack(s, p)));
    if (s->comm->size > 1) BRC_TRY(brc_pack_gather(s->comm, p));
    char* room = s->comm->rank == 0 ? brc_pack_room(p, "script", 'b', def->length) : NULL;
    if (room) memcpy(room, def->text, (size_t)def->length);
    return p->status;
}

static brc_status begin(brc_sim* s, const brc_writing_def* def, brc_pack* p, brc_writing** out)
{
    int32_t count = 0;
    int* descriptor = BRC_NEW(def->output_count + 1, int);
    BRC_CHECK(descriptor, BRC_ERR_MEMORY, "no memory for a checkpoint");
    for (int32_t i = 0; i < def->output_count; i++) {
        descriptor[count] = brc_output_descriptor(def->outputs[i]);
        count += descriptor[count] >= 0;
    }
    brc_status status = brc_pack_write(p, def->path, def->older, def->compress, descriptor, count, out);
    brc_free(descriptor);
    if (status == BRC_OK) brc_writing_share(*out, s->comm);
    return status;
}

brc_status brc_checkpoint_begin(brc_sim* s, const brc_writing_def* def, brc_writing** out)
{
    brc_pack p = {.loading = false};
    *out = NULL;
    brc_status status = pack_all(s, def, &p);
    if (status == BRC_OK && s->comm->rank == 0) status = begin(s, def, &p, out);
    if (status == BRC_OK && s->comm->rank) {
        *out = brc_writing_elsewhere(s->comm);
        if (!*out) brc_error_set(__FILE__, __LINE__, __func__, "no memory for a checkpoint");
        status = *out ? BRC_OK : BRC_ERR_MEMORY;
    }
    brc_pack_free(&p);
    status = brc_comm_agree(s->comm, status);
    if (status != BRC_OK) brc_writing_drop(*out), *out = NULL;
    return status;
}

struct brc_checkpoint {
    brc_pack pack;
    bool dealt;
};

brc_status brc_checkpoint_open(brc_comm* comm, const char* path, brc_checkpoint** out)
{
    if (!comm) comm = brc_comm_null();
    brc_checkpoint* c = BRC_NEW(1, brc_checkpoint);
    if (!c) brc_error_set(__FILE__, __LINE__, __func__, "no memory for a checkpoint");
    brc_status status = brc_comm_agree(comm, c ? BRC_OK : BRC_ERR_MEMORY);
    if (status == BRC_OK && comm->rank == 0) status = brc_pack_read(path, &c->pack);
    if (status == BRC_OK && comm->rank == 0) (void)brc_pack_block(&c->pack, "script", 'b', -1, NULL);
    if (status == BRC_OK) status = c->pack.status;
    if (comm->size > 1) {
        status = brc_comm_agree(comm, status);
        if (status == BRC_OK) status = brc_pack_tell(comm, &c->pack);
    }
    if (status == BRC_OK) *out = c;
    else brc_checkpoint_close(c);
    return status;
}

const char* brc_checkpoint_text(const brc_checkpoint* c, int64_t* length)
{
    const brc_block* b = brc_pack_find(&c->pack, "script");
    *length = b->count;
    return b->data;
}

brc_status brc_checkpoint_load(brc_checkpoint* c, brc_sim* s)
{
    const bool shared = s->comm->size > 1;
    BRC_CHECK(!c->dealt, BRC_ERR_STATE, "a checkpoint is loaded once on several ranks: open it again");
    if (shared) BRC_TRY(brc_pack_deal(s->comm, &c->pack));
    c->dealt = shared;
    brc_status status = brc_comm_agree(s->comm, brc_sim_pack(s, &c->pack));
    if (status == BRC_OK && shared) status = brc_neighbours_migrate(s);
    // Contacts find their lists now: a second migration, in the next step, would lose those that wait for a ghost.
    if (status == BRC_OK && shared) status = brc_contacts_settle(s);
    s->failed = s->failed || status != BRC_OK;
    BRC_TRY(status);
    brc_fields_hide(s, 0);
    return BRC_OK;
}

void brc_checkpoint_close(brc_checkpoint* c)
{
    if (!c) return;
    brc_pack_free(&c->pack);
    brc_free(c);
}
