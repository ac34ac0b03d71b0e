#include "verdict.h"

/** True if the application may give a reason for this result, or only the board gives it. */
static bool has_reason(earshot_result result) {
  return result >= EARSHOT_REFUSED && result <= EARSHOT_BUSY;
}

void es_verdict_reason(es_session *session, earshot_result result, const char *why) {
  if (!has_reason(result)) return;
  if (session->verdict_count == 0) session->reasons_used = 0;
  char *place = session->reasons + session->reasons_used;
  es_writer writer = es_writer_on((uint8_t *)place, sizeof session->reasons - session->reasons_used);
  es_flat_escape(&writer, why);
  es_write_byte(&writer, 0);
  if (writer.overflow) return;
  /* A sender often repeats what is refused. */
  const char *first = session->reasons;
  while (!es_same_text(first, place)) first += es_length(first) + 1;
  session->reason = (uint8_t)(first - session->reasons + 1);
  if (first == place) session->reasons_used = (uint8_t)(session->reasons_used + writer.length);
}

void es_verdict_add(es_session *session, uint32_t seq, earshot_result result, uint32_t detail) {
  if (has_reason(result)) {
    detail = session->reason;
    session->reason = 0;
  }
  /* There is room: es_inbound_message enforces the window. */
  session->verdicts[session->verdict_count++] = (es_verdict){seq, detail, (uint8_t)result};
}

void es_verdict_take(earshot *board, es_session *session, uint32_t seq, const uint8_t mark[ES_MARK],
                     bool document) {
  es_contact *contact = es_contact_find(board, session->id);
  if (contact != NULL) es_contact_remember(contact, mark, document);
  session->unstored++;
  es_verdict_add(session, seq, EARSHOT_OK, 0);
}

static es_hold *find_hold(es_session *session, uint32_t order) {
  es_hold *hold = session->held;
  while (hold < session->held + ES_WINDOW && hold->order != order) hold++;
  return hold < session->held + ES_WINDOW ? hold : NULL;
}

bool es_verdict_holds(es_session *session, uint32_t order) {
  return order != ES_NO_ORDER && find_hold(session, order) != NULL;
}

void es_verdict_refuse(es_session *session, uint32_t seq, uint32_t order, earshot_result code,
                       uint32_t detail) {
  bool for_now = code == EARSHOT_BUSY || code == EARSHOT_QUOTA;
  es_verdict_add(session, seq, code, detail);
  if (!for_now || order == ES_NO_ORDER || find_hold(session, order) != NULL) return;
  /* A sender that voids before it sends more has no more blocked orders than a window has numbers. */
  es_hold *hold = find_hold(session, ES_NO_ORDER);
  if (hold != NULL) *hold = (es_hold){seq, order};
}

void es_verdict_release(es_session *session, uint32_t seq) {
  for (es_hold *hold = session->held; hold < session->held + ES_WINDOW; hold++) {
    if (hold->seq == seq) hold->order = ES_NO_ORDER;
  }
}
