// sim.h -- the simulation's inside: what the files of the engine share and scripts never see. Who owns what:
//   particles.c   arrays of particles, ids, adding and removing
//   domain*.c     several ranks: who owns which particles, ghosts, what they decide together
//   grid.c        particles in cells, to find those near a place
//   neighbours.c  which pairs and walls may touch soon: lists (caches, like the grid: dropped and remade at any step
//                 without changing a bit)
//   wall_lists.c  which walls may be touched soon
//   near.c        the few pairs that may touch within some steps, and the memory of contacts
//   kernels.c     the arithmetic of a step, compiled for each precision and instruction set
//   bonds.c       bonds between particles
//   boundary.c    walls, inserters
//   exits.c       outlets, the domain's faces
//   user_fields.c numbers that scripts add to every particle, and their fluxes
//   contacts.c    the contacts of this moment, for scripts, files and measures
//   book.c        the energy book
//   meter.c       what crosses planes
//   cell.c        periodic cells that are tilted or deform
//   measure.c     sums, hashes, snapshots
//   profile.c     where the time goes
//   checkpoint.c  the whole state as a pack of numbers, and back
//   simulation.c  the step, in order; start reading there
#ifndef BRC_SIM_H
#define BRC_SIM_H
#include "arith.h"
#include "base.h"
#include "bonds.h"
#include "book.h"
#include "comm.h"
#include "compute.h"
#include "domain.h"
#include "insert.h"
#include "interpreter.h"
#include "law.h"
#include "wall.h"

enum { BRC_MOTION = 16, BRC_MEAN = 8 }; // numbers of a particle in `vel`; where the half-step velocities begin
enum { BRC_MAX_HISTORY = 24, BRC_MAX_MATERIALS = 64, BRC_MAX_WALLS = 4096, BRC_MAX_USER_FIELDS = 8 };

// What a worker remembers of a contact with a wall from one step to the next, beside its history.
typedef struct wall_touch {
    int32_t slot, wall;
    uint32_t feature;
    double overlap;
    vec3 n;
} wall_touch;

// Rows of history, one per scalar, each `capacity` long and of the run's precision.
typedef struct touch_list {
    wall_touch* touch;
    void* history[BRC_MAX_HISTORY];
    int64_t count, capacity;
} touch_list;

typedef struct wall_candidate {
    int32_t slot, wall;
    int64_t hint_begin;
    int32_t hint_count;
} wall_candidate;

// Of the walls that a worker's particles may touch: by slot, then by wall.
typedef struct wall_list {
    wall_candidate* candidate;
    uint32_t* hint;
    int64_t count, capacity, hint_count, hint_capacity;
} wall_list;

// In quanta: integers, so that the order of workers cannot matter. Arms may be long and contacts many, so a quantum of
// torque is 2^12 of those of the particles' sums here: 2^63 of them hold 2^27 contacts of the largest force on an arm
// of one radius. Forces: 2^15 contacts of the largest force.
typedef struct wall_sum {
    int64_t force[3], torque[3], contacts;
    int64_t belt;                     // power of the conveyor on the particles, in BRC_WALL_BELT force quanta m/s
    int64_t radial;                   // force of the particles on the side of a cylinder, outwards
    double sizes[2];                  // of what has been added to force and torque: tells when these leave their range
    int64_t flux[BRC_MAX_LAW_FIELDS]; // out of the wall, in quanta of the law's j-th field
} wall_sum;
enum { BRC_WALL_TORQUE = 1 << 12, BRC_WALL_BELT = 1 << 12, BRC_VIRIAL = 1 << 10 /* torque quanta */ };

// Pairs that may touch before the lists are next made: a is the slot of the lower id. Pairs with both ends in the
// worker's range are listed once; a pair across ranges is listed by both workers.
typedef struct pair_list {
    int32_t *a, *b;
    int64_t count, capacity;
    int64_t ordered; // the first so many stand in the order of the lower slot
} pair_list;

// The few of them that may touch within some steps, with what is remembered of their contacts: what a step walks over.
// A pair across ranges is evaluated by both workers, with the same bits.
typedef struct near_list {
    int32_t *a, *b;
    int32_t* row;      // in the list of pairs; ascending
    uint8_t* touching; // at the last step; or within the law's reach, if it acts beyond touching
    void* history[BRC_MAX_HISTORY];
    int64_t count, capacity;
} near_list;
// Pairs across ranges, and those that have come since the lists were made; pairs inside the range that touched when
// they were picked, and the others inside it, both in the order of the lower slot. Which of the two a pair stands in is
// a guess that costs time where it is wrong, nothing else.
enum { BRC_BORDER, BRC_INSIDE, BRC_APART, BRC_NEAR_LISTS };

enum { BRC_FLAG_OUTSIDE = 1, BRC_FLAG_SPEED = 2, BRC_FLAG_NAN = 4, BRC_FLAG_RANGE = 8, BRC_FLAG_FIELD = 16 };

