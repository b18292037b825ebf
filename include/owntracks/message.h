/** @file message.h
 *  @brief Messages: decode a payload, look at it, build one, encode it.
 *
 *  An ot_message holds one message at a time and serves any number of payloads one after the other. Decoding copies nothing: what it
 *  shows are views into the payload, which must outlive it (or call ot_message_own()). It learns the order in which an app writes
 *  its members, so use the same object for a stream. Nothing is allocated, except when strings with escapes exceed the scratch area.
 *
 *  Three facts are kept apart for every known member: absent; present with `null`; present with a wrong type. A null or wrong-typed
 *  member has no value (its presence bit is clear), stands among the members as it came, and is encoded again as it came.
 *
 *  Lenient and strict: lenient is for what phones send, and accepts a number sent as text, a fraction where an integer is due (cut towards
 *  zero), 0/1 and "true"/"false" for a bool (0/1 as text too), a member that stands there twice (the last one holds), one of lat and lon
 *  absent while the other is valid (it is 0), each of them marked; out-of-range values are kept and noted as violations, except in REQUIRED fields, where they refuse the message. Strict refuses all of that, and demands EXPECTED fields. */
#ifndef OWNTRACKS_MESSAGE_H
#define OWNTRACKS_MESSAGE_H

#include <owntracks/fields.h>
#include <owntracks/schema.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A message; opaque. A handle is used by one thread at a time and may move between threads; handles share nothing. */
typedef struct ot_message ot_message;

/** How to decode. */
typedef struct ot_decode_options {
    size_t size;        /**< sizeof(ot_decode_options); set by #OT_DECODE_OPTIONS_INIT. */
    bool strict;        /**< false: lenient. */
    uint32_t max_depth; /**< Nesting allowed, 1 to 256; 0 means 32. */
    size_t max_payload; /**< Bytes allowed, at most 1 GiB; 0 means 8 MiB. */
    /** Members that are indexed, 16 to 4096; 0 means 128. Beyond: #OT_MARK_OVERFLOW, known fields still decoded; of unknown members nobody
     *  looks there whether they stand twice, in strict mode either. */
    uint32_t max_members;
    size_t scratch; /**< Bytes reserved for unescaped strings at creation; 0 means 1024. */
} ot_decode_options;

/** The defaults: lenient. */
#define OT_DECODE_OPTIONS_INIT                                                                                         \
    { sizeof(ot_decode_options), false, 0, 0, 0, 0 }

/* Marks: what was found at decoding (ot_message_marks()) or at recording (ot_record::marks). Numbers never change. */
#define OT_MARK_COERCED      0x0001u /**< A value was accepted in another type than its own. */
#define OT_MARK_ASSUMED      0x0002u /**< One of lat and lon was absent and taken as 0. */
#define OT_MARK_DUPLICATE    0x0004u /**< A member stood there twice; the last one holds. */
#define OT_MARK_OVERFLOW     0x0008u /**< More members than are indexed. */
#define OT_MARK_MILLISECONDS 0x0010u /**< A waypoint's tst beyond 10^11, taken as milliseconds and shown as seconds. */
#define OT_MARK_VIOLATION    0x0020u /**< There are violations beyond those above. */
#define OT_MARK_FUTURE       0x0100u /**< tst was more than an hour ahead of arrival: `at` is the arrival. */
#define OT_MARK_UNTIMED      0x0200u /**< A type that carries its time came without a usable one: `at` is the arrival. */
#define OT_MARK_RETAINED     0x0400u /**< It came as a retained message: news of the past. */
#define OT_MARK_REDACTED     0x0800u /**< Secret members were replaced before storing. */
#define OT_MARK_HTTP         0x1000u /**< It came by HTTP. */
#define OT_MARK_ELEMENT      0x2000u /**< It was an element of a list of messages. */

/** One complaint about one member. */
typedef struct ot_violation {
    /** OT_ETYPE, OT_ERANGE, OT_EMISSING, OT_EDUPLICATE, OT_EUNKNOWN (a word outside its list), OT_ESYNTAX. */
    ot_status status;
    const ot_field *field; /**< The field; NULL for a member that is none. */
    ot_str key;            /**< The key as it stands in the payload (escapes and all); absent for a missing field. */
    uint64_t offset;       /**< Of the value in the payload; #OT_NO_OFFSET for a missing field. */
    const char *reason;    /**< A constant English phrase. */
} ot_violation;

/** A member as it stands in the payload, in its order there. */
typedef struct ot_member {
    ot_str key;            /**< Between the quotes, escapes not undone. */
    bool key_escaped;      /**< The key holds a backslash. */
    ot_str raw;            /**< The JSON text of the value. */
    uint64_t offset;       /**< Of the value in the payload. */
    const ot_field *field; /**< NULL for unknown ones and `_type`. */
    ot_member_state state; /**< What became of it. */
} ot_member;

