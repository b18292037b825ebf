/* test_message_build.c: messages that are made or changed, encoded, and compared. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <owntracks/message.h>

static ot_message *make(void) {
    ot_message *m;
    assert_int_equal(ot_message_new(NULL, &m), OT_OK);
    return m;
}

static char text[200000];
static ot_str encoded(const ot_message *m) {
    static ot_sink_buffer buffer;
    buffer = (ot_sink_buffer){text, sizeof text, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    assert_int_equal(ot_message_encode(m, &sink, NULL), OT_OK);
    assert_true(buffer.len <= sizeof text);
    return ot_str_of(text, buffer.len);
}

static void assert_encoded(const ot_message *m, const char *expected) {
    ot_str found = encoded(m);
    if (!ot_str_eq(found, ot_str_c(expected)))
        fail_msg("expected %s\nfound    %.*s", expected, (int)found.len, found.ptr);
}

static ot_status encode_error(const ot_message *m, ot_error *error) {
    ot_sink_buffer buffer = {text, sizeof text, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    ot_status status = ot_message_encode(m, &sink, error);
    assert_int_equal(buffer.len, 0); /* refused before anything was written */
    return status;
}

static ot_value number(double d) {
    return (ot_value){OT_KIND_F64, {.d = d}};
}
static ot_value integer(int64_t i) {
    return (ot_value){OT_KIND_I64, {.i = i}};
}
static ot_value string(const char *s) {
    return (ot_value){OT_KIND_STR, {.s = ot_str_c(s)}};
}
static ot_value json(const char *s) {
    return (ot_value){OT_KIND_RAW, {.s = ot_str_c(s)}};
}
static ot_value boolean(bool b) {
    return (ot_value){OT_KIND_BOOL, {.b = b}};
}

static ot_status set(ot_message *m, const char *key, ot_value v) {
    return ot_message_set(m, ot_str_c(key), &v, NULL);
}

static void build(void **state) {
    (void)state;
    ot_message *m = make();
    assert_int_equal(ot_message_begin(m, OT_TYPE_LOCATION), OT_OK);
    assert_int_equal(ot_message_type(m), OT_TYPE_LOCATION);
    assert_null(ot_message_payload(m).ptr);
    assert_int_equal(set(m, "lat", number(48.8566)), OT_OK);
    assert_int_equal(set(m, "lon", integer(2)), OT_OK);
    ot_value time = {OT_KIND_TIME, {.i = 1700000000}};
    assert_int_equal(ot_message_set(m, OT_STR("tst"), &time, NULL), OT_OK);
    assert_int_equal(set(m, "tid", string("\"\\\n\xc3\xa9")), OT_OK);
    assert_int_equal(set(m, "inregions", json(" [ \"a\" , \"b\" ] ")), OT_OK);
    assert_int_equal(set(m, "_cp", boolean(true)), OT_OK);
    assert_int_equal(set(m, "vacc", number(1e-7)), OT_OK);
    assert_int_equal(set(m, "t", string("u")), OT_OK);
    assert_int_equal(set(m, "poi", string("")), OT_OK);
    assert_encoded(m, "{\"_type\":\"location\",\"lat\":48.8566,\"lon\":2,\"tst\":1700000000,\"tid\":"
                      "\"\\\"\\\\\\n\xc3\xa9\",\"inregions\":[ \"a\" , \"b\" ],"
                      "\"_cp\":true,\"vac\":0.0000001,\"t\":\"u\",\"poi\":\"\"}");
    ot_message *again = make();
    static char copy[1000];
    ot_str out = encoded(m);
    memcpy(copy, out.ptr, out.len);
    assert_int_equal(ot_message_decode(again, ot_str_of(copy, out.len), NULL), OT_OK);
    assert_true(ot_message_equal(m, again) && ot_message_equal(again, m));
    assert_int_equal(ot_message_marks(again), 0);
    /* Changing and removing. */
    assert_int_equal(set(m, "lat", number(-0.5)), OT_OK);
    assert_int_equal(ot_message_unset(m, OT_STR("inregions")), OT_OK);
    assert_int_equal(ot_message_unset(m, OT_STR("inregions")), OT_ENOTFOUND);
    assert_int_equal(ot_message_unset(m, OT_STR("tid")), OT_OK);
    assert_null(ot_message_location(m)->tid.ptr);
    assert_int_equal(ot_message_unset(m, OT_STR("_cp")), OT_OK);
    assert_int_equal(ot_message_unset(m, OT_STR("vacc")), OT_OK);
    assert_int_equal(ot_message_unset(m, OT_STR("no such")), OT_ENOTFOUND);
    assert_int_equal(ot_message_unset(m, OT_STR("_type")), OT_ENOTFOUND);
    assert_encoded(m, "{\"_type\":\"location\",\"lat\":-0.5,\"lon\":2,\"tst\":1700000000,\"t\":\"u\",\"poi\":\"\"}");
    assert_int_equal(ot_message_member_count(m), 5);
    ot_member member;
    assert_int_equal(ot_message_member(m, 0, &member), OT_OK);
    assert_true(ot_str_eq(member.key, OT_STR("lat")) && !member.raw.ptr && member.offset == OT_NO_OFFSET &&
                member.state == OT_MEMBER_VALUE);
    assert_int_equal(ot_message_member(m, 5, &member), OT_DONE);
    assert_int_equal(ot_message_own(m), OT_OK);
    assert_encoded(m, "{\"_type\":\"location\",\"lat\":-0.5,\"lon\":2,\"tst\":1700000000,\"t\":\"u\",\"poi\":\"\"}");
    assert_true(ot_str_eq(ot_message_type_text(m), OT_STR("location")));
    /* A nested object has no `_type`. */
    assert_int_equal(ot_message_begin(m, OT_TYPE_TOUR), OT_OK);
    assert_encoded(m, "{}");
    assert_int_equal(set(m, "label", string("x")), OT_OK);
    assert_encoded(m, "{\"label\":\"x\"}");
    assert_int_equal(ot_message_begin(m, OT_TYPE_LWT), OT_OK);
    assert_encoded(m, "{\"_type\":\"lwt\"}");
    ot_message_free(m);
    ot_message_free(again);
}

