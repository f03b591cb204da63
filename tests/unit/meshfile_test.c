// meshfile_test.c -- mesh files written here byte by byte: whole ones are read, cut and damaged ones are refused.
#include "wall_check.h"
#include <sys/stat.h>
#include <unistd.h>

static char path[512];

static const char* file_name(const char* name)
{
    const char* folder = getenv("BARCHAN_WORK");
    snprintf(path, sizeof path, "%s/meshfile_%s", folder ? folder : "/tmp", name);
    return path;
}

static const char* file(const char* name, const void* bytes, size_t size)
{
    FILE* f = fopen(file_name(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
    return path;
}

// A tetrahedron, volume 1/6.
static const float corners[4][3] = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
static const int faces[4][3] = {{0, 2, 1}, {0, 1, 3}, {1, 2, 3}, {0, 3, 2}};

static size_t binary_stl(unsigned char* out, const char* header)
{
    memset(out, 0, 84 + 4 * 50);
    memcpy(out, header, strlen(header));
    out[80] = 4;
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 3; k++) memcpy(out + 84 + 50 * i + 12 + 12 * k, corners[faces[i][k]], 12);
    return 84 + 4 * 50;
}

static size_t ascii_stl(char* out, size_t size)
{
    size_t n = (size_t)snprintf(out, size, "solid a tetrahedron\n");
    for (int i = 0; i < 4; i++) {
        n += (size_t)snprintf(out + n, size - n, " facet normal 0 0 0\n  outer loop\n");
        for (int k = 0; k < 3; k++) {
            const float* p = corners[faces[i][k]];
            n +=
                (size_t)snprintf(out + n, size - n, "   vertex %g %g %.6e\n", (double)p[0], (double)p[1], (double)p[2]);
        }
        n += (size_t)snprintf(out + n, size - n, "  endloop\n endfacet\n");
    }
    return n + (size_t)snprintf(out + n, size - n, "endsolid a tetrahedron\n");
}

static const char obj[] = "# a tetrahedron\nv 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 1 4 3\n";
static const char ply[] =
    "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\n"
    "element face 4\nproperty list uchar int vertex_indices\nend_header\n"
    "0 0 0\n1 0 0\n0 1 0\n0 0 1\n3 0 2 1\n3 0 1 3\n3 1 2 3\n3 0 3 2\n";

static size_t binary_ply(unsigned char* out)
{
    static const char header[] =
        "ply\nformat binary_little_endian 1.0\nelement vertex 4\nproperty float x\nproperty float y\n"
        "property float z\nelement face 4\nproperty list uchar int vertex_indices\nend_header\n";
    size_t n = sizeof header - 1;
    memcpy(out, header, n);
    memcpy(out + n, corners, sizeof corners);
    n += sizeof corners;
    for (int i = 0; i < 4; i++) {
        out[n++] = 3;
        memcpy(out + n, faces[i], 12);
        n += 12;
    }
    return n;
}

static double volume(const brc_mesh_file* m)
{
    double sum = 0;
    for (int64_t i = 0; i < m->triangle_count; i++) {
        const int32_t* t = &m->triangles[3 * i];
        sum += v3_dot(v3_from(&m->vertices[3 * t[0]]),
                      v3_cross(v3_from(&m->vertices[3 * t[1]]), v3_from(&m->vertices[3 * t[2]]))) /
               6;
    }
    return sum;
}

static void expect(const char* name, double scale, int64_t vertices, int64_t triangles, double expected_volume)
{
    brc_mesh_file m;
    EXPECT(brc_mesh_read(name, scale, &m) == BRC_OK, "%s", brc_last_error());
    assert_int_equal(m.vertex_count, vertices);
    assert_int_equal(m.triangle_count, triangles);
    EXPECT(fabs(volume(&m) - expected_volume) < 1e-6 * expected_volume, "volume %g, expected %g", volume(&m),
           expected_volume);
    brc_wall* w = create(&(brc_wall_def){.shape = BRC_MESH,
                                         .vertices = m.vertices,
                                         .triangles = m.triangles,
                                         .vertex_count = m.vertex_count,
                                         .triangle_count = m.triangle_count});
    brc_wall_free(w);
    brc_mesh_file_free(&m);
    assert_null(m.vertices);
}

static void refuse(const char* name, const char* text)
{
    brc_mesh_file m = {.vertex_count = 7};
    brc_status status = brc_mesh_read(name, 1, &m);
    EXPECT(status == BRC_ERR_FILE, "status %d, expected an error with '%s' for %s", (int)status, text, name);
    EXPECT(strstr(brc_last_error(), text) && strstr(brc_last_error(), name), "expected '%s' and the path in '%s'", text,
           brc_last_error());
    assert_true(!m.vertices && !m.triangles);
}

static void formats_are_read(void** state)
{
    (void)state;
    unsigned char bytes[2048];
    char text[4096];
    expect(file("a.stl", bytes, binary_stl(bytes, "made here")), 1, 4, 4, 1.0 / 6);
    expect(file("b.STL", bytes, binary_stl(bytes, "solid by name only")), 1e-3, 4, 4, 1e-9 / 6);
    expect(file("c.stl", text, ascii_stl(text, sizeof text)), 2, 4, 4, 8.0 / 6);
    expect(file("d.obj", obj, sizeof obj - 1), 1, 4, 4, 1.0 / 6);
    expect(file("e.ply", ply, sizeof ply - 1), 1, 4, 4, 1.0 / 6);
    expect(file("f.ply", bytes, binary_ply(bytes)), 1, 4, 4, 1.0 / 6);
}

static void polygons_are_cut_into_triangles(void** state)
{
    (void)state;
    static const char cube[] = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 0 0 1\nv 1 0 1\nv 1 1 1\nv 0 1 1\nv 9 9 9\n"
                               "f 4 3 2 1\nf 5 6 7 8\nf 1 2 6 5\nf 2 3 7 6\nf 3 4 8 7\nf 4 1 5 8\n";
    expect(file("cube.obj", cube, sizeof cube - 1), 1, 8, 12, 1);
}

// Two instances of one triangle pair under nodes that move and scale it.
static void nodes_place_their_meshes(void** state)
{
    (void)state;
    static const char gltf[] = "{\"asset\":{\"version\":\"2.0\"},\"scene\":0,\"scenes\":[{\"nodes\":[0]}],"
                               "\"nodes\":[{\"translation\":[0,0,1],\"children\":[1,2]},{\"mesh\":0},{\"mesh\":0,"
                               "\"scale\":[2,2,2],\"translation\":[10,0,0]}],"
                               "\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0}}]}],"
                               "\"accessors\":[{\"bufferView\":0,\"componentType\":5126,\"count\":3,\"type\":\"VEC3\","
                               "\"min\":[0,0,0],\"max\":[1,1,0]}],"
                               "\"bufferViews\":[{\"buffer\":0,\"byteLength\":36}],"
                               "\"buffers\":[{\"byteLength\":36,\"uri\":\"data:application/"
                               "octet-stream;base64,AAAAAAAAAAAAAAAAAACAPwAAAAAAAAAAAAAAAAAAgD8AAAAA\"}]}";
    brc_mesh_file m;
    EXPECT(brc_mesh_read(file("nodes.gltf", gltf, sizeof gltf - 1), 1, &m) == BRC_OK, "%s", brc_last_error());
    assert_int_equal(m.triangle_count, 2);
    double high = -1, right = -1;
    for (int64_t i = 0; i < m.vertex_count; i++) {
        assert_true(fabs(m.vertices[3 * i + 2] - 1) < 1e-6);
        right = fmax(right, m.vertices[3 * i]), high = fmax(high, m.vertices[3 * i + 1]);
    }
    assert_true(fabs(right - 12) < 1e-6 && fabs(high - 2) < 1e-6);
    brc_mesh_file_free(&m);
}

static void truncated_files_are_refused(void** state)
{
    (void)state;
    unsigned char bytes[2048];
    char text[4096];
    size_t size = binary_stl(bytes, "made here");
    for (size_t n = 0; n < size; n++) refuse(file("cut.stl", bytes, n), "truncated");
    size = binary_stl(bytes, "solid");
    for (size_t n = 90; n < size; n++) refuse(file("cut.stl", bytes, n), "truncated");
    size = ascii_stl(text, sizeof text);
    size_t end = (size_t)(strstr(text, "endsolid") - text) + 3; // 'end' is enough
    for (size_t n = 0; n < end; n++) refuse(file("cut.stl", text, n), "mesh '");
    size = sizeof ply - 1;
    for (size_t n = 0; n < size - 2; n++)
        refuse(file("cut.ply", ply, n), "mesh '"); // the last digit ends the last face
    size = binary_ply(bytes);
    for (size_t n = 0; n < size; n++) refuse(file("cut.ply", bytes, n), "mesh '");
    size_t face = (size_t)(strstr(obj, "f 1 3 2") - obj) + 6; // before the first face is whole; OBJ states no counts
    for (size_t n = 0; n < face; n++) refuse(file("cut.obj", obj, n), "mesh '");
}

static void useless_files_are_refused(void** state)
{
    (void)state;
    unsigned char bytes[2048];
    refuse(file_name("there_is_no_such.stl"), "No such file");
    refuse(getenv("BARCHAN_WORK") ? getenv("BARCHAN_WORK") : "/tmp", "cannot read mesh");
    refuse(file("empty.obj", "", 0), "is empty");
    refuse(file("none.stl", "solid x\nendsolid x\n", 19), "no triangles");
    memset(bytes, 0, sizeof bytes);
    refuse(file("zero.stl", bytes, 84), "no triangles");
    refuse(file("words.stl", "solid x\n facet normal 0 0 one\n", 29), "expected a number, got 'one'");
    refuse(file("nan.stl",
                "solid x\nfacet normal 0 0 1\nouter loop\nvertex 0 0 nan\nvertex 1 0 0\nvertex 0 1 "
                "0\nendloop\nendfacet\nendsolid\n",
                103),
           "not finite");
    refuse(file("points.obj", "v 0 0 0\nv 1 0 0\nl 1 2\n", 22), "mesh '");
    refuse(file("mesh.what", "hello", 5), "cannot read mesh");
    size_t size = binary_stl(bytes, "made here");
    float bad = INFINITY;
    memcpy(bytes + 84 + 12, &bad, 4);
    refuse(file("inf.stl", bytes, size), "not finite");
    brc_mesh_file m;
    assert_int_equal(brc_mesh_read(file("whole.obj", obj, sizeof obj - 1), 0, &m), BRC_ERR_ARGUMENT);
    assert_int_equal(brc_mesh_read(path, NAN, &m), BRC_ERR_ARGUMENT);
}

// Whatever the bytes, the answer is a mesh or an error.
static void damaged_files_do_no_harm(void** state)
{
    (void)state;
    static const char* const names[] = {"damaged.stl", "damaged.stl", "damaged.obj", "damaged.ply", "damaged.ply"};
    int read = 0;
    for (int k = 0; k < 4000; k++) {
        unsigned char bytes[4096];
        size_t size = 0;
        switch (k % 5) {
        case 0:
            size = binary_stl(bytes, "made here");
            break;
        case 1:
            size = ascii_stl((char*)bytes, sizeof bytes);
            break;
        case 2:
            size = sizeof obj - 1, memcpy(bytes, obj, size);
            break;
        case 3:
            size = sizeof ply - 1, memcpy(bytes, ply, size);
            break;
        case 4:
            size = binary_ply(bytes);
            break;
        }
        for (int i = 0; i < 1 + k % 4; i++) bytes[(size_t)uniform(0, (double)size)] = (unsigned char)uniform(0, 256);
        brc_mesh_file m;
        if (brc_mesh_read(file(names[k % 5], bytes, size), 1, &m) != BRC_OK) continue;
        read++;
        for (int64_t i = 0; i < 3 * m.triangle_count; i++) assert_in_range(m.triangles[i], 0, m.vertex_count - 1);
        brc_wall* w = NULL;
        brc_wall_def d = {.shape = BRC_MESH,
                          .vertices = m.vertices,
                          .triangles = m.triangles,
                          .vertex_count = m.vertex_count,
                          .triangle_count = m.triangle_count};
        if (brc_wall_create(&d, &w) == BRC_OK) brc_wall_free(w);
        brc_mesh_file_free(&m);
    }
    assert_true(read > 0);
}

int main(void)
{
    if (!brc_has("assimp")) return 77; // built without it
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_read),          cmocka_unit_test(polygons_are_cut_into_triangles),
        cmocka_unit_test(nodes_place_their_meshes),  cmocka_unit_test(truncated_files_are_refused),
        cmocka_unit_test(useless_files_are_refused), cmocka_unit_test(damaged_files_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
