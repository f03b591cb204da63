// device_check.h -- what the tests of steps on a device share: a scene for both, and the comparison of their states.
#ifndef DEVICE_CHECK_H
#define DEVICE_CHECK_H
#include "sim_check.h"

static int32_t precision = BRC_MIXED; // of the scenes
static double tilt[3];                // of their cells
static bool bare;                     // no walls
static int stretch = 1;               // how many times the steps
static brc_comm* ranks;               // that share them; NULL: one
#if defined __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZED 1 // what only repeats what the host does is left out: lavapipe allocates in each step
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static inline brc_sim* scene(const char* law, int periodic, int64_t count, uint64_t seed)
{
    brc_options o = options_of(1, periodic);
    o.precision = precision, o.comm = ranks;
    memcpy(o.tilt, tilt, sizeof tilt);
    if (stretch > 1) o.on_exit = BRC_EXIT_REMOVE; // after so many steps some have left
    brc_sim* s;
    int32_t material, wall;
    o.gravity[0] = 0.5, o.gravity[2] = -40;
    random_state = seed;
    OK(brc_sim_create(&o, &s));
    OK(brc_material_add(s, 1000, &material));
    OK(brc_material_add(s, 2500, &material));
    use_law(s, law, 5e3, 1e5);
    OK(brc_dt_set(s, 2e-4));
    const brc_wall_def planes[] = {
        {.shape = BRC_PLANE, .material = 1, .point = {0, 0, 0.02}, .normal = {0, 0, 1}},
        {.shape = BRC_PLANE, .material = 0, .point = {0.5, 0.5, 0.03}, .normal = {0.2, -0.1, 1}},
        {.shape = BRC_PLANE, .material = 0, .point = {0, 0, 0.98}, .normal = {0, 0, -1}},
        {.shape = BRC_PLANE, .material = 0, .point = {0.01, 0, 0}, .normal = {1, 0, 0}},
        {.shape = BRC_PLANE, .material = 0, .point = {0.99, 0, 0}, .normal = {-1, 0, 0}},
        {.shape = BRC_PLANE, .material = 0, .point = {0, 0.01, 0}, .normal = {0, 1, 0}},
        {.shape = BRC_PLANE, .material = 0, .point = {0, 0.99, 0}, .normal = {0, -1, 0}}};
    for (int k = 0; k < 7; k++) {
        if (bare || (k == 1 && tilt[0] != 0)) continue;
        if (k >= 3 && periodic & (k < 5 ? 1 : 2)) continue;
        OK(brc_wall_add(s, &planes[k], &wall));
    }
    const double large = 0.5 / cbrt((double)count);
    packing p = random_packing(count, v3(0.1, 0.1, 0.12), v3(0.9, 0.9, 0.9), large / 2.2, large, 0.3);
    int64_t first;
    for (int64_t i = 0; i < count; i++) p.material[i] = (int32_t)(i % 2);
    brc_add add = {.count = count,
                   .x = p.x,
                   .v = p.v,
                   .w = p.w,
                   .radius = p.radius,
                   .material = p.material,
                   .allowed_overlap = -1};
    OK(brc_particles_add(s, &add, &first));
    packing_free(&p);
    return s;
}

