/* decode.c: says what a line of standard input holds: "topic payload", the JSON form of mosquitto_sub -F %j, or payloads alone with
   --topic. Every violation is told with field, offset and reason. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cat.h"

#define LINE_BYTES (16u * 1024 * 1024) /* a longer line is refused, and the next one is read */

static const ot_column columns[] = {
    {"line", OT_KIND_I64, false},   {"index", OT_KIND_I64, false},  {"result", OT_KIND_STR, false},
    {"type", OT_KIND_STR, false},   {"user", OT_KIND_STR, false},   {"device", OT_KIND_STR, false},
    {"at", OT_KIND_I64, true},      {"field", OT_KIND_STR, false},  {"offset", OT_KIND_I64, false},
    {"reason", OT_KIND_STR, false}, {"message", OT_KIND_RAW, false}};
#define COLUMNS (sizeof columns / sizeof *columns)

typedef struct decoder {
    cat *c;
    ot_writer *writer;
    ot_error error;
    ot_message *message, *frame; /* frame: the JSON form of a line */
    ot_bases *bases;
    int64_t line;
    bool refused;
    char *unescaped;
    size_t unescaped_size;
    char *encoded;
    size_t encoded_len, encoded_size;
} decoder;

/* What stands in the first columns of each row. */
static void head(const decoder *d, cat_row *row, int64_t index, const char *result, const ot_topic *topic) {
    cat_number(row, d->line);
    if (index < 0)
        cat_none(row);
    else
        cat_number(row, index);
    cat_word(row, result);
    ot_type type = ot_message_type(d->message);
    if (type == OT_TYPE_NONE)
        cat_none(row);
    else
        cat_text(row, type == OT_TYPE_UNKNOWN ? ot_message_type_text(d->message) : ot_str_c(ot_type_name(type)));
    cat_text(row, topic ? topic->user : ot_str_of(NULL, 0));
    cat_text(row, topic ? topic->device : ot_str_of(NULL, 0));
}

static void place(cat_row *row, ot_str field, uint64_t offset, const char *reason) {
    cat_text(row, field.len ? field : ot_str_of(NULL, 0));
    if (offset == OT_NO_OFFSET)
        cat_none(row);
    else
        cat_number(row, (int64_t)offset);
    cat_word(row, reason);
}

static ot_status refuse(decoder *d, int64_t index, const ot_topic *topic, const ot_error *why) {
    cat_row row = {.count = 0};
    d->refused = true;
    head(d, &row, index, ot_status_name(why->status), topic);
    cat_none(&row);
    place(&row, ot_str_c(why->field), why->offset, why->reason);
    cat_none(&row);
    return ot_writer_row(d->writer, row.cells, row.count, &d->error);
}

static ot_status append(void *ctx, const char *data, size_t len) {
    decoder *d = ctx;
    if (d->encoded_size - d->encoded_len < len) {
        size_t size = (d->encoded_len + len) * 2 + 256;
        char *grown = realloc(d->encoded, size);
        if (!grown) return OT_ENOMEM;
        d->encoded = grown;
        d->encoded_size = size;
    }
    if (len) memcpy(d->encoded + d->encoded_len, data, len);
    d->encoded_len += len;
    return OT_OK;
}

