/**
 * The least that a test needs: named tests, and checks that say where they failed. A test program ends with a
 * line `N passed, N failed` and exit code 1 where one failed or none ran.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>

/** Runs a test; its name states what is promised. */
void check_run(const char *name, void (*test)(void));
/** Ends a test program: prints the sum, gives the exit code. */
int check_end(void);
/** Notes a failure of the test that runs; `printf` form. */
void check_failed(const char *file, int line, const char *form, ...) __attribute__((format(printf, 3, 4)));
/** What the failures that follow are about, `printf` form: an entry of a list. Empty again with each test. */
void check_about(const char *form, ...) __attribute__((format(printf, 1, 2)));
/** Whether the test that runs has failed. */
bool check_has_failed(void);

#define CHECK(condition) \
  do { \
    if (!(condition)) check_failed(__FILE__, __LINE__, "%s", #condition); \
  } while (0)

/** Where nothing after it makes sense once it failed. */
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
