// import.c -- particles from files of other programs: dumps and data files of LAMMPS and LIGGGHTS, and YADE's lines of
// x y z r. Columns are known by name where the file names them, and a complaint says line and column.
#include "lines.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    X,
    Y,
    Z,
    XS,
    YS,
    ZS,
    VX,
    VY,
    VZ,
    WX,
    WY,
    WZ,
    RADIUS,
    DIAMETER,
    ID,
    TYPE,
    MORE,
    MORE_MAX = 8,
    SLOTS = MORE + MORE_MAX
};
enum { SKIP = -1, COLUMNS_MOST = 128, HEADER_LINES = 100 /* within which a data file says how many atoms it has */ };

// A dump has x, xu (not wrapped) or xs (part of the box); radius, or diameter.
static const struct {
    const char* name;
    int slot;
} names[] = {{"id", ID},     {"type", TYPE}, {"x", X},           {"y", Y},      {"z", Z},
             {"xu", X},      {"yu", Y},      {"zu", Z},          {"xs", XS},    {"ys", YS},
             {"zs", ZS},     {"vx", VX},     {"vy", VY},         {"vz", VZ},    {"omegax", WX},
             {"omegay", WY}, {"omegaz", WZ}, {"radius", RADIUS}, {"r", RADIUS}, {"diameter", DIAMETER}};

typedef struct import {
    lines in;
    const brc_particles_query* query;
    int columns, slot[COLUMNS_MOST]; // of the rows that come now
    bool have[SLOTS];
    double lo[3], hi[3]; // of a dump's box
    bool tilted;
    int64_t capacity;
    brc_particle_file out;
} import;

#define WRONG_LINE(q, condition, ...) BRC_CHECK(condition, BRC_ERR_FILE, "'%s' line %" PRId64 ": " __VA_ARGS__)
#define HERE(q) (q)->in.path, (q)->in.line

static const char* slot_name(const import* q, int slot)
{
    if (slot >= MORE) return q->query->names[slot - MORE];
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (names[k].slot == slot) return names[k].name;
    return "";
}

static void use_columns(import* q, int columns, const int* slot)
{
    memset(q->have, 0, sizeof q->have);
    q->columns = columns;
    for (int c = 0; c < columns; c++) {
        q->slot[c] = slot[c];
        if (slot[c] >= 0) q->have[slot[c]] = true;
    }
}

// ---- rows ------------------------------------------------------------------------------------------------

static brc_status grow(void** p, int64_t count, int64_t more, size_t size)
{
    return brc_grow(p, (size_t)count * size, (size_t)more * size);
}

static brc_status reserve(import* q)
{
    brc_particle_file* o = &q->out;
    if (o->count < q->capacity) return BRC_OK;
    const int64_t n = o->count, more = q->capacity ? 2 * q->capacity : 1024;
    BRC_TRY(grow((void**)&o->x, 3 * n, 3 * more, sizeof(double)));
    BRC_TRY(grow((void**)&o->v, 3 * n, 3 * more, sizeof(double)));
    BRC_TRY(grow((void**)&o->w, 3 * n, 3 * more, sizeof(double)));
    BRC_TRY(grow((void**)&o->radius, n, more, sizeof(double)));
    BRC_TRY(grow((void**)&o->id, n, more, sizeof(int64_t)));
    BRC_TRY(grow((void**)&o->type, n, more, sizeof(int32_t)));
    for (int m = 0; m < q->query->more; m++) BRC_TRY(grow((void**)&o->more[m], n, more, sizeof(double)));
    q->capacity = more;
    return BRC_OK;
}

// The numbers of the line that was split last, by slot.
static brc_status read_row(const import* q, double value[SLOTS], int64_t* id)
{
    for (int c = 0; c < q->columns; c++) {
        const int slot = q->slot[c];
        const text t = q->in.field[c];
        if (slot == SKIP) continue;
        if (slot == ID || slot == TYPE) {
            int64_t whole;
            BRC_CHECK(text_id(t, &whole) && (slot == ID || whole <= INT32_MAX), BRC_ERR_FILE,
                      "'%s' line %" PRId64 ", column %d (%s): must be a whole number > 0, got '%s'", HERE(q), c + 1,
                      slot_name(q, slot), show(t).text);
            if (slot == ID) *id = whole;
            value[slot] = (double)whole;
            continue;
        }
        BRC_CHECK(text_number(t, &value[slot]) && isfinite(value[slot] * q->query->scale), BRC_ERR_FILE,
                  "'%s' line %" PRId64 ", column %d (%s): '%s' is not a number", HERE(q), c + 1, slot_name(q, slot),
                  show(t).text);
    }
    return BRC_OK;
}

