/* format_suite.c: what every format has to keep, whatever it looks like: it streams, tells failures, and tells no secrets. */
#include <owntracks/sys/conformance.h>
#include <owntracks/sys/format_backend.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct checks {
    const char *format, *test;
    const ot_suite_report *report;
    size_t failures;
} checks;

static bool check(checks *c, bool good, int line, const char *text) {
    if (good) return true;
    c->failures++;
    if (c->report && c->report->failed) c->report->failed(c->report->ctx, c->test, __FILE__, line, text);
    return false;
}
#define CHECK(cond) check(c, (cond), __LINE__, #cond)

/* A sink that counts, keeps the end of what it got, looks for a word, and fails when it is told to. */
typedef struct watch {
    uint64_t bytes, calls, fail_at;
    const char *word;
    bool seen;
    char tail[64];
    size_t tail_len;
} watch;

static ot_status watch_write(void *ctx, const char *data, size_t len) {
    watch *w = ctx;
    if (++w->calls == w->fail_at) return OT_EFULL;
    w->bytes += len;
    size_t n = w->word ? strlen(w->word) : 0;
    for (size_t i = 0; n && i < len && !w->seen; i++) {
        if (w->tail_len == sizeof w->tail) memmove(w->tail, w->tail + 1, --w->tail_len);
        w->tail[w->tail_len++] = data[i];
        w->seen = w->tail_len >= n && memcmp(w->tail + w->tail_len - n, w->word, n) == 0;
    }
    return OT_OK;
}

static const ot_column columns[] = {{"a", OT_KIND_STR, false},
                                    {"b", OT_KIND_F64, false},
                                    {"at", OT_KIND_I64, true},
                                    {"password", OT_KIND_STR, false},
                                    {"raw", OT_KIND_RAW, false}};
#define COLUMNS (sizeof columns / sizeof *columns)

static ot_writer *open_rows(checks *c, watch *w, bool flush, ot_status *status) {
    ot_format_config config = OT_FORMAT_CONFIG_INIT;
    ot_sink sink = {watch_write, w};
    ot_writer *writer = NULL;
    config.columns = columns;
    config.column_count = COLUMNS;
    config.flush_each = flush;
    *status = ot_writer_open(c->format, &sink, &config, &writer, NULL);
    return writer;
}

static ot_status put(ot_writer *writer, ot_str text) {
    ot_value a = {OT_KIND_STR, {.s = text}}, b = {OT_KIND_F64, {.d = 0.1}}, at = {OT_KIND_I64, {.i = 1700000000000}},
             secret = {OT_KIND_STR, {.s = OT_STR("geheim")}},
             raw = {OT_KIND_RAW, {.s = OT_STR("{\"x\":{\"password\":\"geheim\"}}")}};
    const ot_value *cells[] = {&a, &b, &at, &secret, &raw};
    return ot_writer_row(writer, cells, COLUMNS, NULL);
}

static void empty(checks *c) {
    watch w = {0};
    ot_status status;
    ot_writer *writer = open_rows(c, &w, false, &status);
    if (CHECK(status == OT_OK)) CHECK(ot_writer_end(writer, NULL) == OT_OK);
}

static void any_bytes(checks *c) {
    watch w = {.word = "geheim"};
    ot_status status;
    ot_writer *writer = open_rows(c, &w, false, &status);
    if (!CHECK(status == OT_OK)) return;
    for (unsigned i = 0; i < 256; i++) {
        char text[3] = {(char)i, (char)(255 - i), (char)i};
        for (size_t len = 0; len <= 3; len++)
            CHECK(put(writer, ot_str_of(text, len)) == OT_OK);
    }
    const ot_value *none[COLUMNS] = {NULL};
    CHECK(ot_writer_row(writer, none, COLUMNS, NULL) == OT_OK);
    CHECK(ot_writer_end(writer, NULL) == OT_OK);
    CHECK(w.bytes > 0);
    CHECK(!w.seen); /* secrets */
}

static void refuses(checks *c) {
    watch w = {0};
    ot_status status;
    ot_writer *writer = open_rows(c, &w, true, &status);
    if (!CHECK(status == OT_OK)) return;
    ot_value nan_value = {OT_KIND_F64, {.d = (double)NAN}};
    const ot_value *cells[COLUMNS] = {NULL, &nan_value, NULL, NULL, NULL};
    uint64_t bytes = w.bytes;
    CHECK(ot_writer_row(writer, cells, COLUMNS, NULL) == OT_EINVAL);
    CHECK(ot_writer_row(writer, cells, COLUMNS - 1, NULL) == OT_EINVAL);
    CHECK(w.bytes == bytes);
    CHECK(put(writer, OT_STR("x")) == OT_OK); /* a refused row is no failure of the output */
    CHECK(w.bytes > bytes);
    CHECK(ot_writer_end(writer, NULL) == OT_OK);
}

