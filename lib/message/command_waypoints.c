/* command_waypoints.c: judging waypoints as the apps import them: alone, and against each other, as each app has a key of its own for them. */
#include "command_lint.h"

#include <stdlib.h>

/* More than any phone can hold; bounds memory and time. */
#define WAYPOINTS_MAX 10000

/* What makes a waypoint one: on Android its tst; on iOS its rid, or, without one, its name and tst. */
typedef struct identity {
    const char *at;
    size_t index;
    int64_t tst;
    ot_str name; /* the rid or the name as it stands in the payload, with quotes */
    bool has_tst, has_rid;
} identity;

static int by_tst(const void *pa, const void *pb) {
    const identity *a = pa, *b = pb;
    if (a->has_tst != b->has_tst) return a->has_tst ? -1 : 1;
    if (a->tst != b->tst) return a->tst < b->tst ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static int same_region(const identity *a, const identity *b) {
    if (a->has_rid != b->has_rid) return a->has_rid ? -1 : 1;
    int order = ot_str_cmp(a->name, b->name);
    if (order || a->has_rid) return order;
    if (a->has_tst != b->has_tst) return a->has_tst ? -1 : 1;
    return a->tst < b->tst ? -1 : a->tst > b->tst;
}

static int by_region(const void *pa, const void *pb) {
    const identity *a = pa, *b = pb;
    int order = same_region(a, b);
    return order ? order : a->index < b->index ? -1 : a->index > b->index;
}

static void tell(ot__lint *l, uint32_t platform, unsigned ordinal, const identity *i, const char *reason) {
    size_t before = ot__lint_enter_at(l, i->index);
    ot__lint_member(l, OT_SEVERITY_WARNING, platform, OT_EDUPLICATE, ot_field_at(OT_TYPE_WAYPOINT, ordinal), i->at,
                    reason);
    ot__lint_leave(l, before);
}

static void compare(ot__lint *l, identity *list, size_t count) {
    qsort(list, count, sizeof *list, by_tst);
    for (size_t i = 1; i < count && l->platforms & OT__ANDROID; i++) {
        if (list[i].has_tst && list[i - 1].has_tst && list[i].tst == list[i - 1].tst)
            tell(l, OT__ANDROID, OT_WAYPOINT_tst, &list[i],
                 "another waypoint has the same: on Android the last one takes its place");
    }
    qsort(list, count, sizeof *list, by_region);
    for (size_t i = 1; i < count && l->platforms & OT__IOS; i++) {
        if (same_region(&list[i - 1], &list[i]) != 0 || (!list[i].has_rid && !list[i].has_tst)) continue;
        tell(l, OT__IOS, list[i].has_rid ? OT_WAYPOINT_rid : OT_WAYPOINT_desc, &list[i],
             list[i].has_rid ? "another waypoint has the same: on iOS the last one takes its place"
                             : "another waypoint has the same and the same tst: on iOS the last one takes its place");
    }
}

static void identify(const ot__members *w, identity *out) {
    const ot__json_value *tst = &w->values[OT_WAYPOINT_tst], *rid = &w->values[OT_WAYPOINT_rid];
    ot__num n;
    out->at = w->raw.ptr;
    if (tst->kind == OT__JSON_NUMBER && ot__json_number_scan(tst->raw.ptr, tst->raw.ptr + tst->raw.len, &n, NULL) &&
        n.kind == OT__NUM_INT) {
        out->has_tst = true;
        out->tst = n.i;
        out->at = tst->raw.ptr;
    }
    out->has_rid = rid->kind == OT__JSON_STRING;
    out->name = out->has_rid ? rid->raw : w->values[OT_WAYPOINT_desc].raw;
}

void ot__lint_waypoints(ot__lint *l, const ot_field *field, const ot__json_value *array) {
    ot__json_value element;
    size_t count = 0, index = 0, known = 0;
    for (size_t at = 0; count <= WAYPOINTS_MAX && ot__json_array_next(array->raw, &at, &element);)
        count++;
    if (!count) return;
    if (count > WAYPOINTS_MAX) {
        count = WAYPOINTS_MAX;
        ot__lint_say(l, OT_SEVERITY_WARNING, OT__ALL, OT_ELIMIT, field, array->raw.ptr,
                     "has more than 10,000 elements; the others were not looked at");
    }
    identity *list = ot_mem_zalloc(count, sizeof *list);
    if (!list) {
        l->status = OT_ENOMEM;
        return;
    }
    for (size_t at = 0; l->status == OT_OK && index < count && ot__json_array_next(array->raw, &at, &element);
         index++) {
        size_t before = ot__lint_enter_at(l, index);
        if (element.kind != OT__JSON_OBJECT) {
            ot__lint_say(l, OT_SEVERITY_ERROR, OT__ALL, OT_ETYPE, field, element.raw.ptr, "is no object");
        } else {
            ot__members w;
            ot__lint_waypoint(l, &element, true, &w);
            if (l->status == OT_OK) {
                list[known].index = index;
                identify(&w, &list[known++]);
            }
        }
        ot__lint_leave(l, before);
    }
    if (l->status == OT_OK) compare(l, list, known);
    ot_mem_free(list, count * sizeof *list);
}

void ot__lint_waypoint(ot__lint *l, const ot__json_value *object, bool nested, ot__members *w) {
    const ot__type *type = ot__type_of(OT_TYPE_WAYPOINT);
    ot__lint_members(l, type, object, w);
    if (l->status != OT_OK) return;
    ot_str text;
    char buffer[128];
    if (nested &&
        (!ot__lint_text(&w->type_text, buffer, sizeof buffer, &text) || !ot_str_eq(text, ot_str_c(type->text)))) {
        size_t before = ot__lint_enter(l, OT__TYPE_KEY, sizeof OT__TYPE_KEY - 1);
        ot__lint_say(l, OT_SEVERITY_ERROR, OT__IOS, w->type_text.kind ? OT_ETYPE : OT_EMISSING, NULL,
                     w->type_text.kind ? w->type_text.raw.ptr : object->raw.ptr,
                     "must say that this is a waypoint: iOS passes it over");
        ot__lint_leave(l, before);
    }
    static const struct {
        unsigned ordinal;
        bool demanded; /* by iOS */
        const char *ios, *android;
    } wanted[] = {
        {OT_WAYPOINT_desc, true, "is missing: iOS passes the waypoint over", "is missing: Android shows no name"},
        {OT_WAYPOINT_tst, true, "is missing: iOS passes the waypoint over",
         "is missing: Android takes 0, and several such overwrite each other"},
        {OT_WAYPOINT_lat, false, "is missing: taken as 0", "is missing: taken as 0"},
        {OT_WAYPOINT_lon, false, "is missing: taken as 0", "is missing: taken as 0"},
    };
    for (size_t i = 0; i < OT_COUNT(wanted); i++) {
        if (ot__lint_has(&w->values[wanted[i].ordinal])) continue;
        const ot_field *field = &type->fields[wanted[i].ordinal];
        ot__lint_member(l, wanted[i].demanded ? OT_SEVERITY_ERROR : OT_SEVERITY_WARNING, OT__IOS, OT_EMISSING, field,
                        object->raw.ptr, wanted[i].ios);
        ot__lint_member(l, OT_SEVERITY_WARNING, OT__ANDROID, OT_EMISSING, field, object->raw.ptr, wanted[i].android);
    }
}
