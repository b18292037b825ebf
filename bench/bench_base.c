/* bench_base.c: what each message pays before it is decoded: its topic taken apart, its id, its time written.
   Usage: bench_base [--json]. One line a figure. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <owntracks/hash.h>
#include <owntracks/time.h>
#include <owntracks/topic.h>

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool json;
static volatile uint64_t keep; /* what the loops found, so that they are not left out */

static void figure(const char *name, double ns) {
    if (json)
        printf("{\"name\":\"%s\",\"value\":%.1f,\"unit\":\"ns\"}\n", name, ns);
    else
        printf("%-32s %8.1f ns\n", name, ns);
}

typedef uint64_t body(void *ctx, unsigned i);

/* The best of five rounds of about 40 ms: what the machine can do when nobody disturbs it. */
static void measure(const char *name, body *run, void *ctx) {
    unsigned n = 1000;
    double best = 1e9;
    for (int round = 0; round < 5;) {
        double start = seconds();
        uint64_t sum = 0;
        for (unsigned i = 0; i < n; i++)
            sum += run(ctx, i);
        double took = seconds() - start;
        keep += sum;
        if (took < 0.02) {
            n *= 2;
            continue;
        }
        if (took / n < best) best = took / n;
        round++;
    }
    figure(name, best * 1e9);
}

static uint64_t parse(void *ctx, unsigned i) {
    static const ot_str names[2] = {{"owntracks/jane/phone", 20}, {"owntracks/june/phone", 20}};
    ot_topic t;
    return ot_topic_parse(ctx, names[i & 1], &t, NULL) == OT_OK ? t.device.len : 0;
}

static uint64_t parse_event(void *ctx, unsigned i) {
    static const ot_str names[2] = {{"owntracks/jane/phone/event", 26}, {"owntracks/june/phone/waypoints", 30}};
    ot_topic t;
    return ot_topic_parse(ctx, names[i & 1], &t, NULL) == OT_OK ? t.sub : 0;
}

static uint64_t match(void *ctx, unsigned i) {
    static const ot_str names[2] = {{"owntracks/jane/phone", 20}, {"owntracks/june/phone/event", 26}};
    (void)ctx;
    return ot_topic_matches(OT_STR("owntracks/+/+/#"), names[i & 1]);
}

static char payload[301];

static uint64_t record_id(void *ctx, unsigned i) {
    (void)ctx;
    return ot_id_of_record(OT_STR("jane"), OT_STR("phone"), ot_str_of(payload, 300), i).bytes[0];
}

static uint64_t bytes_id(void *ctx, unsigned i) {
    (void)ctx;
    payload[0] = (char)i;
    return ot_id_of_bytes(ot_str_of(payload, 300)).bytes[0];
}

static uint64_t write_time(void *ctx, unsigned i) {
    char text[OT_TIME_TEXT_SIZE];
    return ot_time_format(1772366405000 + (ot_time)i * 1000, ctx, text);
}

static uint64_t read_time(void *ctx, unsigned i) {
    static const ot_str texts[2] = {{"2026-03-01T12:00:05Z", 20}, {"2026-03-01T12:00:06.250+01:00", 29}};
    ot_time out = 0;
    return ot_time_parse(texts[i & 1], OT_TIME_FROM, ctx, 0, &out, NULL) == OT_OK ? (uint64_t)out : 0;
}

int main(int argc, char **argv) {
    json = argc > 1 && strcmp(argv[1], "--json") == 0;
    memset(payload, 'a', 300);
    ot_bases *one, *three;
    if (ot_bases_new(&one) != OT_OK || ot_bases_new(&three) != OT_OK) return 1;
    if (ot_bases_add(one, OT_STR("owntracks/%u/%d"), NULL) != OT_OK ||
        ot_bases_add(three, OT_STR("/family/%u/%d"), NULL) != OT_OK ||
        ot_bases_add(three, OT_STR("fleet/+/%u/x/%d"), NULL) != OT_OK ||
        ot_bases_add(three, OT_STR("owntracks/%u/%d"), NULL) != OT_OK)
        return 1;
    measure("topic parse, default rule", parse, NULL);
    measure("topic parse, one base", parse, one);
    measure("topic parse, third of three", parse, three);
    measure("topic parse with subtopic", parse_event, one);
    measure("topic match", match, NULL);
    measure("record id, 300 bytes", record_id, NULL);
    measure("hash, 300 bytes", bytes_id, NULL);
    measure("time format, UTC", write_time, NULL);
    measure("time parse", read_time, NULL);
    ot_zone *berlin;
    if (ot_zone_open("Europe/Berlin", NULL, &berlin, NULL) == OT_OK)
        measure("time format, Europe/Berlin", write_time, berlin);
    ot_zone_close(berlin);
    ot_bases_free(one);
    ot_bases_free(three);
    return 0;
}
