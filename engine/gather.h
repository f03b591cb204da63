// gather.h -- what ranks hold together, in the order of ids, for files: rows dealt out so that the ranks have one
// stretch of ids after another, and handed to rank 0, which alone touches files, piece by piece.
#ifndef BRC_GATHER_H
#define BRC_GATHER_H
#include "base.h"
#include "comm.h"

// Deals out rows that begin with an id (int64): rank 0 then has the lowest, and so on, about as many each. Within a
// rank they are in no order. Takes *rows, which brc_free frees, and replaces it.
brc_status brc_rows_deal(brc_comm* comm, void** rows, int64_t* count, size_t width);
// The same, and sorted within each rank by `compare`, whose first criterion is that id.
brc_status brc_rows_order(brc_comm* comm, void** rows, int64_t* count, size_t width,
                          int (*compare)(const void*, const void*));

// On rank 0 calls `use` with the rows of all ranks in their order, some megabytes at a time; first counts from 0. Its
// errors are kept for rank 0, which goes on to receive; other errors are those of the ranks' talk. Of one rank: all
// rows at once, also none.
typedef brc_status (*brc_rows_use)(void* context, int64_t first, int64_t count, const void* rows);
brc_status brc_rows_hand(brc_comm* comm, const void* rows, int64_t count, size_t width, brc_rows_use use,
                         void* context);
// On rank 0 writes the rows of all ranks to `to`, in their order; there must be room for them.
brc_status brc_rows_collect(brc_comm* comm, const void* rows, int64_t count, size_t width, void* to);

#endif
