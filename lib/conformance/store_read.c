/* store_read.c: store suite: queries, their order and bounds, pages, cursors while others write, last. */
#include "suite.h"

#include <stdio.h>

/* 300 records of 6 devices; many share their time. */
static bool fill(suite *s) {
    enum { N = 300 };
    sample *x = ot_mem_zalloc(N, sizeof *x);
    ot_record *r = ot_mem_zalloc(N, sizeof *r);
    bool good = CHECK(x && r);
    for (int i = 0; good && i < N; i++) {
        static const char *const users[] = {"anna", "bert", "b"};
        static const ot_type types[] = {OT_TYPE_LOCATION, OT_TYPE_LOCATION, OT_TYPE_TRANSITION, OT_TYPE_BEACON};
        ot__suite_location(&x[i], users[i % 3], i % 2 ? "phone" : "tablet", T0 + (ot_time)(i / 3) * SECOND, i * 1000,
                           -i * 1000);
        x[i].r.type = types[i / 6 % 4];
        r[i] = x[i].r;
    }
    if (good) good = OK(ot_store_put(s->store, r, N, NULL, 0, NULL, &s->error));
    ot_mem_free(x, N * sizeof *x);
    ot_mem_free(r, N * sizeof *r);
    return good;
}

static bool same_reversed(const row *a, const row *b, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (a[i].at != b[n - 1 - i].at || ot_id_cmp(&a[i].id, &b[n - 1 - i].id) != 0) return false;
    }
    return true;
}

static void t_order(suite *s) {
    NEED(ot__suite_fresh(s));
    ot_query empty = OT_QUERY_INIT;
    EQUAL(ot__suite_count(s, &empty), 0);
    NEED(fill(s));
    row *up = ot_mem_zalloc(600, sizeof *up), *down = up ? up + 300 : NULL;
    NEED(CHECK(up));
    for (int i = 0; i < 8; i++) {
        ot_query q = OT_QUERY_INIT;
        size_t want = 300;
        if (i & 1) q.user = OT_STR("anna"), want = 100;
        if (i & 2) q.device = OT_STR("phone"), want /= 2;
        if (i & 4) q.types = OT_TYPE_BIT(OT_TYPE_LOCATION) | OT_TYPE_BIT(OT_TYPE_BEACON);
        size_t n = ot__suite_rows(s, &q, up, 300);
        if (!(i & 4)) EQUAL(n, want);
        CHECK(n > 0 && n <= 300);
        CHECK(ot__suite_ordered(up, n, false));
        q.newest_first = true;
        EQUAL(ot__suite_rows(s, &q, down, 300), n);
        CHECK(ot__suite_ordered(down, n, true));
        CHECK(same_reversed(up, down, n));
        for (size_t k = 0; k < n; k++) {
            if (i & 1) CHECK(strcmp(up[k].user, "anna") == 0);
            if (i & 2) CHECK(strcmp(up[k].device, "phone") == 0);
            if (i & 4) CHECK(up[k].type == OT_TYPE_LOCATION || up[k].type == OT_TYPE_BEACON);
        }
    }
    ot_query q = OT_QUERY_INIT;
    q.user = OT_STR("an"); /* a prefix is another name */
    EQUAL(ot__suite_count(s, &q), 0);
    q.user = OT_STR("ANNA");
    EQUAL(ot__suite_count(s, &q), 0);
    q.user = OT_STR("");
    EQUAL(ot__suite_count(s, &q), 0);
    ot_mem_free(up, 600 * sizeof *up);
}

