// staged.c -- the file under trajectory files: directory blocks wait in memory and are written in a safe order.
#include "staged.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct block {
    uint64_t at;
    size_t size;
    int rank;
    char* data;
} block;

struct brc_staged {
    brc_staged* next; // of the open ones
    int fd, error;
    char *path, *part; // its name, and its name until it is published; NULL: it is
    dev_t device;
    ino_t inode;
    uint64_t end;       // size of the file
    uint64_t committed; // end of what the last commit made valid
    block* waiting;     // in the order of arrival: a later one wins where two overlap
    size_t count, capacity;
};

static int fail(brc_staged* f, int error)
{
    if (!f->error) f->error = error;
    return f->error;
}

static brc_staged* open_files; // used by the script's thread only

static brc_staged* find(const char* path)
{
    struct stat info;
    if (stat(path, &info)) return NULL;
    for (brc_staged* f = open_files; f; f = f->next)
        if (f->device == info.st_dev && f->inode == info.st_ino) return f;
    return NULL;
}

// May a file of this name be replaced?
static int refuse(const char* path, const char* part)
{
    struct stat info;
    if (find(path) || find(part)) return EBUSY;
    if (stat(path, &info)) return 0; // whatever is wrong shows when the file is made
    if (S_ISDIR(info.st_mode)) return EISDIR;
    if (!S_ISREG(info.st_mode)) return EINVAL;
    return access(path, W_OK) ? errno : 0;
}

int brc_staged_create(const char* path, brc_staged** out)
{
    *out = NULL;
    size_t room = strlen(path) + 32;
    brc_staged* f = BRC_NEW(1, brc_staged);
    char *name = strdup(path), *part = malloc(room);
    int error = f && name && part ? 0 : ENOMEM;
    if (!error) {
        snprintf(part, room, "%s.%ld.part", path, (long)getpid());
        error = refuse(path, part);
    }
    if (!error) {
        unlink(part); // of a dead process that had our number
        f->fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (f->fd < 0) error = errno;
    }
    if (error) {
        free(name);
        free(part);
        brc_free(f);
        return error;
    }
    struct stat info;
    if (fstat(f->fd, &info) == 0) f->device = info.st_dev, f->inode = info.st_ino;
    f->path = name;
    f->part = part;
    f->next = open_files;
    open_files = f;
    *out = f;
    return 0;
}

int brc_staged_reopen(const char* path, brc_staged** out)
{
    *out = NULL;
    struct stat info;
    if (find(path)) return EBUSY;
    brc_staged* f = BRC_NEW(1, brc_staged);
    char* name = strdup(path);
    int error = f && name ? 0 : ENOMEM;
    if (!error) f->fd = open(path, O_RDWR | O_CLOEXEC);
    if (!error && (f->fd < 0 || fstat(f->fd, &info))) error = errno;
    if (!error && !S_ISREG(info.st_mode)) error = EINVAL;
    if (error) {
        if (f && f->fd > 0) close(f->fd);
        free(name);
        brc_free(f);
        return error;
    }
    f->device = info.st_dev, f->inode = info.st_ino;
    f->path = name;
    f->end = f->committed = (uint64_t)info.st_size;
    f->next = open_files;
    open_files = f;
    *out = f;
    return 0;
}

int brc_staged_cut(brc_staged* f, uint64_t end)
{
    if (end < f->end && ftruncate(f->fd, (off_t)end)) return fail(f, errno);
    if (end < f->end) f->end = end;
    f->committed = f->end;
    return 0;
}

// The folder's own entry: without it a machine that loses power may come back with the file under its old name.
static int sync_folder(const char* path)
{
    const char* slash = strrchr(path, '/');
    char* folder = slash ? strndup(path, slash > path ? (size_t)(slash - path) : 1) : strdup(".");
    if (!folder) return ENOMEM;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = 0;
    if (fd >= 0 && fsync(fd) && errno == EIO) error = errno; // others: a file system that cannot do that
    if (fd >= 0) close(fd);
    free(folder);
    return error;
}

int brc_staged_publish(brc_staged* f)
{
    if (f->error || !f->part) return f->error;
    if (rename(f->part, f->path)) return fail(f, errno);
    free(f->part);
    f->part = NULL;
    int error = sync_folder(f->path);
    return error ? fail(f, error) : 0;
}

// The whole buffer, through interruptions and short counts.
static int write_all(brc_staged* f, uint64_t at, size_t size, const char* data)
{
    while (size) {
        ssize_t n = pwrite(f->fd, data, size, (off_t)at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail(f, errno);
        if (n == 0) return fail(f, ENOSPC);
        data += n;
        at += (uint64_t)n;
        size -= (size_t)n;
        if (at > f->end) f->end = at;
    }
    return 0;
}

int brc_staged_read(brc_staged* f, uint64_t at, size_t size, void* out)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = pread(f->fd, (char*)out + done, size - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail(f, errno);
        if (n == 0) break;
        done += (size_t)n;
    }
    memset((char*)out + done, 0, size - done);
    for (size_t i = 0; i < f->count; i++) {
        const block* b = &f->waiting[i];
        uint64_t lo = b->at > at ? b->at : at;
        uint64_t hi = b->at + b->size < at + size ? b->at + b->size : at + size;
        if (lo < hi) memcpy((char*)out + (lo - at), b->data + (lo - b->at), (size_t)(hi - lo));
    }
    return 0;
}

