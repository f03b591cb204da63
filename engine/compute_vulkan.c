// compute_vulkan.c -- an opened device and its buffers.
//
// Memory: a few large buffers, each with an allocation of its own, and one buffer that both sides see for copies.
#include "compute_spirv.h"
#include "compute_vulkan_open.h"
#include <stdio.h>
#include <string.h>

brc_status brc_gpu_failed(brc_gpu* gpu, VkResult r, const char* doing)
{
    if (r == VK_ERROR_DEVICE_LOST) gpu->lost = true;
    BRC_CHECK(false, BRC_ERR_DEVICE, "%s: %s failed: %s", gpu->name, doing, brc_vulkan_text(r));
}

static brc_status make_device(brc_gpu* gpu, const brc_vulkan_choice* choice)
{
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                           .queueFamilyIndex = (uint32_t)gpu->k.queue_family,
                                           .queueCount = 1,
                                           .pQueuePriorities = &priority};
    const VkPhysicalDeviceFeatures features = {.shaderInt64 = VK_TRUE, .shaderFloat64 = VK_TRUE};
    const VkPhysicalDeviceBufferDeviceAddressFeatures addresses = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES, .bufferDeviceAddress = VK_TRUE};
    const VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                     .pNext = gpu->addressed ? &addresses : NULL,
                                     .queueCreateInfoCount = 1,
                                     .pQueueCreateInfos = &queue,
                                     .pEnabledFeatures = &features};
    VK_TRY(gpu, choice->create(choice->device, &info, NULL, &gpu->device), "opening it");
#define GET(call)                                                                                                      \
    gpu->f.call = (PFN_vk##call)choice->get(gpu->device, "vk" #call);                                                  \
    BRC_CHECK(gpu->f.call, BRC_ERR_DEVICE, "%s: the driver has no vk%s", gpu->name, #call);
    OF_DEVICE(GET)
#undef GET
    gpu->f.GetDeviceQueue(gpu->device, (uint32_t)gpu->k.queue_family, 0, &gpu->queue);
    return BRC_OK;
}

// The pipeline cache, with what the disk has for this driver and these kernels. Whether that is the driver's own the
// driver asks of its header, too.
static brc_status make_cache(brc_gpu* gpu)
{
    const VkPhysicalDeviceProperties* p = &gpu->k.properties;
    brc_gpu_cache_key* key = &gpu->key;
    *key = (brc_gpu_cache_key){.vendor = p->vendorID, .device = p->deviceID, .driver = p->driverVersion};
    memcpy(key->uuid, p->pipelineCacheUUID, sizeof key->uuid);
    for (int32_t i = 0; i < brc_spirv_total; i++) {
        uint64_t sum[2];
        brc_checksum(brc_spirv_all[i].words, (int64_t)sizeof(uint32_t) * brc_spirv_all[i].count, sum);
        for (int k = 0; k < 2; k++) key->code[k] = key->code[k] * 0x9e3779b97f4a7c15u + sum[k];
    }
    void* data = brc_gpu_cache_read(key, &gpu->cached);
    VkPipelineCacheCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
                                      .initialDataSize = (size_t)gpu->cached,
                                      .pInitialData = data};
    VkResult r = gpu->f.CreatePipelineCache(gpu->device, &info, NULL, &gpu->cache);
    if (r != VK_SUCCESS && data) {
        info.initialDataSize = 0, info.pInitialData = NULL, gpu->cached = 0;
        r = gpu->f.CreatePipelineCache(gpu->device, &info, NULL, &gpu->cache);
    }
    brc_free(data);
    VK_TRY(gpu, r, "making a pipeline cache");
    return BRC_OK;
}

// Where the cache has grown beyond what the disk has.
static void keep_cache(brc_gpu* gpu)
{
    size_t size = 0;
    if (!gpu->keeps || gpu->lost || !gpu->cache) return;
    if (gpu->f.GetPipelineCacheData(gpu->device, gpu->cache, &size, NULL) != VK_SUCCESS) return;
    if ((int64_t)size <= gpu->cached) return;
    void* data = brc_alloc_unset(size);
    if (data && gpu->f.GetPipelineCacheData(gpu->device, gpu->cache, &size, data) == VK_SUCCESS)
        brc_gpu_cache_write(&gpu->key, data, (int64_t)size);
    brc_free(data);
}

