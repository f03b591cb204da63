// module.c -- the classic C half of the Lua module: what the FFI cannot do, which is to catch signals, to ask about the
// terminal, to read clocks, and to look at files from strangers in a process of its own. Everything else goes through
// LuaJIT's FFI over barchan.h. Built into the module (barchan/core.so) and into the executable alike; it needs only the
// Lua 5.1 C interface.
#include "barchan.h"
#include "campaign.h"
#include <errno.h>
#include <lauxlib.h>
#include <lua.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

BRC_API int luaopen_barchan_core(lua_State* L);

// Once: from then on both signals have their default action.
static void on_signal(int number)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = SIG_DFL;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    brc_interrupt(number);
}
static void on_request(int number)
{
    (void)number;
    brc_ask();
}

// core.catch_signals(): from now on SIGINT and SIGTERM ask the running simulation to stop with its state whole. The
// handler serves once: a second signal, of either kind, has the default action, for a script that is stuck elsewhere.
// SIGUSR1 asks for a checkpoint, and the run goes on.
static int catch_signals(lua_State* L)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_signal;
    action.sa_flags = (int)SA_RESTART;
    if (sigaction(SIGINT, &action, NULL) || sigaction(SIGTERM, &action, NULL))
        return luaL_error(L, "barchan: the signal handlers cannot be set");
    action.sa_handler = on_request;
    action.sa_flags = (int)SA_RESTART;
    if (sigaction(SIGUSR1, &action, NULL)) return luaL_error(L, "barchan: the signal handlers cannot be set");
    return 0;
}

// core.raise_signal(number): sends a signal to this process; tests use it.
static int raise_signal(lua_State* L)
{
    lua_pushboolean(L, raise((int)luaL_checkinteger(L, 1)) == 0);
    return 1;
}

// core.is_terminal(descriptor): whether output to it reaches a person, and the width of the screen in columns.
static int is_terminal(lua_State* L)
{
    int descriptor = (int)luaL_checkinteger(L, 1);
    struct winsize size;
    lua_pushboolean(L, isatty(descriptor));
    lua_pushinteger(L, ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80);
    return 2;
}

// core.process(): the number of this process.
static int process(lua_State* L)
{
    lua_pushinteger(L, (lua_Integer)getpid());
    return 1;
}

// core.clock(): seconds of a clock that never jumps.
static int monotonic_clock(lua_State* L)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    lua_pushnumber(L, (double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
    return 1;
}

// What a process of its own has found out: the text, or nil and what went wrong. Writes to `to` and ends.
static void inspect_and_end(int to, const char* path, int32_t kind, unsigned seconds)
{
    struct rlimit limit = {seconds, seconds + 1};
    char* found = NULL;
    int64_t length = 0;
    setrlimit(RLIMIT_CPU, &limit); // a damaged file may lead a library round in circles
    limit.rlim_cur = limit.rlim_max = 0;
    setrlimit(RLIMIT_CORE, &limit);
    brc_status status = brc_inspect(path, kind, &found, &length);
    const char* text = status == BRC_OK ? found : brc_last_error();
    size_t left = status == BRC_OK ? (size_t)length : strlen(text);
    bool whole = write(to, status == BRC_OK ? "+" : "-", 1) == 1;
    while (left && whole) {
        ssize_t n = write(to, text, left);
        if (n < 0 && errno == EINTR) continue;
        whole = n > 0;
        if (whole) text += n, left -= (size_t)n;
    }
    if (whole && write(to, ".", 1) != 1) _exit(1); // the mark of the end
    _exit(whole ? 0 : 1);
}

// core.inspect(path, kind, seconds): the text of brc_inspect, found in a process of its own, which may take that many
// seconds of processor time; or nil and what is wrong with the file.
static int inspect(lua_State* L)
{
    const char* path = luaL_checkstring(L, 1);
    int32_t kind = (int32_t)luaL_checkinteger(L, 2);
    unsigned seconds = (unsigned)luaL_checkinteger(L, 3);
    int ends[2];
    if (pipe(ends)) return luaL_error(L, "barchan: no pipe: %s", strerror(errno));
    pid_t child = fork();
    if (child < 0) {
        close(ends[0]), close(ends[1]);
        return luaL_error(L, "barchan: no process: %s", strerror(errno));
    }
    if (child == 0) {
        close(ends[0]);
        inspect_and_end(ends[1], path, kind, seconds);
    }
    close(ends[1]);
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    ssize_t n;
    do {
        n = read(ends[0], luaL_prepbuffer(&text), LUAL_BUFFERSIZE);
        if (n > 0) luaL_addsize(&text, (size_t)n);
    } while (n > 0 || (n < 0 && errno == EINTR));
    close(ends[0]);
    luaL_pushresult(&text);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    size_t size;
    const char* got = lua_tolstring(L, -1, &size);
    if (size < 2 || got[size - 1] != '.' || !WIFEXITED(status)) {
        lua_pushnil(L);
        bool slow = WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL);
        if (slow) lua_pushfstring(L, "it could not be read within %d s", (int)seconds);
        else lua_pushliteral(L, "the library that reads such files has failed over it");
        return 2;
    }
    if (got[0] == '-') lua_pushnil(L);
    lua_pushlstring(L, got + 1, size - 2);
    return got[0] == '-' ? 2 : 1;
}

static const luaL_Reg functions[] = {{"catch_signals", catch_signals},
                                     {"raise_signal", raise_signal},
                                     {"is_terminal", is_terminal},
                                     {"clock", monotonic_clock},
                                     {"process", process},
                                     {"inspect", inspect},
                                     {NULL, NULL}};

int luaopen_barchan_core(lua_State* L)
{
    // A file that grows past the limit of the shell (ulimit -f) is an error of that write, not the end of the process.
    struct sigaction action;
    if (sigaction(SIGXFSZ, NULL, &action) == 0 && action.sa_handler == SIG_DFL) {
        action.sa_handler = SIG_IGN;
        sigaction(SIGXFSZ, &action, NULL);
    }
    lua_newtable(L);
    const luaL_Reg* const lists[] = {functions, brc_campaign_functions};
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
        for (const luaL_Reg* f = lists[k]; f->name; f++) {
            lua_pushcfunction(L, f->func);
            lua_setfield(L, -2, f->name);
        }
    return 1;
}
