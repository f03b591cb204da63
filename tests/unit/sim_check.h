// sim_check.h -- what the tests of the simulation core share: a simulation with a soft law, random packings, and
// contacts counted by brute force.
#ifndef SIM_CHECK_H
#define SIM_CHECK_H
#include "check.h"
#include "sim.h"
#include "snapshot.h"

static inline brc_options options_of(double size, int periodic_mask)
{
    brc_options o = {.threads = 1, .overlap_warn = 1e9, .overlap_stop = 1e9, .seed = 1};
    for (int k = 0; k < 3; k++) o.lo[k] = 0, o.hi[k] = size, o.periodic[k] = periodic_mask >> k & 1;
    return o;
}

static inline int32_t law_number(const char* name)
{
    brc_law_info info;
    for (int32_t i = 0; i < brc_law_count(); i++) {
        OK(brc_law_get(i, &info));
        if (!strcmp(info.name, name)) return i;
    }
    fail_msg("no law %s", name);
    return -1;
}

// A linear spring of this stiffness, the same for all materials; friction 0.5, rolling friction 0.1 where the law has
// it.
static inline void use_law(brc_sim* s, const char* name, double stiffness, double force_scale)
{
    static const struct {
        const char* name;
        double value, per_stiffness;
    } known[] = {{"kn", 0, 1},
                 {"kt", 0, 0.5},
                 {"mu", 0.5, 0},
                 {"damping", 0.2, 0},
                 {"tangential_damping", 0.2, 0},
                 {"floor", 0, 0},
                 {"rolling", 0.1, 0},
                 {"rolling_damping", 0.1, 0}};
    brc_law_info info;
    double table[16 * 16];
    int32_t law = law_number(name), m = s->material_count;
    OK(brc_law_get(law, &info));
    for (int32_t c = 0; c < info.coefficient_count; c++) {
        size_t k = 0, count = sizeof known / sizeof known[0];
        while (k < count && strcmp(known[k].name, info.coefficients[c])) k++;
        if (k == count) fail_msg("coefficient %s of %s", info.coefficients[c], name);
        for (int32_t i = 0; i < m * m; i++) table[c * m * m + i] = known[k].value + stiffness * known[k].per_stiffness;
    }
    OK(brc_law_set(s, law, m, table, force_scale, 1));
}

// A simulation with one material of density 1000 and the law linear/epsd.
static inline brc_sim* make_sim(const brc_options* o, double stiffness, double dt)
{
    brc_sim* s;
    int32_t material;
    OK(brc_sim_create(o, &s));
    OK(brc_material_add(s, 1000, &material));
    use_law(s, "linear/epsd", stiffness, fmax(stiffness, 1)); // [N] dampers push too
    OK(brc_dt_set(s, dt));
    return s;
}

static inline void add_one(brc_sim* s, int64_t id, vec3 x, vec3 v, double radius)
{
    double at[3], speed[3];
    int32_t material = 0;
    int64_t first;
    v3_to(at, x), v3_to(speed, v);
    brc_add add = {.count = 1, .x = at, .v = speed, .radius = &radius, .material = &material, .allowed_overlap = -1};
    add.id = id ? &id : NULL;
    OK(brc_particles_add(s, &add, &first));
}

typedef struct packing {
    int64_t count;
    double *x, *v, *w, *radius;
    int32_t* material;
    int64_t* id;
} packing;

// Random places in the box from lo to hi, overlapping as they fall; radii with equal numbers per size from small to
// large.
static inline packing random_packing(int64_t count, vec3 lo, vec3 hi, double small, double large, double speed)
{
    packing p = {count,
                 calloc((size_t)count, 24),
                 calloc((size_t)count, 24),
                 calloc((size_t)count, 24),
                 calloc((size_t)count, 8),
                 calloc((size_t)count, 4),
                 calloc((size_t)count, 8)};
    for (int64_t i = 0; i < count; i++) {
        // One after the other: compilers differ in the order in which they draw arguments.
        const double z = uniform(lo.z, hi.z), y = uniform(lo.y, hi.y), x = uniform(lo.x, hi.x);
        v3_to(p.x + 3 * i, v3(x, y, z));
        for (int k = 0; k < 3; k++)
            p.v[3 * i + k] = uniform(-speed, speed), p.w[3 * i + k] = uniform(-speed, speed) / large;
        p.radius[i] = small * pow(large / small, uniform(0, 1));
        p.id[i] = i + 1;
    }
    return p;
}

