// comm.c -- the calls between ranks: the table for a run of one rank, and the loading of the one that talks through
// MPI.
#include "comm.h"
#include "base.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- one rank: nobody to talk to
// -----------------------------------------------------------------------------------------
static int nothing(brc_comm* c) { return (void)c, 0; }
static int keep(brc_comm* c, void* data, int64_t bytes, int32_t root)
{
    return (void)c, (void)data, (void)bytes, (void)root, 0;
}
static int keep_values(brc_comm* c, int64_t* values, int64_t count) { return (void)c, (void)values, (void)count, 0; }
static int keep_reals(brc_comm* c, double* values, int64_t count) { return (void)c, (void)values, (void)count, 0; }
static int keep_both(brc_comm* c, int64_t* values, int32_t sums, int32_t maxima)
{
    return (void)c, (void)values, (void)sums, (void)maxima, 0;
}
static int copy(brc_comm* c, const void* mine, int64_t bytes, void* all)
{
    (void)c;
    if (bytes) memcpy(all, mine, (size_t)bytes);
    return 0;
}
static int none_before(brc_comm* c, int64_t* values, int64_t count)
{
    (void)c;
    if (count) memset(values, 0, (size_t)count * sizeof *values);
    return 0;
}
static int swap_alone(brc_comm* c, const int64_t* out, int64_t* in)
{
    (void)c;
    in[0] = out[0];
    return 0;
}
// A rank may write to itself: one outgoing and one incoming message of a tag are the same message.
static int start_alone(brc_comm* c, const brc_message* out, int32_t out_count, const brc_message* in, int32_t in_count)
{
    if (out_count != in_count) return snprintf(c->error, sizeof c->error, "messages without a receiver"), 1;
    for (int32_t k = 0; k < out_count; k++) {
        if (in[k].bytes != out[k].bytes || in[k].tag != out[k].tag)
            return snprintf(c->error, sizeof c->error, "messages of a rank to itself differ"), 1;
        if (out[k].bytes) memcpy(in[k].data, out[k].data, (size_t)out[k].bytes);
    }
    return 0;
}
static int nobody(brc_comm* c) { return snprintf(c->error, sizeof c->error, "there is one rank only"), 1; }
static int send_nobody(brc_comm* c, const void* data, int64_t bytes, int32_t rank, int32_t tag)
{
    return (void)data, (void)bytes, (void)rank, (void)tag, nobody(c);
}
static int poll_nobody(brc_comm* c, int32_t* rank, int32_t* tag, int64_t* bytes)
{
    (void)c, *rank = -1, *tag = 0, *bytes = 0;
    return 0;
}
static int receive_nobody(brc_comm* c, void* data, int64_t bytes, int32_t rank, int32_t tag)
{
    return (void)data, (void)bytes, (void)rank, (void)tag, nobody(c);
}
static int split_alone(brc_comm* c, int32_t colour, brc_comm** out)
{
    *out = colour < 0 ? NULL : c;
    return 0;
}
static void abort_nobody(brc_comm* c, int32_t code) { (void)c, (void)code; }
static void destroy_nothing(brc_comm* c) { (void)c; }

static brc_comm alone = {.name = "null",
                         .rank = 0,
                         .size = 1,
                         .barrier = nothing,
                         .broadcast = keep,
                         .sum = keep_values,
                         .max = keep_values,
                         .max_real = keep_reals,
                         .combine = keep_both,
                         .collect = copy,
                         .before = none_before,
                         .swap = swap_alone,
                         .start = start_alone,
                         .finish = nothing,
                         .send = send_nobody,
                         .poll = poll_nobody,
                         .receive = receive_nobody,
                         .split = split_alone,
                         .over = nothing,
                         .abort = abort_nobody,
                         .destroy = destroy_nothing};
brc_comm* brc_comm_null(void) { return &alone; }

// ---- the ranks of this program
// ---------------------------------------------------------------------------------------------
static brc_comm* world; // of this process

