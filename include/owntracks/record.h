/** @file record.h
 *  @brief Records: what is stored of a message. Time, identity, and who is online. */
#ifndef OWNTRACKS_RECORD_H
#define OWNTRACKS_RECORD_H

#include <owntracks/envelope.h>
#include <owntracks/hash.h>
#include <owntracks/message.h>
#include <owntracks/topic.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Why bytes became no record; kept among the rejects. */
typedef struct ot_reject {
    size_t size;      /**< sizeof(ot_reject). */
    ot_status status; /**< What was wrong. */
    uint64_t offset;  /**< Where in the payload; #OT_NO_OFFSET. */
    ot_str field;     /**< Which member or part ("topic"); may be empty. */
    ot_str reason;    /**< English. */
    uint64_t length;  /**< Bytes of the whole payload, of which ot_record::payload may be the first 4096. */
} ot_reject;

/** How a record stands in the list of changes. */
typedef enum ot_change {
    OT_CHANGE_STORED = 1,  /**< A record was stored. */
    OT_CHANGE_REMOVED = 2, /**< A record was removed: user, device, type, at and id are given, no payload. */
    OT_CHANGE_REJECTED = 3 /**< A payload was rejected: ot_record::reject is given. */
} ot_change;

/** A record; views live as the one who gives it says. For put, fill all but the last group. */
typedef struct ot_record {
    size_t size; /**< sizeof(ot_record); set by #OT_RECORD_INIT. */
    /** ot_id_of_record(). Records of one device with the same id have the same payload. There is more than one only where a state came back (a card,
     *  another card, the first again), each at its own `at`: (at, id) is unique within a device and type.
     *  For a reject: ot_id_of_record(topic, "", payload, index). */
    ot_id id;
    ot_type type;     /**< Of the message; UNKNOWN, EMPTY; NONE for a reject. */
    ot_origin origin; /**< How it came. */
    /** As in the topic; with device the identity of the device. Absent for a reject whose topic did not parse. */
    ot_str user;
    ot_str device;           /**< As in the topic. */
    ot_str topic;            /**< The whole topic. */
    ot_subtopic sub;         /**< What follows the base. */
    uint8_t qos;             /**< As it came. */
    ot_str payload;          /**< As it came, byte for byte; of a list, this element. */
    uint32_t index;          /**< Its number among the messages of one envelope. */
    uint32_t marks;          /**< OT_MARK_… */
    ot_time at;              /**< The time of the thing: see ot_record_time(). */
    ot_time arrival;         /**< When it came (first). */
    bool has_position;       /**< lat and lon are given. */
    double lat;              /**< Degrees, -90 to 90. */
    double lon;              /**< Degrees, -180 to 180. */
    const ot_reject *reject; /**< NULL for a record; else it goes to the rejects. */

    /* Given when reading. */
    uint64_t seq;         /**< Its position in the list of changes, rising in commit order. */
    ot_change change;     /**< STORED, except from ot_store_changes(). */
    uint64_t repeats;     /**< How often it came again. */
    ot_time last_arrival; /**< When it came last. */
} ot_record;

/** A record with nothing in it. */
#define OT_RECORD_INIT                                                                                                 \
    {                                                                                                                  \
        sizeof(ot_record), {{0}}, OT_TYPE_NONE, OT_ORIGIN_NONE, {NULL, 0}, {NULL, 0}, {NULL, 0}, OT_SUBTOPIC_BASE, 0,  \
            {NULL, 0}, 0, 0, OT_TIME_NONE, OT_TIME_NONE, false, 0, 0, NULL, 0, OT_CHANGE_STORED, 0, OT_TIME_NONE       \
    }

/** When a repeat is a repeat. */
typedef enum ot_identity {
    OT_IDENTITY_ID = 1, /**< The id is stored already: location, transition, beacon, steps, encrypted. */
    OT_IDENTITY_NEWEST =
        2, /**< Equal to the newest of that device and type (by at, then arrival, then seq), or to one at the same `at`: all other types. */
    OT_IDENTITY_LWT =
        3 /**< An lwt of this device is stored, and nothing was heard from the device since the newest one arrived. */
} ot_identity;

