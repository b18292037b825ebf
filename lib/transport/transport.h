/* transport.h: what the files of the face share. Private, never installed. */
#ifndef OT_TRANSPORT_PRIVATE_H
#define OT_TRANSPORT_PRIVATE_H

#include <owntracks/sys/transport_backend.h>

#include "../base/base.h"

/* The configuration of a transport in memory of its own. The password stands apart, so that it can be wiped. */
typedef struct ot__transport_config {
    ot_transport_config view; /* what the backend sees: all pointers lead into the arena */
    ot__arena arena;
    char *password;
    size_t password_size;
    ot_publication will;
    ot_log log;
    ot_clock clock;
    uint32_t inflight; /* the option that the face takes for itself */
} ot__transport_config;

/* Checks and copies; fills in the defaults. After a failure ot__transport_config_free() is still called. */
ot_status ot__transport_config_copy(ot__transport_config *out, const ot_transport_config *config, ot_error *error);
void ot__transport_config_free(ot__transport_config *config);

/* The backends that are part of the core. */
extern const ot_transport_ops ot__transport_loopback;
extern const ot_transport_ops ot__transport_replay;

ot_status ot__transport_ops_copy(ot_transport_ops *out, const ot_transport_ops *ops, bool named, ot_error *error);
const ot_transport_ops *ot__transport_builtin(const char *scheme, size_t len);
const ot_transport_ops *ot__transport_find(const char *scheme, size_t len); /* NULL: not registered */

/* Publications whose fate is not known. Tokens are contiguous, so that a ring of flags is enough. */
typedef struct ot__fates {
    bool *open; /* ring of capacity `size`; the entry of token t is t % size */
    size_t size, count;
    uint64_t first, next; /* tokens first … next - 1 are in the ring */
} ot__fates;

ot_status ot__fates_add(ot__fates *fates, uint64_t *token);     /* reserves the next token */
void ot__fates_undo(ot__fates *fates, uint64_t token);          /* gives back the token just added */
bool ot__fates_close(ot__fates *fates, uint64_t token);         /* false: not open */
bool ot__fates_oldest(const ot__fates *fates, uint64_t *token); /* false: none is open */
void ot__fates_free(ot__fates *fates);

#endif
