// wall_mesh.c -- from vertices and triangles as a file has them to a mesh: merged vertices, faces without area and
// repeated faces left out.
#include "wall_mesh.h"
#include <string.h>
#include <xxhash.h>

// A triangle is left out when two of its corners are the same place, or when its height over its longest edge is less
// than 1e-10 of that edge: rounding of the corners (1e-16 of their distance) would then turn its normal by more than
// 1e-6. The slit that this opens is narrower than what the contact rules take for flat.
#define FLATTEST 1e-10
#define NARROW 1e-5

static brc_status check(const brc_wall_def* def)
{
    BRC_CHECK(def->triangle_count > 0 && def->triangles, BRC_ERR_ARGUMENT, "mesh: there are no triangles");
    BRC_CHECK(def->triangle_count <= BRC_MESH_FACES_MAX, BRC_ERR_ARGUMENT,
              "mesh: at most %" PRId32 " triangles, got %" PRId64, BRC_MESH_FACES_MAX, def->triangle_count);
    BRC_CHECK(def->vertex_count > 0 && def->vertices, BRC_ERR_ARGUMENT, "mesh: there are no vertices");
    BRC_CHECK(def->vertex_count < INT32_MAX, BRC_ERR_ARGUMENT, "mesh: too many vertices, got %" PRId64,
              def->vertex_count);
    for (int64_t i = 0; i < def->vertex_count; i++) {
        const double* p = &def->vertices[3 * i];
        BRC_CHECK(fabs(p[0]) < 1e9 && fabs(p[1]) < 1e9 && fabs(p[2]) < 1e9, BRC_ERR_ARGUMENT,
                  "mesh: vertex[%" PRId64 "] must be finite and within 1e9 m of the origin, got (%g, %g, %g) m", i + 1,
                  p[0], p[1], p[2]);
    }
    for (int64_t i = 0; i < 3 * def->triangle_count; i++) {
        int32_t v = def->triangles[i];
        BRC_CHECK(v >= 0 && v < def->vertex_count, BRC_ERR_ARGUMENT,
                  "mesh: triangle[%" PRId64 "] corner %d names vertex %" PRId64 ", there are %" PRId64, i / 3 + 1,
                  (int)(i % 3) + 1, (int64_t)v + 1, def->vertex_count);
    }
    return BRC_OK;
}

static uint64_t place_hash(vec3 p)
{
    double a[3] = {p.x + 0.0, p.y + 0.0, p.z + 0.0}; // -0 and 0 are the same place
    uint64_t bits[3], h = 0;
    memcpy(bits, a, sizeof bits);
    for (int k = 0; k < 3; k++) h = (h ^ bits[k] ^ bits[k] >> 29) * UINT64_C(0x9E3779B97F4A7C15), h ^= h >> 32;
    return h;
}

// number[i]: the vertex that stands for vertex i of the definition; the first of equal places keeps its turn.
static brc_status merge_vertices(brc_mesh* m, const brc_wall_def* def, int32_t* number)
{
    uint64_t size = 16;
    while (size < 2 * (uint64_t)def->vertex_count) size *= 2;
    int32_t* table = BRC_NEW(size, int32_t); // vertex + 1, 0: free
    BRC_CHECK(table, BRC_ERR_MEMORY, "no memory for a mesh of %" PRId64 " vertices", def->vertex_count);
    for (int64_t i = 0; i < def->vertex_count; i++) {
        vec3 p = v3_from(&def->vertices[3 * i]);
        uint64_t at = place_hash(p) & (size - 1);
        for (; table[at]; at = (at + 1) & (size - 1)) {
            vec3 q = m->x[table[at] - 1];
            if (p.x == q.x && p.y == q.y && p.z == q.z) break;
        }
        if (!table[at]) {
            m->x[m->vertex_count++] = p;
            table[at] = (int32_t)m->vertex_count;
        }
        number[i] = table[at] - 1;
    }
    brc_free(table);
    return BRC_OK;
}

