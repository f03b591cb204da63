// wall_surface.c -- walls as triangles in the world frame, for files and pictures. Right-handed normals point to the
// particles (both sides: away from the body).
#include "wall_parts.h"

enum { SEGMENTS = 64, RINGS = 32 }; // 64 around: 5.6 degrees, 0.12 % of the radius off the true circle

// Writes when there are arrays, counts in any case.
typedef struct surface {
    const brc_wall* wall;
    double* vertices;
    int32_t* triangles;
    int64_t vertex_count, triangle_count;
    bool flip;
} surface;

static int32_t vertex(surface* s, vec3 body)
{
    if (s->vertices) {
        vec3 p = s->wall->posed ? wall_to_world(s->wall, &s->wall->pose, body) : body;
        v3_to(&s->vertices[3 * s->vertex_count], p);
    }
    return (int32_t)s->vertex_count++;
}

static void triangle(surface* s, int32_t a, int32_t b, int32_t c)
{
    if (s->triangles) {
        int32_t* t = &s->triangles[3 * s->triangle_count];
        t[0] = a, t[1] = s->flip ? c : b, t[2] = s->flip ? b : c;
    }
    s->triangle_count++;
}

// A circle about the axis: the number of its first vertex; a circle of radius 0 is one vertex.
static int32_t ring(surface* s, vec3 centre, double radius)
{
    const brc_wall* w = s->wall;
    if (!(radius > 0)) return vertex(s, centre);
    vec3 e1 = w->across, e2 = v3_cross(w->axis, e1);
    int32_t first = (int32_t)s->vertex_count;
    for (int i = 0; i < SEGMENTS; i++) {
        double angle = 2 * BRC_PI * i / SEGMENTS;
        vertex(s, v3_add(centre, v3_add(v3_scale(radius * brc_cos(angle), e1), v3_scale(radius * brc_sin(angle), e2))));
    }
    return first;
}

// Between two rings, the second further along the axis; normals away from the axis.
static void band(surface* s, int32_t a, bool a_point, int32_t b, bool b_point)
{
    for (int32_t i = 0; i < SEGMENTS; i++) {
        int32_t j = (i + 1) % SEGMENTS;
        int32_t a0 = a_point ? a : a + i, a1 = a_point ? a : a + j, b0 = b_point ? b : b + i, b1 = b_point ? b : b + j;
        if (!a_point) triangle(s, a0, a1, b1);
        if (!b_point) triangle(s, a0, b1, b0);
    }
}

// A filled circle; its normal is along the axis, or against it when `back`.
static void cap(surface* s, vec3 centre, int32_t first, bool back)
{
    int32_t middle = vertex(s, centre);
    for (int32_t i = 0; i < SEGMENTS; i++) {
        int32_t p = first + i, q = first + (i + 1) % SEGMENTS;
        triangle(s, middle, back ? q : p, back ? p : q);
    }
}

static void cone_surface(surface* s)
{
    const brc_wall_def* def = &s->wall->def;
    vec3 a = v3_from(def->point), b = v3_from(def->point2);
    int32_t ra = ring(s, a, def->radius), rb = ring(s, b, def->radius2);
    band(s, ra, !(def->radius > 0), rb, !(def->radius2 > 0));
    if (def->open) return;
    if (def->radius > 0) cap(s, a, ra, true);
    if (def->radius2 > 0) cap(s, b, rb, false);
}

static void sphere_surface(surface* s)
{
    const brc_wall* w = s->wall;
    double r = w->def.radius;
    vec3 c = v3_from(w->def.point);
    int32_t below = vertex(s, v3_sub(c, v3_scale(r, w->axis)));
    for (int i = 1; i <= RINGS; i++) {
        double angle = BRC_PI * i / RINGS, z = -r * brc_cos(angle);
        bool top = i == RINGS;
        int32_t here = ring(s, v3_add(c, v3_scale(top ? r : z, w->axis)), top ? 0 : r * brc_sin(angle));
        band(s, below, i == 1, here, top);
        below = here;
    }
}

