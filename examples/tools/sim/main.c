/* main.c: ot-sim: makes traffic with a ledger, and checks a store against it. This file: options and commands. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <owntracks/mosquitto.h>
#include <owntracks/sqlite.h>

#include "sim.h"

static const tool_option options[] = {
    {.name = "transport",
     .kind = TOOL_TEXT,
     .flags = TOOL_MQTT_URL,
     .metavar = "URL",
     .initial = "mqtt://localhost:1883",
     .help = "Where to publish: mqtt://HOST[:PORT], mqtts://HOST[:PORT].",
     .commands = "run family"},
    TOOL_OPTIONS_CONNECTION,
    {.name = "devices",
     .kind = TOOL_INT,
     .initial = "10",
     .min = 1,
     .max = 1000000,
     .help = "How many devices.",
     .commands = "run"},
    {.name = "users",
     .kind = TOOL_INT,
     .min = 0,
     .max = 1000000,
     .help = "How many users share them; 0: half as many.",
     .commands = "run"},
    {.name = "rate",
     .kind = TOOL_RATE,
     .initial = "10/s",
     .min = 0,
     .max = 1000000,
     .help = "How fast; 0: as fast as it goes.",
     .commands = "run"},
    {.name = "duration",
     .kind = TOOL_DURATION,
     .help = "How long; without it and --count: until it is ended.",
     .commands = "run family"},
    {.name = "count", .kind = TOOL_INT, .help = "How many messages.", .commands = "run family"},
    {.name = "seed",
     .kind = TOOL_INT,
     .initial = "1",
     .help = "The same seed and start give the same messages.",
     .commands = "run family"},
    {.name = "start",
     .kind = TOOL_TIME_FROM,
     .metavar = "TIME",
     .help = "Where the clocks of the devices begin; they never pass the present. Default: 2024-01-01; family: twelve "
             "hours ago.",
     .commands = "run family"},
    {.name = "qos",
     .kind = TOOL_INT,
     .initial = "1",
     .max = 2,
     .env = "MQTT_QOS",
     .help = "0, 1 or 2.",
     .commands = "run family"},
    {.name = "retain",
     .kind = TOOL_BOOL,
     .initial = "yes",
     .env = "MQTT_RETAIN",
     .help = "Locations are retained.",
     .commands = "run family"},
    {.name = "base",
     .kind = TOOL_TEXT,
     .initial = "owntracks/%u/%d",
     .metavar = "PATTERN",
     .help = "Topics.",
     .commands = "run family"},
    {.name = "connections",
     .kind = TOOL_INT,
     .initial = "4",
     .min = 1,
     .max = 10000,
     .help = "Connections that the devices share.",
     .commands = "run"},
    {.name = "wills",
     .kind = TOOL_INT,
     .initial = "2",
     .min = 0,
     .max = 10000,
     .help = "Devices that have a connection of their own, with a will.",
     .commands = "run"},
    {.name = "kill-every",
     .kind = TOOL_DURATION,
     .initial = "30s",
     .help = "One of those is cut without a word this often, so that its will is published; 0: never.",
     .commands = "run family"},
    {.name = "late",
     .kind = TOOL_REAL,
     .initial = "0.05",
     .min = 0,
     .max = 0.9,
     .help = "Share of messages that wait while a device is offline.",
     .commands = "run"},
    {.name = "twice",
     .kind = TOOL_REAL,
     .initial = "0.02",
     .min = 0,
     .max = 0.9,
     .help = "Share of messages that are published again, byte for byte.",
     .commands = "run"},
    {.name = "speed",
     .kind = TOOL_REAL,
     .initial = "60",
     .min = 0.001,
     .max = 100000,
     .help = "How much faster than time they live, until they reach the present.",
     .commands = "family"},
    {.name = "drain",
     .kind = TOOL_DURATION,
     .initial = "60s",
     .help = "How long to wait at the end for acknowledgements.",
     .commands = "run family"},
    {.name = "ledger",
     .kind = TOOL_FILE,
     .flags = TOOL_REPEAT,
     .help = "Write what must be in the store afterwards; check: read it.",
     .commands = "run family check"},
    {.name = "store", .kind = TOOL_TEXT, .metavar = "URL", .help = "The store to check.", .commands = "check"},
    {.name = "store-option",
     .kind = TOOL_TEXT,
     .flags = TOOL_REPEAT,
     .metavar = "NAME=VALUE",
     .help = "An option of the store's backend.",
     .commands = "check"},
    {.name = "exact",
     .kind = TOOL_BOOL,
     .help = "Nothing was delivered twice: waypoints, cards and the like must stand there as often as they changed, "
             "not more.",
     .commands = "check"},
    {.name = "findings",
     .kind = TOOL_INT,
     .initial = "20",
     .help = "How many findings are told one by one.",
     .commands = "check"},
    TOOL_OPTIONS_COMMON};

static const tool_command commands[] = {
    {"run", "", "Publish what devices say (this is done without a command too).", 0, 0},
    {"family", "", "Four people with two devices each move through their town.", 0, 0},
    {"check", "",
     "Prove that a store holds what the ledger says, or name what is missing, double or wrong. Exit code 1 when there "
     "is anything.",
     0, 0},
    {NULL, NULL, NULL, 0, 0}};

static void check(tool_values *v) {
    const char *command = tool_command_name(v);
    ot_bases *bases;
    ot_error error = {0};
    if (command && strcmp(command, "check") == 0) {
        if (!tool_given(v, "store")) tool_problem(v, "check wants store");
        if (!tool_given(v, "ledger")) tool_problem(v, "check wants ledger");
        return;
    }
    tool_connection_check(v);
    if (tool_count(v, "ledger") > 1) tool_problem(v, "there is more than one ledger to write");
    if (tool_given(v, "client-id")) tool_problem(v, "client-id: each connection has one of its own");
    if (ot_bases_new(&bases) == OT_OK) {
        if (ot_bases_add(bases, ot_str_c(tool_text(v, "base")), &error) != OT_OK)
            tool_problem(v, "base: \"%s\" %s", tool_text(v, "base"), error.reason);
        ot_bases_free(bases);
    }
}

static int run(const tool_values *v, tool_log *log, bool family) {
    ot_error error = {0};
    tool_connection connection;
    sim_config config = {.transport = tool_text(v, "transport"), .base = tool_text(v, "base")};
    sim_result result;
    ot_time start;
    ot_time now = ot_time_now();
    if (!tool_time(v, "start", NULL, now, &start, &error)) return tool_say_error(log, "start", &error), TOOL_USAGE;
    if (start == OT_TIME_NONE) start = family ? now - 12 * INT64_C(3600000) : INT64_C(1704067200000);
    if (!tool_connection_init(&connection, v, log)) return TOOL_FAIL;
    /* Connections come and go by the dozen here: that is told only when it is asked for. */
    ot_log quiet = log->log;
    if (!tool_bool(v, "verbose")) quiet.max_level = OT_LOG_ERROR;
    connection.config.log = &quiet;
    config.connection = &connection.config;
    config.world.seed = (uint64_t)tool_int(v, "seed");
    config.world.devices = (size_t)tool_int(v, "devices");
    config.world.users = (size_t)tool_int(v, "users");
    if (!config.world.users) config.world.users = (config.world.devices + 1) / 2;
    if (config.world.users > config.world.devices) config.world.users = config.world.devices;
    config.world.family = family;
    config.world.start = start;
    config.world.qos = (uint8_t)tool_int(v, "qos");
    config.world.retain = tool_bool(v, "retain");
    config.world.late = family ? 0 : tool_real(v, "late");
    config.world.twice = family ? 0 : tool_real(v, "twice");
    config.rate = family ? 0 : tool_real(v, "rate");
    config.speed = family ? tool_real(v, "speed") : 0;
    config.count = (uint64_t)tool_int(v, "count");
    config.duration = tool_int(v, "duration");
    config.connections = (size_t)tool_int(v, "connections");
    config.wills = family ? 8 : (size_t)tool_int(v, "wills");
    config.kill_every = tool_int(v, "kill-every");
    config.drain = tool_int(v, "drain");
    config.ledger = tool_text(v, "ledger");
    config.log = &log->log;
    config.stop = tool_stop_asked;
    config.progress = tool_bool(v, "verbose") || isatty(2);
    ot_status status = sim_run(&config, &result, &error);
    double seconds = (double)result.took / 1000;
    if (tool_bool(v, "json")) {
        printf("{\"messages\":%llu,\"acknowledged\":%llu,\"qos0\":%llu,\"resent\":%llu,\"lost_qos0\":%llu,\"refused\":%"
               "llu,\"waiting\":%llu,"
               "\"late\":%llu,\"twice\":%llu,\"kills\":%llu,\"connects\":%llu,\"seconds\":%.3f}\n",
               (unsigned long long)result.made, (unsigned long long)result.acked, (unsigned long long)result.sent,
               (unsigned long long)result.resent, (unsigned long long)result.lost, (unsigned long long)result.refused,
               (unsigned long long)result.waiting, (unsigned long long)result.late, (unsigned long long)result.twice,
               (unsigned long long)result.kills, (unsigned long long)result.connects, seconds);
    } else if (!tool_bool(v, "quiet")) {
        printf("%llu messages in %.1f s (%.0f/s): %llu acknowledged, %llu of QoS 0, %llu sent again, %llu late, %llu "
               "twice, %llu connections cut\n",
               (unsigned long long)result.made, seconds, seconds > 0 ? (double)result.made / seconds : 0,
               (unsigned long long)result.acked, (unsigned long long)result.sent, (unsigned long long)result.resent,
               (unsigned long long)result.late, (unsigned long long)result.twice, (unsigned long long)result.kills);
    }
    tool_connection_free(&connection);
    if (status == OT_OK) return TOOL_OK;
    tool_say_error(log, config.transport, &error);
    return status == OT_EINVAL || status == OT_EUNSUPPORTED ? TOOL_USAGE : TOOL_FAIL;
}

