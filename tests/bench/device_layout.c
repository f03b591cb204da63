// device_layout.c -- where rows of candidates and their histories had better lie: one kernel that does with the memory
// what the kernel of forces does (shaders/bench_layout.comp), on the neighbours of a real packing, in each layout.
//
// By rows: one row after another, an entry's history together. By slots: the first entries of all rows, the second
// ones, ..., as wide as the longest row; so a group of threads reads neighbouring words at once. Touching first: those
// that touch stand before the others in each row. Counted are bytes that must be moved, and bytes of the 32-byte
// sectors that they lie in, with each group's neighbours fetched once.
#include "device.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = 32 };
typedef struct lists {
    int64_t count, total, touching;
    uint32_t *start, *entries; // [count + 1], [total]
    uint8_t* touches;          // [total] whether the two do
    uint32_t widest;           // the longest row
} lists;

typedef struct cells { // of the floor plan: columns of grains, periodic in x and y
    int64_t across[2];
    double per[2];
    uint32_t *start, *items;
} cells;

static int64_t cell_of(const cells* c, const double* x, int k)
{
    int64_t at = (int64_t)floor(x[k] * c->per[k]);
    return at < 0 ? 0 : at >= c->across[k] ? c->across[k] - 1 : at;
}

static double square(const double* a, const double* b, const double length[3])
{
    double sum = 0;
    for (int k = 0; k < 3; k++) {
        double d = a[k] - b[k];
        if (length[k] > 0) d -= length[k] * rint(d / length[k]);
        sum += d * d;
    }
    return sum;
}

// Without images, as the kernel has it.
static bool touches(const double* a, const double* b)
{
    const double none[3] = {0}, both = a[3] + b[3];
    return both * both - square(a, b, none) > 0;
}

static void make_cells(cells* c, int64_t count, const double* pos, const double length[3], double reach)
{
    for (int k = 0; k < 2; k++) {
        c->across[k] = (int64_t)(length[k] / reach);
        c->per[k] = (double)c->across[k] / length[k];
    }
    c->start = room(4 * (c->across[0] * c->across[1] + 1));
    c->items = room(4 * count);
    for (int64_t i = 0; i < count; i++)
        c->start[cell_of(c, pos + 4 * i, 1) * c->across[0] + cell_of(c, pos + 4 * i, 0)]++;
    uint32_t sum = 0;
    for (int64_t k = 0; k <= c->across[0] * c->across[1]; k++) sum += c->start[k], c->start[k] = sum; // its end
    for (int64_t i = count - 1; i >= 0; i--)
        c->items[--c->start[cell_of(c, pos + 4 * i, 1) * c->across[0] + cell_of(c, pos + 4 * i, 0)]] = (uint32_t)i;
}

// The candidates of one; to NULL: how many.
static uint32_t look_around(const cells* c, int64_t i, const double* pos, const double length[3], double skin,
                            uint32_t* to)
{
    uint32_t n = 0;
    const int64_t at[2] = {cell_of(c, pos + 4 * i, 0), cell_of(c, pos + 4 * i, 1)};
    for (int64_t dy = -1; dy <= 1; dy++)
        for (int64_t dx = -1; dx <= 1; dx++) {
            const int64_t x = (at[0] + dx + c->across[0]) % c->across[0],
                          y = (at[1] + dy + c->across[1]) % c->across[1];
            const int64_t cell = y * c->across[0] + x;
            for (uint32_t k = c->start[cell]; k < c->start[cell + 1]; k++) {
                const uint32_t j = c->items[k];
                const double far = pos[4 * i + 3] + pos[4 * (int64_t)j + 3] + skin;
                if (j == i || square(pos + 4 * i, pos + 4 * (int64_t)j, length) >= far * far) continue;
                if (to) to[n] = j;
                n++;
            }
        }
    return n;
}

static void make_lists(lists* l, int64_t count, const double* pos, const double length[3], double skin)
{
    cells c;
    double radius = 0;
    for (int64_t i = 0; i < count; i++) radius = fmax(radius, pos[4 * i + 3]);
    make_cells(&c, count, pos, length, 2 * radius + skin);
    *l = (lists){.count = count, .start = room(4 * (count + 1))};
#pragma omp parallel for
    for (int64_t i = 0; i < count; i++) l->start[i + 1] = look_around(&c, i, pos, length, skin, NULL);
    for (int64_t i = 0; i < count; i++) {
        l->widest = l->start[i + 1] > l->widest ? l->start[i + 1] : l->widest;
        l->start[i + 1] += l->start[i];
    }
    l->total = l->start[count];
    l->entries = room(4 * l->total), l->touches = room(l->total);
    int64_t touching = 0;
#pragma omp parallel for reduction(+ : touching)
    for (int64_t i = 0; i < count; i++) {
        look_around(&c, i, pos, length, skin, l->entries + l->start[i]);
        for (uint32_t k = l->start[i]; k < l->start[i + 1]; k++)
            touching += l->touches[k] = touches(pos + 4 * i, pos + 4 * (int64_t)l->entries[k]);
    }
    l->touching = touching;
    free(c.start), free(c.items);
}

