// ranks_test.c -- one simulation shared by several ranks against the same one that each rank runs by itself: the same
// particles, contacts and walls, bit for bit. With one rank it shows that the test agrees with itself; as ranks.bits
// under mpirun on several. RANKS_TEST_CUT and RANKS_TEST_BALANCE choose the cut, RANKS_TEST_THREADS the threads of a
// rank.
#include "rank_check.h"
#include "sim_check.h"
#include <xxhash.h>

static brc_comm* world;
static int32_t cut, balance, threads = 1;

static int32_t number(const char* name, int32_t otherwise)
{
    const char* text = getenv(name);
    return text ? atoi(text) : otherwise;
}

static brc_options shared_options(double size, int mask)
{
    brc_options o = options_of(size, mask);
    o.comm = world, o.decomposition = cut, o.rebalance = balance, o.threads = threads;
    return o;
}

// Sums over all ranks that do not depend on who owns what: of what each particle is, and of the memory of each contact.
typedef struct fingerprint {
    int64_t count, particles, contacts, memory, walls;
} fingerprint;

static int64_t hash_of(const void* data, size_t size) { return (int64_t)XXH64(data, size, 7); }

static fingerprint fingerprint_of(brc_sim* s)
{
    OK(brc_neighbours_fresh(s)); // contacts that are parked come back to the lists
    fingerprint f = {0};
    uint64_t sum[4] = {0};
    for (int64_t i = 0; i < s->count; i++) {
        if (!brc_alive(s, i)) continue;
        char row[8 + 32 + 16 * 8 + 64 + BRC_MAX_USER_FIELDS * 8] = {0};
        double v[3], w[3];
        size_t at = 0;
        const size_t real = s->real;
#define PUT(p, n) memcpy(row + at, p, n), at += (n)
        PUT(&s->id[i], 8);
        PUT(s->pos + 4 * i, 32);
        brc_particle_velocity(s, i, v, w);
        PUT(v, 24), PUT(w, 24);
        PUT((char*)s->res + 8 * real * (size_t)i, 3 * real);
        PUT(s->acc + 8 * i, 24), PUT(s->acc + 8 * i + 4, 24);
        for (int k = 0; k < s->user_count; k++) PUT(&s->user[k].value[i], 8);
#undef PUT
        for (size_t k = 40; k + 8 <= 40 + 48 + 0; k += 8) { // -0 and 0 are the same
            double x;
            memcpy(&x, row + k, 8), x += 0.0, memcpy(row + k, &x, 8);
        }
        f.count++;
        sum[0] += (uint64_t)hash_of(row, at);
    }
    for (int k = 0; k < s->worker_count; k++) {
        const worker* w = &s->workers[k];
        for (int l = 0; l < BRC_NEAR_LISTS; l++)
            for (int64_t i = 0; i < w->near[l].count; i++) {
                if (!brc_near_kept(s, w, &w->near[l], i) || w->near[l].a[i] >= s->count) continue;
                if (!brc_alive(s, w->near[l].a[i]) || !brc_alive(s, w->near[l].b[i])) continue;
                double row[2 + BRC_MAX_HISTORY];
                row[0] = (double)s->id[w->near[l].a[i]], row[1] = (double)s->id[w->near[l].b[i]];
                for (int h = 0; h < s->history_count; h++) row[2 + h] = brc_real_get(s, w->near[l].history[h], i) + 0.0;
                f.contacts++;
                sum[1] += (uint64_t)hash_of(row, (2 + (size_t)s->history_count) * 8);
            }
        for (int64_t i = 0; i < w->touches.count; i++) {
            const wall_touch* t = &w->touches.touch[i];
            double row[3 + BRC_MAX_HISTORY];
            if (t->slot < 0 || !brc_alive(s, t->slot)) continue;
            row[0] = (double)s->id[t->slot], row[1] = t->wall, row[2] = t->overlap;
            for (int h = 0; h < s->history_count; h++) row[3 + h] = brc_real_get(s, w->touches.history[h], i) + 0.0;
            sum[2] += (uint64_t)hash_of(row, (3 + (size_t)s->history_count) * 8);
        }
    }
    for (int64_t i = 0; i < s->bonds.count; i++) {
        const bond* b = &s->bonds.at[i];
        double row[3 + BRC_MAX_BOND_HISTORY] = {(double)b->a, (double)b->b, b->kind};
        if (!(b->slot_a < s->count)) continue; // another rank counts it
        const int rows = s->bonds.law->info.history_count;
        for (int h = 0; h < rows; h++) row[3 + h] = brc_real_get(s, s->bonds.history[h], i) + 0.0;
        sum[2] += (uint64_t)hash_of(row, (3 + (size_t)rows) * 8);
    }
    f.particles = (int64_t)sum[0], f.memory = (int64_t)(sum[1] + sum[2]);
    int64_t all[4] = {f.count, f.particles, f.contacts, f.memory};
    OK(brc_comm_sum(s->comm, all, 4));
    f.count = all[0], f.particles = all[1], f.contacts = all[2], f.memory = all[3];
    uint64_t walls = 0;
    for (int32_t k = 0; k < s->wall_count; k++) {
        brc_wall_state q;
        if (!s->walls[k].wall) continue;
        OK(brc_wall_state_get(s, k, &q));
        const double row[8] = {q.force[0] + 0.0,  q.force[1] + 0.0,  q.force[2] + 0.0, q.torque[0] + 0.0,
                               q.torque[1] + 0.0, q.torque[2] + 0.0, q.work + 0.0,     (double)q.contacts};
        walls = walls * 31 + (uint64_t)hash_of(row, sizeof row) + (uint64_t)hash_of(q.position, sizeof q.position);
    }
    for (int32_t k = 0; k < s->outlet_count; k++)
        walls = walls * 31 + (uint64_t)s->outlets[k].count + (uint64_t)hash_of(&s->outlets[k].mass, 8);
    for (int32_t k = 0; k < s->bonds.kind_count; k++) {
        brc_bond_state q;
        const brc_bond_end* ends;
        OK(brc_bonds_get(s, k, &q));
        walls = walls * 31 + (uint64_t)hash_of(&q, sizeof q);
        const int64_t n = brc_bonds_ended(s, &ends);
        for (int64_t i = 0; i < n; i++) {
            const int64_t row[5] = {ends[i].a, ends[i].b, ends[i].step, ends[i].kind, ends[i].removed};
            walls = walls * 31 + (uint64_t)hash_of(row, sizeof row);
        }
    }
    for (int32_t k = 0; k < s->meter_count; k++)
        walls = walls * 31 + (uint64_t)hash_of(&s->meters[k].state, sizeof s->meters[k].state);
    const int64_t ledger[4] = {s->inserted, s->removed, s->lost, s->next_id};
    walls += (uint64_t)hash_of(ledger, sizeof ledger) + (uint64_t)hash_of(s->cell.edge, sizeof s->cell.edge);
    f.walls = (int64_t)walls;
    return f;
}

