/* powers_gen.c: developer tool, no part of the library: prints powers.inc, the powers of five that number.c scales with.

   5^n is kept as a whole number P. The first 128 bits of P are its entry; for the entry of 5^-n the whole number 2^k /
   P is divided out bit by bit, until 128 bits are there. Numbers are arrays of bits' worth of 32-bit limbs: slow, and
   easy to check by eye. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define MAX   64 /* as OT__POW5_MAX */
#define LIMBS 16

typedef struct number {
    uint32_t limb[LIMBS];
} number;

static void times(number *a, uint32_t factor) {
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        carry += (uint64_t)a->limb[i] * factor;
        a->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

static int bits(const number *a) {
    int n = LIMBS * 32;
    while (n && !(a->limb[(n - 1) / 32] >> ((n - 1) % 32) & 1))
        n--;
    return n;
}

static bool at_least(const number *a, const number *b) {
    for (int i = LIMBS; i-- > 0;) {
        if (a->limb[i] != b->limb[i]) return a->limb[i] > b->limb[i];
    }
    return true;
}

static void minus(number *a, const number *b) {
    uint32_t borrow = 0;
    for (int i = 0; i < LIMBS; i++) {
        uint64_t d = (uint64_t)a->limb[i] - b->limb[i] - borrow;
        a->limb[i] = (uint32_t)d;
        borrow = d >> 63 ? 1 : 0;
    }
}

static void row(int n) {
    number p = {{1}};
    for (int i = 0; i < (n < 0 ? -n : n); i++)
        times(&p, 5);
    uint64_t high = 0, low = 0;
    if (n >= 0) {
        int top = bits(&p);
        for (int i = 1; i <= 128; i++) {
            int at = top - i;
            uint64_t bit = at >= 0 ? p.limb[at / 32] >> (at % 32) & 1 : 0;
            high = high << 1 | low >> 63;
            low = low << 1 | bit;
        }
    } else {
        /* Long division of 1 by p: the remainder doubles at each step; bits count from the first that is 1. */
        number rest = {{1}};
        for (int taken = 0; taken < 128;) {
            times(&rest, 2);
            uint64_t bit = at_least(&rest, &p);
            if (bit) minus(&rest, &p);
            high = high << 1 | low >> 63;
            low = low << 1 | bit;
            if (taken || bit) taken++;
        }
    }
    printf("    {UINT64_C(0x%016llX), UINT64_C(0x%016llX)}, /* 5^%d */\n", (unsigned long long)high,
           (unsigned long long)low, n);
}

int main(void) {
    printf("/* powers.inc: made by powers_gen.c; not to be edited. */\n");
    for (int n = -MAX; n <= MAX; n++)
        row(n);
    return 0;
}
