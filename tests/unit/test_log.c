/* test_log.c: lines for the receiver that the program gave. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <owntracks/log.h>

typedef struct seen {
    unsigned lines;
    ot_log_level level;
    char text[1200];
    size_t len;
} seen;

static void take(void *ctx, ot_log_level level, ot_str line) {
    seen *s = ctx;
    s->lines++;
    s->level = level;
    s->len = line.len;
    assert_true(line.len <= 1000);
    ot_str_copy(line, s->text, sizeof s->text);
}

static void levels(void **state) {
    (void)state;
    static const ot_log_level all[] = {OT_LOG_ERROR, OT_LOG_WARNING, OT_LOG_INFO, OT_LOG_DEBUG};
    for (size_t max = 0; max < 5; max++)
        for (size_t i = 0; i < 4; i++) {
            seen s = {0};
            ot_log log = {take, &s, max ? all[max - 1] : (ot_log_level)0};
            ot_log_line(&log, all[i], "line %d", 7);
            ot_log_level limit = max ? all[max - 1] : OT_LOG_INFO;
            assert_int_equal(s.lines, all[i] <= limit);
            if (s.lines) {
                assert_int_equal(s.level, all[i]);
                assert_string_equal(s.text, "line 7");
            }
        }
    ot_log none = {0};
    ot_log_line(&none, OT_LOG_ERROR, "nobody");
    ot_log_line(NULL, OT_LOG_ERROR, "nobody");
}

static void one_printable_line(void **state) {
    (void)state;
    seen s = {0};
    ot_log log = {take, &s, OT_LOG_DEBUG};
    ot_log_line(&log, OT_LOG_INFO, "%s", "user \xd0\x96\xd1\x83\xd0\xba\n\x1b[31m\xff%s\xe2\x80\xae");
    assert_string_equal(s.text, "user \xd0\x96\xd1\x83\xd0\xba\\x0a\\x1b[31m\\xff%s\\xe2\\x80\\xae");
    ot_log_line(&log, OT_LOG_INFO, "%s", "");
    assert_int_equal(s.len, 0);
    assert_int_equal(s.lines, 2);
}

static void long_lines(void **state) {
    (void)state;
    char text[4000];
    seen s = {0};
    ot_log log = {take, &s, OT_LOG_DEBUG};
    for (size_t len = 990; len < 1010; len++) {
        memset(text, 'a', len);
        text[len] = 0;
        ot_log_line(&log, OT_LOG_INFO, "%s", text);
        assert_int_equal(s.len, len < 1000 ? len : 1000);
    }
    /* Cut before a character of several bytes, wherever it lies, and before an escape. */
    static const char *const parts[] = {"\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\n"};
    for (size_t p = 0; p < 4; p++)
        for (size_t at = 990; at < 1003; at++) {
            memset(text, 'a', 2000);
            memcpy(text + at, parts[p], strlen(parts[p]));
            text[2000] = 0;
            ot_log_line(&log, OT_LOG_INFO, "%s", text);
            assert_true(ot_str_utf8(ot_str_of(s.text, s.len), NULL));
            assert_true(s.len >= 996 && s.len <= 1000);
            assert_null(strchr(s.text, '\n'));
            for (size_t i = 0; p < 3 && i < s.len; i++)
                assert_int_not_equal(s.text[i], '\\');
        }
    /* All of it unprintable: four bytes for one. */
    memset(text, 1, 3999);
    text[3999] = 0;
    ot_log_line(&log, OT_LOG_INFO, "%s", text);
    assert_int_equal(s.len, 1000);
    memset(text, '\x80', 3999); /* continuation bytes without a start */
    ot_log_line(&log, OT_LOG_INFO, "%s", text);
    assert_int_equal(s.len, 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels),
        cmocka_unit_test(one_printable_line),
        cmocka_unit_test(long_lines),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