/* One message: its row, and one for each violation. */
static ot_status one(decoder *d, int64_t index, const ot_topic *topic, ot_str payload) {
    ot_error why = {0};
    ot_status outcome = ot_message_decode(d->message, payload, &why);
    /* As the engine does, but with the reasons of JSON where it is neither. */
    if (outcome == OT_ESYNTAX) {
        ot_error line = {0};
        ot_status csv = ot_message_decode_csv(d->message, payload, &line);
        if (csv == OT_ERANGE) why = line;
        if (csv != OT_EUNSUPPORTED) outcome = csv;
    }
    if (outcome != OT_OK && outcome != OT_EUNKNOWN && outcome != OT_EMPTY) return refuse(d, index, topic, &why);
    cat_row row = {.count = 0};
    ot_value tst;
    ot_sink sink = {append, d};
    head(d, &row, index, outcome == OT_OK ? "ok" : outcome == OT_EMPTY ? "empty" : "unknown", topic);
    if (ot_message_get(d->message, OT_STR("tst"), &tst) == OT_OK && tst.kind == OT_KIND_TIME &&
        tst.as.i > -62135596800 && tst.as.i < 253402300800)
        cat_time(&row, tst.as.i * 1000);
    else
        cat_none(&row);
    place(&row, ot_str_of(NULL, 0), OT_NO_OFFSET, NULL);
    d->encoded_len = 0;
    if (outcome != OT_EMPTY && ot_message_encode(d->message, &sink, NULL) == OT_OK)
        cat_json(&row, ot_str_of(d->encoded, d->encoded_len));
    else
        cat_none(&row);
    ot_status status = ot_writer_row(d->writer, row.cells, row.count, &d->error);
    ot_violation violation;
    for (size_t i = 0; status == OT_OK && ot_message_violation(d->message, i, &violation) == OT_OK; i++) {
        cat_row more = {.count = 0};
        head(d, &more, index, "violation", topic);
        cat_none(&more);
        place(&more, violation.key.ptr ? violation.key : ot_str_c(violation.field ? violation.field->key : ""),
              violation.offset, violation.reason);
        cat_none(&more);
        status = ot_writer_row(d->writer, more.cells, more.count, &d->error);
    }
    return status;
}

/* A topic and its payload, which may be a list. */
static ot_status both(decoder *d, ot_str name, ot_str payload) {
    ot_topic topic;
    ot_error why = {0};
    ot_status status = OT_OK, outcome;
    /* Decoding nothing takes the message of the line before away. */
    ot_message_decode(d->message, OT_STR(""), NULL);
    bool known = false;
    if (name.ptr) {
        known = ot_topic_parse(d->bases, name, &topic, &why) == OT_OK;
        if (!known) {
            ot_message_decode(d->message, OT_STR("x"), NULL);
            status = refuse(d, -1, NULL, &why);
        }
    }
    if (status != OT_OK) return status;
    const ot_topic *of = known ? &topic : NULL;
    if (ot_message_decode(d->message, payload, NULL) != OT_ELIST) return one(d, 0, of, payload);
    size_t position = 0;
    ot_str element;
    for (int64_t index = 0; status == OT_OK; index++) {
        outcome = ot_payload_next(payload, &position, &element, &why);
        if (outcome == OT_DONE) break;
        if (outcome != OT_OK) return refuse(d, index, of, &why);
        status = one(d, index, of, element);
    }
    return status;
}

/* The text of a JSON string in its quotes; false: it is none. */
static bool text_of(decoder *d, ot_str raw, ot_str *out) {
    if (raw.len < 2 || raw.ptr[0] != '"') return false;
    size_t need = raw.len * 2 + 4, position = 0;
    if (need > d->unescaped_size) {
        char *grown = realloc(d->unescaped, need);
        if (!grown) return false;
        d->unescaped = grown;
        d->unescaped_size = need;
    }
    /* A list of one, which the library takes apart; behind it the room for the text. */
    d->unescaped[0] = '[';
    memcpy(d->unescaped + 1, raw.ptr, raw.len);
    d->unescaped[raw.len + 1] = ']';
    return ot_strs_next(ot_str_of(d->unescaped, raw.len + 2), &position, d->unescaped + raw.len + 2, raw.len + 2,
                        out) == OT_OK;
}

/* The JSON form; false: the line is something else. */
static bool framed(decoder *d, ot_str line, ot_status *status) {
    ot_member topic, payload;
    char *name;
    ot_str text;
    if (!line.len || line.ptr[0] != '{') return false;
    ot_status outcome = ot_message_decode_as(d->frame, OT_TYPE_LWT, line, NULL);
    if (outcome != OT_OK && outcome != OT_EUNKNOWN) return false;
    if (ot_message_find(d->frame, OT_STR("topic"), &topic) != OT_OK ||
        ot_message_find(d->frame, OT_STR("payload"), &payload) != OT_OK || !text_of(d, topic.raw, &text))
        return false;
    name = tool_text(d->c->values, "topic") ? NULL : malloc(text.len + 1);
    if (name && text.len) memcpy(name, text.ptr, text.len);
    ot_str of = name ? ot_str_of(name, text.len) : ot_str_c(tool_text(d->c->values, "topic"));
    if (payload.raw.len && payload.raw.ptr[0] == '"') {
        if (!text_of(d, payload.raw, &text)) text = OT_STR("");
    } else {
        text = ot_str_eq(payload.raw, OT_STR("null")) ? OT_STR("") : payload.raw;
    }
    *status = both(d, of, text);
    free(name);
    return true;
}

