/* buf.c: the growing buffer with a ceiling. */
#include "base.h"

#include <stdarg.h>
#include <stdio.h>

void ot__buf_init(ot__buf *buf, size_t max) {
    memset(buf, 0, sizeof *buf);
    buf->max = max;
}

void ot__buf_free(ot__buf *buf) {
    ot_mem_free(buf->data, buf->cap);
    ot__buf_init(buf, buf->max);
}

void ot__buf_reset(ot__buf *buf) {
    buf->len = 0;
    buf->status = OT_OK;
}

ot_status ot__buf_reserve(ot__buf *buf, size_t more) {
    if (buf->status != OT_OK) return buf->status;
    if (more <= buf->cap - buf->len) return OT_OK;
    if (more > buf->max - buf->len) return buf->status = OT_ELIMIT;
    size_t cap = buf->cap ? buf->cap : 256;
    while (cap - buf->len < more)
        cap = cap > buf->max / 2 ? buf->max : cap * 2;
    char *data = ot_mem_resize(buf->data, buf->cap, cap);
    if (!data) return buf->status = OT_ENOMEM;
    buf->data = data;
    buf->cap = cap;
    return OT_OK;
}

ot_status ot__buf_append(ot__buf *buf, const void *data, size_t len) {
    ot_status status = ot__buf_reserve(buf, len);
    if (status == OT_OK && len) {
        memcpy(buf->data + buf->len, data, len);
        buf->len += len;
    }
    return status;
}

ot_status ot__buf_text(ot__buf *buf, const char *text) {
    return ot__buf_append(buf, text, strlen(text));
}

ot_status ot__buf_format(ot__buf *buf, const char *format, ...) {
    char text[512];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ot_status status;
    if (n < 0) {
        status = buf->status = OT_EINTERNAL;
    } else if ((size_t)n < sizeof text) {
        status = ot__buf_append(buf, text, (size_t)n);
    } else {
        status = ot__buf_reserve(buf, (size_t)n + 1);
        if (status == OT_OK) {
            vsnprintf(buf->data + buf->len, (size_t)n + 1, format, again);
            buf->len += (size_t)n;
        }
    }
    va_end(again);
    return status;
}

static ot_status buf_write(void *ctx, const char *data, size_t len) {
    return ot__buf_append(ctx, data, len);
}

ot_sink ot__buf_sink(ot__buf *buf) {
    ot_sink sink = {buf_write, buf};
    return sink;
}
