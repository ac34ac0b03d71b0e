import { assert, assertEquals, assertFalse, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { loadIdentity, readId } from "../../../lib/identity/key_file.ts";
import { isNodeId, nodeId } from "../../../lib/identity/node_id.ts";
import { UserError } from "../../../lib/platform/user_error.ts";
import { encodeBase32 } from "../../../lib/protocol/base32.ts";
import { replaced, withFolder } from "./folder.ts";

const unix = Deno.build.os !== "windows";
const file = (folder: string) => join(folder, "identity.json");
const modeOf = (path: string) => Deno.statSync(path).mode! & 0o777;
const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name);

Deno.test("a peer keeps its identity from one start to the next", () =>
  withFolder((folder) => {
    const first = loadIdentity(folder);
    assert(first.created && isNodeId(first.id));
    assertEquals(first.id, nodeId(first.keyPair.publicKey));
    const second = loadIdentity(folder);
    assertFalse(second.created);
    assertEquals([second.id, second.keyPair.publicKey], [first.id, first.keyPair.publicKey]);
    assertEquals(second.keyPair.exportPrivateKey(), first.keyPair.exportPrivateKey());
    assertEquals(names(folder), ["identity.json"]);
  }));

Deno.test("an id that is read early is compared with its key when that is used", () =>
  withFolder((folder) => {
    const { id, keyPair } = loadIdentity(folder);
    assertEquals([readId(folder).id, readId(folder).keyPair.publicKey], [id, keyPair.publicKey]);
    const stored = JSON.parse(Deno.readTextFileSync(file(folder)));
    Deno.writeTextFileSync(file(folder), JSON.stringify({ ...stored, id: "a".repeat(24) }));
    const early = readId(folder);
    assertThrows(() => early.keyPair, UserError, "is damaged");
    assertThrows(() => loadIdentity(folder), UserError, "is damaged");
  }));

Deno.test("each state folder has an identity of its own", () =>
  withFolder((folder) => {
    assertNotEquals(loadIdentity(join(folder, "a")).id, loadIdentity(join(folder, "b")).id);
  }));

Deno.test({
  name: "only its owner may enter a new state folder and read the identity in it",
  ignore: !unix,
  fn: () =>
    withFolder((folder) => {
      const state = join(folder, "deep", "state");
      loadIdentity(state);
      assertEquals([modeOf(join(folder, "deep")), modeOf(state), modeOf(file(state))], [0o700, 0o700, 0o600]);
    }),
});

Deno.test({
  name: "an identity that others could read is closed to them, and its owner told",
  ignore: !unix,
  fn: () =>
    withFolder((folder) => {
      const { id } = loadIdentity(folder);
      for (const mode of [0o644, 0o640, 0o602, 0o777]) {
        Deno.chmodSync(file(folder), mode);
        const warnings: string[] = [];
        assertEquals(loadIdentity(folder, (message) => warnings.push(message)).id, id);
        assertEquals(modeOf(file(folder)), 0o600);
        assertEquals(warnings.length, 1);
        assertMatch(warnings[0]!, /identity\.json was open to other users/);
      }
      loadIdentity(folder, (message) => assert(false, message));
    }),
});

Deno.test({
  name: "an identity that cannot be closed to others is used, and its owner told",
  ignore: !unix,
  fn: () =>
    withFolder((folder) => {
      const { id } = loadIdentity(folder);
      Deno.chmodSync(file(folder), 0o644);
      const warnings: string[] = [];
      replaced("chmodSync", () => () => {
        throw new Deno.errors.PermissionDenied("not the owner");
      }, () => assertEquals(loadIdentity(folder, (message) => warnings.push(message)).id, id));
      assertEquals(warnings.length, 1);
      assertMatch(
        warnings[0]!,
        /is open to other users .* \(this user may not use it\): set its mode to 600\.$/,
      );
    }),
});