static void t_bounds(suite *s) {
    NEED(ot__suite_fresh(s));
    NEED(fill(s));
    row rows[40];
    for (int back = 0; back < 2; back++) {
        ot_query q = OT_QUERY_INIT;
        q.newest_first = back;
        q.from = T0 + 10 * SECOND;
        q.to = T0 + 12 * SECOND;
        EQUAL(ot__suite_rows(s, &q, rows, 40), 9); /* both ends are inside */
        q.from = T0 + 10 * SECOND + 1;
        EQUAL(ot__suite_count(s, &q), 6);
        q.to = T0 + 12 * SECOND - 1;
        EQUAL(ot__suite_count(s, &q), 3);
        q.from = q.to = T0 + 11 * SECOND;
        EQUAL(ot__suite_count(s, &q), 3);
        q.to = OT_TIME_NONE;
        EQUAL(ot__suite_count(s, &q), 300 - 33);
        q.from = OT_TIME_NONE;
        q.to = T0 + 11 * SECOND;
        EQUAL(ot__suite_count(s, &q), 36);
        q.to = T0 - 1;
        EQUAL(ot__suite_count(s, &q), 0);
        q.from = T0 + DAY;
        q.to = INT64_MAX;
        EQUAL(ot__suite_count(s, &q), 0);
        q.from = INT64_MIN + 1;
        EQUAL(ot__suite_count(s, &q), 300);
    }
    ot_query q = OT_QUERY_INIT;
    ot_cursor *c;
    q.from = 2;
    q.to = 1;
    STATUS(OT_EINVAL, ot_store_scan(s->store, &q, &c, &s->error));
    CHECK(c == NULL);
    const ot_query fresh = OT_QUERY_INIT;
    q = fresh;
    q.after = OT_STR("1.2.nonsense");
    STATUS(OT_EINVAL, ot_store_scan(s->store, &q, &c, &s->error));
    q = fresh;
    q.box = true;
    q.south = 2;
    q.north = 1;
    STATUS(OT_EINVAL, ot_store_scan(s->store, &q, &c, &s->error));
}

static void t_limit(suite *s) {
    NEED(ot__suite_fresh(s));
    NEED(fill(s));
    row all[300], some[300];
    for (int back = 0; back < 2; back++) {
        ot_query q = OT_QUERY_INIT;
        q.newest_first = back;
        EQUAL(ot__suite_rows(s, &q, all, 300), 300);
        for (q.limit = 1; q.limit <= 400; q.limit = q.limit * 3 + 1) {
            size_t want = q.limit < 300 ? (size_t)q.limit : 300;
            if (EQUAL(ot__suite_rows(s, &q, some, 300), want)) CHECK(memcmp(all, some, want * sizeof *all) == 0);
        }
    }
    /* With newest_first the newest of the whole history, not of the newest device. */
    sample x;
    ot__suite_put(s, ot__suite_location(&x, "zoe", "phone", T0 - 100 * DAY, 1, 1));
    ot__suite_put(s, ot__suite_location(&x, "aaron", "phone", T0 + 100 * DAY, 1, 1));
    ot_query q = OT_QUERY_INIT;
    q.newest_first = true;
    q.limit = 2;
    if (EQUAL(ot__suite_rows(s, &q, some, 300), 2)) {
        EQUAL(some[0].at, T0 + 100 * DAY);
        EQUAL(some[1].at, T0 + 99 * SECOND);
    }
}

