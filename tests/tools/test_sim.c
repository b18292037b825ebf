/* The parts of ot-sim: the same seed gives the same world; a ledger tells the truth after a crash; a check finds what is wrong. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <owntracks/engine.h>
#include <owntracks/sys/store_backend.h>

#include "ledger.h"
#include "sim.h"
#include "world.h"

static const world_config usual = {.seed = 42,
                                   .users = 7,
                                   .devices = 12,
                                   .start = INT64_C(1704067200000),
                                   .qos = 1,
                                   .retain = true,
                                   .late = 0.1,
                                   .twice = 0.05};

/* ---- The world ---- */

static void deterministic(void **state) {
    (void)state;
    world *a = world_new(&usual), *b = world_new(&usual);
    world_config other = usual;
    other.seed = 43;
    world *c = world_new(&other);
    size_t differ = 0;
    for (size_t i = 0; i < 5000; i++) {
        world_message x, y, z;
        assert_true(world_next(a, OT_TIME_MAX, &x));
        assert_true(world_next(b, OT_TIME_MAX, &y));
        assert_true(world_next(c, OT_TIME_MAX, &z));
        assert_int_equal(x.device, y.device);
        assert_int_equal(x.at, y.at);
        assert_string_equal(x.payload, y.payload);
        differ += strcmp(x.payload, z.payload) != 0;
        free(x.payload);
        free(y.payload);
        free(z.payload);
    }
    assert_true(differ > 4900);
    world_free(a);
    world_free(b);
    world_free(c);
}

static void plausible(void **state) {
    (void)state;
    world *w = world_new(&usual);
    ot_message *message;
    size_t types[64] = {0}, late = 0, again = 0, android = 0, count = 20000;
    double last_lat[12], last_lon[12];
    ot_time last_at[12] = {0};
    assert_int_equal(ot_message_new(NULL, &message), OT_OK);
    for (size_t i = 0; i < count; i++) {
        world_message m;
        ot_error error = {0};
        assert_true(world_next(w, OT_TIME_MAX, &m));
        if (ot_message_decode(message, ot_str_of(m.payload, m.len), &error) != OT_OK)
            fail_msg("%s: %s", m.payload, error.reason);
        assert_int_equal(m.len, strlen(m.payload));
        assert_int_equal(ot_message_type(message), m.type);
        assert_int_equal(ot_message_violation_count(message), 0);
        ot_value tst;
        bool timed = m.type == OT_TYPE_LOCATION || m.type == OT_TYPE_TRANSITION || m.type == OT_TYPE_BEACON ||
                     m.type == OT_TYPE_STEPS;
        assert_int_equal(timed, m.at != OT_TIME_NONE);
        if (timed) {
            assert_int_equal(ot_message_get(message, OT_STR("tst"), &tst), OT_OK);
            assert_int_equal(tst.as.i * 1000, m.at);
            assert_true(m.at <= m.made);
        }
        types[m.type]++;
        late += m.late;
        again += m.again;
        android += strstr(m.payload, "\"_id\"") != NULL;
        if (m.type == OT_TYPE_LOCATION && !m.again) {
            ot_value lat, lon;
            ot_message_get(message, OT_STR("lat"), &lat);
            ot_message_get(message, OT_STR("lon"), &lon);
            if (last_at[m.device] && m.at > last_at[m.device]) {
                double metres = hypot((lat.as.d - last_lat[m.device]) * 111320,
                                      (lon.as.d - last_lon[m.device]) * 111320 * cos(lat.as.d * 0.01745));
                double seconds = (double)(m.at - last_at[m.device]) / 1000;
                assert_true(metres < 20 + seconds * 40); /* nobody flies */
            }
            last_at[m.device] = m.at;
            last_lat[m.device] = lat.as.d;
            last_lon[m.device] = lon.as.d;
        }
        free(m.payload);
    }
    assert_true(types[OT_TYPE_LOCATION] > count * 8 / 10);
    assert_true(types[OT_TYPE_TRANSITION] > count / 100);
    assert_true(types[OT_TYPE_WAYPOINT] && types[OT_TYPE_WAYPOINTS] && types[OT_TYPE_STATUS] && types[OT_TYPE_STEPS] &&
                types[OT_TYPE_CARD] && types[OT_TYPE_BEACON]);
    assert_true(late > count / 100 && late < count / 2);
    assert_true(again > count / 100);
    assert_true(android > count / 5 && android < count * 4 / 5);
    ot_message_free(message);
    world_free(w);
}

