/* events.c: what happened: transitions, presence, rejects, and new locations, from the list of changes, now and as it goes on. */
#include <stdio.h>
#include <string.h>

#include "cat.h"
#include "known.h"

#define KIND_TRANSITION 1u
#define KIND_PRESENCE   2u
#define KIND_REJECT     4u
#define KIND_LOCATION   8u

#define POLL_MS 200  /* how often --follow looks */
#define PIECE   1000 /* changes read at once */

static const ot_column columns[] = {
    {"at", OT_KIND_I64, true},      {"kind", OT_KIND_STR, false},    {"user", OT_KIND_STR, false},
    {"device", OT_KIND_STR, false}, {"event", OT_KIND_STR, false},   {"desc", OT_KIND_STR, false},
    {"lat", OT_KIND_F64, false},    {"lon", OT_KIND_F64, false},     {"reason", OT_KIND_STR, false},
    {"topic", OT_KIND_STR, false},  {"position", OT_KIND_I64, false}};
#define COLUMNS (sizeof columns / sizeof *columns)

typedef struct events {
    cat *c;
    ot_writer *writer;
    ot_error error;
    unsigned kinds;
    ot_str user, device;
    ot_time from, to, silent_after;
    uint64_t position, shown_after; /* what stands at or before shown_after is not shown */
    known devices;
} events;

static bool wanted(const events *e, ot_str user, ot_str device, ot_time at) {
    return (!e->user.ptr || ot_str_eq(e->user, user)) && (!e->device.ptr || ot_str_eq(e->device, device)) &&
           (e->from == OT_TIME_NONE || at >= e->from) && (e->to == OT_TIME_NONE || at <= e->to);
}

/* A text member of a message; absent when it is not there. */
static ot_str member(const ot_message *message, const char *key) {
    ot_value value;
    if (!message || ot_message_get(message, ot_str_c(key), &value) != OT_OK || value.kind < OT_KIND_STR)
        return ot_str_of(NULL, 0);
    return value.as.s;
}

static ot_status presence_row(events *e, ot_str user, ot_str device, const ot_presence *p, uint64_t position) {
    cat_row row = {.count = 0};
    if (!wanted(e, user, device, p->since)) return OT_OK;
    cat_time(&row, p->since);
    cat_word(&row, "presence");
    cat_text(&row, user);
    cat_text(&row, device);
    cat_word(&row, ot_presence_text(p->state));
    cat_none(&row);
    cat_none(&row);
    cat_none(&row);
    cat_word(&row, p->state == OT_PRESENCE_SILENT ? "nothing heard" : ot_type_name(p->why));
    cat_none(&row);
    if (position)
        cat_number(&row, (int64_t)position);
    else
        cat_none(&row);
    return ot_writer_row(e->writer, row.cells, row.count, &e->error);
}

/* Moves the presence of a record's device on, and tells what came of it. */
static ot_status presence(events *e, const ot_record *record, bool show) {
    ot_presence happened[2];
    known_item *item = known_get(&e->devices, record->user, record->device);
    if (!item) return ot_error_set(&e->error, OT_ENOMEM, "", OT_NO_OFFSET, "out of memory");
    size_t count = ot_presence_step(&item->presence, record, e->silent_after, happened);
    ot_status status = OT_OK;
    for (size_t i = 0; i < count && status == OT_OK; i++) {
        /* Silence may have been told by the clock already. */
        bool said = happened[i].state == OT_PRESENCE_SILENT && happened[i].since == item->silent_said;
        if (happened[i].state == OT_PRESENCE_SILENT) item->silent_said = happened[i].since;
        if (show && !said) status = presence_row(e, record->user, record->device, &happened[i], record->seq);
    }
    return status;
}

/* Tells of devices that fell silent by now; quietly: they count as told. */
static ot_status silences(events *e, bool show) {
    ot_time now = ot_time_now();
    ot_status status = OT_OK;
    for (size_t i = 0; i < e->devices.count && status == OT_OK; i++) {
        known_item *item = &e->devices.items[i];
        ot_presence p = ot_presence_at(&item->presence, now, e->silent_after);
        if (p.state != OT_PRESENCE_SILENT || p.since == item->silent_said) continue;
        item->silent_said = p.since;
        if (show) status = presence_row(e, known_user(item), known_device(item), &p, 0);
    }
    return status;
}

