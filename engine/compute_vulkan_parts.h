// compute_vulkan_parts.h -- what the files of a simulation on a device share: its buffers and kernels, the words that
// all kernels see, rows of candidates.
#ifndef BRC_COMPUTE_VULKAN_PARTS_H
#define BRC_COMPUTE_VULKAN_PARTS_H
#include "compute_vulkan.h"
#include "sim.h"

enum { WALL_WORDS = 15, MOST_POSES = 1 << 15, STATUS_WORDS = 16, STATUS_ALL = 64, SCAN_BLOCK = 16 * BRC_GPU_GROUP };
// Words of the status, and why a batch has stopped: shaders/step.glsl.
enum {
    STEP,
    TARGET,
    STOP,
    FLAGS,
    MOVED2,
    OUTSIDE,
    OUTSIDE_NEXT,
    CONTACTS,
    CONTACTS_ALL,
    DEEP = 10,
    BROKE = 11,
    PATH = 12,
    DRIFTED = 14,
    REMAKE = 15,
    STATUS_VIRIAL = 16,
    STATUS_KINETIC = 34
};
enum { STOP_NOT, STOP_REBUILD, STOP_EVENT, STOP_GUARD, STOP_SORT, STOP_END, STOP_ROOM, STOP_METER };
#define FLAG_CELL 64u // as in shaders/step.glsl
#define FLAG_CUT 128u
#define ENTRY_FIRST 0x80000000u
#define ENTRY_TOUCHING 0x40000000u
#define ENTRY_WALL 0x20000000u
#define ENTRY_INDEX 0x1fffffffu

// As in shaders/step.glsl, where the members are explained.
typedef struct device_outlet {
    double point[3], normal[3], lo[3], hi[3];
    int32_t is_box, meets;
} device_outlet;
typedef struct device_numbers {
    double lo[3], hi[3], length[3], half[3];
    double dt, time_base, since;
    double x_magic, f_magic, t_magic;
    double f_limit, t_limit, f_per, t_per, quick;
    double cell_lo[3], level_radius[BRC_GRID_LEVELS], level_per[3 * BRC_GRID_LEVELS];
    double skin, x_quantum;
    double h, f_most, t_most, overlap_most;
    double flux_magic[4], flux_limit[4], flux_per[4];
    double gravity[3], reach;
    int32_t count, materials, wall_count, periodic;
    int32_t level_cells[3 * BRC_GRID_LEVELS], level_first[BRC_GRID_LEVELS];
    int32_t levels;
    uint32_t first_of_thousand;
    int32_t outlet_count, unborn;
    int32_t bond_count, meter_count;
    double edge[6], rest[6], speed[6], push[6], strain[6];
    double listed[6], step_map[6];
    double rate[6], stress[6], contact[9], centre[3];
    double band, max_rate, virial, energy, momentum, mass_unit;
    double far_most, stretch;
    double edge_least, x_limit;
    int32_t control[6];
    int32_t tilted, moving, ordered, summed;
    int32_t everyone, unused;
} device_numbers; // behind it all outlets, then all meters
typedef struct device_touch {
    double overlap, n[3];
    uint32_t feature, padding;
} device_touch;
_Static_assert(BRC_GRID_LEVELS == 6, "LEVELS of shaders/step.glsl");
_Static_assert(sizeof(device_numbers) % 8 == 0 && sizeof(device_outlet) == 104 && sizeof(device_touch) == 40,
               "the layout of shaders/step.glsl");

// Of candidates: at the lower or the upper end of buffers with some room to spare. New rows go to the other end, over
// those old ones that have been copied out of the way (compute_vulkan_rows.c).
enum { ROW_CUTS = 32 };
typedef struct rows {
    brc_gpu_buffer *start[2], *entries, *histories; // start: of those in use and of those that are made
    int64_t total, at;                              // entries; where the first one is
    uint32_t cut[ROW_CUTS + 1];                     // start[k count / ROW_CUTS]
    int64_t detours;                                // as of brc_device_state
} rows;

