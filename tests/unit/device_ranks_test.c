// device_ranks_test.c -- a simulation that several ranks share, each with a device of its own, where the device of one
// is lost again and again, between steps and at their hooks: the bits of the same ranks without devices. As
// ranks.device under mpirun on two; alone it is one rank. Without a device: skipped (77).
#include "device_check.h"
#include "rank_check.h"

static brc_device* device;

// As views of a script do it.
static double* force_of(brc_sim* s)
{
    brc_field* f = brc_field_find(s, "force");
    assert_non_null(f);
    if (s->count && (f->count == 0 || !f->writable)) OK(brc_field_home(s, f, 1));
    return f->p;
}

static void hooked_step(brc_sim* s)
{
    OK(brc_step_begin(s));
    double* f = force_of(s);
    const brc_field* field = brc_field_find(s, "force");
    for (int64_t i = 0; i < s->count; i++)
        for (int k = 0; k < 3; k++) f[i * field->stride + k] -= 1e-3 * (double)(s->id[i] % 7 - 3 + k);
    OK(brc_step_end(s));
}

static void advance_all(brc_sim* s, int piece)
{
    for (int k = 0; k < 4 && piece % 2; k++) hooked_step(s);
    advance(s, piece % 2 ? 0 : 6); // 0: the state comes home
}

static void losses(void** unused)
{
    (void)unused;
    enum { PIECES = 8 };
    static const int after[PIECES] = {-1, -1, 113, 30,
                                      2,  17, 117, 45}; // submits; 113 and 117: while the state comes home
    brc_sim* s[2];
    int64_t lost = 0;
    for (int q = 0; q < 2; q++) s[q] = scene("linear/epsd", 3, 150, 7);
    s[1]->device = device;
    brc_sim_stay(s[1], 1);
    for (int k = 0; k < PIECES; k++) {
        if (ranks->rank == ranks->size - 1) brc_device_lose_after(device, after[k]);
        for (int q = 0; q < 2; q++) advance_all(s[q], k);
        for (const char* text = brc_warning(s[1]); text; text = brc_warning(s[1]))
            lost += strstr(text, "was lost") != NULL;
        brc_device_lose_after(device, -1);
        EXPECT(brc_sim_hash(s[0]) == brc_sim_hash(s[1]), "another state after step %d, in part %d", (int)s[1]->step, k);
    }
    EXPECT(ranks->size == 1 || ranks->rank < ranks->size - 1 || lost == PIECES - 2, "the device was lost %d times",
           (int)lost);
    s[1]->device = NULL;
    brc_sim_destroy(s[0]), brc_sim_destroy(s[1]);
}

int main(void)
{
    ranks = join_ranks();
    const brc_status found = brc_device_make(-1, &device);
    if (found != BRC_OK) {
        fprintf(stderr, "skipped: %s\n", brc_last_error());
        return leave_ranks(ranks, 0) ? 1 : 77;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(losses)};
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (!failed) brc_device_free(device);
    return leave_ranks(ranks, failed);
}
