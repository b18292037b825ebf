/* number.h: what reading and writing of numbers share: scaling by powers of ten in 128 bits, and the exact way behind
 * it. Private. */
#ifndef OT_NUMBER_H
#define OT_NUMBER_H

#include "codec.h"

/* The powers of five in the table: 5^n for -OT__POW5_MAX <= n <= OT__POW5_MAX, cut to their first 128 bits, the highest
 * bit set. */
#define OT__POW5_MAX   64
#define OT__POW5_EXACT 55 /* 5^0 to 5^55 fit 128 bits: not cut */
typedef struct ot__pow5 {
    uint64_t high, low;
} ot__pow5;
extern const ot__pow5 ot__pow5_table[2 * OT__POW5_MAX + 1];

/* Powers of ten that a double holds exactly. */
#define OT__POW10_EXACT 22
extern const double ot__pow10_table[OT__POW10_EXACT + 1];

/* floor(log2(5^n)), right for |n| < 3000. */
static inline int ot__log2_pow5(int n) {
    return (int)(((int64_t)n * 1217359) >> 19);
}

typedef struct ot__u128 {
    uint64_t high, low;
} ot__u128;

static inline ot__u128 ot__mul64(uint64_t a, uint64_t b) {
    ot__u128 r;
#if defined(__SIZEOF_INT128__) && !defined(OT__CODEC_PORTABLE)
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    r.high = (uint64_t)(product >> 64);
    r.low = (uint64_t)product;
#else
    uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
    uint64_t ll = al * bl, lh = al * bh, hl = ah * bl, hh = ah * bh;
    uint64_t middle = (ll >> 32) + (uint32_t)lh + (uint32_t)hl;
    r.high = hh + (lh >> 32) + (hl >> 32) + (middle >> 32);
    r.low = middle << 32 | (uint32_t)ll;
#endif
    return r;
}

/* w * 10^n = (*out + f) * 2^*exp2 with 0 <= f < 1 and the highest bit of *out set; *rest: f is not 0. w is not 0.
   False when 128 bits of the power are too few to know *out and *rest, or n is beyond the table: then only the exact
   way helps. */
static inline bool ot__scale10(uint64_t w, int n, uint64_t *out, int *exp2, bool *rest) {
    if (n < -OT__POW5_MAX || n > OT__POW5_MAX) return false;
    int up = __builtin_clzll(w);
    w <<= up;
    ot__pow5 power = ot__pow5_table[n + OT__POW5_MAX];
    ot__u128 a = ot__mul64(w, power.high), b = ot__mul64(w, power.low);
    uint64_t middle = a.low + b.high, high = a.high + (middle < a.low);
    int e = ot__log2_pow5(n) + 1 + n - up;
    if (!(high >> 63)) {
        high = high << 1 | middle >> 63;
        middle <<= 1;
        e--;
    }
    if (n >= 0 && n <= OT__POW5_EXACT) {
        *rest = (middle | b.low) != 0;
    } else {
        /* What was cut from the power adds less than w < 2^64 at the weight of b.low, that is less than 1 to middle;
           b.low itself less than 1 more; the shift doubles both. So with 1 <= middle < 2^64 - 4 nothing is carried into
           high, and f is not 0. */
        if (middle - 1 >= UINT64_MAX - 4) return false;
        *rest = true;
    }
    *out = high;
    *exp2 = e;
    return true;
}

/* w * 10^exp10, correctly rounded (half to even); infinity beyond the range. */
double ot__num_decimal(uint64_t w, int exp10);

#endif
