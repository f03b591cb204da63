// program.c -- programs as the script hands them over: checked once, so that the interpreter need not look, and copied;
// and run on single numbers.
#include "base.h"
#include "interpreter.h"
#include <math.h>
#include <string.h>
#include <xxhash.h>

// How many operands an instruction reads.
static int operands(int op)
{
    switch (op) {
    case BRC_OP_COPY:
    case BRC_OP_NEG:
    case BRC_OP_SQRT:
    case BRC_OP_ABS:
    case BRC_OP_EXP:
    case BRC_OP_LOG:
    case BRC_OP_SIN:
    case BRC_OP_COS:
        return 1;
    case BRC_OP_ADD:
    case BRC_OP_SUB:
    case BRC_OP_MUL:
    case BRC_OP_DIV:
    case BRC_OP_MIN:
    case BRC_OP_MAX:
    case BRC_OP_ATAN2:
    case BRC_OP_POW:
    case BRC_OP_MUL_SQRT:
        return 2;
    case BRC_OP_LT:
    case BRC_OP_LE:
    case BRC_OP_EQ:
    case BRC_OP_MUL_MUL_ADD:
    case BRC_OP_MUL_MUL_SUB:
        return 4;
    case BRC_OP_DOT:
    case BRC_OP_NORM:
        return 6;
    default:
        return 3;
    }
}

static int rows_of(const brc_program* p)
{
    return p->inputs + p->history + p->outputs + p->uniforms + p->coefficients + p->constants + p->temporaries;
}

brc_status brc_program_check(const brc_program* p)
{
    BRC_CHECK(p && p->instruction_count >= 0 && (p->instructions || p->instruction_count == 0), BRC_ERR_ARGUMENT,
              "a program without instructions");
    const int32_t counts[] = {p->inputs,       p->history,   p->outputs,    p->uniforms,
                              p->coefficients, p->constants, p->temporaries};
    for (int k = 0; k < 7; k++)
        BRC_CHECK(counts[k] >= 0 && counts[k] <= BRC_PROGRAM_ROWS, BRC_ERR_ARGUMENT, "a program with %d rows of a kind",
                  counts[k]);
    const int total = rows_of(p), written = p->inputs;
    const int held = p->inputs + p->history + p->outputs,
              temporary = held + p->uniforms + p->coefficients + p->constants;
    BRC_CHECK(total > 0 && total <= BRC_PROGRAM_ROWS, BRC_ERR_ARGUMENT,
              "the program has %d rows; the interpreter takes %d", total, BRC_PROGRAM_ROWS);
    BRC_CHECK(p->constant || p->constants == 0, BRC_ERR_ARGUMENT, "a program without its constants");
    for (int k = 0; k < p->instruction_count; k++) {
        const brc_instruction* i = &p->instructions[k];
        BRC_CHECK(i->op < BRC_OP_COUNT, BRC_ERR_ARGUMENT, "instruction %d: there is no operation %d", k, i->op);
        BRC_CHECK((i->to >= written && i->to < held) || (i->to >= temporary && i->to < total), BRC_ERR_ARGUMENT,
                  "instruction %d writes row %d", k, i->to);
        for (int j = 0; j < 6; j++)
            BRC_CHECK(i->from[j] < total || j >= operands(i->op), BRC_ERR_ARGUMENT, "instruction %d reads row %d of %d",
                      k, i->from[j], total);
    }
    return BRC_OK;
}

size_t brc_program_bytes(const brc_program* p, size_t real)
{
    return (size_t)(p->uniforms + p->coefficients + p->constants + p->temporaries) * BRC_BLOCK * real;
}

brc_program* brc_program_copy(const brc_program* p)
{
    size_t head = (sizeof *p + 15) / 16 * 16, code = (size_t)p->instruction_count * sizeof *p->instructions;
    code = (code + 15) / 16 * 16;
    char* memory = brc_alloc(head + code + (size_t)p->constants * sizeof(double));
    if (!memory) return NULL;
    brc_program* copy = (brc_program*)memory;
    brc_instruction* instructions = (brc_instruction*)(memory + head);
    double* constant = (double*)(memory + head + code);
    *copy = *p;
    for (int k = 0; k < p->instruction_count; k++) {
        instructions[k] = p->instructions[k];
        for (int j = operands(instructions[k].op); j < 6; j++) instructions[k].from[j] = instructions[k].from[0];
    }
    if (p->constants > 0) memcpy(constant, p->constant, (size_t)p->constants * sizeof(double));
    copy->instructions = instructions;
    copy->constant = constant;
    return copy;
}

uint64_t brc_program_hash(const brc_program* p, const double* coefficients, uint64_t seed)
{
    const int32_t counts[] = {p->inputs,       p->history,   p->outputs,     p->uniforms,
                              p->coefficients, p->constants, p->temporaries, p->instruction_count};
    uint64_t hash = XXH64(counts, sizeof counts, seed);
    hash = XXH64(p->instructions, (size_t)p->instruction_count * sizeof *p->instructions, hash);
    if (p->constants) hash = XXH64(p->constant, (size_t)p->constants * sizeof(double), hash);
    if (p->coefficients) hash = XXH64(coefficients, (size_t)p->coefficients * sizeof(double), hash);
    return hash;
}

#define SQRT(x) sqrt(x)
#define ABS(x) fabs(x)
#define A row[i->from[0]]
#define B row[i->from[1]]
#define C row[i->from[2]]
#define D row[i->from[3]]
#define E row[i->from[4]]
#define F row[i->from[5]]
#define OPERATION(name, x)                                                                                             \
    case BRC_OP_##name:                                                                                                \
        row[i->to] = (x);                                                                                              \
        break;
#define CALL(name, x) OPERATION(name, x)

void brc_program_run(const brc_program* p, const double* coefficients, double* row)
{
    double* held = row + p->inputs + p->history + p->outputs + p->uniforms;
    if (p->coefficients) memcpy(held, coefficients, (size_t)p->coefficients * sizeof *held);
    if (p->constants) memcpy(held + p->coefficients, p->constant, (size_t)p->constants * sizeof *held);
    for (const brc_instruction *i = p->instructions, *end = i + p->instruction_count; i < end; i++) {
        switch (i->op) {
#include "operations.def"
        default:
            break;
        }
    }
}
