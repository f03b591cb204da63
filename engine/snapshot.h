// snapshot.h -- how files see a simulation: plain arrays in the order of ids, made by the simulation for one write. Of
// several ranks each has the arrays of a stretch of the ids: brc_rows_hand of gather.h brings them to rank 0.
#ifndef BRC_SNAPSHOT_H
#define BRC_SNAPSHOT_H
#include "gather.h"

typedef struct brc_snapshot {
    brc_comm* comm;
    int64_t step, count; // count: of all ranks
    int64_t here;        // in the arrays of this one
    double time, dt;
    double gravity[3], lo[3], hi[3], tilt[3]; // tilt: xy, xz, yz of the periodic cell
    int32_t periodic[3];
    const int64_t* id;
    const double *x, *v, *w, *force, *torque; // [here][3]
    const double *radius, *mass;              // [here]
    const int32_t* material;                  // [here]
    int32_t field_count;                      // numbers that the script has added to every particle
    const double* field[8];                   // [here]
    const char *field_name[8], *field_unit[8];
    int32_t wall_count; // highest wall number + 1; removed walls give 0 triangles
    int32_t material_count;
    const double* density; // [material_count]
} brc_snapshot;
brc_status brc_snapshot_take(brc_sim* sim, brc_snapshot* out); // free with brc_snapshot_free
void brc_snapshot_free(brc_snapshot* snapshot);
brc_comm* brc_sim_comm(const brc_sim* sim); // the ranks that share it

#endif
