#include "asking.h"

#if EARSHOT_ASK

#include "earshot_state.h"
#include "outbound_item.h"

static es_item *find_question(earshot *board, const es_session *session, const char *id) {
  const es_contact *contact = es_contact_find(board, session->id);
  es_item *item = NULL;
  while (contact != NULL && (item = es_next_item(board, contact, item)) != NULL) {
    if (item->kind == ES_ITEM_QUESTION && es_same_text(item->id, id)) return item;
  }
  return NULL;
}

static earshot_result result_of(const char *code) {
  if (*code == '\0') return EARSHOT_OK;
  return es_same_text(code, earshot_result_name(EARSHOT_NO_ANSWER)) ? EARSHOT_NO_ANSWER : EARSHOT_FAILED;
}

earshot_result es_asking_receive(earshot *board, es_session *session, const es_frame *frame) {
  es_item *question = find_question(board, session, frame->re);
  if (frame->length < frame->size) {
    /* Its end is told now: no other answer will come. */
    if (question != NULL) es_item_given_up(board, question, EARSHOT_TOO_LONG, "");
    return EARSHOT_TOO_LONG;
  }
  if (question == NULL) return EARSHOT_OK;
  earshot_reply reply = {
      .from = {session->id, session->name},
      .question = frame->re,
      .result = result_of(frame->code),
      .json = (const char *)frame->body,
      .length = frame->length,
      .why = "",
  };
  if (board->on_answer != NULL) board->on_answer(board->answer_context, &reply);
  /* The handler may have cancelled it. */
  question = find_question(board, session, frame->re);
  if (question == NULL) return EARSHOT_OK;
  /* Ended only now: if power fails before, the answer comes again. */
  es_item_abandon(board, question);
  es_outbox_remove(board, question);
  return EARSHOT_OK;
}

#endif
