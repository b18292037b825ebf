/* store_data.c: store suite: names, payloads and rejects of every kind, refusals in parts, arguments that are wrong. */
#include "suite.h"

#include <math.h>
#include <stdio.h>

static void t_names(suite *s) {
    NEED(ot__suite_fresh(s));
    static const char *const names[] = {"j.doe",
                                        "j_doe",
                                        "J-Doe",
                                        "\xd0\x96\xd1\x83\xd0\xba",
                                        "\xd0\x81\xd0\xb6\xd0\xb8",
                                        "..",
                                        ".",
                                        " ",
                                        "j doe",
                                        "%",
                                        "_",
                                        "'",
                                        "\"; --",
                                        "\\",
                                        "*",
                                        "?",
                                        "\x01\n",
                                        "~",
                                        "a\xcc\x8a",
                                        "\xc3\xa5",
                                        "CON",
                                        "NULL",
                                        "j.doe ",
                                        "\xf0\x9f\x93\x8d"};
    enum { N = sizeof names / sizeof names[0] };
    for (int i = 0; i < N; i++) {
        sample x;
        ot__suite_put(s, ot__suite_location(&x, names[i], names[N - 1 - i], T0, i, i));
    }
    for (int again = 0; again < 2; again++) {
        ot_query q = OT_QUERY_INIT;
        row rows[N];
        EQUAL(ot__suite_rows(s, &q, rows, N), N);
        CHECK(ot__suite_ordered(rows, N, false));
        for (int i = 0; i < N; i++) {
            q.user = ot_str_c(names[i]);
            if (!EQUAL(ot__suite_rows(s, &q, rows, N), 1)) continue;
            CHECK(strcmp(rows[0].user, names[i]) == 0 && strcmp(rows[0].device, names[N - 1 - i]) == 0);
        }
        if (!again && !ot__suite_again(s)) break;
    }

    /* The longest names that a topic can hold. */
    size_t most = OT_TOPIC_MAX - 4;
    char *big = ot_mem_alloc(most + 4), *token = ot_mem_alloc(OT_TOKEN_MAX);
    if (CHECK(big && token)) {
        memset(big, '.', most + 4);
        memcpy(big, "r/", 2);
        big[most + 2] = '/';
        big[most + 3] = 'd';
        sample x;
        ot__suite_location(&x, "u", "d", T0, 1, 1);
        x.r.topic = ot_str_of(big, most + 4);
        x.r.user = ot_str_of(big + 2, most);
        x.r.id = ot_id_of_record(x.r.user, x.r.device, x.r.payload, 0);
        EQUAL(ot__suite_put(s, &x.r), OT_PUT_STORED);
        EQUAL(ot__suite_put(s, &x.r), OT_PUT_REPEAT);
        ot_query q = OT_QUERY_INIT;
        q.user = x.r.user;
        ot_cursor *c;
        const ot_record *r;
        if (OK(ot_store_scan(s->store, &q, &c, &s->error))) {
            if (OK(ot_cursor_next(c, &r, &s->error))) {
                CHECK(ot_str_eq(r->user, x.r.user) && ot_str_eq(r->topic, x.r.topic));
                ot_sink_buffer buffer = {token, OT_TOKEN_MAX, 0};
                ot_sink sink = ot_sink_to_buffer(&buffer);
                OK(ot_cursor_token(c, &sink));
                CHECK(buffer.len < OT_TOKEN_MAX);
                q.after = ot_str_of(token, buffer.len);
                EQUAL(ot__suite_count(s, &q), 0);
            }
            ot_cursor_close(c);
        }
    }
    ot_mem_free(big, most + 4);
    ot_mem_free(token, OT_TOKEN_MAX);
}

