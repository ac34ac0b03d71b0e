/** The result type of all functions of the core and of its ports. */
#ifndef EARSHOT_RESULT_H
#define EARSHOT_RESULT_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum earshot_result {
  EARSHOT_OK = 0,

  /* Errors of decoders: tests/vectors/README.md. These never go over the wire. */
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

  /* Errors of handshakes: tests/vectors/README.md. */
  EARSHOT_DECRYPT,
  EARSHOT_BAD_KEY,
  EARSHOT_NONCE_EXHAUSTED,
  EARSHOT_BAD_STATE,

  /* Errors in a join code: tests/vectors/README.md. */
  EARSHOT_SHAPE,
  EARSHOT_NAME,
  EARSHOT_CHECK,

  /* Refusals of a message by its recipient: PROTOCOL.md 2.13. */
  EARSHOT_REFUSED,
  EARSHOT_CORRUPT,
  EARSHOT_QUOTA,
  EARSHOT_BUSY,

  /* Results of calls of the application and of the port. */
  EARSHOT_ARGUMENT, /**< an invalid value */
  EARSHOT_NO_PEER,  /**< no peer of that name or id is known */
  EARSHOT_FULL,     /**< no place is free now */
  EARSHOT_EXPIRED,  /**< it waited too long */
  EARSHOT_AGAIN,    /**< nothing now; ask again later */
  EARSHOT_ENDED,    /**< the connection is over */
  EARSHOT_ABSENT,   /**< storage has nothing of that name */
  EARSHOT_IO,       /**< storage or the network failed */
  EARSHOT_CRYPTO,   /**< the crypto library failed */
  EARSHOT_CLOSED,   /**< the board is not started, or closes */

  /* Ends of a question: PROTOCOL.md 3.16. */
  EARSHOT_FAILED,    /**< the peer's application could not or would not answer */
  EARSHOT_NO_ANSWER, /**< nothing at the peer answers questions */
  EARSHOT_CANNOT,    /**< the peer does not understand questions */
} earshot_result;

/** The code as PROTOCOL.md and the test vectors spell it: `bad-json`; never NULL. */
const char *earshot_result_name(earshot_result result);

#ifdef __cplusplus
}
#endif

#endif
