// lines.h -- a text file of numbers, line by line and field by field, for readers of particles: it knows the line it is
// at, for messages, and takes decimal numbers only.
#ifndef BRC_LINES_H
#define BRC_LINES_H
#include "base.h"

typedef struct text { // part of the file, not ended by a 0
    const char* at;
    size_t size;
} text;

typedef struct lines {
    const char* path;
    char* bytes;
    const char *next, *end; // what is left of the file
    int64_t line;           // 1-based, the one read last
    char separator;         // ' ': any run of blanks and tabs
    int columns;            // that the first line has, 0: not known yet
    text* field;            // [field_capacity] of the line that was split last
    int field_count, field_capacity;
    void *plain, *before; // locale_t: strtod takes the decimal point of the locale
} lines;

// A value as it is shown in a message: short, and without what a terminal would act on.
typedef struct shown {
    char text[48];
} shown;
shown show(text t);

brc_status lines_open(lines* in,
                      const char* path); // reads the file; the thread's numbers have points until lines_close
void lines_close(lines* in);
text text_trimmed(const char* first,
                  const char* last); // without blanks around it, and without the quotes of spreadsheets
// The next line that holds something, without its comment (from # on); false: there is none.
bool lines_next(lines* in, text* line);
bool lines_next_raw(lines* in, text* line); // with its comment, and also when it is empty
brc_status lines_split(lines* in, text line);
bool text_number(text t, double* out);  // a decimal number, neither nan nor inf nor hexadecimal
bool text_id(text t, int64_t* out);     // a whole number > 0; tables written from reals have 17.0 or 1.7e1
bool text_is(text t, const char* name); // whatever the case

// With up to 8 columns of names to look for (csv.c).
brc_status brc_csv_read_more(const char* path, const brc_particles_query* query, brc_particle_file* out);

#endif
