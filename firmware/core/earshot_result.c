#include "earshot_result.h"

const char *earshot_result_name(earshot_result result) {
  switch (result) {
    case EARSHOT_OK: return "ok";
    case EARSHOT_TOO_SHORT: return "too-short";
    case EARSHOT_TOO_LONG: return "too-long";
    case EARSHOT_BAD_MAGIC: return "bad-magic";
    case EARSHOT_WRONG_GROUP: return "wrong-group";
    case EARSHOT_UNDECIPHERABLE: return "undecipherable";
    case EARSHOT_BAD_JSON: return "bad-json";
    case EARSHOT_BAD_FIELD: return "bad-field";
    case EARSHOT_BAD_TYPE: return "bad-type";
    case EARSHOT_BAD_LENGTH: return "bad-length";
    case EARSHOT_BAD_UTF8: return "bad-utf8";
    case EARSHOT_BAD_BASE32: return "bad-base32";
    case EARSHOT_NOT_JSON: return "not-json";
    case EARSHOT_DECRYPT: return "decrypt";
    case EARSHOT_BAD_KEY: return "bad-key";
    case EARSHOT_NONCE_EXHAUSTED: return "nonce-exhausted";
    case EARSHOT_BAD_STATE: return "bad-state";
    case EARSHOT_SHAPE: return "shape";
    case EARSHOT_NAME: return "name";
    case EARSHOT_CHECK: return "check";
    case EARSHOT_REFUSED: return "refused";
    case EARSHOT_CORRUPT: return "corrupt";
    case EARSHOT_QUOTA: return "quota";
    case EARSHOT_BUSY: return "busy";
    case EARSHOT_ARGUMENT: return "argument";
    case EARSHOT_NO_PEER: return "no-peer";
    case EARSHOT_FULL: return "full";
    case EARSHOT_EXPIRED: return "expired";
    case EARSHOT_AGAIN: return "again";
    case EARSHOT_ENDED: return "ended";
    case EARSHOT_ABSENT: return "absent";
    case EARSHOT_IO: return "io";
    case EARSHOT_CRYPTO: return "crypto";
  }
  return "unknown";
}
