// staged.h -- a file whose readers never see a half-made state: data goes to the disk as it comes, everything that
// tells a reader where the data are waits in memory until commit. A process killed at any time leaves the last
// committed state. A write that fails (disk full) is remembered and nothing reaches the disk after it, so that a
// library on top (HDF5) can close its file in peace instead of failing again at exit.
#ifndef BRC_STAGED_H
#define BRC_STAGED_H
#include "base.h"

typedef struct brc_staged brc_staged;

// All return an errno value, 0: fine.
int brc_staged_create(const char* path, brc_staged** out); // an empty regular file, replacing what was there
int brc_staged_read(brc_staged* f, uint64_t at, size_t size, void* out); // sees what waits; zeros behind the end
// `directory`: the bytes tell a reader where things are: they wait for commit.
int brc_staged_write(brc_staged* f, uint64_t at, size_t size, const void* data, bool directory);
int brc_staged_commit(brc_staged* f, uint64_t end); // reserves the space up to `end`, then writes what waits
int brc_staged_error(const brc_staged* f);          // of the first failure
uint64_t brc_staged_end(const brc_staged* f);       // size of the file now
int brc_staged_close(brc_staged* f); // drops what waits, cuts the file behind the last commit, syncs it, frees f

#endif