// Spheres that do not touch, most of them small, in a box around x that may pass periodic faces: two of the largest lie
// about its middle. They move towards it, by so much of their distance in a second.
static inline brc_sim* of_many_sizes(int periodic, vec3 x, double half, int count, double small, double large,
                                     double rate)
{
    enum { MOST = 900 };
    static double place[3 * MOST], speed[3 * MOST], radius[MOST];
    static int32_t material[MOST];
    brc_options o = options_of(1, periodic);
    brc_sim* s;
    int64_t first;
    o.precision = precision, o.comm = ranks;
    memcpy(o.tilt, tilt, sizeof tilt);
    random_state = 23;
    OK(brc_sim_create(&o, &s));
    OK(brc_material_add(s, 1000, material));
    use_law(s, "linear", 5e3, 1e5);
    OK(brc_dt_set(s, 1e-4));
    for (int i = 0; i < count; i++) {
        const double r = i < 8 ? large : fmin(small * pow(uniform(0.05, 1), -0.5), large);
        const double mid[3] = {x.x, x.y, x.z};
        bool clear;
        do {
            double* at = place + 3 * i;
            clear = true;
            for (int k = 0; k < 3; k++) at[k] = mid[k] + uniform(r - half, half - r);
            if (i < 2) at[0] = i ? mid[0] + large : mid[0] - large;
            for (int j = 0; j < i && clear; j++) {
                double d2 = 0;
                for (int k = 0; k < 3; k++) d2 += (at[k] - place[3 * j + k]) * (at[k] - place[3 * j + k]);
                clear = d2 > (r + radius[j]) * (r + radius[j]);
            }
        } while (!clear);
        for (int k = 0; k < 3; k++) speed[3 * i + k] = uniform(-1, 1) - rate * (place[3 * i + k] - mid[k]);
        radius[i] = r;
    }
    for (int i = 0; i < count; i++)
        for (int k = 2; k >= 0; k--) { // tilted faces from the last on: x goes with y
            const double turns = periodic >> k & 1 ? floor(place[3 * i + k]) : 0;
            place[3 * i + k] -= turns;
            if (k == 1) place[3 * i] -= turns * tilt[0];
        }
    const brc_add add = {
        .count = count, .x = place, .v = speed, .radius = radius, .material = material, .allowed_overlap = -1};
    OK(brc_particles_add(s, &add, &first));
    return s;
}

// An energy book of two parts that read what a law may: geometry, velocities, history, coefficients, a constant, dt. Of
// bonds what they store, where there are any.
static inline void keep_book(brc_sim* s)
{
    enum { PARTS = 2, OUT = 6 * PARTS };
    const int history = s->history_count, bonded = s->bonds.count > 0;
    const int law_bonds = bonded ? s->bonds.law->info.history_count : 0;
    const double half = 0.5, coefficients[4] = {1, 1.5, 1.5, 2.25};
    brc_program force = {.inputs = BRC_IN_COUNT, .history = history, .outputs = OUT, .uniforms = BRC_UNIFORM_COUNT};
    brc_program energy = force, stored = force;
    brc_instruction code[OUT], stores[PARTS], held = {.op = BRC_OP_DOT};
    const uint16_t out = (uint16_t)(BRC_IN_COUNT + history), dt = out + OUT, k = dt + BRC_UNIFORM_COUNT,
                   half_at = k + 1;
    for (uint16_t c = 0; c < 3; c++) {
        code[c] = (brc_instruction){BRC_OP_MUL_MUL, out + c, {BRC_IN_OVERLAP, BRC_IN_NX + c, k}};
        code[3 + c] = (brc_instruction){BRC_OP_MUL_RSUB, out + 3 + c, {BRC_IN_WX + c, dt, BRC_IN_QX + c}};
        code[6 + c] = (brc_instruction){BRC_OP_MUL_DIV, out + 6 + c, {BRC_IN_VX + c, half_at, BRC_IN_R}};
        code[9 + c] =
            (brc_instruction){BRC_OP_SUB_MUL, out + 9 + c, {BRC_IN_COUNT, BRC_IN_COUNT + history - 1, half_at}};
    }
    for (uint16_t p = 0; p < PARTS; p++)
        stores[p] = (brc_instruction){BRC_OP_MUL_SQRT, out + p, {BRC_IN_OVERLAP, BRC_IN_R}};
    held.to = (uint16_t)(BRC_IN_COUNT + law_bonds);
    for (int c = 0; c < 6; c++) held.from[c] = (uint16_t)(c < 4 ? BRC_IN_COUNT + c : BRC_IN_M);
    force.coefficients = 1, force.constants = 1, force.constant = &half;
    force.instructions = code, force.instruction_count = OUT;
    energy.outputs = PARTS, energy.coefficients = 1, energy.instructions = stores, energy.instruction_count = PARTS;
    stored.history = law_bonds, stored.outputs = 1,
    stored.coefficients = bonded ? s->bonds.law->info.coefficient_count : 0;
    stored.instructions = &held, stored.instruction_count = 1;
    OK(brc_sim_home(s));
    if (!s->book) OK(brc_book_open(s));
    OK(brc_book_parts(s, PARTS, &force, &energy, 2, coefficients, 1, bonded ? &stored : NULL));
}

