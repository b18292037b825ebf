/** @file topic.h
 *  @brief Topics: MQTT names and filters, and what an OwnTracks topic says of user, device and subtopic.
 *
 *  Levels are data. They are never normalised, lower-cased or joined into another name: "a//b" is not "a/b".
 *  Sources: MQTT 3.1.1 section 4.7, MQTT 5 section 4.7; docs/protocol.md, section "Topics". */
#ifndef OWNTRACKS_TOPIC_H
#define OWNTRACKS_TOPIC_H

#include <owntracks/str.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OT_TOPIC_MAX 65535 /**< Bytes of a topic at most (MQTT 1.5.3 / 1.5.4). */

/** The subtopics that mean something, with their text behind the base. Numbers never change. */
#define OT_SUBTOPIC_MAP(X)                                                                                             \
    X(BASE, 0, "")                                                                                                     \
    X(EVENT, 1, "event")                                                                                               \
    X(WAYPOINT, 2, "waypoint")                                                                                         \
    X(WAYPOINTS, 3, "waypoints")                                                                                       \
    X(STATUS, 4, "status")                                                                                             \
    X(DUMP, 5, "dump")                                                                                                 \
    X(STEP, 6, "step")                                                                                                 \
    X(BEACON, 7, "beacon")                                                                                             \
    X(REQUEST, 8, "request")                                                                                           \
    X(CMD, 9, "cmd")                                                                                                   \
    X(INFO, 10, "info")                                                                                                \
    X(PICO, 11, "pico")                                                                                                \
    X(MSG, 12, "msg")

/** What stands behind the base of a topic. A receiver decides by `_type`, not by this. */
typedef enum ot_subtopic {
#define OT_SUBTOPIC_ENUM_ROW(name, number, text) OT_SUBTOPIC_##name = number,
    OT_SUBTOPIC_MAP(OT_SUBTOPIC_ENUM_ROW)
#undef OT_SUBTOPIC_ENUM_ROW
        OT_SUBTOPIC_OTHER = 255 /**< Anything else: see ot_topic::rest. */
} ot_subtopic;

/** A parsed topic: views into the text that was parsed, valid as long as that is. The layout is frozen. */
typedef struct ot_topic {
    ot_str name; /**< The whole topic, as received. */
    /** What stands before the user level without the slash between: "owntracks", "/owntracks", "a/b" or "". */
    ot_str root;
    ot_str user;     /**< At least one byte. */
    ot_str device;   /**< At least one byte. */
    ot_str rest;     /**< What follows the base without the slash between; absent when nothing follows. */
    ot_subtopic sub; /**< What rest means. */
    /** Which base matched: its number in the order in which they were added; UINT32_MAX for the default rule. */
    uint32_t base;
} ot_topic;

/** Is it a valid topic name: 1 to 65,535 bytes of valid UTF-8, no NUL, no "+" and no "#"?
 *  Control characters, U+FFFE and the like are allowed, as brokers allow them; empty levels are allowed.
 *  @param error may be NULL; offset of the bad byte.
 *  @return OT_OK, OT_EMPTY, OT_ELIMIT, OT_EUTF8, OT_ETOPIC (wildcard or NUL). @par Threads Safe. */
OT_API ot_status ot_topic_check_name(ot_str name, ot_error *error);

/** Is it a valid topic filter: as a name, but "+" may be a whole level and "#" the whole last one?
 *  "$share/group/filter" is checked as MQTT 5 section 4.8.2 says.
 *  @return as ot_topic_check_name(). @par Threads Safe. */
OT_API ot_status ot_topic_check_filter(ot_str filter, ot_error *error);

/** Does @p filter match @p name? Both must be valid. "#" matches the parent level too; a wildcard in the first level does not
 *  match a name that starts with "$" (MQTT 4.7.2). "$share/…" is matched by its filter.
 *  @par Threads Safe. */
OT_API bool ot_topic_matches(ot_str filter, ot_str name);

/** Does @p filter match every name that @p inner (a filter or a name) can match? Both must be valid. @par Threads Safe. */
OT_API bool ot_topic_covers(ot_str filter, ot_str inner);

