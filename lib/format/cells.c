/* cells.c: one cell of a record: what the store says of it, or a member of its message. */
#include "format.h"

#include "../codec/codec.h"

static const char *const builtin_names[] = {"",       "user",    "device", "at",     "arrival",  "last_arrival",
                                            "type",   "id",      "topic",  "qos",    "retained", "marks",
                                            "origin", "repeats", "seq",    "change", "payload"};

ot__builtin ot__builtin_of(ot_str name) {
    for (size_t i = 1; i < OT_COUNT(builtin_names); i++)
        if (ot_str_eq(name, ot_str_c(builtin_names[i]))) return (ot__builtin)i;
    return OT__BUILTIN_NONE;
}

const char *ot__origin_text(ot_origin origin) {
    static const char *const texts[] = {"", "mqtt", "http", "replay", "journal"};
    return (size_t)origin < OT_COUNT(texts) ? texts[origin] : "?";
}

const char *ot__change_text(ot_change change) {
    static const char *const texts[] = {"", "stored", "removed", "rejected"};
    return (size_t)change < OT_COUNT(texts) ? texts[change] : "?";
}

const char *ot__mark_text(uint32_t marks, size_t n) {
    static const struct {
        uint32_t mark;
        const char *text;
    } all[] = {{OT_MARK_COERCED, "coerced"},
               {OT_MARK_ASSUMED, "assumed"},
               {OT_MARK_DUPLICATE, "duplicate"},
               {OT_MARK_OVERFLOW, "overflow"},
               {OT_MARK_MILLISECONDS, "milliseconds"},
               {OT_MARK_VIOLATION, "violation"},
               {OT_MARK_FUTURE, "future"},
               {OT_MARK_UNTIMED, "untimed"},
               {OT_MARK_RETAINED, "retained"},
               {OT_MARK_REDACTED, "redacted"},
               {OT_MARK_HTTP, "http"},
               {OT_MARK_ELEMENT, "element"}};
    for (size_t i = 0; i < OT_COUNT(all); i++)
        if ((marks & all[i].mark) && n-- == 0) return all[i].text;
    return NULL;
}

static bool text_cell(ot_value *out, ot_str text) {
    out->kind = OT_KIND_STR;
    out->as.s = text;
    return text.ptr != NULL;
}

static bool number_cell(ot_value *out, int64_t number) {
    out->kind = OT_KIND_I64;
    out->as.i = number;
    return true;
}

/* Copies a short text into the row's arena. */
static bool copied(ot_writer *writer, const char *text, size_t len, ot_value *out, ot_status *status) {
    ot_str copy;
    ot_status s = ot__arena_copy(&writer->arena, ot_str_of(text, len), &copy);
    if (s != OT_OK) return *status = s, false;
    return text_cell(out, copy);
}

static bool time_cell(ot_writer *writer, ot_time when, ot_value *out, ot_status *status) {
    char text[OT_TIME_TEXT_SIZE];
    return when != OT_TIME_NONE && copied(writer, text, ot_time_format(when, writer->zone, text), out, status);
}

/* A JSON text with its secrets masked, in the arena; the text itself when there are none to be masked. */
ot_str ot__masked(ot_writer *writer, ot_str json, ot_status *status) {
    ot_str out;
    bool good;
    if (writer->secrets) return json;
    ot_status s = ot__secrets_mask(&writer->keys, &writer->arena, json, &out, &good);
    if (s != OT_OK) return *status = s, OT_STR("");
    return good ? out : OT_STR("***");
}

/* A member by the text that stands in the payload: unknown ones, null, and what has a wrong type. */
static bool raw_cell(ot_writer *writer, ot_str raw, ot_value *out, ot_status *status) {
    if (raw.len >= 2 && raw.ptr[0] == '"') {
        ot_str body = ot_str_of(raw.ptr + 1, raw.len - 2);
        if (!memchr(body.ptr, '\\', body.len)) return text_cell(out, body);
        char *text = ot__arena_alloc(&writer->arena, body.len, 1);
        if (!text) return *status = OT_ENOMEM, false;
        return text_cell(out, ot_str_of(text, ot__json_unescape(body, text)));
    }
    out->kind = OT_KIND_RAW;
    out->as.s = ot__masked(writer, raw, status);
    return true;
}

