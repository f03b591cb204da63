// scene.c -- makes the simulations of scene.h. A call that fails is a mistake in here.
#include "scene.h"
#include "law.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OK(call) check(call, #call)

static void check(brc_status status, const char* what)
{
    if (status == BRC_OK) return;
    fprintf(stderr, "scene: %s: %s\n", what, brc_last_error());
    abort();
}

// ---- programs --------------------------------------------------------------------------------------------

// A spring of the first coefficient along the normal that remembers the overlap; the fluxes stay 0.
static int32_t own_law(brc_sim* s)
{
    enum { HISTORY = BRC_IN_COUNT, OUT, STIFFNESS = OUT + BRC_OUT_COUNT + BRC_UNIFORM_COUNT, ZERO, FORCE, ROWS };
    brc_instruction code[BRC_OUT_COUNT + 2] = {{BRC_OP_MUL, FORCE, {STIFFNESS, BRC_IN_OVERLAP}},
                                               {BRC_OP_COPY, HISTORY, {BRC_IN_OVERLAP}}};
    for (uint16_t k = 0; k < BRC_OUT_COUNT; k++)
        code[2 + k] =
            (brc_instruction){BRC_OP_MUL, (uint16_t)(OUT + k), {FORCE, (uint16_t)(k < 3 ? BRC_IN_NX + k : ZERO)}};
    const double zero = 0;
    const brc_program program = {BRC_IN_COUNT,      1,    BRC_OUT_COUNT, BRC_UNIFORM_COUNT, 1, 1, ROWS - FORCE,
                                 2 + BRC_OUT_COUNT, code, &zero};
    static const char* const coefficient[] = {"k"};
    static const char* const history[] = {"last"};
    const brc_law_info info = {.name = "own",
                               .coefficient_count = 1,
                               .coefficients = coefficient,
                               .history_count = 1,
                               .history = history,
                               .inputs = 15};
    int32_t law;
    OK(brc_law_define(s, &info, &program, &law));
    return law;
}

// To and fro along x, with its derivative by the time.
static void traced(brc_sim* s, int32_t wall)
{
    enum { TIME, OUT, RATE = OUT + BRC_POSE_COUNT, ZERO, SIZE, ANGLE, SINE, COSINE, ROWS };
    brc_instruction code[BRC_POSE_COUNT + 3] = {
        {BRC_OP_MUL, ANGLE, {RATE, TIME}}, {BRC_OP_SIN, SINE, {ANGLE}}, {BRC_OP_COS, COSINE, {ANGLE}}};
    for (uint16_t k = 0; k < BRC_POSE_COUNT; k++)
        code[3 + k] = (brc_instruction){BRC_OP_COPY, (uint16_t)(OUT + k), {ZERO}};
    code[3 + BRC_POSE_X] = (brc_instruction){BRC_OP_MUL, OUT + BRC_POSE_X, {SIZE, SINE}};
    code[3 + BRC_POSE_RATES] = (brc_instruction){BRC_OP_MUL_MUL, OUT + BRC_POSE_RATES, {SIZE, RATE, COSINE}};
    const double constant[] = {0, 1e-3}, rate = 50;
    const brc_program program = {1, 0, BRC_POSE_COUNT, 0, 1, 2, ROWS - ANGLE, BRC_POSE_COUNT + 3, code, constant};
    const brc_motion motion = {
        .kind = BRC_TRACED, .stop = INFINITY, .program = &program, .params = &rate, .label = "scene.c:1"};
    OK(brc_wall_motion_add(s, wall, &motion));
}

// A book of one part: a force along x that is the overlap times a coefficient, and the same number as an energy.
static void keep_book(brc_sim* s, int32_t history)
{
    const int32_t out = BRC_IN_COUNT + history;
    brc_instruction code[6];
    const double given[] = {1, 2, 3, 4};
    brc_program program[2];
    for (int e = 0; e < 2; e++) {
        const int32_t outputs = e ? 1 : 6;
        program[e] = (brc_program){BRC_IN_COUNT, history, outputs, BRC_UNIFORM_COUNT, 1, 0, 0, outputs, code, NULL};
    }
    for (int32_t k = 0; k < 6; k++)
        code[k] = (brc_instruction){
            BRC_OP_MUL, (uint16_t)(out + k), {BRC_IN_OVERLAP, (uint16_t)(out + 6 + BRC_UNIFORM_COUNT)}};
    brc_instruction energy = {BRC_OP_MUL, (uint16_t)out, {BRC_IN_OVERLAP, (uint16_t)(out + 1 + BRC_UNIFORM_COUNT)}};
    program[1].instructions = &energy;
    OK(brc_book_parts(s, 1, &program[0], &program[1], 2, given, 1, NULL));
}

