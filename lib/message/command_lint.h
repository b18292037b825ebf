/* command_lint.h: what the judges of texts for phones share. Private, never installed. */
#ifndef OT_COMMAND_LINT_H
#define OT_COMMAND_LINT_H

#include "../codec/codec.h"
#include "../schema/table.h"

#include <owntracks/command.h>

#define OT__ANDROID OT_PLATFORM_ANDROID
#define OT__IOS     (OT_PLATFORM_IOS | OT_PLATFORM_IOS_OLD)
#define OT__ALL     (OT__ANDROID | OT__IOS)

/* A judgement under way. */
typedef struct ot__lint {
    ot_status (*report)(void *ctx, const ot_finding *finding);
    void *ctx;
    const char *base;   /* of the payload */
    uint32_t platforms; /* asked about */
    uint32_t mute;      /* of them, those that do not come to this member at all */
    ot_status status;   /* OT_OK: go on */
    size_t path_len;
    char path[160];
} ot__lint;

/* An object with its members by ordinal: the last one where a key stands there twice. */
typedef struct ot__members {
    const ot__type *type;
    ot_str raw;
    ot__json_value type_text; /* of OT__TYPE_KEY; kind NONE: absent */
    ot__json_value values[128];
} ot__members;

/* Goes into a member or an element; leave with the length that was there before. */
size_t ot__lint_enter(ot__lint *l, const char *key, size_t key_len);
size_t ot__lint_enter_at(ot__lint *l, size_t index);
static inline void ot__lint_leave(ot__lint *l, size_t len) {
    l->path_len = len;
    l->path[len] = 0;
}

/* Tells of one thing, to those of the platforms that were asked about. */
void ot__lint_say(ot__lint *l, ot_severity severity, uint32_t platforms, ot_status status, const ot_field *field,
                  const char *at, const char *reason);
/* Of a member of the object in which one is. */
void ot__lint_member(ot__lint *l, ot_severity severity, uint32_t platforms, ot_status status, const ot_field *field,
                     const char *at, const char *reason);

/* command_values.c: one member that has a field, by its row and by what is known of it besides. alias: the key is an old one. */
void ot__lint_value(ot__lint *l, const ot_field *field, bool alias, const ot__json_value *value);
/* The text of a string without escapes; false: it does not fit. */
bool ot__lint_text(const ot__json_value *string, char *buffer, size_t size, ot_str *out);
/* Is it there, and not null? */
static inline bool ot__lint_has(const ot__json_value *value) {
    return value->kind > OT__JSON_NULL;
}

/* command_lint.c: all members of an object of this type. Returns what is in it, for what only the whole tells; not to be used when l->status says so. */
void ot__lint_members(ot__lint *l, const ot__type *type, const ot__json_value *object, ot__members *out);

/* command_waypoints.c: the array of waypoints in a list or a configuration. */
void ot__lint_waypoints(ot__lint *l, const ot_field *field, const ot__json_value *array);
/* One waypoint; nested: in such an array. */
void ot__lint_waypoint(ot__lint *l, const ot__json_value *object, bool nested, ot__members *w);

/* command_card.c */
void ot__lint_card(ot__lint *l, const ot__members *card);
/* What an image is by its first bytes. */
bool ot__is_picture(ot_str bytes);

/* command_action.c: the platforms that obey an action, and the members it has. */
void ot__lint_cmd(ot__lint *l, const ot__json_value *object);
/* Does this member belong to the action? */
bool ot__action_has(ot_action action, unsigned ordinal);

/* command_lint.c */
void ot__lint_configuration(ot__lint *l, const ot__json_value *object, bool nested);

#endif
