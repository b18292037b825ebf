/* format_rec.c: lines as the Recorder keeps them: time, what follows the base of the topic, payload. */
#include <string.h>

#include <owntracks/json.h>
#include <owntracks/sys/format_backend.h>

extern const ot_format_ops ot__format_rec;

typedef struct rec {
    const ot_column *columns;
    size_t at; /* of rows: the column with the time; SIZE_MAX: none */
} rec;

static ot_status put(const ot_sink *out, const char *data, size_t len) {
    return len ? out->write(out->ctx, data, len) : OT_OK;
}

static ot_status begin(void *self, const ot_format_start *start, const ot_sink *out, ot_error *error) {
    rec *r = self;
    (void)out;
    (void)error;
    r->columns = start->columns;
    r->at = SIZE_MAX;
    for (size_t i = start->column_count; i-- > 0;)
        if (start->columns[i].instant && (r->at == SIZE_MAX || strcmp(start->columns[i].name, "at") == 0)) r->at = i;
    return OT_OK;
}

/* Bytes on one line: what would end it, or is no text, as " 0A ". */
static ot_status printable(const ot_sink *out, ot_str bytes) {
    static const char hex[] = "0123456789ABCDEF";
    ot_status status = OT_OK;
    size_t from = 0;
    for (size_t i = 0; i < bytes.len && status == OT_OK;) {
        unsigned char c = (unsigned char)bytes.ptr[i];
        /* A character as a whole: from its first byte, of which the length is told, or a byte alone. */
        size_t n = c < 0x80 ? 1 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 0;
        bool good = n && n <= bytes.len - i && c >= 0x20 && c != 0x7F && ot_str_utf8(ot_str_of(bytes.ptr + i, n), NULL);
        if (good) {
            i += n;
            continue;
        }
        char text[4] = {' ', hex[c >> 4], hex[c & 15], ' '};
        status = put(out, bytes.ptr + from, i - from);
        if (status == OT_OK) status = put(out, text, 4);
        from = ++i;
    }
    return status == OT_OK ? put(out, bytes.ptr + from, bytes.len - from) : status;
}

/* Time, TAB, what follows the base in 18 columns, TAB. */
static ot_status head(const ot_sink *out, ot_time when, ot_str sub) {
    static const char blanks[] = "                  ";
    char text[OT_TIME_TEXT_SIZE];
    if (when == OT_TIME_NONE) when = 0;
    ot_time rest = when % 1000;
    size_t len = ot_time_format(when - (rest < 0 ? rest + 1000 : rest), NULL, text);
    ot_status status = put(out, text, len);
    if (status == OT_OK) status = put(out, "\t", 1);
    if (status == OT_OK) status = printable(out, sub);
    if (status == OT_OK && sub.len < sizeof blanks - 1) status = put(out, blanks, sizeof blanks - 1 - sub.len);
    return status == OT_OK ? put(out, "\t", 1) : status;
}

static ot_status row(void *self, const ot_value *const *cells, size_t count, const ot_sink *out, ot_error *error) {
    const rec *r = self;
    ot_time when = 0;
    (void)error;
    if (r->at < count && cells[r->at] && cells[r->at]->kind == OT_KIND_STR &&
        ot_time_parse(cells[r->at]->as.s, OT_TIME_FROM, NULL, 0, &when, NULL) != OT_OK)
        when = 0;
    ot_status status = head(out, when, OT_STR("*"));
    if (status == OT_OK) status = ot_format_row_json(out, r->columns, cells, count);
    return status == OT_OK ? put(out, "\n", 1) : status;
}

/* The rest of a topic behind user and device; absent when they do not stand next to each other in it. */
static ot_str behind(const ot_record *r) {
    ot_str topic = r->topic;
    size_t need = r->user.len + 1 + r->device.len;
    for (size_t i = 0; topic.len >= need && i <= topic.len - need; i++) {
        size_t end = i + need;
        if ((i && topic.ptr[i - 1] != '/') || (end < topic.len && topic.ptr[end] != '/')) continue;
        if (memcmp(topic.ptr + i, r->user.ptr, r->user.len) != 0 || topic.ptr[i + r->user.len] != '/' ||
            memcmp(topic.ptr + i + r->user.len + 1, r->device.ptr, r->device.len) != 0)
            continue;
        return end < topic.len ? ot_str_of(topic.ptr + end + 1, topic.len - end - 1) : ot_str_of(topic.ptr + end, 0);
    }
    return ot_str_of(NULL, 0);
}

static ot_status record(void *self, const ot_format_record *format_record, const ot_sink *out, ot_error *error) {
    const ot_record *r = ot_format_record_of(format_record);
    ot_value payload;
    ot_json json;
    (void)self;
    (void)error;
    /* Nothing, and what was removed, is no line; a reject is no record. */
    if (!r->payload.len || r->change == OT_CHANGE_REMOVED || r->reject) return OT_OK;
    ot_status status = ot_format_record_cell(format_record, OT_STR("payload"), &payload);
    if (status != OT_OK) return status == OT_ENOTFOUND ? OT_OK : status;
    ot_str sub = r->user.ptr && r->device.ptr && r->topic.ptr ? behind(r) : ot_str_of(NULL, 0);
    if (r->type == OT_TYPE_LWT)
        sub = OT_STR("lwt");
    else if (!sub.len || ot_str_eq(sub, OT_STR("pico")))
        sub = OT_STR("*");
    status = head(out, r->at, sub);
    if (status != OT_OK) return status;
    payload.kind = OT_KIND_RAW;
    status = ot_json_read(payload.as.s, 1024, &json, NULL) == OT_OK ? ot_format_json(out, &payload)
                                                                    : printable(out, payload.as.s);
    return status == OT_OK ? put(out, "\n", 1) : status;
}

static ot_status end(void *self, const ot_sink *out, ot_error *error) {
    (void)self;
    (void)out;
    (void)error;
    return OT_OK;
}

const ot_format_ops ot__format_rec = {sizeof(ot_format_ops),
                                      "rec",
                                      "text/plain; charset=utf-8",
                                      "rec",
                                      sizeof(rec),
                                      NULL,
                                      begin,
                                      row,
                                      record,
                                      end,
                                      NULL,
                                      NULL,
                                      true};
