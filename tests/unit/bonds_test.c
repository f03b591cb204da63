// bonds_test.c -- bonds through the C interface: the beam's stiffness against formulas, objectivity, conservation,
// breaking, the books, and the same bits whatever the lists.
#include "sim_check.h"

enum { YOUNG, SHEAR, RADIUS, FACTOR, TENSILE, STRENGTH, DAMPING, COEFFICIENTS };
static const char* const names[COEFFICIENTS] = {"E",      "G", "radius", "radius_factor", "tensile", "shear_strength",
                                                "damping"};

static int32_t bind(brc_sim* s, const double values[COEFFICIENTS], int replaces, int64_t count, int64_t (*pair)[2])
{
    brc_law_info info;
    double k[COEFFICIENTS];
    int32_t kind;
    OK(brc_law_get(law_number("bond_beam"), &info));
    assert_int_equal(info.coefficient_count, COEFFICIENTS);
    for (int i = 0; i < COEFFICIENTS; i++)
        for (int c = 0; c < COEFFICIENTS; c++)
            if (!strcmp(info.coefficients[i], names[c])) k[i] = values[c];
    OK(brc_bonds_add(s, "bond_beam", k, replaces, count, &pair[0][0], &kind));
    return kind;
}

static brc_bond_state state_of(const brc_sim* s, int32_t kind)
{
    brc_bond_state q;
    OK(brc_bonds_get(s, kind, &q));
    return q;
}

// A history value of a bond of the first law.
static double history_of(const brc_sim* s, const char* name, int64_t number)
{
    const brc_law_info* info = &s->bonds.law->info;
    for (int h = 0; h < info->history_count; h++)
        if (!strcmp(info->history[h], name)) return brc_real_get(s, s->bonds.history[h], number);
    fail_msg("no history %s", name);
    return 0;
}

static const double R = 1e-3, E = 1e7, G = 4e6, rho = 2500;

// n bonds along x, spheres just touching; the first of another material, so heavy that nothing moves it when `held`.
static brc_sim* make_chain(int n, bool held, double damping, double dt)
{
    brc_options o = options_of(0.1, 0);
    int32_t material;
    brc_sim* s;
    o.precision = BRC_DOUBLE;
    OK(brc_sim_create(&o, &s));
    OK(brc_material_add(s, rho, &material));
    OK(brc_material_add(s, held ? 1e16 : rho, &material));
    OK(brc_law_set(s, law_number("linear"), 2, (double[16 * 4]){0}, 10, R));
    OK(brc_dt_set(s, dt));
    int64_t pair[64][2];
    for (int i = 0; i <= n; i++) {
        double x[3] = {0.02 + 2 * R * i, 0.05, 0.05};
        material = i == 0;
        int64_t first, id = i + 1;
        brc_add add = {.count = 1, .x = x, .radius = &R, .material = &material, .id = &id, .allowed_overlap = -1};
        OK(brc_particles_add(s, &add, &first));
        pair[i][0] = i + 2, pair[i][1] = i + 1;
    }
    bind(s, (double[]){E, G, 0, 1, 1e30, 1e30, damping}, 1, n, pair);
    return s;
}

// Steps with a force on one particle and a drag on all [1/s].
static void relax(brc_sim* s, int steps, int64_t id, const double f[3], int64_t other, double drag)
{
    for (int k = 0; k < steps; k++) {
        OK(brc_step_begin(s));
        for (int64_t i = 0; i < s->count; i++) {
            double v[3], w[3], mass = s->mass[i], inertia = 0.4 * mass * R * R;
            brc_particle_velocity(s, i, v, w);
            if (mass < 1)
                for (int c = 0; c < 3; c++)
                    s->acc[8 * i + c] -= drag * mass * v[c], s->acc[8 * i + 4 + c] -= drag * inertia * w[c];
            for (int c = 0; c < 3; c++)
                if (s->id[i] == id || s->id[i] == other) s->acc[8 * i + c] += s->id[i] == id ? f[c] : -f[c];
        }
        OK(brc_step_end(s));
    }
}

// Slope of stress over strain of a chain, with both ends pulled: E.
static void tension(void** state)
{
    (void)state;
    const int n = 10;
    const double area = BRC_PI * R * R, strain = 1e-4, f[3] = {E * area * strain, 0, 0};
    brc_sim* s = make_chain(n, false, 0.5, 1e-6);
    relax(s, 20000, n + 1, f, 1, 0);
    double length = s->pos[4 * n] - s->pos[0];
    double got = f[0] / area / (length / (2 * R * n) - 1);
    if (!(fabs(got / E - 1) < 1e-4)) fail_msg("slope %.9g of %g Pa", got, E);
    brc_stress q; // the stress of the whole is force times length over volume; tension is negative
    OK(brc_stress_get(s, NULL, &q));
    assert_true(fabs(q.contact[0] * q.volume / (-f[0] * length) - 1) < 1e-4 && q.contact[4] == 0);
    brc_sim_destroy(s);
}

