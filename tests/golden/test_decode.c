/* test_decode.c: folders as cases. decode/<case>/ holds topic, payload and expect: what lenient decoding finds, what strict decoding says, and how the
   message is encoded again. invalid/<case>/ holds payload and error: the text of the refusal, lenient and strict. Payloads are taken byte for byte.
   With OT_GOLDEN_WRITE in the environment, missing expectations are written: read them before they are committed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include <owntracks/message.h>

typedef struct text {
    char data[65536];
    size_t len;
} text;

__attribute__((format(printf, 2, 3))) static void add(text *t, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(t->data + t->len, sizeof t->data - t->len, format, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < sizeof t->data - t->len);
    t->len += (size_t)n;
}

/* As it is where it is one line of text; otherwise with its odd bytes as \xHH. */
static void add_bytes(text *t, ot_str s) {
    bool plain = ot_str_utf8(s, NULL);
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < 0x20 || c == 0x7f || (c >= 0x80 && !plain))
            add(t, "\\x%02x", c);
        else
            add(t, "%c", c);
    }
}

static const struct {
    uint32_t mark;
    const char *name;
} marks[] = {{OT_MARK_COERCED, "coerced"},   {OT_MARK_ASSUMED, "assumed"},           {OT_MARK_DUPLICATE, "duplicate"},
             {OT_MARK_OVERFLOW, "overflow"}, {OT_MARK_MILLISECONDS, "milliseconds"}, {OT_MARK_VIOLATION, "violation"}};

static void add_value(text *t, const ot_value *v) {
    switch (v->kind) {
    case OT_KIND_BOOL:
        add(t, "%s", v->as.b ? "true" : "false");
        break;
    case OT_KIND_I64:
    case OT_KIND_TIME:
        add(t, "%lld", (long long)v->as.i);
        break;
    case OT_KIND_F64:
        add(t, "%.17g", v->as.d);
        break;
    default:
        add_bytes(t, v->as.s);
        break;
    }
}

static void add_error(text *t, const char *how, ot_status status, const ot_error *error) {
    char line[512];
    ot_error_text(error, line, sizeof line);
    add(t, "%s %s%s%s\n", how, ot_status_name(status), status == OT_OK ? "" : ": ", status == OT_OK ? "" : line);
}

static void describe(ot_message *m, ot_message *strict, ot_str payload, text *t) {
    ot_error error = {0};
    ot_status status = ot_message_decode(m, payload, &error);
    add_error(t, "lenient", status, &error);
    add(t, "type %s", ot_type_name(ot_message_type(m)));
    if (ot_message_type_text(m).ptr) {
        add(t, " ");
        add_bytes(t, ot_message_type_text(m));
    }
    add(t, "\n");
    ot_type type = ot_message_type(m);
    for (size_t i = 0; i < ot_field_count(type); i++) {
        ot_value v;
        if (ot_message_get_at(m, i, &v) != OT_OK) continue;
        add(t, "%s=", ot_field_at(type, i)->key);
        add_value(t, &v);
        add(t, "\n");
    }
    ot_member member;
    static const char *const states[] = {"", "", "null", "bad", "unknown", "", "shadowed"};
    for (size_t i = 0; ot_message_member(m, i, &member) == OT_OK; i++) {
        if (!states[member.state][0]) continue;
        add(t, "%s ", states[member.state]);
        add_bytes(t, member.key);
        add(t, ":");
        add_bytes(t, member.raw);
        add(t, "\n");
    }
    add(t, "marks");
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (ot_message_marks(m) & marks[i].mark) add(t, " %s", marks[i].name);
    }
    add(t, "\n");
    ot_violation v;
    for (size_t i = 0; ot_message_violation(m, i, &v) == OT_OK; i++) {
        add(t, "violation %s ", ot_status_name(v.status));
        add_bytes(t, v.key.ptr ? v.key : ot_str_c(v.field->key));
        if (v.offset != OT_NO_OFFSET) add(t, " at %llu", (unsigned long long)v.offset);
        add(t, ": %s\n", v.reason);
    }
    ot_error refused = {0};
    add_error(t, "strict", ot_message_decode(strict, payload, &refused), &refused);
    if (type == OT_TYPE_NONE) return;
    static char out[65536];
    ot_sink_buffer buffer = {out, sizeof out, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    assert_int_equal(ot_message_encode(m, &sink, NULL), OT_OK);
    assert_true(buffer.len <= sizeof out);
    if (ot_str_eq(ot_str_of(out, buffer.len), payload)) {
        add(t, "encoded: as it came\n");
    } else {
        add(t, "encoded: ");
        add_bytes(t, ot_str_of(out, buffer.len));
        add(t, "\n");
    }
    /* What is encoded is the same message. */
    ot_message *again;
    assert_int_equal(ot_message_new(NULL, &again), OT_OK);
    ot_status second = ot_message_decode(again, ot_str_of(out, buffer.len), NULL);
    assert_int_equal(second, status);
    assert_true(ot_message_equal(m, again));
    assert_int_equal(ot_message_marks(m), ot_message_marks(again));
    ot_message_free(again);
}

