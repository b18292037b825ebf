/* test_mem.c: the allocator of the process, the arena, the buffer with a ceiling, and reading a file. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"

/* An allocator that counts, checks the sizes it is told, and can run dry. */
typedef struct counter {
    size_t live, bytes, calls;
    size_t left; /* allocations before it runs dry */
} counter;

#define HEAD 16

static void *count_alloc(void *ctx, size_t size) {
    counter *c = ctx;
    assert_true(size > 0);
    if (!c->left || size > (size_t)1 << 30) return NULL;
    c->left--;
    char *p = malloc(size + HEAD);
    assert_non_null(p);
    memcpy(p, &size, sizeof size);
    c->live++;
    c->calls++;
    c->bytes += size;
    return p + HEAD;
}

static void count_release(void *ctx, void *ptr, size_t size) {
    counter *c = ctx;
    assert_non_null(ptr);
    size_t was;
    memcpy(&was, (char *)ptr - HEAD, sizeof was);
    assert_int_equal(was, size);
    c->live--;
    c->bytes -= size;
    free((char *)ptr - HEAD);
}

static void *count_resize(void *ctx, void *ptr, size_t old_size, size_t size) {
    if (!ptr) assert_int_equal(old_size, 0);
    void *next = count_alloc(ctx, size);
    if (next && ptr) {
        memcpy(next, ptr, old_size < size ? old_size : size);
        count_release(ctx, ptr, old_size);
    }
    return next;
}

static counter count;

static int setup(void **state) {
    (void)state;
    count = (counter){.left = SIZE_MAX};
    const ot_alloc alloc = {sizeof alloc, count_alloc, count_resize, count_release, &count};
    return ot_mem_set(&alloc) != OT_OK;
}

static int teardown(void **state) {
    (void)state;
    ot_mem_set(NULL);
    return count.live != 0 || count.bytes != 0;
}

static void allocator(void **state) {
    (void)state;
    assert_null(ot_mem_alloc(0));
    assert_int_equal(count.calls, 0);
    char *p = ot_mem_alloc(10);
    memset(p, 1, 10);
    p = ot_mem_resize(p, 10, 20);
    assert_int_equal(p[9], 1);
    count.left = 0;
    assert_null(ot_mem_resize(p, 20, 30));
    assert_int_equal(p[9], 1); /* still there */
    assert_null(ot_mem_resize(p, 20, 0));
    assert_null(ot_mem_alloc(1));
    assert_null(ot_mem_zalloc(1, 1));
    count.left = SIZE_MAX;
    ot_mem_free(p, 20);
    ot_mem_free(NULL, 0);
    unsigned char *z = ot_mem_zalloc(3, 5);
    for (int i = 0; i < 15; i++)
        assert_int_equal(z[i], 0);
    ot_mem_free(z, 15);
    assert_null(ot_mem_zalloc(SIZE_MAX, 2));
    assert_null(ot_mem_zalloc(SIZE_MAX / 2 + 1, 2));
    assert_null(ot_mem_zalloc(0, 5));
    p = ot_mem_resize(NULL, 0, 5);
    assert_non_null(p);
    ot_mem_free(p, 5);
}

static void setting_the_allocator(void **state) {
    (void)state;
    const ot_alloc whole = {sizeof whole, count_alloc, count_resize, count_release, &count};
    ot_alloc a = whole;
    a.size = sizeof a - 1;
    assert_int_equal(ot_mem_set(&a), OT_EINVAL);
    a = whole;
    a.alloc = NULL;
    assert_int_equal(ot_mem_set(&a), OT_EINVAL);
    a = whole;
    a.resize = NULL;
    assert_int_equal(ot_mem_set(&a), OT_EINVAL);
    a = whole;
    a.release = NULL;
    assert_int_equal(ot_mem_set(&a), OT_EINVAL);
    /* A refused one changes nothing; one of a newer, larger kind is taken. */
    size_t before = count.calls;
    ot_mem_free(ot_mem_alloc(1), 1);
    assert_int_equal(count.calls, before + 1);
    a = whole;
    a.size = sizeof a + 8;
    assert_int_equal(ot_mem_set(&a), OT_OK);
    assert_int_equal(ot_mem_set(NULL), OT_OK);
    ot_mem_free(ot_mem_alloc(1), 1);
    assert_int_equal(count.calls, before + 1);
}

