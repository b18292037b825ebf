/** @file log.h
 *  @brief What the library tells while it works. It never prints: a program passes an ot_log where something is opened. */
#ifndef OWNTRACKS_LOG_H
#define OWNTRACKS_LOG_H

#include <owntracks/str.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How much a line matters; the numbers are those of syslog (RFC 5424 section 6.2.1). */
typedef enum ot_log_level {
    OT_LOG_ERROR = 3,   /**< Something is not done that should be. */
    OT_LOG_WARNING = 4, /**< Something needs an eye. */
    OT_LOG_INFO = 6,    /**< A change of state: connected, disconnected. */
    OT_LOG_DEBUG = 7    /**< For developers. */
} ot_log_level;

/** A receiver of log lines. A NULL `write` drops them. */
typedef struct ot_log {
    /** Takes one line without a newline: printable, secrets already masked; valid during the call. It may be called from the
     *  thread that uses the object it was given to, and from no other. */
    void (*write)(void *ctx, ot_log_level level, ot_str line);
    void *ctx;              /**< Handed to write. */
    ot_log_level max_level; /**< Lines above this number are not made; 0 means OT_LOG_INFO. */
} ot_log;

/** Makes and hands over one line; nothing happens when @p log is NULL or its level does not ask for it.
 *  Unprintable bytes of the outcome stand as \\xHH (UTF-8 text is kept); a line is cut at 1000 bytes.
 *  @par Threads As the receiver's. */
OT_API void ot_log_line(const ot_log *log, ot_log_level level, const char *format, ...) OT_PRINTF(3, 4);

#ifdef __cplusplus
}
#endif
#endif
