// rank_sums_test.c -- what several ranks say together of a state that they share is what one says that has all of it.
// As ranks.sums under mpirun; alone it is a rank that shares with nobody.
#include "rank_check.h"
#include "sim_check.h"
#include <float.h>

static brc_comm* comm;

// Of the particles of `p` each rank keeps some.
static brc_sim* share_of(const brc_options* base, const packing* p, int64_t count)
{
    brc_options o = *base;
    o.comm = comm;
    brc_sim* s = make_sim(&o, 2000, 1e-5);
    add_packing(s, p, 0, count);
    return s;
}

// What the step would leave: forces of many sizes, residuals. A function of the id alone.
static void shake(brc_sim* s)
{
    for (int64_t i = 0; i < s->count; i++) {
        random_state = (uint64_t)s->id[i];
        for (int k = 0; k < 7; k++) {
            if (k == 3) continue;
            s->acc[8 * i + k] = brc_grid_round(k < 3 ? s->f_grid : s->t_grid, 1e-3 * uniform(-1, 1));
            brc_particle_velocity_set(s, i, k, ldexp(uniform(-1, 1), (int)(s->id[i] % 40) - 20));
        }
    }
}

static void sums_are_those_of_one(void** state)
{
    (void)state;
    enum { N = 500 };
    brc_options o = options_of(1, 1);
    random_state = 7;
    packing p = random_packing(N, v3(0, 0, 0), v3(1, 1, 1), 0.01, 0.04, 1);
    for (int64_t i = 0; i < N; i++) p.id[i] = 3 * i + 1;
    brc_sim *all = make_sim(&o, 2000, 1e-5), *part = share_of(&o, &p, N);
    add_packing(all, &p, 0, N);
    shake(all), shake(part);
    int64_t here = part->count;
    OK(brc_comm_sum(comm, &here, 1));
    assert_int_equal(here, N);
    brc_summary whole = summary_of(all), shared = summary_of(part);
    assert_memory_equal(&whole, &shared, sizeof whole);
    const uint64_t hash = brc_sim_hash(all);
    assert_int_not_equal(hash, 0);
    assert_int_equal(brc_sim_hash(part), hash);
    // one number of one particle, on whichever rank it is, and all know
    const int64_t slot = brc_particle_slot(part, p.id[N / 2]);
    if (slot >= 0) part->acc[8 * slot + 5] += part->t_grid.quantum;
    assert_int_not_equal(brc_sim_hash(part), hash);
    // a number that is none, on one rank
    if (slot >= 0) part->mass[slot] = NAN;
    shared = summary_of(part);
    assert_true(isnan(shared.mass) && isnan(shared.kinetic_energy));
    packing_free(&p);
    brc_sim_destroy(all), brc_sim_destroy(part);
}

// ---- files -----------------------------------------------------------------------------------------------

static char* name_of(char* name, const char* end)
{
    const char* work = getenv("BARCHAN_WORK");
    snprintf(name, 512, "%s/rank_sums_%d%s", work ? work : ".", (int)comm->size, end);
    return name;
}

static char* bytes_of(const char* path, long* size)
{
    FILE* f = fopen(path, "rb");
    EXPECT(f, "no file %s", path);
    fseek(f, 0, SEEK_END);
    *size = ftell(f);
    rewind(f);
    char* all = malloc((size_t)*size + 1);
    assert_int_equal(fread(all, 1, (size_t)*size, f), *size);
    fclose(f);
    return all;
}

static void check_same_file(const char* a, const char* b)
{
    long size[2];
    char *x = bytes_of(a, &size[0]), *y = bytes_of(b, &size[1]);
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(x, y, size[0]);
    free(x), free(y);
    remove(a), remove(b);
}

static void write_trajectory(brc_sim* s, const char* path, int compress)
{
    brc_output* o;
    const brc_output_def def = {.path = path, .provenance = "{}", .compress = compress};
    OK(brc_output_open(s, &def, &o));
    for (int step = 0; step < 3; step++) {
        s->step = 10 * step;
        for (int64_t i = 0; i < s->count; i++) s->pos[4 * i] = brc_grid_round(s->x_grid, 0.5 + 1e-4 * step);
        OK(brc_output_write(o));
        OK(brc_output_write(o)); // the same step is written once
    }
    OK(brc_output_close(o));
}

