// compute_vulkan_find.c -- finds Vulkan's loader and the devices, and says which of them the engine can use.
//
// The loader is looked up when it is asked for, so that one build runs with and without it.
#include "compute_vulkan_find.h"
#include "base.h"
#include "compute_vulkan.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OF_LOADER(X) X(CreateInstance) X(EnumerateInstanceVersion)
#define OF_INSTANCE(X)                                                                                                 \
    X(DestroyInstance)                                                                                                 \
    X(EnumeratePhysicalDevices)                                                                                        \
    X(GetPhysicalDeviceProperties)                                                                                     \
    X(GetPhysicalDeviceProperties2)                                                                                    \
    X(GetPhysicalDeviceFeatures2)                                                                                      \
    X(GetPhysicalDeviceMemoryProperties)                                                                               \
    X(GetPhysicalDeviceQueueFamilyProperties)                                                                          \
    X(CreateDevice)                                                                                                    \
    X(GetDeviceProcAddr)

#define MEMBER(function) PFN_vk##function function;
static struct {
    OF_LOADER(MEMBER)
    OF_INSTANCE(MEMBER)
} vk;

enum { MOST_DEVICES = 16, LEAST_VERSION_MINOR = 2 };
#define INSTALLED "is a driver installed? (that of the GPU's maker, or mesa-vulkan-drivers)"
static struct {
    pthread_mutex_t lock;
    bool tried;
    VkInstance instance;
    int32_t asked; // BRC_ACCESS_* that BARCHAN_DEVICE_ACCESS wants; -1: what suits the device
    char failure[256], loader[64];
    int32_t count;
    VkPhysicalDevice device[MOST_DEVICES];
    brc_device_info info[MOST_DEVICES];
} found = {.lock = PTHREAD_MUTEX_INITIALIZER};

const char* brc_vulkan_text(VkResult r)
{
    switch (r) {
    case VK_ERROR_OUT_OF_HOST_MEMORY:
        return "no memory of the host";
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
        return "no memory of the device";
    case VK_ERROR_INITIALIZATION_FAILED:
        return "initialisation failed";
    case VK_ERROR_DEVICE_LOST:
        return "the device was lost";
    case VK_ERROR_INCOMPATIBLE_DRIVER:
        return "the driver does not fit the loader";
    case VK_ERROR_FEATURE_NOT_PRESENT:
        return "a feature is not there";
    case VK_ERROR_TOO_MANY_OBJECTS:
        return "too many objects";
    default:
        return "an error without a name";
    }
}

static void look_at(VkPhysicalDevice device, brc_vulkan_traits* k, VkPhysicalDeviceDriverProperties* driver,
                    VkPhysicalDeviceSubgroupProperties* subgroup)
{
    memset(k, 0, sizeof *k);
    vk.GetPhysicalDeviceProperties(device, &k->properties);
    vk.GetPhysicalDeviceMemoryProperties(device, &k->memory);
    VkQueueFamilyProperties family[32];
    uint32_t count = 32;
    vk.GetPhysicalDeviceQueueFamilyProperties(device, &count, family);
    k->queue_family = -1;
    for (uint32_t i = 0; i < count && k->queue_family < 0; i++)
        if (family[i].queueFlags & VK_QUEUE_COMPUTE_BIT) k->queue_family = (int32_t)i;
    if (k->properties.apiVersion < VK_MAKE_API_VERSION(0, 1, LEAST_VERSION_MINOR, 0)) return;
    k->controls.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FLOAT_CONTROLS_PROPERTIES;
    *driver = (VkPhysicalDeviceDriverProperties){.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES,
                                                 .pNext = &k->controls};
    *subgroup = (VkPhysicalDeviceSubgroupProperties){.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES,
                                                     .pNext = driver};
    VkPhysicalDeviceProperties2 all = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = subgroup};
    vk.GetPhysicalDeviceProperties2(device, &all);
    VkPhysicalDeviceBufferDeviceAddressFeatures addresses = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES};
    VkPhysicalDeviceFeatures2 features = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &addresses};
    vk.GetPhysicalDeviceFeatures2(device, &features);
    k->features = features.features;
    k->addresses = addresses.bufferDeviceAddress;
}

static int64_t memory_of(const brc_vulkan_traits* k)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < k->memory.memoryHeapCount; i++) {
        const VkMemoryHeap* heap = &k->memory.memoryHeaps[i];
        if (heap->flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT && heap->size > most) most = heap->size;
    }
    return (int64_t)most;
}

