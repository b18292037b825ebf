/* test_message.c: the life of a message, its limits, its members and violations, and that decoding allocates nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include <owntracks/mem.h>
#include <owntracks/message.h>

static ot_message *make(const ot_decode_options *options) {
    ot_message *m;
    assert_int_equal(ot_message_new(options, &m), OT_OK);
    assert_int_equal(ot_message_type(m), OT_TYPE_NONE);
    return m;
}

static ot_status decode(ot_message *m, const char *text) {
    return ot_message_decode(m, ot_str_c(text), NULL);
}

static void assert_str(ot_str found, const char *expected) {
    if (!ot_str_eq(found, ot_str_c(expected))) fail_msg("expected %s, found %.*s", expected, (int)found.len, found.ptr);
}

static ot_str encoded(const ot_message *m) {
    static char text[100000];
    static ot_sink_buffer buffer;
    buffer = (ot_sink_buffer){text, sizeof text, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    assert_int_equal(ot_message_encode(m, &sink, NULL), OT_OK);
    assert_true(buffer.len <= sizeof text);
    return ot_str_of(text, buffer.len);
}

static void limits(void **state) {
    (void)state;
    static const struct {
        ot_decode_options options;
        ot_status status;
    } rows[] = {{{sizeof(ot_decode_options), false, 0, 0, 0, 0}, OT_OK},
                {{sizeof(ot_decode_options) - 1, false, 0, 0, 0, 0}, OT_EINVAL},
                {{sizeof(ot_decode_options) + 8, false, 0, 0, 0, 0}, OT_OK},
                {{sizeof(ot_decode_options), false, 256, 0, 0, 0}, OT_OK},
                {{sizeof(ot_decode_options), false, 257, 0, 0, 0}, OT_EINVAL},
                {{sizeof(ot_decode_options), false, 0, (size_t)1 << 30, 0, 0}, OT_OK},
                {{sizeof(ot_decode_options), false, 0, ((size_t)1 << 30) + 1, 0, 0}, OT_EINVAL},
                {{sizeof(ot_decode_options), false, 0, 0, 15, 0}, OT_EINVAL},
                {{sizeof(ot_decode_options), false, 0, 0, 16, 0}, OT_OK},
                {{sizeof(ot_decode_options), false, 0, 0, 4096, 0}, OT_OK},
                {{sizeof(ot_decode_options), false, 0, 0, 4097, 0}, OT_EINVAL},
                {{sizeof(ot_decode_options), false, 0, 0, 0, SIZE_MAX}, OT_EINVAL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ot_message *m = (ot_message *)&rows;
        assert_int_equal(ot_message_new(&rows[i].options, &m), rows[i].status);
        assert_int_equal(m != NULL, rows[i].status == OT_OK);
        assert_int_equal(ot_message_size(&rows[i].options) != 0, rows[i].status == OT_OK);
        ot_message_free(m);
    }
    ot_message_free(NULL);
    assert_true(ot_message_size(NULL) > 0);
}

static void callers_memory(void **state) {
    (void)state;
    ot_decode_options options = OT_DECODE_OPTIONS_INIT;
    options.scratch = 8;
    size_t size = ot_message_size(&options);
    char *memory = malloc(size + 16);
    assert_non_null(memory);
    ot_message *m = (ot_message *)&options;
    assert_int_equal(ot_message_init(memory, size - 1, &options, &m), OT_EINVAL);
    assert_null(m);
    assert_int_equal(ot_message_init(memory + 1, size, &options, &m), OT_EINVAL);
    assert_int_equal(ot_message_init(memory, size, &options, &m), OT_OK);
    assert_int_equal(decode(m, "{\"_type\":\"card\",\"name\":\"a\\nb\"}"), OT_OK);
    assert_str(ot_message_card(m)->name, "a\nb");
    ot_error error = {0};
    assert_int_equal(ot_message_decode(m, OT_STR("{\"_type\":\"card\",\"name\":\"12345678\\n\"}"), &error), OT_ELIMIT);
    assert_true(error.reason[0]);
    assert_int_equal(ot_message_type(m), OT_TYPE_NONE);
    assert_int_equal(ot_message_own(m), OT_EUNSUPPORTED);
    ot_message_free(m); /* does nothing */
    free(memory);
}

