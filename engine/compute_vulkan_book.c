// compute_vulkan_book.c -- the energy book on a device: its programs and its sums there and back. In a step `book`
// notes what the law's parts are about to do, `settle` and `work` enter what has come of it once the second half kick
// is done, and `enter` adds that to the sums, which are those of book.c bit by bit because they are integers.
#include "compute_vulkan_parts.h"
#include <stdio.h>
#include <string.h>

enum { PAGES = 16, WIDE = 2 }; // as in shaders/wide.glsl: pages of what a step adds; numbers of a sum
_Static_assert(BRC_BOOK_SUMS == 29, "BOOK_SUMS of shaders/wide.glsl");

typedef struct program_counts { // as in shaders/program.glsl
    uint32_t history, outputs, coefficients, constants, instructions;
} program_counts;

static program_counts counts_of(const brc_program* p)
{
    return (program_counts){(uint32_t)p->history, (uint32_t)p->outputs, (uint32_t)p->coefficients,
                            (uint32_t)p->constants, (uint32_t)p->instruction_count};
}

static double per(const brc_sim* s) { return s->dt / s->book->unit; }

static bool calls(const brc_program* p)
{
    for (int32_t k = 0; k < p->instruction_count; k++)
        if (p->instructions[k].op >= BRC_OP_EXP && p->instructions[k].op <= BRC_OP_POW) return true;
    return false;
}

// A kernel that runs a program: with as many rows, in steps of 128, and with the fixed mathematics where it is called.
static brc_status make_runner(brc_device* d, const brc_sim* s, const brc_program* p, const char* name, int buffers,
                              book_runner* to)
{
    const int total =
        p->inputs + p->history + p->outputs + p->uniforms + p->coefficients + p->constants + p->temporaries;
    const int32_t constants[6] = {0, 0, 0, d->in_cell, (total + 127) / 128 * 128, calls(p)};
    if (to->kernel && !memcmp(to->constants, constants, sizeof constants)) return BRC_OK;
    memcpy(to->constants, constants, sizeof constants);
    char wide[32];
    snprintf(wide, sizeof wide, "%s%s", name, s->real == sizeof(double) ? "64" : "");
    return brc_gpu_kernel_make(d->gpu, wide, constants, 6, buffers, &to->kernel);
}

// The instructions of a program, and its numbers: coefficients of all pairs, then constants.
static brc_status write_program(brc_device* d, const brc_sim* s, const brc_program* p, const void* coefficients,
                                int64_t pairs, book_runner* to)
{
    const int64_t real = (int64_t)s->real, size = real * p->coefficients * pairs, constants = real * p->constants;
    const int64_t code = (int64_t)sizeof(brc_instruction) * p->instruction_count;
    _Static_assert(sizeof(brc_instruction) == 16, "an element of `code` in shaders/program.glsl");
    BRC_TRY(brc_device_room(d, &to->code, code + 16, "the energy book"));
    BRC_TRY(brc_device_room(d, &to->numbers, size + constants + 8, "the energy book"));
    BRC_TRY(brc_gpu_write(d->gpu, to->code, 0, p->instructions, code));
    BRC_TRY(brc_gpu_write(d->gpu, to->numbers, 0, coefficients, size));
    void* rounded = brc_alloc((size_t)constants + 8);
    BRC_CHECK(rounded, BRC_ERR_MEMORY, "no memory for the energy book");
    for (int32_t k = 0; k < p->constants; k++) brc_real_set(s, rounded, k, p->constant[k]);
    const brc_status status = brc_gpu_write(d->gpu, to->numbers, size, rounded, constants);
    brc_free(rounded);
    return status;
}

static bool asks_of_bonds(const brc_sim* s) { return s->book->bond && s->bonds.count && s->bonds.broken_row >= 0; }

