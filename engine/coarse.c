// coarse.c -- coarse-grained fields on a grid: density, momentum, kinetic and contact stress, granular temperature
// (Goldhirsch, Granular Matter 12, 2010, 239; Weinhart et al., Granular Matter 14, 2012, 289).
//
// Each particle is spread over the grid's points by a kernel whose weights are normalised on the grid itself: they add
// up to 1, so that fields integrate to the mass, momentum and virial of what was spread, to rounding. A contact's force
// (x) branch is spread along its branch at the four points of a Gauss rule, in place of the integral along the line.
// Sums are integers, so neither threads nor order matter; samples in time are added in their order. In a periodic cell
// that is tilted or deforms the grid stays where it is in the laboratory: images lie at multiples of the cell's edges,
// with the velocities of images.
#include "contacts.h"
#include "sim.h"
#include "writer.h"

enum {
    MASS,
    SOLID,
    MOMENTUM,
    KINETIC = MOMENTUM + 3, // xx xy xz yy yz zz of m v v
    CONTACT = KINETIC + 6,
    SUMS = CONTACT + 9,
};
enum {
    OUT_DENSITY,
    OUT_FRACTION,
    OUT_MOMENTUM,
    OUT_VELOCITY = OUT_MOMENTUM + 3,
    OUT_KINETIC = OUT_VELOCITY + 3,
    OUT_CONTACT = OUT_KINETIC + 9,
    OUT_TEMPERATURE = OUT_CONTACT + 9,
    OUT_PRESSURE,
    OUTS
};
enum { COARSE_FIELDS = 6 + 18 };

struct brc_coarse {
    brc_sim* sim;
    brc_coarse_def def;
    int64_t n[3], count, samples;
    double h[3], cell, cutoff;
    double* sum; // [count][SUMS], over the samples
    double* out; // [count][OUTS], of the mean
    bool fresh;  // out is that of the sum
    brc_field field[COARSE_FIELDS];
    char name[18][24];
};

static void name_fields(brc_coarse* c)
{
    int n = 0;
#define FIELD(at, columns, name, unit, text)                                                                           \
    c->field[n++] = (brc_field){c->out + (at), NULL, c->count, columns, OUTS, 0, BRC_F64, 0, name, unit, text}
    FIELD(OUT_DENSITY, 1, "density", "kg/m^3", "mass per volume");
    FIELD(OUT_FRACTION, 1, "fraction", "1", "solid volume per volume");
    FIELD(OUT_MOMENTUM, 3, "momentum", "kg/(m^2 s)", "momentum per volume");
    FIELD(OUT_VELOCITY, 3, "velocity", "m/s", "momentum over density; 0 where nothing is");
    FIELD(OUT_TEMPERATURE, 1, "temperature", "m^2/s^2",
          "granular temperature: trace of the kinetic stress over 3 density");
    FIELD(OUT_PRESSURE, 1, "pressure", "Pa", "third of the trace of both stresses");
    for (int kind = 0; kind < 2; kind++)
        for (int k = 0; k < 9; k++) {
            char* name = c->name[9 * kind + k];
            snprintf(name, sizeof c->name[0], "%s_stress_%c%c", kind ? "contact" : "kinetic", "xyz"[k / 3],
                     "xyz"[k % 3]);
            FIELD((kind ? OUT_CONTACT : OUT_KINETIC) + k, 1, name, "Pa",
                  kind ? "contact stress, compression positive" : "kinetic stress, compression positive");
        }
#undef FIELD
}

// Of two images of a particle one only may reach a point: sums are then as bounded as without images. Edges that are
// tilted by up to half a length are no shorter than the lengths.
static brc_status check_width(const brc_sim* s, double width, double cutoff)
{
    for (int k = 0; k < 3; k++)
        BRC_CHECK(!(s->length[k] > 0) || 2 * cutoff < s->length[k], BRC_ERR_ARGUMENT,
                  "width = %g m is too large for the periodic %c axis of %g m", width, "xyz"[k], s -> length[k]);
    return BRC_OK;
}

