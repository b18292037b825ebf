/* config.c: reads a configuration file. Hostile files are told by name, line and column, and are never half obeyed: the caller
   ends when there was a complaint. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <owntracks/str.h>

#include "options_own.h"

#define FILE_MAX       (1024 * 1024)
#define LINE_MAX_BYTES 65536

/* Where a line is: "FILE:LINE" */
static void place(char *out, size_t size, const char *path, unsigned line) {
    snprintf(out, size, "%s:%u", path, line);
}

/* Shows a key of a file that may hold anything. */
static void shown(const char *key, size_t len, char out[80]) {
    size_t n = 0;
    for (size_t i = 0; i < len && n + 5 < 80; i++) {
        unsigned char c = (unsigned char)key[i];
        if (c >= 0x20 && c < 0x7F)
            out[n++] = (char)c;
        else
            n += (size_t)snprintf(out + n, 80 - n, "\\x%02x", c);
    }
    out[n] = 0;
}

static void read_line(tool_values *values, const char *path, unsigned number, char *line, size_t len) {
    char where[4200];
    place(where, sizeof where, path, number);
    if (len > LINE_MAX_BYTES) {
        tool_complain(values, where, "the line has %zu bytes; at most %d are allowed", len, LINE_MAX_BYTES);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)line[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F) {
            tool_complain(values, where, "control character 0x%02x in column %zu: this is no configuration file", c,
                          i + 1);
            return;
        }
    }
    size_t bad;
    if (!ot_str_utf8(ot_str_of(line, len), &bad)) {
        tool_complain(values, where, "not valid UTF-8 in column %zu", bad + 1);
        return;
    }
    while (len && (line[len - 1] == ' ' || line[len - 1] == '\t'))
        len--;
    size_t at = 0;
    while (at < len && (line[at] == ' ' || line[at] == '\t'))
        at++;
    if (at == len || line[at] == '#') return;
    char *equals = memchr(line + at, '=', len - at);
    char key[80];
    if (!equals) {
        shown(line + at, len - at, key);
        tool_complain(values, where, "expected \"key = value\", found \"%s\"", key);
        return;
    }
    size_t key_len = (size_t)(equals - (line + at));
    while (key_len && (line[at + key_len - 1] == ' ' || line[at + key_len - 1] == '\t'))
        key_len--;
    shown(line + at, key_len, key);
    if (!key_len) {
        tool_complain(values, where, "no key before \"=\"");
        return;
    }
    char *value = equals + 1;
    while (value < line + len && (*value == ' ' || *value == '\t'))
        value++;
    size_t option = tool_find(values->program, line + at, key_len);
    if (option == SIZE_MAX) {
        tool_complain(values, where, "unknown key \"%s\"", key);
        return;
    }
    const tool_option *row = &values->program->options[option];
    if ((row->flags & TOOL_DIRECT) || strcmp(row->name, "config") == 0) {
        tool_complain(values, where, "\"%s\" holds on the command line only", key);
        return;
    }
    if (row->flags & TOOL_SECRET) {
        tool_complain(values, where, "\"%s\" is a secret and does not belong here; use %s-file or the environment", key,
                      key);
        return;
    }
    char *text = tool_copy(value, (size_t)(line + len - value));
    tool_assign(values, option, TOOL_LEVEL_CONFIG, text, where, number);
    free(text);
}

void tool_config_read(tool_values *values, const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        tool_complain(values, path, "cannot be read: %s", strerror(errno));
        return;
    }
    char *data = tool_must_alloc(FILE_MAX + 2);
    errno = 0;
    size_t len = fread(data, 1, FILE_MAX + 1, file);
    if (ferror(file)) {
        tool_complain(values, path, "cannot be read: %s", strerror(errno));
    } else if (len > FILE_MAX) {
        tool_complain(values, path, "larger than %d bytes: this is no configuration file", FILE_MAX);
    } else {
        size_t at = len >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
        for (unsigned number = 1; at < len; number++) {
            char *end = memchr(data + at, '\n', len - at);
            size_t stop = end ? (size_t)(end - data) : len;
            size_t cut = stop > at && data[stop - 1] == '\r' ? stop - 1 : stop;
            read_line(values, path, number, data + at, cut - at);
            if (values->problems >= 20) {
                tool_complain(values, path, "more is not looked at");
                break;
            }
            at = stop + 1;
        }
    }
    free(data);
    fclose(file);
}
