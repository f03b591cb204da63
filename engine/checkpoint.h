// checkpoint.h -- a whole simulation as a pack of numbers (checkpoint.c), and a pack as a file (checkpoint_file.c).
#ifndef BRC_CHECKPOINT_H
#define BRC_CHECKPOINT_H
#include "pack.h"

enum { BRC_CHECKPOINT_FORMAT = 1 };

// Reads the state and changes nothing; or brings it back into a simulation that has the same materials, laws, fields
// and kernels. After a load that failed the simulation cannot go on.
brc_status brc_sim_pack(brc_sim* s, brc_pack* p);

// The file appears whole under its name: written beside it, checksummed, synced, renamed. level: of compression.
brc_status brc_pack_write(const brc_pack* p, const char* path, int level);
// Reads a file whose checksum is right; anything else is refused with what is wrong with it.
brc_status brc_pack_read(const char* path, brc_pack* out);

#endif
