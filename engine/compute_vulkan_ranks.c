// compute_vulkan_ranks.c -- steps of a simulation that several ranks share, each on a device of its own: a rank's own
// particles and, behind them, copies of those of others that may touch them before rows are made anew. In each step the
// host fetches the places and velocities that other ranks know, has them exchanged (domain.c), and writes what has
// come. In the middle of a step a function of the script may look, and add forces.
//
// All ranks do the same at the same time, by reduced numbers. Where somebody has to look at particles (one is outside,
// may have crossed a meter, or is in an outlet, particles are to be sorted, a stream has something to insert) the state
// comes home on all of them, and the processors do that step as ever. When rows may no longer hold every contact on any
// of them, particles go to their owners, and new copies come.
#include "compute_vulkan_parts.h"
#include <string.h>

enum { VIRIAL_SUMS = 9, KINETIC_SUMS = 10 };
enum next { GOES_ON, AT_HOME, REDO }; // REDO: the processors do this step again, from the state that was last here

// A failure of one rank's device is one of all; *lost: the processors can go on. Where a device has refused what it was
// asked for, and is still there, they do so up to the end of the step, and the run ends with what it said (redo).
static brc_status agree(brc_device* d, brc_sim* s, brc_status status, bool* lost)
{
    const bool gone = status != BRC_OK && brc_gpu_lost(d->gpu), refuses = status == BRC_ERR_DEVICE && !gone;
    int64_t v[3] = {status != BRC_OK && !gone && !refuses, gone, refuses};
    BRC_TRY(brc_comm_max(s->comm, v, 3));
    *lost = v[1] || v[2];
    if (v[0]) return brc_comm_agree(s->comm, status);
    if (!v[2]) return BRC_OK;
    const brc_status told = brc_comm_agree(s->comm, refuses ? status : BRC_OK);
    if (told != BRC_ERR_DEVICE) return told;
    brc_device_refuse(d);
    return BRC_OK;
}

// ---- there -----------------------------------------------------------------------------------------------

// [bytes] of a particle that other ranks know: place, velocities, the law's fields.
static int64_t row_told(const brc_sim* s) { return 32 + (int64_t)s->real * BRC_MOTION + 8 * s->law->info.field_count; }

static brc_status make_known(brc_device* d, brc_sim* s)
{
    const int64_t count = s->domain.send_count, row = row_told(s);
    BRC_TRY(brc_device_room(d, &d->known, 4 * count + 8, "slots that other ranks know"));
    BRC_TRY(brc_device_room(d, &d->told, row * count + 8, "particles that other ranks know"));
    return brc_gpu_write(d->gpu, d->known, 0, s->domain.send, 4 * count);
}

// Particles to their owners, copies of those near them, and all of it to the device. *none: some rank has none.
static brc_status set_out(brc_device* d, brc_sim* s, bool* none, bool* lost)
{
    BRC_TRY(brc_bonds_settle(s));
    BRC_TRY(brc_neighbours_migrate(s));
    *none = s->count == 0;
    BRC_TRY(brc_domain_any(s, none));
    if (*none) return BRC_OK;
    const double skin = s->options.skin > 0 ? s->options.skin : 0.2 * s->domain.mean_radius;
    BRC_TRY(brc_neighbours_surround(s, (skin + s->reach) * 1.00001, 0));
    brc_status status = brc_domain_unpark(s);
    brc_neighbours_share(s);
    if (status == BRC_OK) status = brc_device_upload(d, s, s->step + 1);
    if (status == BRC_OK) status = make_known(d, s);
    if (status == BRC_OK) d->away.is = true;
    return agree(d, s, status, lost);
}

// ---- and back --------------------------------------------------------------------------------------------

