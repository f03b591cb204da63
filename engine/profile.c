// profile.c -- where the time of a run goes, and what bounds it.
#include "compute.h"
#include "sim.h"
#include <omp.h>
#include <string.h>

// What the step that is ending has evaluated, in halves: a contact across ranges, or ranks, was counted by both.
void brc_profile_count(brc_sim* s)
{
    for (int i = 0; i < s->worker_count; i++)
        s->half_contact_steps += 2 * s->workers[i].contacts - s->workers[i].border_contacts;
}

// What must go through the processor however clever the code is: each row of a particle (place, velocities, residuals,
// sums) is read and written once, and of each near pair its slots are read, its flag and its memory read and written.
static double step_bytes(const brc_sim* s, double near)
{
    const double rows = 4 * sizeof(double) + (BRC_MOTION + 8) * (double)s->real + 8 * sizeof(double);
    return 2 * rows + near * (2 * sizeof(int32_t) + 2 * (1 + s->history_count * (double)s->real));
}

brc_status brc_profile_get(brc_sim* s, brc_profile* out)
{
    static const char* const names[STAGE_COUNT] = {"kick-drift", "motion", "exchange", "neighbours", "contacts",
                                                   "forces",     "hooks",  "kick",     "events"};
    memset(out, 0, sizeof *out);
    out->stage_count = STAGE_COUNT;
    for (int i = 0; i < STAGE_COUNT; i++) out->stage[i] = (brc_stage){names[i], s->seconds[i]};
    out->isa = s->isa;
    out->threads = s->worker_count;
    out->precision = s->options.precision;
    out->steps = s->steps_run;
    out->particle_steps = s->particle_steps;
    out->rebuilds = s->rebuilds;
    out->picks = s->picks;
    out->contacts = s->half_contact_steps / 2;
    out->wall_contacts = s->wall_contact_steps;
    out->seconds = s->seconds_total;
    out->law_seconds = s->seconds_law;
    out->skin = s->skin;
    out->near_skin = s->near_skin;
    int64_t listed = 0, list_bytes = 0;
    for (int i = 0; i < s->worker_count; i++) {
        const worker* w = &s->workers[i];
        listed += brc_near_count(w);
        list_bytes += w->pairs.capacity * 8 + (w->fresh_room + 2 * w->fresh_blocks_room + w->seen_room) * 4;
        for (int l = 0; l < BRC_NEAR_LISTS; l++)
            list_bytes +=
                (w->near[l].capacity + w->old_near[l].capacity) * (int64_t)(13 + (size_t)s->history_count * s->real) +
                w->from_capacity[l] * 4;
        list_bytes += (w->touches.capacity + w->old_touches.capacity) *
                      (int64_t)(sizeof(wall_touch) + (size_t)s->history_count * s->real);
        list_bytes += (w->walls.capacity + w->near_walls.capacity) * (int64_t)sizeof(wall_candidate) +
                      (w->walls.hint_capacity + w->near_walls.hint_capacity) * 4 + (1 << 17);
    }
    out->candidates = s->count ? (double)listed / (double)s->count : 0;
    out->step_bytes = step_bytes(s, out->candidates);
    out->position_quantum = s->x_grid.quantum;
    out->force_quantum = s->f_grid.quantum;
    out->memory = s->memory + list_bytes + s->grid.capacity * 24 + s->grid.cell_capacity * 4 + s->remap_count * 4 +
                  s->carry_capacity * 12 + s->carry_slots * 8 + s->map_size * 12;
    brc_device_state device = {0};
    if (s->device) brc_device_look(s->device, &device);
    out->device_memory = device.most;
    return BRC_OK;
}