// What mpirun, or a batch system with its protocols, tells the processes it starts.
static bool started_by_launcher(void)
{
    static const char* const told[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"};
    for (size_t k = 0; k < sizeof told / sizeof *told; k++)
        if (getenv(told[k])) return true;
    return false;
}

// Whether this process has MPI running already: the host of the Lua module, or another module, may have started it.
static bool initialised_by_somebody(void)
{
    void* self = dlopen(NULL, RTLD_NOW | RTLD_LOCAL);
    void* p = self ? dlsym(self, "MPI_Initialized") : NULL;
    int (*initialised)(int*) = NULL;
    int flag = 0;
    memcpy(&initialised, &p, sizeof initialised); // ISO C has no cast from object to function pointers
    if (initialised) initialised(&flag);
    if (self) dlclose(self);
    return flag != 0;
}

brc_status brc_comm_world(const char* library, brc_comm** out)
{
    if (!world && !started_by_launcher() && !initialised_by_somebody()) world = &alone;
    if (!world) {
        BRC_CHECK(library, BRC_ERR_DEVICE, "this program was started on several ranks, but built without MPI");
        // Global: Open MPI loads components that look for its symbols.
        void* handle = dlopen(library, RTLD_NOW | RTLD_GLOBAL);
        BRC_CHECK(handle, BRC_ERR_DEVICE, "MPI cannot be used: %s", dlerror());
        void* p = dlsym(handle, BRC_COMM_OPEN);
        brc_comm_open open = NULL;
        char text[512] = "";
        memcpy(&open, &p, sizeof open);
        BRC_CHECK(open, BRC_ERR_DEVICE, "%s is not Barchan's part for MPI", library);
        BRC_CHECK(open(&world, text, sizeof text) == 0, BRC_ERR_DEVICE, "MPI: %s", text);
    }
    *out = world;
    return BRC_OK;
}

int32_t brc_comm_rank(const brc_comm* c) { return c->rank; }
int32_t brc_comm_size(const brc_comm* c) { return c->size; }

// Timed: what a rank spends here it works, or waits, for the others. Not in calls by which ranks only meet.
#define CALL(c, call) BRC_CHECK((c)->call == 0, BRC_ERR_DEVICE, "rank %d: %s", (int)(c)->rank, (c)->error)
#define TIMED(c, call)                                                                                                 \
    const double since = brc_seconds();                                                                                \
    CALL(c, call);                                                                                                     \
    (c)->seconds += brc_seconds() - since
#define TOGETHER(c, call)                                                                                              \
    (c)->calls++;                                                                                                      \
    TIMED(c, call)
brc_status brc_comm_barrier(brc_comm* c)
{
    TOGETHER(c, barrier(c));
    return BRC_OK;
}
brc_status brc_comm_broadcast(brc_comm* c, void* data, int64_t bytes, int32_t root)
{
    TOGETHER(c, broadcast(c, data, bytes, root));
    return BRC_OK;
}
brc_status brc_comm_collect(brc_comm* c, const void* mine, int64_t bytes, void* all)
{
    TOGETHER(c, collect(c, mine, bytes, all));
    return BRC_OK;
}
brc_status brc_comm_sum(brc_comm* c, int64_t* values, int64_t count)
{
    TOGETHER(c, sum(c, values, count));
    return BRC_OK;
}
brc_status brc_comm_max(brc_comm* c, int64_t* values, int64_t count)
{
    TOGETHER(c, max(c, values, count));
    return BRC_OK;
}
brc_status brc_comm_max_real(brc_comm* c, double* values, int64_t count)
{
    TOGETHER(c, max_real(c, values, count));
    return BRC_OK;
}
brc_status brc_comm_combine(brc_comm* c, int64_t* values, int32_t sums, int32_t maxima)
{
    TOGETHER(c, combine(c, values, sums, maxima));
    return BRC_OK;
}
// Of an interruption and an error the error counts; of errors that of the lowest rank, whose text all then have.
brc_status brc_comm_agree(brc_comm* c, brc_status status)
{
    if (c->size == 1) return status;
    const bool failed = status != BRC_OK && status != BRC_INTERRUPTED;
    int64_t worst[2] = {failed ? c->size - c->rank : 0, status == BRC_INTERRUPTED};
    BRC_TRY(brc_comm_max(c, worst, 2));
    if (!worst[0]) return worst[1] ? BRC_INTERRUPTED : BRC_OK;
    struct {
        int64_t status;
        char text[1024];
    } told = {status, ""};
    const int32_t who = c->size - (int32_t)worst[0];
    if (c->rank == who) snprintf(told.text, sizeof told.text, "%s", brc_last_error());
    BRC_TRY(brc_comm_broadcast(c, &told, sizeof told, who));
    brc_error_keep(told.text);
    return (brc_status)told.status;
}

brc_status brc_comm_gather(brc_comm* c, const void* mine, int64_t count, int64_t width, void** all, int64_t* total)
{
    const int32_t size = c->size;
    *all = NULL, *total = 0;
    int64_t* counts = BRC_NEW(size, int64_t);
    brc_status status = counts ? BRC_OK : BRC_ERR_MEMORY;
    if (!counts) brc_error_set(__FILE__, __LINE__, __func__, "no memory for %d ranks", size);
    BRC_TRY(brc_comm_agree(c, status));
    int64_t most = 0;
    status = brc_comm_collect(c, &count, sizeof count, counts);
    for (int32_t k = 0; k < size && status == BRC_OK; k++)
        *total += counts[k], most = counts[k] > most ? counts[k] : most;
    char* padded = brc_alloc((size_t)(most * width * (size + 1)) + 1); // each rank's part as long as the longest
    if (status == BRC_OK && !padded) {
        brc_error_set(__FILE__, __LINE__, __func__, "no memory for what ranks tell each other");
        status = BRC_ERR_MEMORY;
    }
    status = brc_comm_agree(c, status);
    if (status == BRC_OK && most > 0) {
        char* rows = padded + most * width;
        if (count) memcpy(padded, mine, (size_t)(count * width));
        status = brc_comm_collect(c, padded, most * width, rows);
        char* to = padded;
        for (int32_t k = 0; k < size; to += counts[k] * width, k++)
            memmove(to, rows + k * most * width, (size_t)(counts[k] * width));
    }
    brc_free(counts);
    *all = padded;
    return status;
}

brc_status brc_comm_before(brc_comm* c, int64_t* values, int64_t count)
{
    TOGETHER(c, before(c, values, count));
    return BRC_OK;
}
brc_status brc_comm_swap(brc_comm* c, const int64_t* out, int64_t* in)
{
    TOGETHER(c, swap(c, out, in));
    return BRC_OK;
}
brc_status brc_comm_start(brc_comm* c, const brc_message* out, int32_t out_count, const brc_message* in,
                          int32_t in_count)
{
    TIMED(c, start(c, out, out_count, in, in_count));
    return BRC_OK;
}
brc_status brc_comm_finish(brc_comm* c)
{
    TIMED(c, finish(c));
    return BRC_OK;
}
brc_status brc_comm_cut(brc_comm* c, int64_t count, const double* x, const float* weight, double* boxes)
{
    TOGETHER(c, cut(c, count, x, weight, boxes));
    return BRC_OK;
}
brc_status brc_comm_send(brc_comm* c, const void* data, int64_t bytes, int32_t rank, int32_t tag)
{
    CALL(c, send(c, data, bytes, rank, tag));
    return BRC_OK;
}
brc_status brc_comm_poll(brc_comm* c, int32_t* rank, int32_t* tag, int64_t* bytes)
{
    CALL(c, poll(c, rank, tag, bytes));
    return BRC_OK;
}
brc_status brc_comm_receive(brc_comm* c, void* data, int64_t bytes, int32_t rank, int32_t tag)
{
    CALL(c, receive(c, data, bytes, rank, tag));
    return BRC_OK;
}
brc_status brc_comm_split(brc_comm* c, int32_t colour, brc_comm** out)
{
    CALL(c, split(c, colour, out));
    return BRC_OK;
}
void brc_comm_abort(brc_comm* c, int32_t code) { c->abort(c, code); }
void brc_comm_destroy(brc_comm* c)
{
    if (!c) return;
    if (c == world) world = NULL;
    c->destroy(c);
}

int32_t brc_comm_hosted(brc_comm* c) { return !c->hosted ? BRC_MPI_OURS : c->over(c) ? BRC_MPI_OVER : BRC_MPI_HOSTED; }