static void payload_limit(void **state) {
    (void)state;
    ot_decode_options options = OT_DECODE_OPTIONS_INIT;
    options.max_payload = 20;
    options.max_depth = 2;
    ot_message *m = make(&options);
    assert_int_equal(decode(m, "{\"_type\":\"lwt\"}     "), OT_OK);
    ot_error error = {0};
    assert_int_equal(ot_message_decode(m, OT_STR("{\"_type\":\"lwt\"}      "), &error), OT_ELIMIT);
    assert_non_null(strstr(error.reason, "21"));
    assert_int_equal(ot_message_type(m), OT_TYPE_NONE);
    assert_int_equal(decode(m, "{\"_type\":[[1]]}"), OT_EDEPTH);
    assert_int_equal(decode(m, "[[1]]"), OT_ELIST);
    assert_int_equal(decode(m, "[[[1]]]"), OT_EDEPTH);
    ot_message_free(m);
}

/* Allocations of the library while this is set. */
static size_t allocations, refuse_after = SIZE_MAX;
static void *counted_alloc(void *ctx, size_t size) {
    (void)ctx;
    if (allocations++ >= refuse_after) return NULL;
    return malloc(size);
}
static void *counted_resize(void *ctx, void *ptr, size_t old_size, size_t size) {
    (void)ctx;
    (void)old_size;
    if (allocations++ >= refuse_after) return NULL;
    return realloc(ptr, size);
}
static void counted_release(void *ctx, void *ptr, size_t size) {
    (void)ctx;
    (void)size;
    free(ptr);
}
static const ot_alloc counting = {sizeof counting, counted_alloc, counted_resize, counted_release, NULL};

static void no_allocation(void **state) {
    (void)state;
    assert_int_equal(ot_mem_set(&counting), OT_OK);
    ot_message *m = make(NULL), *other = make(NULL);
    allocations = 0;
    static const char *const texts[] = {
        ("{\"_type\":\"location\",\"lat\":1.5,\"lon\":2.5,\"tst\":3,\"inregions\":[\"a\"],\"x\":{\"y\":[1,2]},\"poi\":"
         "\"a\\nb\",\"acc\":\"5\",\"acc\":6}"),
        "{\"lat\":53.026676000000002,\"lon\":9.5435610000000004,\"alt\":1e300,\"_type\":\"location\"}",
        "{\"_type\":\"waypoints\",\"waypoints\":[{\"_type\":\"waypoint\"}]}",
        "{\"_type\":\"future\",\"a\":1}",
        "{\"_type\":\"location\",\"lat\":91,\"lon\":1}",
        "{\"_type\":\"location\",",
        "[]",
        "",
        "x"};
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            ot_status status = decode(m, texts[i]);
            decode(other, texts[i]);
            ot_value v;
            ot_member member;
            ot_message_get(m, OT_STR("lat"), &v);
            ot_message_find(m, OT_STR("x"), &member);
            ot_message_equal(m, other);
            if (status == OT_OK) encoded(m);
        }
    }
    ot_value v = {OT_KIND_STR, {.s = OT_STR("e")}};
    assert_int_equal(ot_message_begin(m, OT_TYPE_CMD), OT_OK);
    assert_int_equal(ot_message_set(m, OT_STR("action"), &v, NULL), OT_OK);
    encoded(m);
    assert_int_equal(allocations, 0);
    /* Texts with escapes beyond the scratch area: once. */
    static char large[5000] = "{\"_type\":\"card\",\"face\":\"";
    for (size_t n = strlen(large); n < 4000; n += 2)
        memcpy(large + n, "\\/", 3);
    strcat(large, "\"}");
    for (int i = 0; i < 3; i++)
        assert_int_equal(decode(m, large), OT_OK);
    assert_int_equal(allocations, 1);
    assert_int_equal(ot_message_card(m)->face.len, (4000 - strlen("{\"_type\":\"card\",\"face\":\"")) / 2);
    ot_message_free(m);
    /* Without memory it is said. */
    m = make(NULL);
    refuse_after = allocations;
    ot_error error = {0};
    assert_int_equal(ot_message_decode(m, ot_str_c(large), &error), OT_ENOMEM);
    assert_int_equal(error.status, OT_ENOMEM);
    assert_int_equal(ot_message_type(m), OT_TYPE_NONE);
    assert_int_equal(decode(m, texts[0]), OT_OK);
    assert_int_equal(ot_message_own(m), OT_ENOMEM);
    assert_str(ot_message_location(m)->poi, "a\nb");
    ot_message *none = m;
    assert_int_equal(ot_message_new(NULL, &none), OT_ENOMEM);
    assert_null(none);
    refuse_after = SIZE_MAX;
    ot_message_free(m);
    ot_message_free(other);
    assert_int_equal(ot_mem_set(NULL), OT_OK);
}

