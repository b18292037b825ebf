/* json_lay.c: a JSON text written anew, indented or compact. */
#include "codec.h"

#include <owntracks/json.h>

#define DEPTH      32
#define INDENT_MAX 8

typedef struct layer {
    const ot_sink *sink;
    ot_status status;
    size_t len;
    uint32_t indent, depth;
    char data[1024];
} layer;

static void flush(layer *l) {
    if (l->status == OT_OK && l->len) l->status = l->sink->write(l->sink->ctx, l->data, l->len);
    l->len = 0;
}

static void put(layer *l, const char *data, size_t len) {
    if (len > sizeof l->data - l->len) flush(l);
    if (len > sizeof l->data) {
        if (l->status == OT_OK) l->status = l->sink->write(l->sink->ctx, data, len);
        return;
    }
    memcpy(l->data + l->len, data, len);
    l->len += len;
}

static void line(layer *l) {
    static const char blanks[] = "\n"
                                 "                                                                                "
                                 "                                                                                "
                                 "                                                                                "
                                 "                ";
    _Static_assert(sizeof blanks >= 2 + DEPTH * INDENT_MAX, "blanks for the deepest level");
    if (l->indent) put(l, blanks, 1 + (size_t)l->depth * l->indent);
}

/* The text is valid: a closing bracket directly behind its opening one, an end of a string, are where they are looked for. */
static void lay(layer *l, const char *p, const char *end) {
    while (l->status == OT_OK && (p = ot__json_space(p, end)) < end) {
        char c = *p;
        if (c == '{' || c == '[') {
            const char *inside = ot__json_space(p + 1, end);
            put(l, p, 1);
            if (*inside == '}' || *inside == ']') {
                put(l, inside, 1);
                p = inside + 1;
                continue;
            }
            l->depth++;
            line(l);
            p++;
        } else if (c == '}' || c == ']') {
            l->depth--;
            line(l);
            put(l, p++, 1);
        } else if (c == ',') {
            put(l, p++, 1);
            line(l);
        } else if (c == ':') {
            put(l, ": ", l->indent ? 2 : 1);
            p++;
        } else {
            const char *from = p++;
            if (c == '"') {
                for (; *p != '"'; p++)
                    p += *p == '\\';
                p++;
            } else {
                while (p < end && !memchr(" \t\r\n,:]}", *p, 8))
                    p++;
            }
            put(l, from, (size_t)(p - from));
        }
    }
}

ot_status ot_json_write_laid_out(const ot_sink *sink, ot_str text, uint32_t indent, ot_error *error) {
    if (indent > INDENT_MAX) return ot_error_set(error, OT_EINVAL, "indent", OT_NO_OFFSET, "at most 8 blanks");
    if (!text.ptr) text = ot_str_of("", 0);
    ot__json_value value;
    ot__json_fail fail = {OT_OK, NULL, NULL};
    ot_status status = ot__json_validate(text, DEPTH, &value, &fail);
    if (status != OT_OK) return ot_error_set(error, status, NULL, (uint64_t)(fail.at - text.ptr), "%s", fail.reason);
    layer l;
    l.sink = sink;
    l.status = OT_OK;
    l.len = 0;
    l.indent = indent;
    l.depth = 0;
    lay(&l, value.raw.ptr, value.raw.ptr + value.raw.len);
    if (indent) put(&l, "\n", 1);
    flush(&l);
    return l.status;
}
