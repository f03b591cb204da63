// wall_check.h -- what the tests of walls share: a sphere's contacts with a wall in one call, closest points by the
// textbook method (Ericson 2005, 5.1.5), which shares nothing with the engine's.
#ifndef WALL_CHECK_H
#define WALL_CHECK_H
#include "check.h"
#include "wall.h"

static inline vec3 uniform_vector(double lo, double hi)
{
    double x = uniform(lo, hi), y = uniform(lo, hi), z = uniform(lo, hi);
    return v3(x, y, z);
}
static inline double norm(vec3 a) { return sqrt(v3_dot(a, a)); }
static inline vec3 normalised(vec3 a) { return v3_scale(1 / norm(a), a); }
static inline vec3 uniform_direction(void)
{
    for (;;) {
        vec3 a = uniform_vector(-1, 1);
        double l = norm(a);
        if (l > 0.1 && l < 1) return v3_scale(1 / l, a);
    }
}

static inline brc_wall* create(const brc_wall_def* def)
{
    brc_wall* wall = NULL;
    brc_status status = brc_wall_create(def, &wall);
    EXPECT(status == BRC_OK, "%s", brc_last_error());
    return wall;
}

enum { MANY_HINTS = 65536 };

static inline int touch(const brc_wall* wall, vec3 c, double radius, brc_wall_hit* hits)
{
    static uint32_t hints[MANY_HINTS];
    int n = brc_wall_near(wall, c, radius, 0, hints, MANY_HINTS);
    assert_in_range(n, 0, MANY_HINTS);
    return brc_wall_touch(wall, c, radius, hints, n, hits);
}

// Meshes under test.
typedef struct test_mesh {
    double* x;
    int32_t* t;
    int64_t vertex_count, triangle_count;
} test_mesh;

static inline test_mesh mesh_new(int64_t vertices, int64_t triangles)
{
    test_mesh m = {.x = calloc((size_t)(3 * vertices), sizeof(double)),
                   .t = calloc((size_t)(3 * triangles), sizeof(int32_t))};
    assert_non_null(m.x);
    assert_non_null(m.t);
    return m;
}
static inline void mesh_free(test_mesh* m) { free(m->x), free(m->t); }
static inline int32_t mesh_vertex_add(test_mesh* m, vec3 p)
{
    v3_to(&m->x[3 * m->vertex_count], p);
    return (int32_t)m->vertex_count++;
}
static inline void mesh_triangle_add(test_mesh* m, int32_t a, int32_t b, int32_t c)
{
    int32_t* t = &m->t[3 * m->triangle_count++];
    t[0] = a, t[1] = b, t[2] = c;
}
static inline brc_wall* mesh_wall(const test_mesh* m, int side)
{
    return create(&(brc_wall_def){.shape = BRC_MESH,
                                  .side = side,
                                  .vertices = m->x,
                                  .triangles = m->t,
                                  .vertex_count = m->vertex_count,
                                  .triangle_count = m->triangle_count});
}
static inline vec3 mesh_corner(const test_mesh* m, int64_t triangle, int k)
{
    return v3_from(&m->x[3 * m->t[3 * triangle + k]]);
}

static inline vec3 closest_point(vec3 p, vec3 a, vec3 b, vec3 c)
{
    vec3 ab = v3_sub(b, a), ac = v3_sub(c, a), ap = v3_sub(p, a);
    double d1 = v3_dot(ab, ap), d2 = v3_dot(ac, ap);
    if (d1 <= 0 && d2 <= 0) return a;
    vec3 bp = v3_sub(p, b);
    double d3 = v3_dot(ab, bp), d4 = v3_dot(ac, bp);
    if (d3 >= 0 && d4 <= d3) return b;
    double vc = d1 * d4 - d3 * d2;
    if (vc <= 0 && d1 >= 0 && d3 <= 0) return v3_add(a, v3_scale(d1 / (d1 - d3), ab));
    vec3 cp = v3_sub(p, c);
    double d5 = v3_dot(ab, cp), d6 = v3_dot(ac, cp);
    if (d6 >= 0 && d5 <= d6) return c;
    double vb = d5 * d2 - d1 * d6;
    if (vb <= 0 && d2 >= 0 && d6 <= 0) return v3_add(a, v3_scale(d2 / (d2 - d6), ac));
    double va = d3 * d6 - d5 * d4;
    if (va <= 0 && d4 - d3 >= 0 && d5 - d6 >= 0)
        return v3_add(b, v3_scale((d4 - d3) / ((d4 - d3) + (d5 - d6)), v3_sub(c, b)));
    double s = 1 / (va + vb + vc);
    return v3_add(a, v3_add(v3_scale(vb * s, ab), v3_scale(vc * s, ac)));
}
static inline double triangle_distance(const test_mesh* m, int64_t triangle, vec3 p)
{
    return norm(v3_sub(
        p, closest_point(p, mesh_corner(m, triangle, 0), mesh_corner(m, triangle, 1), mesh_corner(m, triangle, 2))));
}
static inline double mesh_distance(const test_mesh* m, vec3 p)
{
    double least = INFINITY;
    for (int64_t i = 0; i < m->triangle_count; i++) least = fmin(least, triangle_distance(m, i, p));
    return least;
}