static void own(void **state) {
    (void)state;
    ot_message *m = make(NULL), *again = make(NULL);
    static const char text[] = "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"tst\":\"3\",\"tid\":\"ab\",\"poi\":"
                               "\"x\\ty\",\"inregions\":[\"p\"],\"other\":[1]}";
    for (int i = 0; i < 2; i++) {
        char *bytes = malloc(sizeof text - 1);
        assert_non_null(bytes);
        memcpy(bytes, text, sizeof text - 1);
        assert_int_equal(ot_message_decode(m, ot_str_of(bytes, sizeof text - 1), NULL), OT_OK);
        assert_ptr_equal(ot_message_payload(m).ptr, bytes);
        assert_int_equal(ot_message_own(m), OT_OK);
        memset(bytes, '!', sizeof text - 1);
        free(bytes);
        assert_int_equal(decode(again, text), OT_OK);
        assert_true(ot_message_equal(m, again));
        assert_str(ot_message_payload(m), text);
        assert_str(ot_message_type_text(m), "location");
        assert_str(ot_message_location(m)->tid, "ab");
        assert_str(ot_message_location(m)->poi, "x\ty");
        assert_str(ot_message_location(m)->inregions, "[\"p\"]");
        ot_violation v;
        assert_int_equal(ot_message_violation(m, 0, &v), OT_OK);
        assert_str(v.key, "tst");
        ot_member member;
        assert_int_equal(ot_message_find(m, OT_STR("other"), &member), OT_OK);
        assert_str(member.raw, "[1]");
        assert_str(encoded(m), text);
        /* Its own payload once more. */
        assert_int_equal(ot_message_own(m), OT_OK);
        assert_int_equal(ot_message_decode(m, ot_message_payload(m), NULL), OT_OK);
        assert_int_equal(ot_message_own(m), OT_OK);
        assert_true(ot_message_equal(m, again));
    }
    /* What was set is copied too. */
    char *word = malloc(3);
    assert_non_null(word);
    memcpy(word, "new", 3);
    ot_value v = {OT_KIND_STR, {.s = ot_str_of(word, 3)}};
    assert_int_equal(ot_message_set(m, OT_STR("tid"), &v, NULL), OT_OK);
    assert_int_equal(ot_message_own(m), OT_OK);
    memset(word, '!', 3);
    free(word);
    assert_str(ot_message_location(m)->tid, "new");
    /* A text that stands right behind the payload is not part of it. */
    char *both = malloc(sizeof text + 2);
    assert_non_null(both);
    memcpy(both, text, sizeof text - 1);
    memcpy(both + sizeof text - 1, "far", 3);
    assert_int_equal(ot_message_decode(m, ot_str_of(both, sizeof text - 1), NULL), OT_OK);
    v.as.s = ot_str_of(both + sizeof text - 1, 3);
    assert_int_equal(ot_message_set(m, OT_STR("tid"), &v, NULL), OT_OK);
    assert_int_equal(ot_message_own(m), OT_OK);
    memset(both, '!', sizeof text + 2);
    free(both);
    assert_str(ot_message_location(m)->tid, "far");
    assert_str(ot_message_location(m)->poi, "x\ty");
    /* An empty message, and none. */
    assert_int_equal(ot_message_decode(m, ot_str_of(NULL, 0), NULL), OT_EMPTY);
    assert_int_equal(ot_message_own(m), OT_OK);
    assert_int_equal(decode(m, "x"), OT_ESYNTAX);
    assert_int_equal(ot_message_own(m), OT_OK);
    ot_message_free(m);
    ot_message_free(again);
}

