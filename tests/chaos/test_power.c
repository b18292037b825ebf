/* test_power.c: the power goes at random operations of the disk: what was written and not synced is gone. What was acknowledged must be there. */
#include "rig.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#define SMALL_BATCHES "--batch", "50", "--store-option", "checkpoint=200"

/* Plans the end of the next ot-ingest: soon or late, in the middle of writing, just before a sync or just after it, with nothing or with a part of what
   was not synced on the disk. */
static void plan(rig *r, uint64_t longest) {
    uint64_t limit = rig_between(r, 1, longest); /* twice random: short lives are common */
    atomic_store(&r->control->seed, rig_between(r, 1, UINT32_MAX));
    atomic_store(&r->control->when, (int)rig_between(r, FAULTY_BEFORE, FAULTY_AFTER_SYNC));
    atomic_store(&r->control->keep, rig_between(r, 0, 1) ? (int)rig_between(r, 1, 255) : 0);
    atomic_store(&r->control->die_at, rig_between(r, 1, limit));
}

static void lost_power(void **state) {
    rig *r = *state;
    int messages = rig_choose(r, 5100, 51000), rate = rig_choose(r, 2000, 2000), deaths = rig_choose(r, 3, 20);
    rig_ingest_first(r, INGEST_VFS, OPTIONS(OPTIONS_VFS, SMALL_BATCHES));
    rig_sim(r, messages, rate);
    rig_ingest_kill(r);
    for (int i = 0; i < deaths; i++) {
        plan(r, 3000);
        rig_ingest(r, INGEST_VFS, OPTIONS(OPTIONS_VFS, SMALL_BATCHES));
        RIG_WAIT(r, rig_ingest_ended(r));
        if (!WIFSIGNALED(r->ingest_end) || WTERMSIG(r->ingest_end) != SIGKILL)
            rig_fail(r, "ot-ingest ended by itself after %d losses of power, status %x", i, (unsigned)r->ingest_end);
    }
    atomic_store(&r->control->die_at, 0);
    assert_int_equal(atomic_load(&r->control->deaths), deaths);
    rig_ingest(r, INGEST_VFS, OPTIONS(OPTIONS_VFS, SMALL_BATCHES));
    rig_prove(r, "lost power",
              "%d losses of power, %" PRIu64 " writes not synced: %" PRIu64 " KiB lost, %" PRIu64
              " KiB there by chance",
              deaths, (uint64_t)atomic_load(&r->control->dropped_writes),
              (uint64_t)atomic_load(&r->control->dropped_bytes) / 1024,
              (uint64_t)atomic_load(&r->control->kept_bytes) / 1024);
}

/* The power goes while the database is made and the session is opened: what is left must be good enough for the next start. */
static void lost_power_at_birth(void **state) {
    rig *r = *state;
    int step = rig_choose(r, 9, 1);
    uint64_t at = rig_between(r, 1, (uint64_t)step);
    int deaths = 0;
    for (;; at += (uint64_t)step) {
        snprintf(r->database, sizeof r->database, "%s/birth%d.db", r->folder, deaths);
        size_t before = broker_log(&r->broker, SUBSCRIBED);
        plan(r, 1);
        atomic_store(&r->control->die_at, at);
        rig_ingest(r, INGEST_VFS, OPTIONS(OPTIONS_VFS));
        RIG_WAIT(r, rig_ingest_ended(r) || broker_log(&r->broker, SUBSCRIBED) > before);
        if (!rig_ingest_ended(r)) break; /* it needs no more operations to come up */
        if (!WIFSIGNALED(r->ingest_end)) rig_fail(r, "ot-ingest ended by itself, status %x", (unsigned)r->ingest_end);
        before = broker_log(&r->broker, SUBSCRIBED);
        rig_ingest(r, INGEST, NO_OPTIONS);
        RIG_WAIT(r, rig_ingest_ended(r) || broker_log(&r->broker, SUBSCRIBED) > before);
        if (rig_ingest_ended(r)) rig_fail(r, "no start after a loss of power at operation %d", (int)at);
        rig_ingest_end(r);
        deaths++;
    }
    print_message("lost power at birth: %d losses of power, %d apart: each time ot-ingest starts again\n", deaths,
                  step);
    assert_true(deaths > 2);
}

/* Controls: the same loss of power must be noticed where the promise is not kept. */
static void unsynced(rig *r, const char *option) {
    char what[80];
    rig_ingest_first(r, INGEST_VFS, OPTIONS(OPTIONS_VFS, SMALL_BATCHES));
    rig_ingest_end(r);
    atomic_store(&r->control->die_at, 200);
    rig_ingest(r, INGEST_VFS, OPTIONS(OPTIONS_VFS, SMALL_BATCHES, "--store-option", option));
    rig_sim(r, 2000, 1000);
    RIG_WAIT(r, rig_ingest_ended(r));
    assert_int_equal(atomic_load(&r->control->deaths), 1);
    snprintf(what, sizeof what, "control, power lost with %s", option);
    rig_prove_loss(r, what, INGEST);
}
static void unsynced_off(void **state) {
    unsynced(*state, "synchronous=off");
}
static void unsynced_normal(void **state) {
    unsynced(*state, "synchronous=normal");
}

/* Without a loss of power, too: the process dies in the middle of a commit whose messages were acknowledged when they came. */
static void acknowledged_early(void **state) {
    rig *r = *state;
    rig_ingest_first(r, INGEST_VFS, OPTIONS(OPTIONS_VFS));
    rig_ingest_end(r);
    rig_sim(r, 1000, 1000);
    RIG_WAIT(r, rig_sim_ended(r));
    atomic_store(&r->control->die_at, 100);
    rig_ingest(r, INGEST_EARLY, OPTIONS(OPTIONS_VFS));
    RIG_WAIT(r, rig_ingest_ended(r));
    assert_int_equal(atomic_load(&r->control->deaths), 1);
    rig_prove_loss(r, "control, acknowledged before the commit", INGEST);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lost_power, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(lost_power_at_birth, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(unsynced_off, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(unsynced_normal, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(acknowledged_early, rig_setup, rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
