import { assertEquals } from "@std/assert";
import { completeChatLine, parseChatLine } from "../../../../lib/cli/chat/chat_line.ts";

const NAMES = ["bob", "Bob the builder", "kitchen"];
const parse = (line: string) => parseChatLine(line, NAMES);

Deno.test("a line without a slash is said as it was typed", () => {
  assertEquals(parse("  hi there "), { kind: "say", text: "  hi there " });
  assertEquals(parse("//etc is a folder"), { kind: "say", text: "/etc is a folder" });
  assertEquals(parse("   "), { kind: "nothing" });
});

Deno.test("/msg finds names with spaces, in any case, and quoted ones", () => {
  const names = ["bob", "Carol the builder", "kitchen", 'q"\\'];
  const parse = (line: string) => parseChatLine(line, names);
  assertEquals(parse("/msg BOB hi"), { kind: "msg", target: "bob", text: "hi" });
  assertEquals(parse("/msg carol THE builder hi  you"), {
    kind: "msg",
    target: "Carol the builder",
    text: "hi  you",
  });
  assertEquals(parse('/msg "Carol the builder" hi'), {
    kind: "msg",
    target: "Carol the builder",
    text: "hi",
  });
  assertEquals(parse('/msg "q\\"\\\\" hi'), { kind: "msg", target: 'q"\\', text: "hi" });
  assertEquals(parse("/msg stranger hi"), { kind: "msg", target: "stranger", text: "hi" });
  for (
    const line of ["/msg", "/msg bob", "/msg bob  ", '/msg "bob"', '/msg "bob', '/msg "bob hi', '/msg "" hi']
  ) {
    assertEquals(parse(line), { kind: "wrong", why: "usage: /msg NAME TEXT" });
  }
});

Deno.test("nothing is sent where text may be part of the name: the user is asked", () => {
  const liar = "bob I will be late,";
  const line = "/msg bob I will be late, the door code is 4711";
  assertEquals(parseChatLine(line, ["bob", liar]), {
    kind: "wrong",
    why: 'Nothing was sent: that may be for "bob" or "bob I will be late,". Put the name in quotes, as in ' +
      '/msg "bob" TEXT',
  });
  const bob = { id: "bobaaa".padEnd(24, "a"), name: "Bob" };
  // Bob has left, or was met before, or is named by the beginning of his id: the liar alone is there.
  assertEquals(parseChatLine(line, [liar], [bob]).kind, "wrong");
  assertEquals(parseChatLine("/msg bobaaa hi there", ["bobaaa hi"], [bob]).kind, "wrong");
  assertEquals(parseChatLine(`/msg ${bob.id} hi there`, [`${bob.id} hi`], [bob]).kind, "wrong");
  assertEquals(parseChatLine("/msg all hands on deck", ["all hands"]).kind, "wrong");
  assertEquals(parseChatLine("/msg zoe\u0308 hi there", ["zoë", "ZOË hi"]).kind, "wrong");
  assertEquals(parseChatLine('/msg "bob" I will be late,', ["bob", liar]), {
    kind: "msg",
    target: "bob",
    text: "I will be late,",
  });
  assertEquals(parseChatLine(`/msg "${liar}" hi`, ["bob", liar]), { kind: "msg", target: liar, text: "hi" });
  // Quotes are quotes, even if somebody has them in the name.
  assertEquals(parseChatLine('/msg "bob" hi', ["bob", '"bob"']), { kind: "msg", target: "bob", text: "hi" });
  assertEquals(parse("/msg bob the builder hi").kind, "wrong");
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
  assertEquals(parse("/send"), { kind: "wrong", why: "usage: /send FILE NAME" });
  assertEquals(parse('/send a.json "Bob the builder"'), {
    kind: "send",
    file: "a.json",
    target: "Bob the builder",
  });
  assertEquals(parse('/send "a b.json" "x \\"y"'), { kind: "send", file: "a b.json", target: 'x "y' });
  assertEquals(parse("/send a.json ALL"), { kind: "send", file: "a.json", target: "ALL" });
});

