// wide.glsl -- the sums of the energy book: integers, (high + low 2^-40) units, as brc_wide of engine/book.h, so that the order in which
// threads come cannot matter. What includes it has the buffer `pages`: PAGES pages of what a step adds, then the sums so far. Of
// each, in the order of brc_book_sums: the high number, then the low one, of 64 bits each.
const uint HOOKS = 0u, HOOKS_REST = 1u, GRAVITY = 2u, BONDS = 3u, BONDS_REST = 4u, PARTS = 5u; // PARTS + 2 k: work, + 1: rest of part k
const uint BOOK_SUMS = 29u, PAGES = 16u; // several pages, so that few groups meet at a word
struct Wide {
    int64_t high, low;
};
shared int64_t wide_high[64], wide_low[64];

int64_t page_number(uint at) { return int64_t(uint64_t(pages.at[at]) | uint64_t(pages.at[at + 1u]) << 32); }

void carry(inout Wide w) // one form for each value: 0 <= low < 2^40
{
    const int64_t whole = w.low >> 40;
    w.high += whole, w.low -= whole * 1099511627776L;
}

// Answers whether the term is in range.
bool add_term(inout Wide w, double units)
{
    if (!(abs(units) < 9007199254740992.0LF)) return false; // 2^53
    const int64_t whole = int64_t(units);
    w.high += whole, w.low += int64_t((units - double(whole)) * 1099511627776.0LF);
    return true;
}

void add_to_page(uint at, int64_t term) // an order-free atomic sum where no atomics of 64 bits are
{
    const uint lo = uint(uint64_t(term) & 0xffffffffUL), hi = uint(uint64_t(term) >> 32);
    const uint old = atomicAdd(pages.at[at], lo);
    atomicAdd(pages.at[at + 1u], hi + (old + lo < old ? 1u : 0u));
}

// All of the group come here. Low numbers of 2^23 groups fit 64 bits, and each page has a sixteenth of at most 2^26 groups.
void add_group(uint sum, Wide term)
{
    const uint lane = gl_LocalInvocationIndex;
    wide_high[lane] = term.high, wide_low[lane] = term.low;
    barrier();
    if (lane == 0u) {
        Wide all = Wide(0L, 0L);
        for (uint k = 0u; k < gl_WorkGroupSize.x; k++) all.high += wide_high[k], all.low += wide_low[k];
        carry(all);
        const uint page = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) % PAGES, at = 4u * (page * BOOK_SUMS + sum);
        if (all.high != 0L) add_to_page(at, all.high);
        if (all.low != 0L) add_to_page(at + 2u, all.low);
    }
    barrier();
}
