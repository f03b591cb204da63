// device_test.c -- a device against the processor, bit by bit: its arithmetic on millions of operands of every kind,
// our division and square root also from wrong estimates, and every law of the build. Without a device: skipped (77).
#include "base.h"
#include "compute_vulkan.h"
#include "compute_vulkan_cache.h"
#include "compute_vulkan_parts.h"
#include "law_check.h"
#include <inttypes.h>

static brc_gpu* gpu;

static void arithmetic(void** unused)
{
    (void)unused;
    enum { COUNT = 1 << 18 };
    uint64_t* a = calloc(5 * COUNT, sizeof *a);
    uint64_t *b = a + COUNT, *c = b + COUNT, *out = c + COUNT, *expected = out + COUNT;
    for (int op = 0; op < BRC_GPU_OPERATIONS; op++) {
        for (uint64_t i = 0; i < COUNT; i++) {
            uint64_t v[3];
            brc_gpu_operands(op, i + 1000000, v);
            a[i] = v[0], b[i] = v[1], c[i] = v[2];
            expected[i] = brc_host_calculate(op, a[i], b[i], c[i]);
        }
        const bool ours = op == BRC_GPU_DIV_RN || op == BRC_GPU_SQRT_RN;
        for (int off = ours ? -4 : 0; off <= (ours ? 3 : 0); off++) {
            int64_t wrong = 0, at = -1;
            OK(brc_gpu_calculate(gpu, op, COUNT, a, b, c, out, off));
            for (int64_t i = 0; i < COUNT; i++)
                if (brc_gpu_canonical(op, out[i]) != expected[i]) wrong++, at = i;
            if (wrong)
                fail_msg("operation %d, estimate off by %d: %" PRId64 " of %d wrong; of %016" PRIx64 " %016" PRIx64
                         " %016" PRIx64 ": %016" PRIx64 " against %016" PRIx64,
                         op, off, wrong, COUNT, a[at], b[at], c[at], out[at], expected[at]);
        }
    }
    free(a);
}

