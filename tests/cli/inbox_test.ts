import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { acquireLock, type StateLock } from "../../lib/platform/lock.ts";
import { MIGRATIONS } from "../../lib/storage/tables/schema.ts";
import { type Host, withHosts } from "./hosts.ts";
import { type JsonLine, programCommand, programEnv } from "../support/program.ts";

/** What a command prints under `--json`. */
async function listed(host: Host, ...args: string[]): Promise<JsonLine[]> {
  const { code, stdout, stderr } = await host.run([...args, "--json"]);
  assertEquals(code, 0, stderr);
  return stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** What a command prints, to the byte. */
async function printed(host: Host, ...args: string[]): Promise<string> {
  const [program, ...rest] = [...programCommand(), ...host.options, ...args];
  const { stdout } = await new Deno.Command(program!, {
    args: rest,
    env: programEnv(host.env),
    clearEnv: true,
    stdin: "null",
    stderr: "inherit",
  }).output();
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(stdout);
}

/** Alice sends Bob two documents and a line of a stream, and says something to everybody and to Bob alone. */
async function fill(alice: Host, bob: Host): Promise<void> {
  await using _b = await bob.up();
  for (const [i, text] of ['{"celsius": 21.5}', ' {"celsius":\n19}\r\n'].entries()) {
    const file = await alice.file(`${i}.json`, text);
    assertEquals((await alice.run(["send", file, "--to", "bob", "--name", "reading.json"])).code, 0);
  }
  const line = ["send", "-", "--to", "bob", "--stream", "log", "--name", "line.json"];
  assertEquals((await alice.run(line, { input: "[1,\n2]" })).code, 0);
  assertEquals((await alice.run(["say", "hello\teverybody"])).code, 0);
  assertEquals((await alice.run(["say", "psst", "--to", "bob"])).code, 0);
}

Deno.test("what came in is listed, shown exactly as it came, and found as a file, with and without a running peer", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await fill(alice, bob);
    const inbox = join(bob.home, "earshot-inbox");
    const look = async () => {
      const { stdout } = await bob.run(["inbox"]);
      const today = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d";
      assertMatch(
        stdout,
        new RegExp([
          `^[0-9A-Z]{8}  ${today}  alice  "psst" +to you`,
          `[0-9A-Z]{8}  ${today}  alice  "hello everybody"`,
          `[0-9A-Z]{8}  ${today}  alice  line\\.json \\(log\\) +6 B +alice/log-\\d{4}-\\d\\d-\\d\\d\\.jsonl`,
          `[0-9A-Z]{8}  ${today}  alice  reading\\.json +18 B +alice/reading-2\\.json`,
          `[0-9A-Z]{8}  ${today}  alice  reading\\.json +17 B +alice/reading\\.json\n$`,
        ].join("\n")),
      );
      const [chat, , line, second, first] = await listed(bob, "inbox");
      assertEquals([chat!.kind, chat!.to, chat!.text, chat!.from.name], ["chat", "you", "psst", "alice"]);
      assertEquals([first!.direction, first!.name, first!.size], ["received", "reading.json", 17]);
      assertEquals(first!.path, join(inbox, "alice", "reading.json"));

      const shown = (id: string) => printed(bob, "inbox", "show", id);
      assertEquals(await shown(first!.id), '{"celsius": 21.5}');
      assertEquals(await shown(second!.id.slice(-8).toLowerCase()), ' {"celsius":\n19}\r\n');
      assertEquals(await shown(line!.id), "[1,\n2]");
      assertEquals(await shown(chat!.id), "psst\n");
      assertEquals((await bob.run(["inbox", "path"])).stdout, `${inbox}\n`);
      assertEquals(
        (await bob.run(["inbox", "path", second!.id])).stdout,
        `${join(inbox, "alice", "reading-2.json")}\n`,
      );
      assertEquals((await listed(bob, "inbox", "--limit", "2")).length, 2);
      assertEquals((await listed(bob, "inbox", "--from", "ALICE")).length, 5);
      assertEquals((await listed(bob, "inbox", "--from", first!.from.id.slice(0, 6))).length, 5);
      assertEquals(await listed(bob, "inbox", "--from", "carol"), []);
    };
    await look();
    await using b = await bob.up();
    await look();
    assertEquals(b.json().filter(({ event }) => event === "peer"), [], "the commands met nobody");
  }));

