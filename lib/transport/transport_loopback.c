/* transport_loopback.c: `loopback:NAME`, a broker inside the process. Senders and receivers that name the same broker meet there; it keeps sessions,
   retained messages and wills as MQTT does, so that whatever uses a transport can be tested without a network. */
#define _POSIX_C_SOURCE 200809L
#include <owntracks/mem.h>
#include <owntracks/sys/transport_backend.h>
#include <owntracks/topic.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

typedef struct message {
    atomic_size_t refs;
    size_t topic_len, payload_len;
    uint8_t qos;
    char data[]; /* topic, then payload */
} message;

typedef struct entry {
    message *m;
    uint8_t qos;
    bool retained, dup;
} entry;

typedef struct sub {
    char *filter;
    uint8_t qos;
} sub;

typedef struct session {
    struct session *next;
    char *id; /* NULL: ends with its connection */
    struct client *owner;
    sub *subs;
    size_t sub_count, sub_cap;
    entry *queue; /* entries head … head + count - 1; the first `sent` of them are delivered and not acknowledged */
    size_t head, count, cap, sent;
} session;

typedef struct retained {
    struct retained *next;
    message *m;
} retained;

typedef struct broker {
    struct broker *next;
    char *name;
    size_t users; /* open handles */
    session *sessions;
    retained *kept;
} broker;

typedef struct client {
    ot_transport_host *host;
    const ot_transport_config *config;
    broker *b;
    session *s; /* NULL: not connected */
    bool taken; /* another client came with our id */
    bool opened, stopping;
    int wake[2];
    uint64_t published, told;
} client;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all brokers; never held while a handler runs */
static broker *brokers;

static char *copy_text(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = ot_mem_alloc(size);
    if (copy) memcpy(copy, text, size);
    return copy;
}
static void free_text(char *text) {
    if (text) ot_mem_free(text, strlen(text) + 1);
}

/* ---- messages ---- */

static message *message_new(const ot_publication *p) {
    message *m = ot_mem_alloc(sizeof *m + p->topic.len + p->payload.len);
    if (!m) return NULL;
    atomic_init(&m->refs, 1);
    m->topic_len = p->topic.len;
    m->payload_len = p->payload.len;
    m->qos = p->qos;
    memcpy(m->data, p->topic.ptr, p->topic.len);
    if (p->payload.len) memcpy(m->data + p->topic.len, p->payload.ptr, p->payload.len);
    return m;
}
static message *message_keep(message *m) {
    atomic_fetch_add(&m->refs, 1);
    return m;
}
static void message_free(message *m) {
    if (m && atomic_fetch_sub(&m->refs, 1) == 1) ot_mem_free(m, sizeof *m + m->topic_len + m->payload_len);
}
static ot_str topic_of(const message *m) {
    return ot_str_of(m->data, m->topic_len);
}

/* ---- sessions ---- */

static bool queue_reserve(session *s) {
    if (s->head + s->count < s->cap) return true;
    if (s->head > s->cap / 2) {
        memmove(s->queue, s->queue + s->head, s->count * sizeof *s->queue);
        s->head = 0;
        return true;
    }
    size_t cap = s->cap ? s->cap * 2 : 64;
    entry *queue = ot_mem_resize(s->queue, s->cap * sizeof *queue, cap * sizeof *queue);
    if (!queue) return false;
    s->queue = queue;
    s->cap = cap;
    return true;
}

static void queue_push(session *s, message *m, uint8_t qos, bool is_retained) {
    entry e = {message_keep(m), qos, is_retained, false};
    s->queue[s->head + s->count++] = e;
}

/* Takes away the first n entries. */
static void queue_pop(session *s, size_t n) {
    for (size_t i = 0; i < n; i++)
        message_free(s->queue[s->head + i].m);
    s->head += n;
    s->count -= n;
    if (!s->count) s->head = 0;
}

static sub *session_sub(session *s, const char *filter) {
    for (size_t i = 0; i < s->sub_count; i++) {
        if (strcmp(s->subs[i].filter, filter) == 0) return &s->subs[i];
    }
    return NULL;
}

static void session_clear(session *s) {
    queue_pop(s, s->count);
    s->sent = 0;
    for (size_t i = 0; i < s->sub_count; i++)
        free_text(s->subs[i].filter);
    s->sub_count = 0;
}