static brc_status make_kernels(brc_device* d, const brc_sim* s)
{
    device_book* b = &d->book;
    const int32_t in_cell[4] = {0, 0, 0, d->in_cell};
    const bool wide = s->real == sizeof(double);
    BRC_TRY(make_runner(d, s, s->book->force, "book", 22, &b->force));
    if (asks_of_bonds(s)) BRC_TRY(make_runner(d, s, s->book->bond, "stored", 11, &b->bond));
    if (b->settle && b->in_cell == d->in_cell) return BRC_OK;
    BRC_TRY(brc_gpu_kernel_make(d->gpu, wide ? "settle64" : "settle", in_cell, 4, 22, &b->settle));
    BRC_TRY(brc_gpu_kernel_make(d->gpu, wide ? "work64" : "work", in_cell, 4, 12, &b->work));
    BRC_TRY(brc_gpu_kernel_make(d->gpu, "enter", NULL, 0, 3, &b->enter));
    b->in_cell = d->in_cell;
    return BRC_OK;
}

static brc_status write_sums(brc_device* d, energy_book* from)
{
    brc_wide* sum[BRC_BOOK_SUMS];
    int64_t number[WIDE * BRC_BOOK_SUMS];
    const int64_t pages = (int64_t)PAGES * sizeof number;
    brc_book_sums(from, sum);
    for (int k = 0; k < BRC_BOOK_SUMS; k++) number[2 * k] = sum[k]->high, number[2 * k + 1] = sum[k]->low;
    BRC_TRY(brc_device_room(d, &d->book.pages, pages + (int64_t)sizeof number, "the energy book"));
    BRC_TRY(brc_gpu_begin(d->gpu));
    brc_gpu_fill(d->gpu, d->book.pages, 0, pages, 0);
    BRC_TRY(brc_gpu_finish(d->gpu, NULL, NULL));
    return brc_gpu_write(d->gpu, d->book.pages, pages, number, sizeof number);
}

static double work_of_walls(const brc_sim* s)
{
    double sum = 0;
    for (int32_t k = 0; k < s->wall_count; k++) sum += s->walls[k].work;
    return sum;
}

brc_status brc_device_book_upload(brc_device* d, brc_sim* s)
{
    device_book* b = &d->book;
    energy_book* from = s->book;
    const int64_t materials = s->material_count;
    b->is = from && from->parts;
    b->hooked = false;
    if (!b->is) return BRC_OK;
    b->walls = from->walls, b->walls_last = from->walls_last;
    BRC_TRY(make_kernels(d, s));
    BRC_TRY(write_program(d, s, from->force, from->coefficients, materials * materials, &b->force));
    if (asks_of_bonds(s)) {
        BRC_TRY(write_program(d, s, from->bond, s->bonds.coefficients, s->bonds.kind_count, &b->bond));
        BRC_TRY(brc_device_room(d, &b->stored, 8 * s->bonds.count, "the energy book"));
    }
    BRC_TRY(brc_device_room(d, &b->before, 64 * s->count, "the energy book"));
    return write_sums(d, from);
}

// ---- in a step -------------------------------------------------------------------------------------------

static int64_t contacts_of(const brc_device* d)
{
    const near_walls* w = &d->wall[d->now];
    return d->row.total + w->total * w->room;
}

brc_status brc_device_book_room(brc_device* d, const brc_sim* s)
{
    if (!d->book.is) return BRC_OK;
    const int64_t numbers = 6 * s->book->parts * contacts_of(d);
    BRC_CHECK(numbers <= UINT32_MAX, BRC_ERR_DEVICE,
              "the energy book notes %d numbers of each of %" PRId64 " places in rows, and kernels count up to 2^32 of "
              "them: the processor itself has no such limit",
              6 * s->book->parts, contacts_of(d));
    return brc_device_room(d, &d->book.kept, (int64_t)s->real * numbers + 8, "the energy book");
}

static brc_status run_contacts(brc_device* d, const brc_sim* s, brc_gpu_kernel* kernel)
{
    const rows* r = &d->row;
    const near_walls* w = &d->wall[d->now];
    device_book* b = &d->book;
    brc_gpu_buffer* const buffers[22] = {d->numbers,    d->status,        d->pos,     d->vel,       b->kept,
                                         d->material,   r->start[d->now], r->entries, r->histories, b->force.numbers,
                                         b->force.code, d->reaches,       d->mass,    d->shapes,    d->poses,
                                         w->near,       w->counts,        w->touches, w->histories, d->values,
                                         b->pages,      d->wall_values};
    const struct {
        double per;
        uint32_t slot, candidates, room, row_at, row_total, fields, parts;
        program_counts program;
    } push = {per(s),
              b->slot,
              (uint32_t)w->total,
              (uint32_t)w->room,
              (uint32_t)r->at,
              (uint32_t)r->total,
              (uint32_t)s->law->info.field_count,
              (uint32_t)s->book->parts,
              counts_of(s->book->force)};
    return brc_gpu_run(d->gpu, kernel, buffers, &push, sizeof push, contacts_of(d));
}

