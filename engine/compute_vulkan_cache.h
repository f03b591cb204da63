// compute_vulkan_cache.h -- what a driver has made of the kernels, kept on disk for the next program.
#ifndef BRC_COMPUTE_VULKAN_CACHE_H
#define BRC_COMPUTE_VULKAN_CACHE_H
#include <stdint.h>

// What the data are for: a file of another key is never read.
typedef struct brc_gpu_cache_key {
    uint32_t vendor, device, driver, padding;
    uint8_t uuid[16]; // of the driver's caches
    uint64_t code[2]; // of all kernels of the build
} brc_gpu_cache_key;

// To be freed with brc_free; NULL: there is no whole file, for whatever reason.
void* brc_gpu_cache_read(const brc_gpu_cache_key* key, int64_t* size);
void brc_gpu_cache_write(const brc_gpu_cache_key* key, const void* data, int64_t size); // or not: nothing depends on it

#endif