static void buffer_ceiling(void **state) {
    (void)state;
    /* Every ceiling and every pair of lengths around it: as much as fits, and never more, also in memory. */
    for (size_t max = 0; max < 600; max += max < 20 || (max > 250 && max < 260) ? 1 : 43)
        for (size_t first = 0; first <= max + 1; first += first < 20 ? 1 : 37) {
            static const char data[1200];
            ot__buf buf;
            ot__buf_init(&buf, max);
            ot_status want = first <= max ? OT_OK : OT_ELIMIT;
            assert_int_equal(ot__buf_append(&buf, data, first), want);
            if (want == OT_OK) {
                assert_int_equal(ot__buf_append(&buf, data, max - first), OT_OK);
                assert_int_equal(buf.len, max);
                assert_int_equal(ot__buf_append(&buf, data, 0), OT_OK);
                assert_int_equal(ot__buf_append(&buf, data, 1), OT_ELIMIT);
                assert_int_equal(buf.len, max);
            }
            assert_true(buf.cap <= max && count.bytes <= max);
            assert_int_equal(ot__buf_append(&buf, data, 0), OT_ELIMIT); /* it sticks */
            ot__buf_reset(&buf);
            assert_int_equal(ot__buf_append(&buf, data, max), OT_OK);
            ot__buf_free(&buf);
            assert_int_equal(count.live, 0);
            assert_int_equal(buf.max, max);
        }
    ot__buf buf;
    ot__buf_init(&buf, SIZE_MAX);
    assert_int_equal(ot__buf_text(&buf, "abc"), OT_OK);
    assert_int_equal(ot__buf_reserve(&buf, SIZE_MAX), OT_ELIMIT); /* no overflow */
    ot__buf_reset(&buf);
    assert_int_equal(ot__buf_text(&buf, "abc"), OT_OK);
    count.left = 0;
    assert_int_equal(ot__buf_reserve(&buf, 10000), OT_ENOMEM);
    count.left = SIZE_MAX;
    assert_int_equal(ot__buf_text(&buf, "x"), OT_ENOMEM);
    assert_int_equal(buf.len, 3);
    ot__buf_free(&buf);
}

static void buffer_text(void **state) {
    (void)state;
    ot__buf buf;
    ot__buf_init(&buf, 2000);
    assert_true(ot_str_eq(ot__buf_str(&buf), OT_STR("")));
    assert_non_null(ot__buf_str(&buf).ptr);
    assert_int_equal(ot__buf_format(&buf, "%d-%s", 5, "x"), OT_OK);
    ot_sink sink = ot__buf_sink(&buf);
    assert_int_equal(sink.write(sink.ctx, "\0y", 2), OT_OK);
    assert_true(ot_str_eq(ot__buf_str(&buf), OT_STR("5-x\0y")));
    /* Formatted text of any length, up to the ceiling exactly. */
    char text[2100];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = 0;
    for (int len = 500; len <= 2010; len += len > 520 && len < 1985 ? 97 : 1) {
        ot__buf_reset(&buf);
        assert_int_equal(ot__buf_format(&buf, "%.*s", len, text), len <= 2000 ? OT_OK : OT_ELIMIT);
        assert_int_equal(buf.len, len <= 2000 ? len : 0);
        if (len <= 2000) assert_memory_equal(buf.data, text, (size_t)len);
        assert_true(buf.cap <= 2000);
        if (len > 2000) assert_int_equal(ot__buf_format(&buf, "x"), OT_ELIMIT);
    }
    ot__buf_reset(&buf);
    count.left = 0;
    assert_int_equal(ot__buf_format(&buf, "%.*s", 1000, text), OT_ENOMEM);
    count.left = SIZE_MAX;
    assert_int_equal(buf.status, OT_ENOMEM);
    ot__buf_free(&buf);
}

static void arena_basics(void **state) {
    (void)state;
    ot__arena arena;
    ot__arena_init(&arena, 256, 4096);
    unsigned char *list[12];
    static const size_t aligns[] = {1, 2, 4, 8, 16, 64};
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 12; i++) {
            size_t align = aligns[i % 6];
            list[i] = ot__arena_alloc(&arena, 30 + i, align);
            assert_non_null(list[i]);
            assert_int_equal((uintptr_t)list[i] % align, 0);
            memset(list[i], (int)i, 30 + i);
        }
        for (size_t i = 0; i < 12; i++)
            for (size_t k = 0; k < 30 + i; k++)
                assert_int_equal(list[i][k], i); /* none lies over another */
        ot__arena_reset(&arena);
    }
    ot_str s;
    assert_int_equal(ot__arena_copy(&arena, ot_str_of(NULL, 0), &s), OT_OK);
    assert_null(s.ptr);
    assert_int_equal(ot__arena_copy(&arena, OT_STR(""), &s), OT_OK);
    assert_non_null(s.ptr);
    assert_int_equal(s.len, 0);
    assert_int_equal(ot__arena_copy(&arena, OT_STR("a\0b"), &s), OT_OK);
    assert_true(ot_str_eq(s, OT_STR("a\0b")));
    ot__arena_free(&arena);
    ot__arena_free(&arena);
    assert_int_equal(count.live, 0);
}