static void same(const char* when, int step, fingerprint a, fingerprint b)
{
    if (a.count != b.count || a.particles != b.particles || a.contacts != b.contacts || a.memory != b.memory ||
        a.walls != b.walls)
        fail_msg("%s, step %d: particles %d %d %s, contacts %d %d %s, walls %s", when, step, (int)a.count, (int)b.count,
                 a.particles == b.particles ? "same" : "DIFFER", (int)a.contacts, (int)b.contacts,
                 a.memory == b.memory ? "same" : "DIFFER", a.walls == b.walls ? "same" : "DIFFER");
}

// Runs what `make` makes once shared and once alone, and compares after every `part` steps.
static void compare(const char* name, brc_sim* (*make)(const brc_options*), brc_options o, int parts, int part)
{
    brc_options alone = o;
    alone.comm = NULL;
    brc_sim *one = make(&alone), *many = make(&o);
    brc_ranks_info info;
    for (int k = 0; k < parts; k++) {
        run_steps(one, part), run_steps(many, part);
        same(name, (k + 1) * part, fingerprint_of(one), fingerprint_of(many));
    }
    brc_ranks_get(many, &info);
    if (world->rank == 0 && getenv("RANKS_TEST_SPEAKS") && one->bonds.kind_count)
        print_message("bonds %d left %d broken %d removed %d\n", (int)one->bonds.kinds->made, (int)one->bonds.count,
                      (int)one->bonds.kinds->broken, (int)one->bonds.kinds->removed);
    if (world->rank == 0 && getenv("RANKS_TEST_SPEAKS"))
        print_message("%s: own %d ghosts %d links %d messages %d bytes %d migrated %d cuts %d rebuilds %d\n", name,
                      (int)info.own, (int)info.ghosts, (int)info.links, (int)info.messages, (int)info.bytes,
                      (int)info.migrated, (int)info.cuts, (int)many->rebuilds);
    brc_sim_destroy(one), brc_sim_destroy(many);
}

