/* str.c: views, UTF-8, sinks, and text that is safe to print. */
#include "base.h"

#include <errno.h>
#include <stdio.h>

int ot_str_cmp(ot_str a, ot_str b) {
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return c ? c : (a.len > b.len) - (a.len < b.len);
}

size_t ot_str_copy(ot_str s, char *buffer, size_t size) {
    if (size) {
        size_t n = s.len < size - 1 ? s.len : size - 1;
        if (n) memcpy(buffer, s.ptr, n);
        buffer[n] = 0;
    }
    return s.len;
}

bool ot_str_utf8(ot_str s, size_t *offset) {
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t i = 0;
    while (i < s.len) {
        uint64_t eight;
        if (s.len - i >= 8 && (memcpy(&eight, p + i, 8), (eight & UINT64_C(0x8080808080808080)) == 0)) {
            i += 8;
            continue;
        }
        size_t n = ot__utf8_len(p + i, s.len - i);
        if (!n) {
            if (offset) *offset = i;
            return false;
        }
        i += n;
    }
    return true;
}

/* Does a valid sequence of two bytes or more steer what shows it: C1 controls (U+0080 to U+009F) move terminals, U+2028
   and U+2029 end lines, U+202A to U+202E and U+2066 to U+2069 turn the direction of what follows. */
static bool moves(const unsigned char *p) {
    if (p[0] == 0xC2) return p[1] < 0xA0;
    if (p[0] != 0xE2) return false;
    return (p[1] == 0x80 && p[2] >= 0xA8 && p[2] <= 0xAE) || (p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9);
}

size_t ot__printable(ot_str s, bool keep_utf8, char *buffer, size_t size) {
    static const char hex[] = "0123456789abcdef";
    size_t out = 0;
    if (!size) return 0;
    for (size_t i = 0; i < s.len;) {
        unsigned char c = (unsigned char)s.ptr[i];
        size_t n = 1;
        bool plain = c >= 0x20 && c < 0x7F;
        if (keep_utf8 && c >= 0x80) {
            n = ot__utf8_len((const unsigned char *)s.ptr + i, s.len - i);
            plain = n > 1 && !moves((const unsigned char *)s.ptr + i);
            if (!plain) n = 1;
        }
        size_t need = plain ? n : 4;
        if (need > size - 1 - out) break;
        if (plain) {
            memcpy(buffer + out, s.ptr + i, n);
        } else {
            buffer[out] = '\\';
            buffer[out + 1] = 'x';
            buffer[out + 2] = hex[c >> 4];
            buffer[out + 3] = hex[c & 15];
        }
        out += need;
        i += n;
    }
    buffer[out] = 0;
    return out;
}

static ot_status buffer_write(void *ctx, const char *data, size_t len) {
    ot_sink_buffer *b = ctx;
    if (b->len < b->size && len) memcpy(b->data + b->len, data, len < b->size - b->len ? len : b->size - b->len);
    b->len += len;
    return OT_OK;
}

ot_sink ot_sink_to_buffer(ot_sink_buffer *buffer) {
    buffer->len = 0;
    ot_sink sink = {buffer_write, buffer};
    return sink;
}

static ot_status stream_write(void *ctx, const char *data, size_t len) {
    if (!ctx) return OT_EINVAL;
    errno = 0;
    if (len == 0 || fwrite(data, 1, len, ctx) == len) return OT_OK;
    return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? OT_EFULL : OT_EIO;
}

ot_sink ot_sink_to_stream(void *stream) {
    ot_sink sink = {stream_write, stream};
    return sink;
}
