// touch.comp -- where each particle touches the walls that are near it and are not planes at rest: the twin of wall_primitive.c,
// wall_mesh_touch.c and wall_hits.c, operation by operation, with the memory of contacts as boundary.c hands it on.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"
#define SHAPES_AT 3
#include "shapes.glsl"
#define NEARNESS_AT 5
#include "nearness.glsl"

struct Face {
    double n[3], inward[9];
    int vertex[3], edge[3];
    uint patch_, sliver;
};
struct Edge {
    int v[2];
    double along[3];
    int first_half, half_count, flat_;
    uint feature;
};
struct Vertex {
    int first_edge, edge_count, flat_;
    uint feature;
    uint rim, padding; // of rim the lowest byte
    double outward[3];
};
layout(constant_id = 4) const int HISTORY = 0; // words of history of a contact

BUFFER(2, readonly, Pos, pos, dvec4, 32)
BUFFER(7, readonly, Places, places, double, 8) // [3] vertices of meshes
BUFFER(8, readonly, Faces, faces, Face, 8)
BUFFER(9, readonly, Edges, edges, Edge, 8)
BUFFER(10, readonly, Vertices, vertices, Vertex, 8)
BUFFER(11, readonly, Near, near, uvec2, 8) // slot, wall
BUFFER(12, , Counts, counts, uint, 4)
BUFFER(13, , Touches, touches, Touch, 8)
BUFFER(14, , Histories, histories, uint, 4)
BUFFER(15, readonly, Reaches, reaches, double, 8)
BUFFER(16, readonly, Material, material, int, 4)
layout(push_constant) uniform Push { uint slot, candidates, room; }; // slot: step of the batch; room: contacts of a candidate

// ---- everything that is touched --------------------------------------------------------------------------

const int RAW = 24, HITS = 12;
const double SAME_COS = 0.99984769515639124LF, SAME_SIN = 0.01745240643728351LF, WEAK_SLACK = 1e-9LF; // as in wall_parts.h
struct Raw {
    double overlap, distance_;
    dvec3 n;
    uint feature, element;
    bool face, behind, weak;
};
Raw raw[RAW];
int raw_count;
bool too_many;
double behind_limit;
dvec3 centre;
double reach_; // radius and the law's reach
uint w, p;     // wall, its pose

int compare(Raw a, Raw b)
{
    if (a.overlap != b.overlap) return a.overlap > b.overlap ? -1 : 1;
    if (a.feature != b.feature) return a.feature < b.feature ? -1 : 1;
    if (a.element != b.element) return a.element < b.element ? -1 : 1;
    return 0;
}

void add(Raw hit)
{
    if (hit.behind && !(hit.distance_ < behind_limit)) return;
    int at = 0;
    for (; at < raw_count; at++) {
        const int order = compare(raw[at], hit);
        if (order == 0) return; // an edge or vertex that another triangle has reported
        if (order > 0) break;
    }
    if (raw_count == RAW) { // the processor has room for more
        too_many = true;
        return;
    }
    for (int i = raw_count; i > at; i--) raw[i] = raw[i - 1];
    raw[at] = hit;
    raw_count++;
}

void add_face(double s, dvec3 n, uint feature)
{
    if (!(abs(s) < reach_)) return;
    add(Raw(reach_ - s, abs(s), n, feature, feature, true, s < 0.0LF, false));
}

void add_corner(dvec3 d, bool inward, dvec3 otherwise, uint feature)
{
    const double far = length3(d);
    if (!(far < reach_)) return;
    dvec3 n = otherwise;
    if (far > 0.0LF) n = divide3(d, far);
    add(Raw(inward ? reach_ + far : reach_ - far, far, inward ? -1.0LF * n : n, feature, feature, false, inward, false));
}

// ---- shapes that have a formula --------------------------------------------------------------------------

