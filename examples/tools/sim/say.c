/* say.c: payloads as the two apps write them: which members, in which order, with which numbers. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "walk.h"

/* A payload being written; what does not fit is a defect of this file, so it is grown instead. */
typedef struct text {
    char *data;
    size_t len, size;
    bool failed;
} text;

static void OT_PRINTF(2, 3) add(text *t, const char *format, ...) {
    for (;;) {
        va_list args;
        va_start(args, format);
        int n = vsnprintf(t->data ? t->data + t->len : NULL, t->size - t->len, format, args);
        va_end(args);
        if (n < 0 || t->failed) {
            t->failed = true;
            return;
        }
        if ((size_t)n < t->size - t->len) {
            t->len += (size_t)n;
            return;
        }
        size_t size = (t->size + (size_t)n + 1) * 2;
        char *grown = realloc(t->data, size);
        if (!grown) {
            t->failed = true;
            return;
        }
        t->data = grown;
        t->size = size;
    }
}

/* A name inside a JSON string. */
static void add_name(text *t, const char *name) {
    for (; *name; name++)
        add(t, *name == '"' || *name == '\\' ? "\\%c" : "%c", *name);
}

static void finish(text *t, ot_type type, ot_subtopic sub, uint8_t qos, bool retain, const walker *d, ot_time at,
                   world_message *out) {
    memset(out, 0, sizeof *out);
    out->type = type;
    out->sub = sub;
    out->qos = qos;
    out->retain = retain;
    out->at = at;
    out->made = d->clock;
    out->len = t->len;
    out->payload = t->failed ? NULL : t->data;
    if (t->failed) free(t->data);
}

static void add_regions(text *t, const walker *d) {
    bool any = false;
    add(t, "[");
    for (size_t i = 0; i < PLACES; i++) {
        if (!d->places[i].inside) continue;
        add(t, any ? ",\"" : "\"");
        add_name(t, d->places[i].name);
        add(t, "\"");
        any = true;
    }
    add(t, "]");
}

/* The identifier of a region as iOS makes it: six hexadecimal digits that stay. */
static unsigned region_id(const walker *d, const place *p) {
    char key[160];
    int n = snprintf(key, sizeof key, "%s-%s-%lld", d->user, p->name, (long long)p->made);
    ot_id id = ot_id_of_bytes(ot_str_of(key, (size_t)n));
    return (unsigned)id.bytes[0] << 16 | (unsigned)id.bytes[1] << 8 | id.bytes[2];
}

static const char *activity(const walker *d) {
    return !d->moving ? "stationary" : d->speed < 2 ? "walking" : d->speed < 7 ? "cycling" : "automotive";
}

/* iOS: members in the order of their names, six decimals, no zero left out. */
static void location_ios(text *t, const walker *d, char trigger, int64_t now) {
    bool first = true;
    add(t, "{\"_type\":\"location\",\"acc\":%d,\"alt\":%.0f,\"batt\":%.0f,\"bs\":%d,\"cog\":%.0f,\"conn\":\"%s\"",
        d->moving ? 8 : 24, d->height, floor(d->battery), d->charging ? 2 : 1, d->moving ? d->course : 0,
        d->moving ? "m" : "w");
    if (now - d->fix > 1) add(t, ",\"created_at\":%lld", (long long)now);
    add(t, ",\"inregions\":");
    add_regions(t, d);
    add(t, ",\"inrids\":[");
    for (size_t i = 0; i < PLACES; i++) {
        if (!d->places[i].inside) continue;
        add(t, first ? "\"%06x\"" : ",\"%06x\"", region_id(d, &d->places[i]));
        first = false;
    }
    add(t, "],\"lat\":%.6f,\"lon\":%.6f,\"m\":1,\"motionactivities\":[\"%s\"],\"p\":%.3f", d->fix_lat, d->fix_lon,
        activity(d), 101.325 - d->height * 0.012);
    if (!d->moving) add(t, ",\"ssid\":\"home\\/net\"");
    if (trigger) add(t, ",\"t\":\"%c\"", trigger);
    add(t, ",\"tid\":\"%s\",\"topic\":\"owntracks\\/", d->tid);
    add_name(t, d->user);
    add(t, "\\/");
    add_name(t, d->device);
    add(t, "\",\"tst\":%lld,\"vac\":%d,\"vel\":%.0f}", (long long)d->fix, d->moving ? 6 : 12, d->now_speed * 3.6);
}

