// wall_tree.c -- a tree of boxes over the triangles of a mesh: which are near a point, does a segment cross one.
#include "wall_mesh.h"

enum { LEAF = 4, DEPTH = 64 }; // faces in a leaf; halving 2^28 faces takes less than 30 levels

static vec3 face_lo(const brc_mesh* m, const mesh_face* f)
{
    vec3 a = m->x[f->vertex[0]], b = m->x[f->vertex[1]], c = m->x[f->vertex[2]];
    return v3(fmin(a.x, fmin(b.x, c.x)), fmin(a.y, fmin(b.y, c.y)), fmin(a.z, fmin(b.z, c.z)));
}
static vec3 face_hi(const brc_mesh* m, const mesh_face* f)
{
    vec3 a = m->x[f->vertex[0]], b = m->x[f->vertex[1]], c = m->x[f->vertex[2]];
    return v3(fmax(a.x, fmax(b.x, c.x)), fmax(a.y, fmax(b.y, c.y)), fmax(a.z, fmax(b.z, c.z)));
}

// ---- building --------------------------------------------------------------------------------------------
typedef struct centre {
    double at[3]; // twice the middle of the face's box
    int32_t face;
} centre;

static bool before(const centre* a, const centre* b, int axis)
{
    return a->at[axis] != b->at[axis] ? a->at[axis] < b->at[axis] : a->face < b->face;
}

// Puts the k-th smallest in its place, smaller ones before it (Hoare's selection, median of three).
static void select_nth(centre* list, int64_t count, int64_t k, int axis)
{
    int64_t lo = 0, hi = count - 1;
    while (lo < hi) {
        centre a = list[lo], b = list[lo + (hi - lo) / 2], c = list[hi];
        centre pivot = before(&a, &b, axis) ? (before(&b, &c, axis)   ? b
                                               : before(&a, &c, axis) ? c
                                                                      : a)
                                            : (before(&a, &c, axis)   ? a
                                               : before(&b, &c, axis) ? c
                                                                      : b);
        int64_t i = lo, j = hi;
        while (i <= j) {
            while (before(&list[i], &pivot, axis)) i++;
            while (before(&pivot, &list[j], axis)) j--;
            if (i > j) break;
            centre t = list[i];
            list[i++] = list[j], list[j--] = t;
        }
        if (k <= j) hi = j;
        else if (k >= i) lo = i;
        else return;
    }
}

static void build(brc_mesh* m, centre* list, int32_t first, int32_t count)
{
    int32_t number = (int32_t)m->node_count++;
    double lo[3] = {INFINITY, INFINITY, INFINITY}, hi[3] = {-INFINITY, -INFINITY, -INFINITY}, least[3], most[3];
    for (int k = 0; k < 3; k++) least[k] = INFINITY, most[k] = -INFINITY;
    for (int32_t i = first; i < first + count; i++) {
        const mesh_face* f = &m->faces[list[i].face];
        double a[3], b[3];
        v3_to(a, face_lo(m, f)), v3_to(b, face_hi(m, f));
        for (int k = 0; k < 3; k++) {
            lo[k] = fmin(lo[k], a[k]), hi[k] = fmax(hi[k], b[k]);
            least[k] = fmin(least[k], list[i].at[k]), most[k] = fmax(most[k], list[i].at[k]);
        }
    }
    mesh_node* node = &m->nodes[number];
    for (int k = 0; k < 3; k++) node->lo[k] = lo[k], node->hi[k] = hi[k];
    if (count <= LEAF) {
        node->count = count, node->next = first;
        for (int32_t i = first; i < first + count; i++) m->order[i] = list[i].face;
        return;
    }
    int axis = 0;
    for (int k = 1; k < 3; k++)
        if (most[k] - least[k] > most[axis] - least[axis]) axis = k;
    int32_t half = count / 2;
    select_nth(list + first, count, half, axis);
    build(m, list, first, half);
    m->nodes[number].next = (int32_t)m->node_count;
    build(m, list, first + half, count - half);
}

brc_status brc_mesh_tree(brc_mesh* m)
{
    centre* list = BRC_NEW(m->face_count, centre);
    m->order = BRC_NEW(m->face_count, int32_t);
    m->nodes = BRC_NEW(m->face_count, mesh_node); // a leaf has two faces or more, or is the only one
    if (!list || !m->order || !m->nodes) {
        brc_free(list);
        BRC_CHECK(false, BRC_ERR_MEMORY, "no memory for the tree of %" PRId64 " triangles", m->face_count);
    }
    for (int64_t i = 0; i < m->face_count; i++) {
        v3_to(list[i].at, v3_add(face_lo(m, &m->faces[i]), face_hi(m, &m->faces[i])));
        list[i].face = (int32_t)i;
    }
    build(m, list, 0, (int32_t)m->face_count);
    brc_free(list);
    return BRC_OK;
}

// ---- near ------------------------------------------------------------------------------------------------
static double box_square(const double c[3], const double lo[3], const double hi[3])
{
    double square = 0;
    for (int k = 0; k < 3; k++) {
        double d = c[k] < lo[k] ? lo[k] - c[k] : c[k] > hi[k] ? c[k] - hi[k] : 0;
        square += d * d;
    }
    return square;
}

