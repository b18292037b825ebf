/* test_hash.c: SipHash-2-4-128 against its published vectors and a second implementation; the ids of records, for ever. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/siphash.h"

/* The second implementation: the definition of the paper, byte by byte, over one padded copy of the input. */
static uint64_t rot(uint64_t x, int b) {
    return (x << b) | (x >> (64 - b));
}

static void sip_rounds(uint64_t v[4], int n) {
    while (n--) {
        v[0] += v[1];
        v[1] = rot(v[1], 13);
        v[1] ^= v[0];
        v[0] = rot(v[0], 32);
        v[2] += v[3];
        v[3] = rot(v[3], 16);
        v[3] ^= v[2];
        v[0] += v[3];
        v[3] = rot(v[3], 21);
        v[3] ^= v[0];
        v[2] += v[1];
        v[1] = rot(v[1], 17);
        v[1] ^= v[2];
        v[2] = rot(v[2], 32);
    }
}

static uint64_t little(const uint8_t *p) {
    uint64_t w = 0;
    for (int i = 7; i >= 0; i--)
        w = w << 8 | p[i];
    return w;
}

static void slow_siphash(const uint8_t key[16], const uint8_t *data, size_t len, uint8_t out[16]) {
    size_t padded = len / 8 * 8 + 8;
    uint8_t *copy = calloc(1, padded);
    assert_non_null(copy);
    if (len) memcpy(copy, data, len);
    copy[padded - 1] = (uint8_t)len;
    uint64_t k0 = little(key), k1 = little(key + 8);
    uint64_t v[4] = {k0 ^ little((const uint8_t *)"uespemos"), k1 ^ little((const uint8_t *)"modnarod"),
                     k0 ^ little((const uint8_t *)"arenegyl"), k1 ^ little((const uint8_t *)"setybdet")};
    v[1] ^= 0xee;
    for (size_t i = 0; i < padded; i += 8) {
        uint64_t m = little(copy + i);
        v[3] ^= m;
        sip_rounds(v, 2);
        v[0] ^= m;
    }
    v[2] ^= 0xee;
    for (int half = 0; half < 2; half++) {
        if (half) v[1] ^= 0xdd;
        sip_rounds(v, 4);
        uint64_t h = v[0] ^ v[1] ^ v[2] ^ v[3];
        for (int i = 0; i < 8; i++)
            out[half * 8 + i] = (uint8_t)(h >> (8 * i));
    }
    free(copy);
}

static const uint8_t id_key[16] = "owntracks:id:v01"; /* sixteen bytes: no NUL */

static void published_vectors(void **state) {
    (void)state;
    /* Key 00 01 … 0f, input of n bytes 00 01 … n-1. */
    static const char *const vectors[] = {
        "a3817f04ba25a8e66df67214c7550293", "da87c1d86b99af44347659119b22fc45", "8177228da4a45dc7fca38bdef60affe4",
        "9c70b60c5267a94e5f33b6b02985ed51", "f88164c12d9c8faf7d0f6e7c7bcd5579", "1368875980776f8854527a07690e9627",
        "14eeca338b208613485ea0308fd7a15e", "a1f1ebbed8dbc153c0b84aa61ff08239", "3b62a9ba6258f5610f83e264f31497b4",
        "264499060ad9baabc47f8b02bb6d71ed", "00110dc378146956c95447d3f3d0fbba", "0151c568386b6677a2b4dc6f81e5dc18",
        "d626b266905ef35882634df68532c125", "9869e247e9c08b10d029934fc4b952f7", "31fcefac66d7de9c7ec7485fe4494902",
        "5493e99933b0a8117e08ec0f97cfc3d9",
    };
    uint8_t key[16], data[16];
    for (uint8_t i = 0; i < 16; i++)
        key[i] = data[i] = i;
    for (size_t n = 0; n < OT_COUNT(vectors); n++) {
        ot__sip sip;
        char text[OT_ID_TEXT_SIZE];
        ot__sip_init(&sip, key);
        ot__sip_update(&sip, data, n);
        ot_id id = ot__sip_final(&sip);
        ot_id_text(&id, text);
        assert_string_equal(text, vectors[n]);
        uint8_t slow[16];
        slow_siphash(key, data, n, slow);
        assert_memory_equal(slow, id.bytes, 16);
    }
}

