/** The tests of each file, run by main.c. */
#ifndef IDF_TESTS_H
#define IDF_TESTS_H

void storage_tests(void);
void inbox_tests(void);
void settings_tests(void);
void update_tests(void);
void wifi_tests(void);

#endif
