import { assert, assertEquals, assertGreaterOrEqual, assertThrows } from "@std/assert";
import { JoinCodeError, newJoinCode, parseJoinCode } from "../../../lib/identity/join_code.ts";
import { isNodeId, nodeId } from "../../../lib/identity/node_id.ts";
import { keyPairFromPrivate } from "../../../lib/noise/key_pair.ts";
import { ExitCode, UserError } from "../../../lib/platform/user_error.ts";

interface IdentityVectors {
  ids: { private_key: string; public_key: string; id: string }[];
  join_codes: { code: string; name: string; secret: string; announce_key: string; session_key: string }[];
  malformed_join_codes: { error: string; what: string; code: string }[];
}

const vectors: IdentityVectors = JSON.parse(
  Deno.readTextFileSync(new URL("../../vectors/identity.json", import.meta.url)),
);

Deno.test("the file of vectors holds ids, join codes, and ten or more malformed ones", () => {
  assertGreaterOrEqual(vectors.ids.length, 3);
  assertGreaterOrEqual(vectors.join_codes.length, 3);
  assertGreaterOrEqual(vectors.malformed_join_codes.length, 10);
  assertEquals(
    new Set(vectors.malformed_join_codes.map(({ error }) => error)),
    new Set(["shape", "name", "check"]),
  );
});

Deno.test("an id follows from the key as every implementation agreed on", () => {
  for (const { private_key, public_key, id } of vectors.ids) {
    assertEquals(keyPairFromPrivate(Uint8Array.fromHex(private_key)).publicKey.toHex(), public_key);
    assertEquals(nodeId(Uint8Array.fromHex(public_key)), id);
    assert(isNodeId(id));
  }
});

Deno.test("a join code leads to the keys that every implementation agreed on", () => {
  for (const vector of vectors.join_codes) {
    assertEquals(newJoinCode(vector.name, Uint8Array.fromHex(vector.secret)), vector.code);
    const group = parseJoinCode(vector.code);
    assertEquals([group.name, group.code], [vector.name, vector.code]);
    assertEquals(group.announceKey.toHex(), vector.announce_key);
    assertEquals(group.sessionKey.toHex(), vector.session_key);
  }
});

Deno.test("the keys of a group are HKDF-SHA256 as another implementation of it computes them", async () => {
  const utf8 = new TextEncoder();
  for (const vector of vectors.join_codes) {
    const secret = await crypto.subtle.importKey("raw", Uint8Array.fromHex(vector.secret), "HKDF", false, [
      "deriveBits",
    ]);
    for (const [use, key] of [["announce", vector.announce_key], ["session", vector.session_key]]) {
      const algorithm = {
        name: "HKDF",
        hash: "SHA-256",
        salt: utf8.encode("earshot/1"),
        info: utf8.encode(`${use} ${vector.name}`),
      };
      assertEquals(new Uint8Array(await crypto.subtle.deriveBits(algorithm, secret, 256)).toHex(), key);
    }
  }
});

for (const { error, what, code } of vectors.malformed_join_codes) {
  Deno.test(`a join code with ${what} is refused because of its ${error}, without repeating it`, () => {
    const thrown = assertThrows(() => parseJoinCode(code), JoinCodeError);
    assertEquals(thrown.problem, error);
    assert(thrown instanceof UserError);
    assertEquals(thrown.exitCode, ExitCode.usage);
    if (code.length > 5) assert(!thrown.message.includes(code));
  });
}
