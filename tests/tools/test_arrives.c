/* The whole way: ot-sim, a mosquitto, ot-ingest on SQLite, and the check of the ledger, with ot-ingest killed on the way. */
/* ctest: broker timeout=300 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "run.h"
#include "support/broker.h"

#define BIN(name) OT_BINARY_DIR "/bin/" name

static broker b;
static char store[200], ledger[200];

static int set_up(void **state) {
    (void)state;
    if (!broker_available()) return 0;
    if (!broker_init(&b) || !broker_start(&b, "max_inflight_messages 1000\nmax_queued_messages 0\n")) return -1;
    snprintf(store, sizeof store, "sqlite:%s/tracks.db", b.folder);
    snprintf(ledger, sizeof ledger, "%s/ledger.jsonl", b.folder);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    if (broker_available()) broker_free(&b);
    return 0;
}

static running ingest_start(void) {
    const char *const args[] = {BIN("ot-ingest"), "--transport", b.url, "--store", store, NULL};
    running r = run_start(args);
    char *text = NULL;
    size_t len = 0;
    while (!text || !strstr(text, ": connected")) {
        struct pollfd p = {r.err, POLLIN, 0};
        assert_int_equal(poll(&p, 1, 20000), 1);
        assert_true(run_take(r.err, &text, &len));
    }
    free(text);
    return r;
}

/* The check, until it holds: what is on its way needs a moment. */
static ran check_until(int code, const char *more) {
    for (int i = 0;; i++) {
        ran r = RUN(BIN("ot-sim"), "check", "--store", store, "--ledger", ledger, "--json", more);
        if (r.code == code || i == 100) return r;
        ran_free(&r);
        poll(NULL, 0, 100);
    }
}

static void all_of_it_arrives(void **state) {
    (void)state;
    if (!broker_available()) skip();
    running ingest = ingest_start();
    ran r = RUN(BIN("ot-sim"), "--transport", b.url, "--devices", "12", "--rate", "2000", "--count", "3000",
                "--kill-every", "200ms", "--ledger", ledger, "--json");
    if (r.code) print_message("%s%s", r.out, r.err);
    assert_int_equal(r.code, 0);
    assert_non_null(strstr(r.out, "\"messages\":3000,"));
    assert_non_null(strstr(r.out, "\"waiting\":0,"));
    ran_free(&r);
    r = check_until(0, "--exact=no");
    if (r.code) print_message("%s%s", r.out, r.err);
    assert_int_equal(r.code, 0);
    assert_non_null(strstr(r.out, "{\"ok\":true,\"must\":"));
    ran_free(&r);
    /* A check that cannot fail proves nothing: one record is removed. */
    r = RUN(BIN("ot-cat"), "remove", "--type", "transition", "--limit", "1", "--store", store);
    assert_int_equal(r.code, 0);
    ran_free(&r);
    r = RUN(BIN("ot-sim"), "check", "--store", store, "--ledger", ledger);
    assert_int_equal(r.code, 1);
    assert_non_null(strstr(r.out, "missing: "));
    assert_non_null(strstr(r.out, "THE LEDGER DOES NOT HOLD"));
    ran_free(&r);
    kill(ingest.pid, SIGTERM);
    r = run_finish(ingest, "", 0);
    assert_int_equal(r.code, 0);
    ran_free(&r);
}

static void killed_on_the_way(void **state) {
    (void)state;
    if (!broker_available()) skip();
    snprintf(store, sizeof store, "sqlite:%s/killed.db", b.folder);
    snprintf(ledger, sizeof ledger, "%s/killed.jsonl", b.folder);
    running ingest = ingest_start();
    const char *const args[] = {
        BIN("ot-sim"), "--transport", b.url,    "--devices",       "12",       "--rate", "3000", "--count", "6000",
        "--seed",      "7",           "--base", "owntracks/%u/%d", "--ledger", ledger,   NULL};
    running sim = run_start(args);
    for (int i = 0; i < 2; i++) {
        poll(NULL, 0, 500);
        kill(ingest.pid, SIGKILL);
        ran dead = run_finish(ingest, "", 0);
        assert_int_equal(dead.code, 128 + SIGKILL);
        ran_free(&dead);
        ingest = ingest_start();
    }
    ran r = run_finish(sim, "", 0);
    assert_int_equal(r.code, 0);
    ran_free(&r);
    r = check_until(0, "--exact=no");
    if (r.code) print_message("%s%s", r.out, r.err);
    assert_int_equal(r.code, 0);
    ran_free(&r);
    kill(ingest.pid, SIGTERM);
    r = run_finish(ingest, "", 0);
    assert_int_equal(r.code, 0);
    ran_free(&r);
}

static void a_broker_that_is_not_there(void **state) {
    (void)state;
    /* What was not acknowledged is told, and is no must. */
    char file[] = "/tmp/ot-arrives-XXXXXX";
    close(mkstemp(file));
    ran r = RUN(BIN("ot-sim"), "--transport", "mqtt://127.0.0.1:1", "--count", "10", "--rate", "0", "--drain", "300ms",
                "--ledger", file);
    assert_int_equal(r.code, 1);
    assert_non_null(strstr(r.err, "were not acknowledged"));
    ran_free(&r);
    r = RUN(BIN("ot-sim"), "check", "--store", "sqlite:/nowhere.db", "--ledger", file);
    assert_int_equal(r.code, 1);
    ran_free(&r);
    unlink(file);
    run_expect(RUN(BIN("ot-sim"), "check", "--ledger", file, "--store", "memory:"), 1, "cannot be read");
    run_expect(RUN(BIN("ot-sim"), "check", "--ledger", file), 2, "check wants store");
    run_expect(RUN(BIN("ot-sim"), "--transport", "nothing:x"), 2, "nothing");
    run_expect(RUN(BIN("ot-sim"), "--base", "a/%u"), 2, "base: ");
    run_expect(RUN(BIN("ot-sim"), "--help"), 0, "Usage: ot-sim");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_of_it_arrives), cmocka_unit_test(killed_on_the_way),
                                       cmocka_unit_test(a_broker_that_is_not_there)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