static void refused_values(void **state) {
    (void)state;
    ot_message *m = make();
    static const struct {
        ot_type type;
        const char *key;
        ot_value value;
        ot_status status;
    } rows[] = {{OT_TYPE_LOCATION, "nope", {OT_KIND_I64, {.i = 1}}, OT_EUNKNOWN},
                {OT_TYPE_LOCATION, "_type", {OT_KIND_STR, {.s = {"x", 1}}}, OT_EUNKNOWN},
                {OT_TYPE_LOCATION, "lat", {OT_KIND_STR, {.s = {"1", 1}}}, OT_ETYPE},
                {OT_TYPE_LOCATION, "lat", {OT_KIND_TIME, {.i = 1}}, OT_ETYPE},
                {OT_TYPE_LOCATION, "lat", {OT_KIND_F64, {.d = 90.5}}, OT_ERANGE},
                {OT_TYPE_LOCATION, "lat", {OT_KIND_F64, {.d = NAN}}, OT_ERANGE},
                {OT_TYPE_LOCATION, "alt", {OT_KIND_F64, {.d = INFINITY}}, OT_ERANGE},
                {OT_TYPE_LOCATION, "alt", {OT_KIND_F64, {.d = 1e308}}, OT_OK},
                {OT_TYPE_LOCATION, "bs", {OT_KIND_I64, {.i = 4}}, OT_ERANGE},
                {OT_TYPE_LOCATION, "bs", {OT_KIND_F64, {.d = 1}}, OT_ETYPE},
                {OT_TYPE_LOCATION, "bs", {OT_KIND_TIME, {.i = 1}}, OT_OK},
                {OT_TYPE_LOCATION, "tst", {OT_KIND_I64, {.i = INT64_MAX}}, OT_ERANGE},
                {OT_TYPE_LOCATION, "tst", {OT_KIND_I64, {.i = -1}}, OT_ERANGE},
                {OT_TYPE_LOCATION, "tst", {OT_KIND_I64, {.i = 253402300799}}, OT_OK},
                {OT_TYPE_LOCATION, "retained", {OT_KIND_I64, {.i = 1}}, OT_ETYPE},
                {OT_TYPE_LOCATION, "tid", {OT_KIND_STR, {.s = {"\xff", 1}}}, OT_ETYPE},
                {OT_TYPE_LOCATION, "tid", {OT_KIND_STR, {.s = {"a\0b", 3}}}, OT_OK},
                {OT_TYPE_LOCATION, "tid", {OT_KIND_STR, {.s = {NULL, 0}}}, OT_OK},
                {OT_TYPE_LOCATION, "tid", {OT_KIND_STR, {.s = {NULL, 1}}}, OT_ETYPE},
                {OT_TYPE_LOCATION, "tid", {OT_KIND_RAW, {.s = {"1", 1}}}, OT_ETYPE},
                {OT_TYPE_LOCATION, "t", {OT_KIND_STR, {.s = {"Z", 1}}}, OT_OK},
                {OT_TYPE_LOCATION, "inregions", {OT_KIND_STRS, {.s = {"[1]", 3}}}, OT_ETYPE},
                {OT_TYPE_LOCATION, "inregions", {OT_KIND_STRS, {.s = {"{}", 2}}}, OT_ETYPE},
                {OT_TYPE_LOCATION, "inregions", {OT_KIND_STRS, {.s = {"[", 1}}}, OT_ETYPE},
                {OT_TYPE_LOCATION, "inregions", {OT_KIND_STRS, {.s = {"", 0}}}, OT_ETYPE},
                {OT_TYPE_LOCATION, "inregions", {OT_KIND_STR, {.s = {"[]", 2}}}, OT_ETYPE},
                {OT_TYPE_LOCATION, "inregions", {OT_KIND_STRS, {.s = {"[]", 2}}}, OT_OK},
                {OT_TYPE_WAYPOINTS, "waypoints", {OT_KIND_OBJS, {.s = {"[{}]", 4}}}, OT_OK},
                {OT_TYPE_WAYPOINTS, "waypoints", {OT_KIND_OBJS, {.s = {"[[]]", 4}}}, OT_ETYPE},
                {OT_TYPE_WAYPOINTS, "r", {OT_KIND_RAW, {.s = {"null", 4}}}, OT_ETYPE},
                {OT_TYPE_WAYPOINTS, "r", {OT_KIND_OBJ, {.s = {"{}", 2}}}, OT_OK},
                {OT_TYPE_CMD, "configuration", {OT_KIND_OBJ, {.s = {"[]", 2}}}, OT_ETYPE},
                {OT_TYPE_CMD, "configuration", {OT_KIND_RAW, {.s = {"{}", 2}}}, OT_OK},
                {OT_TYPE_WAYPOINT, "lat", {OT_KIND_F64, {.d = 100}}, OT_OK},
                {OT_TYPE_WAYPOINT, "tst", {OT_KIND_TIME, {.i = INT64_C(100000000000)}}, OT_OK},
                {OT_TYPE_WAYPOINT, "tst", {OT_KIND_TIME, {.i = INT64_C(100000000001)}}, OT_ERANGE}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(ot_message_begin(m, rows[i].type), OT_OK);
        ot_error error = {0};
        ot_status status = ot_message_set(m, ot_str_c(rows[i].key), &rows[i].value, &error);
        if (status != rows[i].status) fail_msg("row %zu, %s: %s", i, rows[i].key, ot_status_name(status));
        assert_int_equal(error.status, status);
        if (status != OT_OK) assert_string_equal(error.field, rows[i].key);
        ot_value v;
        assert_int_equal(ot_message_get(m, ot_str_c(rows[i].key), &v) == OT_OK, status == OT_OK);
    }
    assert_int_equal(ot_message_begin(m, OT_TYPE_UNKNOWN), OT_EINVAL);
    assert_int_equal(ot_message_begin(m, OT_TYPE_NONE), OT_EINVAL);
    assert_int_equal(ot_message_begin(m, (ot_type)1000), OT_EINVAL);
    ot_error error = {0};
    ot_message_free(m);
    m = make();
    assert_int_equal(encode_error(m, &error), OT_EINVAL);
    assert_int_equal(error.status, OT_EINVAL);
    assert_int_equal(ot_message_encode(m, NULL, NULL), OT_EINVAL);
    assert_int_equal(set(m, "lat", number(1)), OT_EUNKNOWN);
    assert_int_equal(ot_message_begin(m, OT_TYPE_LOCATION), OT_OK);
    assert_int_equal(set(m, "lat", number(1)), OT_OK);
    assert_int_equal(encode_error(m, &error), OT_EMISSING);
    assert_string_equal(error.field, "lon");
    ot_message_free(m);
}

