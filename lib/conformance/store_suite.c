/* store_suite.c: running the store suite, and what its tests share. */
#include "suite.h"

#include <stdio.h>

static const store_test *const lists[] = {ot__suite_identity, ot__suite_read, ot__suite_write, ot__suite_data};

static const store_test *test_at(size_t n) {
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        for (const store_test *t = lists[i]; t->name; t++) {
            if (n-- == 0) return t;
        }
    }
    return NULL;
}

const char *ot_suite_store_name(size_t n) {
    const store_test *t = test_at(n);
    return t ? t->name : NULL;
}

bool ot__suite_check(suite *s, bool good, const char *file, int line, const char *text) {
    if (good) return true;
    s->failures++;
    if (s->report && s->report->failed) s->report->failed(s->report->ctx, s->test, file, line, text);
    return false;
}

bool ot__suite_equal(suite *s, uint64_t got, uint64_t want, const char *file, int line, const char *text) {
    if (got == want) return true;
    char line_text[400];
    snprintf(line_text, sizeof line_text, "%s is %lld instead of %lld", text, (long long)got, (long long)want);
    return ot__suite_check(s, false, file, line, line_text);
}

bool ot__suite_status(suite *s, ot_status got, ot_status want, const char *file, int line, const char *text) {
    if (got == want) return true;
    char detail[300] = "", line_text[800];
    if (s->error.status == got) ot_error_text(&s->error, detail, sizeof detail);
    snprintf(line_text, sizeof line_text, "%.400s gives %s instead of %s: %s", text, ot_status_name(got),
             ot_status_name(want), detail);
    return ot__suite_check(s, false, file, line, line_text);
}

static ot_time suite_now(void *ctx) {
    return ((suite *)ctx)->now;
}

size_t ot_suite_store(const ot_store_factory *factory, const char *test, const ot_suite_report *report) {
    size_t failures = 0;
    bool found = false;
    for (size_t n = 0; test_at(n); n++) {
        const store_test *t = test_at(n);
        if (test && strcmp(test, t->name) != 0) continue;
        found = true;
        const ot_store_config config = OT_STORE_CONFIG_INIT;
        suite s;
        memset(&s, 0, sizeof s);
        s.factory = factory;
        s.report = report;
        s.test = t->name;
        s.now = T0 + DAY;
        s.clock.now = suite_now;
        s.clock.ctx = &s;
        s.config = config;
        s.config.clock = &s.clock;
        t->run(&s);
        ot_store_close(s.store);
        failures += s.failures;
    }
    return found ? failures : SIZE_MAX;
}

bool ot__suite_fresh(suite *s) {
    ot_store_close(s->store);
    s->store = NULL;
    return OK(s->factory->fresh(s->factory->ctx, &s->config, &s->store, &s->error));
}

bool ot__suite_again(suite *s) {
    if (!s->factory->again) return false;
    ot_store_close(s->store);
    s->store = NULL;
    return OK(s->factory->again(s->factory->ctx, &s->config, &s->store, &s->error));
}

const ot_record *ot__suite_sample(sample *x, const char *user, const char *device, ot_type type, ot_time at,
                                  ot_time arrival, const char *payload) {
    const ot_record empty = OT_RECORD_INIT;
    memset(x, 0, sizeof *x);
    snprintf(x->user, sizeof x->user, "%s", user);
    snprintf(x->device, sizeof x->device, "%s", device);
    snprintf(x->topic, sizeof x->topic, "owntracks/%s/%s", user, device);
    snprintf(x->payload, sizeof x->payload, "%s", payload);
    x->r = empty;
    x->r.type = type;
    x->r.origin = OT_ORIGIN_MQTT;
    x->r.user = ot_str_c(x->user);
    x->r.device = ot_str_c(x->device);
    x->r.topic = ot_str_c(x->topic);
    x->r.qos = 1;
    x->r.payload = ot_str_c(x->payload);
    x->r.at = at;
    x->r.arrival = arrival == OT_TIME_NONE ? at + SECOND : arrival;
    x->r.id = ot_id_of_record(x->r.user, x->r.device, x->r.payload, 0);
    return &x->r;
}

