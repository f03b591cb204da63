// wall_mesh_touch.c -- which faces, edges and vertices of a mesh a sphere touches.
//
// A face touches when the centre projects into it, an edge when the closest point of every face around it is on the
// edge, a vertex likewise; this is decided from the mesh, whichever triangle led here. Every decision is the sign of a
// distance that is computed from the same numbers for all who ask (height over a face's edge, place along an edge), so
// neighbours agree. Rounding can still leave a centre over a seam to nobody; edges and vertices therefore also answer
// within a slack, as weak hits, which brc_hits_finish takes only when no strict one is there.
#include "wall_mesh.h"
#include <string.h>

enum { SEEN = 64 }; // vertices asked already: a fan of n triangles would ask n times over n edges

typedef struct query {
    const brc_mesh* mesh;
    vec3 c;
    double radius, slack;
    raw_hits* list;
    bool asked;         // seen is in use
    int32_t seen[SEEN]; // vertex + 1
} query;

// Height of the centre over edge k of a face, in its plane; >= 0 on the side of the face.
static double height(const query* q, const mesh_face* f, int k)
{
    return v3_dot(f->inward[k], v3_sub(q->c, q->mesh->x[f->vertex[k]]));
}

// Inside the outline of a face, or at its border where it goes on in the same plane.
static void add_flat(const query* q, int32_t face, uint32_t feature, uint32_t element, bool weak)
{
    const brc_mesh* m = q->mesh;
    const mesh_face* f = &m->faces[face];
    double s = v3_dot(f->n, v3_sub(q->c, m->x[f->vertex[0]]));
    bool back = !m->one_sided && s < 0;
    brc_hits_add(q->list, &(raw_hit){.overlap = q->radius - (back ? -s : s),
                                     .distance = fabs(s),
                                     .n = back ? v3_scale(-1, f->n) : f->n,
                                     .feature = feature,
                                     .element = element,
                                     .face = true,
                                     .behind = m->one_sided && s < 0,
                                     .weak = weak});
}

// d: from the edge or vertex to the centre. Where the mesh closes around the element, a one-sided mesh pushes to its
// front. A rim pushes away from itself, except on what is straight behind it: that is over a crack, where the faces
// beside it hold.
static void add_point(const query* q, vec3 d, vec3 outward, vec3 face_normal, bool rim, uint32_t feature,
                      uint32_t element, bool weak)
{
    double distance = v3_length(d), limit = rim ? -BRC_SAME_NORMAL_COS * distance * v3_length(outward) : 0;
    bool behind = q->mesh->one_sided && v3_dot(d, outward) < limit;
    double sign = behind ? -1 : 1;
    vec3 n = distance > 0 ? v3_scale(sign / distance, d) : face_normal;
    brc_hits_add(q->list, &(raw_hit){.overlap = q->radius - sign * distance,
                                     .distance = distance,
                                     .n = n,
                                     .feature = feature,
                                     .element = element,
                                     .behind = behind,
                                     .weak = weak});
}

static void touch_edge(const query* q, int32_t number)
{
    const brc_mesh* m = q->mesh;
    const mesh_edge* e = &m->edges[number];
    vec3 d0 = v3_sub(q->c, m->x[e->v[0]]), d1 = v3_sub(q->c, m->x[e->v[1]]);
    double from0 = v3_dot(d0, e->along), from1 = v3_dot(d1, e->along);
    if (!(from0 > 0 && from1 < 0)) return;
    vec3 d = from0 < -from1 ? v3_sub(d0, v3_scale(from0, e->along)) : v3_sub(d1, v3_scale(from1, e->along));
    if (!(v3_dot(d, d) < q->radius * q->radius)) return;
    bool weak = false;
    vec3 outward = v3(0, 0, 0);
    for (int32_t i = 0; i < e->half_count; i++) {
        int32_t half = m->halves[e->first_half + i];
        const mesh_face* f = &m->faces[half / 3];
        double h = height(q, f, half % 3);
        if (h > q->slack) return;
        if (h > 0) weak = true;
        outward = v3_add(outward, f->n);
    }
    uint32_t element = (uint32_t)(m->face_count + number);
    if (e->flat >= 0) add_flat(q, e->flat, e->feature, element, weak);
    else
        add_point(q, d, outward, m->faces[m->halves[e->first_half] / 3].n, e->half_count == 1, e->feature, element,
                  weak);
}

static void touch_vertex(query* q, int32_t number)
{
    const brc_mesh* m = q->mesh;
    const mesh_vertex* v = &m->vertices[number];
    vec3 d = v3_sub(q->c, m->x[number]);
    if (!(v3_dot(d, d) < q->radius * q->radius)) return;
    if (!q->asked) memset(q->seen, 0, sizeof q->seen);
    q->asked = true;
    int32_t* seen = &q->seen[number % SEEN];
    if (*seen == number + 1) return;
    *seen = number + 1;
    bool weak = false;
    for (int32_t i = 0; i < v->edge_count; i++) {
        const mesh_edge* e = &m->edges[m->spokes[v->first_edge + i]];
        double along = e->v[0] == number ? v3_dot(d, e->along) : -v3_dot(d, e->along);
        if (along > q->slack) return;
        if (along > 0) weak = true;
    }
    uint32_t element = (uint32_t)(m->face_count + m->edge_count + number);
    if (v->flat >= 0) add_flat(q, v->flat, v->feature, element, weak);
    else
        add_point(q, d, v->outward, m->faces[m->halves[m->edges[m->spokes[v->first_edge]].first_half] / 3].n, v->rim,
                  v->feature, element, weak);
}

// Beyond an edge whose line is as far as the sphere reaches: so is all of the face, with its edges and vertices. The
// margin is for rounding, which is 1e-11 of the size of a face that is no sliver.
static const double beyond_sphere = 1 + 1e-6;

static void touch_face(query* q, uint32_t number)
{
    const brc_mesh* m = q->mesh;
    const mesh_face* f = &m->faces[number];
    double s = v3_dot(f->n, v3_sub(q->c, m->x[f->vertex[0]])), h[3];
    if (!(fabs(s) < q->radius)) return; // its edges and vertices are at least as far
    for (int k = 0; k < 3; k++) {
        h[k] = height(q, f, k);
        if (h[k] <= -q->radius) return;
        if (h[k] < 0 && !f->sliver && s * s + h[k] * h[k] > beyond_sphere * (q->radius * q->radius)) return;
    }
    if (h[0] >= 0 && h[1] >= 0 && h[2] >= 0) {
        add_flat(q, (int32_t)number, f->patch, number, false);
        return;
    }
    for (int k = 0; k < 3; k++)
        if (h[k] <= q->slack) touch_edge(q, f->edge[k]);
    for (int k = 0; k < 3; k++) touch_vertex(q, f->vertex[k]);
}

void brc_mesh_touch(const brc_mesh* mesh, vec3 c, double radius, const uint32_t* hints, int hint_count, raw_hits* list)
{
    query q;
    q.mesh = mesh, q.c = c, q.radius = radius, q.slack = BRC_WEAK_SLACK * radius, q.list = list;
    q.asked = false; // nor are the vertices cleared that have been: few spheres come to ask
    for (int i = 0; i < hint_count; i++)
        if (hints[i] < (uint64_t)mesh->face_count) touch_face(&q, hints[i]);
}