static brc_status make_objects(brc_gpu* gpu)
{
    const device_table* f = &gpu->f;
    const VkCommandPoolCreateInfo commands = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                              .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
                                              .queueFamilyIndex = (uint32_t)gpu->k.queue_family};
    VK_TRY(gpu, f->CreateCommandPool(gpu->device, &commands, NULL, &gpu->commands), "making a command pool");
    const VkCommandBufferAllocateInfo buffer = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                                .commandPool = gpu->commands,
                                                .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                                .commandBufferCount = 1};
    VK_TRY(gpu, f->AllocateCommandBuffers(gpu->device, &buffer, &gpu->batch), "making a command buffer");
    const VkDescriptorPoolSize size[2] = {{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, SETS * (BRC_GPU_BUFFERS + CHECKED)},
                                          {VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, SETS}};
    const VkDescriptorPoolCreateInfo sets = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                             .maxSets = SETS,
                                             .poolSizeCount = 2,
                                             .pPoolSizes = size};
    VK_TRY(gpu, f->CreateDescriptorPool(gpu->device, &sets, NULL, &gpu->sets), "making a descriptor pool");
    BRC_TRY(make_cache(gpu));
    const VkQueryPoolCreateInfo marks = {.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                         .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                         .queryCount = BRC_GPU_MARKS};
    VK_TRY(gpu, f->CreateQueryPool(gpu->device, &marks, NULL, &gpu->marks), "making a query pool");
    const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    VK_TRY(gpu, f->CreateFence(gpu->device, &fence, NULL, &gpu->fence), "making a fence");
    return BRC_OK;
}

// The memory type that has all of `wanted`; -1: none.
static int32_t memory_type(const brc_gpu* gpu, uint32_t allowed, VkMemoryPropertyFlags wanted)
{
    for (uint32_t i = 0; i < gpu->k.memory.memoryTypeCount; i++)
        if (allowed >> i & 1 && (gpu->k.memory.memoryTypes[i].propertyFlags & wanted) == wanted) return (int32_t)i;
    return -1;
}

#define LESS "Fewer particles, or precision = \"mixed\", need less; other programs may hold some of it"

static brc_status make_buffer(brc_gpu* gpu, int64_t size, const char* what, bool seen, brc_gpu_buffer** out)
{
    const device_table* f = &gpu->f;
    const int64_t asked = size;
    *out = NULL;
    size = (size + 255) / 256 * 256;
    if (size == 0) size = 256;
    const int64_t widest = (int64_t)gpu->k.properties.limits.maxStorageBufferRange;
    BRC_CHECK(seen || gpu->addressed || size <= widest, BRC_ERR_DEVICE,
              "%s: %s take %.3g MB, and the device allows %.3g MB to one buffer: fewer particles, or another device",
              gpu->name, what, (double)size * 1e-6, (double)widest * 1e-6);
    BRC_CHECK(gpu->memory + size <= gpu->limit, BRC_ERR_DEVICE,
              "%s has %.3g MB, too little memory for %s: %.3g MB beside the %.3g MB that are taken. " LESS, gpu->name,
              (double)gpu->limit * 1e-6, what, (double)size * 1e-6, (double)gpu->memory * 1e-6);
    brc_gpu_buffer* b = BRC_NEW(1, brc_gpu_buffer);
    BRC_CHECK(b, BRC_ERR_MEMORY, "no memory for a buffer's handle");
    b->size = size, b->asked = asked;
    b->next = gpu->buffers, gpu->buffers = b; // from here on brc_gpu_buffer_free knows it
    const VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                     .size = (VkDeviceSize)size,
                                     .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                                              VK_BUFFER_USAGE_TRANSFER_DST_BIT | VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT |
                                              (gpu->addressed ? VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT : 0)};
    VkResult r = f->CreateBuffer(gpu->device, &info, NULL, &b->buffer);
    VkMemoryRequirements needs = {0};
    if (r == VK_SUCCESS) f->GetBufferMemoryRequirements(gpu->device, b->buffer, &needs);
    int32_t type = -1;
    if (seen) // what the host reads is better cached
        type = memory_type(gpu, needs.memoryTypeBits,
                           VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT |
                               VK_MEMORY_PROPERTY_HOST_CACHED_BIT);
    if (seen && type < 0)
        type = memory_type(gpu, needs.memoryTypeBits,
                           VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT);
    if (!seen) type = memory_type(gpu, needs.memoryTypeBits, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
    if (!seen && type < 0) type = memory_type(gpu, needs.memoryTypeBits, 0);
    const VkMemoryAllocateFlagsInfo flags = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
                                             .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT};
    const VkMemoryAllocateInfo memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                         .pNext = gpu->addressed ? &flags : NULL,
                                         .allocationSize = needs.size,
                                         .memoryTypeIndex = (uint32_t)type};
    if (r == VK_SUCCESS && type < 0) r = VK_ERROR_OUT_OF_DEVICE_MEMORY;
    if (r == VK_SUCCESS) r = f->AllocateMemory(gpu->device, &memory, NULL, &b->memory);
    if (r == VK_SUCCESS) r = f->BindBufferMemory(gpu->device, b->buffer, b->memory, 0);
    if (r == VK_SUCCESS && seen) r = f->MapMemory(gpu->device, b->memory, 0, VK_WHOLE_SIZE, 0, &b->seen);
    if (r != VK_SUCCESS) {
        brc_gpu_buffer_free(gpu, b);
        if (r == VK_ERROR_DEVICE_LOST) gpu->lost = true;
        BRC_CHECK(false, BRC_ERR_DEVICE,
                  "%s gives no memory for %s (%s): %.3g MB beside the %.3g MB that are taken. " LESS, gpu->name, what,
                  brc_vulkan_text(r), (double)size * 1e-6, (double)gpu->memory * 1e-6);
    }
    if (gpu->addressed) {
        const VkBufferDeviceAddressInfo which = {.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO,
                                                 .buffer = b->buffer};
        b->address = f->GetBufferDeviceAddress(gpu->device, &which);
    }
    if (!seen) gpu->memory += size;
    if (gpu->memory > gpu->memory_most) gpu->memory_most = gpu->memory;
    *out = b;
    return BRC_OK;
}

