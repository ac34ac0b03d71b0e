import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { lacks } from "../support/require.ts";
import type { Terminal } from "../support/tmux.ts";
import { withHosts } from "./hosts.ts";

const TERMINAL = { ignore: lacks("tmux") };

Deno.test(
  "a stream of readings is one line above the prompt that changes, beside the talk and what is typed",
  TERMINAL,
  () =>
    withHosts(["alice", "kitchen"], async (alice, kitchen) => {
      await using _k = await kitchen.up();
      await using screen = await alice.terminal(["--times"], { columns: 72 });
      await screen.waitFor(/^\d\d:\d\d \+ kitchen \(/m);
      const send = (celsius: number) =>
        kitchen.run(["send", "-", "--to", "alice", "--stream", "readings"], {
          input: `{"celsius":${celsius},"rssi":-40}`,
        });
      assertEquals((await send(20)).code, 0);
      await screen.waitFor(/^kitchen · readings: 20 °C, -40 dBm, \d+ s ago\n>$/m);
      await screen.type("half a line");
      for (const celsius of [21, 21.5]) assertEquals((await send(celsius)).code, 0);
      await screen.waitFor(/^kitchen · readings: 21\.5 °C, -40 dBm, \d+ s ago \(×3\)\n> half a line$/m);
      assertEquals((await kitchen.run(["say", "warm here"])).code, 0);
      await screen.waitFor(/^\d\d:\d\d kitchen: warm here\nkitchen · readings: .*\n> half a line$/m);
      await screen.resize(40, 20);
      await screen.waitFor(/^kitchen · readings: 21\.5 °C, -40 dBm, …\n> half a line$/m);
      await screen.press("Enter");
      const lines = await screen.waitFor(/^> half a line\nkitchen · readings: .*\n>$/m);
      assertEquals(lines.filter((line) => line.includes("· readings")).length, 1, lines.join("\n"));
      await screen.type("/quit");
      await screen.press("Enter");
      const left = (await screen.waitFor(/\[exit 0\]/)).join(" ").replaceAll(/\s+/g, " ");
      assertMatch(left, /> \/quit kitchen · readings: 21\.5 °C, -40 dBm, \d+ \w+ ago \(×3\) /);
    }),
);

Deno.test(
  "the arrow keys have the lines of the last chat, and its commands decide and look",
  TERMINAL,
  () =>
    withHosts(["alice", "bob"], async (alice, bob) => {
      await using b = await bob.up();
      const enter = async (screen: Terminal, line: string) => {
        await screen.type(line);
        await screen.press("Enter");
      };
      {
        await using screen = await alice.terminal();
        await screen.waitFor(/^\+ bob /m);
        await b.waitForEvent("peer", { state: "up", name: "alice" });
        await enter(screen, "said before");
        await b.waitForEvent("chat");
        assertEquals(
          (await bob.run(["send", "-", "--to", "alice", "--name", "a.json"], { input: '{"a":1}' })).code,
          0,
        );
        await screen.waitFor(/^bob sent a\.json \(7 B\): .*\n {4}\{"a":1\}$/m);
        await enter(screen, "/inbox bob");
        await screen.waitFor(/^[0-9A-Z]{8} .* bob +a\.json +7 B/m);
        await enter(screen, "/trust bob");
        await screen.waitFor(/^Trusted: bob \(/m);
        await enter(screen, "/block bob");
        await screen.waitFor(/^Blocked: bob \(/m);
        await enter(screen, "/clear");
        await screen.waitFor((lines) => !lines.join("").includes("Blocked"));
        await enter(screen, "/quit");
        await screen.waitFor(/\[exit 0\]/);
      }
      const folder = join(alice.home, "earshot-inbox", "bob");
      await using screen = await alice.terminal([], { columns: 160 });
      await screen.waitFor(/^>$/m);
      await screen.press(...Array(6).fill("Up"));
      await screen.waitFor(/^> said before$/m);
      await screen.press("C-u");
      await screen.type(`/send ${folder}/a.j`);
      await screen.waitFor(/\/a\.j$/m);
      await screen.press("Tab");
      await screen.waitFor(/\/a\.json$/m);
    }),
);

Deno.test(
  "peers --watch is a table that stays up to date, with the last reading of each",
  TERMINAL,
  () =>
    withHosts(["alice", "kitchen"], async (alice, kitchen) => {
      await using a = await alice.up();
      await using watch = await alice.terminal(["peers", "--watch"]);
      await watch.waitFor(/^Nobody yet\./);
      await using k = await kitchen.up();
      await a.waitForEvent("peer", { state: "up", name: "kitchen" });
      await watch.waitFor(
        /^name +kind +address +since +heard +state +reading\nkitchen +\w+ +127\.0\.0\.1:\d+ +\d\d:\d\d +\d+ s ago +up$/m,
      );
      const sent = await kitchen.run(["send", "-", "--to", "alice", "--stream", "t"], {
        input: '{"celsius":21.5}',
      });
      assertEquals(sent.code, 0);
      await watch.waitFor(/^kitchen .* up +t: 21\.5 °C$/m);
      await k.stop();
      const lines = await watch.waitFor(/^kitchen .* gone +t: 21\.5 °C$/m);
      assertEquals(lines.length, 2, lines.join("\n"));
      await watch.type("q");
      await watch.waitFor(/\[exit 0\]/);
    }),
);
