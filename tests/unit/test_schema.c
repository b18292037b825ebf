/* test_schema.c: the field tables as reflection shows them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include <owntracks/message.h>
#include <owntracks/version.h>

#include "schema/table.h"

static bool same(const char *a, const char *b) {
    return strcmp(a, b) == 0;
}

static void types(void **state) {
    (void)state;
    static const char *const texts[] = {"location", "lwt",    "transition",    "waypoint", "waypoints",
                                        "card",     "cmd",    "configuration", "dump",     "status",
                                        "steps",    "beacon", "encrypted",     "request"};
    size_t n = 0;
    for (; ot_type_at(n); n++) {
        ot_type type = ot_type_at(n);
        assert_true(n == 0 || type > ot_type_at(n - 1));
        if (n < 14) {
            assert_int_equal(type, n + 1);
            assert_string_equal(ot_type_text(type), texts[n]);
            assert_string_equal(ot_type_name(type), texts[n]);
        } else {
            assert_string_equal(ot_type_text(type), "");
        }
        assert_true(ot_type_doc(type)[0]);
        assert_int_equal(ot_type_by_name(ot_str_c(ot_type_name(type))), type);
        assert_true(ot_type_struct_size(type) > 16);
        assert_true(ot_field_count(type) > 0 && ot_field_count(type) <= 127);
    }
    assert_int_equal(n, 17);
    assert_int_equal(ot_type_at(1000), OT_TYPE_NONE);
    assert_string_equal(ot_type_name(OT_TYPE_UNKNOWN), "unknown");
    assert_string_equal(ot_type_name(OT_TYPE_EMPTY), "empty");
    assert_string_equal(ot_type_name(OT_TYPE_NONE), "none");
    assert_string_equal(ot_type_name((ot_type)63), "?");
    assert_string_equal(ot_type_name((ot_type)1000), "?");
    assert_string_equal(ot_type_name((ot_type)-1), "?");
    assert_int_equal(ot_type_by_name(OT_STR("unknown")), OT_TYPE_UNKNOWN);
    assert_int_equal(ot_type_by_name(OT_STR("empty")), OT_TYPE_EMPTY);
    assert_int_equal(ot_type_by_name(OT_STR("status-ios")), OT_TYPE_STATUS_IOS);
    assert_int_equal(ot_type_by_name(OT_STR("Location")), OT_TYPE_NONE);
    assert_int_equal(ot_type_by_name(OT_STR("")), OT_TYPE_NONE);
    assert_int_equal(ot_type_by_name(ot_str_of(NULL, 0)), OT_TYPE_NONE);
    assert_string_equal(ot_type_text(OT_TYPE_UNKNOWN), "");
    assert_string_equal(ot_type_text((ot_type)99), "");
    assert_string_equal(ot_type_doc((ot_type)99), "");
    assert_true(ot_type_doc(OT_TYPE_EMPTY)[0]);
    assert_int_equal(ot_type_struct_size(OT_TYPE_UNKNOWN), 0);
    assert_int_equal(ot_field_count(OT_TYPE_UNKNOWN), 0);
    assert_int_equal(ot_type_struct_size(OT_TYPE_LOCATION), sizeof(ot_location));
    assert_int_equal(ot__type_by_text(OT_STR("lwt")), OT_TYPE_LWT);
    assert_int_equal(ot__type_by_text(OT_STR("msg")), OT_TYPE_UNKNOWN);
    assert_int_equal(ot__type_by_text(OT_STR("")), OT_TYPE_UNKNOWN);
}

/* What goes to phones: which app acts on it. */
static void platforms(void **state) {
    (void)state;
    unsigned android = 0, ios = 0, both = 0, hand = 0;
    for (size_t i = 0; i < ot_field_count(OT_TYPE_CONFIGURATION); i++) {
        const ot_field *f = ot_field_at(OT_TYPE_CONFIGURATION, i);
        bool a = f->flags & OT_FIELD_ANDROID, o = f->flags & OT_FIELD_IOS, ui = f->flags & OT_FIELD_UI_ONLY;
        assert_false((f->flags & OT_FIELD_RETIRED) && (a || o || ui));
        assert_false(ui && (a || o));
        assert_int_equal(o, (f->flags & OT_FIELD_IOS_OLD) != 0);
        hand += ui;
        if (f->ordinal == OT_CONFIGURATION_waypoints) continue;
        android += a;
        ios += o;
        both += a && o;
    }
    /* As the reference of the protocol counts them. */
    assert_int_equal(android, 58);
    assert_int_equal(ios, 45);
    assert_int_equal(both, 29);
    assert_int_equal(hand, 3);
    const ot_field *level = ot_field_at(OT_TYPE_CONFIGURATION, OT_CONFIGURATION_mqttProtocolLevel);
    assert_true(level->max == 5 && level->android_max == 4);
    const ot_field *keepalive = ot_field_at(OT_TYPE_CONFIGURATION, OT_CONFIGURATION_keepalive);
    assert_true(keepalive->android_min == 0 && keepalive->android_max == keepalive->max);
}

