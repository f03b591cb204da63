// meshfile_check.c -- is a mesh file whole? assimp takes some truncated STL and PLY files for complete ones, so what
// such a file states about itself is compared here with what it has, before assimp sees it.
#include "meshfile_check.h"
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- the file and its words ------------------------------------------------------------------------------
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

// The next word, up to `size` - 1 characters of it; false at the end.
static bool next_word(const char** at, char* word, size_t size)
{
    const char* p = *at;
    while (space(*p)) p++;
    size_t n = 0;
    for (; *p && !space(*p); p++)
        if (n + 1 < size) word[n++] = *p;
    word[n] = 0;
    *at = p;
    return n > 0;
}

// STL files come in both cases; assimp takes them so.
static bool same(const char* word, const char* keyword)
{
    while (*word && lower(*word) == *keyword) word++, keyword++;
    return !*word && !*keyword;
}

static const char* skip_line(const char* p)
{
    while (*p && *p != '\n') p++;
    return p;
}

// ---- STL
// --------------------------------------------------------------------------------------------------------------- A
// facet of an ASCII STL is: facet normal x y z, outer loop, three times vertex x y z, endloop, endfacet.
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
            BRC_CHECK(same(word, "solid"), BRC_ERR_FILE,
                      "mesh '%s': after facet %" PRId64 " expected 'solid', got '%s'", path, facets, word);
            at = skip_line(at), open = true;
            continue;
        }
        if (same(word, "endsolid") || same(word, "end")) {
            at = skip_line(at), open = false;
            continue;
        }
        for (size_t i = 0; i < sizeof grammar / sizeof *grammar; i++) {
            if (i > 0)
                BRC_CHECK(next_word(&at, word, sizeof word), BRC_ERR_FILE, "mesh '%s' is truncated in facet %" PRId64,
                          path, facets + 1);
            if (*grammar[i])
                BRC_CHECK(same(word, grammar[i]), BRC_ERR_FILE,
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

// ---- PLY -------------------------------------------------------------------------------------------------
enum { PLY_ELEMENTS = 16, PLY_PROPERTIES = 64 };
typedef struct ply_property {
    int count_size; // [byte] of a list's length; 0: not a list
    int size;       // [byte] of a value
} ply_property;
typedef struct ply_element {
    int64_t count;
    int property_count;
    ply_property properties[PLY_PROPERTIES];
} ply_element;
typedef struct ply_header {
    bool ascii, big_endian;
    int element_count;
    ply_element elements[PLY_ELEMENTS];
    int64_t vertices, faces;
} ply_header;

static int ply_size(const char* type)
{
    static const struct {
        const char* name;
        int size;
    } types[] = {{"char", 1},  {"uchar", 1},   {"int8", 1},   {"uint8", 1},  {"short", 2}, {"ushort", 2},
                 {"int16", 2}, {"uint16", 2},  {"int", 4},    {"uint", 4},   {"int32", 4}, {"uint32", 4},
                 {"float", 4}, {"float32", 4}, {"double", 8}, {"float64", 8}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(type, types[i].name)) return types[i].size;
    return 0;
}

static brc_status ply_element_line(const char* path, const char** at, ply_header* h)
{
    char name[64] = "", number[64] = "";
    bool complete = next_word(at, name, sizeof name) && next_word(at, number, sizeof number);
    char* end = number;
    long long count = complete ? strtoll(number, &end, 10) : -1;
    BRC_CHECK(complete && !*end && count >= 0, BRC_ERR_FILE,
              "mesh '%s': its header has an element without a count: '%s %s'", path, name, number);
    BRC_CHECK(h->element_count < PLY_ELEMENTS, BRC_ERR_FILE, "mesh '%s': its header has more than %d elements", path,
              PLY_ELEMENTS);
    if (!strcmp(name, "vertex")) h->vertices = count;
    if (!strcmp(name, "face") || !strcmp(name, "tristrips")) h->faces = count;
    h->elements[h->element_count++].count = count;
    return BRC_OK;
}

static brc_status ply_property_line(const char* path, const char** at, ply_header* h)
{
    char type[64] = "";
    ply_property p = {0};
    bool known = next_word(at, type, sizeof type);
    if (known && !strcmp(type, "list")) {
        known = next_word(at, type, sizeof type) && (p.count_size = ply_size(type)) > 0 && p.count_size <= 4 &&
                next_word(at, type, sizeof type);
    }
    known = known && (p.size = ply_size(type)) > 0;
    BRC_CHECK(known, BRC_ERR_FILE, "mesh '%s': its header has a property of unknown type '%s'", path, type);
    BRC_CHECK(h->element_count > 0, BRC_ERR_FILE, "mesh '%s': its header has a property before the first element",
              path);
    ply_element* e = &h->elements[h->element_count - 1];
    BRC_CHECK(e->property_count < PLY_PROPERTIES, BRC_ERR_FILE, "mesh '%s': an element has more than %d properties",
              path, PLY_PROPERTIES);
    e->properties[e->property_count++] = p;
    return BRC_OK;
}

// Leaves *at behind the line end_header.
static brc_status ply_read_header(const char* path, const char** at, ply_header* h)
{
    char word[64];
    BRC_CHECK(next_word(at, word, sizeof word) && !strcmp(word, "ply"), BRC_ERR_FILE, "mesh '%s' is not a PLY file",
              path);
    bool format = false;
    for (;;) {
        *at = skip_line(*at);
        BRC_CHECK(next_word(at, word, sizeof word), BRC_ERR_FILE,
                  "mesh '%s' is truncated: its header has no 'end_header'", path);
        if (!strcmp(word, "end_header")) break;
        if (!strcmp(word, "comment") || !strcmp(word, "obj_info")) continue;
        if (!strcmp(word, "element")) BRC_TRY(ply_element_line(path, at, h));
        else if (!strcmp(word, "property")) BRC_TRY(ply_property_line(path, at, h));
        else {
            BRC_CHECK(!strcmp(word, "format"), BRC_ERR_FILE, "mesh '%s': unknown word '%s' in its header", path, word);
            BRC_CHECK(next_word(at, word, sizeof word), BRC_ERR_FILE, "mesh '%s' is truncated in its header", path);
            h->ascii = !strcmp(word, "ascii"), h->big_endian = !strcmp(word, "binary_big_endian");
            format = h->ascii || h->big_endian || !strcmp(word, "binary_little_endian");
        }
    }
    BRC_CHECK(format, BRC_ERR_FILE, "mesh '%s': its header names no known format", path);
    BRC_CHECK(h->vertices > 0 && h->faces > 0, BRC_ERR_FILE,
              "mesh '%s' has no triangles: %" PRId64 " vertices, %" PRId64 " faces", path, h->vertices, h->faces);
    *at = skip_line(*at);
    if (**at) ++*at;
    return BRC_OK;
}

static bool ply_word(const char** at, double* value)
{
    char word[64], *end;
    if (!next_word(at, word, sizeof word)) return false;
    *value = strtod(word, &end);
    return !*end;
}

static brc_status check_ply(const char* path, const content* file)
{
    ply_header* h = BRC_NEW(1, ply_header);
    BRC_CHECK(h, BRC_ERR_MEMORY, "no memory for mesh '%s'", path);
    const char *at = (const char*)file->bytes, *end = at + file->size;
    brc_status status = ply_read_header(path, &at, h);
    for (int i = 0; i < h->element_count && status == BRC_OK; i++) {
        const ply_element* e = &h->elements[i];
        bool whole = true;
        int64_t k = 0;
        for (; k < e->count && whole; k++)
            for (int p = 0; p < e->property_count && whole; p++) {
                const ply_property* property = &e->properties[p];
                int64_t values = 1;
                if (h->ascii) {
                    double value = 1;
                    if (property->count_size) whole = ply_word(&at, &value) && value >= 0 && value <= INT32_MAX;
                    for (values = whole ? (int64_t)value : 0; values > 0 && whole; values--)
                        whole = ply_word(&at, &value);
                    continue;
                }
                if (property->count_size) {
                    whole = end - at >= property->count_size;
                    values = 0;
                    for (int b = 0; whole && b < property->count_size; b++)
                        values = values << 8 | (unsigned char)at[h->big_endian ? b : property->count_size - 1 - b];
                    if (whole) at += property->count_size;
                }
                whole = whole && (end - at) / property->size >= values;
                if (whole) at += values * property->size;
            }
        if (!whole) {
            brc_error_set(__FILE__, __LINE__, __func__,
                          "mesh '%s' is truncated or damaged: its header says %" PRId64 " vertices and %" PRId64
                          " faces, reading failed in item %" PRId64 " of element %d",
                          path, h->vertices, h->faces, k, i + 1);
            status = BRC_ERR_FILE;
        }
    }
    brc_free(h);
    return status;
}

static bool has_ending(const char* path, const char* ending)
{
    size_t n = strlen(path), k = strlen(ending);
    if (n < k) return false;
    for (size_t i = 0; i < k; i++)
        if (lower(path[n - k + i]) != ending[i]) return false;
    return true;
}

brc_status brc_mesh_file_check(const char* path, uint64_t* size)
{
    // assimp reads fifty formats, some with assertions where a damaged file calls for an error: it gets only what is
    // tested.
    static const char* const known[] = {".stl", ".obj", ".ply", ".gltf", ".glb"};
    bool found = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) found = found || has_ending(path, known[i]);
    BRC_CHECK(found, BRC_ERR_FILE, "cannot read mesh '%s': the name must end in .stl, .obj, .ply, .gltf or .glb", path);
    content file;
    BRC_TRY(read_all(path, &file));
    brc_status status = BRC_OK;
    if (has_ending(path, ".stl")) status = check_stl(path, &file);
    else if (has_ending(path, ".ply")) status = check_ply(path, &file);
    else if (file.size == 0) {
        brc_error_set(__FILE__, __LINE__, __func__, "mesh '%s' is empty", path);
        status = BRC_ERR_FILE;
    }
    *size = file.size;
    brc_free(file.bytes);
    return status;
}
