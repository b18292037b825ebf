/* main.c: ot-cat: asks a store, decodes, reads files in. This file: options, and which command does what. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <owntracks/sqlite.h>

#include "cat.h"

#define DEFAULT_STORE "sqlite:/var/lib/owntracks/tracks.db"

static const tool_option options[] = {
    TOOL_OPTIONS_STORE(DEFAULT_STORE),
    {.name = "format",
     .kind = TOOL_ENUM,
     .words = "table json jsonl csv geojson gpx rec otrw",
     .group = "output",
     .help = "How output is written: table (default on a terminal), json (one array), jsonl (default elsewhere), csv, "
             "geojson, gpx, rec (lines of the Recorder), otrw (waypoints for the apps)."},
    {.name = "format-option",
     .kind = TOOL_TEXT,
     .flags = TOOL_REPEAT,
     .metavar = "NAME=VALUE",
     .help = "Of geojson: geometry=points|lines, waypoints=points|circles, gap=SECONDS; of gpx: "
             "what=tracks|points|waypoints, gap=SECONDS, name=TEXT."},
    {.name = "zone", .kind = TOOL_TEXT, .initial = "UTC", .help = "Zone for times, such as Europe/Berlin or +02:00."},
    {.name = "secrets", .kind = TOOL_BOOL, .help = "Write passwords and keys instead of ***."},
    {.name = "user",
     .letter = 'u',
     .kind = TOOL_TEXT,
     .metavar = "USER",
     .help = "Only this user.",
     .commands = "users devices last range events waypoints remove"},
    {.name = "device",
     .letter = 'd',
     .kind = TOOL_TEXT,
     .metavar = "DEVICE",
     .help = "Only this device.",
     .commands = "devices last range events waypoints remove"},
    {.name = "from",
     .kind = TOOL_TIME_FROM,
     .help = "From this time on: 2026-03-01T12:00:00Z, 2026-03-01, yesterday, -3h, 1772366400.",
     .commands = "range events waypoints rejects remove"},
    {.name = "to",
     .kind = TOOL_TIME_TO,
     .help = "Up to this time, inclusive; a date means its whole day.",
     .commands = "range events waypoints rejects remove"},
    {.name = "type",
     .letter = 't',
     .kind = TOOL_TEXT,
     .flags = TOOL_REPEAT,
     .metavar = "TYPE",
     .help = "Only messages of this type: location, transition, ...; several with commas.",
     .commands = "range remove"},
    {.name = "box",
     .kind = TOOL_TEXT,
     .metavar = "S,W,N,E",
     .help = "Only positions in this box, in degrees; W greater than E crosses the antimeridian.",
     .commands = "range remove"},
    {.name = "limit",
     .letter = 'n',
     .kind = TOOL_INT,
     .help = "At most so many; 0: all.",
     .commands = "range rejects remove"},
    {.name = "newest", .kind = TOOL_BOOL, .help = "The newest first.", .commands = "range remove"},
    {.name = "after",
     .kind = TOOL_TEXT,
     .metavar = "TOKEN",
     .help = "Go on behind the last record of a page.",
     .commands = "range"},
    {.name = "token",
     .kind = TOOL_FILE,
     .help =
         "Write the token for the next page to FILE (empty when there is none; \"-\": standard error). Wants --limit.",
     .commands = "range"},
    {.name = "fields",
     .kind = TOOL_TEXT,
     .metavar = "A,B,...",
     .help = "Columns: user, device, at, arrival, type, id, topic, payload, "
             "... and any member of messages.",
     .commands = "last range"},
    {.name = "state",
     .kind = TOOL_BOOL,
     .help = "Tell who is online, offline or silent, since when and why.",
     .commands = "devices"},
    {.name = "silent-after",
     .kind = TOOL_DURATION,
     .initial = "1d",
     .help = "A device not heard for so long is silent; 0: never.",
     .commands = "devices events"},
    {.name = "kind",
     .kind = TOOL_ENUM,
     .flags = TOOL_REPEAT,
     .words = "transition presence reject location all",
     .metavar = "KIND",
     .help = "transition, presence, reject (these three when none is named), location, all.",
     .commands = "events"},
    {.name = "history",
     .kind = TOOL_BOOL,
     .help = "All that was published, not what stands now.",
     .commands = "waypoints"},
    {.name = "current",
     .kind = TOOL_BOOL,
     .help = "The regions that devices are in now.",
     .group = "follow",
     .commands = "events"},
    {.name = "follow",
     .letter = 'f',
     .kind = TOOL_BOOL,
     .help = "Go on with what is new, until ended.",
     .group = "follow",
     .commands = "events"},
    {.name = "position",
     .kind = TOOL_TEXT,
     .metavar = "N",
     .help = "Begin behind this position of the list of changes; \"now\" (default with --follow), 0 (default without).",
     .commands = "events"},
    {.name = "topic",
     .kind = TOOL_TEXT,
     .metavar = "TOPIC",
     .help = "Lines are payloads alone, of this topic.",
     .commands = "decode"},
    {.name = "base",
     .kind = TOOL_TEXT,
     .flags = TOOL_REPEAT,
     .metavar = "PATTERN",
     .help = "Which levels of topics are user and device, such as owntracks/%u/%d.",
     .commands = "decode ingest"},
    {.name = "strict", .kind = TOOL_BOOL, .help = "Refuse whatever is not by the book.", .commands = "decode ingest"},
    {.name = "id", .kind = TOOL_TEXT, .metavar = "ID", .help = "Only the record with this id.", .commands = "remove"},
    {.name = "all", .kind = TOOL_BOOL, .help = "Yes, everything.", .commands = "remove"},
    {.name = "whole-device",
     .kind = TOOL_BOOL,
     .help = "Forget the device itself too; wants --user and --device, and nothing else.",
     .commands = "remove"},
    {.name = "before",
     .kind = TOOL_TIME_FROM,
     .help = "Remove what is older than this time.",
     .group = "age",
     .commands = "retain"},
    {.name = "keep",
     .kind = TOOL_DURATION,
     .help = "Remove what is older than this.",
     .group = "age",
     .commands = "retain"},
    {.name = "dry-run", .kind = TOOL_BOOL, .help = "Only count.", .commands = "remove retain"},
    TOOL_OPTIONS_COMMON};

static const tool_command commands[] = {
    {"users", "", "The users, with their devices added up.", 0, 0},
    {"devices", "", "The devices: first and last seen, how they come, --state: who is online.", 0, 0},
    {"last", "", "The newest location of each device.", 0, 0},
    {"range", "", "Records by user, device, time, type, box; in pages; the export.", 0, 0},
    {"events", "", "Transitions, presence, rejects; --follow: as they come; --current: who is where.", 0, 0},
    {"waypoints", "", "The regions that devices have now; --history: as they were published.", 0, 0},
    {"rejects", "", "Payloads that became no records, newest first, and why.", 0, 0},
    {"stats", "", "Numbers of the store.", 0, 0},
    {"decode", "",
     "Decode lines \"topic payload\" (or JSON lines) from standard input, with every violation. Exit code 1 when one "
     "was refused.",
     0, 0},
    {"ingest", "FILE...",
     "Read files into the store: JSON lines or the output of mosquitto_sub -v; \"-\" is standard input.", 1, -1},
    {"remove", "", "Remove the records that the options choose, or a whole device.", 0, 0},
    {"retain", "", "Remove what is old, but of each device the last location and the newest of each type.", 0, 0},
    {"check", "", "Look for damage in the store. Exit code 1 when there is any.", 0, 0},
    {NULL, NULL, NULL, 0, 0}};

/* What each command does, and what it needs of the store. */
static const struct work {
    const char *name;
    int (*run)(cat *c);
    bool store, write, create;
} works[] = {{"users", cat_users, true, false, false},     {"devices", cat_devices, true, false, false},
             {"last", cat_last, true, false, false},       {"range", cat_range, true, false, false},
             {"events", cat_events, true, false, false},   {"waypoints", cat_waypoints, true, false, false},
             {"rejects", cat_rejects, true, false, false}, {"stats", cat_stats, true, false, false},
             {"decode", cat_decode, false, false, false},  {"ingest", cat_ingest, true, true, true},
             {"remove", cat_remove, true, true, false},    {"retain", cat_retain, true, true, false},
             {"check", cat_check, true, false, false}};

