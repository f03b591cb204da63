// wall_topology.c -- who is next to whom in a mesh: edges, the edges around each vertex, flat patches, feature numbers.
#include "wall_mesh.h"

// Half edge 3 f + k runs from corner k of face f to the next. Those between the same two vertices make an edge.
static brc_status make_edges(brc_mesh* m)
{
    int64_t n = 3 * m->face_count;
    int32_t* memory = BRC_NEW(3 * n + m->vertex_count + 1, int32_t);
    m->halves = BRC_NEW(n, int32_t);
    if (!memory || !m->halves) {
        brc_free(memory);
        BRC_CHECK(false, BRC_ERR_MEMORY, "no memory for a mesh of %" PRId64 " triangles", m->face_count);
    }
    int32_t *low = memory, *high = memory + n, *list = memory + 2 * n, *start = memory + 3 * n;
    for (int64_t h = 0; h < n; h++) {
        const mesh_face* f = &m->faces[h / 3];
        int32_t a = f->vertex[h % 3], b = f->vertex[(h + 1) % 3];
        low[h] = a < b ? a : b, high[h] = a < b ? b : a;
        m->halves[h] = (int32_t)h;
    }
    brc_mesh_sort(high, m->vertex_count, n, m->halves, list, start);
    brc_mesh_sort(low, m->vertex_count, n, list, m->halves, start);
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t h = m->halves[i], before = i ? m->halves[i - 1] : h;
        if (i == 0 || low[h] != low[before] || high[h] != high[before]) count++;
        m->faces[h / 3].edge[h % 3] = (int32_t)(count - 1);
    }
    brc_free(memory);
    m->edge_count = count;
    m->edges = BRC_NEW(count, mesh_edge);
    BRC_CHECK(m->edges, BRC_ERR_MEMORY, "no memory for a mesh of %" PRId64 " triangles", m->face_count);
    for (int64_t i = 0; i < n; i++) {
        int32_t h = m->halves[i];
        const mesh_face* f = &m->faces[h / 3];
        mesh_edge* e = &m->edges[f->edge[h % 3]];
        if (e->half_count++) continue;
        int32_t a = f->vertex[h % 3], b = f->vertex[(h + 1) % 3];
        e->v[0] = a < b ? a : b, e->v[1] = a < b ? b : a;
        e->first_half = (int32_t)i;
        vec3 d = v3_sub(m->x[e->v[1]], m->x[e->v[0]]);
        d = v3_divide(d, v3_length_safe(d));
        e->along = v3_divide(d, v3_length(d));
    }
    return BRC_OK;
}

static brc_status make_vertices(brc_mesh* m)
{
    m->vertices = BRC_NEW(m->vertex_count, mesh_vertex);
    m->spokes = BRC_NEW(2 * m->edge_count, int32_t);
    BRC_CHECK(m->vertices && m->spokes, BRC_ERR_MEMORY, "no memory for a mesh of %" PRId64 " vertices",
              m->vertex_count);
    for (int64_t e = 0; e < m->edge_count; e++)
        for (int k = 0; k < 2; k++) m->vertices[m->edges[e].v[k]].edge_count++;
    int32_t first = 0;
    for (int64_t v = 0; v < m->vertex_count; v++) {
        m->vertices[v].first_edge = first;
        first += m->vertices[v].edge_count;
        m->vertices[v].edge_count = 0;
    }
    for (int64_t e = 0; e < m->edge_count; e++)
        for (int k = 0; k < 2; k++) {
            mesh_vertex* v = &m->vertices[m->edges[e].v[k]];
            m->spokes[v->first_edge + v->edge_count++] = (int32_t)e;
            if (m->edges[e].half_count == 1) v->rim = true;
        }
    for (int64_t i = 0; i < m->face_count; i++) {
        const mesh_face* f = &m->faces[i];
        for (int k = 0; k < 3; k++) {
            vec3 p = m->x[f->vertex[k]], a = v3_sub(m->x[f->vertex[(k + 1) % 3]], p),
                 b = v3_sub(m->x[f->vertex[(k + 2) % 3]], p);
            a = v3_divide(a, v3_length_safe(a)), b = v3_divide(b, v3_length_safe(b));
            double angle = brc_atan2(v3_length(v3_cross(a, b)), v3_dot(a, b));
            mesh_vertex* v = &m->vertices[f->vertex[k]];
            v->outward = v3_add(v->outward, v3_scale(angle, f->n));
        }
    }
    return BRC_OK;
}