static void fill_box(brc_sim* s, double from, double to, int64_t count, double small, double large, double speed)
{
    random_state = 5;
    packing p = random_packing(count, v3(from, from, from), v3(to, to, to), small, large, speed);
    add_packing(s, &p, 0, count);
    packing_free(&p);
}

static void add_floor(brc_sim* s, int axis, double at, double sign)
{
    brc_wall_def d = {.shape = BRC_PLANE};
    int32_t wall;
    d.point[axis] = at, d.normal[axis] = sign;
    OK(brc_wall_add(s, &d, &wall));
}

static void box_of_walls(brc_sim* s, double size)
{
    for (int k = 0; k < 3; k++) add_floor(s, k, 0.02, 1), add_floor(s, k, size - 0.02, -1);
}

static brc_sim* settling(const brc_options* o)
{
    brc_sim* s = make_sim(o, 2e4, 2e-4);
    const double down[3] = {0.3, 0.1, -9.81};
    box_of_walls(s, 1);
    OK(brc_gravity_set(s, down));
    fill_box(s, 0.1, 0.9, 600, 0.025, 0.04, 0.5);
    return s;
}
static void packing_with_walls(void** state)
{
    (void)state;
    compare("settling", settling, shared_options(1, 0), 6, 500);
}

static brc_sim* gas(const brc_options* o)
{
    brc_sim* s = make_sim(o, 100, 1e-3);
    fill_box(s, 0.02, 0.98, 700, 0.02, 0.05, 1);
    return s;
}
static void periodic_in_all_ways(void** state)
{
    (void)state;
    compare("gas", gas, shared_options(1, 7), 5, 120);
    brc_options o = shared_options(1, 2);
    o.on_exit = BRC_EXIT_REMOVE;
    compare("gas that leaves", gas, o, 3, 60);
}

// A few large particles among many small ones.
static brc_sim* mixed(const brc_options* o)
{
    brc_sim* s = make_sim(o, 100, 5e-4);
    fill_box(s, 0.02, 0.98, 900, 0.008, 0.016, 0.5);
    random_state = 9;
    for (int i = 0; i < 3; i++)
        add_one(s, 0, v3(uniform(0.2, 0.8), uniform(0.2, 0.8), uniform(0.2, 0.8)), v3(0.2, 0.1, 0), 0.12);
    return s;
}
static void wide_sizes(void** state)
{
    (void)state;
    compare("mixed", mixed, shared_options(1, 7), 3, 100);
}

// Sheared, and squeezed by a servo at once, so that its tilts wrap round.
static brc_sim* sheared(const brc_options* o)
{
    brc_sim* s = make_sim(o, 1e3, 5e-4);
    brc_deform d = {.rate = {0, 0, 0, 6, 0, 0}, .control = {0, BRC_BY_STRESS, 0, 0, 0, 0}};
    d.stress[1] = 30, d.max_rate = 0.3;
    fill_box(s, 0.02, 0.98, 500, 0.03, 0.05, 0.5);
    OK(brc_deform_set(s, &d));
    return s;
}
static void deforming_cell(void** state)
{
    (void)state;
    compare("sheared", sheared, shared_options(1, 7), 4, 100);
    brc_options o = shared_options(1, 7);
    o.tilt[0] = 0.3, o.tilt[2] = -0.2;
    compare("tilted", gas, o, 2, 100);
}

static void add_mesh(brc_sim* s, int32_t* wall)
{
    static const double corner[12] = {0.1, 0.1, 0.25, 0.9, 0.1, 0.35, 0.9, 0.9, 0.35, 0.1, 0.9, 0.25};
    static const int32_t triangles[6] = {0, 1, 2, 0, 2, 3};
    brc_wall_def d = {
        .shape = BRC_MESH, .vertices = corner, .triangles = triangles, .vertex_count = 4, .triangle_count = 2};
    OK(brc_wall_add(s, &d, wall));
}

