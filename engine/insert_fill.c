// insert_fill.c -- random sequential addition: the spheres, largest first, go one by one to places drawn uniformly from
// where they have room.
//
// Drawing from the whole region is quick while one try in a few dozen succeeds. After that the places are drawn from
// voxels that may still hold a centre: a voxel is dropped when one sphere, or the region's boundary, or what the host
// holds, excludes all of it, and what is left is halved in size when most tries still fail (the idea of G. Zhang and S.
// Torquato, Phys. Rev. E 88 (2013) 053312). The distribution stays the same, the last spheres before jamming (a solid
// fraction of 0.384 for equal ones) cost little, and when no voxel is left there is no room: that is known, not
// guessed.
#include "insert_fill.h"
#include "insert_crowd.h"
#include "random.h"
#include <math.h>
#include <stdlib.h>

typedef struct voxel {
    int32_t i, j, k; // of the grid at the present size
} voxel;

typedef struct voxels {
    voxel* item;
    int64_t count, capacity;
    vec3 half;      // [m] half the size of a voxel
    int32_t across; // voxels along the longest axis
    bool in_use, finest;
} voxels;

enum {
    VOXELS_FIRST = 1 << 22, // at most this many are looked at to begin with: 3 s
    VOXELS_MAX = 1 << 26,   // 800 MB
    ACROSS_MAX = 1 << 30,   // numbers of voxels along an axis are 32-bit
    START_COST = 8,         // tries that one of the first voxels, and the eight in it, cost to look at
    HALVE_COST = 2          // the same for halving one later
};

typedef struct ranked {
    double radius;
    int64_t index;
} ranked;

static int largest_first(const void* a, const void* b)
{
    const ranked *p = a, *q = b;
    if (p->radius != q->radius) return p->radius > q->radius ? -1 : 1;
    return p->index < q->index ? -1 : p->index > q->index;
}

static vec3 centre_of(const brc_fill* f, const voxels* v, voxel c)
{
    vec3 lo = f->place->lo;
    return v3(lo.x + (2.0 * c.i + 1) * v->half.x, lo.y + (2.0 * c.j + 1) * v->half.y,
              lo.z + (2.0 * c.k + 1) * v->half.z);
}

// No centre of a sphere of this radius can be in the voxel, because of the region or of what the host holds. Depth in
// the region and distance from obstacles change by no more than the distance moved, so their values at the centre bound
// them in the whole voxel.
static bool excluded(const brc_fill* f, vec3 x, vec3 half, double radius)
{
    double diagonal = sqrt(v3_dot(half, half));
    if (brc_place_depth(f->place, x) + diagonal < radius) return true;
    return radius > diagonal && !f->host->free_at(f->host->context, brc_place_wrap(f->place, x), radius - diagonal);
}

static brc_status keep(voxels* v, voxel c)
{
    if (v->count == v->capacity) {
        int64_t capacity = v->capacity ? 2 * v->capacity : 4096;
        BRC_TRY(brc_grow((void**)&v->item, (size_t)v->count * sizeof c, (size_t)capacity * sizeof c));
        v->capacity = capacity;
    }
    v->item[v->count++] = c;
    return BRC_OK;
}

static brc_status halve_voxel(const brc_fill* f, const brc_crowd* crowd, const voxels* v, voxel coarse, double radius,
                              voxels* fine)
{
    int32_t list[BRC_CROWD_NEAR];
    int32_t near = brc_crowd_near(crowd, centre_of(f, v, coarse), v->half, radius, list); // once for the eight
    for (int part = 0; part < 8; part++) {
        voxel c = {2 * coarse.i + (part & 1), 2 * coarse.j + (part >> 1 & 1), 2 * coarse.k + (part >> 2)};
        vec3 x = centre_of(f, fine, c);
        bool dead = near > BRC_CROWD_NEAR && brc_crowd_blocker(crowd, x, fine->half, radius) >= 0;
        for (int32_t i = 0; i < near && near <= BRC_CROWD_NEAR && !dead; i++)
            dead = brc_crowd_blocks(crowd, list[i], x, fine->half, radius);
        if (!dead && !excluded(f, x, fine->half, radius)) BRC_TRY(keep(fine, c));
    }
    return BRC_OK;
}

