/* command_carry.c: how settings travel outside of messages: as files, and as links. */
#include "command_lint.h"

#include <owntracks/json.h>

#define DECODED_MAX ((size_t)8 << 20)

static const char scheme[] = "owntracks:", place[] = "///config?", parameter[] = "inline=", elsewhere[] = "url=";

static bool starts(ot_str text, const char *with, bool any_case) {
    size_t len = strlen(with);
    if (text.len < len) return false;
    for (size_t i = 0; i < len; i++) {
        char c = text.ptr[i];
        if (any_case && c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
        if (c != with[i]) return false;
    }
    return true;
}

/* Is it an object whose last `_type` is that of settings? */
static bool is_configuration(const ot__json_value *value) {
    ot_str key, text;
    bool escaped, found = false;
    ot__json_value member;
    char buffer[128];
    if (value->kind != OT__JSON_OBJECT) return false;
    for (size_t at = 0; ot__json_object_next(value->raw, &at, &key, &escaped, &member);) {
        if (!ot__json_key_eq(key, escaped, OT_STR(OT__TYPE_KEY))) continue;
        found = ot__lint_text(&member, buffer, sizeof buffer, &text) &&
                ot_str_eq(text, ot_str_c(ot_type_text(OT_TYPE_CONFIGURATION)));
    }
    return found;
}

/* Of the signs of base64, three mean something else in a query. */
static ot_status write_query(const ot_sink *sink, ot_str text) {
    size_t from = 0;
    ot_status status = OT_OK;
    for (size_t i = 0; i <= text.len && status == OT_OK; i++) {
        char c = i < text.len ? text.ptr[i] : '=';
        if (c != '+' && c != '/' && c != '=') continue;
        if (i > from) status = sink->write(sink->ctx, text.ptr + from, i - from);
        if (status == OT_OK && i < text.len)
            status = sink->write(sink->ctx, c == '+' ? "%2B" : c == '/' ? "%2F" : "%3D", 3);
        from = i + 1;
    }
    return status;
}

static ot_status write_url(ot_str json, const ot_sink *sink, ot_error *error) {
    ot__json_value value;
    ot__buf compact;
    ot__buf_init(&compact, DECODED_MAX);
    ot_sink into = ot__buf_sink(&compact);
    ot_status status = ot_json_write_laid_out(&into, json, 0, error);
    if (status == OT_OK) ot__json_validate(json, 32, &value, NULL);
    if (status == OT_ENOMEM || status == OT_ELIMIT)
        ot_error_set(error, status, NULL, OT_NO_OFFSET, status == OT_ELIMIT ? "is larger than 8 MiB" : "out of memory");
    if (status == OT_OK && !is_configuration(&value))
        status =
            ot_error_set(error, OT_EUNSUPPORTED, OT__TYPE_KEY, OT_NO_OFFSET, "a link can carry a configuration only");
    if (status == OT_OK) {
        size_t len = ot__base64_encoded_len(compact.len);
        char *text = ot_mem_alloc(len);
        if (text) {
            ot__base64_encode(ot__buf_str(&compact), text);
            status = sink->write(sink->ctx, scheme, sizeof scheme - 1);
            if (status == OT_OK) status = sink->write(sink->ctx, place, sizeof place - 1);
            if (status == OT_OK) status = sink->write(sink->ctx, parameter, sizeof parameter - 1);
            if (status == OT_OK) status = write_query(sink, ot_str_of(text, len));
            ot_mem_free(text, len);
        } else {
            status = ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "out of memory");
        }
    }
    ot__buf_free(&compact);
    return status;
}

ot_status ot_command_carry(ot_str json, ot_carrier carrier, const ot_sink *sink, ot_error *error) {
    if (!sink) return ot_error_set(error, OT_EINVAL, NULL, OT_NO_OFFSET, "there is no sink");
    switch (carrier) {
    case OT_CARRIER_PAYLOAD:
        return ot_json_write_laid_out(sink, json, 0, error);
    case OT_CARRIER_FILE:
        return ot_json_write_laid_out(sink, json, 2, error);
    case OT_CARRIER_URL:
        return write_url(json, sink, error);
    default:
        return ot_error_set(error, OT_EINVAL, "carrier", OT_NO_OFFSET, "there is no such carrier");
    }
}

