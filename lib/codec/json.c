/* json.c: the public face of the JSON reader. */
#include "codec.h"

#include <owntracks/json.h>

_Static_assert((int)OT_JSON_OBJECT == (int)OT__JSON_OBJECT && (int)OT_JSON_STRING == (int)OT__JSON_STRING &&
                   (int)OT_JSON_NULL == (int)OT__JSON_NULL && (int)OT_JSON_NUMBER == (int)OT__JSON_NUMBER,
               "both lists of kinds are one");

static void set(ot_json *out, const ot__json_value *v) {
    out->raw = v->raw;
    out->kind = (ot_json_kind)v->kind;
    out->escaped = v->escaped;
}

ot_status ot_json_read(ot_str text, uint32_t max_depth, ot_json *out, ot_error *error) {
    ot__json_value value;
    ot__json_fail fail = {OT_OK, NULL, NULL};
    memset(out, 0, sizeof *out);
    if (!text.ptr) text = ot_str_of("", 0);
    ot_status status = ot__json_validate(text, max_depth ? max_depth : 32, &value, &fail);
    if (status != OT_OK) return ot_error_set(error, status, NULL, (uint64_t)(fail.at - text.ptr), "%s", fail.reason);
    set(out, &value);
    return OT_OK;
}

bool ot_json_next(const ot_json *of, size_t *position, ot_str *key, ot_json *out) {
    ot__json_value value;
    ot_str name = {NULL, 0};
    bool escaped;
    bool more = of->kind == OT_JSON_OBJECT  ? ot__json_object_next(of->raw, position, &name, &escaped, &value)
                : of->kind == OT_JSON_ARRAY ? ot__json_array_next(of->raw, position, &value)
                                            : false;
    memset(out, 0, sizeof *out);
    if (!more) return false;
    if (key) *key = name;
    set(out, &value);
    return true;
}

ot_status ot_json_find(const ot_json *object, ot_str key, ot_json *out) {
    ot__json_value value;
    ot_str name;
    bool escaped;
    size_t position = 0;
    ot_status status = OT_ENOTFOUND;
    memset(out, 0, sizeof *out);
    while (object->kind == OT_JSON_OBJECT && ot__json_object_next(object->raw, &position, &name, &escaped, &value)) {
        if (!ot__json_key_eq(name, escaped, key)) continue;
        set(out, &value);
        status = OT_OK;
    }
    return status;
}

ot_status ot_json_text(const ot_json *string, char *buffer, ot_str *out) {
    if (string->kind != OT_JSON_STRING) return OT_ETYPE;
    ot_str body = ot_str_of(string->raw.ptr + 1, string->raw.len - 2);
    *out = string->escaped ? ot_str_of(buffer, ot__json_unescape(body, buffer)) : body;
    return OT_OK;
}

static bool number_of(const ot_json *number, ot__num *out) {
    return number->kind == OT_JSON_NUMBER && ot__num_parse(number->raw, out);
}

ot_status ot_json_integer(const ot_json *number, int64_t *out) {
    ot__num n;
    if (!number_of(number, &n)) return OT_ETYPE;
    if (n.kind != OT__NUM_INT) return OT_ERANGE;
    *out = n.i;
    return OT_OK;
}

ot_status ot_json_number(const ot_json *number, double *out) {
    ot__num n;
    if (!number_of(number, &n)) return OT_ETYPE;
    if (n.kind == OT__NUM_HUGE) return OT_ERANGE;
    *out = n.d;
    return OT_OK;
}

ot_status ot_json_write_text(const ot_sink *sink, ot_str text) {
    return ot__json_write_string(sink, text);
}
