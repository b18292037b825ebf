/* json.h: reading and writing JSON for programs and backends. The reader itself is tested where it lives. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <owntracks/json.h>

static ot_json read_all(const char *text) {
    ot_json v;
    assert_int_equal(ot_json_read(ot_str_c(text), 0, &v, NULL), OT_OK);
    return v;
}

static void kinds(void **state) {
    (void)state;
    assert_int_equal(read_all(" null ").kind, OT_JSON_NULL);
    assert_int_equal(read_all("true").kind, OT_JSON_TRUE);
    assert_int_equal(read_all("false").kind, OT_JSON_FALSE);
    assert_int_equal(read_all("-1.5e3").kind, OT_JSON_NUMBER);
    assert_int_equal(read_all("\"x\"").kind, OT_JSON_STRING);
    assert_int_equal(read_all("[]").kind, OT_JSON_ARRAY);
    assert_int_equal(read_all("{}").kind, OT_JSON_OBJECT);
    assert_true(ot_str_eq(read_all(" [1 , 2] ").raw, OT_STR("[1 , 2]")));
    ot_json v;
    ot_error e = {OT_OK, 0, 0, "", ""};
    assert_int_equal(ot_json_read(OT_STR("[1,]"), 0, &v, &e), OT_ESYNTAX);
    assert_true(e.offset == 3 && v.kind == OT_JSON_NONE);
    assert_int_equal(ot_json_read(ot_str_of(NULL, 0), 0, &v, &e), OT_ESYNTAX);
    assert_int_equal(ot_json_read(OT_STR("\"\xff\""), 0, &v, &e), OT_EUTF8);
    assert_int_equal(ot_json_read(OT_STR("[[[]]]"), 2, &v, &e), OT_EDEPTH);
    assert_int_equal(ot_json_read(OT_STR("[[[]]]"), 3, &v, &e), OT_OK);
    /* However much is asked for, 1024 levels are the most. */
    char deep[2050];
    memset(deep, '[', 1025);
    memset(deep + 1025, ']', 1025);
    assert_int_equal(ot_json_read(ot_str_of(deep, 2050), 5000, &v, &e), OT_EDEPTH);
    assert_int_equal(ot_json_read(ot_str_of(deep + 1, 2048), 5000, &v, &e), OT_OK);
}

static void members(void **state) {
    (void)state;
    ot_json o = read_all("{\"a\":1,\"b\\u0063\":[true,\"x\\ny\"],\"a\":{\"z\":null}}"), v, w;
    ot_str key;
    size_t position = 0, n = 0;
    while (ot_json_next(&o, &position, &key, &v))
        n++;
    assert_int_equal(n, 3);
    assert_true(ot_str_eq(key, OT_STR("a")));
    assert_int_equal(v.kind, OT_JSON_NONE);
    assert_int_equal(ot_json_find(&o, OT_STR("a"), &v), OT_OK);
    assert_int_equal(v.kind, OT_JSON_OBJECT); /* the last one */
    assert_int_equal(ot_json_find(&v, OT_STR("z"), &w), OT_OK);
    assert_int_equal(w.kind, OT_JSON_NULL);
    assert_int_equal(ot_json_find(&o, OT_STR("bc"), &v), OT_OK);
    assert_int_equal(ot_json_find(&o, OT_STR("c"), &w), OT_ENOTFOUND);
    assert_int_equal(w.kind, OT_JSON_NONE);
    assert_int_equal(ot_json_find(&v, OT_STR("a"), &w), OT_ENOTFOUND);
    position = 0;
    assert_true(ot_json_next(&v, &position, NULL, &w));
    assert_int_equal(w.kind, OT_JSON_TRUE);
    assert_false(ot_json_next(&w, &(size_t){0}, NULL, &(ot_json){{NULL, 0}, OT_JSON_NONE, false}));
    assert_true(ot_json_next(&v, &position, NULL, &w));
    char buffer[16];
    ot_str text;
    assert_int_equal(ot_json_text(&w, buffer, &text), OT_OK);
    assert_true(ot_str_eq(text, OT_STR("x\ny")) && text.ptr == buffer);
    ot_json plain = read_all("\"plain\"");
    assert_int_equal(ot_json_text(&plain, NULL, &text), OT_OK);
    assert_true(ot_str_eq(text, OT_STR("plain")));
    assert_int_equal(ot_json_text(&v, buffer, &text), OT_ETYPE);
    assert_false(ot_json_next(&v, &position, NULL, &w));
}

