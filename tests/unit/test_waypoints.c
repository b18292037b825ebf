/* test_waypoints.c: the current waypoints and regions, on both stores. */
#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <owntracks/sqlite.h>
#include <owntracks/waypoints.h>

#include "support/folder.h"

#define T0 ((ot_time)1700000000000)

static void put(ot_store *s, const char *user, ot_type type, ot_time at, const char *payload) {
    ot_record r = OT_RECORD_INIT;
    r.type = type;
    r.user = ot_str_c(user);
    r.device = OT_STR("phone");
    r.topic = OT_STR("owntracks/x/phone");
    r.payload = ot_str_c(payload);
    r.at = T0 + at;
    r.arrival = T0 + at;
    r.id = ot_id_of_record(r.user, r.device, r.payload, 0);
    ot_put_result result;
    assert_int_equal(ot_store_put(s, &r, 1, NULL, 0, &result, NULL), OT_OK);
    assert_int_equal(result, OT_PUT_STORED);
}

typedef struct seen {
    char text[1000];
    ot_status stop;
} seen;

static ot_status see_waypoint(void *ctx, const ot_waypoint_state *w) {
    seen *s = ctx;
    const ot_waypoint *p = ot_message_waypoint(w->message);
    size_t n = strlen(s->text);
    snprintf(s->text + n, sizeof s->text - n, "%.*s:%.*s=%.*s%c ", (int)w->user.len, w->user.ptr, (int)w->key.len,
             w->key.ptr, (int)p->desc.len, p->desc.ptr, w->from == OT_TYPE_WAYPOINTS ? 'L' : 'W');
    return s->stop;
}

static ot_status see_region(void *ctx, const ot_region_state *r) {
    seen *s = ctx;
    assert_non_null(ot_message_transition(r->message));
    size_t n = strlen(s->text);
    snprintf(s->text + n, sizeof s->text - n, "%.*s:%.*s(%.*s)%c@%d ", (int)r->user.len, r->user.ptr, (int)r->key.len,
             r->key.ptr, (int)r->name.len, r->name.ptr ? r->name.ptr : "", r->inside ? '+' : '-', (int)(r->at - T0));
    return s->stop;
}

static char folder[200];

static ot_store *open_store(void **state) {
    const char *scheme = *state;
    char url[300];
    ot_store *s;
    if (strcmp(scheme, "memory") == 0) {
        assert_int_equal(ot_store_open("memory:", NULL, &s, NULL), OT_OK);
        return s;
    }
    if (ot_sqlite_register() != OT_OK) skip();
    test_folder(folder, sizeof folder);
    snprintf(url, sizeof url, "sqlite:%s/w.db", folder);
    assert_int_equal(ot_store_open(url, NULL, &s, NULL), OT_OK);
    return s;
}

#define ALL ot_str_of(NULL, 0), ot_str_of(NULL, 0)

