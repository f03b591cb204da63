// device_arith.c -- the arithmetic of a device as its driver compiles it, with operations marked NoContraction and
// without: how far quotients and roots are from the nearest number, what is contracted or rearranged, and whether small
// numbers are kept.
#include "compute_spirv.h"
#include "device.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct operands {
    int64_t count;
    uint64_t *a, *b, *c, *out;
} operands;

static uint64_t of_float(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}
static uint64_t of_double(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}
static float to_float(uint64_t u)
{
    const uint32_t w = (uint32_t)u;
    float x;
    memcpy(&x, &w, sizeof x);
    return x;
}
static double to_double(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

// The kernel of the self-test, with the decoration on its operations or stripped of it.
static void make_kernel(brc_gpu* gpu, bool marked, brc_gpu_kernel** out)
{
    enum { DECORATE = 71, NO_CONTRACTION = 42 };
    const char* name = bench.info.access == BRC_ACCESS_ADDRESSES ? "addresses/selftest" : "selftest";
    const brc_spirv* code = NULL;
    const int32_t constants[1] = {0};
    for (int32_t i = 0; i < brc_spirv_total; i++)
        if (!strcmp(brc_spirv_all[i].name, name)) code = &brc_spirv_all[i];
    if (!code) give_up("no kernel of the self-test");
    uint32_t* words = room(4 * (int64_t)code->count);
    int32_t n = 5, dropped = 0;
    memcpy(words, code->words, 5 * sizeof *words);
    for (int32_t at = 5; at < code->count;) {
        const uint32_t* w = code->words + at;
        const int32_t length = (int32_t)(w[0] >> 16);
        const bool mark = (w[0] & 0xffff) == DECORATE && length == 3 && w[2] == NO_CONTRACTION;
        if (mark && !marked) dropped++;
        else memcpy(words + n, w, (size_t)length * sizeof *words), n += length;
        at += length;
    }
    if (!marked && !dropped) give_up("no operation is marked");
    TRY(brc_gpu_kernel_of(gpu, words, n, constants, 1, 4, out));
    free(words);
}

static void calculate(brc_gpu* gpu, brc_gpu_kernel* kernel, int operation, const operands* o)
{
    brc_gpu_buffer* buffer[4];
    const uint64_t* from[3] = {o->a, o->b, o->c};
    const struct {
        int32_t operation;
        uint32_t count;
    } push = {operation, (uint32_t)o->count};
    for (int i = 0; i < 4; i++) TRY(brc_gpu_buffer_make(gpu, 8 * o->count, "the benchmark", &buffer[i]));
    for (int i = 0; i < 3; i++) TRY(brc_gpu_write(gpu, buffer[i], 0, from[i], 8 * o->count));
    TRY(brc_gpu_begin(gpu));
    TRY(brc_gpu_run(gpu, kernel, buffer, &push, sizeof push, o->count));
    TRY(brc_gpu_finish(gpu, NULL, NULL));
    TRY(brc_gpu_read(gpu, buffer[3], 0, o->out, 8 * o->count));
    for (int i = 0; i < 4; i++) brc_gpu_buffer_free(gpu, buffer[i]);
}

// Significands of every kind, exponents from -20 to 20.
static void normal_operands(const operands* o, bool doubles, bool positive)
{
    for (int64_t i = 0; i < o->count; i++)
        for (int k = 0; k < 2; k++) {
            const double x =
                (1 + uniform()) * ldexp(1, (int)(41 * uniform()) - 20) * (positive || uniform() < 0.5 ? 1 : -1);
            (k ? o->b : o->a)[i] = doubles ? of_double(x) : of_float((float)x);
        }
}

// Of floats or doubles of one sign, in places of the last digit.
static double largest_error(int operation, const operands* o)
{
    double most = 0;
    for (int64_t i = 0; i < o->count; i++) {
        const uint64_t expected = brc_host_calculate(operation, o->a[i], o->b[i], o->c[i]);
        const uint64_t got = operation < BRC_GPU_F64 ? o->out[i] & 0xffffffff : o->out[i];
        const double off = expected > got ? (double)(expected - got) : (double)(got - expected);
        most = off > most ? off : most;
    }
    return most;
}

static void last_digits(brc_gpu* gpu, brc_gpu_kernel* kernel, const operands* o, const char* which)
{
    static const struct {
        int operation;
        const char* what;
    } all[] = {{BRC_GPU_DIV, "a / b: largest error, floats"},
               {BRC_GPU_SQRT, "sqrt a: largest error, floats"},
               {BRC_GPU_DIV64, "a / b: largest error, doubles"},
               {BRC_GPU_SQRT64, "sqrt a: largest error, doubles"},
               {BRC_GPU_DIV_RN, "a / b, ours: largest error, floats"},
               {BRC_GPU_SQRT_RN, "sqrt a, ours: largest error, floats"}};
    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
        const int op = all[k].operation;
        seed((uint64_t)op + 1);
        normal_operands(o, op >= BRC_GPU_F64, op == BRC_GPU_SQRT || op == BRC_GPU_SQRT64 || op == BRC_GPU_SQRT_RN);
        calculate(gpu, kernel, op, o);
        row(which, all[k].what, largest_error(op, o), "ulp");
    }
}

