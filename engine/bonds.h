// bonds.h -- bonds between particles: contacts that persist, by pairs of ids, until they break or an end goes.
#ifndef BRC_BONDS_H
#define BRC_BONDS_H
#include "law.h"
#include "pack.h"

enum { BRC_MAX_BOND_HISTORY = 16 };

typedef struct bond {
    int64_t a, b; // ids, a < b
    int32_t kind;
    int32_t slot_a, slot_b; // while bond_set.slots_valid
    int32_t own;            // of several ranks: 1 a is this rank's, 2 b is; each rank has the bonds of its particles
} bond;

typedef struct bond_kind { // what one brc_bonds_add made
    int64_t made, broken, removed;
    bool replaces; // the ends do not touch each other as long as the bond holds
} bond_kind;

typedef struct bond_load { // of the step under way, on the grids of the sums
    double force[3], torque_a[3], torque_b[3];
    double stored; // [J] by a bond that breaks in this step, where the energy book is kept
} bond_load;

// An open table of the pairs whose bond replaces their contact: ids, 0 where free.
typedef struct bond_pairs {
    int64_t (*ids)[2];
    int64_t size;
} bond_pairs;

typedef struct bond_set {
    const brc_law* law;
    int32_t rest_row, broken_row; // rows of the law's history that the engine knows; -1: the law has none
    bond* at;                     // sorted by ids, then kind
    void* history[BRC_MAX_BOND_HISTORY];
    bond_load* load;
    int64_t count, capacity;
    bool slots_valid;
    bond_kind* kinds;
    int32_t kind_count;
    double* given;      // [kind][coefficient]
    void* coefficients; // [coefficient][kind], of the run's precision
    brc_bond_end* ends; // of all bonds that are gone, in the order of their going
    int64_t end_count, end_capacity;
    bond_pairs replaced;
    int64_t settled; // particles removed or lost when bonds of such were last looked for; of several ranks
} bond_set;

// Adds the loads of the bonds to the worker's particles.
struct worker;
void brc_bonds_pull(brc_sim* s, struct worker* w);
brc_status brc_bonds_break(brc_sim* s); // takes away what the law has called broken in this step
// The same of what a device has found: step[i] counts from `base`, 0 where the bond holds; NULL: none of this rank's.
brc_status brc_bonds_broke(brc_sim* s, const uint32_t* step, int64_t base);
int brc_bonds_compare(const void* a, const void* b); // of two bonds, for qsort: by ids, then kind
brc_status brc_bonds_tabulate(brc_sim* s);           // the table of the pairs whose bond replaces their contact, anew
brc_status brc_bonds_settle(brc_sim* s);             // slots of the ends; bonds of removed particles go
void brc_bonds_free(brc_sim* s);
void brc_bonds_pack(brc_pack* p, brc_sim* s); // for checkpoints
bool brc_bonds_present(const brc_sim* s);     // on any rank
// Of several ranks: bonds as rows that go with a particle, and the slots of what has come and stayed. `find` knows the
// ghosts; missing: a bond of an own particle leads beyond them.
int64_t brc_bonds_row_size(const brc_sim* s);
void brc_bonds_row_put(const brc_sim* s, int64_t bond, char* row);
brc_status brc_bonds_row_take(brc_sim* s, const char* row);
brc_status brc_bonds_place(brc_sim* s, int32_t (*find)(const void* context, int64_t id), const void* context,
                           bool* missing);
bool brc_bonds_replace(const brc_sim* s, int64_t a, int64_t b); // ids a < b: no contact between them

#endif
