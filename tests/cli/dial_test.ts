// `earshot dial`: a raw socket in the terminal.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import dgram from "node:dgram";
import { pollUntil } from "../support/patience.ts";
import { type Host, withHosts } from "./hosts.ts";

/** A TCP server in this process that hands each connection to `serve`. */
function server(serve: (conn: Deno.TcpConn) => Promise<void>, hostname = "127.0.0.1") {
  const listener = Deno.listen({ hostname, port: 0 });
  const running: Promise<void>[] = [];
  const loop = (async () => {
    for await (const conn of listener) {
      running.push(
        serve(conn).catch(() => {}).finally(() => {
          try {
            conn.close();
          } catch { /* closed already */ }
        }),
      );
    }
  })();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await loop;
      await Promise.all(running);
    },
  };
}

async function readAll(conn: Deno.TcpConn): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(1024);
  for (let n; (n = await conn.read(buffer)) !== null;) {
    text += new TextDecoder().decode(buffer.subarray(0, n));
  }
  return text;
}

const write = (conn: Deno.TcpConn, text: string) => conn.write(new TextEncoder().encode(text));

const dialTest = (name: string, fn: (host: Host) => Promise<void>) =>
  Deno.test(name, () => withHosts(["alice"], fn));

dialTest("what is typed goes out, and whoever half-closes still gets the answer", async (alice) => {
  for (const hostname of ["127.0.0.1", "::1"]) {
    await using echo = server(async (conn) => void await write(conn, `got ${await readAll(conn)}`), hostname);
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    const result = await alice.run(["dial", `tcp://${host}:${echo.port}`], { input: "one\ntwo" });
    assertEquals([result.code, result.stdout], [0, "got one\ntwo\n"], result.stderr);
    assertEquals(result.stderr, `Connected to tcp://${host}:${echo.port}.\n`);
  }
});

dialTest("a datagram that the system does not send is an error, and no success", async (alice) => {
  // A broadcast needs a permission of the socket that `dial` never asks for.
  const { code, stderr } = await alice.run(["dial", "udp://255.255.255.255:9"], { input: "lost\n" });
  assertEquals(code, 1);
  assertMatch(stderr, /^earshot: Nothing can be sent to udp:\/\/255\.255\.255\.255:9: check the address/m);
});

dialTest(
  "with --json a character that arrives in two pieces is one text, and bytes that are none are hex",
  async (alice) => {
    await using cut = server(async (conn) => {
      for (const piece of [[0x61, 0xc3], [0xa9, 0xe2, 0x82], [0xac], [0x01, 0x03, 0xc5], [0x62, 0xe2]]) {
        await conn.write(Uint8Array.from(piece));
        await conn.read(new Uint8Array(1));
      }
    });
    await using program = alice.start(["dial", "--json", `tcp://127.0.0.1:${cut.port}`], { stdin: "piped" });
    const shown = [{ text: "a" }, { text: "é" }, { text: "€" }, { hex: "01 03 c5" }, { text: "b" }];
    for (const piece of shown) {
      await program.waitForJson(piece);
      await program.write("x");
    }
    await program.ended();
    assertEquals(program.json(), [...shown, { hex: "e2" }]);
  },
);

dialTest("who waits with --timeout waits no longer", async (alice) => {
  const late = await alice.run(["dial", "--listen", "udp://127.0.0.1:0", "--timeout", "0.2"]);
  assertEquals([late.code, /Nobody has connected within 0.2 s/.test(late.stderr)], [3, true], late.stderr);
  const { code, stderr } = await alice.run(["dial", "--listen", "tcp://127.0.0.1:0", "--timeout", "0.2"]);
  assertEquals(code, 3);
  assertStringIncludes(stderr, "Nobody has connected within 0.2 s.");
});

dialTest("a name is tried at each of its addresses", async (alice) => {
  await using hello = server(async (conn) => void await write(conn, "hello\n"));
  const { code, stdout } = await alice.run(["dial", `tcp://localhost:${hello.port}`]);
  assertEquals([code, stdout], [0, "hello\n"]);
});

dialTest(
  "bytes that could command a terminal are printed as hex, and all as JSON with --json",
  async (alice) => {
    await using binary = server(async (conn) => void await conn.write(Uint8Array.of(0x1b, 0x5b, 0x32, 0x4a)));
    const address = `tcp://127.0.0.1:${binary.port}`;
    assertEquals((await alice.run(["dial", address])).stdout, "hex 1b 5b 32 4a\n");
    assertEquals((await alice.run(["dial", address, "--json"])).stdout, '{"hex":"1b 5b 32 4a"}\n');
  },
);

dialTest("who cannot be dialled is told, with what to do", async (alice) => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const refused = await alice.run(["dial", `tcp://127.0.0.1:${port}`]);
  assertEquals([refused.code, refused.stderr], [
    1,
    `earshot: Nobody listens at tcp://127.0.0.1:${port}: start the server there, or check the port.\n`,
  ]);
  const unknown = await alice.run(["dial", "tcp://none.invalid:1"]);
  assertEquals(unknown.code, 3);
  assertMatch(unknown.stderr, /^earshot: There is no host "none\.invalid"/);
  const wrong = await alice.run(["dial", "localhost:1"]);
  assertEquals(wrong.code, 2);
  assertMatch(wrong.stderr, /invalid address "localhost:1": expected tcp:\/\/HOST:PORT/);
});

