// barchan.h -- the one public header of the engine. C programs include it; the part between the cdef marks is also what
// LuaJIT's FFI sees (cut out at build time), so that part holds only declarations that ffi.cdef understands.
//
// Conventions: SI units, angles in radians, quaternions x y z w. Every call that can fail returns a status; the text of
// the first error is brc_last_error(). Nothing here prints or exits. Indices are 0-based in C. A "slot" is a particle's
// place in the arrays; it may change whenever the simulation advances or particles come and go (the epoch counts that);
// an id never changes.
#ifndef BRC_BARCHAN_H
#define BRC_BARCHAN_H
#include <stdint.h>

#if defined(_WIN32)
#define BRC_API
#else
#define BRC_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*@cdef-begin*/
enum { BRC_ABI_VERSION = 3 };

typedef enum brc_status {
    BRC_OK = 0,
    BRC_ERR_ARGUMENT, // a value that the script gave is wrong
    BRC_ERR_STATE,    // the call does not fit what the simulation is doing
    BRC_ERR_MEMORY,
    BRC_ERR_GUARD,  // the physics left what the engine can answer for: lost particle, overlap, speed, NaN, range
    BRC_ERR_FILE,   // a file cannot be read or written
    BRC_ERR_DEVICE, // a part (MPI, GPU, HDF5, assimp) is missing or failed
    BRC_INTERRUPTED // a signal asked for a stop; the state is whole
} brc_status;

typedef struct brc_sim brc_sim;
typedef struct brc_comm brc_comm; // ranks that talk

enum { BRC_MIXED = 0, BRC_DOUBLE = 1 };                             // precision
enum { BRC_EXIT_STOP = 0, BRC_EXIT_REMOVE = 1, BRC_EXIT_WARN = 2 }; // on_exit: what a particle outside the domain means

enum { BRC_CUT_RCB = 0, BRC_CUT_SLABS = 1 }; // how space is shared among ranks: bisected again and again, or in slabs
// When the cut is made anew: where the measured times are too unequal, each time the lists are remade, or once only.
enum { BRC_BALANCE_MEASURED = 0, BRC_BALANCE_ALWAYS = 1, BRC_BALANCE_NEVER = 2 };

typedef struct brc_options {
    double lo[3], hi[3];   // [m] domain; rounded to the position grid
    int32_t periodic[3];   // 1: this axis is periodic
    int32_t precision;     // BRC_MIXED or BRC_DOUBLE
    int32_t threads;       // >= 1
    int32_t isa;           // 0: the widest the processor has, else 1 SSE2, 2 AVX2, 3 AVX-512
    int32_t on_exit;       // BRC_EXIT_*
    double gravity[3];     // [m/s^2]
    uint64_t seed;         // of all random numbers
    double skin;           // [m] of the neighbour lists; 0: chosen and adapted by the engine
    double overlap_warn;   // overlap / smaller radius that warns once
    double overlap_stop;   // overlap / smaller radius that stops the run
    double tilt[3];        // [m] xy, xz, yz of the periodic cell's edges; both axes of a tilt are periodic
    brc_comm* comm;        // the ranks that share the simulation; NULL: this one alone
    int32_t decomposition; // of several ranks: BRC_CUT_*
    int32_t rebalance;     // when they share out the particles anew: BRC_BALANCE_*
} brc_options;

BRC_API int32_t brc_abi_version(void);
// The structs of this header and their sizes, number from 0 on; NULL behind the last.
BRC_API const char* brc_struct(int32_t number, int64_t* size);
BRC_API const char* brc_last_error(void); // text of the last error of this thread
BRC_API const char* brc_version(void);
BRC_API const char* brc_compiler(void);
BRC_API int32_t brc_isa_best(void);        // widest instruction set of this processor: 1 SSE2, 2 AVX2, 3 AVX-512
BRC_API int32_t brc_has(const char* part); // "hdf5", "assimp", "vulkan": 1 when built in
BRC_API const char* brc_library_version(const char* part); // "hdf5", "assimp": as "1.10.8"; "" when not built in
BRC_API int32_t brc_max_threads(void);
// Memory for what a script hands over, 64-byte aligned and not zeroed: LuaJIT has no array of 2 GiB or more.
BRC_API brc_status brc_memory_take(int64_t bytes, void** out);
BRC_API void brc_memory_free(void* p);

// ---- ranks: several processes that share a simulation. Unless said otherwise all ranks make the same calls
// ------------------ All ranks of this program: those that mpirun started, or that MPI has when the host of the module
// has started it; else one. library: the engine's part for MPI (barchan/mpi.so), or NULL where it was not built. The
// same answer for each call.
BRC_API brc_status brc_comm_world(const char* library, brc_comm** out);
BRC_API int32_t brc_comm_rank(const brc_comm* comm); // 0 to size - 1
BRC_API int32_t brc_comm_size(const brc_comm* comm);
BRC_API brc_status brc_comm_barrier(brc_comm* comm);
BRC_API brc_status brc_comm_broadcast(brc_comm* comm, void* data, int64_t bytes, int32_t root);
BRC_API brc_status brc_comm_max_real(brc_comm* comm, double* values, int64_t count); // in place
// all, [size * bytes] on every rank: what each gave, in their order; for small things.
BRC_API brc_status brc_comm_collect(brc_comm* comm, const void* mine, int64_t bytes, void* all);
// At the end of a call that all ranks make and that may fail on some: what it then is on all, with the error's text of
// the lowest rank that has one; BRC_INTERRUPTED where a rank was, and none failed.
BRC_API brc_status brc_comm_agree(brc_comm* comm, brc_status status);
// Rows of numbers, of which each rank has some: their exact sums, rounded once, which have the same bits in any order,
// on any ranks and beside any other keys; or the largest of them and whose it is.
typedef struct brc_reduce_def {
    int64_t count;        // rows of this rank
    int64_t stride;       // from one column of value and label to the next
    int32_t columns;      // of value, 1 to BRC_REDUCE_COLUMNS
    int32_t largest;      // 0: sums, 1: the largest of the one column
    const double* value;  // finite
    const double* key;    // not NaN; rows of one key belong together. NULL: all rows do
    const int64_t* label; // two columns. Of several largest that with the least label counts. NULL for sums
} brc_reduce_def;
enum { BRC_REDUCE_COLUMNS = 8 };
typedef struct brc_reduced { // the same on all ranks
    int64_t bins;            // keys that occur; 1 without keys
    double* key;             // [bins] ascending; NULL without keys
    double* value;           // [columns][bins]
    int64_t* label;          // [2][bins] of the largest; NULL for sums
    int64_t rows;            // of all ranks: when there are none, sums are 0, and there is no largest
} brc_reduced;
BRC_API brc_status brc_reduce(brc_comm* comm, const brc_reduce_def* def, brc_reduced* out);
BRC_API void brc_reduced_free(brc_reduced* out);
// From one rank to another. poll does not wait: rank is -1 when nothing has come, else a receive of these gets it.
BRC_API brc_status brc_comm_send(brc_comm* comm, const void* data, int64_t bytes, int32_t rank, int32_t tag);
BRC_API brc_status brc_comm_poll(brc_comm* comm, int32_t* rank, int32_t* tag, int64_t* bytes);
BRC_API brc_status brc_comm_receive(brc_comm* comm, void* data, int64_t bytes, int32_t rank, int32_t tag);
// The ranks that name the same colour, in their order; NULL for those whose colour is negative.
BRC_API brc_status brc_comm_split(brc_comm* comm, int32_t colour, brc_comm** out);
BRC_API void brc_comm_abort(brc_comm* comm, int32_t code); // ends all ranks of the program, with that exit code
// Whether MPI was started here, or by the host of the module, who may have ended it: no other call then but destroy.
enum { BRC_MPI_OURS, BRC_MPI_HOSTED, BRC_MPI_OVER };
BRC_API int32_t brc_comm_hosted(brc_comm* comm);
// A group's, or the world's: MPI is over then if it was started here.
BRC_API void brc_comm_destroy(brc_comm* comm);

