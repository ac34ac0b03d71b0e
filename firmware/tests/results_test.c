/** Names of results. */
#include <string.h>

#include "earshot_result.h"
#include "tests.h"
#include "vectors.h"

static void names(void) {
  CHECK_TEXT(earshot_result_name(EARSHOT_OK), "ok");
  CHECK_TEXT(earshot_result_name(EARSHOT_NOT_JSON), "not-json");
  CHECK_TEXT(earshot_result_name(EARSHOT_BAD_STATE), "bad-state");
  CHECK_TEXT(earshot_result_name(EARSHOT_BUSY), "busy");
  CHECK_TEXT(earshot_result_name(EARSHOT_CRYPTO), "crypto");
  CHECK_TEXT(earshot_result_name(EARSHOT_CANNOT), "cannot");
  CHECK_TEXT(earshot_result_name((earshot_result)(EARSHOT_CANNOT + 1)), "unknown");
  CHECK_TEXT(earshot_result_name((earshot_result)255), "unknown");
}

void results_tests(void) {
  check_run("each result has the name that the protocol gives it, and what is none is unknown", names);
}
