/* store_memory_items.c: where records, devices and changes of the memory store stand: a skip list in the order of queries, a table by id, and lists. */
#include "store_memory.h"

ot_status ot__mem_no_memory(ot_error *error) {
    return ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "no memory");
}

bool ot__mem_grow(void **array, size_t *cap, size_t need, size_t size) {
    if (need <= *cap) return true;
    size_t want = *cap ? *cap : 16;
    while (want < need)
        want *= 2;
    void *more = ot_mem_resize(*array, *cap * size, want * size);
    if (!more) return false;
    *array = more;
    *cap = want;
    return true;
}

ot_str ot__mem_put_view(ot_str from, char **to) {
    if (!from.ptr) return from;
    if (from.len) memcpy(*to, from.ptr, from.len);
    ot_str out = ot_str_of(*to, from.len);
    *to += from.len;
    return out;
}

/* ---- order: at, user, device, id, and the type last ---- */

int ot__mem_place_cmp(const mem_item *it, const ot_place *p, ot_type type) {
    if (it->r.at != p->at) return it->r.at < p->at ? -1 : 1;
    int c = ot_str_cmp(it->r.user, p->user);
    if (!c) c = ot_str_cmp(it->r.device, p->device);
    if (!c) c = ot_id_cmp(&it->r.id, &p->id);
    return c ? c : (it->r.type > type) - (it->r.type < type);
}

ot_place ot__mem_place_of(const ot_record *r) {
    ot_place p = {r->at, r->user, r->device, r->id};
    return p;
}

/* For each level the last item before a place. */
void ot__mem_before_place(mem_store *s, const ot_place *p, ot_type type, mem_item *path[LEVELS]) {
    mem_item *it = &s->head;
    for (unsigned level = LEVELS; level-- > 0;) {
        while (it->next[level] && ot__mem_place_cmp(it->next[level], p, type) < 0)
            it = it->next[level];
        path[level] = it;
    }
}

void ot__mem_list_insert(mem_store *s, mem_item *it) {
    mem_item *path[LEVELS];
    ot_place p = ot__mem_place_of(&it->r);
    ot__mem_before_place(s, &p, it->r.type, path);
    s->random = s->random * 1664525u + 1013904223u;
    it->levels = 1;
    for (uint32_t r = s->random >> 8; it->levels < LEVELS && (r & 3u) == 0; r >>= 2)
        it->levels++;
    for (unsigned i = 0; i < it->levels; i++) {
        it->next[i] = path[i]->next[i];
        path[i]->next[i] = it;
    }
}

void ot__mem_list_remove(mem_store *s, mem_item *it) {
    mem_item *path[LEVELS];
    ot_place p = ot__mem_place_of(&it->r);
    ot__mem_before_place(s, &p, it->r.type, path);
    for (unsigned i = 0; i < it->levels; i++) {
        if (path[i]->next[i] == it) path[i]->next[i] = it->next[i];
    }
}

/* ---- by id ---- */

static size_t slot_of(const mem_store *s, const ot_id *id) {
    uint64_t h;
    memcpy(&h, id->bytes, sizeof h);
    return (size_t)(h & (s->table_size - 1));
}

bool ot__mem_table_reserve(mem_store *s, size_t more) {
    size_t want = s->table_size ? s->table_size : 64;
    while (want < s->items + more)
        want *= 2;
    if (want == s->table_size) return true;
    mem_item **table = ot_mem_zalloc(want, sizeof *table);
    if (!table) return false;
    mem_item **old = s->table;
    size_t old_size = s->table_size;
    s->table = table;
    s->table_size = want;
    for (size_t i = 0; i < old_size; i++) {
        for (mem_item *it = old[i], *next; it; it = next) {
            next = it->hash;
            size_t slot = slot_of(s, &it->r.id);
            it->hash = table[slot];
            table[slot] = it;
        }
    }
    ot_mem_free(old, old_size * sizeof *old);
    return true;
}

void ot__mem_table_insert(mem_store *s, mem_item *it) {
    size_t slot = slot_of(s, &it->r.id);
    it->hash = s->table[slot];
    s->table[slot] = it;
    s->items++;
}

void ot__mem_table_remove(mem_store *s, mem_item *it) {
    for (mem_item **link = &s->table[slot_of(s, &it->r.id)]; *link; link = &(*link)->hash) {
        if (*link == it) {
            *link = it->hash;
            s->items--;
            return;
        }
    }
}

mem_item *ot__mem_table_find(mem_store *s, const mem_device *dev, const ot_id *id, item_kind kind,
                             const ot_record *same) {
    if (!s->table_size) return NULL;
    for (mem_item *it = s->table[slot_of(s, id)]; it; it = it->hash) {
        if (it->kind != kind || it->dev != dev || ot_id_cmp(&it->r.id, id) != 0) continue;
        if (!same || (it->r.at == same->at && it->r.type == same->type)) return it;
    }
    return NULL;
}

void ot__mem_item_free(mem_item *it) {
    ot_mem_free(it->bytes, it->size);
    ot_mem_free(it, sizeof *it);
}

/* ---- devices ---- */

