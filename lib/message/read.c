/* read.c: decoding a payload: which type it is, and where its order of members is remembered. */
#include "object.h"

/* An object of a type that is not known has one key that means something. */
static const ot__wire type_wire[1] = {{.pattern = "\"" OT__TYPE_KEY "\":",
                                       .plen = sizeof OT__TYPE_KEY + 2,
                                       .klen = sizeof OT__TYPE_KEY - 1,
                                       .key = OT__TYPE_KEY,
                                       .ordinal = OT__NO_ORDINAL,
                                       .state = OT_MEMBER_TYPE}};
static const uint8_t type_hash[1] = {1};
static const ot__type unknown_type = {.text = "",
                                      .name = "",
                                      .doc = "",
                                      .wires = type_wire,
                                      .wire_count = 1,
                                      .hash = type_hash,
                                      .shift = 63,
                                      .seed = 0,
                                      .quoted_len = 17, /* never found: no type is guessed right by its text */

                                      .number = OT_TYPE_UNKNOWN};

static const ot__type *table_of(ot_type type) {
    const ot__type *t = ot__type_of(type);
    return t ? t : &unknown_type;
}

static ot_status refuse_syntax(const ot__reader *r, ot_error *error) {
    char name[48];
    ot__printable(r->fail_key, false, name, sizeof name);
    return ot_error_set(error, r->fail.status, name, (uint64_t)(r->fail.at - r->base), "%s", r->fail.reason);
}

/* The order of members is remembered by how a message begins: its first key, or, where that is `_type`, the type. */
static ot__habit *habit_of(ot_message *m, const char *p, const char *end) {
    uint64_t w = 0, next = 0;
    if (end - p < 24) return &m->habits[0];
    memcpy(&w, p + 1, 8);
    static const char type_key[8] = "\"" OT__TYPE_KEY "\":";
    _Static_assert(sizeof OT__TYPE_KEY == 6, "the comparison of eight bytes");
    if (memcmp(&w, type_key, 8) == 0) {
        memcpy(&next, p + 9, 8);
        w ^= next;
    } else {
        memcpy(&w, p + 2, 4); /* the first key is all that is the same each time */
        w &= 0xffffffffu;
    }
    return &m->habits[w * UINT64_C(0x9e3779b97f4a7c15) >> 60];
}

/* The type that the last `_type` of a valid object names. */
static ot_type find_type(const ot__reader *r, const char *p) {
    ot_str object = ot_str_of(p, (size_t)(r->end - p)), key;
    ot_type type = OT_TYPE_UNKNOWN;
    size_t at = 0;
    bool escaped;
    ot__json_value value;
    while (ot__json_object_next(object, &at, &key, &escaped, &value)) {
        if (!ot__json_key_eq(key, escaped, OT_STR(OT__TYPE_KEY))) continue;
        type = OT_TYPE_UNKNOWN;
        if (value.kind != OT__JSON_STRING) continue;
        ot_str body = ot__json_body(&value);
        char plain[6 * sizeof r->type->quoted];
        if (!value.escaped)
            type = ot__type_by_text(body);
        else if (body.len <= sizeof plain)
            type = ot__type_by_text(ot_str_of(plain, ot__json_unescape(body, plain)));
    }
    return type;
}

static void begin(ot__reader *r, ot_message *m, const ot__type *type) {
    ot__message_reset(m);
    m->payload = r->payload;
    /* Members without a value are zeros, not what the message before left there. */
    if (type->count) memset(m->data.bytes, 0, type->size);
    r->type = type;
    r->has_type = r->bad_type = r->retype = false;
    r->seen[0] = r->seen[1] = r->bad[0] = r->bad[1] = 0;
    r->unknown = 0;
}

static ot_status refused(ot_message *m, ot_status status) {
    /* What was complained about can still be read; nothing else. */
    size_t count = m->violation_count;
    ot__message_reset(m);
    m->violation_count = count;
    return status;
}

