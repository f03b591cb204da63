// insert_crowd.c -- hashed cells, two largest radii of their level wide: a search visits the cells that the sum of the
// radii reaches, the middle one first, since most places that are taken are taken by the nearest sphere.
#include "insert_crowd.h"
#include <math.h>
#include <string.h>

void brc_crowd_init(brc_crowd* c, vec3 origin, const double wrap[3], double radius_max)
{
    memset(c, 0, sizeof *c);
    c->origin = origin;
    c->radius = radius_max;
    memcpy(c->wrap, wrap, sizeof c->wrap);
    for (int l = 0; l < BRC_CROWD_LEVELS; l++) {
        brc_crowd_level* level = &c->level[l];
        level->radius = ldexp(radius_max, -l);
        for (int a = 0; a < 3; a++) {
            level->inverse[a] = 1 / (2 * level->radius);
            if (!(wrap[a] > 0)) continue;
            level->cells[a] = (int64_t)fmax(1, fmin(0x1p30, floor(wrap[a] / (2 * level->radius))));
            level->inverse[a] = (double)level->cells[a] / wrap[a];
        }
    }
}

void brc_crowd_free(brc_crowd* c)
{
    for (int l = 0; l < BRC_CROWD_LEVELS; l++) {
        brc_free(c->level[l].head);
        c->level[l].head = NULL;
    }
    brc_free(c->sphere);
    c->sphere = NULL;
    c->count = c->capacity = 0;
}

static void empty(brc_crowd_level* level)
{
    for (int32_t i = 0; i < level->buckets; i++) level->head[i] = -1;
}

void brc_crowd_clear(brc_crowd* c)
{
    for (int l = 0; l < BRC_CROWD_LEVELS; l++) {
        if (c->level[l].count > 0) empty(&c->level[l]);
        c->level[l].count = 0;
    }
    c->count = 0;
}

static int level_of(const brc_crowd* c, double radius)
{
    int l = 0;
    while (l + 1 < BRC_CROWD_LEVELS && radius <= c->level[l + 1].radius) l++;
    return l;
}

static int64_t wrapped(int64_t i, int64_t cells)
{
    if (cells == 0) return i;
    if (i < 0) return i + cells;
    return i >= cells ? i - cells : i;
}

// Cells next to each other along x fall into buckets next to each other, which share cache lines.
static int32_t bucket(const brc_crowd_level* level, int64_t i, int64_t j, int64_t k)
{
    uint64_t h = (uint64_t)j * 0x9e3779b97f4a7c15u + (uint64_t)k * 0xc2b2ae3d27d4eb4fu;
    return (int32_t)(((uint64_t)i + (h >> 32)) & (uint64_t)(level->buckets - 1));
}

// The cell of a point, not yet brought into the period.
static void cell_of(const brc_crowd* c, const brc_crowd_level* level, vec3 x, int64_t cell[3])
{
    cell[0] = (int64_t)floor((x.x - c->origin.x) * level->inverse[0]);
    cell[1] = (int64_t)floor((x.y - c->origin.y) * level->inverse[1]);
    cell[2] = (int64_t)floor((x.z - c->origin.z) * level->inverse[2]);
}

static int32_t bucket_of(const brc_crowd* c, const brc_crowd_level* level, vec3 x)
{
    int64_t cell[3];
    cell_of(c, level, x, cell);
    for (int a = 0; a < 3; a++) cell[a] = wrapped(cell[a], level->cells[a]);
    return bucket(level, cell[0], cell[1], cell[2]);
}

static void link(brc_crowd* c, brc_crowd_level* level, int32_t s)
{
    int32_t b = bucket_of(c, level, c->sphere[s].x);
    c->sphere[s].next = level->head[b];
    level->head[b] = s;
}

brc_status brc_crowd_add(brc_crowd* c, vec3 x, double radius)
{
    BRC_ASSERT(radius > 0 && radius <= c->radius && c->count < INT32_MAX);
    if (c->count == c->capacity) {
        int32_t capacity = c->capacity > INT32_MAX / 2 ? INT32_MAX : c->capacity ? 2 * c->capacity : 64;
        BRC_TRY(
            brc_grow((void**)&c->sphere, (size_t)c->count * sizeof *c->sphere, (size_t)capacity * sizeof *c->sphere));
        c->capacity = capacity;
    }
    brc_crowd_level* level = &c->level[level_of(c, radius)];
    int32_t s = c->count;
    c->sphere[s] = (brc_crowd_sphere){x, radius, -1};
    if (level->count >= level->buckets && level->buckets <= INT32_MAX / 4) {
        int32_t buckets = level->buckets ? 4 * level->buckets : 64;
        int32_t* head = BRC_NEW(buckets, int32_t);
        BRC_CHECK(head, BRC_ERR_MEMORY, "no memory for the search grid of %d new particles", (int)c->count);
        brc_free(level->head);
        level->head = head;
        level->buckets = buckets;
        empty(level);
        for (int32_t i = 0; i < s; i++)
            if (&c->level[level_of(c, c->sphere[i].radius)] == level) link(c, level, i);
    }
    link(c, level, s);
    level->count++;
    c->count++;
    return BRC_OK;
}