static void from_struct(void **state) {
    (void)state;
    ot_message *m = make();
    ot_location l;
    memset(&l, 0, sizeof l);
    l.lat = 1.25;
    l.lon = -2;
    l.tst = 5;
    l.tid = OT_STR("ab");
    l.vel = NAN; /* its bit is clear */
    l.inregions = OT_STR("[\"x\"]");
    OT_HAS_SET(&l, OT_LOCATION_tid);
    OT_HAS_SET(&l, OT_LOCATION_lat);
    OT_HAS_SET(&l, OT_LOCATION_lon);
    OT_HAS_SET(&l, OT_LOCATION_tst);
    OT_HAS_SET(&l, OT_LOCATION_inregions);
    l.has[1] |= UINT64_C(1) << 63; /* no such member */
    assert_int_equal(ot_message_from(m, OT_TYPE_LOCATION, &l), OT_OK);
    assert_encoded(m,
                   "{\"_type\":\"location\",\"lat\":1.25,\"lon\":-2,\"tst\":5,\"tid\":\"ab\",\"inregions\":[\"x\"]}");
    ot_error error = {0};
    l.tid = OT_STR("\xff");
    assert_int_equal(ot_message_from(m, OT_TYPE_LOCATION, &l), OT_OK);
    assert_int_equal(encode_error(m, &error), OT_EUTF8);
    assert_string_equal(error.field, "tid");
    l.tid = OT_STR("");
    l.inregions = OT_STR("[1]");
    assert_int_equal(ot_message_from(m, OT_TYPE_LOCATION, &l), OT_OK);
    assert_int_equal(encode_error(m, &error), OT_ETYPE);
    l.inregions = OT_STR("[]");
    l.lat = 91;
    assert_int_equal(ot_message_from(m, OT_TYPE_LOCATION, &l), OT_OK);
    assert_int_equal(encode_error(m, &error), OT_ERANGE);
    OT_HAS_CLEAR(&l, OT_LOCATION_lat);
    assert_int_equal(ot_message_from(m, OT_TYPE_LOCATION, &l), OT_OK);
    assert_int_equal(encode_error(m, &error), OT_EMISSING);
    assert_int_equal(ot_message_from(m, OT_TYPE_NONE, &l), OT_EINVAL);
    assert_int_equal(ot_message_from(m, OT_TYPE_LOCATION, NULL), OT_EINVAL);
    /* All settings at once: more than a small index has room for. */
    ot_decode_options options = OT_DECODE_OPTIONS_INIT;
    options.max_members = 16;
    ot_message *small, *again = make();
    assert_int_equal(ot_message_new(&options, &small), OT_OK);
    ot_configuration c;
    memset(&c, 0, sizeof c);
    for (size_t i = 0; i < ot_field_count(OT_TYPE_CONFIGURATION); i++) {
        const ot_field *f = ot_field_at(OT_TYPE_CONFIGURATION, i);
        OT_HAS_SET(&c, i);
        ot_str s = f->kind == OT_KIND_OBJS ? OT_STR("[]") : f->kind == OT_KIND_RAW ? OT_STR("1") : OT_STR("s");
        int64_t n = f->min > 0 && f->min < 10 ? (int64_t)f->min : 0;
        if (f->kind >= OT_KIND_STR)
            memcpy((char *)&c + f->offset, &s, sizeof s);
        else if (f->kind != OT_KIND_BOOL && f->kind != OT_KIND_F64)
            memcpy((char *)&c + f->offset, &n, sizeof n);
    }
    assert_int_equal(ot_message_from(small, OT_TYPE_CONFIGURATION, &c), OT_OK);
    static char copy[10000];
    ot_str out = encoded(small);
    memcpy(copy, out.ptr, out.len);
    assert_int_equal(ot_message_decode(again, ot_str_of(copy, out.len), &error), OT_OK);
    assert_true(ot_message_equal(small, again));
    assert_int_equal(ot_message_marks(again), 0);
    assert_int_equal(ot_message_member_count(again), ot_field_count(OT_TYPE_CONFIGURATION) + 1);
    ot_message_free(m);
    ot_message_free(small);
    ot_message_free(again);
}