// Files that all ranks write are those that one writes, byte by byte.
static void files_are_those_of_one(void** state)
{
    (void)state;
    enum { N = 40000 }; // more than a chunk, and pieces of more than a rank
    static const char* const end[] = {".vtk", ".ascii.vtk", ".vtp", ".csv"};
    static const int32_t format[] = {BRC_EXPORT_VTK, BRC_EXPORT_VTK_ASCII, BRC_EXPORT_VTP, BRC_EXPORT_CSV};
    brc_options o = options_of(1, 0);
    random_state = 9;
    packing p = random_packing(N, v3(0, 0, 0), v3(1, 1, 1), 0.001, 0.004, 1);
    for (int64_t i = 0; i < N; i++) p.id[i] = i < N / 2 ? i + 1 : 1000000 * (i - N / 2 + 1);
    brc_sim *all = make_sim(&o, 2000, 1e-5), *part = share_of(&o, &p, N);
    add_packing(all, &p, 0, N);
    part->inserted = all->inserted, part->next_id = all->next_id;
    shake(all), shake(part);
    char one[512], many[512], tail[32];
    for (int k = 0; k < 4; k++) {
        snprintf(tail, sizeof tail, "_one%s", end[k]);
        if (comm->rank == 0) OK(brc_export(all, name_of(one, tail), format[k]));
        OK(brc_export(part, name_of(many, end[k]), format[k]));
        if (comm->rank == 0) check_same_file(one, many);
    }
    for (int compress = 0; compress < 2 && brc_has("hdf5"); compress++) {
        if (comm->rank == 0) write_trajectory(all, name_of(one, "_one.vtkhdf"), compress);
        write_trajectory(part, name_of(many, ".vtkhdf"), compress);
        if (comm->rank == 0) check_same_file(one, many);
    }
    // What rank 0 cannot write fails on all, with one text.
    REFUSED(brc_export(part, "/nowhere/x.csv", BRC_EXPORT_CSV), BRC_ERR_FILE, "cannot write '/nowhere/x.csv'");
    brc_output* out;
    const brc_output_def def = {.path = "/nowhere/x.vtkhdf"};
    if (brc_has("hdf5")) REFUSED(brc_output_open(part, &def, &out), BRC_ERR_FILE, "cannot write '/nowhere/x.vtkhdf'");
    packing_free(&p);
    brc_sim_destroy(all), brc_sim_destroy(part);
}

static void exact_sums(void** state)
{
    (void)state;
    enum { N = 60 };
    double term[2][N], mine[2][N], sum[2], whole[2];
    int64_t n = 0;
    for (int i = 0; i < N; i++) {
        term[0][i] = ldexp(uniform(-1, 1), i % 30), term[1][i] = i == 0 ? 0x1p-1030 : -uniform(0, 1);
        if (i % comm->size == comm->rank) mine[0][n] = term[0][i], mine[1][n++] = term[1][i];
    }
    OK(brc_exact_sums(brc_comm_null(), term[0], N, N, 2, whole));
    OK(brc_exact_sums(comm, mine[0], N, n, 2, sum));
    assert_memory_equal(sum, whole, sizeof sum);
    double plain = 0;
    for (int i = 0; i < N; i++) plain += term[0][i];
    assert_true(fabs(plain - sum[0]) < 1e-9 * fabs(plain) + 1e-6);
    brc_status status = brc_exact_sums(comm, comm->rank == comm->size - 1 ? NULL : mine[0], N, n, 2, sum);
    assert_int_equal(status, BRC_ERR_MEMORY); // for all of them
}

