/* test_base64.c: base64, strict. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "codec/codec.h"

static void test_vectors(void **state) {
    (void)state;
    /* RFC 4648 section 10, and bytes that need the last two letters. */
    static const struct {
        ot_str data, text;
    } cases[] = {{{"", 0}, {"", 0}},
                 {{"f", 1}, {"Zg==", 4}},
                 {{"fo", 2}, {"Zm8=", 4}},
                 {{"foo", 3}, {"Zm9v", 4}},
                 {{"foob", 4}, {"Zm9vYg==", 8}},
                 {{"fooba", 5}, {"Zm9vYmE=", 8}},
                 {{"foobar", 6}, {"Zm9vYmFy", 8}},
                 {{"\xFB\xEF\xBE\xFF\xFF\xFF", 6}, {"++++////", 8}},
                 {{"\0\0\0", 3}, {"AAAA", 4}}};
    for (size_t i = 0; i < OT_COUNT(cases); i++) {
        char text[16], data[16];
        size_t len = 99;
        assert_int_equal(ot__base64_encoded_len(cases[i].data.len), cases[i].text.len);
        ot__base64_encode(cases[i].data, text);
        assert_memory_equal(text, cases[i].text.ptr, cases[i].text.len);
        assert_int_equal(ot__base64_decode(cases[i].text, data, &len, NULL), OT_OK);
        assert_int_equal(len, cases[i].data.len);
        assert_memory_equal(data, cases[i].data.ptr, len);
    }
}

/* Every length, every byte value; memory of exactly the promised size. */
static void test_round_trip(void **state) {
    (void)state;
    for (size_t n = 1; n <= 600; n++) {
        char *data = malloc(n);
        size_t want = ot__base64_encoded_len(n), len = 0;
        assert_int_equal(want, (n + 2) / 3 * 4);
        char *text = malloc(want), *back = malloc(want / 4 * 3);
        assert_true(data && text && back);
        for (size_t i = 0; i < n; i++)
            data[i] = (char)(i * 7 + n);
        ot__base64_encode(ot_str_of(data, n), text);
        assert_int_equal(ot__base64_decode(ot_str_of(text, want), back, &len, NULL), OT_OK);
        assert_int_equal(len, n);
        assert_memory_equal(back, data, n);
        free(data);
        free(text);
        free(back);
    }
}

static void test_bad(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t at;
    } cases[] = {{"Z", 1},        {"Zg", 2},         {"Zg=", 3},    {"Zm9", 3},      {"Zm9v ", 4},    {" Zm9v", 0},
                 {"Zm9v\n", 4},   {"Zm\n9v", 2},     {"=", 0},      {"====", 0},     {"Z===", 1},     {"Zg==Zg==", 4},
                 {"Zm8=Zm8=", 4}, {"Zm9v====", 4},   {"Zg=a", 3},   {"Zh==", 1},     {"Zn==", 1},     {"Zm9=", 2},
                 {"Zm-v", 2},     {"Zm_v", 2},       {"Zm9v=", 4},  {"Zm9vZ", 5},    {"Zm8==", 4},    {"Zm8=\n", 4},
                 {"Zm.v", 2},     {"\xC3\xA9ww", 0}, {"Zg==\n", 4}, {"AAAAAAA@", 7}, {"AAAA[AAA", 4}, {"AAAA`AAA", 4}};
    for (size_t i = 0; i < OT_COUNT(cases); i++) {
        char data[16];
        size_t len = 99, at = 99;
        assert_int_equal(ot__base64_decode(ot_str_c(cases[i].text), data, &len, &at), OT_ESYNTAX);
        if (at != cases[i].at) fail_msg("%s: refused at %zu", cases[i].text, at);
        assert_int_equal(len, 99);
        assert_int_equal(ot__base64_decode(ot_str_c(cases[i].text), data, &len, NULL), OT_ESYNTAX);
    }
    char data[4];
    size_t len, at = 99;
    assert_int_equal(ot__base64_decode(ot_str_of("AA\0A", 4), data, &len, &at), OT_ESYNTAX);
    assert_int_equal(at, 2);
}

/* One text for each value: of all four-letter texts over a small alphabet, those that decode encode back to themselves.
 */
static void test_one_text(void **state) {
    (void)state;
    static const char alphabet[] = "ABIQgw/=+-";
    size_t good = 0;
    for (int n = 0; n < 10000; n++) {
        char text[4] = {alphabet[n % 10], alphabet[n / 10 % 10], alphabet[n / 100 % 10], alphabet[n / 1000]}, data[3],
             back[4];
        size_t len = 0;
        if (ot__base64_decode(ot_str_of(text, 4), data, &len, NULL)) continue;
        good++;
        ot__base64_encode(ot_str_of(data, len), back);
        assert_memory_equal(back, text, 4);
    }
    /* Eight letters; in front of one sign those with two bits clear (A I Q g w), in front of two those with four (A Q g
     * w). */
    assert_int_equal(good, 8 * 8 * 8 * 8 + 8 * 8 * 5 + 8 * 4);
}

static void test_length(void **state) {
    (void)state;
    assert_int_equal(ot__base64_encoded_len(SIZE_MAX), SIZE_MAX);
    assert_int_equal(ot__base64_encoded_len(SIZE_MAX / 4 * 3), SIZE_MAX / 4 * 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),  cmocka_unit_test(test_round_trip), cmocka_unit_test(test_bad),
        cmocka_unit_test(test_one_text), cmocka_unit_test(test_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
