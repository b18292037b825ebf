/* option.c: what a format's options say. */
#include "format.h"

const char *ot_format_option(const ot_format_start *start, const char *name) {
    const char *value = NULL;
    for (size_t i = 0; i < start->option_count; i++)
        if (strcmp(start->options[i].name, name) == 0) value = start->options[i].value;
    return value;
}

ot_status ot_format_option_word(const ot_format_start *start, const char *name, const char *words, size_t *out,
                                ot_error *error) {
    const char *value = ot_format_option(start, name);
    size_t n = 0, len = value ? strlen(value) : 0;
    *out = 0;
    for (const char *word = words; value && *word; n++) {
        size_t of = strcspn(word, " ");
        if (of == len && memcmp(word, value, len) == 0) return *out = n, OT_OK;
        word += of + (word[of] == ' ');
    }
    return value ? ot_error_set(error, OT_EINVAL, name, OT_NO_OFFSET, "\"%.40s\" is none of: %s", value, words) : OT_OK;
}

ot_status ot_format_option_seconds(const ot_format_start *start, const char *name, int64_t initial, ot_time *out,
                                   ot_error *error) {
    const char *value = ot_format_option(start, name);
    int64_t seconds = 0;
    size_t n = 0;
    *out = initial * 1000;
    if (!value) return OT_OK;
    for (; n < 10 && value[n] >= '0' && value[n] <= '9'; n++)
        seconds = seconds * 10 + (value[n] - '0');
    if (!n || value[n])
        return ot_error_set(error, OT_EINVAL, name, OT_NO_OFFSET, "\"%.40s\" is no number of seconds", value);
    *out = seconds * 1000;
    return OT_OK;
}