// Normal and edges' inward directions; false: no area.
static bool shape_face(const vec3* x, mesh_face* f)
{
    vec3 p[3], edge[3];
    double length[3], longest = 0;
    if (f->vertex[0] == f->vertex[1] || f->vertex[1] == f->vertex[2] || f->vertex[2] == f->vertex[0]) return false;
    for (int k = 0; k < 3; k++) p[k] = x[f->vertex[k]];
    for (int k = 0; k < 3; k++) {
        edge[k] = v3_sub(p[(k + 1) % 3], p[k]);
        length[k] = v3_length_safe(edge[k]);
        longest = fmax(longest, length[k]);
    }
    if (!(longest > 0) || !isfinite(longest)) return false;
    for (int k = 0; k < 3; k++) edge[k] = v3_divide(edge[k], longest);
    // Of the three products the one of the two shorter edges has the least rounding.
    int skip = length[0] >= length[1] && length[0] >= length[2] ? 0 : length[1] >= length[2] ? 1 : 2;
    vec3 n = v3_cross(edge[(skip + 1) % 3], edge[(skip + 2) % 3]);
    double area = v3_length(n); // twice the area over longest^2 = height over longest
    if (!(area >= FLATTEST)) return false;
    f->n = v3_divide(n, area);
    f->sliver = !(area >= NARROW);
    for (int k = 0; k < 3; k++) {
        vec3 in = v3_cross(f->n, edge[k]);
        f->inward[k] = v3_divide(in, v3_length(in));
    }
    return true;
}

void brc_mesh_sort(const int32_t* key, int64_t range, int64_t count, const int32_t* list, int32_t* out, int32_t* start)
{
    memset(start, 0, (size_t)(range + 1) * sizeof *start);
    for (int64_t i = 0; i < count; i++) start[key[list[i]] + 1]++;
    for (int64_t i = 0; i < range; i++) start[i + 1] += start[i];
    for (int64_t i = 0; i < count; i++) out[start[key[list[i]]]++] = list[i];
}

// The corners of a face from the lowest on; when both sides are the same, also independent of the winding.
static void canonical(const mesh_face* f, bool one_sided, int32_t corner[3])
{
    int k = f->vertex[0] < f->vertex[1] ? (f->vertex[0] < f->vertex[2] ? 0 : 2) : (f->vertex[1] < f->vertex[2] ? 1 : 2);
    for (int i = 0; i < 3; i++) corner[i] = f->vertex[(k + i) % 3];
    if (!one_sided && corner[1] > corner[2]) {
        int32_t t = corner[1];
        corner[1] = corner[2], corner[2] = t;
    }
}

// Leaves out what repeats an earlier face, so that no edge has the same face twice.
static brc_status drop_repeated(brc_mesh* m)
{
    int64_t n = m->face_count;
    int32_t* memory = BRC_NEW(5 * n + m->vertex_count + 1, int32_t);
    BRC_CHECK(memory, BRC_ERR_MEMORY, "no memory for a mesh of %" PRId64 " triangles", n);
    int32_t *key[3] = {memory, memory + n, memory + 2 * n}, *list = memory + 3 * n, *other = memory + 4 * n,
            *start = memory + 5 * n;
    for (int64_t i = 0; i < n; i++) {
        int32_t corner[3];
        canonical(&m->faces[i], m->one_sided, corner);
        for (int k = 0; k < 3; k++) key[k][i] = corner[k];
        list[i] = (int32_t)i;
    }
    for (int k = 2; k >= 0; k--) {
        brc_mesh_sort(key[k], m->vertex_count, n, list, other, start);
        int32_t* t = list;
        list = other, other = t;
    }
    int32_t* repeated = other;
    memset(repeated, 0, (size_t)n * sizeof *repeated);
    for (int64_t i = 1; i < n; i++) {
        int32_t a = list[i - 1], b = list[i];
        repeated[b] = key[0][a] == key[0][b] && key[1][a] == key[1][b] && key[2][a] == key[2][b];
    }
    m->face_count = 0;
    for (int64_t i = 0; i < n; i++)
        if (!repeated[i]) m->faces[m->face_count++] = m->faces[i];
    brc_free(memory);
    return BRC_OK;
}

