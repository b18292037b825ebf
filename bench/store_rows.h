/* store_rows.h: records for the benchmarks of stores: 100 devices in turn, payloads of the size that phones send, times that follow one another. */
#ifndef OT_BENCH_STORE_ROWS_H
#define OT_BENCH_STORE_ROWS_H

#include "bench.h"

#include <owntracks/sqlite.h>
#include <owntracks/store.h>

#include <sys/stat.h>
#include <unistd.h>

#define DEVICES 100
#define START   ((ot_time)1700000000000)

typedef struct row {
    ot_record record;
    char user[16], topic[48], payload[360];
} row;

/* The record with this number: `step` milliseconds between two of one device. */
BENCH_UNUSED static void row_make(row *x, uint64_t n, ot_time step) {
    const ot_record empty = OT_RECORD_INIT;
    unsigned dev = (unsigned)(n % DEVICES);
    uint64_t k = n / DEVICES;
    ot_time at = START + (ot_time)k * step;
    at -= at % 1000;
    unsigned lat = (unsigned)((n * 7919) % 1000000), lon = (unsigned)((n * 6133) % 1000000);
    snprintf(x->user, sizeof x->user, "user%u", dev);
    snprintf(x->topic, sizeof x->topic, "owntracks/user%u/phone", dev);
    int len = snprintf(x->payload, sizeof x->payload,
                       "{\"_type\":\"location\",\"BSSID\":\"c0:74:ad:%02x:%02x:%02x\",\"SSID\":\"homenet-5G\",\"_id\":"
                       "\"%08x\",\"acc\":%u,\"alt\":%u,"
                       "\"batt\":%u,\"bs\":1,\"cog\":%u,\"conn\":\"w\",\"created_at\":%lld,\"lat\":%u.%06u,\"lon\":%u.%"
                       "06u,\"m\":1,\"t\":\"u\",\"tid\":\"j%u\","
                       "\"tst\":%lld,\"vac\":2,\"vel\":%u}",
                       dev & 255, (unsigned)k & 255, 7u, (unsigned)n, (unsigned)(n % 40) + 3, (unsigned)(n % 300),
                       (unsigned)(n % 100), (unsigned)(n % 360), (long long)(at / 1000 + 1), 48 + dev % 5, lat,
                       2 + dev % 7, lon, dev % 10, (long long)(at / 1000), (unsigned)(n % 120));
    x->record = empty;
    x->record.type = OT_TYPE_LOCATION;
    x->record.origin = OT_ORIGIN_MQTT;
    x->record.qos = 1;
    x->record.user = ot_str_c(x->user);
    x->record.device = OT_STR("phone");
    x->record.topic = ot_str_c(x->topic);
    x->record.payload = ot_str_of(x->payload, (size_t)len);
    x->record.at = at;
    x->record.arrival = at + 1000;
    x->record.has_position = true;
    x->record.lat = 48 + dev % 5 + lat / 1e6;
    x->record.lon = 2 + dev % 7 + lon / 1e6;
    x->record.id = ot_id_of_record(x->record.user, x->record.device, x->record.payload, 0);
}

BENCH_UNUSED static void store_remove(const char *path) {
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        char name[600];
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        unlink(name);
    }
}

BENCH_UNUSED static ot_store *store_open(const char *path, const ot_option *options, size_t count) {
    char url[600];
    snprintf(url, sizeof url, "sqlite:%s", path);
    ot_store_config config = OT_STORE_CONFIG_INIT;
    config.options = options;
    config.option_count = count;
    ot_store *store;
    ot_error error;
    if (ot_store_open(url, &config, &store, &error) != OT_OK) {
        char text[300];
        ot_error_text(&error, text, sizeof text);
        fprintf(stderr, "%s: %s\n", url, text);
        exit(1);
    }
    return store;
}

/* Takes "--name value" out of the arguments. */
BENCH_UNUSED static const char *take_option(int *argc, char **argv, const char *name) {
    for (int i = 1; i + 1 < *argc; i++) {
        if (strcmp(argv[i], name) != 0) continue;
        const char *value = argv[i + 1];
        for (int k = i; k + 2 <= *argc; k++)
            argv[k] = argv[k + 2];
        *argc -= 2;
        return value;
    }
    return NULL;
}

#endif
