// meet.c -- meetings of ranks: each tells what it is about to do, and goes on when all are about to do the same. What
// they tell goes up a tree and the answer down again, by messages that are asked for and not waited for, so that a rank
// can say for whom it waits.
#include "base.h"
#include "comm.h"
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

enum { GROUPS = 8, MOST_CHILDREN = 31 }; // different things that are told apart; 2^31 ranks
enum { UP = 1, DOWN, NOTE, HERE };       // tags of messages

typedef struct packet {
    int64_t most[BRC_MEET_VALUES];
    int32_t groups, more; // more: ranks beyond those of the groups
    brc_meet_group group[GROUPS];
} packet;

typedef struct note {
    int32_t rank;
    char text[BRC_MEET_TEXT];
} note;

typedef struct child {
    int32_t rank;
    bool came;
    packet told;
    char last[BRC_MEET_TEXT]; // what it was about to do when it was seen
    note waits;               // for whom it waits; rank -1: for nobody
} child;

struct brc_meeting {
    brc_comm* comm; // for these messages only
    int32_t parent; // -1: the root
    int32_t count;
    child* children; // the ranks of a child and its children are adjacent
    packet here, result;
    bool open, told, over; // a meeting has begun, this rank has told its parent, the answer is there
    bool here_said;        // the root's to rank 1: that it waits as well
    double begun, noted;   // [s]
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int64_t length(const packet* p)
{
    return (int64_t)(offsetof(packet, group) + (size_t)p->groups * sizeof *p->group);
}

brc_status brc_meeting_open(brc_comm* comm, brc_meeting** out)
{
    brc_meeting* m = BRC_NEW(1, brc_meeting);
    *out = NULL;
    BRC_CHECK(m, BRC_ERR_MEMORY, "no memory for a meeting of ranks");
    m->children = BRC_NEW(MOST_CHILDREN, child);
    brc_status status = m->children ? brc_comm_split(comm, 0, &m->comm) : BRC_ERR_MEMORY;
    if (status != BRC_OK) {
        brc_free(m->children);
        brc_free(m);
        return status;
    }
    // Rank r has the children r + 1, r + 2, r + 4, ... below r + its lowest bit: the binomial tree.
    const int32_t rank = comm->rank, size = comm->size;
    m->parent = rank ? rank & (rank - 1) : -1;
    for (int64_t bit = 1; rank + bit < size && (rank == 0 || bit < (rank & -rank)); bit *= 2) {
        m->children[m->count].waits.rank = -1;
        m->children[m->count++].rank = (int32_t)(rank + bit);
    }
    *out = m;
    return BRC_OK;
}

void brc_meeting_close(brc_meeting* m)
{
    if (!m) return;
    if (m->comm != brc_comm_null()) brc_comm_destroy(m->comm);
    brc_free(m->children);
    brc_free(m);
}

// ---- what is told
// ------------------------------------------------------------------------------------------------------
static void add_ranks(brc_meet_group* g, int32_t first, int32_t last)
{
    int32_t n = g->ranges;
    if (n && g->range[2 * n - 1] + 1 == first) {
        g->range[2 * n - 1] = last;
    } else if (n < BRC_MEET_RANGES) {
        g->range[2 * n] = first, g->range[2 * n + 1] = last;
        g->ranges++;
    }
}

static void merge(packet* to, const packet* from)
{
    for (int k = 0; k < BRC_MEET_VALUES; k++)
        if (from->most[k] > to->most[k]) to->most[k] = from->most[k];
    to->more += from->more;
    for (int32_t k = 0; k < from->groups; k++) {
        const brc_meet_group* g = &from->group[k];
        int32_t at = 0;
        while (at < to->groups && (to->group[at].hash != g->hash || to->group[at].kind != g->kind)) at++;
        if (at == to->groups && at < GROUPS) {
            to->group[to->groups++] = *g;
        } else if (at < to->groups) {
            for (int32_t r = 0; r < g->ranges; r++) add_ranks(&to->group[at], g->range[2 * r], g->range[2 * r + 1]);
            to->group[at].count += g->count;
        } else {
            to->more += g->count;
        }
    }
}

static packet told_by(const brc_meeting* m, const brc_meet* about)
{
    packet p = {.groups = 1};
    memcpy(p.most, about->most, sizeof p.most);
    p.group[0] = (brc_meet_group){.hash = about->hash, .kind = about->kind, .count = 1};
    add_ranks(&p.group[0], m->comm->rank, m->comm->rank);
    snprintf(p.group[0].text, sizeof p.group[0].text, "%s", about->text ? about->text : "");
    return p;
}

brc_status brc_meet_begin(brc_meeting* m, const brc_meet* about)
{
    BRC_CHECK(!m->open, BRC_ERR_STATE, "the last meeting of the ranks is not over");
    m->here = told_by(m, about);
    for (int32_t k = 0; k < m->count; k++) m->children[k].came = false, m->children[k].waits.rank = -1;
    m->open = true, m->told = m->over = m->here_said = false;
    m->begun = m->noted = seconds();
    return BRC_OK;
}

static brc_status answer(brc_meeting* m, const packet* p)
{
    m->result = *p, m->over = true, m->open = false;
    for (int32_t k = 0; k < m->count; k++) BRC_TRY(brc_comm_send(m->comm, p, length(p), m->children[k].rank, DOWN));
    return BRC_OK;
}

// Takes what has come; ends when nothing is there or the answer is.
static brc_status take(brc_meeting* m)
{
    while (!m->over) {
        int32_t from, tag;
        int64_t bytes;
        BRC_TRY(brc_comm_poll(m->comm, &from, &tag, &bytes));
        if (from < 0) return BRC_OK;
        child* c = m->children;
        while (c < m->children + m->count && c->rank != from) c++;
        const bool known = tag == DOWN || tag == HERE ? from == m->parent : c < m->children + m->count;
        BRC_CHECK(known && bytes <= (int64_t)sizeof(packet), BRC_ERR_STATE, "rank %d has sent what no meeting expects",
                  (int)from);
        if (tag == UP) {
            BRC_TRY(brc_comm_receive(m->comm, &c->told, bytes, from, tag));
            memcpy(c->last, c->told.group[0].text, sizeof c->last);
            c->came = true;
        } else if (tag == NOTE) {
            BRC_TRY(brc_comm_receive(m->comm, &c->waits, sizeof c->waits, from, tag));
        } else if (tag == HERE) {
            int32_t nothing;
            BRC_TRY(brc_comm_receive(m->comm, &nothing, sizeof nothing, from, tag));
            m->here_said = true;
        } else {
            packet p;
            BRC_TRY(brc_comm_receive(m->comm, &p, bytes, from, tag));
            BRC_TRY(answer(m, &p));
        }
    }
    return BRC_OK;
}

static child* missing(const brc_meeting* m)
{
    for (int32_t k = 0; k < m->count; k++)
        if (!m->children[k].came) return &m->children[k];
    return NULL;
}

static brc_status go_on(brc_meeting* m)
{
    BRC_TRY(take(m));
    if (m->over || m->told || missing(m)) return BRC_OK;
    for (int32_t k = 0; k < m->count; k++) merge(&m->here, &m->children[k].told);
    m->told = true;
    if (m->parent < 0) return answer(m, &m->here);
    return brc_comm_send(m->comm, &m->here, length(&m->here), m->parent, UP);
}

enum { SURE = 3 }; // [s] of waiting, after which the root would have said that it is there

const char* brc_meet_missing(const brc_meeting* m, int32_t* rank)
{
    const child* c = m->told ? NULL : missing(m);
    if (m->told && m->comm->rank == 1 && !m->over && !m->here_said && seconds() - m->begun > SURE) {
        *rank = m->parent; // which went on from the last meeting with all
        return m->result.groups ? m->result.group[0].text : "";
    }
    *rank = c ? c->waits.rank >= 0 ? c->waits.rank : c->rank : -1;
    return c ? c->waits.rank >= 0 ? c->waits.text : c->last : "";
}

// Tells the parent for whom this rank waits. For the root rank 1 waits, who is told that it is there.
static brc_status complain(brc_meeting* m, double now)
{
    note n = {0};
    const char* text = brc_meet_missing(m, &n.rank);
    m->noted = now;
    if (m->parent < 0 && m->children[0].came && !m->here_said) {
        m->here_said = true;
        return brc_comm_send(m->comm, &n.rank, sizeof n.rank, m->children[0].rank, HERE);
    }
    if (n.rank < 0 || m->told || m->parent < 0) return BRC_OK;
    snprintf(n.text, sizeof n.text, "%s", text);
    return brc_comm_send(m->comm, &n, sizeof n, m->parent, NOTE);
}

brc_status brc_meet_wait(brc_meeting* m, double patience, int32_t* answer_is)
{
    const double start = seconds();
    int tries = 0;
    BRC_TRY(go_on(m));
    while (!m->over) {
        const double now = seconds();
        if (now - start >= patience) break;
        if (now - m->noted >= 2) BRC_TRY(complain(m, now));
        // Soon most meetings are over; a rank that waits for long leaves its core to others.
        if (now - start > 5e-3) nanosleep(&(struct timespec){0, 200000}, NULL);
        else if (++tries > 50) sched_yield();
        BRC_TRY(go_on(m));
    }
    const brc_meet_group* g = m->result.group; // of one group, but not ours: the parent has gone
    const bool same = m->result.groups == 1 && !m->result.more && g->hash == m->here.group[0].hash &&
                      g->kind == m->here.group[0].kind;
    *answer_is = !m->over ? BRC_MEET_WAITS : same ? BRC_MEET_SAME : BRC_MEET_DIFFERS;
    return BRC_OK;
}

const int64_t* brc_meet_most(const brc_meeting* m) { return m->result.most; }

int32_t brc_meet_groups(const brc_meeting* m, const brc_meet_group** out, int32_t* more)
{
    *out = m->result.group, *more = m->result.more;
    return m->result.groups;
}

brc_status brc_meeting_leave(brc_meeting* m, const brc_meet* about)
{
    const packet p = told_by(m, about);
    m->open = false;
    if (m->parent >= 0) BRC_TRY(brc_comm_send(m->comm, &p, length(&p), m->parent, UP));
    for (int32_t k = 0; k < m->count; k++) BRC_TRY(brc_comm_send(m->comm, &p, length(&p), m->children[k].rank, DOWN));
    return BRC_OK;
}

uint64_t brc_meet_hash(const void* data, int64_t bytes) { return XXH3_64bits(data, (size_t)bytes); }
