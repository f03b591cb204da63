// domain.h -- a simulation that several ranks share: who owns which particles, what ranks know of each other's, and
// what they decide together. A rank computes its own particles, in slots [0, count); those of others that may touch
// them are ghosts, in slots [count, count + ghosts), which the owners refresh once in a step. Nothing of this changes a
// bit of the result. A run of one rank does not come here.
//   domain.c          the cut, ghosts
//   domain_refresh.c  where ghosts are, in each step
//   domain_move.c     particles that change their rank, with all that belongs to them
//   domain_share.c    what is added up or compared over ranks
#ifndef BRC_DOMAIN_H
#define BRC_DOMAIN_H
#include "base.h"
#include "board.h"
#include "comm.h"
#include "insert_crowd.h"

struct wall_sum;

// A contact of an own particle with one that is not, or that may have changed its slot.
typedef struct far_contact {
    int64_t other; // id
    int32_t self;  // slot
    int32_t lower; // 1: self has the lower id
} far_contact;
typedef struct far_list {
    far_contact* at;
    char* history; // [count] rows of all scalars of one contact
    int64_t count, capacity;
} far_list;

typedef struct cut_node { // below the plane: the next node
    double plane;
    int32_t axis;  // -1: a rank's own
    int32_t above; // node; or the rank
} cut_node;

// A rank with particles near this one's.
typedef struct domain_link {
    int32_t rank;
    int64_t out_first, out_count;           // in `send`
    int64_t in_first, in_count;             // of the ghosts
    int64_t near_out_first, near_out_count; // in `near_send`
    int64_t near_in_first, near_in_count;   // in `near_in`
    const char* board;                      // that it writes on, on this machine; NULL: it sends messages
    int64_t board_size, board_row;          // the first row there for this rank
    bool board_fresh, board_read;           // it has been opened just now; that rank reads the board of this one
} domain_link;

typedef struct sim_domain {
    bool cut_made;
    cut_node* node; // a tree of planes: the root, what is below, what is above
    int32_t node_count;
    double* boxes; // [m] of all ranks
    double box[6]; // what is inside is surely this rank's

    domain_link* link;
    int32_t link_count, link_capacity;
    int32_t* send; // slots, by link
    int64_t send_count, send_capacity;
    // Those that near lists name, which are all that a step needs: own slots by link, and slots of ghosts by link.
    bool near_made; // until then a step refreshes all ghosts
    bool still;     // lists are made of who is here, nobody changes the rank or the slot: brc_device_replay
    int32_t *near_send, *near_in;
    int64_t near_send_count, near_send_size, near_in_count, near_in_size; // size: [bytes] of room
    char *out, *in;
    brc_board board;
    int64_t board_width, board_turn; // [bytes] of a row; how often it has been written on, the same on all ranks
    bool board_known;
    bool sending, sending_near, sending_boards; // `out` and `in` belong to messages that are under way
    int64_t out_size, in_size;
    brc_message* message; // [2 * link_capacity]

    far_list parked;  // while there are no ghosts
    int32_t* arrived; // slots of particles that have come in this rebuild
    int64_t arrived_count, arrived_capacity;
    brc_crowd crowd; // all ranks' particles where an inserter looks for room
    bool crowd_made;

    // The same on all ranks, from the last step or rebuild.
    uint32_t flags, next_flags;
    double moved2, overlap, mean_radius, roam_max; // roam_max: of all particles at least that of the fastest
    int64_t leaving, astray, stop;                 // stop: bit 0 a signal, bit 1 the script asks
    struct wall_sum* walls;
    int32_t wall_room;

    double bond_reach;      // [m] so far beyond their surfaces the ends of bonds have been found
    double listing;         // seconds of making lists, without talking to other ranks
    double listed, stepped; // seconds of making lists and of the rest of steps, without talking, until the last cut
    int64_t cut_step;
    int64_t* values; // room for what is shared at once
    int32_t value_room;
    brc_ranks_info told;
    double comm_since; // what the ranks have spent on, and called, each other when the step began
    int64_t calls_since;
} sim_domain;

static inline brc_message* brc_domain_incoming(const sim_domain* d)
{
    return d->message ? d->message + d->link_capacity : NULL;
}

