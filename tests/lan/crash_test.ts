import { assertEquals } from "@std/assert";
import { lanTest, LONG, meet } from "./lab.ts";

const DOCUMENTS = 150;
const KILLS = 3;

lanTest(
  "a receiver that is killed again and again while documents are sent saves each of them once",
  ["anna", "bert"],
  async (_lan, anna, bert) => {
    const content: Record<string, string> = {};
    for (let i = 0; i < DOCUMENTS; i++) content[`${i}.json`] = JSON.stringify(`${i} ${"x".repeat(2_000)}`);
    const files = await Promise.all(Object.entries(content).map(([name, text]) => anna.file(name, text)));
    await using a = await anna.up();
    let b = await bert.up();
    try {
      await meet({ anna: a, bert: b });
      await using sending = anna.start(["send", ...files, "--to", "bert", "--timeout", "60"]);
      for (let kill = 0; kill < KILLS; kill++) {
        for (let i = 0; i < 3; i++) await b.waitForEvent("document");
        await b.stop("SIGKILL");
        b = await bert.up();
      }
      const { code, stderr } = await sending.ended(LONG);
      assertEquals(code, 0, stderr);
      assertEquals(bert.received("anna"), content);
    } finally {
      await b[Symbol.asyncDispose]();
    }
  },
);
