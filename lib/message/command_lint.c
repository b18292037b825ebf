/* command_lint.c: judging a text for phones: finding out what it is, going through its members, telling what was found. */
#include "command_lint.h"

const char *ot_platform_text(uint32_t platforms) {
    static const char *const texts[] = {"no app",
                                        "Android",
                                        "iOS",
                                        "Android and iOS",
                                        "iOS before 18.0.1",
                                        "Android and iOS before 18.0.1",
                                        "iOS, old and new",
                                        "Android and iOS, old and new"};
    return texts[platforms & OT__ALL];
}

const char *ot_severity_text(ot_severity severity) {
    switch (severity) {
    case OT_SEVERITY_NOTE:
        return "note";
    case OT_SEVERITY_WARNING:
        return "warning";
    case OT_SEVERITY_ERROR:
        return "error";
    default:
        return "?";
    }
}

/* A path that grows too long ends where it is. */
static size_t enter(ot__lint *l, const char *text, size_t len) {
    size_t before = l->path_len;
    if (len < sizeof l->path - before) {
        memcpy(l->path + before, text, len);
        l->path_len += len;
        l->path[l->path_len] = 0;
    }
    return before;
}

size_t ot__lint_enter(ot__lint *l, const char *key, size_t key_len) {
    char text[64] = ".";
    bool inside = l->path_len != 0;
    size_t len = ot__printable(ot_str_of(key, key_len), false, text + inside, sizeof text - inside);
    return enter(l, text, len + inside);
}

size_t ot__lint_enter_at(ot__lint *l, size_t index) {
    char text[OT__NUM_TEXT + 2] = "[";
    size_t len = 1 + ot__num_write_int((int64_t)index, text + 1);
    text[len++] = ']';
    return enter(l, text, len);
}

void ot__lint_say(ot__lint *l, ot_severity severity, uint32_t platforms, ot_status status, const ot_field *field,
                  const char *at, const char *reason) {
    platforms &= l->platforms & ~l->mute;
    if (!platforms || l->status != OT_OK) return;
    ot_finding finding = {.size = sizeof finding,
                          .severity = severity,
                          .platforms = platforms,
                          .status = status,
                          .path = l->path,
                          .field = field,
                          .offset = (uint64_t)(at - l->base),
                          .reason = reason};
    l->status = l->report(l->ctx, &finding);
}

void ot__lint_member(ot__lint *l, ot_severity severity, uint32_t platforms, ot_status status, const ot_field *field,
                     const char *at, const char *reason) {
    size_t before = ot__lint_enter(l, field->key, strlen(field->key));
    ot__lint_say(l, severity, platforms, status, field, at, reason);
    ot__lint_leave(l, before);
}

/* Undoes the escapes of a key; keys longer than any field's are none. */
static ot_str plain_key(ot_str key, bool escaped, char *buffer, size_t size) {
    if (!escaped) return key;
    return key.len <= size ? ot_str_of(buffer, ot__json_unescape(key, buffer)) : ot_str_of(key.ptr, key.len);
}

static void collect(ot__lint *l, ot__members *out) {
    ot_str key;
    bool escaped;
    ot__json_value value;
    char buffer[6 * 64];
    for (size_t at = 0; l->status == OT_OK && ot__json_object_next(out->raw, &at, &key, &escaped, &value);) {
        key = plain_key(key, escaped, buffer, sizeof buffer);
        const ot_field *field = ot_field_by_key((ot_type)out->type->number, key);
        bool type = !field && ot_str_eq(key, OT_STR(OT__TYPE_KEY));
        if (!field && !type) continue;
        ot__json_value *slot = type ? &out->type_text : &out->values[field->ordinal];
        if (slot->kind) {
            size_t before = ot__lint_enter(l, key.ptr, key.len);
            ot__lint_say(l, OT_SEVERITY_WARNING, OT__ALL, OT_EDUPLICATE, field, value.raw.ptr,
                         "stands there twice; apps differ in which one they take");
            ot__lint_leave(l, before);
        }
        *slot = value;
    }
}

