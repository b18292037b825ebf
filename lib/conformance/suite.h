/* suite.h: what the files of the suites share: checks, samples, a clock. Private, never installed. */
#ifndef OT_CONFORMANCE_SUITE_H
#define OT_CONFORMANCE_SUITE_H

#include <owntracks/kv.h>
#include <owntracks/mem.h>
#include <owntracks/sys/conformance.h>

typedef struct suite {
    const ot_store_factory *factory;
    const ot_suite_report *report;
    const char *test;
    size_t failures;
    ot_store *store;
    ot_error error;
    ot_time now; /* of the clock that every store of the suite gets */
    ot_clock clock;
    ot_store_config config;
} suite;

typedef struct store_test {
    const char *name;
    void (*run)(suite *s);
} store_test;

/* Each file of the store suite ends in a list that ends with a NULL name. */
extern const store_test ot__suite_identity[], ot__suite_read[], ot__suite_write[], ot__suite_data[];

bool ot__suite_check(suite *s, bool good, const char *file, int line, const char *text);
bool ot__suite_equal(suite *s, uint64_t got, uint64_t want, const char *file, int line, const char *text);
bool ot__suite_status(suite *s, ot_status got, ot_status want, const char *file, int line, const char *text);
#define CHECK(cond)        ot__suite_check(s, (cond), __FILE__, __LINE__, #cond)
#define EQUAL(got, want)   ot__suite_equal(s, (uint64_t)(got), (uint64_t)(want), __FILE__, __LINE__, #got)
#define STATUS(want, call) ot__suite_status(s, (call), (want), __FILE__, __LINE__, #call)
#define OK(call)           STATUS(OT_OK, call)
#define NEED(cond)                                                                                                     \
    do {                                                                                                               \
        if (!(cond)) return;                                                                                           \
    } while (0)

/* A record with the texts it points into. */
typedef struct sample {
    ot_record r;
    ot_reject reject;
    char user[64], device[64], topic[200], payload[400];
} sample;

#define T0     ((ot_time)1700000000000) /* the suite's usual hour */
#define SECOND ((ot_time)1000)
#define HOUR   ((ot_time)3600000)
#define DAY    (24 * HOUR)

bool ot__suite_fresh(suite *s);
bool ot__suite_again(suite *s); /* closes and opens again; false when the store cannot */
/* A record; arrival NONE: one second after `at`. */
const ot_record *ot__suite_sample(sample *x, const char *user, const char *device, ot_type type, ot_time at,
                                  ot_time arrival, const char *payload);
const ot_record *ot__suite_location(sample *x, const char *user, const char *device, ot_time at, int microlat,
                                    int microlon);
const ot_record *ot__suite_reject(sample *x, const char *topic, const char *payload, ot_time arrival);
ot_put_result ot__suite_put(suite *s, const ot_record *r); /* one record; 0 after a failure */
bool ot__suite_put_location(suite *s, const char *user, const char *device, ot_time at);

/* What a query gave. */
typedef struct row {
    ot_time at;
    ot_id id;
    ot_type type;
    uint64_t seq, repeats;
    char user[24], device[24], payload[120];
} row;
size_t ot__suite_rows(suite *s, const ot_query *query, row *rows, size_t max); /* counts on when the rows are full */
size_t ot__suite_drain(suite *s, ot_cursor *cursor, row *rows, size_t max);    /* closes it */
size_t ot__suite_count(suite *s, const ot_query *query);
bool ot__suite_ordered(const row *rows, size_t n, bool newest_first); /* and nothing double */

#endif
