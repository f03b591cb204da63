// checkpoint_test.c -- checkpoints written beside the run: by a thread of their own, while workers step and
// trajectories are written. Each one is of the moment of its begin, and the run's bits are those of a run without. With
// the thread sanitizer (preset tsan) it looks for races: OMP_TOOL_LIBRARIES=libarcher.so tells that one what OpenMP
// does.
#include "sim_check.h"
#include <inttypes.h>
#include <time.h>

enum { PARTICLES = 400, ROUNDS = 12, STEPS = 7 };

static const char* file(const char* name)
{
    static char path[2][512];
    static int turn;
    const char* folder = getenv("BARCHAN_WORK");
    snprintf(path[turn ^= 1], sizeof path[0], "%s/%s", folder ? folder : ".", name);
    return path[turn];
}

static brc_sim* empty_sim(int threads)
{
    brc_options o = options_of(1, 7);
    o.threads = threads;
    return make_sim(&o, 1000, 1e-4);
}

static brc_sim* filled_sim(int threads)
{
    brc_sim* s = empty_sim(threads);
    random_state = 5;
    packing p = random_packing(PARTICLES, v3(0, 0, 0), v3(1, 1, 1), 0.03, 0.05, 1);
    add_packing(s, &p, 0, PARTICLES);
    packing_free(&p);
    return s;
}

// Begins one, compressed so that it takes a while.
static brc_writing* begin(brc_sim* s, brc_output* output, const char* name)
{
    const brc_writing_def def = {.path = file(name),
                                 .text = "{|}",
                                 .length = 3,
                                 .compress = 9,
                                 .output_count = 1,
                                 .outputs = (brc_output* const[]){output}};
    brc_writing* w;
    OK(brc_checkpoint_begin(s, &def, &w));
    return w;
}

static void a_thread_writes_while_the_run_goes_on(void** state)
{
    (void)state;
    brc_sim *s = filled_sim(3), *left_alone = filled_sim(2);
    const brc_output_def def = {.path = file("beside.vtkhdf"), .provenance = "{}", .compress = 6};
    uint64_t hash[ROUNDS];
    brc_output* output;
    run_steps(s, 1);
    OK(brc_output_open(s, &def, &output));
    OK(brc_output_write(output));
    for (int k = 0; k < ROUNDS; k++) {
        char name[32];
        snprintf(name, sizeof name, "beside.chk.%d", k);
        hash[k] = brc_sim_hash(s);
        brc_writing* w = begin(s, output, name);
        for (int n = 0; n == 0 || !brc_checkpoint_over(w); n++) {
            run_steps(s, n < STEPS ? 1 : 0);
            if (n < 3) OK(brc_output_write(output)); // HDF5 is in both threads' hands
            if (n >= STEPS) nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
        }
        OK(brc_checkpoint_end(w, NULL));
    }
    OK(brc_output_close(output));
    const int64_t steps = summary_of(s).step;
    run_steps(left_alone, steps);
    EXPECT(brc_sim_hash(s) == brc_sim_hash(left_alone),
           "the run with checkpoints came elsewhere after %" PRId64 " steps", steps);
    for (int k = 0; k < ROUNDS; k++) {
        char name[32];
        brc_checkpoint* found;
        snprintf(name, sizeof name, "beside.chk.%d", k);
        OK(brc_checkpoint_open(NULL, file(name), &found));
        brc_sim* again = empty_sim(1 + k % 4);
        OK(brc_checkpoint_load(found, again));
        EXPECT(brc_sim_hash(again) == hash[k], "checkpoint %d is not of the moment of its begin", k);
        brc_checkpoint_close(found);
        run_steps(again, steps - summary_of(again).step);
        EXPECT(brc_sim_hash(again) == brc_sim_hash(s), "from checkpoint %d the run came elsewhere", k);
        brc_sim_destroy(again);
        remove(file(name));
    }
    brc_sim_destroy(s);
    brc_sim_destroy(left_alone);
}

static void several_are_written_at_once(void** state)
{
    (void)state;
    brc_sim* s[3];
    brc_writing* w[3];
    for (int k = 0; k < 3; k++) {
        s[k] = filled_sim(1 + k);
        run_steps(s[k], 1 + k);
    }
    for (int round = 0; round < 4; round++) {
        for (int k = 0; k < 3; k++) {
            char name[32];
            snprintf(name, sizeof name, "several.chk.%d", k);
            const brc_writing_def def = {.path = file(name), .text = "{|}", .length = 3, .compress = 3 * k};
            OK(brc_checkpoint_begin(s[k], &def, &w[k]));
            run_steps(s[k], 1);
        }
        for (int k = 0; k < 3; k++) OK(brc_checkpoint_end(w[k], NULL));
    }
    for (int k = 0; k < 3; k++) {
        char name[32];
        snprintf(name, sizeof name, "several.chk.%d", k);
        OK(brc_checkpoint_check(file(name)));
        remove(file(name));
        brc_sim_destroy(s[k]);
    }
}

int main(void)
{
    if (brc_has("hdf5") != 1) return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_writes_while_the_run_goes_on),
        cmocka_unit_test(several_are_written_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