Deno.test("a damaged identity is reported, never replaced, and its key never shown", () =>
  withFolder((folder) => {
    const { keyPair } = loadIdentity(folder);
    const good = Deno.readTextFileSync(file(folder));
    const key = encodeBase32(keyPair.exportPrivateKey());
    const otherKey = encodeBase32(new Uint8Array(32).fill(7));
    const damaged = [
      "",
      "\0".repeat(good.length),
      good.slice(0, -10),
      good.replace(key, key.slice(1)),
      good.replace(key, key.toUpperCase()),
      good.replace(key, otherKey),
      good.replace(/"id": "./, '"id": "1'),
      good.replace('"id"', '"di"'),
      good.replace('"privateKey"', '"key"'),
      good.replace(`"${key}"`, "7"),
      good.replace("{", `${key} {`),
      `${good}x`,
      "null",
      "[]",
      "\ufffd",
    ];
    for (const text of damaged) {
      assertNotEquals(text, good);
      Deno.writeTextFileSync(file(folder), text);
      const error = assertThrows(() => loadIdentity(folder), UserError, "identity.json is damaged");
      for (const shown of [Deno.inspect(error, { depth: 10 }), String(error.cause)]) {
        assertFalse(shown.includes(key.slice(1, 12)), shown);
      }
      assertEquals(Deno.readTextFileSync(file(folder)), text);
      assertEquals(names(folder), ["identity.json"]);
    }
  }));

Deno.test("an identity that cannot be read is reported and left alone", () =>
  withFolder((folder) => {
    Deno.mkdirSync(file(folder));
    assertThrows(() => loadIdentity(folder), UserError, "identity.json cannot be read");
    assert(Deno.statSync(file(folder)).isDirectory);
  }));

Deno.test({
  name: "an identity kept elsewhere, behind a link, is not replaced while that place is missing",
  ignore: !unix,
  fn: () =>
    withFolder((folder) => {
      Deno.symlinkSync(join(folder, "stick", "identity.json"), file(folder));
      assertThrows(() => loadIdentity(folder), UserError, "is a broken link");
      assert(Deno.lstatSync(file(folder)).isSymlink);
      assertEquals(names(folder), ["identity.json"]);
    }),
});

Deno.test("a state folder that cannot be made or entered is reported", () =>
  withFolder((folder) => {
    Deno.writeTextFileSync(join(folder, "file"), "");
    assertThrows(
      () => loadIdentity(join(folder, "file", "state")),
      UserError,
      "another folder with --state.",
    );
    Deno.symlinkSync(join(folder, "stick"), join(folder, "link"), { type: "dir" });
    assertThrows(() => loadIdentity(join(folder, "link")), UserError, "cannot be made");
  }));

Deno.test("a full disk is reported, and leaves nothing behind", () =>
  withFolder((folder) => {
    const fail = () => () => {
      throw new Error("No space left on device (os error 28)");
    };
    replaced("openSync", fail, () => {
      assertThrows(
        () => loadIdentity(folder),
        UserError,
        "cannot be written (its disk is full): make room there",
      );
    });
    assertEquals(names(folder), []);
  }));

Deno.test("a file system without links keeps an identity all the same", () =>
  withFolder((folder) => {
    const fail = () => () => {
      throw new Deno.errors.NotSupported("no links here");
    };
    replaced("linkSync", fail, () => assert(loadIdentity(folder).created));
    assertFalse(loadIdentity(folder).created);
    assertEquals(names(folder), ["identity.json"]);
    if (unix) assertEquals(modeOf(file(folder)), 0o600);
  }));

for (const links of [true, false]) {
  Deno.test(`the slower of two first starts takes the identity of the faster ${links ? "with" : "without"} links`, () =>
    withFolder((folder) => {
      let faster: string | undefined;
      const overtaken = (link: typeof Deno.linkSync) => (from: string, to: string) => {
        if (faster === undefined) {
          faster = "";
          faster = loadIdentity(folder).id;
        }
        if (!links) throw new Deno.errors.NotSupported("no links here");
        link(from, to);
      };
      replaced("linkSync", overtaken, () => {
        const slower = loadIdentity(folder);
        assertEquals([slower.id, slower.created], [faster, false]);
      });
      assertEquals(names(folder), ["identity.json"]);
    }));
}

Deno.test("many first starts at the same moment end with one identity, made by one of them", () =>
  withFolder(async (folder) => {
    const gate = new Int32Array(new SharedArrayBuffer(8));
    const script = new URL("./start_worker.ts", import.meta.url);
    const workers = Array.from({ length: 3 }, () => new Worker(script, { type: "module" }));
    try {
      const answers = workers.map((worker) =>
        new Promise<{ id: string; created: boolean }>((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
          worker.postMessage({ gate, folder, waiting: workers.length });
        })
      );
      const results = await Promise.all(answers);
      assertEquals(new Set(results.map(({ id }) => id)).size, 1);
      assertEquals(results.filter(({ created }) => created).length, 1);
      assertEquals(loadIdentity(folder).id, results[0]!.id);
      assertEquals(names(folder), ["identity.json"]);
    } finally {
      for (const worker of workers) worker.terminate();
    }
  }));
