/**
 * Sizes that an application may choose, with -D or in its build system. All memory is reserved at compile time;
 * nothing is allocated later.
 */
#ifndef EARSHOT_CONFIG_H
#define EARSHOT_CONFIG_H

/** Sessions at a time. Each takes EARSHOT_RX + EARSHOT_TX bytes and about 1 000 more. */
#ifndef EARSHOT_SESSIONS
#define EARSHOT_SESSIONS 4
#endif

/** Unfinished handshakes at a time; each takes about 1 KiB. */
#ifndef EARSHOT_HANDSHAKES
#define EARSHOT_HANDSHAKES 3
#endif

/** Largest record that is accepted, bytes: 1 024 to 65 535. Sent to every peer as `rx`. */
#ifndef EARSHOT_RX
#define EARSHOT_RX 4096
#endif

/** Largest record that is sent, bytes: 1 024 to 65 535. A document that does not fit goes in parts. */
#ifndef EARSHOT_TX
#define EARSHOT_TX 4096
#endif

/** Peers in the roster. */
#ifndef EARSHOT_ROSTER
#define EARSHOT_ROSTER 16
#endif

/**
 * Peers whose latest messages are remembered, in memory and in storage, 170 bytes each; at least EARSHOT_SESSIONS + 1.
 */
#ifndef EARSHOT_CONTACTS
#define EARSHOT_CONTACTS 24
#endif

/** Messages that wait for their acknowledgement, and the bytes of their names and bodies together. */
#ifndef EARSHOT_OUTBOX_MESSAGES
#define EARSHOT_OUTBOX_MESSAGES 16
#endif
#ifndef EARSHOT_OUTBOX_BYTES
#define EARSHOT_OUTBOX_BYTES 4096
#endif

/** Bytes of the reasons (earshot_refuse) that wait in each session to be sent, each with a NUL: 1 to 201. */
#ifndef EARSHOT_WHY
#define EARSHOT_WHY 200
#endif

/**
 * 1: the board asks and answers questions; 0 leaves out earshot_ask, earshot_on_ask, earshot_answer, earshot_on_answer,
 * and 3.2 KiB of code.
 */
#ifndef EARSHOT_ASK
#define EARSHOT_ASK 1
#endif

/** Answers that are kept in storage after they were sent: those to the last questions. 12 bytes of memory each. */
#ifndef EARSHOT_ANSWERS
#define EARSHOT_ANSWERS 8
#endif

/** Questions that wait for the answer of the application, 72 bytes each. */
#ifndef EARSHOT_QUESTIONS
#define EARSHOT_QUESTIONS 4
#endif

/**
 * 1: documents that do not fit a record come and go in parts; 0 leaves that and 2.2 KiB of code out: then they are refused,
 * or end with EARSHOT_TOO_LONG, and `file` of earshot_document is an EARSHOT_ARGUMENT.
 */
#ifndef EARSHOT_PARTS
#define EARSHOT_PARTS 1
#endif

/**
 * 1: the board dials peers that the user named (earshot_add_peer), and such that others told of; 0 leaves that and 3.2 KiB
 * of code out.
 */
#ifndef EARSHOT_HEARSAY
#define EARSHOT_HEARSAY 1
#endif

/** Peers that the user can name, 110 bytes each. */
#ifndef EARSHOT_NAMED
#define EARSHOT_NAMED 4
#endif

/** Peers by hearsay, 90 bytes each; half of them of one teller. */
#ifndef EARSHOT_RUMOURS
#define EARSHOT_RUMOURS 8
#endif

/** 1: the board notices another one with its identity; 0 leaves that and 0.3 KiB of code out. */
#ifndef EARSHOT_TWINS
#define EARSHOT_TWINS 1
#endif

/** Documents that come in parts at a time; each takes about 700 bytes. */
#ifndef EARSHOT_DOWNLOADS
#define EARSHOT_DOWNLOADS 2
#endif

/** Largest document that is accepted, bytes; storage may have room for less. */
#ifndef EARSHOT_DOCUMENT_MAX
#define EARSHOT_DOCUMENT_MAX (16UL * 1024 * 1024)
#endif

#endif
