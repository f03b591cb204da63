// main.c -- the executable: a LuaJIT state with the engine inside it. The command line, the running of scripts and the
// exit codes are in barchan/cli.lua; here the Lua files are found, beside the executable or on package.path.
#define _GNU_SOURCE // sched_getaffinity
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int luaopen_barchan_core(lua_State* L);

// PREFIX/bin/barchan -> PREFIX; false when the system does not tell where the executable lies.
static int find_prefix(char* prefix, size_t size)
{
    ssize_t n = readlink("/proc/self/exe", prefix, size - 1);
    if (n <= 0) return 0;
    prefix[n] = 0;
    for (int up = 0; up < 2; up++) {
        char* slash = strrchr(prefix, '/');
        if (!slash) return 0;
        *slash = 0;
    }
    return 1;
}

static void put_in_front(lua_State* L, const char* field, const char* prefix, const char* format)
{
    char entry[2 * PATH_MAX + 64];
    snprintf(entry, sizeof entry, format, prefix, prefix);
    lua_getglobal(L, "package");
    lua_pushstring(L, entry);
    lua_getfield(L, -2, field);
    lua_concat(L, 2);
    lua_setfield(L, -2, field);
    lua_pop(L, 1);
}

static int traceback(lua_State* L)
{
    if (!lua_tostring(L, 1)) return 1;
    luaL_traceback(L, L, lua_tostring(L, 1), 1);
    return 1;
}

// What the environment variable LUA_INIT says, as luajit does: a script (@file) or a chunk to run first. Debuggers,
// profilers and the tests' own records come in this way.
static void run_init(lua_State* L)
{
    const char* init = getenv("LUA_INIT");
    if (!init) return;
    if (init[0] == '@' ? luaL_loadfile(L, init + 1) : luaL_loadbuffer(L, init, strlen(init), "=LUA_INIT")) lua_error(L);
    lua_call(L, 0, 0);
}

// Protected: everything that can fail for want of memory.
static int start(lua_State* L)
{
    int argc = (int)lua_tointeger(L, 1);
    char** argv = (char**)lua_touserdata(L, 2);
    char prefix[PATH_MAX];
    lua_gc(L, LUA_GCSTOP, 0);
    luaL_openlibs(L);
    lua_gc(L, LUA_GCRESTART, -1);

    if (find_prefix(prefix, sizeof prefix)) {
        put_in_front(L, "path", prefix, "%s/share/lua/5.1/?.lua;%s/share/lua/5.1/?/init.lua;");
        put_in_front(L, "cpath", prefix, "%s/lib/lua/5.1/?.so;");
    }
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    lua_pushcfunction(L, luaopen_barchan_core);
    lua_setfield(L, -2, "barchan.core");
    lua_pop(L, 2);
    run_init(L);

    lua_getglobal(L, "require");
    lua_pushstring(L, "barchan.cli");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "main");
    lua_createtable(L, argc, 0);
    for (int i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i);
    }
    lua_call(L, 1, 1);
    return 1;
}

// The processors that this process was given, before the OpenMP library binds the first thread to one of them
// (OMP_PROC_BIND), which the second start would take for all there are. Larger than any set: the call fails with less.
static cpu_set_t given[16];
static int given_known;
static void remember_given(void) { given_known = sched_getaffinity(0, sizeof given, given) == 0; }
__attribute__((section(".preinit_array"), used)) static void (*const before_libraries)(void) = remember_given;

// Threads that wait spin for a few hundred microseconds, which is longer than their shares of a step differ, and then
// sleep: waking up takes 40 to 90 (with an eighth of it two threads were 1.05 to 1.2 times slower). Without an end of
// it two threads were ten times slower than one on a machine that others use too. The OpenMP library reads this before
// main, hence the second start.
static void let_waiting_threads_sleep(char** argv)
{
    if (getenv("OMP_WAIT_POLICY") || setenv("OMP_WAIT_POLICY", "passive", 1) || setenv("GOMP_SPINCOUNT", "8000", 0))
        return;
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0) return;
    self[n] = 0;
    if (given_known) sched_setaffinity(0, sizeof given, given);
    execv(self, argv); // returns only when it fails: then we go on as we are
}

int main(int argc, char** argv)
{
    let_waiting_threads_sleep(argv);
    lua_State* L = luaL_newstate();
    if (!L) {
        fprintf(stderr, "barchan: there is no memory for Lua\n");
        return EXIT_FAILURE;
    }
    lua_pushcfunction(L, traceback);
    lua_pushcfunction(L, start);
    lua_pushinteger(L, argc);
    lua_pushlightuserdata(L, argv);
    int failed = lua_pcall(L, 2, 1, 1);
    int code = EXIT_FAILURE;
    if (failed) {
        const char* text = lua_tostring(L, -1);
        fprintf(stderr, "barchan: %s\n", text ? text : "an error without a text");
    } else {
        code = (int)lua_tointeger(L, -1);
    }
    lua_close(L);
    return code;
}