Deno.test("what was sent is listed with what became of it, what waits first", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await fill(alice, bob);
    const file = await alice.file("later.json", "[3]");
    const absent = "c".repeat(24);
    assertEquals((await alice.run(["send", file, "--to", absent, "--queue"])).code, 0);
    const { stdout } = await alice.run(["inbox", "--sent"]);
    assertMatch(
      stdout,
      new RegExp(
        '^.{28}cccccc +later\\.json +3 B +waits\n.{28}bob +"psst" +delivered\n.{28}everyone +"hello everybody"\n' +
          ".{28}bob +line\\.json \\(log\\) +6 B +delivered\n(.{28}bob +reading\\.json +1[78] B +delivered\n){2}$",
      ),
    );
    const [waiting, direct, all, line] = await listed(alice, "inbox", "--sent");
    assertEquals([waiting!.direction, waiting!.status, waiting!.to.id], ["sent", "queued", absent]);
    assertEquals([direct!.toAll, all!.toAll, all!.to.name, all!.status], [false, true, "bob", "delivered"]);
    assertEquals(await printed(alice, "inbox", "show", waiting!.id, "--sent"), "[3]");
    assertEquals(await printed(alice, "inbox", "show", line!.id, "--to", "bob"), "[1,\n2]");
    assertEquals((await listed(alice, "inbox", "--to", "bob")).length, 5);
    assertEquals((await listed(alice, "inbox", "--to", "ALL")).map(({ id }) => id), [all!.id]);
    assertEquals((await alice.run(["inbox"])).stdout, "");
  }));

Deno.test("a large document is shown from its file, as it came or as it waits", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const large = `["${"x".repeat(200_000)}"]\n`;
    const file = await alice.file("large.json", large);
    {
      await using _b = await bob.up();
      assertEquals((await alice.run(["send", file, "--to", "bob"])).code, 0);
    }
    const [received] = await listed(bob, "inbox");
    assertEquals([received!.name, received!.size], ["large.json", large.length]);
    assertEquals(await printed(bob, "inbox", "show", received!.id), large);
    assertEquals((await alice.run(["send", file, "--to", "c".repeat(24), "--queue"])).code, 0);
    const [waiting, sent] = await listed(alice, "inbox", "--sent");
    assertEquals([waiting!.status, waiting!.size, sent!.status], ["queued", large.length, "delivered"]);
    assertEquals(await printed(alice, "inbox", "show", waiting!.id, "--sent"), large);
    const { code, stderr } = await alice.run(["inbox", "show", sent!.id, "--sent"]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, `The body of ${sent!.id} is no longer stored`);
    assertStringIncludes(stderr, "documents over 65000 bytes are not kept once they are sent");
    assertMatch((await alice.run(["inbox", "--sent"])).stdout, /delivered \(no copy kept\)\n$/);
    assertEquals([waiting!.kept, sent!.kept, received!.kept], ["file", "nothing", "file"]);

    const query = "SELECT kept, body FROM received";
    const asked = await bob.run(["inbox", "sql", query, "--json"]);
    assertEquals(JSON.parse(asked.stdout), { kept: "file", body: null });
    assertStringIncludes(asked.stderr, "1 document has no body in the database, so it is NULL");
    assertStringIncludes(
      (await bob.run(["inbox", "sql", "SELECT * FROM received"])).stderr,
      "1 document has no body",
    );
    const kept = await listed(alice, "inbox", "sql", "SELECT kept FROM sent ORDER BY sent_at");
    assertEquals(kept.map((row) => row.kept), ["nothing", "file"]);
    assertEquals(
      (await bob.run(["inbox", "sql", "SELECT kept FROM received"])).stderr,
      "",
      "no body was asked for",
    );

    // Of the same size, and not what came.
    Deno.writeTextFileSync(received!.path, large.replace("xx", "yy"));
    const changed = await bob.run(["inbox", "show", received!.id]);
    assertEquals([changed.code, changed.stdout], [1, ""]);
    assertStringIncludes(changed.stderr, "was changed since it arrived");
    Deno.removeSync(received!.path);
    const gone = await bob.run(["inbox", "show", received!.id]);
    assertEquals([gone.code, gone.stdout], [1, ""]);
    assertStringIncludes(gone.stderr, "is gone");
  }));