void ot__lint_members(ot__lint *l, const ot__type *type, const ot__json_value *object, ot__members *out) {
    memset(out, 0, sizeof *out);
    out->type = type;
    out->raw = object->raw;
    collect(l, out);
    ot_str key;
    bool escaped;
    ot__json_value value;
    char buffer[6 * 64];
    uint32_t mute = l->mute;
    ot_action action = OT_ACTION_NONE;
    if (type->number == OT_TYPE_CMD) {
        char word[128];
        ot_str text;
        const ot__json_value *v = &out->values[OT_CMD_action];
        if (ot__lint_text(v, word, sizeof word, &text)) action = ot_action_of(text);
    }
    for (size_t at = 0; l->status == OT_OK && ot__json_object_next(out->raw, &at, &key, &escaped, &value);) {
        key = plain_key(key, escaped, buffer, sizeof buffer);
        if (ot_str_eq(key, OT_STR(OT__TYPE_KEY))) continue;
        const ot_field *field = ot_field_by_key((ot_type)type->number, key);
        size_t before = ot__lint_enter(l, key.ptr, key.len);
        if (!field) {
            ot__lint_say(l, OT_SEVERITY_WARNING, OT__ALL, OT_EUNKNOWN, NULL, value.raw.ptr, "no app knows this member");
        } else if (action && !ot__action_has(action, field->ordinal)) {
            ot__lint_say(l, OT_SEVERITY_WARNING, OT__ALL, OT_EUNKNOWN, field, value.raw.ptr,
                         "means nothing with this action");
        } else {
            /* Whom the action means nothing, its members mean nothing: that is told once. */
            if (action && field->ordinal != OT_CMD_action) l->mute |= ~ot_action_about(action)->platforms;
            ot__lint_value(l, field, !ot_str_eq(key, ot_str_c(field->key)), &value);
            l->mute = mute;
        }
        ot__lint_leave(l, before);
    }
}

/* Settings whose change on Android takes away what waits to be sent. */
static bool erases(unsigned ordinal) {
    switch (ordinal) {
    case OT_CONFIGURATION_mode:
    case OT_CONFIGURATION_url:
    case OT_CONFIGURATION_port:
    case OT_CONFIGURATION_host:
    case OT_CONFIGURATION_username:
    case OT_CONFIGURATION_clientId:
    case OT_CONFIGURATION_tlsClientCrt:
        return true;
    default:
        return false;
    }
}

void ot__lint_configuration(ot__lint *l, const ot__json_value *object, bool nested) {
    ot__members c;
    ot__lint_members(l, ot__type_of(OT_TYPE_CONFIGURATION), object, &c);
    if (!nested) {
        ot__lint_say(l, OT_SEVERITY_NOTE, OT__ALL, OT_OK, NULL, object->raw.ptr,
                     "files and links are taken only when the user has allowed that in the app");
    }
    for (unsigned i = 0; i < c.type->count; i++) {
        if (!erases(i) || !ot__lint_has(&c.values[i])) continue;
        ot__lint_member(l, OT_SEVERITY_NOTE, OT__ANDROID, OT_OK, &c.type->fields[i], c.values[i].raw.ptr,
                        "when this changes, Android forgets its contacts and what it has not sent yet");
        break;
    }
}

static void judge_typed(ot__lint *l, ot_type type, const ot__json_value *object) {
    ot__members m;
    switch (type) {
    case OT_TYPE_CMD:
        ot__lint_cmd(l, object);
        return;
    case OT_TYPE_CONFIGURATION:
        ot__lint_configuration(l, object, false);
        return;
    case OT_TYPE_WAYPOINT:
        ot__lint_waypoint(l, object, false, &m);
        return;
    default:
        break;
    }
    const ot__type *t = ot__type_of(type);
    ot__lint_members(l, t, object, &m);
    if (type == OT_TYPE_CARD) {
        ot__lint_card(l, &m);
    } else if (type == OT_TYPE_WAYPOINTS) {
        if (!ot__lint_has(&m.values[OT_WAYPOINTS_waypoints])) {
            ot__lint_member(l, OT_SEVERITY_ERROR, OT__ALL, OT_EMISSING, &t->fields[OT_WAYPOINTS_waypoints],
                            object->raw.ptr, "is missing");
        }
    } else {
        ot__lint_say(l, OT_SEVERITY_NOTE, OT__ALL, OT_OK, NULL, object->raw.ptr,
                     "devices send this type; only its fields were looked at");
        for (unsigned i = 0; i < t->count; i++) {
            if (!(t->fields[i].flags & (OT_FIELD_REQUIRED | OT_FIELD_EXPECTED)) || ot__lint_has(&m.values[i])) continue;
            ot__lint_member(l, OT_SEVERITY_ERROR, OT__ALL, OT_EMISSING, &t->fields[i], object->raw.ptr, "is missing");
        }
    }
}