static brc_status come_home(brc_device* d, brc_sim* s, const uint32_t status[STATUS_WORDS], bool* lost)
{
    device_back back;
    brc_status result = agree(d, s, brc_device_read(d, s, status, false, &back), lost);
    if (result == BRC_OK && !*lost) result = brc_comm_agree(s->comm, brc_device_put(d, s, status, false, &back));
    brc_device_back_free(&back);
    if (result != BRC_OK || *lost) return result;
    BRC_TRY(brc_device_bonds_part(d, s));
    brc_domain_looked(s);
    brc_device_forget(d);
    brc_fields_update(s);
    return BRC_OK;
}

// After a drift: the state comes home, and who has crossed a meter is counted.
static brc_status look(brc_device* d, brc_sim* s, const uint32_t status[STATUS_WORDS], bool meters, bool* lost)
{
    double* from = NULL; // in a cell that is tilted or deforms the device keeps the places of before
    brc_status result = BRC_OK;
    if (meters && d->in_cell) {
        from = BRC_NEW(3 * s->count + 1, double);
        if (from) result = brc_gpu_read(d->gpu, d->from, 0, from, 24 * s->count);
        else {
            brc_error_set(__FILE__, __LINE__, __func__, "no memory for meters");
            result = BRC_ERR_MEMORY;
        }
    }
    result = agree(d, s, result, lost);
    if (result == BRC_OK && !*lost) result = come_home(d, s, status, lost);
    if (result == BRC_OK && !*lost && meters) result = brc_meters_drifted(s, from);
    brc_free(from);
    return result;
}

// A whole step is done, and outlets may take somebody.
static brc_status end_step(brc_sim* s)
{
    BRC_TRY(brc_book_let_go(s));
    s->step--;           // under way until they have looked
    s->domain.flags = 0; // nobody is astray: the processors would do this step
    const brc_status status = brc_exits_find(s);
    BRC_TRY(brc_comm_agree(s->comm, status));
    s->domain.leaving = s->leaving_count, s->domain.astray = 0;
    BRC_TRY(brc_domain_sum(s, &s->domain.leaving));
    s->step++;
    BRC_TRY(brc_exits_look(s));
    return brc_bonds_settle(s);
}

static brc_status redo(brc_device* d, brc_sim* s, int64_t until)
{
    const bool lost = brc_gpu_lost(d->gpu);
    if (lost) brc_device_warn_lost(d, s);
    brc_device_retreat(d, s);
    BRC_TRY(brc_comm_agree(s->comm, brc_domain_release(s)));
    s->domain.next_flags = 0;
    const int64_t from = s->step;
    const brc_status status = brc_device_replay(d, s, until);
    d->redone += s->step - from;
    BRC_TRY(status);
    BRC_TRY(brc_comm_agree(s->comm, lost ? brc_device_reopen(d, s) : BRC_OK));
    return brc_device_refused(s);
}

// ---- a step ----------------------------------------------------------------------------------------------

static brc_status read_kinetic(brc_device* d, int64_t sum[KINETIC_SUMS])
{
    BRC_TRY(brc_gpu_begin(d->gpu));
    BRC_TRY(brc_device_cell_kinetic(d, 1));
    BRC_TRY(brc_gpu_finish(d->gpu, NULL, NULL));
    return brc_gpu_read(d->gpu, d->status, 4 * STATUS_KINETIC, sum, 8 * KINETIC_SUMS);
}

// For the servo of a cell: the sums over the particles of all ranks, to each device. result: of this rank so far.
static brc_status share_kinetic(brc_device* d, brc_sim* s, brc_status* result)
{
    int64_t sum[KINETIC_SUMS] = {0};
    if (!brc_device_cell_servo(s)) return BRC_OK;
    if (*result == BRC_OK) *result = read_kinetic(d, sum);
    BRC_TRY(brc_comm_sum(s->comm, sum, KINETIC_SUMS));
    if (*result == BRC_OK) *result = brc_gpu_write(d->gpu, d->status, 4 * STATUS_KINETIC, sum, sizeof sum);
    return BRC_OK;
}

