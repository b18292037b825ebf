/* test_store_face.c: what the face does itself: the registry, tokens, and the work that a backend leaves to it: the store suite passes on a backend with
   none but the slots that must be, and on one without filters. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/store.h"

#include <owntracks/sys/conformance.h>

#include <stdio.h>

static void failed(void *ctx, const char *test, const char *file, int line, const char *text) {
    (void)ctx;
    fprintf(stderr, "%s: %s:%d: %s\n", test, file, line, text);
}

static ot_status by_scheme(void *ctx, const ot_store_config *config, ot_store **out, ot_error *error) {
    char url[40];
    snprintf(url, sizeof url, "%s:", (const char *)ctx);
    return ot_store_open(url, config, out, error);
}

/* A scan that gives everything, in the order asked for. */
static ot_status blind_scan(void *self, void *cursor, const ot_scan *scan, ot_error *error) {
    ot_query q = OT_QUERY_INIT;
    assert_int_equal(scan->query->limit != 0,
                     scan->query->limit != 0 && !scan->query->user.ptr && !scan->query->types && !scan->query->box);
    q.newest_first = scan->query->newest_first;
    q.limit = scan->query->limit;
    ot_scan blind = {sizeof blind, &q, scan->after};
    return ot__store_memory()->scan(self, cursor, &blind, error);
}

static void bare(void **state) {
    (void)state;
    ot_store_ops ops = *ot__store_memory();
    memset((char *)&ops + offsetof(ot_store_ops, last), 0, sizeof ops - offsetof(ot_store_ops, last));
    ops.size = offsetof(ot_store_ops, last); /* as an old author's table: the rest is not looked at */
    ops.scheme = "bare";
    ops.filters = 0;
    ops.scan = blind_scan;
    ot_error error;
    assert_int_equal(ot_store_register(&ops, &error), OT_OK);
    assert_int_equal(ot_store_register(&ops, &error), OT_OK);
    const ot_store_factory factory = {sizeof factory, (void *)"bare", by_scheme, NULL};
    const ot_suite_report report = {failed, NULL};
    assert_int_equal(ot_suite_store(&factory, NULL, &report), 0);
}

static void no_filters(void **state) {
    (void)state;
    ot_store_ops ops = *ot__store_memory();
    ops.scheme = "unfiltered";
    ops.filters = 0;
    ops.scan = blind_scan;
    assert_int_equal(ot_store_register(&ops, NULL), OT_OK);
    const ot_store_factory factory = {sizeof factory, (void *)"unfiltered", by_scheme, NULL};
    const ot_suite_report report = {failed, NULL};
    assert_int_equal(ot_suite_store(&factory, NULL, &report), 0);
}

static void suite_names(void **state) {
    (void)state;
    const ot_store_factory factory = {sizeof factory, (void *)"memory", by_scheme, NULL};
    assert_true(ot_suite_store(&factory, "no such test", NULL) == SIZE_MAX);
    assert_non_null(ot_suite_store_name(0));
    assert_null(ot_suite_store_name(1000));
}

static ot_status wrong_put(void *self, const ot_record *records, size_t count, const ot_kv_op *ops, size_t op_count,
                           ot_put_result *results, ot_error *error) {
    /* Says that it stored, and drops every fifth record. */
    (void)ops;
    (void)op_count;
    static unsigned n;
    ot_status status = OT_OK;
    for (size_t i = 0; i < count; i++) {
        if (results) results[i] = records[i].reject ? OT_PUT_REFUSED : OT_PUT_STORED;
        if (++n % 5)
            status = ot__store_memory()->put(self, &records[i], 1, NULL, 0, results ? &results[i] : NULL, error);
    }
    return status;
}

/* The suite finds a store that loses. */
static void suite_sees(void **state) {
    (void)state;
    ot_store_ops ops = *ot__store_memory();
    ops.scheme = "wrong";
    ops.put = wrong_put;
    assert_int_equal(ot_store_register(&ops, NULL), OT_OK);
    const ot_store_factory factory = {sizeof factory, (void *)"wrong", by_scheme, NULL};
    size_t seen = 0;
    for (size_t i = 0; ot_suite_store_name(i); i++)
        seen += ot_suite_store(&factory, ot_suite_store_name(i), NULL) > 0;
    assert_true(seen > 15);
}

