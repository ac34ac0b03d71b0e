import { assertEquals } from "@std/assert";
import { systemClock } from "../../../lib/platform/clock.ts";
import { ProcessWatch, readProc } from "../../../lib/platform/process_watch.ts";
import { pollUntil } from "../../support/patience.ts";

/** Runs `fn` while these commands run, and ends them. */
async function beside(commands: readonly string[][], fn: (pids: number[]) => Promise<void>): Promise<void> {
  const children = commands.map(([command, ...args]) => new Deno.Command(command!, { args }).spawn());
  try {
    await fn(children.map(({ pid }) => pid));
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(children.map(({ status }) => status));
  }
}

const LOOP = "while :; do :; done";
const isLinux = Deno.build.os === "linux";

Deno.test({
  name:
    "a process that others keep from running is starved, on a busy machine also one that sleeps; a stopped one is not",
  ignore: !isLinux,
  async fn() {
    const onOne = (
      niceness: string,
      command: string,
    ) => ["taskset", "-c", "0", "nice", "-n", niceness, "sh", "-c", command];
    const commands = [
      onOne("0", LOOP),
      onOne("0", LOOP),
      onOne("19", LOOP),
      ["sleep", "600"],
      onOne("19", LOOP),
    ];
    await beside(commands, async ([, , starved, sleeping, stopped]) => {
      Deno.kill(stopped!, "SIGSTOP");
      const pressure = (share: string) => (name: string) =>
        name.startsWith("pressure") ? Promise.resolve(`some avg10=${share} avg60=0`) : readProc(name);
      const watch = (pid?: number, share = "3.10") =>
        new ProcessWatch(() => pid, systemClock, pressure(share));
      const watches = [watch(starved), watch(sleeping), watch(sleeping, "99.00"), watch(stopped, "99.00")];
      const look = () => Promise.all(watches.map((watch) => watch.isStarved()));
      assertEquals(await look(), [false, false, false, false], "nothing to compare with");
      // One that has not begun to sleep yet may starve as well.
      await pollUntil(
        async () => `${await look()}` === "true,false,true,false",
        () => "nobody starves, or all do",
      );
      assertEquals((await look()).slice(1), [false, true, false]);
    });
  },
});

Deno.test("nothing is said of a process that is not there, or not known", async () => {
  for (const pid of [undefined, 2 ** 22 + 1]) {
    const watch = new ProcessWatch(() => pid);
    assertEquals([await watch.isStarved(), await watch.isStarved()], [false, false]);
  }
});
