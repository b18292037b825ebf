/* run.c: the loop of ot-sim: when a message is due, over which connection it goes, and how it all ends. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "link.h"
#include "random.h"

#define BURST       512  /* messages made in one turn at most */
#define BACKLOG     4000 /* messages that wait on one connection at most, before no more are made */
#define TICK_MS     2    /* messages that are due within so long go together */
#define PROGRESS_MS 1000

typedef struct run {
    const sim_config *config;
    sim_result *result;
    world *world;
    ledger ledger;
    sim_link *links;
    size_t link_count;
    dice dice;
    int64_t begun, told, next_kill; /* milliseconds of the monotonic clock */
    ot_time real, clocks;           /* when it began; where the clocks began (speed) */
    uint64_t n;                     /* of the ledger */
    bool have;                      /* a message that is not due yet */
    world_message next;
    struct pollfd *fds;
} run;

static int64_t monotonic(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool stopped(const run *r) {
    return r->config->stop && r->config->stop();
}
static ot_status no_memory(ot_error *error) {
    return ot_error_set(error, OT_ENOMEM, "", OT_NO_OFFSET, "out of memory");
}

static sim_link *link_of(run *r, size_t device) {
    size_t wills = r->config->wills;
    return device < wills ? &r->links[device] : &r->links[wills + device % (r->link_count - wills)];
}

/* The topic of a device, then its subtopic, over malloc, with room for a payload behind it. */
static char *topic_of(const run *r, size_t device, ot_subtopic sub, size_t more, size_t *len, ot_error *error) {
    char small[1024];
    ot_sink_buffer buffer = {small, sizeof small, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    if (ot_topic_build(ot_str_c(r->config->base), world_user(r->world, device), world_device(r->world, device), sub,
                       &sink, error) != OT_OK)
        return NULL;
    if (buffer.len > sizeof small) return ot_error_set(error, OT_ELIMIT, "base", OT_NO_OFFSET, "is too long"), NULL;
    char *topic = malloc(buffer.len + more + 1);
    if (!topic) return no_memory(error), NULL;
    memcpy(topic, small, buffer.len);
    *len = buffer.len;
    return topic;
}

/* Writes a message into the ledger and gives it to its connection. */
static ot_status take(run *r, world_message *m, ot_error *error) {
    parcel p = {.n = ++r->n, .qos = m->qos, .retain = m->retain, .len = m->len};
    p.topic = topic_of(r, m->device, m->sub, m->len, &p.topic_len, error);
    if (!p.topic) return OT_EINVAL;
    memcpy(p.topic + p.topic_len, m->payload, m->len);
    ledger_sent(&r->ledger, p.n, world_user(r->world, m->device), world_device(r->world, m->device), m->type, m->at,
                m->qos, ot_str_of(m->payload, m->len));
    r->result->late += m->late;
    r->result->twice += m->again;
    r->result->made++;
    free(m->payload);
    m->payload = NULL;
    if (link_add(link_of(r, m->device), &p)) return OT_OK;
    free(p.topic);
    return no_memory(error);
}

/* How many messages are due by the rate. */
static uint64_t due_by_rate(const run *r, int64_t now) {
    if (r->config->rate <= 0) return UINT64_MAX;
    double due = floor((double)(now - r->begun) * r->config->rate / 1000.0) + 1;
    return due <= (double)r->result->made ? 0 : (uint64_t)due - r->result->made;
}

/* The moment that the clocks of the devices have reached by now. */
static ot_time reached(const run *r, int64_t now) {
    double simulated = (double)r->clocks + (double)(now - r->begun) * r->config->speed;
    ot_time present = ot_time_now();
    return simulated < (double)present ? (ot_time)simulated : present;
}

/* Makes what is due, writes it into the ledger, and only then lets it go. *wait: milliseconds until there is more to make. */
static ot_status make(run *r, int64_t now, int *wait, ot_error *error) {
    const sim_config *c = r->config;
    uint64_t due = due_by_rate(r, now);
    *wait = TICK_MS;
    if (c->speed > 0) due = BURST;
    if (c->rate > 0 && c->rate < 1000.0 / TICK_MS) {
        double next = ((double)r->result->made) * 1000.0 / c->rate - (double)(now - r->begun);
        *wait = next < TICK_MS ? TICK_MS : next > 1000 ? 1000 : (int)next + 1;
    }
    for (size_t i = 0; i < r->link_count; i++)
        if (r->links[i].waiting.count > BACKLOG) return *wait = 20, OT_OK;
    if (due > BURST) due = BURST;
    bool some = false;
    for (uint64_t i = 0; i < due && (!c->count || r->result->made < c->count); i++) {
        ot_time limit = c->speed > 0 ? OT_TIME_MAX : ot_time_now();
        if (!r->have && !world_next(r->world, limit, &r->next)) return no_memory(error);
        r->have = true;
        if (c->speed > 0) {
            ot_time ahead = r->next.made - reached(r, now);
            if (ahead > 0) {
                double real = (double)ahead / c->speed;
                *wait = real < TICK_MS ? TICK_MS : real > 500 ? 500 : (int)real + 1;
                break;
            }
        }
        r->have = false;
        some = true;
        ot_status status = take(r, &r->next, error);
        if (status != OT_OK) return free(r->next.payload), status;
    }
    if (c->rate <= 0 && c->speed <= 0) *wait = 0;
    if (some && !ledger_flush(&r->ledger))
        return ot_error_set(error, OT_EIO, "ledger", OT_NO_OFFSET, "cannot be written");
    return OT_OK;
}

/* Waits until a connection has something to do, at most so long. */
static void wait_for(run *r, int timeout) {
    nfds_t count = 0;
    for (size_t i = 0; i < r->link_count; i++) {
        ot_wait w = {.size = sizeof w, .fd = -1, .timeout = -1};
        if (ot_transport_wait(r->links[i].transport, &w) != OT_OK) continue;
        if (w.timeout >= 0 && w.timeout < timeout) timeout = w.timeout;
        if (w.fd < 0) continue;
        r->fds[count].fd = w.fd;
        r->fds[count].events = (short)((w.readable ? POLLIN : 0) | (w.writable ? POLLOUT : 0));
        r->fds[count++].revents = 0;
    }
    if (tool_signal_fd() >= 0) {
        r->fds[count].fd = tool_signal_fd();
        r->fds[count].events = POLLIN;
        r->fds[count++].revents = 0;
    }
    if (timeout > 0) poll(r->fds, count, timeout);
}

static ot_status turn_all(run *r, ot_error *error) {
    for (size_t i = 0; i < r->link_count; i++) {
        ot_status status = link_turn(&r->links[i], error);
        if (status != OT_OK) return status;
    }
    return ledger_flush(&r->ledger) ? OT_OK : ot_error_set(error, OT_EIO, "ledger", OT_NO_OFFSET, "cannot be written");
}

static void progress(run *r, int64_t now) {
    if (!r->config->progress || now - r->told < PROGRESS_MS) return;
    r->told = now;
    ot_log_line(r->config->log, OT_LOG_INFO, "%llu messages, %llu acknowledged, %llu sent again",
                (unsigned long long)r->result->made, (unsigned long long)r->result->acked,
                (unsigned long long)r->result->resent);
}

/* Cuts a connection that has a will, now and then. */
static ot_status kill_some(run *r, int64_t now, ot_error *error) {
    if (!r->config->kill_every || !r->config->wills || now < r->next_kill) return OT_OK;
    r->next_kill = now + r->config->kill_every;
    sim_link *l = &r->links[dice_below(&r->dice, r->config->wills)];
    if (!l->connected) return OT_OK;
    r->result->kills++;
    return link_cut(l, error);
}

static ot_status main_loop(run *r, ot_error *error) {
    const sim_config *c = r->config;
    ot_status status = OT_OK;
    while (status == OT_OK && !stopped(r)) {
        int64_t now = monotonic();
        int wait = 0;
        if ((c->duration && now - r->begun >= c->duration) || (c->count && r->result->made >= c->count)) break;
        status = make(r, now, &wait, error);
        if (status == OT_OK) status = turn_all(r, error);
        if (status == OT_OK) status = kill_some(r, now, error);
        progress(r, now);
        if (status == OT_OK && c->duration && r->begun + c->duration - now < wait)
            wait = (int)(r->begun + c->duration - now);
        if (status == OT_OK) wait_for(r, wait);
        tool_signals_clear();
    }
    return status;
}

/* Waits for what is on its way, then ends the connections in order. */
static ot_status drain(run *r, ot_error *error) {
    int64_t end = monotonic() + r->config->drain;
    bool idle = false;
    ot_status status = OT_OK;
    while (status == OT_OK && !idle && monotonic() < end) {
        status = turn_all(r, error);
        idle = true;
        for (size_t i = 0; i < r->link_count; i++)
            idle = idle && link_idle(&r->links[i]);
        if (!idle) wait_for(r, 20);
        tool_signals_clear();
    }
    for (size_t i = 0; i < r->link_count; i++)
        r->result->waiting += link_owing(&r->links[i]);
    for (size_t i = 0; i < r->link_count; i++)
        ot_transport_stop(r->links[i].transport);
    end = monotonic() + 2000;
    for (bool open = true; status == OT_OK && open && monotonic() < end;) {
        open = false;
        for (size_t i = 0; i < r->link_count; i++) {
            if (r->links[i].ended) continue;
            if (ot_transport_poll(r->links[i].transport, 0) == OT_DONE)
                r->links[i].ended = true;
            else
                open = true;
        }
        if (open) wait_for(r, 20);
    }
    return status;
}

/* The connections: first those of devices with a will. */
static ot_status open_all(run *r, ot_error *error) {
    ot_status status = OT_OK;
    for (size_t i = 0; i < r->link_count && status == OT_OK; i++) {
        sim_link *l = &r->links[i];
        l->config = r->config;
        l->result = r->result;
        l->ledger = &r->ledger;
        if (i < r->config->wills) {
            size_t len = 0;
            l->will_topic = topic_of(r, i, OT_SUBTOPIC_BASE, 0, &len, error);
            if (!l->will_topic) return OT_EINVAL;
            l->will.topic = ot_str_of(l->will_topic, len);
            l->will.payload = world_will(r->world, i, &l->will.qos);
            ledger_sent(&r->ledger, ++r->n, world_user(r->world, i), world_device(r->world, i), OT_TYPE_LWT,
                        OT_TIME_NONE, 0, l->will.payload);
        }
        status = link_open(l, error);
    }
    if (status == OT_OK && !ledger_flush(&r->ledger))
        status = ot_error_set(error, OT_EIO, "ledger", OT_NO_OFFSET, "cannot be written");
    return status;
}

ot_status sim_run(const sim_config *config, sim_result *result, ot_error *error) {
    run r = {.config = config, .result = result};
    memset(result, 0, sizeof *result);
    sim_config own = *config;
    r.config = &own;
    r.world = world_new(&config->world);
    if (!r.world)
        return ot_error_set(error, OT_EINVAL, "devices", OT_NO_OFFSET,
                            "there must be users and devices, and memory for them");
    size_t devices = world_devices(r.world);
    if (own.wills > devices) own.wills = devices;
    size_t shared = devices - own.wills;
    if (own.connections > shared) own.connections = shared;
    if (shared && !own.connections) own.connections = 1;
    r.link_count = own.wills + own.connections;
    r.links = calloc(r.link_count, sizeof *r.links);
    r.fds = calloc(r.link_count + 1, sizeof *r.fds);
    r.dice = dice_of(own.world.seed, 99);
    ot_status status = r.links && r.fds ? OT_OK : no_memory(error);
    if (status == OT_OK && !ledger_create(&r.ledger, own.ledger, own.world.seed))
        status = ot_error_set(error, OT_EIO, own.ledger, OT_NO_OFFSET, "cannot be written");
    if (status == OT_OK) status = open_all(&r, error);
    r.begun = r.told = monotonic();
    r.real = ot_time_now();
    r.clocks = own.world.start;
    r.next_kill = r.begun + own.kill_every;
    if (status == OT_OK) status = main_loop(&r, error);
    if (status == OT_OK) status = drain(&r, error);
    if (r.have) free(r.next.payload);
    for (size_t i = 0; r.links && i < r.link_count; i++)
        link_close(&r.links[i]);
    if (!ledger_close(&r.ledger) && status == OT_OK)
        status = ot_error_set(error, OT_EIO, own.ledger, OT_NO_OFFSET, "cannot be written");
    result->took = monotonic() - r.begun;
    free(r.links);
    free(r.fds);
    world_free(r.world);
    if (status == OT_OK && (result->waiting || result->refused))
        status =
            ot_error_set(error, OT_ETIMEOUT, "", OT_NO_OFFSET, "%llu messages were not acknowledged, %llu were refused",
                         (unsigned long long)result->waiting, (unsigned long long)result->refused);
    return status;
}
