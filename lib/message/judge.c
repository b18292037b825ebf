/* judge.c: what can be said of a message only when all its members are known: texts with escapes, what is missing, what is refused. */
#include "object.h"

/* Tells of a violation as an error. */
static ot_status refuse(ot_error *error, const ot_violation *v) {
    char name[48];
    ot_str key = v->key.ptr ? v->key : v->field ? ot_str_c(v->field->key) : OT_STR(OT__TYPE_KEY);
    ot__printable(key, false, name, sizeof name);
    return ot_error_set(error, v->status, name, v->offset, "%s", v->reason);
}

/* Undoes the escapes of one text; it stands in the payload, between quotes. */
static ot_str undo(ot_message *m, ot_str body, size_t *used) {
    char *to = m->scratch + *used;
    size_t n = ot__json_unescape(body, to);
    *used += n;
    return ot_str_of(to, n);
}

static ot_status undo_escapes(ot__reader *r) {
    ot_message *m = r->m;
    if (!m->escaped) return OT_OK;
    ot_status status = ot__message_scratch(m, m->escaped);
    if (status != OT_OK) return status;
    size_t used = 0;
    if (m->type_escaped) m->type_text = undo(m, m->type_text, &used);
    ot__walk walk = {.m = m};
    ot__item item;
    uint64_t done[2] = {0, 0};
    while (ot__walk_next(&walk, &item)) {
        const ot_field *field = item.view.field;
        if (!field || item.view.state != OT_MEMBER_VALUE || (field->kind != OT_KIND_STR && field->kind != OT_KIND_ENUM))
            continue;
        if (ot__bit(done, field->ordinal) || (item.entry && !(item.entry->flags & OT__MEMBER_ESCAPED))) continue;
        /* The struct says which of several with the same key it is: beyond the index the walk cannot tell. */
        ot_str text;
        memcpy(&text, ot__data_at(m, field->offset), sizeof text);
        if (text.ptr != item.view.raw.ptr + 1 || !memchr(text.ptr, '\\', text.len)) continue;
        text = undo(m, text, &used);
        memcpy(ot__data_at(m, field->offset), &text, sizeof text);
        ot__bit_set(done, field->ordinal);
    }
    return OT_OK;
}

/* New Android apps leave out a coordinate that is exactly 0. A guess: not for strict decoding, nor beside a coordinate that is none. */
static void assume_zero(ot__reader *r, unsigned lat, unsigned lon) {
    ot_message *m = r->m;
    if (m->strict) return;
    for (unsigned i = 0; i < 2; i++) {
        unsigned absent = i ? lat : lon, present = i ? lon : lat;
        if (ot__bit(r->seen, absent) || !ot__bit(m->data.has, present)) continue;
        const ot_field *field = &r->type->fields[present];
        double zero = 0.0, other;
        memcpy(&other, ot__data_at(m, field->offset), sizeof other);
        if (!(other >= field->min && other <= field->max)) return;
        memcpy(ot__data_at(m, r->type->fields[absent].offset), &zero, sizeof zero);
        ot__bit_set(m->data.has, absent);
        m->marks |= OT_MARK_ASSUMED;
        return;
    }
}

/* The violation of a field that is required and stands there without a usable value. */
static ot_violation violation_of(const ot__reader *r, const ot_field *field) {
    const ot_message *m = r->m;
    size_t kept = m->violation_count < OT__VIOLATIONS ? m->violation_count : OT__VIOLATIONS;
    for (size_t i = 0; m->violation_count > OT__VIOLATIONS && i < OT_COUNT(m->late); i++) {
        if (m->late[i].field == field) return m->late[i];
    }
    for (size_t i = kept; i-- > 0;) {
        if (m->violations[i].field == field && m->violations[i].status != OT_EDUPLICATE) return m->violations[i];
    }
    return (ot_violation){OT_ETYPE, field, ot_str_of(NULL, 0), OT_NO_OFFSET, "has no usable value"};
}

