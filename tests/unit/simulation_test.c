// simulation_test.c -- the simulation core through its C interface: the books of particles, ids and slots, wrapping,
// sorting, streams and outlets, exits, guards, changes of law and time step.
#include "sim_check.h"

// ---- helpers ---------------------------------------------------------------------------------------------

// The hash as it were if what a simulation only counts were equal: particles that came and went, ids given, steps done.
static uint64_t hash_like(brc_sim* s, const brc_sim* other)
{
    int64_t inserted = s->inserted, removed = s->removed, lost = s->lost, next_id = s->next_id;
    s->inserted = other->inserted, s->removed = other->removed, s->lost = other->lost, s->next_id = other->next_id;
    uint64_t hash = brc_sim_hash(s);
    s->inserted = inserted, s->removed = removed, s->lost = lost, s->next_id = next_id;
    return hash;
}

static void check_ledger(brc_sim* s)
{
    brc_summary q = summary_of(s);
    assert_int_equal(q.inserted, q.particles + q.removed + q.lost);
    assert_int_equal(q.particles, s->count - s->dead);
}

static void check_ids(brc_sim* s, int64_t highest)
{
    int64_t found = 0;
    for (int64_t i = 0; i < s->count; i++) assert_int_equal(brc_particle_slot(s, s->id[i]), i);
    for (int64_t id = -1; id <= highest + 1; id++) {
        int64_t slot = brc_particle_slot(s, id);
        if (slot >= 0) assert_int_equal(s->id[slot], id), found++;
    }
    assert_int_equal(found, s->count);
}

static brc_wall_def floor_at(double z)
{
    brc_wall_def def = {.shape = BRC_PLANE, .point = {0, 0, z}, .normal = {0, 0, 1}};
    return def;
}

// A heap at rest in a box, with friction and rolling friction: histories matter.
static brc_sim* make_heap(brc_options o, int64_t count)
{
    int32_t number;
    o.gravity[2] = -9.81, o.hi[2] = 2;
    brc_sim* s = make_sim(&o, 2000, 2e-4);
    brc_wall_def def = {.shape = BRC_BOX, .side = -1, .point = {0.05, 0.1, 0.05}, .point2 = {0.35, 0.4, 1.5}};
    OK(brc_wall_add(s, &def, &number));
    brc_insert_def fill = {.kind = BRC_FILL,
                           .count = count,
                           .region = {.lo = {0.05, 0.1, 0.05}, .hi = {0.35, 0.4, 0.9}},
                           .sizes = {.kind = BRC_SIZE_UNIFORM, .min = 0.02, .max = 0.04}};
    OK(brc_insert_add(s, &fill, &number));
    run_steps(s, 4000);
    assert_true(summary_of(s).contacts > count);
    return s;
}

// ---- adding and removing ---------------------------------------------------------------------------------

// Particles far from a heap come and go, in every order; the heap must not feel it.
static void strangers_leave_no_trace(void** state)
{
    (void)state;
    for (int precision = BRC_MIXED; precision <= BRC_DOUBLE; precision++)
        for (int way = 0; way < 4; way++)
            for (int threads = 1 + 2 * (way % 2), once = 1; once; once = 0) {
                brc_options o = options_of(1, 2);
                o.precision = precision, o.threads = threads;
                brc_sim *alone = make_heap(o, 60), *s = make_heap(o, 60);
                random_state = (uint64_t)way;
                packing strangers = random_packing(40, v3(0.45, 0, 0.3), v3(0.95, 1, 0.9), 0.01, 0.04, 1);
                int64_t present[40], n = 0, made = 0;
                for (int64_t i = 0; i < 40; i++) strangers.id[i] = 1000 + i;
                for (int k = 0; k < 40; k++) {
                    run_steps(alone, 17), run_steps(s, 17);
                    if (k % 4 < 2 && made + 3 <= 40) {
                        add_packing(s, &strangers, made, 3);
                        for (int i = 0; i < 3; i++) present[n++] = strangers.id[made++];
                    }
                    int64_t gone[3], m = 0;
                    while (m < (k < 36 ? 2 : 3) && n > 0) { // first, last, middle, or any of them
                        int64_t at = way == 0   ? 0
                                     : way == 1 ? n - 1
                                     : way == 2 ? n / 2
                                                : (int64_t)uniform(0, (double)n);
                        gone[m++] = present[at];
                        memmove(&present[at], &present[at + 1], (size_t)(--n - at) * sizeof *present);
                    }
                    OK(brc_particles_remove(s, m, gone));
                    check_ledger(s), check_ids(s, 1100);
                    if (m) REFUSED(brc_particles_remove(s, 1, gone), BRC_ERR_ARGUMENT, "no particle with id");
                }
                while (n > 0) OK(brc_particles_remove(s, 1, &present[--n]));
                assert_int_equal(hash_like(s, alone), brc_sim_hash(alone));
                run_steps(alone, 100), run_steps(s, 100);
                assert_int_equal(hash_like(s, alone), brc_sim_hash(alone));
                packing_free(&strangers);
                brc_sim_destroy(alone), brc_sim_destroy(s);
            }
}

// Removing one of a heap drops its histories and no others': as if a new simulation went on from there.
static void removal_keeps_other_histories(void** state)
{
    (void)state;
    brc_options o = options_of(1, 0);
    o.precision = BRC_DOUBLE;
    brc_sim* s = make_heap(o, 80);
    double before[80][6];
    int64_t contact[400][2], n = 0;
    double history[400][3];
    near_list* list = &s->workers[0].near[BRC_INSIDE];
    int64_t gone[2] = {s->id[3], s->id[40]};
    for (int64_t k = 0; k < list->count; k++) {
        int64_t a = s->id[list->a[k]], b = s->id[list->b[k]];
        if (!list->touching[k] || a == gone[0] || b == gone[0] || a == gone[1] || b == gone[1]) continue;
        assert_true(n < 400);
        contact[n][0] = a, contact[n][1] = b;
        double size = 0;
        for (int h = 0; h < 3; h++) size += fabs(history[n][h] = brc_real_get(s, list->history[h], k));
        if (size > 0) n++; // the others began along the normal and have nothing to lose yet
    }
    assert_true(n > 60);
    for (int64_t i = 0; i < 80; i++) memcpy(before[s->id[i] - 1], s->pos + 4 * i, 3 * sizeof(double));
    OK(brc_particles_remove(s, 2, gone));
    for (int64_t i = 0; i < s->count; i++)
        assert_memory_equal(before[s->id[i] - 1], s->pos + 4 * i, 3 * sizeof(double));
    OK(brc_dt_set(s, 1e-13)); // nothing moves; what slides keeps to a limit that follows the velocity
    run_steps(s, 1);
    list = &s->workers[0].near[BRC_INSIDE];
    int64_t kept = 0;
    for (int64_t k = 0; k < list->count; k++)
        for (int64_t i = 0; i < n; i++) {
            if (!list->touching[k] || s->id[list->a[k]] != contact[i][0] || s->id[list->b[k]] != contact[i][1])
                continue;
            double off = 0, size = 0;
            for (int h = 0; h < 3; h++) {
                off += fabs(brc_real_get(s, list->history[h], k) - history[i][h]), size += fabs(history[i][h]);
            }
            assert_true(off <= 0.01 * size);
            kept++;
        }
    assert_int_equal(kept, n);
    brc_sim_destroy(s);
}

