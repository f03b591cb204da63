// playback.c -- fuzz target: a trajectory that is read back step by step, as `barchan export`, `render`, `plot` and
// `view` do it.
#include "barchan.h"
#include "harness.h"
#include "patched.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MOST = 4, NUMBERS_MOST = 1 << 20 };

// A column of a step, with as much room as the bindings make.
static void read_column(brc_trajectory* t, int64_t k, int kind, const char* name, int64_t count)
{
    if (count > NUMBERS_MOST) return;
    double* out = malloc((size_t)(count + 1) * sizeof *out);
    if (!out) abort();
    if (brc_trajectory_read(t, k, kind, name, count, out) == BRC_OK) {
        double sum = 0;
        for (int64_t i = 0; i < count; i++) sum += out[i] > 0; // all of it is there
        if (!(sum >= 0)) abort();
    }
    free(out);
}

static void read_cells(brc_trajectory* t, int64_t k, const brc_trajectory_step* step, int corners)
{
    if (step->cells > NUMBERS_MOST) return;
    int64_t* out = malloc((size_t)(step->cells * corners + 1) * sizeof *out);
    if (!out) abort();
    if (brc_trajectory_cells(t, k, step->cells * corners, out) == BRC_OK)
        for (int64_t i = 0; i < step->cells * corners; i++)
            if (out[i] < 0 || out[i] >= step->points) abort(); // whoever draws it trusts that
    free(out);
}

static void read_series(brc_trajectory* t, const brc_trajectory_info* info, const brc_trajectory_field* field)
{
    if (info->steps > NUMBERS_MOST / 16) return;
    double* out = malloc((size_t)(info->steps * field->components + 1) * sizeof *out);
    if (!out) abort();
    (void)brc_trajectory_series(t, field->name, info->steps * field->components, out);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    static const int corners[] = {1, 3, 2};
    size_t length;
    int content;
    brc_trajectory* t;
    if (size < 1) return 0;
    uint8_t* bytes = patched_file(data, size, PATCHED_CONTACTS + 1, &length, &content);
    char path[200], export[240];
    snprintf(path, sizeof path, "%s", scratch_file(bytes, length, ".vtkhdf"));
    free(bytes);
    if (accepted(brc_trajectory_open(path, &t))) {
        brc_trajectory_info info;
        brc_trajectory_field field;
        brc_trajectory_step step;
        brc_trajectory_get(t, &info);
        if (info.steps < 0 || info.content < 0 || info.content > BRC_CONTENT_CONTACTS) abort();
        for (int64_t k = 0; k < info.steps && k < STEPS_MOST; k++) {
            if (brc_trajectory_at(t, k, &step) != BRC_OK) continue;
            if (step.points < 0 || step.cells < 0) abort();
            read_column(t, k, BRC_COLUMN_POINT, "position", 3 * step.points);
            for (int32_t i = 0; i < info.columns; i++) {
                if (!brc_trajectory_column(t, i, &field) || field.components < 1 || strlen(field.unit) > 31) abort();
                if (field.kind == BRC_COLUMN_SERIES) read_series(t, &info, &field);
                else
                    read_column(t, k, field.kind, field.name,
                                (field.kind == BRC_COLUMN_POINT ? step.points : step.cells) * field.components);
            }
            read_cells(t, k, &step, corners[info.content]);
        }
        if (info.steps > 0 && brc_trajectory_at(t, 0, &step) == BRC_OK && step.points < NUMBERS_MOST) {
            const int64_t first = 0;
            snprintf(export, sizeof export, "%s.out", path);
            accepted(brc_trajectory_export(t, 1, &first, export, data[0] >> 4 & 3));
            remove(export);
        }
        brc_trajectory_close(t);
    }
    look_at_children();
    return 0;
}