static brc_status add_row(import* q)
{
    const double scale = q->query->scale;
    double value[SLOTS] = {0};
    int64_t id = 0;
    BRC_TRY(reserve(q));
    BRC_TRY(read_row(q, value, &id));
    brc_particle_file* o = &q->out;
    const int64_t k = o->count;
    for (int a = 0; a < 3; a++) {
        const double x = q->have[X] ? value[X + a] : q->lo[a] + value[XS + a] * (q->hi[a] - q->lo[a]);
        o->x[3 * k + a] = scale * x;
        o->v[3 * k + a] = scale * value[VX + a];
        o->w[3 * k + a] = value[WX + a];
        WRONG_LINE(q, isfinite(o->x[3 * k + a]), "the place of the particle is out of range", HERE(q));
    }
    const double radius = q->have[RADIUS] ? value[RADIUS] : 0.5 * value[DIAMETER];
    WRONG_LINE(q, radius > 0, "the %s must be > 0, got %g", HERE(q), q->have[RADIUS] ? "radius" : "diameter",
               q->have[RADIUS] ? radius : 2 * radius);
    o->radius[k] = scale * radius;
    o->id[k] = id;
    o->type[k] = (int32_t)value[TYPE];
    for (int m = 0; m < q->query->more; m++) o->more[m][k] = value[MORE + m];
    o->count++;
    return BRC_OK;
}

// What the rows did not have is not in the file.
static void leave_out(import* q, bool velocity, bool spin)
{
    brc_particle_file* o = &q->out;
    if (!velocity) brc_free(o->v), o->v = NULL;
    if (!spin) brc_free(o->w), o->w = NULL;
    if (!q->have[ID]) brc_free(o->id), o->id = NULL;
    if (!q->have[TYPE]) brc_free(o->type), o->type = NULL;
    for (int m = 0; m < q->query->more; m++)
        if (!q->have[MORE + m]) brc_free(o->more[m]), o->more[m] = NULL;
}

static brc_status next_fields(import* q, int columns, const char* what, int64_t done, int64_t count)
{
    text line;
    BRC_CHECK(lines_next(&q->in, &line), BRC_ERR_FILE,
              "'%s' ends after line %" PRId64 ", in the middle of its %s: there are %" PRId64 " of %" PRId64, HERE(q),
              what, done, count);
    BRC_TRY(lines_split(&q->in, line));
    WRONG_LINE(q, q->in.field_count == columns, "%d values where %d belong", HERE(q), q->in.field_count, columns);
    return BRC_OK;
}

// ---- dumps -----------------------------------------------------------------------------------------------

static bool starts(text t, const char* word)
{
    const size_t n = strlen(word);
    return t.size >= n && !memcmp(t.at, word, n);
}

static brc_status read_bounds(import* q)
{
    text line;
    q->tilted = false;
    for (int a = 0; a < 3; a++) {
        BRC_CHECK(lines_next(&q->in, &line), BRC_ERR_FILE, "'%s' ends after line %" PRId64 ", within the box", HERE(q));
        BRC_TRY(lines_split(&q->in, line));
        q->tilted = q->tilted || q->in.field_count == 3;
        WRONG_LINE(q, q->in.field_count == 2 || q->in.field_count == 3,
                   "the bounds of a box have 2 or 3 numbers, got %d", HERE(q), q->in.field_count);
        WRONG_LINE(q, text_number(q->in.field[0], &q->lo[a]) && text_number(q->in.field[1], &q->hi[a]),
                   "'%s' are no bounds of a box", HERE(q), show(line).text);
    }
    return BRC_OK;
}

