/* world.h: people and their devices, who move through a town and tell of it. Everything follows from the seed: the same seed and
   start give the same messages in the same order. Nothing here looks at a clock or sends anything. */
#ifndef OT_SIM_WORLD_H
#define OT_SIM_WORLD_H

#include <owntracks/record.h>

typedef struct world world;

typedef struct world_config {
    uint64_t seed;
    size_t users, devices; /* device n belongs to user n % users */
    bool
        family; /* four people with two devices each, who share one home; the two devices of one person move together */
    ot_time start; /* where the clocks of the devices begin */
    uint8_t qos;   /* of what phones publish with their own QoS */
    bool retain;   /* of locations */
    double late;   /* share of the time that a device is offline: what it has to say comes later, in order (0 to 0.9) */
    double twice;  /* share of messages that are published again, byte for byte (0 to 0.9) */
} world_config;

/* A message as it is to be published. */
typedef struct world_message {
    size_t device; /* number of the device */
    ot_time made;  /* the device's clock when it is published */
    ot_time at;    /* the time of the message's own; OT_TIME_NONE: it has none */
    ot_type type;
    ot_subtopic sub;
    uint8_t qos;
    bool retain;
    bool again;    /* byte for byte as an earlier one */
    bool late;     /* it waited while the device was offline */
    char *payload; /* over malloc; the taker's */
    size_t len;
} world_message;

/* NULL: out of memory, or a configuration that makes no sense. */
world *world_new(const world_config *config);
void world_free(world *w);

size_t world_devices(const world *w);
ot_str world_user(const world *w, size_t device);
ot_str world_device(const world *w, size_t device);
/* The will of a device, as its app builds it once; lives as long as the world. */
ot_str world_will(const world *w, size_t device, uint8_t *qos);

/* The next message. False: out of memory. Clocks never go beyond `limit`: there they stand still. */
bool world_next(world *w, ot_time limit, world_message *out);
/* The clock of the device that speaks next. */
ot_time world_clock(const world *w);

#endif
