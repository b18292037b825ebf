/* known.h: a table of things by name: devices with their presence, regions that a device is in. Memory grows with their number only. */
#ifndef OT_CAT_KNOWN_H
#define OT_CAT_KNOWN_H

#include <owntracks/record.h>

/* One thing: user, device, and what is told apart within the device ("" for the device itself). */
typedef struct known_item {
    ot_id key;
    char *names; /* user, device, name: one behind the other */
    size_t user_len, device_len, name_len;
    ot_presence presence; /* devices */
    ot_time silent_said;  /* since when it is silent, as it was told last; OT_TIME_NONE */
    bool inside;          /* regions */
    ot_time since;        /* regions: the time of the transition that stands */
} known_item;

typedef struct known {
    known_item *items;
    size_t count, room;
    size_t *slots; /* number of the item + 1; room for twice as many */
    size_t slot_count;
} known;

/* Finds it, or makes it; NULL: out of memory. Items move when others are made. */
known_item *known_get(known *table, ot_str user, ot_str device, ot_str name);
/* In the order of user, device, name; nothing can be found afterwards. */
void known_sort(known *table);
void known_free(known *table);

static inline ot_str known_user(const known_item *i) {
    return ot_str_of(i->names, i->user_len);
}
static inline ot_str known_device(const known_item *i) {
    return ot_str_of(i->names + i->user_len, i->device_len);
}
static inline ot_str known_name(const known_item *i) {
    return ot_str_of(i->names + i->user_len + i->device_len, i->name_len);
}

#endif
