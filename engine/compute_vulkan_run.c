// compute_vulkan_run.c -- kernels of an opened device, and batches of them that run on it.
#include "compute_spirv.h"
#include "compute_vulkan_open.h"
#include <stdio.h>
#include <string.h>

// ---- kernels ---------------------------------------------------------------------------------------------

// Modes that the device offers and SPIR-V leaves open: rounding to the nearest, numbers below the normal range, signs
// of zeros and what is not a number. Answers the words with what asks for them; NULL: no memory.
static uint32_t* with_modes(const brc_gpu* gpu, const uint32_t* code, size_t words, size_t* out_words)
{
    const VkPhysicalDeviceFloatControlsProperties* c = &gpu->k.controls;
    enum { DENORM_PRESERVE = 4464, SIGNED_ZERO = 4466, ROUND_EVEN = 4467 };                // capabilities
    enum { MODE_DENORM_PRESERVE = 4459, MODE_SIGNED_ZERO = 4461, MODE_ROUND_EVEN = 4462 }; // execution modes
    const struct {
        VkBool32 offered;
        uint32_t capability, mode, width;
    } wanted[] = {{c->shaderDenormPreserveFloat32, DENORM_PRESERVE, MODE_DENORM_PRESERVE, 32},
                  {c->shaderDenormPreserveFloat64, DENORM_PRESERVE, MODE_DENORM_PRESERVE, 64},
                  {c->shaderSignedZeroInfNanPreserveFloat32, SIGNED_ZERO, MODE_SIGNED_ZERO, 32},
                  {c->shaderSignedZeroInfNanPreserveFloat64, SIGNED_ZERO, MODE_SIGNED_ZERO, 64},
                  {c->shaderRoundingModeRTEFloat32, ROUND_EVEN, MODE_ROUND_EVEN, 32},
                  {c->shaderRoundingModeRTEFloat64, ROUND_EVEN, MODE_ROUND_EVEN, 64}};
    enum { MODES = sizeof wanted / sizeof wanted[0], OP_CAPABILITY = 17, OP_ENTRY_POINT = 15, OP_EXECUTION_MODE = 16 };
    uint32_t* to = brc_alloc_unset((words + 8 * MODES) * sizeof *to);
    size_t n = 5, at = 5;
    uint32_t entry = 0;
    if (!to) return NULL;
    memcpy(to, code, 5 * sizeof *to);
    for (int k = 0; k < MODES; k++) {
        if (!wanted[k].offered || (k > 0 && wanted[k - 1].offered && wanted[k - 1].capability == wanted[k].capability))
            continue;
        to[n++] = 2u << 16 | OP_CAPABILITY, to[n++] = wanted[k].capability;
    }
    for (; at < words; at += code[at] >> 16) { // of the module's parts capabilities come first, execution modes sixth
        const uint32_t op = code[at] & 0xffff;
        if (entry && op != OP_ENTRY_POINT) break;
        if (op == OP_ENTRY_POINT) entry = code[at + 2];
        memcpy(to + n, code + at, (code[at] >> 16) * sizeof *to);
        n += code[at] >> 16;
    }
    for (int k = 0; k < MODES; k++) {
        if (!wanted[k].offered) continue;
        to[n++] = 4u << 16 | OP_EXECUTION_MODE, to[n++] = entry, to[n++] = wanted[k].mode, to[n++] = wanted[k].width;
    }
    memcpy(to + n, code + at, (words - at) * sizeof *to);
    *out_words = n + words - at;
    return to;
}

static const brc_spirv* find_shader(const char* name, bool addressed)
{
    char full[64];
    snprintf(full, sizeof full, "%s%s", addressed ? "addresses/" : "", name);
    for (int32_t i = 0; i < brc_spirv_total; i++)
        if (!strcmp(brc_spirv_all[i].name, full)) return &brc_spirv_all[i];
    return NULL;
}

