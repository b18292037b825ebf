/* batch.c: the open batch of an engine: arrays and an arena that are used for ever, so that a steady stream allocates nothing. */
#include "engine.h"

void ot__batch_init(ot__batch *batch) {
    memset(batch, 0, sizeof *batch);
    ot__arena_init(&batch->arena, (size_t)256 << 10, SIZE_MAX / 2);
}

void ot__batch_free(ot__batch *batch) {
    ot__arena_free(&batch->arena);
    ot_mem_free(batch->records, batch->cap * sizeof *batch->records);
    ot_mem_free(batch->results, batch->cap * sizeof *batch->results);
    ot_mem_free(batch->entries, batch->entry_cap * sizeof *batch->entries);
    memset(batch, 0, sizeof *batch);
}

void ot__batch_reset(ot__batch *batch) {
    ot__arena_reset(&batch->arena);
    batch->count = batch->entry_count = 0;
    batch->bytes = batch->committed = batch->chunk = 0;
}

ot_record *ot__batch_record(ot__batch *batch) {
    if (batch->count == batch->cap) {
        size_t cap = batch->cap ? batch->cap * 2 : 64;
        if (cap > SIZE_MAX / 2 / sizeof(ot_record)) return NULL;
        /* Both arrays must have one size; the old results hold nothing that is needed. */
        ot_put_result *results = ot_mem_alloc(cap * sizeof *results);
        if (!results) return NULL;
        ot_record *records = ot_mem_resize(batch->records, batch->cap * sizeof *records, cap * sizeof *records);
        if (!records) {
            ot_mem_free(results, cap * sizeof *results);
            return NULL;
        }
        ot_mem_free(batch->results, batch->cap * sizeof *results);
        batch->records = records;
        batch->results = results;
        batch->cap = cap;
    }
    static const ot_record empty = OT_RECORD_INIT;
    ot_record *record = &batch->records[batch->count++];
    *record = empty;
    return record;
}

ot_status ot__batch_entry(ot__batch *batch, uint64_t cookie) {
    if (batch->entry_count == batch->entry_cap) {
        size_t cap = batch->entry_cap ? batch->entry_cap * 2 : 64;
        if (cap > SIZE_MAX / 2 / sizeof(ot__entry)) return OT_ENOMEM;
        ot__entry *entries = ot_mem_resize(batch->entries, batch->entry_cap * sizeof *entries, cap * sizeof *entries);
        if (!entries) return OT_ENOMEM;
        batch->entries = entries;
        batch->entry_cap = cap;
    }
    batch->entries[batch->entry_count].cookie = cookie;
    batch->entries[batch->entry_count].end = batch->count;
    batch->entry_count++;
    return OT_OK;
}
