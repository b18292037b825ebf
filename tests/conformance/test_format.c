/* Every format, by one suite: what is written reads back as it was, for any bytes; nothing is lost, doubled or half written. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <owntracks/mem.h>
#include <owntracks/sys/conformance.h>
#include <owntracks/sys/format_backend.h>

#include "codec/codec.h"

/* Output that grows, and fails when it is told to. */
typedef struct memory {
    char *data;
    size_t len, cap, calls, fail_at;
} memory;

static ot_status memory_write(void *ctx, const char *data, size_t len) {
    memory *m = ctx;
    if (++m->calls == m->fail_at) return OT_EFULL;
    if (m->len + len + 1 > m->cap) {
        m->cap = (m->len + len + 1) * 2;
        m->data = realloc(m->data, m->cap);
        assert_non_null(m->data);
    }
    memcpy(m->data + m->len, data, len);
    m->len += len;
    m->data[m->len] = 0;
    return OT_OK;
}

static ot_value str(const char *text, size_t len) {
    return (ot_value){OT_KIND_STR, {.s = ot_str_of(text, len)}};
}
#define STR_VALUE(literal) str((literal), sizeof(literal) - 1)

/* ---- Readers that know nothing of the writers ---- */

/* Reads CSV: cells of row `row`, column `column`; *quoted tells an empty text from an absent cell. False: no such cell. */
static bool csv_cell(const char *data, size_t len, size_t row, size_t column, char *out, size_t *out_len,
                     bool *quoted) {
    size_t r = 0, c = 0, i = 0;
    while (i < len) {
        size_t n = 0;
        bool q = data[i] == '"';
        if (q) {
            for (i++;; i++) {
                assert_true(i < len);
                if (data[i] == '"' && i + 1 < len && data[i + 1] == '"')
                    out[n++] = '"', i++;
                else if (data[i] == '"')
                    break;
                else
                    out[n++] = data[i];
            }
            i++;
        } else {
            while (i < len && data[i] != ',' && data[i] != '\r' && data[i] != '\n') {
                assert_true(data[i] != '"');
                out[n++] = data[i++];
            }
        }
        if (r == row && c == column) return *out_len = n, *quoted = q, true;
        assert_true(i < len);
        if (data[i] == ',') {
            i++;
            c++;
        } else {
            assert_true(i + 1 < len && data[i] == '\r' && data[i + 1] == '\n');
            i += 2;
            r++;
            c = 0;
        }
    }
    return false;
}

/* Row number `row` of JSON output: the object's text. False: no such row. Checks the whole. */
static bool json_row(const char *format, const memory *m, size_t row, ot_str *out) {
    size_t n = 0;
    if (strcmp(format, "json") == 0) {
        ot__json_value all, one;
        assert_int_equal(ot__json_validate(ot_str_of(m->data, m->len), 64, &all, NULL), OT_OK);
        assert_int_equal(all.kind, OT__JSON_ARRAY);
        for (size_t position = 0; ot__json_array_next(all.raw, &position, &one); n++)
            if (n == row) return *out = one.raw, true;
        return false;
    }
    for (const char *p = m->data ? m->data : ""; m->len && p < m->data + m->len; n++) {
        const char *end = memchr(p, '\n', (size_t)(m->data + m->len - p));
        assert_non_null(end);
        ot_str line = ot_str_of(p, (size_t)(end - p));
        assert_int_equal(ot__json_validate(line, 64, NULL, NULL), OT_OK);
        if (n == row) return *out = line, true;
        p = end + 1;
    }
    return false;
}

/* A member of an object; strings unescaped into out. False: absent. */
static bool json_member(ot_str object, const char *name, ot__json_value *value, char *out, size_t *len) {
    ot_str key;
    bool escaped;
    for (size_t position = 0; ot__json_object_next(object, &position, &key, &escaped, value);) {
        if (!ot__json_key_eq(key, escaped, ot_str_c(name))) continue;
        if (value->kind == OT__JSON_STRING)
            *len = ot__json_unescape(ot__json_body(value), out);
        else
            memcpy(out, value->raw.ptr, *len = value->raw.len);
        out[*len] = 0;
        return true;
    }
    return false;
}

