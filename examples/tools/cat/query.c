/* query.c: users, devices, last, range, rejects, stats: what is in the store. */
#include <stdlib.h>
#include <string.h>

#include "cat.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Ends a writer after a query that ended with `status`; a failure of the end counts as well. */
static int finish(cat *c, ot_writer *writer, ot_status status, ot_error *error, const char *what) {
    if (status == OT_OK || status == OT_DONE)
        return ot_writer_end(writer, error) == OT_OK ? TOOL_OK : cat_fail(c, what, error);
    ot_writer_end(writer, NULL);
    return cat_fail(c, what, error);
}

/* ---- users ---- */

/* The user whose devices are being added up. */
typedef struct user_sum {
    cat *c;
    ot_writer *writer;
    ot_error *error;
    char *name;
    size_t len;
    int64_t devices, records;
    ot_time first, last;
} user_sum;

static ot_status user_row(user_sum *sum) {
    cat_row row = {.count = 0};
    if (!sum->name) return OT_OK;
    cat_text(&row, ot_str_of(sum->name, sum->len));
    cat_number(&row, sum->devices);
    cat_number(&row, sum->records);
    cat_time(&row, sum->first);
    cat_time(&row, sum->last);
    return ot_writer_row(sum->writer, row.cells, row.count, sum->error);
}

static ot_status add_device(void *ctx, const ot_device *device) {
    user_sum *sum = ctx;
    if (!sum->name || !ot_str_eq(device->user, ot_str_of(sum->name, sum->len))) {
        ot_status status = user_row(sum);
        if (status != OT_OK) return status;
        char *name = realloc(sum->name, device->user.len + 1);
        if (!name) return ot_error_set(sum->error, OT_ENOMEM, "", OT_NO_OFFSET, "out of memory");
        if (device->user.len) memcpy(name, device->user.ptr, device->user.len);
        sum->name = name;
        sum->len = device->user.len;
        sum->devices = sum->records = 0;
        sum->first = sum->last = OT_TIME_NONE;
    }
    sum->devices++;
    sum->records += (int64_t)device->records;
    if (device->first_seen != OT_TIME_NONE && (sum->first == OT_TIME_NONE || device->first_seen < sum->first))
        sum->first = device->first_seen;
    if (device->last_seen > sum->last) sum->last = device->last_seen;
    return OT_OK;
}

int cat_users(cat *c) {
    static const ot_column columns[] = {{"user", OT_KIND_STR, false},
                                        {"devices", OT_KIND_I64, false},
                                        {"records", OT_KIND_I64, false},
                                        {"first_seen", OT_KIND_I64, true},
                                        {"last_seen", OT_KIND_I64, true}};
    ot_error error = {0};
    user_sum sum = {.c = c, .error = &error};
    ot_status status = cat_writer(c, columns, COUNT(columns), NULL, false, &sum.writer, &error);
    if (status != OT_OK) return cat_fail(c, "users", &error);
    status = ot_store_devices(c->store, ot_str_c(tool_text(c->values, "user")), ot_str_of(NULL, 0), add_device, &sum,
                              &error);
    if (status == OT_OK) status = user_row(&sum);
    free(sum.name);
    return finish(c, sum.writer, status, &error, "users");
}

/* ---- devices ---- */

typedef struct device_list {
    cat *c;
    ot_writer *writer;
    ot_error *error;
    bool state;
    ot_time silent_after;
} device_list;

static ot_status device_row(void *ctx, const ot_device *device) {
    device_list *list = ctx;
    cat_row row = {.count = 0};
    cat_text(&row, device->user);
    cat_text(&row, device->device);
    if (list->state) {
        ot_presence now = ot_presence_at(&device->presence, list->c->now, list->silent_after);
        cat_word(&row, ot_presence_text(now.state));
        cat_time(&row, now.since);
        cat_word(&row, now.state == OT_PRESENCE_SILENT ? "nothing heard"
                       : now.why != OT_TYPE_NONE       ? ot_type_name(now.why)
                                                       : NULL);
        cat_time(&row, now.heard);
    }
    cat_time(&row, device->first_seen);
    cat_time(&row, device->last_seen);
    cat_word(&row, device->by_mqtt && device->by_http ? "both"
                   : device->by_mqtt                  ? "mqtt"
                   : device->by_http                  ? "http"
                                                      : NULL);
    cat_number(&row, (int64_t)device->records);
    return ot_writer_row(list->writer, row.cells, row.count, list->error);
}

