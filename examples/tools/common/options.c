/* options.c: the command line and the environment into values, in the order of their levels. Files: config.c; texts of
   values: values.c; help: help.c. */
#include "options.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <owntracks/version.h>

#include "options_own.h"

extern char **environ;

void *tool_must_alloc(size_t size) {
    void *memory = calloc(1, size ? size : 1);
    if (!memory) {
        fputs("out of memory\n", stderr);
        exit(TOOL_FAIL);
    }
    return memory;
}

char *tool_copy(const char *text, size_t len) {
    char *copy = tool_must_alloc(len + 1);
    if (len) memcpy(copy, text, len);
    return copy;
}

static void wipe_free(char *text) {
    if (!text) return;
    for (volatile char *p = text; *p; p++)
        *p = 0;
    free(text);
}

static FILE *err_of(const tool_program *program) {
    return program->err ? program->err : stderr;
}

/* Writes text so that nothing in it moves a terminal. */
static void put_safe(FILE *out, const char *text) {
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p < 0x20 || *p == 0x7F)
            fprintf(out, "\\x%02x", *p);
        else
            putc(*p, out);
    }
}

OT_PRINTF(3, 0)
static void complain(tool_values *values, const char *where, const char *format, va_list args) {
    char text[1024];
    vsnprintf(text, sizeof text, format, args);
    FILE *err = err_of(values->program);
    fprintf(err, "%s: ", values->program->name);
    if (where) {
        put_safe(err, where);
        fputs(": ", err);
    }
    put_safe(err, text);
    putc('\n', err);
    values->problems++;
}

void tool_complain(tool_values *values, const char *where, const char *format, ...) {
    va_list args;
    va_start(args, format);
    complain(values, where, format, args);
    va_end(args);
}

void tool_problem(tool_values *values, const char *format, ...) {
    va_list args;
    va_start(args, format);
    complain(values, NULL, format, args);
    va_end(args);
}

bool tool_in_list(const char *list, const char *name) {
    return list && tool_read_word(name, list) >= 0;
}

size_t tool_find(const tool_program *program, const char *name, size_t len) {
    for (size_t i = 0; program->options[i].name; i++)
        if (strlen(program->options[i].name) == len && memcmp(program->options[i].name, name, len) == 0) return i;
    return SIZE_MAX;
}

static void slot_clear(tool_slot *slot) {
    for (size_t i = 0; i < slot->count; i++)
        wipe_free(slot->texts[i]);
    slot->count = 0;
    free(slot->source);
    slot->source = NULL;
    slot->level = TOOL_LEVEL_DEFAULT;
}

static void slot_add(tool_slot *slot, const char *text, int64_t number, double real) {
    if (slot->count == slot->room) {
        size_t room = slot->room ? slot->room * 2 : 2;
        char **texts = tool_must_alloc(room * sizeof *texts);
        int64_t *numbers = tool_must_alloc(room * sizeof *numbers);
        double *reals = tool_must_alloc(room * sizeof *reals);
        if (slot->count) {
            memcpy(texts, slot->texts, slot->count * sizeof *texts);
            memcpy(numbers, slot->numbers, slot->count * sizeof *numbers);
            memcpy(reals, slot->reals, slot->count * sizeof *reals);
        }
        free(slot->texts);
        free(slot->numbers);
        free(slot->reals);
        slot->texts = texts;
        slot->numbers = numbers;
        slot->reals = reals;
        slot->room = room;
    }
    slot->texts[slot->count] = tool_copy(text, strlen(text));
    slot->numbers[slot->count] = number;
    slot->reals[slot->count++] = real;
}