static bool is_json(const char *format) {
    return strncmp(format, "json", 4) == 0;
}

/* ---- The suite ---- */

static const ot_column two[] = {{"a", OT_KIND_STR, false}, {"b", OT_KIND_STR, false}};

static ot_writer *open_two(const char *format, memory *m) {
    ot_format_config config = OT_FORMAT_CONFIG_INIT;
    ot_sink sink = {memory_write, m};
    ot_writer *w = NULL;
    ot_error error = {0};
    config.columns = two;
    config.column_count = 2;
    assert_int_equal(ot_writer_open(format, &sink, &config, &w, &error), OT_OK);
    return w;
}

/* Runs a check over all formats. */
static void each(void (*check)(const char *format)) {
    size_t n = 0;
    for (const char *name; (name = ot_format_name(n)); n++)
        check(name);
    assert_true(n >= 4);
}

static void empty_of(const char *format) {
    memory m = {0};
    assert_int_equal(ot_writer_end(open_two(format, &m), NULL), OT_OK);
    ot_str none;
    if (is_json(format))
        assert_false(json_row(format, &m, 0, &none));
    else if (strcmp(format, "csv") == 0)
        assert_string_equal(m.data, "a,b\r\n");
    else if (strcmp(format, "table") == 0)
        assert_string_equal(m.data, "a  b\n");
    free(m.data);
}
static void empty(void **state) {
    (void)state;
    each(empty_of);
}

static const struct {
    const char *bytes;
    size_t len;
    const char *json; /* where it differs: not UTF-8 */
} texts[] = {
#define T(s)                                                                                                           \
    { s, sizeof(s) - 1, NULL }
    T("plain"),
    T(""),
    T(" "),
    T("a,b"),
    T("say \"hi\""),
    T("\"\""),
    T("\""),
    T("line\nfeed"),
    T("cr\rlf\r\n"),
    T("tab\there"),
    T("nul\0here"),
    T("\0"),
    T("=1+2"),
    T("-1"),
    T("+a"),
    T("@sum(a1)"),
    T("\\"),
    T("\\u0041"),
    T("Ёжи, Жук"),
    T("日本"),
    T("\x01\x1f\x7f"),
    T("'"),
    T("{}"),
    T("null"),
    {"bad\xff"
     "x",
     5,
     "bad\xEF\xBF\xBD"
     "x"},
    {"\xC3", 1, "\xEF\xBF\xBD"},
    {"\xED\xA0\x80", 3, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}};

static void bytes_of(const char *format) {
    memory m = {0};
    ot_writer *w = open_two(format, &m);
    size_t count = OT_COUNT(texts);
    for (size_t i = 0; i < count; i++) {
        ot_value a = str(texts[i].bytes, texts[i].len), b = str(texts[count - 1 - i].bytes, texts[count - 1 - i].len);
        const ot_value *cells[] = {&a, &b};
        assert_int_equal(ot_writer_row(w, cells, 2, NULL), OT_OK);
    }
    assert_int_equal(ot_writer_end(w, NULL), OT_OK);
    char out[256];
    size_t len;
    for (size_t i = 0; i < count; i++) {
        for (size_t column = 0; column < 2; column++) {
            size_t k = column ? count - 1 - i : i;
            ot_str want = ot_str_of(texts[k].bytes, texts[k].len), row;
            if (is_json(format)) {
                ot__json_value value;
                if (texts[k].json) want = ot_str_c(texts[k].json);
                assert_true(json_row(format, &m, i, &row));
                assert_true(json_member(row, two[column].name, &value, out, &len));
                assert_int_equal(value.kind, OT__JSON_STRING);
                assert_true(ot_str_eq(ot_str_of(out, len), want));
            } else if (strcmp(format, "csv") == 0) {
                bool quoted;
                assert_true(csv_cell(m.data, m.len, i + 1, column, out, &len, &quoted));
                assert_true(ot_str_eq(ot_str_of(out, len), want));
                assert_true(len > 0 || quoted);
            }
        }
    }
    if (strcmp(format, "table") == 0) {
        size_t lines = 0;
        for (size_t i = 0; i < m.len; i++) {
            unsigned char c = (unsigned char)m.data[i];
            lines += c == '\n';
            assert_true(c == '\n' || (c >= 0x20 && c != 0x7F));
        }
        assert_int_equal(lines, count + 1);
        assert_true(ot_str_utf8(ot_str_of(m.data, m.len), NULL));
        assert_non_null(strstr(m.data, "bad\\xffx"));
        assert_non_null(strstr(m.data, "nul\\x00here"));
        assert_non_null(strstr(m.data, "Ёжи, Жук"));
    }
    free(m.data);
}
static void bytes(void **state) {
    (void)state;
    each(bytes_of);
}

