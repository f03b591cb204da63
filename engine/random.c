// random.c -- counter-based random numbers: the Philox 4x32-10 of Random123 (J. Salmon et al., SC11, "Parallel random
// numbers: as easy as 1, 2, 3"), so that a draw needs no state and does not depend on who asks first.
#include "random.h"
#include "barchan.h"
#include <Random123/philox.h>

static philox4x32_ctr_t bits(uint64_t seed, uint32_t purpose, uint64_t index, uint32_t draw)
{
    philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    philox4x32_ctr_t counter = {{(uint32_t)index, (uint32_t)(index >> 32), draw, purpose}};
    return philox4x32(counter, key);
}

static double uniform(uint32_t low, uint32_t high) // 53 of the 64 bits; 1 is never reached
{
    return (double)(((uint64_t)high << 32 | low) >> 11) * 0x1p-53;
}

brc_random brc_random_draw(uint64_t seed, uint32_t purpose, uint64_t index, uint32_t draw)
{
    philox4x32_ctr_t r = bits(seed, purpose, index, draw);
    return (brc_random){{uniform(r.v[0], r.v[1]), uniform(r.v[2], r.v[3])}};
}

uint64_t brc_random_seed(uint64_t seed, uint64_t stream)
{
    philox4x32_ctr_t r = bits(seed, 0, stream, 0);
    return (uint64_t)r.v[1] << 32 | r.v[0];
}

void brc_random_pair(uint64_t seed, int32_t purpose, int64_t index, double out[2])
{
    brc_random r = brc_random_draw(seed, BRC_RANDOM_CASES + (uint32_t)purpose, (uint64_t)index, 0);
    out[0] = r.u[0], out[1] = r.u[1];
}