// How many of a kernel's buffers have descriptors.
static int described(const brc_gpu* gpu, const brc_gpu_kernel* k)
{
    return gpu->addressed && !CHECKED && k->buffer_count > SHARED ? SHARED : k->buffer_count;
}

static brc_status make_pipeline(brc_gpu* gpu, brc_gpu_kernel* k, VkShaderModule module, const int32_t* constants,
                                int constant_count)
{
    const device_table* f = &gpu->f;
    VkDescriptorSetLayoutBinding binding[BINDINGS];
    int bindings = described(gpu, k);
    for (int i = 0; i < bindings; i++)
        binding[i] = (VkDescriptorSetLayoutBinding){.binding = (uint32_t)i,
                                                    .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                                    .descriptorCount = 1,
                                                    .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
    if (gpu->addressed)
        binding[bindings++] = (VkDescriptorSetLayoutBinding){.binding = TABLE_AT,
                                                             .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER,
                                                             .descriptorCount = 1,
                                                             .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
    if (CHECKED)
        binding[bindings++] = (VkDescriptorSetLayoutBinding){.binding = REPORT_AT,
                                                             .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                                             .descriptorCount = 1,
                                                             .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
    const VkDescriptorSetLayoutCreateInfo set = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
                                                 .bindingCount = (uint32_t)bindings,
                                                 .pBindings = binding};
    VK_TRY(gpu, f->CreateDescriptorSetLayout(gpu->device, &set, NULL, &k->set_layout), "making a kernel");
    const VkPushConstantRange push = {VK_SHADER_STAGE_COMPUTE_BIT, 0, BRC_GPU_PUSH};
    const VkPipelineLayoutCreateInfo layout = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                               .setLayoutCount = 1,
                                               .pSetLayouts = &k->set_layout,
                                               .pushConstantRangeCount = 1,
                                               .pPushConstantRanges = &push};
    VK_TRY(gpu, f->CreatePipelineLayout(gpu->device, &layout, NULL, &k->layout), "making a kernel");
    enum { FIRST = 3, MOST = BRC_GPU_CONSTANTS };
    int32_t value[FIRST + MOST] = {BRC_GPU_GROUP, gpu->exact_division, gpu->exact_root};
    VkSpecializationMapEntry entry[FIRST + MOST];
    for (int i = 0; i < constant_count; i++) value[FIRST + i] = constants[i];
    for (uint32_t i = 0; i < FIRST + MOST; i++) entry[i] = (VkSpecializationMapEntry){i, 4 * i, 4};
    const VkSpecializationInfo special = {(uint32_t)(FIRST + constant_count), entry, sizeof value, value};
    const VkComputePipelineCreateInfo info = {.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
                                              .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                                                        .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                                                        .module = module,
                                                        .pName = "main",
                                                        .pSpecializationInfo = &special},
                                              .layout = k->layout,
                                              .basePipelineIndex = -1};
    VK_TRY(gpu, f->CreateComputePipelines(gpu->device, gpu->cache, 1, &info, NULL, &k->pipeline), "making a kernel");
    return BRC_OK;
}

const char* brc_law_device_text(void) { return brc_force_text; }
const char* brc_kernel_device_text(void) { return brc_particle_text; }

brc_status brc_gpu_kernel_make(brc_gpu* gpu, const char* shader, const int32_t* constants, int constant_count,
                               int buffer_count, brc_gpu_kernel** out)
{
    const brc_spirv* code = find_shader(shader, gpu->addressed);
    BRC_CHECK(code, BRC_ERR_DEVICE, "this build has no kernel '%s'", shader);
    BRC_TRY(brc_gpu_kernel_of(gpu, code->words, code->count, constants, constant_count, buffer_count, out));
    snprintf((*out)->times.name, sizeof(*out)->times.name, "%s", shader);
    return BRC_OK;
}

