/* world.c: walks: who goes where, when, and what happens on the way. What the phones say of it: say.c. */
#include "world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "walk.h"

#define METRES_PER_DEGREE 111320.0
#define RADIANS           0.017453292519943295
#define HELD_MAX          64 /* messages that wait while a device is offline */

struct world {
    world_config config;
    walker *devices;
    size_t count;
    size_t *heap;         /* numbers of devices, the one with the earliest clock first */
    world_message *ready; /* a ring of what is to be published next */
    size_t ready_first, ready_count, ready_room;
};

/* ---- Names ---- */

static void name_user(const world *w, size_t user, char out[64]) {
    static const char *const family[] = {"anna", "ben", "clara", "david"};
    static const char *const known[] = {"jane", "j.doe", "j_doe", "J-Doe", "Жук", "Ёжи"};
    if (w->config.family)
        snprintf(out, 64, "%s", family[user % 4]);
    else if (user < sizeof known / sizeof *known)
        snprintf(out, 64, "%s", known[user]);
    else
        snprintf(out, 64, "user%05zu", user);
}

static void name_device(const world *w, size_t n, char out[64]) {
    static const char *const kinds[] = {"phone", "tablet", "watch"};
    size_t own = n / w->config.users;
    if (w->config.family)
        snprintf(out, 64, "%s", own ? "watch" : "phone");
    else if (own < 3)
        snprintf(out, 64, "%s", kinds[own]);
    else
        snprintf(out, 64, "device%zu", own);
}

/* ---- Places ---- */

static void offset(double lat, double lon, double north, double east, double *out_lat, double *out_lon) {
    *out_lat = lat + north / METRES_PER_DEGREE;
    *out_lon = lon + east / (METRES_PER_DEGREE * cos(lat * RADIANS));
}

static double distance(double lat1, double lon1, double lat2, double lon2) {
    double north = (lat2 - lat1) * METRES_PER_DEGREE, east = (lon2 - lon1) * METRES_PER_DEGREE * cos(lat1 * RADIANS);
    return sqrt(north * north + east * east);
}

static double heading(double lat1, double lon1, double lat2, double lon2) {
    double north = lat2 - lat1, east = (lon2 - lon1) * cos(lat1 * RADIANS);
    double degrees = atan2(east, north) / RADIANS;
    return degrees < 0 ? degrees + 360 : degrees;
}

/* The town of a user: a home, a place of work, and some that all go to. */
static void settle(const world *w, walker *d, size_t user) {
    static const char *const names[PLACES] = {"Home", "Arbeit", "Market", "Station", "Café \"Zur Ecke\""};
    dice town = dice_of(w->config.seed, w->config.family ? 7 : 1000 + user / 50);
    dice own = dice_of(w->config.seed, UINT64_C(5000000) + user);
    double lat = 48 + dice_real(&town) * 6, lon = 7 + dice_real(&town) * 7;
    for (size_t i = 0; i < PLACES; i++) {
        /* A family lives in one house; everything else lies within some kilometres. */
        dice *of = i >= 2 || (i == 0 && w->config.family) ? &town : &own;
        double north = (dice_real(of) - 0.5) * 8000, east = (dice_real(of) - 0.5) * 8000;
        snprintf(d->places[i].name, sizeof d->places[i].name, "%s", names[i]);
        offset(lat, lon, north, east, &d->places[i].lat, &d->places[i].lon);
        d->places[i].radius = (int)dice_from_to(of, 8, 25) * 10;
        d->places[i].made = w->config.start / 1000 - (int64_t)dice_from_to(of, 86400, 8640000);
        d->places[i].inside = i == 0;
    }
    d->lat = d->places[0].lat;
    d->lon = d->places[0].lon;
    d->target = 0;
    d->stay = dice_from_to(&d->path, 300, 3600);
}

/* Chooses where to go next, and how. */
static void depart(walker *d) {
    size_t next = (size_t)dice_below(&d->path, PLACES - 1);
    d->target = next >= d->target ? next + 1 : next;
    double metres = distance(d->lat, d->lon, d->places[d->target].lat, d->places[d->target].lon);
    d->speed = metres < 1200 || dice_below(&d->path, 5) == 0   ? 1.2 + dice_real(&d->path) * 0.6 /* on foot */
               : metres < 4000 || dice_below(&d->path, 3) == 0 ? 3.5 + dice_real(&d->path) * 3   /* by bicycle */
                                                               : 8 + dice_real(&d->path) * 14;   /* by car or bus */
}

