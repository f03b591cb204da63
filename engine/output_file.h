// output_file.h -- an HDF5 file whose readers never see a half-made state: HDF5 above, a staged file below.
#ifndef BRC_OUTPUT_FILE_H
#define BRC_OUTPUT_FILE_H
#include "staged.h"

#if BRC_HAVE_HDF5
#include <hdf5.h>

// HDF5 serves one thread at a time, and checkpoints are written by a thread of their own: whoever calls HDF5 holds
// this lock, which goes to who has waited longest.
void brc_hdf5_lock(void);
void brc_hdf5_unlock(void);

// A new file whose bytes go to `staged`, which stays the caller's. Negative: HDF5 refused.
hid_t brc_output_file_create(const char* path, brc_staged* staged);
// A file that is there, to go on with. Negative: it is none, or it is damaged.
// cut: off goes what lies behind the end that HDF5 knows of.
hid_t brc_output_file_open(const char* path, brc_staged* staged, bool cut);
// Makes what was written part of the file that readers see. Negative: HDF5 failed; *error: what the disk says, or 0.
herr_t brc_output_file_commit(hid_t file, brc_staged* staged, int* error);
#endif

#endif
