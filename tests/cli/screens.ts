// The screens that the manual shows, captured from the program in a real terminal. `deno task screens` writes them.

import { fromFileUrl } from "@std/path";
import { table } from "../../lib/cli/terminal/columns.ts";
import { ROOT } from "../support/program.ts";
import { type Host, withHosts } from "./hosts.ts";

/** What is shown in place of what differs from run to run. */
const IDS: Readonly<Record<string, string>> = { alice: "q3k7dm", bob: "w2m5xe", kitchen: "a75zvd" };
const ADDRESS = "192.168.1.21:3333";
const AGE = "4 s ago";
const TIME = "10:42";

/** Captures the screens, by the names with which `screen:` comments in the manual ask for them. */
export async function captureScreens(): Promise<Record<string, string>> {
  const screens: Record<string, string> = {};
  const group = `lab-${crypto.randomUUID().slice(0, 8)}`;
  await withHosts(["alice", "bob", "kitchen"], async (alice, bob, kitchen) => {
    await using b = await bob.up();
    await using chat = await alice.terminal([], { columns: 160 });
    await chat.waitFor(/^\+ bob /m);
    await using _k = await kitchen.up();
    await chat.waitFor(/^\+ kitchen /m);
    await b.waitForEvent("peer", { state: "up", name: "alice" });
    const enter = async (line: string) => {
      await chat.type(line);
      await chat.press("Enter");
    };
    await enter("hello bob");
    await b.waitForEvent("chat");
    await run(bob, ["say", "hello everyone"]);
    await chat.waitFor(/^bob: hello/m);
    await run(bob, ["send", "-", "--to", "alice", "--name", "plan.json"], '{"water": ["tomatoes", "basil"]}');
    await chat.waitFor(/basil/);
    for (const celsius of [21.4, 21.5]) {
      const reading = JSON.stringify({ celsius, rssi: -40 });
      await run(kitchen, ["send", "-", "--to", "alice", "--stream", "readings"], reading);
    }
    await enter("/mgs bob hi");
    const shown = await chat.waitFor(/^! unknown command[^]*\n.*\(×2\)\n>$/m);
    // On a slow machine it takes a while until somebody is here.
    const lines = shown.slice(shown.findIndex((line) => line.startsWith("You are")))
      .filter((line) => !line.startsWith("Nobody yet."));
    screens.chat = inGeneral(
      lines.join("\n").replaceAll(alice.home, "/home/alice").replaceAll(group, "earshot"),
    );
    await using watch = await alice.terminal(["peers", "--watch"], { columns: 120 });
    const rows = await watch.waitFor(/^kitchen .* up +readings: 21\.5/m);
    const cells = rows.map((row) => inGeneral(row).replace(/\d+ s ago/, AGE).trim().split(/\s{2,}/));
    screens.watch = table(cells).join("\n");
  }, group);
  return screens;
}

/** Returns the manual with these screens in it. */
export function withScreens(manual: string, screens: Readonly<Record<string, string>>): string {
  return manual.replace(
    /(<!-- screen: (\w+) -->\n+```text\n)[^]*?(\n```)/g,
    (_, head, name, end) => `${head}${screens[name] ?? `no screen ${name}`}${end}`,
  );
}

async function run(host: Host, args: readonly string[], input?: string): Promise<void> {
  const { code, stderr } = await host.run(args, { input });
  if (code !== 0) throw new Error(`${args.join(" ")}: ${stderr}`);
}

function inGeneral(text: string): string {
  return text
    .replaceAll(/(\w+) \([a-z2-7]{6}\)/g, (_, name) => `${name} (${IDS[name]})`)
    .replaceAll(/127\.0\.0\.1:\d+/g, ADDRESS)
    .replaceAll(/\d+ s ago/g, AGE)
    .replaceAll(/\b\d\d:\d\d\b/g, TIME);
}

if (import.meta.main) {
  const path = fromFileUrl(new URL("MANUAL.md", `file://${ROOT}/`));
  await Deno.writeTextFile(path, withScreens(await Deno.readTextFile(path), await captureScreens()));
}