static void session_free(broker *b, session *s) {
    for (session **link = &b->sessions; *link; link = &(*link)->next) {
        if (*link == s) {
            *link = s->next;
            break;
        }
    }
    session_clear(s);
    free_text(s->id);
    ot_mem_free(s->subs, s->sub_cap * sizeof *s->subs);
    ot_mem_free(s->queue, s->cap * sizeof *s->queue);
    ot_mem_free(s, sizeof *s);
}

static session *session_find(broker *b, const char *id) {
    for (session *s = b->sessions; id && s; s = s->next) {
        if (s->id && strcmp(s->id, id) == 0) return s;
    }
    return NULL;
}

/* The greatest QoS with which a session wants a topic; -1: it does not. */
static int session_wants(const session *s, ot_str topic) {
    int qos = -1;
    for (size_t i = 0; i < s->sub_count; i++) {
        if (s->subs[i].qos > qos && ot_topic_matches(ot_str_c(s->subs[i].filter), topic)) qos = s->subs[i].qos;
    }
    return qos;
}

/* ---- the broker ---- */

static void wake(client *c) {
    ssize_t n = write(c->wake[1], "", 1);
    (void)n; /* full: it is awake already */
}

static bool keep(broker *b, message *m, bool empty) {
    for (retained **link = &b->kept; *link; link = &(*link)->next) {
        retained *r = *link;
        if (!ot_str_eq(topic_of(r->m), topic_of(m))) continue;
        message_free(r->m);
        if (empty) {
            *link = r->next;
            ot_mem_free(r, sizeof *r);
        } else {
            r->m = message_keep(m);
        }
        return true;
    }
    if (empty) return true;
    retained *r = ot_mem_alloc(sizeof *r);
    if (!r) return false;
    r->m = message_keep(m);
    r->next = b->kept;
    b->kept = r;
    return true;
}

static ot_status route(broker *b, const ot_publication *p) {
    message *m = message_new(p);
    if (!m) return OT_ENOMEM;
    bool room = true;
    for (session *s = b->sessions; s && room; s = s->next)
        room = queue_reserve(s); /* all get it or nobody */
    if (room && p->retain) room = keep(b, m, p->payload.len == 0);
    for (session *s = b->sessions; s && room; s = s->next) {
        int want = session_wants(s, p->topic);
        uint8_t qos = want < m->qos ? (uint8_t)(want < 0 ? 0 : want) : m->qos;
        if (want < 0 || (qos == 0 && !s->owner)) continue;
        queue_push(s, m, qos, false);
        if (s->owner) wake(s->owner);
    }
    message_free(m);
    return room ? OT_OK : OT_ENOMEM;
}

static broker *broker_get(const char *name) {
    for (broker *b = brokers; b; b = b->next) {
        if (strcmp(b->name, name) == 0) return b;
    }
    broker *b = ot_mem_zalloc(1, sizeof *b);
    if (b) b->name = copy_text(name);
    if (!b || !b->name) {
        ot_mem_free(b, sizeof *b);
        return NULL;
    }
    b->next = brokers;
    brokers = b;
    return b;
}

/* A broker lives as long as somebody uses it or it keeps something. */
static void broker_release(broker *b) {
    if (b->users || b->sessions || b->kept) return;
    for (broker **link = &brokers; *link; link = &(*link)->next) {
        if (*link == b) {
            *link = b->next;
            break;
        }
    }
    free_text(b->name);
    ot_mem_free(b, sizeof *b);
}

/* Ends the connection of a client: what was not acknowledged waits for the next one. */
static void detach(client *c, bool publish_will) {
    session *s = c->s;
    c->s = NULL;
    if (!s) return;
    s->owner = NULL;
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        entry e = s->queue[s->head + i];
        if (e.qos == 0) {
            message_free(e.m);
        } else {
            e.dup = e.dup || i < s->sent;
            s->queue[s->head + kept++] = e;
        }
    }
    s->count = kept;
    s->sent = 0;
    if (!s->id || c->config->clean_session) session_free(c->b, s);
    if (publish_will && c->config->will) (void)route(c->b, c->config->will);
}

