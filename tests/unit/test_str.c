/* test_str.c: views, UTF-8, sinks, and text that is safe to print. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"

static void views(void **state) {
    (void)state;
    ot_str absent = ot_str_of(NULL, 0), empty = OT_STR(""), abc = OT_STR("abc");
    assert_int_equal(abc.len, 3);
    assert_int_equal(OT_STR("a\0b").len, 3);
    assert_null(ot_str_c(NULL).ptr);
    assert_int_equal(ot_str_c("abcd").len, 4);
    assert_true(ot_str_eq(absent, empty) && ot_str_eq(absent, absent) && ot_str_eq(abc, ot_str_c("abc")));
    assert_false(ot_str_eq(abc, absent) || ot_str_eq(abc, OT_STR("abd")) || ot_str_eq(abc, OT_STR("ab")));
    assert_false(ot_str_eq(OT_STR("a\0b"), OT_STR("a\0c")));
    /* In order, each one below those behind it. */
    const ot_str order[] = {empty,        OT_STR("\0"), OT_STR("A"), OT_STR("a"),        OT_STR("a\0"),
                            OT_STR("ab"), OT_STR("b"),  OT_STR("z"), OT_STR("\xc3\xa4"), OT_STR("\xff")};
    for (size_t i = 0; i < OT_COUNT(order); i++)
        for (size_t k = 0; k < OT_COUNT(order); k++) {
            int c = ot_str_cmp(order[i], order[k]);
            assert_true(i < k ? c < 0 : i > k ? c > 0 : c == 0);
        }
    assert_int_equal(ot_str_cmp(absent, empty), 0);
    assert_true(ot_str_cmp(absent, abc) < 0);
}

static void copies(void **state) {
    (void)state;
    for (size_t size = 0; size < 8; size++) {
        char out[8];
        memset(out, 'x', sizeof out);
        assert_int_equal(ot_str_copy(OT_STR("a\0cde"), size ? out : NULL, size), 5);
        if (!size) continue;
        size_t n = size - 1 < 5 ? size - 1 : 5;
        assert_memory_equal(out, "a\0cde", n);
        assert_int_equal(out[n], 0);
        if (n + 1 < sizeof out) assert_int_equal(out[n + 1], 'x');
    }
    char out[4] = "xxx";
    assert_int_equal(ot_str_copy(ot_str_of(NULL, 0), out, sizeof out), 0);
    assert_string_equal(out, "");
}

