import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { type CommandSyntax, parseCommandLine } from "../../../lib/config/command_line.ts";
import { UserError } from "../../../lib/platform/user_error.ts";

const COMMANDS: CommandSyntax[] = [
  { name: "", options: [] },
  { name: "say", options: ["to", "timeout"] },
  { name: "send", options: ["to", "documentName", "queue", "id"] },
  { name: "dial", options: ["listening"] },
  { name: "web", options: ["listenAt", "host", "noOpen"] },
];

function parse(...args: string[]) {
  const { command, args: words, values } = parseCommandLine(args, COMMANDS);
  return { command: command.name, words, values };
}

function failure(...args: string[]): string {
  const error = assertThrows(() => parse(...args), UserError);
  assertEquals(error.exitCode, 2);
  return error.message;
}

Deno.test("options may stand before, between and after the words", () => {
  assertEquals(parse("--port", "4000", "say", "--to", "bob", "hi", "-q"), {
    command: "say",
    words: ["hi"],
    values: { port: 4000, to: ["bob"], quiet: true },
  });
  assertEquals(parse(), { command: "", words: [], values: {} });
});

Deno.test("text that looks like a number or a truth value stays text", () => {
  assertEquals(parse("say", "007", "--json", "true", "1e3").words, ["007", "true", "1e3"]);
  assertEquals(parse("say", "-qv", "false"), {
    command: "say",
    words: ["false"],
    values: { quiet: true, verbose: true },
  });
});

Deno.test("everything after -- is words", () => {
  assertEquals(parse("say", "--", "--to", "-x").words, ["--to", "-x"]);
});

Deno.test("--name means the document where a command sends one, and the peer elsewhere", () => {
  assertEquals(parse("send", "--name", "x.json", "-").values, { documentName: "x.json" });
  assertEquals(parse("say", "--name", "bob").values, { name: "bob" });
});

Deno.test("--listen takes a place where a command serves one, and is a flag elsewhere", () => {
  const at = { host: "127.0.0.1", port: 9000 };
  assertEquals(parse("web", "--listen", "127.0.0.1:9000").values, { listenAt: at });
  assertEquals(parse("web", "--no-open", "--json").values, { noOpen: true, json: true });
  assertEquals(parse("web", "--listen", "127.0.0.1:09000").values, { listenAt: at });
  assertEquals(parse("web", "--listen=[::1]").values, { listenAt: { host: "::1" } });
  assertEquals(parse("web", "--listen=fd00::5:9000").values, { listenAt: { host: "fd00::5:9000" } });
  assertEquals(parse("web", "--listen=[fd00::5]:9000").values, { listenAt: { host: "fd00::5", port: 9000 } });
  assertEquals(parse("dial", "--listen", "tcp://:1"), {
    command: "dial",
    words: ["tcp://:1"],
    values: { listening: true },
  });
  assertStringIncludes(failure("web", "--listen", "lab-pc:9000"), 'invalid value "lab-pc:9000" for --listen');
  assertStringIncludes(failure("web", "--listen", "[fe80::5%eth0]:9000"), "invalid value");
  assertStringIncludes(failure("web", "--listen"), "--listen needs a value");
  assertStringIncludes(failure("send", "--listen", "x"), "unknown option --listen");
});

Deno.test("--host names a host as browsers write it", () => {
  const hosts = ["Lab-PC.local", "page.example:443", "fd00::A", "[fd00::a]:80"];
  assertEquals(parse("web", ...hosts.map((host) => `--host=${host}`)).values, {
    host: ["lab-pc.local", "page.example:443", "[fd00::a]", "[fd00::a]:80"],
  });
  for (const wrong of ["http://lab-pc", "fe80::5%eth0", "lab pc"]) {
    assertStringIncludes(failure("web", "--host", wrong), "invalid value");
  }
});

Deno.test("a repeatable option collects its values, any other takes the last", () => {
  assertEquals(parse("--peer", "10.0.7.20", "--peer=lab-pc:4000").values, {
    peer: ["10.0.7.20:3333", "lab-pc:4000"],
  });
  assertEquals(parse("--interface", "lo", "--interface=eth0", "--port=1", "--port=2").values, {
    interface: ["lo", "eth0"],
    port: 2,
  });
});

Deno.test("help can be asked for in either order", () => {
  assertEquals(parse("help", "send"), { command: "send", words: [], values: { help: true } });
  assertEquals(parse("send", "-h").values, { help: true });
  assertEquals(parse("help"), { command: "", words: [], values: { help: true } });
});

Deno.test("a wrong command, option or value is named, with a way out", () => {
  assertStringIncludes(failure("sned"), 'unknown command "sned" (did you mean "send"?)');
  assertStringIncludes(
    failure("say", "--tto", "x"),
    'unknown option --tto (did you mean "--to"?); `earshot say --help` lists them',
  );
  assertStringIncludes(failure("--queue"), "unknown option --queue; `earshot --help` lists them");
  assertStringIncludes(failure("say", "-x"), "text that begins with a dash goes after `--`");
  assertStringIncludes(failure("say", "--to"), "--to needs a value: --to NAME|ID|@SET|all.");
  assertStringIncludes(failure("say", "--to", "--json"), "--to needs a value");
  assertStringIncludes(failure("say", "--to="), "--to needs a value");
  assertStringIncludes(
    failure("--port", "0"),
    'invalid value "0" for --port: expected a number from 1 to 65535.',
  );
  assertStringIncludes(
    failure("--port", "x"),
    'invalid value "x" for --port: expected a number from 1 to 65535.',
  );
  assertStringIncludes(
    failure("say", "--timeout=-1"),
    'invalid value "-1" for --timeout: expected a number of seconds',
  );
  assertStringIncludes(failure("--max-size", "lots"), "a size from 1 byte to 4 GiB");
  assertStringIncludes(failure("--accept", "nobody"), '"everyone" or "known"');
  assertStringIncludes(failure("--json=maybe"), "--json takes no value");
  assertStringIncludes(failure("send", "--id", "abc"), 'invalid value "abc" for --id: expected a message id');
  assertStringIncludes(failure("--a.b=1"), "unknown option --a.b");
  assertStringIncludes(failure("--no-json"), "unknown option --no-json");
});