brc_status brc_gpu_kernel_of(brc_gpu* gpu, const uint32_t* code, int64_t count, const int32_t* constants,
                             int constant_count, int buffer_count, brc_gpu_kernel** out)
{
    BRC_ASSERT(buffer_count <= BRC_GPU_BUFFERS && constant_count <= BRC_GPU_CONSTANTS);
    brc_gpu_kernel* k = BRC_NEW(1, brc_gpu_kernel);
    BRC_CHECK(k, BRC_ERR_MEMORY, "no memory for a kernel's handle");
    k->buffer_count = k->times.buffer_count = buffer_count;
    k->times.constant_count = constant_count;
    for (int i = 0; i < constant_count; i++) k->times.constants[i] = constants[i];
    k->next = gpu->kernels, gpu->kernels = k; // freed with the device, however far its making comes
    size_t words;
    uint32_t* patched = with_modes(gpu, code, (size_t)count, &words);
    BRC_CHECK(patched, BRC_ERR_MEMORY, "no memory for a kernel");
    VkShaderModule module;
    const VkShaderModuleCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = words * sizeof *patched, .pCode = patched};
    const VkResult r = gpu->f.CreateShaderModule(gpu->device, &info, NULL, &module);
    brc_free(patched);
    VK_TRY(gpu, r, "making a kernel");
    const brc_status status = make_pipeline(gpu, k, module, constants, constant_count);
    gpu->f.DestroyShaderModule(gpu->device, module, NULL);
    BRC_TRY(status);
    *out = k;
    return BRC_OK;
}

// ---- batches ---------------------------------------------------------------------------------------------

brc_status brc_gpu_begin(brc_gpu* gpu)
{
    BRC_ASSERT(!gpu->recording);
    const VkCommandBufferBeginInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                           .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    VK_TRY(gpu, gpu->f.ResetDescriptorPool(gpu->device, gpu->sets, 0), "beginning a batch");
    VK_TRY(gpu, gpu->f.BeginCommandBuffer(gpu->batch, &info), "beginning a batch");
    gpu->f.CmdResetQueryPool(gpu->batch, gpu->marks, 0, BRC_GPU_MARKS);
    if (gpu->traces) gpu->f.CmdResetQueryPool(gpu->batch, gpu->trace, 0, 2 * TRACES);
    gpu->mark_count = 0;
    gpu->traced_count = 0;
    gpu->table_count = 0;
    gpu->batches++;
    gpu->recording = true;
    return BRC_OK;
}

// Everything after it sees everything before it.
static void barrier(brc_gpu* gpu)
{
    const VkPipelineStageFlags all = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
    const VkMemoryBarrier memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                    .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
                                    .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT |
                                                     VK_ACCESS_UNIFORM_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT |
                                                     VK_ACCESS_TRANSFER_WRITE_BIT};
    gpu->f.CmdPipelineBarrier(gpu->batch, all, all, 0, 1, &memory, 0, NULL, 0, NULL);
}

// What a descriptor shows of a buffer.
static VkDescriptorBufferInfo shown(const brc_gpu* gpu, const brc_gpu_buffer* b)
{
    const VkDeviceSize widest = gpu->k.properties.limits.maxStorageBufferRange;
    const VkDeviceSize all = brc_gpu_usable(b) > 4 ? (VkDeviceSize)brc_gpu_usable(b) : 4;
    return (VkDescriptorBufferInfo){b->buffer, 0, all < widest ? all : widest};
}

static VkWriteDescriptorSet written(const brc_gpu_kernel* k, uint32_t binding, VkDescriptorType type,
                                    const VkDescriptorBufferInfo* range)
{
    return (VkWriteDescriptorSet){.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                  .dstSet = k->set,
                                  .dstBinding = binding,
                                  .descriptorCount = 1,
                                  .descriptorType = type,
                                  .pBufferInfo = range};
}