dvec3 box_inward(int k)
{
    const double s = (k & 1) == 0 ? 1.0LF : -1.0LF;
    return k < 2 ? dvec3(s, 0.0LF, 0.0LF) : k < 4 ? dvec3(0.0LF, s, 0.0LF) : dvec3(0.0LF, 0.0LF, s);
}

void box_touch()
{
    double depth[6];
    dvec3 d;
    for (int k = 0; k < 3; k++) {
        const double lo_ = shapes.at[w].lo[k], hi_ = shapes.at[w].hi[k], c = centre[k];
        depth[2 * k] = c - lo_, depth[2 * k + 1] = hi_ - c;
        d[k] = c - (c < lo_ ? lo_ : c > hi_ ? hi_ : c);
    }
    const bool inside = d.x == 0.0LF && d.y == 0.0LF && d.z == 0.0LF;
    if (shapes.at[w].side == -1 || (shapes.at[w].side == 0 && inside)) {
        if (dot3(d, d) < reach_ * reach_)
            for (int k = 0; k < 6; k++) add_face(depth[k], box_inward(k), uint(k));
        return;
    }
    if (inside) { // pressed in: out through the nearest face
        int k = 0;
        for (int i = 1; i < 6; i++)
            if (depth[i] < depth[k]) k = i;
        add_face(-depth[k], -1.0LF * box_inward(k), uint(k));
        return;
    }
    const int axes = (d.x != 0.0LF ? 1 : 0) + (d.y != 0.0LF ? 1 : 0) + (d.z != 0.0LF ? 1 : 0);
    if (axes == 1) {
        for (int k = 0; k < 6; k++)
            if (depth[k] < 0.0LF) add_face(-depth[k], -1.0LF * box_inward(k), uint(k));
    } else {
        int region = 0;
        for (int k = 0; k < 3; k++) region = 3 * region + (1 + (d[k] > 0.0LF ? 1 : 0) - (d[k] < 0.0LF ? 1 : 0));
        add_corner(d, false, dvec3(0.0LF, 0.0LF, 1.0LF), 6u + uint(region));
    }
}

const uint SIDE_NEAR = 0u, CAP_A = 1u, CAP_B = 2u, RIM_A = 3u, RIM_B = 4u, SIDE_FAR = 5u, RIM_A_FAR = 6u, RIM_B_FAR = 7u;
double slope_z, slope_rho, out_z, out_rho, slant, at_z, at_rho; // the half plane through the axis: see wall_primitive.c
dvec3 away;

void find_profile()
{
    const dvec3 axis = THREE(shapes.at[w].axis);
    const double l = shapes.at[w].length_, dr = poses.at[p].radius2 - poses.at[p].radius;
    slant = SQRT64(l * l + dr * dr);
    slope_z = DIV64(l, slant), slope_rho = DIV64(dr, slant);
    out_z = -slope_rho, out_rho = slope_z;
    const dvec3 d = centre - THREE(shapes.at[w].point);
    at_z = dot3(d, axis);
    dvec3 radial = d - at_z * axis;
    radial = radial - dot3(radial, axis) * axis;
    at_rho = length3(radial);
    away = THREE(shapes.at[w].across);
    if (at_rho > 0.0LF) away = divide3(radial, at_rho);
}

dvec3 profile_vector(double z, double rho, dvec3 e) { return z * THREE(shapes.at[w].axis) + rho * e; }

