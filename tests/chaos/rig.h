/* rig.h: a broker, ot-ingest, ot-sim and a store in a folder of its own, and what can be done to them. Everything that was started ends with the test.
   Environment: OT_TEST_FULL=1 the long form, OT_SEED=N the random choices of an earlier run, OT_CHAOS_KEEP=1 leaves the folder. */
#ifndef OT_CHAOS_RIG_H
#define OT_CHAOS_RIG_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <sys/types.h>

#include "support/broker.h"
#include "support/vfs_faulty.h"

/* The programs (see CMakeLists.txt). */
#define INGEST       CHAOS_BIN "/ot-ingest"            /* as it is installed */
#define INGEST_VFS   CHAOS_TEST_BIN "/ot-ingest-vfs"   /* with the VFS "faulty" linked in */
#define INGEST_EARLY CHAOS_TEST_BIN "/ot-ingest-early" /* the same, and it acknowledges what it has not stored yet */
#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define OPTIONS_VFS  "--store-option", "vfs=" FAULTY_VFS
#define SUBSCRIBED   " 1 owntracks/#" /* in the broker's log: a subscription at QoS 1 */
#define NO_OPTIONS   ((const char *const[]){NULL})

typedef struct rig {
    broker broker;
    char folder[64];         /* everything below is in it */
    char database[96];       /* its path; a test may choose another before the first start */
    char ledger[96];         /* of ot-sim */
    faulty_control *control; /* of the VFS "faulty" in ot-ingest */
    pid_t ingest, sim;       /* 0: not running */
    int ingest_end;          /* wait status of the last ot-ingest that ended */
    unsigned starts;         /* of ot-ingest */
    unsigned words;          /* of rig_last_word() */
    uint64_t file_limit;     /* RLIMIT_FSIZE of the next ot-ingest, bytes; 0: none */
    bool full;               /* the long form: OT_TEST_FULL */
    uint64_t seed, random;   /* OT_SEED, or chosen; it is printed */
    int64_t began;
} rig;

/* For cmocka_unit_test_setup_teardown(). The broker runs: persistence on, queue unlimited. */
int rig_setup(void **state);
int rig_teardown(void **state);

int64_t rig_now(void); /* monotonic milliseconds */
void rig_sleep(int64_t milliseconds);
uint64_t rig_between(rig *r, uint64_t low, uint64_t high); /* random, both inclusive */
int rig_choose(const rig *r, int brief, int full);         /* by the form of the run */
/* Fails the test, with the ends of the logs. */
void rig_fail(rig *r, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

/* Waits for a condition that must come. */
#define RIG_PATIENCE 60000
#define RIG_WAIT(r, cond)                                                                                              \
    do {                                                                                                               \
        int64_t rig_end = rig_now() + RIG_PATIENCE;                                                                    \
        while (!(cond)) {                                                                                              \
            if (rig_now() > rig_end) rig_fail(r, "waited in vain for %s", #cond);                                      \
            rig_sleep(10);                                                                                             \
        }                                                                                                              \
    } while (0)

/* Starts ot-ingest with more options than the usual ones. */
void rig_ingest(rig *r, const char *program, const char *const *options);
/* The same, and waits until the broker has its subscription: from now on the broker keeps what is published. */
void rig_ingest_first(rig *r, const char *program, const char *const *options);
bool rig_ingest_ended(rig *r);                              /* by itself; then r->ingest is 0 */
void rig_ingest_kill(rig *r);                               /* SIGKILL; it must have been running */
void rig_ingest_end(rig *r);                                /* TERM; must end with 0 */
size_t rig_log(rig *r, const char *name, const char *text); /* how often a text stands in "ingest", "sim" or "check" */

/* Starts ot-sim: so many messages at QoS 1, so many a second. */
void rig_sim(rig *r, int messages, int rate);
bool rig_sim_ended(rig *r); /* it must have ended with 0 */

/* The newest change in the store, 0 when it cannot be read. */
uint64_t rig_head(rig *r);
/* Does "ot-sim check" say that the ledger holds? What it says is in the file "check". */
bool rig_ledger_holds(rig *r, const char *ledger);
/* Waits until everything has arrived, ends ot-ingest, and proves that the ledger holds and the database is whole; prints a line: what, how many messages, .... */
void rig_prove(rig *r, const char *what, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Publishes one more message, of a device that no ledger knows, and waits until it is in the store: whatever the broker had queued before it has been
   delivered then. */
void rig_last_word(rig *r);
/* Adds to the ledger a message that was never sent, and its acknowledgement. */
void rig_falsify(rig *r);
/* The opposite, for controls: everything that was queued has been delivered (later messages are in the store), and the ledger does not hold. */
void rig_prove_loss(rig *r, const char *what, const char *program);

#endif
