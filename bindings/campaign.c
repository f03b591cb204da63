// campaign.c -- what campaigns need of the system and the FFI does not give: rows that are on the disk before the next
// one begins, a lock, the output of a case in a file of its own, and a mark where a case crashed the process.
#define _XOPEN_SOURCE 700 // sigaltstack
#include "campaign.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int failure(lua_State* L, int error)
{
    lua_pushnil(L);
    lua_pushstring(L, strerror(error));
    return 2;
}

static int write_all(int file, const char* text, size_t size)
{
    while (size) {
        ssize_t n = write(file, text, size);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return n < 0 ? errno : EIO;
        text += n, size -= (size_t)n;
    }
    return 0;
}

// core.append(path, text): the text behind what the file holds, on the disk. true; or nil and why not, with the file as
// it was.
static int append(lua_State* L)
{
    size_t size;
    const char* path = luaL_checkstring(L, 1);
    const char* text = luaL_checklstring(L, 2, &size);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (file < 0) return failure(L, errno);
    struct stat before;
    int error = fstat(file, &before) ? errno : write_all(file, text, size);
    if (!error && fsync(file) && errno != EINVAL) error = errno; // EINVAL: a device that cannot be synced
    if (error && S_ISREG(before.st_mode) && ftruncate(file, before.st_size)) error = errno;
    if (close(file) && !error) error = errno;
    if (error) return failure(L, error);
    lua_pushboolean(L, 1);
    return 1;
}

// core.replace(path, text): readers find the old file or the whole new one. true; or nil and why not.
static int replace(lua_State* L)
{
    size_t size;
    const char* path = luaL_checkstring(L, 1);
    const char* text = luaL_checklstring(L, 2, &size);
    lua_pushfstring(L, "%s.%d.part", path, (int)getpid());
    const char* part = lua_tostring(L, -1);
    int file = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file < 0) return failure(L, errno);
    int error = write_all(file, text, size);
    if (!error && fsync(file)) error = errno;
    if (close(file) && !error) error = errno;
    if (!error && rename(part, path)) error = errno;
    if (error) {
        unlink(part);
        return failure(L, error);
    }
    lua_pushboolean(L, 1);
    return 1;
}

// core.cut(path, size): the file ends there.
static int cut(lua_State* L)
{
    if (truncate(luaL_checkstring(L, 1), (off_t)luaL_checknumber(L, 2))) return failure(L, errno);
    lua_pushboolean(L, 1);
    return 1;
}

// core.folder(path): makes the folder, with those above it. true; or nil and why not.
static int make_folder(lua_State* L)
{
    size_t size;
    const char* path = luaL_checklstring(L, 1, &size);
    char part[PATH_MAX];
    if (size == 0 || size >= sizeof part) return failure(L, size ? ENAMETOOLONG : ENOENT);
    memcpy(part, path, size + 1);
    for (size_t i = 1; i <= size; i++) {
        if (part[i] != '/' && part[i] != 0) continue;
        char end = part[i];
        part[i] = 0;
        if (mkdir(part, 0777) && errno != EEXIST) return failure(L, errno);
        part[i] = end;
    }
    struct stat is;
    if (stat(path, &is)) return failure(L, errno);
    if (!S_ISDIR(is.st_mode)) return failure(L, ENOTDIR);
    lua_pushboolean(L, 1);
    return 1;
}

// core.list(path): the names in a folder, in no order; nil and why not.
static int list(lua_State* L)
{
    DIR* folder = opendir(luaL_checkstring(L, 1));
    if (!folder) return failure(L, errno);
    lua_newtable(L);
    int count = 0;
    for (struct dirent* entry; (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        lua_pushstring(L, entry->d_name);
        lua_rawseti(L, -2, ++count);
    }
    closedir(folder);
    return 1;
}

// core.lock(path, wait): a number that holds the lock until core.unlock(number) or the end of the process; or nil and
// the number of the process that holds it. Where the file system knows no locks everybody gets one.
static int lock(lua_State* L)
{
    const char* path = luaL_checkstring(L, 1);
    bool wait = lua_toboolean(L, 2);
    int file = open(path, O_RDWR | O_CREAT, 0666);
    if (file < 0) return failure(L, errno);
    fcntl(file, F_SETFD, FD_CLOEXEC);
    struct flock how = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int done;
    do done = fcntl(file, wait ? F_SETLKW : F_SETLK, &how);
    while (done && errno == EINTR);
    if (done && (errno == EACCES || errno == EAGAIN)) {
        struct flock who = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        int asked = fcntl(file, F_GETLK, &who);
        close(file);
        lua_pushnil(L);
        lua_pushinteger(L, asked == 0 && who.l_type != F_UNLCK ? (lua_Integer)who.l_pid : 0);
        return 2;
    }
    lua_pushinteger(L, file);
    return 1;
}

static int unlock(lua_State* L)
{
    close((int)luaL_checkinteger(L, 1));
    return 0;
}

// core.program(): the path of the program that runs this, and core.here(): of the folder it runs in.
static int program(lua_State* L)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    if (n <= 0) return failure(L, errno);
    lua_pushlstring(L, path, (size_t)n);
    return 1;
}

