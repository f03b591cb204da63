// reach_test.c -- laws that act beyond touching: who acts on whom against all pairs by brute force, histories from
// birth to forgetting, walls of every shape, no seams, nothing through a plate; the same bits whatever the lists.
#include "sim_check.h"

// A spring kn * overlap less a pull [N] while the contact lives. History: steps since birth.
#define DEFINE_LAW(T, F)                                                                                               \
    static void law_##F(int n, const T* const* in, T* const* history, T* const* out, const T* P, int pairs,            \
                        const int32_t* pair, const T* now)                                                             \
    {                                                                                                                  \
        (void)now;                                                                                                     \
        for (int i = 0; i < n; i++) {                                                                                  \
            T overlap = in[BRC_IN_OVERLAP][i], spring = overlap > 0 ? P[pair[i]] * overlap : 0;                        \
            for (int k = 0; k < 3; k++)                                                                                \
                out[BRC_OUT_FX + k][i] = (spring - P[pairs + pair[i]]) * in[BRC_IN_NX + k][i],                         \
                                 out[BRC_OUT_MX + k][i] = 0;                                                           \
            history[0][i] += 1;                                                                                        \
        }                                                                                                              \
    }
DEFINE_LAW(float, f32)
DEFINE_LAW(double, f64)
static const char *const coefficient_names[] = {"kn", "pull"}, *const history_names[] = {"age"};
#define LAW(birth)                                                                                                     \
    {                                                                                                                  \
        {                                                                                                              \
            "pulling", 2, 1,    coefficient_names, history_names, 1u << BRC_IN_OVERLAP | 7u << BRC_IN_NX, 0,           \
            NULL,      0, birth},                                                                                      \
            {0, law_f32, law_f32, law_f32},                                                                            \
        {                                                                                                              \
            0, law_f64, law_f64, law_f64                                                                               \
        }                                                                                                              \
    }
static const brc_law bridging = LAW(BRC_BIRTH_CONTACT), charged = LAW(BRC_BIRTH_REACH);

enum { MATERIALS = 2 };
static const double kn = 800, pull[4] = {0.5, 0.8, 0.8, 0.3}, reach[4] = {0.02, 0.05, 0.05, 0};

static brc_sim* make_pulling(const brc_options* o, const brc_law* law)
{
    brc_sim* s;
    int32_t material;
    double table[8];
    OK(brc_sim_create(o, &s));
    for (int m = 0; m < MATERIALS; m++) OK(brc_material_add(s, 1000, &material));
    for (int i = 0; i < 4; i++) table[i] = kn, table[4 + i] = pull[i];
    OK(brc_law_use(s, law, MATERIALS, table, 100, 0.04));
    OK(brc_law_reach(s, MATERIALS, reach));
    OK(brc_dt_set(s, 2e-4));
    return s;
}

static packing gas(int64_t count, double height)
{
    packing p = random_packing(count, v3(0, 0, 0.15), v3(1, 1, height), 0.02, 0.04, 2);
    for (int64_t i = 0; i < count; i++) p.material[i] = i % 3 == 0;
    return p;
}

// ---- pairs -----------------------------------------------------------------------------------------------

enum { MOST = 400 };
static int16_t age[MOST + 1][MOST + 1]; // by ids

// One more step of the contacts by all pairs; forces on all particles. Answers how many act beyond touching.
BRUTE static int brute_step(const brc_sim* s, bool unborn, double force[MOST + 1][3])
{
    int beyond = 0;
    memset(force, 0, sizeof(double) * 3 * (MOST + 1));
    for (int64_t i = 0; i < s->count; i++)
        for (int64_t j = 0; j < s->count; j++) {
            const double *a = s->pos + 4 * i, *b = s->pos + 4 * j;
            int64_t ia = s->id[i], ib = s->id[j];
            if (ia >= ib) continue;
            int pair = 2 * s->material[i] + s->material[j];
            double d = sqrt(distance2(s, a, b)), overlap = a[3] + b[3] - d;
            bool acts = overlap > 0 || (overlap > -reach[pair] && (unborn || age[ia][ib]));
            age[ia][ib] = acts ? (int16_t)(age[ia][ib] + 1) : 0;
            if (!acts) continue;
            beyond += overlap < 0;
            double f = (overlap > 0 ? kn * overlap : 0) - pull[pair];
            for (int k = 0; k < 3; k++) {
                double n = brc_image(a[k] - b[k], s->length[k], s->half[k]) / d;
                force[ia][k] += f * n, force[ib][k] -= f * n;
            }
        }
    return beyond;
}