/* Reads the text of a value. */
static bool convert(const tool_option *row, const char *text, int64_t *number, double *real, char *reason,
                    size_t size) {
    bool bounds = row->min < row->max || row->max > 0, flag;
    int64_t low = 0, high = INT64_MAX;
    if (bounds) {
        low = (int64_t)row->min;
        high = row->max >= 9.2e18 ? INT64_MAX : (int64_t)row->max;
    }
    *number = 0;
    *real = 0;
    switch (row->kind) {
    case TOOL_BOOL:
        if (!tool_read_bool(text, &flag)) {
            snprintf(reason, size, "must be yes or no");
            return false;
        }
        *number = flag;
        return true;
    case TOOL_INT:
        return tool_read_int(text, low, high, number, reason, size);
    case TOOL_REAL:
        return tool_read_real(text, bounds ? row->min : 0, bounds ? row->max : 1e300, real, reason, size);
    case TOOL_RATE:
        if (!tool_read_rate(text, real, reason, size)) return false;
        if (bounds && (*real < row->min || *real > row->max)) {
            snprintf(reason, size, "must be from %g/s to %g/s", row->min, row->max);
            return false;
        }
        return true;
    case TOOL_DURATION:
        if (!tool_read_duration(text, number, reason, size)) return false;
        if (bounds && (*number < low || *number > high)) {
            snprintf(reason, size, "must be from %lld ms to %lld ms", (long long)low, (long long)high);
            return false;
        }
        return true;
    case TOOL_SIZE:
        if (!tool_read_size(text, number, reason, size)) return false;
        if (bounds && (*number < low || *number > high)) {
            snprintf(reason, size, "must be from %lld to %lld bytes", (long long)low, (long long)high);
            return false;
        }
        return true;
    case TOOL_ENUM: {
        int word = tool_read_word(text, row->words);
        if (word < 0 || !*text) {
            snprintf(reason, size, "must be one of: %s", row->words);
            return false;
        }
        *number = word;
        return true;
    }
    case TOOL_TIME_FROM:
    case TOOL_TIME_TO: {
        ot_time when;
        ot_error error = {0};
        ot_time_bound bound = row->kind == TOOL_TIME_TO ? OT_TIME_TO : OT_TIME_FROM;
        if (ot_time_parse(ot_str_c(text), bound, NULL, ot_time_now(), &when, &error) == OT_OK) return true;
        snprintf(reason, size,
                 "is not a time: %s (a time looks like 2026-03-01T12:00:00Z, 2026-03-01, yesterday, -3h or 1772366400)",
                 error.reason);
        return false;
    }
    case TOOL_TEXT:
    case TOOL_FILE:
        return true;
    }
    return false;
}

void tool_assign(tool_values *values, size_t option, tool_level level, const char *text, const char *where,
                 unsigned line) {
    const tool_option *row = &values->program->options[option];
    tool_slot *slot = &values->slots[option];
    int64_t number;
    double real;
    char reason[320];
    if (!convert(row, text, &number, &real, reason, sizeof reason)) {
        tool_complain(values, where, "%s: \"%.100s\" %s", row->name, row->flags & TOOL_SECRET ? "***" : text, reason);
        return;
    }
    if (level < slot->level) return;
    if (level > slot->level || level == TOOL_LEVEL_DEFAULT || level == TOOL_LEVEL_PROGRAM) {
        slot_clear(slot);
        slot->level = level;
        slot->line = line;
        slot->source = tool_copy(where, strlen(where));
    } else if (!(row->flags & TOOL_REPEAT)) {
        if (level == TOOL_LEVEL_CONFIG)
            tool_complain(values, where, "%s: was said in line %u already and is no list", row->name, slot->line);
        else if (strcmp(slot->texts[0], text) != 0)
            tool_complain(values, where, "%s: said twice with different values (%s)", row->name, slot->source);
        return;
    }
    slot_add(slot, text, number, real);
}

/* A variable of the environment; NULL when it is not set or empty. */
static const char *env_get(char *const *env, const char *name) {
    size_t len = strlen(name);
    for (; env && *env; env++)
        if (strncmp(*env, name, len) == 0 && (*env)[len] == '=') return (*env)[len + 1] ? *env + len + 1 : NULL;
    return NULL;
}