static brc_status halve_voxels(const brc_fill* f, const brc_crowd* crowd, voxels* v, double radius)
{
    voxels fine = {.half = v3_scale(0.5, v->half), .across = 2 * v->across, .in_use = true};
    fine.finest = fine.across >= ACROSS_MAX / 2;
    for (int64_t n = 0; n < v->count; n++) {
        brc_status status = halve_voxel(f, crowd, v, v->item[n], radius, &fine);
        if (status == BRC_OK && fine.count <= VOXELS_MAX) continue;
        brc_free(fine.item);
        v->finest = true; // too many: go on with the coarse ones
        return status;
    }
    brc_free(v->item);
    *v = fine;
    return BRC_OK;
}

static int32_t cells_along(double length, double size) { return (int32_t)fmax(1, fmin(0x1p18, ceil(length / size))); }

static void first_grid(const brc_fill* f, double radius, int32_t n[3])
{
    vec3 box = v3_sub(f->place->hi, f->place->lo);
    double size = fmax(2 * radius, brc_pow(box.x * box.y * box.z / VOXELS_FIRST, 1.0 / 3));
    n[0] = cells_along(box.x, size), n[1] = cells_along(box.y, size), n[2] = cells_along(box.z, size);
}

static brc_status begin_voxels(const brc_fill* f, const brc_crowd* crowd, voxels* v, double radius)
{
    vec3 box = v3_sub(f->place->hi, f->place->lo);
    int32_t n[3];
    first_grid(f, radius, n);
    v->half = v3(0.5 * box.x / n[0], 0.5 * box.y / n[1], 0.5 * box.z / n[2]);
    v->count = 0;
    v->across = n[0] > n[1] ? n[0] : n[1];
    if (n[2] > v->across) v->across = n[2];
    v->in_use = true, v->finest = false;
    for (int32_t k = 0; k < n[2]; k++)
        for (int32_t j = 0; j < n[1]; j++)
            for (int32_t i = 0; i < n[0]; i++) {
                voxel c = {i, j, k};
                vec3 x = centre_of(f, v, c);
                if (brc_crowd_blocker(crowd, x, v->half, radius) >= 0 || excluded(f, x, v->half, radius)) continue;
                BRC_TRY(keep(v, c));
            }
    return halve_voxels(f, crowd, v, radius); // the first are wide: one sphere seldom excludes all of one
}

static vec3 point_in(const brc_fill* f, const voxels* v, voxel c, const double u[3])
{
    vec3 h = v->half, x = v3_sub(centre_of(f, v, c), h);
    return brc_place_wrap(f->place, v3_add(x, v3(2 * h.x * u[0], 2 * h.y * u[1], 2 * h.z * u[2])));
}

// Spheres of about one size: voxels are dropped for the smallest of them.
typedef struct size_class {
    double most, least;  // [m]
    int64_t left;        // to be placed
    int64_t tries, hits; // since the method changed or was last judged
} size_class;

// Looking at a voxel costs about as much as a try. Is it less than the tries that the class would need as things are?
static brc_status judge(const brc_fill* f, const brc_crowd* crowd, voxels* v, size_class* c)
{
    if (c->tries < (v->in_use ? 256 + v->count / 8 : 1024)) return BRC_OK;
    double needed = (double)c->left * (double)c->tries / (c->hits ? (double)c->hits : 0.5);
    c->tries = c->hits = 0;
    if (v->finest) return BRC_OK;
    int32_t n[3];
    first_grid(f, c->least, n);
    double cost = v->in_use ? HALVE_COST * (double)v->count : START_COST * ((double)n[0] * n[1] * n[2]);
    if (needed < cost) return BRC_OK;
    return v->in_use ? halve_voxels(f, crowd, v, c->least) : begin_voxels(f, crowd, v, c->least);
}

// Across tilted faces an image is a sphere of its own for the crowd: those that reach the region are put there too.
static brc_status add_sphere(const brc_fill* f, brc_crowd* crowd, vec3 x, double radius)
{
    const double *e = f->host->edge, far = radius + crowd->radius;
    const vec3 lo = f->place->lo, hi = f->place->hi;
    BRC_TRY(brc_crowd_add(crowd, x, radius));
    if (!brc_insert_tilted(f->host)) return BRC_OK;
    // Spheres are narrower than half of each length (particles.c) and tilts are within half a length: images further
    // off do not reach the cell.
    const int most[3] = {e[0] > 0 ? 2 : 0, e[1] > 0 ? 1 : 0, e[2] > 0 ? 1 : 0};
    for (int k = -most[2]; k <= most[2]; k++)
        for (int j = -most[1]; j <= most[1]; j++)
            for (int i = -most[0]; i <= most[0]; i++) {
                vec3 y = v3_add(x, v3(i * e[0] + j * e[3] + k * e[4], j * e[1] + k * e[5], k * e[2]));
                bool near = y.x > lo.x - far && y.x < hi.x + far && y.y > lo.y - far && y.y < hi.y + far &&
                            y.z > lo.z - far && y.z < hi.z + far;
                if (near && (i != 0 || j != 0 || k != 0)) BRC_TRY(brc_crowd_add(crowd, y, radius));
            }
    return BRC_OK;
}