static void demand(ot__reader *r, const uint64_t wanted[2]) {
    ot_message *m = r->m;
    for (unsigned word = 0; word < 2; word++) {
        uint64_t without = wanted[word] & ~m->data.has[word];
        while (without && m->fatal.status == OT_OK) {
            unsigned ordinal = word * 64 + (unsigned)__builtin_ctzll(without);
            without &= without - 1;
            const ot_field *field = &r->type->fields[ordinal];
            if (ot__bit(r->seen, ordinal)) {
                m->fatal = violation_of(r, field);
            } else {
                ot__note(m, OT_EMISSING, field, ot_str_of(NULL, 0), OT_NO_OFFSET, "is missing", OT_MARK_VIOLATION);
                m->fatal = (ot_violation){OT_EMISSING, field, ot_str_of(NULL, 0), OT_NO_OFFSET, "is missing"};
            }
        }
    }
}

ot_status ot__judge(ot__reader *r, ot_error *error) {
    ot_message *m = r->m;
    const ot__type *type = r->type;
    if (OT_UNLIKELY(!r->any_type && (!r->has_type || r->bad_type))) {
        ot_violation v = {r->has_type ? OT_ETYPE : OT_EMISSING, NULL, ot_str_of(NULL, 0), OT_NO_OFFSET,
                          r->has_type ? "is no text" : "is missing"};
        for (size_t i = 0; i < m->member_count; i++) {
            if (m->members[i].state == OT_MEMBER_TYPE) v.offset = m->members[i].raw;
        }
        m->violation_count = 0; /* of a type that was a guess */
        return refuse(error, &v);
    }
    if (type->count) {
        m->data.has[0] = r->seen[0] & ~r->bad[0];
        m->data.has[1] = r->seen[1] & ~r->bad[1] & ~OT__SEEN_TYPE;
        m->table = type;
        if (type->number == OT_TYPE_LOCATION) {
            const uint64_t both = UINT64_C(1) << OT_LOCATION_lat | UINT64_C(1) << OT_LOCATION_lon;
            if (OT_UNLIKELY((m->data.has[0] & both) != both)) assume_zero(r, OT_LOCATION_lat, OT_LOCATION_lon);
        } else if (type->number == OT_TYPE_TRANSITION) {
            assume_zero(r, OT_TRANSITION_lat, OT_TRANSITION_lon);
        } else if (type->number == OT_TYPE_WAYPOINT && ot__bit(m->data.has, OT_WAYPOINT_tst)) {
            int64_t tst;
            memcpy(&tst, ot__data_at(m, offsetof(ot_waypoint, tst)), sizeof tst);
            if (tst > OT__SECONDS_MAX) {
                tst /= 1000;
                memcpy(ot__data_at(m, offsetof(ot_waypoint, tst)), &tst, sizeof tst);
                m->marks |= OT_MARK_MILLISECONDS;
            }
        }
        if (OT_UNLIKELY(m->strict)) demand(r, type->expected);
        if (OT_UNLIKELY((type->required[0] & ~m->data.has[0]) | (type->required[1] & ~m->data.has[1])))
            demand(r, type->required);
    }
    if (OT_UNLIKELY(m->fatal.status != OT_OK)) return refuse(error, &m->fatal);
    /* A member that had a value for a while: duplicates. */
    if (OT_UNLIKELY((r->seen[0] & r->bad[0]) | (r->seen[1] & r->bad[1]))) {
        for (unsigned i = 0; i < type->count; i++) {
            if (ot__bit(r->bad, i)) ot__data_clear(m, &type->fields[i]);
        }
    }
    m->type = (ot_type)type->number;
    if (OT_UNLIKELY(m->escaped)) {
        ot_status status = undo_escapes(r);
        if (status != OT_OK) {
            return ot_error_set(error, status, NULL, OT_NO_OFFSET,
                                status == OT_ELIMIT
                                    ? "the texts with escapes need more than the scratch area of the message"
                                    : "no memory for the texts with escapes");
        }
    }
    if (OT_UNLIKELY(m->type == OT_TYPE_UNKNOWN)) {
        return ot_error_set(error, OT_EUNKNOWN, OT__TYPE_KEY, OT_NO_OFFSET, "this version does not know the type");
    }
    return OT_OK;
}