/* Assigns from a variable; lists have one value a line. */
static void env_assign(tool_values *values, size_t option, tool_level level, const char *variable, const char *text) {
    char where[120];
    snprintf(where, sizeof where, "environment %s", variable);
    if (!(values->program->options[option].flags & TOOL_REPEAT)) {
        tool_assign(values, option, level, text, where, 0);
        return;
    }
    for (const char *p = text; *p;) {
        size_t len = strcspn(p, "\n");
        if (len) {
            char *one = tool_copy(p, len);
            tool_assign(values, option, level, one, where, 0);
            free(one);
        }
        p += len + (p[len] == '\n');
    }
}

static void env_name(const char *option, char out[80]) {
    size_t n = (size_t)snprintf(out, 80, "OWNTRACKS_");
    for (const char *p = option; *p && n < 79; p++)
        out[n++] = (char)(*p == '-' ? '_' : *p >= 'a' && *p <= 'z' ? *p - 32 : *p);
    out[n] = 0;
}

/* The usual names of MQTT, below all else. */
static void read_mqtt(tool_values *values, char *const *env) {
    for (size_t i = 0; i < values->option_count; i++) {
        const tool_option *row = &values->program->options[i];
        const char *first = NULL;
        char first_name[64] = "";
        for (const char *p = row->env; p && *p;) {
            char name[64];
            size_t len = strcspn(p, " ");
            snprintf(name, sizeof name, "%.*s", (int)len, p);
            const char *text = env_get(env, name);
            if (text && first && strcmp(first, text) != 0) {
                tool_complain(values, NULL, "environment %s and %s contradict each other", first_name, name);
            } else if (text && !first) {
                first = text;
                snprintf(first_name, sizeof first_name, "%s", name);
                env_assign(values, i, TOOL_LEVEL_MQTT, name, text);
            }
            p += len;
            p += strspn(p, " ");
        }
        if (!(row->flags & TOOL_MQTT_URL)) continue;
        const char *host = env_get(env, "MQTT_HOST"), *broker = env_get(env, "MQTT_BROKER_HOST");
        const char *port = env_get(env, "MQTT_PORT"), *tls = env_get(env, "MQTT_USE_TLS");
        bool use_tls = false;
        int64_t number = 0;
        char reason[100], url[400];
        if (host && broker && strcmp(host, broker) != 0)
            tool_complain(values, NULL, "environment MQTT_HOST and MQTT_BROKER_HOST contradict each other");
        if (tls && !tool_read_bool(tls, &use_tls))
            tool_complain(values, "environment MQTT_USE_TLS", "must be yes or no");
        if (port && !tool_read_int(port, 1, 65535, &number, reason, sizeof reason))
            tool_complain(values, "environment MQTT_PORT", "\"%.20s\" %s", port, reason);
        const char *from = host ? "MQTT_HOST" : broker ? "MQTT_BROKER_HOST" : port ? "MQTT_PORT" : "MQTT_USE_TLS";
        if (!host) host = broker;
        if (!host && !port && !tls) continue;
        if (!host) host = "localhost";
        if (strlen(host) > 255 || strpbrk(host, "/@ \t\r\n") || strstr(host, "://")) {
            char where[64];
            snprintf(where, sizeof where, "environment %s", from);
            tool_complain(values, where, "\"%.100s\" is not the name of a host", host);
            continue;
        }
        bool six = strchr(host, ':') && *host != '[';
        int n = snprintf(url, sizeof url, "mqtt%s://%s%s%s", use_tls ? "s" : "", six ? "[" : "", host, six ? "]" : "");
        if (number && n > 0 && (size_t)n < sizeof url) snprintf(url + n, sizeof url - (size_t)n, ":%d", (int)number);
        env_assign(values, i, TOOL_LEVEL_MQTT, from, url);
    }
}

