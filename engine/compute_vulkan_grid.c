// compute_vulkan_grid.c -- the cells of a device, in which it looks for candidates (place.comp, rows.comp): levels of
// them by the particles' size, as in grid.c, over what particles take up of the domain. What they are decides how fast
// rows are made, and nothing else: who has left them since is in those of the border.
#include "compute_vulkan_parts.h"
#include <math.h>
#include <string.h>

enum { BINS = 256 };

// The longest way along a periodic axis where nobody is: the cells begin behind it.
static void around_gap(const brc_sim* s, int k, double* lo, double* extent)
{
    bool there[BINS] = {false};
    const double length = s->length[k];
    int longest = 0, end = 0, run = 0;
    for (int64_t i = 0; i < s->count + s->ghosts; i++) {
        const double at = (s->pos[4 * i + k] - s->lo[k]) / length;
        const int bin = (int)(at >= 0 && at < 1 ? at * BINS : 0);
        there[bin] = true;
    }
    for (int b = 0; b < 2 * BINS && longest < BINS; b++) { // twice around
        run = there[b % BINS] ? 0 : run + 1;
        if (run > longest) longest = run, end = (b + 1) % BINS;
    }
    if (longest == BINS) longest = 0;
    *lo = s->lo[k] + length * end / BINS, *extent = length * (BINS - longest) / BINS;
}

// Where particles are: their least coordinate and how far it is to the largest.
static void around_all(const brc_sim* s, int k, double* lo, double* extent)
{
    double least = INFINITY, most = -INFINITY;
    for (int64_t i = 0; i < s->count + s->ghosts; i++) {
        const double x = s->pos[4 * i + k];
        least = x < least ? x : least, most = x > most ? x : most;
    }
    const bool any = most - least < 1e30;
    *lo = any ? least : s->lo[k], *extent = any ? most - least : s->hi[k] - s->lo[k];
}

void brc_device_sort(brc_device* d, const brc_sim* s)
{
    device_numbers* n = &d->n;
    grid_crowd crowd[BRC_GRID_LEVELS];
    double volume = 1;
    for (int k = 0; k < 3; k++) {
        if (d->in_cell) n->cell_lo[k] = s->lo[k], d->extent[k] = s->hi[k] - s->lo[k];
        else if (s->length[k] > 0) around_gap(s, k, &n->cell_lo[k], &d->extent[k]);
        else around_all(s, k, &n->cell_lo[k], &d->extent[k]);
        volume *= d->extent[k] + 2 * s->radius_max;
    }
    n->levels = brc_grid_crowds(s, 0, s->reach + d->skin, volume, crowd);
    for (int l = 0; l < n->levels; l++) n->level_radius[l] = crowd[l].radius, d->crowd[l] = crowd[l].count;
    if (n->level_radius[0] < s->radius_max) n->level_radius[0] = s->radius_max; // others that may come
}

// Cells of a level whose sides are `wide` times what is best, but no more than two for each particle that is in them.
static int64_t shape(brc_device* d, const brc_sim* s, int l, double wide)
{
    device_numbers* n = &d->n;
    double side = wide * (2 * n->level_radius[l] + d->skin + s->reach), total;
    int32_t* const cells = n->level_cells + 3 * l;
    do {
        total = 1;
        for (int k = 0; k < 3; k++) {
            const double most = floor(fmin(d->extent[k], 1e30) / (k ? side : 0.5 * side)); // rows lie along x
            cells[k] = most < 1 ? 1 : most > 1e6 ? 1000000 : (int32_t)most;
            total *= cells[k];
        }
        side *= 1.25;
    } while (total > 2 * d->crowd[l] + 16);
    for (int k = 0; k < 3; k++) n->level_per[3 * l + k] = d->extent[k] > 0 ? cells[k] / d->extent[k] : 0;
    return (int64_t)total;
}

void brc_device_cells(brc_device* d, const brc_sim* s)
{
    device_numbers* n = &d->n;
    if (d->in_cell) // its edges are those of now
        for (int k = 0; k < 3; k++) n->cell_lo[k] = n->lo[k], d->extent[k] = n->hi[k] - n->lo[k];
    for (double wide = 1;; wide *= 1.25) {
        d->cells = 0;
        for (int l = 0; l < n->levels; l++) {
            n->level_first[l] = (int32_t)d->cells;
            d->cells += shape(d, s, l, wide);
        }
        if (d->cells <= 2 * s->count + 64) break; // d->acc has room for their counts
    }
}
