/* known.c: a hash table of devices; see known.h. */
#include "known.h"

#include <stdlib.h>
#include <string.h>

static size_t slot_of(const known *t, const ot_id *key) {
    uint64_t hash;
    memcpy(&hash, key->bytes, sizeof hash);
    size_t slot = (size_t)(hash & (t->slot_count - 1));
    while (t->slots[slot] && ot_id_cmp(&t->items[t->slots[slot] - 1].key, key) != 0)
        slot = (slot + 1) & (t->slot_count - 1);
    return slot;
}

static bool grow(known *t) {
    size_t room = t->room ? t->room * 2 : 64;
    if (room > SIZE_MAX / 4 / sizeof *t->items) return false;
    known_item *items = realloc(t->items, room * sizeof *items);
    if (!items) return false;
    t->items = items;
    size_t *slots = calloc(room * 2, sizeof *slots);
    if (!slots) return false;
    free(t->slots);
    t->slots = slots;
    t->slot_count = room * 2;
    t->room = room;
    for (size_t i = 0; i < t->count; i++)
        t->slots[slot_of(t, &t->items[i].key)] = i + 1;
    return true;
}

known_item *known_get(known *t, ot_str user, ot_str device) {
    if (t->count == t->room && !grow(t)) return NULL;
    ot_id key = ot_id_of_record(user, device, ot_str_of("", 0), 0);
    size_t slot = slot_of(t, &key);
    if (t->slots[slot]) return &t->items[t->slots[slot] - 1];
    known_item *item = &t->items[t->count];
    memset(item, 0, sizeof *item);
    item->names = malloc(user.len + device.len + 1);
    if (!item->names) return NULL;
    if (user.len) memcpy(item->names, user.ptr, user.len);
    if (device.len) memcpy(item->names + user.len, device.ptr, device.len);
    item->key = key;
    item->user_len = user.len;
    item->device_len = device.len;
    item->presence = (ot_presence)OT_PRESENCE_INIT;
    item->silent_said = OT_TIME_NONE;
    t->slots[slot] = ++t->count;
    return item;
}

void known_free(known *t) {
    for (size_t i = 0; i < t->count; i++)
        free(t->items[i].names);
    free(t->items);
    free(t->slots);
    memset(t, 0, sizeof *t);
}
