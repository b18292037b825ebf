/* hash.c: SipHash-2-4-128 and the id of a record. The byte layout and its vectors stand in docs/identity.md and never
 * change. */
#include "siphash.h"

static const uint8_t id_key[16] = {'o', 'w', 'n', 't', 'r', 'a', 'c', 'k', 's', ':', 'i', 'd', ':', 'v', '0', '1'};

static inline uint64_t load64(const uint8_t *p) {
    uint64_t w;
    memcpy(&w, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return w;
}

static inline void store64(uint8_t *p, uint64_t w) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    memcpy(p, &w, 8);
}

static inline uint64_t rotl(uint64_t x, unsigned n) {
    return (x << n) | (x >> (64 - n));
}

/* Local copies of the four words stay in registers; v is such a copy. */
#define ROUND(v)                                                                                                       \
    do {                                                                                                               \
        (v).v0 += (v).v1;                                                                                              \
        (v).v2 += (v).v3;                                                                                              \
        (v).v1 = rotl((v).v1, 13) ^ (v).v0;                                                                            \
        (v).v3 = rotl((v).v3, 16) ^ (v).v2;                                                                            \
        (v).v0 = rotl((v).v0, 32) + (v).v3;                                                                            \
        (v).v2 += (v).v1;                                                                                              \
        (v).v3 = rotl((v).v3, 21) ^ (v).v0;                                                                            \
        (v).v1 = rotl((v).v1, 17) ^ (v).v2;                                                                            \
        (v).v2 = rotl((v).v2, 32);                                                                                     \
    } while (0)

typedef struct words {
    uint64_t v0, v1, v2, v3;
} words;

static inline words words_of(const ot__sip *s) {
    return (words){s->v0, s->v1, s->v2, s->v3};
}

static inline void words_back(ot__sip *s, words v) {
    s->v0 = v.v0;
    s->v1 = v.v1;
    s->v2 = v.v2;
    s->v3 = v.v3;
}

static inline words absorb(words v, uint64_t m) {
    v.v3 ^= m;
    ROUND(v);
    ROUND(v);
    v.v0 ^= m;
    return v;
}

/* Takes the low n bytes of value (n <= 8, the bytes above are 0). */
static inline words take(ot__sip *s, words v, uint64_t value, unsigned n) {
    unsigned have = s->have;
    uint64_t m = s->tail | value << (8 * have);
    s->total += n;
    if (have + n < 8) {
        s->tail = m;
        s->have = have + n;
        return v;
    }
    s->tail = have ? value >> (64 - 8 * have) : 0;
    s->have = have + n - 8;
    return absorb(v, m);
}

void ot__sip_init(ot__sip *sip, const uint8_t key[16]) {
    uint64_t k0 = load64(key), k1 = load64(key + 8);
    sip->v0 = k0 ^ UINT64_C(0x736f6d6570736575);
    sip->v1 = k1 ^ UINT64_C(0x646f72616e646f6d) ^ 0xee; /* 0xee: this is the variant with 128 bits */
    sip->v2 = k0 ^ UINT64_C(0x6c7967656e657261);
    sip->v3 = k1 ^ UINT64_C(0x7465646279746573);
    sip->tail = sip->total = 0;
    sip->have = 0;
}

void ot__id_init(ot__sip *sip) {
    ot__sip_init(sip, id_key);
}

void ot__sip_update(ot__sip *sip, const void *data, size_t len) {
    const uint8_t *p = data;
    words v = words_of(sip);
    size_t whole = len / 8;
    sip->total += whole * 8;
    if (sip->have == 0) {
        for (; whole; whole--, p += 8)
            v = absorb(v, load64(p));
    } else {
        unsigned up = 8 * sip->have, down = 64 - up;
        uint64_t tail = sip->tail;
        for (; whole; whole--, p += 8) {
            uint64_t w = load64(p);
            v = absorb(v, tail | w << up);
            tail = w >> down;
        }
        sip->tail = tail;
    }
    unsigned left = (unsigned)(len % 8);
    if (left) {
        uint64_t w = 0;
        for (unsigned i = 0; i < left; i++)
            w |= (uint64_t)p[i] << (8 * i);
        v = take(sip, v, w, left);
    }
    words_back(sip, v);
}

void ot__sip_u64(ot__sip *sip, uint64_t value) {
    words_back(sip, take(sip, words_of(sip), value, 8));
}
void ot__sip_u32(ot__sip *sip, uint32_t value) {
    words_back(sip, take(sip, words_of(sip), value, 4));
}

ot_id ot__sip_final(ot__sip *sip) {
    ot_id id;
    words v = absorb(words_of(sip), sip->tail | sip->total << 56);
    v.v2 ^= 0xee;
    for (int i = 0; i < 4; i++)
        ROUND(v);
    store64(id.bytes, v.v0 ^ v.v1 ^ v.v2 ^ v.v3);
    v.v1 ^= 0xdd;
    for (int i = 0; i < 4; i++)
        ROUND(v);
    store64(id.bytes + 8, v.v0 ^ v.v1 ^ v.v2 ^ v.v3);
    return id;
}

ot_id ot_id_of_bytes(ot_str data) {
    ot__sip sip;
    ot__id_init(&sip);
    ot__sip_update(&sip, data.ptr, data.len);
    return ot__sip_final(&sip);
}

ot_id ot_id_of_record(ot_str user, ot_str device, ot_str payload, uint32_t index) {
    ot__sip sip;
    ot__id_init(&sip);
    const ot_str parts[3] = {user, device, payload};
    for (size_t i = 0; i < OT_COUNT(parts); i++) {
        ot__sip_u64(&sip, parts[i].len);
        ot__sip_update(&sip, parts[i].ptr, parts[i].len);
    }
    ot__sip_u32(&sip, index);
    return ot__sip_final(&sip);
}

int ot_id_cmp(const ot_id *a, const ot_id *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

void ot_id_text(const ot_id *id, char text[OT_ID_TEXT_SIZE]) {
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof id->bytes; i++) {
        text[2 * i] = hex[id->bytes[i] >> 4];
        text[2 * i + 1] = hex[id->bytes[i] & 15];
    }
    text[32] = 0;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

ot_status ot_id_parse(ot_str text, ot_id *out) {
    ot_id id;
    if (text.len != 32) return OT_ESYNTAX;
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        int high = hex_digit(text.ptr[2 * i]), low = hex_digit(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0) return OT_ESYNTAX;
        id.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *out = id;
    return OT_OK;
}
