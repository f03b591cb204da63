// board.h -- memory that one process of a machine writes and others of it read: in place of messages, where these
// would only copy it.
#ifndef BRC_BOARD_H
#define BRC_BOARD_H
#include <stdbool.h>
#include <stdint.h>

enum { BRC_BOARD_NAME = 32 };
typedef struct brc_board {
    char* at; // NULL: there is none
    int64_t size;
    char name[BRC_BOARD_NAME];
    bool hidden; // nobody else can open it any more
} brc_board;

// Of `size` bytes, which this process writes. Where none can be had (no shared memory, or too little) messages do.
void brc_board_make(brc_board* b, int64_t size);
// Another process's, to read; NULL: it is not of this machine, or of another user.
const char* brc_board_open(const char name[BRC_BOARD_NAME], int64_t size);
// Once all who shall read it have opened it: a crash leaves nothing of it.
void brc_board_hide(brc_board* b);
void brc_board_free(brc_board* b);
void brc_board_close(const char* at, int64_t size);

#endif
