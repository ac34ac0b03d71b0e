#include "frame.h"

#include "earshot_config.h"
#include "hearsay.h"
#include "member.h"
#include "utf8.h"

/** An unknown type from here on ends the session. */
#define CRITICAL 128
/** The unassigned type among the known ones. */
#define FREE 10
#define LAST (EARSHOT_HEARSAY ? ES_PEERS : ES_CLOSE)

#define MEMBER(member, value) ES_MEMBER(es_frame, member, value, false)
#define OPTIONAL(member, value) ES_MEMBER(es_frame, member, value, true)

static const es_member_rule CHAT[] = {
    MEMBER(seq, ES_V_SEQ),
    MEMBER(id, ES_V_ULID),
    MEMBER(to, ES_V_TO),
    OPTIONAL(at, ES_V_U53),
};
static const es_member_rule DOCUMENT[] = {
    MEMBER(seq, ES_V_SEQ),         MEMBER(id, ES_V_ULID),   MEMBER(name, ES_V_FILLED),
    MEMBER(size, ES_V_U53),        OPTIONAL(at, ES_V_U53),  OPTIONAL(stream, ES_V_FILLED),
    OPTIONAL(sha256, ES_V_SHA256),
#if EARSHOT_ASK
    OPTIONAL(ask, ES_V_FLAG),      OPTIONAL(re, ES_V_ULID), OPTIONAL(code, ES_V_WORD),
#endif
};
static const es_member_rule WANT[] = {MEMBER(seq, ES_V_SEQ), MEMBER(offset, ES_V_U53),
                                      MEMBER(until, ES_V_U53)};
static const es_member_rule NAK[] = {MEMBER(seq, ES_V_SEQ), MEMBER(code, ES_V_WORD), MEMBER(why, ES_V_TEXT)};
static const es_member_rule PING[] = {MEMBER(n, ES_V_U32)};

/** The members in the head of each type, and if it may have a body. */
static const struct {
  const es_member_rule *rules;
  uint8_t count;
  bool body;
} TYPES[] = {
    [ES_CHAT] = {CHAT, 4, true},  [ES_DOCUMENT] = {DOCUMENT, sizeof DOCUMENT / sizeof DOCUMENT[0], true},
    [ES_PART] = {WANT, 2, true},  [ES_WANT] = {WANT, 3, false},
    [ES_ACK] = {NULL, 0, true},   [ES_NAK] = {NAK, 3, false},
    [ES_PING] = {PING, 1, false}, [ES_PONG] = {PING, 1, false},
    [ES_VOID] = {WANT, 1, false}, [ES_CLOSE] = {NAK + 2, 1, false},
#if EARSHOT_HEARSAY
    [ES_PEERS] = {NULL, 0, true},
#endif
};

void es_frame_begin(es_frame *frame, es_frame_type type) {
  es_clear(frame, sizeof *frame);
  frame->type = (uint8_t)type;
}

static bool is_known(uint8_t type) {
  return type >= ES_CHAT && type <= LAST && type != FREE;
}

static earshot_result check_ack(const es_frame *frame) {
  if (frame->length == 0 || frame->length % 4 != 0) return EARSHOT_BAD_LENGTH;
  for (size_t i = 0; i < frame->length; i += 4) {
    if (es_get_u32(frame->body + i) == 0) return EARSHOT_BAD_FIELD;
  }
  return EARSHOT_OK;
}

/** True if the members of a question or an answer, if it is one, fit together. */
static bool is_question_answer_or_neither(const es_frame *frame) {
#if EARSHOT_ASK
  bool answer = frame->re[0] != '\0';
  if (frame->ask && answer) return false;
  if (frame->code[0] != '\0' && !answer) return false;
  return frame->stream.bytes == NULL || !(frame->ask || answer);
#else
  (void)frame;
  return true;
#endif
}

