// harness.c -- the scratch file of a fuzz target, in memory where the system has a place for that.
#include "harness.h"
#include "barchan.h"
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
void __sanitizer_set_report_path(const char* path);
void __sanitizer_set_death_callback(void (*callback)(void));
#endif
#endif

static char folder[64], path[160];

// A process that this one starts has no terminal to say on what the sanitizers find there. Nor is it the fuzzer: that
// one's callback would keep the input as one that has crashed, whatever crashed there.
static void in_child(void)
{
#ifdef SANITIZED
    char report[80];
    snprintf(report, sizeof report, "%s/report", folder);
    __sanitizer_set_report_path(report);
    __sanitizer_set_death_callback(NULL);
#endif
}

// Whether the stack that begins behind `title` is one of the engine's functions, those of the sanitizers left out: what
// the engine hands to memcpy is its own doing.
static int begins_in_engine(const char* text, const char* title)
{
    const char* at = strstr(text, title);
    for (at = at ? strstr(at, "    #0 ") : NULL; at && !strncmp(at, "    #", 5);) {
        const char* end = strchr(at, '\n');
        char line[400];
        snprintf(line, sizeof line, "%.*s", end ? (int)(end - at < 399 ? end - at : 399) : 399, at);
        if (!strstr(line, " __interceptor_") && !strstr(line, " __asan_") && !strstr(line, " __sanitizer"))
            return strstr(line, "/engine/") || strstr(line, "/tests/");
        at = end ? end + 1 : NULL;
    }
    return 0;
}

// Each report on its way to the terminal; whether one is about the engine, or about memory that it has made.
static int reports(void)
{
    static char text[1 << 16];
    char name[400];
    int ours = 0;
    DIR* all = opendir(folder);
    for (struct dirent* e = all ? readdir(all) : NULL; e; e = readdir(all)) {
        if (strncmp(e->d_name, "report.", 7) != 0) continue;
        snprintf(name, sizeof name, "%s/%s", folder, e->d_name);
        FILE* file = fopen(name, "rb");
        const size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
        if (file) fclose(file);
        unlink(name);
        text[size] = 0;
        const int here = strstr(text, "runtime error") || begins_in_engine(text, "ERROR: ") ||
                         begins_in_engine(text, "allocated by thread");
        if (here) fprintf(stderr, "%s\n", text);
        ours = ours || here;
    }
    if (all) closedir(all);
    return ours;
}

void look_at_children(void)
{
    if (*folder && reports()) abort();
}

static void leave(void)
{
    if (*path) unlink(path);
    (void)reports();
    rmdir(folder);
}

const char* scratch_file(const uint8_t* data, size_t size, const char* ending)
{
    if (!*folder) {
        snprintf(folder, sizeof folder, "%s/barchan-fuzz-XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
        if (!mkdtemp(folder)) abort();
        atexit(leave);
        pthread_atfork(NULL, NULL, in_child);
    }
    if (*path) unlink(path);
    snprintf(path, sizeof path, "%s/input%s", folder, ending);
    FILE* file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0) abort();
    return path;
}

int accepted(int status)
{
    if (getenv("FUZZ_SAY")) fprintf(stderr, "  %s\n", status == BRC_OK ? "accepted" : brc_last_error());
    return status == BRC_OK;
}