static inline void packing_free(packing* p)
{
    free(p->x), free(p->v), free(p->w), free(p->radius), free(p->material), free(p->id);
}

static inline void add_packing(brc_sim* s, const packing* p, int64_t from, int64_t count)
{
    brc_add add = {.count = count,
                   .x = p->x + 3 * from,
                   .v = p->v + 3 * from,
                   .w = p->w + 3 * from,
                   .radius = p->radius + from,
                   .material = p->material + from,
                   .id = p->id + from,
                   .allowed_overlap = -1};
    int64_t first;
    OK(brc_particles_add(s, &add, &first));
}

// Bonds of one kind between particles whose gaps are below this, with this tensile and shear strength; returns their
// number.
static inline int64_t bond_by(brc_sim* s, double gap, double strength, bool replaces)
{
    enum { MOST = 4000 };
    static int64_t pair[MOST][2];
    double coefficients[32];
    int64_t count;
    int32_t kind;
    brc_law_info info;
    OK(brc_bonds_near(s, gap, NULL, MOST, &pair[0][0], &count));
    assert_true(count > 0 && count < MOST);
    OK(brc_law_get(law_number("bond_beam"), &info));
    for (int i = 0; i < info.coefficient_count; i++) {
        const char* name = info.coefficients[i];
        coefficients[i] = !strcmp(name, "E") || !strcmp(name, "G") ? 1e5
                          : !strcmp(name, "radius")                ? 0
                          : strstr(name, "factor")                 ? 0.8
                          : !strcmp(name, "damping")               ? 0.1
                                                                   : strength;
    }
    OK(brc_bonds_add(s, "bond_beam", coefficients, replaces, count, &pair[0][0], &kind));
    return count;
}
static inline int64_t bond_near(brc_sim* s, double gap) { return bond_by(s, gap, 4e4, true); }

static inline void run_steps(brc_sim* s, int64_t count)
{
    int64_t done;
    OK(brc_sim_steps(s, count, &done));
    assert_int_equal(done, count);
}

static inline brc_summary summary_of(brc_sim* s)
{
    brc_summary q;
    OK(brc_summary_get(s, &q));
    return q;
}

// Loops over all pairs, half of the time of some tests if the sanitizers look at each of their accesses: they look at
// the engine's.
#if defined __clang__
#define BRUTE __attribute__((no_sanitize("address", "undefined", "coverage")))
#else
#define BRUTE
#endif

BRUTE static inline double distance2(const brc_sim* s, const double* a, const double* b)
{
    double d[3];
    for (int k = 0; k < 3; k++) d[k] = brc_image(a[k] - b[k], s->length[k], s->half[k]);
    return d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
}

// Whether the distance is less than `reach`. The first axis alone, whose square is never more than the sum of squares,
// says no for most pairs.
BRUTE static inline bool nearer(const brc_sim* s, const double* a, const double* b, double reach)
{
    const double d = brc_image(a[0] - b[0], s->length[0], s->half[0]);
    return d * d < reach * reach && distance2(s, a, b) < reach * reach;
}

// Pairs that overlap now, by all pairs.
BRUTE static inline int64_t brute_contacts(const brc_sim* s)
{
    int64_t n = 0;
    for (int64_t i = 0; i < s->count; i++)
        for (int64_t j = 0; j < i; j++) {
            const double *a = s->pos + 4 * i, *b = s->pos + 4 * j;
            n += nearer(s, a, b, a[3] + b[3]);
        }
    return n;
}

// Contacts of all particles with all walls now, every part of every wall asked.
static inline int64_t brute_wall_contacts(const brc_sim* s)
{
    enum { ROOM = 1 << 16 };
    static uint32_t hints[ROOM];
    int64_t n = 0;
    for (int64_t i = 0; i < s->count; i++)
        for (int32_t k = 0; k < s->wall_count; k++) {
            brc_wall_hit hits[BRC_WALL_HITS];
            vec3 x = v3_from(s->pos + 4 * i);
            double r = s->pos[4 * i + 3];
            if (!s->walls[k].wall) continue;
            int some = brc_wall_near(s->walls[k].wall, x, r, 1e3, hints, ROOM);
            assert_true(some <= ROOM);
            n += brc_wall_touch(s->walls[k].wall, x, r, hints, some, hits);
        }
    return n;
}

#endif