static void members(void **state) {
    (void)state;
    ot_message *m = make(NULL);
    static const char text[] = "{\"_type\":\"location\", \"lat\" : "
                               "1,\"lon\":2,\"vac\":null,\"acc\":[],\"k\\u0065y\":\"v\\n\",\"lat\":3, \"vacc\":4}";
    assert_int_equal(decode(m, text), OT_OK);
    static const struct {
        const char *key, *raw;
        ot_member_state state;
        bool escaped;
    } rows[] = {{"_type", "\"location\"", OT_MEMBER_TYPE, false},
                {"lat", "1", OT_MEMBER_SHADOWED, false},
                {"lon", "2", OT_MEMBER_VALUE, false},
                {"vac", "null", OT_MEMBER_SHADOWED, false},
                {"acc", "[]", OT_MEMBER_BAD, false},
                {"k\\u0065y", "\"v\\n\"", OT_MEMBER_UNKNOWN, true},
                {"lat", "3", OT_MEMBER_VALUE, false},
                {"vacc", "4", OT_MEMBER_VALUE, false}};
    size_t n = sizeof rows / sizeof *rows;
    assert_int_equal(ot_message_member_count(m), n);
    ot_member member;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(ot_message_member(m, i, &member), OT_OK);
        assert_str(member.key, rows[i].key);
        assert_str(member.raw, rows[i].raw);
        assert_int_equal(member.state, rows[i].state);
        assert_int_equal(member.key_escaped, rows[i].escaped);
        assert_ptr_equal(member.raw.ptr, text + member.offset);
        assert_int_equal(member.field == NULL, member.state == OT_MEMBER_TYPE || member.state == OT_MEMBER_UNKNOWN);
    }
    assert_int_equal(ot_message_member(m, n, &member), OT_DONE);
    assert_int_equal(ot_message_member(m, SIZE_MAX, &member), OT_DONE);
    assert_int_equal(ot_message_find(m, OT_STR("lat"), &member), OT_OK);
    assert_str(member.raw, "3");
    assert_int_equal(ot_message_find(m, OT_STR("key"), &member), OT_OK);
    assert_str(member.raw, "\"v\\n\"");
    assert_int_equal(ot_message_find(m, OT_STR("ke"), &member), OT_ENOTFOUND);
    assert_int_equal(ot_message_find(m, OT_STR("_type"), &member), OT_OK);
    ot_value v;
    assert_int_equal(ot_message_get(m, OT_STR("vac"), &v), OT_OK);
    assert_int_equal(v.kind, OT_KIND_F64);
    assert_true(v.as.d >= 4 && v.as.d <= 4);
    assert_int_equal(ot_message_get(m, OT_STR("vacc"), &v), OT_OK);
    assert_int_equal(ot_message_get(m, OT_STR("acc"), &v), OT_ENOTFOUND);
    assert_int_equal(ot_message_get(m, OT_STR("vel"), &v), OT_ENOTFOUND);
    assert_int_equal(ot_message_get(m, OT_STR("key"), &v), OT_EUNKNOWN);
    assert_int_equal(ot_message_get_at(m, OT_LOCATION_lon, &v), OT_OK);
    assert_int_equal(ot_message_get_at(m, 200, &v), OT_EUNKNOWN);
    assert_non_null(ot_message_location(m));
    assert_null(ot_message_lwt(m));
    assert_null(ot_message_phone_status(m));
    assert_null(ot_message_data(m, OT_TYPE_NONE));
    ot_violation violation;
    assert_int_equal(ot_message_violation_count(m), 3);
    assert_int_equal(ot_message_violation(m, 3, &violation), OT_DONE);
    /* What a message before left behind is gone. */
    assert_int_equal(decode(m, "{\"_type\":\"location\",\"lat\":5,\"lon\":6}"), OT_OK);
    const ot_location *l = ot_message_location(m);
    assert_false(OT_HAS(l, OT_LOCATION_vac));
    assert_true(l->vac <= 0 && l->vac >= 0);
    assert_int_equal(ot_message_violation_count(m), 0);
    assert_int_equal(ot_message_marks(m), 0);
    ot_message_free(m);
}