void side_touch(double rho, dvec3 e, bool inside, uint face, uint rim_a, uint rim_b)
{
    const double r1 = poses.at[p].radius, r2 = poses.at[p].radius2;
    const bool open_ = shapes.at[w].open_ != 0;
    const double along = at_z * slope_z + (rho - r1) * slope_rho, s = at_z * out_z + (rho - r1) * out_rho;
    int front = shapes.at[w].side;
    if (front == 0) front = open_ ? (s >= 0.0LF ? 1 : -1) : (inside ? -1 : 1);
    if (along >= 0.0LF && along <= slant) {
        if (front > 0 && (face == SIDE_FAR || (!open_ && s < 0.0LF))) return;
        add_face(double(front) * s, profile_vector(double(front) * out_z, double(front) * out_rho, e), face);
        return;
    }
    const bool at_a = along <= 0.0LF;
    const dvec3 d = profile_vector(at_a ? at_z : at_z - shapes.at[w].length_, rho - (at_a ? r1 : r2), e);
    const dvec3 otherwise = (at_a ? -1.0LF : 1.0LF) * THREE(shapes.at[w].axis);
    if (open_) add_corner(d, false, otherwise, at_a ? rim_a : rim_b);
    else if (rho >= (at_a ? r1 : r2) && !inside) add_corner(d, shapes.at[w].side == -1, otherwise, at_a ? rim_a : rim_b);
}

void cap_touch(bool inside, bool at_a)
{
    const double cap = at_a ? poses.at[p].radius : poses.at[p].radius2;
    if (!(cap > 0.0LF && at_rho <= cap)) return;
    const double s = at_a ? -at_z : at_z - shapes.at[w].length_;
    const int front = shapes.at[w].side != 0 ? shapes.at[w].side : inside ? -1 : 1;
    if (front > 0 && (inside || s < 0.0LF)) return;
    add_face(double(front) * s, double(at_a ? -front : front) * THREE(shapes.at[w].axis), at_a ? CAP_A : CAP_B);
}

void cone_touch()
{
    find_profile();
    const bool open_ = shapes.at[w].open_ != 0;
    const double s = at_z * out_z + (at_rho - poses.at[p].radius) * out_rho;
    const bool inside = !open_ && at_z >= 0.0LF && at_z <= shapes.at[w].length_ && s <= 0.0LF;
    if (inside && shapes.at[w].side == 1) { // pressed into a solid: out through the nearest face
        const double a = -at_z, b = at_z - shapes.at[w].length_;
        if (s >= a && s >= b) add_face(s, profile_vector(out_z, out_rho, away), SIDE_NEAR);
        else if (a >= b) add_face(a, -1.0LF * THREE(shapes.at[w].axis), CAP_A);
        else add_face(b, THREE(shapes.at[w].axis), CAP_B);
        return;
    }
    side_touch(at_rho, away, inside, SIDE_NEAR, RIM_A, RIM_B);
    if (s < 0.0LF && (open_ || inside)) side_touch(-at_rho, -1.0LF * away, inside, SIDE_FAR, RIM_A_FAR, RIM_B_FAR);
    if (open_) return;
    cap_touch(inside, true);
    cap_touch(inside, false);
}

void disc_touch()
{
    const dvec3 axis = THREE(shapes.at[w].axis), d = centre - THREE(shapes.at[w].point);
    const double z = dot3(d, axis), radius = poses.at[p].radius;
    const dvec3 radial = d - z * axis;
    const double rho = length3(radial);
    if (rho <= radius) {
        const bool back = shapes.at[w].side == 0 && z < 0.0LF;
        add_face(back ? -z : z, back ? -1.0LF * axis : axis, 0u);
    } else {
        const dvec3 e = divide3(radial, rho);
        add_corner(z * axis + (rho - radius) * e, false, e, 1u);
    }
}

void sphere_touch()
{
    const dvec3 d = centre - THREE(shapes.at[w].point);
    const double far = length3(d), s = far - poses.at[p].radius;
    dvec3 n = dvec3(0.0LF, 0.0LF, 1.0LF);
    if (far > 0.0LF) n = divide3(d, far);
    const int front = shapes.at[w].side != 0 ? shapes.at[w].side : s >= 0.0LF ? 1 : -1;
    add_face(double(front) * s, double(front) * n, 0u);
}

// ---- meshes ----------------------------------------------------------------------------------------------