// a b + c where c is the rounded -a b: 0 after two roundings, what the first has dropped after one. (a + c) - c with a
// large c: not a.
static void contraction(brc_gpu* gpu, brc_gpu_kernel* kernel, const operands* o, const char* which)
{
    int64_t once[2] = {0}, kept = 0;
    for (int doubles = 0; doubles < 2; doubles++) {
        seed(77);
        normal_operands(o, doubles, true);
        for (int64_t i = 0; i < o->count; i++)
            o->c[i] = doubles ? of_double(-(to_double(o->a[i]) * to_double(o->b[i])))
                              : of_float(-(to_float(o->a[i]) * to_float(o->b[i])));
        calculate(gpu, kernel, doubles ? BRC_GPU_MUL_ADD64 : BRC_GPU_MUL_ADD, o);
        for (int64_t i = 0; i < o->count; i++)
            once[doubles] += doubles ? to_double(o->out[i]) != 0 : to_float(o->out[i]) != 0;
    }
    for (int64_t i = 0; i < o->count; i++) o->a[i] = of_double(1 + uniform()), o->c[i] = of_double(0x1.8p52);
    calculate(gpu, kernel, BRC_GPU_GRID64, o);
    for (int64_t i = 0; i < o->count; i++) kept += o->out[i] == o->a[i];
    row(which, "a b + c contracted, floats", 100 * (double)once[0] / (double)o->count, "%");
    row(which, "a b + c contracted, doubles", 100 * (double)once[1] / (double)o->count, "%");
    row(which, "(a + c) - c rearranged, doubles", 100 * (double)kept / (double)o->count, "%");
}

// Results below the normal range, of operands within it, and results within it of operands below.
static void small_numbers(brc_gpu* gpu, brc_gpu_kernel* kernel, const operands* o, const char* which)
{
    for (int doubles = 0; doubles < 2; doubles++)
        for (int below = 0; below < 2; below++) {
            const double least = doubles ? -1022 : -126; // exponent of the smallest normal number
            const int op = doubles ? BRC_GPU_MUL64 : BRC_GPU_MUL;
            int64_t lost = 0;
            char what[80];
            seed(78);
            for (int64_t i = 0; i < o->count; i++) {
                const double a = ldexp(1 + uniform(), (int)least + (below ? -3 : 10)),
                             b = ldexp(1 + uniform(), below ? 20 : -14);
                o->a[i] = doubles ? of_double(a) : of_float((float)a);
                o->b[i] = doubles ? of_double(b) : of_float((float)b);
            }
            calculate(gpu, kernel, op, o);
            for (int64_t i = 0; i < o->count; i++)
                lost += brc_host_calculate(op, o->a[i], o->b[i], 0) != (doubles ? o->out[i] : o->out[i] & 0xffffffff);
            snprintf(what, sizeof what, "small %s lost, %s", below ? "operands" : "results",
                     doubles ? "doubles" : "floats");
            row(which, what, 100 * (double)lost / (double)o->count, "%");
        }
}

void bench_arithmetic(brc_gpu* gpu)
{
    const int64_t count = bench.quick ? 1 << 12 : 1 << 20;
    uint64_t* all = room(32 * count);
    const operands o = {count, all, all + count, all + 2 * count, all + 3 * count};
    rows_of("arithmetic");
    for (int marked = 1; marked >= 0; marked--) {
        const char* which = marked ? "operations marked NoContraction" : "operations not marked";
        brc_gpu_kernel* kernel;
        make_kernel(gpu, marked, &kernel);
        last_digits(gpu, kernel, &o, which);
        contraction(gpu, kernel, &o, which);
        small_numbers(gpu, kernel, &o, which);
    }
    free(all);
}