/* Payload bytes come back as they were put, whatever they are. */
static void t_payloads(suite *s) {
    NEED(ot__suite_fresh(s));
    size_t most = (size_t)8 << 20;
    char *big = ot_mem_alloc(most);
    NEED(CHECK(big));
    for (size_t i = 0; i < most; i++)
        big[i] = (char)(i * 31 + i / 977);
    const ot_str payloads[] = {ot_str_of("", 0),
                               OT_STR("{\"_type\":\"x\",\"a\":\"\\u0000\"}"),
                               OT_STR("a\0b"),
                               OT_STR("\0"),
                               OT_STR("\xff\xfe\x80"),
                               OT_STR("12.5"),
                               OT_STR("NULL"),
                               OT_STR("\xd0\x96"),
                               OT_STR("9223372036854775808"),
                               ot_str_of(big, most)};
    enum { N = sizeof payloads / sizeof payloads[0] };
    for (int i = 0; i < N; i++) {
        sample x;
        ot__suite_sample(&x, "anna", "phone", payloads[i].len ? OT_TYPE_UNKNOWN : OT_TYPE_EMPTY, T0 + i * SECOND,
                         OT_TIME_NONE, "");
        x.r.payload = payloads[i];
        x.r.id = ot_id_of_record(x.r.user, x.r.device, x.r.payload, 0);
        EQUAL(ot__suite_put(s, &x.r), OT_PUT_STORED);
        EQUAL(ot__suite_put(s, &x.r), OT_PUT_REPEAT);
    }
    for (int again = 0; again < 2; again++) {
        ot_query q = OT_QUERY_INIT;
        ot_cursor *c;
        const ot_record *r;
        if (!OK(ot_store_scan(s->store, &q, &c, &s->error))) break;
        for (int i = 0; i < N; i++) {
            if (!OK(ot_cursor_next(c, &r, &s->error))) break;
            CHECK(r->payload.ptr != NULL && ot_str_eq(r->payload, payloads[i]));
        }
        STATUS(OT_DONE, ot_cursor_next(c, &r, &s->error));
        ot_cursor_close(c);
        ot_status status = ot_store_check(s->store, NULL, NULL, &s->error);
        if (status != OT_EUNSUPPORTED) OK(status);
        if (!again && !ot__suite_again(s)) break;
    }
    ot_mem_free(big, most);
}

static size_t rejects(suite *s, ot_time from, ot_time to, uint64_t limit) {
    ot_cursor *c;
    if (!OK(ot_store_rejects(s->store, from, to, limit, &c, &s->error))) return SIZE_MAX;
    size_t n = 0;
    const ot_record *r;
    ot_status status;
    ot_time before = INT64_MAX;
    while ((status = ot_cursor_next(c, &r, &s->error)) == OT_OK) {
        n++;
        CHECK(r->reject != NULL && r->type == OT_TYPE_NONE);
        CHECK(r->arrival <= before);
        before = r->arrival;
    }
    STATUS(OT_DONE, status);
    ot_cursor_close(c);
    return n;
}