// A contact as a kernel hands it to a recorder (contacts.c) instead of adding its force.
typedef struct recorded {
    int32_t a, b;   // slots; b of a wall: -1 - wall
    int32_t source; // row in the list of pairs or of touches
    double d[3];    // [m] x_a - x_b; of a wall: not set
    double n[3], overlap, arm, force[3], moment[3];
} recorded;
typedef struct recorder {
    recorded* contact;
    double* history; // [count][history_count]
    double* energy;  // [count][parts] that the parts of the law store
    int64_t count, capacity;
    int32_t parts;
    brc_status status;
} recorder;

typedef struct passer {
    int64_t id;
    int32_t slot, what;
    double radius; // [m]
} passer;

typedef struct worker {
    int64_t begin, end; // its particles
    double load, cut; // what its lists cost in a step; of all slots, those below the end of its range; 0: not known yet
    pair_list pairs;
    near_list near[BRC_NEAR_LISTS], old_near[BRC_NEAR_LISTS];
    int64_t list_begin, list_end;  // the range they were made for
    int32_t* from[BRC_NEAR_LISTS]; // scratch: where the pairs of a near list are in the old one
    int64_t from_capacity[BRC_NEAR_LISTS];
    int64_t expected; // contacts that its new near lists have still to find
    // Slots in the order in which blocks of the near list BRC_INSIDE want them: those of block k, which the blocks just
    // before it have not wanted, from fresh_from[k] to before fresh_from[k + 1]. The memory is asked for them ahead.
    int32_t *fresh, *seen; // seen: scratch, the last block that wanted a slot
    int64_t *fresh_from, fresh_room, fresh_blocks, fresh_blocks_room, seen_room;
    wall_list walls, near_walls;
    touch_list touches, old_touches;
    wall_sum* sums;                    // [wall slots]
    void* block;                       // scratch of the kernels
    brc_registers registers;           // of the interpreter
    int64_t contacts, border_contacts; // of the last step; border: listed by another worker too
    book_page* page;                   // of the energy book; NULL: not kept
    bool settling;                     // forces kept on the page meet their velocities, nothing else happens
    recorder* record;                  // not NULL: contacts are recorded, nothing is added or changed
    int64_t virial[9], kinetic[10];    // for cell.c: sums over its contacts and particles
    int64_t evaluated;                 // with those that act beyond touching
    double moved2; // [m^2] bound on (displacement of the step / roam)^2; where the cell deforms: since the lists
    double speeds, fastest;       // [m/s] sum over its particles, the largest
    double overlap;               // largest overlap / smaller radius in this step ...
    int64_t overlap_a, overlap_b; // ... who: slots, or -1 - wall
    double overlap_x[3];          // ... and where
    uint32_t flags, next_flags;   // of this step; of the next, when pairs_on has begun it
    int64_t range_slot;           // of those that trip BRC_FLAG_RANGE in this step, the one of the lowest id; -1: none
    int64_t moved_to;             // slots below have begun the next step
    double seconds_contacts, seconds_forces, seconds_kick, seconds_law; // law: part of forces
    int law_weight;  // the time of the next block's law counts so often; 0: it is not looked at
    passer* passers; // what passes an outlet or a meter in this step
    int64_t passer_count, passer_capacity;
    brc_status status; // of work done in parallel
    char padding[64];
} worker;

enum { BRC_GRID_LEVELS = 6, BRC_GRID_SPARE = 16 }; // spare: behind columns, so that whole vectors may be read

// Cells of particles that are no larger than some radius (with their room), and larger than the next level's. Rows of
// cells lie along x.
typedef struct grid_level {
    int32_t n[3];
    double radius;  // [m] of the largest
    double size[3]; // [m] of a cell
    int64_t first;  // its first cell
} grid_level;

typedef struct grid_crowd { // of particles between two sizes
    double radius;          // [m] of the largest, with its room
    double count;
} grid_crowd;

// Places are whole numbers of quanta from lo: 2^32 to the length of a periodic axis, so that a difference modulo 2^32
// is that of the nearest images; else 2^30 to the extent of the particles.
typedef struct cell_grid {
    int32_t wraps[3];
    double lo[3], per[3], quantum[3]; // [m]; quanta per m; [m]
    grid_level level[BRC_GRID_LEVELS];
    int32_t levels;
    int64_t cell_count, cell_capacity;
    int32_t* start;     // [cell_count + 1]
    int32_t* slot;      // slots in the order of cells
    uint32_t* place[3]; // in the order of cells, as they were when the grid was made
    float* radius;      // in that order too, with room * roam
    double room;        // [m] by which particles count as larger, times their roam: what they may move
    int32_t* cell;      // cell of each slot
    int64_t count, capacity;
    bool of_lists; // made with the lists, whose `ref` has the places it was made from
} cell_grid;

// Cells along one axis, each once, as runs from first to last.
typedef struct cell_runs {
    int32_t first[2], last[2];
    int count;
} cell_runs;

