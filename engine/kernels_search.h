// kernels_search.h -- which particles are near one: rows of cells looked at LANES candidates at a time. Part of
// kernels.c.

#if defined(__AVX512F__)
enum { LANES = 16 };
typedef __m512i places;
typedef __m512 lanes;
static inline places places_all(uint32_t q) { return _mm512_set1_epi32((int)q); }
static inline lanes lanes_all(float x) { return _mm512_set1_ps(x); }
static inline lanes lanes_load(const float* p) { return _mm512_loadu_ps(p); }
static inline lanes lanes_add(lanes a, lanes b) { return _mm512_add_ps(a, b); }
static inline lanes lanes_mul(lanes a, lanes b) { return _mm512_mul_ps(a, b); }
static inline uint32_t lanes_less(lanes a, lanes b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
static inline lanes apart(places q, const uint32_t* p) // the difference modulo 2^32
{
    return _mm512_cvtepi32_ps(_mm512_sub_epi32(q, _mm512_loadu_si512(p)));
}
static inline uint32_t beyond(const int32_t* slot, places self, places begin) // slot > self or slot < begin
{
    const __m512i j = _mm512_loadu_si512(slot);
    return (uint32_t)_mm512_cmpgt_epi32_mask(j, self) | _mm512_cmplt_epi32_mask(j, begin);
}
// Appends those that the mask names; writes up to LANES. Answers how many there are.
static inline int keep(int32_t* to, const int32_t* from, uint32_t mask)
{
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi32((__mmask16)mask, _mm512_loadu_si512(from)));
    return __builtin_popcount(mask);
}
#else
#if defined(__AVX2__)
enum { LANES = 8 };
typedef __m256i places;
typedef __m256 lanes;
static inline places places_all(uint32_t q) { return _mm256_set1_epi32((int)q); }
static inline lanes lanes_all(float x) { return _mm256_set1_ps(x); }
static inline lanes lanes_load(const float* p) { return _mm256_loadu_ps(p); }
static inline lanes lanes_add(lanes a, lanes b) { return _mm256_add_ps(a, b); }
static inline lanes lanes_mul(lanes a, lanes b) { return _mm256_mul_ps(a, b); }
static inline uint32_t lanes_less(lanes a, lanes b)
{
    return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_LT_OQ));
}
static inline lanes apart(places q, const uint32_t* p)
{
    return _mm256_cvtepi32_ps(_mm256_sub_epi32(q, _mm256_loadu_si256((const __m256i*)(const void*)p)));
}
static inline uint32_t beyond(const int32_t* slot, places self, places begin)
{
    const __m256i j = _mm256_loadu_si256((const __m256i*)(const void*)slot);
    const __m256i either = _mm256_or_si256(_mm256_cmpgt_epi32(j, self), _mm256_cmpgt_epi32(begin, j));
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(either));
}
#elif defined(__SSE2__)
enum { LANES = 4 };
typedef __m128i places;
typedef __m128 lanes;
static inline places places_all(uint32_t q) { return _mm_set1_epi32((int)q); }
static inline lanes lanes_all(float x) { return _mm_set1_ps(x); }
static inline lanes lanes_load(const float* p) { return _mm_loadu_ps(p); }
static inline lanes lanes_add(lanes a, lanes b) { return _mm_add_ps(a, b); }
static inline lanes lanes_mul(lanes a, lanes b) { return _mm_mul_ps(a, b); }
static inline uint32_t lanes_less(lanes a, lanes b) { return (uint32_t)_mm_movemask_ps(_mm_cmplt_ps(a, b)); }
static inline lanes apart(places q, const uint32_t* p)
{
    return _mm_cvtepi32_ps(_mm_sub_epi32(q, _mm_loadu_si128((const __m128i*)(const void*)p)));
}
static inline uint32_t beyond(const int32_t* slot, places self, places begin)
{
    const __m128i j = _mm_loadu_si128((const __m128i*)(const void*)slot);
    const __m128i either = _mm_or_si128(_mm_cmpgt_epi32(j, self), _mm_cmpgt_epi32(begin, j));
    return (uint32_t)_mm_movemask_ps(_mm_castsi128_ps(either));
}
#else // any other processor
enum { LANES = 1 };
typedef uint32_t places;
typedef float lanes;
static inline places places_all(uint32_t q) { return q; }
static inline lanes lanes_all(float x) { return x; }
static inline lanes lanes_load(const float* p) { return *p; }
static inline lanes lanes_add(lanes a, lanes b) { return a + b; }
static inline lanes lanes_mul(lanes a, lanes b) { return a * b; }
static inline uint32_t lanes_less(lanes a, lanes b) { return a < b; }
static inline lanes apart(places q, const uint32_t* p) { return (float)(int32_t)(q - *p); }
static inline uint32_t beyond(const int32_t* slot, places self, places begin)
{
    return *slot > (int32_t)self || *slot < (int32_t)begin;
}
#endif
static inline int keep(int32_t* to, const int32_t* from, uint32_t mask)
{
    int n = 0;
    for (int k = 0; k < LANES; k++) {
        to[n] = from[k];
        n += mask >> k & 1;
    }
    return n;
}
#endif
_Static_assert((int)LANES <= (int)BRC_GRID_SPARE, "columns of the grid are read in whole vectors");

