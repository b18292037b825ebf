/* command_values.c: judging one member of a text for phones: by its row in the tables, and by what the apps do with some settings besides. */
#include "command_lint.h"

#include <math.h>

typedef struct judge {
    ot__lint *l;
    const ot_field *field;
    const char *at;
} judge;

static void say(const judge *j, ot_severity severity, uint32_t platforms, ot_status status, const char *reason) {
    ot__lint_say(j->l, severity, platforms, status, j->field, j->at, reason);
}
static void error(const judge *j, uint32_t platforms, ot_status status, const char *reason) {
    say(j, OT_SEVERITY_ERROR, platforms, status, reason);
}
static void warn(const judge *j, uint32_t platforms, ot_status status, const char *reason) {
    say(j, OT_SEVERITY_WARNING, platforms, status, reason);
}

/* Settings are converted by the apps; members of messages are not. */
static bool is_setting(const ot_field *field) {
    return field->type == OT_TYPE_CONFIGURATION;
}

bool ot__lint_text(const ot__json_value *string, char *buffer, size_t size, ot_str *out) {
    if (string->kind != OT__JSON_STRING) return false;
    ot_str body = ot__json_body(string);
    *out = body;
    if (!string->escaped) return true;
    if (body.len > size) return false;
    *out = ot_str_of(buffer, ot__json_unescape(body, buffer));
    return true;
}

/* Numbers */

static void judge_range(const judge *j, double d) {
    const ot_field *f = j->field;
    bool position = f->type == OT_TYPE_WAYPOINT && (f->ordinal == OT_WAYPOINT_lat || f->ordinal == OT_WAYPOINT_lon);
    if (!(d >= f->min && d <= f->max)) {
        error(j, OT__ALL, OT_ERANGE, "is out of range");
        return;
    }
    if (d >= f->android_min && d <= f->android_max) return;
    error(j, OT__ANDROID, OT_ERANGE,
          position ? "is no position: Android passes the waypoint over" : "is out of range on Android");
    if (position) say(j, OT_SEVERITY_NOTE, OT__IOS, OT_ERANGE, "is no position: iOS deletes the waypoint that it has");
}

static void judge_whole(const judge *j, const ot__num *n) {
    const ot_field *f = j->field;
    if (n->kind != OT__NUM_INT) {
        error(j, OT__ANDROID, OT_ETYPE, "is not written as a whole number: Android refuses it");
        warn(j, OT__IOS, OT_ETYPE, "is not written as a whole number");
        return;
    }
    if (is_setting(f) && (n->i < INT32_MIN || n->i > INT32_MAX)) {
        error(j, OT__ALL, OT_ERANGE, "needs more than 32 bits: apps cut it");
        return;
    }
    if (f->type == OT_TYPE_WAYPOINT && f->ordinal == OT_WAYPOINT_tst && n->i > INT64_C(100000000000)) {
        warn(j, OT__ALL, OT_ERANGE, "looks like milliseconds; seconds are expected");
        return;
    }
    judge_range(j, (double)n->i);
    if (is_setting(f) && f->ordinal == OT_CONFIGURATION_mode && n->i != 0 && n->i != 3)
        error(j, OT__ALL, OT_ERANGE, "is a mode that no current app has: 0 is MQTT, 3 is HTTP");
}

static void judge_real(const judge *j, const ot__num *n) {
    if (n->kind == OT__NUM_HUGE) {
        error(j, OT__ALL, OT_ERANGE, "is larger than any number");
        return;
    }
    if (j->field->type == OT_TYPE_WAYPOINT && j->field->ordinal == OT_WAYPOINT_rad) {
        if (n->kind != OT__NUM_INT) {
            error(j, OT__ANDROID, OT_ETYPE, "is not written as a whole number: Android refuses the message");
            return;
        }
        if (n->d < 0) warn(j, OT__ANDROID, OT_ERANGE, "below 0 means a beacon, which Android does not know");
    }
    judge_range(j, n->d);
}