// Cells along axis k that hold what is within d quanta of the place q.
static inline cell_runs brc_grid_runs(const cell_grid* g, const grid_level* v, int k, uint32_t q, uint32_t d)
{
    const uint64_t n = (uint64_t)v->n[k];
    const int32_t last = v->n[k] - 1;
    if (!g->wraps[k]) {
        const uint32_t most = (1u << 30) - 1, lo = q > d ? q - d : 0, hi = d < most - q ? q + d : most;
        return (cell_runs){{(int32_t)(lo * n >> 30), 0}, {(int32_t)(hi * n >> 30), 0}, 1};
    }
    const uint32_t lo = q - d, hi = q + d;
    const int32_t first = (int32_t)(lo * n >> 32), end = (int32_t)(hi * n >> 32);
    if (d >= 1u << 31 || (lo > hi && first <= end)) return (cell_runs){{0, 0}, {last, 0}, 1};
    if (lo <= hi) return (cell_runs){{first, 0}, {end, 0}, 1};
    return (cell_runs){{first, 0}, {last, end}, 2};
}

// [quanta] at least, and 2^31 at the most.
static inline uint32_t brc_grid_quanta(const cell_grid* g, int k, double distance)
{
    const double d = distance * g->per[k] + 3;
    return d < 0x1p31 ? (uint32_t)d : 1u << 31;
}
static inline uint32_t brc_grid_place(const cell_grid* g, int k, double x)
{
    const double q = (x - g->lo[k]) * g->per[k], most = g->wraps[k] ? 0x1p32 - 1 : 0x1p30 - 1;
    return q > 0 ? (uint32_t)(q < most ? q : most) : 0;
}
// Hands over each row of cells that may hold what is within `far` of the place q, from first to before end in the order
// of cells, until one is not BRC_OK.
static inline brc_status brc_grid_rows(const cell_grid* g, const grid_level* v, const uint32_t q[3], double far,
                                       brc_status (*take)(void*, int32_t first, int32_t end), void* context)
{
    cell_runs r[3];
    for (int k = 0; k < 3; k++) r[k] = brc_grid_runs(g, v, k, q[k], brc_grid_quanta(g, k, far));
    for (int rz = 0; rz < r[2].count; rz++)
        for (int32_t cz = r[2].first[rz]; cz <= r[2].last[rz]; cz++)
            for (int ry = 0; ry < r[1].count; ry++)
                for (int32_t cy = r[1].first[ry]; cy <= r[1].last[ry]; cy++)
                    for (int rx = 0; rx < r[0].count; rx++) {
                        const int32_t* row = g->start + v->first + ((int64_t)cz * v->n[1] + cy) * v->n[0];
                        BRC_TRY(take(context, row[r[0].first[rx]], row[r[0].last[rx] + 1]));
                    }
    return BRC_OK;
}
// [m] what two surfaces may seem apart at the most when places are rounded to quanta and numbers to floats.
static inline double brc_grid_blur(const cell_grid* g, double distance)
{
    return 4e-6 * distance + 3 * (g->quantum[0] + g->quantum[1] + g->quantum[2]);
}

// The periodic cell: a brick [lo, hi) whose images lie at whole multiples of three edges, (lx, 0, 0), (xy, ly, 0) and
// (xz, yz, lz). See cell.c. Rows of six: lx, ly, lz, xy, xz, yz; a length is 0 where the axis is not periodic.
typedef struct sim_cell {
    double edge[6];    // [m] on the position grid; tilts within half a length, so that images are few
    double rest[6];    // [m] what the grid could not hold of the edges: carried to the next step
    double speed[6];   // [m/s] of the edges during this step: an image moves by that
    double push[6];    // [1/s] gradient of what every velocity changed by at the begin of this step
    double strain[6];  // integral of the velocity gradient since the start: xx, yy, zz, xy, xz, yz
    double centre[3];  // [m] the cell deforms about this point
    brc_deform order;  // what the script asked for
    double max_rate;   // [1/s] of the servo
    int64_t shared[9]; // of several ranks: that sum, in quanta
    double contact[9]; // [J] sum of f (x) d over the contacts of the last step; [3 i + j]: f_i d_j
    bool ordered;      // the script has asked for a deformation: contacts are summed
    bool summed;       // contact holds the last step's sum
    bool tilted;       // images lie beside the brick
    bool moving;       // images have other velocities than their originals, or push is not 0
    double listed[6];  // [m] edges when the lists were made: a cache
} sim_cell;

typedef struct outlet {
    brc_outlet_def def;
    brc_wall* mesh; // for BRC_OUTLET_MESH
    int64_t count;
    double mass;
    bool removed;
} outlet;

typedef struct meter {
    vec3 point, normal;
    double radius;
    brc_meter_state state;
    bool removed;
} meter;

