/** Checks all vectors; the argument is their folder, tests/vectors/. With a second one, only what needs no curve. */
#include "crypto.h"
#include "tests.h"
#include "vectors.h"

int main(int count, char **arguments) {
  if (count > 1) vectors_folder = arguments[1];
  if (es_crypto_start() != EARSHOT_OK) return 1;
  announcements_tests();
  frames_tests();
  flat_json_tests();
  streams_tests();
  json_tests();
  results_tests();
  if (count > 2) return check_end();
  handshakes_tests();
  identity_tests();
  return check_end();
}
