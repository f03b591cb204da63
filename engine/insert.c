// insert.c -- inserters: fills and lattices that come at once, and streams that come in the course of a run.
//
// Particle k of an inserter has its radius and its places from the counter-based generator under (seed, k), never from
// a running state, so that what was inserted does not depend on how often or from how many threads an inserter was
// asked.
#include "insert.h"
#include "insert_crowd.h"
#include "insert_fill.h"
#include "insert_lattice.h"
#include "insert_region.h"
#include "random.h"
#include "region.h"
#include "sizes.h"
#include <math.h>
#include <string.h>
#include <xxhash.h>

static const char* const kind_name[] = {"fill", "lattice", "stream"};

enum {
    FILL_TRIES = 2000, // of a particle on average; where voxels help, ten are enough
    STREAM_TRIES = 50, // of a particle in one step
    TRIES_MOST = 1000000
};

typedef struct counters { // all that changes in a run
    int64_t count, blocked, first_id;
    uint64_t tries; // of the next particle of a stream, so far
    double mass;    // [kg] inserted
} counters;

struct brc_inserter {
    brc_insert_def def; // its pointers are not used any more
    brc_size_source sizes;
    uint64_t seed;
    counters now;
    double due;     // [s] when the next particle of a stream comes; INFINITY: it has ended
    bool has_place; // `place` and `crowd` are made: at the first call that knows the domain
    brc_place place;
    brc_crowd crowd; // stream: particles of this step
};

static double mass_of(double density, double r) { return density * (4.0 / 3.0 * BRC_PI) * r * r * r; }

// ---- definition ------------------------------------------------------------------------------------------
static brc_status check_amount(const brc_insert_def* d, const char* what)
{
    BRC_CHECK(d->count >= 0 && d->count <= INT32_MAX, BRC_ERR_ARGUMENT, "%s: count must be 0 to %d, got %" PRId64, what,
              INT32_MAX, d->count);
    BRC_CHECK(d->mass >= 0 && isfinite(d->mass), BRC_ERR_ARGUMENT, "%s: mass must be >= 0 kg, got %g", what, d->mass);
    BRC_CHECK(d->count_rate >= 0 && isfinite(d->count_rate), BRC_ERR_ARGUMENT, "%s: rate must be >= 0 1/s, got %g",
              what, d->count_rate);
    BRC_CHECK(d->mass_rate >= 0 && isfinite(d->mass_rate), BRC_ERR_ARGUMENT, "%s: mass rate must be >= 0 kg/s, got %g",
              what, d->mass_rate);
    if (d->kind == BRC_STREAM) {
        BRC_CHECK(d->count_rate > 0 || d->mass_rate > 0, BRC_ERR_ARGUMENT,
                  "%s: give a rate in 1/s or a mass rate in kg/s, got neither", what);
        BRC_CHECK(!(d->count_rate > 0 && d->mass_rate > 0), BRC_ERR_ARGUMENT,
                  "%s: give a rate or a mass rate, not both, got %g 1/s and %g kg/s", what, d->count_rate,
                  d->mass_rate);
        BRC_CHECK(isfinite(d->start), BRC_ERR_ARGUMENT, "%s: start must be finite, got %g s", what, d->start);
        BRC_CHECK(d->stop > d->start, BRC_ERR_ARGUMENT, "%s: stop must be after start, %g s, got %g s", what, d->start,
                  d->stop);
        return BRC_OK;
    }
    BRC_CHECK(!(d->count_rate > 0 || d->mass_rate > 0), BRC_ERR_ARGUMENT, "%s: rates are for streams", what);
    if (d->kind == BRC_LATTICE) {
        BRC_CHECK(d->count > 0, BRC_ERR_ARGUMENT, "%s: count must be > 0, got %" PRId64, what, d->count);
        BRC_CHECK(!(d->mass > 0), BRC_ERR_ARGUMENT, "%s: takes a count, not a mass, got %g kg", what, d->mass);
        BRC_CHECK(d->spacing >= 0 && isfinite(d->spacing), BRC_ERR_ARGUMENT, "%s: spacing must be >= 0 m, got %g", what,
                  d->spacing);
        BRC_CHECK(d->lattice == 0 || d->lattice == 1, BRC_ERR_ARGUMENT,
                  "%s: the kind must be 0 (simple cubic) or 1 (hexagonal close packed), got %d", what, (int)d->lattice);
        return BRC_OK;
    }
    BRC_CHECK(d->count > 0 || d->mass > 0, BRC_ERR_ARGUMENT, "%s: give a count or a mass > 0, got neither", what);
    BRC_CHECK(!(d->count > 0 && d->mass > 0), BRC_ERR_ARGUMENT,
              "%s: give a count or a mass, not both, got %" PRId64 " and %g kg", what, d->count, d->mass);
    return BRC_OK;
}

