/* command_card.c: cards: judging the picture, and writing one. */
#include "command_lint.h"

bool ot__is_picture(ot_str bytes) {
    static const char png[] = "\x89PNG\r\n\x1a\n", jpeg[] = "\xff\xd8\xff";
    return (bytes.len >= sizeof png - 1 && memcmp(bytes.ptr, png, sizeof png - 1) == 0) ||
           (bytes.len >= sizeof jpeg - 1 && memcmp(bytes.ptr, jpeg, sizeof jpeg - 1) == 0);
}

static void judge_face(ot__lint *l, const ot_field *field, const ot__json_value *face) {
    ot_str body = ot__json_body(face);
    static const char data[] = "data:";
    if (body.len >= sizeof data - 1 && memcmp(body.ptr, data, sizeof data - 1) == 0) {
        ot__lint_member(l, OT_SEVERITY_ERROR, OT__ALL, OT_ESYNTAX, field, face->raw.ptr,
                        "is a data: URL; the base64 text alone is expected");
        return;
    }
    if (!body.len) {
        ot__lint_member(l, OT_SEVERITY_WARNING, OT__ALL, OT_EMPTY, field, face->raw.ptr, "is empty");
        return;
    }
    char *bytes = ot_mem_alloc(body.len);
    if (!bytes) {
        l->status = OT_ENOMEM;
        return;
    }
    /* In place: three bytes take the room of four. */
    size_t text_len = ot__json_unescape(body, bytes), len = 0, bad = 0;
    if (ot__base64_decode(ot_str_of(bytes, text_len), bytes, &len, &bad) != OT_OK) {
        const char *at = face->escaped || bad > body.len ? face->raw.ptr : body.ptr + bad;
        ot__lint_member(l, OT_SEVERITY_ERROR, OT__ALL, OT_ESYNTAX, field, at, "is not base64: no picture is shown");
    } else if (!ot__is_picture(ot_str_of(bytes, len))) {
        ot__lint_member(l, OT_SEVERITY_WARNING, OT__ALL, OT_ETYPE, field, face->raw.ptr, "is neither PNG nor JPEG");
    }
    ot_mem_free(bytes, body.len);
}

void ot__lint_card(ot__lint *l, const ot__members *card) {
    const ot__json_value *face = &card->values[OT_CARD_face];
    if (l->status != OT_OK) return;
    if (face->kind == OT__JSON_STRING) judge_face(l, &card->type->fields[OT_CARD_face], face);
    if (!ot__lint_has(face) && !ot__lint_has(&card->values[OT_CARD_name]))
        ot__lint_say(l, OT_SEVERITY_WARNING, OT__ALL, OT_EMISSING, NULL, card->raw.ptr, "has neither name nor picture");
    if (!ot__lint_has(&card->values[OT_CARD_tid]))
        ot__lint_member(l, OT_SEVERITY_NOTE, OT__ALL, OT_OK, &card->type->fields[OT_CARD_tid], card->raw.ptr,
                        "is missing: by HTTP apps cannot tell whose card it is");
}
