/* ingest.c: reads files into the store: JSON lines, or the output of mosquitto_sub -v, by the transport "replay:". */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <owntracks/engine.h>

#include "cat.h"

#define PROGRESS_MS 500
#define BROKEN_SAID 100 /* lines that could not be read are named up to this many; all are counted */

typedef struct ingest {
    cat *c;
    ot_engine *engine;
    ot_time started, told;
    bool line; /* a line of progress stands on the terminal */
    unsigned long long broken;
} ingest;

/* What the source has to say; its errors are lines that it passed over. */
static void source_says(void *ctx, ot_log_level level, ot_str text) {
    ingest *in = ctx;
    const ot_log *log = &in->c->log.log;
    if (level > OT_LOG_ERROR || in->broken++ < BROKEN_SAID) log->write(log->ctx, level, text);
}

static void counts(const ingest *in, const char *end) {
    ot_engine_stats s = {.size = sizeof s};
    ot_engine_stats_get(in->engine, &s);
    double seconds = (double)(ot_time_now() - in->started) / 1000;
    fprintf(stderr, "%s%llu messages, %llu stored, %llu repeats, %llu rejected, %.0f/s%s", in->line ? "\r" : "",
            (unsigned long long)s.received, (unsigned long long)s.stored, (unsigned long long)s.repeats,
            (unsigned long long)s.rejected, seconds > 0 ? (double)s.received / seconds : 0, end);
    fflush(stderr);
}

static void progress(ingest *in, bool force) {
    ot_time now = ot_time_now();
    if (tool_bool(in->c->values, "quiet") || (!force && now - in->told < PROGRESS_MS)) return;
    in->told = now;
    if (isatty(2)) {
        counts(in, "   ");
        in->line = true;
    } else {
        counts(in, "\n");
    }
}

/* One file. False: said. */
static bool file(ingest *in, const char *name) {
    cat *c = in->c;
    ot_transport_config config = OT_TRANSPORT_CONFIG_INIT;
    ot_transport *transport;
    ot_error error = {0};
    size_t size = strlen(name) + 16;
    char *url = malloc(size);
    if (!url) return ot_log_line(&c->log.log, OT_LOG_ERROR, "out of memory"), false;
    bool is_url = strncmp(name, "replay:", 7) == 0;
    snprintf(url, size, "%s%s", is_url ? "" : "replay:", !is_url && strcmp(name, "-") == 0 ? "/dev/stdin" : name);
    const ot_log log = {source_says, in, c->log.log.max_level};
    unsigned long long before = in->broken;
    config.log = &log;
    config.handlers = ot_engine_handlers(in->engine, NULL);
    ot_status status = ot_transport_open(url, &config, &transport, &error);
    free(url);
    if (status != OT_OK) {
        tool_say_error(&c->log, name, &error);
        return false;
    }
    ot_engine_attach(in->engine, transport);
    while ((status = ot_engine_poll(in->engine, 100)) == OT_OK && !tool_stop_asked())
        progress(in, false);
    ot_transport_state state = {.size = sizeof state};
    ot_transport_state_get(transport, &state);
    if (status != OT_DONE && status != OT_OK) {
        if (in->line) fputc('\n', stderr), in->line = false;
        ot_log_line(&c->log.log, OT_LOG_ERROR, "%s: %s%s%.*s", name, ot_status_text(status),
                    state.last_reason.len ? ": " : "", (int)state.last_reason.len,
                    state.last_reason.len ? state.last_reason.ptr : "");
    }
    ot_engine_attach(in->engine, NULL);
    ot_transport_close(transport);
    if (in->broken > before)
        ot_log_line(&c->log.log, OT_LOG_ERROR, "%s: what could not be read: %llu", name, in->broken - before);
    return status == OT_DONE && in->broken == before;
}

int cat_ingest(cat *c) {
    ingest in = {.c = c, .started = ot_time_now()};
    in.told = in.started;
    ot_engine_config config = OT_ENGINE_CONFIG_INIT;
    ot_error error = {0};
    ot_bases *bases;
    if (ot_bases_new(&bases) != OT_OK) return ot_log_line(&c->log.log, OT_LOG_ERROR, "out of memory"), TOOL_FAIL;
    int code = TOOL_OK;
    for (size_t i = 0; i < tool_count(c->values, "base"); i++) {
        if (ot_bases_add(bases, ot_str_c(tool_text_at(c->values, "base", i)), &error) == OT_OK) continue;
        tool_say_error(&c->log, "base", &error);
        code = TOOL_USAGE;
    }
    config.store = c->store;
    config.bases = bases;
    config.strict = tool_bool(c->values, "strict");
    config.log = &c->log.log;
    if (code == TOOL_OK && ot_engine_new(&config, &in.engine, &error) != OT_OK) code = cat_fail(c, "ingest", &error);
    for (size_t i = 0; code == TOOL_OK && i < tool_operand_count(c->values); i++)
        if (!file(&in, tool_operand(c->values, i))) code = TOOL_FAIL;
    if (in.engine && !tool_bool(c->values, "quiet")) counts(&in, "\n");
    if (in.engine && strncmp(c->format, "json", 4) == 0) {
        ot_engine_stats s = {.size = sizeof s};
        ot_engine_stats_get(in.engine, &s);
        printf("{\"messages\":%llu,\"stored\":%llu,\"repeats\":%llu,\"rejected\":%llu}\n",
               (unsigned long long)s.received, (unsigned long long)s.stored, (unsigned long long)s.repeats,
               (unsigned long long)s.rejected);
    }
    ot_engine_free(in.engine);
    ot_bases_free(bases);
    return code;
}