/* Reads on page by page with tokens, with something stored between pages on both sides of the place. */
static void t_pages(suite *s) {
    for (int back = 0; back < 2; back++) {
        NEED(ot__suite_fresh(s));
        NEED(fill(s));
        row all[300], got[600];
        ot_query q = OT_QUERY_INIT;
        q.newest_first = back;
        EQUAL(ot__suite_rows(s, &q, all, 300), 300);
        char token[400];
        size_t n = 0, page = 0;
        for (;; page++) {
            q.limit = 7 + page % 5;
            ot_cursor *c;
            if (!OK(ot_store_scan(s->store, &q, &c, &s->error))) return;
            ot_sink_buffer buffer = {token, sizeof token, 0};
            ot_sink sink = ot_sink_to_buffer(&buffer);
            const ot_record *r;
            size_t here = 0;
            while (ot_cursor_next(c, &r, &s->error) == OT_OK && n < 600) {
                here++;
                got[n].at = r->at;
                got[n].id = r->id;
                ot_str_copy(r->user, got[n].user, sizeof got[n].user);
                ot_str_copy(r->device, got[n].device, sizeof got[n].device);
                n++;
                buffer.len = 0;
                OK(ot_cursor_token(c, &sink));
            }
            ot_cursor_close(c);
            if (here < q.limit) break;
            CHECK(buffer.len > 0 && buffer.len < sizeof token);
            q.after = ot_str_of(token, buffer.len);
            sample x;
            ot__suite_put(s, ot__suite_location(&x, "carl", "x", T0 - (ot_time)page * SECOND, 5, 5));
            ot__suite_put(s, ot__suite_location(&x, "carl", "x", T0 + (ot_time)(page + 200) * SECOND, 5, 5));
            ot__suite_put(s, ot__suite_location(&x, "carl", "x", T0 + 50 * SECOND, (int)page, 5));
        }
        CHECK(ot__suite_ordered(got, n, back));
        size_t at = 0; /* all that was there at first is among it */
        for (size_t i = 0; i < n && at < 300; i++) {
            if (ot_id_cmp(&got[i].id, &all[at].id) == 0) at++;
        }
        EQUAL(at, 300);
    }
    /* Tokens of names with anything in them. */
    NEED(ot__suite_fresh(s));
    sample x;
    ot__suite_put(s, ot__suite_location(&x, "a.b%", "\xd0\x96.\x01 -1", T0, 1, 1));
    ot__suite_put(s, ot__suite_location(&x, "a.b%", "\xd0\x96.\x01 -1", T0 + SECOND, 1, 1));
    ot_query q = OT_QUERY_INIT;
    ot_cursor *c;
    const ot_record *r;
    char token[400];
    ot_sink_buffer buffer = {token, sizeof token, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    NEED(OK(ot_store_scan(s->store, &q, &c, &s->error)));
    STATUS(OT_EINVAL, ot_cursor_token(c, &sink));
    OK(ot_cursor_next(c, &r, &s->error));
    OK(ot_cursor_token(c, &sink));
    ot_cursor_close(c);
    for (size_t i = 0; i < buffer.len; i++)
        CHECK(token[i] > ' ' && token[i] < 127);
    q.after = ot_str_of(token, buffer.len);
    EQUAL(ot__suite_count(s, &q), 1);
    q.newest_first = true;
    EQUAL(ot__suite_count(s, &q), 0);
}

static void t_cursors(suite *s) {
    for (int back = 0; back < 2; back++) {
        NEED(ot__suite_fresh(s));
        NEED(fill(s));
        row all[300];
        ot_query q = OT_QUERY_INIT;
        q.newest_first = back;
        EQUAL(ot__suite_rows(s, &q, all, 300), 300);
        ot_cursor *c, *other;
        NEED(OK(ot_store_scan(s->store, &q, &c, &s->error)));
        const ot_record *r;
        size_t at = 0;
        ot_status status;
        ot_id last = {{0}};
        for (int n = 0; (status = ot_cursor_next(c, &r, &s->error)) == OT_OK; n++) {
            CHECK(n == 0 || ot_id_cmp(&last, &r->id) != 0);
            last = r->id;
            if (at < 300 && ot_id_cmp(&r->id, &all[at].id) == 0) at++;
            if (!CHECK(n < 900)) break;
            if (n >= 200) continue; /* not for ever ahead of the cursor */
            sample x;
            ot_id before = r->id;
            ot__suite_put(s, ot__suite_location(&x, "carl", "x", T0 - (ot_time)n * SECOND, 5, 5));
            ot__suite_put(s, ot__suite_location(&x, "carl", "x", T0 + 50 * SECOND, n, 5));
            CHECK(ot_id_cmp(&before, &r->id) ==
                  0);          /* views live until the next call on this cursor, whatever is written */
            if (n % 50 == 0) { /* what is stored is seen by whoever asks now, an open cursor or not */
                ot_query now = OT_QUERY_INIT;
                now.id = &x.r.id;
                if (OK(ot_store_scan(s->store, &now, &other, &s->error))) {
                    OK(ot_cursor_next(other, &r, &s->error));
                    ot_cursor_close(other);
                }
            }
        }
        STATUS(OT_DONE, status);
        EQUAL(at, 300);
        STATUS(OT_DONE, ot_cursor_next(c, &r, &s->error));
        ot_cursor_close(c);
    }
    /* Many at once, some left open when the store closes. */
    ot_cursor *many[20];
    ot_query q = OT_QUERY_INIT;
    const ot_record *r;
    for (size_t i = 0; i < 20; i++) {
        NEED(OK(ot_store_scan(s->store, &q, &many[i], &s->error)));
        OK(ot_cursor_next(many[i], &r, &s->error));
    }
    for (size_t i = 0; i < 10; i++)
        ot_cursor_close(many[i * 2]);
    OK(ot_cursor_next(many[1], &r, &s->error));
}

static void t_box(suite *s) {
    NEED(ot__suite_fresh(s));
    static const int at[][2] = {
        {0, 0},        {48000000, 2000000}, {-33000000, 151000000}, {10000000, 179900000}, {10000000, -179900000},
        {90000000, 0}, {-90000000, 0},      {0, 180000000},         {0, -180000000}};
    enum { N = sizeof at / sizeof at[0] };
    for (int i = 0; i < N; i++) {
        sample x;
        ot__suite_put(s, ot__suite_location(&x, "anna", i % 2 ? "a" : "b", T0 + i * SECOND, at[i][0], at[i][1]));
    }
    sample card;
    ot__suite_put(
        s, ot__suite_sample(&card, "anna", "a", OT_TYPE_CARD, T0, T0, "{\"_type\":\"card\"}")); /* without a position */
    static const struct {
        double south, west, north, east;
        size_t want;
    } boxes[] = {{-90, -180, 90, 180, N}, {47, 1, 49, 3, 1},      {48, 2, 48, 2, 1},
                 {9, 179, 11, -179, 2},   {9, -179, 11, 179, 0},  {0, 180, 0, -180, 2},
                 {-1, 179, 11, -179, 4},  {89, -180, 90, 180, 1}, {50, 0, 60, 10, 0}};
    for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++) {
        ot_query q = OT_QUERY_INIT;
        q.box = true;
        q.south = boxes[i].south;
        q.west = boxes[i].west;
        q.north = boxes[i].north;
        q.east = boxes[i].east;
        EQUAL(ot__suite_count(s, &q), boxes[i].want);
        q.newest_first = true;
        q.limit = 1;
        EQUAL(ot__suite_count(s, &q), boxes[i].want ? 1 : 0);
    }
}

