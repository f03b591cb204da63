// compile.c -- the system's compiler in the background, and the files that it leaves: child processes that are reaped
// or, at the end of the process, killed; libraries in a cache folder, sealed with a checksum, so that nothing is ever
// loaded that is truncated or that somebody else has put there.
#define _XOPEN_SOURCE 700 // realpath
#include "base.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

extern char** environ;

// ---- child processes -------------------------------------------------------------------------------------
enum { CHILDREN = 64, SCRATCH = 3 };
typedef struct child_process {
    pid_t pid; // 0: free
    char* scratch[SCRATCH];
} child_process;
static child_process children[CHILDREN];
static bool at_exit_set;
static pthread_mutex_t children_lock = PTHREAD_MUTEX_INITIALIZER; // Lua states of several threads share the table

static void child_forget(child_process* c)
{
    for (int k = 0; k < SCRATCH; k++) free(c->scratch[k]), c->scratch[k] = NULL;
    c->pid = 0;
}

static void child_end(child_process* c)
{
    kill(-c->pid, SIGKILL); // the compiler's own children are in its group
    while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    for (int k = 0; k < SCRATCH; k++)
        if (c->scratch[k]) unlink(c->scratch[k]);
    child_forget(c);
}

static void children_end(void)
{
    for (int k = 0; k < CHILDREN; k++)
        if (children[k].pid > 0) child_end(&children[k]);
}

static brc_status child_start(child_process* c, const char* const* arguments, const char* log)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    sigset_t usual, none;
    sigemptyset(&usual), sigemptyset(&none);
    sigaddset(&usual, SIGINT), sigaddset(&usual, SIGTERM), sigaddset(&usual, SIGXFSZ);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    pid_t pid = 0;
    int code = posix_spawnp(&pid, arguments[0], &files, &attributes, (char* const*)(uintptr_t)arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    BRC_CHECK(code == 0, BRC_ERR_FILE, "%s cannot be started: %s", arguments[0], strerror(code));
    c->pid = pid;
    return BRC_OK;
}

brc_status brc_child_start(const char* const* arguments, const char* log, const char* const* scratch,
                           int32_t scratch_count, int32_t* child)
{
    BRC_ASSERT(scratch_count >= 0 && scratch_count <= SCRATCH);
    pthread_mutex_lock(&children_lock);
    int k = 0;
    while (k < CHILDREN && children[k].pid != 0) k++;
    if (k < CHILDREN) children[k].pid = -1; // taken
    bool first = !at_exit_set;
    at_exit_set = true;
    pthread_mutex_unlock(&children_lock);
    if (first) atexit(children_end);
    BRC_CHECK(k < CHILDREN, BRC_ERR_STATE, "more than %d compilers at once", CHILDREN);
    brc_status status = child_start(&children[k], arguments, log);
    if (status != BRC_OK) child_forget(&children[k]);
    else
        for (int i = 0; i < scratch_count; i++) children[k].scratch[i] = strdup(scratch[i]);
    *child = k;
    return status;
}

brc_status brc_child_look(int32_t child, int32_t wait, int32_t* ended, int32_t* code)
{
    BRC_CHECK(child >= 0 && child < CHILDREN && children[child].pid > 0, BRC_ERR_ARGUMENT, "there is no child %d",
              child);
    int how = 0;
    pid_t got;
    do {
        got = waitpid(children[child].pid, &how, wait ? 0 : WNOHANG);
    } while (got < 0 && errno == EINTR);
    *ended = got != 0;
    *code = got > 0 && WIFEXITED(how) ? WEXITSTATUS(how) : -1;
    if (*ended) child_forget(&children[child]);
    return BRC_OK;
}

// The file that a command means, as posix_spawnp finds it.
static bool find_on_path(const char* name, char out[PATH_MAX])
{
    if (strchr(name, '/')) return access(name, X_OK) == 0 && realpath(name, out);
    const char* path = getenv("PATH");
    for (path = path ? path : "/usr/bin:/bin"; *path;) {
        size_t size = strcspn(path, ":");
        char whole[PATH_MAX];
        int need = snprintf(whole, sizeof whole, "%.*s/%s", (int)size, path, name);
        if (size > 0 && need > 0 && need < (int)sizeof whole && access(whole, X_OK) == 0 && realpath(whole, out))
            return true;
        path += size;
        if (*path == ':') path++;
    }
    return false;
}

int32_t brc_program_identity(const char* name, char* text, int32_t room)
{
    char path[PATH_MAX];
    struct stat is;
    if (!find_on_path(name, path) || stat(path, &is) != 0 || !S_ISREG(is.st_mode)) return 0;
    int need = snprintf(text, (size_t)room, "%s %lld %lld.%09ld", path, (long long)is.st_size,
                        (long long)is.st_mtim.tv_sec, is.st_mtim.tv_nsec);
    return need > 0 && need < room;
}

