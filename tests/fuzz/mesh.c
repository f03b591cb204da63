// mesh.c -- fuzz target: mesh files whose names end in ENDING, from the file to the wall that a simulation makes of it.
#include "apart.h"
#include "barchan.h"
#include "harness.h"
#include "wall.h"
#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    brc_mesh_file mesh;
    brc_apart_here = getenv("FUZZ_HERE") != NULL; // assimp in this process: shows what the other one guards against
    const int good = accepted(brc_mesh_read(scratch_file(data, size, ENDING), 0.5, &mesh));
    look_at_children();
    if (!good) return 0;
    for (int64_t i = 0; i < 3 * mesh.vertex_count; i++)
        if (!isfinite(mesh.vertices[i])) abort();
    for (int64_t i = 0; i < 3 * mesh.triangle_count; i++)
        if (mesh.triangles[i] < 0 || mesh.triangles[i] >= mesh.vertex_count) abort();
    brc_wall_def def = {.shape = BRC_MESH, .vertices = mesh.vertices, .vertex_count = mesh.vertex_count};
    def.triangles = mesh.triangles, def.triangle_count = mesh.triangle_count;
    brc_wall* wall;
    if (accepted(brc_wall_create(&def, &wall))) brc_wall_free(wall);
    brc_mesh_file_free(&mesh);
    return 0;
}