// ---- meetings: ranks tell each other what they are about to do, before they do it together
typedef struct brc_meeting brc_meeting;
enum { BRC_MEET_TEXT = 800, BRC_MEET_RANGES = 6, BRC_MEET_VALUES = 8 };
typedef struct brc_meet {
    uint64_t hash;                 // of what this rank is about to do
    const char* text;              // the same for people; its begin is passed on
    int64_t most[BRC_MEET_VALUES]; // of which the largest are wanted
    int32_t kind;                  // the caller's; told of each group
} brc_meet;
typedef struct brc_meet_group { // ranks that told the same
    uint64_t hash;
    int32_t kind, count;                // count of ranks
    int32_t ranges;                     // runs of ranks: the first ones
    int32_t range[2 * BRC_MEET_RANGES]; // first and last rank of each
    char text[BRC_MEET_TEXT];           // of the first of them
} brc_meet_group;
enum { BRC_MEET_WAITS, BRC_MEET_SAME, BRC_MEET_DIFFERS };
BRC_API brc_status brc_meeting_open(brc_comm* comm, brc_meeting** out); // by all ranks
BRC_API void brc_meeting_close(brc_meeting* meeting);
BRC_API brc_status brc_meet_begin(brc_meeting* meeting, const brc_meet* about);
// Waits that many seconds for the others: BRC_MEET_WAITS, or the answer.
BRC_API brc_status brc_meet_wait(brc_meeting* meeting, double patience, int32_t* answer);
// While it waits: the lowest rank that is known to be missing, -1 when none is, and what that one was last about to do.
// For rank 0 itself rank 1 knows, after 3 s.
BRC_API const char* brc_meet_missing(const brc_meeting* meeting, int32_t* rank);
// After it: the largest values of all ranks, [BRC_MEET_VALUES]; who told what, and how many ranks are in no group.
BRC_API const int64_t* brc_meet_most(const brc_meeting* meeting);
BRC_API int32_t brc_meet_groups(const brc_meeting* meeting, const brc_meet_group** out, int32_t* more);
// Instead of meeting: does not wait for anybody and takes no part from now on; the others learn of it as an answer.
BRC_API brc_status brc_meeting_leave(brc_meeting* meeting, const brc_meet* about);
BRC_API uint64_t brc_meet_hash(const void* data, int64_t bytes); // a number that stands for them

// ---- devices: GPUs that Vulkan knows ---------------------------------------------------------------------
enum { // kinds
    BRC_DEVICE_OTHER,
    BRC_DEVICE_INTEGRATED,
    BRC_DEVICE_DISCRETE,
    BRC_DEVICE_VIRTUAL,
    BRC_DEVICE_CPU
};
enum { // by a descriptor for each, or by their addresses on the device
    BRC_ACCESS_DESCRIPTORS,
    BRC_ACCESS_ADDRESSES
};
typedef struct brc_device_info {
    char name[256], driver[128];
    char obstacle[128];   // what keeps the engine from using it; "": nothing
    int32_t number;       // from 0 on
    int32_t kind;         // BRC_DEVICE_*
    int32_t major, minor; // version of Vulkan
    int32_t lanes;        // that work in step
    int32_t access;       // BRC_ACCESS_*: how kernels reach their buffers
    int64_t memory;       // [bytes] of its largest heap
} brc_device_info;
enum { BRC_DEVICE_TESTS = 22 }; // operations in the self-test, in the order of engine/compute_vulkan.h
typedef struct brc_device_test {
    int32_t failed;   // it does not give the bits of the processor
    int32_t operands; // of each operation
    int32_t wrong[BRC_DEVICE_TESTS];
} brc_device_test;
// BRC_ERR_DEVICE says what is missing: the back end in this build, the loader, a driver.
BRC_API brc_status brc_device_count(int32_t* count);
BRC_API brc_status brc_device_get(int32_t number, brc_device_info* out);
BRC_API brc_status brc_device_selftest(int32_t number, brc_device_test* out);

BRC_API brc_status brc_sim_create(const brc_options* options, brc_sim** out);
BRC_API void brc_sim_destroy(brc_sim* sim);
// From now on steps run on this device (-1: the best), with the bits of the processor. BRC_ERR_DEVICE says what is
// missing; steps answer it too, for what the device does not know.
BRC_API brc_status brc_sim_device(brc_sim* sim, int32_t number);
BRC_API brc_status brc_sim_device_get(const brc_sim* sim, brc_device_info* out); // which; BRC_ERR_STATE: none

// ---- programs: a traced law or particle kernel, for the interpreter -------------------------------------
enum {
    BRC_OP_COPY, // a, b, c ... are the operands in order
    BRC_OP_ADD,
    BRC_OP_SUB,
    BRC_OP_MUL,
    BRC_OP_DIV,
    BRC_OP_MIN, // b < a ? b : a
    BRC_OP_MAX, // a < b ? b : a
    BRC_OP_NEG,
    BRC_OP_SQRT,
    BRC_OP_ABS,
    BRC_OP_LT, // a < b ? c : d
    BRC_OP_LE,
    BRC_OP_EQ,
    BRC_OP_EXP, // of the fixed mathematics below: computed in double, rounded once
    BRC_OP_LOG,
    BRC_OP_SIN,
    BRC_OP_COS,
    BRC_OP_ATAN2,
    BRC_OP_POW,
    BRC_OP_ADD_ADD, // (a + b) + c: two roundings, as if written apart
    BRC_OP_ADD_SUB,
    BRC_OP_ADD_RSUB, // c - (a + b)
    BRC_OP_ADD_MUL,
    BRC_OP_SUB_ADD,
    BRC_OP_SUB_SUB,
    BRC_OP_SUB_RSUB,
    BRC_OP_SUB_MUL,
    BRC_OP_MUL_ADD,
    BRC_OP_MUL_SUB,
    BRC_OP_MUL_RSUB,
    BRC_OP_MUL_MUL,
    BRC_OP_MUL_DIV,
    BRC_OP_MUL_RDIV,
    BRC_OP_MUL_SQRT,    // sqrt(a b)
    BRC_OP_MUL_MUL_ADD, // a b + c d
    BRC_OP_MUL_MUL_SUB,
    BRC_OP_DOT,     // (a b + c d) + e f
    BRC_OP_SQUARES, // (a a + b b) + c c
    BRC_OP_NORM,    // its square root
    BRC_OP_COUNT
};
enum { BRC_PROGRAM_ROWS = 512 };
typedef struct brc_instruction {
    uint16_t op, to, from[6]; // BRC_OP_*, then rows
} brc_instruction;
// Rows are numbered in the order of the counts. Inputs are read, outputs written; history may be both; uniforms are one
// value each for a block, coefficients one for each pair of materials.
typedef struct brc_program {
    int32_t inputs, history, outputs, uniforms, coefficients, constants, temporaries;
    int32_t instruction_count;
    const brc_instruction* instructions;
    const double* constant;
} brc_program;

