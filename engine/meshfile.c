// meshfile.c -- triangles from STL, OBJ, PLY and glTF files. assimp reads them, in a process of its own (apart.h); the
// only file that includes it.
#include "apart.h"
#include "meshfile_check.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

void brc_mesh_file_free(brc_mesh_file* mesh)
{
    if (!mesh) return;
    brc_free(mesh->vertices);
    brc_free(mesh->triangles);
    *mesh = (brc_mesh_file){0};
}

#if BRC_HAVE_ASSIMP
#include <assimp/cimport.h>
#include <assimp/scene.h>
#include <assimp/version.h>

// ---- polygons
// ---------------------------------------------------------------------------------------------------------- (assimp's
// own triangulation aborts the process on some damaged files)
static double turning(const double* x, vec3 n, int32_t a, int32_t b, int32_t c)
{
    vec3 p = v3_from(&x[3 * (int64_t)a]), q = v3_from(&x[3 * (int64_t)b]), r = v3_from(&x[3 * (int64_t)c]);
    return v3_dot(n, v3_cross(v3_sub(q, p), v3_sub(r, p)));
}

static bool is_ear(const double* x, vec3 n, const int32_t* ring, int count, int i)
{
    int32_t a = ring[(i + count - 1) % count], b = ring[i], c = ring[(i + 1) % count];
    if (!(turning(x, n, a, b, c) > 0)) return false;
    for (int k = 0; k < count; k++) {
        int32_t p = ring[k];
        if (p == a || p == b || p == c) continue;
        if (turning(x, n, a, b, p) >= 0 && turning(x, n, b, c, p) >= 0 && turning(x, n, c, a, p) >= 0) return false;
    }
    return true;
}

// count - 2 triangles from a polygon, by cutting off ears; ring is used up. What is not a plain polygon, or has more
// than 1000 corners (the search takes the third power of that at worst), is cut as a fan.
static void cut_polygon(const double* x, int32_t* ring, int count, int32_t* triangles)
{
    vec3 n = v3(0, 0, 0);
    for (int i = 0; i < count; i++) // Newell's normal
        n = v3_add(n, v3_cross(v3_from(&x[3 * (int64_t)ring[i]]), v3_from(&x[3 * (int64_t)ring[(i + 1) % count]])));
    bool fan = count > 1000;
    for (; count > 3; count--) {
        int ear = 0;
        while (!fan && ear < count && !is_ear(x, n, ring, count, ear)) ear++;
        if (fan || ear == count) fan = true, ear = 1;
        *triangles++ = ring[(ear + count - 1) % count], *triangles++ = ring[ear],
        *triangles++ = ring[(ear + 1) % count];
        memmove(&ring[ear], &ring[ear + 1], (size_t)(count - 1 - ear) * sizeof *ring);
    }
    for (int k = 0; k < 3; k++) triangles[k] = ring[k];
}

// ---- the scene -------------------------------------------------------------------------------------------
typedef struct matrix {
    double m[3][4];
} matrix;

static matrix matrix_of(const struct aiMatrix4x4* t)
{
    return (matrix){{{t->a1, t->a2, t->a3, t->a4}, {t->b1, t->b2, t->b3, t->b4}, {t->c1, t->c2, t->c3, t->c4}}};
}

static matrix product(const matrix* a, const matrix* b)
{
    matrix r;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++) {
            r.m[i][j] = j == 3 ? a->m[i][3] : 0;
            for (int k = 0; k < 3; k++) r.m[i][j] += a->m[i][k] * b->m[k][j];
        }
    return r;
}

static brc_status write_face(const struct aiFace* face, int32_t first, brc_mesh_file* out)
{
    int32_t* triangles = &out->triangles[3 * out->triangle_count];
    int32_t* ring = face->mNumIndices > 3 ? BRC_NEW(face->mNumIndices, int32_t) : triangles;
    BRC_CHECK(ring, BRC_ERR_MEMORY, "no memory for a polygon of %u corners", face->mNumIndices);
    for (unsigned j = 0; j < face->mNumIndices; j++) ring[j] = first + (int32_t)face->mIndices[j];
    if (ring == triangles) return BRC_OK;
    cut_polygon(out->vertices, ring, (int)face->mNumIndices, triangles);
    brc_free(ring);
    return BRC_OK;
}