/* The definition of RFC 3629, slowly: decode, then look at the number. */
static bool slow_utf8(const unsigned char *p, size_t len, size_t *bad) {
    for (size_t i = 0; i < len;) {
        size_t n = p[i] < 0x80 ? 1 : p[i] >> 5 == 6 ? 2 : p[i] >> 4 == 14 ? 3 : p[i] >> 3 == 30 ? 4 : 0;
        *bad = i;
        if (!n || n > len - i) return false;
        uint32_t c = n == 1 ? p[i] : p[i] & (0x7Fu >> n);
        for (size_t k = 1; k < n; k++) {
            if (p[i + k] >> 6 != 2) return false;
            c = c << 6 | (p[i + k] & 0x3Fu);
        }
        static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        if (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return false;
        i += n;
    }
    return true;
}

static void check_utf8(const unsigned char *data, size_t len) {
    unsigned char *p = malloc(len ? len : 1); /* nothing behind it */
    assert_non_null(p);
    if (len) memcpy(p, data, len);
    size_t want = 0, got = 4711;
    bool good = slow_utf8(p, len, &want);
    if (ot_str_utf8(ot_str_of((const char *)p, len), &got) != good)
        fail_msg("%02x %02x ... of %zu", p[0], len > 1 ? p[1] : 0, len);
    assert_int_equal(got, good ? 4711 : want);
    assert_int_equal(ot_str_utf8(ot_str_of((const char *)p, len), NULL), good);
    free(p);
}

static void utf8(void **state) {
    (void)state;
    assert_true(ot_str_utf8(ot_str_of(NULL, 0), NULL));
    unsigned char text[24];
    /* All of one and two bytes, and three and four with every border. */
    static const unsigned char edge[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
    for (unsigned a = 0; a < 256; a++) {
        text[0] = (unsigned char)a;
        check_utf8(text, 1);
        for (unsigned b = 0; b < 256; b++) {
            text[1] = (unsigned char)b;
            check_utf8(text, 2);
            if (a < 0xE0) continue;
            for (size_t c = 0; c < sizeof edge; c++) {
                text[2] = edge[c];
                check_utf8(text, 3);
                if (a < 0xF0) continue;
                for (size_t d = 0; d < sizeof edge; d++) {
                    text[3] = edge[d];
                    check_utf8(text, 4);
                }
            }
        }
    }
    /* At every place of a longer text, where eight bytes are looked at together. */
    static const char *const parts[] = {"\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\xa0\x80",
                                        "\xff",     "\xc3",         "\xf0\x9f"};
    for (size_t i = 0; i < OT_COUNT(parts); i++)
        for (size_t at = 0; at + strlen(parts[i]) <= 20; at++) {
            memset(text, 'a', sizeof text);
            memcpy(text + at, parts[i], strlen(parts[i]));
            check_utf8(text, 20);
            check_utf8(text, at + strlen(parts[i]));
        }
}

static const char *printable(ot_str s, bool keep) {
    static char out[64];
    size_t len = ot__printable(s, keep, out, sizeof out);
    assert_int_equal(len, strlen(out));
    return out;
}

static void safe_to_print(void **state) {
    (void)state;
    assert_string_equal(printable(OT_STR("a b~"), false), "a b~");
    assert_string_equal(printable(OT_STR("\0\t\n\x1b\x7f"), false), "\\x00\\x09\\x0a\\x1b\\x7f");
    assert_string_equal(printable(OT_STR("\xc3\xa4"), false), "\\xc3\\xa4");
    assert_string_equal(printable(OT_STR("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"), true),
                        "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80");
    assert_string_equal(printable(OT_STR("\xff\xc3"), true), "\\xff\\xc3");
    /* What steers a terminal or turns the line: C1 controls, line ends, direction marks. */
    assert_string_equal(printable(OT_STR("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0"), true),
                        "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f\xc2\xa0");
    assert_string_equal(printable(OT_STR("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xae\xe2\x80\xaf"), true),
                        "\xe2\x80\xa7\\xe2\\x80\\xa8\\xe2\\x80\\xae\xe2\x80\xaf");
    assert_string_equal(printable(OT_STR("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa"), true),
                        "\xe2\x81\xa5\\xe2\\x81\\xa6\\xe2\\x81\\xa9\xe2\x81\xaa");
    assert_string_equal(printable(ot_str_of(NULL, 0), true), "");
    /* Cut to fit, never inside a character or an escape. */
    for (size_t size = 0; size < 16; size++) {
        char out[16];
        memset(out, 'x', sizeof out);
        size_t len = ot__printable(OT_STR("\xc3\xa4\n\xf0\x9f\x98\x80z"), true, out, size);
        static const size_t want[] = {0, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 10, 11, 11, 11, 11};
        assert_int_equal(len, want[size]);
        if (size) assert_int_equal(out[len], 0);
        assert_true(size == 0 || len < size);
        for (size_t i = size; i < sizeof out; i++)
            assert_int_equal(out[i], 'x');
    }
}

static void sink_to_buffer(void **state) {
    (void)state;
    char data[6] = "xxxxxx";
    ot_sink_buffer buffer = {data, 5, 99};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    assert_int_equal(buffer.len, 0);
    assert_int_equal(sink.write(sink.ctx, "abc", 3), OT_OK);
    assert_int_equal(sink.write(sink.ctx, "", 0), OT_OK);
    assert_int_equal(sink.write(sink.ctx, "defg", 4), OT_OK);
    assert_int_equal(sink.write(sink.ctx, "h", 1), OT_OK);
    assert_int_equal(buffer.len, 8);
    assert_memory_equal(data, "abcdex", 6);
    ot_sink_buffer none = {NULL, 0, 0};
    sink = ot_sink_to_buffer(&none);
    assert_int_equal(sink.write(sink.ctx, "abc", 3), OT_OK);
    assert_int_equal(none.len, 3);
}

static void sink_to_stream(void **state) {
    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    ot_sink sink = ot_sink_to_stream(file);
    assert_int_equal(sink.write(sink.ctx, "a\0b", 3), OT_OK);
    assert_int_equal(sink.write(sink.ctx, NULL, 0), OT_OK);
    rewind(file);
    char back[4];
    assert_int_equal(fread(back, 1, sizeof back, file), 3);
    assert_memory_equal(back, "a\0b", 3);
    fclose(file);

    FILE *reading = fopen("/dev/null", "r");
    assert_non_null(reading);
    sink = ot_sink_to_stream(reading);
    assert_int_equal(sink.write(sink.ctx, "a", 1), OT_EIO);
    fclose(reading);

    FILE *full = fopen("/dev/full", "w");
    if (full) {
        setvbuf(full, NULL, _IONBF, 0);
        sink = ot_sink_to_stream(full);
        assert_int_equal(sink.write(sink.ctx, "a", 1), OT_EFULL);
        fclose(full);
    }
    sink = ot_sink_to_stream(NULL);
    assert_int_equal(sink.write(sink.ctx, "a", 1), OT_EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views),         cmocka_unit_test(copies),         cmocka_unit_test(utf8),
        cmocka_unit_test(safe_to_print), cmocka_unit_test(sink_to_buffer), cmocka_unit_test(sink_to_stream),
    };
    return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