brc_status brc_device_book_note(brc_device* d, const brc_sim* s, uint32_t slot)
{
    d->book.slot = slot;
    d->book.hooked = false;
    return d->book.is ? run_contacts(d, s, d->book.force.kernel) : BRC_OK;
}

brc_status brc_device_book_bonds(brc_device* d, const brc_sim* s)
{
    device_book* b = &d->book;
    if (!b->is || !asks_of_bonds(s)) return BRC_OK;
    brc_gpu_buffer* const buffers[11] = {d->numbers,        d->status,       d->pos,    d->vel,  d->mass,     d->bonds,
                                         d->bond_histories, b->bond.numbers, b->stored, d->gone, b->bond.code};
    const struct {
        double blink;
        uint32_t bonds, kinds;
        program_counts program;
    } push = {s->dt * BRC_BLINK, (uint32_t)s->bonds.count, (uint32_t)s->bonds.kind_count, counts_of(s->book->bond)};
    return brc_gpu_run(d->gpu, b->bond.kernel, buffers, &push, sizeof push, s->bonds.count);
}

void brc_device_book_hooks(brc_device* d)
{
    if (!d->book.is || d->book.hooked) return;
    d->book.hooked = true;
    brc_gpu_copy(d->gpu, d->acc, 0, d->book.before, 0, 64 * (int64_t)d->n.count);
}

brc_status brc_device_book_settle(brc_device* d, const brc_sim* s)
{
    device_book* b = &d->book;
    brc_gpu_buffer* const working[12] = {d->numbers, d->status, d->pos,  d->vel,   d->res,
                                         d->acc,     b->before, d->mass, d->links, d->loads ? d->loads : d->gone,
                                         d->gone,    b->pages};
    brc_gpu_buffer* const entering[3] = {d->numbers, d->status, b->pages};
    const struct {
        double per;
        uint32_t hooked, bonded;
    } push = {per(s), b->hooked, d->n.bond_count > 0};
    BRC_TRY(run_contacts(d, s, b->settle));
    BRC_TRY(brc_gpu_run(d->gpu, b->work, working, &push, sizeof push, d->n.count));
    b->hooked = false;
    return brc_gpu_run(d->gpu, b->enter, entering, NULL, 0, BRC_BOOK_SUMS);
}

void brc_device_book_walls(brc_device* d, const brc_sim* s, int64_t steps)
{
    device_book* b = &d->book;
    const double walls = b->is ? work_of_walls(s) : 0;
    for (int64_t k = 0; k < steps && k < 2; k++) b->walls_last = walls - b->walls, b->walls = walls;
}

// ---- back ------------------------------------------------------------------------------------------------

brc_status brc_device_book_read(brc_device* d, int64_t sums[2 * BRC_BOOK_SUMS])
{
    const int64_t size = 8 * WIDE * BRC_BOOK_SUMS;
    return d->book.is ? brc_gpu_read(d->gpu, d->book.pages, PAGES * size, sums, size) : BRC_OK;
}

void brc_device_book_take(const brc_device* d, brc_sim* s, const int64_t sums[2 * BRC_BOOK_SUMS])
{
    brc_wide* to[BRC_BOOK_SUMS];
    if (!d->book.is) return;
    brc_book_sums(s->book, to);
    for (int k = 0; k < BRC_BOOK_SUMS; k++) *to[k] = (brc_wide){sums[2 * k], sums[2 * k + 1]};
    s->book->walls = d->book.walls, s->book->walls_last = d->book.walls_last;
}

brc_status brc_device_book_bonds_read(brc_device* d, const brc_sim* s, double* stored)
{
    memset(stored, 0, (size_t)s->bonds.count * sizeof *stored);
    if (!d->book.is || !asks_of_bonds(s)) return BRC_OK;
    return brc_gpu_read(d->gpu, d->book.stored, 0, stored, 8 * s->bonds.count);
}
