/* store_write.c: store suite: changes, key and value, rejects, removal, retention, devices, numbers. */
#include "suite.h"

#include <stdio.h>

static size_t changes(suite *s, uint64_t position, uint64_t limit, ot_change *kinds, row *rows, size_t max) {
    ot_cursor *c;
    if (!OK(ot_store_changes(s->store, position, limit, &c, &s->error))) return SIZE_MAX;
    size_t n = 0;
    const ot_record *r;
    ot_status status;
    uint64_t before = position;
    while ((status = ot_cursor_next(c, &r, &s->error)) == OT_OK) {
        CHECK(r->seq > before);
        before = r->seq;
        CHECK((r->change == OT_CHANGE_REJECTED) == (r->reject != NULL));
        if (r->change == OT_CHANGE_REMOVED) CHECK(r->payload.ptr == NULL && r->user.len && r->device.len);
        if (n < max) {
            kinds[n] = r->change;
            rows[n].seq = r->seq;
            rows[n].id = r->id;
            rows[n].at = r->at;
            rows[n].type = r->type;
        }
        n++;
    }
    STATUS(OT_DONE, status);
    ot_cursor_close(c);
    return n;
}

static bool lacks(suite *s, ot_status status) {
    return status == OT_EUNSUPPORTED && s->failures == 0;
}

static void t_changes(suite *s) {
    NEED(ot__suite_fresh(s));
    uint64_t head = 99;
    ot_status status = ot_store_head(s->store, &head, &s->error);
    if (lacks(s, status)) return;
    OK(status);
    EQUAL(head, 0);
    ot_change kinds[40];
    row rows[40];
    EQUAL(changes(s, 0, 0, kinds, rows, 40), 0);
    sample a, b, c;
    ot__suite_location(&a, "anna", "phone", T0 + HOUR, 1, 1);
    ot__suite_location(&b, "bert", "phone", T0, 1, 1); /* earlier, but stored later */
    ot__suite_reject(&c, "x", "{", T0);
    const ot_record three[3] = {a.r, b.r, c.r};
    OK(ot_store_put(s->store, three, 3, NULL, 0, NULL, &s->error));
    ot__suite_put(s, &a.r); /* repeats are no change */
    ot__suite_put(s, &c.r);
    if (EQUAL(changes(s, 0, 0, kinds, rows, 40), 3)) {
        CHECK(kinds[0] == OT_CHANGE_STORED && kinds[1] == OT_CHANGE_STORED && kinds[2] == OT_CHANGE_REJECTED);
        CHECK(ot_id_cmp(&rows[0].id, &a.r.id) == 0 && ot_id_cmp(&rows[1].id, &b.r.id) == 0 &&
              ot_id_cmp(&rows[2].id, &c.r.id) == 0);
        OK(ot_store_head(s->store, &head, &s->error));
        EQUAL(head, rows[2].seq);
        EQUAL(changes(s, rows[0].seq, 0, kinds, rows + 10, 30), 2);
        EQUAL(changes(s, head, 0, kinds, rows + 10, 30), 0);
        EQUAL(changes(s, head + 100, 0, kinds, rows + 10, 30), 0);
        EQUAL(changes(s, UINT64_MAX, 0, kinds, rows + 10, 30), 0);
        EQUAL(changes(s, 0, 2, kinds, rows + 10, 30), 2);
    }
    uint64_t gone = 0;
    ot_query q = OT_QUERY_INIT;
    q.id = &a.r.id;
    status = ot_store_remove(s->store, &q, &gone, &s->error);
    if (status != OT_EUNSUPPORTED && OK(status)) {
        EQUAL(gone, 1);
        if (EQUAL(changes(s, 0, 0, kinds, rows, 40), 3)) {
            CHECK(kinds[0] == OT_CHANGE_STORED && kinds[1] == OT_CHANGE_REJECTED && kinds[2] == OT_CHANGE_REMOVED);
            CHECK(ot_id_cmp(&rows[2].id, &a.r.id) == 0);
            EQUAL(rows[2].at, a.r.at);
            EQUAL(rows[2].type, OT_TYPE_LOCATION);
            CHECK(rows[2].seq > head);
        }
    }
    OK(ot_store_head(s->store, &head, &s->error));
    for (int i = 0; i < 30; i++) {
        sample x;
        ot__suite_put(s, ot__suite_location(&x, "carl", "x", T0 - i * HOUR, i, 1));
        if (i == 15 && !ot__suite_again(s)) continue; /* positions hold */
    }
    EQUAL(changes(s, head, 0, kinds, rows, 40), 30);
    for (size_t i = 0; i < 30; i++)
        EQUAL(rows[i].at, T0 - (ot_time)i * HOUR);
    size_t seen = 0; /* reading on in small steps skips nothing */
    for (uint64_t position = head;; seen++) {
        if (changes(s, position, 1, kinds, rows, 1) != 1) break;
        position = rows[0].seq;
    }
    EQUAL(seen, 30);

    /* What is stored after the cursor was opened belongs to the next one or to this one, never to neither. */
    ot_cursor *cursor;
    const ot_record *r;
    NEED(OK(ot_store_changes(s->store, head, 0, &cursor, &s->error)));
    uint64_t position = head;
    for (int i = 0; ot_cursor_next(cursor, &r, &s->error) == OT_OK; i++) {
        position = r->seq;
        sample x;
        if (i < 10) ot__suite_put(s, ot__suite_location(&x, "dora", "x", T0 + i * HOUR, i, 1));
        seen++;
    }
    ot_cursor_close(cursor);
    seen += changes(s, position, 0, kinds, rows, 40);
    EQUAL(seen, 30 + 40);
}