typedef struct wall_slot {
    brc_wall* wall;     // NULL: removed
    vec3 force, torque; // [N], [N m] of the last step
    int64_t contacts;
    double work;
    bool crossing_warned, meeting_warned, travel_warned;
    double room;                                                  // [m] that it may move before the lists are remade
    bool belt;                                                    // its surface moves by itself
    bool breathes;                                                // a servo drives, or drove, its radius
    double radial;                                                // [N] of the particles on its side then, outwards
    double value[BRC_MAX_USER_FIELDS], flux[BRC_MAX_USER_FIELDS]; // of the user's fields; flux into the wall, last step
    bool plane;                                                   // an endless plane, of this normal at the start
    vec3 normal;
} wall_slot;

// A number that the script has added to every particle.
typedef struct user_field {
    char name[32], unit[32], flux_name[40], flux_unit[40];
    double initial, birth; // of walls and of the field's first particles; of particles that are inserted now
    double* value;         // by slot
    double* flux;          // by slot: grid sums of the last step, and what hooks have added
    brc_grid grid;
    double capacity[BRC_MAX_MATERIALS]; // flux = mass * capacity * value'; INFINITY: the value stays
    bool active;                        // a capacity is finite
} user_field;

typedef struct contact_scale { // see brc_contact_scale_set
    double mass, impedance, speed;
} contact_scale;

typedef struct brc_own_law brc_own_law;
typedef struct brc_particle_kernel brc_particle_kernel;

typedef struct brc_kernels {
    void (*kick_drift)(brc_sim*, worker*);
    void (*kick_drift_cell)(brc_sim*, worker*); // where the periodic cell is tilted or deforms
    void (*pairs)(brc_sim*, worker*);
    void (*pairs_border)(brc_sim*, worker*); // of the pairs only those across ranges
    void (*pairs_inside)(brc_sim*, worker*); // the others
    void (*pairs_on)(brc_sim*, worker*);     // the others, with kick and the kick_drift of the next step
    void (*search)(brc_sim*, worker*);       // lists the pairs of the worker's particles
    // Of n rows of the worker's pairs, from first on, those nearer than s->near_skin, and which of these touch now, but
    // for rounding; answers how many.
    int (*pick)(const brc_sim*, worker*, int64_t first, int n, int32_t* picked, uint8_t* touches);
    void (*walls)(brc_sim*, worker*);
    void (*bonds)(brc_sim*, worker*);
    void (*kick)(brc_sim*, worker*);
} brc_kernels;

enum {
    STAGE_KICK_DRIFT,
    STAGE_MOTION,
    STAGE_EXCHANGE,
    STAGE_NEIGHBOURS,
    STAGE_CONTACTS,
    STAGE_FORCES,
    STAGE_HOOKS,
    STAGE_KICK,
    STAGE_EVENTS,
    STAGE_COUNT
};

struct brc_sim {
    brc_options options;
    brc_comm* comm;     // the ranks that share it; never NULL
    brc_device* device; // that runs its steps; NULL: the processor does
    brc_grid x_grid, f_grid, t_grid;
    double lo[3], hi[3], length[3], half[3]; // length 0 and half infinite where not periodic
    sim_cell cell;
    int64_t step;
    double dt, time_base;
    int64_t step_base; // time = time_base + (step - step_base) dt
    size_t real;       // bytes of the run's precision

    int32_t material_count;
    double density[BRC_MAX_MATERIALS];
    const brc_law* law;
    const brc_program* program; // of a law that was defined at run time, else NULL
    brc_own_law** own_laws;
    int32_t own_law_count;
    brc_particle_kernel* particle_kernels;
    int32_t particle_kernel_count;
    int32_t law_materials; // that the coefficients are for
    int32_t history_count;
    void* coefficients;                                    // [coefficient][material * material], run's precision
    double reach;                                          // [m] largest gap at which the law acts; 0: touching only
    double reaches[BRC_MAX_MATERIALS * BRC_MAX_MATERIALS]; // [m] by pair of materials, as many as the law has

    sim_domain domain;

    // Particles. A slot whose radius is not > 0 is dead: parked until the lists are next remade.
    int64_t count, capacity, dead;
    int64_t ghosts;   // particles of other ranks, in the slots from count on: a cache
    double* pos;      // [4]  x y z radius: what a contact test reads, half a cache line
    void* vel;        // [BRC_MOTION] v, 1/mass, angular velocity, radius; then the same at the half step
    void* res;        // [8]  residual of the velocity, 1/mass, residual of the angular velocity, 1/inertia
    double* acc;      // [8]  force, torque: grid sums of the last step
    double* ref;      // [4]  position when the lists were made
    double* near_ref; // [4]  position when the near lists were made
    float* roam;      // [2]  how much further than others it may move while the lists hold; 1 / that
    double* mass;
    int64_t* id;
    int32_t* material;
    brc_field* fields;
    user_field user[BRC_MAX_USER_FIELDS];
    int32_t user_count, law_field[BRC_MAX_LAW_FIELDS]; // the law's j-th field in `user`
    int64_t next_id, inserted, removed, lost;
    double radius_max; // of those present
    int64_t* map_key;  // id -> slot, open addressing; made when asked for
    int32_t* map_slot;
    int64_t map_size;
    bool map_valid;