static void registry(void **state) {
    (void)state;
    ot_store_ops ops = *ot__store_memory();
    ot_error error;
    assert_int_equal(ot_store_register(&ops, &error), OT_ECONFLICT);
    ops.scheme = "a b";
    assert_int_equal(ot_store_register(&ops, &error), OT_EINVAL);
    assert_string_equal(error.field, "scheme");
    ops.scheme = "half";
    ops.kv_scan = NULL;
    assert_int_equal(ot_store_register(&ops, &error), OT_EINVAL);
    ops = *ot__store_memory();
    ops.scheme = "half";
    ops.next = NULL;
    assert_int_equal(ot_store_register(&ops, &error), OT_EINVAL);
    assert_string_equal(error.field, "next");
    ops.size = 16;
    assert_int_equal(ot_store_register(&ops, &error), OT_EINVAL);

    ot_store *s = (ot_store *)&ops;
    static const struct {
        const char *url;
        ot_status want;
    } urls[] = {{"", OT_EINVAL},         {":", OT_EINVAL},
                {"memory", OT_EINVAL},   {"nothing:x", OT_EUNSUPPORTED},
                {"memory:x", OT_EINVAL}, {"Memory:", OT_EUNSUPPORTED}};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        assert_int_equal(ot_store_open(urls[i].url, NULL, &s, &error), urls[i].want);
        assert_null(s);
        assert_true(error.reason[0]);
    }
    assert_int_equal(ot_store_open(NULL, NULL, &s, &error), OT_EINVAL);
    ot_store_config config = OT_STORE_CONFIG_INIT;
    const ot_option option = {"x", "y"}, broken = {NULL, "y"};
    config.option_count = 1;
    assert_int_equal(ot_store_open("memory:", &config, &s, &error), OT_EINVAL);
    config.options = &broken;
    assert_int_equal(ot_store_open("memory:", &config, &s, &error), OT_EINVAL);
    config.options = &option;
    assert_int_equal(ot_store_open("memory:", &config, &s, &error), OT_EINVAL);
    assert_string_equal(error.field, "x");
    config.option_count = 0;
    config.must_exist = true;
    assert_int_equal(ot_store_open("memory:", &config, &s, &error), OT_ENOTFOUND);
    config.must_exist = false;
    config.remember_removed = -1;
    assert_int_equal(ot_store_open("memory:", &config, &s, &error), OT_EINVAL);
    config.size = 4;
    assert_int_equal(ot_store_open("memory:", &config, &s, &error), OT_EINVAL);
    ot_store_close(NULL);
    ot_cursor_close(NULL);
}

/* A store from a live object. */
static int closed;
static void count_close(void *self) {
    (void)self;
    closed++;
}
static ot_status no_put(void *self, const ot_record *records, size_t count, const ot_kv_op *ops, size_t op_count,
                        ot_put_result *results, ot_error *error) {
    (void)ops, (void)op_count, (void)results, (void)records, (void)count, (void)self;
    return ot_error_set(error, OT_EFULL, NULL, OT_NO_OFFSET, "no room");
}
static ot_status no_scan(void *self, void *cursor, const ot_scan *scan, ot_error *error) {
    (void)cursor, (void)scan, (void)error;
    assert_ptr_equal(self, &closed);
    return OT_EIO;
}
static ot_status no_next(void *self, void *cursor, ot_record *out, ot_error *error) {
    (void)self, (void)cursor, (void)out, (void)error;
    return OT_DONE;
}
static void no_cursor_close(void *self, void *cursor) {
    assert_ptr_equal(self, &closed);
    assert_null(cursor);
}

