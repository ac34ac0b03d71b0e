import { assertEquals } from "@std/assert";
import type { Context } from "../../../../lib/cli/command.ts";
import { watchLive } from "../../../../lib/cli/peers/watch_live.ts";
import { Output } from "../../../../lib/cli/terminal/output.ts";
import { useColors } from "../../../../lib/cli/terminal/theme.ts";
import { FakeService } from "../../control/fake_service.ts";
import { Printed } from "../printed.ts";

Deno.test("a warning while the peers are watched stays above the table, which is drawn below it", async () => {
  useColors(false);
  const out = new Printed();
  const err = new Output({
    isTerminal: () => true,
    write: (data) => Promise.resolve(data.length),
  });
  const service = new FakeService();
  const looked = Promise.withResolvers<void>();
  const end = new AbortController();
  service.answers.peers = () => {
    // After this look the table is drawn.
    setTimeout(looked.resolve);
    return [];
  };
  const watching = watchLive(
    { out: out.output, err, interrupted: end.signal } as unknown as Context,
    service,
    () => 0,
  );
  await looked.promise;
  err.line("earshot: a warning");
  end.abort();
  await watching;
  assertEquals(err.printer, undefined);
  const text = await out.text();
  const [before, after = ""] = text.split("earshot: a warning\r\n");
  assertEquals(before!.includes("Nobody yet."), true, text);
  assertEquals(after.startsWith("\r\x1b[JNobody yet."), true, text);
});

Deno.test("the frame is there at once, and says for how long it is listened", async () => {
  useColors(false);
  const out = new Printed();
  const end = new AbortController();
  const service = new FakeService();
  const shown = async (listens: number) => {
    service.answers.peers = () => {
      setTimeout(() => end.abort());
      return [];
    };
    const context = { out: out.output, err: out.output, interrupted: end.signal } as unknown as Context;
    await watchLive(context, service, () => listens);
    return await out.text();
  };
  // The peer of this service is up for a minute.
  assertEquals((await shown(61_000)).includes("Listening for peers."), true);
});