    worker* workers;
    int32_t worker_count;
    bool lists_valid, sort_due;
    bool lists_renumbered; // slots in the lists are the new ones; their ranges are still the old ones
    int64_t grid_step;     // step at which the grid was made for free_at; -1: none
    cell_grid grid;
    int32_t* remap; // new slot of each old slot while lists are remade; -1: gone
    int64_t remap_count;
    int32_t* carry_start;              // old contacts by new slot of the lower id
    int32_t *carry_list, *carry_index; // which near list, or whose touches; where in it
    int32_t* carry_other;              // slot of the higher id
    int64_t carry_capacity, carry_slots;
    int32_t* touch_start;
    double skin,
        near_skin; // [m] of the lists of pairs, of the near lists: half of it times the roam of each of the two
    double moved,
        drift; // [m] at most, over roam: since the lists were made, up to the near lists; since those were made
    double tuned_rebuild, tuned_pick, tuned_test; // seconds since the skins were last judged
    int64_t tuned_steps;

    bond_set bonds;
    wall_slot* walls;
    int32_t wall_count;
    contact_scale scale[BRC_MAX_MATERIALS]; // of contacts with walls of each material
    outlet* outlets;
    int32_t outlet_count;
    passer* leaving; // at the end of this step, through outlets or over the domain's faces, the astray
    int64_t leaving_count, astray_count;
    brc_inserter** inserters;
    int32_t* inserter_material;
    double* inserter_values; // [inserter][BRC_MAX_USER_FIELDS] of its particles
    int32_t inserter_count;

    meter* meters;
    int32_t meter_count, meters_open;
    double* meter_from; // [3] places before the drift
    int64_t meter_room;
    energy_book* book;       // NULL: not kept
    struct network* network; // contacts.c: what scripts look at
    brc_kernels kernels;
    int32_t isa;
    bool failed;   // a guard stopped the run in the middle of a step: it cannot go on
    bool moved_on; // pairs_on has begun the next step: particles have drifted
    bool in_step;  // between brc_step_begin and brc_step_end
    bool overlap_warned, exit_warned;
    char warning[8][256];
    int32_t warning_first, warning_count;
    double seconds[STAGE_COUNT], seconds_law, seconds_total, step_started, hook_started;
    int64_t steps_run, particle_steps, rebuilds, picks, half_contact_steps, wall_contact_steps;
    int64_t memory;
};

// kernels.c: kernels of one precision and instruction set
const brc_kernels* brc_kernels_1_f32(void);
const brc_kernels* brc_kernels_2_f32(void);
const brc_kernels* brc_kernels_3_f32(void);
const brc_kernels* brc_kernels_1_f64(void);
const brc_kernels* brc_kernels_2_f64(void);
const brc_kernels* brc_kernels_3_f64(void);

// law.c
brc_status brc_law_find(const brc_sim* s, int32_t index, const brc_law** law);
const brc_program* brc_law_program(const brc_sim* s, const brc_law* law);            // NULL: of the build
const uint32_t* brc_law_words(const brc_sim* s, const brc_law* law, int64_t* count); // SPIR-V; NULL: none
void brc_laws_free(brc_sim* s);

// particle_kernel.c
void brc_particle_kernels_run(brc_sim* s, worker* w);
typedef struct brc_kernel_words { // of a kernel, for a device
    const uint32_t* words;        // NULL: none was handed over
    int64_t count;
    const void* params; // of the run's precision
    int32_t param_count;
    bool torque;
} brc_kernel_words;
bool brc_kernel_words_get(const brc_sim* s, int32_t kernel, brc_kernel_words* out); // whether it is still there
void brc_particle_kernels_free(brc_sim* s);
uint64_t brc_particle_kernels_hash(const brc_sim* s);
void brc_particle_kernels_pack(brc_pack* p, brc_sim* s); // which of the script's are left

