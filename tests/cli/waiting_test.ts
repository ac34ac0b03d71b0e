import { assertEquals, assertStringIncludes } from "@std/assert";
import { withHosts } from "./hosts.ts";

Deno.test("send, say and peers tell what waits for somebody, but for what they were about themselves", () =>
  withHosts(["alice", "kitchen"], async (alice, kitchen) => {
    const file = await alice.file("a.json", "[1]");
    const first = await kitchen.up();
    const id = first.json().find(({ event }) => event === "ready")!.id;
    assertEquals((await alice.run(["say", "hello", "--to", "kitchen"])).stderr.includes("wait"), false);
    await first.stop();

    const queued = await alice.run(["send", file, "--to", id, "--queue"]);
    assertEquals(queued.code, 0, queued.stderr);
    assertEquals(queued.stderr.includes("for kitchen"), false, "that is what it was about");
    assertStringIncludes(
      (await alice.run(["peers", "--wait", "0.1"])).stderr,
      "1 document waits for kitchen",
    );

    await using _kitchen = await kitchen.up();
    for (const args of [["say", "hello", "--to", "kitchen"], ["send", file, "--to", "kitchen"]]) {
      const { code, stderr } = await alice.run(args);
      assertEquals(code, 0);
      assertStringIncludes(stderr, "1 document waits for kitchen; `earshot run` delivers it.");
    }
    await alice.run(["send", file, "--to", id, "--queue"]);
    assertStringIncludes(
      (await alice.run(["say", "hello", "--to", "kitchen"])).stderr,
      "2 documents wait for kitchen; `earshot run` delivers them.",
    );
    await using a = await alice.up();
    await a.waitForEvent("delivered");
    assertEquals((await alice.run(["peers"])).stderr.includes("wait"), false);
  }));
