// compute_vulkan_step.c -- steps on a device: what it knows, batches of steps, and when the host has to look.
//
// The arrays of the simulation stay where they are; they hold the state of the last time it was taken back, which is
// what a run goes on from when a guard trips (the processor then does the same steps again and finds the words) or the
// device is lost. A batch is many steps of a few kernels each (touch, force, move, judge), which do nothing once
// `judge` has said stop: rows of candidates that may no longer hold every contact, a particle outside the domain, a
// deep overlap, a guard, or the end.
#include "compute_vulkan_parts.h"
#include "wall_parts.h"
#include <stdio.h>
#include <string.h>

brc_status brc_device_make(int32_t number, brc_device** out)
{
    brc_device* d = BRC_NEW(1, brc_device);
    BRC_CHECK(d, BRC_ERR_MEMORY, "no memory for a device's handle");
    d->number = number, d->batch_seconds = 0.05;
    const brc_status status = brc_gpu_open(number, &d->gpu);
    if (status == BRC_OK) d->info = *brc_gpu_info(d->gpu);
    else brc_free(d), d = NULL;
    *out = d;
    return status;
}

void brc_device_which(const brc_device* d, brc_device_info* out) { *out = d->info; }

void brc_device_free(brc_device* d)
{
    if (!d) return;
    brc_device_walls_forget(d);
    brc_device_forget(d);
    brc_device_host_rows_free(&d->waiting);
    brc_free(d->away.log);
    brc_free(d->broken);
    brc_gpu_close(d->gpu);
    brc_free(d->script);
    brc_free(d);
}

void brc_device_look(const brc_device* d, brc_device_state* out)
{
    *out = (brc_device_state){.entries = d->row.total, .redone = d->redone, .states = d->states, .skin = d->skin};
    out->fetched = d->fetched, out->sent = d->sent, out->detours = d->row.detours;
    out->levels = d->n.levels, out->cell = brc_device_cell_width(d);
    memcpy(out->cells_begin, d->n.cell_lo, sizeof out->cells_begin);
    if (d->gpu) out->memory = brc_gpu_memory(d->gpu), out->most = brc_gpu_memory_most(d->gpu);
}

void brc_device_lose_after(brc_device* d, int64_t submits)
{
    d->losses = 0;
    brc_gpu_lose_after(d->gpu, submits);
}

// ---- what it knows ---------------------------------------------------------------------------------------

static brc_status knows(const brc_sim* s)
{
    int64_t words;
    const struct {
        bool there;
        const char* what;
    } unknown[] = {{(s->law < brc_laws || s->law >= brc_laws + brc_law_total) && !brc_law_words(s, s->law, &words),
                    "laws that nobody has compiled for it"},
                   {!brc_device_bonds_known(s), "the law of these bonds"},
                   {!brc_device_kernels_known(s), "kernels (sim:kernel) that nobody has compiled for it"}};
    for (size_t k = 0; k < sizeof unknown / sizeof unknown[0]; k++)
        BRC_CHECK(!unknown[k].there, BRC_ERR_DEVICE, "backend = \"vulkan\" does not know %s yet: the processor does",
                  unknown[k].what);
    return BRC_OK;
}
// ---- on the device ---------------------------------------------------------------------------------------

static brc_status run_moving(brc_device* d, uint32_t begins)
{
    brc_gpu_buffer* const moving[7] = {d->numbers, d->status, d->pos, d->vel, d->res, d->acc, d->from};
    return brc_gpu_run(d->gpu, d->move, moving, &begins, sizeof begins, d->n.count);
}

static brc_status run_judge(brc_device* d, uint32_t begins)
{
    brc_gpu_buffer* const judging[2] = {d->numbers, d->status};
    return brc_gpu_run(d->gpu, d->judge, judging, &begins, sizeof begins, 1);
}

brc_status brc_device_run_kick(brc_device* d) { return run_moving(d, 2); }

brc_status brc_device_run_on(brc_device* d, const brc_sim* s)
{
    if (d->book.is) BRC_TRY(brc_device_book_settle(d, s));
    if (d->in_cell) BRC_TRY(brc_device_cell_run(d, s, 3)); // the stress of the step decides on the cell of the next
    BRC_TRY(run_moving(d, 3));
    return run_judge(d, 0);
}

brc_status brc_device_run_move(brc_device* d, const brc_sim* s, uint32_t begins)
{
    if (!begins && (d->in_cell || d->book.is)) {
        BRC_TRY(brc_device_run_kick(d));
        return brc_device_run_on(d, s);
    }
    if (d->in_cell) BRC_TRY(brc_device_cell_run(d, s, begins));
    BRC_TRY(run_moving(d, begins));
    return run_judge(d, begins);
}