static bool read_file(const char *folder, const char *name, const char *file, text *t) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s/%s", folder, name, file);
    FILE *f = fopen(path, "rb");
    if (!f) return false;
    t->len = fread(t->data, 1, sizeof t->data - 1, f);
    assert_int_equal(ferror(f), 0);
    assert_true(feof(f));
    fclose(f);
    t->data[t->len] = 0;
    return true;
}

static void compare(const char *folder, const char *name, const char *file, const text *found) {
    static text expected;
    if (!read_file(folder, name, file, &expected)) {
        if (!getenv("OT_GOLDEN_WRITE")) fail_msg("%s/%s has no %s; it would be:\n%s", folder, name, file, found->data);
        char path[4096];
        snprintf(path, sizeof path, "%s/%s/%s", folder, name, file);
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        assert_int_equal(fwrite(found->data, 1, found->len, f), found->len);
        assert_int_equal(fclose(f), 0);
        return;
    }
    if (expected.len != found->len || memcmp(expected.data, found->data, found->len) != 0) {
        fail_msg("%s/%s: expected\n%s\nfound\n%s", folder, name, expected.data, found->data);
    }
}

/* Calls run for each folder. Returns how many there are. */
static size_t for_each(const char *folder, void (*run)(const char *folder, const char *name)) {
    DIR *d = opendir(folder);
    assert_non_null(d);
    size_t n = 0;
    for (struct dirent *entry; (entry = readdir(d));) {
        if (entry->d_name[0] == '.') continue;
        run(folder, entry->d_name);
        n++;
    }
    closedir(d);
    return n;
}

static void run_decode(const char *folder, const char *name) {
    static text payload, topic, found;
    assert_true(read_file(folder, name, "payload", &payload));
    assert_true(read_file(folder, name, "topic", &topic));
    while (topic.len && topic.data[topic.len - 1] == '\n')
        topic.len--;
    assert_true(topic.len > 0 && !memchr(topic.data, '\n', topic.len));
    ot_decode_options options = OT_DECODE_OPTIONS_INIT;
    ot_message *m, *strict;
    assert_int_equal(ot_message_new(&options, &m), OT_OK);
    options.strict = true;
    assert_int_equal(ot_message_new(&options, &strict), OT_OK);
    /* Twice: with and without the habits of the first time. */
    for (int i = 0; i < 2; i++) {
        found.len = 0;
        describe(m, strict, ot_str_of(payload.data, payload.len), &found);
        compare(folder, name, "expect", &found);
    }
    ot_message_free(m);
    ot_message_free(strict);
}

static void run_invalid(const char *folder, const char *name) {
    static text payload, found;
    assert_true(read_file(folder, name, "payload", &payload));
    found.len = 0;
    for (int strict = 0; strict < 2; strict++) {
        ot_decode_options options = OT_DECODE_OPTIONS_INIT;
        options.strict = strict;
        ot_message *m;
        assert_int_equal(ot_message_new(&options, &m), OT_OK);
        ot_error error = {0}, again = {0};
        ot_status status = ot_message_decode(m, ot_str_of(payload.data, payload.len), &error);
        assert_int_not_equal(status, OT_OK);
        assert_int_equal(error.status, status);
        assert_true(error.reason[0]);
        assert_true(error.offset == OT_NO_OFFSET || error.offset <= payload.len);
        if (status != OT_EUNKNOWN && status != OT_EMPTY) {
            assert_int_equal(ot_message_type(m), OT_TYPE_NONE);
            assert_int_equal(ot_message_member_count(m), 0);
            assert_null(ot_message_payload(m).ptr);
            assert_null(ot_message_type_text(m).ptr);
            assert_int_equal(ot_message_marks(m), 0);
            for (size_t i = 0; ot_type_at(i); i++)
                assert_null(ot_message_data(m, ot_type_at(i)));
        }
        assert_int_equal(ot_message_decode(m, ot_str_of(payload.data, payload.len), &again), status);
        assert_int_equal(error.offset, again.offset);
        assert_string_equal(error.reason, again.reason);
        assert_string_equal(error.field, again.field);
        add_error(&found, strict ? "strict" : "lenient", status, &error);
        ot_message_free(m);
    }
    compare(folder, name, "error", &found);
}

static void decode_cases(void **state) {
    (void)state;
    assert_true(for_each(OT_SOURCE_DIR "/tests/golden/decode", run_decode) >= 60);
}

static void invalid_cases(void **state) {
    (void)state;
    assert_true(for_each(OT_SOURCE_DIR "/tests/golden/invalid", run_invalid) >= 40);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(decode_cases), cmocka_unit_test(invalid_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
