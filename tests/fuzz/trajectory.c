// trajectory.c -- fuzz target: a trajectory file with which a resumed run goes on. The files are larger than a fuzzer
// likes, so the input says what to change in one that is made here: the first byte chooses its content, then come
// changes of a few bytes each, in those of its words that are not 0 (most of them are HDF5's directory).
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

static base make(int content)
{
    base b = {.bytes = NULL};
    const char* path = scratch_file(NULL, 0, ".vtkhdf");
    const brc_output_def def = {.path = path, .provenance = "{}", .content = content, .compress = content ? 0 : 4};
    brc_output* output;
    int64_t done;
    brc_sim* s = scene_empty(SCENE_PLAIN);
    scene_fill(s, SCENE_PLAIN);
    bool written = brc_output_open(s, &def, &output) == BRC_OK && brc_output_write(output) == BRC_OK &&
                   brc_sim_steps(s, 1, &done) == BRC_OK && brc_output_write(output) == BRC_OK &&
                   brc_output_close(output) == BRC_OK;
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

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    static base bases[3];
    if (size < 1) return 0;
    const int content = data[0] % 3;
    base* b = &bases[content];
    if (!b->bytes) *b = make(content);
    uint8_t* bytes = malloc(b->size);
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
    brc_sim* s = scene_empty(SCENE_PLAIN);
    scene_fill(s, SCENE_PLAIN);
    const brc_output_def def = {
        .path = scratch_file(bytes, b->size, ".vtkhdf"), .content = content, .compress = content ? 0 : 4};
    const brc_output_place place = {.steps = 1};
    brc_output* output;
    int64_t done;
    free(bytes);
    if (accepted(brc_output_reopen(s, &def, &place, &output))) {
        accepted(brc_output_write(output));
        accepted(brc_sim_steps(s, 1, &done));
        accepted(brc_output_write(output));
        (void)brc_output_close(output);
    }
    brc_sim_destroy(s);
    return 0;
}
