// faulty_vulkan.c -- a Vulkan loader for tests, between the engine and the real one: a device that is lost, too old, or
// has too little memory. BARCHAN_VULKAN_LOADER names it, so the program under test is the one that ships. What is
// faulty stands in FAULTY_VULKAN, words with commas between them; n+ is the n-th time and each later one:
//
//   lose=60,90+    the device is lost at the n-th submit of the process, until another is made
//   lose_each=400  each device is lost at its own n-th submit
//   lose_wait=60   as lose, while it is waited for: after it has run
//   lose_when=FILE the device is lost at the next submit once there is this file, which is removed
//   refuse=60, refuse_when=FILE: that submit finds no memory; the device stays
//   open=2+        the n-th device cannot be made
//   allocate=70    the n-th allocation of memory fails
//   memory=4.5     [MB] all allocations that live have room in
//   heap=4.5       [MB] the size of the heaps that the device names
//   devices=0  version=1.1  float64=0  int64=0  compute=0  instance=0: what there is of them
//   old_loader=1   the loader is of Vulkan 1.0
//   count=FILE     at the end: how many submits, devices and allocations there were, and the most MB that lived
//   rank=1         all that is true of this rank only
#define VK_NO_PROTOTYPES
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vulkan/vulkan.h>

enum { MOST = 4096, TEXT = 64 };
static PFN_vkGetInstanceProcAddr real_get;
static PFN_vkGetDeviceProcAddr real_device_get;
static VkInstance instance;
static VkPhysicalDeviceMemoryProperties heaps;
static bool dead;                                       // the device of now
static long submits, own_submits, devices, allocations; // own: of the device of now
static struct {
    VkDeviceMemory memory;
    VkDeviceSize size;
} living[MOST];
static VkDeviceSize taken, most_taken;

// ---- what is asked for -----------------------------------------------------------------------------------

// The value of a key up to the next comma that a key follows: all of "60,90+".
static const char* look_up(const char* key, char text[TEXT])
{
    const char* all = getenv("FAULTY_VULKAN");
    const size_t length = strlen(key);
    for (const char* at = all; at && *at;) {
        const char* end = at + strcspn(at, "=");
        const bool found = (size_t)(end - at) == length && !strncmp(at, key, length);
        const char* value = *end ? end + 1 : end;
        const char* next = strchr(value, '=');
        const char* stop = value + strlen(value);
        if (next)
            for (stop = next; stop > value && *stop != ','; stop--) {
            }
        if (found) {
            snprintf(text, TEXT, "%.*s", (int)(stop - value), value);
            return text;
        }
        at = next ? stop + 1 : stop;
    }
    return NULL;
}

static const char* asked(const char* key, char text[TEXT])
{
    const char *rank = look_up("rank", text), *own = getenv("OMPI_COMM_WORLD_RANK");
    return rank && own && strcmp(rank, own) != 0 ? NULL : look_up(key, text);
}

static bool asked_at(const char* key, long n)
{
    char text[TEXT];
    for (const char* at = asked(key, text); at && *at;) {
        char* end;
        const long from = strtol(at, &end, 10);
        const bool on = *end == '+';
        if (n == from || (on && n > from)) return true;
        at = end + on;
        at += *at == ',';
    }
    return false;
}

static bool asked_when(const char* key)
{
    char text[TEXT];
    const char* file = asked(key, text);
    return file && remove(file) == 0;
}

static bool lacks(const char* key)
{
    char text[TEXT];
    const char* value = asked(key, text);
    return value && !strcmp(value, "0");
}

static double megabytes(const char* key)
{
    char text[TEXT];
    const char* value = asked(key, text);
    return value ? strtod(value, NULL) : 0;
}

// The real function; instance or device as Vulkan wants it.
#define REAL(name) ((PFN_##name)real_get(instance, #name))
#define REAL_OF(device, name) ((PFN_##name)real_device_get(device, #name))

static void tell(void)
{
    char text[TEXT];
    FILE* file = asked("count", text) ? fopen(text, "w") : NULL;
    if (!file) return;
    fprintf(file, "submits %ld devices %ld allocations %ld MB %.3f\n", submits, devices, allocations,
            (double)most_taken * 1e-6);
    fclose(file);
}

// ---- what is there ---------------------------------------------------------------------------------------

static VKAPI_ATTR VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo* info,
                                                      const VkAllocationCallbacks* how, VkInstance* out)
{
    if (lacks("instance")) return VK_ERROR_INCOMPATIBLE_DRIVER; // what a loader without any driver says
    const VkResult r = ((PFN_vkCreateInstance)real_get(NULL, "vkCreateInstance"))(info, how, out);
    if (r == VK_SUCCESS) instance = *out, atexit(tell);
    return r;
}

