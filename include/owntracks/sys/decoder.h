/** @file decoder.h
 *  @brief For authors of decoders: how the bytes of an envelope become messages. */
#ifndef OWNTRACKS_SYS_DECODER_H
#define OWNTRACKS_SYS_DECODER_H

#include <owntracks/record.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How one output of a decoder ended. */
typedef enum ot_outcome {
    OT_OUTCOME_MESSAGE = 1,  /**< A message of a known type. */
    OT_OUTCOME_UNKNOWN = 2,  /**< An object with a `_type` that is not known: stored. */
    OT_OUTCOME_EMPTY = 3,    /**< No bytes: stored, removes nothing. */
    OT_OUTCOME_SEALED = 4,   /**< Encrypted, no key: stored, opened later. */
    OT_OUTCOME_REJECTED = 5, /**< Neither: kept among the rejects. */
    OT_OUTCOME_NOT_MINE = 6  /**< The decoder does not know this form: the next one is asked. */
} ot_outcome;

/** Takes the outputs of a decoder. */
typedef struct ot_decoder_out {
    /** Takes one output.
     *  @param outcome what it is. @param message holds it (MESSAGE, UNKNOWN, EMPTY, SEALED), valid during the call. @param payload its bytes.
     *  @param index from 0, rising, counting rejected ones too. @param error REJECTED: why. @return OT_OK, or a status that ends decoding. */
    ot_status (*emit)(void *ctx, ot_outcome outcome, const ot_message *message, ot_str payload, uint32_t index,
                      const ot_error *error);
    void *ctx; /**< Handed to emit. */
} ot_decoder_out;

/** A decoder. */
typedef struct ot_decoder {
    size_t size;        /**< sizeof(ot_decoder). */
    const char *name;   /**< "owntracks". */
    const char *filter; /**< Topic filter that it is asked for; NULL: every topic. */
    /** Decodes one envelope into any number of outputs.
     *  @param message to be used for the work; kept between envelopes.
     *  @return OT_OUTCOME_NOT_MINE, or anything else: it was dealt with, and at least one output was emitted. */
    ot_outcome (*decode)(void *ctx, const ot_envelope *envelope, ot_message *message, const ot_decoder_out *out);
    void *ctx; /**< Handed to decode. */
} ot_decoder;

/** Messages of one list at most; what follows is one reject. */
#define OT_LIST_MAX 10000u

/** The decoder of OwnTracks JSON: one object, or a list of them (each element by itself: a bad one does not cost its neighbours); no bytes. Where the list itself is broken (cut
 *  off, say), the elements before that place are messages, and the rest is one reject. It takes everything: keep it last. */
OT_API const ot_decoder *ot_decoder_owntracks(void);

/** The decoder of the lines of Greenwich trackers, by ot_message_decode_csv(): a location, or a reject where its time or place is impossible. What is no such line is not its. The record keeps the
 *  line as it came; ot_cursor_message() reads it again. */
OT_API const ot_decoder *ot_decoder_greenwich(void);

#ifdef __cplusplus
}
#endif
#endif
