// domain_move.c -- particles that change their rank, with all that belongs to them: columns, the memory of their
// contacts with others and with walls, bonds. And contacts with ghosts, which are parked by id while ghosts are remade.
//
// Both ranks of a contact across the cut hold its memory, with the same bits, so a particle takes a copy of the memory
// of each of its contacts along, and what its partner needs stays.
#include "sim.h"
#include <stdlib.h>
#include <string.h>

enum { TAG_MOVE = 8 };

static size_t row_size(const brc_sim* s) { return (size_t)s->history_count * s->real; }

static void copy_out(const brc_sim* s, char* row, void* const* history, int64_t k)
{
    for (int h = 0; h < s->history_count; h++)
        memcpy(row + (size_t)h * s->real, (const char*)history[h] + (size_t)k * s->real, s->real);
}
static void copy_in(const brc_sim* s, void* const* history, int64_t k, const char* row)
{
    for (int h = 0; h < s->history_count; h++)
        memcpy((char*)history[h] + (size_t)k * s->real, row + (size_t)h * s->real, s->real);
}

// ---- contacts that are parked ----------------------------------------------------------------------------

static brc_status park(brc_sim* s, int64_t other, int32_t self, bool lower, char** row)
{
    far_list* p = &s->domain.parked;
    const size_t width = row_size(s);
    if (p->count == p->capacity) {
        const size_t n = (size_t)p->count, more = 2 * n + 256;
        BRC_TRY(brc_grow_unset((void**)&p->at, n * sizeof *p->at, more * sizeof *p->at));
        BRC_TRY(brc_grow_unset((void**)&p->history, n * width, more * width + 1));
        p->capacity = (int64_t)more;
    }
    *row = p->history + (size_t)p->count * width;
    p->at[p->count++] = (far_contact){other, self, lower};
    return BRC_OK;
}

brc_status brc_domain_park(brc_sim* s, int64_t other, int32_t self, bool lower, const char* row)
{
    char* to;
    BRC_TRY(park(s, other, self, lower, &to));
    if (row_size(s)) memcpy(to, row, row_size(s));
    return BRC_OK;
}

void brc_domain_forget(brc_sim* s)
{
    far_list* p = &s->domain.parked;
    brc_free(p->at), brc_free(p->history); // rows may get another width
    memset(p, 0, sizeof *p);
}

brc_status brc_domain_release(brc_sim* s)
{
    if (s->comm->size == 1) return BRC_OK;
    s->lists_valid = s->domain.near_made = false;
    for (int i = 0; i < s->worker_count && s->ghosts; i++)
        for (int l = 0; l < BRC_NEAR_LISTS; l++) {
            near_list* list = &s->workers[i].near[l];
            for (int64_t k = 0; k < list->count; k++) {
                const int32_t a = list->a[k], b = list->b[k];
                char* row;
                if (a < s->count && b < s->count) continue;
                if (list->touching[k] && a >= 0 && b >= 0) {
                    const bool lower = a < s->count;
                    BRC_TRY(park(s, s->id[lower ? b : a], lower ? a : b, lower, &row));
                    copy_out(s, row, list->history, k);
                }
                list->a[k] = list->b[k] = -1;
            }
        }
    s->ghosts = 0;
    return BRC_OK;
}

void brc_domain_renumber(brc_sim* s)
{
    sim_domain* d = &s->domain;
    far_list* p = &d->parked;
    const size_t width = row_size(s);
    int64_t kept = 0;
    for (int64_t k = 0; k < p->count; k++) {
        const int32_t self = s->remap[p->at[k].self];
        if (self < 0) continue;
        p->at[kept] = p->at[k];
        p->at[kept].self = self;
        if (kept != k) memcpy(p->history + (size_t)kept * width, p->history + (size_t)k * width, width);
        kept++;
    }
    p->count = kept;
    for (int64_t k = 0; k < d->arrived_count; k++) d->arrived[k] = s->remap[d->arrived[k]];
}

