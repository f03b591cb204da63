// reduce.c -- what numbers of all ranks come to together: exact sums, whose bits depend on no order and no cut, and the
// largest of all; of all rows, or of the rows of each key. Ranks agree on the largest exponent, then add integers.
#include "comm.h"
#include "sim.h"
#include <stdlib.h>
#include <string.h>

// What sums are made of: rows with values in columns, each in one of `bins` (NULL: all in the first).
typedef struct terms {
    const double* value;
    int64_t stride, count, bins;
    const int32_t* bin;
    int columns;
} terms;

// Sums out[column * bins + bin] of terms of all ranks, `all` of them, each with 62 - log2(all) bits of the largest of
// its sum; largest and sum: room for as many.
static brc_status exact_sums(brc_comm* comm, const terms* t, int64_t all, double* largest, int64_t* sum, double* out)
{
    const int64_t sums = t->columns * t->bins;
    int room = 1;
    memset(largest, 0, (size_t)sums * sizeof *largest), memset(sum, 0, (size_t)sums * sizeof *sum);
    for (int k = 0; k < t->columns; k++)
        for (int64_t i = 0; i < t->count; i++) {
            double* most = &largest[k * t->bins + (t->bin ? t->bin[i] : 0)];
            const double size = fabs(t->value[k * t->stride + i]);
            if (!(size < INFINITY)) *most = INFINITY; // a script may have written anything
            else *most = size > *most ? size : *most;
        }
    BRC_TRY(brc_comm_max_real(comm, largest, sums));
    while (room < 62 && (int64_t)1 << room <= all) room++;
    int64_t before = -1; // where e belongs to
    int e = 0;
    for (int k = 0; k < t->columns; k++)
        for (int64_t i = 0; i < t->count; i++) {
            const int64_t at = k * t->bins + (t->bin ? t->bin[i] : 0);
            if (!(largest[at] < INFINITY) || largest[at] == 0) continue;
            if (at != before) (void)frexp(largest[at], &e), before = at;
            sum[at] += (int64_t)ldexp(t->value[k * t->stride + i], 62 - room - e);
        }
    BRC_TRY(brc_comm_sum(comm, sum, sums));
    for (int64_t at = 0; at < sums; at++) {
        if (largest[at] < INFINITY) (void)frexp(largest[at], &e);
        out[at] = largest[at] < INFINITY ? ldexp((double)sum[at], e + room - 62) : NAN;
    }
    return BRC_OK;
}

brc_status brc_exact_sums(brc_comm* comm, const double* term, int64_t stride, int64_t count, int columns, double* out)
{
    enum { MOST = 16 };
    int64_t all[2] = {count, term == NULL}, sum[MOST];
    double largest[MOST];
    BRC_ASSERT(columns <= MOST);
    BRC_TRY(brc_comm_sum(comm, all, 2));
    BRC_CHECK(!all[1], BRC_ERR_MEMORY, "no memory for a sum of %" PRId64 " terms", count);
    const terms t = {.value = term, .stride = stride, .count = count, .bins = 1, .columns = columns};
    return exact_sums(comm, &t, all[0], largest, sum, out);
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
    double* largest = BRC_NEW(sums + 1, double);
    int64_t* sum = BRC_NEW(sums + 1, int64_t);
    r.value = BRC_NEW(sums + 1, double);
    r.label = def->largest ? BRC_NEW(2 * r.bins + 1, int64_t) : NULL;
    brc_status status = BRC_OK;
    if ((def->key && !bin) || !largest || !sum || !r.value || (def->largest && !r.label)) {
        brc_error_set(__FILE__, __LINE__, __func__, "no memory for %" PRId64 " sums", sums);
        status = BRC_ERR_MEMORY;
    }
    status = brc_comm_agree(comm, status);
    if (status == BRC_OK && def->key) find_bins(def, r.key, r.bins, bin);
    const terms t = {def->value, def->stride, def->count, r.bins, bin, def->columns};
    if (status == BRC_OK)
        status = def->largest ? largest_of(comm, def, bin, &r) : exact_sums(comm, &t, r.rows, largest, sum, r.value);
    brc_free(bin), brc_free(largest), brc_free(sum);
    if (status != BRC_OK) brc_reduced_free(&r);
    else *out = r;
    return status;
}

void brc_reduced_free(brc_reduced* q)
{
    brc_free(q->key), brc_free(q->value), brc_free(q->label);
    memset(q, 0, sizeof *q);
}