static brc_status begin_step(brc_device* d, const brc_sim* s)
{
    const uint32_t target[2] = {(uint32_t)(s->step + 1 - d->base), STOP_NOT}, none = 0;
    BRC_TRY(brc_gpu_write(d->gpu, d->status, 4 * TARGET, target, sizeof target));
    return brc_gpu_write(d->gpu, d->status, 4 * CONTACTS, &none, sizeof none);
}

static brc_status drift(brc_device* d, const brc_sim* s, uint32_t status[STATUS_WORDS])
{
    BRC_TRY(brc_gpu_begin(d->gpu));
    BRC_TRY(brc_device_run_move(d, s, 1));
    BRC_TRY(brc_gpu_finish(d->gpu, NULL, NULL));
    return brc_device_status(d, status);
}

// Own particles that others know, into the host's arrays.
static brc_status fetch_known(brc_device* d, brc_sim* s)
{
    const int64_t count = s->domain.send_count, width = (int64_t)s->real * BRC_MOTION;
    const int fields = s->law->info.field_count;
    brc_gpu_buffer* const buffers[5] = {d->pos, d->vel, d->known, d->told, d->values};
    const uint32_t push[4] = {(uint32_t)count, (uint32_t)(width / 4), (uint32_t)fields, (uint32_t)d->n.everyone};
    BRC_TRY(brc_device_keep(d, s, COLUMN_POS));
    BRC_TRY(brc_device_keep(d, s, COLUMN_VEL));
    for (int j = 0; j < fields; j++) BRC_TRY(brc_device_keep(d, s, BRC_COLUMNS + 2 * s->law_field[j]));
    if (!count) return BRC_OK;
    char* known = brc_alloc_unset((size_t)(row_told(s) * count));
    BRC_CHECK(known, BRC_ERR_MEMORY, "no memory for what ranks tell each other");
    brc_status status = brc_gpu_begin(d->gpu);
    if (status == BRC_OK) status = brc_gpu_run(d->gpu, d->tell, buffers, push, sizeof push, count);
    if (status == BRC_OK) status = brc_gpu_finish(d->gpu, NULL, NULL);
    if (status == BRC_OK) status = brc_gpu_read(d->gpu, d->told, 0, known, row_told(s) * count);
    const char* values = known + (32 + width) * count;
    for (int64_t k = 0; k < count && status == BRC_OK; k++) {
        const int64_t slot = s->domain.send[k];
        memcpy(s->pos + 4 * slot, known + 32 * k, 32);
        memcpy((char*)s->vel + width * slot, known + 32 * count + width * k, (size_t)width);
        for (int j = 0; j < fields; j++) memcpy(&s->user[s->law_field[j]].value[slot], values + 8 * (j * count + k), 8);
    }
    brc_free(known);
    return status;
}

static brc_status write_ghosts(brc_device* d, const brc_sim* s)
{
    const int64_t width = (int64_t)s->real * BRC_MOTION, n = s->count;
    BRC_TRY(brc_gpu_write(d->gpu, d->pos, 32 * n, s->pos + 4 * n, 32 * s->ghosts));
    for (int j = 0; j < s->law->info.field_count; j++)
        BRC_TRY(brc_gpu_write(d->gpu, d->values, 8 * ((int64_t)d->n.everyone * j + n),
                              s->user[s->law_field[j]].value + n, 8 * s->ghosts));
    return brc_gpu_write(d->gpu, d->vel, width * n, (char*)s->vel + width * n, width * s->ghosts);
}

