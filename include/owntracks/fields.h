/** @file fields.h
 *  @brief The structs of all message types. Made from lib/schema/\*.def by lib/schema/project.c: do not edit.
 *
 *  `has` holds a bit for each member, asked with #OT_HAS and the member's ordinal; a member whose bit is clear has no value.
 *  Structs grow at their end from version to version and are only read through pointers that the library gives, or given to
 *  ot_message_from() of the same version. */
#ifndef OWNTRACKS_FIELDS_H
#define OWNTRACKS_FIELDS_H

#include <owntracks/schema.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ot_message;
/** See message.h. */
OT_API const void *ot_message_data(const struct ot_message *message, ot_type type);

/** Has the member with this ordinal a value? @p p points to a struct of this file. */
#define OT_HAS(p, ordinal) ((bool)((p)->has[(unsigned)(ordinal) >> 6] >> ((unsigned)(ordinal) & 63u) & 1u))
/** Says that the member with this ordinal has a value. */
#define OT_HAS_SET(p, ordinal) ((void)((p)->has[(unsigned)(ordinal) >> 6] |= UINT64_C(1) << ((unsigned)(ordinal) & 63u)))
/** Says that the member with this ordinal has no value. */
#define OT_HAS_CLEAR(p, ordinal) ((void)((p)->has[(unsigned)(ordinal) >> 6] &= ~(UINT64_C(1) << ((unsigned)(ordinal) & 63u))))

/** Ordinals of #ot_location. */
enum {
    OT_LOCATION_lat = 0, /**< lat */
    OT_LOCATION_lon = 1, /**< lon */
    OT_LOCATION_tst = 2, /**< tst */
    OT_LOCATION_created_at = 3, /**< created_at */
    OT_LOCATION_t = 4, /**< t */
    OT_LOCATION_tid = 5, /**< tid */
    OT_LOCATION_acc = 6, /**< acc */
    OT_LOCATION_alt = 7, /**< alt */
    OT_LOCATION_vac = 8, /**< vac */
    OT_LOCATION_vel = 9, /**< vel */
    OT_LOCATION_cog = 10, /**< cog */
    OT_LOCATION_batt = 11, /**< batt */
    OT_LOCATION_bs = 12, /**< bs */
    OT_LOCATION_conn = 13, /**< conn */
    OT_LOCATION_m = 14, /**< m */
    OT_LOCATION_ssid = 15, /**< SSID */
    OT_LOCATION_bssid = 16, /**< BSSID */
    OT_LOCATION_inregions = 17, /**< inregions */
    OT_LOCATION_inrids = 18, /**< inrids */
    OT_LOCATION_motionactivities = 19, /**< motionactivities */
    OT_LOCATION_p = 20, /**< p */
    OT_LOCATION_poi = 21, /**< poi */
    OT_LOCATION_tag = 22, /**< tag */
    OT_LOCATION_image = 23, /**< image */
    OT_LOCATION_imagename = 24, /**< imagename */
    OT_LOCATION_source = 25, /**< source */
    OT_LOCATION_rad = 26, /**< rad */
    OT_LOCATION_desc = 27, /**< desc */
    OT_LOCATION_event = 28, /**< event */
    OT_LOCATION_wifi = 29, /**< _wifi */
    OT_LOCATION_cp = 30, /**< _cp */
    OT_LOCATION_id = 31, /**< _id */
    OT_LOCATION_topic = 32, /**< topic */
    OT_LOCATION_qos = 33, /**< qos */
    OT_LOCATION_retained = 34, /**< retained */
    OT_LOCATION_modeId = 35, /**< modeId */
    OT_LOCATION_username = 36, /**< username */
    OT_LOCATION_device = 37, /**< device */
    OT_LOCATION_ghash = 38, /**< ghash */
    OT_LOCATION_cc = 39, /**< cc */
    OT_LOCATION_addr = 40, /**< addr */
    OT_LOCATION_locality = 41, /**< locality */
    OT_LOCATION_tzname = 42, /**< tzname */
    OT_LOCATION_isotst = 43, /**< isotst */
    OT_LOCATION_isorcv = 44, /**< isorcv */
    OT_LOCATION_isolocal = 45, /**< isolocal */
    OT_LOCATION_disptst = 46, /**< disptst */
    OT_LOCATION_name = 47, /**< name */
    OT_LOCATION_face = 48, /**< face */
    OT_LOCATION_http = 49, /**< _http */
    OT_LOCATION_decrypted = 50, /**< _decrypted */
    OT_LOCATION_csv = 51, /**< csv */
    OT_LOCATION_proto = 52, /**< _proto */
    OT_LOCATION_dist = 53, /**< dist */
    OT_LOCATION_trip = 54, /**< trip */
    OT_LOCATION_demo = 55, /**< _demo */
    OT_LOCATION_geoprec = 56, /**< _geoprec */
    OT_LOCATION_lua = 57, /**< _lua */
    OT_LOCATION_label = 58, /**< _label */
    OT_LOCATION_io = 59 /**< io */
};

/** Where a device is or was. Messages of `_type` "location". */
typedef struct ot_location {
    uint64_t has[2]; /**< Which members have a value: a bit for each ordinal. */
    double lat; /**< `lat`: latitude of the fix, WGS 84 [degrees, -90 to 90]; required */
    double lon; /**< `lon`: longitude of the fix, WGS 84 [degrees, -180 to 180]; required */
    int64_t tst; /**< `tst`: when the fix was taken; expected */
    int64_t created_at; /**< `created_at`: when the message was built */
    ot_str t; /**< `t`: what triggered the message; the same letter means different things per class of device */
    ot_str tid; /**< `tid`: tracker id, two characters by custom */
    double acc; /**< `acc`: horizontal accuracy; -1 unknown [metres, at least -1] */
    double alt; /**< `alt`: altitude above sea level [metres]; extended data */
    double vac; /**< `vac`: vertical accuracy; -1 unknown [metres, at least -1]; extended data */
    double vel; /**< `vel`: speed; -1 unknown [km/h, at least -1]; extended data */
    double cog; /**< `cog`: course over ground; -1 unknown [degrees, -1 to 360]; extended data */
    double batt; /**< `batt`: charge of the battery; -1 unknown; trackers send volts [per cent, -1 to 100]; extended data */
    int64_t bs; /**< `bs`: state of the battery: 0 unknown, 1 unplugged, 2 charging, 3 full [0 to 3]; extended data */
    ot_str conn; /**< `conn`: connectivity: w wifi, m mobile, o offline; extended data */
    int64_t m; /**< `m`: monitoring mode: -1 quiet, 0 manual, 1 significant, 2 move [-1 to 2]; extended data */
    ot_str ssid; /**< `SSID`: name of the wireless network; extended data */
    ot_str bssid; /**< `BSSID`: address of the access point; extended data */
    ot_str inregions; /**< `inregions`: names of the regions the device is in; JSON text: array of texts */
    ot_str inrids; /**< `inrids`: ids of the regions the device is in; JSON text: array of texts */
    ot_str motionactivities; /**< `motionactivities`: what the phone believes its user does; extended data; JSON text: array of texts */
    double p; /**< `p`: barometric pressure [kPa, 0 to 200]; extended data */
    ot_str poi; /**< `poi`: name of a point of interest */
    ot_str tag; /**< `tag`: tag given by the user */
    ot_str image; /**< `image`: photo of the point of interest, base64 */
    ot_str imagename; /**< `imagename`: file name of the photo */
    ot_str source; /**< `source`: what gave the fix: gps, fused, network, ...; extended data */
    double rad; /**< `rad`: radius around the region that was entered or left [metres]; retired */
    ot_str desc; /**< `desc`: name of the region that was crossed, before transition messages; retired */
    ot_str event; /**< `event`: how the region was crossed, before transition messages; retired */
    bool wifi; /**< `_wifi`: on a wireless network, before conn; retired */
    bool cp; /**< `_cp`: the user allows public copies; retired */
    ot_str id; /**< `_id`: identifier of the message, the same when it is delivered again */
    ot_str topic; /**< `topic`: topic the message would have by MQTT; the topic of the transport goes first */
    int64_t qos; /**< `qos`: bookkeeping of the Android app: quality of service [0 to 2]; hidden */
    bool retained; /**< `retained`: bookkeeping of the Android app: published as retained; hidden */
    int64_t modeId; /**< `modeId`: bookkeeping of the Android app: connection mode; hidden */
    ot_str username; /**< `username`: user, added by the Recorder */
    ot_str device; /**< `device`: device, added by the Recorder */
    ot_str ghash; /**< `ghash`: geohash, added by the Recorder */
    ot_str cc; /**< `cc`: country code, added by the Recorder */
    ot_str addr; /**< `addr`: address, added by the Recorder */
    ot_str locality; /**< `locality`: town, added by the Recorder */
    ot_str tzname; /**< `tzname`: time zone of the place, added by the Recorder */
    ot_str isotst; /**< `isotst`: tst as ISO 8601 text, added by the Recorder */
    ot_str isorcv; /**< `isorcv`: time of arrival as ISO 8601 text, added by the Recorder */
    ot_str isolocal; /**< `isolocal`: tst as local ISO 8601 text, added by the Recorder */
    ot_str disptst; /**< `disptst`: tst as text for people, added by the Recorder */
    ot_str name; /**< `name`: name of the user, added by the Recorder */
    ot_str face; /**< `face`: picture of the user, base64, added by the Recorder */
    bool http; /**< `_http`: arrived by HTTP, added by the Recorder */
    bool decrypted; /**< `_decrypted`: arrived encrypted, added by the Recorder */
    bool csv; /**< `csv`: was a tracker's CSV line, added by the Recorder */
    ot_str proto; /**< `_proto`: protocol of arrival, added by the Recorder */
    double dist; /**< `dist`: distance since the last report of a tracker [metres, at least 0] */
    double trip; /**< `trip`: distance since a tracker was started [metres, at least 0] */
    ot_str demo; /**< `_demo`: made for a demonstration; the Recorder can leave it out; JSON text: any value */
    int64_t geoprec; /**< `_geoprec`: precision of the geohash for the Recorder; negative: look no address up */
    ot_str lua; /**< `_lua`: function of the Recorder that looks the address up */
    ot_str label; /**< `_label`: label in a view, added by the Recorder */
    ot_str io; /**< `io`: inside or outside of a fence, added by the Recorder; JSON text: any value */
} ot_location;
/** The struct of a message of this type; NULL when it is of another. */
static inline const ot_location *ot_message_location(const struct ot_message *message) {
    return (const ot_location *)ot_message_data(message, OT_TYPE_LOCATION);
}

