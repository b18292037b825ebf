/* scan.c: the JSON scanner: blanks, strings, whole values. One loop, no recursion, no memory; the text is read once and
   never beyond its end. With SSE2 sixteen bytes of a string are looked at in one step, elsewhere eight;
   OT__CODEC_PORTABLE forces the latter. */
#include "codec.h"

#if defined(__SSE2__) && !defined(OT__CODEC_PORTABLE)
#include <emmintrin.h>
#define SCAN_SSE2 1
#else
#define SCAN_SSE2 0
#endif

static inline const char *skip_space(const char *p, const char *end) {
    while (p < end && OT_UNLIKELY((unsigned char)*p <= ' ') && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

const char *ot__json_space(const char *p, const char *end) {
    return skip_space(p, end);
}

/* The first byte of a string that needs a look: quote, backslash, control character, or part of a multi-byte sequence.
 */
static inline const char *plain_end(const char *p, const char *end) {
#if SCAN_SSE2
    while (end - p >= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
        /* Signed: bytes from 0x80 on are negative, and so below 0x20 as the control characters are. */
        __m128i hit = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
        hit = _mm_or_si128(hit, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
        hit = _mm_or_si128(hit, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
        unsigned mask = (unsigned)_mm_movemask_epi8(hit);
        if (mask) return p + __builtin_ctz(mask);
        p += 16;
    }
#endif
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
    while (end - p >= 8) {
        uint64_t w;
        memcpy(&w, p, 8);
        uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');
        /* x - 1 borrows into the high bit where a byte is 0; what borrows wrongly stands behind a true hit, in this
         * same word. */
        uint64_t hit = (w | (w - ones * 0x20) | (quote - ones) | (slash - ones)) & high;
        if (hit) break;
        p += 8;
    }
    while (p < end) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') break;
        p++;
    }
    return p;
}

static inline int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Four hexadecimal digits at p, or -1 with *at where the first wrong one stands. */
static int32_t hex4(const char *p, const char *end, const char **at) {
    int32_t v = 0;
    for (int i = 0; i < 4; i++, p++) {
        int digit = p < end ? hex_value(*p) : -1;
        if (digit < 0) {
            *at = p;
            return -1;
        }
        v = v << 4 | digit;
    }
    return v;
}

static const char *refuse_hex(const char *at, const char *end, ot__json_fail *fail) {
    return ot__json_refuse(fail, OT_ESYNTAX, at,
                           at == end ? "the text ends within a string" : "\\u needs four hexadecimal digits");
}

/* An escape; p is at the backslash. Returns the byte behind it. */
static const char *escape_scan(const char *p, const char *end, ot__json_fail *fail) {
    if (end - p < 2) return ot__json_refuse(fail, OT_ESYNTAX, end, "the text ends within a string");
    switch (p[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return p + 2;
    case 'u':
        break;
    default:
        return ot__json_refuse(fail, OT_ESYNTAX, p, "an unknown escape");
    }
    const char *at = p;
    int32_t unit = hex4(p + 2, end, &at);
    if (unit < 0) return refuse_hex(at, end, fail);
    if (unit < 0xD800 || unit > 0xDFFF) return p + 6;
    if (unit <= 0xDBFF && end - p >= 8 && p[6] == '\\' && p[7] == 'u') {
        int32_t low = hex4(p + 8, end, &at);
        if (low < 0) return refuse_hex(at, end, fail);
        if (low >= 0xDC00 && low <= 0xDFFF) return p + 12;
    }
    return ot__json_refuse(fail, OT_EUTF8, p, "half of a surrogate pair stands alone");
}

static inline const char *string_scan(const char *p, const char *end, bool *escaped, ot__json_fail *fail) {
    for (;;) {
        p = plain_end(p, end);
        if (OT_UNLIKELY(p == end)) return ot__json_refuse(fail, OT_ESYNTAX, end, "the text ends within a string");
        if (OT_LIKELY(*p == '"')) return p + 1;
        if (*p == '\\') {
            *escaped = true;
            p = escape_scan(p, end, fail);
            if (!p) return NULL;
        } else if ((unsigned char)*p < 0x20) {
            return ot__json_refuse(fail, OT_ESYNTAX, p, "a control character within a string");
        } else {
            /* Letters beyond ASCII come in groups. */
            do {
                size_t n = ot__utf8_len((const unsigned char *)p, (size_t)(end - p));
                if (!n) return ot__json_refuse(fail, OT_EUTF8, p, "not valid UTF-8");
                p += n;
            } while (p < end && (unsigned char)*p >= 0x80);
        }
    }
}

const char *ot__json_string_scan(const char *p, const char *end, ot_str *body, bool *escaped, ot__json_fail *fail) {
    bool slash = false;
    const char *behind = string_scan(p, end, &slash, fail);
    if (!behind) return NULL;
    if (body) *body = ot_str_of(p, (size_t)(behind - 1 - p));
    if (escaped) *escaped = slash;
    return behind;
}

static inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static inline const char *digits_end(const char *p, const char *end) {
    while (p < end && is_digit(*p))
        p++;
    return p;
}

/* The grammar of a number without its value. What is wrong is said by ot__json_number_scan(), so that both say the
 * same. */
static const char *number_skip(const char *start, const char *end, ot__json_fail *fail) {
    const char *p = start;
    if (*p == '-') p++;
    const char *digits = p;
    p = digits_end(p, end);
    bool good = p > digits && (*digits != '0' || p - digits == 1);
    if (good && p < end && *p == '.') {
        digits = ++p;
        p = digits_end(p, end);
        good = p > digits;
    }
    if (good && p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-')) p++;
        digits = p;
        p = digits_end(p, end);
        good = p > digits;
    }
    if (OT_LIKELY(good)) return p;
    ot__num unused;
    return ot__json_number_scan(start, end, &unused, fail);
}

static const char *word_scan(const char *p, const char *end, const char *word, ot__json_fail *fail) {
    for (; *word; word++, p++) {
        if (p == end) return ot__json_refuse(fail, OT_ESYNTAX, p, "the text ends within a word");
        if (*p != *word)
            return ot__json_refuse(fail, OT_ESYNTAX, p, "an unknown word; only null, true and false are known");
    }
    return p;
}

/* A value other than an array or an object. */
static inline const char *scalar_scan(const char *p, const char *end, ot__json_kind *kind, bool *escaped,
                                      ot__json_fail *fail) {
    switch (*p) {
    case '"':
        *kind = OT__JSON_STRING;
        return string_scan(p + 1, end, escaped, fail);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        *kind = OT__JSON_NUMBER;
        return number_skip(p, end, fail);
    case 'n':
        *kind = OT__JSON_NULL;
        return word_scan(p, end, "null", fail);
    case 't':
        *kind = OT__JSON_TRUE;
        return word_scan(p, end, "true", fail);
    case 'f':
        *kind = OT__JSON_FALSE;
        return word_scan(p, end, "false", fail);
    default:
        return ot__json_refuse(fail, OT_ESYNTAX, p, "a value is expected");
    }
}

static const char *refuse_early(const char *end, ot__json_fail *fail) {
    return ot__json_refuse(fail, OT_ESYNTAX, end, "the text ends too early");
}

/* The key of a member, its colon, and the blanks around: p is where the key must stand; returns where the value starts.
 */
static inline const char *key_scan(const char *p, const char *end, ot_str *body, bool *escaped, ot__json_fail *fail) {
    if (p == end) return refuse_early(end, fail);
    if (*p != '"') return ot__json_refuse(fail, OT_ESYNTAX, p, "the name of a member is expected, in quotes");
    const char *behind = string_scan(p + 1, end, escaped, fail);
    if (!behind) return NULL;
    *body = ot_str_of(p + 1, (size_t)(behind - p) - 2);
    p = skip_space(behind, end);
    if (p == end) return refuse_early(end, fail);
    if (*p != ':') return ot__json_refuse(fail, OT_ESYNTAX, p, "a colon is expected");
    return skip_space(p + 1, end);
}

/* What stands behind an opened array or object, value by value, until it is closed. p is behind the bracket. */
static const char *nested_scan(const char *p, const char *end, char bracket, unsigned room, ot__json_fail *fail) {
    uint64_t objects[OT__JSON_DEPTH_MAX / 64] = {0}; /* bit n: level n is an object */
    unsigned open = 0;
    ot_str key;
    bool escaped = false;
    for (;;) {
        /* An array or object was opened. */
        bool object = bracket == '{';
        char close = object ? '}' : ']';
        uint64_t bit = UINT64_C(1) << (open % 64);
        objects[open / 64] = (objects[open / 64] & ~bit) | (object ? bit : 0);
        open++;
        p = skip_space(p, end);
        bool closed = p < end && *p == close;
        if (closed) {
            p++;
        } else if (object) {
            p = key_scan(p, end, &key, &escaped, fail);
            if (!p) return NULL;
        }
        /* Values until the next level is opened or the last one closed. */
        for (;;) {
            if (!closed) {
                if (p == end) return refuse_early(end, fail);
                if (*p == '{' || *p == '[') break;
                ot__json_kind kind;
                p = scalar_scan(p, end, &kind, &escaped, fail);
                if (!p) return NULL;
            } else if (--open == 0) {
                return p;
            }
            object = (objects[(open - 1) / 64] >> ((open - 1) % 64) & 1) != 0;
            p = skip_space(p, end);
            if (p == end) return refuse_early(end, fail);
            closed = *p == (object ? '}' : ']');
            if (!closed && *p != ',') {
                return ot__json_refuse(fail, OT_ESYNTAX, p,
                                       object ? "a comma or a closing brace is expected"
                                              : "a comma or a closing bracket is expected");
            }
            p++;
            if (!closed) {
                p = skip_space(p, end);
                if (object && !(p = key_scan(p, end, &key, &escaped, fail))) return NULL;
            }
        }
        if (open >= room) return ot__json_refuse(fail, OT_EDEPTH, p, "nested too deep");
        bracket = *p++;
    }
}

const char *ot__json_value_scan(const char *p, const char *end, unsigned depth, unsigned max, ot__json_value *out,
                                ot__json_fail *fail) {
    if (p == end) return refuse_early(end, fail);
    const char *behind;
    ot__json_kind kind = OT__JSON_NONE;
    bool escaped = false;
    if (*p == '{' || *p == '[') {
        unsigned room = max > depth ? max - depth : 0;
        if (room > OT__JSON_DEPTH_MAX) room = OT__JSON_DEPTH_MAX;
        if (!room) return ot__json_refuse(fail, OT_EDEPTH, p, "nested too deep");
        kind = *p == '{' ? OT__JSON_OBJECT : OT__JSON_ARRAY;
        behind = nested_scan(p + 1, end, *p, room, fail);
    } else {
        behind = scalar_scan(p, end, &kind, &escaped, fail);
    }
    if (!behind) return NULL;
    if (out) {
        out->raw = ot_str_of(p, (size_t)(behind - p));
        out->kind = kind;
        out->escaped = escaped;
    }
    return behind;
}

ot_status ot__json_validate(ot_str text, unsigned max_depth, ot__json_value *out, ot__json_fail *fail) {
    ot__json_fail own = {OT_OK, NULL, NULL};
    if (!fail) fail = &own;
    if (text.len == 0) {
        ot__json_refuse(fail, OT_ESYNTAX, text.ptr, "the text is empty");
        return OT_ESYNTAX;
    }
    const char *end = text.ptr + text.len;
    ot__json_value value;
    const char *p = ot__json_value_scan(skip_space(text.ptr, end), end, 0, max_depth, &value, fail);
    if (!p) return fail->status;
    p = skip_space(p, end);
    if (p != end) {
        ot__json_refuse(fail, OT_ESYNTAX, p, "something stands behind the value");
        return OT_ESYNTAX;
    }
    if (out) *out = value;
    return OT_OK;
}

/* The start of the next element or member, NULL at the end: *pos is 0 or behind the element before. */
static const char *next_start(ot_str text, size_t pos, char open) {
    if (pos >= text.len) return NULL;
    const char *p = text.ptr + pos, *end = text.ptr + text.len;
    if (pos) p = skip_space(p, end);
    if (p == end || *p != (pos ? ',' : open)) return NULL;
    p = skip_space(p + 1, end);
    return p < end && *p != ']' && *p != '}' ? p : NULL;
}

bool ot__json_array_next(ot_str array, size_t *pos, ot__json_value *out) {
    const char *p = next_start(array, *pos, '['), *end = array.ptr + array.len;
    if (!p || !(p = ot__json_value_scan(p, end, 0, OT__JSON_DEPTH_MAX, out, NULL))) return false;
    *pos = (size_t)(p - array.ptr);
    return true;
}

bool ot__json_object_next(ot_str object, size_t *pos, ot_str *key, bool *key_escaped, ot__json_value *out) {
    const char *p = next_start(object, *pos, '{'), *end = object.ptr + object.len;
    bool escaped = false;
    if (!p || !(p = key_scan(p, end, key, &escaped, NULL))) return false;
    if (!(p = ot__json_value_scan(p, end, 0, OT__JSON_DEPTH_MAX, out, NULL))) return false;
    if (key_escaped) *key_escaped = escaped;
    *pos = (size_t)(p - object.ptr);
    return true;
}

/* Undoes one escape of validated text: *p is at the backslash and moves behind it. Returns the bytes written, at
 * most 4. */
static size_t escape_undo(const char **p, char out[4]) {
    const char *s = *p;
    *p = s + 2;
    switch (s[1]) {
    case 'b':
        out[0] = '\b';
        return 1;
    case 'f':
        out[0] = '\f';
        return 1;
    case 'n':
        out[0] = '\n';
        return 1;
    case 'r':
        out[0] = '\r';
        return 1;
    case 't':
        out[0] = '\t';
        return 1;
    case 'u':
        break;
    default:
        out[0] = s[1];
        return 1;
    }
    uint32_t c = 0;
    for (int i = 2; i < 6; i++)
        c = c << 4 | (uint32_t)(hex_value(s[i]) & 15);
    *p = s + 6;
    if (c >= 0xD800 && c <= 0xDBFF) {
        uint32_t low = 0;
        for (int i = 8; i < 12; i++)
            low = low << 4 | (uint32_t)(hex_value(s[i]) & 15);
        c = 0x10000 + ((c & 0x3FF) << 10 | (low & 0x3FF));
        *p = s + 12;
    }
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

size_t ot__json_unescape(ot_str body, char *out) {
    const char *p = body.ptr, *end = p + body.len;
    char *o = out;
    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        size_t n = (size_t)((slash ? slash : end) - p);
        memmove(o, p, n); /* in place is allowed: the output never overtakes the input */
        o += n;
        p += n;
        if (slash) {
            char c[4];
            size_t len = escape_undo(&p, c);
            memcpy(o, c, len);
            o += len;
        }
    }
    return (size_t)(o - out);
}

bool ot__json_key_eq(ot_str body, bool escaped, ot_str plain) {
    if (!escaped) return ot_str_eq(body, plain);
    const char *p = body.ptr, *end = p + body.len;
    size_t at = 0;
    while (p < end) {
        char c[4];
        size_t n = 1;
        if (*p == '\\') {
            n = escape_undo(&p, c);
        } else {
            c[0] = *p++;
        }
        if (n > plain.len - at || memcmp(plain.ptr + at, c, n) != 0) return false;
        at += n;
    }
    return at == plain.len;
}