static void ids_are_checked(void** state)
{
    (void)state;
    brc_options o = options_of(1, 0);
    brc_sim* s = make_sim(&o, 1, 1e-5);
    packing p = random_packing(10, v3(0, 0, 0), v3(1, 1, 1), 0.01, 0.02, 0);
    int64_t first, none = 77;
    brc_add add = {.count = 10,
                   .x = p.x,
                   .v = p.v,
                   .w = p.w,
                   .radius = p.radius,
                   .material = p.material,
                   .id = p.id,
                   .allowed_overlap = -1};
    p.id[4] = 3;
    REFUSED(brc_particles_add(s, &add, &first), BRC_ERR_ARGUMENT, "id 3 is given twice");
    p.id[4] = 0;
    REFUSED(brc_particles_add(s, &add, &first), BRC_ERR_ARGUMENT, "id[5] must be > 0");
    p.id[4] = INT64_MAX;
    REFUSED(brc_particles_add(s, &add, &first), BRC_ERR_ARGUMENT, "at most 2^53");
    p.id[4] = 500;
    p.radius[7] = NAN;
    REFUSED(brc_particles_add(s, &add, &first), BRC_ERR_ARGUMENT, "radius[8]");
    p.radius[7] = 0.01;
    assert_int_equal(s->count, 0);
    OK(brc_particles_add(s, &add, &first));
    assert_int_equal(first, 1);
    assert_int_equal(s->next_id, 501);
    p.id[4] = 400;
    REFUSED(brc_particles_add(s, &add, &first), BRC_ERR_ARGUMENT, "may have been used before");
    REFUSED(brc_particles_remove(s, 1, &none), BRC_ERR_ARGUMENT, "77");
    add.id = NULL;
    for (int i = 0; i < 30; i++) p.x[i] = 0.999 * p.x[i] + 1e-3 * (i % 7) / 7;
    OK(brc_particles_add(s, &add, &first));
    assert_int_equal(first, 501);
    add.count = 0;
    OK(brc_particles_add(s, &add, &first));
    OK(brc_particles_remove(s, 0, NULL));
    check_ids(s, 600);
    // overlaps refuse the call and leave all as it was
    uint64_t hash = brc_sim_hash(s);
    add.count = 10, add.allowed_overlap = 0.1;
    REFUSED(brc_particles_add(s, &add, &first), BRC_ERR_ARGUMENT, "overlap");
    assert_int_equal(brc_sim_hash(s), hash);
    run_steps(s, 10);
    check_ledger(s);
    // all gone, and a new start
    while (s->count > 0) OK(brc_particles_remove(s, 1, &s->id[s->count / 2]));
    run_steps(s, 10);
    check_ledger(s);
    add_one(s, 0, v3(0.5, 0.5, 0.5), v3(0, 0, 0), 0.01);
    assert_true(s->id[0] > 510);
    run_steps(s, 10);
    packing_free(&p);
    brc_sim_destroy(s);
}

// Insertion after removal in the same step must see the slots of now.
static void filling_after_removal(void** state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        brc_options o = options_of(1, 1);
        o.seed = seed;
        brc_sim* s = make_sim(&o, 1, 1e-6);
        brc_insert_def fill = {.kind = BRC_FILL,
                               .region = {.hi = {1, 1, 1}},
                               .sizes = {.kind = BRC_SIZE_UNIFORM, .min = 0.03, .max = 0.07},
                               .count = 100};
        int32_t number;
        double overlap;
        int64_t a, b;
        OK(brc_insert_add(s, &fill, &number));
        fill.seed = 1;
        OK(brc_insert_add(s, &fill, &number));
        int64_t gone[50];
        for (int i = 0; i < 50; i++) gone[i] = 2 * i + 1;
        OK(brc_particles_remove(s, 50, gone));
        fill.seed = 2;
        OK(brc_insert_add(s, &fill, &number));
        OK(brc_overlap_find(s, &overlap, &a, &b));
        assert_true(overlap <= 0);
        run_steps(s, 1); // now there are lists
        for (int i = 0; i < 40; i++)
            v3_to(s->pos + 4 * i, v3(uniform(0, 1), uniform(0, 1), uniform(0, 1))); // as a script may
        OK(brc_particles_snap(s));
        int64_t before = s->count, contacts = brute_contacts(s);
        fill.seed = 3, fill.count = 30;
        OK(brc_insert_add(s, &fill, &number));
        assert_int_equal(s->count, before + 30);
        assert_int_equal(brute_contacts(s), contacts); // no new one
        run_steps(s, 1);
        assert_int_equal(summary_of(s).contacts, contacts);
        brc_sim_destroy(s);
    }
}

// ---- places ----------------------------------------------------------------------------------------------

// Without forces a particle moves by the same number of quanta in every step, and wraps without losing one.
static void wrapping_is_exact(void** state)
{
    (void)state;
    brc_options o = options_of(0.7, 7);
    o.lo[0] = -0.2, o.hi[0] = 0.35, o.precision = BRC_DOUBLE;
    static const double v[4][3] = {{3.3, -2.1, 0.7}, {-9, 8, -7}, {1e-3, 0, -1e-3}, {0.55, -0.7, 0.7}};
    int64_t wraps = 0;
    for (int i = 0; i < 4; i++) {
        brc_sim* s = make_sim(&o, 1, 1e-3);
        int64_t at[3], per_step[3];
        double q = s->x_grid.quantum;
        add_one(s, 0, v3(0.1 + 0.05 * i, 0.1 + 0.15 * i, 0.3), v3_from(v[i]), 0.02);
        for (int k = 0; k < 3; k++)
            at[k] = (int64_t)(s->pos[k] / q), per_step[k] = (int64_t)nearbyint(v[i][k] * 1e-3 / q);
        for (int step = 0; step < 2000; step++) {
            run_steps(s, 1);
            for (int k = 0; k < 3; k++) {
                int64_t lo = (int64_t)(s->lo[k] / q), length = (int64_t)(s->length[k] / q);
                at[k] += per_step[k];
                if (at[k] >= lo + length) at[k] -= length, wraps++;
                if (at[k] < lo) at[k] += length, wraps++;
                assert_true((double)at[k] * q == s->pos[k]);
                assert_true(s->pos[k] >= s->lo[k] && s->pos[k] < s->hi[k]);
            }
        }
        brc_sim_destroy(s);
    }
    assert_true(wraps > 50);
}

