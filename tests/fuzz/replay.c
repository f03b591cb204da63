// replay.c -- runs a fuzz target on files and the files of folders, once each: what a build without libFuzzer does with
// the corpus. A file that makes the target crash, or hold on for more than ten seconds, ends the program.
#include "harness.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int run_file(const char* path)
{
    FILE* file = fopen(path, "rb");
    long size = file && fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    uint8_t* bytes = size >= 0 ? malloc((size_t)size + 1) : NULL;
    if (!bytes || fseek(file, 0, SEEK_SET) || fread(bytes, 1, (size_t)size, file) != (size_t)size) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(2);
    }
    fclose(file);
    printf("%s\n", path);
    fflush(stdout); // the last line names the file that ends the program
    alarm(10);
    LLVMFuzzerTestOneInput(bytes, (size_t)size);
    alarm(0);
    free(bytes);
    return 1;
}

static int run(const char* path)
{
    struct stat info;
    if (stat(path, &info) || !S_ISDIR(info.st_mode)) return run_file(path);
    struct dirent** names;
    int n = scandir(path, &names, NULL, alphasort), done = 0;
    for (int i = 0; i < n; i++) {
        char name[4096];
        if (names[i]->d_name[0] != '.') {
            snprintf(name, sizeof name, "%s/%s", path, names[i]->d_name);
            done += run(name);
        }
        free(names[i]);
    }
    if (n >= 0) free(names);
    return done;
}

int main(int argc, char** argv)
{
    int done = 0;
    for (int i = 1; i < argc; i++) done += run(argv[i]);
    printf("%d files\n", done);
    return done ? 0 : 2;
}