// ---- a table of ids: ghosts, and what has come -------------------------------------------------------------

typedef struct id_table {
    int64_t* id; // 0: free
    int32_t* slot;
    int64_t size;
} id_table;

static uint64_t place_of(int64_t id)
{
    const uint64_t x = ((uint64_t)id ^ ((uint64_t)id >> 31)) * 0x9e3779b97f4a7c15u;
    return x ^ (x >> 29);
}
static void enter(id_table* t, const brc_sim* s, int64_t slot)
{
    uint64_t at = place_of(s->id[slot]);
    while (t->id[at & (uint64_t)(t->size - 1)]) at++;
    t->id[at & (uint64_t)(t->size - 1)] = s->id[slot];
    t->slot[at & (uint64_t)(t->size - 1)] = (int32_t)slot;
}
static int32_t look_up(const id_table* t, int64_t id)
{
    for (uint64_t at = place_of(id);; at++) {
        const int64_t there = t->id[at & (uint64_t)(t->size - 1)];
        if (there == id) return t->slot[at & (uint64_t)(t->size - 1)];
        if (!there) return -1;
    }
}

static int32_t find_ghost(const void* table, int64_t id) { return look_up(table, id); }

static brc_status table_make(id_table* t, int64_t count)
{
    t->size = 64;
    while (t->size < 2 * count + 2) t->size *= 2;
    t->id = BRC_NEW(t->size, int64_t);
    t->slot = BRC_NEW(t->size, int32_t);
    BRC_CHECK(t->id && t->slot, BRC_ERR_MEMORY, "no memory for a table of %" PRId64 " ghosts", count);
    return BRC_OK;
}

brc_status brc_domain_bonds(brc_sim* s, bool* missing)
{
    id_table t = {0};
    *missing = false;
    if (!s->bonds.count) return BRC_OK;
    brc_status status = table_make(&t, s->ghosts);
    for (int64_t k = s->count; k < s->count + s->ghosts && status == BRC_OK; k++) enter(&t, s, k);
    if (status == BRC_OK) status = brc_bonds_place(s, find_ghost, &t, missing);
    brc_free(t.id), brc_free(t.slot);
    return status;
}

typedef struct pair_of_far { // for putting them in order: a contact may have come twice
    int32_t a, b;
    int64_t from;
} pair_of_far;
static int by_pair(const void* pa, const void* pb)
{
    const pair_of_far *x = pa, *y = pb;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    if (x->b != y->b) return x->b < y->b ? -1 : 1;
    return (x->from > y->from) - (x->from < y->from);
}

static brc_status unpark(brc_sim* s, id_table* t, pair_of_far* pair)
{
    far_list* p = &s->domain.parked;
    near_list* list = &s->workers[0].near[BRC_BORDER];
    int64_t n = 0;
    for (int64_t k = 0; k < s->domain.arrived_count; k++)
        if (s->domain.arrived[k] >= 0) enter(t, s, s->domain.arrived[k]);
    for (int64_t k = s->count; k < s->count + s->ghosts; k++) enter(t, s, k);
    for (int64_t k = 0; k < p->count; k++) {
        const int32_t other = look_up(t, p->at[k].other), self = p->at[k].self;
        if (other < 0) continue; // out of reach: no contact any more
        pair[n++] = (pair_of_far){p->at[k].lower ? self : other, p->at[k].lower ? other : self, k};
    }
    qsort(pair, (size_t)n, sizeof *pair, by_pair);
    BRC_TRY(brc_near_reserve(s, list, list->count + n));
    for (int64_t k = 0; k < n; k++) {
        if (k > 0 && pair[k].a == pair[k - 1].a && pair[k].b == pair[k - 1].b) continue;
        const int64_t at = list->count++;
        list->a[at] = pair[k].a, list->b[at] = pair[k].b;
        list->row[at] = 0; // nobody asks: these lists are about to become the old ones
        list->touching[at] = 1;
        copy_in(s, list->history, at, p->history + (size_t)pair[k].from * row_size(s));
    }
    return BRC_OK;
}