/** The rule of a type. @par Threads Safe. */
OT_API ot_identity ot_identity_of(ot_type type);

/** Is `at` the message's own time, so that the same payload always has the same `at`? For the types that carry their time, unless marked
 *  FUTURE or UNTIMED. @par Threads Safe. */
OT_API bool ot_record_timed(const ot_record *record);

/** An hour: how far tst may be ahead of arrival. */
#define OT_FUTURE_LIMIT ((ot_time)3600000)

/** The time of a message: tst for location, transition, beacon and steps; otherwise, and where tst is missing, out of the range of ot_time or
 *  more than an hour ahead of arrival, the arrival.
 *  @param message decoded.
 *  @param arrival when it came.
 *  @param marks   gains OT_MARK_FUTURE or OT_MARK_UNTIMED; may be NULL.
 *  @par Threads Safe. */
OT_API ot_time ot_record_time(const ot_message *message, ot_time arrival, uint32_t *marks);

/** Fills a record from a decoded message: id, type, time, marks, position, views of topic and payload.
 *  @param envelope as received; its arrival must be set.
 *  @param topic    parsed.
 *  @param message  the outcome of ot_message_decode(): of a known type, UNKNOWN or EMPTY.
 *  @param payload  the bytes of this message (of a list: of the element).
 *  @param index    its number among the messages of the envelope.
 *  @param out      views into envelope, topic and payload.
 *  @return OT_OK, OT_EINVAL (the message holds nothing). @par Threads Safe. */
OT_API ot_status ot_record_make(const ot_envelope *envelope, const ot_topic *topic, const ot_message *message,
                                ot_str payload, uint32_t index, ot_record *out);

/** Where a device stands. */
typedef enum ot_presence_state {
    OT_PRESENCE_NONE = 0,    /**< Never heard. */
    OT_PRESENCE_ONLINE = 1,  /**< Heard, and no will since. */
    OT_PRESENCE_OFFLINE = 2, /**< Its will came. */
    OT_PRESENCE_SILENT = 3   /**< Not heard for longer than silent-after. */
} ot_presence_state;

/** The presence of a device: state, since when, and why. The layout is frozen. */
typedef struct ot_presence {
    ot_presence_state state; /**< NONE, ONLINE or OFFLINE; SILENT only from ot_presence_at(). */
    ot_type why;             /**< The type of the message that brought this state. */
    ot_time since;           /**< When it began (arrival). */
    ot_time heard;           /**< Arrival of the last message that the phone itself sent; OT_TIME_NONE. */
} ot_presence;

/** A presence before anything was heard. */
#define OT_PRESENCE_INIT                                                                                               \
    { OT_PRESENCE_NONE, OT_TYPE_NONE, OT_TIME_NONE, OT_TIME_NONE }

/** Did the phone itself send this now? Not: retained ones, cmd, cards on /info, whatever comes on /cmd, EMPTY, rejects. (An lwt is sent by the broker and is treated apart.)
 *  @par Threads Safe. */
OT_API bool ot_presence_heard(const ot_record *record);

/** The next state after a record: a pure function.
 *  A message of the phone: heard becomes the later of the two; ONLINE, unless it arrived before the present state began. An lwt (not retained) that
 *  arrived at or after `heard`: OFFLINE.
 *  @param presence     in and out.
 *  @param record       in order of arrival; late ones change nothing but a later `heard`.
 *  @param silent_after milliseconds; when the pause since `heard` was longer, an event SILENT comes first; 0: never.
 *  @param events       receives what happened, at most two, in order; may be NULL.
 *  @return how many events. @par Threads Safe. */
OT_API size_t ot_presence_step(ot_presence *presence, const ot_record *record, ot_time silent_after,
                               ot_presence events[2]);

/** The state as seen at @p now: SILENT since heard + silent_after when it is ONLINE and the pause is longer; else as it is.
 *  @param silent_after milliseconds; 0: never. @par Threads Safe. */
OT_API ot_presence ot_presence_at(const ot_presence *presence, ot_time now, ot_time silent_after);

/** "online", "offline", "silent", "none". @return a constant. @par Threads Safe. */
OT_API const char *ot_presence_text(ot_presence_state state);

#ifdef __cplusplus
}
#endif
#endif