// particles.c
typedef struct brc_column { // one array: where it is and how wide a particle's part is
    void** base;
    size_t width;
    bool ghost; // other ranks must know it of particles near theirs
} brc_column;
enum { BRC_COLUMNS = 10, BRC_COLUMNS_MAX = BRC_COLUMNS + 2 * BRC_MAX_USER_FIELDS };
int brc_particles_columns(brc_sim* s, brc_column c[BRC_COLUMNS_MAX]);
brc_status brc_particles_reserve(brc_sim* s, int64_t capacity);
void brc_particles_free(brc_sim* s);
brc_status brc_fields_create(brc_sim* s);
void brc_fields_lock(brc_sim* s, bool locked);
bool brc_field_is_open(const brc_sim* s, const brc_field* f, bool locked); // for the script to write it
void brc_fields_update(brc_sim* s);
brc_status brc_particles_snap(brc_sim* s);              // back to the grid what a script may have written
void brc_particles_kill(brc_sim* s, int64_t slot);      // parks the slot; the caller counts it
brc_status brc_particles_compact(brc_sim* s);           // closes the gaps that the dead have left
brc_status brc_particles_settle(brc_sim* s, bool sort); // the same, perhaps in another order; on several ranks
brc_status brc_particles_sort(brc_sim* s);              // the same and, when due, sorts in space
double brc_real_get(const brc_sim* s, const void* base, int64_t index);
void brc_real_set(const brc_sim* s, void* base, int64_t index, double value);
void brc_particle_velocity(const brc_sim* s, int64_t slot, double v[3], double w[3]); // value + residual
void brc_particle_inertia_set(brc_sim* s, int64_t slot, double radius, double mass);  // what `vel`, `res` have of them
void brc_particle_velocity_set(brc_sim* s, int64_t slot, int k, double value);        // k: 0 to 2 v, 4 to 6 w

// grid.c
// Cells for finding pairs nearer than reach and their room: `room` [m] times the roam of each of the two.
brc_status brc_grid_make(brc_sim* s, double reach, double room);
// By what sizes particles in a volume are best sorted, from the largest on, for a search of all pairs that are nearer
// than their radii and `reach`; answers how many. sizes: of the smallest and the largest, with their room.
int brc_grid_crowds(const brc_sim* s, double room, const double sizes[2], double reach, double volume,
                    grid_crowd out[BRC_GRID_LEVELS]);
void brc_grid_free(cell_grid* g);
// Calls visit for each particle of the grid whose recorded place is nearer than reach and its room (surface to surface)
// to the sphere.
void brc_grid_visit(const brc_sim* s, vec3 x, double radius, double reach, void (*visit)(void* context, int32_t slot),
                    void* context);

// neighbours.c
brc_status brc_pairs_reserve(pair_list* list, int64_t capacity);
void brc_neighbours_share(brc_sim* s);        // deals the particles out to the workers
brc_status brc_neighbours_update(brc_sim* s); // remakes the lists when something may have moved half a skin
brc_status brc_neighbours_append(brc_sim* s,
                                 int64_t first); // lists new particles (slots from first on) without remaking all
void brc_neighbours_free(brc_sim* s);
bool brc_neighbours_free_at(brc_sim* s, vec3 x, double radius); // no particle overlaps this sphere
// Lists that hold every contact of this moment, whatever the script has moved; slots keep their order.
brc_status brc_neighbours_fresh(brc_sim* s);
// Ghosts: all that may come nearer than `near` to own particles when each may move by room times its roam, and further
// until the other ends of bonds are among them.
brc_status brc_neighbours_surround(brc_sim* s, double near, double room);
brc_status brc_neighbours_migrate(brc_sim* s); // all particles to their owners, with what belongs to them
// On several ranks contacts may be parked while ghosts are remade: then they come back into the lists.
brc_status brc_contacts_settle(brc_sim* s);

// near.c
void brc_near_settle(brc_sim* s);   // as if renumbered, where slots have stayed
void brc_near_renumber(brc_sim* s); // rewrites the slots in lists and touches by s->remap; lists stay only to be
                                    // carried over
brc_status brc_touches_reserve(const brc_sim* s, touch_list* list, int64_t capacity);
void brc_touches_free(touch_list* list);
void brc_near_drop(brc_sim* s); // lists with their histories: another law cannot read this one's memory
brc_status brc_near_reserve(const brc_sim* s, near_list* list, int64_t capacity);
// Whether a touching pair is to be carried over, or is the other worker's copy of one that is.
bool brc_near_kept(const brc_sim* s, const worker* w, const near_list* list, int64_t k);
brc_status brc_near_collect(brc_sim* s);                                // old contacts, sorted by slot
brc_status brc_near_carry_touches(brc_sim* s, worker* w, int32_t slot); // of walls, from what was collected
void brc_near_swap(brc_sim* s);                                         // the near lists become the old ones
void brc_near_fill(brc_sim* s, worker* w);                              // after collecting
void brc_near_refill(brc_sim* s, worker* w);                            // from the same list of pairs as the old
brc_status brc_near_add(const brc_sim* s, worker* w, int32_t row);      // the pair in this row, which has never touched
void brc_near_free(worker* w);
int64_t brc_near_count(const worker* w); // pairs in all its near lists

// wall_lists.c
void brc_wall_list_free(wall_list* list);
// Appends the walls that particle i may touch before the next rebuild. more: [m] that walls have moved already.
brc_status brc_walls_list(const brc_sim* s, wall_list* list, int32_t i, double more);
brc_status brc_walls_pick(const brc_sim* s, const wall_list* from, wall_list* to); // while the near lists hold
brc_status brc_walls_append(wall_list* to, const wall_list* from, int64_t first);  // all from this candidate on
double brc_walls_moved(const brc_sim* s); // [m] at most, since the lists were made
bool brc_walls_hold(const brc_sim* s);    // the lists; the near ones
bool brc_walls_hold_near(const brc_sim* s);
void brc_walls_mark(brc_sim* s, bool lists); // the near ones have been picked; the lists too have been made

