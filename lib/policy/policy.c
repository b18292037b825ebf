/* policy.c: the ready policies. Each is a pure function over one message. */
#include <owntracks/policy.h>

static ot_verdict drop_retained(void *ctx, const ot_envelope *envelope, const ot_message *message, ot_record *record,
                                ot_reject *reject) {
    (void)ctx;
    (void)message;
    (void)record;
    (void)reject;
    return envelope->retained ? OT_VERDICT_DROP : OT_VERDICT_ACCEPT;
}

ot_policy ot_policy_drop_retained(void) {
    ot_policy policy = {"retained", drop_retained, NULL};
    return policy;
}

static ot_verdict only_types(void *ctx, const ot_envelope *envelope, const ot_message *message, ot_record *record,
                             ot_reject *reject) {
    const uint64_t *types = ctx;
    (void)envelope;
    (void)message;
    (void)reject;
    return (*types & OT_TYPE_BIT(record->type)) ? OT_VERDICT_ACCEPT : OT_VERDICT_DROP;
}

ot_policy ot_policy_types(const uint64_t *types) {
    ot_policy policy = {"types", only_types, (void *)types};
    return policy;
}

static ot_verdict owner(void *ctx, const ot_envelope *envelope, const ot_message *message, ot_record *record,
                        ot_reject *reject) {
    (void)ctx;
    (void)message;
    if (!envelope->auth_user.ptr || ot_str_eq(envelope->auth_user, record->user)) return OT_VERDICT_ACCEPT;
    reject->status = OT_EAUTH;
    reject->offset = OT_NO_OFFSET;
    reject->field = OT_STR("topic");
    reject->reason = OT_STR("the user of the topic is not the authenticated user");
    return OT_VERDICT_REJECT;
}

ot_policy ot_policy_owner(void) {
    ot_policy policy = {"owner", owner, NULL};
    return policy;
}
