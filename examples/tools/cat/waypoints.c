/* waypoints.c: regions: those that devices have, now and as they were, and those that devices are in. */
#include <owntracks/waypoints.h>

#include "cat.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

typedef struct listing {
    cat *c;
    ot_writer *writer;
    ot_error error;
} listing;

/* Ends the output, and says what went wrong. */
static int finish(listing *l, ot_status status, const char *what) {
    if (status == OT_OK)
        status = ot_writer_end(l->writer, &l->error);
    else
        ot_writer_end(l->writer, NULL);
    return status == OT_OK ? TOOL_OK : cat_fail(l->c, what, &l->error);
}

static ot_status region_row(void *ctx, const ot_region_state *region) {
    listing *l = ctx;
    cat_row row = {.count = 0};
    if (!region->inside) return OT_OK;
    cat_text(&row, region->user);
    cat_text(&row, region->device);
    cat_text(&row, region->name);
    cat_time(&row, region->at);
    cat_text(&row, region->key);
    return ot_writer_row(l->writer, row.cells, row.count, &l->error);
}

int cat_regions(cat *c) {
    static const ot_column columns[] = {{"user", OT_KIND_STR, false},
                                        {"device", OT_KIND_STR, false},
                                        {"desc", OT_KIND_STR, false},
                                        {"since", OT_KIND_I64, true},
                                        {"key", OT_KIND_STR, false}};
    listing l = {.c = c};
    ot_status status = cat_writer(c, columns, COUNT(columns), NULL, false, &l.writer, &l.error);
    if (status != OT_OK) return cat_fail(c, "events", &l.error);
    status = ot_regions_current(c->store, ot_str_c(tool_text(c->values, "user")),
                                ot_str_c(tool_text(c->values, "device")), region_row, &l, &l.error);
    return finish(&l, status, "events");
}

/* A member of a waypoint, as a cell. */
static void member(cat_row *row, const ot_message *message, const char *key) {
    ot_value *value = &row->values[row->count];
    bool there = ot_message_get(message, ot_str_c(key), value) == OT_OK;
    row->cells[row->count++] = there ? value : NULL;
}

static ot_status waypoint_row(void *ctx, const ot_waypoint_state *waypoint) {
    static const char *const members[] = {"desc", "lat", "lon", "rad", "rid", "tst"};
    listing *l = ctx;
    cat_row row = {.count = 0};
    cat_text(&row, waypoint->user);
    cat_text(&row, waypoint->device);
    for (size_t i = 0; i < COUNT(members); i++)
        member(&row, waypoint->message, members[i]);
    cat_time(&row, waypoint->arrival);
    cat_word(&row, ot_type_name(waypoint->from));
    return ot_writer_row(l->writer, row.cells, row.count, &l->error);
}

/* All that was ever published, as it came. */
static int history(cat *c) {
    listing l = {.c = c};
    ot_query query;
    ot_cursor *cursor;
    const ot_record *record;
    if (!cat_query(c, &query)) return TOOL_USAGE;
    query.types = OT_TYPE_BIT(OT_TYPE_WAYPOINT) | OT_TYPE_BIT(OT_TYPE_WAYPOINTS);
    if (ot_store_scan(c->store, &query, &cursor, &l.error) != OT_OK) return cat_fail(c, "waypoints", &l.error);
    ot_status status =
        cat_writer(c, NULL, 0, "user,device,at,type,desc,lat,lon,rad,rid,tst,waypoints", false, &l.writer, &l.error);
    if (status != OT_OK) {
        ot_cursor_close(cursor);
        return cat_fail(c, "waypoints", &l.error);
    }
    while ((status = ot_cursor_next(cursor, &record, &l.error)) == OT_OK) {
        const ot_message *message = NULL;
        ot_cursor_message(cursor, &message, NULL);
        if ((status = ot_writer_record(l.writer, record, message, &l.error)) != OT_OK) break;
    }
    ot_cursor_close(cursor);
    return finish(&l, status == OT_DONE ? OT_OK : status, "waypoints");
}

int cat_waypoints(cat *c) {
    static const ot_column columns[] = {{"user", OT_KIND_STR, false},   {"device", OT_KIND_STR, false},
                                        {"desc", OT_KIND_STR, false},   {"lat", OT_KIND_F64, false},
                                        {"lon", OT_KIND_F64, false},    {"rad", OT_KIND_F64, false},
                                        {"rid", OT_KIND_STR, false},    {"tst", OT_KIND_TIME, false},
                                        {"arrival", OT_KIND_I64, true}, {"from", OT_KIND_STR, false}};
    listing l = {.c = c};
    if (tool_bool(c->values, "history")) return history(c);
    ot_status status = cat_writer(c, columns, COUNT(columns), NULL, false, &l.writer, &l.error);
    if (status != OT_OK) return cat_fail(c, "waypoints", &l.error);
    status = ot_waypoints_current(c->store, ot_str_c(tool_text(c->values, "user")),
                                  ot_str_c(tool_text(c->values, "device")), waypoint_row, &l, &l.error);
    return finish(&l, status, "waypoints");
}
