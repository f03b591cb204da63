// device.c -- what is to be known of a GPU: `scripts/bench device` and `scripts/bench --backend vulkan` run it.
//
//   device_bench [--quick] [--table FILE.csv] [--state FILE.csv] PART ... [PARTICLES ...]
//
// Parts, in the order in which they are named: limits (what the driver says), arithmetic (last digits, contraction,
// small numbers, with operations marked NoContraction and not), selftest, bits (a dense packing on the device and on
// the processor), memory (copy, stream, gather), latency, steps (particle-steps per second, time of each kernel,
// memory), layouts (steps, and after each size micro-kernels on its neighbours, for each way in which rows and
// histories may lie). A line for each number, and a row of the table.
#include "device.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

device_bench bench;
static const char *part = "", *date = "";

void give_up(const char* doing)
{
    fprintf(stderr, "device_bench: %s: %s\n", doing, brc_last_error());
    exit(1);
}

void* room(int64_t size)
{
    void* out = calloc((size_t)size + 1, 1);
    if (out) return out;
    fprintf(stderr, "device_bench: no memory for %.0f MB\n", (double)size * 1e-6);
    exit(1);
}

void rows_of(const char* name)
{
    part = name;
    printf("%s\n", name);
}

void row_of_table(const char* which, const char* what, double value, const char* unit)
{
    if (!bench.table) return;
    fprintf(bench.table, "%s,\"%s\",%s,\"%s\",\"%s\",%.6g,%s\n", date, bench.machine, part, which, what, value, unit);
    fflush(bench.table); // whoever ends the program keeps them
}

void row(const char* which, const char* what, double value, const char* unit)
{
    printf("  %-42s %-46s %12.5g %s\n", which, what, value, unit);
    fflush(stdout);
    row_of_table(which, what, value, unit);
}

void remark(const char* format, ...)
{
    va_list list;
    va_start(list, format);
    printf("  ");
    vprintf(format, list);
    printf("\n");
    fflush(stdout);
    va_end(list);
}

static uint64_t state = 1;
void seed(uint64_t value) { state = value; }
double uniform(void) // splitmix64
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u, z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

void bench_limits(brc_gpu* gpu)
{
    static const char* const kinds[] = {[BRC_DEVICE_OTHER] = "of another kind",
                                        [BRC_DEVICE_INTEGRATED] = "integrated",
                                        [BRC_DEVICE_DISCRETE] = "discrete",
                                        [BRC_DEVICE_VIRTUAL] = "virtual",
                                        [BRC_DEVICE_CPU] = "a processor"};
    const brc_device_info* i = &bench.info;
    brc_gpu_limits l;
    brc_gpu_limits_get(gpu, &l);
    rows_of("limits");
    remark("%s, %s, %s", i->name, kinds[i->kind], i->driver);
    row("Vulkan", "version", i->major + 0.1 * i->minor, "1");
    row("memory", "largest heap", 1e-9 * (double)l.heap, "GB");
    row("memory", "largest buffer of a descriptor", 1e-9 * (double)l.buffer, "GB");
    row("memory", "shared by a group", 1e-3 * (double)l.shared, "kB");
    row("kernels", "lanes", i->lanes, "1");
    row("kernels", "largest group", (double)l.group, "1");
    row("kernels", "groups in a row", (double)l.groups, "1");
    row("kernels", "buffers by descriptor", (double)l.descriptors, "1");
    row("kernels", "buffers are reached by addresses", i->access == BRC_ACCESS_ADDRESSES, "1");
    row("clock", "tick", 1e9 * l.tick, "ns");
    for (int k = 0; k < 2; k++) {
        const char* name = k ? "doubles" : "floats";
        row(name, "small numbers are promised", l.denormals[k], "1");
        row(name, "rounding to the nearest is promised", l.to_even[k], "1");
        row(name, "signs of zeros are promised", l.signed_zeros[k], "1");
    }
}

static void selftest(brc_gpu* gpu)
{
    static const char* const names[BRC_GPU_OPERATIONS] = {"a + b",
                                                          "a - b",
                                                          "a b",
                                                          "a b + c",
                                                          "a / b",
                                                          "sqrt a",
                                                          "a / b, ours",
                                                          "sqrt a, ours",
                                                          "float to double to float",
                                                          "a + b, double",
                                                          "a - b, double",
                                                          "a b, double",
                                                          "a b + c, double",
                                                          "(a + c) - c, double",
                                                          "a / b, double",
                                                          "sqrt a, double",
                                                          "double to float",
                                                          "double to integer",
                                                          "floor, double",
                                                          "a / b, double, ours",
                                                          "sqrt a, double, ours",
                                                          "nearest whole number, double, ours"};
    brc_device_test test;
    rows_of("selftest");
    TRY(brc_gpu_selftest(gpu, &test));
    for (int k = 0; k < BRC_GPU_OPERATIONS; k++)
        row("results that are not the processor's", names[k], test.wrong[k], "1");
    row("verdict", "the bits of the processor", !test.failed, "1");
}

