/* transport_replay.c: `replay:FILE`, and `replay:-` for standard input: a recording as a transport. It is read as it is needed; of what was delivered and not
   acknowledged the bytes are kept, so that it can come again. */
#define _POSIX_C_SOURCE 200809L
#include "transport_replay.h"

#include <owntracks/mem.h>
#include <owntracks/sys/transport_backend.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#define RECORD_MAX ((size_t)64 << 20) /* the longest line or envelope */
#define PIECE      ((size_t)65536)

typedef enum form { FORM_AUTO, FORM_JSON, FORM_TEXT, FORM_ENVELOPE } form;

typedef struct replay {
    ot_transport_host *host;
    const ot_transport_config *config;
    const char *name, *topic;
    int fd;
    bool opened, own_fd, end, strict, started, skipping;
    form form;
    char *data, *scratch;
    size_t cap, scratch_cap;
    size_t mark, at, len;     /* acknowledged before mark, delivered before at, read before len */
    uint64_t mark_line, line; /* lines (or envelopes) before mark, at */
} replay;

static ot_status set_option(replay *r, const ot_option *o, ot_error *error) {
    static const char *const forms[] = {"auto", "json", "text", "envelope"};
    if (strcmp(o->name, "form") == 0) {
        for (size_t i = 0; i < 4; i++) {
            if (strcmp(o->value, forms[i]) != 0) continue;
            r->form = (form)i;
            return OT_OK;
        }
        return ot_error_set(error, OT_EINVAL, o->name, OT_NO_OFFSET, "must be auto, json, text or envelope");
    }
    if (strcmp(o->name, "strict") == 0) {
        r->strict = strcmp(o->value, "yes") == 0;
        if (r->strict || strcmp(o->value, "no") == 0) return OT_OK;
        return ot_error_set(error, OT_EINVAL, o->name, OT_NO_OFFSET, "must be yes or no");
    }
    if (strcmp(o->name, "topic") == 0) {
        r->topic = o->value;
        return OT_OK;
    }
    return ot_error_set(error, OT_EINVAL, o->name, OT_NO_OFFSET, "no such option");
}

static ot_status slot_open(void *self, ot_transport_host *host, const char *rest, ot_error *error) {
    replay *r = self;
    r->host = host;
    r->config = ot_transport_host_config(host);
    r->fd = -1;
    r->opened = true;
    if (!*rest) return ot_error_set(error, OT_EINVAL, "url", OT_NO_OFFSET, "must be replay:FILE");
    for (size_t i = 0; i < r->config->option_count; i++) {
        ot_status status = set_option(r, &r->config->options[i], error);
        if (status != OT_OK) return status;
    }
    if (strcmp(rest, "-") == 0) {
        r->fd = STDIN_FILENO;
        r->name = "standard input";
        return OT_OK;
    }
    r->name = "the file";
    r->fd = open(rest, O_RDONLY | O_CLOEXEC);
    r->own_fd = r->fd >= 0;
    if (r->own_fd) return OT_OK;
    ot_status status = errno == ENOENT || errno == ENOTDIR ? OT_ENOTFOUND : errno == EACCES ? OT_EPERM : OT_EIO;
    return ot_error_set(error, status, "url", OT_NO_OFFSET, "%s cannot be opened: errno %d", rest, errno);
}

static void slot_close(void *self) {
    replay *r = self;
    if (!r->opened) return;
    if (r->own_fd) close(r->fd);
    ot_mem_free(r->data, r->cap);
    ot_mem_free(r->scratch, r->scratch_cap);
}

static ot_status slot_connect(void *self) {
    replay *r = self;
    ot_transport_host_connected(r->host, true);
    return OT_OK;
}

/* What was not acknowledged comes again. */
static void slot_drop(void *self) {
    replay *r = self;
    r->at = r->mark;
    r->line = r->mark_line;
    r->skipping = false;
}

static ot_status slot_ack(void *self, uint64_t upto) {
    replay *r = self;
    (void)upto;
    r->mark = r->at;
    r->mark_line = r->line;
    return OT_OK;
}

static void slot_stop(void *self) {
    replay *r = self;
    ot_transport_host_ended(r->host);
}