static brc_status check_definition(const brc_insert_def* def)
{
    BRC_CHECK(def->kind == BRC_FILL || def->kind == BRC_LATTICE || def->kind == BRC_STREAM, BRC_ERR_ARGUMENT,
              "unknown kind of insertion, %d", (int)def->kind);
    const char* what = kind_name[def->kind];
    BRC_TRY(check_amount(def, what));
    BRC_TRY(brc_region_check(&def->region, what));
    BRC_CHECK(def->attempts >= 0 && def->attempts <= TRIES_MOST, BRC_ERR_ARGUMENT,
              "%s: attempts must be 0 to %d, got %d", what, (int)TRIES_MOST, (int)def->attempts);
    for (int a = 0; a < 3; a++) {
        BRC_CHECK(isfinite(def->v[a]), BRC_ERR_ARGUMENT, "%s: velocity along %c must be finite, got %g m/s", what,
                  "xyz"[a], def -> v[a]);
        BRC_CHECK(isfinite(def->w[a]), BRC_ERR_ARGUMENT, "%s: angular velocity about %c must be finite, got %g rad/s",
                  what, "xyz"[a], def -> w[a]);
    }
    return BRC_OK;
}

brc_status brc_inserter_create(const brc_insert_def* def, uint64_t sim_seed, brc_inserter** out)
{
    BRC_TRY(check_definition(def));
    const char* what = kind_name[def->kind];
    brc_inserter* made = BRC_NEW(1, brc_inserter);
    BRC_CHECK(made, BRC_ERR_MEMORY, "%s: no memory", what);
    brc_status status = brc_sizes_make(&def->sizes, what, &made->sizes);
    if (status != BRC_OK) {
        brc_free(made);
        return status;
    }
    made->def = *def;
    made->def.sizes.radius = made->def.sizes.weight = NULL;
    made->seed = brc_random_seed(sim_seed, def->seed);
    made->due = def->start;
    *out = made;
    return BRC_OK;
}

void brc_inserter_free(brc_inserter* inserter)
{
    if (!inserter) return;
    brc_sizes_free(&inserter->sizes);
    brc_crowd_free(&inserter->crowd);
    brc_free(inserter);
}

brc_status brc_inserter_check(brc_inserter* in, const brc_insert_host* host)
{
    if (in->has_place) return BRC_OK;
    const char* what = kind_name[in->def.kind];
    BRC_TRY(brc_place_make(&in->def.region, host->lo, host->hi, host->periodic, what, &in->place));
    if (brc_insert_tilted(host)) {
        const double* edge = host->edge;
        // A lattice does not meet its image across a tilted face: it keeps within that face.
        if (in->def.kind == BRC_LATTICE && edge[3] != 0) in->place.wrap[1] = 0;
        if (in->def.kind == BRC_LATTICE && (edge[4] != 0 || edge[5] != 0)) in->place.wrap[2] = 0;
        brc_place_tilt(&in->place, edge);
    }
    double largest = brc_place_largest(&in->place);
    BRC_CHECK(in->sizes.max <= largest * (1 + 1e-9), BRC_ERR_ARGUMENT,
              "%s: the largest particle, radius %g m, does not fit into the region, where %g m is the most", what,
              in->sizes.max, largest);
    brc_crowd_init(&in->crowd, in->place.lo, in->place.wrap, in->sizes.max);
    in->has_place = true;
    return BRC_OK;
}

