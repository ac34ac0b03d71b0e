// Programs as socket tutorials teach them, unchanged, against an open gateway: each is a client of `earshot run --plain`.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import type { JsonLine, Program } from "../../support/program.ts";
import { meet } from "../../lan/lab.ts";
import { tutorialTest } from "./programs.ts";

const PORT = "3333";
/** The groups of the ESP-IDF example `udp_multicast`. */
const GROUPS = ["232.10.11.12", "ff02::fc"];

/** What a peer has shown as chat so far. */
function shown(peer: Program): JsonLine[] {
  return peer.json().filter(({ event }) => event === "chat");
}

/** The texts that a peer has shown as chat of `sender`. */
function textsOf(peer: Program, sender: string): string[] {
  return shown(peer).filter(({ from }) => from.name === sender).map(({ text }) => text.trim());
}

/** Waits for the next document of a peer and gives its event and its content. */
async function nextDocument(peer: Program): Promise<{ event: JsonLine; content: string }> {
  const event = await peer.waitForEvent("document");
  return { event, content: await Deno.readTextFile(event.path) };
}

function assertPlain({ from }: JsonLine, name: string): void {
  assertEquals([from.name, from.plain], [name, true]);
}

for (const family of [4, 6] as const) {
  tutorialTest(
    `datagrams of a Node.js program are shown and saved, and each is answered (IPv${family})`,
    ["anna", "laptop"],
    async (programs, anna, laptop) => {
      await using a = await anna.up("--plain");
      const reading = '{"celsius": 21.5, "where": "Zürich"}';
      const client = programs.node(
        laptop,
        "udp_client.mjs",
        programs.lan.address("anna", family),
        PORT,
        "Hello from Node.js",
        reading,
        '{"celsius": ',
      );
      const { code, stderr } = await client.ended();
      assertEquals(code, 0, stderr);
      assertEquals(client.lines.length, 3);
      assertMatch(client.lines[0]!, /^Ok!/);
      assertMatch(client.lines[1]!, /^Ok!/);
      assertMatch(client.lines[2]!, /^No! not-json: \S/);
      const sender = `plain-${programs.lan.address("laptop", family).replaceAll(":", "-")}`;
      const chat = await a.waitForEvent("chat", { text: "Hello from Node.js" });
      assertPlain(chat, sender);
      const { event, content } = await nextDocument(a);
      assertPlain(event, sender);
      assertEquals(content, reading + "\n");
      assertEquals(Object.values(anna.received(sender)), [reading + "\n"]);
    },
  );
}

tutorialTest(
  "a board that says hello a hundred times is shown a hundred times",
  ["anna", "board"],
  async (programs, anna, board) => {
    await using a = await anna.up("--plain");
    const name = `plain-${programs.lan.address("board", 4)}`;
    const sender = await programs.c(
      board,
      "udp_sender",
      programs.lan.address("anna", 4),
      PORT,
      ...["100", "25"], // below the 50 answers a second that an address gets
    );
    const { code, stdout, stderr } = await sender.ended();
    assertEquals([code, stdout], [0, "100 sent, 100 answered\n"], stderr);
    for (let i = 0; i < 100; i++) assertPlain(await a.waitForEvent("chat"), name);
    assertEquals(textsOf(a, name), Array(100).fill("Hello from ESP32"));
  },
);

for (
  const [example, what] of [["udp_client", "datagram"], ["tcp_client", "text without a newline"]] as const
) {
  tutorialTest(
    `the ESP-IDF example ${example} gets an answer to every ${what}`,
    ["anna", "board"],
    async (programs, anna, board) => {
      await using a = await anna.up("--plain");
      const client = await programs.c(board, example, programs.lan.address("anna", 4), PORT, "3");
      const { code, stdout, stderr } = await client.ended();
      assertEquals(code, 0, stdout + stderr);
      assertEquals(client.lines.filter((line) => /^Received \d+ bytes: Ok!/.test(line)).length, 3, stdout);
      for (let i = 0; i < 3; i++) await a.waitForEvent("chat");
      const sender = `plain-${programs.lan.address("board", 4)}`;
      assertEquals(textsOf(a, sender), Array(3).fill("Message from ESP32"));
    },
  );
}

tutorialTest(
  "three gateways show each line of the ESP-IDF example udp_multicast once, and what is said reaches it once",
  ["anna", "bert", "carl", "board"],
  async (programs, anna, bert, carl, board) => {
    const groups = GROUPS.flatMap((group) => ["--plain-group", group]);
    await using a = await anna.up("--plain", ...groups);
    await using b = await bert.up("--plain", ...groups);
    await using c = await carl.up("--plain", ...groups);
    const peers = { anna: a, bert: b, carl: c };
    await meet(peers);
    const examples = [];
    for (const group of GROUPS) {
      const example = await programs.c(board, "udp_multicast", group, PORT, "eth0", "3", "100");
      await example.waitForLine(/^joined/);
      examples.push(example);
    }
    const sent = [4, 6].flatMap((ip) => [1, 2, 3].map((n) => `Multicast from ESP32 over IPv${ip}, ${n}`));
    for (const peer of Object.values(peers)) {
      for (const text of sent) assertEquals((await peer.waitForEvent("chat", { text })).from.plain, true);
    }
    // What is said last comes behind whatever a loop would have brought.
    for (const [host, text] of [[anna, "first"], [bert, "second"], [carl, "last"]] as const) {
      const { code, stderr } = await host.run("say", text);
      assertEquals(code, 0, stderr);
      for (const example of examples) await example.waitForLine(new RegExp(`^received .*\\b${text}$`));
    }
    for (const [name, peer] of Object.entries(peers)) {
      const texts = { anna: "first", bert: "second", carl: "last" };
      const others = Object.entries(texts).filter(([who]) => who !== name).map(([, text]) => text);
      for (const text of others) assert((await peer.waitForEvent("chat", { text })).from.id);
      assertEquals(shown(peer).map(({ text }) => text).toSorted(), [...sent, ...others].toSorted(), name);
    }
    for (const example of examples) {
      const heard = example.lines.filter((line) => line.startsWith("received "));
      assertEquals(heard.length, 3, heard.join("\n"));
    }
  },
);

