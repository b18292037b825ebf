/* link.c: a connection and its messages, in the order in which they were said. */
#include "link.h"

#include <stdlib.h>
#include <string.h>

static parcel *at(const queue *q, size_t n) {
    return &q->items[(q->first + n) % q->room];
}

static bool make_room(queue *q) {
    if (q->count < q->room) return true;
    size_t room = q->room ? q->room * 2 : 64;
    parcel *items = malloc(room * sizeof *items);
    if (!items) return false;
    for (size_t i = 0; i < q->count; i++)
        items[i] = *at(q, i);
    free(q->items);
    q->items = items;
    q->first = 0;
    q->room = room;
    return true;
}

static bool push_back(queue *q, const parcel *p) {
    if (!make_room(q)) return false;
    q->items[(q->first + q->count++) % q->room] = *p;
    return true;
}

static bool push_front(queue *q, const parcel *p) {
    if (!make_room(q)) return false;
    q->first = (q->first + q->room - 1) % q->room;
    q->items[q->first] = *p;
    q->count++;
    return true;
}

static void pop_front(queue *q) {
    q->first = (q->first + 1) % q->room;
    q->count--;
}

bool link_add(sim_link *l, const parcel *p) {
    return push_back(&l->waiting, p);
}
bool link_idle(const sim_link *l) {
    return !l->waiting.count && !l->flying.count;
}

uint64_t link_owing(const sim_link *l) {
    uint64_t n = 0;
    for (size_t i = 0; i < l->waiting.count; i++)
        n += at(&l->waiting, i)->qos > 0;
    for (size_t i = 0; i < l->flying.count; i++)
        n += at(&l->flying, i)->qos > 0 && !at(&l->flying, i)->done;
    return n;
}

/* The parcel with this token: tokens rise. */
static parcel *by_token(const sim_link *l, uint64_t token) {
    size_t low = 0, high = l->flying.count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (at(&l->flying, mid)->token < token)
            low = mid + 1;
        else
            high = mid;
    }
    return low < l->flying.count && at(&l->flying, low)->token == token ? at(&l->flying, low) : NULL;
}

static void on_published(void *ctx, uint64_t token, ot_fate fate, ot_status status) {
    sim_link *l = ctx;
    parcel *p = by_token(l, token);
    if (!p || p->done || p->again) return;
    if (fate == OT_FATE_ACKED) {
        p->done = true;
        if (p->qos) {
            l->result->acked++;
            ledger_acked(l->ledger, p->n);
        } else {
            l->result->sent++;
        }
    } else if (p->qos == 0) {
        p->done = true;
        l->result->lost++;
    } else if (fate == OT_FATE_UNKNOWN || ot_status_is_transient(status)) {
        p->again = true;
    } else {
        p->done = true;
        l->result->refused++;
        ot_log_line(l->config->log, OT_LOG_WARNING, "message %llu was refused: %s", (unsigned long long)p->n,
                    ot_status_text(status));
    }
}

static void on_state(void *ctx, const ot_transport_state *state) {
    sim_link *l = ctx;
    bool connected = state->link == OT_LINK_CONNECTED;
    if (connected && !l->connected) l->result->connects++;
    l->connected = connected;
    l->ended = state->link == OT_LINK_ENDED;
}

ot_status link_open(sim_link *l, ot_error *error) {
    ot_transport_config config = *l->config->connection;
    config.direction = OT_SEND;
    config.will = l->will.topic.ptr ? &l->will : NULL;
    config.handlers =
        (ot_transport_handlers){.size = sizeof config.handlers, .published = on_published, .state = on_state, .ctx = l};
    l->connected = l->ended = false;
    return ot_transport_open(l->config->transport, &config, &l->transport, error);
}

/* Takes away what is done, and puts back what is to go again, in its order, before all that waits. */
static ot_status sort_out(sim_link *l, bool all_again, ot_error *error) {
    while (l->flying.count && at(&l->flying, 0)->done) {
        free(at(&l->flying, 0)->topic);
        pop_front(&l->flying);
    }
    bool any = all_again;
    for (size_t i = 0; i < l->flying.count && !any; i++)
        any = at(&l->flying, i)->again;
    if (!any) return OT_OK;
    queue stay = {0};
    ot_status status = OT_OK;
    for (size_t i = l->flying.count; i-- > 0;) {
        parcel p = *at(&l->flying, i);
        bool ok = true;
        if (p.done || (all_again && !p.qos)) {
            l->result->lost += !p.done;
            free(p.topic);
        } else if (p.again || all_again) {
            p.again = false;
            l->result->resent++;
            ok = push_front(&l->waiting, &p);
        } else {
            ok = push_front(&stay, &p);
        }
        if (!ok) status = ot_error_set(error, OT_ENOMEM, "", OT_NO_OFFSET, "out of memory");
    }
    free(l->flying.items);
    l->flying = stay;
    return status;
}

ot_status link_turn(sim_link *l, ot_error *error) {
    ot_status status = OT_OK;
    while (l->waiting.count && l->connected) {
        parcel *p = at(&l->waiting, 0);
        ot_publication publication = {ot_str_of(p->topic, p->topic_len), ot_str_of(p->topic + p->topic_len, p->len),
                                      p->qos, p->retain};
        /* It is among those on their way before it goes: its fate may be told at once. */
        if (!make_room(&l->flying)) return ot_error_set(error, OT_ENOMEM, "", OT_NO_OFFSET, "out of memory");
        status = ot_transport_publish(l->transport, &publication, &p->token, error);
        if (status == OT_EBUSY) break;
        if (status != OT_OK && ot_status_is_transient(status)) break;
        if (status != OT_OK) {
            l->result->refused += p->qos > 0;
            ot_log_line(l->config->log, OT_LOG_WARNING, "message %llu cannot be published: %s",
                        (unsigned long long)p->n, ot_status_text(status));
            free(p->topic);
        } else {
            l->result->published++;
            push_back(&l->flying, p);
        }
        pop_front(&l->waiting);
    }
    status = ot_transport_poll(l->transport, 0);
    if (status != OT_OK && status != OT_DONE) {
        l->broken = status;
        return ot_error_set(error, status, "transport", OT_NO_OFFSET, "failed");
    }
    if (status == OT_DONE) l->ended = true;
    return sort_out(l, false, error);
}

ot_status link_cut(sim_link *l, ot_error *error) {
    ot_transport_close(l->transport);
    l->transport = NULL;
    ot_status status = sort_out(l, true, error);
    return status == OT_OK ? link_open(l, error) : status;
}

void link_close(sim_link *l) {
    ot_transport_close(l->transport);
    l->transport = NULL;
    for (size_t i = 0; i < l->waiting.count; i++)
        free(at(&l->waiting, i)->topic);
    for (size_t i = 0; i < l->flying.count; i++)
        free(at(&l->flying, i)->topic);
    free(l->waiting.items);
    free(l->flying.items);
    free(l->will_topic);
    memset(l, 0, sizeof *l);
}
