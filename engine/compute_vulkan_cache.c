// compute_vulkan_cache.c -- what a driver has made of the kernels, kept on disk: in the folder of compiled laws, one
// file for each driver, device and build. A file ends with a checksum of its data and its key, is written under another
// name and renamed; what is not whole is as if it were not there.
#include "compute_vulkan_cache.h"
#include "base.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUM = 16, PATH = 4400 };
static const int64_t most = 256 << 20; // [bytes] no driver has ever needed as much

// As compiler.folder() in bindings/barchan/compiler.lua.
static bool folder_of(char* path, int room)
{
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n = 0;
    if (base && base[0] == '/') n = snprintf(path, (size_t)room, "%s/barchan", base);
    else if (home && home[0] == '/') n = snprintf(path, (size_t)room, "%s/.cache/barchan", home);
    return n > 0 && n < room;
}

static bool path_of(const brc_gpu_cache_key* key, char* folder, char* path, int room)
{
    uint64_t hash[2];
    if (!folder_of(folder, room)) return false;
    brc_checksum(key, sizeof *key, hash);
    const int n =
        snprintf(path, (size_t)room, "%s/device-%016" PRIx64 "%016" PRIx64 ".cache", folder, hash[0], hash[1]);
    return n > 0 && n < room;
}

// data: with room for the key behind it.
static void sum_of(const brc_gpu_cache_key* key, char* data, int64_t size, uint64_t out[2])
{
    memcpy(data + size, key, sizeof *key);
    brc_checksum(data, size + (int64_t)sizeof *key, out);
}

void* brc_gpu_cache_read(const brc_gpu_cache_key* key, int64_t* size)
{
    char folder[PATH], path[PATH];
    *size = 0;
    FILE* file = path_of(key, folder, path, PATH) ? fopen(path, "rb") : NULL;
    if (!file) return NULL;
    const int64_t length = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1, n = length - SUM;
    char* data = n > 0 && n < most ? brc_alloc_unset((size_t)length + sizeof *key) : NULL;
    uint64_t sum[2], kept[2];
    rewind(file);
    bool whole = data && fread(data, 1, (size_t)length, file) == (size_t)length;
    if (whole) {
        memcpy(kept, data + n, SUM);
        sum_of(key, data, n, sum);
        whole = !memcmp(sum, kept, SUM);
    }
    fclose(file);
    if (!whole) {
        brc_free(data);
        return NULL;
    }
    *size = n;
    return data;
}

void brc_gpu_cache_write(const brc_gpu_cache_key* key, const void* data, int64_t size)
{
    char folder[PATH], path[PATH], fresh[PATH + 64];
    uint64_t sum[2];
    if (size <= 0 || size >= most || !path_of(key, folder, path, PATH) || brc_folder_make(folder) != BRC_OK) return;
    char* copy = brc_alloc_unset((size_t)size + sizeof *key);
    if (!copy) return;
    memcpy(copy, data, (size_t)size);
    sum_of(key, copy, size, sum);
    snprintf(fresh, sizeof fresh, "%s.%ld.new", path, (long)getpid()); // another process may do the same
    FILE* file = fopen(fresh, "wb");
    bool good = file && fwrite(copy, 1, (size_t)size, file) == (size_t)size && fwrite(sum, 1, SUM, file) == SUM;
    if (file) good = fclose(file) == 0 && good;
    if (!(good && rename(fresh, path) == 0)) remove(fresh);
    brc_free(copy);
}