// ---- materials and law -----------------------------------------------------------------------------------
typedef struct brc_law_info {
    const char* name; // "hertz_mindlin/epsd"
    int32_t coefficient_count;
    int32_t history_count;           // scalars of history per contact
    const char* const* coefficients; // their names, in the order of the table
    const char* const* history;      // names of the history scalars
    uint64_t inputs;                 // bit r: it reads row r of its inputs (law.h)
    int32_t field_count;             // particle fields that it reads or that its fluxes change, at most 4
    const char* const* fields;       // their names
    uint32_t fluxes;                 // bit j: it gives a flux into its field j
    int32_t birth;                   // BRC_BIRTH_*
} brc_law_info;
// When a contact beyond touching begins: once the two have touched, or as soon as they are within the law's reach.
enum { BRC_BIRTH_CONTACT = 0, BRC_BIRTH_REACH = 1 };
BRC_API int32_t brc_law_count(void);
BRC_API brc_status brc_law_get(int32_t index, brc_law_info* out);
// A law made while the program runs: what info says, names included, is copied, and so is the program. The number
// counts on from those of the build and is of this simulation.
BRC_API brc_status brc_law_define(brc_sim* sim, const brc_law_info* info, const brc_program* program, int32_t* law);
// Compiled code of a defined law for the instruction set of the simulation (functions as in law.h); replaces the
// interpreter from the next step on.
typedef void (*brc_code)(void);
BRC_API brc_status brc_law_attach(brc_sim* sim, int32_t law, brc_code f32, brc_code f64);
// The GLSL of the kernel of forces of devices, in which the line #include "laws.glsl" stands for the law; NULL: this
// build has none. And the SPIR-V of that kernel with a defined law, for the precision of the simulation and the access
// of its device: with BRC_DOUBLE and BRC_ADDRESSES defined, or not.
BRC_API const char* brc_law_device_text(void);
BRC_API brc_status brc_law_device(brc_sim* sim, int32_t law, const uint32_t* words, int64_t count);
// One block of contacts through a law, on the caller's rows (law.h): for tests.
typedef struct brc_law_call {
    const brc_program* program; // NULL: a law of the build, by its number
    int32_t law, isa, precision, count;
    const void* const* in;
    void* const* history;
    void* const* out;
    const void* coefficients;
    const int32_t* pair;
    const void* uniform;
    int32_t pair_count;
} brc_law_call;
BRC_API brc_status brc_law_run(const brc_law_call* call);
// ---- kernels of particles: forces on each that a script has written as a traced function -------------------
enum { // rows of their inputs
    BRC_PARTICLE_X,
    BRC_PARTICLE_Y,
    BRC_PARTICLE_Z, // [m] rounded to the precision of the run
    BRC_PARTICLE_VX,
    BRC_PARTICLE_VY,
    BRC_PARTICLE_VZ, // [m/s] as contacts see it: predicted for the end of the step
    BRC_PARTICLE_WX,
    BRC_PARTICLE_WY,
    BRC_PARTICLE_WZ,     // [rad/s]
    BRC_PARTICLE_RADIUS, // [m]
    BRC_PARTICLE_MASS,   // [kg]
    BRC_PARTICLE_COUNT
};
// The program's outputs are a force [N] (torque = 0) or a torque [N m] that is added in each step; params: its
// coefficients.
BRC_API brc_status brc_kernel_add(brc_sim* sim, const brc_program* program, const double* params, int32_t torque,
                                  int32_t* kernel);
BRC_API brc_status brc_kernel_remove(brc_sim* sim, int32_t kernel);
// Compiled code of a kernel for the instruction set of the simulation, a function as that of a law (law.h) with the
// rows above; replaces the interpreter from the next step on.
BRC_API brc_status brc_kernel_attach(brc_sim* sim, int32_t kernel, brc_code f32, brc_code f64);
// As brc_law_device_text and brc_law_device: of a kernel of particles.
BRC_API const char* brc_kernel_device_text(void);
BRC_API brc_status brc_kernel_device(brc_sim* sim, int32_t kernel, const uint32_t* words, int64_t count);

// ---- code made at run time: the system's compiler and the files that it leaves ---------------------------
// Starts a program (arguments end with NULL) whose output goes to the file log. scratch: files that are removed if the
// child has to be killed because this process ends.
BRC_API brc_status brc_child_start(const char* const* arguments, const char* log, const char* const* scratch,
                                   int32_t scratch_count, int32_t* child);
// wait = 0: looks, 1: waits. When it has ended, code is its exit status (-1: a signal), and the child is gone.
BRC_API brc_status brc_child_look(int32_t child, int32_t wait, int32_t* ended, int32_t* code);
// Path, size and time of change of the program that a command means; 0: there is none.
BRC_API int32_t brc_program_identity(const char* name, char* text, int32_t room);
BRC_API void brc_checksum(const void* data, int64_t size, uint64_t out[2]); // XXH3, 128 bits
BRC_API brc_status brc_folder_make(const char* path);                       // with those above it
// Puts checksum and key behind a library and renames it; load refuses a file that is not as it was sealed.
BRC_API brc_status brc_code_seal(const char* from, const char* to, const uint64_t key[2]);
BRC_API brc_status brc_code_load(const char* path, const uint64_t key[2], void** library);
BRC_API brc_code brc_code_symbol(void* library, const char* name); // NULL: not there
BRC_API void brc_code_bind(brc_code bind);                         // hands the library the fixed mathematics

BRC_API brc_status brc_material_add(brc_sim* sim, double density, int32_t* material);
// The law and its coefficients, parameter-major: coefficients[k * M * M + a * M + b], M materials.
// force_scale [N]: contact force at a large overlap of the largest particles; fixes the quantum of the force sums.
// length_scale [m]: the largest radius; fixes the quantum of the torque sums.
BRC_API brc_status brc_law_set(brc_sim* sim, int32_t law, int32_t materials, const double* coefficients,
                               double force_scale, double length_scale);
// Largest gap [m] at which the law acts, by pair of materials: reach[a * M + b]; 0: only when touching, as without this
// call.
BRC_API brc_status brc_law_reach(brc_sim* sim, int32_t materials, const double* reach);
BRC_API brc_status brc_dt_set(brc_sim* sim, double dt); // [s], > 0
BRC_API brc_status brc_gravity_set(brc_sim* sim, const double gravity[3]);

// ---- particles -------------------------------------------------------------------------------------------
typedef struct brc_add {
    int64_t count;
    const double* x;         // [m]     [count][3]
    const double* v;         // [m/s]   [count][3] or NULL: at rest
    const double* w;         // [rad/s] [count][3] or NULL: not turning
    const double* radius;    // [m]     [count]
    const int32_t* material; // [count]
    const int64_t* id;       // [count], each new and > 0, or NULL: the next free ids
    double allowed_overlap;  // of the smaller radius; an overlap above it refuses the call; < 0: not checked
} brc_add;
// Adds all or nothing. BRC_ERR_ARGUMENT names the element (1-based), value and what is allowed.
BRC_API brc_status brc_particles_add(brc_sim* sim, const brc_add* add, int64_t* first_id);
BRC_API brc_status brc_particles_remove(brc_sim* sim, int64_t count, const int64_t* id); // counted as removed
BRC_API int64_t brc_particle_count(const brc_sim* sim);                                  // on all ranks
BRC_API int64_t brc_particle_slot(const brc_sim* sim, int64_t id);                       // -1: not there

// out, [count][2]: radius [m] and mass [kg] of these particles, whichever rank they are on; zeros where there is none.
BRC_API brc_status brc_particle_sizes(brc_sim* sim, int64_t count, const int64_t* id, double* out);

typedef enum brc_field_kind { BRC_F64 = 0, BRC_F32R = 1, BRC_F64R = 2, BRC_I64 = 3, BRC_I32 = 4 } brc_field_kind;
// A borrowed array. The engine updates it in place when memory moves or particles come and go, so a view stays valid
// for the life of the simulation. F32R and F64R are value + residual (two arrays): reading adds, writing splits.
typedef struct brc_field {
    void* p;
    void* residual;
    int64_t count;   // particles
    int32_t columns; // components
    int32_t stride;  // elements from one particle to the next
    int32_t residual_stride;
    int32_t kind; // brc_field_kind
    int32_t writable;
    const char *name, *unit, *text;
} brc_field;
BRC_API int32_t brc_field_count(const brc_sim* sim);
BRC_API brc_field* brc_field_get(brc_sim* sim, int32_t index);
BRC_API brc_field* brc_field_find(brc_sim* sim, const char* name); // NULL: unknown

