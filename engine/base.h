// base.h -- status codes into messages, assertions, and the small vector type that geometry uses.
#ifndef BRC_BASE_H
#define BRC_BASE_H
#include "barchan.h"
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BRC_PI 3.14159265358979323846

// Records the text that brc_last_error() returns, with the place in the engine that noticed.
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
void brc_error_set(const char* file, int line, const char* function, const char* format, ...);
void brc_error_keep(const char* text); // of an error that has its place already, as another process has recorded it
_Noreturn void brc_assert_failed(const char* file, int line, const char* text);

// What a script or the world can cause. The condition is written so that NaN fails it.
#define BRC_CHECK(cond, code, ...)                                                                                     \
    do {                                                                                                               \
        if (!(cond)) {                                                                                                 \
            brc_error_set(__FILE__, __LINE__, __func__, __VA_ARGS__);                                                  \
            return code;                                                                                               \
        }                                                                                                              \
    } while (0)
#define BRC_TRY(call)                                                                                                  \
    do {                                                                                                               \
        brc_status status_ = (call);                                                                                   \
        if (status_ != BRC_OK) return status_;                                                                         \
    } while (0)
// What only we can cause; kept in optimised builds.
#define BRC_ASSERT(cond)                                                                                               \
    do {                                                                                                               \
        if (!(cond)) brc_assert_failed(__FILE__, __LINE__, #cond);                                                     \
    } while (0)

#define BRC_NEW(count, type) ((type*)brc_alloc((size_t)(count) * sizeof(type)))
void* brc_alloc(size_t size);       // 64-byte aligned, zeroed; NULL when there is no memory; freed by brc_free
void* brc_alloc_unset(size_t size); // not zeroed: for what is written before it is read, and may not be used up
void brc_free(void* p);
brc_status brc_grow(void** p, size_t old_size, size_t new_size);       // keeps the content, zeroes the rest
brc_status brc_grow_unset(void** p, size_t old_size, size_t new_size); // keeps the content

double brc_seconds(void); // of a clock that never goes back

// Versions of libraries, each in the file that knows it.
void brc_hdf5_version(char* text, int room);
void brc_assimp_version(char* text, int room);

typedef struct vec3 {
    double x, y, z;
} vec3;
static inline vec3 v3(double x, double y, double z) { return (vec3){x, y, z}; }
static inline vec3 v3_from(const double* p) { return (vec3){p[0], p[1], p[2]}; }
static inline void v3_to(double* p, vec3 a) { p[0] = a.x, p[1] = a.y, p[2] = a.z; }
static inline vec3 v3_add(vec3 a, vec3 b) { return (vec3){a.x + b.x, a.y + b.y, a.z + b.z}; }
static inline vec3 v3_sub(vec3 a, vec3 b) { return (vec3){a.x - b.x, a.y - b.y, a.z - b.z}; }
static inline vec3 v3_scale(double s, vec3 a) { return (vec3){s * a.x, s * a.y, s * a.z}; }
static inline double v3_dot(vec3 a, vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static inline vec3 v3_cross(vec3 a, vec3 b)
{
    return (vec3){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

// Asks the memory for what will be wanted soon.
#if defined(__GNUC__)
#define BRC_PREFETCH(p) __builtin_prefetch(p)
#else
#define BRC_PREFETCH(p) ((void)(p))
#endif

#endif
