/* The face of transports, over a backend that does what the test tells it: state, pauses, numbers, tokens, configuration. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include <owntracks/mem.h>
#include <owntracks/sys/transport_backend.h>

/* ---- the backend ---- */

typedef struct script {
    ot_transport_host *host;
    ot_status refuse; /* connect fails with it */
    bool slow;        /* connect ends in a later poll */
    int connects, drops, stops, closes, polls, last_timeout;
    uint64_t acked, tokens;
    int deliver; /* messages in the next poll */
    ot_status next_publish;
    bool lose_in_publish, lose_in_ack, lose_in_poll, end_in_poll;
    const char *rest;
} script;

static script *last;

static ot_status s_open(void *self, ot_transport_host *host, const char *rest, ot_error *error) {
    script *s = self;
    last = s;
    s->host = host;
    if (strcmp(rest, "bad") == 0) return ot_error_set(error, OT_EINVAL, "url", OT_NO_OFFSET, "bad");
    return OT_OK;
}
static int closes;
static void s_close(void *self) {
    (void)self;
    closes++;
}
static ot_status s_connect(void *self) {
    script *s = self;
    s->connects++;
    if (s->slow) return OT_OK;
    if (s->refuse) {
        ot_transport_host_lost(s->host, s->refuse, "refused by the test");
    } else {
        ot_transport_host_connected(s->host, true);
    }
    return OT_OK;
}
static void s_drop(void *self) {
    ((script *)self)->drops++;
}
static ot_status s_poll(void *self, int timeout) {
    script *s = self;
    s->polls++;
    s->last_timeout = timeout;
    for (; s->deliver > 0; s->deliver--) {
        ot_envelope e = OT_ENVELOPE_INIT;
        e.topic = OT_STR("a/b");
        e.payload = OT_STR("x");
        ot_transport_host_deliver(s->host, &e);
    }
    if (s->lose_in_poll) {
        s->lose_in_poll = false;
        ot_transport_host_lost(s->host, OT_ELOST, "gone");
    } else if (s->end_in_poll) {
        ot_transport_host_ended(s->host);
    }
    return OT_OK;
}
static void s_wait(void *self, ot_wait *out) {
    (void)self;
    out->fd = 77;
    out->readable = true;
}
static ot_status s_ack(void *self, uint64_t upto) {
    script *s = self;
    s->acked = upto;
    if (s->lose_in_ack) ot_transport_host_lost(s->host, OT_ELOST, "gone");
    return OT_OK;
}
static ot_status s_publish(void *self, const ot_publication *p, uint64_t token, ot_error *error) {
    script *s = self;
    (void)p;
    if (s->lose_in_publish) ot_transport_host_lost(s->host, OT_ELOST, "gone");
    if (s->next_publish) return ot_error_set(error, s->next_publish, NULL, OT_NO_OFFSET, "no");
    s->tokens = token;
    return OT_OK;
}
static void s_stop(void *self) {
    ((script *)self)->stops++;
}

static const ot_transport_ops ops = {sizeof ops, "script", sizeof(script), s_open, s_close,   s_connect,
                                     s_drop,     s_poll,   s_wait,         s_ack,  s_publish, s_stop};

/* ---- the user ---- */

typedef struct user {
    ot_time now;
    int messages, states, fates;
    uint64_t number, token;
    ot_time arrival;
    ot_fate fate;
    ot_transport_state state;
    ot_transport *t;
    bool ack_inside, reject_inside, publish_inside;
    ot_status inside;
    char log[4096];
    ot_log_level level;
} user;

