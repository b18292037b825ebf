/* session.h: what stands in kv of a session, read and written. Private, never installed. */
#ifndef OT_SESSION_PRIVATE_H
#define OT_SESSION_PRIVATE_H

#include <owntracks/session.h>

#include "../base/base.h"

#define OT__SESSION_KEY      "session/"
#define OT__SESSION_TEXT_MAX ((size_t)4 << 20) /* bytes of the JSON text at most */
#define OT__SESSION_LINKS    16                /* brokers and client ids that are remembered beside the present one */

/* A lease: who holds it, and until when. No pid: nobody. */
typedef struct ot__lease {
    ot__process process;
    char nonce[17]; /* tells two sessions of one process apart */
    ot_time since, until;
} ot__lease;

/* A list of texts, NUL-terminated, in the arena of its owner. */
typedef struct ot__texts {
    const char **items;
    size_t count, cap;
} ot__texts;

/* The value. */
typedef struct ot__session_value {
    ot__arena arena;
    char client_id[OT_CLIENT_ID_MAX + 1]; /* "": none yet */
    ot__lease lease;
    bool same_broker;  /* the session is or was at the broker that was asked for */
    bool linked;       /* there is a link of the broker and client id that was asked for */
    ot__texts filters; /* of that link */
    ot__buf others;    /* the other links, JSON objects with commas between */
    size_t other_count;
} ot__session_value;

void ot__session_value_init(ot__session_value *value);
void ot__session_value_free(ot__session_value *value);

/* Reads a value. client_id NULL: the one that stands in the text. OT_ECORRUPT: not understood. */
ot_status ot__session_read(ot_str text, const char *broker, const char *client_id, ot__session_value *value,
                           ot_error *error);

/* Writes it with the link of this broker and the value's client id. with_lease false: nobody's. */
ot_status ot__session_write(const ot__session_value *value, const char *broker, bool connected, bool with_lease,
                            const ot_sink *sink);

bool ot__texts_has(const ot__texts *texts, const char *text);
ot_status ot__texts_add(ot__arena *arena, ot__texts *texts, ot_str text); /* unless it is there */

/* Does the lease still hold? */
bool ot__lease_holds(const ot__lease *lease, ot_time now);

#endif