// ---- handing over ----------------------------------------------------------------------------------------
static brc_status hand_over(brc_inserter* in, const brc_insert_host* host, int64_t count, const double* x,
                            const double* radius)
{
    const brc_insert_def* d = &in->def;
    double* motion = BRC_NEW(6 * count, double);
    int32_t* material = BRC_NEW(count, int32_t);
    brc_status status = BRC_ERR_MEMORY;
    int64_t first_id = 0;
    if (motion && material) {
        for (int64_t i = 0; i < count; i++) {
            memcpy(&motion[3 * i], d->v, sizeof d->v);
            memcpy(&motion[3 * (count + i)], d->w, sizeof d->w);
            material[i] = d->material;
        }
        brc_add add = {.count = count,
                       .x = x,
                       .v = motion,
                       .w = motion + 3 * count,
                       .radius = radius,
                       .material = material,
                       .allowed_overlap = -1};
        status = host->add(host->context, &add, &first_id);
    } else {
        brc_error_set(__FILE__, __LINE__, __func__, "%s: no memory for %" PRId64 " particles", kind_name[d->kind],
                      count);
    }
    brc_free(motion);
    brc_free(material);
    if (status != BRC_OK) return status;
    if (in->now.count == 0) in->now.first_id = first_id;
    in->now.count += count;
    for (int64_t i = 0; i < count; i++) in->now.mass += mass_of(host->density, radius[i]);
    return BRC_OK;
}

// ---- fill and lattice ------------------------------------------------------------------------------------
typedef struct batch {
    int64_t count;
    double *radius, *x;
} batch;

// As many as the definition's mass needs; then all are scaled by the same factor, a little below 1, that makes the mass
// exact.
static brc_status draw_mass(const brc_inserter* in, double density, batch* b)
{
    int64_t capacity = 0;
    double mass = in->def.mass, total = 0;
    while (!(total >= mass * (1 - 1e-9))) {
        BRC_CHECK(b->count < INT32_MAX, BRC_ERR_ARGUMENT, "fill: %g kg are more than %d particles", mass, INT32_MAX);
        if (b->count == capacity) {
            capacity = capacity ? 2 * capacity : 1024;
            BRC_TRY(brc_grow((void**)&b->radius, (size_t)b->count * sizeof(double), (size_t)capacity * sizeof(double)));
        }
        double r = brc_sizes_draw(&in->sizes, in->seed, (uint64_t)b->count);
        b->radius[b->count++] = r;
        total += mass_of(density, r);
    }
    double scale = brc_pow(mass / total, 1.0 / 3);
    BRC_CHECK(scale > 0.9, BRC_ERR_ARGUMENT,
              "fill: %g kg are no whole number of particles: the %" PRId64
              " that reach it weigh %g kg; give a count, more mass or smaller radii",
              mass, b->count, total);
    for (int64_t i = 0; i < b->count; i++) b->radius[i] *= scale;
    return BRC_OK;
}

static brc_status draw_count(const brc_inserter* in, batch* b)
{
    b->count = in->def.count;
    b->radius = BRC_NEW(b->count, double);
    BRC_CHECK(b->radius, BRC_ERR_MEMORY, "no memory for %" PRId64 " particles", b->count);
    for (int64_t i = 0; i < b->count; i++) b->radius[i] = brc_sizes_draw(&in->sizes, in->seed, (uint64_t)i);
    return BRC_OK;
}

static brc_status fill(brc_inserter* in, const brc_insert_host* host, batch* b)
{
    // More than this is refused before any work: random placing gets nowhere near.
    const double most = 0.8;
    double space = brc_place_volume(&in->place), fraction = in->def.mass / host->density / space;
    if (in->def.mass > 0 && fraction <= most) BRC_TRY(draw_mass(in, host->density, b));
    else if (in->def.count > 0) {
        fraction = (double)in->def.count * mass_of(1, in->sizes.min) / space;
        if (fraction <= most) BRC_TRY(draw_count(in, b));
    }
    if (b->count > 0) {
        double volume = 0;
        for (int64_t i = 0; i < b->count; i++) volume += mass_of(1, b->radius[i]);
        fraction = volume / space;
    }
    BRC_CHECK(fraction <= most, BRC_ERR_ARGUMENT,
              "fill: the particles make a solid fraction of %.4g of the region (%g m^3); random placing ends near 0.38 "
              "for equal "
              "spheres: use fewer or smaller particles or a larger region",
              fraction, space);
    b->x = BRC_NEW(3 * b->count, double);
    BRC_CHECK(b->x, BRC_ERR_MEMORY, "fill: no memory for %" PRId64 " particles", b->count);
    brc_fill f = {
        .place = &in->place, .host = host, .seed = in->seed, .count = b->count, .radius = b->radius, .x = b->x};
    f.tries = b->count * (in->def.attempts > 0 ? in->def.attempts : FILL_TRIES);
    BRC_TRY(brc_fill_run(&f));
    BRC_CHECK(f.placed == f.count, BRC_ERR_ARGUMENT,
              "fill: %" PRId64 " of %" PRId64
              " particles found room (largest first: solid fraction %.3f of %.3f asked); %s for "
              "radius %g m. Random placing ends near 0.38 for equal spheres, earlier between close walls and beside "
              "what is there: "
              "use fewer or smaller particles, a larger region, a lattice, or a stream that settles",
              f.placed, f.count, f.volume / space, fraction,
              f.full ? "none is left" : "none was found in the given attempts", f.radius_left);
    return BRC_OK;
}

