// device_memory.c -- what the memory of a device does: copies, a kernel that streams, one that gathers from 12 places
// near by or anywhere; and what it takes to start a kernel and to hear of its end.
#include "base.h"
#include "device.h"
#include <stdlib.h>

enum { MOST_BUFFERS = 64 };
typedef struct ring { // of buffers, each copied to the next: as large as all of them before a byte is seen again
    int count;
    int64_t size;
    brc_gpu_buffer* buffer[MOST_BUFFERS];
} ring;

static void make_ring(brc_gpu* gpu, ring* r)
{
    brc_gpu_limits l;
    brc_gpu_limits_get(gpu, &l);
    // Of GPUs the cache's size cannot be asked; those of 2024 have 256 MB and less.
    const int64_t cache = bench.last_level ? bench.last_level : 256 << 20;
    int64_t all = bench.quick ? 8 << 20 : 4 * cache;
    if (bench.processor && !bench.quick) all = cache * 5 / 2; // its memory is the host's
    if (all > l.heap / 2) all = l.heap / 2;
    r->count = 4;
    while (all / r->count > l.buffer && r->count < MOST_BUFFERS) r->count++;
    r->size = all / r->count / 4096 * 4096;
    for (int k = 0; k < r->count; k++) TRY(brc_gpu_buffer_make(gpu, r->size, "the benchmark", &r->buffer[k]));
    remark("%d buffers of %.0f MB in turn; %s", r->count, 1e-6 * (double)r->size,
           bench.quick                      ? "too few to leave the caches"
           : r->count * r->size > 2 * cache ? "twice the last cache and more"
                                            : "the memory allows no more: caches may help");
}

// Seconds in which one round through the ring goes by copies (mode < 0) or a kernel; the fastest of several. Where a
// processor gathers, a quarter of the round stands for all of it.
static double round_of(brc_gpu* gpu, const ring* r, brc_gpu_kernel* kernel, int mode)
{
    const int pairs = bench.processor && mode > 0 ? r->count / 4 : r->count;
    double best = 1e30, seconds[BRC_GPU_MARKS];
    const int64_t vectors = r->size / 16;
    const uint32_t push[2] = {(uint32_t)vectors, (uint32_t)mode};
    for (int times = 0; times < (bench.processor ? (mode < 0 ? 3 : 1) : 6); times++) {
        int marks;
        TRY(brc_gpu_begin(gpu));
        brc_gpu_mark(gpu);
        for (int k = 0; k < pairs; k++) {
            brc_gpu_buffer* const pair[2] = {r->buffer[k], r->buffer[(k + 1) % r->count]};
            if (mode < 0) brc_gpu_copy(gpu, pair[0], 0, pair[1], 0, r->size);
            else TRY(brc_gpu_run(gpu, kernel, pair, push, sizeof push, vectors));
        }
        brc_gpu_mark(gpu);
        TRY(brc_gpu_finish(gpu, seconds, &marks));
        best = seconds[0] < best ? seconds[0] : best;
    }
    return best * r->count / pairs;
}

void bench_memory(brc_gpu* gpu)
{
    static const char* const names[] = {"stream: a kernel reads and writes", "gather from 12 near by, asked for",
                                        "gather from 12 anywhere, asked for"};
    static const double asked[] = {32, 32 + 12 * 16, 32 + 12 * 16};
    const char* which = bench.info.access == BRC_ACCESS_ADDRESSES ? "addresses" : "descriptors";
    ring r;
    brc_gpu_kernel* kernel;
    rows_of("memory");
    make_ring(gpu, &r);
    TRY(brc_gpu_kernel_make(gpu, "bench", NULL, 0, 2, &kernel));
    for (int k = 0; k < r.count; k++) { // pages that nobody has written may be one and the same
        TRY(brc_gpu_begin(gpu));
        brc_gpu_fill(gpu, r.buffer[k], 0, r.size, 0x3f800000u + (uint32_t)k);
        TRY(brc_gpu_finish(gpu, NULL, NULL));
    }
    const double bytes = (double)(r.count * r.size);
    bench.copy_speed = 2 * bytes / round_of(gpu, &r, NULL, -1);
    row(which, "copy, read and written", 1e-9 * bench.copy_speed, "GB/s");
    for (int mode = 0; mode < 3; mode++) {
        const double speed = asked[mode] / 16 * bytes / round_of(gpu, &r, kernel, mode);
        row(which, names[mode], 1e-9 * speed, "GB/s");
        if (mode == 0 && speed > bench.copy_speed) bench.copy_speed = speed;
    }
    row(which, "what bounds a step: the faster of the first two", 1e-9 * bench.copy_speed, "GB/s");
    for (int k = 0; k < r.count; k++) brc_gpu_buffer_free(gpu, r.buffer[k]);
}

void bench_latency(brc_gpu* gpu)
{
    enum { RUNS = 1000, SUBMITS = 50 };
    const uint32_t push[2] = {0, 3};
    brc_gpu_buffer* pair[2];
    brc_gpu_kernel* kernel;
    double seconds[BRC_GPU_MARKS], best = 1e30;
    int marks;
    rows_of("latency");
    for (int k = 0; k < 2; k++) TRY(brc_gpu_buffer_make(gpu, 4096, "the benchmark", &pair[k]));
    TRY(brc_gpu_kernel_make(gpu, "bench", NULL, 0, 2, &kernel));
    for (int times = 0; times < 3; times++) {
        TRY(brc_gpu_begin(gpu));
        TRY(brc_gpu_run(gpu, kernel, pair, push, sizeof push, 1)); // the first binds
        brc_gpu_mark(gpu);
        for (int k = 0; k < RUNS; k++) TRY(brc_gpu_run(gpu, kernel, pair, push, sizeof push, 1));
        brc_gpu_mark(gpu);
        TRY(brc_gpu_finish(gpu, seconds, &marks));
        best = seconds[0] < best ? seconds[0] : best;
    }
    row("an empty kernel", "one after another in a batch", 1e6 * best / RUNS, "us");
    best = 1e30;
    for (int times = 0; times < SUBMITS; times++) {
        const double t0 = brc_seconds();
        TRY(brc_gpu_begin(gpu));
        TRY(brc_gpu_run(gpu, kernel, pair, push, sizeof push, 1));
        TRY(brc_gpu_finish(gpu, NULL, NULL));
        const double t = brc_seconds() - t0;
        best = t < best ? t : best;
    }
    row("an empty batch", "recorded, started and waited for", 1e6 * best, "us");
    for (int k = 0; k < 2; k++) brc_gpu_buffer_free(gpu, pair[k]);
}