/** Ordinals of #ot_lwt. */
enum {
    OT_LWT_tst = 0, /**< tst */
    OT_LWT_tid = 1, /**< tid */
    OT_LWT_created_at = 2, /**< created_at */
    OT_LWT_id = 3, /**< _id */
    OT_LWT_topic = 4, /**< topic */
    OT_LWT_qos = 5, /**< qos */
    OT_LWT_retained = 6, /**< retained */
    OT_LWT_modeId = 7 /**< modeId */
};

/** The will of a device: its connection broke. Messages of `_type` "lwt". */
typedef struct ot_lwt {
    uint64_t has[2]; /**< Which members have a value: a bit for each ordinal. */
    int64_t tst; /**< `tst`: when the connection was prepared, not when it broke; expected */
    ot_str tid; /**< `tid`: tracker id, two characters by custom */
    int64_t created_at; /**< `created_at`: when the message was built */
    ot_str id; /**< `_id`: identifier of the message, the same when it is delivered again */
    ot_str topic; /**< `topic`: topic the message would have by MQTT; the topic of the transport goes first */
    int64_t qos; /**< `qos`: bookkeeping of the Android app: quality of service [0 to 2]; hidden */
    bool retained; /**< `retained`: bookkeeping of the Android app: published as retained; hidden */
    int64_t modeId; /**< `modeId`: bookkeeping of the Android app: connection mode; hidden */
} ot_lwt;
/** The struct of a message of this type; NULL when it is of another. */
static inline const ot_lwt *ot_message_lwt(const struct ot_message *message) {
    return (const ot_lwt *)ot_message_data(message, OT_TYPE_LWT);
}

/** Ordinals of #ot_transition. */
enum {
    OT_TRANSITION_event = 0, /**< event */
    OT_TRANSITION_desc = 1, /**< desc */
    OT_TRANSITION_lat = 2, /**< lat */
    OT_TRANSITION_lon = 3, /**< lon */
    OT_TRANSITION_tst = 4, /**< tst */
    OT_TRANSITION_wtst = 5, /**< wtst */
    OT_TRANSITION_acc = 6, /**< acc */
    OT_TRANSITION_tid = 7, /**< tid */
    OT_TRANSITION_t = 8, /**< t */
    OT_TRANSITION_rid = 9, /**< rid */
    OT_TRANSITION_created_at = 10, /**< created_at */
    OT_TRANSITION_id = 11, /**< _id */
    OT_TRANSITION_topic = 12, /**< topic */
    OT_TRANSITION_qos = 13, /**< qos */
    OT_TRANSITION_retained = 14, /**< retained */
    OT_TRANSITION_modeId = 15 /**< modeId */
};

/** A region was entered or left. Messages of `_type` "transition". */
typedef struct ot_transition {
    uint64_t has[2]; /**< Which members have a value: a bit for each ordinal. */
    ot_str event; /**< `event`: enter or leave; expected */
    ot_str desc; /**< `desc`: name of the region */
    double lat; /**< `lat`: latitude of the device [degrees, -90 to 90]; expected */
    double lon; /**< `lon`: longitude of the device [degrees, -180 to 180]; expected */
    int64_t tst; /**< `tst`: time of the position, not of the event; expected */
    int64_t wtst; /**< `wtst`: when the region was created: its waypoint's tst; expected */
    double acc; /**< `acc`: horizontal accuracy; -1 unknown [metres, at least -1]; expected */
    ot_str tid; /**< `tid`: tracker id, two characters by custom */
    ot_str t; /**< `t`: c circular region, b beacon, l found by comparing a location */
    ot_str rid; /**< `rid`: id of the region */
    int64_t created_at; /**< `created_at`: when the message was built */
    ot_str id; /**< `_id`: identifier of the message, the same when it is delivered again */
    ot_str topic; /**< `topic`: topic the message would have by MQTT; the topic of the transport goes first */
    int64_t qos; /**< `qos`: bookkeeping of the Android app: quality of service [0 to 2]; hidden */
    bool retained; /**< `retained`: bookkeeping of the Android app: published as retained; hidden */
    int64_t modeId; /**< `modeId`: bookkeeping of the Android app: connection mode; hidden */
} ot_transition;
/** The struct of a message of this type; NULL when it is of another. */
static inline const ot_transition *ot_message_transition(const struct ot_message *message) {
    return (const ot_transition *)ot_message_data(message, OT_TYPE_TRANSITION);
}

/** Ordinals of #ot_waypoint. */
enum {
    OT_WAYPOINT_desc = 0, /**< desc */
    OT_WAYPOINT_lat = 1, /**< lat */
    OT_WAYPOINT_lon = 2, /**< lon */
    OT_WAYPOINT_rad = 3, /**< rad */
    OT_WAYPOINT_tst = 4, /**< tst */
    OT_WAYPOINT_rid = 5, /**< rid */
    OT_WAYPOINT_uuid = 6, /**< uuid */
    OT_WAYPOINT_major = 7, /**< major */
    OT_WAYPOINT_minor = 8, /**< minor */
    OT_WAYPOINT_shared = 9, /**< shared */
    OT_WAYPOINT_transition = 10, /**< transition */
    OT_WAYPOINT_wtst = 11, /**< wtst */
    OT_WAYPOINT_tid = 12, /**< tid */
    OT_WAYPOINT_created_at = 13, /**< created_at */
    OT_WAYPOINT_id = 14, /**< _id */
    OT_WAYPOINT_topic = 15, /**< topic */
    OT_WAYPOINT_qos = 16, /**< qos */
    OT_WAYPOINT_retained = 17, /**< retained */
    OT_WAYPOINT_modeId = 18 /**< modeId */
};

