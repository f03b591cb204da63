// contacts.h -- the contacts and bonds of this moment as measures, files and scripts see them: found anew, their forces
// from their laws at the present state, in the order of ids.
//
// The force is that of the last step but for what a law takes from the step itself: the step evaluated velocities
// predicted from the forces before it, here they are those after it, and here nothing slips further. Without damping
// that is rounding (the spring of a contact at its Coulomb limit is projected on its tangent plane once more); with
// damping a velocity's change in one step.
#ifndef BRC_CONTACTS_H
#define BRC_CONTACTS_H
#include "base.h"
#include "comm.h"

typedef struct brc_contact {
    int64_t first, second;      // ids, first < second; second of a wall: 0
    int64_t feature;            // of a wall: face, edge or vertex; -1: no wall
    double centre[3];           // [m] of the first particle
    double point[3];            // [m] next to the first particle, perhaps beyond a periodic face
    double normal[3];           // unit vector towards the first
    double overlap;             // [m]
    double force[3], moment[3]; // [N], [N m] on the first; the second has the opposite
    double normal_force;        // [N] along the normal, > 0: they push each other
    double tangential[3];       // [N] the rest of the force
    double branch[3];           // [m] from the second's centre, or from the point on a wall, to the first's centre
    int32_t wall, bond;         // wall, or what sim:bond has made it, by number; -1: none
    int32_t a, b;               // slots; b of a wall: -1
    int32_t counts;             // 1: touching, or bonded instead; each pair of particles counts once
    int32_t padding;
} brc_contact;

typedef struct brc_contact_list {
    brc_contact* contact; // pairs by (first, second), walls by (first, wall, feature), bonds by (first, second, bond)
    double* history;      // [count][history_count] of the contact law; 0 for bonds
    int64_t count, pair_count, bond_count;
    int32_t history_count;
    const char* const* history_name; // of the law
} brc_contact_list;

brc_status brc_contacts_take(brc_sim* s, brc_contact_list* out); // free with brc_contacts_free
// The same, with those of own particles whose first is another rank's: then slots may be ghosts', until the next step.
brc_status brc_contacts_around(brc_sim* s, brc_contact_list* out);
// Of several ranks: each then has the pairs, the walls and the bonds of a stretch of ids; slots are those of others.
brc_status brc_contacts_order(brc_comm* comm, brc_contact_list* list);
void brc_contacts_free(brc_contact_list* list);

#endif
