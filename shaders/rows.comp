// rows.comp -- the rows of candidates: first how long each will be, then the entries, each with the history that the old
// rows have of it. Where those stood the new ones may go, so they are copied out of the way before, some particles' at a time.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"
#include "levels.glsl"
#define SHAPES_AT 13
#include "shapes.glsl"
#define NEARNESS_AT 15
#include "nearness.glsl"

const uint REPLACES = 0x80000000u;
const double FAR_MORE = 1.000001LF; // for places on the edge of a cell
// Of the particles from `first` to before `last`; their rows go to where start says, behind row_at. The copy begins with entry
// old_first, its histories stand behind it, from a word on.
layout(push_constant) uniform Push { uint first, last, row_at, old_first, old_histories_at; };
layout(constant_id = 4) const bool COUNTS = true; // how long they will be
layout(constant_id = 5) const int HISTORY = 0;    // words of history of an entry

BUFFER(2, readonly, Pos, pos, dvec4, 32)
BUFFER(3, readonly, Ids, ids, uvec2, 8)
BUFFER(4, readonly, CellStart, cell_start, uint, 4)
BUFFER(5, readonly, Items, items, uint, 4)
BUFFER(6, , Lengths, lengths, uint, 4)
BUFFER(7, readonly, Start, start, uint, 4)
BUFFER(8, , Entries, entries, uint, 4)
BUFFER(9, writeonly, Histories, histories, uint, 4)
BUFFER(10, readonly, OldStart, old_start, uint, 4)
BUFFER(11, readonly, OldEntries, old_entries, uint, 4) // these two are one buffer
BUFFER(12, readonly, OldHistories, old_histories, uint, 4)
BUFFER(17, , WallLengths, wall_lengths, uint, 4) // how many candidates of touch.comp
BUFFER(18, readonly, WallStart, wall_start, uint, 4)
BUFFER(19, writeonly, Near, near, uvec2, 8) // slot, wall
// Of bonds: [count + 1] where each particle's begin, then of each the slot of the other end, with REPLACES where the two do not
// touch each other, and twice the number of the bond, one more for its second particle.
BUFFER(20, readonly, BondLinks, bond_links, uint, 4)
BUFFER(21, readonly, Gone, gone, uint, 4) // not 0: the bond has broken

// Whether a bond stands for the contact of the two.
bool replaced(uint i, uint j)
{
    if (bond_count == 0) return false;
    const uint end = bond_links.at[i + 1u], base = uint(count) + 1u;
    for (uint k = bond_links.at[i]; k < end; k++)
        if (bond_links.at[base + 2u * k] == (j | REPLACES) && gone.at[bond_links.at[base + 2u * k + 1u] >> 1] == 0u) return true;
    return false;
}

void put(uint at, uint entry)
{
    entries.at[at] = entry;
    for (int h = 0; h < HISTORY; h++) histories.at[at * HISTORY + h] = 0u;
}

// Contacts of the old row to the new one, which goes from `from` to before `to`. Rows are much alike: each is looked for behind the one
// before.
void keep_contacts(uint i, uint from, uint to)
{
    const uint end = old_start.at[i + 1u] - old_first;
    uint at = from;
    for (uint k = old_start.at[i] - old_first; k < end; k++) {
        const uint entry = old_entries.at[k], known = (entry & WALL) != 0u ? FIRST | WALL | INDEX : WALL | INDEX;
        if ((entry & TOUCHING) == 0u) continue;
        for (uint turn = from; turn < to; turn++, at++) {
            if (at == to) at = from;
            if (((entries.at[at] ^ entry) & known) != 0u) continue;
            entries.at[at] |= TOUCHING;
            for (int h = 0; h < HISTORY; h++) histories.at[at * HISTORY + h] = old_histories.at[old_histories_at + k * HISTORY + h];
            break;
        }
    }
}

// Where entries go: those that touch behind the row's begin, the others before its end. Threads that walk their rows in step evaluate
// contacts in as few of their turns as may be then.
uint front, back;
double radius;

void put_near(uint i, uint j, uvec2 id, double d2, double other)
{
    const double touching = radius + other + law_reach;
    const uvec2 its = ids.at[j];
    const bool first = id.y < its.y || (id.y == its.y && id.x < its.x);
    put(d2 < touching * touching ? front++ : --back, first ? FIRST | j : j);
}

// The cells around a particle's, of each level. Answers how many entries its row has then.
uint walk_cells(uint i, double x[3], double reach, uint n)
{
    const uvec2 id = ids.at[i];
    for (int l = 0; l < levels; l++) {
        const double far = (reach + level_radius[l]) * FAR_MORE;
        int from[3], to[3];
        for (int k = 0; k < 3; k++) cells_within(l, k, along(k, x[k]), far, from[k], to[k]);
        const int nx = level_cells[3 * l], ny = level_cells[3 * l + 1], nz = level_cells[3 * l + 2];
        for (int cz = from[2]; cz <= to[2]; cz++)
            for (int cy = from[1]; cy <= to[1]; cy++) {
                const int z = cz < 0 ? cz + nz : cz < nz ? cz : cz - nz, y = cy < 0 ? cy + ny : cy < ny ? cy : cy - ny;
                const int row = level_first[l] + (z * ny + y) * nx;
                int left = max(from[0], 0), right = min(to[0], nx - 1);
                for (int part = from[0] < 0 || to[0] >= nx ? 2 : 1; part > 0; part--) { // the second: beyond the face
                    const uint end = cell_start.at[row + right + 1];
                    for (uint k = cell_start.at[row + left]; k < end; k++) {
                        const uint j = items.at[k];
                        if (j == i) continue;
                        const dvec4 other = pos.at[j];
                        double d2 = 0.0LF;
                        for (int q = 0; q < 3; q++) {
                            const double d = image(x[q] - other[q], length_[q], half_[q]);
                            d2 += d * d;
                        }
                        const double near_ = reach + other.w;
                        if (!(d2 < near_ * near_) || replaced(i, j)) continue;
                        if (!COUNTS) put_near(i, j, id, d2, other.w);
                        n++;
                    }
                    left = from[0] < 0 ? from[0] + nx : 0, right = from[0] < 0 ? nx - 1 : to[0] - nx;
                }
            }
    }
    return n;
}

