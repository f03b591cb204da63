// pack.h -- a state as named blocks of numbers, for checkpoints. The module that owns a state says what it is in one
// function that goes both ways: the same calls put its numbers into a pack and, when the pack is loading, take them
// out, so that what is written and what is read cannot differ. Reading trusts nothing: the first thing that does not
// fit is kept as the pack's status, and from then on every call gives zeros.
#ifndef BRC_PACK_H
#define BRC_PACK_H
#include "arith.h"
#include "base.h"

typedef struct brc_block {
    char name[48];
    char type; // d: double, f: float, l: int64, i: int32, b: byte
    int64_t count;
    void* data;
} brc_block;

typedef struct brc_pack {
    bool loading;
    brc_status status;
    brc_block* block;
    int32_t block_count;
    // The part under way: a row of numbers.
    const char* part;
    double* row;
    int64_t at, count, capacity;
} brc_pack;

size_t brc_block_width(char type); // bytes of a number; 0: no such type
// A block that is written; its memory, zeroed, belongs to the pack. NULL: the pack has failed.
void* brc_pack_room(brc_pack* p, const char* name, char type, int64_t count);
// A block that is read; count < 0: any. NULL: it is not there, or of another type or size, or it has numbers that are
// not finite, and the pack has failed.
const void* brc_pack_block(brc_pack* p, const char* name, char type, int64_t count, int64_t* found);
const brc_block* brc_pack_find(const brc_pack* p, const char* name); // NULL: not there
void brc_pack_free(brc_pack* p);
// The first failure counts. Of a pack that is loading: the file is damaged, in this part.
void brc_pack_fail(brc_pack* p, brc_status status, const char* text);
static inline bool brc_pack_good(const brc_pack* p) { return p->status == BRC_OK; }

// A part: a block of doubles that the calls below fill or empty one after the other.
void brc_pack_begin(brc_pack* p, const char* part); // the name must live until the end
void brc_pack_end(brc_pack* p);
void brc_pack_doubles(brc_pack* p, double* x, int64_t count); // infinite ones too, but no NaN
void brc_pack_or_nan(brc_pack* p, double* x);
// Loading refuses numbers that are not within +-most.
void brc_pack_within(brc_pack* p, double* x, int64_t count, double most);
void brc_pack_vec(brc_pack* p, vec3* x);
void brc_pack_bool(brc_pack* p, bool* x);
void brc_pack_i32(brc_pack* p, int32_t* x, int32_t least, int32_t most);
void brc_pack_count(brc_pack* p, int32_t* x, int32_t most); // of things that take a number or more each
void brc_pack_i64(brc_pack* p, int64_t* x,
                  int64_t least); // least >= 0: a count, below 2^62, so that it can be added to
void brc_pack_grid(brc_pack* p, brc_grid* g);
void brc_pack_u64(brc_pack* p, uint64_t* x);
void brc_pack_text(brc_pack* p, char* text, size_t room);
// A list of doubles whose memory is the caller's (brc_alloc): made when loading. at most `most` of them.
void brc_pack_list(brc_pack* p, double** list, int64_t* count, int64_t most);
// A program: the copy is the caller's. NULL stays NULL.
struct brc_program;
void brc_pack_program(brc_pack* p, struct brc_program** program);

#endif