/* Android of today: _type first, then as declared; what is zero is left out. */
static void location_android(text *t, walker *d, char trigger, int64_t now) {
    add(t,
        "{\"_type\":\"location\",\"qos\":1,\"_id\":\"%08x\",\"acc\":%d,\"alt\":%.0f,\"batt\":%.0f,\"bs\":%d,\"conn\":"
        "\"%s\",\"created_at\":%lld",
        (unsigned)(dice_next(&d->noise) >> 32), d->moving ? 11 : 35, d->height + 1000, floor(d->battery),
        d->charging ? 2 : 1, d->moving ? "m" : "w", (long long)now);
    if (d->moving && d->course >= 0.5) add(t, ",\"cog\":%.0f", d->course);
    add(t, ",\"inregions\":");
    add_regions(t, d);
    add(t, ",\"lat\":%.7f,\"lon\":%.7f,\"m\":1,\"source\":\"fused\"", d->fix_lat, d->fix_lon);
    if (trigger) add(t, ",\"t\":\"%c\"", trigger);
    add(t, ",\"tid\":\"%s\",\"tst\":%lld,\"vac\":%d", d->tid, (long long)d->fix, d->moving ? 3 : 5);
    if (d->now_speed >= 0.3) add(t, ",\"vel\":%.0f", floor(d->now_speed * 3.6));
    add(t, "}");
}

void say_location(uint8_t qos, bool retain, walker *d, char trigger, world_message *out) {
    text t = {0};
    int64_t now = d->clock / 1000;
    if (trigger != 'p' || !d->fix) {
        d->fix = now;
        d->fix_lat = d->lat + (dice_real(&d->noise) - 0.5) * 1e-4;
        d->fix_lon = d->lon + (dice_real(&d->noise) - 0.5) * 1e-4;
    }
    if (d->ios)
        location_ios(&t, d, trigger, now);
    else
        location_android(&t, d, trigger, now);
    finish(&t, OT_TYPE_LOCATION, OT_SUBTOPIC_BASE, qos, retain, d, d->fix * 1000, out);
}

void say_transition(uint8_t qos, walker *d, const place *p, bool enter, world_message *out) {
    text t = {0};
    int64_t now = d->clock / 1000;
    d->fix = now;
    d->fix_lat = d->lat;
    d->fix_lon = d->lon;
    if (d->ios) {
        add(&t, "{\"_type\":\"transition\",\"acc\":%d,\"desc\":\"", d->moving ? 8 : 24);
        add_name(&t, p->name);
        add(&t,
            "\",\"event\":\"%s\",\"lat\":%.6f,\"lon\":%.6f,\"rid\":\"%06x\",\"t\":\"c\",\"tid\":\"%s\",\"tst\":%lld,"
            "\"wtst\":%lld}",
            enter ? "enter" : "leave", d->lat, d->lon, region_id(d, p), d->tid, (long long)now, (long long)p->made);
    } else {
        add(&t, "{\"_type\":\"transition\",\"_id\":\"%08x\",\"acc\":11,\"desc\":\"",
            (unsigned)(dice_next(&d->noise) >> 32));
        add_name(&t, p->name);
        add(&t, "\",\"event\":\"%s\",\"lat\":%.7f,\"lon\":%.7f,\"t\":\"c\",\"tid\":\"%s\",\"tst\":%lld,\"wtst\":%lld}",
            enter ? "enter" : "leave", d->lat, d->lon, d->tid, (long long)now, (long long)p->made);
    }
    finish(&t, OT_TYPE_TRANSITION, OT_SUBTOPIC_EVENT, qos, false, d, now * 1000, out);
}

static void add_waypoint(text *t, const walker *d, const place *p) {
    add(t, "{\"_type\":\"waypoint\",\"desc\":\"");
    add_name(t, p->name);
    add(t, "\",\"lat\":%.6f,\"lon\":%.6f,\"rad\":%d", p->lat, p->lon, p->radius);
    if (d->ios) add(t, ",\"rid\":\"%06x\"", region_id(d, p));
    add(t, ",\"tst\":%lld}", (long long)p->made);
}