brc_status brc_gpu_buffer_make(brc_gpu* gpu, int64_t size, const char* what, brc_gpu_buffer** out)
{
    return make_buffer(gpu, size, what, false, out);
}

void brc_gpu_buffer_free(brc_gpu* gpu, brc_gpu_buffer* buffer)
{
    if (!buffer) return;
    brc_gpu_buffer** at = &gpu->buffers;
    while (*at && *at != buffer) at = &(*at)->next;
    BRC_ASSERT(*at);
    *at = buffer->next;
    for (brc_gpu_kernel* k = gpu->kernels; k; k = k->next) k->batch = 0; // its set may name the buffer
    if (buffer->memory && !buffer->seen) gpu->memory -= buffer->size;
    gpu->f.DestroyBuffer(gpu->device, buffer->buffer, NULL);
    gpu->f.FreeMemory(gpu->device, buffer->memory, NULL);
    brc_free(buffer);
}

int64_t brc_gpu_buffer_size(const brc_gpu_buffer* buffer) { return buffer ? brc_gpu_usable(buffer) : 0; }

brc_status brc_gpu_open_unchecked(int32_t number, brc_gpu** out)
{
    brc_vulkan_choice choice;
    *out = NULL;
    BRC_TRY(brc_vulkan_choose(number, &choice));
    brc_gpu* gpu = BRC_NEW(1, brc_gpu);
    BRC_CHECK(gpu, BRC_ERR_MEMORY, "no memory for a device's handle");
    gpu->k = choice.traits;
    gpu->info = choice.info;
    gpu->addressed = choice.info->access == BRC_ACCESS_ADDRESSES;
    snprintf(gpu->name, sizeof gpu->name, "%s", choice.info->name);
    gpu->limit = choice.info->memory;
    gpu->submits_left = -1;
    brc_status status = make_device(gpu, &choice);
    if (status == BRC_OK) status = make_objects(gpu);
    if (status == BRC_OK) status = make_buffer(gpu, STAGE_SIZE, "copies", true, &gpu->stage);
    if (status == BRC_OK && gpu->addressed)
        status = brc_gpu_buffer_make(gpu, TABLE * SETS, "tables of addresses", &gpu->tables);
    if (status == BRC_OK && CHECKED) {
        status = make_buffer(gpu, 256, "reports of kernels", true, &gpu->report);
        if (status == BRC_OK) memset(gpu->report->seen, 0, (size_t)gpu->report->size);
    }
    if (status != BRC_OK) brc_gpu_close(gpu);
    else *out = gpu;
    return status;
}

