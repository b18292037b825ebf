/* test_engine_transport.c: an engine with a transport: acknowledgements after the commit, a store that fails, a broker that tells of itself, metrics. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "support/engine_rig.h"

#define LOCATION(n) "{\"_type\":\"location\",\"lat\":1.5,\"lon\":2.5,\"tst\":" #n "}"

typedef struct rig {
    rig_store store;
    ot_store *memory, *face;
    ot_session *session;
    ot_engine *engine;
    ot_transport *in, *out;
    ot_engine_config config;
    rig_log log;
    char url[64];
    size_t states, subscribed;
    ot_link link;
} rig;

static void on_state(void *ctx, const ot_transport_state *state) {
    rig *r = ctx;
    r->states++;
    r->link = state->link;
}
static void on_subscribed(void *ctx, const char *filter, ot_status status, uint8_t qos) {
    rig *r = ctx;
    (void)filter;
    (void)qos;
    assert_int_equal(status, OT_OK);
    r->subscribed++;
}

static const ot_subscription wanted[] = {
    {"owntracks/+/+/#", 1}, {"$SYS/broker/publish/messages/dropped", 0}, {"$SYS/x/messages/dropped", 0}};

static void rig_new(rig *r) {
    static int number;
    memset(r, 0, sizeof *r);
    snprintf(r->url, sizeof r->url, "loopback:engine-%d-%d", (int)getpid(), number++);
    r->memory = rig_memory();
    r->store.inner = r->memory;
    r->face = rig_wrap(&r->store);
    rig_log_init(&r->log);
    r->config = (ot_engine_config)OT_ENGINE_CONFIG_INIT;
    r->config.store = r->face;
    r->config.log = &r->log.log;
}

static void open_in(rig *r, const char *id) {
    ot_transport_config config = OT_TRANSPORT_CONFIG_INIT;
    const ot_transport_handlers next = {sizeof next, NULL, on_state, NULL, on_subscribed, r};
    config.client_id = id;
    config.subscriptions = wanted;
    config.subscription_count = 3;
    config.log = &r->log.log;
    config.handlers = ot_engine_handlers(r->engine, &next);
    assert_int_equal(ot_transport_open(r->url, &config, &r->in, NULL), OT_OK);
    ot_engine_attach(r->engine, r->in);
}

static void rig_start(rig *r) {
    assert_int_equal(ot_engine_new(&r->config, &r->engine, NULL), OT_OK);
    open_in(r, "store");
    ot_transport_config config = OT_TRANSPORT_CONFIG_INIT;
    config.direction = OT_SEND;
    assert_int_equal(ot_transport_open(r->url, &config, &r->out, NULL), OT_OK);
    for (int i = 0; i < 100 && r->link != OT_LINK_CONNECTED; i++)
        assert_int_equal(ot_engine_poll(r->engine, 10), OT_OK);
    assert_int_equal(r->link, OT_LINK_CONNECTED);
    for (int i = 0; i < 100; i++) {
        ot_transport_state state = {.size = sizeof state};
        ot_transport_poll(r->out, 10);
        ot_transport_state_get(r->out, &state);
        if (state.link == OT_LINK_CONNECTED) return;
    }
    fail_msg("the sender does not connect");
}

static void rig_end(rig *r) {
    ot_transport_close(r->out);
    ot_transport_close(r->in);
    ot_engine_free(r->engine);
    ot_session_close(r->session);
    ot_store_close(r->face);
    ot_store_close(r->memory);
}

static void publish(rig *r, const char *topic, const char *payload) {
    ot_publication p = {ot_str_c(topic), ot_str_c(payload), 1, false};
    assert_int_equal(ot_transport_publish(r->out, &p, NULL, NULL), OT_OK);
    assert_int_equal(ot_transport_poll(r->out, 0), OT_OK);
}

static ot_engine_stats stats(rig *r) {
    ot_engine_stats s = {.size = sizeof s};
    ot_engine_stats_get(r->engine, &s);
    return s;
}
static ot_transport_state transport_state(rig *r) {
    ot_transport_state s = {.size = sizeof s};
    ot_transport_state_get(r->in, &s);
    return s;
}
static uint64_t stored(rig *r) {
    ot_store_stats s = {.size = sizeof s};
    assert_int_equal(ot_store_stats_get(r->memory, &s, NULL), OT_OK);
    return s.records;
}

static void test_acknowledged_after_commit(void **state) {
    (void)state;
    rig r;
    rig_new(&r);
    rig_start(&r);
    assert_int_equal(r.subscribed, 3);
    publish(&r, "owntracks/jane/phone", LOCATION(1600000000));
    publish(&r, "owntracks/jane/phone", LOCATION(1600000001));
    r.store.fail = OT_EFULL;
    r.store.fail_count = 1;
    assert_int_equal(ot_engine_poll(r.engine, 1000), OT_OK);
    assert_int_equal(transport_state(&r).delivered, 2);
    assert_int_equal(transport_state(&r).acked, 0);
    assert_int_equal(stored(&r), 0);
    ot_wait wait = {.size = sizeof wait};
    assert_int_equal(ot_engine_wait(r.engine, &wait), OT_OK);
    assert_int_equal(wait.fd, -1); /* nothing is read before this batch is through */
    assert_true(wait.timeout >= 0 && wait.timeout <= 50);
    publish(&r, "owntracks/jane/phone", LOCATION(1600000002));
    for (int i = 0; i < 100 && stored(&r) == 0; i++)
        assert_int_equal(ot_engine_poll(r.engine, 50), OT_OK);
    assert_int_equal(stored(&r), 2);
    assert_int_equal(transport_state(&r).acked, 2);
    assert_int_equal(ot_engine_poll(r.engine, 1000), OT_OK);
    assert_int_equal(stored(&r), 3);
    assert_int_equal(transport_state(&r).acked, 3);
    assert_int_equal(stats(&r).rejected_connections, 0);
    assert_int_equal(stats(&r).connects, 1);
    rig_end(&r);
}