static void status_of(text *t, const walker *d) {
    if (d->ios)
        add(t,
            "{\"_type\":\"status\",\"iOS\":{\"altimeterIsRelativeAltitudeAvailable\":true,\"backgroundRefreshStatus\":"
            "\"UIBackgroundRefreshStatusAvailable\","
            "\"deviceModel\":\"iPhone\",\"deviceSystemVersion\":\"18.%llu\",\"locale\":\"de_DE\",\"version\":\"26.3."
            "1\"}}",
            (unsigned long long)(d->turns / 5000 % 6));
    else
        add(t, "{\"_type\":\"status\",\"_id\":\"%08llx\",\"android\":{\"wifi\":%d}}",
            (unsigned long long)(d->turns & 0xffffffff), !d->moving);
}

bool say_rarely(uint8_t qos, walker *d, world_message *out) {
    text t = {0};
    int64_t now = d->clock / 1000, way;
    uint8_t slow = d->ios ? qos : 0; /* Android publishes regions and status at QoS 0 */
    switch (dice_below(&d->noise, 400)) {
    case 0:
    case 1: {
        /* A region is drawn anew: it is moved a little and has another radius. */
        place *p = &d->places[dice_below(&d->noise, PLACES)];
        p->radius = 60 + (int)(++d->region_edits * 10 % 200);
        add_waypoint(&t, d, p);
        finish(&t, OT_TYPE_WAYPOINT, OT_SUBTOPIC_WAYPOINT, slow, false, d, OT_TIME_NONE, out);
        return true;
    }
    case 2:
        add(&t, "{\"_type\":\"waypoints\",\"waypoints\":[");
        for (size_t i = 0; i < PLACES; i++) {
            if (i) add(&t, ",");
            add_waypoint(&t, d, &d->places[i]);
        }
        add(&t, "]}");
        finish(&t, OT_TYPE_WAYPOINTS, OT_SUBTOPIC_WAYPOINTS, slow, false, d, OT_TIME_NONE, out);
        return true;
    case 3:
        status_of(&t, d);
        finish(&t, OT_TYPE_STATUS, OT_SUBTOPIC_STATUS, slow, false, d, OT_TIME_NONE, out);
        return true;
    case 4:
        if (!d->ios) return false;
        way = dice_from_to(&d->noise, 100, 9000);
        add(&t,
            "{\"_type\":\"steps\",\"distance\":%lld,\"floorsdown\":2,\"floorsup\":3,\"from\":%lld,\"steps\":%lld,"
            "\"to\":%lld,\"tst\":%lld}",
            (long long)way, (long long)(now - now % 86400), (long long)(way * 4 / 3), (long long)now, (long long)now);
        finish(&t, OT_TYPE_STEPS, OT_SUBTOPIC_STEP, qos, false, d, now * 1000, out);
        return true;
    case 5:
        if (!d->ios) return false;
        /* The app publishes its own card where its locations go. */
        add(&t, "{\"_type\":\"card\",\"face\":\"iVBORw0KGgo=\",\"name\":\"");
        add_name(&t, d->user);
        add(&t, " %llu\"}", (unsigned long long)(d->turns / 2000));
        finish(&t, OT_TYPE_CARD, OT_SUBTOPIC_BASE, qos, true, d, OT_TIME_NONE, out);
        return true;
    case 6:
        if (!d->ios) return false;
        add(&t,
            "{\"_type\":\"beacon\",\"acc\":2,\"major\":1,\"minor\":%lld,\"prox\":2,\"rssi\":-61,\"tid\":\"%s\",\"tst\":"
            "%lld,\"uuid\":"
            "\"3C5CA5D2-7E04-4E5A-9D6B-0F64C2B0A001\"}",
            (long long)dice_from_to(&d->noise, 0, 65535), d->tid, (long long)now);
        finish(&t, OT_TYPE_BEACON, OT_SUBTOPIC_BEACON, qos, false, d, now * 1000, out);
        return true;
    default:
        return false;
    }
}

int say_will(const walker *d, char *out, size_t size) {
    if (!d->ios) return snprintf(out, size, "{\"_type\":\"lwt\"}");
    return snprintf(out, size, "{\"_type\":\"lwt\",\"tst\":%lld}", (long long)(d->clock / 1000));
}
