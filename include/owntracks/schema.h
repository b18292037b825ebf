/** @file schema.h
 *  @brief Reflection: the tables of all message types and their fields, for whoever must not list fields by hand.
 *
 *  The rows come from `lib/schema/<type>.def`; <owntracks/fields.h> holds the documented structs made from the same rows. */
#ifndef OWNTRACKS_SCHEMA_H
#define OWNTRACKS_SCHEMA_H

#include <owntracks/str.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a message is. Numbers never change and stay below 64, so that a set of types is a 64-bit mask (#OT_TYPE_BIT). */
typedef enum ot_type {
    OT_TYPE_NONE = 0,            /**< No message yet. */
    OT_TYPE_LOCATION = 1,        /**< "location" */
    OT_TYPE_LWT = 2,             /**< "lwt" */
    OT_TYPE_TRANSITION = 3,      /**< "transition" */
    OT_TYPE_WAYPOINT = 4,        /**< "waypoint" */
    OT_TYPE_WAYPOINTS = 5,       /**< "waypoints" */
    OT_TYPE_CARD = 6,            /**< "card" */
    OT_TYPE_CMD = 7,             /**< "cmd" */
    OT_TYPE_CONFIGURATION = 8,   /**< "configuration" */
    OT_TYPE_DUMP = 9,            /**< "dump" */
    OT_TYPE_STATUS = 10,         /**< "status" */
    OT_TYPE_STEPS = 11,          /**< "steps" */
    OT_TYPE_BEACON = 12,         /**< "beacon" */
    OT_TYPE_ENCRYPTED = 13,      /**< "encrypted" */
    OT_TYPE_REQUEST = 14,        /**< "request" */
    OT_TYPE_STATUS_IOS = 32,     /**< The object `iOS` inside a status; never a message of its own. */
    OT_TYPE_STATUS_ANDROID = 33, /**< The object `android` inside a status; never a message of its own. */
    OT_TYPE_TOUR = 34,           /**< The object `tour` of requests and answers; never a message of its own. */
    OT_TYPE_UNKNOWN = 60,        /**< An object whose `_type` this version does not know. */
    OT_TYPE_EMPTY = 61           /**< A payload of no bytes: "forget this device". */
} ot_type;

/** The bit of a type in a mask of types. */
#define OT_TYPE_BIT(type) (UINT64_C(1) << (unsigned)(type))

/** What became of a member of the payload. */
typedef enum ot_member_state {
    OT_MEMBER_VALUE = 1,   /**< A known field with a value. */
    OT_MEMBER_NULL = 2,    /**< A known field that is null. */
    OT_MEMBER_BAD = 3,     /**< A known field of a wrong type (or, where it is required, out of range). */
    OT_MEMBER_UNKNOWN = 4, /**< No field of this type: kept. */
    OT_MEMBER_TYPE = 5,    /**< `_type` itself. */
    OT_MEMBER_SHADOWED = 6 /**< An earlier one of two with the same key. */
} ot_member_state;

/** What a field holds, and the C type of its member. The list is closed. */
typedef enum ot_kind {
    OT_KIND_BOOL = 1, /**< `bool` */
    OT_KIND_I64 = 2,  /**< `int64_t`: counts, codes */
    OT_KIND_F64 = 3,  /**< `double`, finite: measured quantities */
    OT_KIND_TIME = 4, /**< `int64_t`: epoch seconds, as on the wire */
    OT_KIND_STR = 5,  /**< `ot_str`: UTF-8 text, escapes undone; may hold NUL */
    OT_KIND_ENUM = 6, /**< `ot_str`: one of ot_field::words, other text is kept and noted */
    OT_KIND_STRS = 7, /**< `ot_str`: the JSON text of an array of strings; see ot_strs_next() */
    OT_KIND_OBJ = 8,  /**< `ot_str`: the JSON text of an object of type ot_field::nested */
    OT_KIND_OBJS = 9, /**< `ot_str`: the JSON text of an array of such objects; see ot_objs_next() */
    OT_KIND_RAW = 10  /**< `ot_str`: the JSON text of any value */
} ot_kind;

/** Units of measured quantities. */
typedef enum ot_unit {
    OT_UNIT_NONE = 0,    /**< a text, a code, a count */
    OT_UNIT_DEG = 1,     /**< degrees */
    OT_UNIT_M = 2,       /**< metres */
    OT_UNIT_KMH = 3,     /**< kilometres per hour */
    OT_UNIT_KPA = 4,     /**< kilopascals */
    OT_UNIT_PERCENT = 5, /**< per cent */
    OT_UNIT_S = 6,       /**< seconds */
    OT_UNIT_DBM = 7,     /**< decibel-milliwatts */
    OT_UNIT_MIN = 8,     /**< minutes */
    OT_UNIT_DAY = 9      /**< days */
} ot_unit;

#define OT_FIELD_REQUIRED 0x01u /**< A message without it (or with a bad one) is refused in every mode. */
#define OT_FIELD_EXPECTED                                                                                              \
    0x02u /**< The documentation demands it: refused in strict mode, allowed to be absent in lenient mode. */
