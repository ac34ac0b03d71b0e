import { assertEquals, assertMatch } from "@std/assert";
import { lacks } from "../support/require.ts";
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
      const left = (await screen.waitFor(/\[exit 0\]/)).join("\n");
      assertMatch(left, /> \/quit\nkitchen · readings: 21\.5 °C, -40 dBm, \d+\s+s\s+ago \(×3\)\n\[exit 0\]/);
    }),
);
