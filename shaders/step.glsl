// step.glsl -- what the kernels of a step share: the numbers of the run, its status, and the layout of particles, rows of
// candidates and their histories. engine/compute_vulkan_parts.h has the same struct.
//
// A row has an entry for each particle and each wall that may touch its particle before the rows are made anew. Both sides
// of a contact have an entry with a history of their own, and come to the same bits.
#include "arith.glsl"

struct Outlet {
    double point[3], normal[3], lo[3], hi[3];
    int is_box, meets; // meets: whoever is in the box may have gone through the mesh in it, also across a periodic face
};

const int LEVELS = 6; // as BRC_GRID_LEVELS
layout(constant_id = 6) const bool CELL = false; // the periodic cell is tilted or deforms
#ifdef WRITES_NUMBERS
#define NUMBERS_ACCESS
#else
#define NUMBERS_ACCESS readonly
#endif
layout(std430, binding = 0) NUMBERS_ACCESS buffer Numbers {
    double lo[3], hi[3], length_[3], half_[3];    // [m] length 0, half infinite where not periodic
    double dt, time_base, since;                  // [s]; time = time_base + (since + step) dt
    double x_magic, f_magic, t_magic;             // of the grids
    double f_limit, t_limit, f_per, t_per, quick; // range of sums; quanta of walls' sums; 1 / (1.75 dt)
    // Cells, level by level of the particles' size: where they begin, the largest radius of each, cells per metre.
    double cell_lo[3], level_radius[LEVELS], level_per[3 * LEVELS];
    double skin, x_quantum;                       // [m]
    double h, f_most, t_most, overlap_most;       // half a step; of a contact; overlap / radius that stops a batch
    double flux_magic[4], flux_limit[4], flux_per[4]; // of the law's fields
    double gravity[3], law_reach;                 // [m] largest gap at which the law acts
    int count, materials, wall_count, periodic;
    int level_cells[3 * LEVELS], level_first[LEVELS]; // along each axis; the number of a level's first cell
    int levels;
    uint first_of_thousand; // the run's first step modulo 1000
    int outlet_count, unborn;                     // unborn: acts beyond touching without having touched
    int bond_count, meter_count; // meters stand in outlets, behind those
    // The periodic cell (engine/cell.c): rows of six are lx, ly, lz, xy, xz, yz.
    double edge[6], rest[6], speed[6], push[6], strain[6];
    double listed[6], step_map[6]; // edges when the rows were made; what the last step has mapped its places by
    double rate[6], stress[6], contact[9], cell_centre[3];
    double band, max_rate, virial, energy, momentum, mass_unit; // the last four: quanta of sums
    double far_most, stretch;                       // [m] largest distance of a pair in a row; strain since the rows were made
    double edge_least, x_limit;
    int control[6];
    int tilted, moving, ordered, summed;
    int everyone, unused; // own particles, and behind them those of other ranks that rows name
    Outlet outlets[]; // and meters
};

// Words that all kernels of a batch see.
const int STEP = 0, TARGET = 1, STOP = 2, FLAGS = 3, MOVED2 = 4, OUTSIDE = 5, OUTSIDE_NEXT = 6, CONTACTS = 7, CONTACTS_ALL = 8,
          DEEP = 10, BROKE = 11, PATH = 12, DRIFTED = 14, REMAKE = 15; // BROKE: a bond has, at all; REMAKE: the rows lack pairs whose bond has broken
const uint STOP_REBUILD = 1u, STOP_EVENT = 2u, STOP_GUARD = 3u, STOP_SORT = 4u, STOP_END = 5u, STOP_ROOM = 6u, STOP_METER = 7u;
// Behind them sums of 64 bits, low words first: 9 of the stress of contacts, 10 of particles.
const int VIRIAL = 16, KINETIC = 34, METER = 54; // METER: somebody may have crossed one in the drift
layout(std430, binding = 1) buffer Status { uint status[64]; };

const uint FIRST = 0x80000000u, TOUCHING = 0x40000000u, WALL = 0x20000000u, INDEX = 0x1fffffffu; // of a wall that is
// no plane at rest INDEX is that of a candidate of touch.comp, which has its contacts, and FIRST is not set
struct Touch { // a contact with a wall
    double overlap, n[3];
    uint feature, padding;
};
const uint FLAG_SPEED = 2u, FLAG_NAN = 4u, FLAG_RANGE = 8u; // as BRC_FLAG_...
const uint FLAG_FIELD = 16u;
const uint FLAG_CELL = 64u; // a guard at the begin of the step that follows
const uint FLAG_MANY = 32u; // a wall is touched at more places than the device looks at: the processor does this step
const uint FLAG_CUT = 128u; // loops have been ended before their time: what they should have made is not there

const uint FLAG_BOOK = 256u; // a power or a sum of the energy book is out of range

bool stopped() { return status[STOP] != 0u; }

// Mesa's llvmpipe ends all loops of a thread, and of those beside it, after 65 535 turns in all, without a word. So a kernel whose loops
// may be that long has one more at its end, of two turns that no compiler foresees.
void look_for_cut()
{
    const int two = count > 0 ? 2 : 0;
    int turns = 0;
    while (turns < two) turns++;
    if (turns < two) atomicOr(status[FLAGS], FLAG_CUT);
}

double on_grid(double x, double magic) { return (x + magic) - magic; }
double image(double d, double length, double middle)
{
    if (d > middle) d -= length;
    if (d < -middle) d += length;
    return d;
}
// The nearest image of a difference, as brc_nearest has it.
void nearest(inout double d[3])
{
    if (CELL && tilted != 0) {
        const double z = d[2] > half_[2] ? 1.0LF : d[2] < -half_[2] ? -1.0LF : 0.0LF;
        d[1] -= z * edge[5], d[0] -= z * edge[4], d[2] -= z * length_[2];
        const double y = d[1] > half_[1] ? 1.0LF : d[1] < -half_[1] ? -1.0LF : 0.0LF;
        d[0] -= y * edge[3], d[1] -= y * length_[1];
        d[0] = image(d[0], length_[0], half_[0]);
        d[0] = image(d[0], length_[0], half_[0]);
        return;
    }
    for (int k = 0; k < 3; k++) d[k] = image(d[k], length_[k], half_[k]);
}
// Upper triangular gradient times the distance from the centre of the cell.
dvec3 cell_field(double g[6], dvec3 x)
{
    const double dx = x.x - cell_centre[0], dy = x.y - cell_centre[1], dz = x.z - cell_centre[2];
    return dvec3((g[0] * dx + g[3] * dy) + g[4] * dz, g[1] * dy + g[5] * dz, g[2] * dz);
}
// Whether the step that is under way is followed by another without a look from the host.
bool on_it_goes() { return status[STEP] + 1u < status[TARGET] && status[OUTSIDE] == 0u && status[DEEP] == 0u; }

void status_add64(uint at, int64_t term) // an order-free atomic sum where no atomics of 64 bits are
{
    const uint low = uint(uint64_t(term) & 0xffffffffUL), high = uint(uint64_t(term) >> 32);
    const uint old = atomicAdd(status[at], low);
    atomicAdd(status[at + 1u], high + (old + low < old ? 1u : 0u));
}
int64_t status_sum(uint at) { return int64_t(uint64_t(status[at]) | uint64_t(status[at + 1u]) << 32); }
