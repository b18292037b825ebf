/* options.c: the options of ot-ingest. */
#include "ingest.h"

static const tool_option options[] = {
    {.name = "transport",
     .kind = TOOL_TEXT,
     .flags = TOOL_MQTT_URL,
     .metavar = "URL",
     .initial = "mqtt://localhost",
     .help = "The broker: mqtt://HOST[:PORT] or mqtts://HOST[:PORT]. Or a file: replay:FILE."},
    TOOL_OPTIONS_STORE("sqlite:/var/lib/owntracks/tracks.db"),
    {.name = "session",
     .kind = TOOL_TEXT,
     .metavar = "NAME",
     .initial = "ingest",
     .help = "The name under which the client id and the filters are kept in the store. Several "
             "ot-ingest that write into one store have several names."},
    {.name = "base",
     .kind = TOOL_TEXT,
     .flags = TOOL_REPEAT,
     .metavar = "PATTERN",
     .help = "Which levels of a topic are user and device, such as owntracks/%u/%d. "
             "Default: any first level, then user, then device; subscribed to is then " INGEST_FILTER " alone."},
    {.name = "filter",
     .kind = TOOL_TEXT,
     .flags = TOOL_REPEAT,
     .metavar = "FILTER",
     .help = "Topic filter to subscribe to. Default: all below the bases; " INGEST_FILTER " without a base."},
    {.name = "qos",
     .kind = TOOL_INT,
     .initial = "1",
     .max = 2,
     .env = "MQTT_QOS",
     .help = "Of the subscriptions. With 0 the broker keeps nothing while ot-ingest is away; with 2 a "
             "crash can lose messages that are on their way. 1 loses nothing."},
    {.name = "broker-count",
     .kind = TOOL_BOOL,
     .initial = "yes",
     .help = "Watch the broker's own count of dropped messages (" INGEST_DROPPED ")."},
    TOOL_OPTIONS_CONNECTION,
    {.name = "receive-maximum",
     .kind = TOOL_INT,
     .max = 65535,
     .metavar = "N",
     .help = "MQTT 5: messages on their way at most; 0: as many as the broker allows."},
    {.name = "retained",
     .kind = TOOL_ENUM,
     .words = "store drop",
     .initial = "store",
     .help = "What to do with messages that the broker had retained: store those that are new, marked "
             "as retained, or leave them all out."},
    {.name = "strict",
     .kind = TOOL_BOOL,
     .help = "Put messages that are not by the book among the rejects, instead of reading what can be read."},
    {.name = "max-payload",
     .kind = TOOL_SIZE,
     .initial = "8MiB",
     .min = 1,
     .max = 268435455,
     .help = "Larger payloads go to the rejects, cut."},
    {.name = "batch",
     .kind = TOOL_INT,
     .initial = "5000",
     .min = 1,
     .max = 65535,
     .metavar = "N",
     .help = "Messages in one commit at most. A commit never waits for more to come."},
    {.name = "metrics-file",
     .kind = TOOL_FILE,
     .help = "Write counters for Prometheus (text format) into this file, replaced as a whole."},
    {.name = "metrics-interval",
     .kind = TOOL_DURATION,
     .initial = "10s",
     .min = 100,
     .max = 86400000,
     .help = "How often the metrics file is written at most; only when something changed."},
    {.name = "log-level",
     .kind = TOOL_ENUM,
     .words = "error warning info debug",
     .group = "voice",
     .help = "What to tell on standard error. Default: info."},
    TOOL_OPTIONS_COMMON};

static const tool_command commands[] = {
    {"run", "", "Subscribe and store, until a signal comes. Also without a command.", 0, 0},
    {"status", "", "Tell how the ot-ingest of this store and session is doing.", 0, 0},
    {NULL, NULL, NULL, 0, 0}};

static void check(tool_values *values) {
    ot_error error;
    char why[400];
    const char *command = tool_command_name(values);
    if (!tool_text(values, "store") || !*tool_text(values, "store")) tool_problem(values, "no store is given");
    const char *session = tool_text(values, "session");
    if (!session || strlen(session) > OT_SESSION_NAME_MAX || ot_topic_check_level(ot_str_c(session), &error) != OT_OK)
        tool_problem(values, "session: a name has 1 to %d bytes of UTF-8 without /, + and #", OT_SESSION_NAME_MAX);
    if (command && strcmp(command, "status") == 0) return;
    tool_connection_check(values);
    const char *id = tool_text(values, "client-id");
    if (id && (strlen(id) > OT_CLIENT_ID_MAX || !ot_str_utf8(ot_str_c(id), NULL)))
        tool_problem(values, "client-id: must have 1 to %d bytes of UTF-8", OT_CLIENT_ID_MAX);
    ot_bases *bases;
    if (ot_bases_new(&bases) == OT_OK) {
        for (size_t i = 0; i < tool_count(values, "base"); i++) {
            if (ot_bases_add(bases, ot_str_c(tool_text_at(values, "base", i)), &error) != OT_OK) {
                ot_error_text(&error, why, sizeof why);
                tool_problem(values, "base \"%s\": %s", tool_text_at(values, "base", i), why);
            }
        }
        ot_bases_free(bases);
    }
    for (size_t i = 0; i < tool_count(values, "filter"); i++) {
        const char *filter = tool_text_at(values, "filter", i);
        if (ot_topic_check_filter(ot_str_c(filter), &error) != OT_OK) {
            ot_error_text(&error, why, sizeof why);
            tool_problem(values, "filter \"%s\": %s", filter, why);
        } else if (strncmp(filter, "$SYS/", 5) == 0) {
            tool_problem(values, "filter \"%s\": the broker's own topics are not stored", filter);
        }
    }
    if (tool_int(values, "receive-maximum") && tool_int(values, "mqtt-version") != 2)
        tool_problem(values, "receive-maximum contradicts mqtt-version: it is of MQTT 5");
    if (tool_given(values, "metrics-interval") && !tool_given(values, "metrics-file"))
        tool_problem(values, "metrics-interval is given, but no metrics-file");
}

const tool_program ingest_program = {
    .name = "ot-ingest",
    .purpose = "Stores what phones publish. A message is acknowledged to the broker after it is on disk.",
    .options = options,
    .commands = commands,
    .command_optional = true,
    .check = check,
    .epilog = "Exit codes: 0 ended as asked; 1 failed while running; 2 the configuration is wrong, another\n"
              "ot-ingest has the session, or the database is damaged or not ours.\n\n"
              "Example: ot-ingest --transport mqtts://broker.example --username store --password-file "
              "/etc/owntracks/password\n"};