/** A region of a device. Messages of `_type` "waypoint". */
typedef struct ot_waypoint {
    uint64_t has[2]; /**< Which members have a value: a bit for each ordinal. */
    ot_str desc; /**< `desc`: name of the region; apps put beacons and modes in it; Android, iOS */
    double lat; /**< `lat`: latitude of the middle; out of range asks iOS to delete the region [degrees]; Android, iOS */
    double lon; /**< `lon`: longitude of the middle [degrees]; Android, iOS */
    double rad; /**< `rad`: radius; zero or less for a beacon [metres]; Android, iOS */
    int64_t tst; /**< `tst`: when the region was created; its key on Android; Android, iOS */
    ot_str rid; /**< `rid`: id of the region; its key on iOS; iOS */
    ot_str uuid; /**< `uuid`: UUID of a beacon; retired */
    int64_t major; /**< `major`: major number of a beacon [0 to 65535]; retired */
    int64_t minor; /**< `minor`: minor number of a beacon [0 to 65535]; retired */
    bool shared; /**< `shared`: shared with friends; retired */
    bool transition; /**< `transition`: crossings are told; retired */
    int64_t wtst; /**< `wtst`: when the region was created, in old messages; retired */
    ot_str tid; /**< `tid`: tracker id, two characters by custom */
    int64_t created_at; /**< `created_at`: when the message was built */
    ot_str id; /**< `_id`: identifier of the message, the same when it is delivered again */
    ot_str topic; /**< `topic`: topic the message would have by MQTT; the topic of the transport goes first */
    int64_t qos; /**< `qos`: bookkeeping of the Android app: quality of service [0 to 2]; hidden */
    bool retained; /**< `retained`: bookkeeping of the Android app: published as retained; hidden */
    int64_t modeId; /**< `modeId`: bookkeeping of the Android app: connection mode; hidden */
} ot_waypoint;
/** The struct of a message of this type; NULL when it is of another. */
static inline const ot_waypoint *ot_message_waypoint(const struct ot_message *message) {
    return (const ot_waypoint *)ot_message_data(message, OT_TYPE_WAYPOINT);
}

/** Ordinals of #ot_waypoints. */
enum {
    OT_WAYPOINTS_waypoints = 0, /**< waypoints */
    OT_WAYPOINTS_creator = 1, /**< _creator */
    OT_WAYPOINTS_r = 2, /**< r */
    OT_WAYPOINTS_tid = 3, /**< tid */
    OT_WAYPOINTS_created_at = 4, /**< created_at */
    OT_WAYPOINTS_id = 5, /**< _id */
    OT_WAYPOINTS_topic = 6, /**< topic */
    OT_WAYPOINTS_qos = 7, /**< qos */
    OT_WAYPOINTS_retained = 8, /**< retained */
    OT_WAYPOINTS_modeId = 9 /**< modeId */
};

/** All regions of a device. Messages of `_type` "waypoints". */
typedef struct ot_waypoints {
    uint64_t has[2]; /**< Which members have a value: a bit for each ordinal. */
    ot_str waypoints; /**< `waypoints`: the regions; expected, Android, iOS; JSON text: array of objects of #OT_TYPE_WAYPOINT */
    ot_str creator; /**< `_creator`: what made the list */
    ot_str r; /**< `r`: left out by the Recorder; JSON text: any value */
    ot_str tid; /**< `tid`: tracker id, two characters by custom */
    int64_t created_at; /**< `created_at`: when the message was built */
    ot_str id; /**< `_id`: identifier of the message, the same when it is delivered again */
    ot_str topic; /**< `topic`: topic the message would have by MQTT; the topic of the transport goes first */
    int64_t qos; /**< `qos`: bookkeeping of the Android app: quality of service [0 to 2]; hidden */
    bool retained; /**< `retained`: bookkeeping of the Android app: published as retained; hidden */
    int64_t modeId; /**< `modeId`: bookkeeping of the Android app: connection mode; hidden */
} ot_waypoints;
/** The struct of a message of this type; NULL when it is of another. */
static inline const ot_waypoints *ot_message_waypoints(const struct ot_message *message) {
    return (const ot_waypoints *)ot_message_data(message, OT_TYPE_WAYPOINTS);
}

/** Ordinals of #ot_card. */
enum {
    OT_CARD_name = 0, /**< name */
    OT_CARD_face = 1, /**< face */
    OT_CARD_tid = 2, /**< tid */
    OT_CARD_created_at = 3, /**< created_at */
    OT_CARD_id = 4, /**< _id */
    OT_CARD_topic = 5, /**< topic */
    OT_CARD_qos = 6, /**< qos */
    OT_CARD_retained = 7, /**< retained */
    OT_CARD_modeId = 8 /**< modeId */
};

/** Name and picture of a user. Messages of `_type` "card". */
typedef struct ot_card {
    uint64_t has[2]; /**< Which members have a value: a bit for each ordinal. */
    ot_str name; /**< `name`: name to show; Android, iOS */
    ot_str face; /**< `face`: picture, base64 PNG or JPEG; Android, iOS */
    ot_str tid; /**< `tid`: tracker id, two characters by custom; Android */
    int64_t created_at; /**< `created_at`: when the message was built */
    ot_str id; /**< `_id`: identifier of the message, the same when it is delivered again */
    ot_str topic; /**< `topic`: topic the message would have by MQTT; the topic of the transport goes first */
    int64_t qos; /**< `qos`: bookkeeping of the Android app: quality of service [0 to 2]; hidden */
    bool retained; /**< `retained`: bookkeeping of the Android app: published as retained; hidden */
    int64_t modeId; /**< `modeId`: bookkeeping of the Android app: connection mode; hidden */
} ot_card;
/** The struct of a message of this type; NULL when it is of another. */
static inline const ot_card *ot_message_card(const struct ot_message *message) {
    return (const ot_card *)ot_message_data(message, OT_TYPE_CARD);
}

/** Ordinals of #ot_cmd. */
enum {
    OT_CMD_action = 0, /**< action */
    OT_CMD_from = 1, /**< from */
    OT_CMD_to = 2, /**< to */
    OT_CMD_waypoints = 3, /**< waypoints */
    OT_CMD_configuration = 4, /**< configuration */
    OT_CMD_request = 5, /**< request */
    OT_CMD_status = 6, /**< status */
    OT_CMD_tour = 7, /**< tour */
    OT_CMD_tours = 8, /**< tours */
    OT_CMD_ntours = 9, /**< ntours */
    OT_CMD_content = 10, /**< content */
    OT_CMD_url = 11, /**< url */
    OT_CMD_external = 12, /**< extern */
    OT_CMD_notification = 13, /**< notification */
    OT_CMD_payload = 14, /**< payload */
    OT_CMD_tid = 15, /**< tid */
    OT_CMD_created_at = 16, /**< created_at */
    OT_CMD_id = 17, /**< _id */
    OT_CMD_topic = 18, /**< topic */
    OT_CMD_qos = 19, /**< qos */
    OT_CMD_retained = 20, /**< retained */
    OT_CMD_modeId = 21 /**< modeId */
};

/** A command to a device, or the answer to its request. Messages of `_type` "cmd". */
typedef struct ot_cmd {
    uint64_t has[2]; /**< Which members have a value: a bit for each ordinal. */
    ot_str action; /**< `action`: what to do; expected, Android, iOS */
    int64_t from; /**< `from`: reportSteps: begin of the period; iOS */
    int64_t to; /**< `to`: reportSteps: end of the period; iOS */
    ot_str waypoints; /**< `waypoints`: setWaypoints, setConfiguration: a waypoints message; Android, iOS; JSON text: object of #OT_TYPE_WAYPOINTS */
    ot_str configuration; /**< `configuration`: setConfiguration: a configuration message; Android, iOS; JSON text: object of #OT_TYPE_CONFIGURATION */
    ot_str request; /**< `request`: response: the request that is answered; iOS */
    int64_t status; /**< `status`: response: 200 for success; iOS */
    ot_str tour; /**< `tour`: response: the tour that was made; iOS; JSON text: object of #OT_TYPE_TOUR */
    ot_str tours; /**< `tours`: response: the tours there are; iOS; JSON text: array of objects of #OT_TYPE_TOUR */
    int64_t ntours; /**< `ntours`: response: how many tours there are [at least 0]; iOS */
    ot_str content; /**< `content`: action: text or HTML to show; retired, old iOS */
    ot_str url; /**< `url`: action: page to show; retired, old iOS */
    bool external; /**< `extern`: action: show the page in the browser; retired, old iOS */
    ot_str notification; /**< `notification`: action: text to notify; retired, old iOS */
    ot_str payload; /**< `payload`: setWaypoints, setConfiguration until 2017: their object; retired; JSON text: any value */
    ot_str tid; /**< `tid`: tracker id, two characters by custom */
    int64_t created_at; /**< `created_at`: when the message was built */
    ot_str id; /**< `_id`: identifier of the message, the same when it is delivered again */
    ot_str topic; /**< `topic`: topic the message would have by MQTT; the topic of the transport goes first */
    int64_t qos; /**< `qos`: bookkeeping of the Android app: quality of service [0 to 2]; hidden */
    bool retained; /**< `retained`: bookkeeping of the Android app: published as retained; hidden */
    int64_t modeId; /**< `modeId`: bookkeeping of the Android app: connection mode; hidden */
} ot_cmd;
/** The struct of a message of this type; NULL when it is of another. */
static inline const ot_cmd *ot_message_cmd(const struct ot_message *message) {
    return (const ot_cmd *)ot_message_data(message, OT_TYPE_CMD);
}

