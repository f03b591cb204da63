// csv.c -- particles from a table in a text file: a line that names the columns, then a line for each particle.
//
// Columns in any order and case: x y z, r or radius or d or diameter, and if wanted id, vx vy vz, wx wy wz; others are
// passed over, so that what the engine exports can be read back. Separated by commas, semicolons, tabs or blanks,
// whichever the first line has; # begins a comment; lines end with LF, CRLF or CR.
#include "base.h"
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
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

typedef struct text { // part of the file, not ended by a 0
    const char* at;
    size_t size;
} text;

typedef struct reader {
    const char* path;
    const char *next, *end; // what is left of the file
    int64_t line;           // 1-based, the one read last
    char separator;         // ' ': any run of blanks and tabs
    int columns;
    int column_of[NUMBERS + MORE_MAX]; // 0-based, -1: not in the file
    double factor[NUMBERS + MORE_MAX];
    int more; // columns beside the known ones that the caller looks for
    const char* const* more_names;
    text* field; // [field_capacity] of the line read last
    int field_count, field_capacity;
    brc_particle_file out;
    int64_t capacity;
} reader;

// A value as it is shown in a message: short, and without what a terminal would act on.
typedef struct shown {
    char text[48];
} shown;

static shown show(text t)
{
    shown s;
    size_t n = t.size < 40 ? t.size : 40;
    for (size_t i = 0; i < n; i++) s.text[i] = t.at[i] >= 32 && t.at[i] < 127 ? t.at[i] : '?';
    memcpy(s.text + n, t.size > n ? "..." : "", t.size > n ? 4 : 1);
    return s;
}

// ---- the file as lines and fields ------------------------------------------------------------------------
static brc_status read_whole(const char* path, char** bytes, size_t* size)
{
    FILE* file = fopen(path, "rb");
    BRC_CHECK(file, BRC_ERR_FILE, "cannot open '%s': %s", path, strerror(errno));
    size_t capacity = 0;
    brc_status status = BRC_OK;
    do {
        if (*size == capacity) {
            size_t more = capacity ? 2 * capacity : 1 << 16;
            status = brc_grow((void**)bytes, *size, more);
            if (status != BRC_OK) break;
            capacity = more;
        }
        errno = 0;
        *size += fread(*bytes + *size, 1, capacity - *size, file);
    } while (!feof(file) && !ferror(file));
    int why = errno;
    bool failed = ferror(file) != 0;
    fclose(file);
    if (status != BRC_OK) return status;
    BRC_CHECK(!failed, BRC_ERR_FILE, "cannot read '%s': %s", path, strerror(why));
    return BRC_OK;
}

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\v' || c == '\f'; }

static text trimmed(const char* first, const char* last)
{
    while (first < last && blank(*first)) first++;
    while (first < last && blank(last[-1])) last--;
    if (last - first >= 2 && *first == '"' && last[-1] == '"') first++, last--; // as spreadsheets write names
    return (text){first, (size_t)(last - first)};
}

// The next line that holds something, without its comment; false: there is none.
static bool next_line(reader* r, text* line)
{
    while (r->next < r->end) {
        const char *first = r->next, *last = first;
        while (last < r->end && *last != '\n' && *last != '\r') last++;
        r->next = last < r->end ? last + 1 : last;
        if (last + 1 < r->end && last[0] == '\r' && last[1] == '\n') r->next++;
        r->line++;
        const char* comment = memchr(first, '#', (size_t)(last - first));
        *line = (text){first, (size_t)((comment ? comment : last) - first)};
        if (trimmed(line->at, line->at + line->size).size > 0) return true;
    }
    return false;
}

static brc_status add_field(reader* r, text t)
{
    BRC_CHECK(r->field_count < 1000000, BRC_ERR_FILE, "'%s' line %" PRId64 ": more than a million values", r->path,
              r->line);
    if (r->field_count == r->field_capacity) {
        int more = r->field_capacity ? 2 * r->field_capacity : 32;
        BRC_TRY(brc_grow((void**)&r->field, (size_t)r->field_count * sizeof t, (size_t)more * sizeof t));
        r->field_capacity = more;
    }
    r->field[r->field_count++] = t;
    return BRC_OK;
}

