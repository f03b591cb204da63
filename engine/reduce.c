// reduce.c -- what numbers of all ranks come to together: exact sums, whose bits depend on no order and no cut, and the
// largest of all; of all rows, or of the rows of each key.
#include "comm.h"
#include "sim.h"
#include <stdlib.h>
#include <string.h>

// ---- sums ------------------------------------------------------------------------------------------------
// A double is a whole number of 2^-1074, of up to 2098 bits, of which only 53 in a row are not 0. A sum keeps every bit
// that a term has, in digits of 32 bits, each in a word with room for 2^31 terms, and is rounded once, at the end.
// Ranks first agree on the digits that the terms of a sum reach, so that it has no others: mostly three to five.

enum {
    DIGIT = 32,                // bits
    DIGITS = 2045 / DIGIT + 3, // of the longest sum: a term begins in one of the first 64 and goes on for two
    ROOM = 1 << 30,            // terms between two carries
    NOWHERE = -DIGITS,         // reach of a sum that has only zeros
    BEYOND = DIGITS,           // and of one that is not finite
};

// What sums are made of: rows with values in columns, each in one of `bins` (NULL: all in the first). Sum k * bins + b
// is that of column k and bin b.
typedef struct terms {
    const double* value;
    int64_t stride, count, bins;
    const int32_t* bin;
    int columns;
} terms;

static brc_status memory_for(bool there, int64_t sums)
{
    BRC_CHECK(there, BRC_ERR_MEMORY, "no memory for %" PRId64 " sums", sums);
    return BRC_OK;
}

static int64_t sum_of(const terms* t, int k, int64_t i) { return k * t->bins + (t->bin ? t->bin[i] : 0); }

// A double taken apart: magnitude * 2^(place - 1074), where it is finite.
typedef struct parts {
    uint64_t magnitude;
    int place;
    bool negative, finite;
} parts;

static parts parts_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    const int exponent = (int)(bits >> 52 & 0x7ff), normal = exponent > 0;
    return (parts){(bits & 0xfffffffffffff) | (uint64_t)normal << 52, exponent - normal, bits >> 63, exponent < 0x7ff};
}

// reach: the last digit in which a term begins, and minus the first; of +inf, -inf and NaN the first, the second or
// both are BEYOND.
static void reach_for(int64_t reach[2], double x)
{
    const parts p = parts_of(x);
    const int64_t digit = p.place / DIGIT;
    if (!p.finite) {
        if (!(x < 0)) reach[0] = BEYOND;
        if (!(x > 0)) reach[1] = BEYOND;
    } else if (p.magnitude) {
        reach[0] = digit > reach[0] ? digit : reach[0];
        reach[1] = -digit > reach[1] ? -digit : reach[1];
    }
}

static void find_reaches(const terms* t, int64_t* reach)
{
    for (int64_t r = 0; r < 2 * t->columns * t->bins; r++) reach[r] = NOWHERE;
    for (int k = 0; k < t->columns; k++)
        for (int64_t i = 0; i < t->count; i++) reach_for(&reach[2 * sum_of(t, k, i)], t->value[k * t->stride + i]);
}

// start[s]: where the digits of sum s are among those of all, of which there are start[sums].
static void lay_out(const int64_t* reach, int64_t sums, int64_t* start)
{
    start[0] = 0;
    for (int64_t s = 0; s < sums; s++) {
        const int64_t last = reach[2 * s], first = -reach[2 * s + 1];
        const bool some = last > NOWHERE && last < BEYOND && first > -BEYOND;
        start[s + 1] = start[s] + (some ? last - first + 3 : 0);
    }
}

// zero: where digit 0 would be, had the sum so small ones.
static void add_term(int64_t* zero, double x)
{
    const parts p = parts_of(x);
    if (!p.magnitude) return;
    const int shift = p.place % DIGIT;
    const uint64_t high = p.magnitude >> (DIGIT - shift);
    const int64_t low = (uint32_t)(p.magnitude << shift), middle = (uint32_t)high, top = (int64_t)(high >> DIGIT);
    int64_t* digit = zero + p.place / DIGIT;
    digit[0] += p.negative ? -low : low;
    digit[1] += p.negative ? -middle : middle;
    digit[2] += p.negative ? -top : top;
}

// All digits but the last are 0 to 2^32 - 1 then.
static void carry(int64_t* digit, int64_t count)
{
    const int64_t base = (int64_t)1 << DIGIT;
    for (int64_t k = 0; k + 1 < count; k++) {
        const int64_t low = (int64_t)((uint64_t)digit[k] % (uint64_t)base);
        digit[k + 1] += (digit[k] - low) / base;
        digit[k] = low;
    }
}

static void carry_all(const int64_t* start, int64_t sums, int64_t* digit)
{
    for (int64_t s = 0; s < sums; s++) carry(digit + start[s], start[s + 1] - start[s]);
}