static void judge_number(const judge *j, const ot__json_value *v) {
    ot__num n;
    char buffer[OT__NUM_TEXT * 6];
    ot_str text = v->raw;
    bool whole = j->field->kind != OT_KIND_F64, quoted = v->kind == OT__JSON_STRING;
    bool mode = is_setting(j->field) && j->field->ordinal == OT_CONFIGURATION_mode;
    if (quoted && !ot__lint_text(v, buffer, sizeof buffer, &text)) text = ot_str_of("", 0);
    if (mode && quoted && !ot__num_parse(text, &n) && text.len) {
        error(j, OT__IOS, OT_ETYPE, "is a text; iOS takes a number only");
        warn(j, OT__ANDROID, OT_ETYPE, "is a text; write the number 0 or 3");
        return;
    }
    if ((!quoted && v->kind != OT__JSON_NUMBER) || (quoted && !ot__num_parse(text, &n))) {
        error(j, OT__ALL, OT_ETYPE, "is no number");
        return;
    }
    if (quoted) {
        bool setting = is_setting(j->field);
        if (!setting || mode) error(j, OT__IOS, OT_ETYPE, "is a text; iOS takes a number only");
        warn(j, setting && !mode ? OT__ALL : OT__ANDROID, OT_ETYPE, "is a text where a number is expected");
    } else {
        ot__json_number_scan(text.ptr, text.ptr + text.len, &n, NULL);
    }
    if (whole)
        judge_whole(j, &n);
    else
        judge_real(j, &n);
}

/* Texts */

static size_t characters(ot_str s) {
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
    return n;
}

