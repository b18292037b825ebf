/* number_write.c: writing numbers: the shortest decimal text that reads back to the same double, and whole numbers. */
#include "bignum.h"
#include "number.h"

#include <float.h>
#include <math.h>

static const uint64_t tens[] = {UINT64_C(1),
                                UINT64_C(10),
                                UINT64_C(100),
                                UINT64_C(1000),
                                UINT64_C(10000),
                                UINT64_C(100000),
                                UINT64_C(1000000),
                                UINT64_C(10000000),
                                UINT64_C(100000000),
                                UINT64_C(1000000000),
                                UINT64_C(10000000000),
                                UINT64_C(100000000000),
                                UINT64_C(1000000000000),
                                UINT64_C(10000000000000),
                                UINT64_C(100000000000000),
                                UINT64_C(1000000000000000),
                                UINT64_C(10000000000000000),
                                UINT64_C(100000000000000000),
                                UINT64_C(1000000000000000000),
                                UINT64_C(10000000000000000000)};

/* Writes v in decimal, ending before `end`; returns where it starts. */
static char *write_back(uint64_t v, char *end) {
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
        "49505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697"
        "9899";
    while (v >= 100) {
        uint64_t next = v / 100;
        end -= 2;
        memcpy(end, pairs + 2 * (v - next * 100), 2);
        v = next;
    }
    if (v >= 10) {
        end -= 2;
        memcpy(end, pairs + 2 * v, 2);
    } else {
        *--end = (char)('0' + v);
    }
    return end;
}

size_t ot__num_write_int(int64_t i, char out[OT__NUM_TEXT]) {
    char text[OT__NUM_TEXT], *end = text + sizeof text;
    char *start = write_back(i < 0 ? 0 - (uint64_t)i : (uint64_t)i, end);
    if (i < 0) *--start = '-';
    size_t len = (size_t)(end - start);
    memcpy(out, start, len);
    out[len] = 0;
    return len;
}

/* Writes digits * 10^exp10 (digits is not 0) by the rules of the header; returns the end. */
static char *write_decimal(uint64_t digits, int exp10, char *o) {
    while (digits % 10 == 0) {
        digits /= 10;
        exp10++;
    }
    char text[24], *end = text + sizeof text, *start = write_back(digits, end);
    int count = (int)(end - start), point = count + exp10; /* value = 0.digits * 10^point */
    if (point > 17 || point < -6) {
        *o++ = *start++;
        if (start < end) {
            *o++ = '.';
            memcpy(o, start, (size_t)(end - start));
            o += end - start;
        }
        *o++ = 'e';
        int e = point - 1;
        if (e < 0) *o++ = '-';
        start = write_back((uint64_t)(e < 0 ? -e : e), end);
        memcpy(o, start, (size_t)(end - start));
        return o + (end - start);
    }
    if (point <= 0) {
        memcpy(o, "0.000000", 8);
        o += 2 - point;
        memcpy(o, start, (size_t)count);
        return o + count;
    }
    if (point >= count) {
        memcpy(o, start, (size_t)count);
        memset(o + count, '0', (size_t)(point - count));
        return o + point;
    }
    memcpy(o, start, (size_t)point);
    o[point] = '.';
    memcpy(o + point + 1, start + point, (size_t)(count - point));
    return o + count + 1;
}

/* floor(log10(2^n)) for every exponent of a double. */
static int log10_pow2(int n) {
    return (int)(((int64_t)n * 315653) >> 20);
}

static int leading_exponent(uint64_t mantissa, int exp2) {
    return exp2 + 63 - __builtin_clzll(mantissa);
}

/* d = *digits * 10^-k with at most 15 digits, if that is so. A double is nearest to at most one such decimal, so this
 * is the shortest. */