static void check_step(brc_sim* s, bool unborn, int64_t* beyond)
{
    static double force[MOST + 1][3];
    *beyond += brute_step(s, unborn, force);
    for (int64_t i = 0; i < s->count; i++)
        for (int k = 0; k < 3; k++) {
            double got = s->acc[8 * i + k], want = force[s->id[i]][k];
            if (!(fabs(got - want) < 1e-9))
                fail_msg("step %d, id %d: force %g, by all pairs %g", (int)s->step, (int)s->id[i], got, want);
        }
    int64_t touching = 0;
    for (int k = 0; k < BRC_NEAR_LISTS * s->worker_count; k++) {
        const near_list* p = &s->workers[k / BRC_NEAR_LISTS].near[k % BRC_NEAR_LISTS];
        for (int64_t c = 0; c < p->count; c++)
            if (p->touching[c]) {
                int64_t a = s->id[p->a[c]], b = s->id[p->b[c]];
                touching++;
                assert_true(((double*)p->history[0])[c] == age[a][b]);
            }
    }
    assert_true(touching > 0);
    assert_int_equal(summary_of(s).contacts, brute_contacts(s));
}

static void pairs_by_brute_force(void** state)
{
    (void)state;
    for (int way = 0; way < 6; way++) {
        brc_options o = options_of(1, way % 2 ? 7 : 3);
        o.precision = BRC_DOUBLE, o.threads = 1 + way % 3, o.skin = way < 3 ? 0 : 0.002 * (way - 2);
        const bool unborn = way % 2;
        brc_sim* s = make_pulling(&o, unborn ? &charged : &bridging);
        random_state = (uint64_t)way + 1;
        packing p = gas(MOST, 0.7);
        int64_t beyond = 0, present = MOST - 50;
        s->options.gravity[2] = way % 2 ? 0 : -1;
        o.on_exit = s->options.on_exit = BRC_EXIT_REMOVE;
        add_packing(s, &p, 0, present);
        memset(age, 0, sizeof age);
        for (int step = 0; step < 250; step++) {
            if (step % 50 == 25) {
                int64_t gone[2] = {3 + step, 4 + step};
                OK(brc_particles_remove(s, 2, gone));
                add_packing(s, &p, present, 10), present += 10;
            }
            run_steps(s, 1);
            check_step(s, unborn, &beyond);
        }
        assert_true(beyond > 1000);
        packing_free(&p);
        brc_sim_destroy(s);
    }
}

static void same_bits(void** state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++)
        for (int precision = BRC_MIXED; precision <= BRC_DOUBLE; precision++) {
            uint64_t expected = 0;
            for (int way = 0; way < 4; way++) {
                brc_options o = options_of(1, 3);
                o.precision = precision, o.threads = 1 + way % 4, o.on_exit = BRC_EXIT_REMOVE;
                o.isa = way % 3 < brc_isa_best() ? 1 + way % 3 : 0, o.skin = way == 2 ? 0.002 : way == 3 ? 0.06 : 0;
                brc_sim* s = make_pulling(&o, kind ? &charged : &bridging);
                random_state = 3;
                packing p = gas(1100, 0.9);
                brc_wall_def box = {.shape = BRC_BOX, .side = -1, .point = {-1, -1, 0.1}, .point2 = {2, 2, 0.95}};
                int32_t wall;
                OK(brc_wall_add(s, &box, &wall));
                add_packing(s, &p, 0, way % 2 ? 700 : 1100);
                if (way % 2) add_packing(s, &p, 700, 400);
                for (int k = 0; k < 1010; k += way % 2 ? 1 : 1010) run_steps(s, way % 2 ? 1 : 1010);
                uint64_t hash = brc_sim_hash(s);
                if (way == 0) expected = hash;
                else if (hash != expected) fail_msg("kind %d, precision %d, way %d: other bits", kind, precision, way);
                packing_free(&p);
                brc_sim_destroy(s);
            }
        }
}

// ---- walls -----------------------------------------------------------------------------------------------

// A floor at z = 0.5 of n * n squares, each two triangles.
static void mesh_floor(brc_sim* s, int n, int32_t material)
{
    double* x = calloc((size_t)(n + 1) * (size_t)(n + 1) * 3, sizeof(double));
    int32_t *t = calloc((size_t)n * (size_t)n * 6, sizeof(int32_t)), m = 0, wall;
    for (int i = 0; i <= n; i++)
        for (int j = 0; j <= n; j++) {
            double* v = x + 3 * ((n + 1) * i + j);
            v[0] = -1 + 3.0 * i / n, v[1] = -1 + 3.0 * j / n, v[2] = 0.5;
        }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            int32_t a = (n + 1) * i + j, b = a + n + 1, q[6] = {a, b, b + 1, a, b + 1, a + 1};
            memcpy(t + 3 * m, q, sizeof q), m += 2;
        }
    brc_wall_def def = {.shape = BRC_MESH, .material = material, .vertices = x, .triangles = t};
    def.vertex_count = (n + 1) * (n + 1), def.triangle_count = m;
    OK(brc_wall_add(s, &def, &wall));
    free(x), free(t);
}

