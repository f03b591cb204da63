// grid.c -- particles sorted into cells, to find those near a place. A cache, made anew whenever it is needed.
#include "sim.h"
#include <string.h>

static int32_t cell_along(const cell_grid* g, int k, double x)
{
    double c = (x - g->lo[k]) * g->inverse[k];
    int32_t i = c > 0 ? (c < g->n[k] ? (int32_t)c : g->n[k] - 1) : 0;
    return i;
}

static void grid_shape(brc_sim* s, double reach)
{
    cell_grid* g = &s->grid;
    double lo[3] = {INFINITY, INFINITY, INFINITY}, hi[3] = {-INFINITY, -INFINITY, -INFINITY};
    for (int64_t i = 0; i < s->count; i++) {
        if (!brc_alive(s, i)) continue;
        for (int k = 0; k < 3; k++) {
            double x = s->pos[4 * i + k];
            lo[k] = x < lo[k] ? x : lo[k];
            hi[k] = x > hi[k] ? x : hi[k];
        }
    }
    double cell = (2 * s->radius_max + reach) * 1.0001; // a margin for the rounding of cell numbers
    if (!(cell > 0)) cell = s->hi[0] - s->lo[0];
    for (;; cell *= 1.25) {
        double total = 1;
        for (int k = 0; k < 3; k++) {
            bool periodic = s->options.periodic[k];
            g->wraps[k] = periodic;
            g->lo[k] = periodic ? s->lo[k] : lo[k];
            double extent = periodic ? s->length[k] : hi[k] - lo[k];
            double n = extent > 0 ? floor(extent / cell) + !periodic : 1;
            g->n[k] = n < 1 ? 1 : n > 1e6 ? 1000000 : (int32_t)n;
            g->size[k] = periodic ? extent / g->n[k] : cell;
            g->inverse[k] = 1 / g->size[k];
            total *= g->n[k];
        }
        if (total <= 8.0 * (double)s->count + 64) {
            g->cell_count = (int64_t)total;
            return;
        }
    }
}

brc_status brc_grid_make(brc_sim* s, double reach)
{
    cell_grid* g = &s->grid;
    grid_shape(s, reach);
    if (g->cell_count + 2 > g->cell_capacity) {
        brc_free(g->start);
        g->cell_capacity = g->cell_count + g->cell_count / 4 + 64;
        g->start = BRC_NEW(g->cell_capacity, int32_t);
        BRC_CHECK(g->start, BRC_ERR_MEMORY, "no memory for %" PRId64 " cells", g->cell_count);
    }
    if (s->count > g->capacity) {
        brc_free(g->slot), brc_free(g->position), brc_free(g->cell);
        g->capacity = s->capacity;
        g->slot = BRC_NEW(g->capacity, int32_t);
        g->cell = BRC_NEW(g->capacity, int32_t);
        g->position = BRC_NEW(4 * g->capacity, double);
        if (!g->slot || !g->cell || !g->position) g->capacity = 0;
        BRC_CHECK(g->capacity, BRC_ERR_MEMORY, "no memory for the grid of %" PRId64 " particles", s->count);
    }
    memset(g->start, 0, (size_t)(g->cell_count + 2) * sizeof(int32_t));
    for (int64_t i = 0; i < s->count; i++) {
        const double* x = s->pos + 4 * i;
        int32_t cx = cell_along(g, 0, x[0]), cy = cell_along(g, 1, x[1]), cz = cell_along(g, 2, x[2]);
        g->cell[i] = (cz * g->n[1] + cy) * g->n[0] + cx;
        g->start[g->cell[i] + 2]++;
    }
    for (int64_t c = 0; c < g->cell_count; c++) g->start[c + 2] += g->start[c + 1];
    for (int64_t i = 0; i < s->count; i++) {
        int32_t at = g->start[g->cell[i] + 1]++;
        g->slot[at] = (int32_t)i;
        memcpy(g->position + 4 * (int64_t)at, s->pos + 4 * i, 4 * sizeof(double));
    }
    g->count = s->count;
    return BRC_OK;
}

// The cells along axis k from first to last, which may lie beyond the grid, each once; as runs [first, last].
cell_runs brc_grid_runs(const cell_grid* g, int k, int32_t first, int32_t last)
{
    cell_runs r = {{first, 0}, {last, 0}, 1};
    int32_t n = g->n[k];
    if (last - first + 1 >= n) {
        r.first[0] = 0, r.last[0] = n - 1;
        return r;
    }
    if (!g->wraps[k]) {
        if (first < 0) r.first[0] = 0;
        if (last > n - 1) r.last[0] = n - 1;
        if (r.first[0] > n - 1) r.first[0] = n - 1;
        if (r.last[0] < 0) r.last[0] = 0;
        return r;
    }
    while (r.first[0] < 0) r.first[0] += n, r.last[0] += n;
    while (r.first[0] >= n) r.first[0] -= n, r.last[0] -= n;
    if (r.last[0] >= n) {
        r.count = 2;
        r.first[1] = 0, r.last[1] = r.last[0] - n;
        r.last[0] = n - 1;
    }
    return r;
}

