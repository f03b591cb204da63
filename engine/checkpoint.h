// checkpoint.h -- a whole simulation as a pack of numbers (checkpoint.c), and a pack as a file (checkpoint_file.c).
#ifndef BRC_CHECKPOINT_H
#define BRC_CHECKPOINT_H
#include "pack.h"

// Reads the state and changes nothing; or brings it back into a simulation that has the same materials, laws, fields
// and kernels. After a load that failed the simulation cannot go on.
brc_status brc_sim_pack(brc_sim* s, brc_pack* p);

// Takes the pack, which holds nothing after it, and writes the file from a thread of its own; see brc_checkpoint_begin.
// descriptors: of files that must be on the disk before; they are closed.
brc_status brc_pack_write(brc_pack* p, const char* path, const char* older, int level, int* descriptors, int count,
                          brc_writing** out);
int brc_output_descriptor(const brc_output* o); // another one of its file, the caller's; -1: there is none
// Reads a file whose checksum is right; anything else is refused with what is wrong with it.
brc_status brc_pack_read(const char* path, brc_pack* out);

#endif
