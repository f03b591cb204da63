// compute_vulkan_away.c -- the state that stays on a device between two calls of steps, and in the middle of a step
// while a function of the script runs: what the script reads comes when it reads it, column by column, what it has
// written goes before the next kernel, and nothing else does.
//
// The host's arrays are those of the step at which the state was last here, but for columns that have been fetched
// since, and for what a script has written into them. Both can be undone: the columns are kept as they were, and what
// was written is logged with its step. So the processor can do the same steps again, from that state: where a guard has
// tripped, where the device cannot do a step, and when it is lost.
#include "compute_vulkan_parts.h"
#include "wall_parts.h"
#include <string.h>

static uint32_t bit(int column) { return 1u << column; }

static size_t size_of(const brc_sim* s, const brc_column* c) { return (size_t)s->count * c->width; }

// ---- columns ---------------------------------------------------------------------------------------------

// Where the device has a column; false: it is the host's alone.
static bool find_column(const brc_device* d, const brc_sim* s, int column, brc_gpu_buffer** buffer, int64_t* offset)
{
    *offset = 0;
    switch (column) {
    case COLUMN_POS:
        *buffer = d->pos;
        return true;
    case COLUMN_VEL:
        *buffer = d->vel;
        return true;
    case COLUMN_RES:
        *buffer = d->res;
        return true;
    case COLUMN_ACC:
        *buffer = d->acc;
        return true;
    default:
        break;
    }
    for (int j = 0; j < s->law->info.field_count; j++) {
        if (s->law_field[j] != (column - BRC_COLUMNS) / 2) continue;
        const bool flux = (column - BRC_COLUMNS) % 2;
        *buffer = flux ? d->fluxes : d->values;
        *offset = 8 * (flux ? s->count : (int64_t)d->n.everyone) * j;
        return true;
    }
    return false;
}

// Those that a field of the script lies in; 0: one that no step changes.
static uint32_t columns_of(const brc_sim* s, const brc_field* f)
{
    const int fixed = brc_field_count(s) - 2 * s->user_count, k = (int)(f - s->fields);
    if (k >= fixed) return bit(BRC_COLUMNS + k - fixed);
    if (!strcmp(f->name, "x")) return bit(COLUMN_POS);
    if (!strcmp(f->name, "v") || !strcmp(f->name, "angular_velocity")) return bit(COLUMN_VEL) | bit(COLUMN_RES);
    if (!strcmp(f->name, "force") || !strcmp(f->name, "torque")) return bit(COLUMN_ACC);
    return 0;
}

// A column as the state that is here has it, before it is overwritten.
static brc_status keep(brc_device* d, const brc_sim* s, int column, const brc_column* c)
{
    device_away* a = &d->away;
    if (a->kept[column]) return BRC_OK;
    a->kept[column] = brc_alloc_unset(size_of(s, c) + 1);
    BRC_CHECK(a->kept[column], BRC_ERR_MEMORY, "no memory for a copy of %" PRId64 " particles", s->count);
    memcpy(a->kept[column], *c->base, size_of(s, c));
    return BRC_OK;
}

brc_status brc_device_keep(brc_device* d, brc_sim* s, int column)
{
    brc_column c[BRC_COLUMNS_MAX];
    (void)brc_particles_columns(s, c);
    return keep(d, s, column, &c[column]);
}

static brc_status fetch(brc_device* d, brc_sim* s, int column, const brc_column* c)
{
    brc_gpu_buffer* buffer;
    int64_t offset;
    if (d->away.here & bit(column)) return BRC_OK;
    if (find_column(d, s, column, &buffer, &offset)) {
        BRC_TRY(keep(d, s, column, c));
        BRC_TRY(brc_gpu_read(d->gpu, buffer, offset, *c->base, (int64_t)size_of(s, c)));
        d->fetched++;
    }
    d->away.here |= bit(column);
    return BRC_OK;
}

