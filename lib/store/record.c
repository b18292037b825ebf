/* record.c: what is stored of a message: its time, its identity, its place; and who is online. Pure functions. */
#include "../base/base.h"

#include <owntracks/record.h>

ot_identity ot_identity_of(ot_type type) {
    switch (type) {
    case OT_TYPE_LOCATION:
    case OT_TYPE_TRANSITION:
    case OT_TYPE_BEACON:
    case OT_TYPE_STEPS:
    case OT_TYPE_ENCRYPTED:
        return OT_IDENTITY_ID;
    case OT_TYPE_LWT:
        return OT_IDENTITY_LWT;
    default:
        return OT_IDENTITY_NEWEST;
    }
}

bool ot_record_timed(const ot_record *record) {
    switch (record->type) {
    case OT_TYPE_LOCATION:
    case OT_TYPE_TRANSITION:
    case OT_TYPE_BEACON:
    case OT_TYPE_STEPS:
        return !(record->marks & (OT_MARK_FUTURE | OT_MARK_UNTIMED));
    default:
        return false;
    }
}

/* The field of a type that says when the thing was. */
static bool own_time(const ot_message *message, ot_value *out, bool *carries) {
    size_t ordinal;
    *carries = true;
    switch (ot_message_type(message)) {
    case OT_TYPE_LOCATION:
        ordinal = OT_LOCATION_tst;
        break;
    case OT_TYPE_TRANSITION:
        ordinal = OT_TRANSITION_tst;
        break;
    case OT_TYPE_BEACON:
        ordinal = OT_BEACON_tst;
        break;
    case OT_TYPE_STEPS:
        ordinal = OT_STEPS_tst;
        break;
    default:
        *carries = false;
        return false;
    }
    return ot_message_get_at(message, ordinal, out) == OT_OK;
}

ot_time ot_record_time(const ot_message *message, ot_time arrival, uint32_t *marks) {
    ot_value tst;
    bool carries;
    bool given = own_time(message, &tst, &carries);
    if (!carries) return arrival;
    if (!given || tst.as.i < OT_TIME_MIN / 1000 || tst.as.i > OT_TIME_MAX / 1000) {
        if (marks) *marks |= OT_MARK_UNTIMED;
        return arrival;
    }
    ot_time at = tst.as.i * 1000;
    if (at > arrival && at - OT_FUTURE_LIMIT > arrival) {
        if (marks) *marks |= OT_MARK_FUTURE;
        return arrival;
    }
    return at;
}

static void own_place(const ot_message *message, ot_record *out) {
    size_t lat, lon;
    switch (ot_message_type(message)) {
    case OT_TYPE_LOCATION:
        lat = OT_LOCATION_lat, lon = OT_LOCATION_lon;
        break;
    case OT_TYPE_TRANSITION:
        lat = OT_TRANSITION_lat, lon = OT_TRANSITION_lon;
        break;
    case OT_TYPE_WAYPOINT:
        lat = OT_WAYPOINT_lat, lon = OT_WAYPOINT_lon;
        break;
    default:
        return;
    }
    ot_value a, o;
    if (ot_message_get_at(message, lat, &a) != OT_OK || ot_message_get_at(message, lon, &o) != OT_OK) return;
    /* Out of range means something else: a waypoint to delete. */
    if (!(a.as.d >= -90 && a.as.d <= 90 && o.as.d >= -180 && o.as.d <= 180)) return;
    out->has_position = true;
    out->lat = a.as.d;
    out->lon = o.as.d;
}

