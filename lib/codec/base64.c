/* base64.c: RFC 4648 section 4, strict: padded, one text for each value. */
#include "codec.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t ot__base64_encoded_len(size_t len) {
    size_t groups = len / 3 + (len % 3 != 0);
    return groups > SIZE_MAX / 4 ? SIZE_MAX : groups * 4;
}

void ot__base64_encode(ot_str data, char *out) {
    const unsigned char *p = (const unsigned char *)data.ptr;
    size_t left = data.len;
    for (; left >= 3; left -= 3, p += 3) {
        *out++ = letters[p[0] >> 2];
        *out++ = letters[(p[0] & 3) << 4 | p[1] >> 4];
        *out++ = letters[(p[1] & 15) << 2 | p[2] >> 6];
        *out++ = letters[p[2] & 63];
    }
    if (left) {
        *out++ = letters[p[0] >> 2];
        *out++ = letters[(p[0] & 3) << 4 | (left == 2 ? p[1] >> 4 : 0)];
        *out++ = left == 2 ? letters[(p[1] & 15) << 2] : '=';
        *out++ = '=';
    }
}

/* The six bits of a letter, or -1. */
static int letter_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static ot_status refuse(size_t at, size_t *bad_offset) {
    if (bad_offset) *bad_offset = at;
    return OT_ESYNTAX;
}

ot_status ot__base64_decode(ot_str text, char *out, size_t *len, size_t *bad_offset) {
    char *o = out;
    for (size_t i = 0; i < text.len; i += 4) {
        uint32_t bits = 0;
        size_t n = 0;
        for (; n < 4; n++) {
            if (i + n == text.len) return refuse(text.len, bad_offset);
            int v = letter_value(text.ptr[i + n]);
            if (v < 0) break;
            bits = bits << 6 | (uint32_t)v;
        }
        if (n == 4) {
            *o++ = (char)(bits >> 16 & 255);
            *o++ = (char)(bits >> 8 & 255);
            *o++ = (char)(bits & 255);
            continue;
        }
        /* Padding: one or two signs at the very end, and no bits behind the last byte. */
        if (n < 2 || text.ptr[i + n] != '=') return refuse(i + n, bad_offset);
        for (size_t k = n; k < 4; k++) {
            if (i + k == text.len) return refuse(text.len, bad_offset);
            if (text.ptr[i + k] != '=') return refuse(i + k, bad_offset);
        }
        if (i + 4 != text.len) return refuse(i + 4, bad_offset);
        if (bits & (n == 2 ? 15U : 3U)) return refuse(i + n - 1, bad_offset);
        bits <<= 6 * (4 - n);
        *o++ = (char)(bits >> 16 & 255);
        if (n == 3) *o++ = (char)(bits >> 8 & 255);
    }
    *len = (size_t)(o - out);
    return OT_OK;
}
