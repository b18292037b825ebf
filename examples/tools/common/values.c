/* values.c: texts of options into values: numbers, durations, sizes, rates, words. Nothing here looks at the locale. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

static bool same(const char *a, size_t len, const char *b) {
    return strlen(b) == len && memcmp(a, b, len) == 0;
}

bool tool_read_bool(const char *text, bool *out) {
    static const char *const yes[] = {"yes", "true", "on", "1"}, *const no[] = {"no", "false", "off", "0"};
    char low[8];
    size_t len = strlen(text);
    if (len >= sizeof low) return false;
    for (size_t i = 0; i <= len; i++)
        low[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
    for (size_t i = 0; i < 4; i++) {
        if (strcmp(low, yes[i]) == 0) return *out = true, true;
        if (strcmp(low, no[i]) == 0) return *out = false, true;
    }
    return false;
}

/* Digits into a number; the rest of the text in *end. False: no digit, or beyond int64. */
static bool digits(const char *text, const char **end, int64_t *out) {
    int64_t value = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9'; p++) {
        int digit = *p - '0';
        if (value > (INT64_MAX - digit) / 10) return false;
        value = value * 10 + digit;
    }
    *end = p;
    *out = value;
    return p > text;
}

bool tool_read_int(const char *text, int64_t min, int64_t max, int64_t *out, char *reason, size_t size) {
    bool negative = *text == '-';
    const char *end;
    int64_t value;
    if (!digits(text + negative, &end, &value) || *end) {
        snprintf(reason, size, "is not a whole number");
        return false;
    }
    if (negative) value = -value;
    if (value < min || value > max) {
        snprintf(reason, size, "must be from %lld to %lld", (long long)min, (long long)max);
        return false;
    }
    *out = value;
    return true;
}

bool tool_read_real(const char *text, double min, double max, double *out, char *reason, size_t size) {
    /* Digits, a point, an exponent: read by hand, because strtod looks at the locale. */
    const char *p = text;
    bool negative = *p == '-', any = false;
    if (negative) p++;
    double value = 0;
    int scale = 0, exponent = 0;
    for (; *p >= '0' && *p <= '9'; p++, any = true)
        value = value * 10 + (*p - '0');
    if (*p == '.') {
        for (p++; *p >= '0' && *p <= '9'; p++, any = true) {
            value = value * 10 + (*p - '0');
            scale--;
        }
    }
    if (any && (*p == 'e' || *p == 'E')) {
        const char *end;
        int64_t e;
        bool minus = p[1] == '-';
        if (!digits(p + 1 + (minus || p[1] == '+'), &end, &e) || e > 400)
            any = false;
        else
            exponent = (int)(minus ? -e : e), p = end;
    }
    if (!any || *p || p - text > 60) {
        snprintf(reason, size, "is not a number");
        return false;
    }
    int shift = scale + exponent;
    value = shift < 0 ? value / pow(10, -shift) : value * pow(10, shift);
    if (negative) value = -value;
    if (!isfinite(value) || value < min || value > max) {
        snprintf(reason, size, "must be from %g to %g", min, max);
        return false;
    }
    *out = value;
    return true;
}

bool tool_read_duration(const char *text, int64_t *ms, char *reason, size_t size) {
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {"w", 604800000}};
    int64_t total = 0, last = INT64_MAX;
    const char *p = text;
    do {
        const char *end;
        int64_t value, unit = 0;
        if (!digits(p, &end, &value)) goto bad;
        size_t len = 0;
        while (end[len] >= 'a' && end[len] <= 'z')
            len++;
        if (len == 0 && p == text && !*end) unit = 1000; /* a number alone */
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (same(end, len, units[i].unit)) unit = units[i].ms;
        if (!unit || unit >= last) goto bad;
        last = unit;
        if (value > (INT64_MAX / 4 - total) / unit) {
            snprintf(reason, size, "is too long");
            return false;
        }
        total += value * unit;
        p = end + len;
    } while (*p);
    *ms = total;
    return true;
bad:
    snprintf(reason, size, "is not a length of time such as 500ms, 90s, 15m, 3h, 7d or 1h30m");
    return false;
}

bool tool_read_size(const char *text, int64_t *bytes, char *reason, size_t size) {
    static const struct {
        const char *unit;
        int64_t bytes;
    } units[] = {{"", 1},
                 {"B", 1},
                 {"K", 1 << 10},
                 {"KiB", 1 << 10},
                 {"M", 1 << 20},
                 {"MiB", 1 << 20},
                 {"G", 1 << 30},
                 {"GiB", 1 << 30},
                 {"kB", 1000},
                 {"KB", 1000},
                 {"MB", 1000000},
                 {"GB", 1000000000},
                 {"TiB", INT64_C(1) << 40},
                 {"TB", INT64_C(1000000000000)}};
    const char *end;
    int64_t value;
    if (digits(text, &end, &value)) {
        for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
            if (strcmp(end, units[i].unit) != 0) continue;
            if (value > INT64_MAX / units[i].bytes) {
                snprintf(reason, size, "is too large");
                return false;
            }
            *bytes = value * units[i].bytes;
            return true;
        }
    }
    snprintf(reason, size, "is not a size such as 1000, 64KiB, 8MiB or 10MB");
    return false;
}

bool tool_read_rate(const char *text, double *per_second, char *reason, size_t size) {
    const char *slash = strchr(text, '/');
    char number[64];
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    double unit = !slash || strcmp(slash, "/s") == 0                       ? 1
                  : strcmp(slash, "/m") == 0 || strcmp(slash, "/min") == 0 ? 60
                  : strcmp(slash, "/h") == 0                               ? 3600
                                                                           : 0;
    double value;
    if (unit > 0 && len < sizeof number) {
        memcpy(number, text, len);
        number[len] = 0;
        if (tool_read_real(number, 0, 1e9, &value, reason, size)) {
            *per_second = value / unit;
            return true;
        }
    }
    snprintf(reason, size, "is not a rate such as 100/s, 30/m or 5/h");
    return false;
}

int tool_read_word(const char *text, const char *words) {
    size_t len = strlen(text);
    int n = 0;
    for (const char *p = words; p && *p; n++) {
        size_t word = strcspn(p, " ");
        if (word == len && memcmp(p, text, len) == 0) return n;
        p += word;
        p += strspn(p, " ");
    }
    return -1;
}
