import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { loadConfig } from "../../../lib/config/config.ts";
import { UserError } from "../../../lib/platform/user_error.ts";

const COMMANDS = [{ name: "run", options: ["to", "timeout"] as const }];

/** A home with a state folder and a current folder, removed afterwards. */
function withFolders(
  fn: (
    f: {
      home: string;
      state: string;
      cwd: string;
      load: (...args: string[]) => ReturnType<typeof loadConfig>;
    },
  ) => void,
): void {
  const home = Deno.makeTempDirSync();
  const [state, cwd] = [join(home, "state"), join(home, "work")];
  Deno.mkdirSync(state);
  Deno.mkdirSync(cwd);
  const env = (name: string) => ({ HOME: home, EARSHOT_STATE: state })[name];
  try {
    fn({
      home,
      state,
      cwd,
      load: (...args) =>
        loadConfig(["run", ...args], COMMANDS, {
          env,
          cwd,
          os: "linux",
          accountHome: () => undefined,
        }),
    });
  } finally {
    Deno.removeSync(home, { recursive: true });
  }
}

function failure(fn: () => unknown): string {
  const error = assertThrows(fn, UserError);
  assertEquals(error.exitCode, 2);
  return error.message;
}

Deno.test("without a file and options the folders are those of the platform", () =>
  withFolders(({ home, state, load }) => {
    const config = load();
    assertEquals([config.state, config.inbox], [state, join(home, "earshot-inbox")]);
    assertEquals(load("--profile", "bob").state, `${state}-bob`);
    assertEquals(load("--profile", "bob").inbox, join(home, "earshot-inbox-bob"));
  }));

Deno.test("every option can stand in the file, comments allowed, and the command line wins", () =>
  withFolders(({ home, state, load }) => {
    Deno.writeTextFileSync(
      join(state, "earshot.jsonc"),
      `{ // who I am
        "name": "kitchen", "group": "lab", "port": 4000, "interface": "lo", "inbox": "in",
        "accept": "known", "max-size": "2MiB", "json": true, /* default recipient */ "to": ["a", "b"],
        "timeout": 1.5, "peer": ["lab-pc", "[fd00::5]:4000"],
      }`,
    );
    const { name, group, port, interface: links, inbox, accept, maxSize, json, to, timeout, peer } = load(
      "--port",
      "5000",
    );
    assertEquals(
      { name, group, port, links, inbox, accept, maxSize, json, to, timeout, peer },
      {
        name: "kitchen",
        group: "lab",
        port: 5000,
        links: ["lo"],
        inbox: join(state, "in"),
        accept: "known",
        maxSize: 2 * 2 ** 20,
        json: true,
        to: ["a", "b"],
        timeout: 1500,
        peer: ["lab-pc:3333", "[fd00::5]:4000"],
      },
    );
    Deno.writeTextFileSync(join(state, "earshot.jsonc"), `{"inbox": "~/there"}`);
    assertEquals(load().inbox, join(home, "there"));
    assertEquals(
      load("--max-size", "4GiB").maxSize,
      2 ** 32 - 1,
      "the largest size that a document can have",
    );
  }));

Deno.test("what the command line gave is told apart from what the file says", () =>
  withFolders(({ state, load }) => {
    Deno.writeTextFileSync(join(state, "earshot.jsonc"), `{"keep-days": 30, "quota": "20GiB"}`);
    const { keepDays, quota, given } = load("--keep-days", "0.5", "--outbox-days", "14");
    assertEquals([keepDays, quota, given], [0.5, 20 * 2 ** 30, { keepDays: 0.5, outboxDays: 14 }]);
  }));

Deno.test("the file is looked for in --config, then the state folder, then the current folder", () =>
  withFolders(({ state, cwd, load }) => {
    Deno.writeTextFileSync(join(cwd, "earshot.jsonc"), `{"name": "here"}`);
    assertEquals(load().name, "here");
    Deno.writeTextFileSync(join(state, "earshot.jsonc"), `{"name": "state"}`);
    assertEquals(load().name, "state");
    Deno.writeTextFileSync(join(cwd, "other.jsonc"), `{"name": "other"}`);
    assertEquals(load("--config", join(cwd, "other.jsonc")).name, "other");
    assertStringIncludes(
      failure(() => load("--config", join(cwd, "none"))),
      "There is no configuration file",
    );
  }));