/** Ordinals of #ot_configuration. */
enum {
    OT_CONFIGURATION_build = 0, /**< _build */
    OT_CONFIGURATION_mode = 1, /**< mode */
    OT_CONFIGURATION_monitoring = 2, /**< monitoring */
    OT_CONFIGURATION_host = 3, /**< host */
    OT_CONFIGURATION_port = 4, /**< port */
    OT_CONFIGURATION_username = 5, /**< username */
    OT_CONFIGURATION_password = 6, /**< password */
    OT_CONFIGURATION_deviceId = 7, /**< deviceId */
    OT_CONFIGURATION_clientId = 8, /**< clientId */
    OT_CONFIGURATION_tid = 9, /**< tid */
    OT_CONFIGURATION_url = 10, /**< url */
    OT_CONFIGURATION_auth = 11, /**< auth */
    OT_CONFIGURATION_usePassword = 12, /**< usePassword */
    OT_CONFIGURATION_tls = 13, /**< tls */
    OT_CONFIGURATION_ws = 14, /**< ws */
    OT_CONFIGURATION_mqttProtocolLevel = 15, /**< mqttProtocolLevel */
    OT_CONFIGURATION_cleanSession = 16, /**< cleanSession */
    OT_CONFIGURATION_keepalive = 17, /**< keepalive */
    OT_CONFIGURATION_connectionTimeoutSeconds = 18, /**< connectionTimeoutSeconds */
    OT_CONFIGURATION_pubTopicBase = 19, /**< pubTopicBase */
    OT_CONFIGURATION_pubQos = 20, /**< pubQos */
    OT_CONFIGURATION_pubRetain = 21, /**< pubRetain */
    OT_CONFIGURATION_sub = 22, /**< sub */
    OT_CONFIGURATION_subTopic = 23, /**< subTopic */
    OT_CONFIGURATION_subQos = 24, /**< subQos */
    OT_CONFIGURATION_info = 25, /**< info */
    OT_CONFIGURATION_cmd = 26, /**< cmd */
    OT_CONFIGURATION_remoteConfiguration = 27, /**< remoteConfiguration */
    OT_CONFIGURATION_allowRemoteLocation = 28, /**< allowRemoteLocation */
    OT_CONFIGURATION_extendedData = 29, /**< extendedData */
    OT_CONFIGURATION_encryptionKey = 30, /**< encryptionKey */
    OT_CONFIGURATION_locatorDisplacement = 31, /**< locatorDisplacement */
    OT_CONFIGURATION_locatorInterval = 32, /**< locatorInterval */
    OT_CONFIGURATION_moveModeLocatorInterval = 33, /**< moveModeLocatorInterval */
    OT_CONFIGURATION_pegLocatorFastestIntervalToInterval = 34, /**< pegLocatorFastestIntervalToInterval */
    OT_CONFIGURATION_locatorPriority = 35, /**< locatorPriority */
    OT_CONFIGURATION_ignoreInaccurateLocations = 36, /**< ignoreInaccurateLocations */
    OT_CONFIGURATION_ignoreStaleLocations = 37, /**< ignoreStaleLocations */
    OT_CONFIGURATION_discardNetworkLocationThresholdSeconds = 38, /**< discardNetworkLocationThresholdSeconds */
    OT_CONFIGURATION_ping = 39, /**< ping */
    OT_CONFIGURATION_publishLocationOnConnect = 40, /**< publishLocationOnConnect */
    OT_CONFIGURATION_ranging = 41, /**< ranging */
    OT_CONFIGURATION_fusedRegionDetection = 42, /**< fusedRegionDetection */
    OT_CONFIGURATION_adapt = 43, /**< adapt */
    OT_CONFIGURATION_downgrade = 44, /**< downgrade */
    OT_CONFIGURATION_days = 45, /**< days */
    OT_CONFIGURATION_positions = 46, /**< positions */
    OT_CONFIGURATION_maxHistory = 47, /**< maxHistory */
    OT_CONFIGURATION_waypoints = 48, /**< waypoints */
    OT_CONFIGURATION_allowinvalidcerts = 49, /**< allowinvalidcerts */
    OT_CONFIGURATION_clientpkcs = 50, /**< clientpkcs */
    OT_CONFIGURATION_passphrase = 51, /**< passphrase */
    OT_CONFIGURATION_tlsClientCrt = 52, /**< tlsClientCrt */
    OT_CONFIGURATION_httpHeaders = 53, /**< httpHeaders */
    OT_CONFIGURATION_dontReuseHttpClient = 54, /**< dontReuseHttpClient */
    OT_CONFIGURATION_autostartOnBoot = 55, /**< autostartOnBoot */
    OT_CONFIGURATION_debugLog = 56, /**< debugLog */
    OT_CONFIGURATION_enableMapRotation = 57, /**< enableMapRotation */
    OT_CONFIGURATION_experimentalFeatures = 58, /**< experimentalFeatures */
    OT_CONFIGURATION_locked = 59, /**< locked */
    OT_CONFIGURATION_mapLayerStyle = 60, /**< mapLayerStyle */
    OT_CONFIGURATION_notificationEvents = 61, /**< notificationEvents */
    OT_CONFIGURATION_notificationGeocoderErrors = 62, /**< notificationGeocoderErrors */
    OT_CONFIGURATION_notificationLocation = 63, /**< notificationLocation */
    OT_CONFIGURATION_notificationHigherPriority = 64, /**< notificationHigherPriority */
    OT_CONFIGURATION_opencageApiKey = 65, /**< opencageApiKey */
    OT_CONFIGURATION_osmCopyright = 66, /**< osmCopyright */
    OT_CONFIGURATION_osmTemplate = 67, /**< osmTemplate */
    OT_CONFIGURATION_osmTileScaleFactor = 68, /**< osmTileScaleFactor */
    OT_CONFIGURATION_reverseGeocodeProvider = 69, /**< reverseGeocodeProvider */
    OT_CONFIGURATION_showRegionsOnMap = 70, /**< showRegionsOnMap */
    OT_CONFIGURATION_theme = 71, /**< theme */
    OT_CONFIGURATION_userDeclinedEnableLocationPermissions = 72, /**< userDeclinedEnableLocationPermissions */
    OT_CONFIGURATION_userDeclinedEnableBackgroundLocationPermissions = 73, /**< userDeclinedEnableBackgroundLocationPermissions */
    OT_CONFIGURATION_userDeclinedEnableLocationServices = 74, /**< userDeclinedEnableLocationServices */
    OT_CONFIGURATION_userDeclinedEnableNotificationPermissions = 75, /**< userDeclinedEnableNotificationPermissions */
    OT_CONFIGURATION_allowConfigurationByURIAndConfigFile = 76, /**< allowConfigurationByURIAndConfigFile */
    OT_CONFIGURATION_allowIntentControl = 77, /**< allowIntentControl */
    OT_CONFIGURATION_intentAuthKey = 78, /**< intentAuthKey */
    OT_CONFIGURATION_subscription = 79, /**< subscription */
    OT_CONFIGURATION_willTopic = 80, /**< willTopic */
    OT_CONFIGURATION_willQos = 81, /**< willQos */
    OT_CONFIGURATION_willRetain = 82, /**< willRetain */
    OT_CONFIGURATION_pubInterval = 83, /**< pubInterval */
    OT_CONFIGURATION_tlsCrtPath = 84, /**< tlsCrtPath */
    OT_CONFIGURATION_tlsCaCrt = 85, /**< tlsCaCrt */
    OT_CONFIGURATION_tlsClientCrtPassword = 86, /**< tlsClientCrtPassword */
    OT_CONFIGURATION_servercer = 87, /**< servercer */
    OT_CONFIGURATION_cp = 88, /**< cp */
    OT_CONFIGURATION_beaconMode = 89, /**< beaconMode */
    OT_CONFIGURATION_beaconLayout = 90, /**< beaconLayout */
    OT_CONFIGURATION_connectionAdvancedMode = 91, /**< connectionAdvancedMode */
    OT_CONFIGURATION_pubIncludeBattery = 92, /**< pubIncludeBattery */
    OT_CONFIGURATION_pub = 93, /**< pub */
    OT_CONFIGURATION_updateAddressBook = 94, /**< updateAddressBook */
    OT_CONFIGURATION_notification = 95, /**< notification */
    OT_CONFIGURATION_notificationGeocoder = 96, /**< notificationGeocoder */
    OT_CONFIGURATION_notificationTickerOnPublish = 97, /**< notificationTickerOnPublish */
    OT_CONFIGURATION_notificationTickerOnGeofenceTransition = 98, /**< notificationTickerOnGeofenceTransition */
    OT_CONFIGURATION_remoteCommandReportLocation = 99, /**< remoteCommandReportLocation */
    OT_CONFIGURATION_remoteCommandDump = 100, /**< remoteCommandDump */
    OT_CONFIGURATION_locatorAccuracyBackground = 101, /**< locatorAccuracyBackground */
    OT_CONFIGURATION_locatorAccuracyForeground = 102, /**< locatorAccuracyForeground */
    OT_CONFIGURATION_playOverride = 103, /**< playOverride */
    OT_CONFIGURATION_geocodeEnabled = 104, /**< geocodeEnabled */
    OT_CONFIGURATION_id = 105, /**< _id */
    OT_CONFIGURATION_topic = 106, /**< topic */
    OT_CONFIGURATION_qos = 107, /**< qos */
    OT_CONFIGURATION_retained = 108, /**< retained */
    OT_CONFIGURATION_modeId = 109, /**< modeId */
    OT_CONFIGURATION_created_at = 110 /**< created_at */
};

