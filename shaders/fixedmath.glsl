// fixedmath.glsl -- the twin of engine/fixedmath.c, operation by operation: exp, log, pow, sin, cos, atan2 of doubles with the
// processor's bits. What the steps are for is said there.
#define NUM(hi, lo) packDouble2x32(uvec2(lo, hi))
#define INF NUM(0x7ff00000u, 0u)
#define NOT_A_NUMBER NUM(0x7ff80000u, 0u)

bool is_nan(double x) { return (bits_of(x) & ~SIGN64) > INFINITE64; }
bool is_inf(double x) { return (bits_of(x) & ~SIGN64) == INFINITE64; }
bool sign_bit(double x) { return (bits_of(x) & SIGN64) != 0UL; }

#define ln2_head NUM(0x3fe62e42u, 0xfefa3000u)
#define ln2_tail NUM(0x3d53de6au, 0xf278ece6u)
#define inverse_ln2 NUM(0x3ff71547u, 0x652b82feu)
#define round_magic NUM(0x43380000u, 0x00000000u)

struct pair {
    double hi, lo;
};

#define pi_whole pair(NUM(0x400921fbu, 0x54442d18u), NUM(0x3ca1a626u, 0x33145c07u))
#define pi_half pair(NUM(0x3ff921fbu, 0x54442d18u), NUM(0x3c91a626u, 0x33145c07u))

pair sum_ordered(double a, double b)
{
    double s = a + b;
    return pair(s, b - (s - a));
}

pair sum(double a, double b)
{
    double s = a + b, t = s - a;
    return pair(s, (a - (s - t)) + (b - t));
}

