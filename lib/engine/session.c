/* session.c: the memory of a durable MQTT session: client id, filters, lease. */
#include "session.h"

#include <stdio.h>

struct ot_session {
    ot_store *store;
    ot_clock clock;
    bool has_clock;
    ot_log log;
    char key[sizeof OT__SESSION_KEY + OT_SESSION_NAME_MAX];
    char *broker;
    ot__session_value value; /* filters: those remembered at the broker, wanted or not */
    ot__texts wanted, unwanted;
    uint64_t version;
    bool expected, connected, lost;
    ot_time next;
};

static ot_time now(const ot_session *s) {
    return ot_clock_now(s->has_clock ? &s->clock : NULL);
}

static ot_status load(ot_store *store, const char *key, ot__buf *buf, uint64_t *version, ot_error *error) {
    ot__buf_reset(buf);
    *version = OT_KV_NEW;
    ot_sink sink = ot__buf_sink(buf);
    ot_status status = ot_kv_get(store, ot_str_c(key), &sink, version, error);
    if (status == OT_ENOTFOUND) *version = OT_KV_NEW;
    return status;
}

/* Writes the value, if it stands there as we know it. */
static ot_status save(ot_session *s, bool with_lease, ot_error *error) {
    ot__buf buf;
    ot__buf_init(&buf, OT__SESSION_TEXT_MAX);
    ot_sink sink = ot__buf_sink(&buf);
    uint64_t version = 0;
    ot_status status = ot__session_write(&s->value, s->broker, s->expected || s->connected, with_lease, &sink);
    if (status != OT_OK)
        ot_error_set(error, status, "session", OT_NO_OFFSET, "%s", ot_status_text(status));
    else
        status = ot_kv_put(s->store, ot_str_c(s->key), ot__buf_str(&buf), s->version, &version, error);
    ot__buf_free(&buf);
    if (status == OT_OK) s->version = version;
    return status;
}

/* After a conflict: is it still ours, because an earlier write was done although its answer was a failure? */
static bool still_ours(ot_session *s) {
    ot__buf buf;
    ot__session_value value;
    uint64_t version;
    ot__buf_init(&buf, OT__SESSION_TEXT_MAX);
    ot__session_value_init(&value);
    bool ours = load(s->store, s->key, &buf, &version, NULL) == OT_OK &&
                ot__session_read(ot__buf_str(&buf), NULL, NULL, &value, NULL) == OT_OK &&
                strcmp(value.lease.nonce, s->value.lease.nonce) == 0;
    if (ours) s->version = version;
    ot__session_value_free(&value);
    ot__buf_free(&buf);
    return ours;
}

static ot_status keep(ot_session *s, ot_error *error) {
    if (s->lost) return ot_error_set(error, OT_ECONFLICT, "session", OT_NO_OFFSET, "another process has taken it");
    s->value.lease.until = now(s) + OT_SESSION_LEASE;
    ot_status status = save(s, true, error);
    if (status == OT_ECONFLICT && still_ours(s)) status = save(s, true, error);
    if (status == OT_OK) {
        s->next = now(s) + OT_SESSION_LEASE / 2;
    } else if (status == OT_ECONFLICT) {
        s->lost = true;
        ot_log_line(s->log.write ? &s->log : NULL, OT_LOG_ERROR, "another process has taken %s", s->key);
        ot_error_set(error, OT_ECONFLICT, "session", OT_NO_OFFSET, "another process has taken it");
    } else {
        s->next = now(s) + 2000;
    }
    return status;
}

static void make_client_id(char *out, size_t size) {
    uint64_t bits;
    ot__os_random(&bits, sizeof bits);
    snprintf(out, size, "ot-%016llx", (unsigned long long)bits);
}

/* Another session of this store may have the same client id in use. */
typedef struct twin {
    const ot_session *session;
    bool found;
    ot__lease lease;
    char key[OT_SESSION_NAME_MAX + sizeof OT__SESSION_KEY];
} twin;

static ot_status look_for_twin(void *ctx, ot_str key, ot_str text, uint64_t version) {
    twin *t = ctx;
    (void)version;
    if (ot_str_eq(key, ot_str_c(t->session->key))) return OT_OK;
    ot__session_value value;
    ot__session_value_init(&value);
    if (ot__session_read(text, t->session->broker, NULL, &value, NULL) == OT_OK && value.same_broker &&
        strcmp(value.client_id, t->session->value.client_id) == 0 && ot__lease_holds(&value.lease, now(t->session))) {
        t->found = true;
        t->lease = value.lease;
        ot_str_copy(key, t->key, sizeof t->key);
    }
    ot__session_value_free(&value);
    return t->found ? OT_DONE : OT_OK;
}