static VKAPI_ATTR VkResult VKAPI_CALL list_devices(VkInstance of, uint32_t* count, VkPhysicalDevice* out)
{
    if (!lacks("devices")) return REAL(vkEnumeratePhysicalDevices)(of, count, out);
    *count = 0;
    return VK_SUCCESS;
}

static void age(VkPhysicalDeviceProperties* p)
{
    char text[TEXT];
    const char* version = asked("version", text);
    if (version) p->apiVersion = VK_MAKE_API_VERSION(0, 1, (uint32_t)strtol(version + 2, NULL, 10), 0);
}

static VKAPI_ATTR void VKAPI_CALL properties(VkPhysicalDevice device, VkPhysicalDeviceProperties* out)
{
    REAL(vkGetPhysicalDeviceProperties)(device, out);
    age(out);
}

static VKAPI_ATTR void VKAPI_CALL properties2(VkPhysicalDevice device, VkPhysicalDeviceProperties2* out)
{
    REAL(vkGetPhysicalDeviceProperties2)(device, out);
    age(&out->properties);
}

static VKAPI_ATTR void VKAPI_CALL features2(VkPhysicalDevice device, VkPhysicalDeviceFeatures2* out)
{
    REAL(vkGetPhysicalDeviceFeatures2)(device, out);
    if (lacks("float64")) out->features.shaderFloat64 = VK_FALSE;
    if (lacks("int64")) out->features.shaderInt64 = VK_FALSE;
}

static VKAPI_ATTR void VKAPI_CALL queues(VkPhysicalDevice device, uint32_t* count, VkQueueFamilyProperties* out)
{
    REAL(vkGetPhysicalDeviceQueueFamilyProperties)(device, count, out);
    for (uint32_t i = 0; out && lacks("compute") && i < *count; i++)
        out[i].queueFlags &= ~(VkQueueFlags)VK_QUEUE_COMPUTE_BIT;
}

static VKAPI_ATTR void VKAPI_CALL memories(VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties* out)
{
    const double heap = megabytes("heap");
    REAL(vkGetPhysicalDeviceMemoryProperties)(device, out);
    for (uint32_t i = 0; heap > 0 && i < out->memoryHeapCount; i++)
        out->memoryHeaps[i].size = (VkDeviceSize)(heap * 1e6);
    heaps = *out;
}

// ---- what goes wrong -------------------------------------------------------------------------------------

static VKAPI_ATTR VkResult VKAPI_CALL create_device(VkPhysicalDevice physical, const VkDeviceCreateInfo* info,
                                                    const VkAllocationCallbacks* how, VkDevice* out)
{
    if (asked_at("open", ++devices)) return VK_ERROR_INITIALIZATION_FAILED;
    dead = false, own_submits = 0;
    return REAL(vkCreateDevice)(physical, info, how, out);
}

static VkDevice owner; // the engine has one at a time

static VKAPI_ATTR void VKAPI_CALL get_queue(VkDevice device, uint32_t family, uint32_t index, VkQueue* out)
{
    owner = device;
    REAL_OF(device, vkGetDeviceQueue)(device, family, index, out);
}

static VKAPI_ATTR VkResult VKAPI_CALL submit(VkQueue queue, uint32_t count, const VkSubmitInfo* info, VkFence fence)
{
    submits++, own_submits++;
    dead = dead || asked_at("lose", submits) || asked_at("lose_each", own_submits) || asked_when("lose_when");
    if (dead) return VK_ERROR_DEVICE_LOST;
    if (asked_at("refuse", submits) || asked_when("refuse_when")) return VK_ERROR_OUT_OF_DEVICE_MEMORY;
    return REAL_OF(owner, vkQueueSubmit)(queue, count, info, fence);
}

static VKAPI_ATTR VkResult VKAPI_CALL wait(VkDevice device, uint32_t count, const VkFence* fences, VkBool32 all,
                                           uint64_t patience)
{
    const VkResult r = REAL_OF(device, vkWaitForFences)(device, count, fences, all, patience);
    dead = dead || asked_at("lose_wait", submits);
    return dead ? VK_ERROR_DEVICE_LOST : r;
}

static VKAPI_ATTR VkResult VKAPI_CALL wait_idle(VkDevice device)
{
    const VkResult r = REAL_OF(device, vkDeviceWaitIdle)(device);
    return dead ? VK_ERROR_DEVICE_LOST : r;
}

