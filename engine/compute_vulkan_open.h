// compute_vulkan_open.h -- an opened device inside: for compute_vulkan.c, which opens it and has its buffers, and
// compute_vulkan_run.c, which makes kernels and runs them.
#ifndef BRC_COMPUTE_VULKAN_OPEN_H
#define BRC_COMPUTE_VULKAN_OPEN_H
#include "base.h"
#include "compute_vulkan.h"
#include "compute_vulkan_cache.h"
#include "compute_vulkan_find.h"

#define OF_DEVICE(X)                                                                                                   \
    X(DestroyDevice)                                                                                                   \
    X(GetDeviceQueue)                                                                                                  \
    X(CreateBuffer)                                                                                                    \
    X(DestroyBuffer)                                                                                                   \
    X(GetBufferMemoryRequirements)                                                                                     \
    X(AllocateMemory)                                                                                                  \
    X(FreeMemory)                                                                                                      \
    X(BindBufferMemory)                                                                                                \
    X(GetBufferDeviceAddress)                                                                                          \
    X(MapMemory)                                                                                                       \
    X(CreateShaderModule)                                                                                              \
    X(DestroyShaderModule)                                                                                             \
    X(CreateDescriptorSetLayout)                                                                                       \
    X(DestroyDescriptorSetLayout)                                                                                      \
    X(CreatePipelineLayout)                                                                                            \
    X(DestroyPipelineLayout)                                                                                           \
    X(CreatePipelineCache)                                                                                             \
    X(DestroyPipelineCache)                                                                                            \
    X(GetPipelineCacheData)                                                                                            \
    X(CreateComputePipelines)                                                                                          \
    X(DestroyPipeline)                                                                                                 \
    X(CreateDescriptorPool)                                                                                            \
    X(ResetDescriptorPool)                                                                                             \
    X(DestroyDescriptorPool)                                                                                           \
    X(AllocateDescriptorSets)                                                                                          \
    X(UpdateDescriptorSets)                                                                                            \
    X(CreateCommandPool)                                                                                               \
    X(DestroyCommandPool)                                                                                              \
    X(AllocateCommandBuffers)                                                                                          \
    X(BeginCommandBuffer)                                                                                              \
    X(EndCommandBuffer)                                                                                                \
    X(CmdBindPipeline)                                                                                                 \
    X(CmdBindDescriptorSets)                                                                                           \
    X(CmdPushConstants)                                                                                                \
    X(CmdDispatch)                                                                                                     \
    X(CmdPipelineBarrier)                                                                                              \
    X(CmdUpdateBuffer)                                                                                                 \
    X(CmdFillBuffer)                                                                                                   \
    X(CmdCopyBuffer)                                                                                                   \
    X(CmdResetQueryPool)                                                                                               \
    X(CmdWriteTimestamp)                                                                                               \
    X(CreateQueryPool)                                                                                                 \
    X(DestroyQueryPool)                                                                                                \
    X(GetQueryPoolResults)                                                                                             \
    X(CreateFence)                                                                                                     \
    X(DestroyFence)                                                                                                    \
    X(ResetFences)                                                                                                     \
    X(WaitForFences)                                                                                                   \
    X(QueueSubmit)                                                                                                     \
    X(DeviceWaitIdle)

#define MEMBER(function) PFN_vk##function function;
typedef struct device_table {
    OF_DEVICE(MEMBER)
} device_table;

struct brc_gpu_buffer {
    VkBuffer buffer;
    VkDeviceMemory memory;
    VkDeviceAddress address; // where kernels use them
    int64_t size, asked;
    void* seen; // of the host; NULL: it does not see it
    brc_gpu_buffer* next;
};

struct brc_gpu_kernel {
    VkPipeline pipeline;
    VkPipelineLayout layout;
    VkDescriptorSetLayout set_layout;
    VkDescriptorSet set;
    int buffer_count;
    uint64_t batch;                         // for which `set` was made
    brc_gpu_buffer* bound[BRC_GPU_BUFFERS]; // in it
    brc_gpu_times times;
    brc_gpu_kernel* next;
};

enum { TRACES = 512 }; // runs of kernels in a batch of which the times are taken

struct brc_gpu {
    device_table f;
    brc_vulkan_traits k;
    VkDevice device;
    VkQueue queue;
    VkCommandPool commands;
    VkCommandBuffer batch;
    VkDescriptorPool sets;
    VkPipelineCache cache;
    VkQueryPool marks, trace;
    VkFence fence;
    brc_gpu_buffer *buffers, *stage, *tables, *report;
    const brc_device_info* info;
    bool addressed; // kernels find buffers by their addresses: a table of them for each set
    int table_count;
    brc_gpu_kernel *kernels, *selftest[2];
    brc_gpu_kernel* traced[TRACES]; // in the batch
    int traced_count;
    uint64_t batches;
    int64_t memory, memory_most, limit, submits_left;
    int mark_count;
    int32_t exact_division, exact_root;
    brc_gpu_cache_key key;
    int64_t cached; // [bytes] of the pipeline cache that the disk had
    bool lost, recording, keeps, traces;
    char name[256];
};

// TABLE: [bytes] of a table of addresses, what may be asked of the place of a uniform buffer; SHARED: the numbers of
// the run and its status have descriptors in any case (shaders/step.glsl); TABLE_AT: as in shaders/access.glsl.
enum { STAGE_SIZE = 1 << 25, SETS = 256, TABLE = 256, SHARED = 2, TABLE_AT = BRC_GPU_BUFFERS };
// CHECKED: a build for tests, whose kernels look at each index before they use it (tests/tools/check_bounds.py), ask
// descriptors for lengths in any case, and tell here: place, index, length.
#ifndef BRC_GPU_CHECKED
#define BRC_GPU_CHECKED 0
#endif
enum { CHECKED = BRC_GPU_CHECKED, REPORT_AT = TABLE_AT + 1, BINDINGS = BRC_GPU_BUFFERS + 1 + CHECKED };
_Static_assert(BRC_GPU_BUFFERS == 22 && 8 * BRC_GPU_BUFFERS <= TABLE, "the table of shaders/access.glsl");

// Says what has failed, and notes a device that is gone.
brc_status brc_gpu_failed(brc_gpu* gpu, VkResult r, const char* doing);
#define VK_TRY(gpu, call, doing)                                                                                       \
    do {                                                                                                               \
        const VkResult r_ = (call);                                                                                    \
        if (r_ != VK_SUCCESS) return brc_gpu_failed(gpu, r_, doing);                                                   \
    } while (0)

// What may be used of it; where indices are looked at: no more than was asked for.
static inline int64_t brc_gpu_usable(const brc_gpu_buffer* b) { return CHECKED ? b->asked : b->size; }

#endif
