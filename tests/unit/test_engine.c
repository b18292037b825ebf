/* test_engine.c: one envelope, one batch: what becomes of good, bad and hostile ones, and what everybody hears of it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "support/engine_rig.h"

#include <owntracks/sys/decoder.h>

#define T0 ((ot_time)1700000000000)

typedef struct heard {
    uint64_t cookies[4096];
    ot_status status[4096];
    size_t count;
    ot_put_result results[4096];
    size_t stored;
} heard;

static void on_done(void *ctx, uint64_t cookie, ot_status status) {
    heard *h = ctx;
    if (h->count < 4096) {
        h->cookies[h->count] = cookie;
        h->status[h->count] = status;
    }
    h->count++;
}
static void on_stored(void *ctx, const ot_record *record, ot_put_result result) {
    heard *h = ctx;
    assert_non_null(record->topic.ptr);
    if (h->stored < 4096) h->results[h->stored] = result;
    h->stored++;
}

typedef struct rig {
    rig_store store;
    ot_store *memory, *face;
    ot_engine *engine;
    ot_engine_config config;
    ot_time now;
    ot_clock clock;
    rig_log log;
    heard heard;
} rig;

static void rig_new(rig *r) {
    memset(r, 0, sizeof *r);
    r->memory = rig_memory();
    r->store.inner = r->memory;
    r->face = rig_wrap(&r->store);
    r->now = T0;
    r->clock = (ot_clock){rig_now, &r->now};
    rig_log_init(&r->log);
    r->config = (ot_engine_config)OT_ENGINE_CONFIG_INIT;
    r->config.store = r->face;
    r->config.clock = &r->clock;
    r->config.log = &r->log.log;
    r->config.done = on_done;
    r->config.stored = on_stored;
    r->config.ctx = &r->heard;
}
static void rig_start(rig *r) {
    assert_int_equal(ot_engine_new(&r->config, &r->engine, NULL), OT_OK);
}
static void rig_end(rig *r) {
    ot_engine_free(r->engine);
    ot_store_close(r->face);
    ot_store_close(r->memory);
}

static ot_envelope envelope(const char *topic, const char *payload) {
    ot_envelope e = OT_ENVELOPE_INIT;
    e.topic = ot_str_c(topic);
    e.payload = ot_str_c(payload);
    e.origin = OT_ORIGIN_MQTT;
    e.qos = 1;
    return e;
}

static ot_status submit(rig *r, const char *topic, const char *payload, uint64_t cookie) {
    ot_envelope e = envelope(topic, payload);
    return ot_engine_submit(r->engine, &e, cookie);
}

static ot_engine_stats stats(rig *r) {
    ot_engine_stats s = {.size = sizeof s};
    ot_engine_stats_get(r->engine, &s);
    return s;
}

#define LOCATION(n) "{\"_type\":\"location\",\"lat\":1.5,\"lon\":2.5,\"tst\":" #n "}"

/* What the memory store holds: the rejects, newest first; the n-th of them. */
static void reject_at(rig *r, size_t n, void (*look)(const ot_record *record, void *ctx), void *ctx) {
    ot_cursor *cursor;
    const ot_record *record;
    assert_int_equal(ot_store_rejects(r->memory, OT_TIME_NONE, OT_TIME_NONE, 0, &cursor, NULL), OT_OK);
    for (size_t i = 0; i <= n; i++)
        assert_int_equal(ot_cursor_next(cursor, &record, NULL), OT_OK);
    look(record, ctx);
    ot_cursor_close(cursor);
}
static size_t count_rejects(rig *r) {
    ot_cursor *cursor;
    const ot_record *record;
    size_t n = 0;
    assert_int_equal(ot_store_rejects(r->memory, OT_TIME_NONE, OT_TIME_NONE, 0, &cursor, NULL), OT_OK);
    while (ot_cursor_next(cursor, &record, NULL) == OT_OK)
        n++;
    ot_cursor_close(cursor);
    return n;
}
typedef struct seen {
    ot_status status;
    uint64_t offset, length;
    size_t kept;
    ot_id id;
    char field[64], reason[256], user[64];
    uint32_t index, marks;
} seen;
static void look(const ot_record *record, void *ctx) {
    seen *s = ctx;
    memset(s, 0, sizeof *s);
    assert_non_null(record->reject);
    s->status = record->reject->status;
    s->offset = record->reject->offset;
    s->length = record->reject->length;
    s->kept = record->payload.len;
    s->id = record->id;
    s->index = record->index;
    s->marks = record->marks;
    ot_str_copy(record->reject->field, s->field, sizeof s->field);
    ot_str_copy(record->reject->reason, s->reason, sizeof s->reason);
    ot_str_copy(record->user, s->user, sizeof s->user);
}
static seen only_reject(rig *r) {
    seen s;
    assert_int_equal(count_rejects(r), 1);
    reject_at(r, 0, look, &s);
    return s;
}

typedef struct row {
    ot_type type;
    uint32_t index, marks;
    ot_time at, arrival;
    char payload[200], user[64], device[64];
} row;
static size_t rows(rig *r, row *out, size_t max) {
    ot_cursor *cursor;
    ot_query query = OT_QUERY_INIT;
    const ot_record *record;
    size_t n = 0;
    assert_int_equal(ot_store_scan(r->memory, &query, &cursor, NULL), OT_OK);
    while (ot_cursor_next(cursor, &record, NULL) == OT_OK) {
        if (n < max) {
            row *w = &out[n];
            w->type = record->type;
            w->index = record->index;
            w->marks = record->marks;
            w->at = record->at;
            w->arrival = record->arrival;
            ot_str_copy(record->payload, w->payload, sizeof w->payload);
            ot_str_copy(record->user, w->user, sizeof w->user);
            ot_str_copy(record->device, w->device, sizeof w->device);
        }
        n++;
    }
    ot_cursor_close(cursor);
    return n;
}

/* ---- the way in ---- */

