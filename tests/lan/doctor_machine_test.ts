import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import type { Finding } from "../../lib/doctor/finding.ts";
import { databasePath, openDatabase } from "../../lib/storage/database/open_database.ts";
import { Store } from "../../lib/storage/tables/store.ts";
import { homeEnv, Program, programCommand, programEnv, runProgram } from "../support/program.ts";
import { lacks } from "../support/require.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { assertFindings, doctorOn, type Expected, sideBySide } from "./doctor.ts";
import { type LabHost, withLab } from "./lab.ts";

/** One thing that is wrong with a profile on a machine whose network is fine. */
interface Trouble {
  readonly what: string;
  readonly expected: Expected;
  /** What the finding has to name. */
  readonly saw: RegExp;
  /** A command that has to be told; none by default. */
  readonly command?: RegExp;
  /** Brings the trouble about in a folder of its own, with a state folder in it, and calls the doctor. */
  readonly test: (profile: Profile) => Promise<Finding[]>;
}

interface Profile {
  readonly host: LabHost;
  readonly folder: string;
  readonly state: string;
  doctor(...args: string[]): Promise<Finding[]>;
}

/** A size of the write-ahead log that no peer leaves behind, bytes. */
const LARGE = 70 * 1024 * 1024;

const TROUBLES: readonly Trouble[] = [
  {
    what: "a state folder that belongs to somebody else",
    expected: { state: "fault" },
    saw: /state belongs to another user \(12345\)/,
    command: /^sudo chown -R "\$USER" .*state$/,
    async test({ state, doctor }) {
      await Deno.chown(state, 12345, 12345);
      return await doctor();
    },
  },
  {
    what: "a key that others can read",
    expected: { state: "fault" },
    saw: /Other users of this machine can read identity\.json/,
    command: /^chmod -R go= .*state$/,
    async test({ state, doctor }) {
      const key = join(state, "identity.json");
      await Deno.chmod(state, 0o755);
      await Deno.chmod(key, 0o644);
      const findings = await doctor();
      assertEquals((await Deno.stat(key)).mode! & 0o777, 0o644, "the doctor changes nothing");
      return findings;
    },
  },
  {
    what: "a state folder that others can look into",
    expected: { state: "warning" },
    saw: /see which files/,
    command: /^chmod 700 /,
    async test({ state, doctor }) {
      await Deno.chmod(state, 0o755);
      return await doctor();
    },
  },
  {
    what: "an inbox that can only be read",
    expected: { inbox: "fault" },
    saw: /small cannot be written: it can only be read/,
    command: /--inbox DIR/,
    async test({ folder, doctor }) {
      using disk = new SmallDisk(join(folder, "small"), "size=128m");
      disk.remount("ro");
      return await doctor("--inbox", disk.path);
    },
  },
  {
    what: "an inbox whose disk is not mounted",
    expected: { inbox: "fault" },
    saw: /usb\/in is not there: it was mounted at .*usb\.$/,
    command: /^mount .*usb$/,
    async test({ folder, state, doctor }) {
      const db = openDatabase(databasePath(state));
      const store = new Store(db);
      store.transaction(() => {
        store.inboxMount.path = join(folder, "usb");
        const place = {
          folder: store.folders.of("a".repeat(24), "bob").row,
          free: { file: "a.json", key: "a.json" },
        };
        const sender = { sender: "a".repeat(24), senderName: "bob", turn: 0 };
        const content = { kind: "document", id: "1", name: "a.json", body: new Uint8Array(2) } as const;
        store.messages.addDocument({ ...sender, ...content }, "a.json", place, new Uint8Array(8), 0);
      });
      store.close();
      return await doctor("--inbox", join(folder, "usb", "in"));
    },
  },
  {
    what: "an inbox whose place a file has",
    expected: { inbox: "fault" },
    saw: /a part of its path is not a folder/,
    command: /--inbox DIR/,
    async test({ folder, doctor }) {
      await Deno.writeTextFile(join(folder, "in"), "");
      return await doctor("--inbox", join(folder, "in"));
    },
  },
  {
    what: "an inbox that everybody can write to",
    expected: { inbox: "warning" },
    saw: /^Every user of this machine can write to .*in,/,
    command: /^chmod o-w /,
    async test({ folder, doctor }) {
      await Deno.mkdir(join(folder, "in"));
      await Deno.chmod(join(folder, "in"), 0o777);
      return await doctor("--inbox", join(folder, "in"));
    },
  },
  {
    what: "a disk that is full",
    expected: { disk: "fault" },
    saw: /^0 MiB are free on the disk of .*small\/in\.$/,
    command: /^df -h /,
    async test({ folder, doctor }) {
      using disk = new SmallDisk(join(folder, "small"), "size=8m");
      disk.fill();
      return await doctor("--inbox", join(disk.path, "in"));
    },
  },
  {
    what: "a disk that is nearly full",
    expected: { disk: "warning" },
    saw: /^16 MiB are free/,
    command: /^df -h /,
    async test({ folder, doctor }) {
      using disk = new SmallDisk(join(folder, "small"), "size=16m");
      return await doctor("--inbox", join(disk.path, "in"));
    },
  },
  {
    what: "a write-ahead log that a reader keeps from shrinking",
    expected: { journal: "warning" },
    saw: new RegExp(`-wal has \\d\\d MiB\\. The database is also open in deno \\(process ${Deno.pid}\\)`),
    command: new RegExp(`^kill ${Deno.pid}$`),
    async test({ state, doctor }) {
      const path = databasePath(state);
      openDatabase(path).close();
      const [reader, writer] = [new DatabaseSync(path), new DatabaseSync(path)];
      try {
        reader.exec("BEGIN");
        reader.prepare("SELECT count(*) FROM message").get();
        writer.exec("PRAGMA synchronous = OFF");
        for (let written = 0; written < LARGE; written += LARGE / 10) {
          writer.exec(`CREATE TABLE waste_${written} AS SELECT zeroblob(${LARGE / 10}) AS bytes`);
        }
        writer.close();
        return await doctor();
      } finally {
        reader.close();
      }
    },
  },
  {
    what: "a file system without fsync",
    expected: { durability: "warning" },
    saw: /cannot write files in .*state and folders in .*state/,
    command: /--state DIR/,
    async test({ host, state, folder }) {
      const inject = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e"];
      const options = ["--state", state, "--inbox", join(folder, "in")];
      const command = [
        ...inject,
        "inject=fsync:error=EINVAL",
        ...programCommand(),
        "doctor",
        "--json",
        ...options,
      ];
      await using program = new Program(
        host.lan.exec(host.name, command, { env: programEnv(homeEnv(host.home)), clearEnv: true }),
        "doctor",
        false,
      );
      assertEquals((await program.ended()).code, 0);
      return program.json() as Finding[];
    },
  },
];

Deno.test({
  name: "the doctor names each trouble of a machine, and nothing else",
  ignore: lacks("lan") || lacks("strace"),
  sanitizeOps: false,
  sanitizeResources: false,
  fn: (t) =>
    withLab(["anna", "bert"], async (_lan, anna, bert) => {
      await using _peer = await bert!.up();
      await sideBySide(TROUBLES, t, async ({ expected, saw, command, test }) => {
        const folder = await Deno.makeTempDir({ dir: anna!.home });
        const state = join(folder, "state");
        const options = ["--state", state, "--inbox", join(folder, "inbox")];
        assertEquals((await runProgram(["id", ...options], { env: homeEnv(folder) })).code, 0);
        const doctor = (...args: string[]) => doctorOn(anna!, ["--state", state, ...inboxOf(args, folder)]);
        assertFindings(await test({ host: anna!, folder, state, doctor }), expected, saw, command);
      });
    }),
});

function inboxOf(args: readonly string[], folder: string): readonly string[] {
  return args.length > 0 ? args : ["--inbox", join(folder, "inbox")];
}