/* Findings go to standard output, so many of them. */
typedef struct told {
    uint64_t count, limit;
    bool silent;
} told;

static void tell(void *ctx, const char *line) {
    told *t = ctx;
    if (t->silent) return;
    if (t->count++ < t->limit)
        puts(line);
    else if (t->count == t->limit + 1)
        puts("... (see --findings)");
}

static int check_store(const tool_values *v, tool_log *log) {
    ot_error error = {0};
    book_result r;
    told t = {.limit = (uint64_t)tool_int(v, "findings"), .silent = tool_bool(v, "json")};
    book *b = book_new();
    ot_status status = b ? OT_OK : ot_error_set(&error, OT_ENOMEM, "", OT_NO_OFFSET, "out of memory");
    for (size_t i = 0; status == OT_OK && i < tool_count(v, "ledger"); i++)
        status = book_read(b, tool_text_at(v, "ledger", i), &error);
    if (status != OT_OK) {
        tool_say_error(log, "ledger", &error);
        book_free(b);
        return TOOL_FAIL;
    }
    ot_store *store = tool_store_open(v, true, true, log, &status);
    if (store && (status = book_check(b, store, tool_bool(v, "exact"), tell, &t, &r, &error)) != OT_OK)
        tool_say_error(log, tool_text(v, "store"), &error);
    ot_store_close(store);
    book_free(b);
    if (!store || status != OT_OK) return status == OT_EUNSUPPORTED || status == OT_EINVAL ? TOOL_USAGE : TOOL_FAIL;
    bool good = !r.missing && !r.twice && !r.wrong && !r.extra;
    if (tool_bool(v, "json"))
        printf("{\"ok\":%s,\"must\":%llu,\"found\":%llu,\"may\":%llu,\"records\":%llu,\"foreign\":%llu,\"missing\":%"
               "llu,\"double\":%llu,\"wrong\":%llu,\"extra\":%llu}\n",
               good ? "true" : "false", (unsigned long long)r.must, (unsigned long long)r.found,
               (unsigned long long)r.may, (unsigned long long)r.records, (unsigned long long)r.foreign,
               (unsigned long long)r.missing, (unsigned long long)r.twice, (unsigned long long)r.wrong,
               (unsigned long long)r.extra);
    else
        printf("%s: %llu of %llu found, %llu may be there, %llu records; %llu missing, %llu double, %llu wrong, %llu "
               "extra\n",
               good ? "the ledger holds" : "THE LEDGER DOES NOT HOLD", (unsigned long long)r.found,
               (unsigned long long)r.must, (unsigned long long)r.may, (unsigned long long)r.records,
               (unsigned long long)r.missing, (unsigned long long)r.twice, (unsigned long long)r.wrong,
               (unsigned long long)r.extra);
    return good ? TOOL_OK : TOOL_FAIL;
}

