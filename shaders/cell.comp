// cell.comp -- one thread, between a step and the next: the stress of the contacts of the one, the edges of the other. The twin of
// brc_cell_step in engine/cell.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#define WRITES_NUMBERS
#include "step.glsl"
#include "cell.glsl"

layout(push_constant) uniform Push { uint begins; }; // as in move.comp
const int BY_PRESSURE = 2;
double before[6]; // edges at the begin of the step, exchanged as they are

// An edge is exchanged for itself minus n times another.
void exchange(int of, int by, double n)
{
    const int X[3] = {0, 3, 4}, Y[3] = {-1, 1, 5}; // where the edges' x and y are in a row
    if (n == 0.0LF) return;
    const int to = X[of], from = X[by];
    edge[to] -= n * edge[from], rest[to] -= n * rest[from], speed[to] -= n * speed[from];
    listed[to] -= n * listed[from], before[to] -= n * before[from];
    if (Y[by] < 0) return;
    const int to_y = Y[of], from_y = Y[by];
    edge[to_y] -= n * edge[from_y], rest[to_y] -= n * rest[from_y], speed[to_y] -= n * speed[from_y];
    listed[to_y] -= n * listed[from_y], before[to_y] -= n * before[from_y];
}

void gradient(out double g[6])
{
    const int ONE[6] = {0, 4, 8, 1, 2, 5}, OTHER[6] = {0, 4, 8, 3, 6, 7};
    bool servo = false;
    for (int k = 0; k < 6; k++) {
        g[k] = control[k] == 0 ? rate[k] : 0.0LF;
        servo = servo || control[k] != 0;
    }
    if (!servo || summed == 0) return;
    const double v = ((hi[0] - lo[0]) * (hi[1] - lo[1])) * (hi[2] - lo[2]);
    double sum[10], now[6], excess = 0.0LF;
    int coupled = 0;
    for (uint k = 0u; k < 10u; k++) {
        sum[k] = double(status_sum(KINETIC + 2u * k)) * (k < 6u ? energy : k < 9u ? momentum : mass_unit);
        status[KINETIC + 2u * k] = status[KINETIC + 2u * k + 1u] = 0u;
    }
    for (int k = 0; k < 6; k++) {
        const double drift = sum[9] > 0.0LF ? DIV64(sum[6 + FIRST_AXIS[k]] * sum[6 + SECOND_AXIS[k]], sum[9]) : 0.0LF;
        now[k] = DIV64((0.5LF * (contact[ONE[k]] + contact[OTHER[k]]) + sum[k]) - drift, v);
    }
    for (int k = 0; k < 3; k++)
        if (control[k] == BY_PRESSURE) excess += now[k] - stress[k], coupled++;
    for (int k = 0; k < 6; k++) {
        if (control[k] == 0) continue;
        const double off = control[k] == BY_PRESSURE ? DIV64(excess, double(coupled)) : now[k] - stress[k];
        const double part = DIV64(off, band);
        g[k] = max_rate * (part > 1.0LF ? 1.0LF : part < -1.0LF ? -1.0LF : part);
    }
}

void map_of(double from[6], out double map[6])
{
    over(edge, from, map);
    for (int k = 0; k < 3; k++)
        if (!(edge[k] > 0.0LF)) map[k] = 1.0LF;
}

void main()
{
    if (thread_index() != 0u || stopped()) return;
    if (begins != 1u) {
        for (uint k = 0u; k < 9u; k++) {
            contact[k] = double(status_sum(VIRIAL + 2u * k)) * energy;
            status[VIRIAL + 2u * k] = status[VIRIAL + 2u * k + 1u] = 0u;
        }
        summed = 1;
        if (!on_it_goes()) return;
    }
    double g[6], middle[6], now[6], change[6], map[6], sum = 0.0LF;
    gradient(g);
    for (int k = 0; k < 6; k++) before[k] = edge[k];
    for (int k = 0; k < 6; k++)
        if (!(abs(g[k]) * dt < 0.01LF)) atomicOr(status[FLAGS], FLAG_CELL);
    times(g, edge, now);
    for (int k = 0; k < 6; k++) middle[k] = edge[k] + 0.5LF * dt * now[k];
    times(g, middle, now);
    for (int k = 0; k < 6; k++) change[k] = now[k] - speed[k];
    over(change, edge, map);
    for (int k = 0; k < 6; k++) push[k] = map[k];
    for (int k = 0; k < 6; k++) {
        const double more = rest[k] + now[k] * dt, step = on_grid(more, x_magic);
        edge[k] += step;
        rest[k] = more - step; // exact
        speed[k] = now[k];
        strain[k] += g[k] * dt;
    }
    if (edge[0] > 0.0LF) exchange(1, 0, to_whole(DIV64(edge[3], edge[0])));
    if (edge[1] > 0.0LF) exchange(2, 1, to_whole(DIV64(edge[5], edge[1])));
    if (edge[0] > 0.0LF) exchange(2, 0, to_whole(DIV64(edge[4], edge[0])));
    for (int k = 0; k < 3; k++) {
        if (!(edge[k] > 0.0LF) || edge[k] == length_[k]) continue;
        lo[k] = on_grid(cell_centre[k] - 0.5LF * edge[k], x_magic);
        hi[k] = lo[k] + edge[k];
        length_[k] = edge[k], half_[k] = 0.5LF * edge[k];
    }
    tilted = edge[3] != 0.0LF || edge[4] != 0.0LF || edge[5] != 0.0LF ? 1 : 0;
    moving = 0;
    for (int k = 0; k < 6; k++)
        if (speed[k] != 0.0LF || push[k] != 0.0LF) moving = 1;
    for (int k = 0; k < 3; k++)
        if (edge[k] > 0.0LF && !(edge[k] > edge_least && abs(lo[k]) + edge[k] < x_limit && abs(hi[k]) < x_limit))
            atomicOr(status[FLAGS], FLAG_CELL);
    map_of(before, map);
    for (int k = 0; k < 6; k++) step_map[k] = map[k];
    map_of(listed, map);
    for (int k = 0; k < 6; k++) {
        const double off = map[k] - (k < 3 ? 1.0LF : 0.0LF);
        sum += off * off;
    }
    stretch = max(stretch, 1.000001LF * sqrt(sum)); // an upper bound: its last digits are of no account
}