static brc_status run_forces(brc_device* d, brc_sim* s, uint32_t status[STATUS_WORDS])
{
    const int64_t sums = (int64_t)8 * WALL_WORDS * s->wall_count;
    int steps;
    for (;;) {
        BRC_TRY(brc_device_walls_poses(d, s, s->step, 1, &steps));
        BRC_TRY(brc_device_room(d, &d->sums, sums + 8, "sums of walls"));
        BRC_TRY(brc_device_book_room(d, s));
        BRC_TRY(brc_gpu_begin(d->gpu));
        brc_gpu_fill(d->gpu, d->sums, 0, sums + 8, 0);
        BRC_TRY(brc_device_run_forces(d, s, 0));
        BRC_TRY(brc_gpu_finish(d->gpu, NULL, NULL));
        BRC_TRY(brc_device_status(d, status));
        if (status[STOP] != STOP_ROOM) return BRC_OK;
        if (d->room < BRC_WALL_HITS) d->room = 2 * d->room < BRC_WALL_HITS ? 2 * d->room : BRC_WALL_HITS;
        BRC_TRY(brc_device_rebuild(d, s, s->step));
    }
}

// What has come of the forces, on all ranks: sums of walls, flags, whether somebody may leave. last: of all walls.
// *so_far: of this rank; with a failure of its device the flags say on all that the step is to be done again.
static brc_status share(brc_device* d, brc_sim* s, const uint32_t status[STATUS_WORDS], brc_status* so_far, bool last)
{
    brc_status result = *so_far;
    const int64_t words = (int64_t)WALL_WORDS * s->wall_count;
    int64_t* word = BRC_NEW(words + 1, int64_t);
    if (!word && result == BRC_OK) {
        brc_error_set(__FILE__, __LINE__, __func__, "no memory for the sums of %d walls", s->wall_count);
        result = BRC_ERR_MEMORY;
    }
    if (result == BRC_OK) result = brc_gpu_read(d->gpu, d->sums, 0, word, 8 * words);
    if (result == BRC_OK) brc_device_walls_put(s, word);
    brc_free(word);
    for (int i = 0; i < s->worker_count; i++) memset(s->workers[i].virial, 0, sizeof s->workers[i].virial);
    if (result == BRC_OK && s->cell.ordered)
        result = brc_gpu_read(d->gpu, d->status, 4 * STATUS_VIRIAL, s->workers[0].virial, 8 * VIRIAL_SUMS);
    *so_far = result;
    const bool lost = result == BRC_ERR_DEVICE;
    for (int i = 0; i < s->worker_count; i++) s->workers[i].flags = 0, s->workers[i].overlap = 0;
    if (result == BRC_OK) {
        s->workers[0].flags = status[FLAGS] ? BRC_FLAG_RANGE : 0;
        s->workers[0].overlap = status[DEEP] & 1;
    } else if (lost) s->workers[0].flags = BRC_FLAG_RANGE, result = BRC_OK;
    const bool moved_on = s->moved_on; // as the state that was last here has it
    s->moved_on = false;
    s->leaving_count = !lost && status[DEEP] & 2 ? 1 : 0;
    const brc_status shared = brc_domain_share(s, last, result);
    s->leaving_count = 0, s->moved_on = moved_on;
    return shared;
}

// Rows may not hold every contact any more on some rank: copies are made anew, in the middle of the step.
static brc_status regroup(brc_device* d, brc_sim* s, const uint32_t status[STATUS_WORDS], enum next* next)
{
    bool none, lost;
    *next = GOES_ON;
    BRC_TRY(come_home(d, s, status, &lost));
    if (lost) {
        *next = REDO;
        return BRC_OK;
    }
    s->domain.next_flags = 0;
    BRC_TRY(set_out(d, s, &none, &lost));
    if (none || lost) *next = none ? AT_HOME : REDO;
    return BRC_OK;
}

