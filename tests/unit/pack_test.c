// pack_test.c -- checkpoints with numbers that cannot be: each is refused with a text, and nothing is taken from a
// damaged file that a step could not bear.
#include "checkpoint.h"
#include "sim_check.h"
#include <unistd.h>

static brc_sim* make(bool filled)
{
    brc_options o = options_of(1, 1);
    brc_sim* s = make_sim(&o, 1000, 1e-5);
    if (!filled) return s;
    int32_t wall;
    int64_t done;
    const brc_wall_def floor = {.shape = BRC_PLANE, .normal = {0, 0, 1}};
    const brc_motion shake = {.kind = BRC_OSCILLATION, .stop = 1, .axis = {0, 0, 1}, .amplitude = 1e-4, .period = 0.01};
    OK(brc_wall_add(s, &floor, &wall));
    OK(brc_wall_motion_add(s, wall, &shake));
    add_one(s, 0, v3(0.5, 0.5, 0.0499), v3(0, 0, 0), 0.05);
    add_one(s, 0, v3(0.5, 0.5, 0.1498), v3(0, 0, 0), 0.05);
    OK(brc_sim_steps(s, 3, &done));
    return s;
}

static brc_pack packed(void)
{
    brc_pack p = {.loading = false};
    brc_sim* s = make(true);
    OK(brc_sim_pack(s, &p));
    brc_sim_destroy(s);
    brc_free(p.row);
    p.row = NULL, p.loading = true;
    return p;
}

static brc_block* block(brc_pack* p, const char* name)
{
    brc_block* b = (brc_block*)(uintptr_t)brc_pack_find(p, name);
    if (!b) fail_msg("no block %s", name);
    return b;
}

static brc_status load(brc_pack* p)
{
    int64_t done;
    brc_sim* s = make(false);
    brc_status status = brc_sim_pack(s, p);
    if (status == BRC_OK) status = brc_sim_steps(s, 2, &done);
    brc_sim_destroy(s);
    brc_pack_free(p);
    return status;
}

// A number of a block becomes another one.
static void refuse(const char* name, int64_t at, double value, const char* text)
{
    brc_pack p = packed();
    brc_block* b = block(&p, name);
    assert_true(at < b->count);
    if (b->type == 'd') ((double*)b->data)[at] = value;
    else if (b->type == 'f') ((float*)b->data)[at] = (float)value;
    else if (b->type == 'l') ((int64_t*)b->data)[at] = (int64_t)value;
    else ((int32_t*)b->data)[at] = (int32_t)value;
    REFUSED(load(&p), BRC_ERR_FILE, text);
}

static void whole_ones_are_read(void** state)
{
    (void)state;
    brc_pack p = packed();
    OK(load(&p));
}

static void numbers_that_cannot_be_are_refused(void** state)
{
    (void)state;
    refuse("particles.id", 0, 2, "two particles with the same id");
    refuse("particles.id", 0, -1, "a particle that cannot be");
    refuse("particles.material", 1, 1, "a particle that cannot be");
    refuse("particles.values", 0, 1.5, "a particle that cannot be");   // beyond the periodic face
    refuse("particles.values", 1, 1e-17, "a particle that cannot be"); // not on the grid
    refuse("particles.values", 3, 0.3, "a particle that cannot be");   // as large as the period
    refuse("particles.values", 4, 0, "a particle that cannot be");     // no mass
    refuse("particles.values", 4, 5e-324, "a particle that cannot be");
    refuse("particles.values", 5, 1e30, "a particle that cannot be"); // a force beyond the exact sums
    refuse("particles.motion", 2, NAN, "particles.motion: it holds numbers that are not finite");
    refuse("contacts.ids", 1, 7, "particles that are not there");
    refuse("contacts.history", 0, INFINITY, "not finite");
    refuse("touches.ids", 1, 5, "a wall that is not there");
    refuse("simulation", 5, NAN, "simulation: a number is out of its range"); // gravity
    refuse("boundary", 0, 4000, "it counts more than it holds");
    refuse("cell", 0, 0.5, "the edges of the periodic cell do not fit the domain");
}

// Every number of every part in turn, as something that no program would write.
static void any_number_is_borne(void** state)
{
    (void)state;
    static const double odd[] = {NAN, -1, 1e300, 0x1p33, 0.5, -INFINITY};
    brc_pack whole = packed();
    for (int32_t k = 0; k < whole.block_count; k++)
        for (int64_t i = 0; i < whole.block[k].count; i++) {
            brc_pack p = packed();
            const double value = odd[(i + k) % 6];
            if (p.block[k].type == 'd') ((double*)p.block[k].data)[i] = value;
            else if (p.block[k].type == 'f') ((float*)p.block[k].data)[i] = (float)fmax(-3e38, fmin(value, 3e38));
            else memset((char*)p.block[k].data + (size_t)i * brc_block_width(p.block[k].type), 0xF5, 1);
            (void)load(&p);
        }
    brc_pack_free(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_ones_are_read),
        cmocka_unit_test(numbers_that_cannot_be_are_refused),
        cmocka_unit_test(any_number_is_borne),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