void brc_gpu_close(brc_gpu* gpu)
{
    if (!gpu) return;
    const device_table* f = &gpu->f;
    if (gpu->device && f->DestroyDevice) {
        if (f->DeviceWaitIdle) f->DeviceWaitIdle(gpu->device);
        while (gpu->buffers) brc_gpu_buffer_free(gpu, gpu->buffers);
        while (gpu->kernels) {
            brc_gpu_kernel* k = gpu->kernels;
            gpu->kernels = k->next;
            f->DestroyPipeline(gpu->device, k->pipeline, NULL);
            f->DestroyPipelineLayout(gpu->device, k->layout, NULL);
            f->DestroyDescriptorSetLayout(gpu->device, k->set_layout, NULL);
            brc_free(k);
        }
        f->DestroyFence(gpu->device, gpu->fence, NULL);
        f->DestroyQueryPool(gpu->device, gpu->marks, NULL);
        f->DestroyQueryPool(gpu->device, gpu->trace, NULL);
        keep_cache(gpu);
        f->DestroyPipelineCache(gpu->device, gpu->cache, NULL);
        f->DestroyDescriptorPool(gpu->device, gpu->sets, NULL);
        f->DestroyCommandPool(gpu->device, gpu->commands, NULL);
        f->DestroyDevice(gpu->device, NULL);
    }
    brc_free(gpu);
}

const char* brc_gpu_name(const brc_gpu* gpu) { return gpu->name; }
const brc_device_info* brc_gpu_info(const brc_gpu* gpu) { return gpu->info; }
void brc_gpu_limits_get(const brc_gpu* gpu, brc_gpu_limits* out)
{
    const VkPhysicalDeviceLimits* l = &gpu->k.properties.limits;
    const VkPhysicalDeviceFloatControlsProperties* c = &gpu->k.controls;
    *out = (brc_gpu_limits){
        .buffer = (int64_t)l->maxStorageBufferRange,
        .heap = gpu->info->memory,
        .shared = l->maxComputeSharedMemorySize,
        .group = l->maxComputeWorkGroupInvocations,
        .groups = l->maxComputeWorkGroupCount[0],
        .descriptors = l->maxPerStageDescriptorStorageBuffers,
        .tick = 1e-9 * (double)l->timestampPeriod,
        .denormals = {c->shaderDenormPreserveFloat32, c->shaderDenormPreserveFloat64},
        .to_even = {c->shaderRoundingModeRTEFloat32, c->shaderRoundingModeRTEFloat64},
        .signed_zeros = {c->shaderSignedZeroInfNanPreserveFloat32, c->shaderSignedZeroInfNanPreserveFloat64}};
}
int64_t brc_gpu_cached(const brc_gpu* gpu) { return gpu->cached; }
bool brc_gpu_lost(const brc_gpu* gpu) { return gpu && gpu->lost; }
int64_t brc_gpu_memory(const brc_gpu* gpu) { return gpu->memory; }
int64_t brc_gpu_memory_most(const brc_gpu* gpu) { return gpu->memory_most; }
void brc_gpu_limit(brc_gpu* gpu, int64_t most) { gpu->limit = most; }
void brc_gpu_lose_after(brc_gpu* gpu, int64_t submits) { gpu->submits_left = submits; }
void brc_gpu_exact(brc_gpu* gpu, int32_t division, int32_t root)
{
    gpu->exact_division = division, gpu->exact_root = root;
}

// ---- with the self-test ----------------------------------------------------------------------------------

brc_gpu_kernel** brc_gpu_selftest_kernel(brc_gpu* gpu, bool off) { return &gpu->selftest[off]; }

brc_status brc_device_selftest(int32_t number, brc_device_test* out)
{
    brc_gpu* gpu;
    BRC_TRY(brc_gpu_open_unchecked(number, &gpu));
    const brc_status status = brc_gpu_selftest(gpu, out);
    brc_gpu_close(gpu);
    return status;
}

brc_status brc_gpu_open(int32_t number, brc_gpu** out)
{
    brc_device_test test;
    BRC_TRY(brc_gpu_open_unchecked(number, out));
    brc_gpu* gpu = *out;
    brc_status status = brc_gpu_selftest(gpu, &test);
    if (status == BRC_OK && test.failed) {
        brc_error_set(
            __FILE__, __LINE__, __func__,
            "%s does not give the bits of the processor (barchan doctor says in what), so its results would be "
            "others: use the processor, or another device",
            gpu->name);
        status = BRC_ERR_DEVICE;
    }
    if (status != BRC_OK) {
        brc_gpu_close(gpu);
        *out = NULL;
        return status;
    }
    gpu->keeps = true;
    brc_gpu_exact(gpu, (test.wrong[BRC_GPU_DIV] ? 0 : 1) + (test.wrong[BRC_GPU_DIV64] ? 0 : 2),
                  (test.wrong[BRC_GPU_SQRT] ? 0 : 1) + (test.wrong[BRC_GPU_SQRT64] ? 0 : 2));
    return BRC_OK;
}
