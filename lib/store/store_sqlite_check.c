/* store_sqlite_check.c: looks for damage: SQLite's own check, every row against its payload, the derived tables against the rows. */
#include "store_sqlite.h"

#include <stdio.h>

typedef struct check {
    void (*report)(void *ctx, ot_str line);
    void *ctx;
    size_t found;
} check;

static void tell(check *c, const char *line) {
    c->found++;
    if (c->report) c->report(c->ctx, ot_str_c(line));
}

/* Runs a query each of whose rows is a finding, in its first column. */
static ot_status findings(sqlite3 *db, const char *sql, check *c, ot_error *error) {
    sqlite3_stmt *st = NULL;
    ot_status status = ot__sq_prepare(db, sql, &st, error);
    if (status != OT_OK) return status;
    int code;
    while ((code = sqlite3_step(st)) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(st, 0);
        if (line && strcmp(line, "ok") != 0) tell(c, line);
    }
    sqlite3_finalize(st);
    if (code == SQLITE_DONE) return OT_OK;
    status = ot__sq_fail(db, code, error, "checking");
    if (status == OT_ECORRUPT) tell(c, "a table cannot be read to its end");
    return status;
}

static void check_row(check *c, ot_message *m, const ot_record *r) {
    char line[200], id_text[OT_ID_TEXT_SIZE];
    ot_id_text(&r->id, id_text);
    const char *wrong = NULL;
    ot_id id = ot_id_of_record(r->user, r->device, r->payload, r->index);
    if (!(r->marks & OT_MARK_REDACTED) && ot_id_cmp(&id, &r->id) != 0) wrong = "its id is not that of its payload";
    ot_status status = ot_message_decode(m, r->payload, NULL);
    if (status == OT_ESYNTAX) status = ot_message_decode_csv(m, r->payload, NULL);
    if (!wrong && (status == OT_OK || status == OT_EUNKNOWN)) {
        /* What is no JSON came through another decoder; that one is not here to ask. */
        ot_envelope e = OT_ENVELOPE_INIT;
        e.arrival = r->arrival;
        ot_topic t;
        memset(&t, 0, sizeof t);
        t.user = r->user;
        t.device = r->device;
        ot_record made;
        if (ot_record_make(&e, &t, m, r->payload, r->index, &made) == OT_OK) {
            if (made.type != r->type) {
                wrong = "its type is not that of its payload";
            } else if (made.has_position != r->has_position ||
                       (made.has_position && (made.lat != r->lat || made.lon != r->lon))) {
                wrong = "its position is not that of its payload";
            } else if (ot_record_timed(r) && ot_record_timed(&made) && made.at != r->at) {
                wrong = "its time is not that of its payload";
            }
        }
    }
    if (!wrong) return;
    snprintf(line, sizeof line, "record %s, number %llu: %s", id_text, (unsigned long long)r->seq, wrong);
    tell(c, line);
}

ot_status ot__sq_check(void *self, void (*report)(void *ctx, ot_str line), void *ctx, ot_error *error) {
    static const char *const queries[] = {
        "PRAGMA integrity_check",
        "SELECT 'a record of a device that is not in the table: '||r.seq FROM record r WHERE r.dev NOT IN (SELECT dev "
        "FROM device)",
        "SELECT 'a record of a topic that is not in the table: '||r.seq FROM record r WHERE r.topic NOT IN (SELECT "
        "topic FROM topic)",
        "SELECT 'a record is numbered beyond the head: '||max(seq) FROM record HAVING max(seq)>(SELECT seq FROM state)",
        "SELECT 'the number of records is not '||records FROM state WHERE records<>(SELECT count(*) FROM record)",
        "SELECT 'the number of rejects is not '||rejects FROM state WHERE rejects<>(SELECT count(*) FROM reject)",
        "SELECT 'device '||dev||': the number of records is not '||records FROM device d WHERE records<>(SELECT "
        "count(*) FROM record r WHERE r.dev=d.dev)",
        "SELECT 'newest of device '||n.dev||', type '||n.type||': the number or the first is wrong' FROM newest n LEFT "
        "JOIN (SELECT dev,type,count(*) c,"
        "min(at) a FROM record GROUP BY dev,type) x ON x.dev=n.dev AND x.type=n.type WHERE x.c IS NOT n.count OR "
        "x.a<n.oldest",
        "SELECT 'newest of device '||n.dev||', type '||n.type||': is not the newest' FROM newest n WHERE "
        "(at,arrival,seq,id) IS NOT (SELECT r.at,r.arrival,"
        "r.seq,r.id FROM record r WHERE r.dev=n.dev AND r.type=n.type ORDER BY r.at DESC,r.arrival DESC,r.seq DESC "
        "LIMIT 1)",
        "SELECT 'device '||dev||', type '||type||': records without their newest' FROM (SELECT DISTINCT dev,type FROM "
        "record EXCEPT SELECT dev,type FROM newest)"};
    sq_store *s = self;
    sq_reader *reader;
    check c = {report, ctx, 0};
    ot_status status = ot__sq_reader(s, &reader, error);
    if (status != OT_OK) return status;
    for (size_t i = 0; i < sizeof queries / sizeof queries[0] && status == OT_OK; i++)
        status = findings(reader->db, queries[i], &c, error);
    ot_message *m = NULL;
    sqlite3_stmt *st = NULL;
    if (status == OT_OK) status = ot_message_new(NULL, &m);
    if (status == OT_OK)
        status = ot__sq_prepare(
            reader->db, "SELECT " SQ_COLUMNS ",d.user,d.device FROM record r JOIN device d ON d.dev=r.dev", &st, error);
    int code = SQLITE_DONE;
    while (status == OT_OK && (code = sqlite3_step(st)) == SQLITE_ROW) {
        ot_record r = OT_RECORD_INIT;
        ot__sq_record(st, &r);
        r.user = ot__sq_column(st, SQ_COLUMN_COUNT);
        r.device = ot__sq_column(st, SQ_COLUMN_COUNT + 1);
        check_row(&c, m, &r);
    }
    if (status == OT_OK && code != SQLITE_DONE) status = ot__sq_fail(reader->db, code, error, "checking");
    sqlite3_finalize(st);
    ot_message_free(m);
    ot__sq_reader_done(s, reader);
    if (status == OT_OK && c.found)
        status = ot_error_set(error, OT_ECORRUPT, NULL, OT_NO_OFFSET, "%zu findings", c.found);
    return status;
}
