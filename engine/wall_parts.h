// wall_parts.h -- what the files of a wall share: definition, pose, the list of raw contacts, and the triangle mesh.
//
// Body frame = world frame of the wall's first pose. A point y of it is now at R (y - reference) + position. A wall
// that never had a motion does not take that path, so its numbers are those of the world frame exactly.
#ifndef BRC_WALL_PARTS_H
#define BRC_WALL_PARTS_H
#include "wall.h"
#include <math.h>

typedef struct wall_pose {
    double q[4];             // rotation, x y z w
    vec3 row[3];             // the same as a matrix
    vec3 position;           // [m] of the reference point
    vec3 velocity;           // [m/s] of the reference point
    vec3 angular;            // [rad/s]
    vec3 mean, mean_angular; // of a body: the same over the step instead of at its end
} wall_pose;

// A wall that is a free rigid body, see wall_body.c. World frame unless said otherwise.
typedef struct wall_body {
    double mass, moment[3];       // [kg], principal moments [kg m^2]
    vec3 axis[3];                 // of them, in the body frame
    double inverse_mass[3];       // [1/kg] along each axis: 0 where it keeps its velocity
    int turning, hinge;           // 3: freely, 1: about axis `hinge`, 0: not
    double hinge_moment;          // [kg m^2]
    double gravity;               // 1: it falls
    vec3 force, torque;           // [N], [N m] given ones, of the last step ...
    vec3 next_force, next_torque; // ... and of the step under way
    vec3 velocity, momentum;      // [m/s], angular momentum [kg m^2/s]
    vec3 half_velocity, half_momentum;
    vec3 inverse[3]; // rows of the inverse of the inertia now
} wall_body;

typedef struct wall_servo {
    double target, mass, damping, gain, max_velocity, lower, upper; // as brc_servo; limits: of `travel`
    double travel, rate;                                            // [m], [m/s] or [rad], [rad/s]
    double base, pressure; // radius: [m] where travel is 0; 1: the target is a pressure
} wall_servo;

typedef struct wall_traced wall_traced; // wall_traced.c: a function of the script as a program

// Where a traced motion is, and how fast: a displacement, and a rotation vector about the motion's origin.
typedef struct wall_course {
    vec3 shift, turn;    // [m], [rad]
    vec3 velocity, rate; // their derivatives: [m/s], [rad/s]
} wall_course;

// A motion with its own copy of the table or program, the pose that a script has set, and the state of a servo.
typedef struct wall_motion {
    brc_motion def; // axis normalised
    double* table;
    wall_traced* traced;
    vec3 displacement, velocity, angular; // scripted
    double rotation[4];
    wall_servo servo;
} wall_motion;

typedef struct brc_mesh brc_mesh;

struct brc_wall {
    brc_wall_def def; // vertices and triangles are not kept here
    vec3 axis;        // unit: plane and disc: the normal; cylinder and cone: from point to point2
    vec3 across;      // unit, perpendicular to axis: the direction taken where symmetry leaves it open
    double length;    // [m] cylinder, cone
    brc_mesh* mesh;
    vec3 lo, hi;         // [m] bounding box, body frame; a plane has none
    vec3 reference;      // [m] body frame: plane, disc, sphere: point; box, mesh: middle of the bounding box; cylinder,
                         // cone: of the axis
    vec3 surface;        // [m/s] conveyor, body frame
    uint64_t shape_hash; // of the definition and the triangles
    wall_motion* motions;
    int motion_count;
    wall_body* body; // NULL: not a free body
    bool posed;      // has or had a motion, or was a body
    wall_pose rest;  // before its motions: where it was made, or halted
    double time;     // [s] of the pose
    wall_pose pose, marked, near_marked;
    double near_marked_radius;
    double made_radius, marked_radius, radius_rate; // [m], [m], [m/s] of a cylinder whose radius a servo drives
};

void brc_wall_pose_at(const brc_wall* wall, double time, wall_pose* out);
void brc_wall_motions_free(brc_wall* wall);
void brc_quaternion_product(const double a[4], const double b[4], double out[4]); // of unit length
void brc_quaternion_matrix(const double q[4], vec3 row[3]);
double brc_wall_body_mobility(const brc_wall* wall, vec3 point,
                              vec3 n);                           // [1/kg] how easily a push along n moves the point
brc_status brc_wall_solid(const brc_wall* wall, brc_solid* out); // in the body frame
brc_status brc_wall_traced_create(const brc_motion* motion, wall_traced** out); // finite where it starts, or refused
void brc_wall_traced_free(wall_traced* t);
const wall_course* brc_wall_traced_at(wall_traced* t, double elapsed);       // valid until it is asked again
void brc_wall_traced_turn(const wall_course* c, double q[4], vec3* angular); // quaternion and angular velocity
void brc_wall_traced_pack(brc_pack* p, wall_traced** traced);                // made when loading
uint64_t brc_wall_traced_hash(const wall_traced* t, uint64_t seed);
enum { WALL_RADIAL = 2 }; // `rotating` of a servo on the radius
void brc_wall_set_radius(brc_wall* wall, double radius, double rate);
void brc_wall_table_at(const wall_motion* m, double time, int columns, double* value, double* slope);
brc_status brc_wall_motion_check(const brc_motion* motion);
brc_status brc_wall_append_motion(brc_wall* wall, const brc_motion* motion, int columns); // of the table, if any
uint64_t brc_wall_motions_hash(const brc_wall* wall, uint64_t seed);

