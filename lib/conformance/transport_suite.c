/* transport_suite.c: running the transport suite, and what its tests share. */
#include "transport_suite.h"

#include <stdio.h>

static const transport_test *const lists[] = {ot__suite_transport_basic, ot__suite_transport_faults};

static const transport_test *test_at(size_t n) {
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        for (const transport_test *t = lists[i]; t->name; t++) {
            if (n-- == 0) return t;
        }
    }
    return NULL;
}

const char *ot_suite_transport_name(size_t n) {
    const transport_test *t = test_at(n);
    return t ? t->name : NULL;
}

bool ot__tsuite_check(tsuite *s, bool good, const char *file, int line, const char *text) {
    if (good) return true;
    s->failures++;
    if (s->report && s->report->failed) s->report->failed(s->report->ctx, s->test, file, line, text);
    return false;
}

bool ot__tsuite_status(tsuite *s, ot_status got, ot_status want, const char *file, int line, const char *text) {
    if (got == want) return true;
    char detail[300] = "", all[800];
    if (s->error.status == got) ot_error_text(&s->error, detail, sizeof detail);
    snprintf(all, sizeof all, "%.400s gives %s instead of %s: %s", text, ot_status_name(got), ot_status_name(want),
             detail);
    return ot__tsuite_check(s, false, file, line, all);
}

static void on_message(void *ctx, const ot_envelope *e, uint64_t number) {
    party *p = ctx;
    size_t at = strlen(p->all);
    p->messages++;
    if (e->retained) p->retained++;
    if (number != p->number + 1) p->gaps++;
    p->number = number;
    p->qos = e->qos;
    p->len = e->payload.len;
    p->same = ot_str_eq(e->payload, p->want);
    ot_str_copy(e->topic, p->topic, sizeof p->topic);
    ot_str_copy(e->payload, p->payload, sizeof p->payload);
    if (e->payload.len < 16 && sizeof p->all - at > 20) {
        snprintf(p->all + at, sizeof p->all - at, "%.*s ", (int)e->payload.len, e->payload.ptr);
    }
}

static void on_state(void *ctx, const ot_transport_state *state) {
    party *p = ctx;
    if (p->states < sizeof p->links / sizeof p->links[0]) p->links[p->states++] = state->link;
}

static void on_published(void *ctx, uint64_t token, ot_fate fate, ot_status status) {
    party *p = ctx;
    (void)status;
    p->token = token;
    if (fate == OT_FATE_ACKED) p->acked++;
    if (fate == OT_FATE_FAILED) p->failed++;
    if (fate == OT_FATE_UNKNOWN) p->unknown++;
}

static void on_subscribed(void *ctx, const char *filter, ot_status status, uint8_t qos) {
    party *p = ctx;
    (void)filter;
    (void)qos;
    if (status == OT_OK) p->granted++;
}

static ot_time now(void *ctx) {
    return ot_time_now() + ((tsuite *)ctx)->ahead;
}

void ot__tsuite_turn(tsuite *s) {
    for (int i = 0; i < PARTIES; i++) {
        if (s->parties[i].t) (void)ot_transport_poll(s->parties[i].t, 2);
    }
}

void ot__tsuite_ack(tsuite *s) {
    party *p = &s->parties[0];
    if (p->t && p->number) (void)ot_transport_ack(p->t, p->number);
}

ot_transport_state ot__tsuite_state(const party *p) {
    ot_transport_state state;
    memset(&state, 0, sizeof state);
    state.size = sizeof state;
    ot_transport_state_get(p->t, &state);
    return state;
}

static bool connected(tsuite *s, const party *p) {
    for (ot_time end = ot_time_now() + 30000; ot_time_now() < end;) {
        ot__tsuite_turn(s);
        /* what a kept session holds may come before the subscriptions are confirmed, and is then held first */
        if (ot__tsuite_state(p).link == OT_LINK_CONNECTED || p->messages) return true;
    }
    return false;
}