static brc_status lattice(brc_inserter* in, const brc_insert_host* host, batch* b)
{
    const brc_insert_def* d = &in->def;
    double radius = in->sizes.max, spacing = d->spacing > 0 ? d->spacing : 2 * radius;
    BRC_CHECK(spacing >= 2 * radius * (1 - 1e-9), BRC_ERR_ARGUMENT,
              "lattice: spacing must be at least the largest diameter, %g m, got %g m", 2 * radius, spacing);
    b->x = BRC_NEW(3 * d->count, double);
    BRC_CHECK(b->x, BRC_ERR_MEMORY, "lattice: no memory for %" PRId64 " particles", d->count);
    int64_t sites = brc_lattice_sites(&in->place, d->lattice, spacing, radius, d->count, b->x);
    BRC_CHECK(sites == d->count, BRC_ERR_ARGUMENT,
              "lattice: %" PRId64 " sites fit into the region at a spacing of %g m, asked for %" PRId64
              ": use fewer, a larger region, a smaller spacing%s",
              sites, spacing, d->count, d->lattice == 0 ? " or the hexagonal lattice" : "");
    BRC_TRY(draw_count(in, b));
    for (int64_t i = 0; i < b->count; i++) {
        vec3 x = v3_from(&b->x[3 * i]);
        // What just touches, to rounding, has room.
        BRC_CHECK(host->free_at(host->context, x, b->radius[i] * (1 - 1e-9)), BRC_ERR_ARGUMENT,
                  "lattice: site %" PRId64
                  " at (%g, %g, %g) m has no room for radius %g m: a particle or a wall is there",
                  i + 1, x.x, x.y, x.z, b->radius[i]);
    }
    return BRC_OK;
}

brc_status brc_inserter_fill(brc_inserter* in, const brc_insert_host* host)
{
    BRC_ASSERT(in->def.kind != BRC_STREAM && in->now.count == 0);
    BRC_TRY(brc_inserter_check(in, host));
    batch b = {0};
    brc_status status = in->def.kind == BRC_FILL ? fill(in, host, &b) : lattice(in, host, &b);
    if (status == BRC_OK) status = hand_over(in, host, b.count, b.x, b.radius);
    brc_free(b.radius);
    brc_free(b.x);
    return status;
}

// ---- stream ----------------------------------------------------------------------------------------------

// When particle `count` comes: at start + count / rate, or when the mass of those before it has flowed. Reckoned from
// the totals, so that nothing drifts.
static double due_time(const brc_insert_def* d, int64_t count, double mass)
{
    double after = d->count_rate > 0 ? (double)count / d->count_rate : mass / d->mass_rate;
    bool ended = (d->count > 0 && count >= d->count) || !(after < d->stop - d->start);
    return ended ? INFINITY : d->start + after;
}

static bool find_room(brc_inserter* in, const brc_insert_host* host, int64_t k, double radius, uint64_t first,
                      int tries, vec3* x)
{
    for (uint64_t t = first; t < first + (uint64_t)tries; t++) {
        brc_random a = brc_random_draw(in->seed, BRC_RANDOM_PLACE, (uint64_t)k, (uint32_t)(2 * t));
        brc_random b = brc_random_draw(in->seed, BRC_RANDOM_PLACE, (uint64_t)k, (uint32_t)(2 * t + 1));
        *x = brc_place_point(&in->place, radius, (double[3]){a.u[0], a.u[1], b.u[0]});
        if (brc_crowd_blocker(&in->crowd, *x, v3(0, 0, 0), radius) < 0 && host->free_at(host->context, *x, radius))
            return true;
    }
    return false;
}

