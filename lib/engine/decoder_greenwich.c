/* decoder_greenwich.c: the decoder of the lines of Greenwich trackers. */
#include "engine.h"

static ot_outcome decode(void *ctx, const ot_envelope *envelope, ot_message *message, const ot_decoder_out *out) {
    (void)ctx;
    ot_error error = {OT_OK, 0, OT_NO_OFFSET, "", ""};
    ot_status status = ot_message_decode_csv(message, envelope->payload, &error);
    if (status == OT_EUNSUPPORTED) return OT_OUTCOME_NOT_MINE;
    if (status == OT_OK)
        out->emit(out->ctx, OT_OUTCOME_MESSAGE, message, envelope->payload, 0, NULL);
    else
        out->emit(out->ctx, OT_OUTCOME_REJECTED, NULL, envelope->payload, 0, &error);
    return OT_OUTCOME_MESSAGE;
}

const ot_decoder *ot_decoder_greenwich(void) {
    static const ot_decoder decoder = {sizeof(ot_decoder), "greenwich", NULL, decode, NULL};
    return &decoder;
}