static brc_status bind(brc_gpu* gpu, brc_gpu_kernel* k, brc_gpu_buffer* const* buffers)
{
    const size_t size = (size_t)k->buffer_count * sizeof *buffers;
    if (k->batch == gpu->batches && !memcmp(k->bound, buffers, size)) return BRC_OK;
    const VkDescriptorSetAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                              .descriptorPool = gpu->sets,
                                              .descriptorSetCount = 1,
                                              .pSetLayouts = &k->set_layout};
    VK_TRY(gpu, gpu->f.AllocateDescriptorSets(gpu->device, &info, &k->set), "binding buffers");
    VkDescriptorBufferInfo range[BINDINGS];
    VkWriteDescriptorSet write[BINDINGS];
    int count = described(gpu, k);
    for (int i = 0; i < count; i++) {
        range[i] = shown(gpu, buffers[i]);
        write[i] = written(k, (uint32_t)i, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, &range[i]);
    }
    if (gpu->addressed) {
        uint64_t table[TABLE / 8] = {0};
        const VkDeviceSize at = (VkDeviceSize)TABLE * (VkDeviceSize)gpu->table_count++;
        for (int i = 0; i < k->buffer_count; i++) table[i] = buffers[i]->address;
        gpu->f.CmdUpdateBuffer(gpu->batch, gpu->tables->buffer, at, TABLE, table);
        barrier(gpu);
        range[count] = (VkDescriptorBufferInfo){gpu->tables->buffer, at, TABLE};
        write[count] = written(k, TABLE_AT, VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, &range[count]);
        count++;
    }
    if (CHECKED) {
        range[count] = shown(gpu, gpu->report);
        write[count] = written(k, REPORT_AT, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, &range[count]);
        count++;
    }
    gpu->f.UpdateDescriptorSets(gpu->device, (uint32_t)count, write, 0, NULL);
    memcpy(k->bound, buffers, size);
    k->batch = gpu->batches;
    return BRC_OK;
}

// Of the kernel that comes next: 0 before it, 1 behind it.
static void trace_mark(brc_gpu* gpu, uint32_t which)
{
    gpu->f.CmdWriteTimestamp(gpu->batch, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, gpu->trace,
                             2 * (uint32_t)gpu->traced_count + which);
}

// The times of the batch that has just ended.
static brc_status take_traces(brc_gpu* gpu)
{
    uint64_t tick[2 * TRACES];
    VK_TRY(gpu,
           gpu->f.GetQueryPoolResults(gpu->device, gpu->trace, 0, 2 * (uint32_t)gpu->traced_count, sizeof tick, tick,
                                      sizeof tick[0], VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
           "reading times");
    for (int i = 0; i < gpu->traced_count; i++)
        gpu->traced[i]->times.seconds +=
            1e-9 * (double)gpu->k.properties.limits.timestampPeriod * (double)(tick[2 * i + 1] - tick[2 * i]);
    return BRC_OK;
}

brc_status brc_gpu_trace(brc_gpu* gpu, bool on)
{
    const VkQueryPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                        .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                        .queryCount = 2 * TRACES};
    if (on && !gpu->trace)
        VK_TRY(gpu, gpu->f.CreateQueryPool(gpu->device, &info, NULL, &gpu->trace), "making a query pool");
    gpu->traces = on;
    for (brc_gpu_kernel* k = gpu->kernels; k && on; k = k->next)
        k->times.runs = 0, k->times.threads = 0, k->times.seconds = 0;
    return BRC_OK;
}

bool brc_gpu_traced(const brc_gpu* gpu, int k, brc_gpu_times* out)
{
    const brc_gpu_kernel* at = gpu->kernels;
    for (; at; at = at->next)
        if (at->times.runs && k-- == 0) break;
    if (at) *out = at->times;
    return at != NULL;
}

