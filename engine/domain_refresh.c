// domain_refresh.c -- what ranks tell each other in each step: where particles are that another one has near its own.
// Ranks of one machine read it where it has been written (board.h), the others get messages.
#include "sim.h"
#include <stdatomic.h>
#include <string.h>

// Places, radii (a dead particle's is NaN), both velocities without what never changes, and the fields of the law. The
// sizes are known to the compiler where it copies.
static inline char* put_motion(char* to, const brc_sim* s, int64_t slot, size_t three, size_t four)
{
    const char* row = (const char*)s->vel + 4 * four * (size_t)slot;
    memcpy(to, s->pos + 4 * slot, 4 * sizeof(double));
    to += 4 * sizeof(double);
    for (int k = 0; k < 4; k++, to += three) memcpy(to, row + (size_t)k * four, three);
    return to;
}
static inline const char* get_motion(const char* from, brc_sim* s, int64_t slot, size_t three, size_t four)
{
    char* row = (char*)s->vel + 4 * four * (size_t)slot;
    memcpy(s->pos + 4 * slot, from, 4 * sizeof(double));
    from += 4 * sizeof(double);
    for (int k = 0; k < 4; k++, from += three) memcpy(row + (size_t)k * four, from, three);
    return from;
}

static int64_t motion_width(const brc_sim* s)
{
    return (int64_t)(4 * sizeof(double) + 12 * s->real) + s->law->info.field_count * (int64_t)sizeof(double);
}

static void put_rows(const brc_sim* s, char* to, const int32_t* slots, int64_t count)
{
    const int fields = s->law->info.field_count;
    const bool single = s->real == sizeof(float);
    for (int64_t k = 0; k < count; k++) {
        const int64_t slot = slots[k];
        to = single ? put_motion(to, s, slot, 12, 16) : put_motion(to, s, slot, 24, 32);
        for (int j = 0; j < fields; j++, to += sizeof(double))
            memcpy(to, &s->user[s->law_field[j]].value[slot], sizeof(double));
    }
}

// slots: NULL: one after the other, from `first` on.
static void get_rows(brc_sim* s, const char* from, const int32_t* slots, int64_t first, int64_t count)
{
    const int fields = s->law->info.field_count;
    const bool single = s->real == sizeof(float);
    for (int64_t k = 0; k < count; k++) {
        const int64_t slot = slots ? slots[k] : first + k;
        from = single ? get_motion(from, s, slot, 12, 16) : get_motion(from, s, slot, 24, 32);
        for (int j = 0; j < fields; j++, from += sizeof(double))
            memcpy(&s->user[s->law_field[j]].value[slot], from, sizeof(double));
    }
}

// ---- boards ----------------------------------------------------------------------------------------------

// Half of a board is read while the other one is written. Only what is sent early (send_motion) stands there, and each
// early send is followed by the all-reduce of its step: who has come out of that finds the rows, and takes them before
// his next one. So who writes a half again has been through an all-reduce that all its readers entered after reading.
static int64_t half_of(int64_t size, int64_t turn) { return (turn & 1) * (size / 2); }

typedef struct board_note { // to each rank near: where its rows stand
    char name[BRC_BOARD_NAME];
    int64_t size, row;
    int64_t fresh; // 1: it has to be opened
} board_note;

void brc_domain_unlink(sim_domain* d)
{
    for (int32_t k = 0; k < d->link_count; k++) brc_board_close(d->link[k].board, d->link[k].board_size);
    brc_board_free(&d->board); // other ranks have to open the next one
    d->link_count = 0;
    d->board_known = false;
}

static brc_status tell(brc_sim* s, const void* mine, void* theirs, int64_t width, bool from_me, int32_t tag)
{
    sim_domain* d = &s->domain;
    brc_message *out = d->message, *in = brc_domain_incoming(d);
    for (int32_t k = 0; k < d->link_count; k++) {
        const domain_link* l = &d->link[k];
        const bool to_them = tag == TAG_BOARD || l->board_fresh, to_me = tag == TAG_BOARD || from_me;
        out[k] = (brc_message){(char*)(uintptr_t)mine + k * width, to_them ? width : 0, l->rank, tag};
        in[k] = (brc_message){(char*)theirs + k * width, to_me ? width : 0, l->rank, tag};
    }
    BRC_TRY(brc_comm_start(s->comm, out, d->link_count, in, d->link_count));
    return brc_comm_finish(s->comm);
}