static void wrap(void **state) {
    (void)state;
    const ot_store_ops ops = {.size = sizeof ops,
                              .scheme = "live",
                              .close = count_close,
                              .put = no_put,
                              .scan = no_scan,
                              .next = no_next,
                              .cursor_close = no_cursor_close};
    ot_store *s;
    assert_int_equal(ot_store_wrap(&ops, &closed, NULL, &s, NULL), OT_OK);
    assert_string_equal(ot_store_scheme(s), "live");
    ot_query q = OT_QUERY_INIT;
    ot_cursor *c;
    assert_int_equal(ot_store_scan(s, &q, &c, NULL), OT_EIO);
    assert_null(c);
    assert_int_equal(ot_store_last(s, ot_str_of(NULL, 0), ot_str_of(NULL, 0), &c, NULL), OT_EIO);
    uint64_t n;
    ot_store_stats stats = {.size = sizeof stats};
    ot_error error;
    assert_int_equal(ot_store_changes(s, 0, 0, &c, &error), OT_EUNSUPPORTED);
    assert_int_equal(ot_store_head(s, &n, &error), OT_EUNSUPPORTED);
    assert_int_equal(ot_store_rejects(s, OT_TIME_NONE, OT_TIME_NONE, 0, &c, &error), OT_EUNSUPPORTED);
    assert_int_equal(ot_store_remove(s, &q, NULL, &error), OT_EUNSUPPORTED);
    assert_int_equal(ot_store_remove_device(s, OT_STR("a"), OT_STR("b"), NULL, &error), OT_EUNSUPPORTED);
    assert_int_equal(ot_store_retain(s, 0, true, NULL, &error), OT_EUNSUPPORTED);
    assert_int_equal(ot_store_stats_get(s, &stats, &error), OT_EUNSUPPORTED);
    assert_int_equal(ot_store_check(s, NULL, NULL, &error), OT_EUNSUPPORTED);
    assert_int_equal(ot_kv_get(s, OT_STR("a"), NULL, NULL, &error), OT_EUNSUPPORTED);
    assert_int_equal(ot_kv_delete(s, OT_STR("a"), 0, &error), OT_EUNSUPPORTED);
    const ot_kv_op op = {OT_STR("a"), OT_STR("1"), OT_KV_ANY};
    assert_int_equal(ot_store_put(s, NULL, 0, &op, 1, NULL, &error), OT_EUNSUPPORTED);
    ot_record r = OT_RECORD_INIT;
    r.type = OT_TYPE_CARD;
    r.user = r.device = r.topic = OT_STR("x");
    r.at = r.arrival = 1;
    assert_int_equal(ot_store_put(s, &r, 1, NULL, 0, NULL, &error), OT_EFULL);
    assert_string_equal(error.reason, "no room");
    ot_store_close(s);
    assert_int_equal(closed, 1);
    ot_store_ops bad = ops;
    bad.put = NULL;
    assert_int_equal(ot_store_wrap(&bad, &closed, NULL, &s, &error), OT_EINVAL);
    assert_int_equal(closed, 1);
}

static void tokens(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "1",
                                      "1.",
                                      "2.0.00000000000000000000000000000000.u.d",
                                      "1..00000000000000000000000000000000.u.d",
                                      "1.-.00000000000000000000000000000000.u.d",
                                      "1.0x.00000000000000000000000000000000.u.d",
                                      "1.0.0000000000000000000000000000000.u.d",
                                      "1.0.000000000000000000000000000000000.u.d",
                                      "1.0.0000000000000000000000000000000g.u.d",
                                      "1.0.00000000000000000000000000000000.u",
                                      "1.0.00000000000000000000000000000000.u.",
                                      "1.0.00000000000000000000000000000000..d",
                                      "1.0.00000000000000000000000000000000.u.d.e",
                                      "1.0.00000000000000000000000000000000.u%2.d",
                                      "1.0.00000000000000000000000000000000.u%zz.d",
                                      "1.0.00000000000000000000000000000000.u%4a.d",
                                      "1.0.00000000000000000000000000000000.u d.d",
                                      "1.99999999999999999999.00000000000000000000000000000000.u.d",
                                      "1.9223372036854775808.00000000000000000000000000000000.u.d"};
    ot__token t;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (ot__token_parse(ot_str_c(bad[i]), &t) != OT_EINVAL) fail_msg("taken: %s", bad[i]);
        assert_null(t.names);
    }
    assert_int_equal(
        ot__token_parse(OT_STR("1.-9223372036854775807.000102030405060708090a0b0c0d0e0f.%D0%96.a%2Eb"), &t), OT_OK);
    assert_true(t.place.at == INT64_MIN + 1);
    assert_int_equal(t.place.id.bytes[15], 15);
    assert_true(ot_str_eq(t.place.user, OT_STR("\xd0\x96")) && ot_str_eq(t.place.device, OT_STR("a.b")));
    ot_record r = OT_RECORD_INIT;
    r.at = t.place.at;
    r.id = t.place.id;
    r.user = t.place.user;
    r.device = t.place.device;
    char text[100];
    ot_sink_buffer buffer = {text, sizeof text, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    assert_int_equal(ot__token_write(&r, &sink), OT_OK);
    assert_true(ot_str_eq(ot_str_of(text, buffer.len),
                          OT_STR("1.-9223372036854775807.000102030405060708090a0b0c0d0e0f.%D0%96.a%2Eb")));
    ot__token_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(registry),   cmocka_unit_test(bare),
                                       cmocka_unit_test(no_filters), cmocka_unit_test(suite_names),
                                       cmocka_unit_test(suite_sees), cmocka_unit_test(wrap),
                                       cmocka_unit_test(tokens)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