// A number that the script adds to every particle and wall, at most 8; brc_field_find finds it by its name, and the sum
// of what flowed in during the last step as NAME_flux.
BRC_API brc_status brc_user_field_add(brc_sim* sim, const char* name, const char* unit, double initial, int32_t* field);
// flux = mass * capacity * value'. scale: flux of a contact that the exact sums must hold; capacity [material],
// infinite: the value stays. unit: of the flux.
BRC_API brc_status brc_user_field_flux(brc_sim* sim, int32_t field, const char* unit, double scale,
                                       const double* capacity);
// Value of particles inserted from now on. A stream keeps the values that were set when it was made.
BRC_API brc_status brc_user_field_birth(brc_sim* sim, int32_t field, double value);
BRC_API brc_status brc_wall_field_set(brc_sim* sim, int32_t wall, int32_t field, double value);
// flux: into the wall, last step
BRC_API brc_status brc_wall_field_get(const brc_sim* sim, int32_t wall, int32_t field, double* value, double* flux);

// ---- bonds -----------------------------------------------------------------------------------------------
// Contacts that persist: between the particles of pairs of ids, pair[count][2], with the forces of a law of this build,
// until the law calls them broken or one of the two is removed. coefficients: of the law. replaces: the two have no
// contact as long as they are bonded. kind: number of this set of bonds.
BRC_API brc_status brc_bonds_add(brc_sim* sim, const char* law, const double* coefficients, int32_t replaces,
                                 int64_t count, const int64_t* pair, int32_t* kind);
// Pairs whose surfaces are within a gap [m], of two materials (NULL: any); count may exceed capacity: ask again.
BRC_API brc_status brc_bonds_near(brc_sim* sim, double gap, const int32_t materials[2], int64_t capacity, int64_t* pair,
                                  int64_t* count);
typedef struct brc_bond_state {
    int64_t made, intact, broken, removed; // removed: with one of their particles
} brc_bond_state;
BRC_API brc_status brc_bonds_get(const brc_sim* sim, int32_t kind, brc_bond_state* out);
BRC_API int64_t brc_bonds_list(const brc_sim* sim, int32_t kind, int64_t capacity, int64_t* pair); // intact ones
typedef struct brc_bond_end {
    int64_t a, b, step;
    int32_t kind, removed; // removed: 1 when one of the particles was, 0: broken
} brc_bond_end;
// All bonds of the simulation that are gone, oldest first; valid until the simulation goes on.
BRC_API int64_t brc_bonds_ended(const brc_sim* sim, const brc_bond_end** out);

// ---- walls -----------------------------------------------------------------------------------------------
enum { BRC_PLANE = 0, BRC_BOX, BRC_CYLINDER, BRC_CONE, BRC_SPHERE, BRC_DISC, BRC_MESH };
typedef struct brc_wall_def {
    int32_t shape;
    int32_t material;
    int32_t side; // curved and box walls: +1 particles are outside, -1 inside, 0 both sides; disc, mesh: 0 two-sided, 1
                  // one-sided
    int32_t open; // cylinder, cone: 1 without end caps
    double point[3];  // [m] plane, disc: a point / centre; box: lower corner; cylinder, cone: first end of the axis;
                      // sphere: centre
    double point2[3]; // [m] box: upper corner; cylinder, cone: second end of the axis
    double normal[3]; // plane, disc: towards the particles (need not be normalised)
    double radius;    // [m] cylinder, sphere, disc; cone: at point
    double radius2;   // [m] cone: at point2
    const double* vertices;   // [m] mesh: [vertex_count][3]
    const int32_t* triangles; // mesh: [triangle_count][3], 0-based
    int64_t vertex_count, triangle_count;
} brc_wall_def;
BRC_API brc_status brc_wall_add(brc_sim* sim, const brc_wall_def* def, int32_t* wall);
BRC_API brc_status brc_wall_remove(brc_sim* sim, int32_t wall);

enum { BRC_LINEAR = 0, BRC_ROTATION, BRC_OSCILLATION, BRC_TABLE, BRC_SCRIPTED, BRC_SERVO, BRC_TRACED };
// Outputs of the program of a traced motion; its one input is the time since start [s].
enum {
    BRC_POSE_X,
    BRC_POSE_Y,
    BRC_POSE_Z, // [m] displacement
    BRC_POSE_AX,
    BRC_POSE_AY,
    BRC_POSE_AZ,    // [rad] rotation vector: its direction is the axis, its length the angle
    BRC_POSE_RATES, // + i: the derivative of output i by the time
    BRC_POSE_COUNT = 2 * BRC_POSE_RATES
};
// A motion; several on one wall are applied in the order given, each in the world frame of the wall's first pose.
typedef struct brc_motion {
    int32_t kind;
    double start, stop; // [s] active from start to stop; outside it the wall keeps the pose of the nearer end
    double velocity[3]; // [m/s]   linear
    double axis[3];     // rotation, rotating oscillation: direction; linear oscillation: direction
    double origin[3];   // [m]     rotation: a point of the axis; traced: what it turns about
    double rate;        // [rad/s] rotation
    double amplitude;   // [m] oscillation (linear) or [rad] (rotating = 1)
    double period;      // [s]     oscillation: amplitude * sin(2 pi (t - start) / period + phase)
    double phase;       // [rad]
    int32_t rotating;   // oscillation: 1 about axis through origin; traced: 1 when it turns at all
    int32_t table_count;
    const double*
        table; // table: rows t, x, y, z [s, m], t increasing, linear in between; or t, angle rows when rotating = 1
    const brc_program* program; // traced: computed in double
    const double* params;       // traced: its coefficients
    const char* label;          // traced: what messages call its function
} brc_motion;
BRC_API brc_status brc_wall_motion_add(brc_sim* sim, int32_t wall, const brc_motion* motion);
// Refuses a time in a range at which a traced motion of the wall is not finite, as far as up to a thousand looks tell.
BRC_API brc_status brc_wall_motion_probe(const brc_sim* sim, int32_t wall, double from, double to);
// Pose of a wall whose motion is a function in the script: displacement [m] and rotation (quaternion x y z w about the
// wall's first reference point) at the time of the coming step, with its velocities there.
BRC_API brc_status brc_wall_pose_set(brc_sim* sim, int32_t wall, const double displacement[3], const double rotation[4],
                                     const double velocity[3], const double angular_velocity[3]);