int cat_devices(cat *c) {
    static const ot_column columns[] = {{"user", OT_KIND_STR, false},      {"device", OT_KIND_STR, false},
                                        {"state", OT_KIND_STR, false},     {"since", OT_KIND_I64, true},
                                        {"why", OT_KIND_STR, false},       {"heard", OT_KIND_I64, true},
                                        {"first_seen", OT_KIND_I64, true}, {"last_seen", OT_KIND_I64, true},
                                        {"via", OT_KIND_STR, false},       {"records", OT_KIND_I64, false}};
    ot_column chosen[COUNT(columns)];
    size_t count = 0;
    ot_error error = {0};
    device_list list = {.c = c, .error = &error, .state = tool_bool(c->values, "state")};
    list.silent_after = tool_int(c->values, "silent-after");
    for (size_t i = 0; i < COUNT(columns); i++)
        if (list.state || i < 2 || i > 5) chosen[count++] = columns[i];
    ot_status status = cat_writer(c, chosen, count, NULL, false, &list.writer, &error);
    if (status != OT_OK) return cat_fail(c, "devices", &error);
    status = ot_store_devices(c->store, ot_str_c(tool_text(c->values, "user")),
                              ot_str_c(tool_text(c->values, "device")), device_row, &list, &error);
    return finish(c, list.writer, status, &error, "devices");
}

/* ---- last, range ---- */

/* Writes the token behind the last record to FILE; an empty one when nothing can follow. */
typedef struct token_text {
    ot_cursor *cursor;
    bool more;
} token_text;

static ot_status write_token(void *ctx, FILE *stream) {
    token_text *t = ctx;
    ot_sink sink = ot_sink_to_stream(stream);
    if (!t->more) return OT_OK;
    ot_status status = ot_cursor_token(t->cursor, &sink);
    return status == OT_OK && putc('\n', stream) == EOF ? OT_EIO : status;
}

static ot_status put_token(const char *file, ot_cursor *cursor, bool more, ot_error *error) {
    token_text t = {cursor, more};
    if (strcmp(file, "-") != 0) return tool_file_replace(file, 0644, false, write_token, &t, error);
    if (!more) return OT_OK;
    fputs("next: ", stderr);
    ot_status status = write_token(&t, stderr);
    return status == OT_OK ? OT_OK : ot_error_set(error, status, file, OT_NO_OFFSET, "cannot be written");
}

/* Writes what a cursor gives, and closes it. */
static int write_records(cat *c, ot_cursor *cursor, uint64_t limit, const char *what) {
    ot_error error = {0};
    ot_writer *writer;
    const ot_record *record;
    uint64_t count = 0;
    ot_status status = cat_writer(c, NULL, 0, tool_text(c->values, "fields"), false, &writer, &error);
    if (status != OT_OK) {
        ot_cursor_close(cursor);
        return cat_fail(c, what, &error);
    }
    while ((status = ot_cursor_next(cursor, &record, &error)) == OT_OK) {
        const ot_message *message = NULL;
        ot_cursor_message(cursor, &message, NULL);
        if ((status = ot_writer_record(writer, record, message, &error)) != OT_OK) break;
        /* The place behind the last record is asked for below: it must be the cursor's present one. */
        if (++count == limit) {
            status = OT_DONE;
            break;
        }
        if (tool_stop_asked()) {
            status = ot_error_set(&error, OT_ECLOSED, "", OT_NO_OFFSET, "ended by a signal");
            break;
        }
    }
    int code = finish(c, writer, status, &error, what);
    const char *file = limit ? tool_text(c->values, "token") : NULL;
    if (code == TOOL_OK && file && put_token(file, cursor, count == limit, &error) != OT_OK)
        code = cat_fail(c, "token", &error);
    ot_cursor_close(cursor);
    return code;
}

int cat_last(cat *c) {
    ot_error error = {0};
    ot_cursor *cursor;
    ot_status status = ot_store_last(c->store, ot_str_c(tool_text(c->values, "user")),
                                     ot_str_c(tool_text(c->values, "device")), &cursor, &error);
    return status == OT_OK ? write_records(c, cursor, 0, "last") : cat_fail(c, "last", &error);
}

