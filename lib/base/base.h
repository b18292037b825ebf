/* base.h: what every folder of the library may use: buffers with a ceiling, an arena, hints, and the calls to the operating system.
   Private, never installed. */
#ifndef OT_BASE_H
#define OT_BASE_H

#include <owntracks/log.h>
#include <owntracks/mem.h>
#include <owntracks/str.h>
#include <owntracks/time.h>

#define OT_LIKELY(x)    __builtin_expect(!!(x), 1)
#define OT_UNLIKELY(x)  __builtin_expect(!!(x), 0)
#define OT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A growing buffer that never grows beyond its ceiling. A failure sticks in `status`; later appends do nothing. */
typedef struct ot__buf {
    char *data;
    size_t len, cap, max;
    ot_status status; /* OT_OK, OT_ENOMEM, OT_ELIMIT */
} ot__buf;

void ot__buf_init(ot__buf *buf, size_t max);
void ot__buf_free(ot__buf *buf);
void ot__buf_reset(ot__buf *buf); /* len = 0, status = OK, memory kept */
ot_status ot__buf_reserve(ot__buf *buf, size_t more);
ot_status ot__buf_append(ot__buf *buf, const void *data, size_t len);
ot_status ot__buf_text(ot__buf *buf, const char *text);
ot_status ot__buf_format(ot__buf *buf, const char *format, ...) OT_PRINTF(2, 3);
ot_sink ot__buf_sink(ot__buf *buf);
static inline ot_str ot__buf_str(const ot__buf *buf) {
    return ot_str_of(buf->data ? buf->data : "", buf->len);
}

/* An arena: allocations that end together. Blocks are kept at reset, so that a steady load allocates nothing. */
typedef struct ot__arena {
    struct ot__arena_block *first, *current;
    size_t block, total, max;
} ot__arena;

void ot__arena_init(ot__arena *arena, size_t block_size, size_t max_total);
void ot__arena_free(ot__arena *arena);
void ot__arena_reset(ot__arena *arena);
void *ot__arena_alloc(ot__arena *arena, size_t size, size_t align); /* NULL: out of memory or beyond max */
ot_status ot__arena_copy(ot__arena *arena, ot_str s, ot_str *out);  /* no NUL behind it; an absent view stays absent */

/* Length of the valid UTF-8 sequence (RFC 3629) at p, 0 when there is none; left is at least 1, and nothing beyond it is read. */
static inline size_t ot__utf8_len(const unsigned char *p, size_t left) {
    unsigned c = p[0];
    if (c < 0x80) return 1;
    if (c < 0xC2 || left < 2 || (p[1] & 0xC0) != 0x80) return 0;
    if (c < 0xE0) return 2;
    if (c < 0xF0) {
        if (left < 3 || (p[2] & 0xC0) != 0x80) return 0;
        if ((c == 0xE0 && p[1] < 0xA0) || (c == 0xED && p[1] > 0x9F)) return 0;
        return 3;
    }
    if (c > 0xF4 || left < 4 || (p[2] & 0xC0) != 0x80 || (p[3] & 0xC0) != 0x80) return 0;
    if ((c == 0xF0 && p[1] < 0x90) || (c == 0xF4 && p[1] > 0x8F)) return 0;
    return 4;
}

/* Escapes what is not printable: writes at most size bytes with the NUL. UTF-8 is kept when keep_utf8. Returns the length written. */
size_t ot__printable(ot_str s, bool keep_utf8, char *buffer, size_t size);

/* The operating system; os_*.c are the only files of the core that call it. */
int64_t ot__os_monotonic_ms(void);
int64_t ot__os_monotonic_us(void);
ot_time ot__os_now(void);
void ot__os_sleep(int ms);                 /* ends early when a signal comes */
void ot__os_random(void *out, size_t len); /* bytes that nobody can guess */
/* Reads a whole file of at most max bytes; release with ot_mem_free(*data, *len + 1); a NUL stands behind it. */
ot_status ot__os_read_file(const char *path, size_t max, char **data, size_t *len, ot_error *error);

/* A process, told apart from a later one of the same number (os_process.c). */
typedef struct ot__process {
    char host[256];
    char boot[160]; /* of the system, and the namespace of the number */
    int64_t pid;
    uint64_t start;
} ot__process;
typedef enum ot__life { OT__LIFE_UNKNOWN, OT__LIFE_ALIVE, OT__LIFE_DEAD } ot__life;

void ot__os_process_self(ot__process *out);
ot__life ot__os_process_life(const ot__process *process); /* UNKNOWN: of another host or boot, or nothing can be seen */

#endif
