/* test_record.c: the time, identity and place of records, who is online, and the byte form of envelopes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <owntracks/mem.h>
#include <owntracks/record.h>

#include <stdio.h>

#define T0 ((ot_time)1700000000000)

static ot_record make(const char *topic_text, const char *payload, ot_time arrival, bool retained) {
    static ot_message *m;
    static ot_topic topic;
    ot_message_free(m);
    assert_int_equal(ot_message_new(NULL, &m), OT_OK);
    ot_envelope e = OT_ENVELOPE_INIT;
    e.topic = ot_str_c(topic_text);
    e.payload = ot_str_c(payload);
    e.arrival = arrival;
    e.retained = retained;
    e.qos = 2;
    e.origin = OT_ORIGIN_HTTP;
    ot_message_decode(m, e.payload, NULL);
    assert_int_equal(ot_topic_parse(NULL, e.topic, &topic, NULL), OT_OK);
    ot_record r;
    assert_int_equal(ot_record_make(&e, &topic, m, e.payload, 3, &r), OT_OK);
    ot_message_free(m);
    m = NULL;
    return r;
}

static void times(void **state) {
    (void)state;
    static const struct {
        const char *payload;
        ot_time arrival, at;
        uint32_t marks;
        bool timed;
    } cases[] = {
        {"{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":1699990000}", T0, 1699990000000, 0, true},
        {"{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":1700003600}", T0, 1700003600000, 0,
         true}, /* an hour is allowed */
        {"{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":1700003601}", T0, T0, OT_MARK_FUTURE, false},
        {"{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":1700003601}", T0 + 1000, 1700003601000, 0, true},
        {"{\"_type\":\"location\",\"lat\":1,\"lon\":2}", T0, T0, OT_MARK_UNTIMED, false},
        {"{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":null}", T0, T0, OT_MARK_UNTIMED, false},
        {"{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":[]}", T0, T0, OT_MARK_UNTIMED, false},
        {"{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":9223372036854775807}", T0, T0, OT_MARK_UNTIMED, false},
        {"{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":0}", T0, 0, 0, true},
        {"{\"_type\":\"transition\",\"event\":\"enter\",\"tst\":1699990000,\"wtst\":5}", T0, 1699990000000, 0, true},
        {"{\"_type\":\"beacon\",\"uuid\":\"u\",\"major\":1,\"minor\":1,\"tst\":1699990000}", T0, 1699990000000, 0,
         true},
        {"{\"_type\":\"steps\",\"tst\":1699990000,\"steps\":5}", T0, 1699990000000, 0, true},
        {"{\"_type\":\"waypoint\",\"desc\":\"x\",\"tst\":1699990000}", T0, T0, 0, false},
        {"{\"_type\":\"lwt\",\"tst\":1699990000}", T0, T0, 0, false},
        {"{\"_type\":\"card\",\"name\":\"x\"}", T0, T0, 0, false},
        {"{\"_type\":\"zzz\",\"tst\":1699990000}", T0, T0, 0, false},
        {"", T0, T0, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ot_record r = make("owntracks/anna/phone", cases[i].payload, cases[i].arrival, false);
        if (r.at != cases[i].at) fail_msg("%s: at %lld", cases[i].payload, (long long)r.at);
        assert_int_equal(r.marks & (OT_MARK_FUTURE | OT_MARK_UNTIMED), cases[i].marks);
        assert_int_equal(ot_record_timed(&r), cases[i].timed);
    }
}