static ot_status reject_row(events *e, const ot_record *record) {
    cat_row row = {.count = 0};
    char text[512] = "";
    const ot_reject *reject = record->reject;
    if (!wanted(e, record->user, record->device, record->arrival)) return OT_OK;
    snprintf(text, sizeof text, "%.*s%s%.*s", (int)(reject->field.len < 100 ? reject->field.len : 100),
             reject->field.len ? reject->field.ptr : "", reject->field.len ? ": " : "",
             (int)(reject->reason.len < 300 ? reject->reason.len : 300), reject->reason.len ? reject->reason.ptr : "");
    cat_time(&row, record->arrival);
    cat_word(&row, "reject");
    cat_text(&row, record->user);
    cat_text(&row, record->device);
    cat_word(&row, ot_status_name(reject->status));
    cat_none(&row);
    cat_none(&row);
    cat_none(&row);
    cat_word(&row, text);
    cat_text(&row, record->topic);
    cat_number(&row, (int64_t)record->seq);
    return ot_writer_row(e->writer, row.cells, row.count, &e->error);
}

static ot_status record_row(events *e, const ot_record *record, const ot_message *message, const char *kind) {
    cat_row row = {.count = 0};
    bool location = record->type == OT_TYPE_LOCATION;
    if (!wanted(e, record->user, record->device, record->at)) return OT_OK;
    cat_time(&row, record->at);
    cat_word(&row, kind);
    cat_text(&row, record->user);
    cat_text(&row, record->device);
    cat_text(&row, location ? ot_str_of(NULL, 0) : member(message, "event"));
    cat_text(&row, location ? ot_str_of(NULL, 0) : member(message, "desc"));
    cat_real(&row, record->has_position, record->lat);
    cat_real(&row, record->has_position, record->lon);
    cat_text(&row, location ? member(message, "t") : ot_str_of(NULL, 0));
    cat_none(&row);
    if (record->seq)
        cat_number(&row, (int64_t)record->seq);
    else
        cat_none(&row);
    return ot_writer_row(e->writer, row.cells, row.count, &e->error);
}

static ot_status change(events *e, ot_cursor *cursor, const ot_record *record) {
    bool show = record->seq > e->shown_after;
    const ot_message *message = NULL;
    ot_status status = OT_OK;
    if (record->change == OT_CHANGE_REJECTED)
        return show && (e->kinds & KIND_REJECT) && record->reject ? reject_row(e, record) : OT_OK;
    if (record->change != OT_CHANGE_STORED) return OT_OK;
    bool told = show && ((record->type == OT_TYPE_TRANSITION && (e->kinds & KIND_TRANSITION)) ||
                         (record->type == OT_TYPE_LOCATION && (e->kinds & KIND_LOCATION)));
    if (told) {
        ot_cursor_message(cursor, &message, NULL);
        status = record_row(e, record, message, ot_type_name(record->type));
    }
    return status == OT_OK && (e->kinds & KIND_PRESENCE) ? presence(e, record, show) : status;
}

/* Reads all changes that there are now. *more tells that there may be others already. */
static ot_status catch_up(events *e) {
    for (bool more = true; more && !tool_stop_asked();) {
        ot_cursor *cursor;
        const ot_record *record;
        size_t count = 0;
        ot_status status = ot_store_changes(e->c->store, e->position, PIECE, &cursor, &e->error);
        if (status != OT_OK) return status;
        while ((status = ot_cursor_next(cursor, &record, &e->error)) == OT_OK) {
            count++;
            e->position = record->seq;
            if ((status = change(e, cursor, record)) != OT_OK) break;
        }
        ot_cursor_close(cursor);
        if (status != OT_DONE) return status;
        more = count == PIECE;
    }
    return OT_OK;
}