// ---- both ------------------------------------------------------------------------------------------------

static int32_t law_of(const char* name, brc_law_info* info)
{
    for (int32_t i = 0; i < brc_law_count(); i++) {
        OK(brc_law_get(i, info));
        if (!strcmp(info->name, name)) return i;
    }
    abort();
}

brc_sim* scene_empty(int kind)
{
    brc_options o = {
        .threads = 1, .isa = 1, .overlap_warn = 1e9, .overlap_stop = 1e9, .seed = 7, .gravity = {0, 0, -9.81}};
    o.precision = kind == SCENE_CELL ? BRC_DOUBLE : BRC_MIXED;
    o.on_exit = BRC_EXIT_REMOVE;
    for (int k = 0; k < 3; k++) o.lo[k] = -0.05, o.hi[k] = 0.05, o.periodic[k] = kind == SCENE_CELL || k == 1;
    brc_sim* s;
    brc_law_info info;
    int32_t material, field, law;
    double table[64 * 4];
    OK(brc_sim_create(&o, &s));
    OK(brc_material_add(s, 2500, &material));
    OK(brc_material_add(s, 7800, &material));
    OK(brc_user_field_add(s, "temperature", "K", 300, &field));
    OK(brc_user_field_flux(s, field, "W", 1, (double[]){800, INFINITY}));
    if (kind == SCENE_CELL) {
        law = own_law(s);
        for (int k = 0; k < 4; k++) table[k] = 1000;
    } else {
        law = law_of("linear/epsd", &info);
        for (int32_t c = 0; c < info.coefficient_count && c < 64; c++)
            for (int k = 0; k < 4; k++)
                table[4 * c + k] = !strcmp(info.coefficients[c], "kn")   ? 1000
                                   : !strcmp(info.coefficients[c], "kt") ? 500
                                                                         : 0.1;
    }
    OK(brc_law_set(s, law, 2, table, 10, 1e-3));
    OK(brc_dt_set(s, 1e-5));
    if (kind == SCENE_PLAIN) OK(brc_book_open(s));
    return s;
}

static void add_grains(brc_sim* s)
{
    enum { N = 12 };
    double x[3 * N], v[3 * N], radius[N];
    int32_t material[N];
    for (int i = 0; i < N; i++) {
        radius[i] = 2e-3, material[i] = i & 1;
        for (int k = 0; k < 3; k++)
            x[3 * i + k] = 3.9e-3 * (k == 0 ? i % 3 : k == 1 ? i / 3 % 2 : i / 6), v[3 * i + k] = k == 2 ? -0.1 : 0;
    }
    int64_t first;
    const brc_add add = {.count = N, .x = x, .v = v, .radius = radius, .material = material, .allowed_overlap = -1};
    OK(brc_particles_add(s, &add, &first));
    brc_law_info info;
    double coefficient[32];
    int32_t kind;
    law_of("bond_beam", &info);
    for (int32_t c = 0; c < info.coefficient_count; c++) {
        const char* name = info.coefficients[c];
        coefficient[c] = !strcmp(name, "E")        ? 1e6
                         : !strcmp(name, "G")      ? 4e5
                         : !strcmp(name, "radius") ? 1e-3
                         : strstr(name, "te")      ? 1e9
                                                   : 0.5;
    }
    OK(brc_bonds_add(s, "bond_beam", coefficient, 1, 2, (int64_t[]){first, first + 1, first + 1, first + 2}, &kind));
    OK(brc_bonds_add(s, "bond_beam", coefficient, 0, 1, (int64_t[]){first + 6, first + 7}, &kind));
}

static int32_t add_wall(brc_sim* s, const brc_wall_def* def)
{
    int32_t wall;
    OK(brc_wall_add(s, def, &wall));
    return wall;
}