/** Settings of a device. Messages of `_type` "configuration". */
typedef struct ot_configuration {
    uint64_t has[2]; /**< Which members have a value: a bit for each ordinal. */
    int64_t build; /**< `_build`: build number of the app */
    int64_t mode; /**< `mode`: connection: 0 MQTT, 3 HTTP [0 to 3]; Android, iOS */
    int64_t monitoring; /**< `monitoring`: -1 quiet, 0 manual, 1 significant, 2 move [-1 to 2]; Android, iOS */
    ot_str host; /**< `host`: name of the broker; Android, iOS */
    int64_t port; /**< `port`: port of the broker; 0 offline on iOS [0 to 65535]; Android, iOS */
    ot_str username; /**< `username`: user; Android, iOS */
    ot_str password; /**< `password`: password; secret, Android, iOS */
    ot_str deviceId; /**< `deviceId`: device; Android, iOS */
    ot_str clientId; /**< `clientId`: MQTT client id; Android, iOS */
    ot_str tid; /**< `tid`: tracker id; Android, iOS */
    ot_str url; /**< `url`: where to post to by HTTP; Android, iOS */
    bool auth; /**< `auth`: send credentials; iOS */
    bool usePassword; /**< `usePassword`: send the password; iOS */
    bool tls; /**< `tls`: use TLS; Android, iOS */
    bool ws; /**< `ws`: MQTT over websocket; Android, iOS */
    int64_t mqttProtocolLevel; /**< `mqttProtocolLevel`: 3 MQTT 3.1, 4 MQTT 3.1.1, 5 MQTT 5 [3 to 5]; Android, iOS */
    bool cleanSession; /**< `cleanSession`: ask for a clean session; Android, iOS */
    int64_t keepalive; /**< `keepalive`: MQTT keepalive [seconds, at least 0]; Android, iOS */
    int64_t connectionTimeoutSeconds; /**< `connectionTimeoutSeconds`: patience when connecting [seconds, at least 0]; Android */
    ot_str pubTopicBase; /**< `pubTopicBase`: base topic; %u user, %d device; Android, iOS */
    int64_t pubQos; /**< `pubQos`: quality of service when publishing [0 to 2]; Android, iOS */
    bool pubRetain; /**< `pubRetain`: publish positions retained; Android, iOS */
    bool sub; /**< `sub`: subscribe to friends; Android, iOS */
    ot_str subTopic; /**< `subTopic`: filters to subscribe to; Android, iOS */
    int64_t subQos; /**< `subQos`: quality of service when subscribing [0 to 2]; Android, iOS */
    bool info; /**< `info`: subscribe to cards; Android */
    bool cmd; /**< `cmd`: obey commands; Android, iOS */
    bool remoteConfiguration; /**< `remoteConfiguration`: obey commands that change settings; Android, iOS */
    bool allowRemoteLocation; /**< `allowRemoteLocation`: obey reportLocation; iOS */
    bool extendedData; /**< `extendedData`: send all there is to say; Android, iOS */
    ot_str encryptionKey; /**< `encryptionKey`: key for encrypted messages; secret, Android, iOS */
    int64_t locatorDisplacement; /**< `locatorDisplacement`: distance between positions [metres, at least 0]; Android, iOS */
    int64_t locatorInterval; /**< `locatorInterval`: time between positions [seconds, at least 0]; Android, iOS */
    int64_t moveModeLocatorInterval; /**< `moveModeLocatorInterval`: time between positions in move mode [seconds, at least 0]; Android */
    bool pegLocatorFastestIntervalToInterval; /**< `pegLocatorFastestIntervalToInterval`: take no positions faster than asked for; Android */
    ot_str locatorPriority; /**< `locatorPriority`: accuracy against power, a name or a number; Android; JSON text: any value */
    int64_t ignoreInaccurateLocations; /**< `ignoreInaccurateLocations`: positions less accurate are left out; 0 off [metres, at least 0]; Android, iOS */
    double ignoreStaleLocations; /**< `ignoreStaleLocations`: friends silent for longer are left out; 0 off [days, at least 0]; Android, iOS */
    int64_t discardNetworkLocationThresholdSeconds; /**< `discardNetworkLocationThresholdSeconds`: network positions this soon after a satellite one are left out [seconds, at least 0]; Android */
    int64_t ping; /**< `ping`: time between pings [minutes, at least 0]; Android */
    bool publishLocationOnConnect; /**< `publishLocationOnConnect`: publish a position when connected; Android */
    bool ranging; /**< `ranging`: tell of beacons in sight; iOS */
    bool fusedRegionDetection; /**< `fusedRegionDetection`: find crossings of regions by the system's service; Android */
    int64_t adapt; /**< `adapt`: without movement for so long, leave move mode; 0 off [minutes, at least 0]; iOS */
    int64_t downgrade; /**< `downgrade`: below this charge, leave move mode; 0 off [per cent, 0 to 100]; iOS */
    int64_t days; /**< `days`: history kept; -1 by number [days, at least -1]; iOS */
    int64_t positions; /**< `positions`: history kept [at least 0]; iOS */
    int64_t maxHistory; /**< `maxHistory`: notifications kept [at least 0]; iOS */
    ot_str waypoints; /**< `waypoints`: the regions; Android, iOS; JSON text: array of objects of #OT_TYPE_WAYPOINT */
    bool allowinvalidcerts; /**< `allowinvalidcerts`: do not check the certificate of the broker; iOS */
    ot_str clientpkcs; /**< `clientpkcs`: file with the client certificate; iOS */
    ot_str passphrase; /**< `passphrase`: pass phrase of the client certificate; secret, iOS */
    ot_str tlsClientCrt; /**< `tlsClientCrt`: name of the client certificate; Android */
    ot_str httpHeaders; /**< `httpHeaders`: further headers by HTTP; secret, iOS */
    bool dontReuseHttpClient; /**< `dontReuseHttpClient`: a new connection for each post; Android */
    bool autostartOnBoot; /**< `autostartOnBoot`: start with the phone; Android */
    bool debugLog; /**< `debugLog`: keep a detailed log; Android */
    bool enableMapRotation; /**< `enableMapRotation`: the map can be turned; Android */
    ot_str experimentalFeatures; /**< `experimentalFeatures`: features switched on, a list or a text with commas; Android; JSON text: any value */
    bool locked; /**< `locked`: settings cannot be changed by hand; iOS */
    ot_str mapLayerStyle; /**< `mapLayerStyle`: style of the map; Android */
    bool notificationEvents; /**< `notificationEvents`: notify of crossings; Android */
    bool notificationGeocoderErrors; /**< `notificationGeocoderErrors`: notify of failed address lookups; Android */
    bool notificationLocation; /**< `notificationLocation`: show the position in the notification; Android */
    bool notificationHigherPriority; /**< `notificationHigherPriority`: show the notification more prominently; Android */
    ot_str opencageApiKey; /**< `opencageApiKey`: key for address lookups; secret, Android */
    ot_str osmCopyright; /**< `osmCopyright`: copyright of the map tiles; iOS */
    ot_str osmTemplate; /**< `osmTemplate`: address of the map tiles; iOS */
    double osmTileScaleFactor; /**< `osmTileScaleFactor`: scale of the map tiles [at least 0]; Android */
    ot_str reverseGeocodeProvider; /**< `reverseGeocodeProvider`: who looks addresses up; Android */
    bool showRegionsOnMap; /**< `showRegionsOnMap`: draw regions; Android */
    ot_str theme; /**< `theme`: look of the app, a name or a number; Android; JSON text: any value */
    bool userDeclinedEnableLocationPermissions; /**< `userDeclinedEnableLocationPermissions`: the user declined; Android */
    bool userDeclinedEnableBackgroundLocationPermissions; /**< `userDeclinedEnableBackgroundLocationPermissions`: the user declined; Android */
    bool userDeclinedEnableLocationServices; /**< `userDeclinedEnableLocationServices`: the user declined; Android */
    bool userDeclinedEnableNotificationPermissions; /**< `userDeclinedEnableNotificationPermissions`: the user declined; Android */
    bool allowConfigurationByURIAndConfigFile; /**< `allowConfigurationByURIAndConfigFile`: accept settings from outside; set by hand only; by hand only */
    bool allowIntentControl; /**< `allowIntentControl`: accept intents; set by hand only; by hand only */
    ot_str intentAuthKey; /**< `intentAuthKey`: key that intents must carry; set by hand only; secret, by hand only */
    ot_str subscription; /**< `subscription`: filters to subscribe to; retired */
    ot_str willTopic; /**< `willTopic`: topic of the will; retired */
    int64_t willQos; /**< `willQos`: quality of service of the will [0 to 2]; retired */
    bool willRetain; /**< `willRetain`: the will is retained; retired */
    int64_t pubInterval; /**< `pubInterval`: time between positions; retired */
    ot_str tlsCrtPath; /**< `tlsCrtPath`: file of the certificate; retired */
    ot_str tlsCaCrt; /**< `tlsCaCrt`: certificate of the authority; retired */
    ot_str tlsClientCrtPassword; /**< `tlsClientCrtPassword`: password of the client certificate; secret, retired */
    ot_str servercer; /**< `servercer`: certificate of the server; retired */
    bool cp; /**< `cp`: the user allows public copies; retired */
    int64_t beaconMode; /**< `beaconMode`: how beacons are looked for; retired */
    ot_str beaconLayout; /**< `beaconLayout`: how beacons are read; retired */
    bool connectionAdvancedMode; /**< `connectionAdvancedMode`: show all settings of the connection; retired */
    bool pubIncludeBattery; /**< `pubIncludeBattery`: send the charge of the battery; retired */
    bool pub; /**< `pub`: publish positions; retired */
    bool updateAddressBook; /**< `updateAddressBook`: put friends into the address book; retired */
    bool notification; /**< `notification`: show a notification; retired */
    bool notificationGeocoder; /**< `notificationGeocoder`: look up the address for the notification; retired */
    bool notificationTickerOnPublish; /**< `notificationTickerOnPublish`: tell of each position; retired */
    bool notificationTickerOnGeofenceTransition; /**< `notificationTickerOnGeofenceTransition`: tell of each crossing; retired */
    bool remoteCommandReportLocation; /**< `remoteCommandReportLocation`: obey reportLocation; retired */
    bool remoteCommandDump; /**< `remoteCommandDump`: obey dump; retired */
    int64_t locatorAccuracyBackground; /**< `locatorAccuracyBackground`: accuracy in the background; retired */
    int64_t locatorAccuracyForeground; /**< `locatorAccuracyForeground`: accuracy in the foreground; retired */
    bool playOverride; /**< `playOverride`: do without the maker's services; retired */
    bool geocodeEnabled; /**< `geocodeEnabled`: look addresses up; retired */
    ot_str id; /**< `_id`: identifier of the message, the same when it is delivered again */
    ot_str topic; /**< `topic`: topic the message would have by MQTT; the topic of the transport goes first */
    int64_t qos; /**< `qos`: bookkeeping of the Android app: quality of service [0 to 2]; hidden */
    bool retained; /**< `retained`: bookkeeping of the Android app: published as retained; hidden */
    int64_t modeId; /**< `modeId`: bookkeeping of the Android app: connection mode; hidden */
    int64_t created_at; /**< `created_at`: when the message was built */
} ot_configuration;
/** The struct of a message of this type; NULL when it is of another. */
static inline const ot_configuration *ot_message_configuration(const struct ot_message *message) {
    return (const ot_configuration *)ot_message_data(message, OT_TYPE_CONFIGURATION);
}

