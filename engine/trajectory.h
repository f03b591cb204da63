// trajectory.h -- a time step of a trajectory file as exporters see a simulation. The calls that scripts have are in
// barchan.h.
#ifndef BRC_TRAJECTORY_H
#define BRC_TRAJECTORY_H
#include "output_file.h"
#include "snapshot.h"

brc_status brc_trajectory_snapshot(brc_trajectory* t, int64_t k, brc_snapshot* out); // free with brc_snapshot_free

#endif
