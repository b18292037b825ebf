/* number.c: reading numbers. Three ways of growing cost, each right or silent: doubles that compute exactly, a product
   with 128 bits of the power of ten, and whole numbers of any length. None depends on the locale, and none allocates.
 */
#include "bignum.h"
#include "number.h"

#include <float.h>
#include <math.h>

const ot__pow5 ot__pow5_table[2 * OT__POW5_MAX + 1] = {
#include "powers.inc"
};

const double ot__pow10_table[OT__POW10_EXACT + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* More decimal digits than any number halfway between two doubles has (768): what lies behind them only says "a little
 * more". */
#define DIGITS_ENOUGH 800
#define DIGITS_U64    19 /* that many always fit 64 bits */

static double from_bits(uint64_t bits) {
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

/* (q + f) * 2^exp2 with the highest bit of q set and 0 <= f < 1, rest: f is not 0; rounded half to even. */
static inline double round_to_double(uint64_t q, int exp2, bool rest) {
    int lead = exp2 + 63; /* the exponent of the highest bit */
    if (lead > 1023) return from_bits(UINT64_C(0x7FF) << 52);
    int drop = lead >= -1022 ? 11 : 11 - 1022 - lead;
    if (drop > 64) return 0.0;
    uint64_t half = UINT64_C(1) << (drop - 1), low = q & ((half << 1) - 1);
    uint64_t mantissa = drop == 64 ? 0 : q >> drop;
    mantissa += low > half || (low == half && (rest || (mantissa & 1)));
    /* The hidden bit and a carry out of the mantissa both add themselves to the exponent; beyond the last one stands
     * infinity. */
    return from_bits(lead >= -1022 ? ((uint64_t)(lead + 1022) << 52) + mantissa : mantissa);
}

/* digits * 10^exp10; digits has `count` decimal digits, at most DIGITS_ENOUGH + 1, and is used up. */
static double exact(ot__big *digits, int64_t count, int64_t exp10) {
    int64_t point = count + exp10; /* value = 0.digits * 10^point */
    if (point > 310) return from_bits(UINT64_C(0x7FF) << 52);
    if (point < -323 || !digits->n) return 0.0; /* below half of the smallest double */
    ot__big divisor;
    ot__big_set(&divisor, 1);
    if (exp10 >= 0) {
        ot__big_mul_pow5(digits, (unsigned)exp10);
    } else {
        ot__big_mul_pow5(&divisor, (unsigned)-exp10);
    }
    /* A quotient of 63 or 64 bits. */
    int up = 63 - ((int)ot__big_bits(digits) - (int)ot__big_bits(&divisor));
    ot__big_shift(up >= 0 ? digits : &divisor, (unsigned)(up >= 0 ? up : -up));
    bool rest;
    uint64_t q = ot__big_quotient(digits, &divisor, &rest);
    int lift = __builtin_clzll(q);
    return round_to_double(q << lift, (int)exp10 - up - lift, rest);
}

/* The same from the text: digits with a point among them; exp10 is the exponent of the last one. */
static double exact_text(const char *p, const char *end, int64_t exp10) {
    static const uint32_t tens[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
    ot__big digits;
    ot__big_set(&digits, 0);
    int64_t count = 0;
    uint32_t group = 0, length = 0;
    bool more = false;
    while (p < end && (*p == '0' || *p == '.'))
        p++;
    for (; p < end; p++) {
        if (*p == '.') continue;
        if (count == DIGITS_ENOUGH) {
            more |= *p != '0';
            exp10++;
            continue;
        }
        count++;
        group = group * 10 + (uint32_t)(*p - '0');
        if (++length == 9) {
            ot__big_mul_add(&digits, tens[9], group);
            group = length = 0;
        }
    }
    ot__big_mul_add(&digits, tens[length], group);
    if (more) {
        ot__big_mul_add(&digits, 10, 1);
        count++;
        exp10--;
    }
    return exact(&digits, count, exp10);
}

/* The quick ways; false: neither is sure. w is not 0. */
static inline bool quick(uint64_t w, int exp10, double *out) {
#if FLT_EVAL_METHOD == 0
    /* Both operands are exact and the operation is rounded once. */
    if (w <= UINT64_C(1) << 53 && exp10 >= -OT__POW10_EXACT && exp10 <= OT__POW10_EXACT) {
        double d = (double)(int64_t)w;
        *out = exp10 < 0 ? d / ot__pow10_table[-exp10] : d * ot__pow10_table[exp10];
        return true;
    }
#endif
    uint64_t q;
    int exp2;
    bool rest;
    if (!ot__scale10(w, exp10, &q, &exp2, &rest)) return false;
    *out = round_to_double(q, exp2, rest);
    return true;
}

double ot__num_decimal(uint64_t w, int exp10) {
    double d;
    if (w == 0) return 0.0;
    if (quick(w, exp10, &d)) return d;
    ot__big digits;
    ot__big_set(&digits, w);
    int64_t count = 0;
    for (; w; w /= 10)
        count++;
    return exact(&digits, count, exp10);
}

static inline bool is_digit(char c) {
    return (unsigned char)(c - '0') <= 9;
}

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && !defined(OT__CODEC_PORTABLE)
#define EIGHT_DIGITS 1
/* 0 where a byte is a digit: '0' to '9' have 3 as high half, and still have it with 6 added. A carry comes only out of
   a byte that is no digit, and disturbs only those above it. */
static inline uint64_t no_digits(uint64_t w) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    return ((w & (ones * 0xF0)) | (((w + ones * 6) & (ones * 0xF0)) >> 4)) ^ (ones * 0x33);
}

/* The value of eight bytes from 0 to 9, the first in the lowest place: neighbours are joined to pairs, pairs to fours,
 * fours to eight. */
static inline uint32_t eight_digits(uint64_t w) {
    w = (w & UINT64_C(0x0F0F0F0F0F0F0F0F)) * (1 + (10 << 8)) >> 8;
    w = (w & UINT64_C(0x00FF00FF00FF00FF)) * (1 + (100 << 16)) >> 16;
    return (uint32_t)((w & UINT64_C(0x0000FFFF0000FFFF)) * (1 + (UINT64_C(10000) << 32)) >> 32);
}
#else
#define EIGHT_DIGITS 0
#endif

/* Adds the digits at p to *w, which wraps when there are too many. */
static inline const char *take_digits(const char *p, const char *end, uint64_t *w) {
    uint64_t value = *w;
#if EIGHT_DIGITS
    static const uint32_t tens[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    while (end - p >= 8) {
        uint64_t eight;
        memcpy(&eight, p, 8);
        uint64_t none = no_digits(eight);
        eight -= UINT64_C(0x3030303030303030);
        if (none) {
            /* Fewer: moved up behind leading zeros, they are worth the same. */
            unsigned count = (unsigned)__builtin_ctzll(none) / 8;
            if (count) value = value * tens[count] + eight_digits(eight << (64 - 8 * count));
            *w = value;
            return p + count;
        }
        value = value * 100000000 + eight_digits(eight);
        p += 8;
    }
#endif
    while (p < end && is_digit(*p))
        value = value * 10 + (uint64_t)(*p++ - '0');
    *w = value;
    return p;
}

static const char *refuse(const char *at, const char *end, const char *reason, ot__json_fail *fail) {
    return ot__json_refuse(fail, OT_ESYNTAX, at, at == end ? "the text ends within a number" : reason);
}

/* The value of digits [digits, end), a point among them, times 10^exp10, when they may be too many for 64 bits. */
static double many_digits(const char *digits, const char *end, int64_t exp10) {
    /* The first 19 digits that count; how far they reach. */
    const char *p = digits;
    while (p < end && (*p == '0' || *p == '.'))
        p++;
    uint64_t w = 0;
    int64_t taken = 0, left = 0;
    for (; p < end && taken < DIGITS_U64; p++) {
        if (*p == '.') continue;
        w = w * 10 + (uint64_t)(*p - '0');
        taken++;
    }
    for (const char *q = p; q < end; q++)
        left += *q != '.';
    int64_t scale = exp10 + left;
    double low, high;
    if (w == 0) return 0.0;
    if (scale >= -OT__POW5_MAX && scale <= OT__POW5_MAX && quick(w, (int)scale, &low)) {
        if (!left) return low;
        /* The value lies between w and w + 1: mostly both round to the same. */
        if (quick(w + 1, (int)scale, &high) && low == high) return low;
    }
    return exact_text(digits, end, exp10);
}

const char *ot__json_number_scan(const char *p, const char *end, ot__num *out, ot__json_fail *fail) {
    bool negative = p < end && *p == '-';
    p += negative;
    const char *digits = p;
    uint64_t w = 0;
    if (p == end || !is_digit(*p)) return refuse(p, end, "a digit is expected", fail);
    if (*p == '0') {
        p++;
        if (p < end && is_digit(*p)) return refuse(p, end, "a number must not start with 0", fail);
    } else {
        p = take_digits(p, end, &w);
    }
    int64_t count = p - digits, exp10 = 0;
    bool whole = true;
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        p = take_digits(p, end, &w);
        if (p == fraction) return refuse(p, end, "a digit is expected behind the point", fail);
        exp10 = fraction - p;
        count -= exp10;
        whole = false;
    }
    const char *digits_end = p;
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        bool minus = p < end && *p == '-';
        if (p < end && (*p == '-' || *p == '+')) p++;
        if (p == end || !is_digit(*p)) return refuse(p, end, "a digit is expected in the exponent", fail);
        int64_t exponent = 0;
        for (; p < end && is_digit(*p); p++) {
            /* No text is long enough to make up for an exponent of 10^17. */
            if (exponent < INT64_C(100000000000000000)) exponent = exponent * 10 + (*p - '0');
        }
        exp10 += minus ? -exponent : exponent;
        whole = false;
    }
    if (OT_LIKELY(count <= DIGITS_U64)) {
        if (whole && w <= (uint64_t)INT64_MAX + negative) {
            out->kind = OT__NUM_INT;
            out->i = negative ? (int64_t)(0 - w) : (int64_t)w;
            out->d = negative && !w ? -0.0 : (double)out->i;
            return p;
        }
        double d = 0.0;
        if (w && !(exp10 >= -OT__POW5_MAX && exp10 <= OT__POW5_MAX && quick(w, (int)exp10, &d))) {
            d = exact_text(digits, digits_end, exp10);
        }
        out->d = negative ? -d : d;
    } else {
        double d = many_digits(digits, digits_end, exp10);
        out->d = negative ? -d : d;
    }
    out->kind = isinf(out->d) ? OT__NUM_HUGE : OT__NUM_REAL;
    out->i = 0;
    return p;
}

bool ot__num_parse(ot_str text, ot__num *out) {
    if (!text.len) return false;
    const char *end = text.ptr + text.len;
    ot__num number;
    if (ot__json_number_scan(text.ptr, end, &number, NULL) != end) return false;
    *out = number;
    return true;
}