/** Ordinals of #ot_dump. */
enum {
    OT_DUMP_configuration = 0, /**< configuration */
    OT_DUMP_tid = 1, /**< tid */
    OT_DUMP_created_at = 2, /**< created_at */
    OT_DUMP_id = 3, /**< _id */
    OT_DUMP_topic = 4, /**< topic */
    OT_DUMP_qos = 5, /**< qos */
    OT_DUMP_retained = 6, /**< retained */
    OT_DUMP_modeId = 7 /**< modeId */
};

/** The settings of a device, secrets in clear. Messages of `_type` "dump". */
typedef struct ot_dump {
    uint64_t has[2]; /**< Which members have a value: a bit for each ordinal. */
    ot_str configuration; /**< `configuration`: a configuration message; expected; JSON text: object of #OT_TYPE_CONFIGURATION */
    ot_str tid; /**< `tid`: tracker id, two characters by custom */
    int64_t created_at; /**< `created_at`: when the message was built */
    ot_str id; /**< `_id`: identifier of the message, the same when it is delivered again */
    ot_str topic; /**< `topic`: topic the message would have by MQTT; the topic of the transport goes first */
    int64_t qos; /**< `qos`: bookkeeping of the Android app: quality of service [0 to 2]; hidden */
    bool retained; /**< `retained`: bookkeeping of the Android app: published as retained; hidden */
    int64_t modeId; /**< `modeId`: bookkeeping of the Android app: connection mode; hidden */
} ot_dump;
/** The struct of a message of this type; NULL when it is of another. */
static inline const ot_dump *ot_message_dump(const struct ot_message *message) {
    return (const ot_dump *)ot_message_data(message, OT_TYPE_DUMP);
}

/** Ordinals of #ot_phone_status. */
enum {
    OT_STATUS_ios = 0, /**< iOS */
    OT_STATUS_android = 1, /**< android */
    OT_STATUS_tid = 2, /**< tid */
    OT_STATUS_created_at = 3, /**< created_at */
    OT_STATUS_id = 4, /**< _id */
    OT_STATUS_topic = 5, /**< topic */
    OT_STATUS_qos = 6, /**< qos */
    OT_STATUS_retained = 7, /**< retained */
    OT_STATUS_modeId = 8 /**< modeId */
};

/** What a phone lets its app do. Messages of `_type` "status". */
typedef struct ot_phone_status {
    uint64_t has[2]; /**< Which members have a value: a bit for each ordinal. */
    ot_str ios; /**< `iOS`: permissions and properties of an iPhone; JSON text: object of #OT_TYPE_STATUS_IOS */
    ot_str android; /**< `android`: permissions and properties of an Android phone; JSON text: object of #OT_TYPE_STATUS_ANDROID */
    ot_str tid; /**< `tid`: tracker id, two characters by custom */
    int64_t created_at; /**< `created_at`: when the message was built */
    ot_str id; /**< `_id`: identifier of the message, the same when it is delivered again */
    ot_str topic; /**< `topic`: topic the message would have by MQTT; the topic of the transport goes first */
    int64_t qos; /**< `qos`: bookkeeping of the Android app: quality of service [0 to 2]; hidden */
    bool retained; /**< `retained`: bookkeeping of the Android app: published as retained; hidden */
    int64_t modeId; /**< `modeId`: bookkeeping of the Android app: connection mode; hidden */
} ot_phone_status;
/** The struct of a message of this type; NULL when it is of another. */
static inline const ot_phone_status *ot_message_phone_status(const struct ot_message *message) {
    return (const ot_phone_status *)ot_message_data(message, OT_TYPE_STATUS);
}