static void change(void **state) {
    (void)state;
    ot_message *m = make();
    static const char payload[] =
        "{ \"x\":1, \"vacc\" : \"7\" ,\"lat\":1.50,\"_type\":\"location\",\"lon\":2,\"acc\":null, \"lat\":3.10 "
        ",\"x\":[ ] }";
    assert_int_equal(ot_message_decode(m, ot_str_c(payload), NULL), OT_OK);
    assert_encoded(
        m,
        "{\"x\":1,\"vacc\":\"7\",\"lat\":1.50,\"_type\":\"location\",\"lon\":2,\"acc\":null,\"lat\":3.10,\"x\":[ ]}");
    assert_int_equal(set(m, "vac", number(8)), OT_OK); /* it keeps the key it came with */
    assert_int_equal(set(m, "acc", number(9)), OT_OK);
    assert_int_equal(set(m, "tid", string("zz")), OT_OK);
    assert_encoded(m, "{\"x\":1,\"vacc\":8,\"lat\":1.50,\"_type\":\"location\",\"lon\":2,\"acc\":9,\"lat\":3.10,\"x\":["
                      " ],\"tid\":\"zz\"}");
    assert_int_equal(set(m, "lat", number(4)), OT_OK);
    assert_encoded(m, "{\"x\":1,\"vacc\":8,\"lat\":1.50,\"_type\":\"location\",\"lon\":2,\"acc\":9,\"lat\":4,\"x\":[ "
                      "],\"tid\":\"zz\"}");
    /* With it goes what it shadowed. */
    assert_int_equal(ot_message_unset(m, OT_STR("lat")), OT_OK);
    assert_int_equal(ot_message_unset(m, OT_STR("x")), OT_OK);
    ot_error error = {0};
    assert_int_equal(encode_error(m, &error), OT_EMISSING);
    assert_int_equal(set(m, "lat", number(5)), OT_OK);
    assert_encoded(m, "{\"vacc\":8,\"_type\":\"location\",\"lon\":2,\"acc\":9,\"tid\":\"zz\",\"lat\":5}");
    assert_int_equal(ot_message_member_count(m), 6);
    ot_member member;
    assert_int_equal(ot_message_member(m, 1, &member), OT_OK);
    assert_int_equal(member.state, OT_MEMBER_TYPE);
    assert_int_equal(ot_message_find(m, OT_STR("x"), &member), OT_ENOTFOUND);
    /* A null member can be removed; an unknown type keeps its members and gains none. */
    assert_int_equal(ot_message_decode(m, OT_STR("{\"_type\":\"odd\",\"a\":null,\"b\":2}"), NULL), OT_EUNKNOWN);
    assert_int_equal(set(m, "a", number(1)), OT_EUNKNOWN);
    assert_int_equal(ot_message_unset(m, OT_STR("a")), OT_OK);
    assert_encoded(m, "{\"_type\":\"odd\",\"b\":2}");
    /* Milliseconds stay as they came until they are set. */
    assert_int_equal(ot_message_decode(m, OT_STR("{\"_type\":\"waypoint\",\"tst\":1505910709123}"), NULL), OT_OK);
    assert_int_equal(set(m, "desc", string("d")), OT_OK);
    assert_encoded(m, "{\"_type\":\"waypoint\",\"tst\":1505910709123,\"desc\":\"d\"}");
    assert_int_equal(set(m, "tst", integer(ot_message_waypoint(m)->tst)), OT_OK);
    assert_encoded(m, "{\"_type\":\"waypoint\",\"tst\":1505910709,\"desc\":\"d\"}");
    ot_message_free(m);
}

