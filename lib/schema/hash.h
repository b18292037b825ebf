/* hash.h: the hash of a key, shared by the lookup and by the tool that makes its tables. Private, never installed. */
#ifndef OT_SCHEMA_HASH_H
#define OT_SCHEMA_HASH_H

#include <stdint.h>
#include <string.h>

static inline uint64_t ot__key_hash(const char *key, size_t len, uint64_t seed, unsigned shift) {
    uint64_t low = 0, high = 0, middle = 0;
    if (len >= 8) {
        memcpy(&low, key, 8);
        memcpy(&high, key + len - 8, 8);
        if (len > 16) memcpy(&middle, key + len / 2 - 4, 8);
    } else {
        /* Overlapping parts instead of a copy of unknown length. */
        uint32_t a = 0, b = 0;
        if (len >= 4) {
            memcpy(&a, key, 4);
            memcpy(&b, key + len - 4, 4);
        } else if (len) {
            a = (uint8_t)key[0] | (uint32_t)(uint8_t)key[len / 2] << 8;
            b = (uint8_t)key[len - 1];
        }
        low = a | (uint64_t)b << 32;
    }
    return ((low ^ (high << 7 | high >> 57)) + (middle << 13 | middle >> 51) + len * UINT64_C(0x9e3779b97f4a7c15)) *
               seed >>
           shift;
}

#endif
