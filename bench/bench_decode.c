/* bench_decode.c: nanoseconds to decode a location and read 15 of its fields, beside jansson and cJSON doing the same, in the same run: rounds of each in turn,
   medians, and the median of the ratios of the rounds. */
#include "payloads.h"

#include <owntracks/mem.h>
#include <owntracks/message.h>

#if OT_HAVE_JANSSON
#include <jansson.h>
#endif
#if OT_HAVE_CJSON
#include <cjson/cJSON.h>
#endif

#define ROUNDS 31
#define FIELDS 15

/* What a reader found: so that all of them can be seen to have read the same. */
typedef struct found {
    double numbers;
    size_t letters, fields;
} found;

typedef struct reader {
    const char *name;
    void (*read)(void *ctx, ot_str payload, found *f);
    unsigned repeat; /* so that a round takes about as long for each */
} reader;

#define NUMBER(field)                                                                                                  \
    if (OT_HAS(l, OT_LOCATION_##field)) f->numbers += (double)l->field, f->fields++
#define TEXT(field)                                                                                                    \
    if (OT_HAS(l, OT_LOCATION_##field)) f->letters += l->field.len, f->fields++

static void read_owntracks(void *ctx, ot_str payload, found *f) {
    ot_message *m = ctx;
    if (ot_message_decode(m, payload, NULL) != OT_OK) abort();
    const ot_location *l = ot_message_location(m);
    NUMBER(lat);
    NUMBER(lon);
    NUMBER(tst);
    NUMBER(created_at);
    NUMBER(acc);
    NUMBER(alt);
    NUMBER(vac);
    NUMBER(vel);
    NUMBER(cog);
    NUMBER(batt);
    NUMBER(bs);
    NUMBER(m);
    TEXT(tid);
    TEXT(t);
    TEXT(conn);
}

#if OT_HAVE_JANSSON || OT_HAVE_CJSON
static const char *const numbers[] = {"lat", "lon", "tst", "created_at", "acc", "alt",
                                      "vac", "vel", "cog", "batt",       "bs",  "m"};
static const char *const texts[] = {"tid", "t", "conn"};
_Static_assert(sizeof numbers / sizeof *numbers + sizeof texts / sizeof *texts == FIELDS, "the number of fields");
#endif

#if OT_HAVE_JANSSON
static void read_jansson(void *ctx, ot_str payload, found *f) {
    (void)ctx;
    json_t *root = json_loadb(payload.ptr, payload.len, 0, NULL);
    if (!root) abort();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const json_t *v = json_object_get(root, numbers[i]);
        if (v) f->numbers += json_number_value(v), f->fields++;
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const json_t *v = json_object_get(root, texts[i]);
        if (v) f->letters += json_string_length(v), f->fields++;
    }
    json_decref(root);
}
#endif

#if OT_HAVE_CJSON
static void read_cjson(void *ctx, ot_str payload, found *f) {
    (void)ctx;
    cJSON *root = cJSON_ParseWithLength(payload.ptr, payload.len);
    if (!root) abort();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(root, numbers[i]);
        if (v) f->numbers += v->valuedouble, f->fields++;
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(root, texts[i]);
        if (v) f->letters += strlen(v->valuestring), f->fields++;
    }
    cJSON_Delete(root);
}
#endif

static const reader readers[] = {
    {"owntracks", read_owntracks, 10},
#if OT_HAVE_JANSSON
    {"jansson", read_jansson, 1},
#endif
#if OT_HAVE_CJSON
    {"cjson", read_cjson, 2},
#endif
};
#define READERS (sizeof readers / sizeof *readers)

static double nanoseconds(const reader *r, void *ctx, const payloads *p, unsigned repeat, found *f) {
    uint64_t start = bench_cpu();
    for (unsigned n = 0; n < repeat; n++) {
        for (unsigned k = 0; k < PAYLOADS; k++)
            r->read(ctx, p->text[k], f);
    }
    BENCH_KEEP(f->numbers);
    return (double)(bench_cpu() - start) / (double)repeat / PAYLOADS;
}

static void measure(const char *what, const payloads *p, ot_message *m) {
    static double times[READERS][ROUNDS], ratios[READERS][ROUNDS];
    found first = {0, 0, 0};
    char name[96];
    for (size_t i = 0; i < READERS; i++) {
        found f = {0, 0, 0};
        nanoseconds(&readers[i], m, p, 1, &f);
        if (i == 0) first = f;
        if (f.fields != first.fields || f.letters != first.letters || f.numbers > first.numbers ||
            f.numbers < first.numbers) {
            fprintf(stderr, "%s: %s reads something else than %s\n", what, readers[i].name, readers[0].name);
            exit(1);
        }
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < READERS; i++) {
            found f = {0, 0, 0};
            times[i][round] = nanoseconds(&readers[i], m, p, readers[i].repeat, &f);
            ratios[i][round] = times[i][round] / times[0][round];
        }
    }
    snprintf(name, sizeof name, "decode.%s.bytes", what);
    bench_figure(name, p->mean, "bytes/message");
    for (size_t i = 0; i < READERS; i++) {
        snprintf(name, sizeof name, "decode.%s.%s", what, readers[i].name);
        bench_figure(name, bench_median(times[i], ROUNDS), "ns/message");
    }
    for (size_t i = 1; i < READERS; i++) {
        snprintf(name, sizeof name, "decode.%s.times_%s", what, readers[i].name);
        bench_figure(name, bench_median(ratios[i], ROUNDS), "times");
    }
}

static uint64_t allocations;
static void *count_alloc(void *ctx, size_t size) {
    (void)ctx;
    allocations++;
    return malloc(size);
}
static void *count_resize(void *ctx, void *ptr, size_t old_size, size_t size) {
    (void)ctx;
    (void)old_size;
    allocations++;
    return realloc(ptr, size);
}
static void count_release(void *ctx, void *ptr, size_t size) {
    (void)ctx;
    (void)size;
    free(ptr);
}

int main(int argc, char **argv) {
    bench_begin(argc, argv, "");
    ot_alloc counting = {sizeof counting, count_alloc, count_resize, count_release, NULL};
    ot_message *m;
    if (ot_mem_set(&counting) != OT_OK || ot_message_new(NULL, &m) != OT_OK) return 1;
    payloads *android = payloads_make(PAYLOAD_ANDROID), *ios = payloads_make(PAYLOAD_IOS),
             *old = payloads_make(PAYLOAD_IOS_OLD);
    payloads *both = payloads_alternate(android, ios);
    allocations = 0;
    measure("android", android, m);
    measure("ios", ios, m);
    measure("alternating", both, m);
    measure("ios_17_digits", old, m);
    bench_figure("decode.allocations", (double)allocations, "calls");
    ot_message_free(m);
    free(android);
    free(ios);
    free(old);
    free(both);
    return 0;
}
