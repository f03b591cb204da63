// checkpoint_ranks.c -- the tables of a checkpoint of which each rank has a part: brought together on rank 0, put in
// the order of ids, and dealt out again to any number of ranks. All else of a checkpoint is the same on all ranks.
#include "checkpoint.h"
#include "gather.h"
#include <stdlib.h>
#include <string.h>

enum { REST = 4, TAG_HEAD = 50, TAG_DATA, PIECE = 1 << 26 /* [B] */ };
// Blocks whose rows belong together: `keys` numbers tell a row from the others, the first an id; of contacts, two.
typedef struct table {
    const char* key;
    int keys, ids;
    const char* rest[REST];
} table;
static const table tables[] = {
    {"particles.id", 1, 1, {"particles.material", "particles.values", "particles.fields", "particles.motion"}},
    {"contacts.ids", 2, 2, {"contacts.history"}},
    {"touches.ids", 3, 1, {"touches.shape", "touches.history"}},
    {"bonds.ids", 3, 2, {"bonds.load", "bonds.history"}}, // not there without bonds
};
enum { TABLES = sizeof tables / sizeof *tables };

static brc_block* block_of(brc_pack* p, const char* name)
{
    for (int32_t i = 0; i < p->block_count && name; i++)
        if (!strcmp(p->block[i].name, name)) return &p->block[i];
    return NULL;
}

bool brc_pack_shared(const char* name)
{
    for (int t = 0; t < TABLES; t++) {
        if (!strcmp(tables[t].key, name)) return true;
        for (int k = 0; k < REST && tables[t].rest[k]; k++)
            if (!strcmp(tables[t].rest[k], name)) return true;
    }
    return false;
}

// ---- in the order of ids ---------------------------------------------------------------------------------

typedef struct row_key {
    uint64_t key; // of the column at hand
    int64_t row;
} row_key;

static bool ordered(const int64_t* keys, int columns, int64_t rows)
{
    for (int64_t i = 1; i < rows; i++) {
        const int64_t *x = &keys[(i - 1) * columns], *y = &keys[i * columns];
        int k = 0;
        while (k < columns && x[k] == y[k]) k++;
        if (k == columns || x[k] > y[k]) return false;
    }
    return true;
}

// Rows in the order of their keys: a radix sort from the last column's lowest digit up, which passes over digits that
// all have in common. Of the 1.5 s of processor time for a checkpoint of a million grains a sort by comparisons was 0.5
// s. NULL: no memory.
static row_key* in_order(const int64_t* keys, int columns, int64_t rows)
{
    enum { BITS = 11, DIGITS = 1 << BITS };
    row_key *order = brc_alloc_unset((size_t)rows * sizeof *order),
            *other = brc_alloc_unset((size_t)rows * sizeof *other);
    int64_t* at = BRC_NEW(DIGITS, int64_t);
    for (int64_t i = 0; i < rows && order && other && at; i++) order[i].row = i;
    for (int k = columns - 1; k >= 0 && order && other && at; k--) {
        uint64_t differ = 0;
        for (int64_t i = 0; i < rows; i++) {
            order[i].key = (uint64_t)keys[order[i].row * columns + k] ^ UINT64_C(1) << 63; // negative ones first
            differ |= order[i].key ^ order[0].key;
        }
        for (int shift = 0; shift < 64; shift += BITS) {
            if (!(differ >> shift & (DIGITS - 1))) continue;
            memset(at, 0, DIGITS * sizeof *at);
            for (int64_t i = 0; i < rows; i++) at[order[i].key >> shift & (DIGITS - 1)]++;
            for (int64_t d = 0, sum = 0; d < DIGITS; d++) {
                const int64_t count = at[d];
                at[d] = sum, sum += count;
            }
            for (int64_t i = 0; i < rows; i++) other[at[order[i].key >> shift & (DIGITS - 1)]++] = order[i];
            row_key* swap = order;
            order = other, other = swap;
        }
    }
    const bool good = order && other && at;
    brc_free(other), brc_free(at);
    if (good) return order;
    brc_free(order);
    return NULL;
}

static bool rearrange(brc_block* b, const row_key* order, int64_t rows)
{
    const size_t width = (size_t)(b->count / rows) * brc_block_width(b->type);
    char* fresh = malloc((size_t)rows * width + 1);
    if (!fresh) return false;
    for (int64_t i = 0; i < rows; i++)
        memcpy(fresh + (size_t)i * width, (const char*)b->data + (size_t)order[i].row * width, width);
    brc_free(b->data);
    b->data = fresh;
    return true;
}