// A force at the tip of a clamped chain: each bond bends with E I / L and shears with G A / L in its middle.
static void cantilever(void** state)
{
    (void)state;
    const int n = 10;
    const double L = 2 * R, area = BRC_PI * R * R, I = area * R * R / 4, P = 1e-6;
    const double f[3] = {0, 0, -P},
                 formula = P * (n * L / (G * area) + L * L * L * (4.0 * n * n * n - n) / (12 * E * I));
    brc_sim* s = make_chain(n, true, 0.1, 1e-6);
    relax(s, 150000, n + 1, f, 0, 700);
    double got = 0.05 - s->pos[4 * n + 2];
    if (!(fabs(got / formula - 1) < 1e-3)) fail_msg("deflection %.9g, by the formula %.9g m", got, formula);
    // 0.9975 of Euler and Bernoulli, and the shear
    double euler = P * 8 * n * n * n * R * R * R / (3 * E * I);
    assert_true(fabs((got - P * n * L / (G * area)) / euler - 0.9975) < 1e-3);
    assert_true(fabs(s->pos[2] - 0.05) < 1e-12);
    brc_sim_destroy(s);
}

static void set_motion(brc_sim* s, int64_t i, const double v[3], const double w[3])
{
    for (int k = 0; k < 3; k++) {
        brc_real_set(s, s->vel, BRC_MOTION * i + k, v[k]);
        brc_real_set(s, s->vel, BRC_MOTION * i + 4 + k, w[k]);
    }
}

// A pair that turns as a rigid body feels the pull towards the middle and nothing else, about any axis.
static void rigid_rotation(void** state)
{
    (void)state;
    const double axes[3][3] = {{0, 0, 1}, {1, 0, 0}, {0.6, 0, 0.8}};
    for (int way = 0; way < 3; way++) {
        brc_sim* s = make_chain(1, false, 0, 1e-6);
        const double rate = 50, *e = axes[way], w[3] = {rate * e[0], rate * e[1], rate * e[2]};
        for (int i = 0; i < 2; i++) {
            double x = i ? R : -R, v[3] = {0, w[2] * x, -w[1] * x};
            set_motion(s, i, v, w);
        }
        run_steps(s, (int64_t)(2 * BRC_PI / rate / 1e-6) + 1); // once around
        const double area = BRC_PI * R * R, kn = E * area / (2 * R);
        for (int c = 0; c < 3; c++) {
            static const char* const shear[] = {"shear_x", "shear_y", "shear_z"};
            static const char* const bend[] = {"bend_x", "bend_y", "bend_z"};
            assert_true(fabs(history_of(s, shear[c], 0)) < 1e-6 * kn * R);
            assert_true(fabs(history_of(s, bend[c], 0)) < 1e-6 * kn * R * R);
        }
        assert_true(fabs(history_of(s, "twist", 0)) < 1e-6 * kn * R * R);
        // what is left is the centripetal force, give or take the oscillation that it began with
        double across = rate * rate * (e[1] * e[1] + e[2] * e[2]) * R * s->mass[0], pull = 0;
        for (int c = 0; c < 3; c++) pull += s->acc[c] * s->acc[c];
        assert_true(sqrt(pull) <= 2.01 * across + 1e-12);
        brc_sim_destroy(s);
    }
}

static void moments(const brc_sim* s, double p[3], double l[3], double* size)
{
    memset(p, 0, 24), memset(l, 0, 24), *size = 0;
    for (int64_t i = 0; i < s->count; i++) {
        double v[3], w[3];
        brc_particle_velocity(s, i, v, w);
        double m = s->mass[i], r = s->pos[4 * i + 3];
        vec3 x = v3_sub(v3_from(s->pos + 4 * i), v3(0.05, 0.05, 0.05)), turn = v3_cross(x, v3_from(v));
        double about[3];
        v3_to(about, turn);
        for (int k = 0; k < 3; k++) p[k] += m * v[k], l[k] += m * about[k] + 0.4 * m * r * r * w[k];
        *size += m * (fabs(about[0]) + fabs(about[1]) + fabs(about[2]));
    }
}

