// csv.c -- fuzz target: tables of particles.
#include "barchan.h"
#include "harness.h"
#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    static const char* const more[] = {"temperature", "charge"};
    brc_particle_file file;
    if (accepted(brc_particles_read(scratch_file(data, size, ".csv"),
                                    &(brc_particles_query){.scale = 0.5, .more = 2, .names = more}, &file))) {
        // What was taken is what a simulation may be given.
        for (int64_t i = 0; i < file.count; i++) {
            if (!(file.radius[i] > 0 && isfinite(file.radius[i])) || (file.id && file.id[i] <= 0)) abort();
            for (int k = 0; k < 3; k++)
                if (!isfinite(file.x[3 * i + k]) || (file.v && !isfinite(file.v[3 * i + k]))) abort();
        }
        brc_particle_file_free(&file);
    }
    return 0;
}
