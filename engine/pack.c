// pack.c -- blocks of numbers, filled and emptied by the same calls.
#include "pack.h"
#include "interpreter.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

void brc_pack_fail(brc_pack* p, brc_status status, const char* text)
{
    if (p->status != BRC_OK) return;
    p->status = status;
    if (p->loading && status == BRC_ERR_FILE)
        brc_error_set(__FILE__, __LINE__, __func__, "the checkpoint is damaged: %s%s%s", p->part ? p->part : "",
                      p->part ? ": " : "", text);
    else brc_error_set(__FILE__, __LINE__, __func__, "%s", text);
}

// ---- blocks ----------------------------------------------------------------------------------------------

size_t brc_block_width(char type)
{
    return type == 'd' || type == 'l' ? 8 : type == 'f' || type == 'i' ? 4 : type == 'b' ? 1 : 0;
}

const brc_block* brc_pack_find(const brc_pack* p, const char* name)
{
    for (int32_t i = 0; i < p->block_count; i++)
        if (!strcmp(p->block[i].name, name)) return &p->block[i];
    return NULL;
}

void* brc_pack_room(brc_pack* p, const char* name, char type, int64_t count)
{
    if (p->status != BRC_OK) return NULL;
    const size_t n = (size_t)p->block_count, width = brc_block_width(type);
    BRC_ASSERT(width && strlen(name) < sizeof p->block->name && !brc_pack_find(p, name));
    void* data =
        calloc((size_t)count + 1, width); // large ones come zeroed from the system, untouched until they are filled
    const bool full = (n & (n - 1)) == 0; // it grows to the powers of two
    if (!data ||
        (full && brc_grow((void**)&p->block, n * sizeof(brc_block), (2 * n + 1) * sizeof(brc_block)) != BRC_OK)) {
        brc_free(data);
        brc_pack_fail(p, BRC_ERR_MEMORY, "no memory for a checkpoint");
        return NULL;
    }
    brc_block* b = &p->block[p->block_count++];
    strcpy(b->name, name);
    b->type = type, b->count = count, b->data = data;
    return data;
}

const void* brc_pack_block(brc_pack* p, const char* name, char type, int64_t count, int64_t* found)
{
    if (found) *found = 0;
    if (p->status != BRC_OK) return NULL;
    const brc_block* b = brc_pack_find(p, name);
    if (!b || b->type != type || (count >= 0 && b->count != count)) {
        if (!p->part) p->part = name;
        brc_pack_fail(p, BRC_ERR_FILE, !b ? "a part is missing" : "a part has another type or size");
        return NULL;
    }
    bool finite = true;
    const double* d = type == 'd' ? b->data : NULL;
    const float* f = type == 'f' ? b->data : NULL;
    for (int64_t i = 0; d && i < b->count; i++) finite &= isfinite(d[i]) != 0;
    for (int64_t i = 0; f && i < b->count; i++) finite &= isfinite(f[i]) != 0;
    if (!finite) {
        if (!p->part) p->part = name;
        brc_pack_fail(p, BRC_ERR_FILE, "it holds numbers that are not finite");
        return NULL;
    }
    if (found) *found = b->count;
    return b->data;
}

void brc_pack_free(brc_pack* p)
{
    for (int32_t i = 0; i < p->block_count; i++) brc_free(p->block[i].data);
    brc_free(p->block);
    if (!p->loading) brc_free(p->row);
    memset(p, 0, sizeof *p);
}

// ---- parts -----------------------------------------------------------------------------------------------

void brc_pack_begin(brc_pack* p, const char* part)
{
    BRC_ASSERT(!p->part || p->status != BRC_OK);
    p->at = 0;
    p->part = part;
    if (!p->loading) return;
    p->row = NULL, p->count = 0;
    if (!brc_pack_good(p)) return;
    const brc_block* b = brc_pack_find(p, part);
    if (b && b->type == 'd') p->row = b->data, p->count = b->count;
    else brc_pack_fail(p, BRC_ERR_FILE, "it is missing");
}

void brc_pack_end(brc_pack* p)
{
    if (p->loading) {
        if (p->at != p->count) brc_pack_fail(p, BRC_ERR_FILE, "it holds more than it should");
        p->row = NULL;
    } else {
        double* to = brc_pack_room(p, p->part, 'd', p->at);
        if (to && p->at) memcpy(to, p->row, (size_t)p->at * sizeof(double));
    }
    p->count = p->at = 0;
    if (brc_pack_good(p)) p->part = NULL;
}

