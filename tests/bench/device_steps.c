// device_steps.c -- the step on a device: its bits against the processor's, particle-steps per second, the time of each
// kernel, what a rebuild of the rows costs, and memory per particle.
#include "base.h"
#include "compute_vulkan_parts.h"
#include "device.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double edge = 0.04; // [m] of the state's cell along x and y: tests/bench/peers/README.md
enum { NUMBERS = 10 };           // of a grain in the state: place, velocity, radius, spin

static double* grains; // of the state
static int64_t grain_count;

static void read_state(void)
{
    char line[512];
    FILE* file = bench.state ? fopen(bench.state, "r") : NULL;
    int64_t capacity = 0;
    if (grains) return;
    if (!file || !fgets(line, sizeof line, file)) {
        fprintf(stderr, "device_bench: bits, steps and layouts need --state FILE, a csv with the columns "
                        "id,x,y,z,vx,vy,vz,r,wx,wy,wz\n");
        exit(2);
    }
    while (fgets(line, sizeof line, file)) {
        if (grain_count == capacity) {
            capacity = 2 * capacity + 1000;
            grains = realloc(grains, (size_t)capacity * NUMBERS * sizeof *grains);
            if (!grains) exit(1);
        }
        char* at = strchr(line, ',');
        for (int k = 0; k < NUMBERS; k++) {
            if (!at || *at != ',') fprintf(stderr, "%s: a line without %d numbers\n", bench.state, NUMBERS), exit(2);
            grains[grain_count * NUMBERS + k] = strtod(at + 1, &at);
        }
        grain_count++;
    }
    fclose(file);
}

int64_t bed_count(int64_t wanted)
{
    read_state();
    const int64_t tiles = (wanted + grain_count / 2) / grain_count;
    return (tiles > 1 ? tiles : 1) * grain_count;
}

// As the scene `settle`: Young's modulus 5e6 Pa, Poisson's ratio 0.3, restitution and friction 0.5.
static void set_law(brc_sim* s)
{
    brc_law_info info;
    int32_t law = 0;
    double table[32] = {0};
    const double ratio = 0.2154537, damping = 2 * sqrt(5.0 / 6) * ratio; // -ln 0.5 / sqrt(ln^2 0.5 + pi^2)
    while (brc_law_get(law, &info) == BRC_OK && strcmp(info.name, "hertz_mindlin")) law++;
    for (int k = 0; k < info.coefficient_count; k++) {
        const char* name = info.coefficients[k];
        table[k] = !strcmp(name, "E") ? 2.747e6 : !strcmp(name, "G") ? 5.656e5 : !strcmp(name, "mu") ? 0.5 : damping;
        if (!strcmp(name, "floor")) table[k] = -1e30;
    }
    TRY(brc_law_set(s, law, 1, table, 10, 1e-3));
}

brc_sim* bed(int64_t count, bool in_order)
{
    read_state();
    const int64_t tiles = count / grain_count;
    int64_t side = (int64_t)sqrt((double)tiles);
    while (tiles % side) side--; // side x tiles / side of them
    brc_options o = {.threads = brc_max_threads(), .overlap_warn = 1e9, .overlap_stop = 1e9, .seed = 1};
    o.lo[2] = -1e-3, o.hi[0] = edge * (double)(tiles / side), o.hi[1] = edge * (double)side, o.hi[2] = 0.1;
    o.periodic[0] = o.periodic[1] = 1, o.gravity[2] = -9.81;
    brc_sim* s;
    int32_t material, wall;
    int64_t first;
    TRY(brc_sim_create(&o, &s));
    TRY(brc_material_add(s, 2500, &material));
    set_law(s);
    TRY(brc_dt_set(s, 1e-5));
    const brc_wall_def floor_plane = {.shape = BRC_PLANE, .normal = {0, 0, 1}};
    TRY(brc_wall_add(s, &floor_plane, &wall));
    double *x = room(80 * count), *v = x + 3 * count, *w = v + 3 * count, *radius = w + 3 * count;
    int32_t* m = room(4 * count);
    int64_t* slot = room(8 * count);
    for (int64_t i = 0; i < count; i++) slot[i] = i;
    seed(1);
    for (int64_t i = count - 1; i > 0 && !in_order; i--) {
        const int64_t j = (int64_t)(uniform() * (double)(i + 1)), t = slot[i];
        slot[i] = slot[j], slot[j] = t;
    }
    for (int64_t k = 0; k < count; k++) {
        const double* from = grains + k % grain_count * NUMBERS;
        const int64_t i = slot[k], tile = k / grain_count;
        for (int c = 0; c < 3; c++) x[3 * i + c] = from[c], v[3 * i + c] = from[3 + c], w[3 * i + c] = from[7 + c];
        x[3 * i] += edge * (double)(tile / side), x[3 * i + 1] += edge * (double)(tile % side);
        radius[i] = from[6];
    }
    const brc_add add = {
        .count = count, .x = x, .v = v, .w = w, .radius = radius, .material = m, .allowed_overlap = -1};
    TRY(brc_particles_add(s, &add, &first));
    free(x), free(m), free(slot);
    s->sort_due = in_order; // else the order is what is to be looked at
    TRY(brc_particles_sort(s));
    return s;
}

