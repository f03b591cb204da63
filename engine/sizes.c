// sizes.c -- size distributions: checks, conversion of mass shares to numbers, and drawing.
//
// Shares by mass become shares by number with the weight 1 / r^3. In a table they are piecewise linear in the radius:
// over a segment from a to b the mass density is constant, so the number density falls as r^-3, its integral is (1/a^2
// - 1/b^2) / 2, and a uniform u gives 1/r^2 = 1/a^2 - u (1/a^2 - 1/b^2).
#include "sizes.h"
#include "random.h"
#include <math.h>

static brc_status check_range(const brc_sizes* def, const char* what)
{
    BRC_CHECK(def->min > 0 && isfinite(def->min), BRC_ERR_ARGUMENT, "%s: smallest radius must be > 0 m, got %g", what,
              def->min);
    BRC_CHECK(def->max >= def->min && isfinite(def->max), BRC_ERR_ARGUMENT,
              "%s: largest radius must be finite and >= the smallest, %g m, got %g", what, def->min, def->max);
    return BRC_OK;
}

static brc_status check_radii(const brc_sizes* def, const char* what, int32_t least)
{
    BRC_CHECK(def->count >= least, BRC_ERR_ARGUMENT, "%s: at least %d radii are needed, got %d", what, (int)least,
              (int)def->count);
    BRC_CHECK(def->radius && def->weight, BRC_ERR_ARGUMENT, "%s: radii and their shares are needed, got none", what);
    for (int32_t i = 0; i < def->count; i++) {
        BRC_CHECK(def->radius[i] > 0 && isfinite(def->radius[i]), BRC_ERR_ARGUMENT,
                  "%s: radius[%d] must be > 0 m, got %g", what, (int)i + 1, def->radius[i]);
        BRC_CHECK(def->weight[i] >= 0 && isfinite(def->weight[i]), BRC_ERR_ARGUMENT,
                  "%s: share[%d] must be >= 0, got %g", what, (int)i + 1, def->weight[i]);
    }
    return BRC_OK;
}

static brc_status make_table(const brc_sizes* def, const char* what)
{
    BRC_TRY(check_radii(def, what, 2));
    int32_t last = def->count - 1;
    for (int32_t i = 1; i <= last; i++) {
        BRC_CHECK(def->radius[i] > def->radius[i - 1], BRC_ERR_ARGUMENT,
                  "%s: radii of a table must increase, radius[%d] is %g m after %g m", what, (int)i + 1, def->radius[i],
                  def->radius[i - 1]);
        BRC_CHECK(def->weight[i] >= def->weight[i - 1], BRC_ERR_ARGUMENT,
                  "%s: cumulative shares must not fall, share[%d] is %g after %g", what, (int)i + 1, def->weight[i],
                  def->weight[i - 1]);
    }
    BRC_CHECK(def->weight[0] <= 1e-9, BRC_ERR_ARGUMENT,
              "%s: the cumulative share at the smallest radius must be 0, got %g", what, def->weight[0]);
    BRC_CHECK(fabs(def->weight[last] - 1) <= 1e-9, BRC_ERR_ARGUMENT,
              "%s: the cumulative share at the largest radius must be 1, got %g", what, def->weight[last]);
    return BRC_OK;
}

// Share by number of entry i, times a common factor; lengths relative to `unit`, so that cubes neither over- nor
// underflow.
static double number_share(const brc_sizes* def, int32_t i, double unit)
{
    if (def->kind == BRC_SIZE_DISCRETE) {
        double r = def->radius[i] / unit;
        return def->by_mass ? def->weight[i] / (r * r * r) : def->weight[i];
    }
    double share = def->weight[i + 1] - def->weight[i];
    if (!def->by_mass) return share;
    double a = def->radius[i] / unit, b = def->radius[i + 1] / unit;
    return share * (a + b) / (2 * a * a * b * b); // (1/a^2 - 1/b^2) / (2 (b - a)) without the cancellation
}