static ot_status read_object(ot__reader *r, ot_message *m, const char *p, ot_type forced, bool copied,
                             ot_error *error) {
    ot__habit *habit = habit_of(m, p, r->end);
    r->any_type = forced != OT_TYPE_NONE;
    ot_type guess = r->any_type ? forced : habit->type ? (ot_type)habit->type : OT_TYPE_LOCATION;
    const ot__type *type = table_of(guess);
    for (;;) {
        if (habit->type != type->number) {
            memset(habit, 0, sizeof *habit);
            habit->type = type->number;
        }
        begin(r, m, type);
        const char *behind = ot__decode_members(r, p, habit, copied);
        if (OT_LIKELY(behind)) {
            if (OT_UNLIKELY(behind != r->end)) behind = ot__json_space(behind, r->end);
            if (OT_LIKELY(behind == r->end)) break;
            r->fail = (ot__json_fail){OT_ESYNTAX, behind, "something stands behind the object"};
            r->fail_key = ot_str_of(NULL, 0);
        } else if (r->retype) {
            type = table_of(find_type(r, p));
            r->fixed = true;
            continue;
        }
        refuse_syntax(r, error);
        m->violation_count = 0;
        return refused(m, r->fail.status);
    }
    ot_status status = ot__judge(r, error);
    return status == OT_OK || status == OT_EUNKNOWN ? status : refused(m, status);
}

static ot_status decode(ot_message *m, ot_type forced, ot_str payload, ot_error *error) {
    if (payload.len == 0) {
        ot__message_reset(m);
        if (forced) return ot_error_set(error, OT_ESYNTAX, NULL, 0, "the text is empty");
        m->type = OT_TYPE_EMPTY;
        m->payload = ot_str_of(payload.ptr ? payload.ptr : "", 0);
        return ot_error_set(error, OT_EMPTY, NULL, OT_NO_OFFSET, "the payload is empty");
    }
    if (payload.len > m->max_payload) {
        ot__message_reset(m);
        return ot_error_set(error, OT_ELIMIT, NULL, OT_NO_OFFSET, "the payload has %zu bytes; %zu are allowed",
                            payload.len, m->max_payload);
    }
    ot__reader r;
    r.m = m;
    r.payload = payload;
    r.fixed = false;
    r.type = NULL;
    r.fail_key = ot_str_of(NULL, 0);
    bool copied = payload.len <= OT__COPY;
    r.base = payload.ptr;
    if (copied) {
        memcpy(m->pad, payload.ptr, payload.len);
        memset(m->pad + payload.len, 0, OT__COPY_PAD);
        r.base = m->pad;
    }
    r.end = r.base + payload.len;
    const char *p = *r.base == '{' ? r.base : ot__json_space(r.base, r.end);
    if (OT_LIKELY(p < r.end && *p == '{')) return read_object(&r, m, p, forced, copied, error);
    ot__message_reset(m);
    ot__json_fail fail = {OT_ESYNTAX, r.base, ""};
    ot__json_value value;
    ot_status status = ot__json_validate(ot_str_of(r.base, payload.len), m->max_depth, &value, &fail);
    if (status != OT_OK) return ot_error_set(error, status, NULL, (uint64_t)(fail.at - r.base), "%s", fail.reason);
    if (value.kind == OT__JSON_ARRAY && !forced)
        return ot_error_set(error, OT_ELIST, NULL, (uint64_t)(p - r.base), "the payload is a list");
    return ot_error_set(error, OT_ETYPE, NULL, (uint64_t)(p - r.base), "an object is expected");
}

ot_status ot_message_decode(ot_message *message, ot_str payload, ot_error *error) {
    return decode(message, OT_TYPE_NONE, payload, error);
}

ot_status ot_message_decode_as(ot_message *message, ot_type type, ot_str object, ot_error *error) {
    if (!ot__type_of(type)) {
        ot__message_reset(message);
        return ot_error_set(error, OT_EINVAL, NULL, OT_NO_OFFSET, "this is no type with fields");
    }
    return decode(message, type, object, error);
}
