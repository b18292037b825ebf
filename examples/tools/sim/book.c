/* book.c: reads ledgers. */
#include "book.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES (1024 * 1024)

static ot_status no_memory(ot_error *error) {
    return ot_error_set(error, OT_ENOMEM, "", OT_NO_OFFSET, "out of memory");
}

static uint64_t hash_of(const ot_id *id) {
    uint64_t hash;
    memcpy(&hash, id->bytes, sizeof hash);
    return hash;
}

static const ot_id *key_at(const book *b, const book_index *index, uint32_t number) {
    return index == &b->by_id ? &b->entries[number].id : &b->devices[number].key;
}

static uint32_t find(const book *b, const book_index *index, const ot_id *key) {
    if (!index->size) return UINT32_MAX;
    for (size_t slot = (size_t)hash_of(key) & (index->size - 1); index->slots[slot];
         slot = (slot + 1) & (index->size - 1))
        if (ot_id_cmp(key_at(b, index, index->slots[slot] - 1), key) == 0) return index->slots[slot] - 1;
    return UINT32_MAX;
}

static void enter(const book *b, book_index *index, uint32_t number) {
    size_t slot = (size_t)hash_of(key_at(b, index, number)) & (index->size - 1);
    while (index->slots[slot])
        slot = (slot + 1) & (index->size - 1);
    index->slots[slot] = number + 1;
    index->used++;
}

/* Makes room for one more. */
static bool widen(const book *b, book_index *index, size_t count) {
    if (index->used * 2 < index->size) return true;
    size_t size = index->size ? index->size * 2 : 1024;
    uint32_t *slots = calloc(size, sizeof *slots);
    if (!slots) return false;
    free(index->slots);
    index->slots = slots;
    index->size = size;
    index->used = 0;
    for (size_t i = 0; i < count; i++)
        enter(b, index, (uint32_t)i);
    return true;
}

uint32_t book_entry_find(const book *b, const ot_id *id) {
    return find(b, &b->by_id, id);
}

uint32_t book_device_find(const book *b, ot_str user, ot_str device) {
    ot_id key = ot_id_of_record(user, device, ot_str_of("", 0), 0);
    return find(b, &b->by_device, &key);
}

static bool grow(void **array, size_t *room, size_t need, size_t size) {
    if (need <= *room) return true;
    size_t more = *room ? *room * 2 : 256;
    while (more < need)
        more *= 2;
    void *grown = realloc(*array, more * size);
    if (!grown) return false;
    memset((char *)grown + *room * size, 0, (more - *room) * size);
    *array = grown;
    *room = more;
    return true;
}

static uint32_t device_of(book *b, ot_str user, ot_str device) {
    uint32_t number = book_device_find(b, user, device);
    if (number != UINT32_MAX) return number;
    if (b->device_count >= UINT32_MAX - 1 ||
        !grow((void **)&b->devices, &b->device_room, b->device_count + 1, sizeof *b->devices) ||
        !widen(b, &b->by_device, b->device_count))
        return UINT32_MAX;
    book_device *d = &b->devices[b->device_count];
    memset(d, 0, sizeof *d);
    d->names = malloc(user.len + device.len + 1);
    if (!d->names) return UINT32_MAX;
    if (user.len) memcpy(d->names, user.ptr, user.len);
    if (device.len) memcpy(d->names + user.len, device.ptr, device.len);
    d->user_len = user.len;
    d->device_len = device.len;
    d->key = ot_id_of_record(user, device, ot_str_of("", 0), 0);
    number = (uint32_t)b->device_count++;
    enter(b, &b->by_device, number);
    return number;
}

/* What stands in a line. */
typedef struct reading {
    book *b;
    ot_message *message;
    const char *path;
    ot_error *error;
    uint32_t line;
    char text[2][LINE_BYTES];
} reading;

static ot_status bad(const reading *r, const char *what) {
    ot_error_set(r->error, OT_ESYNTAX, r->path, OT_NO_OFFSET, "line %u: %s", r->line, what);
    if (r->error) r->error->line = r->line;
    return OT_ESYNTAX;
}

static bool number_of(const reading *r, const char *key, int64_t low, int64_t high, int64_t *out) {
    ot_member member;
    char digits[32], *end;
    if (ot_message_find(r->message, ot_str_c(key), &member) != OT_OK ||
        ot_str_copy(member.raw, digits, sizeof digits) >= sizeof digits)
        return false;
    errno = 0;
    long long value = strtoll(digits, &end, 10);
    *out = value;
    return !errno && end != digits && !*end && value >= low && value <= high;
}

/* A text member, its escapes undone, in one of the two places. */
static bool text_of(reading *r, const char *key, int where, ot_str *out) {
    ot_member member;
    size_t position = 0;
    char list[4096];
    if (ot_message_find(r->message, ot_str_c(key), &member) != OT_OK || member.raw.len + 2 > sizeof list) return false;
    list[0] = '[';
    memcpy(list + 1, member.raw.ptr, member.raw.len);
    list[member.raw.len + 1] = ']';
    ot_str text;
    if (ot_strs_next(ot_str_of(list, member.raw.len + 2), &position, r->text[where], LINE_BYTES, &text) != OT_OK)
        return false;
    if (text.ptr != r->text[where]) memcpy(r->text[where], text.ptr, text.len);
    *out = ot_str_of(r->text[where], text.len);
    return true;
}

static ot_status acked(reading *r, int64_t n) {
    book *b = r->b;
    if ((uint64_t)n >= b->n_top || !b->by_n[n]) return bad(r, "acknowledges what was not sent");
    book_entry *e = &b->entries[b->by_n[n] - 1];
    if (b->qos_n[n] == 0) return bad(r, "acknowledges what has QoS 0");
    b->qos_n[n] = 255;
    e->must = true;
    return OT_OK;
}

