// coarse.c -- coarse-grained fields on a grid: density, momentum, kinetic and contact stress, granular temperature
// (Goldhirsch, Granular Matter 12, 2010, 239; Weinhart et al., Granular Matter 14, 2012, 289).
//
// Each particle is spread over the grid's points by a kernel whose weights are normalised on the grid itself: they add
// up to 1, so that fields integrate to the mass, momentum and virial of what was spread, to rounding. A contact's force
// (x) branch is spread along its branch at the four points of a Gauss rule, in place of the integral along the line.
// Sums are integers, so neither threads nor order matter; samples in time are added in their order.
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
    for (int k = 0; k < 3; k++)
        BRC_CHECK(!(s->length[k] > 0) || 2 * cutoff < s->length[k], BRC_ERR_ARGUMENT,
                  "width = %g m is too large for the periodic %c axis of %g m", def->width, "xyz"[k], s -> length[k]);
    BRC_CHECK(brc_cell_plain(s), BRC_ERR_STATE, "fields are made in upright cells that do not deform");
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

// Points of the endless grid within the cutoff: first and last number along each axis.
static void range_of(const brc_coarse* c, const double x[3], int64_t first[3], int64_t last[3])
{
    for (int k = 0; k < 3; k++) {
        double u = (x[k] - c->def.lo[k]) / c->h[k] - 0.5, r = c->cutoff / c->h[k];
        first[k] = (int64_t)ceil(u - r), last[k] = (int64_t)floor(u + r);
    }
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
    range_of(c, x, first, last);
    bool near = true;
    for (int k = 0; k < 3; k++) near = near && last[k] >= 0 && first[k] < c->n[k];
    if (!near) return;
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

// The same for all images that reach into the grid.
static void spread_images(const brc_coarse* c, const double x[3], const double* amount, int count, int64_t* to)
{
    const double* length = c->sim->length;
    const int most[3] = {length[0] > 0, length[1] > 0, length[2] > 0};
    for (int i = -most[0]; i <= most[0]; i++)
        for (int j = -most[1]; j <= most[1]; j++)
            for (int k = -most[2]; k <= most[2]; k++) {
                const double y[3] = {x[0] + i * length[0], x[1] + j * length[1], x[2] + k * length[2]};
                spread(c, y, amount, count, to);
            }
}

static void amounts_of(const brc_sim* s, int64_t i, double a[CONTACT])
{
    double v[3], w[3], m = s->mass[i], r = s->pos[4 * i + 3];
    brc_particle_velocity(s, i, v, w);
    a[MASS] = m;
    a[SOLID] = 4.0 / 3.0 * BRC_PI * r * r * r;
    for (int k = 0; k < 3; k++) a[MOMENTUM + k] = m * v[k];
    static const int first[6] = {0, 0, 0, 1, 1, 2}, second[6] = {0, 1, 2, 1, 2, 2};
    for (int k = 0; k < 6; k++) a[KINETIC + k] = m * v[first[k]] * v[second[k]];
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

// Where a Gauss rule of four points looks on a line from 0 to 1, and its weights.
static const double gauss_at[4] = {0.069431844202973714, 0.33000947820757187, 0.66999052179242813, 0.93056815579702629};
static const double gauss_weight[4] = {0.17392742256872693, 0.32607257743127307, 0.32607257743127307,
                                       0.17392742256872693};

static void work(const job* q, int part, int parts)
{
    const brc_coarse* c = q->c;
    const brc_sim* s = c->sim;
    int64_t* to = q->to + (int64_t)part * c->count * SUMS;
    double a[SUMS];
    for (int64_t i = s->count * part / parts; i < s->count * (part + 1) / parts; i++) {
        if (!brc_alive(s, i)) continue;
        amounts_of(s, i, a);
        for (int k = 0; k < CONTACT; k++) a[k] *= q->scale[k];
        spread_images(c, s->pos + 4 * i, a, CONTACT, to);
    }
    for (int64_t i = q->list->count * part / parts; i < q->list->count * (part + 1) / parts; i++) {
        const brc_contact* t = &q->list->contact[i];
        for (int g = 0; g < 4; g++) {
            double x[3];
            for (int k = 0; k < 3; k++) x[k] = t->centre[k] - gauss_at[g] * t->branch[k];
            for (int k = 0; k < 9; k++)
                a[k] = t->force[k / 3] * t->branch[k % 3] * gauss_weight[g] * q->scale[CONTACT + k];
            spread_images(c, x, a, 9, to + CONTACT);
        }
    }
}

brc_status brc_coarse_sample(brc_coarse* c)
{
    brc_sim* s = c->sim;
    brc_contact_list list;
    BRC_CHECK(brc_cell_plain(s), BRC_ERR_STATE, "fields are made in upright cells that do not deform");
    BRC_TRY(brc_contacts_take(s, &list));
    const int parts = s->worker_count;
    job q = {.c = c, .list = &list, .to = BRC_NEW((int64_t)parts * c->count * SUMS, int64_t)};
    if (!q.to) {
        brc_contacts_free(&list);
        BRC_CHECK(false, BRC_ERR_MEMORY, "no memory for fields in %" PRId64 " cells", c->count);
    }
    double largest[SUMS] = {0}, a[CONTACT];
    for (int64_t i = 0; i < s->count; i++) {
        if (!brc_alive(s, i)) continue;
        amounts_of(s, i, a);
        for (int k = 0; k < CONTACT; k++) largest[k] = fmax(largest[k], fabs(a[k]));
    }
    for (int64_t i = 0; i < list.count; i++)
        for (int k = 0; k < 9; k++) {
            double size = fabs(list.contact[i].force[k / 3] * list.contact[i].branch[k % 3]);
            largest[CONTACT + k] = fmax(largest[CONTACT + k], size);
        }
    for (int k = 0; k < SUMS; k++) q.scale[k] = scale_of(largest[k], k < CONTACT ? s->count : 4 * list.count);
#pragma omp parallel for schedule(static, 1) num_threads(parts) if (parts > 1 && s->count >= 1000)
    for (int p = 0; p < parts; p++) work(&q, p, parts);
    for (int64_t i = 0; i < c->count * SUMS; i++) {
        int64_t sum = 0;
        for (int p = 0; p < parts; p++) sum += q.to[(int64_t)p * c->count * SUMS + i];
        c->sum[i] += (double)sum / q.scale[i % SUMS];
    }
    brc_free(q.to);
    brc_contacts_free(&list);
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
    finish(c);
    BRC_TRY(writer_open(&w, path));
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
    return writer_close(&w);
}
