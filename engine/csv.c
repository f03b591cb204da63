// csv.c -- particles from a table in a text file: a line that names the columns, then a line for each particle.
//
// Columns in any order and case: x y z, r or radius or d or diameter, and if wanted id, vx vy vz, wx wy wz; others are
// passed over, so that what the engine exports can be read back. Separated by commas, semicolons, tabs or blanks,
// whichever the first line has; # begins a comment; lines end with LF, CRLF or CR.
#include "lines.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { X, Y, Z, VX, VY, VZ, WX, WY, WZ, RADIUS, ID, NUMBERS, MORE = NUMBERS, MORE_MAX = 8 };

static const struct {
    const char* name;
    int number;
    double factor;
} known[] = {{"x", X, 1},
             {"y", Y, 1},
             {"z", Z, 1},
             {"vx", VX, 1},
             {"vy", VY, 1},
             {"vz", VZ, 1},
             {"wx", WX, 1},
             {"wy", WY, 1},
             {"wz", WZ, 1},
             {"r", RADIUS, 1},
             {"radius", RADIUS, 1},
             {"d", RADIUS, 0.5},
             {"diameter", RADIUS, 0.5},
             {"id", ID, 1}};

typedef struct reader {
    lines in;
    const char* path;
    int columns;
    int column_of[NUMBERS + MORE_MAX]; // 0-based, -1: not in the file
    double factor[NUMBERS + MORE_MAX];
    int more; // columns beside the known ones that the caller looks for
    const char* const* more_names;
    brc_particle_file out;
    int64_t capacity;
} reader;

// ---- header ----------------------------------------------------------------------------------------------
static const char* name_of(const reader* r, int number)
{
    if (number >= MORE) return r->more_names[number - MORE];
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (known[k].number == number) return number == RADIUS ? "radius" : known[k].name;
    return "";
}

static brc_status read_header(reader* r)
{
    text line;
    BRC_CHECK(lines_next(&r->in, &line), BRC_ERR_FILE,
              "'%s' is empty; the first line must name the columns, like x,y,z,radius", r->path);
    r->in.separator = memchr(line.at, ',', line.size)    ? ','
                      : memchr(line.at, ';', line.size)  ? ';'
                      : memchr(line.at, '\t', line.size) ? '\t'
                                                         : ' ';
    BRC_TRY(lines_split(&r->in, line));
    r->columns = r->in.columns = r->in.field_count;
    for (int n = 0; n < NUMBERS + MORE_MAX; n++) r->column_of[n] = -1;
    int found = 0;
    for (int c = 0; c < r->columns; c++)
        for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
            if (!text_is(r->in.field[c], known[k].name)) continue;
            int n = known[k].number;
            BRC_CHECK(r->column_of[n] < 0, BRC_ERR_FILE, "'%s' line %" PRId64 ": columns %d and %d both give the %s",
                      r->path, r->in.line, r->column_of[n] + 1, c + 1, name_of(r, n));
            r->column_of[n] = c;
            r->factor[n] = known[k].factor;
            found++;
        }
    for (int m = 0; m < r->more; m++)
        for (int c = 0; c < r->columns; c++)
            if (text_is(r->in.field[c], r->more_names[m])) r->column_of[MORE + m] = c, r->factor[MORE + m] = 1;
    BRC_CHECK(found > 0, BRC_ERR_FILE,
              "'%s' line %" PRId64 ": the first line must name the columns, like x,y,z,radius, got '%s'", r->path,
              r->in.line, show(text_trimmed(line.at, line.at + line.size)).text);
    static const int needed[] = {X, Y, Z, RADIUS};
    for (size_t k = 0; k < sizeof needed / sizeof *needed; k++)
        BRC_CHECK(r->column_of[needed[k]] >= 0, BRC_ERR_FILE,
                  "'%s' line %" PRId64 ": no column for %s; the columns are '%s'", r->path, r->in.line,
                  name_of(r, needed[k]), show(text_trimmed(line.at, line.at + line.size)).text);
    for (int first = VX; first <= WX; first += 3) {
        int given = 0;
        for (int a = 0; a < 3; a++) given += r->column_of[first + a] >= 0;
        BRC_CHECK(given == 0 || given == 3, BRC_ERR_FILE,
                  "'%s' line %" PRId64 ": of %s, %s, %s all three or none are needed, got %d", r->path, r->in.line,
                  name_of(r, first), name_of(r, first + 1), name_of(r, first + 2), given);
    }
    return BRC_OK;
}

// ---- values ----------------------------------------------------------------------------------------------
static brc_status read_number(const reader* r, int n, double* out)
{
    int c = r->column_of[n];
    text t = r->in.field[c];
    double value = 0;
    BRC_CHECK(text_number(t, &value), BRC_ERR_FILE, "'%s' line %" PRId64 ", column %d (%s): '%s' is not a number",
              r->path, r->in.line, c + 1, name_of(r, n), show(t).text);
    value *= r->factor[n];
    BRC_CHECK(isfinite(value), BRC_ERR_FILE, "'%s' line %" PRId64 ", column %d (%s): '%s' is out of range", r->path,
              r->in.line, c + 1, name_of(r, n), show(t).text);
    *out = value;
    return BRC_OK;
}

