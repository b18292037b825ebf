/* test_json.c: the JSON scanner, its iterators and escapes, and the string writer; each case on the fast and on the
 * portable build. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "portable.h"

/* One build of the scanner. */
typedef struct build {
    const char *name;
    ot_status (*validate)(ot_str, unsigned, ot__json_value *, ot__json_fail *);
    const char *(*value_scan)(const char *, const char *, unsigned, unsigned, ot__json_value *, ot__json_fail *);
    const char *(*string_scan)(const char *, const char *, ot_str *, bool *, ot__json_fail *);
    size_t (*unescape)(ot_str, char *);
    bool (*array_next)(ot_str, size_t *, ot__json_value *);
    bool (*object_next)(ot_str, size_t *, ot_str *, bool *, ot__json_value *);
    bool (*key_eq)(ot_str, bool, ot_str);
} build;

static const build builds[] = {
    {"fast", ot__json_validate, ot__json_value_scan, ot__json_string_scan, ot__json_unescape, ot__json_array_next,
     ot__json_object_next, ot__json_key_eq},
    {"portable", portable_validate, portable_value_scan, portable_string_scan, portable_unescape, portable_array_next,
     portable_object_next, portable_key_eq},
};
#define EACH_BUILD(b) for (const build *b = builds; b < builds + OT_COUNT(builds); b++)

/* A copy without a byte behind it, so that the address sanitizer sees a read beyond the end. */
static ot_str exact_copy(ot_str s) {
    char *copy = malloc(s.len ? s.len : 1);
    assert_non_null(copy);
    if (s.len) memcpy(copy, s.ptr, s.len);
    return ot_str_of(copy, s.len);
}

static ot_status run(const build *b, ot_str text, unsigned depth, ot__json_fail *fail, size_t *at) {
    ot_str copy = exact_copy(text);
    ot_status status = b->validate(copy, depth, NULL, fail);
    if (status) {
        assert_int_equal(status, fail->status);
        assert_non_null(fail->reason);
        assert_true(fail->at >= copy.ptr && fail->at <= copy.ptr + copy.len);
        *at = (size_t)(fail->at - copy.ptr);
    }
    free((void *)(uintptr_t)copy.ptr);
    return status;
}

