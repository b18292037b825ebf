/* sim.h: one run of ot-sim: a world, connections that carry what it says, a ledger. */
#ifndef OT_SIM_H
#define OT_SIM_H

#include <owntracks/transport.h>

#include "ledger.h"
#include "program.h"
#include "world.h"

/* How to run. Everything that is pointed at must live as long as the run. */
typedef struct sim_config {
    const char *transport;                 /* URL */
    const ot_transport_config *connection; /* user, password, TLS, ...; direction, handlers, will are the run's */
    const char *base;                      /* "owntracks/%u/%d" */
    world_config world;
    double rate; /* messages a second; 0: as fast as it goes */
    double
        speed; /* more than 0: instead of a rate, the clocks of the devices run so much faster, until they reach the present */
    uint64_t count;     /* messages; 0: no end */
    ot_time duration;   /* milliseconds; 0: no end */
    size_t connections; /* shared by the devices that have none of their own */
    size_t wills;       /* the first so many devices have a connection of their own, with a will */
    ot_time kill_every; /* one of those is cut without a word this often, in milliseconds; 0: never */
    ot_time drain;      /* how long to wait for acknowledgements at the end, milliseconds */
    const char *ledger; /* file; NULL: none */
    const ot_log *log;
    bool (*stop)(void); /* asked often: ends the run in order; NULL: never */
    bool progress;      /* a line on standard error now and then */
} sim_config;

/* What became of it. */
typedef struct sim_result {
    uint64_t made;      /* messages that the world made */
    uint64_t published; /* handed to a transport, resends too */
    uint64_t acked;     /* QoS 1 and 2, by the broker */
    uint64_t sent;      /* QoS 0, written */
    uint64_t resent;    /* published again, because their fate was unknown */
    uint64_t lost;      /* QoS 0 that did not leave */
    uint64_t refused;   /* QoS 1 and 2 that the broker or the transport refuses */
    uint64_t waiting;   /* QoS 1 and 2 that were never acknowledged */
    uint64_t late, twice, kills, connects;
    ot_time took; /* milliseconds, the end included */
} sim_result;

/* Runs. Returns OT_OK when all that needs it was acknowledged; OT_ETIMEOUT when not; otherwise what went wrong. */
ot_status sim_run(const sim_config *config, sim_result *result, ot_error *error);

#endif
