// gather.c -- rows of all ranks in the order of ids: a sort over ranks by stretches of ids with equal numbers of rows,
// and the handing over to rank 0.
#include "gather.h"
#include <stdlib.h>
#include <string.h>

// Buckets of ids for each rank, whose counts decide where a rank's stretch ends: what is not even is at most a bucket.
enum { BUCKETS = 64, BUCKETS_MOST = 1 << 20, PIECE = 1 << 22 /* [B] */, TAG_DEAL = 40, TAG_COUNT, TAG_PIECE };

static int64_t id_of(const void* rows, size_t width, int64_t i)
{
    int64_t id;
    memcpy(&id, (const char*)rows + (size_t)i * width, sizeof id);
    return id;
}

typedef struct cut {
    int64_t lo, step; // of the first bucket; ids in each
    int64_t *bucket, buckets;
    int32_t* rank; // of each bucket
} cut;

// Which rank has which bucket: the same on all of them.
static brc_status cut_make(brc_comm* comm, const void* rows, int64_t count, size_t width, cut* q)
{
    int64_t range[2] = {INT64_MIN, INT64_MIN}, total = 0, before = 0; // most of -id, of id
    for (int64_t i = 0; i < count; i++) {
        const int64_t id = id_of(rows, width, i);
        range[0] = -id > range[0] ? -id : range[0];
        range[1] = id > range[1] ? id : range[1];
    }
    BRC_TRY(brc_comm_max(comm, range, 2));
    const bool none = range[1] == INT64_MIN;
    q->lo = none ? 0 : -range[0];
    q->step = none ? 1 : (range[1] - q->lo) / q->buckets + 1;
    for (int64_t i = 0; i < count; i++) q->bucket[(id_of(rows, width, i) - q->lo) / q->step]++;
    BRC_TRY(brc_comm_sum(comm, q->bucket, q->buckets));
    for (int64_t b = 0; b < q->buckets; b++) total += q->bucket[b];
    for (int64_t b = 0; b < q->buckets; b++) { // by the middle of the bucket
        const double middle = (double)before + 0.5 * (double)q->bucket[b];
        const int32_t rank = total ? (int32_t)(middle * comm->size / (double)total) : 0;
        q->rank[b] = rank < comm->size ? rank : comm->size - 1;
        before += q->bucket[b];
    }
    return BRC_OK;
}

typedef struct dealing {
    cut cut;
    int64_t *out, *in, *at; // [rank] rows
    char *sorted, *come;
    brc_message* message; // [2 * size]
} dealing;

static brc_status deal(brc_comm* comm, dealing* d, const void* rows, int64_t count, size_t width, int64_t* coming)
{
    int32_t outs = 0, ins = 0;
    int64_t sum = 0;
    for (int64_t i = 0; i < count; i++) d->out[d->cut.rank[(id_of(rows, width, i) - d->cut.lo) / d->cut.step]]++;
    for (int32_t k = 0; k < comm->size; k++) d->at[k] = sum, sum += d->out[k];
    for (int64_t i = 0; i < count; i++) {
        const int32_t k = d->cut.rank[(id_of(rows, width, i) - d->cut.lo) / d->cut.step];
        memcpy(d->sorted + (size_t)d->at[k]++ * width, (const char*)rows + (size_t)i * width, width);
    }
    BRC_TRY(brc_comm_swap(comm, d->out, d->in));
    *coming = 0;
    for (int32_t k = 0; k < comm->size; k++) *coming += d->in[k];
    d->come = brc_alloc_unset((size_t)*coming * width + 1);
    brc_status status = d->come ? BRC_OK : BRC_ERR_MEMORY;
    if (!d->come) brc_error_set(__FILE__, __LINE__, __func__, "no memory for %" PRId64 " rows of a file", *coming);
    BRC_TRY(brc_comm_agree(comm, status));
    brc_message *to = d->message, *from = d->message + comm->size;
    char *source = d->sorted, *sink = d->come;
    for (int32_t k = 0; k < comm->size; k++) {
        if (d->out[k]) to[outs++] = (brc_message){source, d->out[k] * (int64_t)width, k, TAG_DEAL};
        if (d->in[k]) from[ins++] = (brc_message){sink, d->in[k] * (int64_t)width, k, TAG_DEAL};
        source += (size_t)d->out[k] * width, sink += (size_t)d->in[k] * width;
    }
    BRC_TRY(brc_comm_start(comm, to, outs, from, ins));
    return brc_comm_finish(comm);
}