static void fields(void **state) {
    (void)state;
    for (size_t n = 0; ot_type_at(n); n++) {
        ot_type type = ot_type_at(n);
        size_t end = 16;
        for (size_t i = 0; i < ot_field_count(type); i++) {
            const ot_field *f = ot_field_at(type, i);
            assert_non_null(f);
            assert_int_equal(f->ordinal, i);
            assert_int_equal(f->type, type);
            assert_true(f->key[0] && f->member[0] && f->doc[0]);
            assert_true(f->aliases && f->words);
            assert_true(f->min <= f->max);
            assert_true(f->offset >= end); /* in the order of the struct */
            size_t size = f->kind == OT_KIND_BOOL ? sizeof(bool) : f->kind >= OT_KIND_STR ? sizeof(ot_str) : 8;
            end = f->offset + size;
            assert_true(end <= ot_type_struct_size(type));
            assert_true(f->since >= 100 && f->since <= OT_VERSION_NUMBER);
            assert_ptr_equal(ot_field_by_key(type, ot_str_c(f->key)), f);
            bool list = f->kind == OT_KIND_OBJ || f->kind == OT_KIND_OBJS;
            assert_int_equal(f->nested != OT_TYPE_NONE, list);
            assert_true(!list || ot_field_count(f->nested) > 0);
            assert_true(f->words[0] || f->kind != OT_KIND_ENUM);
            assert_true(!f->words[0] || f->kind == OT_KIND_ENUM || f->kind == OT_KIND_STR || f->kind == OT_KIND_RAW);
            assert_true(f->android_min >= f->min && f->android_max <= f->max && f->android_min <= f->android_max);
            assert_false(same(ot_kind_name(f->kind), "?"));
            for (const char *p = f->aliases; *p;) {
                size_t len = strcspn(p, " ");
                assert_ptr_equal(ot_field_by_key(type, ot_str_of(p, len)), f);
                p += len + (p[len] == ' ');
            }
            char longer[80];
            int len = snprintf(longer, sizeof longer, "%sx", f->key);
            const ot_field *other = ot_field_by_key(type, ot_str_of(longer, (size_t)len));
            assert_true(!other || same(other->key, longer) || strstr(other->aliases, longer));
        }
        assert_null(ot_field_at(type, ot_field_count(type)));
        assert_null(ot_field_by_key(type, OT_STR("_type")));
        assert_null(ot_field_by_key(type, OT_STR("")));
        assert_null(ot_field_by_key(type, ot_str_of(NULL, 0)));
    }
    assert_null(ot_field_at(OT_TYPE_UNKNOWN, 0));
    assert_null(ot_field_by_key(OT_TYPE_EMPTY, OT_STR("lat")));
    assert_null(ot_field_by_key((ot_type)77, OT_STR("lat")));
    const ot_field *lat = ot_field_by_key(OT_TYPE_LOCATION, OT_STR("lat"));
    assert_int_equal(lat->kind, OT_KIND_F64);
    assert_int_equal(lat->unit, OT_UNIT_DEG);
    assert_true(lat->min >= -90 && lat->min <= -90 && lat->max >= 90 && lat->max <= 90);
    assert_int_equal(lat->offset, offsetof(ot_location, lat));
    assert_true(isinf(ot_field_by_key(OT_TYPE_LOCATION, OT_STR("alt"))->max));
    assert_ptr_equal(ot_field_by_key(OT_TYPE_LOCATION, OT_STR("vacc")),
                     ot_field_by_key(OT_TYPE_LOCATION, OT_STR("vac")));
    assert_ptr_equal(ot_field_by_key(OT_TYPE_LOCATION, OT_STR("ssid")),
                     ot_field_by_key(OT_TYPE_LOCATION, OT_STR("SSID")));
}