static void absent_of(const char *format) {
    memory m = {0};
    ot_writer *w = open_two(format, &m);
    ot_value a = STR_VALUE("x"), nothing = {OT_KIND_STR, {.s = {NULL, 0}}}, blank = STR_VALUE("");
    const ot_value *rows[4][2] = {{&a, NULL}, {NULL, &a}, {NULL, &nothing}, {&blank, NULL}};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(ot_writer_row(w, rows[i], 2, NULL), OT_OK);
    assert_int_equal(ot_writer_row(w, rows[0], 1, NULL), OT_EINVAL); /* and nothing is written of it */
    assert_int_equal(ot_writer_end(w, NULL), OT_OK);
    if (is_json(format)) {
        static const char *const want[] = {"{\"a\":\"x\"}", "{\"b\":\"x\"}", "{}", "{\"a\":\"\"}"};
        ot_str row;
        for (size_t i = 0; i < 4; i++) {
            assert_true(json_row(format, &m, i, &row));
            assert_true(ot_str_eq(row, ot_str_c(want[i])));
        }
        assert_false(json_row(format, &m, 4, &row));
    } else if (strcmp(format, "csv") == 0) {
        assert_string_equal(m.data, "a,b\r\nx,\r\n,x\r\n,\r\n\"\",\r\n");
    } else if (strcmp(format, "table") == 0) {
        assert_string_equal(m.data, "a  b\nx  \n   x\n   \n   \n");
    }
    free(m.data);
}
static void absent(void **state) {
    (void)state;
    each(absent_of);
}

