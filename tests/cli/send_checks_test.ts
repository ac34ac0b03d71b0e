import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { withHosts } from "./hosts.ts";

Deno.test("everything that is wrong with several files is told, each by its name, before anything leaves", {
  ignore: Deno.build.os === "windows",
}, () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using _b = await bob.up();
    const good = await alice.file("good.json", "[1]");
    const large = await alice.file("large.json", JSON.stringify("x".repeat(200_000)));
    const newline = await alice.file("new\nline.json", "[1]");
    const wrong = await alice.file("wrong.json", "{");
    const none = join(alice.home, "none.json");
    const folder = alice.home;
    const files = [good, large, newline, large, wrong, none, folder, join(alice.home, "caf\ufffd.json")];
    for (const running of [false, true]) {
      await using a = running ? await alice.up() : undefined;
      await a?.waitForEvent("peer", { state: "up", name: "bob" });
      const { code, stdout, stderr } = await alice.run(["send", ...files, "--to", "bob"]);
      assertEquals([code, stdout], [2, ""]);
      assertEquals(stderr.trim().split("\n").filter((line) => line.startsWith("earshot: ")), [
        `earshot: ${alice.home}/new line.json: its name has control characters. ` +
        "Rename it, or send it by itself with --name NAME.",
        `earshot: ${wrong}: not JSON at byte 1, line 1.`,
        `earshot: There is no file ${none}.`,
        `earshot: ${folder} cannot be read: it is a folder.`,
        `earshot: There is no file ${alice.home}/caf\ufffd.json. Its name is not UTF-8, it seems: rename it, ` +
        "or send it through standard input with --name NAME. Nothing was sent.",
      ]);
      assertEquals(bob.received("alice"), []);
      assertEquals([...Deno.readDirSync(join(alice.home, "state/spool"))], []);
    }
    const renamed = await alice.run(["send", newline, "--name", "good name.json"]);
    assertEquals([renamed.code, bob.received("alice")], [0, ["good name.json"]]);
    const tooLong = await alice.run(["send", good, "--name", "x".repeat(129)]);
    assertEquals([tooLong.code, tooLong.stderr], [
      2,
      "earshot: --name has 129 bytes, and 128 are the most.\n",
    ]);
    const stream = await alice.run(["send", good, large, "--stream", "log"]);
    assertEquals([stream.code, stream.stdout], [2, ""]);
    assertStringIncludes(
      stream.stderr,
      `${large} has 200002 bytes: a document of a stream has at most 65000.`,
    );
    assertEquals(bob.received("alice"), ["good name.json"]);
  }));

Deno.test("a name that is too long is shortened between characters, and the user is told", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using _b = await bob.up();
    const first = await alice.file("first.json", "[1]");
    const long = await alice.file("報".repeat(43) + ".json", "[2]");
    const sent = await alice.run(["send", first, long, "--to", "bob"]);
    assertEquals([sent.code, sent.stdout], [0, `Delivered ${first} to bob.\nDelivered ${long} to bob.\n`]);
    const name = "報".repeat(41) + ".json";
    assertStringIncludes(sent.stderr, `${long} goes as ${name}: its own name is too long.\n`);
    assertEquals(bob.received("alice"), ["first.json", name]);
  }));

Deno.test("that comments were removed is said, but not to those who want no remarks", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using _b = await bob.up();
    const file = await alice.file("c.jsonc", "[1, // why\n]");
    const { stderr } = await alice.run(["send", file, "--to", "bob"]);
    assertStringIncludes(stderr, `Comments or trailing commas were removed from ${file}.\n`);
    assertEquals((await alice.run(["send", file, "--to", "bob", "--quiet"])).stderr, "");
  }));
