// insert.h -- where new particles come from: lattices, random fills and streams. Everything is a pure function of
// (seed, index) and of the particles already there; nothing depends on threads or on the order of slots.
#ifndef BRC_INSERT_H
#define BRC_INSERT_H
#include "base.h"
#include "pack.h"

typedef struct brc_inserter brc_inserter;

// What an inserter needs to know of the simulation. `free_at` answers whether a sphere overlaps no particle and no
// wall.
typedef struct brc_insert_host {
    void* context;
    double density;
    bool (*free_at)(void* context, vec3 x, double radius);
    brc_status (*add)(void* context, const brc_add* add, int64_t* first_id); // adds without checking overlaps again
    vec3 lo, hi;                                                             // domain
    int32_t periodic[3]; // new particles near a periodic boundary must not overlap those across it
    double edge[6];      // [m] of a tilted cell (cell.c): lx, ly, lz, 0 where not periodic, and the tilts xy, xz, yz
} brc_insert_host;

static inline bool brc_insert_tilted(const brc_insert_host* h)
{
    return h->edge[3] != 0 || h->edge[4] != 0 || h->edge[5] != 0;
}

brc_status brc_inserter_create(const brc_insert_def* def, uint64_t sim_seed,
                               brc_inserter** out); // copies what def points to; checks it
void brc_inserter_free(brc_inserter* inserter);
// The region must lie in the host's domain and hold the largest particle. Asked when a stream is added, so that the
// script's line is at fault, not a later step; the others below ask it themselves.
brc_status brc_inserter_check(brc_inserter* inserter, const brc_insert_host* host);
// Fill and lattice: inserts everything or fails with a text that says how many found room and what would help.
brc_status brc_inserter_fill(brc_inserter* inserter, const brc_insert_host* host);
// Stream: inserts what is due in the step that ends at `time` (> the last call's time).
brc_status brc_inserter_stream(brc_inserter* inserter, const brc_insert_host* host, double time);
bool brc_inserter_due(const brc_inserter* inserter, double time); // a stream has something due: cheap, asked each step
// Where the centres of its particles may lie, and how large they may be.
void brc_inserter_reach(const brc_inserter* inserter, double lo[3], double hi[3], double* radius);
void brc_inserter_state(const brc_inserter* inserter, brc_insert_state* out);
void brc_inserter_pack(brc_pack* p, brc_inserter** inserter);            // made when loading
uint64_t brc_inserter_hash(const brc_inserter* inserter, uint64_t seed); // of what it has done and is to do

#endif
