/* store_memory.h: what the files of the memory store share. Private, never installed. */
#ifndef OT_STORE_MEMORY_H
#define OT_STORE_MEMORY_H

#include <owntracks/mem.h>
#include <owntracks/sys/store_backend.h>

#define LEVELS 20

typedef enum item_kind { RECORD, REMOVED, REJECT } item_kind;

typedef struct mem_device mem_device;

/* A record, what remains of a removed one, or a reject. */
typedef struct mem_item {
    item_kind kind;
    ot_record r; /* its views are owned: `bytes`, and the names of the mem_device */
    ot_reject reject;
    char *bytes;
    size_t size;
    mem_device *dev; /* NULL for a reject */
    ot_time removed;
    struct mem_item *hash;  /* next with the same place in the table */
    struct mem_item *queue; /* next removed one */
    unsigned levels;
    struct mem_item *next[LEVELS];
} mem_item;

struct mem_device {
    ot_device d;
    char *bytes;
    size_t size;
    bool known;     /* false: only its removed records are remembered */
    uint64_t stale; /* types whose newest must be looked for */
    mem_item *newest[64];
    mem_device *all; /* next of the call that made it */
};

typedef struct mem_pair {
    char *bytes;
    size_t key, size;
    uint64_t version;
} mem_pair;

/* The list of changes: by seq; item NULL when the change is no longer told. */
typedef struct mem_change {
    uint64_t seq;
    mem_item *it;
} mem_change;

typedef struct mem_store {
    const ot_store_config *config;
    mem_item head; /* of the skip list: only next[] counts */
    uint32_t random;
    mem_item **table;
    size_t table_size, items;
    mem_device **devices;
    size_t device_count, device_cap;
    mem_change *changes;
    size_t change_count, change_cap;
    mem_item **rejects; /* by arrival, seq */
    size_t reject_count, reject_cap;
    uint64_t reject_bytes;
    mem_pair *pairs;
    size_t pair_count, pair_cap;
    uint64_t version;
    mem_item *removed_first, *removed_last;
    ot_store_stats stats;
} mem_store;

typedef enum cursor_kind { SCAN = 1, LAST, CHANGES, REJECTS } cursor_kind;

typedef struct mem_cursor {
    cursor_kind kind;
    ot_query q;
    ot_id id;
    char *names; /* of the query */
    size_t names_size;
    bool placed;
    ot_place place; /* the last record given; names in `bytes` or `start` */
    ot_type type;
    char *start;
    size_t start_size;
    uint64_t seq, until, left;
    bool limited;
    ot_time arrival;
    ot_reject reject;
    char *bytes; /* of the record given last */
    size_t size;
} mem_cursor;

/* store_memory_items.c */
ot_status ot__mem_no_memory(ot_error *error);
bool ot__mem_grow(void **array, size_t *cap, size_t need, size_t size);
ot_str ot__mem_put_view(ot_str from, char **to);
int ot__mem_place_cmp(const mem_item *it, const ot_place *p, ot_type type);
ot_place ot__mem_place_of(const ot_record *r);
void ot__mem_before_place(mem_store *s, const ot_place *p, ot_type type, mem_item *path[LEVELS]);
void ot__mem_list_insert(mem_store *s, mem_item *it);
void ot__mem_list_remove(mem_store *s, mem_item *it);
bool ot__mem_table_reserve(mem_store *s, size_t more);
void ot__mem_table_insert(mem_store *s, mem_item *it);
void ot__mem_table_remove(mem_store *s, mem_item *it);
mem_item *ot__mem_table_find(mem_store *s, const mem_device *dev, const ot_id *id, item_kind kind,
                             const ot_record *same);
void ot__mem_item_free(mem_item *it);
mem_device *ot__mem_device_find(mem_store *s, ot_str user, ot_str name, size_t *where);
void ot__mem_device_free(mem_device *dev);
mem_device *ot__mem_device_add(mem_store *s, ot_str user, ot_str name);
void ot__mem_device_clear(mem_device *dev);
bool ot__mem_newer(const ot_record *a, const ot_record *b);
mem_item *ot__mem_newest_of(mem_store *s, mem_device *dev, ot_type type);
void ot__mem_change_add(mem_store *s, mem_item *it);
size_t ot__mem_change_after(const mem_store *s, uint64_t seq);
void ot__mem_change_drop(mem_store *s, const mem_item *it);
bool ot__mem_changes_reserve(mem_store *s, size_t more);
void ot__mem_forget_old(mem_store *s);
void ot__mem_remove_item(mem_store *s, mem_item *it);

/* store_memory_put.c */
bool ot__mem_pair_find(const mem_store *s, ot_str key, size_t *where);
ot_status ot__mem_apply_ops(mem_store *s, const ot_kv_op *ops, size_t count, bool strict_delete, ot_error *error);
size_t ot__mem_reject_at(const mem_store *s, ot_time arrival, uint64_t seq);
ot_status ot__mem_put(void *self, const ot_record *records, size_t count, const ot_kv_op *ops, size_t op_count,
                      ot_put_result *results, ot_error *error);

/* store_memory_scan.c */
ot_status ot__mem_scan(void *self, void *cursor_self, const ot_scan *scan, ot_error *error);
ot_status ot__mem_next(void *self, void *cursor_self, ot_record *out, ot_error *error);
void ot__mem_cursor_close(void *self, void *cursor_self);
ot_status ot__mem_last(void *self, void *cursor_self, ot_str user, ot_str name, ot_error *error);
ot_status ot__mem_changes(void *self, void *cursor_self, uint64_t position, uint64_t limit, ot_error *error);
ot_status ot__mem_rejects(void *self, void *cursor_self, ot_time from, ot_time to, uint64_t limit, ot_error *error);

#endif
