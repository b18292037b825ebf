/** @file command.h
 *  @brief What a backend says to phones: commands, settings, waypoints, cards; and what is wrong with such a text that was written by hand.
 *
 *  Values in, topic and payload out. What is written is judged before its first byte leaves, by the same rules as ot_command_lint(), for the apps it is meant
 *  for: what one of them does not know, or would drop, misread or cut, is refused with field and reason. So whatever comes out is decoded strictly and has
 *  neither errors nor warnings. Publish it with the quality of service and the retain flag that ot_command_topic() advises.
 *
 *  All functions are safe from any thread; they keep nothing. Payloads are at most 8 MiB, lists of waypoints at most 10,000 long. */
#ifndef OWNTRACKS_COMMAND_H
#define OWNTRACKS_COMMAND_H

#include <owntracks/fields.h>
#include <owntracks/time.h>
#include <owntracks/topic.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The apps a payload is meant for: a mask. */
#define OT_PLATFORM_ANDROID 1u /**< The current Android app. */
#define OT_PLATFORM_IOS     2u /**< The current iOS app. */
#define OT_PLATFORM_IOS_OLD 4u /**< iOS apps before 18.0.1: as iOS, and they obey OT_ACTION_ACTION. */
#define OT_PLATFORM_BOTH    3u /**< Android and iOS. */

/** The names of a mask for people: "Android", "iOS", "Android and iOS", …; "no app" for 0. @return a constant. @par Threads Safe. */
OT_API const char *ot_platform_text(uint32_t platforms);

/** What a command asks for. The numbers are the places of the words of the field `action`, from 1; they never change. */
typedef enum ot_action {
    OT_ACTION_NONE = 0,              /**< No action. */
    OT_ACTION_REPORT_LOCATION = 1,   /**< Publish a position. Android takes a new fix, iOS sends the last one known. */
    OT_ACTION_STATUS = 2,            /**< Publish a status. */
    OT_ACTION_WAYPOINTS = 3,         /**< Publish the waypoints. */
    OT_ACTION_DUMP = 4,              /**< iOS: publish the settings, secrets included. */
    OT_ACTION_REPORT_STEPS = 5,      /**< iOS: publish the steps walked in a period. */
    OT_ACTION_SET_WAYPOINTS = 6,     /**< Add or replace waypoints. */
    OT_ACTION_CLEAR_WAYPOINTS = 7,   /**< Remove all waypoints. */
    OT_ACTION_SET_CONFIGURATION = 8, /**< Change settings. */
    OT_ACTION_RESPONSE = 9,          /**< iOS: the answer to a request for tours. */
    OT_ACTION_ACTION = 10,           /**< iOS before 18.0.1: show a text or a page. */
    OT_ACTION_RESTART = 11,          /**< Dead; no app obeys it. */
    OT_ACTION_RECONNECT = 12         /**< Dead; no app obeys it. */
} ot_action;

/** What there is to know of an action. Only read through pointers that the library gives; the struct may grow at its end. */
typedef struct ot_action_info {
    ot_action action;   /**< Which. */
    uint32_t platforms; /**< OT_PLATFORM_… of the apps that obey it. */
    ot_type answer;     /**< The type of the message that answers it; OT_TYPE_NONE when nothing does. */
    /** What must be so on an Android phone for it to be obeyed, besides `cmd` (on by default), as an English phrase; "" for nothing. */
    const char *needs_android;
    const char *needs_ios; /**< What must be so on an iPhone, `cmd` (off by default) included. */
} ot_action_info;

/** An action. @return a constant; NULL for OT_ACTION_NONE and numbers that are none. @par Threads Safe. */
OT_API const ot_action_info *ot_action_about(ot_action action);

/** The word of an action on the wire: "reportLocation"; an absent view for what is none. @return a constant. @par Threads Safe. */
OT_API ot_str ot_action_text(ot_action action);

/** The action with this word; OT_ACTION_NONE when there is none. @par Threads Safe. */
OT_API ot_action ot_action_of(ot_str text);