/** Checks the body, and members that depend on each other. */
static earshot_result check(const es_frame *frame) {
  size_t length = frame->length;
  switch (frame->type) {
    case ES_CHAT:
      if (length > ES_CHAT_MAX) return EARSHOT_TOO_LONG;
      return es_utf8_valid(frame->body, length) ? EARSHOT_OK : EARSHOT_BAD_UTF8;
    case ES_DOCUMENT:
      if (!is_question_answer_or_neither(frame)) return EARSHOT_BAD_FIELD;
      if (length == frame->size) return EARSHOT_OK;
      if (length != 0) return EARSHOT_BAD_LENGTH;
      return frame->sha256.bytes != NULL ? EARSHOT_OK : EARSHOT_BAD_FIELD;
    case ES_PART: return length == 0 ? EARSHOT_BAD_LENGTH : EARSHOT_OK;
    case ES_WANT: return frame->until < frame->offset ? EARSHOT_BAD_FIELD : EARSHOT_OK;
    case ES_ACK: return check_ack(frame);
#if EARSHOT_HEARSAY
    case ES_PEERS: return es_hearsay_check(frame->body, length);
#endif
    default: return EARSHOT_OK;
  }
}

/** Reads the head of a frame, and what its type says of it. */
static earshot_result understand(const uint8_t *head, size_t length, es_frame *frame) {
  static const uint8_t NONE[] = "{}";
  bool known = is_known(frame->type);
  const es_member_rule *rules = known ? TYPES[frame->type].rules : NULL;
  size_t count = known ? TYPES[frame->type].count : 0;
  if (length == 0) head = NONE, length = 2;
  earshot_result result = es_members_parse(head, length, rules, count, frame);
  if (result == EARSHOT_BAD_JSON) return result;
  if (!known) return frame->type < CRITICAL ? EARSHOT_OK : EARSHOT_BAD_TYPE;
  if (frame->length > 0 && !TYPES[frame->type].body) return EARSHOT_BAD_LENGTH;
  return result == EARSHOT_OK ? check(frame) : result;
}

earshot_result es_frame_read(es_frame *frame, const uint8_t *plain, size_t length, size_t *at) {
  const uint8_t *header = plain + *at;
  size_t left = length - *at;
  if (left < ES_FRAME_HEADER) return EARSHOT_TOO_SHORT;
  size_t head_length = es_get_u16(header + 1);
  size_t body_length = es_get_u16(header + 3);
  if (head_length > ES_HEAD_MAX) return EARSHOT_TOO_LONG;
  if (left - ES_FRAME_HEADER < head_length + body_length) return EARSHOT_TOO_SHORT;
  const uint8_t *head_bytes = header + ES_FRAME_HEADER;
  es_frame_begin(frame, (es_frame_type)header[0]);
  frame->body = head_bytes + head_length;
  frame->length = body_length;
  *at += ES_FRAME_HEADER + head_length + body_length;
  return understand(head_bytes, head_length, frame);
}

earshot_result es_frames_check(const uint8_t *plain, size_t length) {
  size_t at = 0;
  do {
    es_frame frame;
    earshot_result result = es_frame_read(&frame, plain, length, &at);
    if (result != EARSHOT_OK) return result;
  } while (at < length);
  return EARSHOT_OK;
}

bool es_frame_write(const es_frame *frame, es_writer *out) {
  uint8_t header[ES_FRAME_HEADER] = {frame->type};
  size_t start = out->length;
  es_write(out, header, sizeof header);
  es_members_write(TYPES[frame->type].rules, TYPES[frame->type].count, frame, out);
  size_t head = out->length - start - ES_FRAME_HEADER;
  bool fits = !out->overflow && head <= ES_HEAD_MAX && frame->length <= UINT16_MAX &&
              frame->length <= out->capacity - out->length;
  out->overflow = false;
  if (!fits) {
    out->length = start;
    return false;
  }
  es_put_u16(out->bytes + start + 1, (uint16_t)head);
  es_put_u16(out->bytes + start + 3, (uint16_t)frame->length);
  if (frame->body != NULL) es_copy(out->bytes + out->length, frame->body, frame->length);
  out->length += frame->length;
  return true;
}

bool es_frame_write_close(const char *why, es_writer *out) {
  es_frame frame;
  es_frame_begin(&frame, ES_CLOSE);
  frame.why = es_text_of(why);
  return es_frame_write(&frame, out);
}