bool ot__tsuite_open(tsuite *s, int n, ot_direction direction, const char *what, const char *filter, uint8_t qos,
                     bool clean, const ot_publication *will) {
    party *p = &s->parties[n];
    ot_transport_config config = OT_TRANSPORT_CONFIG_INIT;
    char id[64], topic[512];
    ot__tsuite_close(s, n);
    memset(p, 0, sizeof *p);
    p->suite = s;
    snprintf(id, sizeof id, "suite-%u-%.20s", s->run, what ? what : "");
    ot_subscription sub = {topic, qos};
    if (filter) (void)ot__tsuite_topic(s, filter, topic);
    config.direction = direction;
    config.client_id = what ? id : NULL;
    config.clean_session = clean;
    config.subscriptions = filter ? &sub : NULL;
    config.subscription_count = filter ? 1 : 0;
    config.will = will;
    config.clock = &s->clock;
    config.handlers.message = on_message;
    config.handlers.state = on_state;
    config.handlers.published = on_published;
    config.handlers.subscribed = on_subscribed;
    config.handlers.ctx = p;
    if (!STATUS(OT_OK, s->factory->open(s->factory->ctx, &config, &p->t, &s->error))) return false;
    return CHECK(connected(s, p));
}

void ot__tsuite_close(tsuite *s, int n) {
    ot_transport_close(s->parties[n].t);
    s->parties[n].t = NULL;
}

ot_str ot__tsuite_topic(const tsuite *s, const char *rest, char buffer[512]) {
    int len = snprintf(buffer, 512, "suite/%u/%s/%s", s->run, s->test, rest);
    return ot_str_of(buffer, len > 0 && len < 512 ? (size_t)len : 0);
}

bool ot__tsuite_send(tsuite *s, int n, const char *rest, ot_str payload, uint8_t qos, bool retain) {
    char topic[512];
    ot_publication p = {ot__tsuite_topic(s, rest, topic), payload, qos, retain};
    ot_status status = OT_EBUSY;
    for (ot_time end = ot_time_now() + 30000; status == OT_EBUSY && ot_time_now() < end;) {
        status = ot_transport_publish(s->parties[n].t, &p, NULL, &s->error);
        if (status == OT_EBUSY) ot__tsuite_turn(s);
    }
    return STATUS(OT_OK, status);
}

bool ot__tsuite_numbers(tsuite *s, int n, const char *rest, int first, int count) {
    party *p = &s->parties[n];
    size_t want = p->acked + (size_t)count;
    for (int i = first; i < first + count; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        if (!ot__tsuite_send(s, n, rest, ot_str_c(text), 1, false)) return false;
    }
    for (ot_time end = ot_time_now() + 30000; p->acked < want && ot_time_now() < end;)
        ot__tsuite_turn(s);
    return CHECK(p->acked == want);
}

static bool stands(const char *all, int number) {
    char text[16];
    int len = snprintf(text, sizeof text, "%d ", number);
    for (const char *p = all; (p = strstr(p, text)) != NULL; p += len) {
        if (p == all || p[-1] == ' ') return true;
    }
    return false;
}
bool ot__tsuite_has(const party *p, int first, int count) {
    for (int i = first; i < first + count; i++) {
        if (!stands(p->all, i)) return false;
    }
    return true;
}
bool ot__tsuite_has_none(const party *p, int first, int count) {
    for (int i = first; i < first + count; i++) {
        if (stands(p->all, i)) return false;
    }
    return true;
}

size_t ot_suite_transport(const ot_transport_factory *factory, const char *test, const ot_suite_report *report) {
    size_t failures = 0;
    bool found = false;
    tsuite *s = ot_mem_zalloc(1, sizeof *s);
    if (!s) return SIZE_MAX;
    for (size_t n = 0; test_at(n); n++) {
        const transport_test *t = test_at(n);
        if (test && strcmp(test, t->name) != 0) continue;
        found = true;
        memset(s, 0, sizeof *s);
        s->factory = factory;
        s->report = report;
        s->test = t->name;
        s->run = (unsigned)(ot_time_now() / 10 % 100000000);
        s->clock.now = now;
        s->clock.ctx = s;
        t->run(s);
        for (int i = 0; i < PARTIES; i++)
            ot__tsuite_close(s, i);
        failures += s->failures;
    }
    ot_mem_free(s, sizeof *s);
    return found ? failures : SIZE_MAX;
}