// On the faces themselves: lo belongs to the domain, hi is lo.
static void places_on_the_faces(void** state)
{
    (void)state;
    brc_options o = options_of(1, 7);
    brc_sim* s = make_sim(&o, 1, 1e-3);
    double below = nextafter(1, 0);
    add_one(s, 0, v3(0, below, 0.5), v3(0, 0, 0), 0.01);
    assert_true(s->pos[0] == 0 && s->pos[1] == 0); // rounds to hi, which is lo
    int64_t first;
    int32_t material = 0;
    double x[3] = {0.5, 1, 0.5}, r = 0.01;
    brc_add add = {.count = 1, .x = x, .radius = &r, .material = &material, .allowed_overlap = -1};
    REFUSED(brc_particles_add(s, &add, &first), BRC_ERR_ARGUMENT, "outside the domain: y = 1 m");
    r = 0.3, x[1] = 0.5;
    REFUSED(brc_particles_add(s, &add, &first), BRC_ERR_ARGUMENT, "quarter");
    // what a script writes is wrapped, at once from anywhere
    s->pos[0] = -0.25, s->pos[1] = 1.5 + 1e-17, s->pos[2] = 1;
    run_steps(s, 1);
    assert_true(s->pos[0] == 0.75 && s->pos[1] == 0.5 && s->pos[2] == 0);
    s->pos[0] = NAN;
    int64_t done;
    REFUSED(brc_sim_steps(s, 1, &done), BRC_ERR_GUARD, "particle id 1 to x = nan");
    brc_sim_destroy(s);
}

// ---- caches ----------------------------------------------------------------------------------------------

// Above 1024 particles slots are sorted in space every 1000 steps. Here the count of steps is shifted, so that the two
// simulations sort at different steps; and the order of slots is the same for any skin and number of workers.
static void sorting_changes_nothing(void** state)
{
    (void)state;
    for (int precision = BRC_MIXED; precision <= BRC_DOUBLE; precision++) {
        brc_options o = options_of(1, 3);
        o.gravity[2] = -9.81, o.precision = precision, o.hi[2] = 3;
        brc_sim* s[3];
        for (int k = 0; k < 3; k++) {
            o.threads = 1 + k;
            o.skin = k == 1 ? 2e-3 : 0;
            packing p;
            int32_t wall;
            s[k] = make_sim(&o, 500, 2e-4);
            brc_wall_def def = floor_at(0.05);
            OK(brc_wall_add(s[k], &def, &wall));
            random_state = 3;
            p = random_packing(1300, v3(0, 0, 0.1), v3(1, 1, 0.6), 0.01, 0.03, 0.2);
            add_packing(s[k], &p, 0, p.count);
            packing_free(&p);
        }
        s[0]->step = s[0]->step_base = 600; // time is (step - step_base) dt
        for (int part = 0; part < 7; part++) {
            for (int k = 0; k < 3; k++) run_steps(s[k], 200);
            s[0]->step -= 600, s[0]->step_base -= 600;
            uint64_t hash = brc_sim_hash(s[0]);
            s[0]->step += 600, s[0]->step_base += 600;
            assert_int_equal(brc_sim_hash(s[1]), hash);
            assert_int_equal(brc_sim_hash(s[2]), hash);
            assert_memory_equal(s[1]->id, s[2]->id, 1300 * sizeof(int64_t));
            bool same_slots = !memcmp(s[0]->id, s[1]->id, 1300 * sizeof(int64_t));
            assert_int_equal(same_slots, part < 1); // [0] sorts in step 400, the others in step 1000
        }
        assert_true(summary_of(s[0]).contacts > 200);
        for (int k = 0; k < 3; k++) check_ids(s[k], 1300), brc_sim_destroy(s[k]);
    }
}

// A stream and outlets while lists are valid, against lists remade at every step, and against other numbers of workers.
static brc_sim* make_flow(double skin, int threads, int64_t grains)
{
    brc_options o = options_of(1, 1);
    o.gravity[2] = -9.81, o.skin = skin, o.threads = threads, o.on_exit = BRC_EXIT_REMOVE;
    packing p;
    int32_t number;
    brc_sim* s = make_sim(&o, 1000, 2e-4);
    brc_wall_def def = floor_at(0.1);
    def.normal[0] = 0.2;
    OK(brc_wall_add(s, &def, &number));
    random_state = 11;
    p = random_packing(grains, v3(0, 0, 0.4), v3(1, 1, 0.9), 0.008, 0.03, 0.5);
    add_packing(s, &p, 0, grains);
    packing_free(&p);
    brc_insert_def stream = {.kind = BRC_STREAM,
                             .region = {.lo = {0.1, 0.1, 0.7}, .hi = {0.9, 0.9, 0.95}},
                             .count_rate = 2500,
                             .stop = 10,
                             .sizes = {.kind = BRC_SIZE_UNIFORM, .min = 0.008, .max = 0.03},
                             .v = {0.5, 1, -1}};
    OK(brc_insert_add(s, &stream, &number));
    stream.seed = 1, stream.count_rate = 0, stream.mass_rate = 20, stream.sizes.max = 0.035; // larger than any before
    OK(brc_insert_add(s, &stream, &number));
    double corner[3][3] = {{0.6, 0.6, 0.1}, {0.6, 0.6, 0.6}, {1, 0.2, 0.3}};
    int32_t triangle[1][3] = {{0, 1, 2}};
    brc_outlet_def drain[3] = {
        {.kind = BRC_OUTLET_PLANE, .point = {0.3, 0.3, 0.35}, .normal = {0.1, 0, 2}, .radius = 0.3},
        {.kind = BRC_OUTLET_BOX, .lo = {0.7, 0.6, 0}, .hi = {1, 0.8, 0.25}},
        {.kind = BRC_OUTLET_MESH,
         .vertices = corner[0],
         .triangles = triangle[0],
         .vertex_count = 3,
         .triangle_count = 1}};
    for (int k = 0; k < 3; k++) OK(brc_outlet_add(s, &drain[k], &number));
    return s;
}

