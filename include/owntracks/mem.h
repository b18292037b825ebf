/** @file mem.h
 *  @brief Where the library's memory comes from. */
#ifndef OWNTRACKS_MEM_H
#define OWNTRACKS_MEM_H

#include <owntracks/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An allocator. All three functions or none. */
typedef struct ot_alloc {
    size_t size;                            /**< sizeof(ot_alloc). */
    void *(*alloc)(void *ctx, size_t size); /**< As malloc; size is never 0. */
    void *(*resize)(void *ctx, void *ptr, size_t old_size,
                    size_t size);                       /**< As realloc; ptr may be NULL (old_size 0). */
    void (*release)(void *ctx, void *ptr, size_t size); /**< As free; ptr is never NULL. */
    void *ctx;                                          /**< Handed to each. */
} ot_alloc;

/** Sets the allocator of the whole process for the library and its backends; NULL restores malloc.
 *
 *  Call it before anything else of the library, once; what one allocator gave, the same one must take back. Third-party
 *  libraries (SQLite, libmosquitto) keep their own.
 *  @param alloc is copied.
 *  @return OT_OK, or OT_EINVAL when a function is missing or the size is too small.
 *  @par Threads Not safe: no other thread may be inside the library. */
OT_API ot_status ot_mem_set(const ot_alloc *alloc);

/** Allocates @p size bytes, not cleared; for backends and for memory that the library releases.
 *  @return NULL when there is none, or when @p size is 0. @par Threads Safe. */
OT_API void *ot_mem_alloc(size_t size);

/** Allocates and clears @p count times @p size bytes; NULL also when the product overflows. @par Threads Safe. */
OT_API void *ot_mem_zalloc(size_t count, size_t size);

/** Resizes; the old size must be the true one. On failure NULL, and @p ptr stays valid. @par Threads Safe. */
OT_API void *ot_mem_resize(void *ptr, size_t old_size, size_t size);

/** Releases what ot_mem_alloc(), ot_mem_zalloc() or ot_mem_resize() gave, with its size; NULL is allowed. @par Threads Safe. */
OT_API void ot_mem_free(void *ptr, size_t size);

#ifdef __cplusplus
}
#endif
#endif
