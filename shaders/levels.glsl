// levels.glsl -- the cells in which candidates are looked for: engine/compute_vulkan_grid.c. After step.glsl.

// [m] from where cells begin; once around where the axis is periodic. The last cell of an axis has all that is behind it, and
// where that is not periodic the first one all that is before it.
double along(int k, double x)
{
    const double u = x - cell_lo[k];
    return !CELL && length_[k] > 0.0LF && u < 0.0LF ? u + length_[k] : u;
}

int cell_along(int l, int k, double u)
{
    const double at = u * level_per[3 * l + k], most = double(level_cells[3 * l + k] - 1);
    return int(at > 0.0LF ? (at < most ? at : most) : 0.0LF); // those outside are in the cells of the border
}

// The cells of a level that hold what is within `far` of u; beyond the first or the last one it goes on from the other end.
void cells_within(int l, int k, double u, double far, out int from, out int to)
{
    const int n = level_cells[3 * l + k];
    const double low = u - far, high = u + far, length = length_[k];
    from = 0, to = n - 1;
    if (length > 0.0LF) {
        if (2.0LF * far >= length) return;
        const int least = low < 0.0LF ? cell_along(l, k, low + length) - n : cell_along(l, k, low);
        const int most = high >= length ? cell_along(l, k, high - length) + n : cell_along(l, k, high);
        if (most - least + 1 < n) from = least, to = most;
    } else from = cell_along(l, k, low), to = cell_along(l, k, high);
}

// The smallest level for a particle of this radius.
int level_of(double radius)
{
    int l = 0;
    while (l + 1 < levels && radius <= level_radius[l + 1]) l++;
    return l;
}