static void degrees(char *out, size_t size, int micro) {
    unsigned m = micro < 0 ? 0u - (unsigned)micro : (unsigned)micro;
    snprintf(out, size, "%s%u.%06u", micro < 0 ? "-" : "", m / 1000000, m % 1000000);
}

const ot_record *ot__suite_location(sample *x, const char *user, const char *device, ot_time at, int microlat,
                                    int microlon) {
    char lat[24], lon[24], payload[200];
    degrees(lat, sizeof lat, microlat);
    degrees(lon, sizeof lon, microlon);
    snprintf(payload, sizeof payload, "{\"_type\":\"%s\",\"lat\":%s,\"lon\":%s,\"tst\":%lld}",
             ot_type_text(OT_TYPE_LOCATION), lat, lon, (long long)(at / 1000));
    ot__suite_sample(x, user, device, OT_TYPE_LOCATION, at, OT_TIME_NONE, payload);
    x->r.has_position = true;
    x->r.lat = microlat / 1e6;
    x->r.lon = microlon / 1e6;
    return &x->r;
}

const ot_record *ot__suite_reject(sample *x, const char *topic, const char *payload, ot_time arrival) {
    const ot_record empty = OT_RECORD_INIT;
    memset(x, 0, sizeof *x);
    snprintf(x->topic, sizeof x->topic, "%s", topic);
    snprintf(x->payload, sizeof x->payload, "%s", payload);
    x->r = empty;
    x->r.origin = OT_ORIGIN_MQTT;
    x->r.topic = ot_str_c(x->topic);
    x->r.payload = ot_str_c(x->payload);
    x->r.arrival = arrival;
    x->r.id = ot_id_of_record(x->r.topic, ot_str_of("", 0), x->r.payload, 0);
    x->reject.size = sizeof x->reject;
    x->reject.status = OT_ESYNTAX;
    x->reject.offset = 3;
    x->reject.field = OT_STR("part");
    x->reject.reason = OT_STR("is not what it should be");
    x->r.reject = &x->reject;
    return &x->r;
}

ot_put_result ot__suite_put(suite *s, const ot_record *r) {
    ot_put_result result = (ot_put_result)0;
    OK(ot_store_put(s->store, r, 1, NULL, 0, &result, &s->error));
    return result;
}

bool ot__suite_put_location(suite *s, const char *user, const char *device, ot_time at) {
    sample x;
    return EQUAL(ot__suite_put(s, ot__suite_location(&x, user, device, at, 48000000, 2000000)), OT_PUT_STORED);
}

size_t ot__suite_drain(suite *s, ot_cursor *cursor, row *rows, size_t max) {
    size_t n = 0;
    const ot_record *r;
    ot_status status;
    while ((status = ot_cursor_next(cursor, &r, &s->error)) == OT_OK) {
        if (n < max) {
            row *w = &rows[n];
            memset(w, 0, sizeof *w);
            w->at = r->at;
            w->id = r->id;
            w->type = r->type;
            w->seq = r->seq;
            w->repeats = r->repeats;
            ot_str_copy(r->user, w->user, sizeof w->user);
            ot_str_copy(r->device, w->device, sizeof w->device);
            ot_str_copy(r->payload, w->payload, sizeof w->payload);
        }
        n++;
    }
    STATUS(OT_DONE, status);
    ot_cursor_close(cursor);
    return n;
}

size_t ot__suite_rows(suite *s, const ot_query *query, row *rows, size_t max) {
    ot_cursor *cursor;
    if (!OK(ot_store_scan(s->store, query, &cursor, &s->error))) return 0;
    return ot__suite_drain(s, cursor, rows, max);
}

size_t ot__suite_count(suite *s, const ot_query *query) {
    return ot__suite_rows(s, query, NULL, 0);
}

bool ot__suite_ordered(const row *rows, size_t n, bool newest_first) {
    for (size_t i = 1; i < n; i++) {
        const row *a = newest_first ? &rows[i] : &rows[i - 1], *b = newest_first ? &rows[i - 1] : &rows[i];
        int c = a->at < b->at ? -1 : a->at > b->at;
        if (!c) c = strcmp(a->user, b->user);
        if (!c) c = strcmp(a->device, b->device);
        if (!c) c = ot_id_cmp(&a->id, &b->id);
        if (c >= 0) return false;
    }
    return true;
}
