// compute_vulkan_kernels.c -- kernels of particles that a script has written (sim:kernel), on a device: their SPIR-V
// comes from bindings/barchan/device_laws.lua; each runs over all particles behind the contacts of a step.
#include "compute_vulkan_parts.h"
#include <string.h>
#include <xxhash.h>

struct brc_device_kernel {
    brc_gpu_kernel* kernel;
    brc_gpu_buffer* params;
    uint64_t hash; // of its SPIR-V
    uint32_t torque;
    bool there;
};

bool brc_device_kernels_known(const brc_sim* s)
{
    brc_kernel_words w;
    for (int32_t k = 0; k < s->particle_kernel_count; k++)
        if (brc_kernel_words_get(s, k, &w) && !w.words) return false;
    return true;
}

bool brc_device_kernels_there(const brc_sim* s)
{
    brc_kernel_words w;
    for (int32_t k = 0; k < s->particle_kernel_count; k++)
        if (brc_kernel_words_get(s, k, &w)) return true;
    return false;
}

static brc_status upload(brc_device* d, const brc_sim* s, brc_device_kernel* to, const brc_kernel_words* w)
{
    const int64_t size = (int64_t)s->real * w->param_count;
    const uint64_t hash = XXH64(w->words, (size_t)w->count * sizeof *w->words, 0);
    if (to->hash != hash || !to->kernel)
        BRC_TRY(brc_gpu_kernel_of(d->gpu, w->words, w->count, NULL, 0, 7, &to->kernel));
    to->hash = hash;
    to->torque = w->torque;
    BRC_TRY(brc_device_room(d, &to->params, size + 8, "parameters of kernels"));
    return brc_gpu_write(d->gpu, to->params, 0, w->params, size);
}

brc_status brc_device_kernels_upload(brc_device* d, const brc_sim* s)
{
    const int32_t count = s->particle_kernel_count;
    if (count > d->script_count) {
        BRC_TRY(brc_grow((void**)&d->script, (size_t)d->script_count * sizeof *d->script,
                         (size_t)count * sizeof *d->script));
        d->script_count = count;
    }
    for (int32_t k = 0; k < d->script_count; k++) {
        brc_kernel_words w;
        d->script[k].there = k < count && brc_kernel_words_get(s, k, &w);
        if (d->script[k].there) BRC_TRY(upload(d, s, &d->script[k], &w));
    }
    return BRC_OK;
}

brc_status brc_device_kernels_run(brc_device* d)
{
    for (int32_t k = 0; k < d->script_count; k++) {
        const brc_device_kernel* q = &d->script[k];
        brc_gpu_buffer* const buffers[7] = {d->numbers, d->status, d->pos, d->vel, d->mass, d->acc, q->params};
        if (q->there) BRC_TRY(brc_gpu_run(d->gpu, q->kernel, buffers, &q->torque, sizeof q->torque, d->n.count));
    }
    return BRC_OK;
}