/** A command. Members that do not belong to its action must stay as #OT_COMMAND_INIT sets them. */
typedef struct ot_command {
    size_t size;        /**< sizeof(ot_command). */
    ot_action action;   /**< What to do. */
    uint32_t platforms; /**< OT_PLATFORM_…: whom it is for. */
    ot_time from;       /**< REPORT_STEPS: begin, cut to seconds; OT_TIME_NONE: the phone's choice. */
    ot_time to;         /**< REPORT_STEPS: end; OT_TIME_NONE: now. */
    /** SET_WAYPOINTS: may be NULL when there are none. SET_CONFIGURATION: the waypoints to set besides; NULL: those in the configuration. */
    const ot_waypoint *waypoints;
    size_t waypoint_count;                 /**< How many. */
    const ot_configuration *configuration; /**< SET_CONFIGURATION: the settings to change; others stay. */
    ot_str request;                        /**< RESPONSE: "tour" or "tours": what was asked for. */
    int64_t status;                        /**< RESPONSE to "tour": 200 for success. */
    const ot_tour *tours; /**< RESPONSE: to "tour" the one that was made (none after a failure), to "tours" all. */
    size_t tour_count;    /**< How many. */
    ot_str content;       /**< ACTION: text or HTML to show; absent. */
    ot_str url;           /**< ACTION: a page to show; absent. Without content and url what was shown goes. */
    ot_str notification;  /**< ACTION: text to notify; absent. */
    bool external;        /**< ACTION: show the page in the browser. */
} ot_command;

/** A command without anything but its action. */
#define OT_COMMAND_INIT(action, platforms)                                                                             \
    {                                                                                                                  \
        sizeof(ot_command), (action), (platforms), OT_TIME_NONE, OT_TIME_NONE, NULL, 0, NULL, {NULL, 0}, 0, NULL, 0,   \
            {NULL, 0}, {NULL, 0}, {NULL, 0}, false                                                                     \
    }

/** How a text travels. */
typedef enum ot_carrier {
    OT_CARRIER_PAYLOAD = 0, /**< Compact, as a payload or as part of one. */
    OT_CARRIER_FILE = 1,    /**< A file for people: indented. Settings are named `.otrc`, waypoints `.otrw`. */
    OT_CARRIER_URL = 2      /**< `owntracks:///config?inline=…`: settings as a link, or as a QR code. */
} ot_carrier;

/** How to publish. The layout is frozen. */
typedef struct ot_advice {
    uint8_t qos; /**< Quality of service. */
    bool retain; /**< Is the broker to keep it? A retained command would be obeyed again at each connect. */
} ot_advice;

/** The topic of a message from a backend: `cmd` below the base for OT_TYPE_CMD (QoS 1, not retained), `info` for OT_TYPE_CARD (QoS 1, retained), `waypoint` and
 *  `waypoints` for these types (QoS 1, not retained: for programs that speak as a device does).
 *  @param base, user, device as for ot_topic_build().
 *  @param sink   receives the topic.
 *  @param advice may be NULL.
 *  @return OT_OK; OT_EUNSUPPORTED: this type has no topic of its own (a configuration travels in a command); as ot_topic_build(). @par Threads Safe. */
OT_API ot_status ot_command_topic(ot_type type, ot_str base, ot_str user, ot_str device, const ot_sink *sink,
                                  ot_advice *advice, ot_error *error);

/** Writes a command.
 *  @param command what to do; only read.
 *  @param sink    receives the payload, all or nothing of it.
 *  @param error   may be NULL; its field is the path in the payload, such as "waypoints.waypoints[2].tst".
 *  @return OT_OK; OT_EINVAL: a member that does not belong to the action, no app, no such action; OT_EUNSUPPORTED: an app does not know the action or a member;
 *          OT_EMISSING, OT_ERANGE, OT_ETYPE, OT_EDUPLICATE, OT_EUNKNOWN, OT_EUTF8, OT_ESYNTAX: an app would not take a value; OT_ELIMIT (size); OT_ENOMEM; the sink's status.
 *          @par Threads Safe. */
OT_API ot_status ot_command_write(const ot_command *command, const ot_sink *sink, ot_error *error);

/** Writes settings.
 *  @param configuration the settings whose bits are set; `waypoints` in it must be absent where @p waypoints is given.
 *  @param waypoints to set besides; NULL: those in @p configuration.
 *  @param count     how many.
 *  @param platforms OT_PLATFORM_…
 *  @param carrier   how. A file or a link is taken only when the user has switched that on.
 *  @param sink      receives the text, all or nothing of it.
 *  @return as ot_command_write(). @par Threads Safe. */
OT_API ot_status ot_configuration_write(const ot_configuration *configuration, const ot_waypoint *waypoints,
                                        size_t count, uint32_t platforms, ot_carrier carrier, const ot_sink *sink,
                                        ot_error *error);

/** Writes one waypoint as a message. Apps want desc, tst (unique on Android), lat and lon; Android wants a whole number as rad. A position out of range asks iOS to
 *  delete the waypoint with this rid, and is refused for Android. @return as ot_command_write(). @par Threads Safe. */
OT_API ot_status ot_waypoint_write(const ot_waypoint *waypoint, uint32_t platforms, const ot_sink *sink,
                                   ot_error *error);

