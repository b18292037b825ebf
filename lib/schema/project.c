/* project.c: the developers' tool that prints, from the rows, what cannot be made by the preprocessor alone: the public
   structs, the key lookup, the reference of the fields and the dictionary of the fuzzers. Its outputs are committed;
   tests/sync checks that they are fresh.

   usage: project fields | keys | reference | dictionary */
#include <owntracks/schema.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The hash that the library uses; nothing else of table.h is used here, as it needs what is printed here. */
#include "hash.h"

typedef struct row {
    const char *member, *key, *doc, *aliases, *words, *nested, *kind_name, *unit_name, *flags_name;
    double min, max;
    ot_kind kind;
    ot_unit unit;
    uint32_t flags, since;
} row;

typedef struct type {
    const char *name, *upper, *self, *text, *title, *doc;
    int number;
    row rows[256];
    unsigned count;
} type;

static type types[32];
static unsigned type_count;

static row *find_row(type *t, const char *member) {
    for (unsigned i = 0; i < t->count; i++) {
        if (strcmp(t->rows[i].member, member) == 0) return &t->rows[i];
    }
    fprintf(stderr, "project: %s has no member %s\n", t->name, member);
    exit(1);
}

static void add_type(const char *name, const char *upper, const char *self, int number, const char *text,
                     const char *title, const char *doc) {
    type *t = &types[type_count++];
    *t = (type){.name = name, .upper = upper, .self = self, .text = text, .title = title, .doc = doc, .number = number};
}

static void add_row(row r) {
    type *t = &types[type_count - 1];
    if (t->count == 127) {
        fprintf(stderr, "project: %s has more than 127 fields\n", t->name);
        exit(1);
    }
    t->rows[t->count++] = r;
}

static void read_rows(void) {
#include "rows.h"
#define TYPE_(name, NAME, self, number, text, title, doc) add_type(#name, #NAME, #self, number, text, title, doc);
#define TYPE(...)                                         OT_ROW(TYPE_, SELF, __VA_ARGS__)
#define X(member_, key_, KIND, UNIT, FLAGS, min_, max_, since_, doc_)                                                  \
    add_row((row){.member = #member_,                                                                                  \
                  .key = key_,                                                                                         \
                  .doc = doc_,                                                                                         \
                  .aliases = "",                                                                                       \
                  .words = "",                                                                                         \
                  .nested = NULL,                                                                                      \
                  .kind_name = #KIND,                                                                                  \
                  .unit_name = #UNIT,                                                                                  \
                  .flags_name = #FLAGS,                                                                                \
                  .min = min_,                                                                                         \
                  .max = max_,                                                                                         \
                  .kind = OT_KIND_##KIND,                                                                              \
                  .unit = OT_UNIT_##UNIT,                                                                              \
                  .flags = FLAGS,                                                                                      \
                  .since = since_});
#define ALIAS(member, text)             find_row(&types[type_count - 1], #member)->aliases = text;
#define WORDS(member, text)             find_row(&types[type_count - 1], #member)->words = text;
#define NESTED(member, type)            find_row(&types[type_count - 1], #member)->nested = #type;
#define ANDROID_RANGE(member, min, max) find_row(&types[type_count - 1], #member);
#define END
#include "types.def"
#define OT_ROWS_DONE
#include "rows.h"
}

static const char *c_type(ot_kind kind) {
    switch (kind) {
    case OT_KIND_BOOL:
        return "bool";
    case OT_KIND_I64:
    case OT_KIND_TIME:
        return "int64_t";
    case OT_KIND_F64:
        return "double";
    default:
        return "ot_str";
    }
}

static const char *unit_text(ot_unit unit) {
    switch (unit) {
    case OT_UNIT_DEG:
        return "degrees";
    case OT_UNIT_M:
        return "metres";
    case OT_UNIT_KMH:
        return "km/h";
    case OT_UNIT_KPA:
        return "kPa";
    case OT_UNIT_PERCENT:
        return "per cent";
    case OT_UNIT_S:
        return "seconds";
    case OT_UNIT_DBM:
        return "dBm";
    case OT_UNIT_MIN:
        return "minutes";
    case OT_UNIT_DAY:
        return "days";
    default:
        return "";
    }
}

