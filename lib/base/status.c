/* status.c: names and texts of statuses, and errors as values. */
#include "base.h"

#include <owntracks/version.h>

#include <stdarg.h>
#include <stdio.h>

const char *ot_status_name(ot_status status) {
    switch (status) {
#define ROW(name, number, text)                                                                                        \
    case OT_##name:                                                                                                    \
        return "OT_" #name;
        OT_STATUS_MAP(ROW)
#undef ROW
    }
    return "OT_?";
}

const char *ot_status_text(ot_status status) {
    switch (status) {
#define ROW(name, number, text)                                                                                        \
    case OT_##name:                                                                                                    \
        return text;
        OT_STATUS_MAP(ROW)
#undef ROW
    }
    return "a failure that this version does not know";
}

bool ot_status_is_transient(ot_status status) {
    switch (status) {
    case OT_EFULL:
    case OT_EBUSY:
    case OT_EIO:
    case OT_ETIMEOUT:
    case OT_ENOMEM:
    case OT_ELOOKUP:
    case OT_EREFUSED:
    case OT_ETLS:
    case OT_EAUTH:
    case OT_ELOST:
        return true;
    default:
        return false;
    }
}

ot_status ot_error_set(ot_error *error, ot_status status, const char *field, uint64_t offset, const char *format, ...) {
    if (!error) return status;
    char text[sizeof error->reason];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    char where[sizeof error->field]; /* apart, because field may be the one of this very error */
    ot__printable(ot_str_c(field), false, where, sizeof where);
    error->status = status;
    error->line = 0;
    error->offset = offset;
    memcpy(error->field, where, sizeof where);
    ot__printable(ot_str_of(text, len), false, error->reason, sizeof error->reason);
    return status;
}

size_t ot_error_text(const ot_error *error, char *buffer, size_t size) {
    char where[48] = "";
    if (!error) {
        if (size) buffer[0] = 0;
        return 0;
    }
    if (error->line) snprintf(where, sizeof where, ", line %u", (unsigned)error->line);
    if (error->offset != OT_NO_OFFSET) {
        size_t n = strlen(where);
        snprintf(where + n, sizeof where - n, ", offset %llu", (unsigned long long)error->offset);
    }
    int n = snprintf(buffer, size, "%s%s%s (%s%s)", error->field, error->field[0] ? ": " : "",
                     error->reason[0] ? error->reason : ot_status_text(error->status), ot_status_name(error->status),
                     where);
    return n < 0 ? 0 : (size_t)n;
}

int ot_version_number(void) {
    return OT_VERSION_NUMBER;
}

#define TEXT2(x) #x
#define TEXT(x)  TEXT2(x)
const char *ot_version_text(void) {
    return TEXT(OT_VERSION_MAJOR) "." TEXT(OT_VERSION_MINOR) "." TEXT(OT_VERSION_PATCH);
}
