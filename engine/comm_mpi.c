// comm_mpi.c -- ranks that talk through MPI. A library of its own: see comm.h. MPI belongs to the thread that opened
// it.
#include "comm.h"
#if BRC_HAVE_ZOLTAN
#include "cut_zoltan.h"
#endif
#include <limits.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct mpi_comm {
    brc_comm base;
    MPI_Comm comm;
    MPI_Request* request; // what `start` began
    int request_count, request_capacity;
    MPI_Op combiner;
    MPI_Datatype block_type; // of block_count values and two numbers before them
    int64_t* block;
    int32_t room, block_count;
    int has_combiner;
    void* cutter; // Zoltan's
    int ours;     // we initialised MPI and end it
} mpi_comm;

enum { PIECE = 1 << 30 }; // [B] MPI 3 counts in ints

static int failed(mpi_comm* m, int code)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    if (code == MPI_SUCCESS) return 0;
    MPI_Error_string(code, text, &length);
    snprintf(m->base.error, sizeof m->base.error, "%s", text);
    return 1;
}
static int refuse(mpi_comm* m, const char* text)
{
    snprintf(m->base.error, sizeof m->base.error, "%s", text);
    return 1;
}
#define TRY(m, call)                                                                                                   \
    do {                                                                                                               \
        if (failed(m, call)) return 1;                                                                                 \
    } while (0)

static int barrier(brc_comm* c)
{
    mpi_comm* m = (mpi_comm*)c;
    return failed(m, MPI_Barrier(m->comm));
}

static int broadcast(brc_comm* c, void* data, int64_t bytes, int32_t root)
{
    mpi_comm* m = (mpi_comm*)c;
    for (int64_t k = 0; k < bytes; k += PIECE)
        TRY(m, MPI_Bcast((char*)data + k, (int)(bytes - k < PIECE ? bytes - k : PIECE), MPI_BYTE, root, m->comm));
    return 0;
}

static int all_reduce(mpi_comm* m, void* values, int64_t count, MPI_Datatype type, size_t size, MPI_Op op)
{
    for (int64_t k = 0; k < count; k += PIECE / 8)
        TRY(m, MPI_Allreduce(MPI_IN_PLACE, (char*)values + (size_t)k * size,
                             (int)(count - k < PIECE / 8 ? count - k : PIECE / 8), type, op, m->comm));
    return 0;
}
static int sum(brc_comm* c, int64_t* values, int64_t count)
{
    return all_reduce((mpi_comm*)c, values, count, MPI_INT64_T, sizeof *values, MPI_SUM);
}
static int max(brc_comm* c, int64_t* values, int64_t count)
{
    return all_reduce((mpi_comm*)c, values, count, MPI_INT64_T, sizeof *values, MPI_MAX);
}
static int max_real(brc_comm* c, double* values, int64_t count)
{
    return all_reduce((mpi_comm*)c, values, count, MPI_DOUBLE, sizeof *values, MPI_MAX);
}

// One block: how many sums it holds and how many values, then these.
static void combine_blocks(void* in, void* inout, int* count, MPI_Datatype* type)
{
    const int64_t* from = in;
    int64_t* to = inout;
    (void)type;
    for (int k = 0; k < *count; k++, from += 2 + to[1], to += 2 + to[1]) {
        for (int64_t i = 2; i < 2 + to[0]; i++) to[i] = (int64_t)((uint64_t)to[i] + (uint64_t)from[i]);
        for (int64_t i = 2 + to[0]; i < 2 + to[1]; i++) to[i] = from[i] > to[i] ? from[i] : to[i];
    }
}