static void put_or_take(brc_pack* p, double* x, int64_t count)
{
    const size_t size = (size_t)count * sizeof(double);
    if (p->loading) {
        if (brc_pack_good(p) && p->count - p->at < count) brc_pack_fail(p, BRC_ERR_FILE, "it ends too early");
        if (!brc_pack_good(p)) {
            memset(x, 0, size);
            return;
        }
        memcpy(x, p->row + p->at, size);
        p->at += count;
        return;
    }
    if (!brc_pack_good(p)) return;
    if (p->at + count > p->capacity) {
        int64_t grown = 2 * p->capacity + count + 64;
        if (brc_grow((void**)&p->row, (size_t)p->at * sizeof(double), (size_t)grown * sizeof(double)) != BRC_OK) {
            brc_pack_fail(p, BRC_ERR_MEMORY, "no memory for a checkpoint");
            return;
        }
        p->capacity = grown;
    }
    memcpy(p->row + p->at, x, size);
    p->at += count;
}

void brc_pack_or_nan(brc_pack* p, double* x) { put_or_take(p, x, 1); }

void brc_pack_doubles(brc_pack* p, double* x, int64_t count)
{
    put_or_take(p, x, count);
    for (int64_t i = 0; i < count && p->loading && brc_pack_good(p); i++)
        if (x[i] != x[i]) brc_pack_fail(p, BRC_ERR_FILE, "a number is none");
    if (p->loading && !brc_pack_good(p)) memset(x, 0, (size_t)count * sizeof *x);
}

void brc_pack_within(brc_pack* p, double* x, int64_t count, double most)
{
    put_or_take(p, x, count);
    for (int64_t i = 0; i < count && p->loading && brc_pack_good(p); i++)
        if (!(fabs(x[i]) <= most)) brc_pack_fail(p, BRC_ERR_FILE, "a number is out of its range");
    if (p->loading && !brc_pack_good(p)) memset(x, 0, (size_t)count * sizeof *x);
}

void brc_pack_grid(brc_pack* p, brc_grid* g)
{
    brc_pack_doubles(p, &g->quantum, 1);
    int e = 0;
    bool sound = g->quantum > 1e-300 && g->quantum < 1e270 && frexp(g->quantum, &e) == 0.5;
    if (p->loading && brc_pack_good(p) && !sound) brc_pack_fail(p, BRC_ERR_FILE, "a quantum that is no power of two");
    if (p->loading) *g = brc_grid_from_exponent(brc_pack_good(p) ? e - 1 : 0);
}

void brc_pack_vec(brc_pack* p, vec3* x)
{
    double row[3] = {x->x, x->y, x->z};
    brc_pack_doubles(p, row, 3);
    *x = v3_from(row);
}

void brc_pack_i32(brc_pack* p, int32_t* x, int32_t least, int32_t most)
{
    double value = *x;
    brc_pack_doubles(p, &value, 1);
    if (!p->loading) return;
    if (brc_pack_good(p) && !(value >= least && value <= most && value == floor(value)))
        brc_pack_fail(p, BRC_ERR_FILE, "a number is out of its range");
    *x = brc_pack_good(p) ? (int32_t)value : least > 0 ? least : 0;
}

void brc_pack_count(brc_pack* p, int32_t* x, int32_t most)
{
    brc_pack_i32(p, x, 0, most);
    if (!p->loading || !brc_pack_good(p) || *x <= p->count - p->at) return;
    *x = 0;
    brc_pack_fail(p, BRC_ERR_FILE, "it counts more than it holds");
}

void brc_pack_bool(brc_pack* p, bool* x)
{
    int32_t value = *x;
    brc_pack_i32(p, &value, 0, 1);
    *x = value != 0;
}

void brc_pack_u64(brc_pack* p, uint64_t* x) // as two halves: a double holds 53 bits
{
    double half[2] = {(double)(uint32_t)*x, (double)(uint32_t)(*x >> 32)};
    brc_pack_doubles(p, half, 2);
    if (!p->loading) return;
    for (int k = 0; k < 2; k++)
        if (brc_pack_good(p) && !(half[k] >= 0 && half[k] < 0x1p32))
            brc_pack_fail(p, BRC_ERR_FILE, "a number is out of its range");
    *x = brc_pack_good(p) ? (uint64_t)half[0] | (uint64_t)half[1] << 32 : 0;
}

