// export.c -- single states as files for other programs: VTK legacy, VTK XML (.vtp), CSV, and the list of a time series
// (.pvd). Each is written under a temporary name, checked, synced and renamed: a reader finds the old file, or the
// whole new one.
#include "snapshot.h"
#include "writer.h"

// ---- columns ---------------------------------------------------------------------------------------------
typedef struct column {
    const char* name;
    int components;
    char type; // r double, l int64, i int32
    const void* data;
} column;

enum {
#define COLUMN(name, ...) COLUMN_##name,
#include "columns.def"
    COLUMNS
};

enum { COLUMNS_MAX = COLUMNS + 8 };
static int columns_of(const brc_snapshot* s, column out[COLUMNS_MAX])
{
    for (int f = 0; f < s->field_count; f++) out[COLUMNS + f] = (column){s->field_name[f], 1, 'r', s->field[f]};
#define COLUMN(name, field, components, type, unit, text)                                                              \
    out[COLUMN_##name] = (column){#name, components, type, s->field};
#include "columns.def"
    return COLUMNS + s->field_count;
}

static size_t width(const column* c) { return c->type == 'i' ? 4 : 8; }

static void put_number(writer* w, const column* c, int64_t i)
{
    if (c->type == 'r') PUT(w, "%.17g", ((const double*)c->data)[i]); // reads back to the same double
    else if (c->type == 'l') PUT(w, "%" PRId64, ((const int64_t*)c->data)[i]);
    else PUT(w, "%" PRId32, ((const int32_t*)c->data)[i]);
}

// ---- VTK legacy ------------------------------------------------------------------------------------------

// Binary
// numbers are big-endian there.
static void put_big(writer* w, const void* data, size_t size, int64_t count)
{
    const unsigned char* p = data;
    unsigned char swapped[4096];
    bool swap = little_endian();
    for (size_t left = (size_t)count * size; left;) {
        size_t n = left < sizeof swapped ? left : sizeof swapped;
        for (size_t i = 0; i < n; i++) swapped[i] = swap ? p[i / size * size + (size - 1 - i % size)] : p[i];
        put_bytes(w, swapped, n);
        p += n;
        left -= n;
    }
    PUT(w, "\n");
}

static void put_values(writer* w, const column* c, int64_t count, bool ascii)
{
    if (!ascii) {
        put_big(w, c->data, width(c), count * c->components);
        return;
    }
    for (int64_t i = 0; i < count * c->components; i++) {
        put_number(w, c, i);
        PUT(w, (i + 1) % c->components ? " " : "\n");
    }
}

static void write_vtk(writer* w, const brc_snapshot* s, bool ascii)
{
    column columns[COLUMNS_MAX];
    const int count = columns_of(s, columns);
    const column time = {"TIME", 1, 'r', &s->time}, step = {"step", 1, 'l', &s->step}, x = {"x", 3, 'r', s->x};
    PUT(w, "# vtk DataFile Version 3.0\nBarchan %s, step %" PRId64 ", time %.17g s\n%s\n", brc_version(), s->step,
        s->time, ascii ? "ASCII" : "BINARY");
    PUT(w, "DATASET POLYDATA\nFIELD FieldData 2\nTIME 1 1 double\n");
    put_values(w, &time, 1, ascii);
    PUT(w, "step 1 1 vtktypeint64\n");
    put_values(w, &step, 1, ascii);
    PUT(w, "POINTS %" PRId64 " double\n", s->count);
    put_values(w, &x, s->count, ascii);
    PUT(w, "VERTICES %" PRId64 " %" PRId64 "\n", s->count, 2 * s->count); // one cell for each point
    for (int32_t i = 0; i < s->count; i++) {
        const int32_t cell[2] = {1, i};
        if (ascii) PUT(w, "1 %" PRId32 "\n", i);
        else
            for (int k = 0; k < 2; k++) {
                const uint32_t v = (uint32_t)cell[k];
                const unsigned char big[4] = {(unsigned char)(v >> 24), (unsigned char)(v >> 16),
                                              (unsigned char)(v >> 8), (unsigned char)v};
                put_bytes(w, big, 4);
            }
    }
    PUT(w, "\nPOINT_DATA %" PRId64 "\n", s->count);
    for (int i = 0; i < count; i++) {
        const char* type = columns[i].type == 'r' ? "double" : columns[i].type == 'l' ? "vtktypeint64" : "int";
        if (columns[i].components == 3) PUT(w, "VECTORS %s %s\n", columns[i].name, type);
        else PUT(w, "SCALARS %s %s 1\nLOOKUP_TABLE default\n", columns[i].name, type);
        put_values(w, &columns[i], s->count, ascii);
    }
}

// ---- VTK XML ---------------------------------------------------------------------------------------------

// One
// array of the appended data: its place is the sum of those before it, each with a length of 8 bytes in front.
static void put_array(writer* w, const column* c, int64_t count, uint64_t* at)
{
    PUT(w,
        "        <DataArray type=\"%s\" Name=\"%s\" NumberOfComponents=\"%d\" format=\"appended\" offset=\"%" PRIu64
        "\"/>\n",
        c->type == 'r'   ? "Float64"
        : c->type == 'l' ? "Int64"
                         : "Int32",
        c->name, c->components, *at);
    *at += 8 + width(c) * (uint64_t)c->components * (uint64_t)count;
}

static void put_appended(writer* w, const column* c, int64_t count)
{
    uint64_t size = width(c) * (uint64_t)c->components * (uint64_t)count;
    put_bytes(w, &size, sizeof size);
    put_bytes(w, c->data, (size_t)size);
}

static brc_status write_vtp(writer* w, const brc_snapshot* s)
{
    int64_t* numbers = BRC_NEW(s->count + 1, int64_t);
    BRC_CHECK(numbers, BRC_ERR_MEMORY, "no memory for %" PRId64 " numbers", s->count);
    for (int64_t i = 0; i <= s->count; i++) numbers[i] = i;
    column columns[COLUMNS_MAX];
    const int count = columns_of(s, columns);
    const column x = {"Points", 3, 'r', s->x}, ids = {"connectivity", 1, 'l', numbers},
                 ends = {"offsets", 1, 'l', numbers + 1};
    uint64_t at = 0;
    PUT(w,
        "<?xml version=\"1.0\"?>\n<VTKFile type=\"PolyData\" version=\"1.0\" byte_order=\"%s\" "
        "header_type=\"UInt64\">\n",
        little_endian() ? "LittleEndian" : "BigEndian");
    PUT(w, "  <PolyData>\n    <FieldData>\n");
    PUT(w,
        "      <DataArray type=\"Float64\" Name=\"TimeValue\" NumberOfTuples=\"1\" "
        "format=\"ascii\">%.17g</DataArray>\n",
        s->time);
    PUT(w,
        "      <DataArray type=\"Int64\" Name=\"step\" NumberOfTuples=\"1\" format=\"ascii\">%" PRId64 "</DataArray>\n",
        s->step);
    PUT(w, "    </FieldData>\n    <Piece NumberOfPoints=\"%" PRId64 "\" NumberOfVerts=\"%" PRId64 "\"", s->count,
        s->count);
    PUT(w, " NumberOfLines=\"0\" NumberOfStrips=\"0\" NumberOfPolys=\"0\">\n      <Points>\n");
    put_array(w, &x, s->count, &at);
    PUT(w, "      </Points>\n      <PointData Scalars=\"radius\" Vectors=\"velocity\">\n");
    for (int i = 0; i < count; i++) put_array(w, &columns[i], s->count, &at);
    PUT(w, "      </PointData>\n      <Verts>\n");
    put_array(w, &ids, s->count, &at);
    put_array(w, &ends, s->count, &at);
    PUT(w, "      </Verts>\n    </Piece>\n  </PolyData>\n  <AppendedData encoding=\"raw\">\n_");
    put_appended(w, &x, s->count);
    for (int i = 0; i < count; i++) put_appended(w, &columns[i], s->count);
    put_appended(w, &ids, s->count);
    put_appended(w, &ends, s->count);
    PUT(w, "\n  </AppendedData>\n</VTKFile>\n");
    brc_free(numbers);
    return BRC_OK;
}

// ---- CSV -------------------------------------------------------------------------------------------------

// The
// columns that brc_csv_read takes, and then what else is known.
static void write_csv(writer* w, const brc_snapshot* s)
{
    PUT(w, "id,x,y,z,radius,vx,vy,vz,wx,wy,wz,mass,material,fx,fy,fz");
    for (int k = 0; k < s->field_count; k++) PUT(w, ",%s", s->field_name[k]);
    PUT(w, "\n");
    for (int64_t i = 0; i < s->count; i++) {
        const double *x = &s->x[3 * i], *v = &s->v[3 * i], *a = &s->w[3 * i], *f = &s->force[3 * i];
        PUT(w, "%" PRId64 ",%.17g,%.17g,%.17g,%.17g", s->id[i], x[0], x[1], x[2], s->radius[i]);
        PUT(w, ",%.17g,%.17g,%.17g,%.17g,%.17g,%.17g", v[0], v[1], v[2], a[0], a[1], a[2]);
        PUT(w, ",%.17g,%" PRId32 ",%.17g,%.17g,%.17g", s->mass[i], s->material[i], f[0], f[1], f[2]);
        for (int k = 0; k < s->field_count; k++) PUT(w, ",%.17g", s->field[k][i]);
        PUT(w, "\n");
    }
}

// ---- the calls -------------------------------------------------------------------------------------------
brc_status brc_export(brc_sim* sim, const char* path, int32_t format)
{
    BRC_CHECK(sim, BRC_ERR_ARGUMENT, "no simulation");
    BRC_CHECK(format >= BRC_EXPORT_VTK && format <= BRC_EXPORT_VTK_ASCII, BRC_ERR_ARGUMENT, "unknown export format %d",
              format);
    brc_snapshot s = {0};
    writer w;
    BRC_TRY(brc_snapshot_take(sim, &s));
    brc_status status = BRC_OK;
    if (s.count > INT32_MAX && format != BRC_EXPORT_VTP && format != BRC_EXPORT_CSV) {
        brc_error_set(__FILE__, __LINE__, __func__,
                      "a VTK legacy file holds at most %d particles, there are %" PRId64 "; use .vtp", INT32_MAX,
                      s.count);
        status = BRC_ERR_ARGUMENT;
    }
    if (status == BRC_OK) status = writer_open(&w, path);
    if (status != BRC_OK) {
        brc_snapshot_free(&s);
        return status;
    }
    if (format == BRC_EXPORT_VTP) status = write_vtp(&w, &s);
    else if (format == BRC_EXPORT_CSV) write_csv(&w, &s);
    else write_vtk(&w, &s, format == BRC_EXPORT_VTK_ASCII);
    brc_snapshot_free(&s);
    if (status != BRC_OK) w.error = ENOMEM;
    return writer_close(&w);
}

// Text inside an XML attribute.
static void put_escaped(writer* w, const char* text)
{
    for (; *text; text++) {
        const char* name = *text == '&'   ? "&amp;"
                           : *text == '<' ? "&lt;"
                           : *text == '>' ? "&gt;"
                           : *text == '"' ? "&quot;"
                                          : NULL;
        if (name) PUT(w, "%s", name);
        else put_bytes(w, text, 1);
    }
}

brc_status brc_pvd_write(const char* path, int64_t count, const double* times, const char* const* files)
{
    BRC_CHECK(count >= 0, BRC_ERR_ARGUMENT, "count must be >= 0, got %" PRId64, count);
    BRC_CHECK(count == 0 || (times && files), BRC_ERR_ARGUMENT,
              "a list of %" PRId64 " files needs their times and names", count);
    for (int64_t i = 0; i < count; i++)
        BRC_CHECK(files[i] && *files[i], BRC_ERR_ARGUMENT, "file %" PRId64 " of the list has no name", i + 1);
    writer w;
    BRC_TRY(writer_open(&w, path));
    PUT(&w, "<?xml version=\"1.0\"?>\n<VTKFile type=\"Collection\" version=\"0.1\">\n  <Collection>\n");
    for (int64_t i = 0; i < count; i++) {
        PUT(&w, "    <DataSet timestep=\"%.17g\" part=\"0\" file=\"", times[i]);
        put_escaped(&w, files[i]);
        PUT(&w, "\"/>\n");
    }
    PUT(&w, "  </Collection>\n</VTKFile>\n");
    return writer_close(&w);
}
