/* options.h: the options of a program as one table, and what is in force after the command line, the environment and the
   configuration file were read. Help, version, --check-config and every error message come from the table.

   From below: the table's defaults, the usual MQTT_* names, the file, OWNTRACKS_*, the command line. The highest level that
   says an option says all of it, lists too. An empty variable of the environment is as if it were not set; lists in the
   environment have one value a line. */
#ifndef OT_TOOLS_OPTIONS_H
#define OT_TOOLS_OPTIONS_H

#include <stdio.h>

#include <owntracks/status.h>
#include <owntracks/time.h>

#define TOOL_OK    0 /* exit code: done */
#define TOOL_FAIL  1 /* exit code: it could not be done, or there are findings */
#define TOOL_USAGE 2 /* exit code: the command line or the configuration is wrong */

typedef enum tool_kind {
    TOOL_BOOL = 1, /* --name, --name=yes; yes no true false on off 1 0 */
    TOOL_TEXT,
    TOOL_FILE, /* text; a name for the help */
    TOOL_INT,  /* decimal, min to max */
    TOOL_REAL, /* a decimal number, min to max */
    TOOL_DURATION, /* "500ms" "90s" "15m" "3h" "7d" "1h30m"; a number alone is seconds; held in milliseconds, min to max in them */
    TOOL_SIZE,      /* "8MiB" "64KiB" "10MB" "1000"; held in bytes */
    TOOL_RATE,      /* "100/s" "30/m" "5/h"; a number alone is per second; held as a real, per second */
    TOOL_ENUM,      /* one of words */
    TOOL_TIME_FROM, /* as ot_time_parse(), checked; read it with tool_time() */
    TOOL_TIME_TO    /* the same as an inclusive upper bound */
} tool_kind;

#define TOOL_REPEAT 0x1u /* may be given several times: a list */
#define TOOL_SECRET 0x2u /* never on the command line nor in the file: environment only; shown as *** */
#define TOOL_DIRECT 0x4u /* command line only: --help and its like */
#define TOOL_HIDDEN 0x8u /* left out of the help */
#define TOOL_MQTT_URL                                                                                                  \
    0x10u /* when nothing else says it: made of MQTT_HOST (or MQTT_BROKER_HOST), MQTT_PORT, MQTT_USE_TLS */

/* A row of the table; the table ends with a row whose name is NULL. */
typedef struct tool_option {
    const char *name; /* "silent-after": --silent-after, key of the file, OWNTRACKS_SILENT_AFTER */
    char letter;      /* -s; 0: none */
    tool_kind kind;
    unsigned flags;      /* TOOL_REPEAT ... */
    const char *initial; /* the default as text; NULL: none (BOOL: no; numbers: 0) */
    const char *metavar; /* in the help: "DURATION"; NULL: from the kind */
    const char *help;    /* one or more sentences */
    const char *env;     /* further names in the environment, below all else, separated by blanks; NULL: none */
    const char *words;   /* ENUM: the words, separated by blanks */
    double min, max;     /* of numbers; both 0: no bounds but those of the kind (and no negative ones) */
    const char
        *group; /* options of one group exclude each other on one level; a higher level switches the others off */
    const char *commands; /* commands that have it, separated by blanks; NULL: all */
} tool_option;

/* A command (the first word behind the options); the table ends with a name NULL. */
typedef struct tool_command {
    const char *name;
    const char *operands; /* in the help: "FILE..."; "" for none */
    const char *help;
    int operands_min, operands_max; /* max -1: any number */
} tool_command;

typedef struct tool_values tool_values;

/* A program. */
typedef struct tool_program {
    const char *name;             /* "ot-cat" */
    const char *purpose;          /* one sentence */
    const tool_option *options;   /* its own; the common ones (config, help, ...) are added */
    const tool_command *commands; /* NULL: none, operands are counted by the next two */
    bool command_optional;        /* it may be run without a command */
    const char *operands;         /* without commands: for the help */
    int operands_min, operands_max;
    const char *epilog; /* behind the options: examples; NULL: none */
    /* May be NULL. Looks for contradictions, and says each with tool_problem(). */
    void (*check)(tool_values *values);
    /* For tests; NULL: stdout, stderr, the environment. */
    FILE *out, *err;
    char *const *env;
} tool_program;

