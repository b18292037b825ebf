/* registry.c: which scheme is whose table of functions. */
#include "transport.h"

#define MAX_BACKENDS 32

static ot_transport_ops table[MAX_BACKENDS];
static size_t used;

/* Fills the table as far as the author knew it; the mandatory slots are looked at here, in release builds too. */
ot_status ot__transport_ops_copy(ot_transport_ops *out, const ot_transport_ops *ops, bool named, ot_error *error) {
    if (!ops || ops->size < offsetof(ot_transport_ops, stop) + sizeof ops->stop) {
        return ot_error_set(error, OT_EINVAL, "size", OT_NO_OFFSET, "the table is too small");
    }
    memset(out, 0, sizeof *out);
    memcpy(out, ops, ops->size < sizeof *out ? ops->size : sizeof *out);
    const struct {
        const char *name;
        bool there;
    } slots[] = {
        {"open", ops->open}, {"close", ops->close}, {"connect", ops->connect}, {"drop", ops->drop},
        {"poll", ops->poll}, {"wait", ops->wait},   {"stop", ops->stop},       {"ack", ops->ack || ops->publish}};
    for (size_t i = 0; i < OT_COUNT(slots); i++) {
        if (!slots[i].there) {
            return ot_error_set(error, OT_EINVAL, slots[i].name, OT_NO_OFFSET, "a mandatory slot is empty");
        }
    }
    if (!named) return OT_OK;
    size_t len = ops->scheme ? strlen(ops->scheme) : 0;
    bool good = len > 0 && len <= 32 && ops->instance_size > 0;
    for (size_t i = 0; i < len; i++) {
        char c = ops->scheme[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-')) good = false;
    }
    if (!good) {
        return ot_error_set(error, OT_EINVAL, ops->instance_size ? "scheme" : "instance_size", OT_NO_OFFSET,
                            "must be set; a scheme is 1 to 32 letters, digits and \"-\"");
    }
    return OT_OK;
}

static const ot_transport_ops *lookup(const char *scheme, size_t len) {
    for (size_t i = 0; i < used; i++) {
        if (strlen(table[i].scheme) == len && memcmp(table[i].scheme, scheme, len) == 0) return &table[i];
    }
    return NULL;
}

ot_status ot_transport_register(const ot_transport_ops *ops, ot_error *error) {
    ot_transport_ops copy;
    ot_status status = ot__transport_ops_copy(&copy, ops, true, error);
    if (status != OT_OK) return status;
    size_t len = strlen(copy.scheme);
    const ot_transport_ops *taken = lookup(copy.scheme, len);
    const ot_transport_ops *builtin = ot__transport_builtin(copy.scheme, len);
    if (taken && taken->open == copy.open && taken->poll == copy.poll) return OT_OK;
    if (taken || builtin) {
        return ot_error_set(error, OT_ECONFLICT, "scheme", OT_NO_OFFSET, "%s is taken by another backend", copy.scheme);
    }
    if (used == MAX_BACKENDS) return ot_error_set(error, OT_ENOMEM, "scheme", OT_NO_OFFSET, "too many backends");
    char *name = ot_mem_alloc(len + 1); /* for the life of the process, as the table is */
    if (!name) return ot_error_set(error, OT_ENOMEM, NULL, OT_NO_OFFSET, "out of memory");
    memcpy(name, copy.scheme, len + 1);
    copy.scheme = name;
    table[used++] = copy;
    return OT_OK;
}

const ot_transport_ops *ot__transport_builtin(const char *scheme, size_t len) {
    const ot_transport_ops *const builtin[] = {&ot__transport_loopback, &ot__transport_replay};
    for (size_t i = 0; i < OT_COUNT(builtin); i++) {
        if (strlen(builtin[i]->scheme) == len && memcmp(builtin[i]->scheme, scheme, len) == 0) return builtin[i];
    }
    return NULL;
}

const ot_transport_ops *ot__transport_find(const char *scheme, size_t len) {
    const ot_transport_ops *ops = ot__transport_builtin(scheme, len);
    return ops ? ops : lookup(scheme, len);
}
