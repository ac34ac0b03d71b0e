import { assert, assertEquals } from "@std/assert";
import { plot, quantile } from "./plot.ts";
import { join } from "@std/path";
import { ROOT } from "../support/program.ts";
import { BOARD, GATEWAY, type Stage, TOOL } from "./stage.ts";

/** What a task leaves for the report beside the screens. */
export interface Findings {
  /** Sentences. */
  readonly notes: readonly string[];
  /** Table of files on both ends. */
  readonly files?: readonly SavedFile[];
  /** A picture, by the name of its file. */
  readonly picture?: { readonly name: string; readonly svg: string; readonly caption: string };
  /** Rows of one more table, the first its head. */
  readonly table?: readonly (readonly string[])[];
}

/** A document as its sender had it, and as it was saved. */
export interface SavedFile {
  readonly sent: string;
  readonly saved: string;
  readonly bytes: number;
  /** SHA-256, as `sha256sum` printed it on either end. */
  readonly sentHash: string;
  readonly savedHash: string;
}

/** Something to be shown. It fails if anything is not as it should be. */
export interface Task {
  readonly title: string;
  run(stage: Stage): Promise<Findings>;
}

/** Chat lines whose time is taken. */
const ROUNDS = 100;

/** Everything to be shown, in the order of the report. */
export const TASKS: readonly Task[] = [
  {
    title: "Peers find each other",
    async run(stage) {
      for (const name of ["anna", "carla"]) {
        const list = await stage.earshot(name, "peers");
        for (const other of ["bert", BOARD]) {
          assert(list.includes(`${other} `), `${name} does not see ${other}`);
        }
      }
      return { notes: ["Nothing was configured: each found the others by multicast."] };
    },
  },
  {
    title: "Data from A to B",
    async run(stage) {
      const readings = Array.from({ length: 60_000 }, (_, i) => ({ n: i, celsius: 20 + i % 97 / 10 }));
      const file = await stage.host("anna").file("readings.json", JSON.stringify(readings));
      await stage.earshot("anna", "send", file, "--to", "bert");
      await stage.seen("bert", /anna sent readings\.json/);
      return { notes: [], files: [await saved(stage, "anna", "readings.json", "bert")] };
    },
  },
  {
    title: "Hello world as a chat",
    async run(stage) {
      await stage.type("anna", "hello world");
      await stage.seen("bert", /^anna: hello world$/);
      await stage.seen("carla", /^anna: hello world$/);
      await stage.type("bert", "hello anna");
      await stage.seen("anna", /^bert: hello anna$/);
      const took: number[] = [];
      for (let round = 1; round <= ROUNDS; round++) {
        const started = performance.now();
        await stage.peer("anna").write(`line ${round}\n`);
        await stage.peer("bert").waitForLine(new RegExp(`^anna: line ${round}$`));
        took.push(performance.now() - started);
      }
      const [half, nearly] = [0.5, 0.99].map((part) => quantile(took, part).toFixed(1));
      const caption =
        `${ROUNDS} lines from anna's keyboard to bert's screen: median ${half} ms, 99 % within ${nearly} ms.`;
      return {
        notes: [],
        picture: { name: "latency.svg", svg: plot("From keyboard to screen", took, "ms"), caption },
      };
    },
  },
  {
    title: "JSON from A saved to a file at B",
    async run(stage) {
      const file = await stage.host("anna").file(
        "reading.json",
        '{"sensor": "greenhouse", "celsius": 21.5}\n',
      );
      await stage.earshot("anna", "send", file, "--to", "bert");
      await stage.seen("bert", /anna sent reading\.json/);
      await stage.shell("bert", "cat earshot-inbox/anna/reading.json");
      await stage.earshot("bert", "inbox", "--limit", "1");
      return { notes: [], files: [await saved(stage, "anna", "reading.json", "bert")] };
    },
  },
  {
    title: "Boards",
    async run(stage) {
      await stage.earshot("anna", "say", "led on", "--to", BOARD);
      await stage.seen(BOARD, /^led on$/);
      await stage.seen("anna", new RegExp(`^${BOARD}.*: led is on$`));
      const file = await stage.host("carla").file("setting.json", '{"every": 60}\n');
      await stage.earshot("carla", "send", file, "--to", BOARD);
      const line = await stage.seen(BOARD, /^document /);
      const [, , , name, size] = line.split(" ");
      const folder = "board/inbox";
      const [sentHash, savedHash] = [
        await hash(stage, "carla", "setting.json"),
        await hash(stage, BOARD, `${folder}/${name}`),
      ];
      assertEquals(savedHash, sentHash);
      await stage.type(BOARD, "say all the oven is warm");
      await stage.seen("bert", new RegExp(`^${BOARD}: the oven is warm$`));
      return {
        notes: ["The board is the firmware's core, built for Linux: the same code as on an ESP32."],
        files: [{
          sent: "carla: ~/setting.json",
          saved: `${BOARD}: ${folder}/${name}`,
          bytes: Number(size),
          sentHash,
          savedHash,
        }],
      };
    },
  },
  {
    title: "Programs that open a socket",
    async run(stage) {
      const address = stage.lan.address(GATEWAY, 4);
      const own = stage.lan.address(TOOL, 4);
      const sender = `plain-${own}`;
      const answer = await stage.shell(TOOL, `echo "hello from netcat" | nc -q 1 ${address} 3333`);
      assertEquals(answer, "Ok!\n");
      await stage.seen(GATEWAY, /hello from netcat$/);
      const client = join(ROOT, "firmware/micropython/earshot.py");
      await Deno.copyFile(client, join(stage.host(TOOL).home, "earshot.py"));
      await stage.shell(TOOL, `python3 earshot.py --interface ${own} say "hello from a script"`);
      await stage.seen(GATEWAY, /hello from a script$/);
      await stage.host(TOOL).file("reading.json", '{"by": "curl", "celsius": 21.5}\n');
      await stage.shell(TOOL, `curl -sS --json @reading.json http://${address}:3333/reading.json`);
      await stage.seen(GATEWAY, /sent reading\.json/);
      return {
        notes: [
          `${GATEWAY} runs \`earshot --plain\`. Its plain gateway takes text, JSON and HTTP from any program; ` +
          "who sends so is marked as unauthenticated.",
        ],
        files: [await saved(stage, TOOL, "reading.json", GATEWAY, sender)],
      };
    },
  },
  {
    title: "What went over the wire",
    async run(stage) {
      const { capture } = stage;
      const rows = await capture.rows();
      assert(rows.some(({ what }) => what.includes("multicast")), "no multicast was seen");
      assert(rows.some(({ what }) => what.startsWith("TCP")), "no TCP was seen");
      for (const text of ["hello world", "greenhouse"]) {
        assert(!await capture.holds(text), `"${text}" can be read in the captured packets`);
      }
      return {
        notes: [
          `Everything that passed the network interface of ${capture.host} meanwhile, as tcpdump has it. ` +
          'Neither "hello world" nor "greenhouse" can be read in it.',
        ],
        table: [
          ["packets", "number", "bytes carried"],
          ...rows.map(({ what, packets, bytes }) => [what, `${packets}`, `${bytes}`]),
        ],
      };
    },
  },
];

/** Compares a file in the home of its sender with what the receiver saved. */
async function saved(
  stage: Stage,
  from: string,
  name: string,
  to: string,
  folder = from,
): Promise<SavedFile> {
  const path = `earshot-inbox/${folder}/${name}`;
  const [sentHash, savedHash] = [await hash(stage, from, name), await hash(stage, to, path)];
  assertEquals(savedHash, sentHash, `${name} differs`);
  const { size } = await Deno.stat(`${stage.host(to).home}/${path}`);
  return { sent: `${from}: ~/${name}`, saved: `${to}: ~/${path}`, bytes: size, sentHash, savedHash };
}

async function hash(stage: Stage, name: string, path: string): Promise<string> {
  return (await stage.shell(name, `sha256sum ${path}`)).split(" ")[0]!;
}
