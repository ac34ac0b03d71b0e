#include "ip_address.h"

#include "bytes.h"
#include "protocol_limits.h"

#define IPV6_BYTES 16u
#define NO_GAP 255

/** Reads decimal digits without leading zeros, at most so many; moves `at` to their end. */
static bool read_decimal(const char *text, size_t length, size_t *at, unsigned digits, uint32_t *value) {
  size_t start = *at;
  *value = 0;
  while (*at < length && *at - start < digits && text[*at] >= '0' && text[*at] <= '9')
    *value = *value * 10 + (uint32_t)(text[(*at)++] - '0');
  return *at > start && (text[start] != '0' || *at == start + 1);
}

static bool read_ipv4(const char *text, size_t length, uint8_t ip[4]) {
  size_t at = 0;
  for (unsigned i = 0; i < 4; i++) {
    uint32_t value;
    if (i > 0 && (at == length || text[at++] != '.')) return false;
    if (!read_decimal(text, length, &at, 3, &value) || value > UINT8_MAX) return false;
    ip[i] = (uint8_t)value;
  }
  return at == length;
}

static unsigned hex_digit(char c) {
  c = es_lower(c);
  if (c >= '0' && c <= '9') return (unsigned)(c - '0');
  return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : IPV6_BYTES;
}

/** Reads up to four hexadecimal digits, and moves `at` to their end. */
static unsigned read_hex(const char *text, size_t length, size_t *at) {
  unsigned value = 0;
  size_t start = *at;
  for (; *at < length && *at - start < 4 && hex_digit(text[*at]) < IPV6_BYTES; ++*at)
    value = value << 4 | hex_digit(text[*at]);
  return value;
}

static bool read_ipv6(const char *text, size_t length, uint8_t ip[IPV6_BYTES]) {
  unsigned count = 0;
  unsigned gap = NO_GAP;
  size_t at = 0;
  if (length >= 2 && text[0] == ':' && text[1] == ':') gap = 0, at = 2;
  while (at < length) {
    size_t start = at;
    unsigned value = read_hex(text, length, &at);
    if (at < length && text[at] == '.') {
      if (count > IPV6_BYTES - 4 || !read_ipv4(text + start, length - start, ip + count)) return false;
      count += 4;
      break;
    }
    if (at == start || count == IPV6_BYTES) return false;
    ip[count++] = (uint8_t)(value >> 8);
    ip[count++] = (uint8_t)value;
    if (at == length) break;
    if (text[at++] != ':' || at == length) return false;
    if (text[at] != ':') continue;
    if (gap != NO_GAP) return false;
    gap = count;
    at++;
  }
  if (gap == NO_GAP) return count == IPV6_BYTES;
  if (count == IPV6_BYTES) return false;
  memmove(ip + IPV6_BYTES - (count - gap), ip + gap, count - gap);
  memset(ip + gap, 0, IPV6_BYTES - count);
  return true;
}

bool es_ip_read(const char *text, size_t length, earshot_address *address) {
  es_clear(address, sizeof *address);
  address->family = 4;
  if (read_ipv4(text, length, address->ip)) return true;
  address->family = 6;
  return read_ipv6(text, length, address->ip);
}

bool es_ip_read_with_port(const char *text, earshot_address *address) {
  size_t length = es_length(text);
  const char *end = *text == '[' ? strchr(text, ']') : strchr(text, ':');
  /* Several colons without brackets: an IPv6 address without a port. */
  if (*text != '[' && end != NULL && strchr(end + 1, ':') != NULL) end = NULL;
  const char *port = end == NULL ? text + length : end + (*text == '[');
  if (*text == '[' && (end++ == NULL || !es_ip_read(text + 1, (size_t)(end - text) - 2, address)))
    return false;
  if (*text != '[' && !es_ip_read(text, (size_t)(port - text), address)) return false;
  uint32_t number = ES_PORT;
  size_t at = 0;
  if (*port != '\0' &&
      (*port++ != ':' || !read_decimal(port, es_length(port), &at, 5, &number) || port[at] != '\0'))
    return false;
  address->port = (uint16_t)number;
  return number >= 1 && number <= UINT16_MAX;
}

bool es_ip_is_of_a_link(const earshot_address *address) {
  return address->family == 6 && address->ip[0] == 0xfe && (address->ip[1] & 0xc0) == 0x80;
}

bool es_ip_is_private(const earshot_address *address) {
  const uint8_t *ip = address->ip;
  if (address->family == 6) return (ip[0] & 0xfe) == 0xfc;
  return ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) || (ip[0] == 192 && ip[1] == 168);
}
