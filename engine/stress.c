// stress.c -- stress, fabric, coordination and packing of a region or of the whole domain. All sums are exact: the same
// bits for any order of particles and contacts.
#include "contacts.h"
#include "region.h"
#include "sim.h"
#include <string.h>

// A region, or the whole domain.
typedef struct space {
    brc_place place;
    bool all;
    double volume;
} space;

static brc_status space_make(const brc_sim* s, const brc_region* region, space* out)
{
    *out = (space){.all = !region, .volume = 1};
    for (int k = 0; k < 3; k++) out->volume *= s->hi[k] - s->lo[k];
    if (!region) return BRC_OK;
    BRC_TRY(brc_place_make(region, v3_from(s->lo), v3_from(s->hi), s->options.periodic, "region", &out->place));
    out->volume = brc_place_volume(&out->place);
    if (s->cell.tilted) brc_place_tilt(&out->place, s->cell.edge);
    return BRC_OK;
}

static bool holds(const space* q, const double x[3]) { return q->all || brc_place_depth(&q->place, v3_from(x)) >= 0; }

// Sum over all images of a sphere or, with `to`, of the line from x to it.
static double inside(const brc_sim* s, const space* q, vec3 x, double reach, const vec3* to)
{
    vec3 shift[BRC_PLACE_IMAGES];
    double sum = 0;
    if (q->all) return to ? 1 : 4.0 / 3.0 * BRC_PI * reach * reach * reach;
    int n = brc_place_images(&q->place, s->cell.edge, x, reach, shift);
    for (int i = 0; i < n; i++) {
        vec3 at = v3_add(x, shift[i]);
        sum += to ? brc_place_share(&q->place, at, v3_add(*to, shift[i])) : brc_place_overlap(&q->place, at, reach);
    }
    return sum;
}

// ---- stress ----------------------------------------------------------------------------------------------

// term[k * stride + n] are the terms of component k.
static brc_status sums(const brc_sim* s, const double* term, int64_t stride, int64_t n, int components, double scale,
                       double* out)
{
    BRC_TRY(brc_exact_sums(s->comm, term, stride, n, components, out));
    for (int k = 0; k < components; k++) out[k] *= scale;
    return BRC_OK;
}

// Velocity of a particle beyond what a deforming cell imposes where it is.
static void peculiar(const brc_sim* s, const double gradient[6], int64_t i, double v[3])
{
    double w[3], u[3];
    brc_particle_velocity(s, i, v, w);
    if (!s->cell.moving) return;
    brc_cell_field(gradient, s->cell.centre, s->pos + 4 * i, u);
    for (int k = 0; k < 3; k++) v[k] -= u[k];
}

static brc_status kinetic_part(const brc_sim* s, const space* q, double* term, brc_stress* out)
{
    const int64_t stride = s->count;
    int64_t n = 0;
    double sum[7], gradient[6], v[3], w[3];
    brc_cell_gradient(s, gradient);
    for (int64_t i = 0; i < s->count; i++) {
        if (!brc_alive(s, i) || !holds(q, s->pos + 4 * i)) continue;
        brc_particle_velocity(s, i, v, w);
        for (int k = 0; k < 3; k++) term[k * stride + n] = s->mass[i] * v[k];
        peculiar(s, gradient, i, v);
        for (int k = 0; k < 3; k++) term[(3 + k) * stride + n] = s->mass[i] * v[k];
        term[6 * stride + n++] = s->mass[i];
    }
    BRC_TRY(sums(s, term, stride, n, 7, 1, sum));
    BRC_TRY(brc_comm_sum(s->comm, &n, 1));
    out->particles = n;
    out->mass = sum[6];
    for (int k = 0; k < 3; k++) out->velocity[k] = n ? sum[k] / sum[6] : 0;
    n = 0;
    for (int64_t i = 0; i < s->count; i++) {
        if (!brc_alive(s, i) || !holds(q, s->pos + 4 * i)) continue;
        peculiar(s, gradient, i, v);
        for (int k = 0; k < 3; k++) v[k] -= sum[3 + k] / sum[6];
        for (int k = 0; k < 9; k++) term[k * stride + n] = s->mass[i] * v[k / 3] * v[k % 3];
        n++;
    }
    return sums(s, term, stride, n, 9, 1 / q->volume, out->kinetic);
}

