/* store_identity.c: store suite: what is a repeat, for every type and in every order. */
#include "suite.h"

#include <stdio.h>

#define U "anna", "phone"

static const ot_type by_id[] = {OT_TYPE_LOCATION, OT_TYPE_TRANSITION, OT_TYPE_BEACON, OT_TYPE_STEPS, OT_TYPE_ENCRYPTED};
static const ot_type by_newest[] = {OT_TYPE_WAYPOINT,      OT_TYPE_WAYPOINTS, OT_TYPE_CARD,   OT_TYPE_CMD,
                                    OT_TYPE_CONFIGURATION, OT_TYPE_DUMP,      OT_TYPE_STATUS, OT_TYPE_REQUEST,
                                    OT_TYPE_UNKNOWN,       OT_TYPE_EMPTY};

static void t_id(suite *s) {
    NEED(ot__suite_fresh(s));
    for (size_t i = 0; i < sizeof by_id / sizeof by_id[0]; i++) {
        sample x, y;
        char a[60], b[60];
        snprintf(a, sizeof a, "{\"_type\":\"%s\",\"n\":1}", ot_type_text(by_id[i]));
        snprintf(b, sizeof b, "{\"_type\":\"%s\",\"n\":2}", ot_type_text(by_id[i]));
        ot__suite_sample(&x, U, by_id[i], T0, T0 + 5, a);
        ot__suite_sample(&y, U, by_id[i], T0, T0 + 6, b);
        EQUAL(ot__suite_put(s, &x.r), OT_PUT_STORED);
        EQUAL(ot__suite_put(s, &y.r), OT_PUT_STORED);
        x.r.arrival = T0 + 70;
        EQUAL(ot__suite_put(s, &x.r), OT_PUT_REPEAT); /* though another is newer */
        x.r.arrival = T0 + 60;                        /* a repeat that comes late does not move the last arrival back */
        EQUAL(ot__suite_put(s, &x.r), OT_PUT_REPEAT);

        ot_query q = OT_QUERY_INIT;
        q.types = OT_TYPE_BIT(by_id[i]);
        q.id = &x.r.id;
        ot_cursor *cursor;
        const ot_record *r;
        if (!OK(ot_store_scan(s->store, &q, &cursor, &s->error))) continue;
        if (OK(ot_cursor_next(cursor, &r, &s->error))) {
            EQUAL(r->repeats, 2);
            EQUAL(r->arrival, T0 + 5);
            EQUAL(r->last_arrival, T0 + 70);
        }
        ot_cursor_close(cursor);
    }
    /* The same payload of another device is another record. */
    sample z;
    EQUAL(ot__suite_put(
              s, ot__suite_sample(&z, "anna", "tablet", OT_TYPE_LOCATION, T0, T0, "{\"_type\":\"location\",\"n\":1}")),
          OT_PUT_STORED);
}