// A wall that moves along (or turns about) an axis until the particles push on it with the target force (torque):
//   mass dv/dt + damping v = force - target         force: of the particles on the wall, along the axis
// Integrated with the force of the last step, the damping implicitly; then v is cut at max_velocity and the travel at
// its limits. With mass and damping both below 0 they follow the contacts: the wall answers like a layer of as many
// particles as touch it, each with its mass and half of its critical damping, see brc_contact_scale_set; gain divides
// both.
typedef struct brc_servo {
    double start, stop;  // [s] between them it is driven, outside it stands still
    double axis[3];      // direction
    double origin[3];    // [m] a point of the axis when turning
    int32_t turning;     // 1: about the axis; 2: it drives the radius of an open cylinder, whose axis this is
    int32_t pressure;    // radius: 1: the target is what presses on each [m^2] of the side as it is now [Pa]
    double target;       // [N] or [N m]; unless there is a table
    int32_t table_count; // rows t, target: linear in between
    const double* table;
    double mass;         // [kg] or [kg m^2]
    double damping;      // [N s/m] or [N m s/rad]
    double gain;         // > 0
    double max_velocity; // [m/s] or [rad/s]; 0: of the contacts when mass and damping are, else unlimited
    double lower, upper; // [m] or [rad] limits of travel from where it is now
} brc_servo;
// Put on the axis of a servo that the wall has, it takes that one's place and goes on from its velocity.
BRC_API brc_status brc_wall_servo_set(brc_sim* sim, int32_t wall, const brc_servo* servo, int32_t* index);
BRC_API brc_status brc_wall_servo_target(brc_sim* sim, int32_t wall, int32_t index, double target);
// How a contact with a wall of this material answers: its particle's mass [kg], sqrt(mass * stiffness) [N s/m], and the
// speed [m/s] at which an impact is still gentle. For servos.
BRC_API brc_status brc_contact_scale_set(brc_sim* sim, int32_t material, double mass, double impedance, double speed);
// A wall as a free rigid body: it moves by the particles' force and torque, gravity and given loads, in six degrees of
// freedom. Bodies do not touch each other nor other walls. Position and torque of its state are then about `center`.
typedef struct brc_body_def {
    double mass;        // [kg]; 0: density times volume
    double density;     // [kg/m^3]
    double center[3];   // [m] centre of mass, where it is now
    double inertia[6];  // [kg m^2] about it: xx yy zz xy xz yz of the tensor, axes of the world now
    double velocity[3]; // [m/s] of the centre
    double angular_velocity[3];
    double force[3];                            // [N] given force at the centre ...
    double torque[3];                           // [N m] ... and torque, in the world frame
    int32_t has_center, has_inertia;            // 0: of the closed wall, filled evenly
    int32_t has_velocity, has_angular_velocity; // 0: as it moves now
    int32_t gravity;                            // 1: it falls
    int32_t fix[3];                             // 1: keeps its velocity along this axis of the world
    int32_t fix_rotation[3];                    // 1: does not turn about this axis; none, two or all
} brc_body_def;
BRC_API brc_status brc_wall_body_set(brc_sim* sim, int32_t wall, const brc_body_def* def);
// The given loads at the end of the coming step.
BRC_API brc_status brc_wall_body_load(brc_sim* sim, int32_t wall, const double force[3], const double torque[3]);
// The smallest mass [kg] that a push on a free body's surface feels (infinite when it cannot move), and that surface
// [m^2].
BRC_API brc_status brc_wall_body_response(const brc_sim* sim, int32_t wall, double* mass, double* area);
typedef struct brc_solid {
    double volume;     // [m^3]
    double center[3];  // [m]
    double inertia[6]; // [m^5] about the centre, for a density of 1: xx yy zz xy xz yz
} brc_solid;
// What a closed wall encloses, where it is now. BRC_ERR_ARGUMENT names the open edge.
BRC_API brc_status brc_wall_solid_get(const brc_sim* sim, int32_t wall, brc_solid* out);
BRC_API brc_status brc_wall_halt(brc_sim* sim, int32_t wall); // ends all its motions: it stays where it is
BRC_API brc_status brc_wall_surface_velocity(brc_sim* sim, int32_t wall, const double velocity[3]); // [m/s], conveyor
typedef struct brc_wall_state {
    double force[3];                 // [N]   by the particles on the wall, last step
    double torque[3];                // [N m] about `position`
    double work;                     // [J]   done by the wall on the particles since the start
    double position[3], rotation[4]; // reference point now [m], quaternion
    double velocity[3], angular_velocity[3];
    int64_t contacts;           // last step
    int32_t body;               // 1: a free body, with ...
    double mass;                // [kg]
    double kinetic_energy;      // [J] of moving and turning
    double angular_momentum[3]; // [kg m^2/s] about its centre
    double radius;              // [m] now, of a cylinder, sphere or disc; 0: of another shape
    double radial_force;        // [N] of the particles on its side, outwards, if a servo drives its radius; last step
} brc_wall_state;
BRC_API brc_status brc_wall_state_get(const brc_sim* sim, int32_t wall, brc_wall_state* out);
// Surface as triangles now (world frame), for files and pictures. Call with NULL arrays for the counts.
BRC_API brc_status brc_wall_triangles(const brc_sim* sim, int32_t wall, int64_t* vertex_count, double* vertices,
                                      int64_t* triangle_count, int32_t* triangles);
// Reads STL (ASCII, binary), OBJ, PLY; vertices at equal places are merged. Free with brc_mesh_file_free.
typedef struct brc_mesh_file {
    double* vertices;
    int32_t* triangles;
    int64_t vertex_count, triangle_count;
} brc_mesh_file;
BRC_API brc_status brc_mesh_read(const char* path, double scale, brc_mesh_file* out);
BRC_API void brc_mesh_file_free(brc_mesh_file* mesh);

enum { BRC_OUTLET_PLANE = 0, BRC_OUTLET_BOX, BRC_OUTLET_MESH };
typedef struct brc_outlet_def {
    int32_t kind;
    double point[3], normal[3]; // plane: removes what crosses it against the normal
    double radius;              // [m] plane: only within this distance of point; 0: everywhere
    double lo[3], hi[3];        // box: removes what has its centre inside
    const double* vertices;
    const int32_t* triangles;
    int64_t vertex_count, triangle_count; // mesh: removes what crosses it
} brc_outlet_def;
BRC_API brc_status brc_outlet_add(brc_sim* sim, const brc_outlet_def* def, int32_t* outlet);
BRC_API brc_status brc_outlet_remove(brc_sim* sim, int32_t outlet);
BRC_API brc_status brc_outlet_get(const brc_sim* sim, int32_t outlet, int64_t* count, double* mass);

// ---- the periodic cell -----------------------------------------------------------------------------------
// Rows of six: xx, yy, zz, xy, xz, yz. Rates are those of the velocity gradient (xy: dvx/dy), so a constant exx
// lengthens exponentially. Stresses are positive in compression.
enum { BRC_BY_RATE = 0, BRC_BY_STRESS, BRC_BY_PRESSURE };
typedef struct brc_deform {
    int32_t control[6]; // BRC_BY_*; pressure: xx, yy, zz only, these axes deform at the same rate
    double rate[6];     // [1/s] where control is BRC_BY_RATE
    double stress[6];   // [Pa] target where control is not BRC_BY_RATE
    double max_rate;    // [1/s] of the servo, > 0; 0: an inertial number of 0.01 at the largest target
    double band;        // [Pa] error of the stress from which on the servo goes at max_rate; 0: the largest target
} brc_deform;
BRC_API brc_status brc_deform_set(brc_sim* sim, const brc_deform* order);
typedef struct brc_cell_info {
    double lo[3], hi[3]; // [m] the brick that holds the particles
    double edge[6];      // [m] lx, ly, lz, xy, xz, yz: edges (lx, 0, 0), (xy, ly, 0), (xz, yz, lz)
    double rate[6];      // [1/s] velocity gradient in the last step
    double strain[6];    // its integral since the start
    double stress[6];    // [Pa] contact and kinetic part; NaN before the first step of a deformation
    double volume;       // [m^3]
    double max_rate;     // [1/s] of the servo
} brc_cell_info;
BRC_API brc_status brc_cell_get(brc_sim* sim, brc_cell_info* out);
BRC_API void brc_cell_velocity(const brc_sim* sim, const double x[3],
                               double v[3]); // [m/s] of the homogeneous flow at x