static char small(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Android does not look at the case of the words of settings. */
static bool known_word(const ot_field *field, ot_str text) {
    for (const char *p = field->words; *p;) {
        size_t len = strcspn(p, " "), same = 0;
        while (same < len && same < text.len &&
               (is_setting(field) ? small(p[same]) == small(text.ptr[same]) : p[same] == text.ptr[same]))
            same++;
        if (same == len && same == text.len) return true;
        p += len + (p[len] == ' ');
    }
    return false;
}

/* Filters between blanks. */
static bool good_filters(ot_str text) {
    for (size_t i = 0; i < text.len;) {
        if (memchr(" \t\r\n", text.ptr[i], 4)) {
            i++;
            continue;
        }
        size_t from = i;
        while (i < text.len && !memchr(" \t\r\n", text.ptr[i], 4))
            i++;
        if (ot_topic_check_filter(ot_str_of(text.ptr + from, i - from), NULL) != OT_OK) return false;
    }
    return true;
}

static bool starts(ot_str text, const char *with) {
    size_t len = strlen(with);
    return text.len >= len && memcmp(text.ptr, with, len) == 0;
}

/* What some texts mean to the apps. */
static void judge_meaning(const judge *j, ot_str text) {
    const ot_field *f = j->field;
    if (f->type == OT_TYPE_CARD && f->ordinal == OT_CARD_tid && characters(text) > 2)
        warn(j, OT__ANDROID, OT_ERANGE, "Android shows two characters of it");
    if (f->type == OT_TYPE_WAYPOINT && f->ordinal == OT_WAYPOINT_rid && !text.len)
        warn(j, OT__IOS, OT_ERANGE, "is empty: all such waypoints are one to iOS");
    if (!is_setting(f)) return;
    switch (f->ordinal) {
    case OT_CONFIGURATION_tid:
        if (characters(text) > 2) warn(j, OT__ANDROID, OT_ERANGE, "Android shows two characters of it");
        break;
    case OT_CONFIGURATION_encryptionKey:
        if (text.len > 32) error(j, OT__ALL, OT_ELIMIT, "a key has at most 32 bytes: apps cut it");
        for (size_t i = 0; i < text.len; i++) {
            if ((unsigned char)text.ptr[i] < 0x80) continue;
            error(j, OT__ALL, OT_ESYNTAX, "a key that is not ASCII is cut differently by the apps");
            break;
        }
        break;
    case OT_CONFIGURATION_pubTopicBase:
        if (!text.len)
            error(j, OT__ANDROID, OT_ERANGE, "is empty: Android has no topic to publish to");
        else if (ot_topic_check_name(text, NULL) != OT_OK)
            error(j, OT__ALL, OT_ETOPIC, "is no topic name");
        break;
    case OT_CONFIGURATION_subTopic:
        if (!text.len)
            error(j, OT__ANDROID, OT_ERANGE, "is empty: Android has nothing to subscribe to");
        else if (!good_filters(text))
            error(j, OT__ALL, OT_ETOPIC, "holds what is no topic filter");
        else
            say(j, OT_SEVERITY_NOTE, OT__ALL, OT_OK,
                "is all that the app subscribes to: commands, events and cards must be among it");
        break;
    case OT_CONFIGURATION_username:
    case OT_CONFIGURATION_deviceId:
        if (text.len && ot_topic_check_level(text, NULL) != OT_OK)
            warn(j, OT__ALL, OT_ETOPIC, "holds \"/\", \"+\" or \"#\", which no level of a topic can hold");
        break;
    case OT_CONFIGURATION_url:
        if (text.len && !starts(text, "http://") && !starts(text, "https://"))
            warn(j, OT__ALL, OT_ESYNTAX, "starts with neither http:// nor https://");
        break;
    case OT_CONFIGURATION_httpHeaders:
        if (text.len && (memchr(text.ptr, '\n', text.len) || memchr(text.ptr, '\r', text.len)))
            warn(j, OT__IOS, OT_ESYNTAX, "headers are separated by a backslash and an n, not by a line end");
        break;
    default:
        break;
    }
    if (f->words[0] && f->kind == OT_KIND_STR && !known_word(f, text))
        warn(j, OT__ANDROID, OT_EUNKNOWN, "is none of the words that Android knows");
}

static bool holds_nul(ot_str body) {
    for (size_t i = 0; i + 6 <= body.len; i++) {
        if (body.ptr[i] != '\\') continue;
        if (memcmp(body.ptr + i, "\\u0000", 6) == 0) return true;
        i++;
    }
    return false;
}

static void judge_text(const judge *j, const ot__json_value *v) {
    const ot_field *f = j->field;
    if (v->kind == OT__JSON_OBJECT || v->kind == OT__JSON_ARRAY || (v->kind != OT__JSON_STRING && !is_setting(f))) {
        error(j, OT__ALL, OT_ETYPE, "is no text");
        return;
    }
    if (v->kind != OT__JSON_STRING) {
        warn(j, OT__ALL, OT_ETYPE, "is no text; apps may take it for one");
        return;
    }
    if (v->escaped && holds_nul(ot__json_body(v))) {
        error(j, OT__ALL, OT_ESYNTAX, "holds a NUL");
        return;
    }
    ot_str body = ot__json_body(v), text = body;
    char *own = v->escaped ? ot_mem_alloc(body.len) : NULL;
    if (v->escaped) {
        if (!own) {
            j->l->status = OT_ENOMEM;
            return;
        }
        text = ot_str_of(own, ot__json_unescape(body, own));
    }
    if (f->kind == OT_KIND_ENUM) {
        bool action = f->type == OT_TYPE_CMD && f->ordinal == OT_CMD_action;
        if (!known_word(f, text))
            error(j, OT__ALL, OT_EUNKNOWN,
                  action ? "no app knows this action; Android drops with it the whole list of an HTTP answer"
                         : "no app knows this word");
    } else {
        judge_meaning(j, text);
    }
    ot_mem_free(own, body.len);
}

/* The rest */

static void judge_bool(const judge *j, const ot__json_value *v) {
    if (v->kind == OT__JSON_TRUE || v->kind == OT__JSON_FALSE) return;
    char buffer[64];
    ot_str text = v->raw;
    bool word = v->kind == OT__JSON_NUMBER || ot__lint_text(v, buffer, sizeof buffer, &text);
    static const char *const words[] = {"0", "1", "true", "false"};
    for (size_t i = 0; word && is_setting(j->field) && i < OT_COUNT(words); i++) {
        if (!ot_str_eq(text, ot_str_c(words[i]))) continue;
        warn(j, OT__ALL, OT_ETYPE, "is neither true nor false; not every app takes it for one");
        return;
    }
    error(j, OT__ALL, OT_ETYPE, "is neither true nor false");
}

/* A word of the list, or its number. */
static void judge_choice(const judge *j, const ot__json_value *v) {
    char buffer[128];
    ot_str text;
    if (!j->field->words[0]) {
        /* Android: a text with commas, though it exports a list. */
        if (v->kind != OT__JSON_STRING) error(j, OT__ALL, OT_ETYPE, "Android reads a text with commas, nothing else");
        return;
    }
    if (v->kind == OT__JSON_NUMBER) {
        int64_t count = 1;
        for (const char *p = j->field->words; *p; p++)
            count += *p == ' ';
        ot__num n;
        ot__json_number_scan(v->raw.ptr, v->raw.ptr + v->raw.len, &n, NULL);
        if (n.kind != OT__NUM_INT || n.i < 0 || n.i >= count)
            error(j, OT__ALL, OT_ERANGE, "is the number of no word that Android knows");
    } else if (v->kind != OT__JSON_STRING) {
        error(j, OT__ALL, OT_ETYPE, "is neither a word nor a number");
    } else if (!ot__lint_text(v, buffer, sizeof buffer, &text) || !known_word(j->field, text)) {
        error(j, OT__ALL, OT_EUNKNOWN, "is none of the words that Android knows");
    }
}

static void judge_null(const judge *j) {
    const ot_field *f = j->field;
    if (is_setting(f)) {
        if (f->ordinal == OT_CONFIGURATION_mode)
            error(j, OT__IOS, OT_ETYPE, "iOS stops here: the mode must be the number 0 or 3");
        else
            say(j, OT_SEVERITY_NOTE, OT__IOS, OT_OK, "null: iOS goes back to its default");
        warn(j, OT__ANDROID, OT_ETYPE, "null: Android passes it over");
    } else if (f->kind == OT_KIND_STR) {
        warn(j, OT__ALL, OT_ETYPE, "is null: leave it out");
    } else {
        error(j, OT__ALL, OT_ETYPE, "is null: leave it out");
    }
}

static void judge_objects(const judge *j, const ot__json_value *v) {
    ot_type nested = j->field->nested;
    if (j->field->kind == OT_KIND_OBJ) {
        if (v->kind == OT__JSON_OBJECT) return; /* whoever knows the type looks into it */
        error(j, OT__ALL, OT_ETYPE,
              v->kind == OT__JSON_ARRAY ? "is a list; an object around it is expected" : "is no object");
    } else if (v->kind != OT__JSON_ARRAY) {
        error(j, OT__ALL, OT_ETYPE,
              is_setting(j->field) ? "is no list: iOS stops here, after the other settings" : "is no list");
    } else if (nested == OT_TYPE_WAYPOINT) {
        ot__lint_waypoints(j->l, j->field, v);
    }
}

/* Whom does the member mean nothing? */
static uint32_t strangers(const ot_field *field) {
    uint32_t known = (field->flags & OT_FIELD_ANDROID ? OT_PLATFORM_ANDROID : 0) |
                     (field->flags & OT_FIELD_IOS ? OT_PLATFORM_IOS : 0) |
                     (field->flags & OT_FIELD_IOS_OLD ? OT_PLATFORM_IOS_OLD : 0);
    return known ? OT__ALL & ~known : 0;
}

void ot__lint_value(ot__lint *l, const ot_field *field, bool alias, const ot__json_value *value) {
    judge j = {l, field, value->raw.ptr};
    uint32_t mute = l->mute, strange = strangers(field);
    if (field->flags & OT_FIELD_UI_ONLY) {
        error(&j, OT__ALL, OT_EUNSUPPORTED, "can be changed by hand on the phone only");
        return;
    }
    if (field->flags & OT_FIELD_RETIRED && !(field->flags & OT_FIELD_IOS_OLD)) {
        warn(&j, OT__ALL, OT_EUNSUPPORTED, "no current app acts on it");
        return;
    }
    if (field->flags & OT_FIELD_HIDDEN)
        warn(&j, OT__ALL, OT_EUNSUPPORTED, "is the bookkeeping of an app, and means nothing here");
    if (alias) warn(&j, OT__ALL, OT_EUNSUPPORTED, "is an old name that not every app knows");
    if (strange) {
        bool harmless = field->type == OT_TYPE_WAYPOINT || field->type == OT_TYPE_CARD;
        if (harmless)
            say(&j, OT_SEVERITY_NOTE, strange, OT_OK, "is passed over there, without harm");
        else
            warn(&j, strange, OT_EUNSUPPORTED, "means nothing there");
        l->mute |= strange;
    }
    if (value->kind == OT__JSON_NULL) {
        judge_null(&j);
    } else {
        switch (field->kind) {
        case OT_KIND_BOOL:
            judge_bool(&j, value);
            break;
        case OT_KIND_I64:
        case OT_KIND_TIME:
        case OT_KIND_F64:
            judge_number(&j, value);
            break;
        case OT_KIND_STR:
        case OT_KIND_ENUM:
            judge_text(&j, value);
            break;
        case OT_KIND_OBJ:
        case OT_KIND_OBJS:
            judge_objects(&j, value);
            break;
        case OT_KIND_RAW:
            if (is_setting(field)) judge_choice(&j, value);
            break;
        case OT_KIND_STRS:
            if (value->kind != OT__JSON_ARRAY) error(&j, OT__ALL, OT_ETYPE, "is no list");
            break;
        }
    }
    l->mute = mute;
}