static brc_status make_faces(brc_mesh* m, const brc_wall_def* def, const int32_t* number)
{
    m->lo = v3(INFINITY, INFINITY, INFINITY), m->hi = v3(-INFINITY, -INFINITY, -INFINITY);
    for (int64_t i = 0; i < def->triangle_count; i++) {
        mesh_face* f = &m->faces[m->face_count];
        for (int k = 0; k < 3; k++) f->vertex[k] = number[def->triangles[3 * i + k]];
        if (!shape_face(m->x, f)) continue;
        m->face_count++;
        for (int k = 0; k < 3; k++) {
            vec3 p = m->x[f->vertex[k]];
            m->lo = v3(fmin(m->lo.x, p.x), fmin(m->lo.y, p.y), fmin(m->lo.z, p.z));
            m->hi = v3(fmax(m->hi.x, p.x), fmax(m->hi.y, p.y), fmax(m->hi.z, p.z));
        }
    }
    BRC_CHECK(m->face_count > 0, BRC_ERR_ARGUMENT,
              "mesh: none of the %" PRId64 " triangles has an area (corners that coincide or lie on a line)",
              def->triangle_count);
    return drop_repeated(m);
}

static brc_status build(brc_mesh* m, const brc_wall_def* def, int32_t* number)
{
    BRC_TRY(merge_vertices(m, def, number));
    BRC_TRY(make_faces(m, def, number));
    BRC_TRY(brc_mesh_topology(m));
    return brc_mesh_tree(m);
}

brc_status brc_mesh_create(const brc_wall_def* def, brc_mesh** out)
{
    BRC_TRY(check(def));
    brc_mesh* m = BRC_NEW(1, brc_mesh);
    int32_t* number = BRC_NEW(def->vertex_count, int32_t);
    brc_status status = BRC_ERR_MEMORY;
    if (m) {
        m->one_sided = def->side == 1;
        m->x = BRC_NEW(def->vertex_count, vec3);
        m->faces = BRC_NEW(def->triangle_count, mesh_face);
    }
    if (m && number && m->x && m->faces) status = build(m, def, number);
    else
        brc_error_set(__FILE__, __LINE__, __func__, "no memory for a mesh of %" PRId64 " triangles",
                      def->triangle_count);
    brc_free(number);
    if (status != BRC_OK) {
        brc_mesh_free(m);
        return status;
    }
    *out = m;
    return BRC_OK;
}

void brc_mesh_free(brc_mesh* m)
{
    if (!m) return;
    brc_free(m->x);
    brc_free(m->faces);
    brc_free(m->edges);
    brc_free(m->vertices);
    brc_free(m->halves);
    brc_free(m->spokes);
    brc_free(m->nodes);
    brc_free(m->order);
    brc_free(m);
}

void brc_mesh_bounds(const brc_mesh* mesh, vec3* lo, vec3* hi) { *lo = mesh->lo, *hi = mesh->hi; }

const vec3* brc_mesh_vertices(const brc_mesh* mesh, int64_t* count)
{
    *count = mesh->vertex_count;
    return mesh->x;
}

void brc_mesh_triangles(const brc_mesh* mesh, int32_t* triangles, int64_t* count)
{
    *count = mesh->face_count;
    for (int64_t i = 0; triangles && i < mesh->face_count; i++)
        for (int k = 0; k < 3; k++) triangles[3 * i + k] = mesh->faces[i].vertex[k];
}

uint64_t brc_mesh_hash(const brc_mesh* mesh, uint64_t hash)
{
    for (int64_t i = 0; i < mesh->face_count; i++)
        hash = XXH64(mesh->faces[i].vertex, sizeof mesh->faces[i].vertex, hash);
    return hash;
}
