/* command_action.c: the actions: who obeys them, what belongs to them; judging a command as a whole. */
#include "command_lint.h"

#define BIT(member) (UINT64_C(1) << OT_CMD_##member)
#define ALWAYS                                                                                                         \
    (BIT(action) | BIT(tid) | BIT(created_at) | BIT(id) | BIT(topic) | BIT(qos) | BIT(retained) | BIT(modeId))
#define NEEDS_CMD    "commands must be switched on, which they are not by default"
#define NEEDS_REMOTE "commands and remote configuration must be switched on, which they are not by default"

/* By the place of their word, from 1. */
static const struct {
    ot_action_info info;
    uint64_t members;
} actions[] = {
    {{OT_ACTION_REPORT_LOCATION, OT__ALL, OT_TYPE_LOCATION, "monitoring must be significant or move",
      "commands (off by default) and remote location must be switched on, and monitoring be significant or move"},
     0},
    {{OT_ACTION_STATUS, OT__ALL, OT_TYPE_STATUS, "", NEEDS_CMD}, 0},
    {{OT_ACTION_WAYPOINTS, OT__ALL, OT_TYPE_WAYPOINTS, "", NEEDS_CMD}, 0},
    {{OT_ACTION_DUMP, OT__IOS, OT_TYPE_DUMP, "", NEEDS_CMD "; the answer holds secrets"}, 0},
    {{OT_ACTION_REPORT_STEPS, OT__IOS, OT_TYPE_STEPS, "", NEEDS_CMD}, BIT(from) | BIT(to)},
    {{OT_ACTION_SET_WAYPOINTS, OT__ALL, OT_TYPE_NONE, "", NEEDS_REMOTE}, BIT(waypoints) | BIT(payload)},
    {{OT_ACTION_CLEAR_WAYPOINTS, OT__ALL, OT_TYPE_NONE, "", NEEDS_REMOTE}, 0},
    {{OT_ACTION_SET_CONFIGURATION, OT__ALL, OT_TYPE_NONE,
      "remote configuration must be switched on, which it is not by default", NEEDS_REMOTE},
     BIT(configuration) | BIT(waypoints) | BIT(payload)},
    {{OT_ACTION_RESPONSE, OT__IOS, OT_TYPE_NONE, "", NEEDS_CMD},
     BIT(request) | BIT(status) | BIT(tour) | BIT(tours) | BIT(ntours)},
    {{OT_ACTION_ACTION, OT_PLATFORM_IOS_OLD, OT_TYPE_NONE, "", NEEDS_CMD},
     BIT(content) | BIT(url) | BIT(external) | BIT(notification)},
    {{OT_ACTION_RESTART, 0, OT_TYPE_NONE, "", ""}, 0},
    {{OT_ACTION_RECONNECT, 0, OT_TYPE_NONE, "", ""}, 0},
};

const ot_action_info *ot_action_about(ot_action action) {
    unsigned n = (unsigned)action - 1;
    return n < OT_COUNT(actions) ? &actions[n].info : NULL;
}

bool ot__action_has(ot_action action, unsigned ordinal) {
    return ((actions[(unsigned)action - 1].members | ALWAYS) >> ordinal & 1) != 0;
}

static const char *words(void) {
    return ot_field_at(OT_TYPE_CMD, OT_CMD_action)->words;
}

ot_str ot_action_text(ot_action action) {
    const char *p = words();
    if (!ot_action_about(action)) return ot_str_of(NULL, 0);
    for (unsigned n = (unsigned)action; --n;)
        p += strcspn(p, " ") + 1;
    return ot_str_of(p, strcspn(p, " "));
}

ot_action ot_action_of(ot_str text) {
    for (unsigned n = 1; n <= OT_COUNT(actions); n++) {
        if (ot_str_eq(ot_action_text((ot_action)n), text)) return (ot_action)n;
    }
    return OT_ACTION_NONE;
}

/* Judging */