static int combine(brc_comm* c, int64_t* values, int32_t sums, int32_t maxima)
{
    mpi_comm* m = (mpi_comm*)c;
    const int32_t count = sums + maxima;
    if (!m->has_combiner) TRY(m, MPI_Op_create(combine_blocks, 1, &m->combiner));
    m->has_combiner = 1;
    if (count + 2 > m->room) {
        int64_t* p = realloc(m->block, (size_t)(count + 2) * sizeof *p);
        if (!p) return refuse(m, "no memory for what ranks share");
        m->block = p, m->room = count + 2;
    }
    if (count != m->block_count) { // ranks combine as many in one step as in the next
        if (m->block_count) TRY(m, MPI_Type_free(&m->block_type));
        m->block_count = 0;
        TRY(m, MPI_Type_contiguous(count + 2, MPI_INT64_T, &m->block_type));
        TRY(m, MPI_Type_commit(&m->block_type));
        m->block_count = count;
    }
    m->block[0] = sums, m->block[1] = count;
    memcpy(m->block + 2, values, (size_t)count * sizeof *values);
    TRY(m, MPI_Allreduce(MPI_IN_PLACE, m->block, 1, m->block_type, m->combiner, m->comm));
    memcpy(values, m->block + 2, (size_t)count * sizeof *values);
    return 0;
}

static int collect(brc_comm* c, const void* mine, int64_t bytes, void* all)
{
    mpi_comm* m = (mpi_comm*)c;
    if (bytes > INT_MAX) return refuse(m, "more than 2 GiB of each rank");
    return failed(m, MPI_Allgather(mine, (int)bytes, MPI_BYTE, all, (int)bytes, MPI_BYTE, m->comm));
}

static int before(brc_comm* c, int64_t* values, int64_t count)
{
    mpi_comm* m = (mpi_comm*)c;
    if (count > INT_MAX / 8) return refuse(m, "more than 2 GiB of each rank");
    TRY(m, MPI_Exscan(MPI_IN_PLACE, values, (int)count, MPI_INT64_T, MPI_SUM, m->comm));
    if (c->rank == 0) memset(values, 0, (size_t)count * sizeof *values); // Exscan leaves it as it was
    return 0;
}

static int swap(brc_comm* c, const int64_t* out, int64_t* in)
{
    mpi_comm* m = (mpi_comm*)c;
    return failed(m, MPI_Alltoall(out, 1, MPI_INT64_T, in, 1, MPI_INT64_T, m->comm));
}

static int add_requests(mpi_comm* m, const brc_message* list, int32_t count, int incoming)
{
    for (int32_t i = 0; i < count; i++)
        for (int64_t k = 0; k < list[i].bytes; k += PIECE) {
            if (m->request_count == m->request_capacity) {
                const int more = 2 * m->request_capacity + 16;
                MPI_Request* p = realloc(m->request, (size_t)more * sizeof *p);
                if (!p) return refuse(m, "no memory for messages");
                m->request = p, m->request_capacity = more;
            }
            char* data = (char*)list[i].data + k;
            const int n = (int)(list[i].bytes - k < PIECE ? list[i].bytes - k : PIECE);
            MPI_Request* r = &m->request[m->request_count];
            TRY(m, incoming ? MPI_Irecv(data, n, MPI_BYTE, list[i].rank, list[i].tag, m->comm, r)
                            : MPI_Isend(data, n, MPI_BYTE, list[i].rank, list[i].tag, m->comm, r));
            m->request_count++;
        }
    return 0;
}
static int start(brc_comm* c, const brc_message* out, int32_t out_count, const brc_message* in, int32_t in_count)
{
    mpi_comm* m = (mpi_comm*)c;
    return add_requests(m, in, in_count, 1) || add_requests(m, out, out_count, 0);
}
static int finish(brc_comm* c)
{
    mpi_comm* m = (mpi_comm*)c;
    const int n = m->request_count;
    m->request_count = 0;
    return failed(m, MPI_Waitall(n, m->request, MPI_STATUSES_IGNORE));
}

static int send_now(brc_comm* c, const void* data, int64_t bytes, int32_t rank, int32_t tag)
{
    mpi_comm* m = (mpi_comm*)c;
    if (bytes > INT_MAX) return refuse(m, "a message of more than 2 GiB");
    return failed(m, MPI_Send(data, (int)bytes, MPI_BYTE, rank, tag, m->comm));
}
static int poll_any(brc_comm* c, int32_t* rank, int32_t* tag, int64_t* bytes)
{
    mpi_comm* m = (mpi_comm*)c;
    MPI_Status status;
    int there = 0, n = 0;
    *rank = -1, *tag = 0, *bytes = 0;
    TRY(m, MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, m->comm, &there, &status));
    if (!there) return 0;
    TRY(m, MPI_Get_count(&status, MPI_BYTE, &n));
    *rank = status.MPI_SOURCE, *tag = status.MPI_TAG, *bytes = n;
    return 0;
}
static int receive(brc_comm* c, void* data, int64_t bytes, int32_t rank, int32_t tag)
{
    mpi_comm* m = (mpi_comm*)c;
    if (bytes > INT_MAX) return refuse(m, "a message of more than 2 GiB");
    return failed(m, MPI_Recv(data, (int)bytes, MPI_BYTE, rank, tag, m->comm, MPI_STATUS_IGNORE));
}

