/* transport.c: registers the loopback transport, compiled outside the tree, under a name of its own, and sends a message through it. */
#include <owntracks/owntracks.h>
#include <owntracks/sys/transport_backend.h>
#include <stdio.h>

extern const ot_transport_ops ot__transport_loopback;

static uint64_t got;

static void on_message(void *ctx, const ot_envelope *envelope, uint64_t number) {
    (void)ctx;
    if (ot_str_eq(envelope->payload, OT_STR("hello"))) got = number;
}

int main(void) {
    ot_error error = {OT_OK, 0, OT_NO_OFFSET, "", ""};
    ot_transport_ops ops = ot__transport_loopback;
    ops.scheme = "elsewhere";
    if (ot_transport_register(&ops, &error) != OT_OK) return fprintf(stderr, "register: %s\n", error.reason), 1;
    ot_subscription subscription = {"a/#", 1};
    ot_transport_config config = OT_TRANSPORT_CONFIG_INIT;
    config.client_id = "receiver";
    config.subscriptions = &subscription;
    config.subscription_count = 1;
    config.handlers.message = on_message;
    ot_transport *receiver = NULL, *sender = NULL;
    ot_status status = ot_transport_open("elsewhere:here", &config, &receiver, &error);
    ot_transport_config sending = OT_TRANSPORT_CONFIG_INIT;
    sending.direction = OT_SEND;
    if (status == OT_OK) status = ot_transport_open("elsewhere:here", &sending, &sender, &error);
    if (status != OT_OK) return fprintf(stderr, "open: %s\n", error.reason), 1;
    ot_publication publication = {OT_STR("a/b"), OT_STR("hello"), 1, false};
    bool sent = false;
    for (int turn = 0; turn < 2000 && !got; turn++) {
        ot_transport_state state = {.size = sizeof state};
        ot_transport_poll(receiver, 5);
        ot_transport_poll(sender, 5);
        ot_transport_state_get(receiver, &state);
        if (state.link == OT_LINK_CONNECTED && !sent)
            sent = ot_transport_publish(sender, &publication, NULL, &error) == OT_OK;
    }
    if (got) ot_transport_ack(receiver, got);
    ot_transport_close(sender);
    ot_transport_close(receiver);
    return got ? 0 : 1;
}