static brc_status split(reader* r, text line)
{
    const char *at = line.at, *end = line.at + line.size;
    r->field_count = 0;
    if (r->separator == ' ') {
        while (true) {
            while (at < end && blank(*at)) at++;
            if (at == end) return BRC_OK;
            const char* first = at;
            while (at < end && !blank(*at)) at++;
            BRC_TRY(add_field(r, trimmed(first, at)));
        }
    }
    while (true) {
        const char* stop = memchr(at, r->separator, (size_t)(end - at));
        BRC_TRY(add_field(r, trimmed(at, stop ? stop : end)));
        if (!stop) break;
        at = stop + 1;
    }
    // A separator at the end of a line makes no column.
    while (r->field_count > 1 && r->field_count > r->columns && r->field[r->field_count - 1].size == 0)
        r->field_count--;
    return BRC_OK;
}

// ---- header ----------------------------------------------------------------------------------------------
static bool same_name(text t, const char* name)
{
    if (t.size != strlen(name)) return false;
    for (size_t i = 0; i < t.size; i++) {
        char c = t.at[i] >= 'A' && t.at[i] <= 'Z' ? (char)(t.at[i] - 'A' + 'a') : t.at[i];
        if (c != name[i]) return false;
    }
    return true;
}

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
    BRC_CHECK(next_line(r, &line), BRC_ERR_FILE,
              "'%s' is empty; the first line must name the columns, like x,y,z,radius", r->path);
    r->separator = memchr(line.at, ',', line.size)    ? ','
                   : memchr(line.at, ';', line.size)  ? ';'
                   : memchr(line.at, '\t', line.size) ? '\t'
                                                      : ' ';
    BRC_TRY(split(r, line));
    r->columns = r->field_count;
    for (int n = 0; n < NUMBERS + MORE_MAX; n++) r->column_of[n] = -1;
    int found = 0;
    for (int c = 0; c < r->columns; c++)
        for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
            if (!same_name(r->field[c], known[k].name)) continue;
            int n = known[k].number;
            BRC_CHECK(r->column_of[n] < 0, BRC_ERR_FILE, "'%s' line %" PRId64 ": columns %d and %d both give the %s",
                      r->path, r->line, r->column_of[n] + 1, c + 1, name_of(r, n));
            r->column_of[n] = c;
            r->factor[n] = known[k].factor;
            found++;
        }
    for (int m = 0; m < r->more; m++)
        for (int c = 0; c < r->columns; c++)
            if (same_name(r->field[c], r->more_names[m])) r->column_of[MORE + m] = c, r->factor[MORE + m] = 1;
    BRC_CHECK(found > 0, BRC_ERR_FILE,
              "'%s' line %" PRId64 ": the first line must name the columns, like x,y,z,radius, got '%s'", r->path,
              r->line, show(trimmed(line.at, line.at + line.size)).text);
    static const int needed[] = {X, Y, Z, RADIUS};
    for (size_t k = 0; k < sizeof needed / sizeof *needed; k++)
        BRC_CHECK(r->column_of[needed[k]] >= 0, BRC_ERR_FILE,
                  "'%s' line %" PRId64 ": no column for %s; the columns are '%s'", r->path, r->line,
                  name_of(r, needed[k]), show(trimmed(line.at, line.at + line.size)).text);
    for (int first = VX; first <= WX; first += 3) {
        int given = 0;
        for (int a = 0; a < 3; a++) given += r->column_of[first + a] >= 0;
        BRC_CHECK(given == 0 || given == 3, BRC_ERR_FILE,
                  "'%s' line %" PRId64 ": of %s, %s, %s all three or none are needed, got %d", r->path, r->line,
                  name_of(r, first), name_of(r, first + 1), name_of(r, first + 2), given);
    }
    return BRC_OK;
}

// ---- values ----------------------------------------------------------------------------------------------
static brc_status read_number(const reader* r, int n, double* out)
{
    int c = r->column_of[n];
    text t = r->field[c];
    // Only decimal numbers: strtod alone would take nan, inf and hexadecimal too.
    bool plain = t.size > 0 && t.size < 400;
    for (size_t i = 0; i < t.size && plain; i++) plain = t.at[i] && strchr("0123456789+-.eE", t.at[i]);
    char buffer[401], *stop = buffer;
    double value = 0;
    if (plain) {
        memcpy(buffer, t.at, t.size);
        buffer[t.size] = 0;
        value = strtod(buffer, &stop);
        plain = stop == buffer + t.size;
    }
    BRC_CHECK(plain, BRC_ERR_FILE, "'%s' line %" PRId64 ", column %d (%s): '%s' is not a number", r->path, r->line,
              c + 1, name_of(r, n), show(t).text);
    value *= r->factor[n];
    BRC_CHECK(isfinite(value), BRC_ERR_FILE, "'%s' line %" PRId64 ", column %d (%s): '%s' is out of range", r->path,
              r->line, c + 1, name_of(r, n), show(t).text);
    *out = value;
    return BRC_OK;
}