static inline vec3 wall_rotate(const wall_pose* p, vec3 a)
{
    return v3(v3_dot(p->row[0], a), v3_dot(p->row[1], a), v3_dot(p->row[2], a));
}
static inline vec3 wall_rotate_back(const wall_pose* p, vec3 a)
{
    return v3_add(v3_add(v3_scale(a.x, p->row[0]), v3_scale(a.y, p->row[1])), v3_scale(a.z, p->row[2]));
}
static inline vec3 wall_to_world(const brc_wall* w, const wall_pose* p, vec3 y)
{
    return v3_add(p->position, wall_rotate(p, v3_sub(y, w->reference)));
}
static inline vec3 wall_to_body(const brc_wall* w, const wall_pose* p, vec3 x)
{
    return v3_add(w->reference, wall_rotate_back(p, v3_sub(x, p->position)));
}
static inline double v3_length(vec3 a) { return sqrt(v3_dot(a, a)); }
// Length without overflow or underflow: user vectors may be as small as 1e-200.
static inline double v3_length_safe(vec3 a)
{
    double m = fmax(fabs(a.x), fmax(fabs(a.y), fabs(a.z)));
    if (!(m > 0) || !isfinite(m)) return m;
    return m * v3_length(v3(a.x / m, a.y / m, a.z / m));
}
// By division: of an axis-parallel vector this gives exactly one, the reciprocal would not.
static inline vec3 v3_divide(vec3 a, double s) { return v3(a.x / s, a.y / s, a.z / s); }
static inline bool v3_finite(vec3 a) { return isfinite(a.x) && isfinite(a.y) && isfinite(a.z); }

// ---- raw contacts
// ---------------------------------------------------------------------------------------------------- The shapes add
// every face, edge and vertex that touches; brc_hits_finish decides which of them are contacts of their own. 1 degree:
// neighbours in tessellations made from CAD surfaces meet at more than that where the designer wanted facets to be
// seen, and rounding of coordinates to float32 tilts facets by far less; two contacts closer than that share one
// contact area (half its opening at an overlap of 1e-3 of the radius is 2.6 degrees), so keeping both would count the
// same material twice.
#define BRC_SAME_NORMAL_COS 0.99984769515639124 // cos 1 degree
#define BRC_SAME_NORMAL_SIN 0.01745240643728351 // sin 1 degree
#define BRC_PATCH_COS                                                                                                  \
    0.99996192306417131 // cos 0.5 degree: two normals so near to a third are within 1 degree of each other

// [of the radius] By how much edges and vertices reach into each other's regions, as weak hits. What decides are sums
// of products of lengths up to some thousand radii: their rounding is below 1e-12 radii.
#define BRC_WEAK_SLACK 1e-9

typedef struct raw_hit {
    double overlap;   // [m]
    double distance;  // [m] from the centre to the point of the wall, >= 0
    vec3 n;           // unit
    uint32_t feature; // for the history
    uint32_t element; // which face, edge or vertex: the last tie-break, equal only for one and the same element
    bool face;        // else an edge or a vertex
    bool behind;      // the centre is behind the wall: the point is at + distance * n instead of - distance * n
    bool weak; // an edge or vertex that touches only within rounding slack: counts if nothing else explains the contact
} raw_hit;
enum { BRC_RAW_HITS = 128 }; // more than this on one sphere at once: the deepest are looked at
typedef struct raw_hits {
    int count;
    double behind_limit;      // what has its centre this far behind the wall has passed it
    raw_hit at[BRC_RAW_HITS]; // sorted: deepest first, ties by feature, then element
} raw_hits;
void brc_hits_add(raw_hits* list, const raw_hit* hit);
int brc_hits_finish(const raw_hits* list, brc_wall_hit hits[BRC_WALL_HITS]);

// ---- shapes, in the body frame ---------------------------------------------------------------------------
double brc_primitive_distance(const brc_wall* wall, vec3 c); // [m] from c to the surface
void brc_primitive_touch(const brc_wall* wall, vec3 c, double radius, raw_hits* list);

brc_status brc_mesh_create(const brc_wall_def* def, brc_mesh** out);
void brc_mesh_free(brc_mesh* mesh);
void brc_mesh_bounds(const brc_mesh* mesh, vec3* lo, vec3* hi);
const vec3* brc_mesh_vertices(const brc_mesh* mesh, int64_t* count);               // body frame, merged
void brc_mesh_triangles(const brc_mesh* mesh, int32_t* triangles, int64_t* count); // triangles may be NULL
uint64_t brc_mesh_hash(const brc_mesh* mesh, uint64_t seed);                       // of the triangles
int brc_mesh_near(const brc_mesh* mesh, vec3 c, double distance, uint32_t* hints, int capacity);
int brc_mesh_still_near(const brc_mesh* mesh, vec3 c, double distance, const uint32_t* among, int count,
                        uint32_t* hints);
void brc_mesh_touch(const brc_mesh* mesh, vec3 c, double radius, const uint32_t* hints, int hint_count, raw_hits* list);

#endif
