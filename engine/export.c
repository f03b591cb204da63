// export.c -- states as files for other programs: VTK legacy, VTK XML (.vtp), CSV, LAMMPS dumps, and the list of a time
// series (.pvd). Each is written under a temporary name, checked, synced and renamed: a reader finds the old file, or
// the whole new one.
#include "trajectory.h"
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

// Binary numbers are big-endian there.
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
}

static void put_values(writer* w, const column* c, int64_t count, bool ascii)
{
    if (!ascii) put_big(w, c->data, width(c), count * c->components);
    for (int64_t i = 0; ascii && i < count * c->components; i++) {
        put_number(w, c, i);
        PUT(w, (i + 1) % c->components ? " " : "\n");
    }
}

// A column of the snapshot: its rows come from all ranks.
typedef struct putting {
    writer* w;
    column c;
    int how; // 0 binary, 1 ascii, 2 as they are
} putting;
static brc_status put_piece(void* context, int64_t first, int64_t count, const void* rows)
{
    putting* p = context;
    (void)first;
    p->c.data = rows;
    if (p->how == 2) put_bytes(p->w, rows, width(&p->c) * (size_t)p->c.components * (size_t)count);
    else put_values(p->w, &p->c, count, p->how == 1);
    return BRC_OK;
}
static brc_status put_column(writer* w, const brc_snapshot* s, const column* c, int how)
{
    putting p = {w, *c, how};
    return brc_rows_hand(s->comm, c->data, s->here, width(c) * (size_t)c->components, put_piece, &p);
}

static brc_status write_vtk(writer* w, const brc_snapshot* s, bool ascii)
{
    column columns[COLUMNS_MAX];
    const int count = columns_of(s, columns);
    const column time = {"TIME", 1, 'r', &s->time}, step = {"step", 1, 'l', &s->step}, x = {"x", 3, 'r', s->x};
    const char* end = ascii ? "" : "\n";
    PUT(w, "# vtk DataFile Version 3.0\nBarchan %s, step %" PRId64 ", time %.17g s\n%s\n", brc_version(), s->step,
        s->time, ascii ? "ASCII" : "BINARY");
    PUT(w, "DATASET POLYDATA\nFIELD FieldData 2\nTIME 1 1 double\n");
    if (w->file) put_values(w, &time, 1, ascii);
    PUT(w, "%sstep 1 1 vtktypeint64\n", end);
    if (w->file) put_values(w, &step, 1, ascii);
    PUT(w, "%sPOINTS %" PRId64 " double\n", end, s->count);
    BRC_TRY(put_column(w, s, &x, ascii));
    PUT(w, "%sVERTICES %" PRId64 " %" PRId64 "\n", end, s->count, 2 * s->count); // one cell for each point
    for (int32_t i = 0; i < s->count && w->file; i++) {
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
        BRC_TRY(put_column(w, s, &columns[i], ascii));
        PUT(w, "%s", end);
    }
    return BRC_OK;
}

// ---- VTK XML ---------------------------------------------------------------------------------------------

// One array of the appended data: its place is the sum of those before it, each with a length of 8 bytes in front.
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

static void put_size(writer* w, const column* c, int64_t count)
{
    const uint64_t size = width(c) * (uint64_t)c->components * (uint64_t)count;
    put_bytes(w, &size, sizeof size);
}
static brc_status put_appended(writer* w, const brc_snapshot* s, const column* c)
{
    put_size(w, c, s->count);
    return put_column(w, s, c, 2);
}
// The numbers from first on.
static void put_numbers(writer* w, const column* c, int64_t count, int64_t first)
{
    put_size(w, c, count);
    for (int64_t i = first; i < first + count && w->file; i++) put_bytes(w, &i, sizeof i);
}

static brc_status write_vtp(writer* w, const brc_snapshot* s)
{
    column columns[COLUMNS_MAX];
    const int count = columns_of(s, columns);
    const column x = {"Points", 3, 'r', s->x}, ids = {"connectivity", 1, 'l', NULL}, ends = {"offsets", 1, 'l', NULL};
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
    BRC_TRY(put_appended(w, s, &x));
    for (int i = 0; i < count; i++) BRC_TRY(put_appended(w, s, &columns[i]));
    put_numbers(w, &ids, s->count, 0);
    put_numbers(w, &ends, s->count, 1);
    PUT(w, "\n  </AppendedData>\n</VTKFile>\n");
    return BRC_OK;
}

