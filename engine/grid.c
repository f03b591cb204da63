// grid.c -- particles sorted into cells, to find those near a place: levels of cells by the particles' size, so that a
// few large ones do not make every search wide. A cache, made anew whenever it is needed.
#include "sim.h"
#include <string.h>

// Cells are this many largest diameters wide across y and z, and half of that along x: few rows of many particles suit
// searches that look at 4 to 16 at a time.
static const double WIDTH = 1.5;

static double cell_of(double radius, double reach) { return WIDTH * (2 * radius + reach) * 1.0001; }

// ---- levels ----------------------------------------------------------------------------------------------

// [m] radius with what the particle may move.
static double size_of(const brc_sim* s, int64_t i, double room)
{
    return room > 0 ? s->pos[4 * i + 3] + room * (double)s->roam[2 * i] : s->pos[4 * i + 3];
}

// What it costs, in about nanoseconds, to search for all neighbours: every particle looks at every level, row by row.
static double cost_of(const grid_crowd* level, int levels, double reach, double volume)
{
    double cost = 0;
    for (int i = 0; i < levels; i++)
        for (int k = 0; k < levels; k++) {
            const double far = level[i].radius + level[k].radius + reach, cell = cell_of(level[k].radius, reach);
            const double rows = (1 + 2 * far / cell) * (1 + 2 * far / cell);
            const double found = level[k].count / volume * cell * cell * (2 * far + 0.5 * cell);
            cost += level[i].count * rows * (4 + 0.4 * found);
        }
    return cost;
}

static void merge(grid_crowd* level, int* levels, int at) // with the next smaller
{
    level[at].count += level[at + 1].count;
    --*levels;
    memmove(level + at + 1, level + at + 2, (size_t)(*levels - at - 1) * sizeof *level);
}

enum { BINS = 16 };

// Starts with a level for every factor of 1.41 in size and merges neighbours while that makes searching cheaper.
int brc_grid_crowds(const brc_sim* s, double room, const double sizes[2], double reach, double volume,
                    grid_crowd out[BRC_GRID_LEVELS])
{
    const double smallest = sizes[0], largest = sizes[1];
    grid_crowd level[BINS];
    out[0] = (grid_crowd){largest, (double)(s->count + s->ghosts)};
    if (!(smallest < 0.7 * largest)) return 1;
    for (int k = 0; k < BINS; k++) level[k] = (grid_crowd){ldexp(k % 2 ? 0.7071 * largest : largest, -k / 2), 0};
    for (int64_t i = 0; i < s->count + s->ghosts; i++) {
        const double r = size_of(s, i, room);
        int k = 0;
        if (!(r > 0)) continue;
        while (k + 1 < BINS && r <= level[k + 1].radius) k++;
        level[k].count++;
    }
    int levels = BINS;
    for (int k = 0; k + 1 < levels;) {
        if (level[k + 1].count == 0) merge(level, &levels, k);
        else k++;
    }
    while (levels > 1) {
        double best = levels > BRC_GRID_LEVELS ? INFINITY : cost_of(level, levels, reach, volume);
        int at = levels > BRC_GRID_LEVELS ? 0 : -1;
        for (int k = 0; k + 1 < levels; k++) {
            grid_crowd fewer[BINS];
            int count = levels;
            memcpy(fewer, level, (size_t)levels * sizeof *level);
            merge(fewer, &count, k);
            const double cost = cost_of(fewer, count, reach, volume);
            if (cost < best) best = cost, at = k;
        }
        if (at < 0) break;
        merge(level, &levels, at);
    }
    memcpy(out, level, (size_t)levels * sizeof *level);
    return levels;
}

static void shape_level(brc_sim* s, grid_level* v, const double extent[3], double cell, double count)
{
    const cell_grid* g = &s->grid;
    if (!(cell > 0)) cell = s->hi[0] - s->lo[0];
    for (double total = INFINITY; total > 2 * count + 64; cell *= 1.25) {
        total = 1;
        for (int k = 0; k < 3; k++) {
            const double n = extent[k] > 0 ? floor(extent[k] / (k ? cell : 0.5 * cell)) + !g->wraps[k] : 1;
            v->n[k] = n < 1 ? 1 : n > 1e6 ? 1000000 : (int32_t)n;
            v->size[k] = extent[k] / v->n[k];
            total *= v->n[k];
        }
    }
}

