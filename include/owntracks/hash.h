/** @file hash.h
 *  @brief The 128-bit identity of a record: SipHash-2-4-128 under a fixed public key.
 *
 *  It names data, it protects nothing: the key is known to everybody. Algorithm and key never change. */
#ifndef OWNTRACKS_HASH_H
#define OWNTRACKS_HASH_H

#include <owntracks/str.h>

#ifdef __cplusplus
extern "C" {
#endif

/** 128 bits, as bytes in the order in which SipHash gives them. The layout is frozen. */
typedef struct ot_id {
    uint8_t bytes[16]; /**< The bytes. */
} ot_id;

#define OT_ID_TEXT_SIZE 33 /**< 32 lower-case hexadecimal digits and a NUL. */

/** SipHash-2-4 with 128 bits of output over @p data, under the fixed key "owntracks:id:v01" (16 ASCII bytes). @par Threads Safe. */
OT_API ot_id ot_id_of_bytes(ot_str data);

/** The id of a record: the hash over user, device, payload (clear text where it was sealed) and output index, each text preceded by its
 *  length as 8 bytes little-endian, the index as 4 bytes little-endian. @par Threads Safe. */
OT_API ot_id ot_id_of_record(ot_str user, ot_str device, ot_str payload, uint32_t index);

/** As memcmp. @par Threads Safe. */
OT_API int ot_id_cmp(const ot_id *a, const ot_id *b);

/** Writes an id as text. @par Threads Safe. */
OT_API void ot_id_text(const ot_id *id, char text[OT_ID_TEXT_SIZE]);

/** Reads an id: exactly 32 hexadecimal digits. @return OT_OK or OT_ESYNTAX. @par Threads Safe. */
OT_API ot_status ot_id_parse(ot_str text, ot_id *out);

#ifdef __cplusplus
}
#endif
#endif
