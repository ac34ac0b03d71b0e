// `earshot dial` talks to the servers that socket tutorials teach.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { type Host, withHosts } from "../../cli/hosts.ts";
import { Program, ROOT } from "../../support/program.ts";
import { lacks } from "../../support/require.ts";

/** Starts a program of this folder; returns it with its port. */
async function tutorial(...command: string[]): Promise<{ program: Program; port: string }> {
  const child = new Deno.Command(command[0]!, {
    args: command.slice(1),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const program = new Program(child.spawn(), command.join(" "), false);
  const line = await program.waitForLine(/^listening on \d+$/);
  return { program, port: line.split(" ").at(-1)! };
}

const TUTORIALS = join(ROOT, "tests/interop/tutorials");

const ignore = lacks("programs");

const dialTest = (name: string, fn: (host: Host) => Promise<void>) =>
  Deno.test({ name, ignore, fn: () => withHosts(["alice"], fn) });

dialTest("the dgram server of Node.js tutorials answers each line", async (alice) => {
  const { program, port } = await tutorial("node", join(TUTORIALS, "udp_ok.mjs"), "0");
  await using _ = program;
  const result = await alice.run(["dial", `udp://127.0.0.1:${port}`], {
    input: 'hello\n{"celsius": 21.5}\n',
  });
  assertEquals([result.code, result.stdout], [0, "Ok!\nOk!\n"], result.stderr);
  await program.waitForLine(/^got hello$/);
  await program.waitForLine(/^got \{"celsius": 21\.5\}$/);
});

dialTest(
  "twelve that dial a C server with a backlog of ten are all served, the pending ones in their turn",
  (alice) =>
    withServer("tcp_greeter", ["0.1"], async (port) => {
      const results = await Promise.all(
        Array.from({ length: 12 }, () => alice.run(["dial", `tcp://127.0.0.1:${port}`, "--timeout", "60"])),
      );
      for (const { code, stdout } of results) assertEquals([code, stdout], [0, "Hello there.\n"]);
    }),
);

for (const protocol of ["tcp", "udp"]) {
  dialTest(
    `ESP-IDF's ${protocol}_server sends back what is typed, over IPv4 and IPv6`,
    (alice) =>
      withServer(`${protocol}_server`, [], async (port, server) => {
        for (const host of ["127.0.0.1", "[::1]"]) {
          const { code, stdout, stderr } = await alice.run(["dial", `${protocol}://${host}:${port}`], {
            input: "Message from PC\n",
          });
          assertEquals([code, stdout], [0, "Message from PC\n"], stderr);
          await server.waitForLine(/^received 1[56] bytes$/);
        }
      }),
  );
}

/** Compiles a server of this folder, starts it on any port, and ends it after `fn`. */
async function withServer(
  name: string,
  args: readonly string[],
  fn: (port: string, server: Program) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "earshot-tutorial-" });
  try {
    const path = join(folder, name);
    const { success, stderr } = new Deno.Command("gcc", {
      args: ["-Wall", "-Wextra", "-Werror", "-o", path, join(TUTORIALS, `${name}.c`)],
    }).outputSync();
    assert(success, new TextDecoder().decode(stderr));
    const { program, port } = await tutorial(path, "0", ...args);
    await using _ = program;
    await fn(port, program);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

dialTest("the bare HTTP server of Python tutorials answers a request that is typed", async (alice) => {
  const { program, port } = await tutorial("python3", join(TUTORIALS, "http_server.py"), "0");
  await using _ = program;
  const result = await alice.run(["dial", `tcp://127.0.0.1:${port}`], {
    input: "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  });
  assertEquals(result.code, 0);
  assertMatch(result.stdout, /^HTTP\/1\.0 200 OK\n[^]*\nHello from Python\n$/);
  await program.waitForLine(/^asked GET \/ HTTP\/1\.1$/);
});