static ot_time u_now(void *ctx) {
    return ((user *)ctx)->now;
}
static void u_message(void *ctx, const ot_envelope *e, uint64_t number) {
    user *u = ctx;
    u->messages++;
    assert_true(number == u->number + 1);
    u->number = number;
    u->arrival = e->arrival;
    if (u->ack_inside) u->inside = ot_transport_ack(u->t, number);
    if (u->reject_inside) ot_transport_reject(u->t, "from inside");
    assert_int_equal(ot_transport_poll(u->t, 0), OT_EINVAL);
}
static void u_state(void *ctx, const ot_transport_state *state) {
    user *u = ctx;
    u->states++;
    u->state = *state;
}
static void u_published(void *ctx, uint64_t token, ot_fate fate, ot_status status) {
    user *u = ctx;
    (void)status;
    u->fates++;
    u->token = token;
    u->fate = fate;
    if (u->publish_inside) {
        ot_publication p = {OT_STR("a"), OT_STR("b"), 1, false};
        u->inside = ot_transport_publish(u->t, &p, NULL, NULL);
    }
}
static void u_log(void *ctx, ot_log_level level, ot_str line) {
    user *u = ctx;
    size_t at = strlen(u->log);
    u->level = level;
    snprintf(u->log + at, sizeof u->log - at, "%d %.*s\n", (int)level, (int)line.len, line.ptr);
}

static ot_log the_log;
static ot_clock the_clock;

static ot_transport_config config_of(user *u, ot_direction direction) {
    ot_transport_config c = OT_TRANSPORT_CONFIG_INIT;
    memset(u, 0, sizeof *u);
    u->now = 1000000;
    the_log = (ot_log){u_log, u, OT_LOG_DEBUG};
    the_clock = (ot_clock){u_now, u};
    c.direction = direction;
    c.log = &the_log;
    c.clock = &the_clock;
    c.seed = 7;
    c.handlers.message = u_message;
    c.handlers.state = u_state;
    c.handlers.published = u_published;
    c.handlers.ctx = u;
    return c;
}

static void start(user *u, ot_direction direction) {
    ot_transport_config c = config_of(u, direction);
    assert_int_equal(ot_transport_open("script:here", &c, &u->t, NULL), OT_OK);
}

static ot_transport_state state_of(const user *u) {
    ot_transport_state s = {.size = sizeof s};
    ot_transport_state_get(u->t, &s);
    return s;
}

static int setup(void **state) {
    (void)state;
    return ot_transport_register(&ops, NULL) == OT_OK ? 0 : -1;
}

/* ---- tests ---- */

