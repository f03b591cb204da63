// random.h -- counter-based random numbers (Random123 Philox 4x32-10): a pure function of (seed, purpose, index, draw).
#ifndef BRC_RANDOM_H
#define BRC_RANDOM_H
#include <stdint.h>

enum { BRC_RANDOM_PLACE = 1, BRC_RANDOM_SIZE = 2, BRC_RANDOM_USER = 3, BRC_RANDOM_CASES = 1000 }; // purposes

typedef struct brc_random {
    double u[2]; // uniform in [0, 1), 53 bits each
} brc_random;
brc_random brc_random_draw(uint64_t seed, uint32_t purpose, uint64_t index, uint32_t draw);
uint64_t brc_random_seed(uint64_t seed, uint64_t stream); // an independent seed for each (seed, stream)

#endif
