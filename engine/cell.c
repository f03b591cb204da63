// cell.c -- periodic cells that are tilted or deform: Lees-Edwards shear, strain at a given rate, strain towards a
// given stress.
//
// A sliding brick: particles stay in an upright brick [lo, hi), and only their images lie at multiples of the tilted
// edges (lx, 0, 0), (xy, ly, 0), (xz, yz, lz). So a wrap subtracts an edge, which is exact because edges lie on the
// position grid, and an edge may be exchanged for a shorter one with the same images (xy - lx for xy) at any step:
// nobody notices, there is no remapping.
//
// Velocities are those of the laboratory. An image moves by the rate of its edges; what crosses a face takes that
// velocity with it. When the speeds of the edges change, every particle's velocity changes by the same homogeneous
// field (edges' change of speed times the particle's place in the cell), as if the frame of the cell pushed it; without
// that a cell could be deformed by its faces only, with waves that travel inwards. A uniform shear at a constant rate
// needs one such push at its begin, and then none: the field goes on by inertia. This is LAMMPS' fix deform with remap
// v, the initial velocity profile included.
//
// The edges are state. A step adds speed * dt, rounded to the grid, and keeps what the rounding left for the next step,
// so that the error of a strain does not grow with the number of steps.
#include "sim.h"
#include <string.h>

enum { XX, YY, ZZ, XY, XZ, YZ };

static const char* const component[6] = {"xx", "yy", "zz", "xy", "xz", "yz"};

// speed = gradient * edge, both upper triangular.
static void times(const double g[6], const double e[6], double out[6])
{
    out[XX] = g[XX] * e[XX];
    out[YY] = g[YY] * e[YY];
    out[ZZ] = g[ZZ] * e[ZZ];
    out[XY] = g[XX] * e[XY] + g[XY] * e[YY];
    out[YZ] = g[YY] * e[YZ] + g[YZ] * e[ZZ];
    out[XZ] = g[XX] * e[XZ] + g[XY] * e[YZ] + g[XZ] * e[ZZ];
}

// gradient = speed * edge^-1; 0 along axes that are not periodic.
static void over(const double v[6], const double e[6], double out[6])
{
    double ix = e[XX] > 0 ? 1 / e[XX] : 0, iy = e[YY] > 0 ? 1 / e[YY] : 0, iz = e[ZZ] > 0 ? 1 / e[ZZ] : 0;
    out[XX] = v[XX] * ix;
    out[YY] = v[YY] * iy;
    out[ZZ] = v[ZZ] * iz;
    out[XY] = (v[XY] - out[XX] * e[XY]) * iy;
    out[YZ] = (v[YZ] - out[YY] * e[YZ]) * iz;
    out[XZ] = (v[XZ] - out[XX] * e[XZ] - out[XY] * e[YZ]) * iz;
}

// Rows of six that belong to the three edges: an edge is exchanged for itself minus n times another.
static void exchange(sim_cell* c, int of, int by, double n)
{
    double* const rows[4] = {c->edge, c->rest, c->speed, c->listed};
    static const int x[3] = {XX, XY, XZ}, y[3] = {-1, YY, YZ}; // where the edges' x and y are in a row
    if (n == 0) return;
    for (int i = 0; i < 4; i++) {
        rows[i][x[of]] -= n * rows[i][x[by]];
        if (y[by] >= 0) rows[i][y[of]] -= n * rows[i][y[by]];
    }
}

// Brings the tilts within half a length, by edges with the same images.
static void reduce(sim_cell* c)
{
    const double* e = c->edge;
    if (e[XX] > 0) exchange(c, 1, 0, rint(e[XY] / e[XX]));
    if (e[YY] > 0) exchange(c, 2, 1, rint(e[YZ] / e[YY]));
    if (e[XX] > 0) exchange(c, 2, 0, rint(e[XZ] / e[XX]));
}