static brc_status make_shares(const brc_sizes* def, const char* what, brc_size_source* out)
{
    bool table = def->kind == BRC_SIZE_TABLE;
    int32_t count = table ? def->count - 1 : def->count;
    double smallest = INFINITY, largest = 0, total = 0;
    for (int32_t i = 0; i < def->count; i++) {
        // A discrete size without weight is never drawn.
        if (!table && !(def->weight[i] > 0)) continue;
        smallest = fmin(smallest, def->radius[i]);
        largest = fmax(largest, def->radius[i]);
    }
    BRC_CHECK(largest > 0, BRC_ERR_ARGUMENT, "%s: at least one weight must be > 0, all %d are 0", what, (int)count);
    BRC_CHECK(largest / smallest <= 1e6, BRC_ERR_ARGUMENT,
              "%s: radii from %g to %g m; the largest may be 1e6 times the smallest", what, smallest, largest);
    out->radius = BRC_NEW(def->count, double);
    out->share = BRC_NEW(count, double);
    if (!out->radius || !out->share) {
        brc_sizes_free(out);
        BRC_CHECK(false, BRC_ERR_MEMORY, "%s: no memory for %d radii", what, (int)def->count);
    }
    for (int32_t i = 0; i < def->count; i++) out->radius[i] = def->radius[i];
    for (int32_t i = 0; i < count; i++) out->share[i] = total += number_share(def, i, smallest);
    for (int32_t i = 0; i < count; i++) out->share[i] /= total;
    // Rounding must not leave a gap below 1 that a draw would give to an entry without weight.
    for (int32_t i = count - 1; i >= 0 && out->share[i] >= out->share[count - 1]; i--) out->share[i] = 1;
    out->min = smallest, out->max = largest, out->count = count, out->by_mass = def->by_mass;
    return BRC_OK;
}

brc_status brc_sizes_make(const brc_sizes* def, const char* what, brc_size_source* out)
{
    *out = (brc_size_source){.kind = def->kind, .min = def->min, .max = def->max};
    BRC_CHECK(def->by_mass == 0 || def->kind == BRC_SIZE_DISCRETE || def->kind == BRC_SIZE_TABLE, BRC_ERR_ARGUMENT,
              "%s: shares by mass are for discrete sizes and tables", what);
    switch (def->kind) {
    case BRC_SIZE_SINGLE:
        BRC_CHECK(def->min > 0 && isfinite(def->min), BRC_ERR_ARGUMENT, "%s: radius must be > 0 m, got %g", what,
                  def->min);
        out->max = def->min;
        return BRC_OK;
    case BRC_SIZE_UNIFORM:
        return check_range(def, what);
    case BRC_SIZE_NORMAL:
        BRC_TRY(check_range(def, what));
        BRC_CHECK(def->mean > 0 && isfinite(def->mean), BRC_ERR_ARGUMENT, "%s: mean radius must be > 0 m, got %g", what,
                  def->mean);
        BRC_CHECK(def->sd > 0 && isfinite(def->sd), BRC_ERR_ARGUMENT,
                  "%s: standard deviation of the radius must be > 0 m, got %g", what, def->sd);
        out->mean = def->mean, out->sd = def->sd;
        out->low = (def->min - def->mean) / def->sd, out->high = (def->max - def->mean) / def->sd;
        break;
    case BRC_SIZE_LOGNORMAL:
        BRC_TRY(check_range(def, what));
        BRC_CHECK(def->mean > 0 && isfinite(def->mean), BRC_ERR_ARGUMENT, "%s: median radius must be > 0 m, got %g",
                  what, def->mean);
        BRC_CHECK(def->sd > 1 && isfinite(def->sd), BRC_ERR_ARGUMENT,
                  "%s: geometric standard deviation must be > 1, got %g", what, def->sd);
        out->mean = brc_log(def->mean), out->sd = brc_log(def->sd);
        out->low = (brc_log(def->min) - out->mean) / out->sd, out->high = (brc_log(def->max) - out->mean) / out->sd;
        break;
    case BRC_SIZE_DISCRETE:
        BRC_TRY(check_radii(def, what, 1));
        return make_shares(def, what, out);
    case BRC_SIZE_TABLE:
        BRC_TRY(make_table(def, what));
        return make_shares(def, what, out);
    default:
        BRC_CHECK(false, BRC_ERR_ARGUMENT, "%s: unknown size distribution %d", what, (int)def->kind);
    }
    // Cuts so far out that the density there cannot be told from 0 are a slip of the units.
    BRC_CHECK(out->low < 30 && out->high > -30, BRC_ERR_ARGUMENT,
              "%s: the cuts %g to %g m hold nothing of a distribution about %g m", what, def->min, def->max, def->mean);
    return BRC_OK;
}

void brc_sizes_free(brc_size_source* source)
{
    brc_free(source->radius);
    brc_free(source->share);
    source->radius = source->share = NULL;
}