brc_status brc_coarse_create(brc_sim* s, const brc_coarse_def* def, brc_coarse** out)
{
    double count = 1, diagonal2 = 0, h[3];
    *out = NULL;
    for (int k = 0; k < 3; k++) {
        BRC_CHECK(def->lo[k] < def->hi[k] && fabs(def->lo[k]) < 1e9 && fabs(def->hi[k]) < 1e9, BRC_ERR_ARGUMENT,
                  "lo.%c must be below hi.%c, got %g and %g m", "xyz"[k], "xyz"[k], def -> lo[k], def -> hi[k]);
        BRC_CHECK(def->cells[k] >= 1, BRC_ERR_ARGUMENT, "cells must be >= 1 along %c, got %d", "xyz"[k],
                  def -> cells[k]);
        count *= def->cells[k];
        h[k] = (def->hi[k] - def->lo[k]) / def->cells[k];
        diagonal2 += h[k] * h[k];
    }
    BRC_CHECK(count <= 0x1p26, BRC_ERR_ARGUMENT, "cells must be at most 67108864 in all, got %.0f", count);
    const double cutoff = def->kernel == BRC_KERNEL_GAUSSIAN ? 3 * def->width : 2 * def->width;
    BRC_CHECK(
        def->width > 0 && cutoff > 0.501 * sqrt(diagonal2), BRC_ERR_ARGUMENT,
        "width = %g m is too small for these cells: the kernel ends %g m from its middle, and a particle may be %g m "
        "from the nearest point of the grid",
        def->width, cutoff, 0.5 * sqrt(diagonal2));
    BRC_TRY(check_width(s, def->width, cutoff));
    brc_coarse* c = BRC_NEW(1, brc_coarse);
    if (c) {
        *c = (brc_coarse){.sim = s, .def = *def, .count = (int64_t)count, .cutoff = cutoff, .cell = h[0] * h[1] * h[2]};
        for (int k = 0; k < 3; k++) c->n[k] = def->cells[k], c->h[k] = h[k];
        c->sum = BRC_NEW(c->count * SUMS, double);
        c->out = BRC_NEW(c->count * OUTS, double);
    }
    if (!c || !c->sum || !c->out) {
        brc_coarse_free(c);
        BRC_CHECK(false, BRC_ERR_MEMORY, "no memory for fields in %.0f cells", count);
    }
    name_fields(c);
    *out = c;
    return BRC_OK;
}

void brc_coarse_free(brc_coarse* c)
{
    if (!c) return;
    brc_free(c->sum), brc_free(c->out);
    brc_free(c);
}

// ---- spreading -------------------------------------------------------------------------------------------

static double kernel(const brc_coarse* c, double r2)
{
    if (c->def.kernel == BRC_KERNEL_GAUSSIAN) return brc_exp(-r2 / (2 * c->def.width * c->def.width));
    double q = sqrt(r2) / c->cutoff, p = 1 - q;
    return (1 + 3 * q) * p * p * p; // Lucy
}

// Points of the endless grid within the cutoff: first and last number along each axis. false: none is in the grid.
static bool range_of(const brc_coarse* c, const double x[3], int64_t first[3], int64_t last[3])
{
    for (int k = 0; k < 3; k++) {
        double u = (x[k] - c->def.lo[k]) / c->h[k] - 0.5, r = c->cutoff / c->h[k];
        if (!(u + r >= 0 && u - r <= (double)(c->n[k] - 1))) return false;
        first[k] = (int64_t)ceil(u - r), last[k] = (int64_t)floor(u + r);
    }
    return true;
}