static void pauses(void **state) {
    (void)state;
    static const uint32_t full[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    assert_int_equal(ot_backoff(0, 3), 0);
    bool differs = false;
    for (uint64_t seed = 0; seed < 200; seed++) {
        for (uint64_t n = 1; n <= 8; n++) {
            uint32_t ms = ot_backoff(n, seed);
            assert_in_range(ms, full[n - 1] - full[n - 1] / 4, full[n - 1]);
            assert_int_equal(ms, ot_backoff(n, seed));
            if (ms != full[n - 1]) differs = true;
        }
        assert_in_range(ot_backoff(UINT64_MAX, seed), 45000, 60000);
    }
    assert_true(differs);
    assert_int_not_equal(ot_backoff(5, 1), ot_backoff(5, 2));
}

static void backoff_with_a_clock(void **state) {
    (void)state;
    user u;
    start(&u, OT_RECEIVE);
    last->refuse = OT_EREFUSED;
    ot_transport_state s = state_of(&u);
    assert_int_equal(s.link, OT_LINK_WAITING);
    assert_true(s.next_attempt == u.now && s.last_connected == OT_TIME_NONE && s.attempts == 0);
    for (uint64_t n = 1; n <= 9; n++) {
        assert_int_equal(ot_transport_poll(u.t, 0), OT_OK);
        s = state_of(&u);
        assert_int_equal(last->connects, n);
        assert_int_equal(s.link, OT_LINK_WAITING);
        assert_true(s.attempts == n);
        assert_int_equal(s.last_error, OT_EREFUSED);
        assert_true(ot_str_eq(s.last_reason, OT_STR("refused by the test")));
        assert_true(s.next_attempt == u.now + (ot_time)ot_backoff(n, 7));
        ot_wait w = {.size = sizeof w};
        assert_int_equal(ot_transport_wait(u.t, &w), OT_OK);
        assert_int_equal(w.fd, -1);
        assert_int_equal(w.timeout, (int)ot_backoff(n, 7));
        u.now = s.next_attempt - 1; /* one millisecond too early: nothing */
        assert_int_equal(ot_transport_poll(u.t, 0), OT_OK);
        assert_int_equal(last->connects, n);
        u.now++;
    }
    last->refuse = OT_OK;
    assert_int_equal(ot_transport_poll(u.t, 0), OT_OK);
    s = state_of(&u);
    assert_int_equal(s.link, OT_LINK_CONNECTED);
    assert_true(s.attempts == 0 && s.connects == 1 && s.session_present && s.last_connected == u.now);
    assert_true(s.next_attempt == OT_TIME_NONE);
    assert_non_null(strstr(u.log, "6 script:here: connected, the session was kept"));
    assert_non_null(strstr(u.log, "4 script:here: no connection: refused by the test (OT_EREFUSED)"));
    /* lost before it was stable: the pauses go on where they were */
    u.now += OT_STABLE_AFTER - 1;
    last->lose_in_poll = true;
    assert_int_equal(ot_transport_poll(u.t, 0), OT_OK);
    s = state_of(&u);
    assert_true(s.next_attempt == u.now + (ot_time)ot_backoff(10, 7));
    /* lost when it was: they begin anew */
    u.now = s.next_attempt;
    assert_int_equal(ot_transport_poll(u.t, 0), OT_OK);
    u.now += OT_STABLE_AFTER;
    last->lose_in_poll = true;
    assert_int_equal(ot_transport_poll(u.t, 0), OT_OK);
    s = state_of(&u);
    assert_true(s.next_attempt == u.now + (ot_time)ot_backoff(1, 7));
    /* a clock that is set back an hour does not put the attempt off */
    u.now -= 3600000;
    assert_int_equal(ot_transport_poll(u.t, 0), OT_OK);
    assert_int_equal(state_of(&u).link, OT_LINK_CONNECTED);
    ot_transport_close(u.t);
}

static void states_are_told_in_poll(void **state) {
    (void)state;
    user u;
    start(&u, OT_RECEIVE);
    assert_int_equal(u.states, 0);
    ot_transport_poll(u.t, 0);
    assert_int_equal(u.states, 2); /* connecting, connected */
    assert_int_equal(u.state.link, OT_LINK_CONNECTED);
    ot_transport_reject(u.t, "the disk is full");
    assert_int_equal(u.states, 2);
    assert_int_equal(last->drops, 1);
    ot_transport_poll(u.t, 0);
    assert_int_equal(u.states, 3);
    assert_int_equal(u.state.link, OT_LINK_WAITING);
    assert_true(ot_str_eq(u.state.last_reason, OT_STR("the disk is full")));
    ot_transport_reject(u.t, "again"); /* nothing to drop */
    assert_int_equal(last->drops, 1);
    /* a connection that is made in a later poll */
    last->slow = true;
    u.now += 60000;
    ot_transport_poll(u.t, 0);
    assert_int_equal(state_of(&u).link, OT_LINK_CONNECTING);
    assert_int_equal(state_of(&u).attempts, 1);
    ot_wait w = {.size = sizeof w};
    ot_transport_wait(u.t, &w);
    assert_int_equal(w.fd, 77);
    ot_transport_stop(u.t);
    assert_int_equal(last->drops, 2);
    assert_int_equal(last->stops, 0);
    assert_int_equal(ot_transport_poll(u.t, 0), OT_DONE);
    assert_int_equal(u.state.link, OT_LINK_ENDED);
    ot_transport_close(u.t);
}

static void numbers(void **state) {
    (void)state;
    user u;
    start(&u, OT_RECEIVE);
    last->deliver = 3;
    ot_transport_poll(u.t, -1);
    assert_int_equal(u.messages, 3);
    assert_true(u.arrival == u.now);
    assert_int_equal(last->last_timeout, -1);
    assert_int_equal(ot_transport_poll(u.t, 5000), OT_OK);
    assert_int_equal(last->last_timeout, 0); /* held: a turn returns at once */
    assert_int_equal(ot_transport_ack(u.t, 4), OT_ERANGE);
    assert_int_equal(ot_transport_ack(u.t, 2), OT_OK);
    assert_true(last->acked == 0); /* not before all are */
    assert_int_equal(ot_transport_ack(u.t, 1), OT_OK);
    assert_true(state_of(&u).acked == 2);
    assert_int_equal(ot_transport_ack(u.t, 3), OT_OK);
    assert_true(last->acked == 3);
    /* deliveries of a connection that is over cannot be acknowledged */
    last->deliver = 2;
    last->lose_in_poll = true;
    ot_transport_poll(u.t, 0);
    assert_int_equal(ot_transport_ack(u.t, 5), OT_ERANGE);
    assert_true(last->acked == 3);
    u.now += 60000;
    last->deliver = 1;
    ot_transport_poll(u.t, 0);
    assert_true(u.number == 6);
    assert_int_equal(ot_transport_ack(u.t, 5), OT_ERANGE);
    assert_int_equal(ot_transport_ack(u.t, 6), OT_OK);
    assert_true(last->acked == 6);
    /* from inside a handler: done behind the slot */
    u.ack_inside = true;
    last->deliver = 2;
    ot_transport_poll(u.t, 0);
    assert_int_equal(u.inside, OT_OK);
    assert_true(last->acked == 8);
    u.ack_inside = false;
    u.reject_inside = true;
    last->deliver = 1;
    ot_transport_poll(u.t, 0);
    assert_int_equal(last->drops, 1);
    assert_int_equal(state_of(&u).link, OT_LINK_WAITING);
    /* the connection is lost while it is acknowledged */
    u.reject_inside = false;
    u.now += 60000;
    last->deliver = 1;
    last->lose_in_ack = true;
    ot_transport_poll(u.t, 0);
    assert_int_equal(ot_transport_ack(u.t, u.number), OT_OK);
    assert_int_equal(state_of(&u).link, OT_LINK_WAITING);
    assert_true(state_of(&u).delivered == u.number);
    ot_publication p = {OT_STR("a"), OT_STR("b"), 1, false};
    assert_int_equal(ot_transport_publish(u.t, &p, NULL, NULL), OT_EUNSUPPORTED);
    ot_transport_close(u.t);
}

static void a_source_ends(void **state) {
    (void)state;
    user u;
    start(&u, OT_RECEIVE);
    last->deliver = 2;
    last->end_in_poll = true;
    assert_int_equal(ot_transport_poll(u.t, 0), OT_OK); /* used up, but not acknowledged */
    assert_int_equal(state_of(&u).link, OT_LINK_ENDED);
    assert_int_equal(ot_transport_poll(u.t, 0), OT_OK);
    /* what was not stored comes again */
    ot_transport_reject(u.t, "full");
    assert_int_equal(state_of(&u).link, OT_LINK_WAITING);
    u.now += 60000;
    last->deliver = 2;
    assert_int_equal(ot_transport_poll(u.t, 0), OT_OK);
    assert_int_equal(ot_transport_ack(u.t, 4), OT_OK);
    assert_int_equal(ot_transport_poll(u.t, 0), OT_DONE);
    assert_int_equal(ot_transport_poll(u.t, 0), OT_DONE);
    ot_transport_close(u.t);
}

static void tokens(void **state) {
    (void)state;
    user u;
    ot_transport_config c = config_of(&u, OT_SEND);
    ot_option inflight = {"inflight", "3"};
    c.options = &inflight;
    c.option_count = 1;
    assert_int_equal(ot_transport_open("script:", &c, &u.t, NULL), OT_OK);
    assert_int_equal(ot_transport_host_config(last->host)->option_count, 0);
    ot_publication p = {OT_STR("a"), OT_STR("b"), 1, false};
    uint64_t token = 0;
    assert_int_equal(ot_transport_publish(u.t, &p, &token, NULL), OT_EBUSY); /* not connected */
    ot_transport_poll(u.t, 0);
    for (uint64_t i = 1; i <= 3; i++) {
        assert_int_equal(ot_transport_publish(u.t, &p, &token, NULL), OT_OK);
        assert_true(token == i && last->tokens == i);
    }
    assert_int_equal(ot_transport_publish(u.t, &p, &token, NULL), OT_EBUSY);
    ot_transport_host_published(last->host, 2, OT_FATE_ACKED, OT_OK);
    ot_transport_host_published(last->host, 2, OT_FATE_ACKED, OT_OK); /* told once only */
    ot_transport_host_published(last->host, 99, OT_FATE_ACKED, OT_OK);
    assert_int_equal(u.fates, 1);
    last->next_publish = OT_ELIMIT;
    assert_int_equal(ot_transport_publish(u.t, &p, &token, NULL), OT_ELIMIT);
    last->next_publish = OT_OK;
    assert_int_equal(ot_transport_publish(u.t, &p, &token, NULL), OT_OK);
    assert_true(token == 4); /* no gap */
    u.publish_inside = true;
    ot_transport_host_published(last->host, 1, OT_FATE_FAILED, OT_EAUTH);
    assert_int_equal(u.inside, OT_OK);
    u.publish_inside = false;
    assert_int_equal(u.fate, OT_FATE_FAILED);
    assert_non_null(strstr(u.log, "publication 1 failed: OT_EAUTH"));
    /* lost: 3, 4 and 5 are unknown, told in order, each once */
    u.fates = 0;
    last->lose_in_poll = true;
    ot_transport_poll(u.t, 0);
    assert_int_equal(u.fates, 3);
    assert_true(u.token == 5);
    assert_int_equal(u.fate, OT_FATE_UNKNOWN);
    /* lost inside publish: told at the next poll, and the number is used again */
    u.now += 60000;
    ot_transport_poll(u.t, 0);
    last->lose_in_publish = true;
    last->next_publish = OT_EBUSY;
    assert_int_equal(ot_transport_publish(u.t, &p, NULL, NULL), OT_EBUSY);
    last->lose_in_publish = false;
    last->next_publish = OT_OK;
    u.fates = 0;
    u.now += 60000;
    ot_transport_poll(u.t, 0);
    ot_transport_poll(u.t, 0);
    assert_int_equal(ot_transport_publish(u.t, &p, &token, NULL), OT_OK);
    assert_true(token == 6);
    ot_transport_poll(u.t, 0);
    assert_int_equal(u.fates, 0);
    ot_transport_host_published(last->host, 6, OT_FATE_ACKED, OT_OK);
    assert_int_equal(u.fate, OT_FATE_ACKED);
    /* what is refused before the backend sees it */
    ot_publication bad = {OT_STR("a/+"), OT_STR(""), 0, false};
    assert_int_equal(ot_transport_publish(u.t, &bad, NULL, NULL), OT_ETOPIC);
    bad.topic = OT_STR("a\xff");
    assert_int_equal(ot_transport_publish(u.t, &bad, NULL, NULL), OT_EUTF8);
    bad.topic = OT_STR("a");
    bad.qos = 3;
    assert_int_equal(ot_transport_publish(u.t, &bad, NULL, NULL), OT_EINVAL);
    bad.qos = 0;
    bad.payload = ot_str_of("", (size_t)268435456);
    assert_int_equal(ot_transport_publish(u.t, &bad, NULL, NULL), OT_ELIMIT);
    ot_transport_stop(u.t);
    assert_int_equal(last->stops, 1);
    assert_int_equal(ot_transport_publish(u.t, &p, NULL, NULL), OT_ECLOSED);
    last->end_in_poll = true;
    assert_int_equal(ot_transport_poll(u.t, 0), OT_DONE);
    assert_non_null(strstr(u.log, "6 script:: disconnected"));
    ot_transport_close(u.t);
}

static void many_tokens(void **state) {
    (void)state;
    user u;
    start(&u, OT_SEND);
    ot_transport_poll(u.t, 0);
    ot_publication p = {OT_STR("a"), OT_STR("b"), 1, false};
    for (int round = 0; round < 3; round++) {
        uint64_t first = 0, token = 0;
        for (int i = 0; i < 1000; i++) {
            assert_int_equal(ot_transport_publish(u.t, &p, &token, NULL), OT_OK);
            if (!i) first = token;
        }
        assert_int_equal(ot_transport_publish(u.t, &p, NULL, NULL), OT_EBUSY);
        u.fates = 0;
        for (uint64_t t = first + 999; t >= first; t--)
            ot_transport_host_published(last->host, t, OT_FATE_ACKED, OT_OK);
        assert_int_equal(u.fates, 1000);
    }
    ot_transport_close(u.t);
}

static void configuration(void **state) {
    (void)state;
    user u;
    ot_transport_config c = config_of(&u, OT_RECEIVE);
    char password[] = "tiger", filter[] = "a/+/b", name[] = "joe";
    ot_subscription sub = {filter, 1};
    ot_publication will = {OT_STR("a/will"), OT_STR("gone"), 1, true};
    const char *gone[] = {"old/#"};
    ot_option option = {"colour", "blue"};
    c.username = name;
    c.password = password;
    c.subscriptions = &sub;
    c.subscription_count = 1;
    c.unsubscribe = gone;
    c.unsubscribe_count = 1;
    c.will = &will;
    c.options = &option;
    c.option_count = 1;
    assert_int_equal(ot_transport_open("script:x", &c, &u.t, NULL), OT_OK);
    memset(password, 'x', 5);
    memset(filter, 'x', 5);
    memset(name, 'x', 3);
    const ot_transport_config *k = ot_transport_host_config(last->host);
    assert_string_equal(k->password, "tiger");
    assert_string_equal(k->username, "joe");
    assert_string_equal(k->subscriptions[0].filter, "a/+/b");
    assert_string_equal(k->unsubscribe[0], "old/#");
    assert_true(ot_str_eq(k->will->topic, OT_STR("a/will")));
    assert_string_equal(k->options[0].value, "blue");
    assert_int_equal(k->mqtt_version, 4);
    assert_int_equal(k->keepalive, 60);
    assert_int_equal(k->connect_timeout, 30);
    assert_int_equal(k->batch_count, 1000);
    assert_true(k->batch_bytes == (size_t)8 << 20 && k->session_expiry == UINT32_MAX);
    ot_transport_close(u.t);
}

/* The password must not be found in memory that was given back. */
static unsigned char arena[1 << 16];
static size_t arena_used;
static void *bump(void *ctx, size_t size) {
    (void)ctx;
    void *p = arena + arena_used;
    arena_used += (size + 15) / 16 * 16;
    assert_true(arena_used <= sizeof arena);
    return p;
}
static void *rebump(void *ctx, void *ptr, size_t old, size_t size) {
    void *p = bump(ctx, size);
    if (ptr) memcpy(p, ptr, old < size ? old : size);
    return p;
}
static void unbump(void *ctx, void *ptr, size_t size) {
    (void)ctx;
    (void)ptr;
    (void)size;
}
static bool in_arena(const char *text) {
    for (size_t i = 0; i + strlen(text) <= arena_used; i++) {
        if (memcmp(arena + i, text, strlen(text)) == 0) return true;
    }
    return false;
}
static void password_is_wiped(void **state) {
    (void)state;
    ot_alloc alloc = {sizeof alloc, bump, rebump, unbump, NULL};
    assert_int_equal(ot_mem_set(&alloc), OT_OK);
    user u;
    ot_transport_config c = config_of(&u, OT_RECEIVE);
    c.username = "joe";
    c.password = "s3cret-of-joe";
    assert_int_equal(ot_transport_open("script:x", &c, &u.t, NULL), OT_OK);
    assert_true(in_arena("s3cret-of-joe"));
    ot_transport_close(u.t);
    assert_true(in_arena("joe"));
    assert_false(in_arena("s3cret-of-joe"));
    assert_int_equal(ot_mem_set(NULL), OT_OK);
}

static void refused(const char *url, const ot_transport_config *c, ot_status want, const char *field) {
    ot_transport *t = (ot_transport *)(void *)&want;
    ot_error e = {OT_OK, 0, 0, "", ""};
    assert_int_equal(ot_transport_open(url, c, &t, &e), want);
    assert_null(t);
    assert_int_equal(e.status, want);
    assert_string_equal(e.field, field);
    assert_true(e.reason[0] != 0);
}

static void bad_configurations(void **state) {
    (void)state;
    user u;
    ot_transport_config c = config_of(&u, OT_RECEIVE), d;
    refused(NULL, &c, OT_EINVAL, "url");
    refused("script", &c, OT_EINVAL, "url");
    refused(":x", &c, OT_EINVAL, "url");
    refused("nothing:x", &c, OT_EUNSUPPORTED, "url");
    refused("script://joe:tiger@host", &c, OT_EINVAL, "url");
    int before = closes;
    refused("script:bad", &c, OT_EINVAL, "url");
    assert_int_equal(closes, before + 1);
#define BAD(change, status, field)                                                                                     \
    d = c;                                                                                                             \
    change;                                                                                                            \
    refused("script:x", &d, status, field)
    ot_subscription sub = {"a/#/b", 1}, sub3 = {"a", 3};
    const char *un[] = {NULL};
    ot_publication will = {OT_STR("a/#"), OT_STR(""), 0, false}, will3 = {OT_STR("a"), OT_STR(""), 3, false};
    ot_publication big = {OT_STR("a"), {"", 65536}, 0, false};
    ot_option o = {"inflight", "0"}, none = {NULL, "x"};
    BAD(d.size = 4, OT_EINVAL, "config");
    BAD(d.direction = (ot_direction)3, OT_EINVAL, "direction");
    BAD(d.mqtt_version = 2, OT_EINVAL, "mqtt_version");
    BAD(d.keepalive = 4, OT_EINVAL, "keepalive");
    BAD(d.keepalive = 65536, OT_EINVAL, "keepalive");
    BAD(d.connect_timeout = 86401, OT_EINVAL, "connect_timeout");
    BAD(d.password = "x", OT_EINVAL, "password");
    BAD(d.cert_file = "x", OT_EINVAL, "key_file");
    BAD(d.key_file = "x", OT_EINVAL, "cert_file");
    BAD((d.subscriptions = &sub, d.subscription_count = 1), OT_EINVAL, "subscriptions");
    BAD((d.subscriptions = &sub3, d.subscription_count = 1), OT_EINVAL, "subscriptions");
    BAD(d.subscription_count = 1, OT_EINVAL, "subscriptions");
    BAD((d.subscriptions = &sub, d.subscription_count = 1, d.direction = OT_SEND), OT_EINVAL, "subscriptions");
    BAD((d.unsubscribe = un, d.unsubscribe_count = 1), OT_EINVAL, "unsubscribe");
    BAD(d.will = &will, OT_EINVAL, "will");
    BAD(d.will = &will3, OT_EINVAL, "will");
    BAD(d.will = &big, OT_ELIMIT, "will");
    BAD((d.options = &o, d.option_count = 1, d.direction = OT_SEND), OT_EINVAL, "inflight");
    o.value = "65536";
    BAD((d.options = &o, d.option_count = 1, d.direction = OT_SEND), OT_EINVAL, "inflight");
    o.value = "10";
    BAD((d.options = &o, d.option_count = 1), OT_EINVAL, "inflight");
    BAD((d.options = &none, d.option_count = 1), OT_EINVAL, "options");
    BAD(d.option_count = 1, OT_EINVAL, "options");
#undef BAD
    ot_subscription two = {"a", 2};
    d = c;
    d.subscriptions = &two;
    d.subscription_count = 1;
    assert_int_equal(ot_transport_open("script:x", &d, &u.t, NULL), OT_OK);
    assert_non_null(strstr(u.log, "4 subscribing to a with QoS 2"));
    ot_transport_close(u.t);
    ot_transport_close(NULL);
}

static ot_status another_poll(void *self, int timeout) {
    return s_poll(self, timeout);
}

static void registration(void **state) {
    (void)state;
    ot_error e = {OT_OK, 0, 0, "", ""};
    assert_int_equal(ot_transport_register(&ops, &e), OT_OK); /* again: fine */
    ot_transport_ops other = ops;
    other.poll = NULL;
    assert_int_equal(ot_transport_register(&other, &e), OT_EINVAL);
    assert_string_equal(e.field, "poll");
    other = ops;
    other.ack = NULL;
    other.publish = NULL;
    assert_int_equal(ot_transport_register(&other, &e), OT_EINVAL);
    other = ops;
    other.scheme = "a b";
    assert_int_equal(ot_transport_register(&other, &e), OT_EINVAL);
    other.scheme = "loopback";
    assert_int_equal(ot_transport_register(&other, &e), OT_ECONFLICT);
    other.scheme = "script";
    other.poll = NULL;
    assert_int_equal(ot_transport_register(&other, &e), OT_EINVAL);
    other.poll = another_poll;
    assert_int_equal(ot_transport_register(&other, &e), OT_ECONFLICT);
    other = ops;
    other.instance_size = 0;
    assert_int_equal(ot_transport_register(&other, &e), OT_EINVAL);
    other = ops;
    other.size = 8;
    assert_int_equal(ot_transport_register(&other, &e), OT_EINVAL);
    /* a table of one direction only */
    other = ops;
    other.scheme = "only-sends";
    other.ack = NULL;
    assert_int_equal(ot_transport_register(&other, &e), OT_OK);
    user u;
    ot_transport_config c = config_of(&u, OT_RECEIVE);
    refused("only-sends:x", &c, OT_EUNSUPPORTED, "direction");
}

static void wrapped(void **state) {
    (void)state;
    user u;
    script own;
    memset(&own, 0, sizeof own);
    ot_transport_config c = config_of(&u, OT_RECEIVE);
    ot_transport_ops t = ops;
    t.scheme = NULL;
    t.instance_size = 0;
    assert_int_equal(ot_transport_wrap(&t, NULL, &c, &u.t, NULL), OT_EINVAL);
    assert_int_equal(ot_transport_wrap(&t, &own, &c, &u.t, NULL), OT_OK);
    own.deliver = 1;
    assert_int_equal(ot_transport_poll(u.t, 0), OT_OK);
    assert_int_equal(u.messages, 1);
    int before = closes;
    ot_transport_close(u.t);
    assert_int_equal(closes, before + 1);
}

static void link_names(void **state) {
    (void)state;
    assert_string_equal(ot_link_text(OT_LINK_WAITING), "waiting");
    assert_string_equal(ot_link_text(OT_LINK_CONNECTING), "connecting");
    assert_string_equal(ot_link_text(OT_LINK_CONNECTED), "connected");
    assert_string_equal(ot_link_text(OT_LINK_ENDED), "ended");
    assert_string_equal(ot_link_text((ot_link)9), "?");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses),
        cmocka_unit_test(backoff_with_a_clock),
        cmocka_unit_test(states_are_told_in_poll),
        cmocka_unit_test(numbers),
        cmocka_unit_test(a_source_ends),
        cmocka_unit_test(tokens),
        cmocka_unit_test(many_tokens),
        cmocka_unit_test(configuration),
        cmocka_unit_test(password_is_wiped),
        cmocka_unit_test(bad_configurations),
        cmocka_unit_test(registration),
        cmocka_unit_test(wrapped),
        cmocka_unit_test(link_names),
    };
    return cmocka_run_group_tests_name("transport face", tests, setup, NULL);
}
