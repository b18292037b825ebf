/* members.c: the members of a message one by one: those of the index, and in the payload those beyond it. */
#include "object.h"

static bool indexed(const ot_message *m, const ot__member *e, ot__item *out) {
    if (!e->state) return false;
    const ot_field *field = e->ordinal == OT__NO_ORDINAL ? NULL : &m->table->fields[e->ordinal];
    out->entry = e;
    out->set = (e->flags & OT__MEMBER_SET) != 0;
    out->view.field = field;
    out->view.state = (ot_member_state)e->state;
    out->view.key_escaped = (e->flags & OT__MEMBER_KEY_ESCAPED) != 0;
    out->view.key = e->key == OT__NOWHERE ? ot_str_c(field->key) : ot_str_of(m->payload.ptr + e->key, e->key_len);
    out->view.raw = out->set ? ot_str_of(NULL, 0) : ot_str_of(m->payload.ptr + e->raw, e->raw_len);
    out->view.offset = out->set ? OT_NO_OFFSET : e->raw;
    return true;
}

/* Beyond the index; what became of a field there is told by the struct. */
static bool beyond(ot__walk *walk, ot__item *out) {
    const ot_message *m = walk->m;
    ot__json_value value;
    ot_str key;
    bool escaped = false;
    if (!ot__json_object_next(m->payload, &walk->tail, &key, &escaped, &value)) return false;
    const ot__wire *w = NULL;
    bool type = ot__json_key_eq(key, escaped, OT_STR(OT__TYPE_KEY));
    if (m->table && !type) {
        char plain[6 * OT__WIRES];
        if (!escaped)
            w = ot__wire_find(m->table, key.ptr, key.len);
        else if (key.len <= sizeof plain)
            w = ot__wire_find(m->table, plain, ot__json_unescape(key, plain));
    }
    *out = (ot__item){.view = {.key = key,
                               .key_escaped = escaped,
                               .raw = value.raw,
                               .offset = (uint64_t)(value.raw.ptr - m->payload.ptr)}};
    if (w) {
        out->view.field = &m->table->fields[w->ordinal];
        out->view.state = value.kind == OT__JSON_NULL        ? OT_MEMBER_NULL
                          : ot__bit(m->data.has, w->ordinal) ? OT_MEMBER_VALUE
                                                             : OT_MEMBER_BAD;
        /* Set or unset since: then it stands no longer here. */
        if (ot__bit(m->changed, w->ordinal)) out->view.state = 0;
    } else {
        out->view.state = type ? OT_MEMBER_TYPE : OT_MEMBER_UNKNOWN;
    }
    return true;
}

bool ot__walk_next(ot__walk *walk, ot__item *out) {
    const ot_message *m = walk->m;
    while (walk->n < m->member_count) {
        if (indexed(m, &m->members[walk->n++], out)) return true;
    }
    if (!m->tail) return false;
    if (!walk->tail) walk->tail = m->tail;
    while (beyond(walk, out)) {
        if (out->view.state) return true;
    }
    return false;
}

size_t ot_message_member_count(const ot_message *message) {
    return message->member_count - message->removed;
}

ot_status ot_message_member(const ot_message *message, size_t n, ot_member *out) {
    if (n >= ot_message_member_count(message)) return OT_DONE;
    ot__item item;
    if (!message->removed) {
        indexed(message, &message->members[n], &item);
    } else {
        ot__walk walk = {.m = message};
        for (size_t i = 0; i <= n; i++) {
            if (!ot__walk_next(&walk, &item)) return OT_DONE;
        }
    }
    *out = item.view;
    return OT_OK;
}

ot_status ot_message_find(const ot_message *message, ot_str key, ot_member *out) {
    ot__walk walk = {.m = message};
    ot__item item;
    ot_status status = OT_ENOTFOUND;
    while (ot__walk_next(&walk, &item)) {
        if (!ot__json_key_eq(item.view.key, item.view.key_escaped, key)) continue;
        *out = item.view;
        status = OT_OK;
    }
    return status;
}
