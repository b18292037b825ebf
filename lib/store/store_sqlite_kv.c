/* store_sqlite_kv.c: key and value. A version is taken from one counter, so that none ever comes back. */
#include "store_sqlite.h"

static ot_status one(sq_store *s, const ot_kv_op *op, bool strict_delete, ot_error *error) {
    sqlite3_stmt *st = ot__sq_get(s, SQ_KV);
    ot__sq_bind(st, 1, op->key);
    int code = sqlite3_step(st);
    uint64_t stands = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 0) : OT_KV_NEW;
    ot_status status = code == SQLITE_ROW || code == SQLITE_DONE ? OT_OK : ot__sq_fail(s->db, code, error, "reading");
    sqlite3_reset(st);
    if (status != OT_OK) return status;
    if (op->expected != OT_KV_ANY && op->expected != stands) {
        return ot_error_set(error, OT_ECONFLICT, "key", OT_NO_OFFSET, "'%.*s' was changed in between",
                            op->key.len < 80 ? (int)op->key.len : 80, op->key.ptr);
    }
    if (!op->value.ptr) {
        if (strict_delete && stands == OT_KV_NEW)
            return ot_error_set(error, OT_ENOTFOUND, "key", OT_NO_OFFSET, "nothing stands there");
        st = ot__sq_get(s, SQ_KV_DROP);
        ot__sq_bind(st, 1, op->key);
        return ot__sq_run(s, st, error);
    }
    st = ot__sq_get(s, SQ_KV_SET);
    ot__sq_bind(st, 1, op->key);
    sqlite3_bind_int64(st, 2, (int64_t)++s->state.kv);
    code = ot__sq_bind(st, 3, op->value);
    if (code != SQLITE_OK) return ot__sq_fail(s->db, code, error, "writing");
    return ot__sq_run(s, st, error);
}

ot_status ot__sq_ops(sq_store *s, const ot_kv_op *ops, size_t count, bool strict_delete, ot_error *error) {
    ot_status status = OT_OK;
    for (size_t i = 0; i < count && status == OT_OK; i++)
        status = one(s, &ops[i], strict_delete, error);
    return status;
}

ot_status ot__sq_kv_put(void *self, const ot_kv_op *op, uint64_t *version, ot_error *error) {
    sq_store *s = self;
    ot_status status = ot__sq_begin(s, error);
    if (status != OT_OK) return status;
    status = ot__sq_ops(s, op, 1, true, error);
    *version = s->state.kv;
    return ot__sq_end(s, status, error);
}

ot_status ot__sq_kv_get(void *self, ot_str key, const ot_sink *sink, uint64_t *version, ot_error *error) {
    sq_store *s = self;
    sqlite3_stmt *st = ot__sq_get(s, SQ_KV);
    ot__sq_bind(st, 1, key);
    int code = sqlite3_step(st);
    ot_status status = code == SQLITE_ROW ? OT_OK
                       : code == SQLITE_DONE
                           ? ot_error_set(error, OT_ENOTFOUND, "key", OT_NO_OFFSET, "nothing stands there")
                           : ot__sq_fail(s->db, code, error, "reading");
    if (status == OT_OK) {
        *version = (uint64_t)sqlite3_column_int64(st, 0);
        ot_str value = ot__sq_column(st, 1);
        if (sink) status = sink->write(sink->ctx, value.ptr, value.len);
    }
    sqlite3_reset(st);
    return status;
}

ot_status ot__sq_kv_scan(void *self, ot_str prefix, ot_str after,
                         ot_status (*each)(void *ctx, ot_str key, ot_str value, uint64_t version), void *ctx,
                         ot_error *error) {
    sq_store *s = self;
    sq_reader *reader;
    ot_status status = ot__sq_reader(s, &reader, error);
    if (status != OT_OK) return status;
    sqlite3_stmt *st;
    status = ot__sq_list(reader, SQ_LIST_KV, "SELECT key,value,version FROM kv WHERE key>=?1 AND key>?2 ORDER BY key",
                         &st, error);
    if (status == OT_OK) {
        ot__sq_bind(st, 1, prefix.ptr ? prefix : ot_str_of("", 0));
        ot__sq_bind(st, 2, after.ptr ? after : ot_str_of("", 0)); /* no key is empty */
        int code;
        while (status == OT_OK && (code = sqlite3_step(st)) != SQLITE_DONE) {
            if (code != SQLITE_ROW) {
                status = ot__sq_fail(reader->db, code, error, "reading");
                break;
            }
            ot_str key = ot__sq_column(st, 0);
            if (key.len < prefix.len || (prefix.len && memcmp(key.ptr, prefix.ptr, prefix.len) != 0)) break;
            status = each(ctx, key, ot__sq_column(st, 1), (uint64_t)sqlite3_column_int64(st, 2));
        }
        sqlite3_reset(st);
        sqlite3_clear_bindings(st);
    }
    ot__sq_reader_done(s, reader);
    return status;
}