// A chain that swings, bends and twists in free flight keeps its momentum and its angular momentum.
static void free_flight(void** state)
{
    (void)state;
    brc_sim* s = make_chain(8, false, 0, 1e-6);
    random_state = 5;
    for (int64_t i = 0; i < s->count; i++) {
        double v[3], w[3];
        for (int k = 0; k < 3; k++) v[k] = uniform(-0.05, 0.05), w[k] = uniform(-50, 50);
        set_motion(s, i, v, w);
    }
    double p0[3], l0[3], p1[3], l1[3], size;
    moments(s, p0, l0, &size);
    run_steps(s, 20000);
    moments(s, p1, l1, &size);
    for (int k = 0; k < 3; k++) {
        assert_true(fabs(p1[k] - p0[k]) < 1e-13 * s->count * s->mass[0] * 0.05 + 1e-20);
        if (!(fabs(l1[k] - l0[k]) < 1e-9 * size)) fail_msg("L%d: %.12g, was %.12g", k, l1[k], l0[k]);
    }
    assert_true(fabs(history_of(s, "twist", 3)) > 0);
    brc_sim_destroy(s);
}

// A bond breaks when its stress passes the strength, and is gone with a particle.
static void breaking(void** state)
{
    (void)state;
    brc_sim* s = make_chain(4, false, 0.5, 1e-6);
    const double area = BRC_PI * R * R, sigma = 1e4;
    int64_t pair[1][2] = {{3, 2}};
    bind(s, (double[]){E, G, 0, 1, sigma, 1e30, 0.5}, 0, 1, pair);
    assert_int_equal(state_of(s, 1).intact, 1);
    assert_int_equal(s->bonds.count, 5);
    // Two bonds side by side between 2 and 3: each takes half.
    const double f[3] = {1.98 * area * sigma, 0, 0}, more[3] = {2.02 * area * sigma, 0, 0};
    for (int k = 1; k <= 200; k++) relax(s, 300, 5, (double[]){f[0] * k / 200, 0, 0}, 1, 2000);
    assert_int_equal(state_of(s, 1).broken, 0);
    int64_t before = s->step;
    relax(s, 20000, 5, more, 1, 2000);
    assert_int_equal(state_of(s, 1).broken, 1);
    assert_int_equal(state_of(s, 0).intact, 4);
    const brc_bond_end* end;
    assert_int_equal(brc_bonds_ended(s, &end), 1);
    assert_true(end->a == 2 && end->b == 3 && end->kind == 1 && !end->removed && end->step > before);
    int64_t gone = 3, list[8][2];
    OK(brc_particles_remove(s, 1, &gone));
    assert_int_equal(brc_bonds_ended(s, &end), 3);
    assert_true(end[1].a == 2 && end[2].a == 3 && end[2].b == 4 && end[1].removed && end[2].removed);
    assert_int_equal(state_of(s, 0).removed, 2);
    assert_int_equal(brc_bonds_list(s, 0, 8, &list[0][0]), 2);
    assert_true(list[0][0] == 1 && list[0][1] == 2 && list[1][0] == 4 && list[1][1] == 5);
    run_steps(s, 10);
    brc_sim_destroy(s);
}

// Bonded spheres that overlap do not touch each other until the bond is gone.
static void replaced_contacts(void** state)
{
    (void)state;
    for (int replaces = 0; replaces < 2; replaces++) {
        brc_options o = options_of(1, 0);
        o.precision = BRC_DOUBLE;
        brc_sim* s = make_sim(&o, 1000, 1e-4);
        add_one(s, 1, v3(0.4, 0.5, 0.5), v3(0, 0, 0), 0.1);
        add_one(s, 2, v3(0.58, 0.5, 0.5), v3(0, 0, 0), 0.1);
        run_steps(s, 1);
        assert_int_equal(summary_of(s).contacts, 1);
        int64_t pair[1][2] = {{1, 2}};
        int32_t kind = bind(s, (double[]){1e5, 4e4, 0.05, 1, 100, 1e30, 0.2}, replaces, 1, pair);
        double push = fabs(s->acc[0]);
        run_steps(s, 1);
        assert_int_equal(summary_of(s).contacts, !replaces);
        if (replaces) assert_true(fabs(s->acc[0]) < 0.01 * push); // free of stress where it was made
        else assert_true(fabs(s->acc[0]) > 0.5 * push);
        set_motion(s, 0, (double[]){-1, 0, 0}, (double[]){0, 0, 0});
        int64_t steps = 0;
        while (state_of(s, kind).broken == 0 && ++steps < 1000) run_steps(s, 1);
        assert_true(steps < 1000);
        run_steps(s, 1);
        assert_int_equal(summary_of(s).contacts, brute_contacts(s));
        brc_sim_destroy(s);
    }
}