// Views hold nothing but what is here and what no step changes; the first touch of another comes to brc_device_field.
void brc_device_hide(brc_device* d, brc_sim* s)
{
    d->away.here = 0;
    for (int k = 0; k < brc_field_count(s); k++) {
        brc_field* f = &s->fields[k];
        f->count = columns_of(s, f) ? 0 : s->count;
        f->writable = 0;
    }
}

brc_status brc_device_halfway(brc_device* d, brc_sim* s)
{
    brc_column c[BRC_COLUMNS_MAX];
    const int columns = brc_particles_columns(s, c);
    d->away.is = false, d->away.half = true;
    brc_device_hide(d, s);
    for (int k = 0; k < columns && brc_shared(s); k++)
        if (d->away.liked & bit(k)) BRC_TRY(fetch(d, s, k, &c[k]));
    return BRC_OK;
}

// ---- what the script has written -------------------------------------------------------------------------

static void forget_log(device_away* a)
{
    for (int64_t k = 0; k < a->log_count; k++) brc_free(a->log[k].data);
    a->log_count = a->log_bytes = 0;
}

void brc_device_forget(brc_device* d)
{
    device_away* a = &d->away;
    forget_log(a);
    for (int k = 0; k < BRC_COLUMNS_MAX; k++) brc_free(a->kept[k]), a->kept[k] = NULL;
    a->is = a->half = false;
    a->here = a->written = 0;
    a->counted = a->contacts = 0;
}

static brc_status add_to_log(device_away* a, device_written entry)
{
    if (a->log_count == a->log_room) {
        const size_t old = (size_t)a->log_room * sizeof *a->log, room = 2 * old + 64 * sizeof *a->log;
        BRC_TRY(brc_grow((void**)&a->log, old, room));
        a->log_room = (int64_t)(room / sizeof *a->log);
    }
    a->log[a->log_count++] = entry;
    return BRC_OK;
}

static brc_status note(brc_device* d, const brc_sim* s, int column, const brc_column* c)
{
    device_away* a = &d->away;
    void* data = brc_alloc_unset(size_of(s, c) + 1);
    BRC_CHECK(data, BRC_ERR_MEMORY, "no memory for what the script has written to %" PRId64 " particles", s->count);
    memcpy(data, *c->base, size_of(s, c));
    const brc_status status = add_to_log(a, (device_written){s->step, column, a->half, data});
    if (status != BRC_OK) brc_free(data);
    a->log_bytes += (int64_t)size_of(s, c);
    return status;
}

// Where a wall is to be in the coming step.
enum { POSE = 3 + 4 + 3 + 3 };
brc_status brc_device_pose(brc_sim* s, int32_t wall, const double pose[POSE])
{
    device_away* a = &s->device->away;
    const bool posed = wall >= 0 && wall < s->wall_count && s->walls[wall].wall && s->walls[wall].wall->posed;
    if (!posed || a->half) return brc_device_home(s); // the device takes it for a wall at rest
    double* data = BRC_NEW(POSE, double);
    BRC_CHECK(data, BRC_ERR_MEMORY, "no memory for the pose of a wall");
    memcpy(data, pose, POSE * sizeof *data);
    const brc_status status = add_to_log(a, (device_written){s->step, -1 - wall, false, data});
    if (status != BRC_OK) brc_free(data);
    return status;
}

brc_status brc_device_send(brc_device* d, brc_sim* s)
{
    brc_column c[BRC_COLUMNS_MAX];
    const int columns = brc_particles_columns(s, c);
    const uint32_t written = d->away.written;
    brc_gpu_buffer* buffer;
    int64_t offset;
    if (written & bit(COLUMN_POS)) { // onto the grid, and who is near whom has to be found again
        BRC_TRY(brc_particles_snap(s));
        d->listed = false;
    }
    for (int k = 0; k < columns; k++)
        if (written & bit(k)) BRC_TRY(note(d, s, k, &c[k]));
    d->away.written = 0; // it is in the log, also where the device is about to be lost
    for (int k = 0; k < columns; k++)
        if (written & bit(k) && find_column(d, s, k, &buffer, &offset)) {
            d->sent++;
            BRC_TRY(brc_gpu_write(d->gpu, buffer, offset, *c[k].base, (int64_t)size_of(s, &c[k])));
        }
    if (d->in_cell || !(written & bit(COLUMN_POS))) return BRC_OK; // of a cell that deforms it comes home
    brc_device_grid(d, s);                                         // they may be anywhere
    BRC_TRY(brc_device_cells(d, s));
    return brc_gpu_write(d->gpu, d->numbers, 0, &d->n, sizeof d->n);
}

