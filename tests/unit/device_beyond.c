// device_beyond.c -- a kernel of the engine reads and writes beyond a buffer that is too short for it: for the test
// that Vulkan's GPU-assisted checks see it, without which their silence would say nothing. Without a device: skipped
// (77).
#include "check.h"
#include "compute_vulkan.h"

int main(void)
{
    enum { COUNT = 4000 };
    int32_t count;
    if (brc_device_count(&count) != BRC_OK || count == 0) {
        printf("no device: %s\n", brc_last_error());
        return 77;
    }
    brc_gpu* gpu;
    brc_gpu_kernel* scan;
    const int64_t bytes[3] = {4 * COUNT, 4 * COUNT, 64};
    brc_gpu_buffer* buffer[3];
    OK(brc_gpu_open_unchecked(-1, &gpu)); // the self-test has kernels of its own
    OK(brc_gpu_kernel_make(gpu, "scan", NULL, 0, 3, &scan));
    for (int i = 0; i < 3; i++) OK(brc_gpu_buffer_make(gpu, bytes[i], "a test", &buffer[i]));
    OK(brc_gpu_begin(gpu));
    for (int i = 0; i < 2; i++) brc_gpu_fill(gpu, buffer[i], 0, bytes[i], 1);
    for (uint32_t mode = 0; mode < 3; mode++) {
        const uint32_t push[2] = {COUNT, mode};
        OK(brc_gpu_run(gpu, scan, buffer, push, sizeof push, mode == 1 ? 1 : COUNT));
    }
    OK(brc_gpu_finish(gpu, NULL, NULL));
    for (int i = 0; i < 3; i++) brc_gpu_buffer_free(gpu, buffer[i]);
    brc_gpu_close(gpu);
    return 0;
}
