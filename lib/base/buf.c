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
    size_t cap = buf->cap ? buf->cap : buf->max < 256 ? buf->max : 256;
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
    if (buf->status != OT_OK) return buf->status;
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
        /* In a place of its own: vsnprintf needs room for a NUL, which a buffer at its ceiling does not have. */
        size_t size = (size_t)n + 1;
        char *all = (size_t)n > buf->max - buf->len ? NULL : ot_mem_alloc(size);
        if (all) {
            vsnprintf(all, size, format, again);
            status = ot__buf_append(buf, all, (size_t)n);
            ot_mem_free(all, size);
        } else {
            status = buf->status = (size_t)n > buf->max - buf->len ? OT_ELIMIT : OT_ENOMEM;
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