static ot_status busy(const char *key, const ot__lease *lease, ot_error *error) {
    char until[OT_TIME_TEXT_SIZE];
    ot_time_format(lease->until, NULL, until);
    return ot_error_set(error, OT_EBUSY, "session", OT_NO_OFFSET,
                        "%s is in use by process %lld on %s (until %s unless renewed)", key,
                        (long long)lease->process.pid, lease->process.host, until);
}

/* One attempt to take the lease. OT_ECONFLICT: somebody wrote in between. */
static ot_status take(ot_session *s, const char *client_id, ot__buf *buf, ot_error *error) {
    ot__session_value_free(&s->value);
    ot__session_value_init(&s->value);
    ot_status status = load(s->store, s->key, buf, &s->version, error);
    if (status == OT_OK) {
        status = ot__session_read(ot__buf_str(buf), s->broker, client_id, &s->value, error);
        if (status != OT_OK) return status;
        if (ot__lease_holds(&s->value.lease, now(s))) return busy(s->key, &s->value.lease, error);
    } else if (status != OT_ENOTFOUND) {
        return status;
    } else if (client_id) {
        ot_str_copy(ot_str_c(client_id), s->value.client_id, sizeof s->value.client_id);
    } else {
        make_client_id(s->value.client_id, sizeof s->value.client_id);
    }
    twin t = {.session = s};
    status = ot_kv_scan(s->store, OT_STR(OT__SESSION_KEY), ot_str_of(NULL, 0), look_for_twin, &t, error);
    if (t.found) return busy(t.key, &t.lease, error);
    if (status != OT_OK) return status;

    s->expected = s->value.linked;
    memset(&s->value.lease, 0, sizeof s->value.lease);
    ot__os_process_self(&s->value.lease.process);
    uint64_t bits;
    ot__os_random(&bits, sizeof bits);
    snprintf(s->value.lease.nonce, sizeof s->value.lease.nonce, "%016llx", (unsigned long long)bits);
    s->value.lease.since = now(s);
    s->value.lease.until = now(s) + OT_SESSION_LEASE;
    return OT_OK;
}

/* What is remembered grows before anything is subscribed to, and shrinks only after what is unwanted is gone. */
static ot_status compare(ot_session *s, const ot_subscription *wanted, size_t count) {
    ot__arena *arena = &s->value.arena;
    memset(&s->wanted, 0, sizeof s->wanted);
    memset(&s->unwanted, 0, sizeof s->unwanted);
    ot_status status = OT_OK;
    for (size_t i = 0; i < count && status == OT_OK; i++)
        status = ot__texts_add(arena, &s->wanted, ot_str_c(wanted[i].filter));
    for (size_t i = 0; i < s->value.filters.count && status == OT_OK; i++) {
        if (!ot__texts_has(&s->wanted, s->value.filters.items[i]))
            status = ot__texts_add(arena, &s->unwanted, ot_str_c(s->value.filters.items[i]));
    }
    for (size_t i = 0; i < s->wanted.count && status == OT_OK; i++)
        status = ot__texts_add(arena, &s->value.filters, ot_str_c(s->wanted.items[i]));
    return status;
}

static ot_status check(ot_store *store, const char *name, const char *client_id, const char *broker,
                       const ot_subscription *wanted, size_t count, ot_error *error) {
    ot_error why;
    if (!store) return ot_error_set(error, OT_EINVAL, "store", OT_NO_OFFSET, "is missing");
    if (!name || ot_topic_check_level(ot_str_c(name), &why) != OT_OK || strlen(name) > OT_SESSION_NAME_MAX)
        return ot_error_set(error, OT_EINVAL, "session", OT_NO_OFFSET,
                            "a name has 1 to %d bytes of UTF-8 without /, + and #", OT_SESSION_NAME_MAX);
    if (!broker || !ot_str_utf8(ot_str_c(broker), NULL))
        return ot_error_set(error, OT_EINVAL, "broker", OT_NO_OFFSET, "is missing or not UTF-8");
    if (client_id && (!*client_id || strlen(client_id) > OT_CLIENT_ID_MAX || !ot_str_utf8(ot_str_c(client_id), NULL)))
        return ot_error_set(error, OT_EINVAL, "client_id", OT_NO_OFFSET, "must have 1 to %d bytes of UTF-8",
                            OT_CLIENT_ID_MAX);
    if (count && !wanted) return ot_error_set(error, OT_EINVAL, "wanted", OT_NO_OFFSET, "is missing");
    for (size_t i = 0; i < count; i++) {
        if (!wanted[i].filter || ot_topic_check_filter(ot_str_c(wanted[i].filter), &why) != OT_OK)
            return ot_error_set(error, OT_EINVAL, "filter", OT_NO_OFFSET, "number %zu is no valid topic filter", i);
    }
    return OT_OK;
}