static double weight(const brc_coarse* c, const double x[3], int64_t i, int64_t j, int64_t k)
{
    const int64_t at[3] = {i, j, k};
    double r2 = 0;
    for (int m = 0; m < 3; m++) {
        double d = c->def.lo[m] + ((double)at[m] + 0.5) * c->h[m] - x[m];
        r2 += d * d;
    }
    return r2 < c->cutoff * c->cutoff ? kernel(c, r2) : 0;
}

// Adds shares of `count` amounts (in quanta) to the points near x; shares of all points of the endless grid add up
// to 1.
static void spread(const brc_coarse* c, const double x[3], const double* amount, int count, int64_t* to)
{
    int64_t first[3], last[3];
    double whole = 0;
    if (!range_of(c, x, first, last)) return;
    for (int64_t k = first[2]; k <= last[2]; k++)
        for (int64_t j = first[1]; j <= last[1]; j++)
            for (int64_t i = first[0]; i <= last[0]; i++) whole += weight(c, x, i, j, k);
    for (int64_t k = first[2] < 0 ? 0 : first[2]; k <= last[2] && k < c->n[2]; k++)
        for (int64_t j = first[1] < 0 ? 0 : first[1]; j <= last[1] && j < c->n[1]; j++)
            for (int64_t i = first[0] < 0 ? 0 : first[0]; i <= last[0] && i < c->n[0]; i++) {
                double share = weight(c, x, i, j, k) / whole;
                int64_t* cell = to + ((k * c->n[1] + j) * c->n[0] + i) * SUMS;
                for (int m = 0; m < count && share > 0; m++) cell[m] += (int64_t)rint(amount[m] * share);
            }
}

// Numbers n of the images x + n edge, along one axis, that come within the cutoff of the grid.
static void images(const brc_coarse* c, int k, double x, double edge, int64_t* first, int64_t* last)
{
    *first = *last = 0;
    if (!(edge > 0)) return;
    *first = (int64_t)ceil((c->def.lo[k] - c->cutoff - x) / edge);
    *last = (int64_t)floor((c->def.hi[k] + c->cutoff - x) / edge);
}

// What a particle adds at a place; dv: the velocity of the image beyond its own.
static void amounts_of(const brc_sim* s, int64_t i, const double dv[3], double a[CONTACT])
{
    static const int first[6] = {0, 0, 0, 1, 1, 2}, second[6] = {0, 1, 2, 1, 2, 2};
    double v[3], w[3], m = s->mass[i], r = s->pos[4 * i + 3];
    brc_particle_velocity(s, i, v, w);
    for (int k = 0; k < 3; k++) v[k] += dv[k];
    a[MASS] = m;
    a[SOLID] = 4.0 / 3.0 * BRC_PI * r * r * r;
    for (int k = 0; k < 3; k++) a[MOMENTUM + k] = m * v[k];
    for (int k = 0; k < 6; k++) a[KINETIC + k] = m * v[first[k]] * v[second[k]];
}

// Calls use for all images of x that reach into the grid, with their places and how much faster they are.
typedef void (*image_use)(void* context, const double x[3], const double dv[3]);
static void each_image(const brc_coarse* c, const double x[3], image_use use, void* context)
{
    const double *e = c->sim->cell.edge, *speed = c->sim->cell.speed;
    int64_t first[3], last[3];
    images(c, 2, x[2], e[2], &first[2], &last[2]);
    for (int64_t k = first[2]; k <= last[2]; k++) {
        const double nz = (double)k, z = x[2] + nz * e[2], yz = x[1] + nz * e[5], xz = x[0] + nz * e[4];
        images(c, 1, yz, e[1], &first[1], &last[1]);
        for (int64_t j = first[1]; j <= last[1]; j++) {
            const double ny = (double)j, y = yz + ny * e[1], xy = xz + ny * e[3];
            images(c, 0, xy, e[0], &first[0], &last[0]);
            for (int64_t i = first[0]; i <= last[0]; i++) {
                const double nx = (double)i, at[3] = {xy + nx * e[0], y, z};
                const double dv[3] = {nx * speed[0] + ny * speed[3] + nz * speed[4], ny * speed[1] + nz * speed[5],
                                      nz * speed[2]};
                use(context, at, dv);
            }
        }
    }
}