// Collects in in->crowd what is due and finds room, in order: a particle that has to wait holds back those after it, so
// that the sizes come as they were drawn. `next` becomes the counters afterwards, `due` the next time.
static brc_status collect(brc_inserter* in, const brc_insert_host* host, double time, counters* next, double* due)
{
    const brc_insert_def* d = &in->def;
    int tries = d->attempts > 0 ? d->attempts : STREAM_TRIES;
    while (*due <= time) {
        double radius = brc_sizes_draw(&in->sizes, in->seed, (uint64_t)next->count),
               mass = mass_of(host->density, radius);
        if (d->mass > 0 && next->mass + 0.5 * mass > d->mass) { // the nearest whole number of particles to the total
            *due = INFINITY;
            break;
        }
        vec3 x;
        if (!find_room(in, host, next->count, radius, next->tries, tries, &x)) {
            if (next->tries == 0) next->blocked++;
            next->tries += (uint64_t)tries;
            break;
        }
        BRC_TRY(brc_crowd_add(&in->crowd, x, radius));
        next->tries = 0;
        next->count++;
        next->mass += mass;
        *due = due_time(d, next->count, next->mass);
    }
    return BRC_OK;
}

brc_status brc_inserter_stream(brc_inserter* in, const brc_insert_host* host, double time)
{
    BRC_ASSERT(in->def.kind == BRC_STREAM);
    if (!brc_inserter_due(in, time)) return BRC_OK;
    BRC_TRY(brc_inserter_check(in, host));
    counters next = in->now;
    double due = in->due;
    brc_crowd_clear(&in->crowd);
    BRC_TRY(collect(in, host, time, &next, &due));
    int64_t n = in->crowd.count;
    if (n > 0) {
        double* x = BRC_NEW(4 * n, double);
        BRC_CHECK(x, BRC_ERR_MEMORY, "stream: no memory for %" PRId64 " particles", n);
        for (int64_t i = 0; i < n; i++) {
            v3_to(&x[3 * i], in->crowd.sphere[i].x);
            x[3 * n + i] = in->crowd.sphere[i].radius;
        }
        brc_status status = hand_over(in, host, n, x, x + 3 * n);
        brc_free(x);
        if (status != BRC_OK) return status; // the counters are as before: what is due stays due
    }
    next.first_id = in->now.first_id;
    in->now = next;
    in->due = due;
    return BRC_OK;
}

// ---- questions -------------------------------------------------------------------------------------------
bool brc_inserter_due(const brc_inserter* in, double time) { return in->def.kind == BRC_STREAM && in->due <= time; }

void brc_inserter_reach(const brc_inserter* in, double lo[3], double hi[3], double* radius)
{
    const brc_region* r = &in->def.region;
    const bool box = r->kind == BRC_REGION_BOX;
    const double wide = box ? 0 : fmax(r->radius, r->kind == BRC_REGION_CONE ? r->radius2 : 0);
    for (int k = 0; k < 3; k++) {
        const double end = r->kind == BRC_REGION_SPHERE ? r->lo[k] : r->hi[k];
        lo[k] = fmin(r->lo[k], end) - wide, hi[k] = fmax(r->lo[k], end) + wide;
    }
    *radius = in->sizes.max;
}

void brc_inserter_state(const brc_inserter* in, brc_insert_state* out)
{
    *out = (brc_insert_state){in->now.count, in->now.mass, in->now.first_id, in->now.blocked};
}

uint64_t brc_inserter_hash(const brc_inserter* in, uint64_t seed)
{
    uint64_t words[5] = {(uint64_t)in->now.count, (uint64_t)in->now.blocked, (uint64_t)in->now.first_id, in->now.tries,
                         0};
    memcpy(&words[4], &in->now.mass, sizeof in->now.mass);
    uint64_t hash = XXH64(words, sizeof words, seed);
    const brc_insert_def* d = &in->def;
    if (d->kind != BRC_STREAM) return hash; // it has done its work
    double row[27] = {in->due,          d->start,          d->stop,       d->count_rate, d->mass_rate,
                      (double)d->count, d->mass,           d->material,   d->attempts,   d->region.kind,
                      d->region.radius, d->region.radius2, d->sizes.kind, d->sizes.min,  d->sizes.max};
    for (int k = 0; k < 3; k++) {
        row[15 + k] = d->region.lo[k], row[18 + k] = d->region.hi[k];
        row[21 + k] = d->v[k], row[24 + k] = d->w[k];
    }
    for (int k = 0; k < 27; k++) row[k] += 0.0; // -0 and 0 are the same
    return XXH64(row, sizeof row, hash ^ in->seed);
}