Deno.test("what is not there, not clear, or gone is told in one sentence", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const first = await bob.run(["inbox"]);
    assertEquals([first.code, first.stdout], [0, ""]);
    assertStringIncludes(first.stderr, "Nothing came in yet; documents arrive in ");
    assertEquals([...Deno.readDirSync(join(bob.home, "state"))].map(({ name }) => name), ["earshot.jsonc"]);
    await fill(alice, bob);
    const [chat, , line, second, document] = await listed(bob, "inbox");
    const cases: [string[], number, RegExp][] = [
      [["show", "ZZZZ"], 1, /Nothing came in with the id "ZZZZ"; `earshot inbox` lists the ids\./],
      [["show", "01"], 2, /"01" fits 5 messages, give more of it: 01.{24} \(from alice, .*\), 01/],
      [["path", chat!.id], 1, /is a chat message, which has no file/],
      [["show"], 2, /missing argument; usage: earshot inbox/],
      [["list"], 2, /unknown action "list"; usage: earshot inbox /],
      [["--sent", "--from", "bob"], 2, /--from selects received messages/],
      [["--from", "@lab"], 2, /invalid value "@lab" for --from: expected the name or the id of one peer/],
      [["--limit", "0"], 2, /invalid value "0" for --limit: expected a whole number from 1/],
    ];
    Deno.removeSync(document!.path);
    cases.push([["path", document!.id], 1, /The file of .{26} .*reading\.json is gone/]);
    // As after 90 days: the bodies are pruned.
    const db = new DatabaseSync(join(bob.home, "state", "earshot.db"));
    db.exec("UPDATE message SET body = NULL");
    db.close();
    cases.push([["show", document!.id], 1, /reading\.json is gone/]);
    assertEquals(
      await printed(bob, "inbox", "show", second!.id),
      ' {"celsius":\n19}\r\n',
      "from its file",
    );
    assertEquals(await printed(bob, "inbox", "show", line!.id), "[1, 2]", "a line has no line breaks");
    Deno.writeTextFileSync(second!.path, "changed");
    cases.push([["show", second!.id], 1, /reading-2\.json was changed since it arrived/]);
    for (const [args, code, message] of cases) {
      const result = await bob.run(["inbox", ...args]);
      assertEquals([result.code, result.stdout], [code, ""], `${args.join(" ")}: ${result.stderr}`);
      assertMatch(result.stderr, message);
      assertEquals(result.stderr.trim().split("\n").length, 1, result.stderr);
    }
  }));

Deno.test("the history can be asked in SQL, beside a running peer as well, and never be changed", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const nothing = await bob.run(["inbox", "sql", "SELECT 1"]);
    assertEquals(nothing.code, 1);
    assertStringIncludes(nothing.stderr, "This profile has no history yet");
    await fill(alice, bob);
    const celsius =
      "SELECT sender, json_extract(body, '$.celsius') AS celsius FROM received WHERE name = 'reading.json'";
    const table = "sender  celsius\nalice   21.5\nalice   19\n";
    assertEquals((await bob.run(["inbox", "sql", celsius])).stdout, table);
    await using b = await bob.up();
    assertEquals(await listed(bob, "inbox", "sql", celsius), [{ sender: "alice", celsius: 21.5 }, {
      sender: "alice",
      celsius: 19,
    }]);
    assertEquals(await listed(alice, "inbox", "sql", "SELECT DISTINCT recipient, status FROM sent"), [{
      recipient: "bob",
      status: "delivered",
    }]);
    const target = join(bob.home, "copy.db");
    const refused = [
      "DELETE FROM message",
      "UPDATE message SET name = 'x'",
      "PRAGMA journal_mode = DELETE",
      "PRAGMA query_only = OFF",
      `ATTACH '${target}' AS copy`,
      `VACUUM INTO '${target}'`,
      "CREATE TEMP TABLE t (a)",
      "BEGIN IMMEDIATE",
    ];
    for (const query of refused) {
      const { code, stdout, stderr } = await bob.run(["inbox", "sql", query]);
      assertEquals([code, stdout], [2, ""], query);
      assertStringIncludes(stderr, "The database is only read");
    }
    const wrong: [string, RegExp][] = [
      ["SELEC 1", /cannot be answered: near "SELEC": syntax error\./],
      ["SELECT * FROM messages", /no such table: messages; the views are received and sent/],
      ["SELECT 1; SELECT 2", /only one statement at a time/],
      [" -- nothing\n;", /it is empty/],
      ["SELECT json_extract('{', '$.a')", /malformed JSON/],
      ["SELECT load_extension('x')", /not authorized to use function: load_extension/],
    ];
    for (const [query, message] of wrong) {
      const { code, stderr } = await bob.run(["inbox", "sql", query]);
      assertEquals(code, 2, query);
      assertMatch(stderr, message);
    }
    assertEquals([...Deno.readDirSync(bob.home)].some(({ name }) => name === "copy.db"), false);
    assertEquals((await listed(bob, "inbox")).length, 5);
    assertEquals(b.json().filter(({ event }) => event === "warning"), []);
  }));