typedef struct keys {
    char text[2000];
    size_t n;
    ot_status stop;
} keys;
static ot_status collect(void *ctx, ot_str key, ot_str value, uint64_t version) {
    keys *k = ctx;
    size_t at = strlen(k->text);
    if (k->n++ < 20) {
        snprintf(k->text + at, sizeof k->text - at, "%.*s=%.*s%s ", (int)key.len, key.ptr, (int)value.len, value.ptr,
                 version ? "" : "!");
    }
    return k->stop;
}
static bool scanned(suite *s, const char *prefix, const char *after, const char *want) {
    keys k;
    memset(&k, 0, sizeof k);
    OK(ot_kv_scan(s->store, ot_str_c(prefix), ot_str_c(after), collect, &k, &s->error));
    return strcmp(k.text, want) == 0;
}
static bool stands(suite *s, const char *key, const char *want, uint64_t *version) {
    char text[200];
    ot_sink_buffer buffer = {text, sizeof text, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    ot_status status = ot_kv_get(s->store, ot_str_c(key), &sink, version, &s->error);
    if (!want) return status == OT_ENOTFOUND;
    return status == OT_OK && ot_str_eq(ot_str_of(text, buffer.len), ot_str_c(want));
}
#define K(text) OT_STR(text)

static void t_kv(suite *s) {
    NEED(ot__suite_fresh(s));
    uint64_t v1 = 0, v2 = 0, v3 = 0;
    ot_status status = ot_kv_put(s->store, K("a"), K("{\"n\":1}"), OT_KV_NEW, &v1, &s->error);
    if (lacks(s, status)) {
        STATUS(OT_EUNSUPPORTED, ot_kv_get(s->store, K("a"), NULL, NULL, &s->error));
        return;
    }
    OK(status);
    CHECK(v1 > 0);
    CHECK(stands(s, "a", "{\"n\":1}", &v2));
    EQUAL(v2, v1);
    OK(ot_kv_get(s->store, K("a"), NULL, &v2, &s->error));
    CHECK(stands(s, "b", NULL, NULL));
    STATUS(OT_ECONFLICT, ot_kv_put(s->store, K("a"), K("2"), OT_KV_NEW, NULL, &s->error));
    OK(ot_kv_put(s->store, K("a"), K("2"), v1, &v2, &s->error));
    CHECK(v2 > v1);
    STATUS(OT_ECONFLICT, ot_kv_put(s->store, K("a"), K("3"), v1, NULL, &s->error));
    OK(ot_kv_put(s->store, K("a"), K("3"), OT_KV_ANY, &v3, &s->error));
    CHECK(v3 > v2);
    STATUS(OT_ECONFLICT, ot_kv_delete(s->store, K("a"), v2, &s->error));
    CHECK(stands(s, "a", "3", NULL));
    OK(ot_kv_delete(s->store, K("a"), v3, &s->error));
    STATUS(OT_ENOTFOUND, ot_kv_delete(s->store, K("a"), OT_KV_ANY, &s->error));
    CHECK(stands(s, "a", NULL, NULL));
    OK(ot_kv_put(s->store, K("a"), K("4"), OT_KV_NEW, &v1, &s->error));
    CHECK(v1 > v3); /* a version never comes back */

    static const char *const names[] = {"p/1", "p/2", "o", "p/", "p0", "q", "P/1", "p/\xd0\x96", "p/%", "p/_"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        OK(ot_kv_put(s->store, ot_str_c(names[i]), K("0"), OT_KV_NEW, NULL, &s->error));
    CHECK(scanned(s, "p/", NULL, "p/=0 p/%=0 p/1=0 p/2=0 p/_=0 p/\xd0\x96=0 "));
    CHECK(scanned(s, "p/", "p/1", "p/2=0 p/_=0 p/\xd0\x96=0 "));
    CHECK(scanned(s, "p/", "p/10", "p/2=0 p/_=0 p/\xd0\x96=0 "));
    CHECK(scanned(s, "p/", "a", "p/=0 p/%=0 p/1=0 p/2=0 p/_=0 p/\xd0\x96=0 "));
    CHECK(scanned(s, "p/", "z", ""));
    CHECK(scanned(s, "q", "q", ""));
    CHECK(scanned(s, "zz", NULL, ""));
    CHECK(scanned(s, NULL, "p0", "q=0 "));
    CHECK(scanned(s, "P", NULL, "P/1=0 "));
    keys k;
    memset(&k, 0, sizeof k);
    k.stop = OT_ELIMIT;
    STATUS(OT_ELIMIT, ot_kv_scan(s->store, K("p/"), ot_str_of(NULL, 0), collect, &k, &s->error));
    EQUAL(k.n, 1);
    if (ot__suite_again(s)) {
        CHECK(stands(s, "a", "4", &v2));
        EQUAL(v2, v1);
        OK(ot_kv_put(s->store, K("a"), K("5"), v1, NULL, &s->error));
    }
}

static void t_kv_joined(suite *s) {
    NEED(ot__suite_fresh(s));
    sample x;
    ot__suite_location(&x, "anna", "phone", T0, 1, 1);
    ot_kv_op ops[3] = {{K("one"), K("1"), OT_KV_NEW}, {K("two"), K("2"), OT_KV_ANY}, {K("gone"), {NULL, 0}, OT_KV_ANY}};
    ot_status status = ot_store_put(s->store, &x.r, 1, ops, 3, NULL, &s->error);
    if (lacks(s, status)) return;
    OK(status);
    uint64_t version = 0;
    CHECK(stands(s, "one", "1", &version) && stands(s, "two", "2", NULL));
    /* The second op fails: nothing of the call is there. */
    sample y;
    ot__suite_location(&y, "bert", "phone", T0, 1, 1);
    ot_kv_op bad[2] = {{K("three"), K("3"), OT_KV_NEW}, {K("one"), K("9"), version + 1}};
    STATUS(OT_ECONFLICT, ot_store_put(s->store, &y.r, 1, bad, 2, NULL, &s->error));
    CHECK(stands(s, "three", NULL, NULL) && stands(s, "one", "1", NULL));
    ot_query q = OT_QUERY_INIT;
    EQUAL(ot__suite_count(s, &q), 1);
    bad[1].expected = version;
    bad[1].value = ot_str_of(NULL, 0);
    OK(ot_store_put(s->store, &y.r, 1, bad, 2, NULL, &s->error));
    CHECK(stands(s, "three", "3", NULL) && stands(s, "one", NULL, NULL));
    EQUAL(ot__suite_count(s, &q), 2);
    /* Ops see the ops before them, and stand alone too. */
    ot_kv_op twice[2] = {{K("four"), K("4"), OT_KV_NEW}, {K("four"), K("5"), OT_KV_NEW}};
    STATUS(OT_ECONFLICT, ot_store_put(s->store, NULL, 0, twice, 2, NULL, &s->error));
    CHECK(stands(s, "four", NULL, NULL));
    twice[1].expected = OT_KV_ANY;
    OK(ot_store_put(s->store, NULL, 0, twice, 2, NULL, &s->error));
    CHECK(stands(s, "four", "5", NULL));
    if (ot__suite_again(s)) CHECK(stands(s, "four", "5", NULL) && stands(s, "one", NULL, NULL));
}

static void t_kv_bad(suite *s) {
    NEED(ot__suite_fresh(s));
    if (lacks(s, ot_kv_put(s->store, K("a"), K("1"), OT_KV_ANY, NULL, &s->error))) return;
    char longest[1025];
    memset(longest, 'k', sizeof longest);
    OK(ot_kv_put(s->store, ot_str_of(longest, 1024), K("1"), OT_KV_ANY, NULL, &s->error));
    STATUS(OT_EINVAL, ot_kv_put(s->store, ot_str_of(longest, 1025), K("1"), OT_KV_ANY, NULL, &s->error));
    STATUS(OT_EINVAL, ot_kv_put(s->store, K(""), K("1"), OT_KV_ANY, NULL, &s->error));
    STATUS(OT_EINVAL, ot_kv_put(s->store, ot_str_of(NULL, 0), K("1"), OT_KV_ANY, NULL, &s->error));
    STATUS(OT_EINVAL, ot_kv_put(s->store, K("a\0b"), K("1"), OT_KV_ANY, NULL, &s->error));
    STATUS(OT_EINVAL, ot_kv_put(s->store, K("\xff"), K("1"), OT_KV_ANY, NULL, &s->error));
    STATUS(OT_EINVAL, ot_kv_get(s->store, K("\xff"), NULL, NULL, &s->error));
    STATUS(OT_ESYNTAX, ot_kv_put(s->store, K("b"), K("{"), OT_KV_ANY, NULL, &s->error));
    STATUS(OT_ESYNTAX, ot_kv_put(s->store, K("b"), K(""), OT_KV_ANY, NULL, &s->error));
    STATUS(OT_EINVAL, ot_kv_put(s->store, K("b"), ot_str_of(NULL, 0), OT_KV_ANY, NULL, &s->error));
    CHECK(stands(s, "b", NULL, NULL));
    OK(ot_kv_put(s->store, K("'; drop table kv; --"), K("\"\\u0000\""), OT_KV_ANY, NULL, &s->error));
    CHECK(stands(s, "'; drop table kv; --", "\"\\u0000\"", NULL));
    size_t most = (size_t)16 << 20;
    char *big = ot_mem_alloc(most + 1);
    if (CHECK(big)) {
        memset(big, ' ', most + 1);
        big[0] = '1';
        OK(ot_kv_put(s->store, K("big"), ot_str_of(big, most), OT_KV_ANY, NULL, &s->error));
        STATUS(OT_ELIMIT, ot_kv_put(s->store, K("big"), ot_str_of(big, most + 1), OT_KV_ANY, NULL, &s->error));
        ot_sink_buffer buffer = {NULL, 0, 0};
        ot_sink sink = ot_sink_to_buffer(&buffer);
        OK(ot_kv_get(s->store, K("big"), &sink, NULL, &s->error));
        EQUAL(buffer.len, most);
        ot_mem_free(big, most + 1);
    }
}

/* Removal, and that what was removed does not come back. */
static void t_remove(suite *s) {
    NEED(ot__suite_fresh(s));
    sample x[20];
    for (int i = 0; i < 20; i++)
        ot__suite_put(s, ot__suite_location(&x[i], "anna", i % 2 ? "phone" : "tablet", T0 + i * HOUR, i, i));
    uint64_t gone = 77;
    ot_query q = OT_QUERY_INIT;
    q.id = &x[3].r.id;
    ot_status status = ot_store_remove(s->store, &q, &gone, &s->error);
    if (lacks(s, status)) return;
    OK(status);
    EQUAL(gone, 1);
    OK(ot_store_remove(s->store, &q, &gone, &s->error));
    EQUAL(gone, 0);
    EQUAL(ot__suite_put(s, &x[3].r), OT_PUT_REPEAT);
    x[3].r.marks = OT_MARK_RETAINED;
    EQUAL(ot__suite_put(s, &x[3].r), OT_PUT_REPEAT);
    EQUAL(ot__suite_count(s, &q), 0);

    const ot_query fresh = OT_QUERY_INIT;
    q = fresh; /* a range of one device */
    q.user = OT_STR("anna");
    q.device = OT_STR("tablet");
    q.from = T0 + 4 * HOUR;
    q.to = T0 + 8 * HOUR;
    OK(ot_store_remove(s->store, &q, &gone, &s->error));
    EQUAL(gone, 3);
    q = fresh; /* order and limit count: the newest two */
    q.newest_first = true;
    q.limit = 2;
    OK(ot_store_remove(s->store, &q, &gone, &s->error));
    EQUAL(gone, 2);
    EQUAL(ot__suite_count(s, &fresh), 14);
    ot_cursor *c;
    row rows[20];
    if (OK(ot_store_last(s->store, ot_str_of(NULL, 0), ot_str_of(NULL, 0), &c, &s->error))) {
        if (EQUAL(ot__suite_drain(s, c, rows, 20), 2)) {
            EQUAL(rows[0].at, T0 + 17 * HOUR);
            EQUAL(rows[1].at, T0 + 16 * HOUR);
        }
    }
    if (ot__suite_again(s)) EQUAL(ot__suite_put(s, &x[19].r), OT_PUT_REPEAT);
    q = fresh; /* nothing matches */
    q.types = OT_TYPE_BIT(OT_TYPE_CARD);
    OK(ot_store_remove(s->store, &q, &gone, &s->error));
    EQUAL(gone, 0);
    OK(ot_store_remove(s->store, &fresh, &gone, &s->error));
    EQUAL(gone, 14);
    EQUAL(ot__suite_count(s, &fresh), 0);
    for (int i = 0; i < 20; i++)
        EQUAL(ot__suite_put(s, &x[i].r), OT_PUT_REPEAT);

    /* After the time for which ids are remembered it is news again. */
    s->now += 31 * DAY;
    EQUAL(ot__suite_put(s, &x[5].r), OT_PUT_STORED);
    s->now -= 31 * DAY;
}

static void t_remove_state(suite *s) {
    NEED(ot__suite_fresh(s));
    sample a, b;
    ot__suite_sample(&a, "anna", "phone", OT_TYPE_CARD, T0, T0, "{\"_type\":\"card\",\"n\":1}");
    ot__suite_sample(&b, "anna", "phone", OT_TYPE_CARD, T0 + 10, T0 + 10, "{\"_type\":\"card\",\"n\":2}");
    ot__suite_put(s, &a.r);
    ot__suite_put(s, &b.r);
    ot_query q = OT_QUERY_INIT;
    uint64_t gone;
    q.id = &a.r.id;
    ot_status status = ot_store_remove(s->store, &q, &gone, &s->error);
    if (lacks(s, status)) return;
    OK(status);
    EQUAL(ot__suite_put(s, &a.r), OT_PUT_REPEAT); /* a replay */
    a.r.at = a.r.arrival = T0 + 20;
    a.r.marks = OT_MARK_RETAINED;
    EQUAL(ot__suite_put(s, &a.r), OT_PUT_REPEAT);
    a.r.marks = 0;
    EQUAL(ot__suite_put(s, &a.r), OT_PUT_STORED); /* the state changed back */
    q.id = &b.r.id;
    OK(ot_store_remove(s->store, &q, &gone, &s->error));
    q.id = &a.r.id;
    OK(ot_store_remove(s->store, &q, &gone, &s->error));
    EQUAL(gone, 1);
    a.r.at = a.r.arrival = T0 + 30;
    EQUAL(ot__suite_put(s, &a.r), OT_PUT_REPEAT); /* and what was the last stays away */
}

typedef struct found {
    ot_device d[30];
    char names[30][140];
    size_t n;
} found;
static ot_status see(void *ctx, const ot_device *d) {
    found *f = ctx;
    if (f->n < 30) {
        f->d[f->n] = *d;
        snprintf(f->names[f->n], sizeof f->names[0], "%.*s/%.*s", (int)d->user.len, d->user.ptr, (int)d->device.len,
                 d->device.ptr);
    }
    f->n++;
    return f->n == 1000 ? OT_ELIMIT : OT_OK;
}
static size_t devices(suite *s, const char *user, const char *device, found *f) {
    memset(f, 0, sizeof *f);
    OK(ot_store_devices(s->store, ot_str_c(user), ot_str_c(device), see, f, &s->error));
    return f->n;
}
static ot_status stop(void *ctx, const ot_device *d) {
    (void)d;
    ++*(size_t *)ctx;
    return OT_ELIMIT;
}

static void t_devices(suite *s) {
    NEED(ot__suite_fresh(s));
    static found f;
    EQUAL(devices(s, NULL, NULL, &f), 0);
    sample x;
    ot__suite_put(s, ot__suite_location(&x, "anna", "phone", T0, 1, 1)); /* arrives one second later */
    ot__suite_location(&x, "anna", "phone", T0 + HOUR, 1, 1);
    x.r.origin = OT_ORIGIN_HTTP;
    ot__suite_put(s, &x.r);
    x.r.arrival = T0 + 2 * HOUR;
    ot__suite_put(s, &x.r);
    ot__suite_put(s, ot__suite_location(&x, "Anna", "phone", T0 + HOUR, 1, 1));
    ot__suite_put(s, ot__suite_location(&x, "anna", "a", T0 + HOUR, 1, 1));
    for (int again = 0; again < 2; again++) {
        if (EQUAL(devices(s, NULL, NULL, &f), 3)) {
            CHECK(strcmp(f.names[0], "Anna/phone") == 0 && strcmp(f.names[1], "anna/a") == 0 &&
                  strcmp(f.names[2], "anna/phone") == 0);
            EQUAL(f.d[2].first_seen, T0 + SECOND);
            EQUAL(f.d[2].last_seen, T0 + 2 * HOUR);
            EQUAL(f.d[2].records, 2);
            CHECK(f.d[2].by_mqtt && f.d[2].by_http && f.d[1].by_mqtt && !f.d[1].by_http);
        }
        EQUAL(devices(s, "anna", NULL, &f), 2);
        EQUAL(devices(s, NULL, "phone", &f), 2);
        EQUAL(devices(s, "Anna", "phone", &f), 1);
        EQUAL(devices(s, "nobody", NULL, &f), 0);
        size_t n = 0;
        STATUS(OT_ELIMIT, ot_store_devices(s->store, ot_str_of(NULL, 0), ot_str_of(NULL, 0), stop, &n, &s->error));
        EQUAL(n, 1);
        if (!again && !ot__suite_again(s)) break;
    }
    uint64_t gone = 0;
    ot_status status = ot_store_remove_device(s->store, OT_STR("anna"), OT_STR("phone"), &gone, &s->error);
    if (lacks(s, status)) return;
    OK(status);
    EQUAL(gone, 2);
    EQUAL(devices(s, NULL, NULL, &f), 2);
    STATUS(OT_ENOTFOUND, ot_store_remove_device(s->store, OT_STR("anna"), OT_STR("phone"), &gone, &s->error));
    STATUS(OT_ENOTFOUND, ot_store_remove_device(s->store, OT_STR("nobody"), OT_STR("x"), &gone, &s->error));
    ot_query q = OT_QUERY_INIT;
    EQUAL(ot__suite_count(s, &q), 2);
    EQUAL(ot__suite_put(s, ot__suite_location(&x, "anna", "phone", T0, 1, 1)),
          OT_PUT_REPEAT); /* an old record does not come back, the device does */
    ot__suite_put(s, ot__suite_location(&x, "anna", "phone", T0 + DAY, 1, 1));
    if (EQUAL(devices(s, "anna", "phone", &f), 1)) {
        EQUAL(f.d[0].records, 1);
        CHECK(!f.d[0].by_http);
    }
}

static void t_presence(suite *s) {
    NEED(ot__suite_fresh(s));
    static found f;
    sample x;
    ot__suite_put(s, ot__suite_location(&x, "anna", "phone", T0, 1, 1));
    NEED(EQUAL(devices(s, NULL, NULL, &f), 1));
    if (f.d[0].presence.state == OT_PRESENCE_NONE) return; /* made from a scan: not known */
    EQUAL(f.d[0].presence.state, OT_PRESENCE_ONLINE);
    EQUAL(f.d[0].presence.since, T0 + SECOND);
    EQUAL(f.d[0].presence.heard, T0 + SECOND);
    EQUAL(f.d[0].presence.why, OT_TYPE_LOCATION);
    ot__suite_put(s, ot__suite_sample(&x, "anna", "phone", OT_TYPE_LWT, T0 + HOUR, T0 + HOUR, "{\"_type\":\"lwt\"}"));
    x.r.at = x.r.arrival = T0 + 2 * HOUR;
    ot__suite_put(s, &x.r);
    if (ot__suite_again(s)) CHECK(true);
    devices(s, NULL, NULL, &f);
    EQUAL(f.d[0].presence.state, OT_PRESENCE_OFFLINE);
    EQUAL(f.d[0].presence.since, T0 + HOUR);
    EQUAL(f.d[0].presence.why, OT_TYPE_LWT);
    ot__suite_location(&x, "anna", "phone", T0 + 30 * SECOND, 1, 1); /* late: heard before the will */
    ot__suite_put(s, &x.r);
    devices(s, NULL, NULL, &f);
    EQUAL(f.d[0].presence.state, OT_PRESENCE_OFFLINE);
    EQUAL(f.d[0].presence.heard, T0 + 31 * SECOND);
    ot__suite_put(
        s, ot__suite_sample(&x, "anna", "phone", OT_TYPE_CMD, T0 + 3 * HOUR, T0 + 3 * HOUR, "{\"_type\":\"cmd\"}"));
    devices(s, NULL, NULL, &f);
    EQUAL(f.d[0].presence.state, OT_PRESENCE_OFFLINE); /* a command is not the phone speaking */
    x.r.arrival = T0 + 4 * HOUR;
    ot__suite_location(&x, "anna", "phone", T0 + 30 * SECOND, 1, 1);
    x.r.arrival = T0 + 4 * HOUR; /* a repeat is heard too */
    ot__suite_put(s, &x.r);
    devices(s, NULL, NULL, &f);
    EQUAL(f.d[0].presence.state, OT_PRESENCE_ONLINE);
    EQUAL(f.d[0].presence.since, T0 + 4 * HOUR);
    EQUAL(f.d[0].last_seen, T0 + 4 * HOUR);
}

static void t_retain(suite *s) {
    NEED(ot__suite_fresh(s));
    sample x;
    for (int i = 0; i < 10; i++) {
        ot__suite_put_location(s, "anna", "phone", T0 + i * DAY);
        ot__suite_put_location(s, "old", "phone", T0 - (i + 1) * DAY); /* all of it is old: its last stays */
        char card[40];
        snprintf(card, sizeof card, "{\"_type\":\"card\",\"n\":%d}", i);
        ot__suite_put(s, ot__suite_sample(&x, "anna", "phone", OT_TYPE_CARD, T0 - i * HOUR, T0 - i * HOUR, card));
    }
    ot_query q = OT_QUERY_INIT;
    EQUAL(ot__suite_count(s, &q), 30);
    uint64_t gone = 0;
    ot_status status = ot_store_retain(s->store, T0 + 3 * DAY, true, &gone, &s->error);
    if (lacks(s, status)) return;
    OK(status);
    EQUAL(gone, 3 + 9 + 9);
    EQUAL(ot__suite_count(s, &q), 30);
    OK(ot_store_retain(s->store, T0 + 3 * DAY, false, &gone, &s->error));
    EQUAL(gone, 3 + 9 + 9);
    row rows[30];
    if (EQUAL(ot__suite_rows(s, &q, rows, 30), 9)) {
        EQUAL(rows[0].at, T0 - DAY);
        EQUAL(rows[1].at, T0);
        EQUAL(rows[1].type, OT_TYPE_CARD);
        EQUAL(rows[2].at, T0 + 3 * DAY); /* the bound itself stays */
    }
    OK(ot_store_retain(s->store, T0 + 3 * DAY, false, &gone, &s->error));
    EQUAL(gone, 0);
    OK(ot_store_retain(s->store, INT64_MAX, false, &gone, &s->error));
    EQUAL(gone, 6);
    EQUAL(ot__suite_count(s, &q), 3);
    EQUAL(ot__suite_put(s, ot__suite_location(&x, "anna", "phone", T0, 48000000, 2000000)), OT_PUT_REPEAT);
}

static void t_stats(suite *s) {
    NEED(ot__suite_fresh(s));
    ot_store_stats n;
    memset(&n, 0, sizeof n);
    STATUS(OT_EINVAL, ot_store_stats_get(s->store, &n, &s->error));
    n.size = sizeof n;
    ot_status status = ot_store_stats_get(s->store, &n, &s->error);
    if (lacks(s, status)) return;
    OK(status);
    CHECK(n.records == 0 && n.devices == 0 && n.rejects == 0 && n.repeats == 0 && n.rejected == 0 && n.removed == 0 &&
          n.head == 0);
    sample x[10], bad;
    for (int i = 0; i < 10; i++)
        ot__suite_put(s, ot__suite_location(&x[i], "anna", i % 2 ? "a" : "b", T0 + i * HOUR, i, 1));
    for (int i = 0; i < 3; i++)
        ot__suite_put(s, &x[i].r);
    for (int i = 0; i < 4; i++)
        ot__suite_put(s, ot__suite_reject(&bad, "x", i % 2 ? "{" : "[", T0));
    ot_query q = OT_QUERY_INIT;
    q.device = OT_STR("a");
    bool removes = ot_store_remove(s->store, &q, NULL, &s->error) == OT_OK;
    for (int again = 0; again < 2; again++) {
        n.size = sizeof n;
        OK(ot_store_stats_get(s->store, &n, &s->error));
        EQUAL(n.size, sizeof n);
        EQUAL(n.records, removes ? 5 : 10);
        EQUAL(n.devices, 2);
        EQUAL(n.rejects, 2);
        EQUAL(n.repeats, 3);
        EQUAL(n.rejected, 4);
        EQUAL(n.removed, removes ? 5 : 0);
        CHECK(n.bytes > 0);
        uint64_t head = 0;
        OK(ot_store_head(s->store, &head, &s->error));
        EQUAL(n.head, head);
        if (!again && !ot__suite_again(s)) break;
    }
    status = ot_store_check(s->store, NULL, NULL, &s->error);
    if (status != OT_EUNSUPPORTED) OK(status);
}

const store_test ot__suite_write[] = {{"changes", t_changes},
                                      {"kv", t_kv},
                                      {"kv-joined", t_kv_joined},
                                      {"kv-bad", t_kv_bad},
                                      {"remove", t_remove},
                                      {"remove-state", t_remove_state},
                                      {"devices", t_devices},
                                      {"presence", t_presence},
                                      {"retain", t_retain},
                                      {"stats", t_stats},
                                      {NULL, NULL}};