static void numbers_of(const char *format) {
    static const ot_column columns[] = {{"i", OT_KIND_I64, false},  {"d", OT_KIND_F64, false},
                                        {"t", OT_KIND_TIME, false}, {"b", OT_KIND_BOOL, false},
                                        {"at", OT_KIND_I64, true},  {"r", OT_KIND_RAW, false}};
    static const struct {
        int64_t i;
        double d;
    } cases[] = {
        {0, 0.1},      {INT64_MAX, 52.520006599999995}, {INT64_MIN, -1e-300}, {-1, 1.7976931348623157e308}, {7, 5e-324},
        {1, 13.404954}};
    memory m = {0};
    ot_sink sink = {memory_write, &m};
    ot_format_config config = OT_FORMAT_CONFIG_INIT;
    ot_writer *w;
    ot_error error = {0};
    config.columns = columns;
    config.column_count = 6;
    assert_int_equal(ot_writer_open(format, &sink, &config, &w, &error), OT_OK);
    for (size_t k = 0; k < OT_COUNT(cases); k++) {
        ot_value i = {OT_KIND_I64, {.i = cases[k].i}}, d = {OT_KIND_F64, {.d = cases[k].d}},
                 t = {OT_KIND_TIME, {.i = 1700000000}}, b = {OT_KIND_BOOL, {.b = k & 1}},
                 at = {OT_KIND_I64, {.i = INT64_C(1700000000250)}}, r = {OT_KIND_RAW, {.s = OT_STR("[1,\n2.50]")}};
        const ot_value *cells[] = {&i, &d, &t, &b, &at, &r};
        assert_int_equal(ot_writer_row(w, cells, 6, NULL), OT_OK);
    }
    ot_value bad = {OT_KIND_F64, {.d = (double)NAN}}, none = {OT_KIND_I64, {.i = OT_TIME_NONE}};
    const ot_value *cells[] = {NULL, &bad, NULL, NULL, NULL, NULL};
    assert_int_equal(ot_writer_row(w, cells, 6, &error), OT_EINVAL);
    assert_string_equal(error.field, "d");
    cells[1] = NULL;
    cells[4] = &none;
    assert_int_equal(ot_writer_row(w, cells, 6, NULL), OT_OK);
    assert_int_equal(ot_writer_end(w, NULL), OT_OK);
    char out[400];
    size_t len;
    for (size_t k = 0; k < OT_COUNT(cases); k++) {
        char text[6][400];
        if (is_json(format)) {
            ot_str row;
            ot__json_value value;
            assert_true(json_row(format, &m, k, &row));
            for (size_t c = 0; c < 6; c++) {
                assert_true(json_member(row, columns[c].name, &value, out, &len));
                snprintf(text[c], sizeof text[c], "%s", out);
            }
            assert_string_equal(text[5], "[1, 2.50]");
        } else if (strcmp(format, "csv") == 0) {
            bool quoted;
            for (size_t c = 0; c < 6; c++) {
                assert_true(csv_cell(m.data, m.len, k + 1, c, out, &len, &quoted));
                out[len] = 0;
                snprintf(text[c], sizeof text[c], "%s", out);
            }
        } else {
            break;
        }
        assert_true(strtoll(text[0], NULL, 10) == cases[k].i);
        assert_true(strtod(text[1], NULL) == cases[k].d);
        assert_string_equal(text[2], "1700000000");
        assert_string_equal(text[3], k & 1 ? "true" : "false");
        assert_string_equal(text[4], "2023-11-14T22:13:20.250Z");
    }
    if (strcmp(format, "table") == 0) {
        assert_non_null(strstr(m.data, "  52.520006599999995"));
        assert_non_null(strstr(m.data, "9223372036854775807  "));
        assert_non_null(strstr(m.data, "[1,\\x0a2.50]"));
    }
    free(m.data);
}
static void numbers(void **state) {
    (void)state;
    each(numbers_of);
}

static void failing_of(const char *format) {
    /* Fails at the n-th write: the status comes back, sticks, and nothing follows; what was written before are whole rows. */
    for (size_t n = 1; n < 6; n++) {
        memory m = {.fail_at = n};
        ot_sink sink = {memory_write, &m};
        ot_format_config config = OT_FORMAT_CONFIG_INIT;
        ot_writer *w;
        config.columns = two;
        config.column_count = 2;
        config.flush_each = true;
        ot_status status = ot_writer_open(format, &sink, &config, &w, NULL);
        if (status != OT_OK) {
            assert_int_equal(status, OT_EFULL);
            assert_null(w);
            continue;
        }
        ot_value a = STR_VALUE("x");
        const ot_value *cells[] = {&a, &a};
        for (size_t i = 0; i < 8 && status == OT_OK; i++)
            status = ot_writer_row(w, cells, 2, NULL);
        assert_int_equal(status, OT_EFULL);
        size_t calls = m.calls;
        assert_int_equal(ot_writer_row(w, cells, 2, NULL), OT_EFULL);
        assert_int_equal(ot_writer_end(w, NULL), OT_EFULL);
        assert_int_equal(m.calls, calls);
        free(m.data);
    }
}
static void failing(void **state) {
    (void)state;
    each(failing_of);
}

/* Memory of the library at its highest. */
static size_t held, highest;
static void *count_alloc(void *ctx, size_t size) {
    (void)ctx;
    held += size;
    if (held > highest) highest = held;
    return malloc(size);
}
static void *count_resize(void *ctx, void *ptr, size_t old, size_t size) {
    (void)ctx;
    void *p = realloc(ptr, size);
    if (p) held = held - old + size;
    if (held > highest) highest = held;
    return p;
}
static void count_free(void *ctx, void *ptr, size_t size) {
    (void)ctx;
    held -= size;
    free(ptr);
}
static ot_status swallow(void *ctx, const char *data, size_t len) {
    (void)data;
    *(uint64_t *)ctx += len;
    return OT_OK;
}