typedef struct host_rows {
    uint32_t *start, *entries;
    char* histories; // [entry][history_count] of the run's precision
    // Of walls that are no planes at rest: candidates, and one half of their contacts.
    uint32_t *wall_start, *near, *counts;
    device_touch* touches;
    char* touch_histories;
} host_rows;

// Candidates of touch.comp: particles and walls that are no planes at rest. Their contacts stand in two halves, each
// step writes the other one: [2][total][room].
typedef struct near_walls {
    brc_gpu_buffer *start, *near, *counts, *touches, *histories;
    int64_t total;
    int32_t room; // contacts of a candidate
} near_walls;

enum { // of all meshes
    BRC_MESH_PLACES,
    BRC_MESH_FACES,
    BRC_MESH_EDGES,
    BRC_MESH_VERTICES,
    BRC_MESH_NODES,
    BRC_MESH_LINKS,
    BRC_MESH_PARTS
};
typedef struct brc_kept_wall brc_kept_wall;
typedef struct brc_device_kernel brc_device_kernel;

enum { COLUMN_POS, COLUMN_VEL, COLUMN_RES, COLUMN_ACC }; // as brc_particles_columns counts them

// What a script has written: the whole column, at the end of step `step`, or in the middle of the one that follows.
typedef struct device_written {
    int64_t step;
    int column; // -1 - wall: a pose
    bool hook;
    void* data;
} device_written;

// The state that stays on the device between two looks of the script (compute_vulkan_away.c).
typedef struct device_away {
    bool stays;                  // it may
    bool is, half;               // it has, after a whole step; in the middle of one
    uint32_t here, written;      // columns fetched since the last kernel; that the script may have written since
    uint32_t liked;              // that a function of the script has ever asked for
    bool told;                   // the script, that processors do steps with hooks
    void* kept[BRC_COLUMNS_MAX]; // columns as the state of step `base` had them; NULL: as they are
    device_written* log;         // what was written since, in order
    int64_t log_count, log_room, log_bytes;
    int64_t counted, contacts; // steps and contacts since then that the simulation's counters hold
} device_away;

typedef struct book_runner { // of a program of the energy book
    brc_gpu_kernel* kernel;
    int32_t constants[6];
    brc_gpu_buffer *code, *numbers;
} book_runner;
typedef struct device_book {
    bool is, in_cell;        // kept, with parts; what kernels know
    bool hooked;             // the step that is under way has hooks
    uint32_t slot;           // of the poses of that step
    book_runner force, bond; // parts of the law; what a bond stores
    brc_gpu_kernel *settle, *work, *enter;
    brc_gpu_buffer *kept, *pages, *before, *stored;
    double walls, walls_last; // as in energy_book, at the step that the walls are at
} device_book;