// A stream that falls on a turning plate of triangles and a lid that a servo drives, out through an outlet.
static brc_sim* machine(const brc_options* o)
{
    brc_sim* s = make_sim(o, 2e4, 2e-4);
    const double down[3] = {0, 0, -20};
    int32_t wall, index, inserter, hole;
    for (int k = 0; k < 2; k++) add_floor(s, k, 0.02, 1), add_floor(s, k, 0.98, -1);
    OK(brc_gravity_set(s, down));
    add_mesh(s, &wall);
    brc_motion turn = {.kind = BRC_ROTATION, .axis = {0, 0, 1}, .origin = {0.5, 0.5, 0.3}, .rate = 3, .stop = INFINITY};
    OK(brc_wall_motion_add(s, wall, &turn));
    brc_wall_def lid = {.shape = BRC_PLANE, .point = {0.9, 0, 0}, .normal = {-1, 0, 0}};
    OK(brc_wall_add(s, &lid, &wall));
    brc_servo servo = {.axis = {-1, 0, 0}, .target = -40, .gain = 1, .mass = 2, .damping = 50, .start = -INFINITY};
    servo.start = 0, servo.stop = INFINITY, servo.lower = -0.2, servo.upper = 0.3;
    OK(brc_wall_servo_set(s, wall, &servo, &index));
    fill_box(s, 0.1, 0.75, 250, 0.025, 0.035, 0.2);
    brc_insert_def stream = {.kind = BRC_STREAM,
                             .region = {.kind = BRC_REGION_BOX, .lo = {0.2, 0.2, 0.8}, .hi = {0.8, 0.8, 0.95}},
                             .count_rate = 2000,
                             .stop = INFINITY,
                             .v = {0.3, 0, -2},
                             .sizes = {.kind = BRC_SIZE_UNIFORM, .min = 0.02, .max = 0.03}};
    OK(brc_insert_add(s, &stream, &inserter));
    brc_outlet_def out = {.kind = BRC_OUTLET_PLANE, .point = {0, 0, 0.1}, .normal = {0, 0, 1}};
    OK(brc_outlet_add(s, &out, &hole));
    OK(brc_meter_add(s, (double[3]){0, 0, 0.5}, (double[3]){0, 0, 1}, 0, &hole));
    return s;
}
static void stream_servo_mesh_outlet(void** state)
{
    (void)state;
    brc_options o = shared_options(1, 0);
    compare("machine", machine, o, 4, 250);
}

// Clusters of bonded particles that fall onto a floor, break, and lose some to an outlet.
static brc_sim* bonded(const brc_options* o)
{
    brc_sim* s = make_sim(o, 2e4, 2e-4);
    const double down[3] = {0, 0, -30};
    int32_t hole;
    add_floor(s, 2, 0.05, 1);
    OK(brc_gravity_set(s, down));
    fill_box(s, 0.1, 0.9, 500, 0.035, 0.05, 0.2);
    bond_near(s, 0.004);
    brc_outlet_def out = {.kind = BRC_OUTLET_BOX, .lo = {0, 0, 0}, .hi = {0.3, 0.3, 0.15}};
    OK(brc_outlet_add(s, &out, &hole));
    return s;
}
static void bonds_that_break(void** state)
{
    (void)state;
    brc_options o = shared_options(1, 3);
    o.on_exit = BRC_EXIT_REMOVE;
    compare("bonded", bonded, o, 4, 200);
}

int main(void)
{
    world = join_ranks();
    cut = number("RANKS_TEST_CUT", 0), balance = number("RANKS_TEST_BALANCE", 0);
    threads = number("RANKS_TEST_THREADS", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packing_with_walls),
        cmocka_unit_test(periodic_in_all_ways),
        cmocka_unit_test(wide_sizes),
        cmocka_unit_test(deforming_cell),
        cmocka_unit_test(stream_servo_mesh_outlet),
        cmocka_unit_test(bonds_that_break),
    };
    return leave_ranks(world, cmocka_run_group_tests(tests, NULL, NULL));
}