// Each rank has some of the terms; what they come to follows from IEEE 754, whose one rounding is of the whole.
static void sums_at_the_ends(void** state)
{
    (void)state;
    enum { N = 4, CASES = 16 };
    static const struct {
        double term[N], sum;
    } cases[CASES] = {
        {{1e16, 1, -1e16}, 1},
        {{0x1p600, 1, -0x1p600, 0x1p-600}, 1},
        {{1, 0x1p-53}, 1}, // between two doubles: the even one
        {{1, 0x1p-52, 0x1p-53}, 1 + 0x1p-51},
        {{1, 0x1p-53, 0x1p-1074}, 1 + 0x1p-52},
        {{-1, -0x1p-53, 0x1p-1074}, -1},
        {{0x1p-1074, 0x1p-1074}, 0x1p-1073},
        {{0x1p-1022, -0x1p-1074}, 0x0.fffffffffffffp-1022},
        {{DBL_MAX, DBL_MAX, -DBL_MAX}, DBL_MAX},
        {{DBL_MAX, 0x1.fffffffffffffp969}, DBL_MAX},
        {{-DBL_MAX, -0x1p970}, -INFINITY},
        {{DBL_MAX, DBL_MAX}, INFINITY},
        {{INFINITY, -DBL_MAX, 1}, INFINITY},
        {{3, -INFINITY, DBL_MAX, DBL_MAX}, -INFINITY},
        {{INFINITY, 1, -INFINITY}, NAN},
        {{-1, -NAN, INFINITY}, NAN},
    };
    double mine[CASES][N], sum[CASES];
    int64_t n = 0;
    for (int i = 0; i < N; i++) {
        if (i % comm->size != comm->rank) continue;
        for (int k = 0; k < CASES; k++) mine[k][n] = cases[k].term[i];
        n++;
    }
    OK(brc_exact_sums(comm, mine[0], N, n, CASES, sum));
    for (int k = 0; k < CASES; k++)
        if (!(sum[k] == cases[k].sum || (isnan(sum[k]) && isnan(cases[k].sum))))
            fail_msg("case %d: %a, not %a", k, sum[k], cases[k].sum);
    const double nothing[N] = {-0.0, 0, -0.0, -0.0};
    OK(brc_exact_sums(comm, nothing + 2 * (comm->rank % 2), 0, 2, 1, sum));
    assert_true(sum[0] == 0 && !signbit(sum[0]));
}

// What Lua cannot give: an array of more than 2 GiB. It is not touched but at its ends.
static void memory_for_rows(void** state)
{
    (void)state;
    const int64_t size = (int64_t)3 << 30;
    void* p = NULL;
    OK(brc_memory_take(size, &p));
    ((char*)p)[0] = 1, ((char*)p)[size - 1] = 2;
    brc_memory_free(p);
    REFUSED(brc_memory_take(-8, &p), BRC_ERR_MEMORY, "no memory for -8 bytes");
    assert_null(p);
}