tutorialTest(
  "an HTTP client on a bare socket, as MicroPython's tutorials have it, reads the gateway's page",
  ["anna", "board"],
  async (programs, anna, board) => {
    await using _a = await anna.up("--plain");
    const client = programs.python(board, "http_client.py", programs.lan.address("anna", 4), PORT);
    const { code, stdout, stderr } = await client.ended();
    assertEquals([code, stdout], [0, "HTTP/1.1 200 OK\n"], stderr);
  },
);

for (const [family, ip, text] of [["inet", 4, "no newline"], ["inet6", 6, '{"end": "of input"}']] as const) {
  tutorialTest(
    `a sender that ends its half of the connection still gets its answer (AF_${family.toUpperCase()})`,
    ["anna", "laptop"],
    async (programs, anna, laptop) => {
      await using a = await anna.up("--plain");
      const address = programs.lan.address("anna", ip);
      const client = await programs.c(laptop, "stream_client", family, "half-closed", text, address, PORT);
      const { code, stdout, stderr } = await client.ended();
      assertEquals(code, 0, stderr);
      const isJson = text.startsWith("{");
      assertMatch(stdout, isJson ? /^Ok! [0-9A-HJKMNP-TV-Z]{26}\r?\n$/ : /^Ok!\r?\n$/);
      if (isJson) assertEquals((await nextDocument(a)).content, text + "\n");
      else await a.waitForEvent("chat", { text });
    },
  );
}

tutorialTest(
  "the control socket answers a request that a program writes by hand (AF_UNIX)",
  ["anna"],
  async (programs, anna) => {
    await using _a = await anna.up();
    const request = '{"id": 7, "method": "status", "params": {}}\n';
    const socket = join(anna.state, "control.sock");
    const client = await programs.c(anna, "stream_client", "unix", "open", request, socket);
    const { code, stdout, stderr } = await client.ended();
    assertEquals(code, 0, stderr);
    const { id, result } = JSON.parse(stdout);
    assertEquals([id, result.name], [7, "anna"]);
  },
);

tutorialTest(
  "two netcats chat through one gateway, with its user and with each other",
  ["anna", "bert", "carl"],
  async (programs, anna, bert, carl) => {
    await using a = await anna.up("--plain");
    const { lan } = programs;
    const b = programs.start(bert, "nc", lan.address("anna", 4), PORT);
    const c = programs.start(carl, "nc", lan.address("anna", 6), PORT);
    const [isBert, isCarl] = [
      `plain-${lan.address("bert", 4)}`,
      `plain-${lan.address("carl", 6).replaceAll(":", "-")}`,
    ];
    for (const [client, text, name] of [[b, "bert is here", isBert], [c, "carl is here", isCarl]] as const) {
      await client.write(text + "\n");
      await client.waitForLine(/^Ok!/);
      assertPlain(await a.waitForEvent("chat", { text }), name);
    }
    await b.write("hello, carl\n");
    await c.waitForLine((line) => line === `${isBert}: hello, carl`);
    await c.write("hello, bert\n");
    await b.waitForLine((line) => line === `${isCarl}: hello, bert`);
    assertEquals((await anna.run("say", "hello, both")).code, 3, "no other peer is there");
    for (const client of [b, c]) await client.waitForLine(/^anna: hello, both$/);
    assert(!b.lines.some((line) => line.startsWith(isBert)), b.stdout);
    assert(!c.lines.some((line) => line.startsWith(isCarl)), c.stdout);
  },
);

tutorialTest(
  "curl --json saves a document, byte for byte",
  ["anna", "laptop"],
  async (programs, anna, laptop) => {
    await using a = await anna.up("--plain");
    const reading = '{\n  "celsius": 21.50,\n  "where": "Zürich"\n}\n';
    await laptop.file("reading.json", reading);
    const url = `http://${programs.lan.address("anna", 4)}:${PORT}/reading.json`;
    const write = ["-o", "/dev/null", "-w", "%{http_code}\\n"];
    const curl = programs.start(laptop, "curl", "-sS", ...write, "--json", "@reading.json", url);
    const { code, stdout, stderr } = await curl.ended();
    assertEquals([code, stdout], [0, "201\n"], stderr);
    const { event, content } = await nextDocument(a);
    assertPlain(event, `plain-${programs.lan.address("laptop", 4)}`);
    assertEquals(content, reading);
    assertMatch(event.name, /^reading\.json$/);
  },
);