static void check(tool_values *v) {
    const char *command = tool_command_name(v);
    if (!command) return;
    if (strcmp(command, "range") == 0 && tool_given(v, "token") && tool_int(v, "limit") == 0)
        tool_problem(v, "token wants limit: without pages there is no next one");
    if (strcmp(command, "retain") == 0 && !tool_given(v, "before") && !tool_given(v, "keep"))
        tool_problem(v, "retain wants before or keep");
    if (strcmp(command, "remove") == 0) {
        static const char *const filters[] = {"from", "to", "type", "box", "limit", "newest", "id"};
        bool any = tool_given(v, "user") || tool_given(v, "device"), more = false;
        for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
            more = more || tool_given(v, filters[i]);
        if (tool_bool(v, "whole-device") && (more || !tool_given(v, "user") || !tool_given(v, "device")))
            tool_problem(v, "whole-device wants user and device, and nothing else that chooses");
        else if (!any && !more && !tool_bool(v, "all"))
            tool_problem(v, "remove wants to know what: say user, device, from, to, type, box or id, or all");
    }
}

/* Standard output: a reader that went away is no error; everything else is kept to be said. A piece of no bytes flushes. */
static ot_status put(void *ctx, const char *data, size_t len) {
    cat *c = ctx;
    errno = 0;
    if (c->broken || c->failure) return OT_EIO;
    if (len ? fwrite(data, 1, len, stdout) == len : fflush(stdout) == 0) return OT_OK;
    if (errno == EPIPE)
        c->broken = true;
    else
        c->failure = errno ? errno : EIO;
    return errno == ENOSPC ? OT_EFULL : OT_EIO;
}