/* The same payload with another `at`: it came early, or without a time. */
static void t_untimed(suite *s) {
    NEED(ot__suite_fresh(s));
    for (size_t i = 0; i < sizeof by_id / sizeof by_id[0]; i++) {
        sample x;
        char a[60];
        snprintf(a, sizeof a, "{\"_type\":\"%s\",\"n\":3}", ot_type_text(by_id[i]));
        ot__suite_sample(&x, U, by_id[i], T0, T0, a);
        if (by_id[i] != OT_TYPE_ENCRYPTED) x.r.marks = OT_MARK_UNTIMED;
        EQUAL(ot__suite_put(s, &x.r), OT_PUT_STORED);
        x.r.at = x.r.arrival = T0 + HOUR;
        EQUAL(ot__suite_put(s, &x.r), OT_PUT_REPEAT);
        x.r.at = x.r.arrival = T0 - HOUR;
        EQUAL(ot__suite_put(s, &x.r), OT_PUT_REPEAT);
    }
    /* Ahead of its time first, in its time afterwards; and the other way round. */
    sample x;
    ot__suite_location(&x, U, T0 + 5 * HOUR, 1000000, 1000000);
    x.r.at = x.r.arrival = T0;
    x.r.marks = OT_MARK_FUTURE;
    EQUAL(ot__suite_put(s, &x.r), OT_PUT_STORED);
    x.r.at = T0 + 5 * HOUR;
    x.r.arrival = T0 + 6 * HOUR;
    x.r.marks = 0;
    EQUAL(ot__suite_put(s, &x.r), OT_PUT_REPEAT);

    ot__suite_location(&x, U, T0 + 5 * HOUR, 2000000, 1000000);
    EQUAL(ot__suite_put(s, &x.r), OT_PUT_STORED);
    x.r.at = x.r.arrival = T0;
    x.r.marks = OT_MARK_FUTURE;
    EQUAL(ot__suite_put(s, &x.r), OT_PUT_REPEAT);
    ot_query q = OT_QUERY_INIT;
    EQUAL(ot__suite_count(s, &q), sizeof by_id / sizeof by_id[0] + 2);

    /* Both in one call. */
    sample y;
    ot__suite_location(&x, U, T0 + 9 * HOUR, 3000000, 1000000);
    ot__suite_location(&y, U, T0 + 9 * HOUR, 3000000, 1000000);
    y.r.at = y.r.arrival = T0 + 1;
    y.r.marks = OT_MARK_FUTURE;
    const ot_record both[2] = {x.r, y.r};
    OK(ot_store_put(s->store, both, 2, NULL, 0, NULL, &s->error));
    EQUAL(ot__suite_count(s, &q), sizeof by_id / sizeof by_id[0] + 3);
}

static void t_newest(suite *s) {
    NEED(ot__suite_fresh(s));
    for (size_t i = 0; i < sizeof by_newest / sizeof by_newest[0]; i++) {
        ot_type type = by_newest[i];
        sample a, b;
        ot__suite_sample(&a, U, type, T0, T0, type == OT_TYPE_EMPTY ? "" : "{\"_type\":\"x\",\"n\":1}");
        ot__suite_sample(&b, U, type, T0, T0, "{\"_type\":\"x\",\"n\":2}");
        EQUAL(ot__suite_put(s, &a.r), OT_PUT_STORED);
        a.r.at = a.r.arrival = T0 + 10;
        EQUAL(ot__suite_put(s, &a.r), OT_PUT_REPEAT);
        b.r.at = b.r.arrival = T0 + 20;
        EQUAL(ot__suite_put(s, &b.r), OT_PUT_STORED);
        a.r.at = a.r.arrival = T0 + 30; /* the state came back: a new record */
        EQUAL(ot__suite_put(s, &a.r), OT_PUT_STORED);
        a.r.at = a.r.arrival = T0 + 40;
        EQUAL(ot__suite_put(s, &a.r), OT_PUT_REPEAT);
        b.r.at = b.r.arrival = T0 + 20; /* a replay of what was */
        EQUAL(ot__suite_put(s, &b.r), OT_PUT_REPEAT);
        a.r.at = a.r.arrival = T0;
        EQUAL(ot__suite_put(s, &a.r), OT_PUT_REPEAT);
        row rows[4];
        ot_query q = OT_QUERY_INIT;
        q.types = OT_TYPE_BIT(type);
        if (EQUAL(ot__suite_rows(s, &q, rows, 4), 3)) {
            EQUAL(rows[0].at, T0);
            EQUAL(rows[1].at, T0 + 20);
            EQUAL(rows[2].at, T0 + 30);
            EQUAL(rows[2].repeats, 2);
        }
    }
}

