// firmware/micropython/earshot.py with Python and real sockets, against a gateway made here.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import dgram from "node:dgram";
import { GROUPS } from "../../lib/net/shared_binds.ts";
import { lanTest } from "../lan/lab.ts";
import { PATIENCE } from "../support/patience.ts";
import { Program, ROOT } from "../support/program.ts";
import { lacks } from "../support/require.ts";

const CLIENT = join(ROOT, "firmware/micropython/earshot.py");

const NO_PYTHON = lacks("programs");

/** Starts the client as a program, on loopback. */
function start(args: readonly string[]): Program {
  const process = new Deno.Command("python3", {
    args: ["-B", CLIENT, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return new Program(process, `earshot.py ${args.join(" ")}`, false);
}

async function run(...args: string[]): Promise<string> {
  await using program = start(args);
  const { code, stdout, stderr } = await program.ended();
  assertEquals([code, stderr], [0, ""], stdout);
  return stdout.trimEnd();
}

/** A gateway as far as a client sees one, on loopback, in a group of its own. */
class Gateway implements AsyncDisposable {
  readonly group = `test-${crypto.randomUUID().slice(0, 8)}`;
  /** Lines that came. */
  readonly lines: string[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #udp = dgram.createSocket({ type: "udp4", reuseAddr: true });
  readonly #connections = new Set<Deno.Conn>();
  readonly #serving: Promise<void>;
  #repeated: ReturnType<typeof setInterval> | undefined;

  /** @param answer gives what a line is answered with, more of them line by line; undefined closes the connection */
  private constructor(private readonly answer: (line: string) => string | undefined) {
    this.#serving = this.#serve();
  }

  /** Opens it. @param asked true to answer only who asks, false to announce itself to all all the time */
  static async open(asked: boolean, answer: (line: string) => string | undefined): Promise<Gateway> {
    const gateway = new Gateway(answer);
    const udp = gateway.#udp;
    await new Promise<void>((resolve) => udp.bind(3333, GROUPS[4], resolve));
    udp.addMembership(GROUPS[4], "127.0.0.1");
    udp.setMulticastInterface("127.0.0.1");
    if (asked) {
      udp.on("message", (data, from) => {
        if (data.includes(`"group": "${gateway.group}"`)) {
          udp.send(`ES1.{"t":"hello"`, from.port, from.address);
          udp.send(gateway.#hello(), from.port, from.address);
        }
      });
    } else {
      gateway.#repeated = setInterval(() => {
        udp.send(`ES1.{"t":"hello"`, 3333, GROUPS[4]);
        udp.send(gateway.#hello(), 3333, GROUPS[4]);
      }, 100);
    }
    return gateway;
  }

  /** What the client prints of it. */
  get found(): string {
    return `lab-pc 127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  /** Options by which a client finds it. */
  get options(): string[] {
    return ["--group", this.group, "--interface", "127.0.0.1"];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#repeated);
    await new Promise<void>((resolve) => this.#udp.close(() => resolve()));
    this.#listener.close();
    for (const connection of this.#connections) connection.close();
    await this.#serving;
  }

  #hello(): string {
    return `ES1.${
      JSON.stringify({
        t: "hello",
        id: "ltcheix3bvvoh4jpsby52cej",
        name: "lab-pc",
        group: this.group,
        kind: "linux",
        boot: 1,
        seq: 1,
        port: 1,
        every: 12,
        plain: this.port,
      })
    }`;
  }

  async #serve(): Promise<void> {
    const all: Promise<void>[] = [];
    for await (const connection of this.#listener) all.push(this.#talk(connection));
    await Promise.all(all);
  }

  async #talk(connection: Deno.Conn): Promise<void> {
    this.#connections.add(connection);
    const buffer = new Uint8Array(4096);
    let text = "";
    try {
      await connection.write(new TextEncoder().encode("anna: good morning\n"));
      for (let n; (n = await connection.read(buffer)) !== null;) {
        text += new TextDecoder().decode(buffer.subarray(0, n));
        const lines = text.split("\n");
        text = lines.pop()!;
        for (const line of lines) {
          this.lines.push(line);
          const answer = this.answer(line);
          if (answer === undefined) return;
          await connection.write(new TextEncoder().encode(`${answer}\n`));
        }
      }
    } catch { // closed by either side
    } finally {
      if (this.#connections.delete(connection)) {
        try {
          connection.close();
        } catch { /* by the end of the test */ }
      }
    }
  }
}

for (const asked of [true, false]) {
  Deno.test({
    name: `with Python: it finds a gateway that ${asked ? "answers its question" : "announces itself"}`,
    ignore: NO_PYTHON,
    fn: async () => {
      await using gateway = await Gateway.open(asked, () => "Ok!");
      assertEquals(await run(...gateway.options, "find"), gateway.found);
    },
  });
}

Deno.test({
  name: "with Python: it says, sends until the gateway has it, and listens",
  ignore: NO_PYTHON,
  fn: async () => {
    const answers = [undefined, "No! busy: try again", "bob: hi\nOk! 01JD3Q8X7Z9V5T2N4M6K8H0GWB"];
    await using gateway = await Gateway.open(true, (line) => line.startsWith("{") ? answers.shift() : "Ok!");
    assertEquals(await run(...gateway.options, "say", "gr\u00fc\u00dfe"), "");
    assertEquals(
      await run("--host", "127.0.0.1", "--port", `${gateway.port}`, "send", `{"a":1}`),
      "01JD3Q8X7Z9V5T2N4M6K8H0GWB",
    );
    assertEquals(gateway.lines, ["gr\u00fc\u00dfe", ...Array(3).fill(`{"a": 1}`)]);
    await using listening = start([...gateway.options, "listen"]);
    assertEquals(await listening.waitForLine(/./, PATIENCE), "anna: good morning");
  },
});

Deno.test({
  name: "with Python: it says what went wrong, and how it is called",
  ignore: NO_PYTHON,
  fn: async () => {
    await using gateway = await Gateway.open(true, () => "No! not-json: no JSON");
    for (
      const [args, code, said] of [
        [["send", "[1]"], 1, /^earshot: No! not-json: no JSON\n$/],
        [["send", "{"], 1, /^earshot: \S/],
        [["say", "{"], 1, /^earshot: cannot say '\{'/],
        [["shout"], 2, /^usage: /],
        [[], 2, /^usage: /],
      ] as const
    ) {
      await using program = start(["--host", "127.0.0.1", "--port", `${gateway.port}`, ...args]);
      const ended = await program.ended();
      assertEquals([ended.code, ended.stdout], [code, ""]);
      assertMatch(ended.stderr, said);
    }
    assert(gateway.lines.length === 1);
  },
});

lanTest(
  "with Python on another host: it finds the open gateway of the program, says, sends and listens",
  ["anna", "board"],
  async (lan, anna, board) => {
    await using a = await anna.up("--plain");
    const address = lan.address("board", 4);
    const sender = `plain-${address}`;
    const client = (...args: string[]) => {
      // Without a default route a host has to be told on which network to look.
      const command = ["python3", "-B", CLIENT, "--interface", address, ...args];
      return new Program(lan.exec("board", command), `earshot.py ${args.join(" ")}`, false);
    };
    const result = async (...args: string[]) => {
      await using program = client(...args);
      const { code, stdout, stderr } = await program.ended();
      assertEquals([code, stderr], [0, ""], stdout);
      return stdout.trimEnd();
    };

    assertEquals(await result("find"), `anna ${lan.address("anna", 4)}:3333`);
    assertEquals(await result("say", "gr\u00fc\u00dfe"), "");
    const { text, from } = await a.waitForEvent("chat");
    assertEquals([text, from], ["gr\u00fc\u00dfe", { name: sender, plain: true }]);
    assertMatch(await result("send", `{"t":21.5}`), /^[0-9A-Z]{26}$/);
    assertEquals(Object.values(anna.received(sender)).join("").trim(), `{"t": 21.5}`);

    await using listening = client("listen");
    // It prints nothing until somebody speaks, so somebody does until it does.
    await using bob = await board.up();
    await bob.waitForEvent("peer", { state: "up", name: "anna" });
    const heard = listening.waitForLine(/^board: are you there$/);
    const isHeard = heard.then(() => true);
    for (let tries = 0; tries < 30; tries++) {
      assertEquals((await board.run("say", "are you there")).code, 0);
      if (await Promise.race([isHeard, a.waitForEvent("chat").then(() => false)])) break;
    }
    await heard;
  },
  { ipv6: false },
);
