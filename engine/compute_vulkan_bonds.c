// compute_vulkan_bonds.c -- bonds of a simulation on a device: to it and back, with what has broken meanwhile. A bond
// is evaluated once, by bond.comp; its particles take the load, by pull.comp. One that breaks stays where it is,
// silent, until the state is next taken back.
#include "compute_vulkan_parts.h"
#include <stdio.h>
#include <string.h>

enum { LOAD = 9 };                // numbers of a bond's load
#define LINK_REPLACES 0x80000000u // as in shaders/rows.comp
typedef struct device_bond {      // as in shaders/bond.comp
    int32_t a, b, kind, replaces;
} device_bond;

static bool is_built(const brc_law* l) { return l >= brc_laws && l < brc_laws + brc_law_total; }

bool brc_device_bonds_known(const brc_sim* s) { return !s->bonds.count || is_built(s->bonds.law); }

static brc_status make_kernel(brc_device* d, const brc_sim* s)
{
    const brc_law* law = s->bonds.law;
    const int32_t in_cell[4] = {0, 0, 0, d->in_cell};
    char name[32];
    if (d->bond_law == law) return BRC_OK;
    snprintf(name, sizeof name, "bond%s/%d", s->real == sizeof(double) ? "64" : "", (int)(law - brc_laws));
    BRC_TRY(brc_gpu_kernel_make(d->gpu, name, in_cell, 4, 10, &d->bond));
    d->bond_law = law;
    return BRC_OK;
}

static int64_t history_row(const brc_sim* s) { return (int64_t)s->real * s->bonds.law->info.history_count; }

// Where each particle's bonds begin, then of each the other end and which it is.
static brc_status write_links(brc_device* d, const brc_sim* s)
{
    const bond_set* q = &s->bonds;
    const int64_t base = s->count + 1, words = base + 4 * q->count;
    uint32_t* link = BRC_NEW(words + 1, uint32_t);
    BRC_CHECK(link, BRC_ERR_MEMORY, "no memory for the bonds of a device");
    uint32_t *at = link + 1, total = 0; // at[i]: first how many, then where the next goes
    for (int64_t k = 0; k < q->count; k++) {
        if (q->at[k].slot_a + 1 < s->count) at[q->at[k].slot_a + 1]++;
        if (q->at[k].slot_b + 1 < s->count) at[q->at[k].slot_b + 1]++;
    }
    for (int64_t i = 0; i < s->count; i++) at[i] = total += at[i];
    for (uint32_t k = 0; k < (uint32_t)q->count; k++) {
        const bond* b = &q->at[k];
        const uint32_t replaces = q->kinds[b->kind].replaces ? LINK_REPLACES : 0;
        const int32_t end[2] = {b->slot_a, b->slot_b};
        for (uint32_t e = 0; e < 2; e++) {
            if (end[e] >= s->count) continue; // another rank's
            uint32_t* row = link + base + 2 * at[end[e]]++;
            row[0] = (uint32_t)end[!e] | replaces, row[1] = 2 * k + e;
        }
    }
    const brc_status status = brc_gpu_write(d->gpu, d->links, 0, link, 4 * words);
    brc_free(link);
    return status;
}

static brc_status write_bonds(brc_device* d, const brc_sim* s)
{
    const bond_set* q = &s->bonds;
    const int64_t n = q->count, row = history_row(s);
    device_bond* to = BRC_NEW(n, device_bond);
    char* history = brc_alloc((size_t)(row * n) + 1);
    brc_status status = to && history ? BRC_OK : BRC_ERR_MEMORY;
    for (int64_t k = 0; k < n && status == BRC_OK; k++) {
        const bond* b = &q->at[k];
        to[k] = (device_bond){b->slot_a, b->slot_b, b->kind, q->kinds[b->kind].replaces};
        for (int h = 0; h < q->law->info.history_count; h++)
            memcpy(history + row * k + h * (int64_t)s->real, (const char*)q->history[h] + (size_t)k * s->real, s->real);
    }
    if (status == BRC_OK) status = brc_gpu_write(d->gpu, d->bonds, 0, to, (int64_t)sizeof(device_bond) * n);
    if (status == BRC_OK) status = brc_gpu_write(d->gpu, d->bond_histories, 0, history, row * n);
    brc_free(to), brc_free(history);
    if (status == BRC_ERR_MEMORY) brc_error_set(__FILE__, __LINE__, __func__, "no memory for the bonds of a device");
    return status;
}

