/* program.h: what a program does besides its work: telling, being told to end, replacing files, opening stores and transports. */
#ifndef OT_TOOLS_PROGRAM_H
#define OT_TOOLS_PROGRAM_H

#include <owntracks/log.h>
#include <owntracks/store.h>
#include <owntracks/transport.h>

#include "options.h"

/* ---- Telling (report.c) ---- */

/* Writes lines to standard error: "ot-cat: warning: ...". Where standard error goes to the journal (JOURNAL_STREAM), lines get
   the prefixes of sd-daemon ("<4>") instead of the word, and no time. */
typedef struct tool_log {
    const char *name;
    FILE *err;
    bool journal;
    bool times; /* for programs that run for long: the time before each line, unless the journal adds it */
    ot_log log; /* hand &log to the library */
} tool_log;

/* From --verbose and --quiet; values may be NULL. The log must not move afterwards. */
void tool_log_init(tool_log *log, const char *name, const tool_values *values, bool times);
/* Says an error of the library: "what: field: reason (OT_EIO)". */
void tool_say_error(const tool_log *log, const char *what, const ot_error *error);

/* Tells the service manager, where there is one (NOTIFY_SOCKET): "READY=1", "STOPPING=1", "STATUS=...". False: nobody listens. */
bool tool_notify(const char *text);

/* ---- Being told to end (signals.c) ---- */

/* TERM and INT set a flag and make a pipe readable; HUP sets a flag of its own and the same pipe; PIPE is ignored.
   A third TERM or INT ends the program at once. False: no pipe could be had. */
bool tool_signals_init(void);
int tool_signal_fd(void);      /* to be polled for reading; -1 before init */
bool tool_stop_asked(void);    /* TERM or INT came */
bool tool_reload_asked(void);  /* HUP came since this was last asked */
void tool_signals_clear(void); /* empties the pipe */
/* Sleeps until a signal comes or the time is over; false: a signal asks to stop. */
bool tool_sleep(int64_t milliseconds);

/* ---- Files (files.c) ---- */

/* Replaces a file as a whole: readers see the old or the new one, never half of it. write gets the stream of the new one; what
   it returns other than OT_OK leaves the old file as it is. mode: of a new file, such as 0644. sync: on disk when it returns. */
ot_status tool_file_replace(const char *path, unsigned mode, bool sync, ot_status (*write)(void *ctx, FILE *stream),
                            void *ctx, ot_error *error);

/* Reads the first line of a file that holds a secret, without the newline. At most 65535 bytes, no NUL. *loose tells that others
   may read the file. The text is to be released with tool_secret_free(). */
ot_status tool_secret_read(const char *path, char **out, bool *loose, ot_error *error);
void tool_secret_free(char *secret); /* wipes; NULL is allowed */

/* ---- Stores and transports (connection.c, stores.c) ---- */

/* Rows for a program that has a store. */
#define TOOL_OPTIONS_STORE(default_url)                                                                                \
    {.name = "store",                                                                                                  \
     .kind = TOOL_TEXT,                                                                                                \
     .metavar = "URL",                                                                                                 \
     .initial = (default_url),                                                                                         \
     .help = "The store, such as sqlite:/var/lib/owntracks/tracks.db."},                                               \
    {                                                                                                                  \
        .name = "store-option", .kind = TOOL_TEXT, .flags = TOOL_REPEAT, .metavar = "NAME=VALUE",                      \
        .help = "An option of the store's backend, such as synchronous=normal."                                        \
    }

