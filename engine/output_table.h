// output_table.h -- tables in an HDF5 file: datasets that grow by rows, and texts, constants and groups beside them.
// The same calls that make the parts of a new file open those of a file that goes on; what is there already is left
// alone.
#ifndef BRC_OUTPUT_TABLE_H
#define BRC_OUTPUT_TABLE_H
#include "output_file.h"

#if BRC_HAVE_HDF5
// The file that tables lie in.
typedef struct brc_tables {
    char* path;
    brc_staged* staged;
    hid_t id;
    const int64_t* steps; // whole time steps that it holds, for the texts of errors
    bool single;          // members of type r are stored as floats
    bool again;           // the file is there, and its parts are being opened instead of made
    bool trial;           // and the tables' last rows are read, which shows whether HDF5 finds them
} brc_tables;

typedef struct brc_table {
    const brc_tables* file;
    hid_t id, memory; // memory: type of the rows that are handed in
    int columns;
    hsize_t rows;
} brc_table;

// A member of a struct and how a table stores it.
typedef struct brc_member {
    const char* name;
    size_t at;
    int columns;
    char type; // r: single or double as the file's option says; d: double; l: int64; i: int32
    const char *unit, *text;
} brc_member;

// What went wrong in the file, as the system says it (errno in `error`, or what the staged file remembers), or else as
// HDF5 does.
brc_status brc_tables_error(const brc_tables* f, int error);
#define BRC_H5_TRY(tables, call)                                                                                       \
    do {                                                                                                               \
        if ((call) < 0) return brc_tables_error(tables, 0);                                                            \
    } while (0)

// Attributes and datasets that are written once; count 0: a scalar. keep: the attribute stays open for later writes.
brc_status brc_tables_attribute(const brc_tables* f, hid_t where, const char* name, hid_t type, hid_t memory, int count,
                                const void* data, hid_t* keep);
brc_status brc_tables_text(const brc_tables* f, hid_t where, const char* name, const char* text);
brc_status brc_tables_constant(const brc_tables* f, hid_t where, const char* name, hid_t type, hid_t memory, int count,
                               const void* data, const char* unit);
brc_status brc_tables_text_constant(const brc_tables* f, hid_t where, const char* name, const char* text);
brc_status brc_tables_group(const brc_tables* f, hid_t parent, const char* name, hid_t* out);
// A second name for a dataset.
brc_status brc_tables_link(const brc_tables* f, hid_t where, const char* name, hid_t there, const char* other);
// Makes what was written part of the file that readers see.
brc_status brc_tables_commit(const brc_tables* f);

enum { BRC_TABLE_CHUNK_MOST = 32768 }; // rows; 768 KiB of positions
// chunk: rows, at most BRC_TABLE_CHUNK_MOST. level: of compression, for tables whose steps begin at a new chunk only: a
// compressed chunk that grows moves, and new data could take the place it leaves before the commit that says so.
brc_status brc_table_create(const brc_tables* f, hid_t where, const brc_member* m, hsize_t chunk, int level,
                            brc_table* out);
brc_status brc_table_put(brc_table* t, int64_t first, int64_t count, const void* data);
// The numbers first * stride, (first + 1) * stride ... in the rows from `first`.
brc_status brc_table_put_multiples(brc_table* t, int64_t first, int64_t count, int64_t stride);
#endif

#endif
