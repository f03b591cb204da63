// interpreter.h -- runs programs (brc_program of barchan.h): what a law or a particle kernel is until a compiler has
// made C of it, and for good where there is no compiler. The bits are those of the generated C.
#ifndef BRC_INTERPRETER_H
#define BRC_INTERPRETER_H
#include "law.h"
#include <stdbool.h>
#include <stddef.h>

// One worker's rows, and what they hold that need not be made anew for each block.
typedef struct brc_registers {
    void* rows; // [uniforms, coefficients, constants, temporaries][BRC_BLOCK] of the run's precision
    size_t bytes;
    bool fresh;   // nothing is held yet
    int32_t pair; // whose coefficients are held; -1: of several
} brc_registers;

// An operand that is not there, or an instruction that is not one, is refused: the interpreter trusts what passed here.
brc_status brc_program_check(const brc_program* p);
size_t brc_program_bytes(const brc_program* p, size_t real); // of `rows`
// A copy in one piece of memory, or NULL; freed by brc_free.
brc_program* brc_program_copy(const brc_program* p);
// Of a copy: all that it computes, with the values of its coefficients.
uint64_t brc_program_hash(const brc_program* p, const double* coefficients, uint64_t seed);
// One value for each row instead of a block of them, in double: what the interpreter gives. row[BRC_PROGRAM_ROWS] holds
// inputs and history and gets the outputs. Of a copy only.
void brc_program_run(const brc_program* p, const double* coefficients, double* row);

// As a law (law.h), for the program's rows. pair may be NULL: all are of pair 0.
#define BRC_INTERPRETER(T, suffix)                                                                                     \
    void brc_interpret##suffix(const brc_program* p, brc_registers* r, int n, const T* const* in, T* const* history,   \
                               T* const* out, const T* P, int pair_count, const int32_t* pair, const T* uniform)
BRC_INTERPRETER(float, _1_f32);
BRC_INTERPRETER(float, _2_f32);
BRC_INTERPRETER(float, _3_f32);
BRC_INTERPRETER(double, _1_f64);
BRC_INTERPRETER(double, _2_f64);
BRC_INTERPRETER(double, _3_f64);

#endif