// Processors that stand for a GPU are slower with addresses: a step of 20 000 particles on lavapipe by 1.2 to 1.3
// times. GPUs know them well, and an address knows no largest buffer and no largest number of them.
static int32_t access_of(const brc_vulkan_traits* k)
{
    if (found.asked >= 0) return found.asked;
    if (!k->addresses) return BRC_ACCESS_DESCRIPTORS;
    const bool few = k->properties.limits.maxPerStageDescriptorStorageBuffers < BRC_GPU_BUFFERS;
    const bool slow = k->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
    return slow && !few ? BRC_ACCESS_DESCRIPTORS : BRC_ACCESS_ADDRESSES;
}

// What keeps the engine from using a device; "" when nothing does.
static const char* obstacle(const brc_vulkan_traits* k, int32_t access)
{
    static const char* const old = "its driver is too old: the engine needs Vulkan 1.2, which a newer one may have";
    if (k->properties.apiVersion < VK_MAKE_API_VERSION(0, 1, LEAST_VERSION_MINOR, 0)) return old;
    if (k->queue_family < 0) return "it has no queue for compute kernels";
    if (!k->features.shaderInt64) return "it has no 64-bit integers (shaderInt64)";
    if (!k->features.shaderFloat64) return "it has no double precision (shaderFloat64)";
    if (access == BRC_ACCESS_ADDRESSES)
        return k->addresses ? "" : "it has no bufferDeviceAddress, which BARCHAN_DEVICE_ACCESS asks for";
    if (k->properties.limits.maxPerStageDescriptorStorageBuffers < BRC_GPU_BUFFERS) return "too few storage buffers";
    return "";
}

static void describe(VkPhysicalDevice device, int32_t number, brc_device_info* out)
{
    brc_vulkan_traits k;
    VkPhysicalDeviceDriverProperties driver = {0};
    VkPhysicalDeviceSubgroupProperties subgroup = {0};
    look_at(device, &k, &driver, &subgroup);
    memset(out, 0, sizeof *out);
    out->number = number;
    snprintf(out->name, sizeof out->name, "%s", k.properties.deviceName);
    snprintf(out->driver, sizeof out->driver, "%.60s%s%.60s", driver.driverName, *driver.driverInfo ? " " : "",
             driver.driverInfo);
    switch (k.properties.deviceType) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        out->kind = BRC_DEVICE_DISCRETE;
        break;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        out->kind = BRC_DEVICE_INTEGRATED;
        break;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        out->kind = BRC_DEVICE_VIRTUAL;
        break;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
        out->kind = BRC_DEVICE_CPU;
        break;
    default:
        out->kind = BRC_DEVICE_OTHER;
    }
    out->major = (int32_t)VK_API_VERSION_MAJOR(k.properties.apiVersion);
    out->minor = (int32_t)VK_API_VERSION_MINOR(k.properties.apiVersion);
    out->memory = memory_of(&k);
    out->lanes = (int32_t)subgroup.subgroupSize;
    out->access = access_of(&k);
    snprintf(out->obstacle, sizeof out->obstacle, "%s", obstacle(&k, out->access));
}

static bool load_table(void* library)
{
    // POSIX makes function pointers and pointers to data the same; C does not.
    union {
        void* data;
        PFN_vkGetInstanceProcAddr function;
    } get = {.data = dlsym(library, "vkGetInstanceProcAddr")};
    if (!get.data) return false;
    vk.CreateInstance = (PFN_vkCreateInstance)get.function(NULL, "vkCreateInstance");
    vk.EnumerateInstanceVersion = (PFN_vkEnumerateInstanceVersion)get.function(NULL, "vkEnumerateInstanceVersion");
    if (!vk.CreateInstance || !vk.EnumerateInstanceVersion) return false;
    const VkApplicationInfo application = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .pApplicationName = "barchan", .apiVersion = VK_API_VERSION_1_2};
    const VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                       .pApplicationInfo = &application};
    const VkResult r = vk.CreateInstance(&info, NULL, &found.instance);
    if (r != VK_SUCCESS) {
        found.instance = NULL;
        snprintf(found.failure, sizeof found.failure, "Vulkan does not start (%s): " INSTALLED, brc_vulkan_text(r));
        return true;
    }
#define GET(call)                                                                                                      \
    vk.call = (PFN_vk##call)get.function(found.instance, "vk" #call);                                                  \
    if (!vk.call) return false;
    OF_INSTANCE(GET)
#undef GET
    return true;
}

static bool access_asked(void)
{
    const char* asked = getenv("BARCHAN_DEVICE_ACCESS");
    found.asked = -1;
    if (!asked || !*asked) return true;
    if (!strcmp(asked, "descriptors")) found.asked = BRC_ACCESS_DESCRIPTORS;
    if (!strcmp(asked, "addresses")) found.asked = BRC_ACCESS_ADDRESSES;
    if (found.asked < 0)
        snprintf(found.failure, sizeof found.failure,
                 "BARCHAN_DEVICE_ACCESS is '%.60s': it can be 'descriptors' or 'addresses'", asked);
    return found.asked >= 0;
}