static void take_note(domain_link* l, const board_note* note)
{
    l->board_row = note->row;
    l->board_fresh = note->fresh != 0;
    if (!note->fresh) return;
    brc_board_close(l->board, l->board_size);
    l->board_size = note->size;
    l->board = brc_board_open(note->name, note->size);
}

// A board with room for what this rank sends, known to those who read it.
static brc_status share_board(brc_sim* s)
{
    sim_domain* d = &s->domain;
    const int64_t width = motion_width(s), need = 2 * d->near_send_count * width;
    const bool fresh = !d->board_known || need > d->board.size;
    if (fresh) {
        brc_board_free(&d->board);
        brc_board_make(&d->board, (need + need / 4 + 256) / 256 * 256);
    }
    d->board_width = width, d->board_known = true;
    board_note* notes = BRC_NEW(2 * (int64_t)d->link_count + 1, board_note);
    char* opened = BRC_NEW(2 * (int64_t)d->link_count + 1, char);
    brc_status status = notes && opened ? BRC_OK : BRC_ERR_MEMORY;
    if (status != BRC_OK) brc_error_set(__FILE__, __LINE__, __func__, "no memory for %d ranks nearby", d->link_count);
    status = brc_comm_agree(s->comm, status);
    for (int32_t k = 0; k < d->link_count && status == BRC_OK; k++) {
        notes[k] =
            (board_note){.size = d->board.at ? d->board.size : 0, .row = d->link[k].near_out_first, .fresh = fresh};
        memcpy(notes[k].name, d->board.name, sizeof d->board.name);
    }
    if (status == BRC_OK) status = tell(s, notes, notes + d->link_count, sizeof *notes, true, TAG_BOARD);
    for (int32_t k = 0; k < d->link_count && status == BRC_OK; k++) {
        take_note(&d->link[k], &notes[d->link_count + k]);
        opened[k] = d->link[k].board != NULL;
    }
    if (status == BRC_OK) status = tell(s, opened, opened + d->link_count, 1, fresh, TAG_OPENED);
    for (int32_t k = 0; k < d->link_count && status == BRC_OK && fresh; k++)
        d->link[k].board_read = opened[d->link_count + k] != 0;
    brc_board_hide(&d->board);
    brc_free(notes), brc_free(opened);
    return status;
}

// ---- the refresh -----------------------------------------------------------------------------------------

// early: before ranks share the numbers of a step, and taken after that: what stands on a board by then can be read.
static brc_status send_motion(brc_sim* s, bool near, bool early)
{
    const double t0 = brc_seconds();
    sim_domain* d = &s->domain;
    const int64_t width = motion_width(s);
    const bool boards = near && early && d->board_known && d->board_width == width;
    brc_message *out = d->message, *in = brc_domain_incoming(d);
    d->board_turn += boards;
    for (int32_t k = 0; k < d->link_count; k++) {
        const domain_link* l = &d->link[k];
        const int64_t first = near ? l->near_out_first : l->out_first, sent = near ? l->near_out_count : l->out_count;
        const int64_t start = near ? l->near_in_first : l->in_first, coming = near ? l->near_in_count : l->in_count;
        const bool written = boards && l->board_read, read = boards && l->board;
        char* to = (written ? d->board.at + half_of(d->board.size, d->board_turn) : d->out) + first * width;
        put_rows(s, to, (near ? d->near_send : d->send) + first, sent);
        out[k] = (brc_message){to, written ? 0 : sent * width, l->rank, TAG_REFRESH};
        in[k] = (brc_message){d->in + start * width, read ? 0 : coming * width, l->rank, TAG_REFRESH};
        d->told.bytes += sent * width;
        d->told.messages += sent > 0;
    }
    d->told.pack_seconds += brc_seconds() - t0;
    d->sending = true, d->sending_near = near, d->sending_boards = boards;
    atomic_thread_fence(memory_order_seq_cst); // boards are written before anything is said
    return brc_comm_start(s->comm, out, d->link_count, in, d->link_count);
}

