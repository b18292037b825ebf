/* encode.c: writing messages: what was not touched as it came, byte for byte; what was set in the shortest form. */
#include "object.h"

/* Pieces are gathered, so that the sink is called seldom. */
typedef struct writer {
    const ot_sink *sink;
    ot_status status;
    size_t len;
    char text[1024];
} writer;

static void flush(writer *w) {
    if (w->status == OT_OK && w->len) w->status = w->sink->write(w->sink->ctx, w->text, w->len);
    w->len = 0;
}

static ot_status write_some(void *ctx, const char *data, size_t len) {
    writer *w = ctx;
    if (len > sizeof w->text - w->len) {
        flush(w);
        if (len > sizeof w->text) {
            if (w->status == OT_OK) w->status = w->sink->write(w->sink->ctx, data, len);
            return w->status;
        }
    }
    memcpy(w->text + w->len, data, len);
    w->len += len;
    return w->status;
}

static inline void put(writer *w, const char *data, size_t len) {
    if (OT_LIKELY(len <= sizeof w->text - w->len)) {
        memcpy(w->text + w->len, data, len);
        w->len += len;
    } else {
        write_some(w, data, len);
    }
}

static void put_value(writer *w, const ot_field *field, const void *from) {
    char text[OT__NUM_TEXT];
    int64_t i;
    double d;
    ot_str s;
    bool b;
    switch (field->kind) {
    case OT_KIND_BOOL:
        memcpy(&b, from, sizeof b);
        put(w, b ? "true" : "false", b ? 4 : 5);
        break;
    case OT_KIND_I64:
    case OT_KIND_TIME:
        memcpy(&i, from, sizeof i);
        put(w, text, ot__num_write_int(i, text));
        break;
    case OT_KIND_F64:
        memcpy(&d, from, sizeof d);
        put(w, text, ot__num_write_double(d, text));
        break;
    case OT_KIND_STR:
    case OT_KIND_ENUM: {
        memcpy(&s, from, sizeof s);
        ot_sink sink = {write_some, w};
        ot_status status = ot__json_write_string(&sink, s);
        if (w->status == OT_OK) w->status = status;
        break;
    }
    default: {
        ot__json_value value;
        memcpy(&s, from, sizeof s);
        /* It was checked; only the blanks around it go. */
        if (ot__json_validate(s, OT__JSON_DEPTH_MAX, &value, NULL) == OT_OK) put(w, value.raw.ptr, value.raw.len);
        break;
    }
    }
}

static void put_key(writer *w, bool *first, ot_str key) {
    put(w, *first ? "{\"" : ",\"", 2);
    put(w, key.ptr, key.len);
    put(w, "\":", 2);
    *first = false;
}

/* Does the payload stand without blanks around its members? Then it is its own text. */
static bool compact(const ot_message *m) {
    size_t len = 1 + m->member_count * 4 + (m->member_count == 0);
    if (m->tail) return false;
    for (size_t i = 0; i < m->member_count; i++)
        len += m->members[i].key_len + m->members[i].raw_len;
    return len == m->payload.len;
}

static ot_status check(const ot_message *m, ot_error *error) {
    const ot__type *t = m->table;
    if (!t) return OT_OK;
    for (unsigned i = 0; i < t->count; i++) {
        if (ot__bit(t->required, i) && !ot__bit(m->data.has, i)) {
            return ot_error_set(error, OT_EMISSING, t->fields[i].key, OT_NO_OFFSET, "is missing");
        }
        if (!ot__bit(m->changed, i) || !ot__bit(m->data.has, i)) continue;
        ot_status status = ot__check_value(&t->fields[i], ot__data_of(m, t->fields[i].offset), error);
        if (status != OT_OK) return status;
    }
    return OT_OK;
}

ot_status ot_message_encode(const ot_message *message, const ot_sink *sink, ot_error *error) {
    const ot_message *m = message;
    if (!sink || m->type == OT_TYPE_NONE)
        return ot_error_set(error, OT_EINVAL, NULL, OT_NO_OFFSET, "there is nothing to encode");
    if (m->type == OT_TYPE_EMPTY) return OT_OK;
    if (!m->built && !m->touched && compact(m)) return sink->write(sink->ctx, m->payload.ptr, m->payload.len);
    ot_status status = m->touched || m->built ? check(m, error) : OT_OK;
    if (status != OT_OK) return status;
    writer w;
    w.sink = sink;
    w.status = OT_OK;
    w.len = 0;
    bool first = true;
    if (m->built && m->type_text.len) {
        put_key(&w, &first, OT_STR(OT__TYPE_KEY));
        put(&w, m->table->quoted, m->type_text.len + 2);
    }
    uint64_t rest[2] = {m->changed[0] & m->data.has[0], m->changed[1] & m->data.has[1]};
    ot__walk walk = {.m = m};
    ot__item item;
    while (w.status == OT_OK && ot__walk_next(&walk, &item)) {
        put_key(&w, &first, item.view.key);
        if (item.set) {
            put_value(&w, item.view.field, ot__data_of(m, item.view.field->offset));
            ot__bit_clear(rest, item.view.field->ordinal);
        } else {
            put(&w, item.view.raw.ptr, item.view.raw.len);
        }
    }
    /* Set, but without room in the index. */
    for (unsigned i = 0; i < 128 && (rest[0] | rest[1]); i++) {
        if (!ot__bit(rest, i)) continue;
        const ot_field *field = &m->table->fields[i];
        put_key(&w, &first, ot_str_c(field->key));
        put_value(&w, field, ot__data_of(m, field->offset));
        ot__bit_clear(rest, i);
    }
    put(&w, first ? "{}" : "}", first ? 2 : 1);
    flush(&w);
    return w.status;
}