// ---- insertion -------------------------------------------------------------------------------------------
enum { BRC_REGION_BOX = 0, BRC_REGION_CYLINDER, BRC_REGION_SPHERE, BRC_REGION_CONE };
typedef struct brc_region {
    int32_t kind;
    double lo[3], hi[3];    // box; cylinder and cone: ends of the axis
    double radius, radius2; // [m] cylinder, sphere (centre lo), cone (at lo, at hi)
} brc_region;
enum { BRC_SIZE_SINGLE = 0, BRC_SIZE_UNIFORM, BRC_SIZE_NORMAL, BRC_SIZE_LOGNORMAL, BRC_SIZE_DISCRETE, BRC_SIZE_TABLE };
typedef struct brc_sizes {
    int32_t kind;
    int32_t by_mass;      // discrete, table: weights are masses (1) or numbers (0)
    double min, max;      // [m] radius: single uses min; normal and lognormal are cut here
    double mean, sd;      // [m] normal; lognormal: median and geometric standard deviation
    const double* radius; // [m] discrete: sizes; table: increasing radii
    const double* weight; // discrete: weights; table: cumulative share at each radius, 0 to 1
    int32_t count;
} brc_sizes;
enum { BRC_FILL = 0, BRC_LATTICE = 1, BRC_STREAM = 2 };
typedef struct brc_insert_def {
    int32_t kind;
    int32_t material;
    brc_region region;
    brc_sizes sizes;
    uint64_t seed;
    int64_t count;      // fill, lattice: exactly this many; stream: in all, 0: no limit
    double mass;        // [kg] fill: exactly this mass; stream: in all, 0: no limit
    double count_rate;  // [1/s] stream
    double mass_rate;   // [kg/s] stream
    double start, stop; // [s] stream
    double v[3], w[3];  // [m/s], [rad/s] of new particles
    double spacing;     // [m] lattice: distance of neighbours; 0: largest diameter
    int32_t lattice;    // 0 simple cubic, 1 hexagonal close packed
    int32_t attempts;   // fill, stream: tries for each particle; 0: the default
} brc_insert_def;
// Fill and lattice insert now, all or nothing; a stream inserts in the course of the run.
BRC_API brc_status brc_insert_add(brc_sim* sim, const brc_insert_def* def, int32_t* inserter);
BRC_API brc_status brc_insert_remove(brc_sim* sim, int32_t inserter);
// inserted so far; first id and count of a fill or lattice; particles that had to wait for room (stream)
typedef struct brc_insert_state {
    int64_t count;
    double mass;
    int64_t first_id;
    int64_t blocked;
} brc_insert_state;
BRC_API brc_status brc_insert_get(const brc_sim* sim, int32_t inserter, brc_insert_state* out);

// ---- running ---------------------------------------------------------------------------------------------
BRC_API brc_status brc_sim_steps(brc_sim* sim, int64_t count, int64_t* done);
// As brc_sim_steps, where nobody looks at the particles until there are more: those that have gone keep their slots,
// and lists need not be made anew for that. brc_sim_steps of no steps takes them out.
BRC_API brc_status brc_sim_stretch(brc_sim* sim, int64_t count, int64_t* done);
BRC_API int64_t brc_sim_step(const brc_sim* sim); // those that it has done
BRC_API brc_status brc_step_begin(brc_sim* sim);  // a step up to its hooks ...
BRC_API brc_status brc_step_end(brc_sim* sim);    // ... and from there to its end; checks what the hooks wrote
// On a device. stays: steps leave the state there where nobody else needs it. Then it is away, also between
// brc_step_begin and brc_step_end: fields hold no particles and cannot be written until brc_field_home has fetched them
// (writes: the script is about to write it; what may be written in which place is as ever). These functions,
// brc_step_*, brc_sim_step, brc_sim_steps, brc_wall_pose_set, brc_warning, brc_profile_get, brc_particle_count and the
// states of single walls, outlets, meters and inserters are for such a state; before any other call the whole has to
// come home.
BRC_API void brc_sim_stay(brc_sim* sim, int32_t stays);
BRC_API int32_t brc_sim_away(const brc_sim* sim);
BRC_API brc_status brc_sim_home(brc_sim* sim);
// On several ranks, by all of them together: also where one has lost its device, which brc_sim_home of that rank says.
BRC_API brc_status brc_sim_home_all(brc_sim* sim);
BRC_API brc_status brc_field_home(brc_sim* sim, brc_field* field, int32_t writes);
BRC_API void brc_interrupt(int32_t signal_number); // async-signal-safe: running steps return BRC_INTERRUPTED
BRC_API int32_t brc_interrupted(void);             // the signal, 0: none
// What this rank has to do with others: now, and since the start. Zeros where it is alone.
typedef struct brc_ranks_info {
    int64_t own, ghosts;     // particles: its own, of others that it knows
    int64_t sent, near;      // of its own: that others know, that it tells of in each step
    int64_t links;           // ranks beside
    int64_t messages, bytes; // of particles' rows, sent or put where another rank reads them
    int64_t collectives;     // calls of all ranks, in steps
    int64_t migrated, cuts;
    double pack_seconds; // of steps: packing and unpacking
    double comm_seconds; // of steps: in calls to other ranks, with waiting
    double balance;      // the longest of the ranks' times in the sweeps over their mean, at the last look at the cut
} brc_ranks_info;
BRC_API void brc_ranks_get(const brc_sim* sim, brc_ranks_info* out);
BRC_API void brc_ask(void);      // async-signal-safe: running steps return early, with BRC_OK
BRC_API int32_t brc_asked(void); // 1 after brc_ask, once

typedef struct brc_summary { // exact sums: the same bits in any order
    int64_t step;
    double time, dt;
    int64_t particles, contacts, wall_contacts;
    int64_t inserted, removed, lost;          // the ledger: inserted = particles + removed + lost
    double mass;                              // [kg] present
    double kinetic_energy, rotational_energy; // [J]
    double momentum[3];                       // [kg m/s]
    double max_speed;                         // [m/s]
    double max_overlap;                       // of the smaller radius, last step
    double coordination;                      // mean number of particle contacts of a particle
    double radius_min, radius_max, mass_min;
    double domain_lo[3]; // [m] lower corner of the domain now
    double cell[6];      // [m] its edges lx, ly, lz and their tilts xy, xz, yz
} brc_summary;
BRC_API brc_status brc_summary_get(brc_sim* sim, brc_summary* out);
BRC_API uint64_t brc_sim_hash(brc_sim* sim); // of the whole state; 0: ranks could not be reached
BRC_API int64_t brc_force_sum(brc_sim* sim,
                              int64_t sum[3]); // forces on all particles in quanta; returns the exponent of the quantum

// ---- measures --------------------------------------------------------------------------------------------
// The contacts of this moment as fields: pairs in the order of ids, then those with walls, then bonds. One look for
// each simulation: taking another, or a step, ends the last one (its fields then hold nothing). The counts are those of
// all ranks.
BRC_API brc_status brc_network_take(brc_sim* sim, int64_t* count, int64_t* pair_count, int64_t* bond_count);
// Of several ranks each has those whose first particle is its own; after this the first rank has all of them, in the
// same order as one rank alone, and the others none.
BRC_API brc_status brc_network_gather(brc_sim* sim);
BRC_API int32_t brc_network_field_count(const brc_sim* sim);
BRC_API brc_field* brc_network_field(brc_sim* sim, int32_t index);

// Stress of a region, or of the whole domain (region NULL): rows are components of force or momentum, columns those of
// the branch or velocity; compression is positive. A contact counts with the part of its branch that lies inside, a
// particle when its centre does.
typedef struct brc_stress {
    double volume;      // [m^3]
    double contact[9];  // [Pa] sum of force (x) branch / volume, contacts with walls included
    double kinetic[9];  // [Pa] sum of m v' (x) v' / volume, v' relative to the mean (and to a deforming cell's field)
    double fabric[9];   // mean of normal (x) normal
    double velocity[3]; // [m/s] mean, by mass
    double mass;        // [kg] of the particles inside
    int64_t particles, contacts; // inside; contacts by their point
} brc_stress;
BRC_API brc_status brc_stress_get(brc_sim* sim, const brc_region* region, brc_stress* out);
typedef struct brc_packing {
    double volume, solid, fraction; // [m^3] of the region, of the parts of spheres in it; their ratio
    int64_t particles;              // with their centre inside
    int64_t rattlers;               // of these: left with fewer than `least` contacts when all such are taken away
    double coordination;            // mean number of contacts, with particles and walls
    double backbone_coordination;   // without rattlers
} brc_packing;
// least 0: without contacts, which need a law.
BRC_API brc_status brc_packing_get(brc_sim* sim, const brc_region* region, int32_t least, brc_packing* out);

