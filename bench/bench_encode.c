/* bench_encode.c: nanoseconds to make a location of 15 fields and write it as JSON, beside jansson and cJSON doing the same in the same run; and to write a
   decoded message again, untouched and changed. */
#include "payloads.h"

#include <owntracks/message.h>

#if OT_HAVE_JANSSON
#include <jansson.h>
#endif
#if OT_HAVE_CJSON
#include <cjson/cJSON.h>
#endif

#define ROUNDS 31

typedef struct work {
    ot_message *m, *decoded[PAYLOADS];
    ot_location locations[PAYLOADS];
    char out[2048];
} work;

typedef struct writer {
    const char *name;
    size_t (*write)(work *w, unsigned k);
    unsigned repeat;
} writer;

static size_t encode(work *w, const ot_message *m) {
    ot_sink_buffer buffer = {w->out, sizeof w->out, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    if (ot_message_encode(m, &sink, NULL) != OT_OK) abort();
    return buffer.len;
}

static size_t write_owntracks(work *w, unsigned k) {
    if (ot_message_from(w->m, OT_TYPE_LOCATION, &w->locations[k]) != OT_OK) abort();
    return encode(w, w->m);
}

static size_t write_untouched(work *w, unsigned k) {
    return encode(w, w->decoded[k]);
}

static size_t write_changed(work *w, unsigned k) {
    ot_value tid = {OT_KIND_STR, {.s = OT_STR("zz")}};
    if (ot_message_set(w->decoded[k], OT_STR("tid"), &tid, NULL) != OT_OK) abort();
    return encode(w, w->decoded[k]);
}

/* The fields, once, for all three. */
#define FIELDS(NUMBER, WHOLE, TEXT)                                                                                    \
    NUMBER(lat)                                                                                                        \
    NUMBER(lon)                                                                                                        \
    WHOLE(tst)                                                                                                         \
    WHOLE(created_at)                                                                                                  \
    NUMBER(acc)                                                                                                        \
    NUMBER(alt)                                                                                                        \
    NUMBER(vac)                                                                                                        \
    NUMBER(vel)                                                                                                        \
    NUMBER(cog)                                                                                                        \
    NUMBER(batt)                                                                                                       \
    WHOLE(bs)                                                                                                          \
    WHOLE(m)                                                                                                           \
    TEXT(tid)                                                                                                          \
    TEXT(t)                                                                                                            \
    TEXT(conn)

#if OT_HAVE_JANSSON
static size_t write_jansson(work *w, unsigned k) {
    const ot_location *l = &w->locations[k];
    json_t *root = json_object();
    json_object_set_new(root, "_type", json_string("location"));
#define NUMBER(f) json_object_set_new(root, #f, json_real(l->f));
#define WHOLE(f)  json_object_set_new(root, #f, json_integer(l->f));
#define TEXT(f)   json_object_set_new(root, #f, json_stringn(l->f.ptr, l->f.len));
    FIELDS(NUMBER, WHOLE, TEXT)
#undef NUMBER
#undef WHOLE
#undef TEXT
    size_t n = json_dumpb(root, w->out, sizeof w->out, JSON_COMPACT);
    json_decref(root);
    return n;
}
#endif

#if OT_HAVE_CJSON
static size_t write_cjson(work *w, unsigned k) {
    const ot_location *l = &w->locations[k];
    cJSON *root = cJSON_CreateObject();
    char text[64];
    cJSON_AddStringToObject(root, "_type", "location");
#define NUMBER(f) cJSON_AddNumberToObject(root, #f, l->f);
#define WHOLE(f)  cJSON_AddNumberToObject(root, #f, (double)l->f);
#define TEXT(f)                                                                                                        \
    ot_str_copy(l->f, text, sizeof text);                                                                              \
    cJSON_AddStringToObject(root, #f, text);
    FIELDS(NUMBER, WHOLE, TEXT)
#undef NUMBER
#undef WHOLE
#undef TEXT
    if (!cJSON_PrintPreallocated(root, w->out, sizeof w->out, 0)) abort();
    cJSON_Delete(root);
    return strlen(w->out);
}
#endif

static const writer writers[] = {
    {"owntracks", write_owntracks, 5},
#if OT_HAVE_JANSSON
    {"jansson", write_jansson, 1},
#endif
#if OT_HAVE_CJSON
    {"cjson", write_cjson, 1},
#endif
    {"untouched", write_untouched, 20}, {"changed", write_changed, 10},
};
#define WRITERS (sizeof writers / sizeof *writers)

int main(int argc, char **argv) {
    bench_begin(argc, argv, "");
    work *w = calloc(1, sizeof *w);
    payloads *p = payloads_make(PAYLOAD_ANDROID);
    if (!w || ot_message_new(NULL, &w->m) != OT_OK) return 1;
    for (unsigned k = 0; k < PAYLOADS; k++) {
        if (ot_message_new(NULL, &w->decoded[k]) != OT_OK ||
            ot_message_decode(w->decoded[k], p->text[k], NULL) != OT_OK)
            return 1;
        ot_location *to = &w->locations[k];
        const ot_location *from = ot_message_location(w->decoded[k]);
#define COPY(f)                                                                                                        \
    to->f = from->f;                                                                                                   \
    OT_HAS_SET(to, OT_LOCATION_##f);
        FIELDS(COPY, COPY, COPY)
#undef COPY
    }
    static double times[WRITERS][ROUNDS], ratios[WRITERS][ROUNDS];
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < WRITERS; i++) {
            uint64_t start = bench_cpu();
            size_t bytes = 0;
            for (unsigned n = 0; n < writers[i].repeat; n++) {
                for (unsigned k = 0; k < PAYLOADS; k++)
                    bytes += writers[i].write(w, k);
            }
            BENCH_KEEP(bytes);
            times[i][round] = (double)(bench_cpu() - start) / writers[i].repeat / PAYLOADS;
            ratios[i][round] = times[i][round] / times[0][round];
        }
        /* "changed" leaves its mark: what follows is untouched again. */
        for (unsigned k = 0; k < PAYLOADS; k++) {
            if (ot_message_decode(w->decoded[k], p->text[k], NULL) != OT_OK) return 1;
        }
    }
    char name[64];
    for (size_t i = 0; i < WRITERS; i++) {
        snprintf(name, sizeof name, "encode.%s", writers[i].name);
        bench_figure(name, bench_median(times[i], ROUNDS), "ns/message");
    }
    for (size_t i = 1; i < WRITERS; i++) {
        if (writers[i].write == write_untouched || writers[i].write == write_changed) continue;
        snprintf(name, sizeof name, "encode.times_%s", writers[i].name);
        bench_figure(name, bench_median(ratios[i], ROUNDS), "times");
    }
    for (unsigned k = 0; k < PAYLOADS; k++)
        ot_message_free(w->decoded[k]);
    ot_message_free(w->m);
    free(w);
    free(p);
    return 0;
}