Deno.test("a mistake in the file is reported with file, line and key", () =>
  withFolders(({ state, load }) => {
    const file = join(state, "earshot.jsonc");
    const mistakes: [string, string][] = [
      [`{\n  // "prot": 1\n  "prot": 4000 }`, `${file}:3: unknown option "prot" (did you mean "port"?).`],
      [
        `{\n\n"port": "4000"}`,
        `${file}:3: invalid value "4000" for "port": expected a number from 1 to 65535.`,
      ],
      [`{"json": 1}`, `${file}:1: invalid value 1 for "json": expected true or false.`],
      [`{"inbox":\n null}`, `${file}:1: invalid value null for "inbox": expected a text.`],
      [
        `{\n"name": " bob"}`,
        `${file}:2: invalid value " bob" for "name": expected 1 to 32 printable characters`,
      ],
      [`{"interface": ["lo",\n 5]}`, `${file}:1: invalid value 5 for "interface": expected a text.`],
      [`{"name": "a",\n"name": "b"}`, `${file}:2: duplicate option "name".`],
      [
        `{"keep-days": "90"}`,
        `${file}:1: invalid value "90" for "keep-days": expected a number of days, 0 to 36500.`,
      ],
      [
        `{"outbox-days": 0}`,
        `${file}:1: invalid value 0 for "outbox-days": expected a number of days over 0, at most 36500.`,
      ],
      [
        `{"keep-size": "much"}`,
        `${file}:1: invalid value "much" for "keep-size": expected a size like 500MiB or 20GB.`,
      ],
      [
        `{"max-size": "4097MiB"}`,
        `${file}:1: invalid value "4097MiB" for "max-size": expected a size from 1 byte to 4 GiB`,
      ],
      [`{"sent": true}`, `${file}:1: "sent" can only be given on the command line.`],
      [`{"help": true}`, `${file}:1: "help" can only be given on the command line.`],
      [
        `{"timeout": {"name": 1}}`,
        `${file}:1: invalid value {"name":1} for "timeout": expected a number of seconds`,
      ],
      [`{"__proto__": {"port": 1}}`, `${file}:1: unknown option "__proto__"`],
      [`{\n"name": \n"a" "b"}`, `${file}:3: unexpected token ""b"".`],
      [`{\n"name": `, `${file}:2: unexpected end of JSONC input.`],
      [`[]`, `${file}:1: the configuration must be one object`],
      ["\xff", "cannot be read"],
    ];
    for (const [text, message] of mistakes) {
      Deno.writeFileSync(file, Uint8Array.from(text, (character) => character.charCodeAt(0)));
      assertStringIncludes(failure(() => load()), message);
    }
  }));

Deno.test("a set of recipients stands for its members, each once, in the order in which they were named", () =>
  withFolders(({ state, load }) => {
    const file = join(state, "earshot.jsonc");
    Deno.writeTextFileSync(
      file,
      `{ "sets": { "Class-7b": ["bob", "carol"], "lab pc": ["dave", "Carol"], "none": [] }, "to": "@lab pc" }`,
    );
    const config = load("--to", "@class-7B", "--to", "eve", "--to", "@lab pc");
    assertEquals(config.to, ["bob", "carol", "eve", "dave"]);
    assertEquals(config.given.to, config.to);
    assertEquals(load().to, ["dave", "Carol"], "in the file, too");
    assertEquals(load("--to", "all").to, ["all"]);
    assertStringIncludes(failure(() => load("--to", "@none")), `The set @none in ${file} is empty`);
    assertStringIncludes(
      failure(() => load("--to", "@class")),
      `There is no set "@class" in ${file}: it has @Class-7b, @lab pc, @none.`,
    );
    Deno.removeSync(file);
    assertStringIncludes(
      failure(() => load("--to", "@x")),
      `There is no set "@x": there is no configuration`,
    );

    const mistakes: [string, string][] = [
      [
        `{"sets": 1}`,
        `1: invalid value 1 for "sets": expected an object like {"class-7b": ["bob", "carol"]}.`,
      ],
      [`{"sets": null}`, `1: invalid value null for "sets"`],
      [
        `{\n"sets": {"a": "bob"}}`,
        `2: invalid value "bob" for the set "a": expected an array of names and ids`,
      ],
      [`{"sets": {"a": ["bob", 1]}}`, `invalid value ["bob",1] for the set "a"`],
      [`{"sets": {"a": ["@b"], "b": ["bob"]}}`, `invalid value ["@b"] for the set "a"`],
      [`{"sets": {"a": ["all"]}}`, `invalid value ["all"] for the set "a"`],
      [`{"sets": {"a": [""]}}`, `invalid value [""] for the set "a"`],
      [`{"sets": {"@a": ["bob"]}}`, `invalid name "@a" of a set: expected 1 to 32 printable characters`],
      [`{"sets": {"a": ["bob"], "A": ["bob"]}}`, `duplicate set "A".`],
      [`{"set": {"a": ["bob"]}}`, `unknown option "set" (did you mean "sets"?).`],
    ];
    for (const [text, message] of mistakes) {
      Deno.writeTextFileSync(file, text);
      assertStringIncludes(failure(() => load()), message);
    }
  }));