static void making(void **state) {
    (void)state;
    static const char payload[] = "{\"_type\":\"location\",\"lat\":48.5,\"lon\":-2.25,\"tst\":1699990000}";
    ot_record r = make("/o/anna/phone/event", payload, T0, true);
    ot_id id = ot_id_of_record(OT_STR("anna"), OT_STR("phone"), ot_str_c(payload), 3);
    assert_int_equal(ot_id_cmp(&r.id, &id), 0);
    assert_int_equal(r.type, OT_TYPE_LOCATION);
    assert_int_equal(r.sub, OT_SUBTOPIC_EVENT);
    assert_int_equal(r.qos, 2);
    assert_int_equal(r.index, 3);
    assert_int_equal(r.marks, OT_MARK_RETAINED | OT_MARK_HTTP);
    assert_true(r.has_position && r.lat == 48.5 && r.lon == -2.25);
    assert_true(ot_str_eq(r.user, OT_STR("anna")) && ot_str_eq(r.topic, OT_STR("/o/anna/phone/event")));
    assert_null(r.reject);
    /* A waypoint outside of the world has no position. */
    r = make("o/anna/phone", "{\"_type\":\"waypoint\",\"desc\":\"x\",\"lat\":-1000,\"lon\":0}", T0, false);
    assert_false(r.has_position);
    assert_int_equal(r.marks & OT_MARK_RETAINED, 0);
    r = make("o/anna/phone", "{\"_type\":\"waypoint\",\"desc\":\"x\",\"lat\":-90,\"lon\":180}", T0, false);
    assert_true(r.has_position);

    /* An element of a list; nothing; no arrival. */
    ot_envelope e = OT_ENVELOPE_INIT;
    e.payload = OT_STR("[{\"_type\":\"card\"}]");
    e.arrival = T0;
    ot_topic t;
    assert_int_equal(ot_topic_parse(NULL, OT_STR("o/anna/phone"), &t, NULL), OT_OK);
    ot_message *m;
    assert_int_equal(ot_message_new(NULL, &m), OT_OK);
    assert_int_equal(ot_record_make(&e, &t, m, e.payload, 0, &r), OT_EINVAL);
    ot_str one = ot_str_of(e.payload.ptr + 1, e.payload.len - 2);
    assert_int_equal(ot_message_decode(m, one, NULL), OT_OK);
    assert_int_equal(ot_record_make(&e, &t, m, one, 0, &r), OT_OK);
    assert_int_equal(r.marks, OT_MARK_ELEMENT);
    static const char elsewhere[] = "{\"_type\":\"card\"}"; /* what was unsealed lies elsewhere */
    assert_int_equal(ot_record_make(&e, &t, m, ot_str_c(elsewhere), 0, &r), OT_OK);
    assert_int_equal(r.marks, 0);
    e.arrival = OT_TIME_NONE;
    assert_int_equal(ot_record_make(&e, &t, m, one, 0, &r), OT_EINVAL);
    ot_message_free(m);
}

static ot_record heard(ot_type type, ot_time arrival) {
    ot_record r = OT_RECORD_INIT;
    r.type = type;
    r.arrival = r.at = arrival;
    return r;
}