/** Makes a message.
 *  @param options are copied; NULL means #OT_DECODE_OPTIONS_INIT.
 *  @param out     the message, to be released with ot_message_free(); NULL after a failure.
 *  @return OT_OK, OT_EINVAL (a limit out of its range), OT_ENOMEM. @par Threads Safe. */
OT_API ot_status ot_message_new(const ot_decode_options *options, ot_message **out);

/** Bytes that ot_message_init() needs for these options (NULL: the defaults); 0 when a limit is out of its range. @par Threads Safe. */
OT_API size_t ot_message_size(const ot_decode_options *options);

/** Makes a message in the caller's memory, which must be aligned as malloc aligns and stay until it is no longer used. Such a message
 *  never allocates: where strings with escapes exceed the scratch area, decoding ends with OT_ELIMIT. It is not released.
 *  @return OT_OK, OT_EINVAL (a limit out of its range, too little memory). @par Threads Safe. */
OT_API ot_status ot_message_init(void *memory, size_t size, const ot_decode_options *options, ot_message **out);

/** Releases a message made by ot_message_new(); NULL is allowed. */
OT_API void ot_message_free(ot_message *message);

/** Decodes one payload.
 *  @param message holds the outcome until the next call; all earlier views of it end.
 *  @param payload any bytes; must outlive the outcome.
 *  @param error   may be NULL; names the field, the reason and the offset in the payload.
 *  @return OT_OK: a message of a known type.
 *          OT_EUNKNOWN: a valid object whose `_type` is a text this version does not know; its type is OT_TYPE_UNKNOWN and its members can be read.
 *          OT_EMPTY: no bytes at all; its type is OT_TYPE_EMPTY.
 *          OT_ELIST: a valid array; see ot_payload_next(). Type NONE.
 *          Otherwise it is refused, and the type is OT_TYPE_NONE: OT_ESYNTAX, OT_EUTF8, OT_EDEPTH, OT_ELIMIT (size or scratch); OT_ETYPE
 *          (neither object nor array, `_type` not a text, a required field of a wrong type); OT_EMISSING (`_type`, a required field);
 *          OT_ERANGE (a required field); in strict mode also OT_EDUPLICATE and all violations, the first one told (a word outside its list as OT_ERANGE); OT_ENOMEM. */
OT_API ot_status ot_message_decode(ot_message *message, ot_str payload, ot_error *error);

/** Decodes the JSON text of an object as @p type whatever its `_type` says, or though it has none: nested objects. As ot_message_decode(). */
OT_API ot_status ot_message_decode_as(ot_message *message, ot_type type, ot_str object, ot_error *error);

/** Decodes the line of ten fields that Greenwich trackers send: "T1,65536ff0,t,52500000,13400000,9,50,4,120,33" is tid, tst (hexadecimal), t, lat and lon (millionths of a
 *  degree), cog (tens of degrees), vel (km/h), alt (tens of metres), dist (metres), trip (kilometres). The whole payload must be that: ten fields, nothing around them.
 *  The outcome is a location as if it had been built, with `csv` true; its texts are views into @p payload. A cog beyond 360 is left out.
 *  @param message as in ot_message_decode(). @param payload any bytes; must outlive the outcome. @param error may be NULL.
 *  @return OT_OK. Otherwise the type is OT_TYPE_NONE: OT_EUNSUPPORTED: it is no such line; OT_ERANGE: it is one, but its tst, lat or lon is out of range. */
OT_API ot_status ot_message_decode_csv(ot_message *message, ot_str payload, ot_error *error);

/** Copies the payload into the message, so that it no longer needs the caller's bytes. All views move; call it before taking any.
 *  @return OT_OK, OT_ENOMEM, OT_EUNSUPPORTED (a message in the caller's memory). */
OT_API ot_status ot_message_own(ot_message *message);

/** Its type; OT_TYPE_NONE when nothing was decoded. */
OT_API ot_type ot_message_type(const ot_message *message);

/** The text of its `_type`, escapes undone; absent when there was none. A view as long-lived as the message's outcome. */
OT_API ot_str ot_message_type_text(const ot_message *message);

/** The payload that was decoded: the view that was given, or the own copy. Absent for a message that was built. */
OT_API ot_str ot_message_payload(const ot_message *message);

/** OT_MARK_… bits. */
OT_API uint32_t ot_message_marks(const ot_message *message);

/** The struct of its type, from fields.h, valid until the next change of the message; NULL unless the message is of type @p type.
 *  The typed forms in fields.h (ot_message_location(), …) are what one calls. */
OT_API const void *ot_message_data(const ot_message *message, ot_type type);

/** Reads a field by its key or an alias.
 *  @return OT_OK; OT_ENOTFOUND: absent, null or bad; OT_EUNKNOWN: this type has no such field (see ot_message_find()). */
OT_API ot_status ot_message_get(const ot_message *message, ot_str key, ot_value *out);

/** Reads a field by its ordinal. @return as ot_message_get(). */
OT_API ot_status ot_message_get_at(const ot_message *message, size_t ordinal, ot_value *out);