static brc_status read_id(const reader* r, int64_t* out)
{
    double value = 0;
    BRC_TRY(read_number(r, ID, &value));
    text t = r->field[r->column_of[ID]];
    int64_t id = 0;
    bool digits = true;
    for (size_t i = 0; i < t.size && digits; i++) {
        digits = t.at[i] >= '0' && t.at[i] <= '9' && id <= (INT64_MAX - 9) / 10;
        if (digits) id = 10 * id + (t.at[i] - '0');
    }
    // Tables written from floating-point numbers have ids like 17.0 or 1.7e1.
    if (!digits && value >= 1 && value <= 0x1p53 && floor(value) == value) id = (int64_t)value, digits = true;
    BRC_CHECK(digits && id > 0, BRC_ERR_FILE,
              "'%s' line %" PRId64 ", column %d (id): must be a whole number > 0, got '%s'", r->path, r->line,
              r->column_of[ID] + 1, show(t).text);
    *out = id;
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
    BRC_CHECK(r->field_count == r->columns, BRC_ERR_FILE,
              "'%s' line %" PRId64 " has %d values, the first line names %d columns", r->path, r->line, r->field_count,
              r->columns);
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
                  "'%s' line %" PRId64 ", column %d (%s): '%s' times the scale is out of range", r->path, r->line,
                  r->column_of[n] + 1, name_of(r, n), show(r->field[r->column_of[n]]).text);
    }
    BRC_CHECK(o->radius[k] > 0, BRC_ERR_FILE, "'%s' line %" PRId64 ", column %d (radius): must be > 0, got '%s'",
              r->path, r->line, r->column_of[RADIUS] + 1, show(r->field[r->column_of[RADIUS]]).text);
    if (r->column_of[ID] >= 0) BRC_TRY(read_id(r, &o->id[k]));
    for (int m = 0; m < r->more; m++)
        if (r->column_of[MORE + m] >= 0) BRC_TRY(read_number(r, MORE + m, &o->more[m][k]));
    o->count++;
    return BRC_OK;
}

static brc_status read_table(reader* r, double scale)
{
    if (r->end - r->next >= 3 && !memcmp(r->next, "\xef\xbb\xbf", 3)) r->next += 3; // UTF-8 byte order mark
    BRC_CHECK(r->next == r->end || !memchr(r->next, 0, (size_t)(r->end - r->next)), BRC_ERR_FILE,
              "'%s' is not a text file in ASCII or UTF-8: it holds zero bytes", r->path);
    BRC_TRY(read_header(r));
    text line;
    while (next_line(r, &line)) {
        BRC_TRY(split(r, line));
        BRC_TRY(read_row(r, scale));
    }
    BRC_CHECK(r->out.count > 0, BRC_ERR_FILE, "'%s' names columns but holds no particles", r->path);
    return BRC_OK;
}

brc_status brc_csv_read(const char* path, double scale, brc_particle_file* out)
{
    return brc_csv_read_more(path, scale, 0, NULL, out);
}

brc_status brc_csv_read_more(const char* path, double scale, int32_t more, const char* const* names,
                             brc_particle_file* out)
{
    memset(out, 0, sizeof *out);
    BRC_ASSERT(more <= MORE_MAX);
    BRC_CHECK(scale > 0 && isfinite(scale), BRC_ERR_ARGUMENT, "scale must be > 0, got %g", scale);
    char* bytes = NULL;
    size_t size = 0;
    reader r = {.path = path, .more = more, .more_names = names};
    brc_status status = read_whole(path, &bytes, &size);
    // strtod takes the decimal point of the locale; this thread's is plain while the table is read.
    locale_t plain = status == BRC_OK ? newlocale(LC_NUMERIC_MASK, "C", (locale_t)0) : (locale_t)0;
    if (status == BRC_OK) {
        locale_t before = plain ? uselocale(plain) : (locale_t)0;
        r.next = bytes;
        r.end = bytes + size;
        status = read_table(&r, scale);
        if (before) uselocale(before);
    }
    if (plain) freelocale(plain);
    brc_free(bytes);
    brc_free(r.field);
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
    for (int m = 0; m < MORE_MAX; m++) brc_free(file->more[m]);
    memset(file, 0, sizeof *file);
}