brc_status brc_device_bonds_upload(brc_device* d, brc_sim* s)
{
    const bond_set* q = &s->bonds;
    const int64_t n = q->count;
    brc_free(d->broken);
    d->broken = NULL;
    BRC_TRY(brc_device_room(d, &d->links, n ? 4 * (s->count + 1) + 16 * n : 8, "links of bonds"));
    BRC_TRY(brc_device_room(d, &d->gone, 4 * n + 8, "bonds that break"));
    if (!n) return BRC_OK;
    const int64_t coefficients = (int64_t)s->real * q->law->info.coefficient_count * q->kind_count;
    BRC_TRY(make_kernel(d, s));
    BRC_TRY(brc_device_room(d, &d->bonds, (int64_t)sizeof(device_bond) * n, "bonds"));
    BRC_TRY(brc_device_room(d, &d->bond_histories, history_row(s) * n, "histories of bonds"));
    BRC_TRY(brc_device_room(d, &d->bond_coefficients, coefficients, "coefficients of bonds"));
    BRC_TRY(brc_device_room(d, &d->loads, 8 * LOAD * n, "loads of bonds"));
    BRC_TRY(brc_gpu_begin(d->gpu));
    brc_gpu_fill(d->gpu, d->gone, 0, 4 * n, 0);
    BRC_TRY(brc_gpu_finish(d->gpu, NULL, NULL));
    BRC_TRY(brc_gpu_write(d->gpu, d->bond_coefficients, 0, q->coefficients, coefficients));
    BRC_TRY(write_bonds(d, s));
    return write_links(d, s);
}

brc_status brc_device_bonds_run(brc_device* d, const brc_sim* s)
{
    const bond_set* q = &s->bonds;
    const int32_t push[3] = {d->n.bond_count, q->kind_count, q->broken_row};
    brc_gpu_buffer* const bending[10] = {
        d->numbers,           d->status, d->pos, d->vel, d->mass, d->bonds, d->bond_histories,
        d->bond_coefficients, d->loads,  d->gone};
    brc_gpu_buffer* const pulling[6] = {d->numbers, d->status, d->acc, d->links, d->loads, d->gone};
    if (!d->n.bond_count) return BRC_OK;
    BRC_TRY(brc_gpu_run(d->gpu, d->bond, bending, push, sizeof push, d->n.bond_count));
    return brc_gpu_run(d->gpu, d->pull, pulling, NULL, 0, d->n.count);
}

// ---- back ------------------------------------------------------------------------------------------------

brc_status brc_device_bonds_read(brc_device* d, const brc_sim* s, bonds_back* out)
{
    const int64_t n = s->bonds.count, loads = 8 * (LOAD + 1) * n, histories = n ? history_row(s) * n : 0;
    if (!n) return BRC_OK;
    char* data = out->data = brc_alloc_unset((size_t)(loads + histories + 4 * n));
    BRC_CHECK(data, BRC_ERR_MEMORY, "no memory for the bonds of a device");
    out->load = (double*)out->data;
    out->stored = out->load + LOAD * n;
    out->history = data + loads;
    out->gone = (uint32_t*)(void*)(data + loads + histories);
    BRC_TRY(brc_gpu_read(d->gpu, d->loads, 0, out->load, 8 * LOAD * n));
    BRC_TRY(brc_device_book_bonds_read(d, s, out->stored));
    BRC_TRY(brc_gpu_read(d->gpu, d->bond_histories, 0, out->history, histories));
    return brc_gpu_read(d->gpu, d->gone, 0, out->gone, 4 * n);
}

brc_status brc_device_bonds_take(brc_device* d, brc_sim* s, const bonds_back* from, int64_t steps)
{
    bond_set* q = &s->bonds;
    if (!q->count || steps == 0) return BRC_OK; // no step has put loads on them
    const int64_t row = history_row(s);
    for (int64_t k = 0; k < q->count; k++) {
        bond_load* load = &q->load[k];
        if (from->gone[k]) load->stored = from->stored[k];
        memcpy(load->force, from->load + LOAD * k, sizeof load->force);
        memcpy(load->torque_a, from->load + LOAD * k + 3, sizeof load->torque_a);
        memcpy(load->torque_b, from->load + LOAD * k + 6, sizeof load->torque_b);
        for (int h = 0; h < q->law->info.history_count; h++)
            memcpy((char*)q->history[h] + (size_t)k * s->real, from->history + row * k + h * (int64_t)s->real, s->real);
    }
    if (!brc_shared(s)) return brc_bonds_broke(s, from->gone, d->base);
    brc_free(d->broken); // all ranks take them away together
    d->broken = BRC_NEW(q->count, uint32_t);
    BRC_CHECK(d->broken, BRC_ERR_MEMORY, "no memory for the bonds of a device");
    memcpy(d->broken, from->gone, (size_t)q->count * sizeof *d->broken);
    return BRC_OK;
}

brc_status brc_device_bonds_part(brc_device* d, brc_sim* s)
{
    if (!brc_bonds_present(s)) return BRC_OK;
    const brc_status status = brc_bonds_broke(s, d->broken, d->base);
    brc_free(d->broken);
    d->broken = NULL;
    return status;
}
