// wall_hits.c -- from everything of a wall that a sphere overlaps to the contacts that count: no seam is felt twice.
#include "wall_parts.h"

// Total order, so that neither the order nor the number of hints matters. Negative: a comes first.
static int compare(const raw_hit* a, const raw_hit* b)
{
    if (a->overlap != b->overlap) return a->overlap > b->overlap ? -1 : 1;
    if (a->feature != b->feature) return a->feature < b->feature ? -1 : 1;
    if (a->element != b->element) return a->element < b->element ? -1 : 1;
    return 0;
}

void brc_hits_add(raw_hits* list, const raw_hit* hit)
{
    if (hit->behind && !(hit->distance < list->behind_limit)) return;
    int first = 0, last = list->count;
    while (first < last) {
        int middle = (first + last) / 2;
        int order = compare(&list->at[middle], hit);
        if (!order) return; // an edge or vertex that another triangle has reported
        if (order < 0) first = middle + 1;
        else last = middle;
    }
    if (first == BRC_RAW_HITS) return;
    if (list->count < BRC_RAW_HITS) list->count++;
    for (int i = list->count - 1; i > first; i--) list->at[i] = list->at[i - 1];
    list->at[first] = *hit;
}

// The point of the wall, seen from the centre.
static vec3 point_of(const raw_hit* h) { return v3_scale(h->behind ? h->distance : -h->distance, h->n); }

// How far the point of b lies in front of the tangent plane of a, less what 1 degree allows at that distance.
static double in_front(const raw_hit* a, const raw_hit* b, double degrees_sin)
{
    vec3 d = v3_sub(point_of(b), point_of(a));
    return v3_dot(a->n, d) - degrees_sin * v3_length(d);
}

// A one-sided face seen from behind, through another face: the far side of a plate that is thinner than the sphere; or,
// from inside a solid, any face but the nearest: what is pressed in goes out by the shortest way.
static bool hidden(const raw_hits* list, const raw_hit* h)
{
    for (int j = 0; j < list->count; j++) {
        const raw_hit* other = &list->at[j];
        if (other == h) continue;
        bool nearer = other->behind ? other->distance < h->distance ||
                                          (other->distance == h->distance && other->element < h->element)
                                    : v3_dot(other->n, h->n) < 0;
        if (nearer && in_front(other, h, BRC_SAME_NORMAL_SIN) <= 0) return true;
    }
    return false;
}

// Does an accepted contact already stand for this one? The same feature or nearly the same normal do; and an edge or
// vertex does that lies in or behind the tangent plane of a deeper contact: seen with that contact it is part of a flat
// (T-junctions, seams whose vertices are not quite equal, the far edge of a crack in a floor) or below it.
static bool covered(const raw_hit* const* accepted, int count, const raw_hit* h)
{
    for (int i = 0; i < count; i++) {
        const raw_hit* a = accepted[i];
        if (a->feature == h->feature || v3_dot(a->n, h->n) >= BRC_SAME_NORMAL_COS) return true;
        if (!h->face && !h->behind && in_front(a, h, BRC_SAME_NORMAL_SIN) <= 0) return true;
    }
    return false;
}

// A face beside a crack and the crack's far edge are equally deep, to rounding, over some 1e-7 radii: the face has the
// better normal. A weak hit gives way to a strict one of the same place in the same manner.
static const raw_hit* best_of_equals(const raw_hits* list, const raw_hit* h)
{
    const raw_hit* best = h;
    double slack = (h->weak ? 4 * BRC_WEAK_SLACK : 1e-12) * (h->overlap + h->distance);
    for (int j = 0; j < list->count && !(best->face && !best->weak); j++) {
        const raw_hit* f = &list->at[j];
        bool better = f->weak == best->weak ? f->face && !best->face : best->weak;
        if (better && f->behind == h->behind && f->overlap >= h->overlap - slack &&
            v3_dot(f->n, h->n) >= BRC_SAME_NORMAL_COS)
            best = f;
    }
    return best;
}

int brc_hits_finish(const raw_hits* list, brc_wall_hit hits[BRC_WALL_HITS])
{
    const raw_hit* accepted[BRC_WALL_HITS];
    int count = 0;
    for (int i = 0; i < list->count && count < BRC_WALL_HITS; i++) {
        const raw_hit* h = &list->at[i];
        if ((h->behind && hidden(list, h)) || covered(accepted, count, h)) continue;
        h = best_of_equals(list, h);
        int place = count++; // its equal may be a rounding less deep
        for (; place > 0 && (accepted[place - 1]->overlap < h->overlap ||
                             (accepted[place - 1]->overlap == h->overlap && accepted[place - 1]->feature > h->feature));
             place--)
            accepted[place] = accepted[place - 1];
        accepted[place] = h;
    }
    for (int i = 0; i < count; i++)
        hits[i] = (brc_wall_hit){.feature = accepted[i]->feature, .overlap = accepted[i]->overlap, .n = accepted[i]->n};
    return count;
}
