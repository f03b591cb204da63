// board.c -- shared memory of POSIX. Names are random and live only while others open them, so that neither another run
// nor one of another user meets them, and only a process that is killed in that moment leaves one behind. Children of
// fork inherit what is mapped; they do not look at it, and it is gone when the last of them is.
#include "board.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// BARCHAN_SHARED_MEMORY=0: messages only, to find out whether something else is wrong with it.
static bool wanted(void)
{
    const char* said = getenv("BARCHAN_SHARED_MEMORY");
    return !said || strcmp(said, "0") != 0;
}

static bool name_for(char name[BRC_BOARD_NAME])
{
    uint64_t random = 0;
    const int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    const bool had = read(file, &random, sizeof random) == (ssize_t)sizeof random;
    close(file);
    snprintf(name, BRC_BOARD_NAME, "/barchan-%016llx", (unsigned long long)random);
    return had;
}

// Its pages are taken now: one that is missing later would kill the process. Where that cannot be asked for there are
// no boards.
static bool take_pages(int file, int64_t size)
{
#if defined(_POSIX_ADVISORY_INFO) && _POSIX_ADVISORY_INFO > 0
    return posix_fallocate(file, 0, (off_t)size) == 0;
#else
    return (void)file, (void)size, false;
#endif
}

static void* map(int file, int64_t size, int access)
{
    void* at = mmap(NULL, (size_t)size, access, MAP_SHARED, file, 0);
    close(file);
    return at == MAP_FAILED ? NULL : at;
}

void brc_board_make(brc_board* b, int64_t size)
{
    *b = (brc_board){.size = size, .hidden = true};
    if (size <= 0 || !wanted() || !name_for(b->name)) return;
    const int file = shm_open(b->name, O_CREAT | O_EXCL | O_RDWR, 0600);
    if (file < 0) return;
    b->hidden = false;
    if (take_pages(file, size)) b->at = map(file, size, PROT_READ | PROT_WRITE);
    else close(file);
    if (!b->at) brc_board_hide(b);
}

const char* brc_board_open(const char name[BRC_BOARD_NAME], int64_t size)
{
    if (size <= 0 || !*name || !wanted()) return NULL;
    struct stat is;
    const int file = shm_open(name, O_RDONLY, 0);
    if (file < 0) return NULL;
    if (fstat(file, &is) == 0 && is.st_size >= (off_t)size) return map(file, size, PROT_READ);
    close(file);
    return NULL;
}

void brc_board_hide(brc_board* b)
{
    if (!b->hidden) shm_unlink(b->name);
    b->hidden = true;
}

void brc_board_free(brc_board* b)
{
    if (b->at) {
        brc_board_hide(b);
        munmap(b->at, (size_t)b->size);
    }
    *b = (brc_board){.hidden = true};
}

void brc_board_close(const char* at, int64_t size)
{
    if (at) munmap((void*)(uintptr_t)at, (size_t)size);
}