// Coarse-grained fields in the cells of a grid, first index fastest, over all samples since the last reset. Lucy's
// kernel ends at 2 width, the Gaussian of standard deviation width at 3 width. Free before the simulation.
enum { BRC_KERNEL_LUCY = 0, BRC_KERNEL_GAUSSIAN };
typedef struct brc_coarse brc_coarse;
typedef struct brc_coarse_def {
    double lo[3], hi[3]; // [m]
    int32_t cells[3];
    int32_t kernel;
    double width; // [m]
} brc_coarse_def;
BRC_API brc_status brc_coarse_create(brc_sim* sim, const brc_coarse_def* def, brc_coarse** out);
BRC_API void brc_coarse_free(brc_coarse* fields);
BRC_API brc_status brc_coarse_sample(brc_coarse* fields);
BRC_API void brc_coarse_reset(brc_coarse* fields);
BRC_API int64_t brc_coarse_samples(const brc_coarse* fields);
BRC_API int32_t brc_coarse_field_count(void);
BRC_API brc_field* brc_coarse_field(brc_coarse* fields, int32_t index);
BRC_API brc_status brc_coarse_write(brc_coarse* fields, const char* path); // .vti

// What crosses a plane, or a disc of it (radius 0: the plane): [0] along the normal, [1] against it.
typedef struct brc_meter_state {
    int64_t count[2];
    double mass[2];     // [kg]
    double momentum[6]; // [kg m/s] with the velocity of the step of the crossing; three along, three against
} brc_meter_state;
BRC_API brc_status brc_meter_add(brc_sim* sim, const double point[3], const double normal[3], double radius,
                                 int32_t* meter);
BRC_API brc_status brc_meter_remove(brc_sim* sim, int32_t meter);
BRC_API brc_status brc_meter_get(const brc_sim* sim, int32_t meter, brc_meter_state* out);

// The energy book, kept from brc_book_open on. Parts: of the contact law, by the programs' outputs (force [N] and
// moment [N m] of each part on the first particle, six rows each; energy [J] that it stores), whose inputs are those of
// the law. Setting them anew (another law) begins their sums anew; the rest goes on. bond: the energy [J] that a bond
// stores, with the rows of the bonds' law; NULL: there are no bonds.
enum { BRC_BOOK_PARTS = 12 };
BRC_API brc_status brc_book_open(brc_sim* sim);
BRC_API brc_status brc_book_parts(brc_sim* sim, int32_t parts, const brc_program* force, const brc_program* energy,
                                  int32_t materials, const double* coefficients, int32_t keep, const brc_program* bond);
typedef struct brc_energies { // [J]
    double kinetic, rotational;
    double gravitational;                // of the particles' places, 0 at the origin
    double stored[BRC_BOOK_PARTS];       // in contacts, now
    double work[BRC_BOOK_PARTS];         // done by the part on the particles
    double pending[BRC_BOOK_PARTS];      // what the last step's forces are still to do in their second half kick
    double gravity, walls, hooks, bonds; // work done by them
    double bond_stored, bond_broken;     // in bonds now; when they broke, by those that have broken
    double inserted, removed;            // kinetic and rotational energy that came and went with particles
    double script;                       // by which the script has changed it between steps, as by sim.v[i] = ...
    int32_t parts, kept;                 // kept: the book is open; else only the first four are known
} brc_energies;
BRC_API brc_status brc_energies_get(brc_sim* sim, brc_energies* out);

typedef struct brc_stage {
    const char* name;
    double seconds;
} brc_stage;
typedef struct brc_profile {
    brc_stage stage[10];
    int32_t stage_count;
    int32_t isa, threads, precision;
    int64_t steps, particle_steps, rebuilds;
    int64_t picks;                   // how often near lists were picked from lists that still held
    int64_t contacts, wall_contacts; // summed over the steps
    double seconds;                  // in steps
    double law_seconds;              // of these in the contact law
    double skin, near_skin;          // [m] now
    double candidates;               // pairs per particle that a step looks at now
    double step_bytes;               // that a step reads and writes at least, by particle
    double position_quantum, force_quantum;
    int64_t memory;        // bytes held by the engine
    int64_t device_memory; // [bytes] that buffers of the device took at most at once, but for 32 MB of copies
} brc_profile;
BRC_API brc_status brc_profile_get(brc_sim* sim, brc_profile* out);
// Of all ranks, by all ranks: sums of particle-steps, contacts and memory, means of seconds by stage. Since the start:
typedef struct brc_profile_ranks {
    int32_t ranks;
    double balance;       // the longest of the ranks' times in steps without communication, over their mean
    double communication; // share of the time in steps: packing, calls to other ranks, waiting for them
    double waiting;       // of this the part in which ranks only wait for the slowest: what balance leaves
    double ghosts;        // now, for each particle
    double bytes, messages, collectives; // of a rank in a step: means
    double migrated;                     // particles that change their rank when lists are made
    int64_t cuts;
} brc_profile_ranks;
BRC_API brc_status brc_profile_share(brc_sim* sim, brc_profile* out, brc_profile_ranks* ranks);
// [B/s] read and written while the simulation's threads copy one half of so many bytes to the other; takes 0.05 s.
BRC_API double brc_copy_speed(brc_sim* sim, double bytes);
// Warnings that arose since the last call, oldest first; NULL: none. Valid until the next call.
BRC_API const char* brc_warning(brc_sim* sim);
// Every pair nearer than reach [m] (surface to surface), found by the grid or, brute = 1, by all pairs; hash of the
// sorted ids.
BRC_API uint64_t brc_pairs_hash(brc_sim* sim, double reach, int32_t brute, int64_t* count);
// Largest overlap / smaller radius of particles and walls as they are now, with the ids, the lower first (wall: -1 -
// wall).
BRC_API brc_status brc_overlap_find(brc_sim* sim, double* overlap, int64_t* first, int64_t* second);

// ---- fixed mathematics: the same bits on every machine ---------------------------------------------------
BRC_API double brc_exp(double x);
BRC_API double brc_log(double x);
BRC_API double brc_pow(double x, double y); // x > 0
BRC_API double brc_sin(double x);
BRC_API double brc_cos(double x);
BRC_API double brc_atan2(double y, double x);

// ---- files -----------------------------------------------------------------------------------------------
typedef struct brc_output brc_output;
enum { BRC_CONTENT_PARTICLES = 0, BRC_CONTENT_WALLS, BRC_CONTENT_CONTACTS }; // walls: triangles; contacts: lines
typedef struct brc_output_def {
    const char* path;
    const char* provenance; // JSON text: script, arguments, versions, seed, machine
    int32_t content;        // BRC_CONTENT_*
    int32_t single;         // 1: positions as float32
    int32_t compress;       // 0 to 9: deflate level
} brc_output_def;
BRC_API brc_status brc_output_open(brc_sim* sim, const brc_output_def* def, brc_output** out);
// A file of an earlier run goes on where it was; what it has beyond that is written anew.
typedef struct brc_output_place { // where a file is: its steps, the last one's number, and rows of its tables
    int64_t steps, last_step, next_point, counted, vertex_row, triangle_row, next_triangle, pose_row;
} brc_output_place;
BRC_API void brc_output_place_get(const brc_output* output, brc_output_place* out);
BRC_API brc_status brc_output_reopen(brc_sim* sim, const brc_output_def* def, const brc_output_place* place,
                                     brc_output** out);
BRC_API brc_status brc_output_write(brc_output* output); // appends the state now as one time step
BRC_API brc_status brc_output_close(brc_output* output); // frees it, also when it fails
enum { BRC_EXPORT_VTK = 0, BRC_EXPORT_VTP, BRC_EXPORT_CSV, BRC_EXPORT_VTK_ASCII, BRC_EXPORT_LAMMPS };
BRC_API brc_status brc_export(brc_sim* sim, const char* path,
                              int32_t format); // the state now, written to a temporary name, then renamed
