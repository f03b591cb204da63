// base.c -- errors, memory, and what the build is made of.
#define _DEFAULT_SOURCE // madvise, posix_memalign
#include "base.h"
#include "render.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

static _Thread_local char last_error[1024];

// printf shows the sign of a NaN, which tells a reader nothing: "= -nan m" becomes "= nan m". Names of files stand in
// quotes.
static void drop_sign_of_nan(char* text)
{
    for (char* p = text; (p = strstr(p, "-nan")) != NULL; p++)
        if (p > text && strchr(" (", p[-1]) && !isalnum((unsigned char)p[4])) memmove(p, p + 1, strlen(p));
}

void brc_error_set(const char* file, int line, const char* function, const char* format, ...)
{
    const char* name = strrchr(file, '/');
    va_list args;
    va_start(args, format);
    int n = vsnprintf(last_error, sizeof last_error, format, args);
    va_end(args);
    if (n < 0) n = 0;
    drop_sign_of_nan(last_error);
    n = (int)strlen(last_error);
    if ((size_t)n < sizeof last_error)
        snprintf(last_error + n, sizeof last_error - (size_t)n, " [%s:%d %s]", name ? name + 1 : file, line, function);
}

void brc_error_keep(const char* text) { snprintf(last_error, sizeof last_error, "%s", text); }

const char* brc_last_error(void) { return last_error; }

_Noreturn void brc_assert_failed(const char* file, int line, const char* text)
{
    fprintf(stderr, "barchan: internal error at %s:%d: %s does not hold; please report it\n", file, line, text);
    abort();
}

enum { LARGE_PAGE = 1 << 21 };

// A step walks over all arrays, which at a million particles are more small pages than a processor remembers the places
// of: asking the memory where each one lies costs a tenth of the step. What is not used up of an array stays untouched
// either way, but for the rest of one large page.
static void* alloc_large(size_t size)
{
    void* p = NULL;
    // aligned_alloc wants whole large pages, and sanitizers then see no step past the end
    if (posix_memalign(&p, LARGE_PAGE, size)) return NULL;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    (void)madvise(p, size / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE); // may be refused: then pages are small
#endif
    return p;
}

void* brc_alloc_unset(size_t size)
{
    if (size > SIZE_MAX / 2) return NULL; // rounding up would wrap
    size_t rounded = (size + 63) / 64 * 64;
    return rounded < LARGE_PAGE ? aligned_alloc(64, rounded ? rounded : 64) : alloc_large(rounded);
}

void* brc_alloc(size_t size)
{
    void* p = brc_alloc_unset(size);
    if (p) memset(p, 0, size);
    return p;
}

void brc_free(void* p) { free(p); }

brc_status brc_memory_take(int64_t bytes, void** out)
{
    *out = bytes >= 0 ? brc_alloc_unset((size_t)bytes) : NULL;
    BRC_CHECK(*out, BRC_ERR_MEMORY, "no memory for %" PRId64 " bytes", bytes);
    return BRC_OK;
}

void brc_memory_free(void* p) { brc_free(p); }

brc_status brc_grow(void** p, size_t old_size, size_t new_size)
{
    BRC_TRY(brc_grow_unset(p, old_size, new_size));
    if (new_size > old_size) memset((char*)*p + old_size, 0, new_size - old_size);
    return BRC_OK;
}

brc_status brc_grow_unset(void** p, size_t old_size, size_t new_size)
{
    void* fresh = brc_alloc_unset(new_size);
    BRC_CHECK(fresh, BRC_ERR_MEMORY, "no memory for %zu bytes", new_size);
    if (*p && old_size) memcpy(fresh, *p, old_size < new_size ? old_size : new_size);
    brc_free(*p);
    *p = fresh;
    return BRC_OK;
}

int32_t brc_abi_version(void) { return BRC_ABI_VERSION; }
const char* brc_version(void) { return BRC_VERSION; }
const char* brc_compiler(void)
{
#if defined(__clang__)
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}

int32_t brc_has(const char* part)
{
    if (!strcmp(part, "hdf5")) return BRC_HAVE_HDF5;
    if (!strcmp(part, "assimp")) return BRC_HAVE_ASSIMP;
    if (!strcmp(part, "vulkan")) return BRC_HAVE_VULKAN;
    return 0;
}

const char* brc_library_version(const char* part)
{
    static _Thread_local char text[32];
    text[0] = 0;
    (void)part; // a build may have neither
#if BRC_HAVE_HDF5
    if (!strcmp(part, "hdf5")) brc_hdf5_version(text, (int)sizeof text);
#endif
#if BRC_HAVE_ASSIMP
    if (!strcmp(part, "assimp")) brc_assimp_version(text, (int)sizeof text);
#endif
    return text;
}

double brc_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

const char* brc_struct(int32_t number, int64_t* size)
{
#define SIZE(T) #T, sizeof(T)
    static const struct {
        const char* name;
        size_t size;
    } list[] = {
        // one a line: several people add to it
        {SIZE(brc_options)},          //
        {SIZE(brc_meet)},             //
        {SIZE(brc_meet_group)},       //
        {SIZE(brc_ranks_info)},       //
        {SIZE(brc_reduce_def)},       //
        {SIZE(brc_reduced)},          //
        {SIZE(brc_law_info)},         //
        {SIZE(brc_add)},              //
        {SIZE(brc_field)},            //
        {SIZE(brc_wall_def)},         //
        {SIZE(brc_motion)},           //
        {SIZE(brc_wall_state)},       //
        {SIZE(brc_mesh_file)},        //
        {SIZE(brc_outlet_def)},       //
        {SIZE(brc_region)},           //
        {SIZE(brc_replay)},           //
        {SIZE(brc_sizes)},            //
        {SIZE(brc_insert_def)},       //
        {SIZE(brc_insert_state)},     //
        {SIZE(brc_summary)},          //
        {SIZE(brc_profile)},          //
        {SIZE(brc_profile_ranks)},    //
        {SIZE(brc_output_place)},     //
        {SIZE(brc_output_def)},       //
        {SIZE(brc_particle_file)},    //
        {SIZE(brc_particles_query)},  //
        {SIZE(brc_trajectory_info)},  //
        {SIZE(brc_trajectory_field)}, //
        {SIZE(brc_trajectory_step)},  //
        {SIZE(brc_item)},
        {SIZE(brc_picture)},     //
        {SIZE(brc_servo)},       //
        {SIZE(brc_body_def)},    //
        {SIZE(brc_solid)},       //
        {SIZE(brc_stress)},      //
        {SIZE(brc_meter_state)}, //
        {SIZE(brc_coarse_def)},  //
        {SIZE(brc_packing)},     //
        {SIZE(brc_deform)},      //
        {SIZE(brc_cell_info)},   //
        {SIZE(brc_instruction)}, //
        {SIZE(brc_program)},     //
        {SIZE(brc_law_call)},    //
        {SIZE(brc_energies)},    //
        {SIZE(brc_writing_def)}, //
        {SIZE(brc_bond_state)},  //
        {SIZE(brc_bond_end)},    //
        {SIZE(brc_stage)},       //
        {SIZE(brc_device_info)}, //
        {SIZE(brc_device_test)}, //
    };
#undef SIZE
    if (number < 0 || (size_t)number >= sizeof list / sizeof *list) return NULL;
    *size = (int64_t)list[number].size;
    return list[number].name;
}
