// staged.h -- a growing file whose readers never see a half-made state. Data goes to the disk as it comes, behind what
// readers know of; the directory blocks that tell a reader where the data are wait in memory until commit, which writes
// them in an order in which the file is whole after each single write. So a process killed at any time leaves the last
// committed state, or the one before. (Not so a power cut: only close waits for the disk.)
//
// The file has a temporary name until it is published. A write that fails (disk full) is remembered and nothing reaches
// the disk after it, so that a library on top (HDF5) can close its file in peace instead of failing again at exit.
#ifndef BRC_STAGED_H
#define BRC_STAGED_H
#include "base.h"

typedef struct brc_staged brc_staged;

// A page is written by the system whole or not at all: a directory block that readers know of must lie within one.
enum { BRC_STAGED_PAGE = 4096 };

// Ranks of writes. Directory blocks that readers know of are written at commit in the order of their ranks.
enum { BRC_STAGED_DATA = 0, BRC_STAGED_FIRST = 1, BRC_STAGED_LAST = 1000 };

// All return an errno value, 0: fine.
int brc_staged_create(const char* path, brc_staged** out);
int brc_staged_reopen(const char* path, brc_staged** out); // a file that is there, under its name
int brc_staged_cut(brc_staged* f, uint64_t end);           // of a reopened file: behind it nothing is valid
int brc_staged_read(brc_staged* f, uint64_t at, size_t size, void* out); // sees what waits; zeros behind the end
int brc_staged_write(brc_staged* f, uint64_t at, size_t size, const void* data, int rank);
int brc_staged_commit(brc_staged* f, uint64_t end); // reserves the space up to `end`, then writes what waits
int brc_staged_sync(brc_staged* f);                 // waits for the disk
int brc_staged_publish(brc_staged* f);              // gives the file its name; does nothing the second time
int brc_staged_error(const brc_staged* f);          // of the first failure
uint64_t brc_staged_end(const brc_staged* f);       // size of the file now
int brc_staged_again(const brc_staged* f);          // another descriptor of it, the caller's; -1: there is none
// Drops what waits, cuts the file behind the last commit, syncs it and frees f. A file without a name disappears.
int brc_staged_close(brc_staged* f);

#endif