Deno.test("what is no file is named, and never waited for", () =>
  withFolders(({ state, load }) => {
    const file = join(state, "earshot.jsonc");
    for (const command of ["mkfifo", "mkdir"]) {
      assert(new Deno.Command(command, { args: [file] }).outputSync().success);
      for (const args of [[], ["--config", file]]) {
        assertEquals(
          failure(() => load(...args)),
          `The configuration file ${file} cannot be read (it is not a file).`,
        );
      }
      Deno.removeSync(file);
    }
  }));

Deno.test("a file that an editor or a shell saved in another encoding is named, one with a byte-order mark is read", () =>
  withFolders(({ state, load }) => {
    const file = join(state, "earshot.jsonc");
    const text = '{\n  // gr\u00fcn\n  "name": "kitchen" }';
    const utf16 = new Uint8Array(Uint16Array.from(`\ufeff${text}`, (c) => c.charCodeAt(0)).buffer);
    const latin1 = Uint8Array.from(text, (c) => c.charCodeAt(0));
    const faults: [Uint8Array, string][] = [
      [
        utf16,
        "(it is UTF-16, which > of Windows PowerShell writes): convert it to UTF-8, for example with: iconv",
      ],
      [utf16.subarray(2), "(it is UTF-16LE, "],
      [latin1, '(it is not UTF-8: byte 0xFC is "ü" in Windows-1252 in line 2): convert it'],
    ];
    for (const [bytes, message] of faults) {
      Deno.writeFileSync(file, bytes);
      assertStringIncludes(
        failure(() => load()),
        `The configuration file ${file} cannot be read ${message}`,
      );
    }
    Deno.writeTextFileSync(file, `\ufeff${text}`);
    assertEquals(load().name, "kitchen");
  }));

Deno.test("help needs no valid configuration", () =>
  withFolders(({ state, load }) => {
    Deno.writeTextFileSync(join(state, "earshot.jsonc"), "{");
    assertEquals(load("--help").help, true);
  }));

Deno.test("a file that somebody else can have put there is passed over, and the user told", {
  ignore: Deno.build.os === "windows",
}, () =>
  withFolders(({ state, cwd, load }) => {
    const file = join(cwd, "earshot.jsonc");
    const passedOver = (why: RegExp) => {
      const { name, file: used, warnings } = load();
      assertEquals([name, used], [undefined, undefined]);
      assertMatch(warnings.join("\n"), why);
      assertEquals(warnings.length, 1);
      assertEquals(load("--config", file).name, "here");
    };
    Deno.writeTextFileSync(file, `{"name": "here"}`, { mode: 0o644 });
    assertEquals([load().name, load().file, load().warnings], ["here", file, []]);
    Deno.chmodSync(file, 0o666);
    passedOver(
      /earshot\.jsonc is ignored because every user .* can write to it: .* --config .*earshot\.jsonc\.$/,
    );
    Deno.chmodSync(file, 0o664);
    assertEquals(load().name, "here", "one's own group");

    // What is somebody else's comes after what is one's own.
    Deno.writeTextFileSync(join(state, "earshot.jsonc"), `{"name": "state"}`, { mode: 0o644 });
    Deno.chmodSync(file, 0o666);
    assertEquals([load().name, load().warnings], ["state", []]);
    Deno.chmodSync(join(state, "earshot.jsonc"), 0o666);
    assertEquals([load().name, load().warnings.length], [undefined, 2]);
    Deno.removeSync(join(state, "earshot.jsonc"));

    Deno.chmodSync(file, 0o644);
    if (Deno.uid() !== 0) return;
    Deno.chownSync(file, null, 4242);
    assertEquals(load().name, "here", "a group that cannot write");
    Deno.chmodSync(file, 0o664);
    passedOver(/other users \(group 4242\) can write to it/);
    Deno.chmodSync(file, 0o644);
    Deno.chownSync(file, 4242, 4242);
    passedOver(/it belongs to another user \(4242\)/);
    Deno.chownSync(file, 0, 0);
    Deno.renameSync(file, join(cwd, "mine.jsonc"));
    Deno.symlinkSync("mine.jsonc", file);
    assertEquals(load().name, "here", "a link of one's own");
    // What is in a state folder is as good as that folder.
    Deno.chownSync(state, 4242, 4242);
    Deno.writeTextFileSync(join(state, "earshot.jsonc"), `{"name": "state"}`, { mode: 0o644 });
    Deno.chownSync(join(state, "earshot.jsonc"), 4242, 4242);
    assertEquals(load().name, "state");
  }));