ot_status ot_record_make(const ot_envelope *envelope, const ot_topic *topic, const ot_message *message, ot_str payload,
                         uint32_t index, ot_record *out) {
    ot_type type = ot_message_type(message);
    if (type == OT_TYPE_NONE || envelope->arrival == OT_TIME_NONE) return OT_EINVAL;
    ot_record r = OT_RECORD_INIT;
    r.id = ot_id_of_record(topic->user, topic->device, payload, index);
    r.type = type;
    r.origin = envelope->origin;
    r.user = topic->user;
    r.device = topic->device;
    r.topic = topic->name;
    r.sub = topic->sub;
    r.qos = envelope->qos;
    r.payload = payload;
    r.index = index;
    r.marks = ot_message_marks(message);
    r.arrival = envelope->arrival;
    r.at = ot_record_time(message, envelope->arrival, &r.marks);
    if (envelope->retained) r.marks |= OT_MARK_RETAINED;
    if (envelope->origin == OT_ORIGIN_HTTP) r.marks |= OT_MARK_HTTP;
    /* A piece of the envelope's payload is an element of a list. (What was unsealed lies elsewhere.) */
    uintptr_t whole = (uintptr_t)envelope->payload.ptr, part = (uintptr_t)payload.ptr;
    if (payload.len < envelope->payload.len && part >= whole && part - whole <= envelope->payload.len - payload.len) {
        r.marks |= OT_MARK_ELEMENT;
    }
    own_place(message, &r);
    *out = r;
    return OT_OK;
}

/* Has more than `wait` passed from `then` to `now`? Any two times, without overflow. */
static bool passed(ot_time then, ot_time now, ot_time wait) {
    return now > then && (uint64_t)now - (uint64_t)then > (uint64_t)wait;
}

bool ot_presence_heard(const ot_record *record) {
    if (record->reject || record->marks & OT_MARK_RETAINED || record->sub == OT_SUBTOPIC_CMD) return false;
    switch (record->type) {
    case OT_TYPE_NONE:
    case OT_TYPE_CMD:
    case OT_TYPE_EMPTY:
    case OT_TYPE_LWT:
        return false;
    case OT_TYPE_CARD:
        return record->sub != OT_SUBTOPIC_INFO;
    default:
        return true;
    }
}

size_t ot_presence_step(ot_presence *presence, const ot_record *record, ot_time silent_after, ot_presence events[2]) {
    size_t n = 0;
    ot_time arrival = record->arrival;
    if (record->type == OT_TYPE_LWT && !record->reject && !(record->marks & OT_MARK_RETAINED)) {
        bool late = presence->heard != OT_TIME_NONE && arrival < presence->heard;
        if (late || presence->state == OT_PRESENCE_OFFLINE) return 0;
        presence->state = OT_PRESENCE_OFFLINE;
        presence->why = record->type;
        presence->since = arrival;
        if (events) events[n] = *presence;
        return n + 1;
    }
    if (!ot_presence_heard(record)) return 0;

    bool returns = false;
    if (silent_after > 0 && presence->state == OT_PRESENCE_ONLINE && passed(presence->heard, arrival, silent_after)) {
        if (events) events[n] = ot_presence_at(presence, arrival, silent_after);
        n++;
        returns = true;
    }
    if (presence->heard == OT_TIME_NONE || arrival > presence->heard) presence->heard = arrival;
    bool late = presence->state != OT_PRESENCE_NONE && arrival < presence->since;
    if (!late && (returns || presence->state != OT_PRESENCE_ONLINE)) {
        presence->state = OT_PRESENCE_ONLINE;
        presence->why = record->type;
        presence->since = arrival;
        if (events) events[n] = *presence;
        n++;
    }
    return n;
}

ot_presence ot_presence_at(const ot_presence *presence, ot_time now, ot_time silent_after) {
    ot_presence p = *presence;
    if (silent_after > 0 && p.state == OT_PRESENCE_ONLINE && p.heard != OT_TIME_NONE &&
        passed(p.heard, now, silent_after)) {
        p.state = OT_PRESENCE_SILENT;
        p.since = p.heard + silent_after;
    }
    return p;
}

const char *ot_presence_text(ot_presence_state state) {
    switch (state) {
    case OT_PRESENCE_ONLINE:
        return "online";
    case OT_PRESENCE_OFFLINE:
        return "offline";
    case OT_PRESENCE_SILENT:
        return "silent";
    default:
        return "none";
    }
}