static const char *kind_text(const row *r) {
    switch (r->kind) {
    case OT_KIND_BOOL:
        return "true or false";
    case OT_KIND_I64:
        return "whole number";
    case OT_KIND_F64:
        return "number";
    case OT_KIND_TIME:
        return "epoch seconds";
    case OT_KIND_STR:
        return "text";
    case OT_KIND_ENUM:
        return "word";
    case OT_KIND_STRS:
        return "array of texts";
    case OT_KIND_OBJ:
        return "object";
    case OT_KIND_OBJS:
        return "array of objects";
    default:
        return "any value";
    }
}

static void print_range(const row *r) {
    if (r->kind == OT_KIND_TIME) return;
    if (isfinite(r->min) && isfinite(r->max))
        printf("%.0f to %.0f", r->min, r->max);
    else if (isfinite(r->min))
        printf("at least %.0f", r->min);
    else if (isfinite(r->max))
        printf("at most %.0f", r->max);
}
static bool has_range(const row *r) {
    return r->kind != OT_KIND_TIME && (isfinite(r->min) || isfinite(r->max));
}

static const struct {
    uint32_t flag;
    const char *text;
} flag_texts[] = {{OT_FIELD_REQUIRED, "required"},      {OT_FIELD_EXPECTED, "expected"},
                  {OT_FIELD_EXTENDED, "extended data"}, {OT_FIELD_SECRET, "secret"},
                  {OT_FIELD_RETIRED, "retired"},        {OT_FIELD_HIDDEN, "hidden"},
                  {OT_FIELD_ANDROID, "Android"},        {OT_FIELD_IOS, "iOS"},
                  {OT_FIELD_IOS_OLD, "old iOS"},        {OT_FIELD_UI_ONLY, "by hand only"}};

static void print_flags(const row *r, const char *before) {
    for (size_t i = 0; i < sizeof flag_texts / sizeof *flag_texts; i++) {
        if (!(r->flags & flag_texts[i].flag)) continue;
        if (flag_texts[i].flag == OT_FIELD_IOS_OLD && r->flags & OT_FIELD_IOS) continue;
        printf("%s%s", before, flag_texts[i].text);
        before = ", ";
    }
}

