/* mem.c: the allocator of the process, and the arena. */
#include "base.h"

#include <stdlib.h>

static void *std_alloc(void *ctx, size_t size) {
    (void)ctx;
    return malloc(size);
}
static void *std_resize(void *ctx, void *ptr, size_t old_size, size_t size) {
    (void)ctx;
    (void)old_size;
    return realloc(ptr, size);
}
static void std_release(void *ctx, void *ptr, size_t size) {
    (void)ctx;
    (void)size;
    free(ptr);
}

static ot_alloc current = {sizeof(ot_alloc), std_alloc, std_resize, std_release, NULL};

ot_status ot_mem_set(const ot_alloc *alloc) {
    static const ot_alloc standard = {sizeof(ot_alloc), std_alloc, std_resize, std_release, NULL};
    if (!alloc) {
        current = standard;
        return OT_OK;
    }
    if (alloc->size < sizeof(ot_alloc) || !alloc->alloc || !alloc->resize || !alloc->release) return OT_EINVAL;
    current = *alloc;
    return OT_OK;
}

void *ot_mem_alloc(size_t size) {
    return size ? current.alloc(current.ctx, size) : NULL;
}

void *ot_mem_zalloc(size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) return NULL;
    void *ptr = ot_mem_alloc(total);
    if (ptr) memset(ptr, 0, total);
    return ptr;
}

void *ot_mem_resize(void *ptr, size_t old_size, size_t size) {
    return size ? current.resize(current.ctx, ptr, old_size, size) : NULL;
}

void ot_mem_free(void *ptr, size_t size) {
    if (ptr) current.release(current.ctx, ptr, size);
}

struct ot__arena_block {
    struct ot__arena_block *next;
    size_t size, used; /* behind this header */
};

void ot__arena_init(ot__arena *arena, size_t block_size, size_t max_total) {
    memset(arena, 0, sizeof *arena);
    arena->block = block_size;
    arena->max = max_total;
}

void ot__arena_free(ot__arena *arena) {
    for (struct ot__arena_block *b = arena->first, *next; b; b = next) {
        next = b->next;
        ot_mem_free(b, sizeof *b + b->size);
    }
    arena->first = arena->current = NULL;
    arena->total = 0;
}

void ot__arena_reset(ot__arena *arena) {
    /* Keep ordinary blocks for the next round; give back the large ones, so that one huge message is not paid for ever.
     */
    struct ot__arena_block **link = &arena->first;
    while (*link) {
        struct ot__arena_block *b = *link;
        b->used = 0;
        if (b->size > arena->block) {
            *link = b->next;
            arena->total -= b->size;
            ot_mem_free(b, sizeof *b + b->size);
        } else {
            link = &b->next;
        }
    }
    arena->current = arena->first;
}

void *ot__arena_alloc(ot__arena *arena, size_t size, size_t align) {
    for (struct ot__arena_block *b = arena->current; b; b = b->next) {
        size_t at = ((uintptr_t)(b + 1) + b->used + align - 1) / align * align - (uintptr_t)(b + 1);
        if (at <= b->size && size <= b->size - at) {
            b->used = at + size;
            arena->current = b;
            return (char *)(b + 1) + at;
        }
    }
    size_t want, whole;
    if (__builtin_add_overflow(size, align, &want)) return NULL;
    if (want < arena->block) want = arena->block;
    if (__builtin_add_overflow(sizeof(struct ot__arena_block), want, &whole)) return NULL;
    if (arena->total > arena->max || arena->max - arena->total < want) return NULL;
    struct ot__arena_block *b = ot_mem_alloc(whole);
    if (!b) return NULL;
    b->size = want;
    arena->total += want;
    if (want > arena->block || !arena->current) {
        /* A large block is full at once: to the front, where no later allocation looks at it. */
        b->next = arena->first;
        arena->first = b;
        if (want <= arena->block) arena->current = b;
    } else {
        /* Behind the current block, so that blocks kept for later stay reachable. */
        b->next = arena->current->next;
        arena->current->next = b;
        arena->current = b;
    }
    size_t at = ((uintptr_t)(b + 1) + align - 1) / align * align - (uintptr_t)(b + 1);
    b->used = at + size;
    return (char *)(b + 1) + at;
}

ot_status ot__arena_copy(ot__arena *arena, ot_str s, ot_str *out) {
    if (!s.ptr) {
        *out = s;
        return OT_OK;
    }
    char *p = ot__arena_alloc(arena, s.len ? s.len : 1, 1);
    if (!p) return OT_ENOMEM;
    if (s.len) memcpy(p, s.ptr, s.len);
    *out = ot_str_of(p, s.len);
    return OT_OK;
}
