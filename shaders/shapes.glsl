// shapes.glsl -- walls as the kernels see them: their shapes in the body frame, and where each of them is at each step of a batch.
// engine/compute_vulkan_walls.c has the same structs, and those of meshes are the ones of engine/wall_mesh.h.
struct Shape {
    double point[3], point2[3], axis[3], across[3], lo[3], hi[3], reference[3], surface[3]; // as in wall_parts.h
    double length_;
    int kind, side, open_, material;
    int posed, body, belt, breathes;
    int rest;  // a plane that rests: it needs no search
    int every; // its sums are wanted at each step
    int one_sided, face_count, edge_count; // of a mesh; where its parts begin in the buffers of all meshes:
    int x_at, face_at, edge_at, vertex_at, node_at, node_count, order_at, half_at, spoke_at, skip_at, padding;
};
struct Pose {
    double row[9], position[3], velocity[3], angular[3], mean[3], mean_angular[3], inverse[9], inverse_mass[3];
    double radius, radius2, radius_rate;
};
struct Node {
    double lo[3], hi[3];
    int count, next;
};
const int PLANE = 0, BOX = 1, CYLINDER = 2, CONE = 3, SPHERE = 4, DISC = 5, MESH = 6; // as brc_wall_def

BUFFER(SHAPES_AT, readonly, Shapes, shapes, Shape, 8)
BUFFER(SHAPES_AT + 1, readonly, Poses, poses, Pose, 8) // [step of the batch][wall]

double dot3(dvec3 a, dvec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
dvec3 cross3(dvec3 a, dvec3 b) { return dvec3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x); }
double length3(dvec3 a) { return SQRT64(dot3(a, a)); }
dvec3 divide3(dvec3 a, double s) { return dvec3(DIV64(a.x, s), DIV64(a.y, s), DIV64(a.z, s)); }
#define THREE(a) dvec3((a)[0], (a)[1], (a)[2])

dvec3 pose_row(uint p, int k) { return dvec3(poses.at[p].row[3 * k], poses.at[p].row[3 * k + 1], poses.at[p].row[3 * k + 2]); }
dvec3 rotate(uint p, dvec3 a) { return dvec3(dot3(pose_row(p, 0), a), dot3(pose_row(p, 1), a), dot3(pose_row(p, 2), a)); }
dvec3 rotate_back(uint p, dvec3 a) { return (a.x * pose_row(p, 0) + a.y * pose_row(p, 1)) + a.z * pose_row(p, 2); }
// w: the wall; p: its pose.
dvec3 to_body(uint w, uint p, dvec3 x)
{
    if (shapes.at[w].posed == 0) return x;
    return THREE(shapes.at[w].reference) + rotate_back(p, x - THREE(poses.at[p].position));
}
