/* json_write.c: strings as JSON. */
#include "codec.h"

/* The letter of a short escape, 0 when there is none. */
static char short_escape(unsigned char c) {
    switch (c) {
    case '"':
        return '"';
    case '\\':
        return '\\';
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

/* Output is gathered here, so that a short string is one call of the sink. */
typedef struct gather {
    const ot_sink *sink;
    size_t len;
    char data[256];
} gather;

static ot_status flush(gather *g) {
    ot_status status = g->len ? g->sink->write(g->sink->ctx, g->data, g->len) : OT_OK;
    g->len = 0;
    return status;
}

static ot_status add(gather *g, const char *data, size_t len) {
    if (len > sizeof g->data - g->len) {
        ot_status status = flush(g);
        if (status) return status;
        if (len > sizeof g->data) return g->sink->write(g->sink->ctx, data, len);
    }
    memcpy(g->data + g->len, data, len);
    g->len += len;
    return OT_OK;
}

ot_status ot__json_write_string(const ot_sink *sink, ot_str s) {
    static const char hex[] = "0123456789abcdef";
    if (!ot_str_utf8(s, NULL)) return OT_EUTF8;
    gather g;
    g.sink = sink;
    g.len = 0;
    ot_status status = add(&g, "\"", 1);
    size_t done = 0;
    for (size_t i = 0; !status && i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (OT_LIKELY(c >= 0x20 && c != '"' && c != '\\')) continue;
        char letter = short_escape(c);
        char escape[6] = {'\\', letter ? letter : 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        if (i > done) status = add(&g, s.ptr + done, i - done);
        if (!status) status = add(&g, escape, letter ? 2 : 6);
        done = i + 1;
    }
    if (!status && s.len > done) status = add(&g, s.ptr + done, s.len - done);
    if (!status) status = add(&g, "\"", 1);
    return status ? status : flush(&g);
}