bool brc_pack_order(brc_pack* p)
{
    bool good = true;
    for (int t = 0; t < TABLES && good; t++) {
        brc_block* key = block_of(p, tables[t].key);
        const int64_t rows = key ? key->count / tables[t].keys : 0;
        if (!rows) continue;
        if (ordered(key->data, tables[t].keys, rows)) continue;
        row_key* order = in_order(key->data, tables[t].keys, rows);
        good = order && rearrange(key, order, rows);
        for (int k = 0; k < REST && good; k++) {
            brc_block* b = block_of(p, tables[t].rest[k]);
            if (b) good = rearrange(b, order, rows);
        }
        brc_free(order);
    }
    return good;
}

// ---- together --------------------------------------------------------------------------------------------

// One block with this rank's rows; on rank 0 it then has those of all.
static brc_status gather_block(brc_comm* comm, brc_block* b, int64_t mine, int64_t all)
{
    int64_t columns = mine ? b->count / mine : 0;
    BRC_TRY(brc_comm_max(comm, &columns, 1));
    const size_t width = (size_t)columns * brc_block_width(b->type);
    if (!width) return BRC_OK;
    void* to = comm->rank == 0 ? malloc((size_t)all * width + 1) : NULL;
    const bool room = comm->rank || to;
    if (!room) brc_error_set(__FILE__, __LINE__, __func__, "no memory for a checkpoint of %" PRId64 " rows", all);
    brc_status status = brc_comm_agree(comm, room ? BRC_OK : BRC_ERR_MEMORY);
    if (status == BRC_OK) status = brc_rows_collect(comm, b->data, mine, width, to);
    if (status != BRC_OK || comm->rank) {
        free(to);
        return status;
    }
    brc_free(b->data);
    b->data = to, b->count = all * columns;
    return BRC_OK;
}

brc_status brc_pack_gather(brc_comm* comm, brc_pack* p)
{
    for (int t = 0; t < TABLES; t++) {
        brc_block* key = block_of(p, tables[t].key);
        if (!key) continue;
        int64_t mine = key->count / tables[t].keys, all = mine;
        BRC_TRY(brc_comm_sum(comm, &all, 1));
        BRC_TRY(gather_block(comm, key, mine, all));
        for (int k = 0; k < REST && tables[t].rest[k]; k++)
            BRC_TRY(gather_block(comm, block_of(p, tables[t].rest[k]), mine, all));
    }
    return BRC_OK;
}

// ---- dealt out -------------------------------------------------------------------------------------------

// What has been read is from strangers.
static brc_status check(brc_pack* p)
{
    for (int t = 0; t < TABLES; t++) {
        const brc_block* key = block_of(p, tables[t].key);
        if (!key && t == TABLES - 1) continue;
        bool good = key && key->type == 'l' && key->count % tables[t].keys == 0;
        const int64_t rows = good ? key->count / tables[t].keys : 0;
        for (int k = 0; k < REST && tables[t].rest[k] && good; k++) {
            const brc_block* b = block_of(p, tables[t].rest[k]);
            good = b && (rows ? b->count % rows == 0 : b->count == 0);
        }
        const int64_t* id = good && t == 0 ? key->data : NULL;
        for (int64_t i = 1; id && i < rows && good; i++) good = id[i] > id[i - 1];
        BRC_CHECK(good, BRC_ERR_FILE, "the checkpoint is damaged: %s: rows that do not fit", tables[t].key);
    }
    return BRC_OK;
}

typedef struct stretch {
    int64_t first, last; // ids; last is the next rank's first
} stretch;
static bool belongs(const table* t, const int64_t* key, stretch q)
{
    for (int k = 0; k < t->ids; k++)
        if (key[k] >= q.first && key[k] < q.last) return true;
    return false;
}

typedef struct head {
    char type;
    int64_t count;
} head;

// The rows of a block that belong to a rank, which gets them, or rank 0 itself in `own`. After a failure the others are
// told of that instead.
static brc_status send_rows(brc_comm* comm, int32_t rank, const brc_block* b, const int64_t* row, int64_t rows,
                            int64_t all, brc_block* own, brc_status before)
{
    const size_t width = all ? (size_t)(b->count / all) * brc_block_width(b->type) : 0;
    char* room = before == BRC_OK ? calloc((size_t)rows + 1, width + 1) : NULL;
    const head h = {b->type, room ? (all ? b->count / all * rows : 0) : -1};
    for (int64_t i = 0; i < rows && room; i++)
        memcpy(room + (size_t)i * width, (const char*)b->data + (size_t)row[i] * width, width);
    if (rank == 0) {
        *own = *b;
        own->data = room, own->count = h.count;
    } else {
        const int64_t bytes = room ? rows * (int64_t)width : 0;
        brc_status status = brc_comm_send(comm, &h, sizeof h, rank, TAG_HEAD);
        for (int64_t at = 0; at < bytes && status == BRC_OK; at += PIECE)
            status = brc_comm_send(comm, room + at, bytes - at < PIECE ? bytes - at : PIECE, rank, TAG_DATA);
        free(room);
        BRC_TRY(status);
    }
    if (before != BRC_OK) return before;
    BRC_CHECK(h.count >= 0, BRC_ERR_MEMORY, "no memory for %" PRId64 " rows of a checkpoint", rows);
    return BRC_OK;
}