void bench_bits(void)
{
    brc_sim* s[2];
    int64_t done, steps = bench.quick ? 10 : 300, count = bed_count(10000);
    double seconds[2] = {0};
    brc_summary q;
    rows_of("bits");
    for (int k = 0; k < 2; k++) {
        s[k] = bed(count, true);
        if (k) TRY(brc_sim_device(s[k], -1));
        TRY(brc_sim_steps(s[k], steps / 2, &done)); // compiles
        seconds[k] = -brc_seconds();
        TRY(brc_sim_steps(s[k], steps - steps / 2, &done));
        seconds[k] += brc_seconds();
    }
    TRY(brc_summary_get(s[0], &q));
    const bool same = brc_sim_hash(s[0]) == brc_sim_hash(s[1]);
    char which[80];
    snprintf(which, sizeof which, "%lld particles, %lld steps", (long long)count, (long long)steps);
    row(which, "contacts of a particle", q.coordination, "1");
    row(which, "the bits of the processor", same, "1");
    row(which, "the processor's particle-steps per second", 1e-6 * (double)(count * (steps - steps / 2)) / seconds[0],
        "M/s");
    for (int k = 0; k < 2; k++) brc_sim_destroy(s[k]);
    if (!same) fprintf(stderr, "device_bench: other bits than the processor's\n"), exit(1);
}

// ---- steps -----------------------------------------------------------------------------------------------

typedef struct measured {
    double step, fastest, slowest;   // [s] on the wall: the median round, the others
    double rebuild;                  // [s] on the wall
    int64_t steps, made;             // timed; rebuilds among them
    double kernels, rebuild_kernels; // [s] on the device, of a step, of a rebuild
} measured;

static double advance(brc_sim* s, int64_t steps)
{
    int64_t done;
    const double t0 = brc_seconds();
    TRY(brc_sim_steps(s, steps, &done));
    return (brc_seconds() - t0) / (double)steps;
}

// Kernels that have run since tracing began, `times` of what they belong to; answers their seconds of one.
static double kernels(const brc_sim* s, const char* which, const char* what, int64_t times)
{
    brc_gpu_times t;
    double all = 0;
    char label[80], name[120];
    for (int k = 0; brc_gpu_traced(s->device->gpu, k, &t); k++) all += t.seconds;
    for (int k = 0; brc_gpu_traced(s->device->gpu, k, &t); k++) {
        const char* part = strcmp(t.name, "rows") ? "" : t.constants[1] ? ", lengths" : ", entries";
        snprintf(label, sizeof label, "%s: %s%s", what, *t.name ? t.name : "a script's", part);
        row(which, label, 1e6 * t.seconds / (double)times, "us");
        const struct {
            const char* what;
            double value;
            const char* unit;
        } more[] = {{"share", 100 * t.seconds / all, "%"}, {"runs", (double)t.runs / (double)times, "1"}};
        for (int i = 0; i < 2; i++) {
            snprintf(name, sizeof name, "%s: %s", label, more[i].what);
            row_of_table(which, name, more[i].value, more[i].unit);
        }
        for (int i = 0; i < t.constant_count; i++) { // the first three are of all kernels
            snprintf(name, sizeof name, "%s: constant %d", label, i + 3);
            row_of_table(which, name, t.constants[i], "1");
        }
        for (int i = 0; i < t.buffer_count; i++) {
            snprintf(name, sizeof name, "%s: buffer %d", label, i);
            row_of_table(which, name, (double)t.size[i], "B");
        }
    }
    return all / (double)times;
}

static void measure(brc_sim* s, const char* which, measured* m)
{
    enum { ROUNDS = 3 }; // others use the machine, too
    const double wanted = bench.quick ? 0.03 : 1.5, about = advance(s, bench.processor ? 2 : 10);
    const int64_t traced = wanted / about > 10 ? 10 : 2, rebuilds = bench.quick ? 1 : 3;
    brc_gpu* gpu = s->device->gpu;
    m->steps = (int64_t)(wanted / about);
    m->steps = m->steps < 3 ? 3 : m->steps > 250 ? 250 : m->steps; // at the thousandth the particles are sorted
    const int64_t made = s->rebuilds;
    double round[ROUNDS];
    for (int k = 0; k < ROUNDS; k++) {
        const double t = advance(s, m->steps);
        int at = k;
        while (at > 0 && round[at - 1] > t) round[at] = round[at - 1], at--;
        round[at] = t;
    }
    m->fastest = round[0], m->step = round[ROUNDS / 2], m->slowest = round[ROUNDS - 1];
    m->steps *= ROUNDS;
    m->made = s->rebuilds - made;
    TRY(brc_gpu_trace(gpu, true));
    advance(s, traced);
    m->kernels = kernels(s, which, "step", traced);
    TRY(brc_gpu_trace(gpu, true));
    void* forces = room(64 * s->count); // which a rebuild does away with
    TRY(brc_gpu_read(gpu, s->device->acc, 0, forces, 64 * s->count));
    m->rebuild = brc_seconds();
    for (int k = 0; k < rebuilds; k++) TRY(brc_device_rebuild(s->device, s, s->step));
    m->rebuild = (brc_seconds() - m->rebuild) / (double)rebuilds;
    m->rebuild_kernels = kernels(s, which, "rows", rebuilds);
    TRY(brc_gpu_trace(gpu, false));
    TRY(brc_gpu_write(gpu, s->device->acc, 0, forces, 64 * s->count));
    free(forces);
    advance(s, 2); // rows that were made between steps hold
}

