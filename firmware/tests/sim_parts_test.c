/** Documents that fit no record, in both directions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"
#include "stranger.h"
#include "tests.h"

static char json[SIM_FILE_MAX];

/** A document of exactly so many bytes. */
static size_t make_json(size_t length) {
  json[0] = '"';
  for (size_t i = 1; i + 1 < length; i++) json[i] = (char)('a' + sim_random(26));
  json[length - 1] = '"';
  return length;
}

static earshot_result send_file(const char *name) {
  earshot_document document = {.name = "large.json", .file = name};
  return earshot_send(&sim[0].board, "b", &document);
}

/** Checks that b was told of document number `index`, and has its bytes. */
static void check_received(unsigned index, size_t length) {
  const sim_event *event = sim_told(1, 'd', index);
  REQUIRE(event != NULL);
  CHECK_NUMBER(event->size, length);
  const sim_file *file = sim_file_of(1, event->file);
  REQUIRE(file != NULL);
  CHECK_BYTES(file->bytes, file->length, json, length);
}

static void whole(void) {
  static const size_t LENGTHS[] = {3500, 4080, 4096, 5000, 65536, 102400, 200000};
  for (unsigned i = 0; i < sizeof LENGTHS / sizeof LENGTHS[0]; i++) {
    sim_pair(i);
    sim_put_file(0, "out.json", json, make_json(LENGTHS[i]));
    CHECK_RESULT(send_file("out.json"), "ok");
    SIM_UNTIL(sim_count(0, 's', NULL) == 1, 10000);
    check_received(0, LENGTHS[i]);
  }
}

static void small_records(void) {
  stranger s;
  char got[3000];
  size_t held = 0;
  sim_begin(20);
  sim_start(0, "a");
  stranger_make(&s, 1);
  s.payload.rx = 1024;
  REQUIRE(stranger_dial(&s, 0));
  earshot_document document = {.name = "x.json", .body = json, .length = make_json(2500)};
  CHECK_RESULT(earshot_send(&sim[0].board, s.id, &document), "ok");
  REQUIRE(stranger_expect(&s, ES_DOCUMENT));
  CHECK(s.frame.length == 0 && s.frame.size == 2500 && s.frame.sha256.bytes != NULL);
  es_frame want = {.type = ES_WANT, .seq = s.frame.seq, .until = 2500};
  stranger_say(&s, &want);
  while (held < 2500 && stranger_expect(&s, ES_PART)) {
    CHECK_NUMBER(s.frame.offset, held);
    memcpy(got + held, s.frame.body, s.frame.length);
    held += s.frame.length;
  }
  CHECK_BYTES(got, held, json, 2500);
  stranger_end(&s);
}

static void links_break(void) {
  sim_pair(21);
  sim_rate = 20;
  sim_put_file(0, "out.json", json, make_json(200000));
  CHECK_RESULT(send_file("out.json"), "ok");
  sim_run(30);
  for (unsigned cut = 0; cut < 8; cut++) {
    SIM_UNTIL(sim_sessions(0) == 1, 10000);
    /* Long enough that the peer is dialled again at once, without a pause. */
    sim_run(1100);
    sim_cut(0);
    sim_run(10);
  }
  CHECK_NUMBER(sim_count(0, 's', NULL), 0);
  SIM_UNTIL(sim_count(0, 's', NULL) == 1, 60000);
  check_received(0, 200000);
  /* The transfer resumed: little more than the document itself went over the wire. */
  CHECK(sim_bytes < 200000 * 13 / 10);
}

static void power_fails(void) {
  sim_pair(22);
  sim_rate = 200;
  sim_put_file(0, "out.json", json, make_json(150000));
  CHECK_RESULT(send_file("out.json"), "ok");
  for (unsigned kill = 0; kill < 6; kill++) {
    unsigned victim = kill % 2;
    sim_run(300);
    sim_kill(victim);
    sim_start(victim, victim == 0 ? "a" : "b");
  }
  SIM_UNTIL(sim_count(0, 's', NULL) == 1, 60000);
  check_received(0, 150000);
  CHECK_NUMBER(sim_count(1, 'd', NULL), 1);
}

static void chat_overtakes(void) {
  sim_pair(23);
  sim_rate = 1000;
  sim_put_file(0, "out.json", json, make_json(200000));
  CHECK_RESULT(send_file("out.json"), "ok");
  sim_run(20);
  for (unsigned i = 0; i < 5; i++) CHECK_RESULT(earshot_say(&sim[0].board, "b", "meanwhile"), "ok");
  SIM_UNTIL(sim_count(0, 's', NULL) == 6, 20000);
  unsigned before = 0;
  for (unsigned i = 0; i < sim[1].event_count && sim[1].events[i].what != 'd'; i++)
    before += sim[1].events[i].what == 'c';
  CHECK_NUMBER(before, 5);
}

static void no_room(void) {
  sim_pair(24);
  sim[1].quota = 30000;
  sim_put_file(0, "out.json", json, make_json(50000));
  CHECK_RESULT(send_file("out.json"), "ok");
  sim_run(5000);
  CHECK_NUMBER(sim_count(1, 'd', NULL), 0);
  CHECK_NUMBER(sim_count(0, 'r', NULL), 0);
  sim[1].quota = 0;
  SIM_UNTIL(sim_count(0, 's', NULL) == 1, 120000);
  check_received(0, 50000);
}

static void changed_file(void) {
  sim_pair(25);
  sim_put_file(0, "out.json", json, make_json(50000));
  CHECK_RESULT(send_file("out.json"), "ok");
  sim_put_file(0, "out.json", json, make_json(50000));
  SIM_UNTIL(sim_count(0, 'r', "corrupt") == 1, 20000);
  CHECK_NUMBER(sim_count(1, 'd', NULL), 0);
  CHECK_RESULT(earshot_say(&sim[0].board, "b", "after"), "ok");
  sim_run(500);
  CHECK_NUMBER(sim_count(1, 'c', "after"), 1);
}

static void lost_file(void) {
  sim_pair(26);
  sim_put_file(0, "out.json", json, make_json(50000));
  CHECK_RESULT(send_file("nothing.json"), "absent");
  sim_put_file(0, "bad.json", "[1,]", 4);
  CHECK_RESULT(send_file("bad.json"), "not-json");
  CHECK_RESULT(send_file("out.json"), "ok");
  sim[0].storage.file_remove(&sim[0], "out.json");
  SIM_UNTIL(sim_count(0, 'r', "io") == 1, 20000);
}

static void several(void) {
  sim_pair(27);
  for (unsigned i = 0; i < 4; i++) {
    char name[16];
    snprintf(name, sizeof name, "out%u.json", i);
    sim_put_file(0, name, json, make_json(20000 + i));
    CHECK_RESULT(send_file(name), "ok");
  }
  SIM_UNTIL(sim_count(0, 's', NULL) == 4, 60000);
  for (unsigned i = 0; i < 4; i++) CHECK_NUMBER(sim_told(1, 'd', i)->size, 20000 + i);
}

void sim_parts_tests(void) {
  check_run("documents of up to 200 000 bytes arrive byte for byte", whole);
  check_run("a document goes in parts to whom takes smaller records than it has", small_records);
  check_run("a link that breaks in the middle of a document costs no byte twice", links_break);
  check_run("a document arrives once though power fails at both ends", power_fails);
  check_run("chats overtake a large document", chat_overtakes);
  check_run("a large document for which there is no room comes once there is", no_room);
  check_run("a file that changed on its way is refused as corrupt", changed_file);
  check_run("a file that cannot be sent is told", lost_file);
  check_run("large documents go one after another", several);
  sim_end();
}
