// wall.h -- geometry and motion of walls. The simulation asks a wall "where do you touch this sphere", with no
// knowledge of its shape; contacts with walls then take the same law blocks and the same histories as contacts between
// particles.
#ifndef BRC_WALL_H
#define BRC_WALL_H
#include "base.h"
#include "pack.h"

typedef struct brc_wall brc_wall;

// One contact of a sphere with a wall. `feature` names the face, edge or vertex; equal features in consecutive steps
// are the same contact, others are matched by their normals.
typedef struct brc_wall_hit {
    uint32_t feature;
    double overlap; // [m] > 0: radius minus distance
    vec3 n;         // unit normal from the wall to the sphere's centre
} brc_wall_hit;
enum { BRC_WALL_HITS = 12 }; // more simultaneous contacts of one sphere with one wall than this keep the deepest

brc_status brc_wall_create(const brc_wall_def* def, brc_wall** out); // checks the definition; error texts name values
void brc_wall_free(brc_wall* wall);
int32_t brc_wall_material(const brc_wall* wall);
brc_status brc_wall_add_motion(brc_wall* wall, const brc_motion* motion);
brc_status brc_wall_set_pose(brc_wall* wall, vec3 displacement, const double rotation[4], vec3 velocity,
                             vec3 angular_velocity);
void brc_wall_set_surface_velocity(brc_wall* wall, vec3 velocity);
void brc_wall_stop(brc_wall* wall); // ends all motions where the wall is

// What the particles did to the wall in the last step, and how contacts with its material answer.
typedef struct brc_wall_load {
    vec3 force, torque; // [N], [N m] about its position
    int64_t contacts;
    double contact_mass, contact_impedance, contact_speed; // brc_contact_scale_set
    double radial;                                         // [N] outwards on the side of a cylinder
} brc_wall_load;
brc_status brc_wall_set_servo(brc_wall* wall, const brc_servo* servo, int32_t* index);
brc_status brc_wall_set_servo_target(brc_wall* wall, int32_t index, double target);
bool brc_wall_has_servo(const brc_wall* wall);
double brc_wall_servo_travel(const brc_wall* wall); // [m] how far servos have moved it along their axes, at the most
void brc_wall_drive(brc_wall* wall, const brc_wall_load* load, double time,
                    double dt); // servos, for the step to `time`

// A wall as a free rigid body: brc_wall_body_begin moves it by the load of the last step, before the particles' forces,
// brc_wall_body_end completes its velocities with the new load.
brc_status brc_wall_set_body(brc_wall* wall, const brc_body_def* def);
brc_status brc_wall_set_body_load(brc_wall* wall, vec3 force, vec3 torque);
brc_status brc_wall_solid_now(const brc_wall* wall, brc_solid* out); // world frame
bool brc_wall_is_body(const brc_wall* wall);
void brc_wall_body_begin(brc_wall* wall, const brc_wall_load* load, vec3 gravity, double dt);
void brc_wall_body_end(brc_wall* wall, const brc_wall_load* load, vec3 gravity, double dt);
double brc_wall_pace(const brc_wall* wall); // [m/s] no point of it is faster
// Whether a body has come to where another wall would stop it if bodies touched walls: their boxes meet, and the other
// is a body; or it reaches behind a plane, or out of a box that holds particles inside.
bool brc_wall_body_meets(const brc_wall* body, const brc_wall* other);
double brc_wall_body_lightest(const brc_wall* wall, vec3 point); // [kg] that a push on the point feels at the least
void brc_wall_body_energy(const brc_wall* wall, double* mass, double* energy, vec3* angular_momentum);

// Pose at a time: a pure function of the motions, the servos' travels and the time. Scripted walls keep the pose that
// was set.
void brc_wall_move(brc_wall* wall, double time);
bool brc_wall_moves(const brc_wall* wall);
// Refuses a traced motion that is not finite at this time, or that has jumped in the step to it. number: the wall's,
// for the message.
brc_status brc_wall_motion_guard(const brc_wall* wall, int32_t number, double time, double dt);