/* More members than are indexed. */
static void overflow(void **state) {
    (void)state;
    ot_decode_options options = OT_DECODE_OPTIONS_INIT;
    options.max_members = 16;
    ot_message *m = make(&options), *other = make(&options), *large = make(NULL);
    for (int count = 13; count <= 40; count++) {
        static char text[4096];
        size_t n = (size_t)snprintf(text, sizeof text, "{\"_type\":\"location\"");
        for (int i = 0; i < count; i++)
            n += (size_t)snprintf(text + n, sizeof text - n, ", \"key%d\":[%d]", i, i);
        n += (size_t)snprintf(text + n, sizeof text - n,
                              ",\"lat\":1,\"lon\":2 ,\"poi\":\"a\\nb\",\"tid\":null,\"acc\":\"x\",\"tag\":\"t\"}");
        assert_int_equal(decode(m, text), OT_OK);
        assert_true(ot_message_marks(m) & OT_MARK_OVERFLOW);
        assert_int_equal(ot_message_member_count(m), 16);
        const ot_location *l = ot_message_location(m);
        assert_true(OT_HAS(l, OT_LOCATION_lat) && OT_HAS(l, OT_LOCATION_lon) && OT_HAS(l, OT_LOCATION_tag));
        assert_false(OT_HAS(l, OT_LOCATION_acc));
        assert_str(l->poi, "a\nb");
        ot_member member;
        assert_int_equal(ot_message_find(m, OT_STR("tag"), &member), OT_OK);
        assert_str(member.raw, "\"t\"");
        assert_int_equal(member.state, OT_MEMBER_VALUE);
        assert_int_equal(ot_message_find(m, OT_STR("tid"), &member), OT_OK);
        assert_int_equal(member.state, OT_MEMBER_NULL);
        assert_int_equal(ot_message_find(m, OT_STR("acc"), &member), OT_OK);
        assert_int_equal(member.state, OT_MEMBER_BAD);
        assert_int_equal(ot_message_find(m, OT_STR("key12"), &member), OT_OK);
        assert_str(member.raw, "[12]");
        /* As a message with a larger index has it, and as what is encoded. */
        assert_int_equal(decode(large, text), OT_OK);
        assert_false(ot_message_marks(large) & OT_MARK_OVERFLOW);
        assert_true(ot_message_equal(m, large) && ot_message_equal(large, m));
        static char again[4096];
        ot_str out = encoded(m);
        memcpy(again, out.ptr, out.len);
        assert_int_equal(ot_message_decode(other, ot_str_of(again, out.len), NULL), OT_OK);
        assert_true(ot_message_equal(m, other));
        /* Setting and removing what stands beyond. */
        ot_value v = {OT_KIND_STR, {.s = OT_STR("new")}};
        assert_int_equal(ot_message_set(m, OT_STR("tag"), &v, NULL), OT_OK);
        assert_int_equal(ot_message_set(m, OT_STR("tid"), &v, NULL), OT_OK);
        assert_int_equal(ot_message_unset(m, OT_STR("acc")), OT_OK);
        assert_int_equal(ot_message_unset(m, OT_STR("vel")), OT_ENOTFOUND);
        out = encoded(m);
        memcpy(again, out.ptr, out.len);
        assert_int_equal(ot_message_decode(other, ot_str_of(again, out.len), NULL), OT_OK);
        assert_str(ot_message_location(other)->tag, "new");
        assert_str(ot_message_location(other)->tid, "new");
        assert_int_equal(ot_message_find(other, OT_STR("acc"), &member), OT_ENOTFOUND);
        assert_int_equal(ot_message_marks(other), OT_MARK_OVERFLOW);
    }
    /* Just enough room. */
    assert_int_equal(decode(m, "{\"_type\":\"x\",\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":"
                               "1,\"j\":1,\"k\":1,\"l\":1,\"m\":1,\"n\":1,\"o\":1}"),
                     OT_EUNKNOWN);
    assert_int_equal(ot_message_member_count(m), 16);
    assert_int_equal(ot_message_marks(m), 0);
    ot_message_free(m);
    ot_message_free(other);
    ot_message_free(large);
}

