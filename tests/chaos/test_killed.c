/* test_killed.c: ot-ingest ends by SIGKILL at random moments, again and again, and nothing is lost. */
#include "rig.h"

#include <stdio.h>
#include <string.h>

static void killed(void **state) {
    rig *r = *state;
    int messages = rig_choose(r, 5100, 51000), kills = rig_choose(r, 3, 20), rate = rig_choose(r, 1500, 2000);
    /* Most of the kills should fall into the time in which messages come. */
    uint64_t longest = (uint64_t)messages * 1000 / (uint64_t)rate * 2 / (uint64_t)kills;
    rig_ingest_first(r, INGEST, NO_OPTIONS);
    rig_sim(r, messages, rate); /* about one in a hundred is a will or of QoS 0 */
    int during = 0;
    for (int i = 0; i < kills; i++) {
        /* Every second time soon after a start, when the broker delivers what has gathered. */
        rig_sleep((int64_t)rig_between(r, 1, i % 2 ? 60 : longest));
        during += !rig_sim_ended(r);
        rig_ingest_kill(r);
        rig_sleep((int64_t)rig_between(r, 0, 200));
        rig_ingest(r, INGEST, NO_OPTIONS);
    }
    rig_prove(r, "killed", "%d kills, %d of them while messages were published", kills, during);
}

/* The check is worth something: a ledger with one message too many does not hold. */
static void wrong_ledger(void **state) {
    rig *r = *state;
    rig_ingest_first(r, INGEST, NO_OPTIONS);
    rig_sim(r, 200, 200);
    rig_sleep((int64_t)rig_between(r, 100, 500));
    rig_ingest_kill(r);
    rig_ingest(r, INGEST, NO_OPTIONS);
    rig_prove(r, "killed once", "1 kill");
    rig_falsify(r);
    if (rig_ledger_holds(r, r->ledger)) rig_fail(r, "a message that was never sent is not missed");
    if (rig_log(r, "check", "missing: ") != 1) rig_fail(r, "the check does not say what is missing");
}

/* Control: a subscription at QoS 0 keeps nothing for an ot-ingest that is dead. */
static void without_promise(void **state) {
    rig *r = *state;
    rig_ingest(r, INGEST, OPTIONS("--qos", "0"));
    RIG_WAIT(r, broker_log(&r->broker, " 0 owntracks/#") > 0);
    rig_sim(r, 1000, 500);
    rig_sleep(500);
    rig_ingest_kill(r);
    RIG_WAIT(r, rig_sim_ended(r));
    rig_prove_loss(r, "control, killed at QoS 0", INGEST);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(killed, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(wrong_ledger, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(without_promise, rig_setup, rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