static void sink_fails(checks *c) {
    for (uint64_t n = 1; n <= 6; n++) {
        watch w = {.fail_at = n};
        ot_status status;
        ot_writer *writer = open_rows(c, &w, true, &status);
        if (status != OT_OK) {
            CHECK(status == OT_EFULL && !writer);
            continue;
        }
        for (int i = 0; i < 10 && status == OT_OK; i++)
            status = put(writer, OT_STR("x"));
        CHECK(status == OT_EFULL);
        uint64_t calls = w.calls;
        CHECK(put(writer, OT_STR("x")) == OT_EFULL);
        CHECK(ot_writer_end(writer, NULL) == OT_EFULL);
        CHECK(w.calls == calls);
    }
}

static void streams(checks *c) {
    watch w = {0};
    ot_status status;
    ot_writer *writer = open_rows(c, &w, false, &status);
    if (!CHECK(status == OT_OK)) return;
    uint64_t half = 0;
    for (int i = 0; i < 20000; i++) {
        CHECK(put(writer, OT_STR("some text of some length")) == OT_OK);
        if (i == 10000) half = w.bytes;
    }
    uint64_t all = w.bytes;
    CHECK(half > 0 && all > half);
    CHECK(ot_writer_end(writer, NULL) == OT_OK);
    CHECK(w.bytes - all <= 262144); /* what was held back at the end */
    /* Following: nothing is held back. */
    w = (watch){0};
    writer = open_rows(c, &w, true, &status);
    if (!CHECK(status == OT_OK)) return;
    for (int i = 0; i < 10; i++) {
        uint64_t before = w.bytes;
        CHECK(put(writer, OT_STR("x")) == OT_OK);
        CHECK(w.bytes > before);
    }
    CHECK(ot_writer_end(writer, NULL) == OT_OK);
}

static void records(checks *c) {
    static const char *const payloads[] = {
        "{\"_type\":\"dump\",\"configuration\":{\"password\":\"geheim\",\"x\":[{\"encryptionKey\":\"geheim\"}]}}",
        "{\"_type\":\"dump\",\"password\":\"geheim\"",
        "{\"passw\\u006frd\":\"geheim\"}",
        "",
        "\xff\x00\"",
        "{\"_type\":\"location\",\n\"lat\":1}"};
    watch w = {.word = "geheim"};
    ot_sink sink = {watch_write, &w};
    ot_writer *writer;
    ot_message *message;
    if (!CHECK(ot_message_new(NULL, &message) == OT_OK)) return;
    if (CHECK(ot_writer_open(c->format, &sink, NULL, &writer, NULL) == OT_OK)) {
        for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
            ot_record record = OT_RECORD_INIT;
            record.user = OT_STR("u\xff");
            record.device = OT_STR("d");
            record.payload = ot_str_c(payloads[i]);
            record.type = OT_TYPE_UNKNOWN;
            ot_message_decode(message, record.payload, NULL);
            CHECK(ot_writer_record(writer, &record, message, NULL) == OT_OK);
            CHECK(ot_writer_record(writer, &record, NULL, NULL) == OT_OK);
        }
        CHECK(ot_writer_end(writer, NULL) == OT_OK);
    }
    ot_message_free(message);
    CHECK(w.bytes > 0);
    CHECK(!w.seen);
}

static const struct {
    const char *name;
    void (*run)(checks *c);
} tests[] = {{"empty", empty},           {"any bytes", any_bytes}, {"refuses", refuses},
             {"sink fails", sink_fails}, {"streams", streams},     {"records", records}};
#define TESTS (sizeof tests / sizeof *tests)

const char *ot_suite_format_name(size_t n) {
    return n < TESTS ? tests[n].name : NULL;
}

size_t ot_suite_format(const char *format, const char *test, const ot_suite_report *report) {
    checks c = {.format = format, .report = report};
    bool any = false;
    for (size_t i = 0; i < TESTS; i++) {
        if (test && strcmp(test, tests[i].name) != 0) continue;
        any = true;
        c.test = tests[i].name;
        tests[i].run(&c);
    }
    return any ? c.failures : SIZE_MAX;
}
