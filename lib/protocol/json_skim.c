// Walks through JSON as the table of json_validator.ts does, several bytes at a time where nothing can go wrong.
// Compiled to WebAssembly by `deno task wasm`, which writes json_skim_code.ts.

#include <stdint.h>
#include <wasm_simd128.h>

enum {
  // States of json_validator.ts that have a fast way; the others, and everything unusual, take the table.
  VALUE = 1,
  VALUE_OR_END = 2,
  KEY_OR_END = 3,
  KEY = 4,
  COLON = 5,
  STRING = 6,
  POINT = 20,
  NAME = 33,
  AFTER = 46,
  DIGITS = 48,
  FRACTION = 49,
  STATES = 51,
  OPEN_ARRAY = 64,
  OPEN_OBJECT = 65,
  CLOSE_ARRAY = 66,
  CLOSE_OBJECT = 67,
  DEPTH_MAX = 512,
  INPUT_MAX = 65536,
};

// What JavaScript and C share, at the address `place()`. json_skim.ts knows the layout.
static struct {
  uint32_t state, depth, is_too_deep, padding;
  uint8_t open[DEPTH_MAX];
  uint8_t table[STATES * 256];
  uint8_t input[INPUT_MAX + 16];
} shared;

void *place(void) {
  return &shared;
}

static inline v128_t bytes_at(const uint8_t *at) {
  return wasm_v128_load(at);
}

// Number of bytes, at most 16, before the first whose lane is not set.
static inline uint32_t run_of(v128_t lanes) {
  return (uint32_t)__builtin_ctz(~wasm_i8x16_bitmask(lanes));
}

static inline const uint8_t *skip_plain(const uint8_t *at) {
  for (;;) {
    v128_t bytes = bytes_at(at);
    // As signed numbers, bytes from 0x80 on are below 0x20 as well.
    v128_t plain = wasm_v128_andnot(
        wasm_i8x16_gt(bytes, wasm_i8x16_splat(0x1f)),
        wasm_v128_or(wasm_i8x16_eq(bytes, wasm_i8x16_splat('"')), wasm_i8x16_eq(bytes, wasm_i8x16_splat('\\'))));
    uint32_t run = run_of(plain);
    at += run;
    if (run < 16) return at;
  }
}

static inline const uint8_t *skip_digits(const uint8_t *at) {
  for (;;) {
    uint32_t run = run_of(wasm_u8x16_lt(wasm_i8x16_sub(bytes_at(at), wasm_i8x16_splat('0')), wasm_i8x16_splat(10)));
    at += run;
    if (run < 16) return at;
  }
}

static inline const uint8_t *skip_space(const uint8_t *at) {
  for (;;) {
    v128_t bytes = bytes_at(at);
    v128_t space = wasm_v128_or(
        wasm_v128_or(wasm_i8x16_eq(bytes, wasm_i8x16_splat(' ')), wasm_i8x16_eq(bytes, wasm_i8x16_splat('\n'))),
        wasm_v128_or(wasm_i8x16_eq(bytes, wasm_i8x16_splat('\t')), wasm_i8x16_eq(bytes, wasm_i8x16_splat('\r'))));
    uint32_t run = run_of(space);
    at += run;
    if (run < 16) return at;
  }
}

// Goes on through `length` bytes of input. Returns how many were good: fewer than all of them if the next one is wrong;
// then the state is 0.
uint32_t skim(uint32_t length) {
  const uint8_t *at = shared.input, *const end = at + length;
  uint8_t *const open = shared.open;
  uint32_t state = shared.state, depth = shared.depth;
  // No fast way passes a zero byte, so none needs to look for the end.
  wasm_v128_store((void *)end, wasm_i8x16_splat(0));
  goto by_table;

value:
  if (*at == '"') {
    at++;
    goto string;
  }
  if ((uint8_t)(*at - '1') < 9) {
    at++;
    goto digits;
  }
  if (*at == '{' && depth < DEPTH_MAX) {
    open[depth++] = 1;
    at++;
    if (*at == '"') goto key;
    state = KEY_OR_END;
    goto by_table;
  }
  state = VALUE;
  goto by_table;

key:
  if (*at == '"') {
    at++;
    goto name;
  }
  state = KEY;
  if (*at <= ' ') goto space;
  goto by_table;

name:
  at = skip_plain(at);
  if (*at != '"') {
    state = NAME;
    goto by_table;
  }
  at++;
  if (*at != ':') {
    state = COLON;
    goto by_table;
  }
  at++;
  goto value;

string:
  at = skip_plain(at);
  if (*at != '"') {
    state = STRING;
    goto by_table;
  }
  at++;
  goto after;

digits:
  at = skip_digits(at);
  if (*at == '.') {
    at++;
    state = POINT;
    if ((uint8_t)(*at - '0') >= 10) goto by_table;
    goto fraction;
  }
  state = DIGITS;
  goto number_ended;

fraction:
  at = skip_digits(at);
  state = FRACTION;

number_ended:
  if (*at == ',' || *at == '}' || *at == ']') goto after;
  goto by_table;

after:
  if (depth > 0) {
    uint8_t in_object = open[depth - 1];
    if (*at == ',') {
      at++;
      if (in_object) goto key;
      goto value;
    }
    if (*at == (in_object ? '}' : ']')) {
      at++;
      depth--;
      goto after;
    }
  }
  state = AFTER;

  // One step of the table, or several.
by_table:
  while (at < end) {
    uint32_t next = shared.table[state << 8 | *at];
    if (next < STATES) {
      state = next;
      if (state == 0) goto out;
    } else if (next == OPEN_ARRAY || next == OPEN_OBJECT) {
      if (depth == DEPTH_MAX) {
        shared.is_too_deep = 1;
        state = 0;
        goto out;
      }
      open[depth++] = next == OPEN_OBJECT;
      state = next == OPEN_OBJECT ? KEY_OR_END : VALUE_OR_END;
    } else if (next == CLOSE_ARRAY || next == CLOSE_OBJECT) {
      if (depth == 0 || open[depth - 1] != (next == CLOSE_OBJECT)) {
        state = 0;
        goto out;
      }
      depth--;
      state = AFTER;
    } else { // a comma
      if (depth == 0) {
        state = 0;
        goto out;
      }
      state = open[depth - 1] ? KEY : VALUE;
    }
    at++;
    switch (state) {
      case VALUE:
      case KEY:
      case COLON:
      case AFTER:
      case VALUE_OR_END:
      case KEY_OR_END:
        goto space;
      case NAME:
        // A character of several bytes is rarely alone.
        if (*at < 0x80) goto name;
        break;
      case STRING:
        if (*at < 0x80) goto string;
        break;
      case DIGITS:
        goto digits;
      case FRACTION:
        goto fraction;
    }
  }
  goto out;

  // Between two tokens, where white space changes nothing.
space:
  if (*at <= ' ') at = skip_space(at);
  switch (state) {
    case KEY:
      if (*at == '"') goto key;
      goto by_table;
    case VALUE:
      goto value;
    case AFTER:
      goto after;
    default:
      goto by_table;
  }

out:
  shared.state = state;
  shared.depth = depth;
  return (uint32_t)(at - shared.input);
}
