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