static void judge_message(ot__lint *l, const ot__json_value *object) {
    if (object->kind != OT__JSON_OBJECT) {
        ot__lint_say(l, OT_SEVERITY_ERROR, OT__ALL, OT_ETYPE, NULL, object->raw.ptr, "an object is expected");
        return;
    }
    ot__json_value type = {.kind = OT__JSON_NONE}, value;
    ot_str key, text;
    bool escaped;
    char buffer[128];
    for (size_t at = 0; ot__json_object_next(object->raw, &at, &key, &escaped, &value);) {
        if (ot__json_key_eq(key, escaped, OT_STR(OT__TYPE_KEY))) type = value;
    }
    size_t before = ot__lint_enter(l, OT__TYPE_KEY, sizeof OT__TYPE_KEY - 1);
    ot_type known = OT_TYPE_NONE;
    if (!type.kind) {
        ot__lint_say(l, OT_SEVERITY_ERROR, OT__ALL, OT_EMISSING, NULL, object->raw.ptr,
                     "is missing: no app looks further");
    } else if (type.kind != OT__JSON_STRING) {
        ot__lint_say(l, OT_SEVERITY_ERROR, OT__ALL, OT_ETYPE, NULL, type.raw.ptr, "is no text");
    } else {
        known = ot__lint_text(&type, buffer, sizeof buffer, &text) ? ot__type_by_text(text) : OT_TYPE_UNKNOWN;
        if (known == OT_TYPE_UNKNOWN) {
            ot__lint_say(l, OT_SEVERITY_ERROR, OT__ALL, OT_EUNKNOWN, NULL, type.raw.ptr, "no app knows this type");
            known = OT_TYPE_NONE;
        }
    }
    ot__lint_leave(l, before);
    if (known) judge_typed(l, known, object);
}

ot_status ot_command_lint(ot_str payload, uint32_t platforms, ot_status (*report)(void *ctx, const ot_finding *finding),
                          void *ctx) {
    if (!report || !platforms || (platforms & ~OT__ALL)) return OT_EINVAL;
    if (!payload.ptr) payload = ot_str_of("", 0);
    ot__lint l = {.report = report, .ctx = ctx, .base = payload.ptr, .platforms = platforms};
    if (!payload.len) {
        ot__lint_say(&l, OT_SEVERITY_WARNING, OT__ALL, OT_EMPTY, NULL, l.base,
                     "an empty payload asks to forget the device");
        return l.status;
    }
    ot__json_value value;
    ot__json_fail fail = {OT_OK, NULL, NULL};
    ot_status status = ot__json_validate(payload, 32, &value, &fail);
    if (status != OT_OK) {
        ot__lint_say(&l, OT_SEVERITY_ERROR, OT__ALL, status, NULL, fail.at, fail.reason);
        return l.status;
    }
    if (value.kind != OT__JSON_ARRAY) {
        judge_message(&l, &value);
        return l.status;
    }
    ot__lint_say(&l, OT_SEVERITY_NOTE, OT__ALL, OT_OK, NULL, value.raw.ptr, "a list is right in an HTTP answer only");
    ot__json_value element;
    size_t index = 0;
    for (size_t at = 0; l.status == OT_OK && ot__json_array_next(value.raw, &at, &element);) {
        size_t before = ot__lint_enter_at(&l, index++);
        judge_message(&l, &element);
        ot__lint_leave(&l, before);
    }
    return l.status;
}