// What several ranks did in steps, for brc_profile_share: sums, and the longest time of those that one rank worked.
brc_status brc_profile_share(brc_sim* s, brc_profile* out, brc_profile_ranks* ranks)
{
    enum { STAGES = sizeof out->stage / sizeof *out->stage, SUMS = 16 + STAGES };
    const brc_ranks_info* told = &s->domain.told;
    memset(ranks, 0, sizeof *ranks);
    BRC_TRY(brc_profile_get(s, out));
    ranks->ranks = s->comm->size, ranks->balance = 1;
    if (!brc_shared(s)) return BRC_OK;
    const double communication = told->comm_seconds + told->pack_seconds, work = out->seconds - told->comm_seconds;
    const double nano = 1e9, milli = 1e3;
    int64_t v[SUMS + 1] = {out->particle_steps,
                           s->half_contact_steps,
                           out->wall_contacts,
                           out->memory,
                           (int64_t)(nano * out->seconds),
                           (int64_t)(nano * out->law_seconds),
                           (int64_t)(nano * communication),
                           (int64_t)(nano * work),
                           s->ghosts,
                           told->bytes,
                           told->messages,
                           told->collectives,
                           told->migrated,
                           (int64_t)(milli * out->candidates * (double)s->count),
                           (int64_t)(milli * out->step_bytes * (double)s->count),
                           out->device_memory};
    for (int i = 0; i < STAGES; i++) v[16 + i] = (int64_t)(nano * out->stage[i].seconds);
    v[SUMS] = v[7];
    BRC_TRY(brc_comm_combine(s->comm, v, SUMS, 1));
    int64_t particles = s->count;
    BRC_TRY(brc_comm_sum(s->comm, &particles, 1));
    const double size = ranks->ranks, steps = size * (double)(s->steps_run > 0 ? s->steps_run : 1);
    const double all = particles > 0 ? (double)particles : 1, time = v[4] > 0 ? (double)v[4] : 1;
    out->particle_steps = v[0], out->contacts = v[1] / 2, out->wall_contacts = v[2], out->memory = v[3];
    out->device_memory = v[15];
    out->seconds = (double)v[4] / nano / size, out->law_seconds = (double)v[5] / nano / size;
    for (int i = 0; i < STAGES; i++) out->stage[i].seconds = (double)v[16 + i] / nano / size;
    out->candidates = (double)v[13] / milli / all, out->step_bytes = (double)v[14] / milli / all;
    ranks->communication = (double)v[6] / time;
    ranks->balance = v[7] > 0 ? (double)v[SUMS] * size / (double)v[7] : 1;
    ranks->waiting = ((double)v[SUMS] * size - (double)v[7]) / time;
    ranks->ghosts = (double)v[8] / all;
    ranks->bytes = (double)v[9] / steps, ranks->messages = (double)v[10] / steps;
    ranks->collectives = (double)v[11] / steps;
    ranks->migrated = s->rebuilds > 0 ? (double)v[12] / (double)s->rebuilds : 0;
    ranks->cuts = told->cuts;
    return BRC_OK;
}

// Where the bytes fit a cache this is the cache's speed, as a run of that size would meet it.
double brc_copy_speed(brc_sim* s, double bytes)
{
    enum { LEAST = 1 << 16, MOST = 1 << 28 };
    const double wanted = 0.5 * bytes / s->worker_count;
    const size_t part =
        (size_t)(wanted > LEAST ? wanted < MOST / s->worker_count ? wanted : MOST / s->worker_count : LEAST);
    char* from = brc_alloc(2 * part * (size_t)s->worker_count);
    if (!from) return 0;
    char* to = from + part * (size_t)s->worker_count;
    double seconds = 0;
    int64_t times = 0;
    for (int64_t n = 1; seconds < 0.02; n *= 2) {
        const double t0 = brc_seconds();
#pragma omp parallel for schedule(static, 1) num_threads(s->worker_count)
        for (int i = 0; i < s->worker_count; i++)
            for (int64_t k = 0; k < n; k++) {
                from[part * (size_t)i] = (char)k; // so that no copy is like the last
                memcpy(to + part * (size_t)i, from + part * (size_t)i, part);
            }
        seconds = brc_seconds() - t0, times = n;
    }
    brc_free(from);
    return 2.0 * (double)part * s->worker_count * (double)times / seconds;
}
