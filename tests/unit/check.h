// check.h -- what many tests in C share: calls that must work or be refused, conditions with a text, random numbers.
#ifndef CHECK_H
#define CHECK_H
#include "barchan.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define OK(call)                                                                                                       \
    do {                                                                                                               \
        brc_status status_of_call = (call);                                                                            \
        if (status_of_call != BRC_OK) fail_msg("%s: status %d: %s", #call, (int)status_of_call, brc_last_error());     \
    } while (0)
// The call fails with this status and a text that holds this part.
#define REFUSED(call, status, part)                                                                                    \
    do {                                                                                                               \
        brc_status status_of_call = (call);                                                                            \
        if (status_of_call != (status)) fail_msg("%s: status %d", #call, (int)status_of_call);                         \
        if (!strstr(brc_last_error(), part)) fail_msg("'%s' is not in: %s", part, brc_last_error());                   \
    } while (0)
#define EXPECT(cond, ...)                                                                                              \
    do {                                                                                                               \
        if (!(cond)) {                                                                                                 \
            print_error(__VA_ARGS__);                                                                                  \
            print_error("\n");                                                                                         \
            fail_msg("%s", #cond);                                                                                     \
        }                                                                                                              \
    } while (0)

static uint64_t random_state = 1;

static inline double uniform(double lo, double hi)
{
    uint64_t z = random_state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return lo + (hi - lo) * ldexp((double)((z ^ z >> 31) >> 11), -53);
}
#endif