// ---- trajectories, read back: step k counts from 0 -------------------------------------------------------
typedef struct brc_trajectory brc_trajectory;
enum { BRC_COLUMN_POINT = 0, BRC_COLUMN_CELL, BRC_COLUMN_SERIES }; // of each point, of each cell, of each step
typedef struct brc_trajectory_info {
    int64_t steps;
    int32_t content, columns; // BRC_CONTENT_*; columns: how many brc_trajectory_column tells of
    double lo[3], hi[3];      // [m] the domain at the start; 0 where the file does not say
    double gravity[3];        // [m/s^2]
    int32_t periodic[3];
} brc_trajectory_info;
typedef struct brc_trajectory_field {
    const char *name, *unit;  // of the trajectory
    int32_t components, kind; // BRC_COLUMN_*
} brc_trajectory_field;
typedef struct brc_trajectory_step {
    double time;                  // [s]
    int64_t step, points, cells;  // step: of the simulation
    double lo[3], hi[3], tilt[3]; // [m] the domain then
} brc_trajectory_step;
BRC_API brc_status brc_trajectory_open(const char* path, brc_trajectory** out);
BRC_API void brc_trajectory_close(brc_trajectory* t);
BRC_API void brc_trajectory_get(const brc_trajectory* t, brc_trajectory_info* out);
BRC_API const char* brc_trajectory_column(const brc_trajectory* t, int32_t number, brc_trajectory_field* out);
BRC_API brc_status brc_trajectory_at(brc_trajectory* t, int64_t k, brc_trajectory_step* out);
// A column of step k as doubles, row by row; also "position" of the points. room: numbers that fit into out.
BRC_API brc_status brc_trajectory_read(brc_trajectory* t, int64_t k, int32_t kind, const char* name, int64_t room,
                                       double* out);
// Numbers of the points at the corners of triangles (three each) or at the ends of lines (two), from 0.
BRC_API brc_status brc_trajectory_cells(brc_trajectory* t, int64_t k, int64_t room, int64_t* out);
BRC_API brc_status brc_trajectory_series(brc_trajectory* t, const char* name, int64_t room, double* out);
// As brc_export, of one step or of several (a dump of LAMMPS holds them all).
BRC_API brc_status brc_trajectory_export(brc_trajectory* t, int64_t count, const int64_t* steps, const char* path,
                                         int32_t format);
// An HDF5 file from a list of what it holds; groups are made on the way.
typedef struct brc_item {
    const char *path, *unit;          // "group/name"; unit: an attribute beside it, "" for none
    int32_t attribute, type, columns; // attribute: 1 when the path names one of its group; type: 'd' double, 'l' int64,
                                      // 'i' int32, 't' texts of `columns` bytes each
    int64_t rows;                     // -1: a single one
    const void* data;
} brc_item;
BRC_API brc_status brc_items_write(const char* path, int32_t count, const brc_item* items);
BRC_API brc_status brc_pvd_write(const char* path, int64_t count, const double* times, const char* const* files);
// ---- particles in files ----------------------------------------------------------------------------------
typedef struct brc_particle_file {
    int64_t count;
    double *x, *v, *w, *radius;
    int64_t* id;
    double* more[8]; // in the order of the query's names
    int32_t* type;   // from 1, of LAMMPS' and LIGGGHTS' files
    int64_t steps;   // of a dump: how many it holds
} brc_particle_file; // v, w, id, type and those in more may be NULL: not in the file
// What the file's beginning shows it to be: a table that names its columns (CSV), a dump or a data file of LAMMPS or
// LIGGGHTS, or YADE's lines x y z r. scale: factor of lengths to metres; more: up to 8 further columns to look for, in
// small letters; step: of a dump, from 1, or 0: the last.
typedef struct brc_particles_query {
    double scale;
    int64_t step;
    int32_t more;
    const char* const* names;
} brc_particles_query;
BRC_API brc_status brc_particles_read(const char* path, const brc_particles_query* query, brc_particle_file* out);
BRC_API brc_status brc_csv_read(const char* path, double scale, brc_particle_file* out); // a CSV table only
BRC_API void brc_particle_file_free(brc_particle_file* file);
// ---- checkpoints -----------------------------------------------------------------------------------------
// The whole simulation in a file, with a text of the caller's. Begin reads the state, changes nothing, and hands a copy
// to a thread that compresses it and waits for the disk, while the run goes on. The file appears under its name when
// it is whole and on the disk, and so are the outputs; then `older` (may be NULL) is removed. End waits for that and
// says how it went; seconds: how long it took, may be NULL. A file is read only if its checksum is right.
enum { BRC_CHECKPOINT_FORMAT = 2 }; // of the engine's part; a file of another one is refused
typedef struct brc_writing_def {
    const char *path, *older, *text;
    int64_t length;       // of the text
    int32_t compress;     // 0 to 9: deflate level
    int32_t output_count; // outputs that the checkpoint goes on with
    brc_output* const* outputs;
} brc_writing_def;
typedef struct brc_writing brc_writing;
BRC_API brc_status brc_checkpoint_begin(brc_sim* sim, const brc_writing_def* def, brc_writing** out);
BRC_API int32_t brc_checkpoint_over(const brc_writing* writing); // 1: end will not wait
BRC_API brc_status brc_checkpoint_end(brc_writing* writing, double* seconds);
typedef struct brc_checkpoint brc_checkpoint;
// Rank 0 of those that share what is loaded reads it; NULL: this rank alone.
BRC_API brc_status brc_checkpoint_open(brc_comm* comm, const char* path, brc_checkpoint** out);
BRC_API const char* brc_checkpoint_text(const brc_checkpoint* checkpoint, int64_t* length);
// Into a simulation with the same domain, precision, materials, laws, fields and kernels; when that fails, the
// simulation cannot go on.
BRC_API brc_status brc_checkpoint_load(brc_checkpoint* checkpoint, brc_sim* sim);
BRC_API void brc_checkpoint_close(brc_checkpoint* checkpoint);
// How many walls, outlets, meters, inserters and kinds of bonds there are, removed ones too; and empty ones up to these
// counts, so that what is made next gets the number that it had in an earlier run (until a checkpoint is loaded).
enum { BRC_COUNT_WALLS, BRC_COUNT_OUTLETS, BRC_COUNT_METERS, BRC_COUNT_INSERTERS, BRC_COUNT_BONDS, BRC_COUNTS };
BRC_API void brc_boundary_counts(const brc_sim* sim, int32_t* counts);
BRC_API brc_status brc_boundary_skip(brc_sim* sim, const int32_t* counts);
BRC_API brc_status brc_checkpoint_check(const char* path); // is the file as it was written? Says what is wrong
// What a file holds, as a text of values in the form of plain.lua; free it with brc_inspect_free. The libraries see the
// file as it is: a process that must not end by it asks another one (core.inspect).
enum { BRC_INSPECT_HDF5 = 0, BRC_INSPECT_HDF5_DATA, BRC_INSPECT_MESH }; // data: reads all of it, too
BRC_API brc_status brc_inspect(const char* path, int32_t kind, char** text, int64_t* length);
BRC_API void brc_inspect_free(char* text);
// Views of particles then have no particles, until a checkpoint is loaded: what a script would read is not what it was.
BRC_API void brc_fields_hide(brc_sim* sim, int32_t hidden);
// ---- campaigns -------------------------------------------------------------------------------------------
// Two numbers in [0, 1), a function of these: Philox. purpose: which of a caller's uses it is, >= 0.
BRC_API void brc_random_pair(uint64_t seed, int32_t purpose, int64_t index, double out[2]);
// A function for NLopt that has no function to call: it answers its k-th call with the k-th of the values that are
// known, as long as they were asked for at the same points. At the first that is not it notes the point and has the
// search stopped. So a search goes on by beginning anew, which costs nothing next to the runs that gave the values.
typedef struct brc_replay {
    int32_t dimensions, asked;     // asked: 1 when `point` is a new one
    int64_t count, at, wrong;      // wrong: number of the first call, from 1, at a point other than then; 0: none
    const double *points, *values; // [count][dimensions], [count]
    double* point;                 // [dimensions]
    void* search;
    int (*stop)(void* search); // nlopt_force_stop
} brc_replay;
BRC_API double brc_replay_value(unsigned dimensions, const double* x, double* gradient, void* replay);
/*@cdef-end*/

#ifdef __cplusplus
}
#endif

#endif