static void flat_of(const char *format) {
    static const ot_alloc counting = {sizeof(ot_alloc), count_alloc, count_resize, count_free, NULL};
    size_t peaks[2];
    for (int round = 0; round < 2; round++) {
        uint64_t written = 0;
        ot_sink sink = {swallow, &written};
        ot_format_config config = OT_FORMAT_CONFIG_INIT;
        ot_writer *w;
        config.columns = two;
        config.column_count = 2;
        held = highest = 0;
        assert_int_equal(ot_mem_set(&counting), OT_OK);
        assert_int_equal(ot_writer_open(format, &sink, &config, &w, NULL), OT_OK);
        ot_value a = STR_VALUE("some text"), b = STR_VALUE("\x1b more, \"text\"");
        const ot_value *cells[] = {&a, &b};
        for (size_t i = 0; i < (round ? 100000u : 1000u); i++)
            assert_int_equal(ot_writer_row(w, cells, 2, NULL), OT_OK);
        assert_int_equal(ot_writer_end(w, NULL), OT_OK);
        ot_mem_set(NULL);
        assert_int_equal(held, 0);
        /* A row without a position is but a line end in otrw. */
        uint64_t least = strcmp(format, "otrw") == 0 ? 1 : 10;
        assert_true(written > least * (round ? 100000u : 1000u));
        peaks[round] = highest;
    }
    assert_int_equal(peaks[0], peaks[1]);
}
static void flat(void **state) {
    (void)state;
    each(flat_of);
}

/* ---- Records ---- */

static ot_message *decoded(const char *payload) {
    ot_message *message;
    assert_int_equal(ot_message_new(NULL, &message), OT_OK);
    ot_message_decode(message, ot_str_c(payload), NULL);
    return message;
}

static void write_record(const char *format, const char *fields, bool secrets, const char *payload, memory *m) {
    ot_sink sink = {memory_write, m};
    ot_format_config config = OT_FORMAT_CONFIG_INIT;
    ot_writer *w;
    ot_error error = {0};
    config.fields = fields;
    config.secrets = secrets;
    assert_int_equal(ot_writer_open(format, &sink, &config, &w, &error), OT_OK);
    ot_message *message = decoded(payload);
    ot_record record = OT_RECORD_INIT;
    record.type = ot_message_type(message);
    record.origin = OT_ORIGIN_MQTT;
    record.user = OT_STR("jane");
    record.device = OT_STR("phone");
    record.topic = OT_STR("owntracks/jane/phone");
    record.qos = 1;
    record.payload = ot_str_c(payload);
    record.at = INT64_C(1700000000000);
    record.arrival = INT64_C(1700000001500);
    record.marks = OT_MARK_RETAINED | OT_MARK_FUTURE;
    record.seq = 42;
    record.id = ot_id_of_record(record.user, record.device, record.payload, 0);
    assert_int_equal(ot_writer_record(w, &record, message, &error), OT_OK);
    assert_int_equal(ot_writer_end(w, &error), OT_OK);
    ot_message_free(message);
}

static const char secretive[] = "{\"_type\":\"dump\",\"configuration\":{\"_type\":\"configuration\",\"password\":"
                                "\"geheim1\",\"deviceId\":\"d\",\"encryptionKey\" :\n \"geheim2\","
                                "\"passw\\u006frd\":[\"geheim3\",{\"x\":1}]},\"extra\":[{\"passphrase\":{\"a\":"
                                "\"geheim4\"}}],\"opencageApiKey\":\"geheim5\"}";