// Vertices and triangles of a node and of those below it: counted when `out` has no arrays, else written.
static brc_status collect(const char* path, const struct aiScene* scene, const struct aiNode* node, const matrix* above,
                          double scale, int depth, brc_mesh_file* out)
{
    BRC_CHECK(depth < 200, BRC_ERR_FILE, "mesh '%s': its nodes are nested more than 200 deep", path);
    matrix own = matrix_of(&node->mTransformation), t = product(above, &own);
    for (unsigned i = 0; i < node->mNumMeshes; i++) {
        const struct aiMesh* mesh = scene->mMeshes[node->mMeshes[i]];
        int64_t first = out->vertex_count;
        for (unsigned k = 0; out->vertices && k < mesh->mNumVertices; k++) {
            const struct aiVector3D* v = &mesh->mVertices[k];
            double* x = &out->vertices[3 * (first + k)];
            for (int j = 0; j < 3; j++) {
                x[j] = scale *
                       (t.m[j][0] * (double)v->x + t.m[j][1] * (double)v->y + t.m[j][2] * (double)v->z + t.m[j][3]);
                BRC_CHECK(isfinite(x[j]), BRC_ERR_FILE, "mesh '%s': vertex %" PRId64 " is not finite: (%g, %g, %g)",
                          path, first + k + 1, (double)v->x, (double)v->y, (double)v->z);
            }
        }
        out->vertex_count += mesh->mNumVertices;
        for (unsigned k = 0; k < mesh->mNumFaces; k++) {
            const struct aiFace* face = &mesh->mFaces[k];
            if (face->mNumIndices < 3) continue; // points and lines
            for (unsigned j = 0; j < face->mNumIndices; j++)
                BRC_CHECK(face->mIndices[j] < mesh->mNumVertices, BRC_ERR_FILE,
                          "mesh '%s': a face names vertex %" PRId64 ", there are %u", path,
                          (int64_t)face->mIndices[j] + 1, mesh->mNumVertices);
            if (out->triangles) BRC_TRY(write_face(face, (int32_t)first, out));
            out->triangle_count += face->mNumIndices - 2;
        }
    }
    for (unsigned i = 0; i < node->mNumChildren; i++)
        BRC_TRY(collect(path, scene, node->mChildren[i], &t, scale, depth + 1, out));
    return BRC_OK;
}

// Vertices at equal places become one, in the order of their first use; those that no triangle uses go.
static brc_status merge(brc_mesh_file* mesh)
{
    uint64_t size = 16;
    while (size < 2 * (uint64_t)mesh->vertex_count) size *= 2;
    int32_t* table = BRC_NEW(size, int32_t); // new number + 1
    double* merged = BRC_NEW(3 * mesh->vertex_count, double);
    if (!table || !merged) {
        brc_free(table), brc_free(merged);
        BRC_CHECK(false, BRC_ERR_MEMORY, "no memory for %" PRId64 " vertices", mesh->vertex_count);
    }
    int64_t count = 0;
    for (int64_t i = 0; i < 3 * mesh->triangle_count; i++) {
        double p[3];
        uint64_t bits[3], at = 0;
        for (int k = 0; k < 3; k++) p[k] = mesh->vertices[3 * (int64_t)mesh->triangles[i] + k] + 0.0; // -0 is 0
        memcpy(bits, p, sizeof bits);
        for (int k = 0; k < 3; k++) at = (at ^ bits[k] ^ bits[k] >> 29) * UINT64_C(0x9E3779B97F4A7C15), at ^= at >> 32;
        for (at &= size - 1; table[at] && memcmp(&merged[3 * (int64_t)(table[at] - 1)], p, sizeof p) != 0;)
            at = (at + 1) & (size - 1);
        if (!table[at]) {
            memcpy(&merged[3 * count++], p, sizeof p);
            table[at] = (int32_t)count;
        }
        mesh->triangles[i] = table[at] - 1;
    }
    brc_free(table);
    brc_free(mesh->vertices);
    mesh->vertices = merged;
    mesh->vertex_count = count;
    return BRC_OK;
}

static brc_status from_scene(const char* path, const struct aiScene* scene, double scale, brc_mesh_file* out)
{
    static const matrix identity = {{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}};
    brc_mesh_file count = {0};
    BRC_TRY(collect(path, scene, scene->mRootNode, &identity, scale, 0, &count));
    BRC_CHECK(count.triangle_count > 0, BRC_ERR_FILE, "mesh '%s' has no triangles", path);
    BRC_CHECK(count.vertex_count < INT32_MAX && count.triangle_count < INT32_MAX, BRC_ERR_FILE,
              "mesh '%s' has too many vertices: %" PRId64, path, count.vertex_count);
    out->vertices = BRC_NEW(3 * count.vertex_count, double);
    out->triangles = BRC_NEW(3 * count.triangle_count, int32_t);
    BRC_CHECK(out->vertices && out->triangles, BRC_ERR_MEMORY, "no memory for mesh '%s'", path);
    BRC_TRY(collect(path, scene, scene->mRootNode, &identity, scale, 0, out));
    return merge(out);
}