static void test_one(void **state) {
    (void)state;
    rig r;
    row w[2];
    rig_new(&r);
    rig_start(&r);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK); /* nothing to do is no failure, and no put */
    assert_int_equal(r.store.puts, 0);
    assert_int_equal(submit(&r, "owntracks/jane/phone", LOCATION(1699999990), 7), OT_OK);
    assert_int_equal(r.heard.count, 0);
    assert_int_equal(stats(&r).pending, 1);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    assert_int_equal(r.heard.count, 1);
    assert_int_equal(r.heard.cookies[0], 7);
    assert_int_equal(r.heard.status[0], OT_OK);
    assert_int_equal(r.heard.stored, 1);
    assert_int_equal(r.heard.results[0], OT_PUT_STORED);
    assert_int_equal(rows(&r, w, 2), 1);
    assert_int_equal(w[0].type, OT_TYPE_LOCATION);
    assert_string_equal(w[0].user, "jane");
    assert_string_equal(w[0].device, "phone");
    assert_int_equal(w[0].at, (ot_time)1699999990000);
    assert_int_equal(w[0].arrival, T0);
    assert_string_equal(w[0].payload, LOCATION(1699999990));
    /* The same again is a repeat, and as good as stored. */
    assert_int_equal(submit(&r, "owntracks/jane/phone", LOCATION(1699999990), 8), OT_OK);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    assert_int_equal(r.heard.status[1], OT_OK);
    ot_engine_stats s = stats(&r);
    assert_int_equal(s.received, 2);
    assert_int_equal(s.stored, 1);
    assert_int_equal(s.repeats, 1);
    assert_int_equal(s.commits, 2);
    assert_int_equal(s.by_type[OT_TYPE_LOCATION], 2);
    assert_int_equal(s.bytes, 2 * strlen(LOCATION(1699999990)));
    assert_int_equal(s.last_stored, T0);
    assert_int_equal(s.lag, 10000);
    assert_int_equal(s.pending, 0);
    rig_end(&r);
}

static void test_views_end(void **state) {
    (void)state;
    rig r;
    row w[1];
    rig_new(&r);
    rig_start(&r);
    char topic[] = "owntracks/jane/phone", payload[] = LOCATION(1699999990);
    assert_int_equal(submit(&r, topic, payload, 1), OT_OK);
    memset(topic, 'x', sizeof topic - 1);
    memset(payload, 'x', sizeof payload - 1);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    assert_int_equal(rows(&r, w, 1), 1);
    assert_string_equal(w[0].user, "jane");
    assert_string_equal(w[0].payload, LOCATION(1699999990));
    rig_end(&r);
}

static void test_full_batch(void **state) {
    (void)state;
    rig r;
    rig_new(&r);
    r.config.batch_count = 3;
    rig_start(&r);
    char payload[200];
    for (int i = 0; i < 7; i++) {
        snprintf(payload, sizeof payload, "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":%d}", 1600000000 + i);
        assert_int_equal(submit(&r, "owntracks/jane/phone", payload, (uint64_t)i), OT_OK);
        assert_int_equal(r.heard.count, (size_t)(i + 1) / 3 * 3);
    }
    assert_int_equal(r.store.puts, 2);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    assert_int_equal(r.heard.count, 7);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(r.heard.cookies[i], i);
    rig_end(&r);

    rig_new(&r); /* by bytes */
    r.config.batch_bytes = 300;
    rig_start(&r);
    for (int i = 0; i < 10; i++) {
        snprintf(payload, sizeof payload, "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":%d}", 1600000000 + i);
        assert_int_equal(submit(&r, "owntracks/jane/phone", payload, (uint64_t)i), OT_OK);
    }
    assert_true(r.store.puts >= 2 && r.store.puts <= 4);
    rig_end(&r);
}

static void test_free_closes(void **state) {
    (void)state;
    rig r;
    rig_new(&r);
    rig_start(&r);
    submit(&r, "owntracks/jane/phone", LOCATION(1), 1);
    submit(&r, "owntracks/jane/phone", LOCATION(2), 2);
    ot_engine_free(r.engine);
    r.engine = NULL;
    assert_int_equal(r.heard.count, 2);
    assert_int_equal(r.heard.status[0], OT_ECLOSED);
    assert_int_equal(r.heard.status[1], OT_ECLOSED);
    assert_int_equal(rows(&r, NULL, 0), 0);
    rig_end(&r);
    ot_engine_free(NULL);
}

static void test_abandon(void **state) {
    (void)state;
    rig r;
    rig_new(&r);
    rig_start(&r);
    submit(&r, "owntracks/jane/phone", LOCATION(1), 1);
    ot_engine_abandon(r.engine, OT_EFULL);
    assert_int_equal(r.heard.count, 1);
    assert_int_equal(r.heard.status[0], OT_EFULL);
    ot_engine_abandon(r.engine, OT_EFULL); /* nothing there */
    assert_int_equal(r.heard.count, 1);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    assert_int_equal(rows(&r, NULL, 0), 0);
    rig_end(&r);
}

static void test_config(void **state) {
    (void)state;
    rig r;
    ot_error error;
    ot_engine *e = (ot_engine *)1;
    rig_new(&r);
    assert_int_equal(ot_engine_new(NULL, &e, &error), OT_EINVAL);
    assert_null(e);
    assert_int_equal(ot_engine_new(&r.config, NULL, &error), OT_EINVAL);
    ot_engine_config c = r.config;
    c.store = NULL;
    assert_int_equal(ot_engine_new(&c, &e, &error), OT_EINVAL);
    assert_string_equal(error.field, "store");
    c = r.config;
    c.policy_count = 1;
    assert_int_equal(ot_engine_new(&c, &e, &error), OT_EINVAL);
    assert_string_equal(error.field, "policies");
    ot_policy none = {"none", NULL, NULL};
    c.policies = &none;
    assert_int_equal(ot_engine_new(&c, &e, &error), OT_EINVAL);
    assert_string_equal(error.field, "policies");
    c = r.config;
    const ot_decoder *no_decoder = NULL;
    c.decoders = &no_decoder;
    c.decoder_count = 1;
    assert_int_equal(ot_engine_new(&c, &e, &error), OT_EINVAL);
    assert_string_equal(error.field, "decoders");
    c = r.config;
    c.max_payload = (size_t)1 << 40;
    assert_int_equal(ot_engine_new(&c, &e, &error), OT_EINVAL);
    assert_string_equal(error.field, "max_payload");
    c = r.config;
    c.size = 8;
    assert_int_equal(ot_engine_new(&c, &e, &error), OT_EINVAL);
    /* A caller that was compiled before the last members came. */
    c = r.config;
    c.size = offsetof(ot_engine_config, session);
    assert_int_equal(ot_engine_new(&c, &e, &error), OT_OK);
    ot_envelope bad = OT_ENVELOPE_INIT;
    bad.size = 3;
    assert_int_equal(ot_engine_submit(e, &bad, 1), OT_EINVAL);
    assert_int_equal(ot_engine_submit(e, NULL, 1), OT_EINVAL);
    assert_int_equal(ot_engine_poll(e, 0), OT_EINVAL);
    ot_wait wait = {.size = sizeof wait};
    assert_int_equal(ot_engine_wait(e, &wait), OT_EINVAL);
    ot_engine_free(e);
    rig_end(&r);
}