static void read_environment(tool_values *values, char *const *env) {
    for (size_t i = 0; i < values->option_count; i++) {
        const tool_option *row = &values->program->options[i];
        if (row->flags & TOOL_DIRECT) continue;
        char name[80];
        env_name(row->name, name);
        const char *text = env_get(env, name);
        if (text) env_assign(values, i, TOOL_LEVEL_ENV, name, text);
    }
    size_t room = 0;
    for (char *const *e = env; e && *e; e++) {
        if (strncmp(*e, "OWNTRACKS_", 10) != 0) continue;
        size_t len = strcspn(*e, "=");
        bool known = false;
        for (size_t i = 0; i < values->option_count && !known; i++) {
            char name[80];
            env_name(values->program->options[i].name, name);
            known = strlen(name) == len && memcmp(name, *e, len) == 0;
        }
        if (known || values->stray_count >= 64) continue;
        if (!room) values->strays = tool_must_alloc((room = 64) * sizeof *values->strays);
        values->strays[values->stray_count++] = tool_copy(*e, len);
    }
}

/* Takes one long option; *i may go on by one. */
static void long_option(tool_values *values, int argc, char *const *argv, int *i) {
    const char *name = argv[*i] + 2;
    size_t len = strcspn(name, "=");
    size_t option = tool_find(values->program, name, len);
    if (option == SIZE_MAX) {
        tool_complain(values, NULL, "unknown option --%.*s (see --help)", (int)(len < 60 ? len : 60), name);
        return;
    }
    const tool_option *row = &values->program->options[option];
    char where[120];
    snprintf(where, sizeof where, "command line");
    if (row->flags & TOOL_SECRET) {
        char variable[80];
        env_name(row->name, variable);
        tool_complain(values, NULL,
                      "--%s is not taken from the command line, where others can read it; use --%s-file or %s",
                      row->name, row->name, variable);
        if (!name[len] && *i + 1 < argc) ++*i;
    } else if (name[len] == '=') {
        tool_assign(values, option, TOOL_LEVEL_LINE, name + len + 1, where, 0);
    } else if (row->kind == TOOL_BOOL) {
        tool_assign(values, option, TOOL_LEVEL_LINE, "yes", where, 0);
    } else if (*i + 1 < argc) {
        tool_assign(values, option, TOOL_LEVEL_LINE, argv[++*i], where, 0);
    } else {
        tool_complain(values, NULL, "--%s wants a value", row->name);
    }
}

static void short_options(tool_values *values, int argc, char *const *argv, int *i) {
    for (const char *p = argv[*i] + 1; *p; p++) {
        size_t option = SIZE_MAX;
        for (size_t k = 0; k < values->option_count && option == SIZE_MAX; k++)
            if (values->program->options[k].letter == *p) option = k;
        if (option == SIZE_MAX) {
            tool_complain(values, NULL, "unknown option -%c (see --help)", *p);
            return;
        }
        if (values->program->options[option].kind == TOOL_BOOL) {
            tool_assign(values, option, TOOL_LEVEL_LINE, "yes", "command line", 0);
            continue;
        }
        if (p[1])
            tool_assign(values, option, TOOL_LEVEL_LINE, p + 1, "command line", 0);
        else if (*i + 1 < argc)
            tool_assign(values, option, TOOL_LEVEL_LINE, argv[++*i], "command line", 0);
        else
            tool_complain(values, NULL, "-%c wants a value", *p);
        return;
    }
}

static void read_line(tool_values *values, int argc, char *const *argv) {
    const tool_program *program = values->program;
    bool ended = false, word_seen = false;
    values->operands = tool_must_alloc(((size_t)(argc > 0 ? argc : 0) + 1) * sizeof *values->operands);
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (!ended && strcmp(word, "--") == 0) {
            ended = true;
        } else if (!ended && word[0] == '-' && word[1] == '-') {
            long_option(values, argc, argv, &i);
        } else if (!ended && word[0] == '-' && word[1]) {
            short_options(values, argc, argv, &i);
        } else if (program->commands && !word_seen) {
            word_seen = true;
            for (const tool_command *c = program->commands; c->name; c++)
                if (strcmp(c->name, word) == 0) values->command = c;
            if (!values->command) tool_complain(values, NULL, "unknown command \"%.60s\" (see --help)", word);
        } else {
            values->operands[values->operand_count++] = tool_copy(word, strlen(word));
        }
    }
}