static double reach(double d, double period, double half) // largest distance along an axis, nearest image
{
    if (period > 0) {
        if (d > 0.5 * period) d -= period;
        else if (d < -0.5 * period) d += period;
    }
    return fabs(d) + half;
}

bool brc_crowd_blocks(const brc_crowd* c, int32_t sphere, vec3 x, vec3 half, double radius)
{
    const brc_crowd_sphere* s = &c->sphere[sphere];
    double dx = reach(x.x - s->x.x, c->wrap[0], half.x);
    double dy = reach(x.y - s->x.y, c->wrap[1], half.y);
    double dz = reach(x.z - s->x.z, c->wrap[2], half.z);
    double sum = s->radius + radius;
    return dx * dx + dy * dy + dz * dz < sum * sum;
}

static int32_t search_bucket(const brc_crowd* c, int32_t s, vec3 x, vec3 half, double radius)
{
    while (s >= 0 && !brc_crowd_blocks(c, s, x, half, radius)) s = c->sphere[s].next;
    return s;
}

// The cells that a box reaches, a period at most once.
static void cells_in(const brc_crowd* c, const brc_crowd_level* level, vec3 x, vec3 half, int64_t first[3],
                     int64_t last[3])
{
    cell_of(c, level, v3_sub(x, half), first);
    cell_of(c, level, v3_add(x, half), last);
    for (int a = 0; a < 3; a++)
        if (level->cells[a] > 0 && last[a] - first[a] + 1 >= level->cells[a])
            first[a] = 0, last[a] = level->cells[a] - 1;
}

static int32_t search_level(const brc_crowd* c, const brc_crowd_level* level, vec3 x, vec3 half, double radius)
{
    int32_t found = search_bucket(c, level->head[bucket_of(c, level, x)], x, half, radius);
    if (found >= 0) return found;
    int64_t first[3], last[3];
    double r = level->radius + radius;
    cells_in(c, level, x, v3(r, r, r), first, last);
    for (int64_t k = first[2]; k <= last[2]; k++) {
        int64_t kk = wrapped(k, level->cells[2]);
        for (int64_t j = first[1]; j <= last[1]; j++) {
            int64_t jj = wrapped(j, level->cells[1]);
            for (int64_t i = first[0]; i <= last[0]; i++) {
                int32_t s = level->head[bucket(level, wrapped(i, level->cells[0]), jj, kk)];
                if (s < 0) continue;
                found = search_bucket(c, s, x, half, radius);
                if (found >= 0) return found;
            }
        }
    }
    return -1;
}

// Appends the spheres of a bucket that a sphere with its centre in the box may overlap; returns the new count.
static int32_t list_bucket(const brc_crowd* c, int32_t s, vec3 x, vec3 half, double radius, int32_t* list,
                           int32_t count)
{
    for (; s >= 0; s = c->sphere[s].next) {
        const brc_crowd_sphere* p = &c->sphere[s];
        double dx = fmax(0, reach(x.x - p->x.x, c->wrap[0], -half.x));
        double dy = fmax(0, reach(x.y - p->x.y, c->wrap[1], -half.y));
        double dz = fmax(0, reach(x.z - p->x.z, c->wrap[2], -half.z));
        double sum = p->radius + radius;
        if (dx * dx + dy * dy + dz * dz >= sum * sum) continue;
        if (count < BRC_CROWD_NEAR) list[count] = s;
        count++;
    }
    return count;
}

int32_t brc_crowd_near(const brc_crowd* c, vec3 x, vec3 half, double radius, int32_t list[BRC_CROWD_NEAR])
{
    int32_t count = 0;
    for (int l = 0; l < BRC_CROWD_LEVELS; l++) {
        const brc_crowd_level* level = &c->level[l];
        if (level->count == 0) continue;
        int64_t first[3], last[3];
        double r = level->radius + radius;
        cells_in(c, level, x, v3_add(half, v3(r, r, r)), first, last);
        for (int64_t k = first[2]; k <= last[2]; k++)
            for (int64_t j = first[1]; j <= last[1]; j++)
                for (int64_t i = first[0]; i <= last[0]; i++) {
                    int32_t b = bucket(level, wrapped(i, level->cells[0]), wrapped(j, level->cells[1]),
                                       wrapped(k, level->cells[2]));
                    count = list_bucket(c, level->head[b], x, half, radius, list, count);
                }
    }
    return count;
}

int32_t brc_crowd_blocker(const brc_crowd* c, vec3 x, vec3 half, double radius)
{
    for (int l = 0; l < BRC_CROWD_LEVELS; l++) {
        if (c->level[l].count == 0) continue;
        int32_t found = search_level(c, &c->level[l], x, half, radius);
        if (found >= 0) return found;
    }
    return -1;
}