static void t_lwt(suite *s) {
    NEED(ot__suite_fresh(s));
    sample will, loc, x;
    ot__suite_sample(&will, U, OT_TYPE_LWT, T0, T0, "{\"_type\":\"lwt\",\"tst\":1699990000}");
    EQUAL(ot__suite_put(s, &will.r), OT_PUT_STORED);
    will.r.at = will.r.arrival = T0 + 10;
    EQUAL(ot__suite_put(s, &will.r), OT_PUT_REPEAT);
    ot__suite_sample(&x, U, OT_TYPE_LWT, T0 + 20, T0 + 20, "{\"_type\":\"lwt\",\"tst\":1699999999}");
    EQUAL(ot__suite_put(s, &x.r), OT_PUT_REPEAT); /* nothing was heard: it is the same silence */

    ot__suite_location(&loc, U, T0 + 30 * SECOND, 1, 1);
    loc.r.marks = OT_MARK_RETAINED; /* not the phone speaking */
    EQUAL(ot__suite_put(s, &loc.r), OT_PUT_STORED);
    x.r.at = x.r.arrival = T0 + 40 * SECOND;
    EQUAL(ot__suite_put(s, &x.r), OT_PUT_REPEAT);

    ot__suite_location(&loc, U, T0 + 50 * SECOND, 1, 1);
    EQUAL(ot__suite_put(s, &loc.r), OT_PUT_STORED);
    will.r.at = will.r.arrival = T0 + 60 * SECOND; /* the same bytes, another event */
    EQUAL(ot__suite_put(s, &will.r), OT_PUT_STORED);
    will.r.at = will.r.arrival = T0; /* a replay */
    EQUAL(ot__suite_put(s, &will.r), OT_PUT_REPEAT);

    /* A repeat of a location is heard as well. */
    loc.r.arrival = T0 + 70 * SECOND;
    EQUAL(ot__suite_put(s, &loc.r), OT_PUT_REPEAT);
    will.r.at = will.r.arrival = T0 + 80 * SECOND;
    EQUAL(ot__suite_put(s, &will.r), OT_PUT_STORED);
    ot_query q = OT_QUERY_INIT;
    q.types = OT_TYPE_BIT(OT_TYPE_LWT);
    EQUAL(ot__suite_count(s, &q), 3);
}

static void t_batch(suite *s) {
    NEED(ot__suite_fresh(s));
    /* Devices and times not in order, repeats of one another inside, a reject between. */
    enum { N = 60 };
    sample *x = ot_mem_zalloc(N, sizeof *x);
    ot_record *r = ot_mem_zalloc(N, sizeof *r);
    ot_put_result results[N];
    if (CHECK(x && r)) {
        for (int i = 0; i < N; i++) {
            char device[8];
            snprintf(device, sizeof device, "d%d", i % 7);
            if (i % 20 == 19) {
                ot__suite_reject(&x[i], "bad", "{", T0 + i);
            } else if (i % 10 == 3) {
                ot__suite_sample(&x[i], "anna", "d1", OT_TYPE_CARD, T0 + i, T0 + i,
                                 i % 20 == 3 ? "{\"_type\":\"card\",\"n\":1}" : "{\"_type\":\"card\",\"n\":2}");
            } else if (i >= 30 && i % 10 == 5) {
                x[i] = x[i - 30]; /* comes again */
                x[i].r.user = ot_str_c(x[i].user), x[i].r.device = ot_str_c(x[i].device);
                x[i].r.topic = ot_str_c(x[i].topic), x[i].r.payload = ot_str_c(x[i].payload);
            } else {
                ot__suite_location(&x[i], "anna", device, T0 + (ot_time)(i * 37 % 50) * SECOND, i, i);
            }
            r[i] = x[i].r;
        }
        OK(ot_store_put(s->store, r, N, NULL, 0, results, &s->error));
        size_t stored = 0;
        for (int i = 0; i < N; i++) {
            ot_put_result want = i % 20 == 19 ? OT_PUT_REFUSED : i >= 30 && i % 10 == 5 ? OT_PUT_REPEAT : OT_PUT_STORED;
            EQUAL(results[i], want);
            stored += want == OT_PUT_STORED;
        }
        ot_query q = OT_QUERY_INIT;
        EQUAL(ot__suite_count(s, &q), stored);
        /* Changes come in the order of the call. */
        ot_cursor *c;
        ot_status status = ot_store_changes(s->store, 0, 0, &c, &s->error);
        if (status != OT_EUNSUPPORTED && OK(status)) {
            int i = 0;
            uint64_t before = 0;
            const ot_record *got;
            while (ot_cursor_next(c, &got, &s->error) == OT_OK) {
                while (i < N && (results[i] == OT_PUT_REPEAT || (results[i] == OT_PUT_REFUSED && i > 19)))
                    i++;
                if (!CHECK(i < N)) break;
                CHECK(ot_id_cmp(&got->id, &r[i].id) == 0);
                CHECK(got->seq > before);
                before = got->seq;
                i++;
            }
            ot_cursor_close(c);
        }
        /* All of it once more. (A card that is not the newest stands at its own time.) */
        OK(ot_store_put(s->store, r, N, NULL, 0, results, &s->error));
        for (int i = 0; i < N; i++)
            EQUAL(results[i], i % 20 == 19 ? OT_PUT_REFUSED : OT_PUT_REPEAT);
        EQUAL(ot__suite_count(s, &q), stored);
    }
    ot_mem_free(x, N * sizeof *x);
    ot_mem_free(r, N * sizeof *r);
}