/* Rows that every program has: common to all tables, put at their end. */
#define TOOL_OPTIONS_COMMON                                                                                            \
    {.name = "json", .kind = TOOL_BOOL, .help = "Write JSON for programs to read.", .group = "output"},                \
        {.name = "verbose",                                                                                            \
         .letter = 'v',                                                                                                \
         .kind = TOOL_BOOL,                                                                                            \
         .help = "Tell more on standard error.",                                                                       \
         .group = "voice"},                                                                                            \
        {.name = "quiet", .letter = 'q', .kind = TOOL_BOOL, .help = "Tell errors only.", .group = "voice"},            \
        {.name = "config",                                                                                             \
         .kind = TOOL_FILE,                                                                                            \
         .help = "Read options from a file: lines of \"key = value\", \"#\" at the "                                   \
                 "start of a comment, a key repeated for a list; keys are the long "                                   \
                 "options. The environment and the command line stand above it."},                                     \
        {.name = "check-config",                                                                                       \
         .kind = TOOL_BOOL,                                                                                            \
         .flags = TOOL_DIRECT,                                                                                         \
         .help = "Print what is in force and from where, and end."},                                                   \
        {.name = "version", .kind = TOOL_BOOL, .flags = TOOL_DIRECT, .help = "Print the version and end."},            \
        {.name = "help", .letter = 'h', .kind = TOOL_BOOL, .flags = TOOL_DIRECT, .help = "Print this help and end."},  \
    {                                                                                                                  \
        .name = NULL                                                                                                   \
    }

/* Reads everything. Returns -1: go on with *out (to be released with tool_values_free()); otherwise the program is to end with
   that code, all has been printed, and *out is NULL. */
int tool_parse(const tool_program *program, int argc, char *const *argv, tool_values **out);

/* Releases, and wipes secrets; NULL is allowed. */
void tool_values_free(tool_values *values);

/* From a program's check: a contradiction, one English sentence without a full stop; exit code 2 follows. */
void tool_problem(tool_values *values, const char *format, ...) OT_PRINTF(2, 3);

/* The command; NULL: none was given. */
const char *tool_command_name(const tool_values *values);
/* What stands behind the command. */
size_t tool_operand_count(const tool_values *values);
const char *tool_operand(const tool_values *values, size_t n);

/* Values. A name that is not in the table is a defect of the program and ends it. Of a list, the first; without a value: NULL, 0, false. */
bool tool_given(const tool_values *values, const char *name); /* by anything but the default */
const char *tool_source(const tool_values *values,
                        const char *name); /* "default", "command line", "environment NAME", "FILE:LINE" */
const char *tool_text(const tool_values *values, const char *name);
bool tool_bool(const tool_values *values, const char *name);
int64_t tool_int(const tool_values *values,
                 const char *name); /* INT, DURATION (ms), SIZE; ENUM: number of the word from 0 */
double tool_real(const tool_values *values, const char *name); /* REAL, RATE */
size_t tool_count(const tool_values *values, const char *name);
const char *tool_text_at(const tool_values *values, const char *name, size_t n);
/* A time in a zone (NULL: UTC); OT_TIME_NONE when it was not given. False when it cannot be read in this zone, with the error filled. */
bool tool_time(const tool_values *values, const char *name, const ot_zone *zone, ot_time now, ot_time *out,
               ot_error *error);

/* Sets a value as if a level above all had said it, for what a program derives; the text is copied. */
void tool_override(tool_values *values, const char *name, const char *text);

/* The readers of kinds, for text from elsewhere. False: not such a text, with a reason. */
bool tool_read_bool(const char *text, bool *out);
bool tool_read_int(const char *text, int64_t min, int64_t max, int64_t *out, char *reason, size_t size);
bool tool_read_real(const char *text, double min, double max, double *out, char *reason, size_t size);
bool tool_read_duration(const char *text, int64_t *ms, char *reason, size_t size);
bool tool_read_size(const char *text, int64_t *bytes, char *reason, size_t size);
bool tool_read_rate(const char *text, double *per_second, char *reason, size_t size);
/* The number of the word in a list separated by blanks, or -1. */
int tool_read_word(const char *text, const char *words);

#endif