brc_status brc_rows_deal(brc_comm* comm, void** rows, int64_t* count, size_t width)
{
    if (comm->size == 1) return BRC_OK;
    const size_t size = (size_t)comm->size, most = BUCKETS_MOST,
                 buckets = BUCKETS * size < most ? BUCKETS * size : most;
    dealing d = {
        .cut = {.bucket = BRC_NEW(buckets, int64_t), .buckets = (int64_t)buckets, .rank = BRC_NEW(buckets, int32_t)},
        .out = BRC_NEW(size, int64_t),
        .in = BRC_NEW(size, int64_t),
        .at = BRC_NEW(size, int64_t),
        .sorted = brc_alloc_unset((size_t)*count * width + 1),
        .message = BRC_NEW(2 * size, brc_message)};
    int64_t coming = 0;
    const bool room = d.cut.bucket && d.cut.rank && d.out && d.in && d.at && d.sorted && d.message;
    if (!room) brc_error_set(__FILE__, __LINE__, __func__, "no memory for %" PRId64 " rows of a file", *count);
    brc_status status = brc_comm_agree(comm, room ? BRC_OK : BRC_ERR_MEMORY);
    if (status == BRC_OK) status = cut_make(comm, *rows, *count, width, &d.cut);
    if (status == BRC_OK) status = deal(comm, &d, *rows, *count, width, &coming);
    if (status == BRC_OK) {
        brc_free(*rows);
        *rows = d.come, *count = coming;
    } else brc_free(d.come);
    brc_free(d.cut.bucket), brc_free(d.cut.rank), brc_free(d.out), brc_free(d.in), brc_free(d.at);
    brc_free(d.sorted), brc_free(d.message);
    return status;
}

brc_status brc_rows_order(brc_comm* comm, void** rows, int64_t* count, size_t width,
                          int (*compare)(const void*, const void*))
{
    BRC_TRY(brc_rows_deal(comm, rows, count, width));
    qsort(*rows, (size_t)*count, width, compare);
    return BRC_OK;
}

static brc_status hand_over(brc_comm* comm, const char* rows, int64_t count, size_t width, int64_t piece)
{
    BRC_TRY(brc_comm_send(comm, &count, sizeof count, 0, TAG_COUNT));
    for (int64_t i = 0; i < count; i += piece) {
        const int64_t n = count - i < piece ? count - i : piece;
        BRC_TRY(brc_comm_send(comm, rows + (size_t)i * width, n * (int64_t)width, 0, TAG_PIECE));
    }
    return BRC_OK;
}

brc_status brc_rows_hand(brc_comm* comm, const void* rows, int64_t count, size_t width, brc_rows_use use, void* context)
{
    static char room[PIECE]; // of the thread that talks to the other ranks; alone it stays untouched
    const int64_t piece = PIECE / (int64_t)width;
    BRC_ASSERT(piece > 0);
    if (comm->rank) return hand_over(comm, rows, count, width, piece);
    brc_status status = use(context, 0, count, rows);
    for (int32_t k = 1; k < comm->size; k++) {
        int64_t coming = 0;
        brc_status talk = brc_comm_receive(comm, &coming, sizeof coming, k, TAG_COUNT);
        for (int64_t i = 0; i < coming && talk == BRC_OK; i += piece) {
            const int64_t n = coming - i < piece ? coming - i : piece;
            talk = brc_comm_receive(comm, room, n * (int64_t)width, k, TAG_PIECE);
            if (talk == BRC_OK && status == BRC_OK) status = use(context, count + i, n, room);
        }
        BRC_TRY(talk);
        count += coming;
    }
    return status;
}

typedef struct filling {
    char* to;
    size_t width;
} filling;
static brc_status fill_in(void* context, int64_t first, int64_t count, const void* rows)
{
    const filling* f = context;
    memcpy(f->to + (size_t)first * f->width, rows, (size_t)count * f->width);
    return BRC_OK;
}

brc_status brc_rows_collect(brc_comm* comm, const void* rows, int64_t count, size_t width, void* to)
{
    filling f = {to, width};
    return brc_rows_hand(comm, rows, count, width, fill_in, &f);
}