// Quanta per unit: a power of two such that `count` terms of the largest size add up below 2^62.
static double scale_of(double largest, int64_t count)
{
    int e, room = 1;
    if (!(largest > 0)) return 1;
    (void)frexp(largest, &e);
    while (room < 60 && (int64_t)1 << room <= count) room++;
    return ldexp(1, 62 - room - e);
}

typedef struct job {
    const brc_coarse* c;
    const brc_contact_list* list;
    double scale[SUMS];
    int64_t* to; // [part][count][SUMS]
} job;

// One particle or point of a contact on its way through its images.
typedef struct visit {
    const job* q;
    int64_t slot, *to;
    double amount[9]; // of a contact, in quanta
    double* largest;  // of a particle: what is looked for before the scales are known
} visit;

static void measure_particle(void* context, const double x[3], const double dv[3])
{
    visit* v = context;
    double a[CONTACT];
    (void)x;
    amounts_of(v->q->c->sim, v->slot, dv, a);
    for (int k = 0; k < CONTACT; k++) v->largest[k] = fmax(v->largest[k], fabs(a[k]));
}

static void spread_particle(void* context, const double x[3], const double dv[3])
{
    visit* v = context;
    double a[CONTACT];
    amounts_of(v->q->c->sim, v->slot, dv, a);
    for (int k = 0; k < CONTACT; k++) a[k] *= v->q->scale[k];
    spread(v->q->c, x, a, CONTACT, v->to);
}

static void spread_contact(void* context, const double x[3], const double dv[3])
{
    visit* v = context;
    (void)dv;
    spread(v->q->c, x, v->amount, 9, v->to + CONTACT);
}

// Where a Gauss rule of four points looks on a line from 0 to 1, and its weights.
static const double gauss_at[4] = {0.069431844202973714, 0.33000947820757187, 0.66999052179242813, 0.93056815579702629};
static const double gauss_weight[4] = {0.17392742256872693, 0.32607257743127307, 0.32607257743127307,
                                       0.17392742256872693};

static void work(const job* q, int part, int parts)
{
    const brc_coarse* c = q->c;
    const brc_sim* s = c->sim;
    visit v = {.q = q, .to = q->to + (int64_t)part * c->count * SUMS};
    for (v.slot = s->count * part / parts; v.slot < s->count * (part + 1) / parts; v.slot++)
        if (brc_alive(s, v.slot)) each_image(c, s->pos + 4 * v.slot, spread_particle, &v);
    for (int64_t i = q->list->count * part / parts; i < q->list->count * (part + 1) / parts; i++) {
        const brc_contact* t = &q->list->contact[i];
        for (int g = 0; g < 4; g++) {
            double x[3];
            for (int k = 0; k < 3; k++) x[k] = t->centre[k] - gauss_at[g] * t->branch[k];
            for (int k = 0; k < 9; k++)
                v.amount[k] = t->force[k / 3] * t->branch[k % 3] * gauss_weight[g] * q->scale[CONTACT + k];
            each_image(c, x, spread_contact, &v);
        }
    }
}

