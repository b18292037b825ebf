/* command.c: writing what goes to phones: composed from values, judged as a whole, and only then handed on. */
#include "command_lint.h"

#include <owntracks/message.h>

#include <stdio.h>

#define PAYLOAD_MAX ((size_t)8 << 20)

ot_status ot_command_topic(ot_type type, ot_str base, ot_str user, ot_str device, const ot_sink *sink,
                           ot_advice *advice, ot_error *error) {
    static const struct {
        ot_type type;
        ot_subtopic sub;
        ot_advice advice;
    } places[] = {{OT_TYPE_CMD, OT_SUBTOPIC_CMD, {1, false}},
                  {OT_TYPE_CARD, OT_SUBTOPIC_INFO, {1, true}},
                  {OT_TYPE_WAYPOINT, OT_SUBTOPIC_WAYPOINT, {1, false}},
                  {OT_TYPE_WAYPOINTS, OT_SUBTOPIC_WAYPOINTS, {1, false}}};
    for (size_t i = 0; i < OT_COUNT(places); i++) {
        if (places[i].type != type) continue;
        ot_status status = ot_topic_build(base, user, device, places[i].sub, sink, error);
        if (status == OT_OK && advice) *advice = places[i].advice;
        return status;
    }
    return ot_error_set(error, OT_EUNSUPPORTED, NULL, OT_NO_OFFSET, "messages of type %s have no topic of their own",
                        ot_type_name(type));
}

/* A text being made. */
typedef struct composer {
    ot_message *message;
    ot_error *error;
    const char *inside; /* the member of the command that is being made; NULL: the outermost object */
    ot__buf list, object, settings, whole; /* parts of parts, and what is sent */
} composer;

static ot_status begin(composer *c, uint32_t platforms, ot_error *error) {
    memset(c, 0, sizeof *c);
    c->error = error;
    if (!platforms || (platforms & ~OT__ALL))
        return ot_error_set(error, OT_EINVAL, "platforms", OT_NO_OFFSET,
                            "name at least one app, and only apps that there are");
    ot__buf_init(&c->list, PAYLOAD_MAX);
    ot__buf_init(&c->object, PAYLOAD_MAX);
    ot__buf_init(&c->settings, PAYLOAD_MAX);
    ot__buf_init(&c->whole, PAYLOAD_MAX);
    ot_status status = ot_message_new(NULL, &c->message);
    if (status != OT_OK) ot_error_set(error, status, NULL, OT_NO_OFFSET, "out of memory");
    return status;
}

static ot_status end(composer *c, ot_status status) {
    ot_message_free(c->message);
    ot__buf_free(&c->list);
    ot__buf_free(&c->object);
    ot__buf_free(&c->settings);
    ot__buf_free(&c->whole);
    return status;
}

/* Where the text has no more room. */
static ot_status grown(composer *c, const ot__buf *to) {
    if (to->status == OT_OK) return OT_OK;
    return ot_error_set(c->error, to->status, NULL, OT_NO_OFFSET,
                        to->status == OT_ELIMIT ? "the payload grows beyond 8 MiB" : "out of memory");
}

/* Adds an object; list: the key of the list of which it is the n-th, or NULL. */
static ot_status add_at(composer *c, ot__buf *to, ot_type type, const void *data, const char *list, size_t n) {
    ot_error inner = OT_ERROR_INIT;
    ot_status status = ot_message_from(c->message, type, data);
    ot_sink sink = ot__buf_sink(to);
    if (status == OT_OK) status = ot_message_encode(c->message, &sink, &inner);
    if (to->status != OT_OK) return grown(c, to);
    if (status == OT_OK) return OT_OK;
    char index[OT__NUM_TEXT + 2] = "", path[160];
    if (list) snprintf(index, sizeof index, "[%zu].", n);
    snprintf(path, sizeof path, "%s%s%s%s%s", c->inside ? c->inside : "", c->inside ? "." : "", list ? list : "", index,
             inner.field);
    return ot_error_set(c->error, status, path, OT_NO_OFFSET, "%s", inner.reason);
}

static ot_status add(composer *c, ot__buf *to, ot_type type, const void *data) {
    return add_at(c, to, type, data, NULL, 0);
}