// One law, with the device's own division and root where they are correct, and with ours.
#define DEFINE_CHECK(T, F)                                                                                             \
    static void check_law_##F(int32_t number, int32_t native)                                                          \
    {                                                                                                                  \
        enum { COUNT = 20000 };                                                                                        \
        const brc_law* law = &brc_laws[number];                                                                        \
        const int histories = law->info.history_count, in_words = BRC_IN_COUNT * COUNT, row_count = histories + 6;     \
        T* in = calloc((size_t)(in_words + row_count * COUNT), sizeof *in);                                            \
        T *history = in + in_words, P[COEFFICIENTS * PAIRS];                                                           \
        T* got = calloc((size_t)(row_count * COUNT), sizeof *got);                                                     \
        int32_t* pair = calloc(COUNT, sizeof *pair);                                                                   \
        for (int k = 0; k < law->info.coefficient_count * PAIRS; k++)                                                  \
            P[k] = (T)random_coefficient(law->info.coefficients[k / PAIRS]);                                           \
        for (int i = 0; i < COUNT; i++) {                                                                              \
            const contact c = random_contact(law);                                                                     \
            for (int k = 0; k < BRC_IN_COUNT; k++) in[k * COUNT + i] = (T)c.in[k];                                     \
            for (int k = 0; k < histories; k++) history[k * COUNT + i] = (T)c.history[k];                              \
            pair[i] = (int32_t)uniform(0, PAIRS);                                                                      \
        }                                                                                                              \
        char shader[32];                                                                                               \
        brc_gpu_kernel* kernel;                                                                                        \
        brc_gpu_buffer* buffer[5];                                                                                     \
        const int64_t size[5] = {(int64_t)sizeof(T) * in_words, (int64_t)sizeof P, 4 * COUNT,                          \
                                 (int64_t)sizeof(T) * histories * COUNT, (int64_t)sizeof(T) * 6 * COUNT};              \
        const void* from[4] = {in, P, pair, history};                                                                  \
        snprintf(shader, sizeof shader, "law%s/%d", sizeof(T) == 8 ? "64" : "", number);                               \
        brc_gpu_exact(gpu, native, native);                                                                            \
        OK(brc_gpu_kernel_make(gpu, shader, NULL, 0, 5, &kernel));                                                     \
        for (int i = 0; i < 5; i++) {                                                                                  \
            OK(brc_gpu_buffer_make(gpu, size[i], "a test", &buffer[i]));                                               \
            if (i < 4) OK(brc_gpu_write(gpu, buffer[i], 0, from[i], size[i]));                                         \
        }                                                                                                              \
        const struct {                                                                                                 \
            uint32_t count;                                                                                            \
            int32_t pairs, unused[2];                                                                                  \
            double dt, time;                                                                                           \
        } push = {COUNT, PAIRS, {0}, 1e-6, 0.25};                                                                      \
        OK(brc_gpu_begin(gpu));                                                                                        \
        OK(brc_gpu_run(gpu, kernel, buffer, &push, sizeof push, COUNT));                                               \
        OK(brc_gpu_finish(gpu, NULL, NULL));                                                                           \
        OK(brc_gpu_read(gpu, buffer[3], 0, got, size[3]));                                                             \
        OK(brc_gpu_read(gpu, buffer[4], 0, got + histories * COUNT, size[4]));                                         \
        for (int i = 0; i < 5; i++) brc_gpu_buffer_free(gpu, buffer[i]);                                               \
                                                                                                                       \
        for (int first = 0; first < COUNT; first += BRC_BLOCK) {                                                       \
            _Alignas(64) static T block_in[BRC_IN_COUNT][BRC_BLOCK], block_history[HISTORY][BRC_BLOCK],                \
                block_out[BRC_OUT_COUNT][BRC_BLOCK];                                                                   \
            _Alignas(64) static int32_t block_pair[BRC_BLOCK];                                                         \
            const T* rows_in[BRC_IN_COUNT];                                                                            \
            T *rows_history[HISTORY], *rows_out[BRC_OUT_COUNT];                                                        \
            const int n = COUNT - first < BRC_BLOCK ? COUNT - first : BRC_BLOCK;                                       \
            for (int k = 0; k < BRC_IN_COUNT; k++) rows_in[k] = block_in[k];                                           \
            for (int k = 0; k < HISTORY; k++) rows_history[k] = block_history[k];                                      \
            for (int k = 0; k < BRC_OUT_COUNT; k++) rows_out[k] = block_out[k];                                        \
            for (int i = 0; i < BRC_BLOCK; i++) {                                                                      \
                const int at = first + (i < n ? i : n - 1);                                                            \
                for (int k = 0; k < BRC_IN_COUNT; k++) block_in[k][i] = in[k * COUNT + at];                            \
                for (int k = 0; k < histories; k++) block_history[k][i] = history[k * COUNT + at];                     \
                block_pair[i] = pair[at];                                                                              \
            }                                                                                                          \
            const T now[BRC_UNIFORM_COUNT] = {(T)1e-6, (T)0.25};                                                       \
            law->F[1](n, rows_in, rows_history, rows_out, P, PAIRS, block_pair, now);                                  \
            for (int i = 0; i < n; i++)                                                                                \
                for (int k = 0; k < row_count; k++) {                                                                  \
                    const T expected = k < histories ? block_history[k][i] : block_out[k - histories][i];              \
                    const T is = got[k * COUNT + first + i];                                                           \
                    if (memcmp(&expected, &is, sizeof is) != 0)                                                        \
                        fail_msg("%s, contact %d, result %d: %a on the device, %a on the processor", law->info.name,   \
                                 first + i, k, (double)is, (double)expected);                                          \
                }                                                                                                      \
        }                                                                                                              \
        free(in), free(got), free(pair);                                                                               \
    }
DEFINE_CHECK(float, f32)
DEFINE_CHECK(double, f64)

static void laws(void** unused)
{
    (void)unused;
    int checked = 0;
    for (int32_t l = 0; l < brc_law_total; l++) {
        check_law_f32(l, 0), check_law_f32(l, 3), check_law_f64(l, 3);
        if (!checked) check_law_f64(l, 0); // digits of doubles take lavapipe's compiler long
        checked++;
    }
    assert_int_equal(checked, 7);
}

static uint64_t bits_of(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return x != x ? 0x7ff8000000000000 : u;
}