static double far_cell(double c) { return c < -1e6 ? -1e6 : c > 2e6 ? 2e6 : c; }

// Across tilted faces: each image of the sphere that may reach into the brick is looked for in its own cells. Cells may
// come up for several images, a particle is visited for the nearest.
static void visit_tilted(const brc_sim* s, vec3 x, double radius, double reach, double far,
                         void (*visit)(void*, int32_t), void* context)
{
    const cell_grid* g = &s->grid;
    const double* e = s->cell.edge;
    double at[3];
    int32_t first[3], last[3];
    at[2] = x.z;
    first[2] = (int32_t)floor(far_cell((at[2] - far - g->lo[2]) * g->inverse[2]));
    last[2] = (int32_t)floor(far_cell((at[2] + far - g->lo[2]) * g->inverse[2]));
    cell_runs plain = brc_grid_runs(g, 2, first[2], last[2]);
    if (!g->wraps[2]) first[2] = plain.first[0], last[2] = plain.last[0];
    for (int32_t cz = first[2]; cz <= last[2]; cz++) {
        double turn_z = floor((double)cz / g->n[2]);
        at[1] = x.y - turn_z * e[5];
        first[1] = (int32_t)floor(far_cell((at[1] - far - g->lo[1]) * g->inverse[1]));
        last[1] = (int32_t)floor(far_cell((at[1] + far - g->lo[1]) * g->inverse[1]));
        plain = brc_grid_runs(g, 1, first[1], last[1]);
        if (!g->wraps[1]) first[1] = plain.first[0], last[1] = plain.last[0];
        for (int32_t cy = first[1]; cy <= last[1]; cy++) {
            double turn_y = floor((double)cy / g->n[1]);
            at[0] = x.x - turn_z * e[4] - turn_y * e[3];
            cell_runs r = brc_grid_runs(g, 0, (int32_t)floor(far_cell((at[0] - far - g->lo[0]) * g->inverse[0])),
                                        (int32_t)floor(far_cell((at[0] + far - g->lo[0]) * g->inverse[0])));
            int64_t row =
                ((int64_t)(cz - (int32_t)turn_z * g->n[2]) * g->n[1] + (cy - (int32_t)turn_y * g->n[1])) * g->n[0];
            for (int rx = 0; rx < r.count; rx++)
                for (int32_t p = g->start[row + r.first[rx]]; p < g->start[row + r.last[rx] + 1]; p++) {
                    const double* q = g->position + 4 * (int64_t)p;
                    double sum = radius + q[3] + reach;
                    double d[3] = {x.x - q[0], x.y - q[1], x.z - q[2]}, y = d[1], z = d[2];
                    brc_nearest(s, d);
                    if (!(d[0] * d[0] + d[1] * d[1] + d[2] * d[2] < sum * sum)) continue;
                    // the same for all images along x, of which the runs hold each cell once
                    if (d[2] != z - turn_z * s->length[2] || d[1] != y - turn_z * e[5] - turn_y * s->length[1])
                        continue;
                    visit(context, g->slot[p]);
                }
        }
    }
}

void brc_grid_visit(const brc_sim* s, vec3 x, double radius, double reach, void (*visit)(void*, int32_t), void* context)
{
    const cell_grid* g = &s->grid;
    if (!g->count) return;
    if (s->cell.tilted) {
        visit_tilted(s, x, radius, reach, (radius + s->radius_max + reach) * 1.0001, visit, context);
        return;
    }
    double at[3] = {x.x, x.y, x.z}, far = (radius + s->radius_max + reach) * 1.0001;
    cell_runs r[3];
    for (int k = 0; k < 3; k++)
        r[k] = brc_grid_runs(g, k, (int32_t)floor(far_cell((at[k] - far - g->lo[k]) * g->inverse[k])),
                             (int32_t)floor(far_cell((at[k] + far - g->lo[k]) * g->inverse[k])));
    for (int rz = 0; rz < r[2].count; rz++)
        for (int32_t cz = r[2].first[rz]; cz <= r[2].last[rz]; cz++)
            for (int ry = 0; ry < r[1].count; ry++)
                for (int32_t cy = r[1].first[ry]; cy <= r[1].last[ry]; cy++)
                    for (int rx = 0; rx < r[0].count; rx++) {
                        int64_t row = ((int64_t)cz * g->n[1] + cy) * g->n[0];
                        int32_t end = g->start[row + r[0].last[rx] + 1];
                        for (int32_t p = g->start[row + r[0].first[rx]]; p < end; p++) {
                            const double* q = g->position + 4 * (int64_t)p;
                            double r2 = 0, sum = radius + q[3] + reach;
                            for (int k = 0; k < 3; k++) {
                                double d = brc_image(at[k] - q[k], s->length[k], s->half[k]);
                                r2 += d * d;
                            }
                            if (r2 < sum * sum) visit(context, g->slot[p]);
                        }
                    }
}