static void numbers(void **state) {
    (void)state;
    int64_t i = 0;
    double d = 0;
    ot_json v = read_all("9223372036854775807");
    assert_int_equal(ot_json_integer(&v, &i), OT_OK);
    assert_true(i == INT64_MAX);
    v = read_all("9223372036854775808");
    assert_int_equal(ot_json_integer(&v, &i), OT_ERANGE);
    assert_int_equal(ot_json_number(&v, &d), OT_OK);
    assert_true(d > 9.2e18);
    v = read_all("1.5");
    assert_int_equal(ot_json_integer(&v, &i), OT_ERANGE);
    assert_int_equal(ot_json_number(&v, &d), OT_OK);
    assert_true(d > 1.49 && d < 1.51);
    v = read_all("1e999");
    assert_int_equal(ot_json_number(&v, &d), OT_ERANGE);
    v = read_all("\"1\"");
    assert_int_equal(ot_json_integer(&v, &i), OT_ETYPE);
    assert_int_equal(ot_json_number(&v, &d), OT_ETYPE);
}

static void writing(void **state) {
    (void)state;
    char bytes[64];
    ot_sink_buffer buffer = {bytes, sizeof bytes, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    assert_int_equal(ot_json_write_text(&sink, OT_STR("a\"\n\xc3\xa9")), OT_OK);
    assert_true(ot_str_eq(ot_str_of(bytes, buffer.len), OT_STR("\"a\\\"\\n\xc3\xa9\"")));
    assert_int_equal(ot_json_write_text(&sink, OT_STR("\xff")), OT_EUTF8);
}

static ot_status laid_out(const char *text, uint32_t indent, const char *expected) {
    static char out[1 << 15];
    ot_sink_buffer buffer = {out, sizeof out, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    ot_error e = OT_ERROR_INIT;
    ot_status status = ot_json_write_laid_out(&sink, ot_str_c(text), indent, &e);
    assert_int_equal(e.status, status);
    assert_true(buffer.len <= sizeof out && (status == OT_OK || !buffer.len));
    if (expected && !ot_str_eq(ot_str_of(out, buffer.len), ot_str_c(expected)))
        fail_msg("expected %s\nfound    %.*s", expected, (int)buffer.len, out);
    return status;
}

static ot_status none(void *ctx, const char *data, size_t len) {
    (void)ctx, (void)data, (void)len;
    return OT_EFULL;
}

static void laying_out(void **state) {
    (void)state;
    static const char text[] =
        " {\"a\" : [ ] , \"b\\\"{\":{ \"c\":[1 ,true, { } ,\"x, \\\\\"]} ,\"d\":-1.50e3, \"e\" : null }\n";
    assert_int_equal(
        laid_out(text, 0, "{\"a\":[],\"b\\\"{\":{\"c\":[1,true,{},\"x, \\\\\"]},\"d\":-1.50e3,\"e\":null}"), OT_OK);
    assert_int_equal(
        laid_out(text, 1,
                 "{\n \"a\": [],\n \"b\\\"{\": {\n  \"c\": [\n   1,\n   true,\n   {},\n   \"x, \\\\\"\n  ]\n },\n"
                 " \"d\": -1.50e3,\n \"e\": null\n}\n"),
        OT_OK);
    assert_int_equal(laid_out("7", 2, "7\n"), OT_OK);
    assert_int_equal(laid_out(" \"\" ", 0, "\"\""), OT_OK);
    /* The deepest there is, with the widest steps. */
    char deep[70] = "";
    for (int i = 0; i < 32; i++) {
        deep[i] = '[';
        deep[33 + i] = ']';
    }
    deep[32] = '0';
    assert_int_equal(laid_out(deep, 8, NULL), OT_OK);
    assert_int_equal(laid_out("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", 8, NULL),
                     OT_EDEPTH);
    assert_int_equal(laid_out(text, 9, NULL), OT_EINVAL);
    assert_int_equal(laid_out("[1,]", 2, NULL), OT_ESYNTAX);
    assert_int_equal(laid_out("", 2, NULL), OT_ESYNTAX);
    assert_int_equal(laid_out("\"\xff\"", 2, NULL), OT_EUTF8);
    /* Long texts, and a sink that takes nothing. */
    static char longest[5000] = "[\"";
    memset(longest + 2, 'x', sizeof longest - 5);
    memcpy(longest + sizeof longest - 3, "\"]", 3);
    assert_int_equal(laid_out(longest, 0, longest), OT_OK);
    ot_sink full = {none, NULL};
    assert_int_equal(ot_json_write_laid_out(&full, ot_str_c(longest), 2, NULL), OT_EFULL);
    assert_int_equal(ot_json_write_laid_out(&full, OT_STR("[1]"), 2, NULL), OT_EFULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),   cmocka_unit_test(members),    cmocka_unit_test(numbers),
        cmocka_unit_test(writing), cmocka_unit_test(laying_out),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
