// rank_checkpoint_test.c -- checkpoints written by k ranks and resumed by m: the file is the one that one rank writes,
// and the run goes on with the same bits. As ranks.checkpoint under mpirun, for those k and m that there are ranks for.
#include "rank_check.h"
#include "sim_check.h"

static brc_comm* world;
enum { COUNT = 250, BEFORE = 250, AFTER = 60 };

static brc_sim* make(brc_comm* comm)
{
    brc_options o = options_of(1, 1);
    o.comm = comm;
    o.gravity[0] = 0.4, o.gravity[2] = -9.81;
    brc_sim* s = make_sim(&o, 2e4, 2e-4);
    for (int k = 1; k < 3; k++)
        for (int side = 0; side < 2; side++) {
            brc_wall_def d = {.shape = BRC_PLANE};
            int32_t wall;
            d.point[k] = side ? 0.98 : 0.02, d.normal[k] = side ? -1 : 1;
            OK(brc_wall_add(s, &d, &wall));
        }
    return s;
}

static brc_sim* settled(brc_comm* comm)
{
    brc_sim* s = make(comm);
    random_state = 5;
    packing p = random_packing(COUNT, v3(0.1, 0.1, 0.05), v3(0.9, 0.9, 0.25), 0.03, 0.05, 0.5);
    add_packing(s, &p, 0, COUNT);
    packing_free(&p);
    assert_true(bond_near(s, 0.002) > 10);
    run_steps(s, BEFORE);
    return s;
}

static void path_of(char* path, int k)
{
    const char* work = getenv("BARCHAN_WORK");
    snprintf(path, 512, "%s/rank_checkpoint_%d.chk", work ? work : ".", k);
}

static void write(brc_sim* s, int k)
{
    char path[512];
    brc_writing* w;
    path_of(path, k);
    const brc_writing_def def = {.path = path, .text = "text", .length = 4, .compress = 1};
    const uint64_t hash = brc_sim_hash(s);
    OK(brc_checkpoint_begin(s, &def, &w));
    (void)brc_checkpoint_over(w);
    OK(brc_checkpoint_end(w, NULL));
    assert_int_equal(brc_sim_hash(s), hash);
}

static void check_same_file(int a, int b)
{
    char path[512];
    FILE* f[2];
    for (int i = 0; i < 2; i++) {
        path_of(path, i ? b : a);
        f[i] = fopen(path, "rb");
        assert_non_null(f[i]);
    }
    int x, y;
    long at = 0;
    do {
        x = fgetc(f[0]), y = fgetc(f[1]), at++;
        EXPECT(x == y, "checkpoints of %d and %d ranks differ at byte %ld", a, b, at);
    } while (x != EOF);
    assert_true(at > 10000);
    fclose(f[0]), fclose(f[1]);
}

static void load(brc_comm* comm, int k, brc_sim* s, uint64_t hash)
{
    char path[512];
    brc_checkpoint* c;
    int64_t length;
    path_of(path, k);
    OK(brc_checkpoint_open(comm, path, &c));
    assert_memory_equal(brc_checkpoint_text(c, &length), "text", 4);
    OK(brc_checkpoint_load(c, s));
    brc_checkpoint_close(c);
    assert_int_equal(brc_sim_hash(s), hash);
    assert_int_equal(summary_of(s).particles, COUNT);
}

static void from_any_to_any(void** state)
{
    static const int all[] = {1, 2, 3, 4, 8};
    uint64_t now = 0, later = 0;
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all && all[i] <= world->size; i++) {
        brc_comm* group;
        OK(brc_comm_split(world, world->rank < all[i] ? 0 : -1, &group));
        if (!group) continue;
        brc_sim* s = settled(group);
        const brc_summary q = summary_of(s);
        if (world->rank == 0 && getenv("RANKS_TEST_SPEAKS"))
            print_message("%d contacts, %d with walls\n", (int)q.contacts, (int)q.wall_contacts);
        assert_true(q.contacts > 5 && q.wall_contacts > 5);
        const uint64_t hash = brc_sim_hash(s);
        if (all[i] == 1) now = hash;
        write(s, all[i]);
        run_steps(s, AFTER); // writing has changed nothing
        if (all[i] == 1) later = brc_sim_hash(s);
        if (world->rank == 0) {
            assert_int_equal(hash, now);
            if (all[i] > 1) check_same_file(1, all[i]);
        }
        const uint64_t end = brc_sim_hash(s);
        if (world->rank == 0) assert_int_equal(end, later);
        brc_sim_destroy(s);
        if (group != world) brc_comm_destroy(group);
    }
    OK(brc_comm_broadcast(world, &now, sizeof now, 0));
    OK(brc_comm_broadcast(world, &later, sizeof later, 0));
    for (size_t i = 0; i < sizeof all / sizeof *all && all[i] <= world->size; i++) {
        brc_comm* group;
        OK(brc_comm_split(world, world->rank < all[i] ? 0 : -1, &group));
        for (size_t k = 0; k < sizeof all / sizeof *all && all[k] <= world->size && group; k++) {
            brc_sim* s = make(group);
            load(group, all[k], s, now);
            run_steps(s, AFTER);
            assert_int_equal(brc_sim_hash(s), later);
            load(group, all[k], s, now); // also into one that holds something
            brc_sim_destroy(s);
        }
        if (group && group != world) brc_comm_destroy(group);
    }
}