// contacts.c
brc_status brc_recorder_reserve(recorder* r, int64_t capacity, int history_count);
// [J] that each part of the law stores in the contacts of this moment, and that bonds store.
brc_status brc_contacts_energy(brc_sim* s, int32_t parts, double stored[BRC_BOOK_PARTS], double* bonds);
void brc_network_expire(brc_sim* s); // the views of the contacts that a script holds: the simulation moves on
void brc_network_free(brc_sim* s);

// boundary.c
brc_status brc_boundary_move(brc_sim* s);
brc_status brc_boundary_touch(brc_sim* s, worker* w); // finds this step's contacts with walls, with their histories
// The same into another list, from the touches of the last step, which stay as they are.
brc_status brc_boundary_find(const brc_sim* s, const worker* w, const touch_list* old, touch_list* now);
brc_status brc_boundary_sum(brc_sim* s, bool all);       // all: of several ranks, of walls too whose sums could wait
bool brc_boundary_needs(const brc_sim* s, int32_t wall); // its sums at each step
void brc_boundary_local(const brc_sim* s, int32_t wall, wall_sum* out); // of this rank's workers
void brc_boundary_look(
    brc_sim* s); // warns of walls across a periodic face, bodies that meet walls, servos that run away
brc_status brc_boundary_stream(brc_sim* s);
bool brc_boundary_events(const brc_sim* s); // inserters have work at the end of the step under way
void brc_boundary_free(brc_sim* s);
void brc_boundary_pack(brc_pack* p, brc_sim* s); // boundary_pack.c

// exits.c
void brc_passer_note(worker* w, int64_t slot, int32_t what); // by the worker that has found it
// What the workers have found, in the order of ids whatever the threads; to be freed with brc_free.
brc_status brc_passers_find(brc_sim* s, void (*find)(brc_sim*, worker*), passer** out, int64_t* count);
// Whom outlets and faces will take: the paths of this step tell it before its forces.
brc_status brc_exits_find(brc_sim* s);
void brc_exits_hide(const brc_sim* s, bool hidden); // these look dead already, or as before
brc_status brc_exits_look(brc_sim* s);              // at its end outlets and the domain's faces take particles away
void brc_exits_free(brc_sim* s);

// user_fields.c
brc_status brc_user_fields_bind(const brc_sim* s, const brc_law* law, int32_t bound[BRC_MAX_LAW_FIELDS]);
void brc_user_fields_pack(brc_pack* p, brc_sim* s); // all but the particles' values
void brc_user_fields_begin(brc_sim* s, worker* w);  // fluxes back to 0
bool brc_user_field_kick(const brc_sim* s, const user_field* u, int64_t begin, int64_t end); // of one; not good?
void brc_user_fields_kick(brc_sim* s, worker* w);
brc_status brc_user_fields_guard(const brc_sim* s); // says what BRC_FLAG_FIELD stands for
// cell.c
brc_status brc_cell_create(brc_sim* s);
brc_status brc_cell_step(brc_sim* s);                  // the cell of the end of the coming step, and its speeds in it
void brc_cell_sum(brc_sim* s);                         // collects the workers' sums over contacts
void brc_cell_gradient(const brc_sim* s, double g[6]); // [1/s] of the velocity that the cell imposes, as it is now
void brc_cell_map(const brc_sim* s, double map[6]);    // the deformation since the lists were made
void brc_cell_displacement(const brc_sim* s, int64_t slot, double d[3]); // [m] since then, beyond the deformation
// [m] by how much the deformation since the lists were made may have changed a distance of up to this one.
double brc_cell_stretch(const brc_sim* s, double distance);
// [m] the widest skin up to the given one that leaves each pair within distance + skin one nearest image.
double brc_cell_skin(const brc_sim* s, double distance, double skin);
void brc_cell_wrap(brc_sim* s, int64_t slot); // into the brick; the velocity changes to that of the image
brc_status brc_cell_allows_wall(const brc_sim* s, bool plane, vec3 normal);
void brc_cell_quanta(const brc_sim* s, double out[3]); // of sums over particles: m c (x) c and contacts', m c, m
void brc_cell_put(brc_sim* s, const sim_cell* c, const double lo[3], const double hi[3]); // as a device has it
void brc_cell_pack(brc_pack* p, brc_sim* s);
bool brc_cell_plain(const brc_sim* s);                // never tilted, never deformed
int brc_cell_state(const brc_sim* s, double row[64]); // what the hash takes; how many numbers

