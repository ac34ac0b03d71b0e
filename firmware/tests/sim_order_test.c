/** Orders that a refusal by a board blocks: PROTOCOL.md 3.12. */
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "stranger.h"
#include "tests.h"

static stranger s;

static void held_order(void) {
  stranger_begin(&s, 6);
  sim[0].answer = EARSHOT_BUSY;
  sim[0].answers = 1;
  stranger_document(&s, 1, "01JD3Q8X7Z9V5T2N4M6K8H0GW1", "row", "1", 1);
  stranger_check_nak(&s, 1, "busy", "not now");
  stranger_document(&s, 2, "01JD3Q8X7Z9V5T2N4M6K8H0GW2", "row", "2", 1);
  stranger_check_nak(&s, 2, "busy", "not now");
  stranger_document(&s, 3, "01JD3Q8X7Z9V5T2N4M6K8H0GW3", "other", "3", 1);
  stranger_check_ack(&s, 3);
  stranger_void(&s, 2);
  stranger_document(&s, 4, "01JD3Q8X7Z9V5T2N4M6K8H0GW4", "row", "4", 1);
  stranger_check_nak(&s, 4, "busy", "not now");
  stranger_void(&s, 1);
  stranger_document(&s, 5, "01JD3Q8X7Z9V5T2N4M6K8H0GW1", "row", "1", 1);
  stranger_check_ack(&s, 5);
  /* A new session blocks nothing. */
  sim[0].answers = 1;
  stranger_document(&s, 6, "01JD3Q8X7Z9V5T2N4M6K8H0GW2", "row", "2", 1);
  stranger_check_nak(&s, 6, "busy", "not now");
  stranger_dial_again(&s);
  stranger_document(&s, 1, "01JD3Q8X7Z9V5T2N4M6K8H0GW2", "row", "2", 1);
  stranger_check_ack(&s, 1);
  stranger_end(&s);
}

/** As many blocked orders as a window has numbers; and a sender that voids nothing harms only itself. */
static void many_orders(void) {
  char id[] = "01JD3Q8X7Z9V5T2N4M6K8H0GW0";
  char stream[8];
  stranger_begin(&s, 7);
  sim[0].answer = EARSHOT_BUSY;
  sim[0].answers = 40;
  for (uint32_t seq = 1; seq <= 40; seq++) {
    snprintf(stream, sizeof stream, "row%u", (unsigned)seq);
    stranger_document(&s, seq, id, stream, "1", 1);
    stranger_check_nak(&s, seq, "busy", "not now");
  }
  for (uint32_t seq = 1; seq <= ES_WINDOW; seq++) {
    snprintf(stream, sizeof stream, "row%u", (unsigned)seq);
    stranger_document(&s, 100 + 2 * seq, id, stream, "1", 1);
    stranger_check_nak(&s, 100 + 2 * seq, "busy", "not now");
    stranger_void(&s, seq);
    id[25] = "0123456789ABCDEFGHJ"[seq];
    stranger_document(&s, 101 + 2 * seq, id, stream, "1", 1);
    stranger_check_ack(&s, 101 + 2 * seq);
  }
  stranger_end(&s);
}

static void send_row(uint32_t seq, const char *id) {
  stranger_document(&s, seq, id, "row", "1", 1);
}

/** Announces a document of the stream that comes in parts. */
static void announce_row(uint32_t seq, const char *id) {
  static const uint8_t HEX[] = "0000000000000000000000000000000000000000000000000000000000000000";
  es_frame head = {.type = ES_DOCUMENT,
                   .seq = seq,
                   .name = es_text_of("a.json"),
                   .stream = es_text_of("row"),
                   .size = 9000,
                   .sha256 = {HEX, sizeof HEX - 1}};
  es_copy_text(head.id, sizeof head.id, id);
  stranger_say(&s, &head);
}

static void given_up_holds_nothing(void) {
  stranger_begin(&s, 8);
  announce_row(1, "01JD3Q8X7Z9V5T2N4M6K8H0GW1");
  stranger_check_want(&s, 1);
  stranger_void(&s, 1);
  stranger_check_nak(&s, 1, "busy", "not now");
  send_row(2, "01JD3Q8X7Z9V5T2N4M6K8H0GW2");
  stranger_check_ack(&s, 2);
  /* Refused, and given up before the sender saw the refusal. */
  uint8_t record[400];
  es_writer out = es_writer_on(record, sizeof record);
  es_frame row = {.type = ES_DOCUMENT,
                  .seq = 3,
                  .id = "01JD3Q8X7Z9V5T2N4M6K8H0GW3",
                  .name = es_text_of("a.json"),
                  .stream = es_text_of("row"),
                  .size = 1,
                  .body = (const uint8_t *)"1",
                  .length = 1};
  es_frame voided = {.type = ES_VOID, .seq = 3};
  CHECK(es_frame_write(&row, &out) && es_frame_write(&voided, &out));
  sim[0].answer = EARSHOT_BUSY;
  sim[0].answers = 1;
  stranger_send(&s, out.bytes, out.length);
  stranger_check_nak(&s, 3, "busy", "not now");
  send_row(4, "01JD3Q8X7Z9V5T2N4M6K8H0GW4");
  stranger_check_ack(&s, 4);
  /* A second void, in answer to that refusal, has no effect. */
  stranger_void(&s, 3);
  stranger_check_silence(&s);
  stranger_end(&s);
}

/** A board evicts a stalled document, which is a refusal like any other. */
static void put_off_holds_until_void(void) {
  stranger_begin(&s, 9);
  announce_row(1, "01JD3Q8X7Z9V5T2N4M6K8H0GW1");
  stranger_check_want(&s, 1);
  announce_row(2, "01JD3Q8X7Z9V5T2N4M6K8H0GW1");
  stranger_check_nak(&s, 1, "busy", "not now");
  stranger_check_want(&s, 2);
  send_row(3, "01JD3Q8X7Z9V5T2N4M6K8H0GW3");
  stranger_check_nak(&s, 3, "busy", "not now");
  stranger_void(&s, 3);
  stranger_void(&s, 2);
  stranger_check_nak(&s, 2, "busy", "not now");
  send_row(4, "01JD3Q8X7Z9V5T2N4M6K8H0GW3");
  stranger_check_nak(&s, 4, "busy", "not now");
  stranger_void(&s, 4);
  stranger_void(&s, 1);
  send_row(5, "01JD3Q8X7Z9V5T2N4M6K8H0GW3");
  stranger_check_ack(&s, 5);
  stranger_end(&s);
}

void sim_order_tests(void) {
  check_run("a refusal holds up its stream until its number is voided, and nothing else", held_order);
  check_run("as many streams as the window has numbers are held up", many_orders);
  check_run("a number that its sender gave up holds up nothing", given_up_holds_nothing);
  check_run("a transfer that another number took over holds up its stream until the void",
            put_off_holds_until_void);
  sim_end();
}
