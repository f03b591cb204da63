// patched.h -- files of the engine with a few of their bytes changed. They are larger than a fuzzer likes, so the input
// says what to change in one that is made here: the first byte chooses the file, then come changes of a few bytes each,
// in those of its words that are not 0 (most of them are HDF5's directory).
#ifndef PATCHED_H
#define PATCHED_H
#include <stddef.h>
#include <stdint.h>

enum { PATCHED_PARTICLES, PATCHED_WALLS, PATCHED_CONTACTS, PATCHED_CHECKPOINT }; // the first three are BRC_CONTENT_*

// The input's file, one of the first `kinds`: its bytes (to be freed), their number, and which it is.
uint8_t* patched_file(const uint8_t* data, size_t size, int kinds, size_t* length, int* kind);

#endif