static void t_rejects(suite *s) {
    s->config.max_rejects = 20;
    s->config.max_reject_bytes = 80000;
    NEED(ot__suite_fresh(s));
    ot_cursor *c;
    ot_status status = ot_store_rejects(s->store, OT_TIME_NONE, OT_TIME_NONE, 0, &c, &s->error);
    sample x, good;
    if (status == OT_EUNSUPPORTED) { /* still, what stands beside a reject is stored */
        ot__suite_reject(&x, "a", "{", T0);
        EQUAL(ot__suite_put(s, &x.r), OT_PUT_REFUSED);
        return;
    }
    OK(status);
    ot_cursor_close(c);

    /* One call, three outcomes. */
    ot__suite_reject(&x, "bad/\xff", "", T0);
    x.r.topic = OT_STR("bad/\xff\0topic");
    x.r.payload = OT_STR("{\xff\0 bytes");
    x.r.id = ot_id_of_record(x.r.topic, ot_str_of("", 0), x.r.payload, 4);
    x.r.index = 4;
    x.r.qos = 1;
    x.r.marks = OT_MARK_RETAINED;
    x.reject.status = OT_EUTF8;
    x.reject.length = 123456;
    ot__suite_location(&good, "anna", "phone", T0, 1, 1);
    const ot_record three[3] = {good.r, x.r, good.r};
    ot_put_result results[3];
    OK(ot_store_put(s->store, three, 3, NULL, 0, results, &s->error));
    CHECK(results[0] == OT_PUT_STORED && results[1] == OT_PUT_REFUSED && results[2] == OT_PUT_REPEAT);
    x.r.arrival = T0 + 5;
    EQUAL(ot__suite_put(s, &x.r), OT_PUT_REFUSED); /* equal ones are counted */
    for (int again = 0; again < 2; again++) {
        const ot_record *r;
        NEED(OK(ot_store_rejects(s->store, OT_TIME_NONE, OT_TIME_NONE, 0, &c, &s->error)));
        if (OK(ot_cursor_next(c, &r, &s->error)) && CHECK(r->reject != NULL)) {
            CHECK(ot_str_eq(r->topic, x.r.topic) && ot_str_eq(r->payload, x.r.payload));
            CHECK(ot_id_cmp(&r->id, &x.r.id) == 0);
            CHECK(r->user.ptr == NULL);
            EQUAL(r->index, 4);
            EQUAL(r->qos, 1);
            EQUAL(r->marks, OT_MARK_RETAINED);
            EQUAL(r->arrival, T0);
            EQUAL(r->last_arrival, T0 + 5);
            EQUAL(r->repeats, 1);
            EQUAL(r->change, OT_CHANGE_REJECTED);
            EQUAL(r->origin, OT_ORIGIN_MQTT);
            EQUAL(r->reject->size, sizeof *r->reject);
            EQUAL(r->reject->status, OT_EUTF8);
            EQUAL(r->reject->offset, 3);
            EQUAL(r->reject->length, 123456);
            CHECK(ot_str_eq(r->reject->field, OT_STR("part")) && ot_str_eq(r->reject->reason, x.reject.reason));
            const ot_message *m;
            CHECK(ot_cursor_message(c, &m, NULL) != OT_OK);
        }
        STATUS(OT_DONE, ot_cursor_next(c, &r, &s->error));
        ot_cursor_close(c);
        if (!again && !ot__suite_again(s)) break;
    }
    /* Newest first, between bounds. */
    for (int i = 1; i <= 19; i++) {
        char payload[20];
        snprintf(payload, sizeof payload, "{%d", i);
        ot__suite_put(s, ot__suite_reject(&x, "bad", payload, T0 + i * SECOND));
    }
    EQUAL(rejects(s, OT_TIME_NONE, OT_TIME_NONE, 0), 20);
    EQUAL(rejects(s, OT_TIME_NONE, OT_TIME_NONE, 7), 7);
    EQUAL(rejects(s, T0 + 3 * SECOND, T0 + 5 * SECOND, 0), 3);
    EQUAL(rejects(s, T0 + 3 * SECOND, OT_TIME_NONE, 0), 17);
    /* Bounded by number: the oldest go. */
    for (int i = 20; i <= 30; i++) {
        char payload[20];
        snprintf(payload, sizeof payload, "{%d", i);
        ot__suite_put(s, ot__suite_reject(&x, "bad", payload, T0 + i * SECOND));
    }
    EQUAL(rejects(s, OT_TIME_NONE, OT_TIME_NONE, 0), 20);
    EQUAL(rejects(s, T0 + 11 * SECOND, OT_TIME_NONE, 0), 20);
    /* Bounded by bytes; and what is over-size is cut and its length told. */
    char *big = ot_mem_zalloc(1, 90000);
    NEED(CHECK(big));
    ot__suite_reject(&x, "bad", "", T0 + HOUR);
    x.r.payload = ot_str_of(big, 90000);
    x.r.id = ot_id_of_record(x.r.topic, ot_str_of("", 0), x.r.payload, 0);
    EQUAL(ot__suite_put(s, &x.r), OT_PUT_REFUSED);
    const ot_record *r;
    if (OK(ot_store_rejects(s->store, T0 + HOUR, T0 + HOUR, 0, &c, &s->error))) {
        if (OK(ot_cursor_next(c, &r, &s->error))) {
            EQUAL(r->payload.len, 4096);
            EQUAL(r->reject->length, 90000);
            CHECK(ot_id_cmp(&r->id, &x.r.id) == 0);
        }
        ot_cursor_close(c);
    }
    for (int i = 0; i < 15; i++) {
        big[0] = (char)('a' + i);
        ot__suite_reject(&x, "bad", "", T0 + 2 * HOUR + i);
        x.r.payload = ot_str_of(big, 8000);
        x.r.id = ot_id_of_record(x.r.topic, ot_str_of("", 0), x.r.payload, 0);
        ot__suite_put(s, &x.r);
    }
    size_t n = rejects(s, OT_TIME_NONE, OT_TIME_NONE, 0);
    CHECK(n >= 8 && n <= 10);
    EQUAL(rejects(s, T0 + 2 * HOUR + 14, OT_TIME_NONE, 0), 1);
    ot_mem_free(big, 90000);
}