// ---- tables of text --------------------------------------------------------------------------------------

// A line is a row of doubles behind the id, in the order of these columns; then come the fields.
#define CSV_NAMES "id,x,y,z,radius,vx,vy,vz,wx,wy,wz,mass,material,fx,fy,fz"
#define DUMP_NAMES "id type x y z radius vx vy vz omegax omegay omegaz mass fx fy fz"
enum { TABLE_COLUMNS = 15, MATERIAL = 11 };
typedef struct table_lines {
    writer* w;
    int columns;
    bool dump; // of LAMMPS: the material comes second and counts from 1
} table_lines;

static brc_status put_lines(void* context, int64_t first, int64_t count, const void* rows)
{
    const table_lines* q = context;
    const double* row = rows;
    const char comma = q->dump ? ' ' : ',';
    (void)first;
    for (int64_t i = 0; i < count; i++, row += 1 + q->columns) {
        int64_t id;
        memcpy(&id, row, sizeof id);
        PUT(q->w, "%" PRId64, id);
        if (q->dump) PUT(q->w, " %" PRId32, 1 + (int32_t)row[1 + MATERIAL]);
        for (int k = 0; k < q->columns; k++) {
            if (k != MATERIAL) PUT(q->w, "%c%.17g", comma, row[1 + k]);
            else if (!q->dump) PUT(q->w, ",%" PRId32, (int32_t)row[1 + k]);
        }
        PUT(q->w, "\n");
    }
    return BRC_OK;
}

static brc_status put_table(writer* w, const brc_snapshot* s, bool dump)
{
    const table_lines q = {w, TABLE_COLUMNS + s->field_count, dump};
    const size_t width = (size_t)(1 + q.columns) * sizeof(double);
    double* rows = brc_alloc_unset((size_t)s->here * width + 1);
    brc_status status = rows ? BRC_OK : BRC_ERR_MEMORY;
    if (!rows) brc_error_set(__FILE__, __LINE__, __func__, "no memory to write %" PRId64 " particles", s->here);
    status = brc_comm_agree(s->comm, status);
    PUT(w, "%s", dump ? DUMP_NAMES : CSV_NAMES);
    for (int k = 0; k < s->field_count; k++) PUT(w, "%c%s", dump ? ' ' : ',', s->field_name[k]);
    PUT(w, "\n");
    for (int64_t i = 0; i < s->here && status == BRC_OK; i++) {
        double* row = rows + i * (1 + q.columns);
        memcpy(row, &s->id[i], sizeof *s->id);
        for (int c = 0; c < 3; c++) {
            row[1 + c] = s->x[3 * i + c], row[5 + c] = s->v[3 * i + c], row[8 + c] = s->w[3 * i + c];
            row[13 + c] = s->force[3 * i + c];
        }
        row[4] = s->radius[i], row[11] = s->mass[i], row[12] = s->material[i];
        for (int k = 0; k < s->field_count; k++) row[16 + k] = s->field[k][i];
    }
    if (status == BRC_OK) status = brc_rows_hand(s->comm, rows, s->here, width, put_lines, (void*)(uintptr_t)&q);
    brc_free(rows);
    return status;
}

// A time step of a dump. Of a tilted cell the bounds are those of a box around it, as LAMMPS has it.
static brc_status put_dump(writer* w, const brc_snapshot* s, bool first)
{
    const double *t = s->tilt, x[4] = {0, t[0], t[1], t[0] + t[1]};
    const bool tilted = t[0] != 0 || t[1] != 0 || t[2] != 0;
    double low = 0, high = 0;
    for (int k = 0; k < 4; k++) low = x[k] < low ? x[k] : low, high = x[k] > high ? x[k] : high;
    if (first) PUT(w, "ITEM: UNITS\nsi\n");
    PUT(w, "ITEM: TIME\n%.17g\nITEM: TIMESTEP\n%" PRId64 "\nITEM: NUMBER OF ATOMS\n%" PRId64 "\n", s->time, s->step,
        s->count);
    PUT(w, "ITEM: BOX BOUNDS%s", tilted ? " xy xz yz" : "");
    for (int k = 0; k < 3; k++) PUT(w, " %s", s->periodic[k] ? "pp" : "ff");
    for (int k = 0; k < 3; k++) {
        const double lo = s->lo[k] + (k == 0 ? low : k == 1 && t[2] < 0 ? t[2] : 0);
        const double hi = s->hi[k] + (k == 0 ? high : k == 1 && t[2] > 0 ? t[2] : 0);
        PUT(w, "\n%.17g %.17g", lo, hi);
        if (tilted) PUT(w, " %.17g", t[k]);
    }
    PUT(w, "\nITEM: ATOMS ");
    return put_table(w, s, true);
}