static void clocks_stop(void **state) {
    (void)state;
    /* They never pass the present, and each device still has its turn. */
    world *w = world_new(&usual);
    ot_time limit = usual.start + 3600000;
    size_t spoke[12] = {0};
    for (size_t i = 0; i < 5000; i++) {
        world_message m;
        assert_true(world_next(w, limit, &m));
        assert_true(m.made <= limit);
        if (i >= 2000) spoke[m.device]++;
        free(m.payload);
    }
    for (size_t i = 0; i < 12; i++)
        assert_true(spoke[i] > 50);
    world_free(w);
}

static void a_family(void **state) {
    (void)state;
    world_config config = usual;
    config.family = true;
    config.late = config.twice = 0;
    world *w = world_new(&config);
    assert_int_equal(world_devices(w), 8);
    assert_true(ot_str_eq(world_user(w, 0), OT_STR("anna")));
    assert_true(ot_str_eq(world_device(w, 4), OT_STR("watch")));
    assert_true(ot_str_eq(world_user(w, 4), OT_STR("anna")));
    world_free(w);
    config.family = false;
    config.devices = 0;
    assert_null(world_new(&config));
}

/* ---- Ledger and check ---- */

static char path[64];

static const char *temporary(void) {
    snprintf(path, sizeof path, "/tmp/ot-ledger-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    return path;
}

/* A store that gives what it was told to. */
#define SCRIPT_MAX 16
typedef struct script {
    ot_record records[SCRIPT_MAX];
    size_t count;
} script;
typedef struct script_cursor {
    size_t next;
} script_cursor;

static ot_status script_open(void *self, const char *rest, const ot_store_config *config, ot_error *error) {
    (void)self, (void)rest, (void)config, (void)error;
    return OT_OK;
}
static void script_close(void *self) {
    (void)self;
}
static ot_status script_put(void *self, const ot_record *records, size_t count, const ot_kv_op *ops, size_t op_count,
                            ot_put_result *results, ot_error *error) {
    (void)self, (void)records, (void)count, (void)ops, (void)op_count, (void)results;
    return ot_error_set(error, OT_EREADONLY, "", OT_NO_OFFSET, "a script");
}
static ot_status script_scan(void *self, void *cursor, const ot_scan *scan, ot_error *error) {
    (void)self, (void)cursor, (void)scan, (void)error;
    return OT_OK;
}
static ot_status script_next(void *self, void *cursor, ot_record *out, ot_error *error) {
    (void)error;
    const script *s = self;
    script_cursor *c = cursor;
    if (c->next == s->count) return OT_DONE;
    *out = s->records[c->next++];
    return OT_OK;
}
static void script_cursor_close(void *self, void *cursor) {
    (void)self, (void)cursor;
}

static const ot_store_ops script_ops = {.size = sizeof(ot_store_ops),
                                        .scheme = "script",
                                        .cursor_size = sizeof(script_cursor),
                                        .filters = 31,
                                        .open = script_open,
                                        .close = script_close,
                                        .put = script_put,
                                        .scan = script_scan,
                                        .next = script_next,
                                        .cursor_close = script_cursor_close};

static ot_record record_of(ot_type type, const char *user, const char *payload, ot_time at) {
    ot_record r = OT_RECORD_INIT;
    r.type = type;
    r.user = ot_str_c(user);
    r.device = OT_STR("phone");
    r.payload = ot_str_c(payload);
    r.at = at;
    r.id = ot_id_of_record(r.user, r.device, r.payload, 0);
    return r;
}

typedef struct heard {
    char text[4000];
} heard;
static void hear(void *ctx, const char *line) {
    heard *h = ctx;
    strncat(h->text, line, sizeof h->text - strlen(h->text) - 2);
    strcat(h->text, "\n");
}

static book_result judge(const char *ledger_path, const script *s, bool exact, heard *h) {
    book *b = book_new();
    ot_error error = {0};
    ot_store *store;
    book_result r;
    memset(h, 0, sizeof *h);
    assert_int_equal(book_read(b, ledger_path, &error), OT_OK);
    script copy = *s;
    assert_int_equal(ot_store_wrap(&script_ops, &copy, NULL, &store, &error), OT_OK);
    assert_int_equal(book_check(b, store, exact, hear, h, &r, &error), OT_OK);
    ot_store_close(store);
    book_free(b);
    return r;
}

#define L1 "{\"_type\":\"location\",\"lat\":1,\"lon\":1,\"tst\":1}"
#define L2 "{\"_type\":\"location\",\"lat\":2,\"lon\":1,\"tst\":2}"
#define L3 "{\"_type\":\"location\",\"lat\":3,\"lon\":1,\"tst\":3}"
#define C1 "{\"_type\":\"card\",\"name\":\"a\"}"
#define C2 "{\"_type\":\"card\",\"name\":\"b\"}"

/* Two acknowledged locations, one that was not, two states of a card of which the first came back, a will. */
static void write_ledger(const char *name) {
    ledger l;
    assert_true(ledger_create(&l, name, 1));
    ot_str user = OT_STR("j\"\xD0\x96"), phone = OT_STR("phone");
    ledger_sent(&l, 1, user, phone, OT_TYPE_LWT, OT_TIME_NONE, 0, OT_STR("{\"_type\":\"lwt\"}"));
    ledger_sent(&l, 2, user, phone, OT_TYPE_LOCATION, 1000, 1, OT_STR(L1));
    ledger_sent(&l, 3, user, phone, OT_TYPE_LOCATION, 2000, 1, OT_STR(L2));
    ledger_sent(&l, 4, user, phone, OT_TYPE_LOCATION, 3000, 1, OT_STR(L3));
    ledger_acked(&l, 2);
    ledger_acked(&l, 3);
    static const char *const cards[] = {C1, C1, C2, C1};
    for (uint64_t i = 0; i < 4; i++) {
        ledger_sent(&l, 5 + i, user, phone, OT_TYPE_CARD, OT_TIME_NONE, 1, ot_str_c(cards[i]));
        ledger_acked(&l, 5 + i);
    }
    assert_true(ledger_close(&l));
}

#define USER "j\"\xD0\x96"

static void checks(void **state) {
    (void)state;
    write_ledger(temporary());
    heard h;
    script good = {.count = 5};
    good.records[0] = record_of(OT_TYPE_LOCATION, USER, L1, 1000);
    good.records[1] = record_of(OT_TYPE_LOCATION, USER, L2, 2000);
    good.records[2] = record_of(OT_TYPE_CARD, USER, C1, 5000);
    good.records[3] = record_of(OT_TYPE_CARD, USER, C2, 6000);
    good.records[4] = record_of(OT_TYPE_CARD, USER, C1, 7000);
    book_result r = judge(path, &good, true, &h);
    assert_string_equal(h.text, "");
    assert_int_equal(r.must, 4);
    assert_int_equal(r.found, 4);
    assert_int_equal(r.may, 2);
    assert_int_equal(r.records, 5);

    /* What may be there, and what is of others. */
    script s = good;
    s.records[s.count++] = record_of(OT_TYPE_LOCATION, USER, L3, 3000);
    s.records[s.count++] = record_of(OT_TYPE_LWT, USER, "{\"_type\":\"lwt\"}", 3000);
    s.records[s.count++] = record_of(OT_TYPE_LWT, USER, "{\"_type\":\"lwt\"}", 4000);
    s.records[s.count++] = record_of(OT_TYPE_LOCATION, "other", L3, 3000);
    r = judge(path, &s, true, &h);
    assert_string_equal(h.text, "");
    assert_int_equal(r.foreign, 1);

    /* Missing. */
    s = good;
    s.records[0] = s.records[1];
    s.records[1] = s.records[2];
    s.records[2] = s.records[3];
    s.count = 3;
    r = judge(path, &s, false, &h);
    assert_int_equal(r.missing, 1);
    assert_non_null(strstr(h.text, "missing: j\"\xD0\x96/phone location of 1970-01-01T00:00:01Z id "));
    assert_non_null(strstr(h.text, "(ledger line 3)"));
    r = judge(path, &s, true, &h);
    assert_int_equal(r.missing, 2); /* a card that came back stands there once too seldom */

    /* Double: what has a time of its own always, states when nothing was delivered twice. */
    s = good;
    s.records[s.count++] = good.records[1];
    r = judge(path, &s, false, &h);
    assert_int_equal(r.twice, 1);
    assert_non_null(strstr(h.text, "it stands there 2 times"));
    s = good;
    s.records[s.count++] = good.records[3];
    assert_int_equal(judge(path, &s, false, &h).twice, 0);
    r = judge(path, &s, true, &h);
    assert_int_equal(r.twice, 1);
    assert_non_null(strstr(h.text, "2 times, but was said 1 times"));

    /* Wrong: bytes, time, type, device. */
    s = good;
    s.records[0].payload = OT_STR(L1 " ");
    r = judge(path, &s, false, &h);
    assert_int_equal(r.wrong, 1);
    assert_int_equal(r.missing, 0);
    assert_non_null(strstr(h.text, "is not the one that was published"));
    s.records[0].marks = OT_MARK_REDACTED; /* secrets were replaced: that is as it must be */
    assert_int_equal(judge(path, &s, false, &h).wrong, 0);
    s = good;
    s.records[0].at = 1001;
    assert_int_equal(judge(path, &s, false, &h).wrong, 1);
    assert_non_null(strstr(h.text, "it is stored at 1970-01-01T00:00:01.001Z"));
    s = good;
    s.records[0].type = OT_TYPE_TRANSITION;
    assert_int_equal(judge(path, &s, false, &h).wrong, 1);
    s = good;
    s.records[0].device = OT_STR("tablet");
    r = judge(path, &s, false, &h);
    assert_int_equal(r.missing, 1);
    assert_int_equal(r.foreign, 1);

    /* Extra: something of the device that nobody published. */
    s = good;
    s.records[s.count++] =
        record_of(OT_TYPE_LOCATION, USER, "{\"_type\":\"location\",\"lat\":9,\"lon\":1,\"tst\":9}", 9000);
    r = judge(path, &s, false, &h);
    assert_int_equal(r.extra, 1);
    assert_non_null(strstr(h.text, "extra: "));
    s.records[s.count - 1].marks = OT_MARK_RETAINED; /* kept by the broker from an earlier time */
    r = judge(path, &s, false, &h);
    assert_int_equal(r.extra, 0);
    assert_int_equal(r.foreign, 1);
    unlink(path);
}

static void put_ledger(const char *text) {
    FILE *f = fopen(temporary(), "wb");
    fputs(text, f);
    fclose(f);
}

static void torn_and_foreign(void **state) {
    (void)state;
    static const char sent[] = "{\"ledger\":1,\"seed\":1}\n{\"n\":1,\"id\":\"000102030405060708090a0b0c0d0e0f\","
                               "\"user\":\"a\",\"device\":\"b\",\"type\":\"location\",\"qos\":1,\"at\":1}\n";
    static const struct {
        const char *more;
        ot_status status;
    } cases[] = {{"", OT_OK},
                 {"{\"ack\":1", OT_OK},
                 {"{\"ack\":1}\n", OT_OK},
                 {"{\"ack\":2}\n", OT_ESYNTAX},
                 {"{\"n\":2}\n", OT_ESYNTAX},
                 {"nonsense\n", OT_ESYNTAX},
                 {"{\"x\":1}\n", OT_ESYNTAX},
                 {"{\"n\":-1}\n", OT_ESYNTAX},
                 {"{\"ack\":99999999999999999999}\n", OT_ESYNTAX}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[600];
        snprintf(text, sizeof text, "%s%s", sent, cases[i].more);
        put_ledger(text);
        book *b = book_new();
        ot_error error = {0};
        assert_int_equal(book_read(b, path, &error), cases[i].status);
        if (cases[i].status != OT_OK) assert_non_null(strstr(error.reason, "line 3"));
        book_free(b);
        /* Only a whole line makes it a must. */
        if (cases[i].status == OT_OK) {
            heard h;
            script nothing = {.count = 0};
            assert_int_equal(judge(path, &nothing, false, &h).missing, strstr(cases[i].more, "}\n") ? 1 : 0);
        }
        unlink(path);
    }
    ot_error error = {0};
    book *b = book_new();
    assert_int_equal(book_read(b, "/nowhere", &error), OT_ENOTFOUND);
    put_ledger("");
    assert_int_equal(book_read(b, path, &error), OT_ESYNTAX);
    unlink(path);
    put_ledger("{\"something\":\"else\"}\n");
    assert_int_equal(book_read(b, path, &error), OT_ESYNTAX);
    unlink(path);
    book_free(b);
    ledger l;
    assert_false(ledger_create(&l, "/nowhere/at/all", 1));
}

/* ---- All of it, over the broker in this process ---- */

static ot_engine *engine;
static ot_transport *receiver;

/* The run asks often whether to stop: then the other side has its turn. */
static bool receive(void) {
    ot_engine_poll(engine, 0);
    return false;
}

static void over_loopback(void **state) {
    (void)state;
    ot_store *store;
    ot_error error = {0};
    assert_int_equal(ot_store_open("memory:", NULL, &store, &error), OT_OK);
    ot_engine_config ec = OT_ENGINE_CONFIG_INIT;
    ec.store = store;
    assert_int_equal(ot_engine_new(&ec, &engine, &error), OT_OK);
    ot_transport_config tc = OT_TRANSPORT_CONFIG_INIT, sc = OT_TRANSPORT_CONFIG_INIT;
    ot_subscription all = {"#", 1};
    tc.client_id = "receiver";
    tc.subscriptions = &all;
    tc.subscription_count = 1;
    tc.handlers = ot_engine_handlers(engine, NULL);
    assert_int_equal(ot_transport_open("loopback:sim", &tc, &receiver, &error), OT_OK);
    ot_engine_attach(engine, receiver);
    for (int i = 0; i < 3; i++)
        ot_engine_poll(engine, 0);
    sim_config config = {.transport = "loopback:sim",
                         .connection = &sc,
                         .base = "owntracks/%u/%d",
                         .world = usual,
                         .count = 4000,
                         .connections = 3,
                         .wills = 2,
                         .kill_every = 5,
                         .drain = 20000,
                         .ledger = temporary(),
                         .stop = receive};
    sim_result result;
    if (sim_run(&config, &result, &error) != OT_OK) fail_msg("%s", error.reason);
    assert_int_equal(result.made, 4000);
    assert_int_equal(result.waiting, 0);
    assert_true(result.kills > 0 && result.late > 0 && result.twice > 0);
    for (int i = 0; i < 100; i++)
        ot_engine_poll(engine, 0);
    book *b = book_new();
    book_result r;
    heard h = {""};
    assert_int_equal(book_read(b, path, &error), OT_OK);
    assert_int_equal(book_check(b, store, false, hear, &h, &r, &error), OT_OK);
    assert_string_equal(h.text, "");
    assert_int_equal(r.found, r.must);
    assert_true(r.must > 3500);
    /* Take one away: it is missed by name. */
    ot_query query = OT_QUERY_INIT;
    query.types = OT_TYPE_BIT(OT_TYPE_TRANSITION);
    query.limit = 1;
    uint64_t removed = 0;
    assert_int_equal(ot_store_remove(store, &query, &removed, &error), OT_OK);
    assert_int_equal(removed, 1);
    assert_int_equal(book_check(b, store, false, hear, &h, &r, &error), OT_OK);
    assert_int_equal(r.missing, 1);
    assert_non_null(strstr(h.text, "missing: "));
    assert_non_null(strstr(h.text, " transition of "));
    book_free(b);
    ot_engine_attach(engine, NULL);
    ot_transport_close(receiver);
    ot_engine_free(engine);
    ot_store_close(store);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(deterministic), cmocka_unit_test(plausible),
                                       cmocka_unit_test(clocks_stop),   cmocka_unit_test(a_family),
                                       cmocka_unit_test(checks),        cmocka_unit_test(torn_and_foreign),
                                       cmocka_unit_test(over_loopback)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