static void grid_shape(brc_sim* s, double reach)
{
    cell_grid* g = &s->grid;
    double lo[3] = {INFINITY, INFINITY, INFINITY}, hi[3] = {-INFINITY, -INFINITY, -INFINITY}, extent[3], volume = 1;
    double sizes[2] = {INFINITY, 0};
    for (int64_t i = 0; i < s->count + s->ghosts; i++) {
        const double* x = s->pos + 4 * i;
        if (!(x[3] > 0)) continue;
        for (int k = 0; k < 3; k++) {
            lo[k] = x[k] < lo[k] ? x[k] : lo[k];
            hi[k] = x[k] > hi[k] ? x[k] : hi[k];
        }
        const double size = size_of(s, i, g->room);
        sizes[0] = size < sizes[0] ? size : sizes[0];
        sizes[1] = size > sizes[1] ? size : sizes[1];
    }
    const double largest = sizes[1];
    for (int k = 0; k < 3; k++) {
        const bool periodic = s->options.periodic[k];
        g->wraps[k] = periodic;
        g->lo[k] = periodic ? s->lo[k] : lo[k] < INFINITY ? lo[k] : 0;
        extent[k] = periodic ? s->length[k] : hi[k] > lo[k] ? fmin(hi[k] - lo[k], 1e30) : 0;
        const double whole = extent[k] > 0 ? extent[k] : largest > 0 ? largest : 1;
        g->quantum[k] = ldexp(whole, periodic ? -32 : -30);
        g->per[k] = 1 / g->quantum[k];
        volume *= extent[k] + 2 * largest;
    }
    grid_crowd level[BRC_GRID_LEVELS];
    g->levels = brc_grid_crowds(s, g->room, sizes, reach, volume, level);
    g->cell_count = 0;
    for (int l = 0; l < g->levels; l++) {
        grid_level* v = &g->level[l];
        v->radius = level[l].radius;
        shape_level(s, v, extent, cell_of(level[l].radius, reach), level[l].count);
        v->first = g->cell_count;
        g->cell_count += (int64_t)v->n[0] * v->n[1] * v->n[2];
    }
}

// ---- making it -------------------------------------------------------------------------------------------

void brc_grid_free(cell_grid* g)
{
    brc_free(g->start), brc_free(g->slot), brc_free(g->cell), brc_free(g->radius);
    for (int k = 0; k < 3; k++) brc_free(g->place[k]);
    memset(g, 0, sizeof *g);
}

static brc_status reserve(brc_sim* s)
{
    cell_grid* g = &s->grid;
    if (g->cell_count + 2 > g->cell_capacity) {
        brc_free(g->start);
        g->cell_capacity = g->cell_count + g->cell_count / 4 + 64;
        g->start = BRC_NEW(g->cell_capacity, int32_t);
        if (!g->start) g->cell_capacity = 0;
        BRC_CHECK(g->start, BRC_ERR_MEMORY, "no memory for %" PRId64 " cells", g->cell_count);
    }
    if (s->count + s->ghosts <= g->capacity) return BRC_OK;
    brc_free(g->slot), brc_free(g->cell), brc_free(g->radius);
    g->capacity = s->capacity;
    const int64_t room = g->capacity + BRC_GRID_SPARE;
    g->slot = BRC_NEW(room, int32_t);
    g->cell = BRC_NEW(room, int32_t);
    g->radius = BRC_NEW(room, float);
    bool all = g->slot && g->cell && g->radius;
    for (int k = 0; k < 3; k++) {
        brc_free(g->place[k]);
        g->place[k] = BRC_NEW(room, uint32_t);
        all = all && g->place[k];
    }
    if (!all) g->capacity = 0;
    BRC_CHECK(g->capacity, BRC_ERR_MEMORY, "no memory for the grid of %" PRId64 " particles", s->count);
    return BRC_OK;
}