static inline void same_books(brc_sim* cpu, brc_sim* gpu)
{
    brc_energies a, b;
    OK(brc_energies_get(cpu, &a));
    OK(brc_energies_get(gpu, &b));
    assert_true(a.work[0] != 0 && a.work[1] != 0 && a.pending[0] != 0 && a.gravity != 0);
    EXPECT(!memcmp(&a, &b, sizeof a),
           "step %d: works %.17g and %.17g, gravity %.17g, walls %.17g, hooks %.17g, bonds %.17g of which %.17g broke "
           "against"
           " %.17g, %.17g, %.17g, %.17g, %.17g, %.17g, %.17g J",
           (int)cpu->step, a.work[0], a.work[1], a.gravity, a.walls, a.hooks, a.bonds, a.bond_broken, b.work[0],
           b.work[1], b.gravity, b.walls, b.hooks, b.bonds, b.bond_broken);
}

static inline void pour(brc_sim* s) // from above, until the end
{
    int32_t number;
    const brc_insert_def stream = {.kind = BRC_STREAM,
                                   .material = 1,
                                   .region = {.kind = BRC_REGION_BOX, .lo = {0.3, 0.3, 0.7}, .hi = {0.7, 0.7, 0.95}},
                                   .sizes = {.kind = BRC_SIZE_SINGLE, .min = 0.02},
                                   .count_rate = 300,
                                   .stop = 1e9,
                                   .seed = 4};
    OK(brc_insert_add(s, &stream, &number));
}

// The cell is sheared at given rates, or driven by stresses.
static inline void deform(brc_sim* s, bool by_rate)
{
    const brc_deform shear = {.rate = {0, -3, 0, 24, 0, 11}};
    const brc_deform servo = {.control = {BRC_BY_PRESSURE, BRC_BY_PRESSURE, BRC_BY_STRESS},
                              .rate = {0, 0, 0, 9, 0, 0},
                              .stress = {400, 400, 700},
                              .max_rate = 5};
    OK(brc_deform_set(s, by_rate ? &shear : &servo));
}

static inline brc_device_state looked_at(const brc_sim* s)
{
    brc_device_state state;
    brc_device_look(s->device, &state);
    return state;
}

static inline void advance(brc_sim* s, int64_t steps)
{
    int64_t done;
    OK(brc_sim_steps(s, steps, &done));
    assert_int_equal(done, steps);
}

// The same steps on both, in the same pieces: equal after each.
static inline void same(brc_sim* cpu, brc_sim* gpu, const int* pieces, int count)
{
    for (int k = 0; k < count; k++) {
        brc_summary a, b;
        advance(cpu, pieces[k] * stretch), advance(gpu, pieces[k] * stretch);
        OK(brc_summary_get(cpu, &a));
        OK(brc_summary_get(gpu, &b));
        assert_int_equal(a.step, b.step);
        assert_int_equal(a.contacts, b.contacts);
        assert_int_equal(a.wall_contacts, b.wall_contacts);
        EXPECT(a.max_overlap == b.max_overlap, "step %d: an overlap of %.17g against %.17g", (int)a.step, a.max_overlap,
               b.max_overlap);
        for (int64_t i = 0; i < cpu->count; i++)
            EXPECT(cpu->id[i] == gpu->id[i], "slot %d holds another particle", (int)i);
        EXPECT(brc_sim_hash(cpu) == brc_sim_hash(gpu), "another state after step %d", (int)a.step);
    }
}

#endif
