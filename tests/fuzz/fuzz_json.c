/* fuzz_json.c: any bytes as JSON. Both builds of the scanner agree; what is taken apart, written and read again stays the same; and jansson,
   where it is installed, takes the same texts and finds the same values in them, but for the differences that are named here. */
#include <stdio.h>
#include <stdlib.h>

#include "unit/portable.h"
#if OT_HAVE_JANSSON
#include <jansson.h>
#endif

#define DEPTH 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "fuzz_json: line %d: %s\n", __LINE__, #condition);                                         \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static bool same_double(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

/* The text of a string or key without escapes, in memory of exactly the promised size. */
static ot_str plain(ot_str body) {
    char *out = malloc(body.len ? body.len : 1);
    CHECK(out);
    size_t len = ot__json_unescape(body, out);
    CHECK(len <= body.len);
    return ot_str_of(out, len);
}

static void release(ot_str s) {
    free((void *)(uintptr_t)s.ptr);
}

static void check_string(ot_str body, bool escaped) {
    ot_str s = plain(body);
    CHECK(ot_str_utf8(s, NULL));
    CHECK(escaped || ot_str_eq(s, body));
    CHECK(ot__json_key_eq(body, escaped, s));
    CHECK(portable_key_eq(body, escaped, s));
    char *text = malloc(s.len * 6 + 2);
    CHECK(text);
    ot_sink_buffer buffer = {text, s.len * 6 + 2, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    CHECK(ot__json_write_string(&sink, s) == OT_OK && buffer.len <= buffer.size);
    ot__json_value v;
    CHECK(ot__json_validate(ot_str_of(text, buffer.len), 0, &v, NULL) == OT_OK && v.kind == OT__JSON_STRING);
    ot_str again = plain(ot__json_body(&v));
    CHECK(ot_str_eq(s, again));
    release(again);
    free(text);
    release(s);
}

static void check_number(ot_str raw) {
    ot__num a, b;
    CHECK(ot__num_parse(raw, &a) && portable_num_parse(raw, &b));
    CHECK(a.kind == b.kind && a.i == b.i && same_double(a.d, b.d));
    char out[OT__NUM_TEXT];
    size_t len = ot__num_write_double(a.d, out);
    CHECK((len == 0) == (a.kind == OT__NUM_HUGE));
    if (len) CHECK(len < sizeof out && ot__num_parse(ot_str_of(out, len), &b) && same_double(a.d, b.d));
    if (a.kind == OT__NUM_INT) {
        CHECK(ot__num_parse(ot_str_of(out, ot__num_write_int(a.i, out)), &b) && b.kind == OT__NUM_INT && b.i == a.i);
    }
}

/* Takes a value apart. */
static void check_value(const ot__json_value *v) {
    size_t pos = 0, pos2 = 0;
    ot__json_value part, part2;
    ot_str key, key2;
    bool escaped, escaped2;
    switch (v->kind) {
    case OT__JSON_STRING:
        check_string(ot__json_body(v), v->escaped);
        break;
    case OT__JSON_NUMBER:
        check_number(v->raw);
        break;
    case OT__JSON_ARRAY:
        while (ot__json_array_next(v->raw, &pos, &part)) {
            CHECK(portable_array_next(v->raw, &pos2, &part2) && pos == pos2 && part.raw.ptr == part2.raw.ptr);
            check_value(&part);
        }
        CHECK(*ot__json_space(v->raw.ptr + (pos ? pos : 1), v->raw.ptr + v->raw.len) == ']');
        break;
    case OT__JSON_OBJECT:
        while (ot__json_object_next(v->raw, &pos, &key, &escaped, &part)) {
            CHECK(portable_object_next(v->raw, &pos2, &key2, &escaped2, &part2) && pos == pos2 && escaped == escaped2);
            CHECK(key.ptr == key2.ptr && key.len == key2.len);
            check_string(key, escaped);
            check_value(&part);
        }
        CHECK(*ot__json_space(v->raw.ptr + (pos ? pos : 1), v->raw.ptr + v->raw.len) == '}');
        break;
    default:
        CHECK(v->kind != OT__JSON_NONE);
    }
}

#if OT_HAVE_JANSSON

/* The differences to jansson that are known. Each stands in the text itself, or is a limit of ours. */
typedef enum difference {
    SAME = 0,
    NUMBER_BEYOND_64_BITS, /* jansson refuses whole numbers that do not fit; here they are read as doubles */
    NUMBER_BEYOND_DOUBLE,  /* jansson refuses them; here they are marked */
    NUL_IN_KEY,            /* jansson refuses it; here it is a key like others */
    OUR_DEPTH,             /* jansson follows 2048 levels */
    NUL_BEHIND_WORD /* jansson (2.14) loses one NUL byte directly behind a number, null, true or false: the byte is put back into a
                              buffer that a NUL byte ends. RFC 8259 knows no such byte there; here it is refused */
} difference;

/* Why jansson may refuse what we take. */
static difference known_difference(const ot__json_value *v) {
    size_t pos = 0;
    ot__json_value part;
    ot_str key;
    ot__num num;
    difference found = SAME;
    switch (v->kind) {
    case OT__JSON_NUMBER:
        CHECK(ot__num_parse(v->raw, &num));
        if (num.kind == OT__NUM_INT) return SAME;
        for (size_t i = 0; i < v->raw.len; i++) {
            if (strchr(".eE", v->raw.ptr[i])) return num.kind == OT__NUM_HUGE ? NUMBER_BEYOND_DOUBLE : SAME;
        }
        return NUMBER_BEYOND_64_BITS;
    case OT__JSON_ARRAY:
        while (!found && ot__json_array_next(v->raw, &pos, &part))
            found = known_difference(&part);
        return found;
    case OT__JSON_OBJECT:
        while (!found && ot__json_object_next(v->raw, &pos, &key, NULL, &part)) {
            ot_str s = plain(key);
            if (s.len && memchr(s.ptr, 0, s.len)) found = NUL_IN_KEY;
            release(s);
            if (!found) found = known_difference(&part);
        }
        return found;
    default:
        return SAME;
    }
}

static void compare(const ot__json_value *v, const json_t *j) {
    size_t pos = 0, count = 0;
    ot__json_value part, later;
    ot_str key, key2;
    bool escaped, escaped2;
    ot__num num;
    switch (v->kind) {
    case OT__JSON_NULL:
        CHECK(json_is_null(j));
        break;
    case OT__JSON_FALSE:
        CHECK(json_is_false(j));
        break;
    case OT__JSON_TRUE:
        CHECK(json_is_true(j));
        break;
    case OT__JSON_NUMBER:
        CHECK(ot__num_parse(v->raw, &num) && json_is_number(j));
        if (num.kind == OT__NUM_INT) {
            CHECK(json_is_integer(j) && json_integer_value(j) == num.i);
        } else {
            CHECK(json_is_real(j) && same_double(json_real_value(j), num.d));
        }
        break;
    case OT__JSON_STRING: {
        ot_str s = plain(ot__json_body(v));
        CHECK(json_is_string(j) && ot_str_eq(s, ot_str_of(json_string_value(j), json_string_length(j))));
        release(s);
        break;
    }
    case OT__JSON_ARRAY:
        CHECK(json_is_array(j));
        while (ot__json_array_next(v->raw, &pos, &part))
            compare(&part, json_array_get(j, count++));
        CHECK(count == json_array_size(j));
        break;
    case OT__JSON_OBJECT:
        CHECK(json_is_object(j));
        while (ot__json_object_next(v->raw, &pos, &key, &escaped, &part)) {
            /* Of members with the same key jansson keeps the last. */
            ot_str s = plain(key);
            bool last = true;
            for (size_t at = pos; last && ot__json_object_next(v->raw, &at, &key2, &escaped2, &later);) {
                last = !ot__json_key_eq(key2, escaped2, s);
            }
            if (last) {
                char *name = malloc(s.len + 1);
                CHECK(name);
                memcpy(name, s.ptr, s.len);
                name[s.len] = 0;
                const json_t *member = json_object_get(j, name);
                CHECK(member);
                compare(&part, member);
                free(name);
                count++;
            }
            release(s);
        }
        CHECK(count == json_object_size(j));
        break;
    default:
        CHECK(false);
    }
}

/* Why we may refuse what jansson takes. A lost NUL byte is no free pass: without it the text must be taken, with the same values. */
static difference known_refusal(ot_str text, ot_status status, const ot__json_fail *fail, const json_t *j) {
    if (status == OT_EDEPTH) return OUR_DEPTH;
    if (status != OT_ESYNTAX || !text.len) return SAME;
    char *copy = malloc(text.len);
    CHECK(copy);
    memcpy(copy, text.ptr, text.len);
    difference known = SAME;
    ot__json_value v;
    ot__json_fail next = {status, copy + (fail->at - text.ptr), NULL};
    while (status == OT_ESYNTAX) {
        size_t at = (size_t)(next.at - copy);
        if (at == 0 || at >= text.len || copy[at] || !copy[at - 1] || !strchr("0123456789le", copy[at - 1])) break;
        memmove(copy + at, copy + at + 1, text.len - at - 1);
        text.len--;
        status = ot__json_validate(ot_str_of(copy, text.len), DEPTH, &v, &next);
        if (status == OT_OK) {
            compare(&v, j);
            known = NUL_BEHIND_WORD;
        } else if (status == OT_EDEPTH) {
            known = OUR_DEPTH;
        }
    }
    free(copy);
    return known;
}

static void compare_with_jansson(ot_str text, ot_status status, const ot__json_value *v, const ot__json_fail *fail) {
    json_error_t error;
    json_t *j = json_loadb(text.ptr, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (j && status == OT_OK) {
        compare(v, j);
    } else if (j) {
        CHECK(known_refusal(text, status, fail, j) != SAME);
    } else if (status == OT_OK) {
        CHECK(known_difference(v) != SAME);
    }
    json_decref(j);
}

#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ot_str text = ot_str_of((const char *)data, size);
    ot__json_value v = {{NULL, 0}, OT__JSON_NONE, false}, v2 = v;
    ot__json_fail whole = {OT_OK, NULL, NULL}, fail = whole, fail2 = whole;
    ot_status status = ot__json_validate(text, DEPTH, &v, &whole),
              status2 = portable_validate(text, DEPTH, &v2, &fail2);
    CHECK(status == status2 && status == whole.status && status == fail2.status);
    if (status) {
        CHECK(status == OT_ESYNTAX || status == OT_EUTF8 || status == OT_EDEPTH);
        CHECK(whole.reason && whole.at == fail2.at && strcmp(whole.reason, fail2.reason) == 0);
        CHECK(size == 0 || (whole.at >= text.ptr && whole.at <= text.ptr + size));
    } else {
        CHECK(v.kind == v2.kind && v.raw.ptr == v2.raw.ptr && v.raw.len == v2.raw.len && v.escaped == v2.escaped);
        check_value(&v);
    }
    /* The same bytes as a number sent as text, and as the body of a string. */
    ot__num num;
    CHECK(ot__num_parse(text, &num) == (status == OT_OK && v.kind == OT__JSON_NUMBER && v.raw.len == size));
    if (size) {
        ot_str body;
        bool escaped = false;
        const char *end = text.ptr + size, *behind = ot__json_string_scan(text.ptr, end, &body, &escaped, &fail);
        CHECK(behind == portable_string_scan(text.ptr, end, NULL, NULL, &fail2));
        if (behind) {
            check_string(body, escaped);
        } else {
            CHECK(fail.at == fail2.at && fail.status == fail2.status);
        }
    }
#if OT_HAVE_JANSSON
    compare_with_jansson(text, status, &v, &whole);
#endif
    return 0;
}
