// trajectory.c -- fuzz target: a trajectory file with which a resumed run goes on.
#include "barchan.h"
#include "harness.h"
#include "patched.h"
#include "scene.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    size_t length;
    int content;
    if (size < 1) return 0;
    uint8_t* bytes = patched_file(data, size, PATCHED_CONTACTS + 1, &length, &content);
    brc_sim* s = scene_empty(SCENE_PLAIN);
    scene_fill(s, SCENE_PLAIN);
    const brc_output_def def = {
        .path = scratch_file(bytes, length, ".vtkhdf"), .content = content, .compress = content ? 0 : 4};
    const brc_output_place place = {.steps = 1};
    brc_output* output;
    int64_t done;
    free(bytes);
    if (accepted(brc_output_reopen(s, &def, &place, &output))) {
        accepted(brc_output_write(output));
        accepted(brc_sim_steps(s, 1, &done));
        accepted(brc_output_write(output));
        (void)brc_output_close(output);
    }
    brc_sim_destroy(s);
    look_at_children();
    return 0;
}
