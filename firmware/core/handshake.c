#include "handshake.h"

#include "board.h"
#include "earshot_state.h"
#include "identity.h"
#include "link.h"

#define LIMIT_MS 5000
/** Time for one address, if others are left. */
#define ADDRESS_MS 1500
/** Time of an incoming handshake before another connection may take its place. */
#define TURN_MS 1000
/** An incoming handshake that takes longer may only occupy its place: the system's queue is read further. */
#define PROMPT_MS 250
#define ACCEPTS_A_POLL 16

static const uint8_t PREFACE[] = {'E', 'S', '1', '\n'};

void es_handshake_free(es_handshake *h) {
  es_noise_end(&h->noise);
  es_wipe(h->buffer, sizeof h->buffer);
  h->state = ES_HANDSHAKE_FREE;
}

static void hang_up(earshot *board, es_handshake *h) {
  es_link_close(board, h->connection);
  es_handshake_free(h);
  if (board->handshakes->knock.waits) es_wake_now(board);
}

/** Number of incoming handshakes from an address. */
static unsigned places_of(const earshot *board, const earshot_address *host) {
  unsigned places = 0;
  for (unsigned i = 0; i < EARSHOT_HANDSHAKES; i++) {
    const es_handshake *h = &board->handshakes->all[i];
    places += h->state != ES_HANDSHAKE_FREE && !h->initiator && es_is_same_host(&h->address, host);
  }
  return places;
}

/** The incoming handshake to evict first: the oldest of the address that has most; NULL if there is none. */
static es_handshake *first_to_go(earshot *board, unsigned *most) {
  es_handshake *first = NULL;
  *most = 0;
  for (unsigned i = 0; i < EARSHOT_HANDSHAKES; i++) {
    es_handshake *h = &board->handshakes->all[i];
    if (h->state == ES_HANDSHAKE_FREE || h->initiator) continue;
    unsigned places = places_of(board, &h->address);
    bool later = first != NULL && h->deadline >= first->deadline;
    if (places < *most || (places == *most && later)) continue;
    first = h;
    *most = places;
  }
  return first;
}

/** True if a handshake began so long ago; if not, earshot_poll asks to be called again then. */
static bool has_had(earshot *board, const es_handshake *h, uint32_t ms) {
  return es_is_due(board, h->deadline - LIMIT_MS + ms);
}

/** A place for a connection from `from`, or for a peer to dial if that is NULL; NULL if there is none. */
static es_handshake *find_place(earshot *board, const earshot_address *from) {
  for (unsigned i = 0; i < EARSHOT_HANDSHAKES; i++) {
    if (board->handshakes->all[i].state == ES_HANDSHAKE_FREE) return &board->handshakes->all[i];
  }
  unsigned most;
  es_handshake *first = first_to_go(board, &most);
  if (first == NULL || (from != NULL && most > 1 && places_of(board, from) < most)) return first;
  return has_had(board, first, TURN_MS) ? first : NULL;
}

static earshot_result start_noise(earshot *board, es_handshake *h) {
  const es_self *self = &board->self;
  const uint8_t *psk = self->group.closed ? self->group.session_key : NULL;
  uint8_t ephemeral[ES_KEY];
  es_random(board, ephemeral, sizeof ephemeral);
  es_noise_options options = {
      .initiator = h->initiator,
      .prologue = self->prologue,
      .prologue_length = self->prologue_length,
      .identity = &self->identity,
      .ephemeral = ephemeral,
      .psk_first = psk,
      .psk_last = psk,
  };
  earshot_result result = es_noise_start(&h->noise, &options);
  es_wipe(ephemeral, sizeof ephemeral);
  return result;
}

/** Begins a handshake in a place that find_place returned. */
static void begin(earshot *board, es_handshake *h, int connection, const earshot_address *address) {
  if (h->state != ES_HANDSHAKE_FREE) hang_up(board, h);
  es_clear(h, sizeof *h);
  h->connection = connection;
  h->address = *address;
  h->deadline = h->give_up_at = es_after(board, LIMIT_MS);
  h->record.bytes = h->buffer;
  h->record.max = ES_HANDSHAKE_MAX;
}

