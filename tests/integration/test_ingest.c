/* test_ingest.c: ot-ingest as a process, with a real broker and a real database: what it promises, and each trap on the way. */
/* ctest: timeout=600 */
#if OT_HAVE_SQLITE && OT_HAVE_MOSQUITTO
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <owntracks/mosquitto.h>
#include <owntracks/owntracks.h>
#include <owntracks/sqlite.h>

#include "support/broker.h"
#include "support/client.h"
#include "support/folder.h"
#include "support/program.h"

#define QUEUE "max_inflight_messages 1000\nmax_queued_messages 0\n"

typedef struct rig {
    broker b;
    program ingest;
    client out;
    char store[128], file[120];
    const char *arguments[48];
    size_t count;
} rig;

static int setup(void **state) {
    (void)state;
    return ot_mosquitto_register() == OT_OK && ot_sqlite_register() == OT_OK ? 0 : -1;
}

/* ---- the rig ---- */

static void add(rig *r, const char *argument) {
    assert_true(r->count < 46);
    r->arguments[r->count++] = argument;
    r->arguments[r->count] = NULL;
}

static void plain(rig *r) {
    r->count = 0;
    add(r, "--transport");
    add(r, r->b.url);
    add(r, "--store");
    add(r, r->store);
}

static void begin(rig *r, const char *lines) {
    memset(r, 0, sizeof *r);
    assert_true(broker_init(&r->b));
    assert_true(broker_start(&r->b, lines));
    snprintf(r->file, sizeof r->file, "%s/tracks.db", r->b.folder);
    snprintf(r->store, sizeof r->store, "sqlite:%s", r->file);
    plain(r);
}

static void finish(rig *r) {
    client_close(&r->out);
    if (r->ingest.pid) program_end(&r->ingest, SIGKILL);
    broker_free(&r->b);
}

/* Waits for a condition; shows what ot-ingest said when it waits in vain. */
#define UNTIL(r, cond)                                                                                                 \
    do {                                                                                                               \
        int64_t until_end = client_now() + 60000;                                                                      \
        while (!(cond)) {                                                                                              \
            if (client_now() > until_end) {                                                                            \
                program_show(&(r)->ingest);                                                                            \
                fail_msg("waited in vain for %s", #cond);                                                              \
            }                                                                                                          \
            if ((r)->out.t) client_poll(&(r)->out, 5);                                                                 \
            poll(NULL, 0, 10);                                                                                         \
        }                                                                                                              \
    } while (0)

static void start(rig *r) {
    size_t before = r->ingest.out[0] ? program_said(&r->ingest, ": connected") : 0;
    assert_true(program_start(&r->ingest, r->b.folder, "ot-ingest", r->arguments, NULL));
    UNTIL(r, program_said(&r->ingest, ": connected") > before || !program_runs(&r->ingest));
    if (!program_runs(&r->ingest)) {
        program_show(&r->ingest);
        fail_msg("ot-ingest ended");
    }
}

static void stop(rig *r) {
    int code = program_end(&r->ingest, SIGTERM);
    if (code != 0) program_show(&r->ingest);
    assert_int_equal(code, 0);
}

static void sender(rig *r) {
    if (r->out.t) return;
    ot_transport_config config = client_config(&r->out, OT_SEND, NULL);
    assert_int_equal(client_open(&r->out, r->b.url, &config, NULL), OT_OK);
    WAIT(client_link(&r->out) == OT_LINK_CONNECTED, &r->out, NULL);
}

static void publish(rig *r, const char *topic, const void *payload, size_t len, uint8_t qos, bool retain) {
    sender(r);
    int before = r->out.acked;
    const ot_publication p = {ot_str_c(topic), ot_str_of(payload, len), qos, retain};
    assert_int_equal(ot_transport_publish(r->out.t, &p, NULL, NULL), OT_OK);
    WAIT(r->out.acked > before, &r->out, NULL);
}

/* Locations with the numbers from first on. */
static void locations_to(rig *r, const char *topic, int first, int count, uint8_t qos) {
    sender(r);
    int before = r->out.acked;
    for (int i = 0; i < count;) {
        char text[128];
        int n = snprintf(text, sizeof text, "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":%d}",
                         1600000000 + first + i);
        const ot_publication p = {ot_str_c(topic), ot_str_of(text, (size_t)n), qos, false};
        if (ot_transport_publish(r->out.t, &p, NULL, NULL) == OT_OK)
            i++;
        else
            client_poll(&r->out, 5);
    }
    WAIT(r->out.acked == before + count, &r->out, NULL);
}
static void locations(rig *r, int first, int count) {
    locations_to(r, "owntracks/jane/phone", first, count, 1);
}