brc_status brc_coarse_sample(brc_coarse* c)
{
    brc_sim* s = c->sim;
    brc_contact_list list;
    BRC_TRY(brc_device_home(s));
    BRC_TRY(check_width(s, c->def.width, c->cutoff)); // the cell may have become shorter
    BRC_TRY(brc_contacts_take(s, &list));
    const int parts = s->worker_count;
    job q = {.c = c, .list = &list, .to = BRC_NEW((int64_t)parts * c->count * SUMS, int64_t)};
    if (!q.to) brc_error_set(__FILE__, __LINE__, __func__, "no memory for fields in %" PRId64 " cells", c->count);
    brc_status status = brc_comm_agree(s->comm, q.to ? BRC_OK : BRC_ERR_MEMORY);
    if (status != BRC_OK) {
        brc_contacts_free(&list), brc_free(q.to);
        return status;
    }
    double largest[SUMS] = {0};
    visit v = {.q = &q, .largest = largest};
    for (v.slot = 0; v.slot < s->count; v.slot++)
        if (brc_alive(s, v.slot)) each_image(c, s->pos + 4 * v.slot, measure_particle, &v);
    for (int64_t i = 0; i < list.count; i++)
        for (int k = 0; k < 9; k++) {
            double size = fabs(list.contact[i].force[k / 3] * list.contact[i].branch[k % 3]);
            largest[CONTACT + k] = fmax(largest[CONTACT + k], size);
        }
    int64_t terms[2] = {s->count - s->dead, 4 * list.count};
    status = brc_comm_sum(s->comm, terms, 2);
    if (status == BRC_OK) status = brc_comm_max_real(s->comm, largest, SUMS);
    for (int k = 0; k < SUMS; k++) q.scale[k] = scale_of(largest[k], terms[k >= CONTACT]);
#pragma omp parallel for schedule(static, 1) num_threads(parts) if (parts > 1 && s->count >= 1000)
    for (int p = 0; p < parts; p++) work(&q, p, parts);
    for (int64_t i = 0; i < c->count * SUMS; i++)
        for (int p = 1; p < parts; p++) q.to[i] += q.to[(int64_t)p * c->count * SUMS + i];
    if (status == BRC_OK) status = brc_comm_sum(s->comm, q.to, c->count * SUMS);
    for (int64_t i = 0; i < c->count * SUMS && status == BRC_OK; i++) c->sum[i] += (double)q.to[i] / q.scale[i % SUMS];
    brc_free(q.to);
    brc_contacts_free(&list);
    BRC_TRY(status);
    c->samples++;
    c->fresh = false;
    return BRC_OK;
}

void brc_coarse_reset(brc_coarse* c)
{
    memset(c->sum, 0, (size_t)(c->count * SUMS) * sizeof(double));
    c->samples = 0;
    c->fresh = false;
}

// ---- fields ----------------------------------------------------------------------------------------------

static void finish(brc_coarse* c)
{
    static const int six[9] = {0, 1, 2, 1, 3, 4, 2, 4, 5};
    if (c->fresh) return;
    const double per = c->samples ? 1 / ((double)c->samples * c->cell) : 0;
    for (int64_t i = 0; i < c->count; i++) {
        const double* sum = c->sum + i * SUMS;
        double *out = c->out + i * OUTS, *v = out + OUT_VELOCITY, kinetic = 0, contact = 0;
        out[OUT_DENSITY] = sum[MASS] * per;
        out[OUT_FRACTION] = sum[SOLID] * per;
        for (int k = 0; k < 3; k++) {
            out[OUT_MOMENTUM + k] = sum[MOMENTUM + k] * per;
            v[k] = sum[MASS] > 0 ? sum[MOMENTUM + k] / sum[MASS] : 0;
        }
        for (int k = 0; k < 9; k++) {
            out[OUT_KINETIC + k] = sum[KINETIC + six[k]] * per - out[OUT_DENSITY] * v[k / 3] * v[k % 3];
            out[OUT_CONTACT + k] = sum[CONTACT + k] * per;
            if (k % 4 == 0) kinetic += out[OUT_KINETIC + k], contact += out[OUT_CONTACT + k];
        }
        // At the kernel's edge only the last digits are there, and rounding may leave a negative trace.
        out[OUT_TEMPERATURE] = sum[MASS] > 0 ? fmax(0, kinetic) / (3 * out[OUT_DENSITY]) : 0;
        out[OUT_PRESSURE] = (kinetic + contact) / 3;
    }
    c->fresh = true;
}

int64_t brc_coarse_samples(const brc_coarse* c) { return c->samples; }