bool brc_device_has_to_come(const brc_device* d, const brc_sim* s)
{
    const int64_t row = 32 + 64 + (int64_t)s->real * (BRC_MOTION + 8);
    if (d->in_cell && d->away.written & bit(COLUMN_POS)) return true; // the device has the edges that places wrap by
    const int64_t most = 4 * row * s->count > 1 << 20 ? 4 * row * s->count : 1 << 20;
    return d->away.log_bytes > most || d->away.log_count > 1000;
}

// Fields that the law does not know live on the host alone: hooks give them fluxes.
brc_status brc_device_own_fields_begin(brc_device* d, brc_sim* s)
{
    brc_column c[BRC_COLUMNS_MAX];
    brc_gpu_buffer* buffer;
    int64_t offset;
    (void)brc_particles_columns(s, c);
    for (int k = 0; k < s->user_count; k++) {
        const int flux = BRC_COLUMNS + 2 * k + 1;
        if (find_column(d, s, flux, &buffer, &offset)) continue;
        BRC_TRY(keep(d, s, flux, &c[flux]));
        memset(s->user[k].flux, 0, size_of(s, &c[flux]));
    }
    return BRC_OK;
}

brc_status brc_device_own_fields_end(brc_device* d, brc_sim* s, bool* bad)
{
    brc_column c[BRC_COLUMNS_MAX];
    brc_gpu_buffer* buffer;
    int64_t offset;
    (void)brc_particles_columns(s, c);
    for (int k = 0; k < s->user_count; k++) {
        const int value = BRC_COLUMNS + 2 * k;
        if (!s->user[k].active || find_column(d, s, value, &buffer, &offset)) continue;
        BRC_TRY(keep(d, s, value, &c[value]));
        *bad |= brc_user_field_kick(s, &s->user[k], 0, s->count);
    }
    return BRC_OK;
}

// ---- back ------------------------------------------------------------------------------------------------

void brc_device_tally(brc_device* d, brc_sim* s, const uint32_t status[STATUS_WORDS])
{
    device_away* a = &d->away;
    const int64_t steps = status[STEP] - a->counted;
    const int64_t contacts = ((int64_t)status[CONTACTS_ALL] | (int64_t)status[CONTACTS_ALL + 1] << 32) - a->contacts;
    s->steps_run += steps, s->particle_steps += steps * s->count, s->half_contact_steps += 2 * contacts;
    a->counted += steps, a->contacts += contacts;
}

void brc_device_retreat(brc_device* d, brc_sim* s)
{
    brc_column c[BRC_COLUMNS_MAX];
    device_away* a = &d->away;
    const int columns = brc_particles_columns(s, c);
    brc_device_walls_restore(d, s);
    for (int i = 0; i < s->worker_count; i++)
        for (int32_t k = 0; k < s->wall_count; k++) s->workers[i].sums[k] = (wall_sum){0};
    for (int k = 0; k < columns; k++)
        if (a->kept[k]) memcpy(*c[k].base, a->kept[k], size_of(s, &c[k]));
    s->steps_run -= a->counted, s->particle_steps -= a->counted * s->count, s->half_contact_steps -= 2 * a->contacts;
    a->counted = a->contacts = 0;
    if (a->is || a->half) s->step = d->base;
    a->is = a->half = false;
    a->here = a->written = 0;
    if (a->log_count) s->lists_valid = false; // they know of no places that the script has set
    brc_fields_update(s);
}