static void derive(brc_sim* s)
{
    sim_cell* c = &s->cell;
    c->tilted = c->edge[XY] != 0 || c->edge[XZ] != 0 || c->edge[YZ] != 0;
    c->moving = false;
    for (int k = 0; k < 6; k++) c->moving |= c->speed[k] != 0 || c->push[k] != 0;
}

brc_status brc_cell_create(brc_sim* s)
{
    static const int first[3] = {0, 0, 1}, second[3] = {1, 2, 2};
    sim_cell* c = &s->cell;
    for (int k = 0; k < 3; k++) {
        double tilt = s->options.tilt[k];
        BRC_CHECK(
            fabs(tilt) < s->x_grid.limit, BRC_ERR_ARGUMENT,
            "domain: tilt %s must be below %g m here, got %g m; less a multiple of the length it is the same cell",
            component[3 + k], s->x_grid.limit, tilt);
        BRC_CHECK(tilt == 0 || (s->options.periodic[first[k]] && s->options.periodic[second[k]]), BRC_ERR_ARGUMENT,
                  "domain: tilt %s = %g m needs both axes periodic", component[3 + k], tilt);
        c->edge[k] = s->length[k];
        c->edge[3 + k] = brc_grid_round(s->x_grid, tilt);
        c->centre[k] = 0.5 * (s->lo[k] + s->hi[k]);
    }
    reduce(c);
    memcpy(c->listed, c->edge, sizeof c->edge);
    derive(s);
    return BRC_OK;
}

// ---- what a script asks for ------------------------------------------------------------------------------

static bool deforms_axis(const brc_sim* s, int axis) // in a way that a wall across it would have to follow
{
    static const int row[3][3] = {{XX, XY, XZ}, {XY, YY, YZ}, {XZ, YZ, ZZ}};
    const sim_cell* c = &s->cell;
    for (int k = 0; k < 3; k++) {
        int r = row[axis][k];
        if (c->edge[r] != 0 && r >= XY) return true;
        if (c->ordered && (c->order.control[r] != BRC_BY_RATE || c->order.rate[r] != 0)) return true;
    }
    return false;
}

brc_status brc_cell_allows_wall(const brc_sim* s, bool plane, vec3 normal)
{
    static const char axis[] = "xyz";
    double n[3] = {normal.x, normal.y, normal.z};
    for (int k = 0; k < 3; k++) {
        if (!deforms_axis(s, k) || (plane && n[k] == 0)) continue;
        BRC_CHECK(false, BRC_ERR_ARGUMENT,
                  "the periodic cell is tilted or deforms along %c, and walls do not: only a plane whose normal has no "
                  "%c component can be there",
                  axis[k], axis[k]);
    }
    return BRC_OK;
}

static brc_status check_walls(const brc_sim* s)
{
    for (int32_t k = 0; k < s->wall_count; k++)
        if (s->walls[k].wall) BRC_TRY(brc_cell_allows_wall(s, s->walls[k].plane, s->walls[k].normal));
    return BRC_OK;
}

