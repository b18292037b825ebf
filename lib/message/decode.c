/* decode.c: reads the members of an object in one pass. The fast way guesses, from the messages before, which member comes next, and looks
   only whether the guess holds; whatever is not plain goes to values.c and the codec. OT__PORTABLE forces the way without SSE2. */
#include "object.h"

#include "../codec/number.h"

#include <limits.h>

#if defined(__SSE2__) && !defined(OT__PORTABLE)
#include <emmintrin.h>
#define SIMD 1
#else
#define SIMD 0
#endif
#define LITTLE_ENDIAN_WORDS (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/* Hides a value from the optimizer, so that moving on by it stays a guess of the processor: what stands behind a value is then read before
   its length is known for certain. */
#define GUESS(x)      __asm__("" : "+r"(x))
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* How far behind the start of a member the fast way may look, at most: key, number, and some. */
#define AHEAD 128

static ALWAYS_INLINE uint64_t word_at(const char *p) {
    uint64_t w;
    memcpy(&w, p, 8);
    return w;
}

/* The bytes that are the same before the first that differs, among 16. */
#if SIMD
static ALWAYS_INLINE unsigned same16(const char *p, const char *q) {
    __m128i a = _mm_loadu_si128((const __m128i *)(const void *)p),
            b = _mm_loadu_si128((const __m128i *)(const void *)q);
    return (unsigned)__builtin_ctz(~(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)));
}
#endif

/* Does the pattern of w stand at p? Up to 32 bytes are looked at. */
static ALWAYS_INLINE bool pattern_at(const char *p, const ot__wire *w) {
#if SIMD
    unsigned same = same16(p, w->pattern);
    return OT_LIKELY(same >= w->plen) || (same == 16 && same16(p + 16, w->pattern + 16) + 16 >= w->plen);
#else
    return p[1] == w->pattern[1] && memcmp(p, w->pattern, w->plen) == 0;
#endif
}

/* Does the quoted name of the type stand at p? 16 bytes are looked at. */
static ALWAYS_INLINE bool type_at(const char *p, const ot__type *type) {
#if SIMD
    return same16(p, type->quoted) >= type->quoted_len;
#else
    return type->quoted_len <= sizeof type->quoted && memcmp(p, type->quoted, type->quoted_len) == 0;
#endif
}