static brc_status take_motion(brc_sim* s)
{
    sim_domain* d = &s->domain;
    const bool near = d->sending_near;
    const int64_t width = motion_width(s);
    d->sending = false;
    BRC_TRY(brc_comm_finish(s->comm));
    atomic_thread_fence(memory_order_seq_cst);
    const double t0 = brc_seconds();
    for (int32_t k = 0; k < d->link_count; k++) {
        const domain_link* l = &d->link[k];
        const int64_t first = near ? l->near_in_first : l->in_first, count = near ? l->near_in_count : l->in_count;
        const char* from = d->sending_boards && l->board
                               ? l->board + half_of(l->board_size, d->board_turn) + l->board_row * width
                               : d->in + first * width;
        get_rows(s, from, near ? d->near_in + first : NULL, s->count + first, count);
    }
    d->told.pack_seconds += brc_seconds() - t0;
    return BRC_OK;
}

brc_status brc_domain_send(brc_sim* s) { return send_motion(s, s->domain.near_made, true); }

brc_status brc_domain_refresh(brc_sim* s)
{
    if (!s->domain.sending) BRC_TRY(send_motion(s, s->domain.near_made, false));
    return take_motion(s);
}

brc_status brc_domain_refresh_all(brc_sim* s)
{
    if (!s->domain.near_made) return BRC_OK; // the step has
    BRC_TRY(send_motion(s, false, false));
    return take_motion(s);
}

void brc_domain_hush(brc_sim* s)
{
    if (s->domain.sending) (void)brc_comm_finish(s->comm);
    s->domain.sending = false;
}

// ---- who is wanted ---------------------------------------------------------------------------------------

// Which ghosts the near lists of contacts across the cut name; all of them where bonds may reach any.
static void mark_wanted(const brc_sim* s, char* wanted)
{
    memset(wanted, s->bonds.count > 0, (size_t)s->ghosts);
    for (int i = 0; i < s->worker_count; i++) {
        const near_list* list = &s->workers[i].near[BRC_BORDER];
        for (int64_t k = 0; k < list->count; k++) {
            if (list->a[k] >= s->count) wanted[list->a[k] - s->count] = 1;
            if (list->b[k] >= s->count) wanted[list->b[k] - s->count] = 1;
        }
    }
}

// A byte for each ghost goes to its owner: whether it is wanted in each step.
brc_status brc_domain_near(brc_sim* s)
{
    sim_domain* d = &s->domain;
    char *out = d->in, *in = d->out; // what goes back takes the room of what came
    brc_message *sent = d->message, *coming = brc_domain_incoming(d);
    const int64_t width = sizeof(int32_t);
    brc_status status = brc_domain_room((void**)&d->near_send, &d->near_send_size, d->send_count * width);
    if (status == BRC_OK) status = brc_domain_room((void**)&d->near_in, &d->near_in_size, s->ghosts * width);
    BRC_TRY(brc_comm_agree(s->comm, status));
    mark_wanted(s, out);
    for (int32_t k = 0; k < d->link_count; k++) {
        const domain_link* l = &d->link[k];
        sent[k] = (brc_message){out + l->in_first, l->in_count, l->rank, TAG_NEAR};
        coming[k] = (brc_message){in + l->out_first, l->out_count, l->rank, TAG_NEAR};
        d->told.bytes += l->in_count;
        d->told.messages += l->in_count > 0;
    }
    BRC_TRY(brc_comm_start(s->comm, sent, d->link_count, coming, d->link_count));
    BRC_TRY(brc_comm_finish(s->comm));
    d->near_send_count = d->near_in_count = 0;
    for (int32_t k = 0; k < d->link_count; k++) {
        domain_link* l = &d->link[k];
        l->near_out_first = d->near_send_count, l->near_in_first = d->near_in_count;
        for (int64_t i = l->out_first; i < l->out_first + l->out_count; i++)
            if (in[i]) d->near_send[d->near_send_count++] = d->send[i];
        for (int64_t i = l->in_first; i < l->in_first + l->in_count; i++)
            if (out[i]) d->near_in[d->near_in_count++] = (int32_t)(s->count + i);
        l->near_out_count = d->near_send_count - l->near_out_first;
        l->near_in_count = d->near_in_count - l->near_in_first;
    }
    d->near_made = true;
    return share_board(s);
}