// Adds the terms of one force along a branch that ends at x.
static int64_t add_branch(const brc_sim* s, const space* q, vec3 x, const double force[3], const double branch[3],
                          double* term, int64_t stride, int64_t n)
{
    vec3 l = v3_from(branch), y = v3_sub(x, l);
    double share = inside(s, q, x, sqrt(v3_dot(l, l)), &y);
    if (!(share > 0)) return n;
    for (int k = 0; k < 9; k++) term[k * stride + n] = force[k / 3] * branch[k % 3] * share;
    return n + 1;
}

static brc_status contact_part(const brc_sim* s, const space* q, const brc_contact_list* list, double* term,
                               int64_t stride, brc_stress* out)
{
    int64_t n = 0, m = 0;
    for (int64_t i = 0; i < list->count; i++) {
        const brc_contact* c = &list->contact[i];
        n = add_branch(s, q, v3_from(s->pos + 4 * (int64_t)c->a), c->force, c->branch, term, stride, n);
    }
    BRC_TRY(sums(s, term, stride, n, 9, 1 / q->volume, out->contact));
    for (int64_t i = 0; i < list->count; i++) {
        const brc_contact* c = &list->contact[i];
        vec3 at = v3_from(c->point);
        if (!c->counts || !(inside(s, q, at, 0, &at) > 0)) continue;
        for (int k = 0; k < 9; k++) term[k * stride + m] = c->normal[k / 3] * c->normal[k % 3];
        m++;
    }
    BRC_TRY(brc_exact_sums(s->comm, term, stride, m, 9, out->fabric));
    BRC_TRY(brc_comm_sum(s->comm, &m, 1));
    out->contacts = m;
    for (int k = 0; k < 9; k++) out->fabric[k] *= m ? 1.0 / (double)m : 0;
    return BRC_OK;
}

brc_status brc_stress_get(brc_sim* s, const brc_region* region, brc_stress* out)
{
    space q;
    brc_contact_list list;
    memset(out, 0, sizeof *out);
    BRC_TRY(space_make(s, region, &q));
    BRC_TRY(brc_contacts_take(s, &list));
    int64_t room = list.count > s->count ? list.count : s->count;
    double* term = BRC_NEW(9 * room + 1, double);
    brc_status status = term ? BRC_OK : BRC_ERR_MEMORY;
    if (!term) brc_error_set(__FILE__, __LINE__, __func__, "no memory to sum over %" PRId64 " contacts", list.count);
    status = brc_comm_agree(s->comm, status);
    if (status == BRC_OK) status = kinetic_part(s, &q, term, out);
    if (status == BRC_OK) status = contact_part(s, &q, &list, term, room, out);
    out->volume = q.volume;
    brc_free(term);
    brc_contacts_free(&list);
    return status;
}

// ---- packing ---------------------------------------------------------------------------------------------

// Contacts of each particle, and who is a rattler: repeatedly, what has fewer than `least` contacts with others that
// are none and with walls. The order of removal does not matter. Particles of other ranks are there as ghosts: what
// they are, their owners know.
typedef struct graph {
    int32_t *count, *kept, *start, *other, *queue, *rattler;
    int64_t tail; // of the queue
} graph;

static void graph_free(graph* g)
{
    brc_free(g->count), brc_free(g->kept), brc_free(g->start), brc_free(g->other), brc_free(g->queue);
    brc_free(g->rattler);
}

static brc_status graph_make(const brc_sim* s, const brc_contact_list* list, graph* g)
{
    const int64_t n = s->count + s->ghosts;
    *g = (graph){BRC_NEW(n + 1, int32_t),
                 BRC_NEW(n + 1, int32_t),
                 BRC_NEW(n + 2, int32_t),
                 BRC_NEW(2 * list->count + 1, int32_t),
                 BRC_NEW(n + 1, int32_t),
                 BRC_NEW(n + 1, int32_t),
                 0};
    BRC_CHECK(g->count && g->kept && g->start && g->other && g->queue && g->rattler, BRC_ERR_MEMORY,
              "no memory to count %" PRId64 " contacts", list->count);
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < list->count; i++) {
            const brc_contact* c = &list->contact[i];
            if (!c->counts) continue; // a force at a distance carries, but does not touch
            if (c->b < 0) g->count[c->a] += pass == 0;
            else if (pass == 0) g->count[c->a]++, g->count[c->b]++, g->start[c->a + 1]++, g->start[c->b + 1]++;
            else g->other[g->start[c->a]++] = c->b, g->other[g->start[c->b]++] = c->a;
        }
        if (pass == 0)
            for (int64_t i = 0; i < n; i++) g->start[i + 1] += g->start[i];
    }
    memmove(g->start + 1, g->start, (size_t)n * sizeof(int32_t)); // filling has moved each start to its end
    g->start[0] = 0;
    return BRC_OK;
}

