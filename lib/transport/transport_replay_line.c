/* transport_replay_line.c: what one line of a recording says: JSON lines of our own, those of mosquitto_sub (-F %j, -F %J), and "topic payload" (-v, or
   -F '%U %t %p' and -F '%I %t %p' with the time in front). */
#include "transport_replay.h"

#include <owntracks/json.h>

/* What a line of JSON may say: text or number, whatever is asked for. */
static ot_status member_time(const ot_json *value, const char *name, ot_time *out, ot_error *error) {
    ot_str text = value->raw;
    if (value->kind == OT_JSON_STRING && !value->escaped)
        text = ot_str_of(text.ptr + 1, text.len - 2);
    else if (value->kind != OT_JSON_NUMBER)
        return ot_error_set(error, OT_ETYPE, name, OT_NO_OFFSET, "is no time");
    ot_error why = {OT_OK, 0, OT_NO_OFFSET, "", ""};
    /* Words such as "now" mean nothing in a recording. */
    bool relative = text.len == 0 || text.ptr[0] < '0' || text.ptr[0] > '9';
    if (relative) return ot_error_set(error, OT_ESYNTAX, name, OT_NO_OFFSET, "is no time");
    char plain[48];
    const char *z = text.len < sizeof plain ? memchr(text.ptr, 'Z', text.len) : NULL;
    if (z && z + 1 < text.ptr + text.len) { /* mosquitto_sub 2.0 writes "…Z+0100" and means "…+0100" */
        size_t before = (size_t)(z - text.ptr);
        memcpy(plain, text.ptr, before);
        memcpy(plain + before, z + 1, text.len - before - 1);
        text = ot_str_of(plain, text.len - 1);
    }
    ot_status status = ot_time_parse(text, OT_TIME_FROM, NULL, 0, out, &why);
    return status == OT_OK ? OT_OK : ot_error_set(error, status, name, OT_NO_OFFSET, "is no time: %s", why.reason);
}

static ot_status member_flag(const ot_json *value, const char *name, bool *out, ot_error *error) {
    int64_t n = value->kind == OT_JSON_TRUE ? 1 : 0;
    if (value->kind != OT_JSON_TRUE && value->kind != OT_JSON_FALSE && ot_json_integer(value, &n) != OT_OK) n = 2;
    if (n != 0 && n != 1) return ot_error_set(error, OT_ETYPE, name, OT_NO_OFFSET, "must be true, false, 1 or 0");
    *out = n == 1;
    return OT_OK;
}

/* The payload as text, as the JSON it is, or nothing. mosquitto_sub writes null for no payload, and cuts a text at its first NUL: that shows in
   payloadlen. */
static ot_status member_payload(const ot_json *line, char *scratch, ot_str *out, ot_error *error) {
    ot_json value, length;
    int64_t len = -1;
    if (ot_json_find(line, OT_STR("payload"), &value) != OT_OK) {
        return ot_error_set(error, OT_EMISSING, "payload", OT_NO_OFFSET, "is missing");
    }
    if (ot_json_find(line, OT_STR("payloadlen"), &length) == OT_OK) (void)ot_json_integer(&length, &len);
    if (value.kind == OT_JSON_STRING) {
        (void)ot_json_text(&value, scratch, out);
        if (len >= 0 && (uint64_t)len != out->len) {
            return ot_error_set(error, OT_ECORRUPT, "payload", OT_NO_OFFSET,
                                "has %zu bytes of %lld: cut by whoever wrote the line", out->len, (long long)len);
        }
    } else if (value.kind == OT_JSON_NULL && len != 4) {
        *out = OT_STR("");
    } else {
        *out = value.raw;
    }
    return OT_OK;
}

