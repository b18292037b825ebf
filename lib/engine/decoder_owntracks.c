/* decoder_owntracks.c: the decoder of OwnTracks JSON: nothing, one object, or a list of them. */
#include "engine.h"

static ot_status emit(const ot_decoder_out *out, ot_status status, const ot_message *message, ot_str payload,
                      uint32_t index, const ot_error *error) {
    switch (status) {
    case OT_OK: {
        ot_outcome outcome = ot_message_type(message) == OT_TYPE_ENCRYPTED ? OT_OUTCOME_SEALED : OT_OUTCOME_MESSAGE;
        return out->emit(out->ctx, outcome, message, payload, index, NULL);
    }
    case OT_EUNKNOWN:
        return out->emit(out->ctx, OT_OUTCOME_UNKNOWN, message, payload, index, NULL);
    case OT_EMPTY:
        return out->emit(out->ctx, OT_OUTCOME_EMPTY, message, payload, index, NULL);
    default:
        return out->emit(out->ctx, OT_OUTCOME_REJECTED, NULL, payload, index, error);
    }
}

/* Each element by itself. Behind a place where the list itself is broken nothing can be told apart: the rest is one reject. */
static void elements(ot_str payload, ot_message *message, const ot_decoder_out *out) {
    size_t position = 0;
    uint32_t index = 0;
    for (;; index++) {
        ot_error error = {OT_OK, 0, OT_NO_OFFSET, "", ""};
        ot_str element;
        size_t before = position;
        ot_status status = ot_payload_next(payload, &position, &element, &error);
        if (status == OT_DONE) break;
        if (status == OT_OK && index == OT_LIST_MAX) {
            ot_error_set(&error, OT_ELIMIT, NULL, OT_NO_OFFSET, "the list goes on beyond %u messages", OT_LIST_MAX);
            status = OT_ELIMIT;
        } else if (status != OT_OK && error.offset != OT_NO_OFFSET && error.offset >= before) {
            error.offset -= before; /* counted from the start of what is kept */
        }
        if (status != OT_OK) {
            if (error.status == OT_OK) ot_error_set(&error, status, NULL, OT_NO_OFFSET, "%s", ot_status_text(status));
            emit(out, status, message, ot_str_of(payload.ptr + before, payload.len - before), index, &error);
            return;
        }
        status = ot_message_decode(message, element, &error);
        if (status == OT_ELIST) ot_error_set(&error, OT_ELIST, NULL, 0, "a list of messages within a list of messages");
        if (emit(out, status, message, element, index, &error) != OT_OK) return;
    }
    if (index == 0) {
        ot_error error;
        ot_error_set(&error, OT_EMPTY, NULL, 0, "empty list");
        out->emit(out->ctx, OT_OUTCOME_REJECTED, NULL, payload, 0, &error);
    }
}

static bool looks_like_list(ot_str payload) {
    for (size_t i = 0; i < payload.len; i++) {
        char c = payload.ptr[i];
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return c == '[';
    }
    return false;
}

static ot_outcome decode(void *ctx, const ot_envelope *envelope, ot_message *message, const ot_decoder_out *out) {
    (void)ctx;
    ot_error error = {OT_OK, 0, OT_NO_OFFSET, "", ""};
    ot_status status = ot_message_decode(message, envelope->payload, &error);
    bool broken = status == OT_ESYNTAX || status == OT_EUTF8 || status == OT_EDEPTH;
    if (status == OT_ELIST || (broken && looks_like_list(envelope->payload))) {
        elements(envelope->payload, message, out);
    } else {
        emit(out, status, message, envelope->payload, 0, &error);
    }
    return OT_OUTCOME_MESSAGE;
}

const ot_decoder *ot_decoder_owntracks(void) {
    static const ot_decoder decoder = {sizeof(ot_decoder), "owntracks", NULL, decode, NULL};
    return &decoder;
}
