// enter.comp -- adds what a step has done to the sums of the energy book, and makes the pages empty: one thread for each sum.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "step.glsl"

BUFFER(2, , Pages, pages, uint, 4)
#include "wide.glsl"

void put(uint at, int64_t number) { pages.at[at] = uint(uint64_t(number) & 0xffffffffUL), pages.at[at + 1u] = uint(uint64_t(number) >> 32); }

void main()
{
    const uint k = thread_index();
    if (stopped() || k >= BOOK_SUMS) return;
    const bool latest = k == HOOKS_REST || k == BONDS_REST || (k > PARTS && (k - PARTS) % 2u == 1u); // of the last step only
    const uint at = 4u * (PAGES * BOOK_SUMS + k);
    Wide more = Wide(0L, 0L), all = more;
    for (uint p = 0u; p < PAGES; p++) {
        const uint from = 4u * (p * BOOK_SUMS + k);
        Wide page = Wide(page_number(from), page_number(from + 2u));
        carry(page);
        more.high += page.high, more.low += page.low;
        put(from, 0L), put(from + 2u, 0L);
    }
    if (!latest) all = Wide(page_number(at), page_number(at + 2u));
    carry(more);
    all.high += more.high, all.low += more.low;
    carry(all);
    if (!(all.high < 4611686018427387904L && all.high > -4611686018427387904L)) atomicOr(status[FLAGS], FLAG_BOOK); // 2^62
    put(at, all.high), put(at + 2u, all.low);
}