static brc_status receive_rows(brc_comm* comm, brc_pack* p, const char* name)
{
    head h;
    BRC_TRY(brc_comm_receive(comm, &h, sizeof h, 0, TAG_HEAD));
    if (h.count < 0) return BRC_OK; // rank 0 says what has failed
    char* room = brc_pack_room(p, name, h.type, h.count);
    BRC_ASSERT(room); // what rank 0 had memory for beside all the rest
    const int64_t bytes = h.count * (int64_t)brc_block_width(h.type);
    for (int64_t at = 0; at < bytes; at += PIECE)
        BRC_TRY(brc_comm_receive(comm, room + at, bytes - at < PIECE ? bytes - at : PIECE, 0, TAG_DATA));
    return BRC_OK;
}

// Rows of one table to all ranks; rank 0 comes last, because it then has only its own.
static brc_status deal_table(brc_comm* comm, brc_pack* p, const table* t, const stretch* of, brc_status status)
{
    brc_block* block[1 + REST] = {block_of(p, t->key)};
    brc_block own[1 + REST];
    int blocks = 1;
    for (int k = 0; k < REST && t->rest[k]; k++) block[blocks++] = block_of(p, t->rest[k]);
    const int64_t* key = block[0]->data;
    const int64_t all = block[0]->count / t->keys;
    int64_t* row = BRC_NEW(all + 1, int64_t);
    if (!row) {
        brc_error_set(__FILE__, __LINE__, __func__, "no memory for %" PRId64 " rows of a checkpoint", all);
        status = BRC_ERR_MEMORY;
    }
    for (int32_t rank = comm->size - 1; rank >= 0; rank--) {
        int64_t rows = 0;
        for (int64_t i = 0; i < all && row; i++)
            if (belongs(t, key + i * t->keys, of[rank])) row[rows++] = i;
        for (int k = 0; k < blocks; k++) status = send_rows(comm, rank, block[k], row, rows, all, &own[k], status);
    }
    brc_free(row);
    for (int k = 0; k < blocks; k++) {
        if (status == BRC_OK) brc_free(block[k]->data), *block[k] = own[k];
        else free(own[k].data);
    }
    return status;
}

brc_status brc_pack_deal(brc_comm* comm, brc_pack* p)
{
    brc_status status = brc_comm_agree(comm, comm->rank == 0 ? check(p) : BRC_OK);
    if (status != BRC_OK) return status;
    int64_t tables_there = block_of(p, tables[TABLES - 1].key) ? TABLES : TABLES - 1;
    BRC_TRY(brc_comm_broadcast(comm, &tables_there, sizeof tables_there, 0));
    for (int t = 0; t < tables_there && comm->rank; t++) {
        BRC_TRY(receive_rows(comm, p, tables[t].key));
        for (int k = 0; k < REST && tables[t].rest[k]; k++) BRC_TRY(receive_rows(comm, p, tables[t].rest[k]));
    }
    if (comm->rank) return brc_comm_agree(comm, BRC_OK);
    const brc_block* id = block_of(p, tables[0].key);
    stretch* of = BRC_NEW(comm->size, stretch);
    BRC_ASSERT(of); // 16 bytes a rank
    for (int32_t k = 0; k < comm->size; k++) {
        const int64_t at = id->count * k / comm->size, next = id->count * (k + 1) / comm->size;
        of[k].first = k == 0 ? INT64_MIN : at < id->count ? ((const int64_t*)id->data)[at] : INT64_MAX;
        of[k].last = next < id->count ? ((const int64_t*)id->data)[next] : INT64_MAX;
    }
    for (int t = 0; t < tables_there; t++) status = deal_table(comm, p, &tables[t], of, status);
    brc_free(of);
    return brc_comm_agree(comm, status);
}

// ---- what all ranks have ---------------------------------------------------------------------------------

brc_status brc_pack_tell(brc_comm* comm, brc_pack* p)
{
    int64_t count = p->block_count;
    BRC_TRY(brc_comm_broadcast(comm, &count, sizeof count, 0));
    for (int64_t i = 0; i < count; i++) {
        brc_block b = {.type = 0};
        if (comm->rank == 0) b = p->block[i];
        BRC_TRY(brc_comm_broadcast(comm, &b, sizeof b, 0));
        if (brc_pack_shared(b.name)) continue;
        void* to = comm->rank ? brc_pack_room(p, b.name, b.type, b.count) : b.data;
        BRC_TRY(brc_comm_agree(comm, to ? BRC_OK : BRC_ERR_MEMORY));
        BRC_TRY(brc_comm_broadcast(comm, to, b.count * (int64_t)brc_block_width(b.type), 0));
    }
    p->loading = true;
    return BRC_OK;
}