static void touching_first(lists* l)
{
#pragma omp parallel for
    for (int64_t i = 0; i < l->count; i++) {
        uint32_t at = l->start[i];
        for (uint32_t k = at; k < l->start[i + 1]; k++)
            if (l->touches[k]) {
                const uint32_t t = l->entries[k];
                l->entries[k] = l->entries[at], l->entries[at] = t;
                l->touches[k] = l->touches[at], l->touches[at++] = 1;
            }
    }
}

// ---- bytes -----------------------------------------------------------------------------------------------

static int64_t place_of(const lists* l, int64_t i, uint32_t k, bool by_slot)
{
    return by_slot ? (int64_t)(k - l->start[i]) * l->count + i : k;
}

static void mark(uint8_t* sector)
{
#pragma omp atomic write
    *sector = 1;
}

static int64_t marked(const uint8_t* sector, int64_t count)
{
    int64_t sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (int64_t k = 0; k < count; k++) sum += sector[k];
    return sum;
}

// Bytes of the sectors of entries and histories that somebody touches, each counted once: entries read, histories read
// and written.
static double row_sectors(const lists* l, bool by_slot)
{
    const int64_t words = by_slot ? (int64_t)l->widest * l->count : l->total;
    const int64_t entry_sectors = 4 * words / SECTOR + 1, history_sectors = 12 * words / SECTOR + 1;
    uint8_t *entry = room(entry_sectors), *history = room(history_sectors);
#pragma omp parallel for
    for (int64_t i = 0; i < l->count; i++)
        for (uint32_t k = l->start[i]; k < l->start[i + 1]; k++) {
            const int64_t at = place_of(l, i, k, by_slot), slot = k - l->start[i];
            mark(&entry[4 * at / SECTOR]);
            for (int64_t c = 0; c < 3 && l->touches[k]; c++)
                mark(&history[4 * (by_slot ? (3 * slot + c) * l->count + i : 3 * at + c) / SECTOR]);
        }
    const int64_t sectors = marked(entry, entry_sectors) + 2 * marked(history, history_sectors);
    free(entry), free(history);
    return (double)(SECTOR * sectors);
}

static int by_number(const void* a, const void* b)
{
    const uint32_t x = *(const uint32_t*)a, y = *(const uint32_t*)b;
    return (x > y) - (x < y);
}

static int64_t different(uint32_t* list, int64_t count)
{
    int64_t n = 0;
    qsort(list, (size_t)count, sizeof *list, by_number);
    for (int64_t k = 0; k < count; k++) n += !k || list[k] != list[k - 1];
    return n;
}

// Places of those near a group of threads and velocities of those that touch, fetched once for the group.
static double gathered(const lists* l)
{
    int64_t bytes = 0;
#pragma omp parallel for reduction(+ : bytes)
    for (int64_t from = 0; from < l->count; from += BRC_GPU_GROUP) {
        const int64_t end = from + BRC_GPU_GROUP < l->count ? from + BRC_GPU_GROUP : l->count;
        const int64_t most = end - from + l->start[end] - l->start[from];
        uint32_t *near = room(8 * most), *touched = near + most;
        int64_t near_count = 0, touched_count = 0;
        for (int64_t i = from; i < end; i++) {
            near[near_count++] = touched[touched_count++] = (uint32_t)i;
            for (uint32_t k = l->start[i]; k < l->start[i + 1]; k++) {
                near[near_count++] = l->entries[k];
                if (l->touches[k]) touched[touched_count++] = l->entries[k];
            }
        }
        bytes += 32 * different(near, near_count) + 64 * different(touched, touched_count);
        free(near);
    }
    return (double)bytes;
}

// ---- on the device ---------------------------------------------------------------------------------------

// NULL, and a remark: there is no memory for it, or it is larger than a descriptor may be.
static brc_gpu_buffer* make_buffer(brc_gpu* gpu, int64_t size, const void* from, const char* what)
{
    brc_gpu_buffer* out;
    if (brc_gpu_buffer_make(gpu, size, what, &out) != BRC_OK) {
        remark("layouts: not run: %s", brc_last_error());
        return NULL;
    }
    if (from) TRY(brc_gpu_write(gpu, out, 0, from, size));
    else {
        TRY(brc_gpu_begin(gpu));
        brc_gpu_fill(gpu, out, 0, brc_gpu_buffer_size(out), 0);
        TRY(brc_gpu_finish(gpu, NULL, NULL));
    }
    return out;
}

// Entries by slots; of places where no entry is, any.
static uint32_t* slots_of(const lists* l)
{
    uint32_t* out = room(4 * l->widest * l->count);
#pragma omp parallel for
    for (int64_t i = 0; i < l->count; i++)
        for (uint32_t k = l->start[i]; k < l->start[i + 1]; k++) out[place_of(l, i, k, true)] = l->entries[k];
    return out;
}

