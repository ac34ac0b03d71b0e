#include "window.h"

bool es_window_has(const es_window *window, uint32_t seq) {
  if (seq <= window->upto) return true;
  uint32_t bit = seq - window->upto - 1;
  return bit < ES_WINDOW && (window->beyond >> bit & 1) != 0;
}

bool es_window_accepts(const es_window *window, uint32_t seq) {
  return !es_window_has(window, seq) && seq - window->upto - 1 < ES_WINDOW;
}

bool es_window_add(es_window *window, uint32_t seq) {
  if (!es_window_accepts(window, seq)) return false;
  window->beyond |= (uint16_t)(1u << (seq - window->upto - 1));
  for (; (window->beyond & 1) != 0; window->upto++) window->beyond >>= 1;
  return true;
}

unsigned es_window_bitmap(const es_window *window, uint8_t bitmap[ES_WINDOW / 8]) {
  unsigned length = 0;
  bitmap[0] = bitmap[1] = 0;
  for (unsigned bit = 0; bit < ES_WINDOW; bit++) {
    if ((window->beyond >> bit & 1) == 0) continue;
    bitmap[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    length = bit / 8 + 1;
  }
  return length;
}
