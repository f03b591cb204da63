// lines.c -- text files of numbers: separated by commas, semicolons, tabs or blanks; # begins a comment; lines end with
// LF, CRLF or CR.
#include "lines.h"
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

shown show(text t)
{
    shown s;
    size_t n = t.size < 40 ? t.size : 40;
    for (size_t i = 0; i < n; i++) s.text[i] = t.at[i] >= 32 && t.at[i] < 127 ? t.at[i] : '?';
    memcpy(s.text + n, t.size > n ? "..." : "", t.size > n ? 4 : 1);
    return s;
}

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

brc_status lines_open(lines* in, const char* path)
{
    size_t size = 0;
    *in = (lines){.path = path, .separator = ' '};
    BRC_TRY(read_whole(path, &in->bytes, &size));
    in->next = in->bytes, in->end = in->bytes + size;
    const locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    in->plain = plain;
    in->before = plain ? uselocale(plain) : (locale_t)0;
    if (size >= 3 && !memcmp(in->next, "\xef\xbb\xbf", 3)) in->next += 3; // UTF-8 byte order mark
    BRC_CHECK(in->next == in->end || !memchr(in->next, 0, (size_t)(in->end - in->next)), BRC_ERR_FILE,
              "'%s' is not a text file in ASCII or UTF-8: it holds zero bytes", path);
    return BRC_OK;
}

void lines_close(lines* in)
{
    if (in->before) uselocale((locale_t)in->before);
    if (in->plain) freelocale((locale_t)in->plain);
    brc_free(in->bytes);
    brc_free(in->field);
    in->bytes = NULL, in->field = NULL, in->plain = in->before = NULL;
}

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\v' || c == '\f'; }

text text_trimmed(const char* first, const char* last)
{
    while (first < last && blank(*first)) first++;
    while (first < last && blank(last[-1])) last--;
    if (last - first >= 2 && *first == '"' && last[-1] == '"') first++, last--;
    return (text){first, (size_t)(last - first)};
}

bool lines_next_raw(lines* in, text* line)
{
    if (in->next >= in->end) return false;
    const char *first = in->next, *last = first;
    while (last < in->end && *last != '\n' && *last != '\r') last++;
    in->next = last < in->end ? last + 1 : last;
    if (last + 1 < in->end && last[0] == '\r' && last[1] == '\n') in->next++;
    in->line++;
    *line = (text){first, (size_t)(last - first)};
    return true;
}

bool lines_next(lines* in, text* line)
{
    while (lines_next_raw(in, line)) {
        const char* comment = memchr(line->at, '#', line->size);
        if (comment) line->size = (size_t)(comment - line->at);
        if (text_trimmed(line->at, line->at + line->size).size > 0) return true;
    }
    return false;
}

static brc_status add_field(lines* in, text t)
{
    BRC_CHECK(in->field_count < 1000000, BRC_ERR_FILE, "'%s' line %" PRId64 ": more than a million values", in->path,
              in->line);
    if (in->field_count == in->field_capacity) {
        int more = in->field_capacity ? 2 * in->field_capacity : 32;
        BRC_TRY(brc_grow((void**)&in->field, (size_t)in->field_count * sizeof t, (size_t)more * sizeof t));
        in->field_capacity = more;
    }
    in->field[in->field_count++] = t;
    return BRC_OK;
}

brc_status lines_split(lines* in, text line)
{
    const char *at = line.at, *end = line.at + line.size;
    in->field_count = 0;
    if (in->separator == ' ') {
        while (true) {
            while (at < end && blank(*at)) at++;
            if (at == end) return BRC_OK;
            const char* first = at;
            while (at < end && !blank(*at)) at++;
            BRC_TRY(add_field(in, text_trimmed(first, at)));
        }
    }
    while (true) {
        const char* stop = memchr(at, in->separator, (size_t)(end - at));
        BRC_TRY(add_field(in, text_trimmed(at, stop ? stop : end)));
        if (!stop) break;
        at = stop + 1;
    }
    // A separator at the end of a line makes no column.
    while (in->field_count > 1 && in->field_count > in->columns && in->field[in->field_count - 1].size == 0)
        in->field_count--;
    return BRC_OK;
}

bool text_number(text t, double* out)
{
    bool plain = t.size > 0 && t.size < 400;
    for (size_t i = 0; i < t.size && plain; i++) plain = t.at[i] && strchr("0123456789+-.eE", t.at[i]);
    if (!plain) return false;
    char buffer[401], *stop = buffer;
    memcpy(buffer, t.at, t.size);
    buffer[t.size] = 0;
    *out = strtod(buffer, &stop);
    return stop == buffer + t.size;
}

bool text_id(text t, int64_t* out)
{
    int64_t id = 0;
    bool digits = t.size > 0;
    for (size_t i = 0; i < t.size && digits; i++) {
        digits = t.at[i] >= '0' && t.at[i] <= '9' && id <= (INT64_MAX - 9) / 10;
        if (digits) id = 10 * id + (t.at[i] - '0');
    }
    double value;
    if (!digits && text_number(t, &value) && value >= 1 && value <= 0x1p53 && floor(value) == value)
        id = (int64_t)value, digits = true;
    *out = id;
    return digits && id > 0;
}

bool text_is(text t, const char* name)
{
    if (t.size != strlen(name)) return false;
    for (size_t i = 0; i < t.size; i++) {
        char c = t.at[i] >= 'A' && t.at[i] <= 'Z' ? (char)(t.at[i] - 'A' + 'a') : t.at[i];
        if (c != name[i]) return false;
    }
    return true;
}
