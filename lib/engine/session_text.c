/* session_text.c: the JSON text of a session in kv: client id, lease, and for each broker and client id the filters subscribed to. */
#include "session.h"

#include "../codec/codec.h"

void ot__session_value_init(ot__session_value *value) {
    memset(value, 0, sizeof *value);
    ot__arena_init(&value->arena, 4096, OT__SESSION_TEXT_MAX * 2);
    ot__buf_init(&value->others, OT__SESSION_TEXT_MAX);
}

void ot__session_value_free(ot__session_value *value) {
    ot__arena_free(&value->arena);
    ot__buf_free(&value->others);
}

bool ot__texts_has(const ot__texts *texts, const char *text) {
    for (size_t i = 0; i < texts->count; i++) {
        if (strcmp(texts->items[i], text) == 0) return true;
    }
    return false;
}

ot_status ot__texts_add(ot__arena *arena, ot__texts *texts, ot_str text) {
    char *copy = ot__arena_alloc(arena, text.len + 1, 1);
    if (!copy) return OT_ENOMEM;
    if (text.len) memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    if (ot__texts_has(texts, copy)) return OT_OK;
    if (texts->count == texts->cap) {
        size_t cap = texts->cap ? texts->cap * 2 : 8;
        const char **items = ot__arena_alloc(arena, cap * sizeof *items, _Alignof(const char *));
        if (!items) return OT_ENOMEM;
        if (texts->count) memcpy(items, texts->items, texts->count * sizeof *items);
        texts->items = items;
        texts->cap = cap;
    }
    texts->items[texts->count++] = copy;
    return OT_OK;
}

static bool member(ot_str object, const char *key, ot__json_kind kind, ot__json_value *out) {
    size_t position = 0;
    ot_str name;
    bool escaped;
    while (ot__json_object_next(object, &position, &name, &escaped, out)) {
        if (ot__json_key_eq(name, escaped, ot_str_c(key))) return out->kind == kind;
    }
    return false;
}

/* A text member; false when it is missing, too long, or holds NUL. */
static bool text_member(ot_str object, const char *key, char *out, size_t size) {
    ot__json_value value;
    if (!member(object, key, OT__JSON_STRING, &value)) return false;
    ot_str body = ot__json_body(&value);
    char scratch[OT_CLIENT_ID_MAX * 6 + 1];
    if (body.len > sizeof scratch) return false;
    size_t n = ot__json_unescape(body, scratch);
    if (n >= size || memchr(scratch, 0, n)) return false;
    memcpy(out, scratch, n);
    out[n] = 0;
    return true;
}

static bool int_member(ot_str object, const char *key, int64_t *out) {
    ot__json_value value;
    ot__num number;
    if (!member(object, key, OT__JSON_NUMBER, &value)) return false;
    if (!ot__num_parse(value.raw, &number) || number.kind != OT__NUM_INT) return false;
    *out = number.i;
    return true;
}

static bool read_lease(ot_str object, ot__lease *lease) {
    int64_t start;
    bool good = text_member(object, "host", lease->process.host, sizeof lease->process.host) &&
                text_member(object, "boot", lease->process.boot, sizeof lease->process.boot) &&
                text_member(object, "nonce", lease->nonce, sizeof lease->nonce) &&
                int_member(object, "pid", &lease->process.pid) && int_member(object, "start", &start) &&
                int_member(object, "since", &lease->since) && int_member(object, "until", &lease->until);
    if (good) lease->process.start = (uint64_t)start;
    return good;
}

/* Is it the link of this broker and client id? Texts may be long, so they are compared in scratch memory of the arena. */
static ot_status is_link(ot__arena *arena, ot_str object, const char *key, const char *wanted, bool *out) {
    ot__json_value value;
    *out = false;
    if (!member(object, key, OT__JSON_STRING, &value)) return OT_OK;
    ot_str body = ot__json_body(&value);
    char *text = ot__arena_alloc(arena, body.len + 1, 1);
    if (!text) return OT_ENOMEM;
    size_t n = ot__json_unescape(body, text);
    *out = ot_str_eq(ot_str_of(text, n), ot_str_c(wanted));
    return OT_OK;
}

static ot_status read_filters(ot__session_value *value, ot_str array) {
    size_t position = 0;
    ot__json_value item;
    while (ot__json_array_next(array, &position, &item)) {
        if (item.kind != OT__JSON_STRING) continue;
        ot_str body = ot__json_body(&item);
        char *text = ot__arena_alloc(&value->arena, body.len + 1, 1);
        if (!text) return OT_ENOMEM;
        ot_status status =
            ot__texts_add(&value->arena, &value->filters, ot_str_of(text, ot__json_unescape(body, text)));
        if (status != OT_OK) return status;
    }
    return OT_OK;
}