static const ot_field *field_of(unsigned ordinal) {
    return ot_field_at(OT_TYPE_CMD, ordinal);
}

/* An object inside must say its own type, for iOS. */
static void demand_type(ot__lint *l, const ot__json_value *object, const ot__json_value *type_text, ot_type type) {
    char buffer[128];
    ot_str text;
    if (ot__lint_text(type_text, buffer, sizeof buffer, &text) && ot_str_eq(text, ot_str_c(ot_type_text(type)))) return;
    size_t before = ot__lint_enter(l, OT__TYPE_KEY, sizeof OT__TYPE_KEY - 1);
    ot__lint_say(l, OT_SEVERITY_ERROR, OT__IOS, type_text->kind ? OT_ETYPE : OT_EMISSING, NULL,
                 type_text->kind ? type_text->raw.ptr : object->raw.ptr,
                 "must name the type of this object: iOS takes it not");
    ot__lint_leave(l, before);
}

static void find_type(const ot__json_value *object, ot__json_value *out) {
    ot_str key;
    bool escaped;
    ot__json_value value;
    out->kind = OT__JSON_NONE;
    for (size_t at = 0; ot__json_object_next(object->raw, &at, &key, &escaped, &value);) {
        if (ot__json_key_eq(key, escaped, OT_STR(OT__TYPE_KEY))) *out = value;
    }
}

/* The member with the object that the action is about. Absent: told, and false. Of another type: told already. */
static bool demand(ot__lint *l, const ot__members *cmd, unsigned ordinal, ot__json_kind kind) {
    const ot__json_value *v = &cmd->values[ordinal];
    if (!ot__lint_has(v)) {
        ot__lint_member(l, OT_SEVERITY_ERROR, OT__ALL, OT_EMISSING, field_of(ordinal), cmd->raw.ptr, "is missing");
        return false;
    }
    return v->kind == kind;
}

static void judge_list(ot__lint *l, const ot__json_value *object) {
    ot__members list;
    const ot_field *in = field_of(OT_CMD_waypoints);
    size_t before = ot__lint_enter(l, in->key, strlen(in->key));
    ot__lint_members(l, ot__type_of(OT_TYPE_WAYPOINTS), object, &list);
    demand_type(l, object, &list.type_text, OT_TYPE_WAYPOINTS);
    if (!ot__lint_has(&list.values[OT_WAYPOINTS_waypoints])) {
        ot__lint_member(l, OT_SEVERITY_ERROR, OT__ALL, OT_EMISSING, &list.type->fields[OT_WAYPOINTS_waypoints],
                        object->raw.ptr, "is missing");
    }
    ot__lint_leave(l, before);
}

static void judge_settings(ot__lint *l, const ot__members *cmd) {
    const ot__json_value *waypoints = &cmd->values[OT_CMD_waypoints];
    if (demand(l, cmd, OT_CMD_configuration, OT__JSON_OBJECT)) {
        const ot__json_value *object = &cmd->values[OT_CMD_configuration];
        ot__json_value type;
        const ot_field *in = field_of(OT_CMD_configuration);
        size_t before = ot__lint_enter(l, in->key, strlen(in->key));
        find_type(object, &type);
        demand_type(l, object, &type, OT_TYPE_CONFIGURATION);
        ot__lint_configuration(l, object, true);
        ot__lint_leave(l, before);
    }
    if (!ot__lint_has(waypoints)) return;
    ot__lint_member(l, OT_SEVERITY_WARNING, OT__IOS, OT_EUNSUPPORTED, field_of(OT_CMD_waypoints), waypoints->raw.ptr,
                    "iOS looks for waypoints in the configuration");
    uint32_t mute = l->mute;
    l->mute |= OT__IOS;
    if (waypoints->kind == OT__JSON_OBJECT) judge_list(l, waypoints);
    l->mute = mute;
}

