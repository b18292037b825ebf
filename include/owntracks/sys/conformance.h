/** @file conformance.h
 *  @brief The suites that every backend has to pass: the library libowntracks-conformance.
 *
 *  A suite needs nothing but a way to open what it tests, prints nothing and ends nothing: each failed check is handed to a callback. */
#ifndef OWNTRACKS_SYS_CONFORMANCE_H
#define OWNTRACKS_SYS_CONFORMANCE_H

#include <owntracks/store.h>
#include <owntracks/transport.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Where failed checks go. */
typedef struct ot_suite_report {
    /** One failed check: the test, the line of the suite's source, and what was expected. Views are NUL-terminated and valid during the call. */
    void (*failed)(void *ctx, const char *test, const char *file, int line, const char *text);
    void *ctx; /**< Handed to failed. */
} ot_suite_report;

/** A way to open stores for the suite. */
typedef struct ot_store_factory {
    size_t size; /**< sizeof(ot_store_factory). */
    void *ctx;   /**< Handed to both. */
    /** Opens a store with nothing in it, somewhere else than the one before; @p config is to be handed on (its `options` may be set by the factory).
     *  What it opened before is closed by then. */
    ot_status (*fresh)(void *ctx, const ot_store_config *config, ot_store **out, ot_error *error);
    /** Opens what fresh() made last once more, whether or not it is still open; NULL for stores that end with their handle. */
    ot_status (*again)(void *ctx, const ot_store_config *config, ot_store **out, ot_error *error);
} ot_store_factory;

/** The tests of the store suite. @return the name of the n-th, NULL behind the last. @par Threads Safe. */
OT_API const char *ot_suite_store_name(size_t n);

/** Runs tests of the store suite. A slot that a backend leaves out makes the tests of it pass as far as the face does the work, and otherwise demands OT_EUNSUPPORTED.
 *  @param factory opens stores.
 *  @param test    the name of one test; NULL: all.
 *  @param report  may be NULL.
 *  @return how many checks failed; SIZE_MAX when there is no such test. @par Threads One thread at a time. */
OT_API size_t ot_suite_store(const ot_store_factory *factory, const char *test, const ot_suite_report *report);

/** A way to open transports for the suite: senders and receivers that reach each other. */
typedef struct ot_transport_factory {
    size_t size; /**< sizeof(ot_transport_factory). */
    void *ctx;   /**< Handed to all. */
    /** Opens a transport as @p config says (direction, client id, subscriptions, will, clock, handlers); the factory knows the URL and may set what else is needed. */
    ot_status (*open)(void *ctx, ot_transport_config *config, ot_transport **out, ot_error *error);
    /** Ends what stands between senders and receivers; sessions are kept. NULL together with up: cannot be done. */
    ot_status (*down)(void *ctx);
    /** Starts it again. */
    ot_status (*up)(void *ctx);
} ot_transport_factory;

/** The tests of the transport suite. @return the name of the n-th, NULL behind the last. @par Threads Safe. */
OT_API const char *ot_suite_transport_name(size_t n);

/** Runs tests of the transport suite, with kept sessions, wills and retained messages as MQTT has them. Each wait has an end of 30 seconds.
 *  @param factory opens transports. Topics begin with "suite/", client ids with "suite-".
 *  @param test    the name of one test; NULL: all.
 *  @param report  may be NULL.
 *  @return how many checks failed; SIZE_MAX when there is no such test. @par Threads One thread at a time. */
OT_API size_t ot_suite_transport(const ot_transport_factory *factory, const char *test, const ot_suite_report *report);

/** The tests of the format suite. @return the name of the n-th, NULL behind the last. @par Threads Safe. */
OT_API const char *ot_suite_format_name(size_t n);

/** Runs tests of the format suite: a format streams, hands failures of its sink on, takes any bytes, and tells no secrets. What it looks like is its own affair.
 *  @param format  its name, as for ot_writer_open().
 *  @param test    the name of one test; NULL: all.
 *  @param report  may be NULL.
 *  @return how many checks failed; SIZE_MAX when there is no such test. @par Threads One thread at a time. */
OT_API size_t ot_suite_format(const char *format, const char *test, const ot_suite_report *report);

#ifdef __cplusplus
}
#endif
#endif
