#include "check.h"
#include "idf_tests.h"

int main(void) {
  storage_tests();
  inbox_tests();
  settings_tests();
  update_tests();
  wifi_tests();
  return check_end();
}