static void test_no_wait_while_failing(void **state) {
    (void)state;
    rig r;
    rig_new(&r);
    r.config.commit_limit = 60000;
    rig_start(&r);
    publish(&r, "owntracks/jane/phone", LOCATION(1600000000));
    r.store.fail = OT_EBUSY;
    r.store.fail_count = -1;
    assert_int_equal(ot_engine_poll(r.engine, 1000), OT_OK);
    uint64_t puts = r.store.puts;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(ot_engine_poll(r.engine, 0), OT_OK);
    assert_true(r.store.puts - puts < 20); /* there are pauses between the tries */
    assert_int_equal(stats(&r).pending, 1);
    r.store.fail_count = 0;
    rig_end(&r);
}

static void test_limit_drops_connection(void **state) {
    (void)state;
    rig r;
    rig_new(&r);
    r.config.commit_limit = 120;
    rig_start(&r);
    publish(&r, "owntracks/jane/phone", LOCATION(1600000000));
    publish(&r, "owntracks/jane/phone", LOCATION(1600000001));
    r.store.fail = OT_EFULL;
    r.store.fail_count = -1;
    for (int i = 0; i < 500 && stats(&r).rejected_connections == 0; i++)
        assert_int_equal(ot_engine_poll(r.engine, 20), OT_OK);
    assert_int_equal(stats(&r).rejected_connections, 1);
    assert_int_equal(stats(&r).pending, 0);
    assert_int_equal(transport_state(&r).link, OT_LINK_WAITING);
    assert_int_equal(transport_state(&r).acked, 0);
    assert_non_null(strstr(r.log.text, "the store cannot store"));
    r.store.fail_count = 0; /* there is room again: everything comes again */
    for (int i = 0; i < 500 && stored(&r) < 2; i++)
        assert_int_equal(ot_engine_poll(r.engine, 20), OT_OK);
    assert_int_equal(stored(&r), 2);
    assert_int_equal(stats(&r).disconnects, 1);
    assert_int_equal(stats(&r).connects, 2);
    assert_int_equal(transport_state(&r).acked, transport_state(&r).delivered);
    assert_int_equal(rig_log_count(&r.log, "storing again"), 1);
    rig_end(&r);
}

static void test_unusable_store(void **state) {
    (void)state;
    rig r;
    rig_new(&r);
    rig_start(&r);
    publish(&r, "owntracks/jane/phone", LOCATION(1600000000));
    r.store.fail = OT_ECORRUPT;
    r.store.fail_count = -1;
    assert_int_equal(ot_engine_poll(r.engine, 1000), OT_ECORRUPT);
    assert_int_equal(ot_engine_poll(r.engine, 1000), OT_ECORRUPT);
    assert_int_equal(transport_state(&r).acked, 0);
    rig_end(&r);
}