static bool member_cell(ot_writer *writer, ot_str key, const ot_record *record, const ot_message *message,
                        ot_value *out, ot_status *status) {
    if (message && ot_message_get(message, key, out) == OT_OK) {
        const ot_field *field = ot_field_by_key(ot_message_type(message), key);
        if (field && (field->flags & OT_FIELD_SECRET) && !writer->secrets) return text_cell(out, OT_STR("***"));
        if (out->kind >= OT_KIND_STRS) out->as.s = ot__masked(writer, out->as.s, status);
        return true;
    }
    ot_member member;
    if (message && ot_message_find(message, key, &member) == OT_OK) {
        if (!writer->secrets && ot__secrets_have(&writer->keys, member.key, member.key_escaped))
            return text_cell(out, OT_STR("***"));
        return raw_cell(writer, member.raw, out, status);
    }
    if (!record->has_position) return false;
    out->kind = OT_KIND_F64;
    const ot_field *field = ot_field_by_key(OT_TYPE_LOCATION, key);
    if (field && field->ordinal == OT_LOCATION_lat) return out->as.d = record->lat, true;
    if (field && field->ordinal == OT_LOCATION_lon) return out->as.d = record->lon, true;
    return false;
}

bool ot__cell_of(ot_writer *writer, ot__builtin builtin, ot_str name, const ot_record *record,
                 const ot_message *message, ot_value *out, ot_status *status) {
    char text[OT_ID_TEXT_SIZE];
    const char *word;
    switch (builtin) {
    case OT__BUILTIN_NONE:
        return member_cell(writer, name, record, message, out, status);
    case OT__BUILTIN_USER:
        return text_cell(out, record->user);
    case OT__BUILTIN_DEVICE:
        return text_cell(out, record->device);
    case OT__BUILTIN_AT:
        return time_cell(writer, record->at, out, status);
    case OT__BUILTIN_ARRIVAL:
        return time_cell(writer, record->arrival, out, status);
    case OT__BUILTIN_LAST_ARRIVAL:
        return time_cell(writer, record->last_arrival, out, status);
    case OT__BUILTIN_TYPE:
        /* The text that came says more than "unknown". */
        if (record->type == OT_TYPE_UNKNOWN && message && ot_message_type_text(message).ptr)
            return text_cell(out, ot_message_type_text(message));
        return record->type != OT_TYPE_NONE && text_cell(out, ot_str_c(ot_type_name(record->type)));
    case OT__BUILTIN_ID:
        ot_id_text(&record->id, text);
        return copied(writer, text, OT_ID_TEXT_SIZE - 1, out, status);
    case OT__BUILTIN_TOPIC:
        return text_cell(out, record->topic);
    case OT__BUILTIN_QOS:
        return number_cell(out, record->qos);
    case OT__BUILTIN_RETAINED:
        out->kind = OT_KIND_BOOL;
        out->as.b = (record->marks & OT_MARK_RETAINED) != 0;
        return true;
    case OT__BUILTIN_MARKS: {
        char words[200];
        size_t len = 0;
        for (size_t n = 0; (word = ot__mark_text(record->marks, n)); n++) {
            if (n) words[len++] = ' ';
            memcpy(words + len, word, strlen(word));
            len += strlen(word);
        }
        return len && copied(writer, words, len, out, status);
    }
    case OT__BUILTIN_ORIGIN:
        return record->origin != OT_ORIGIN_NONE && text_cell(out, ot_str_c(ot__origin_text(record->origin)));
    case OT__BUILTIN_REPEATS:
        return number_cell(out, (int64_t)record->repeats);
    case OT__BUILTIN_SEQ:
        return record->seq && number_cell(out, (int64_t)record->seq);
    case OT__BUILTIN_CHANGE:
        return text_cell(out, ot_str_c(ot__change_text(record->change)));
    case OT__BUILTIN_PAYLOAD:
        return record->payload.ptr && text_cell(out, ot__masked(writer, record->payload, status));
    }
    return false;
}