dialTest("a server that is gone in the middle is told", async (alice) => {
  await using reset = server(async (conn) => {
    await conn.read(new Uint8Array(1));
    // Data that was not read makes the end a reset.
    conn.close();
  });
  await using program = alice.start(["dial", `tcp://127.0.0.1:${reset.port}`], { stdin: "piped" });
  await program.waitForStderr(/Connected/);
  await program.write("more than one byte\n");
  const { code, stderr } = await program.ended();
  assert(code === 0 || (code === 1 && /broke: the other side has ended it/.test(stderr)), stderr);
});

dialTest("two of them talk when one waits, over TCP and over UDP", async (alice) => {
  for (const protocol of ["tcp", "udp"]) {
    await using waiting = alice.start(["dial", "--listen", `${protocol}://127.0.0.1:0`], { stdin: "piped" });
    const line = await waiting.waitForStderr(/Waiting at \S+:\d+\./);
    const address = line.slice("Waiting at ".length, -1);
    await using calling = alice.start(["dial", address], { stdin: "piped" });
    await calling.write("hello\n");
    await waiting.waitForLine(/^hello$/);
    await waiting.write("hello back\n");
    await calling.waitForLine(/^hello back$/);
    await calling.endInput();
    if (protocol === "tcp") await waiting.endInput();
    assertEquals((await calling.ended()).code, 0);
    if (protocol === "udp") waiting.signal("SIGINT");
    assertEquals((await waiting.ended()).code, protocol === "udp" ? 130 : 0);
  }
});

dialTest("a port that another program has is told", async (alice) => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    const { code, stderr } = await alice.run(["dial", "--listen", `tcp://127.0.0.1:${listener.addr.port}`]);
    assertEquals(code, 1);
    assertMatch(stderr, /cannot be opened: another program has it\.$/m);
  } finally {
    listener.close();
  }
});

dialTest(
  "a server that sends without end costs a stopped reader no memory, and Ctrl-C ends it",
  async (alice) => {
    await using flood = server(async (conn) => {
      for (const block = new Uint8Array(65_536).fill(0x61);;) await conn.write(block);
    });
    await using program = alice.start(["dial", `tcp://127.0.0.1:${flood.port}`]);
    await program.waitForStderr(/Connected/);
    await program.closeOutput();
    program.signal("SIGINT");
    const { code } = await program.ended();
    assert(code === 130 || code === 0, `${code}`);
  },
);

dialTest("--save puts lines that are JSON into the inbox, also while a peer runs", async (alice) => {
  const sent = '{"t":1}\nhello\n[INFO] started\n[2]\n{"t":\n{"t":3}';
  await using readings = server(async (conn) => void await write(conn, sent));
  const dialled = async () => {
    const result = await alice.run(["dial", "--save", `tcp://127.0.0.1:${readings.port}`]);
    assertEquals([result.code, result.stdout], [1, `${sent}\n`], result.stderr);
    assertMatch(result.stderr, /^Saved 3 documents from plain-127\.0\.0\.1\.$/m);
    assertMatch(
      result.stderr,
      /^earshot: 2 of the lines that begin as JSON were not saved: no JSON, or over/m,
    );
  };
  const line = '{"t":1}\n[2]\n{"t":3}\n';
  await dialled();
  assertEquals(plainLines(alice), line);
  await using peer = alice.start(["run"]);
  await peer.waitForLine(/./);
  await dialled();
  assertEquals(plainLines(alice), line + line);
  const listed = await alice.run(["inbox", "--json"]);
  const from = new Set(listed.stdout.trim().split("\n").map((row) => JSON.parse(row).from.name));
  assertEquals([...from], ["plain-127.0.0.1"]);
});

dialTest(
  "--save takes each datagram as one document, whatever lines it has, and none that is too long",
  async (alice) => {
    await using waiting = alice.start(["dial", "--save", "--listen", "udp://127.0.0.1:0"]);
    const address = await waiting.waitForStderr(/Waiting at udp:\/\/127\.0\.0\.1:\d+\./);
    const port = Number(/(\d+)\.$/.exec(address)![1]);
    const socket = dgram.createSocket("udp4");
    try {
      for (const text of [`["${"x".repeat(65_000)}"]`, '{"t":\n 4}\0']) {
        socket.send(new TextEncoder().encode(text), port, "127.0.0.1");
      }
      await pollUntil(() => plainLines(alice) === '{"t":  4}\n', () => plainLines(alice));
    } finally {
      socket.close();
    }
  },
);

/** Returns the lines in the inbox that came from programs on this host. */
function plainLines(host: Host): string {
  const folder = join(host.home, "earshot-inbox", "plain-127.0.0.1");
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => Deno.readTextFileSync(join(folder, name))).join(
      "",
    );
  } catch {
    return "";
  }
}
