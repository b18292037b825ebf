/* payloads.h: location payloads as the apps write them, the same in every run: Android (members in the order of its keys), iOS (arbitrary order,
   at most six decimals), and old iOS (binary doubles of up to 17 digits). */
#ifndef OT_BENCH_PAYLOADS_H
#define OT_BENCH_PAYLOADS_H

#include "bench.h"

#include <owntracks/str.h>

#include <stdarg.h>

#define PAYLOADS 1024

typedef struct payloads {
    ot_str text[PAYLOADS];
    char bytes[PAYLOADS][512];
    double mean; /* bytes */
} payloads;

typedef enum payload_kind { PAYLOAD_ANDROID, PAYLOAD_IOS, PAYLOAD_IOS_OLD } payload_kind;

typedef struct payload_writer {
    char *to;
    size_t len;
} payload_writer;

__attribute__((format(printf, 2, 3))) static void payload_add(payload_writer *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(w->to + w->len, 512 - w->len, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= 512 - w->len) abort();
    w->len += (size_t)n;
}

static double payload_between(uint64_t *seed, double low, double high) {
    return low + (high - low) * (double)(bench_random(seed) >> 11) * 0x1p-53;
}

static void payload_android(payload_writer *w, uint64_t *s, unsigned k) {
    static const char *const networks[] = {"homenet-5G", "FRITZ!Box 7590", "cafe", "B\xc3\xbcro"}, *const ids[] = {
                                                                                                       "jj", "ph",
                                                                                                       "x1"};
    unsigned tst = 1700000000 + k * 37 + bench_below(s, 30);
    payload_add(w, "{\"_type\":\"location\",\"_id\":\"%08x\",\"acc\":%u", (unsigned)bench_random(s),
                3 + bench_below(s, 117));
    if (bench_chance(s, 90)) payload_add(w, ",\"alt\":%d", (int)bench_below(s, 905) - 5);
    payload_add(w, ",\"batt\":%u,\"bs\":%u", bench_below(s, 100), bench_below(s, 4));
    if (bench_chance(s, 60)) payload_add(w, ",\"cog\":%u", bench_below(s, 360));
    char conn = "wmo"[bench_below(s, 3)];
    payload_add(w, ",\"conn\":\"%c\",\"created_at\":%u", conn, tst + bench_below(s, 5));
    if (conn == 'w') {
        payload_add(w, ",\"BSSID\":\"c0:74:ad:%02x:%02x:%02x\",\"SSID\":\"%s\"", bench_below(s, 256),
                    bench_below(s, 256), bench_below(s, 256), networks[bench_below(s, 4)]);
    }
    if (bench_chance(s, 50)) payload_add(w, ",\"inregions\":[\"Home\"],\"inrids\":[\"6da9cf\"]");
    payload_add(w, ",\"lat\":%.*f", (int)(5 + bench_below(s, 3)), payload_between(s, -60, 70));
    payload_add(w, ",\"lon\":%.*f", (int)(5 + bench_below(s, 3)), payload_between(s, -179, 179));
    payload_add(
        w, ",\"m\":%u,\"t\":\"%c\",\"tid\":\"%s\",\"topic\":\"owntracks/jane/phone\",\"tst\":%u,\"vac\":%u,\"vel\":%u}",
        1 + bench_below(s, 2), "upct"[bench_below(s, 4)], ids[bench_below(s, 3)], tst, bench_below(s, 30),
        bench_below(s, 130));
}

static void payload_decimals(payload_writer *w, const char *key, double value, int decimals, bool old) {
    if (old)
        payload_add(w, ",\"%s\":%.17g", key, value);
    else
        payload_add(w, ",\"%s\":%.*f", key, decimals, value);
}

static void payload_ios(payload_writer *w, uint64_t *s, unsigned k, bool old) {
    unsigned tst = 1700000000 + k * 37 + bench_below(s, 30);
    char conn = "wm"[bench_below(s, 2)];
    payload_add(w, "{\"batt\":%u", bench_below(s, 100));
    payload_decimals(w, "lon", payload_between(s, -179, 179), 6, old);
    payload_add(w, ",\"acc\":%u", 3 + bench_below(s, 117));
    payload_decimals(w, "p", payload_between(s, 95, 103), 3, old);
    payload_add(w, ",\"bs\":%u,\"vac\":%u", bench_below(s, 4), bench_below(s, 30));
    payload_decimals(w, "lat", payload_between(s, -60, 70), 6, old);
    payload_add(w,
                ",\"topic\":\"owntracks/jane/"
                "iphone\",\"t\":\"%c\",\"conn\":\"%c\",\"m\":1,\"tst\":%u,\"alt\":%u,\"_type\":\"location\",\"tid\":"
                "\"JP\",\"created_at\":%u",
                "uptcb"[bench_below(s, 5)], conn, tst, bench_below(s, 900), tst + 1);
    if (bench_chance(s, 50)) payload_add(w, ",\"inregions\":[\"Home\"],\"inrids\":[\"6da9cf\"]");
    if (bench_chance(s, 50)) payload_add(w, ",\"vel\":%u,\"cog\":%u", bench_below(s, 130), bench_below(s, 360));
    if (conn == 'w') {
        payload_add(w, ",\"SSID\":\"homenet\",\"BSSID\":\"c0:74:ad:%x:%x:%x\"", bench_below(s, 256),
                    bench_below(s, 256), bench_below(s, 256));
    }
    if (bench_chance(s, 30)) payload_add(w, ",\"motionactivities\":[\"stationary\"]");
    payload_add(w, "}");
}

static payloads *payloads_make(payload_kind kind) {
    payloads *p = calloc(1, sizeof *p);
    if (!p) abort();
    uint64_t seed = 7;
    for (unsigned k = 0; k < PAYLOADS; k++) {
        payload_writer w = {p->bytes[k], 0};
        if (kind == PAYLOAD_ANDROID)
            payload_android(&w, &seed, k);
        else
            payload_ios(&w, &seed, k, kind == PAYLOAD_IOS_OLD);
        p->text[k] = ot_str_of(p->bytes[k], w.len);
        p->mean += (double)w.len / PAYLOADS;
    }
    return p;
}

/* One of each in turn. */
BENCH_UNUSED static payloads *payloads_alternate(const payloads *a, const payloads *b) {
    payloads *p = calloc(1, sizeof *p);
    if (!p) abort();
    for (unsigned k = 0; k < PAYLOADS; k++)
        p->text[k] = (k & 1 ? b : a)->text[k];
    p->mean = (a->mean + b->mean) / 2;
    return p;
}

#endif
