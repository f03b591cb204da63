// compute_vulkan_grid.c -- the cells of a device, in which it looks for candidates (place.comp, rows.comp): levels of
// them by the particles' size, as in grid.c, over what particles take up of the domain. What they are decides how fast
// rows are made, and nothing else: who has left them since is in those of the border.
#include "compute_vulkan_parts.h"
#include <math.h>

enum { BINS = 256 }; // of a periodic axis
typedef struct extent {
    double least[3], most[3], sizes[2];
    bool there[3][BINS];
} extent;

static void look(const brc_sim* s, extent* e)
{
    for (int k = 0; k < 3; k++) e->least[k] = INFINITY, e->most[k] = -INFINITY;
    e->sizes[0] = INFINITY, e->sizes[1] = 0;
    for (int64_t i = 0; i < s->count + s->ghosts; i++) {
        const double *x = s->pos + 4 * i, r = x[3];
        for (int k = 0; k < 3; k++) {
            e->least[k] = x[k] < e->least[k] ? x[k] : e->least[k];
            e->most[k] = x[k] > e->most[k] ? x[k] : e->most[k];
            if (!(s->length[k] > 0)) continue;
            const double at = (x[k] - s->lo[k]) / s->length[k];
            e->there[k][(int)(at >= 0 && at < 1 ? at * BINS : 0)] = true;
        }
        e->sizes[0] = r < e->sizes[0] ? r : e->sizes[0];
        e->sizes[1] = r > e->sizes[1] ? r : e->sizes[1];
    }
}

// The longest way along a periodic axis where nobody is: the cells begin behind it.
static void around_gap(const brc_sim* s, const extent* e, int k, double* lo, double* length)
{
    int longest = 0, end = 0, run = 0;
    for (int b = 0; b < 2 * BINS && longest < BINS; b++) { // twice around
        run = e->there[k][b % BINS] ? 0 : run + 1;
        if (run > longest) longest = run, end = (b + 1) % BINS;
    }
    if (longest == BINS) longest = 0;
    *lo = s->lo[k] + s->length[k] * end / BINS, *length = s->length[k] * (BINS - longest) / BINS;
}

void brc_device_grid(brc_device* d, const brc_sim* s)
{
    device_numbers* n = &d->n;
    grid_crowd crowd[BRC_GRID_LEVELS];
    extent e = {0};
    double volume = 1;
    look(s, &e);
    for (int k = 0; k < 3; k++) {
        const bool any = e.most[k] - e.least[k]<1e30, periodic = s->length[k]> 0;
        n->cell_lo[k] = any && !periodic ? e.least[k] : s->lo[k];
        d->extent[k] = any && !periodic ? e.most[k] - e.least[k] : s->hi[k] - s->lo[k];
        if (periodic && !d->in_cell) around_gap(s, &e, k, &n->cell_lo[k], &d->extent[k]);
        volume *= d->extent[k] + 2 * e.sizes[1];
    }
    n->levels = brc_grid_crowds(s, 0, e.sizes, s->reach + d->skin, volume, crowd);
    for (int l = 0; l < n->levels; l++) n->level_radius[l] = crowd[l].radius, d->crowd[l] = crowd[l].count;
}

// Cells of a level whose sides are `wide` times what is best, and no more than about two for each particle that is in
// them.
static int64_t shape(brc_device* d, const brc_sim* s, int l, double wide)
{
    device_numbers* n = &d->n;
    double side = wide * (2 * n->level_radius[l] + d->skin + s->reach), total;
    int32_t* const cells = n->level_cells + 3 * l;
    BRC_ASSERT(side > 0);
    do {
        total = 1;
        for (int k = 0; k < 3; k++) {
            const double most = floor(fmin(d->extent[k], 1e30) / (k ? side : 0.5 * side)); // rows of cells lie along x
            cells[k] = most < 1 ? 1 : most > 1e6 ? 1000000 : (int32_t)most;
            total *= cells[k];
        }
        side *= 1.25;
    } while (total > 2 * d->crowd[l] + 16);
    for (int k = 0; k < 3; k++) n->level_per[3 * l + k] = d->extent[k] > 0 ? cells[k] / d->extent[k] : 0;
    return (int64_t)total;
}

brc_status brc_device_cells(brc_device* d, const brc_sim* s)
{
    device_numbers* n = &d->n;
    for (int k = 0; k < 3; k++)
        if (d->in_cell && s->length[k] > 0) n->cell_lo[k] = n->lo[k], d->extent[k] = n->hi[k] - n->lo[k];
    for (double wide = 1;; wide *= 1.25) {
        d->cells = 0;
        for (int l = 0; l < n->levels; l++) {
            n->level_first[l] = (int32_t)d->cells;
            d->cells += shape(d, s, l, wide);
        }
        if (d->cells <= 2 * s->count + 64) break; // also where others' particles are many
    }
    const int64_t most = s->count > d->cells ? s->count : d->cells;
    BRC_TRY(brc_device_room(d, &d->cell_start, 4 * (d->cells + 1), "starts of cells"));
    return brc_device_room(d, &d->blocks, 4 * (most / SCAN_BLOCK + 1), "sums of blocks");
}

double brc_device_cell_width(const brc_device* d)
{
    double width = 0;
    for (int k = 0; k < 3; k++) width = fmax(width, d->extent[k] / d->n.level_cells[k]);
    return width;
}
