/* bignum.h: whole numbers of some 3000 bits in a fixed place: just what an exact conversion between decimal and binary
 * needs. Private. */
#ifndef OT_BIGNUM_H
#define OT_BIGNUM_H

#include "../base/base.h"

/* The largest number that comes up is 5^1125 or 800 decimal digits (2660 bits), moved by at most 64 + 31 bits. */
#define OT__BIG_LIMBS 96

typedef struct ot__big {
    size_t n; /* limbs in use; the highest is not 0 */
    uint32_t limb[OT__BIG_LIMBS];
} ot__big;

void ot__big_set(ot__big *b, uint64_t value);
void ot__big_mul_add(ot__big *b, uint32_t factor, uint32_t add);
void ot__big_mul_pow5(ot__big *b, unsigned exponent);
void ot__big_shift(ot__big *b, unsigned bits);
unsigned ot__big_bits(const ot__big *b); /* position of the highest bit that is set, from 1; 0 for 0 */

/* floor(a / b), which must be below 2^64, and whether something remains. Both are used up. b is not 0. */
uint64_t ot__big_quotient(ot__big *a, ot__big *b, bool *rest);

#endif