// What was written, again: entry k and those that came with it.
static int64_t write_again(const brc_device* d, brc_sim* s, int64_t k)
{
    brc_column c[BRC_COLUMNS_MAX];
    const device_away* a = &d->away;
    const device_written first = a->log[k];
    (void)brc_particles_columns(s, c);
    for (; k < a->log_count && a->log[k].step == first.step && a->log[k].hook == first.hook; k++) {
        const int column = a->log[k].column;
        const double* pose = a->log[k].data;
        if (column < 0) { // has been good once
            (void)brc_wall_pose_set(s, -1 - column, pose, pose + 3, pose + 7, pose + 10);
            continue;
        }
        memcpy(*c[column].base, a->log[k].data, size_of(s, &c[column]));
        if (column == COLUMN_POS) s->lists_valid = false;
    }
    return k;
}

// What is next in the log of any rank: whether something was written at the end of this step, in the middle of the
// next one, and before which step nothing was. The log goes by slots, so until all of it is written again nobody moves
// to another one or to another rank.
static brc_status look_into_log(const device_away* a, brc_sim* s, int64_t k, bool still, bool* between, bool* hook,
                                int64_t* until)
{
    const device_written* next = k < a->log_count ? &a->log[k] : NULL;
    const bool due = next && next->step == s->step;
    int64_t v[4] = {due && !next->hook, due && next->hook, next && next->step < *until ? -next->step : -*until,
                    next != NULL};
    if (brc_shared(s)) BRC_TRY(brc_comm_max(s->comm, v, 4));
    s->domain.still = still || v[3];
    *between = v[0], *hook = v[1], *until = -v[2];
    return BRC_OK;
}

brc_status brc_device_replay(brc_device* d, brc_sim* s, int64_t until)
{
    const device_away* a = &d->away;
    const bool still = s->domain.still;
    int64_t k = 0, done;
    brc_status status = BRC_OK;
    if (until > s->step) d->whole = s->step;
    while (status == BRC_OK) {
        const bool mine = k < a->log_count && a->log[k].step == s->step;
        bool between, hook;
        int64_t next = until;
        status = look_into_log(a, s, k, still, &between, &hook, &next);
        if (status != BRC_OK) break;
        if (between) {
            if (mine && !a->log[k].hook) k = write_again(d, s, k);
            continue;
        }
        if (s->step >= until) break;
        if (hook) {
            status = brc_host_begin(s);
            if (status == BRC_OK) status = brc_book_hooks(s);
            if (status != BRC_OK) break;
            if (mine) k = write_again(d, s, k);
            status = brc_host_end(s);
            d->whole += status == BRC_OK;
            continue;
        }
        status = brc_host_steps(s, next - s->step, &done);
        d->whole += done;
        if (status == BRC_INTERRUPTED && s->step < until) status = BRC_OK; // these steps have been done before
    }
    s->domain.still = still;
    brc_device_forget(d);
    return status;
}

// The state is in the middle of a step now, as `begin` of simulation.c leaves it.
static brc_status come_home_halfway(brc_device* d, brc_sim* s)
{
    int64_t sum[9];
    BRC_TRY(brc_exits_find(s));
    for (int i = 0; i < s->worker_count; i++) {
        worker* w = &s->workers[i];
        w->moved_to = w->begin, w->range_slot = -1;
        memset(w->virial, 0, sizeof w->virial);
    }
    if (s->cell.ordered && d->in_cell) {
        BRC_TRY(brc_gpu_read(d->gpu, d->status, 4 * STATUS_VIRIAL, sum, sizeof sum));
        memcpy(s->workers[0].virial, sum, sizeof sum);
        brc_cell_sum(s);
    }
    return BRC_OK;
}