// Of doubles of every kind, of those near 1, and of angles; with the device's own division where it is correct, and
// with ours.
static void fixed_mathematics(void** unused)
{
    (void)unused;
    enum { COUNT = 1 << 15 };
    static double (*const one[4])(double) = {brc_exp, brc_log, brc_sin, brc_cos};
    static double (*const two[2])(double, double) = {brc_atan2, brc_pow};
    double *a = calloc(3 * COUNT, sizeof *a), *b = a + COUNT, *out = b + COUNT;
    brc_gpu_buffer* buffer[3];
    for (int i = 0; i < 3; i++) OK(brc_gpu_buffer_make(gpu, 8 * COUNT, "a test", &buffer[i]));
    for (uint64_t i = 0; i < COUNT; i++) {
        uint64_t v[3];
        brc_gpu_operands(BRC_GPU_ADD64, i, v);
        memcpy(&a[i], &v[0], 8), memcpy(&b[i], &v[1], 8);
        if (i % 4 == 1) a[i] = uniform(-2, 2), b[i] = uniform(-50, 50);
        if (i % 4 == 2) a[i] = uniform(-700, 700), b[i] = uniform(-3, 3);
        if (i % 4 == 3) a[i] = 1 + uniform(-1e-6, 1e-6), b[i] = (double)(int)uniform(-30, 30);
    }
    OK(brc_gpu_write(gpu, buffer[0], 0, a, 8 * COUNT));
    OK(brc_gpu_write(gpu, buffer[1], 0, b, 8 * COUNT));
    brc_gpu_kernel* kernel;
    brc_gpu_exact(gpu, 3, 3);
    OK(brc_gpu_kernel_make(gpu, "fixedmath", NULL, 0, 3, &kernel));
    for (int32_t f = 0; f < 6; f++) {
        const struct {
            int32_t function;
            uint32_t count;
        } push = {f, COUNT};
        OK(brc_gpu_begin(gpu));
        OK(brc_gpu_run(gpu, kernel, buffer, &push, sizeof push, COUNT));
        OK(brc_gpu_finish(gpu, NULL, NULL));
        OK(brc_gpu_read(gpu, buffer[2], 0, out, 8 * COUNT));
        for (int i = 0; i < COUNT; i++) {
            const double expected = f < 4 ? one[f](a[i]) : two[f - 4](a[i], b[i]);
            if (bits_of(expected) != bits_of(out[i]))
                fail_msg("function %d of %a, %a: %a on the device, %a on the processor", f, a[i], b[i], out[i],
                         expected);
        }
    }
    for (int i = 0; i < 3; i++) brc_gpu_buffer_free(gpu, buffer[i]);
    free(a);
}

// More groups than 65 535, which is all that is promised in one dimension: each thread runs once, and none beyond. The
// kernel adds a flux to a value, so running twice shows.
static void groups(void** unused)
{
    (void)unused;
    const int64_t n = (int64_t)65536 * BRC_GPU_GROUP + 1, room = n + 1000; // two rows, and a group too many
    device_numbers numbers = {.count = (int32_t)n, .everyone = (int32_t)n, .materials = 1, .dt = 1};
    const uint32_t status[STATUS_ALL] = {[STOP] = STOP_NOT}, push[2] = {1, 1};
    numbers.flux_limit[0] = 1e9;
    double *values = calloc((size_t)room, sizeof *values), *fluxes = calloc((size_t)room, sizeof *fluxes);
    double *mass = calloc((size_t)room, sizeof *mass), capacity = 1;
    int32_t* material = calloc((size_t)room, sizeof *material);
    for (int64_t i = 0; i < room; i++) fluxes[i] = (double)(i + 1), mass[i] = 1;
    const struct {
        const void* data;
        int64_t size;
    } all[7] = {{&numbers, sizeof numbers}, {status, sizeof status}, {values, 8 * room}, {fluxes, 8 * room},
                {mass, 8 * room},           {material, 4 * room},    {&capacity, 8}};
    brc_gpu_buffer* buffer[7];
    brc_gpu_kernel* kernel;
    for (int k = 0; k < 7; k++) {
        OK(brc_gpu_buffer_make(gpu, all[k].size, "a test", &buffer[k]));
        OK(brc_gpu_write(gpu, buffer[k], 0, all[k].data, all[k].size));
    }
    OK(brc_gpu_kernel_make(gpu, "fields", NULL, 0, 7, &kernel));
    OK(brc_gpu_begin(gpu));
    OK(brc_gpu_run(gpu, kernel, buffer, push, sizeof push, n));
    OK(brc_gpu_finish(gpu, NULL, NULL));
    OK(brc_gpu_read(gpu, buffer[2], 0, values, 8 * room));
    for (int64_t i = 0; i < room; i++) {
        const double expected = i < n ? (double)(i + 1) : 0;
        if (values[i] != expected)
            fail_msg("thread %" PRId64 " of %" PRId64 " has made %g, not %g", i, n, values[i], expected);
    }
    for (int k = 0; k < 7; k++) brc_gpu_buffer_free(gpu, buffer[k]);
    free(values), free(fluxes), free(mass), free(material);
}