static void violations(void **state) {
    (void)state;
    ot_message *m = make(NULL);
    static char text[4096] = "{\"_type\":\"location\",\"lat\":1,\"lon\":2";
    for (int i = 0; i < 50; i++)
        strcat(text, ",\"acc\":-7");
    strcat(text, "}");
    assert_int_equal(decode(m, text), OT_OK);
    assert_int_equal(ot_message_violation_count(m), 99); /* 50 out of range, 49 times again */
    ot_violation v;
    assert_int_equal(ot_message_violation(m, 31, &v), OT_OK);
    assert_int_equal(ot_message_violation(m, 32, &v), OT_DONE);
    assert_int_equal(ot_message_violation(m, 0, &v), OT_OK);
    assert_int_equal(v.status, OT_ERANGE);
    assert_ptr_equal(v.field, ot_field_at(OT_TYPE_LOCATION, OT_LOCATION_acc));
    assert_ptr_equal(v.key.ptr, strstr(text, "acc"));
    assert_int_equal(text[v.offset], '-');
    /* They can be read after a refusal, too. */
    assert_int_equal(decode(m, "{\"_type\":\"location\",\"lat\":\"x\",\"lon\":2}"), OT_ETYPE);
    assert_int_equal(ot_message_violation_count(m), 1);
    assert_int_equal(decode(m, "{"), OT_ESYNTAX);
    assert_int_equal(ot_message_violation_count(m), 0);
    ot_message_free(m);
}

static void as_a_type(void **state) {
    (void)state;
    ot_message *m = make(NULL);
    assert_int_equal(ot_message_decode_as(m, OT_TYPE_STATUS_ANDROID, OT_STR("{\"wifi\":1,\"loc\":-4}"), NULL), OT_OK);
    assert_int_equal(ot_message_status_android(m)->loc, -4);
    assert_null(ot_message_type_text(m).ptr);
    assert_str(encoded(m), "{\"wifi\":1,\"loc\":-4}");
    assert_int_equal(ot_message_decode_as(m, OT_TYPE_WAYPOINT, OT_STR("{\"_type\":\"other\",\"desc\":\"d\"}"), NULL),
                     OT_OK);
    assert_str(ot_message_type_text(m), "other");
    assert_str(ot_message_waypoint(m)->desc, "d");
    assert_int_equal(ot_message_decode_as(m, OT_TYPE_WAYPOINT, OT_STR("{\"_type\":7}"), NULL), OT_OK);
    assert_int_equal(ot_message_decode_as(m, OT_TYPE_LOCATION, OT_STR("{}"), NULL), OT_EMISSING);
    assert_int_equal(ot_message_decode_as(m, OT_TYPE_TOUR, OT_STR("[]"), NULL), OT_ETYPE);
    assert_int_equal(ot_message_decode_as(m, OT_TYPE_TOUR, OT_STR(""), NULL), OT_ESYNTAX);
    assert_int_equal(ot_message_decode_as(m, OT_TYPE_UNKNOWN, OT_STR("{}"), NULL), OT_EINVAL);
    assert_int_equal(ot_message_decode_as(m, (ot_type)200, OT_STR("{}"), NULL), OT_EINVAL);
    assert_int_equal(ot_message_type(m), OT_TYPE_NONE);
    /* The next one is a message again. */
    assert_int_equal(decode(m, "{\"_type\":\"lwt\"}"), OT_OK);
    assert_int_equal(ot_message_type(m), OT_TYPE_LWT);
    ot_message_free(m);
}