static brc_status name_columns(import* q, text line)
{
    int slot[COLUMNS_MOST];
    BRC_TRY(lines_split(&q->in, (text){line.at + 11, line.size - 11})); // behind ITEM: ATOMS
    const int n = q->in.field_count;
    WRONG_LINE(q, n > 0, "the line must name the columns, like ITEM: ATOMS id type x y z radius", HERE(q));
    WRONG_LINE(q, n <= COLUMNS_MOST, "more than %d columns", HERE(q), (int)COLUMNS_MOST);
    for (int c = 0; c < n; c++) {
        slot[c] = SKIP;
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            if (text_is(q->in.field[c], names[k].name)) slot[c] = names[k].slot;
        for (int m = 0; m < q->query->more; m++)
            if (text_is(q->in.field[c], q->query->names[m])) slot[c] = MORE + m;
    }
    use_columns(q, n, slot);
    const shown given = show(text_trimmed(line.at + 11, line.at + line.size));
    for (int a = 0; a < 3; a++)
        WRONG_LINE(q, q->have[X + a] || q->have[XS + a], "no column for %s; the columns are '%s'", HERE(q),
                   slot_name(q, X + a), given.text);
    WRONG_LINE(q, q->have[X] == q->have[Y] && q->have[Y] == q->have[Z], "places and parts of the box mixed: '%s'",
               HERE(q), given.text);
    WRONG_LINE(q, q->have[X] || !q->tilted, "places as parts of a tilted box are not read; dump x y z or xu yu zu",
               HERE(q));
    WRONG_LINE(q, q->have[RADIUS] || q->have[DIAMETER], "no column for radius or diameter; the columns are '%s'",
               HERE(q), given.text);
    for (int first = VX; first <= WX; first += 3) {
        const int of = q->have[first] + q->have[first + 1] + q->have[first + 2];
        WRONG_LINE(q, of == 0 || of == 3, "of %s, %s, %s all three or none are needed, got %d", HERE(q),
                   slot_name(q, first), slot_name(q, first + 1), slot_name(q, first + 2), of);
    }
    return BRC_OK;
}

static brc_status read_dump(import* q)
{
    text line;
    int64_t atoms = -1;
    while (lines_next(&q->in, &line)) {
        line = text_trimmed(line.at, line.at + line.size);
        if (starts(line, "ITEM: NUMBER OF ATOMS")) {
            BRC_TRY(next_fields(q, 1, "number of atoms", 0, 1));
            WRONG_LINE(q, text_id(q->in.field[0], &atoms) || text_is(q->in.field[0], "0"),
                       "the number of atoms must be a whole number, got '%s'", HERE(q), show(q->in.field[0]).text);
        } else if (starts(line, "ITEM: BOX BOUNDS")) {
            BRC_TRY(read_bounds(q));
        } else if (starts(line, "ITEM: ATOMS")) {
            WRONG_LINE(q, atoms >= 0, "atoms before it was said how many", HERE(q));
            BRC_TRY(name_columns(q, line));
            q->out.count = 0;
            for (int64_t i = 0; i < atoms; i++) {
                BRC_TRY(next_fields(q, q->columns, "atoms", i, atoms));
                BRC_TRY(add_row(q));
            }
            atoms = -1;
            if (++q->out.steps == q->query->step) break;
        } else {
            WRONG_LINE(q, starts(line, "ITEM: TIMESTEP") || starts(line, "ITEM: TIME") || starts(line, "ITEM: UNITS"),
                       "expected the next ITEM of a dump of atoms, got '%s'", HERE(q), show(line).text);
            BRC_TRY(next_fields(q, 1, "header", 0, 1));
        }
    }
    BRC_CHECK(atoms < 0 && q->out.steps > 0, BRC_ERR_FILE, "'%s' ends after line %" PRId64 ", without its atoms",
              HERE(q));
    BRC_CHECK(q->query->step <= q->out.steps, BRC_ERR_ARGUMENT,
              "'%s' has %" PRId64 " time steps, there is no step %" PRId64, q->in.path, q->out.steps, q->query->step);
    leave_out(q, q->have[VX], q->have[WX]);
    return BRC_OK;
}

// ---- data files ------------------------------------------------------------------------------------------

static bool letter(text t)
{
    return t.size && ((t.at[0] >= 'A' && t.at[0] <= 'Z') || (t.at[0] >= 'a' && t.at[0] <= 'z'));
}

// `N atoms`
static bool count_line(import* q, text line, int64_t* atoms)
{
    return lines_split(&q->in, line) == BRC_OK && q->in.field_count == 2 && text_is(q->in.field[1], "atoms") &&
           text_id(q->in.field[0], atoms);
}

