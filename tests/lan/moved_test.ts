import { assert, assertEquals } from "@std/assert";
import { pollUntil } from "../support/patience.ts";
import { lateness } from "../support/program.ts";
import { lanTest, meet } from "./lab.ts";

lanTest(
  "a peer whose address changes while a session is open is reached at the new one within seconds, and shown there",
  ["anna", "bert"],
  async (lan, anna, bert) => {
    await using a = await anna.up();
    await using b = await bert.up();
    await meet({ anna: a, bert: b });
    const file = await anna.file("a.json", "[]");
    assertEquals((await anna.run("send", file, "--to", "bert")).code, 0);

    await lan.ip("bert", "addr", "del", `${lan.address("bert", 4)}/24`, "dev", "eth0");
    await lan.ip("bert", "addr", "add", "10.83.0.77/24", "dev", "eth0");
    const since = Date.now();
    // The interfaces are read every 2 s, and the session is given 3 s to answer.
    const sent = await anna.run("send", file, "--to", "bert", "--name", "b.json");
    assertEquals([sent.code, sent.stderr], [0, ""]);
    assert(Date.now() - since < 20_000 + lateness(a, b), `${Date.now() - since} ms`);
    const shown = async () => {
      const peers = await anna.run("peers", "--json");
      return peers.stdout.trim().split("\n").map((line) => JSON.parse(line)).find(({ name }) =>
        name === "bert"
      );
    };
    // The session may have come from there: then the old address is shown until it is older than the new one.
    await pollUntil(async () => (await shown()).address === "10.83.0.77:3333", () => "the new address");
    assertEquals((await shown()).state, "up");
    const comings = a.json().filter(({ event, name }) => event === "peer" && name === "bert");
    assertEquals(comings.map(({ state }) => state).filter((state) => state === "gone"), []);
  },
  { ipv6: false },
);