/** Ordinals of #ot_steps. */
enum {
    OT_STEPS_tst = 0, /**< tst */
    OT_STEPS_from = 1, /**< from */
    OT_STEPS_to = 2, /**< to */
    OT_STEPS_steps = 3, /**< steps */
    OT_STEPS_floorsup = 4, /**< floorsup */
    OT_STEPS_floorsdown = 5, /**< floorsdown */
    OT_STEPS_distance = 6, /**< distance */
    OT_STEPS_tid = 7, /**< tid */
    OT_STEPS_created_at = 8, /**< created_at */
    OT_STEPS_id = 9, /**< _id */
    OT_STEPS_topic = 10, /**< topic */
    OT_STEPS_qos = 11, /**< qos */
    OT_STEPS_retained = 12, /**< retained */
    OT_STEPS_modeId = 13 /**< modeId */
};

/** Steps walked in a period. Messages of `_type` "steps". */
typedef struct ot_steps {
    uint64_t has[2]; /**< Which members have a value: a bit for each ordinal. */
    int64_t tst; /**< `tst`: when the answer was built; expected */
    int64_t from; /**< `from`: begin of the period; expected */
    int64_t to; /**< `to`: end of the period; expected */
    int64_t steps; /**< `steps`: steps walked; -1 not available [at least -1]; expected */
    int64_t floorsup; /**< `floorsup`: floors climbed [at least -1] */
    int64_t floorsdown; /**< `floorsdown`: floors descended [at least -1] */
    double distance; /**< `distance`: distance walked [metres, at least -1] */
    ot_str tid; /**< `tid`: tracker id, two characters by custom */
    int64_t created_at; /**< `created_at`: when the message was built */
    ot_str id; /**< `_id`: identifier of the message, the same when it is delivered again */
    ot_str topic; /**< `topic`: topic the message would have by MQTT; the topic of the transport goes first */
    int64_t qos; /**< `qos`: bookkeeping of the Android app: quality of service [0 to 2]; hidden */
    bool retained; /**< `retained`: bookkeeping of the Android app: published as retained; hidden */
    int64_t modeId; /**< `modeId`: bookkeeping of the Android app: connection mode; hidden */
} ot_steps;
/** The struct of a message of this type; NULL when it is of another. */
static inline const ot_steps *ot_message_steps(const struct ot_message *message) {
    return (const ot_steps *)ot_message_data(message, OT_TYPE_STEPS);
}

/** Ordinals of #ot_beacon. */
enum {
    OT_BEACON_tst = 0, /**< tst */
    OT_BEACON_uuid = 1, /**< uuid */
    OT_BEACON_major = 2, /**< major */
    OT_BEACON_minor = 3, /**< minor */
    OT_BEACON_prox = 4, /**< prox */
    OT_BEACON_acc = 5, /**< acc */
    OT_BEACON_rssi = 6, /**< rssi */
    OT_BEACON_desc = 7, /**< desc */
    OT_BEACON_tid = 8, /**< tid */
    OT_BEACON_created_at = 9, /**< created_at */
    OT_BEACON_id = 10, /**< _id */
    OT_BEACON_topic = 11, /**< topic */
    OT_BEACON_qos = 12, /**< qos */
    OT_BEACON_retained = 13, /**< retained */
    OT_BEACON_modeId = 14 /**< modeId */
};

/** A beacon was seen. Messages of `_type` "beacon". */
typedef struct ot_beacon {
    uint64_t has[2]; /**< Which members have a value: a bit for each ordinal. */
    int64_t tst; /**< `tst`: time of the last position, not of the sighting; expected */
    ot_str uuid; /**< `uuid`: UUID of the beacon; expected */
    int64_t major; /**< `major`: major number [0 to 65535]; expected */
    int64_t minor; /**< `minor`: minor number [0 to 65535]; expected */
    int64_t prox; /**< `prox`: nearness: 0 unknown, 1 immediate, 2 near, 3 far [0 to 3] */
    double acc; /**< `acc`: distance, roughly; -1 unknown [metres, at least -1] */
    double rssi; /**< `rssi`: strength of the signal; 0 unknown [dBm, -200 to 100] */
    ot_str desc; /**< `desc`: name of the region of the beacon */
    ot_str tid; /**< `tid`: tracker id, two characters by custom */
    int64_t created_at; /**< `created_at`: when the message was built */
    ot_str id; /**< `_id`: identifier of the message, the same when it is delivered again */
    ot_str topic; /**< `topic`: topic the message would have by MQTT; the topic of the transport goes first */
    int64_t qos; /**< `qos`: bookkeeping of the Android app: quality of service [0 to 2]; hidden */
    bool retained; /**< `retained`: bookkeeping of the Android app: published as retained; hidden */
    int64_t modeId; /**< `modeId`: bookkeeping of the Android app: connection mode; hidden */
} ot_beacon;
/** The struct of a message of this type; NULL when it is of another. */
static inline const ot_beacon *ot_message_beacon(const struct ot_message *message) {
    return (const ot_beacon *)ot_message_data(message, OT_TYPE_BEACON);
}

/** Ordinals of #ot_encrypted. */
enum {
    OT_ENCRYPTED_data = 0, /**< data */
    OT_ENCRYPTED_tid = 1, /**< tid */
    OT_ENCRYPTED_created_at = 2, /**< created_at */
    OT_ENCRYPTED_id = 3, /**< _id */
    OT_ENCRYPTED_topic = 4, /**< topic */
    OT_ENCRYPTED_qos = 5, /**< qos */
    OT_ENCRYPTED_retained = 6, /**< retained */
    OT_ENCRYPTED_modeId = 7 /**< modeId */
};

/** Another message, encrypted. Messages of `_type` "encrypted". */
typedef struct ot_encrypted {
    uint64_t has[2]; /**< Which members have a value: a bit for each ordinal. */
    ot_str data; /**< `data`: nonce and sealed message, base64; expected */
    ot_str tid; /**< `tid`: tracker id, two characters by custom */
    int64_t created_at; /**< `created_at`: when the message was built */
    ot_str id; /**< `_id`: identifier of the message, the same when it is delivered again */
    ot_str topic; /**< `topic`: topic the message would have by MQTT; the topic of the transport goes first */
    int64_t qos; /**< `qos`: bookkeeping of the Android app: quality of service [0 to 2]; hidden */
    bool retained; /**< `retained`: bookkeeping of the Android app: published as retained; hidden */
    int64_t modeId; /**< `modeId`: bookkeeping of the Android app: connection mode; hidden */
} ot_encrypted;
/** The struct of a message of this type; NULL when it is of another. */
static inline const ot_encrypted *ot_message_encrypted(const struct ot_message *message) {
    return (const ot_encrypted *)ot_message_data(message, OT_TYPE_ENCRYPTED);
}

/** Ordinals of #ot_request. */
enum {
    OT_REQUEST_request = 0, /**< request */
    OT_REQUEST_tour = 1, /**< tour */
    OT_REQUEST_uuid = 2, /**< uuid */
    OT_REQUEST_tid = 3, /**< tid */
    OT_REQUEST_created_at = 4, /**< created_at */
    OT_REQUEST_id = 5, /**< _id */
    OT_REQUEST_topic = 6, /**< topic */
    OT_REQUEST_qos = 7, /**< qos */
    OT_REQUEST_retained = 8, /**< retained */
    OT_REQUEST_modeId = 9 /**< modeId */
};

/** A question of a device to the server. Messages of `_type` "request". */
typedef struct ot_request {
    uint64_t has[2]; /**< Which members have a value: a bit for each ordinal. */
    ot_str request; /**< `request`: tour, tours or untour; expected */
    ot_str tour; /**< `tour`: tour: what to make; JSON text: object of #OT_TYPE_TOUR */
    ot_str uuid; /**< `uuid`: untour: which tour to remove */
    ot_str tid; /**< `tid`: tracker id, two characters by custom */
    int64_t created_at; /**< `created_at`: when the message was built */
    ot_str id; /**< `_id`: identifier of the message, the same when it is delivered again */
    ot_str topic; /**< `topic`: topic the message would have by MQTT; the topic of the transport goes first */
    int64_t qos; /**< `qos`: bookkeeping of the Android app: quality of service [0 to 2]; hidden */
    bool retained; /**< `retained`: bookkeeping of the Android app: published as retained; hidden */
    int64_t modeId; /**< `modeId`: bookkeeping of the Android app: connection mode; hidden */
} ot_request;
/** The struct of a message of this type; NULL when it is of another. */
static inline const ot_request *ot_message_request(const struct ot_message *message) {
    return (const ot_request *)ot_message_data(message, OT_TYPE_REQUEST);
}