/* A sink that fails after some bytes. */
typedef struct failing {
    size_t left;
    ot_status status;
} failing;
static ot_status failing_write(void *ctx, const char *data, size_t len) {
    failing *f = ctx;
    (void)data;
    if (len > f->left) return f->status;
    f->left -= len;
    return OT_OK;
}

static void sinks(void **state) {
    (void)state;
    ot_message *m = make();
    assert_int_equal(ot_message_begin(m, OT_TYPE_CARD), OT_OK);
    static char face[5000], name[900];
    memset(face, 'f', sizeof face - 1);
    memset(name, '"', sizeof name - 1);
    assert_int_equal(set(m, "name", string(name)), OT_OK);
    assert_int_equal(set(m, "face", string(face)), OT_OK);
    assert_int_equal(set(m, "tid", string("xy")), OT_OK);
    size_t whole = encoded(m).len;
    for (size_t left = 0; left <= whole; left += 97) {
        failing f = {left, OT_EFULL};
        ot_sink sink = {failing_write, &f};
        assert_int_equal(ot_message_encode(m, &sink, NULL), OT_EFULL);
    }
    failing f = {whole, OT_EFULL};
    ot_sink sink = {failing_write, &f};
    assert_int_equal(ot_message_encode(m, &sink, NULL), OT_OK);
    assert_int_equal(f.left, 0);
    assert_int_equal(ot_message_decode(m, OT_STR("{\"_type\":\"lwt\"}"), NULL), OT_OK);
    f = (failing){3, OT_EIO};
    assert_int_equal(ot_message_encode(m, &sink, NULL), OT_EIO);
    assert_int_equal(ot_message_decode(m, OT_STR(""), NULL), OT_EMPTY);
    f = (failing){0, OT_EIO};
    assert_int_equal(ot_message_encode(m, &sink, NULL), OT_OK);
    ot_message_free(m);
}

