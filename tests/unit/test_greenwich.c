/* The lines of Greenwich trackers: which bytes are one, what they say, and their way through an engine and a store and back. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <owntracks/engine.h>
#include <owntracks/message.h>
#include <owntracks/sys/decoder.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define LINE     "T1,65536ff0,t,52500000,13400001,9,50,4,120,33"

static ot_message *fresh(void) {
    ot_message *m;
    assert_int_equal(ot_message_new(NULL, &m), OT_OK);
    return m;
}

static void values(void **state) {
    (void)state;
    ot_message *m = fresh();
    assert_int_equal(ot_message_decode_csv(m, OT_STR(LINE), NULL), OT_OK);
    const ot_location *l = ot_message_location(m);
    assert_non_null(l);
    assert_true(ot_str_eq(l->tid, OT_STR("T1")) && ot_str_eq(l->t, OT_STR("t")));
    assert_true(l->tst == 0x65536ff0 && l->lat == 52.5 && l->lon == 13.400001 && l->cog == 90 && l->vel == 50);
    assert_true(l->alt == 40 && l->dist == 120 && l->trip == 33000 && l->csv);
    char text[400] = "";
    ot_sink_buffer buffer = {text, sizeof text - 1, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    assert_int_equal(ot_message_encode(m, &sink, NULL), OT_OK);
    assert_string_equal(text,
                        "{\"_type\":\"location\",\"lat\":52.5,\"lon\":13.400001,\"tst\":1699966960,\"t\":\"t\",\"tid\":"
                        "\"T1\",\"alt\":40,\"vel\":50,\"cog\":90,\"csv\":true,\"dist\":120,\"trip\":33000}");
    /* The edges; either case; a course that is none is left out. */
    assert_int_equal(ot_message_decode_csv(m, OT_STR("abcXYZ019,3afff4417F,9,-90000000,-180000000,36,0,0,0,0"), NULL),
                     OT_OK);
    l = ot_message_location(m);
    assert_true(l->tst == INT64_C(253402300799) && l->lat == -90 && l->lon == -180 && l->cog == 360);
    assert_int_equal(ot_message_decode_csv(m, OT_STR("a,0,b,90000000,180000000,37,0,0,0,999999999999999999"), NULL),
                     OT_OK);
    l = ot_message_location(m);
    assert_true(OT_HAS(l, OT_LOCATION_vel) && !OT_HAS(l, OT_LOCATION_cog) && l->tst == 0 && l->lon == 180);
    /* It may be kept. */
    assert_int_equal(ot_message_decode_csv(m, OT_STR(LINE), NULL), OT_OK);
    assert_int_equal(ot_message_own(m), OT_OK);
    assert_true(ot_str_eq(ot_message_location(m)->tid, OT_STR("T1")));
    ot_message_free(m);
}

static void refused(void **state) {
    (void)state;
    static const char *const others[] = {"",
                                         ",,,,,,,,,",
                                         "T1,65536ff0,t,1,2,3,4,5,6",
                                         LINE ",1",
                                         LINE ",",
                                         " " LINE,
                                         LINE "\n",
                                         LINE " ",
                                         ",65536ff0,t,1,2,3,4,5,6,7",
                                         "T-1,65536ff0,t,1,2,3,4,5,6,7",
                                         "T1,65536fg0,t,1,2,3,4,5,6,7",
                                         "T1,0x65536f,t,1,2,3,4,5,6,7",
                                         "T1,-1,t,1,2,3,4,5,6,7",
                                         "T1,65536ff0,tt,1,2,3,4,5,6,7",
                                         "T1,65536ff0,!,1,2,3,4,5,6,7",
                                         "T1,65536ff0,,1,2,3,4,5,6,7",
                                         "T1,65536ff0,t,1.5,2,3,4,5,6,7",
                                         "T1,65536ff0,t,-,2,3,4,5,6,7",
                                         "T1,65536ff0,t,--1,2,3,4,5,6,7",
                                         "T1,65536ff0,t,+1,2,3,4,5,6,7",
                                         "T1,65536ff0,t,1,2,-3,4,5,6,7",
                                         "T1,65536ff0,t,1,2,3,-4,5,6,7",
                                         "T1,65536ff0,t,1,2,3,4,-5,6,7",
                                         "T1,65536ff0,t,1,2,3,4,5,-6,7",
                                         "T1,65536ff0,t,1,2,3,4,5,6,-7",
                                         "T1,65536ff0,t,1,2,3,4,5,6,1234567890123456789",
                                         "T1,1234567890123456,t,1,2,3,4,5,6,7",
                                         "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":3}"};
    static const struct {
        const char *line, *field;
        uint64_t offset;
    } odd[] = {{"T1,3afff44180,t,1,2,3,4,5,6,7", "tst", 3},
               {"T1,123456789012345,t,1,2,3,4,5,6,7", "tst", 3},
               {"T1,65536ff0,t,90000001,2,3,4,5,6,7", "lat", 14},
               {"T1,65536ff0,t,-90000001,2,3,4,5,6,7", "lat", 14},
               {"T1,65536ff0,t,1,180000001,3,4,5,6,7", "lon", 16},
               {"T1,65536ff0,t,1,-999999999999999999,3,4,5,6,7", "lon", 16}};
    ot_message *m = fresh();
    for (size_t i = 0; i < COUNT(others); i++) {
        ot_error error = {0};
        assert_int_equal(ot_message_decode_csv(m, OT_STR(LINE), NULL), OT_OK);
        ot_status status = ot_message_decode_csv(m, ot_str_c(others[i]), &error);
        if (status != OT_EUNSUPPORTED) fail_msg("%s: %s", others[i], ot_status_name(status));
        assert_int_equal(ot_message_type(m), OT_TYPE_NONE);
        assert_int_equal(error.status, OT_EUNSUPPORTED);
    }
    for (size_t i = 0; i < COUNT(odd); i++) {
        ot_error error = {0};
        assert_int_equal(ot_message_decode_csv(m, ot_str_c(odd[i].line), &error), OT_ERANGE);
        assert_string_equal(error.field, odd[i].field);
        assert_int_equal(error.offset, odd[i].offset);
        assert_int_equal(ot_message_type(m), OT_TYPE_NONE);
    }
    /* A NUL within, nothing at all, and something endless. */
    assert_int_equal(ot_message_decode_csv(m, ot_str_of("T1,65536ff0,t,1\0,2,3,4,5,6,7", 28), NULL), OT_EUNSUPPORTED);
    assert_int_equal(ot_message_decode_csv(m, ot_str_of(NULL, 0), NULL), OT_EUNSUPPORTED);
    static char endless[100000];
    memset(endless, 'a', sizeof endless);
    assert_int_equal(ot_message_decode_csv(m, ot_str_of(endless, sizeof endless), NULL), OT_EUNSUPPORTED);
    endless[65] = ',';
    memcpy(endless + 66, "1,t,1,2,3,4,5,6,7", 17);
    assert_int_equal(ot_message_decode_csv(m, ot_str_of(endless, 83), NULL), OT_EUNSUPPORTED); /* 65 of tid */
    assert_int_equal(ot_message_decode_csv(m, ot_str_of(endless + 1, 82), NULL), OT_OK);
    ot_message_free(m);
}

