/* known.h: the devices of a run with their presence, found by name. Memory grows with their number only. */
#ifndef OT_CAT_KNOWN_H
#define OT_CAT_KNOWN_H

#include <owntracks/record.h>

typedef struct known_item {
    ot_id key;
    char *names; /* user, device: one behind the other */
    size_t user_len, device_len;
    ot_presence presence;
    ot_time silent_said; /* since when it is silent, as it was told last; OT_TIME_NONE */
} known_item;

typedef struct known {
    known_item *items;
    size_t count, room;
    size_t *slots; /* number of the item + 1; room for twice as many */
    size_t slot_count;
} known;

/* Finds it, or makes it; NULL: out of memory. Items move when others are made. */
known_item *known_get(known *table, ot_str user, ot_str device);
void known_free(known *table);

static inline ot_str known_user(const known_item *i) {
    return ot_str_of(i->names, i->user_len);
}
static inline ot_str known_device(const known_item *i) {
    return ot_str_of(i->names + i->user_len, i->device_len);
}

#endif
