// trajectory.h -- what reads trajectories back: the reader, which works in a process of its own, and a time step as
// exporters see a simulation. The calls that scripts have are in barchan.h.
#ifndef BRC_TRAJECTORY_H
#define BRC_TRAJECTORY_H
#include "output_file.h"
#include "snapshot.h"

brc_status brc_trajectory_snapshot(brc_trajectory* t, int64_t k, brc_snapshot* out); // free with brc_snapshot_free

enum { BRC_TRAJECTORY_COLUMNS = 128, BRC_TRAJECTORY_NAME = 64 };
typedef struct brc_trajectory_entry {
    char name[BRC_TRAJECTORY_NAME], unit[32];
    int32_t components, kind; // BRC_COLUMN_*
} brc_trajectory_entry;
typedef struct brc_trajectory_head { // of the file; the times of the steps follow it
    brc_trajectory_info info;
    brc_trajectory_entry column[BRC_TRAJECTORY_COLUMNS];
} brc_trajectory_head;

// What the reader is asked, and its answer: OPEN: the head and the times; STEP: a brc_trajectory_step; COLUMN and
// SERIES: doubles; CELLS: int64_t.
enum { BRC_TRAJECTORY_OPEN, BRC_TRAJECTORY_STEP, BRC_TRAJECTORY_COLUMN, BRC_TRAJECTORY_CELLS, BRC_TRAJECTORY_SERIES };
typedef struct brc_trajectory_question {
    int32_t what, kind; // kind: of a column
    int64_t step;
    uint64_t most; // bytes that the caller has room for
    char name[BRC_TRAJECTORY_NAME];
} brc_trajectory_question;

#if BRC_HAVE_HDF5
typedef struct brc_trajectory_reader {
    const char* path;
    hid_t file; // -1: not open
    double* time;
    brc_trajectory_head head;
} brc_trajectory_reader;
brc_status brc_trajectory_answer(void* reader, const void* question, void** data, size_t* size); // see apart.h
void brc_trajectory_reader_end(brc_trajectory_reader* t);
#endif

#endif