static void secrets_of(const char *format) {
    static const char *const fields[] = {NULL, "user,payload,configuration,extra,opencageApiKey,_type"};
    for (size_t f = 0; f < 2; f++) {
        memory m = {0};
        write_record(format, fields[f], false, secretive, &m);
        if (strstr(m.data, "geheim")) fail_msg("%s tells a secret: %s", format, m.data);
        if ((f && !ot_format_find(format)->whole) || is_json(format)) assert_non_null(strstr(m.data, "***"));
        free(m.data);
        m = (memory){0};
        if ((!f || ot_format_find(format)->whole) && !is_json(format)) continue; /* it shows no such member */
        write_record(format, fields[f], true, secretive, &m);
        assert_non_null(strstr(m.data, "geheim1"));
        assert_non_null(strstr(m.data, "geheim5"));
        free(m.data);
    }
    /* Bytes that are no JSON are masked as a whole when they name a secret. */
    memory m = {0};
    write_record(format, "user,payload", false, "{\"_type\":\"dump\",\"password\":\"geheim\"", &m);
    assert_null(strstr(m.data, "geheim"));
    free(m.data);
    m = (memory){0};
    write_record("jsonl", NULL, false, "{\"password\":\"geheim\"", &m);
    assert_non_null(strstr(m.data, "\"raw\":\"***\""));
    free(m.data);
    /* Rows: a column that bears a secret's name. */
    static const ot_column columns[] = {{"password", OT_KIND_STR, false}, {"x", OT_KIND_RAW, false}};
    m = (memory){0};
    ot_sink sink = {memory_write, &m};
    ot_format_config config = OT_FORMAT_CONFIG_INIT;
    ot_writer *w;
    config.columns = columns;
    config.column_count = 2;
    assert_int_equal(ot_writer_open(format, &sink, &config, &w, NULL), OT_OK);
    ot_value a = STR_VALUE("geheim"), b = {OT_KIND_RAW, {.s = OT_STR("{\"password\":\"geheim\"}")}};
    const ot_value *cells[] = {&a, &b};
    assert_int_equal(ot_writer_row(w, cells, 2, NULL), OT_OK);
    assert_int_equal(ot_writer_end(w, NULL), OT_OK);
    assert_null(strstr(m.data, "geheim"));
    free(m.data);
}
static void secrets(void **state) {
    (void)state;
    each(secrets_of);
}

static const char location[] = "{\"_type\":\"location\",\n "
                               "\"lat\":52.5200,\"lon\":13.4,\"tst\":1700000000,\"batt\":null,\"acc\":\"7\",\"desc\":"
                               "\"a \\\"b\\\"\",\"own\":{\"k\": [1]},"
                               "\"text\":\"=\\u0041\",\"inregions\":[\"home\"]}";

static void whole_records(void **state) {
    (void)state;
    static const char want[] = "{\"user\":\"jane\",\"device\":\"phone\",\"type\":\"location\",\"at\":\"2023-11-14T22:"
                               "13:20Z\",\"arrival\":\"2023-11-14T22:13:21.500Z\","
                               "\"topic\":\"owntracks/jane/"
                               "phone\",\"qos\":1,\"retained\":true,\"origin\":\"mqtt\",\"id\":\"%s\",\"seq\":42,"
                               "\"marks\":[\"future\",\"retained\"],"
                               "\"message\":{\"_type\":\"location\",  "
                               "\"lat\":52.5200,\"lon\":13.4,\"tst\":1700000000,\"batt\":null,\"acc\":\"7\",\"desc\":"
                               "\"a \\\"b\\\"\",\"own\":{\"k\": [1]},"
                               "\"text\":\"=\\u0041\",\"inregions\":[\"home\"]}}";
    char id[OT_ID_TEXT_SIZE], line[1200], array[1300];
    ot_id the = ot_id_of_record(OT_STR("jane"), OT_STR("phone"), ot_str_c(location), 0);
    ot_id_text(&the, id);
    memory m = {0};
    write_record("jsonl", NULL, false, location, &m);
    snprintf(line, sizeof line, want, id);
    m.data[m.len - 1] = 0;
    assert_string_equal(m.data, line);
    free(m.data);
    m = (memory){0};
    write_record("json", NULL, false, location, &m);
    snprintf(array, sizeof array, "[\n%s\n]\n", line);
    assert_string_equal(m.data, array);
    free(m.data);
    m = (memory){0};
    write_record("jsonl", NULL, false, "\x01\x02", &m);
    assert_non_null(strstr(m.data, "\"raw\":\"AQI=\"}"));
    free(m.data);
}

