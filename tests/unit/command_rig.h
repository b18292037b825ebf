/* command_rig.h: what the tests of command.h share: a place to write to, and what must hold for all that is written. */
#ifndef COMMAND_RIG_H
#define COMMAND_RIG_H

#include <stdio.h>
#include <stdlib.h>

#include <owntracks/command.h>
#include <owntracks/json.h>
#include <owntracks/mem.h>
#include <owntracks/message.h>

static char text[1 << 16];
static ot_sink_buffer buffer;
static ot_sink sink;
static ot_error error;

static inline void fresh(void) {
    buffer = (ot_sink_buffer){text, sizeof text, 0};
    sink = ot_sink_to_buffer(&buffer);
    error = (ot_error)OT_ERROR_INIT;
}
static inline ot_str written(void) {
    assert_true(buffer.len <= sizeof text);
    return ot_str_of(text, buffer.len);
}

static inline ot_status only_notes(void *ctx, const ot_finding *finding) {
    (void)ctx;
    if (finding->severity > OT_SEVERITY_NOTE) fail_msg("%s: %s", finding->path, finding->reason);
    return OT_OK;
}

/* What is written decodes strictly and has neither errors nor warnings. */
static inline void assert_sound(ot_str payload, uint32_t platforms) {
    ot_decode_options options = OT_DECODE_OPTIONS_INIT;
    options.strict = true;
    ot_message *m;
    assert_int_equal(ot_message_new(&options, &m), OT_OK);
    ot_error e = OT_ERROR_INIT;
    ot_status status = ot_message_decode(m, payload, &e);
    if (status != OT_OK) fail_msg("%s: %s: %.*s", e.field, e.reason, (int)payload.len, payload.ptr);
    assert_int_equal(ot_message_marks(m), 0);
    ot_message_free(m);
    assert_int_equal(ot_command_lint(payload, platforms, only_notes, NULL), OT_OK);
}

static inline void assert_payload(ot_status status, uint32_t platforms, const char *expected) {
    if (status != OT_OK) fail_msg("%s: %s", error.field, error.reason);
    if (!ot_str_eq(written(), ot_str_c(expected)))
        fail_msg("expected %s\nfound    %.*s", expected, (int)buffer.len, text);
    assert_sound(written(), platforms);
}

static inline void assert_refused(ot_status found, ot_status expected, const char *field, const char *reason) {
    if (found != expected || strcmp(error.field, field) != 0 || !strstr(error.reason, reason))
        fail_msg("expected %s: %s (%s)\nfound    %s: %s (%s)", field, reason, ot_status_name(expected), error.field,
                 error.reason, ot_status_name(found));
    assert_int_equal(error.status, expected);
    assert_int_equal(buffer.len, 0);
}

static inline ot_status write(const ot_command *command) {
    fresh();
    return ot_command_write(command, &sink, &error);
}

#define SET(p, TYPE, member_, ...) ((p)->member_ = __VA_ARGS__, OT_HAS_SET(p, OT_##TYPE##_##member_))

static inline ot_waypoint home(void) {
    ot_waypoint w = {.lat = 0};
    SET(&w, WAYPOINT, desc, OT_STR("Home"));
    SET(&w, WAYPOINT, lat, 51.5);
    SET(&w, WAYPOINT, lon, -0.25);
    SET(&w, WAYPOINT, rad, 120);
    SET(&w, WAYPOINT, tst, 1700000000);
    return w;
}

static inline ot_tour tour(void) {
    ot_tour t = {.zoom = 0};
    SET(&t, TOUR, label, OT_STR("Holiday"));
    SET(&t, TOUR, from, OT_STR("2026-03-01T00:00:00"));
    SET(&t, TOUR, to, OT_STR("2026-03-08T23:59:59"));
    SET(&t, TOUR, uuid, OT_STR("6f1c1c86-6c5e-4f43-9d4e-5a1f7f0f8a11"));
    SET(&t, TOUR, url, OT_STR("https://example.org/view/6f1c1c86"));
    return t;
}

#endif