static brc_sim* glide(const brc_law* law, int cells, double gap, double vz, int steps)
{
    brc_options o = options_of(1, 0);
    o.precision = BRC_DOUBLE;
    brc_sim* s = make_pulling(&o, law);
    brc_wall_def def = {.shape = BRC_PLANE, .material = 1, .point = {0, 0, 0.5}, .normal = {0, 0, 1}};
    int32_t wall;
    if (cells) mesh_floor(s, cells, 1);
    else OK(brc_wall_add(s, &def, &wall));
    add_one(s, 1, v3(0.3, 0.31, 0.54 + gap), v3(1.1, 0.7, vz), 0.04); // material 0 to 1: a reach of 0.05
    run_steps(s, steps);
    return s;
}

// Over a mesh the sphere feels a plane, at a distance too: no edge counts twice.
static void no_seams(void** state)
{
    (void)state;
    for (int cells = 1; cells <= 100; cells += 33) {
        brc_sim *plane = glide(&charged, 0, 0.03, -0.1, 1500), *mesh = glide(&charged, cells, 0.03, -0.1, 1500);
        assert_true(plane->pos[2] < 0.59 && plane->pos[0] > 0.6);
        for (int k = 0; k < 3; k++) assert_true(fabs(plane->pos[k] - mesh->pos[k]) < 1e-12);
        for (int k = 0; k < 3; k++) assert_true(fabs(plane->acc[k] - mesh->acc[k]) < 1e-9);
        brc_sim_destroy(plane), brc_sim_destroy(mesh);
    }
}

static void walls_are_born_and_forgotten(void** state)
{
    (void)state;
    for (int cells = 0; cells <= 20; cells += 20) {
        brc_sim* s = glide(&bridging, cells, 0.03, 0, 10); // within reach, never touched
        assert_true(s->acc[2] == 0 && s->workers[0].touches.count == 0);
        brc_sim_destroy(s);
        s = glide(&bridging, cells, -0.001, 0.8, 1); // touching, leaves: pulled until it is 0.05 away
        int pulled = 0;
        while (s->acc[2] != 0) {
            double gap = s->pos[2] - 0.54, f = (gap < 0 ? -kn * gap : 0) - pull[1];
            assert_true(fabs(s->acc[2] - f) < 1e-9);
            assert_int_equal(s->workers[0].touches.count, 1);
            assert_int_equal(summary_of(s).wall_contacts, gap < 0);
            pulled += gap > 0;
            run_steps(s, 1);
            assert_true(s->step < 5000);
        }
        assert_true(pulled > 100);
        assert_true(s->pos[2] - 0.54 >= 0.05 && s->pos[2] - 0.54 < 0.0501);
        assert_int_equal(s->workers[0].touches.count, 0);
        brc_sim_destroy(s);
    }
}