struct brc_device {
    brc_gpu* gpu;
    int32_t number;          // as it was asked for
    brc_device_info info;    // which it is
    const brc_law* law;      // of the force kernel
    bool in_cell;            // kernels know cells that are tilted or deform
    const brc_law* bond_law; // of the kernel of bonds
    brc_gpu_kernel *force, *move, *judge, *place, *scan, *fill, *touch, *carry, *fields, *rows[2], *bond, *pull;
    brc_gpu_kernel *kinetic, *cell, *tell;
    brc_device_kernel* script; // its kernels of particles
    int32_t script_count;
    brc_gpu_buffer *numbers, *status, *pos, *vel, *res, *acc, *material, *ids, *coefficients, *sums, *reaches, *mass;
    brc_gpu_buffer *cell_start, *items, *blocks, *cuts;
    brc_gpu_buffer *shapes, *poses, *mesh[BRC_MESH_PARTS];
    brc_gpu_buffer *values, *fluxes, *wall_values, *capacity; // of the law's fields
    brc_gpu_buffer *bonds, *bond_histories, *bond_coefficients, *loads, *gone, *links;
    rows row;
    host_rows waiting; // rows that the host holds until new ones are made; start NULL: the device has them
    near_walls wall[2];
    int now;                     // the rows and candidates of walls in use
    int32_t room;                // as of near_walls, of those made next
    uint32_t active;             // bit j: the law's j-th field changes
    bool walls_every, walls_fed; // some walls' sums are wanted at each step; forces drive some
    int64_t walls_at;            // step that the host's walls are at
    brc_kept_wall* kept;         // walls as the host's state has them, while those are ahead of it
    int32_t kept_count;
    device_numbers n;
    double extent[3];              // [m] that cells cover
    double crowd[BRC_GRID_LEVELS]; // particles of each level
    int64_t cells;                 // of all levels
    uint32_t* broken; // of several ranks: when each bond has broken, as bonds_back; NULL: none has been taken back
    brc_gpu_buffer *known, *told; // to other ranks: slots; their places and velocities
    brc_gpu_buffer* from;         // places before the drift, where meters need them
    int64_t base;                 // step of the simulation that word STEP counts from
    double skin;                  // [m]
    double seconds_of_step;       // the last batch's: how many steps the next one may have
    double batch_seconds;         // [s] that a batch may take
    int losses;                   // of the device, since the step first_loss
    int64_t first_loss;
    char refusal[1024];                    // what it has said that cannot go on, once the step has an end; "": nothing
    int64_t redone, states, fetched, sent; // as of brc_device_state
    int64_t whole;                         // step up to which the run has got in whole steps
    bool hooked, leaves; // of several ranks: a step stands at its hooks; at its end outlets may take somebody
    bool listed;         // rows hold candidates, not just the contacts that the host has handed over
    device_away away;
    device_book book;
};

// compute_vulkan_state.c
brc_status brc_device_room(brc_device* d, brc_gpu_buffer** buffer, int64_t size, const char* what); // at least; loses
// The whole state. Particles have drifted (s->moved_on) or stand between two steps.
brc_status brc_device_upload(brc_device* d, brc_sim* s, int64_t target);
// Where a batch has stopped, with its status. A failure to read leaves the state of before in place. half: in the
// middle of the step that follows those in the status, behind its forces.
brc_status brc_device_download(brc_device* d, brc_sim* s, const uint32_t status[STATUS_WORDS], bool half);
// Its two parts: what has been read changes nothing yet, so that several ranks can go on alike when one of them fails.
typedef struct bonds_back {
    void* data; // to be freed
    double* load;
    double* stored; // [J] of each, where the energy book is kept
    char* history;
    uint32_t* gone;
} bonds_back;
typedef struct device_back {
    char* bytes; // columns of particles
    double* fields;
    host_rows rows;
    bonds_back bonds;
    device_numbers numbers;
    int64_t book[2 * BRC_BOOK_SUMS];
} device_back;
brc_status brc_device_read(brc_device* d, brc_sim* s, const uint32_t status[STATUS_WORDS], bool half, device_back* b);
brc_status brc_device_put(brc_device* d, brc_sim* s, const uint32_t status[STATUS_WORDS], bool half,
                          const device_back* b);
void brc_device_back_free(device_back* b); // also after a failure
brc_status brc_device_near_room(brc_device* d, const brc_sim* s, near_walls* w, int64_t total, int32_t room);

// compute_vulkan_grid.c
void brc_device_grid(brc_device* d,
                     const brc_sim* s); // what cells have to cover, and their levels: of the host's particles
// The cells, for the edges of now where the cell deforms, and room for them; numbers are to be written.
brc_status brc_device_cells(brc_device* d, const brc_sim* s);
double brc_device_cell_width(const brc_device* d); // [m] of those of the largest particles

// compute_vulkan_touches.c: rows and candidates of walls
// Rows wait on the host (d->waiting) until new ones are made.
brc_status brc_device_contacts_write(brc_device* d, const brc_sim* s);
// half: which half of the contacts with walls is that of the last step. To be freed, also after a failure.
brc_status brc_device_contacts_read(brc_device* d, const brc_sim* s, int64_t half, host_rows* r);
brc_status brc_device_contacts_put(brc_sim* s, const host_rows* r, int32_t room); // in the stead of those of the host