static ot_status read_links(ot__session_value *value, ot_str array, const char *broker) {
    size_t position = 0, total = 0;
    ot__json_value link;
    while (ot__json_array_next(array, &position, &link))
        total++;
    position = 0;
    for (size_t i = 0; ot__json_array_next(array, &position, &link); i++) {
        if (link.kind != OT__JSON_OBJECT) continue;
        bool same_broker, same_id;
        ot_status status = is_link(&value->arena, link.raw, "broker", broker, &same_broker);
        if (status == OT_OK) status = is_link(&value->arena, link.raw, "client_id", value->client_id, &same_id);
        if (status != OT_OK) return status;
        ot__json_value part;
        if (same_broker && same_id) {
            value->linked = member(link.raw, "connected", OT__JSON_TRUE, &part);
            if (member(link.raw, "filters", OT__JSON_ARRAY, &part)) status = read_filters(value, part.raw);
        } else if (total - i <= OT__SESSION_LINKS) { /* the newest stand last */
            if (value->other_count++) ot__buf_text(&value->others, ",");
            status = ot__buf_append(&value->others, link.raw.ptr, link.raw.len);
        }
        if (status != OT_OK) return status;
    }
    return OT_OK;
}

ot_status ot__session_read(ot_str text, const char *broker, const char *client_id, ot__session_value *value,
                           ot_error *error) {
    ot__json_value whole, part;
    if (ot__json_validate(text, 32, &whole, NULL) != OT_OK || whole.kind != OT__JSON_OBJECT)
        return ot_error_set(error, OT_ECORRUPT, "session", OT_NO_OFFSET, "the stored value is no JSON object");
    if (!text_member(whole.raw, "client_id", value->client_id, sizeof value->client_id))
        return ot_error_set(error, OT_ECORRUPT, "session", OT_NO_OFFSET, "the stored value holds no client_id");
    if (client_id) ot_str_copy(ot_str_c(client_id), value->client_id, sizeof value->client_id);
    if (member(whole.raw, "lease", OT__JSON_OBJECT, &part) && !read_lease(part.raw, &value->lease))
        return ot_error_set(error, OT_ECORRUPT, "session", OT_NO_OFFSET, "the stored lease is not understood");
    if (broker && is_link(&value->arena, whole.raw, "broker", broker, &value->same_broker) != OT_OK)
        return ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "out of memory");
    if (broker && member(whole.raw, "links", OT__JSON_ARRAY, &part)) {
        ot_status status = read_links(value, part.raw, broker);
        if (status != OT_OK) return ot_error_set(error, status, "session", OT_NO_OFFSET, "%s", ot_status_text(status));
    }
    return OT_OK;
}

/* Writing into a buffer keeps the first failure by itself. */
static void text(ot__buf *buf, const char *key, const char *value) {
    ot_sink sink = ot__buf_sink(buf);
    ot__buf_format(buf, "\"%s\":", key);
    if (buf->status == OT_OK) {
        ot_status status = ot__json_write_string(&sink, ot_str_c(value));
        if (status != OT_OK && buf->status == OT_OK) buf->status = status;
    }
}

ot_status ot__session_write(const ot__session_value *value, const char *broker, bool connected, bool with_lease,
                            const ot_sink *sink) {
    ot__buf buf;
    ot__buf_init(&buf, OT__SESSION_TEXT_MAX);
    ot__buf_text(&buf, "{");
    text(&buf, "client_id", value->client_id);
    ot__buf_text(&buf, ",");
    text(&buf, "broker", broker);
    if (with_lease) {
        const ot__lease *lease = &value->lease;
        ot__buf_text(&buf, ",\"lease\":{");
        text(&buf, "host", lease->process.host);
        ot__buf_text(&buf, ",");
        text(&buf, "boot", lease->process.boot);
        ot__buf_text(&buf, ",");
        text(&buf, "nonce", lease->nonce);
        ot__buf_format(&buf, ",\"pid\":%lld,\"start\":%lld,\"since\":%lld,\"until\":%lld}",
                       (long long)lease->process.pid, (long long)lease->process.start, (long long)lease->since,
                       (long long)lease->until);
    }
    ot__buf_text(&buf, ",\"links\":[");
    ot__buf_append(&buf, value->others.data, value->others.len);
    ot__buf_text(&buf, value->other_count ? ",{" : "{");
    text(&buf, "broker", broker);
    ot__buf_text(&buf, ",");
    text(&buf, "client_id", value->client_id);
    ot__buf_format(&buf, ",\"connected\":%s,\"filters\":[", connected ? "true" : "false");
    ot_sink into = ot__buf_sink(&buf);
    for (size_t i = 0; i < value->filters.count && buf.status == OT_OK; i++) {
        if (i) ot__buf_text(&buf, ",");
        ot__json_write_string(&into, ot_str_c(value->filters.items[i]));
    }
    ot__buf_text(&buf, "]}]}");
    ot_status status = buf.status;
    if (status == OT_OK) status = sink->write(sink->ctx, buf.data, buf.len);
    ot__buf_free(&buf);
    return status;
}

bool ot__lease_holds(const ot__lease *lease, ot_time now) {
    if (!lease->process.pid) return false;
    if (now >= lease->until) return false;
    /* A clock that was set back must not make a lease hold longer than one would. */
    if (lease->until - now > OT_SESSION_LEASE * 2) return false;
    return ot__os_process_life(&lease->process) != OT__LIFE_DEAD;
}