static brc_status read_id(const reader* r, int64_t* out)
{
    double value = 0;
    BRC_TRY(read_number(r, ID, &value));
    text t = r->in.field[r->column_of[ID]];
    BRC_CHECK(text_id(t, out), BRC_ERR_FILE,
              "'%s' line %" PRId64 ", column %d (id): must be a whole number > 0, got '%s'", r->path, r->in.line,
              r->column_of[ID] + 1, show(t).text);
    return BRC_OK;
}

static brc_status grow(void** p, int64_t count, int64_t more, size_t size)
{
    return brc_grow(p, (size_t)count * size, (size_t)more * size);
}

static brc_status reserve(reader* r)
{
    brc_particle_file* o = &r->out;
    if (o->count < r->capacity) return BRC_OK;
    int64_t more = r->capacity ? 2 * r->capacity : 1024;
    BRC_TRY(grow((void**)&o->x, 3 * o->count, 3 * more, sizeof(double)));
    BRC_TRY(grow((void**)&o->radius, o->count, more, sizeof(double)));
    if (r->column_of[VX] >= 0) BRC_TRY(grow((void**)&o->v, 3 * o->count, 3 * more, sizeof(double)));
    if (r->column_of[WX] >= 0) BRC_TRY(grow((void**)&o->w, 3 * o->count, 3 * more, sizeof(double)));
    if (r->column_of[ID] >= 0) BRC_TRY(grow((void**)&o->id, o->count, more, sizeof(int64_t)));
    for (int m = 0; m < r->more; m++)
        if (r->column_of[MORE + m] >= 0) BRC_TRY(grow((void**)&o->more[m], o->count, more, sizeof(double)));
    r->capacity = more;
    return BRC_OK;
}

static brc_status read_row(reader* r, double scale)
{
    BRC_CHECK(r->in.field_count == r->columns, BRC_ERR_FILE,
              "'%s' line %" PRId64 " has %d values, the first line names %d columns", r->path, r->in.line,
              r->in.field_count, r->columns);
    BRC_TRY(reserve(r));
    brc_particle_file* o = &r->out;
    int64_t k = o->count;
    double* rows[] = {o->x, o->v, o->w};
    for (int n = X; n <= RADIUS; n++) {
        if (r->column_of[n] < 0) continue;
        double* value = n == RADIUS ? &o->radius[k] : &rows[n / 3][3 * k + n % 3];
        BRC_TRY(read_number(r, n, value));
        if (n >= WX && n <= WZ) continue; // rad/s
        *value *= scale;
        BRC_CHECK(isfinite(*value), BRC_ERR_FILE,
                  "'%s' line %" PRId64 ", column %d (%s): '%s' times the scale is out of range", r->path, r->in.line,
                  r->column_of[n] + 1, name_of(r, n), show(r->in.field[r->column_of[n]]).text);
    }
    BRC_CHECK(o->radius[k] > 0, BRC_ERR_FILE, "'%s' line %" PRId64 ", column %d (radius): must be > 0, got '%s'",
              r->path, r->in.line, r->column_of[RADIUS] + 1, show(r->in.field[r->column_of[RADIUS]]).text);
    if (r->column_of[ID] >= 0) BRC_TRY(read_id(r, &o->id[k]));
    for (int m = 0; m < r->more; m++)
        if (r->column_of[MORE + m] >= 0) BRC_TRY(read_number(r, MORE + m, &o->more[m][k]));
    o->count++;
    return BRC_OK;
}

static brc_status read_table(reader* r, double scale)
{
    BRC_TRY(read_header(r));
    text line;
    while (lines_next(&r->in, &line)) {
        BRC_TRY(lines_split(&r->in, line));
        BRC_TRY(read_row(r, scale));
    }
    BRC_CHECK(r->out.count > 0, BRC_ERR_FILE, "'%s' names columns but holds no particles", r->path);
    return BRC_OK;
}

brc_status brc_csv_read(const char* path, double scale, brc_particle_file* out)
{
    return brc_csv_read_more(path, &(brc_particles_query){.scale = scale}, out);
}

brc_status brc_csv_read_more(const char* path, const brc_particles_query* query, brc_particle_file* out)
{
    memset(out, 0, sizeof *out);
    BRC_ASSERT(query->more <= MORE_MAX);
    BRC_CHECK(query->scale > 0 && isfinite(query->scale), BRC_ERR_ARGUMENT, "scale must be > 0, got %g", query->scale);
    reader r = {.path = path, .more = query->more, .more_names = query->names};
    brc_status status = lines_open(&r.in, path);
    if (status == BRC_OK) status = read_table(&r, query->scale);
    lines_close(&r.in);
    if (status == BRC_OK) *out = r.out;
    else brc_particle_file_free(&r.out);
    return status;
}

void brc_particle_file_free(brc_particle_file* file)
{
    brc_free(file->x);
    brc_free(file->v);
    brc_free(file->w);
    brc_free(file->radius);
    brc_free(file->id);
    brc_free(file->type);
    for (int m = 0; m < MORE_MAX; m++) brc_free(file->more[m]);
    memset(file, 0, sizeof *file);
}
