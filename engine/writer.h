// writer.h -- a file that appears whole: written under a temporary name, checked, synced and renamed, so that a reader
// finds the old file or the whole new one.
#ifndef BRC_WRITER_H
#define BRC_WRITER_H
#include "base.h"
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct writer {
    FILE* file;
    const char* path;
    char* part;             // the temporary name
    int error;              // errno of the first failure
    locale_t plain, before; // numbers with a point whatever the user's language
} writer;

static inline brc_status writer_open(writer* w, const char* path)
{
    *w = (writer){.path = path};
    BRC_CHECK(path && *path, BRC_ERR_ARGUMENT, "the export needs a file name");
    struct stat info;
    BRC_CHECK(stat(path, &info) != 0 || S_ISREG(info.st_mode), BRC_ERR_FILE, "cannot write '%s': not a regular file",
              path);
    size_t size = strlen(path) + 32;
    w->part = malloc(size);
    BRC_CHECK(w->part, BRC_ERR_MEMORY, "no memory for a file name");
    snprintf(w->part, size, "%s.%ld.part", path, (long)getpid());
    w->file = fopen(w->part, "wb");
    if (!w->file) {
        int error = errno;
        free(w->part);
        BRC_CHECK(0, BRC_ERR_FILE, "cannot write '%s': %s", path, strerror(error));
    }
    setvbuf(w->file, NULL, _IOFBF, 1 << 20);
    w->plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    w->before = w->plain ? uselocale(w->plain) : (locale_t)0;
    return BRC_OK;
}

static inline void note(writer* w, bool bad)
{
    if (bad && !w->error) w->error = errno ? errno : EIO;
}

static inline brc_status writer_close(writer* w)
{
    if (w->plain) {
        uselocale(w->before);
        freelocale(w->plain);
    }
    note(w, fflush(w->file) != 0 || ferror(w->file));
    if (!w->error) note(w, fsync(fileno(w->file)) != 0);
    note(w, fclose(w->file) != 0);
    if (!w->error) note(w, rename(w->part, w->path) != 0);
    if (w->error) remove(w->part);
    free(w->part);
    BRC_CHECK(!w->error, BRC_ERR_FILE, "cannot write '%s': %s", w->path, strerror(w->error));
    return BRC_OK;
}

// printf to the file; the first error is kept for writer_close. Without a file, as on ranks that do not write it,
// nothing happens.
#define PUT(w, ...) note(w, (w)->file&& fprintf((w)->file, __VA_ARGS__) < 0)

static inline void put_bytes(writer* w, const void* data, size_t size)
{
    if (size && w->file) note(w, fwrite(data, 1, size, w->file) != size);
}

static inline bool little_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 1;
}

#endif
