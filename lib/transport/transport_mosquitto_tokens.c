/* transport_mosquitto_tokens.c: which publication a packet identifier belongs to. */
#include "transport_mosquitto.h"

bool ot__mqtt_tokens_ready(ot__mqtt_tokens *tokens) {
    if (!tokens->spare) tokens->spare = ot_mem_zalloc(1, sizeof *tokens->spare);
    return tokens->spare != NULL;
}

void ot__mqtt_tokens_put(ot__mqtt_tokens *tokens, int mid, uint64_t token) {
    unsigned at = (unsigned)mid & 0xFFFFu;
    ot__mqtt_page **page = &tokens->pages[at / OT__MQTT_PAGE];
    if (!*page) {
        *page = tokens->spare;
        tokens->spare = NULL;
    }
    uint64_t *slot = &(*page)->tokens[at % OT__MQTT_PAGE];
    if (!*slot) {
        (*page)->count++;
        tokens->count++;
    }
    *slot = token;
}

uint64_t ot__mqtt_tokens_take(ot__mqtt_tokens *tokens, int mid) {
    unsigned at = (unsigned)mid & 0xFFFFu;
    ot__mqtt_page **page = &tokens->pages[at / OT__MQTT_PAGE];
    if (!*page) return 0;
    uint64_t *slot = &(*page)->tokens[at % OT__MQTT_PAGE];
    uint64_t token = *slot;
    if (!token) return 0;
    *slot = 0;
    tokens->count--;
    if (--(*page)->count == 0) {
        if (tokens->spare) {
            ot_mem_free(*page, sizeof **page);
        } else {
            tokens->spare = *page;
        }
        *page = NULL;
    }
    return token;
}

void ot__mqtt_tokens_clear(ot__mqtt_tokens *tokens) {
    for (size_t i = 0; i < sizeof tokens->pages / sizeof *tokens->pages; i++) {
        ot_mem_free(tokens->pages[i], sizeof *tokens->pages[i]);
        tokens->pages[i] = NULL;
    }
    ot_mem_free(tokens->spare, sizeof *tokens->spare);
    tokens->spare = NULL;
    tokens->count = 0;
}