/* A record that no store holds in one piece stands among the rejects; its neighbours are stored. */
static void t_too_large(suite *s) {
    NEED(ot__suite_fresh(s));
    size_t size = ((size_t)256 << 20) + 1;
    char *big = ot_mem_zalloc(1, size);
    NEED(big);
    sample x, y;
    ot__suite_location(&x, "anna", "phone", T0, 1, 1);
    ot__suite_location(&y, "anna", "phone", T0, 2, 2);
    y.r.payload = ot_str_of(big, size);
    const ot_record both[2] = {y.r, x.r};
    ot_put_result results[2];
    OK(ot_store_put(s->store, both, 2, NULL, 0, results, &s->error));
    CHECK(results[0] == OT_PUT_REFUSED && results[1] == OT_PUT_STORED);
    ot_mem_free(big, size);
    ot_cursor *c;
    const ot_record *r;
    ot_status status = ot_store_rejects(s->store, OT_TIME_NONE, OT_TIME_NONE, 0, &c, &s->error);
    if (status == OT_EUNSUPPORTED) return;
    NEED(OK(status));
    if (OK(ot_cursor_next(c, &r, &s->error))) {
        EQUAL(r->reject->status, OT_ELIMIT);
        EQUAL(r->reject->length, size);
        EQUAL(r->payload.len, 4096);
        CHECK(ot_str_eq(r->user, OT_STR("anna")));
    }
    ot_cursor_close(c);
}

/* What is wrong in a call leaves nothing of it. */
static void t_arguments(suite *s) {
    NEED(ot__suite_fresh(s));
    sample good, x;
    ot__suite_location(&good, "anna", "phone", T0, 1, 1);
    for (int i = 0; i < 12; i++) {
        ot__suite_location(&x, "anna", "phone", T0 + SECOND, 1, 1);
        switch (i) {
        case 0:
            x.r.size = 8;
            break;
        case 1:
            x.r.type = OT_TYPE_NONE;
            break;
        case 2:
            x.r.type = (ot_type)64;
            break;
        case 3:
            x.r.user = ot_str_of(NULL, 0);
            break;
        case 4:
            x.r.user = OT_STR("a\0b");
            break;
        case 5:
            x.r.device = OT_STR("a/b");
            break;
        case 6:
            x.r.device = OT_STR("\xff");
            break;
        case 7:
            x.r.topic = OT_STR("a/#");
            break;
        case 8:
            x.r.at = OT_TIME_NONE;
            break;
        case 9:
            x.r.arrival = OT_TIME_NONE;
            break;
        case 10:
            x.r.lat = 90.5;
            break;
        default:
            x.r.lon = (double)INFINITY;
            break;
        }
        const ot_record two[2] = {good.r, x.r};
        STATUS(OT_EINVAL, ot_store_put(s->store, two, 2, NULL, 0, NULL, &s->error));
    }
    ot_query q = OT_QUERY_INIT;
    EQUAL(ot__suite_count(s, &q), 0);
    OK(ot_store_put(s->store, NULL, 0, NULL, 0, NULL, &s->error));
    /* Extreme but good. */
    x.r = good.r;
    x.r.at = INT64_MAX;
    x.r.arrival = INT64_MIN + 1;
    x.r.lat = -90;
    x.r.lon = 180;
    x.r.marks = UINT32_MAX & ~OT_MARK_REDACTED & ~(OT_MARK_FUTURE | OT_MARK_UNTIMED);
    EQUAL(ot__suite_put(s, &x.r), OT_PUT_STORED);
    EQUAL(ot__suite_put(s, &x.r), OT_PUT_REPEAT);
    q.from = q.to = INT64_MAX;
    EQUAL(ot__suite_count(s, &q), 1);
    q.newest_first = true;
    q.from = OT_TIME_NONE;
    EQUAL(ot__suite_count(s, &q), 1);
}

static void t_read_only(suite *s) {
    NEED(ot__suite_fresh(s));
    ot__suite_put_location(s, "anna", "phone", T0);
    s->config.read_only = true;
    if (!ot__suite_again(s)) return;
    ot_query q = OT_QUERY_INIT;
    EQUAL(ot__suite_count(s, &q), 1);
    sample x;
    ot__suite_location(&x, "anna", "phone", T0 + 1000, 1, 1);
    STATUS(OT_EREADONLY, ot_store_put(s->store, &x.r, 1, NULL, 0, NULL, &s->error));
    STATUS(OT_EREADONLY, ot_store_remove(s->store, &q, NULL, &s->error));
    uint64_t n;
    ot_status status = ot_store_retain(s->store, INT64_MAX, true, &n, &s->error);
    if (status != OT_EUNSUPPORTED) OK(status);
    ot_cursor *c;
    row rows[2];
    if (OK(ot_store_last(s->store, ot_str_of(NULL, 0), ot_str_of(NULL, 0), &c, &s->error)))
        EQUAL(ot__suite_drain(s, c, rows, 2), 1);
}

const store_test ot__suite_data[] = {{"names", t_names},
                                     {"payloads", t_payloads},
                                     {"rejects", t_rejects},
                                     {"too-large", t_too_large},
                                     {"arguments", t_arguments},
                                     {"read-only", t_read_only},
                                     {NULL, NULL}};
