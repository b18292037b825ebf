/* ledger.h: what was published, and what the broker acknowledged: JSON lines, written so that they tell the truth after a crash at
   any moment. A line {"n":…} stands in the file before the message leaves: from then on it may be in the store. A line {"ack":n}
   follows its acknowledgement: from then on it must be. */
#ifndef OT_SIM_LEDGER_H
#define OT_SIM_LEDGER_H

#include <stdio.h>

#include <owntracks/record.h>
#include <owntracks/store.h>

typedef struct ledger {
    FILE *file;
    bool failed;
} ledger;

/* Writing. Failures stick; ledger_flush() and ledger_close() tell. A ledger without a file writes nothing. */
bool ledger_create(ledger *l, const char *path, uint64_t seed);
/* n rises from 1. at: OT_TIME_NONE for messages without a time of their own. qos 0 also for wills: they only may arrive. */
void ledger_sent(ledger *l, uint64_t n, ot_str user, ot_str device, ot_type type, ot_time at, uint8_t qos,
                 ot_str payload);
void ledger_acked(ledger *l, uint64_t n);
bool ledger_flush(ledger *l); /* to the operating system: a killed process loses nothing */
bool ledger_close(ledger *l);

/* Reading. */
typedef struct book book;

/* Adds a ledger. A torn last line is left out; anything else that is no ledger is an error. */
ot_status book_read(book *b, const char *path, ot_error *error);
book *book_new(void);
void book_free(book *b);

/* What a check found. */
typedef struct book_result {
    uint64_t must, may; /* of the ledger, by id */
    uint64_t records;   /* of its devices in the store */
    uint64_t foreign;   /* of other devices, or kept by the broker from an earlier time */
    uint64_t found;     /* of must */
    uint64_t missing, twice, wrong, extra;
} book_result;

/* Compares a store with the ledgers. Each finding is told, as one line. exact: nothing was delivered twice, so that states are
   stored as often as they changed. Returns OT_OK when it was done, whatever it found. */
ot_status book_check(book *b, ot_store *store, bool exact, void (*tell)(void *ctx, const char *line), void *ctx,
                     book_result *result, ot_error *error);

#endif