static void add_walls(brc_sim* s)
{
    static const double vertices[] = {-0.02, -0.02, -0.003, 0.02, -0.02, -0.003, 0, 0.02, -0.003, 0, 0, -0.02};
    static const int32_t triangles[] = {0, 1, 2, 0, 3, 1, 1, 3, 2, 2, 3, 0};
    const brc_wall_def mesh = {
        .shape = BRC_MESH, .vertices = vertices, .vertex_count = 4, .triangles = triangles, .triangle_count = 4};
    const brc_wall_def floor = {.shape = BRC_PLANE, .point = {0, 0, -0.045}, .normal = {0, 0, 1}};
    const brc_wall_def box = {
        .shape = BRC_BOX, .side = -1, .point = {-0.04, -0.04, -0.045}, .point2 = {0.04, 0.04, 0.04}};
    const brc_wall_def drum = {
        .shape = BRC_CYLINDER, .side = -1, .open = 1, .point = {0, -0.04, 0}, .point2 = {0, 0.04, 0}, .radius = 0.035};
    const brc_wall_def cone = {
        .shape = BRC_CONE, .side = 0, .material = 1, .point = {0, 0, -0.02}, .point2 = {0, 0, -0.04}, .radius = 0.02};
    const brc_wall_def ball = {.shape = BRC_SPHERE, .side = 1, .point = {0.02, 0.02, -0.02}, .radius = 5e-3};
    const brc_wall_def disc = {.shape = BRC_DISC, .point = {0, 0, 0.02}, .normal = {0, 0, -1}, .radius = 0.01};
    const brc_motion turn = {.kind = BRC_ROTATION, .stop = INFINITY, .axis = {0, 1, 0}, .rate = 5};
    const brc_motion shake = {.kind = BRC_OSCILLATION, .stop = 1, .axis = {0, 0, 1}, .amplitude = 1e-4, .period = 0.01};
    static const double path[] = {0, 0, 0, 0, 1e-3, 1e-5, 0, 0, 1, 0, 0, 1e-4};
    const brc_motion table = {.kind = BRC_TABLE, .stop = INFINITY, .table = path, .table_count = 3};
    static const double load[] = {0, -1e-3, 1, -2e-3};
    const brc_servo press = {.stop = INFINITY,
                             .axis = {0, 0, 1},
                             .table = load,
                             .table_count = 2,
                             .mass = 1e-3,
                             .damping = 0.1,
                             .gain = 1,
                             .lower = -0.01,
                             .upper = 0.01};
    const brc_body_def body = {.density = 500, .gravity = 1, .velocity = {0.1, 0, 0}, .has_velocity = 1};
    int32_t index;
    add_wall(s, &floor);
    OK(brc_wall_motion_add(s, add_wall(s, &box), &shake));
    OK(brc_wall_motion_add(s, add_wall(s, &drum), &turn));
    OK(brc_wall_motion_add(s, add_wall(s, &cone), &table));
    traced(s, add_wall(s, &ball));
    OK(brc_wall_servo_set(s, add_wall(s, &disc), &press, &index));
    OK(brc_wall_body_set(s, add_wall(s, &mesh), &body));
    int32_t gone = add_wall(s, &floor);
    OK(brc_wall_remove(s, gone));
    const brc_outlet_def outlets[] = {
        {.kind = BRC_OUTLET_PLANE, .point = {0, 0, -0.04}, .normal = {0, 0, 1}, .radius = 0.01},
        {.kind = BRC_OUTLET_BOX, .lo = {0.03, -0.05, -0.05}, .hi = {0.05, 0.05, 0}},
        {.kind = BRC_OUTLET_MESH,
         .vertices = vertices,
         .vertex_count = 4,
         .triangles = triangles,
         .triangle_count = 2}};
    for (int k = 0; k < 3; k++) OK(brc_outlet_add(s, &outlets[k], &index));
    OK(brc_meter_add(s, (double[]){0, 0, 0}, (double[]){0, 0, 1}, 0.02, &index));
}

static void add_streams(brc_sim* s)
{
    static const double radii[] = {1e-3, 1.5e-3, 2e-3}, shares[] = {0, 0.5, 1};
    brc_insert_def stream = {.kind = BRC_STREAM, .count_rate = 2e4, .stop = INFINITY, .seed = 5, .v = {0, 0, -1}};
    stream.region = (brc_region){.kind = BRC_REGION_BOX, .lo = {-0.02, -0.02, 0.025}, .hi = {0.02, 0.02, 0.035}};
    stream.sizes = (brc_sizes){.kind = BRC_SIZE_TABLE, .radius = radii, .weight = shares, .count = 3};
    int32_t index;
    OK(brc_insert_add(s, &stream, &index));
    stream.region = (brc_region){.kind = BRC_REGION_CYLINDER, .lo = {0, 0, 0.036}, .hi = {0, 0, 0.039}, .radius = 0.01};
    stream.sizes = (brc_sizes){.kind = BRC_SIZE_UNIFORM, .min = 4e-4, .max = 8e-4};
    stream.start = 1e-4, stream.count = 100;
    OK(brc_insert_add(s, &stream, &index));
}

void scene_fill(brc_sim* s, int kind)
{
    add_grains(s);
    if (kind == SCENE_CELL) {
        const brc_deform shear = {.rate = {0, 0, 0, 1, 0, 0}};
        OK(brc_deform_set(s, &shear));
    } else {
        brc_law_info info;
        (void)law_of("linear/epsd", &info);
        keep_book(s, info.history_count);
        add_walls(s);
        add_streams(s);
    }
    int64_t done;
    OK(brc_sim_steps(s, 30, &done));
}