ot_status ot__replay_json(ot_str line, char *scratch, const char *topic, ot_envelope *out, ot_error *error) {
    ot_json object, value;
    ot_status status = ot_json_read(line, 258, &object, error); /* two levels around the deepest payload */
    if (status != OT_OK) return status;
    if (object.kind != OT_JSON_OBJECT) return ot_error_set(error, OT_ETYPE, NULL, 0, "is no object");
    if (ot_json_find(&object, OT_STR("topic"), &value) == OT_OK && value.kind == OT_JSON_STRING) {
        (void)ot_json_text(&value, scratch, &out->topic);
        if (value.escaped) scratch += out->topic.len;
    } else if (topic && (value.kind == OT_JSON_NONE || value.kind == OT_JSON_NULL)) {
        out->topic = ot_str_c(topic);
    } else {
        return ot_error_set(error, value.kind == OT_JSON_NONE ? OT_EMISSING : OT_ETYPE, "topic", OT_NO_OFFSET,
                            "must be a text");
    }
    status = member_payload(&object, scratch, &out->payload, error);
    if (status != OT_OK) return status;
    if (out->payload.ptr == scratch) scratch += out->payload.len;
    if (ot_json_find(&object, OT_STR("qos"), &value) == OT_OK) {
        int64_t qos;
        if (ot_json_integer(&value, &qos) != OT_OK || qos < 0 || qos > 2) {
            return ot_error_set(error, OT_ERANGE, "qos", OT_NO_OFFSET, "must be 0, 1 or 2");
        }
        out->qos = (uint8_t)qos;
    }
    if (ot_json_find(&object, OT_STR("retain"), &value) == OT_OK) {
        status = member_flag(&value, "retain", &out->retained, error);
    }
    if (status == OT_OK && ot_json_find(&object, OT_STR("dup"), &value) == OT_OK) {
        status = member_flag(&value, "dup", &out->dup, error);
    }
    if (status == OT_OK && ot_json_find(&object, OT_STR("arrival"), &value) == OT_OK) {
        status = member_time(&value, "arrival", &out->arrival, error);
    } else if (status == OT_OK && ot_json_find(&object, OT_STR("tst"), &value) == OT_OK) {
        status = member_time(&value, "tst", &out->arrival, error);
    }
    if (status == OT_OK && ot_json_find(&object, OT_STR("user"), &value) == OT_OK && value.kind != OT_JSON_NULL) {
        if (ot_json_text(&value, scratch, &out->auth_user) != OT_OK) {
            status = ot_error_set(error, OT_ETYPE, "user", OT_NO_OFFSET, "must be a text");
        }
    }
    return status;
}

/* Do the bytes look like the pattern: "d" a digit, "s" a sign, others themselves? */
static bool looks(ot_str text, const char *pattern) {
    if (text.len != strlen(pattern)) return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i], want = pattern[i];
        bool digit = c >= '0' && c <= '9';
        if (want == 'd' ? !digit : want == 's' ? c != '+' && c != '-' : c != want) return false;
    }
    return true;
}

/* A time in front that cannot be meant as a topic. */
static bool leading_time(ot_str word, ot_time *out) {
    if (!looks(word, "dddddddddd.ddddddddd") && !looks(word, "dddd-dd-ddTdd:dd:ddsdddd") &&
        !looks(word, "dddd-dd-ddTdd:dd:ddZ") && !looks(word, "dddd-dd-ddTdd:dd:dd.ddddddsdddd")) {
        return false;
    }
    return ot_time_parse(word, OT_TIME_FROM, NULL, 0, out, NULL) == OT_OK;
}

static size_t blank(ot_str s, size_t from) {
    const char *p = from < s.len ? memchr(s.ptr + from, ' ', s.len - from) : NULL;
    return p ? (size_t)(p - s.ptr) : s.len;
}

ot_status ot__replay_text(ot_str line, ot_envelope *out, ot_error *error) {
    size_t at = blank(line, 0);
    if (at < line.len && leading_time(ot_str_of(line.ptr, at), &out->arrival)) {
        line = ot_str_of(line.ptr + at + 1, line.len - at - 1);
    }
    /* A topic may hold blanks. Where the line ends in JSON, the topic is all before it; else it ends at the first blank. */
    size_t first = blank(line, 0);
    if (first == 0 || first == line.len) {
        return ot_error_set(error, OT_ESYNTAX, NULL, first, "is not \"topic payload\"");
    }
    size_t split = first;
    for (size_t i = first, tries = 0; i < line.len && tries < 8; i = blank(line, i + 1)) {
        if (i + 1 >= line.len || (line.ptr[i + 1] != '{' && line.ptr[i + 1] != '[')) continue;
        ot_json value;
        if (ot_json_read(ot_str_of(line.ptr + i + 1, line.len - i - 1), 256, &value, NULL) == OT_OK) {
            split = i;
            break;
        }
        tries++;
    }
    out->topic = ot_str_of(line.ptr, split);
    out->payload = ot_str_of(line.ptr + split + 1, line.len - split - 1);
    if (ot_str_eq(out->payload, OT_STR("(null)"))) out->payload.len = 0; /* how mosquitto_sub -v writes nothing */
    return OT_OK;
}
