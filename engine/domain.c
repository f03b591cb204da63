// domain.c -- which rank owns which part of space, and the particles near it that others own.
#include "sim.h"
#include <stdlib.h>
#include <string.h>

// ---- the cut ---------------------------------------------------------------------------------------------

// A tree of planes, from boxes that planes cut out of space: those of some ranks lie below a plane, the others above.
typedef struct edge { // of a rank's box
    double lo, hi;
    int32_t rank;
} edge;

static int by_place(const void* a, const void* b)
{
    const edge *x = a, *y = b;
    if (x->lo != y->lo) return x->lo < y->lo ? -1 : 1;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

static void edges_of(edge* e, const double* boxes, int32_t count, int axis)
{
    for (int32_t k = 0; k < count; k++)
        e[k] = (edge){boxes[6 * (int64_t)e[k].rank + axis], boxes[6 * (int64_t)e[k].rank + 3 + axis], e[k].rank};
    qsort(e, (size_t)count, sizeof *e, by_place);
}

// The plane that leaves the most equal numbers on both sides; answers how many lie below, 0: there is none.
static int32_t find_plane(edge* e, const double* boxes, int32_t count, cut_node* node)
{
    int32_t best = 0;
    for (int axis = 0; axis < 3; axis++) {
        double below = -INFINITY;
        edges_of(e, boxes, count, axis);
        for (int32_t k = 1; k < count; k++) {
            below = fmax(below, e[k - 1].hi);
            if (!(below <= e[k].lo) || abs(2 * k - count) >= abs(2 * best - count)) continue;
            best = k;
            *node = (cut_node){below, axis, 0};
        }
    }
    if (best) edges_of(e, boxes, count, node->axis);
    return best;
}

static bool plant(sim_domain* d, const double* boxes, edge* e, int32_t count)
{
    cut_node* node = &d->node[d->node_count++];
    if (count == 1) {
        *node = (cut_node){0, -1, e->rank};
        return true;
    }
    const int32_t below = find_plane(e, boxes, count, node);
    if (!below || !plant(d, boxes, e, below)) return false;
    node->above = d->node_count;
    return plant(d, boxes, e + below, count - below);
}

static brc_status plant_all(brc_sim* s, const double* boxes)
{
    const int32_t size = s->comm->size;
    edge* e = BRC_NEW(size, edge);
    BRC_CHECK(e, BRC_ERR_MEMORY, "no memory for %d ranks", size);
    for (int32_t k = 0; k < size; k++) e[k].rank = k;
    s->domain.node_count = 0;
    memcpy(s->domain.box, boxes + 6 * s->comm->rank, sizeof s->domain.box);
    const bool good = plant(&s->domain, boxes, e, size);
    brc_free(e);
    BRC_CHECK(good, BRC_ERR_DEVICE, "the boxes of the ranks cannot be told apart by planes");
    return BRC_OK;
}

static int longest(const brc_sim* s)
{
    int axis = 0;
    for (int k = 1; k < 3; k++)
        if (s->hi[k] - s->lo[k] > s->hi[axis] - s->lo[axis]) axis = k;
    return axis;
}

static void slab(const brc_sim* s, int axis, double* boxes, int32_t rank, double from, double to)
{
    double* b = boxes + 6 * (int64_t)rank;
    for (int k = 0; k < 3; k++) b[k] = -INFINITY, b[3 + k] = INFINITY;
    if (rank > 0) b[axis] = from;
    if (rank < s->comm->size - 1) b[3 + axis] = to;
}

// Before there is a cut: slabs of equal width across the longest side of the domain.
brc_status brc_domain_create(brc_sim* s)
{
    sim_domain* d = &s->domain;
    const int32_t size = s->comm->size;
    if (size == 1) return BRC_OK;
    BRC_CHECK(s->options.decomposition == BRC_CUT_SLABS || s->comm->cut, BRC_ERR_DEVICE,
              "decomposition = \"rcb\" needs Zoltan, and this program was built without it: \"slabs\" works without");
    d->node = BRC_NEW(2 * size, cut_node);
    d->boxes = BRC_NEW(6 * (int64_t)size, double);
    BRC_CHECK(d->node && d->boxes, BRC_ERR_MEMORY, "no memory for %d ranks", size);
    const int axis = longest(s);
    const double lo = s->lo[axis], width = (s->hi[axis] - lo) / size;
    for (int32_t k = 0; k < size; k++) slab(s, axis, d->boxes, k, lo + k * width, lo + (k + 1) * width);
    return plant_all(s, d->boxes);
}

void brc_domain_free(brc_sim* s)
{
    sim_domain* d = &s->domain;
    brc_domain_unlink(d);
    brc_free(d->node), brc_free(d->boxes), brc_free(d->link), brc_free(d->send), brc_free(d->out), brc_free(d->in);
    brc_free(d->message), brc_free(d->parked.at), brc_free(d->parked.history), brc_free(d->arrived);
    brc_free(d->walls), brc_free(d->values), brc_free(d->near_send), brc_free(d->near_in);
    if (d->crowd_made) brc_crowd_free(&d->crowd);
    memset(d, 0, sizeof *d);
}

int32_t brc_domain_owner(const brc_sim* s, const double x[3])
{
    const sim_domain* d = &s->domain;
    const double* b = d->box;
    if (x[0] > b[0] && x[1] > b[1] && x[2] > b[2] && x[0] < b[3] && x[1] < b[4] && x[2] < b[5]) return s->comm->rank;
    const cut_node* n = d->node;
    while (n->axis >= 0) n = x[n->axis] < n->plane ? n + 1 : d->node + n->above;
    return n->above;
}

// Planes between slabs of equal weight, from how much lies in each of many thin slices.
static brc_status cut_slabs(brc_sim* s, double weight)
{
    enum { SLICES = 8192 };
    sim_domain* d = &s->domain;
    const int32_t size = s->comm->size;
    int64_t* slice = BRC_NEW(SLICES, int64_t);
    brc_status status = BRC_OK;
    if (!slice) {
        brc_error_set(__FILE__, __LINE__, __func__, "no memory to cut the domain");
        status = BRC_ERR_MEMORY;
    }
    status = brc_comm_agree(s->comm, status);
    const int axis = longest(s);
    const double lo = s->lo[axis], per = SLICES / (s->hi[axis] - lo);
    for (int64_t i = 0; i < s->count && status == BRC_OK; i++) {
        if (!brc_alive(s, i)) continue;
        const double at = (s->pos[4 * i + axis] - lo) * per;
        slice[at < 0 ? 0 : at < SLICES - 1 ? (int)at : SLICES - 1] += (int64_t)(1024 * weight);
    }
    if (status == BRC_OK) status = brc_comm_sum(s->comm, slice, SLICES);
    double all = 0, sum = 0, from = lo;
    for (int k = 0; k < SLICES && status == BRC_OK; k++) all += (double)slice[k];
    int32_t rank = 0;
    for (int k = 0; k < SLICES && status == BRC_OK; k++) {
        const double after = sum + (double)slice[k];
        for (; rank < size - 1 && after >= all * (rank + 1) / size; rank++) {
            const double part = slice[k] ? (all * (rank + 1) / size - sum) / (double)slice[k] : 0;
            const double to = fmax(from, lo + (k + part) / per);
            slab(s, axis, d->boxes, rank, from, to);
            from = to;
        }
        sum = after;
    }
    for (; rank < size && status == BRC_OK; rank++) {
        slab(s, axis, d->boxes, rank, from, s->hi[axis]);
        from = fmax(from, s->hi[axis]);
    }
    brc_free(slice);
    return status;
}

static brc_status cut_boxes(brc_sim* s, double each)
{
    float* weight = brc_alloc((size_t)(s->count + 1) * sizeof(float));
    double* x = brc_alloc_unset((size_t)(s->count + 1) * 4 * sizeof(double));
    brc_status status = BRC_OK;
    if (!weight || !x) {
        brc_error_set(__FILE__, __LINE__, __func__, "no memory to cut the domain");
        status = BRC_ERR_MEMORY;
    }
    status = brc_comm_agree(s->comm, status);
    int64_t n = 0;
    for (int64_t i = 0; i < s->count && status == BRC_OK; i++) {
        if (!brc_alive(s, i)) continue;
        memcpy(x + 4 * n, s->pos + 4 * i, 4 * sizeof(double));
        weight[n++] = (float)each;
    }
    if (status == BRC_OK) status = brc_comm_cut(s->comm, n, x, weight, s->domain.boxes);
    brc_free(weight), brc_free(x);
    return brc_comm_agree(s->comm, status);
}

// A new cut at the first rebuild with particles; then where the measured times, or the numbers of particles when many
// have come or gone, are too unequal: a cut takes as long as two or three steps, which is what 2 % are in a hundred.
// The times are those since the last cut. Ranks wait for each other after making lists and after the forces of each
// step, and one cut does not even out both: the one that takes longer counts.
brc_status brc_domain_cut(brc_sim* s)
{
    sim_domain* d = &s->domain;
    const double size = s->comm->size;
    int64_t living = 0;
    for (int64_t i = 0; i < s->count; i++) living += brc_alive(s, i);
    const double listing = d->listing, stepping = s->seconds_total - d->told.comm_seconds - listing;
    const int64_t lists = (int64_t)(1e9 * (listing - d->listed)), steps = (int64_t)(1e9 * (stepping - d->stepped));
    int64_t v[7] = {living, lists, steps, living, lists, steps, lists + steps};
    BRC_TRY(brc_comm_combine(s->comm, v, 3, 4));
    if (v[0] == 0) return BRC_OK;
    const int longer = v[1] > v[2] ? 1 : 2;
    const double by_count = (double)v[3] * size / (double)v[0], all = (double)v[1] + (double)v[2];
    const double by_time = v[longer] > 0 ? (double)v[3 + longer] * size / (double)v[longer] : 1;
    d->told.balance = all > 0 ? (double)v[6] * size / all : 1;
    bool due = !d->cut_made || s->options.rebalance == BRC_BALANCE_ALWAYS;
    if (s->options.rebalance == BRC_BALANCE_MEASURED)
        due = due || by_count > 1.5 || (by_time > 1.02 && s->step - d->cut_step >= 100);
    if (!due) return BRC_OK;
    // What a particle of this rank costs; bounded, because other programs may have taken the time.
    const double mean = (double)v[longer] / (double)v[0], mine = (double)(longer == 1 ? lists : steps);
    const double cost = mean > 0 && living ? mine / (double)living / mean : 1;
    const double weight = cost < 0.5 ? 0.5 : cost > 2 ? 2 : cost;
    if (s->options.decomposition == BRC_CUT_SLABS) BRC_TRY(cut_slabs(s, weight));
    else BRC_TRY(cut_boxes(s, weight));
    BRC_TRY(brc_comm_agree(s->comm, plant_all(s, d->boxes)));
    d->cut_made = true;
    d->cut_step = s->step;
    d->listed = listing, d->stepped = stepping;
    d->told.cuts++;
    return BRC_OK;
}

// ---- boxes that hold the particles of a rank, and who is near whom -----------------------------------------

// By what a particle reaches, its radius and what it may move until lists are remade: one for each factor of two, the
// first for all that reach less, the last for all that reach more. So neither a few large particles nor a few fast ones
// make the reach of all wide.
enum { CLASSES = 8 };
typedef struct bounds {
    double lo[3], hi[3], size; // of the centres; of the largest, with what it may move; 0: none
} bounds;

static int class_of(const brc_sim* s, double size, double room)
{
    int k = 0;
    for (double most = 1.25 * (s->domain.mean_radius + room); k < CLASSES - 1 && size > most; k++) most *= 2;
    return k;
}

// [m] radius and what the particle may move before the lists are remade.
static double size_of(const brc_sim* s, int64_t i, double room)
{
    return s->pos[4 * i + 3] + room * (double)s->roam[2 * i];
}

static void bound(const brc_sim* s, bounds* b, int classes, double room)
{
    for (int k = 0; k < classes; k++)
        b[k] = (bounds){{INFINITY, INFINITY, INFINITY}, {-INFINITY, -INFINITY, -INFINITY}, 0};
    for (int64_t i = 0; i < s->count; i++) {
        const double* x = s->pos + 4 * i;
        if (!(x[3] > 0)) continue;
        const double size = size_of(s, i, room);
        const int class = class_of(s, size, room);
        bounds* at = &b[class < classes ? class : classes - 1];
        for (int k = 0; k < 3; k++) {
            at->lo[k] = x[k] < at->lo[k] ? x[k] : at->lo[k];
            at->hi[k] = x[k] > at->hi[k] ? x[k] : at->hi[k];
        }
        at->size = fmax(at->size, size);
    }
}

// Where the images of a box lie: by 0 and one edge, and two along x where the cell is tilted.
enum { IMAGES = 45 };
static int images(const brc_sim* s, double shift[IMAGES][3])
{
    const double* e = s->cell.edge;
    int n = 0;
    const int nx = s->length[0] > 0 ? (s->cell.tilted ? 2 : 1) : 0, ny = s->length[1] > 0, nz = s->length[2] > 0;
    for (int z = -nz; z <= nz; z++)
        for (int y = -ny; y <= ny; y++)
            for (int x = -nx; x <= nx; x++, n++) {
                shift[n][0] = x * s->length[0] + y * e[3] + z * e[4];
                shift[n][1] = y * s->length[1] + z * e[5];
                shift[n][2] = z * s->length[2];
            }
    return n;
}

static double apart2(const bounds* a, const bounds* b)
{
    double sum = 0;
    for (int k = 0; k < 3; k++) {
        const double gap = fmax(a->lo[k] - b->hi[k], b->lo[k] - a->hi[k]);
        sum += gap > 0 ? gap * gap : 0;
    }
    return sum;
}

typedef struct near_box { // of another rank: an image of its box of one class, widened by what its particles reach
    double lo[3], hi[3], reach;
} near_box;

static bool is_near(const near_box* b, const double* x, double size)
{
    const double far = size + b->reach;
    double sum = 0;
    for (int k = 0; k < 3; k++) {
        const double gap = fmax(b->lo[k] - x[k], x[k] - b->hi[k]);
        sum += gap > 0 ? gap * gap : 0;
    }
    return sum < far * far;
}

static brc_status add_send(sim_domain* d, int64_t slot)
{
    if (d->send_count == d->send_capacity) {
        const size_t old = (size_t)d->send_count * sizeof(int32_t), size = 2 * old + 4096;
        BRC_TRY(brc_grow_unset((void**)&d->send, old, size));
        d->send_capacity = (int64_t)(size / sizeof(int32_t));
    }
    d->send[d->send_count++] = (int32_t)slot;
    return BRC_OK;
}

static brc_status add_link(sim_domain* d, int32_t rank)
{
    if (d->link_count == d->link_capacity) {
        const size_t n = (size_t)d->link_count, more = 2 * n + 8;
        BRC_TRY(brc_grow((void**)&d->link, n * sizeof *d->link, more * sizeof *d->link));
        BRC_TRY(brc_grow((void**)&d->message, 2 * n * sizeof *d->message, 2 * more * sizeof *d->message));
        d->link_capacity = (int32_t)more;
    }
    d->link[d->link_count++] = (domain_link){.rank = rank, .out_first = d->send_count};
    return BRC_OK;
}

// Ranks whose boxes come near each other's know it both; of the particles each sends those that are near the other's
// box.
static brc_status choose(brc_sim* s, const bounds* all, int classes, double reach, double room)
{
    sim_domain* d = &s->domain;
    double shift[IMAGES][3];
    const int image_count = images(s, shift);
    const bounds* mine = all + (size_t)s->comm->rank * (size_t)classes;
    brc_domain_unlink(d);
    d->send_count = 0;
    for (int32_t rank = 0; rank < s->comm->size; rank++) {
        const bounds* other = all + (size_t)rank * (size_t)classes;
        near_box box[IMAGES * CLASSES];
        int boxes = 0;
        if (rank == s->comm->rank) continue;
        for (int q = 0; q < classes; q++) {
            if (!(other[q].size > 0)) continue;
            for (int i = 0; i < image_count; i++) {
                bounds at = other[q];
                for (int k = 0; k < 3; k++) at.lo[k] += shift[i][k], at.hi[k] += shift[i][k];
                bool near = false;
                for (int p = 0; p < classes; p++) {
                    const double far = (mine[p].size + at.size + reach) * (1 + 1e-9);
                    near = near || (mine[p].size > 0 && apart2(&mine[p], &at) < far * far);
                }
                if (!near) continue;
                near_box* b = &box[boxes++];
                memcpy(b->lo, at.lo, sizeof b->lo), memcpy(b->hi, at.hi, sizeof b->hi);
                b->reach = (at.size + reach) * (1 + 1e-9);
            }
        }
        if (!boxes) continue;
        BRC_TRY(add_link(d, rank));
        for (int64_t i = 0; i < s->count; i++) {
            bool near = false;
            if (!brc_alive(s, i)) continue;
            for (int k = 0; k < boxes && !near; k++) near = is_near(&box[k], s->pos + 4 * i, size_of(s, i, room));
            if (near) BRC_TRY(add_send(d, i));
        }
        d->link[d->link_count - 1].out_count = d->send_count - d->link[d->link_count - 1].out_first;
    }
    return BRC_OK;
}

// ---- what is sent of a ghost -------------------------------------------------------------------------------

brc_status brc_domain_room(void** p, int64_t* size, int64_t need)
{
    if (*p && need <= *size) return BRC_OK; // something also for nothing: messages of no bytes start somewhere
    brc_free(*p);
    *size = need + need / 4 + 4096;
    *p = brc_alloc_unset((size_t)*size);
    if (!*p) *size = 0;
    BRC_CHECK(*p, BRC_ERR_MEMORY, "no memory for %" PRId64 " bytes of what ranks tell each other", need);
    return BRC_OK;
}

// Rows of `width` bytes, one for each slot to send, already in `out`; they come to `in`, in the order of the ghosts.
static brc_status exchange(brc_sim* s, int64_t width, int32_t tag)
{
    sim_domain* d = &s->domain;
    brc_message *out = d->message, *in = brc_domain_incoming(d);
    for (int32_t k = 0; k < d->link_count; k++) {
        const domain_link* l = &d->link[k];
        out[k] = (brc_message){d->out + l->out_first * width, l->out_count * width, l->rank, tag};
        in[k] = (brc_message){d->in + l->in_first * width, l->in_count * width, l->rank, tag};
        d->told.bytes += l->out_count * width;
        d->told.messages += l->out_count > 0;
    }
    BRC_TRY(brc_comm_start(s->comm, out, d->link_count, in, d->link_count));
    return brc_comm_finish(s->comm);
}

static brc_status exchange_counts(brc_sim* s)
{
    sim_domain* d = &s->domain;
    brc_message *out = d->message, *in = brc_domain_incoming(d);
    for (int32_t k = 0; k < d->link_count; k++) {
        domain_link* l = &d->link[k];
        out[k] = (brc_message){&l->out_count, sizeof l->out_count, l->rank, TAG_COUNT};
        in[k] = (brc_message){&l->in_count, sizeof l->in_count, l->rank, TAG_COUNT};
    }
    BRC_TRY(brc_comm_start(s->comm, out, d->link_count, in, d->link_count));
    BRC_TRY(brc_comm_finish(s->comm));
    int64_t n = 0;
    for (int32_t k = 0; k < d->link_count; k++) d->link[k].in_first = n, n += d->link[k].in_count;
    s->ghosts = n;
    return BRC_OK;
}

// The columns of a particle that its neighbours need.
static int ghost_columns(brc_sim* s, brc_column c[BRC_COLUMNS_MAX])
{
    brc_column all[BRC_COLUMNS_MAX];
    int n = 0;
    for (int i = 0, count = brc_particles_columns(s, all); i < count; i++)
        if (all[i].ghost) c[n++] = all[i];
    return n;
}

static brc_status first_exchange(brc_sim* s)
{
    sim_domain* d = &s->domain;
    brc_column c[BRC_COLUMNS_MAX];
    const int columns = ghost_columns(s, c);
    int64_t width = 0;
    for (int i = 0; i < columns; i++) width += (int64_t)c[i].width;
    const int64_t most = d->send_count > s->ghosts ? d->send_count : s->ghosts;
    brc_status status = brc_particles_reserve(s, s->count + s->ghosts);
    if (status == BRC_OK) status = brc_domain_room((void**)&d->out, &d->out_size, most * width);
    if (status == BRC_OK) status = brc_domain_room((void**)&d->in, &d->in_size, most * width);
    BRC_TRY(brc_comm_agree(s->comm, status));
    (void)ghost_columns(s, c); // memory may have moved
    char* to = d->out;
    for (int64_t k = 0; k < d->send_count; k++)
        for (int i = 0; i < columns; to += c[i].width, i++)
            memcpy(to, (char*)*c[i].base + (size_t)d->send[k] * c[i].width, c[i].width);
    BRC_TRY(exchange(s, width, TAG_GHOSTS));
    const char* from = d->in;
    for (int64_t k = s->count; k < s->count + s->ghosts; k++)
        for (int i = 0; i < columns; from += c[i].width, i++)
            memcpy((char*)*c[i].base + (size_t)k * c[i].width, from, c[i].width);
    const size_t places = (size_t)s->ghosts * 4 * sizeof(double);
    memcpy(s->ref + 4 * s->count, s->pos + 4 * s->count, places);
    memcpy(s->near_ref + 4 * s->count, s->pos + 4 * s->count, places);
    return BRC_OK;
}

brc_status brc_domain_ghosts(brc_sim* s, double reach, double room)
{
    const int classes = class_of(s, s->radius_max + room * s->domain.roam_max, room) + 1; // the same on all ranks
    bounds mine[CLASSES];
    BRC_ASSERT(s->ghosts == 0);
    s->domain.near_made = false;
    bound(s, mine, classes, room);
    bounds* all = BRC_NEW((size_t)s->comm->size * (size_t)classes, bounds);
    brc_status status = all ? BRC_OK : BRC_ERR_MEMORY;
    if (!all) brc_error_set(__FILE__, __LINE__, __func__, "no memory for the boxes of %d ranks", s->comm->size);
    status = brc_comm_agree(s->comm, status);
    if (status == BRC_OK) status = brc_comm_collect(s->comm, mine, (int64_t)sizeof(bounds) * classes, all);
    if (status == BRC_OK) status = brc_comm_agree(s->comm, choose(s, all, classes, reach, room));
    brc_free(all);
    BRC_TRY(status);
    BRC_TRY(exchange_counts(s));
    return first_exchange(s);
}

brc_status brc_domain_look(brc_sim* s, double reach)
{
    BRC_TRY(brc_comm_agree(s->comm, brc_domain_release(s)));
    BRC_TRY(brc_domain_share_sizes(s));
    BRC_TRY(brc_domain_ghosts(s, reach * 1.00001, 0));
    return brc_comm_agree(s->comm, brc_grid_make(s, reach, 0));
}

void brc_domain_looked(brc_sim* s) { s->ghosts = 0, s->grid.count = 0, s->grid_step = -1; }

brc_status brc_domain_tell(brc_sim* s, int32_t* value)
{
    sim_domain* d = &s->domain;
    for (int64_t k = 0; k < d->send_count; k++) ((int32_t*)(void*)d->out)[k] = value[d->send[k]];
    BRC_TRY(exchange(s, sizeof *value, TAG_VALUE));
    if (s->ghosts) memcpy(value + s->count, d->in, (size_t)s->ghosts * sizeof *value);
    return BRC_OK;
}

void brc_ranks_get(const brc_sim* s, brc_ranks_info* out)
{
    *out = s->domain.told;
    out->own = s->count - s->dead, out->ghosts = s->ghosts, out->links = s->domain.link_count;
    out->sent = s->domain.send_count;
    out->near = s->domain.near_made ? s->domain.near_send_count : s->domain.send_count;
}

// ---- where inserters look for room -------------------------------------------------------------------------

brc_status brc_domain_crowd(brc_sim* s, const double lo[3], const double hi[3], double radius)
{
    sim_domain* d = &s->domain;
    near_box box[IMAGES];
    double shift[IMAGES][3], *mine = NULL, *all = NULL;
    const int n = images(s, shift);
    int64_t count = 0, total = 0, capacity = 0;
    brc_status status = BRC_OK;
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < 3; k++) box[i].lo[k] = lo[k] + shift[i][k], box[i].hi[k] = hi[k] + shift[i][k];
        box[i].reach = radius * (1 + 1e-9);
    }
    for (int64_t i = 0; i < s->count && status == BRC_OK; i++) {
        bool near = false;
        for (int k = 0; k < n && brc_alive(s, i) && !near; k++)
            near = is_near(&box[k], s->pos + 4 * i, s->pos[4 * i + 3]);
        if (!near) continue;
        if (count == capacity) {
            const size_t old = (size_t)count * 4 * sizeof(double);
            status = brc_grow_unset((void**)&mine, old, 2 * old + 4096);
            capacity = (int64_t)((2 * old + 4096) / (4 * sizeof(double)));
        }
        if (status == BRC_OK) memcpy(mine + 4 * count++, s->pos + 4 * i, 4 * sizeof(double));
    }
    status = brc_comm_agree(s->comm, status);
    if (status == BRC_OK) status = brc_comm_gather(s->comm, mine, count, 4 * sizeof(double), (void**)&all, &total);
    brc_free(mine);
    if (d->crowd_made) brc_crowd_free(&d->crowd);
    d->crowd_made = false;
    if (status == BRC_OK) {
        const double most = s->radius_max > 0 ? s->radius_max : radius;
        brc_crowd_init(&d->crowd, v3_from(s->lo), s->length, most);
        d->crowd_made = true;
        for (int64_t i = 0; i < total && status == BRC_OK; i++)
            status = brc_crowd_add(&d->crowd, v3_from(all + 4 * i), all[4 * i + 3]);
        status = brc_comm_agree(s->comm, status);
    }
    brc_free(all);
    return status;
}

bool brc_domain_blocked(const brc_sim* s, vec3 x, double radius)
{
    return s->domain.crowd_made && brc_crowd_blocker(&s->domain.crowd, x, v3(0, 0, 0), radius) >= 0;
}