brc_status brc_device_status(brc_device* d, uint32_t status[STATUS_WORDS])
{
    BRC_TRY(brc_gpu_read(d->gpu, d->status, 0, status, 4 * STATUS_WORDS));
    BRC_CHECK(
        !(status[FLAGS] & FLAG_CUT), BRC_ERR_DEVICE,
        "%s ends loops of a kernel before their time (llvmpipe does after 65535 turns): particles here have more "
        "neighbours, bonds or faces of meshes about them than it can do, as where radii differ by much more than ten "
        "times; the processor itself has no such limit",
        d->info.name);
    return BRC_OK;
}

// The first half of the first step.
static brc_status drift(brc_device* d, const brc_sim* s, uint32_t status[STATUS_WORDS])
{
    BRC_TRY(brc_gpu_begin(d->gpu));
    brc_gpu_fill(d->gpu, d->status, 4 * STOP, 4, STOP_NOT);
    BRC_TRY(brc_device_run_move(d, s, 1));
    BRC_TRY(brc_gpu_finish(d->gpu, NULL, NULL));
    return brc_device_status(d, status);
}

// Step k of a batch.
brc_status brc_device_run_forces(brc_device* d, const brc_sim* s, int k)
{
    const rows* r = &d->row;
    const near_walls* w = &d->wall[d->now];
    brc_gpu_buffer* const touching[17] = {d->numbers,
                                          d->status,
                                          d->pos,
                                          d->shapes,
                                          d->poses,
                                          d->mesh[BRC_MESH_NODES],
                                          d->mesh[BRC_MESH_LINKS],
                                          d->mesh[BRC_MESH_PLACES],
                                          d->mesh[BRC_MESH_FACES],
                                          d->mesh[BRC_MESH_EDGES],
                                          d->mesh[BRC_MESH_VERTICES],
                                          w->near,
                                          w->counts,
                                          w->touches,
                                          w->histories,
                                          d->reaches,
                                          d->material};
    brc_gpu_buffer* const pushing[22] = {
        d->numbers,   d->status,       d->pos,       d->vel,     d->acc,    d->material,   r->start[d->now], r->entries,
        r->histories, d->coefficients, d->sums,      d->reaches, d->mass,   d->shapes,     d->poses,         w->near,
        w->counts,    w->touches,      w->histories, d->values,  d->fluxes, d->wall_values};
    const uint32_t slot = d->walls_every ? (uint32_t)k : 0;
    const uint32_t push[5] = {slot, (uint32_t)w->total, (uint32_t)w->room, slot, (uint32_t)r->at};
    if (w->total) BRC_TRY(brc_gpu_run(d->gpu, d->touch, touching, push, 12, w->total));
    BRC_TRY(brc_device_book_note(d, s, slot));
    BRC_TRY(brc_gpu_run(d->gpu, d->force, pushing, push, sizeof push, d->n.count));
    BRC_TRY(brc_device_bonds_run(d, s));
    BRC_TRY(brc_device_book_bonds(d, s));
    if (brc_device_kernels_there(s)) brc_device_book_hooks(d);
    return brc_device_kernels_run(d);
}

// Behind the hooks.
brc_status brc_device_run_fields(brc_device* d)
{
    const uint32_t fields[2] = {(uint32_t)d->law->info.field_count, d->active};
    brc_gpu_buffer* const kicking[7] = {d->numbers, d->status, d->values, d->fluxes, d->mass, d->material, d->capacity};
    return d->active ? brc_gpu_run(d->gpu, d->fields, kicking, fields, sizeof fields, d->n.count) : BRC_OK;
}

// From the hooks to the end of a step. step: the one that has been done.
static brc_status run_kick(brc_device* d, brc_sim* s, int64_t step, uint32_t status[STATUS_WORDS])
{
    int steps; // the energy book asks how fast the walls are at the end that forces drive
    if (d->book.is && d->walls_fed) BRC_TRY(brc_device_walls_poses(d, s, step, 1, &steps));
    BRC_TRY(brc_gpu_begin(d->gpu));
    BRC_TRY(brc_device_run_fields(d));
    BRC_TRY(brc_device_run_move(d, s, 0));
    BRC_TRY(brc_gpu_finish(d->gpu, NULL, NULL));
    return brc_device_status(d, status);
}