static int add(brc_staged* f, uint64_t at, size_t size, int rank, const char* data)
{
    if (f->count == f->capacity) {
        size_t capacity = f->capacity ? 2 * f->capacity : 64;
        block* fresh = realloc(f->waiting, capacity * sizeof *fresh);
        if (!fresh) return fail(f, ENOMEM);
        f->waiting = fresh;
        f->capacity = capacity;
    }
    char* copy = malloc(size);
    if (!copy) return fail(f, ENOMEM);
    memcpy(copy, data, size);
    f->waiting[f->count++] = (block){at, size, rank, copy};
    return 0;
}

// Waiting bytes whose place now holds data are out of date: they must not come back over it at commit.
static int forget(brc_staged* f, uint64_t at, size_t size)
{
    for (size_t i = 0; i < f->count; i++) {
        block* b = &f->waiting[i];
        uint64_t end = b->at + b->size;
        if (b->at >= at + size || end <= at) continue;
        if (end > at + size) { // keeps its tail, as a block of its own
            int error = add(f, at + size, (size_t)(end - (at + size)), b->rank, b->data + (at + size - b->at));
            if (error) return error;
            b = &f->waiting[i]; // add may have moved the list
        }
        b->size = b->at < at ? (size_t)(at - b->at) : 0;
    }
    return 0;
}

int brc_staged_write(brc_staged* f, uint64_t at, size_t size, const void* data, int rank)
{
    if (f->error) return f->error;
    if (rank == BRC_STAGED_DATA) {
        int error = forget(f, at, size);
        return error ? error : write_all(f, at, size, data);
    }
    for (size_t i = f->count; i-- > 0;) { // the usual case: a block that is written again
        block* b = &f->waiting[i];
        if (b->at == at && b->size == size) {
            memcpy(b->data, data, size);
            b->rank = rank;
            return 0;
        }
        if (b->at < at + size && at < b->at + b->size) break; // overlaps: order matters
    }
    return add(f, at, size, rank, data);
}

static void drop(brc_staged* f)
{
    for (size_t i = 0; i < f->count; i++) free(f->waiting[i].data);
    f->count = 0;
}

// New blocks come first: nothing that readers know of points to them yet.
static int write_new(brc_staged* f)
{
    for (size_t i = 0; i < f->count; i++) {
        const block* b = &f->waiting[i];
        int error = b->at >= f->committed ? write_all(f, b->at, b->size, b->data) : 0;
        if (error) return error;
    }
    return 0;
}

static int write_known(brc_staged* f)
{
    for (int rank = 0;;) {
        int next = INT_MAX;
        for (size_t i = 0; i < f->count; i++)
            if (f->waiting[i].at < f->committed && f->waiting[i].rank > rank && f->waiting[i].rank < next)
                next = f->waiting[i].rank;
        if (next == INT_MAX) return 0;
        rank = next;
        for (size_t i = 0; i < f->count; i++) {
            const block* b = &f->waiting[i];
            int error = b->at < f->committed && b->rank == rank ? write_all(f, b->at, b->size, b->data) : 0;
            if (error) return error;
        }
    }
}

int brc_staged_commit(brc_staged* f, uint64_t end)
{
    if (f->error) return f->error;
    // The space first: when the disk is full, that shows before a byte of the old state has been replaced.
    if (end > f->end) {
        int error = posix_fallocate(f->fd, (off_t)f->end, (off_t)(end - f->end));
        if (error == EINVAL || error == EOPNOTSUPP) error = ftruncate(f->fd, (off_t)end) ? errno : 0;
        if (error) return fail(f, error);
        f->end = end;
    }
    int error = write_new(f);
    if (!error) error = write_known(f);
    if (error) return error;
    drop(f);
    f->committed = end;
    return 0;
}

int brc_staged_sync(brc_staged* f) { return f->error ? f->error : fsync(f->fd) ? fail(f, errno) : 0; }

int brc_staged_error(const brc_staged* f) { return f->error; }
uint64_t brc_staged_end(const brc_staged* f) { return f->end; }
int brc_staged_again(const brc_staged* f) { return f->error ? -1 : fcntl(f->fd, F_DUPFD_CLOEXEC, 0); }

int brc_staged_close(brc_staged* f)
{
    if (!f) return 0;
    for (brc_staged** p = &open_files; *p; p = &(*p)->next)
        if (*p == f) {
            *p = f->next;
            break;
        }
    int error = 0;
    if (f->part) unlink(f->part);
    else {
        if (f->end > f->committed && ftruncate(f->fd, (off_t)f->committed)) error = errno;
        if (fsync(f->fd) && !error) error = errno;
    }
    if (close(f->fd) && !error) error = errno;
    drop(f);
    free(f->waiting);
    free(f->part);
    free(f->path);
    brc_free(f);
    return error;
}