// The second half kick is recorded: runs it, and brings its velocities to where others have copies, for the energy
// book. *good: the step goes on, on all ranks.
static brc_status share_ends(brc_device* d, brc_sim* s, brc_status* result, bool* good)
{
    uint32_t status[STATUS_WORDS];
    bool lost;
    int steps;
    if (*result == BRC_OK) *result = brc_gpu_finish(d->gpu, NULL, NULL);
    if (*result == BRC_OK) *result = brc_device_status(d, status);
    int64_t bad = *result != BRC_OK || status[FLAGS];
    BRC_TRY(brc_comm_max(s->comm, &bad, 1));
    *good = !bad;
    if (bad) return BRC_OK;
    BRC_TRY(agree(d, s, fetch_known(d, s), &lost));
    *good = !lost;
    if (lost) return BRC_OK;
    BRC_TRY(brc_domain_refresh(s));
    *result = write_ghosts(d, s);
    if (*result == BRC_OK && d->walls_fed) *result = brc_device_walls_poses(d, s, s->step, 1, &steps);
    if (*result == BRC_OK) *result = brc_gpu_begin(d->gpu);
    return BRC_OK;
}

// From the hooks to the end of the step; result: of what has come before it on this rank, bad: a field of the script.
static brc_status end(brc_device* d, brc_sim* s, brc_status result, bool bad, enum next* next)
{
    uint32_t status[STATUS_WORDS];
    bool lost, good = true;
    if (result == BRC_OK && s->cell.ordered) // the stress of the step is that of all ranks' contacts
        result = brc_gpu_write(d->gpu, d->status, 4 * STATUS_VIRIAL, s->cell.shared, 8 * VIRIAL_SUMS);
    if (result == BRC_OK) result = brc_gpu_begin(d->gpu);
    if (result == BRC_OK) result = brc_device_run_fields(d);
    if (d->book.is) {
        if (result == BRC_OK) result = brc_device_run_kick(d);
        BRC_TRY(share_ends(d, s, &result, &good));
        if (result == BRC_OK && good) result = brc_device_run_on(d, s);
    } else if (result == BRC_OK) result = brc_device_run_move(d, s, 0);
    if (result == BRC_OK && good) result = brc_gpu_finish(d->gpu, NULL, NULL);
    if (result == BRC_OK) result = brc_device_status(d, status);
    int64_t v[2] = {bad || !good || (result == BRC_OK && status[STOP] == STOP_GUARD), result != BRC_OK};
    BRC_TRY(brc_comm_max(s->comm, v, 2));
    if (v[1]) BRC_TRY(agree(d, s, result, &lost));
    *next = v[0] || v[1] ? REDO : GOES_ON;
    if (*next == REDO) return BRC_OK;
    s->step = d->base + status[STEP];
    d->whole = s->step;
    brc_device_tally(d, s, status);
    if (!d->leaves) return BRC_OK;
    BRC_TRY(come_home(d, s, status, &lost));
    *next = lost ? REDO : AT_HOME;
    return lost ? BRC_OK : end_step(s);
}

