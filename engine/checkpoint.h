// checkpoint.h -- a whole simulation as a pack of numbers (checkpoint.c), and a pack as a file (checkpoint_file.c).
#ifndef BRC_CHECKPOINT_H
#define BRC_CHECKPOINT_H
#include "comm.h"
#include "pack.h"

// Reads the state and changes nothing; or brings it back into a simulation that has the same materials, laws, fields
// and kernels. After a load that failed the simulation cannot go on.
brc_status brc_sim_pack(brc_sim* s, brc_pack* p);

// Takes the pack, which holds nothing after it, and writes the file from a thread of its own; see brc_checkpoint_begin.
// descriptors: of files that must be on the disk before; they are closed.
brc_status brc_pack_write(brc_pack* p, const char* path, const char* older, int level, int* descriptors, int count,
                          brc_writing** out);
int brc_output_descriptor(const brc_output* o); // another one of its file, the caller's; -1: there is none
// Each rank's rows of the tables that ranks share, together on rank 0. Collective, of packs that have not failed.
brc_status brc_pack_gather(brc_comm* comm, brc_pack* p);
// Puts those tables in the order of ids; needs as much memory as the largest block. false: there is none.
bool brc_pack_order(brc_pack* p);
bool brc_pack_shared(const char* name);
// What rank 0 has read: to all what all have, and to each a stretch of the ids, contacts to both their particles'
// ranks.
brc_status brc_pack_tell(brc_comm* comm, brc_pack* p);
brc_status brc_pack_deal(brc_comm* comm, brc_pack* p);
brc_writing* brc_writing_elsewhere(brc_comm* comm);     // of a rank that leaves the writing to rank 0; NULL: no memory
void brc_writing_share(brc_writing* w, brc_comm* comm); // the ranks that ask for its end together
void brc_writing_drop(brc_writing* w);                  // of a call that has failed on another rank; NULL is allowed
// Reads a file whose checksum is right; anything else is refused with what is wrong with it.
brc_status brc_pack_read(const char* path, brc_pack* out);

#endif