// Bytes that a particle-step must move however clever the caches are, counted from what the state has: in the kernel of
// forces the place, the four rows of velocities, start of the row, entries, histories of what touches in and out, sums
// out; in the one that moves place and residuals in and out, two rows of velocities in and four out, sums in.
static double least_bytes(const brc_sim* s, double entries, double touching)
{
    const double place = 32, row_of_4 = 4.0 * (double)s->real, history = (double)s->real * s->history_count, sums = 64;
    const double force = place + 4 * row_of_4 + 4 + 4 * entries + 2 * history * touching + sums;
    return force + 2 * place + 4 * row_of_4 + 6 * row_of_4 + sums;
}

static void tell(brc_sim* s, const char* which, const measured* m)
{
    brc_device_state q;
    brc_summary sum;
    const double n = (double)s->count;
    brc_device_look(s->device, &q);
    TRY(brc_summary_get(s, &sum));
    const double touching = (2 * (double)sum.contacts + (double)sum.wall_contacts) / n, entries = (double)q.entries / n;
    const double bytes = least_bytes(s, entries, touching), speed = n / m->step;
    row(which, "particle-steps per second", 1e-6 * speed, "M/s");
    row(which, "in the slowest round", 1e-6 * n / m->slowest, "M/s");
    row(which, "in the fastest round", 1e-6 * n / m->fastest, "M/s");
    row(which, "the same, with rows made every 30 steps", 1e-6 * n / (m->step + m->rebuild / 30), "M/s");
    row(which, "steps that were timed", (double)m->steps, "1");
    row(which, "rows made anew in them", (double)m->made, "1");
    row(which, "a step, on the wall", 1e6 * m->step, "us");
    row(which, "a step, in kernels", 1e6 * m->kernels, "us");
    row(which, "a rebuild, on the wall", 1e6 * m->rebuild, "us");
    row(which, "a rebuild, in kernels", 1e6 * m->rebuild_kernels, "us");
    row(which, "candidates of a particle", entries, "1");
    row(which, "contacts of a particle, walls too", touching, "1");
    row(which, "a particle-step must move", bytes, "B");
    row(which, "that is", 1e-9 * bytes * speed, "GB/s");
    if (bench.copy_speed > 0) {
        row(which, "the measured bandwidth would allow", 1e-6 * bench.copy_speed / bytes, "M/s");
        row(which, "of the measured bandwidth", 100 * bytes * speed / bench.copy_speed, "%");
    }
    row(which, "memory of a particle", (double)q.memory / n, "B");
    bench.bytes = (double)q.memory / n;
}

// Whether there is memory for it on both sides, by what the size before has taken.
static bool fits(int64_t count)
{
    const double n = (double)count, bytes = bench.bytes > 0 ? bench.bytes : 900, there = (double)bench.info.memory;
    const double free_here = (double)sysconf(_SC_AVPHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    const double device = n * bytes, host = n * 1500 + (bench.processor ? device : 0);
    if (device > 0.9 * there || host > 0.9 * free_here) {
        remark("%lld particles: not run: they take %.1f GB of %.1f on the device and %.1f GB of %.1f that are free on "
               "the host",
               (long long)count, 1e-9 * device, 1e-9 * there, 1e-9 * host, 1e-9 * free_here);
        return false;
    }
    return true;
}

void bench_steps(int64_t count, bool in_order, bool layouts)
{
    char which[100];
    int64_t done;
    measured m = {0};
    if (!fits(count)) return;
    const char* order = in_order ? "in the order of space" : "in random order";
    snprintf(which, sizeof which, "%lld, %s", (long long)count, order);
    brc_sim* s = bed(count, in_order);
    double* pos = room(32 * count);
    memcpy(pos, s->pos, 32 * (size_t)count);
    const double length[3] = {s->length[0], s->length[1], s->length[2]};
    brc_status status = brc_sim_device(s, -1);
    if (status == BRC_OK) brc_sim_stay(s, 1);
    if (status == BRC_OK) status = brc_sim_steps(s, 2, &done); // compiles, makes rows
    if (status != BRC_OK) {
        remark("%s: not run: %s", which, brc_last_error());
        brc_sim_destroy(s);
        free(pos);
        return;
    }
    brc_device_state q;
    brc_device_look(s->device, &q);
    measure(s, which, &m);
    tell(s, which, &m);
    brc_sim_destroy(s);
    if (layouts) bench_layouts(count, pos, length, q.skin, which);
    free(pos);
}
