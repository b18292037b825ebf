/* test_message_property.c: what holds for any input: decoding, encoding and decoding again is the identity; the way without SSE2 finds the same; habits
   change nothing; payloads of the corpus, where there is one, have the type they say. */
/* ctest: timeout=300 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

/* The reading of members a second time, as it is on machines without SSE2. */
#define OT__PORTABLE       1
#define ot__decode_members portable_decode_members
#include "message/object.h"
const char *portable_decode_members(ot__reader *r, const char *p, ot__habit *habit, bool ahead);
#include "message/decode.c"
/* Its caller a second time, too. */
#define ot_message_decode    portable_message_decode
#define ot_message_decode_as portable_message_decode_as
ot_status portable_message_decode(ot_message *message, ot_str payload, ot_error *error);
ot_status portable_message_decode_as(ot_message *message, ot_type type, ot_str object, ot_error *error);
#include "message/read.c"
#undef ot_message_decode
#undef ot_message_decode_as

static const char *const seeds[] = {
    "{\"_type\":\"location\",\"_id\":\"5f3a1b2c\",\"acc\":12,\"alt\":154.5,\"batt\":53,\"bs\":1,\"cog\":271,\"conn\":"
    "\"w\",\"created_at\":1706856299,"
    "\"BSSID\":\"c0:74:ad:11:22:33\",\"SSID\":\"B\xc3\xbcro\",\"inregions\":[\"Home\",\"x\"],\"lat\":48.856826,\"lon\":"
    "-2.29271345,\"m\":1,\"t\":\"u\","
    "\"tid\":\"jj\",\"topic\":\"owntracks/jane/phone\",\"tst\":1706856298,\"vac\":19,\"vel\":0}",
    "{\"batt\":53,\"lon\":142.40000000000001,\"acc\":5,\"p\":99.834,\"bs\":1,\"vac\":3,\"lat\":-0.0,\"topic\":\"a/b/"
    "c\",\"t\":\"u\",\"conn\":\"m\",\"m\":1,"
    "\"tst\":1706856298,\"_type\":\"location\",\"tid\":\"JP\",\"motionactivities\":[\"walking\"],\"vacc\":4,\"lat\":"
    "\"7\"}",
    "{\"_type\":\"location\",\"lat\":1,\"lon\":2,\"poi\":\"a\\n\\u00e9\\ud83d\\ude00\",\"acc\":null,\"tst\":\"5\","
    "\"x\":{\"y\":[1,{\"z\":null}]},\"x\":1}",
    "{\"_type\":\"transition\",\"event\":\"enter\",\"desc\":\"d\",\"lat\":1.5,\"tst\":1,\"wtst\":2}",
    "{\"_type\":\"waypoints\",\"waypoints\":[{\"_type\":\"waypoint\",\"desc\":\"a\",\"tst\":1505910709000},7],\"_"
    "creator\":\"c\"}",
    "{\"_type\":\"waypoint\",\"desc\":\"a\",\"tst\":1505910709000,\"rad\":\"5\"}",
    "{\"_type\":\"configuration\",\"port\":\"8883\",\"tls\":true,\"ws\":\"0\",\"waypoints\":[],\"theme\":1,"
    "\"userDeclinedEnableLocationPermissions\":false}",
    "{\"_type\":\"cmd\",\"action\":\"setWaypoints\",\"waypoints\":{\"_type\":\"waypoints\",\"waypoints\":[]}}",
    "{\"_type\":\"status\",\"iOS\":{\"version\":\"1\"},\"android\":{}}",
    "{\"_type\":\"msg\",\"a\":[],\"\\u0061\":1}",
    "{\"lat\":1e-5,\"lon\":1.5E+2,\"alt\":123456789012345678901234567890,\"vel\":0.1234567890123456789,\"cog\":1e400,"
    "\"_type\":\"loc\\u0061tion\"}",
};
#define SEEDS (sizeof seeds / sizeof *seeds)

static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return z ^ z >> 31;
}

static ot_message *make(bool strict, uint32_t members) {
    ot_decode_options options = OT_DECODE_OPTIONS_INIT;
    options.strict = strict;
    options.max_members = members;
    ot_message *m;
    assert_int_equal(ot_message_new(&options, &m), OT_OK);
    return m;
}

