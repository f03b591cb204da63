// compute_vulkan.h -- a GPU as the engine sees it: buffers, kernels, recorded batches of kernels. Nothing here names
// Vulkan: only compute_vulkan_find.h includes its headers. Built without them, compute_none.c says so in its stead.
#ifndef BRC_COMPUTE_VULKAN_H
#define BRC_COMPUTE_VULKAN_H
#include "barchan.h"
#include <stdbool.h>

typedef struct brc_gpu brc_gpu;
typedef struct brc_gpu_buffer brc_gpu_buffer; // memory of the device
typedef struct brc_gpu_kernel brc_gpu_kernel; // a compute shader with its constants

// number: as brc_device_get counts, or -1: the best. Runs the self-test and refuses a device that cannot give the bits
// of the processor.
brc_status brc_gpu_open(int32_t number, brc_gpu** out);
brc_status brc_gpu_open_unchecked(int32_t number, brc_gpu** out); // takes any: to find out what is wrong with it
void brc_gpu_close(brc_gpu* gpu);                                 // and all that was made of it
const char* brc_gpu_name(const brc_gpu* gpu);
const brc_device_info* brc_gpu_info(const brc_gpu* gpu);
typedef struct brc_gpu_limits {                     // what the driver says of the device
    int64_t buffer, heap;                           // [bytes] largest range of a descriptor; largest heap of its own
    int64_t shared;                                 // [bytes] of a group
    int64_t group, groups;                          // invocations of a group; groups in a row
    int64_t descriptors;                            // of buffers, for a kernel
    double tick;                                    // [s] of its clock
    bool denormals[2], to_even[2], signed_zeros[2]; // of floats and doubles: can be promised
} brc_gpu_limits;
void brc_gpu_limits_get(const brc_gpu* gpu, brc_gpu_limits* out);
int64_t brc_gpu_cached(const brc_gpu* gpu); // [bytes] of compiled kernels that the disk had (compute_vulkan_cache.h)
bool brc_gpu_lost(const brc_gpu* gpu);      // a call has failed because the device is gone
int64_t brc_gpu_memory(const brc_gpu* gpu); // [bytes] in its buffers now, but for 32 MB of copies
int64_t brc_gpu_memory_most(const brc_gpu* gpu); // there have been at once
void brc_gpu_limit(brc_gpu* gpu, int64_t most);  // [bytes] refuses more: for tests
// The submit after so many others loses the device: for tests. < 0: none does.
void brc_gpu_lose_after(brc_gpu* gpu, int64_t submits);

brc_status brc_gpu_buffer_make(brc_gpu* gpu, int64_t size, const char* what, brc_gpu_buffer** out); // not zeroed
void brc_gpu_buffer_free(brc_gpu* gpu, brc_gpu_buffer* buffer);
int64_t brc_gpu_buffer_size(const brc_gpu_buffer* buffer); // of NULL: 0
// At once, through a buffer that both sides see; nothing must be recorded and not yet finished.
brc_status brc_gpu_write(brc_gpu* gpu, brc_gpu_buffer* buffer, int64_t offset, const void* data, int64_t size);
brc_status brc_gpu_read(brc_gpu* gpu, brc_gpu_buffer* buffer, int64_t offset, void* data, int64_t size);

// The shader of this name (shaders/, compiled into the engine), built for the access of the device, with its
// specialisation constants, whose first three are the size of a group and whether division and square root of the
// device may stand for our own; more follow in `constants`.
enum { BRC_GPU_GROUP = 64, BRC_GPU_BUFFERS = 22, BRC_GPU_PUSH = 128 };
brc_status brc_gpu_kernel_make(brc_gpu* gpu, const char* shader, const int32_t* constants, int constant_count,
                               int buffer_count, brc_gpu_kernel** out);
brc_status brc_gpu_kernel_of(brc_gpu* gpu, const uint32_t* code, int64_t count, const int32_t* constants,
                             int constant_count, int buffer_count, brc_gpu_kernel** out); // of SPIR-V that is marked
// Whether kernels made from now on may: 1 those of floats, 2 those of doubles. For tests.
void brc_gpu_exact(brc_gpu* gpu, int32_t division, int32_t root);