/* The lists that other parts rely on: nothing is on them by accident. */
static void flags(void **state) {
    (void)state;
    static const struct {
        uint32_t flag;
        const char *names; /* type.key */
    } lists[] = {
        {OT_FIELD_REQUIRED, " location.lat location.lon "},
        {OT_FIELD_SECRET,
         " configuration.password configuration.encryptionKey configuration.passphrase configuration.httpHeaders "
         "configuration.opencageApiKey configuration.intentAuthKey configuration.tlsClientCrtPassword "},
        {OT_FIELD_EXPECTED,
         " location.tst lwt.tst transition.event transition.lat transition.lon transition.tst transition.wtst "
         "transition.acc waypoints.waypoints cmd.action dump.configuration steps.tst steps.from steps.to steps.steps "
         "beacon.tst beacon.uuid beacon.major beacon.minor encrypted.data request.request "}};
    for (size_t l = 0; l < OT_COUNT(lists); l++) {
        size_t found = 0, named = 0;
        for (const char *p = lists[l].names; *p; p++)
            named += *p == ' ';
        for (size_t n = 0; ot_type_at(n); n++) {
            for (size_t i = 0; i < ot_field_count(ot_type_at(n)); i++) {
                const ot_field *f = ot_field_at(ot_type_at(n), i);
                if (!(f->flags & lists[l].flag)) continue;
                char name[100];
                snprintf(name, sizeof name, " %s.%s ", ot_type_name(f->type), f->key);
                if (!strstr(lists[l].names, name)) fail_msg("%s is not on list %zu", name, l);
                found++;
            }
        }
        assert_int_equal(found, named - 1);
    }
    /* Bookkeeping is hidden wherever it may stand. */
    for (size_t n = 0; ot_type_at(n); n++) {
        ot_type type = ot_type_at(n);
        if (!ot_type_text(type)[0]) continue;
        static const char *const hidden[] = {"qos", "retained", "modeId"}, *const common[] = {"_id", "topic",
                                                                                              "created_at", "tid"};
        for (size_t i = 0; i < OT_COUNT(hidden); i++) {
            const ot_field *f = ot_field_by_key(type, ot_str_c(hidden[i]));
            assert_non_null(f);
            assert_int_equal(f->flags, OT_FIELD_HIDDEN);
        }
        for (size_t i = 0; i < OT_COUNT(common); i++)
            assert_non_null(ot_field_by_key(type, ot_str_c(common[i])));
    }
}

static void names(void **state) {
    (void)state;
    for (int k = OT_KIND_BOOL; k <= OT_KIND_RAW; k++)
        assert_true(ot_kind_name((ot_kind)k)[0] != '?');
    assert_string_equal(ot_kind_name(OT_KIND_F64), "F64");
    assert_string_equal(ot_kind_name(OT_KIND_RAW), "RAW");
    assert_string_equal(ot_kind_name((ot_kind)0), "?");
    assert_string_equal(ot_kind_name((ot_kind)11), "?");
    assert_string_equal(ot_unit_text(OT_UNIT_NONE), "");
    assert_string_equal(ot_unit_text(OT_UNIT_DEG), "\xc2\xb0");
    assert_string_equal(ot_unit_text(OT_UNIT_KMH), "km/h");
    assert_string_equal(ot_unit_text(OT_UNIT_DAY), "d");
    assert_string_equal(ot_unit_text((ot_unit)10), "");
    assert_string_equal(ot_unit_text((ot_unit)-1), "");
}

static void bits(void **state) {
    (void)state;
    ot_configuration c;
    memset(&c, 0, sizeof c);
    size_t n = ot_field_count(OT_TYPE_CONFIGURATION);
    assert_true(n > 64);
    for (size_t i = 0; i < n; i++) {
        assert_false(OT_HAS(&c, i));
        OT_HAS_SET(&c, i);
        assert_true(OT_HAS(&c, i));
        assert_int_equal(c.has[i / 64], UINT64_C(1) << i % 64);
        OT_HAS_CLEAR(&c, i);
        assert_int_equal(c.has[0] | c.has[1], 0);
    }
    assert_int_equal(OT_TYPE_BIT(OT_TYPE_LOCATION) | OT_TYPE_BIT(OT_TYPE_EMPTY), UINT64_C(2) | UINT64_C(1) << 61);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(types), cmocka_unit_test(fields), cmocka_unit_test(platforms),
                                       cmocka_unit_test(flags), cmocka_unit_test(names),  cmocka_unit_test(bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