static void t_last(suite *s) {
    NEED(ot__suite_fresh(s));
    ot_cursor *c;
    row rows[20];
    NEED(OK(ot_store_last(s->store, ot_str_of(NULL, 0), ot_str_of(NULL, 0), &c, &s->error)));
    EQUAL(ot__suite_drain(s, c, rows, 20), 0);
    NEED(fill(s));
    sample x, y;
    ot__suite_put(s, ot__suite_sample(&x, "nora", "silent", OT_TYPE_CARD, T0, T0,
                                      "{\"_type\":\"card\"}")); /* no location: not there */
    ot__suite_location(&x, "anna", "phone", T0 + HOUR, 1, 1);
    ot__suite_location(&y, "anna", "phone", T0 + HOUR, 2, 2);
    x.r.arrival = T0 + 3 * HOUR;
    y.r.arrival = T0 + 2 * HOUR;
    ot__suite_put(s, &x.r);
    ot__suite_put(s, &y.r);                               /* the same time, arrived earlier: not the last */
    ot__suite_put_location(s, "anna", "phone", T0 - DAY); /* late news of the past */
    ot__suite_put(s, ot__suite_sample(&y, "anna", "phone", OT_TYPE_STEPS, T0 + DAY, T0 + DAY, "{\"_type\":\"steps\"}"));
    static const struct {
        const char *user, *device;
        size_t want;
    } asked[] = {{NULL, NULL, 6},    {"anna", NULL, 2}, {"anna", "phone", 1},
                 {NULL, "phone", 3}, {"nora", NULL, 0}, {"nobody", NULL, 0}};
    for (int again = 0; again < 2; again++) {
        for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
            if (!OK(ot_store_last(s->store, ot_str_c(asked[i].user), ot_str_c(asked[i].device), &c, &s->error)))
                continue;
            size_t n = ot__suite_drain(s, c, rows, 20);
            EQUAL(n, asked[i].want);
            for (size_t k = 0; k < n; k++) {
                EQUAL(rows[k].type, OT_TYPE_LOCATION);
                if (k) {
                    int order = strcmp(rows[k - 1].user, rows[k].user);
                    CHECK(order < 0 || (order == 0 && strcmp(rows[k - 1].device, rows[k].device) < 0));
                }
                if (strcmp(rows[k].user, "anna") == 0 && strcmp(rows[k].device, "phone") == 0)
                    CHECK(ot_id_cmp(&rows[k].id, &x.r.id) == 0);
            }
        }
        if (!again && !ot__suite_again(s)) break;
    }
}

