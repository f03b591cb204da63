// patched.c -- trajectories and a checkpoint of the scene, made once each, and the changes that an input makes to them.
#include "patched.h"
#include "barchan.h"
#include "harness.h"
#include "scene.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct base {
    uint8_t* bytes;
    size_t size, word_count;
    uint32_t* word; // where the words are that are not 0
} base;

static bool write_trajectory(brc_sim* s, const char* path, int content)
{
    const brc_output_def def = {.path = path, .provenance = "{}", .content = content, .compress = content ? 0 : 4};
    brc_output* output;
    int64_t done;
    return brc_output_open(s, &def, &output) == BRC_OK && brc_output_write(output) == BRC_OK &&
           brc_sim_steps(s, 1, &done) == BRC_OK && brc_output_write(output) == BRC_OK &&
           brc_output_close(output) == BRC_OK;
}

static bool write_checkpoint(brc_sim* s, const char* path)
{
    const brc_writing_def def = {.path = path, .text = "{|}", .length = 3, .compress = 4};
    brc_writing* writing;
    return brc_checkpoint_begin(s, &def, &writing) == BRC_OK && brc_checkpoint_end(writing, NULL) == BRC_OK;
}

static base make(int kind)
{
    base b = {.bytes = NULL};
    const char* path = scratch_file(NULL, 0, kind == PATCHED_CHECKPOINT ? ".chk" : ".vtkhdf");
    brc_sim* s = scene_empty(SCENE_PLAIN);
    scene_fill(s, SCENE_PLAIN);
    const bool written = kind == PATCHED_CHECKPOINT ? write_checkpoint(s, path) : write_trajectory(s, path, kind);
    brc_sim_destroy(s);
    FILE* file = written ? fopen(path, "rb") : NULL;
    if (!file || fseek(file, 0, SEEK_END)) abort();
    b.size = (size_t)ftell(file);
    b.bytes = malloc(b.size);
    b.word = malloc((b.size / 8 + 1) * sizeof *b.word);
    if (!b.bytes || !b.word || fseek(file, 0, SEEK_SET) || fread(b.bytes, 1, b.size, file) != b.size) abort();
    fclose(file);
    for (size_t at = 0; at + 8 <= b.size; at += 8)
        if (memcmp(b.bytes + at, "\0\0\0\0\0\0\0", 8) != 0) b.word[b.word_count++] = (uint32_t)at;
    return b;
}

uint8_t* patched_file(const uint8_t* data, size_t size, int kinds, size_t* length, int* kind)
{
    static base bases[PATCHED_CHECKPOINT + 1];
    *kind = data[0] % kinds;
    base* b = &bases[*kind];
    if (!b->bytes) *b = make(*kind);
    uint8_t* bytes = malloc(b->size);
    if (!bytes) abort();
    memcpy(bytes, b->bytes, b->size);
    for (size_t at = 1; at + 4 <= size;) { // word: two bytes; where in it and how many: one; then these
        const uint32_t word = b->word[(size_t)(data[at] | data[at + 1] << 8) % b->word_count];
        const size_t first = data[at + 2] & 7, most = 8 - first, count = (size_t)(data[at + 2] >> 3 & 7) + 1;
        at += 3;
        size_t n = count < most ? count : most;
        n = n < size - at ? n : size - at;
        memcpy(bytes + word + first, data + at, n);
        at += n;
    }
    *length = b->size;
    return bytes;
}
