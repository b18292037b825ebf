/* envelope.c: the byte form of envelopes. */
#include "../base/base.h"

#include <owntracks/envelope.h>
#include <owntracks/hash.h>

#define MAGIC "OTE1"
#define HEAD  22u /* arrival, origin, flags, three lengths: what stands between the length and the topic */
#define CHECK 8u

static void put32(unsigned char *p, uint32_t v) {
    for (unsigned i = 0; i < 4; i++)
        p[i] = (unsigned char)(v >> 8 * i);
}
static void put64(unsigned char *p, uint64_t v) {
    for (unsigned i = 0; i < 8; i++)
        p[i] = (unsigned char)(v >> 8 * i);
}
static uint32_t get32(const unsigned char *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static uint64_t get64(const unsigned char *p) {
    return (uint64_t)get32(p) | (uint64_t)get32(p + 4) << 32;
}

ot_status ot_envelope_write(const ot_envelope *envelope, const ot_sink *sink) {
    const ot_str part[3] = {envelope->topic, envelope->auth_user, envelope->payload};
    uint64_t total = HEAD + CHECK;
    for (size_t i = 0; i < 3; i++) {
        if (part[i].len > UINT32_MAX) return OT_ELIMIT;
        total += part[i].len;
    }
    if (total > UINT32_MAX) return OT_ELIMIT;

    unsigned char head[8 + HEAD];
    memcpy(head, MAGIC, 4);
    put32(head + 4, (uint32_t)total);
    put64(head + 8, (uint64_t)envelope->arrival);
    head[16] = (unsigned char)envelope->origin;
    head[17] = (unsigned char)((envelope->retained ? 1u : 0u) | (envelope->dup ? 2u : 0u) |
                               (envelope->auth_user.ptr ? 4u : 0u) | (envelope->qos & 3u) << 4);
    for (size_t i = 0; i < 3; i++)
        put32(head + 18 + 4 * i, (uint32_t)part[i].len);

    ot__buf buf;
    ot__buf_init(&buf, (size_t)UINT32_MAX + 8);
    ot__buf_append(&buf, head, sizeof head);
    for (size_t i = 0; i < 3; i++)
        ot__buf_append(&buf, part[i].ptr, part[i].len);
    ot_status status = buf.status;
    if (status == OT_OK) {
        ot_id check = ot_id_of_bytes(ot_str_of(buf.data + 8, buf.len - 8));
        status = ot__buf_append(&buf, check.bytes, CHECK);
    }
    if (status == OT_OK) status = sink->write(sink->ctx, buf.data, buf.len);
    ot__buf_free(&buf);
    return status;
}

ot_status ot_envelope_read(ot_str bytes, size_t *used, ot_envelope *out) {
    const unsigned char *p = (const unsigned char *)bytes.ptr;
    size_t n = bytes.len < 4 ? bytes.len : 4;
    if (n && memcmp(p, MAGIC, n) != 0) return OT_ESYNTAX;
    if (bytes.len < 8) return OT_DONE;
    size_t total = get32(p + 4);
    if (total < HEAD + CHECK) return OT_ESYNTAX;
    if (bytes.len - 8 < total) return OT_DONE;

    size_t body = total - CHECK;
    ot_id check = ot_id_of_bytes(ot_str_of(bytes.ptr + 8, body));
    if (memcmp(check.bytes, p + 8 + body, CHECK) != 0) return OT_ECORRUPT;
    uint64_t sum = HEAD;
    for (size_t i = 0; i < 3; i++)
        sum += get32(p + 18 + 4 * i);
    unsigned flags = p[17];
    if (sum != body || flags & 0xc8u || flags >> 4 > 2 || (!(flags & 4u) && get32(p + 22))) return OT_ECORRUPT;

    ot_envelope e = OT_ENVELOPE_INIT;
    const char *text = bytes.ptr + 8 + HEAD;
    e.topic = ot_str_of(text, get32(p + 18));
    text += e.topic.len;
    if (flags & 4u) e.auth_user = ot_str_of(text, get32(p + 22));
    text += get32(p + 22);
    e.payload = ot_str_of(text, get32(p + 26));
    e.arrival = (ot_time)get64(p + 8);
    e.origin = (ot_origin)p[16];
    e.qos = (uint8_t)(flags >> 4);
    e.retained = flags & 1u;
    e.dup = flags & 2u;
    *out = e;
    if (used) *used = 8 + total;
    return OT_OK;
}
