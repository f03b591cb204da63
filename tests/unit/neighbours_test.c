// neighbours_test.c -- candidate lists and the cell grid against all pairs: size ratios to 1 : 20, periodic axes in
// every combination, boxes one to three cells wide, any number of workers, while particles and walls move, come and go.
#include "sim_check.h"

// ---- the grid --------------------------------------------------------------------------------------------

static void grid_finds_every_pair(void** state)
{
    (void)state;
    static const struct {
        int64_t count;
        double small, large, reach;
    } cases[] = {{2000, 0.02, 0.02, 0},
                 {2000, 0.005, 0.05, 0.01},
                 {3000, 0.003, 0.06, 0},
                 {50, 0.02, 0.2, 0.3},
                 {1, 0.1, 0.1, 1}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        for (int mask = 0; mask < 8; mask++) {
            brc_options o = options_of(1, mask);
            brc_sim* s = make_sim(&o, 1, 1e-6);
            packing p = random_packing(cases[c].count, v3(0, 0, 0), v3(1, 1, 1), cases[c].small, cases[c].large, 0);
            add_packing(s, &p, 0, p.count);
            int64_t n, brute_n;
            uint64_t found = brc_pairs_hash(s, cases[c].reach, 0, &n),
                     brute = brc_pairs_hash(s, cases[c].reach, 1, &brute_n);
            assert_int_equal(n, brute_n);
            assert_int_equal(found, brute);
            if (cases[c].count > 1) assert_true(n > 0);
            packing_free(&p);
            brc_sim_destroy(s);
        }
}

// 10 000 spheres of 1 : 20 (validation B10), and the same spheres shifted through the periodic box.
static void grid_of_ten_thousand(void** state)
{
    (void)state;
    packing p = random_packing(10000, v3(0, 0, 0), v3(1, 1, 1), 0.002, 0.04, 0);
    for (int mask = 0; mask < 8; mask += 7) {
        brc_options o = options_of(1, mask);
        brc_sim* s = make_sim(&o, 1, 1e-6);
        add_packing(s, &p, 0, p.count);
        int64_t n, brute_n;
        uint64_t found = brc_pairs_hash(s, 0.002, 0, &n), brute = brc_pairs_hash(s, 0.002, 1, &brute_n);
        print_message("10000 spheres, 1 : 20, periodic %d: %" PRId64 " pairs by the grid, %" PRId64 " by all pairs\n",
                      mask, n, brute_n);
        assert_int_equal(n, brute_n);
        assert_int_equal(found, brute);
        brc_sim_destroy(s);
    }
    packing_free(&p);
}

// ---- the lists -------------------------------------------------------------------------------------------

static int compare_key(const void* a, const void* b)
{
    const int64_t *x = a, *y = b;
    return x[0] != y[0] ? (x[0] > y[0]) - (x[0] < y[0]) : (x[1] > y[1]) - (x[1] < y[1]);
}

BRUTE static double skin_of(const brc_sim* s, int64_t a, int64_t b)
{
    return 0.5 * s->skin * ((double)s->roam[2 * a] + (double)s->roam[2 * b]);
}

// How many pairs with an end in the worker's range are nearer than their skin; each of them is among the keys.
BRUTE static int64_t brute_pairs(const brc_sim* s, const worker* w, int64_t (*key)[2], int64_t n)
{
    int64_t found = 0;
    for (int64_t a = 0; a < s->count; a++)
        for (int64_t b = a + 1; b < s->count; b++) {
            const bool mine = (a >= w->begin && a < w->end) || (b >= w->begin && b < w->end);
            if (!mine) continue;
            const double *x = s->ref + 4 * a, *y = s->ref + 4 * b, sum = x[3] + y[3] + skin_of(s, a, b);
            if (!nearer(s, x, y, sum)) continue;
            const int64_t wanted[2] = {a, b};
            assert_true(bsearch(wanted, key, (size_t)n, sizeof *key, compare_key) != NULL);
            found++;
        }
    return found;
}

// Each worker lists the pairs nearer than their skin that have an end in its range, once, the lower id first; and none
// that is further by more than rounding.
static void check_lists(const brc_sim* s)
{
    int64_t room = 1;
    for (int i = 0; i < s->worker_count; i++) room += s->workers[i].pairs.count;
    int64_t(*key)[2] = malloc((size_t)room * sizeof *key);
    for (int i = 0; i < s->worker_count; i++) {
        const worker* w = &s->workers[i];
        int64_t n = 0;
        for (int64_t k = 0; k < w->pairs.count; k++) {
            int32_t a = w->pairs.a[k], b = w->pairs.b[k];
            assert_true(a != b && s->id[a] < s->id[b]);
            assert_true((a >= w->begin && a < w->end) || (b >= w->begin && b < w->end));
            key[n][0] = a < b ? a : b, key[n++][1] = a < b ? b : a;
        }
        qsort(key, (size_t)n, sizeof *key, compare_key);
        for (int64_t k = 1; k < n; k++) assert_true(compare_key(key[k - 1], key[k]) != 0);
        const int64_t brute = brute_pairs(s, w, key, n);
        for (int64_t k = 0; k < n; k++) {
            const double *x = s->ref + 4 * key[k][0], *y = s->ref + 4 * key[k][1];
            const double sum = x[3] + y[3] + skin_of(s, key[k][0], key[k][1]);
            assert_true(distance2(s, x, y) < 1.0001 * sum * sum);
        }
        assert_in_range(n, brute, brute + 2);
    }
    assert_true(s->lists_valid);
    free(key);
}

static void lists_hold_every_pair(void** state)
{
    (void)state;
    // [m] edges of the box: with radii to 0.05 and a skin of 0.02, cells are 0.12 wide: 8 cells, and 1, 2 and 3 along
    // thin axes
    static const double edge[][3] = {
        {1, 1, 1}, {0.21, 0.25, 0.4}, {0.25, 0.21, 1}, {0.38, 0.38, 0.38}, {0.21, 0.21, 0.21}};
    static const int64_t counts[] = {900, 60, 120, 120, 40};
    for (size_t c = 0; c < 5; c++)
        for (int mask = 0; mask < 8; mask++)
            for (int threads = 1; threads <= 5; threads += 2) {
                brc_options o = options_of(1, mask);
                for (int k = 0; k < 3; k++) o.hi[k] = edge[c][k];
                o.threads = threads, o.skin = 0.02;
                brc_sim* s = make_sim(&o, 1e-6, 1e-6);
                packing p = random_packing(counts[c], v3(0, 0, 0), v3_from(o.hi), 0.005, 0.05, 0);
                add_packing(s, &p, 0, p.count);
                run_steps(s, 1);
                check_lists(s);
                packing_free(&p);
                brc_sim_destroy(s);
            }
}

// Over 1000 particles the workers are threads.
static void lists_of_many_workers(void** state)
{
    (void)state;
    for (int threads = 1; threads <= 4; threads++) {
        brc_options o = options_of(1, 5);
        o.threads = threads, o.skin = 0.01;
        brc_sim* s = make_sim(&o, 1e-6, 1e-6);
        packing p = random_packing(2500, v3(0, 0, 0), v3(1, 1, 1), 0.005, 0.05, 0);
        add_packing(s, &p, 0, p.count);
        run_steps(s, 1);
        check_lists(s);
        assert_int_equal(summary_of(s).contacts, brute_contacts(s));
        packing_free(&p);
        brc_sim_destroy(s);
    }
}

// Few large ones among many small ones, 1 : 20, half the mass in each, and a broad range of sizes: cells on levels.
static packing mixture(int64_t count, bool broad, double speed)
{
    packing p = random_packing(count, v3(0, 0, 0), v3(1, 1, 1), 0.006, broad ? 0.12 : 0.0061, speed);
    for (int64_t i = 0; i < count && broad; i++) // as many in volume of each size
        p.radius[i] = 0.006 / pow(1 - uniform(0, 1) * (1 - 1.0 / 8000), 1.0 / 3);
    if (!broad) p.radius[count / 3] = p.radius[count / 2] = 0.12;
    return p;
}

static void lists_on_levels(void** state)
{
    (void)state;
    for (int mask = 0; mask < 8; mask++)
        for (int c = 0; c < 4; c++) {
            brc_options o = options_of(1, mask);
            o.threads = 1 + 2 * (c / 2), o.skin = 0.002, o.isa = 1 + (mask + c) % brc_isa_best();
            brc_sim* s = make_sim(&o, 1e-6, 1e-6);
            packing p = mixture(6000, c % 2 == 1, 0);
            add_packing(s, &p, 0, p.count);
            run_steps(s, 1);
            check_lists(s);
            assert_true(s->grid.levels > 1);
            packing_free(&p);
            brc_sim_destroy(s);
        }
}

// Skins that make different levels worth while.
static void levels_change_nothing(void** state)
{
    (void)state;
    static const double skins[] = {0.0005, 0.01, 0.05, 1};
    int32_t most = 0, least = BRC_GRID_LEVELS;
    uint64_t expected = 0;
    for (int k = 0; k < 4; k++) {
        brc_options o = options_of(1, 5);
        o.skin = skins[k], o.on_exit = BRC_EXIT_REMOVE;
        brc_sim* s = make_sim(&o, 10, 1e-5);
        random_state = 7;
        packing p = mixture(4000, true, 3);
        add_packing(s, &p, 0, p.count);
        for (int step = 0; step < 300; step++) {
            run_steps(s, 1);
            most = s->grid.levels > most ? s->grid.levels : most,
            least = s->grid.levels < least ? s->grid.levels : least;
        }
        assert_int_equal(summary_of(s).contacts, brute_contacts(s));
        if (k == 0) expected = brc_sim_hash(s);
        assert_int_equal(brc_sim_hash(s), expected);
        packing_free(&p);
        brc_sim_destroy(s);
    }
    print_message("levels: %d to %d\n", least, most);
    assert_true(least < most);
}

// Near lists: rows ascend in each, none stands in two; pairs inside a range in the order of the lower slot; what does
// not touch remembers nothing, and what touches is there. Answers how many stand with those that did not touch.
static int64_t check_near(const brc_sim* s, int64_t touching_in[BRC_NEAR_LISTS])
{
    int64_t touching = 0, border = 0, apart = 0;
    for (int i = 0; i < s->worker_count; i++) {
        const worker* w = &s->workers[i];
        uint8_t* seen = calloc((size_t)w->pairs.count + 1, 1);
        for (int l = 0; l < BRC_NEAR_LISTS; l++) {
            const near_list* n = &w->near[l];
            int32_t last = -1;
            apart += l == BRC_APART ? n->count : 0;
            for (int64_t k = 0; k < n->count; k++) {
                const int32_t a = n->a[k], b = n->b[k], lower = a < b ? a : b;
                const double sum = s->pos[4 * (int64_t)a + 3] + s->pos[4 * (int64_t)b + 3];
                const double d2 = distance2(s, s->pos + 4 * (int64_t)a, s->pos + 4 * (int64_t)b);
                assert_true(k == 0 || n->row[k] > n->row[k - 1]);
                assert_true(!seen[n->row[k]]++);
                assert_true(l == BRC_BORDER || lower >= last);
                last = lower;
                touching += n->touching[k] && l != BRC_BORDER;
                touching_in[l] += n->touching[k];
                border += n->touching[k] && l == BRC_BORDER && a >= w->begin && a < w->end;
                assert_int_equal(n->touching[k], d2 < sum * sum);
                for (int h = 0; h < s->history_count && !n->touching[k]; h++)
                    assert_true(brc_real_get(s, n->history[h], k) == 0);
            }
        }
        free(seen);
    }
    assert_int_equal(touching + border, brute_contacts(s));
    return apart;
}

static void near_lists_of_what_touches(void** state)
{
    (void)state;
    int64_t apart = 0, picks = 0, touching_in[BRC_NEAR_LISTS] = {0};
    for (int c = 0; c < 6; c++) {
        brc_options o = options_of(1, c);
        o.threads = 1 + c % 3, o.skin = c < 3 ? 0.01 : 0, o.precision = c % 2 ? BRC_DOUBLE : BRC_MIXED;
        o.on_exit = BRC_EXIT_REMOVE;
        brc_sim* s = make_sim(&o, 10, 1e-5);
        packing p = random_packing(1500, v3(0, 0, 0), v3(1, 1, 1), 0.02, 0.06, 4);
        add_packing(s, &p, 0, p.count);
        for (int k = 0; k < 60; k++) {
            run_steps(s, 5); // of which four are begun by the sweep
            OK(brc_step_begin(s));
            apart += check_near(s, touching_in);
            OK(brc_step_end(s));
        }
        picks += s->picks + s->rebuilds;
        packing_free(&p);
        brc_sim_destroy(s);
    }
    print_message("near lists made %" PRId64 " times\n", picks);
    assert_true(apart > 1000 && picks > 12);
    assert_true(touching_in[BRC_INSIDE] > 10 * touching_in[BRC_APART]); // or the sweep takes the slow way
}

// Skins of their own for the fast: with one particle in fifty at 30 times the speed of the others, lists hold what each
// may come to, and last longer than the fast ones would allow if all had the same.
static void the_fast_may_roam(void** state)
{
    (void)state;
    for (int mask = 0; mask < 8; mask++)
        for (int threads = 1; threads <= 3; threads++) {
            brc_options o = options_of(1, mask);
            o.threads = threads, o.on_exit = BRC_EXIT_REMOVE;
            brc_sim* s = make_sim(&o, 1e-3, 1e-5);
            packing p = random_packing(1500, v3(0.1, 0.1, 0.1), v3(0.9, 0.9, 0.9), 0.01, 0.03, 0.2);
            for (int64_t i = 0; i < p.count; i += 50)
                for (int k = 0; k < 3; k++) p.v[3 * i + k] = uniform(-6, 6);
            add_packing(s, &p, 0, p.count);
            run_steps(s, 1);
            check_lists(s);
            float least = 1, most = 1;
            for (int64_t i = 0; i < s->count; i++) {
                least = s->roam[2 * i] < least ? s->roam[2 * i] : least;
                most = s->roam[2 * i] > most ? s->roam[2 * i] : most;
                assert_true(fabsf(s->roam[2 * i] * s->roam[2 * i + 1] - 1) < 2e-7f);
            }
            assert_true(least < 0.8f && most > 4);
            for (int k = 0; k < 40; k++) {
                OK(brc_step_begin(s));
                assert_int_equal(summary_of(s).contacts, brute_contacts(s));
                OK(brc_step_end(s));
            }
            packing_free(&p);
            brc_sim_destroy(s);
        }
}

// How far each may move is chosen by its speed when the lists are made; then it is pushed, stopped, thrown and moved by
// a script. The contacts of each step against all pairs.
static void the_pushed_are_found(void** state)
{
    (void)state;
    int64_t touched = 0, rebuilds = 0, steps = 0, turned = 0;
    for (int c = 0; c < 8; c++) {
        brc_options o = options_of(1, c);
        o.threads = 1 + c % 3, o.on_exit = BRC_EXIT_REMOVE, o.precision = c % 2 ? BRC_DOUBLE : BRC_MIXED;
        brc_sim* s = make_sim(&o, 1e-3, 1e-4);
        use_law(s, "linear/epsd", 1e-3, 1e4); // [N] of the pushes
        packing p = random_packing(500, v3(0.1, 0.1, 0.1), v3(0.9, 0.9, 0.9), 0.008, 0.03, 0.05);
        for (int64_t i = 0; i < p.count; i += 25)
            for (int k = 0; k < 3; k++) p.v[3 * i + k] = uniform(-8, 8);
        add_packing(s, &p, 0, p.count);
        for (int step = 0; step < 250; step++) {
            OK(brc_step_begin(s));
            const int64_t brute = brute_contacts(s), found = summary_of(s).contacts;
            if (found != brute) fail_msg("scene %d, step %d: %" PRId64 " contacts of %" PRId64, c, step, found, brute);
            touched += brute;
            // A push in the middle of a step, [N] for 1 m/s a step, goes on for some steps: the slow grow fast.
            for (int64_t i = step / 20 % 5; i < s->count; i += 20)
                for (int k = 0; k < 3 && brc_alive(s, i); k++) {
                    const double push = (s->id[i] * 7 + k) % 3 - 1.0;
                    const double force = push / brc_real_get(s, s->vel, BRC_MOTION * i + 3) / 1e-4;
                    s->acc[8 * i + k] += brc_grid_round(s->f_grid, force);
                }
            OK(brc_step_end(s));
            if (step % 2) run_steps(s, 2); // of which one is begun by the sweep
            if (step % 7 == 3)             // what was slow is fast at once, what was fast stands
                for (int64_t i = step % 11; i < s->count; i += 11)
                    for (int k = 0; k < 3 && brc_alive(s, i); k++, turned++)
                        brc_real_set(s, s->vel, BRC_MOTION * i + k, s->roam[2 * i] > 1 ? 0 : uniform(-9, 9));
            if (step % 13 == 5) // and somewhere else, a little or a lot
                for (int64_t i = step % 29; i < s->count; i += 29)
                    for (int k = 0; k < 3 && brc_alive(s, i); k++) {
                        const double far = i % 2 ? 0.004 : 0.3, to = s->pos[4 * i + k] + uniform(-far, far);
                        s->pos[4 * i + k] = fmin(fmax(to, 0.05), 0.95);
                    }
        }
        rebuilds += s->rebuilds, steps += s->step;
        packing_free(&p);
        brc_sim_destroy(s);
    }
    print_message("pushed: %" PRId64 " contacts, lists made %" PRId64 " times in %" PRId64 " steps\n", touched,
                  rebuilds, steps);
    assert_true(touched > 10000 && turned > 1000 && 2 * rebuilds < steps);
}

// Steps that begin the next one glide over particles in free flight; steps one by one kick them all. The same bits.
static void free_flight_is_the_same(void** state)
{
    (void)state;
    for (int c = 0; c < 2 * brc_isa_best(); c++) {
        uint64_t hash[2];
        for (int single = 0; single < 2; single++) {
            brc_options o = options_of(1, c % 2 ? 7 : 5);
            o.isa = 1 + c / 2, o.precision = c % 2 ? BRC_DOUBLE : BRC_MIXED, o.threads = 1 + single;
            o.on_exit = BRC_EXIT_REMOVE;
            memset(o.gravity, 0, sizeof o.gravity);
            brc_sim* s = make_sim(&o, 10, 1e-5);
            random_state = 11;
            packing p = random_packing(1200, v3(0.1, 0.1, 0.1), v3(0.9, 0.9, 0.9), 0.01, 0.03, 5);
            for (int64_t i = 0; i < p.count; i += 3) p.v[3 * i] = -0.0, p.w[3 * i + 1] = -0.0;
            add_packing(s, &p, 0, p.count);
            if (single)
                for (int k = 0; k < 200; k++) run_steps(s, 1);
            else run_steps(s, 200);
            hash[single] = brc_sim_hash(s);
            packing_free(&p);
            brc_sim_destroy(s);
        }
        assert_int_equal(hash[0], hash[1]);
    }
}

// A skin wider than the box, wide enough that a particle may cross it more than once between two rebuilds.
static void skin_wider_than_the_box(void** state)
{
    (void)state;
    for (int wide = 1; wide <= 4; wide++) {
        brc_options o = options_of(0.3, 7);
        o.skin = 0.15 * wide;
        brc_sim* s = make_sim(&o, 1e-6, 1e-4);
        packing p = random_packing(40, v3(0, 0, 0), v3(0.3, 0.3, 0.3), 0.01, 0.05, 10);
        add_packing(s, &p, 0, p.count);
        for (int k = 0; k < 300; k++) {
            run_steps(s, 1);
            assert_int_equal(summary_of(s).contacts, brute_contacts(s));
        }
        packing_free(&p);
        brc_sim_destroy(s);
    }
}

// ---- in motion -------------------------------------------------------------------------------------------

static void add_wavy_mesh(brc_sim* s, double rate)
{
    enum { N = 8 };
    double x[(N + 1) * (N + 1)][3];
    int32_t t[2 * N * N][3], at = 0, wall;
    for (int i = 0; i <= N; i++)
        for (int j = 0; j <= N; j++) {
            double u = (double)i / N, v = (double)j / N;
            v3_to(x[i * (N + 1) + j], v3(1.2 * u - 0.1, 1.2 * v - 0.1, 0.4 + 0.1 * brc_sin(9 * u) * brc_cos(7 * v)));
        }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            int32_t a = i * (N + 1) + j, b = a + 1, c = a + N + 1, d = c + 1;
            memcpy(t[at++], (int32_t[]){a, b, d}, 12);
            memcpy(t[at++], (int32_t[]){a, d, c}, 12);
        }
    brc_wall_def def = {.shape = BRC_MESH,
                        .vertices = x[0],
                        .triangles = t[0],
                        .vertex_count = (N + 1) * (N + 1),
                        .triangle_count = at};
    brc_motion swing = {.kind = BRC_OSCILLATION, .stop = 1e9, .axis = {0.3, 0.2, 1}, .amplitude = 0.05, .period = 0.02};
    brc_motion turn = {.kind = BRC_ROTATION, .stop = 1e9, .axis = {0, 0, 1}, .origin = {0.5, 0.5, 0}, .rate = rate};
    OK(brc_wall_add(s, &def, &wall));
    if (rate != 0) OK(brc_wall_motion_add(s, wall, &turn));
    if (rate != 0) OK(brc_wall_motion_add(s, wall, &swing));
}