// Particle i is a rattler: its neighbours lose a contact.
static void let_go(const brc_sim* s, graph* g, int64_t i, int32_t least)
{
    for (int32_t k = g->start[i]; k < g->start[i + 1]; k++) {
        const int32_t j = g->other[k];
        if (j < s->count && --g->kept[j] < least && !g->rattler[j]) g->rattler[j] = 1, g->queue[g->tail++] = j;
    }
}

static brc_status find_rattlers(brc_sim* s, graph* g, int32_t least)
{
    int64_t head = 0, more = 1;
    for (int64_t i = 0; i < s->count; i++) {
        g->kept[i] = g->count[i];
        if (brc_alive(s, i) && g->count[i] < least) g->rattler[i] = 1, g->queue[g->tail++] = (int32_t)i;
    }
    while (more) {
        while (head < g->tail) let_go(s, g, g->queue[head++], least);
        if (!brc_shared(s)) break;
        // The owners' answers about ghosts; those that are new may make more. `count` of a ghost: whether it is known.
        BRC_TRY(brc_domain_tell(s, g->rattler));
        for (int64_t i = s->count; i < s->count + s->ghosts; i++) {
            if (!g->rattler[i] || g->count[i] < 0) continue;
            g->count[i] = -1;
            let_go(s, g, i, least);
        }
        more = g->tail - head;
        BRC_TRY(brc_domain_sum(s, &more));
    }
    return BRC_OK;
}

static brc_status count_contacts(brc_sim* s, const space* q, int32_t least, brc_packing* out)
{
    brc_contact_list list;
    graph g;
    int64_t sum[4] = {0}; // contacts, rattlers, contacts of the others, which are so many
    BRC_TRY(brc_contacts_around(s, &list));
    brc_status status = brc_comm_agree(s->comm, graph_make(s, &list, &g));
    if (status == BRC_OK) status = find_rattlers(s, &g, least);
    for (int64_t i = 0; i < s->count && status == BRC_OK; i++) {
        if (!brc_alive(s, i) || !holds(q, s->pos + 4 * i)) continue;
        sum[0] += g.count[i];
        if (g.rattler[i]) sum[1]++;
        else sum[2] += g.kept[i], sum[3]++;
    }
    graph_free(&g);
    brc_contacts_free(&list);
    if (status == BRC_OK) status = brc_comm_sum(s->comm, sum, 4);
    out->rattlers = sum[1];
    out->coordination = out->particles ? (double)sum[0] / (double)out->particles : 0;
    out->backbone_coordination = sum[3] ? (double)sum[2] / (double)sum[3] : 0;
    return status;
}

brc_status brc_packing_get(brc_sim* s, const brc_region* region, int32_t least, brc_packing* out)
{
    space q;
    memset(out, 0, sizeof *out);
    BRC_CHECK(!s->in_step, BRC_ERR_STATE,
              "the packing cannot be measured in the middle of a step (each_step); use call");
    BRC_TRY(space_make(s, region, &q));
    BRC_TRY(brc_particles_snap(s));
    double* term = BRC_NEW(s->count + 1, double);
    int64_t n = 0;
    for (int64_t i = 0; i < s->count && term; i++) {
        const double* x = s->pos + 4 * i;
        if (!brc_alive(s, i)) continue;
        double part = inside(s, &q, v3_from(x), x[3], NULL);
        if (part > 0) term[n++] = part;
        out->particles += holds(&q, x);
    }
    out->volume = q.volume;
    brc_status status = brc_exact_sums(s->comm, term, 0, n, 1, &out->solid);
    brc_free(term);
    BRC_TRY(status);
    BRC_TRY(brc_comm_sum(s->comm, &out->particles, 1));
    out->fraction = out->solid / q.volume;
    return least > 0 ? count_contacts(s, &q, least, out) : BRC_OK;
}
