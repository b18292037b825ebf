/* record.c: a whole record as one JSON object on one line. */
#include "format.h"

#include "../codec/codec.h"

static ot_status put(const ot_sink *sink, const char *text) {
    return sink->write(sink->ctx, text, strlen(text));
}

/* A sequence of pieces that ends at the first failure. */
typedef struct object {
    const ot_sink *sink;
    ot_status status;
    bool any;
} object;

static bool key(object *o, const char *name) {
    if (o->status != OT_OK) return false;
    o->status = put(o->sink, o->any ? ",\"" : "{\"");
    if (o->status == OT_OK) o->status = put(o->sink, name);
    if (o->status == OT_OK) o->status = put(o->sink, "\":");
    o->any = true;
    return o->status == OT_OK;
}

static void text(object *o, const char *name, ot_str value) {
    if (value.ptr && key(o, name)) o->status = ot__json_text(o->sink, value);
}

static void number(object *o, const char *name, int64_t value) {
    char digits[OT__NUM_TEXT];
    ot__num_write_int(value, digits);
    if (key(o, name)) o->status = put(o->sink, digits);
}

static void when(object *o, const char *name, ot_time value, const ot_zone *zone) {
    char stamp[OT_TIME_TEXT_SIZE];
    if (value == OT_TIME_NONE) return;
    size_t len = ot_time_format(value, zone, stamp);
    text(o, name, ot_str_of(stamp, len));
}

/* Bytes as base64, in pieces, so that no copy of the whole is made. */
static ot_status base64(const ot_sink *sink, ot_str bytes) {
    char piece[4096];
    ot_status status = put(sink, "\"");
    for (size_t i = 0; i < bytes.len && status == OT_OK;) {
        size_t n = bytes.len - i < 3072 ? bytes.len - i : 3072;
        ot__base64_encode(ot_str_of(bytes.ptr + i, n), piece);
        status = sink->write(sink->ctx, piece, ot__base64_encoded_len(n));
        i += n;
    }
    return status == OT_OK ? put(sink, "\"") : status;
}

static void payload(object *o, const ot_record *record, const ot_writer *writer) {
    const ot__secrets *keys = writer->secrets ? NULL : &writer->keys;
    if (!record->payload.ptr || (record->change == OT_CHANGE_REMOVED && record->payload.len == 0)) return;
    if (ot__json_good(record->payload)) {
        if (key(o, "message")) o->status = ot__json_masked(o->sink, record->payload, keys, true);
    } else if (keys && ot__bytes_secret(record->payload, keys)) {
        text(o, "raw", OT_STR("***"));
    } else if (key(o, "raw")) {
        o->status = base64(o->sink, record->payload);
    }
}

ot_status ot_format_record_json(const ot_sink *sink, const ot_format_record *format_record) {
    const ot_record *record = format_record->record;
    const ot_writer *writer = format_record->writer;
    object o = {sink, OT_OK, false};
    char id[OT_ID_TEXT_SIZE];
    text(&o, "user", record->user);
    text(&o, "device", record->device);
    if (record->type != OT_TYPE_NONE) text(&o, "type", ot_str_c(ot_type_name(record->type)));
    if (record->change != OT_CHANGE_STORED) text(&o, "change", ot_str_c(ot__change_text(record->change)));
    when(&o, "at", record->at, writer->zone);
    when(&o, "arrival", record->arrival, writer->zone);
    text(&o, "topic", record->topic);
    if (record->change != OT_CHANGE_REMOVED) {
        number(&o, "qos", record->qos);
        if (key(&o, "retained")) o.status = put(sink, record->marks & OT_MARK_RETAINED ? "true" : "false");
    }
    if (record->origin != OT_ORIGIN_NONE) text(&o, "origin", ot_str_c(ot__origin_text(record->origin)));
    ot_id_text(&record->id, id);
    text(&o, "id", ot_str_of(id, OT_ID_TEXT_SIZE - 1));
    if (record->seq) number(&o, "seq", (int64_t)record->seq);
    if (record->repeats) {
        number(&o, "repeats", (int64_t)record->repeats);
        when(&o, "last_arrival", record->last_arrival, writer->zone);
    }
    if (key(&o, "marks")) {
        const char *mark;
        o.status = put(sink, "[");
        for (size_t n = 0; o.status == OT_OK && (mark = ot__mark_text(record->marks, n)); n++) {
            if (n) o.status = put(sink, ",");
            if (o.status == OT_OK) o.status = ot__json_text(sink, ot_str_c(mark));
        }
        if (o.status == OT_OK) o.status = put(sink, "]");
    }
    if (record->reject && key(&o, "reject")) {
        object r = {sink, OT_OK, false};
        text(&r, "status", ot_str_c(ot_status_name(record->reject->status)));
        if (record->reject->field.len) text(&r, "field", record->reject->field);
        if (record->reject->offset != OT_NO_OFFSET) number(&r, "offset", (int64_t)record->reject->offset);
        text(&r, "reason", record->reject->reason);
        number(&r, "length", (int64_t)record->reject->length);
        o.status = r.status == OT_OK ? put(sink, "}") : r.status;
    }
    payload(&o, record, writer);
    return o.status == OT_OK ? put(sink, "}") : o.status;
}
