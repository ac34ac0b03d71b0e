/** Damaged values in storage: a board starts with them, and works. */
#include "fuzz.h"
#include "sim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const KEYS[] = {"=p0", "=p1", "=m0", "=m1", "=a0", "=a1"};
  fuzz_start();
  sim_begin(1);
  for (unsigned i = 0; i < sizeof KEYS / sizeof KEYS[0] && size > 0; i++) {
    size_t length = data[0] < size - 1 ? data[0] : size - 1;
    if (length > 0) sim_put_file(0, KEYS[i], data + 1, length);
    data += 1 + length;
    size -= 1 + length;
  }
  sim_start(0, "a");
  sim_start(1, "b");
  sim_run(500);
  earshot_document document = {.name = "a", .body = "1", .length = 1};
  (void)earshot_say(&sim[0].board, "b", "hello");
  (void)earshot_send(&sim[0].board, "b", &document);
  (void)earshot_ask(&sim[1].board, "a", "1", 0);
  sim_run(20000);
  sim_end();
  HOLDS(!check_has_failed());
  return 0;
}
