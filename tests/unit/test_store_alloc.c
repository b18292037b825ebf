/* ctest: timeout=300 */
/* test_store_alloc.c: stores without memory: every allocation of a round of calls fails once, and every one after it. What fails says OT_ENOMEM and leaves
   nothing behind, and the same call goes well when there is memory again. */
#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <owntracks/kv.h>
#include <owntracks/mem.h>
#include <owntracks/sqlite.h>

#include "support/folder.h"

#define T0 ((ot_time)1700000000000)

static long left = -1; /* allocations before the first that fails; -1: none fails */
static long outstanding;
static bool failed;

static bool fails(void) {
    if (left < 0) return false;
    if (left == 0) return failed = true;
    left--;
    return false;
}
static void *take(void *ctx, size_t size) {
    (void)ctx;
    if (fails()) return NULL;
    outstanding++;
    return malloc(size);
}
static void *resize(void *ctx, void *ptr, size_t old_size, size_t size) {
    (void)ctx, (void)old_size;
    if (fails()) return NULL;
    if (!ptr) outstanding++;
    return realloc(ptr, size);
}
static void give(void *ctx, void *ptr, size_t size) {
    (void)ctx, (void)size;
    outstanding--;
    free(ptr);
}

#define N 12

static size_t count(ot_store *s, ot_status *status) {
    ot_query q = OT_QUERY_INIT;
    ot_cursor *c;
    const ot_record *r;
    size_t n = 0;
    *status = ot_store_scan(s, &q, &c, NULL);
    if (*status != OT_OK) return 0;
    while ((*status = ot_cursor_next(c, &r, NULL)) == OT_OK)
        n++;
    if (*status == OT_DONE) *status = OT_OK;
    ot_cursor_close(c);
    return n;
}

/* One round of calls; the first failure ends it. */
static ot_status round_of_calls(ot_store *s, const ot_record *records) {
    ot_put_result results[N];
    const ot_kv_op ops[2] = {{OT_STR("a"), OT_STR("1"), OT_KV_ANY}, {OT_STR("b"), OT_STR("2"), OT_KV_ANY}};
    ot_status status = ot_store_put(s, records, N, ops, 2, results, NULL);
    if (status == OT_OK) status = ot_store_put(s, records, N, NULL, 0, results, NULL);
    if (status != OT_OK) return status;
    size_t n = count(s, &status);
    if (status != OT_OK) return status;
    assert_int_equal(n, N - 1);
    ot_cursor *c;
    const ot_record *r;
    status = ot_store_last(s, ot_str_of(NULL, 0), ot_str_of(NULL, 0), &c, NULL);
    while (status == OT_OK)
        status = ot_cursor_next(c, &r, NULL);
    ot_cursor_close(c);
    if (status != OT_DONE) return status;
    status = ot_store_changes(s, 0, 0, &c, NULL);
    if (status == OT_OK) status = ot_cursor_next(c, &r, NULL);
    const ot_message *m;
    if (status == OT_OK) status = ot_cursor_message(c, &m, NULL);
    ot_cursor_close(c);
    if (status != OT_OK) return status;
    ot_query q = OT_QUERY_INIT;
    q.user = OT_STR("u1");
    return ot_store_remove(s, &q, NULL, NULL);
}

static void without_memory(void **state) {
    const char *scheme = *state;
    char folder[200], url[300];
    if (strcmp(scheme, "sqlite") == 0 && ot_sqlite_register() != OT_OK) skip();
    test_folder(folder, sizeof folder);
    static char text[N][160], users[N][8];
    static ot_record records[N];
    static const ot_reject reject = {sizeof reject, OT_ESYNTAX, 1, {"x", 1}, {"bad", 3}, 0};
    for (int i = 0; i < N; i++) {
        const ot_record empty = OT_RECORD_INIT;
        ot_record *r = &records[i];
        *r = empty;
        snprintf(users[i], sizeof users[i], "u%d", i % 3);
        snprintf(text[i], sizeof text[i], "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":%d}", 1700000000 + i);
        r->type = OT_TYPE_LOCATION;
        r->user = ot_str_c(users[i]);
        r->device = OT_STR("d");
        r->topic = OT_STR("o/u/d");
        r->payload = ot_str_c(text[i]);
        r->has_position = true;
        r->lat = 1;
        r->lon = 2;
        r->at = r->arrival = T0 + i * 1000;
        r->id = ot_id_of_record(r->user, r->device, r->payload, 0);
    }
    records[N - 1].reject = &reject;

    const ot_alloc alloc = {sizeof alloc, take, resize, give, NULL};
    assert_int_equal(ot_mem_set(&alloc), OT_OK);
    long n = 0;
    bool done = false;
    for (; !done && n < 3000; n++) {
        if (strcmp(scheme, "sqlite") == 0) {
            snprintf(url, sizeof url, "sqlite:%s/%ld.db", folder, n);
        } else {
            snprintf(url, sizeof url, "%s:", scheme);
        }
        const ot_option off = {"synchronous", "off"};
        ot_store_config config = OT_STORE_CONFIG_INIT;
        config.options = &off;
        config.option_count = strcmp(scheme, "sqlite") == 0;
        ot_store *s;
        long before = outstanding;
        left = n;
        failed = false;
        ot_status status = ot_store_open(url, &config, &s, NULL);
        if (status == OT_OK) {
            status = round_of_calls(s, records);
            done = status == OT_OK;
            left = -1;
            assert_int_equal(done, !failed);
            if (!done) {
                assert_int_equal(status, OT_ENOMEM);
                ot_status counted;
                size_t there = count(s, &counted);
                assert_int_equal(counted, OT_OK);
                assert_true(there == 0 || there == N - 1); /* all or none */
                ot_status again = ot_kv_get(s, OT_STR("a"), NULL, NULL, NULL);
                assert_int_equal(again, there ? OT_OK : OT_ENOTFOUND);
                assert_int_equal(round_of_calls(s, records), OT_OK);
            }
            if (n % 16 == 0 || done) assert_int_equal(ot_store_check(s, NULL, NULL, NULL), OT_OK);
        } else {
            assert_int_equal(status, OT_ENOMEM);
            assert_null(s);
        }
        left = -1;
        ot_store_close(s);
        assert_int_equal(outstanding, before);
    }
    assert_true(done);
    assert_true(n > 20);
    ot_mem_set(NULL);
    test_folder_remove(folder);
}

int main(void) {
    ot_sqlite_register(); /* its entry in the list of backends stays */
    const struct CMUnitTest tests[] = {{"memory", without_memory, NULL, NULL, (void *)"memory"},
                                       {"sqlite", without_memory, NULL, NULL, (void *)"sqlite"}};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