uint walk_level(uint i, int l, double there[3], double reach, uint n)
{
    const uvec2 id = ids.at[i];
    const double far = (reach + level_radius[l]) * FAR_MORE;
    int from[3], to[3];
    for (int k = 0; k < 3; k++) {
        const double low = floor((there[k] - far - cell_lo[k]) * level_per[3 * l + k]), most = double(level_cells[3 * l + k] - 1);
        const double high = floor((there[k] + far - cell_lo[k]) * level_per[3 * l + k]);
        if (length_[k] > 0.0LF && !(high >= 0.0LF && low <= most)) return n;
        from[k] = int(clamp(low, 0.0LF, most)), to[k] = int(clamp(high, 0.0LF, most));
    }
    for (int cz = from[2]; cz <= to[2]; cz++)
        for (int cy = from[1]; cy <= to[1]; cy++) {
            const int row = level_first[l] + (cz * level_cells[3 * l + 1] + cy) * level_cells[3 * l];
            const uint end = cell_start.at[row + to[0] + 1];
            for (uint k = cell_start.at[row + from[0]]; k < end; k++) {
                const uint j = items.at[k];
                const dvec4 other = pos.at[j];
                double d2 = 0.0LF;
                for (int q = 0; q < 3; q++) {
                    const double d = there[q] - other[q];
                    d2 += d * d;
                }
                const double near_ = reach + other.w;
                if (j == i || !(d2 < near_ * near_) || replaced(i, j)) continue;
                if (!COUNTS) put_near(i, j, id, d2, other.w);
                n++;
            }
        }
    return n;
}

// The same where the cell is tilted or deforms: around each image of the particle. Only one image of a pair is near.
uint walk_images(uint i, double x[3], double reach, uint n)
{
    const uvec2 id = ids.at[i];
    const int sx = length_[0] > 0.0LF ? 1 : 0, sy = length_[1] > 0.0LF ? 1 : 0, sz = length_[2] > 0.0LF ? 1 : 0;
    for (int nz = -sz; nz <= sz; nz++)
        for (int ny = -sy; ny <= sy; ny++)
            for (int nx = -sx; nx <= sx; nx++) {
                const double there[3] = {x[0] + (double(nx) * edge[0] + double(ny) * edge[3] + double(nz) * edge[4]),
                                         x[1] + (double(ny) * edge[1] + double(nz) * edge[5]), x[2] + double(nz) * edge[2]};
                for (int l = 0; l < levels; l++) n = walk_level(i, l, there, reach, n);
            }
    return n;
}

void main()
{
    const uint i = first + thread_index();
    if (i >= last) return;
    const dvec4 here = pos.at[i];
    const double x[3] = {here.x, here.y, here.z}, reach = here.w + (skin + law_reach);
    double shift[3];
    for (int q = 0; q < 3; q++)
        shift[q] = length_[q] > 0.0LF ? x[q] - lo[q] <= skin ? length_[q] : hi[q] - x[q] <= skin ? -length_[q] : 0.0LF : 0.0LF;
    uint n = 0u;
    uint at = 0u;
    if (!COUNTS) at = row_at + start.at[i];
    uint candidates = 0u;
    for (uint k = 0u; k < uint(wall_count); k++) {
        // Walls have no periodic images: who crosses a periodic face is suddenly elsewhere before them.
        bool close = false;
        if (shapes.at[k].kind < 0) continue; // removed
        for (int image_ = 0; image_ < 8 && !close; image_++) {
            dvec3 there = dvec3(x[0], x[1], x[2]);
            bool other = image_ == 0;
            for (int q = 0; q < 3; q++)
                if ((image_ >> q & 1) == 1) {
                    there[q] += shift[q];
                    other = other || shift[q] != 0.0LF;
                }
            close = other && wall_near(k, k, to_body(k, k, there), reach * 1.000000001LF);
        }
        if (!close) continue;
        if (shapes.at[k].rest != 0) {
            if (!COUNTS) put(at + n, FIRST | WALL | k);
        } else {
            if (!COUNTS) {
                const uint c = wall_start.at[i] + candidates;
                near.at[c] = uvec2(i, k);
                put(at + n, WALL | c);
            }
            candidates++;
        }
        n++;
    }
    if (!COUNTS) front = at + n, back = row_at + start.at[i + 1u];
    radius = here.w;
    if (CELL) n = walk_images(i, x, reach, n);
    else n = walk_cells(i, x, reach, n);
    if (COUNTS) lengths.at[i] = n, wall_lengths.at[i] = candidates;
    else keep_contacts(i, at, at + n);
    look_for_cut();
}