void brc_pack_i64(brc_pack* p, int64_t* x, int64_t least)
{
    uint64_t bits = (uint64_t)*x;
    brc_pack_u64(p, &bits);
    if (!p->loading) return;
    *x = (int64_t)bits;
    if (brc_pack_good(p) && (*x < least || (least >= 0 && *x > INT64_C(1) << 62)))
        brc_pack_fail(p, BRC_ERR_FILE, "a number is out of its range");
    if (!brc_pack_good(p)) *x = 0;
}

void brc_pack_text(brc_pack* p, char* text, size_t room)
{
    int32_t length = p->loading ? 0 : (int32_t)strlen(text);
    brc_pack_i32(p, &length, 0, (int32_t)room - 1);
    for (int32_t i = 0; i < length; i++) {
        int32_t letter = (unsigned char)text[i];
        brc_pack_i32(p, &letter, 1, 255);
        text[i] = (char)letter;
    }
    text[length] = 0;
}

void brc_pack_list(brc_pack* p, double** list, int64_t* count, int64_t most)
{
    brc_pack_i64(p, count, 0);
    if (p->loading) {
        if (brc_pack_good(p) && (*count > most || *count > p->count - p->at))
            brc_pack_fail(p, BRC_ERR_FILE, "a list is too long");
        if (!brc_pack_good(p)) *count = 0;
        *list = BRC_NEW(*count + 1, double);
        if (!*list) {
            *count = 0;
            brc_pack_fail(p, BRC_ERR_MEMORY, "no memory for a checkpoint");
            return;
        }
    }
    if (*count) brc_pack_doubles(p, *list, *count);
}

void brc_pack_program(brc_pack* p, brc_program** program)
{
    bool there = *program != NULL;
    brc_program q = {0};
    if (there && !p->loading) q = **program;
    brc_pack_bool(p, &there);
    if (p->loading) *program = NULL;
    if (!there) return;
    int32_t* const counts[] = {&q.inputs,       &q.history,   &q.outputs,     &q.uniforms,
                               &q.coefficients, &q.constants, &q.temporaries, &q.instruction_count};
    for (int k = 0; k < 8; k++) brc_pack_i32(p, counts[k], 0, k == 7 ? 1 << 20 : BRC_PROGRAM_ROWS);
    if (p->loading && brc_pack_good(p) && 8 * (int64_t)q.instruction_count > p->count - p->at)
        brc_pack_fail(p, BRC_ERR_FILE, "a program is too long");
    if (!brc_pack_good(p)) return;
    brc_instruction* code = BRC_NEW(q.instruction_count + 1, brc_instruction);
    double* constant = BRC_NEW(q.constants + 1, double);
    if (!code || !constant) brc_pack_fail(p, BRC_ERR_MEMORY, "no memory for a checkpoint");
    for (int32_t i = 0; brc_pack_good(p) && i < q.instruction_count; i++) {
        int32_t word[8] = {0};
        if (!p->loading) {
            word[0] = q.instructions[i].op, word[1] = q.instructions[i].to;
            for (int j = 0; j < 6; j++) word[2 + j] = q.instructions[i].from[j];
        }
        for (int j = 0; j < 8; j++) brc_pack_i32(p, &word[j], 0, UINT16_MAX);
        code[i].op = (uint16_t)word[0], code[i].to = (uint16_t)word[1];
        for (int j = 0; j < 6; j++) code[i].from[j] = (uint16_t)word[2 + j];
    }
    if (brc_pack_good(p)) {
        if (!p->loading && q.constants) memcpy(constant, q.constant, (size_t)q.constants * sizeof(double));
        if (q.constants) brc_pack_doubles(p, constant, q.constants);
    }
    if (p->loading && brc_pack_good(p)) {
        q.instructions = code, q.constant = constant;
        brc_status status = brc_program_check(&q);
        if (status != BRC_OK) brc_pack_fail(p, BRC_ERR_FILE, "a program is not one");
        else if (!(*program = brc_program_copy(&q))) brc_pack_fail(p, BRC_ERR_MEMORY, "no memory for a checkpoint");
    }
    brc_free(code), brc_free(constant);
}
