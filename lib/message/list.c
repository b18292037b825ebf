/* list.c: lists: of messages, of texts, of objects. What they are given need not be valid. */
#include "object.h"

/* Finished lists stand here, so that position 0 stays the beginning of an empty payload. */
static size_t finished(ot_str text) {
    return text.len + 1;
}

static ot_status broken(ot_str payload, size_t *position, const ot__json_fail *fail, ot_error *error) {
    *position = finished(payload);
    return ot_error_set(error, fail->status, NULL, (uint64_t)(fail->at - payload.ptr), "%s", fail->reason);
}

ot_status ot_payload_next(ot_str payload, size_t *position, ot_str *out, ot_error *error) {
    if (*position > payload.len) {
        *position = finished(payload);
        return OT_DONE;
    }
    if (!payload.len) {
        *position = finished(payload);
        *out = ot_str_of(payload.ptr ? payload.ptr : "", 0);
        return OT_OK;
    }
    const char *end = payload.ptr + payload.len, *p;
    ot__json_fail fail = {OT_ESYNTAX, payload.ptr, "a comma or a closing bracket is expected"};
    if (*position == 0) {
        p = ot__json_space(payload.ptr, end);
        if (p == end || *p != '[') {
            /* One message, or nothing that is one. */
            while (end > p && memchr(" \t\r\n", end[-1], 4))
                end--;
            *position = finished(payload);
            *out = p == end ? payload : ot_str_of(p, (size_t)(end - p));
            return OT_OK;
        }
        p = ot__json_space(p + 1, end);
    } else {
        p = ot__json_space(payload.ptr + *position, end);
        if (p < end && *p == ',') {
            p = ot__json_space(p + 1, end);
            if (p < end && *p == ']') {
                fail = (ot__json_fail){OT_ESYNTAX, p, "a value is expected"};
                return broken(payload, position, &fail, error);
            }
        } else if (p == end || *p != ']') {
            fail.at = p;
            return broken(payload, position, &fail, error);
        }
    }
    if (p < end && *p == ']') {
        fail = (ot__json_fail){OT_ESYNTAX, ot__json_space(p + 1, end), "something stands behind the list"};
        if (fail.at != end) return broken(payload, position, &fail, error);
        *position = finished(payload);
        return OT_DONE;
    }
    const char *behind = ot__json_value_scan(p, end, 1, 32, NULL, &fail);
    if (!behind) return broken(payload, position, &fail, error);
    *out = ot_str_of(p, (size_t)(behind - p));
    *position = (size_t)(behind - payload.ptr);
    return OT_OK;
}

/* The next element of an array; false at its end, or where it is broken. */
static bool next_element(ot_str json, size_t *position, ot__json_value *out) {
    const char *end = json.ptr + json.len, *p;
    if (*position > json.len || !json.len) return false;
    p = ot__json_space(json.ptr + *position, end);
    if (p == end || *p != (*position ? ',' : '[')) goto done;
    p = ot__json_space(p + 1, end);
    p = p == end ? NULL : ot__json_value_scan(p, end, 1, OT__JSON_DEPTH_MAX, out, NULL);
    if (!p) goto done;
    *position = (size_t)(p - json.ptr);
    return true;
done:
    *position = finished(json);
    return false;
}

ot_status ot_strs_next(ot_str json, size_t *position, char *scratch, size_t size, ot_str *out) {
    ot__json_value value;
    if (!next_element(json, position, &value)) return OT_DONE;
    if (value.kind != OT__JSON_STRING) return OT_ETYPE;
    ot_str body = ot__json_body(&value);
    if (!value.escaped) {
        *out = body;
        return OT_OK;
    }
    if (body.len > size) return OT_ELIMIT;
    *out = ot_str_of(scratch, ot__json_unescape(body, scratch));
    return OT_OK;
}

ot_status ot_objs_next(ot_str json, size_t *position, ot_str *out) {
    ot__json_value value;
    if (!next_element(json, position, &value)) return OT_DONE;
    if (value.kind != OT__JSON_OBJECT) return OT_ETYPE;
    *out = value.raw;
    return OT_OK;
}