// A patch grows from the lowest face that has none yet over edges to faces whose normal is within half a degree of the
// first face's, so that any two of its normals are within one degree and a sphere can have but one contact with it. A
// fine tessellation of a curved surface therefore falls into several patches instead of chaining into one.
static brc_status make_patches(brc_mesh* m)
{
    int32_t* stack = BRC_NEW(m->face_count, int32_t);
    BRC_CHECK(stack, BRC_ERR_MEMORY, "no memory for a mesh of %" PRId64 " triangles", m->face_count);
    for (int64_t i = 0; i < m->face_count; i++) m->faces[i].patch = UINT32_MAX;
    for (int64_t seed = 0; seed < m->face_count; seed++) {
        if (m->faces[seed].patch != UINT32_MAX) continue;
        int64_t depth = 0;
        m->faces[seed].patch = (uint32_t)seed;
        stack[depth++] = (int32_t)seed;
        while (depth > 0) {
            const mesh_face* f = &m->faces[stack[--depth]];
            for (int k = 0; k < 3; k++) {
                const mesh_edge* e = &m->edges[f->edge[k]];
                for (int32_t i = 0; i < e->half_count; i++) {
                    int32_t other = m->halves[e->first_half + i] / 3;
                    mesh_face* g = &m->faces[other];
                    if (g->patch != UINT32_MAX) continue;
                    double cosine = v3_dot(g->n, m->faces[seed].n);
                    if (!((m->one_sided ? cosine : fabs(cosine)) >= BRC_PATCH_COS)) continue;
                    g->patch = (uint32_t)seed;
                    stack[depth++] = other;
                }
            }
        }
    }
    brc_free(stack);
    return BRC_OK;
}

// Inside a flat patch edges and vertices are the patch; elsewhere they have numbers of their own.
static void number_features(brc_mesh* m)
{
    for (int64_t i = 0; i < m->edge_count; i++) {
        mesh_edge* e = &m->edges[i];
        uint32_t patch = m->faces[m->halves[e->first_half] / 3].patch;
        bool flat = e->half_count > 1;
        for (int32_t k = 1; k < e->half_count; k++)
            flat = flat && m->faces[m->halves[e->first_half + k] / 3].patch == patch;
        e->feature = flat ? patch : (uint32_t)(m->face_count + i);
    }
    for (int64_t i = 0; i < m->vertex_count; i++) {
        mesh_vertex* v = &m->vertices[i];
        uint32_t own = (uint32_t)(m->face_count + m->edge_count + i);
        v->feature = own;
        for (int32_t k = 0; k < v->edge_count; k++) {
            uint32_t f = m->edges[m->spokes[v->first_edge + k]].feature;
            if (k == 0 && f < m->face_count) v->feature = f;
            else if (f != v->feature) {
                v->feature = own;
                break;
            }
        }
    }
}

// Over an edge inside a plane the direction from the edge to the centre is the plane's normal, but for rounding, which
// grows as the centre comes near. Where all faces have the same normal to rounding (1e-10: of triangles that are not
// slivers), the normal of one of them is better.
#define FLAT_NORMALS 1e-10

static void mark_flat(brc_mesh* m)
{
    for (int64_t i = 0; i < m->edge_count; i++) {
        mesh_edge* e = &m->edges[i];
        int32_t first = m->halves[e->first_half] / 3;
        e->flat = e->half_count > 1 ? first : -1;
        for (int32_t k = 1; k < e->half_count; k++) {
            vec3 n = m->faces[m->halves[e->first_half + k] / 3].n, reference = m->faces[first].n;
            if (!m->one_sided && v3_dot(n, reference) < 0) n = v3_scale(-1, n);
            if (!(v3_length(v3_sub(n, reference)) <= FLAT_NORMALS)) e->flat = -1;
        }
    }
    for (int64_t i = 0; i < m->vertex_count; i++) {
        mesh_vertex* v = &m->vertices[i];
        v->flat = v->edge_count ? m->edges[m->spokes[v->first_edge]].flat : -1;
        for (int32_t k = 1; k < v->edge_count; k++)
            if (m->edges[m->spokes[v->first_edge + k]].flat < 0) v->flat = -1;
    }
}

brc_status brc_mesh_topology(brc_mesh* m)
{
    BRC_TRY(make_edges(m));
    BRC_TRY(make_vertices(m));
    BRC_TRY(make_patches(m));
    number_features(m);
    mark_flat(m);
    return BRC_OK;
}
