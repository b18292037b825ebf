/* topic.h: what the files of lib/topic share. Private, never installed. */
#ifndef OT_TOPIC_PRIVATE_H
#define OT_TOPIC_PRIVATE_H

#include "../base/base.h"

#include <owntracks/topic.h>

/* Where the next slash is at or behind p; end when there is none. */
static inline const char *ot__level_end(const char *p, const char *end) {
    const char *slash = p < end ? memchr(p, '/', (size_t)(end - p)) : NULL;
    return slash ? slash : end;
}

/* Checks bytes: length, UTF-8, no NUL, and none of "+", "#" (and "/" when no_slash). */
ot_status ot__topic_bytes(ot_str s, bool wildcards, bool no_slash, const char *field, ot_error *error);

#endif