static bool let_in(earshot *board, int connection, const earshot_address *from) {
  es_handshake *h = find_place(board, from);
  if (h == NULL) return false;
  begin(board, h, connection, from);
  h->state = ES_HANDSHAKE_PREFACE;
  return true;
}

/**
 * Gives a connection a place, or lets it wait for one. If one waits already, the connection whose address has fewer
 * places stays, and the other one is closed.
 */
static void answer(earshot *board, int connection, const earshot_address *from) {
  es_knock *knock = &board->handshakes->knock;
  if (let_in(board, connection, from)) return;
  if (knock->waits && places_of(board, from) >= places_of(board, &knock->from)) {
    es_link_close(board, connection);
    return;
  }
  if (knock->waits) es_link_close(board, knock->connection);
  *knock = (es_knock){true, connection, *from};
}

/** True if accepting the next connection in the system's queue may help. */
static bool looks_further(earshot *board) {
  const es_knock *knock = &board->handshakes->knock;
  unsigned most;
  if (!knock->waits) return true;
  if (places_of(board, &knock->from) == 0) return false;
  const es_handshake *first = first_to_go(board, &most);
  return first != NULL && has_had(board, first, PROMPT_MS);
}

void es_handshakes_accept(earshot *board) {
  const earshot_port *port = board->port;
  es_knock *knock = &board->handshakes->knock;
  if (knock->waits) knock->waits = !let_in(board, knock->connection, &knock->from);
  for (unsigned i = 0; i < ACCEPTS_A_POLL; i++) {
    int connection;
    earshot_address from;
    if (!looks_further(board)) return;
    if (port->tcp_accept(port->context, &connection, &from) != EARSHOT_OK) return;
    if (board->closing) es_link_close(board, connection);
    else answer(board, connection, &from);
  }
  es_wake_now(board);
}

/** Writes the next message into the buffer, after `prefix` bytes that are in it already. */
static earshot_result compose(earshot *board, es_handshake *h, size_t prefix) {
  uint8_t json[ES_PAYLOAD_MAX];
  es_writer payload = es_writer_on(json, sizeof json);
  bool first = h->noise.next == 0;
  if (!first && es_payload_write(&board->self.payload, &payload) != EARSHOT_OK) return EARSHOT_TOO_LONG;
  size_t start = prefix + ES_RECORD_HEADER;
  es_writer message = es_writer_on(h->buffer + start, sizeof h->buffer - start);
  earshot_result result = es_noise_write(&h->noise, json, payload.length, &message);
  es_put_u16(h->buffer + prefix, (uint16_t)message.length);
  h->sent = 0;
  h->length = start + message.length;
  h->state = ES_HANDSHAKE_WRITE;
  return result;
}

/** Dials an address; false if it cannot be dialled. */
static bool call(earshot *board, es_handshake *h, const earshot_address *address, const char *id) {
  int connection;
  if (board->port->tcp_dial(board->port->context, address, &connection) != EARSHOT_OK) return false;
  begin(board, h, connection, address);
  h->initiator = true;
  es_copy_text(h->id, sizeof h->id, id);
  es_copy(h->buffer, PREFACE, sizeof PREFACE);
  if (start_noise(board, h) == EARSHOT_OK && compose(board, h, sizeof PREFACE) == EARSHOT_OK) {
    es_wake_now(board);
    return true;
  }
  hang_up(board, h);
  return false;
}

