/* help.c: what a person reads of the options: --help and --check-config. */
#include <string.h>

#include <owntracks/version.h>

#include "options_own.h"

#define WIDTH 80

/* Writes words from column `column` on, wrapped and indented by `indent`, and ends the line. */
static void wrap(FILE *out, const char *text, size_t column, size_t indent) {
    for (bool first = true; *text;) {
        size_t len = strcspn(text, " \n");
        if (!first && column + 1 + len > WIDTH && column > indent) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!first && column > indent) {
            putc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", (int)len, text);
        column += len;
        first = false;
        text += len;
        if (*text == '\n') {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
            text++;
        }
        while (*text == ' ')
            text++;
    }
    putc('\n', out);
}

static const char *metavar(const tool_option *row) {
    static const char *const names[] = {"",         "",     "TEXT", "FILE", "N",    "NUMBER",
                                        "DURATION", "SIZE", "RATE", "",     "TIME", "TIME"};
    return row->metavar ? row->metavar : names[row->kind];
}

static void print_option(const tool_option *row, FILE *out) {
    char head[120];
    int n = row->letter ? snprintf(head, sizeof head, "  -%c, --%s", row->letter, row->name)
                        : snprintf(head, sizeof head, "      --%s", row->name);
    if (row->kind == TOOL_ENUM && !row->metavar) {
        char words[60];
        size_t len = 0;
        for (const char *p = row->words; *p && len + 1 < sizeof words; p++)
            words[len++] = *p == ' ' ? '|' : *p;
        words[len] = 0;
        snprintf(head + n, sizeof head - (size_t)n, " %s", words);
    } else if (row->kind != TOOL_BOOL) {
        snprintf(head + n, sizeof head - (size_t)n, " %s", metavar(row));
    }
    size_t len = strlen(head);
    fputs(row->flags & TOOL_SECRET ? "" : head, out);
    if (row->flags & TOOL_SECRET) len = (size_t)fprintf(out, "      (%s)", row->name);
    if (len > 28) {
        putc('\n', out);
        len = 0;
    }
    fprintf(out, "%*s", (int)(30 - len), "");
    char text[900];
    n = snprintf(text, sizeof text, "%s", row->help);
    if (row->flags & TOOL_REPEAT) n += snprintf(text + n, sizeof text - (size_t)n, " May be repeated.");
    if (row->initial && row->kind != TOOL_BOOL)
        n += snprintf(text + n, sizeof text - (size_t)n, " Default: %s.", row->initial);
    if (row->env) {
        char names[120];
        size_t k = 0;
        for (const char *p = row->env; *p && k + 3 < sizeof names; p++) {
            if (*p == ' ') names[k++] = ',';
            names[k++] = *p;
        }
        names[k] = 0;
        snprintf(text + n, sizeof text - (size_t)n, " Also %s.", names);
    }
    wrap(out, text, 30, 30);
}

void tool_print_help(const tool_values *values, FILE *out) {
    const tool_program *program = values->program;
    const tool_command *command = values->command;
    fprintf(out, "Usage: %s [OPTIONS]", program->name);
    if (command)
        fprintf(out, " %s%s%s", command->name, *command->operands ? " " : "", command->operands);
    else if (program->commands)
        fputs(program->command_optional ? " [COMMAND ...]" : " COMMAND ...", out);
    else if (program->operands)
        fprintf(out, " %s", program->operands);
    fputs("\n\n", out);
    wrap(out, command ? command->help : program->purpose, 0, 0);
    if (!command && program->commands) {
        fputs("\nCommands:\n", out);
        for (const tool_command *c = program->commands; c->name; c++) {
            char head[80];
            size_t len = (size_t)snprintf(head, sizeof head, "  %s %s", c->name, c->operands);
            fputs(head, out);
            if (len > 28) {
                putc('\n', out);
                len = 0;
            }
            fprintf(out, "%*s", (int)(30 - len), "");
            wrap(out, c->help, 30, 30);
        }
        fprintf(out, "\n\"%s COMMAND --help\" tells the options of a command.\n", program->name);
    }
    fputs("\nOptions:\n", out);
    for (size_t i = 0; i < values->option_count; i++) {
        const tool_option *row = &program->options[i];
        if (row->flags & TOOL_HIDDEN) continue;
        if (row->commands && (command ? !tool_in_list(row->commands, command->name) : program->commands != NULL))
            continue;
        print_option(row, out);
    }
    putc('\n', out);
    wrap(out,
         "Each option also holds as OWNTRACKS_<NAME> in the environment. Exit codes: 0 done, 1 failed or findings, 2 "
         "usage or configuration.",
         0, 0);
    if (program->epilog && !command) fprintf(out, "\n%s", program->epilog);
}

/* Shows a value: nothing moves a terminal, and no password of a URL is seen. */
static void put_value(FILE *out, const char *text, bool json) {
    const char *scheme = strstr(text, "://"), *at = scheme ? strchr(scheme, '@') : NULL;
    const char *colon = at ? memchr(scheme + 3, ':', (size_t)(at - scheme - 3)) : NULL;
    if (json) putc('"', out);
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (colon && p > colon && p < at) {
            if (p == colon + 1) fputs("***", out);
        } else if (c < 0x20 || c == 0x7F) {
            fprintf(out, json ? "\\u%04x" : "\\x%02x", c);
        } else {
            if (json && (c == '"' || c == '\\')) putc('\\', out);
            putc(c, out);
        }
    }
    if (json) putc('"', out);
}

void tool_print_config(const tool_values *values, FILE *out) {
    const tool_program *program = values->program;
    bool json = tool_bool(values, "json"), first = true;
    if (json) fputs("{", out);
    for (size_t i = 0; i < values->option_count; i++) {
        const tool_option *row = &program->options[i];
        const tool_slot *slot = &values->slots[i];
        if (row->flags & TOOL_DIRECT) continue;
        const char *source = slot->source ? slot->source : "default";
        if (json) {
            fprintf(out, "%s\n  \"%s\": {\"value\": ", first ? "" : ",", row->name);
            if (row->flags & TOOL_REPEAT)
                putc('[', out);
            else if (!slot->count)
                fputs(row->kind == TOOL_BOOL ? "\"no\"" : "null", out);
            for (size_t k = 0; k < slot->count; k++) {
                if (k) fputs(", ", out);
                put_value(out, row->flags & TOOL_SECRET ? "***" : slot->texts[k], true);
            }
            if (row->flags & TOOL_REPEAT) putc(']', out);
            fputs(", \"from\": ", out);
            put_value(out, source, true);
            putc('}', out);
            first = false;
            continue;
        }
        if (!slot->count)
            fprintf(out, "%-18s %-40s  (default)\n", row->name, row->kind == TOOL_BOOL ? "= no" : "not set");
        for (size_t k = 0; k < slot->count; k++) {
            const char *text = row->flags & TOOL_SECRET ? "***" : slot->texts[k];
            size_t len = strlen(text);
            fprintf(out, "%-18s = ", row->name);
            put_value(out, text, false);
            fprintf(out, "%*s  (", (int)(len < 38 ? 38 - len : 0), "");
            put_value(out, source, false);
            fputs(")\n", out);
        }
    }
    if (json)
        fputs("\n}\n", out);
    else
        for (size_t i = 0; i < values->stray_count; i++) {
            put_value(out, values->strays[i], false);
            fprintf(out, ": in the environment, but no option of %s\n", program->name);
        }
}
