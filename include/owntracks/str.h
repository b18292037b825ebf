/** @file str.h
 *  @brief Views of bytes, and the sinks that output goes to. */
#ifndef OWNTRACKS_STR_H
#define OWNTRACKS_STR_H

#include <string.h>

#include <owntracks/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A view of bytes that somebody else owns; not NUL-terminated; may hold any byte, NUL too.
 *  `ptr` NULL means "absent"; a non-NULL `ptr` with `len` 0 means "empty". The layout is frozen. */
typedef struct ot_str {
    const char *ptr; /**< First byte, or NULL. */
    size_t len;      /**< Number of bytes. */
} ot_str;

/** A view of a string literal. */
#define OT_STR(literal) (ot_str_of((literal), sizeof(literal) - 1))

/** A view of @p len bytes at @p ptr. @par Threads Safe. */
static inline ot_str ot_str_of(const char *ptr, size_t len) {
    ot_str s;
    s.ptr = ptr;
    s.len = len;
    return s;
}

/** A view of a NUL-terminated string; absent for NULL. @par Threads Safe. */
static inline ot_str ot_str_c(const char *text) {
    return ot_str_of(text, text ? strlen(text) : 0);
}

/** Equal bytes? Absent and empty are equal here. @par Threads Safe. */
static inline bool ot_str_eq(ot_str a, ot_str b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/** Compares bytes as memcmp does, a prefix first: the order of users and devices everywhere.
 *  @return negative, 0 or positive. @par Threads Safe. */
OT_API int ot_str_cmp(ot_str a, ot_str b);

/** Copies a view into @p buffer with a NUL behind it, cut to fit.
 *  @return the length of the whole view, as snprintf does. @par Threads Safe. */
OT_API size_t ot_str_copy(ot_str s, char *buffer, size_t size);

/** Is it valid UTF-8 (RFC 3629: no surrogates, no over-long forms, at most U+10FFFF)?
 *  @param s      what to look at.
 *  @param offset where the first bad sequence starts; may be NULL; untouched when all is good.
 *  @par Threads Safe. */
OT_API bool ot_str_utf8(ot_str s, size_t *offset);

/** Where output goes: called with pieces, in order. A status other than OT_OK ends the output and is handed on.
 *  Passing a NULL sink pointer where one is taken is an error; ot_sink_buffer() counts without keeping. */
typedef struct ot_sink {
    /** Takes @p len bytes at @p data, valid during the call. */
    ot_status (*write)(void *ctx, const char *data, size_t len);
    void *ctx; /**< Handed to write. */
} ot_sink;

/** A fixed buffer that a sink fills; `len` counts on when it is full, so that the size needed is known afterwards. */
typedef struct ot_sink_buffer {
    char *data;  /**< The caller's memory; may be NULL when size is 0. */
    size_t size; /**< Bytes there. */
    size_t len;  /**< Bytes that were written to the sink; more than size: the output was cut. No NUL is added. */
} ot_sink_buffer;

/** A sink into a fixed buffer. Its write never fails.
 *  @param buffer must live as long as the sink is used; its len is set to 0.
 *  @par Threads Safe; the buffer belongs to the caller. */
OT_API ot_sink ot_sink_to_buffer(ot_sink_buffer *buffer);

/** A sink into a C stream (stdio), for programs. A failed write gives OT_EFULL or OT_EIO.
 *  @param stream a `FILE *`, not closed by the sink. @par Threads As the stream's. */
OT_API ot_sink ot_sink_to_stream(void *stream);

#ifdef __cplusplus
}
#endif
#endif
