// device_bounds.c -- that kernels which look at their indices (tests/tools/check_bounds.py) see each of them that lies
// beyond its array, and nothing else: so that the tests of steps with such kernels are worth something. Without a
// device: skipped (77).
#include "check.h"
#include "compute_vulkan.h"

static brc_gpu* gpu;
enum { ENTRIES = 2 };
static const int64_t size[3] = {40 * 4, 7 * 32 + 31, ENTRIES * 16}; // no more than seven whole elements of the second

static brc_status use(int way, int index)
{
    static brc_gpu_kernel* kernel;
    const int32_t push[2] = {way, index};
    const char zeros[512] = {0};
    brc_gpu_buffer* buffer[3];
    if (!kernel) OK(brc_gpu_kernel_make(gpu, "bounds", NULL, 0, 3, &kernel));
    for (int i = 0; i < 3; i++) {
        OK(brc_gpu_buffer_make(gpu, size[i], "a test", &buffer[i]));
        OK(brc_gpu_write(gpu, buffer[i], 0, zeros, size[i]));
    }
    OK(brc_gpu_begin(gpu));
    OK(brc_gpu_run(gpu, kernel, buffer, push, sizeof push, 64));
    const brc_status status = brc_gpu_finish(gpu, NULL, NULL);
    for (int i = 0; i < 3; i++) brc_gpu_buffer_free(gpu, buffer[i]);
    return status;
}

static void indices(void** unused)
{
    (void)unused;
    static const struct {
        int most;
        const char* what;
    } way[] = {{39, "plain in main"},
               {39, "plain in main"},
               {39, "plain in main"},
               {6, "wide in main"},
               {ENTRIES - 1, "entries in main"},
               {2, "entries in main"},
               {31, "of_group in main"},
               {4, "own in of_thread"}};
    for (int k = 0; k < (int)(sizeof way / sizeof way[0]); k++) {
        OK(use(k, 0));
        OK(use(k, way[k].most));
        for (int beyond = 0; beyond < 3; beyond++) {
            const int index = beyond == 0 ? way[k].most + 1 : beyond == 1 ? -1 : 1 << 20;
            char text[200];
            snprintf(text, sizeof text, "bounds: %s: index %d where there are %d elements", way[k].what, index,
                     way[k].most + 1);
            REFUSED(use(k, index), BRC_ERR_DEVICE, text);
        }
        OK(use(k, way[k].most)); // it is told once
    }
}

// A kernel of the engine with a buffer that is one element short.
static void short_buffer(void** unused)
{
    (void)unused;
    enum { COUNT = 100 };
    brc_gpu_kernel* scan;
    OK(brc_gpu_kernel_make(gpu, "scan", NULL, 0, 3, &scan));
    for (int lacks = 0; lacks < 2; lacks++) {
        const int64_t bytes[3] = {4 * COUNT, 64, 4 * (COUNT + 1 - lacks)};
        brc_gpu_buffer* buffer[3];
        brc_status status = BRC_OK;
        for (int i = 0; i < 3; i++) OK(brc_gpu_buffer_make(gpu, bytes[i], "a test", &buffer[i]));
        OK(brc_gpu_begin(gpu));
        for (int i = 0; i < 2; i++) brc_gpu_fill(gpu, buffer[i], 0, bytes[i], 1);
        for (uint32_t mode = 0; mode < 3; mode++) {
            const uint32_t push[2] = {COUNT, mode};
            OK(brc_gpu_run(gpu, scan, buffer, push, sizeof push, mode == 1 ? 1 : COUNT));
        }
        status = brc_gpu_finish(gpu, NULL, NULL);
        if (lacks) REFUSED(status, BRC_ERR_DEVICE, "scan: to in main: index 100 where there are 100 elements");
        else OK(status);
        for (int i = 0; i < 3; i++) brc_gpu_buffer_free(gpu, buffer[i]);
    }
}

int main(void)
{
    int32_t count;
    if (brc_device_count(&count) != BRC_OK || count == 0) {
        printf("no device: %s\n", brc_last_error());
        return 77;
    }
    if (brc_gpu_open(-1, &gpu) != BRC_OK) {
        printf("%s\n", brc_last_error());
        return 1;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(indices), cmocka_unit_test(short_buffer)};
    const int failures = cmocka_run_group_tests(tests, NULL, NULL);
    brc_gpu_close(gpu);
    return failures;
}
