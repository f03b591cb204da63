// book.h -- the energy book: what each part of a contact law, gravity, walls, hooks and particles that come and go have
// done to the kinetic energy. Parts are measured by programs beside the law: their power in every step, the energy that
// they store when asked.
//
// Velocity Verlet changes the kinetic energy by a force f in the half kicks before and after a moment, together by dt f
// v with v the velocity at that moment: so powers are summed once per step. Of the last step's forces the second half
// kick is still to come: dt / 2 f (v + a dt / 4), which is taken off. That velocity is known after the second half kick
// only (laws see one that was predicted): the parts' forces on each contact are kept until then, and meet the
// velocities in a second walk through the same contacts.
//
// On several ranks each has its part of the wide sums, which are added up when somebody asks; the rest is the same on
// all of them.
#ifndef BRC_BOOK_H
#define BRC_BOOK_H
#include "base.h"
#include "interpreter.h"
#include "pack.h"

// An exact sum over any number of steps: (high + low 2^-40) units.
typedef struct brc_wide {
    int64_t high, low;
} brc_wide;

static inline void brc_wide_add(brc_wide* sum, double units) // |units| < 2^53
{
    int64_t whole = (int64_t)units;
    sum->high += whole;
    sum->low += (int64_t)((units - (double)whole) * 0x1p40);
}
static inline void brc_wide_carry(brc_wide* sum) // one form for each value: 0 <= low < 2^40
{
    int64_t carry = sum->low >> 40; // rounds down
    sum->high += carry;
    sum->low -= carry * ((int64_t)1 << 40);
}

enum { BRC_BOOK_SUMS = 5 + 2 * BRC_BOOK_PARTS };
// Of a step that nothing slips in while the law is asked: in steps of the run. Not 0: laws divide by it.
#define BRC_BLINK 0x1p-30

// A worker's part of it.
typedef struct book_page {
    brc_registers force, energy, bond;
    void* out;  // rows of one program, in the run's precision
    void* kept; // [block][6 parts][contacts of the block] of this step, in the run's precision
    int64_t kept_count, kept_capacity, cursor;
    brc_status status;
    brc_wide part[BRC_BOOK_PARTS], rest[BRC_BOOK_PARTS], hooks, hooks_rest, gravity, bonds, bonds_rest;
    bool overflow;
} book_page;

typedef struct energy_book {
    int32_t parts;
    brc_program *force, *energy, *bond; // bond: energy that a bond stores; NULL: there are no bonds
    void* coefficients;                 // [coefficient][material * material], run's precision
    double unit;                        // [J], a power of two
    book_page* page;                    // [worker]
    // Work as if the last step's forces had had both their half kicks, and twice what the second is still to do.
    brc_wide work[BRC_BOOK_PARTS], rest[BRC_BOOK_PARTS], hooks, hooks_rest, gravity, bonds, bonds_rest;
    double walls, walls_last, inserted, removed, script, broken; // [J]
    double kinetic;                                              // [J] at the end of the last step, NaN: none
    // Energies of particles that have gone: added up together, exactly, once the ledger has taken them off.
    double* gone; // [J]
    int64_t gone_count, gone_capacity, ledger;
    double* before; // forces and torques before the hooks
    int64_t before_capacity;
    bool hooked, overflow;
} energy_book;

#endif