// An axis-aligned box with outward triangles.
static inline test_mesh box_mesh(vec3 lo, vec3 hi)
{
    static const int32_t quads[6][4] = {{0, 4, 6, 2}, {1, 3, 7, 5}, {0, 1, 5, 4},
                                        {2, 6, 7, 3}, {0, 2, 3, 1}, {4, 5, 7, 6}};
    test_mesh m = mesh_new(8, 12);
    for (int i = 0; i < 8; i++) mesh_vertex_add(&m, v3(i & 1 ? hi.x : lo.x, i & 2 ? hi.y : lo.y, i & 4 ? hi.z : lo.z));
    for (int k = 0; k < 6; k++) {
        mesh_triangle_add(&m, quads[k][0], quads[k][1], quads[k][2]);
        mesh_triangle_add(&m, quads[k][0], quads[k][2], quads[k][3]);
    }
    return m;
}

// An icosahedron whose faces are divided in four, `levels` times; vertices repeat in every triangle as in an STL file.
static inline test_mesh icosphere(int levels, vec3 centre, double radius)
{
    static const int32_t faces[20][3] = {{0, 11, 5}, {0, 5, 1},  {0, 1, 7},   {0, 7, 10}, {0, 10, 11},
                                         {1, 5, 9},  {5, 11, 4}, {11, 10, 2}, {10, 7, 6}, {7, 1, 8},
                                         {3, 9, 4},  {3, 4, 2},  {3, 2, 6},   {3, 6, 8},  {3, 8, 9},
                                         {4, 9, 5},  {2, 4, 11}, {6, 2, 10},  {8, 6, 7},  {9, 8, 1}};
    double g = (1 + sqrt(5)) / 2;
    vec3 corners[12] = {{-1, g, 0},  {1, g, 0},  {-1, -g, 0}, {1, -g, 0}, {0, -1, g},  {0, 1, g},
                        {0, -1, -g}, {0, 1, -g}, {g, 0, -1},  {g, 0, 1},  {-g, 0, -1}, {-g, 0, 1}};
    int64_t count = 20;
    vec3* list = malloc(3 * (size_t)count * sizeof(vec3));
    for (int64_t i = 0; i < 3 * count; i++) list[i] = normalised(corners[faces[i / 3][i % 3]]);
    for (int level = 0; level < levels; level++) {
        vec3* next = malloc(12 * (size_t)count * sizeof(vec3));
        for (int64_t i = 0; i < count; i++) {
            const vec3* p = &list[3 * i];
            vec3 ab = normalised(v3_add(p[0], p[1])), bc = normalised(v3_add(p[1], p[2])),
                 ca = normalised(v3_add(p[2], p[0]));
            vec3 parts[12] = {p[0], ab, ca, p[1], bc, ab, p[2], ca, bc, ab, bc, ca};
            memcpy(&next[12 * i], parts, sizeof parts);
        }
        free(list);
        list = next, count *= 4;
    }
    test_mesh m = mesh_new(3 * count, count);
    for (int64_t i = 0; i < count; i++) {
        for (int k = 0; k < 3; k++) mesh_vertex_add(&m, v3_add(centre, v3_scale(radius, list[3 * i + k])));
        mesh_triangle_add(&m, (int32_t)(3 * i), (int32_t)(3 * i + 1), (int32_t)(3 * i + 2));
    }
    free(list);
    return m;
}

#endif
