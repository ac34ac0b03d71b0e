/**
 * A minimal test framework: named tests, and checks that report file and line. A test program ends with a line `N
 * passed, N failed`, and exit code 1 if a test failed or none ran.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>

/** Runs a test; its name states the promise. */
void check_run(const char *name, void (*test)(void));
/** Ends a test program: prints the sum, returns the exit code. */
int check_end(void);
/** Notes a failure of the current test; `printf` format. */
void check_failed(const char *file, int line, const char *form, ...) __attribute__((format(printf, 3, 4)));
/** Sets the subject of the failures that follow, such as a list entry; `printf` format. Each test begins without. */
void check_about(const char *form, ...) __attribute__((format(printf, 1, 2)));
/** True if the current test has failed. */
bool check_has_failed(void);

#define CHECK(condition) \
  do { \
    if (!(condition)) check_failed(__FILE__, __LINE__, "%s", #condition); \
  } while (0)

/** A check after whose failure the function returns. */
#define REQUIRE(condition) \
  do { \
    if (!(condition)) { \
      check_failed(__FILE__, __LINE__, "%s", #condition); \
      return; \
    } \
  } while (0)

#define CHECK_NUMBER(actual, expected) \
  do { \
    long long a_ = (long long)(actual), e_ = (long long)(expected); \
    if (a_ != e_) check_failed(__FILE__, __LINE__, "%s is %lld, not %lld", #actual, a_, e_); \
  } while (0)

#define CHECK_TEXT(actual, expected) check_text(__FILE__, __LINE__, #actual, actual, expected)
void check_text(const char *file, int line, const char *what, const char *actual, const char *expected);

#define CHECK_BYTES(actual, actual_length, expected, expected_length) \
  check_bytes(__FILE__, __LINE__, #actual, actual, actual_length, expected, expected_length)
void check_bytes(const char *file, int line, const char *what, const void *actual, size_t actual_length,
                 const void *expected, size_t expected_length);

/** Compares an earshot_result with the name of the one expected. */
#define CHECK_RESULT(actual, expected) CHECK_TEXT(earshot_result_name(actual), expected)

#endif
