#include "check.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/** Most failures of one test that are printed. */
#define TOLD_MAX 10

static unsigned passed, failed;
static bool this_failed;
static unsigned failures_told;
static const char *this_test;
static char about[256];

void check_run(const char *name, void (*test)(void)) {
  this_failed = false;
  failures_told = 0;
  this_test = name;
  about[0] = '\0';
  test();
  if (this_failed) failed++;
  else passed++;
  printf("%s %s\n", this_failed ? "FAILED" : "ok", name);
  fflush(stdout);
}

int check_end(void) {
  printf("%u passed, %u failed\n", passed, failed);
  return failed > 0 || passed == 0 ? 1 : 0;
}

void check_failed(const char *file, int line, const char *form, ...) {
  this_failed = true;
  if (++failures_told > TOLD_MAX) return;
  fprintf(stderr, "%s:%d: ", file, line);
  va_list arguments;
  va_start(arguments, form);
  vfprintf(stderr, form, arguments);
  va_end(arguments);
  fprintf(stderr, "%s%s%s\n    in: %s\n", about[0] != '\0' ? " (" : "", about, about[0] != '\0' ? ")" : "",
          this_test);
}

void check_about(const char *form, ...) {
  va_list arguments;
  va_start(arguments, form);
  vsnprintf(about, sizeof about, form, arguments);
  va_end(arguments);
}

bool check_has_failed(void) {
  return this_failed;
}

void check_text(const char *file, int line, const char *what, const char *actual, const char *expected) {
  if (actual == NULL || expected == NULL || strcmp(actual, expected) != 0) {
    check_failed(file, line, "%s is \"%s\", not \"%s\"", what, actual ? actual : "NULL",
                 expected ? expected : "NULL");
  }
}

void check_bytes(const char *file, int line, const char *what, const void *actual, size_t actual_length,
                 const void *expected, size_t expected_length) {
  const uint8_t *a = actual;
  const uint8_t *e = expected;
  size_t at = 0;
  while (at < actual_length && at < expected_length && a[at] == e[at]) at++;
  if (at == actual_length && at == expected_length) return;
  check_failed(file, line, "%s has %zu bytes, expected are %zu; the first difference is at %zu", what,
               actual_length, expected_length, at);
}