// The double nearest to a sum, of two as near the even one: IEEE's rounding, of the exact sum. first: of its digits.
static double rounded(int64_t* digit, int64_t count, int64_t first)
{
    uint32_t d[DIGITS + 1];
    carry(digit, count);
    const bool negative = digit[count - 1] < 0;
    for (int64_t k = 0; k < count; k++) digit[k] = negative ? -digit[k] : digit[k];
    if (negative) carry(digit, count);
    for (int64_t k = 0; k < count; k++) d[k] = (uint32_t)digit[k];
    d[count] = (uint32_t)(digit[count - 1] >> DIGIT);
    int64_t top = count;
    while (top >= 0 && !d[top]) top--;
    if (top < 0) return 0;
    // The 64 bits from the highest on, with a last one that stands for all below, round as the whole does. They are
    // exact where the sum is so small that its double has fewer bits than 53: no bit is below 2^-1074.
    int shift = 0;
    while (!(d[top] << shift >> (DIGIT - 1))) shift++;
    const uint64_t next = top > 0 ? d[top - 1] : 0, third = top > 1 ? d[top - 2] : 0;
    uint64_t bits = (((uint64_t)d[top] << DIGIT | next) << shift) | third >> (DIGIT - shift);
    bool below = (uint32_t)(third << shift) != 0;
    for (int64_t k = 0; k < top - 2; k++) below |= d[k] != 0;
    const double size = ldexp((double)(bits | below), (int)(DIGIT * (first + top - 1)) - shift - 1074);
    return negative ? -size : size;
}

// out[s]: the sums, by the reaches of all ranks; digit: those of all sums, 0.
static brc_status add_up(brc_comm* comm, const terms* t, const int64_t* reach, const int64_t* start, int64_t* digit,
                         double* out)
{
    const int64_t sums = t->columns * t->bins;
    int64_t room = ROOM;
    for (int k = 0; k < t->columns; k++)
        for (int64_t i = 0; i < t->count; i++, room--) {
            const int64_t s = sum_of(t, k, i);
            if (start[s + 1] > start[s]) add_term(digit + start[s] + reach[2 * s + 1], t->value[k * t->stride + i]);
            if (!room) carry_all(start, sums, digit), room = ROOM;
        }
    carry_all(start, sums, digit); // so that sums of any number of ranks have room
    BRC_TRY(brc_comm_sum(comm, digit, start[sums]));
    for (int64_t s = 0; s < sums; s++) {
        const bool up = reach[2 * s] == BEYOND, down = reach[2 * s + 1] == BEYOND;
        const int64_t count = start[s + 1] - start[s];
        if (up || down) out[s] = up && down ? NAN : up ? INFINITY : -INFINITY;
        else out[s] = count ? rounded(digit + start[s], count, -reach[2 * s + 1]) : 0;
    }
    return BRC_OK;
}

brc_status brc_exact_sums(brc_comm* comm, const double* term, int64_t stride, int64_t count, int columns, double* out)
{
    enum { MOST = 16 };
    int64_t reach[2 * MOST + 1], start[MOST + 1], digit[MOST * DIGITS] = {0};
    BRC_ASSERT(columns <= MOST);
    const terms t = {.value = term, .stride = stride, .count = term ? count : 0, .bins = 1, .columns = columns};
    find_reaches(&t, reach);
    reach[2 * columns] = term == NULL;
    BRC_TRY(brc_comm_max(comm, reach, 2 * columns + 1));
    BRC_CHECK(!reach[2 * columns], BRC_ERR_MEMORY, "no memory for a sum of %" PRId64 " terms", count);
    lay_out(reach, columns, start);
    return add_up(comm, &t, reach, start, digit, out);
}

// The same of any number of sums.
static brc_status many_sums(brc_comm* comm, const terms* t, double* out)
{
    const int64_t sums = t->columns * t->bins;
    int64_t *reach = BRC_NEW(2 * sums + 1, int64_t), *start = BRC_NEW(sums + 1, int64_t), *digit = NULL;
    brc_status status = brc_comm_agree(comm, memory_for(reach && start, sums));
    if (status == BRC_OK) {
        find_reaches(t, reach);
        status = brc_comm_max(comm, reach, 2 * sums);
    }
    if (status == BRC_OK) {
        lay_out(reach, sums, start);
        digit = BRC_NEW(start[sums] + 1, int64_t);
        status = brc_comm_agree(comm, memory_for(digit != NULL, sums));
    }
    if (status == BRC_OK) status = add_up(comm, t, reach, start, digit, out);
    brc_free(reach), brc_free(start), brc_free(digit);
    return status;
}

// ---- keys ------------------------------------------------------------------------------------------------

static int compare_key(const void* a, const void* b)
{
    const double x = *(const double*)a, y = *(const double*)b;
    return (x > y) - (x < y);
}

static int64_t sort_unique(double* key, int64_t count)
{
    int64_t n = 0;
    qsort(key, (size_t)count, sizeof *key, compare_key);
    for (int64_t i = 0; i < count; i++)
        if (!n || key[i] != key[n - 1]) key[n++] = key[i];
    return n;
}

