/* build.c: making and changing messages. */
#include "object.h"

#include <math.h>

static ot_status wrong(ot_error *error, ot_status status, const ot_field *field, const char *reason) {
    return ot_error_set(error, status, field->key, OT_NO_OFFSET, "%s", reason);
}

static ot_status check_json(const ot_field *field, ot_str text, ot_error *error) {
    static const struct {
        ot__json_kind kind, element;
    } forms[] = {[OT_KIND_STRS] = {OT__JSON_ARRAY, OT__JSON_STRING},
                 [OT_KIND_OBJ] = {OT__JSON_OBJECT, OT__JSON_NONE},
                 [OT_KIND_OBJS] = {OT__JSON_ARRAY, OT__JSON_OBJECT},
                 [OT_KIND_RAW] = {OT__JSON_NONE, OT__JSON_NONE}};
    ot__json_value value, element;
    if (ot__json_validate(text, 31, &value, NULL) != OT_OK)
        return wrong(error, OT_ETYPE, field, "is no valid JSON text");
    if (forms[field->kind].kind ? value.kind != forms[field->kind].kind : value.kind == OT__JSON_NULL) {
        return wrong(error, OT_ETYPE, field, "is not the JSON text that this field needs");
    }
    size_t at = 0;
    while (forms[field->kind].element && ot__json_array_next(value.raw, &at, &element)) {
        if (element.kind != forms[field->kind].element)
            return wrong(error, OT_ETYPE, field, "has an element of another type than its field allows");
    }
    return OT_OK;
}

ot_status ot__check_value(const ot_field *field, const void *value, ot_error *error) {
    int64_t i;
    double d;
    ot_str s;
    switch (field->kind) {
    case OT_KIND_BOOL:
        return OT_OK;
    case OT_KIND_I64:
    case OT_KIND_TIME:
        memcpy(&i, value, sizeof i);
        if (ot__may_be_milliseconds(field) && i > OT__SECONDS_MAX)
            return wrong(error, OT_ERANGE, field, "would be taken for milliseconds");
        d = (double)i;
        break;
    case OT_KIND_F64:
        memcpy(&d, value, sizeof d);
        if (!isfinite(d)) return wrong(error, OT_ERANGE, field, "is no finite number");
        break;
    default:
        memcpy(&s, value, sizeof s);
        if (s.len && !s.ptr) return wrong(error, OT_ETYPE, field, "is no text");
        if (field->kind != OT_KIND_STR && field->kind != OT_KIND_ENUM) return check_json(field, s, error);
        return ot_str_utf8(s, NULL) ? OT_OK : wrong(error, OT_EUTF8, field, "is not valid UTF-8");
    }
    return d >= field->min && d <= field->max ? OT_OK : wrong(error, OT_ERANGE, field, "is out of range");
}

static void start(ot_message *m, const ot__type *type) {
    ot__message_reset(m);
    memset(m->data.bytes, 0, type->size);
    m->table = type;
    m->type = (ot_type)type->number;
    m->type_text = type->text[0] ? ot_str_c(type->text) : ot_str_of(NULL, 0);
    m->built = true;
}

/* The field holds the value of the struct from now on. */
static void put(ot_message *m, const ot_field *field) {
    ot__bit_set(m->data.has, field->ordinal);
    ot__bit_set(m->changed, field->ordinal);
    m->touched = true;
    for (size_t i = 0; i < m->member_count; i++) {
        ot__member *e = &m->members[i];
        if (e->ordinal != field->ordinal || !e->state || e->state == OT_MEMBER_SHADOWED) continue;
        e->flags |= OT__MEMBER_SET;
        e->state = OT_MEMBER_VALUE;
        return;
    }
    /* Without room in the index it is encoded behind all the others. */
    if (m->member_count == m->max_members) return;
    m->members[m->member_count++] = (ot__member){
        .key = OT__NOWHERE, .ordinal = (uint8_t)field->ordinal, .state = OT_MEMBER_VALUE, .flags = OT__MEMBER_SET};
}

ot_status ot_message_begin(ot_message *message, ot_type type) {
    const ot__type *t = ot__type_of(type);
    if (!t) return OT_EINVAL;
    start(message, t);
    return OT_OK;
}