// The columns of the atoms by the style that stands behind Atoms, or by their number.
static brc_status choose_style(import* q, text style, int columns)
{
    static const int sphere[] = {ID, TYPE, DIAMETER, SKIP, X, Y, Z, SKIP, SKIP, SKIP};
    static const int bpm[] = {ID, SKIP, TYPE, DIAMETER, SKIP, X, Y, Z, SKIP, SKIP, SKIP};
    const bool round = text_is(style, "sphere") || text_is(style, "granular"), bonded = text_is(style, "bpm/sphere");
    const int least = bonded ? 8 : 7;
    WRONG_LINE(q, style.size == 0 || round || bonded,
               "atoms of the style '%s' have no diameter; those of sphere, granular and bpm/sphere have", HERE(q),
               show(style).text);
    WRONG_LINE(q, columns == least || columns == least + 3, "an atom has %d values where %s belong; is the style %s?",
               HERE(q), columns,
               bonded ? "id molecule type diameter density x y z (and perhaps 3 numbers of images)"
                      : "id type diameter density x y z (and perhaps 3 numbers of images)",
               bonded ? "bpm/sphere" : "sphere (LAMMPS) or granular (LIGGGHTS)");
    use_columns(q, columns, bonded ? bpm : sphere);
    return BRC_OK;
}

typedef struct place {
    int64_t id, row;
} place;
static int by_id(const void* a, const void* b)
{
    const place *p = a, *r = b;
    return (p->id > r->id) - (p->id < r->id);
}

static brc_status velocity_of(import* q, const place* sorted)
{
    double value[6] = {0};
    place key = {0, 0};
    const int n = q->in.field_count;
    WRONG_LINE(q, n == 4 || n == 7, "a velocity has id vx vy vz, and perhaps wx wy wz: 4 or 7 values, got %d", HERE(q),
               n);
    for (int c = 1; c < n; c++)
        WRONG_LINE(q, text_number(q->in.field[c], &value[c - 1]) && isfinite(value[c - 1]), "'%s' is not a number",
                   HERE(q), show(q->in.field[c]).text);
    const place* p =
        text_id(q->in.field[0], &key.id) ? bsearch(&key, sorted, (size_t)q->out.count, sizeof key, by_id) : NULL;
    WRONG_LINE(q, p, "a velocity of atom '%s', which is not among the atoms", HERE(q), show(q->in.field[0]).text);
    for (int a = 0; a < 3; a++)
        q->out.v[3 * p->row + a] = q->query->scale * value[a], q->out.w[3 * p->row + a] = value[3 + a];
    return BRC_OK;
}

static place* sort_ids(const import* q)
{
    place* sorted = BRC_NEW(q->out.count + 1, place);
    for (int64_t i = 0; sorted && i < q->out.count; i++) sorted[i] = (place){q->out.id[i], i};
    if (sorted) qsort(sorted, (size_t)q->out.count, sizeof *sorted, by_id);
    return sorted;
}

static brc_status read_velocities(import* q, int64_t atoms)
{
    brc_status status = BRC_OK;
    place* sorted = sort_ids(q);
    BRC_CHECK(sorted, BRC_ERR_MEMORY, "no memory for %" PRId64 " velocities", atoms);
    for (int64_t i = 0; i < atoms && status == BRC_OK; i++) {
        text line;
        if (!lines_next(&q->in, &line)) {
            brc_error_set(__FILE__, __LINE__, __func__,
                          "'%s' ends after line %" PRId64 ", after %" PRId64 " of %" PRId64 " velocities", HERE(q), i,
                          atoms);
            status = BRC_ERR_FILE;
        } else status = lines_split(&q->in, line);
        if (status == BRC_OK) status = velocity_of(q, sorted);
    }
    brc_free(sorted);
    return status;
}

static brc_status read_atoms(import* q, text style, int64_t atoms)
{
    for (int64_t i = 0; i < atoms; i++) {
        text line;
        BRC_CHECK(lines_next(&q->in, &line), BRC_ERR_FILE,
                  "'%s' ends after line %" PRId64 ", after %" PRId64 " of %" PRId64 " atoms", HERE(q), i, atoms);
        line = text_trimmed(line.at, line.at + line.size);
        WRONG_LINE(q, !letter(line), "'%s' after %" PRId64 " of %" PRId64 " atoms", HERE(q), show(line).text, i, atoms);
        BRC_TRY(lines_split(&q->in, line));
        if (i == 0) BRC_TRY(choose_style(q, style, q->in.field_count));
        WRONG_LINE(q, q->in.field_count == q->columns, "%d values where %d belong", HERE(q), q->in.field_count,
                   q->columns);
        BRC_TRY(add_row(q));
    }
    return BRC_OK;
}

