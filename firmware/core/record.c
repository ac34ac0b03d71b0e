#include "record.h"

size_t es_record_missing(const es_record *record) {
  if (record->held < ES_RECORD_HEADER) return ES_RECORD_HEADER - record->held;
  return ES_RECORD_HEADER + es_record_length(record) - record->held;
}

earshot_result es_record_arrived(es_record *record, size_t bytes) {
  record->held += bytes;
  if (record->held < ES_RECORD_HEADER) return EARSHOT_AGAIN;
  size_t length = es_record_length(record);
  if (length > record->max) return EARSHOT_TOO_LONG;
  if (length == 0) return EARSHOT_TOO_SHORT;
  return record->held == ES_RECORD_HEADER + length ? EARSHOT_OK : EARSHOT_AGAIN;
}

size_t es_record_length(const es_record *record) {
  return es_get_u16(record->bytes);
}

size_t es_record_seal(es_cipher *cipher, uint8_t *bytes, size_t plain_length) {
  if (es_cipher_seal(cipher, NULL, 0, bytes + ES_RECORD_HEADER, plain_length) != EARSHOT_OK) return 0;
  es_put_u16(bytes, (uint16_t)(plain_length + ES_TAG));
  return ES_RECORD_HEADER + plain_length + ES_TAG;
}
