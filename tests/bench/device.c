// device.c -- what is to be known of a GPU, in one go of a few minutes: `scripts/bench device` runs it after the tests.
//
//   device_bench [PARTICLES ...]     default: 100000 1000000 10000000, as memory allows
//
// Prints: properties; the self-test; bandwidth of copies, of a kernel that streams, of one that gathers from 12 places
// near by or anywhere; the time of an empty kernel; the bits of a dense packing against the processor's; then for each
// size, with particles in the order of space and in none, particle-steps per second, shares of the kernels, bytes that
// a step must move at least, how much of the bandwidth that is, and bytes of memory per particle.
#include "compute_vulkan.h"
#include "sim.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        if ((call) != BRC_OK) {                                                                                        \
            printf("%s: %s\n", #call, brc_last_error());                                                               \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

static uint64_t state = 1;
static double uniform(void) // splitmix64
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u, z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static double copy_speed; // [B/s] the best of all that were seen

static void bandwidth(brc_gpu* gpu, int64_t vectors)
{
    static const char* const names[] = {"stream", "gather, 12 near by", "gather, 12 anywhere", "empty kernel"};
    brc_gpu_buffer* buffer[2];
    brc_gpu_kernel* kernel;
    enum { TIMES = 20 };
    double seconds[BRC_GPU_MARKS];
    int marks;
    for (int k = 0; k < 2; k++) TRY(brc_gpu_buffer_make(gpu, 16 * vectors, "the benchmark", &buffer[k]));
    TRY(brc_gpu_kernel_make(gpu, "bench", NULL, 0, 2, &kernel));
    for (int round = 0; round < 2; round++) { // the first one warms up
        TRY(brc_gpu_begin(gpu));
        brc_gpu_mark(gpu);
        for (int k = 0; k < TIMES; k++) brc_gpu_copy(gpu, buffer[k & 1], 0, buffer[!(k & 1)], 0, 16 * vectors);
        brc_gpu_mark(gpu);
        TRY(brc_gpu_finish(gpu, seconds, &marks));
    }
    copy_speed = 32.0 * (double)vectors * TIMES / seconds[0];
    printf("copy %.1f GB/s (%.0f MB back and forth)\n", copy_speed * 1e-9, 16e-6 * (double)vectors);
    for (uint32_t mode = 0; mode < 4; mode++) {
        const uint32_t push[2] = {(uint32_t)vectors, mode};
        for (int round = 0; round < 2; round++) {
            TRY(brc_gpu_begin(gpu));
            brc_gpu_mark(gpu);
            for (int k = 0; k < TIMES; k++)
                TRY(brc_gpu_run(gpu, kernel, buffer, push, sizeof push, mode == 3 ? 1 : vectors));
            brc_gpu_mark(gpu);
            TRY(brc_gpu_finish(gpu, seconds, &marks));
        }
        const double speed = 32.0 * (double)vectors * TIMES / seconds[0];
        if (mode == 3) printf("%s %.2f us\n", names[mode], 1e6 * seconds[0] / TIMES);
        else printf("%s %.1f GB/s of what it must move\n", names[mode], speed * 1e-9);
        if (mode == 0 && speed > copy_speed) copy_speed = speed;
    }
    for (int k = 0; k < 2; k++) brc_gpu_buffer_free(gpu, buffer[k]);
}

// A dense packing: a lattice of touching spheres of two sizes, shaken by a hundredth of a diameter, on a floor,
// periodic in x and y. in_order: slots follow space; else they do not.
static brc_sim* packing(int64_t count, bool in_order)
{
    const double diameter = 1e-3, spacing = 0.99 * diameter;
    const int64_t side = (int64_t)ceil(cbrt((double)count));
    brc_options o = {.threads = brc_max_threads(), .overlap_warn = 1e9, .overlap_stop = 1e9, .seed = 1};
    brc_sim* s;
    int32_t material, wall, law = 0;
    brc_law_info info;
    state = 1; // the same packing each time
    for (int k = 0; k < 3; k++) o.hi[k] = (double)(side + (k == 2)) * spacing, o.periodic[k] = k < 2;
    o.gravity[2] = -9.81;
    TRY(brc_sim_create(&o, &s));
    TRY(brc_material_add(s, 2500, &material));
    for (law = 0; brc_law_get(law, &info) == BRC_OK && strcmp(info.name, "hertz_mindlin"); law++) continue;
    double table[32] = {0};
    for (int k = 0; k < info.coefficient_count; k++) {
        const char* name = info.coefficients[k];
        table[k] = !strcmp(name, "E") ? 2.7e6 : !strcmp(name, "G") ? 5.7e5 : !strcmp(name, "mu") ? 0.5 : 0.2;
        if (!strcmp(name, "floor")) table[k] = 0;
    }
    TRY(brc_law_set(s, law, 1, table, 10, 1e-3));
    TRY(brc_dt_set(s, 5e-6));
    const brc_wall_def floor_plane = {.shape = BRC_PLANE, .normal = {0, 0, 1}};
    TRY(brc_wall_add(s, &floor_plane, &wall));
    double* x = malloc((size_t)count * 4 * sizeof *x);
    int32_t* m = calloc((size_t)count, sizeof *m);
    if (!x || !m) exit(1);
    double* radius = x + 3 * count;
    for (int64_t i = 0; i < count; i++) {
        const int64_t at[3] = {i % side, i / side % side, i / side / side};
        radius[i] = 0.5 * diameter * (i % 2 ? 1 : 0.98);
        for (int k = 0; k < 3; k++) x[3 * i + k] = ((double)at[k] + 0.5 + 0.01 * uniform()) * spacing;
    }
    for (int64_t i = count - 1; i > 0 && !in_order; i--) {
        const int64_t j = (int64_t)(uniform() * (double)(i + 1));
        for (int k = 0; k < 3; k++) {
            const double t = x[3 * i + k];
            x[3 * i + k] = x[3 * j + k], x[3 * j + k] = t;
        }
    }
    const brc_add add = {.count = count, .x = x, .radius = radius, .material = m, .allowed_overlap = -1};
    int64_t first;
    TRY(brc_particles_add(s, &add, &first));
    free(x), free(m);
    s->sort_due = false; // the order is what is to be looked at
    return s;
}

static void bits(void)
{
    brc_sim* s[2];
    int64_t done;
    for (int k = 0; k < 2; k++) {
        s[k] = packing(20000, true);
        if (k) TRY(brc_sim_device(s[k], -1));
        TRY(brc_sim_steps(s[k], 300, &done));
    }
    brc_summary q;
    TRY(brc_summary_get(s[0], &q));
    const bool same = brc_sim_hash(s[0]) == brc_sim_hash(s[1]);
    printf("20000 particles, 300 steps, %.1f contacts each: %s bits as the processor's\n", q.coordination,
           same ? "the same" : "OTHER");
    for (int k = 0; k < 2; k++) brc_sim_destroy(s[k]);
    if (!same) exit(1);
}

static double kernels(const brc_sim* s) { return s->seconds[STAGE_FORCES] + s->seconds[STAGE_KICK]; }

static void steps(int64_t count, bool in_order)
{
    enum { SHORT = 20, LONG = 200 };
    brc_sim* s = packing(count, in_order);
    int64_t done;
    TRY(brc_sim_device(s, -1));
    const brc_status status = brc_sim_steps(s, SHORT, &done); // compiles, makes rows
    if (status != BRC_OK) {
        printf("%10lld %-8s %s\n", (long long)count, in_order ? "sorted" : "shuffled", brc_last_error());
        brc_sim_destroy(s);
        return;
    }
    const double before = kernels(s), lists = s->seconds[STAGE_NEIGHBOURS];
    const int64_t made = s->rebuilds;
    TRY(brc_sim_steps(s, LONG, &done));
    brc_device_state q;
    brc_summary summary;
    brc_device_look(s->device, &q);
    TRY(brc_summary_get(s, &summary));
    const double seconds = kernels(s) - before, listing = s->seconds[STAGE_NEIGHBOURS] - lists;
    const double n = (double)count, speed = n * LONG / (seconds + listing);
    // force: places, velocities, row, histories of contacts in and out, forces out; move: places, velocities, residuals
    // in and out, forces in
    const double candidates = (double)q.entries / n, touching = summary.coordination;
    const double bytes = (32 + 64 + 8 + 4 * candidates + 2 * 12 * touching + 64) + (64 + 96 + 64 + 64);
    printf("%10lld %-8s %8.2f M particle-steps/s; force %2.0f %%, rows %2.0f %% (%lld times); %.1f candidates, %.1f "
           "contacts; "
           "%.0f bytes a step: %.1f %% of the bandwidth; %.0f bytes of memory each\n",
           (long long)count, in_order ? "sorted" : "shuffled", speed * 1e-6,
           100 * s->seconds[STAGE_FORCES] / (kernels(s) + s->seconds[STAGE_NEIGHBOURS]),
           100 * listing / (seconds + listing), (long long)(s->rebuilds - made), candidates, touching, bytes,
           100 * bytes * speed / copy_speed, (double)q.memory / n);
    fflush(stdout);
    brc_sim_destroy(s);
}

int main(int count_of_words, char** words)
{
    static const int64_t sizes[] = {100000, 1000000, 10000000};
    brc_gpu* gpu;
    brc_device_info info;
    brc_device_test test;
    int32_t devices;
    TRY(brc_device_count(&devices));
    TRY(brc_gpu_open(-1, &gpu));
    printf("%s\n", brc_gpu_name(gpu));
    for (int32_t k = 0; k < devices; k++) {
        TRY(brc_device_get(k, &info));
        printf("device %d: %s, %s, Vulkan %d.%d, %.1f GB, %d lanes %s\n", k + 1, info.name, info.driver, info.major,
               info.minor, 1e-9 * (double)info.memory, info.lanes, info.obstacle);
    }
    TRY(brc_gpu_selftest(gpu, &test));
    printf("self-test, wrong of %d:", test.operands);
    for (int k = 0; k < BRC_GPU_OPERATIONS; k++) printf(" %d", test.wrong[k]);
    printf("\n");
    bandwidth(gpu, info.kind == BRC_DEVICE_CPU ? 1 << 18 : 1 << 22);
    brc_gpu_close(gpu);
    bits();
    for (int k = 1; k < count_of_words; k++)
        for (int order = 1; order >= 0; order--) steps(strtoll(words[k], NULL, 10), order);
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0] && count_of_words == 1; k++)
        for (int order = 1; order >= 0; order--) steps(sizes[k], order);
    return 0;
}