static void slot_wait(void *self, ot_wait *out) {
    replay *r = self;
    uint64_t delivered, acked;
    ot_transport_host_numbers(r->host, &delivered, &acked);
    if (delivered > acked) return;
    if (r->at < r->len || r->end) {
        out->timeout = 0;
        return;
    }
    out->fd = r->fd;
    out->readable = true;
}

/* Makes room for more behind what is there: what is acknowledged goes. */
static ot_status make_room(replay *r) {
    if (r->mark) {
        memmove(r->data, r->data + r->mark, r->len - r->mark);
        r->len -= r->mark;
        r->at -= r->mark;
        r->mark = 0;
    }
    if (r->cap - r->len >= PIECE) return OT_OK;
    size_t cap = r->cap ? r->cap * 2 : 4 * PIECE;
    char *data = ot_mem_resize(r->data, r->cap, cap);
    if (!data) return OT_ENOMEM;
    r->data = data;
    r->cap = cap;
    return OT_OK;
}

/* Reads what there is. OT_DONE: nothing within the time. */
static ot_status read_more(replay *r, int timeout) {
    struct pollfd p = {r->fd, POLLIN, 0};
    int n = poll(&p, 1, timeout);
    if (n <= 0) return OT_DONE;
    ot_status status = make_room(r);
    if (status != OT_OK) return status;
    ssize_t got = read(r->fd, r->data + r->len, r->cap - r->len);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return OT_DONE;
    if (got < 0) {
        ot_log_line(r->config->log, OT_LOG_ERROR, "replay: %s cannot be read: errno %d", r->name, errno);
        return OT_EIO;
    }
    if (got == 0) r->end = true;
    r->len += (size_t)got;
    return OT_OK;
}

static void complain(const replay *r, const ot_error *error) {
    char text[300];
    ot_error_text(error, text, sizeof text);
    ot_log_line(r->config->log, OT_LOG_ERROR, "replay: %s %llu: %s", r->form == FORM_ENVELOPE ? "envelope" : "line",
                (unsigned long long)r->line + 1, text);
}

/* The extent of the next line, and its bytes without the end. OT_DONE: not all of it is there. */
static ot_status next_line(const replay *r, ot_str *line, size_t *extent) {
    const char *p = r->data + r->at;
    size_t there = r->len - r->at;
    const char *newline = there ? memchr(p, '\n', there) : NULL;
    if (!newline && !(r->end && there)) return there > RECORD_MAX ? OT_ELIMIT : OT_DONE;
    size_t len = newline ? (size_t)(newline - p) : there;
    *extent = len + (newline ? 1 : 0);
    if (len && p[len - 1] == '\r') len--;
    *line = ot_str_of(p, len);
    return len > RECORD_MAX ? OT_ELIMIT : OT_OK;
}

static ot_status parse_line(replay *r, ot_str line, ot_envelope *out, ot_error *error) {
    size_t i = 0;
    while (i < line.len && (line.ptr[i] == ' ' || line.ptr[i] == '\t'))
        i++;
    if (i == line.len) return OT_EMPTY;
    if (r->form == FORM_TEXT || (r->form == FORM_AUTO && line.ptr[i] != '{')) return ot__replay_text(line, out, error);
    if (r->scratch_cap < 2 * line.len) {
        char *scratch = ot_mem_resize(r->scratch, r->scratch_cap, 2 * line.len);
        if (!scratch) return OT_ENOMEM;
        r->scratch = scratch;
        r->scratch_cap = 2 * line.len;
    }
    return ot__replay_json(line, r->scratch, r->topic, out, error);
}