static void any_length_any_alignment(void **state) {
    (void)state;
    uint8_t data[600 + 8];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 167 + 13);
    for (size_t len = 0; len <= 600; len += len < 80 ? 1 : 37)
        for (size_t shift = 0; shift < 8; shift++) {
            uint8_t want[16];
            slow_siphash(id_key, data + shift, len, want);
            ot_id id = ot_id_of_bytes(ot_str_of((const char *)data + shift, len));
            assert_memory_equal(id.bytes, want, 16);
        }
    ot_id absent = ot_id_of_bytes(ot_str_of(NULL, 0)), empty = ot_id_of_bytes(ot_str_of("", 0));
    assert_int_equal(ot_id_cmp(&absent, &empty), 0);
}

static void any_pieces(void **state) {
    (void)state;
    uint8_t data[97], want[16];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(255 - i * 3);
    slow_siphash(id_key, data, sizeof data, want);
    for (size_t a = 0; a <= 33; a++)
        for (size_t b = a; b <= sizeof data; b += 5) {
            ot__sip sip;
            ot__id_init(&sip);
            ot__sip_update(&sip, data, a);
            ot__sip_update(&sip, data + a, b - a);
            ot__sip_update(&sip, data + b, sizeof data - b);
            ot_id id = ot__sip_final(&sip);
            assert_memory_equal(id.bytes, want, 16);
        }
    /* Numbers at every place of a word. */
    for (size_t lead = 0; lead < 16; lead++) {
        uint8_t all[16 + 12], slow[16];
        memcpy(all, data, lead);
        for (int i = 0; i < 8; i++)
            all[lead + (size_t)i] = (uint8_t)(UINT64_C(0xf1e2d3c4b5a69788) >> (8 * i));
        for (int i = 0; i < 4; i++)
            all[lead + 8 + (size_t)i] = (uint8_t)(UINT32_C(0x89abcdef) >> (8 * i));
        slow_siphash(id_key, all, lead + 12, slow);
        ot__sip sip;
        ot__id_init(&sip);
        ot__sip_update(&sip, data, lead);
        ot__sip_u64(&sip, UINT64_C(0xf1e2d3c4b5a69788));
        ot__sip_u32(&sip, UINT32_C(0x89abcdef));
        ot_id id = ot__sip_final(&sip);
        assert_memory_equal(id.bytes, slow, 16);
    }
}

/* The layout by hand: each text behind its length. */
static ot_id slow_record(ot_str user, ot_str device, ot_str payload, uint32_t index) {
    uint8_t bytes[4096];
    size_t n = 0;
    const ot_str parts[3] = {user, device, payload};
    for (int p = 0; p < 3; p++) {
        for (int i = 0; i < 8; i++)
            bytes[n++] = (uint8_t)((uint64_t)parts[p].len >> (8 * i));
        if (parts[p].len) memcpy(bytes + n, parts[p].ptr, parts[p].len);
        n += parts[p].len;
    }
    for (int i = 0; i < 4; i++)
        bytes[n++] = (uint8_t)(index >> (8 * i));
    ot_id id;
    slow_siphash(id_key, bytes, n, id.bytes);
    return id;
}

#define OWNER    OT_STR("jane"), OT_STR("phone")
#define LOCATION OT_STR("{\"_type\":\"location\",\"lat\":52.5,\"lon\":13.4,\"tst\":1700000000}")

