// Boards (firmware/host, the same core as on an ESP32) and the program on one network.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { newJoinCode } from "../../lib/identity/join_code.ts";
import { Board, boardTest } from "./board.ts";
import { assertStored, unique } from "./traffic.ts";

boardTest(
  "a board and the program find each other, chat both ways, and notice when the other goes",
  ["anna", "oven"],
  async (kind, _lan, anna, oven) => {
    await using a = await anna.up();
    await using board = await Board.start(kind, oven);
    const seen = await a.waitForEvent("peer", { state: "up", name: "oven" });
    assertEquals([seen.id, seen.kind], [board.id, "host"]);
    const [, id] = (await board.heard(/^up \S+ anna$/)).split(" ");
    assertEquals(id, a.ready.id);

    assertEquals((await anna.run("say", "led on", "--to", "oven")).code, 0);
    assertEquals(await board.heard(/^chat/), `chat ${id} you led on`);
    await board.heard(/^led on$/);
    assertEquals((await a.waitForEvent("chat")).text, "led is on");
    await board.order("say anna gr\u00fc\u00dfe von oven");
    await board.heard(/^delivered/);
    const { text, to, from } = await a.waitForEvent("chat", { to: "you", text: "gr\u00fc\u00dfe von oven" });
    assertEquals([text, to, from], ["gr\u00fc\u00dfe von oven", "you", { id: board.id, name: "oven" }]);
    assertEquals((await anna.run("say", "to everybody")).code, 0);
    await board.heard(/^chat \S+ all to everybody$/);
    await board.order("say all hello world");
    await a.waitForEvent("chat", { to: "all", text: "hello world" });

    await board.order("quit");
    await a.waitForEvent("peer", { state: "gone", name: "oven" });
    assertEquals((await board.program.ended()).code, 0, board.program.stderr);
    await using again = await Board.start(kind, oven);
    assertEquals(again.id, board.id);
    await a.waitForEvent("peer", { state: "up", name: "oven" });
    await again.heard(/^up \S+ anna$/);
    // With lwIP the address of IPv6 has just come, and nobody is gone for 30 s.
    if (kind === "lwip") return;
    await a.stop();
    await again.heard(/^gone \S+ anna$/);
  },
);

for (
  const [family, options] of [
    ["IPv4 alone", { ipv6: false }],
    ["link-local IPv6 alone", { ipv4: false, ipv6: "link-local" }],
  ] as const
) {
  boardTest(
    `over ${family} a board and the program find each other, chat both ways and send both ways`,
    ["anna", "oven"],
    async (kind, _lan, anna, oven) => {
      await using a = await anna.up();
      await using board = await Board.start(kind, oven);
      await a.waitForEvent("peer", { state: "up", name: "oven" });
      await board.heard(/^up \S+ anna$/);
      assertEquals((await anna.run("say", "led on", "--to", "oven")).code, 0);
      await board.heard(/^led on$/);
      await a.waitForEvent("chat", { text: "led is on" });
      const content = JSON.stringify("x".repeat(4_094));
      const { code, stderr } = await anna.run("send", await anna.file("a.json", content), "--to", "oven");
      assertEquals(code, 0, stderr);
      const line = await board.heard(/^document/);
      assertEquals(new TextDecoder().decode(board.document(line)), content);
      await board.order(`send anna ${line.split(" ")[3]}`);
      assertEquals(Deno.readTextFileSync((await a.waitForEvent("document")).path), content);
    },
    options,
  );
}

boardTest(
  "a board waits for an interface that has no address yet, and is reached once it has one",
  ["anna", "oven"],
  async (kind, lan, anna, oven) => {
    await lan.ip("oven", "addr", "flush", "dev", "eth0");
    await using board = await Board.start(kind, oven, "--interface", "eth0");
    await board.program.waitForStderr(/no interface .* has an address yet: waiting for one/);
    await lan.interfaceUp("oven");
    await using _a = await anna.up();
    await board.heard(/^up \S+ anna$/);
    assertEquals((await anna.run("say", "there you are", "--to", "oven")).code, 0);
    await board.heard(/^chat \S+ you there you are$/);
  },
  { kinds: ["posix"] },
);

boardTest(
  "boards and the program talk in a closed group, and hear nothing of an open one of the same name",
  ["anna", "oven", "lamp", "olga"],
  async (kind, _lan, anna, oven, lamp, olga) => {
    const code = newJoinCode("lab", crypto.getRandomValues(new Uint8Array(16)));
    assertEquals((await anna.run("join", code)).code, 0);
    await using outside = await olga.up("--group", "lab");
    await using a = await anna.up();
    await using board = await Board.start(kind, oven, "--join", code);
    await using other = await Board.start(kind, lamp, "--join", code);
    for (const name of ["oven", "lamp"]) await a.waitForEvent("peer", { state: "up", name });
    for (const name of ["anna", "lamp"]) await board.heard(new RegExp(`^up \\S+ ${name}$`));
    assertEquals((await anna.run("say", "members only")).code, 0);
    for (const each of [board, other]) await each.heard(/^chat \S+ all members only$/);
    await board.order("say lamp from board to board");
    await other.heard(/^chat \S+ you from board to board$/);
    assertEquals((await outside.stop()).code, 0);
    assertEquals(outside.json().filter(({ event }) => event === "peer" || event === "chat"), []);
  },
);

