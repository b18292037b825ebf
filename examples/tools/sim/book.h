/* book.h: ledgers as they are held in memory. For book.c and check.c. */
#ifndef OT_SIM_BOOK_H
#define OT_SIM_BOOK_H

#include "ledger.h"

/* One id of the ledgers. */
typedef struct book_entry {
    ot_id id;
    ot_time at;      /* OT_TIME_NONE: it has none of its own */
    uint32_t device; /* number in devices */
    uint32_t line;   /* where it stands first */
    uint32_t runs;   /* how often the state of this device became this one */
    uint32_t found;  /* in the store */
    uint8_t type;
    bool must;
} book_entry;

#define BOOK_TYPES 64

/* A device of the ledgers. */
typedef struct book_device {
    ot_id key;
    char *names; /* user, device */
    size_t user_len, device_len;
    uint32_t last[BOOK_TYPES]; /* number + 1 of the entry that was published last, by type */
    uint64_t unsure;           /* types of which a message may not have arrived: how often it must stand is not known */
} book_device;

/* Numbers found by their 16 bytes. */
typedef struct book_index {
    uint32_t *slots; /* number + 1 */
    size_t size, used;
} book_index;

struct book {
    book_entry *entries;
    size_t entry_count, entry_room;
    book_device *devices;
    size_t device_count, device_room;
    book_index by_id, by_device;
    uint32_t *by_n; /* of the ledger that is being read: number of the entry + 1, by n */
    uint8_t *qos_n; /* its QoS; 255: acknowledged */
    size_t n_room, n_top;
};

/* Number of an entry or a device; UINT32_MAX: none. */
uint32_t book_entry_find(const book *b, const ot_id *id);
uint32_t book_device_find(const book *b, ot_str user, ot_str device);

#endif