static brc_status read_data(import* q)
{
    text line;
    int64_t atoms = 0, count;
    bool velocities = false;
    lines_next_raw(&q->in, &line); // a title
    while (lines_next_raw(&q->in, &line)) {
        const char* comment = memchr(line.at, '#', line.size);
        const char* end = line.at + line.size;
        const text style = comment ? text_trimmed(comment + 1, end) : (text){end, 0};
        const text word = text_trimmed(line.at, comment ? comment : end);
        if (count_line(q, word, &count)) atoms = count;
        else if (text_is(word, "atoms")) {
            WRONG_LINE(q, q->out.count == 0, "atoms for the second time", HERE(q));
            BRC_TRY(read_atoms(q, style, atoms));
        } else if (text_is(word, "velocities")) {
            WRONG_LINE(q, q->out.count > 0, "velocities before the atoms", HERE(q));
            BRC_TRY(read_velocities(q, atoms));
            velocities = true;
        } // other parts have nothing that places a sphere
    }
    BRC_CHECK(q->out.count > 0, BRC_ERR_FILE, "'%s' says that it has %" PRId64 " atoms, but has no part Atoms",
              q->in.path, atoms);
    leave_out(q, velocities, velocities);
    return BRC_OK;
}

// ---- lines of x y z r --------------------------------------------------------------------------------------

static brc_status read_spheres(import* q)
{
    static const int slot[COLUMNS_MOST] = {X, Y, Z, RADIUS};
    text line;
    while (lines_next(&q->in, &line)) {
        BRC_TRY(lines_split(&q->in, line));
        const int n = q->in.field_count;
        WRONG_LINE(q, n >= 4, "a sphere has x y z r, got %d value%s", HERE(q), n, n == 1 ? "" : "s");
        WRONG_LINE(q, q->columns == 0 || n == q->columns, "%d values, the lines before have %d", HERE(q), n,
                   q->columns);
        if (q->columns == 0) {
            use_columns(q, 4, slot); // what stands behind them, a clump's number or a material, is passed over
            q->columns = n <= COLUMNS_MOST ? n : COLUMNS_MOST;
            for (int c = 4; c < q->columns; c++) q->slot[c] = SKIP;
        }
        BRC_TRY(add_row(q));
    }
    leave_out(q, false, false);
    return BRC_OK;
}

// ---- which of them it is -----------------------------------------------------------------------------------
enum { TABLE, DUMP, DATA, SPHERES };

static int kind_of(import* q)
{
    const char* start = q->in.next;
    text line;
    int kind = TABLE;
    int64_t atoms;
    bool first = true;
    lines_next_raw(&q->in, &line);
    for (int i = 0; i < HEADER_LINES && kind == TABLE && lines_next(&q->in, &line); i++)
        if (count_line(q, line, &atoms)) kind = DATA;
    q->in.next = start;
    while (first && kind == TABLE && lines_next(&q->in, &line)) {
        first = false;
        if (starts(text_trimmed(line.at, line.at + line.size), "ITEM:")) kind = DUMP;
        else if (lines_split(&q->in, line) == BRC_OK && q->in.field_count >= 4) {
            double value;
            kind = SPHERES;
            for (int c = 0; c < q->in.field_count; c++)
                if (!text_number(q->in.field[c], &value)) kind = TABLE;
        }
    }
    q->in.next = start;
    q->in.line = 0;
    return kind;
}

brc_status brc_particles_read(const char* path, const brc_particles_query* query, brc_particle_file* out)
{
    memset(out, 0, sizeof *out);
    BRC_CHECK(query && query->more >= 0 && query->more <= MORE_MAX, BRC_ERR_ARGUMENT, "at most %d further columns",
              (int)MORE_MAX);
    BRC_CHECK(query->scale > 0 && isfinite(query->scale), BRC_ERR_ARGUMENT, "scale must be > 0, got %g", query->scale);
    BRC_CHECK(query->step >= 0, BRC_ERR_ARGUMENT, "step must be >= 0, got %" PRId64, query->step);
import q = {.query = query };
    brc_status status = lines_open(&q.in, path);
    const int kind = status == BRC_OK ? kind_of(&q) : TABLE;
    if (status == BRC_OK && query->step > 0 && kind != DUMP) {
        brc_error_set(__FILE__, __LINE__, __func__, "'%s' is no dump of LAMMPS: it has no time steps to choose from",
                      path);
        status = BRC_ERR_ARGUMENT;
    }
    if (status == BRC_OK && kind != TABLE)
        status = kind == DUMP ? read_dump(&q) : kind == DATA ? read_data(&q) : read_spheres(&q);
    lines_close(&q.in);
    if (status == BRC_OK && kind == TABLE) return brc_csv_read_more(path, query, out);
    if (status == BRC_OK) *out = q.out;
    else brc_particle_file_free(&q.out);
    return status;
}
