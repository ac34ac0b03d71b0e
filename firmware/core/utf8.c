#include "utf8.h"

size_t es_utf8_read(const uint8_t *bytes, size_t length, uint32_t *point) {
  if (length == 0) return 0;
  uint8_t first = bytes[0];
  if (first < 0x80) {
    *point = first;
    return 1;
  }
  size_t needs = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || length < needs) return 0;
  uint32_t value = first & (0x7fu >> needs);
  for (size_t i = 1; i < needs; i++) {
    if ((bytes[i] & 0xc0) != 0x80) return 0;
    value = value << 6 | (bytes[i] & 0x3f);
  }
  if ((needs == 3 && value < 0x800) || (needs == 4 && value < 0x10000)) return 0;
  if ((value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff) return 0;
  *point = value;
  return needs;
}

size_t es_utf8_write(uint32_t point, uint8_t *bytes) {
  if (point < 0x80) {
    bytes[0] = (uint8_t)point;
    return 1;
  }
  size_t takes = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  for (size_t i = takes - 1; i > 0; i--, point >>= 6) bytes[i] = (uint8_t)(0x80 | (point & 0x3f));
  bytes[0] = (uint8_t)(0xf00u >> takes | point);
  return takes;
}

bool es_utf8_valid(const uint8_t *bytes, size_t length) {
  for (size_t at = 0; at < length;) {
    uint32_t point;
    size_t takes = es_utf8_read(bytes + at, length - at, &point);
    if (takes == 0) return false;
    at += takes;
  }
  return true;
}