ot_status ot_message_from(ot_message *message, ot_type type, const void *data) {
    const ot__type *t = ot__type_of(type);
    if (!t || !data) return OT_EINVAL;
    start(message, t);
    memcpy(message->data.bytes, data, t->size);
    uint64_t has[2] = {message->data.has[0], message->data.has[1]};
    message->data.has[0] = message->data.has[1] = 0;
    for (unsigned i = 0; i < t->count; i++) {
        if (ot__bit(has, i)) put(message, &t->fields[i]);
    }
    return OT_OK;
}

/* Takes a value of a kind that means the same. */
static bool convert(const ot_field *field, const ot_value *value, ot_value *out) {
    ot_kind want = field->kind, have = value->kind;
    *out = *value;
    if (want == have) return true;
    switch (want) {
    case OT_KIND_F64:
        out->as.d = (double)value->as.i;
        return have == OT_KIND_I64;
    case OT_KIND_I64:
        return have == OT_KIND_TIME;
    case OT_KIND_TIME:
        return have == OT_KIND_I64;
    case OT_KIND_STR:
        return have == OT_KIND_ENUM;
    case OT_KIND_ENUM:
        return have == OT_KIND_STR;
    case OT_KIND_RAW:
        return have == OT_KIND_STRS || have == OT_KIND_OBJ || have == OT_KIND_OBJS;
    case OT_KIND_STRS:
    case OT_KIND_OBJ:
    case OT_KIND_OBJS:
        return have == OT_KIND_RAW;
    default:
        return false;
    }
}

ot_status ot_message_set(ot_message *message, ot_str key, const ot_value *value, ot_error *error) {
    const ot_field *field = ot_field_by_key(message->type, key);
    if (!field) {
        char name[48];
        ot__printable(key, false, name, sizeof name);
        return ot_error_set(error, OT_EUNKNOWN, name, OT_NO_OFFSET, "messages of type %s have no such field",
                            ot_type_name(message->type));
    }
    ot_value v;
    if (!convert(field, value, &v)) {
        return ot_error_set(error, OT_ETYPE, field->key, OT_NO_OFFSET, "a value of kind %s is expected, not %s",
                            ot_kind_name(field->kind), ot_kind_name(value->kind));
    }
    ot_status status = ot__check_value(field, &v.as, error);
    if (status != OT_OK) {
        if (status != OT_EUTF8) return status;
        if (error) error->status = OT_ETYPE;
        return OT_ETYPE;
    }
    if (field->kind == OT_KIND_BOOL) {
        memcpy(ot__data_at(message, field->offset), &v.as.b, sizeof v.as.b);
    } else if (!ot__kind_is_text(field->kind)) {
        memcpy(ot__data_at(message, field->offset), &v.as.i, sizeof v.as.i);
    } else {
        ot__json_value trimmed;
        if (field->kind > OT_KIND_ENUM && ot__json_validate(v.as.s, 31, &trimmed, NULL) == OT_OK) v.as.s = trimmed.raw;
        if (!v.as.s.ptr) v.as.s.ptr = "";
        memcpy(ot__data_at(message, field->offset), &v.as.s, sizeof v.as.s);
    }
    put(message, field);
    return OT_OK;
}

ot_status ot_message_unset(ot_message *message, ot_str key) {
    ot_message *m = message;
    const ot_field *field = m->table ? ot_field_by_key(m->type, key) : NULL;
    ot_status status = OT_ENOTFOUND;
    for (size_t i = 0; i < m->member_count; i++) {
        ot__member *e = &m->members[i];
        if (!e->state || e->state == OT_MEMBER_TYPE) continue;
        bool same =
            field ? e->ordinal == field->ordinal
                  : e->ordinal == OT__NO_ORDINAL && ot__json_key_eq(ot_str_of(m->payload.ptr + e->key, e->key_len),
                                                                    (e->flags & OT__MEMBER_KEY_ESCAPED) != 0, key);
        if (!same) continue;
        /* Those that it shadowed must not come to light. */
        e->state = 0;
        m->removed++;
        status = OT_OK;
    }
    if (field) {
        ot_member beyond;
        if (ot__bit(m->data.has, field->ordinal)) status = OT_OK;
        if (status != OT_OK && m->tail && ot_message_find(m, key, &beyond) == OT_OK) status = OT_OK;
        ot__bit_clear(m->data.has, field->ordinal);
        ot__data_clear(m, field);
        ot__bit_set(m->changed, field->ordinal);
    }
    if (status != OT_OK) return status;
    m->touched = true;
    return OT_OK;
}
