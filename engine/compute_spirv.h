// compute_spirv.h -- the kernels of devices as the build has made them (shaders/patch.lua).
#ifndef BRC_COMPUTE_SPIRV_H
#define BRC_COMPUTE_SPIRV_H
#include <stdint.h>

typedef struct brc_spirv {
    const char* name;
    const uint32_t* words;
    int32_t count;
} brc_spirv;
extern const brc_spirv brc_spirv_all[];
extern const int32_t brc_spirv_total;
// GLSL of the kernel of forces, but for the law that it includes; of that of a script's kernel of particles, likewise
extern const char brc_force_text[], brc_particle_text[];
extern const char* const brc_spirv_places[]; // of kernels that look at their indices: tests/tools/check_bounds.py

#endif