// Every shape pulls along its normal at a gap of 0.03, and nothing but it.
static void shapes(void** state)
{
    (void)state;
    const struct {
        brc_wall_def def;
        double at[3], n[3];
    } all[] = {
        {{.shape = BRC_BOX, .side = 1, .point = {0.3, 0.3, 0.3}, .point2 = {0.6, 0.6, 0.5}},
         {0.5, 0.4, 0.57},
         {0, 0, 1}},
        {{.shape = BRC_BOX, .side = -1, .point = {0, 0, 0.3}, .point2 = {1, 1, 0.9}}, {0.5, 0.93, 0.6}, {0, -1, 0}},
        {{.shape = BRC_BOX, .side = 1, .point = {0.3, 0.3, 0.3}, .point2 = {0.5, 0.5, 0.5}},
         {0.542, 0.4, 0.556},
         {0.6, 0, 0.8}},
        {{.shape = BRC_CYLINDER, .side = -1, .open = 1, .point = {0.5, 0.5, 0}, .point2 = {0.5, 0.5, 1}, .radius = 0.4},
         {0.5, 0.17, 0.5},
         {0, 1, 0}},
        {{.shape = BRC_CYLINDER, .side = 1, .point = {0.5, 0.5, 0.2}, .point2 = {0.5, 0.5, 0.8}, .radius = 0.2},
         {0.77, 0.5, 0.5},
         {1, 0, 0}},
        {{.shape = BRC_CONE,
          .side = 1,
          .point = {0.5, 0.5, 0.2},
          .point2 = {0.5, 0.5, 0.8},
          .radius = 0.2,
          .radius2 = 0.1},
         {0.5, 0.5, 0.87},
         {0, 0, 1}},
        {{.shape = BRC_SPHERE, .side = 1, .point = {0.5, 0.5, 0.5}, .radius = 0.2}, {0.5, 0.5, 0.77}, {0, 0, 1}},
        {{.shape = BRC_SPHERE, .side = -1, .point = {0.5, 0.5, 0.5}, .radius = 0.4}, {0.5, 0.5, 0.83}, {0, 0, -1}},
        {{.shape = BRC_DISC, .point = {0.5, 0.5, 0.5}, .normal = {0, 0, 1}, .radius = 0.2},
         {0.5, 0.5, 0.43},
         {0, 0, -1}},
        {{.shape = BRC_PLANE, .point = {0.5, 0.5, 0.5}, .normal = {0, 1, 0}}, {0.5, 0.57, 0.43}, {0, 1, 0}},
    };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        brc_options o = options_of(1, 0);
        o.precision = BRC_DOUBLE;
        brc_sim* s = make_pulling(&o, &charged);
        brc_wall_def def = all[k].def;
        int32_t wall;
        def.material = 1;
        OK(brc_wall_add(s, &def, &wall));
        add_one(s, 1, v3_from(all[k].at), v3(0, 0, 0), 0.04);
        run_steps(s, 1);
        for (int c = 0; c < 3; c++)
            if (!(fabs(s->acc[c] + 0.8 * all[k].n[c]) < 1e-9))
                fail_msg("shape %d: force (%g, %g, %g)", (int)k, s->acc[0], s->acc[1], s->acc[2]);
        brc_sim_destroy(s);
    }
}

// Two one-sided floors of the same normal; the sphere between them is behind the upper one and feels the lower alone.
static void nothing_through_a_plate(void** state)
{
    (void)state;
    brc_options o = options_of(1, 0);
    o.precision = BRC_DOUBLE;
    brc_sim* s = make_pulling(&o, &charged);
    for (int k = 0; k < 2; k++) {
        double z = k ? 0.7 : 0.5;
        double x[18] = {0, 0, 0.5, 1, 0, 0.5, 0.5, 1, 0.5, 0, 0, 0.6, 1, 0, 0.6, 0.5, 1, 0.6};
        int32_t t[6] = {0, 1, 2, 3, 4, 5}, wall;
        brc_wall_def mesh = {.shape = BRC_MESH, .material = 1, .side = 1, .vertices = x, .triangles = t};
        mesh.vertex_count = 6, mesh.triangle_count = 2;
        brc_wall_def plane = {.shape = BRC_PLANE, .material = 1, .point = {0, 0, z}, .normal = {0, 0, 1}};
        OK(brc_wall_add(s, k ? &plane : &mesh, &wall));
    }
    add_one(s, 1, v3(0.5, 0.4, 0.555), v3(0, 0, 0), 0.04); // 0.015 above the lower floor, 0.045 behind the upper
    run_steps(s, 1);
    assert_true(fabs(s->acc[2] + 0.8) < 1e-9 && s->acc[0] == 0 && s->acc[1] == 0);
    brc_sim_destroy(s);
}

static void refused(void** state)
{
    (void)state;
    brc_options o = options_of(0.4, 1);
    brc_sim* s = make_pulling(&o, &charged);
    const double bad[4] = {0, -1, -1, 0}, far[4] = {0.3, 0.3, 0.3, 0.3};
    double at[3] = {0.1, 0.1, 0.1}, radius = 0.09;
    int32_t material = 0;
    int64_t first;
    REFUSED(brc_law_reach(s, 2, bad), BRC_ERR_ARGUMENT, "between materials 1 and 2 must be >= 0");
    REFUSED(brc_law_reach(s, 2, far), BRC_ERR_ARGUMENT, "too far for the periodic x axis of 0.4 m");
    REFUSED(brc_law_reach(s, 1, far), BRC_ERR_ARGUMENT, "reaches for 1 materials, but there are 2");
    brc_add add = {.count = 1, .x = at, .radius = &radius, .material = &material, .allowed_overlap = -1};
    REFUSED(brc_particles_add(s, &add, &first), BRC_ERR_ARGUMENT, "acts across a gap of 0.05 m");
    brc_sim_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_by_brute_force),
        cmocka_unit_test(same_bits),
        cmocka_unit_test(no_seams),
        cmocka_unit_test(walls_are_born_and_forgotten),
        cmocka_unit_test(shapes),
        cmocka_unit_test(nothing_through_a_plate),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