brc_status brc_gpu_run(brc_gpu* gpu, brc_gpu_kernel* k, brc_gpu_buffer* const* buffers, const void* push, int push_size,
                       int64_t threads)
{
    enum { WIDEST = 65535 };
    const int64_t groups = threads > 0 ? (threads + BRC_GPU_GROUP - 1) / BRC_GPU_GROUP : 1;
    const int64_t rows = (groups + WIDEST - 1) / WIDEST, columns = (groups + rows - 1) / rows;
    BRC_ASSERT(gpu->recording && push_size <= BRC_GPU_PUSH && rows <= WIDEST);
    const brc_status bound = bind(gpu, k, buffers);
    if (bound != BRC_OK) { // who is told so goes on with another batch
        (void)gpu->f.EndCommandBuffer(gpu->batch);
        gpu->recording = false;
        return bound;
    }
    gpu->f.CmdBindPipeline(gpu->batch, VK_PIPELINE_BIND_POINT_COMPUTE, k->pipeline);
    gpu->f.CmdBindDescriptorSets(gpu->batch, VK_PIPELINE_BIND_POINT_COMPUTE, k->layout, 0, 1, &k->set, 0, NULL);
    if (push_size > 0)
        gpu->f.CmdPushConstants(gpu->batch, k->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, (uint32_t)push_size, push);
    const bool traced = gpu->traces && gpu->traced_count < TRACES;
    if (traced) trace_mark(gpu, 0);
    gpu->f.CmdDispatch(gpu->batch, (uint32_t)columns, (uint32_t)rows, 1);
    if (traced) {
        trace_mark(gpu, 1);
        gpu->traced[gpu->traced_count++] = k;
        k->times.runs++, k->times.threads += threads;
        for (int i = 0; i < k->buffer_count; i++) k->times.size[i] = buffers[i]->size;
    }
    barrier(gpu);
    return BRC_OK;
}

void brc_gpu_fill(brc_gpu* gpu, brc_gpu_buffer* buffer, int64_t offset, int64_t size, uint32_t value)
{
    gpu->f.CmdFillBuffer(gpu->batch, buffer->buffer, (VkDeviceSize)offset, (VkDeviceSize)size, value);
    barrier(gpu);
}

void brc_gpu_copy(brc_gpu* gpu, brc_gpu_buffer* from, int64_t at, brc_gpu_buffer* to, int64_t offset, int64_t size)
{
    if (size <= 0) return;
    const VkBufferCopy copy = {(VkDeviceSize)at, (VkDeviceSize)offset, (VkDeviceSize)size};
    gpu->f.CmdCopyBuffer(gpu->batch, from->buffer, to->buffer, 1, &copy);
    barrier(gpu);
}

void brc_gpu_pick(brc_gpu* gpu, brc_gpu_buffer* from, const int64_t* at, int count, brc_gpu_buffer* to, int64_t offset)
{
    VkBufferCopy copy[BRC_GPU_PICKS];
    BRC_ASSERT(count <= BRC_GPU_PICKS);
    for (int k = 0; k < count; k++)
        copy[k] = (VkBufferCopy){(VkDeviceSize)at[k], (VkDeviceSize)offset + 4 * (VkDeviceSize)k, 4};
    gpu->f.CmdCopyBuffer(gpu->batch, from->buffer, to->buffer, (uint32_t)count, copy);
    barrier(gpu);
}

void brc_gpu_mark(brc_gpu* gpu)
{
    if (gpu->mark_count == BRC_GPU_MARKS) return;
    gpu->f.CmdWriteTimestamp(gpu->batch, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, gpu->marks, (uint32_t)gpu->mark_count++);
}

// Whether a kernel of the batch that has just ended has looked beyond an array.
static brc_status look_at_report(brc_gpu* gpu)
{
#if BRC_GPU_CHECKED
    uint32_t* word = gpu->report->seen;
    const uint32_t place = word[0], index = word[1], length = word[2];
    memset(word, 0, 3 * sizeof *word);
    BRC_CHECK(!place, BRC_ERR_DEVICE, "kernel %s: index %d where there are %u elements", brc_spirv_places[place - 1],
              (int32_t)index, length);
#endif
    (void)gpu;
    return BRC_OK;
}

