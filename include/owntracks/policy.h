/** @file policy.h
 *  @brief Decisions between decoding and storing. */
#ifndef OWNTRACKS_POLICY_H
#define OWNTRACKS_POLICY_H

#include <owntracks/record.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What is to become of a message. */
typedef enum ot_verdict {
    OT_VERDICT_ACCEPT = 0, /**< Go on: the next policy, then the store. */
    OT_VERDICT_DROP = 1,   /**< Leave it out; it is counted, nothing is stored. */
    OT_VERDICT_REJECT = 2  /**< Put it among the rejects, with the reason given. */
} ot_verdict;

/** A policy: a function that looks at a message and may mark it. */
typedef struct ot_policy {
    const char *name; /**< For counters: "retained". Lives as long as the policy. */
    /** Decides. @param record may be changed: marks, position; its views must stay views into the envelope. @param reject is to be filled for REJECT (status, reason: constants). */
    ot_verdict (*decide)(void *ctx, const ot_envelope *envelope, const ot_message *message, ot_record *record,
                         ot_reject *reject);
    void *ctx; /**< Handed to decide. */
} ot_policy;

/** Drops messages that came as retained ones. Without it they are stored unless the store has them already, marked OT_MARK_RETAINED. */
OT_API ot_policy ot_policy_drop_retained(void);

/** Accepts only some types.
 *  @param types a mask of #OT_TYPE_BIT; the rest is dropped. Must live as long as the policy. */
OT_API ot_policy ot_policy_types(const uint64_t *types);

/** Rejects messages whose topic's user is not the authenticated user of the envelope (where the transport knows it). */
OT_API ot_policy ot_policy_owner(void);

#ifdef __cplusplus
}
#endif
#endif