Deno.test("a query that goes on for ever, or gives no end of rows, ends with a sentence", () =>
  withHosts(["alice"], async (alice) => {
    await (await alice.up()).stop("SIGTERM");
    const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)";
    const endless = await alice.run(["inbox", "sql", `${numbers} SELECT count(*) FROM n`]);
    assertEquals([endless.code, endless.stdout], [1, ""]);
    assertMatch(endless.stderr, /^earshot: The query takes longer than 5 s: narrow it/);
    const many = await alice.run(["inbox", "sql", `${numbers} SELECT i, 'x' FROM n`, "--json"]);
    assertEquals(many.code, 0);
    const lines = many.stdout.trim().split("\n");
    assertEquals([lines.length, lines.at(-1)], [10_000, '{"i":10000,"\'x\'":"x"}']);
    assertStringIncludes(many.stderr, "Only the first 10000 rows are shown");
  }));

Deno.test("cells are what they are: text, numbers, nothing, JSON of a blob, hex of another", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await fill(alice, bob);
    const query = "SELECT 1 AS a, 2 AS a, 1.5 AS b, NULL AS c, x'ff00' AS d, 9223372036854775807 AS e, " +
      "(SELECT body FROM message WHERE size = 17) AS f";
    assertEquals(await listed(bob, "inbox", "sql", query), [
      { a: 1, a_2: 2, b: 1.5, c: null, d: "ff00", e: "9223372036854775807", f: '{"celsius": 21.5}' },
    ]);
    assertEquals(
      (await bob.run(["inbox", "sql", "SELECT 'a' || char(27) || '[2J' || char(10) || 'b' AS x"])).stdout,
      "x\na\u241b[2J b\n",
    );
  }));

Deno.test("a database of version 1 is brought up to date by the first command that reads it", () =>
  withHosts(["alice"], async (alice) => {
    const path = join(alice.home, "state", "earshot.db");
    const db = new DatabaseSync(path, { enableForeignKeyConstraints: false });
    db.exec("PRAGMA journal_mode = WAL");
    db.exec(MIGRATIONS[0]!);
    db.exec(
      "INSERT INTO message (sender, id, sender_name, kind, addressed, name, epoch, seq, received_at, size, text) VALUES " +
        "('bbbbbbbbbbbbbbbbbbbbbbbb', '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'bob', 'chat', 'all', '', 1, 1, 0, 5, 'hello')",
    );
    db.exec("PRAGMA user_version = 1");
    db.close();
    const { code, stdout, stderr } = await alice.run(["inbox"]);
    assertEquals(code, 0, stderr);
    assertStringIncludes(stdout, 'bob  "hello"');
    assertStringIncludes(stderr, "earshot.db.v1");
    assertEquals((await alice.run(["inbox"])).stderr, "");
  }));

Deno.test("a database that an older Earshot works with, or that is newer, is told in one sentence", () =>
  withHosts(["alice"], async (alice) => {
    const state = join(alice.home, "state");
    await (await alice.up()).stop("SIGTERM");
    const setVersion = (version: number) => {
      const db = new DatabaseSync(join(state, "earshot.db"));
      db.exec(`PRAGMA user_version = ${version}`);
      db.close();
    };
    setVersion(1);
    const lock = await acquireLock(state) as StateLock;
    const old = await alice.run(["inbox"]);
    lock.release();
    assertEquals([old.code, old.stdout], [1, ""]);
    assertMatch(
      old.stderr,
      /^earshot: The running peer .* \(process \d+\) is an older Earshot: restart it\.\n$/,
    );
    setVersion(99);
    for (const args of [["inbox"], ["inbox", "sql", "SELECT 1"], ["known"]]) {
      const { code, stderr } = await alice.run(args);
      assertEquals(code, 1);
      assertMatch(stderr, /^earshot: The database .* was written by a newer Earshot \(version 99, .*\n$/);
    }
  }));

Deno.test("the inbox is that of the peer that runs, and what a killed one left can be read", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const elsewhere = join(bob.home, "elsewhere");
    await using b = await bob.up("--inbox", elsewhere);
    assertEquals((await alice.run(["send", "-", "--to", "bob"], { input: "[1]" })).code, 0);
    assertEquals((await bob.run(["inbox", "path"])).stdout, `${elsewhere}\n`);
    const [document] = await listed(bob, "inbox");
    assertEquals(document!.path, join(elsewhere, "alice", "document.json"));
    await b.stop("SIGKILL");
    assertEquals((await listed(bob, "inbox", "--inbox", elsewhere))[0]!.path, document!.path);
    assertEquals(await printed(bob, "inbox", "show", document!.id), "[1]");
    assertEquals(await listed(bob, "inbox", "sql", "SELECT count(*) AS n FROM received"), [{ n: 1 }]);
  }));