// A particle that looks for its neighbours.
typedef struct seeker {
    places q[3], self, begin;
    lanes scale[3], range; // [m] of a quantum; own radius and how far surfaces may be apart
} seeker;

// Appends the slots of those near it among the particles from p to `end` in the order of cells.
static inline int look_along(const cell_grid* g, const seeker* f, int32_t p, int32_t end, int32_t* to)
{
    int n = 0;
    for (; p < end; p += LANES) {
        const lanes x = lanes_mul(apart(f->q[0], g->place[0] + p), f->scale[0]);
        const lanes y = lanes_mul(apart(f->q[1], g->place[1] + p), f->scale[1]);
        const lanes z = lanes_mul(apart(f->q[2], g->place[2] + p), f->scale[2]);
        const lanes sum = lanes_add(f->range, lanes_load(g->radius + p));
        const lanes r2 = lanes_add(lanes_add(lanes_mul(x, x), lanes_mul(y, y)), lanes_mul(z, z));
        const uint32_t here = end - p < LANES ? (1u << (end - p)) - 1 : ~0u;
        n += keep(to + n, g->slot + p,
                  lanes_less(r2, lanes_mul(sum, sum)) & beyond(g->slot + p, f->self, f->begin) & here);
    }
    return n;
}

typedef struct look {
    const cell_grid* g;
    const seeker* f;
    pair_list* list;
} look;

static inline brc_status look_at_row(void* context, int32_t first, int32_t end)
{
    const look* l = context;
    pair_list* list = l->list;
    if (list->count + (end - first) + LANES > list->capacity)
        BRC_TRY(brc_pairs_reserve(list, list->count + (end - first) + LANES));
    list->count += look_along(l->g, l->f, first, end, list->b + list->count);
    return BRC_OK;
}

// Pairs nearer than the reach and their rooms, and a few that are hardly further: a list may hold more than it must. A
// pair inside the range is listed once, from its lower slot.
static void search(brc_sim* s, worker* w)
{
    const cell_grid* g = &s->grid;
    const bool replaced = s->bonds.replaced.size > 0;
    seeker f;
    for (int k = 0; k < 3; k++) f.scale[k] = lanes_all((float)g->quantum[k]);
    f.begin = places_all((uint32_t)w->begin);
    for (int64_t i = w->begin; i < w->end && w->status == BRC_OK; i++) {
        const double *x = s->pos + 4 * i, radius = x[3] + g->room * (double)s->roam[2 * i];
        if (!(radius > 0)) continue;
        uint32_t q[3];
        for (int k = 0; k < 3; k++) q[k] = brc_grid_place(g, k, x[k]), f.q[k] = places_all(q[k]);
        f.self = places_all((uint32_t)i);
        pair_list* list = &w->pairs;
        const int64_t first = list->count;
        for (const grid_level* v = g->level; v < g->level + g->levels && w->status == BRC_OK; v++) {
            const double blur = brc_grid_blur(g, radius + v->radius + s->reach);
            f.range = lanes_all((float)(radius + s->reach + blur));
            w->status = brc_grid_rows(g, v, q, radius + v->radius + s->reach + blur, look_at_row, &(look){g, &f, list});
        }
        const int64_t id = s->id[i], end = list->count;
        for (int64_t k = first; k < end; k++) { // the lower id first
            const int32_t j = list->b[k];
            const bool lower = id < s->id[j];
            list->a[k] = lower ? (int32_t)i : j;
            list->b[k] = lower ? j : (int32_t)i;
        }
        if (!replaced) continue;
        list->count = first;
        for (int64_t k = first; k < end; k++) {
            const int32_t a = list->a[k], b = list->b[k];
            if (brc_bonds_replace(s, s->id[a], s->id[b])) continue;
            list->a[list->count] = a;
            list->b[list->count++] = b;
        }
    }
}