ot_status ot_session_open(ot_store *store, const char *name, const char *client_id, const char *broker,
                          const ot_subscription *wanted, size_t count, const ot_clock *clock, const ot_log *log,
                          ot_session **out, ot_error *error) {
    if (!out) return ot_error_set(error, OT_EINVAL, "out", OT_NO_OFFSET, "is missing");
    *out = NULL;
    ot_status status = check(store, name, client_id, broker, wanted, count, error);
    if (status != OT_OK) return status;
    ot_session *s = ot_mem_zalloc(1, sizeof *s);
    if (!s) return ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "out of memory");
    ot__session_value_init(&s->value);
    s->store = store;
    if (clock) s->clock = *clock, s->has_clock = true;
    if (log) s->log = *log;
    snprintf(s->key, sizeof s->key, OT__SESSION_KEY "%s", name);
    s->broker = ot_mem_alloc(strlen(broker) + 1);
    ot__buf buf;
    ot__buf_init(&buf, OT__SESSION_TEXT_MAX);
    status = s->broker ? OT_OK : ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "out of memory");
    if (s->broker) memcpy(s->broker, broker, strlen(broker) + 1);
    for (int attempt = 0; status == OT_OK; attempt++) {
        status = take(s, client_id, &buf, error);
        if (status == OT_OK) {
            status = compare(s, wanted, count);
            if (status != OT_OK) ot_error_set(error, status, "session", OT_NO_OFFSET, "%s", ot_status_text(status));
        }
        if (status != OT_OK) break;
        status = save(s, true, error);
        if (status != OT_ECONFLICT || attempt == 9) break;
        status = OT_OK; /* two at once: the other one's lease is looked at in the next round */
    }
    ot__buf_free(&buf);
    if (status != OT_OK) {
        s->lost = true; /* nothing to give back */
        ot_session_close(s);
        return status;
    }
    s->next = now(s) + OT_SESSION_LEASE / 2;
    *out = s;
    return OT_OK;
}

const char *ot_session_client_id(const ot_session *s) {
    return s->value.client_id;
}

size_t ot_session_unwanted(const ot_session *s, const char *const **filters) {
    if (filters) *filters = s->unwanted.items;
    return s->unwanted.count;
}

bool ot_session_expected(const ot_session *s) {
    return s->expected;
}

ot_status ot_session_connected(ot_session *s, ot_error *error) {
    bool news = !s->connected || !s->expected;
    ot__texts before = s->value.filters;
    s->value.filters = s->wanted;
    s->connected = true;
    if (!news) return OT_OK;
    ot_status status = keep(s, error);
    if (status == OT_OK) {
        s->expected = true;
    } else { /* to be told again */
        s->connected = false;
        s->value.filters = before;
    }
    return status;
}

ot_status ot_session_renew(ot_session *s, ot_error *error) {
    if (!s->lost && now(s) < s->next && s->next - now(s) <= OT_SESSION_LEASE) return OT_OK;
    return keep(s, error);
}

ot_time ot_session_next(const ot_session *s) {
    return s->next;
}

void ot_session_close(ot_session *s) {
    if (!s) return;
    if (!s->lost && save(s, false, NULL) == OT_ECONFLICT && still_ours(s)) save(s, false, NULL);
    ot__session_value_free(&s->value);
    if (s->broker) ot_mem_free(s->broker, strlen(s->broker) + 1);
    ot_mem_free(s, sizeof *s);
}

ot_status ot_session_look(ot_store *store, const char *name, const ot_clock *clock, ot_session_info *out,
                          ot_error *error) {
    ot_status status = check(store, name, NULL, "", NULL, 0, error);
    if (status != OT_OK) return status;
    if (!out) return ot_error_set(error, OT_EINVAL, "out", OT_NO_OFFSET, "is missing");
    char key[sizeof OT__SESSION_KEY + OT_SESSION_NAME_MAX];
    snprintf(key, sizeof key, OT__SESSION_KEY "%s", name);
    ot__buf buf;
    ot__session_value value;
    uint64_t version;
    ot__buf_init(&buf, OT__SESSION_TEXT_MAX);
    ot__session_value_init(&value);
    status = load(store, key, &buf, &version, error);
    if (status == OT_OK) status = ot__session_read(ot__buf_str(&buf), NULL, NULL, &value, error);
    if (status == OT_OK) {
        ot_session_info info = {.size = sizeof info};
        memcpy(info.client_id, value.client_id, sizeof info.client_id);
        memcpy(info.host, value.lease.process.host, sizeof info.host);
        info.pid = value.lease.process.pid;
        info.since = info.pid ? value.lease.since : OT_TIME_NONE;
        info.until = info.pid ? value.lease.until : OT_TIME_NONE;
        info.live = ot__lease_holds(&value.lease, ot_clock_now(clock));
        size_t size = out->size < sizeof info ? out->size : sizeof info;
        info.size = out->size;
        memcpy(out, &info, size);
    }
    ot__session_value_free(&value);
    ot__buf_free(&buf);
    return status;
}