static void box_surface(surface* s)
{
    static const int32_t quads[6][4] = {{0, 4, 6, 2}, {1, 3, 7, 5}, {0, 1, 5, 4},
                                        {2, 6, 7, 3}, {0, 2, 3, 1}, {4, 5, 7, 6}};
    vec3 lo = s->wall->lo, hi = s->wall->hi;
    for (int i = 0; i < 8; i++) vertex(s, v3(i & 1 ? hi.x : lo.x, i & 2 ? hi.y : lo.y, i & 4 ? hi.z : lo.z));
    for (int k = 0; k < 6; k++) {
        triangle(s, quads[k][0], quads[k][1], quads[k][2]);
        triangle(s, quads[k][0], quads[k][2], quads[k][3]);
    }
}

// The polygon in which a plane cuts the box: a large square in the plane, cut by the six sides in turn
// (Sutherland-Hodgman).
static void plane_surface(surface* s, vec3 lo, vec3 hi)
{
    const brc_wall* w = s->wall;
    vec3 n = wall_rotate(&w->pose, w->axis), e1 = wall_rotate(&w->pose, w->across), e2 = v3_cross(n, e1);
    vec3 middle = v3_scale(0.5, v3_add(lo, hi));
    vec3 foot = v3_sub(middle, v3_scale(v3_dot(n, v3_sub(middle, w->pose.position)), n));
    double reach = v3_length(v3_sub(hi, lo));
    vec3 polygon[16], next[16];
    int count = 4;
    for (int i = 0; i < 4; i++)
        polygon[i] =
            v3_add(foot, v3_add(v3_scale(i == 0 || i == 3 ? -reach : reach, e1), v3_scale(i < 2 ? -reach : reach, e2)));
    for (int side = 0; side < 6; side++) {
        double sign = side & 1 ? -1 : 1, limit[3];
        v3_to(limit, side & 1 ? hi : lo);
        int kept = 0, axis = side / 2;
        for (int i = 0; i < count; i++) {
            vec3 p = polygon[i], q = polygon[(i + 1) % count];
            double pa[3], qa[3];
            v3_to(pa, p), v3_to(qa, q);
            double dp = sign * (pa[axis] - limit[axis]), dq = sign * (qa[axis] - limit[axis]);
            if (dp >= 0) next[kept++] = p;
            if ((dp > 0 && dq < 0) || (dp < 0 && dq > 0)) {
                vec3 cut = v3_add(p, v3_scale(dp / (dp - dq), v3_sub(q, p)));
                double exact[3];
                v3_to(exact, cut);
                exact[axis] = limit[axis];
                next[kept++] = v3_from(exact);
            }
        }
        count = kept;
        for (int i = 0; i < count; i++) polygon[i] = next[i];
    }
    if (count < 3) return; // the plane does not meet the box
    for (int i = 0; i < count; i++) {
        if (s->vertices) v3_to(&s->vertices[3 * s->vertex_count], polygon[i]);
        s->vertex_count++;
    }
    for (int i = 2; i < count; i++) triangle(s, 0, i - 1, i);
}

brc_status brc_wall_surface(const brc_wall* wall, vec3 lo, vec3 hi, int64_t* vertex_count, double* vertices,
                            int64_t* triangle_count, int32_t* triangles)
{
    surface s = {.wall = wall, .vertices = vertices, .triangles = triangles};
    s.flip = wall->def.side == -1;
    switch (wall->def.shape) {
    case BRC_PLANE:
        plane_surface(&s, lo, hi);
        break;
    case BRC_BOX:
        box_surface(&s);
        break;
    case BRC_CYLINDER:
    case BRC_CONE:
        cone_surface(&s);
        break;
    case BRC_SPHERE:
        sphere_surface(&s);
        break;
    case BRC_DISC:
        cap(&s, v3_from(wall->def.point), ring(&s, v3_from(wall->def.point), wall->def.radius), false);
        break;
    case BRC_MESH: {
        int64_t vertex_total, triangle_total;
        const vec3* body = brc_mesh_vertices(wall->mesh, &vertex_total);
        brc_mesh_triangles(wall->mesh, triangles, &triangle_total);
        s.triangle_count = triangle_total;
        for (int64_t i = 0; i < vertex_total; i++) vertex(&s, body[i]);
        break;
    }
    }
    *vertex_count = s.vertex_count;
    *triangle_count = s.triangle_count;
    return BRC_OK;
}
