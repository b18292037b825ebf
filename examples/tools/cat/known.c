/* known.c: a hash table of things by name; see known.h. */
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

known_item *known_get(known *t, ot_str user, ot_str device, ot_str name) {
    if (t->count == t->room && !grow(t)) return NULL;
    ot_id key = ot_id_of_record(user, device, name, 0);
    size_t slot = slot_of(t, &key);
    if (t->slots[slot]) return &t->items[t->slots[slot] - 1];
    known_item *item = &t->items[t->count];
    memset(item, 0, sizeof *item);
    item->names = malloc(user.len + device.len + name.len + 1);
    if (!item->names) return NULL;
    if (user.len) memcpy(item->names, user.ptr, user.len);
    if (device.len) memcpy(item->names + user.len, device.ptr, device.len);
    if (name.len) memcpy(item->names + user.len + device.len, name.ptr, name.len);
    item->key = key;
    item->user_len = user.len;
    item->device_len = device.len;
    item->name_len = name.len;
    item->presence = (ot_presence)OT_PRESENCE_INIT;
    item->silent_said = item->since = OT_TIME_NONE;
    t->slots[slot] = ++t->count;
    return item;
}

static int by_name(const void *a, const void *b) {
    const known_item *x = a, *y = b;
    int c = ot_str_cmp(known_user(x), known_user(y));
    if (!c) c = ot_str_cmp(known_device(x), known_device(y));
    return c ? c : ot_str_cmp(known_name(x), known_name(y));
}

void known_sort(known *t) {
    if (t->count) qsort(t->items, t->count, sizeof *t->items, by_name);
}

void known_free(known *t) {
    for (size_t i = 0; i < t->count; i++)
        free(t->items[i].names);
    free(t->items);
    free(t->slots);
    memset(t, 0, sizeof *t);
}