static void flow_ignores_caches(void** state)
{
    (void)state;
    static const double skins[] = {0, 1e-6, 0.05, 0, 0, 2e-3};
    static const int threads[] = {1, 1, 1, 2, 4, 3};
    uint64_t hash[6], order[6] = {0};
    int64_t books[6][5];
    for (int k = 0; k < 6; k++) {
        brc_sim* s = make_flow(skins[k], threads[k], 1200);
        hash[k] = 0;
        for (int part = 0; part < 10; part++) { // pieces of odd lengths
            if (k == 0 || k == 4) // step by step, nothing of the next step can happen in the sweep over contacts
                for (int n = 0; n < 150; n++) run_steps(s, 1);
            else run_steps(s, 100 + (k + part) % 10), run_steps(s, 50 - (k + part) % 10);
            hash[k] = hash[k] * 31 + brc_sim_hash(s);
        }
        brc_summary q = summary_of(s);
        books[k][0] = q.inserted, books[k][1] = q.removed;
        for (int i = 0; i < 3; i++) {
            double mass;
            OK(brc_outlet_get(s, i, &books[k][2 + i], &mass));
            assert_true((mass > 0) == (books[k][2 + i] > 0));
        }
        if (k == 0)
            print_message("flow: %" PRId64 " inserted, %" PRId64 " removed, by plane %" PRId64 ", box %" PRId64
                          ", mesh %" PRId64 "\n",
                          books[k][0], books[k][1], books[k][2], books[k][3], books[k][4]);
        check_ledger(s), check_ids(s, s->next_id);
        for (int i = 0; i < s->count; i++) order[k] = order[k] * 1099511628211u + (uint64_t)s->id[i];
        if (k == 1) assert_true(s->rebuilds >= 1499);
        if (k == 2) assert_true(s->rebuilds < 700);
        assert_int_equal(hash[k], hash[0]);
        assert_int_equal(order[k], order[0]); // of slots: what scripts see as indices
        assert_memory_equal(books[k], books[0], sizeof books[0]);
        brc_sim_destroy(s);
    }
    for (int i = 0; i < 3; i++) assert_true(books[0][2 + i] > 10);
    assert_true(books[0][1] > books[0][2] + books[0][3] + books[0][4]); // some left at the domain's faces
}

// ---- outlets and exits -----------------------------------------------------------------------------------

// Particles without forces on known paths: exactly those leave whose path says so, in the right step, each through one
// outlet.
static void outlets_count_paths(void** state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++)
        for (int precision = BRC_MIXED; precision <= BRC_DOUBLE; precision++) {
            enum { N = 500 };
            brc_options o = options_of(1, 0);
            o.precision = precision;
            brc_sim* s = make_sim(&o, 1e-9, 1e-3);
            int32_t number, twice;
            int64_t count, expected = 0, done, again;
            double mass, total = 0,
                         corners[4][3] = {{0.2, 0.2, 0.5}, {0.8, 0.2, 0.5}, {0.8, 0.8, 0.5}, {0.2, 0.8, 0.5}};
            int32_t triangles[2][3] = {{0, 1, 2}, {0, 2, 3}};
            brc_outlet_def def = {.kind = kind == 0 || kind == 3 ? BRC_OUTLET_PLANE
                                          : kind == 1            ? BRC_OUTLET_BOX
                                                                 : BRC_OUTLET_MESH,
                                  .point = {0.5, 0.5, 0.5},
                                  .normal = {0, 0, 3},
                                  .lo = {0.2, 0.2, 0.1},
                                  .hi = {0.8, 0.8, 0.5},
                                  .vertices = corners[0],
                                  .triangles = triangles[0],
                                  .vertex_count = 4,
                                  .triangle_count = 2};
            def.radius = kind == 3 ? 0.25 : 0;
            OK(brc_outlet_add(s, &def, &number));
            OK(brc_outlet_add(s, &def, &twice)); // the first one counts
            random_state = 77;
            for (int i = 0; i < N; i++) {
                double x = uniform(0.02, 0.98), y = uniform(0.02, 0.98), v = uniform(-2, -0.1), z = 0.6;
                if (i % 10 == 0) v = -1;           // arrives on the plane exactly, to rounding
                if (i % 10 == 1) z = 0.4, v = -v;  // comes from below
                if (i % 10 == 2) x = 0.5, y = 0.5; // over the diagonal that the triangles share
                add_one(s, 0, v3(x, y, z), v3(0, 0, v), 3e-3);
                double end = z + v * 0.19;
                bool over = kind == 0 || (kind == 3 ? (x - 0.5) * (x - 0.5) + (y - 0.5) * (y - 0.5) <= 0.0625
                                                    : x >= 0.2 && x <= 0.8 && y >= 0.2 && y <= 0.8);
                bool crosses = kind == 1   ? over && (z < 0.5 || end < 0.5)
                               : kind == 2 ? over && (z < 0.5 ? end > 0.5 : end < 0.5)
                                           : over && z > 0.5 && end < 0.5;
                expected += crosses;
                total += crosses ? s->mass[i] : 0;
            }
            OK(brc_sim_steps(s, 190, &done));
            OK(brc_outlet_get(s, number, &count, &mass));
            OK(brc_outlet_get(s, twice, &again, &mass));
            assert_int_equal(again, 0);
            OK(brc_outlet_get(s, number, &count, &mass));
            assert_int_equal(count, expected);
            assert_true(fabs(mass - total) < 1e-12 * total);
            assert_true(expected > 50 && expected < N);
            check_ledger(s);
            OK(brc_outlet_remove(s, number));
            REFUSED(brc_outlet_remove(s, number), BRC_ERR_ARGUMENT, "no outlet");
            OK(brc_outlet_get(s, number, &again, &mass)); // its count can still be read
            assert_int_equal(again, count);
            brc_sim_destroy(s);
        }
}

// A path that ends beyond a periodic face crosses what lies just inside of it.
static void outlets_beside_periodic_faces(void** state)
{
    (void)state;
    for (int mesh = 0; mesh < 2; mesh++)
        for (int up = 0; up < 2; up++) {
            brc_options o = options_of(1, 1);
            brc_sim* s = make_sim(&o, 1e-9, 1e-3);
            double at = up ? 0.999 : 0.001, mass, corner[3][3] = {{at, -1, -1}, {at, 3, -1}, {at, -1, 3}};
            int32_t triangle[1][3] = {{0, 1, 2}}, number;
            int64_t count;
            brc_outlet_def def = {.kind = mesh ? BRC_OUTLET_MESH : BRC_OUTLET_PLANE,
                                  .point = {at, 0, 0},
                                  .normal = {up ? -1 : 1, 0, 0},
                                  .vertices = corner[0],
                                  .triangles = triangle[0],
                                  .vertex_count = 3,
                                  .triangle_count = 1};
            OK(brc_outlet_add(s, &def, &number));
            random_state = 5;
            for (int i = 0; i < 100; i++)
                add_one(s, 0, v3(0.5 + uniform(0, 0.01), uniform(0.02, 0.9), uniform(0.02, 0.9)), v3(up ? 8 : -8, 0, 0),
                        9e-3);
            run_steps(s, 64);
            OK(brc_outlet_get(s, number, &count, &mass));
            assert_int_equal(count, 100);
            brc_sim_destroy(s);
        }
}

