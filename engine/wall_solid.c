// wall_solid.c -- volume, centre of mass and inertia of a closed wall, exact but for rounding: a mesh by the integrals
// of the tetrahedra between its triangles and one point (Mirtich 1996; Tonon 2004), the other shapes by their formulas.
#include "wall_mesh.h"
#include <string.h>

// Moments of a body of density 1: integrals of 1, x and x x^T (xx yy zz xy xz yz).
typedef struct moments {
    double volume, first[3], second[6];
} moments;

static brc_status check_closed(const brc_mesh* m)
{
    for (int64_t i = 0; i < m->edge_count; i++) {
        const mesh_edge* e = &m->edges[i];
        int balance = 0;
        for (int32_t k = 0; k < e->half_count; k++) {
            int32_t h = m->halves[e->first_half + k];
            balance += m->faces[h / 3].vertex[h % 3] == e->v[0] ? 1 : -1;
        }
        if (balance == 0) continue;
        vec3 a = m->x[e->v[0]], b = m->x[e->v[1]];
        BRC_CHECK(e->half_count % 2 == 0, BRC_ERR_ARGUMENT,
                  "the mesh is open: its edge from (%g, %g, %g) to (%g, %g, %g) m belongs to %" PRId32
                  " triangle%s. Only a closed mesh has a volume",
                  a.x, a.y, a.z, b.x, b.y, b.z, e->half_count, e->half_count == 1 ? "" : "s");
        BRC_CHECK(false, BRC_ERR_ARGUMENT,
                  "the triangles at the edge from (%g, %g, %g) to (%g, %g, %g) m are turned against each other, so the "
                  "mesh has no inside: order the corners of all triangles alike",
                  a.x, a.y, a.z, b.x, b.y, b.z);
    }
    return BRC_OK;
}

// About the middle of the bounding box, so that the distance from the origin costs no digits.
static brc_status of_mesh(const brc_mesh* m, vec3 middle, moments* out)
{
    BRC_TRY(check_closed(m));
    for (int64_t i = 0; i < m->face_count; i++) {
        vec3 p[4];
        for (int k = 0; k < 3; k++) p[k] = v3_sub(m->x[m->faces[i].vertex[k]], middle);
        p[3] = v3_add(p[0], v3_add(p[1], p[2]));
        double d = v3_dot(p[0], v3_cross(p[1], p[2])); // six times the volume of the tetrahedron
        out->volume += d / 6;
        double sum[3] = {p[3].x, p[3].y, p[3].z};
        for (int k = 0; k < 3; k++) out->first[k] += d / 24 * sum[k];
        for (int k = 0; k < 4; k++) { // the corners and their sum: integral of x x^T = d / 120 (sum of p p^T)
            const vec3 q = p[k];
            double product[6] = {q.x * q.x, q.y * q.y, q.z * q.z, q.x * q.y, q.x * q.z, q.y * q.z};
            for (int c = 0; c < 6; c++) out->second[c] += d / 120 * product[c];
        }
    }
    if (out->volume < 0) { // normals point inwards
        out->volume = -out->volume;
        for (int k = 0; k < 3; k++) out->first[k] = -out->first[k];
        for (int k = 0; k < 6; k++) out->second[k] = -out->second[k];
    }
    return BRC_OK;
}

// A frustum of radii a, b and height h along u from `point`; a == b: a cylinder.
static void of_frustum(vec3 from, vec3 u, double h, double a, double b, moments* out)
{
    double area = BRC_PI * h * (a * a + a * b + b * b) / 3,
           along = BRC_PI * h * h * (a * a + 2 * a * b + 3 * b * b) / 12;
    double along2 = BRC_PI * h * h * h * (a * a + 3 * a * b + 6 * b * b) / 30;
    double across2 = BRC_PI * h * (a * a * a * a + a * a * a * b + a * a * b * b + a * b * b * b + b * b * b * b) / 20;
    double p[3] = {from.x, from.y, from.z}, e[3] = {u.x, u.y, u.z};
    static const int row[6] = {0, 1, 2, 0, 0, 1}, column[6] = {0, 1, 2, 1, 2, 2};
    out->volume = area;
    for (int k = 0; k < 3; k++) out->first[k] = area * p[k] + along * e[k];
    for (int c = 0; c < 6; c++) {
        int i = row[c], j = column[c];
        double unit = i == j ? 1 : 0;
        out->second[c] = area * p[i] * p[j] + along * (p[i] * e[j] + e[i] * p[j]) + along2 * e[i] * e[j] +
                         across2 * (unit - e[i] * e[j]);
    }
}

brc_status brc_wall_solid(const brc_wall* w, brc_solid* out)
{
    const brc_wall_def* d = &w->def;
    moments m = {0};
    vec3 middle = v3_scale(0.5, v3_add(w->lo, w->hi)), size = v3_sub(w->hi, w->lo);
    memset(out, 0, sizeof *out);
    switch (d->shape) {
    case BRC_MESH:
        BRC_TRY(of_mesh(w->mesh, middle, &m));
        break;
    case BRC_BOX: {
        double v = size.x * size.y * size.z;
        m = (moments){v, {0}, {v * size.x * size.x / 12, v * size.y * size.y / 12, v * size.z * size.z / 12}};
        break;
    }
    case BRC_SPHERE: {
        double r = d->radius, v = 4 * BRC_PI / 3 * r * r * r, s = v * r * r / 5;
        m = (moments){v, {0}, {s, s, s}};
        break;
    }
    case BRC_CYLINDER:
    case BRC_CONE:
        BRC_CHECK(!d->open, BRC_ERR_ARGUMENT, "it is open at its ends: only a closed wall has a volume");
        of_frustum(v3_sub(v3_from(d->point), middle), w->axis, w->length, d->radius, d->radius2, &m);
        break;
    default:
        BRC_CHECK(false, BRC_ERR_ARGUMENT, "a %s has no volume", d->shape == BRC_PLANE ? "plane" : "disc");
    }
    BRC_CHECK(m.volume > 1e-12 * size.x * size.y * size.z, BRC_ERR_ARGUMENT,
              "its volume is %g m^3 in a box of %g x %g x %g m: too little to be a solid", m.volume, size.x, size.y,
              size.z);
    double c[3], s[6];
    for (int k = 0; k < 3; k++) c[k] = m.first[k] / m.volume;
    double shift[6] = {c[0] * c[0], c[1] * c[1], c[2] * c[2], c[0] * c[1], c[0] * c[2], c[1] * c[2]};
    for (int k = 0; k < 6; k++) s[k] = m.second[k] - m.volume * shift[k];
    out->volume = m.volume;
    v3_to(out->center, v3_add(middle, v3(c[0], c[1], c[2])));
    double trace = s[0] + s[1] + s[2];
    for (int k = 0; k < 3; k++) out->inertia[k] = trace - s[k], out->inertia[3 + k] = -s[3 + k];
    return BRC_OK;
}
