/* portable.h: the codec a second time, built the way it is on machines without SSE2, 128-bit products and little-endian
   words: the same names with portable_ in front. For tests that run everything on both. */
#ifndef OT_TEST_PORTABLE_H
#define OT_TEST_PORTABLE_H

#include "codec/codec.h"

const char *portable_space(const char *p, const char *end);
const char *portable_value_scan(const char *p, const char *end, unsigned depth, unsigned max, ot__json_value *out,
                                ot__json_fail *fail);
ot_status portable_validate(ot_str text, unsigned max_depth, ot__json_value *out, ot__json_fail *fail);
const char *portable_string_scan(const char *p, const char *end, ot_str *body, bool *escaped, ot__json_fail *fail);
size_t portable_unescape(ot_str body, char *out);
bool portable_array_next(ot_str array, size_t *pos, ot__json_value *out);
bool portable_object_next(ot_str object, size_t *pos, ot_str *key, bool *key_escaped, ot__json_value *out);
bool portable_key_eq(ot_str body, bool escaped, ot_str plain);
const char *portable_number_scan(const char *p, const char *end, ot__num *out, ot__json_fail *fail);
bool portable_num_parse(ot_str text, ot__num *out);
double portable_num_decimal(uint64_t w, int exp10);

#define OT__CODEC_PORTABLE   1
#define ot__json_space       portable_space
#define ot__json_value_scan  portable_value_scan
#define ot__json_validate    portable_validate
#define ot__json_string_scan portable_string_scan
#define ot__json_unescape    portable_unescape
#define ot__json_array_next  portable_array_next
#define ot__json_object_next portable_object_next
#define ot__json_key_eq      portable_key_eq
#define ot__json_number_scan portable_number_scan
#define ot__num_parse        portable_num_parse
#define ot__num_decimal      portable_num_decimal
#define ot__pow5_table       portable_pow5_table
#define ot__pow10_table      portable_pow10_table
#define is_digit             portable_is_digit
#include "codec/scan.c"
#undef is_digit
#define refuse   portable_refuse
#define is_digit portable_is_digit2
#include "codec/number.c"
#undef refuse
#undef is_digit
#undef ot__json_space
#undef ot__json_value_scan
#undef ot__json_validate
#undef ot__json_string_scan
#undef ot__json_unescape
#undef ot__json_array_next
#undef ot__json_object_next
#undef ot__json_key_eq
#undef ot__json_number_scan
#undef ot__num_parse
#undef ot__num_decimal
#undef ot__pow5_table
#undef ot__pow10_table

#endif