/* include/owntracks/fields.h */
static void print_fields(void) {
    puts("/** @file fields.h\n"
         " *  @brief The structs of all message types. Made from lib/schema/\\*.def by lib/schema/project.c: do not "
         "edit.\n"
         " *\n"
         " *  `has` holds a bit for each member, asked with #OT_HAS and the member's ordinal; a member whose bit is "
         "clear has no value.\n"
         " *  Structs grow at their end from version to version and are only read through pointers that the library "
         "gives, or given to\n"
         " *  ot_message_from() of the same version. */\n"
         "#ifndef OWNTRACKS_FIELDS_H\n#define OWNTRACKS_FIELDS_H\n\n#include <owntracks/schema.h>\n\n"
         "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
         "struct ot_message;\n"
         "/** See message.h. */\n"
         "OT_API const void *ot_message_data(const struct ot_message *message, ot_type type);\n\n"
         "/** Has the member with this ordinal a value? @p p points to a struct of this file. */\n"
         "#define OT_HAS(p, ordinal) ((bool)((p)->has[(unsigned)(ordinal) >> 6] >> ((unsigned)(ordinal) & 63u) & 1u))\n"
         "/** Says that the member with this ordinal has a value. */\n"
         "#define OT_HAS_SET(p, ordinal) ((void)((p)->has[(unsigned)(ordinal) >> 6] |= UINT64_C(1) << "
         "((unsigned)(ordinal) & 63u)))\n"
         "/** Says that the member with this ordinal has no value. */\n"
         "#define OT_HAS_CLEAR(p, ordinal) ((void)((p)->has[(unsigned)(ordinal) >> 6] &= ~(UINT64_C(1) << "
         "((unsigned)(ordinal) & 63u))))");
    for (unsigned i = 0; i < type_count; i++) {
        const type *t = &types[i];
        printf("\n/** Ordinals of #%s. */\nenum {\n", t->self);
        for (unsigned k = 0; k < t->count; k++) {
            printf("    OT_%s_%s = %u%s /**< %s */\n", t->upper, t->rows[k].member, k, k + 1 < t->count ? "," : "",
                   t->rows[k].key);
        }
        if (t->text[0])
            printf("};\n\n/** %s Messages of `_type` \"%s\". */\n", t->doc, t->text);
        else
            printf("};\n\n/** %s A nested object. */\n", t->doc);
        printf(
            "typedef struct %s {\n    uint64_t has[2]; /**< Which members have a value: a bit for each ordinal. */\n",
            t->self);
        for (unsigned k = 0; k < t->count; k++) {
            const row *r = &t->rows[k];
            const char *c = c_type(r->kind);
            printf("    %s %s; /**< `%s`: %s", c, r->member, r->key, r->doc);
            if (r->unit || has_range(r)) {
                printf(" [%s", unit_text(r->unit));
                if (r->unit && has_range(r)) printf(", ");
                print_range(r);
                printf("]");
            }
            print_flags(r, "; ");
            if (strcmp(c, "ot_str") == 0 && r->kind != OT_KIND_STR && r->kind != OT_KIND_ENUM) {
                printf("; JSON text: %s", kind_text(r));
                if (r->nested) printf(" of #OT_TYPE_%s", r->nested);
            }
            printf(" */\n");
        }
        printf("} %s;\n", t->self);
        printf("/** The struct of a message of this type; NULL when it is of another. */\n"
               "static inline const %s *ot_message_%s(const struct ot_message *message) {\n"
               "    return (const %s *)ot_message_data(message, OT_TYPE_%s);\n}\n",
               t->self, t->self + 3, t->self, t->upper);
    }
    puts("\n#ifdef __cplusplus\n}\n#endif\n#endif");
}

/* The keys of a field: its own and its aliases, one after the other. */
static bool next_word(const char **list, char *word, size_t size) {
    const char *p = *list + strspn(*list, " ");
    size_t n = strcspn(p, " ");
    if (!n) return false;
    if (n >= size) {
        fprintf(stderr, "project: too long: %s\n", p);
        exit(1);
    }
    memcpy(word, p, n);
    word[n] = 0;
    *list = p + n;
    return true;
}

typedef struct wire {
    char key[64];
    int ordinal;
} wire;

static unsigned collect_wires(const type *t, wire *wires, unsigned max) {
    unsigned n = 0;
    wires[n++] = (wire){"_type", -1};
    for (unsigned k = 0; k < t->count; k++) {
        char list[512];
        snprintf(list, sizeof list, "%s %s", t->rows[k].key, t->rows[k].aliases);
        const char *p = list;
        while (n < max && next_word(&p, wires[n].key, sizeof wires[n].key))
            wires[n++].ordinal = (int)k;
    }
    if (n == max) {
        fprintf(stderr, "project: %s has too many keys\n", t->name);
        exit(1);
    }
    for (unsigned a = 0; a < n; a++) {
        for (unsigned b = a + 1; b < n; b++) {
            if (strcmp(wires[a].key, wires[b].key) != 0) continue;
            fprintf(stderr, "project: %s has the key %s twice\n", t->name, wires[a].key);
            exit(1);
        }
    }
    return n;
}

