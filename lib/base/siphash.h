/* siphash.h: SipHash-2-4 with 128 bits of output over pieces, without copying them together. Private, never installed.
 */
#ifndef OT_SIPHASH_H
#define OT_SIPHASH_H

#include "base.h"

#include <owntracks/hash.h>

/* The state between pieces. How a text is cut into pieces makes no difference to the outcome. */
typedef struct ot__sip {
    uint64_t v0, v1, v2, v3;
    uint64_t tail; /* bytes that do not fill a word yet, the first one lowest */
    uint64_t total;
    unsigned have; /* how many there are in tail: 0 to 7 */
} ot__sip;

void ot__sip_init(ot__sip *sip, const uint8_t key[16]);
void ot__sip_update(ot__sip *sip, const void *data, size_t len);
void ot__sip_u64(ot__sip *sip, uint64_t value); /* its 8 bytes, little-endian */
void ot__sip_u32(ot__sip *sip, uint32_t value); /* its 4 bytes, little-endian */
ot_id ot__sip_final(ot__sip *sip);

/* The same under the fixed key of ot_id_of_bytes(). */
void ot__id_init(ot__sip *sip);

#endif