/* Moves a device on by one step of its clock. */
static void step(walker *d) {
    int64_t seconds;
    d->moving = d->stay <= 0;
    if (!d->moving) {
        seconds = dice_from_to(&d->path, 240, 900);
        d->stay -= seconds;
        if (d->stay <= 0) depart(d);
        d->now_speed = 0;
    } else {
        seconds = dice_from_to(&d->path, 12, 45);
        place *to = &d->places[d->target];
        double metres = distance(d->lat, d->lon, to->lat, to->lon);
        d->now_speed = d->speed * (0.6 + dice_real(&d->path) * 0.6);
        d->course = heading(d->lat, d->lon, to->lat, to->lon);
        if (metres <= d->now_speed * (double)seconds) {
            d->lat = to->lat;
            d->lon = to->lon;
            d->stay = dice_from_to(&d->path, 600, 14400);
        } else {
            /* Streets are not straight. */
            double way = d->now_speed * (double)seconds,
                   turn = (d->course + (dice_real(&d->path) - 0.5) * 50) * RADIANS;
            offset(d->lat, d->lon, way * cos(turn), way * sin(turn), &d->lat, &d->lon);
        }
    }
    d->clock += seconds * 1000;
    d->height += (dice_real(&d->noise) - 0.5) * 4;
    d->charging = d->stay > 0 && d->target == 0 && (d->charging || d->battery < 60);
    d->battery += d->charging ? (double)seconds / 60 : -(double)seconds / 900;
    d->battery = d->battery > 100 ? 100 : d->battery < 3 ? 3 : d->battery;
}

/* ---- What is to be published ---- */

static bool push(world *w, const world_message *m) {
    if (w->ready_count == w->ready_room) {
        size_t room = w->ready_room ? w->ready_room * 2 : 64;
        world_message *ready = malloc(room * sizeof *ready);
        if (!ready) return false;
        for (size_t i = 0; i < w->ready_count; i++)
            ready[i] = w->ready[(w->ready_first + i) % w->ready_room];
        free(w->ready);
        w->ready = ready;
        w->ready_first = 0;
        w->ready_room = room;
    }
    w->ready[(w->ready_first + w->ready_count++) % w->ready_room] = *m;
    return true;
}

/* Keeps a copy of what was said, to be said again. */
static bool remember(walker *d, const world_message *m) {
    char *copy = malloc(m->len + 1);
    if (!copy) return false;
    memcpy(copy, m->payload, m->len + 1);
    free(d->before.payload);
    d->before = *m;
    d->before.payload = copy;
    return true;
}

/* A device says something: now, or, offline, later. */
static bool say(world *w, walker *d, world_message *m) {
    if (!m->payload) return false;
    m->device = (size_t)(d - w->devices);
    if (!remember(d, m)) return free(m->payload), false;
    if (!d->offline) return push(w, m) || (free(m->payload), false);
    m->late = true;
    if (!d->held && !(d->held = calloc(HELD_MAX, sizeof *d->held))) return free(m->payload), false;
    d->held[d->held_count++] = *m;
    if (d->held_count == HELD_MAX) d->offline = 0;
    return true;
}

/* Back online: what waited goes out in its order. */
static bool release(world *w, walker *d) {
    for (size_t i = 0; i < d->held_count; i++) {
        d->held[i].made = d->clock;
        if (!push(w, &d->held[i])) return false;
        d->held[i].payload = NULL;
    }
    d->held_count = 0;
    return true;
}

/* Regions that were entered or left by the last step: a transition, then a location that tells why. */
static bool cross(world *w, walker *d) {
    for (size_t i = 0; i < PLACES; i++) {
        place *p = &d->places[i];
        bool inside = distance(d->lat, d->lon, p->lat, p->lon) <= p->radius;
        if (inside == p->inside) continue;
        p->inside = inside;
        world_message m;
        say_transition(w->config.qos, d, p, inside, &m);
        if (!say(w, d, &m)) return false;
        say_location(w->config.qos, w->config.retain, d, 'c', &m);
        if (!say(w, d, &m)) return false;
    }
    return true;
}

/* One turn of the device with the earliest clock. */
static bool turn(world *w, walker *d, ot_time limit) {
    world_message m;
    if (d->clock < limit) step(d);
    if (d->clock > limit) d->clock = limit;
    d->turns++;
    if (d->offline && --d->offline == 0 && !release(w, d)) return false;
    if (!d->offline && dice_real(&d->noise) < w->config.late / 20)
        d->offline = (unsigned)dice_from_to(&d->noise, 5, 35);
    /* Standing still: a sign of life, the fix is the old one. */
    say_location(w->config.qos, w->config.retain, d, d->moving ? 0 : 'p', &m);
    if (!say(w, d, &m) || !cross(w, d)) return false;
    if (say_rarely(w->config.qos, d, &m) && !say(w, d, &m)) return false;
    if (w->config.twice > 0 && d->before.payload && dice_real(&d->noise) < w->config.twice) {
        m = d->before;
        m.again = true;
        m.payload = malloc(m.len + 1);
        if (!m.payload) return false;
        memcpy(m.payload, d->before.payload, m.len + 1);
        if (!say(w, d, &m)) return false;
    }
    return true;
}