Deno.test("/send asks where the end of the file's name may be part of a peer's", () => {
  const names = ["bob", "plan.json bob"];
  assertEquals(parseChatLine("/send plan.json bob", names), {
    kind: "send",
    file: "plan.json",
    target: "bob",
  });
  const parsed = parseChatLine("/send my plan.json bob", names);
  assertEquals(parsed, {
    kind: "wrong",
    why: 'Nothing was sent: that may be for "plan.json bob" or "bob". Put the name in quotes, as in ' +
      '/send FILE "plan.json bob"',
  });
  const bob = { id: "bobaaa".padEnd(24, "a"), name: "bob" };
  assertEquals(parseChatLine("/send my plan.json bob", ["plan.json bob"], [bob]).kind, "wrong");
  assertEquals(parseChatLine("/send a b all", ["b all"]).kind, "wrong");
  assertEquals(parseChatLine('/send my plan.json "bob"', names), {
    kind: "send",
    file: "my plan.json",
    target: "bob",
  });
});

Deno.test("a mistyped command is not said to everyone", () => {
  assertEquals(parse("/quti"), {
    kind: "wrong",
    why: "unknown command /quti (did you mean /quit?); /help lists the commands.",
  });
  assertEquals(parse("/peers").kind, "peers");
  assertEquals(parse("/help").kind, "help");
  assertEquals(parse("/quit").kind, "quit");
});

Deno.test("Tab completes commands, and names where one belongs", () => {
  assertEquals(completeChatLine("/p", NAMES), [["/peers"], "/p"]);
  assertEquals(completeChatLine("/m", NAMES), [["/msg "], "/m"]);
  assertEquals(completeChatLine("/msg b", NAMES), [["bob ", '"Bob the builder" '], "b"]);
  assertEquals(completeChatLine("/msg bob t", NAMES), [['"Bob the builder" '], "bob t"]);
  assertEquals(completeChatLine('/msg "Bob', NAMES), [["bob ", '"Bob the builder" '], '"Bob']);
  assertEquals(completeChatLine("/msg ", ['a"b']), [['"a\\"b" '], ""]);
  assertEquals(completeChatLine('/send "a b.json" ki', NAMES), [["kitchen"], "ki"]);
  assertEquals(completeChatLine("/send a.json ", NAMES), [["bob", '"Bob the builder"', "kitchen"], ""]);
  for (const [completions] of [completeChatLine("/msg b", NAMES), completeChatLine("/msg k", NAMES)]) {
    for (const name of completions) assertEquals(parse(`/msg ${name}hi`).kind, "msg", name);
  }
  assertEquals(completeChatLine("hello b", NAMES), [[], "hello b"]);
});

Deno.test("Tab completes the file after /send, in quotes where it needs them, and the one name of other commands", () => {
  const files = (begun: string) =>
    ["a b.json", "a.json", "ab/", "a b/"].filter((path) => path.startsWith(begun));
  const complete = (line: string) => completeChatLine(line, NAMES, files);
  assertEquals(complete("/send a."), [["a.json "], "a."]);
  assertEquals(complete("/send a"), [['"a b.json" ', "a.json ", "ab/", '"a b/'], "a"]);
  assertEquals(complete('/send "a b'), [['"a b.json" ', '"a b/'], '"a b']);
  assertEquals(complete("/send ")[0].length, 4);
  // Quotes end a path, or would be taken for its beginning: what cannot be typed is not offered.
  const odd = ['a "b" c.json', 'a"b.json', '"a.json'];
  assertEquals(completeChatLine("/send ", NAMES, () => odd)[0], ['a"b.json ']);
  assertEquals(completeChatLine('/send "', NAMES, () => odd)[0], []);
  assertEquals(complete("/send a.json ki"), [["kitchen"], "ki"]);
  for (const command of ["/inbox", "/trust", "/block"]) {
    assertEquals(complete(`${command} ki`), [["kitchen"], "ki"]);
  }
});

Deno.test("/inbox, /trust and /block take one name, in quotes or not", () => {
  assertEquals(parse("/inbox"), { kind: "inbox", from: undefined });
  assertEquals(parse("/inbox bob"), { kind: "inbox", from: "bob" });
  assertEquals(parse('/trust "Bob the builder"'), { kind: "trust", target: "Bob the builder" });
  assertEquals(parse("/block Bob the builder"), { kind: "block", target: "Bob the builder" });
  assertEquals(parse("/trust"), { kind: "wrong", why: "usage: /trust NAME" });
  assertEquals(parse("/clear"), { kind: "clear" });
  assertEquals(parseChatLine("/block bob", NAMES, [], true), { kind: "say", text: "/block bob" });
});