brc_status brc_deform_set(brc_sim* s, const brc_deform* order)
{
    BRC_CHECK(!s->book, BRC_ERR_STATE,
              "the energy book does not know what a deforming cell does: leave out energy_book");
    static const int axes[6][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}};
    static const char axis[] = "xyz";
    sim_cell* c = &s->cell;
    double largest = 0, density = 0;
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "the cell's deformation cannot be changed in the middle of a step");
    for (int k = 0; k < 6; k++) {
        bool servo = order->control[k] != BRC_BY_RATE;
        BRC_CHECK(order->control[k] == BRC_BY_RATE || order->control[k] == BRC_BY_STRESS ||
                      (order->control[k] == BRC_BY_PRESSURE && k <= ZZ),
                  BRC_ERR_ARGUMENT, "control of %s must be rate or stress", component[k]);
        double value = servo ? order->stress[k] : order->rate[k];
        BRC_CHECK(fabs(value) < 1e30, BRC_ERR_ARGUMENT, "%s must be finite, got %g", component[k], value);
        if (!servo && value == 0) continue;
        for (int i = 0; i < 2; i++)
            BRC_CHECK(s->options.periodic[axes[k][i]], BRC_ERR_ARGUMENT,
                      "%s deforms the cell along %c, which is not periodic", component[k], axis[axes[k][i]]);
        if (servo && fabs(value) > largest) largest = fabs(value);
    }
    BRC_CHECK(order->max_rate >= 0 && order->max_rate < 1e30 && order->band >= 0 && order->band < 1e30,
              BRC_ERR_ARGUMENT, "max_rate and band must be > 0, got %g 1/s and %g Pa", order->max_rate, order->band);
    bool servos = false;
    for (int k = 0; k < 6; k++) servos |= order->control[k] != BRC_BY_RATE;
    BRC_CHECK(!servos || order->band > 0 || largest > 0, BRC_ERR_ARGUMENT,
              "with all target stresses 0 Pa, band must say what difference of stress is large");
    double rate = order->max_rate, radius = 0;
    if (servos && rate == 0) {
        for (int32_t k = 0; k < s->material_count; k++) density = s->density[k] > density ? s->density[k] : density;
        for (int64_t i = 0; i < s->count; i++) radius = s->pos[4 * i + 3] > radius ? s->pos[4 * i + 3] : radius;
        if (brc_shared(s)) BRC_TRY(brc_domain_max(s, &radius));
        BRC_CHECK(radius > 0 && largest > 0, BRC_ERR_ARGUMENT,
                  "max_rate must be given where there are no particles yet or all targets are 0 Pa");
        rate = 0.01 * sqrt(largest / density) / (2 * radius);
    }
    sim_cell before = *c;
    c->order = *order;
    c->order.band = order->band > 0 ? order->band : largest;
    c->max_rate = rate;
    if (!c->ordered) c->summed = false;
    c->ordered = true;
    brc_status status = check_walls(s);
    if (status != BRC_OK) *c = before;
    return status;
}

// ---- a step ----------------------------------------------------------------------------------------------

void brc_cell_velocity(const brc_sim* s, const double x[3], double v[3])
{
    const sim_cell* c = &s->cell;
    double g[6];
    over(c->speed, c->edge, g);
    brc_cell_field(g, c->centre, x, v);
}

// What the sums over particles are counted in, so that they are exact: m c (x) c like the contacts' sums, m c by how
// far c goes in a step, m by the largest that the law was set for.
typedef struct quanta {
    double energy, momentum, mass;
} quanta;

static quanta quanta_of(const brc_sim* s)
{
    const double length = s->t_grid.quantum / s->f_grid.quantum; // the largest radius, within a factor of 2
    double density = 0, energy = BRC_VIRIAL * s->t_grid.quantum;
    for (int32_t k = 0; k < s->material_count; k++) density = s->density[k] > density ? s->density[k] : density;
    return (quanta){energy, s->dt > 0 ? energy * s->dt / length : energy, 0x1p-36 * density * length * length * length};
}

void brc_cell_quanta(const brc_sim* s, double out[3])
{
    const quanta q = quanta_of(s);
    out[0] = q.energy, out[1] = q.momentum, out[2] = q.mass;
}

void brc_cell_put(brc_sim* s, const sim_cell* c, const double lo[3], const double hi[3])
{
    s->cell = *c;
    memcpy(s->cell.listed, c->edge, sizeof c->edge);
    for (int k = 0; k < 3; k++) {
        s->lo[k] = lo[k], s->hi[k] = hi[k];
        if (!(s->length[k] > 0)) continue;
        s->length[k] = c->edge[k], s->half[k] = 0.5 * c->edge[k];
    }
    derive(s);
}

