import { assertEquals } from "@std/assert";
import { SeenReadings } from "../../../../lib/cli/peers/seen_readings.ts";
import { aChat, aDocument, ALICE, Bench, BOB, peerId } from "../../storage/support.ts";

Deno.test("the latest document that each peer put into a stream is read once, of a bounded number of peers", async () => {
  await using bench = new Bench();
  const readings = new SeenReadings(bench.state, bench.inbox, 2);
  assertEquals(readings.look().size, 0, "no history yet");
  const storage = await bench.open();
  await storage.receive(aDocument(1, { stream: "t", body: '{"celsius":20}' }));
  await storage.receive(aDocument(2, { stream: "t", body: '{"celsius":21}' }));
  await storage.receive(aDocument(3, { body: '{"celsius":99}' }));
  await storage.receive(aChat(4));
  await storage.receive(aDocument(1, { sender: BOB, stream: "log", body: "[1]" }));
  const [alice, bob] = [{ stream: "t", text: "21 °C" }, { stream: "log", text: "[1]" }];
  assertEquals([...readings.look()], [[ALICE, alice], [BOB, bob]]);
  assertEquals([...readings.look()], [[ALICE, alice], [BOB, bob]]);
  await storage.receive(aDocument(5, { stream: "t", body: '{"celsius":22}' }));
  await storage.receive(aDocument(1, { sender: peerId("c"), stream: "t", body: "2" }));
  assertEquals([...readings.look()], [[ALICE, { stream: "t", text: "22 °C" }], [peerId("c"), {
    stream: "t",
    text: "2",
  }]]);
});