mem_device *ot__mem_device_find(mem_store *s, ot_str user, ot_str name, size_t *where) {
    size_t low = 0, high = s->device_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = ot_str_cmp(s->devices[mid]->d.user, user);
        if (!c) c = ot_str_cmp(s->devices[mid]->d.device, name);
        if (!c) {
            if (where) *where = mid;
            return s->devices[mid];
        }
        if (c < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    if (where) *where = low;
    return NULL;
}

void ot__mem_device_free(mem_device *dev) {
    ot_mem_free(dev->bytes, dev->size);
    ot_mem_free(dev, sizeof *dev);
}

mem_device *ot__mem_device_add(mem_store *s, ot_str user, ot_str name) {
    size_t where;
    mem_device *dev = ot__mem_device_find(s, user, name, &where);
    if (dev) return dev;
    if (!ot__mem_grow((void **)&s->devices, &s->device_cap, s->device_count + 1, sizeof *s->devices)) return NULL;
    dev = ot_mem_zalloc(1, sizeof *dev);
    if (!dev) return NULL;
    dev->size = user.len + name.len;
    dev->bytes = ot_mem_alloc(dev->size);
    if (!dev->bytes) {
        ot_mem_free(dev, sizeof *dev);
        return NULL;
    }
    char *to = dev->bytes;
    dev->d.user = ot__mem_put_view(user, &to);
    dev->d.device = ot__mem_put_view(name, &to);
    memmove(s->devices + where + 1, s->devices + where, (s->device_count - where) * sizeof *s->devices);
    s->devices[where] = dev;
    s->device_count++;
    return dev;
}

/* Forgets what is known of a device but its names, which removed records need. */
void ot__mem_device_clear(mem_device *dev) {
    const ot_presence none = OT_PRESENCE_INIT;
    ot_device d = dev->d;
    memset(&dev->d, 0, sizeof dev->d);
    dev->d.size = sizeof dev->d;
    dev->d.user = d.user;
    dev->d.device = d.device;
    dev->d.first_seen = dev->d.last_seen = OT_TIME_NONE;
    dev->d.presence = none;
    dev->d.records = d.records;
    dev->known = false;
}

bool ot__mem_newer(const ot_record *a, const ot_record *b) {
    if (a->at != b->at) return a->at > b->at;
    if (a->arrival != b->arrival) return a->arrival > b->arrival;
    return a->seq > b->seq;
}

mem_item *ot__mem_newest_of(mem_store *s, mem_device *dev, ot_type type) {
    if (dev->stale & OT_TYPE_BIT(type)) {
        mem_item *best = NULL;
        for (mem_item *it = s->head.next[0]; it; it = it->next[0]) {
            if (it->dev == dev && it->r.type == type && (!best || ot__mem_newer(&it->r, &best->r))) best = it;
        }
        dev->newest[type] = best;
        dev->stale &= ~OT_TYPE_BIT(type);
    }
    return dev->newest[type];
}

/* ---- changes ---- */

void ot__mem_change_add(mem_store *s, mem_item *it) {
    it->r.seq = ++s->stats.head;
    mem_change c = {it->r.seq, it};
    s->changes[s->change_count++] = c;
}

/* The first change behind a position. */
size_t ot__mem_change_after(const mem_store *s, uint64_t seq) {
    size_t low = 0, high = s->change_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (s->changes[mid].seq <= seq) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

void ot__mem_change_drop(mem_store *s, const mem_item *it) {
    size_t at = ot__mem_change_after(s, it->r.seq - 1);
    if (at < s->change_count && s->changes[at].it == it) s->changes[at].it = NULL;
}

bool ot__mem_changes_reserve(mem_store *s, size_t more) {
    size_t live = 0;
    for (size_t i = 0; s->change_count + more > s->change_cap && i < s->change_count; i++) {
        if (s->changes[i].it) s->changes[live++] = s->changes[i];
        if (i + 1 == s->change_count) s->change_count = live;
    }
    return ot__mem_grow((void **)&s->changes, &s->change_cap, s->change_count + more, sizeof *s->changes);
}

/* ---- removal ---- */

void ot__mem_forget_old(mem_store *s) {
    ot_time now = ot_clock_now(s->config->clock);
    while (s->removed_first && now - s->removed_first->removed > s->config->remember_removed) {
        mem_item *it = s->removed_first;
        s->removed_first = it->queue;
        if (!s->removed_first) s->removed_last = NULL;
        ot__mem_change_drop(s, it);
        ot__mem_table_remove(s, it);
        ot__mem_item_free(it);
    }
}

/* Turns a record into a removed one; room in the list of changes must be reserved. */
void ot__mem_remove_item(mem_store *s, mem_item *it) {
    ot__mem_list_remove(s, it);
    ot__mem_change_drop(s, it);
    it->dev->d.records--;
    if (it->dev->newest[it->r.type] == it) {
        it->dev->newest[it->r.type] = NULL;
        it->dev->stale |= OT_TYPE_BIT(it->r.type);
    }
    s->stats.records--;
    s->stats.removed++;
    s->stats.bytes -= it->size;
    ot_mem_free(it->bytes, it->size);
    it->bytes = NULL;
    it->size = 0;
    it->r.topic = it->r.payload = ot_str_of(NULL, 0);
    it->r.has_position = false;
    it->kind = REMOVED;
    it->removed = ot_clock_now(s->config->clock);
    ot__mem_change_add(s, it);
    it->queue = NULL;
    if (s->removed_last) {
        s->removed_last->queue = it;
    } else {
        s->removed_first = it;
    }
    s->removed_last = it;
}