/* What was known before counts after opening again, and in another handle. */
static void t_again(suite *s) {
    NEED(ot__suite_fresh(s));
    if (!s->factory->again) return;
    sample card, loc, will;
    ot__suite_sample(&card, U, OT_TYPE_CARD, T0, T0, "{\"_type\":\"card\",\"n\":1}");
    ot__suite_location(&loc, U, T0, 1, 1);
    ot__suite_sample(&will, U, OT_TYPE_LWT, T0 + HOUR, T0 + HOUR, "{\"_type\":\"lwt\"}");
    EQUAL(ot__suite_put(s, &card.r), OT_PUT_STORED);
    EQUAL(ot__suite_put(s, &loc.r), OT_PUT_STORED);
    EQUAL(ot__suite_put(s, &will.r), OT_PUT_STORED);
    NEED(ot__suite_again(s));
    card.r.at = card.r.arrival = T0 + 1;
    EQUAL(ot__suite_put(s, &card.r), OT_PUT_REPEAT);
    EQUAL(ot__suite_put(s, &loc.r), OT_PUT_REPEAT);
    will.r.at = will.r.arrival = T0 + 2 * HOUR;
    EQUAL(ot__suite_put(s, &will.r), OT_PUT_REPEAT);

    ot_store *first = s->store, *second = NULL;
    NEED(OK(s->factory->again(s->factory->ctx, &s->config, &second, &s->error)));
    s->store = second;
    card.r.payload = OT_STR("{\"_type\":\"card\",\"n\":2}");
    card.r.id = ot_id_of_record(card.r.user, card.r.device, card.r.payload, 0);
    card.r.at = card.r.arrival = T0 + 10;
    EQUAL(ot__suite_put(s, &card.r), OT_PUT_STORED);
    sample late;
    EQUAL(ot__suite_put(s, ot__suite_location(&late, U, T0 + 3 * HOUR, 2, 2)), OT_PUT_STORED);
    s->store = first; /* the first handle must see what the second wrote */
    card.r.at = card.r.arrival = T0 + 20;
    EQUAL(ot__suite_put(s, &card.r), OT_PUT_REPEAT);
    EQUAL(ot__suite_put(s, &late.r), OT_PUT_REPEAT);
    will.r.at = will.r.arrival = T0 + 4 * HOUR;
    EQUAL(ot__suite_put(s, &will.r), OT_PUT_STORED); /* heard through the other handle */
    ot_store_close(second);
}

const store_test ot__suite_identity[] = {{"identity-id", t_id},
                                         {"identity-untimed", t_untimed},
                                         {"identity-newest", t_newest},
                                         {"identity-lwt", t_lwt},
                                         {"identity-batch", t_batch},
                                         {"identity-again", t_again},
                                         {NULL, NULL}};