// ---- in a process of its own -----------------------------------------------------------------------------
typedef struct reading {
    const char* path;
    double scale;
    brc_mesh_file* out;
} reading;

static brc_status send_mesh(const brc_mesh_file* m, brc_channel* to)
{
    const int64_t counts[2] = {m->vertex_count, m->triangle_count};
    BRC_TRY(brc_apart_send(to, counts, sizeof counts));
    BRC_TRY(brc_apart_send(to, m->vertices, 3 * (size_t)m->vertex_count * sizeof(double)));
    return brc_apart_send(to, m->triangles, 3 * (size_t)m->triangle_count * sizeof(int32_t));
}

static brc_status import(void* task, brc_channel* to)
{
    const reading* r = task;
    brc_mesh_file mesh = {0};
    const struct aiScene* scene = aiImportFile(r->path, 0);
    BRC_CHECK(scene, BRC_ERR_FILE, "cannot read mesh '%s': %s", r->path, aiGetErrorString());
    brc_status status = BRC_ERR_FILE;
    if (scene->mRootNode) status = from_scene(r->path, scene, r->scale, &mesh);
    else brc_error_set(__FILE__, __LINE__, __func__, "mesh '%s' has no triangles", r->path);
    aiReleaseImport(scene);
    if (status == BRC_OK) status = send_mesh(&mesh, to);
    brc_mesh_file_free(&mesh);
    return status;
}

// A child that a file has got into its hands may send anything.
static brc_status take(void* task, brc_channel* from)
{
    const reading* r = task;
    brc_mesh_file* out = r->out;
    int64_t counts[2];
    BRC_TRY(brc_apart_receive(from, counts, sizeof counts));
    for (int k = 0; k < 2; k++)
        BRC_CHECK(counts[k] > 0 && counts[k] < INT32_MAX, BRC_ERR_FILE, "mesh '%s' is damaged", r->path);
    out->vertices = BRC_NEW(3 * counts[0], double);
    out->triangles = BRC_NEW(3 * counts[1], int32_t);
    BRC_CHECK(out->vertices && out->triangles, BRC_ERR_MEMORY, "no memory for mesh '%s'", r->path);
    BRC_TRY(brc_apart_receive(from, out->vertices, 3 * (size_t)counts[0] * sizeof(double)));
    BRC_TRY(brc_apart_receive(from, out->triangles, 3 * (size_t)counts[1] * sizeof(int32_t)));
    out->vertex_count = counts[0], out->triangle_count = counts[1];
    for (int64_t i = 0; i < 3 * counts[1]; i++)
        BRC_CHECK(out->triangles[i] >= 0 && out->triangles[i] < counts[0], BRC_ERR_FILE, "mesh '%s' is damaged",
                  r->path);
    return BRC_OK;
}

brc_status brc_mesh_read(const char* path, double scale, brc_mesh_file* out)
{
    *out = (brc_mesh_file){0};
    BRC_CHECK(scale > 0 && isfinite(scale), BRC_ERR_ARGUMENT, "mesh '%s': scale must be > 0, got %g", path, scale);
    uint64_t size = 0;
    BRC_TRY(brc_mesh_file_check(path, &size));
    char what[512];
    snprintf(what, sizeof what, "cannot read mesh '%.400s'", path);
    reading r = {path, scale, out};
    // Whole files take less than a second and 60 bytes for each byte of them [measured with STL, OBJ, PLY, glTF].
    const brc_apart a = {what, import, take, &r, 4 + 1e-6 * (double)size, (UINT64_C(1) << 28) + 200 * size};
    brc_status status = brc_apart_run(&a);
    if (status != BRC_OK) brc_mesh_file_free(out);
    return status;
}

void brc_assimp_version(char* text, int room)
{
    snprintf(text, (size_t)room, "%u.%u.%u", aiGetVersionMajor(), aiGetVersionMinor(), aiGetVersionPatch());
}

#else
brc_status brc_mesh_read(const char* path, double scale, brc_mesh_file* out)
{
    (void)scale;
    *out = (brc_mesh_file){0};
    BRC_CHECK(false, BRC_ERR_DEVICE, "cannot read mesh '%s': barchan was built without assimp", path);
}
#endif