boardTest(
  "a document for a board lies in its storage byte for byte when send returns",
  ["anna", "oven"],
  async (kind, _lan, anna, oven) => {
    await using board = await Board.start(kind, oven);
    const filled = (size: number) => JSON.stringify("\u00fc".repeat(size / 2 - 1));
    for (const content of ['{"t":21.5}', filled(4_096), filled(100 * 1024)]) {
      const file = await anna.file("settings.json", content);
      const { code, stderr } = await anna.run("send", file, "--to", "oven");
      assertEquals(code, 0, stderr);
      const line = await board.heard(/^document/);
      assertMatch(line, / settings\.json$/);
      assert(new TextDecoder().decode(board.document(line)) === content, "what came is not the same");
    }
    assertEquals(board.contents().length, 3);
  },
);

boardTest(
  "several documents that go in parts are sent to a board at once",
  ["anna", "oven"],
  async (kind, _lan, anna, oven) => {
    await using board = await Board.start(kind, oven);
    const contents = [5_000, 20_000, 100_000, 30_000].map(unique);
    const files = await Promise.all(contents.map((content, n) => anna.file(`${n}.json`, content)));
    const { code, stderr } = await anna.run("send", ...files, "--to", "oven");
    assertEquals(code, 0, stderr);
    assertStored(board, contents);
  },
);

boardTest(
  "documents that fit no record of a board go in parts, both ways, while chats overtake them",
  ["anna", "oven"],
  async (kind, _lan, anna, oven) => {
    await using a = await anna.up();
    await using board = await Board.start(kind, oven);
    await board.heard(/^up \S+ anna$/);
    await a.waitForEvent("peer", { state: "up", name: "oven" });
    for (const size of [5_000, 1_000_000]) {
      const content = JSON.stringify("x".repeat(size - 2));
      const file = await anna.file(`large${size}.json`, content);
      const sent = anna.run("send", file, "--to", "oven", "--timeout", "60");
      assertEquals((await anna.run("say", `beside ${size}`, "--to", "oven")).code, 0);
      await board.heard((line) => line.endsWith(`you beside ${size}`));
      const { code, stderr } = await sent;
      assertEquals(code, 0, stderr);
      const line = await board.heard(/^document/);
      assert(new TextDecoder().decode(board.document(line)) === content, `${size} bytes are not the same`);
      await board.order(`send anna ${line.split(" ")[3]}`);
      const { path } = await a.waitForEvent("document", { size });
      assert(Deno.readTextFileSync(path) === content, `${size} bytes back are not the same`);
      await board.heard(/^delivered \S+ \S+$/);
    }
  },
);

boardTest(
  "a board's stream lands in the program's inbox, in order, each reading once",
  ["anna", "oven"],
  async (kind, _lan, anna, oven) => {
    await using a = await anna.up();
    await using board = await Board.start(kind, oven);
    await board.heard(/^up \S+ anna$/);
    for (let count = 0; count < 40; count++) {
      await board.order(`stream anna readings {"reading":${count}}`);
      await board.heard(/^delivered/);
    }
    for (let count = 0; count < 12; count++) await board.order(`stream anna burst {"burst":${count}}`);
    for (let count = 0; count < 12; count++) await board.heard(/^delivered/);
    await a.waitForEvent("document", { stream: "burst" });
    const received = anna.received("oven");
    const numbers = (name: string, member: string) =>
      Object.entries(received).filter(([file]) => file.startsWith(name)).flatMap(([, text]) =>
        text.trim().split("\n").map((line) => JSON.parse(line)[member])
      );
    assertEquals(numbers("readings", "reading"), Array.from({ length: 40 }, (_, count) => count));
    assertEquals(numbers("burst", "burst"), Array.from({ length: 12 }, (_, count) => count));
  },
);

boardTest(
  "what a board was told to say right before it leaves still arrives, and a line that it does not know is told",
  ["anna", "oven"],
  async (kind, _lan, anna, oven) => {
    await using a = await anna.up();
    await using board = await Board.start(kind, oven);
    await board.heard(/^up \S+ anna$/);
    await board.order("frob");
    await board.heard(/^failed frob unknown$/);
    await board.order("say anna last words");
    await board.order("quit");
    await a.waitForEvent("chat", { text: "last words" });
    const { code, stderr } = await board.program.ended();
    assertEquals(code, 0, stderr);
  },
);
