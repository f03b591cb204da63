// compute_vulkan_parts.h -- what the files of a simulation on a device share: its buffers and kernels, the words that
// all kernels see, rows of candidates.
#ifndef BRC_COMPUTE_VULKAN_PARTS_H
#define BRC_COMPUTE_VULKAN_PARTS_H
#include "compute_vulkan.h"
#include "sim.h"

enum { MOST_WALLS = 32, MOST_OUTLETS = 8, WALL_WORDS = 9, STATUS_WORDS = 16, SCAN_BLOCK = 16 * BRC_GPU_GROUP };
// Words of the status, and why a batch has stopped: shaders/step.glsl.
enum {
    STEP,
    TARGET,
    STOP,
    FLAGS,
    MOVED2,
    OUTSIDE,
    OUTSIDE_NEXT,
    CONTACTS,
    CONTACTS_ALL,
    DEEP = 10,
    PATH = 12,
    DRIFTED = 14
};
enum { STOP_NOT, STOP_REBUILD, STOP_EVENT, STOP_GUARD, STOP_SORT, STOP_END };
#define ENTRY_FIRST 0x80000000u
#define ENTRY_TOUCHING 0x40000000u
#define ENTRY_WALL 0x20000000u
#define ENTRY_INDEX 0x1fffffffu

// As in shaders/step.glsl, where the members are explained.
typedef struct device_wall {
    double point[3], normal[3], position[3];
    int32_t material, padding;
} device_wall;
typedef struct device_outlet {
    double point[3], normal[3], lo[3], hi[3];
    int32_t is_box, padding;
} device_outlet;
typedef struct device_numbers {
    double lo[3], hi[3], length[3], half[3];
    double dt, time_base, since;
    double x_magic, f_magic, t_magic;
    double f_limit, t_limit, f_per, t_per, quick;
    double cell_lo[3], cell_per[3];
    double skin, x_quantum;
    double h, f_most, t_most, overlap_most;
    double gravity[3], reach;
    int32_t count, materials, wall_count, periodic;
    int32_t cells[3];
    uint32_t first_of_thousand;
    int32_t outlet_count, unborn;
    device_outlet outlets[MOST_OUTLETS];
    device_wall walls[MOST_WALLS];
} device_numbers;
_Static_assert(sizeof(device_wall) == 80 && offsetof(device_numbers, walls) % 8 == 0,
               "the layout of shaders/step.glsl");

typedef struct rows { // of candidates
    brc_gpu_buffer *start, *entries, *histories;
    int64_t total;
} rows;

struct brc_device {
    brc_gpu* gpu;
    int32_t number;
    const brc_law* law; // of the force kernel
    brc_gpu_kernel *force, *move, *judge, *place, *scan, *fill, *rows[2];
    brc_gpu_buffer *numbers, *status, *pos, *vel, *res, *acc, *material, *ids, *coefficients, *sums, *reaches, *mass;
    brc_gpu_buffer *cell_of, *counts, *cell_start, *items, *lengths, *blocks;
    rows row[2];
    int now; // the rows in use
    device_numbers n;
    int64_t base;           // step of the simulation that word STEP counts from
    double skin;            // [m]
    double seconds_of_step; // the last batch's: how many steps the next one may have
    int64_t whole;          // step up to which the run has got in whole steps
    bool listed;            // rows hold candidates, not just the contacts that the host has handed over
};

// compute_vulkan_state.c
brc_status brc_device_room(brc_device* d, brc_gpu_buffer** buffer, int64_t size, const char* what); // at least; loses
brc_status brc_device_rows_room(brc_device* d, const brc_sim* s, rows* r, int64_t total);
// The whole state. Particles have drifted (s->moved_on) or stand between two steps.
brc_status brc_device_upload(brc_device* d, brc_sim* s, int64_t target);
// Where a batch has stopped, with its status. A failure to read leaves the state of before in place.
brc_status brc_device_download(brc_device* d, brc_sim* s, const uint32_t status[STATUS_WORDS]);
brc_status brc_device_read_walls(brc_device* d, brc_sim* s); // sums of the last step

#endif