/** A set of bases: patterns that say which levels are user and device. */
typedef struct ot_bases ot_bases;

/** Makes an empty set, for which the default rule holds: an optional empty level (a leading slash), one root level that is not empty,
 *  user, device.
 *  @return OT_OK or OT_ENOMEM; the set is released with ot_bases_free(). @par Threads Safe. */
OT_API ot_status ot_bases_new(ot_bases **out);

/** Releases a set; NULL is allowed. @par Threads The set must not be in use. */
OT_API void ot_bases_free(ot_bases *bases);

/** Adds a base, such as "owntracks/%u/%d", "/family/%u/%d" or "fleet/+/%u/x/%d": levels that are compared as bytes, "+" for any one level,
 *  one level "%u" and one level "%d", each once and whole. With several, the one added first that matches wins. As with a wildcard,
 *  "+", "%u", "%d" and the default rule take no name that starts with "$"; a base that spells such a level does, but none starts with "$share".
 *  Once one is added, the default rule no longer holds.
 *  @param pattern is copied.
 *  @return OT_OK, OT_EINVAL (with the reason in @p error), OT_ENOMEM.
 *  @par Threads One thread at a time. */
OT_API ot_status ot_bases_add(ot_bases *bases, ot_str pattern, ot_error *error);

/** How many bases were added. @par Threads Safe while nobody adds. */
OT_API size_t ot_bases_count(const ot_bases *bases);

/** The filters to subscribe to, so that everything below the bases arrives: "owntracks/+/+/#" for "owntracks/%u/%d" ("#" matches
 *  the parent level too), and "+/+/+/#" for the empty set ("+" matches the empty level before a leading slash too).
 *  @param bases NULL is the empty set.
 *  @param index from 0.
 *  @param sink  receives the filter.
 *  @return OT_OK, OT_DONE when there is no such filter, or the sink's status. @par Threads Safe while nobody adds. */
OT_API ot_status ot_bases_filter(const ot_bases *bases, size_t index, const ot_sink *sink);

/** Takes a topic apart.
 *  @param bases NULL means the default rule.
 *  @param name  a topic name; checked as ot_topic_check_name() does.
 *  @param out   views into @p name; all absent after a failure.
 *  @param error may be NULL; its field is "topic".
 *  @return OT_OK, what ot_topic_check_name() returns, or OT_ETOPIC when no base matches or user or device is empty.
 *  @par Threads Safe while nobody adds to @p bases. */
OT_API ot_status ot_topic_parse(const ot_bases *bases, ot_str name, ot_topic *out, ot_error *error);

/** Builds a topic from a base.
 *  @param base   a pattern as for ot_bases_add(), without "+"; "%u" and "%d" are replaced.
 *  @param user   must not be empty nor hold "/", "+", "#" or NUL, nor start the topic with "$": it would become another topic.
 *  @param device as user.
 *  @param sub    what follows; OT_SUBTOPIC_BASE for nothing; OT_SUBTOPIC_OTHER is refused.
 *  @param sink   receives the topic.
 *  @param error  may be NULL.
 *  @return OT_OK, OT_EINVAL, OT_EUTF8, OT_ELIMIT (longer than 65,535 bytes), or the sink's status. @par Threads Safe. */
OT_API ot_status ot_topic_build(ot_str base, ot_str user, ot_str device, ot_subtopic sub, const ot_sink *sink,
                                ot_error *error);

/** May it be a user or a device: 1 to 65,535 bytes of valid UTF-8 without "/", "+", "#" and NUL?
 *  @return OT_OK, OT_EMPTY, OT_ELIMIT, OT_EUTF8, OT_ETOPIC. @par Threads Safe. */
OT_API ot_status ot_topic_check_level(ot_str level, ot_error *error);

/** The text of a subtopic, "" for BASE and for OTHER. @return a constant. @par Threads Safe. */
OT_API const char *ot_subtopic_text(ot_subtopic sub);

#ifdef __cplusplus
}
#endif
#endif