typedef struct good_case {
    ot_str text;
    ot__json_kind kind;
} good_case;
#define GOOD(text, kind)                                                                                               \
    { {"" text, sizeof(text) - 1}, OT__JSON_##kind }

static const good_case good_cases[] = {
    GOOD("null", NULL),
    GOOD("true", TRUE),
    GOOD("false", FALSE),
    GOOD(" \t\r\n true \t\r\n ", TRUE),
    GOOD("0", NUMBER),
    GOOD("-0", NUMBER),
    GOOD("-0.0", NUMBER),
    GOOD("1", NUMBER),
    GOOD("10", NUMBER),
    GOOD("-12.5e+10", NUMBER),
    GOOD("1E5", NUMBER),
    GOOD("1e-05", NUMBER),
    GOOD("0e0", NUMBER),
    GOOD("0.000", NUMBER),
    GOOD("123456789012345678901234567890", NUMBER),
    GOOD("1e400", NUMBER),
    GOOD("\"\"", STRING),
    GOOD("\"a\"", STRING),
    GOOD("\"\x7f\"", STRING),
    GOOD("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", STRING),
    GOOD("\"\\u0000\"", STRING),
    GOOD("\"\\u00e9\\uABCD\\uabcd\"", STRING),
    GOOD("\"\\uD800\\uDC00\"", STRING),
    GOOD("\"\\uDBFF\\uDFFF\"", STRING),
    GOOD("\"\\uFFFF\\uFFFE\"", STRING),
    GOOD("\"\xC2\x80\"", STRING),
    GOOD("\"\xDF\xBF\"", STRING),
    GOOD("\"\xE0\xA0\x80\"", STRING),
    GOOD("\"\xED\x9F\xBF\"", STRING),
    GOOD("\"\xEE\x80\x80\"", STRING),
    GOOD("\"\xEF\xBF\xBF\"", STRING),
    GOOD("\"\xF0\x90\x80\x80\"", STRING),
    GOOD("\"\xF4\x8F\xBF\xBF\"", STRING),
    GOOD("\"0123456789abcde\xC3\xA9 0123456789 \xD0\x96\xD1\x83\xD0\xBA end\"", STRING),
    GOOD("[]", ARRAY),
    GOOD("[ ]", ARRAY),
    GOOD("[1]", ARRAY),
    GOOD("[ 1 , 2 ]", ARRAY),
    GOOD("[[],[[]],{}]", ARRAY),
    GOOD("[\"\",\"a,]\",\"\\\"\"]", ARRAY),
    GOOD("[null,true,false,0,\"x\",[],{}]", ARRAY),
    GOOD("{}", OBJECT),
    GOOD("{ }", OBJECT),
    GOOD("{\"\":0}", OBJECT),
    GOOD("{\"a\":1,\"a\":2}", OBJECT),
    GOOD("{ \"a\" : { \"b\" : [ { } , { \"c\" : null } ] } , \"d\" : -1 }", OBJECT),
    GOOD("{\"a\\u0062\":\"}\"}", OBJECT),
};

static void test_good(void **state) {
    (void)state;
    EACH_BUILD(b) {
        for (size_t i = 0; i < OT_COUNT(good_cases); i++) {
            ot_str text = exact_copy(good_cases[i].text);
            ot__json_value value;
            ot__json_fail fail = {OT_OK, NULL, NULL};
            if (b->validate(text, 32, &value, &fail) != OT_OK) {
                fail_msg("%s: %.*s: %s", b->name, (int)text.len, text.ptr, fail.reason);
            }
            assert_int_equal(value.kind, good_cases[i].kind);
            assert_null(fail.reason);
            /* The value stands without the blanks around it. */
            size_t first = 0, last = text.len;
            while (strchr(" \t\r\n", text.ptr[first]))
                first++;
            while (strchr(" \t\r\n", text.ptr[last - 1]))
                last--;
            assert_ptr_equal(value.raw.ptr, text.ptr + first);
            assert_int_equal(value.raw.len, last - first);
            if (value.kind == OT__JSON_STRING) {
                assert_int_equal(value.escaped, memchr(text.ptr, '\\', text.len) != NULL);
                assert_int_equal(ot__json_body(&value).len, value.raw.len - 2);
            }
            free((void *)(uintptr_t)text.ptr);
        }
    }
}

typedef struct bad_case {
    ot_str text;
    ot_status status;
    size_t at;
    const char *reason; /* part of it */
} bad_case;
#define BAD(text, status, at, reason)                                                                                  \
    { {"" text, sizeof(text) - 1}, OT_##status, at, reason }

static const bad_case bad_cases[] = {
    BAD("", ESYNTAX, 0, "empty"),
    BAD(" ", ESYNTAX, 1, "too early"),
    BAD("nul", ESYNTAX, 3, "within a word"),
    BAD("nulL", ESYNTAX, 3, "unknown word"),
    BAD("True", ESYNTAX, 0, "a value is expected"),
    BAD("truee", ESYNTAX, 4, "behind the value"),
    BAD("NaN", ESYNTAX, 0, "a value is expected"),
    BAD("Infinity", ESYNTAX, 0, "a value is expected"),
    BAD("-Infinity", ESYNTAX, 1, "a digit"),
    BAD("1 2", ESYNTAX, 2, "behind the value"),
    BAD("{} x", ESYNTAX, 3, "behind the value"),
    BAD("[] []", ESYNTAX, 3, "behind the value"),
    BAD("\0", ESYNTAX, 0, "a value is expected"),
    BAD("1\0", ESYNTAX, 1, "behind the value"),
    BAD("\xEF\xBB\xBF{}", ESYNTAX, 0, "a value is expected"),
    BAD("\v1", ESYNTAX, 0, "a value is expected"),
    BAD("\xC2\xA0 1", ESYNTAX, 0, "a value is expected"),
    BAD("/* */ 1", ESYNTAX, 0, "a value is expected"),
    BAD("'a'", ESYNTAX, 0, "a value is expected"),
    BAD("-", ESYNTAX, 1, "ends within a number"),
    BAD("+1", ESYNTAX, 0, "a value is expected"),
    BAD(".5", ESYNTAX, 0, "a value is expected"),
    BAD("-.5", ESYNTAX, 1, "a digit"),
    BAD("5.", ESYNTAX, 2, "ends within a number"),
    BAD("[5.]", ESYNTAX, 3, "behind the point"),
    BAD("5.e1", ESYNTAX, 2, "behind the point"),
    BAD("01", ESYNTAX, 1, "start with 0"),
    BAD("-01", ESYNTAX, 2, "start with 0"),
    BAD("00", ESYNTAX, 1, "start with 0"),
    BAD("1e", ESYNTAX, 2, "ends within a number"),
    BAD("1e+", ESYNTAX, 3, "ends within a number"),
    BAD("[1e+]", ESYNTAX, 4, "exponent"),
    BAD("1e5.5", ESYNTAX, 3, "behind the value"),
    BAD("--1", ESYNTAX, 1, "a digit"),
    BAD("0x10", ESYNTAX, 1, "behind the value"),
    BAD("1_000", ESYNTAX, 1, "behind the value"),
    BAD("\"", ESYNTAX, 1, "within a string"),
    BAD("\"abc", ESYNTAX, 4, "within a string"),
    BAD("\"\\", ESYNTAX, 2, "within a string"),
    BAD("\"\\\"", ESYNTAX, 3, "within a string"),
    BAD("\"\\u12", ESYNTAX, 5, "within a string"),
    BAD("\"\\u12G4\"", ESYNTAX, 5, "hexadecimal"),
    BAD("\"\\U0041\"", ESYNTAX, 1, "unknown escape"),
    BAD("\"\\x41\"", ESYNTAX, 1, "unknown escape"),
    BAD("\"\\'\"", ESYNTAX, 1, "unknown escape"),
    BAD("\"a\\\n\"", ESYNTAX, 2, "unknown escape"),
    BAD("\"a\nb\"", ESYNTAX, 2, "control character"),
    BAD("\"\t\"", ESYNTAX, 1, "control character"),
    BAD("\"a\0b\"", ESYNTAX, 2, "control character"),
    BAD("\"0123456789abcdef0123\x1f\"", ESYNTAX, 21, "control character"),
    BAD("\"\\uD800\"", EUTF8, 1, "surrogate"),
    BAD("\"ab\\uDC00\"", EUTF8, 3, "surrogate"),
    BAD("\"\\uD800\\n\"", EUTF8, 1, "surrogate"),
    BAD("\"\\uD800\\u0041\"", EUTF8, 1, "surrogate"),
    BAD("\"\\uD800\\uD800\\uDC00\"", EUTF8, 1, "surrogate"),
    BAD("\"\\uDBFF\\uE000\"", EUTF8, 1, "surrogate"),
    BAD("\"\\uD800\\uDC0\"", ESYNTAX, 12, "hexadecimal"),
    BAD("\"\\uD800\\uDC", ESYNTAX, 11, "within a string"),
    BAD("\"\x80\"", EUTF8, 1, "UTF-8"),
    BAD("\"\xBF\"", EUTF8, 1, "UTF-8"),
    BAD("\"\xC0\x80\"", EUTF8, 1, "UTF-8"),
    BAD("\"\xC1\xBF\"", EUTF8, 1, "UTF-8"),
    BAD("\"\xC3\"", EUTF8, 1, "UTF-8"),
    BAD("\"\xC3", EUTF8, 1, "UTF-8"),
    BAD("\"\xE0\x9F\xBF\"", EUTF8, 1, "UTF-8"),
    BAD("\"\xE2\x82\"", EUTF8, 1, "UTF-8"),
    BAD("\"\xED\xA0\x80\"", EUTF8, 1, "UTF-8"),
    BAD("\"\xED\xBF\xBF\"", EUTF8, 1, "UTF-8"),
    BAD("\"\xF0\x8F\xBF\xBF\"", EUTF8, 1, "UTF-8"),
    BAD("\"\xF4\x90\x80\x80\"", EUTF8, 1, "UTF-8"),
    BAD("\"\xF5\x80\x80\x80\"", EUTF8, 1, "UTF-8"),
    BAD("\"\xFE\"", EUTF8, 1, "UTF-8"),
    BAD("\"\xFF\"", EUTF8, 1, "UTF-8"),
    BAD("\"0123456789abcdefgh\xC3\xA9\xC3x\"", EUTF8, 21, "UTF-8"),
    BAD("[", ESYNTAX, 1, "too early"),
    BAD("[1", ESYNTAX, 2, "too early"),
    BAD("[1,", ESYNTAX, 3, "too early"),
    BAD("[1,]", ESYNTAX, 3, "a value is expected"),
    BAD("[,1]", ESYNTAX, 1, "a value is expected"),
    BAD("[1 2]", ESYNTAX, 3, "closing bracket"),
    BAD("[1:2]", ESYNTAX, 2, "closing bracket"),
    BAD("[1}", ESYNTAX, 2, "closing bracket"),
    BAD("]", ESYNTAX, 0, "a value is expected"),
    BAD("[]]", ESYNTAX, 2, "behind the value"),
    BAD("[[]", ESYNTAX, 3, "too early"),
    BAD("[{]}", ESYNTAX, 2, "name of a member"),
    BAD("{", ESYNTAX, 1, "too early"),
    BAD("{\"a\"", ESYNTAX, 4, "too early"),
    BAD("{\"a\":", ESYNTAX, 5, "too early"),
    BAD("{\"a\":1", ESYNTAX, 6, "too early"),
    BAD("{\"a\":1,", ESYNTAX, 7, "too early"),
    BAD("{\"a\":1,}", ESYNTAX, 7, "name of a member"),
    BAD("{,\"a\":1}", ESYNTAX, 1, "name of a member"),
    BAD("{\"a\" 1}", ESYNTAX, 5, "colon"),
    BAD("{\"a\":}", ESYNTAX, 5, "a value is expected"),
    BAD("{\"a\",1}", ESYNTAX, 4, "colon"),
    BAD("{\"a\":1 \"b\":2}", ESYNTAX, 7, "closing brace"),
    BAD("{\"a\":1]", ESYNTAX, 6, "closing brace"),
    BAD("{a:1}", ESYNTAX, 1, "name of a member"),
    BAD("{1:1}", ESYNTAX, 1, "name of a member"),
    BAD("{\"a\\q\":1}", ESYNTAX, 3, "unknown escape"),
    BAD("{\"\xFF\":1}", EUTF8, 2, "UTF-8"),
    BAD("{\"a\":\"\xFF\"}", EUTF8, 6, "UTF-8"),
    BAD("}", ESYNTAX, 0, "a value is expected"),
};

static void test_bad(void **state) {
    (void)state;
    EACH_BUILD(b) {
        for (size_t i = 0; i < OT_COUNT(bad_cases); i++) {
            const bad_case *c = bad_cases + i;
            ot__json_fail fail = {OT_OK, NULL, NULL};
            size_t at = SIZE_MAX;
            ot_status status = run(b, c->text, 32, &fail, &at);
            if (status != c->status || at != c->at || !strstr(fail.reason, c->reason)) {
                fail_msg("%s, case %zu, %.*s: %s at %zu: %s", b->name, i, (int)c->text.len, c->text.ptr,
                         ot_status_name(status), at, fail.reason ? fail.reason : "");
            }
            assert_int_equal(b->validate(c->text, 32, NULL, NULL), c->status);
        }
    }
}

static const char sample[] =
    " {\"_type\":\"location\",\"lat\":48.8567891,\"lon\":-2.35e0,\"tst\":1699999999,\"ok\":true,\"no\":false,"
    "\"nil\":null,\"desc\":\"caf\xC3\xA9 \\u00e9 \\ud83d\\ude00 \xF0\x9F\x98\x80 and more of it\",\"in\":[\"home\","
    "[ ], {}, {\"a\":[1,2,{\"b\":-0.5E-3}]}],\"e\":{ }}";

/* Every prefix of a valid text is refused, and where only bytes are missing, at its end. */
static void test_prefixes(void **state) {
    (void)state;
    EACH_BUILD(b) {
        for (size_t n = 0; n < sizeof sample - 1; n++) {
            ot__json_fail fail = {OT_OK, NULL, NULL};
            size_t at = SIZE_MAX;
            ot_status status = run(b, ot_str_of(sample, n), 32, &fail, &at);
            if (status == OT_EUTF8) {
                /* Cut within a letter, or between the halves of an escaped pair. */
                assert_true(at < n && ((unsigned char)sample[at] >= 0xC0 || sample[at] == '\\'));
            } else {
                assert_int_equal(status, OT_ESYNTAX);
                assert_int_equal(at, n);
            }
        }
        assert_int_equal(b->validate(ot_str_of(sample, sizeof sample - 1), 32, NULL, NULL), OT_OK);
    }
}

static size_t nested(char *text, size_t levels, bool objects) {
    size_t n = 0;
    for (size_t i = 0; i < levels; i++) {
        if (objects && i % 2) {
            memcpy(text + n, "{\"k\":", 5);
            n += 5;
        } else {
            text[n++] = '[';
        }
    }
    if (objects && levels % 2 == 0) text[n++] = '0';
    for (size_t i = levels; i-- > 0;)
        text[n++] = objects && i % 2 ? '}' : ']';
    return n;
}

static void test_depth(void **state) {
    (void)state;
    static const unsigned limits[] = {1, 2, 32, 63, 64, 65, 128, 1000, OT__JSON_DEPTH_MAX};
    char *text = malloc(8 * (OT__JSON_DEPTH_MAX + 2));
    assert_non_null(text);
    EACH_BUILD(b) {
        for (size_t i = 0; i < OT_COUNT(limits); i++) {
            for (int objects = 0; objects < 2; objects++) {
                ot__json_fail fail = {OT_OK, NULL, NULL};
                unsigned limit = limits[i];
                size_t n = nested(text, limit, objects), at = SIZE_MAX;
                assert_int_equal(b->validate(ot_str_of(text, n), limit, NULL, NULL), OT_OK);
                n = nested(text, limit + 1, objects);
                assert_int_equal(run(b, ot_str_of(text, n), limit, &fail, &at), OT_EDEPTH);
                /* At the bracket that is one too many. */
                assert_int_equal(at, objects ? limit / 2 * 5 + limit - limit / 2 : limit);
                /* Levels that are open already count. */
                n = nested(text, 1, false);
                assert_null(b->value_scan(text, text + n, limit, limit, NULL, NULL));
                assert_ptr_equal(b->value_scan(text, text + n, limit - 1, limit, NULL, NULL), text + n);
            }
        }
        /* No limit given still has one. */
        size_t n = nested(text, OT__JSON_DEPTH_MAX + 1, false);
        assert_int_equal(b->validate(ot_str_of(text, n), UINT32_MAX, NULL, NULL), OT_EDEPTH);
        /* At 0 there are scalars only. */
        assert_int_equal(b->validate(OT_STR("[]"), 0, NULL, NULL), OT_EDEPTH);
        assert_int_equal(b->validate(OT_STR("\"[]\""), 0, NULL, NULL), OT_OK);
    }
    free(text);
}

/* A special byte at every place of strings of every length around the steps of 8 and 16 bytes. */
static void test_string_places(void **state) {
    (void)state;
    static const unsigned char special[] = {0x00, 0x01, 0x1F, '"', '\\', 0x80, 0xC3, 0xFF};
    EACH_BUILD(b) {
        for (size_t len = 0; len <= 40; len++) {
            for (size_t at = 0; at <= len; at++) {
                for (size_t k = 0; k < OT_COUNT(special); k++) {
                    char bytes[48];
                    memset(bytes, 'A' + (int)(at % 26), sizeof bytes); /* no escape's letter */
                    bytes[at] = (char)special[k];
                    ot_str text = exact_copy(ot_str_of(bytes, len));
                    ot_str body;
                    bool escaped = false;
                    ot__json_fail fail = {OT_OK, NULL, NULL};
                    const char *behind = b->string_scan(text.ptr, text.ptr + len, &body, &escaped, &fail);
                    if (at < len && special[k] == '"') {
                        assert_ptr_equal(behind, text.ptr + at + 1);
                        assert_ptr_equal(body.ptr, text.ptr);
                        assert_int_equal(body.len, at);
                        assert_false(escaped);
                    } else {
                        assert_null(behind);
                        bool end = at == len || (special[k] == '\\' && at == len - 1);
                        assert_ptr_equal(fail.at, text.ptr + (end ? len : at));
                        assert_int_equal(fail.status, at < len && special[k] >= 0x80 ? OT_EUTF8 : OT_ESYNTAX);
                    }
                    free((void *)(uintptr_t)text.ptr);
                }
            }
        }
        /* Bytes that are close to the special ones are not. */
        static const char close[] = " !#[]^_~\x7f/0a\"";
        ot_str body;
        bool escaped = true;
        assert_non_null(b->string_scan(close, close + sizeof close - 1, &body, &escaped, NULL));
        assert_int_equal(body.len, sizeof close - 2);
        assert_false(escaped);
    }
}

/* All code points: as bytes they are valid exactly when they are no surrogates; escaped they come back as the same
 * bytes. */
static void test_code_points(void **state) {
    (void)state;
    EACH_BUILD(b) {
        for (uint32_t c = 0x20; c <= 0x10FFFF; c += c < 0x11000 ? 1 : 97) {
            char raw[8] = "", escaped[16], out[16];
            size_t n = 0;
            if (c < 0x80) {
                raw[n++] = (char)c;
            } else if (c < 0x800) {
                raw[n++] = (char)(0xC0 | c >> 6);
            } else if (c < 0x10000) {
                raw[n++] = (char)(0xE0 | c >> 12);
                raw[n++] = (char)(0x80 | (c >> 6 & 63));
            } else {
                raw[n++] = (char)(0xF0 | c >> 18);
                raw[n++] = (char)(0x80 | (c >> 12 & 63));
                raw[n++] = (char)(0x80 | (c >> 6 & 63));
            }
            if (c >= 0x80) raw[n++] = (char)(0x80 | (c & 63));
            raw[n] = '"';
            bool surrogate = c >= 0xD800 && c <= 0xDFFF, special = c == '"' || c == '\\';
            const char *behind = b->string_scan(raw, raw + n + 1, NULL, NULL, NULL);
            if (!special) assert_ptr_equal(behind, surrogate ? NULL : raw + n + 1);
            int len = c < 0x10000 ? snprintf(escaped, sizeof escaped, "\\u%04X", c)
                                  : snprintf(escaped, sizeof escaped, "\\u%04x\\u%04x", 0xD800 + ((c - 0x10000) >> 10),
                                             0xDC00 + ((c - 0x10000) & 0x3FF));
            escaped[len] = '"';
            ot_str body;
            bool slash = false;
            behind = b->string_scan(escaped, escaped + len + 1, &body, &slash, NULL);
            if (surrogate) {
                assert_null(behind);
                continue;
            }
            assert_non_null(behind);
            assert_true(slash);
            assert_int_equal(b->unescape(body, out), n);
            assert_memory_equal(out, raw, n);
            assert_true(b->key_eq(body, true, ot_str_of(raw, n)));
        }
    }
}

static void test_unescape(void **state) {
    (void)state;
    EACH_BUILD(b) {
        char out[64];
        ot_str body = OT_STR("a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000z\\u00e9\\ud83d\\ude00.");
        size_t n = b->unescape(body, out);
        assert_int_equal(n, 18);
        assert_memory_equal(out, "a\"\\/\b\f\n\r\t\0z\xC3\xA9\xF0\x9F\x98\x80.", n);
        assert_int_equal(b->unescape(OT_STR(""), out), 0);
        n = b->unescape(OT_STR("plain"), out);
        assert_int_equal(n, 5);
        assert_memory_equal(out, "plain", 5);
        /* In place. */
        char same[] = "\\u0041b\\u0043";
        n = b->unescape(ot_str_of(same, sizeof same - 1), same);
        assert_int_equal(n, 3);
        assert_memory_equal(same, "AbC", 3);
    }
}

static void test_key_eq(void **state) {
    (void)state;
    EACH_BUILD(b) {
        assert_true(b->key_eq(OT_STR("lat"), false, OT_STR("lat")));
        assert_false(b->key_eq(OT_STR("lat"), false, OT_STR("lon")));
        assert_false(b->key_eq(OT_STR("lat"), false, OT_STR("la")));
        assert_true(b->key_eq(OT_STR("l\\u0061t"), true, OT_STR("lat")));
        assert_false(b->key_eq(OT_STR("l\\u0061t"), true, OT_STR("lat2")));
        assert_false(b->key_eq(OT_STR("l\\u0061t"), true, OT_STR("la")));
        assert_false(b->key_eq(OT_STR("l\\u0061t"), true, OT_STR("let")));
        assert_false(b->key_eq(OT_STR("\\ud83d\\ude00"), true, OT_STR("\xF0\x9F")));
        assert_true(b->key_eq(OT_STR(""), false, OT_STR("")));
        assert_true(b->key_eq(OT_STR("a\\u0000"), true, ot_str_of("a\0", 2)));
        assert_false(b->key_eq(OT_STR("a\\u0000"), true, ot_str_of("a", 1)));
    }
}

static void test_iterators(void **state) {
    (void)state;
    EACH_BUILD(b) {
        ot_str array = OT_STR("[ 1 ,\"a\\n]\" , [ 2, 3 ],{\"x\":[4]} ,null]");
        static const char *const parts[] = {"1", "\"a\\n]\"", "[ 2, 3 ]", "{\"x\":[4]}", "null"};
        static const ot__json_kind kinds[] = {OT__JSON_NUMBER, OT__JSON_STRING, OT__JSON_ARRAY, OT__JSON_OBJECT,
                                              OT__JSON_NULL};
        size_t pos = 0, n = 0;
        ot__json_value v;
        while (b->array_next(array, &pos, &v)) {
            assert_true(n < OT_COUNT(parts));
            assert_int_equal(v.kind, kinds[n]);
            assert_int_equal(v.escaped, n == 1);
            assert_true(ot_str_eq(v.raw, ot_str_c(parts[n])));
            n++;
        }
        assert_int_equal(n, OT_COUNT(parts));
        assert_false(b->array_next(array, &pos, &v));
        pos = 0;
        assert_false(b->array_next(OT_STR("[ ]"), &pos, &v));
        pos = 0;
        assert_false(b->array_next(OT_STR("[]"), &pos, &v));

        ot_str object = OT_STR("{ \"a\" : 1,\"\\u0062\":\"two\" ,\"\":{\"c\":3}}");
        static const char *const keys[] = {"a", "\\u0062", ""}, *const values[] = {"1", "\"two\"", "{\"c\":3}"};
        ot_str key;
        bool escaped;
        for (pos = 0, n = 0; b->object_next(object, &pos, &key, &escaped, &v); n++) {
            assert_true(n < OT_COUNT(keys));
            assert_true(ot_str_eq(key, ot_str_c(keys[n])));
            assert_true(ot_str_eq(v.raw, ot_str_c(values[n])));
            assert_int_equal(escaped, n == 1);
        }
        assert_int_equal(n, OT_COUNT(keys));
        pos = 0;
        assert_false(b->object_next(OT_STR("{}"), &pos, &key, &escaped, &v));

        /* A text that was never valid ends the loop; it leads nowhere else. */
        static const char *const broken[] = {"",      "[", "[1", "[1,",    "[1,]",    "[1 2]",
                                             "[\"a]", "x", "{",  "{\"a\"", "{\"a\":", "{\"a\":1,"};
        for (size_t i = 0; i < OT_COUNT(broken); i++) {
            ot_str text = exact_copy(ot_str_c(broken[i]));
            for (pos = 0, n = 0; b->array_next(text, &pos, &v); n++)
                assert_true(n < 2);
            for (pos = 0, n = 0; b->object_next(text, &pos, &key, NULL, &v); n++)
                assert_true(n < 2);
            free((void *)(uintptr_t)text.ptr);
        }
    }
}

typedef struct budget {
    size_t calls, fail_at;
} budget;

static ot_status budget_write(void *ctx, const char *data, size_t len) {
    budget *b = ctx;
    (void)data;
    assert_true(len > 0);
    return b->calls++ == b->fail_at ? OT_EFULL : OT_OK;
}

static void expect_written(ot_str s, const char *text) {
    char data[4096];
    ot_sink_buffer buffer = {data, sizeof data, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    assert_int_equal(ot__json_write_string(&sink, s), OT_OK);
    assert_int_equal(buffer.len, strlen(text));
    assert_memory_equal(data, text, buffer.len);
}

static void test_write_string(void **state) {
    (void)state;
    expect_written(OT_STR(""), "\"\"");
    expect_written(ot_str_of(NULL, 0), "\"\"");
    expect_written(OT_STR("plain / \x7f \xC3\xA9 \xF0\x9F\x98\x80 ' <>&"),
                   "\"plain / \x7f \xC3\xA9 \xF0\x9F\x98\x80 ' <>&\"");
    expect_written(ot_str_of("\0\x01\b\t\n\v\f\r\x1b\x1f\"\\", 12),
                   "\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001b\\u001f\\\"\\\\\"");
    /* Long ones, with and without escapes, around the size that is gathered. */
    for (size_t len = 240; len <= 540; len++) {
        char plain[540], text[1100];
        memset(plain, 'x', len);
        memset(text, 'x', len + 2);
        text[0] = text[len + 1] = '"';
        text[len + 2] = 0;
        expect_written(ot_str_of(plain, len), text);
        size_t n = 1;
        for (size_t i = 0; i < len; i++) {
            if (i % 7 == 3) {
                plain[i] = '\n';
                text[n++] = '\\';
                text[n++] = 'n';
            } else {
                text[n++] = 'x';
            }
        }
        memcpy(text + n, "\"", 2);
        expect_written(ot_str_of(plain, len), text);
    }
    /* Nothing is written of what is not UTF-8; a sink's failure ends the writing. */
    budget b = {0, SIZE_MAX};
    ot_sink sink = {budget_write, &b};
    assert_int_equal(ot__json_write_string(&sink, OT_STR("a\xFF")), OT_EUTF8);
    assert_int_equal(b.calls, 0);
    char many[2000];
    memset(many, '\n', sizeof many);
    assert_int_equal(ot__json_write_string(&sink, ot_str_of(many, sizeof many)), OT_OK);
    size_t calls = b.calls;
    assert_true(calls > 2);
    for (size_t i = 0; i < calls; i++) {
        b.calls = 0;
        b.fail_at = i;
        assert_int_equal(ot__json_write_string(&sink, ot_str_of(many, sizeof many)), OT_EFULL);
        assert_int_equal(b.calls, i + 1);
    }
}

/* What is written reads back as it was: every byte below 0x80, and mixtures. */
static void test_write_and_read(void **state) {
    (void)state;
    uint32_t seed = 12345;
    for (int round = 0; round < 2000; round++) {
        char in[128], text[1024], back[1024];
        size_t n = 0, want = (size_t)round % 100;
        while (n < want) {
            seed = seed * 1664525 + 1013904223;
            if (seed >> 30) {
                in[n++] = (char)(seed >> 16 & 0x7F);
            } else {
                memcpy(in + n, "\xE2\x82\xAC", 3);
                n += 3;
            }
        }
        ot_sink_buffer buffer = {text, sizeof text, 0};
        ot_sink sink = ot_sink_to_buffer(&buffer);
        assert_int_equal(ot__json_write_string(&sink, ot_str_of(in, n)), OT_OK);
        EACH_BUILD(b) {
            ot__json_value v;
            assert_int_equal(b->validate(ot_str_of(text, buffer.len), 0, &v, NULL), OT_OK);
            assert_int_equal(v.kind, OT__JSON_STRING);
            assert_int_equal(b->unescape(ot__json_body(&v), back), n);
            assert_memory_equal(back, in, n);
            if (!v.escaped) assert_int_equal(ot__json_body(&v).len, n);
        }
    }
}

static void test_space(void **state) {
    (void)state;
    static const char text[] = " \t\r\n\v";
    assert_ptr_equal(ot__json_space(text, text + 5), text + 4);
    assert_ptr_equal(ot__json_space(text, text + 2), text + 2);
    assert_ptr_equal(ot__json_space(text + 4, text + 5), text + 4);
    assert_ptr_equal(portable_space(text, text + 5), text + 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),           cmocka_unit_test(test_bad),
        cmocka_unit_test(test_prefixes),       cmocka_unit_test(test_depth),
        cmocka_unit_test(test_string_places),  cmocka_unit_test(test_code_points),
        cmocka_unit_test(test_unescape),       cmocka_unit_test(test_key_eq),
        cmocka_unit_test(test_iterators),      cmocka_unit_test(test_write_string),
        cmocka_unit_test(test_write_and_read), cmocka_unit_test(test_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