static ot_store_stats stats(const rig *r) {
    ot_store *store;
    ot_store_config config = OT_STORE_CONFIG_INIT;
    ot_store_stats s = {.size = sizeof s};
    config.read_only = config.must_exist = true;
    if (ot_store_open(r->store, &config, &store, NULL) != OT_OK) return s;
    ot_store_stats_get(store, &s, NULL);
    ot_store_close(store);
    return s;
}
static uint64_t stored(const rig *r) {
    return stats(r).records;
}

/* Every one of these locations, each once. */
static void assert_numbers(const rig *r, int count) {
    ot_store *store;
    ot_cursor *cursor;
    ot_query query = OT_QUERY_INIT;
    const ot_record *record;
    ot_store_config config = OT_STORE_CONFIG_INIT;
    config.read_only = config.must_exist = true;
    assert_int_equal(ot_store_open(r->store, &config, &store, NULL), OT_OK);
    assert_int_equal(ot_store_scan(store, &query, &cursor, NULL), OT_OK);
    int n = 0;
    while (ot_cursor_next(cursor, &record, NULL) == OT_OK) {
        assert_int_equal(record->at, (ot_time)(1600000000 + n) * 1000);
        n++;
    }
    assert_int_equal(n, count);
    ot_cursor_close(cursor);
    ot_store_close(store);
}

