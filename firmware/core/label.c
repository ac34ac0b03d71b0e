#include "label.h"

#include "bytes.h"
#include "protocol_limits.h"
#include "utf8.h"

/** Characters that take two bytes here; the few beyond them are looked at on their own. */
typedef struct range {
  uint16_t from;
  uint16_t to;
} range;

static const range FORBIDDEN[] = {
    {0x0000, 0x001f}, {0x007f, 0x00a0}, {0x00ad, 0x00ad}, {0x034f, 0x034f}, {0x061c, 0x061c},
    {0x115f, 0x1160}, {0x1680, 0x1680}, {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x2000, 0x200f},
    {0x2028, 0x202f}, {0x205f, 0x206f}, {0x2800, 0x2800}, {0x3000, 0x3000}, {0x3164, 0x3164},
    {0xd800, 0xdfff}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfffb},
    {0xfffe, 0xffff},
};

static const range STACKING[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e},
    {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define STACKING_MAX 2

static bool within(uint32_t point, const range *ranges, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (point >= ranges[i].from && point <= ranges[i].to) return true;
  }
  return false;
}

static bool is_forbidden(uint32_t point) {
  return within(point, FORBIDDEN, COUNT(FORBIDDEN)) || (point >= 0x1bca0 && point <= 0x1bca3) ||
         (point >= 0x1d173 && point <= 0x1d17a) || point >= 0xe0000;
}

/** True if an id can contain the character, in either case. */
static bool is_of_id(uint32_t point) {
  return (point >= '2' && point <= '7') || ((point | 0x20) >= 'a' && (point | 0x20) <= 'z');
}

/** True for words with another meaning on a command line: `all`, `@…`, options, `plain-…`. */
static bool is_reserved(const char *text, size_t length) {
  return *text == '@' || *text == '-' || es_begins(text, length, "plain-") ||
         (length == 3 && es_begins(text, length, "all"));
}

bool es_is_label(const uint8_t *bytes, size_t length) {
  if (length == 0 || length > ES_LABEL_BYTES) return false;
  if (bytes[0] == ' ' || bytes[length - 1] == ' ') return false;
  unsigned characters = 0;
  unsigned of_id = 0;
  /* A combining mark at the beginning has no base character: counted as if the limit were reached. */
  unsigned marks = STACKING_MAX;
  for (size_t at = 0; at < length; characters++) {
    uint32_t point;
    size_t takes = es_utf8_read(bytes + at, length - at, &point);
    if (takes == 0) return false;
    marks = within(point, STACKING, COUNT(STACKING)) ? marks + 1 : 0;
    if (marks > STACKING_MAX || is_forbidden(point)) return false;
    of_id += is_of_id(point);
    at += takes;
  }
  if (of_id == characters && characters == ES_ID_CHARACTERS) return false;
  return characters <= ES_LABEL_MAX && !is_reserved((const char *)bytes, length);
}
