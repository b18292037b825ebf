/* reflect.c: fields by key or ordinal. */
#include "object.h"

static ot_status get(const ot_message *m, const ot_field *field, ot_value *out) {
    if (!ot__bit(m->data.has, field->ordinal)) return OT_ENOTFOUND;
    const void *from = ot__data_of(m, field->offset);
    out->kind = field->kind;
    switch (field->kind) {
    case OT_KIND_BOOL:
        memcpy(&out->as.b, from, sizeof out->as.b);
        break;
    case OT_KIND_I64:
    case OT_KIND_TIME:
        memcpy(&out->as.i, from, sizeof out->as.i);
        break;
    case OT_KIND_F64:
        memcpy(&out->as.d, from, sizeof out->as.d);
        break;
    default:
        memcpy(&out->as.s, from, sizeof out->as.s);
        break;
    }
    return OT_OK;
}

ot_status ot_message_get(const ot_message *message, ot_str key, ot_value *out) {
    const ot_field *field = ot_field_by_key(message->type, key);
    return field ? get(message, field, out) : OT_EUNKNOWN;
}

ot_status ot_message_get_at(const ot_message *message, size_t ordinal, ot_value *out) {
    const ot_field *field = ot_field_at(message->type, ordinal);
    return field ? get(message, field, out) : OT_EUNKNOWN;
}
