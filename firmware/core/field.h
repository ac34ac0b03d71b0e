/**
 * Members of a flat object by name and kind of value: the table "Values" of PROTOCOL.md. Each reader gives
 * EARSHOT_BAD_FIELD where the member is missing or not as it must be; those of optional members leave the target as it
 * is where it is missing.
 */
#ifndef EARSHOT_FIELD_H
#define EARSHOT_FIELD_H

#include "flat_json.h"

/** Whether a text, escapes resolved, is of some kind. */
typedef bool (*es_text_check)(const char *text, size_t length);

bool es_is_id(const char *text, size_t length);
bool es_is_ulid(const char *text, size_t length);
bool es_is_kind(const char *text, size_t length);
bool es_is_word(const char *text, size_t length);
bool es_is_app(const char *text, size_t length);
bool es_is_nonce(const char *text, size_t length);
bool es_is_label_text(const char *text, size_t length);

/** A whole number from `low` to `high`. */
earshot_result es_field_integer(const es_flat *flat, const char *name, uint64_t low, uint64_t high, uint64_t *value);
/** The same for a member of 32 bits. */
earshot_result es_field_u32(const es_flat *flat, const char *name, uint32_t low, uint32_t *value);
earshot_result es_field_optional_integer(const es_flat *flat, const char *name, uint64_t low, uint64_t high,
                                         uint64_t *value, bool *given);

/** A text that passes `check`, into an array with room for its NUL; what does not fit is wrong. */
earshot_result es_field_text(const es_flat *flat, const char *name, es_text_check check, char *text,
                             size_t capacity);
earshot_result es_field_optional_text(const es_flat *flat, const char *name, es_text_check check, char *text,
                                      size_t capacity);

/** Any text, as it was written. */
earshot_result es_field_raw(const es_flat *flat, const char *name, bool filled, es_text *text);

/** A SHA-256 in hex, where it is given. */
earshot_result es_field_optional_hash(const es_flat *flat, const char *name, uint8_t hash[ES_HASH], bool *given);

/** True, or false or missing, which say the same. */
earshot_result es_field_flag(const es_flat *flat, const char *name, bool *value);

#endif