dvec3 place(int v)
{
    const int at = 3 * (shapes.at[w].x_at + v);
    return dvec3(places.at[at], places.at[at + 1], places.at[at + 2]);
}
#define FACE(f) faces.at[shapes.at[w].face_at + (f)]
#define EDGE(e) edges.at[shapes.at[w].edge_at + (e)]
#define VERTEX(v) vertices.at[shapes.at[w].vertex_at + (v)]
dvec3 inward(int f, int k) { return dvec3(FACE(f).inward[3 * k], FACE(f).inward[3 * k + 1], FACE(f).inward[3 * k + 2]); }
double height(int f, int k) { return dot3(inward(f, k), centre - place(FACE(f).vertex[k])); }

void add_flat(int f, uint feature, uint element, bool weak)
{
    const dvec3 n = THREE(FACE(f).n);
    const double s = dot3(n, centre - place(FACE(f).vertex[0]));
    const bool one = shapes.at[w].one_sided != 0, back = !one && s < 0.0LF;
    add(Raw(reach_ - (back ? -s : s), abs(s), back ? -1.0LF * n : n, feature, element, true, one && s < 0.0LF, weak));
}

void add_point(dvec3 d, dvec3 outward, dvec3 normal, bool rim, uint feature, uint element, bool weak)
{
    const double far = length3(d), limit = rim ? -SAME_COS * far * length3(outward) : 0.0LF;
    const bool behind = shapes.at[w].one_sided != 0 && dot3(d, outward) < limit;
    const double sign_ = behind ? -1.0LF : 1.0LF;
    dvec3 n = normal;
    if (far > 0.0LF) n = DIV64(sign_, far) * d;
    add(Raw(reach_ - sign_ * far, far, n, feature, element, false, behind, weak));
}

void touch_edge(int number)
{
    const Edge e = EDGE(number);
    const double slack = WEAK_SLACK * reach_;
    const dvec3 along = THREE(e.along), d0 = centre - place(e.v[0]), d1 = centre - place(e.v[1]);
    const double from0 = dot3(d0, along), from1 = dot3(d1, along);
    if (!(from0 > 0.0LF && from1 < 0.0LF)) return;
    const dvec3 d = from0 < -from1 ? d0 - from0 * along : d1 - from1 * along;
    if (!(dot3(d, d) < reach_ * reach_)) return;
    bool weak = false;
    dvec3 outward = dvec3(0.0LF);
    for (int i = 0; i < e.half_count; i++) {
        const int half_ = links.at[shapes.at[w].half_at + e.first_half + i];
        const double h = height(half_ / 3, half_ % 3);
        if (h > slack) return;
        if (h > 0.0LF) weak = true;
        outward = outward + THREE(FACE(half_ / 3).n);
    }
    const uint element = uint(shapes.at[w].face_count + number);
    if (e.flat_ >= 0) add_flat(e.flat_, e.feature, element, weak);
    else {
        const int f = links.at[shapes.at[w].half_at + e.first_half] / 3;
        add_point(d, outward, THREE(FACE(f).n), e.half_count == 1, e.feature, element, weak);
    }
}

void touch_vertex(int number)
{
    const Vertex v = VERTEX(number);
    const double slack = WEAK_SLACK * reach_;
    const dvec3 d = centre - place(number);
    if (!(dot3(d, d) < reach_ * reach_)) return;
    bool weak = false;
    for (int i = 0; i < v.edge_count; i++) {
        const int k = links.at[shapes.at[w].spoke_at + v.first_edge + i];
        const dvec3 axis = THREE(EDGE(k).along);
        const double along = EDGE(k).v[0] == number ? dot3(d, axis) : -dot3(d, axis);
        if (along > slack) return;
        if (along > 0.0LF) weak = true;
    }
    const uint element = uint(shapes.at[w].face_count + shapes.at[w].edge_count + number);
    if (v.flat_ >= 0) add_flat(v.flat_, v.feature, element, weak);
    else {
        const int f = links.at[shapes.at[w].half_at + EDGE(links.at[shapes.at[w].spoke_at + v.first_edge]).first_half] / 3;
        add_point(d, THREE(v.outward), THREE(FACE(f).n), (v.rim & 255u) != 0u, v.feature, element, weak);
    }
}