/* The array of count structs of a type; key: of the member that it will be, for errors. */
static ot_status add_list(composer *c, ot__buf *to, ot_type type, const char *key, const void *data, size_t count) {
    size_t size = ot_type_struct_size(type);
    if (count && !data) return ot_error_set(c->error, OT_EINVAL, key, OT_NO_OFFSET, "there are none");
    ot__buf_text(to, "[");
    for (size_t i = 0; i < count; i++) {
        if (i) ot__buf_text(to, ",");
        ot_status status = add_at(c, to, type, (const char *)data + i * size, key, i);
        if (status != OT_OK) return status;
    }
    ot__buf_text(to, "]");
    return grown(c, to);
}

/* What the apps would say. */
static ot_status object_to(void *ctx, const ot_finding *finding) {
    if (finding->severity < OT_SEVERITY_WARNING) return OT_OK;
    ot_status status = finding->status;
    ot_error_set(ctx, status, finding->path, OT_NO_OFFSET, "%s (%s)", finding->reason,
                 ot_platform_text(finding->platforms));
    return status;
}

static ot_status hand_on(composer *c, uint32_t platforms, ot_carrier carrier, const ot_sink *sink) {
    if (!sink) return ot_error_set(c->error, OT_EINVAL, NULL, OT_NO_OFFSET, "there is no sink");
    ot_str text = ot__buf_str(&c->whole);
    ot_status status = ot_command_lint(text, platforms, object_to, c->error);
    if (status == OT_ENOMEM) ot_error_set(c->error, status, NULL, OT_NO_OFFSET, "out of memory");
    if (status != OT_OK) return status;
    return carrier == OT_CARRIER_PAYLOAD ? sink->write(sink->ctx, text.ptr, text.len)
                                         : ot_command_carry(text, carrier, sink, c->error);
}

/* The object with a list of waypoints in it, and nothing else. */
static ot_status add_waypoints(composer *c, ot__buf *to, const ot_waypoint *waypoints, size_t count) {
    const ot_field *field = ot_field_at(OT_TYPE_WAYPOINTS, OT_WAYPOINTS_waypoints);
    ot_status status = add_list(c, &c->list, OT_TYPE_WAYPOINT, field->key, waypoints, count);
    if (status != OT_OK) return status;
    ot_waypoints list = {.waypoints = ot__buf_str(&c->list)};
    OT_HAS_SET(&list, OT_WAYPOINTS_waypoints);
    return add(c, to, OT_TYPE_WAYPOINTS, &list);
}

static ot_status add_settings(composer *c, ot__buf *to, const ot_configuration *configuration,
                              const ot_waypoint *waypoints, size_t count) {
    ot_configuration all = *configuration;
    if (waypoints || count) {
        const ot_field *field = ot_field_at(OT_TYPE_CONFIGURATION, OT_CONFIGURATION_waypoints);
        if (OT_HAS(&all, OT_CONFIGURATION_waypoints))
            return ot_error_set(c->error, OT_EINVAL, field->key, OT_NO_OFFSET, "are given twice");
        ot_status status = add_list(c, &c->list, OT_TYPE_WAYPOINT, field->key, waypoints, count);
        if (status != OT_OK) return status;
        all.waypoints = ot__buf_str(&c->list);
        OT_HAS_SET(&all, OT_CONFIGURATION_waypoints);
    }
    return add(c, to, OT_TYPE_CONFIGURATION, &all);
}

/* Epoch seconds, cut. */
static int64_t seconds(ot_time when) {
    return when / 1000 - (when % 1000 < 0);
}

static ot_status wrong(composer *c, unsigned ordinal, const char *reason) {
    return ot_error_set(c->error, OT_EINVAL, ot_field_at(OT_TYPE_CMD, ordinal)->key, OT_NO_OFFSET, "%s", reason);
}