// m c (x) c, m c and m over the worker's particles, c what a velocity has beyond the flow.
static void sum_kinetic(brc_sim* s, worker* w)
{
    static const int first[6] = {0, 1, 2, 0, 0, 1}, second[6] = {0, 1, 2, 1, 2, 2};
    const quanta q = quanta_of(s);
    double g[6];
    over(s->cell.speed, s->cell.edge, g);
    memset(w->kinetic, 0, sizeof w->kinetic);
    for (int64_t i = w->begin; i < w->end; i++) {
        double v[3], spin[3], u[3], term[10], m = s->mass[i];
        if (!brc_alive(s, i)) continue;
        brc_particle_velocity(s, i, v, spin);
        brc_cell_field(g, s->cell.centre, s->pos + 4 * i, u);
        for (int k = 0; k < 3; k++) v[k] -= u[k];
        for (int k = 0; k < 6; k++) term[k] = m * v[first[k]] * v[second[k]] / q.energy;
        for (int k = 0; k < 3; k++) term[6 + k] = m * v[k] / q.momentum;
        term[9] = m / q.mass;
        for (int k = 0; k < 10; k++)
            if (fabs(term[k]) < 0x1p50) w->kinetic[k] += (int64_t)rint(term[k]);
            else w->flags |= BRC_FLAG_RANGE;
    }
}

void brc_cell_gradient(const brc_sim* s, double g[6]) { over(s->cell.speed, s->cell.edge, g); }

void brc_cell_sum(brc_sim* s)
{
    sim_cell* c = &s->cell;
    if (!c->ordered) return;
    for (int k = 0; k < 9; k++) {
        int64_t sum = 0;
        for (int i = 0; i < s->worker_count && !brc_shared(s); i++) sum += s->workers[i].virial[k];
        if (brc_shared(s)) sum = c->shared[k];
        c->contact[k] = (double)sum * (BRC_VIRIAL * s->t_grid.quantum);
    }
    c->summed = true;
}

static double clamped(double x) { return x > 1 ? 1 : x < -1 ? -1 : x; }

// [Pa] of the last step from its sums: xx, yy, zz, xy, xz, yz; shear as the mean of both faces. A drift of all
// particles is no stress.
static void stresses(const brc_sim* s, const worker* w, int count, double out[6])
{
    static const int one[6] = {0, 4, 8, 1, 2, 5}, other[6] = {0, 4, 8, 3, 6, 7};
    static const int first[6] = {0, 1, 2, 0, 0, 1}, second[6] = {0, 1, 2, 1, 2, 2};
    const double v = (s->hi[0] - s->lo[0]) * (s->hi[1] - s->lo[1]) * (s->hi[2] - s->lo[2]);
    const quanta q = quanta_of(s);
    double sum[10];
    for (int k = 0; k < 10; k++) {
        int64_t n = 0;
        for (int i = 0; i < count; i++) n += w[i].kinetic[k];
        sum[k] = (double)n * (k < 6 ? q.energy : k < 9 ? q.momentum : q.mass);
    }
    for (int k = 0; k < 6; k++) {
        double drift = sum[9] > 0 ? sum[6 + first[k]] * sum[6 + second[k]] / sum[9] : 0;
        out[k] = (0.5 * (s->cell.contact[one[k]] + s->cell.contact[other[k]]) + sum[k] - drift) / v;
    }
}

// The sums of all ranks, in the first worker's; the others' are 0 then.
static brc_status share_kinetic(brc_sim* s, worker* w, int count)
{
    if (!brc_shared(s)) return BRC_OK;
    for (int i = 1; i < count; i++) {
        for (int k = 0; k < 10; k++) w->kinetic[k] += w[i].kinetic[k];
        memset(w[i].kinetic, 0, sizeof w[i].kinetic);
    }
    return brc_comm_sum(s->comm, w->kinetic, 10);
}