// Of a device that is a processor: which, and its last cache.
static void know_processor(char* name, size_t size)
{
    char line[300];
    const long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
    FILE* file = fopen("/proc/cpuinfo", "r");
    bench.last_level = cache > 0 ? cache : 0;
    while (file && fgets(line, sizeof line, file)) {
        const char* at = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !at) continue;
        line[strcspn(line, "\n")] = 0;
        snprintf(name, size, ", %ld x %.100s", sysconf(_SC_NPROCESSORS_ONLN), at + 2);
        break;
    }
    if (file) fclose(file);
}

// Sizes that nobody has chosen: all of the brief's on a GPU, smaller ones on what only stands for one.
static int default_sizes(int64_t out[3])
{
    static const int64_t large[] = {100000, 1000000, 10000000}, small[] = {10000, 100000};
    if (bench.quick) out[0] = 10000;
    else memcpy(out, bench.processor ? small : large, bench.processor ? sizeof small : sizeof large);
    if (bench.processor && !bench.quick)
        remark("%s is a processor: 10 000 and 100 000 particles instead of 100 000, 1 and 10 million", bench.info.name);
    return bench.quick ? 1 : bench.processor ? 2 : 3;
}

static void all_steps(int64_t* sizes, int count, bool layouts)
{
    int64_t chosen[3];
    rows_of("steps");
    if (!count) sizes = chosen, count = default_sizes(chosen);
    for (int k = 0; k < count; k++)
        for (int order = 1; order >= 0; order--) bench_steps(bed_count(sizes[k]), order, layouts);
}

static void open_device(brc_gpu** gpu)
{
    int32_t devices;
    if (brc_device_count(&devices) != BRC_OK || !devices) {
        fprintf(stderr, "device_bench: no device: %s\n", brc_last_error());
        exit(77);
    }
    TRY(brc_gpu_open_unchecked(-1, gpu)); // of one that the engine refuses the arithmetic is what is wanted
    bench.info = *brc_gpu_info(*gpu);
    bench.processor = bench.info.kind == BRC_DEVICE_CPU;
    char host[160] = "";
    if (bench.processor) know_processor(host, sizeof host);
    snprintf(bench.machine, sizeof bench.machine, "%s, %s%s, %s", bench.info.name, bench.info.driver, host,
             bench.info.access == BRC_ACCESS_ADDRESSES ? "addresses" : "descriptors");
}

static void usage(const char* word)
{
    fprintf(stderr,
            "device_bench: '%s' is no part, size or option; there are limits arithmetic selftest bits memory latency "
            "steps layouts, numbers of particles, --quick, --table FILE and --state FILE\n",
            word);
    exit(2);
}

int main(int count, char** words)
{
    static char day[16];
    const time_t now = time(NULL);
    int64_t sizes[16];
    int size_count = 0;
    bool new_table = false;
    brc_gpu* gpu;
    strftime(day, sizeof day, "%Y-%m-%d", gmtime(&now));
    date = day;
    for (int k = 1; k < count; k++) {
        char* end;
        const int64_t size = strtoll(words[k], &end, 10);
        if (!strcmp(words[k], "--quick")) bench.quick = true;
        else if (!strcmp(words[k], "--state") && k + 1 < count) bench.state = words[++k];
        else if (!strcmp(words[k], "--table") && k + 1 < count) {
            new_table = access(words[++k], F_OK) != 0;
            bench.table = fopen(words[k], "a");
            if (!bench.table) perror(words[k]), exit(2);
        } else if (size > 0 && !*end && size_count < 16) sizes[size_count++] = size;
        else if (!strchr("abcdefghijklmnopqrstuvwxyz", *words[k])) usage(words[k]);
    }
    open_device(&gpu);
    if (new_table) fprintf(bench.table, "date,device,part,case,quantity,value,unit\n");
    for (int k = 1; k < count; k++) {
        const char* word = words[k];
        if (!strcmp(word, "--state") || !strcmp(word, "--table")) k++;
        else if (!strcmp(word, "limits")) bench_limits(gpu);
        else if (!strcmp(word, "arithmetic")) bench_arithmetic(gpu);
        else if (!strcmp(word, "selftest")) selftest(gpu);
        else if (!strcmp(word, "bits")) bench_bits();
        else if (!strcmp(word, "memory")) bench_memory(gpu);
        else if (!strcmp(word, "latency")) bench_latency(gpu);
        else if (!strcmp(word, "steps") || !strcmp(word, "layouts"))
            all_steps(sizes, size_count, !strcmp(word, "layouts"));
        else if (*word >= 'a' && *word <= 'z') usage(word);
    }
    brc_gpu_close(gpu);
    if (bench.table) fclose(bench.table);
    return 0;
}