/* Lists of messages. */
static void lists(void **state) {
    (void)state;
    static const struct {
        const char *text, *elements[4];
        ot_status end;
        size_t offset;
    } rows[] = {{"[]", {NULL}, OT_DONE, 0},
                {" [ ] ", {NULL}, OT_DONE, 0},
                {" {\"a\":1} ", {"{\"a\":1}"}, OT_DONE, 0},
                {"x", {"x"}, OT_DONE, 0},
                {"  ", {"  "}, OT_DONE, 0},
                {"", {""}, OT_DONE, 0},
                {"[1 , {\"b\":[]},\"x\"]", {"1", "{\"b\":[]}", "\"x\""}, OT_DONE, 0},
                {"[1,]", {"1"}, OT_ESYNTAX, 3},
                {"[1 2]", {"1"}, OT_ESYNTAX, 3},
                {"[1,2", {"1", "2"}, OT_ESYNTAX, 4},
                {"[1]x", {"1"}, OT_ESYNTAX, 3},
                {"[,1]", {NULL}, OT_ESYNTAX, 1},
                {"[", {NULL}, OT_ESYNTAX, 1},
                {"[1,\"\xff\"]", {"1"}, OT_EUTF8, 4}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ot_str text = ot_str_c(rows[i].text), out;
        size_t at = 0;
        ot_error error = {0};
        for (size_t k = 0; k < 4 && rows[i].elements[k]; k++) {
            assert_int_equal(ot_payload_next(text, &at, &out, &error), OT_OK);
            assert_str(out, rows[i].elements[k]);
            assert_true(out.ptr >= text.ptr && out.ptr + out.len <= text.ptr + text.len);
        }
        assert_int_equal(ot_payload_next(text, &at, &out, &error), rows[i].end);
        if (rows[i].end != OT_DONE) {
            assert_int_equal(error.status, rows[i].end);
            assert_int_equal(error.offset, rows[i].offset);
        }
        for (int again = 0; again < 3; again++)
            assert_int_equal(ot_payload_next(text, &at, &out, NULL), OT_DONE);
    }
    static char deep[100] = "[1,";
    memset(deep + 3, '[', 32);
    size_t at = 0;
    ot_str out;
    assert_int_equal(ot_payload_next(ot_str_c(deep), &at, &out, NULL), OT_OK);
    assert_int_equal(ot_payload_next(ot_str_c(deep), &at, &out, NULL), OT_EDEPTH);
    assert_int_equal(ot_payload_next(ot_str_of(NULL, 0), &(size_t){0}, &out, NULL), OT_OK);
    assert_int_equal(out.len, 0);
}

static void texts_and_objects(void **state) {
    (void)state;
    ot_str list = OT_STR("[\"a\", 1 ,\"b\\u00e9\\n\",{\"x\":[]},\"\"]"), out;
    char scratch[64];
    size_t at = 0;
    assert_int_equal(ot_strs_next(list, &at, NULL, 0, &out), OT_OK);
    assert_str(out, "a");
    assert_int_equal(ot_strs_next(list, &at, NULL, 0, &out), OT_ETYPE);
    size_t before = at;
    assert_int_equal(ot_strs_next(list, &at, NULL, 0, &out), OT_ELIMIT);
    at = before;
    assert_int_equal(ot_strs_next(list, &at, scratch, sizeof scratch, &out), OT_OK);
    assert_str(out, "b\xc3\xa9\n");
    assert_int_equal(ot_strs_next(list, &at, scratch, sizeof scratch, &out), OT_ETYPE);
    assert_int_equal(ot_strs_next(list, &at, scratch, sizeof scratch, &out), OT_OK);
    assert_int_equal(out.len, 0);
    assert_int_equal(ot_strs_next(list, &at, scratch, sizeof scratch, &out), OT_DONE);
    assert_int_equal(ot_strs_next(list, &at, scratch, sizeof scratch, &out), OT_DONE);
    at = 0;
    for (int i = 0; i < 3; i++)
        assert_int_equal(ot_objs_next(list, &at, &out), OT_ETYPE);
    assert_int_equal(ot_objs_next(list, &at, &out), OT_OK);
    assert_str(out, "{\"x\":[]}");
    assert_int_equal(ot_objs_next(list, &at, &out), OT_ETYPE);
    assert_int_equal(ot_objs_next(list, &at, &out), OT_DONE);
    /* Whatever stands there, it ends. */
    static const char *const odd[] = {"",    "[", "[]",   "{}",  "[1",   "[1,",
                                      "[\"", "x", " [1]", "[,]", "[1]]", "[\"a\"\"b\"]"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        at = 0;
        int n = 0;
        while (ot_strs_next(ot_str_c(odd[i]), &at, NULL, 0, &out) != OT_DONE)
            assert_true(++n < 5);
        at = 0;
        while (ot_objs_next(ot_str_c(odd[i]), &at, &out) != OT_DONE)
            assert_true(++n < 10);
        at = 1000;
        assert_int_equal(ot_objs_next(ot_str_c(odd[i]), &at, &out), OT_DONE);
    }
    assert_int_equal(ot_strs_next(ot_str_of(NULL, 0), &(size_t){0}, NULL, 0, &out), OT_DONE);
}