static bool number_of(const ot__json_value *v, double *out) {
    ot__num n;
    if (v->kind != OT__JSON_NUMBER || !ot__json_number_scan(v->raw.ptr, v->raw.ptr + v->raw.len, &n, NULL))
        return false;
    *out = n.d;
    return true;
}

/* Tours */

/* Four digits, two, two, T, and the time, without a zone. */
static bool good_date(ot_str text) {
    static const char form[] = "0000-00-00T00:00:00";
    char zoned[sizeof form + 1];
    ot_time when;
    if (text.len != sizeof form - 1) return false;
    for (size_t i = 0; i < text.len; i++) {
        bool digit = text.ptr[i] >= '0' && text.ptr[i] <= '9';
        if (form[i] == '0' ? !digit : text.ptr[i] != form[i]) return false;
    }
    memcpy(zoned, text.ptr, text.len);
    zoned[text.len] = 'Z';
    return ot_time_parse(ot_str_of(zoned, text.len + 1), OT_TIME_FROM, NULL, 0, &when, NULL) == OT_OK;
}

static void judge_tour(ot__lint *l, const ot__json_value *object) {
    ot__members t;
    ot__lint_members(l, ot__type_of(OT_TYPE_TOUR), object, &t);
    static const unsigned wanted[] = {OT_TOUR_label, OT_TOUR_from, OT_TOUR_to, OT_TOUR_uuid, OT_TOUR_url};
    for (size_t i = 0; i < OT_COUNT(wanted); i++) {
        const ot__json_value *v = &t.values[wanted[i]];
        const ot_field *field = &t.type->fields[wanted[i]];
        char buffer[128];
        ot_str text;
        bool date = wanted[i] == OT_TOUR_from || wanted[i] == OT_TOUR_to;
        if (!ot__lint_has(v)) {
            ot__lint_member(l, OT_SEVERITY_ERROR, OT__IOS, OT_EMISSING, field, object->raw.ptr, "is missing");
        } else if (date && v->kind == OT__JSON_STRING &&
                   !(ot__lint_text(v, buffer, sizeof buffer, &text) && good_date(text))) {
            ot__lint_member(l, OT_SEVERITY_ERROR, OT__IOS, OT_ESYNTAX, field, v->raw.ptr,
                            "is no date and time without zone: iOS may crash");
        }
    }
}

static void judge_tours(ot__lint *l, const ot__members *cmd) {
    const ot__json_value *tours = &cmd->values[OT_CMD_tours], *ntours = &cmd->values[OT_CMD_ntours];
    if (!demand(l, cmd, OT_CMD_tours, OT__JSON_ARRAY)) return;
    const ot_field *in = field_of(OT_CMD_tours);
    size_t before = ot__lint_enter(l, in->key, strlen(in->key)), count = 0;
    ot__json_value element;
    for (size_t at = 0; l->status == OT_OK && ot__json_array_next(tours->raw, &at, &element); count++) {
        size_t outside = ot__lint_enter_at(l, count);
        if (element.kind == OT__JSON_OBJECT)
            judge_tour(l, &element);
        else
            ot__lint_say(l, OT_SEVERITY_ERROR, OT__IOS, OT_ETYPE, in, element.raw.ptr, "is no object");
        ot__lint_leave(l, outside);
    }
    ot__lint_leave(l, before);
    double said;
    if (!number_of(ntours, &said) || said != (double)count) {
        ot__lint_member(l, OT_SEVERITY_WARNING, OT__IOS, ntours->kind ? OT_ERANGE : OT_EMISSING,
                        field_of(OT_CMD_ntours), ntours->kind ? ntours->raw.ptr : cmd->raw.ptr,
                        "is not the number of tours in the list");
    }
}