static void add_ball(brc_sim* s)
{
    brc_wall_def def = {.shape = BRC_SPHERE, .side = 1, .point = {0.02, 0.5, 0.5}, .radius = 0.15};
    brc_motion swing = {.kind = BRC_OSCILLATION, .stop = 1e9, .axis = {0, 1, 0}, .amplitude = 0.3, .period = 0.05};
    int32_t wall;
    OK(brc_wall_add(s, &def, &wall));
    OK(brc_wall_motion_add(s, wall, &swing));
}

// Every contact is found at every step, with particles and with walls, whatever the skin, whether lists are old or new:
// particles that cross periodic faces meet other parts of a wall there, walls swing back, streams add to lists that are
// valid.
static void every_contact_at_every_step(void** state)
{
    (void)state;
    static const double skins[] = {0, 1e-4, 0.01, 0.05, 0.3};
    int64_t touched = 0, wall_touched = 0;
    for (int mask = 0; mask < 8; mask++)
        for (size_t c = (size_t)mask % 2; c < sizeof skins / sizeof skins[0]; c += 2) {
            brc_options o = options_of(1, mask);
            o.skin = skins[c], o.on_exit = BRC_EXIT_REMOVE, o.threads = 1 + (int)c % 3, o.seed = c;
            brc_sim* s = make_sim(&o, 1e-3, 1e-4);
            packing p = random_packing(100, v3(0.05, 0.05, 0.05), v3(0.95, 0.95, 0.95), 0.01, 0.06, 6);
            add_packing(s, &p, 0, p.count);
            add_wavy_mesh(s, 40);
            add_wavy_mesh(s, 0);
            add_ball(s);
            brc_insert_def stream = {.kind = BRC_STREAM,
                                     .region = {.hi = {1, 1, 1}},
                                     .sizes = {.min = 0.01, .max = 0.07, .kind = BRC_SIZE_UNIFORM},
                                     .count_rate = 3000,
                                     .stop = 1,
                                     .v = {3, -2, 4}};
            int32_t number;
            OK(brc_insert_add(s, &stream, &number));
            for (int k = 0; k < 150; k++) {
                OK(brc_step_begin(s)); // here positions, walls and contacts belong together
                brc_summary q = summary_of(s);
                int64_t pairs = brute_contacts(s), walls = brute_wall_contacts(s);
                if (q.contacts != pairs || q.wall_contacts != walls)
                    fail_msg("periodic %d, skin %g, step %d: contacts %" PRId64 " of %" PRId64 ", with walls %" PRId64
                             " of %" PRId64,
                             mask, skins[c], k, q.contacts, pairs, q.wall_contacts, walls);
                touched += pairs, wall_touched += walls;
                OK(brc_step_end(s));
            }
            packing_free(&p);
            brc_sim_destroy(s);
        }
    print_message("contacts found at every step: %" PRId64 ", with walls %" PRId64 "\n", touched, wall_touched);
    assert_true(touched > 10000 && wall_touched > 10000);
}