/* A writer that holds the database, as a long backup by another program would. */
static sqlite3 *hold(const rig *r) {
    sqlite3 *db;
    assert_int_equal(sqlite3_open(r->file, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 20000);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return db;
}
static void release(sqlite3 *db) {
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* What "status --json" says; its exit code. */
static int status(const rig *r, char *text, size_t size) {
    const char *arguments[] = {"--store", r->store, "status", "--json", NULL};
    return program_run(r->b.folder, "ot-ingest", arguments, NULL, text, size);
}
static bool status_has(const rig *r, const char *part) {
    char text[8192];
    status(r, text, sizeof text);
    return strstr(text, part) != NULL;
}

/* ---- the promise ---- */

static void basics(void **state) {
    (void)state;
    rig r;
    char text[8192];
    begin(&r, QUEUE);
    assert_int_equal(status(&r, text, sizeof text), 1); /* no database yet, and none is made */
    assert_int_not_equal(access(r.file, F_OK), 0);
    start(&r);
    assert_int_equal(status(&r, text, sizeof text), 0);
    assert_non_null(strstr(text, "\"running\":true"));
    UNTIL(&r, status_has(&r, "\"state\":\"connected\""));
    locations(&r, 0, 100);
    publish(&r, "owntracks/jane/phone", "rubbish", 7, 1, false);
    UNTIL(&r, stored(&r) == 100 && stats(&r).rejects == 1);
    UNTIL(&r, status_has(&r, "\"stored\":100,") && status_has(&r, "\"rejected\":1,"));
    status(&r, text, sizeof text);
    ot_message *m;
    assert_int_equal(ot_message_new(NULL, &m), OT_OK);
    ot_str line = ot_str_c(text);
    assert_int_equal(ot_message_decode(m, line, NULL), OT_EMISSING); /* one JSON object, without a _type */
    assert_true(text[line.len - 1] == '\n' && strchr(text, '\n') == text + line.len - 1);
    ot_message_free(m);
    stop(&r);
    assert_int_equal(status(&r, text, sizeof text), 1);
    assert_non_null(strstr(text, "\"running\":false,\"state\":\"not running\""));
    assert_non_null(strstr(text, "\"last_state\":\"ended\""));
    assert_non_null(strstr(text, "\"received\":101,"));
    assert_numbers(&r, 100);
    assert_int_equal(program_said(&r.ingest, "ended: 101 messages received, 100 stored, 0 repeats, 1 rejected"), 1);
    /* For people. */
    const char *arguments[] = {"--store", r.store, "status", NULL};
    assert_int_equal(program_run(r.b.folder, "ot-ingest", arguments, NULL, text, sizeof text), 1);
    assert_non_null(strstr(text, "running         no"));
    assert_non_null(strstr(text, "stored          100"));
    finish(&r);
}

/* Killed between reading and committing: the messages were read, none was acknowledged, all come again. */
static void killed_before_commit(void **state) {
    (void)state;
    rig r;
    begin(&r, QUEUE);
    add(&r, "--store-option");
    add(&r, "busy_timeout=50");
    start(&r);
    locations(&r, 0, 10);
    UNTIL(&r, stored(&r) == 10);
    sqlite3 *db = hold(&r);
    locations(&r, 10, 300);
    UNTIL(&r, program_said(&r.ingest, "cannot store now") == 1); /* it has read, and cannot commit */
    assert_int_equal(program_end(&r.ingest, SIGKILL), -SIGKILL);
    release(db);
    assert_int_equal(stored(&r), 10);
    char text[8192];
    assert_int_equal(status(&r, text, sizeof text), 1); /* the lease of a dead process does not count */
    assert_non_null(strstr(text, "\"state\":\"not running\""));
    assert_non_null(strstr(text, "\"last_state\":\"connected\""));
    start(&r); /* at once: the lease is taken over */
    UNTIL(&r, stored(&r) == 310);
    stop(&r);
    assert_numbers(&r, 310);
    finish(&r);
}

/* Killed again and again while messages come: nothing is lost, nothing is double. */
static void killed_at_random(void **state) {
    (void)state;
    rig r;
    int kills = getenv("OT_TEST_FULL") ? 20 : 5, each = 400;
    unsigned random = 12345;
    begin(&r, QUEUE "persistence true\n");
    start(&r);
    for (int i = 0; i < kills; i++) {
        locations(&r, i * each, each);
        random = random * 1103515245u + 12345u;
        poll(NULL, 0, (int)(random >> 16) % 40);
        assert_int_equal(program_end(&r.ingest, SIGKILL), -SIGKILL);
        start(&r);
    }
    UNTIL(&r, stored(&r) == (uint64_t)(kills * each));
    stop(&r);
    assert_numbers(&r, kills * each);
    finish(&r);
}

static void term_during_traffic(void **state) {
    (void)state;
    rig r;
    begin(&r, QUEUE);
    start(&r);
    for (int i = 0; i < 5; i++) {
        locations(&r, i * 200, 200);
        stop(&r);
        start(&r);
    }
    UNTIL(&r, stored(&r) == 1000);
    stop(&r);
    assert_numbers(&r, 1000);
    assert_int_equal(stats(&r).repeats, 0); /* an orderly end acknowledges what it stored */
    finish(&r);
}

/* ---- the traps ---- */

static void offline_queue_overflows(void **state) {
    (void)state;
    rig r;
    begin(&r, "max_queued_messages 100\nmax_inflight_messages 20\nsys_interval 1\n");
    start(&r);
    UNTIL(&r, status_has(&r, "\"broker_count\":0")); /* the count is known before */
    stop(&r);
    locations(&r, 0, 500);
    start(&r);
    UNTIL(&r, program_said(&r.ingest, "warning: the broker dropped") >= 1);
    UNTIL(&r, status_has(&r, "\"broker_dropped\":4") && stored(&r) >= 100);
    assert_int_equal(stored(&r), 100);
    stop(&r);
    finish(&r);
}

static void qos0_while_offline(void **state) {
    (void)state;
    rig r;
    begin(&r, QUEUE);
    start(&r);
    stop(&r);
    locations_to(&r, "owntracks/jane/phone", 0, 20, 0);
    locations_to(&r, "owntracks/jane/phone", 20, 20, 1);
    locations_to(&r, "owntracks/jane/phone", 40, 20, 2); /* downgraded by the broker, and safe */
    start(&r);
    UNTIL(&r, stored(&r) >= 40);
    locations_to(&r, "owntracks/jane/phone", 60, 20, 0); /* while it is there they come */
    UNTIL(&r, stored(&r) == 60);
    stop(&r);
    finish(&r);
}

static void broker_stopped_with_persistence(void **state) {
    (void)state;
    rig r;
    begin(&r, QUEUE "persistence true\n");
    start(&r);
    stop(&r);
    locations(&r, 0, 300);
    client_close(&r.out);
    broker_signal(&r.b, SIGTERM);
    assert_true(broker_restart(&r.b));
    start(&r);
    UNTIL(&r, stored(&r) == 300);
    /* And while it is connected: it comes back by itself. */
    broker_signal(&r.b, SIGTERM);
    UNTIL(&r, status_has(&r, "\"state\":\"waiting\"") && !status_has(&r, "\"next_attempt\":null"));
    assert_true(status_has(&r, "\"running\":true"));
    assert_true(status_has(&r, "\"last_error\":\"OT_E"));
    assert_true(broker_restart(&r.b));
    UNTIL(&r, program_said(&r.ingest, ": connected, the session was kept") == 2);
    locations(&r, 300, 50);
    UNTIL(&r, stored(&r) == 350);
    assert_int_equal(program_said(&r.ingest, "forgotten the session"), 0);
    stop(&r);
    assert_numbers(&r, 350);
    finish(&r);
}

static void session_lost(void **state) {
    (void)state;
    rig r;
    begin(&r, QUEUE "persistence false\n");
    start(&r);
    assert_int_equal(program_said(&r.ingest, "forgotten the session"), 0);
    stop(&r);
    start(&r);
    assert_int_equal(program_said(&r.ingest, "forgotten the session"), 0);
    broker_signal(&r.b, SIGTERM);
    assert_true(broker_restart(&r.b));
    UNTIL(&r, program_said(&r.ingest, "warning: the broker has forgotten the session") == 1);
    UNTIL(&r, status_has(&r, "\"sessions_lost\":1"));
    stop(&r);
    /* Lost while nobody was connected: seen as well. */
    broker_signal(&r.b, SIGTERM);
    assert_true(broker_restart(&r.b));
    start(&r);
    UNTIL(&r, program_said(&r.ingest, "warning: the broker has forgotten the session") == 2);
    stop(&r);
    finish(&r);
}

/* A commit that takes longer than half of the keepalive: the connection goes unacknowledged, and everything comes again. */
static void commit_too_slow(void **state) {
    (void)state;
    rig r;
    begin(&r, QUEUE);
    add(&r, "--store-option");
    add(&r, "busy_timeout=50");
    add(&r, "--keepalive");
    add(&r, "5s");
    start(&r);
    sqlite3 *db = hold(&r);
    locations(&r, 0, 100);
    UNTIL(&r, program_said(&r.ingest, "the store cannot store") == 1);
    release(db);
    UNTIL(&r, stored(&r) == 100);
    UNTIL(&r, program_said(&r.ingest, "storing again") == 1);
    UNTIL(&r, status_has(&r, "\"disconnects\":1"));
    stop(&r);
    assert_numbers(&r, 100);
    finish(&r);
}

/* A disk that is full for a while, by the limit of a file's size. */
static void disk_full(void **state) {
    (void)state;
    rig r;
    begin(&r, QUEUE);
    start(&r);
    locations(&r, 0, 10);
    UNTIL(&r, stored(&r) == 10);
    const struct rlimit small = {4096, RLIM_INFINITY}, large = {RLIM_INFINITY, RLIM_INFINITY};
    assert_int_equal(prlimit(r.ingest.pid, RLIMIT_FSIZE, &small, NULL), 0);
    locations(&r, 10, 500);
    UNTIL(&r, program_said(&r.ingest, "cannot store now") >= 1);
    assert_true(program_runs(&r.ingest));
    assert_int_equal(stored(&r), 10);
    assert_int_equal(prlimit(r.ingest.pid, RLIMIT_FSIZE, &large, NULL), 0);
    UNTIL(&r, stored(&r) == 510);
    assert_int_equal(program_said(&r.ingest, "storing again"), 1);
    stop(&r);
    assert_numbers(&r, 510);
    finish(&r);
}

static void second_of_the_same_id(void **state) {
    (void)state;
    rig r;
    char text[4096];
    begin(&r, QUEUE);
    start(&r);
    assert_int_equal(program_run(r.b.folder, "ot-ingest", r.arguments, NULL, text, sizeof text), 2);
    assert_non_null(strstr(text, "session/ingest is in use by process"));
    assert_true(program_runs(&r.ingest));
    locations(&r, 0, 10); /* the first one is not disturbed */
    UNTIL(&r, stored(&r) == 10);
    assert_int_equal(program_said(&r.ingest, "connection lost"), 0);
    /* Another name: another client id, and all is well. */
    rig second = r;
    memset(&second.ingest, 0, sizeof second.ingest);
    memset(&second.out, 0, sizeof second.out);
    second.count = r.count;
    add(&second, "--session");
    add(&second, "second");
    char folder[100];
    snprintf(folder, sizeof folder, "%s/second", r.b.folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_true(program_start(&second.ingest, folder, "ot-ingest", second.arguments, NULL));
    UNTIL(&second, program_said(&second.ingest, ": connected") == 1);
    stop(&second);
    stop(&r);
    start(&r); /* given back: at once */
    stop(&r);
    finish(&r);
}

static void filters_no_longer_wanted(void **state) {
    (void)state;
    rig r;
    begin(&r, QUEUE);
    add(&r, "--filter");
    add(&r, "owntracks/jane/#");
    add(&r, "--filter");
    add(&r, "owntracks/joe/#");
    start(&r);
    stop(&r);
    plain(&r);
    add(&r, "--filter");
    add(&r, "owntracks/jane/#");
    start(&r);
    assert_int_equal(program_said(&r.ingest, "unsubscribing from owntracks/joe/#"), 1);
    locations_to(&r, "owntracks/joe/phone", 0, 5, 1);
    locations_to(&r, "owntracks/jane/phone", 0, 5, 1);
    UNTIL(&r, stored(&r) == 5);
    stop(&r);
    start(&r); /* told once */
    assert_int_equal(program_said(&r.ingest, "unsubscribing from"), 1);
    stop(&r);
    assert_numbers(&r, 5);
    finish(&r);
}

/* Without a base and a filter it takes what is below owntracks/ alone: the rest of a shared broker is none of its business. */
static void others_are_left_alone(void **state) {
    (void)state;
    rig r;
    begin(&r, QUEUE);
    start(&r);
    locations_to(&r, "home/kitchen/lamp", 0, 5, 1);
    locations_to(&r, "owntracks/jane/phone", 0, 5, 1);
    UNTIL(&r, stored(&r) == 5);
    stop(&r);
    add(&r, "--filter");
    add(&r, "+/+/+");
    start(&r); /* asked for, other roots come, too */
    locations_to(&r, "home/kitchen/lamp", 0, 5, 1);
    UNTIL(&r, stored(&r) == 10);
    stop(&r);
    finish(&r);
}

static void qos2_warns(void **state) {
    (void)state;
    rig r;
    begin(&r, QUEUE);
    add(&r, "--qos");
    add(&r, "2");
    start(&r);
    assert_int_equal(program_said(&r.ingest, "warning: subscribing to owntracks/# with QoS 2"), 1);
    locations_to(&r, "owntracks/jane/phone", 0, 50, 2);
    UNTIL(&r, stored(&r) == 50);
    stop(&r);
    finish(&r);
}

static void retained(void **state) {
    (void)state;
    static const char payload[] = "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":1600000000}";
    rig r;
    begin(&r, QUEUE);
    publish(&r, "owntracks/jane/phone", payload, sizeof payload - 1, 1, true);
    add(&r, "--retained");
    add(&r, "drop");
    start(&r);
    locations(&r, 1, 1);
    UNTIL(&r, stored(&r) == 1);
    stop(&r);
    plain(&r);
    start(&r); /* subscribed anew: it comes again, and now it is wanted */
    UNTIL(&r, stored(&r) == 2);
    stop(&r);
    start(&r); /* and a third time: known */
    locations(&r, 2, 1);
    UNTIL(&r, stored(&r) == 3);
    stop(&r);
    assert_numbers(&r, 3);
    finish(&r);
}

/* ---- hostile input ---- */

static void hostile(void **state) {
    (void)state;
    rig r;
    begin(&r, QUEUE);
    add(&r, "--max-payload");
    add(&r, "100000");
    start(&r);
    size_t big = 300000;
    char *bytes = malloc(big);
    assert_non_null(bytes);
    static const char *const payloads[] = {"{",
                                           "[]",
                                           "[[[[[[[[[[",
                                           "null",
                                           "\"",
                                           "{\"_type\":\"location\",\"lat\":1e999,\"lon\":1,\"tst\":1}",
                                           "{\"_type\":\"location\",\"lat\":91,\"lon\":1,\"tst\":1}",
                                           "{\"_type\":{}}",
                                           "\xff\xfe\xfd",
                                           "{\"_type\":\"\\ud800\"}",
                                           "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":99999999999999999999}"};
    static const char *const topics[] = {"x",
                                         "/",
                                         "//",
                                         "owntracks",
                                         "owntracks//phone",
                                         "owntracks/../phone",
                                         "owntracks/jane/",
                                         "a/b/c/d/e/f/g/h",
                                         "owntracks/ja ne/pho'ne\"; DROP TABLE x;--",
                                         "$other/jane/phone",
                                         "owntracks/%s%n/%u",
                                         "owntracks/\xd0\x96\xd1\x83\xd0\xba/phone"};
    int good = 0;
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
        publish(&r, "owntracks/eve/phone", payloads[i], strlen(payloads[i]), 1, false);
        locations(&r, good++, 1);
    }
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        publish(&r, topics[i], "{\"_type\":\"location\",\"lat\":\"", 27, 1, false);
        locations(&r, good++, 1);
    }
    unsigned random = 99;
    for (int i = 0; i < 50; i++) { /* any bytes */
        size_t len = 1 + (random >> 8) % 3000;
        for (size_t k = 0; k < len; k++)
            bytes[k] = (char)((random = random * 1103515245u + 12345u) >> 16);
        publish(&r, "owntracks/eve/phone", bytes, len, 1, false);
    }
    memset(bytes, '[', big); /* deep, and too large */
    publish(&r, "owntracks/eve/phone", bytes, 90000, 1, false);
    publish(&r, "owntracks/eve/phone", bytes, big, 1, false);
    publish(&r, "owntracks/eve/phone", "", 0, 1, false);
    char *topic = malloc(60001);
    assert_non_null(topic);
    memset(topic, 'a', 60000);
    memcpy(topic, "owntracks/", 10);
    topic[60000] = 0;
    topic[30000] = '/';
    publish(&r, topic, "{}", 2, 1, false);
    free(topic);
    free(bytes);
    locations(&r, good++, 1);
    ot_store *store;
    ot_query query = OT_QUERY_INIT;
    ot_cursor *cursor;
    const ot_record *record;
    int found = 0;
    for (int64_t limit = client_now() + 60000; found < good && client_now() < limit; poll(NULL, 0, 50)) {
        found = 0;
        query.user = OT_STR("jane");
        query.device = OT_STR("phone");
        assert_int_equal(ot_store_open(r.store, NULL, &store, NULL), OT_OK);
        assert_int_equal(ot_store_scan(store, &query, &cursor, NULL), OT_OK);
        while (ot_cursor_next(cursor, &record, NULL) == OT_OK)
            found += record->type == OT_TYPE_LOCATION;
        ot_cursor_close(cursor);
        ot_store_close(store);
    }
    assert_int_equal(found, good);
    assert_true(program_runs(&r.ingest));
    assert_true(stats(&r).rejects >= 50);
    assert_int_equal(program_said(&r.ingest, "connection lost"), 0);
    stop(&r);
    finish(&r);
}

