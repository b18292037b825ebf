/* check.c: what the face checks before a backend sees it. */
#include "store.h"

#include "../codec/codec.h"

#include <owntracks/topic.h>

static ot_status bad(ot_error *error, ot_status status, const char *field, size_t n, const char *reason) {
    return ot_error_set(error, status, field, OT_NO_OFFSET, "record %zu: %s", n, reason);
}

static ot_status record_check(const ot_record *r, size_t n, ot_error *error) {
    if (r->size != sizeof *r) return bad(error, OT_EINVAL, "size", n, "is not that of this version");
    if (r->payload.len && !r->payload.ptr) return bad(error, OT_EINVAL, "payload", n, "is missing");
    if (r->arrival == OT_TIME_NONE) return bad(error, OT_EINVAL, "arrival", n, "is missing");
    if (r->reject) {
        if (r->reject->size != sizeof *r->reject)
            return bad(error, OT_EINVAL, "reject", n, "its size is not that of this version");
        if (r->reject->status == OT_OK) return bad(error, OT_EINVAL, "reject", n, "a reject needs a status");
        return OT_OK;
    }
    if ((unsigned)r->type == OT_TYPE_NONE || (unsigned)r->type > 63)
        return bad(error, OT_EINVAL, "type", n, "is no type");
    if (r->at == OT_TIME_NONE) return bad(error, OT_EINVAL, "at", n, "is missing");
    ot_status status = ot_topic_check_level(r->user, NULL);
    if (status != OT_OK) return bad(error, OT_EINVAL, "user", n, ot_status_text(status));
    status = ot_topic_check_level(r->device, NULL);
    if (status != OT_OK) return bad(error, OT_EINVAL, "device", n, ot_status_text(status));
    status = ot_topic_check_name(r->topic, NULL);
    if (status != OT_OK) return bad(error, OT_EINVAL, "topic", n, ot_status_text(status));
    if (r->has_position && !(r->lat >= -90 && r->lat <= 90 && r->lon >= -180 && r->lon <= 180)) {
        return bad(error, OT_EINVAL, "lat", n, "the position is out of range");
    }
    return OT_OK;
}

ot_status ot__put_check(const ot_record *records, size_t count, ot_error *error) {
    if (count && !records) return ot_error_set(error, OT_EINVAL, "records", OT_NO_OFFSET, "there are none");
    for (size_t i = 0; i < count; i++) {
        ot_status status = record_check(&records[i], i, error);
        if (status != OT_OK) return status;
    }
    return OT_OK;
}

ot_status ot__key_check(ot_str key, ot_error *error) {
    if (!key.ptr || key.len == 0 || key.len > 1024) {
        return ot_error_set(error, OT_EINVAL, "key", OT_NO_OFFSET, "a key has 1 to 1024 bytes");
    }
    size_t offset = 0;
    if (memchr(key.ptr, 0, key.len)) return ot_error_set(error, OT_EINVAL, "key", OT_NO_OFFSET, "a key holds no NUL");
    if (!ot_str_utf8(key, &offset)) return ot_error_set(error, OT_EINVAL, "key", offset, "is not valid UTF-8");
    return OT_OK;
}

ot_status ot__value_check(ot_str value, ot_error *error) {
    if (value.len > (size_t)16 << 20) {
        return ot_error_set(error, OT_ELIMIT, "value", OT_NO_OFFSET, "a value has at most 16 MiB");
    }
    ot__json_value json;
    ot__json_fail fail;
    ot_status status = ot__json_validate(value, 64, &json, &fail);
    if (status == OT_OK) return OT_OK;
    return ot_error_set(error, OT_ESYNTAX, "value", fail.at ? (uint64_t)(fail.at - value.ptr) : OT_NO_OFFSET,
                        "is not JSON: %s", fail.reason ? fail.reason : ot_status_text(status));
}

ot_status ot__ops_check(const ot_kv_op *ops, size_t count, ot_error *error) {
    if (count && !ops) return ot_error_set(error, OT_EINVAL, "ops", OT_NO_OFFSET, "there are none");
    for (size_t i = 0; i < count; i++) {
        ot_status status = ot__key_check(ops[i].key, error);
        if (status == OT_OK && ops[i].value.ptr) status = ot__value_check(ops[i].value, error);
        if (status != OT_OK) return status;
    }
    return OT_OK;
}
