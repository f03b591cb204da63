// meshfile.c -- triangles from STL, OBJ, PLY and glTF files. assimp reads them; the only file that includes it.
//
// assimp takes some truncated files for whole ones, so the sizes and counts that a file states are checked here first.
#include "base.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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
#include <assimp/postprocess.h>
#include <assimp/scene.h>
#include <errno.h>
#include <limits.h>

// ---- the file itself
// ---------------------------------------------------------------------------------------------------
typedef struct content {
    unsigned char* bytes; // a zero follows the last
    size_t size;
} content;

static brc_status read_all(const char* path, content* out)
{
    FILE* file = fopen(path, "rb");
    BRC_CHECK(file, BRC_ERR_FILE, "cannot read mesh '%s': %s", path, strerror(errno));
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    if (size == LONG_MAX) size = -1; // a folder
    unsigned char* bytes = size >= 0 && size < INT32_MAX ? brc_alloc((size_t)size + 1) : NULL;
    bool whole = bytes && fseek(file, 0, SEEK_SET) == 0 && fread(bytes, 1, (size_t)size, file) == (size_t)size;
    int reason = errno;
    fclose(file);
    if (!whole) {
        brc_free(bytes);
        BRC_CHECK(size >= 0, BRC_ERR_FILE, "cannot read mesh '%s': it is not a plain file", path);
        BRC_CHECK(size < INT32_MAX, BRC_ERR_FILE, "cannot read mesh '%s': %ld bytes are too many, at most 2 GiB", path,
                  size);
        BRC_CHECK(bytes, BRC_ERR_MEMORY, "no memory for mesh '%s' of %ld bytes", path, size);
        BRC_CHECK(false, BRC_ERR_FILE, "cannot read mesh '%s': %s", path, strerror(reason));
    }
    *out = (content){bytes, (size_t)size};
    return BRC_OK;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

static bool space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// The next word, up to `size` - 1 characters of it in lower case; false at the end.
static bool next_word(const char** at, char* word, size_t size)
{
    const char* p = *at;
    while (space(*p)) p++;
    size_t n = 0;
    for (; *p && !space(*p); p++)
        if (n + 1 < size) word[n++] = lower(*p);
    word[n] = 0;
    *at = p;
    return n > 0;
}

static const char* skip_line(const char* p)
{
    while (*p && *p != '\n') p++;
    return p;
}

// A facet of an ASCII STL is: facet normal x y z, outer loop, three times vertex x y z, endloop, endfacet.
static brc_status check_ascii_stl(const char* path, const char* text)
{
    static const char* const grammar[] = {"facet",  "normal", "", "", "",       "outer",   "loop",
                                          "vertex", "",       "", "", "vertex", "",        "",
                                          "",       "vertex", "", "", "",       "endloop", "endfacet"};
    const char* at = skip_line(text); // solid NAME
    char word[32];
    int64_t facets = 0;
    bool open = true; // inside solid ... endsolid
    while (next_word(&at, word, sizeof word)) {
        if (!open) {
            BRC_CHECK(!strcmp(word, "solid"), BRC_ERR_FILE,
                      "mesh '%s': after facet %" PRId64 " expected 'solid', got '%s'", path, facets, word);
            at = skip_line(at), open = true;
            continue;
        }
        if (!strcmp(word, "endsolid") || !strcmp(word, "end")) {
            at = skip_line(at), open = false;
            continue;
        }
        for (size_t i = 0; i < sizeof grammar / sizeof *grammar; i++) {
            if (i > 0)
                BRC_CHECK(next_word(&at, word, sizeof word), BRC_ERR_FILE, "mesh '%s' is truncated in facet %" PRId64,
                          path, facets + 1);
            if (*grammar[i])
                BRC_CHECK(!strcmp(word, grammar[i]), BRC_ERR_FILE,
                          "mesh '%s': in facet %" PRId64 " expected '%s', got '%s'", path, facets + 1, grammar[i],
                          word);
            else {
                char* end;
                double value = strtod(word, &end);
                BRC_CHECK(!*end, BRC_ERR_FILE, "mesh '%s': in facet %" PRId64 " expected a number, got '%s'", path,
                          facets + 1, word);
                BRC_CHECK(i < 7 || isfinite(value), BRC_ERR_FILE,
                          "mesh '%s': facet %" PRId64 " has a coordinate that is not finite", path, facets + 1);
            }
        }
        facets++;
    }
    BRC_CHECK(!open, BRC_ERR_FILE, "mesh '%s' is truncated: there is no 'endsolid' after facet %" PRId64, path, facets);
    BRC_CHECK(facets > 0, BRC_ERR_FILE, "mesh '%s' has no triangles", path);
    return BRC_OK;
}

static brc_status check_stl(const char* path, const content* file)
{
    const unsigned char* b = file->bytes;
    const char* text = (const char*)b;
    uint64_t count = 0, expected = 0;
    if (file->size >= 84) {
        count = (uint64_t)b[80] | (uint64_t)b[81] << 8 | (uint64_t)b[82] << 16 | (uint64_t)b[83] << 24;
        expected = 84 + 50 * count;
    }
    while (space(*text)) text++;
    bool solid = lower(text[0]) == 's' && lower(text[1]) == 'o' && lower(text[2]) == 'l' && lower(text[3]) == 'i' &&
                 lower(text[4]) == 'd';
    bool plain = solid && strlen((const char*)b) == file->size; // some binary files start with "solid" too
    if (file->size != expected && plain) return check_ascii_stl(path, text);
    BRC_CHECK(file->size >= 84, BRC_ERR_FILE,
              "mesh '%s' is truncated or not an STL file: %zu bytes, a binary STL has at least 84", path, file->size);
    BRC_CHECK(count > 0, BRC_ERR_FILE, "mesh '%s' has no triangles", path);
    BRC_CHECK(file->size >= expected, BRC_ERR_FILE,
              "mesh '%s' is truncated or not an STL file: its header says %" PRIu64 " triangles, which take %" PRIu64
              " bytes, it has %zu",
              path, count, expected, file->size);
    BRC_CHECK(file->size == expected, BRC_ERR_FILE,
              "mesh '%s': its header says %" PRIu64 " triangles, which take %" PRIu64 " bytes, it has %zu", path, count,
              expected, file->size);
    return BRC_OK;
}

// Numbers of vertices and faces that the header of a PLY file states.
static brc_status check_ply(const char* path, const content* file, int64_t* vertices, int64_t* faces)
{
    const char* at = (const char*)file->bytes;
    char word[64];
    BRC_CHECK(next_word(&at, word, sizeof word) && !strcmp(word, "ply"), BRC_ERR_FILE, "mesh '%s' is not a PLY file",
              path);
    *vertices = *faces = 0;
    bool ended = false;
    while (*at && !ended) {
        at = skip_line(at);
        if (!next_word(&at, word, sizeof word)) break;
        ended = !strcmp(word, "end_header");
        if (strcmp(word, "element") || !next_word(&at, word, sizeof word)) continue;
        int64_t* where = !strcmp(word, "vertex") ? vertices : !strcmp(word, "face") ? faces : NULL;
        if (where && next_word(&at, word, sizeof word)) *where = strtoll(word, NULL, 10);
    }
    BRC_CHECK(ended, BRC_ERR_FILE, "mesh '%s' is truncated: its header has no 'end_header'", path);
    BRC_CHECK(*vertices > 0 && *faces > 0, BRC_ERR_FILE,
              "mesh '%s' has no triangles: %" PRId64 " vertices, %" PRId64 " faces", path, *vertices, *faces);
    size_t least =
        (size_t)(at - (const char*)file->bytes); // each value takes a byte at least, a face a count and three
    BRC_CHECK((uint64_t)*vertices <= file->size && (uint64_t)*faces <= file->size &&
                  least + 3 * (uint64_t)*vertices + 4 * (uint64_t)*faces <= file->size,
              BRC_ERR_FILE,
              "mesh '%s' is truncated: its header says %" PRId64 " vertices and %" PRId64 " faces, it has %zu bytes",
              path, *vertices, *faces, file->size);
    return BRC_OK;
}

static bool has_ending(const char* path, const char* ending)
{
    size_t n = strlen(path), k = strlen(ending);
    if (n < k) return false;
    for (size_t i = 0; i < k; i++)
        if (lower(path[n - k + i]) != ending[i]) return false;
    return true;
}

// ---- the scene
// ---------------------------------------------------------------------------------------------------------
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
            if (face->mNumIndices != 3) continue; // points and lines
            for (int j = 0; j < 3 && out->triangles; j++) {
                BRC_CHECK(face->mIndices[j] < mesh->mNumVertices, BRC_ERR_FILE,
                          "mesh '%s': triangle %" PRId64 " names vertex %u, there are %u", path,
                          out->triangle_count + 1, face->mIndices[j] + 1, mesh->mNumVertices);
                out->triangles[3 * out->triangle_count + j] = (int32_t)(first + face->mIndices[j]);
            }
            out->triangle_count++;
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
    BRC_CHECK(count.vertex_count < INT32_MAX, BRC_ERR_FILE, "mesh '%s' has too many vertices: %" PRId64, path,
              count.vertex_count);
    out->vertices = BRC_NEW(3 * count.vertex_count, double);
    out->triangles = BRC_NEW(3 * count.triangle_count, int32_t);
    BRC_CHECK(out->vertices && out->triangles, BRC_ERR_MEMORY, "no memory for mesh '%s'", path);
    BRC_TRY(collect(path, scene, scene->mRootNode, &identity, scale, 0, out));
    return merge(out);
}