static void test_broker_count(void **state) {
    (void)state;
    static const char usual[] = "$SYS/broker/publish/messages/dropped";
    rig r;
    rig_new(&r);
    r.config.broker_count = 10;
    rig_start(&r);
    static const struct {
        const char *payload;
        uint64_t dropped, count;
    } steps[] = {{"10", 0, 10}, {"12", 2, 12}, {"12", 2, 12}, {"3", 5, 3} /* it began anew */,
                 {"", 5, 3},    {"3.5", 5, 3}, {"-1", 5, 3},  {"99999999999999999999", 5, 3},
                 {"4", 6, 4}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        publish(&r, usual, steps[i].payload);
        assert_int_equal(ot_engine_poll(r.engine, 1000), OT_OK);
        assert_int_equal(stats(&r).broker_dropped, steps[i].dropped);
        assert_int_equal(stats(&r).broker_count, steps[i].count);
    }
    assert_int_equal(rig_log_count(&r.log, "4 the broker dropped"), 3);
    publish(&r, "$SYS/x/messages/dropped", "7"); /* first seen: nothing to compare with */
    publish(&r, "$SYS/x/messages/dropped", "8");
    assert_int_equal(ot_engine_poll(r.engine, 1000), OT_OK);
    assert_int_equal(stats(&r).broker_dropped, 7);
    assert_int_equal(stats(&r).broker_count, 4);
    /* They are not messages of phones, and they are acknowledged like all others. */
    assert_int_equal(stats(&r).received, 0);
    assert_int_equal(stored(&r), 0);
    assert_int_equal(transport_state(&r).acked, transport_state(&r).delivered);
    rig_end(&r);

    rig_new(&r); /* never seen before: told, not counted */
    rig_start(&r);
    assert_true(stats(&r).broker_count == OT_NO_COUNT);
    publish(&r, usual, "50");
    assert_int_equal(ot_engine_poll(r.engine, 1000), OT_OK);
    assert_int_equal(stats(&r).broker_dropped, 0);
    assert_int_equal(rig_log_count(&r.log, "dropped 50 messages since it started"), 1);
    rig_end(&r);
}

static void open_session(rig *r) {
    assert_int_equal(ot_session_open(r->face, "ingest", NULL, r->url, wanted, 3, NULL, &r->log.log, &r->session, NULL),
                     OT_OK);
    r->config.session = r->session;
}

static void test_session_lost(void **state) {
    (void)state;
    rig r;
    rig_new(&r);
    open_session(&r);
    rig_start(&r); /* the first time nothing is expected */
    assert_int_equal(stats(&r).sessions_lost, 0);
    assert_true(ot_session_expected(r.session));
    ot_transport_close(r.in);
    open_in(&r, "store"); /* the broker still has it */
    for (int i = 0; i < 100 && stats(&r).connects < 2; i++)
        ot_engine_poll(r.engine, 10);
    assert_int_equal(stats(&r).sessions_lost, 0);
    ot_transport_close(r.in);
    open_in(&r, "another"); /* this one it does not know */
    for (int i = 0; i < 100 && stats(&r).connects < 3; i++)
        ot_engine_poll(r.engine, 10);
    assert_int_equal(stats(&r).sessions_lost, 1);
    assert_int_equal(rig_log_count(&r.log, "4 the broker has forgotten the session"), 1);
    rig_end(&r);
}

static void test_session_conflict(void **state) {
    (void)state;
    rig r;
    rig_new(&r);
    ot_time now = ot_time_now();
    ot_clock clock = {rig_now, &now};
    r.config.clock = &clock;
    assert_int_equal(ot_session_open(r.face, "ingest", NULL, r.url, wanted, 3, &clock, NULL, &r.session, NULL), OT_OK);
    r.config.session = r.session;
    rig_start(&r);
    ot_wait wait = {.size = sizeof wait};
    assert_int_equal(ot_engine_wait(r.engine, &wait), OT_OK);
    assert_true(wait.timeout >= 0 && wait.timeout <= OT_SESSION_LEASE / 2);
    /* Somebody else writes there, as if our lease had run out while we were stopped. */
    assert_int_equal(ot_kv_put(r.memory, OT_STR("session/ingest"), OT_STR("{\"client_id\":\"other\",\"links\":[]}"),
                               OT_KV_ANY, NULL, NULL),
                     OT_OK);
    now += OT_SESSION_LEASE;
    assert_int_equal(ot_engine_poll(r.engine, 0), OT_ECONFLICT);
    assert_int_equal(ot_engine_poll(r.engine, 0), OT_ECONFLICT);
    rig_end(&r);
}

