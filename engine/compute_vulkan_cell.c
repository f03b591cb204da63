// compute_vulkan_cell.c -- a periodic cell that is tilted or deforms, on a device: the device itself makes its edges,
// step by step (cell.comp), from the rates that are asked for or from the stress (kinetic.comp), so that the host need
// not look. Rows hold while what particles have moved beyond the cell's own strain, and that strain, leave the skin
// room.
#include "compute_vulkan_parts.h"
#include <string.h>

bool brc_device_cell_servo(const brc_sim* s)
{
    for (int k = 0; k < 6 && s->cell.ordered; k++)
        if (s->cell.order.control[k] != BRC_BY_RATE) return true;
    return false;
}

void brc_device_cell_numbers(device_numbers* n, const brc_sim* s, double skin)
{
    const sim_cell* c = &s->cell;
    double quanta[3];
    if (brc_cell_plain(s)) return;
    brc_cell_quanta(s, quanta);
    memcpy(n->edge, c->edge, sizeof n->edge), memcpy(n->rest, c->rest, sizeof n->rest);
    memcpy(n->speed, c->speed, sizeof n->speed), memcpy(n->push, c->push, sizeof n->push);
    memcpy(n->strain, c->strain, sizeof n->strain), memcpy(n->listed, c->edge, sizeof n->listed);
    memcpy(n->rate, c->order.rate, sizeof n->rate), memcpy(n->stress, c->order.stress, sizeof n->stress);
    memcpy(n->contact, c->contact, sizeof n->contact), memcpy(n->centre, c->centre, sizeof n->centre);
    for (int k = 0; k < 3; k++) n->step_map[k] = 1;
    for (int k = 0; k < 6; k++) n->control[k] = c->order.control[k];
    n->band = c->order.band, n->max_rate = c->max_rate;
    n->energy = quanta[0], n->momentum = quanta[1], n->mass_unit = quanta[2], n->virial = 1 / quanta[0];
    n->far_most = (2 * s->radius_max + s->reach + skin) * (1 + 1e-9);
    n->edge_least = 4 * s->radius_max + 2 * s->reach, n->x_limit = s->x_grid.limit;
    n->tilted = c->tilted, n->moving = c->moving, n->ordered = c->ordered, n->summed = c->summed;
}

brc_status brc_device_cell_kernels(brc_device* d, const brc_sim* s)
{
    const int32_t in_cell[4] = {0, 0, 0, 1};
    const bool wide = s->real == sizeof(double);
    if (!d->in_cell || d->cell) return BRC_OK;
    BRC_TRY(brc_gpu_kernel_make(d->gpu, wide ? "kinetic64" : "kinetic", in_cell, 4, 6, &d->kinetic));
    return brc_gpu_kernel_make(d->gpu, "cell", in_cell, 4, 2, &d->cell);
}

brc_status brc_device_cell_kinetic(brc_device* d, uint32_t begins)
{
    brc_gpu_buffer* const summing[6] = {d->numbers, d->status, d->pos, d->vel, d->res, d->mass};
    return brc_gpu_run(d->gpu, d->kinetic, summing, &begins, sizeof begins, d->n.count);
}

brc_status brc_device_cell_run(brc_device* d, const brc_sim* s, uint32_t begins)
{
    brc_gpu_buffer* const summing[2] = {d->numbers, d->status};
    if (!s->cell.ordered) return BRC_OK;
    if (!brc_shared(s) && brc_device_cell_servo(s)) BRC_TRY(brc_device_cell_kinetic(d, begins));
    return brc_gpu_run(d->gpu, d->cell, summing, &begins, sizeof begins, 1);
}

brc_status brc_device_cell_listed(brc_device* d, brc_sim* s)
{
    device_numbers* n = &d->n;
    if (!d->in_cell) return BRC_OK;
    BRC_TRY(brc_gpu_read(d->gpu, d->numbers, 0, n, sizeof *n));
    memcpy(n->listed, n->edge, sizeof n->listed);
    n->stretch = 0;
    BRC_TRY(brc_device_cells(d, s));
    return brc_gpu_write(d->gpu, d->numbers, 0, n, sizeof *n);
}

void brc_device_cell_take(brc_sim* s, const device_numbers* n)
{
    sim_cell c = s->cell;
    if (!c.ordered) return;
    memcpy(c.edge, n->edge, sizeof n->edge), memcpy(c.rest, n->rest, sizeof n->rest);
    memcpy(c.speed, n->speed, sizeof n->speed), memcpy(c.push, n->push, sizeof n->push);
    memcpy(c.strain, n->strain, sizeof n->strain), memcpy(c.contact, n->contact, sizeof n->contact);
    c.summed = n->summed;
    brc_cell_put(s, &c, n->lo, n->hi);
}