// Pages of the energy book whose low numbers are together beyond 64 bits, as those of many small negative terms are.
static void pages(void** unused)
{
    (void)unused;
    enum { PAGES = 16, SUMS = BRC_BOOK_SUMS };
    const device_numbers numbers = {.dt = 1};
    const uint32_t status[STATUS_ALL] = {[STOP] = STOP_NOT};
    int64_t all[PAGES + 1][SUMS][2];
    brc_gpu_buffer* buffer[3];
    brc_gpu_kernel* kernel;
    for (int p = 0; p <= PAGES; p++)
        for (int k = 0; k < SUMS; k++)
            all[p][k][0] = p < PAGES ? -k : 1000, all[p][k][1] = p < PAGES ? (int64_t)1 << 60 : 7;
    const struct {
        const void* data;
        int64_t size;
    } from[3] = {{&numbers, sizeof numbers}, {status, sizeof status}, {all, sizeof all}};
    for (int k = 0; k < 3; k++) {
        OK(brc_gpu_buffer_make(gpu, from[k].size, "a test", &buffer[k]));
        OK(brc_gpu_write(gpu, buffer[k], 0, from[k].data, from[k].size));
    }
    OK(brc_gpu_kernel_make(gpu, "enter", NULL, 0, 3, &kernel));
    OK(brc_gpu_begin(gpu));
    OK(brc_gpu_run(gpu, kernel, buffer, NULL, 0, SUMS));
    OK(brc_gpu_finish(gpu, NULL, NULL));
    OK(brc_gpu_read(gpu, buffer[2], 0, all, sizeof all));
    for (int k = 0; k < SUMS; k++) {
        const bool latest = k == 1 || k == 4 || (k > 5 && k % 2 == 0); // what the last step has left to do
        const int64_t high = PAGES * (((int64_t)1 << 20) - k) + (latest ? 0 : 1000), low = latest ? 0 : 7;
        if (all[PAGES][k][0] != high || all[PAGES][k][1] != low)
            fail_msg("sum %d is (%" PRId64 ", %" PRId64 "), not (%" PRId64 ", %" PRId64 ")", k, all[PAGES][k][0],
                     all[PAGES][k][1], high, low);
        for (int p = 0; p < PAGES; p++) assert_true(!all[p][k][0] && !all[p][k][1]);
    }
    for (int k = 0; k < 3; k++) brc_gpu_buffer_free(gpu, buffer[k]);
}

static void buffers(void** unused)
{
    (void)unused;
    enum { WORDS = 20 << 20 }; // more than goes through the stage at once
    brc_gpu_buffer* buffer;
    uint32_t* data = calloc(WORDS, sizeof *data);
    OK(brc_gpu_buffer_make(gpu, 4 * (int64_t)WORDS, "a test", &buffer));
    for (uint32_t i = 0; i < WORDS; i++) data[i] = 2654435761u * i;
    OK(brc_gpu_write(gpu, buffer, 0, data, 4 * (int64_t)WORDS));
    memset(data, 0, 4 * (size_t)WORDS);
    OK(brc_gpu_read(gpu, buffer, 0, data, 4 * (int64_t)WORDS));
    for (uint32_t i = 0; i < WORDS; i++)
        if (data[i] != 2654435761u * i) fail_msg("word %u came back as %u", i, data[i]);
    brc_gpu_buffer_free(gpu, buffer);
    free(data);
    const int64_t taken = brc_gpu_memory(gpu);
    brc_gpu_limit(gpu, taken + 1000);
    REFUSED(brc_gpu_buffer_make(gpu, 1 << 20, "the positions", &buffer), BRC_ERR_DEVICE,
            "too little memory for the positions: 1.05 MB");
    assert_int_equal(brc_gpu_memory(gpu), taken);
    brc_gpu_limit(gpu, INT64_MAX / 2);
}