// As many steps as fit a twentieth of a second: a driver's watchdog never wakes, and signals are heard. One, while
// nobody knows how long that is. *tripped: a guard that looks at walls.
static brc_status batch(brc_device* d, brc_sim* s, uint32_t status[STATUS_WORDS], bool* tripped)
{
    enum { MOST = 128 };
    const double wanted = d->seconds_of_step > 0 ? d->batch_seconds / d->seconds_of_step : 1,
                 left = status[TARGET] - status[STEP];
    int steps = wanted < 1 ? 1 : wanted > MOST ? MOST : (int)wanted, marks;
    if (steps > left) steps = (int)left;
    const double t0 = brc_seconds();
    const uint32_t before = status[STEP];
    const int64_t step = d->base + before;
    const bool halved = d->book.is && d->walls_fed; // the host drives walls between forces and kick
    double seconds[BRC_GPU_MARKS];
    BRC_TRY(brc_device_walls_poses(d, s, step, steps, &steps));
    const int64_t sums = (int64_t)8 * WALL_WORDS * s->wall_count * (d->walls_every ? steps : 1);
    BRC_TRY(brc_device_room(d, &d->sums, sums + 8, "sums of walls"));
    BRC_TRY(brc_device_book_room(d, s));
    BRC_TRY(brc_gpu_begin(d->gpu));
    brc_gpu_fill(d->gpu, d->sums, 0, sums + 8, 0);
    for (int k = 0; k < steps; k++) {
        if (!k) brc_gpu_mark(d->gpu);
        BRC_TRY(brc_device_run_forces(d, s, k));
        if (!k) brc_gpu_mark(d->gpu);
        if (halved) continue;
        BRC_TRY(brc_device_run_fields(d));
        BRC_TRY(brc_device_run_move(d, s, 0));
        if (!k) brc_gpu_mark(d->gpu);
    }
    BRC_TRY(brc_gpu_finish(d->gpu, seconds, &marks));
    BRC_TRY(brc_device_status(d, status));
    if (!halved) BRC_TRY(brc_device_walls_end(d, s, step, status[STEP] - before, status[STOP] == STOP_END, tripped));
    else if (status[STOP] != STOP_ROOM) {
        BRC_TRY(brc_device_walls_end(d, s, step, 1, true, tripped));
        if (!*tripped) BRC_TRY(run_kick(d, s, step, status));
    }
    const double all = brc_seconds() - t0, part = marks == 2 ? seconds[0] / (seconds[0] + seconds[1] + 1e-12) : 1;
    s->seconds[STAGE_FORCES] += all * part, s->seconds[STAGE_KICK] += all * (1 - part);
    if (status[STEP] > before) d->seconds_of_step = all / (status[STEP] - before);
    return BRC_OK;
}

// ---- runs ------------------------------------------------------------------------------------------------

static bool stop_wanted(void) { return brc_interrupted() || brc_ask_waits(); }

// The step at whose end a stream has something to insert, or the last one.
static int64_t next_event(const brc_sim* s, int64_t last)
{
    for (int64_t step = s->step + 1; step < last; step++)
        for (int32_t k = 0; k < s->inserter_count; k++)
            if (s->inserters[k] && brc_inserter_due(s->inserters[k], brc_sim_time(s, step))) return step;
    return last;
}

bool brc_device_stream_due(const brc_sim* s, int64_t step)
{
    for (int32_t k = 0; k < s->inserter_count; k++)
        if (s->inserters[k] && brc_inserter_due(s->inserters[k], brc_sim_time(s, step))) return true;
    return false;
}

// The end of a step on the host: guards of overlap, whom the domain has lost, whom streams bring.
static brc_status end_step(brc_device* d, brc_sim* s, const uint32_t status[STATUS_WORDS])
{
    BRC_TRY(brc_device_download(d, s, status, false));
    brc_device_forget(d);
    brc_fields_update(s);
    d->whole = --s->step; // the step is under way until the guards have looked
    if (status[DEEP] & 1) BRC_TRY(brc_guard_overlap(s));
    BRC_TRY(brc_book_let_go(s));
    BRC_TRY(brc_exits_find(s)); // whom outlets take: the paths of this step are still there
    s->step++;
    BRC_TRY(brc_exits_look(s));
    BRC_TRY(brc_bonds_settle(s));
    for (int i = 0; i < s->worker_count; i++) s->workers[i].flags = 0;
    BRC_TRY(brc_boundary_stream(s));
    if (s->dead) BRC_TRY(brc_particles_compact(s));
    d->whole = s->step;
    return BRC_OK;
}