static void records_for_ever(void **state) {
    (void)state;
    /* These stand in docs/identity.md too. They never change. */
    const struct {
        ot_str user, device, payload;
        uint32_t index;
        const char *id;
    } rows[] = {
        {OT_STR(""), OT_STR(""), OT_STR(""), 0, "77ad7805c0aec4340f7b399bd38c8e5f"},
        {OWNER, OT_STR(""), 0, "93619cdc1d819c5d4a2392f4a093a10b"},
        {OWNER, LOCATION, 0, "26c1529c174fc5929e93043f5f317749"},
        {OWNER, LOCATION, 1, "eac4937072510800740b3f4bc1056910"},
        {OT_STR("janep"), OT_STR("hone"), LOCATION, 0, "d32e6d78fd43dc68306a3ef61cba0215"},
        {OT_STR("Жук"), OT_STR("Ёжи"), LOCATION, 4294967295u, "be5e763021cd55af5db3c07927e72d7d"},
        {OWNER, OT_STR("\0\xff\0"), 0, "1e3c320b3e4f99d8973261c1d9421138"},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        char text[OT_ID_TEXT_SIZE];
        ot_id id = ot_id_of_record(rows[i].user, rows[i].device, rows[i].payload, rows[i].index);
        ot_id slow = slow_record(rows[i].user, rows[i].device, rows[i].payload, rows[i].index);
        assert_int_equal(ot_id_cmp(&id, &slow), 0);
        ot_id_text(&id, text);
        assert_string_equal(text, rows[i].id);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(rows[i].id, rows[k].id);
    }
}

static void records_of_any_length(void **state) {
    (void)state;
    char text[400];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 31);
    for (size_t u = 0; u < 20; u += 3)
        for (size_t d = 0; d < 20; d++)
            for (size_t p = 0; p <= 380; p += p < 20 ? 1 : 71) {
                ot_str user = ot_str_of(text, u), device = ot_str_of(text + 20, d), payload = ot_str_of(text + 3, p);
                ot_id id = ot_id_of_record(user, device, payload, (uint32_t)(p * 7)),
                      slow = slow_record(user, device, payload, (uint32_t)(p * 7));
                assert_int_equal(ot_id_cmp(&id, &slow), 0);
            }
}

static void text(void **state) {
    (void)state;
    ot_id id, back;
    char out[OT_ID_TEXT_SIZE];
    for (unsigned i = 0; i < 16; i++)
        id.bytes[i] = (uint8_t)(i * 17);
    ot_id_text(&id, out);
    assert_string_equal(out, "00112233445566778899aabbccddeeff");
    assert_int_equal(ot_id_parse(ot_str_c(out), &back), OT_OK);
    assert_int_equal(ot_id_cmp(&id, &back), 0);
    assert_int_equal(ot_id_parse(OT_STR("00112233445566778899AABBCCDDEEFF"), &back), OT_OK);
    assert_int_equal(ot_id_cmp(&id, &back), 0);
    ot_id greater = id;
    greater.bytes[0] = 0xff;
    assert_true(ot_id_cmp(&id, &greater) < 0 && ot_id_cmp(&greater, &id) > 0);
    static const char *const bad[] = {"",
                                      "00112233445566778899aabbccddeef",
                                      "00112233445566778899aabbccddeeff0",
                                      "g0112233445566778899aabbccddeeff",
                                      "00112233445566778899aabbccddeef ",
                                      "0x112233445566778899aabbccddeeff",
                                      "0011223344556677-899aabbccddeeff"};
    for (size_t i = 0; i < OT_COUNT(bad); i++) {
        assert_int_equal(ot_id_parse(ot_str_c(bad[i]), &back), OT_ESYNTAX);
        assert_int_equal(ot_id_cmp(&id, &back), 0); /* untouched */
    }
    assert_int_equal(ot_id_parse(ot_str_of(NULL, 0), &back), OT_ESYNTAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors), cmocka_unit_test(any_length_any_alignment), cmocka_unit_test(any_pieces),
        cmocka_unit_test(records_for_ever),  cmocka_unit_test(records_of_any_length),    cmocka_unit_test(text),
    };
    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
