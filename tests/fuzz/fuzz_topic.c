/* fuzz_topic.c: topics and filters from any bytes. The input is two texts, cut at the first line feed: a base or filter, and a name.
   Checked: views lie inside the input, parsing is undone by building, what parses is matched by its subscription, covering agrees with matching. */
#include <stdint.h>
#include <stdlib.h>

#include <owntracks/topic.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) abort();                                                                                     \
    } while (0)

static void inside(ot_str view, ot_str whole) {
    if (!view.ptr) {
        MUST(view.len == 0);
        return;
    }
    MUST(view.ptr >= whole.ptr && view.ptr + view.len <= whole.ptr + whole.len);
}

static void check_parsed(const ot_bases *bases, ot_str pattern, ot_str name) {
    ot_topic t;
    ot_error error;
    ot_status status = ot_topic_parse(bases, name, &t, &error);
    if (status != OT_OK) {
        MUST(error.status == status && error.reason[0] && (error.offset == OT_NO_OFFSET || error.offset <= name.len));
        MUST(!t.name.ptr && !t.user.ptr && !t.device.ptr && !t.rest.ptr);
        return;
    }
    MUST(ot_str_eq(t.name, name));
    inside(t.root, name);
    inside(t.user, name);
    inside(t.device, name);
    inside(t.rest, name);
    MUST(ot_topic_check_level(t.user, NULL) == OT_OK && ot_topic_check_level(t.device, NULL) == OT_OK);
    MUST((t.sub == OT_SUBTOPIC_BASE) == (t.rest.ptr == NULL));
    if (t.sub != OT_SUBTOPIC_OTHER && t.rest.ptr) MUST(ot_str_eq(t.rest, ot_str_c(ot_subtopic_text(t.sub))));

    /* The subscription of this base brings this name. */
    static char text[2 * OT_TOPIC_MAX + 16];
    ot_sink_buffer buffer = {text, sizeof text, 0};
    ot_sink sink = ot_sink_to_buffer(&buffer);
    MUST(ot_bases_filter(bases, bases ? t.base : 0, &sink) == OT_OK && buffer.len <= sizeof text);
    ot_str filter = ot_str_of(text, buffer.len);
    if (filter.len <= OT_TOPIC_MAX) MUST(ot_topic_check_filter(filter, NULL) == OT_OK);
    MUST(ot_topic_matches(filter, name));

    /* Built again from its parts it is the same name. */
    sink = ot_sink_to_buffer(&buffer);
    status = pattern.ptr && t.sub != OT_SUBTOPIC_OTHER ? ot_topic_build(pattern, t.user, t.device, t.sub, &sink, NULL)
                                                       : OT_DONE;
    if (status == OT_OK)
        MUST(ot_str_eq(ot_str_of(text, buffer.len), name));
    else
        MUST(status == OT_DONE || memchr(pattern.ptr, '+', pattern.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data;
    const char *cut = size ? memchr(text, '\n', size) : NULL;
    ot_str first = ot_str_of(text, cut ? (size_t)(cut - text) : 0);
    ot_str name = cut ? ot_str_of(cut + 1, size - first.len - 1) : ot_str_of(text, size);

    ot_error error;
    ot_status as_name = ot_topic_check_name(name, &error);
    if (as_name != OT_OK) MUST(error.status == as_name && error.offset <= name.len);
    ot_status as_filter = ot_topic_check_filter(name, NULL);
    if (as_name == OT_OK && (name.len < 7 || memcmp(name.ptr, "$share/", 7) != 0)) MUST(as_filter == OT_OK);
    ot_status as_level = ot_topic_check_level(name, NULL);
    if (as_level == OT_OK) MUST(as_name == OT_OK && !memchr(name.ptr, '/', name.len));

    bool filter = ot_topic_check_filter(first, NULL) == OT_OK;
    if (filter) {
        MUST(ot_topic_covers(first, first));
        if (as_name == OT_OK && as_filter == OT_OK && (name.len < 7 || memcmp(name.ptr, "$share/", 7) != 0))
            MUST(ot_topic_covers(first, name) == ot_topic_matches(first, name));
        if (as_filter == OT_OK && ot_topic_covers(first, name) && ot_topic_covers(name, first))
            MUST(ot_topic_matches(first, OT_STR("a/b")) == ot_topic_matches(name, OT_STR("a/b")));
    }
    /* Not valid, and still no crash. */
    (void)ot_topic_matches(first, name);
    (void)ot_topic_covers(first, name);

    check_parsed(NULL, ot_str_of(NULL, 0), name);
    ot_bases *bases;
    if (ot_bases_new(&bases) != OT_OK) return 0;
    if (ot_bases_add(bases, first, &error) == OT_OK)
        check_parsed(bases, first, name);
    else
        MUST(error.status == OT_EINVAL && error.offset <= first.len);
    ot_bases_free(bases);
    return 0;
}
