/** The inbox of a board, for the tests of commands that read it: inbox_test.c. */
#ifndef INBOX_SUPPORT_H
#define INBOX_SUPPORT_H

#include <stdbool.h>
#include <stdio.h>

/** Begins with an empty inbox. */
void inbox_start(void);
void inbox_receive_text(const char *name, const char *text);
/** Runs a command with the name of a document. */
bool inbox_run(bool (*command)(FILE *out, const char *file), const char *file);
/** Output of the last command. */
const char *inbox_told(void);

#endif
