// cell_test.c -- tilted and deforming periodic cells: pairs against all images of all pairs, before and during every
// kind of strain; images move as the cell does; the place of the faces, threads, instruction sets and skins do not
// matter.
#include "sim_check.h"

#define NEAR(a, b, tolerance)                                                                                          \
    do {                                                                                                               \
        double a_ = (a), b_ = (b);                                                                                     \
        if (!(fabs(a_ - b_) <= (tolerance))) fail_msg("%s: %.17g, wanted %.17g", #a, a_, b_);                          \
    } while (0)

enum { XX, YY, ZZ, XY, XZ, YZ };

// Squared distance of the nearest of all images up to the second edge: nothing of the engine's search.
BRUTE static double nearest2(const brc_sim* s, const double* a, const double* b)
{
    const double* e = s->cell.edge;
    double best = INFINITY;
    for (int i = -2; i <= 2; i++)
        for (int j = -2; j <= 2; j++)
            for (int k = -2; k <= 2; k++) {
                double x = a[0] - b[0] + i * e[XX] + j * e[XY] + k * e[XZ];
                double y = a[1] - b[1] + j * e[YY] + k * e[YZ], z = a[2] - b[2] + k * e[ZZ];
                double d2 = x * x + y * y + z * z; // fmin() would be a call, for each of the 125
                best = d2 < best ? d2 : best;
            }
    return best;
}

BRUTE static int64_t contacts_of_all_images(const brc_sim* s)
{
    int64_t n = 0;
    for (int64_t i = 0; i < s->count; i++)
        for (int64_t j = 0; j < i; j++) {
            const double *a = s->pos + 4 * i, *b = s->pos + 4 * j;
            n += (a[3] + b[3]) * (a[3] + b[3]) - nearest2(s, a, b) > 0;
        }
    return n;
}

static brc_options cell_options(double xy, double xz, double yz)
{
    brc_options o = options_of(1, 7);
    o.tilt[0] = xy, o.tilt[1] = xz, o.tilt[2] = yz;
    return o;
}

static void pairs_of_tilted_boxes(void** state)
{
    (void)state;
    static const struct {
        int64_t count;
        double small, large, reach;
    } cases[] = {{600, 0.03, 0.03, 0}, {800, 0.012, 0.12, 0.01}, {300, 0.01, 0.1, 0.04}, {60, 0.2, 0.24, 0}};
    int64_t total = 0;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        for (int round = 0; round < 8; round++) {
            brc_options o = cell_options(uniform(-1.4, 1.4), uniform(-1.4, 1.4), uniform(-1.4, 1.4));
            o.hi[1] = uniform(1, 1.5), o.hi[2] = uniform(1, 1.5);
            if (round == 1) o.tilt[1] = o.tilt[2] = 0, o.periodic[2] = 0;
            if (round == 2) o.tilt[0] = o.tilt[1] = 0, o.periodic[0] = 0;
            if (round == 3) o.tilt[0] = o.tilt[2] = 0, o.periodic[1] = 0;
            if (round == 4) o.tilt[0] = 0.5, o.tilt[1] = -0.5, o.tilt[2] = -0.5 * o.hi[1];
            brc_sim* s = make_sim(&o, 1, 1e-6);
            assert_true(fabs(s->cell.edge[XY]) <= 0.5 && fabs(s->cell.edge[XZ]) <= 0.5);
            assert_true(fabs(s->cell.edge[YZ]) <= 0.5 * s->length[1] || !o.periodic[1]);
            packing p = random_packing(cases[c].count, v3(0, 0, 0), v3_from(o.hi), cases[c].small, cases[c].large, 0);
            add_packing(s, &p, 0, p.count);
            int64_t n, brute_n, wanted = 0;
            uint64_t found = brc_pairs_hash(s, cases[c].reach, 0, &n),
                     brute = brc_pairs_hash(s, cases[c].reach, 1, &brute_n);
            for (int64_t i = 0; i < s->count; i++)
                for (int64_t j = 0; j < i; j++) {
                    const double *a = s->pos + 4 * i, *b = s->pos + 4 * j;
                    double sum = a[3] + b[3] + cases[c].reach;
                    wanted += sqrt(nearest2(s, a, b)) < sum;
                }
            assert_int_equal(n, brute_n);
            assert_int_equal(found, brute);
            assert_int_equal(n, wanted);
            total += n;
            packing_free(&p);
            brc_sim_destroy(s);
        }
    print_message("%" PRId64 " pairs in tilted boxes, all of them\n", total);
    assert_true(total > 10000);
}

// Fills and lattices of tilted cells: no sphere overlaps any image of another, spheres lie across every face that the
// region spans, and what is random is as dense as without tilts. First many cells of few spheres, as large as they may
// be, then of many.
static void fills_of_tilted_boxes(void** state)
{
    (void)state;
    enum { FEW = 300, ROUNDS = FEW + 12 };
    int64_t across[3] = {0}, spheres = 0;
    for (int round = 0; round < ROUNDS; round++) {
        brc_options o = cell_options(uniform(-1.4, 1.4), uniform(-1.4, 1.4), uniform(-1.4, 1.4));
        bool few = round < FEW;
        int kind = round % 6;
        o.hi[1] = uniform(1, 1.5), o.hi[2] = uniform(1, 1.5);
        if (kind == 1) o.tilt[1] = o.tilt[2] = 0, o.periodic[2] = 0;
        if (kind == 2) o.tilt[0] = o.tilt[1] = 0, o.periodic[0] = 0;
        if (kind == 3) o.tilt[0] = 0.5, o.tilt[1] = -0.5, o.tilt[2] = (round % 12 < 6 ? 0.5 : -0.5) * o.hi[1];
        if (kind == 5 && round % 24 < 12) o.tilt[0] = 0;
        if (kind == 5 && few) o.hi[1] = 0.005 + 6 * 0.1733, o.hi[2] = 0.005 + 8 * 0.1634; // the last layer is close
        brc_sim* s = make_sim(&o, 1, 1e-6);
        const double small = few ? 0.24 : 0.04, large = few ? 0.24 : round < FEW + 6 ? 0.04 : 0.09;
        brc_insert_def def = {
            .kind = BRC_FILL,
            .sizes = {.kind = large > small ? BRC_SIZE_UNIFORM : BRC_SIZE_SINGLE, .min = small, .max = large},
            .region = {.kind = BRC_REGION_BOX, .hi = {o.hi[0], o.hi[1], o.hi[2]}},
            .seed = (uint64_t)round + 1};
        int32_t number;
        if (kind == 5) { // as many sites as there are, but for some
            brc_status status = BRC_ERR_ARGUMENT;
            def.kind = BRC_LATTICE, def.lattice = few || round % 12 < 6, def.spacing = few ? 0.2001 : 0.1001;
            def.sizes = (brc_sizes){.kind = BRC_SIZE_SINGLE, .min = few ? 0.1 : 0.05};
            for (def.count = few ? 400 : 3000; status != BRC_OK; def.count -= few ? 2 : 20)
                status = brc_insert_add(s, &def, &number);
            def.count = s->count;
        } else {
            double mean = large > small // of r^3, r uniform
                              ? (large * large * large * large - small * small * small * small) / 4 / (large - small)
                              : large * large * large;
            double fraction = few ? 0.2 : kind == 4 ? 0.15 : 0.34;
            def.count = (int64_t)(fraction * o.hi[0] * o.hi[1] * o.hi[2] / (4.0 / 3 * BRC_PI * mean));
            if (kind == 4) def.region.lo[0] = 0.3; // off the faces in x: along y and z it is not endless then
            if (kind == 4 && few) def.count = 1;
            OK(brc_insert_add(s, &def, &number));
        }
        brc_insert_def more = def;
        more.kind = BRC_FILL, more.count = 20, more.sizes = (brc_sizes){.kind = BRC_SIZE_SINGLE, .min = 0.01};
        OK(brc_insert_add(s, &more, &number)); // between what is there
        assert_int_equal(s->count, def.count + 20);
        assert_int_equal(contacts_of_all_images(s), 0);
        for (int64_t i = 0; i < s->count; i++)
            for (int k = 0; k < 3; k++) {
                const double *x = s->pos + 4 * i, r = x[3];
                bool out = x[k] - r < -1e-9 || x[k] + r > o.hi[k] + 1e-9;
                across[k] += out && !few;
                if (!o.periodic[k]) assert_false(out);
                if (kind == 4) assert_true(!out && (k > 0 || x[0] - r > 0.3 - 1e-9));
            }
        spheres += s->count;
        brc_sim_destroy(s);
    }
    print_message("%" PRId64 " spheres in tilted boxes, %" PRId64 ", %" PRId64 " and %" PRId64
                  " of them across faces\n",
                  spheres, across[0], across[1], across[2]);
    for (int k = 0; k < 3; k++) assert_true(across[k] > 200);
}

static void deform(brc_sim* s, double xx, double yy, double zz, double xy, double xz, double yz)
{
    brc_deform order = {.rate = {xx, yy, zz, xy, xz, yz}};
    OK(brc_deform_set(s, &order));
}

// Contacts of the lists, step by step, while the cell is strained in every way and particles move on their own.
static void lists_follow_the_cell(void** state)
{
    (void)state;
    static const double rates[][6] = {{0, 0, 0, 1, 0, 0},
                                      {0, 0, 0, 0.4, -1, 0.7},
                                      {-0.3, -0.3, -0.3, 0, 0, 0},
                                      {0.4, -0.4, 0, 0, 0, 0},
                                      {-0.2, 0.1, 0.1, 1, 0.5, -0.8}};
    for (size_t c = 0; c < sizeof rates / sizeof rates[0]; c++)
        for (int threads = 1; threads <= 5; threads += 2) {
            brc_options o = cell_options(c == 3 ? 0 : 0.3, 0, c == 4 ? -0.4 : 0);
            int64_t seen = 0;
            o.threads = threads, o.skin = threads == 1 ? 0 : 0.02;
            brc_sim* s = make_sim(&o, 1e-9, 2e-3);
            // without motions of their own only the strain brings particles together
            packing p = random_packing(300, v3(0, 0, 0), v3(1, 1, 1), 0.012, 0.12, threads == 3 ? 0 : 0.3);
            add_packing(s, &p, 0, p.count);
            const double* r = rates[c];
            deform(s, r[0], r[1], r[2], r[3], r[4], r[5]);
            for (int step = 0; step < 500; step++) {
                run_steps(s, 1);
                if (step % 25) continue;
                int64_t wanted = contacts_of_all_images(s);
                assert_int_equal(summary_of(s).contacts, wanted);
                seen += wanted;
            }
            assert_true(seen > 500 && s->rebuilds < 400);
            for (int k = 0; k < 6; k++) NEAR(s->cell.strain[k], rates[c][k], 1e-12);
            // The lengths know their strain exactly: the error does not grow with the steps.
            for (int k = 0; k < 3; k++) NEAR(s->length[k], exp(rates[c][k]), 1e-6);
            packing_free(&p);
            brc_sim_destroy(s);
        }
}

// A tilt of a whole length is no tilt; a tilt and the same less a length are one cell.
static void whole_lengths_are_no_tilt(void** state)
{
    (void)state;
    static const double tilts[][2][3] = {{{1, 0, 0}, {0, 0, 0}},
                                         {{0, -1, 0}, {0, 0, 0}},
                                         {{0, 0, 1}, {0, 0, 0}},
                                         {{0.25, 0, 1}, {0.25, -0.25, 0}},
                                         {{0.75, 0.875, 0}, {-0.25, -0.125, 0}}};
    for (size_t c = 0; c < sizeof tilts / sizeof tilts[0]; c++) {
        uint64_t hash[2];
        for (int k = 0; k < 2; k++) {
            brc_options o = cell_options(tilts[c][k][0], tilts[c][k][1], tilts[c][k][2]);
            brc_sim* s = make_sim(&o, 100, 1e-4);
            random_state = 77;
            packing p = random_packing(400, v3(0, 0, 0), v3(1, 1, 1), 0.02, 0.08, 1);
            add_packing(s, &p, 0, p.count);
            run_steps(s, 200);
            assert_true(summary_of(s).contacts > 100);
            hash[k] = brc_sim_hash(s);
            packing_free(&p);
            brc_sim_destroy(s);
        }
        assert_int_equal(hash[0], hash[1]);
    }
}

// Shear by exactly one length: the images are where they began.
static void shear_by_a_length_returns(void** state)
{
    (void)state;
    brc_options o = options_of(1, 7);
    brc_sim* s = make_sim(&o, 1e-9, 0x1p-10);
    deform(s, 0, 0, 0, 1, 0, 0);
    run_steps(s, 512);
    assert_true(fabs(s->cell.edge[XY]) == 0.5);
    run_steps(s, 512);
    assert_true(s->cell.edge[XY] == 0 && !s->cell.tilted && s->cell.moving);
    run_steps(s, 2049);
    assert_true(s->cell.edge[XY] == 0x1p-10);
    brc_sim_destroy(s);
}

// The edges' error does not grow: a rate whose step is no multiple of the grid, over many steps.
static void strain_does_not_drift(void** state)
{
    (void)state;
    brc_options o = options_of(1, 7);
    brc_sim* s = make_sim(&o, 1e-9, 1e-5);
    deform(s, 0, 0, 0, 0.3, 0, 0);
    run_steps(s, 100000);
    assert_true(fabs(s->cell.edge[XY] - 0.3) < 1e-14 + 100000 * 3e-6 * 0x1p-53);
    brc_sim_destroy(s);
}

// Free flight: straight lines in the laboratory, whatever faces are crossed; the velocity is that of the image.
static void free_flight_is_straight(void** state)
{
    (void)state;
    brc_options o = options_of(1, 7);
    o.precision = BRC_DOUBLE;
    brc_sim* s = make_sim(&o, 1, 1e-3);
    add_one(s, 1, v3(0.5, 0.9, 0.5), v3(0.1, 1, -0.7), 0.01);
    deform(s, 0, 0, 0, 2, 0.5, 0);
    run_steps(s, 1); // every particle has joined the flow by now
    double x[3], v[3], at[3] = {0.5, 0.9, 0.5};
    for (int k = 0; k < 3; k++) x[k] = s->pos[k], v[k] = brc_real_get(s, s->vel, k);
    NEAR(v[0], 0.1 + 2 * (at[1] - 0.5) + 0.5 * (at[2] - 0.5), 1e-12);
    NEAR(v[1], 1, 1e-12);
    for (int n = 1; n <= 3000; n++) {
        run_steps(s, 1);
        // image i, j, k of the particle now lies on the line
        double now[3], speed[3];
        for (int k = 0; k < 3; k++) now[k] = s->pos[k], speed[k] = brc_real_get(s, s->vel, k);
        double t = n * 1e-3, xy = 2 * (1e-3 + t), xz = 0.5 * (1e-3 + t);
        double dz = rint(x[2] + v[2] * t - now[2]), dy = rint(x[1] + v[1] * t - now[1]);
        double dx = rint(x[0] + v[0] * t - now[0] - dy * xy - dz * xz);
        NEAR(now[2] + dz, x[2] + v[2] * t, 1e-11);
        NEAR(now[1] + dy, x[1] + v[1] * t, 1e-11);
        NEAR(now[0] + dx + dy * xy + dz * xz, x[0] + v[0] * t, 1e-11);
        NEAR(speed[0] + 2 * dy + 0.5 * dz, v[0], 1e-11);
    }
    assert_true(fabs(x[1] + v[1] * 3 - s->pos[1]) > 1.5); // several faces have been crossed
    brc_sim_destroy(s);
}

// In mixed precision a velocity is two floats: what the flow adds keeps the digits that the first cannot hold, which
// gcc 12 is prone to lose (add_velocity of kernels_cell.h).
static void flow_keeps_its_digits(void** state)
{
    (void)state;
    double v[2][3], w[3];
    for (int precision = 0; precision < 2; precision++) {
        brc_options o = options_of(1, 7);
        o.precision = precision == 0 ? BRC_MIXED : BRC_DOUBLE;
        brc_sim* s = make_sim(&o, 1, 1e-3);
        add_one(s, 1, v3(0.7, 0.9, 0.8), v3(0.1, 1, -0.7), 0.01);
        deform(s, 0.3, -0.2, 0.1, 1.1, 0.7, -0.9);
        run_steps(s, 1); // the particle has joined the flow
        brc_particle_velocity(s, 0, v[precision], w);
        brc_sim_destroy(s);
    }
    NEAR(v[0][0], 0.1 + 0.3 * 0.2 + 1.1 * 0.4 + 0.7 * 0.3, 1e-3); // the cell strains by 1e-3 in the step
    NEAR(v[0][1], 1 - 0.2 * 0.4 - 0.9 * 0.3, 1e-3);
    for (int k = 0; k < 3; k++) NEAR(v[0][k], v[1][k], 1e-14);
}

// Where the faces lie cannot be seen: the same packing, moved by a vector and carried by the flow that belongs to its
// new place, has the same forces, friction included.
static void place_of_faces_does_not_matter(void** state)
{
    (void)state;
    static const double rate[6] = {-0.05, 0.02, -0.03, 0.6, -0.2, 0.3};
    brc_sim* sims[2];
    random_state = 5;
    packing p = random_packing(500, v3(0, 0, 0), v3(1, 1, 1), 0.03, 0.08, 0.05);
    for (int c = 0; c < 2; c++) {
        brc_options o = cell_options(0.25, -0.125, 0.375);
        o.precision = BRC_DOUBLE;
        sims[c] = make_sim(&o, 100, 2e-4);
        const double t[3] = {c * 0.3701, c * 0.4203, c * -0.2907};
        double at[3];
        for (int64_t i = 0; i < p.count;
             i++) { // the flow of the new place minus that of the old one joins at the first step
            for (int k = 0; k < 3; k++) at[k] = p.x[3 * i + k] + t[k];
            double speed[3] = {p.v[3 * i], p.v[3 * i + 1], p.v[3 * i + 2]}, e[3] = {0.25, -0.125, 0.375};
            double dz = floor(at[2]);
            at[2] -= dz, at[1] -= dz * e[2], at[0] -= dz * e[1];
            double dy = floor(at[1]);
            at[1] -= dy, at[0] -= dy * e[0];
            at[0] -= floor(at[0]);
            brc_add add = {.count = 1,
                           .x = at,
                           .v = speed,
                           .w = p.w + 3 * i,
                           .radius = p.radius + i,
                           .material = p.material + i,
                           .id = p.id + i,
                           .allowed_overlap = -1};
            int64_t first;
            OK(brc_particles_add(sims[c], &add, &first));
        }
        brc_deform order = {.rate = {rate[0], rate[1], rate[2], rate[3], rate[4], rate[5]}};
        OK(brc_deform_set(sims[c], &order));
        run_steps(sims[c], 1500);
    }
    double worst = 0, size = 0;
    int64_t contacts = summary_of(sims[0]).contacts;
    for (int64_t id = 1; id <= p.count; id++) {
        int64_t a = brc_particle_slot(sims[0], id), b = brc_particle_slot(sims[1], id);
        for (int k = 0; k < 7; k++) {
            if (k == 3) continue;
            double fa = sims[0]->acc[8 * a + k], fb = sims[1]->acc[8 * b + k];
            worst = fmax(worst, fabs(fa - fb)), size = fmax(size, fabs(fa));
        }
    }
    print_message("largest difference of forces %.2g of the largest, %" PRId64 " contacts\n", worst / size, contacts);
    assert_true(contacts > 300);
    assert_int_equal(contacts, summary_of(sims[1]).contacts);
    assert_true(worst < 1e-6 * size);
    brc_cell_info info[2];
    for (int c = 0; c < 2; c++) OK(brc_cell_get(sims[c], &info[c]));
    for (int k = 0; k < 6; k++) NEAR(info[0].stress[k], info[1].stress[k], 1e-6 * fabs(info[0].stress[0]));
    for (int c = 0; c < 2; c++) brc_sim_destroy(sims[c]);
    packing_free(&p);
}

// One hash for any number of threads, instruction set, skin, order and cut of the run: a dense packing with friction
// and rolling friction, sheared and squeezed by servos of all kinds at once.
static void swap(double* a, double* b)
{
    double was = *a;
    *a = *b, *b = was;
}

static uint64_t strained_packing(int precision, int threads, int isa, double skin, int piece, bool backwards)
{
    brc_options o = cell_options(0.25, 0, -0.125);
    o.precision = precision, o.threads = threads, o.isa = isa, o.skin = skin;
    brc_sim* s = make_sim(&o, 1000, 1e-4);
    random_state = 9;
    packing p = random_packing(1200, v3(0, 0, 0), v3(1, 1, 1), 0.03, 0.06, 0.2);
    for (int64_t i = 0; backwards && i < p.count / 2; i++) {
        int64_t j = p.count - 1 - i;
        for (int k = 0; k < 3; k++) swap(&p.x[3 * i + k], &p.x[3 * j + k]);
        for (int k = 0; k < 3; k++) swap(&p.v[3 * i + k], &p.v[3 * j + k]);
        for (int k = 0; k < 3; k++) swap(&p.w[3 * i + k], &p.w[3 * j + k]);
        swap(&p.radius[i], &p.radius[j]);
        p.id[i] = j + 1, p.id[j] = i + 1;
    }
    add_packing(s, &p, 0, p.count);
    brc_deform order = {.control = {BRC_BY_STRESS, BRC_BY_STRESS, BRC_BY_RATE, BRC_BY_RATE, BRC_BY_STRESS, BRC_BY_RATE},
                        .rate = {0, 0, -0.1, 2, 0, 0.5},
                        .stress = {100, 80, 0, 0, 5, 0},
                        .max_rate = 0.5};
    for (int n = 0; n < 1000;) {
        if (n == 300) OK(brc_deform_set(s, &order));
        int64_t part = n < 300 ? 300 : piece;
        if (part > 1000 - n) part = 1000 - n;
        run_steps(s, part);
        n += (int)part;
    }
    assert_true(summary_of(s).contacts > 1000);
    uint64_t hash = brc_sim_hash(s);
    brc_sim_destroy(s);
    packing_free(&p);
    return hash;
}

static void same_bits(void** state)
{
    (void)state;
    for (int precision = 0; precision < 2; precision++) {
        uint64_t wanted = strained_packing(precision, 1, 0, 0, 1000, false);
        for (int threads = 2; threads <= 4; threads++)
            assert_int_equal(strained_packing(precision, threads, 0, 0, 1000, false), wanted);
        for (int isa = 1; isa <= brc_isa_best(); isa++)
            assert_int_equal(strained_packing(precision, 1, isa, 0, 1000, false), wanted);
        assert_int_equal(strained_packing(precision, 1, 0, 0.002, 1000, false), wanted);
        assert_int_equal(strained_packing(precision, 2, 0, 0.06, 37, false), wanted);
        assert_int_equal(strained_packing(precision, 3, 0, 0, 1, true), wanted);
        assert_true(strained_packing(precision, 1, 0, 0, 1000, false) == wanted);
    }
}

// The peculiar momentum of a simple shear is conserved, faces crossed or not: forces come in pairs, images included.
static void momentum_is_conserved(void** state)
{
    (void)state;
    brc_options o = options_of(1, 7);
    o.precision = BRC_DOUBLE;
    brc_sim* s = make_sim(&o, 1000, 1e-4);
    packing p = random_packing(800, v3(0, 0, 0), v3(1, 1, 1), 0.04, 0.06, 0.5);
    add_packing(s, &p, 0, p.count);
    double mass = 0, py = 0;
    for (int64_t i = 0; i < s->count; i++)
        mass += s->mass[i], py += s->mass[i] * brc_real_get(s, s->vel, BRC_MOTION * i + 1);
    for (int64_t i = 0; i < s->count; i++) // no drift across the shear, whose flow would add to it
        brc_particle_velocity_set(s, i, 1, brc_real_get(s, s->vel, BRC_MOTION * i + 1) - py / mass);
    deform(s, 0, 0, 0, 1, 0, 0);
    double begun[3] = {0}, ended[3] = {0};
    run_steps(s, 1);
    for (int turn = 0; turn < 2; turn++) {
        double* sum = turn ? ended : begun;
        for (int64_t i = 0; i < s->count; i++) {
            double v[3], w[3], u[3];
            brc_particle_velocity(s, i, v, w);
            brc_cell_velocity(s, s->pos + 4 * i, u);
            for (int k = 0; k < 3; k++) sum[k] += s->mass[i] * (v[k] - u[k]);
        }
        if (!turn) run_steps(s, 5000);
    }
    double scale = mass * 0.5;
    print_message("peculiar momentum changed by %.2g, %.2g, %.2g of M v\n", (ended[0] - begun[0]) / scale,
                  (ended[1] - begun[1]) / scale, (ended[2] - begun[2]) / scale);
    for (int k = 0; k < 3; k++) assert_true(fabs(ended[k] - begun[k]) < 1e-11 * scale);
    packing_free(&p);
    brc_sim_destroy(s);
}

static void what_is_refused(void** state)
{
    (void)state;
    brc_sim* s;
    brc_options o = options_of(1, 3);
    o.tilt[1] = 0.1;
    REFUSED(brc_sim_create(&o, &s), BRC_ERR_ARGUMENT, "tilt xz = 0.1 m needs both axes periodic");
    o.tilt[1] = 0;
    s = make_sim(&o, 1, 1e-4);
    brc_deform order = {.rate = {0, 0, 1}};
    REFUSED(brc_deform_set(s, &order), BRC_ERR_ARGUMENT, "zz deforms the cell along z, which is not periodic");
    brc_wall_def floor_def = {.shape = BRC_PLANE, .normal = {0, 0, 1}},
                 side = {.shape = BRC_PLANE, .normal = {0, 1, 0}},
                 ball = {.shape = BRC_SPHERE, .radius = 0.1, .side = 1};
    int32_t wall;
    OK(brc_wall_add(s, &floor_def, &wall));
    brc_motion turn = {.kind = BRC_ROTATION, .stop = 1, .axis = {1, 0, 0}, .rate = 1};
    brc_deform shear = {.rate = {0, 0, 0, 1}};
    OK(brc_deform_set(s, &shear));
    REFUSED(brc_wall_motion_add(s, wall, &turn), BRC_ERR_ARGUMENT, "walls do not");
    REFUSED(brc_wall_add(s, &side, &wall), BRC_ERR_ARGUMENT, "no y component");
    REFUSED(brc_wall_add(s, &ball, &wall), BRC_ERR_ARGUMENT, "walls do not");
    brc_sim_destroy(s);
    s = make_sim(&o, 1, 1e-4);
    OK(brc_wall_add(s, &side, &wall));
    REFUSED(brc_deform_set(s, &shear), BRC_ERR_ARGUMENT, "no y component");
    brc_deform along = {.rate = {1}};
    OK(brc_deform_set(s, &along));
    brc_deform servo = {.control = {BRC_BY_STRESS}, .stress = {0}};
    REFUSED(brc_deform_set(s, &servo), BRC_ERR_ARGUMENT, "band must say");
    servo.stress[0] = 10;
    REFUSED(brc_deform_set(s, &servo), BRC_ERR_ARGUMENT, "max_rate must be given");
    int64_t done;
    brc_deform fast = {.rate = {1000}};
    OK(brc_deform_set(s, &fast));
    REFUSED(brc_sim_steps(s, 1, &done), BRC_ERR_GUARD, "lower the rate");
    brc_sim_destroy(s);
    o = cell_options(0.1, 0, 0);
    s = make_sim(&o, 1, 1e-4);
    brc_insert_def stream = {.kind = BRC_STREAM,
                             .sizes = {.kind = BRC_SIZE_SINGLE, .min = 0.1},
                             .region = {.kind = BRC_REGION_BOX, .hi = {1, 1, 1}},
                             .count_rate = 1,
                             .stop = 1};
    REFUSED(brc_insert_add(s, &stream, &wall), BRC_ERR_STATE, "a tilted cell takes no streams");
    brc_sim_destroy(s);
    o = options_of(1, 7);
    s = make_sim(&o, 1e-9, 1e-3);
    add_one(s, 0, v3(0.5, 0.5, 0.5), v3(0, 0, 0), 0.1);
    brc_deform squeeze = {.rate = {-1}};
    OK(brc_deform_set(s, &squeeze));
    REFUSED(brc_sim_steps(s, 2000, &done), BRC_ERR_GUARD, "must be above four of them");
    NEAR(s->length[0], 0.4, 1e-3);
    brc_sim_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_of_tilted_boxes),          cmocka_unit_test(lists_follow_the_cell),
        cmocka_unit_test(whole_lengths_are_no_tilt),      cmocka_unit_test(shear_by_a_length_returns),
        cmocka_unit_test(strain_does_not_drift),          cmocka_unit_test(free_flight_is_straight),
        cmocka_unit_test(place_of_faces_does_not_matter), cmocka_unit_test(same_bits),
        cmocka_unit_test(momentum_is_conserved),          cmocka_unit_test(what_is_refused),
        cmocka_unit_test(flow_keeps_its_digits),          cmocka_unit_test(fills_of_tilted_boxes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