/** Writes a list of waypoints as a message, or as the text of an `.otrw` file.
 *  @param waypoints may be NULL when @p count is 0. @param carrier PAYLOAD or FILE; URL gives OT_EUNSUPPORTED.
 *  @return as ot_command_write(). @par Threads Safe. */
OT_API ot_status ot_waypoints_write(const ot_waypoint *waypoints, size_t count, uint32_t platforms, ot_carrier carrier,
                                    const ot_sink *sink, ot_error *error);

/** Writes a card.
 *  @param card    the members whose bits are set; `face` must be absent where @p picture is given.
 *  @param picture the bytes of a PNG or JPEG image; empty: none, or the base64 text in `face`.
 *  @return as ot_command_write(); OT_ETYPE: neither PNG nor JPEG. @par Threads Safe. */
OT_API ot_status ot_card_write(const ot_card *card, ot_str picture, uint32_t platforms, const ot_sink *sink,
                               ot_error *error);

/** Turns a JSON text into what travels, unchanged in meaning: compact, indented, or as a link (a configuration only). It is not judged: see ot_command_lint().
 *  @return OT_OK; OT_ESYNTAX, OT_EUTF8, OT_EDEPTH; OT_EUNSUPPORTED: a link of what is no configuration; OT_EINVAL: no such carrier; OT_ENOMEM; the sink's status.
 *  @par Threads Safe. */
OT_API ot_status ot_command_carry(ot_str json, ot_carrier carrier, const ot_sink *sink, ot_error *error);

/** Reads the configuration out of a link. Base64 may be unpadded and need not be percent-encoded; other parameters of the link are passed over.
 *  @param url  `owntracks:///config?inline=…`; letters of the scheme in any case.
 *  @param sink receives the JSON text as it stands in the link, all or nothing of it. It is not judged.
 *  @param error may be NULL; the offset in the link, or, for the JSON in it, in the decoded text.
 *  @return OT_OK; OT_ESYNTAX: no such link, or no base64 in it; OT_EUNSUPPORTED: it points to a file elsewhere (`url=`), which the library does not fetch;
 *          OT_ETYPE: what it holds is no configuration; OT_EUTF8, OT_EDEPTH; OT_ELIMIT: more than 8 MiB; OT_ENOMEM; the sink's status. @par Threads Safe. */
OT_API ot_status ot_configuration_from_url(ot_str url, const ot_sink *sink, ot_error *error);

/** How bad it is. */
typedef enum ot_severity {
    OT_SEVERITY_NOTE = 1,    /**< Good to know: what must be switched on, what an app passes over without harm. */
    OT_SEVERITY_WARNING = 2, /**< It has no effect, or another than it seems. */
    OT_SEVERITY_ERROR = 3    /**< It is dropped, or does harm. */
} ot_severity;

/** "note", "warning", "error"; "?" for other numbers. @return a constant. @par Threads Safe. */
OT_API const char *ot_severity_text(ot_severity severity);

/** One thing about a payload. */
typedef struct ot_finding {
    size_t size;          /**< sizeof(ot_finding). */
    ot_severity severity; /**< How bad. */
    uint32_t platforms;   /**< OT_PLATFORM_…: for which of the apps asked about. */
    ot_status
        status; /**< What kind: OT_EMISSING, OT_ETYPE, OT_ERANGE, OT_EUNKNOWN, OT_EDUPLICATE, OT_EUNSUPPORTED, OT_ESYNTAX, …; OT_OK for mere notes. */
    const char *
        path; /**< Where: "configuration.waypoints[3].rad"; "" for the whole. Printable ASCII; valid during the call. */
    const ot_field *field; /**< The field it is about; NULL for none. */
    uint64_t offset;       /**< Of the value in the payload; of the object for a missing member. */
    const char *reason;    /**< A constant English phrase. */
} ot_finding;

/** Judges a payload that was written by hand: a command, a configuration, a waypoint, waypoints, a card; another message by its fields alone; a list of such
 *  as an HTTP answer.
 *  @param payload   any bytes.
 *  @param platforms OT_PLATFORM_…: for which apps.
 *  @param report    called for each finding, in no order to rely on; another status than OT_OK ends.
 *  @param ctx       handed to report.
 *  @return OT_OK: looked through, whatever was found; what @p report returned; OT_EINVAL: no app, no report; OT_ENOMEM. @par Threads Safe. */
OT_API ot_status ot_command_lint(ot_str payload, uint32_t platforms,
                                 ot_status (*report)(void *ctx, const ot_finding *finding), void *ctx);

#ifdef __cplusplus
}
#endif
#endif
