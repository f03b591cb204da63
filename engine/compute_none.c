// compute_none.c -- stands for compute_vulkan.c in a build without Vulkan's headers: there are no devices.
#include "base.h"
#include "compute.h"

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

brc_status brc_device_make(int32_t number, brc_device** out)
{
    (void)number;
    *out = NULL;
    BRC_CHECK(false, BRC_ERR_DEVICE, "%s", none);
}

void brc_device_free(brc_device* device) { (void)device; }

void brc_device_which(const brc_device* device, brc_device_info* out)
{
    (void)device;
    *out = (brc_device_info){0};
}

brc_status brc_device_steps(brc_sim* s, int64_t count, int64_t* done)
{
    (void)s, (void)count;
    *done = 0;
    BRC_CHECK(false, BRC_ERR_DEVICE, "%s", none);
}

brc_status brc_device_begin(brc_sim* s, bool* there)
{
    (void)s;
    *there = false;
    BRC_CHECK(false, BRC_ERR_DEVICE, "%s", none);
}

brc_status brc_device_meet(brc_sim* s)
{
    (void)s;
    return BRC_OK;
}

brc_status brc_device_refused(brc_sim* s)
{
    (void)s;
    return BRC_OK;
}

brc_status brc_device_end(brc_sim* s)
{
    (void)s;
    BRC_CHECK(false, BRC_ERR_DEVICE, "%s", none);
}

void brc_device_stay(brc_device* device, bool stays) { (void)device, (void)stays; }
bool brc_device_is_away(const brc_sim* s) { return (void)s, false; }
bool brc_device_is_halfway(const brc_sim* s) { return (void)s, false; }
brc_status brc_device_home(brc_sim* s) { return (void)s, BRC_OK; }
brc_status brc_device_home_all(brc_sim* s) { return (void)s, BRC_OK; }
brc_status brc_device_pose(brc_sim* s, int32_t wall, const double pose[13])
{
    return (void)s, (void)wall, (void)pose, BRC_OK;
}
brc_status brc_device_field(brc_sim* s, brc_field* f, bool write) { return (void)s, (void)f, (void)write, BRC_OK; }

void brc_device_look(const brc_device* device, brc_device_state* out)
{
    (void)device;
    *out = (brc_device_state){0};
}

void brc_device_lose_after(brc_device* device, int64_t submits) { (void)device, (void)submits; }

const char* brc_law_device_text(void) { return NULL; }
const char* brc_kernel_device_text(void) { return NULL; }
