/* secrets.c: which members are secret; JSON, on one line where that is wanted, with "***" for secrets at any depth, whatever the message says of its type. */
#include "secrets.h"

#include "../codec/codec.h"

void ot__secrets_fill(ot__secrets *secrets) {
    secrets->count = 0;
    for (size_t t = 0; ot_type_at(t) != OT_TYPE_NONE; t++) {
        ot_type type = ot_type_at(t);
        for (size_t i = 0; i < ot_field_count(type); i++) {
            const ot_field *field = ot_field_at(type, i);
            if (!(field->flags & OT_FIELD_SECRET)) continue;
            for (const char *name = field->key; name && *name && secrets->count < OT__SECRET_KEYS;) {
                size_t len = strcspn(name, " ");
                if (!ot__secrets_have(secrets, ot_str_of(name, len), false))
                    secrets->keys[secrets->count++] = ot_str_of(name, len);
                name = name == field->key ? field->aliases : name + len + strspn(name + len, " ");
            }
        }
    }
}

uint64_t ot__secret_types(void) {
    uint64_t types = 0, before;
    do { /* until nothing is added: objects hold objects */
        before = types;
        for (size_t t = 0; ot_type_at(t) != OT_TYPE_NONE; t++) {
            ot_type type = ot_type_at(t);
            for (size_t i = 0; i < ot_field_count(type); i++) {
                const ot_field *field = ot_field_at(type, i);
                bool inside = field->nested != OT_TYPE_NONE && types & OT_TYPE_BIT(field->nested);
                if (field->flags & OT_FIELD_SECRET || inside) types |= OT_TYPE_BIT(type);
            }
        }
    } while (types != before);
    return types | OT_TYPE_BIT(OT_TYPE_UNKNOWN);
}

bool ot__secrets_have(const ot__secrets *secrets, ot_str key, bool escaped) {
    for (size_t i = 0; secrets && i < secrets->count; i++)
        if (ot__json_key_eq(key, escaped, secrets->keys[i])) return true;
    return false;
}

bool ot__json_good(ot_str text) {
    return ot__json_validate(text, OT__JSON_DEPTH_MAX, NULL, NULL) == OT_OK;
}

ot_status ot__json_masked(const ot_sink *sink, ot_str json, const ot__secrets *keys, bool one_line) {
    const char *p = json.ptr, *end = p + json.len, *from;
    ot_status status = OT_OK;
    while (one_line && p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    while (one_line && end > p && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\n' || end[-1] == '\r'))
        end--;
    from = p;
    while (p < end && status == OT_OK) {
        if (one_line && (*p == '\n' || *p == '\r')) {
            /* Between tokens only: a blank does as well. */
            status = sink->write(sink->ctx, from, (size_t)(p - from));
            if (status == OT_OK) status = sink->write(sink->ctx, " ", 1);
            from = ++p;
        } else if (*p == '"') {
            ot_str body;
            bool escaped;
            p = ot__json_string_scan(p + 1, end, &body, &escaped, NULL);
            if (!p) return OT_EINTERNAL; /* it was validated */
            if (!keys || !keys->count) continue;
            const char *colon = ot__json_space(p, end);
            if (colon == end || *colon != ':' || !ot__secrets_have(keys, body, escaped)) continue;
            const char *value = ot__json_space(colon + 1, end);
            p = ot__json_value_scan(value, end, 0, OT__JSON_DEPTH_MAX, NULL, NULL);
            if (!p) return OT_EINTERNAL;
            /* Up to the key and its colon as it came; blanks between are dropped, so that no newline stays. */
            status = sink->write(sink->ctx, from, (size_t)(body.ptr + body.len + 1 - from));
            if (status == OT_OK) status = sink->write(sink->ctx, ":\"***\"", 6);
            from = p;
        } else {
            p++;
        }
    }
    return status == OT_OK && p > from ? sink->write(sink->ctx, from, (size_t)(p - from)) : status;
}

bool ot__bytes_secret(ot_str bytes, const ot__secrets *keys) {
    for (size_t i = 0; i < bytes.len; i++) {
        /* A backslash may hide a key. */
        if (bytes.ptr[i] == '\\' && i + 1 < bytes.len && bytes.ptr[i + 1] == 'u') return true;
        if (bytes.ptr[i] != '"') continue;
        for (size_t k = 0; k < keys->count; k++) {
            ot_str key = keys->keys[k];
            if (bytes.len - i - 1 >= key.len && memcmp(bytes.ptr + i + 1, key.ptr, key.len) == 0) return true;
        }
    }
    return false;
}

ot_status ot__secrets_mask(const ot__secrets *keys, ot__arena *arena, ot_str text, ot_str *out, bool *json) {
    *out = text;
    *json = true;
    if (!ot__bytes_secret(text, keys)) return OT_OK;
    *json = ot__json_good(text);
    if (!*json) return OT_OK;
    ot__buf masked;
    ot__buf_init(&masked, SIZE_MAX / 4);
    ot_sink sink = ot__buf_sink(&masked);
    ot_status status = ot__json_masked(&sink, text, keys, false);
    if (status == OT_OK && !ot_str_eq(ot__buf_str(&masked), text))
        status = ot__arena_copy(arena, ot__buf_str(&masked), out);
    ot__buf_free(&masked);
    return status;
}