/* More in one turn than the engine's own batch: committed on the way, acknowledged at the end. */
static void test_many(void **state) {
    (void)state;
    rig r;
    rig_new(&r);
    r.config.batch_count = 7;
    rig_start(&r);
    char payload[100];
    for (int i = 0; i < 200; i++) {
        snprintf(payload, sizeof payload, "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":%d}", 1600000000 + i);
        publish(&r, "owntracks/jane/phone", payload);
    }
    for (int i = 0; i < 100 && stored(&r) < 200; i++)
        assert_int_equal(ot_engine_poll(r.engine, 100), OT_OK);
    assert_int_equal(stored(&r), 200);
    assert_int_equal(transport_state(&r).acked, 200);
    assert_true(r.store.puts >= 200 / 7);
    rig_end(&r);

    rig_new(&r); /* and a store that fails within the turn: the connection goes, nothing is lost */
    r.config.batch_count = 7;
    r.config.commit_limit = 60000;
    rig_start(&r);
    for (int i = 0; i < 50; i++) {
        snprintf(payload, sizeof payload, "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":%d}", 1600000000 + i);
        publish(&r, "owntracks/jane/phone", payload);
    }
    r.store.fail = OT_EFULL;
    r.store.fail_at_put = 3;
    for (int i = 0; i < 500 && stored(&r) < 50; i++)
        assert_int_equal(ot_engine_poll(r.engine, 20), OT_OK);
    assert_int_equal(stored(&r), 50);
    assert_int_equal(stats(&r).rejected_connections, 1);
    for (int i = 0; i < 100 && transport_state(&r).acked != transport_state(&r).delivered; i++)
        ot_engine_poll(r.engine, 10);
    assert_int_equal(transport_state(&r).acked, transport_state(&r).delivered);
    rig_end(&r);
}

static void test_stop(void **state) {
    (void)state;
    rig r;
    rig_new(&r);
    rig_start(&r);
    publish(&r, "owntracks/jane/phone", LOCATION(1600000000));
    assert_int_equal(ot_engine_poll(r.engine, 1000), OT_OK);
    ot_transport_stop(r.in);
    ot_status status = OT_OK;
    for (int i = 0; i < 100 && status == OT_OK; i++)
        status = ot_engine_poll(r.engine, 10);
    assert_int_equal(status, OT_DONE);
    assert_int_equal(stats(&r).disconnects, 0); /* as asked */
    assert_false(stats(&r).connected);
    rig_end(&r);
}

/* ---- metrics ---- */

typedef struct text {
    char data[65536];
    size_t len;
} text;
static ot_status keep(void *ctx, const char *data, size_t len) {
    text *t = ctx;
    assert_true(t->len + len < sizeof t->data);
    memcpy(t->data + t->len, data, len);
    t->len += len;
    t->data[t->len] = 0;
    return OT_OK;
}
static ot_status full(void *ctx, const char *data, size_t len) {
    (void)ctx;
    (void)data;
    (void)len;
    return OT_EFULL;
}

/* The value of a sample; its name with labels is `name`. */
static double sample(const text *t, const char *name) {
    char line[300];
    snprintf(line, sizeof line, "\n%s ", name);
    const char *p = strstr(t->data, line);
    if (!p) fail_msg("no sample %s", name);
    return strtod(p + strlen(line), NULL);
}

/* Every line is a comment of the two known forms or a sample of the family whose comments stand before it. */
static void check_form(const text *t) {
    char family[100] = "", seen[8192] = "";
    for (const char *p = t->data; *p;) {
        const char *end = strchr(p, '\n');
        assert_non_null(end);
        char line[1000];
        size_t len = (size_t)(end - p);
        assert_true(len < sizeof line);
        memcpy(line, p, len);
        line[len] = 0;
        p = end + 1;
        char name[100], kind[100];
        if (sscanf(line, "# HELP %99s", name) == 1) {
            char key[110];
            snprintf(key, sizeof key, " %s ", name);
            assert_null(strstr(seen, key)); /* once */
            strcat(seen, key);
            snprintf(family, sizeof family, "%s", name);
            continue;
        }
        if (sscanf(line, "# TYPE %99s %99s", name, kind) == 2) {
            assert_string_equal(name, family);
            assert_true(!strcmp(kind, "counter") || !strcmp(kind, "gauge") || !strcmp(kind, "histogram"));
            continue;
        }
        assert_int_equal(strncmp(line, family, strlen(family)), 0);
        char *space = strrchr(line, ' '), *rest;
        assert_non_null(space);
        strtod(space + 1, &rest);
        assert_true(*rest == 0 && rest > space + 1);
    }
}