// compute_vulkan_step.c
// One half kick and drift (begins: as in shaders/move.comp), the forces of step k of a batch, what follows the hooks.
brc_status brc_device_run_move(brc_device* d, const brc_sim* s, uint32_t begins);
// The end of a step in two parts: its second half kick; what the energy book makes of it, and the drift that follows.
brc_status brc_device_run_kick(brc_device* d);
brc_status brc_device_run_on(brc_device* d, const brc_sim* s);
brc_status brc_device_run_forces(brc_device* d, const brc_sim* s, int k);
brc_status brc_device_run_fields(brc_device* d);
brc_status brc_device_status(brc_device* d, uint32_t status[STATUS_WORDS]); // refuses what a driver has cut short

// compute_vulkan_lost.c
void brc_device_warn_lost(const brc_device* d, brc_sim* s); // or that it does not do what it is asked
brc_status brc_device_open(brc_device* d);                  // where it is not: it could not be had the last time
// After a loss, as good as new: all that was on the device is gone. Refused after too many of them.
brc_status brc_device_reopen(brc_device* d, const brc_sim* s);
// The device cannot go on, and says why: the host's state, on the processor, up to the step that the script knows of.
brc_status brc_device_give_up(brc_device* d, brc_sim* s, brc_status status, int64_t step);
// Keeps the last error for brc_device_refused, which is asked where a step has come to its end.
void brc_device_refuse(brc_device* d);
// In the middle of a step, which the processor can end: an error of the device is kept.
brc_status brc_device_refuse_later(brc_device* d, brc_status status);

// compute_vulkan_rows.c
int64_t brc_device_history_size(const brc_sim* s, int64_t entries); // [bytes] of so many entries of rows
void brc_device_host_rows_free(host_rows* r);
// New rows from the places of now; contacts keep their histories. `step` is the one that has been done; the next has
// drifted: sums of forces are lost.
brc_status brc_device_rebuild(brc_device* d, brc_sim* s, int64_t step);
brc_status brc_device_rows_read(brc_device* d, const brc_sim* s, host_rows* r); // what waits on the host goes to r

// compute_vulkan_away.c
void brc_device_hide(brc_device* d, brc_sim* s);                    // a kernel has run: what is here is old
brc_status brc_device_send(brc_device* d, brc_sim* s);              // what the script has written
brc_status brc_device_halfway(brc_device* d, brc_sim* s);           // the forces are there, the hooks come
bool brc_device_has_to_come(const brc_device* d, const brc_sim* s); // before it goes on: the log is long
void brc_device_forget(brc_device* d);                              // the state is here
void brc_device_tally(brc_device* d, brc_sim* s, const uint32_t status[STATUS_WORDS]); // steps up to this status
// Back to the state that was last here, then, on the processor, up to a step, with all that the script has written.
void brc_device_retreat(brc_device* d, brc_sim* s);
brc_status brc_device_replay(brc_device* d, brc_sim* s, int64_t until);
brc_status brc_device_own_fields_begin(brc_device* d, brc_sim* s);
brc_status brc_device_own_fields_end(brc_device* d, brc_sim* s, bool* bad);

brc_status brc_device_keep(brc_device* d, brc_sim* s, int column); // as it is, until the state comes home

// compute_vulkan_step.c
bool brc_device_stream_due(const brc_sim* s, int64_t step);              // somebody comes at the end of that step
brc_status brc_device_on_host(brc_device* d, brc_sim* s, int64_t count); // steps on the processor

// compute_vulkan_ranks.c
brc_status brc_device_steps_shared(brc_device* d, brc_sim* s, int64_t count);
brc_status brc_device_begin_shared(brc_device* d, brc_sim* s, bool* there); // as brc_device_begin and brc_device_end
brc_status brc_device_end_shared(brc_device* d, brc_sim* s);