static const grid_level* level_for(const cell_grid* g, double radius)
{
    const grid_level* v = g->level;
    while (v + 1 < g->level + g->levels && radius <= v[1].radius) v++;
    return v;
}

brc_status brc_grid_make(brc_sim* s, double reach, double room)
{
    cell_grid* g = &s->grid;
    g->room = room;
    const int64_t count = s->count + s->ghosts;
    grid_shape(s, reach);
    BRC_TRY(reserve(s));
    memset(g->start, 0, (size_t)(g->cell_count + 2) * sizeof(int32_t));
    int bits[3];
    for (int k = 0; k < 3; k++) bits[k] = g->wraps[k] ? 32 : 30;
    for (int64_t i = 0; i < count; i++) {
        const double* x = s->pos + 4 * i;
        const grid_level* v = level_for(g, size_of(s, i, g->room));
        int32_t c[3];
        for (int k = 0; k < 3; k++)
            c[k] = (int32_t)((uint64_t)brc_grid_place(g, k, x[k]) * (uint64_t)v->n[k] >> bits[k]);
        g->cell[i] = (int32_t)v->first + (c[2] * v->n[1] + c[1]) * v->n[0] + c[0];
        g->start[g->cell[i] + 2]++;
    }
    for (int64_t c = 0; c < g->cell_count; c++) g->start[c + 2] += g->start[c + 1];
    for (int64_t i = 0; i < count; i++) {
        const double* x = s->pos + 4 * i;
        const int32_t at = g->start[g->cell[i] + 1]++;
        g->slot[at] = (int32_t)i;
        for (int k = 0; k < 3; k++) g->place[k][at] = brc_grid_place(g, k, x[k]);
        g->radius[at] = (float)size_of(s, i, g->room);
    }
    g->count = count;
    g->of_lists = false;
    return BRC_OK;
}

// ---- looking into it -------------------------------------------------------------------------------------