static ot_status line_of(decoder *d, ot_str line) {
    const char *given = tool_text(d->c->values, "topic");
    ot_status status;
    if (!line.len && !given) return OT_OK;
    if (!given && framed(d, line, &status)) return status;
    if (given) return both(d, ot_str_c(given), line);
    const char *blank = memchr(line.ptr, ' ', line.len);
    size_t len = blank ? (size_t)(blank - line.ptr) : line.len;
    size_t from = blank ? len + 1 : len;
    if (!blank && line.ptr[0] == '{') return both(d, ot_str_of(NULL, 0), line);
    /* A payload alone, which holds blanks, is no topic. */
    if (line.ptr[0] == '{' || line.ptr[0] == '[') return both(d, ot_str_of(NULL, 0), line);
    return both(d, ot_str_of(line.ptr, len), ot_str_of(line.ptr + from, line.len - from));
}

/* Reads lines of any bytes, with a ceiling. */
static ot_status lines(decoder *d, FILE *in) {
    char *line = NULL;
    size_t len = 0, size = 0;
    bool over = false;
    ot_status status = OT_OK;
    while (status == OT_OK && !tool_stop_asked()) {
        int ch = getc_unlocked(in);
        if (ch != EOF && ch != '\n') {
            if (len == size && !over) {
                size_t bigger = size ? size * 2 : 4096;
                char *grown = bigger <= 2 * (size_t)LINE_BYTES ? realloc(line, bigger) : NULL;
                if (grown)
                    line = grown, size = bigger;
                else
                    over = true;
            }
            if (!over) line[len++] = (char)ch;
            continue;
        }
        if (ch == EOF && !len && !over) break;
        d->line++;
        if (over || len > LINE_BYTES) {
            ot_error why;
            ot_message_decode(d->message, OT_STR("x"), NULL);
            ot_error_set(&why, OT_ELIMIT, "line", OT_NO_OFFSET, "longer than %u bytes", LINE_BYTES);
            status = refuse(d, -1, NULL, &why);
        } else {
            if (len && line[len - 1] == '\r') len--;
            status = line_of(d, ot_str_of(line ? line : "", len));
        }
        len = 0;
        over = false;
        if (ch == EOF) break;
    }
    free(line);
    if (status == OT_OK && ferror(in))
        status = ot_error_set(&d->error, OT_EIO, "standard input", OT_NO_OFFSET, "cannot be read");
    return status;
}

int cat_decode(cat *c) {
    decoder d = {.c = c};
    ot_decode_options options = OT_DECODE_OPTIONS_INIT;
    options.strict = tool_bool(c->values, "strict");
    ot_decode_options wide = OT_DECODE_OPTIONS_INIT;
    wide.max_payload = LINE_BYTES;
    ot_status status = ot_message_new(&options, &d.message);
    if (status == OT_OK) status = ot_message_new(&wide, &d.frame);
    if (status == OT_OK) status = ot_bases_new(&d.bases);
    if (status != OT_OK) ot_error_set(&d.error, status, "", OT_NO_OFFSET, "out of memory");
    for (size_t i = 0; status == OT_OK && i < tool_count(c->values, "base"); i++)
        status = ot_bases_add(d.bases, ot_str_c(tool_text_at(c->values, "base", i)), &d.error);
    if (status == OT_OK) status = cat_writer(c, columns, COLUMNS, NULL, false, &d.writer, &d.error);
    if (status == OT_OK) status = lines(&d, stdin);
    if (status == OT_OK)
        status = ot_writer_end(d.writer, &d.error);
    else
        ot_writer_end(d.writer, NULL);
    int code = status != OT_OK ? cat_fail(c, "decode", &d.error) : d.refused ? TOOL_FAIL : TOOL_OK;
    ot_message_free(d.message);
    ot_message_free(d.frame);
    ot_bases_free(d.bases);
    free(d.unescaped);
    free(d.encoded);
    return code;
}