static inline int64_t brc_bits_of(double x) // of numbers >= 0: these order as the numbers do
{
    union {
        double x;
        int64_t bits;
    } u = {x};
    return u.bits;
}
static inline double brc_of_bits(int64_t bits)
{
    union {
        int64_t bits;
        double x;
    } u = {bits};
    return u.x;
}

enum { TAG_REFRESH = 1, TAG_COUNT, TAG_GHOSTS, TAG_VALUE, TAG_NEAR, TAG_BOARD, TAG_OPENED };

// domain.c
brc_status brc_domain_create(brc_sim* s);
void brc_domain_free(brc_sim* s);
int32_t brc_domain_owner(const brc_sim* s, const double x[3]);
brc_status brc_domain_cut(brc_sim* s); // anew, where it is due
// All that may come nearer than reach to own particles, when each may move by room [m] times its roam.
brc_status brc_domain_ghosts(brc_sim* s, double reach, double room);
// Between steps, for something that looks at who is near whom: the grid with own particles and those of others that
// are within reach; and its end. Lists are made anew after it.
brc_status brc_domain_look(brc_sim* s, double reach);
void brc_domain_looked(brc_sim* s);
brc_status brc_domain_tell(brc_sim* s, int32_t* value); // [slot] of own particles: ghosts then have their owners'
brc_status brc_domain_room(void** p, int64_t* size, int64_t need); // [bytes]; what was there goes
// The particles of all ranks that a sphere of up to this radius with its centre in the box may overlap.
brc_status brc_domain_crowd(brc_sim* s, const double lo[3], const double hi[3], double radius);
bool brc_domain_blocked(const brc_sim* s, vec3 x, double radius);

// domain_refresh.c
brc_status brc_domain_send(brc_sim* s);        // begins to send where own particles are, as soon as they are there
brc_status brc_domain_refresh(brc_sim* s);     // ghosts that may touch are where their owners have them
brc_status brc_domain_refresh_all(brc_sim* s); // and all others: before near lists are picked
brc_status brc_domain_near(brc_sim* s);        // near lists have been picked: from now on their ghosts suffice
void brc_domain_hush(brc_sim* s);              // ends what has begun, on all ranks: a step has failed
void brc_domain_unlink(sim_domain* d);         // from the ranks near this one: others will be

// domain_move.c
brc_status brc_domain_release(brc_sim* s);              // ghosts are forgotten: own slots may change
brc_status brc_domain_migrate(brc_sim* s);              // each particle to its owner, behind the others
void brc_domain_renumber(brc_sim* s);                   // what has been parked, by s->remap
brc_status brc_domain_bonds(brc_sim* s, bool* missing); // finds their ends among own particles and ghosts
brc_status brc_domain_unpark(brc_sim* s);               // contacts back into the old lists, now that there are ghosts
// A contact of an own particle with another rank's, for the next lists; row: all scalars of its memory.
brc_status brc_domain_park(brc_sim* s, int64_t other, int32_t self, bool lower, const char* row);
void brc_domain_forget(brc_sim* s); // contacts that have been parked

// domain_share.c
brc_status brc_domain_enter(brc_sim* s, brc_status status); // before steps
brc_status brc_domain_share_motion(brc_sim* s);             // how far particles have moved in a step
// The end of a step's forces; walls: of all of them, not only of those that need it.
brc_status brc_domain_share(brc_sim* s, bool walls, brc_status status);
brc_status brc_domain_share_flags(brc_sim* s);
brc_status brc_domain_share_sizes(brc_sim* s);
brc_status brc_domain_speeds(brc_sim* s, double* sum, double* living, double* most); // all ranks'
brc_status brc_domain_max(brc_sim* s, double* value);
brc_status brc_domain_any(brc_sim* s, bool* value);
brc_status brc_domain_sum(brc_sim* s, int64_t* value);
// Of all ranks' slots (-1: none) that of the lowest id, on its rank; -1 on the others. any: there is one.
brc_status brc_domain_lowest(brc_sim* s, int64_t* slot, bool* any);
brc_status brc_domain_speaker(brc_sim* s, bool wants, bool* speaks); // the lowest rank of those that want to
brc_status brc_domain_warn(brc_sim* s, bool speaker);                // its last warning is that of all

#endif