// The velocity gradient of the coming step. A servo drives each component in proportion to its error of stress: the
// strain is its integral, so a constant target is reached without an offset, and because particles share at once in a
// change of the rate, the stress follows without a delay that could make it swing.
static brc_status gradient(brc_sim* s, double g[6])
{
    const sim_cell* c = &s->cell;
    bool servo = false;
    double excess = 0, stress[6];
    int coupled = 0;
    for (int k = 0; k < 6; k++) {
        g[k] = c->order.control[k] == BRC_BY_RATE ? c->order.rate[k] : 0;
        servo |= c->order.control[k] != BRC_BY_RATE;
    }
    if (!servo || !c->summed) return BRC_OK;
    brc_parallel(s, sum_kinetic);
    BRC_TRY(share_kinetic(s, s->workers, s->worker_count));
    stresses(s, s->workers, s->worker_count, stress);
    for (int k = 0; k < 3; k++)
        if (c->order.control[k] == BRC_BY_PRESSURE) excess += stress[k] - c->order.stress[k], coupled++;
    for (int k = 0; k < 6; k++) {
        if (c->order.control[k] == BRC_BY_RATE) continue;
        double error = c->order.control[k] == BRC_BY_PRESSURE ? excess / coupled : stress[k] - c->order.stress[k];
        g[k] = c->max_rate * clamped(error / c->order.band);
    }
    return BRC_OK;
}

static brc_status guard(const brc_sim* s)
{
    static const char axis[] = "xyz";
    const sim_cell* c = &s->cell;
    for (int k = 0; k < 3; k++) {
        if (!(c->edge[k] > 0)) continue;
        BRC_CHECK(
            c->edge[k] > 4 * s->radius_max + 2 * s->reach, BRC_ERR_GUARD,
            "the periodic cell has shrunk to %g m along %c at step %" PRId64
            ", time %g s: with a radius of %g m it must be above four of them, or particles meet their own images",
            c->edge[k], axis[k], s->step + 1, brc_sim_time(s, s->step + 1), s->radius_max);
        BRC_CHECK(fabs(s->lo[k]) + c->edge[k] < s->x_grid.limit && fabs(s->hi[k]) < s->x_grid.limit, BRC_ERR_GUARD,
                  "the periodic cell has grown to %g m along %c at step %" PRId64
                  ", time %g s, beyond what positions hold: begin with a larger domain",
                  c->edge[k], axis[k], s->step + 1, brc_sim_time(s, s->step + 1));
    }
    return BRC_OK;
}

brc_status brc_cell_step(brc_sim* s)
{
    sim_cell* c = &s->cell;
    if (!c->ordered) return BRC_OK;
    double g[6], middle[6], speed[6], change[6];
    BRC_TRY(gradient(s, g));
    for (int k = 0; k < 6; k++)
        BRC_CHECK(fabs(g[k]) * s->dt < 0.01, BRC_ERR_GUARD,
                  "the cell would deform by %s = %g in step %" PRId64 ", time %g s; allowed is 0.01: lower the rate",
                  component[k], g[k] * s->dt, s->step + 1, brc_sim_time(s, s->step + 1));
    // The speeds at the middle of the step: its error is then of third order in the strain of a step.
    times(g, c->edge, speed);
    for (int k = 0; k < 6; k++) middle[k] = c->edge[k] + 0.5 * s->dt * speed[k];
    times(g, middle, speed);
    for (int k = 0; k < 6; k++) change[k] = speed[k] - c->speed[k];
    over(change, c->edge, c->push);
    for (int k = 0; k < 6; k++) {
        double more = c->rest[k] + speed[k] * s->dt, on_grid = brc_grid_round(s->x_grid, more);
        c->edge[k] += on_grid;
        c->rest[k] = more - on_grid; // exact
        c->speed[k] = speed[k];
        c->strain[k] += g[k] * s->dt;
    }
    reduce(c);
    for (int k = 0; k < 3; k++) {
        if (!(c->edge[k] > 0) || c->edge[k] == s->length[k]) continue;
        s->lo[k] = brc_grid_round(s->x_grid, c->centre[k] - 0.5 * c->edge[k]);
        s->hi[k] = s->lo[k] + c->edge[k];
        s->length[k] = c->edge[k];
        s->half[k] = 0.5 * c->edge[k];
    }
    bool was = c->tilted || c->moving;
    derive(s);
    if (was != (c->tilted || c->moving)) s->lists_valid = false; // the kernels measure displacements in another way
    return guard(s);
}

