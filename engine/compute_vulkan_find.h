// compute_vulkan_find.h -- finding devices: what compute_vulkan_find.c hands to who opens one. Names Vulkan, so only
// compute_vulkan*.c include it.
#ifndef BRC_COMPUTE_VULKAN_FIND_H
#define BRC_COMPUTE_VULKAN_FIND_H
#include "barchan.h"
#include <stdbool.h>
#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>

typedef struct brc_vulkan_traits {
    VkPhysicalDeviceFeatures features;
    VkPhysicalDeviceFloatControlsProperties controls;
    VkPhysicalDeviceProperties properties;
    VkPhysicalDeviceMemoryProperties memory;
    int32_t queue_family; // -1: none computes
    bool addresses;       // it has buffer device addresses
} brc_vulkan_traits;

typedef struct brc_vulkan_choice { // a device that the engine can use
    VkPhysicalDevice device;
    brc_vulkan_traits traits;
    const brc_device_info* info;
    PFN_vkCreateDevice create;
    PFN_vkGetDeviceProcAddr get; // of functions of what `create` has made
} brc_vulkan_choice;
brc_status brc_vulkan_choose(int32_t number, brc_vulkan_choice* out); // number < 0: the best
const char* brc_vulkan_text(VkResult failure);

#endif
