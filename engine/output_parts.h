// output_parts.h -- a trajectory file in parts: what it consists of (output_layout.c), a time step of it
// (output_step.c), and how it is opened, goes on and ends (output.c).
#ifndef BRC_OUTPUT_PARTS_H
#define BRC_OUTPUT_PARTS_H
#include "contacts.h"
#include "output_table.h"
#include "snapshot.h"

#if BRC_HAVE_HDF5
enum {
#define COLUMN(name, ...) COLUMN_##name,
#include "columns.def"
    COLUMNS
};
enum { TOPOLOGIES = 4, VERTICES = 0, LINES = 1, POLYGONS = 2 }; // of VTK's PolyData
enum { SERIES = 19, CONTACT_MEMBERS = 12, POSES = 9, HISTORIES = 24 };
extern const brc_member brc_output_particle[COLUMNS], brc_output_series[SERIES], brc_output_contact[CONTACT_MEMBERS];

struct brc_output {
    brc_sim* sim;
    brc_tables file;
    int content; // BRC_CONTENT_*
    bool failed, laid_out;
    bool elsewhere; // rank 0 has the file; this one hands over what it knows
    int level;
    hid_t vtkhdf, step_count, scene_time; // step_count, scene_time: attributes
    brc_output_place at;
    int fields;    // numbers that the script had added to every particle when the file was laid out
    hsize_t chunk; // rows of a chunk of particle data
    brc_table points, point[COLUMNS], field[8], series[SERIES], cell_wall;
    brc_table number_of_points, cells[TOPOLOGIES], ids[TOPOLOGIES], offsets[TOPOLOGIES], connectivity[TOPOLOGIES];
    brc_table time, part_offset, part_count, point_offset, cell_offset, id_offset, cell_data_offset;
    // walls: what the last step wrote, and where
    double* vertices;
    int64_t *triangles, vertex_count, triangle_count;
    int32_t* triangle_wall;
    brc_table pose[POSES], pose_first, pose_count;
    // contacts
    brc_table contact[CONTACT_MEMBERS], history[HISTORIES];
    int32_t history_count;
};

// output_layout.c
brc_status brc_output_header(brc_output* o, const char* provenance);
// The datasets, at the first write: only then it is known how much a step holds, which the chunks should fit.
brc_status brc_output_lay_out(brc_output* o, const brc_snapshot* s, int64_t points, int64_t cells,
                              const brc_contact_list* contacts);

static inline int brc_output_topology(const brc_output* o)
{
    return o->content == BRC_CONTENT_WALLS ? POLYGONS : o->content == BRC_CONTENT_CONTACTS ? LINES : VERTICES;
}

// output_step.c
void brc_output_forget_walls(brc_output* o);
#endif

#endif
