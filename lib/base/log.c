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
    size_t len = (size_t)n;
    if (len > sizeof text - 1) {
        /* Cut before a character, not inside it. */
        len = sizeof text - 1;
        size_t back = 0;
        while (back < 3 && ((unsigned char)text[len - 1 - back] & 0xC0) == 0x80)
            back++;
        if ((unsigned char)text[len - 1 - back] >= 0xC0 &&
            !ot_str_utf8(ot_str_of(text + len - 1 - back, back + 1), NULL))
            len -= back + 1;
    }
    len = ot__printable(ot_str_of(text, len), true, safe, sizeof safe);
    log->write(log->ctx, level, ot_str_of(safe, len));
}