// The end of a step that is the last one for now: its state stays where it is, when the script may be asked what it
// wants of it and nothing has happened that is the host's.
static brc_status arrive(brc_device* d, brc_sim* s, const uint32_t status[STATUS_WORDS])
{
    const int64_t step = d->base + status[STEP];
    const bool calm = !status[OUTSIDE] && !status[DEEP] && !brc_device_stream_due(s, step);
    // The book asks for the energy of all at the end of a run. Until the state has come, s->step is that of the host's.
    if (!d->away.stays || !calm || s->book) return end_step(d, s, status);
    s->step = step;
    brc_device_tally(d, s, status);
    d->away.is = true, d->away.half = false;
    d->whole = s->step;
    brc_device_hide(d, s);
    return BRC_OK;
}

brc_status brc_device_on_host(brc_device* d, brc_sim* s, int64_t count)
{
    int64_t done;
    const int64_t from = s->step;
    const brc_status status = brc_host_steps(s, count, &done);
    d->whole = from + done;
    return status;
}

// Between the drift and the forces of a step, on the host: what crosses meters is counted, and particles are sorted at
// the same steps as on the processor, so that scripts see them in the same order.
static brc_status look_between(brc_device* d, brc_sim* s, const uint32_t status[STATUS_WORDS], int64_t target)
{
    double* from = NULL; // in a cell that is tilted or deforms the device keeps the places of before
    const bool meters = status[STOP] == STOP_METER;
    if (meters && d->in_cell) {
        from = BRC_NEW(3 * s->count + 1, double);
        BRC_CHECK(from, BRC_ERR_MEMORY, "no memory for meters");
    }
    brc_status result = from ? brc_gpu_read(d->gpu, d->from, 0, from, 24 * s->count) : BRC_OK;
    if (result == BRC_OK) result = brc_device_download(d, s, status, false);
    if (result == BRC_OK) brc_device_forget(d);
    const uint32_t outside = s->workers[0].next_flags;
    if (result == BRC_OK && meters) result = brc_meters_drifted(s, from);
    brc_free(from);
    BRC_TRY(result);
    if (status[STOP] == STOP_SORT || s->step % 1000 == 999) s->sort_due = true;
    BRC_TRY(brc_particles_sort(s));
    s->workers[0].next_flags = outside;
    return brc_device_upload(d, s, target);
}

// The state of now to the device, where most of it may be; *drifted: in the middle of a step.
static brc_status set_out(brc_device* d, brc_sim* s, int64_t target, bool* drifted)
{
    if (d->away.is && brc_device_has_to_come(d, s)) {
        BRC_TRY(brc_device_home(s));
        BRC_TRY(brc_particles_snap(s));
        BRC_TRY(brc_device_refused(s));
    }
    *drifted = !d->away.is && s->moved_on;
    if (!d->away.is) return brc_device_upload(d, s, target);
    const uint32_t words[2] = {(uint32_t)(target - d->base), STOP_NOT}, none = 0;
    _Static_assert(STOP == TARGET + 1, "one write");
    BRC_TRY(brc_device_send(d, s));
    BRC_TRY(brc_gpu_write(d->gpu, d->status, 4 * CONTACTS, &none, sizeof none));
    return brc_gpu_write(d->gpu, d->status, 4 * TARGET, words, sizeof words);
}

// The forces of the step that is under way, for the hooks. *redo: the processor has to do it.
static brc_status run_half(brc_device* d, brc_sim* s, uint32_t status[STATUS_WORDS], int64_t* redo)
{
    const int64_t step = d->base + status[STEP], sums = (int64_t)8 * WALL_WORDS * s->wall_count;
    const double t0 = brc_seconds();
    bool tripped = false;
    int steps;
    BRC_TRY(brc_device_walls_poses(d, s, step, 1, &steps));
    BRC_TRY(brc_device_room(d, &d->sums, sums + 8, "sums of walls"));
    BRC_TRY(brc_device_book_room(d, s));
    BRC_TRY(brc_gpu_begin(d->gpu));
    brc_gpu_fill(d->gpu, d->sums, 0, sums + 8, 0);
    BRC_TRY(brc_device_run_forces(d, s, 0));
    brc_device_book_hooks(d);
    BRC_TRY(brc_gpu_finish(d->gpu, NULL, NULL));
    BRC_TRY(brc_device_status(d, status));
    if (status[STOP] == STOP_ROOM) return BRC_OK;
    BRC_TRY(brc_device_walls_end(d, s, step, 1, true, &tripped));
    if (tripped || status[FLAGS] || status[DEEP] & 1) *redo = step;
    s->seconds[STAGE_FORCES] += brc_seconds() - t0;
    return BRC_OK;
}