// Of the size of what all threads have answered: whether they have done their work.
static double size_of_sums(brc_gpu* gpu, brc_gpu_buffer* acc, int64_t n)
{
    double *out = room(64 * n), sum = 0;
    TRY(brc_gpu_read(gpu, acc, 0, out, 64 * n));
    for (int64_t k = 0; k < 8 * n; k++) sum += fabs(out[k]);
    free(out);
    return sum;
}

// Seconds of one run, the fastest of several; < 0: there was no memory.
static double run_layout(brc_gpu* gpu, const lists* l, brc_gpu_buffer* const particles[3], bool by_slot)
{
    const int64_t n = l->count, words = by_slot ? l->widest * n : l->total;
    const struct {
        uint32_t count;
        float stiffness, limit;
    } push = {(uint32_t)n, 1e3f, 1e-12f};
    const int32_t constants[2] = {0, by_slot};
    uint32_t* slots = by_slot ? slots_of(l) : NULL;
    brc_gpu_buffer* buffer[6] = {particles[0], particles[1], particles[2]};
    brc_gpu_kernel* kernel;
    double best = 1e30, spent = 0, seconds[BRC_GPU_MARKS];
    int marks;
    buffer[3] = make_buffer(gpu, 4 * (n + 1), l->start, "starts of rows");
    buffer[4] = make_buffer(gpu, 4 * words, by_slot ? slots : l->entries, "rows");
    buffer[5] = make_buffer(gpu, 12 * words, NULL, "histories");
    const bool there = buffer[3] && buffer[4] && buffer[5];
    if (there) TRY(brc_gpu_kernel_make(gpu, "bench_layout", constants, 2, 6, &kernel));
    for (int times = 0; there && (times < 3 || spent < 0.5) && times < 20; times++) {
        TRY(brc_gpu_begin(gpu));
        brc_gpu_mark(gpu);
        TRY(brc_gpu_run(gpu, kernel, buffer, &push, sizeof push, n));
        brc_gpu_mark(gpu);
        TRY(brc_gpu_finish(gpu, seconds, &marks));
        best = times && seconds[0] < best ? seconds[0] : best; // the first one compiles
        spent += seconds[0];
    }
    free(slots);
    for (int k = 3; k < 6; k++) brc_gpu_buffer_free(gpu, buffer[k]);
    return there ? best : -1;
}

static void tell(const lists* l, double fetched, const char* which, bool first, bool by_slot, double seconds)
{
    const double n = (double)l->count, entries = (double)l->total / n, touching = (double)l->touching / n;
    const struct {
        const char* what;
        double value;
        const char* unit;
    } all[] = {{"time of a particle", 1e9 * seconds / n, "ns"},
               {"must move", 4 + 4 * entries + 24 * touching + 32 + 64 + 64, "B"},
               {"in sectors", 4 + 64 + (row_sectors(l, by_slot) + fetched) / n, "B"},
               {"memory of rows and histories", 16 * (by_slot ? (double)l->widest : entries), "B"}};
    for (int k = 0; k < 4; k++) {
        char what[120];
        snprintf(what, sizeof what, "%s%s: %s", by_slot ? "by slots" : "by rows", first ? ", touching first" : "",
                 all[k].what);
        row(which, what, all[k].value, all[k].unit);
    }
}

static void all_layouts(brc_gpu* gpu, lists* l, brc_gpu_buffer* const particles[3], const char* which)
{
    const double fetched = gathered(l);
    double expected = 0;
    for (int first = 0; first < 2; first++) {
        if (first) touching_first(l);
        for (int by_slot = 0; by_slot < 2; by_slot++) {
            const double seconds = run_layout(gpu, l, particles, by_slot);
            if (seconds < 0) continue;
            const double sum = size_of_sums(gpu, particles[2], l->count);
            if (!(expected > 0)) expected = sum;
            // In floats, in two orders: the same but for rounding. What differs by more has read or written elsewhere.
            if (!(fabs(sum - expected) <= 1e-4 * expected)) {
                fprintf(stderr, "device_bench: layouts come to different sums, %g and %g\n", expected, sum);
                exit(1);
            }
            tell(l, fetched, which, first, by_slot, seconds);
        }
    }
}

void bench_layouts(int64_t count, const double* pos, const double length[3], double skin, const char* which)
{
    brc_gpu* gpu;
    lists l;
    make_lists(&l, count, pos, length, skin);
    TRY(brc_gpu_open_unchecked(-1, &gpu));
    float* vel = room(64 * count);
    for (int64_t k = 0; k < 16 * count; k++) vel[k] = (float)uniform();
    brc_gpu_buffer* const particles[3] = {make_buffer(gpu, 32 * count, pos, "places"),
                                          make_buffer(gpu, 64 * count, vel, "velocities"),
                                          make_buffer(gpu, 64 * count, NULL, "sums")};
    if (particles[0] && particles[1] && particles[2]) all_layouts(gpu, &l, particles, which);
    brc_gpu_close(gpu);
    free(vel), free(l.start), free(l.entries), free(l.touches);
}