/* A record comes back as it was put. */
static void t_fields(suite *s) {
    NEED(ot__suite_fresh(s));
    sample x;
    ot__suite_location(&x, "anna", "phone", T0, 48123456, -2000001);
    x.r.topic = OT_STR("owntracks/anna/phone/event");
    x.r.sub = OT_SUBTOPIC_EVENT;
    x.r.origin = OT_ORIGIN_HTTP;
    x.r.qos = 2;
    x.r.index = 7;
    x.r.marks = OT_MARK_COERCED | OT_MARK_RETAINED | OT_MARK_HTTP;
    x.r.id = ot_id_of_record(x.r.user, x.r.device, x.r.payload, 7);
    ot__suite_put(s, &x.r);
    for (int again = 0; again < 2; again++) {
        ot_query q = OT_QUERY_INIT;
        ot_cursor *c;
        const ot_record *r;
        NEED(OK(ot_store_scan(s->store, &q, &c, &s->error)));
        const ot_message *m;
        STATUS(OT_EINVAL, ot_cursor_message(c, &m, &s->error));
        if (OK(ot_cursor_next(c, &r, &s->error))) {
            EQUAL(r->size, sizeof *r);
            CHECK(ot_id_cmp(&r->id, &x.r.id) == 0);
            EQUAL(r->type, OT_TYPE_LOCATION);
            EQUAL(r->origin, OT_ORIGIN_HTTP);
            CHECK(ot_str_eq(r->user, x.r.user) && ot_str_eq(r->device, x.r.device) && ot_str_eq(r->topic, x.r.topic));
            EQUAL(r->sub, OT_SUBTOPIC_EVENT);
            EQUAL(r->qos, 2);
            CHECK(ot_str_eq(r->payload, x.r.payload));
            EQUAL(r->index, 7);
            EQUAL(r->marks, x.r.marks);
            EQUAL(r->at, T0);
            EQUAL(r->arrival, T0 + SECOND);
            CHECK(r->has_position && r->lat == 48.123456 && r->lon == -2.000001);
            CHECK(r->reject == NULL);
            EQUAL(r->change, OT_CHANGE_STORED);
            EQUAL(r->repeats, 0);
            EQUAL(r->last_arrival, T0 + SECOND);
            CHECK(r->seq > 0);
            if (OK(ot_cursor_message(c, &m, &s->error))) {
                EQUAL(ot_message_type(m), OT_TYPE_LOCATION);
                const ot_location *l = ot_message_location(m);
                CHECK(l && l->lat == 48.123456);
            }
        }
        STATUS(OT_DONE, ot_cursor_next(c, &r, &s->error));
        STATUS(OT_EINVAL, ot_cursor_message(c, &m, &s->error));
        ot_cursor_close(c);
        if (!again && !ot__suite_again(s)) break;
    }
}

const store_test ot__suite_read[] = {{"order", t_order}, {"bounds", t_bounds}, {"limit", t_limit},
                                     {"pages", t_pages}, {"box", t_box},       {"cursors", t_cursors},
                                     {"last", t_last},   {"fields", t_fields}, {NULL, NULL}};