static brc_status take(brc_device* d, brc_sim* s, const uint32_t status[STATUS_WORDS], bool half,
                       const device_back* back)
{
    BRC_TRY(brc_device_put(d, s, status, half, back));
    if (brc_shared(s)) brc_domain_looked(s);
    if (half) return come_home_halfway(d, s);
    if (!brc_shared(s)) BRC_TRY(brc_bonds_settle(s)); // else all ranks together, before
    for (int i = 0; i < s->worker_count; i++) s->workers[i].flags = 0;
    return BRC_OK;
}

static brc_status come_home(brc_device* d, brc_sim* s)
{
    uint32_t status[STATUS_WORDS];
    device_back back;
    const bool half = d->away.half;
    BRC_TRY(brc_gpu_read(d->gpu, d->status, 0, status, sizeof status));
    brc_status result = brc_device_read(d, s, status, half, &back);
    if (result == BRC_OK) result = take(d, s, status, half, &back);
    brc_device_back_free(&back);
    return result;
}

// What the script has written and not yet sent, over what has come home.
typedef struct unsent {
    void* data[BRC_COLUMNS_MAX];
} unsent;

static brc_status set_aside(brc_device* d, brc_sim* s, unsent* out)
{
    brc_column c[BRC_COLUMNS_MAX];
    const int columns = brc_particles_columns(s, c);
    memset(out, 0, sizeof *out);
    for (int k = 0; k < columns; k++) {
        if (!(d->away.written & bit(k))) continue;
        out->data[k] = brc_alloc_unset(size_of(s, &c[k]) + 1);
        BRC_CHECK(out->data[k], BRC_ERR_MEMORY, "no memory for what the script has written");
        memcpy(out->data[k], *c[k].base, size_of(s, &c[k]));
    }
    return BRC_OK;
}

static void put_back(brc_sim* s, unsent* from)
{
    brc_column c[BRC_COLUMNS_MAX];
    const int columns = brc_particles_columns(s, c);
    for (int k = 0; k < columns; k++) {
        if (from->data[k]) memcpy(*c[k].base, from->data[k], size_of(s, &c[k]));
        brc_free(from->data[k]);
    }
}

// The processor comes to the same place from the state that was last here.
static brc_status come_another_way(brc_device* d, brc_sim* s)
{
    const int64_t step = s->step;
    const bool half = d->away.half;
    s->in_step = false;
    brc_device_retreat(d, s);
    BRC_TRY(brc_device_replay(d, s, step));
    if (!half) return BRC_OK;
    BRC_TRY(brc_host_begin(s));
    return brc_book_hooks(s);
}

// The device has been lost, or does not give the state back.
static brc_status catch_up(brc_device* d, brc_sim* s)
{
    brc_device_warn_lost(d, s);
    BRC_TRY(come_another_way(d, s));
    return brc_device_refuse_later(d, brc_device_reopen(d, s));
}

// The same of all ranks. failed: this one's device.
static brc_status catch_up_all(brc_device* d, brc_sim* s, bool failed)
{
    const int64_t step = s->step;
    const bool half = d->away.half;
    if (failed) brc_device_warn_lost(d, s);
    s->in_step = false;
    brc_device_retreat(d, s);
    brc_status status = brc_comm_agree(s->comm, brc_domain_release(s));
    s->domain.next_flags = 0;
    s->domain.still = true; // a function of the script goes on with these slots
    if (status == BRC_OK) status = brc_device_replay(d, s, step);
    if (status == BRC_OK && half) status = brc_host_begin(s);
    s->domain.still = false;
    BRC_TRY(status);
    return brc_device_refuse_later(d, brc_comm_agree(s->comm, failed ? brc_device_reopen(d, s) : BRC_OK));
}

// What follows from what has come on all ranks.
static brc_status have_come_home(brc_device* d, brc_sim* s)
{
    BRC_TRY(brc_device_bonds_part(d, s));
    if (!s->in_step) return BRC_OK;
    s->domain.leaving = s->leaving_count, s->domain.astray = 0;
    return brc_domain_sum(s, &s->domain.leaving);
}