static VKAPI_ATTR VkResult VKAPI_CALL queries(VkDevice device, VkQueryPool pool, uint32_t first, uint32_t count,
                                              size_t size, void* data, VkDeviceSize stride, VkQueryResultFlags flags)
{
    if (dead) return VK_ERROR_DEVICE_LOST;
    return REAL_OF(device, vkGetQueryPoolResults)(device, pool, first, count, size, data, stride, flags);
}

static VKAPI_ATTR VkResult VKAPI_CALL allocate(VkDevice device, const VkMemoryAllocateInfo* info,
                                               const VkAllocationCallbacks* how, VkDeviceMemory* out)
{
    const double room = megabytes("memory");
    if (asked_at("allocate", ++allocations)) return VK_ERROR_OUT_OF_DEVICE_MEMORY;
    if (room > 0 && (double)(taken + info->allocationSize) > room * 1e6) return VK_ERROR_OUT_OF_DEVICE_MEMORY;
    const VkResult r = REAL_OF(device, vkAllocateMemory)(device, info, how, out);
    if (r != VK_SUCCESS) return r;
    int at = 0;
    while (at < MOST - 1 && living[at].memory) at++;
    living[at].memory = *out, living[at].size = info->allocationSize;
    taken += info->allocationSize;
    if (taken > most_taken) most_taken = taken;
    return r;
}

static VKAPI_ATTR void VKAPI_CALL release(VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks* how)
{
    for (int at = 0; memory && at < MOST; at++)
        if (living[at].memory == memory) {
            taken -= living[at].size, living[at].memory = VK_NULL_HANDLE;
            break;
        }
    REAL_OF(device, vkFreeMemory)(device, memory, how);
}

// ---- the loader ------------------------------------------------------------------------------------------

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_of_device(VkDevice device, const char* name);

static PFN_vkVoidFunction ours(const char* name)
{
    const struct {
        const char* name;
        PFN_vkVoidFunction function;
    } all[] = {{"vkCreateInstance", (PFN_vkVoidFunction)create_instance},
               {"vkEnumeratePhysicalDevices", (PFN_vkVoidFunction)list_devices},
               {"vkGetPhysicalDeviceProperties", (PFN_vkVoidFunction)properties},
               {"vkGetPhysicalDeviceProperties2", (PFN_vkVoidFunction)properties2},
               {"vkGetPhysicalDeviceFeatures2", (PFN_vkVoidFunction)features2},
               {"vkGetPhysicalDeviceQueueFamilyProperties", (PFN_vkVoidFunction)queues},
               {"vkGetPhysicalDeviceMemoryProperties", (PFN_vkVoidFunction)memories},
               {"vkCreateDevice", (PFN_vkVoidFunction)create_device},
               {"vkGetDeviceProcAddr", (PFN_vkVoidFunction)get_of_device},
               {"vkGetDeviceQueue", (PFN_vkVoidFunction)get_queue},
               {"vkQueueSubmit", (PFN_vkVoidFunction)submit},
               {"vkWaitForFences", (PFN_vkVoidFunction)wait},
               {"vkDeviceWaitIdle", (PFN_vkVoidFunction)wait_idle},
               {"vkGetQueryPoolResults", (PFN_vkVoidFunction)queries},
               {"vkAllocateMemory", (PFN_vkVoidFunction)allocate},
               {"vkFreeMemory", (PFN_vkVoidFunction)release}};
    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++)
        if (!strcmp(name, all[k].name)) return all[k].function;
    return NULL;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_of_device(VkDevice device, const char* name)
{
    const PFN_vkVoidFunction own = ours(name);
    return own ? own : real_device_get(device, name);
}

__attribute__((visibility("default"))) PFN_vkVoidFunction VKAPI_CALL vkGetInstanceProcAddr(VkInstance of,
                                                                                           const char* name);
PFN_vkVoidFunction VKAPI_CALL vkGetInstanceProcAddr(VkInstance of, const char* name)
{
    if (!real_get) {
        void* library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
        union { // POSIX makes function pointers and pointers to data the same; C does not
            void* data;
            PFN_vkGetInstanceProcAddr function;
        } get = {.data = library ? dlsym(library, "vkGetInstanceProcAddr") : NULL};
        real_get = get.function;
        if (!real_get) return NULL;
    }
    if (of && !real_device_get) real_device_get = (PFN_vkGetDeviceProcAddr)real_get(of, "vkGetDeviceProcAddr");
    if (!strcmp(name, "vkEnumerateInstanceVersion") && asked_at("old_loader", 1)) return NULL;
    const PFN_vkVoidFunction own = ours(name);
    return own ? own : real_get(of, name);
}