static void chosen_fields(void **state) {
    (void)state;
    static const char fields[] =
        "user,at,type,lat,batt,acc,desc,own,text,inregions,nothing,marks,id,seq,retained,payload";
    memory m = {0};
    write_record("csv", fields, false, location, &m);
    char out[600];
    size_t len;
    bool quoted;
    static const char *const want[] = {
        "jane",    "2023-11-14T22:13:20Z", "location", "52.52",      "null", "7",
        "a \"b\"", "{\"k\": [1]}",         "=A",       "[\"home\"]", "",     "future retained"};
    for (size_t i = 0; i < OT_COUNT(want); i++) {
        assert_true(csv_cell(m.data, m.len, 1, i, out, &len, &quoted));
        out[len] = 0;
        assert_string_equal(out, want[i]);
    }
    assert_true(csv_cell(m.data, m.len, 1, 15, out, &len, &quoted));
    out[len] = 0;
    assert_string_equal(out, location);
    free(m.data);
    m = (memory){0};
    write_record("jsonl", "user,lat,batt,own,nothing", false, location, &m);
    assert_string_equal(m.data, "{\"user\":\"jane\",\"lat\":52.52,\"batt\":null,\"own\":{\"k\": [1]}}\n");
    free(m.data);
    m = (memory){0};
    write_record("csv", NULL, false, location, &m);
    assert_non_null(strstr(m.data, "jane,phone,2023-11-14T22:13:20Z,2023-11-14T22:13:21.500Z,location,52.52,13.4,7,"));
    free(m.data);
    m = (memory){0};
    write_record("table", NULL, false, location, &m);
    assert_non_null(strstr(m.data, "jane  phone   2023-11-14T22:13:20Z  location  52.52  13.4"));
    free(m.data);
}

static void suite_failed(void *ctx, const char *test, const char *file, int line, const char *text) {
    print_message("%s: %s: %s:%d: %s\n", (const char *)ctx, test, file, line, text);
}

static void suite_of(const char *format) {
    ot_suite_report report = {suite_failed, (void *)(uintptr_t)format};
    assert_int_equal(ot_suite_format(format, NULL, &report), 0);
    assert_int_equal(ot_suite_format(format, "no such test", &report), SIZE_MAX);
}
static void suite(void **state) {
    (void)state;
    each(suite_of);
    assert_string_equal(ot_suite_format_name(0), "empty");
    /* A format that is not there does not pass, nor does a bad one: see registering(). */
    assert_true(ot_suite_format("nothing", NULL, NULL) > 0);
}

static void refusals(void **state) {
    (void)state;
    memory m = {0};
    ot_sink sink = {memory_write, &m}, hollow = {NULL, NULL};
    ot_format_config config = OT_FORMAT_CONFIG_INIT;
    ot_writer *w;
    ot_error error = {0};
    assert_int_equal(ot_writer_open("xml", &sink, NULL, &w, &error), OT_EUNSUPPORTED);
    assert_string_equal(error.field, "format");
    assert_int_equal(ot_writer_open(NULL, &sink, NULL, &w, &error), OT_EUNSUPPORTED);
    assert_int_equal(ot_writer_open("csv", NULL, NULL, &w, &error), OT_EINVAL);
    assert_int_equal(ot_writer_open("csv", &hollow, NULL, &w, &error), OT_EINVAL);
    config.fields = "a,,b";
    assert_int_equal(ot_writer_open("csv", &sink, &config, &w, &error), OT_EINVAL);
    assert_string_equal(error.field, "fields");
    assert_int_equal(error.offset, 2);
    config.fields = "";
    assert_int_equal(ot_writer_open("json", &sink, &config, &w, &error), OT_EINVAL);
    config.fields = NULL;
    config.columns = two;
    assert_int_equal(ot_writer_open("csv", &sink, &config, &w, &error), OT_EINVAL);
    config.column_count = 2;
    assert_int_equal(ot_writer_open("csv", &sink, &config, &w, &error), OT_OK);
    ot_record record = OT_RECORD_INIT;
    assert_int_equal(ot_writer_record(w, &record, NULL, &error), OT_EINVAL);
    assert_int_equal(ot_writer_end(w, NULL), OT_OK);
    ot_option option = {"gap", "60"};
    config = (ot_format_config)OT_FORMAT_CONFIG_INIT;
    config.options = &option;
    config.option_count = 1;
    assert_int_equal(ot_writer_open("csv", &sink, &config, &w, &error), OT_EINVAL);
    assert_string_equal(error.field, "gap");
    assert_int_equal(ot_writer_open("gpx", &sink, &config, &w, &error), OT_OK);
    assert_int_equal(ot_writer_end(w, NULL), OT_OK);
    static const char *const bad[] = {"", "-1", "1m", "12345678901", " 1", NULL};
    for (size_t i = 0; i < OT_COUNT(bad); i++) {
        option.value = bad[i];
        assert_int_equal(ot_writer_open("gpx", &sink, &config, &w, &error), OT_EINVAL);
        assert_string_equal(error.field, bad[i] ? "gap" : "options");
        assert_null(w);
    }
    option = (ot_option){"what", "track"};
    assert_int_equal(ot_writer_open("gpx", &sink, &config, &w, &error), OT_EINVAL);
    assert_string_equal(error.field, "what");
    assert_int_equal(ot_writer_open("jsonl", &sink, NULL, &w, &error), OT_OK);
    assert_int_equal(ot_writer_row(w, NULL, 0, &error), OT_EINVAL);
    assert_int_equal(ot_writer_record(w, &record, NULL, &error), OT_OK);
    assert_int_equal(ot_writer_end(w, NULL), OT_OK);
    assert_int_equal(ot_writer_end(NULL, NULL), OT_OK);
    free(m.data);
}