// ---- the calls -------------------------------------------------------------------------------------------
static brc_status open_on_first(const brc_snapshot* s, writer* w, const char* path)
{
    *w = (writer){.path = path};
    return s->comm->rank == 0 ? writer_open(w, path) : BRC_OK;
}

static brc_status check_format(const brc_snapshot* s, int32_t format)
{
    BRC_CHECK(s->count <= INT32_MAX || (format != BRC_EXPORT_VTK && format != BRC_EXPORT_VTK_ASCII), BRC_ERR_ARGUMENT,
              "a VTK legacy file holds at most %d particles, there are %" PRId64 "; use .vtp", INT32_MAX, s->count);
    return BRC_OK;
}

static brc_status put_state(writer* w, const brc_snapshot* s, int32_t format)
{
    switch (format) {
    case BRC_EXPORT_VTP:
        return write_vtp(w, s);
    case BRC_EXPORT_CSV:
        return put_table(w, s, false);
    case BRC_EXPORT_LAMMPS:
        return put_dump(w, s, true);
    default:
        return write_vtk(w, s, format == BRC_EXPORT_VTK_ASCII);
    }
}

brc_status brc_export(brc_sim* sim, const char* path, int32_t format)
{
    BRC_CHECK(sim, BRC_ERR_ARGUMENT, "no simulation");
    BRC_CHECK(format >= BRC_EXPORT_VTK && format <= BRC_EXPORT_LAMMPS, BRC_ERR_ARGUMENT, "unknown export format %d",
              format);
    brc_snapshot s = {0};
    writer w;
    BRC_TRY(brc_snapshot_take(sim, &s));
    brc_status status = check_format(&s, format);
    if (status == BRC_OK) status = brc_comm_agree(s.comm, open_on_first(&s, &w, path));
    if (status != BRC_OK) {
        brc_snapshot_free(&s);
        return status;
    }
    brc_comm* comm = s.comm;
    status = put_state(&w, &s, format);
    brc_snapshot_free(&s);
    if (status != BRC_OK) w.error = ENOMEM; // so that the file does not appear
    if (w.file) {
        const brc_status closed = writer_close(&w);
        if (status == BRC_OK) status = closed;
    }
    return brc_comm_agree(comm, status);
}

brc_status brc_trajectory_export(brc_trajectory* t, int64_t count, const int64_t* steps, const char* path,
                                 int32_t format)
{
    BRC_CHECK(t && steps && count > 0, BRC_ERR_ARGUMENT, "no trajectory, or no steps of it");
    BRC_CHECK(count == 1 || format == BRC_EXPORT_LAMMPS, BRC_ERR_ARGUMENT, "only a dump of LAMMPS holds several steps");
    BRC_CHECK(format >= BRC_EXPORT_VTK && format <= BRC_EXPORT_LAMMPS, BRC_ERR_ARGUMENT, "unknown export format %d",
              format);
    brc_snapshot s;
    writer w;
    BRC_TRY(brc_trajectory_snapshot(t, steps[0], &s));
    brc_status status = check_format(&s, format);
    if (status == BRC_OK) status = writer_open(&w, path);
    for (int64_t k = 0; k < count && status == BRC_OK; k++) {
        if (k) status = brc_trajectory_snapshot(t, steps[k], &s);
        if (status == BRC_OK)
            status = format == BRC_EXPORT_LAMMPS ? put_dump(&w, &s, k == 0) : put_state(&w, &s, format);
        if (status != BRC_OK) w.error = ENOMEM; // so that the file does not appear
        brc_snapshot_free(&s);
        if (k == count - 1 || status != BRC_OK) {
            const brc_status closed = writer_close(&w);
            if (status == BRC_OK) status = closed;
        }
    }
    return status;
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