/** Finds a member of the payload by its key (escapes undone), known or unknown; the last one when it stands there twice.
 *  @return OT_OK or OT_ENOTFOUND. */
OT_API ot_status ot_message_find(const ot_message *message, ot_str key, ot_member *out);

/** How many members of the payload are indexed. */
OT_API size_t ot_message_member_count(const ot_message *message);

/** The n-th member. One that was set stands with the key it has or had, without text (`raw` absent) and offset (#OT_NO_OFFSET).
 *  @return OT_OK, or OT_DONE behind the last. */
OT_API ot_status ot_message_member(const ot_message *message, size_t n, ot_member *out);

/** How many violations there are; those beyond the 32nd are counted, not kept. After a refusal (not one for the syntax) those that were
 *  found can still be read. */
OT_API size_t ot_message_violation_count(const ot_message *message);

/** The n-th violation. @return OT_OK, or OT_DONE behind the last that was kept. */
OT_API ot_status ot_message_violation(const ot_message *message, size_t n, ot_violation *out);

/** Starts an empty message of a type, to be filled with ot_message_set(). Views given to it must outlive it, or call ot_message_own() at the end.
 *  @return OT_OK, OT_EINVAL (no type with fields). */
OT_API ot_status ot_message_begin(ot_message *message, ot_type type);

/** Starts a message from a struct of fields.h: the members whose bits are set.
 *  @param data the struct of @p type; its views must outlive the message, or call ot_message_own().
 *  @return OT_OK, OT_EINVAL. Values are checked when it is encoded. */
OT_API ot_status ot_message_from(ot_message *message, ot_type type, const void *data);

/** Sets a field, in a decoded message too: it then stands where it stood before, or at the end.
 *  @param key   of a field.
 *  @param value of the field's kind (I64 is taken for F64, and TIME for I64); its text must outlive the message.
 *  @param error may be NULL.
 *  @return OT_OK, OT_EUNKNOWN (no such field), OT_ETYPE (another kind; text that is not UTF-8 or not the JSON that the kind demands),
 *          OT_ERANGE (not finite; a time or a range of the row exceeded). */
OT_API ot_status ot_message_set(ot_message *message, ot_str key, const ot_value *value, ot_error *error);

/** Removes a member by its key, known or unknown, and all that it shadowed; not `_type`. Unknown members beyond the index are not found.
 *  @return OT_OK or OT_ENOTFOUND. */
OT_API ot_status ot_message_unset(ot_message *message, ot_str key);

/** Encodes a message: `_type` first when it was built; in the order of the payload when it was decoded, untouched members byte for byte as
 *  they came, without blanks between members. What was decoded and not changed, encoded and decoded again is equal.
 *  @param sink  receives the JSON text.
 *  @param error may be NULL.
 *  @return OT_OK, OT_EINVAL (nothing to encode), OT_EMISSING (a required field), OT_ERANGE, OT_EUTF8, OT_ETYPE (JSON text that its field does
 *          not allow), each before anything is written; or the sink's status. OT_TYPE_EMPTY is encoded as no bytes at all. */
OT_API ot_status ot_message_encode(const ot_message *message, const ot_sink *sink, ot_error *error);

/** Are two messages equal: the same type, fields, states and unknown members (raw text), whatever their order? */
OT_API bool ot_message_equal(const ot_message *a, const ot_message *b);

/** The next message of a payload that is one message or a list of them.
 *  @param payload  the payload.
 *  @param position 0 at first; then as the last call left it.
 *  @param out      the text of the element, a view into the payload, blanks around it left out.
 *  @param error    may be NULL.
 *  @return OT_OK, OT_DONE behind the last, OT_ESYNTAX, OT_EUTF8 or OT_EDEPTH when the list itself is broken at this place: the elements given before are
 *          sound, nothing follows. An element of the list may still be no message: decode tells. */
OT_API ot_status ot_payload_next(ot_str payload, size_t *position, ot_str *out, ot_error *error);

/** The next string of a STRS value.
 *  @param json     the value.
 *  @param position 0 at first.
 *  @param scratch  for strings with escapes; may be NULL when @p size is 0.
 *  @param size     bytes there; json.len is always enough.
 *  @param out      the string: a view into @p json, or into @p scratch when it holds escapes.
 *  @return OT_OK, OT_DONE, OT_ETYPE (this element is no string; the next call goes on behind it), OT_ELIMIT (scratch too small; as ETYPE). */
OT_API ot_status ot_strs_next(ot_str json, size_t *position, char *scratch, size_t size, ot_str *out);

/** The next object of an OBJS value, for ot_message_decode_as().
 *  @return OT_OK, OT_DONE, OT_ETYPE (this element is no object; the next call goes on behind it). */
OT_API ot_status ot_objs_next(ot_str json, size_t *position, ot_str *out);

#ifdef __cplusplus
}
#endif
#endif
