// make_seeds.c -- writes the checkpoints that fuzzing begins with: make_seeds FOLDER.
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

// As the engine writes it, but for the 32 bytes at the end.
static void put_checkpoint(const char* folder, const char* name, brc_sim* s, int compress)
{
    static uint8_t bytes[1 << 20];
    const brc_writing_def def = {.path = "seed.chk", .text = "{|}", .length = 3, .compress = compress};
    brc_writing* writing;
    bool written = brc_checkpoint_begin(s, &def, &writing) == BRC_OK && brc_checkpoint_end(writing, NULL) == BRC_OK;
    FILE* file = written ? fopen("seed.chk", "rb") : NULL;
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (size < 32 || size == sizeof bytes) {
        fprintf(stderr, "no checkpoint: %s\n", brc_last_error());
        exit(1);
    }
    fclose(file);
    remove("seed.chk");
    put(folder, "checkpoint", name, bytes, size - 32);
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
        put_checkpoint(argv[1], names[kind], s, kind == SCENE_CELL ? 6 : 0);
        brc_sim_destroy(s);
    }
    return 0;
}