/* ---- lists ---- */

static void test_list(void **state) {
    (void)state;
    rig r;
    row w[4];
    rig_new(&r);
    rig_start(&r);
    submit(&r, "owntracks/jane/phone", "[" LOCATION(1600000001) ",{\"lat\":1}, " LOCATION(1600000003) " ]", 5);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    assert_int_equal(r.heard.count, 1);
    assert_int_equal(rows(&r, w, 4), 2);
    assert_int_equal(w[0].index, 0);
    assert_int_equal(w[1].index, 2);
    assert_string_equal(w[1].payload, LOCATION(1600000003));
    assert_true(w[0].marks & OT_MARK_ELEMENT);
    seen s = only_reject(&r);
    assert_int_equal(s.status, OT_EMISSING);
    assert_int_equal(s.index, 1);
    assert_int_equal(s.kept, strlen("{\"lat\":1}"));
    assert_string_equal(s.user, "jane");
    assert_int_equal(stats(&r).received, 1);
    assert_int_equal(stats(&r).stored, 2);
    assert_int_equal(stats(&r).rejected, 1);
    assert_int_equal(stats(&r).rejects_by_status[OT_EMISSING], 1);
    rig_end(&r);
}

static void test_single_is_no_element(void **state) {
    (void)state;
    rig r;
    row w[1];
    rig_new(&r);
    rig_start(&r);
    submit(&r, "owntracks/jane/phone", LOCATION(1600000001), 5);
    ot_engine_flush(r.engine);
    assert_int_equal(rows(&r, w, 1), 1);
    assert_false(w[0].marks & OT_MARK_ELEMENT);
    rig_end(&r);
}

static void test_list_forms(void **state) {
    (void)state;
    static const struct {
        const char *payload;
        size_t stored;
        ot_status status;
        const char *reason;
        uint64_t offset;
        size_t kept;
    } cases[] = {
        {"[]", 0, OT_EMPTY, "empty list", 0, 2},
        {" [ ] ", 0, OT_EMPTY, "empty list", 0, 5},
        {"[[" LOCATION(1600000001) "]]", 0, OT_ELIST, "a list of messages within a list of messages", 0, 0},
        {"[" LOCATION(1600000001) "," LOCATION(1600000002), 2, OT_ESYNTAX, NULL, 0, 0},
        {"[" LOCATION(1600000001) ",{\"_type\":\"loc", 1, OT_ESYNTAX, NULL, 14, 14},
        {"[" LOCATION(1600000001) "] x", 1, OT_ESYNTAX, NULL, 2, 3},
        {"[" LOCATION(1600000001) ",]", 1, OT_ESYNTAX, NULL, 1, 2},
        {"[" LOCATION(1600000001) ",\"\xff\"]", 1, OT_EUTF8, NULL, 2, 5},
        {"[1]", 0, OT_ETYPE, NULL, OT_NO_OFFSET - 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rig r;
        rig_new(&r);
        rig_start(&r);
        submit(&r, "owntracks/jane/phone", cases[i].payload, 5);
        assert_int_equal(ot_engine_flush(r.engine), OT_OK);
        assert_int_equal(rows(&r, NULL, 0), cases[i].stored);
        seen s = only_reject(&r);
        if (s.status != cases[i].status) print_message("case %zu: %s\n", i, s.reason);
        assert_int_equal(s.status, cases[i].status);
        if (cases[i].reason) assert_string_equal(s.reason, cases[i].reason);
        assert_true(s.reason[0]);
        if (cases[i].kept) assert_int_equal(s.kept, cases[i].kept);
        if (cases[i].offset && cases[i].offset < 1000) assert_int_equal(s.offset, cases[i].offset);
        assert_int_equal(r.heard.count, 1);
        rig_end(&r);
    }
}

static void test_long_list(void **state) {
    (void)state;
    rig r;
    rig_new(&r);
    rig_start(&r);
    size_t n = OT_LIST_MAX + 10, len = 0, room = n * 64;
    char *payload = malloc(room);
    assert_non_null(payload);
    for (size_t i = 0; i < n; i++)
        len += (size_t)snprintf(payload + len, room - len, "%c{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":%zu}",
                                i ? ',' : '[', 1600000000 + i);
    payload[len++] = ']';
    ot_envelope e = envelope("owntracks/jane/phone", "");
    e.payload = ot_str_of(payload, len);
    assert_int_equal(ot_engine_submit(r.engine, &e, 1), OT_OK);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    assert_int_equal(rows(&r, NULL, 0), OT_LIST_MAX);
    seen s = only_reject(&r);
    assert_int_equal(s.status, OT_ELIMIT);
    assert_int_equal(s.index, OT_LIST_MAX);
    assert_true(s.kept > 10 * 40); /* all that was not stored is kept there */
    free(payload);
    rig_end(&r);
}

/* ---- what is not to be stored as it is ---- */

