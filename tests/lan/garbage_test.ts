import { assert, assertEquals } from "@std/assert";
import { SeededRandom } from "../support/seeded_random.ts";
import { comings, lanTest, meet, residentMiB } from "./lab.ts";

/** Rounds of garbage that a peer has to stand, and those after which its memory may grow no more. */
const ROUNDS = 80;
const WARM = 40;

/** Resident memory that a peer may take on more in the later rounds, and in all, MiB. */
const GROWTH = 64;
const MOST = 256;

lanTest(
  "garbage on every port keeps nobody from being found, chatting and receiving, and memory stays bounded",
  ["anna", "bert", "pest"],
  async (lan, anna, bert, pest) => {
    await using a = await anna.up();
    const { seed } = new SeededRandom();
    await using pester = pest.agent(
      ...["pester.ts", lan.address("anna", 4), lan.address("anna", 6), "3333", `${seed}`] as const,
    );
    let rounds = 0;
    const pestered = async (count: number) => {
      while (rounds < count) await pester.waitForLine(new RegExp(`^round ${++rounds}$`));
    };
    await pestered(1);

    await using b = await bert.up();
    await meet({ anna: a, bert: b });
    const round = async (name: string) => {
      for (const [from, to, program] of [[anna, bert, b], [bert, anna, a]] as const) {
        const file = await from.file(name, "[]");
        const sent = await from.run("send", file, "--to", to.name);
        assertEquals(sent.code, 0, sent.stderr);
        assertEquals(to.received(from.name)[name], "[]");
        const said = await from.run("say", name, "--to", to.name);
        assertEquals(said.code, 0, said.stderr);
        await program.waitForEvent("chat", { text: name });
      }
    };
    await round("early.json");
    await pestered(WARM);
    const before = residentMiB(a);
    await pestered(ROUNDS);
    await round("late.json");
    const after = residentMiB(a);
    assert(after - before < GROWTH && after < MOST, `${before} MiB became ${after} MiB`);
    assertEquals([comings(a), comings(b)], [["+bert"], ["+anna"]]);
    assertEquals(a.json().filter(({ event }) => event === "warning"), []);
  },
);