/* Goes on until a signal comes, or until nobody reads the output any more. */
static ot_status follow(events *e) {
    ot_status status = OT_OK;
    while (status == OT_OK && tool_sleep(POLL_MS)) {
        uint64_t head = 0;
        status = ot_store_head(e->c->store, &head, &e->error);
        if (status == OT_OK && head > e->position) status = catch_up(e);
        if (status == OT_OK && (e->kinds & KIND_PRESENCE)) status = silences(e, true);
        if (status == OT_EBUSY) status = OT_OK; /* a writer is at work: the next look will do */
        if (status == OT_OK) status = e->c->out.write(e->c->out.ctx, NULL, 0);
    }
    return status;
}

/* Only transitions, and not for ever: the store can look for them itself, in the order of their time. */
static ot_status scan(events *e) {
    ot_query query = OT_QUERY_INIT;
    ot_cursor *cursor;
    const ot_record *record;
    query.user = e->user;
    query.device = e->device;
    query.from = e->from;
    query.to = e->to;
    query.types = OT_TYPE_BIT(OT_TYPE_TRANSITION);
    ot_status status = ot_store_scan(e->c->store, &query, &cursor, &e->error);
    if (status != OT_OK) return status;
    while ((status = ot_cursor_next(cursor, &record, &e->error)) == OT_OK && !tool_stop_asked()) {
        const ot_message *message = NULL;
        ot_cursor_message(cursor, &message, NULL);
        if ((status = record_row(e, record, message, "transition")) != OT_OK) break;
    }
    ot_cursor_close(cursor);
    return status == OT_DONE ? OT_OK : status;
}

static unsigned kinds_of(const cat *c) {
    unsigned kinds = 0;
    for (size_t i = 0; i < tool_count(c->values, "kind"); i++) {
        static const unsigned bits[] = {KIND_TRANSITION, KIND_PRESENCE, KIND_REJECT, KIND_LOCATION, 15};
        kinds |= bits[tool_read_word(tool_text_at(c->values, "kind", i), "transition presence reject location all")];
    }
    return kinds ? kinds : KIND_TRANSITION | KIND_PRESENCE | KIND_REJECT;
}

/* Where to begin. False: said. */
static bool begin(events *e, bool following) {
    const char *text = tool_text(e->c->values, "position");
    int64_t number = 0;
    char reason[100];
    if ((text && strcmp(text, "now") == 0) || (!text && following)) {
        uint64_t head = 0;
        if (ot_store_head(e->c->store, &head, &e->error) != OT_OK) {
            tool_say_error(&e->c->log, "events", &e->error);
            return false;
        }
        number = (int64_t)head;
    } else if (text && !tool_read_int(text, 0, INT64_MAX, &number, reason, sizeof reason)) {
        ot_log_line(&e->c->log.log, OT_LOG_ERROR, "position: \"%.40s\" %s", text, reason);
        return false;
    }
    e->shown_after = (uint64_t)number;
    /* Presence comes of all that was before. */
    e->position = e->kinds & KIND_PRESENCE ? 0 : e->shown_after;
    return true;
}

int cat_events(cat *c) {
    ot_query query;
    if (!cat_query(c, &query)) return TOOL_USAGE;
    events e = {
        .c = c, .kinds = kinds_of(c), .user = query.user, .device = query.device, .from = query.from, .to = query.to};
    bool following = tool_bool(c->values, "follow");
    e.silent_after = tool_int(c->values, "silent-after");
    if (tool_bool(c->values, "current")) return cat_regions(c);
    if (!begin(&e, following)) return TOOL_FAIL;
    ot_status status = cat_writer(c, columns, COLUMNS, NULL, following, &e.writer, &e.error);
    if (status == OT_OK && e.kinds == KIND_TRANSITION && !following && !tool_given(c->values, "position")) {
        status = scan(&e);
    } else if (status == OT_OK) {
        status = catch_up(&e);
        if (status == OT_OK && (e.kinds & KIND_PRESENCE)) status = silences(&e, e.shown_after == 0);
        if (status == OT_OK && following) {
            status = c->out.write(c->out.ctx, NULL, 0);
            if (status == OT_OK) status = follow(&e);
        }
    }
    if (status == OT_OK)
        status = ot_writer_end(e.writer, &e.error);
    else
        ot_writer_end(e.writer, NULL);
    known_free(&e.devices);
    return status == OT_OK ? TOOL_OK : cat_fail(c, "events", &e.error);
}