// Of a source that comes from a file: brc_sizes_make could have made it.
bool brc_sizes_sound(const brc_size_source* s)
{
    const bool normal = s->kind == BRC_SIZE_NORMAL, lognormal = s->kind == BRC_SIZE_LOGNORMAL;
    if (!(s->min > 0 && s->min <= s->max && s->max < 1e30)) return false;
    if (normal || lognormal) {
        const double least = normal ? s->min : brc_log(s->min), most = normal ? s->max : brc_log(s->max);
        if (!(s->sd > 0 && isfinite(s->sd) && isfinite(s->mean))) return false;
        if (s->low != (least - s->mean) / s->sd || s->high != (most - s->mean) / s->sd) return false;
        return s->low < 30 && s->high > -30;
    }
    if (s->kind < BRC_SIZE_DISCRETE) return true;
    const int32_t radii = s->kind == BRC_SIZE_TABLE ? s->count + 1 : s->count;
    for (int32_t i = 0; i < radii; i++)
        if (!(s->radius[i] > 0 && s->radius[i] < 1e30)) return false;
    for (int32_t i = 0; i < s->count; i++)
        if (!(s->share[i] >= (i > 0 ? s->share[i - 1] : 0) && s->share[i] <= 1)) return false;
    return s->share[s->count - 1] == 1;
}

// A standard normal deviate between low and high, by rejection (C. Robert, Statistics and Computing 5 (1995) 121): the
// draws 0, 1, 2, ... of this index are tried in turn. Three proposals, so that at least about one in four is taken for
// any cuts.
static double normal_between(double low, double high, uint64_t seed, uint64_t index)
{
    if (!(low < high)) return low;
    double nearest = low > 0 ? low : high < 0 ? high : 0; // where the density is largest
    bool tail = fabs(nearest) > 0.5 && (high - low) * fabs(nearest) > 2;
    bool flat = !tail && high - low < 3;
    for (uint32_t draw = 0;; draw++) {
        brc_random r = brc_random_draw(seed, BRC_RANDOM_SIZE, index, draw);
        double z, accept = r.u[1];
        if (tail) { // exponential proposal from the cut outwards, with its best rate
            double edge = fabs(nearest), rate = 0.5 * (edge + sqrt(edge * edge + 4));
            z = edge - brc_log(1 - r.u[0]) / rate;
            double density = brc_exp(-0.5 * (z - rate) * (z - rate));
            if (nearest < 0) z = -z;
            if (accept < density && z >= low && z <= high) return z;
        } else if (flat) {
            z = low + r.u[0] * (high - low);
            if (accept < brc_exp(0.5 * (nearest * nearest - z * z))) return z;
        } else { // Box-Muller, both deviates
            double size = sqrt(-2 * brc_log(1 - r.u[0])), angle = 2 * BRC_PI * r.u[1];
            z = size * brc_cos(angle);
            if (z >= low && z <= high) return z;
            z = size * brc_sin(angle);
            if (z >= low && z <= high) return z;
        }
    }
}

static double from_shares(const brc_size_source* s, double u)
{
    int32_t first = 0, last = s->count - 1; // the first entry whose cumulative share is above u
    while (first < last) {
        int32_t middle = first + (last - first) / 2;
        if (s->share[middle] > u) last = middle;
        else first = middle + 1;
    }
    if (s->kind == BRC_SIZE_DISCRETE) return s->radius[first];
    double before = first > 0 ? s->share[first - 1] : 0;
    double part = (u - before) / (s->share[first] - before), a = s->radius[first], b = s->radius[first + 1];
    if (!s->by_mass) return a + part * (b - a);
    double q = a / b;
    return a / sqrt(1 - part * (1 - q * q));
}

double brc_sizes_draw(const brc_size_source* s, uint64_t seed, uint64_t index)
{
    double r = s->min;
    switch (s->kind) {
    case BRC_SIZE_SINGLE:
        break;
    case BRC_SIZE_NORMAL:
        r = s->mean + s->sd * normal_between(s->low, s->high, seed, index);
        break;
    case BRC_SIZE_LOGNORMAL:
        r = brc_exp(s->mean + s->sd * normal_between(s->low, s->high, seed, index));
        break;
    default: {
        double u = brc_random_draw(seed, BRC_RANDOM_SIZE, index, 0).u[0];
        r = s->kind == BRC_SIZE_UNIFORM ? s->min + u * (s->max - s->min) : from_shares(s, u);
    }
    }
    return r < s->min ? s->min : r > s->max ? s->max : r; // rounding
}