/* ---- configuration ---- */

static void bad_configurations(void **state) {
    (void)state;
    char folder[64], junk[128], empty[128], many[128], text[8192];
    test_folder(folder, sizeof folder);
    snprintf(junk, sizeof junk, "%s/junk.conf", folder);
    snprintf(empty, sizeof empty, "%s/empty", folder);
    snprintf(many, sizeof many, "sqlite:%s/x.db", folder);
    FILE *f = fopen(junk, "w");
    assert_non_null(f);
    fputs("keepalive = 60s\nno such key = 1\nqos = seven\n", f);
    fclose(f);
    f = fopen(empty, "w");
    assert_non_null(f);
    fclose(f);
    const struct {
        const char *arguments[8];
        const char *reason;
    } cases[] = {
        {{"--nonsense"}, "unknown option --nonsense"},
        {{"dance"}, "unknown command"},
        {{"--qos", "3"}, "qos"},
        {{"--batch", "0"}, "batch"},
        {{"--max-payload", "0"}, "max-payload"},
        {{"--keepalive", "1s"}, "keepalive"},
        {{"--base", "nothing"}, "base \"nothing\""},
        {{"--filter", "a/#/b"}, "filter \"a/#/b\""},
        {{"--filter", "$SYS/#"}, "broker's own topics"},
        {{"--session", "a/b"}, "session"},
        {{"--retained", "eat"}, "retained"},
        {{"--receive-maximum", "10"}, "receive-maximum contradicts mqtt-version"},
        {{"--metrics-interval", "1s"}, "no metrics-file"},
        {{"--quiet", "--verbose"}, "contradict"},
        {{"--cert-file", "/x"}, "key-file"},
        {{"--ca-file", "/x"}, "mqtts"},
        {{"--password", "secret"}, "password"},
        {{"--config", "/nowhere/at/all"}, "/nowhere/at/all"},
        {{"--config", junk}, "unknown key \"no such key\""},
        {{"--config", junk}, "junk.conf:3"},
        {{"--username", "u", "--password-file", empty, "--store", many}, "empty"},
        {{"--store", "nosuch:thing"}, "nosuch"},
        {{"--store", "sqlite:/nowhere/at/all/x.db"}, "/nowhere/at/all/x.db"},
        {{"--store", many, "--transport", "nosuch:thing"}, "nosuch"},
        {{"--store", many, "--transport", "mqtt://a:b@c"}, "password"},
        {{"--store", many, "--transport", "mqtt://h:99999"}, "port"},
        {{"--store", many, "--transport", "mqtts://h", "--ca-file", "/nowhere.pem"}, "/nowhere.pem"},
        {{"--store", many, "--store-option", "nonsense=1"}, "nonsense"},
        {{"--store", many, "--store-option", "nonsense"}, "NAME=VALUE"},
        {{"--store", many, "--transport-option", "nonsense=1"}, "nonsense"},
        {{"--store", many, "--transport", "replay:/nowhere.jsonl"}, "/nowhere.jsonl"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int code = program_run(folder, "ot-ingest", cases[i].arguments, NULL, text, sizeof text);
        if (code != 2 || !strstr(text, cases[i].reason))
            fail_msg("%s ...: exit %d, said: %s", cases[i].arguments[0], code, text);
        assert_null(strstr(text, "secret"));
    }
    const char *const none[] = {NULL}, *const environment[] = {"OWNTRACKS_QOS=9", NULL};
    assert_int_equal(program_run(folder, "ot-ingest", none, environment, text, sizeof text), 2);
    assert_non_null(strstr(text, "OWNTRACKS_QOS"));
    test_folder_remove(folder);
}

static void not_our_database(void **state) {
    (void)state;
    char folder[64], path[128], store[160], text[4096];
    test_folder(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/x.db", folder);
    snprintf(store, sizeof store, "sqlite:%s", path);
    const char *arguments[] = {"--store", store, NULL};
    static const char noise[] = "this is a letter to my aunt, and no database, however long one looks at it";
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < 200; i++)
        fputs(noise, f);
    fclose(f);
    assert_int_equal(program_run(folder, "ot-ingest", arguments, NULL, text, sizeof text), 2);
    f = fopen(path, "r");
    assert_non_null(f);
    char back[sizeof noise] = "";
    assert_int_equal(fread(back, 1, sizeof noise - 1, f), sizeof noise - 1);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    assert_int_equal(ftell(f), 200 * (long)(sizeof noise - 1));
    fclose(f);
    assert_string_equal(back, noise);
    unlink(path);
    sqlite3 *db; /* a database of somebody else */
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE aunts (name); INSERT INTO aunts VALUES ('Mary')", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(program_run(folder, "ot-ingest", arguments, NULL, text, sizeof text), 2);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "SELECT name FROM aunts", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    test_folder_remove(folder);
}

static void secrets(void **state) {
    (void)state;
    rig r;
    char path[120], text[8192];
    begin(&r, QUEUE);
    snprintf(path, sizeof path, "%s/password", r.b.folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("hush-hush\n", f);
    fclose(f);
    chmod(path, 0600);
    add(&r, "--username");
    add(&r, "store");
    add(&r, "--password-file");
    add(&r, path);
    add(&r, "--verbose");
    start(&r);
    snprintf(text, sizeof text, "/proc/%d/cmdline", (int)r.ingest.pid);
    int fd = open(text, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    assert_true(n > 0);
    assert_null(memmem(text, (size_t)n, "hush-hush", 9));
    assert_int_equal(program_said(&r.ingest, "hush-hush"), 0);
    status(&r, text, sizeof text);
    assert_null(strstr(text, "hush-hush"));
    stop(&r);
    add(&r, "--check-config");
    assert_int_equal(program_run(r.b.folder, "ot-ingest", r.arguments, NULL, text, sizeof text), 0);
    assert_null(strstr(text, "hush-hush"));
    plain(&r);
    add(&r, "--username");
    add(&r, "store");
    add(&r, "--check-config");
    const char *const environment[] = {"OWNTRACKS_PASSWORD=hush-hush", NULL};
    assert_int_equal(program_run(r.b.folder, "ot-ingest", r.arguments, environment, text, sizeof text), 0);
    assert_null(strstr(text, "hush-hush"));
    assert_non_null(strstr(text, "***"));
    finish(&r);
}

/* ---- metrics ---- */

static void metrics(void **state) {
    (void)state;
    rig r;
    char path[120], text[65536];
    begin(&r, QUEUE);
    snprintf(path, sizeof path, "%s/metrics.prom", r.b.folder);
    add(&r, "--metrics-file");
    add(&r, path);
    add(&r, "--metrics-interval");
    add(&r, "100ms");
    start(&r);
    struct stat before, after;
    UNTIL(&r, stat(path, &before) == 0);
    ino_t seen = 0;
    int versions = 0;
    for (int i = 0; i < 20; i++) { /* every look finds a whole file */
        locations(&r, i * 10, 10);
        FILE *f = fopen(path, "r");
        assert_non_null(f);
        size_t n = fread(text, 1, sizeof text - 1, f);
        assert_int_equal(fstat(fileno(f), &after), 0);
        fclose(f);
        text[n] = 0;
        assert_int_equal(strncmp(text, "# HELP owntracks_build_info", 27), 0);
        assert_non_null(strstr(text, "\n# TYPE owntracks_lag_seconds gauge\n"));
        assert_int_equal(text[n - 1], '\n');
        versions += after.st_ino != seen;
        seen = after.st_ino;
        poll(NULL, 0, 30);
    }
    assert_true(versions >= 2); /* replaced, not written over */
    bool found = false;
    for (int64_t limit = client_now() + 30000; !found && client_now() < limit; poll(NULL, 0, 20)) {
        FILE *f = fopen(path, "r");
        assert_non_null(f);
        size_t n = fread(text, 1, sizeof text - 1, f);
        fclose(f);
        text[n] = 0;
        found = strstr(text, "\nowntracks_stored_total 200\n") != NULL;
    }
    assert_true(found);
    /* Nothing changes: nothing is written. */
    poll(NULL, 0, 300);
    assert_int_equal(stat(path, &before), 0);
    poll(NULL, 0, 500);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    stop(&r);
    FILE *f = fopen(path, "r"); /* the last word */
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = 0;
    assert_non_null(strstr(text, "\nowntracks_connected 0\n"));
    finish(&r);
}

/* A metrics file that cannot be written is told once, and stops nothing. */
static void metrics_not_written(void **state) {
    (void)state;
    rig r;
    begin(&r, QUEUE);
    add(&r, "--metrics-file");
    add(&r, "/nowhere/at/all/metrics.prom");
    add(&r, "--metrics-interval");
    add(&r, "100ms");
    start(&r);
    for (int i = 0; i < 5; i++) {
        locations(&r, i * 10, 10);
        UNTIL(&r, stored(&r) == (uint64_t)(i + 1) * 10);
        poll(NULL, 0, 150);
    }
    assert_int_equal(program_said(&r.ingest, "/nowhere/at/all/metrics.prom"), 1);
    stop(&r);
    finish(&r);
}

/* What the service manager hears. */
static void service_manager(void **state) {
    (void)state;
    rig r;
    char path[100], variable[120], text[256];
    begin(&r, QUEUE);
    snprintf(path, sizeof path, "%s/notify", r.b.folder);
    snprintf(variable, sizeof variable, "NOTIFY_SOCKET=%s", path);
    const char *const environment[] = {variable, NULL};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    ot_str_copy(ot_str_c(path), address.sun_path, sizeof address.sun_path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const struct timeval limit = {60, 0};
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    assert_true(program_start(&r.ingest, r.b.folder, "ot-ingest", r.arguments, environment));
    ssize_t n = recv(fd, text, sizeof text - 1, 0);
    assert_true(n > 0);
    text[n] = 0;
    assert_string_equal(text, "READY=1");
    stop(&r);
    n = recv(fd, text, sizeof text - 1, 0);
    assert_true(n > 0);
    text[n] = 0;
    assert_string_equal(text, "STOPPING=1");
    close(fd);
    finish(&r);
}

/* TERM while nothing can be stored: it ends in time, and the broker still has everything. */
static void term_while_failing(void **state) {
    (void)state;
    rig r;
    begin(&r, QUEUE);
    add(&r, "--store-option");
    add(&r, "busy_timeout=50");
    start(&r);
    sqlite3 *db = hold(&r);
    locations(&r, 0, 50);
    UNTIL(&r, program_said(&r.ingest, "cannot store now") == 1);
    stop(&r);
    assert_int_equal(program_said(&r.ingest, "the broker still has them"), 1);
    release(db);
    assert_int_equal(stored(&r), 0);
    start(&r);
    UNTIL(&r, stored(&r) == 50);
    stop(&r);
    assert_numbers(&r, 50);
    finish(&r);
}

/* A file is ingested and the program ends by itself; it needs no session. */
static void replay(void **state) {
    (void)state;
    char folder[64], file[128], store[160], url[160], text[4096];
    test_folder(folder, sizeof folder);
    snprintf(file, sizeof file, "%s/in.jsonl", folder);
    snprintf(store, sizeof store, "sqlite:%s/x.db", folder);
    snprintf(url, sizeof url, "replay:%s", file);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    for (int i = 0; i < 100; i++)
        fprintf(f, "owntracks/jane/phone {\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":%d}\n", 1600000000 + i);
    fclose(f);
    const char *arguments[] = {"--store", store, "--transport", url, NULL};
    int code = program_run(folder, "ot-ingest", arguments, NULL, text, sizeof text);
    if (code != 0) fail_msg("%s", text);
    assert_non_null(strstr(text, "100 stored"));
    test_folder_remove(folder);
}

int main(void) {
    if (!broker_available()) {
        print_message("there is no mosquitto: skipped\n");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(basics),
        cmocka_unit_test(killed_before_commit),
        cmocka_unit_test(killed_at_random),
        cmocka_unit_test(term_during_traffic),
        cmocka_unit_test(offline_queue_overflows),
        cmocka_unit_test(qos0_while_offline),
        cmocka_unit_test(broker_stopped_with_persistence),
        cmocka_unit_test(session_lost),
        cmocka_unit_test(commit_too_slow),
        cmocka_unit_test(disk_full),
        cmocka_unit_test(second_of_the_same_id),
        cmocka_unit_test(filters_no_longer_wanted),
        cmocka_unit_test(others_are_left_alone),
        cmocka_unit_test(qos2_warns),
        cmocka_unit_test(retained),
        cmocka_unit_test(hostile),
        cmocka_unit_test(bad_configurations),
        cmocka_unit_test(not_our_database),
        cmocka_unit_test(secrets),
        cmocka_unit_test(metrics),
        cmocka_unit_test(replay),
        cmocka_unit_test(metrics_not_written),
        cmocka_unit_test(service_manager),
        cmocka_unit_test(term_while_failing),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
#else
int main(void) {
    return 0; /* nothing to test with */
}
#endif
