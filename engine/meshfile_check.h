// meshfile_check.h -- what a mesh file must satisfy before it is given to a reader.
#ifndef BRC_MESHFILE_CHECK_H
#define BRC_MESHFILE_CHECK_H
#include "base.h"

// BRC_ERR_FILE when the file cannot be read, is empty, or is not as long as an STL or PLY file says of itself.
brc_status brc_mesh_file_check(const char* path, uint64_t* size); // [bytes]

#endif
