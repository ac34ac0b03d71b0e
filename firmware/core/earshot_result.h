/** The one result type of everything in here. */
#ifndef EARSHOT_RESULT_H
#define EARSHOT_RESULT_H

typedef enum earshot_result {
  EARSHOT_OK = 0,

  /* What decoders find wrong: tests/vectors/README.md. These never go over the wire. */
  EARSHOT_TOO_SHORT,
  EARSHOT_TOO_LONG,
  EARSHOT_BAD_MAGIC,
  EARSHOT_WRONG_GROUP,
  EARSHOT_UNDECIPHERABLE,
  EARSHOT_BAD_JSON,
  EARSHOT_BAD_FIELD,
  EARSHOT_BAD_TYPE,
  EARSHOT_BAD_LENGTH,
  EARSHOT_BAD_UTF8,
  EARSHOT_BAD_BASE32,
  EARSHOT_NOT_JSON,

  /* What handshakes fail with: tests/vectors/README.md. */
  EARSHOT_DECRYPT,
  EARSHOT_BAD_KEY,
  EARSHOT_NONCE_EXHAUSTED,
  EARSHOT_BAD_STATE,

  /* What is wrong with a join code: tests/vectors/README.md. */
  EARSHOT_SHAPE,
  EARSHOT_NAME,
  EARSHOT_CHECK,

  /* What a recipient says of a message that it does not take: PROTOCOL.md 2.13. */
  EARSHOT_REFUSED,
  EARSHOT_CORRUPT,
  EARSHOT_QUOTA,
  EARSHOT_BUSY,

  /* What calls of the application and of the port end with. */
  EARSHOT_ARGUMENT, /**< a value that cannot be used */
  EARSHOT_NO_PEER,  /**< nobody of that name or id is known */
  EARSHOT_FULL,     /**< no memory set aside for it is free */
  EARSHOT_EXPIRED,  /**< it waited too long */
  EARSHOT_AGAIN,    /**< nothing now; ask again later */
  EARSHOT_ENDED,    /**< the connection is over */
  EARSHOT_ABSENT,   /**< storage has nothing of that name */
  EARSHOT_IO,       /**< storage or the network failed */
  EARSHOT_CRYPTO,   /**< the crypto library failed */
} earshot_result;

/** The code as PROTOCOL.md and the test vectors spell it: `bad-json`; never NULL. */
const char *earshot_result_name(earshot_result result);

#endif