// Within `distance` of the plane, of each edge's line on the outer side, and of the box: a little more than the true
// region, at the tips of sharp corners only.
static bool face_near(const brc_mesh* m, const mesh_face* f, vec3 c, const double at[3], double distance)
{
    vec3 d = v3_sub(c, m->x[f->vertex[0]]);
    if (!(fabs(v3_dot(f->n, d)) <= distance)) return false;
    for (int k = 0; k < 3; k++)
        if (!(v3_dot(f->inward[k], v3_sub(c, m->x[f->vertex[k]])) >= -distance)) return false;
    double lo[3], hi[3];
    v3_to(lo, face_lo(m, f)), v3_to(hi, face_hi(m, f));
    return box_square(at, lo, hi) <= distance * distance;
}

static void sink(uint32_t* heap, int count, int i)
{
    for (int child; (child = 2 * i + 1) < count; i = child) {
        if (child + 1 < count && heap[child + 1] > heap[child]) child++;
        if (heap[i] >= heap[child]) return;
        uint32_t t = heap[i];
        heap[i] = heap[child], heap[child] = t;
    }
}

static void sort_ascending(uint32_t* list, int count)
{
    if (count <= 32) {
        for (int i = 1; i < count; i++) {
            uint32_t value = list[i];
            int j = i;
            for (; j > 0 && list[j - 1] > value; j--) list[j] = list[j - 1];
            list[j] = value;
        }
        return;
    }
    for (int i = count / 2 - 1; i >= 0; i--) sink(list, count, i);
    for (int last = count - 1; last > 0; last--) {
        uint32_t t = list[0];
        list[0] = list[last], list[last] = t;
        sink(list, last, 0);
    }
}

int brc_mesh_near(const brc_mesh* m, vec3 c, double distance, uint32_t* hints, int capacity)
{
    int32_t stack[DEPTH];
    int depth = 0, count = 0;
    double at[3], square = distance * distance;
    v3_to(at, c);
    stack[depth++] = 0;
    while (depth > 0) {
        int32_t number = stack[--depth];
        const mesh_node* node = &m->nodes[number];
        if (!(box_square(at, node->lo, node->hi) <= square)) continue;
        if (!node->count) {
            stack[depth++] = node->next;
            stack[depth++] = number + 1;
            continue;
        }
        for (int32_t i = 0; i < node->count; i++) {
            int32_t face = m->order[node->next + i];
            if (!face_near(m, &m->faces[face], c, at, distance)) continue;
            if (count < capacity) hints[count] = (uint32_t)face;
            count++;
        }
    }
    sort_ascending(hints, count < capacity ? count : capacity);
    return count;
}

int brc_mesh_still_near(const brc_mesh* m, vec3 c, double distance, const uint32_t* among, int count, uint32_t* hints)
{
    double at[3];
    int kept = 0;
    v3_to(at, c);
    for (int i = 0; i < count; i++) {
        hints[kept] = among[i];
        kept += among[i] < (uint64_t)m->face_count && face_near(m, &m->faces[among[i]], c, at, distance);
    }
    return kept;
}

// ---- crossing
// ---------------------------------------------------------------------------------------------------------- Six times
// the volume of (direction, u - a, v - a). Computed from the lower vertex to the higher, so that the two faces of an
// edge see exactly opposite numbers and nothing slips through between them.
static double passes(const brc_mesh* m, vec3 a, vec3 direction, int32_t u, int32_t v)
{
    int32_t low = u < v ? u : v, high = u < v ? v : u;
    double volume = v3_dot(direction, v3_cross(v3_sub(m->x[low], a), v3_sub(m->x[high], a)));
    return u < v ? volume : -volume;
}

static bool face_crossed(const brc_mesh* m, const mesh_face* f, vec3 a, vec3 b)
{
    vec3 p = m->x[f->vertex[0]], direction = v3_sub(b, a);
    bool from_front = v3_dot(f->n, v3_sub(a, p)) >= 0, to_front = v3_dot(f->n, v3_sub(b, p)) >= 0;
    if (from_front == to_front) return false;
    double w[3];
    for (int k = 0; k < 3; k++) w[k] = passes(m, a, direction, f->vertex[k], f->vertex[(k + 1) % 3]);
    return (w[0] >= 0 && w[1] >= 0 && w[2] >= 0) || (w[0] <= 0 && w[1] <= 0 && w[2] <= 0);
}

bool brc_wall_crossed(const brc_wall* wall, vec3 a, vec3 b)
{
    BRC_ASSERT(wall->mesh && !wall->posed);
    const brc_mesh* m = wall->mesh;
    double lo[3], hi[3];
    v3_to(lo, v3(fmin(a.x, b.x), fmin(a.y, b.y), fmin(a.z, b.z)));
    v3_to(hi, v3(fmax(a.x, b.x), fmax(a.y, b.y), fmax(a.z, b.z)));
    int32_t stack[DEPTH];
    int depth = 0;
    stack[depth++] = 0;
    while (depth > 0) {
        int32_t number = stack[--depth];
        const mesh_node* node = &m->nodes[number];
        bool apart = false;
        for (int k = 0; k < 3; k++) apart = apart || lo[k] > node->hi[k] || hi[k] < node->lo[k];
        if (apart) continue;
        if (!node->count) {
            stack[depth++] = node->next;
            stack[depth++] = number + 1;
            continue;
        }
        for (int32_t i = 0; i < node->count; i++)
            if (face_crossed(m, &m->faces[m->order[node->next + i]], a, b)) return true;
    }
    return false;
}