/* Rows for a program that has a connection to a broker, besides "transport" itself. */
#define TOOL_OPTIONS_CONNECTION                                                                                        \
    {.name = "transport-option",                                                                                       \
     .kind = TOOL_TEXT,                                                                                                \
     .flags = TOOL_REPEAT,                                                                                             \
     .metavar = "NAME=VALUE",                                                                                          \
     .help = "An option of the transport's backend."},                                                                 \
        {.name = "client-id",                                                                                          \
         .kind = TOOL_TEXT,                                                                                            \
         .metavar = "ID",                                                                                              \
         .env = "MQTT_CLIENT_ID",                                                                                      \
         .help = "The MQTT client id."},                                                                               \
        {.name = "username",                                                                                           \
         .kind = TOOL_TEXT,                                                                                            \
         .metavar = "NAME",                                                                                            \
         .env = "MQTT_USERNAME",                                                                                       \
         .help = "The user name at the broker."},                                                                      \
        {.name = "password",                                                                                           \
         .kind = TOOL_TEXT,                                                                                            \
         .flags = TOOL_SECRET,                                                                                         \
         .env = "MQTT_PASSWORD",                                                                                       \
         .group = "password",                                                                                          \
         .help = "The password at the broker: from the environment only, OWNTRACKS_PASSWORD."},                        \
        {.name = "password-file",                                                                                      \
         .kind = TOOL_FILE,                                                                                            \
         .group = "password",                                                                                          \
         .help = "The password at the broker is the first line of this file."},                                        \
        {.name = "ca-file",                                                                                            \
         .kind = TOOL_FILE,                                                                                            \
         .help = "mqtts: certificates of the authorities, PEM. Default: the system's."},                               \
        {.name = "cert-file", .kind = TOOL_FILE, .help = "mqtts: certificate of this client, PEM."},                   \
        {.name = "key-file", .kind = TOOL_FILE, .help = "mqtts: key of that certificate, PEM."},                       \
        {.name = "insecure",                                                                                           \
         .kind = TOOL_BOOL,                                                                                            \
         .help = "mqtts: do not compare the name of the host with its certificate. For tests only."},                  \
        {.name = "mqtt-version",                                                                                       \
         .kind = TOOL_ENUM,                                                                                            \
         .words = "3.1 3.1.1 5",                                                                                       \
         .initial = "3.1.1",                                                                                           \
         .help = "Of the protocol."},                                                                                  \
        {.name = "keepalive",                                                                                          \
         .kind = TOOL_DURATION,                                                                                        \
         .initial = "60s",                                                                                             \
         .min = 5000,                                                                                                  \
         .max = 65535000,                                                                                              \
         .env = "MQTT_KEEPALIVE",                                                                                      \
         .help = "How often the connection shows that it lives."},                                                     \
    {                                                                                                                  \
        .name = "connect-timeout", .kind = TOOL_DURATION, .initial = "30s", .min = 1000, .max = 3600000,               \
        .env = "MQTT_TIMEOUT", .help = "How long a connection may take to be made."                                    \
    }

/* The configuration of a transport, and the memory behind it. */
typedef struct tool_connection {
    ot_transport_config config; /* direction, subscriptions, handlers, ... are the caller's */
    ot_option *options;
    size_t option_count;
    char *secret;
} tool_connection;

/* Fills it from the rows of TOOL_OPTIONS_CONNECTION. False: an error was said. */
bool tool_connection_init(tool_connection *connection, const tool_values *values, const tool_log *log);
void tool_connection_free(tool_connection *connection);
/* For a program's check: cert-file without key-file, TLS options without mqtts. */
void tool_connection_check(tool_values *values);

/* Opens the store of the option "store" (which must be given). NULL: an error was said. *status may be NULL. */
ot_store *tool_store_open(const tool_values *values, bool read_only, bool must_exist, const tool_log *log,
                          ot_status *status);

/* "name=value" texts of a list option into an array over malloc; NULL with *count SIZE_MAX when one has no "=". */
ot_option *tool_pairs(const tool_values *values, const char *name, size_t *count, const char **bad);
void tool_pairs_free(ot_option *pairs, size_t count);
/* The same for a backend's options; false: an error was said. */
bool tool_backend_options(const tool_values *values, const char *name, const tool_log *log, ot_option **pairs,
                          size_t *count);

#endif