/* Members that are set, by ordinal, must belong to the action. */
static ot_status check_members(composer *c, const ot_command *k) {
    const struct {
        unsigned ordinal;
        bool set;
    } members[] = {{OT_CMD_from, k->from != OT_TIME_NONE},
                   {OT_CMD_to, k->to != OT_TIME_NONE},
                   {OT_CMD_waypoints, k->waypoints || k->waypoint_count},
                   {OT_CMD_configuration, k->configuration != NULL},
                   {OT_CMD_request, k->request.ptr != NULL},
                   {OT_CMD_status, k->status != 0},
                   {OT_CMD_tours, k->tours || k->tour_count},
                   {OT_CMD_content, k->content.ptr != NULL},
                   {OT_CMD_url, k->url.ptr != NULL},
                   {OT_CMD_notification, k->notification.ptr != NULL},
                   {OT_CMD_external, k->external}};
    for (size_t i = 0; i < OT_COUNT(members); i++) {
        if (members[i].set && !ot__action_has(k->action, members[i].ordinal))
            return wrong(c, members[i].ordinal, "does not belong to this action");
    }
    return OT_OK;
}

static void set_text(ot_cmd *cmd, unsigned ordinal, ot_str *member, ot_str text) {
    if (!text.ptr) return;
    *member = text;
    OT_HAS_SET(cmd, ordinal);
}

/* Goes into a member of the command: what is wrong from now on is wrong in there. */
static void go_into(composer *c, unsigned ordinal) {
    c->inside = ot_field_at(OT_TYPE_CMD, ordinal)->key;
}

static ot_status fill_response(composer *c, const ot_command *k, ot_cmd *cmd) {
    const char *known = ot_field_at(OT_TYPE_CMD, OT_CMD_request)->words;
    ot_status status;
    set_text(cmd, OT_CMD_request, &cmd->request, k->request);
    if (ot_str_eq(k->request, ot_str_of(known, strcspn(known, " ")))) {
        cmd->status = k->status;
        OT_HAS_SET(cmd, OT_CMD_status);
        if (k->tour_count > 1 || (k->tour_count && !k->tours)) return wrong(c, OT_CMD_tours, "must be one");
        if (!k->tour_count) return OT_OK;
        go_into(c, OT_CMD_tour);
        status = add(c, &c->object, OT_TYPE_TOUR, k->tours);
        set_text(cmd, OT_CMD_tour, &cmd->tour, ot__buf_str(&c->object));
        return status;
    }
    if (k->status) return wrong(c, OT_CMD_status, "belongs to the answer about one tour");
    status = add_list(c, &c->list, OT_TYPE_TOUR, ot_field_at(OT_TYPE_CMD, OT_CMD_tours)->key, k->tours, k->tour_count);
    set_text(cmd, OT_CMD_tours, &cmd->tours, ot__buf_str(&c->list));
    cmd->ntours = (int64_t)k->tour_count;
    OT_HAS_SET(cmd, OT_CMD_ntours);
    return status;
}

static ot_status fill(composer *c, const ot_command *k, ot_cmd *cmd) {
    ot_status status = OT_OK;
    switch (k->action) {
    case OT_ACTION_REPORT_STEPS:
        if (k->from != OT_TIME_NONE) {
            cmd->from = seconds(k->from);
            OT_HAS_SET(cmd, OT_CMD_from);
        }
        if (k->to != OT_TIME_NONE) {
            cmd->to = seconds(k->to);
            OT_HAS_SET(cmd, OT_CMD_to);
        }
        break;
    case OT_ACTION_SET_WAYPOINTS:
        go_into(c, OT_CMD_waypoints);
        status = add_waypoints(c, &c->object, k->waypoints, k->waypoint_count);
        set_text(cmd, OT_CMD_waypoints, &cmd->waypoints, ot__buf_str(&c->object));
        break;
    case OT_ACTION_SET_CONFIGURATION:
        if (!k->configuration) return wrong(c, OT_CMD_configuration, "is missing");
        go_into(c, OT_CMD_configuration);
        status = add_settings(c, &c->settings, k->configuration, k->waypoints, k->waypoint_count);
        set_text(cmd, OT_CMD_configuration, &cmd->configuration, ot__buf_str(&c->settings));
        break;
    case OT_ACTION_RESPONSE:
        status = fill_response(c, k, cmd);
        break;
    case OT_ACTION_ACTION:
        set_text(cmd, OT_CMD_content, &cmd->content, k->content);
        set_text(cmd, OT_CMD_url, &cmd->url, k->url);
        set_text(cmd, OT_CMD_notification, &cmd->notification, k->notification);
        if (k->external) {
            cmd->external = true;
            OT_HAS_SET(cmd, OT_CMD_external);
        }
        break;
    default:
        break;
    }
    return status;
}