// From the state of now to step `target`, or to an event; half: to the hooks of the next step. *redo: up to this step
// the processor has to do the steps, because a guard has tripped there.
static brc_status run_to(brc_device* d, brc_sim* s, int64_t target, bool half, int64_t* redo)
{
    uint32_t status[STATUS_WORDS];
    bool drifted;
    *redo = -1;
    BRC_TRY(set_out(d, s, target, &drifted));
    BRC_TRY(brc_device_own_fields_begin(d, s));
    BRC_TRY(brc_device_status(d, status));
    if (!drifted) {
        BRC_TRY(drift(d, s, status));
        if (s->sort_due && status[STOP] != STOP_GUARD && status[STOP] != STOP_METER)
            status[STOP] = STOP_SORT; // many particles are new
    }
    for (;;) {
        if (status[STOP] == STOP_SORT || status[STOP] == STOP_METER) {
            BRC_TRY(look_between(d, s, status, target));
            BRC_TRY(brc_device_status(d, status));
        }
        if (status[STOP] == STOP_GUARD) {
            *redo = d->base + status[STEP] + (status[FLAGS] & FLAG_CELL ? 1 : 0);
            return BRC_OK;
        }
        if (status[STOP] == STOP_END || status[STOP] == STOP_EVENT) return arrive(d, s, status);
        const int64_t step = d->base + status[STEP];
        bool tripped = brc_device_walls_begin(d, s, step) != BRC_OK;
        if (!tripped) {
            if (status[STOP] == STOP_ROOM && d->room < BRC_WALL_HITS)
                d->room = 2 * d->room < BRC_WALL_HITS ? 2 * d->room : BRC_WALL_HITS;
            if (status[STOP] == STOP_REBUILD || status[STOP] == STOP_ROOM || !d->listed || !brc_device_walls_hold(d, s))
                BRC_TRY(brc_device_rebuild(d, s, step));
            if (half) {
                BRC_TRY(run_half(d, s, status, redo));
                if (status[STOP] == STOP_ROOM && *redo < 0) continue;
                return BRC_OK;
            }
            if (stop_wanted() && status[TARGET] > status[STEP] + 1) { // ends the step that has begun
                const uint32_t next = status[STEP] + 1;
                BRC_TRY(brc_gpu_write(d->gpu, d->status, 4 * TARGET, &next, sizeof next));
                BRC_TRY(brc_device_status(d, status));
            }
            BRC_TRY(batch(d, s, status, &tripped));
        }
        if (tripped) {
            *redo = d->base + status[STEP] > step ? d->base + status[STEP] : step + 1;
            return BRC_OK;
        }
    }
}

// Back to the state that the host has, and from there on the processor up to step `until`. The last error keeps its
// words.
static brc_status redo_steps(brc_device* d, brc_sim* s, int64_t until)
{
    char text[1024];
    snprintf(text, sizeof text, "%s", brc_last_error());
    brc_device_retreat(d, s);
    const int64_t from = s->step;
    const brc_status status = brc_device_replay(d, s, until);
    d->redone += s->step - from;
    if (status == BRC_OK) brc_error_keep(text);
    return status;
}

static brc_status run(brc_device* d, brc_sim* s, int64_t last)
{
    enum { SEGMENT = 100000 };
    const int64_t start = s->step, known = last == start + 1 ? last : start; // as in refuse_steps
    while (s->step < last && !(stop_wanted() && s->step >= start)) { // a loss may have led back behind the start
        int64_t redo = -1;
        const int64_t before = s->step, end = last < before + SEGMENT ? last : before + SEGMENT;
        BRC_TRY(brc_device_open(d));
        if (!s->count) { // nothing to do for a device
            BRC_TRY(brc_device_on_host(d, s, 1));
            continue;
        }
        brc_status status = run_to(d, s, next_event(s, end), false, &redo);
        if (status == BRC_OK && redo < 0) continue;
        if (status == BRC_OK) {
            BRC_TRY(redo_steps(d, s, redo));
            continue;
        }
        const bool lost = brc_gpu_lost(d->gpu);
        if (lost) brc_device_warn_lost(d, s);
        BRC_TRY(
            redo_steps(d, s, d->away.log_count ? before : 0)); // what the script has written before is not forgotten
        if (lost) status = brc_device_reopen(d, s);
        if (status != BRC_OK) return brc_device_give_up(d, s, status, known);
    }
    return brc_interrupted() ? BRC_INTERRUPTED : BRC_OK;
}