// The step after s->step up to its hooks, with what all ranks make of its forces. last: walls have all their sums.
// *next: AT_HOME: particles have drifted, and the processors go on from there.
static brc_status first_half(brc_device* d, brc_sim* s, bool last, enum next* next)
{
    uint32_t status[STATUS_WORDS];
    bool lost, drifted = s->moved_on && s->step == d->base; // it has come here in the middle of the step
    brc_status result = brc_device_own_fields_begin(d, s);
    if (result == BRC_OK && !drifted) result = begin_step(d, s);
    if (!drifted) BRC_TRY(share_kinetic(d, s, &result));
    if (result == BRC_OK) result = drifted ? brc_device_status(d, status) : drift(d, s, status);
    int64_t v[6] = {result != BRC_OK, 0, 0, 0, 0, 0};
    if (result == BRC_OK && !drifted) {
        v[1] = status[STOP] == STOP_REBUILD, v[2] = status[STOP] == STOP_SORT;
        v[3] = status[OUTSIDE] != 0, v[4] = status[STOP] == STOP_GUARD, v[5] = status[STOP] == STOP_METER;
    }
    *next = REDO;
    BRC_TRY(brc_comm_max(s->comm, v, 6));
    if (v[0]) return agree(d, s, result, &lost);
    if (v[4]) return BRC_OK;
    if (v[2] || v[3] || v[5]) {
        BRC_TRY(look(d, s, status, v[5] != 0, &lost));
        if (lost) return BRC_OK;
        s->domain.next_flags = v[3] ? BRC_FLAG_OUTSIDE : 0;
        *next = AT_HOME;
        return BRC_OK;
    }
    if (v[1]) {
        BRC_TRY(regroup(d, s, status, next));
        if (*next != GOES_ON) return BRC_OK;
        *next = REDO;
    } else if (!drifted) {
        BRC_TRY(agree(d, s, fetch_known(d, s), &lost));
        if (lost) return BRC_OK;
        BRC_TRY(brc_domain_refresh(s));
        result = write_ghosts(d, s);
    }
    if (brc_device_walls_begin(d, s, s->step) != BRC_OK) return BRC_OK; // a guard, the same on all
    const bool anew = !d->listed || !brc_device_walls_hold(d, s);
    const uint32_t none = STOP_NOT;
    if (result == BRC_OK) result = brc_gpu_write(d->gpu, d->status, 4 * STOP, &none, sizeof none);
    if (result == BRC_OK && anew) result = brc_device_rebuild(d, s, s->step);
    if (result == BRC_OK) result = run_forces(d, s, status);
    BRC_TRY(share(d, s, status, &result, last));
    if (s->domain.flags || s->domain.overlap > 0) return agree(d, s, result, &lost);
    d->leaves = s->domain.leaving > 0;
    s->domain.leaving = 0;
    if (brc_boundary_sum(s, last) != BRC_OK) return BRC_OK; // the same on all
    brc_device_book_walls(d, s, 1);
    d->walls_at = s->step + 1;
    *next = GOES_ON;
    return BRC_OK;
}

static brc_status land(brc_device* d, brc_sim* s)
{
    uint32_t status[STATUS_WORDS];
    bool lost;
    const int64_t at = s->step;
    BRC_TRY(agree(d, s, brc_device_status(d, status), &lost));
    if (!lost) BRC_TRY(come_home(d, s, status, &lost));
    if (lost) return redo(d, s, at);
    for (int i = 0; i < s->worker_count; i++) s->workers[i].flags = 0;
    return BRC_OK;
}

// Before steps: all have a device, and their state there or here alike, also where an error has kept a rank from what
// the others have done. What the script has written since the last step (a function that a wall follows has, between
// two hooks) it has written to the particles of its rank, which may have to change it for that: the state comes home.
static brc_status meet_before(brc_device* d, brc_sim* s)
{
    const bool comes =
        d->away.is && (d->away.written || brc_device_has_to_come(d, s) || brc_device_stream_due(s, s->step + 1));
    int64_t v[4] = {d->away.is, !d->away.is, d->broken != NULL, comes};
    BRC_TRY(brc_comm_agree(s->comm, brc_device_open(d)));
    BRC_TRY(brc_comm_max(s->comm, v, 4));
    if (!v[0] || !(v[1] || v[3])) return v[1] && v[2] ? brc_device_bonds_part(d, s) : BRC_OK;
    BRC_TRY(brc_device_home_all(s));
    return brc_domain_enter(s, brc_particles_snap(s));
}

static brc_status step(brc_device* d, brc_sim* s, bool last, enum next* next)
{
    BRC_TRY(first_half(d, s, last, next));
    if (*next == GOES_ON) return end(d, s, BRC_OK, false, next);
    return *next == AT_HOME ? brc_device_on_host(d, s, 1) : BRC_OK;
}

