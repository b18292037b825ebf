/* engine_rig.h: what tests of the engine share: a store that fails as it is told, in front of a memory store, and a clock that is set by hand. */
#ifndef OT_TEST_ENGINE_RIG_H
#define OT_TEST_ENGINE_RIG_H

#include <owntracks/owntracks.h>
#include <owntracks/sys/store_backend.h>

#include <stdlib.h>

/* A store in front of another one. */
typedef struct rig_store {
    ot_store *inner;    /* NULL: everything is taken and forgotten */
    ot_status fail;     /* the next puts give this … */
    int fail_count;     /* … so often; negative: for ever */
    const char *poison; /* a put with this text in a payload gives poison_status */
    ot_status poison_status;
    bool poison_rejects;  /* … in a reject too */
    bool poison_names;    /* … only while it has a user */
    uint64_t fail_at_put; /* this put alone, counted from 1; 0: none */
    uint64_t puts, records;
} rig_store;

static inline bool rig_poisoned(const rig_store *s, const ot_record *r) {
    size_t n = s->poison ? strlen(s->poison) : 0;
    if (!n || (r->reject && !s->poison_rejects)) return false;
    if (s->poison_names && r->reject && !r->user.ptr) return false;
    for (size_t i = 0; i + n <= r->payload.len; i++) {
        if (memcmp(r->payload.ptr + i, s->poison, n) == 0) return true;
    }
    return false;
}

static ot_status rig_open(void *self, const char *rest, const ot_store_config *config, ot_error *error) {
    (void)self;
    (void)rest;
    (void)config;
    (void)error;
    return OT_OK;
}
static void rig_close(void *self) {
    (void)self;
}
static ot_status rig_put(void *self, const ot_record *records, size_t count, const ot_kv_op *ops, size_t op_count,
                         ot_put_result *results, ot_error *error) {
    rig_store *s = self;
    s->puts++;
    if (s->fail_at_put && s->puts == s->fail_at_put) return s->fail;
    if (s->fail_count) {
        if (s->fail_count > 0) s->fail_count--;
        return ot_error_set(error, s->fail, NULL, OT_NO_OFFSET, "told to fail");
    }
    for (size_t i = 0; i < count; i++) {
        if (rig_poisoned(s, &records[i]))
            return ot_error_set(error, s->poison_status, "payload", OT_NO_OFFSET, "poisoned");
    }
    s->records += count;
    if (s->inner) return ot_store_put(s->inner, records, count, ops, op_count, results, error);
    for (size_t i = 0; results && i < count; i++)
        results[i] = records[i].reject ? OT_PUT_REFUSED : OT_PUT_STORED;
    return OT_OK;
}
static ot_status rig_scan(void *self, void *cursor, const ot_scan *scan, ot_error *error) {
    (void)self;
    (void)cursor;
    (void)scan;
    return ot_error_set(error, OT_EUNSUPPORTED, NULL, OT_NO_OFFSET, "not here");
}
static ot_status rig_next(void *self, void *cursor, ot_record *out, ot_error *error) {
    (void)self;
    (void)cursor;
    (void)out;
    (void)error;
    return OT_DONE;
}
static void rig_cursor_close(void *self, void *cursor) {
    (void)self;
    (void)cursor;
}
static ot_status rig_kv_get(void *self, ot_str key, const ot_sink *sink, uint64_t *version, ot_error *error) {
    return ot_kv_get(((rig_store *)self)->inner, key, sink, version, error);
}
static ot_status rig_kv_put(void *self, const ot_kv_op *op, uint64_t *version, ot_error *error) {
    rig_store *s = self;
    if (s->fail_count) {
        if (s->fail_count > 0) s->fail_count--;
        return ot_error_set(error, s->fail, NULL, OT_NO_OFFSET, "told to fail");
    }
    if (!op->value.ptr) return ot_kv_delete(s->inner, op->key, op->expected, error);
    return ot_kv_put(s->inner, op->key, op->value, op->expected, version, error);
}
static ot_status rig_kv_scan(void *self, ot_str prefix, ot_str after,
                             ot_status (*each)(void *ctx, ot_str key, ot_str value, uint64_t version), void *ctx,
                             ot_error *error) {
    return ot_kv_scan(((rig_store *)self)->inner, prefix, after, each, ctx, error);
}

static inline ot_store *rig_wrap(rig_store *rig) {
    const ot_store_ops ops = {.size = sizeof ops,
                              .scheme = "rig",
                              .cursor_size = 1,
                              .open = rig_open,
                              .close = rig_close,
                              .put = rig_put,
                              .scan = rig_scan,
                              .next = rig_next,
                              .cursor_close = rig_cursor_close,
                              .kv_get = rig_kv_get,
                              .kv_put = rig_kv_put,
                              .kv_scan = rig_kv_scan};
    ot_store *store = NULL;
    if (ot_store_wrap(&ops, rig, NULL, &store, NULL) != OT_OK) abort();
    return store;
}

static inline ot_store *rig_memory(void) {
    ot_store *store = NULL;
    if (ot_store_open("memory:", NULL, &store, NULL) != OT_OK) abort();
    return store;
}

/* A clock. */
static inline ot_time rig_now(void *ctx) {
    return *(ot_time *)ctx;
}

/* A log that keeps what it was told. */
typedef struct rig_log {
    char text[65536];
    size_t len;
    ot_log log;
} rig_log;
static inline void rig_log_write(void *ctx, ot_log_level level, ot_str line) {
    rig_log *l = ctx;
    int n = snprintf(l->text + l->len, sizeof l->text - l->len, "%d %.*s\n", (int)level, (int)line.len, line.ptr);
    if (n > 0 && (size_t)n < sizeof l->text - l->len) l->len += (size_t)n;
}
static inline void rig_log_init(rig_log *l) {
    l->len = 0;
    l->text[0] = 0;
    l->log.write = rig_log_write;
    l->log.ctx = l;
    l->log.max_level = OT_LOG_DEBUG;
}
static inline size_t rig_log_count(const rig_log *l, const char *text) {
    size_t n = 0;
    for (const char *p = l->text; (p = strstr(p, text)); p++)
        n++;
    return n;
}

#endif