// A wall that swings out and back past where the lists were made, and a particle that comes while it is out.
static void walls_that_swing_back(void** state)
{
    (void)state;
    brc_options o = options_of(1, 0);
    o.skin = 0.6;
    brc_sim* s = make_sim(&o, 1e-3, 1e-4);
    brc_wall_def def = {.shape = BRC_SPHERE, .side = 1, .point = {0.5, 0.5, 0.5}, .radius = 0.1};
    brc_motion swing = {.kind = BRC_OSCILLATION, .stop = 1e9, .axis = {1, 0, 0}, .amplitude = 0.28, .period = 0.01};
    int32_t wall;
    OK(brc_wall_add(s, &def, &wall));
    OK(brc_wall_motion_add(s, wall, &swing));
    add_one(s, 0, v3(0.5, 0.95, 0.95), v3(0, 0, 0), 0.01);
    run_steps(s, 25); // now it is at 0.78
    int64_t rebuilds = s->rebuilds, most = 0;
    add_one(s, 0, v3(0.115, 0.5, 0.5), v3(0, 0, 0), 0.01);
    assert_true(s->lists_valid);
    for (int k = 0; k < 55; k++) { // to 0.22 and away
        run_steps(s, 1);
        most = s->workers[0].touches.count > most ? s->workers[0].touches.count : most;
        assert_int_equal(summary_of(s).wall_contacts, brute_wall_contacts(s));
    }
    assert_int_equal(most, 1);
    assert_int_equal(s->rebuilds, rebuilds);
    brc_sim_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grid_finds_every_pair),       cmocka_unit_test(grid_of_ten_thousand),
        cmocka_unit_test(lists_hold_every_pair),       cmocka_unit_test(lists_of_many_workers),
        cmocka_unit_test(skin_wider_than_the_box),     cmocka_unit_test(lists_on_levels),
        cmocka_unit_test(levels_change_nothing),       cmocka_unit_test(walls_that_swing_back),
        cmocka_unit_test(every_contact_at_every_step), cmocka_unit_test(near_lists_of_what_touches),
        cmocka_unit_test(the_fast_may_roam),           cmocka_unit_test(the_pushed_are_found),
        cmocka_unit_test(free_flight_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
