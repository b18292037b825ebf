/* token.c: the place of a record as text: "1.<at>.<id>.<user>.<device>", names with %HH for what is not a letter, digit, "_", "-" or "~". */
#include "store.h"

#include <stdio.h>

static bool plain(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '~';
}

static ot_status write_name(ot_str name, const ot_sink *sink) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < name.len;) {
        size_t n = i;
        while (n < name.len && plain((unsigned char)name.ptr[n]))
            n++;
        ot_status status = n > i ? sink->write(sink->ctx, name.ptr + i, n - i) : OT_OK;
        if (status == OT_OK && n < name.len) {
            unsigned char c = (unsigned char)name.ptr[n++];
            const char text[3] = {'%', digits[c >> 4], digits[c & 15]};
            status = sink->write(sink->ctx, text, 3);
        }
        if (status != OT_OK) return status;
        i = n;
    }
    return OT_OK;
}

ot_status ot__token_write(const ot_record *record, const ot_sink *sink) {
    char id[OT_ID_TEXT_SIZE], text[80];
    ot_id_text(&record->id, id);
    int n = snprintf(text, sizeof text, "1.%lld.%s.", (long long)record->at, id);
    ot_status status = sink->write(sink->ctx, text, (size_t)n);
    if (status == OT_OK) status = write_name(record->user, sink);
    if (status == OT_OK) status = sink->write(sink->ctx, ".", 1);
    if (status == OT_OK) status = write_name(record->device, sink);
    return status;
}

static int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Reads a name up to `stop` or the end into out; returns where it ended, or NULL. */
static const char *read_name(const char *p, const char *end, char stop, char **out, ot_str *name) {
    char *start = *out, *o = start;
    for (; p < end && *p != stop; p++) {
        if (plain((unsigned char)*p)) {
            *o++ = *p;
        } else if (*p == '%' && end - p >= 3 && hex(p[1]) >= 0 && hex(p[2]) >= 0) {
            *o++ = (char)(hex(p[1]) << 4 | hex(p[2]));
            p += 2;
        } else {
            return NULL;
        }
    }
    *name = ot_str_of(start, (size_t)(o - start));
    *out = o;
    return name->len ? p : NULL;
}

ot_status ot__token_parse(ot_str text, ot__token *out) {
    memset(out, 0, sizeof *out);
    if (text.len < 4 || text.len >= OT_TOKEN_MAX || memcmp(text.ptr, "1.", 2) != 0) return OT_EINVAL;
    const char *p = text.ptr + 2, *end = text.ptr + text.len;
    bool minus = *p == '-';
    if (minus) p++;
    uint64_t at = 0;
    const char *first = p;
    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        if (__builtin_mul_overflow(at, 10u, &at) || __builtin_add_overflow(at, (uint64_t)(*p - '0'), &at))
            return OT_EINVAL;
    }
    if (p == first || at > (uint64_t)INT64_MAX || end - p < 36 || *p != '.' || p[33] != '.') return OT_EINVAL;
    out->place.at = minus ? -(ot_time)at : (ot_time)at;
    if (ot_id_parse(ot_str_of(p + 1, 32), &out->place.id) != OT_OK) return OT_EINVAL;
    p += 34;
    out->size = (size_t)(end - p);
    out->names = ot_mem_alloc(out->size);
    if (!out->names) return OT_ENOMEM;
    char *o = out->names;
    p = read_name(p, end, '.', &o, &out->place.user);
    if (p && p < end) p = read_name(p + 1, end, '.', &o, &out->place.device);
    if (p != end || !out->place.device.len) {
        ot__token_free(out);
        return OT_EINVAL;
    }
    return OT_OK;
}

void ot__token_free(ot__token *token) {
    ot_mem_free(token->names, token->size);
    memset(token, 0, sizeof *token);
}
