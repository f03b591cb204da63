// compute_arith.c -- the self-test of a device's arithmetic: operands of every kind, and what the operations come to on
// the processor.
#include "base.h"
#include "compute_vulkan.h"
#include <math.h>
#include <string.h>

static uint64_t mixed(uint64_t x) // splitmix64
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static const uint32_t edges32[] = {0,          0x80000000, 0x3f800000, 0xbf800000, 0x7f7fffff, 0x00800000, 0x00000001,
                                   0x007fffff, 0x3f800001, 0x3f7fffff, 0x40000000, 0x7f800000, 0xff800000, 0x34000000};
static const uint64_t edges64[] = {0,
                                   0x8000000000000000,
                                   0x3ff0000000000000,
                                   0xbff0000000000000,
                                   0x7fefffffffffffff,
                                   0x0010000000000000,
                                   0x0000000000000001,
                                   0x3ff0000000000001,
                                   0x7ff0000000000000,
                                   0x3cb0000000000000};

// One in 16 is an edge, one in 4 has any exponent, the others lie within 2^-20 to 2^20.
static uint32_t operand32(uint64_t r)
{
    if (r >> 60 == 0) return edges32[(r >> 32) % (sizeof edges32 / sizeof edges32[0])];
    const uint32_t bits = (uint32_t)r;
    if (r >> 58 & 1 && r >> 59 & 1) return (bits & 0x7f800000) == 0x7f800000 ? bits & 0xbfffffff : bits;
    return (bits & 0x807fffff) | (107 + (uint32_t)(r >> 32) % 41) << 23;
}

static uint64_t operand64(uint64_t r)
{
    if (r >> 60 == 0) return edges64[(r >> 32) % (sizeof edges64 / sizeof edges64[0])];
    const uint64_t bits = mixed(r);
    if (r >> 58 & 1 && r >> 59 & 1)
        return (bits & 0x7ff0000000000000) == 0x7ff0000000000000 ? bits & 0xbfffffffffffffff : bits;
    return (bits & 0x800fffffffffffff) | (1003 + (r >> 32) % 41) << 52;
}

static double double_of(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}
static uint64_t bits_of(double x)
{
    uint64_t u;
    if (x != x) return 0x7ff8000000000000; // one stands for all that are not numbers
    memcpy(&u, &x, sizeof u);
    return u;
}
static float float_of(uint64_t u)
{
    const uint32_t w = (uint32_t)u;
    float x;
    memcpy(&x, &w, sizeof x);
    return x;
}
static uint64_t bits_of_float(float x)
{
    uint32_t u;
    if (x != x) return 0x7fc00000;
    memcpy(&u, &x, sizeof u);
    return u;
}

void brc_gpu_operands(int operation, uint64_t index, uint64_t out[3])
{
    for (uint64_t k = 0; k < 3; k++) {
        const uint64_t r = mixed(mixed(index * 3 + k) + (uint64_t)operation);
        out[k] = operation < BRC_GPU_F64 ? operand32(r) : operand64(r);
    }
    const double sign = mixed(index) & 1 ? -1 : 1, part = (double)(mixed(index + 7) >> 11) * 0x1p-53;
    switch (operation) { // where the engine never goes, devices may differ
    case BRC_GPU_GRID64: // places and sums on grids
        out[0] = bits_of(sign * ldexp(part, (int)(index % 60)));
        out[2] = bits_of(0x1.8p52 * 0x1p8);
        break;
    case BRC_GPU_INT64:
        out[0] = bits_of(sign * ldexp(part, (int)(index % 52)));
        break;
    case BRC_GPU_FLOOR64:
        out[0] = bits_of(sign * ldexp(part, (int)(index % 30)) + 0.25);
        break;
    case BRC_GPU_WHOLE64: // ties among them
        out[0] =
            bits_of(sign * (index % 3 ? floor(ldexp(part, (int)(index % 60))) + 0.5 : ldexp(part, (int)(index % 60))));
        break;
    case BRC_GPU_SQRT64:
    case BRC_GPU_SQRT64_RN:
        out[0] &= 0x7fffffffffffffff;
        break;
    case BRC_GPU_FLOAT64: // in the range of normal floats, zeros too
        out[0] = index % 64 ? bits_of(sign * ldexp(part + 0.5, (int)(index % 200) - 100)) : bits_of(sign * 0.0);
        break;
    }
}

uint64_t brc_gpu_canonical(int operation, uint64_t result)
{
    return operation < BRC_GPU_F64 ? bits_of_float(float_of(result)) : bits_of(double_of(result));
}

