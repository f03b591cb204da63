// checkpoint.c -- fuzz target: checkpoint files. The input lacks the 32 bytes at a file's end; they are put there with
// the right checksum, because a stranger can do that too.
#include "apart.h"
#include "barchan.h"
#include "harness.h"
#include "scene.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    uint64_t end[4] = {0, size, 0, 0}, sum[2];
    uint8_t* bytes = malloc(size + sizeof end);
    brc_checkpoint* found = NULL;
    memcpy(end, "BRCCHK1", 8);
    brc_checksum(data, (int64_t)size, sum);
    end[2] = sum[1], end[3] = sum[0];
    if (size) memcpy(bytes, data, size);
    memcpy(bytes + size, end, sizeof end);
    const char* path = scratch_file(bytes, size + sizeof end, ".chk");
    free(bytes);
    brc_apart_here = getenv("FUZZ_HERE") != NULL; // HDF5 in this process
    const int good = accepted(brc_checkpoint_open(NULL, path, &found));
    look_at_children();
    if (!good) return 0;
    int64_t length, done;
    (void)brc_checkpoint_text(found, &length);
    for (int kind = 0; kind < SCENES; kind++) {
        brc_sim* s = scene_empty(kind);
        if (accepted(brc_checkpoint_load(found, s))) accepted(brc_sim_steps(s, 3, &done));
        brc_sim_destroy(s);
    }
    brc_checkpoint_close(found);
    return 0;
}
