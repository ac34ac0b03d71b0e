import { assertEquals } from "@std/assert";
import { programCommand, programEnv } from "../support/program.ts";
import { type Host, withHosts } from "./hosts.ts";

const UNIX = { ignore: Deno.build.os === "windows" };

/** Starts `run` behind shell words, and gives its process, which the shell becomes. */
function behind(words: string, host: Host): Deno.ChildProcess {
  const command = [...programCommand(), ...host.options, "run", "--json"].map((word) => `'${word}'`).join(
    " ",
  );
  return new Deno.Command("sh", {
    args: ["-c", `${words} ${command}`],
    env: programEnv(host.env),
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/** A test that fails leaves nothing behind that the suite would wait for. */
function endIfRunning(process: Deno.ChildProcess): void {
  try {
    process.kill("SIGKILL");
  } catch { /* it has ended */ }
}

for (const [how, words] of [["nohup", "exec nohup"], ["trap", "trap '' HUP; exec"]] as const) {
  Deno.test(
    `a SIGHUP that came in ignored, by ${how}, stays ignored`,
    UNIX,
    () =>
      withHosts(["alice", "bob"], async (alice, bob) => {
        await using b = await bob.up();
        const process = behind(words, alice);
        try {
          await b.waitForEvent("peer", { state: "up", name: "alice" });
          process.kill("SIGHUP");
          assertEquals((await bob.run(["say", "--to", "alice", "still there?"])).code, 0);
          assertEquals(b.json().filter(({ state }) => state === "gone"), []);
          process.kill("SIGTERM");
          assertEquals((await process.status).code, 0);
        } finally {
          endIfRunning(process);
        }
      }),
  );
}

Deno.test(
  "any other SIGHUP ends a peer in good order",
  UNIX,
  () =>
    withHosts(["alice", "bob"], async (alice, bob) => {
      await using b = await bob.up();
      const process = behind("exec", alice);
      try {
        await b.waitForEvent("peer", { state: "up", name: "alice" });
        process.kill("SIGHUP");
        await b.waitForEvent("peer", { state: "gone", name: "alice", why: "bye" });
        assertEquals((await process.status).code, 0);
      } finally {
        endIfRunning(process);
      }
    }),
);

Deno.test(
  "a signal that comes twice at once, from the system and from what started the program, is one request to end",
  { ignore: Deno.build.os === "windows" },
  () =>
    withHosts(["alice"], async (alice) => {
      await using a = await alice.up();
      a.signal("SIGINT");
      a.signal("SIGTERM");
      assertEquals((await a.ended()).code, 0);
    }),
);