brc_status brc_domain_unpark(brc_sim* s)
{
    sim_domain* d = &s->domain;
    id_table t = {0};
    if (!d->parked.count) {
        d->arrived_count = 0;
        return BRC_OK;
    }
    pair_of_far* pair = BRC_NEW(d->parked.count, pair_of_far);
    brc_status status = table_make(&t, s->ghosts + d->arrived_count);
    if (status == BRC_OK && pair) status = unpark(s, &t, pair);
    else if (status == BRC_OK) {
        brc_error_set(__FILE__, __LINE__, __func__, "no memory for contacts across the cut");
        status = BRC_ERR_MEMORY;
    }
    brc_free(t.id), brc_free(t.slot), brc_free(pair);
    d->parked.count = d->arrived_count = 0;
    return status;
}

// ---- parcels -----------------------------------------------------------------------------------------------

enum { PARTICLES, CONTACTS, TOUCHES, BONDS, SECTIONS };
typedef struct bytes {
    char* p;
    int64_t size, room;
} bytes;
typedef struct parcel {
    int32_t rank;
    int64_t count[SECTIONS];
    bytes section[SECTIONS];
} parcel;
typedef struct mail {
    parcel* out;
    int32_t count, capacity;
    int32_t* parcel_of;  // [rank]; -1: none
    int32_t *to, *index; // [slot] parcel, -1: stays; which of its particles
} mail;

static brc_status append(parcel* p, int section, size_t width, char** at)
{
    bytes* b = &p->section[section];
    if (b->size + (int64_t)width > b->room) {
        const int64_t more = 2 * b->room + (int64_t)width + 1024;
        BRC_TRY(brc_grow_unset((void**)&b->p, (size_t)b->size, (size_t)more));
        b->room = more;
    }
    *at = b->p + b->size;
    b->size += (int64_t)width;
    p->count[section]++;
    return BRC_OK;
}

static brc_status parcel_for(mail* m, int32_t rank, int32_t* out)
{
    if (m->parcel_of[rank] < 0) {
        if (m->count == m->capacity) {
            const size_t n = (size_t)m->count, more = 2 * n + 8;
            BRC_TRY(brc_grow((void**)&m->out, n * sizeof *m->out, more * sizeof *m->out));
            m->capacity = (int32_t)more;
        }
        m->out[m->count] = (parcel){.rank = rank};
        m->parcel_of[rank] = m->count++;
    }
    *out = m->parcel_of[rank];
    return BRC_OK;
}

// Padded so that what follows is aligned.
static size_t particle_width(brc_sim* s, brc_column c[BRC_COLUMNS_MAX], int* columns)
{
    size_t width = 0;
    *columns = brc_particles_columns(s, c);
    for (int i = 0; i < *columns; i++) width += c[i].width;
    return width;
}

static brc_status address(brc_sim* s, mail* m)
{
    brc_column c[BRC_COLUMNS_MAX];
    int columns;
    const size_t width = particle_width(s, c, &columns);
    for (int64_t i = 0; i < s->count; i++) {
        int32_t rank;
        char* at;
        m->to[i] = -1;
        if (!brc_alive(s, i)) continue;
        rank = brc_domain_owner(s, s->pos + 4 * i);
        if (rank == s->comm->rank) continue;
        BRC_TRY(parcel_for(m, rank, &m->to[i]));
        m->index[i] = (int32_t)m->out[m->to[i]].count[PARTICLES];
        BRC_TRY(append(&m->out[m->to[i]], PARTICLES, width, &at));
        for (int k = 0; k < columns; at += c[k].width, k++)
            memcpy(at, (char*)*c[k].base + (size_t)i * c[k].width, c[k].width);
    }
    return BRC_OK;
}

