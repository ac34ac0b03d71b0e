import { assertEquals } from "@std/assert";
import { completeChatLine, parseChatLine } from "../../../lib/cli/chat_line.ts";

const NAMES = ["bob", "Bob the builder", "kitchen"];
const parse = (line: string) => parseChatLine(line, NAMES);

Deno.test("a line without a slash is said as it was typed", () => {
  assertEquals(parse("  hi there "), { kind: "say", text: "  hi there " });
  assertEquals(parse("//etc is a folder"), { kind: "say", text: "/etc is a folder" });
  assertEquals(parse("   "), { kind: "nothing" });
});

Deno.test("/msg finds names with spaces, in any case", () => {
  assertEquals(parse("/msg bob hi"), { kind: "msg", target: "bob", text: "hi" });
  assertEquals(parse("/msg bob the builder hi  you"), {
    kind: "msg",
    target: "Bob the builder",
    text: "hi  you",
  });
  assertEquals(parse("/msg stranger hi"), { kind: "msg", target: "stranger", text: "hi" });
  for (const line of ["/msg", "/msg bob", "/msg bob  "]) {
    assertEquals(parse(line), { kind: "wrong", why: "It goes: /msg NAME TEXT" });
  }
});

Deno.test("/send takes files and names with spaces, and no name where one peer is there", () => {
  assertEquals(parse("/send a.json bob"), { kind: "send", file: "a.json", target: "bob" });
  assertEquals(parse("/send my file.json Bob the builder"), {
    kind: "send",
    file: "my file.json",
    target: "Bob the builder",
  });
  assertEquals(parse('/send "my file.json" stranger'), {
    kind: "send",
    file: "my file.json",
    target: "stranger",
  });
  assertEquals(parse('/send "my file.json"'), { kind: "send", file: "my file.json", target: undefined });
  assertEquals(parse("/send a.json"), { kind: "send", file: "a.json", target: undefined });
  assertEquals(parse("/send"), { kind: "wrong", why: "It goes: /send FILE NAME" });
});

Deno.test("a mistyped command is not said to everyone", () => {
  assertEquals(parse("/quti"), {
    kind: "wrong",
    why: "There is no /quti (did you mean /quit?); /help lists the commands.",
  });
  assertEquals(parse("/peers").kind, "peers");
  assertEquals(parse("/help").kind, "help");
  assertEquals(parse("/quit").kind, "quit");
});

Deno.test("Tab completes commands, and names where one belongs", () => {
  assertEquals(completeChatLine("/p", NAMES), [["/peers"], "/p"]);
  assertEquals(completeChatLine("/m", NAMES), [["/msg "], "/m"]);
  assertEquals(completeChatLine("/msg b", NAMES), [["bob ", "Bob the builder "], "b"]);
  assertEquals(completeChatLine("/msg bob t", NAMES), [["Bob the builder "], "bob t"]);
  assertEquals(completeChatLine('/send "a b.json" ki', NAMES), [["kitchen"], "ki"]);
  assertEquals(completeChatLine("/send a.json ", NAMES), [NAMES, ""]);
  assertEquals(completeChatLine("hello b", NAMES), [[], "hello b"]);
});