/** Ordinals of #ot_status_ios. */
enum {
    OT_STATUS_IOS_version = 0, /**< version */
    OT_STATUS_IOS_locale = 1, /**< locale */
    OT_STATUS_IOS_localeUsesMetricSystem = 2, /**< localeUsesMetricSystem */
    OT_STATUS_IOS_backgroundRefreshStatus = 3, /**< backgroundRefreshStatus */
    OT_STATUS_IOS_locationManagerAuthorizationStatus = 4, /**< locationManagerAuthorizationStatus */
    OT_STATUS_IOS_altimeterAuthorizationStatus = 5, /**< altimeterAuthorizationStatus */
    OT_STATUS_IOS_altimeterIsRelativeAltitudeAvailable = 6, /**< altimeterIsRelativeAltitudeAvailable */
    OT_STATUS_IOS_motionActivityManagerAuthorizationStatus = 7, /**< motionActivityManagerAuthorizationStatus */
    OT_STATUS_IOS_motionActivityManagerIsActivityAvailable = 8, /**< motionActivityManagerIsActivityAvailable */
    OT_STATUS_IOS_pedometerIsStepCountingAvailable = 9, /**< pedometerIsStepCountingAvailable */
    OT_STATUS_IOS_pedometerIsFloorCountingAvailable = 10, /**< pedometerIsFloorCountingAvailable */
    OT_STATUS_IOS_pedometerIsDistanceAvailable = 11, /**< pedometerIsDistanceAvailable */
    OT_STATUS_IOS_deviceSystemName = 12, /**< deviceSystemName */
    OT_STATUS_IOS_deviceSystemVersion = 13, /**< deviceSystemVersion */
    OT_STATUS_IOS_deviceModel = 14, /**< deviceModel */
    OT_STATUS_IOS_deviceIdentifierForVendor = 15, /**< deviceIdentifierForVendor */
    OT_STATUS_IOS_deviceUserInterfaceIdiom = 16, /**< deviceUserInterfaceIdiom */
    OT_STATUS_IOS_noMap = 17, /**< noMap */
    OT_STATUS_IOS_noRevgeo = 18, /**< noRevgeo */
    OT_STATUS_IOS_altimeterIsAbsoluteAltitudeAvailable = 19 /**< altimeterIsAbsoluteAltitudeAvailable */
};

/** The iPhone's part of a status. A nested object. */
typedef struct ot_status_ios {
    uint64_t has[2]; /**< Which members have a value: a bit for each ordinal. */
    ot_str version; /**< `version`: version of the app */
    ot_str locale; /**< `locale`: language and country */
    bool localeUsesMetricSystem; /**< `localeUsesMetricSystem`: metric units are used */
    ot_str backgroundRefreshStatus; /**< `backgroundRefreshStatus`: may the app work in the background */
    ot_str locationManagerAuthorizationStatus; /**< `locationManagerAuthorizationStatus`: may the app see the position */
    ot_str altimeterAuthorizationStatus; /**< `altimeterAuthorizationStatus`: may the app see the pressure */
    bool altimeterIsRelativeAltitudeAvailable; /**< `altimeterIsRelativeAltitudeAvailable`: there is a barometer */
    ot_str motionActivityManagerAuthorizationStatus; /**< `motionActivityManagerAuthorizationStatus`: may the app see motion */
    bool motionActivityManagerIsActivityAvailable; /**< `motionActivityManagerIsActivityAvailable`: motion is told */
    bool pedometerIsStepCountingAvailable; /**< `pedometerIsStepCountingAvailable`: steps are counted */
    bool pedometerIsFloorCountingAvailable; /**< `pedometerIsFloorCountingAvailable`: floors are counted */
    bool pedometerIsDistanceAvailable; /**< `pedometerIsDistanceAvailable`: distances are measured */
    ot_str deviceSystemName; /**< `deviceSystemName`: name of the system */
    ot_str deviceSystemVersion; /**< `deviceSystemVersion`: version of the system */
    ot_str deviceModel; /**< `deviceModel`: model of the device */
    ot_str deviceIdentifierForVendor; /**< `deviceIdentifierForVendor`: identifier of the installation */
    ot_str deviceUserInterfaceIdiom; /**< `deviceUserInterfaceIdiom`: phone, pad, ... */
    int64_t noMap; /**< `noMap`: map switched off: 1 on, -1 off, 0 unset [-1 to 1] */
    int64_t noRevgeo; /**< `noRevgeo`: address lookup switched off: 1 on, -1 off, 0 unset [-1 to 1] */
    bool altimeterIsAbsoluteAltitudeAvailable; /**< `altimeterIsAbsoluteAltitudeAvailable`: absolute altitude is told; retired */
} ot_status_ios;
/** The struct of a message of this type; NULL when it is of another. */
static inline const ot_status_ios *ot_message_status_ios(const struct ot_message *message) {
    return (const ot_status_ios *)ot_message_data(message, OT_TYPE_STATUS_IOS);
}

/** Ordinals of #ot_status_android. */
enum {
    OT_STATUS_ANDROID_wifi = 0, /**< wifi */
    OT_STATUS_ANDROID_ps = 1, /**< ps */
    OT_STATUS_ANDROID_bo = 2, /**< bo */
    OT_STATUS_ANDROID_hib = 3, /**< hib */
    OT_STATUS_ANDROID_loc = 4, /**< loc */
    OT_STATUS_ANDROID_version = 5, /**< version */
    OT_STATUS_ANDROID_flavour = 6 /**< flavour */
};

/** The Android phone's part of a status. A nested object. */
typedef struct ot_status_android {
    uint64_t has[2]; /**< Which members have a value: a bit for each ordinal. */
    int64_t wifi; /**< `wifi`: 1: wireless network on [0 to 1] */
    int64_t ps; /**< `ps`: 1: power saving [0 to 1] */
    int64_t bo; /**< `bo`: 1: battery optimised [0 to 1] */
    int64_t hib; /**< `hib`: 1: the app may be put to sleep [0 to 1] */
    int64_t loc; /**< `loc`: position allowed: 0 always and fine, -1 always and coarse, -2 in use and fine, -3 in use and coarse, -4 never [-4 to 0] */
    int64_t version; /**< `version`: version of the app */
    ot_str flavour; /**< `flavour`: flavour of the app */
} ot_status_android;
/** The struct of a message of this type; NULL when it is of another. */
static inline const ot_status_android *ot_message_status_android(const struct ot_message *message) {
    return (const ot_status_android *)ot_message_data(message, OT_TYPE_STATUS_ANDROID);
}

/** Ordinals of #ot_tour. */
enum {
    OT_TOUR_label = 0, /**< label */
    OT_TOUR_from = 1, /**< from */
    OT_TOUR_to = 2, /**< to */
    OT_TOUR_uuid = 3, /**< uuid */
    OT_TOUR_url = 4, /**< url */
    OT_TOUR_page = 5, /**< page */
    OT_TOUR_user = 6, /**< user */
    OT_TOUR_device = 7, /**< device */
    OT_TOUR_zoom = 8 /**< zoom */
};

/** A tour: a period that others may look at. A nested object. */
typedef struct ot_tour {
    uint64_t has[2]; /**< Which members have a value: a bit for each ordinal. */
    ot_str label; /**< `label`: name of the tour; iOS */
    ot_str from; /**< `from`: begin, ISO 8601 without zone, UTC; iOS */
    ot_str to; /**< `to`: end, ISO 8601 without zone, UTC; iOS */
    ot_str uuid; /**< `uuid`: id of the tour; iOS */
    ot_str url; /**< `url`: where to look at it; iOS */
    ot_str page; /**< `page`: page that shows it */
    ot_str user; /**< `user`: user */
    ot_str device; /**< `device`: device */
    int64_t zoom; /**< `zoom`: zoom level of the map */
} ot_tour;
/** The struct of a message of this type; NULL when it is of another. */
static inline const ot_tour *ot_message_tour(const struct ot_message *message) {
    return (const ot_tour *)ot_message_data(message, OT_TYPE_TOUR);
}

#ifdef __cplusplus
}
#endif
#endif
