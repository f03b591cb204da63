// fields_test.c -- particle fields of the script through the C interface: fluxes against the exact discrete solution,
// the books of walls, values that follow their particles, and the same bits on any number of threads.
#include "sim_check.h"

// A spring kn * overlap and a conductance h * overlap, both along with the material pair.
#define DEFINE_LAW(T, F)                                                                                               \
    static void law_##F(int n, const T* const* in, T* const* history, T* const* out, const T* P, int pairs,            \
                        const int32_t* pair, const T* now)                                                             \
    {                                                                                                                  \
        (void)history, (void)now;                                                                                      \
        for (int i = 0; i < n; i++) {                                                                                  \
            T f = P[pair[i]] * in[BRC_IN_OVERLAP][i], h = P[pairs + pair[i]] * in[BRC_IN_OVERLAP][i];                  \
            for (int k = 0; k < 3; k++) out[BRC_OUT_FX + k][i] = f * in[BRC_IN_NX + k][i], out[BRC_OUT_MX + k][i] = 0; \
            out[BRC_OUT_FLUX][i] = h * (in[BRC_IN_F0B][i] - in[BRC_IN_F0A][i]);                                        \
        }                                                                                                              \
    }
DEFINE_LAW(float, f32)
DEFINE_LAW(double, f64)

static const char* const coefficient_names[] = {"kn", "h"};
static const char* const field_names[] = {"temperature"};
static const brc_law conducting = {{"conducting", 2, 0, coefficient_names, NULL,
                                    1u << BRC_IN_OVERLAP | 7u << BRC_IN_NX | (uint64_t)3 << BRC_IN_FIELDS, 1,
                                    field_names, 1, BRC_BIRTH_CONTACT},
                                   {0, law_f32, law_f32, law_f32},
                                   {0, law_f64, law_f64, law_f64}};

// One material of density 1000 with a capacity, a field, and the law.
static brc_sim* make_conducting(const brc_options* o, double kn, double h, double capacity, double flux_scale,
                                double dt)
{
    brc_sim* s;
    int32_t material, field;
    OK(brc_sim_create(o, &s));
    OK(brc_material_add(s, 1000, &material));
    const double table[2] = {kn, h};
    REFUSED(brc_law_use(s, &conducting, 1, table, 1, 1), BRC_ERR_ARGUMENT, "reads the particle field 'temperature'");
    OK(brc_user_field_add(s, "temperature", "K", 300, &field));
    OK(brc_user_field_flux(s, field, "W", flux_scale, &capacity));
    OK(brc_law_use(s, &conducting, 1, table, fmax(kn, 1), 1));
    OK(brc_dt_set(s, dt));
    return s;
}

static double value_of(brc_sim* s, int64_t id)
{
    const brc_field* f = brc_field_find(s, "temperature");
    return ((const double*)f->p)[brc_particle_slot(s, id)];
}

static void two_spheres(void** state)
{
    (void)state;
    for (int precision = BRC_MIXED; precision <= BRC_DOUBLE; precision++) {
        brc_options o = options_of(1, 0);
        o.precision = precision;
        const double dt = 1e-4, h = 100, c = 1, overlap = 0.01;
        brc_sim* s = make_conducting(&o, 0, h, c, 1000, dt);
        OK(brc_user_field_birth(s, 0, 310));
        add_one(s, 1, v3(0.3, 0.5, 0.5), v3(0, 0, 0), 0.1);
        OK(brc_user_field_birth(s, 0, 290));
        add_one(s, 2, v3(0.3 + 0.15 - overlap, 0.5, 0.5), v3(0, 0, 0), 0.05);
        const double *x = s->pos, H = h * (0.15 - fabs(x[4] - x[0])), A = H / (s->mass[0] * c),
                     B = H / (s->mass[1] * c);
        const double mean = (B * 310 + A * 290) / (A + B);
        run_steps(s, 5000);
        const double decay = pow(1 - (A + B) * dt, 5000), exact = exp(-(A + B) * 5000 * dt);
        const double tolerance = precision == BRC_DOUBLE ? 1e-9 : 1e-4; // floats of 300 K have steps of 3e-5 K
        assert_true(decay < 0.9 && decay > 0.1);
        assert_true(fabs(value_of(s, 1) - (mean + (310 - mean) * decay)) < tolerance);
        assert_true(fabs(value_of(s, 2) - (mean + (290 - mean) * decay)) < tolerance);
        assert_true(fabs(value_of(s, 1) - (mean + (310 - mean) * exact)) < 1e-3);
        brc_sim_destroy(s);
    }
}

