/* store.h: what the files of the face share. Private, never installed. */
#ifndef OT_STORE_PRIVATE_H
#define OT_STORE_PRIVATE_H

#include "../base/base.h"

#include <owntracks/sys/store_backend.h>

struct ot_store {
    ot_store_ops ops;
    void *self;
    bool wrapped; /* self belongs to somebody else */
    ot_store_config config;
    ot_log log;
    ot_clock clock;
    ot_cursor *cursors; /* open ones */
};

/* A record with its own copies of all views; for what the face must keep. */
typedef struct ot__kept {
    ot_record record;
    char *bytes;
    size_t size;
} ot__kept;

struct ot_cursor {
    ot_store *store;
    ot_cursor *prev, *next;
    void *self; /* of the backend; NULL: the records stand in `list` */
    bool opened;
    bool scanned;      /* from ot_store_scan(): has tokens */
    uint32_t residual; /* what the face filters */
    ot_query query;    /* for residual filters; views into `names` */
    ot_id id;
    char *names;
    size_t names_size;
    bool limited;
    uint64_t left;
    ot__kept *list;
    size_t count, at;
    ot_record record;
    bool has;
    ot_message *message;
};

/* kept.c */
ot_status ot__kept_set(ot__kept *kept, const ot_record *record);
void ot__kept_free(ot__kept *kept);
/* The newest location of each device, and the devices, by scanning. */
ot_status ot__fallback_last(ot_store *store, ot_str user, ot_str device, ot_cursor *cursor, ot_error *error);
ot_status ot__fallback_devices(ot_store *store, ot_str user, ot_str device,
                               ot_status (*each)(void *ctx, const ot_device *device), void *ctx, ot_error *error);
ot_status ot__fallback_remove(ot_store *store, const ot_query *query, uint64_t *removed, ot_error *error);

/* token.c */
typedef struct ot__token {
    ot_place place;
    char *names;
    size_t size;
} ot__token;
ot_status ot__token_parse(ot_str text, ot__token *out);
void ot__token_free(ot__token *token);
ot_status ot__token_write(const ot_record *record, const ot_sink *sink);

/* cursor.c */
ot_status ot__cursor_new(ot_store *store, ot_cursor **out);
ot_status ot__query_check(const ot_query *query, ot_error *error);

/* check.c */
ot_status ot__put_check(const ot_record *records, size_t count, ot_error *error);
ot_status ot__ops_check(const ot_kv_op *ops, size_t count, ot_error *error);
ot_status ot__key_check(ot_str key, ot_error *error);
ot_status ot__value_check(ot_str value, ot_error *error);

/* store_memory.c */
const ot_store_ops *ot__store_memory(void);

#endif