// ---- checkpoints -----------------------------------------------------------------------------------------
static void pack_sizes(brc_pack* p, brc_size_source* z)
{
    brc_pack_i32(p, &z->kind, BRC_SIZE_SINGLE, BRC_SIZE_TABLE);
    brc_pack_i32(p, &z->by_mass, 0, 1);
    brc_pack_i32(p, &z->count, 0, INT32_MAX - 1);
    double* const numbers[] = {&z->min, &z->max, &z->mean, &z->sd, &z->low, &z->high};
    for (int k = 0; k < 6; k++) brc_pack_doubles(p, numbers[k], 1);
    bool lists = z->radius != NULL;
    brc_pack_bool(p, &lists);
    if (!lists) {
        if (p->loading && z->kind >= BRC_SIZE_DISCRETE) brc_pack_fail(p, BRC_ERR_FILE, "a distribution without sizes");
        return;
    }
    const int64_t radii = z->kind == BRC_SIZE_TABLE ? (int64_t)z->count + 1 : z->count, shares = z->count;
    int64_t n = radii, m = shares;
    brc_pack_list(p, &z->radius, &n, radii);
    brc_pack_list(p, &z->share, &m, shares);
    if (p->loading && (n != radii || m != shares || shares < 1))
        brc_pack_fail(p, BRC_ERR_FILE, "a distribution of other sizes");
}

static void pack_place(brc_pack* p, brc_place* q)
{
    bool endless = q->endless;
    vec3* const vectors[] = {&q->lo, &q->hi, &q->from, &q->axis, &q->side[0], &q->side[1]};
    double* const numbers[] = {&q->length, &q->radius, &q->radius2, &q->cosine};
    brc_pack_i32(p, &q->kind, BRC_REGION_BOX, BRC_REGION_CONE);
    for (int k = 0; k < 6; k++) brc_pack_vec(p, vectors[k]);
    brc_pack_doubles(p, q->wrap, 3);
    for (int k = 0; k < 4; k++) brc_pack_doubles(p, numbers[k], 1);
    brc_pack_bool(p, &endless);
    q->endless = endless;
}

void brc_inserter_pack(brc_pack* p, brc_inserter** inserter)
{
    if (p->loading) *inserter = BRC_NEW(1, brc_inserter);
    brc_inserter* in = *inserter;
    if (!in) {
        brc_pack_fail(p, BRC_ERR_MEMORY, "no memory for an inserter");
        return;
    }
    brc_insert_def* d = &in->def;
    brc_pack_i32(p, &d->kind, BRC_FILL, BRC_STREAM);
    brc_pack_i32(p, &d->material, 0, INT32_MAX);
    brc_pack_i32(p, &d->region.kind, BRC_REGION_BOX, BRC_REGION_CONE);
    brc_pack_doubles(p, d->region.lo, 3);
    brc_pack_doubles(p, d->region.hi, 3);
    double* const numbers[] = {&d->region.radius, &d->region.radius2, &d->mass,    &d->count_rate, &d->mass_rate,
                               &d->start,         &d->stop,           &d->spacing, &d->sizes.min,  &d->sizes.max};
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) brc_pack_doubles(p, numbers[k], 1);
    brc_pack_i32(p, &d->sizes.kind, BRC_SIZE_SINGLE, BRC_SIZE_TABLE); // the hash wants it
    brc_pack_u64(p, &d->seed);
    brc_pack_i64(p, &d->count, 0);
    brc_pack_doubles(p, d->v, 3);
    brc_pack_doubles(p, d->w, 3);
    brc_pack_i32(p, &d->lattice, 0, 1);
    brc_pack_i32(p, &d->attempts, 0, INT32_MAX);
    pack_sizes(p, &in->sizes);
    brc_pack_u64(p, &in->seed);
    brc_pack_i64(p, &in->now.count, 0);
    brc_pack_i64(p, &in->now.blocked, 0);
    brc_pack_i64(p, &in->now.first_id, 0);
    brc_pack_u64(p, &in->now.tries);
    brc_pack_doubles(p, &in->now.mass, 1);
    brc_pack_doubles(p, &in->due, 1);
    brc_pack_bool(p, &in->has_place);
    if (in->has_place) pack_place(p, &in->place);
    if (!p->loading || !brc_pack_good(p)) return;
    if (check_definition(d) != BRC_OK || !brc_sizes_sound(&in->sizes) ||
        (in->has_place && !brc_place_sound(&in->place)))
        brc_pack_fail(p, BRC_ERR_FILE, "an inserter that cannot be");
    else if (in->has_place) brc_crowd_init(&in->crowd, in->place.lo, in->place.wrap, in->sizes.max);
}