static void test_too_large(void **state) {
    (void)state;
    rig r;
    rig_new(&r);
    r.config.max_payload = 10000;
    rig_start(&r);
    char *payload = malloc(10002);
    assert_non_null(payload);
    memset(payload, ' ', 10002);
    ot_envelope e = envelope("owntracks/jane/phone", "");
    e.payload = ot_str_of(payload, 10001);
    assert_int_equal(ot_engine_submit(r.engine, &e, 1), OT_OK);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    seen s = only_reject(&r);
    assert_int_equal(s.status, OT_ELIMIT);
    assert_int_equal(s.kept, 4096);
    assert_int_equal(s.length, 10001);
    assert_string_equal(s.user, "jane");
    ot_id id = ot_id_of_record(e.topic, ot_str_of("", 0), e.payload, 0);
    assert_int_equal(ot_id_cmp(&s.id, &id), 0);
    assert_non_null(strstr(s.reason, "10001"));
    assert_int_equal(r.heard.status[0], OT_OK);
    /* One byte less is within the limit, and then it is no message for another reason. */
    e.payload.len = 10000;
    assert_int_equal(ot_engine_submit(r.engine, &e, 2), OT_OK);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    reject_at(&r, 0, look, &s);
    if (s.length != 10000) reject_at(&r, 1, look, &s);
    assert_int_equal(s.length, 10000);
    assert_int_not_equal(s.status, OT_ELIMIT);
    assert_int_equal(s.kept, 10000);
    free(payload);
    rig_end(&r);
}

static void test_small_limit(void **state) {
    (void)state;
    rig r;
    rig_new(&r);
    r.config.max_payload = 10;
    rig_start(&r);
    submit(&r, "owntracks/jane/phone", "01234567890", 1);
    ot_engine_flush(r.engine);
    seen s = only_reject(&r);
    assert_int_equal(s.kept, 11);
    assert_int_equal(s.length, 11);
    rig_end(&r);
}

static void test_topics(void **state) {
    (void)state;
    static const struct {
        ot_str topic;
        ot_status status;
    } cases[] = {
        {{"owntracks", 9}, OT_ETOPIC},
        {{"", 0}, OT_EMPTY},
        {{NULL, 0}, OT_EMPTY},
        {{"owntracks/a+/b", 14}, OT_ETOPIC},
        {{"owntracks/a\0c/b", 15}, OT_ETOPIC},
        {{"owntracks/\xff/b", 13}, OT_EUTF8},
        {{"owntracks//b", 12}, OT_ETOPIC},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rig r;
        rig_new(&r);
        rig_start(&r);
        ot_envelope e = envelope("", LOCATION(1600000000));
        e.topic = cases[i].topic;
        assert_int_equal(ot_engine_submit(r.engine, &e, 1), OT_OK);
        assert_int_equal(submit(&r, "owntracks/jane/phone", LOCATION(1600000000), 2), OT_OK);
        assert_int_equal(ot_engine_flush(r.engine), OT_OK);
        assert_int_equal(rows(&r, NULL, 0), 1);
        seen s = only_reject(&r);
        if (s.status != cases[i].status) print_message("case %zu: %s\n", i, s.reason);
        assert_int_equal(s.status, cases[i].status);
        assert_string_equal(s.field, "topic");
        assert_int_equal(s.offset, OT_NO_OFFSET); /* an offset is one of the payload */
        assert_string_equal(s.user, "");
        assert_int_equal(s.length, strlen(LOCATION(1600000000)));
        rig_end(&r);
    }
}

static void test_bases(void **state) {
    (void)state;
    rig r;
    row w[1];
    ot_bases *bases;
    rig_new(&r);
    assert_int_equal(ot_bases_new(&bases), OT_OK);
    assert_int_equal(ot_bases_add(bases, OT_STR("fleet/%d/of/%u"), NULL), OT_OK);
    r.config.bases = bases;
    rig_start(&r);
    submit(&r, "fleet/van/of/jane/event", LOCATION(1600000000), 1);
    submit(&r, "owntracks/jane/phone", LOCATION(1600000000), 2);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    assert_int_equal(rows(&r, w, 1), 1);
    assert_string_equal(w[0].user, "jane");
    assert_string_equal(w[0].device, "van");
    assert_int_equal(count_rejects(&r), 1);
    rig_end(&r);
    ot_bases_free(bases);
}

static void test_empty_and_marks(void **state) {
    (void)state;
    rig r;
    row w[2];
    rig_new(&r);
    rig_start(&r);
    ot_envelope e = envelope("owntracks/jane/phone", "");
    e.payload = ot_str_of(NULL, 0);
    e.retained = true;
    assert_int_equal(ot_engine_submit(r.engine, &e, 1), OT_OK);
    e = envelope("owntracks/jane/phone", LOCATION(1600000000));
    e.origin = OT_ORIGIN_HTTP;
    e.arrival = T0 + 5;
    assert_int_equal(ot_engine_submit(r.engine, &e, 2), OT_OK);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    assert_int_equal(rows(&r, w, 2), 2);
    assert_int_equal(w[0].type, OT_TYPE_LOCATION);
    assert_true(w[0].marks & OT_MARK_HTTP);
    assert_false(w[0].marks & OT_MARK_RETAINED);
    assert_int_equal(w[0].arrival, T0 + 5);
    assert_int_equal(w[1].type, OT_TYPE_EMPTY);
    assert_true(w[1].marks & OT_MARK_RETAINED);
    assert_int_equal(stats(&r).retained, 1);
    rig_end(&r);
}

static void test_garbage(void **state) {
    (void)state;
    static const ot_str garbage[] = {{"\0", 1},    {"\xff\xfe", 2}, {"{", 1},
                                     {"{}", 2},    {"null", 4},     {"{\"_type\":1}", 11},
                                     {"1,2,3", 5}, {"\"x\"", 3},    {"{\"_type\":\"location\"}", 20}};
    rig r;
    rig_new(&r);
    rig_start(&r);
    size_t n = sizeof garbage / sizeof *garbage;
    for (size_t i = 0; i < n; i++) {
        ot_envelope e = envelope("owntracks/jane/phone", "");
        e.payload = garbage[i];
        assert_int_equal(ot_engine_submit(r.engine, &e, i), OT_OK);
    }
    submit(&r, "owntracks/jane/phone", LOCATION(1600000000), n);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    assert_int_equal(rows(&r, NULL, 0), 1);
    assert_int_equal(count_rejects(&r), n);
    for (size_t i = 0; i < n; i++) {
        seen s;
        reject_at(&r, i, look, &s);
        assert_true(s.reason[0]);
        assert_true(s.status > OT_DONE);
    }
    rig_end(&r);
}