// Rows by key: sums and the largest of each key are those of plain loops, on any ranks, and the same bits.
static void reductions_by_key(void** state)
{
    (void)state;
    enum { N = 200, KEYS = 7 };
    double value[2][N], key[N], mine[2][N], my_key[N];
    int64_t label[2][N], my_label[2][N], n = 0;
    random_state = 3;
    for (int i = 0; i < N; i++) {
        value[0][i] = floor(uniform(-20, 20)), value[1][i] = ldexp(uniform(-1, 1), i % 9);
        key[i] = 1.5 * (i * i % KEYS) - 3, label[0][i] = 1000 - i / 2, label[1][i] = i % 2;
        if (key[i] == 0 && i % 2) key[i] = -0.0;          // the same key
        if (i % (comm->size + 1) != comm->rank) continue; // the rest: the last rank's
        mine[0][n] = value[0][i], mine[1][n] = value[1][i], my_key[n] = key[i];
        my_label[0][n] = label[0][i], my_label[1][n++] = label[1][i];
    }
    for (int i = 0; i < N; i++) {
        if (comm->rank != comm->size - 1 || i % (comm->size + 1) != comm->size) continue;
        mine[0][n] = value[0][i], mine[1][n] = value[1][i], my_key[n] = key[i];
        my_label[0][n] = label[0][i], my_label[1][n++] = label[1][i];
    }
    for (int largest = 0; largest < 2; largest++)
        for (int keyed = 0; keyed < 2; keyed++) {
            const brc_reduce_def all = {
                N, N, 2 - largest, largest, value[0], keyed ? key : NULL, largest ? label[0] : NULL};
            const brc_reduce_def part = {
                n, N, 2 - largest, largest, mine[0], keyed ? my_key : NULL, largest ? my_label[0] : NULL};
            brc_reduced one, shared;
            OK(brc_reduce(brc_comm_null(), &all, &one));
            OK(brc_reduce(comm, &part, &shared));
            assert_int_equal(one.rows, N);
            assert_int_equal(shared.rows, N);
            assert_int_equal(one.bins, shared.bins);
            assert_memory_equal(one.value, shared.value, (size_t)((2 - largest) * one.bins) * sizeof(double));
            if (keyed) assert_memory_equal(one.key, shared.key, (size_t)one.bins * sizeof(double));
            if (largest) assert_memory_equal(one.label, shared.label, (size_t)(2 * one.bins) * sizeof(int64_t));
            for (int64_t b = 0; b < one.bins; b++) {
                double sum = 0, most = -INFINITY;
                int64_t who = 0;
                if (b && keyed) assert_true(one.key[b] > one.key[b - 1]);
                for (int i = N - 1; i >= 0; i--) {
                    if (keyed && key[i] != one.key[b]) continue;
                    sum += value[0][i];
                    // labels fall from row to row, in pairs (0, 1): of equal ones the later pair's first
                    if (value[0][i] > most ||
                        (value[0][i] == most && (label[0][i] < label[0][who] ||
                                                 (label[0][i] == label[0][who] && label[1][i] < label[1][who]))))
                        most = value[0][i], who = i;
                }
                if (!largest) assert_true(one.value[b] == sum); // of whole numbers
                else
                    assert_true(one.value[b] == most && one.label[b] == label[0][who] &&
                                one.label[one.bins + b] == label[1][who]);
            }
            brc_reduced_free(&one), brc_reduced_free(&shared);
        }
    // nothing anywhere
    const brc_reduce_def none = {0, 0, 1, 0, value[0], NULL, NULL};
    brc_reduced out;
    OK(brc_reduce(comm, &none, &out));
    assert_true(out.rows == 0 && out.bins == 1 && out.value[0] == 0);
    brc_reduced_free(&out);
    const brc_reduce_def many = {0, 0, 9, 0, value[0], NULL, NULL};
    REFUSED(brc_reduce(comm, &many, &out), BRC_ERR_ARGUMENT, "columns must be 1 to 8, got 9");
}

// ---- who is near whom ------------------------------------------------------------------------------------

// Rattlers of spheres in the open, found the plain way: what has fewer than `least` neighbours goes, until none does.
static brc_packing peeled(const packing* p, int32_t least)
{
    brc_packing out = {0};
    int *count = calloc((size_t)p->count, sizeof *count), *kept = calloc((size_t)p->count, sizeof *kept);
    char* gone = calloc((size_t)p->count, 1);
    double all = 0, left = 0;
    int64_t backbone = 0;
    for (int pass = 0, more = 1; more; pass++) {
        more = 0;
        for (int64_t i = 0; i < p->count; i++) {
            int n = 0;
            for (int64_t j = 0; j < p->count; j++) {
                double d[3], sum = p->radius[i] + p->radius[j];
                for (int k = 0; k < 3; k++) d[k] = p->x[3 * i + k] - p->x[3 * j + k];
                n += j != i && !gone[j] && d[0] * d[0] + d[1] * d[1] + d[2] * d[2] < sum * sum;
            }
            if (pass == 0) count[i] = n;
            kept[i] = n;
        }
        for (int64_t i = 0; i < p->count; i++)
            if (!gone[i] && kept[i] < least) gone[i] = 1, more = 1;
    }
    for (int64_t i = 0; i < p->count; i++) {
        all += count[i];
        out.rattlers += gone[i];
        if (!gone[i]) left += kept[i], backbone++;
    }
    out.coordination = all / (double)p->count;
    out.backbone_coordination = backbone ? left / (double)backbone : 0;
    free(count), free(kept), free(gone);
    return out;
}

