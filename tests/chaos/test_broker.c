/* test_broker.c: mosquitto is stopped with TERM and started again, with messages under way and with a queue of them, and nothing is lost. */
#include "rig.h"

#include <signal.h>

static void restarted(void **state) {
    rig *r = *state;
    int messages = rig_choose(r, 3000, 20000), rate = rig_choose(r, 1000, 1000), restarts = rig_choose(r, 2, 6);
    rig_ingest_first(r, INGEST, NO_OPTIONS);
    rig_sim(r, messages, rate);
    for (int i = 0; i < restarts; i++) {
        rig_sleep((int64_t)rig_between(r, 200, (uint64_t)messages * 1000 / (uint64_t)rate / (uint64_t)restarts));
        /* Every second time ot-ingest is away: what is published meanwhile is in the broker's queue alone, and on its disk when it comes back. */
        bool away = i % 2 == 1;
        if (away) {
            rig_ingest_kill(r);
            rig_sleep(300);
        }
        broker_signal(&r->broker, SIGTERM);
        rig_sleep((int64_t)rig_between(r, 0, 1000));
        if (!broker_restart(&r->broker)) rig_fail(r, "the broker does not come back");
        if (away) rig_ingest(r, INGEST, NO_OPTIONS);
    }
    rig_prove(r, "broker restarted", "%d restarts, %d of them without ot-ingest", restarts, restarts / 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(restarted, rig_setup, rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