static void test_strict(void **state) {
    (void)state;
    static const char text_tst[] = "{\"_type\":\"location\",\"lat\":\"1\",\"lon\":2,\"tst\":1600000000}";
    for (int strict = 0; strict < 2; strict++) {
        rig r;
        rig_new(&r);
        r.config.strict = strict;
        rig_start(&r);
        submit(&r, "owntracks/jane/phone", text_tst, 1);
        ot_engine_flush(r.engine);
        assert_int_equal(rows(&r, NULL, 0), strict ? 0 : 1);
        assert_int_equal(count_rejects(&r), strict ? 1 : 0);
        if (strict) assert_string_equal(only_reject(&r).field, "lat");
        rig_end(&r);
    }
}

static void test_log_is_bounded(void **state) {
    (void)state;
    rig r;
    rig_new(&r);
    rig_start(&r);
    for (int i = 0; i < 1000; i++)
        submit(&r, "owntracks/jane/phone", "{", (uint64_t)i);
    assert_int_equal(rig_log_count(&r.log, "rejected a message on owntracks/jane/phone"), 10);
    r.now += 60000;
    submit(&r, "owntracks/jane/phone", "{", 1);
    assert_int_equal(rig_log_count(&r.log, "990 more messages were rejected"), 1);
    assert_int_equal(rig_log_count(&r.log, "rejected a message on"), 11);
    rig_end(&r);
}

static void test_unknown_types(void **state) {
    (void)state;
    rig r;
    row w[1];
    rig_new(&r);
    rig_start(&r);
    for (int i = 0; i < 5; i++)
        submit(&r, "owntracks/jane/phone", "{\"_type\":\"moon\",\"x\":1}", 1);
    assert_int_equal(rig_log_count(&r.log, "unknown _type \"moon\""), 1);
    r.now += 3599999;
    submit(&r, "owntracks/jane/phone", "{\"_type\":\"moon\",\"x\":1}", 1);
    assert_int_equal(rig_log_count(&r.log, "unknown _type \"moon\""), 1);
    r.now += 1;
    submit(&r, "owntracks/jane/phone", "{\"_type\":\"moon\",\"x\":1}", 1);
    assert_int_equal(rig_log_count(&r.log, "unknown _type \"moon\""), 2);
    char payload[64];
    for (int i = 0; i < 500; i++) { /* a flood of invented ones */
        snprintf(payload, sizeof payload, "{\"_type\":\"t%d\"}", i);
        submit(&r, "owntracks/jane/phone", payload, 1);
    }
    assert_int_equal(rig_log_count(&r.log, "unknown _type \"t"), 31);
    ot_engine_flush(r.engine);
    assert_true(rows(&r, w, 1) >= 500);
    assert_int_equal(stats(&r).by_type[OT_TYPE_UNKNOWN], 507);
    rig_end(&r);
}

/* ---- policies ---- */

static ot_verdict odd(void *ctx, const ot_envelope *e, const ot_message *m, ot_record *record, ot_reject *reject) {
    (void)ctx;
    (void)e;
    assert_non_null(m);
    if (record->at / 1000 % 2) {
        reject->status = OT_ERANGE;
        reject->reason = OT_STR("odd");
        reject->field = OT_STR("tst");
        reject->offset = 3;
        return OT_VERDICT_REJECT;
    }
    record->marks |= OT_MARK_REDACTED;
    return OT_VERDICT_ACCEPT;
}

/* ---- secrets ---- */

static void keep_payload(const ot_record *record, void *ctx) {
    ot_str_copy(record->payload, ctx, 200);
}