/** Dials address number `way` of a peer, or the next one that can be dialled; the handshake ends at `deadline`. */
static bool dial(earshot *board, const char *id, unsigned way, es_time deadline) {
  const es_peer *peer = es_roster_find(board, id);
  earshot_address address;
  es_handshake *h = find_place(board, NULL);
  if (peer == NULL || h == NULL) return false;
  for (; es_peer_way(peer, way, &address); way++) {
    if (!call(board, h, &address, id)) continue;
    h->way = (uint8_t)way;
    h->deadline = deadline;
    if (way + 1 < peer->ways) h->give_up_at = es_after(board, ADDRESS_MS);
    if (h->give_up_at > deadline) h->give_up_at = deadline;
    return true;
  }
  return false;
}

bool es_handshake_may_dial(const earshot *board) {
  unsigned dialled = 0;
  for (unsigned i = 0; i < EARSHOT_HANDSHAKES; i++) {
    const es_handshake *h = &board->handshakes->all[i];
    dialled += h->state != ES_HANDSHAKE_FREE && h->initiator;
  }
  /* A peer that does not answer takes a place for long: keep one for incoming connections. */
  return dialled == 0 || dialled + 1 < EARSHOT_HANDSHAKES;
}

bool es_handshake_dial(earshot *board, const char *id) {
  return es_handshake_may_dial(board) && dial(board, id, 0, es_after(board, LIMIT_MS));
}

bool es_handshake_dial_at(earshot *board, const earshot_address *address, const char *id) {
  es_handshake *h = find_place(board, NULL);
  if (h == NULL || !call(board, h, address, id)) return false;
  h->way = ES_WAY_DIRECT;
  return true;
}

bool es_handshake_give_up(earshot *board, es_handshake *h) {
  char id[ES_ID_CHARACTERS + 1];
  bool dialled = h->initiator;
  unsigned next = h->way + 1u;
  es_time deadline = h->deadline;
  es_copy(id, h->id, sizeof id);
  board->numbers.handshakes_failed++;
  hang_up(board, h);
  return dialled && (es_has_passed(board, deadline, 0) || !dial(board, id, next, deadline));
}

bool es_handshake_dials(const earshot *board, const char *id) {
  for (unsigned i = 0; i < EARSHOT_HANDSHAKES; i++) {
    const es_handshake *h = &board->handshakes->all[i];
    if (h->state != ES_HANDSHAKE_FREE && h->initiator && es_same_text(h->id, id)) return true;
  }
  return false;
}

/** True if a first message with this ephemeral key was answered before; remembers it. */
static bool is_seen(es_handshakes *handshakes, const uint8_t *ephemeral) {
  for (unsigned i = 0; i < ES_SEEN; i++) {
    if (es_same_bytes(handshakes->seen[i], ephemeral, sizeof handshakes->seen[i])) return true;
  }
  es_copy(handshakes->seen[handshakes->next_seen++ % ES_SEEN], ephemeral, sizeof handshakes->seen[0]);
  return false;
}

earshot_result es_handshake_turn_away(es_handshake *h) {
  es_cipher send;
  es_cipher receive;
  earshot_result result = es_noise_split(&h->noise, &send, &receive);
  if (result != EARSHOT_OK) return result;
  es_writer plain = es_writer_on(h->buffer + ES_RECORD_HEADER, sizeof h->buffer - ES_RECORD_HEADER - ES_TAG);
  es_frame_write_close(earshot_result_name(EARSHOT_FULL), &plain);
  h->sent = 0;
  h->length = es_record_seal(&send, h->buffer, plain.length);
  h->state = ES_HANDSHAKE_LEAVE;
  es_cipher_end(&send);
  es_cipher_end(&receive);
  return h->length > 0 ? EARSHOT_OK : EARSHOT_CRYPTO;
}

earshot_result es_handshake_finish(earshot *board, es_handshake *h) {
  return h->initiator ? compose(board, h, 0) : EARSHOT_OK;
}