static int64_t face_total(const struct aiScene* scene)
{
    int64_t total = 0;
    for (unsigned i = 0; i < scene->mNumMeshes; i++) total += scene->mMeshes[i]->mNumFaces;
    return total;
}

brc_status brc_mesh_read(const char* path, double scale, brc_mesh_file* out)
{
    BRC_CHECK(scale > 0 && isfinite(scale), BRC_ERR_ARGUMENT, "mesh '%s': scale must be > 0, got %g", path, scale);
    *out = (brc_mesh_file){0};
    content file;
    int64_t vertices = 0, faces = 0;
    BRC_TRY(read_all(path, &file));
    brc_status status = has_ending(path, ".stl")   ? check_stl(path, &file)
                        : has_ending(path, ".ply") ? check_ply(path, &file, &vertices, &faces)
                                                   : BRC_OK;
    bool empty = file.size == 0;
    brc_free(file.bytes);
    BRC_TRY(status);
    BRC_CHECK(!empty, BRC_ERR_FILE, "mesh '%s' is empty", path);

    const struct aiScene* scene = aiImportFile(path, 0);
    if (scene) {
        int64_t read = face_total(scene);
        if (read < faces) {
            aiReleaseImport(scene);
            BRC_CHECK(false, BRC_ERR_FILE,
                      "mesh '%s' is truncated: its header says %" PRId64 " faces, %" PRId64 " could be read", path,
                      faces, read);
        }
        scene = aiApplyPostProcessing(scene, aiProcess_Triangulate);
    }
    BRC_CHECK(scene, BRC_ERR_FILE, "cannot read mesh '%s' (STL, OBJ and PLY are known): %s", path,
              aiGetErrorString());
    BRC_CHECK(scene->mRootNode, BRC_ERR_FILE, "mesh '%s' has no triangles", path);
    status = from_scene(path, scene, scale, out);
    aiReleaseImport(scene);
    if (status != BRC_OK) brc_mesh_file_free(out);
    return status;
}

#else
brc_status brc_mesh_read(const char* path, double scale, brc_mesh_file* out)
{
    (void)scale;
    *out = (brc_mesh_file){0};
    BRC_CHECK(false, BRC_ERR_DEVICE, "cannot read mesh '%s': barchan was built without assimp", path);
}
#endif
