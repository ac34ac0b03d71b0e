/**
 * A whole board: any plaintext over a valid session, any bytes on other connections, datagrams, and time. The input is
 * a sequence of steps: kind, length, bytes.
 */
#include "fuzz.h"
#include "stranger.h"

static stranger peer;

static void step(uint8_t what, const uint8_t *bytes, size_t length) {
  switch (what % 8) {
    case 0: sim_run((uint32_t)length * 100); break;
    case 1: sim_write(peer.connection, bytes, length); break;
    case 2: sim_datagram(0, bytes, length, (what & 8) != 0); break;
    case 3:
      if ((what & 8) != 0) (void)earshot_ask(&sim[0].board, peer.id, "1", 0);
      else (void)earshot_say(&sim[0].board, peer.id, "answer me");
      break;
    case 4:
      /* Accepts or refuses received messages. */
      if (!stranger_next(&peer) || (peer.frame.type != ES_CHAT && peer.frame.type != ES_DOCUMENT)) break;
      if ((what & 32) != 0)
        stranger_answer(&peer, peer.frame.seq + 100, peer.frame.id, peer.frame.id, "", "1");
      else if ((what & 8) != 0) stranger_nak(&peer, peer.frame.seq, "busy");
      else stranger_ack(&peer, peer.frame.seq);
      break;
    default:
      if (length > 0) stranger_send(&peer, bytes, length);
      break;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_start();
  sim_begin(1);
  sim_start(0, "a");
  stranger_make(&peer, 1);
  peer.payload.can_ask = true;
  stranger_appear(&peer, 0);
  for (size_t at = 0; at + 2 <= size;) {
    size_t length = data[at + 1];
    /* The second length is for records of more than 255 bytes. */
    if ((data[at] & 16) != 0) length *= 16;
    if (length > size - at - 2) length = size - at - 2;
    step(data[at], data + at + 2, length);
    at += 2 + length;
  }
  sim_run(40000);
  HOLDS(sim_sessions(0) == 0);
  stranger_end(&peer);
  sim_end();
  HOLDS(!check_has_failed());
  return 0;
}
