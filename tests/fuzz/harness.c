// harness.c -- the scratch file of a fuzz target, in memory where the system has a place for that.
#include "harness.h"
#include "barchan.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], path[160];

static void leave(void)
{
    if (*path) unlink(path);
    rmdir(folder);
}

const char* scratch_file(const uint8_t* data, size_t size, const char* ending)
{
    if (!*folder) {
        snprintf(folder, sizeof folder, "%s/barchan-fuzz-XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
        if (!mkdtemp(folder)) abort();
        atexit(leave);
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