/* Of a group only the highest level holds; two on one level contradict each other. */
static void resolve_groups(tool_values *values) {
    const tool_option *rows = values->program->options;
    for (size_t i = 0; i < values->option_count; i++) {
        if (!rows[i].group) continue;
        tool_slot *a = &values->slots[i];
        bool a_on = a->level > TOOL_LEVEL_DEFAULT && a->count && (rows[i].kind != TOOL_BOOL || a->numbers[0]);
        for (size_t k = i + 1; a_on && k < values->option_count; k++) {
            tool_slot *b = &values->slots[k];
            if (!rows[k].group || strcmp(rows[i].group, rows[k].group) != 0) continue;
            bool b_on = b->level > TOOL_LEVEL_DEFAULT && b->count && (rows[k].kind != TOOL_BOOL || b->numbers[0]);
            if (!b_on) continue;
            if (a->level == b->level) {
                tool_complain(values, NULL, "%s (%s) and %s (%s) contradict each other", rows[i].name, a->source,
                              rows[k].name, b->source);
                continue;
            }
            tool_slot *lower = a->level < b->level ? a : b;
            const tool_option *row = a->level < b->level ? &rows[i] : &rows[k];
            slot_clear(lower);
            lower->overridden = true;
            if (row->initial) tool_assign(values, (size_t)(row - rows), TOOL_LEVEL_DEFAULT, row->initial, "default", 0);
            if (lower == a) a_on = false;
        }
    }
}

/* Options that the command does not have, and the number of its operands. */
static void check_command(tool_values *values) {
    const tool_program *program = values->program;
    int min = program->operands_min, max = program->operands_max;
    const char *name = program->name;
    if (program->commands) {
        if (!values->command) {
            if (!values->problems && !program->command_optional)
                tool_complain(values, NULL, "which command? (see --help)");
            max = 0;
        } else {
            name = values->command->name;
            min = values->command->operands_min;
            max = values->command->operands_max;
            for (size_t i = 0; i < values->option_count; i++)
                if (values->slots[i].level == TOOL_LEVEL_LINE && program->options[i].commands &&
                    !tool_in_list(program->options[i].commands, name))
                    tool_complain(values, NULL, "--%s is no option of the command %s", program->options[i].name, name);
        }
    }
    if (max >= 0 && values->operand_count > (size_t)max)
        tool_complain(values, NULL, "%s: too much: \"%.60s\"", name, values->operands[max]);
    else if (values->operand_count < (size_t)min)
        tool_complain(values, NULL, "%s: %s missing", name,
                      values->command && values->command->operands ? values->command->operands : "an operand is");
}

int tool_parse(const tool_program *program, int argc, char *const *argv, tool_values **out) {
    *out = NULL;
    tool_values *values = tool_must_alloc(sizeof *values);
    values->program = program;
    while (program->options[values->option_count].name)
        values->option_count++;
    values->slots = tool_must_alloc(values->option_count * sizeof *values->slots);
    char *const *env = program->env ? program->env : environ;
    FILE *output = program->out ? program->out : stdout;
    for (size_t i = 0; i < values->option_count; i++)
        if (program->options[i].initial)
            tool_assign(values, i, TOOL_LEVEL_DEFAULT, program->options[i].initial, "default", 0);
    read_line(values, argc, argv);
    int code = -1;
    if (tool_bool(values, "help") || tool_bool(values, "version")) {
        /* Whatever else is wrong: this is what was asked for. */
        if (tool_bool(values, "help"))
            tool_print_help(values, output);
        else
            fprintf(output, "%s %s\n", program->name, ot_version_text());
        code = fflush(output) == 0 ? TOOL_OK : TOOL_FAIL;
    } else {
        read_environment(values, env);
        const char *config = tool_text(values, "config");
        if (config) tool_config_read(values, config);
        read_mqtt(values, env);
        resolve_groups(values);
        bool asked = tool_bool(values, "check-config");
        if (!asked || values->command || values->operand_count) check_command(values);
        if (program->check && !values->problems) program->check(values);
        if (values->problems) {
            code = TOOL_USAGE;
        } else if (asked) {
            tool_print_config(values, output);
            code = fflush(output) == 0 ? TOOL_OK : TOOL_FAIL;
        }
    }
    if (code >= 0) {
        tool_values_free(values);
        return code;
    }
    *out = values;
    return -1;
}