static brc_status place_one(brc_fill* f, brc_crowd* crowd, voxels* v, size_class* group, ranked s, bool* placed)
{
    const vec3 point = {0, 0, 0};
    *placed = false;
    for (uint32_t t = 0; f->tries > 0; t++) {
        if (v->in_use && v->count == 0) {
            f->full = true;
            return BRC_OK;
        }
        f->tries--;
        group->tries++;
        brc_random a = brc_random_draw(f->seed, BRC_RANDOM_PLACE, (uint64_t)s.index, 2 * t);
        brc_random b = brc_random_draw(f->seed, BRC_RANDOM_PLACE, (uint64_t)s.index, 2 * t + 1);
        double u[3] = {a.u[0], a.u[1], b.u[0]};
        vec3 x;
        int64_t chosen = -1;
        int32_t blocker = -1;
        bool taken = false;
        if (v->in_use) {
            chosen = (int64_t)(b.u[1] * (double)v->count);
            x = point_in(f, v, v->item[chosen], u);
            taken = !(brc_place_depth(f->place, x) >= s.radius);
        } else {
            x = brc_place_point(f->place, s.radius, u);
        }
        if (!taken) taken = (blocker = brc_crowd_blocker(crowd, x, point, s.radius)) >= 0;
        if (!taken) taken = !f->host->free_at(f->host->context, x, s.radius);
        if (!taken) {
            BRC_TRY(add_sphere(f, crowd, x, s.radius));
            v3_to(&f->x[3 * s.index], x);
            group->hits++;
            group->left--;
            *placed = true;
            return BRC_OK;
        }
        // The sphere that was met may have come after the voxel was looked at.
        if (blocker >= 0 && v->in_use) {
            voxel c = v->item[chosen];
            if (brc_crowd_blocks(crowd, blocker, centre_of(f, v, c), v->half, group->least))
                v->item[chosen] = v->item[--v->count];
        }
        BRC_TRY(judge(f, crowd, v, group));
    }
    return BRC_OK;
}

static brc_status run(brc_fill* f, const ranked* order, brc_crowd* crowd, voxels* v)
{
    size_class group = {.most = INFINITY};
    for (int64_t p = 0; p < f->count; p++) {
        double r = order[p].radius;
        if (r < 0.9 * group.most) { // the next class: what was excluded for larger spheres may have room for these
            group = (size_class){.most = r};
            for (int64_t q = p; q < f->count && order[q].radius >= 0.9 * r; q++)
                group.least = order[q].radius, group.left++;
            v->in_use = v->finest = false;
        }
        bool placed;
        BRC_TRY(place_one(f, crowd, v, &group, order[p], &placed));
        if (!placed) {
            f->radius_left = r;
            return BRC_OK;
        }
        f->placed++;
        f->volume += 4.0 / 3.0 * BRC_PI * r * r * r;
    }
    return BRC_OK;
}

brc_status brc_fill_run(brc_fill* f)
{
    f->placed = 0;
    f->volume = f->radius_left = 0;
    f->full = false;
    ranked* order = BRC_NEW(f->count, ranked);
    BRC_CHECK(order, BRC_ERR_MEMORY, "no memory to place %" PRId64 " particles", f->count);
    for (int64_t i = 0; i < f->count; i++) order[i] = (ranked){f->radius[i], i};
    qsort(order, (size_t)f->count, sizeof *order, largest_first);
    brc_crowd crowd;
    voxels v = {0};
    static const double endless[3] = {0, 0, 0};
    brc_crowd_init(&crowd, f->place->lo, brc_insert_tilted(f->host) ? endless : f->place->wrap, order[0].radius);
    brc_status status = run(f, order, &crowd, &v);
    brc_crowd_free(&crowd);
    brc_free(v.item);
    brc_free(order);
    return status;
}
