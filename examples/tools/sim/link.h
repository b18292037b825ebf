/* link.h: one connection of ot-sim: what waits, what is on its way, and what goes out again when its fate is unknown. */
#ifndef OT_SIM_LINK_H
#define OT_SIM_LINK_H

#include "sim.h"

/* A message that waits or is on its way. */
typedef struct parcel {
    uint64_t n;     /* number in the ledger */
    uint64_t token; /* of the transport */
    char *topic;    /* over malloc, with the payload behind it */
    size_t topic_len, len;
    uint8_t qos;
    bool retain, done, again;
} parcel;

/* A queue over a ring. */
typedef struct queue {
    parcel *items;
    size_t first, count, room;
} queue;

typedef struct sim_link {
    const sim_config *config;
    sim_result *result;
    ledger *ledger;
    ot_transport *transport;
    queue waiting, flying;
    bool connected, ended;
    ot_publication will;
    char *will_topic;
    ot_status broken; /* the transport itself failed */
} sim_link;

/* will.topic absent: none. */
ot_status link_open(sim_link *l, ot_error *error);
/* Takes over the parcel's memory; false: out of memory. */
bool link_add(sim_link *l, const parcel *p);
/* Publishes what it can, and takes one turn of the transport without waiting. */
ot_status link_turn(sim_link *l, ot_error *error);
/* Cuts the connection without a word, and opens it anew. */
ot_status link_cut(sim_link *l, ot_error *error);
/* Nothing waits, and nothing is on its way? */
bool link_idle(const sim_link *l);
/* Messages of QoS 1 and 2 that are not acknowledged. */
uint64_t link_owing(const sim_link *l);
void link_close(sim_link *l);

#endif