void tool_values_free(tool_values *values) {
    if (!values) return;
    for (size_t i = 0; i < values->option_count; i++) {
        slot_clear(&values->slots[i]);
        free(values->slots[i].texts);
        free(values->slots[i].numbers);
        free(values->slots[i].reals);
    }
    free(values->slots);
    for (size_t i = 0; i < values->operand_count; i++)
        free(values->operands[i]);
    free(values->operands);
    for (size_t i = 0; i < values->stray_count; i++)
        free(values->strays[i]);
    free(values->strays);
    free(values);
}

const char *tool_command_name(const tool_values *values) {
    return values->command ? values->command->name : NULL;
}
size_t tool_operand_count(const tool_values *values) {
    return values->operand_count;
}
const char *tool_operand(const tool_values *values, size_t n) {
    return n < values->operand_count ? values->operands[n] : NULL;
}

static const tool_slot *slot_of(const tool_values *values, const char *name) {
    size_t option = tool_find(values->program, name, strlen(name));
    if (option == SIZE_MAX) {
        fprintf(stderr, "%s: defect: no option \"%s\"\n", values->program->name, name);
        abort();
    }
    return &values->slots[option];
}

bool tool_given(const tool_values *values, const char *name) {
    return slot_of(values, name)->level > TOOL_LEVEL_DEFAULT;
}
const char *tool_source(const tool_values *values, const char *name) {
    const tool_slot *slot = slot_of(values, name);
    return slot->source ? slot->source : "default";
}
size_t tool_count(const tool_values *values, const char *name) {
    return slot_of(values, name)->count;
}
const char *tool_text_at(const tool_values *values, const char *name, size_t n) {
    const tool_slot *slot = slot_of(values, name);
    return n < slot->count ? slot->texts[n] : NULL;
}
const char *tool_text(const tool_values *values, const char *name) {
    return tool_text_at(values, name, 0);
}
int64_t tool_int(const tool_values *values, const char *name) {
    const tool_slot *slot = slot_of(values, name);
    return slot->count ? slot->numbers[0] : 0;
}
bool tool_bool(const tool_values *values, const char *name) {
    return tool_int(values, name) != 0;
}
double tool_real(const tool_values *values, const char *name) {
    const tool_slot *slot = slot_of(values, name);
    return slot->count ? slot->reals[0] : 0;
}

bool tool_time(const tool_values *values, const char *name, const ot_zone *zone, ot_time now, ot_time *out,
               ot_error *error) {
    const tool_slot *slot = slot_of(values, name);
    *out = OT_TIME_NONE;
    if (!slot->count) return true;
    const tool_option *row = &values->program->options[slot - values->slots];
    ot_time_bound bound = row->kind == TOOL_TIME_TO ? OT_TIME_TO : OT_TIME_FROM;
    return ot_time_parse(ot_str_c(slot->texts[0]), bound, zone, now, out, error) == OT_OK;
}

void tool_override(tool_values *values, const char *name, const char *text) {
    size_t option = (size_t)(slot_of(values, name) - values->slots);
    tool_assign(values, option, TOOL_LEVEL_PROGRAM, text, "program", 0);
}