static brc_status send_contact(brc_sim* s, mail* m, int32_t self, int64_t other, bool lower, char** row)
{
    char* at;
    const far_contact c = {other, m->index[self], lower};
    BRC_TRY(append(&m->out[m->to[self]], CONTACTS, sizeof c + row_size(s), &at));
    memcpy(at, &c, sizeof c);
    *row = at + sizeof c;
    return BRC_OK;
}

// Contacts between own particles of which one or both leave: a copy to each that leaves, unless both go the same way;
// and one that stays for whoever stays.
static brc_status send_contacts(brc_sim* s, mail* m)
{
    for (int i = 0; i < s->worker_count; i++)
        for (int l = 0; l < BRC_NEAR_LISTS; l++) {
            const worker* w = &s->workers[i];
            near_list* list = &s->workers[i].near[l];
            for (int64_t k = 0; k < list->count; k++) {
                char* row;
                if (!brc_near_kept(s, w, list, k)) continue;
                const int32_t a = list->a[k], b = list->b[k];
                if (!brc_alive(s, a) || !brc_alive(s, b) || (m->to[a] < 0 && m->to[b] < 0)) continue;
                if (m->to[a] >= 0) {
                    BRC_TRY(send_contact(s, m, a, s->id[b], true, &row));
                    copy_out(s, row, list->history, k);
                }
                if (m->to[b] >= 0 && m->to[b] != m->to[a]) {
                    BRC_TRY(send_contact(s, m, b, s->id[a], false, &row));
                    copy_out(s, row, list->history, k);
                }
                if (m->to[a] < 0 || m->to[b] < 0) {
                    const bool lower = m->to[a] < 0;
                    BRC_TRY(park(s, s->id[lower ? b : a], lower ? a : b, lower, &row));
                    copy_out(s, row, list->history, k);
                }
                list->touching[k] = 0;
            }
        }
    return BRC_OK;
}

static brc_status send_parked(brc_sim* s, mail* m, int64_t count)
{
    const far_list* p = &s->domain.parked;
    for (int64_t k = 0; k < count; k++) { // of those that stay, renumbering drops what has gone
        char* row;
        const far_contact* c = &p->at[k];
        if (m->to[c->self] < 0) continue;
        BRC_TRY(send_contact(s, m, c->self, c->other, c->lower, &row));
        memcpy(row, p->history + (size_t)k * row_size(s), row_size(s));
    }
    return BRC_OK;
}

static brc_status send_touches(brc_sim* s, mail* m)
{
    for (int i = 0; i < s->worker_count; i++) {
        const touch_list* list = &s->workers[i].touches;
        for (int64_t k = 0; k < list->count; k++) {
            wall_touch t = list->touch[k];
            char* at;
            if (t.slot < 0 || m->to[t.slot] < 0) continue;
            const int32_t to = m->to[t.slot];
            t.slot = m->index[t.slot];
            BRC_TRY(append(&m->out[to], TOUCHES, sizeof t + row_size(s), &at));
            memcpy(at, &t, sizeof t);
            copy_out(s, at + sizeof t, list->history, k);
        }
    }
    return BRC_OK;
}

// A copy to each owner of an end; what stays here and has no end here any more is dropped when ends are found anew.
static brc_status send_bonds(brc_sim* s, mail* m)
{
    const bond_set* q = &s->bonds;
    for (int64_t i = 0; i < q->count; i++) {
        const int64_t a = q->at[i].own & 1 ? brc_particle_slot(s, q->at[i].a) : -1;
        const int64_t b = q->at[i].own & 2 ? brc_particle_slot(s, q->at[i].b) : -1;
        const int32_t to[2] = {a >= 0 ? m->to[a] : -1, b >= 0 ? m->to[b] : -1};
        for (int k = 0; k < 2; k++) {
            char* at;
            if (to[k] < 0 || (k && to[1] == to[0])) continue;
            BRC_TRY(append(&m->out[to[k]], BONDS, (size_t)brc_bonds_row_size(s), &at));
            brc_bonds_row_put(s, i, at);
        }
    }
    return BRC_OK;
}

