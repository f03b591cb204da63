// compute_vulkan_lost.c -- what happens when a device is lost: the host has a state to go on from, the device is opened
// anew, and who loses it again and again is told so, with a state in place that a checkpoint can be made of.
//
// A driver takes a device away when a batch takes it too long (2 s on most systems), when a kernel fails, or when
// somebody pulls it. So the batches that come after are half as long as those before (batch of compute_vulkan_step.c),
// and PATIENCE losses within SPAN steps are borne: then it is no matter of chance.
#include "compute_vulkan_parts.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PATIENCE = 3, SPAN = 1000, TRIES = 3 };

// What the last call said, without the device's name before it and the place in the engine behind it.
static void last_words(const brc_device* d, char* text, size_t size)
{
    const char* words = brc_last_error();
    const size_t name = strlen(d->info.name);
    if (!strncmp(words, d->info.name, name) && !strncmp(words + name, ": ", 2)) words += name + 2;
    snprintf(text, size, "%s", words);
    char* end = strrchr(text, '[');
    if (end && end > text && end[-1] == ' ') end[-1] = 0;
}

void brc_device_warn_lost(const brc_device* d, brc_sim* s)
{
    char text[200] = "was lost";
    const bool lost = brc_gpu_lost(d->gpu);
    if (!lost) last_words(d, text, sizeof text);
    brc_warn(s, "%s%s %s; the run goes on from step %" PRId64 ", whose state the host has", d->info.name,
             lost ? "" : ":", text, d->away.is || d->away.half ? d->base : s->step);
}

brc_status brc_device_open(brc_device* d)
{
    char text[512];
    if (d->gpu) return BRC_OK;
    BRC_CHECK(d->losses <= PATIENCE, BRC_ERR_DEVICE,
              "%s was lost %d times within %d steps: its driver or the device itself fails; the log of the system "
              "(dmesg) may say why",
              d->info.name, d->losses, SPAN);
    brc_status status = brc_gpu_open(d->number, &d->gpu);
    for (int k = 1; k < TRIES && status == BRC_ERR_DEVICE && d->losses; k++) { // a driver takes a moment to come back
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
        status = brc_gpu_open(d->number, &d->gpu);
    }
    if (status != BRC_ERR_DEVICE || !d->losses) return status;
    last_words(d, text, sizeof text);
    BRC_CHECK(false, status, "%s was lost, and cannot be opened again: %s", d->info.name, text);
}

brc_status brc_device_reopen(brc_device* d, const brc_sim* s)
{
    const brc_device old = *d;
    brc_device_host_rows_free(&d->waiting);
    brc_gpu_close(d->gpu);
    brc_free(d->script);
    brc_free(d->broken);
    memset(d, 0, sizeof *d);
    d->number = old.number, d->info = old.info, d->whole = old.whole, d->away = old.away;
    memcpy(d->refusal, old.refusal, sizeof d->refusal);
    d->redone = old.redone, d->states = old.states, d->fetched = old.fetched, d->sent = old.sent;
    d->batch_seconds = 0.5 * old.batch_seconds;
    const bool again = old.losses > 0 && s->step < old.first_loss + SPAN;
    d->losses = again ? old.losses + 1 : 1;
    d->first_loss = again ? old.first_loss : s->step;
    return brc_device_open(d);
}

brc_status brc_device_give_up(brc_device* d, brc_sim* s, brc_status status, int64_t step)
{
    char text[1024];
    if (status != BRC_ERR_DEVICE || s->failed || s->step >= step) return status;
    snprintf(text, sizeof text, "%s", brc_last_error());
    const brc_status replayed = brc_device_replay(d, s, step);
    if (replayed != BRC_OK && replayed != BRC_INTERRUPTED) return replayed;
    brc_error_keep(text);
    return status;
}

void brc_device_refuse(brc_device* d) { snprintf(d->refusal, sizeof d->refusal, "%s", brc_last_error()); }

brc_status brc_device_refuse_later(brc_device* d, brc_status status)
{
    if (status != BRC_ERR_DEVICE) return status;
    brc_device_refuse(d);
    return BRC_OK;
}

brc_status brc_device_refused(brc_sim* s)
{
    brc_device* d = s->device;
    if (!d || !d->refusal[0]) return BRC_OK;
    brc_error_keep(d->refusal);
    d->refusal[0] = 0;
    return BRC_ERR_DEVICE;
}
