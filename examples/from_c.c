// from_c.c -- the engine driven from C, without Lua: ten beads fall into a box and come to rest.
//
//   cc from_c.c -o from_c $(pkg-config --cflags --libs barchan) -lm && ./from_c
//
// What to look at: every call returns a status, and the text of the first error is brc_last_error(). The coefficients
// of a law are what its `derive` gives in Lua (barchan describe linear c); here they are filled in by name. Units are
// SI.
#include <barchan.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(brc_status status)
{
    if (status == BRC_OK) return;
    fprintf(stderr, "from_c: %s\n", brc_last_error());
    exit(1);
}

static int32_t law_by_name(const char* name, brc_law_info* info)
{
    for (int32_t i = 0; i < brc_law_count(); i++) {
        check(brc_law_get(i, info));
        if (!strcmp(info->name, name)) return i;
    }
    fprintf(stderr, "from_c: there is no law %s\n", name);
    exit(1);
}

int main(void)
{
    enum { COUNT = 10 };
    const double radius = 2e-3, density = 2500, stiffness = 1e4, restitution = 0.5; // [m], [kg/m^3], [N/m]

    if (brc_abi_version() != BRC_ABI_VERSION) {
        fprintf(stderr, "from_c: the header and the library are of different versions\n");
        return 1;
    }
    brc_sim* sim;
    const brc_options options = {.lo = {-0.05, -0.05, -0.01},
                                 .hi = {0.05, 0.05, 0.2},
                                 .gravity = {0, 0, -9.81},
                                 .threads = 1,
                                 .seed = 1,
                                 .overlap_warn = 0.2,
                                 .overlap_stop = 0.5};
    check(brc_sim_create(&options, &sim));

    int32_t glass;
    check(brc_material_add(sim, density, &glass));

    brc_law_info law;
    const int32_t number = law_by_name("linear", &law);
    const double decay = log(restitution), damping = -2 * decay / sqrt(decay * decay + acos(-1) * acos(-1));
    double coefficients[16] = {0};
    for (int32_t c = 0; c < law.coefficient_count; c++) {
        const char* name = law.coefficients[c];
        coefficients[c] = !strcmp(name, "kn")                   ? stiffness
                          : !strcmp(name, "kt")                 ? stiffness * 2 / 7
                          : !strcmp(name, "mu")                 ? 0.5
                          : !strcmp(name, "damping")            ? damping
                          : !strcmp(name, "tangential_damping") ? damping
                                                                : 0;
    }
    check(brc_law_set(sim, number, 1, coefficients, stiffness * radius, radius));

    const double mass = density * 4 / 3 * acos(-1) * radius * radius * radius;
    check(brc_dt_set(sim, 0.02 * acos(-1) * sqrt(mass / (2 * stiffness)))); // 1/50 of a contact between two of them

    const brc_wall_def box = {.shape = BRC_BOX,
                              .material = glass,
                              .side = -1, // the beads are inside
                              .point = {-0.01, -0.01, 0},
                              .point2 = {0.01, 0.01, 0.1}};
    int32_t wall;
    check(brc_wall_add(sim, &box, &wall));

    double x[COUNT][3], radii[COUNT];
    int32_t materials[COUNT];
    for (int i = 0; i < COUNT; i++) {
        x[i][0] = 1e-4 * (i % 3), x[i][1] = 1e-4 * (i % 2), x[i][2] = radius * (1.5 + 2.2 * i);
        radii[i] = radius, materials[i] = glass;
    }
    const brc_add beads = {.count = COUNT, .x = x[0], .radius = radii, .material = materials, .allowed_overlap = 0.02};
    int64_t first, done;
    check(brc_particles_add(sim, &beads, &first));

    brc_summary now;
    do {
        check(brc_sim_steps(sim, 1000, &done));
        check(brc_summary_get(sim, &now));
        printf("%.3f s: %g J, %d contacts\n", now.time, now.kinetic_energy, (int)(now.contacts + now.wall_contacts));
    } while (now.time < 1);

    brc_wall_state state;
    check(brc_wall_state_get(sim, wall, &state));
    const double weight = now.mass * 9.81;
    printf("the box carries %.4g N of %.4g N\n", -state.force[2], weight);
    brc_sim_destroy(sim);
    return fabs(-state.force[2] - weight) < 0.01 * weight ? 0 : 1;
}
