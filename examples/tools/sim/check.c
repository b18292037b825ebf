/* check.c: does a store hold what the ledgers say? */
#include "book.h"

#include <string.h>

typedef struct checking {
    book *b;
    void (*tell)(void *ctx, const char *line);
    void *ctx;
} checking;

static void finding(const checking *c, const char *what, const book_entry *e, const char *detail) {
    char id[OT_ID_TEXT_SIZE], at[OT_TIME_TEXT_SIZE], line[700];
    const book_device *d = &c->b->devices[e->device];
    ot_id_text(&e->id, id);
    ot_time_format(e->at, NULL, at);
    snprintf(line, sizeof line, "%s: %.*s/%.*s %s%s%s id %s (ledger line %u)%s%s", what, (int)d->user_len, d->names,
             (int)d->device_len, d->names + d->user_len, ot_type_name((ot_type)e->type),
             e->at == OT_TIME_NONE ? "" : " of ", at, id, e->line, *detail ? ": " : "", detail);
    c->tell(c->ctx, line);
}

/* A record of a device of the ledger that the ledger does not know. */
static void stranger(const checking *c, const ot_record *record) {
    char id[OT_ID_TEXT_SIZE], at[OT_TIME_TEXT_SIZE], line[700];
    ot_id_text(&record->id, id);
    ot_time_format(record->at, NULL, at);
    snprintf(line, sizeof line, "extra: %.*s/%.*s %s of %s id %s: the ledger does not know it", (int)record->user.len,
             record->user.ptr, (int)record->device.len, record->device.ptr, ot_type_name(record->type), at, id);
    c->tell(c->ctx, line);
}

/* One record against its entry. */
static void compare(const checking *c, const ot_record *record, uint32_t device, book_result *result) {
    char detail[200] = "";
    ot_id bytes = ot_id_of_record(record->user, record->device, record->payload, record->index);
    uint32_t number = book_entry_find(c->b, &record->id);
    if (number == UINT32_MAX) {
        /* What the broker had kept of an earlier time is news of the past, and of no ledger. */
        if (record->marks & OT_MARK_RETAINED) {
            result->foreign++;
            result->records--;
            return;
        }
        stranger(c, record);
        result->extra++;
        return;
    }
    book_entry *e = &c->b->entries[number];
    e->found++;
    if (ot_id_cmp(&bytes, &record->id) != 0 && !(record->marks & OT_MARK_REDACTED)) {
        snprintf(detail, sizeof detail, "the payload of %zu bytes is not the one that was published",
                 record->payload.len);
    } else if (e->device != device) {
        snprintf(detail, sizeof detail, "it stands with %.40s", c->b->devices[device].names);
    } else if (e->type != record->type) {
        snprintf(detail, sizeof detail, "it is stored as %s", ot_type_name(record->type));
    } else if (e->at != OT_TIME_NONE && e->at != record->at) {
        char at[OT_TIME_TEXT_SIZE];
        ot_time_format(record->at, NULL, at);
        snprintf(detail, sizeof detail, "it is stored at %s", at);
    }
    if (!*detail) return;
    finding(c, "wrong", e, detail);
    result->wrong++;
}

/* Is each entry there as often as it must be? */
static void count(const checking *c, bool exact, book_result *result) {
    for (size_t i = 0; i < c->b->entry_count; i++) {
        const book_entry *e = &c->b->entries[i];
        char detail[100] = "";
        bool state = e->at == OT_TIME_NONE;
        bool known = exact && state && e->must && !(c->b->devices[e->device].unsure & OT_TYPE_BIT(e->type));
        if (e->must)
            result->must++;
        else
            result->may++;
        if (e->must && e->found) result->found++;
        if (e->must && !e->found) {
            finding(c, "missing", e, "");
            result->missing++;
        } else if (!state && e->found > 1) {
            snprintf(detail, sizeof detail, "it stands there %u times", e->found);
            finding(c, "double", e, detail);
            result->twice++;
        } else if (known && e->found != e->runs) {
            snprintf(detail, sizeof detail, "it stands there %u times, but was said %u times", e->found, e->runs);
            finding(c, e->found > e->runs ? "double" : "missing", e, detail);
            if (e->found > e->runs)
                result->twice++;
            else
                result->missing++;
        }
    }
}

ot_status book_check(book *b, ot_store *store, bool exact, void (*tell)(void *ctx, const char *line), void *ctx,
                     book_result *result, ot_error *error) {
    checking c = {b, tell, ctx};
    ot_query query = OT_QUERY_INIT;
    ot_cursor *cursor;
    const ot_record *record;
    memset(result, 0, sizeof *result);
    for (size_t i = 0; i < b->entry_count; i++)
        b->entries[i].found = 0;
    ot_status status = ot_store_scan(store, &query, &cursor, error);
    if (status != OT_OK) return status;
    while ((status = ot_cursor_next(cursor, &record, error)) == OT_OK) {
        uint32_t device = book_device_find(b, record->user, record->device);
        if (device == UINT32_MAX) {
            result->foreign++;
            continue;
        }
        result->records++;
        compare(&c, record, device, result);
    }
    ot_cursor_close(cursor);
    if (status != OT_DONE) return status;
    count(&c, exact, result);
    return OT_OK;
}
