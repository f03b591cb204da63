// harness.h -- what the fuzz targets share: a file with the given bytes, for readers that want a path.
#ifndef HARNESS_H
#define HARNESS_H
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
// The bytes as a file of this process with this ending; the path is valid until the next call.
const char* scratch_file(const uint8_t* data, size_t size, const char* ending);
// With FUZZ_SAY in the environment: what the reader said to the input. Returns whether it took it.
int accepted(int status);
// What the sanitizers have found in processes that this one has started (engine/apart.h): ends the process when it lies
// in the engine's own code, and not in a library.
void look_at_children(void);

#endif