// What is wrong with a file or a folder fails on all ranks alike.
static void failures_are_told_to_all(void** state)
{
    (void)state;
    brc_sim* s = settled(world);
    brc_writing* w;
    brc_checkpoint* c;
    char path[512];
    const brc_writing_def def = {.path = "/nowhere/x.chk", .text = "", .compress = 1};
    REFUSED(brc_checkpoint_begin(s, &def, &w), BRC_ERR_FILE, "cannot write the checkpoint '/nowhere/x.chk'");
    REFUSED(brc_checkpoint_open(world, "/nowhere/x.chk", &c), BRC_ERR_FILE, "cannot read '/nowhere/x.chk'");
    write(s, 99);
    path_of(path, 99);
    if (world->rank == 0) {
        FILE* f = fopen(path, "r+b");
        assert_non_null(f);
        fseek(f, 5000, SEEK_SET), fputc(77, f), fputc(78, f), fclose(f);
    }
    REFUSED(brc_checkpoint_open(world, path, &c), BRC_ERR_FILE, "is damaged: its checksum is wrong");
    brc_sim_destroy(s);
}

// Stress, packing, fields on a grid, and a file of contacts, bonds among them.
static void measures_are_those_of_one(void** state)
{
    (void)state;
    brc_sim* s[2] = {settled(NULL), settled(world)};
    brc_stress stress[2];
    brc_packing bed[2];
    brc_coarse* coarse[2];
    brc_output* o;
    char path[512];
    const brc_coarse_def grid = {.lo = {0, 0, 0}, .hi = {1, 1, 1}, .cells = {6, 6, 6}, .width = 0.1};
    for (int k = 0; k < 2; k++) {
        OK(brc_stress_get(s[k], NULL, &stress[k]));
        OK(brc_packing_get(s[k], NULL, 0, &bed[k]));
        OK(brc_coarse_create(s[k], &grid, &coarse[k]));
        OK(brc_coarse_sample(coarse[k]));
        path_of(path, 50 + k);
        const brc_output_def def = {.path = path, .provenance = "{}", .content = BRC_CONTENT_CONTACTS};
        if (k == 0 && world->rank) continue;
        OK(brc_output_open(s[k], &def, &o));
        OK(brc_output_write(o));
        OK(brc_output_close(o));
    }
    assert_memory_equal(&stress[0], &stress[1], sizeof stress[0]);
    assert_memory_equal(&bed[0], &bed[1], sizeof bed[0]);
    assert_true(stress[0].contacts > 5 && stress[0].particles == COUNT);
    for (int32_t f = 0; f < brc_coarse_field_count(); f++) {
        const brc_field *x = brc_coarse_field(coarse[0], f), *y = brc_coarse_field(coarse[1], f);
        for (int64_t i = 0; i < x->count; i++)
            for (int c = 0; c < x->columns; c++)
                assert_true(((const double*)x->p)[i * x->stride + c] == ((const double*)y->p)[i * y->stride + c]);
    }
    if (world->rank == 0) check_same_file(50, 51);
    for (int k = 0; k < 2; k++) brc_coarse_free(coarse[k]), brc_sim_destroy(s[k]);
}

int main(void)
{
    if (!brc_has("hdf5")) return 77;
    world = join_ranks();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_any_to_any),
        cmocka_unit_test(failures_are_told_to_all),
        cmocka_unit_test(measures_are_those_of_one),
    };
    return leave_ranks(world, cmocka_run_group_tests(tests, NULL, NULL));
}