void touch_face(int number)
{
    const double s = dot3(THREE(FACE(number).n), centre - place(FACE(number).vertex[0])), slack = WEAK_SLACK * reach_;
    double h[3];
    if (!(abs(s) < reach_)) return;
    for (int k = 0; k < 3; k++) {
        h[k] = height(number, k);
        if (h[k] <= -reach_) return;
        if (h[k] < 0.0LF && FACE(number).sliver == 0u && s * s + h[k] * h[k] > (1.0LF + 1e-6LF) * (reach_ * reach_)) return;
    }
    if (h[0] >= 0.0LF && h[1] >= 0.0LF && h[2] >= 0.0LF) {
        add_flat(number, FACE(number).patch_, uint(number), false);
        return;
    }
    for (int k = 0; k < 3; k++)
        if (h[k] <= slack) touch_edge(FACE(number).edge[k]);
    for (int k = 0; k < 3; k++) touch_vertex(FACE(number).vertex[k]);
}

void mesh_touch()
{
    const double far = reach_ * (1.0LF + 1e-9LF); // rounding
    for (int k = 0; k < shapes.at[w].node_count;) {
        const Node node = nodes.at[shapes.at[w].node_at + k];
        if (!(box_square(centre, node.lo, node.hi) <= far * far)) {
            k = links.at[shapes.at[w].skip_at + k];
            continue;
        }
        for (int i = 0; i < node.count; i++) touch_face(links.at[shapes.at[w].order_at + node.next + i]);
        k++;
    }
}

// ---- from all that is touched to the contacts that count --------------------------------------------------

dvec3 point_of(int h) { return (raw[h].behind ? raw[h].distance_ : -raw[h].distance_) * raw[h].n; }

double in_front(int a, int b)
{
    const dvec3 d = point_of(b) - point_of(a);
    return dot3(raw[a].n, d) - SAME_SIN * length3(d);
}

bool hidden(int h)
{
    for (int j = 0; j < raw_count; j++) {
        if (j == h) continue;
        const bool nearer = raw[j].behind ? raw[j].distance_ < raw[h].distance_ ||
                                                (raw[j].distance_ == raw[h].distance_ && raw[j].element < raw[h].element)
                                          : dot3(raw[j].n, raw[h].n) < 0.0LF;
        if (nearer && in_front(j, h) <= 0.0LF) return true;
    }
    return false;
}

int accepted[HITS], hit_count;

bool covered(int h)
{
    for (int i = 0; i < hit_count; i++) {
        const int a = accepted[i];
        if (raw[a].feature == raw[h].feature || dot3(raw[a].n, raw[h].n) >= SAME_COS) return true;
        if (!raw[h].face && !raw[h].behind && in_front(a, h) <= 0.0LF) return true;
    }
    return false;
}

int best_of_equals(int h)
{
    int best = h;
    const double slack = (raw[h].weak ? 4.0LF * WEAK_SLACK : 1e-12LF) * (raw[h].overlap + raw[h].distance_);
    for (int j = 0; j < raw_count && !(raw[best].face && !raw[best].weak); j++) {
        const bool better = raw[j].weak == raw[best].weak ? raw[j].face && !raw[best].face : raw[best].weak;
        if (better && raw[j].behind == raw[h].behind && raw[j].overlap >= raw[h].overlap - slack &&
            dot3(raw[j].n, raw[h].n) >= SAME_COS)
            best = j;
    }
    return best;
}

