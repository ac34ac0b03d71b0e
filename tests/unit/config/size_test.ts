import { assertEquals } from "@std/assert";
import { parseSize } from "../../../lib/config/size.ts";
import { suggest } from "../../../lib/config/suggest.ts";

Deno.test("a size means what people mean by it", () => {
  const sizes: Record<string, number | undefined> = {
    "0": 0,
    "4096": 4096,
    "500k": 500_000,
    "1.5 MB": 1_500_000,
    "64MiB": 64 * 2 ** 20,
    "64mi": 64 * 2 ** 20,
    "10 GiB": 10 * 2 ** 30,
    "7b": 7,
    "": undefined,
    "k": undefined,
    "5i": undefined,
    "-1": undefined,
    "1e3": undefined,
    "1 T": 1e12,
    "2TiB": 2 ** 41,
    "1 P": undefined,
    "99999999999999999999": undefined,
  };
  for (const [text, bytes] of Object.entries(sizes)) assertEquals(parseSize(text), bytes, text);
});

Deno.test("a slip of the finger gets a suggestion, another word none", () => {
  const words = ["send", "say", "peers", "group"];
  assertEquals(suggest("snd", words), "send");
  assertEquals(suggest("sned", words), "send");
  assertEquals(suggest("perrs", words), "peers");
  assertEquals(suggest("hello", words), undefined);
  assertEquals(suggest("x".repeat(1000), words), undefined);
});