static void arena_ceiling(void **state) {
    (void)state;
    ot__arena arena;
    ot__arena_init(&arena, 64, 1000);
    size_t got = 0;
    while (ot__arena_alloc(&arena, 50, 1))
        got += 50;
    assert_true(got >= 700 && arena.total <= 1000);
    assert_null(ot__arena_alloc(&arena, 1000, 1));
    ot_str s;
    assert_int_equal(ot__arena_copy(&arena, ot_str_of((char[200]){0}, 200), &s), OT_ENOMEM);
    ot__arena_free(&arena);
    /* Sizes at the end of what can be counted. */
    ot__arena_init(&arena, 64, SIZE_MAX);
    for (size_t less = 0; less < 100; less++)
        assert_null(ot__arena_alloc(&arena, SIZE_MAX - less, 1));
    assert_null(ot__arena_alloc(&arena, SIZE_MAX - 8, 16));
    ot__arena_free(&arena);
    ot__arena_init(&arena, 64, 1000);
    count.left = 0;
    assert_null(ot__arena_alloc(&arena, 1, 1));
    count.left = SIZE_MAX;
    assert_int_equal(arena.total, 0);
    assert_non_null(ot__arena_alloc(&arena, 1, 1));
    ot__arena_free(&arena);
}

/* After the first rounds a steady load allocates nothing, and one huge message is not paid for ever. */
static void arena_steady(void **state) {
    (void)state;
    ot__arena arena;
    ot__arena_init(&arena, 256, 1 << 20);
    size_t calls = 0, bytes = 0;
    for (size_t round = 0; round < 50; round++) {
        for (size_t i = 0; i < 40; i++)
            assert_non_null(ot__arena_alloc(&arena, 1 + (i * 29) % 100, 8));
        ot__arena_reset(&arena);
        if (round == 5) {
            calls = count.calls;
            bytes = count.bytes;
        }
    }
    assert_int_equal(count.calls, calls);
    for (size_t i = 0; i < 5; i++) {
        char *large = ot__arena_alloc(&arena, 5000, 8), *small = ot__arena_alloc(&arena, 100, 8);
        memset(large, 'l', 5000);
        memset(small, 's', 100);
        assert_int_equal(large[4999], 'l');
    }
    ot__arena_reset(&arena);
    assert_int_equal(count.bytes, bytes);
    calls = count.calls;
    for (size_t i = 0; i < 40; i++)
        assert_non_null(ot__arena_alloc(&arena, 1 + (i * 29) % 100, 8));
    assert_int_equal(count.calls, calls); /* the kept blocks are all still found */
    ot__arena_reset(&arena);
    /* A first allocation that is larger than a block, then small ones. */
    ot__arena_free(&arena);
    assert_non_null(ot__arena_alloc(&arena, 5000, 1));
    assert_non_null(ot__arena_alloc(&arena, 10, 1));
    assert_non_null(ot__arena_alloc(&arena, 5000, 1));
    calls = count.calls;
    assert_non_null(ot__arena_alloc(&arena, 10, 1));
    assert_int_equal(count.calls, calls);
    ot__arena_free(&arena);
}

static void whole_files(void **state) {
    (void)state;
    char path[] = "/tmp/ot-mem-XXXXXX", *data;
    size_t len;
    ot_error error;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(ot__os_read_file(path, 10, &data, &len, &error), OT_OK);
    assert_int_equal(len, 0);
    assert_int_equal(data[0], 0);
    ot_mem_free(data, len + 1);
    assert_int_equal(write(fd, "ab\0defghij", 10), 10);
    assert_int_equal(ot__os_read_file(path, 10, &data, &len, &error), OT_OK);
    assert_int_equal(len, 10);
    assert_memory_equal(data, "ab\0defghij", 11);
    ot_mem_free(data, len + 1);
    assert_int_equal(ot__os_read_file(path, 9, &data, &len, &error), OT_ELIMIT);
    assert_null(data);
    assert_int_equal(error.status, OT_ELIMIT);
    count.left = 0;
    error.status = OT_OK;
    assert_int_equal(ot__os_read_file(path, 10, &data, &len, &error), OT_ENOMEM);
    assert_int_equal(error.status, OT_ENOMEM);
    count.left = SIZE_MAX;
    if (geteuid() != 0) {
        assert_int_equal(fchmod(fd, 0), 0);
        assert_int_equal(ot__os_read_file(path, 10, &data, &len, &error), OT_EPERM);
    }
    close(fd);
    unlink(path);
    assert_int_equal(ot__os_read_file(path, 10, &data, &len, &error), OT_ENOTFOUND);
    assert_string_equal(error.field, path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(ot__os_read_file(path, 10, &data, &len, &error), OT_EIO); /* and it does not wait for a writer */
    unlink(path);
    assert_int_equal(ot__os_read_file("/tmp", 10, &data, &len, &error), OT_EIO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(allocator),    TEST(setting_the_allocator), TEST(buffer_ceiling), TEST(buffer_text),
        TEST(arena_basics), TEST(arena_ceiling),         TEST(arena_steady),   TEST(whole_files),
    };
    return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