// The keys of all ranks, each once, ascending.
static brc_status all_keys(brc_comm* comm, const brc_reduce_def* def, double** out, int64_t* bins)
{
    double *mine = BRC_NEW(def->count + 1, double), *all = NULL;
    int64_t n = 0;
    if (mine) {
        for (int64_t i = 0; i < def->count; i++) mine[i] = def->key[i] + 0.0; // -0 and 0 are the same
        n = sort_unique(mine, def->count);
    } else {
        brc_error_set(__FILE__, __LINE__, __func__, "no memory for %" PRId64 " keys", def->count);
    }
    brc_status status = brc_comm_agree(comm, mine ? BRC_OK : BRC_ERR_MEMORY);
    if (status == BRC_OK && brc_comm_size(comm) > 1) {
        status = brc_comm_gather(comm, mine, n, sizeof *mine, (void**)&all, bins);
        if (status == BRC_OK) *bins = sort_unique(all, *bins);
        brc_free(mine);
    } else {
        all = mine, *bins = n;
    }
    if (status == BRC_OK && *bins > INT32_MAX) { // the same on all
        brc_error_set(__FILE__, __LINE__, __func__, "there are %" PRId64 " keys, more than can be told apart", *bins);
        status = BRC_ERR_ARGUMENT;
    }
    if (status != BRC_OK) brc_free(all);
    else *out = all;
    return status;
}

static void find_bins(const brc_reduce_def* def, const double* key, int64_t bins, int32_t* bin)
{
    for (int64_t i = 0; i < def->count; i++) {
        const double own = def->key[i] + 0.0;
        const double* found = bsearch(&own, key, (size_t)bins, sizeof *key, compare_key);
        BRC_ASSERT(found);
        bin[i] = (int32_t)(found - key);
    }
}

// ---- the largest -----------------------------------------------------------------------------------------

// The least of the labels column `c` of the rows that are the largest of their bin, and that have the labels found
// before.
static brc_status least_labels(brc_comm* comm, const brc_reduce_def* def, const int32_t* bin, const brc_reduced* out,
                               int c)
{
    int64_t* label = out->label + c * out->bins;
    for (int64_t b = 0; b < out->bins; b++) label[b] = INT64_MIN;
    for (int64_t i = 0; i < def->count; i++) {
        const int64_t b = bin ? bin[i] : 0, mine = -def->label[c * def->stride + i];
        if (def->value[i] != out->value[b] || (c && def->label[i] != out->label[b])) continue;
        label[b] = mine > label[b] ? mine : label[b];
    }
    BRC_TRY(brc_comm_max(comm, label, out->bins));
    for (int64_t b = 0; b < out->bins; b++) label[b] = label[b] > INT64_MIN ? -label[b] : 0;
    return BRC_OK;
}

static brc_status largest_of(brc_comm* comm, const brc_reduce_def* def, const int32_t* bin, const brc_reduced* out)
{
    for (int64_t b = 0; b < out->bins; b++) out->value[b] = -INFINITY;
    for (int64_t i = 0; i < def->count; i++) {
        double* most = &out->value[bin ? bin[i] : 0];
        *most = def->value[i] > *most ? def->value[i] + 0.0 : *most; // 0 for -0: which of them came first is no matter
    }
    BRC_TRY(brc_comm_max_real(comm, out->value, out->bins));
    for (int c = 0; c < 2; c++) BRC_TRY(least_labels(comm, def, bin, out, c));
    return BRC_OK;
}

brc_status brc_reduce(brc_comm* comm, const brc_reduce_def* def, brc_reduced* out)
{
    memset(out, 0, sizeof *out);
    BRC_CHECK(def->columns >= 1 && def->columns <= (def->largest ? 1 : BRC_REDUCE_COLUMNS), BRC_ERR_ARGUMENT,
              "columns must be 1 to %d, got %d", def->largest ? 1 : BRC_REDUCE_COLUMNS, def->columns);
    brc_reduced r = {.bins = 1, .rows = def->count};
    BRC_TRY(brc_comm_sum(comm, &r.rows, 1));
    if (def->key) BRC_TRY(all_keys(comm, def, &r.key, &r.bins));
    const int64_t sums = def->columns * r.bins;
    int32_t* bin = def->key ? BRC_NEW(def->count + 1, int32_t) : NULL;
    r.value = BRC_NEW(sums + 1, double);
    r.label = def->largest ? BRC_NEW(2 * r.bins + 1, int64_t) : NULL;
    brc_status status =
        brc_comm_agree(comm, memory_for((bin || !def->key) && r.value && (r.label || !def->largest), sums));
    if (status == BRC_OK && def->key) find_bins(def, r.key, r.bins, bin);
    const terms t = {def->value, def->stride, def->count, r.bins, bin, def->columns};
    if (status == BRC_OK) status = def->largest ? largest_of(comm, def, bin, &r) : many_sums(comm, &t, r.value);
    brc_free(bin);
    if (status != BRC_OK) brc_reduced_free(&r);
    else *out = r;
    return status;
}

void brc_reduced_free(brc_reduced* q)
{
    brc_free(q->key), brc_free(q->value), brc_free(q->label);
    memset(q, 0, sizeof *q);
}
