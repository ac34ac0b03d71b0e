// firmware/micropython/earshot.py: on the interpreter of MicroPython with a stand-in for its sockets, then with Python and
// real sockets against a gateway made here.

import { loadMicroPython } from "@micropython/wasm";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import dgram from "node:dgram";
import { GROUPS } from "../../lib/net/shared_binds.ts";
import { lanTest } from "../lan/lab.ts";
import { PATIENCE } from "../support/patience.ts";
import { Program, ROOT } from "../support/program.ts";
import { lacks } from "../support/require.ts";

const CLIENT = join(ROOT, "firmware/micropython/earshot.py");
/** Bytes of memory that MicroPython has for a program, fewer than on any ESP32. */
const HEAP = 64 * 1024;

/** Runs statements on MicroPython: `net` is the stand-in for the network, `e` an Earshot that finds no gateway by itself. */
async function onMicroPython(statements: string): Promise<void> {
  const python = await loadMicroPython({ heapsize: HEAP, linebuffer: true, stdout: () => {} });
  python.FS.writeFile("/earshot.py", Deno.readTextFileSync(CLIENT));
  python.FS.writeFile(
    "/socket.py",
    Deno.readTextFileSync(join(ROOT, "tests/interop/micropython/socket.py")),
  );
  python.runPython(`
import sys
sys.path.insert(0, "/")
import json
import socket as net
import earshot

def sleep(ms):
    net.now += ms

earshot.ticks_ms = lambda: net.now
earshot.sleep_ms = sleep
e = earshot.Earshot("10.0.0.1")

def error(kind, call, *args):
    try:
        call(*args)
    except kind as error:
        return str(error)
    raise AssertionError("no error")

def hello(**members):
    said = {"t": "hello", "id": "a" * 24, "name": "kitchen", "group": "earshot", "kind": "linux", "boot": 1, "seq": 1,
            "port": 3333, "every": 12, "plain": 3334}
    said.update(members)
    return b"ES1." + json.dumps(said).encode()
`);
  python.runPython(statements);
}