static int hex(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

static ot_status bad(const char *base, const char *at, const char *reason, ot_error *error) {
    return ot_error_set(error, OT_ESYNTAX, NULL, (uint64_t)(at - base), "%s", reason);
}

/* Undoes the percent signs of value into text, which has room for two signs more, and pads it. */
static ot_status read_query(const char *base, ot_str value, char *text, size_t *len, ot_error *error) {
    size_t n = 0;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == '%') {
            bool both = i + 2 < value.len;
            int high = both ? hex(value.ptr[i + 1]) : -1, low = both ? hex(value.ptr[i + 2]) : -1;
            if (high < 0 || low < 0)
                return bad(base, value.ptr + i, "two hexadecimal digits are expected behind the percent sign", error);
            c = (char)(high << 4 | low);
            i += 2;
        }
        text[n++] = c;
    }
    if (n % 4 == 2 || n % 4 == 3) {
        bool padded = text[n - 1] == '=';
        while (!padded && n % 4)
            text[n++] = '=';
    }
    *len = n;
    return OT_OK;
}

static ot_status decode(const char *base, ot_str value, const ot_sink *sink, ot_error *error) {
    size_t room = value.len + 2, len = 0, at = 0;
    char *text = ot_mem_alloc(room);
    if (!text) return ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "out of memory");
    ot_status status = read_query(base, value, text, &len, error);
    /* In place: three bytes take the room of four. */
    if (status == OT_OK && ot__base64_decode(ot_str_of(text, len), text, &len, &at) != OT_OK)
        status = bad(base, value.ptr, "is not base64", error);
    if (status == OT_OK && len > DECODED_MAX)
        status = ot_error_set(error, OT_ELIMIT, NULL, OT_NO_OFFSET, "is larger than 8 MiB");
    ot__json_value json;
    ot__json_fail fail = {OT_OK, NULL, NULL};
    ot_str decoded = ot_str_of(text, len);
    if (status == OT_OK && (status = ot__json_validate(decoded, 32, &json, &fail)) != OT_OK)
        ot_error_set(error, status, NULL, (uint64_t)(fail.at - text), "%s", fail.reason);
    if (status == OT_OK && !is_configuration(&json))
        status = ot_error_set(error, OT_ETYPE, OT__TYPE_KEY, OT_NO_OFFSET, "is no configuration");
    if (status == OT_OK) status = sink->write(sink->ctx, decoded.ptr, decoded.len);
    ot_mem_free(text, room);
    return status;
}

ot_status ot_configuration_from_url(ot_str url, const ot_sink *sink, ot_error *error) {
    if (!sink) return ot_error_set(error, OT_EINVAL, NULL, OT_NO_OFFSET, "there is no sink");
    const char *base = url.ptr ? url.ptr : "";
    size_t head = sizeof scheme - 1 + sizeof place - 1;
    if (!starts(url, scheme, true) ||
        !starts(ot_str_of(base + sizeof scheme - 1, url.len - (sizeof scheme - 1)), place, false))
        return bad(base, base, "owntracks:///config? is expected", error);
    /* Percent signs may make three of one, base64 four of three. */
    if (url.len > DECODED_MAX * 4 + 1024)
        return ot_error_set(error, OT_ELIMIT, NULL, OT_NO_OFFSET, "is larger than 8 MiB");
    const char *p = base + head, *end = base + url.len;
    const char *fragment = p < end ? memchr(p, '#', (size_t)(end - p)) : NULL;
    bool remote = false;
    if (fragment) end = fragment;
    while (p < end) {
        const char *next = memchr(p, '&', (size_t)(end - p));
        ot_str part = ot_str_of(p, (size_t)((next ? next : end) - p));
        if (starts(part, parameter, false)) {
            size_t skip = sizeof parameter - 1;
            return decode(base, ot_str_of(part.ptr + skip, part.len - skip), sink, error);
        }
        remote = remote || starts(part, elsewhere, false);
        p = next ? next + 1 : end;
    }
    if (remote)
        return ot_error_set(error, OT_EUNSUPPORTED, NULL, head, "points to a file elsewhere, which is not fetched");
    return bad(base, base + head, "nothing is in it", error);
}
