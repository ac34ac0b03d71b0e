// Links that break again and again while boards and the program talk.

import { assertEquals } from "@std/assert";
import type { Lan } from "../support/lan.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { type LabHost, LONG } from "../lan/lab.ts";
import { Board, boardTest, type Kind } from "./board.ts";
import { allStreamed, assertStored, unique } from "./traffic.ts";

/** Short cuts of each build. */
const CUTS: Record<Kind, number> = { posix: 199, lwip: 60 };
/** Rows that wait at the board, at most: it keeps no more than 16 messages. */
const WAITING = 10;
/** A cut that no session survives: the other one is gone after 22 s at the latest. */
const LONG_CUT_MS = 24_000;
/** Pause of who sends to the board, milliseconds: the links break meanwhile, too. */
const PAUSE_MS = 500;

/** What is sent to the board while the link is cut, again and again until `over`: each once, and acknowledged. */
async function sendMeanwhile(
  from: LabHost,
  to: LabHost,
  over: () => boolean,
): Promise<{ said: string[]; sent: string[] }> {
  const said: string[] = [];
  const sent: string[] = [];
  for (let round = 0; !over(); round++) {
    const text = `round ${round}`;
    said.push(text);
    const chat = await from.run("say", text, "--to", to.name, "--timeout", "80");
    assertEquals(chat.code, 0, chat.stderr);
    const content = unique([10, 4096, 100 * 1024][round % 3]!);
    sent.push(content);
    const file = await from.file(`d${round}.json`, content);
    const document = await from.run("send", file, "--to", to.name, "--timeout", "80");
    assertEquals(document.code, 0, document.stderr);
    await wait(PAUSE_MS);
  }
  return { said, sent };
}

/** A short cut of one of three kinds: at the switch, at the host with its addresses, or for up to half a second. */
async function cut(lan: Lan, random: SeededRandom): Promise<void> {
  const [down, up] = random.pick([
    [() => lan.linkDown("oven"), () => lan.linkUp("oven")],
    [() => lan.interfaceDown("oven"), () => lan.interfaceUp("oven")],
    [() => lan.linkDown("anna"), () => lan.linkUp("anna")],
  ]);
  await down!();
  if (random.between(0, 10) < 1) await wait(random.between(0, 500));
  await up!();
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

boardTest(
  "nothing is lost, doubled or out of order where the link is cut again and again",
  ["anna", "oven"],
  async (kind, lan, anna, oven) => {
    const random = new SeededRandom();
    await using a = await anna.up();
    await using board = await Board.start(kind, oven);
    await board.heard(/^up \S+ anna$/);
    await a.waitForEvent("peer", { state: "up", name: "oven" });
    let over = false;
    const traffic = sendMeanwhile(anna, oven, () => over);
    traffic.catch(() => over = true); // told below, where it is awaited
    let rows = 0;
    const row = () => board.order(`stream anna row {"n":${rows++}}`);
    for (let count = 0; count < CUTS[kind]; count++) {
      await row();
      await cut(lan, random);
      if (rows > WAITING) await board.heard(/^delivered/, LONG);
    }
    await lan.linkDown("oven");
    await row();
    await wait(LONG_CUT_MS);
    await lan.linkUp("oven");
    over = true;
    const { said, sent } = await traffic;
    await allStreamed(a, anna, "oven", "row", rows);
    const heard = board.program.lines.filter((line) => line.startsWith("chat "));
    assertEquals(heard.map((line) => line.split(" you ")[1]), said);
    assertStored(board, sent);
    assertEquals(board.program.lines.filter((line) => line.startsWith("failed")), []);
    console.log(
      `${said.length} chats and ${sent.length} documents went to the board, ${rows} rows came from it`,
    );
  },
);