// meter.c
brc_status brc_meters_mark(brc_sim* s);  // before the drift
brc_status brc_meters_count(brc_sim* s); // after it
// The same, of a drift that a device has done; from: where particles were, NULL in an upright cell at rest.
brc_status brc_meters_drifted(brc_sim* s, const double* from);
void brc_meters_free(brc_sim* s);

// book.c; each does nothing when no book is kept
void brc_book_begin(brc_sim* s);                                       // of a step: half-step velocities are there
void* brc_book_keep(const brc_sim* s, book_page* page, int64_t count); // room for numbers; NULL: no memory
brc_status brc_book_hooks(brc_sim* s);                                 // before the hooks
brc_status brc_book_end(brc_sim* s);                                   // after the second kick, before particles go
brc_status brc_book_enter(brc_sim* s);                                 // before a script's steps: what has it changed
brc_status brc_book_leave(brc_sim* s);                                 // after them
brc_status brc_book_let_go(brc_sim* s); // takes off what particles had that have gone since
void brc_book_sums(energy_book* b,
                   brc_wide* sum[BRC_BOOK_SUMS]); // all that are exact; shaders/wide.glsl has their order
void brc_book_comes(brc_sim* s, int64_t slot);    // a new particle, called on all ranks
void brc_book_goes(brc_sim* s, int64_t slot);     // one that leaves, before the ledger takes it off
void brc_book_free(brc_sim* s);
void brc_book_pack(brc_pack* p, brc_sim* s);

// reduce.c
// Sums over all ranks of columns (at most 16), term[k * stride + i]: the doubles nearest to the exact sums, 0 for -0.
// Of terms that are not finite those of IEEE 754: inf, or NaN of inf and -inf. term NULL: no memory on this rank, which
// fails all.
brc_status brc_exact_sums(brc_comm* comm, const double* term, int64_t stride, int64_t count, int columns, double* out);

// profile.c
void brc_profile_count(brc_sim* s); // at the end of a step

// simulation.c
brc_status brc_law_use(brc_sim* s, const brc_law* law, int32_t materials, const double* coefficients,
                       double force_scale,
                       double length_scale); // brc_law_set with a law that need not be of this build
brc_status brc_host_steps(brc_sim* s, int64_t count, int64_t* done); // steps on the processor
brc_status brc_host_begin(brc_sim* s);                               // one, up to its hooks
brc_status brc_host_end(brc_sim* s);                                 // and from there to its end
brc_status brc_guard_overlap(brc_sim* s);
double brc_sim_time(const brc_sim* s, int64_t step);
bool brc_ask_waits(void); // a script has asked, and nobody has answered yet
static inline bool brc_shared(const brc_sim* s) { return s->comm->size > 1; }
void brc_warn(brc_sim* s, const char* format, ...);
typedef void (*brc_phase)(brc_sim*, worker*);
void brc_parallel(brc_sim* s, brc_phase phase); // runs the phase for every worker

static inline double brc_image(double d, double length, double half) // nearest image; exact on the grid
{
    if (d > half) d -= length;
    if (d < -half) d += length;
    return d;
}
// The nearest image of a difference, exact. Right for images nearer than half of each length. Going down from z it
// settles each axis for good; tilts within half a length leave at most two turns along x.
static inline void brc_nearest(const brc_sim* s, double d[3])
{
    const double *length = s->length, *half = s->half, *tilt = s->cell.edge + 3;
    if (s->cell.tilted) {
        double z = d[2] > half[2] ? 1 : d[2] < -half[2] ? -1 : 0;
        d[1] -= z * tilt[2];
        d[0] -= z * tilt[1];
        d[2] -= z * length[2];
        double y = d[1] > half[1] ? 1 : d[1] < -half[1] ? -1 : 0;
        d[0] -= y * tilt[0];
        d[1] -= y * length[1];
        d[0] = brc_image(d[0], length[0], half[0]);
        d[0] = brc_image(d[0], length[0], half[0]);
    } else
        for (int k = 0; k < 3; k++) d[k] = brc_image(d[k], length[k], half[k]);
}
// Upper triangular gradient times the distance from the centre.
static inline void brc_cell_field(const double g[6], const double centre[3], const double* x, double v[3])
{
    double dx = x[0] - centre[0], dy = x[1] - centre[1], dz = x[2] - centre[2];
    v[0] = g[0] * dx + g[3] * dy + g[4] * dz;
    v[1] = g[1] * dy + g[5] * dz;
    v[2] = g[2] * dz;
}
// Sums on walls may run over before their sizes are looked at, which stops the run: defined, and the same on any
// worker.
static inline void brc_wrap_add(int64_t* sum, int64_t term) { *sum = (int64_t)((uint64_t)*sum + (uint64_t)term); }

// [m] that the particle may move while the lists of this skin hold.
static inline double brc_room(const brc_sim* s, int64_t slot, double skin)
{
    return 0.5 * skin * (double)s->roam[2 * slot];
}

static inline bool brc_alive(const brc_sim* s, int64_t slot) { return s->pos[4 * slot + 3] > 0; }

#endif
