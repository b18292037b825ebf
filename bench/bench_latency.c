/* bench_latency.c: from the publishing of a message to the end of its commit: one process publishes, this one stores; real broker, SQLite, synced. */
#define _GNU_SOURCE
#include "bench_broker.h"

#include <owntracks/engine.h>
#include <owntracks/sqlite.h>

typedef struct times {
    double *values; /* microseconds */
    size_t count, room;
} times;

/* Runs after the commit. */
static void stored(void *ctx, const ot_record *record, ot_put_result result) {
    times *t = ctx;
    (void)result;
    const char *key = ",\"x\":", *p = memmem(record->payload.ptr, record->payload.len, key, 5);
    char digits[24];
    if (!p || t->count == t->room) return;
    ot_str_copy(ot_str_of(p + 5, (size_t)(record->payload.ptr + record->payload.len - p - 6)), digits, sizeof digits);
    t->values[t->count++] = (double)(bench_now() - strtoull(digits, NULL, 10)) / 1e3;
}

/* Messages in even steps; what comes late is not made up for. */
static void publish(const bench_broker *b, uint64_t from, uint64_t count, double rate) {
    ot_transport *t = bench_sender(b);
    uint64_t start = bench_now();
    for (uint64_t i = 0; i < count; i++) {
        uint64_t due = start + (uint64_t)((double)i * 1e9 / rate);
        for (uint64_t now; (now = bench_now()) < due;) {
            uint64_t left = due - now;
            ot_transport_poll(t, left > 2000000 ? (int)(left / 1000000) - 1 : 0);
            if (left > 100000 && left <= 2000000) usleep(50);
        }
        bench_publish(t, from + i, bench_now());
        ot_transport_poll(t, 0);
    }
    bench_sender_end(t);
}

static void measure(const bench_broker *b, uint64_t *from, uint64_t count, double rate, const char *name) {
    static const ot_subscription wanted[] = {{"owntracks/+/+/#", 1}};
    char url[160], figure[64];
    ot_error error = {OT_OK, 0, 0, "", ""};
    ot_store *store;
    ot_engine *engine;
    ot_transport *transport;
    times t = {calloc(count, sizeof(double)), 0, count};
    snprintf(url, sizeof url, "sqlite:%s/%s.db", b->folder, name);
    if (!t.values || ot_store_open(url, NULL, &store, &error) != OT_OK) bench_fail(error.reason);
    ot_engine_config config = OT_ENGINE_CONFIG_INIT;
    config.store = store;
    config.stored = stored;
    config.ctx = &t;
    if (ot_engine_new(&config, &engine, &error) != OT_OK) bench_fail(error.reason);
    ot_transport_config tc = OT_TRANSPORT_CONFIG_INIT;
    tc.client_id = name;
    tc.subscriptions = wanted;
    tc.subscription_count = 1;
    tc.handlers = ot_engine_handlers(engine, NULL);
    if (ot_transport_open(b->url, &tc, &transport, &error) != OT_OK) bench_fail(error.reason);
    ot_engine_attach(engine, transport);
    ot_engine_stats stats = {.size = sizeof stats};
    do {
        ot_engine_poll(engine, 100);
        ot_engine_stats_get(engine, &stats);
    } while (!stats.connected);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        publish(b, *from, count, rate);
        _exit(0);
    }
    while (t.count < count) {
        if (ot_engine_poll(engine, 1000) != OT_OK) bench_fail("the loop ended");
    }
    waitpid(child, NULL, 0);
    *from += count;
    snprintf(figure, sizeof figure, "latency.%s.p50", name);
    bench_figure(figure, bench_quantile(t.values, t.count, 0.5), "us");
    snprintf(figure, sizeof figure, "latency.%s.p99", name);
    bench_figure(figure, bench_quantile(t.values, t.count, 0.99), "us");
    ot_transport_close(transport);
    ot_engine_free(engine);
    ot_store_close(store);
    free(t.values);
}

int main(int argc, char **argv) {
    bench_begin(argc, argv, "");
    if (ot_mosquitto_register() != OT_OK || ot_sqlite_register() != OT_OK)
        bench_fail("built without libmosquitto or SQLite: there is nothing to measure");
    bench_broker b;
    uint64_t from = 0;
    bench_broker_start(&b);
    measure(&b, &from, 20, 1, "1_per_second");
    measure(&b, &from, 50000, 10000, "10000_per_second");
    bench_broker_end(&b);
    return 0;
}