// ---- files -----------------------------------------------------------------------------------------------
void brc_checksum(const void* data, int64_t size, uint64_t out[2])
{
    XXH128_hash_t h = XXH3_128bits(data, (size_t)size);
    out[0] = h.high64;
    out[1] = h.low64;
}

brc_status brc_folder_make(const char* path)
{
    char part[PATH_MAX];
    size_t size = strlen(path);
    BRC_CHECK(size > 0 && size < sizeof part, BRC_ERR_FILE, "the name of a folder has %zu letters", size);
    memcpy(part, path, size + 1);
    for (size_t i = 1; i <= size; i++) {
        if (part[i] != '/' && part[i] != 0) continue;
        char end = part[i];
        part[i] = 0;
        BRC_CHECK(mkdir(part, 0700) == 0 || errno == EEXIST, BRC_ERR_FILE, "%s cannot be made: %s", part,
                  strerror(errno));
        part[i] = end;
    }
    BRC_CHECK(access(path, W_OK | X_OK) == 0, BRC_ERR_FILE, "%s cannot be written to: %s", path, strerror(errno));
    return BRC_OK;
}

// Behind a sealed library: what the name of the file says, and the checksum of all before. The system's loader does not
// look behind the sections of a library.
typedef struct seal {
    char magic[16];
    uint64_t key[2], size, sum[2];
} seal;
static const char seal_magic[16] = "barchan code 1\n";

static brc_status read_file(const char* path, char** data, size_t* size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    BRC_CHECK(file >= 0, BRC_ERR_FILE, "%s cannot be read: %s", path, strerror(errno));
    struct stat is;
    bool fits = fstat(file, &is) == 0 && S_ISREG(is.st_mode) && is.st_uid == geteuid() &&
                !(is.st_mode & (S_IWGRP | S_IWOTH)) && is.st_size > 0 && is.st_size < (1 << 28);
    *size = fits ? (size_t)is.st_size : 0;
    *data = fits ? malloc(*size) : NULL;
    size_t done = 0;
    while (*data && done < *size) {
        ssize_t got = read(file, *data + done, *size - done);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        done += (size_t)got;
    }
    close(file);
    if (!*data || done != *size) {
        free(*data);
        BRC_CHECK(false, BRC_ERR_FILE, "%s cannot be read, or others may write to it", path);
    }
    return BRC_OK;
}

brc_status brc_code_seal(const char* from, const char* to, const uint64_t key[2])
{
    char* data;
    seal s = {.key = {key[0], key[1]}};
    size_t size;
    if (chmod(from, 0600) != 0) BRC_CHECK(false, BRC_ERR_FILE, "%s cannot be made private: %s", from, strerror(errno));
    BRC_TRY(read_file(from, &data, &size));
    memcpy(s.magic, seal_magic, sizeof s.magic);
    s.size = size;
    brc_checksum(data, (int64_t)size, s.sum);
    free(data);
    int file = open(from, O_WRONLY | O_APPEND | O_CLOEXEC);
    bool written = file >= 0 && write(file, &s, sizeof s) == (ssize_t)sizeof s && fsync(file) == 0;
    int reason = errno;
    if (file >= 0) written = close(file) == 0 && written;
    BRC_CHECK(written, BRC_ERR_FILE, "%s cannot be written: %s", from, strerror(reason));
    BRC_CHECK(rename(from, to) == 0, BRC_ERR_FILE, "%s cannot be renamed to %s: %s", from, to, strerror(errno));
    return BRC_OK;
}

brc_status brc_code_load(const char* path, const uint64_t key[2], void** library)
{
    char* data;
    size_t size;
    seal s;
    uint64_t sum[2];
    BRC_TRY(read_file(path, &data, &size));
    bool fits = size > sizeof s;
    if (fits) {
        memcpy(&s, data + size - sizeof s, sizeof s);
        fits = !memcmp(s.magic, seal_magic, sizeof s.magic) && s.size == size - sizeof s && s.key[0] == key[0] &&
               s.key[1] == key[1];
    }
    if (fits) {
        brc_checksum(data, (int64_t)s.size, sum);
        fits = sum[0] == s.sum[0] && sum[1] == s.sum[1];
    }
    free(data);
    BRC_CHECK(fits, BRC_ERR_FILE, "%s is not what this program wrote there", path);
    *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    BRC_CHECK(*library, BRC_ERR_FILE, "%s cannot be loaded: %s", path, dlerror());
    return BRC_OK;
}

brc_code brc_code_symbol(void* library, const char* name)
{
    void* p = dlsym(library, name);
    brc_code code = NULL;
    memcpy(&code, &p, sizeof code); // ISO C has no cast from object to function pointers
    return code;
}

void brc_code_bind(brc_code bind)
{
    static double (*const functions[])(double) = {brc_exp, brc_log, brc_sin, brc_cos};
    static double (*const functions2[])(double, double) = {brc_atan2, brc_pow};
    typedef void (*binder)(double (*const*)(double), double (*const*)(double, double));
    ((binder)bind)(functions, functions2);
}
