// device.h -- what the parts of the benchmark of a device share: rows of its table, the bed of grains, and the parts.
#ifndef BENCH_DEVICE_H
#define BENCH_DEVICE_H
#include "compute_vulkan.h"
#include "sim.h"
#include <stdio.h>

#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        if ((call) != BRC_OK) give_up(#call);                                                                          \
    } while (0)
_Noreturn void give_up(const char* doing); // with the engine's words
void* room(int64_t size);                  // zeroed

typedef struct device_bench {
    bool quick;        // seconds instead of minutes: numbers that say nothing
    bool processor;    // the device is one: smaller sizes
    const char* state; // csv of a settled bed, periodic in x and y
    FILE* table;       // csv; NULL: none
    char machine[600]; // for it
    brc_device_info info;
    double copy_speed;  // [B/s] of memory, read and written: 0: not measured yet
    double bytes;       // [bytes] of a particle on the device, of the size before
    int64_t last_level; // [bytes] of the cache that copies have to leave; 0: not known
} device_bench;
extern device_bench bench;

// A row of the table: of a part, a case in it and a quantity. rows_of: a heading.
void rows_of(const char* part);
void row(const char* which, const char* what, double value, const char* unit);
void row_of_table(const char* which, const char* what, double value, const char* unit); // in the csv only
void remark(const char* format, ...);

double uniform(void); // in [0, 1), the same each time from seed() on
void seed(uint64_t value);

// Grains at rest on a floor, periodic in x and y, as the scene `settle`: tiles of the state. In the order of a
// space-filling curve, or in none. On the processor until brc_sim_device.
int64_t bed_count(int64_t wanted); // whole tiles
brc_sim* bed(int64_t count, bool in_order);

void bench_limits(brc_gpu* gpu);
void bench_arithmetic(brc_gpu* gpu);
void bench_memory(brc_gpu* gpu);
void bench_latency(brc_gpu* gpu);
void bench_bits(void);
void bench_steps(int64_t count, bool in_order, bool layouts);
void bench_layouts(int64_t count, const double* pos, const double length[3], double skin, const char* which);

#endif