static void test_secrets(void **state) {
    (void)state;
    static const struct {
        const char *in, *kept;
    } cases[] = {
        {"{\"_type\":\"configuration\",\"password\":\"hunter2\",\"host\":\"a\"}",
         "{\"_type\":\"configuration\",\"password\":\"***\",\"host\":\"a\"}"},
        {"{\"_type\":\"dump\",\"configuration\":{\"_type\":\"configuration\",\"pass\\u0077ord\":\"hunter2\"}}",
         "{\"_type\":\"dump\",\"configuration\":{\"_type\":\"configuration\",\"pass\\u0077ord\":\"***\"}}"},
        {"{\"_type\":\"cmd\",\"action\":\"setConfiguration\",\"configuration\":{\"encryptionKey\":[\"hunter2\"]}}",
         "{\"_type\":\"cmd\",\"action\":\"setConfiguration\",\"configuration\":{\"encryptionKey\":\"***\"}}"},
        {"{\"_type\":\"Configuration\",\"password\":\"hunter2\"}",
         "{\"_type\":\"Configuration\",\"password\":\"***\"}"},
        {"{\"_type\":\"configuration\",\"host\":\"the password\"}", NULL}, /* a value, not a key */
        {"{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":9,\"password\":\"a name of its own\"}", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rig r;
        rig_new(&r);
        rig_start(&r);
        submit(&r, "owntracks/jane/phone", cases[i].in, 1);
        assert_int_equal(ot_engine_flush(r.engine), OT_OK);
        ot_cursor *cursor;
        const ot_record *record;
        ot_query q = OT_QUERY_INIT;
        assert_int_equal(ot_store_scan(r.memory, &q, &cursor, NULL), OT_OK);
        assert_int_equal(ot_cursor_next(cursor, &record, NULL), OT_OK);
        char kept[200];
        keep_payload(record, kept);
        assert_string_equal(kept, cases[i].kept ? cases[i].kept : cases[i].in);
        assert_int_equal(!!(record->marks & OT_MARK_REDACTED), cases[i].kept != NULL);
        ot_id id = ot_id_of_record(record->user, record->device, ot_str_c(cases[i].in), 0);
        assert_int_equal(ot_id_cmp(&id, &record->id), 0);
        ot_cursor_close(cursor);
        assert_int_equal(ot_store_check(r.memory, NULL, NULL, NULL), OT_OK);
        /* The same again is a repeat: the id is that of what came. */
        submit(&r, "owntracks/jane/phone", cases[i].in, 2);
        assert_int_equal(ot_engine_flush(r.engine), OT_OK);
        assert_int_equal(stats(&r).repeats, 1);
        rig_end(&r);
    }
    /* Among the rejects, too. */
    rig r;
    rig_new(&r);
    rig_start(&r);
    submit(&r, "owntracks/jane/phone", "{\"password\":\"hunter2\"}", 1);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    char kept[200];
    reject_at(&r, 0, keep_payload, kept);
    assert_string_equal(kept, "{\"password\":\"***\"}");
    rig_end(&r);
}

static void test_policies(void **state) {
    (void)state;
    rig r;
    row w[3];
    uint64_t types = OT_TYPE_BIT(OT_TYPE_LOCATION);
    const ot_policy policies[] = {
        ot_policy_drop_retained(), ot_policy_types(&types), ot_policy_owner(), {"odd", odd, NULL}};
    rig_new(&r);
    r.config.policies = policies;
    r.config.policy_count = 4;
    rig_start(&r);
    ot_envelope e = envelope("owntracks/jane/phone", LOCATION(1600000000));
    e.retained = true;
    ot_engine_submit(r.engine, &e, 1);                                      /* dropped */
    submit(&r, "owntracks/jane/phone", "{\"_type\":\"lwt\",\"tst\":1}", 2); /* dropped */
    e.retained = false;
    e.auth_user = OT_STR("eve");
    ot_engine_submit(r.engine, &e, 3); /* rejected: not hers */
    e.auth_user = OT_STR("jane");
    ot_engine_submit(r.engine, &e, 4);                           /* stored */
    submit(&r, "owntracks/jane/phone", LOCATION(1600000001), 5); /* rejected: odd */
    e = envelope("owntracks/jane/phone",
                 "[" LOCATION(1600000002) "," LOCATION(1600000003) "," LOCATION(1600000004) "]");
    ot_engine_submit(r.engine, &e, 6); /* two of three */
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    assert_int_equal(r.heard.count, 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(r.heard.status[i], OT_OK);
    assert_int_equal(rows(&r, w, 3), 3);
    assert_true(w[0].marks & OT_MARK_REDACTED);
    assert_int_equal(count_rejects(&r), 3);
    ot_engine_stats s = stats(&r);
    assert_int_equal(s.dropped, 2);
    assert_int_equal(s.rejected, 3);
    assert_int_equal(s.rejects_by_status[OT_EAUTH], 1);
    assert_int_equal(s.rejects_by_status[OT_ERANGE], 2);
    bool owner = false;
    for (size_t i = 0; i < 3; i++) {
        seen one;
        reject_at(&r, i, look, &one);
        if (one.status == OT_EAUTH) {
            owner = true;
            assert_string_equal(one.field, "topic");
            ot_id id =
                ot_id_of_record(OT_STR("owntracks/jane/phone"), ot_str_of("", 0), ot_str_c(LOCATION(1600000000)), 0);
            assert_int_equal(ot_id_cmp(&id, &one.id), 0);
        } else {
            assert_string_equal(one.reason, "odd");
            assert_string_equal(one.field, "tst");
            assert_int_equal(one.offset, 3);
        }
    }
    assert_true(owner);
    rig_end(&r);
}

/* ---- decoders ---- */

static ot_outcome foreign(void *ctx, const ot_envelope *e, ot_message *message, const ot_decoder_out *out) {
    int *mode = ctx;
    if (*mode == 0) return OT_OUTCOME_NOT_MINE;
    if (*mode == 1) return OT_OUTCOME_MESSAGE; /* a defect: nothing is given */
    char made[64];                             /* ends with this call */
    for (uint32_t i = 0; i < 2; i++) {
        snprintf(made, sizeof made, "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":%u}", 1600000000 + i);
        assert_int_equal(ot_message_decode(message, ot_str_c(made), NULL), OT_OK);
        assert_int_equal(out->emit(out->ctx, OT_OUTCOME_MESSAGE, message, ot_str_c(made), i, NULL), OT_OK);
        memset(made, 0, sizeof made);
    }
    (void)e;
    return OT_OUTCOME_MESSAGE;
}

static void test_decoders(void **state) {
    (void)state;
    int mode = 2;
    const ot_decoder tracker = {sizeof tracker, "tracker", "trk/#", foreign, &mode};
    const ot_decoder *list[] = {&tracker, ot_decoder_owntracks()};
    rig r;
    row w[3];
    rig_new(&r);
    r.config.decoders = list;
    r.config.decoder_count = 2;
    rig_start(&r);
    submit(&r, "trk/jane/phone", "binary", 1);
    submit(&r, "owntracks/jane/phone", LOCATION(1600000009), 2);
    ot_engine_flush(r.engine);
    assert_int_equal(rows(&r, w, 3), 3);
    assert_string_equal(w[0].payload, "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":1600000000}");
    assert_int_equal(w[1].index, 1);
    mode = 0; /* the next one is asked */
    submit(&r, "trk/jane/phone", LOCATION(1600000010), 3);
    ot_engine_flush(r.engine);
    assert_int_equal(rows(&r, w, 0), 4);
    mode = 1;
    submit(&r, "trk/jane/phone", "binary", 4);
    ot_engine_flush(r.engine);
    assert_int_equal(only_reject(&r).status, OT_EINTERNAL);
    rig_end(&r);

    rig_new(&r); /* nobody takes it */
    mode = 0;
    r.config.decoders = list;
    r.config.decoder_count = 1;
    rig_start(&r);
    submit(&r, "trk/jane/phone", "binary", 1);
    submit(&r, "owntracks/jane/phone", LOCATION(1600000009), 2);
    ot_engine_flush(r.engine);
    assert_int_equal(count_rejects(&r), 2);
    assert_int_equal(stats(&r).rejects_by_status[OT_EUNSUPPORTED], 2);
    rig_end(&r);
}

/* ---- a store that fails ---- */

static void test_culprit(void **state) {
    (void)state;
    for (size_t at = 0; at < 50; at += 7) {
        rig r;
        rig_new(&r);
        r.store.poison = "poison";
        r.store.poison_status = OT_ELIMIT;
        rig_start(&r);
        char payload[200];
        for (size_t i = 0; i < 50; i++) {
            snprintf(payload, sizeof payload, "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":%zu%s}",
                     1600000000 + i, i == at || i == 3 ? ",\"x\":\"poison\"" : "");
            submit(&r, "owntracks/jane/phone", payload, i);
        }
        assert_int_equal(ot_engine_flush(r.engine), OT_OK);
        size_t bad = at == 3 ? 1 : 2;
        assert_int_equal(rows(&r, NULL, 0), 50 - bad);
        assert_int_equal(count_rejects(&r), bad);
        seen s;
        reject_at(&r, 0, look, &s);
        assert_int_equal(s.status, OT_ELIMIT);
        assert_string_equal(s.reason, "poisoned");
        assert_string_equal(s.user, "jane");
        assert_int_equal(r.heard.count, 50);
        for (size_t i = 0; i < 50; i++) {
            assert_int_equal(r.heard.cookies[i], i);
            assert_int_equal(r.heard.status[i], OT_OK);
        }
        assert_int_equal(stats(&r).lost, 0);
        assert_true(r.store.puts < 60);
        rig_end(&r);
    }
}

static void test_culprit_reject(void **state) {
    (void)state;
    rig r; /* the store does not even hold the reject as it is: it loses its names */
    rig_new(&r);
    r.store.poison = "poison";
    r.store.poison_status = OT_EINVAL;
    r.store.poison_rejects = r.store.poison_names = true;
    rig_start(&r);
    submit(&r, "owntracks/jane/phone", "{\"poison\"", 1);
    submit(&r, "owntracks/jane/phone", LOCATION(1600000000), 2);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    seen s = only_reject(&r);
    assert_string_equal(s.user, "");
    assert_int_equal(s.kept, 9);
    assert_int_equal(rows(&r, NULL, 0), 1);
    rig_end(&r);

    rig_new(&r); /* and then its payload */
    r.store.poison = "poison";
    r.store.poison_status = OT_EINVAL;
    r.store.poison_rejects = true;
    rig_start(&r);
    submit(&r, "owntracks/jane/phone", "{\"poison\"", 1);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    s = only_reject(&r);
    assert_int_equal(s.kept, 0);
    assert_int_equal(s.length, 9);
    rig_end(&r);

    rig_new(&r); /* a store that takes nothing: told, counted, and its neighbours do not wait for it */
    r.store.fail = OT_EINVAL;
    r.store.fail_count = -1;
    rig_start(&r);
    submit(&r, "owntracks/jane/phone", LOCATION(1600000000), 1);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    assert_int_equal(stats(&r).lost, 1);
    assert_int_equal(rig_log_count(&r.log, "takes neither"), 1);
    rig_end(&r);
}

static void test_transient(void **state) {
    (void)state;
    rig r;
    rig_new(&r);
    r.config.batch_count = 2;
    rig_start(&r);
    r.store.fail = OT_EFULL;
    r.store.fail_count = 3;
    assert_int_equal(submit(&r, "owntracks/jane/phone", LOCATION(1600000000), 1), OT_OK);
    assert_int_equal(submit(&r, "owntracks/jane/phone", LOCATION(1600000001), 2), OT_OK); /* full; the commit fails */
    assert_int_equal(r.heard.count, 0);
    assert_int_equal(submit(&r, "owntracks/jane/phone", LOCATION(1600000002), 3), OT_EFULL); /* not taken */
    assert_int_equal(ot_engine_flush(r.engine), OT_EFULL);
    assert_int_equal(stats(&r).pending, 2);
    assert_int_equal(stats(&r).commit_failures, 3);
    assert_int_equal(rig_log_count(&r.log, "cannot store now"), 1);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    assert_int_equal(rig_log_count(&r.log, "storing again"), 1);
    assert_int_equal(r.heard.count, 2);
    assert_int_equal(rows(&r, NULL, 0), 2);
    assert_int_equal(submit(&r, "owntracks/jane/phone", LOCATION(1600000002), 3), OT_OK);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    assert_int_equal(rows(&r, NULL, 0), 3);
    assert_int_equal(stats(&r).received, 3);
    rig_end(&r);
}

/* A transient failure in the middle of looking for a culprit: what is stored stays so, and is told as such even when the rest is given up. */
static void test_transient_within(void **state) {
    (void)state;
    rig r;
    rig_new(&r);
    r.store.poison = "poison";
    r.store.poison_status = OT_ESYNTAX;
    rig_start(&r);
    for (int i = 0; i < 3; i++) {
        char payload[100];
        snprintf(payload, sizeof payload, "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":%d}", 1600000000 + i);
        submit(&r, "owntracks/jane/phone", payload, (uint64_t)i);
    }
    submit(&r, "owntracks/jane/phone",
           "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":1600000009,\"x\":\"poison\"}", 3);
    r.store.fail = OT_EFULL;
    r.store.fail_at_put = 3; /* four are too many; two are stored; then the disk is full */
    assert_int_equal(ot_engine_flush(r.engine), OT_EFULL);
    assert_int_equal(rows(&r, NULL, 0), 2);
    assert_int_equal(r.heard.count, 0);
    ot_engine_abandon(r.engine, OT_EFULL);
    assert_int_equal(r.heard.count, 4);
    assert_int_equal(r.heard.status[0], OT_OK);
    assert_int_equal(r.heard.status[1], OT_OK);
    assert_int_equal(r.heard.status[2], OT_EFULL);
    assert_int_equal(r.heard.status[3], OT_EFULL);
    /* The engine is as new. */
    submit(&r, "owntracks/jane/phone", LOCATION(1600000002), 4);
    assert_int_equal(ot_engine_flush(r.engine), OT_OK);
    assert_int_equal(rows(&r, NULL, 0), 3);
    rig_end(&r);
}

static void test_unusable(void **state) {
    (void)state;
    rig r;
    rig_new(&r);
    rig_start(&r);
    submit(&r, "owntracks/jane/phone", LOCATION(1600000000), 1);
    r.store.fail = OT_ECORRUPT;
    r.store.fail_count = -1;
    assert_int_equal(ot_engine_flush(r.engine), OT_ECORRUPT);
    assert_int_equal(stats(&r).pending, 1);
    assert_int_equal(r.heard.count, 0);
    rig_end(&r);
    assert_int_equal(r.heard.count, 1);
    assert_int_equal(r.heard.status[0], OT_ECLOSED);
}

/* ---- memory ---- */

typedef struct counting {
    size_t calls, live;
    long fail_after; /* negative: never */
} counting;
static bool may(counting *c) {
    c->calls++;
    if (c->fail_after < 0) return true;
    if (c->fail_after == 0) return false;
    c->fail_after--;
    return true;
}
static void *count_alloc(void *ctx, size_t size) {
    counting *c = ctx;
    if (!may(c)) return NULL;
    c->live += size;
    return malloc(size);
}
static void *count_resize(void *ctx, void *ptr, size_t old_size, size_t size) {
    counting *c = ctx;
    if (!may(c)) return NULL;
    c->live += size - old_size;
    return realloc(ptr, size);
}
static void count_release(void *ctx, void *ptr, size_t size) {
    ((counting *)ctx)->live -= size;
    free(ptr);
}

static void test_no_allocation(void **state) {
    (void)state;
    counting c = {0, 0, -1};
    const ot_alloc alloc = {sizeof alloc, count_alloc, count_resize, count_release, &c};
    assert_int_equal(ot_mem_set(&alloc), OT_OK);
    rig_store null = {0};
    ot_store *store = rig_wrap(&null);
    ot_engine_config config = OT_ENGINE_CONFIG_INIT;
    ot_engine *e;
    config.store = store;
    config.batch_count = 500;
    assert_int_equal(ot_engine_new(&config, &e, NULL), OT_OK);
    char payload[400], topic[64];
    size_t warm = 0;
    for (int i = 0; i < 20000; i++) {
        if (i == 2000) warm = c.calls;
        snprintf(topic, sizeof topic, "owntracks/user%d/phone", i % 100);
        snprintf(
            payload, sizeof payload,
            "{\"_type\":\"location\",\"acc\":12,\"alt\":40,\"batt\":%d,\"bs\":1,\"conn\":\"w\",\"inregions\":[\"home\"]"
            ",\"lat\":52.5%03d,"
            "\"lon\":13.4,\"m\":1,\"SSID\":\"n\\u00e9t\",\"t\":\"u\",\"tid\":\"ab\",\"tst\":%d,\"vac\":3,\"vel\":0}",
            i % 101, i % 1000, 1600000000 + i);
        ot_envelope env = envelope(topic, payload);
        env.arrival = T0;
        assert_int_equal(ot_engine_submit(e, &env, (uint64_t)i), OT_OK);
    }
    assert_int_equal(ot_engine_flush(e), OT_OK);
    assert_int_equal(null.records, 20000);
    assert_int_equal(c.calls, warm);
    ot_engine_free(e);
    ot_store_close(store);
    assert_int_equal(c.live, 0);
    ot_mem_set(NULL);
}

static void test_out_of_memory(void **state) {
    (void)state;
    counting c = {0, 0, -1};
    const ot_alloc alloc = {sizeof alloc, count_alloc, count_resize, count_release, &c};
    assert_int_equal(ot_mem_set(&alloc), OT_OK);
    rig_store null = {0};
    ot_store *store = rig_wrap(&null);
    for (long fail = 0; fail < 60; fail++) {
        heard h = {.count = 0};
        ot_engine_config config = OT_ENGINE_CONFIG_INIT;
        ot_engine *e;
        config.store = store;
        config.done = on_done;
        config.ctx = &h;
        c.fail_after = fail;
        ot_status status = ot_engine_new(&config, &e, NULL);
        if (status != OT_OK) {
            assert_int_equal(status, OT_ENOMEM);
            assert_null(e);
            c.fail_after = -1;
            continue;
        }
        uint64_t taken = 0, before = null.records;
        for (uint64_t i = 0; i < 200; i++) {
            ot_envelope env =
                envelope("owntracks/jane/phone", "[" LOCATION(1600000000) ",{\"broken\":1}," LOCATION(1600000001) "]");
            status = ot_engine_submit(e, &env, i);
            if (status == OT_OK)
                taken++;
            else
                assert_int_equal(status, OT_ENOMEM);
            ot_engine_stats s = {.size = sizeof s};
            ot_engine_stats_get(e, &s);
            assert_int_equal(s.received, taken);
            assert_int_equal(s.by_type[OT_TYPE_LOCATION], 2 * taken);
            if (status != OT_OK) c.fail_after = fail % 3; /* again, a little later */
        }
        c.fail_after = -1;
        assert_int_equal(ot_engine_flush(e), OT_OK);
        assert_int_equal(null.records - before, taken * 3);
        assert_int_equal(h.count, taken);
        ot_engine_free(e);
    }
    ot_store_close(store);
    assert_int_equal(c.live, 0);
    ot_mem_set(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one),
        cmocka_unit_test(test_views_end),
        cmocka_unit_test(test_full_batch),
        cmocka_unit_test(test_free_closes),
        cmocka_unit_test(test_abandon),
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_single_is_no_element),
        cmocka_unit_test(test_list_forms),
        cmocka_unit_test(test_long_list),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_small_limit),
        cmocka_unit_test(test_topics),
        cmocka_unit_test(test_bases),
        cmocka_unit_test(test_empty_and_marks),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_strict),
        cmocka_unit_test(test_log_is_bounded),
        cmocka_unit_test(test_unknown_types),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_decoders),
        cmocka_unit_test(test_culprit),
        cmocka_unit_test(test_culprit_reject),
        cmocka_unit_test(test_transient),
        cmocka_unit_test(test_transient_within),
        cmocka_unit_test(test_unusable),
        cmocka_unit_test(test_no_allocation),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