// ---- for the lists ---------------------------------------------------------------------------------------

void brc_cell_map(const brc_sim* s, double map[6])
{
    over(s->cell.edge, s->cell.listed, map);
    for (int k = 0; k < 3; k++)
        if (!(s->cell.edge[k] > 0)) map[k] = 1;
}

void brc_cell_displacement(const brc_sim* s, int64_t slot, double d[3])
{
    const double *x = s->pos + 4 * slot, *ref = s->ref + 4 * slot, *centre = s->cell.centre;
    double map[6], as[3];
    if (!s->cell.tilted && !s->cell.moving) {
        for (int k = 0; k < 3; k++) d[k] = brc_image(x[k] - ref[k], s->length[k], s->half[k]);
        return;
    }
    brc_cell_map(s, map);
    brc_cell_field(map, centre, ref, as);
    for (int k = 0; k < 3; k++) d[k] = x[k] - centre[k] - as[k];
}

double brc_cell_stretch(const brc_sim* s, double distance)
{
    double f[6], sum = 0;
    if (!s->cell.tilted && !s->cell.moving) return 0;
    brc_cell_map(s, f);
    for (int k = 0; k < 6; k++) sum += (f[k] - (k < 3)) * (f[k] - (k < 3));
    return 1.000001 * sqrt(sum) * distance;
}

double brc_cell_skin(const brc_sim* s, double distance, double skin)
{
    if (!s->cell.tilted && !s->cell.moving) return skin;
    for (int k = 0; k < 3; k++)
        if (s->length[k] > 0) skin = fmin(skin, 0.499 * s->length[k] - distance);
    return fmax(skin, 0);
}

void brc_cell_wrap(brc_sim* s, int64_t slot)
{
    sim_cell* c = &s->cell;
    const double *e = c->edge, *v = c->speed;
    double *x = s->pos + 4 * slot, n[3] = {0};
    for (int k = 2; k >= 0; k--) {
        if (!(s->length[k] > 0)) continue;
        n[k] = floor((x[k] - s->lo[k]) / e[k]);
        if (k == 2) x[1] -= n[2] * e[YZ], x[0] -= n[2] * e[XZ];
        if (k == 1) x[0] -= n[1] * e[XY];
        x[k] -= n[k] * e[k];
        if (x[k] >= s->hi[k]) x[k] -= e[k];
        if (x[k] < s->lo[k]) x[k] += e[k];
    }
    double shift[3] = {n[0] * v[XX] + n[1] * v[XY] + n[2] * v[XZ], n[1] * v[YY] + n[2] * v[YZ], n[2] * v[ZZ]};
    double now[3], spin[3];
    brc_particle_velocity(s, slot, now, spin);
    for (int k = 0; k < 3; k++)
        if (shift[k] != 0) brc_particle_velocity_set(s, slot, k, now[k] - shift[k]);
}

// ---- what scripts see ------------------------------------------------------------------------------------

brc_status brc_cell_get(brc_sim* s, brc_cell_info* out)
{
    sim_cell* c = &s->cell;
    double stress[6];
    memset(out, 0, sizeof *out);
    worker all = {.begin = 0, .end = s->count};
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "the cell cannot be read in the middle of a step (each_step)");
    sum_kinetic(s, &all);
    BRC_TRY(share_kinetic(s, &all, 1));
    stresses(s, &all, 1, stress);
    over(c->speed, c->edge, out->rate);
    out->volume = 1;
    for (int k = 0; k < 3; k++) {
        out->lo[k] = s->lo[k];
        out->hi[k] = s->hi[k];
        out->edge[k] = s->hi[k] - s->lo[k];
        out->volume *= out->edge[k];
        out->edge[3 + k] = c->edge[3 + k];
    }
    for (int k = 0; k < 6; k++) {
        out->strain[k] = c->strain[k];
        out->stress[k] = c->summed ? stress[k] : NAN;
    }
    out->max_rate = c->max_rate;
    return BRC_OK;
}