static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Finds a multiplier for which no two keys meet. */
static unsigned perfect_hash(const wire *wires, unsigned n, uint64_t *seed, uint8_t *table) {
    uint64_t state = 1;
    for (unsigned bits = 4; bits <= 13; bits++) {
        for (unsigned attempt = 0; attempt < 20000; attempt++) {
            *seed = next_random(&state) | 1;
            memset(table, 0, 8192);
            unsigned k = 0;
            for (; k < n; k++) {
                uint64_t h = ot__key_hash(wires[k].key, strlen(wires[k].key), *seed, 64 - bits);
                if (table[h]) break;
                table[h] = (uint8_t)(k + 1);
            }
            if (k == n) return bits;
        }
    }
    fprintf(stderr, "project: no perfect hash found\n");
    exit(1);
}

static void print_mask(const char *name, const type *t, uint32_t flag) {
    uint64_t bits[2] = {0, 0};
    for (unsigned k = 0; k < t->count; k++) {
        if (t->rows[k].flags & flag) bits[k / 64] |= UINT64_C(1) << k % 64;
    }
    printf("#define %s_%s {UINT64_C(0x%llx), UINT64_C(0x%llx)}\n", name, t->name, (unsigned long long)bits[0],
           (unsigned long long)bits[1]);
}

static void print_limit(double d, bool whole) {
    if (whole && isinf(d))
        printf(d < 0 ? "INT64_MIN" : "INT64_MAX");
    else if (whole)
        printf("INT64_C(%.0f)", d);
    else if (isinf(d))
        printf(d < 0 ? "-INFINITY" : "INFINITY");
    else
        printf("%.17g%s", d, d == floor(d) ? ".0" : "");
}

/* lib/schema/keys.inc */
static void print_keys(void) {
    puts("/* keys.inc: keys and their lookup. Made from the rows by project.c: do not edit. */");
    size_t longest = 0;
    for (unsigned i = 0; i < type_count; i++) {
        const type *t = &types[i];
        static wire wires[256];
        unsigned n = collect_wires(t, wires, 255);
        uint64_t seed;
        static uint8_t table[8192];
        unsigned bits = perfect_hash(wires, n, &seed, table);
        printf("static const ot__wire wires_%s[] = {\n", t->name);
        for (unsigned k = 0; k < n; k++) {
            const row *r = wires[k].ordinal < 0 ? NULL : &t->rows[wires[k].ordinal];
            size_t klen = strlen(wires[k].key), plen = klen + 3;
            if (klen > longest) longest = klen;
            if (plen <= 32) {
                printf("    {.pattern = \"\\\"%s\\\":\", ", wires[k].key);
            } else {
                printf("    {.pattern = \"\\377\", ");
                plen = 1;
            }
            printf(".plen = %zu, .klen = %zu, .key = \"%s\", ", plen, klen, wires[k].key);
            if (!r) {
                printf(".ordinal = OT__NO_ORDINAL, .state = OT_MEMBER_TYPE},\n");
                continue;
            }
            printf(".ordinal = %d, .kind = OT_KIND_%s, .offset = offsetof(%s, %s), .state = OT_MEMBER_VALUE, ",
                   wires[k].ordinal, r->kind_name, t->self, r->member);
            if (r->kind == OT_KIND_ENUM) {
                uint64_t letters[2] = {0, 0};
                const char *p = r->words;
                char word[64];
                while (next_word(&p, word, sizeof word)) {
                    if (!word[1]) letters[(word[0] & 127) / 64] |= UINT64_C(1) << (word[0] & 63);
                }
                printf(".u.letters = {UINT64_C(0x%llx), UINT64_C(0x%llx)}},\n", (unsigned long long)letters[0],
                       (unsigned long long)letters[1]);
            } else {
                bool whole = r->kind == OT_KIND_I64 || r->kind == OT_KIND_TIME;
                printf(whole ? ".u.whole = {" : ".u.real = {");
                print_limit(r->min, whole);
                printf(", ");
                print_limit(r->max, whole);
                printf("}},\n");
            }
        }
        printf("};\nstatic const uint8_t hash_%s[%u] = {", t->name, 1u << bits);
        bool first = true;
        for (unsigned h = 0; h < 1u << bits; h++) {
            if (!table[h]) continue;
            printf("%s[%u] = %u", first ? "" : ", ", h, table[h]);
            first = false;
        }
        printf("};\n#define SEED_%s UINT64_C(0x%llx)\n#define SHIFT_%s %u\n", t->name, (unsigned long long)seed,
               t->name, 64 - bits);
        print_mask("REQUIRED", t, OT_FIELD_REQUIRED);
        print_mask("EXPECTED", t, OT_FIELD_EXPECTED);
    }
    printf("#define KEY_LONGEST %zu\n", longest);
}