const ON_MICROPYTHON: [promise: string, statements: string][] = [
  [
    "it finds the gateway that an announcement names, and asks for one",
    `
net.arriving.append((hello(), ("10.0.0.7", 3333)))
assert earshot.Earshot().find() == ("10.0.0.7", 3334, "kitchen")
assert net.joined == [bytes([239, 255, 83, 72, 0, 0, 0, 0])]
data, where = net.asked[0]
assert where == ("239.255.83.72", 3333) and data[:4] == b"ES1."
ask = json.loads(data[4:])
assert ask["t"] == "ask" and ask["brief"] is True and len(ask["id"]) == 24 and len(ask["nonce"]) == 13
assert net.open_sockets == 0
`,
  ],
  [
    "it ignores an announcement that is malformed, of another group or of another peer",
    `
bad = [b"", b"ES1", b"ES1.", b"ES1!" + b"x" * 60, b"ES1.{", b"ES1.[]", b"ES1.7", b"ES1.null", b"ES1." + b"[" * 1196,
       b"ES1." + b'{"a":' * 239, b"ES1.\\xff\\xfe", b"\\xff" * 1200, hello(group="other"), hello(t="bye"), hello(t=["hello"]),
       hello(plain=0), hello(plain=65536), hello(plain=-1), hello(plain="3333"), hello(plain=True), hello(plain=1.5),
       hello(plain=None), hello(name=7), hello(name="x" * 1200), hello(name="other")]
net.arriving += [(data, ("10.0.0.6", 3333)) for data in bad]
net.arriving.append((hello(), ("10.0.0.7", 3333)))
assert earshot.Earshot(peer="kitchen").find(60) == ("10.0.0.7", 3334, "kitchen")
`,
  ],
  [
    "it looks no longer for a gateway than it is told to",
    `
assert "no gateway found within 7 s" in error(OSError, earshot.Earshot().find, 7)
assert 7000 <= net.now < 8000 and 3 <= len(net.asked) <= 5, (net.now, len(net.asked))
assert net.open_sockets == 0
`,
  ],
  [
    "it prefers another gateway to one that refused the connection",
    `
net.arriving += [(hello(), ("10.0.0.6", 1)), (hello(), ("10.0.0.6", 1)), (hello(), ("10.0.0.7", 1))]
net.refusing = 1
net.answers = [[b"Ok!\\n"]]
earshot.Earshot().say("hello")
assert net.connected == [("10.0.0.6", 3334), ("10.0.0.7", 3334)], net.connected
`,
  ],
  [
    "it says a text as one line, and refuses what a gateway takes for something else",
    `
net.answers = [[b"O", b"k!", b"\\n"]]
e.say("one\\ntwo\\x00\\u00fc ")
assert net.written == ["one two \\u00fc\\n".encode()]
for text in ("", " \\n", "{}", "[x", "Ok!", "No! x"):
    assert "cannot say" in error(ValueError, e.say, text)
for value in (1, "x", None):
    assert "cannot send" in error(ValueError, e.send, value)
assert len(net.written) == 1
`,
  ],
  [
    "it sends a value again until the gateway has saved it: no answer, a broken connection, a busy gateway",
    `
net.answers = [[], [None], [b"No! bu"], [b"No! busy\\n"], [b"No! quota: full\\n"], [b"Ok! 01JD3Q8X7Z9V5T2N4M6K8H0GWB\\n"]]
net.refusing = 1
assert e.send({"t": 21.5}, 120) == "01JD3Q8X7Z9V5T2N4M6K8H0GWB"
assert [json.loads(line) for line in net.written] == [{"t": 21.5}] * 6
assert len(net.connected) == 5 and net.open_sockets == 1
`,
  ],
  [
    "it does not send again what the gateway refuses for good",
    `
net.answers = [[b"No! not-json: 7 is no key\\n"]]
assert error(earshot.Refused, e.send, {7: 1}) == "No! not-json: 7 is no key"
assert len(net.written) == 1
`,
  ],
  [
    "it gives up when its time is over, whether nobody answers or nobody is there",
    `
assert "not delivered within 25 s" in error(OSError, e.send, [1], 25)
assert 20000 <= net.now <= 26000, net.now
e.close()
began, net.refusing = net.now, 1000
assert "not delivered within 25 s" in error(OSError, e.say, "x", 25)
assert net.now - began <= 26000
assert net.open_sockets == 0
`,
  ],
  [
    "a late answer to one line does not count for the next",
    `
net.answers = [[], [], []]
error(OSError, e.say, "first", 10)
net.answers = [[b"Ok!\\n"]]
e.say("second")
assert len(net.connected) == len(net.written)
`,
  ],
  [
    "it gives what others say line by line, also what came before an answer",
    `
net.answers = [[b"anna: hel", b"lo\\nbob: Ok!\\nOk!\\nanna: bye\\n"]]
e.say("hi")
assert [e.poll(), e.poll(), e.poll(), e.poll(), e.poll(0.2)] == ["anna: hello", "bob: Ok!", "anna: bye", None, None]
net.answers = [[b"anna: again\\nOk!\\n"]]
e.say("hi")
lines = e.lines()
assert next(lines) == "anna: again"
`,
  ],
  [
    "floods, endless lines and bytes that are no text take bounded memory, and no time beyond the one told",
    `
net.answers = [[b"a: %d\\n" % i for i in range(100)] + [b"x" * 3000] * 5 + [b"\\nb: \\xff\\n"] + [b"Ok!\\n"]]
e.say("hi")
got = []
while True:
    line = e.poll()
    if line is None:
        break
    got.append(line)
assert got == ["a: %d" % i for i in range(84, 100)], got
e._socket.pieces += [b"x" * 500] * 40
for _ in range(100):
    assert e.poll() is None and len(e._buffer) <= earshot.LINE_MAX + 512
`,
  ],
  [
    "it tests a connection on which nothing was heard for long, and tells when it broke",
    `
assert e.poll() is None and net.written == []
net.now += 31000
assert e.poll() is None and net.written == [b"\\n"]
e._socket.pieces.append(None)
error(OSError, e.poll)
assert net.open_sockets == 0 and e.poll() is None and len(net.connected) == 2
`,
  ],
];

for (const [promise, statements] of ON_MICROPYTHON) {
  Deno.test(`on MicroPython: ${promise}`, () => onMicroPython(statements));
}

// With Python

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