/* The bytes before the first one among 16 that is no plain ASCII text: quote, backslash, control character, or from 0x80 on; 16: all are. */
static ALWAYS_INLINE unsigned plain16(const char *p) {
#if SIMD
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    /* Signed: bytes from 0x80 on are negative, and so below 0x20. */
    __m128i hit = _mm_or_si128(
        _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
    return (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8(hit) | 0x10000u);
#else
    const uint64_t ones = UINT64_C(0x0101010101010101);
    for (unsigned i = 0; i < 16; i += 8) {
        uint64_t w = word_at(p + i), quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');
        /* What borrows wrongly stands behind a true hit in this same word. */
        uint64_t hit = (w | (w - ones * 0x20) | (quote - ones) | (slash - ones)) & ones << 7;
        if (hit) return i + ((unsigned)__builtin_ctzll(hit) >> 3);
    }
    return 16;
#endif
}

/* Digits at p: the high bit of each byte of the outcome that is none. */
static ALWAYS_INLINE uint64_t not_digits(uint64_t w) {
    uint64_t t = w ^ UINT64_C(0x3030303030303030);
    return ((t + UINT64_C(0x7676767676767676)) | t) & UINT64_C(0x8080808080808080);
}

/* The value of eight digits; t holds them as 0 to 9, the first one in the lowest byte. */
static ALWAYS_INLINE uint64_t eight_digits(uint64_t t) {
    t = t * 10 + (t >> 8);
    return ((t & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x000F424000000064) +
            ((t >> 16) & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x0000271000000001)) >>
           32;
}

static const uint64_t power10[20] = {1,
                                     10,
                                     100,
                                     1000,
                                     10000,
                                     100000,
                                     1000000,
                                     10000000,
                                     100000000,
                                     1000000000,
                                     10000000000,
                                     100000000000,
                                     1000000000000,
                                     10000000000000,
                                     100000000000000,
                                     1000000000000000,
                                     10000000000000000,
                                     100000000000000000,
                                     1000000000000000000,
                                     UINT64_C(10000000000000000000)};

#define DIGIT(i) ((unsigned)(uint8_t)p[i] - '0')

typedef struct digits {
    uint64_t value;
    unsigned fraction; /* digits of it that stand behind the point */
    bool negative;
} digits;

/* Eight bytes of digits at p, fewer than eight of them: their number, with their value in *value. */
static ALWAYS_INLINE unsigned some_digits(uint64_t w, uint64_t stop, uint64_t *value) {
    unsigned bits = (unsigned)__builtin_ctzll(stop) & ~7u;
    *value = bits ? eight_digits((w ^ UINT64_C(0x3030303030303030)) << (64 - bits)) : 0;
    return bits >> 3;
}

/* The digits of a plain whole number at p, of at most 18: returns the byte behind, NULL where it is not plain. Short numbers go by branches,
   as they have the same length most of the time. */
static ALWAYS_INLINE const char *whole_digits(const char *p, digits *d) {
    d->negative = *p == '-';
    if (d->negative) p++;
    unsigned c = DIGIT(0);
    if (OT_UNLIKELY(c > 9)) return NULL;
    uint64_t a = c;
    if (c == 0) {
        if (OT_UNLIKELY(DIGIT(1) <= 9)) return NULL;
        d->value = 0;
        return p + 1;
    }
    c = DIGIT(1);
    if (c > 9) {
        d->value = a;
        return p + 1;
    }
    a = a * 10 + c;
    c = DIGIT(2);
    if (c > 9) {
        d->value = a;
        return p + 2;
    }
    a = a * 10 + c;
    c = DIGIT(3);
    if (c > 9) {
        d->value = a;
        return p + 3;
    }
    uint64_t w = word_at(p), stop = not_digits(w);
    if (stop) {
        unsigned n = some_digits(w, stop, &a);
        d->value = a;
        return p + n;
    }
    a = eight_digits(w ^ UINT64_C(0x3030303030303030));
    p += 8;
    /* Epoch seconds: ten. */
    if (OT_LIKELY(DIGIT(0) <= 9 && DIGIT(1) <= 9 && DIGIT(2) > 9)) {
        d->value = a * 100 + DIGIT(0) * 10 + DIGIT(1);
        return p + 2;
    }
    w = word_at(p);
    stop = not_digits(w);
    if (!stop) return NULL;
    uint64_t low;
    unsigned n = some_digits(w, stop, &low);
    d->value = a * power10[n] + low;
    return p + n;
}

/* A plain number, without exponent and with at most 19 digits that count. */
static ALWAYS_INLINE const char *real_digits(const char *p, digits *d, uint8_t *length) {
    const char *start = p;
    p = whole_digits(p, d);
    if (OT_UNLIKELY(!p)) return NULL;
    d->fraction = 0;
    if (*p != '.') return *p == ',' || ((uint8_t)*p | 32) != 'e' ? p : NULL;
    unsigned whole = (unsigned)(p - start) - d->negative;
    p++;
    uint64_t w = word_at(p), stop = not_digits(w), low;
    if (OT_LIKELY(stop)) {
        unsigned n = some_digits(w, stop, &low);
        if (OT_UNLIKELY(n == 0 || whole + n > 19)) return NULL;
        d->value = d->value * power10[n] + low;
        d->fraction = n;
        unsigned guess = *length;
        GUESS(guess);
        if (OT_LIKELY(guess == n)) {
            p += guess;
        } else {
            *length = (uint8_t)n;
            p += n;
        }
    } else {
        uint64_t high = eight_digits(w ^ UINT64_C(0x3030303030303030));
        p += 8;
        w = word_at(p);
        stop = not_digits(w);
        if (stop) {
            unsigned n = some_digits(w, stop, &low);
            if (OT_UNLIKELY(whole + 8 + n > 19)) return NULL;
            high = high * power10[n] + low;
            d->fraction = 8 + n;
            unsigned guess = *length;
            GUESS(guess);
            if (OT_LIKELY(guess == n)) {
                p += guess;
            } else {
                *length = (uint8_t)n;
                p += n;
            }
        } else {
            high = high * power10[8] + eight_digits(w ^ UINT64_C(0x3030303030303030));
            p += 8;
            d->fraction = 16;
            for (; DIGIT(0) <= 9 && d->fraction < 19; p++, d->fraction++)
                high = high * 10 + DIGIT(0);
            if (OT_UNLIKELY(DIGIT(0) <= 9 || whole + d->fraction > 19)) return NULL;
        }
        d->value = d->value * power10[d->fraction] + high;
    }
    return OT_LIKELY(*p == ',') || ((uint8_t)*p | 32) != 'e' ? p : NULL;
}

static ALWAYS_INLINE double to_double(const digits *d) {
    double v;
    if (OT_LIKELY(d->value <= UINT64_C(1) << 53)) {
        /* Both are exact, so that one rounding is the right one. */
        v = d->fraction ? (double)d->value / ot__pow10_table[d->fraction] : (double)d->value;
    } else {
        v = ot__num_decimal(d->value, -(int)d->fraction);
    }
    return d->negative ? -v : v;
}

static __attribute__((noinline)) const char *failed(ot__reader *r, ot_status status, const char *at,
                                                    const char *reason) {
    r->fail = (ot__json_fail){status, at, reason};
    return NULL;
}

static const char *space(const ot__reader *r, const char *p) {
    return p < r->end && (uint8_t)*p <= ' ' ? ot__json_space(p, r->end) : p;
}

/* A key that was not guessed, its colon and the blanks around: fills the key of member and gives its wire, or NULL where the type has none.
   Returns where the value starts, or NULL with r->fail. */
static __attribute__((noinline)) const char *take_key(ot__reader *r, const char *p, ot__member *member,
                                                      const ot__wire **wire) {
    if (p == r->end) return failed(r, OT_ESYNTAX, p, "the text ends too early");
    if (*p != '"') return failed(r, OT_ESYNTAX, p, "the name of a member is expected, in quotes");
    ot_str body;
    bool escaped = false;
    p = ot__json_string_scan(p + 1, r->end, &body, &escaped, &r->fail);
    if (!p) return NULL;
    member->key = (uint32_t)(body.ptr - r->base);
    member->key_len = (uint32_t)body.len;
    member->flags = escaped ? OT__MEMBER_KEY_ESCAPED : 0;
    p = space(r, p);
    if (p == r->end) return failed(r, OT_ESYNTAX, p, "the text ends too early");
    if (*p != ':') return failed(r, OT_ESYNTAX, p, "a colon is expected");
    p = space(r, p + 1);
    const ot__type *type = r->type;
    if (!escaped) {
        *wire = ot__wire_find(type, body.ptr, body.len);
    } else {
        /* No key that is known has a letter that needs more than six bytes. */
        char plain[6 * OT__WIRES];
        *wire = NULL;
        if (body.len <= 6 * ot__key_longest && body.len <= sizeof plain) {
            *wire = ot__wire_find(type, plain, ot__json_unescape(body, plain));
        }
    }
    return p;
}

/* The value of `_type`. */
static const char *take_type(ot__reader *r, const char *p, ot__member *member) {
    ot_message *m = r->m;
    ot__json_value value;
    const char *behind = ot__json_value_scan(p, r->end, 1, m->max_depth, &value, &r->fail);
    if (!behind) return NULL;
    if (r->has_type) {
        /* The last one holds. */
        for (size_t i = 0; i < m->member_count; i++) {
            if (m->members[i].state == OT_MEMBER_TYPE) m->members[i].state = OT_MEMBER_SHADOWED;
        }
        ot__note(m, OT_EDUPLICATE, NULL, ot_str_of(r->payload.ptr + member->key, member->key_len),
                 (uint64_t)(p - r->base), "stands there twice", OT_MARK_DUPLICATE);
    }
    r->has_type = true;
    r->bad_type = value.kind != OT__JSON_STRING;
    m->escaped -= m->type_escaped ? m->type_text.len : 0;
    m->type_escaped = false;
    m->type_text = ot_str_of(NULL, 0);
    if (r->bad_type) return behind;
    ot_str body = ot__json_body(&value);
    m->type_text = ot_str_of(r->payload.ptr + (body.ptr - r->base), body.len);
    m->type_escaped = value.escaped;
    if (value.escaped) m->escaped += body.len;
    if (r->any_type || r->fixed) return behind;
    ot_type type;
    char plain[6 * sizeof r->type->quoted];
    if (!value.escaped) {
        type = ot__type_by_text(body);
    } else {
        type = body.len > sizeof plain ? OT_TYPE_UNKNOWN
                                       : ot__type_by_text(ot_str_of(plain, ot__json_unescape(body, plain)));
    }
    if (type == (ot_type)r->type->number) return behind;
    r->retype = true;
    return NULL;
}

/* The fast way of numbers ends at a comma; elsewhere it has to see that the number does not go on. */
static ALWAYS_INLINE bool number_goes_on(const char *p) {
    return OT_UNLIKELY(*p != ',') && (*p == '.' || ((uint8_t)*p | 32) == 'e');
}

/* A plain text at p, of at most 31 bytes: its length; UINT_MAX where it is not plain, or longer. Up to fence 32 bytes may be loaded. */
static ALWAYS_INLINE unsigned plain_text(const char *p, const char *fence) {
    if (OT_UNLIKELY(*p != '"')) return UINT_MAX;
    unsigned n = plain16(p + 1);
    if (n == 16) {
        if (OT_UNLIKELY(p + 17 >= fence)) return UINT_MAX;
        n += plain16(p + 17);
    }
    return OT_LIKELY(p[n + 1] == '"') ? n : UINT_MAX;
}

/* Behind a text of n bytes. Most of the time it is as long as the last one was. */
static ALWAYS_INLINE const char *behind_text(const char *p, unsigned n, uint8_t *length) {
    unsigned guess = *length;
    GUESS(guess);
    if (OT_LIKELY(guess == n)) return p + guess + 2;
    *length = (uint8_t)n;
    return p + n + 2;
}

/* An array of plain texts at p: returns the byte behind it, NULL where it is not plain. */
static ALWAYS_INLINE const char *plain_texts(const char *p, const char *fence, uint8_t *length) {
    if (OT_UNLIKELY(*p != '[')) return NULL;
    p++;
    if (*p == ']') return p + 1;
    for (;;) {
        if (OT_UNLIKELY(p >= fence)) return NULL;
        unsigned n = plain_text(p, fence);
        if (OT_UNLIKELY(n == UINT_MAX)) return NULL;
        p = behind_text(p, n, length);
        if (OT_LIKELY(*p == ']')) return p + 1;
        if (OT_UNLIKELY(*p != ',')) return NULL;
        p++;
    }
}

static ALWAYS_INLINE void put_view(char *to, uintptr_t at, size_t len) {
    const char *p = (const char *)at;
    memcpy(to, &p, sizeof p);
    memcpy(to + offsetof(ot_str, len), &len, sizeof len);
}

/* A member that the index has no room for. Walks over such members begin behind the last value that has a place. */
static __attribute__((noinline)) void overflow(ot_message *m) {
    if (m->tail) return;
    m->tail = m->members[m->max_members - 1].raw + m->members[m->max_members - 1].raw_len;
    m->marks |= OT_MARK_OVERFLOW;
}

/* ahead: OT__COPY_PAD bytes behind the end may be read and are zeros, so that nothing that is looked for is found there. */
static ALWAYS_INLINE const char *read_members(ot__reader *r, const char *p, ot__habit *habit, const bool ahead) {
    ot_message *const m = r->m;
    const ot__type *const type = r->type;
    const ot__wire *const wires = type->wires;
    const char *const base = r->base;
    const char *const view = r->payload.ptr; /* views point to the payload, whatever is read */
    const uintptr_t shift = (uintptr_t)view - (uintptr_t)base;
    ot__member *e = m->members, *const last =
                                    e + m->max_members; /* one more, for those that the index has no room for */
    /* Up to where the fast way may start a member, and may load 32 bytes. */
    const char *limit = r->end, *fence = r->end;
    if (!LITTLE_ENDIAN_WORDS || (!ahead && r->end - base <= AHEAD))
        limit = fence = base;
    else if (!ahead)
        limit = r->end - AHEAD, fence = r->end - 32;
    uint64_t seen = 0, seen_high = 0; /* ordinals below 64, and from there on */
    ot__step *step = &habit->steps[OT__WIRES - 1];
    const ot__wire *w;
    const char *start; /* of the value */

    p = space(r, p + 1);
    if (p < r->end && *p == '}') goto end;
careful:
    if (OT_LIKELY(p < limit)) {
    fast:;
        unsigned next = step->next;
        w = &wires[next];
        if (OT_UNLIKELY(!pattern_at(p, w))) {
            next = step->other;
            w = &wires[next];
            if (OT_UNLIKELY(!pattern_at(p, w))) goto slow_key;
        }
        e->key = (uint32_t)(p + 1 - base);
        e->key_len = w->klen;
        p += w->plen;
        step = &habit->steps[next];
    } else {
    slow_key:
        r->fail_key = ot_str_of(NULL, 0);
        m->member_count = (size_t)(e - m->members);
        uint8_t flags = 0;
        p = take_key(r, p, e, &w);
        if (!p) return NULL;
        if (!w) {
            p = ot__take_value(r, NULL, p, e);
            if (!p) goto bad;
            ot__check_unknown(r, e);
            goto done;
        }
        flags = e->flags;
        step->other = step->next;
        step->next = (uint8_t)(w - wires);
        step = &habit->steps[w - wires];
        if (OT_UNLIKELY(flags || p >= limit)) {
            /* Whatever is odd goes slowly. */
            start = p;
            e->raw = (uint32_t)(p - base);
            uint64_t *word = w->ordinal & 64 ? &seen_high : &seen, bit = UINT64_C(1) << (w->ordinal & 63);
            if (w->kind && (*word & bit)) ot__duplicate_field(r, w->ordinal, e);
            *word |= bit;
            goto slow;
        }
    }
    start = p;
    e->raw = (uint32_t)(p - base);
    memcpy(&e->ordinal, &w->ordinal, 4);
    {
        const unsigned ordinal = w->ordinal;
        const uint64_t bit = UINT64_C(1) << (ordinal & 63);
        if (OT_LIKELY(!(ordinal & 64))) {
            if (OT_UNLIKELY(seen & bit)) goto twice;
            seen |= bit;
        } else if (OT_LIKELY(!(seen_high & bit))) {
            seen_high |= bit;
        } else {
        twice:
            start = p = space(r, p);
            e->raw = (uint32_t)(p - base);
            m->member_count = (size_t)(e - m->members);
            if (w->kind) ot__duplicate_field(r, ordinal, e);
        }
    }
    uint8_t *const length = &step->length;
    char *const to = m->data.bytes + w->offset;
    const unsigned kind = w->kind;
    if (kind == OT_KIND_F64) {
        digits d;
        const char *behind = real_digits(p, &d, length);
        if (OT_UNLIKELY(!behind)) goto slow;
        double v = to_double(&d);
        memcpy(to, &v, sizeof v);
        p = behind;
        if (OT_UNLIKELY(!(v >= w->u.real.min && v <= w->u.real.max))) ot__out_of_range(r, w, e);
    } else if (kind == OT_KIND_STR || kind == OT_KIND_ENUM) {
        unsigned n = plain_text(p, fence);
        if (OT_UNLIKELY(n == UINT_MAX)) goto slow;
        put_view(to, (uintptr_t)start + 1 + shift, n);
        if (kind == OT_KIND_ENUM) {
            bool known = n == 1 ? (w->u.letters[(uint8_t)p[1] >> 6 & 1] >> (p[1] & 63) & 1) != 0
                                : ot__word_known(&type->fields[w->ordinal], ot_str_of(p + 1, n));
            if (OT_UNLIKELY(!known)) ot__unknown_word(r, w, e);
        }
        p = behind_text(p, n, length);
    } else if (kind == OT_KIND_I64 || kind == OT_KIND_TIME) {
        digits d;
        const char *behind = whole_digits(p, &d);
        if (OT_UNLIKELY(!behind || number_goes_on(behind))) goto slow;
        int64_t v = d.negative ? -(int64_t)d.value : (int64_t)d.value;
        memcpy(to, &v, sizeof v);
        p = behind;
        if (OT_UNLIKELY(v < w->u.whole.min || v > w->u.whole.max)) ot__out_of_range(r, w, e);
    } else if (kind == 0 && OT_LIKELY(type_at(p, type) && !r->has_type)) {
        m->type_text = ot_str_of(view + e->raw + 1, type->quoted_len - 2u);
        r->has_type = true;
        p += type->quoted_len;
    } else if (kind == OT_KIND_STRS) {
        const char *behind = plain_texts(p, fence, length);
        if (OT_UNLIKELY(!behind)) goto slow;
        put_view(to, (uintptr_t)start + shift, (size_t)(behind - p));
        p = behind;
    } else {
    slow:
        /* Blanks behind a key that was guessed, for one. */
        start = p = space(r, p);
        e->raw = (uint32_t)(p - base);
        m->member_count = (size_t)(e - m->members);
        if (w->kind == 0) {
            p = take_type(r, p, e);
            e->ordinal = OT__NO_ORDINAL;
            e->state = OT_MEMBER_TYPE;
        } else {
            p = ot__take_value(r, w, p, e);
        }
        if (!p) goto bad;
    }
    e->raw_len = (uint32_t)(p - start);
done:
    if (OT_LIKELY(e != last))
        e++;
    else
        overflow(m);
    if (OT_LIKELY(ahead ? LITTLE_ENDIAN_WORDS : p < limit)) {
        if (OT_LIKELY(memcmp(p, ",\"", 2) == 0)) {
            p++;
            goto fast;
        }
        if (OT_LIKELY(*p == '}')) goto end;
    }
    p = space(r, p);
    if (p < r->end && *p == '}') goto end;
    if (p == r->end || *p != ',') {
        r->fail_key = ot_str_of(NULL, 0);
        return failed(r, OT_ESYNTAX, p,
                      p == r->end ? "the text ends too early" : "a comma or a closing brace is expected");
    }
    p = space(r, p + 1);
    goto careful;
bad:
    r->fail_key = ot_str_of(view + e->key, e->key_len);
    return NULL;
end:
    m->member_count = (size_t)(e - m->members);
    r->seen[0] = seen;
    r->seen[1] = seen_high;
    return p + 1;
}

const char *ot__decode_members(ot__reader *r, const char *p, ot__habit *habit, bool ahead) {
    return ahead ? read_members(r, p, habit, true) : read_members(r, p, habit, false);
}