static brc_status fill(brc_sim* s, mail* m)
{
    const int64_t parked = s->domain.parked.count;
    BRC_TRY(address(s, m));
    if (!m->count) return BRC_OK;
    BRC_TRY(send_parked(s, m, parked));
    BRC_TRY(send_contacts(s, m));
    BRC_TRY(send_touches(s, m));
    BRC_TRY(send_bonds(s, m));
    for (int64_t i = 0; i < s->count; i++)
        if (m->to[i] >= 0) s->pos[4 * i + 3] = NAN, s->dead++;
    return BRC_OK;
}

static void mail_free(mail* m)
{
    for (int32_t k = 0; k < m->count; k++)
        for (int i = 0; i < SECTIONS; i++) brc_free(m->out[k].section[i].p);
    brc_free(m->out), brc_free(m->parcel_of), brc_free(m->to), brc_free(m->index);
}

// ---- sending and unpacking ---------------------------------------------------------------------------------

static int64_t parcel_size(const parcel* p)
{
    int64_t size = SECTIONS * (int64_t)sizeof(int64_t);
    for (int i = 0; i < SECTIONS; i++) size += p->section[i].size;
    return size;
}

static brc_status unpack(brc_sim* s, const char* from)
{
    sim_domain* d = &s->domain;
    int64_t count[SECTIONS];
    brc_column c[BRC_COLUMNS_MAX];
    int columns;
    memcpy(count, from, sizeof count);
    from += sizeof count;
    BRC_TRY(brc_particles_reserve(s, s->count + count[PARTICLES]));
    if (d->arrived_count + count[PARTICLES] > d->arrived_capacity) {
        const size_t old = (size_t)d->arrived_count, more = old + (size_t)count[PARTICLES] + 256;
        BRC_TRY(brc_grow_unset((void**)&d->arrived, old * sizeof(int32_t), 2 * more * sizeof(int32_t)));
        d->arrived_capacity = (int64_t)(2 * more);
    }
    (void)particle_width(s, c, &columns);
    const int64_t first = s->count;
    for (int64_t i = 0; i < count[PARTICLES]; i++) {
        for (int k = 0; k < columns; from += c[k].width, k++)
            memcpy((char*)*c[k].base + (size_t)(first + i) * c[k].width, from, c[k].width);
        d->arrived[d->arrived_count++] = (int32_t)(first + i);
    }
    s->count += count[PARTICLES];
    for (int64_t i = 0; i < count[CONTACTS]; i++) {
        far_contact f;
        char* row;
        memcpy(&f, from, sizeof f);
        from += sizeof f;
        BRC_TRY(park(s, f.other, (int32_t)(first + f.self), f.lower, &row));
        memcpy(row, from, row_size(s));
        from += row_size(s);
    }
    touch_list* list = &s->workers[0].touches;
    BRC_TRY(brc_touches_reserve(s, list, list->count + count[TOUCHES]));
    for (int64_t i = 0; i < count[TOUCHES]; i++) {
        const int64_t at = list->count++;
        memcpy(&list->touch[at], from, sizeof(wall_touch));
        list->touch[at].slot += (int32_t)first;
        from += sizeof(wall_touch);
        copy_in(s, list->history, at, from);
        from += row_size(s);
    }
    for (int64_t i = 0; i < count[BONDS]; i++, from += brc_bonds_row_size(s)) BRC_TRY(brc_bonds_row_take(s, from));
    return BRC_OK;
}