static void waypoints(void **state) {
    ot_store *s = open_store(state);
    seen got = {"", OT_OK};
    assert_int_equal(ot_waypoints_current(s, ALL, see_waypoint, &got, NULL), OT_OK);
    assert_string_equal(got.text, "");
    put(s, "anna", OT_TYPE_WAYPOINT, 1, "{\"_type\":\"waypoint\",\"desc\":\"before\",\"lat\":1,\"lon\":1,\"tst\":5}");
    put(s, "bert", OT_TYPE_WAYPOINT, 1, "{\"_type\":\"waypoint\",\"desc\":\"Pub\",\"lat\":1,\"lon\":1,\"tst\":5}");
    assert_int_equal(ot_waypoints_current(s, ALL, see_waypoint, &got, NULL), OT_OK);
    assert_string_equal(got.text, "anna:5=beforeW bert:5=PubW ");

    put(s, "anna", OT_TYPE_WAYPOINTS, 10,
        "{\"_type\":\"waypoints\",\"waypoints\":[{\"_type\":\"waypoint\",\"desc\":\"old list\",\"tst\":1}]}");
    put(s, "anna", OT_TYPE_WAYPOINTS, 20,
        "{\"_type\":\"waypoints\",\"waypoints\":[{\"_type\":\"waypoint\",\"desc\":\"Home\",\"lat\":48,\"lon\":2,"
        "\"rad\":50,\"tst\":100,\"rid\":\"r1\"},7,"
        "{\"_type\":\"waypoint\",\"desc\":\"Work\",\"lat\":48,\"lon\":2,\"tst\":200},{\"_type\":\"waypoint\",\"desc\":"
        "\"by name\"},{\"_type\":\"waypoint\"}]}");
    put(s, "anna", OT_TYPE_WAYPOINT, 30,
        "{\"_type\":\"waypoint\",\"desc\":\"Home 2\",\"lat\":48,\"lon\":2,\"tst\":101,\"rid\":\"r1\"}");
    put(s, "anna", OT_TYPE_WAYPOINT, 31, "{\"_type\":\"waypoint\",\"desc\":\"New\",\"lat\":48,\"lon\":2,\"tst\":300}");
    put(s, "anna", OT_TYPE_WAYPOINT, 32,
        "{\"_type\":\"waypoint\",\"desc\":\"200 as rid\",\"lat\":48,\"lon\":2,\"rid\":\"200\"}");
    memset(&got, 0, sizeof got);
    assert_int_equal(ot_waypoints_current(s, OT_STR("anna"), ot_str_of(NULL, 0), see_waypoint, &got, NULL), OT_OK);
    assert_string_equal(got.text,
                        "anna:r1=Home 2W anna:200=WorkL anna:by name=by nameL anna:300=NewW anna:200=200 as ridW ");

    /* A position that is none takes it away. */
    put(s, "anna", OT_TYPE_WAYPOINT, 40,
        "{\"_type\":\"waypoint\",\"desc\":\"Home\",\"lat\":-1000,\"lon\":-1000,\"rid\":\"r1\"}");
    put(s, "anna", OT_TYPE_WAYPOINT, 41,
        "{\"_type\":\"waypoint\",\"desc\":\"never there\",\"lat\":-1000,\"lon\":-1000,\"rid\":\"zz\"}");
    memset(&got, 0, sizeof got);
    assert_int_equal(ot_waypoints_current(s, OT_STR("anna"), OT_STR("phone"), see_waypoint, &got, NULL), OT_OK);
    assert_string_equal(got.text, "anna:200=WorkL anna:by name=by nameL anna:300=NewW anna:200=200 as ridW ");
    memset(&got, 0, sizeof got);
    got.stop = OT_ELIMIT;
    assert_int_equal(ot_waypoints_current(s, ALL, see_waypoint, &got, NULL), OT_ELIMIT);
    assert_string_equal(got.text, "anna:200=WorkL ");
    /* An empty list empties all. */
    put(s, "anna", OT_TYPE_WAYPOINTS, 50, "{\"_type\":\"waypoints\",\"waypoints\":[]}");
    memset(&got, 0, sizeof got);
    assert_int_equal(ot_waypoints_current(s, ALL, see_waypoint, &got, NULL), OT_OK);
    assert_string_equal(got.text, "bert:5=PubW ");
    ot_store_close(s);
    if (folder[0]) test_folder_remove(folder);
    folder[0] = 0;
}

static void regions(void **state) {
    ot_store *s = open_store(state);
#define TRANSITION(event, rest)                                                                                        \
    "{\"_type\":\"transition\",\"event\":\"" event "\",\"lat\":1,\"lon\":1,\"tst\":1700000000,\"acc\":1" rest "}"
    put(s, "anna", OT_TYPE_TRANSITION, 10, TRANSITION("enter", ",\"wtst\":7,\"desc\":\"Home\""));
    put(s, "anna", OT_TYPE_TRANSITION, 30, TRANSITION("leave", ",\"wtst\":7,\"desc\":\"Home again\""));
    put(s, "anna", OT_TYPE_TRANSITION, 20,
        TRANSITION("enter", ",\"wtst\":7,\"desc\":\"late\"")); /* stored last, but older */
    put(s, "anna", OT_TYPE_TRANSITION, 11, TRANSITION("enter", ",\"rid\":\"a1\",\"wtst\":9"));
    put(s, "anna", OT_TYPE_TRANSITION, 12, TRANSITION("enter", ",\"desc\":\"Zoo\""));
    put(s, "anna", OT_TYPE_TRANSITION, 13, TRANSITION("enter", ""));
    put(s, "anna", OT_TYPE_TRANSITION, 40, TRANSITION("vanish", ",\"wtst\":7"));
    put(s, "bert", OT_TYPE_TRANSITION, 10, TRANSITION("leave", ",\"wtst\":7,\"desc\":\"Home\""));
    seen got = {"", OT_OK};
    assert_int_equal(ot_regions_current(s, ALL, see_region, &got, NULL), OT_OK);
    assert_string_equal(got.text, "anna:7(Home again)-@30 anna:Zoo(Zoo)+@12 anna:a1()+@11 bert:7(Home)-@10 ");
    memset(&got, 0, sizeof got);
    got.stop = OT_ECLOSED;
    assert_int_equal(ot_regions_current(s, OT_STR("bert"), OT_STR("phone"), see_region, &got, NULL), OT_ECLOSED);
    assert_string_equal(got.text, "bert:7(Home)-@10 ");
    ot_store_close(s);
    if (folder[0]) test_folder_remove(folder);
    folder[0] = 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        {"waypoints, memory", waypoints, NULL, NULL, (void *)"memory"},
        {"waypoints, sqlite", waypoints, NULL, NULL, (void *)"sqlite"},
        {"regions, memory", regions, NULL, NULL, (void *)"memory"},
        {"regions, sqlite", regions, NULL, NULL, (void *)"sqlite"},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
