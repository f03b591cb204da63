// wall_mesh.h -- a triangle mesh as the contact search sees it: vertices merged, every edge and vertex once, a tree of
// boxes.
#ifndef BRC_WALL_MESH_H
#define BRC_WALL_MESH_H
#include "wall_parts.h"

// 128 bytes: two cache lines hold all that most candidates need to be rejected.
typedef struct mesh_face {
    vec3 n;         // unit, right-handed
    vec3 inward[3]; // unit, in the plane, normal to edge k (from corner k to k + 1), towards the third corner
    int32_t vertex[3];
    int32_t edge[3];
    uint32_t patch;  // lowest face of the flat piece that this face belongs to: its feature
    uint32_t sliver; // so narrow that rounding of the corners turns its normal by more than 1e-11
} mesh_face;
_Static_assert(sizeof(mesh_face) == 128, "two cache lines");

typedef struct mesh_edge {
    int32_t v[2];                   // v[0] < v[1]
    vec3 along;                     // unit, from v[0] to v[1]
    int32_t first_half, half_count; // in mesh.halves: 3 * face + k of every face at this edge
    int32_t flat;                   // a face around it when there are two or more and all lie in one plane, else -1
    uint32_t feature;
} mesh_edge;

typedef struct mesh_vertex {
    int32_t first_edge, edge_count; // in mesh.spokes
    int32_t flat;                   // as of an edge
    uint32_t feature;
    bool rim;     // lies on an edge that has only one face
    vec3 outward; // sum of the normals of the faces around, weighted with their angles (Baerentzen and Aanaes 2005)
} mesh_vertex;

// The tree in preorder: the first child of node i is i + 1. A leaf has faces first .. first + count - 1 of mesh.order.
typedef struct mesh_node {
    double lo[3], hi[3];
    int32_t count; // 0: an inner node
    int32_t next;  // inner: the second child; leaf: first
} mesh_node;

struct brc_mesh {
    int64_t face_count, vertex_count, edge_count, node_count;
    bool one_sided;
    vec3* x; // [m] places of the vertices
    mesh_face* faces;
    mesh_edge* edges;
    mesh_vertex* vertices;
    int32_t* halves;
    int32_t* spokes; // edges around each vertex
    mesh_node* nodes;
    int32_t* order;
    vec3 lo, hi;
};

// A mesh has at most this many faces: the numbers of features (faces, 3 edges and 3 vertices for each) fit in 32 bits
// then, those of the edges around vertices (6 a face) in 31.
#define BRC_MESH_FACES_MAX (INT32_C(1) << 28)

// Sorts the items in list by key[item], which is below `range`, into out; stable. start: room for range + 1 numbers.
void brc_mesh_sort(const int32_t* key, int64_t range, int64_t count, const int32_t* list, int32_t* out, int32_t* start);
brc_status brc_mesh_topology(brc_mesh* mesh); // edges, spokes, patches, features; faces have vertices and normals
brc_status brc_mesh_tree(brc_mesh* mesh);

#endif