int main(int argc, char **argv) {
    static const tool_program program = {
        .name = "ot-sim",
        .purpose =
            "Makes the traffic of OwnTracks devices, with a ledger of what must arrive, and checks a store against it.",
        .options = options,
        .commands = commands,
        .command_optional = true,
        .epilog = "Examples:\n"
                  "  ot-sim --transport mqtt://localhost --devices 100 --rate 1000/s --duration 1m --ledger run.jsonl\n"
                  "  ot-sim check --store sqlite:tracks.db --ledger run.jsonl\n"
                  "  ot-sim family\n",
        .check = check,
    };
    tool_values *values;
    tool_log log;
    int code = tool_parse(&program, argc, argv, &values);
    if (code >= 0) return code;
    tool_log_init(&log, program.name, values, false);
    if (!tool_signals_init()) ot_log_line(&log.log, OT_LOG_WARNING, "signals cannot be heard");
    ot_sqlite_register();
    ot_mosquitto_register();
    const char *command = tool_command_name(values);
    if (command && strcmp(command, "check") == 0)
        code = check_store(values, &log);
    else
        code = run(values, &log, command && strcmp(command, "family") == 0);
    if (fflush(stdout) != 0 && code == TOOL_OK) code = TOOL_FAIL;
    tool_values_free(values);
    return code;
}