static ot_status subscribe(client *c, session *s, const ot_subscription *want) {
    sub *known = session_sub(s, want->filter);
    if (known) {
        known->qos = want->qos;
    } else {
        if (s->sub_count == s->sub_cap) {
            size_t cap = s->sub_cap ? s->sub_cap * 2 : 8;
            sub *subs = ot_mem_resize(s->subs, s->sub_cap * sizeof *subs, cap * sizeof *subs);
            if (!subs) return OT_ENOMEM;
            s->subs = subs;
            s->sub_cap = cap;
        }
        char *filter = copy_text(want->filter);
        if (!filter) return OT_ENOMEM;
        sub fresh = {filter, want->qos};
        s->subs[s->sub_count++] = fresh;
    }
    for (retained *r = c->b->kept; r; r = r->next) {
        if (!ot_topic_matches(ot_str_c(want->filter), topic_of(r->m))) continue;
        if (!queue_reserve(s)) return OT_ENOMEM;
        queue_push(s, r->m, r->m->qos < want->qos ? r->m->qos : want->qos, true);
    }
    return OT_OK;
}

static void unsubscribe(session *s, const char *filter) {
    sub *known = session_sub(s, filter);
    if (!known) return;
    free_text(known->filter);
    *known = s->subs[--s->sub_count];
}

static ot_status attach(client *c, bool *present) {
    const char *id = c->config->client_id;
    session *s = session_find(c->b, id);
    if (s && s->owner) {
        client *other = s->owner;
        bool ends = other->config->clean_session;
        detach(other, true);
        other->taken = true;
        wake(other);
        if (ends) s = NULL;
    }
    *present = s && !c->config->clean_session;
    if (s && c->config->clean_session) session_clear(s);
    if (!s) {
        s = ot_mem_zalloc(1, sizeof *s);
        if (!s) return OT_ENOMEM;
        s->next = c->b->sessions;
        c->b->sessions = s;
        if (id && !(s->id = copy_text(id))) {
            session_free(c->b, s);
            return OT_ENOMEM;
        }
    }
    s->owner = c;
    c->s = s;
    c->taken = false;
    for (size_t i = 0; i < c->config->unsubscribe_count; i++)
        unsubscribe(s, c->config->unsubscribe[i]);
    ot_status status = OT_OK;
    for (size_t i = 0; status == OT_OK && i < c->config->subscription_count; i++) {
        status = subscribe(c, s, &c->config->subscriptions[i]);
    }
    if (status != OT_OK) detach(c, false);
    return status;
}

/* ---- the slots ---- */

static bool make_pipe(int fd[2]) {
    if (pipe(fd) != 0) {
        fd[0] = fd[1] = -1;
        return false;
    }
    for (int i = 0; i < 2; i++) {
        fcntl(fd[i], F_SETFD, FD_CLOEXEC);
        fcntl(fd[i], F_SETFL, O_NONBLOCK);
    }
    return true;
}

static ot_status slot_open(void *self, ot_transport_host *host, const char *rest, ot_error *error) {
    client *c = self;
    c->host = host;
    c->config = ot_transport_host_config(host);
    c->wake[0] = c->wake[1] = -1;
    c->opened = true;
    if (!*rest) return ot_error_set(error, OT_EINVAL, "url", OT_NO_OFFSET, "must be loopback:NAME");
    if (c->config->option_count) {
        return ot_error_set(error, OT_EINVAL, c->config->options[0].name, OT_NO_OFFSET, "no such option");
    }
    if (!make_pipe(c->wake)) {
        return ot_error_set(error, OT_EIO, NULL, OT_NO_OFFSET, "no pipe: errno %d", errno);
    }
    pthread_mutex_lock(&lock);
    c->b = broker_get(rest);
    if (c->b) c->b->users++;
    pthread_mutex_unlock(&lock);
    return c->b ? OT_OK : ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "out of memory");
}

static void slot_close(void *self) {
    client *c = self;
    if (!c->opened) return;
    pthread_mutex_lock(&lock);
    if (c->b) {
        detach(c, true);
        c->b->users--;
        broker_release(c->b);
    }
    pthread_mutex_unlock(&lock);
    if (c->wake[0] >= 0) close(c->wake[0]);
    if (c->wake[1] >= 0) close(c->wake[1]);
}

static ot_status slot_connect(void *self) {
    client *c = self;
    bool present = false;
    c->published = c->told = 0;
    pthread_mutex_lock(&lock);
    ot_status status = attach(c, &present);
    pthread_mutex_unlock(&lock);
    if (status != OT_OK) {
        ot_transport_host_lost(c->host, status, "out of memory");
        return OT_OK;
    }
    for (size_t i = 0; i < c->config->subscription_count; i++) {
        const ot_subscription *s = &c->config->subscriptions[i];
        ot_transport_host_subscribed(c->host, s->filter, OT_OK, s->qos);
    }
    ot_transport_host_connected(c->host, present);
    return OT_OK;
}