/* ---- The heap: who speaks next ---- */

static bool earlier(const world *w, size_t a, size_t b) {
    ot_time x = w->devices[w->heap[a]].clock, y = w->devices[w->heap[b]].clock;
    uint64_t i = w->devices[w->heap[a]].turns, k = w->devices[w->heap[b]].turns;
    /* Clocks at the limit stand still: then they speak in turns. */
    return x != y ? x < y : i != k ? i < k : w->heap[a] < w->heap[b];
}

static void sink_down(world *w, size_t at) {
    for (;;) {
        size_t first = at, left = 2 * at + 1, right = left + 1;
        if (left < w->count && earlier(w, left, first)) first = left;
        if (right < w->count && earlier(w, right, first)) first = right;
        if (first == at) return;
        size_t swap = w->heap[at];
        w->heap[at] = w->heap[first];
        w->heap[first] = swap;
        at = first;
    }
}

bool world_next(world *w, ot_time limit, world_message *out) {
    while (!w->ready_count) {
        walker *d = &w->devices[w->heap[0]];
        if (!turn(w, d, limit)) return false;
        sink_down(w, 0);
    }
    *out = w->ready[w->ready_first];
    w->ready_first = (w->ready_first + 1) % w->ready_room;
    w->ready_count--;
    return true;
}

ot_time world_clock(const world *w) {
    return w->ready_count ? OT_TIME_MIN : w->devices[w->heap[0]].clock;
}

world *world_new(const world_config *config) {
    world *w = calloc(1, sizeof *w);
    if (!w) return NULL;
    w->config = *config;
    if (config->family) w->config.users = 4, w->config.devices = 8;
    w->count = w->config.devices;
    if (!w->count || !w->config.users || w->count > 10000000) return free(w), NULL;
    w->devices = calloc(w->count, sizeof *w->devices);
    w->heap = calloc(w->count, sizeof *w->heap);
    if (!w->devices || !w->heap) return world_free(w), NULL;
    for (size_t i = 0; i < w->count; i++) {
        walker *d = &w->devices[i];
        size_t user = i % w->config.users;
        w->heap[i] = i;
        d->noise = dice_of(config->seed, UINT64_C(1) << 40 | i);
        d->path = dice_of(config->seed, UINT64_C(1) << 41 | (w->config.family ? user : i));
        name_user(w, user, d->user);
        name_device(w, i, d->device);
        snprintf(d->tid, sizeof d->tid, "%c%zu", d->device[0], i % 10);
        d->ios = (i / w->config.users + user) % 2 == 1;
        d->clock = config->start + (int64_t)dice_below(&d->noise, 60000);
        d->battery = (double)dice_from_to(&d->noise, 40, 100);
        d->height = (double)dice_from_to(&d->noise, 20, 400);
        settle(w, d, user);
        d->will_len = (size_t)say_will(d, d->will, sizeof d->will);
    }
    for (size_t i = w->count; i-- > 0;)
        sink_down(w, i);
    return w;
}

void world_free(world *w) {
    if (!w) return;
    for (size_t i = 0; w->devices && i < w->count; i++) {
        for (size_t k = 0; k < w->devices[i].held_count; k++)
            free(w->devices[i].held[k].payload);
        free(w->devices[i].held);
        free(w->devices[i].before.payload);
    }
    for (size_t i = 0; i < w->ready_count; i++)
        free(w->ready[(w->ready_first + i) % w->ready_room].payload);
    free(w->ready);
    free(w->devices);
    free(w->heap);
    free(w);
}

size_t world_devices(const world *w) {
    return w->count;
}
ot_str world_user(const world *w, size_t device) {
    return ot_str_c(w->devices[device].user);
}
ot_str world_device(const world *w, size_t device) {
    return ot_str_c(w->devices[device].device);
}
ot_str world_will(const world *w, size_t device, uint8_t *qos) {
    const walker *d = &w->devices[device];
    *qos = d->ios ? w->config.qos : 0;
    return ot_str_of(d->will, d->will_len);
}
