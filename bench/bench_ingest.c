/* bench_ingest.c: from the queue of a real broker into a store: QoS 1, acknowledged after the commit, synced, 100 devices. Beside it the same loop with the store taken
   out. --long: a million messages through one engine, to see whether memory grows. */
#define _GNU_SOURCE
#include "bench_broker.h"

#include <owntracks/engine.h>
#include <owntracks/sqlite.h>
#include <owntracks/sys/store_backend.h>

#define MESSAGES 200000
#define ROUNDS   3
#define BATCH    5000 /* as ot-ingest has it; and the broker's window */

/* ---- the store taken out ---- */

static ot_status null_open(void *self, const char *rest, const ot_store_config *config, ot_error *error) {
    (void)self, (void)rest, (void)config, (void)error;
    return OT_OK;
}
static void null_close(void *self) {
    (void)self;
}
static ot_status null_put(void *self, const ot_record *records, size_t count, const ot_kv_op *ops, size_t op_count,
                          ot_put_result *results, ot_error *error) {
    (void)self, (void)records, (void)ops, (void)op_count, (void)error;
    for (size_t i = 0; i < count; i++)
        results[i] = OT_PUT_STORED;
    return OT_OK;
}
static ot_status null_scan(void *self, void *cursor, const ot_scan *scan, ot_error *error) {
    (void)self, (void)cursor, (void)scan, (void)error;
    return OT_OK;
}
static ot_status null_next(void *self, void *cursor, ot_record *out, ot_error *error) {
    (void)self, (void)cursor, (void)out, (void)error;
    return OT_DONE;
}
static void null_cursor_close(void *self, void *cursor) {
    (void)self, (void)cursor;
}

static ot_store *null_store(void) {
    static int self;
    const ot_store_ops ops = {.size = sizeof ops,
                              .scheme = "null",
                              .cursor_size = 1,
                              .open = null_open,
                              .close = null_close,
                              .put = null_put,
                              .scan = null_scan,
                              .next = null_next,
                              .cursor_close = null_cursor_close};
    ot_store *store;
    if (ot_store_wrap(&ops, &self, NULL, &store, NULL) != OT_OK) bench_fail("no store can be made");
    return store;
}

static ot_store *sqlite_store(const bench_broker *b, int round) {
    char url[160];
    ot_store *store;
    ot_error error = {OT_OK, 0, 0, "", ""};
    snprintf(url, sizeof url, "sqlite:%s/round-%d.db", b->folder, round);
    if (ot_store_open(url, NULL, &store, &error) != OT_OK) bench_fail(error.reason);
    return store;
}

/* ---- one loop ---- */

typedef struct loop {
    ot_engine *engine;
    ot_transport *transport;
} loop;

static void loop_open(loop *l, const bench_broker *b, ot_store *store, const char *id) {
    static const ot_subscription wanted[] = {{"owntracks/+/+/#", 1}};
    ot_engine_config config = OT_ENGINE_CONFIG_INIT;
    ot_transport_config transport = OT_TRANSPORT_CONFIG_INIT;
    ot_error error;
    config.store = store;
    config.batch_count = BATCH;
    if (ot_engine_new(&config, &l->engine, &error) != OT_OK) bench_fail(error.reason);
    transport.client_id = id;
    transport.subscriptions = wanted;
    transport.subscription_count = 1;
    transport.batch_count = BATCH;
    transport.handlers = ot_engine_handlers(l->engine, NULL);
    if (ot_transport_open(b->url, &transport, &l->transport, &error) != OT_OK) bench_fail(error.reason);
    ot_engine_attach(l->engine, l->transport);
}

static void loop_until(loop *l, uint64_t received) {
    ot_engine_stats stats = {.size = sizeof stats};
    do {
        ot_status status = ot_engine_poll(l->engine, 1000);
        if (status != OT_OK) bench_fail(ot_status_text(status));
        ot_engine_stats_get(l->engine, &stats);
    } while (received ? stats.received < received : !stats.connected);
    if (stats.stored != stats.received) bench_fail("not everything was stored");
}

static void loop_close(loop *l) {
    ot_transport_stop(l->transport);
    while (ot_engine_poll(l->engine, 100) == OT_OK)
        continue;
    ot_transport_close(l->transport);
    ot_engine_free(l->engine);
}

static void queue(const bench_broker *b, uint64_t from, uint64_t count) {
    ot_transport *t = bench_sender(b);
    for (uint64_t i = 0; i < count; i++)
        bench_publish(t, from + i, 0);
    bench_sender_end(t);
}

/* Messages a second of a drain; the queue is filled before. */
static double drain(const bench_broker *b, ot_store *store, const char *id, uint64_t count) {
    loop l;
    loop_open(&l, b, store, id); /* the session, so that the broker keeps what comes */
    loop_until(&l, 0);
    loop_close(&l);
    queue(b, 0, count);
    loop_open(&l, b, store, id);
    loop_until(&l, 0);
    uint64_t start = bench_now();
    loop_until(&l, count);
    double seconds = (double)(bench_now() - start) / 1e9;
    loop_close(&l);
    return (double)count / seconds;
}

static void steady(const bench_broker *b) {
    ot_store *store = sqlite_store(b, 1000);
    loop l;
    double first = 0, last = 0;
    loop_open(&l, b, store, "long");
    loop_until(&l, 0);
    uint64_t spent = 0;
    for (uint64_t done = 0; done < 1000000;) {
        pid_t child = fork(); /* publishes while this process stores */
        if (child == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            queue(b, done, 100000);
            _exit(0);
        }
        done += 100000;
        uint64_t start = bench_now();
        loop_until(&l, done);
        spent += bench_now() - start;
        waitpid(child, NULL, 0);
        last = bench_proc(getpid(), "status", "VmRSS:");
        if (done == 100000) first = last;
        if (!bench_json) printf("  %llu messages: %.0f KiB\n", (unsigned long long)done, last);
    }
    bench_figure("ingest.long.rate", 1e6 / ((double)spent / 1e9), "messages/s");
    bench_figure("ingest.long.rss_after_100000", first, "KiB");
    bench_figure("ingest.long.rss_after_1000000", last, "KiB");
    loop_close(&l);
    ot_store_close(store);
}

int main(int argc, char **argv) {
    bool forever = false;
    int kept = 0;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--long") == 0)
            forever = true;
        else
            argv[kept++] = argv[i];
    }
    bench_begin(kept, argv, "[--long]");
    if (ot_mosquitto_register() != OT_OK || ot_sqlite_register() != OT_OK)
        bench_fail("built without libmosquitto or SQLite: there is nothing to measure");
    bench_broker b;
    bench_broker_start(&b);
    double with[ROUNDS], without[ROUNDS], ratio[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        char id[32];
        ot_store *store = null_store();
        snprintf(id, sizeof id, "null-%d", round);
        without[round] = drain(&b, store, id, MESSAGES);
        ot_store_close(store);
        store = sqlite_store(&b, round);
        snprintf(id, sizeof id, "sqlite-%d", round);
        with[round] = drain(&b, store, id, MESSAGES);
        ot_store_close(store);
        ratio[round] = with[round] / without[round];
    }
    bench_figure("ingest.sqlite_full", bench_median(with, ROUNDS), "messages/s");
    bench_figure("ingest.no_store", bench_median(without, ROUNDS), "messages/s");
    bench_figure("ingest.ratio", bench_median(ratio, ROUNDS), "1");
    bench_figure("ingest.rss", bench_proc(getpid(), "status", "VmRSS:"), "KiB");
    if (forever) steady(&b);
    bench_broker_end(&b);
    return 0;
}