int32_t brc_coarse_field_count(void) { return COARSE_FIELDS; }

brc_field* brc_coarse_field(brc_coarse* c, int32_t index)
{
    finish(c);
    return index >= 0 && index < COARSE_FIELDS ? &c->field[index] : NULL;
}

// ---- VTK image -------------------------------------------------------------------------------------------

typedef struct array {
    const char* name;
    int at, components;
} array;

brc_status brc_coarse_write(brc_coarse* c, const char* path)
{
    static const array arrays[] = {{"density", OUT_DENSITY, 1},         {"fraction", OUT_FRACTION, 1},
                                   {"momentum", OUT_MOMENTUM, 3},       {"velocity", OUT_VELOCITY, 3},
                                   {"kinetic_stress", OUT_KINETIC, 9},  {"contact_stress", OUT_CONTACT, 9},
                                   {"temperature", OUT_TEMPERATURE, 1}, {"pressure", OUT_PRESSURE, 1}};
    enum { ARRAYS = sizeof arrays / sizeof *arrays };
    writer w;
    uint64_t at = 0;
    brc_comm* comm = c->sim->comm;
    finish(c);
    w = (writer){.path = path};
    BRC_TRY(brc_comm_agree(comm, comm->rank == 0 ? writer_open(&w, path) : BRC_OK));
    PUT(&w,
        "<?xml version=\"1.0\"?>\n<VTKFile type=\"ImageData\" version=\"1.0\" byte_order=\"%s\" "
        "header_type=\"UInt64\">\n",
        little_endian() ? "LittleEndian" : "BigEndian");
    PUT(&w,
        "  <ImageData WholeExtent=\"0 %" PRId64 " 0 %" PRId64 " 0 %" PRId64
        "\" Origin=\"%.17g %.17g %.17g\" Spacing=\"%.17g %.17g %.17g\">\n",
        c->n[0], c->n[1], c->n[2], c->def.lo[0], c->def.lo[1], c->def.lo[2], c->h[0], c->h[1], c->h[2]);
    PUT(&w,
        "    <FieldData>\n      <DataArray type=\"Float64\" Name=\"TimeValue\" NumberOfTuples=\"1\" "
        "format=\"ascii\">%.17g</DataArray>\n      <DataArray type=\"Int64\" Name=\"samples\" NumberOfTuples=\"1\" "
        "format=\"ascii\">%" PRId64 "</DataArray>\n    </FieldData>\n",
        brc_sim_time(c->sim, c->sim->step), c->samples);
    PUT(&w, "    <Piece Extent=\"0 %" PRId64 " 0 %" PRId64 " 0 %" PRId64 "\">\n      <CellData Scalars=\"density\">\n",
        c->n[0], c->n[1], c->n[2]);
    for (int k = 0; k < ARRAYS; k++) {
        PUT(&w,
            "        <DataArray type=\"Float64\" Name=\"%s\" NumberOfComponents=\"%d\" format=\"appended\" "
            "offset=\"%" PRIu64 "\"/>\n",
            arrays[k].name, arrays[k].components, at);
        at += 8 + 8 * (uint64_t)arrays[k].components * (uint64_t)c->count;
    }
    PUT(&w, "      </CellData>\n    </Piece>\n  </ImageData>\n  <AppendedData encoding=\"raw\">\n_");
    for (int k = 0; k < ARRAYS; k++) {
        const uint64_t size = 8 * (uint64_t)arrays[k].components * (uint64_t)c->count;
        put_bytes(&w, &size, sizeof size);
        for (int64_t i = 0; i < c->count; i++)
            put_bytes(&w, c->out + i * OUTS + arrays[k].at, 8 * (size_t)arrays[k].components);
    }
    PUT(&w, "\n  </AppendedData>\n</VTKFile>\n");
    return brc_comm_agree(comm, comm->rank == 0 ? writer_close(&w) : BRC_OK);
}