// Candidates: a conservative answer to "can this sphere touch the wall while nothing moves further than reach in all".
// Appends up to `capacity` feature hints (mesh: triangle numbers, ascending; primitives: one hint 0) and returns how
// many there are (may exceed capacity: grow and ask again). 0: not near. Thread-safe.
int brc_wall_near(const brc_wall* wall, vec3 x, double radius, double reach, uint32_t* hints, int capacity);
// The same among hints for a wider reach, whose number is the room that there is.
int brc_wall_still_near(const brc_wall* wall, vec3 x, double radius, double reach, const uint32_t* among,
                        int among_count, uint32_t* hints);
void brc_wall_prefetch(const brc_wall* wall, const uint32_t* hints, int hint_count); // before they are asked about
// Contacts of the sphere now, among the hints; ordered deepest first, ties by feature. Returns their number.
// Thread-safe.
int brc_wall_touch(const brc_wall* wall, vec3 x, double radius, const uint32_t* hints, int hint_count,
                   brc_wall_hit hits[BRC_WALL_HITS]);
// The same with what is up to a gap of `reach` away: there the overlap is negative.
int brc_wall_reach(const brc_wall* wall, vec3 x, double radius, double reach, const uint32_t* hints, int hint_count,
                   brc_wall_hit hits[BRC_WALL_HITS]);
// What the law asks of a wall where it touches a sphere. The contact point lies on the wall's surface or, for a body,
// on the sphere, which is where the sphere's torque has it: angular momentum is then conserved between the two.
typedef struct brc_wall_contact {
    vec3 point;
    vec3 velocity, spin;  // at the end of the step
    vec3 mean, mean_spin; // over it
    double inverse_mass;  // [1/kg] along the normal; 0: cannot be moved
} brc_wall_contact;
brc_wall_contact brc_wall_contact_at(const brc_wall* wall, vec3 x, double radius, double overlap, vec3 n);
vec3 brc_wall_contact_point(const brc_wall* wall, vec3 x, double radius, double overlap, vec3 n);
// Velocity of the wall's surface at a point, conveyor motion (projected on the plane of normal n) included.
vec3 brc_wall_velocity(const brc_wall* wall, vec3 point, vec3 n);
vec3 brc_wall_belt(const brc_wall* wall, vec3 n);        // the conveyor's part of it
double brc_wall_radius(const brc_wall* wall);            // [m] 0: none, or two
double brc_wall_radius_rate(const brc_wall* wall);       // [m/s] of a cylinder whose radius is driven
vec3 brc_wall_outward(const brc_wall* wall, vec3 point); // unit, away from the axis of a cylinder
vec3 brc_wall_position(const brc_wall* wall);            // reference point now: torques are about it
vec3 brc_wall_rigid_velocity(const brc_wall* wall, vec3* angular_velocity); // of the reference point
bool brc_wall_extent(const brc_wall* wall, vec3* lo, vec3* hi);             // a box around it now; false: it is endless
// Marks the present pose as the one the candidate lists were made at; how far any point of the wall (inside the box
// lo..hi for unbounded walls) can have moved since then.
void brc_wall_mark(brc_wall* wall);
double brc_wall_moved(const brc_wall* wall, vec3 lo, vec3 hi);
void brc_wall_mark_near(brc_wall* wall); // another mark of this kind
double brc_wall_moved_near(const brc_wall* wall, vec3 lo, vec3 hi);
void brc_wall_pose(const brc_wall* wall, double position[3], double rotation[4], double velocity[3],
                   double angular_velocity[3]);
// Of a pack: the wall with all that moves it; made when loading. number: of its blocks, which hold the mesh.
void brc_wall_pack(brc_pack* p, int32_t number, const char* kind, brc_wall** wall);
uint64_t brc_wall_hash(const brc_wall* wall); // of all that decides where the wall is and what it does from now on
brc_status brc_wall_surface(const brc_wall* wall, vec3 lo, vec3 hi, int64_t* vertex_count, double* vertices,
                            int64_t* triangle_count, int32_t* triangles); // as brc_wall_triangles
// Does the segment from a to b cross the triangles? For outlets; body frame = world frame.
bool brc_wall_crossed(const brc_wall* mesh, vec3 a, vec3 b);

#endif
