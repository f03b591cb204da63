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

// A rank without large ones does not look about as if it had some.
static void sizes(void** unused)
{
    (void)unused;
    enum { SIDE = 9, COUNT = SIDE * SIDE * SIDE + 1 };
    double place[3 * COUNT] = {0.12, 0.5, 0.5}, speed[3 * COUNT] = {3, 0, 0}, radius[COUNT] = {0.1};
    int32_t material[COUNT] = {0};
    brc_sim* s[2];
    random_state = 3;
    for (int i = 1; i < COUNT; i++) {
        const int at[3] = {(i - 1) % SIDE, (i - 1) / SIDE % SIDE, (i - 1) / SIDE / SIDE};
        for (int k = 0; k < 3; k++) {
            place[3 * i + k] =
                k ? 0.3 + 0.05 * at[k] + uniform(-0.01, 0.01) : 0.26 + 0.08 * at[k] + uniform(-0.02, 0.02);
            speed[3 * i + k] = uniform(-4, 4);
        }
        radius[i] = 0.01;
    }
    for (int q = 0; q < 2; q++) {
        brc_options o = options_of(1, 0);
        int64_t first;
        o.comm = ranks;
        OK(brc_sim_create(&o, &s[q]));
        OK(brc_material_add(s[q], 1000, material));
        use_law(s[q], "linear", 5e3, 1e5);
        OK(brc_dt_set(s[q], 1e-4));
        const brc_add add = {
            .count = COUNT, .x = place, .v = speed, .radius = radius, .material = material, .allowed_overlap = -1};
        OK(brc_particles_add(s[q], &add, &first));
    }
    s[1]->device = device;
    for (int q = 0; q < 2; q++) advance(s[q], 120);
    EXPECT(brc_sim_hash(s[0]) == brc_sim_hash(s[1]), "another state after step %d", (int)s[1]->step);
    const brc_device_state at = looked_at(s[1]);
    const bool alone = ranks->size > 1 && ranks->rank == ranks->size - 1;
    EXPECT(!alone || (at.levels == 1 && at.cell < 0.12), "%d levels of cells, %g m wide", (int)at.levels, at.cell);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(losses), cmocka_unit_test(sizes)};
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (!failed) brc_device_free(device);
    return leave_ranks(ranks, failed);
}