/* Payloads beyond the size that is read from a copy, with members of every kind in all places. */
static void large_payloads(void **state) {
    (void)state;
    ot_message *m = make(NULL);
    for (size_t fill = 1900; fill < 2300; fill++) {
        static char filler[2400];
        memset(filler, 'x', sizeof filler);
        char *text = malloc(fill + 400);
        assert_non_null(text);
        int n = snprintf(text, fill + 400,
                         "{\"tag\":\"%.*s\",\"lat\":-48.856826,\"lon\":2.292713,\"tst\":1706856299,\"inregions\":["
                         "\"Home\",\"A longer name of a region\"],"
                         "\"_type\":\"location\",\"tid\":\"j1\",\"acc\":12,\"motionactivities\":[],\"p\":99.8}",
                         (int)fill, filler);
        /* Nothing behind the end, so that the address sanitizer sees a look beyond it. */
        char *exact = malloc((size_t)n);
        assert_non_null(exact);
        memcpy(exact, text, (size_t)n);
        free(text);
        assert_int_equal(ot_message_decode(m, ot_str_of(exact, (size_t)n), NULL), OT_OK);
        const ot_location *l = ot_message_location(m);
        assert_int_equal(l->tag.len, fill);
        assert_true(l->lat < -48.856825 && l->lat > -48.856827 && l->p > 99.7 && l->acc > 11);
        assert_int_equal(l->tst, 1706856299);
        assert_str(l->tid, "j1");
        assert_str(l->motionactivities, "[]");
        assert_ptr_equal(l->tag.ptr, exact + 8);
        assert_int_equal(ot_message_marks(m), 0);
        for (int cut = 1; cut < 250; cut += 7) {
            char *shorter = malloc((size_t)(n - cut));
            assert_non_null(shorter);
            memcpy(shorter, exact, (size_t)(n - cut));
            ot_error error = {0};
            assert_int_equal(ot_message_decode(m, ot_str_of(shorter, (size_t)(n - cut)), &error), OT_ESYNTAX);
            assert_true(error.offset <= (uint64_t)(n - cut));
            free(shorter);
            if (fill % 50) break;
        }
        free(exact);
    }
    ot_message_free(m);
}

/* However large a payload is, its unknown members are compared with few others: their keys are told apart by a hash that knows of escapes. */
static void unknown_twice(void **state) {
    (void)state;
    ot_decode_options options = OT_DECODE_OPTIONS_INIT;
    options.max_members = 4096;
    ot_message *m = make(&options);
    static char text[64 * 1024];
    for (unsigned again = 0; again < 2000; again += 97) {
        size_t n = (size_t)snprintf(text, sizeof text, "{\"_type\":\"lwt\"");
        for (unsigned i = 0; i < 2000; i++)
            n +=
                (size_t)snprintf(text + n, sizeof text - n, i & 1 ? ",\"k\\u00e4%u\":%u" : ",\"k\xc3\xa4%u\":%u", i, i);
        n += (size_t)snprintf(text + n, sizeof text - n, again & 2 ? ",\"k\xc3\xa4%u\":0}" : ",\"\\u006b\\u00E4%u\":0}",
                              again);
        assert_int_equal(ot_message_decode(m, ot_str_of(text, n), NULL), OT_OK);
        assert_int_equal(ot_message_marks(m), OT_MARK_DUPLICATE);
        assert_int_equal(ot_message_violation_count(m), 1);
        ot_member member;
        for (unsigned i = 0; i < 2000; i++) {
            assert_int_equal(ot_message_member(m, i + 1, &member), OT_OK);
            assert_int_equal(member.state, i == again ? OT_MEMBER_SHADOWED : OT_MEMBER_UNKNOWN);
        }
        assert_int_equal(ot_message_member(m, 2001, &member), OT_OK);
        assert_int_equal(member.state, OT_MEMBER_UNKNOWN);
    }
    ot_message_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(limits),
                                       cmocka_unit_test(callers_memory),
                                       cmocka_unit_test(payload_limit),
                                       cmocka_unit_test(no_allocation),
                                       cmocka_unit_test(own),
                                       cmocka_unit_test(members),
                                       cmocka_unit_test(overflow),
                                       cmocka_unit_test(violations),
                                       cmocka_unit_test(as_a_type),
                                       cmocka_unit_test(lists),
                                       cmocka_unit_test(texts_and_objects),
                                       cmocka_unit_test(large_payloads),
                                       cmocka_unit_test(unknown_twice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