static void equality(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } rows[] = {
        {"{\"_type\":\"lwt\"}", "{\"_type\":\"lwt\"}", true},
        {"{\"_type\":\"lwt\"}", "{\"_type\":\"card\"}", false},
        {"{\"_type\":\"lwt\",\"tst\":1}", "{\"_type\":\"lwt\"}", false},
        {"{\"_type\":\"lwt\",\"tst\":1}", "{\"tst\":1.0,\"_type\":\"lwt\"}", true},
        {"{\"_type\":\"lwt\",\"tst\":1}", "{\"tst\":2,\"_type\":\"lwt\"}", false},
        {"{\"_type\":\"card\",\"name\":\"a\\u0062\"}", "{\"_type\":\"card\",\"name\":\"ab\"}", true},
        {"{\"_type\":\"card\",\"name\":\"a\"}", "{\"_type\":\"card\",\"name\":\"b\"}", false},
        {"{\"_type\":\"location\",\"lat\":1,\"lon\":2}", "{\"_type\":\"location\",\"lat\":1.0,\"lon\":0.2e1}", true},
        {"{\"_type\":\"location\",\"lat\":1,\"lon\":2}", "{\"_type\":\"location\",\"lat\":1,\"lon\":2.5}", false},
        {"{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"cp\":true}",
         "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"_cp\":true}", true},
        {"{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"cp\":true}",
         "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"_cp\":false}", false},
        {"{\"_type\":\"lwt\",\"a\":1,\"b\":2}", "{\"b\":2,\"_type\":\"lwt\",\"a\":1}", true},
        {"{\"_type\":\"lwt\",\"a\":1,\"b\":2}", "{\"b\":2,\"_type\":\"lwt\",\"\\u0061\":1}", true},
        {"{\"_type\":\"lwt\",\"\\ud83d\\ude00\":1}", "{\"_type\":\"lwt\",\"\xf0\x9f\x98\x80\":1}", true},
        {"{\"_type\":\"lwt\",\"\\ud83d\\ude00x\":1}", "{\"_type\":\"lwt\",\"\xf0\x9f\x98\x80y\":1}", false},
        {"{\"_type\":\"lwt\",\"\\u00e9\\\"\":1}", "{\"_type\":\"lwt\",\"\xc3\xa9\\u0022\":1}", true},
        {"{\"_type\":\"lwt\",\"a\":1,\"b\":2}", "{\"b\":1,\"_type\":\"lwt\",\"a\":2}", false},
        {"{\"_type\":\"lwt\",\"a\":1}", "{\"_type\":\"lwt\",\"a\":1,\"b\":2}", false},
        {"{\"_type\":\"lwt\",\"a\":1}", "{\"_type\":\"lwt\",\"a\":1.0}", false},
        {"{\"_type\":\"lwt\",\"tst\":null}", "{\"_type\":\"lwt\"}", false},
        {"{\"_type\":\"lwt\",\"tst\":null}", "{\"_type\":\"lwt\",\"tst\":[]}", false},
        {"{\"_type\":\"lwt\",\"a\":1,\"a\":2}", "{\"_type\":\"lwt\",\"a\":2,\"a\":1}", false},
        {"{\"_type\":\"x\"}", "{\"_type\":\"\\u0078\"}", true},
        {"{\"_type\":\"x\"}", "{\"_type\":\"y\"}", false},
        {"", "", true},
        {"", "x", false},
        {"x", "y", true}};
    ot_message *a = make(), *b = make();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ot_message_decode(a, ot_str_c(rows[i].a), NULL);
        ot_message_decode(b, ot_str_c(rows[i].b), NULL);
        if (ot_message_equal(a, b) != rows[i].equal || ot_message_equal(b, a) != rows[i].equal)
            fail_msg("row %zu: %s", i, rows[i].a);
        assert_true(ot_message_equal(a, a));
    }
    ot_message_free(a);
    ot_message_free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(build),       cmocka_unit_test(refused_values),
                                       cmocka_unit_test(from_struct), cmocka_unit_test(change),
                                       cmocka_unit_test(sinks),       cmocka_unit_test(equality)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