// compute_vulkan_bonds.c
bool brc_device_bonds_known(const brc_sim* s); // there is a kernel for their law
brc_status brc_device_bonds_upload(brc_device* d, brc_sim* s);
brc_status brc_device_bonds_run(brc_device* d, const brc_sim* s); // of a step, behind the contacts
brc_status brc_device_bonds_read(brc_device* d, const brc_sim* s, bonds_back* out);
brc_status brc_device_bonds_take(brc_device* d, brc_sim* s, const bonds_back* from, int64_t steps);
brc_status brc_device_bonds_part(brc_device* d, brc_sim* s); // on several ranks: those that have broken go, on all

// compute_vulkan_book.c; each does nothing where no energy book is kept
brc_status brc_device_book_upload(brc_device* d, brc_sim* s);
brc_status brc_device_book_room(brc_device* d, const brc_sim* s);                // before a batch: rows may be new
brc_status brc_device_book_note(brc_device* d, const brc_sim* s, uint32_t slot); // before the law; slot: of the poses
brc_status brc_device_book_bonds(brc_device* d, const brc_sim* s);               // after their law
void brc_device_book_hooks(brc_device* d);                                       // before the first hook
brc_status brc_device_book_settle(brc_device* d, const brc_sim* s); // after the second half kick; only where it is kept
void brc_device_book_walls(brc_device* d, const brc_sim* s,
                           int64_t steps); // so many have passed, walls have their work
brc_status brc_device_book_read(brc_device* d, int64_t sums[2 * BRC_BOOK_SUMS]);
void brc_device_book_take(const brc_device* d, brc_sim* s, const int64_t sums[2 * BRC_BOOK_SUMS]);
brc_status brc_device_book_bonds_read(brc_device* d, const brc_sim* s, double* stored); // [J] of those that have broken

// compute_vulkan_cell.c
void brc_device_cell_numbers(device_numbers* n, const brc_sim* s, double skin);
brc_status brc_device_cell_kernels(brc_device* d, const brc_sim* s);
// Between two steps, or before the first one: move.comp. On several ranks the sums over particles, for a servo, are
// run before; `begins` is 1 then.
brc_status brc_device_cell_run(brc_device* d, const brc_sim* s, uint32_t begins);
bool brc_device_cell_servo(const brc_sim* s);
brc_status brc_device_cell_kinetic(brc_device* d, uint32_t begins);
brc_status brc_device_cell_listed(brc_device* d, brc_sim* s); // rows are about to be made for the edges of now
void brc_device_cell_take(brc_sim* s, const device_numbers* n);

// compute_vulkan_kernels.c
bool brc_device_kernels_known(const brc_sim* s); // the script has handed over a program of each
bool brc_device_kernels_there(const brc_sim* s);
brc_status brc_device_kernels_upload(brc_device* d, const brc_sim* s);
brc_status brc_device_kernels_run(brc_device* d); // of a step, behind contacts and bonds

// compute_vulkan_walls.c
bool brc_device_wall_rests(const wall_slot* w); // a plane that stays where it is: it needs no search
brc_status brc_device_walls_upload(brc_device* d, brc_sim* s);
void brc_device_walls_forget(brc_device* d);              // what is kept: the host's state has come up to its walls
void brc_device_walls_restore(brc_device* d, brc_sim* s); // the walls back to the host's state
// `step` is the one that has been done: moves the walls to the next, unless they are there.
brc_status brc_device_walls_begin(brc_device* d, brc_sim* s, int64_t step);
bool brc_device_walls_hold(const brc_device* d, const brc_sim* s); // rows know whom they touch where they are now
// Poses for up to `most` steps after `step`, of which the walls are at the first; *count: how many there can be.
brc_status brc_device_walls_poses(brc_device* d, brc_sim* s, int64_t step, int most, int* count);
void brc_device_walls_put(brc_sim* s, const int64_t* word); // sums of a step, as the first worker's
// After `count` steps from `step` on: the walls with their forces and work at their end. last: the run's, whose sums
// all walls have. *tripped: a guard has, in one of these steps.
brc_status brc_device_walls_end(brc_device* d, brc_sim* s, int64_t step, int64_t count, bool last, bool* tripped);

#endif