// Runs, threads and buffers of each kernel while it is wanted, and nothing else.
static void traces(void** unused)
{
    (void)unused;
    const uint64_t word[3] = {0};
    uint64_t out[3];
    brc_gpu_times t;
    OK(brc_gpu_calculate(gpu, BRC_GPU_ADD, 3, word, word, word, out, 0)); // the kernel is there
    OK(brc_gpu_trace(gpu, true));
    assert_false(brc_gpu_traced(gpu, 0, &t));
    for (int k = 0; k < 2; k++) OK(brc_gpu_calculate(gpu, BRC_GPU_ADD, 3, word, word, word, out, 0));
    OK(brc_gpu_trace(gpu, false));
    assert_true(brc_gpu_traced(gpu, 0, &t));
    assert_string_equal(t.name, "selftest");
    assert_int_equal(t.runs, 2);
    assert_int_equal(t.threads, 6);
    assert_int_equal(t.buffer_count, 4);
    assert_int_equal(t.size[3], 256); // 24, rounded up
    assert_true(t.seconds > 0 && t.seconds < 600);
    assert_false(brc_gpu_traced(gpu, 1, &t));
    OK(brc_gpu_calculate(gpu, BRC_GPU_ADD, 3, word, word, word, out, 0));
    assert_true(brc_gpu_traced(gpu, 0, &t));
    assert_int_equal(t.runs, 2);
}

static void put_byte(const char* path, long at, int byte) // at < 0: the file ends there, counted from its end
{
    char data[1 << 16];
    FILE* file = fopen(path, "rb");
    assert_non_null(file);
    const size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    file = fopen(path, "wb");
    assert_non_null(file);
    if (at >= 0) data[at] = (char)(data[at] ^ byte);
    assert_true(fwrite(data, 1, at < 0 ? size - (size_t)-at : size, file) > 0);
    fclose(file);
}

// What the driver has compiled comes back from the disk; a file that is not whole is as if it were not there.
static void cache(void** unused)
{
    (void)unused;
    static const uint8_t data[100] = "kernels";
    const brc_gpu_cache_key key = {.vendor = 1, .device = 2, .driver = 3, .code = {4, 5}};
    brc_gpu_cache_key other = key;
    char folder[400], path[600], command[500], before[400] = "";
    const char *work = getenv("BARCHAN_WORK"), *was = getenv("XDG_CACHE_HOME");
    int64_t size;
    if (was) snprintf(before, sizeof before, "%s", was);
    snprintf(folder, sizeof folder, "%s/barchan-cache-XXXXXX", work ? work : "/tmp");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(setenv("XDG_CACHE_HOME", folder, 1), 0);
    uint64_t name[2];
    brc_checksum(&key, sizeof key, name);
    snprintf(path, sizeof path, "%s/barchan/device-%016" PRIx64 "%016" PRIx64 ".cache", folder, name[0], name[1]);
    assert_null(brc_gpu_cache_read(&key, &size));
    for (int damage = 0; damage < 4; damage++) {
        brc_gpu_cache_write(&key, data, sizeof data);
        void* back = brc_gpu_cache_read(&key, &size);
        assert_non_null(back);
        assert_int_equal(size, sizeof data);
        assert_memory_equal(back, data, sizeof data);
        brc_free(back);
        other.uuid[3] = 1;
        assert_null(brc_gpu_cache_read(&other, &size));
        put_byte(path, damage == 0 ? 5 : damage == 1 ? 110 : damage == 2 ? -1 : -110, 1);
        assert_null(brc_gpu_cache_read(&key, &size));
    }
    brc_gpu* one;
    for (int k = 0; k < 2; k++) {
        OK(brc_gpu_open(-1, &one));
        EXPECT((brc_gpu_cached(one) > 0) == (k == 1), "the disk had %d bytes", (int)brc_gpu_cached(one));
        brc_gpu_close(one);
    }
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    if (was) assert_int_equal(setenv("XDG_CACHE_HOME", before, 1), 0);
    else assert_int_equal(unsetenv("XDG_CACHE_HOME"), 0);
}

int main(int count_of_words, char** words)
{
    int32_t count;
    if (brc_device_count(&count) != BRC_OK || count == 0) {
        printf("no device: %s\n", brc_last_error());
        return 77;
    }
    if (brc_gpu_open(-1, &gpu) != BRC_OK) {
        printf("%s\n", brc_last_error());
        return 1;
    }
    brc_device_info info;
    if (brc_device_get(0, &info) == BRC_OK) printf("%s, %d lanes\n", info.name, info.lanes);
    if (count_of_words > 1) cmocka_set_test_filter(words[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic), cmocka_unit_test(laws),  cmocka_unit_test(fixed_mathematics),
        cmocka_unit_test(groups),     cmocka_unit_test(pages), cmocka_unit_test(buffers),
        cmocka_unit_test(traces),     cmocka_unit_test(cache)};
    const int failures = cmocka_run_group_tests(tests, NULL, NULL);
    brc_gpu_close(gpu);
    return failures;
}
