// compute_none.c -- stands for compute_vulkan.c in a build without Vulkan's headers: there are no devices.
#include "compute_vulkan.h"
#include "base.h"

static const char* const none =
    "this build has no Vulkan back end: install libvulkan-dev and glslang-tools and build anew";

brc_status brc_device_count(int32_t* count)
{
    *count = 0;
    BRC_CHECK(false, BRC_ERR_DEVICE, "%s", none);
}

brc_status brc_device_get(int32_t number, brc_device_info* out)
{
    (void)number, (void)out;
    BRC_CHECK(false, BRC_ERR_DEVICE, "%s", none);
}

brc_status brc_device_selftest(int32_t number, brc_device_test* out)
{
    (void)number, (void)out;
    BRC_CHECK(false, BRC_ERR_DEVICE, "%s", none);
}
