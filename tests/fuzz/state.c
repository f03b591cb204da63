// state.c -- fuzz target: the blocks of a checkpoint into a simulation, which then goes on for some steps. The input is
// a pack as pack_bytes.h writes it, so that the fuzzer changes numbers of the state and not HDF5's directory.
#include "checkpoint.h"
#include "harness.h"
#include "pack_bytes.h"
#include "scene.h"
#include "sim.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    if (size < 1) return 0;
    brc_pack p;
    if (!pack_from_bytes(data + 1, size - 1, &p)) return 0;
    brc_sim* s = scene_empty(data[0] % SCENES);
    if (accepted(brc_sim_pack(s, &p))) {
        int64_t done;
        brc_summary summary;
        (void)brc_sim_hash(s);
        (void)brc_summary_get(s, &summary);
        accepted(brc_sim_steps(s, 3, &done));
    }
    brc_pack_free(&p);
    brc_sim_destroy(s);
    return 0;
}