// All parcels behind one another in `out`, and room for those to come in `in`.
static brc_status pack(const mail* m, int64_t* sizes, char** out)
{
    int64_t total = 0;
    for (int32_t k = 0; k < m->count; k++) total += sizes[m->out[k].rank] = parcel_size(&m->out[k]);
    char* to = *out = brc_alloc_unset((size_t)total + 1);
    BRC_CHECK(to, BRC_ERR_MEMORY, "no memory for particles that change their rank");
    for (int32_t k = 0; k < m->count; k++) {
        memcpy(to, m->out[k].count, sizeof m->out[k].count);
        to += sizeof m->out[k].count;
        for (int i = 0; i < SECTIONS; i++) {
            const bytes* b = &m->out[k].section[i];
            if (b->size) memcpy(to, b->p, (size_t)b->size);
            to += b->size;
        }
    }
    return BRC_OK;
}

static brc_status deliver(brc_sim* s, const mail* m, int64_t* sizes, char* out)
{
    const int32_t size = s->comm->size;
    int64_t* coming = BRC_NEW(size, int64_t);
    brc_message* message = BRC_NEW((size_t)m->count + (size_t)size, brc_message);
    brc_status status = coming && message ? BRC_OK : BRC_ERR_MEMORY;
    if (status != BRC_OK) brc_error_set(__FILE__, __LINE__, __func__, "no memory for messages to %d ranks", size);
    status = brc_comm_agree(s->comm, status);
    if (status == BRC_OK) status = brc_comm_swap(s->comm, sizes, coming);
    int64_t total = 0;
    for (int32_t k = 0; k < size && status == BRC_OK; k++) total += coming[k];
    char* in = status == BRC_OK ? brc_alloc_unset((size_t)total + 1) : NULL;
    if (status == BRC_OK && !in) {
        brc_error_set(__FILE__, __LINE__, __func__, "no memory for particles that change their rank");
        status = BRC_ERR_MEMORY;
    }
    status = brc_comm_agree(s->comm, status);
    int32_t ins = 0;
    if (status == BRC_OK) {
        char *from = out, *to = in;
        for (int32_t k = 0; k < m->count; k++) {
            const int32_t rank = m->out[k].rank;
            message[k] = (brc_message){from, sizes[rank], rank, TAG_MOVE};
            s->domain.told.bytes += sizes[rank], s->domain.told.messages++;
            s->domain.told.migrated += m->out[k].count[PARTICLES];
            from += sizes[rank];
        }
        for (int32_t k = 0; k < size; k++) {
            if (!coming[k]) continue;
            message[m->count + ins++] = (brc_message){to, coming[k], k, TAG_MOVE};
            to += coming[k];
        }
        status = brc_comm_start(s->comm, message, m->count, message + m->count, ins);
        if (status == BRC_OK) status = brc_comm_finish(s->comm);
    }
    for (int32_t k = 0; k < ins && status == BRC_OK; k++) status = unpack(s, message[m->count + k].data);
    brc_free(coming), brc_free(message), brc_free(in);
    return brc_comm_agree(s->comm, status);
}

brc_status brc_domain_migrate(brc_sim* s)
{
    mail m = {0};
    char* out = NULL;
    s->domain.arrived_count = 0;
    m.parcel_of = BRC_NEW(s->comm->size, int32_t);
    m.to = BRC_NEW(s->count + 1, int32_t);
    m.index = BRC_NEW(s->count + 1, int32_t);
    int64_t* sizes = BRC_NEW(s->comm->size, int64_t);
    brc_status status = BRC_OK;
    if (!m.parcel_of || !m.to || !m.index || !sizes) {
        brc_error_set(__FILE__, __LINE__, __func__, "no memory for particles that change their rank");
        status = BRC_ERR_MEMORY;
    }
    for (int32_t k = 0; k < s->comm->size && status == BRC_OK; k++) m.parcel_of[k] = -1;
    if (status == BRC_OK) status = fill(s, &m);
    if (status == BRC_OK) status = pack(&m, sizes, &out);
    status = brc_comm_agree(s->comm, status);
    if (status == BRC_OK) status = deliver(s, &m, sizes, out);
    brc_free(out), brc_free(sizes);
    mail_free(&m);
    return status;
}