static void exits_do_what_was_said(void** state)
{
    (void)state;
    for (int mode = BRC_EXIT_STOP; mode <= BRC_EXIT_WARN; mode++) {
        brc_options o = options_of(1, 1);
        o.on_exit = mode;
        brc_sim* s = make_sim(&o, 1, 1e-3);
        add_one(s, 0, v3(0.5, 0.5, 0.95), v3(2, 0, 1), 0.01);     // leaves at z = 1 in the 50th step or so
        add_one(s, 0, v3(0.5, 0.05, 0.25), v3(2, -0.5, 0), 0.01); // and at y = 0 in the 100th
        add_one(s, 0, v3(0.5, 0.5, 0.5), v3(9, 0, 0), 0.01);      // x is periodic
        int64_t done = 0;
        brc_status status = brc_sim_steps(s, 200, &done);
        brc_summary q = summary_of(s);
        check_ledger(s);
        if (mode == BRC_EXIT_STOP) {
            assert_int_equal(status, BRC_ERR_GUARD);
            assert_true(done == 49 || done == 50);
            assert_non_null(strstr(brc_last_error(), "particle id 1 has left the domain"));
            assert_non_null(strstr(brc_last_error(), "z = "));
            assert_int_equal(q.particles, 3);
            REFUSED(brc_sim_steps(s, 1, &done), BRC_ERR_STATE, "cannot go on");
        } else {
            assert_int_equal(status, BRC_OK);
            assert_int_equal(q.particles, mode == BRC_EXIT_REMOVE ? 1 : 3);
            assert_int_equal(q.removed, mode == BRC_EXIT_REMOVE ? 2 : 0);
            const char* text = brc_warning(s);
            assert_true((text != NULL) == (mode == BRC_EXIT_WARN));
            if (text) assert_non_null(strstr(text, "particle id 1 has left"));
            assert_null(brc_warning(s)); // once
        }
        if (mode == BRC_EXIT_WARN) { // it goes on outside until positions end; then it is lost, and that stops the run
            for (int k = 0; k < 30 && status == BRC_OK; k++) status = brc_sim_steps(s, 200, &done);
            assert_int_equal(status, BRC_ERR_GUARD);
            assert_non_null(strstr(brc_last_error(), "it is lost"));
            q = summary_of(s);
            assert_int_equal(q.lost + q.particles, 3);
            assert_true(q.lost == 1);
            check_ledger(s);
        }
        brc_sim_destroy(s);
    }
}

// ---- guards ----------------------------------------------------------------------------------------------

static brc_sim* guarded(int precision, int threads, double overlap_stop)
{
    brc_options o = options_of(1, 0);
    o.precision = precision, o.threads = threads, o.overlap_warn = 0.2, o.overlap_stop = overlap_stop;
    brc_sim* s = make_sim(&o, 1000, 1e-4);
    for (int i = 0; i < 5; i++) add_one(s, 0, v3(0.1 + 0.2 * i, 0.5, 0.5), v3(0, 0, 0), 0.05);
    return s;
}

static void guards_name_the_particle(void** state)
{
    (void)state;
    for (int precision = BRC_MIXED; precision <= BRC_DOUBLE; precision++)
        for (int threads = 1; threads <= 3; threads++) {
            int64_t done;
            static const double wild[] = {NAN, INFINITY, -INFINITY};
            for (int k = 0; k < 3; k++) { // a hook writes nonsense into a force
                brc_sim* s = guarded(precision, threads, 0.5);
                run_steps(s, 3);
                OK(brc_step_begin(s));
                REFUSED(brc_step_begin(s), BRC_ERR_STATE, "not been ended");
                s->acc[8 * 3 + 1] = wild[k];
                REFUSED(brc_step_end(s), BRC_ERR_GUARD, "particle id 4");
                REFUSED(brc_sim_steps(s, 1, &done), BRC_ERR_STATE, "cannot go on");
                REFUSED(brc_step_begin(s), BRC_ERR_STATE, "cannot go on");
                brc_sim_destroy(s);
            }
            for (int k = 0; k < 3; k++) { // or into a velocity, or a torque
                brc_sim* s = guarded(precision, threads, 0.5);
                brc_real_set(s, s->vel, BRC_MOTION * 2 + k, wild[k]);
                REFUSED(brc_sim_steps(s, 5, &done), BRC_ERR_GUARD, "particle id 3 has a NaN or infinite number");
                assert_int_equal(done, 0);
                brc_sim_destroy(s);
                s = guarded(precision, threads, 0.5);
                OK(brc_step_begin(s));
                s->acc[8 * 1 + 4 + k] = NAN;
                REFUSED(brc_step_end(s), BRC_ERR_GUARD, "particle id 2 has a NaN");
                brc_sim_destroy(s);
            }
            brc_sim* s = guarded(precision, threads, 0.5);
            brc_real_set(s, s->vel, BRC_MOTION * 4 + 2, 510); // [m/s]: 0.051 m in a step
            REFUSED(brc_sim_steps(s, 5, &done), BRC_ERR_GUARD, "particle id 5 moves");
            brc_sim_destroy(s);

            s = guarded(precision, threads, 0.5);
            add_one(s, 0, v3(0.1, 0.579, 0.5), v3(0, 0, 0), 0.05); // 0.42 of the radius: warns
            run_steps(s, 1);
            const char* text = brc_warning(s);
            assert_non_null(text);
            assert_non_null(strstr(text, "particle id 1 and particle id 6 overlap by 0.42"));
            run_steps(s, 1);
            assert_null(brc_warning(s));
            add_one(s, 0, v3(0.9, 0.505, 0.5), v3(0, 0, 0), 0.01); // inside another
            REFUSED(brc_sim_steps(s, 1, &done), BRC_ERR_GUARD, "particle id 5 and particle id 7 overlap by");
            brc_sim_destroy(s);

            // A force beyond the range of the sums: of a hook, of a contact, of contacts that balance.
            s = guarded(precision, threads, 10);
            OK(brc_step_begin(s));
            s->acc[8 * 3] = 2 * s->f_grid.limit;
            REFUSED(brc_step_end(s), BRC_ERR_GUARD, "force_scale");
            assert_non_null(strstr(brc_last_error(), "particle id 4"));
            brc_sim_destroy(s);
            s = guarded(precision, threads, 10);
            use_law(s, "linear/epsd", 1000, 1);                    // [N]
            add_one(s, 0, v3(0.1, 0.595, 0.5), v3(0, 0, 0), 0.05); // 1000 N/m * 0.005 m
            REFUSED(brc_sim_steps(s, 1, &done), BRC_ERR_GUARD, "force_scale");
            assert_non_null(strstr(brc_last_error(), "particle id 1 "));
            brc_sim_destroy(s);
            s = guarded(precision, threads, 10);
            use_law(s, "linear/epsd", 1000, 1);
            brc_wall_def def = {.shape = BRC_PLANE, .point = {0, 0, 0.455}, .normal = {0, 0, 1}};
            int32_t wall;
            OK(brc_wall_add(s, &def, &wall));
            def.point[2] = 0.545, def.normal[2] = -1;
            OK(brc_wall_add(s, &def, &wall));
            REFUSED(brc_sim_steps(s, 1, &done), BRC_ERR_GUARD, "force_scale");
            brc_sim_destroy(s);
        }
}