// Nobody takes what comes before all have read theirs.
static brc_status come_home_all(brc_device* d, brc_sim* s)
{
    uint32_t status[STATUS_WORDS];
    device_back back = {0};
    const bool half = d->away.half;
    brc_status result = brc_gpu_read(d->gpu, d->status, 0, status, sizeof status);
    if (result == BRC_OK) result = brc_device_read(d, s, status, half, &back);
    int64_t v[2] = {result != BRC_OK && result != BRC_ERR_DEVICE, result == BRC_ERR_DEVICE};
    const brc_status met = brc_comm_max(s->comm, v, 2);
    if (met == BRC_OK && !v[0] && !v[1]) result = take(d, s, status, half, &back);
    brc_device_back_free(&back);
    BRC_TRY(met);
    if (v[0] || !v[1]) BRC_TRY(brc_comm_agree(s->comm, result));
    return v[1] ? catch_up_all(d, s, result == BRC_ERR_DEVICE) : have_come_home(d, s);
}

brc_status brc_device_home_all(brc_sim* s)
{
    brc_device* d = s->device;
    unsent script = {0};
    int64_t v[2] = {brc_device_is_away(s), !brc_device_is_away(s)};
    BRC_TRY(brc_comm_max(s->comm, v, 2));
    d->hooked = false;
    if (!v[0]) return BRC_OK;
    brc_status status = v[1] ? brc_device_home(s) : set_aside(d, s, &script); // v[1]: a rank has come before, alone
    status = brc_comm_agree(s->comm, status);
    if (status == BRC_OK) status = v[1] ? have_come_home(d, s) : come_home_all(d, s);
    put_back(s, &script);
    brc_device_forget(d);
    brc_fields_update(s);
    if (s->in_step) brc_fields_lock(s, true);
    if (status != BRC_OK) s->failed = true;
    return status;
}

brc_status brc_device_home(brc_sim* s)
{
    brc_device* d = s->device;
    unsent script;
    if (!brc_device_is_away(s)) return BRC_OK;
    BRC_TRY(set_aside(d, s, &script));
    // What the energy book has noted in this step lies on the device in the order of its rows: the processor notes its
    // own.
    brc_status status = s->book && d->away.half ? come_another_way(d, s) : come_home(d, s);
    // Of several ranks the others are not here.
    if (status == BRC_ERR_DEVICE && !brc_shared(s)) status = catch_up(d, s);
    put_back(s, &script);
    brc_device_forget(d);
    brc_fields_update(s);
    if (s->in_step) brc_fields_lock(s, true);
    if (status != BRC_OK) s->failed = true;
    return status;
}

bool brc_device_is_away(const brc_sim* s) { return s->device && (s->device->away.is || s->device->away.half); }

bool brc_device_is_halfway(const brc_sim* s) { return s->device && s->device->away.half; }

void brc_device_stay(brc_device* d, bool stays) { d->away.stays = stays; }

brc_status brc_device_field(brc_sim* s, brc_field* f, bool write)
{
    brc_device* d = s->device;
    brc_column c[BRC_COLUMNS_MAX];
    const int columns = brc_particles_columns(s, c);
    const uint32_t wanted = columns_of(s, f);
    brc_status status = BRC_OK;
    if (!brc_device_is_away(s)) return BRC_OK;
    d->away.liked |= wanted;
    for (int k = 0; k < columns && status == BRC_OK; k++)
        if (wanted & bit(k)) status = fetch(d, s, k, &c[k]);
    if (status == BRC_ERR_DEVICE && !brc_shared(s)) return brc_device_home(s); // the whole state, or by another way
    BRC_TRY(status);
    f->count = s->count;
    if (!write || !brc_field_is_open(s, f, s->in_step)) return BRC_OK;
    for (int k = 0; k < columns; k++)
        if (wanted & bit(k)) BRC_TRY(keep(d, s, k, &c[k]));
    d->away.written |= wanted;
    f->writable = 1;
    return BRC_OK;
}