// The device has gone for good while the script read from it. A single step may be one that functions of the script
// have been called for, and a run that is resumed would call them again: it has an end first.
static brc_status refuse_steps(brc_device* d, brc_sim* s, int64_t count)
{
    if (count == 1) BRC_TRY(brc_device_on_host(d, s, 1));
    return brc_device_refused(s);
}

brc_status brc_device_steps(brc_sim* s, int64_t count, int64_t* done)
{
    const int64_t start = s->step;
    brc_device* d = s->device;
    BRC_TRY(knows(s));
    brc_network_expire(s);
    const double t0 = brc_seconds();
    d->whole = start;
    if (d->refusal[0] || brc_shared(s)) {
        const brc_status ended = d->refusal[0] ? refuse_steps(d, s, count) : brc_device_steps_shared(d, s, count);
        s->seconds_total += brc_seconds() - t0;
        *done = d->whole - start;
        return ended;
    }
    brc_status status = run(d, s, start + count);
    if (status == BRC_ERR_GUARD) s->failed = true;
    else if (!d->away.is && s->moved_on && !s->failed) { // scripts see whole steps only: the processor ends this one
        const brc_status ended = brc_device_on_host(d, s, 1);
        if (status == BRC_OK) status = ended;
    }
    s->seconds_total += brc_seconds() - t0;
    *done = d->whole - start;
    return status;
}

// ---- steps in two parts ----------------------------------------------------------------------------------

brc_status brc_device_begin(brc_sim* s, bool* there)
{
    brc_device* d = s->device;
    int64_t redo = -1;
    *there = false;
    BRC_TRY(knows(s));
    s->step_started = brc_seconds();
    if (d->refusal[0]) return BRC_OK; // told at its end
    if (brc_shared(s)) return brc_device_begin_shared(d, s, there);
    BRC_TRY(brc_device_open(d));
    if (!s->count) return BRC_OK;
    const int64_t step = s->step;
    brc_network_expire(s);
    const brc_status status = run_to(d, s, step + 1, true, &redo);
    if (status == BRC_OK && redo < 0) {
        BRC_TRY(brc_device_halfway(d, s));
        s->in_step = *there = true;
        s->hook_started = brc_seconds();
        return BRC_OK;
    }
    const bool lost = status != BRC_OK && brc_gpu_lost(d->gpu);
    if (lost) brc_device_warn_lost(d, s);
    BRC_TRY(redo_steps(d, s, step)); // and the processor does this one
    return brc_device_refuse_later(d, lost ? brc_device_reopen(d, s) : status);
}

// From the hooks to the end of the step. *redo: the processor has to do it again.
static brc_status run_end(brc_device* d, brc_sim* s, int64_t* redo)
{
    uint32_t status[STATUS_WORDS];
    bool bad = false;
    BRC_TRY(brc_device_send(d, s));
    BRC_TRY(brc_device_own_fields_end(d, s, &bad));
    BRC_TRY(run_kick(d, s, s->step, status));
    *redo = bad || status[STOP] == STOP_GUARD ? s->step + 1 : -1;
    if (*redo >= 0) return BRC_OK;
    s->in_step = false;
    return arrive(d, s, status);
}

brc_status brc_device_end(brc_sim* s)
{
    brc_device* d = s->device;
    const int64_t step = s->step;
    const double t0 = brc_seconds();
    int64_t redo = -1;
    s->seconds[STAGE_HOOKS] += t0 - s->hook_started;
    brc_status status = brc_shared(s) ? brc_device_end_shared(d, s) : run_end(d, s, &redo);
    if (brc_shared(s)) redo = -1;
    else if (status != BRC_OK || redo >= 0) {
        const bool lost = status != BRC_OK && brc_gpu_lost(d->gpu);
        if (lost) brc_device_warn_lost(d, s);
        s->in_step = false;
        const brc_status redone = status == BRC_OK || status == BRC_ERR_DEVICE ? redo_steps(d, s, step + 1) : BRC_OK;
        if (redone != BRC_OK) status = redone;
        else if (lost) status = brc_device_reopen(d, s);
    }
    s->seconds[STAGE_KICK] += brc_seconds() - t0;
    s->seconds_total += brc_seconds() - s->step_started;
    return status;
}
