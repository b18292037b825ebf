/* admin.c: remove, retain, check: what changes a store, or looks for damage. */
#include <stdio.h>
#include <string.h>

#include "cat.h"

/* Tells a count, in the chosen format when that is JSON. */
static int told(cat *c, const char *what, uint64_t count, bool dry) {
    if (strncmp(c->format, "json", 4) == 0)
        fprintf(stdout, "{\"%s\":%llu,\"dry_run\":%s}\n", what, (unsigned long long)count, dry ? "true" : "false");
    else if (!tool_bool(c->values, "quiet"))
        fprintf(stdout, "%llu %s%s\n", (unsigned long long)count, what, dry ? " (dry run: nothing was done)" : "");
    return TOOL_OK;
}

/* Counts what a query gives. */
static ot_status count_of(cat *c, const ot_query *query, uint64_t *count, ot_error *error) {
    ot_cursor *cursor;
    const ot_record *record;
    ot_status status = ot_store_scan(c->store, query, &cursor, error);
    if (status != OT_OK) return status;
    while ((status = ot_cursor_next(cursor, &record, error)) == OT_OK)
        ++*count;
    ot_cursor_close(cursor);
    return status == OT_DONE ? OT_OK : status;
}

int cat_remove(cat *c) {
    ot_error error = {0};
    ot_query query;
    ot_id id;
    uint64_t count = 0;
    bool dry = tool_bool(c->values, "dry-run");
    if (!cat_query(c, &query)) return TOOL_USAGE;
    query.limit = (uint64_t)tool_int(c->values, "limit");
    query.newest_first = tool_bool(c->values, "newest");
    const char *text = tool_text(c->values, "id");
    if (text) {
        if (ot_id_parse(ot_str_c(text), &id) != OT_OK) {
            ot_log_line(&c->log.log, OT_LOG_ERROR, "id: \"%.60s\" is not 32 hexadecimal digits", text);
            return TOOL_USAGE;
        }
        query.id = &id;
    }
    ot_status status;
    if (tool_bool(c->values, "whole-device") && !dry)
        status = ot_store_remove_device(c->store, query.user, query.device, &count, &error);
    else if (dry)
        status = count_of(c, &query, &count, &error);
    else
        status = ot_store_remove(c->store, &query, &count, &error);
    return status == OT_OK ? told(c, "removed", count, dry) : cat_fail(c, "remove", &error);
}

int cat_retain(cat *c) {
    ot_error error = {0};
    ot_time before;
    uint64_t count = 0;
    bool dry = tool_bool(c->values, "dry-run");
    if (!tool_time(c->values, "before", c->zone, c->now, &before, &error)) {
        tool_say_error(&c->log, "before", &error);
        return TOOL_USAGE;
    }
    if (tool_given(c->values, "keep")) before = c->now - tool_int(c->values, "keep");
    ot_status status = ot_store_retain(c->store, before, dry, &count, &error);
    return status == OT_OK ? told(c, "removed", count, dry) : cat_fail(c, "retain", &error);
}

static void finding(void *ctx, ot_str line) {
    cat *c = ctx;
    c->out.write(c->out.ctx, line.ptr, line.len);
    c->out.write(c->out.ctx, "\n", 1);
}

int cat_check(cat *c) {
    ot_error error = {0};
    ot_status status = ot_store_check(c->store, finding, c, &error);
    if (status != OT_OK) return cat_fail(c, "check", &error);
    if (!tool_bool(c->values, "quiet")) fputs("sound\n", stdout);
    return TOOL_OK;
}