static void calls_out_of_place_are_refused(void** state)
{
    (void)state;
    brc_options o = options_of(1, 0);
    brc_sim* s;
    int64_t done, id = 1;
    int32_t material, number;
    double none[3] = {0};
    OK(brc_sim_create(&o, &s));
    REFUSED(brc_sim_steps(s, 1, &done), BRC_ERR_STATE, "no contact law");
    OK(brc_material_add(s, 1000, &material));
    use_law(s, "linear", 100, 10);
    REFUSED(brc_sim_steps(s, 1, &done), BRC_ERR_STATE, "no time step");
    REFUSED(brc_dt_set(s, NAN), BRC_ERR_ARGUMENT, "dt must be > 0 s");
    OK(brc_dt_set(s, 1e-4));
    REFUSED(brc_step_end(s), BRC_ERR_STATE, "no step has been begun");
    add_one(s, 0, v3(0.5, 0.5, 0.5), v3(0, 0, 0), 0.05);
    OK(brc_step_begin(s));
    brc_add add = {.count = 1, .x = none, .radius = none, .material = &material};
    brc_wall_def def = floor_at(0);
    brc_insert_def fill = {.kind = BRC_FILL, .count = 1, .region = {.hi = {1, 1, 1}}, .sizes = {.min = 0.1}};
    REFUSED(brc_particles_add(s, &add, &id), BRC_ERR_STATE, "middle of a step");
    REFUSED(brc_particles_remove(s, 1, &id), BRC_ERR_STATE, "middle of a step");
    REFUSED(brc_wall_add(s, &def, &number), BRC_ERR_STATE, "middle of a step");
    REFUSED(brc_insert_add(s, &fill, &number), BRC_ERR_STATE, "middle of a step");
    REFUSED(brc_dt_set(s, 1e-5), BRC_ERR_STATE, "middle of a step");
    REFUSED(brc_law_set(s, 0, 1, none, 1, 1), BRC_ERR_STATE, "middle of a step");
    REFUSED(brc_sim_steps(s, 1, &done), BRC_ERR_STATE, "not been ended");
    OK(brc_step_end(s));
    run_steps(s, 3);
    brc_sim_destroy(s);
}

// ---- law and time step -----------------------------------------------------------------------------------

static double history_size(const brc_sim* s)
{
    double sum = 0;
    for (int i = 0; i < s->worker_count; i++)
        for (int h = 0; h < s->history_count; h++) {
            const worker* w = &s->workers[i];
            for (int l = 0; l < BRC_NEAR_LISTS; l++)
                for (int64_t k = 0; k < w->near[l].count; k++) sum += fabs(brc_real_get(s, w->near[l].history[h], k));
            for (int64_t k = 0; k < w->touches.count; k++) sum += fabs(brc_real_get(s, w->touches.history[h], k));
        }
    return sum;
}

static void another_law_forgets(void** state)
{
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        brc_options o = options_of(1, 0);
        o.threads = threads;
        brc_sim* s = make_heap(o, 60);
        double before = history_size(s);
        uint64_t hash = brc_sim_hash(s);
        assert_true(before > 0);
        use_law(s, "linear/epsd", 2000, 2000); // the same: remembers
        assert_true(history_size(s) == before);
        assert_int_equal(brc_sim_hash(s), hash);
        run_steps(s, 1);
        assert_true(history_size(s) > 0.5 * before);
        use_law(s, "linear", 2000, 2000);
        assert_int_equal(s->history_count, 3);
        assert_true(history_size(s) == 0);
        OK(brc_dt_set(s, 1e-12));
        run_steps(s, 1);
        assert_true(history_size(s) < 1e-6 * before); // springs that have just begun
        OK(brc_dt_set(s, 2e-4));
        run_steps(s, 200);
        assert_true(history_size(s) > 1e-3 * before);
        use_law(s, "linear/epsd", 2000, 2000);
        assert_int_equal(s->history_count, 6);
        run_steps(s, 100);
        check_ledger(s);
        brc_sim_destroy(s);
    }
}

// Free fall over changes of the time step: velocity Verlet is exact for it, and time is counted from the last change.
static void time_step_changes(void** state)
{
    (void)state;
    brc_options o = options_of(1000, 0);
    o.precision = BRC_DOUBLE, o.gravity[2] = -10;
    brc_sim* s = make_sim(&o, 1, 1e-3);
    add_one(s, 0, v3(500, 500, 900), v3(1, 0, 0), 0.5);
    static const double dt[] = {1e-3, 2.5e-4, 3e-3, 1e-3};
    double t = 0;
    for (int k = 0; k < 4; k++) {
        OK(brc_dt_set(s, dt[k]));
        run_steps(s, 300);
        t += 300 * dt[k];
        brc_summary q = summary_of(s);
        assert_true(fabs(q.time - t) < 1e-14 && q.dt == dt[k] && q.step == 300 * (k + 1));
        assert_true(fabs(s->pos[2] - (900 - 5 * t * t)) < 1e-9 && fabs(s->pos[0] - 500 - t) < 1e-9);
    }
    uint64_t hash = brc_sim_hash(s);
    OK(brc_dt_set(s, 1e-3)); // the same: nothing changes
    assert_int_equal(brc_sim_hash(s), hash);
    brc_sim_destroy(s);
}

