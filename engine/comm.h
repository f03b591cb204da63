// comm.h -- how the ranks of a run talk: a table of functions behind the calls brc_comm_... of barchan.h, which the
// rest of the engine uses. A run of one rank has the table of comm.c; comm_mpi.c, the only file that includes mpi.h,
// becomes a library of its own that is loaded when mpirun started the program, so that one build runs without Open MPI
// too.
#ifndef BRC_COMM_H
#define BRC_COMM_H
#include "barchan.h"

// What a rank sends or awaits: messages between two ranks with the same tag arrive in the order in which they were
// sent.
typedef struct brc_message {
    void* data;
    int64_t bytes; // exactly what the other side names too
    int32_t rank, tag;
} brc_message;

// Calls answer 0, or else leave a text in `error`. All ranks make the same calls in the same order, unless said
// otherwise.
struct brc_comm {
    const char* name; // "null" or "mpi"
    int32_t rank, size;
    int32_t hosted; // MPI was started by somebody else, who also ends it
    char error[512];
    double seconds; // in calls of all ranks, and waiting for messages
    int64_t calls;  // of all ranks
    int (*barrier)(brc_comm*);
    int (*broadcast)(brc_comm*, void* data, int64_t bytes, int32_t root);
    int (*sum)(brc_comm*, int64_t* values, int64_t count); // in place
    int (*max)(brc_comm*, int64_t* values, int64_t count);
    int (*max_real)(brc_comm*, double* values, int64_t count); // of numbers that are not NaN
    // The first `sums` values are added modulo 2^64, of those that follow the largest are taken: all of it in one call.
    int (*combine)(brc_comm*, int64_t* values, int32_t sums, int32_t maxima);
    // all[k * bytes]: what rank k gave
    int (*collect)(brc_comm*, const void* mine, int64_t bytes, void* all);
    // Sum of the values of the ranks before this one.
    int (*before)(brc_comm*, int64_t* values, int64_t count);
    // out[k] goes to rank k, in[k] came from it. For what each rank has to say to few others, see `start`.
    int (*swap)(brc_comm*, const int64_t* out, int64_t* in);
    // Begins to send and to receive; the memory belongs to the messages until `finish`. Both sides name each other.
    int (*start)(brc_comm*, const brc_message* out, int32_t out_count, const brc_message* in, int32_t in_count);
    int (*finish)(brc_comm*);
    // By one rank and another: sends at once, or waits for what `poll` has told of.
    int (*send)(brc_comm*, const void* data, int64_t bytes, int32_t rank, int32_t tag);
    int (*poll)(brc_comm*, int32_t* rank, int32_t* tag, int64_t* bytes); // rank -1: nothing has come
    int (*receive)(brc_comm*, void* data, int64_t bytes, int32_t rank, int32_t tag);
    // Space cut into one box for each rank, of about equal weights, by the places x[4 * i]; boxes, [size][6]: lower and
    // upper corners of all, cut out of space by planes. NULL where Zoltan was not there to build with.
    int (*cut)(brc_comm*, int64_t count, const double* x, const float* weight, double* boxes);
    int (*split)(brc_comm*, int32_t colour, brc_comm** out); // ranks of one colour, in their order; NULL for colour < 0
    int (*over)(brc_comm*);                                  // whether MPI has been ended: no other call then
    void (*abort)(brc_comm*, int32_t code);                  // ends all ranks
    void (*destroy)(brc_comm*);                              // of the world too: the last thing a rank does
};

// What comm_mpi.c exports: the ranks that mpirun started, or that MPI has if somebody has initialised it.
typedef int (*brc_comm_open)(brc_comm** out, char* error, int64_t size);
#define BRC_COMM_OPEN "brc_comm_open_mpi"

brc_comm* brc_comm_null(void); // one rank; never destroyed

brc_status brc_comm_cut(brc_comm* comm, int64_t count, const double* x, const float* weight, double* boxes);
brc_status brc_comm_sum(brc_comm* comm, int64_t* values, int64_t count);
brc_status brc_comm_max(brc_comm* comm, int64_t* values, int64_t count);
brc_status brc_comm_combine(brc_comm* comm, int64_t* values, int32_t sums, int32_t maxima);
brc_status brc_comm_before(brc_comm* comm, int64_t* values, int64_t count);
brc_status brc_comm_swap(brc_comm* comm, const int64_t* out, int64_t* in);
brc_status brc_comm_start(brc_comm* comm, const brc_message* out, int32_t out_count, const brc_message* in,
                          int32_t in_count);
brc_status brc_comm_finish(brc_comm* comm);
// All ranks' rows, in the order of ranks; freed with brc_free.
brc_status brc_comm_gather(brc_comm* comm, const void* mine, int64_t count, int64_t width, void** all, int64_t* total);

#endif