static void look_once(void)
{
    if (!access_asked()) return;
    static const char* const names[] = {"libvulkan.so.1", "libvulkan.so", "libvulkan.1.dylib", "libMoltenVK.dylib"};
    const char* given = getenv("BARCHAN_VULKAN_LOADER"); // a path; a file that is not there: as if none were installed
    void* library = NULL;
    for (size_t i = 0; !library && i < (given ? 1 : sizeof names / sizeof names[0]); i++) {
        library = dlopen(given ? given : names[i], RTLD_NOW | RTLD_LOCAL);
        snprintf(found.loader, sizeof found.loader, "%.60s", given ? given : names[i]);
    }
    if (!library) {
        found.loader[0] = 0;
        snprintf(found.failure, sizeof found.failure,
                 "there is no Vulkan loader (libvulkan.so.1) on this machine: install libvulkan1 and a driver");
        return;
    }
    if (!load_table(library))
        snprintf(found.failure, sizeof found.failure,
                 "the Vulkan loader %s is too old: the engine needs one that knows Vulkan 1.%d (of Debian: libvulkan1)",
                 found.loader, LEAST_VERSION_MINOR);
    if (found.failure[0]) return;
    uint32_t count = MOST_DEVICES;
    const VkResult r = vk.EnumeratePhysicalDevices(found.instance, &count, found.device);
    if (r != VK_SUCCESS && r != VK_INCOMPLETE) {
        snprintf(found.failure, sizeof found.failure, "Vulkan does not list its devices: %s", brc_vulkan_text(r));
        return;
    }
    found.count = (int32_t)count;
    for (int32_t i = 0; i < found.count; i++) describe(found.device[i], i, &found.info[i]);
}

static void look(void)
{
    pthread_mutex_lock(&found.lock);
    if (!found.tried) look_once();
    found.tried = true;
    pthread_mutex_unlock(&found.lock);
}

brc_status brc_device_count(int32_t* count)
{
    look();
    *count = 0;
    BRC_CHECK(!found.failure[0], BRC_ERR_DEVICE, "%s", found.failure);
    *count = found.count;
    return BRC_OK;
}

brc_status brc_device_get(int32_t number, brc_device_info* out)
{
    int32_t count;
    BRC_TRY(brc_device_count(&count));
    BRC_CHECK(number >= 0 && number < count, BRC_ERR_ARGUMENT, "there are %d devices, and device %d is none of them",
              count, number + 1);
    *out = found.info[number];
    return BRC_OK;
}

static brc_status best_device(int32_t* number)
{
    static const int worth[] = {[BRC_DEVICE_OTHER] = 1,
                                [BRC_DEVICE_INTEGRATED] = 4,
                                [BRC_DEVICE_DISCRETE] = 5,
                                [BRC_DEVICE_VIRTUAL] = 3,
                                [BRC_DEVICE_CPU] = 2};
    int32_t best = -1;
    for (int32_t i = 0; i < found.count; i++)
        if (!found.info[i].obstacle[0] && (best < 0 || worth[found.info[i].kind] > worth[found.info[best].kind]))
            best = i;
    BRC_CHECK(found.count > 0, BRC_ERR_DEVICE, "Vulkan has no device on this machine: " INSTALLED);
    BRC_CHECK(best >= 0 || found.count > 1, BRC_ERR_DEVICE, "%s cannot be used: %s", found.info[0].name,
              found.info[0].obstacle);
    BRC_CHECK(best >= 0, BRC_ERR_DEVICE, "none of the %d Vulkan devices can be used; of the first, %s: %s", found.count,
              found.info[0].name, found.info[0].obstacle);
    *number = best;
    return BRC_OK;
}

brc_status brc_vulkan_choose(int32_t number, brc_vulkan_choice* out)
{
    int32_t count;
    BRC_TRY(brc_device_count(&count));
    if (number < 0) BRC_TRY(best_device(&number));
    BRC_CHECK(number < count, BRC_ERR_ARGUMENT, "there are %d devices, and device %d is none of them", count,
              number + 1);
    BRC_CHECK(!found.info[number].obstacle[0], BRC_ERR_DEVICE, "%s cannot be used: %s", found.info[number].name,
              found.info[number].obstacle);
    VkPhysicalDeviceDriverProperties driver;
    VkPhysicalDeviceSubgroupProperties subgroup;
    out->device = found.device[number], out->info = &found.info[number];
    out->create = vk.CreateDevice, out->get = vk.GetDeviceProcAddr;
    look_at(out->device, &out->traits, &driver, &subgroup);
    return BRC_OK;
}