// Pairs, the deepest overlap and the contacts of a crowd are those that one rank finds, and that plain loops find.
static void neighbours_are_those_of_one(void** state)
{
    (void)state;
    enum { N = 1500 };
    for (int periodic = 0; periodic < 2; periodic++) {
        brc_options o = options_of(1, 1);
        for (int k = 0; k < 3; k++) o.periodic[k] = periodic;
        random_state = 12;
        packing p = random_packing(N, v3(0.05, 0.05, 0.05), v3(0.95, 0.95, 0.95), 0.03, 0.05, 1);
        for (int64_t i = 0; i < N; i++) p.id[i] = 1 + i * 7919 % N; // neighbours in any order of ids
        memcpy(p.x + 3 * 700, p.x + 3 * 20, 3 * sizeof *p.x); // two pairs, each at one place, and of the same sizes
        memcpy(p.x + 3 * 900, p.x + 3 * 500, 3 * sizeof *p.x);
        p.radius[20] = p.radius[500] = 0.05, p.radius[700] = p.radius[900] = 0.03; // nothing is deeper
        const int64_t a = p.id[20] < p.id[700] ? p.id[20] : p.id[700], b = p.id[20] + p.id[700] - a;
        const int64_t c = p.id[500] < p.id[900] ? p.id[500] : p.id[900], d = p.id[500] + p.id[900] - c;
        brc_sim *all = make_sim(&o, 2000, 1e-5), *part = share_of(&o, &p, N);
        add_packing(all, &p, 0, N);
        for (int k = 0; k < 2; k++) { // with the lists of steps, and without
            int64_t n[3], first, second;
            const uint64_t brute = brc_pairs_hash(all, 0.02, 1, &n[0]), one = brc_pairs_hash(all, 0.02, 0, &n[1]),
                           many = brc_pairs_hash(part, 0.02, 0, &n[2]);
            assert_true(n[0] > N && n[0] == n[1] && n[0] == n[2] && brute == one && brute == many);
            double overlap;
            OK(brc_overlap_find(part, &overlap, &first, &second));
            assert_true(fabs(overlap - 0.08 / 0.03) < 1e-9);
            assert_int_equal(first, a < c ? a : c);
            assert_int_equal(second, a < c ? b : d);
            OK(brc_overlap_find(all, &overlap, &first, &second));
            assert_int_equal(first, a < c ? a : c);
            for (int32_t least = 2; least < 6; least++) {
                brc_packing bed[2];
                OK(brc_packing_get(all, NULL, least, &bed[0]));
                OK(brc_packing_get(part, NULL, least, &bed[1]));
                assert_memory_equal(&bed[0], &bed[1], sizeof bed[0]);
                if (periodic) continue;
                const brc_packing plain = peeled(&p, least);
                assert_int_equal(bed[1].rattlers, plain.rattlers);
                assert_true(plain.rattlers > 10 && plain.rattlers < N - 10);
                assert_true(bed[1].coordination == plain.coordination);
                assert_true(bed[1].backbone_coordination == plain.backbone_coordination);
            }
        }
        packing_free(&p);
        brc_sim_destroy(all), brc_sim_destroy(part);
    }
}

int main(void)
{
    comm = join_ranks();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_sums),
        cmocka_unit_test(sums_at_the_ends),
        cmocka_unit_test(memory_for_rows),
        cmocka_unit_test(reductions_by_key),
        cmocka_unit_test(sums_are_those_of_one),
        cmocka_unit_test(files_are_those_of_one),
        cmocka_unit_test(neighbours_are_those_of_one),
    };
    return leave_ranks(comm, cmocka_run_group_tests(tests, NULL, NULL));
}
