/* fuzz_command.c: judging, laying out and carrying what was written by hand. Findings point into the payload; what is laid out is the same JSON; a link reads back. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <owntracks/command.h>
#include <owntracks/json.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                            \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static char first[1 << 20], second[1 << 20];

static ot_status look(void *ctx, const ot_finding *f) {
    CHECK(f->offset <= *(const size_t *)ctx);
    CHECK(f->severity >= OT_SEVERITY_NOTE && f->severity <= OT_SEVERITY_ERROR);
    CHECK(f->platforms && f->reason[0]);
    for (const char *p = f->path; *p; p++)
        CHECK(*p >= 0x20 && *p < 0x7f);
    return OT_OK;
}

static ot_status write(ot_str json, ot_carrier carrier, char *out, size_t room, ot_str *written) {
    ot_sink_buffer buffer = {out, room, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    ot_status status = ot_command_carry(json, carrier, &sink, NULL);
    CHECK(status == OT_OK || buffer.len == 0);
    *written = ot_str_of(out, buffer.len < room ? buffer.len : room);
    return buffer.len > room ? OT_EFULL : status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ot_str text = ot_str_of((const char *)data, size), compact, file, again, url;
    for (uint32_t platforms = 1; platforms < 8; platforms++)
        CHECK(ot_command_lint(text, platforms, look, &size) == OT_OK);
    ot_sink_buffer buffer = {second, sizeof second, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    CHECK(ot_configuration_from_url(text, &sink, NULL) == OT_OK || buffer.len == 0);
    if (write(text, OT_CARRIER_PAYLOAD, first, sizeof first, &compact) != OT_OK) return 0;
    CHECK(compact.len <= size);
    if (write(compact, OT_CARRIER_FILE, second, sizeof second, &file) != OT_OK) return 0;
    static char third[sizeof first];
    CHECK(write(file, OT_CARRIER_PAYLOAD, third, sizeof third, &again) == OT_OK);
    CHECK(ot_str_eq(compact, again));
    if (write(compact, OT_CARRIER_URL, second, sizeof second, &url) != OT_OK) return 0;
    buffer = (ot_sink_buffer){third, sizeof third, 0};
    sink = ot_sink_to_buffer(&buffer);
    CHECK(ot_configuration_from_url(url, &sink, NULL) == OT_OK);
    CHECK(ot_str_eq(ot_str_of(third, buffer.len), compact));
    return 0;
}