/** Marks a handshake as proven after the peer's last message; EARSHOT_REFUSED for ourselves, or not who was dialled. */
static earshot_result prove(const earshot *board, es_handshake *h) {
  char id[ES_ID_CHARACTERS + 1];
  earshot_result result = es_node_id(h->noise.remote_static, id);
  if (result != EARSHOT_OK) return result;
  if (es_same_text(id, board->self.id) || (h->initiator && h->id[0] != '\0' && !es_same_text(id, h->id)))
    return EARSHOT_REFUSED;
  es_copy(h->id, id, sizeof h->id);
  h->state = ES_HANDSHAKE_PROVEN;
  return EARSHOT_OK;
}

/** Reads a complete handshake message. */
static earshot_result understand(earshot *board, es_handshake *h, es_payload *proven) {
  uint8_t *payload;
  size_t payload_length;
  earshot_result result = es_noise_read(&h->noise, h->buffer + ES_RECORD_HEADER, es_record_length(&h->record),
                                        &payload, &payload_length);
  if (result != EARSHOT_OK) return result;
  if (h->noise.next == 1) {
    if (is_seen(board->handshakes, h->noise.remote_ephemeral)) return EARSHOT_REFUSED;
    return compose(board, h, 0);
  }
  result = es_payload_read(proven, payload, payload_length);
  return result == EARSHOT_OK ? prove(board, h) : result;
}

static earshot_result read_preface(earshot *board, es_handshake *h) {
  const earshot_port *port = board->port;
  size_t got = 0;
  earshot_result result = port->tcp_read(port->context, h->connection, h->buffer + h->record.held,
                                         sizeof PREFACE - h->record.held, &got);
  if (result != EARSHOT_OK) return result;
  h->record.held += got;
  if (!es_same_bytes(h->buffer, PREFACE, h->record.held)) return EARSHOT_BAD_MAGIC;
  if (h->record.held < sizeof PREFACE) return EARSHOT_AGAIN;
  h->record.held = 0;
  h->state = ES_HANDSHAKE_READ;
  return start_noise(board, h);
}

static earshot_result read_message(earshot *board, es_handshake *h, es_payload *proven) {
  earshot_result result = es_link_read(board, h->connection, &h->record);
  if (result != EARSHOT_OK) return result;
  h->record.held = 0;
  return understand(board, h, proven);
}

static earshot_result write_message(earshot *board, es_handshake *h) {
  earshot_result result = es_link_write(board, h->connection, h->buffer, h->length, &h->sent);
  if (result != EARSHOT_OK) return result;
  if (h->state == ES_HANDSHAKE_LEAVE) return EARSHOT_ENDED;
  h->state = ES_HANDSHAKE_READ;
  return EARSHOT_OK;
}

static earshot_result step(earshot *board, es_handshake *h, es_payload *proven) {
  switch (h->state) {
    case ES_HANDSHAKE_PREFACE: return read_preface(board, h);
    case ES_HANDSHAKE_READ: return read_message(board, h, proven);
    case ES_HANDSHAKE_WRITE:
    case ES_HANDSHAKE_LEAVE: return write_message(board, h);
    default: return EARSHOT_AGAIN;
  }
}

earshot_result es_handshake_poll(earshot *board, es_handshake *h, es_payload *proven) {
  earshot_result result = EARSHOT_OK;
  while (result == EARSHOT_OK && h->state != ES_HANDSHAKE_PROVEN) result = step(board, h, proven);
  if (h->state == ES_HANDSHAKE_LEAVE && result == EARSHOT_ENDED) {
    hang_up(board, h);
    return EARSHOT_AGAIN;
  }
  bool waits = result == EARSHOT_AGAIN && h->state != ES_HANDSHAKE_FREE;
  return waits && es_is_due(board, h->give_up_at) ? EARSHOT_EXPIRED : result;
}

void es_handshakes_end(earshot *board) {
  if (board->handshakes->knock.waits) es_link_close(board, board->handshakes->knock.connection);
  board->handshakes->knock.waits = false;
  for (unsigned i = 0; i < EARSHOT_HANDSHAKES; i++) {
    if (board->handshakes->all[i].state != ES_HANDSHAKE_FREE) hang_up(board, &board->handshakes->all[i]);
  }
}