brc_status brc_gpu_finish(brc_gpu* gpu, double* seconds, int* count)
{
    const device_table* f = &gpu->f;
    const VkMemoryBarrier memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                    .srcAccessMask =
                                        VK_ACCESS_TRANSFER_WRITE_BIT | (CHECKED ? VK_ACCESS_SHADER_WRITE_BIT : 0),
                                    .dstAccessMask = VK_ACCESS_HOST_READ_BIT};
    const VkPipelineStageFlags before =
        VK_PIPELINE_STAGE_TRANSFER_BIT | (CHECKED ? VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT : 0);
    f->CmdPipelineBarrier(gpu->batch, before, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &memory, 0, NULL, 0, NULL);
    gpu->recording = false;
    VK_TRY(gpu, f->EndCommandBuffer(gpu->batch), "ending a batch");
    if (gpu->submits_left >= 0 && gpu->submits_left-- == 0)
        return brc_gpu_failed(gpu, VK_ERROR_DEVICE_LOST, "running its kernels");
    const VkSubmitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &gpu->batch};
    VK_TRY(gpu, f->QueueSubmit(gpu->queue, 1, &info, gpu->fence), "giving it work");
    VkResult r = VK_TIMEOUT;
    while (r == VK_TIMEOUT) r = f->WaitForFences(gpu->device, 1, &gpu->fence, VK_TRUE, 1000000000);
    if (r != VK_SUCCESS) gpu->lost = true; // nobody knows whether it still runs
    VK_TRY(gpu, r, "running its kernels");
    VK_TRY(gpu, f->ResetFences(gpu->device, 1, &gpu->fence), "ending a batch");
    BRC_TRY(look_at_report(gpu));
    if (gpu->traced_count) BRC_TRY(take_traces(gpu));
    if (count) *count = 0;
    if (!seconds || gpu->mark_count < 2) return BRC_OK;
    uint64_t tick[BRC_GPU_MARKS];
    VK_TRY(gpu,
           f->GetQueryPoolResults(gpu->device, gpu->marks, 0, (uint32_t)gpu->mark_count, sizeof tick, tick,
                                  sizeof tick[0], VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
           "reading times");
    for (int i = 0; i + 1 < gpu->mark_count; i++)
        seconds[i] = 1e-9 * (double)gpu->k.properties.limits.timestampPeriod * (double)(tick[i + 1] - tick[i]);
    *count = gpu->mark_count - 1;
    return BRC_OK;
}

brc_status brc_gpu_write(brc_gpu* gpu, brc_gpu_buffer* buffer, int64_t offset, const void* data, int64_t size)
{
    BRC_ASSERT(offset >= 0 && offset + size <= buffer->size);
    for (int64_t done = 0; done < size; done += STAGE_SIZE) {
        const int64_t part = size - done < STAGE_SIZE ? size - done : STAGE_SIZE;
        memcpy(gpu->stage->seen, (const char*)data + done, (size_t)part);
        BRC_TRY(brc_gpu_begin(gpu));
        brc_gpu_copy(gpu, gpu->stage, 0, buffer, offset + done, part);
        BRC_TRY(brc_gpu_finish(gpu, NULL, NULL));
    }
    return BRC_OK;
}

brc_status brc_gpu_read(brc_gpu* gpu, brc_gpu_buffer* buffer, int64_t offset, void* data, int64_t size)
{
    BRC_ASSERT(offset >= 0 && offset + size <= buffer->size);
    for (int64_t done = 0; done < size; done += STAGE_SIZE) {
        const int64_t part = size - done < STAGE_SIZE ? size - done : STAGE_SIZE;
        BRC_TRY(brc_gpu_begin(gpu));
        brc_gpu_copy(gpu, buffer, offset + done, gpu->stage, 0, part);
        BRC_TRY(brc_gpu_finish(gpu, NULL, NULL));
        memcpy((char*)data + done, gpu->stage->seen, (size_t)part);
    }
    return BRC_OK;
}