pair product(double a, double b)
{
    const double split = 134217729;
    double t = split * a, a_hi = t - (t - a), a_lo = a - a_hi;
    t = split * b;
    double b_hi = t - (t - b), b_lo = b - b_hi, p = a * b;
    return pair(p, ((a_hi * b_hi - p) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo);
}

pair pair_add(pair a, pair b)
{
    pair s = sum(a.hi, b.hi);
    return sum_ordered(s.hi, s.lo + (a.lo + b.lo));
}

pair pair_multiply(pair a, pair b)
{
    pair p = product(a.hi, b.hi);
    return sum_ordered(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

pair pair_divide(pair a, pair b)
{
    double q = DIV64(a.hi, b.hi);
    pair p = product(q, b.hi);
    return sum_ordered(q, DIV64(((a.hi - p.hi) - p.lo) + (a.lo - q * b.lo), b.hi));
}

double power_of_two(int e) { return from_bits(uint64_t(e + 1023) << 52); }

double normalised(double x, out int e)
{
    int shift = 0;
    if (abs(x) < NUM(0x00100000u, 0x00000000u)) x *= NUM(0x43500000u, 0x00000000u), shift = 54;
    uint64_t u = bits_of(x);
    e = int(u >> 52 & 0x7ffUL) - 1023 - shift;
    return from_bits((u & 0x800fffffffffffffUL) | 0x3ff0000000000000UL);
}

double exp_of_pair(pair x)
{
    if (x.hi > 710) return INF;
    if (x.hi < -746) return 0;
    double n = (x.hi * inverse_ln2 + round_magic) - round_magic;
    pair r = sum(x.hi, -(n * ln2_head));
    r = sum_ordered(r.hi, r.lo + (x.lo - n * ln2_tail));
    double t = r.hi;
    double q = NUM(0x3de61246u, 0x13a86d09u) + t * (NUM(0x3da93974u, 0xa8c07c9du));
    q = NUM(0x3e5ae645u, 0x67f544e4u) + t * (NUM(0x3e21eed8u, 0xeff8d898u) + t * q);
    q = NUM(0x3ec71de3u, 0xa556c734u) + t * (NUM(0x3e927e4fu, 0xb7789f5cu) + t * q);
    q = NUM(0x3f2a01a0u, 0x1a01a01au) + t * (NUM(0x3efa01a0u, 0x1a01a01au) + t * q);
    q = NUM(0x3f811111u, 0x11111111u) + t * (NUM(0x3f56c16cu, 0x16c16c17u) + t * q);
    q = NUM(0x3fc55555u, 0x55555555u) + t * (NUM(0x3fa55555u, 0x55555555u) + t * q);
    pair square = product(t, t);
    double cube = t * square.hi * q;
    pair s = sum(1, t),
         s2 = sum(s.hi, 0.5LF * square.hi);
    double y = s2.hi + (s2.lo + (s.lo + (cube + 0.5LF * square.lo + r.lo * (1 + t))));
    int k = int(n), half_ = k / 2;
    return y * power_of_two(half_) * power_of_two(k - half_);
}

pair log_as_pair(double x)
{
    int k;
    double m = normalised(x, k);
    if (m > 1.4142135623730951LF) m *= 0.5LF, k++;

    pair s = pair_divide(pair(m - 1, 0), sum(1, m));
    pair z = pair_multiply(s, s);
    double t = z.hi, q = NUM(0x3fb642c8u, 0x590b2164u) + t * (NUM(0x3fb47ae1u, 0x47ae147bu));
    q = NUM(0x3fbaf286u, 0xbca1af28u) + t * (NUM(0x3fb86186u, 0x18618618u) + t * q);
    q = NUM(0x3fc11111u, 0x11111111u) + t * (NUM(0x3fbe1e1eu, 0x1e1e1e1eu) + t * q);
    q = NUM(0x3fc745d1u, 0x745d1746u) + t * (NUM(0x3fc3b13bu, 0x13b13b14u) + t * q);
    q = NUM(0x3fd24924u, 0x92492492u) + t * (NUM(0x3fcc71c7u, 0x1c71c71cu) + t * q);
    pair c =
        pair_add(pair(NUM(0x3fd99999u, 0x9999999au), -NUM(0x3c799999u, 0x9999999au)), pair_multiply(z, pair(q, 0)));
    c = pair_add(pair(NUM(0x3fe55555u, 0x55555555u), NUM(0x3c855555u, 0x55555555u)), pair_multiply(z, c));
    c = pair_multiply(pair_multiply(z, s), c);
    pair result = pair_add(pair(2 * s.hi, 2 * s.lo), c);
    if (k == 0) return result;
    return pair_add(sum_ordered(k * ln2_head, k * ln2_tail), result);
}

double brc_exp(double x)
{
    if (is_nan(x)) return NOT_A_NUMBER;
    if (is_inf(x)) return x > 0 ? INF : 0;
    return exp_of_pair(pair(x, 0));
}

double brc_log(double x)
{
    if (is_nan(x) || x < 0) return NOT_A_NUMBER;
    if (x == 0) return -INF;
    if (is_inf(x)) return INF;
    pair p = log_as_pair(x);
    return p.hi + p.lo;
}

double brc_pow(double x, double y)
{
    if (y == 0 || x == 1) return 1;
    if (is_nan(x) || is_nan(y)) return NOT_A_NUMBER;
    double size = abs(x);
    if (is_inf(y)) return size == 1 ? 1 : (size > 1) == (y > 0) ? INF : 0;
    bool whole = abs(y) >= NUM(0x43400000u, 0x00000000u) || (y + round_magic) - round_magic == y;
    if (abs(y) >= NUM(0x43200000u, 0x00000000u) && abs(y) < NUM(0x43400000u, 0x00000000u)) whole = double(int64_t(y)) == y;
    bool odd = whole && abs(y) < NUM(0x43400000u, 0x00000000u) && (int64_t(y) & 1L) != 0L;
    double sign = odd && sign_bit(x) ? -1 : 1;
    if (size == 0 || is_inf(size)) return sign * ((size == 0) == (y < 0) ? INF : 0);
    if (x < 0 && !whole) return NOT_A_NUMBER;
    if (size == 1) return sign;
    pair l = log_as_pair(size);
    if (abs(y) > NUM(0x43f00000u, 0x00000000u)) return sign * ((l.hi > 0) == (y > 0) ? INF : 0);
    pair e = product(y, l.hi);
    return sign * exp_of_pair(sum_ordered(e.hi, e.lo + y * l.lo));
}

const uint two_over_pi[38] = {
    0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu, 0xdebbc561u,
    0xb7246e3au, 0x424dd2e0u, 0x06492eeau, 0x09d1921cu, 0xfe1deb1cu, 0xb129a73eu, 0xe88235f5u, 0x2ebb4484u,
    0xe99c7026u, 0xb45f7e41u, 0x3991d639u, 0x835339f4u, 0x9c845f8bu, 0xbdf9283bu, 0x1ff897ffu, 0xde05980fu,
    0xef2f118bu, 0x5a0a6d1fu, 0x6d367ecfu, 0x27cb09b7u, 0x4f463f66u, 0x9e5fea2du, 0x7527bac7u, 0xebe5f17bu,
    0x3d0739f7u, 0x8a5292eau, 0x6bfb5fb1u, 0x1f8d5d08u, 0x56033046u, 0xfc7b6babu};
const int WORDS = 7, PRODUCT_WORDS = 12;

uint word_at(uint words[PRODUCT_WORDS], int bit)
{
    int i = bit / 32, shift = bit % 32;
    uint64_t two = uint64_t(words[i]) | uint64_t(words[i + 1]) << 32;
    return uint(two >> shift);
}

pair reduce(double x, out int quadrant)
{
    uint64_t u = bits_of(x), m = (u & 0xfffffffffffffUL) | 0x10000000000000UL;
    int e = int(u >> 52 & 0x7ffUL) - 1075;
    int first = e < 2 ? 0 : (e - 2) / 32;
    int point = 32 * WORDS - (e - 32 * first);
    uint p[PRODUCT_WORDS] = {0u, 0u, 0u, 0u, 0u, 0u, 0u, 0u, 0u, 0u, 0u, 0u}, m0 = uint(m), m1 = uint(m >> 32);
    uint64_t carry = 0UL;
    for (int i = 0; i < WORDS; i++) {
        uint64_t w = uint64_t(two_over_pi[first + WORDS - 1 - i]);
        uint64_t low = w * uint64_t(m0) + uint64_t(p[i]);
        uint64_t high = w * uint64_t(m1) + uint64_t(p[i + 1]) + (low >> 32) + carry;
        p[i] = uint(low);
        p[i + 1] = uint(high);
        carry = high >> 32;
    }
    p[WORDS + 1] = uint(carry);
    uint f[5];
    for (int i = 0; i < 5; i++) f[i] = word_at(p, point - 32 * (i + 1));
    int q = int(word_at(p, point) & 3u);
    bool negative = (f[0] >> 31) != 0u;
    if (negative) {
        q++;
        carry = 1UL;
        for (int i = 4; i >= 0; i--) {
            uint64_t c = uint64_t(~f[i]) + carry;
            f[i] = uint(c);
            carry = c >> 32;
        }
    }
    double weight = NUM(0x3df00000u, 0x00000000u);
    pair r = {0, 0};
    for (int i = 0; i < 5; i++, weight *= NUM(0x3df00000u, 0x00000000u)) {
        pair s = sum(r.hi, f[i] * weight);
        r = pair(s.hi, r.lo + s.lo);
    }
    r = pair_multiply(sum_ordered(r.hi, r.lo), pi_half);
    bool minus = sign_bit(x);
    quadrant = (minus ? -q : q) & 3;
    return negative != minus ? pair(-r.hi, -r.lo) : r;
}

double sin_near_zero(pair x)
{
    if (abs(x.hi) < NUM(0x3e400000u, 0x00000000u)) return x.hi;
    pair square = product(x.hi, x.hi);
    double z = square.hi;
    double q = NUM(0x3de61246u, 0x13a86d09u) + z * (NUM(0xbd6ae7f3u, 0xe733b81fu) + z * (NUM(0x3ce952c7u, 0x7030ad4au)));
    q = NUM(0xbf2a01a0u, 0x1a01a01au) + z * (NUM(0x3ec71de3u, 0xa556c734u) + z * (NUM(0xbe5ae645u, 0x67f544e4u) + z * q));
    q = x.hi * z * z * (NUM(0x3f811111u, 0x11111111u) + z * q);

    const pair sixth = {NUM(0x3fc55555u, 0x55555555u), NUM(0x3c655555u, 0x55555555u)};
    pair cubic = pair_multiply(pair_multiply(square, pair(x.hi, 0)), sixth);
    pair s = sum_ordered(x.hi, -cubic.hi);
    return s.hi + (s.lo + (q - cubic.lo + x.lo * (1 - 0.5LF * z)));
}

double cos_near_zero(pair x)
{
    pair square = product(x.hi, x.hi);
    double z = square.hi;
    double q = NUM(0xbda93974u, 0xa8c07c9du) + z * (NUM(0x3d2ae7f3u, 0xe733b81fu) + z * (NUM(0xbca68278u, 0x63b97d97u)));
    q = NUM(0xbf56c16cu, 0x16c16c17u) + z * (NUM(0x3efa01a0u, 0x1a01a01au) + z * (NUM(0xbe927e4fu, 0xb7789f5cu) + z * (NUM(0x3e21eed8u, 0xeff8d898u) + z * q)));
    q = z * z * (NUM(0x3fa55555u, 0x55555555u) + z * q);
    pair s = sum_ordered(1, -0.5LF * z);
    return s.hi + (s.lo + (q - 0.5LF * square.lo - x.hi * x.lo));
}

double sin_shifted(double x, int shift)
{
    if (is_nan(x) || is_inf(x)) return NOT_A_NUMBER;
    int quadrant = 0;
    pair r = {x, 0};
    if (abs(x) > 0.785398163397448LF) r = reduce(x, quadrant);
    quadrant = (quadrant + shift) & 3;
    double y = (quadrant & 1) != 0 ? cos_near_zero(r) : sin_near_zero(r);
    return (quadrant & 2) != 0 ? -y : y;
}

double brc_sin(double x) { return sin_shifted(x, 0); }
double brc_cos(double x) { return sin_shifted(x, 1); }

pair atan_of_eighths(int k)
{
    switch (k) {
    case 0: return pair(0, 0);
    case 1: return pair(NUM(0x3fbfd5bau, 0x9aac2f6eu), -NUM(0x3c4cd376u, 0x86760c17u));
    case 2: return pair(NUM(0x3fcf5b75u, 0xf92c80ddu), NUM(0x3c68ab6eu, 0x3cf7afbdu));
    case 3: return pair(NUM(0x3fd6f619u, 0x41e4def1u), -NUM(0x3c7c63aau, 0xe6f6e918u));
    case 4: return pair(NUM(0x3fddac67u, 0x0561bb4fu), NUM(0x3c7a2b7fu, 0x222f65e2u));
    case 5: return pair(NUM(0x3fe1e00bu, 0xabdefeb4u), -NUM(0x3c5928dfu, 0x287a668fu));
    case 6: return pair(NUM(0x3fe4978fu, 0xa3269ee1u), NUM(0x3c72419au, 0x87f2a458u));
    case 7: return pair(NUM(0x3fe700a7u, 0xc5784634u), -NUM(0x3c78c34du, 0x25aadef6u));
    }
    return pair(NUM(0x3fe921fbu, 0x54442d18u), NUM(0x3c81a626u, 0x33145c07u));
}

pair atan_of_quotient(double a, double b)
{

    double k = (DIV64(a, b) * 8 + round_magic) - round_magic, c = k * 0.125LF;
    pair cb = product(c, b), ca = product(c, a);
    pair numerator = pair_add(pair(a, 0), pair(-cb.hi, -cb.lo));
    pair u = pair_divide(numerator, pair_add(pair(b, 0), ca));
    double z = u.hi * u.hi, q = NUM(0xbfb11111u, 0x11111111u) + z * (NUM(0x3fae1e1eu, 0x1e1e1e1eu));
    q = NUM(0xbfb745d1u, 0x745d1746u) + z * (NUM(0x3fb3b13bu, 0x13b13b14u) + z * q);
    q = NUM(0xbfc24924u, 0x92492492u) + z * (NUM(0x3fbc71c7u, 0x1c71c71cu) + z * q);
    q = u.hi * z * (NUM(0xbfd55555u, 0x55555555u) + z * (NUM(0x3fc99999u, 0x9999999au) + z * q));
    return pair_add(atan_of_eighths(int(k)), sum_ordered(u.hi, u.lo + q));
}

double brc_atan2(double y, double x)
{
    if (is_nan(x) || is_nan(y)) return NOT_A_NUMBER;
    double a = abs(y), b = abs(x);
    bool left = sign_bit(x), down = sign_bit(y);
    pair angle;
    if (a == 0) {
        angle = pair(0, 0);
    } else if (b == 0 || (is_inf(a) && !is_inf(b))) {
        angle = pi_half;
    } else if (is_inf(b)) {
        angle = is_inf(a) ? atan_of_eighths(8) : pair(0, 0);
    } else if (!left && a < b * NUM(0x3d700000u, 0x00000000u)) {
        angle = pair(DIV64(a, b), 0);
    } else {
        int ea, eb;
        a = normalised(a, ea), b = normalised(b, eb);
        bool steep = ea > eb || (ea == eb && a > b);
        int difference = steep ? eb - ea : ea - eb;
        if (difference < -1000) difference = -1000;
        double small = (steep ? b : a) * power_of_two(difference);
        angle = atan_of_quotient(small, steep ? a : b);
        if (steep) angle = pair_add(pi_half, pair(-angle.hi, -angle.lo));
    }
    if (left) angle = pair_add(pi_whole, pair(-angle.hi, -angle.lo));
    double result = angle.hi + angle.lo;
    return down ? -result : result;
}