// Cells along axis k from first to last, which may lie beyond the grid, each once.
static cell_runs runs_from(const cell_grid* g, const grid_level* v, int k, int32_t first, int32_t last)
{
    cell_runs r = {{first, 0}, {last, 0}, 1};
    int32_t n = v->n[k];
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

static int32_t far_cell(const cell_grid* g, const grid_level* v, int k, double x)
{
    const double c = v->size[k] > 0 ? (x - g->lo[k]) / v->size[k] : 0;
    return (int32_t)floor(!(c > -1e6) ? -1e6 : c > 2e6 ? 2e6 : c); // NaN too
}

// Where the particle was when the grid was made.
static const double* place_of(const brc_sim* s, int32_t slot)
{
    return (s->grid.of_lists ? s->ref : s->pos) + 4 * (int64_t)slot;
}

// Across tilted faces: each image of the sphere that may reach into the brick is looked for in its own cells. Cells may
// come up for several images, a particle is visited for the nearest.
static void visit_tilted(const brc_sim* s, const grid_level* v, vec3 x, double radius, double reach, double far,
                         void (*visit)(void*, int32_t), void* context)
{
    const cell_grid* g = &s->grid;
    const double* e = s->cell.edge;
    double at[3];
    int32_t first[3], last[3];
    at[2] = x.z;
    first[2] = far_cell(g, v, 2, at[2] - far);
    last[2] = far_cell(g, v, 2, at[2] + far);
    cell_runs plain = runs_from(g, v, 2, first[2], last[2]);
    if (!g->wraps[2]) first[2] = plain.first[0], last[2] = plain.last[0];
    for (int32_t cz = first[2]; cz <= last[2]; cz++) {
        double turn_z = floor((double)cz / v->n[2]);
        at[1] = x.y - turn_z * e[5];
        first[1] = far_cell(g, v, 1, at[1] - far);
        last[1] = far_cell(g, v, 1, at[1] + far);
        plain = runs_from(g, v, 1, first[1], last[1]);
        if (!g->wraps[1]) first[1] = plain.first[0], last[1] = plain.last[0];
        for (int32_t cy = first[1]; cy <= last[1]; cy++) {
            double turn_y = floor((double)cy / v->n[1]);
            at[0] = x.x - turn_z * e[4] - turn_y * e[3];
            cell_runs r = runs_from(g, v, 0, far_cell(g, v, 0, at[0] - far), far_cell(g, v, 0, at[0] + far));
            int64_t row =
                v->first +
                ((int64_t)(cz - (int32_t)turn_z * v->n[2]) * v->n[1] + (cy - (int32_t)turn_y * v->n[1])) * v->n[0];
            for (int rx = 0; rx < r.count; rx++)
                for (int32_t p = g->start[row + r.first[rx]]; p < g->start[row + r.last[rx] + 1]; p++) {
                    const double* q = place_of(s, g->slot[p]);
                    double sum = radius + q[3] + reach + g->room * (double)s->roam[2 * (int64_t)g->slot[p]];
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

typedef struct visitor {
    const brc_sim* s;
    const double* at;
    const uint32_t* place;
    double sum;  // own radius and how far surfaces may be apart
    float range; // the same, for what is only about right
    void (*visit)(void*, int32_t);
    void* context;
} visitor;

// Of the particles between two places in the order of cells.
static brc_status visit_row(void* context, int32_t first, int32_t end)
{
    const visitor* o = context;
    const brc_sim* s = o->s;
    const cell_grid* g = &s->grid;
    const float scale[3] = {(float)g->quantum[0], (float)g->quantum[1], (float)g->quantum[2]};
    for (int32_t p = first; p < end; p++) {
        float about2 = 0;
        for (int k = 0; k < 3; k++) {
            const float d = (float)(int32_t)(o->place[k] - g->place[k][p]) * scale[k];
            about2 += d * d;
        }
        const float far = o->range + g->radius[p];
        if (!(about2 < far * far)) continue;
        const double* q = place_of(s, g->slot[p]);
        const double most = o->sum + q[3] + g->room * (double)s->roam[2 * (int64_t)g->slot[p]];
        double r2 = 0;
        for (int k = 0; k < 3; k++) {
            const double d = brc_image(o->at[k] - q[k], s->length[k], s->half[k]);
            r2 += d * d;
        }
        if (r2 < most * most) o->visit(o->context, g->slot[p]);
    }
    return BRC_OK;
}

static void visit_level(const brc_sim* s, const grid_level* v, const double at[3], double radius, double reach,
                        void (*visit)(void*, int32_t), void* context)
{
    const cell_grid* g = &s->grid;
    const double far = radius + v->radius + reach, blur = brc_grid_blur(g, far);
    uint32_t place[3];
    for (int k = 0; k < 3; k++) {
        double x = at[k];
        if (g->wraps[k]) x -= s->length[k] * floor((x - g->lo[k]) / s->length[k]);
        place[k] =
            brc_grid_place(g, k, x); // of what is beyond, the nearest of the grid: no particle is further from it
    }
    visitor o = {s, at, place, radius + reach, (float)(radius + reach + blur), visit, context};
    (void)brc_grid_rows(g, v, place, far + blur, visit_row, &o); // which refuses nothing
}

void brc_grid_visit(const brc_sim* s, vec3 x, double radius, double reach, void (*visit)(void*, int32_t), void* context)
{
    const cell_grid* g = &s->grid;
    if (!g->count) return;
    for (const grid_level* v = g->level; v < g->level + g->levels; v++) {
        const double far = (radius + v->radius + reach) * 1.0001 + 2 * (g->quantum[0] + g->quantum[1] + g->quantum[2]);
        if (s->cell.tilted) visit_tilted(s, v, x, radius, reach, far, visit, context);
        else visit_level(s, v, (const double[3]){x.x, x.y, x.z}, radius, reach, visit, context);
    }
}
