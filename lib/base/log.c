/* log.c: one line for the receiver that the program gave. */
#include "base.h"

#include <stdarg.h>
#include <stdio.h>

void ot_log_line(const ot_log *log, ot_log_level level, const char *format, ...) {
    if (!log || !log->write) return;
    ot_log_level max = log->max_level ? log->max_level : OT_LOG_INFO;
    if (level > max) return;
    char text[1001], safe[1001];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0) return;
    size_t len = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    len = ot__printable(ot_str_of(text, len), true, safe, sizeof safe);
    log->write(log->ctx, level, ot_str_of(safe, len));
}