// Walls that are taken away take the histories of their contacts along; others keep theirs.
static void walls_come_and_go(void** state)
{
    (void)state;
    brc_options o = options_of(1, 0);
    brc_sim *a = make_heap(o, 60), *b = make_heap(o, 60);
    int32_t wall;
    brc_wall_state w;
    brc_wall_def def = {.shape = BRC_PLANE, .point = {0.999, 0, 0}, .normal = {-1, 0, 0}};
    for (int k = 0; k < 20; k++) {
        run_steps(a, 100);
        OK(brc_wall_add(b, &def, &wall)); // nothing touches it
        run_steps(b, 50);
        OK(brc_wall_remove(b, wall));
        REFUSED(brc_wall_state_get(b, wall, &w), BRC_ERR_ARGUMENT, "no wall");
        run_steps(b, 50);
    }
    assert_true(summary_of(a).wall_contacts > 5);
    for (int64_t i = 0; i < 60; i++) assert_memory_equal(a->pos + 4 * i, b->pos + 4 * i, 32);
    OK(brc_wall_remove(a, 0));
    int64_t slots = 0;
    for (int64_t k = 0; k < a->workers[0].touches.count; k++) slots += a->workers[0].touches.touch[k].slot >= 0;
    assert_int_equal(slots, 0);
    run_steps(a, 100);
    assert_int_equal(summary_of(a).wall_contacts, 0);
    brc_sim_destroy(a), brc_sim_destroy(b);
}

// A floor given by a point far away, as heavy as it gets: the torque about that point stays within the integer sums.
static void torques_of_long_arms(void** state)
{
    (void)state;
    brc_options o = options_of(100, 0);
    brc_sim* s;
    int32_t material, wall;
    OK(brc_sim_create(&o, &s));
    OK(brc_material_add(s, 1000, &material));
    use_law(s, "linear", 1e4, 100);           // [N]
    s->t_grid = brc_grid_for(8 * 100 * 0.01); // as for a largest radius of 0.01 m
    OK(brc_dt_set(s, 1e-6));
    brc_wall_def def = {.shape = BRC_PLANE, .point = {-1000, 0, 10}, .normal = {0, 0, 1}};
    OK(brc_wall_add(s, &def, &wall));
    for (int i = 0; i < 40; i++)
        for (int k = 0; k < 40; k++) add_one(s, 0, v3(1 + i, 1 + k, 10 + 0.001), v3(0, 0, 0), 0.01);
    run_steps(s, 1);
    brc_wall_state w;
    OK(brc_wall_state_get(s, wall, &w));
    double force = -1600 * 1e4 * 0.009, torque_y = -(1000 + 1 + 19.5) * force; // r x f = -x f_z along y
    print_message("floor: force %.6g N (%.6g), torque %.6g N m (%.6g)\n", w.force[2], force, w.torque[1], torque_y);
    assert_true(fabs(w.force[2] - force) < 1e-5 * fabs(force));
    assert_true(fabs(w.torque[1] - torque_y) < 1e-5 * fabs(torque_y));
    brc_sim_destroy(s);
}

// What a script has written may be anything: sums say so.
static void sums_of_nonsense(void** state)
{
    (void)state;
    brc_options o = options_of(1, 0);
    o.precision = BRC_DOUBLE;
    brc_sim* s = make_sim(&o, 1, 1e-4);
    add_one(s, 0, v3(0.5, 0.5, 0.5), v3(1, 2, 3), 0.1);
    add_one(s, 0, v3(0.2, 0.5, 0.5), v3(1, 2, 3), 0.1);
    double mass = s->mass[0];
    brc_summary q = summary_of(s);
    assert_true(q.kinetic_energy == 14 * mass && q.momentum[2] == 6 * mass && q.mass == 2 * mass);
    brc_real_set(s, s->vel, 0, NAN);
    q = summary_of(s);
    assert_true(q.kinetic_energy != q.kinetic_energy && q.momentum[0] != q.momentum[0] && q.momentum[1] == 4 * mass);
    brc_real_set(s, s->vel, 0, INFINITY);
    q = summary_of(s);
    assert_true(q.kinetic_energy == INFINITY && q.momentum[0] == INFINITY && q.momentum[1] == 4 * mass);
    brc_sim_destroy(s);
    o.precision = BRC_MIXED, o.hi[0] = o.hi[1] = o.hi[2] = 1e-6; // 1 / inertia of a nanometre is beyond a float
    s = make_sim(&o, 1, 1e-4);
    double x[3] = {5e-7, 5e-7, 5e-7}, r = 2e-9;
    int32_t material = 0;
    int64_t first;
    brc_add add = {.count = 1, .x = x, .radius = &r, .material = &material, .allowed_overlap = -1};
    REFUSED(brc_particles_add(s, &add, &first), BRC_ERR_ARGUMENT, "too small for mixed precision");
    brc_sim_destroy(s);
}

// Forces on a wall are summed in integers: as many as they hold, and not one more unseen.
static void many_on_a_wall(void** state)
{
    (void)state;
    for (int side = 100; side <= 200; side += 100) {
        brc_options o = options_of(1, 0);
        const double r = 1e-3, overlap = 9e-4;
        brc_sim* s = make_sim(&o, 1, 1e-6);
        use_law(s, "linear", 1, 4.9e-4);
        assert_true(overlap < 0.125 * s->f_grid.limit &&
                    overlap > 0.1 * s->f_grid.limit); // each is strong, and in range
        const brc_wall_def floor = {.shape = BRC_PLANE, .normal = {0, 0, 1}};
        int32_t wall;
        int64_t done;
        OK(brc_wall_add(s, &floor, &wall));
        for (int i = 0; i < side; i++)
            for (int k = 0; k < side; k++)
                add_one(s, 0, v3(0.1 + 0.003 * i, 0.1 + 0.003 * k, r - overlap), v3(0, 0, 0), r);
        if (side == 200)
            REFUSED(brc_sim_steps(s, 1, &done), BRC_ERR_GUARD, "40000 contacts push on wall 1 at step 1 with 36 N");
        else {
            OK(brc_sim_steps(s, 1, &done));
            assert_true(fabs(s->walls[wall].force.z / (-overlap * side * side) - 1) < 1e-5);
        }
        brc_sim_destroy(s);
    }
}

