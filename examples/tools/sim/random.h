/* random.h: numbers that follow from a seed (xorshift*), the same on every machine. */
#ifndef OT_SIM_RANDOM_H
#define OT_SIM_RANDOM_H

#include <stdint.h>

typedef struct dice {
    uint64_t state;
} dice;

static inline dice dice_of(uint64_t seed, uint64_t stream) {
    /* Neighbouring seeds must not give similar streams: mixed as splitmix64 does. */
    uint64_t z = seed * UINT64_C(0x9E3779B97F4A7C15) + stream * UINT64_C(0xD1B54A32D192ED03) + 1;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    dice d = {(z ^ (z >> 31)) | 1};
    return d;
}

static inline uint64_t dice_next(dice *d) {
    d->state ^= d->state >> 12;
    d->state ^= d->state << 25;
    d->state ^= d->state >> 27;
    return d->state * UINT64_C(0x2545F4914F6CDD1D);
}

/* From 0 to n - 1; n at least 1. */
static inline uint64_t dice_below(dice *d, uint64_t n) {
    return (dice_next(d) >> 11) % n;
}
static inline int64_t dice_from_to(dice *d, int64_t low, int64_t high) {
    return low + (int64_t)dice_below(d, (uint64_t)(high - low) + 1);
}
/* From 0 to below 1. */
static inline double dice_real(dice *d) {
    return (double)(dice_next(d) >> 11) / 9007199254740992.0;
}

#endif
