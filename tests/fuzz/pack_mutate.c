// pack_mutate.c -- how the fuzzer changes a pack: single numbers to odd values, counts, whole blocks.
#include "pack_bytes.h"
#include <math.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max, unsigned seed);

static uint64_t random_state;
static uint32_t below(uint32_t n)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) % n);
}

static double odd_number(const double* x, uint32_t count, double old)
{
    static const double odd[] = {0,      -0.0,    1,     -1,    2,    3,        4,         0.5,    1e-300, 5e-324,
                                 1e300,  -1e300,  NAN,   1e9,   -1e9, INFINITY, -INFINITY, 0x1p31, 0x1p32, 0x1p53,
                                 0x1p63, -0x1p63, 65535, 65536, 1e30, 2e-308,   4095.5,    255,    1e-9};
    switch (below(8)) {
    case 0:
        return x[below(count)];
    case 1:
        return old + 1;
    case 2:
        return old - 1;
    case 3:
        return -old;
    case 4:
        return old * 2;
    case 5:
        return old * 1e6;
    default:
        return odd[below(sizeof odd / sizeof *odd)];
    }
}

static void change_number(const brc_block* b)
{
    const uint32_t i = below((uint32_t)b->count);
    if (below(8) == 0) { // a bit of it
        ((uint8_t*)b->data)[below((uint32_t)(b->count * (int64_t)brc_block_width(b->type)))] ^=
            (uint8_t)(1 << below(8));
        return;
    }
    double* d = b->data;
    float* f = b->data;
    int64_t* l = b->data;
    int32_t* n = b->data;
    static const int64_t whole[] = {0, 1, -1, INT64_MAX, INT64_MIN, INT32_MAX, INT64_C(1) << 32, 1 << 20, 7};
    const int64_t other = below(3) ? whole[below(9)] : (int64_t)below(16);
    switch (b->type) {
    case 'd':
        d[i] = odd_number(d, (uint32_t)b->count, d[i]);
        break;
    case 'f':
        f[i] = (float)fmax(-3e38, fmin(3e38, odd_number((double[]){f[below((uint32_t)b->count)]}, 1, f[i])));
        break;
    case 'l':
        l[i] = below(4) ? other : (int64_t)((uint64_t)l[i] + 1);
        break;
    case 'i':
        n[i] = below(4) ? (int32_t)(other & UINT32_MAX) : (int32_t)((uint32_t)n[i] + 1);
        break;
    default:
        ((uint8_t*)b->data)[i] = (uint8_t)below(256);
    }
}

// More or fewer numbers: those from a place on appear twice, or are left out.
static void change_count(brc_pack* p, brc_block* b)
{
    const int64_t width = (int64_t)brc_block_width(b->type), many = below(20) + 1, at = below((uint32_t)b->count + 1);
    const int64_t rest = b->count - at, piece = many < rest ? many : rest;
    if (below(2)) {
        char* grown = brc_alloc((size_t)((b->count + piece + 1) * width));
        memcpy(grown, b->data, (size_t)((at + piece) * width));
        memcpy(grown + (at + piece) * width, (char*)b->data + at * width, (size_t)(rest * width));
        brc_free(b->data);
        b->data = grown, b->count += piece;
    } else {
        memmove((char*)b->data + at * width, (char*)b->data + (at + piece) * width, (size_t)((rest - piece) * width));
        b->count -= piece;
    }
    if (below(30) == 0) {
        brc_free(b->data);
        p->block_count--;
        memmove(b, b + 1, (size_t)(p->block + p->block_count - b) * sizeof *b);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max, unsigned seed)
{
    brc_pack p;
    random_state = seed;
    if (size < 2 || below(50) == 0) return LLVMFuzzerMutate(data, size, max);
    if (!pack_from_bytes(data + 1, size - 1, &p)) return LLVMFuzzerMutate(data, size, max);
    for (uint32_t n = below(4) ? 1 : 1 + below(8); n > 0 && p.block_count > 0; n--) {
        brc_block* b = &p.block[below((uint32_t)p.block_count)];
        if (b->count && below(10)) change_number(b);
        else change_count(&p, b);
    }
    size_t fresh = pack_to_bytes(&p, data + 1, max - 1);
    brc_pack_free(&p);
    return fresh ? fresh + 1 : LLVMFuzzerMutate(data, size, max);
}
