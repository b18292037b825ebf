/* walk.h: a device on its way, and what its app makes of it. For world.c and say.c. */
#ifndef OT_SIM_WALK_H
#define OT_SIM_WALK_H

#include "random.h"
#include "world.h"

#define PLACES 5

typedef struct place {
    char name[32];
    double lat, lon;
    int radius;   /* metres */
    int64_t made; /* when the region was made: epoch seconds */
    bool inside;  /* the device is */
} place;

typedef struct walker {
    dice path, noise; /* path: where to; devices of one person share it. noise: everything else */
    char user[64], device[64], tid[8];
    bool ios;
    ot_time clock;
    place places[PLACES];
    size_t target; /* place that it is at, or goes to */
    int64_t stay;  /* seconds that it stays there; 0 or less: it is on its way */
    bool moving, charging;
    double lat, lon, speed, now_speed, course, battery, height;
    int64_t fix; /* tst of the last fix */
    double fix_lat, fix_lon;
    uint64_t turns, region_edits;
    unsigned offline; /* turns that it stays offline */
    world_message *held;
    size_t held_count;
    world_message before; /* what it said last */
    char will[160];
    size_t will_len;
} walker;

/* Each fills a message; payload NULL: out of memory. trigger 0: none. */
void say_location(uint8_t qos, bool retain, walker *d, char trigger, world_message *out);
void say_transition(uint8_t qos, walker *d, const place *p, bool enter, world_message *out);
/* Now and then something else: a waypoint, all waypoints, status, steps, a card, a beacon. False: nothing this time. */
bool say_rarely(uint8_t qos, walker *d, world_message *out);
int say_will(const walker *d, char *out, size_t size);

#endif