uint64_t brc_host_calculate(int operation, uint64_t a, uint64_t b, uint64_t c)
{
    const float x = float_of(a), y = float_of(b), z = float_of(c);
    const double u = double_of(a), v = double_of(b), w = double_of(c);
    switch (operation) {
    case BRC_GPU_ADD:
        return bits_of_float(x + y);
    case BRC_GPU_SUB:
        return bits_of_float(x - y);
    case BRC_GPU_MUL:
        return bits_of_float(x * y);
    case BRC_GPU_MUL_ADD:
        return bits_of_float(x * y + z);
    case BRC_GPU_DIV:
    case BRC_GPU_DIV_RN:
        return bits_of_float(x / y);
    case BRC_GPU_SQRT:
    case BRC_GPU_SQRT_RN:
        return bits_of_float(sqrtf(x));
    case BRC_GPU_CONVERT:
        return bits_of_float((float)((double)x * (double)y));
    case BRC_GPU_ADD64:
        return bits_of(u + v);
    case BRC_GPU_SUB64:
        return bits_of(u - v);
    case BRC_GPU_MUL64:
        return bits_of(u * v);
    case BRC_GPU_MUL_ADD64:
        return bits_of(u * v + w);
    case BRC_GPU_GRID64:
        return bits_of((u + w) - w);
    case BRC_GPU_DIV64:
    case BRC_GPU_DIV64_RN:
        return bits_of(u / v);
    case BRC_GPU_SQRT64:
    case BRC_GPU_SQRT64_RN:
        return bits_of(sqrt(u));
    case BRC_GPU_FLOAT64:
        return bits_of((double)(float)u);
    case BRC_GPU_INT64:
        return bits_of((double)((int64_t)u * 3));
    case BRC_GPU_WHOLE64:
        return bits_of(rint(u));
    default:
        return bits_of(floor(u));
    }
}

brc_status brc_gpu_calculate(brc_gpu* gpu, int operation, int64_t count, const uint64_t* a, const uint64_t* b,
                             const uint64_t* c, uint64_t* out, int estimate_off)
{
    brc_gpu_kernel** kernel = brc_gpu_selftest_kernel(gpu, estimate_off != 0);
    brc_gpu_buffer* buffer[4] = {NULL};
    const uint64_t* from[3] = {a, b, c};
    const int32_t constants[1] = {estimate_off};
    const struct {
        int32_t operation;
        uint32_t count;
    } push = {operation, (uint32_t)count};
    brc_status status = BRC_OK;
    if (!*kernel || estimate_off) // of those with a wrong estimate each call makes its own
        status = brc_gpu_kernel_make(gpu, "selftest", constants, 1, 4, kernel);
    for (int i = 0; i < 4 && status == BRC_OK; i++)
        status = brc_gpu_buffer_make(gpu, count * 8, "the self-test", &buffer[i]);
    for (int i = 0; i < 3 && status == BRC_OK; i++) status = brc_gpu_write(gpu, buffer[i], 0, from[i], count * 8);
    if (status == BRC_OK) status = brc_gpu_begin(gpu);
    if (status == BRC_OK) status = brc_gpu_run(gpu, *kernel, buffer, &push, sizeof push, count);
    if (status == BRC_OK) status = brc_gpu_finish(gpu, NULL, NULL);
    if (status == BRC_OK) status = brc_gpu_read(gpu, buffer[3], 0, out, count * 8);
    for (int i = 0; i < 4; i++) brc_gpu_buffer_free(gpu, buffer[i]);
    return status;
}

enum { TEST_OPERANDS = 4096 };

// How many of the operands come to other bits than on the processor.
static brc_status count_wrong(brc_gpu* gpu, int operation, int64_t* wrong)
{
    uint64_t* a = BRC_NEW(4 * TEST_OPERANDS, uint64_t);
    BRC_CHECK(a, BRC_ERR_MEMORY, "no memory for the self-test");
    uint64_t *b = a + TEST_OPERANDS, *c = b + TEST_OPERANDS, *out = c + TEST_OPERANDS;
    for (uint64_t i = 0; i < TEST_OPERANDS; i++) {
        uint64_t v[3];
        brc_gpu_operands(operation, i, v);
        a[i] = v[0], b[i] = v[1], c[i] = v[2];
    }
    const brc_status status = brc_gpu_calculate(gpu, operation, TEST_OPERANDS, a, b, c, out, 0);
    *wrong = 0;
    for (int64_t i = 0; i < TEST_OPERANDS && status == BRC_OK; i++)
        *wrong += brc_gpu_canonical(operation, out[i]) != brc_host_calculate(operation, a[i], b[i], c[i]);
    brc_free(a);
    return status;
}

brc_status brc_gpu_selftest(brc_gpu* gpu, brc_device_test* out)
{
    memset(out, 0, sizeof *out);
    out->operands = TEST_OPERANDS;
    for (int op = 0; op < BRC_GPU_OPERATIONS; op++) {
        int64_t wrong;
        BRC_TRY(count_wrong(gpu, op, &wrong));
        out->wrong[op] = (int32_t)wrong;
        const bool may = op == BRC_GPU_DIV || op == BRC_GPU_SQRT || op == BRC_GPU_DIV64 || op == BRC_GPU_SQRT64;
        if (!may && wrong) out->failed = 1;
    }
    return BRC_OK;
}