// A wall that ends behind one periodic face only is warned of, once; one that reaches past both, or stays inside, is
// not.
static void walls_across_periodic_faces(void** state)
{
    (void)state;
    static const struct {
        double from, to, z; // of a cylinder along x; height of its axis
        const char* text;
    } cases[] = {{0.2, 0.8, 0.5, NULL},
                 {-0.2, 1.2, 0.5, NULL},
                 {0, 1, 0.5, NULL},
                 {0.2, 0.8, 0, NULL}, // z is not periodic
                 {0.2, 1.2, 0.5, "wall 1 reaches across the periodic face x = 1 m: it lies from 0.2 to 1.2 m"},
                 {-0.3, 0.4, 0.5, "wall 1 reaches across the periodic face x = 0 m: it lies from -0.3 to 0.4 m"},
                 {1.1, 1.5, 0.5, NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        brc_options o = options_of(1, 1);
        brc_sim* s = make_sim(&o, 100, 1e-4);
        brc_wall_def def = {.shape = BRC_CYLINDER,
                            .point = {cases[i].from, 0.5, cases[i].z},
                            .point2 = {cases[i].to, 0.5, cases[i].z},
                            .radius = 0.1};
        int32_t wall;
        OK(brc_wall_add(s, &def, &wall));
        for (int k = 0; k < 2; k++) {
            s->lists_valid = false;
            run_steps(s, 1);
            const char* text = brc_warning(s);
            if (!cases[i].text || k) assert_null(text);
            else assert_true(text && strstr(text, cases[i].text));
        }
        // Turning in the middle brings none across.
        brc_motion turn = {.kind = BRC_ROTATION, .axis = {0, 0, 1}, .rate = 1e3, .stop = 1};
        turn.origin[0] = 0.5 * (cases[i].from + cases[i].to), turn.origin[1] = 0.5;
        OK(brc_wall_motion_add(s, wall, &turn));
        run_steps(s, 50);
        if (i == 0) assert_null(brc_warning(s));
        brc_sim_destroy(s);
    }
}

// A free body that comes to a wall that would stop it if bodies touched walls is warned of, once.
static void bodies_that_meet(void** state)
{
    (void)state;
    const brc_wall_def plane = {.shape = BRC_PLANE, .normal = {0, 0, 1}};
    const brc_wall_def inside = {.shape = BRC_BOX, .side = -1, .point2 = {1, 1, 1}};
    const brc_wall_def outside = {.shape = BRC_BOX, .side = 1, .point2 = {1, 1, 1}};
    const brc_wall_def ball = {.shape = BRC_SPHERE, .side = 1, .point = {0.7, 0.5, 0.5}, .radius = 0.1};
    const brc_wall_def rod = {
        .shape = BRC_CYLINDER, .side = 1, .point = {0.3, 0.5, 0.5}, .point2 = {0.5, 0.5, 0.5}, .radius = 0.1};
    static const char *alone = "wall 2, a free body, has come to wall 1: bodies touch particles only",
                      *both = "wall 1, a free body, has come to wall 2, a free body too: bodies touch particles only";
    const struct {
        const brc_wall_def *other, *body;
        double velocity[3];
        bool free, meets;                                      // free: the other is a body too
    } cases[] = {{&plane, &ball, {0, 0, -0.39}, false, false}, // 1 s; a ball's box would reach through the plane
                 {&plane, &ball, {0, 0, -0.41}, false, true},  {&plane, &rod, {0, 0, -0.39}, false, false},
                 {&plane, &rod, {0, 0, -0.41}, false, true},   {&inside, &ball, {0, 0, 0.39}, false, false},
                 {&inside, &ball, {0, 0, 0.41}, false, true},  {&outside, &ball, {0, 0, 0.5}, false, false},
                 {&rod, &ball, {-0.3, 0, 0}, false, false},    {&rod, &ball, {-0.09, 0, 0}, true, false},
                 {&rod, &ball, {-0.11, 0, 0}, true, true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        brc_options o = options_of(1, 1);
        brc_sim* s = make_sim(&o, 100, 0.05);
        const brc_body_def still = {.mass = 1, .fix = {1, 1, 1}, .fix_rotation = {1, 1, 1}};
        brc_body_def moves = {.mass = 1, .fix_rotation = {1, 1, 1}, .has_velocity = 1};
        memcpy(moves.velocity, cases[i].velocity, sizeof moves.velocity);
        int32_t wall;
        OK(brc_wall_add(s, cases[i].other, &wall));
        if (cases[i].free) OK(brc_wall_body_set(s, wall, &still));
        OK(brc_wall_add(s, cases[i].body, &wall));
        OK(brc_wall_body_set(s, wall, &moves));
        bool warned = false;
        for (int k = 0; k < 20; k++) { // 1 s
            s->lists_valid = false;
            run_steps(s, 1);
            const char* said = brc_warning(s);
            if (!said) continue;
            assert_false(warned);
            warned = true;
            if (!strstr(said, cases[i].free ? both : alone) || k <= 15) fail_msg("case %zu, %d: %s", i, k, said);
        }
        if (warned != cases[i].meets) fail_msg("case %zu: warned %d", i, warned);
        brc_sim_destroy(s);
    }
}

// A servo that finds nothing to push against is warned of, once.
static void servo_that_runs_away(void** state)
{
    (void)state;
    brc_options o = options_of(1, 1);
    brc_sim* s = make_sim(&o, 100, 0.05);
    const brc_wall_def plane = {.shape = BRC_PLANE, .point = {0, 0, 0.5}, .normal = {0, 0, -1}};
    const brc_servo servo = {.axis = {0, 0, -1},
                             .target = 1,
                             .mass = 1,
                             .damping = 1,
                             .gain = 1,
                             .stop = INFINITY,
                             .lower = -INFINITY,
                             .upper = INFINITY};
    int32_t wall, index;
    int warned = 0;
    OK(brc_wall_add(s, &plane, &wall));
    OK(brc_wall_servo_set(s, wall, &servo, &index));
    for (int k = 0; k < 80; k++) {
        s->lists_valid = false;
        run_steps(s, 1);
        const char* said = brc_warning(s);
        if (!said) continue;
        brc_wall_state q;
        OK(brc_wall_state_get(s, wall, &q));
        assert_true(strstr(said, "a servo has driven wall 1 by") && q.position[2] - 0.5 > sqrt(3.0));
        warned++;
    }
    assert_int_equal(warned, 1);
    brc_sim_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strangers_leave_no_trace),
        cmocka_unit_test(removal_keeps_other_histories),
        cmocka_unit_test(ids_are_checked),
        cmocka_unit_test(filling_after_removal),
        cmocka_unit_test(wrapping_is_exact),
        cmocka_unit_test(places_on_the_faces),
        cmocka_unit_test(sorting_changes_nothing),
        cmocka_unit_test(flow_ignores_caches),
        cmocka_unit_test(outlets_count_paths),
        cmocka_unit_test(outlets_beside_periodic_faces),
        cmocka_unit_test(exits_do_what_was_said),
        cmocka_unit_test(guards_name_the_particle),
        cmocka_unit_test(calls_out_of_place_are_refused),
        cmocka_unit_test(another_law_forgets),
        cmocka_unit_test(time_step_changes),
        cmocka_unit_test(walls_come_and_go),
        cmocka_unit_test(torques_of_long_arms),
        cmocka_unit_test(sums_of_nonsense),
        cmocka_unit_test(walls_across_periodic_faces),
        cmocka_unit_test(bodies_that_meet),
        cmocka_unit_test(servo_that_runs_away),
        cmocka_unit_test(many_on_a_wall),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