#define OT_FIELD_EXTENDED 0x04u /**< Sent only when the phone's "extended data" is on. */
#define OT_FIELD_SECRET                                                                                                \
    0x08u /**< Never logged; exported only when asked for; sealed or redacted before it is stored. */
#define OT_FIELD_RETIRED 0x10u /**< No current app sends it. */
#define OT_FIELD_HIDDEN  0x20u /**< Bookkeeping of an app (qos, retained, modeId); exports leave it out unless asked. */
#define OT_FIELD_ANDROID 0x40u /**< What is sent to phones: the Android app acts on it. */
#define OT_FIELD_IOS     0x80u /**< What is sent to phones: the iOS app acts on it. */
#define OT_FIELD_IOS_OLD 0x100u /**< What is sent to phones: iOS apps before 18.0.1 act on it. */
#define OT_FIELD_UI_ONLY 0x200u /**< A setting that only the hand of the user changes: no app takes it from outside. */

/** One field of one type: a row. Only read through pointers that the library gives; the struct may grow at its end. */
typedef struct ot_field {
    const char *key;     /**< The member name on the wire: "lat". */
    const char *member;  /**< The member name of the struct in fields.h: "lat". */
    const char *aliases; /**< Other member names, separated by blanks; "" for none. */
    /** For ENUM: the known words, separated by blanks. For STR and RAW: the only words that apps take, where there are such; the place of a word in
     *  the list, from 0, is then the number that means the same. "" otherwise. */
    const char *words;
    const char *doc;    /**< One English phrase. */
    double min;         /**< Smallest sensible value; -infinity for none. */
    double max;         /**< Largest sensible value; infinity for none. */
    ot_kind kind;       /**< What it holds. */
    ot_unit unit;       /**< What is measured. */
    ot_type type;       /**< The type it belongs to. */
    ot_type nested;     /**< For OBJ and OBJS: the type of the objects; OT_TYPE_NONE otherwise. */
    uint32_t flags;     /**< OT_FIELD_… */
    uint32_t since;     /**< #OT_VERSION_NUMBER of the version that first knew it. */
    uint32_t ordinal;   /**< Its number in its type, from 0; never changes. */
    uint32_t offset;    /**< Of the member in the struct. */
    double android_min; /**< The smallest value that the Android app takes; `min` where it knows no narrower range. */
    double android_max; /**< The largest value that the Android app takes. */
} ot_field;

/** The text of `_type` for a type: "location"; "" for types that have none (NONE, UNKNOWN, EMPTY, nested ones).
 *  @return a constant. @par Threads Safe. */
OT_API const char *ot_type_text(ot_type type);

/** A name for people and for queries: as ot_type_text(), and "unknown", "empty", "status-ios", … for the rest; "?" for a number that is
 *  no type. @return a constant. @par Threads Safe. */
OT_API const char *ot_type_name(ot_type type);

/** The type that ot_type_name() gives @p name for; OT_TYPE_NONE when there is none. @par Threads Safe. */
OT_API ot_type ot_type_by_name(ot_str name);

/** What a type is for, in one English phrase; "" when unknown. @return a constant. @par Threads Safe. */
OT_API const char *ot_type_doc(ot_type type);

/** The n-th type that has fields, in the order of their numbers; OT_TYPE_NONE behind the last. @par Threads Safe. */
OT_API ot_type ot_type_at(size_t n);

/** How many fields a type has (0 to 128). @par Threads Safe. */
OT_API size_t ot_field_count(ot_type type);

/** A field by its ordinal; NULL when there is none. @return a constant. @par Threads Safe. */
OT_API const ot_field *ot_field_at(ot_type type, size_t ordinal);

/** A field by its key or one of its aliases; NULL when there is none. @return a constant. @par Threads Safe. */
OT_API const ot_field *ot_field_by_key(ot_type type, ot_str key);

/** Size in bytes of the struct of a type in fields.h; 0 when it has none. @par Threads Safe. */
OT_API size_t ot_type_struct_size(ot_type type);

/** Names for people: "F64", "m", …; "?" for unknown numbers. @return a constant. @par Threads Safe. */
OT_API const char *ot_kind_name(ot_kind kind);
/** The symbol of a unit: "m", "km/h", "°"; "" for none. @return a constant. @par Threads Safe. */
OT_API const char *ot_unit_text(ot_unit unit);

/** The value of a field with its kind: what reflection gives and takes. The layout is frozen. */
typedef struct ot_value {
    ot_kind kind; /**< Which member of the union holds. */
    union {
        bool b;    /**< BOOL */
        int64_t i; /**< I64, TIME */
        double d;  /**< F64 */
        ot_str s;  /**< STR, ENUM: text; STRS, OBJ, OBJS, RAW: JSON text */
    } as;          /**< The value. */
} ot_value;

#ifdef __cplusplus
}
#endif
#endif