static ot_status sent(reading *r, int64_t n) {
    book *b = r->b;
    ot_str id_text, user, device;
    ot_id id;
    int64_t qos, at = OT_TIME_NONE;
    if (!text_of(r, "id", 0, &id_text) || ot_id_parse(id_text, &id) != OT_OK) return bad(r, "no id");
    if (!text_of(r, "type", 0, &id_text)) return bad(r, "no type");
    ot_type type = ot_type_by_name(id_text);
    if (type == OT_TYPE_NONE) return bad(r, "no type");
    if (!number_of(r, "qos", 0, 2, &qos)) return bad(r, "no qos");
    if (!number_of(r, "at", OT_TIME_MIN, OT_TIME_MAX, &at)) at = OT_TIME_NONE;
    if (!text_of(r, "user", 0, &user) || !text_of(r, "device", 1, &device)) return bad(r, "no user or device");
    uint32_t number = device_of(b, user, device);
    if (number == UINT32_MAX) return no_memory(r->error);
    uint32_t entry = book_entry_find(b, &id);
    if (entry == UINT32_MAX) {
        if (b->entry_count >= UINT32_MAX - 1 ||
            !grow((void **)&b->entries, &b->entry_room, b->entry_count + 1, sizeof *b->entries) ||
            !widen(b, &b->by_id, b->entry_count))
            return no_memory(r->error);
        entry = (uint32_t)b->entry_count++;
        b->entries[entry] = (book_entry){.id = id, .at = at, .device = number, .line = r->line, .type = (uint8_t)type};
        enter(b, &b->by_id, entry);
    }
    book_device *d = &b->devices[number];
    if (d->last[type] != entry + 1) b->entries[entry].runs++;
    d->last[type] = entry + 1;
    if (qos == 0) d->unsure |= OT_TYPE_BIT(type);
    size_t qos_room = b->n_room;
    if (!grow((void **)&b->by_n, &b->n_room, (size_t)n + 1, sizeof *b->by_n) ||
        !grow((void **)&b->qos_n, &qos_room, (size_t)n + 1, 1))
        return no_memory(r->error);
    if ((size_t)n >= b->n_top) b->n_top = (size_t)n + 1;
    b->by_n[n] = entry + 1;
    b->qos_n[n] = (uint8_t)qos;
    return OT_OK;
}

static ot_status one_line(reading *r, ot_str line) {
    int64_t n;
    ot_status status = ot_message_decode_as(r->message, OT_TYPE_LWT, line, NULL);
    if (status != OT_OK && status != OT_EUNKNOWN) return bad(r, "is no JSON object");
    if (r->line == 1) return number_of(r, "ledger", 1, 1, &n) ? OT_OK : bad(r, "this is no ledger");
    if (number_of(r, "ack", 1, UINT32_MAX, &n)) return acked(r, n);
    if (number_of(r, "n", 1, UINT32_MAX, &n)) return sent(r, n);
    return bad(r, "neither \"n\" nor \"ack\"");
}

ot_status book_read(book *b, const char *path, ot_error *error) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return ot_error_set(error, errno == ENOENT ? OT_ENOTFOUND : OT_EIO, path, OT_NO_OFFSET, "cannot be read: %s",
                            strerror(errno));
    reading *r = calloc(1, sizeof *r);
    char *line = malloc(LINE_BYTES + 2);
    ot_status status = r && line && ot_message_new(NULL, &r->message) == OT_OK ? OT_OK : no_memory(error);
    if (status == OT_OK) {
        r->b = b;
        r->path = path;
        r->error = error;
        b->n_top = 0;
        if (b->by_n) memset(b->by_n, 0, b->n_room * sizeof *b->by_n);
    }
    while (status == OT_OK && fgets(line, LINE_BYTES + 2, file)) {
        size_t len = strlen(line);
        r->line++;
        if (!len || line[len - 1] != '\n') {
            /* The last line, torn by a crash: what it was about to say is not known to be so. */
            if (len <= LINE_BYTES && fgetc(file) == EOF && r->line > 1) break;
            status = bad(r, "is too long, or holds NUL");
            break;
        }
        status = one_line(r, ot_str_of(line, len - 1));
    }
    if (status == OT_OK && ferror(file))
        status = ot_error_set(error, OT_EIO, path, OT_NO_OFFSET, "cannot be read: %s", strerror(errno));
    if (status == OT_OK && r->line == 0)
        status = ot_error_set(error, OT_ESYNTAX, path, OT_NO_OFFSET, "is empty: this is no ledger");
    /* What was not acknowledged may be missing: how often its type must stand is not known. */
    for (size_t n = 0; status == OT_OK && n < b->n_top; n++)
        if (b->by_n[n] && b->qos_n[n] != 255) {
            const book_entry *e = &b->entries[b->by_n[n] - 1];
            b->devices[e->device].unsure |= OT_TYPE_BIT(e->type);
        }
    fclose(file);
    if (r) ot_message_free(r->message);
    free(r);
    free(line);
    return status;
}

book *book_new(void) {
    return calloc(1, sizeof(book));
}

void book_free(book *b) {
    if (!b) return;
    for (size_t i = 0; i < b->device_count; i++)
        free(b->devices[i].names);
    free(b->devices);
    free(b->entries);
    free(b->by_id.slots);
    free(b->by_device.slots);
    free(b->by_n);
    free(b->qos_n);
    free(b);
}
