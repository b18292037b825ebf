/* fuzz_decode.c: any bytes as a payload: lenient and strict, encoded and decoded again, with all there is to ask of a message. */
#include <stdint.h>
#include <stdlib.h>

#include <owntracks/message.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) abort();                                                                                     \
    } while (0)

static bool decoded(ot_status status) {
    return status == OT_OK || status == OT_EUNKNOWN;
}

static void look(const ot_message *m, ot_str payload) {
    ot_type type = ot_message_type(m);
    ot_value v;
    ot_member member, found;
    ot_violation violation;
    for (size_t i = 0; i < ot_field_count(type); i++) {
        const ot_field *f = ot_field_at(type, i);
        ot_status status = ot_message_get_at(m, i, &v);
        MUST(status == OT_OK || status == OT_ENOTFOUND);
        MUST(ot_message_get(m, ot_str_c(f->key), &v) == status);
        if (status != OT_OK) continue;
        MUST(v.kind == f->kind);
        char scratch[256];
        ot_str element;
        size_t at = 0, steps = 0;
        switch (f->kind) {
        case OT_KIND_F64:
            MUST(v.as.d - v.as.d <= 0 && v.as.d - v.as.d >= 0); /* finite */
            break;
        case OT_KIND_STR:
        case OT_KIND_ENUM:
            MUST(ot_str_utf8(v.as.s, NULL));
            break;
        case OT_KIND_STRS:
            while (ot_strs_next(v.as.s, &at, scratch, sizeof scratch, &element) != OT_DONE)
                MUST(++steps <= v.as.s.len);
            break;
        case OT_KIND_OBJS:
            for (ot_status next; (next = ot_objs_next(v.as.s, &at, &element)) != OT_DONE;) {
                MUST(++steps <= v.as.s.len);
                if (next == OT_OK)
                    MUST(element.ptr > payload.ptr && element.ptr + element.len < payload.ptr + payload.len);
            }
            break;
        default:
            break;
        }
    }
    for (size_t i = 0; ot_message_member(m, i, &member) == OT_OK; i++) {
        MUST(member.raw.ptr > payload.ptr && member.raw.ptr + member.raw.len < payload.ptr + payload.len);
        MUST(member.raw.ptr == payload.ptr + member.offset);
        MUST(member.key.ptr > payload.ptr && member.key.ptr + member.key.len < member.raw.ptr);
        if (!member.key_escaped) MUST(ot_message_find(m, member.key, &found) == OT_OK && found.offset >= member.offset);
    }
    for (size_t i = 0; ot_message_violation(m, i, &violation) == OT_OK; i++) {
        MUST(violation.reason[0] && (violation.offset == OT_NO_OFFSET || violation.offset < payload.len));
    }
    MUST(!(ot_message_marks(m) & OT_MARK_VIOLATION) || ot_message_violation_count(m));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static ot_message *lenient, *strict, *small, *again;
    if (!lenient) {
        ot_decode_options options = OT_DECODE_OPTIONS_INIT;
        MUST(ot_message_new(&options, &lenient) == OT_OK && ot_message_new(&options, &again) == OT_OK);
        options.strict = true;
        MUST(ot_message_new(&options, &strict) == OT_OK);
        options.strict = false;
        options.max_members = 16;
        MUST(ot_message_new(&options, &small) == OT_OK);
    }
    ot_str payload = ot_str_of((const char *)data, size), element;
    ot_error error;
    ot_status status = ot_message_decode(lenient, payload, &error);
    if (status != OT_OK) MUST(error.status == status && (error.offset == OT_NO_OFFSET || error.offset <= size));
    ot_status strictly = ot_message_decode(strict, payload, NULL);
    if (decoded(strictly)) MUST(strictly == status && ot_message_equal(strict, lenient));
    MUST(ot_message_decode(small, payload, NULL) == status);
    size_t at = 0, elements = 0;
    while (ot_payload_next(payload, &at, &element, NULL) == OT_OK)
        MUST(++elements <= size + 1);
    if (!decoded(status)) return 0;
    look(lenient, payload);
    look(small, payload);
    char *out = malloc(size);
    MUST(out);
    for (int i = 0; i < 2; i++) {
        ot_message *m = i ? small : lenient;
        ot_sink_buffer buffer = {out, size, 0};
        ot_sink sink = ot_sink_to_buffer(&buffer);
        MUST(ot_message_encode(m, &sink, NULL) == OT_OK && buffer.len <= size);
        MUST(ot_message_decode(again, ot_str_of(out, buffer.len), NULL) == status);
        MUST(ot_message_equal(again, lenient));
    }
    /* Set to what it is: the same, written anew. */
    MUST(ot_message_decode(again, payload, NULL) == status);
    for (size_t i = 0; i < ot_field_count(ot_message_type(again)); i++) {
        ot_value v;
        if (ot_message_get_at(again, i, &v) != OT_OK) continue;
        ot_status set = ot_message_set(again, ot_str_c(ot_field_at(ot_message_type(again), i)->key), &v, NULL);
        MUST(set == OT_OK || set == OT_ERANGE || set == OT_ETYPE); /* values that lenient decoding lets pass */
    }
    MUST(ot_message_own(again) == OT_OK);
    ot_sink_buffer counted = {NULL, 0, 0};
    ot_sink sink = ot_sink_to_buffer(&counted);
    MUST(ot_message_encode(again, &sink, NULL) == OT_OK);
    MUST(ot_message_data(again, ot_message_type(again)) || status == OT_EUNKNOWN);
    free(out);
    return 0;
}
