import { assertEquals } from "@std/assert";
import { Connections } from "../../../../lib/gateways/plain/connections.ts";
import { Datagrams, DATAGRAMS_EACH } from "../../../../lib/gateways/plain/datagrams.ts";
import { Rates } from "../../../../lib/gateways/plain/rates.ts";
import type { Taken } from "../../../../lib/peer/door.ts";
import { FakeClock } from "../../../support/fake_clock.ts";

const ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const FROM = { host: "192.0.2.1", port: 4000 };

/** A gateway for datagrams, whose peer takes what `taken` says. */
class World {
  readonly clock = new FakeClock();
  readonly taken: string[] = [];
  readonly answers: string[] = [];
  outcome: Taken = { taken: true, id: ID, duplicate: false };
  readonly #datagrams = new Datagrams({
    chat: (from, text) => this.#take(`${from} ${text}`),
    document: (from, { stream, body }) =>
      this.#take(`${from} ${stream} ${new TextDecoder().decode(body as Uint8Array)}`),
  }, new Rates(this.clock));

  #take(what: string): Promise<Taken> {
    this.taken.push(what);
    return Promise.resolve(this.outcome);
  }

  async receive(data: string | Uint8Array, toMulticast = false, from = FROM): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    await this.#datagrams.received(
      bytes,
      from,
      toMulticast,
      (answer) => this.answers.push(new TextDecoder().decode(answer)),
    );
  }
}

Deno.test("a datagram is a document of the stream or a chat message, answered once it is taken", async () => {
  const world = new World();
  for (const data of ['{"a":1}\n', "[1,\n2]", "hello\r\n", "from C\0"]) await world.receive(data);
  assertEquals(world.taken, [
    '192.0.2.1 plain {"a":1}',
    "192.0.2.1 plain [1, 2]",
    "192.0.2.1 hello",
    "192.0.2.1 from C",
  ]);
  assertEquals(world.answers, ["Ok!", "Ok!", "Ok!", "Ok!"]);
});

Deno.test("what was not taken is answered with its code and reason, in few bytes", async () => {
  const world = new World();
  world.outcome = { taken: false, code: "not-json", why: `not JSON ${"x".repeat(500)}` };
  await world.receive("{");
  assertEquals(world.answers[0]!.slice(0, 24), "No! not-json: not JSON x");
  assertEquals(world.answers[0]!.length, 120);
});

Deno.test("multicast is taken and not answered; answers, binary and empty datagrams are nothing", async () => {
  const world = new World();
  await world.receive("hello", true);
  assertEquals([world.taken.length, world.answers.length], [1, 0]);
  const nothing = [
    "",
    "\n",
    "\0",
    "Ok!",
    "Ok! 01ARZ",
    "No! busy",
    new Uint8Array([0, 1, 0, 8, 0x21, 0x12]),
    new Uint8Array([0xff]),
  ];
  for (const data of nothing) await world.receive(data);
  assertEquals([world.taken.length, world.answers.length], [1, 0]);
});

Deno.test("an address has 50 datagrams in a second, and does not use up those of others", async () => {
  const world = new World();
  for (let n = 0; n < 3 * DATAGRAMS_EACH; n++) await world.receive("a");
  await world.receive("b", false, { host: "192.0.2.2", port: 4000 });
  assertEquals(world.answers.length, DATAGRAMS_EACH + 1);
  await world.clock.advance(1000);
  await world.receive("a");
  assertEquals(world.answers.length, DATAGRAMS_EACH + 2);
});

Deno.test("connections beyond the limits end the oldest of the address that has most", () => {
  const closed: string[] = [];
  const connections = new Connections({ inAll: 4, each: 3 });
  let n = 0;
  const connect = (host: string) => {
    const name = `${host} ${n++}`;
    connections.add({
      remote: { host, port: 1 },
      read: () => Promise.resolve(null),
      write: () => Promise.resolve(),
      close: () => closed.push(name),
    });
  };
  for (let i = 0; i < 4; i++) connect("192.0.2.1");
  assertEquals(closed, ["192.0.2.1 0"]);
  connect("192.0.2.2");
  connect("192.0.2.3");
  assertEquals(closed, ["192.0.2.1 0", "192.0.2.1 1"]);
});