static ot_str encode(const ot_message *m, char *out, size_t size) {
    ot_sink_buffer buffer = {out, size, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    assert_int_equal(ot_message_encode(m, &sink, NULL), OT_OK);
    assert_true(buffer.len <= size);
    return ot_str_of(out, buffer.len);
}

typedef struct readers {
    ot_message *warm, *fresh, *portable, *again, *small, *strict;
} readers;

static bool decoded(ot_status status) {
    return status == OT_OK || status == OT_EUNKNOWN;
}

static void check(readers *r, ot_str input) {
    /* Exactly as large as it is, so that the address sanitizer sees every look beyond. */
    char *exact = malloc(input.len ? input.len : 1);
    assert_non_null(exact);
    memcpy(exact, input.ptr, input.len);
    ot_str payload = ot_str_of(exact, input.len);
    ot_error error = {0}, other = {0};
    ot_status status = ot_message_decode(r->warm, payload, &error);
    if (status != OT_OK) {
        assert_int_equal(error.status, status);
        assert_true(error.reason[0]);
        assert_true(error.offset == OT_NO_OFFSET || error.offset <= input.len);
    }
    /* Without habits, and without SSE2. */
    memset(r->fresh->habits, 0, sizeof r->fresh->habits);
    assert_int_equal(ot_message_decode(r->fresh, payload, &other), status);
    assert_int_equal(other.offset, error.offset);
    assert_string_equal(other.field, error.field);
    assert_string_equal(other.reason, error.reason);
    assert_true(ot_message_equal(r->warm, r->fresh));
    other = (ot_error){0};
    assert_int_equal(portable_message_decode(r->portable, payload, &other), status);
    assert_int_equal(other.offset, error.offset);
    assert_string_equal(other.field, error.field);
    assert_string_equal(other.reason, error.reason);
    assert_true(ot_message_equal(r->warm, r->portable));
    assert_int_equal(ot_message_marks(r->warm), ot_message_marks(r->portable));
    assert_int_equal(ot_message_violation_count(r->warm), ot_message_violation_count(r->fresh));
    assert_int_equal(ot_message_violation_count(r->warm), ot_message_violation_count(r->portable));
    assert_int_equal(ot_message_member_count(r->warm), ot_message_member_count(r->portable));
    ot_status strict = ot_message_decode(r->strict, payload, NULL);
    if (decoded(strict)) assert_int_equal(strict, status);
    if (decoded(status)) {
        /* Members without a value are zeros, whatever was there before. */
        const char *data = ot_message_data(r->warm, ot_message_type(r->warm));
        for (size_t i = 0; i < ot_field_count(ot_message_type(r->warm)); i++) {
            const ot_field *field = ot_field_at(ot_message_type(r->warm), i);
            static const char zeros[sizeof(ot_str)];
            size_t size = field->kind == OT_KIND_BOOL ? sizeof(bool) : field->kind >= OT_KIND_STR ? sizeof(ot_str) : 8;
            uint64_t has[2];
            memcpy(has, data, sizeof has);
            if (!(has[i / 64] >> i % 64 & 1)) assert_memory_equal(data + field->offset, zeros, size);
        }
        char *out = malloc(input.len + 2);
        assert_non_null(out);
        ot_str text = encode(r->warm, out, input.len + 2);
        assert_true(text.len <= input.len);
        assert_int_equal(ot_message_decode(r->again, text, NULL), status);
        assert_true(ot_message_equal(r->warm, r->again));
        assert_int_equal(ot_message_marks(r->warm), ot_message_marks(r->again));
        ot_member member;
        for (size_t i = 0; ot_message_member(r->warm, i, &member) == OT_OK; i++) {
            assert_true(member.raw.ptr >= exact && member.raw.ptr + member.raw.len <= exact + input.len &&
                        member.raw.len > 0);
            assert_true(member.key.ptr >= exact && member.key.ptr + member.key.len <= exact + input.len);
        }
        assert_int_equal(ot_message_decode(r->small, payload, NULL), status);
        assert_true(ot_message_data(r->small, ot_message_type(r->warm)) != NULL || status == OT_EUNKNOWN);
        /* In the copy everything is the same. */
        assert_int_equal(ot_message_own(r->again), OT_OK);
        free(out);
        assert_true(ot_message_equal(r->warm, r->again));
    }
    free(exact);
}

static readers make_readers(void) {
    return (readers){make(false, 0), make(false, 0), make(false, 0), make(false, 0), make(false, 16), make(true, 0)};
}
static void free_readers(readers *r) {
    ot_message_free(r->warm);
    ot_message_free(r->fresh);
    ot_message_free(r->portable);
    ot_message_free(r->again);
    ot_message_free(r->small);
    ot_message_free(r->strict);
}

static void prefixes(void **state) {
    (void)state;
    readers r = make_readers();
    for (size_t s = 0; s < SEEDS; s++) {
        size_t len = strlen(seeds[s]);
        for (size_t n = 0; n <= len; n++)
            check(&r, ot_str_of(seeds[s], n));
    }
    free_readers(&r);
}

static size_t mutate(char *text, size_t len, size_t room, uint64_t *random) {
    static const char *const pieces[] = {
        ",",          ":",           "\"",   "\\",   "{",         "}",        "[",      "]",       "null",
        "true",       "1e",          ".",    "-",    "0",         " ",        "\n",     "\\u0041", "\"_type\":\"lwt\",",
        "\"lat\":5,", "\"acc\":-9,", "\xc3", "\xff", ",\"k\":[]", "12345678", "\\ud800"};
    unsigned times = 1 + (unsigned)(next_random(random) % 4);
    while (times--) {
        uint64_t x = next_random(random);
        size_t at = len ? (size_t)(x >> 32) % len : 0;
        const char *piece = pieces[(x >> 8) % (sizeof pieces / sizeof *pieces)];
        size_t n = strlen(piece);
        switch (x % 5) {
        case 0:
            if (len) text[at] = (char)(x >> 16);
            break;
        case 1:
            if (len) {
                memmove(text + at, text + at + 1, len - at - 1);
                len--;
            }
            break;
        case 2:
            if (len + n <= room) {
                memmove(text + at + n, text + at, len - at);
                memcpy(text + at, piece, n);
                len += n;
            }
            break;
        case 3: {
            /* A part of it once more. */
            size_t from = len ? (size_t)(x >> 20) % len : 0, part = len - from < 40 ? len - from : 40;
            if (len + part <= room) {
                char copy[40];
                memcpy(copy, text + from, part);
                memmove(text + at + part, text + at, len - at);
                memcpy(text + at, copy, part);
                len += part;
            }
            break;
        }
        default:
            if (len && x & 256) text[at] = (char)('0' + (x >> 40) % 10);
            break;
        }
    }
    return len;
}

static void mutations(void **state) {
    (void)state;
    readers r = make_readers();
    uint64_t random = 42;
    static char text[8192];
    size_t good = 0;
    for (unsigned i = 0; i < 30000; i++) {
        const char *seed = seeds[next_random(&random) % SEEDS];
        size_t len = strlen(seed);
        memcpy(text, seed, len);
        if (i % 16 == 0) {
            /* Beyond the size that is read from a copy. */
            size_t fill = 2000 + next_random(&random) % 200;
            memmove(text + 1 + fill, text + 1, len - 1);
            memset(text + 1, ' ', fill);
            memcpy(text + 1, "\"fill\":\"", 8);
            memset(text + 9, 'x', fill - 10);
            memcpy(text + fill - 1, "\",", 2);
            len += fill;
            assert_true(decoded(ot_message_decode(r.warm, ot_str_of(text, len), NULL)));
        }
        len = mutate(text, len, sizeof text, &random);
        check(&r, ot_str_of(text, len));
        good += ot_message_type(r.warm) != OT_TYPE_NONE;
    }
    assert_in_range(good, 3000, 29000);
    free_readers(&r);
}

/* Members in any order: nothing else changes. */
static void orders(void **state) {
    (void)state;
    readers r = make_readers();
    static const char *const parts[] = {
        "\"_type\":\"location\"", "\"lat\":1.5",       "\"lon\":-2.25",     "\"tst\":1700000000", "\"acc\":\"5\"",
        "\"tid\":\"ab\"",         "\"poi\":\"x\\ny\"", "\"unknown\":[1,2]", "\"bs\":null",        "\"vel\":-7"};
    enum { PARTS = sizeof parts / sizeof *parts };
    ot_message *first = make(false, 0);
    uint64_t random = 7;
    static char text[1024], start[1024];
    for (unsigned i = 0; i < 2000; i++) {
        unsigned order[PARTS];
        for (unsigned k = 0; k < PARTS; k++)
            order[k] = k;
        for (unsigned k = PARTS - 1; i && k; k--) {
            unsigned j = (unsigned)(next_random(&random) % (k + 1)), t = order[k];
            order[k] = order[j];
            order[j] = t;
        }
        size_t n = 0;
        for (unsigned k = 0; k < PARTS; k++)
            n += (size_t)snprintf(text + n, sizeof text - n, "%c%s", k ? ',' : '{', parts[order[k]]);
        n += (size_t)snprintf(text + n, sizeof text - n, "}");
        if (i == 0) {
            memcpy(start, text, n);
            assert_int_equal(ot_message_decode(first, ot_str_of(start, n), NULL), OT_OK);
        }
        check(&r, ot_str_of(text, n));
        assert_int_equal(ot_message_decode(r.fresh, ot_str_of(text, n), NULL), OT_OK);
        assert_true(ot_message_equal(first, r.fresh));
        assert_int_equal(ot_message_marks(first), ot_message_marks(r.fresh));
    }
    ot_message_free(first);
    free_readers(&r);
}

/* The text of a member of a line of the corpus, escapes undone; false when it is no text. */
static bool line_member(ot_str line, const char *key, char *out, size_t size, size_t *len) {
    size_t at = 0;
    ot_str name;
    bool escaped;
    ot__json_value value;
    while (ot__json_object_next(line, &at, &name, &escaped, &value)) {
        if (!ot_str_eq(name, ot_str_c(key)) || value.kind != OT__JSON_STRING || value.raw.len > size) continue;
        *len = ot__json_unescape(ot__json_body(&value), out);
        return true;
    }
    return false;
}

static void corpus(void **state) {
    (void)state;
    DIR *d = OT_CORPUS_DIR[0] ? opendir(OT_CORPUS_DIR) : NULL;
    if (!d) skip();
    readers r = make_readers();
    size_t files = 0, messages = 0, refused = 0, others = 0;
    enum { ROOM = 1 << 20 };
    char *line = malloc(ROOM), *payload = malloc(ROOM), note[4096];
    assert_true(line && payload);
    for (struct dirent *entry; (entry = readdir(d));) {
        if (!strstr(entry->d_name, ".jsonl")) continue;
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", OT_CORPUS_DIR, entry->d_name);
        FILE *f = fopen(path, "rb");
        assert_non_null(f);
        files++;
        while (fgets(line, ROOM, f)) {
            ot_str text = ot_str_of(line, strcspn(line, "\n"));
            assert_int_equal(ot__json_validate(text, 32, NULL, NULL), OT_OK);
            size_t len = 0, note_len = 0;
            assert_true(line_member(text, "payload", payload, ROOM, &len));
            if (!line_member(text, "note", note, sizeof note - 1, &note_len)) note_len = 0;
            note[note_len] = 0;
            ot_str whole = ot_str_of(payload, len), element;
            check(&r, whole);
            ot__json_value value;
            bool valid = ot__json_validate(whole, 32, &value, NULL) == OT_OK;
            if (strstr(note, "not valid JSON")) assert_false(valid);
            size_t at = 0;
            while (valid && ot_payload_next(whole, &at, &element, NULL) == OT_OK) {
                check(&r, element);
                ot_error error = {0};
                ot_status status = ot_message_decode(r.warm, element, &error);
                char type[64];
                size_t type_len = 0;
                if (ot__json_validate(element, 32, &value, NULL) == OT_OK && value.kind == OT__JSON_OBJECT &&
                    line_member(value.raw, "_type", type, sizeof type, &type_len)) {
                    assert_true(ot_str_eq(ot_message_type_text(r.warm), ot_str_of(type, type_len)) || !decoded(status));
                    ot_type expected = ot__type_by_text(ot_str_of(type, type_len));
                    /* Refused is only what has no place on earth. */
                    if (!decoded(status) && !(error.field[0] && strstr(" lat lon ", error.field))) {
                        fail_msg("%s: %s: %.*s", entry->d_name, error.reason, (int)len, payload);
                    }
                    refused += !decoded(status);
                    if (decoded(status)) assert_int_equal(ot_message_type(r.warm), expected);
                    messages++;
                } else {
                    assert_false(decoded(status));
                    others++;
                }
            }
        }
        fclose(f);
    }
    closedir(d);
    free(line);
    free(payload);
    free_readers(&r);
    assert_true(files > 0 && messages > 0 && refused * 20 < messages);
    print_message("%zu messages, %zu of them refused, %zu other payloads in %zu files\n", messages, refused, others,
                  files);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(prefixes), cmocka_unit_test(mutations),
                                       cmocka_unit_test(orders), cmocka_unit_test(corpus)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