static void judge_response(ot__lint *l, const ot__members *cmd) {
    char buffer[128];
    ot_str request;
    if (!demand(l, cmd, OT_CMD_request, OT__JSON_STRING)) return;
    const ot__json_value *v = &cmd->values[OT_CMD_request];
    if (!ot__lint_text(v, buffer, sizeof buffer, &request)) return;
    const char *known = field_of(OT_CMD_request)->words; /* of one, of many, of none */
    size_t one = strcspn(known, " "), many = strcspn(known + one + 1, " ");
    if (ot_str_eq(request, ot_str_of(known + one + 1, many))) {
        judge_tours(l, cmd);
    } else if (ot_str_eq(request, ot_str_of(known, one))) {
        double status;
        if (!demand(l, cmd, OT_CMD_status, OT__JSON_NUMBER) || !number_of(&cmd->values[OT_CMD_status], &status) ||
            status != 200.0 || !demand(l, cmd, OT_CMD_tour, OT__JSON_OBJECT))
            return;
        const ot_field *in = field_of(OT_CMD_tour);
        size_t before = ot__lint_enter(l, in->key, strlen(in->key));
        judge_tour(l, &cmd->values[OT_CMD_tour]);
        ot__lint_leave(l, before);
    } else {
        ot__lint_member(l, OT_SEVERITY_ERROR, OT__IOS, OT_EUNKNOWN, field_of(OT_CMD_request), v->raw.ptr,
                        "is a request that gets no answer");
    }
}

static void judge_obedience(ot__lint *l, const ot_action_info *info, const ot__json_value *v) {
    const ot_field *field = field_of(OT_CMD_action);
    ot__lint_member(l, OT_SEVERITY_ERROR, OT__ANDROID & ~info->platforms, OT_EUNSUPPORTED, field, v->raw.ptr,
                    "Android drops this action, and in an HTTP answer the whole list with it");
    ot__lint_member(l, OT_SEVERITY_ERROR, OT__IOS & ~info->platforms, OT_EUNSUPPORTED, field, v->raw.ptr,
                    info->platforms ? "iOS obeys this action no longer" : "no current app obeys this action");
    if (info->needs_android[0] && info->platforms & OT__ANDROID)
        ot__lint_member(l, OT_SEVERITY_NOTE, OT__ANDROID, OT_OK, field, v->raw.ptr, info->needs_android);
    if (info->needs_ios[0])
        ot__lint_member(l, OT_SEVERITY_NOTE, OT__IOS & info->platforms, OT_OK, field, v->raw.ptr, info->needs_ios);
}

void ot__lint_cmd(ot__lint *l, const ot__json_value *object) {
    ot__members cmd;
    char buffer[128];
    ot_str text;
    ot__lint_members(l, ot__type_of(OT_TYPE_CMD), object, &cmd);
    const ot__json_value *v = &cmd.values[OT_CMD_action];
    if (!demand(l, &cmd, OT_CMD_action, OT__JSON_STRING)) return;
    ot_action action = ot__lint_text(v, buffer, sizeof buffer, &text) ? ot_action_of(text) : OT_ACTION_NONE;
    if (!action) return; /* told of the member */
    judge_obedience(l, ot_action_about(action), v);
    uint32_t mute = l->mute;
    l->mute |= ~ot_action_about(action)->platforms;
    if (action == OT_ACTION_SET_WAYPOINTS) {
        if (demand(l, &cmd, OT_CMD_waypoints, OT__JSON_OBJECT)) judge_list(l, &cmd.values[OT_CMD_waypoints]);
    } else if (action == OT_ACTION_SET_CONFIGURATION) {
        judge_settings(l, &cmd);
    } else if (action == OT_ACTION_RESPONSE) {
        judge_response(l, &cmd);
    } else if (action == OT_ACTION_REPORT_STEPS) {
        double from, to;
        if (number_of(&cmd.values[OT_CMD_from], &from) && number_of(&cmd.values[OT_CMD_to], &to) && from > to)
            ot__lint_member(l, OT_SEVERITY_WARNING, OT__ALL, OT_ERANGE, field_of(OT_CMD_from),
                            cmd.values[OT_CMD_from].raw.ptr, "is later than the end");
    }
    l->mute = mute;
}