static void abort_all(brc_comm* c, int32_t code) { MPI_Abort(((mpi_comm*)c)->comm, code); }

static int is_over(brc_comm* c)
{
    int over = 0;
    (void)c;
    MPI_Finalized(&over);
    return over;
}

static void destroy(brc_comm* c)
{
    mpi_comm* m = (mpi_comm*)c;
    if (!is_over(c)) {
        if (m->has_combiner) MPI_Op_free(&m->combiner);
        if (m->block_count) MPI_Type_free(&m->block_type);
#if BRC_HAVE_ZOLTAN
        brc_cut_free(m->cutter);
#endif
        MPI_Comm_free(&m->comm);
        if (m->ours) MPI_Finalize();
    }
    free(m->request);
    free(m->block);
    free(m);
}

#if BRC_HAVE_ZOLTAN
static int cut(brc_comm* c, int64_t count, const double* x, const float* weight, double* boxes)
{
    mpi_comm* m = (mpi_comm*)c;
    if (count > INT_MAX) return refuse(m, "more particles on a rank than Zoltan counts");
    return brc_cut_make(&m->comm, &m->cutter, count, x, weight, c->size, boxes) ? refuse(m, "Zoltan cannot cut space")
                                                                                : 0;
}
#endif

static int split(brc_comm* c, int32_t colour, brc_comm** out);

// Fills the table over a communicator that is ours to free.
static int make(MPI_Comm comm, brc_comm** out)
{
    mpi_comm* m = calloc(1, sizeof *m);
    if (!m) return 1;
    int rank = 0, size = 1;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &size);
    MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
    m->comm = comm;
    m->base = (brc_comm)
    {
        .name = "mpi", .rank = rank, .size = size, .barrier = barrier, .broadcast = broadcast, .sum = sum, .max = max,
        .max_real = max_real, .combine = combine, .collect = collect, .before = before, .swap = swap, .start = start,
        .finish = finish, .send = send_now, .poll = poll_any, .receive = receive,
#if BRC_HAVE_ZOLTAN
        .cut = cut,
#endif
        .split = split, .over = is_over, .abort = abort_all, .destroy = destroy
    };
    *out = &m->base;
    return 0;
}

static int split(brc_comm* c, int32_t colour, brc_comm** out)
{
    mpi_comm* m = (mpi_comm*)c;
    MPI_Comm comm = MPI_COMM_NULL;
    *out = NULL;
    TRY(m, MPI_Comm_split(m->comm, colour < 0 ? MPI_UNDEFINED : colour, c->rank, &comm));
    if (comm == MPI_COMM_NULL) return 0;
    return make(comm, out) ? refuse(m, "no memory for a group of ranks") : 0;
}

#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
int brc_comm_open_mpi(brc_comm** out, char* error, int64_t size);
int brc_comm_open_mpi(brc_comm** out, char* error, int64_t size)
{
    int initialised = 0, level = 0, over = 0;
    MPI_Comm comm;
    MPI_Finalized(&over);
    if (over) return snprintf(error, (size_t)size, "it has been finalized in this process"), 1;
    MPI_Initialized(&initialised);
    // Funneled: only the thread that starts talks; threads of a step and the writer of checkpoints do not.
    if (!initialised && MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS)
        return snprintf(error, (size_t)size, "it cannot be started"), 1;
    if (MPI_Comm_dup(MPI_COMM_WORLD, &comm) != MPI_SUCCESS || make(comm, out))
        return snprintf(error, (size_t)size, "its ranks cannot be joined"), 1;
    ((mpi_comm*)*out)->ours = !initialised;
    (*out)->hosted = initialised;
    return 0;
}