/* Through the usual decoders into a store: the line stays as it came, and is read again as a message. */
static void stored(void **state) {
    (void)state;
    ot_store *store;
    ot_engine *engine;
    ot_cursor *cursor;
    const ot_record *record;
    const ot_message *message;
    ot_error error = {0};
    ot_query query = OT_QUERY_INIT;
    ot_engine_config config = OT_ENGINE_CONFIG_INIT;
    assert_int_equal(ot_store_open("memory:", NULL, &store, &error), OT_OK);
    config.store = store;
    assert_int_equal(ot_engine_new(&config, &engine, &error), OT_OK);
    static const char *const payloads[] = {LINE, "T1,65536ff1,t,90000001,2,3,4,5,6,7", "1,2,3", LINE};
    for (size_t i = 0; i < COUNT(payloads); i++) {
        ot_envelope envelope = OT_ENVELOPE_INIT;
        envelope.topic = OT_STR("owntracks/van/T1");
        envelope.payload = ot_str_c(payloads[i]);
        envelope.origin = OT_ORIGIN_MQTT;
        envelope.arrival = INT64_C(1699966970000) + (ot_time)i;
        assert_int_equal(ot_engine_submit(engine, &envelope, i + 1), OT_OK);
    }
    assert_int_equal(ot_engine_flush(engine), OT_OK);
    assert_int_equal(ot_store_scan(store, &query, &cursor, &error), OT_OK);
    assert_int_equal(ot_cursor_next(cursor, &record, &error), OT_OK);
    assert_int_equal(record->type, OT_TYPE_LOCATION);
    assert_true(record->at == INT64_C(1699966960000) && record->has_position && record->lat == 52.5);
    assert_true(ot_str_eq(record->payload, OT_STR(LINE)));
    assert_int_equal(record->repeats, 1);
    assert_int_equal(ot_cursor_message(cursor, &message, &error), OT_OK);
    assert_true(ot_message_location(message)->trip == 33000);
    assert_int_equal(ot_cursor_next(cursor, &record, &error), OT_DONE);
    ot_cursor_close(cursor);
    static const ot_status reasons[] = {OT_ERANGE, OT_ESYNTAX};
    bool seen[2] = {false, false};
    assert_int_equal(ot_store_rejects(store, OT_TIME_NONE, OT_TIME_NONE, 0, &cursor, &error), OT_OK);
    while (ot_cursor_next(cursor, &record, &error) == OT_OK)
        for (size_t i = 0; i < 2; i++)
            if (ot_str_eq(record->payload, ot_str_c(payloads[i + 1]))) seen[i] = record->reject->status == reasons[i];
    ot_cursor_close(cursor);
    assert_true(seen[0] && seen[1]);
    ot_engine_free(engine);
    ot_store_close(store);
    assert_string_equal(ot_decoder_greenwich()->name, "greenwich");
    assert_null(ot_decoder_greenwich()->filter);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(values), cmocka_unit_test(refused), cmocka_unit_test(stored)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