static int run(cat *c) {
    const char *name = tool_command_name(c->values);
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        const struct work *work = &works[i];
        if (strcmp(work->name, name) != 0) continue;
        ot_status status;
        /* A store in memory begins empty with every run: there is nothing that could exist. */
        const char *url = tool_text(c->values, "store");
        bool lasting = url && strncmp(url, "memory:", 7) != 0;
        if (work->store &&
            !(c->store = tool_store_open(c->values, !work->write, !work->create && lasting, &c->log, &status)))
            return status == OT_EINVAL || status == OT_EUNSUPPORTED ? TOOL_USAGE : TOOL_FAIL;
        int code = work->run(c);
        ot_store_close(c->store);
        return code;
    }
    return TOOL_USAGE;
}

int main(int argc, char **argv) {
    static const tool_program program = {
        .name = "ot-cat",
        .purpose = "Asks a store of OwnTracks data, decodes messages, and reads files into a store.",
        .options = options,
        .commands = commands,
        .epilog = "Examples:\n"
                  "  ot-cat last\n"
                  "  ot-cat range --user jane --from yesterday --type location --format csv\n"
                  "  ot-cat events --follow --kind transition\n"
                  "  mosquitto_sub -v -t 'owntracks/#' | ot-cat decode\n",
        .check = check,
    };
    cat c = {.now = ot_time_now()};
    tool_values *values;
    int code = tool_parse(&program, argc, argv, &values);
    if (code >= 0) return code;
    c.values = values;
    c.out = (ot_sink){put, &c};
    tool_log_init(&c.log, program.name, values, false);
    if (!tool_signals_init()) ot_log_line(&c.log.log, OT_LOG_WARNING, "signals cannot be heard");
    ot_sqlite_register();
    c.format = tool_bool(values, "json") ? "json" : tool_text(values, "format");
    if (!c.format) c.format = isatty(1) ? "table" : "jsonl";
    ot_error error = {0};
    if (ot_zone_open(tool_text(values, "zone"), NULL, &c.zone, &error) != OT_OK) {
        tool_say_error(&c.log, "zone", &error);
        code = TOOL_USAGE;
    } else {
        code = run(&c);
    }
    if (!c.broken && !c.failure && put(&c, NULL, 0) != OT_OK && !c.broken) code = cat_fail(&c, "output", NULL);
    ot_zone_close(c.zone);
    tool_values_free(values);
    return code;
}
