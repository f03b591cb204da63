// module.c -- the classic C half of the Lua module: what the FFI cannot do, which is to catch signals, to ask about the
// terminal and to read clocks. Everything else goes through LuaJIT's FFI over barchan.h. Built into the module
// (barchan/core.so) and into the executable alike; it needs only the Lua 5.1 C interface.
#include "barchan.h"
#include <lauxlib.h>
#include <lua.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

BRC_API int luaopen_barchan_core(lua_State* L);

static void on_signal(int number) { brc_interrupt(number); }
static void on_request(int number)
{
    (void)number;
    brc_ask();
}

// core.catch_signals(): from now on SIGINT and SIGTERM ask the running simulation to stop with its state whole. The
// handler serves once: a second signal has the default action, for a script that is stuck elsewhere. SIGUSR1 asks for a
// checkpoint, and the run goes on.
static int catch_signals(lua_State* L)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_signal;
    action.sa_flags = (int)(SA_RESTART | SA_RESETHAND);
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

static const luaL_Reg functions[] = {
    {"catch_signals", catch_signals}, {"raise_signal", raise_signal}, {"is_terminal", is_terminal},
    {"clock", monotonic_clock},       {"process", process},           {NULL, NULL}};

int luaopen_barchan_core(lua_State* L)
{
    // A file that grows past the limit of the shell (ulimit -f) is an error of that write, not the end of the process.
    struct sigaction action;
    if (sigaction(SIGXFSZ, NULL, &action) == 0 && action.sa_handler == SIG_DFL) {
        action.sa_handler = SIG_IGN;
        sigaction(SIGXFSZ, &action, NULL);
    }
    lua_newtable(L);
    for (const luaL_Reg* f = functions; f->name; f++) {
        lua_pushcfunction(L, f->func);
        lua_setfield(L, -2, f->name);
    }
    return 1;
}