/* The next record. OT_DONE: more has to be read first; OT_EMPTY: nothing in it. `extent` is how far it goes. */
static ot_status next_record(replay *r, ot_envelope *out, size_t *extent, ot_error *error) {
    ot_str there = ot_str_of(r->data + r->at, r->len - r->at);
    if (!r->started) {
        if (there.len < 4 && !r->end) return OT_DONE;
        r->started = true;
        if (r->form == FORM_AUTO && there.len >= 4 && memcmp(there.ptr, "OTE1", 4) == 0) r->form = FORM_ENVELOPE;
        if (r->form != FORM_ENVELOPE && there.len >= 3 && memcmp(there.ptr, "\xEF\xBB\xBF", 3) == 0) {
            r->mark = r->at += 3; /* a byte order mark */
        }
    }
    if (r->form == FORM_ENVELOPE) {
        if (!there.len) return OT_DONE;
        ot_status status = ot_envelope_read(there, extent, out);
        if (status == OT_DONE && there.len > RECORD_MAX) status = OT_ESYNTAX;
        if (status == OT_DONE && !r->end) return OT_DONE;
        if (status == OT_OK) return OT_OK;
        *extent = there.len; /* where the next one starts cannot be known */
        return ot_error_set(error, status == OT_DONE ? OT_ECORRUPT : status, NULL, OT_NO_OFFSET, "%s",
                            status == OT_DONE ? "ends within the envelope"
                                              : "is no sound envelope: the rest is left out");
    }
    ot_str line;
    ot_status status = next_line(r, &line, extent);
    if (status == OT_ELIMIT) {
        return ot_error_set(error, OT_ELIMIT, NULL, OT_NO_OFFSET, "is longer than %zu bytes", RECORD_MAX);
    }
    if (status != OT_OK) return status;
    out->origin = OT_ORIGIN_REPLAY;
    return parse_line(r, line, out, error);
}

/* A line that is too long is passed over without keeping it. */
static void skip_rest(replay *r) {
    const char *newline = memchr(r->data + r->at, '\n', r->len - r->at);
    r->at = newline ? (size_t)(newline - r->data) + 1 : r->len;
    r->skipping = !newline && !r->end;
    if (!r->skipping) r->line++;
}

/* One batch. OT_DONE: no whole record is there. */
static ot_status deliver(replay *r) {
    uint32_t count = 0;
    size_t start = r->at;
    while (count < r->config->batch_count && r->at - start < r->config->batch_bytes) {
        if (r->skipping) {
            skip_rest(r);
            if (r->skipping) break;
            continue;
        }
        ot_envelope envelope = OT_ENVELOPE_INIT;
        ot_error error = {OT_OK, 0, OT_NO_OFFSET, "", ""};
        size_t extent = 0;
        ot_status status = next_record(r, &envelope, &extent, &error);
        if (status == OT_DONE) break;
        if (status == OT_ENOMEM) return count ? OT_OK : status;
        if (status != OT_OK && status != OT_EMPTY) {
            if ((r->strict || r->form == FORM_ENVELOPE) && count) break; /* first what is good */
            complain(r, &error);
            if (r->strict) return status;
            if (status == OT_ELIMIT) {
                r->skipping = true;
                continue;
            }
            if (r->form == FORM_ENVELOPE) { /* the rest is passed over, however much of it there is */
                r->at = r->len = r->mark = 0;
                r->end = true;
                return OT_DONE;
            }
        }
        r->at += extent;
        r->line++;
        if (status == OT_OK) {
            ot_transport_host_deliver(r->host, &envelope);
            count++;
        }
    }
    return count ? OT_OK : OT_DONE;
}

static ot_status slot_poll(void *self, int timeout) {
    replay *r = self;
    for (;;) {
        uint64_t delivered, acked;
        ot_transport_host_numbers(r->host, &delivered, &acked);
        if (delivered > acked) return OT_OK;
        r->mark = r->at; /* nothing is held: lines without a message are done with */
        r->mark_line = r->line;
        ot_status status = r->at < r->len ? deliver(r) : OT_DONE;
        if (status != OT_DONE) return status;
        if (r->end) {
            ot_transport_host_ended(r->host);
            return OT_OK;
        }
        r->mark = r->at;
        status = read_more(r, timeout);
        if (status != OT_OK) return status == OT_DONE ? OT_OK : status;
    }
}

const ot_transport_ops ot__transport_replay = {sizeof(ot_transport_ops),
                                               "replay",
                                               sizeof(replay),
                                               slot_open,
                                               slot_close,
                                               slot_connect,
                                               slot_drop,
                                               slot_poll,
                                               slot_wait,
                                               slot_ack,
                                               NULL,
                                               slot_stop};