static void walls_and_fixed_values(void** state)
{
    (void)state;
    brc_options o = options_of(1, 0);
    o.precision = BRC_DOUBLE;
    brc_sim* s = make_conducting(&o, 0, 100, INFINITY, 1000, 1e-3);
    brc_wall_def def = {.shape = BRC_PLANE, .point = {0, 0, 0.41}, .normal = {0, 0, 1}};
    int32_t wall;
    double value, flux;
    OK(brc_wall_add(s, &def, &wall));
    OK(brc_wall_field_get(s, wall, 0, &value, &flux));
    assert_true(value == 300);
    OK(brc_wall_field_set(s, wall, 0, 400));
    add_one(s, 1, v3(0.3, 0.5, 0.5), v3(0, 0, 0), 0.1);
    add_one(s, 2, v3(0.7, 0.5, 0.5), v3(0, 0, 0), 0.1);
    run_steps(s, 10);
    OK(brc_wall_field_get(s, wall, 0, &value, &flux));
    assert_true(fabs(flux + 2 * 100 * 0.01 * 100) < 1e-9); // two contacts of 1 W/K take 100 K
    assert_true(value_of(s, 1) == 300);                    // no capacity: the value stays
    const double* sum = brc_field_find(s, "temperature_flux")->p;
    assert_true(fabs(sum[0] - 100) < 1e-9);
    const double capacity = 840;
    OK(brc_user_field_flux(s, 0, "W", 1000, &capacity));
    run_steps(s, 1);
    assert_true(fabs(value_of(s, 2) - (300 + 100 * 1e-3 / (s->mass[1] * 840))) < 1e-10);
    OK(brc_user_field_flux(s, 0, "W", 1, &capacity));
    int64_t done;
    REFUSED(brc_sim_steps(s, 1, &done), BRC_ERR_GUARD, "flux");
    brc_sim_destroy(s);
}

static void streams_keep_their_values(void** state)
{
    (void)state;
    brc_options o = options_of(1, 0);
    brc_sim* s = make_conducting(&o, 100, 1, 840, 1000, 1e-3);
    brc_insert_def def = {.kind = BRC_STREAM,
                          .region = {.lo = {0.2, 0.2, 0.2}, .hi = {0.8, 0.8, 0.8}},
                          .sizes = {.min = 0.02},
                          .count = 20,
                          .count_rate = 100,
                          .stop = INFINITY};
    int32_t number;
    OK(brc_user_field_birth(s, 0, 350));
    OK(brc_insert_add(s, &def, &number));
    OK(brc_user_field_birth(s, 0, 250));
    run_steps(s, 300);
    assert_int_equal(s->count, 20);
    for (int64_t id = 1; id <= 20; id++) assert_true(value_of(s, id) == 350);
    assert_true(s->user[0].birth == 250);
    brc_sim_destroy(s);
}

// A dense gas of hot and cold grains: the bits must not depend on threads, instruction set, skin or how the run is cut;
// heat is conserved.
static void same_bits(void** state)
{
    (void)state;
    for (int precision = BRC_MIXED; precision <= BRC_DOUBLE; precision++) {
        uint64_t expected = 0;
        for (int way = 0; way < 6; way++) {
            brc_options o = options_of(1, 3);
            const int pieces = way % 2 ? 100 : 1;
            o.precision = precision, o.threads = 1 + way % 4, o.isa = way % 3 < brc_isa_best() ? 1 + way % 3 : 0;
            o.skin = way == 3 ? 0.001 : way == 4 ? 0.05 : 0;
            brc_sim* s = make_conducting(&o, 500, 3e5, 840, 1e7, 2e-4);
            random_state = 7;
            packing p = random_packing(1500, v3(0, 0, 0.1), v3(1, 1, 0.9), 0.02, 0.04, 0.5);
            brc_wall_def floor = {.shape = BRC_BOX, .side = -1, .point = {-1, -1, 0.05}, .point2 = {2, 2, 0.95}};
            int32_t wall;
            OK(brc_wall_add(s, &floor, &wall));
            OK(brc_wall_field_set(s, wall, 0, 350));
            for (int64_t i = 0; i < p.count; i += 100) {
                OK(brc_user_field_birth(s, 0, 250 + (double)i / 10));
                add_packing(s, &p, i, 100);
            }
            double before = 0, after = 0;
            for (int64_t i = 0; i < s->count; i++) before += s->mass[i] * s->user[0].value[i];
            double drained = 0, value, flux;
            for (int k = 0; k < pieces; k++) run_steps(s, 1100 / pieces);
            if (way == 0) { // 100 steps more to close the book of heat step by step
                for (int64_t i = 0; i < s->count; i++) after += s->mass[i] * s->user[0].value[i];
                before = after, after = 0;
                for (int k = 0; k < 100; k++) {
                    run_steps(s, 1);
                    OK(brc_wall_field_get(s, wall, 0, &value, &flux));
                    drained += flux * 2e-4 / 840;
                }
                for (int64_t i = 0; i < s->count; i++) after += s->mass[i] * s->user[0].value[i];
                assert_true(fabs(drained) > 1e-3);
                assert_true(fabs(after + drained - before) < 1e-10 * before);
            } else run_steps(s, 100);
            int64_t gone[3] = {17, 800, 1499};
            OK(brc_particles_remove(s, 3, gone));
            run_steps(s, 20);
            uint64_t hash = brc_sim_hash(s);
            if (way == 0) expected = hash;
            else if (hash != expected) fail_msg("precision %d, way %d: other bits", precision, way);
            s->user[0].value[5] += 1e-9;
            assert_int_not_equal(brc_sim_hash(s), hash); // the hash sees fields
            packing_free(&p);
            brc_sim_destroy(s);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_spheres),
        cmocka_unit_test(walls_and_fixed_values),
        cmocka_unit_test(streams_keep_their_values),
        cmocka_unit_test(same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