static ot_status own_begin(void *self, const ot_format_start *start, const ot_sink *out, ot_error *error) {
    (void)self, (void)error;
    (void)start;
    return out->write(out->ctx, "<", 1);
}
static ot_status own_row(void *self, const ot_value *const *cells, size_t count, const ot_sink *out, ot_error *error) {
    (void)self, (void)cells, (void)count, (void)out, (void)error;
    return OT_EINTERNAL;
}
static ot_status own_record(void *self, const ot_format_record *record, const ot_sink *out, ot_error *error) {
    (void)self, (void)error;
    return ot_format_record_json(out, record);
}
static ot_status own_end(void *self, const ot_sink *out, ot_error *error) {
    (void)self, (void)error;
    return out->write(out->ctx, ">", 1);
}

static void registering(void **state) {
    (void)state;
    ot_format_ops ops = {sizeof ops, "own", NULL, NULL, 0, NULL, own_begin, own_row, NULL, own_end, NULL, NULL, false};
    ot_error error = {0};
    assert_int_equal(ot_format_register(&ops, &error), OT_EINVAL);
    assert_string_equal(error.field, "record");
    ops.record = own_record;
    ops.name = "o/wn";
    assert_int_equal(ot_format_register(&ops, &error), OT_EINVAL);
    ops.name = "csv";
    assert_int_equal(ot_format_register(&ops, &error), OT_ECONFLICT);
    ops.name = "own";
    ops.end = NULL;
    assert_int_equal(ot_format_register(&ops, &error), OT_EINVAL);
    ops.end = own_end;
    assert_int_equal(ot_format_register(&ops, &error), OT_OK);
    assert_int_equal(ot_format_register(&ops, &error), OT_OK);
    assert_string_equal(ot_format_name(8), "own");
    assert_null(ot_format_name(9));
    assert_true(ot_suite_format("own", NULL, NULL) > 0); /* it takes no rows */
    assert_int_equal(ot_suite_format("own", "records", NULL), 0);
    memory m = {0};
    write_record("own", NULL, false, "{}", &m);
    assert_int_equal(m.data[0], '<');
    assert_int_equal(m.data[m.len - 1], '>');
    free(m.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty),   cmocka_unit_test(bytes),         cmocka_unit_test(absent),
        cmocka_unit_test(numbers), cmocka_unit_test(failing),       cmocka_unit_test(flat),
        cmocka_unit_test(secrets), cmocka_unit_test(whole_records), cmocka_unit_test(chosen_fields),
        cmocka_unit_test(suite),   cmocka_unit_test(refusals),      cmocka_unit_test(registering)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