int cat_range(cat *c) {
    ot_error error = {0};
    ot_cursor *cursor;
    ot_query query;
    if (!cat_query(c, &query)) return TOOL_USAGE;
    query.limit = (uint64_t)tool_int(c->values, "limit");
    query.newest_first = tool_bool(c->values, "newest");
    query.after = ot_str_c(tool_text(c->values, "after"));
    ot_status status = ot_store_scan(c->store, &query, &cursor, &error);
    if (status == OT_EINVAL) return cat_fail(c, "range", &error), TOOL_USAGE;
    return status == OT_OK ? write_records(c, cursor, query.limit, "range") : cat_fail(c, "range", &error);
}

/* ---- rejects, stats ---- */

int cat_rejects(cat *c) {
    static const ot_column columns[] = {{"arrival", OT_KIND_I64, true}, {"topic", OT_KIND_STR, false},
                                        {"status", OT_KIND_STR, false}, {"field", OT_KIND_STR, false},
                                        {"offset", OT_KIND_I64, false}, {"reason", OT_KIND_STR, false},
                                        {"length", OT_KIND_I64, false}, {"payload", OT_KIND_STR, false}};
    /* A payload of four kilobytes makes no table. */
    size_t count = strcmp(c->format, "table") == 0 ? COUNT(columns) - 1 : COUNT(columns);
    ot_error error = {0};
    ot_query query;
    ot_cursor *cursor;
    ot_writer *writer;
    const ot_record *record;
    if (!cat_query(c, &query)) return TOOL_USAGE;
    ot_status status =
        ot_store_rejects(c->store, query.from, query.to, (uint64_t)tool_int(c->values, "limit"), &cursor, &error);
    if (status != OT_OK) return cat_fail(c, "rejects", &error);
    if (cat_writer(c, columns, count, NULL, false, &writer, &error) != OT_OK) {
        ot_cursor_close(cursor);
        return cat_fail(c, "rejects", &error);
    }
    while ((status = ot_cursor_next(cursor, &record, &error)) == OT_OK) {
        cat_row row = {.count = 0};
        const ot_reject *reject = record->reject;
        if (!reject) continue;
        cat_time(&row, record->arrival);
        cat_text(&row, record->topic);
        cat_word(&row, ot_status_name(reject->status));
        cat_text(&row, reject->field.len ? reject->field : ot_str_of(NULL, 0));
        if (reject->offset == OT_NO_OFFSET)
            cat_none(&row);
        else
            cat_number(&row, (int64_t)reject->offset);
        cat_text(&row, reject->reason);
        cat_number(&row, (int64_t)reject->length);
        /* As JSON where it is JSON, so that secrets are masked. */
        if (row.count < count) cat_json(&row, record->payload);
        if ((status = ot_writer_row(writer, row.cells, row.count, &error)) != OT_OK) break;
    }
    ot_cursor_close(cursor);
    return finish(c, writer, status, &error, "rejects");
}

int cat_stats(cat *c) {
    static const ot_column columns[] = {{"records", OT_KIND_I64, false},  {"devices", OT_KIND_I64, false},
                                        {"rejects", OT_KIND_I64, false},  {"repeats", OT_KIND_I64, false},
                                        {"rejected", OT_KIND_I64, false}, {"removed", OT_KIND_I64, false},
                                        {"position", OT_KIND_I64, false}, {"bytes", OT_KIND_I64, false}};
    ot_error error = {0};
    ot_store_stats stats = {.size = sizeof stats};
    ot_writer *writer;
    cat_row row = {.count = 0};
    if (ot_store_stats_get(c->store, &stats, &error) != OT_OK) return cat_fail(c, "stats", &error);
    const uint64_t numbers[] = {stats.records,  stats.devices, stats.rejects, stats.repeats,
                                stats.rejected, stats.removed, stats.head,    stats.bytes};
    for (size_t i = 0; i < COUNT(numbers); i++)
        cat_number(&row, (int64_t)numbers[i]);
    if (cat_writer(c, columns, COUNT(columns), NULL, false, &writer, &error) != OT_OK)
        return cat_fail(c, "stats", &error);
    return finish(c, writer, ot_writer_row(writer, row.cells, row.count, &error), &error, "stats");
}