static ot_verdict drop_all(void *ctx, const ot_envelope *e, const ot_message *m, ot_record *record, ot_reject *reject) {
    (void)ctx;
    (void)e;
    (void)m;
    (void)reject;
    return record->type == OT_TYPE_LWT ? OT_VERDICT_DROP : OT_VERDICT_ACCEPT;
}

static void test_metrics(void **state) {
    (void)state;
    rig r;
    rig_new(&r);
    const ot_policy policies[] = {{"odd \"name\" \\ with\nlines", drop_all, NULL}};
    r.config.policies = policies;
    r.config.policy_count = 1;
    rig_start(&r);
    publish(&r, "owntracks/jane/phone", LOCATION(1600000000));
    publish(&r, "owntracks/jane/phone", LOCATION(1600000000));
    publish(&r, "owntracks/jane/phone", "{\"_type\":\"lwt\",\"tst\":1}");
    publish(&r, "owntracks/jane/phone", "{");
    assert_int_equal(ot_engine_poll(r.engine, 1000), OT_OK);
    static text t;
    t.len = 0;
    ot_sink sink = {keep, &t};
    assert_int_equal(ot_engine_metrics(r.engine, &sink), OT_OK);
    check_form(&t);
    assert_true(sample(&t, "owntracks_received_total") == 4);
    assert_true(sample(&t, "owntracks_stored_total") == 1);
    assert_true(sample(&t, "owntracks_repeats_total") == 1);
    assert_true(sample(&t, "owntracks_messages_total{type=\"location\"}") == 2);
    assert_true(sample(&t, "owntracks_messages_total{type=\"lwt\"}") == 1);
    assert_true(sample(&t, "owntracks_rejects_total{reason=\"OT_ESYNTAX\"}") == 1);
    assert_true(sample(&t, "owntracks_dropped_total{policy=\"odd \\\"name\\\" \\\\ with\\nlines\"}") == 1);
    assert_true(sample(&t, "owntracks_connected") == 1);
    assert_true(sample(&t, "owntracks_connects_total") == 1);
    assert_true(sample(&t, "owntracks_lag_seconds") > 1e8);
    double commits = sample(&t, "owntracks_commits_total"), below = 0;
    assert_true(commits >= 1);
    assert_true(sample(&t, "owntracks_commit_seconds_count") == commits);
    assert_true(sample(&t, "owntracks_commit_seconds_bucket{le=\"+Inf\"}") == commits);
    assert_true(sample(&t, "owntracks_commit_seconds_sum") >= 0);
    for (size_t i = 0; i + 1 < OT_LATENCY_BUCKETS; i++) {
        char name[100];
        uint64_t bound = ot_engine_latency_bound(i);
        snprintf(name, sizeof name, "owntracks_commit_seconds_bucket{le=\"%llu.%06llu\"}",
                 (unsigned long long)(bound / 1000000), (unsigned long long)(bound % 1000000));
        double value = sample(&t, name);
        assert_true(value >= below);
        below = value;
        if (i) assert_true(bound > ot_engine_latency_bound(i - 1));
    }
    assert_true(below <= commits);
    assert_true(ot_engine_latency_bound(OT_LATENCY_BUCKETS - 1) == UINT64_MAX);
    assert_true(ot_engine_latency_bound(1000) == UINT64_MAX);
    ot_sink bad = {full, NULL};
    assert_int_equal(ot_engine_metrics(r.engine, &bad), OT_EFULL);
    assert_int_equal(ot_engine_metrics(r.engine, NULL), OT_EINVAL);
    rig_end(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_acknowledged_after_commit),
        cmocka_unit_test(test_no_wait_while_failing),
        cmocka_unit_test(test_limit_drops_connection),
        cmocka_unit_test(test_unusable_store),
        cmocka_unit_test(test_broker_count),
        cmocka_unit_test(test_session_lost),
        cmocka_unit_test(test_session_conflict),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