void finish()
{
    hit_count = 0;
    for (int i = 0; i < raw_count && hit_count < HITS; i++) {
        if ((raw[i].behind && hidden(i)) || covered(i)) continue;
        const int h = best_of_equals(i);
        int at = hit_count++;
        for (; at > 0 && (raw[accepted[at - 1]].overlap < raw[h].overlap ||
                          (raw[accepted[at - 1]].overlap == raw[h].overlap && raw[accepted[at - 1]].feature > raw[h].feature));
             at--)
            accepted[at] = accepted[at - 1];
        accepted[at] = h;
    }
}

// ---- memory ----------------------------------------------------------------------------------------------

void main()
{
    if (stopped()) return;
    const uint c = thread_index();
    if (c >= candidates) return;
    const uint i = near.at[c].x, old_half = status[STEP] & 1u, new_half = old_half ^ 1u;
    const dvec4 here = pos.at[i];
    const dvec3 x = here.xyz;
    const double radius = here.w;
    w = near.at[c].y, p = slot * uint(wall_count) + w;
    const double reach = law_reach > 0.0LF ? reaches.at[material.at[i] * materials + shapes.at[w].material] : 0.0LF;
    const bool posed = shapes.at[w].posed != 0;
    raw_count = 0, too_many = false, behind_limit = radius, reach_ = radius + reach;
    centre = to_body(w, p, x);
    switch (shapes.at[w].kind) {
    case 0: add_face(dot3(THREE(shapes.at[w].axis), centre - THREE(shapes.at[w].point)), THREE(shapes.at[w].axis), 0u); break;
    case 1: box_touch(); break;
    case 2:
    case 3: cone_touch(); break;
    case 4: sphere_touch(); break;
    case 5: disc_touch(); break;
    default: mesh_touch();
    }
    if (too_many) atomicOr(status[FLAGS], FLAG_MANY);
    finish();

    const uint old_at = (old_half * candidates + c) * room, old_count = counts.at[old_half * candidates + c];
    const uint new_at = (new_half * candidates + c) * room;
    Touch hits[HITS];
    int from[HITS];
    uint used = 0u;
    for (int k = 0; k < hit_count; k++) {
        const Raw r = raw[accepted[k]];
        double overlap = r.overlap;
        dvec3 n = r.n;
        if (reach > 0.0LF) overlap -= reach;
        if (posed) {
            n = rotate(p, n);
            n = divide3(n, length3(n));
        }
        hits[k].overlap = overlap, hits[k].feature = r.feature;
        for (int q = 0; q < 3; q++) hits[k].n[q] = n[q];
        from[k] = -1;
        for (uint q = 0u; q < old_count; q++)
            if (touches.at[old_at + q].feature == r.feature) from[k] = int(q), used |= 1u << q;
    }
    for (int k = 0; k < hit_count; k++) {
        double best = 0.8LF; // as same_contact of boundary.c
        if (from[k] >= 0) continue;
        for (uint q = 0u; q < old_count; q++) {
            const double cosine = dot3(THREE(touches.at[old_at + q].n), THREE(hits[k].n));
            if ((used >> q & 1u) != 0u || !(cosine > best)) continue;
            best = cosine;
            from[k] = int(q);
        }
        if (from[k] >= 0) used |= 1u << uint(from[k]);
    }
    uint kept = 0u;
    for (int k = 0; k < hit_count; k++) {
        if (reach > 0.0LF && unborn == 0 && !(hits[k].overlap > 0.0LF) && from[k] < 0) continue;
        if (kept < room) {
            touches.at[new_at + kept] = hits[k];
            for (int q = 0; q < HISTORY; q++)
                histories.at[(new_at + kept) * HISTORY + q] = from[k] >= 0 ? histories.at[(old_at + uint(from[k])) * HISTORY + q] : 0u;
        }
        kept++;
    }
    counts.at[new_half * candidates + c] = min(kept, room);
    if (kept > room) atomicMax(status[STOP], STOP_ROOM); // the step is done again with more of it
    look_for_cut();
}