ot_status ot_command_write(const ot_command *command, const ot_sink *sink, ot_error *error) {
    composer c;
    if (!command || command->size < sizeof *command || !ot_action_about(command->action)) {
        return ot_error_set(error, OT_EINVAL, ot_field_at(OT_TYPE_CMD, OT_CMD_action)->key, OT_NO_OFFSET,
                            "there is no such action");
    }
    ot_cmd cmd = {.action = ot_action_text(command->action)};
    OT_HAS_SET(&cmd, OT_CMD_action);
    ot_status status = begin(&c, command->platforms, error);
    if (status == OT_OK) status = check_members(&c, command);
    if (status == OT_OK) status = fill(&c, command, &cmd);
    c.inside = NULL;
    if (status == OT_OK) status = add(&c, &c.whole, OT_TYPE_CMD, &cmd);
    if (status == OT_OK) status = hand_on(&c, command->platforms, OT_CARRIER_PAYLOAD, sink);
    return end(&c, status);
}

ot_status ot_configuration_write(const ot_configuration *configuration, const ot_waypoint *waypoints, size_t count,
                                 uint32_t platforms, ot_carrier carrier, const ot_sink *sink, ot_error *error) {
    composer c;
    ot_status status = begin(&c, platforms, error);
    if (status == OT_OK && !configuration)
        status = ot_error_set(error, OT_EINVAL, NULL, OT_NO_OFFSET, "there are no settings");
    if (status == OT_OK) status = add_settings(&c, &c.whole, configuration, waypoints, count);
    if (status == OT_OK) status = hand_on(&c, platforms, carrier, sink);
    return end(&c, status);
}

ot_status ot_waypoint_write(const ot_waypoint *waypoint, uint32_t platforms, const ot_sink *sink, ot_error *error) {
    composer c;
    ot_status status = begin(&c, platforms, error);
    if (status == OT_OK && !waypoint)
        status = ot_error_set(error, OT_EINVAL, NULL, OT_NO_OFFSET, "there is no waypoint");
    if (status == OT_OK) status = add(&c, &c.whole, OT_TYPE_WAYPOINT, waypoint);
    if (status == OT_OK) status = hand_on(&c, platforms, OT_CARRIER_PAYLOAD, sink);
    return end(&c, status);
}

ot_status ot_waypoints_write(const ot_waypoint *waypoints, size_t count, uint32_t platforms, ot_carrier carrier,
                             const ot_sink *sink, ot_error *error) {
    composer c;
    ot_status status = begin(&c, platforms, error);
    if (status == OT_OK) status = add_waypoints(&c, &c.whole, waypoints, count);
    if (status == OT_OK) status = hand_on(&c, platforms, carrier, sink);
    return end(&c, status);
}

ot_status ot_card_write(const ot_card *card, ot_str picture, uint32_t platforms, const ot_sink *sink, ot_error *error) {
    composer c;
    const char *face = ot_field_at(OT_TYPE_CARD, OT_CARD_face)->key;
    ot_status status = begin(&c, platforms, error);
    if (status == OT_OK && !card) status = ot_error_set(error, OT_EINVAL, NULL, OT_NO_OFFSET, "there is no card");
    if (status != OT_OK) return end(&c, status);
    ot_card whole = *card;
    if (picture.len) {
        size_t len = ot__base64_encoded_len(picture.len);
        if (OT_HAS(card, OT_CARD_face))
            status = ot_error_set(error, OT_EINVAL, face, OT_NO_OFFSET, "is given twice");
        else if (!ot__is_picture(picture))
            status = ot_error_set(error, OT_ETYPE, face, OT_NO_OFFSET, "is neither PNG nor JPEG");
        else if ((status = ot__buf_reserve(&c.list, len)) != OT_OK)
            grown(&c, &c.list);
        else
            ot__base64_encode(picture, c.list.data);
        whole.face = ot_str_of(c.list.data, len);
        OT_HAS_SET(&whole, OT_CARD_face);
    }
    if (status == OT_OK) status = add(&c, &c.whole, OT_TYPE_CARD, &whole);
    if (status == OT_OK) status = hand_on(&c, platforms, OT_CARRIER_PAYLOAD, sink);
    return end(&c, status);
}