// Random clumps in a box that fall apart: the bits do not depend on threads, instruction set, skin, on the order of
// slots or on how the run is cut.
static void same_bits(void** state)
{
    (void)state;
    for (int precision = BRC_MIXED; precision <= BRC_DOUBLE; precision++) {
        uint64_t expected = 0;
        for (int way = 0; way < 5; way++) {
            brc_options o = options_of(1, 3);
            o.precision = precision, o.threads = 1 + way % 4, o.on_exit = BRC_EXIT_REMOVE;
            o.isa = way % 3 < brc_isa_best() ? 1 + way % 3 : 0, o.skin = way == 2 ? 0.002 : way == 3 ? 0.06 : 0;
            brc_sim* s = make_sim(&o, 2000, 2e-4);
            random_state = 3;
            packing p = random_packing(1100, v3(0, 0, 0.1), v3(1, 1, 0.9), 0.02, 0.04, 0.5);
            brc_wall_def box = {.shape = BRC_BOX, .side = -1, .point = {-1, -1, 0.06}, .point2 = {2, 2, 0.94}};
            int32_t wall;
            OK(brc_wall_add(s, &box, &wall));
            for (int64_t i = 0; way == 4 && i < p.count / 2; i++) { // the other way round
                int64_t j = p.count - 1 - i, id = p.id[i];
                double r = p.radius[i];
                for (int k = 0; k < 3; k++) {
                    double x = p.x[3 * i + k], v = p.v[3 * i + k], w = p.w[3 * i + k];
                    p.x[3 * i + k] = p.x[3 * j + k], p.v[3 * i + k] = p.v[3 * j + k], p.w[3 * i + k] = p.w[3 * j + k];
                    p.x[3 * j + k] = x, p.v[3 * j + k] = v, p.w[3 * j + k] = w;
                }
                p.id[i] = p.id[j], p.radius[i] = p.radius[j], p.id[j] = id, p.radius[j] = r;
            }
            add_packing(s, &p, 0, p.count);
            int64_t count, pair[4000][2];
            OK(brc_bonds_near(s, 0.01, NULL, 4000, &pair[0][0], &count));
            assert_in_range(count, 500, 4000);
            int32_t kind = bind(s, (double[]){1e5, 4e4, 0, 0.5, 1.5e4, 1.5e4, 0.1}, 1, count, pair);
            for (int k = 0; k < 1010; k += way % 2 ? 1 : 1010) run_steps(s, way % 2 ? 1 : 1010);
            int64_t gone[3] = {17, 500, 1000};
            OK(brc_particles_remove(s, 3, gone));
            run_steps(s, 10);
            brc_bond_state q = state_of(s, kind);
            if (q.broken < 50 || q.intact < 50) fail_msg("%d broken, %d intact", (int)q.broken, (int)q.intact);
            assert_int_equal(q.made, q.intact + q.broken + q.removed);
            uint64_t hash = brc_sim_hash(s);
            if (way == 0) expected = hash;
            else if (hash != expected) fail_msg("precision %d, way %d: other bits", precision, way);
            packing_free(&p);
            brc_sim_destroy(s);
        }
    }
}

static void refused(void** state)
{
    (void)state;
    brc_sim* s = make_chain(2, false, 0, 1e-6);
    int32_t kind;
    double k[COEFFICIENTS] = {1, 1, 1, 1, 1, 1, 1};
    int64_t nobody[1][2] = {{1, 9}}, self[1][2] = {{2, 2}}, twice[2][2] = {{1, 3}, {3, 1}};
    REFUSED(brc_bonds_add(s, "bond_beam", k, 0, 1, &nobody[0][0], &kind), BRC_ERR_ARGUMENT,
            "pairs[1][2]: there is no particle with id 9");
    REFUSED(brc_bonds_add(s, "bond_beam", k, 0, 1, &self[0][0], &kind), BRC_ERR_ARGUMENT, "cannot be bonded to itself");
    REFUSED(brc_bonds_add(s, "bond_beam", k, 0, 2, &twice[0][0], &kind), BRC_ERR_ARGUMENT, "id 1 and 3 is given twice");
    REFUSED(brc_bonds_add(s, "glue", k, 0, 2, &twice[0][0], &kind), BRC_ERR_ARGUMENT, "no law 'glue'");
    REFUSED(brc_bonds_add(s, "linear", k, 0, 2, &twice[0][0], &kind), BRC_ERR_ARGUMENT, "have one law: bond_beam");
    assert_int_equal(s->bonds.count, 2);
    assert_int_equal(s->bonds.kind_count, 1);
    brc_sim_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tension),     cmocka_unit_test(cantilever), cmocka_unit_test(rigid_rotation),
        cmocka_unit_test(free_flight), cmocka_unit_test(breaking),   cmocka_unit_test(replaced_contacts),
        cmocka_unit_test(same_bits),   cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
