// make_seeds.c -- writes the checkpoints and trajectories that fuzzing begins with: make_seeds FOLDER.
#include "checkpoint.h"
#include "pack_bytes.h"
#include "scene.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static void put(const char* folder, const char* kind, const char* name, const uint8_t* bytes, size_t size)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, kind);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%s", folder, kind, name);
    FILE* file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file)) {
        fprintf(stderr, "cannot write %s\n", path);
        exit(1);
    }
}

int main(int argc, char** argv)
{
    enum { ROOM = 1 << 20 };
    static uint8_t bytes[ROOM];
    static const char* const names[SCENES] = {"plain", "cell"};
    if (argc != 2) return 2;
    for (int kind = 0; kind < SCENES; kind++) {
        brc_sim* s = scene_empty(kind);
        scene_fill(s, kind);
        brc_pack p = {.loading = false};
        if (brc_sim_pack(s, &p) != BRC_OK) return 1;
        bytes[0] = (uint8_t)kind;
        size_t size = pack_to_bytes(&p, bytes + 1, ROOM - 1);
        if (!size) return 1;
        put(argv[1], "state", names[kind], bytes, size + 1);
        brc_pack_free(&p);
        brc_sim_destroy(s);
    }
    return 0;
}