// A batch: recorded, then run as a whole. Each kernel sees what those before it have written.
brc_status brc_gpu_begin(brc_gpu* gpu);
// On `threads` invocations at least; push: up to BRC_GPU_PUSH bytes.
brc_status brc_gpu_run(brc_gpu* gpu, brc_gpu_kernel* kernel, brc_gpu_buffer* const* buffers, const void* push,
                       int push_size, int64_t threads);
void brc_gpu_fill(brc_gpu* gpu, brc_gpu_buffer* buffer, int64_t offset, int64_t size, uint32_t value);
void brc_gpu_copy(brc_gpu* gpu, brc_gpu_buffer* from, int64_t at, brc_gpu_buffer* to, int64_t offset, int64_t size);
// The words of 32 bits that begin at these bytes, at most BRC_GPU_PICKS, side by side.
enum { BRC_GPU_PICKS = 64 };
void brc_gpu_pick(brc_gpu* gpu, brc_gpu_buffer* from, const int64_t* at, int count, brc_gpu_buffer* to, int64_t offset);
// Notes the time of the device here, at most BRC_GPU_MARKS times in a batch; finish gives [s] between mark k and k + 1.
enum { BRC_GPU_MARKS = 32 };
void brc_gpu_mark(brc_gpu* gpu);
brc_status brc_gpu_finish(brc_gpu* gpu, double* seconds, int* count); // waits; both may be NULL

// What each kernel has cost since tracing began: for benchmarks. Off, as it is at first, it costs nothing.
enum { BRC_GPU_CONSTANTS = 8 };
typedef struct brc_gpu_times {
    char name[40]; // of the shader; "": of a law or kernel of the script
    int64_t runs, threads;
    double seconds;
    int32_t constants[BRC_GPU_CONSTANTS]; // behind the first three, as brc_gpu_kernel_make got them
    int constant_count, buffer_count;
    int64_t size[BRC_GPU_BUFFERS]; // [bytes] of its buffers in the last run
} brc_gpu_times;
brc_status brc_gpu_trace(brc_gpu* gpu, bool on);                    // all sums begin at 0
bool brc_gpu_traced(const brc_gpu* gpu, int k, brc_gpu_times* out); // of the k-th that has run; false: no such

// The arithmetic of the device on given operands, for the self-test and the tests of parity (shaders/selftest.comp).
enum {
    BRC_GPU_ADD,
    BRC_GPU_SUB,
    BRC_GPU_MUL,
    BRC_GPU_MUL_ADD, // a b + c, two roundings
    BRC_GPU_DIV,     // the device's own
    BRC_GPU_SQRT,    // the device's own
    BRC_GPU_DIV_RN,  // ours, from the device's estimate
    BRC_GPU_SQRT_RN, // ours
    BRC_GPU_CONVERT, // float -> double -> * c -> float
    BRC_GPU_F64,     // from here on doubles
    BRC_GPU_ADD64 = BRC_GPU_F64,
    BRC_GPU_SUB64,
    BRC_GPU_MUL64,
    BRC_GPU_MUL_ADD64,
    BRC_GPU_GRID64, // (a + c) - c
    BRC_GPU_DIV64,
    BRC_GPU_SQRT64,
    BRC_GPU_FLOAT64, // to float and back
    BRC_GPU_INT64,   // to an integer, times 3, back
    BRC_GPU_FLOOR64,
    BRC_GPU_DIV64_RN, // ours
    BRC_GPU_SQRT64_RN,
    BRC_GPU_WHOLE64, // ours, the nearest whole number
    BRC_GPU_OPERATIONS
};
// a, b, c, out: [count] words of 64 bits; a float lies in the lower half. estimate_off: ulp by which the estimates of
// DIV_RN and SQRT_RN are made wrong.
brc_gpu_kernel** brc_gpu_selftest_kernel(brc_gpu* gpu, bool off); // where that of the self-test is kept
brc_status brc_gpu_selftest(brc_gpu* gpu, brc_device_test* out);
brc_status brc_gpu_calculate(brc_gpu* gpu, int operation, int64_t count, const uint64_t* a, const uint64_t* b,
                             const uint64_t* c, uint64_t* out, int estimate_off);
uint64_t brc_host_calculate(int operation, uint64_t a, uint64_t b, uint64_t c); // what it must come to
uint64_t brc_gpu_canonical(int operation, uint64_t result);                     // with one NaN for all
// Operands of the self-test: every kind of number, edges among them. index: any.
void brc_gpu_operands(int operation, uint64_t index, uint64_t out[3]);

#endif