brc_status brc_device_steps_shared(brc_device* d, brc_sim* s, int64_t count)
{
    const int64_t last = s->step + count;
    BRC_TRY(meet_before(d, s));
    BRC_TRY(brc_device_refused(s));
    while (s->step < last) {
        const int64_t at = s->step;
        const bool stops = s->domain.stop != 0; // as brc_host_steps
        enum next next = AT_HOME;
        if (brc_device_stream_due(s, s->step + 1)) {
            if (d->away.is) BRC_TRY(land(d, s));
            BRC_TRY(brc_device_on_host(d, s, 1));
        } else {
            bool none = false, lost = false;
            if (!d->away.is) BRC_TRY(set_out(d, s, &none, &lost));
            if (none) BRC_TRY(brc_device_on_host(d, s, 1));
            else if (lost) next = REDO;
            else BRC_TRY(step(d, s, stops || at + 1 == last, &next));
            if (next == REDO) BRC_TRY(redo(d, s, at + 1));
        }
        if (stops) break;
    }
    if (d->away.is) BRC_TRY(land(d, s));
    return s->domain.stop & 1 ? BRC_INTERRUPTED : BRC_OK;
}

// ---- steps in two parts ----------------------------------------------------------------------------------

// Bonds that have broken go on all ranks together, and before a function of the script may ask for them.
static brc_status part_before_hooks(brc_device* d, brc_sim* s)
{
    uint32_t status[STATUS_WORDS];
    bool broke = false;
    if (!brc_bonds_present(s)) return BRC_OK;
    const brc_status result = brc_device_status(d, status);
    if (result == BRC_OK) broke = status[BROKE] != 0;
    else broke = true; // brc_device_home_all finds it
    BRC_TRY(brc_domain_any(s, &broke));
    return broke ? brc_device_home_all(s) : BRC_OK;
}

// A function of the script may look at what it likes, on any rank, so nothing that follows from it may need the others:
// what it has asked for before comes now, on all ranks alike; what it asks for the first time comes without them.
brc_status brc_device_begin_shared(brc_device* d, brc_sim* s, bool* there)
{
    const int64_t at = s->step;
    bool lost = false, none = false;
    enum next next = GOES_ON;
    if (s->book) { // what it has noted could not come home with a state that one rank asks for alone
        if (!d->away.told && s->comm->rank == 0)
            brc_warn(s, "energy_book on several ranks: the processors do the steps of each_step, not the devices");
        d->away.told = true;
        return BRC_OK;
    }
    BRC_TRY(meet_before(d, s));
    if (d->refusal[0] || brc_device_stream_due(s, at + 1)) return BRC_OK;
    if (!d->away.is) BRC_TRY(set_out(d, s, &none, &lost));
    if (!none && !lost) BRC_TRY(first_half(d, s, true, &next));
    if (none || next == AT_HOME) return BRC_OK;
    if (!lost && next == GOES_ON) BRC_TRY(agree(d, s, brc_device_halfway(d, s), &lost));
    if (lost || next == REDO) return brc_device_refuse_later(d, redo(d, s, at));
    s->in_step = *there = d->hooked = true;
    s->hook_started = brc_seconds();
    return part_before_hooks(d, s);
}

brc_status brc_device_end_shared(brc_device* d, brc_sim* s)
{
    const int64_t at = s->step;
    bool bad = false;
    enum next next;
    brc_status result = brc_device_send(d, s);
    if (result == BRC_OK) result = brc_device_own_fields_end(d, s, &bad);
    BRC_TRY(end(d, s, result, bad, &next));
    s->in_step = false;
    if (next == REDO) BRC_TRY(redo(d, s, at + 1));
    if (next == GOES_ON) {
        d->away.half = false, d->away.is = true;
        brc_device_hide(d, s);
        if (!d->away.stays) BRC_TRY(land(d, s));
    }
    return d->away.is || !s->dead ? BRC_OK : brc_particles_compact(s);
}

brc_status brc_device_meet(brc_sim* s)
{
    brc_device* d = s->device;
    if (!d || !d->hooked) return BRC_OK;
    bool here = !d->away.half;
    d->hooked = false;
    BRC_TRY(brc_domain_any(s, &here));
    return here ? brc_device_home_all(s) : BRC_OK;
}