static void slot_drop(void *self) {
    client *c = self;
    pthread_mutex_lock(&lock);
    detach(c, true);
    pthread_mutex_unlock(&lock);
}

static void finish(client *c) {
    pthread_mutex_lock(&lock);
    detach(c, false);
    pthread_mutex_unlock(&lock);
    ot_transport_host_ended(c->host);
}

/* One batch; gives false when there was nothing. */
static bool deliver(client *c) {
    size_t bytes = 0;
    uint32_t count = 0;
    pthread_mutex_lock(&lock);
    while (c->s && c->s->sent < c->s->count && count < c->config->batch_count && bytes < c->config->batch_bytes) {
        entry e = c->s->queue[c->s->head + c->s->sent++];
        message_keep(e.m);
        pthread_mutex_unlock(&lock);
        ot_envelope envelope = OT_ENVELOPE_INIT;
        envelope.topic = topic_of(e.m);
        envelope.payload = ot_str_of(e.m->data + e.m->topic_len, e.m->payload_len);
        envelope.origin = OT_ORIGIN_MQTT;
        envelope.qos = e.qos;
        envelope.retained = e.retained;
        envelope.dup = e.dup;
        ot_transport_host_deliver(c->host, &envelope);
        count++;
        bytes += e.m->payload_len;
        message_free(e.m);
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock);
    return count > 0;
}

static bool answer(client *c) {
    uint64_t upto = c->published;
    bool any = c->told < upto;
    while (c->told < upto)
        ot_transport_host_published(c->host, ++c->told, OT_FATE_ACKED, OT_OK);
    return any;
}

static void await(client *c, int timeout) {
    struct pollfd p = {c->wake[0], POLLIN, 0};
    if (poll(&p, 1, timeout) > 0) {
        char drain[64];
        while (read(c->wake[0], drain, sizeof drain) > 0) {
        }
    }
}

static ot_status slot_poll(void *self, int timeout) {
    client *c = self;
    for (int pass = 0; pass < 2; pass++) {
        pthread_mutex_lock(&lock);
        bool taken = c->taken;
        c->taken = false;
        bool held = c->s && c->s->sent;
        pthread_mutex_unlock(&lock);
        if (taken) {
            ot_transport_host_lost(c->host, OT_ELOST, "another client came with the same id");
            return OT_OK;
        }
        if (c->stopping && c->told == c->published) {
            finish(c);
            return OT_OK;
        }
        if (held || answer(c) || deliver(c)) return OT_OK;
        if (pass == 0) await(c, timeout);
    }
    return OT_OK;
}

static void slot_wait(void *self, ot_wait *out) {
    client *c = self;
    uint64_t delivered, acked;
    ot_transport_host_numbers(c->host, &delivered, &acked);
    if (delivered > acked) return; /* nothing to do before the acknowledgement */
    out->fd = c->wake[0];
    out->readable = true;
    pthread_mutex_lock(&lock);
    bool due = c->taken || c->told < c->published || (c->s && c->s->count);
    pthread_mutex_unlock(&lock);
    if (due) out->timeout = 0;
}

static ot_status slot_ack(void *self, uint64_t upto) {
    client *c = self;
    (void)upto; /* everything that was sent */
    pthread_mutex_lock(&lock);
    if (c->s) {
        queue_pop(c->s, c->s->sent);
        c->s->sent = 0;
    }
    pthread_mutex_unlock(&lock);
    return OT_OK;
}

static ot_status slot_publish(void *self, const ot_publication *publication, uint64_t token, ot_error *error) {
    client *c = self;
    pthread_mutex_lock(&lock);
    ot_status status = c->s ? route(c->b, publication) : OT_EBUSY;
    pthread_mutex_unlock(&lock);
    if (status != OT_OK) return ot_error_set(error, status, NULL, OT_NO_OFFSET, "%s", ot_status_text(status));
    if (!c->published) c->told = token - 1; /* the first one of this connection */
    c->published = token;
    wake(c);
    return OT_OK;
}

static void slot_stop(void *self) {
    client *c = self;
    c->stopping = true;
    if (c->told == c->published) finish(c);
}

const ot_transport_ops ot__transport_loopback = {sizeof(ot_transport_ops),
                                                 "loopback",
                                                 sizeof(client),
                                                 slot_open,
                                                 slot_close,
                                                 slot_connect,
                                                 slot_drop,
                                                 slot_poll,
                                                 slot_wait,
                                                 slot_ack,
                                                 slot_publish,
                                                 slot_stop};
