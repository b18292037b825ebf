/* bignum.c: the few operations on large whole numbers; limbs of 32 bits, so that it is the same everywhere. */
#include "bignum.h"

void ot__big_set(ot__big *b, uint64_t value) {
    b->n = 0;
    for (; value; value >>= 32)
        b->limb[b->n++] = (uint32_t)value;
}

static void push(ot__big *b, uint32_t limb) {
    /* Callers stay below the ceiling by their own bounds (see OT__BIG_LIMBS); a defect must not become a write out of
     * bounds. */
    if (limb && b->n < OT__BIG_LIMBS) b->limb[b->n++] = limb;
}

void ot__big_mul_add(ot__big *b, uint32_t factor, uint32_t add) {
    uint64_t carry = add;
    for (size_t i = 0; i < b->n; i++) {
        carry += (uint64_t)b->limb[i] * factor;
        b->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    push(b, (uint32_t)carry);
}

void ot__big_mul_pow5(ot__big *b, unsigned exponent) {
    for (; exponent >= 13; exponent -= 13)
        ot__big_mul_add(b, 1220703125, 0); /* 5^13, the last that fits a limb */
    uint32_t rest = 1;
    while (exponent--)
        rest *= 5;
    ot__big_mul_add(b, rest, 0);
}

void ot__big_shift(ot__big *b, unsigned bits) {
    size_t limbs = bits / 32;
    bits %= 32;
    uint32_t carry = 0;
    for (size_t i = 0; bits && i < b->n; i++) {
        uint32_t limb = b->limb[i];
        b->limb[i] = limb << bits | carry;
        carry = limb >> (32 - bits);
    }
    push(b, carry);
    if (!limbs || !b->n || limbs > OT__BIG_LIMBS - b->n) return;
    memmove(b->limb + limbs, b->limb, b->n * sizeof *b->limb);
    memset(b->limb, 0, limbs * sizeof *b->limb);
    b->n += limbs;
}

unsigned ot__big_bits(const ot__big *b) {
    return b->n ? (unsigned)b->n * 32 - (unsigned)__builtin_clz(b->limb[b->n - 1]) : 0;
}

/* a -= b * q, with b moved up by `at` limbs; returns what had to be borrowed from above. */
static uint64_t mul_sub(uint32_t *a, const ot__big *b, uint32_t q) {
    uint64_t carry = 0;
    for (size_t i = 0; i < b->n; i++) {
        carry += (uint64_t)b->limb[i] * q;
        uint32_t low = (uint32_t)carry;
        carry >>= 32;
        carry += a[i] < low;
        a[i] -= low;
    }
    return carry;
}

static uint32_t add_back(uint32_t *a, const ot__big *b) {
    uint64_t carry = 0;
    for (size_t i = 0; i < b->n; i++) {
        carry += (uint64_t)a[i] + b->limb[i];
        a[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return (uint32_t)carry;
}

uint64_t ot__big_quotient(ot__big *a, ot__big *b, bool *rest) {
    /* With its highest bit set, the divisor's first limb alone gives each digit of the quotient to within 2. */
    unsigned up = (unsigned)__builtin_clz(b->limb[b->n - 1]);
    ot__big_shift(a, up);
    ot__big_shift(b, up);
    while (a->n < b->n + 2 && a->n < OT__BIG_LIMBS)
        a->limb[a->n++] = 0;
    uint64_t quotient = 0, first = b->limb[b->n - 1];
    for (size_t at = 2; at-- > 0;) {
        uint32_t *part = a->limb + at;
        uint64_t guess = ((uint64_t)part[b->n] << 32 | part[b->n - 1]) / first;
        uint32_t digit = guess > UINT32_MAX ? UINT32_MAX : (uint32_t)guess;
        uint64_t borrow = mul_sub(part, b, digit);
        /* What lies above the divisor's length is at most one limb; it becomes 0 once the digit is right. */
        int64_t above = (int64_t)part[b->n] - (int64_t)borrow;
        while (above < 0) {
            digit--;
            above += add_back(part, b);
        }
        part[b->n] = (uint32_t)above;
        quotient = quotient << 32 | digit;
    }
    *rest = false;
    for (size_t i = 0; i < a->n; i++)
        *rest |= a->limb[i] != 0;
    return quotient;
}