/* docs/fields.md */
static void print_reference(void) {
    puts("# Fields of all message types\n\n"
         "Made from the rows in `lib/schema/` by `lib/schema/project.c`; do not edit. \"Required\": a message without "
         "it is refused.\n"
         "\"Expected\": the documentation of OwnTracks demands it; strict decoding refuses a message without it. "
         "\"Extended data\": sent only\n"
         "when that setting is on. \"Secret\": never logged. \"Retired\": no current app sends it. \"Hidden\": "
         "bookkeeping of an app. \"Android\", \"iOS\", \"old iOS\" (before 18.0.1): the apps that act on it when it is "
         "sent to them. \"By hand only\": "
         "no app takes\nit from outside.");
    for (unsigned i = 0; i < type_count; i++) {
        const type *t = &types[i];
        printf("\n## %s\n\n%s ", t->title, t->doc);
        if (t->text[0])
            printf("`_type` is `\"%s\"`; struct `%s`.", t->text, t->self);
        else
            printf("A nested object; struct `%s`.", t->self);
        printf("\n\n| key | also | kind | unit, range | flags | meaning |\n| --- | --- | --- | --- | --- | --- |\n");
        for (unsigned k = 0; k < t->count; k++) {
            const row *r = &t->rows[k];
            printf("| `%s` | %s%s%s | %s", r->key, r->aliases[0] ? "`" : "", r->aliases, r->aliases[0] ? "`" : "",
                   kind_text(r));
            for (unsigned n = 0; r->nested && n < type_count; n++) {
                if (strcmp(types[n].upper, r->nested) == 0) printf(" `%s`", types[n].title);
            }
            printf(" | %s%s", unit_text(r->unit), r->unit && has_range(r) ? ", " : "");
            print_range(r);
            printf(" | ");
            print_flags(r, "");
            printf(" | %s", r->doc);
            if (r->words[0]) printf("; known: `%s`", r->words);
            printf(" |\n");
        }
    }
}

/* tests/fuzz/owntracks.dict */
static void print_dictionary(void) {
    puts("# Keys, types and words. Made from the rows by lib/schema/project.c: do not edit.");
    static char seen[2048][64];
    unsigned n = 0;
    for (unsigned i = 0; i < type_count; i++) {
        const type *t = &types[i];
        static wire wires[256];
        unsigned count = collect_wires(t, wires, 255);
        for (unsigned k = 0; k < count; k++) {
            unsigned s = 0;
            while (s < n && strcmp(seen[s], wires[k].key) != 0)
                s++;
            if (s < n) continue;
            snprintf(seen[n++], 64, "%s", wires[k].key);
            printf("\"\\\"%s\\\":\"\n", wires[k].key);
        }
        if (t->text[0]) printf("\"\\\"%s\\\"\"\n", t->text);
        for (unsigned k = 0; k < t->count; k++) {
            const char *p = t->rows[k].words;
            char word[64];
            while (next_word(&p, word, sizeof word)) {
                if (!word[1]) continue;
                printf("\"\\\"%s\\\"\"\n", word);
            }
        }
    }
}

int main(int argc, char **argv) {
    read_rows();
    const char *what = argc == 2 ? argv[1] : "";
    if (strcmp(what, "fields") == 0)
        print_fields();
    else if (strcmp(what, "keys") == 0)
        print_keys();
    else if (strcmp(what, "reference") == 0)
        print_reference();
    else if (strcmp(what, "dictionary") == 0)
        print_dictionary();
    else {
        fprintf(stderr, "usage: project fields | keys | reference | dictionary\n");
        return 2;
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