static void presence(void **state) {
    (void)state;
    ot_presence p = OT_PRESENCE_INIT, events[2];
    ot_record r = heard(OT_TYPE_LOCATION, 1000);
    assert_int_equal(ot_presence_step(&p, &r, 0, events), 1);
    assert_int_equal(events[0].state, OT_PRESENCE_ONLINE);
    assert_int_equal(p.since, 1000);
    assert_int_equal(p.why, OT_TYPE_LOCATION);
    r.arrival = 2000;
    assert_int_equal(ot_presence_step(&p, &r, 0, events), 0);
    assert_int_equal(p.heard, 2000);
    assert_int_equal(p.since, 1000);
    r = heard(OT_TYPE_LWT, 1500); /* late: heard since */
    assert_int_equal(ot_presence_step(&p, &r, 0, events), 0);
    assert_int_equal(p.state, OT_PRESENCE_ONLINE);
    r = heard(OT_TYPE_LWT, 3000);
    r.marks = OT_MARK_RETAINED;
    assert_int_equal(ot_presence_step(&p, &r, 0, events), 0);
    r.marks = 0;
    assert_int_equal(ot_presence_step(&p, &r, 0, events), 1);
    assert_int_equal(p.state, OT_PRESENCE_OFFLINE);
    assert_int_equal(p.since, 3000);
    r.arrival = 4000;
    assert_int_equal(ot_presence_step(&p, &r, 0, events), 0);
    assert_int_equal(p.since, 3000);
    r = heard(OT_TYPE_STEPS, 2500); /* late: only heard moves */
    assert_int_equal(ot_presence_step(&p, &r, 0, NULL), 0);
    assert_int_equal(p.heard, 2500);
    assert_int_equal(p.state, OT_PRESENCE_OFFLINE);
    r = heard(OT_TYPE_STATUS, 3000); /* in the same moment: back */
    assert_int_equal(ot_presence_step(&p, &r, 0, events), 1);
    assert_int_equal(events[0].state, OT_PRESENCE_ONLINE);

    /* Silence is told before the return. */
    r = heard(OT_TYPE_LOCATION, 3000 + 501);
    assert_int_equal(ot_presence_at(&p, 3500, 500).state, OT_PRESENCE_ONLINE);
    assert_int_equal(ot_presence_at(&p, 3501, 500).state, OT_PRESENCE_SILENT);
    assert_int_equal(ot_presence_at(&p, 3501, 500).since, 3500);
    assert_int_equal(ot_presence_at(&p, INT64_MAX, 0).state, OT_PRESENCE_ONLINE);
    assert_int_equal(ot_presence_step(&p, &r, 500, events), 2);
    assert_int_equal(events[0].state, OT_PRESENCE_SILENT);
    assert_int_equal(events[0].since, 3500);
    assert_int_equal(events[1].state, OT_PRESENCE_ONLINE);
    assert_int_equal(events[1].since, 3501);
    r.arrival = 4001;
    assert_int_equal(ot_presence_step(&p, &r, 500, events), 0);
    r.arrival = INT64_MIN + 1; /* far back and far ahead */
    assert_int_equal(ot_presence_step(&p, &r, 500, events), 0);
    r.arrival = INT64_MAX;
    assert_int_equal(ot_presence_step(&p, &r, 500, events), 2);

    /* Who speaks? */
    static const struct {
        ot_type type;
        ot_subtopic sub;
        uint32_t marks;
        bool want;
    } cases[] = {
        {OT_TYPE_LOCATION, OT_SUBTOPIC_BASE, 0, true},  {OT_TYPE_LOCATION, OT_SUBTOPIC_BASE, OT_MARK_RETAINED, false},
        {OT_TYPE_CARD, OT_SUBTOPIC_BASE, 0, true},      {OT_TYPE_CARD, OT_SUBTOPIC_INFO, 0, false},
        {OT_TYPE_CMD, OT_SUBTOPIC_CMD, 0, false},       {OT_TYPE_CMD, OT_SUBTOPIC_BASE, 0, false},
        {OT_TYPE_UNKNOWN, OT_SUBTOPIC_BASE, 0, true},   {OT_TYPE_UNKNOWN, OT_SUBTOPIC_CMD, 0, false},
        {OT_TYPE_EMPTY, OT_SUBTOPIC_BASE, 0, false},    {OT_TYPE_LWT, OT_SUBTOPIC_BASE, 0, false},
        {OT_TYPE_ENCRYPTED, OT_SUBTOPIC_BASE, 0, true}, {OT_TYPE_NONE, OT_SUBTOPIC_BASE, 0, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        r = heard(cases[i].type, 1);
        r.sub = cases[i].sub;
        r.marks = cases[i].marks;
        assert_int_equal(ot_presence_heard(&r), cases[i].want);
    }
    const ot_reject reject = {sizeof reject, OT_ESYNTAX, 0, {NULL, 0}, {NULL, 0}, 0};
    r = heard(OT_TYPE_LOCATION, 1);
    r.reject = &reject;
    assert_false(ot_presence_heard(&r));
    assert_string_equal(ot_presence_text(OT_PRESENCE_NONE), "none");
    assert_string_equal(ot_presence_text(OT_PRESENCE_ONLINE), "online");
    assert_string_equal(ot_presence_text(OT_PRESENCE_OFFLINE), "offline");
    assert_string_equal(ot_presence_text(OT_PRESENCE_SILENT), "silent");
    assert_string_equal(ot_presence_text((ot_presence_state)99), "none");
}

static void envelopes(void **state) {
    (void)state;
    char bytes[600];
    ot_sink_buffer buffer = {bytes, sizeof bytes, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    ot_envelope e = OT_ENVELOPE_INIT, out;
    e.topic = OT_STR("a/b\0c");
    e.payload = OT_STR("\xff\0{}");
    e.arrival = -5;
    e.origin = OT_ORIGIN_MQTT;
    e.qos = 2;
    e.retained = true;
    e.auth_user = OT_STR("");
    assert_int_equal(ot_envelope_write(&e, &sink), OT_OK);
    size_t first = buffer.len, used = 0;
    assert_memory_equal(bytes, "OTE1", 4);
    e.dup = true;
    e.retained = false;
    e.auth_user = ot_str_of(NULL, 0);
    e.payload = ot_str_of(NULL, 0);
    assert_int_equal(ot_envelope_write(&e, &sink), OT_OK);
    size_t all = buffer.len;

    assert_int_equal(ot_envelope_read(ot_str_of(bytes, all), &used, &out), OT_OK);
    assert_int_equal(used, first);
    assert_int_equal(out.size, sizeof out);
    assert_true(ot_str_eq(out.topic, OT_STR("a/b\0c")) && ot_str_eq(out.payload, OT_STR("\xff\0{}")));
    assert_true(out.auth_user.ptr != NULL && out.auth_user.len == 0);
    assert_int_equal(out.arrival, -5);
    assert_int_equal(out.origin, OT_ORIGIN_MQTT);
    assert_int_equal(out.qos, 2);
    assert_true(out.retained && !out.dup);
    assert_int_equal(ot_envelope_read(ot_str_of(bytes + first, all - first), NULL, &out), OT_OK);
    assert_true(out.dup && !out.retained && out.auth_user.ptr == NULL && out.payload.len == 0);

    /* Cut anywhere it is torn; changed anywhere it is noticed. */
    for (size_t n = 0; n < first; n++)
        assert_int_equal(ot_envelope_read(ot_str_of(bytes, n), NULL, &out), OT_DONE);
    for (size_t i = 0; i < first; i++) {
        for (int bit = 0; bit < 8; bit++) {
            bytes[i] = (char)(bytes[i] ^ 1 << bit);
            ot_status status = ot_envelope_read(ot_str_of(bytes, first), NULL, &out);
            if (status == OT_OK) fail_msg("byte %zu, bit %d: not noticed", i, bit);
            bytes[i] = (char)(bytes[i] ^ 1 << bit);
        }
    }
    /* A good check over lengths that do not fit. */
    for (size_t field = 18; field < 30; field += 4) {
        char copy[600];
        memcpy(copy, bytes, first);
        copy[field] = (char)(copy[field] + 1);
        ot_id check = ot_id_of_bytes(ot_str_of(copy + 8, first - 16));
        memcpy(copy + first - 8, check.bytes, 8);
        assert_int_equal(ot_envelope_read(ot_str_of(copy, first), NULL, &out), OT_ECORRUPT);
    }
    assert_int_equal(ot_envelope_read(OT_STR("OTE2abcdefgh"), NULL, &out), OT_ESYNTAX);
    assert_int_equal(ot_envelope_read(OT_STR("OTE1\0\0\0\0"), NULL, &out), OT_ESYNTAX);
    e.payload = ot_str_of("", (size_t)UINT32_MAX + 1);
    assert_int_equal(ot_envelope_write(&e, &sink), OT_ELIMIT);
    e.payload.len = UINT32_MAX - 10;
    assert_int_equal(ot_envelope_write(&e, &sink), OT_ELIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(times), cmocka_unit_test(making), cmocka_unit_test(presence),
                                       cmocka_unit_test(envelopes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
