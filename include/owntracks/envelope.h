/** @file envelope.h
 *  @brief Bytes on their way in: who sent what, when, by which way. */
#ifndef OWNTRACKS_ENVELOPE_H
#define OWNTRACKS_ENVELOPE_H

#include <owntracks/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How bytes came. Numbers never change. */
typedef enum ot_origin {
    OT_ORIGIN_NONE = 0,   /**< Not said. */
    OT_ORIGIN_MQTT = 1,   /**< From a broker, or inside one. */
    OT_ORIGIN_HTTP = 2,   /**< By a POST. */
    OT_ORIGIN_REPLAY = 3, /**< From a file. */
    OT_ORIGIN_JOURNAL = 4 /**< From a journal written before. */
} ot_origin;

/** One delivery; all views are valid during the call that it is handed to. */
typedef struct ot_envelope {
    size_t size;      /**< sizeof(ot_envelope); set by #OT_ENVELOPE_INIT. */
    ot_str topic;     /**< As received; any bytes. */
    ot_str payload;   /**< As received; any bytes, empty allowed. */
    ot_time arrival;  /**< When it came; OT_TIME_NONE lets the engine take the present time. */
    ot_origin origin; /**< How it came. */
    uint8_t qos;      /**< 0, 1, 2. */
    bool retained;    /**< The broker sent what it had kept. */
    bool dup;         /**< The transport says that it may have been delivered before. */
    ot_str auth_user; /**< The authenticated user, when the transport knows it; absent otherwise. */
} ot_envelope;

/** An envelope with nothing in it. */
#define OT_ENVELOPE_INIT                                                                                               \
    {                                                                                                                  \
        sizeof(ot_envelope), {NULL, 0}, {NULL, 0}, OT_TIME_NONE, OT_ORIGIN_NONE, 0, false, false, {                    \
            NULL, 0                                                                                                    \
        }                                                                                                              \
    }

/** Writes an envelope in its byte form, for journals and tests:
 *  "OTE1", then little-endian: u32 number of the bytes that follow it, the check included; u64 arrival; u8 origin; u8 flags (bit 0 retained,
 *  bit 1 dup, bit 2 auth_user present, bits 4-5 QoS); u32 topic length; u32 auth_user length; u32 payload length; topic; auth_user; payload; then the
 *  first 8 bytes of the SipHash-2-4-128 (see hash.h) over all bytes between the length and itself.
 *  @return OT_OK, OT_ELIMIT (4 GiB or more in all), OT_ENOMEM, or the sink's status. @par Threads Safe. */
OT_API ot_status ot_envelope_write(const ot_envelope *envelope, const ot_sink *sink);

/** Reads one envelope in its byte form.
 *  @param bytes  may hold more behind it.
 *  @param used   how many bytes it took; may be NULL.
 *  @param out    views into @p bytes.
 *  @return OT_OK; OT_DONE: the bytes end within it (a torn tail); OT_ESYNTAX: no envelope; OT_ECORRUPT: the check fails. @par Threads Safe. */
OT_API ot_status ot_envelope_read(ot_str bytes, size_t *used, ot_envelope *out);

#ifdef __cplusplus
}
#endif
#endif