static bool short_decimal(double d, int lead, uint64_t *digits, int *k) {
#if FLT_EVAL_METHOD == 0
    if (!(d >= 1e-7 && d < 1e15)) return false;
    int n = 14 - log10_pow2(lead);
    double scaled = d * ot__pow10_table[n];
    if (scaled >= 1e15) scaled = d * ot__pow10_table[--n];
    /* The product may be rounded; the division of two exact numbers tells whether it is still the right decimal. */
    uint64_t whole = (uint64_t)(int64_t)(scaled + 0.5);
    if ((double)(int64_t)whole / ot__pow10_table[n] != d) return false;
    *digits = whole;
    *k = n;
    return true;
#else
    (void)d, (void)lead, (void)digits, (void)k;
    return false;
#endif
}

/* floor(mantissa * 2^exp2 * 10^k), below 2^64, and whether something remains. */
static uint64_t scaled_floor(uint64_t mantissa, int exp2, int k, bool *rest) {
    uint64_t q;
    int e;
    if (ot__scale10(mantissa, k, &q, &e, rest)) {
        /* The result has 57 to 64 bits: 10^17 and more, and below 2^64. */
        int drop = -(e + exp2);
        *rest |= (q & ((UINT64_C(1) << drop) - 1)) != 0;
        return q >> drop;
    }
    ot__big a, b;
    ot__big_set(&a, mantissa);
    ot__big_set(&b, 1);
    ot__big_mul_pow5(k >= 0 ? &a : &b, (unsigned)(k >= 0 ? k : -k));
    int up = exp2 + k;
    ot__big_shift(up >= 0 ? &a : &b, (unsigned)(up >= 0 ? up : -up));
    return ot__big_quotient(&a, &b, rest);
}

/* The shortest decimal of any d > 0: its first 18 or 19 digits exactly, then ever more of them, rounded, until they
 * read back. */
static void any_decimal(double d, uint64_t bits, uint64_t mantissa, int exp2, uint64_t *digits, int *exp10) {
    int k = 17 - log10_pow2(leading_exponent(mantissa, exp2));
    bool rest;
    uint64_t all = scaled_floor(mantissa, exp2, k, &rest);
    int count = all >= tens[18] ? 19 : 18;
    /* With at most 15 digits there is one candidate for a normal number, and its zeros at the end are dropped later; a
       subnormal one has fewer digits that count, so that shorter texts must be tried by themselves. */
    bool normal = bits >> 52 != 0;
    for (int n = normal ? 15 : 1;; n++) {
        uint64_t unit = tens[count - n], low = all % unit, cut = all / unit;
        bool up = low > unit / 2 || (low == unit / 2 && (rest || (cut & 1)));
        *digits = cut + up;
        *exp10 = count - n - k;
        if (n == 17 || ot__num_decimal(*digits, *exp10) == d) return;
        /* At a power of two the doubles below lie closer than those above: the farther decimal may be the one that
         * reads back. */
        if (normal && !up && !(bits << 12) && ot__num_decimal(cut + 1, *exp10) == d) {
            *digits = cut + 1;
            return;
        }
    }
}

size_t ot__num_write_double(double d, char out[OT__NUM_TEXT]) {
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    bool negative = bits >> 63;
    bits &= UINT64_MAX >> 1;
    if (bits >> 52 == 0x7FF) return 0;
    char *o = out;
    if (negative) *o++ = '-';
    double size = negative ? -d : d;
    uint64_t digits;
    int exp10;
    if (size < 9007199254740992.0 && (double)(int64_t)size == size) {
        o += ot__num_write_int((int64_t)size, o == out ? out : out + 1);
        return (size_t)(o - out);
    }
    bool normal = bits >> 52 != 0;
    uint64_t mantissa = (bits & (UINT64_MAX >> 12)) | (normal ? UINT64_C(1) << 52 : 0);
    int exp2 = (int)(normal ? bits >> 52 : 1) - 1075;
    if (short_decimal(size, leading_exponent(mantissa, exp2), &digits, &exp10)) {
        exp10 = -exp10;
    } else {
        any_decimal(size, bits, mantissa, exp2, &digits, &exp10);
    }
    o = write_decimal(digits, exp10, o);
    *o = 0;
    return (size_t)(o - out);
}