static int here(lua_State* L)
{
    char path[PATH_MAX];
    if (!getcwd(path, sizeof path)) return failure(L, errno);
    lua_pushstring(L, path);
    return 1;
}

// core.sleep(seconds): or less, when a signal comes.
static int sleep_for(lua_State* L)
{
    double seconds = luaL_checknumber(L, 1);
    struct timespec time = {(time_t)seconds, (long)(1e9 * (seconds - (double)(time_t)seconds))};
    nanosleep(&time, NULL);
    return 0;
}

// ---- the output of a case ------------------------------------------------------------------------------------------
static int own[2] = {-1, -1}; // descriptors 1 and 2 as they were

static int restore_output(void)
{
    int error = 0;
    fflush(stdout), fflush(stderr);
    for (int k = 0; k < 2; k++) {
        if (own[k] < 0) continue;
        if (dup2(own[k], k + 1) < 0) error = errno;
        close(own[k]);
        own[k] = -1;
    }
    return error;
}

// core.divert(path): what this process prints goes to the file, behind what it holds; core.divert(): back to where it
// went.
static int divert(lua_State* L)
{
    const char* path = luaL_optstring(L, 1, NULL);
    int error = restore_output();
    if (path && !error) {
        int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
        if (file < 0) return failure(L, errno);
        for (int k = 0; k < 2; k++) {
            own[k] = dup(k + 1);
            if (own[k] < 0 || dup2(file, k + 1) < 0) error = errno;
            else fcntl(own[k], F_SETFD, FD_CLOEXEC);
        }
        close(file);
    }
    if (error) return failure(L, error);
    lua_pushboolean(L, 1);
    return 1;
}

// ---- crashes
// ---------------------------------------------------------------------------------------------------------
static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { FATAL = sizeof fatal / sizeof *fatal };
static struct sigaction before[FATAL];
static char mark[PATH_MAX]; // "": nothing is to be marked
static char* stack;         // for the handler: the crash may be the end of the stack

// Leaves the number of the signal in the file, and lets it take its course.
static void on_fatal(int number)
{
    int file = open(mark, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    char text[3] = {(char)('0' + number / 10), (char)('0' + number % 10), '\n'};
    if (file >= 0) {
        ssize_t n = write(file, text, sizeof text);
        if (n == (ssize_t)sizeof text) fsync(file);
        close(file);
    }
    for (int k = 0; k < FATAL; k++) sigaction(fatal[k], &before[k], NULL);
    raise(number);
}

// core.mark_crash(path): a fault of this process leaves its number there; core.mark_crash(): no longer.
static int mark_crash(lua_State* L)
{
    size_t size = 0;
    const char* path = luaL_optlstring(L, 1, NULL, &size);
    if (*mark)
        for (int k = 0; k < FATAL; k++) sigaction(fatal[k], &before[k], NULL);
    *mark = 0;
    if (!path || size >= sizeof mark) return 0;
    memcpy(mark, path, size + 1);
    if (!stack) {
        enum { ROOM = 1 << 16 };
        stack = malloc(ROOM);
        stack_t alternate = {.ss_sp = stack, .ss_size = ROOM};
        if (stack && sigaltstack(&alternate, NULL)) free(stack), stack = NULL;
    }
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_fatal;
    action.sa_flags = (int)SA_NODEFER | (stack ? SA_ONSTACK : 0);
    for (int k = 0; k < FATAL; k++) sigaction(fatal[k], &action, &before[k]);
    return 0;
}

const luaL_Reg brc_campaign_functions[] = {
    {"append", append}, {"replace", replace},       {"cut", cut},         {"folder", make_folder}, {"list", list},
    {"lock", lock},     {"unlock", unlock},         {"program", program}, {"here", here},          {"sleep", sleep_for},
    {"divert", divert}, {"mark_crash", mark_crash}, {NULL, NULL}};
