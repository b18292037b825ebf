/* transport_suite.h: what the files of the transport suite share. Private, never installed. */
#ifndef OT_CONFORMANCE_TRANSPORT_SUITE_H
#define OT_CONFORMANCE_TRANSPORT_SUITE_H

#include <owntracks/mem.h>
#include <owntracks/sys/conformance.h>

#define PARTIES 3

/* A transport of a test, and what it saw. */
typedef struct party {
    struct tsuite *suite;
    ot_transport *t;
    size_t messages, retained, gaps, acked, failed, unknown, granted, states;
    uint64_t number, token;
    ot_link links[32]; /* every state that was told */
    ot_str want;       /* what the newest payload is compared with; absent: with nothing */
    bool same;
    uint8_t qos;
    size_t len;
    char topic[512], payload[64]; /* of the newest message */
    char all[4096];               /* short payloads, a blank behind each */
} party;

typedef struct tsuite {
    const ot_transport_factory *factory;
    const ot_suite_report *report;
    const char *test;
    size_t failures;
    ot_error error;
    unsigned run;  /* keeps topics and ids of runs apart */
    ot_time ahead; /* how far the clock of the suite is ahead of the system's: pauses need not be slept */
    ot_clock clock;
    party parties[PARTIES];
} tsuite;

typedef struct transport_test {
    const char *name;
    void (*run)(tsuite *s);
} transport_test;

extern const transport_test ot__suite_transport_basic[], ot__suite_transport_faults[];

bool ot__tsuite_check(tsuite *s, bool good, const char *file, int line, const char *text);
bool ot__tsuite_status(tsuite *s, ot_status got, ot_status want, const char *file, int line, const char *text);
#define CHECK(cond)        ot__tsuite_check(s, (cond), __FILE__, __LINE__, #cond)
#define STATUS(want, call) ot__tsuite_status(s, (call), (want), __FILE__, __LINE__, #call)
#define NEED(cond)                                                                                                     \
    do {                                                                                                               \
        if (!(cond)) return;                                                                                           \
    } while (0)
/* Gives everybody turns until a condition holds. */
#define UNTIL(cond)                                                                                                    \
    for (ot_time until_end = ot_time_now() + 30000; !(cond);) {                                                        \
        if (ot_time_now() > until_end) {                                                                               \
            ot__tsuite_check(s, false, __FILE__, __LINE__, "waited in vain: " #cond);                                  \
            return;                                                                                                    \
        }                                                                                                              \
        ot__tsuite_turn(s);                                                                                            \
    }

/* Reads until a condition holds, acknowledging each batch. */
#define DRAIN(cond)                                                                                                    \
    for (ot_time drain_end = ot_time_now() + 30000; ot__tsuite_ack(s), !(cond);) {                                     \
        if (!CHECK(ot_time_now() < drain_end)) return;                                                                 \
        ot__tsuite_turn(s);                                                                                            \
    }

void ot__tsuite_ack(tsuite *s); /* all that party 0 has */
void ot__tsuite_turn(tsuite *s);
/* Opens party n. `what` is a part of the client id; NULL: none. Waits until it is connected. */
bool ot__tsuite_open(tsuite *s, int n, ot_direction direction, const char *what, const char *filter, uint8_t qos,
                     bool clean, const ot_publication *will);
void ot__tsuite_close(tsuite *s, int n);
/* "suite/RUN/TEST/rest"; the buffer is the caller's. */
ot_str ot__tsuite_topic(const tsuite *s, const char *rest, char buffer[512]);
bool ot__tsuite_send(tsuite *s, int n, const char *rest, ot_str payload, uint8_t qos, bool retain);
/* Publishes the numbers first … first + count - 1 with QoS 1 and waits until they are acknowledged. */
bool ot__tsuite_numbers(tsuite *s, int n, const char *rest, int first, int count);
/* Is every number first … first + count - 1 among what a party saw, or not one? */
bool ot__tsuite_has(const party *p, int first, int count);
bool ot__tsuite_has_none(const party *p, int first, int count);
ot_transport_state ot__tsuite_state(const party *p);

#endif