bool brc_cell_plain(const brc_sim* s) { return !s->cell.ordered && !s->cell.tilted; }

int brc_cell_state(const brc_sim* s, double row[64])
{
    const sim_cell* c = &s->cell;
    const double* const six[] = {c->edge, c->rest, c->speed, c->strain, c->order.rate, c->order.stress};
    int n = 0;
    for (size_t i = 0; i < sizeof six / sizeof *six; i++)
        for (int k = 0; k < 6; k++) row[n++] = six[i][k] + 0.0; // -0 and 0 are the same
    for (int k = 0; k < 6; k++) row[n++] = c->order.control[k];
    for (int k = 0; k < 9; k++) row[n++] = c->contact[k] + 0.0;
    for (int k = 0; k < 3; k++) row[n++] = c->centre[k] + 0.0;
    const double more[] = {c->max_rate, c->order.band, c->ordered, c->summed};
    for (int k = 0; k < 4; k++) row[n++] = more[k];
    return n;
}

// The edges are those of the brick, on its grid, with tilts along periodic axes that have been reduced.
static bool upright_fits(const brc_sim* s)
{
    static const int first[3] = {0, 0, 1}, second[3] = {1, 2, 2};
    const double* e = s->cell.edge;
    for (int k = 0; k < 3; k++) {
        const bool tilts = s->options.periodic[first[k]] && s->options.periodic[second[k]];
        if (e[k] != s->length[k] || brc_grid_round(s->x_grid, e[k]) != e[k]) return false;
        if (e[3 + k] != 0 && !tilts) return false;
        if (!(fabs(e[3 + k]) <= 0.5 * s->length[first[k]]) || brc_grid_round(s->x_grid, e[3 + k]) != e[3 + k])
            return false;
    }
    return true;
}

void brc_cell_pack(brc_pack* p, brc_sim* s)
{
    sim_cell* c = &s->cell;
    double* const six[] = {c->edge, c->rest, c->speed, c->push, c->strain, c->order.rate, c->order.stress};
    brc_pack_begin(p, "cell");
    for (size_t i = 0; i < sizeof six / sizeof *six; i++) brc_pack_within(p, six[i], 6, 1e30);
    for (int k = 0; k < 6; k++) brc_pack_i32(p, &c->order.control[k], BRC_BY_RATE, BRC_BY_PRESSURE);
    brc_pack_within(p, &c->order.max_rate, 1, 1e30);
    brc_pack_within(p, &c->order.band, 1, 1e30);
    brc_pack_within(p, &c->max_rate, 1, 1e30);
    brc_pack_within(p, c->centre, 3, 1e9);
    brc_pack_doubles(p, c->contact, 9);
    brc_pack_bool(p, &c->ordered);
    brc_pack_bool(p, &c->summed);
    brc_pack_within(p, s->lo, 3, s->x_grid.limit);
    brc_pack_within(p, s->hi, 3, s->x_grid.limit);
    brc_pack_end(p);
    if (!p->loading || !brc_pack_good(p)) return;
    for (int k = 0; k < 3; k++) {
        if (!(s->lo[k] < s->hi[k])) brc_pack_fail(p, BRC_ERR_FILE, "the domain has no size");
        s->length[k] = s->options.periodic[k] ? s->hi[k] - s->lo[k] : 0;
        s->half[k] = s->options.periodic[k] ? 0.5 * s->length[k] : INFINITY;
    }
    if (!upright_fits(s)) brc_pack_fail(p, BRC_ERR_FILE, "the edges of the periodic cell do not fit the domain");
    memcpy(c->listed, c->edge, sizeof c->edge);
    derive(s);
}
