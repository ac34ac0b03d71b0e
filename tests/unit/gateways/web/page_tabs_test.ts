import { assertEquals } from "@std/assert";
import type { Told } from "../../../../lib/gateways/web/page/events_reader.js";
import { ANSWER_EVERY, Tabs, UNANSWERED_MAX } from "../../../../lib/gateways/web/page/tabs.js";

/** A tab that is told something. */
class TestTab {
  readonly told: (Told | "bye")[] = [];
  isClosed = false;
  onmessage: ((event: MessageEvent) => void) | null = null;

  postMessage(message: Told | "bye"): void {
    this.told.push(message);
  }

  close(): void {
    this.isClosed = true;
  }

  say(data: unknown): void {
    this.onmessage?.(new MessageEvent("message", { data }));
  }
}

const LINE = { line: { event: "chat" } };

Deno.test("a tab that comes later is told how the connection stands, and that it may have missed something", () => {
  const tabs = new Tabs();
  const [early, late] = [new TestTab(), new TestTab()];
  tabs.add(early);
  const told: Told[] = [{ connection: "connected" }, { line: { hello: { row: 1, sent: 0 } } }];
  for (const each of told) tabs.tell(each);
  tabs.tell(LINE);
  tabs.add(late);
  assertEquals(early.told, [{ connection: "connecting" }, ...told, LINE]);
  assertEquals(late.told, told);
});

Deno.test("a tab that was closed is told nothing more", () => {
  const tabs = new Tabs();
  const tab = new TestTab();
  tabs.add(tab);
  tab.say("bye");
  tabs.tell(LINE);
  assertEquals([tabs.size, tab.told.length], [0, 1]);
});

Deno.test("a tab that sleeps is given up before much waits for it, and told so; one that answers is not", () => {
  const tabs = new Tabs();
  const [asleep, awake] = [new TestTab(), new TestTab()];
  tabs.add(asleep);
  tabs.add(awake);
  for (let number = 1; number <= 2 * UNANSWERED_MAX; number++) {
    tabs.tell(LINE);
    if (number % ANSWER_EVERY === 0) awake.say("here");
  }
  assertEquals([tabs.size, asleep.isClosed, asleep.told.at(-1)], [1, true, "bye"]);
  assertEquals(asleep.told.length, UNANSWERED_MAX + 2);
  assertEquals(awake.told.length, 2 * UNANSWERED_MAX + 1);
  asleep.say("here");
  assertEquals(tabs.size, 1);
});
