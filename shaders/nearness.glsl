// nearness.glsl -- how far a point is from a wall: for candidates. Less than the last digits are of no account here, because what
// calls it is generous.
BUFFER(NEARNESS_AT, readonly, Nodes, nodes, Node, 8) // boxes of meshes, in preorder
BUFFER(NEARNESS_AT + 1, readonly, Links, links, int, 4)

double segment_distance(double z, double rho, double az, double ar, double bz, double br)
{
    const double tz = bz - az, tr = br - ar, square = tz * tz + tr * tr;
    const double u = square > 0.0LF ? clamp(((z - az) * tz + (rho - ar) * tr) / square, 0.0LF, 1.0LF) : 0.0LF;
    const double dz = z - az - u * tz, dr = rho - ar - u * tr;
    return sqrt(dz * dz + dr * dr);
}

double box_square(dvec3 c, double lo[3], double hi[3])
{
    double square = 0.0LF;
    for (int k = 0; k < 3; k++) {
        const double d = c[k] < lo[k] ? lo[k] - c[k] : c[k] > hi[k] ? c[k] - hi[k] : 0.0LF;
        square += d * d;
    }
    return square;
}

bool mesh_near(uint w, dvec3 c, double distance_)
{
    for (int k = 0; k < shapes.at[w].node_count;) {
        const Node node = nodes.at[shapes.at[w].node_at + k];
        if (box_square(c, node.lo, node.hi) <= distance_ * distance_) {
            if (node.count > 0) return true;
            k++;
        } else k = links.at[shapes.at[w].skip_at + k];
    }
    return false;
}

// Whether the surface of a wall lies within a distance of the point, in its body frame.
bool wall_near(uint w, uint p, dvec3 c, double distance_)
{
    const int kind = shapes.at[w].kind;
    const dvec3 d = c - THREE(shapes.at[w].point), axis = THREE(shapes.at[w].axis);
    if (kind == MESH) return mesh_near(w, c, distance_);
    if (kind == PLANE) return abs(dot3(axis, d)) <= distance_;
    if (kind == SPHERE) return abs(sqrt(dot3(d, d)) - poses.at[p].radius) <= distance_;
    if (kind == BOX) {
        const double out_ = box_square(c, shapes.at[w].lo, shapes.at[w].hi);
        if (out_ > 0.0LF) return out_ <= distance_ * distance_;
        double least = c.x - shapes.at[w].lo[0];
        for (int k = 0; k < 3; k++) least = min(least, min(c[k] - shapes.at[w].lo[k], shapes.at[w].hi[k] - c[k]));
        return least <= distance_;
    }
    const double z = dot3(d, axis), r = poses.at[p].radius, r2 = poses.at[p].radius2, l = shapes.at[w].length_;
    const dvec3 radial = d - z * axis;
    const double rho = sqrt(dot3(radial, radial));
    if (kind == DISC) return segment_distance(z, rho, 0.0LF, 0.0LF, 0.0LF, r) <= distance_;
    double least = segment_distance(z, rho, 0.0LF, r, l, r2);
    if (shapes.at[w].open_ == 0) {
        least = min(least, segment_distance(z, rho, 0.0LF, 0.0LF, 0.0LF, r));
        least = min(least, segment_distance(z, rho, l, 0.0LF, l, r2));
    }
    return least <= distance_;
}
