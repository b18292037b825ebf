/* fates.c: the publications whose fate is not known, in a ring; and the pauses between attempts. */
#include "transport.h"

static void shrink(ot__fates *fates) {
    while (fates->first < fates->next && !fates->open[fates->first % fates->size])
        fates->first++;
}

ot_status ot__fates_add(ot__fates *fates, uint64_t *token) {
    if (fates->first == 0) fates->first = fates->next = 1;
    if (fates->next - fates->first == fates->size) {
        size_t size = fates->size ? fates->size * 2 : 64;
        bool *open = ot_mem_zalloc(size, sizeof *open);
        if (!open) return OT_ENOMEM;
        for (uint64_t t = fates->first; t < fates->next; t++)
            open[t % size] = fates->open[t % fates->size];
        ot_mem_free(fates->open, fates->size);
        fates->open = open;
        fates->size = size;
    }
    fates->open[fates->next % fates->size] = true;
    fates->count++;
    *token = fates->next++;
    return OT_OK;
}

void ot__fates_undo(ot__fates *fates, uint64_t token) {
    /* The token is used again, so that those the caller saw stay without a gap. */
    if (ot__fates_close(fates, token) && token + 1 == fates->next) {
        fates->next--;
        if (fates->first > fates->next) fates->first = fates->next;
    }
}

bool ot__fates_close(ot__fates *fates, uint64_t token) {
    if (token < fates->first || token >= fates->next || !fates->open[token % fates->size]) return false;
    fates->open[token % fates->size] = false;
    fates->count--;
    shrink(fates);
    return true;
}

bool ot__fates_oldest(const ot__fates *fates, uint64_t *token) {
    if (!fates->count) return false;
    *token = fates->first; /* shrink() keeps the first one open */
    return true;
}

void ot__fates_free(ot__fates *fates) {
    ot_mem_free(fates->open, fates->size);
    memset(fates, 0, sizeof *fates);
}

/* splitmix64: enough to spread the attempts of many programs. */
static uint64_t mix(uint64_t x) {
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

uint32_t ot_backoff(uint64_t attempt, uint64_t seed) {
    if (attempt == 0) return 0;
    uint32_t pause = attempt > 6 ? 60000 : (uint32_t)1000 << (attempt - 1);
    return pause - (uint32_t)(mix(seed ^ mix(attempt)) % (pause / 4 + 1));
}
